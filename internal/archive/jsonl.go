package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonl reads one JSON object a line: id (string or number) and the other
// fields, all optional, other keys ignored. Blank lines are no rows. Byte order marks
// and carriage returns are allowed.
func (r *scanner) jsonl(in *inputFile) bool {
	lines := &lines{in: bufio.NewReaderSize(decodeWide(in.Reader), 64<<10), location: in.location}
	decoder := &rowDecoder{columns: r.columns}
	for {
		tooLong, err := lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return r.unreadable(lines.location, "cannot be read", err)
		}
		row := bytes.TrimSpace(bytes.TrimPrefix(lines.line, []byte("\uFEFF"))) // of files put together
		proceed := true
		switch {
		case tooLong:
			proceed = r.fail(lines.location, RowTooLarge, "the row is longer than %d bytes", MaxRowBytes)
		case len(row) > 0:
			proceed = r.jsonRow(decoder, lines.location, row)
		case err == nil || len(lines.line) > 0:
			proceed = r.skip(lines.location, SkipBlank)
		}
		if !proceed || err != nil {
			return proceed
		}
	}
}

func (r *scanner) jsonRow(decoder *rowDecoder, location Location, row []byte) bool {
	a := &Entry{Location: location}
	if fault := decoder.decode(row, a); fault != "" {
		return r.fail(location, RowInvalid, "%s", fault)
	}
	return r.article(a)
}

// lines reads lines of any length, of which it keeps at most MaxRowBytes.
type lines struct {
	in       *bufio.Reader
	line     []byte   // the latest, reused; empty when it was too long
	location Location // the place of the latest
}

// next reads a line. With an error the line may hold what came before it.
func (l *lines) next() (tooLong bool, err error) {
	l.line = l.line[:0]
	l.location.Line++
	for {
		part, err := l.in.ReadSlice('\n')
		if len(l.line)+len(part) > MaxRowBytes+len("\r\n") {
			tooLong = true
			l.line = l.line[:0]
		}
		if !tooLong {
			l.line = append(l.line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return tooLong, err
	}
}

// rowDecoder decodes rows that are JSON objects. Its buffers are reused.
type rowDecoder struct {
	columns columns
	row     bytes.Reader
	json    jsontext.Decoder
}

// decode sets the fields of a. What is wrong with the row is returned in words
// that do not quote from it.
func (d *rowDecoder) decode(row []byte, a *Entry) (fault string) {
	// Characters that are escaped wrongly may be replaced, but wrong bytes mean
	// another encoding.
	if !utf8.Valid(row) {
		return "the row is not valid UTF-8"
	}
	d.row.Reset(row)
	d.json.Reset(&d.row, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if d.json.PeekKind() != '{' {
		if err := d.json.SkipValue(); err != nil {
			return d.syntax(err)
		}
		return "the row is not a JSON object"
	}
	if _, err := d.json.ReadToken(); err != nil {
		return d.syntax(err)
	}
	for d.json.PeekKind() != '}' {
		name, err := d.json.ReadToken()
		if err != nil {
			return d.syntax(err)
		}
		f, known := d.columns.of(name.String())
		if !known {
			if err := d.json.SkipValue(); err != nil {
				return d.syntax(err)
			}
			continue
		}
		if fault := d.value(a, f); fault != "" {
			return fault
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return d.syntax(err)
	}
	if _, err := d.json.ReadToken(); !errors.Is(err, io.EOF) {
		return d.syntax(err)
	}
	return ""
}

// value reads the value of a field.
func (d *rowDecoder) value(a *Entry, f field) (fault string) {
	kind := d.json.PeekKind()
	switch {
	case kind == '"' || kind == '0' && f == fieldID:
		value, err := d.json.ReadToken()
		if err != nil {
			return d.syntax(err)
		}
		a.set(f, value.String())
		return ""
	}
	if err := d.json.SkipValue(); err != nil {
		return d.syntax(err)
	}
	switch {
	case kind == 'n' || f == fieldPublished:
		return ""
	case f == fieldID:
		return fmt.Sprintf("the field %q must be a string or a number", d.columns[f])
	}
	return fmt.Sprintf("the field %q must be a string", d.columns[f])
}

// syntax says where the row stops being JSON.
func (d *rowDecoder) syntax(err error) string {
	at := d.json.InputOffset()
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		at = syntactic.ByteOffset
	}
	return fmt.Sprintf("the row is not valid JSON at byte %d", at)
}
