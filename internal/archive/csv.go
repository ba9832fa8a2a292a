package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// csv reads rows of cells below a header that names the columns. A row may span lines
// within quotation marks; the line of a row is its first. Options or a first line "sep=;"
// name the separator; else it is the one whose split of the header names the text.
func (r *scanner) csv(in *inputFile, separator byte) bool {
	rows := &csvRows{in: decodeWide(in.Reader)}
	rows.separator = r.separatorOf(rows, separator)
	header, err := rows.next()
	switch {
	case errors.Is(err, io.EOF):
		return true
	case errors.Is(err, errOpenQuote), errors.Is(err, errLongRow):
		return r.fail(in.location, RowInvalid, "its header is not valid CSV: %s", err)
	case err != nil:
		return r.unreadable(in.location, "its header cannot be read", err)
	}
	places, fault := r.columns.places(header)
	if fault != "" {
		return r.fail(in.location, RowInvalid, "%s", fault)
	}
	location := in.location
	for {
		cells, err := rows.next()
		location.Line = rows.first
		var proceed bool
		switch {
		case errors.Is(err, io.EOF):
			return true
		case errors.Is(err, errLongRow):
			return r.fail(location, RowTooLarge, "a row is longer than %d bytes or %d cells, perhaps for a quotation mark that is not closed; what follows in this file was not read", MaxRowBytes, maxCells)
		case errors.Is(err, errOpenQuote):
			proceed = r.fail(location, RowInvalid, "the row is not valid CSV: %s", err)
		case err != nil:
			return r.unreadable(location, "cannot be read", err)
		case len(cells) == 1 && len(cells[0]) == 0:
			proceed = r.skip(location, SkipBlank)
		default:
			proceed = r.cells(location, cells, places)
		}
		if !proceed {
			return false
		}
	}
}

// separatorOf returns the separator of a table whose name or caller says that it is usual.
func (r *scanner) separatorOf(rows *csvRows, usual byte) byte {
	line := rows.peekLine()
	if named, ok := bytes.CutPrefix(bytes.Trim(line, `"`), []byte("sep=")); ok && len(named) == 1 {
		rows.skipLine()
		return named[0]
	}
	if r.options.Delimiter != 0 {
		return r.options.Delimiter
	}
	for _, separator := range append([]byte{usual}, separators...) {
		if r.columns.inHeader(string(line), string(separator)) {
			return separator
		}
	}
	return usual
}

// separators are the characters that separate the cells of tables.
var separators = []byte{'\t', ',', ';', '|'}

// ParseDelimiter returns the separator that a name or character stands for; 0, for "auto",
// has it read from the header.
func ParseDelimiter(name string) (byte, error) {
	switch name {
	case "", "auto":
		return 0, nil
	case "tab", `\t`:
		return '\t', nil
	}
	if len(name) != 1 || name[0] >= 0x7f || strings.ContainsAny(name, "\"\r\n\x00") {
		return 0, errors.New(`it must be one character of ASCII, "tab" or "auto"`)
	}
	return name[0], nil
}

// cells yields the article of a row.
func (r *scanner) cells(location Location, cells [][]byte, places []field) bool {
	a := &Entry{Location: location}
	if len(cells) > len(places) {
		return r.fail(location, RowInvalid, "the row has %d cells and the header %d", len(cells), len(places))
	}
	var e encoding.Encoding
	if slices.ContainsFunc(cells, func(cell []byte) bool { return !utf8.Valid(cell) }) {
		if row := bytes.Join(cells, []byte("\n")); !isBrokenUTF8(row) {
			e, a.GuessedEncoding = guessEncoding(row) // one for all cells, as short ones tell little
		}
	}
	for i, cell := range cells {
		if places[i] == fieldCount {
			continue
		}
		to, fault := decodeNarrow("row", cell, e, a.GuessedEncoding)
		if fault != "" {
			return r.fail(location, RowInvalid, "%s", fault)
		}
		a.set(places[i], to.text)
	}
	return r.article(a)
}

