package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxRowBytes is the greatest length of a row.
const MaxRowBytes = 4 << 20

// JSONL reads one JSON object a line: id (string or number), title, text, html,
// language, published and url, all optional, other keys ignored. Blank lines are
// no rows. A byte order mark and carriage returns are allowed.
type JSONL struct {
	in     *bufio.Reader
	line   []byte // reused between rows
	source Source
	done   bool
}

var _ Reader = (*JSONL)(nil)

// NewJSONL returns a reader of in; path is the name to report.
func NewJSONL(in io.Reader, path string) *JSONL {
	return &JSONL{in: bufio.NewReaderSize(in, 64<<10), source: Source{Path: path}}
}

// Next implements Reader.
func (r *JSONL) Next() (*Article, error) {
	for !r.done {
		tooLong, err := r.readLine()
		if err != nil {
			r.done = true
			if err != io.EOF { //nolint:errorlint // bufio returns io.EOF itself
				return nil, &Error{r.source, InputUnreadable, "cannot be read: " + Describe(err), err}
			}
		}
		row := bytes.TrimSpace(r.line)
		switch {
		case tooLong:
			return nil, r.fail(RowTooLarge, fmt.Sprintf("the row is longer than %d bytes", MaxRowBytes))
		case len(row) > 0:
			return r.decode(row)
		}
	}
	return nil, io.EOF
}

// readLine reads the next line into r.line. A line over the bound is read to its
// end but not kept.
func (r *JSONL) readLine() (tooLong bool, err error) {
	r.line = r.line[:0]
	r.source.Line++
	for {
		part, err := r.in.ReadSlice('\n')
		if len(r.line)+len(part) > MaxRowBytes+len("\r\n") {
			tooLong = true
			r.line = r.line[:0]
		}
		if !tooLong {
			r.line = append(r.line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if r.source.Line == 1 {
			r.line = bytes.TrimPrefix(r.line, []byte("\uFEFF"))
		}
		return tooLong, err
	}
}

// row is a row as it is written. The names of its fields are those of the keys.
type row struct {
	ID        id     `json:"id"`
	Title     string `json:"title"`
	Text      string `json:"text"`
	HTML      string `json:"html"`
	Language  string `json:"language"`
	Published date   `json:"published"`
	URL       string `json:"url"`
}

func (r *JSONL) decode(line []byte) (*Article, error) {
	// encoding/json would put U+FFFD in the place of what is not UTF-8.
	if !utf8.Valid(line) {
		return nil, r.fail(RowInvalid, "the row is not valid UTF-8")
	}
	var got row
	if err := json.Unmarshal(line, &got); err != nil {
		return nil, r.fail(RowInvalid, explain(err))
	}
	a := &Article{
		ID:        string(got.ID),
		Title:     got.Title,
		Text:      got.Text,
		HTML:      got.HTML,
		Language:  got.Language,
		Published: time.Time(got.Published),
		URL:       got.URL,
		Source:    r.source,
	}
	if a.ID == "" {
		a.ID = a.Source.ID()
	}
	return a, nil
}

func (r *JSONL) fail(reason Reason, message string) error {
	return &Error{Source: r.source, Reason: reason, Message: message}
}

// explain says what is wrong with a row without quoting from it.
func explain(err error) string {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("the row is not valid JSON at byte %d", syntax.Offset)
	case errors.As(err, &mismatch) && mismatch.Field != "":
		return fmt.Sprintf("the field %q must be a string", mismatch.Field)
	case errors.As(err, &mismatch):
		return "the row is not a JSON object"
	case errors.Is(err, errID):
		return errID.Error()
	}
	return "the row is not valid JSON"
}

// id is a string, or a number taken as it is written.
type id string

var errID = errors.New(`the field "id" must be a string or a number`)

func (v *id) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case 'n':
		return nil
	case '"':
		return json.Unmarshal(raw, (*string)(v))
	case '{', '[', 't', 'f':
		return errID
	}
	*v = id(raw)
	return nil
}

// date is a date in one of the forms below. No engine uses it, so one in another
// form is no reason to refuse an article: it is left out.
type date time.Time

var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly, time.RFC1123Z, time.RFC1123}

func (v *date) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, strings.TrimSpace(s)); err == nil {
			*v = date(t)
			return nil
		}
	}
	return nil
}
