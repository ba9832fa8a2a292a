package article

import (
	"unicode"
	"unicode/utf8"
)

// Role says what part of an article a sentence belongs to.
type Role uint8

// The roles.
const (
	RoleBody Role = iota
	RoleHeadline
	RoleStandfirst
	RoleSubhead // a heading between paragraphs of a page
)

// The media types that Clean knows. Any other but an empty one is read as plain text.
const (
	MediaTypePlain = "text/plain"
	MediaTypeHTML  = "text/html"
)

// Undetermined is the language of a Document whose language is not known.
const Undetermined = "und"

// Raw is an article as its caller has it.
type Raw struct {
	Text         string // valid UTF-8
	Title        string // the headline, plain text; may be empty
	MediaType    string // "text/plain" or "text/html"; empty means told by the text
	LanguageCode string // BCP-47; empty means detect
}

// Span is a half-open range of byte offsets.
type Span struct {
	Begin, End int
}

// Len returns the number of bytes in s.
func (s Span) Len() int { return s.End - s.Begin }

// Sentence is one sentence of Document.Text, without surrounding white space.
type Sentence struct {
	Span
	Paragraph int // counted from 0 over the whole document
	Role      Role
}

// Document is a cleaned article. It is read-only after Clean and safe for
// concurrent use.
type Document struct {
	// Title is the headline on one line: Raw.Title cleaned, else the headline
	// that leads the text, else the title of the HTML page, else empty.
	Title string

	// Text is the clean text: headline and standfirst where they lead the text,
	// then the body, paragraphs separated by a blank line. It holds no
	// boilerplate, no markup and no invisible characters.
	Text string

	// Sentences cover all of Text but the white space between them, in order.
	// A headline is one sentence.
	Sentences []Sentence

	// Language is the language as a BCP-47 tag: Raw.LanguageCode where given,
	// else detected, else "und".
	Language string

	// RemovedBytes is the number of bytes that were left out as boilerplate (not
	// white space, markup or invisible characters).
	RemovedBytes int

	// Removed is what was left out of the text and why, ordered by where it begins.
	Removed []Removal

	trace []segment // of Text
}

// Slice returns the clean text of s.
func (d *Document) Slice(s Span) string { return d.Text[s.Begin:s.End] }

// Original maps a span of Text to the span of Raw.Text that it was made
// from, markup and all. Bounds lie on rune boundaries; the spans of two
// sentences keep their order. An empty span stays empty.
func (d *Document) Original(s Span) Span { return original(d.trace, s) }

// HasLetters reports whether Text holds at least one letter.
func (d *Document) HasLetters() bool { return hasLetters(d.Text) }

func hasLetters(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if isASCIILetter(c) {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsLetter(r) {
			return true
		}
		i += n
	}
	return false
}
