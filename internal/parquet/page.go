package parquet

import (
	"encoding/binary"
	"hash/crc32"
)

// MaxPageBytes is the maximum length of a page, compressed or not.
const MaxPageBytes = 16 << 20

// pageHeader stands before a page.
type pageHeader struct {
	kind             int64
	plain, stored    int64 // lengths without and with compression
	checksum         uint32
	hasChecksum      bool
	values           int64
	encoding         int64
	levels           int64 // encoding of the definition levels, in version 1
	definitionLength int64 // in version 2, where levels stand in front uncompressed
	repetitionLength int64
	isStored         bool // version 2: the values are not compressed
}

// The kinds of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

func readPageHeader(r *thriftReader) (h pageHeader) {
	h.kind = -1
	r.fields(func(id int64, kind byte) {
		switch {
		case id == 1: // type
			h.kind = r.int()
		case id == 2: // uncompressed_page_size
			h.plain = r.int()
		case id == 3: // compressed_page_size
			h.stored = r.int()
		case id == 4: // crc
			h.checksum = uint32(r.int())
			h.hasChecksum = h.checksum != 0 // Parquet.jl writes 0 in its place
		case (id == 5 || id == 7) && kind == thriftStruct: // data_page_header, dictionary_page_header
			h.readPage(r)
		case id == 8 && kind == thriftStruct: // data_page_header_v2
			h.readPageV2(r)
		default:
			r.skip(kind)
		}
	})
	return h
}

func (h *pageHeader) readPage(r *thriftReader) {
	r.fields(func(id int64, kind byte) {
		switch id {
		case 1: // num_values
			h.values = r.int()
		case 2: // encoding
			h.encoding = r.int()
		case 3: // definition_level_encoding, or is_sorted
			h.levels = -1
			if kind == thriftI32 {
				h.levels = r.int()
			}
		default:
			r.skip(kind)
		}
	})
}

func (h *pageHeader) readPageV2(r *thriftReader) {
	r.fields(func(id int64, kind byte) {
		switch id {
		case 1: // num_values
			h.values = r.int()
		case 4: // encoding
			h.encoding = r.int()
		case 5: // definition_levels_byte_length
			h.definitionLength = r.int()
		case 6: // repetition_levels_byte_length
			h.repetitionLength = r.int()
		case 7: // is_compressed
			h.isStored = kind == thriftFalse
		default:
			r.skip(kind)
		}
	})
}

// headerBytes is how much of a file is read at once for a page header. A header may hold
// the minimum and the maximum of the values, which are texts: those are passed over.
const headerBytes = 512

// columnReader reads the values of a column chunk, page by page.
type columnReader struct {
	rows   *Rows
	column *Column
	chunk  columnChunk
	offset int64 // of the next page
	read   int64 // values of the pages up to the latest

	stored, page []byte // reused
	dictionary   dictionary
	left         int64   // values of the page that are yet to come
	present      decoder // definition levels; nil: no value of the page is null
	values       decoder
}

// next returns the next value.
func (c *columnReader) next() (Value, error) {
	for c.left == 0 {
		if err := c.nextPage(); err != nil {
			return Value{}, err
		}
	}
	c.left--
	if c.present != nil {
		level, err := c.present.next()
		if err != nil || level.int > 1 {
			return Value{}, ErrDamaged
		}
		if level.int == 0 {
			return Value{Null: true}, nil
		}
	}
	return c.values.next()
}

// nextPage reads up to the end of the next page.
func (c *columnReader) nextPage() error {
	if c.read >= c.chunk.values {
		return ErrDamaged // fewer values than rows
	}
	header, err := c.readHeader()
	if err != nil {
		return err
	}
	switch {
	case header.plain < 0, header.stored < 0:
		return ErrDamaged
	case max(header.plain, header.stored) > MaxPageBytes:
		return unsupported("its column %q has a page of %d bytes, and at most %d are read: write it with smaller pages", c.column.Name, max(header.plain, header.stored), MaxPageBytes)
	case header.kind != dataPage && header.kind != dataPageV2 && header.kind != dictionaryPage:
		c.offset += header.stored // an index
		return nil
	case header.values < 0:
		return ErrDamaged
	}
	if err := c.readStored(header); err != nil {
		return err
	}
	if header.kind == dictionaryPage {
		return c.openDictionary(header)
	}
	if header.values > c.chunk.values-c.read {
		return ErrDamaged
	}
	c.read += header.values
	if header.kind == dataPageV2 {
		return c.openPageV2(header)
	}
	return c.openPage(header)
}

