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

// unwrap joins hard-wrapped lines, so that each line is a whole paragraph. A
// line break is taken for a wrap where the lines of the page are filled up to
// one width, or where a sentence plainly goes on after it; else it ends a
// paragraph, as in agency copy with one paragraph a line.
func (p *rawPage) unwrap() {
	column := p.column()
	lines := p.lines[:0]
	for i, l := range p.lines {
		if i > 0 && p.wraps(lines[len(lines)-1], l, column) {
			lines[len(lines)-1].End = l.End
			continue
		}
		lines = append(lines, l)
	}
	p.lines = lines
}

// wraps reports whether the paragraph that ends with a goes on with b.
func (p *rawPage) wraps(a, b line, column int) bool {
	if !adjacent(a, b) {
		return p.cased && a.level == 0 && b.level == 0 && a.region == b.region && p.torn(a, b)
	}
	// Of what is joined so far only the last line counts.
	a.Begin += strings.LastIndexByte(p.slice(a), '\n') + 1
	width, next := p.widths(a, b)
	if column > 0 && width <= column && column < next {
		return true
	}
	return p.cased && width >= minColumn && goesOn(p.slice(a), p.slice(b))
}

// torn reports whether b goes on with the sentence of a across a blank line, as
// where a link in the text was taken for a block.
func (p *rawPage) torn(a, b line) bool {
	before, after := p.slice(a), p.slice(b)
	return goesOn(before, after) && !isMixedCase(after) &&
		unicode.IsUpper(firstRune(before)) && (endsOpen(before) || EndsSentence(after) && countWords(after, 5) == 5)
}

// column returns the width to which the lines of the page are wrapped, 0 if
// they are not: the width to which most lines are filled in the sense that the
// first word of the next would not have fitted. Lines that mostly end sentences
// are paragraphs of their own, whatever their width.
func (p *rawPage) column() int {
	var change [maxColumn + 2]int // in the number of lines filled to a width
	pairs, broken := 0, 0         // of neighbours; of those, cut inside a sentence
	for i := 1; i < len(p.lines); i++ {
		a, b := p.lines[i-1], p.lines[i]
		if !adjacent(a, b) {
			continue
		}
		pairs++
		if !EndsSentence(p.slice(a)) {
			broken++
		}
		if width, next := p.widths(a, b); width <= maxColumn {
			change[width]++
			change[min(next, maxColumn+1)]--
		}
	}
	best, column, filled := 0, 0, 0
	for width, n := range change[:maxColumn+1] {
		filled += n
		if filled > best && width >= minColumn {
			best, column = filled, width
		}
	}
	if best < 2 || 10*best < 7*pairs || 2*broken < pairs {
		return 0
	}
	return column
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
	width = columns(p.slice(a))
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
// Japanese characters take two columns.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if isWide(r) {
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

// seam returns what stands between two lines that are joined to one paragraph.
func seam(before, after string) string {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	if isWide(last) || isWide(first) {
		return ""
	}
	if last == '-' && unicode.IsLower(first) && len(before) > 1 && isASCIILetter(before[len(before)-2]) {
		return "" // the hyphen of "well-known"
	}
	return " "
}

// isWide reports whether r is of Chinese or Japanese, in which lines break anywhere:
// letters, punctuation and full-width forms.
func isWide(r rune) bool {
	return IsUnspaced(r) || 0x3000 <= r && r < 0x3040 || 0xFF00 <= r && r < 0xFF61
}
