package parquet

import (
	"errors"
	"io"
)

// Options say how rows are read.
type Options struct {
	// Spend, if set, is told of the bytes that come out of pages and rows. Its error
	// ends the reading.
	Spend func(bytes int64) error
}

// rowBytes is what a row counts for beside its values: one of nothing but nulls takes no
// room in a file, and has to be handled all the same.
const rowBytes = 256

// Rows reads some columns of a file, row by row.
type Rows struct {
	options Options
	table   *Table
	wanted  []Column
	groups  *thriftReader // at the next row group
	left    uint64        // row groups
	columns []columnReader
	row     []Value

	total     int64 // rows of the file as it says; 0 after a fault that ends the reading
	number    int64 // of the latest row, from 1
	group     int64 // rows of the row group that are yet to come
	abandoned int64 // rows behind the latest that are left out
}

// Rows begins to read some or all columns of t. An error says that
// they cannot be read, whatever the rows.
func (t *Table) Rows(columns []Column, options Options) (*Rows, error) {
	r := &Rows{options: options, table: t, wanted: columns, row: make([]Value, len(columns))}
	r.rewind()
	for r.left > 0 { // refused at once, not where its row group begins
		if err := r.openGroup(); err != nil && !errors.Is(err, ErrDamaged) {
			return nil, err
		}
	}
	r.rewind()
	return r, nil
}

// rewind goes to the first row group.
func (r *Rows) rewind() {
	r.left, r.group, r.number, r.total = 0, 0, 0, r.table.rows
	if len(r.table.rowGroups) == 0 {
		return
	}
	at := r.table.rowGroups[0]
	r.groups = &at
	head := at.byte()
	if r.left = uint64(head >> 4); r.left == 0xf {
		r.left = at.uvarint()
	}
	if head&0xf != thriftStruct {
		r.left = 0
	}
}

// Number returns the number of the row that the latest Next was about, from 1.
func (r *Rows) Number() int64 { return r.number }

// Next returns the next row, with a value for each column that was asked for, valid
// until the next call; or io.EOF. After ErrDamaged and an *UnsupportedError the reading
// goes on with the next row group, after any other error it has ended.
func (r *Rows) Next() ([]Value, error) {
	r.number += r.abandoned
	r.abandoned = 0
	for r.group == 0 {
		if r.left == 0 {
			return nil, r.end()
		}
		if err := r.openGroup(); err != nil {
			r.number++
			r.group = max(r.group-1, 0)
			return nil, r.abandonGroup(err)
		}
	}
	r.group--
	r.number++
	size := int64(rowBytes)
	for i := range r.columns {
		value, err := r.columns[i].next()
		if err != nil {
			return nil, r.abandonGroup(err)
		}
		r.row[i] = value
		size += int64(len(value.bytes))
	}
	if err := r.spend(size); err != nil {
		return nil, r.abandonGroup(err)
	}
	return r.row, nil
}

// end returns io.EOF, or before it ErrDamaged where the row groups have fewer rows than
// the file says.
func (r *Rows) end() error {
	if r.number >= r.total {
		return io.EOF
	}
	r.number++
	r.abandoned = r.total - r.number
	return ErrDamaged
}

func (r *Rows) spend(bytes int64) error {
	if r.options.Spend == nil {
		return nil
	}
	return r.options.Spend(bytes)
}

// abandonGroup leaves out the rest of a row group, and the row groups behind it where
// they cannot be read either.
func (r *Rows) abandonGroup(err error) error {
	var unsupported *UnsupportedError
	if !errors.Is(err, ErrDamaged) && !errors.As(err, &unsupported) {
		r.left, r.total = 0, 0
	}
	r.abandoned, r.group = r.group, 0
	return err
}

// openGroup reads the metadata of the next row group.
func (r *Rows) openGroup() error {
	r.left--
	chunks := make([]columnChunk, len(r.wanted))
	var rows int64
	in := r.groups
	in.fields(func(id int64, kind byte) {
		switch {
		case id == 1 && kind == thriftList: // columns
			in.list(func(leaf int, kind byte) {
				for i := range r.wanted {
					if r.wanted[i].leaf == leaf && kind == thriftStruct {
						chunks[i] = readColumnChunk(in)
						return
					}
				}
				in.skipElement(kind)
			})
		case id == 3 && kind == thriftI64: // num_rows
			rows = in.int()
		default:
			in.skip(kind)
		}
	})
	if in.err != nil || rows < 0 {
		r.left, r.total = 0, 0
		return ErrDamaged
	}
	for i := range chunks { // no row is lost where the row group says that it has fewer
		rows = max(rows, chunks[i].values)
	}
	r.group = rows
	if r.columns == nil {
		r.columns = make([]columnReader, len(chunks))
	}
	for i, chunk := range chunks {
		if err := chunk.check(&r.wanted[i]); err != nil && rows > 0 {
			return err
		}
		before := &r.columns[i]
		r.columns[i] = columnReader{
			rows: r, column: &r.wanted[i], chunk: chunk, offset: chunk.start(),
			stored: before.stored, page: before.page,
		}
	}
	return nil
}

// columnChunk is the part of a column that stands in a row group.
type columnChunk struct {
	physical, codec, values           int64
	dataOffset, dictionaryOffset      int64
	elsewhere, encrypted, isDescribed bool
}

func readColumnChunk(r *thriftReader) (c columnChunk) {
	r.fields(func(id int64, kind byte) {
		switch {
		case id == 1 && kind == thriftBinary: // file_path
			c.elsewhere = len(r.bytes()) > 0
		case id == 3 && kind == thriftStruct: // meta_data
			c.isDescribed = true
			r.fields(func(id int64, kind byte) {
				switch id {
				case 1: // type
					c.physical = r.int()
				case 4: // codec
					c.codec = r.int()
				case 5: // num_values
					c.values = r.int()
				case 9: // data_page_offset
					c.dataOffset = r.int()
				case 11: // dictionary_page_offset
					c.dictionaryOffset = r.int()
				default:
					r.skip(kind)
				}
			})
		case id == 8 || id == 9: // crypto_metadata, encrypted_column_metadata
			c.encrypted = true
			r.skip(kind)
		default:
			r.skip(kind)
		}
	})
	return c
}

// check says why a chunk cannot be read, if it cannot.
func (c *columnChunk) check(column *Column) error {
	switch {
	case c.encrypted:
		return unsupported("its column %q is encrypted: decrypt it first", column.Name)
	case c.elsewhere:
		return unsupported("its column %q stands in another file: write it as one", column.Name)
	case !c.isDescribed || c.physical != column.physical || c.values < 0:
		return ErrDamaged
	case !isCodec(c.codec):
		return unsupported("its column %q is compressed with %s, which is not read: write it with zstd, snappy or LZ4_RAW", column.Name, codecName(c.codec))
	}
	return nil
}

// start returns where the first page stands.
func (c *columnChunk) start() int64 {
	if c.dictionaryOffset > 0 && c.dictionaryOffset < c.dataOffset {
		return c.dictionaryOffset
	}
	return c.dataOffset
}
