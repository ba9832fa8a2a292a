package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// MaxFooterBytes is the maximum length of the footer of a file, which is held in memory.
const MaxFooterBytes = 64 << 20

// MaxColumns is the maximum number of columns of a file.
const MaxColumns = 1 << 16

// maxNameBytes bounds how much is kept of the name of a column.
const maxNameBytes = 1 << 10

const magic = "PAR1"

// UnsupportedError says that a file has something that this package knows and does not
// read.
type UnsupportedError struct{ what string }

// Error names the feature and says what to do.
func (e *UnsupportedError) Error() string { return e.what }

func unsupported(format string, args ...any) error {
	return &UnsupportedError{fmt.Sprintf(format, args...)}
}

// Table is a Parquet file whose footer has been read.
type Table struct {
	in        io.ReaderAt
	end       int64          // of the pages, where the footer begins
	columns   []Column       // at the top of the schema
	rows      int64          // as the footer says
	rowGroups []thriftReader // one element: at the list of row groups
}

// Kind is what the values of a column are read as.
type Kind int

// The kinds.
const (
	Other  Kind = iota // not read: nested, repeated, or of another type
	Text               // bytes, mostly UTF-8
	Number             // a whole number
	Time               // a point in time, or a day
)

// Column is a column at the top of a schema.
type Column struct {
	Name string
	Kind Kind

	leaf     int // its number among the columns that have values
	physical int64
	optional bool
	unsigned bool
	another  bool          // the numbers or bytes mean something that is not read
	unit     time.Duration // of a Time in an integer; a day for dates
}

// The physical types, as files number them.
const (
	typeInt32     = 1
	typeInt64     = 2
	typeInt96     = 3
	typeByteArray = 6
)

// Open reads the footer of a file of a size. Its errors are ErrDamaged, an
// *UnsupportedError or errors of in.
func Open(in io.ReaderAt, size int64) (*Table, error) {
	var tail [8]byte
	if size < int64(len(magic)+len(tail)) {
		return nil, ErrDamaged
	}
	if err := readAt(in, tail[:], size-int64(len(tail))); err != nil {
		return nil, err
	}
	switch string(tail[4:]) {
	case magic:
	case "PARE":
		return nil, unsupported("its footer is encrypted: decrypt it first")
	default:
		return nil, ErrDamaged
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	end := size - int64(len(tail)) - length
	switch {
	case end < int64(len(magic)):
		return nil, ErrDamaged
	case length > MaxFooterBytes:
		return nil, unsupported("its footer is longer than %d bytes: split it into several files", MaxFooterBytes)
	}
	footer := make([]byte, length)
	if err := readAt(in, footer, end); err != nil {
		return nil, err
	}
	t := &Table{in: in, end: end}
	return t, t.readFooter(footer)
}

// readAt fills p. A file that ends before is damaged.
func readAt(in io.ReaderAt, p []byte, at int64) error {
	n, err := in.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return ErrDamaged
	}
	return err
}

// Columns returns the columns at the top of the schema.
func (t *Table) Columns() []Column { return t.columns }

// readFooter finds the columns, and where the row groups stand.
func (t *Table) readFooter(footer []byte) error {
	r := &thriftReader{data: footer}
	var schema schemaReader
	r.fields(func(id int64, kind byte) {
		switch id {
		case 2: // schema
			if r.expect(kind, thriftList) {
				r.list(func(_ int, kind byte) {
					if r.expect(kind, thriftStruct) && !schema.add(readSchemaElement(r)) {
						r.fail()
					}
				})
			}
			return
		case 3: // num_rows
			if kind == thriftI64 {
				t.rows = r.int()
				return
			}
		case 4: // row_groups
			t.rowGroups = []thriftReader{*r}
		}
		r.skip(kind)
	})
	if t.columns = schema.columns; schema.isFull {
		return unsupported("it has more than %d columns: split it into several files", MaxColumns)
	}
	return r.err
}

// schemaElement is a node of the schema.
type schemaElement struct {
	column   Column
	children int64
	repeated bool
}

func readSchemaElement(r *thriftReader) schemaElement {
	e := schemaElement{column: Column{physical: -1}}
	r.fields(func(id int64, kind byte) {
		switch id {
		case 1: // type
			e.column.physical = r.int()
		case 3: // repetition_type
			repetition := r.int()
			e.column.optional, e.repeated = repetition == 1, repetition == 2
		case 4: // name
			name := r.bytes()
			e.column.Name = string(bytes.ToValidUTF8(name[:min(len(name), maxNameBytes)], []byte("\uFFFD")))
		case 5: // num_children
			e.children = r.int()
		case 6: // converted_type
			e.column.setConvertedType(r.int())
		case 10: // logicalType
			e.column.readLogicalType(r)
		default:
			r.skip(kind)
		}
	})
	return e
}

