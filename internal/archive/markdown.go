package archive

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/yuin/goldmark"
)

// markdown turns a document in Markdown into the page that it stands for: an
// engine that took the marks for text would quote them. Front matter in YAML
// gives the fields of its names, also lang and date.
func (r *scanner) markdown(location Location, text string) bool {
	a := &Entry{Location: location}
	matter, body := frontMatter(text)
	if matter != "" {
		var fields map[string]any
		if yaml.Unmarshal([]byte(matter), &fields) != nil {
			body = text // the line of hyphens is a rule of the text
		}
		for name, value := range fields {
			switch name {
			case "lang":
				name = r.columns[fieldLanguage]
			case "date":
				name = r.columns[fieldPublished]
			}
			f, ok := r.columns.of(name)
			switch value.(type) {
			case string, int, int64, uint64, float64:
				if ok && f != fieldText && f != fieldHTML {
					a.set(f, fmt.Sprint(value))
				}
			}
		}
	}
	var page bytes.Buffer
	if err := goldmark.Convert([]byte(body), &page); err != nil {
		return r.fail(location, RowInvalid, "the document is not valid Markdown")
	}
	a.HTML = page.String()
	return r.article(a)
}

// frontMatter splits what stands between two lines of three hyphens at the
// beginning from the rest.
func frontMatter(text string) (matter, body string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", text
	}
	matter, body, ok = strings.Cut(rest, "\n---\n")
	if !ok {
		return "", text
	}
	return matter, body
}
