package archive

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// field is a part of an article that a row can hold.
type field int

const (
	fieldID field = iota
	fieldTitle
	fieldText
	fieldHTML
	fieldLanguage
	fieldPublished
	fieldURL
	fieldCount
)

// columns are the names of the fields in rows.
type columns [fieldCount]string

func (f Fields) columns() columns {
	c, standard := f.list(), DefaultFields().list()
	for i := range c {
		c[i] = cmp.Or(c[i], standard[i])
	}
	return c
}

func (f Fields) list() columns {
	return columns{f.ID, f.Title, f.Text, f.HTML, f.Language, f.Published, f.URL}
}

// of returns the field of a name.
func (c *columns) of(name string) (field, bool) {
	i := slices.Index(c[:], name)
	return field(i), i >= 0
}

// inHeader reports whether a line is a header that names the text.
func (c *columns) inHeader(line, separator string) bool {
	for _, name := range strings.Split(line, separator) {
		if f, ok := c.of(headerName(name)); ok && (f == fieldText || f == fieldHTML) {
			return strings.Contains(line, separator)
		}
	}
	return false
}

// headerName returns the name of a column as people mean it.
func headerName(cell string) string {
	return strings.Trim(strings.TrimSpace(strings.TrimPrefix(cell, "\uFEFF")), `"`)
}

// set puts value into the field of an article.
func (a *Entry) set(f field, value string) {
	switch f {
	case fieldID:
		a.ID = strings.TrimSpace(value)
	case fieldTitle:
		a.Title = value
	case fieldText:
		a.Text = value
	case fieldHTML:
		a.HTML = value
	case fieldLanguage:
		a.Language = strings.TrimSpace(value)
	case fieldPublished:
		a.Published = parseDate(value)
	case fieldURL:
		a.URL = strings.TrimSpace(value)
	case fieldCount:
	}
}

var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "20060102T150405Z0700", time.DateTime, time.DateOnly, time.RFC1123Z, time.RFC1123}

// parseDate reads a date in one of dateForms. No engine uses it, so one in
// another form is no reason to refuse an article: it is left out.
func parseDate(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t
		}
	}
	return time.Time{}
}

// firstDate returns the first of dates that is one, or the zero time.
func firstDate(dates ...string) time.Time {
	for _, date := range dates {
		if t := parseDate(date); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