const day = 24 * time.Hour

// setConvertedType takes the meaning of a column as files said it before logical types.
func (c *Column) setConvertedType(converted int64) {
	switch {
	case converted == 5, converted == 7, converted == 8: // decimals, times of day
		c.another = true
	case converted == 6:
		c.unit = day
	case converted == 9:
		c.unit = time.Millisecond
	case converted == 10:
		c.unit = time.Microsecond
	case converted >= 11 && converted <= 14:
		c.unsigned = true
	}
}

// readLogicalType reads the meaning of a column, a union.
func (c *Column) readLogicalType(r *thriftReader) {
	r.fields(func(id int64, kind byte) {
		switch {
		case id == 5 || id == 7: // DECIMAL, TIME
			c.another = true
			r.skip(kind)
		case id == 6 && kind == thriftStruct: // DATE
			c.unit = day
			r.skip(kind)
		case id == 8 && kind == thriftStruct: // TIMESTAMP
			r.fields(func(id int64, kind byte) {
				if id != 2 || kind != thriftStruct {
					r.skip(kind)
					return
				}
				r.fields(func(id int64, kind byte) { // unit, a union
					c.unit = map[int64]time.Duration{1: time.Millisecond, 2: time.Microsecond, 3: time.Nanosecond}[id]
					r.skip(kind)
				})
			})
		case id == 10 && kind == thriftStruct: // INTEGER
			r.fields(func(id int64, kind byte) {
				if id == 2 { // isSigned
					c.unsigned = kind == thriftFalse
				}
				r.skip(kind)
			})
		default:
			r.skip(kind)
		}
	})
}

// schemaReader finds the columns among the nodes of a schema, which stand in the order
// of a walk from its root.
type schemaReader struct {
	columns []Column
	open    []int64 // of the nodes around the next: how many of their children are to come
	leaves  int
	isFull  bool
}

// add takes the next node, or reports that there are too many.
func (s *schemaReader) add(e schemaElement) (ok bool) {
	if s.isFull = max(len(s.columns), len(s.open)) > MaxColumns; s.isFull {
		return false
	}
	for len(s.open) > 0 && s.open[len(s.open)-1] == 0 {
		s.open = s.open[:len(s.open)-1]
	}
	depth := len(s.open)
	if depth > 0 {
		s.open[depth-1]--
	}
	if depth == 1 {
		e.column.leaf = s.leaves
		if e.children == 0 && !e.repeated {
			e.column.Kind = e.column.kind()
		}
		s.columns = append(s.columns, e.column)
	}
	switch {
	case e.children > 0:
		s.open = append(s.open, e.children)
	case depth > 0 && e.column.physical >= 0: // a group may be without columns
		s.leaves++
	}
	return true
}

func (c *Column) kind() Kind {
	switch {
	case c.another:
		return Other
	case c.physical == typeByteArray:
		return Text
	case c.physical == typeInt96:
		return Time
	case c.physical == typeInt32 || c.physical == typeInt64:
		if c.unit > 0 {
			return Time
		}
		return Number
	}
	return Other
}

// Value is one value of a row.
type Value struct {
	Null  bool
	bytes []byte
	int   int64
}

// Bytes returns a value of a column of Text, valid until the next row.
func (v Value) Bytes() []byte { return v.bytes }

// FormatNumber returns a value of a column of kind Number in decimal digits.
func (c *Column) FormatNumber(v Value) string {
	switch {
	case c.unsigned && c.physical == typeInt32:
		return strconv.FormatUint(uint64(uint32(v.int)), 10)
	case c.unsigned:
		return strconv.FormatUint(uint64(v.int), 10)
	}
	return strconv.FormatInt(v.int, 10)
}

// julianEpoch is the Julian day of 1970-01-01.
const julianEpoch = 2_440_588

// Time returns a value of a column of kind Time, in UTC.
func (c *Column) Time(v Value) time.Time {
	switch {
	case c.physical == typeInt96: // nanoseconds of a day, and a Julian day
		days := int64(binary.LittleEndian.Uint32(v.bytes[8:])) - julianEpoch
		return time.Unix(days*int64(day/time.Second), int64(binary.LittleEndian.Uint64(v.bytes))).UTC()
	case c.unit == day:
		return time.Unix(v.int*int64(day/time.Second), 0).UTC()
	}
	second := int64(time.Second / c.unit)
	return time.Unix(v.int/second, v.int%second*int64(c.unit)).UTC()
}
