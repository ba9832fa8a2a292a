package article

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is one line of a page. Once hard-wrapped lines are joined, it is a
// paragraph, or as much of one as stands on a line.
type line struct {
	Span        // in rawPage.text, without surrounding white space
	region int  // of the page that it stands in; HTML only
	link   int  // bytes of it that lead elsewhere; HTML only
	indent int  // columns of white space before it; plain text only
	gap    bool // a blank line or the bound of a block stands before it
	level  int8 // of an HTML heading, 1 to 6; 0 for any other line
	role   Role
	rule   RemovalRule // why it is left out; 0 if it is kept
}

// rawPage is a source as lines of normalised text: white space is one space, and
// there are no invisible characters.
type rawPage struct {
	text     string // the lines, a line break between each two
	flat     string // text, with a space for each line break that wraps
	trace    []segment
	lines    []line
	cuts     []Span    // parts of lines that are left out
	removals []Removal // by offsets into text
	outside  []Removal // by offsets into the source, from before there was a text
	title    string    // that the page gives itself outside its text: of HTML, of an e-mail
	cased    bool      // capital letters mark the beginnings of sentences
	lang     string    // that the page says it is in; HTML only

	plain     bool // it is plain text
	veiled    int  // bytes of prose left out that scripts show
	message   bool // it is what a message holds, whose header was read
	datelined bool // a line above the third paragraph has a dateline that is signed
	wire      bool // it is the copy of an agency
	served    bool // it has the header of a wire
	un        bool // it is a press release of the United Nations
	contacts  bool // it had contacts
	letter    bool // it has the header of an e-mail
	spoken    bool // it is a transcript
	furniture int  // lines found of the page of a site around it
	menu      int  // the index of the line below the last menu above the headline
	agency    habit
}

// slice returns the text of l on one line.
func (p *rawPage) slice(l line) string { return p.flat[l.Begin:l.End] }

// readPlain reads plain text.
func readPlain(text string) *rawPage {
	var w pageWriter
	w.text.Grow(len(text))
	lines := strings.Count(text, "\n") - strings.Count(text, "\n\n") + 1
	w.lines, w.trace = make([]line, 0, lines), make([]segment, 0, 2*lines) // a line and the break before it
	lined := func(text string, offset int) { w.write(text, offset, true) }
	if strings.IndexByte(text, '&') >= 0 || mayMistake(text) {
		w.writeReferences(text, 0, lined)
	} else {
		lined(text, 0)
	}
	p := w.page()
	p.plain = true
	return p
}

// pageWriter builds a page out of runs of text and breaks.
type pageWriter struct {
	tracedText
	lines []line

	open   bool // the last line is not ended
	breaks int  // line breaks since the last text; two make a gap
	last   rune // the last rune written that is not white space

	space         Span // white space in the source since the last text; empty: none
	spaceVerbatim bool // it is one ordinary space
	indent        int  // columns of white space that begin the line under construction

	level  int8 // of the lines to come
	region int  // of the lines to come
}

// page returns what was written.
func (w *pageWriter) page() *rawPage {
	w.endLine()
	text := w.text.String()
	return &rawPage{text: text, flat: text, trace: w.trace, lines: w.lines, cased: isCased(text)}
}

// endLine ends the line under construction, if any.
func (w *pageWriter) endLine() {
	if w.open {
		w.lines[len(w.lines)-1].End = w.text.Len()
		w.open = false
	}
	w.space, w.indent = Span{}, 0
}

// breakLine ends the line. Two breaks in a row make a blank line.
func (w *pageWriter) breakLine() {
	w.endLine()
	w.breaks++
}

// breakBlock ends the line and leaves a gap before the next.
func (w *pageWriter) breakBlock() {
	w.endLine()
	w.breaks += 2
}

