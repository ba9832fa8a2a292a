package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Widths of a hard-wrapped column, in characters of a fixed pitch.
const (
	minColumn = 35
	maxColumn = 110
)

// maxIndent bounds the indent of the first line of a paragraph, in characters: more sets
// a line apart in another way.
const maxIndent = 16

// fewFilled is a number of filled lines that markers alone can make up by chance.
const fewFilled = 3

// lostIndent is how much narrower the first line of a paragraph can be whose indent was
// stripped, in characters.
const lostIndent = 5

// typesetting is how the lines of a page are set.
type typesetting struct {
	column   int  // width to which lines are filled, indent included; 0 if they are not
	base     int  // indent of the lines that go on with a paragraph
	indented bool // the first line of a paragraph is indented further
}

// unwrap joins hard-wrapped lines, so that each line is a whole paragraph. A line break is
// taken for a wrap where the lines of the page are filled up to one width, or where a
// sentence plainly goes on after it; else it ends a paragraph, as in agency copy with one
// paragraph a line. Where first lines are indented, an indent begins a paragraph.
func (p *rawPage) unwrap() {
	set := p.typesetting()
	lines := p.lines[:0]
	joined := joiner{page: p, typesetting: set, list: p.listedHead(set)}
	for i, l := range p.lines {
		if i > 0 && joined.goesOn(lines, l) {
			last := &lines[len(lines)-1]
			last.End, last.indent = l.End, set.base
			joined.count++
			continue
		}
		joined.begin(l)
		lines = append(lines, l)
	}
	if len(lines) < len(p.lines) {
		p.flatten(lines)
	}
	p.lines = lines
}

// listedHead returns the lines right above an indented dateline, up to the nearest gap: slug,
// headline, deck and byline, each on a line of its own. It is empty where a gap follows them.
func (p *rawPage) listedHead(set typesetting) (head Span) {
	for i := 0; set.indented && i < min(len(p.lines), longestHead); i++ {
		l := p.lines[i]
		switch {
		case l.gap || i == 0:
			head = Span{l.Begin, l.Begin}
		case set.isIndented(l) && signedDateline(p.slice(l), true) > 0:
			return Span{head.Begin, l.Begin}
		}
	}
	return Span{}
}

// flatten makes spaces of the line breaks inside lines, for the rules that look at lines.
func (p *rawPage) flatten(lines []line) {
	flat := []byte(p.text)
	for _, l := range lines {
		for i := l.Begin; i < l.End; i++ {
			if flat[i] == '\n' {
				flat[i] = ' '
			}
		}
	}
	p.flat = string(flat)
}

// joiner decides which lines go on with the paragraph above.
type joiner struct {
	page *rawPage
	typesetting
	indented bool // the paragraph began with an indent
	count    int  // lines that were joined to the paragraph
	heads    int  // paragraphs that were found to stand above the body
	list     Span // lines of which each stands alone; empty if there are none
}

// begin notes that l begins a paragraph.
func (j *joiner) begin(l line) {
	j.indented, j.count = l.indent > j.base, 0
}

// inHead reports whether all of lines, paragraphs so far, stand above the body.
func (j *joiner) inHead(lines []line) bool {
	for ; j.heads < len(lines); j.heads++ {
		l := lines[j.heads]
		if s := j.page.slice(l); l.rule == 0 && (isProse(s) || signedDateline(s, true) > 0) {
			return false
		}
		if j.heads == len(lines)-1 {
			return true // it may not be whole
		}
	}
	return true
}

// goesOn reports whether the last of lines, paragraphs so far, goes on with the line b.
func (j *joiner) goesOn(lines []line, b line) bool {
	a := lines[len(lines)-1]
	switch {
	case a.rule != 0, b.rule != 0:
		return false
	case !adjacent(a, b):
		return j.goesOnAcross(a, b)
	}
	return j.goesOnBelow(lines, a, b)
}

// goesOnBelow reports whether a, the last of lines, goes on with b, the line right below it.
func (j *joiner) goesOnBelow(lines []line, a, b line) bool {
	p := j.page
	paragraph := p.slice(a)
	a.Begin += strings.LastIndexByte(paragraph, '\n') + 1 // only the last line of it counts
	before, after := p.slice(a), p.slice(b)
	width, next := p.widths(a, b)
	open := width >= minColumn && p.endsOpen(before, after)
	wrapped := open || !(j.list.Begin < b.Begin && b.Begin < j.list.End) && j.fills(lines, before, width, next)
	switch {
	case p.plain && opensBracket(paragraph) && (wrapped || closesBracket(after)):
		return true
	case j.isIndented(b):
		wrapped = open && b.indent <= maxIndent && !EndsSentence(before)
	case !wrapped:
		wrapped = width >= minColumn && j.goesOnShort(before, next)
	}
	return wrapped && !p.standsAlone(before, after, j.inHead(lines))
}

// goesOnAcross reports whether a goes on with b, which stands apart from it.
func (j *joiner) goesOnAcross(a, b line) bool {
	if !j.page.cased || a.level != 0 || b.level != 0 || a.region != b.region || j.isIndented(b) {
		return false
	}
	return j.page.torn(a, b)
}