// readStored reads the bytes of the page at offset as they are in the file.
func (c *columnReader) readStored(header pageHeader) error {
	if c.stored = resize(c.stored, header.stored); c.offset+header.stored > c.rows.table.end {
		return ErrDamaged
	}
	if err := readAt(c.rows.table.in, c.stored, c.offset); err != nil {
		return err
	}
	c.offset += header.stored
	if header.hasChecksum && crc32.ChecksumIEEE(c.stored) != header.checksum {
		return ErrDamaged
	}
	return c.rows.spend(header.plain)
}

// readHeader reads the header of the page at offset.
func (c *columnReader) readHeader() (pageHeader, error) {
	var fault error
	at, end := uint64(c.offset), uint64(c.rows.table.end)
	r := &thriftReader{}
	r.more = func(skip uint64) []byte {
		if at > end || skip > end-at {
			fault = ErrDamaged
			return nil
		}
		at += skip
		part := make([]byte, min(headerBytes, end-at))
		if fault = readAt(c.rows.table.in, part, int64(at)); fault != nil {
			return nil
		}
		at += uint64(len(part))
		return part
	}
	header := readPageHeader(r)
	switch {
	case fault != nil:
		return pageHeader{}, fault
	case r.err != nil:
		return pageHeader{}, r.err
	}
	c.offset = int64(at) - int64(len(r.data))
	return header, nil
}

func resize(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// decompress undoes the compression of a page into c.page, behind its levels, which are
// not compressed in version 2.
func (c *columnReader) decompress(levels, stored []byte, size int64, isStored bool) error {
	if size < 0 {
		return ErrDamaged
	}
	c.page = resize(c.page, int64(len(levels))+size)
	copy(c.page, levels)
	// Old versions of Arrow say of compressed pages that they are not.
	if c.chunk.codec == codecUncompressed || isStored && int64(len(stored)) == size {
		if int64(len(stored)) != size {
			return ErrDamaged
		}
		copy(c.page[len(levels):], stored)
		return nil
	}
	if len(stored) == 0 && size == 0 { // a page of nulls
		return nil
	}
	if err := decompress(c.chunk.codec, c.page[len(levels):], stored); err != nil {
		return ErrDamaged
	}
	return nil
}

// openDictionary takes a dictionary page.
func (c *columnReader) openDictionary(header pageHeader) error {
	if header.encoding != encodingPlain && header.encoding != encodingPlainDictionary {
		return unsupported("its column %q has a dictionary in an encoding that is not read", c.column.Name)
	}
	if err := c.decompress(nil, c.stored, header.plain, false); err != nil {
		return err
	}
	var err error
	c.dictionary, err = newDictionary(c.column.physical, c.page, header.values)
	c.page = nil // the dictionary keeps it
	return err
}

// openPage takes a data page of version 1, whose levels are compressed with its values.
func (c *columnReader) openPage(header pageHeader) error {
	if err := c.decompress(nil, c.stored, header.plain, false); err != nil {
		return err
	}
	values := c.page
	c.present = nil
	if c.column.optional {
		if header.levels != encodingRLE {
			return unsupported("its column %q has levels in an encoding that is not read: write it again", c.column.Name)
		}
		if len(values) < 4 {
			return ErrDamaged
		}
		length := int64(binary.LittleEndian.Uint32(values))
		if values = values[4:]; length > int64(len(values)) {
			return ErrDamaged
		}
		c.present = &hybrid{data: values[:length], width: 1}
		values = values[length:]
	}
	return c.openValues(header, values)
}

// openPageV2 takes a data page of version 2.
func (c *columnReader) openPageV2(header pageHeader) error {
	repetition, definition := header.repetitionLength, header.definitionLength
	if size := int64(len(c.stored)); repetition < 0 || repetition > size || definition < 0 || definition > size-repetition {
		return ErrDamaged
	}
	levels, stored := c.stored[:repetition+definition], c.stored[repetition+definition:]
	if err := c.decompress(levels, stored, header.plain-int64(len(levels)), header.isStored); err != nil {
		return err
	}
	c.present = nil
	if c.column.optional {
		c.present = &hybrid{data: c.page[repetition : repetition+definition], width: 1}
	}
	return c.openValues(header, c.page[repetition+definition:])
}

// openValues takes the values of a page.
func (c *columnReader) openValues(header pageHeader, values []byte) (err error) {
	c.values, err = newDecoder(header.encoding, c.column, values, &c.dictionary)
	if err == nil {
		c.left = header.values
	}
	return err
}

// decoder decodes values one after the other.
type decoder interface {
	next() (Value, error)
}
