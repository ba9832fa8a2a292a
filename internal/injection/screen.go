package injection

import (
	"strings"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// Screen returns d without what looks like instructions to a language
// model: IsInstruction says what does. Such sentences, and their
// continuations, are blank in Text, and a Title of that kind is blank as a whole. Offsets
// and Sentences stay as they are. It returns d itself where there is nothing of
// the kind.
func Screen(d *article.Document) *article.Document {
	spans := instructions(d)
	badTitle := IsInstruction(d.Title)
	if len(spans) == 0 && !badTitle {
		return d
	}
	clean := *d
	clean.Text = withhold(d.Text, spans)
	if badTitle {
		clean.Title = blank(d.Title)
	}
	return &clean
}

// runOn is the number of sentences after an instruction that are withheld with
// it: what is to be said or done often follows in a sentence that is ordinary
// by itself.
const runOn = 2

// instructions returns the spans of d that look like instructions to a model.
// Lines without a full stop are read as one sentence with what follows.
func instructions(d *article.Document) []article.Span {
	sentences := d.Sentences
	var found []article.Span
	left, paragraph, last := 0, 0, -1
	harmless, scanned := 0, 0 // up to these sentences none begins an instruction, blocks are looked at
	for i := 0; i < len(sentences); {
		end := i + 1
		if i >= harmless {
			end = readAsOne(d, i)
			if end == i+maxLines && i >= scanned {
				scanned = i + blockLines - maxLines + 1
				harmless = harmlessFrom(d, i)
			}
		}
		text := d.Text[sentences[i].Begin:sentences[end-1].End]
		switch {
		case i >= harmless && IsInstruction(text):
			if i > 0 && last < i-1 && pointsBack(text) {
				found = append(found, sentences[i-1].Span)
			}
			left, paragraph = runOn, sentences[end-1].Paragraph
			if leadsOn(text) {
				paragraph++ // what is announced may be the next paragraph
			}
		case left > 0 && sentences[i].Paragraph <= paragraph:
			left--
			end = i + 1
		default:
			left = 0
			i++
			continue
		}
		for _, s := range sentences[i:end] {
			found = append(found, s.Span)
		}
		last = end - 1
		i = end
	}
	return found
}

// maxLines is the maximum number of lines that are read as one sentence;
// blockLines is the number that are looked at together, so that in a text of many
// lines each is not looked at as often.
const (
	maxLines   = 6
	blockLines = 6 * maxLines
)

// harmlessFrom returns up to which sentence from i on none begins an instruction,
// by a quick scan of a block of them, or i when that does not tell.
func harmlessFrom(d *article.Document, i int) int {
	end := min(i+blockLines, len(d.Sentences))
	if mayInstruct(d.Text[d.Sentences[i].Begin:d.Sentences[end-1].End]) {
		return i
	}
	return max(end-maxLines+1, i+1)
}

// readAsOne returns the end of the sentences from i on that are one when read: all
// but the last lack a mark at their end.
func readAsOne(d *article.Document, i int) int {
	end := i + 1
	for end < len(d.Sentences) && end < i+maxLines && !isClosed(d.Slice(d.Sentences[end-1].Span)) {
		end++
	}
	return end
}

// isClosed reports whether a sentence is complete, or announces the next one itself.
func isClosed(sentence string) bool {
	if article.EndsSentence(sentence) {
		return true
	}
	sentence = strings.TrimRight(sentence, `"'”’)]»`)
	return strings.HasSuffix(sentence, ":") || strings.HasSuffix(sentence, ";")
}

// withhold returns text with spans blank.
func withhold(text string, spans []article.Span) string {
	var b strings.Builder
	b.Grow(len(text))
	end := 0
	for _, s := range spans {
		b.WriteString(text[end:s.Begin])
		b.WriteString(blank(text[s.Begin:s.End]))
		end = s.End
	}
	b.WriteString(text[end:])
	return b.String()
}

// blank returns white space of as many bytes as text, and of runes that are as
// long, so that estimates of tokens from either stay.
func blank(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch utf8.RuneLen(r) {
		case 1:
			b.WriteByte(' ')
		case 2:
			b.WriteString("\u00a0")
		case 3:
			b.WriteString("\u3000")
		case 4:
			b.WriteString("\u00a0\u00a0")
		}
	}
	return b.String()
}