// fills reports whether a line, the last of lines, is filled to the column: of the given
// width, with before on it, and wider than the column with the first word of the next line.
func (j *joiner) fills(lines []line, before string, width, next int) bool {
	if j.column == 0 || width > j.column {
		return false
	}
	return j.column < next || j.count == 0 && j.column < next+lostIndent && !EndsSentence(before) && !j.inHead(lines)
}

// goesOnShort reports whether a paragraph that an indent began goes on after before, a line
// that is not filled: not where that ends a sentence and the first word of the next line
// would have fitted.
func (j *joiner) goesOnShort(before string, next int) bool {
	return j.indented && !((j.column == 0 || next <= j.column) && EndsSentence(before))
}

// endsOpen reports whether before plainly goes on with after.
func (p *rawPage) endsOpen(before, after string) bool {
	return p.cased && goesOn(before, after) || p.plain && endsLinked(before)
}

// opensBracket reports whether s, which is no long paragraph, begins with a bracket that it
// does not close.
func opensBracket(s string) bool {
	return len(s) < longestLabel && (s[0] == '(' || s[0] == '[') && strings.Count(s, "(")+strings.Count(s, "[") > strings.Count(s, ")")+strings.Count(s, "]")
}

// closesBracket reports whether s closes a bracket that it does not open.
func closesBracket(s string) bool {
	return strings.Count(s, "(")+strings.Count(s, "[") < strings.Count(s, ")")+strings.Count(s, "]")
}

// standsAlone reports whether one of two lines of a block is a marker of its own rather
// than part of a paragraph: an end mark below the body, or what stands above it.
func (p *rawPage) standsAlone(before, after string, head bool) bool {
	before, after = strings.TrimPrefix(before, "^"), strings.TrimPrefix(after, "^") // of ANPA 1312
	ended := EndsSentence(before)
	switch {
	case !hasWord(after):
		return strings.Trim(after, ".?!…\"'”’»)") != "" // a stop may come to stand alone
	case (ended || before[0] == '(' && isBracketed(before)) && endsCopy(after), p.plain && (isPageLine(before) || isPageLine(after)):
		return true
	case !head:
		return false
	case signedDateline(after, true) > 0, headsAlone(before), isLabelledNote(after), isKeyed(after):
		return true
	case endsOpen(before), !ended && EndsSentence(after):
		return false
	}
	return isByline(after, true) || isNote(after) || isDate(after, 0) || isPublished(after) || beginsWithDay(after)
}

// endsCopy reports whether s, below a sentence, is a line that ends agency copy.
func endsCopy(s string) bool {
	return s[0] == '(' && creditStarts.has(s) || len(s) < 60 && (isEnd(s) || isInitials(s) || isServiceLine(s))
}

// isKeyed reports whether s, above the body, begins with the name of the field of a headline or
// a deck.
func isKeyed(s string) bool { return deckKeys.has(s) || headlineKeys.has(s) }

// headsAlone reports whether s, above the body, is a line that nothing goes on with.
func headsAlone(s string) bool {
	return hasAnySuffix(s, " =", " ++", " +++") || isBracketed(s) || isByline(s, true) || isServiceLine(s) || isSlug(s) && countWords(s, 2) == 1
}

// torn reports whether b goes on with the sentence of a across a blank line, as
// where a link in the text was taken for a block.
func (p *rawPage) torn(a, b line) bool {
	before, after := p.slice(a), p.slice(b)
	return goesOn(before, after) && !isMixedCase(after) &&
		unicode.IsUpper(firstRune(before)) && (endsOpen(before) || EndsSentence(after) && countWords(after, 5) == 5) && !isByline(after, true)
}

// typesetting tells how the lines of the page are set.
func (p *rawPage) typesetting() typesetting {
	var s typesetting
	s.base, s.indented = p.indents()
	column, filled := p.column(s, false)
	if p.plain && filled > 0 && (column == 0 || filled <= fewFilled) {
		column, _ = p.column(s, true)
	}
	s.column = column
	return s
}

// indents returns the least indent of lines that stand below others in a block, and
// whether more than that marks the first line of a paragraph: such a line is followed by
// one that is not indented, unlike in a block that is indented as a whole.
func (p *rawPage) indents() (base int, indented bool) {
	base = -1
	for i := 1; i < len(p.lines); i++ {
		if adjacent(p.lines[i-1], p.lines[i]) && (base < 0 || p.lines[i].indent < base) {
			base = p.lines[i].indent
		}
	}
	if base < 0 {
		return 0, false
	}
	out, inside, cut := 0, 0, false
	for i := 1; i < len(p.lines); i++ {
		a, b := p.lines[i-1], p.lines[i]
		if !adjacent(a, b) || a.indent <= base+1 || a.indent > base+maxIndent {
			continue
		}
		if b.indent <= base {
			out++
			width, _ := p.widths(a, b)
			cut = cut || width >= minColumn && !EndsSentence(p.slice(a))
		} else {
			inside++
		}
	}
	return base, (out > 1 || cut) && 4*out >= inside
}