// places returns the field of each column, fieldCount for one that is not used,
// or says what is wrong with the header.
func (c *columns) places(header [][]byte) (places []field, fault string) {
	var seen [fieldCount]bool
	for _, cell := range header {
		f, ok := c.of(headerName(string(cell)))
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

// csvRows splits a table into rows and cells, as leniently as Python's csv module:
// quotation marks count where a cell begins with one, what follows the closing one belongs
// to the cell, and lines end with LF, CR LF or CR. In a table of tabs, which many programs
// write without quoting, a cell is quoted only if a tab or the end of the line follows its
// closing mark.
type csvRows struct {
	in        io.Reader
	separator byte
	first     int64 // line of the latest row, from 1

	buffer []byte
	begin  int   // where the latest row begins in buffer
	at     int   // where the next row does
	lines  int64 // ended before at
	err    error // of in; nothing comes behind buffer
	cells  [][]byte
	quoted []byte // the cells of the latest row that were changed
}

var (
	errOpenQuote = errors.New("a quotation mark is not closed")
	errLongRow   = errors.New("a row is too long")
)

// has makes sure that the byte at i is there, and reports whether it is.
func (c *csvRows) has(i int) bool {
	for i >= len(c.buffer) && c.err == nil {
		n := len(c.buffer)
		if cap(c.buffer)-n < minRead {
			c.buffer = slices.Grow(c.buffer, minRead)
		}
		var read int
		read, c.err = c.in.Read(c.buffer[n:cap(c.buffer)])
		c.buffer = c.buffer[:n+read]
	}
	return i < len(c.buffer)
}

// peekLine returns the first line, up to a bound, without its end.
func (c *csvRows) peekLine() []byte {
	c.has(sniffBytes)
	line := c.buffer
	if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	return line
}

// skipLine passes over the line that peekLine has returned.
func (c *csvRows) skipLine() { c.at = c.endLine(len(c.peekLine())) }

// next returns the cells of the next row, valid until the next call. It is called again
// after errOpenQuote, which costs the line in which the row begins.
func (c *csvRows) next() ([][]byte, error) {
	if c.at >= maxConsumed {
		c.buffer, c.at = append(c.buffer[:0], c.buffer[c.at:]...), 0
	}
	c.first, c.begin = c.lines+1, c.at
	c.cells, c.quoted = c.cells[:0], c.quoted[:0]
	if !c.has(c.at) {
		return nil, c.err
	}
	for at := c.at; ; {
		cell, end, err := c.cell(at)
		switch {
		case errors.Is(err, errOpenQuote):
			c.lines = c.first - 1
			c.skipLineOf(c.begin)
			return nil, err
		case err != nil:
			return nil, err
		}
		if c.cells = append(c.cells, cell); len(c.cells) > maxCells || end-c.begin > MaxRowBytes {
			return nil, errLongRow
		}
		switch {
		case c.has(end) && c.buffer[end] == c.separator:
			at = end + 1
			continue
		case !c.has(end) && !errors.Is(c.err, io.EOF):
			return nil, c.err
		}
		c.at = c.endLine(end)
		return c.cells, nil
	}
}

// maxCells is the maximum number of cells of a row, each of which takes 24 bytes.
const maxCells = 1 << 16

// minRead is the room that a read is given, at least.
const minRead = 16 << 10

// maxConsumed bounds what is kept of the buffer before the row that is read.
const maxConsumed = 256 << 10

// skipLineOf goes on with the line behind the one that begins at i.
func (c *csvRows) skipLineOf(i int) {
	for c.has(i) && c.buffer[i] != '\n' && c.buffer[i] != '\r' {
		i++
	}
	c.at = c.endLine(i)
}

// endLine passes over the end of a line.
func (c *csvRows) endLine(i int) int {
	if !c.has(i) {
		return i
	}
	c.lines++
	if c.buffer[i] == '\r' && c.has(i+1) && c.buffer[i+1] == '\n' {
		i++
	}
	return i + 1
}

// cell returns the cell that begins at i, and where it ends.
func (c *csvRows) cell(i int) (cell []byte, end int, err error) {
	if c.has(i) && c.buffer[i] == '"' {
		lines := c.lines
		cell, end, err = c.quotedCell(i)
		if c.separator != '\t' || err == nil {
			return cell, end, err
		}
		c.lines = lines
	}
	if end, err = c.plainEnd(i); err != nil {
		return nil, 0, err
	}
	return c.buffer[i:end], end, nil
}

// plainEnd returns where what is not quoted ends.
func (c *csvRows) plainEnd(i int) (int, error) {
	for ; c.has(i); i++ {
		if b := c.buffer[i]; b == c.separator || b == '\n' || b == '\r' {
			return i, nil
		}
		if i-c.begin > MaxRowBytes {
			return 0, errLongRow
		}
	}
	return i, nil
}

// quotedCell returns the cell whose quotation mark stands at i.
func (c *csvRows) quotedCell(i int) (cell []byte, end int, err error) {
	begin := len(c.quoted)
	for i++; ; {
		length, err := c.untilQuote(i)
		if err != nil {
			return nil, 0, err
		}
		c.quoted = c.appendLines(c.quoted, c.buffer[i:i+length])
		i += length + 1
		if !c.has(i) || c.buffer[i] != '"' {
			break
		}
		c.quoted = append(c.quoted, '"')
		i++
	}
	end, err = c.plainEnd(i)
	if err == nil && c.separator == '\t' && end > i {
		err = errOpenQuote // the mark is one of the text
	}
	c.quoted = append(c.quoted, c.buffer[i:max(i, end)]...)
	// The capacity keeps later cells apart. Growing leaves the former array as it was.
	return c.quoted[begin:len(c.quoted):len(c.quoted)], end, err
}

// untilQuote returns the number of bytes from i to the next quotation mark.
func (c *csvRows) untilQuote(i int) (int, error) {
	for from := i; ; from = len(c.buffer) {
		if !c.has(from) {
			if errors.Is(c.err, io.EOF) {
				return 0, errOpenQuote
			}
			return 0, c.err
		}
		if n := bytes.IndexByte(c.buffer[from:], '"'); n >= 0 {
			return from + n - i, nil
		}
		if len(c.buffer)-c.begin > MaxRowBytes {
			return 0, errLongRow
		}
	}
}

// appendLines appends text with its line ends as LF where they are CR LF, and counts them.
func (c *csvRows) appendLines(to, text []byte) []byte {
	for {
		end := bytes.IndexAny(text, "\r\n")
		if end < 0 {
			return append(to, text...)
		}
		c.lines++
		if text[end] == '\r' && end+1 < len(text) && text[end+1] == '\n' {
			to = append(to, text[:end]...)
			end++
			to, text = append(to, '\n'), text[end+1:]
			continue
		}
		to, text = append(to, text[:end+1]...), text[end+1:]
	}
}