// write appends text, which stands at offset in the source. Line breaks in it
// end lines if lineBreaks, else they are white space.
func (w *pageWriter) write(text string, offset int, lineBreaks bool) {
	for i := 0; i < len(text); {
		if n := textRun(text[i:]); n > 0 {
			w.startText(offset + i)
			w.copy(text[i:i+n], offset+i)
			w.last, _ = utf8.DecodeLastRuneInString(text[i : i+n])
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		at := Span{offset + i, offset + i + n}
		switch kindOf(r) {
		case lineBreakRune:
			if r == '\r' && strings.HasPrefix(text[i+n:], "\n") {
				n++
			}
			switch {
			case !lineBreaks:
				w.addSpace(at, false)
			case r == '\u2029':
				w.breakBlock()
			default:
				w.breakLine()
			}
		case spaceRune:
			w.addSpace(at, r == ' ')
			if lineBreaks {
				w.addIndent(r)
			}
		case invisibleRune:
			if w.joins(r) {
				w.copy(text[i:i+n], offset+i)
			}
		default: // not valid UTF-8
			w.startText(at.Begin)
			w.put("\uFFFD", at)
			w.last = r
		}
		i += n
	}
}

// writeDecoded appends s, which stands for the bytes of from in the source,
// such as a character for its HTML entity.
func (w *pageWriter) writeDecoded(s string, from Span) {
	for _, r := range s {
		switch kindOf(r) {
		case lineBreakRune, spaceRune:
			w.addSpace(from, false)
		case invisibleRune:
			if w.joins(r) {
				w.put(string(r), from)
			}
		default:
			w.startText(from.Begin)
			w.put(string(r), from)
			w.last = r
		}
	}
}

// addSpace notes white space, which is written once text follows on the line.
func (w *pageWriter) addSpace(at Span, verbatim bool) {
	if w.space.Len() == 0 {
		w.space, w.spaceVerbatim = at, verbatim
		return
	}
	w.space.End, w.spaceVerbatim = at.End, false
}

// addIndent notes white space at the beginning of a line.
func (w *pageWriter) addIndent(r rune) {
	switch {
	case w.open:
	case r == '\t':
		w.indent += tabWidth - w.indent%tabWidth
	case r == '\u3000':
		w.indent += 2
	default:
		w.indent++
	}
}

// tabWidth is the width of a tab, in columns.
const tabWidth = 8

// addLink notes that the text from offset begin on leads elsewhere.
func (w *pageWriter) addLink(begin int) {
	if w.open {
		l := &w.lines[len(w.lines)-1]
		l.link += w.text.Len() - max(begin, l.Begin)
	}
}

// startText opens a line where none is open, and writes pending white space,
// before the text that stands at offset in the source.
func (w *pageWriter) startText(offset int) {
	switch {
	case !w.open:
		if len(w.lines) > 0 {
			w.put("\n", Span{w.sourceEnd(), offset})
		}
		w.lines = append(w.lines, line{
			Span:   Span{w.text.Len(), w.text.Len()},
			gap:    w.breaks > 1,
			level:  w.level,
			region: w.region,
			indent: w.indent,
		})
		w.open, w.breaks = true, 0
	case w.space.Len() == 0:
	case w.spaceVerbatim:
		w.copy(" ", w.space.Begin)
	default:
		w.put(" ", w.space)
	}
	w.space = Span{}
}

// joins reports whether r is a zero-width joiner that carries meaning where it
// stands.
func (w *pageWriter) joins(r rune) bool {
	return isJoiner(r) && w.open && w.space.Len() == 0 && w.last >= firstJoiningScript
}

// runeKind says what a reader does with a rune.
type runeKind uint8

const (
	textRune runeKind = iota
	spaceRune
	lineBreakRune
	invisibleRune
)

// firstJoiningScript is the first code point of the scripts and symbols in
// which zero-width joiners carry meaning (Arabic, the Indic scripts, emoji).
const firstJoiningScript = 0x0600

func isJoiner(r rune) bool { return r == '\u200C' || r == '\u200D' }

func kindOf(r rune) runeKind {
	switch {
	case isOrdinary(r):
		return textRune // nearly all there is
	case unicode.Is(lineBreakRunes, r):
		return lineBreakRune
	case unicode.Is(spaceRunes, r):
		return spaceRune
	case unicode.Is(invisibleRunes, r):
		return invisibleRune
	}
	return textRune
}

// isOrdinary reports whether r is in a block of characters that are all of text.
func isOrdinary(r rune) bool {
	return '!' <= r && r <= '~' || 0x00AE <= r && r < 0x034F || 0x0350 <= r && r < 0x061C || 0x061D <= r && r < 0x115F || 0x3165 <= r && r < 0xFE00
}

// The characters that are no text. A character of invisibleRunes counts only if it is in
// neither of the other sets.
var (
	lineBreakRunes = runeRanges(0x0A, 0x0D, 0x85, 0x85, 0x2028, 0x2029)
	spaceRunes     = runeRanges('\t', '\t', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000)
	invisibleRunes = runeRanges(
		0x00, 0x1F, 0x7F, 0x9F, // control characters
		0xAD, 0xAD, 0x034F, 0x034F, 0x061C, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x180E,
		0x200B, 0x200F, // zero-width and directional marks
		0x202A, 0x202E, // bidi embeddings
		0x2060, 0x206F, // word joiner, bidi isolates
		0x3164, 0x3164, 0xFEFF, 0xFEFF, 0xFFA0, 0xFFA0,
		0xFFF9, 0xFFFC, // interlinear annotation, object replacement
		0xE0000, 0xE00FF, // tags
	)
)

// runeRanges makes a table of ranges, in order, each by its first and its last character.
func runeRanges(bounds ...uint32) *unicode.RangeTable {
	var table unicode.RangeTable
	for pair := range slices.Chunk(bounds, 2) {
		if pair[1] <= math.MaxUint16 {
			table.R16 = append(table.R16, unicode.Range16{Lo: uint16(pair[0]), Hi: uint16(pair[1]), Stride: 1})
		} else {
			table.R32 = append(table.R32, unicode.Range32{Lo: pair[0], Hi: pair[1], Stride: 1})
		}
	}
	return &table
}

// textRun returns the length of the run of text that begins s. Single ordinary
// spaces between its words are part of it.
func textRun(s string) int {
	i := 0
	for i < len(s) {
		c := s[i]
		if '!' <= c && c <= '~' { // nearly all there is
			i++
			continue
		}
		if c == ' ' && i > 0 && i+1 < len(s) {
			if next := s[i+1]; '!' <= next && next <= '~' {
				i += 2
				continue
			}
			if textSize(s[i+1:]) > 0 {
				i++
				continue
			}
		}
		n := textSize(s[i:])
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

// textSize returns the size of the rune that begins s if it is text, else 0.
func textSize(s string) int {
	if s == "" {
		return 0
	}
	if c := s[0]; c < utf8.RuneSelf {
		if '!' <= c && c <= '~' {
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 || kindOf(r) != textRune {
		return 0
	}
	return n
}