// column returns the width to which the lines of the page are wrapped, 0 if
// they are not: the width to which most lines are filled in the sense that the
// first word of the next would not have fitted. Lines that mostly end sentences
// are paragraphs of their own, whatever their width. Lines above the body can
// be left out of account. It returns the number of lines that are filled, too.
func (p *rawPage) column(s typesetting, strict bool) (column, filled int) {
	var change [maxColumn + 2]int // in the number of lines filled to a width
	pairs, broken := 0, 0         // of neighbours; pairs that are cut inside a sentence
	ended := false                // the line above ends a sentence
	for i := 1; i < len(p.lines); i++ {
		a, b := p.lines[i-1], p.lines[i]
		if !s.mayWrap(a, b) || strict && p.standsAlone(p.slice(a), p.slice(b), true) {
			continue
		}
		width, next := p.widths(a, b)
		if next < minColumn && p.plain {
			continue
		}
		first := ended
		ended = EndsSentence(p.slice(a))
		pairs++
		if !ended {
			broken++
			if first && p.plain {
				next += lostIndent
			}
		}
		if width <= maxColumn {
			change[width]++
			change[min(next, maxColumn+1)]--
		}
	}
	column, filled = mostFilled(change[:maxColumn+1])
	switch {
	case filled < 2 && !(s.indented && filled == 1):
		return 0, 0
	case 10*filled < 7*pairs, 2*broken < pairs:
		return 0, filled
	}
	return column, filled
}

// isIndented reports whether the indent of l says that a paragraph begins.
func (s typesetting) isIndented(l line) bool { return s.indented && l.indent > s.base }

// mayWrap reports whether b may go on with the paragraph of a, the line above it.
func (s typesetting) mayWrap(a, b line) bool {
	return adjacent(a, b) && !s.isIndented(b) && a.rule == 0 && b.rule == 0
}

// mostFilled returns the width to which most lines are filled, and their number, from the
// change of that number from width to width.
func mostFilled(change []int) (column, filled int) {
	lines := 0
	for width, n := range change {
		lines += n
		if lines > filled && width >= minColumn {
			filled, column = lines, width
		}
	}
	return column, filled
}

// adjacent reports whether b could continue the paragraph of a.
func adjacent(a, b line) bool {
	return !b.gap && a.level == b.level && a.region == b.region
}

// widths returns the width of a, and the width it would have with the first
// word of b.
func (p *rawPage) widths(a, b line) (width, next int) {
	if a.Len() > maxColumn*utf8.UTFMax {
		return maxColumn + 1, maxColumn + 1
	}
	width = a.indent + columns(p.slice(a))
	word := p.slice(b)
	if isWide(firstRune(word)) {
		return width, width + 2
	}
	if end := strings.IndexByte(word, ' '); end >= 0 {
		word = word[:end]
	}
	return width, width + 1 + columns(word[:min(len(word), maxColumn)])
}

// columns returns the width of s in a fixed pitch, in which Chinese and
// Japanese characters take two columns, as far as that is at most maxColumn.
func columns(s string) int {
	n := 0
	for i, r := range s {
		if n++; n > maxColumn {
			break // it is too wide to be of a column
		}
		if s[i] >= utf8.RuneSelf && isWide(r) {
			n++
		}
	}
	return n
}

// goesOn reports whether the sentence that a ends with plainly goes on in b.
func goesOn(a, b string) bool {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	return unicode.IsLower(first) && (unicode.IsLetter(last) || unicode.IsDigit(last) || last == ',')
}

// endsLinked reports whether s ends with a small word that goes on, and that no headline
// ends with: an article, a conjunction, "of".
func endsLinked(s string) bool {
	word := s[strings.LastIndexByte(s, ' ')+1:]
	return unicode.IsLower(firstRune(word)) && joinWords.has(word)
}

var joinWords = words(`a the and or of his her its their than de la le les des du un une et el los las del y una il lo gli di della dei
	der den dem des und oder von eine einer het een van en de dos das os em oraz и или из і та або в с`)

// seam returns what stands between two lines that are joined to one paragraph.
func seam(before, after string) string {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	if isWide(last) || isWide(first) {
		return ""
	}
	if last == '-' && (unicode.IsLetter(first) || unicode.IsDigit(first)) && !suspends.has(firstField(after)) {
		if r, _ := utf8.DecodeLastRuneInString(before[:len(before)-1]); unicode.IsLetter(r) || unicode.IsDigit(r) {
			return "" // the hyphen of "well-known"
		}
	}
	return " "
}

// suspends are the words after a hyphen that stands for the rest of a word, as in "pre-
// and post-war".
var suspends = words(`and or to und oder bis et ou y e o i en of och og и или`)

// isWide reports whether r is of Chinese or Japanese, in which lines break anywhere:
// letters, punctuation and full-width forms.
func isWide(r rune) bool {
	return IsUnspaced(r) || 0x3000 <= r && r < 0x3040 || 0xFF00 <= r && r < 0xFF61
}
