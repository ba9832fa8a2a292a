package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonl reads one JSON object a line: id (string or number) and the other
// fields, all optional but the text, other keys ignored. Blank lines are no rows. Byte order
// marks are allowed. Lines end with LF, CR LF or CR; a text sequence of JSON (RFC 7464) has
// a record separator before each object instead. A file that is an array, or objects over
// several lines, is read item by item.
func (r *scanner) jsonl(in *inputFile) bool {
	buffered := bufio.NewReaderSize(decodeWide(in.Reader), 64<<10)
	decoder := &rowDecoder{columns: r.columns}
	head, _ := buffered.Peek(buffered.Size())
	if isJSONDocument(head, buffered.Size()) {
		return r.jsonItems(in.location, decoder, buffered)
	}
	lines := &lines{in: buffered, end: lineEnd(head), location: in.location}
	if lines.end == recordSeparator {
		_, _ = buffered.Discard(bytes.IndexByte(head, recordSeparator) + 1)
	}
	for {
		tooLong, err := lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return r.unreadable(lines.location, "cannot be read", err)
		}
		row := bytes.TrimPrefix(lines.line, []byte("\uFEFF")) // of files put together
		row = bytes.TrimSpace(bytes.TrimSuffix(row, []byte{lines.end}))
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

// recordSeparator begins each object of a text sequence of JSON.
const recordSeparator = '\x1e'

// crRows matches the end of a row and the beginning of the next one where lines end with CR
// alone. Within a string the byte would be a fault of its row.
var crRows = regexp.MustCompile(`^[^\n]*?\}[ \t]*\r[ \t\r]*\{`)

// lineEnd returns the byte that ends the rows of a file, told by its beginning.
func lineEnd(head []byte) byte {
	switch head = bytes.TrimSpace(head); {
	case len(head) > 0 && head[0] == recordSeparator:
		return recordSeparator
	case crRows.Match(head):
		return '\r'
	}
	return '\n'
}

// isJSONDocument reports whether a file begins with an array of objects, or with a value that
// does not end on its line. Of a longer file than limit, peeked holds that many bytes.
func isJSONDocument(peeked []byte, limit int) bool {
	head := bytes.TrimSpace(bytes.TrimPrefix(peeked, []byte("\uFEFF")))
	first, rest := head, []byte(nil)
	if end := bytes.IndexAny(head, "\r\n"); end >= 0 {
		first, rest = bytes.TrimSpace(head[:end]), bytes.TrimSpace(head[end:])
	}
	if len(first) == 0 || first[0] != '{' && first[0] != '[' {
		return false
	}
	isArray := isArrayOfObjects(head)
	if !isArray && !(len(first) < len(head) && breaksBetweenTokens(first)) {
		return false
	}
	if !bytes.HasPrefix(rest, []byte("{")) {
		return true
	}
	// A row that was cut stands before another row. An object that belongs to the value
	// does not, unless the file breaks off.
	if last := first[len(first)-1]; last != '[' && last != ':' {
		return isArray
	}
	values := newJSONDecoder(rest)
	if values.SkipValue() != nil {
		return true
	}
	after := bytes.TrimSpace(rest[values.InputOffset():])
	return len(after) == 0 && len(peeked) == limit || len(after) > 0 && after[0] != '{'
}

// newJSONDecoder returns a decoder that is as lenient as the decoder of rows.
func newJSONDecoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// isArrayOfObjects reports whether JSON begins with an array that is empty or whose first
// item, but for null, is an object.
func isArrayOfObjects(head []byte) bool {
	if !bytes.HasPrefix(head, []byte("[")) {
		return false
	}
	tokens := newJSONDecoder(head)
	for {
		if _, err := tokens.ReadToken(); err != nil {
			return false
		}
		switch tokens.PeekKind() {
		case '{', ']':
			return true
		case 'n':
		default:
			return false
		}
	}
}

// breaksBetweenTokens reports whether a value goes on behind a line. JSON has no line breaks
// within strings, so that a line that ends in one is a row that was cut.
func breaksBetweenTokens(line []byte) bool {
	tokens := newJSONDecoder(line)
	for {
		if _, err := tokens.ReadToken(); err != nil {
			unread := bytes.TrimSpace(line[tokens.InputOffset():])
			return tokens.StackDepth() > 0 && errors.Is(err, io.ErrUnexpectedEOF) && (len(unread) == 0 || string(unread) == ":" || string(unread) == ",")
		}
	}
}

// jsonItems reads the items of an array, or objects that follow one another. Line counts
// them. Text that is no JSON ends the reading, as nobody knows where the next item begins.
func (r *scanner) jsonItems(location Location, rows *rowDecoder, in io.Reader) bool {
	guard := &rowGuard{in: in}
	items := jsontext.NewDecoder(guard, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	for {
		guard.row = 0
		location.Line++
		kind := items.PeekKind()
		var item jsontext.Value
		var err error
		if kind == '[' && items.StackDepth() == 0 || kind == ']' {
			location.Line--
			_, err = items.ReadToken()
		} else {
			item, err = items.ReadValue()
		}
		switch {
		case errors.Is(err, io.EOF):
			return true
		case errors.Is(err, errRowGuard):
			return r.fail(location, RowTooLarge, "the item is longer than %d bytes; what follows in this file was not read", MaxRowBytes)
		case err != nil:
			location.Line = max(location.Line, 1)
			return r.brokenJSON(location, items, err)
		case item == nil:
			continue
		}
		var proceed bool
		switch {
		case kind != '{' && kind != 'n' && location.Line == 1:
			return r.fail(location, RowInvalid, "its items are not JSON objects")
		case len(item) > MaxRowBytes:
			proceed = r.fail(location, RowTooLarge, "the item is longer than %d bytes", MaxRowBytes)
		default:
			proceed = r.jsonRow(rows, location, item)
		}
		if !proceed {
			return false
		}
	}
}

// brokenJSON yields why the items cannot be read any further.
func (r *scanner) brokenJSON(location Location, items *jsontext.Decoder, err error) bool {
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntactic) && !errors.Is(err, io.ErrUnexpectedEOF):
		return r.fail(location, RowInvalid, "the file is not valid JSON at byte %d; what follows in it was not read", syntactic.ByteOffset)
	case errors.Is(err, io.ErrUnexpectedEOF) && items.StackDepth() == 0 && location.Line == 1:
		return r.fail(location, RowInvalid, "the file is not valid JSON: it breaks off")
	}
	return r.unreadable(location, "cannot be read any further", err)
}

