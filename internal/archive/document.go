package archive

import (
	"bytes"
	"io"
)

// document reads a file that is one article.
func (r *reading) document(in *input, format Format) bool {
	raw, err := io.ReadAll(io.LimitReader(in.Reader, MaxRowBytes+1))
	switch {
	case err != nil:
		return r.unreadable(in.source, "cannot be read", err)
	case len(raw) > MaxRowBytes:
		return r.fail(in.source, RowTooLarge, "the document is longer than %d bytes", MaxRowBytes)
	case len(bytes.TrimSpace(raw)) == 0:
		return r.fail(in.source, RowInvalid, "the document is empty")
	}
	decode := plainText
	if format == FormatHTML {
		decode = undeclaredPage
	}
	text, fault := decode(raw)
	switch {
	case fault != "":
		return r.fail(in.source, RowInvalid, "%s", fault)
	case format == FormatMarkdown:
		return r.markdown(in.source, text)
	case format == FormatHTML:
		return r.article(&Article{HTML: text, Source: in.source})
	}
	return r.article(&Article{Text: text, Source: in.source})
}

// undeclaredPage decodes a page that came without the headers of a server.
func undeclaredPage(raw []byte) (text, fault string) { return page(raw, "text/html") }
