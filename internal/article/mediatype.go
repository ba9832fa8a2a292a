package article

import "strings"

// pageTags are the elements that a page of HTML, or a part of one, begins with. Only
// these count: copy may begin with a mark of another kind in angle brackets.
var pageTags = map[string]bool{
	"html": true, "head": true, "body": true, "title": true, "meta": true, "link": true, "script": true, "style": true,
	"article": true, "main": true, "section": true, "header": true, "nav": true, "aside": true, "div": true, "p": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "blockquote": true, "figure": true,
	"table": true, "ul": true, "ol": true, "br": true, "hr": true, "img": true, "span": true, "a": true, "b": true,
	"strong": true, "i": true, "em": true, "font": true, "center": true,
}

// isPage reports whether text of an unknown media type is HTML: it begins with a document
// type or with one of pageTags, behind white space, a byte order mark, comments and an
// XML declaration.
func isPage(text string) bool {
	rest := strings.TrimPrefix(text, "\uFEFF")
	for {
		rest = strings.TrimLeft(rest, " \t\r\n\f")
		switch {
		case strings.HasPrefix(rest, "<!--"):
			_, after, closed := strings.Cut(rest, "-->")
			if !closed {
				return false
			}
			rest = after
		case strings.HasPrefix(rest, "<?xml"):
			_, after, closed := strings.Cut(rest, "?>")
			if !closed {
				return false
			}
			rest = after
		default:
			return beginsPage(rest)
		}
	}
}

func beginsPage(text string) bool {
	const doctype, longestTag = "<!doctype html", len("blockquote")
	if len(text) >= len(doctype) && strings.EqualFold(text[:len(doctype)], doctype) {
		return true
	}
	if !strings.HasPrefix(text, "<") {
		return false
	}
	name := text[1:min(len(text), 1+longestTag+1)]
	end := strings.IndexAny(name, " \t\r\n\f/>")
	return end > 0 && pageTags[strings.ToLower(name[:end])]
}
