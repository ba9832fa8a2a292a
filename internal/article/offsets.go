package article

import (
	"slices"
	"unicode/utf8"
)

// Encoding is a unit in which offsets into a text are counted.
type Encoding uint8

// The encodings.
const (
	UTF8  Encoding = iota // bytes
	UTF16                 // UTF-16 code units
	UTF32                 // code points
)

// Offsets converts spans of bytes of text to spans in enc. The spans may be in
// any order and overlap; each bound must lie on a rune boundary of text. The
// text is read once, up to the last bound, so all spans of one text are best
// converted in one call.
func Offsets(text string, spans []Span, enc Encoding) []Span {
	out := slices.Clone(spans)
	if enc == UTF8 {
		return out
	}
	bounds := make([]*int, 0, 2*len(out))
	for i := range out {
		bounds = append(bounds, &out[i].Begin, &out[i].End)
	}
	slices.SortFunc(bounds, func(a, b *int) int { return *a - *b })

	at, units := 0, 0
	for _, bound := range bounds {
		units += count(text[at:*bound], enc)
		at, *bound = *bound, units
	}
	return out
}

// count returns the length of s in enc.
func count(s string, enc Encoding) int {
	n := utf8.RuneCountInString(s)
	if enc == UTF16 {
		for i := range len(s) {
			if s[i] >= 0xF0 { // a four-byte rune, a surrogate pair in UTF-16
				n++
			}
		}
	}
	return n
}