func (r *scanner) jsonRow(decoder *rowDecoder, location Location, row []byte) bool {
	a := &Entry{Location: location}
	// Characters that are escaped wrongly may be replaced, but wrong bytes mean
	// another encoding.
	if !utf8.Valid(row) {
		to, fault := decodeNarrow("row", row, nil, "")
		if fault != "" {
			return r.fail(location, RowInvalid, "%s", fault)
		}
		row, a.GuessedEncoding = []byte(to.text), to.guessed
	}
	if fault := decoder.decode(row, a); fault != "" {
		if decoder.hasURI && !decoder.hasBody {
			if item := parseNinjs(row); item != nil {
				return r.ninjsItem(location, row, item, a.GuessedEncoding)
			}
		}
		return r.emit(nil, &ReadError{Location: location, Reason: RowInvalid, Message: fault, ID: strings.ToValidUTF8(a.ID, "\uFFFD")})
	}
	return r.article(a)
}

// lines reads lines of any length, of which it keeps at most MaxRowBytes.
type lines struct {
	in       *bufio.Reader
	end      byte
	line     []byte   // the latest, with its end, reused; empty when it was too long
	location Location // the place of the latest
}

// next reads a line. With an error the line may hold what came before it.
func (l *lines) next() (tooLong bool, err error) {
	l.line = l.line[:0]
	l.location.Line++
	for {
		part, err := l.in.ReadSlice(l.end)
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
	hasBody bool   // whether the latest row has a text or a page
	hasURI  bool   // whether it has the member that every item of ninjs has
	list    string // its first member that is a list of objects
	row     bytes.Reader
	json    jsontext.Decoder
}

// decode sets the fields of a from a row in UTF-8. A fault of the row is returned
// in words that do not quote from it.
func (d *rowDecoder) decode(row []byte, a *Entry) (fault string) {
	d.row.Reset(row)
	d.json.Reset(&d.row, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if fault := d.object(a); fault != "" {
		return fault
	}
	if _, err := d.json.ReadToken(); !errors.Is(err, io.EOF) {
		return d.syntax(err)
	}
	switch {
	case d.hasBody:
		return ""
	case d.list != "":
		return fmt.Sprintf("no %q, but a list%s: give its items, one a line", d.columns[fieldText], quoteLabel(d.list))
	}
	return fmt.Sprintf("no %q", d.columns[fieldText])
}

// object reads the members of a row.
func (d *rowDecoder) object(a *Entry) (fault string) {
	if d.json.PeekKind() != '{' {
		if err := d.json.SkipValue(); err != nil {
			return d.syntax(err)
		}
		return "the row is not a JSON object"
	}
	if _, err := d.json.ReadToken(); err != nil {
		return d.syntax(err)
	}
	d.hasBody, d.hasURI, d.list = false, false, ""
	for d.json.PeekKind() != '}' {
		name, err := d.json.ReadToken()
		if err != nil {
			return d.syntax(err)
		}
		if fault := d.member(name.String(), a); fault != "" {
			return fault
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return d.syntax(err)
	}
	return ""
}

// member reads the value of a member, and passes over one that is no field.
func (d *rowDecoder) member(name string, a *Entry) (fault string) {
	d.hasURI = d.hasURI || name == "uri"
	if f, known := d.columns.of(name); known {
		return d.value(a, f)
	}
	if err := d.skip(name); err != nil {
		return d.syntax(err)
	}
	return ""
}

// skip passes over a member, and notes a list of objects.
func (d *rowDecoder) skip(name string) error {
	if d.list != "" || d.json.PeekKind() != '[' {
		return d.json.SkipValue()
	}
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	if d.json.PeekKind() == '{' {
		d.list = name
	}
	for d.json.PeekKind() != ']' {
		if err := d.json.SkipValue(); err != nil {
			return err
		}
	}
	_, err := d.json.ReadToken()
	return err
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
		d.hasBody = d.hasBody || f == fieldText || f == fieldHTML
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

// rowGuard fails a read once a row has taken more than MaxRowBytes.
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
