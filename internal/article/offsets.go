package article

// Encoding is a unit in which offsets into a text are counted.
type Encoding uint8

// The encodings.
const (
	UTF8  Encoding = iota // bytes
	UTF16                 // UTF-16 code units
	UTF32                 // code points
)

// Offsets converts spans of bytes of text to spans in enc. The spans may be in
// any order and overlap; each bound must lie on a rune boundary of text.
func Offsets(text string, spans []Span, enc Encoding) []Span { return spans }
