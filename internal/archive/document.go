package archive

// document reads a file that is one article.
func (r *scanner) document(in *inputFile, format Format) bool {
	raw, ok, proceed := r.whole(in, "document")
	if !ok {
		return proceed
	}
	decode := plainText
	if format == FormatHTML {
		decode = undeclaredPage
	}
	to, fault := decode(raw)
	switch {
	case fault != "":
		return r.fail(in.location, RowInvalid, "%s", fault)
	case format == FormatMarkdown:
		return r.markdown(in.location, to)
	case format == FormatHTML:
		return r.article(&Entry{HTML: to.text, GuessedEncoding: to.guessed, Location: in.location})
	}
	return r.article(&Entry{Text: to.text, GuessedEncoding: to.guessed, Location: in.location})
}

// undeclaredPage decodes a page that came without the headers of a server.
func undeclaredPage(raw []byte) (to decodedText, fault string) { return decodePage(raw, "text/html") }
