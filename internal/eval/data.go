package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// maxRowBytes bounds a line of labelled data or of answers.
const maxRowBytes = 4 << 20

// LabelledRow is one labelled article.
type LabelledRow struct {
	Line  int    // counted from 1
	ID    string // its own, else "line N"
	Title string
	Text  string

	Reference string // the summary to compare with; empty when there is none

	// Labels are the right topics, the main one first, or the one right class.
	// Labelled tells rows without labels from rows to which no topic belongs.
	Labels   []string
	Labelled bool
}

// Read returns the rows of JSONL: objects with "text" and, as they have them,
// "id", "title", "reference", "labels" (a list, the main topic first) or, where
// classes are given, "label" (one class). Other keys are ignored. The first fault
// ends the sequence with an error that names the line.
func Read(in io.Reader, classes *Classes) iter.Seq2[*LabelledRow, error] {
	return func(yield func(*LabelledRow, error) bool) {
		seen := map[string]int{}
		for line, err := range lines(in) {
			var row *LabelledRow
			if err == nil {
				row, err = parseRow(line, classes)
			}
			if err == nil && seen[row.ID] != 0 {
				err = fmt.Errorf("line %d: the id is already that of line %d: ids must differ", line.number, seen[row.ID])
			}
			if err != nil {
				yield(nil, err)
				return
			}
			seen[row.ID] = row.Line
			if !yield(row, nil) {
				return
			}
		}
	}
}

// numbered is a line that is not blank.
type numbered struct {
	number int
	text   []byte // valid until the next line is read
}

func lines(in io.Reader) iter.Seq2[numbered, error] {
	return func(yield func(numbered, error) bool) {
		scanner := bufio.NewScanner(in)
		scanner.Buffer(make([]byte, 64<<10), maxRowBytes)
		number := 0
		for scanner.Scan() {
			number++
			line := scanner.Bytes()
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			if !utf8.Valid(line) {
				yield(numbered{}, fmt.Errorf("line %d: it is not valid UTF-8: convert the file first", number))
				return
			}
			if !yield(numbered{number, line}, nil) {
				return
			}
		}
		switch err := scanner.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(numbered{}, fmt.Errorf("line %d: it is longer than %d bytes", number+1, maxRowBytes))
		case err != nil:
			yield(numbered{}, fmt.Errorf("line %d: the file cannot be read further: %w", number+1, err))
		}
	}
}

// decode reads a line into target. Its errors name fields and types, never what
// the line holds.
func (l numbered) decode(target any) error {
	err := json.Unmarshal(l.text, target)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("line %d: the field %q must not be a %s", l.number, wrong.Field, strings.Fields(wrong.Value)[0])
	case errors.As(err, &wrong):
		return fmt.Errorf("line %d: it is a JSON %s: each line must be an object", l.number, strings.Fields(wrong.Value)[0])
	}
	return fmt.Errorf("line %d: it is not valid JSON: each line must be one object", l.number)
}

// identifier is an id: a string or a number.
type identifier string

// UnmarshalJSON implements json.Unmarshaler.
func (id *identifier) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(id))
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return err
	}
	*id = identifier(number)
	return nil
}

func parseRow(line numbered, classes *Classes) (*LabelledRow, error) {
	var fields struct {
		ID        identifier `json:"id"`
		Title     string     `json:"title"`
		Text      string     `json:"text"`
		Reference string     `json:"reference"`
		Labels    *[]string  `json:"labels"`
		Label     string     `json:"label"`
	}
	if err := line.decode(&fields); err != nil {
		return nil, err
	}
	row := &LabelledRow{
		Line:      line.number,
		ID:        string(fields.ID),
		Title:     fields.Title,
		Text:      fields.Text,
		Reference: strings.TrimSpace(fields.Reference),
	}
	if row.ID == "" {
		row.ID = fmt.Sprintf("line %d", line.number)
	}
	if strings.TrimSpace(row.Text) == "" {
		return nil, fmt.Errorf("line %d: the field \"text\" is missing or empty", line.number)
	}
	switch {
	case classes == nil && fields.Labels != nil:
		row.Labels, row.Labelled = *fields.Labels, true
	case classes == nil && fields.Label != "":
		return nil, fmt.Errorf("line %d: the row has a class as its \"label\": name the topics of each class in a class map", line.number)
	case classes != nil && fields.Label != "":
		if !classes.has(fields.Label) {
			return nil, fmt.Errorf("line %d: the class of its \"label\" is not in the class map, which has %s", line.number, strings.Join(classes.names, ", "))
		}
		row.Labels, row.Labelled = []string{fields.Label}, true
	case classes != nil && fields.Labels != nil:
		return nil, fmt.Errorf("line %d: the row has \"labels\", and a class map needs one class as the \"label\": leave the class map out", line.number)
	}
	return row, nil
}
