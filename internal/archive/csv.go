package archive

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// csv reads rows of cells below a header that names the columns. A row may span
// lines within quotation marks; the line of a row is its first.
func (r *scanner) csv(in *inputFile, separator rune) bool {
	guard := &rowGuard{in: decodeWide(in.Reader)}
	rows := csv.NewReader(guard)
	rows.Comma = separator
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return true
	}
	if cause := plainCSV(err); isRowFault(cause) {
		return r.fail(in.location, RowInvalid, "its header is not valid CSV: %s", cause)
	} else if err != nil {
		return r.unreadable(in.location, "its header cannot be read", cause)
	}
	places, fault := r.columns.places(header)
	if fault != "" {
		return r.fail(in.location, RowInvalid, "%s", fault)
	}
	location := in.location
	location.Line = 1
	for {
		guard.row = 0
		cells, err := rows.Read()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return true
		case errors.Is(err, errRowGuard):
			location.Line++
			return r.fail(location, RowTooLarge, "a row is longer than %d bytes, perhaps for a quotation mark that is not closed; what follows in this file was not read", MaxRowBytes)
		case errors.As(err, &syntax) && isRowFault(syntax.Err):
			location.Line = int64(syntax.StartLine)
			if !r.fail(location, RowInvalid, "the row is not valid CSV: %s", syntax.Err) {
				return false
			}
			continue
		case err != nil:
			location.Line++
			return r.unreadable(location, "cannot be read", plainCSV(err))
		}
		line, _ := rows.FieldPos(0)
		location.Line = int64(line)
		if !r.cells(location, cells, places) {
			return false
		}
	}
}

// cells yields the article of a row.
func (r *scanner) cells(location Location, cells []string, places []field) bool {
	a := &Entry{Location: location}
	for i, cell := range cells {
		if i >= len(places) {
			return r.fail(location, RowInvalid, "the row has %d cells and the header %d", len(cells), len(places))
		}
		if !utf8.ValidString(cell) {
			return r.fail(location, RowInvalid, "the row is not valid UTF-8")
		}
		if places[i] != fieldCount {
			a.set(places[i], strings.Clone(cell))
		}
	}
	return r.article(a)
}

// places returns the field of each column, fieldCount for one that is not used,
// or says what is wrong with the header.
func (c *columns) places(header []string) (places []field, fault string) {
	var seen [fieldCount]bool
	for _, cell := range header {
		f, ok := c.of(headerName(cell))
		switch {
		case !ok:
			f = fieldCount
		case seen[f]:
			return nil, fmt.Sprintf("its header names the column %q twice", c[f])
		default:
			seen[f] = true
		}
		places = append(places, f)
	}
	if !seen[fieldText] && !seen[fieldHTML] {
		return nil, fmt.Sprintf("its header has neither a column %q nor %q: say which columns hold what", c[fieldText], c[fieldHTML])
	}
	return places, ""
}

// isRowFault tells a fault of a row from one of the file.
func isRowFault(err error) bool {
	return errors.Is(err, csv.ErrQuote) || errors.Is(err, csv.ErrBareQuote)
}

// plainCSV returns the cause of err without the text around it.
func plainCSV(err error) error {
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return syntax.Err
	}
	return err
}

// rowGuard fails a read once a row has taken more than MaxRowBytes: encoding/csv
// would keep all that follows a quotation mark that is not closed.
type rowGuard struct {
	in  io.Reader
	row int64 // bytes read since the row began, and up to a buffer before it
}

var errRowGuard = errors.New("the row is too long")

// Read implements io.Reader.
func (g *rowGuard) Read(p []byte) (int, error) {
	if g.row > MaxRowBytes {
		return 0, errRowGuard
	}
	n, err := g.in.Read(p)
	g.row += int64(n)
	return n, err
}
