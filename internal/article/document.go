package article

// Role says what part of an article a sentence belongs to.
type Role uint8

// The roles.
const (
	RoleBody Role = iota
	RoleHeadline
	RoleStandfirst
)

// Source is an article as its caller has it.
type Source struct {
	Text         string // valid UTF-8
	Title        string // the headline, plain text; may be empty
	MediaType    string // "text/plain" or "text/html"; empty means text/plain
	LanguageCode string // BCP-47; empty means detect
}

// Span is a half-open range of byte offsets.
type Span struct {
	Begin, End int
}

// Sentence is one sentence of Document.Text, without surrounding white space.
type Sentence struct {
	Span
	Paragraph int // counted from 0 over the whole document
	Role      Role
}

// Document is a cleaned article. It is read-only after Clean and safe for
// concurrent use.
type Document struct {
	// Title is the headline on one line: Source.Title cleaned, else the headline
	// that leads the text, else empty.
	Title string

	// Text is the clean text: headline and standfirst where they lead the text,
	// then the body, paragraphs separated by a blank line. It holds no
	// boilerplate, no markup and no invisible characters.
	Text string

	// Sentences cover all of Text but the white space between them, in order.
	Sentences []Sentence

	// Language is the language as a BCP-47 tag: Source.LanguageCode where given,
	// else detected, else "und".
	Language string

	// RemovedBytes is the number of bytes of Source.Text that were left out as
	// boilerplate (not white space, markup or invisible characters).
	RemovedBytes int

	original string
}
