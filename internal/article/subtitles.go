package article

import "strings"

// This file reads subtitles, SubRip (.srt) and WebVTT: the text of their cues, joined to
// paragraphs, without numbers, times and markup.

// readSubtitles reads text if it is subtitles, else it returns nil.
func readSubtitles(text string) *rawPage {
	if !isSubtitles(text) {
		return nil
	}
	s := subtitles{source: text}
	opens, skips := true, false // a block opens with the line; the block is no cue
	for at := 0; at < len(text); {
		line, next := lineAt(text, at, len(text))
		switch plain := strings.TrimLeft(line, "\ufeff"); {
		case strings.TrimSpace(plain) == "":
			opens, skips = true, false
		case isCueTime(plain):
			opens, skips = false, false
		case opens && (hasAnyPrefix(plain, "WEBVTT", "NOTE", "STYLE", "REGION") || s.isCueName(plain, next)):
			opens, skips = false, true
		case !skips:
			opens = false
			s.takeLine(Span{at, at + len(line)})
		}
		at = next
	}
	s.leaveOut(len(text))
	p := readTraced(&s.text, readPlain)
	p.outside, p.spoken = s.outside, true
	return p
}

// isSubtitles reports whether text begins with the head of WebVTT, or with the number and
// the times of a cue.
func isSubtitles(text string) bool {
	text = strings.TrimLeft(text, "\ufeff \t\r\n")
	line, next := lineAt(text, 0, len(text))
	if strings.HasPrefix(line, "WEBVTT") {
		return true
	}
	times, _ := lineAt(text, next, len(text))
	return isNumber(strings.TrimSpace(line)) && isCueTime(times)
}

// isCueTime reports whether s is the times of a cue: "00:00:01,000 --> 00:00:04,200", in
// WebVTT without hours, with a point and settings.
func isCueTime(s string) bool {
	begin, end, ok := strings.Cut(s, "-->")
	begin, end = strings.TrimSpace(begin), firstField(strings.TrimSpace(end))
	return ok && isClockTime(begin) && isClockTime(end)
}

func isClockTime(s string) bool {
	return strings.Contains(s, ":") && strings.Trim(s, "0123456789:.,") == "" && digitGroups(s) >= 3
}

// subtitles are subtitles that are read.
type subtitles struct {
	source  string
	text    tracedText
	read    int  // of the source
	ended   bool // the text ends with a sentence
	outside []Removal
}

// isCueName reports whether line, above the one at the offset next, is the number or the
// name of a cue.
func (s *subtitles) isCueName(line string, next int) bool {
	times, _ := lineAt(s.source, next, len(s.source))
	return isNumber(strings.TrimSpace(line)) || isCueTime(times)
}

// leaveOut notes that what was not read before begin is left out.
func (s *subtitles) leaveOut(begin int) {
	if out := s.source[s.read:begin]; strings.TrimSpace(out) != "" {
		s.outside = append(s.outside, Removal{Span: Span{s.read, begin}, Rule: RuleTranscript, Text: OneLine(head(out, longestLabel))})
	}
}

// takeLine reads a line of a cue. It begins a paragraph below a sentence, and where another
// person speaks.
func (s *subtitles) takeLine(line Span) {
	text := s.source[line.Begin:line.End]
	spoken := strings.TrimLeft(text, " \t-–—")
	speaks := len(spoken) < len(strings.TrimLeft(text, " \t"))
	line.Begin += len(text) - len(spoken)
	for first := true; line.Begin < line.End; {
		markup := s.markupIn(line)
		if part := (Span{line.Begin, markup.Begin}); part.Len() > 0 {
			s.put(part, first, speaks)
			first = false
		}
		line.Begin = markup.End
	}
}

// markupIn returns where the first markup in a line stands: <i>, <v Ada Roe>, {\an8}; an
// empty span at its end if there is none, or the first one is not closed.
func (s *subtitles) markupIn(line Span) Span {
	for at := line.Begin; at < line.End; at++ {
		var closer byte
		switch rest := s.source[at+1 : line.End]; {
		case s.source[at] == '<' && (strings.HasPrefix(rest, "/") || startsWithWord(rest)):
			closer = '>'
		case s.source[at] == '{' && strings.HasPrefix(rest, "\\"):
			closer = '}'
		default:
			continue
		}
		n := strings.IndexByte(s.source[at:line.End], closer)
		if n < 0 {
			break
		}
		return Span{at, at + n + 1}
	}
	return Span{line.End, line.End}
}

// put appends a part of a line.
func (s *subtitles) put(part Span, first, speaks bool) {
	text := s.source[part.Begin:part.End]
	if s.text.text.Len() > 0 {
		between := ""
		switch {
		case first && (s.ended || speaks):
			between = "\n\n"
		case first:
			between = seam(s.text.text.String(), text)
		}
		s.text.put(between, Span{s.text.sourceEnd(), part.Begin})
	}
	s.leaveOut(part.Begin)
	s.text.copy(text, part.Begin)
	s.read = part.End
	if hasWord(text) {
		s.ended = EndsSentence(text)
	}
}
