package article

// Clean turns src into a document. It never fails: a text of which nothing is
// left gives a Document with an empty Text.
func Clean(src Source) *Document {
	d := &Document{Title: src.Title, Text: src.Text, Language: "und", original: src.Text}
	if src.Text != "" {
		d.Sentences = []Sentence{{Span: Span{0, len(src.Text)}}}
	}
	return d
}

// Slice returns the clean text of s.
func (d *Document) Slice(s Span) string { return d.Text[s.Begin:s.End] }

// Original maps a span of Text to the span of Source.Text that it was made
// from, markup and all.
func (d *Document) Original(s Span) Span { return s }

// HasLetters reports whether Text holds at least one letter.
func (d *Document) HasLetters() bool { return d.Text != "" }
