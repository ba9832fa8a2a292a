package parquet

import (
	"encoding/binary"
)

// The encodings, as files number them.
const (
	encodingPlain           = 0
	encodingPlainDictionary = 2
	encodingRLE             = 3
	encodingDelta           = 5
	encodingDeltaLength     = 6
	encodingDeltaBytes      = 7
	encodingRLEDictionary   = 8
)

// newDecoder returns a decoder of the values of a page. None of them holds more than
// one value.
func newDecoder(encoding int64, column *Column, page []byte, d *dictionary) (decoder, error) {
	isText, isInteger := column.physical == typeByteArray, column.physical == typeInt32 || column.physical == typeInt64
	switch {
	case encoding == encodingPlain:
		return &plain{data: page, physical: column.physical}, nil
	case encoding == encodingPlainDictionary, encoding == encodingRLEDictionary:
		if len(page) == 0 {
			return &indices{}, nil // a page of nulls
		}
		if page[0] > 32 {
			return nil, ErrDamaged
		}
		return &indices{hybrid: hybrid{data: page[1:], width: int(page[0])}, dictionary: d}, nil
	case encoding == encodingDelta && isInteger:
		d, err := newDelta(page)
		if err != nil {
			return nil, err
		}
		d.isNarrow = column.physical == typeInt32
		return d, nil
	case encoding == encodingDeltaLength && isText:
		lengths, rest, err := splitDelta(page)
		return &deltaLength{lengths: lengths, data: rest}, err
	case encoding == encodingDeltaBytes && isText:
		prefixes, rest, err := splitDelta(page)
		if err != nil {
			return nil, err
		}
		suffixes, rest, err := splitDelta(rest)
		return &deltaBytes{prefixes: prefixes, suffixes: suffixes, data: rest}, err
	}
	return nil, unsupported("its column %q is in an encoding that is not read (number %d): write it again", column.Name, encoding)
}

// plain decodes PLAIN: values one after the other.
type plain struct {
	data     []byte
	physical int64
}

func (p *plain) next() (Value, error) {
	switch p.physical {
	case typeInt32:
		if len(p.data) >= 4 {
			v := int64(int32(binary.LittleEndian.Uint32(p.data)))
			p.data = p.data[4:]
			return Value{int: v}, nil
		}
	case typeInt64:
		if len(p.data) >= 8 {
			v := int64(binary.LittleEndian.Uint64(p.data))
			p.data = p.data[8:]
			return Value{int: v}, nil
		}
	case typeInt96:
		if len(p.data) >= 12 {
			v := p.data[:12:12]
			p.data = p.data[12:]
			return Value{bytes: v}, nil
		}
	case typeByteArray:
		if len(p.data) >= 4 {
			length := int64(binary.LittleEndian.Uint32(p.data))
			if rest := p.data[4:]; length <= int64(len(rest)) {
				p.data = rest[length:]
				return Value{bytes: rest[:length:length]}, nil
			}
		}
	}
	return Value{}, ErrDamaged
}

// dictionary holds the values that a column chunk has more than once, as PLAIN.
type dictionary struct {
	data     []byte
	physical int64
	offsets  []uint32
}

// newDictionary finds n values in a page.
func newDictionary(physical int64, page []byte, n int64) (dictionary, error) {
	d := dictionary{data: page, physical: physical}
	for values := (plain{page, physical}); int64(len(d.offsets)) < n; {
		d.offsets = append(d.offsets, uint32(len(page)-len(values.data)))
		if _, err := values.next(); err != nil {
			return dictionary{}, err
		}
	}
	return d, nil
}

// indices decodes RLE_DICTIONARY: numbers of values in a dictionary.
type indices struct {
	hybrid
	dictionary *dictionary
}

func (x *indices) next() (Value, error) {
	index, err := x.hybrid.next()
	if err != nil || x.dictionary == nil || index.int >= int64(len(x.dictionary.offsets)) {
		return Value{}, ErrDamaged
	}
	return (&plain{x.dictionary.data[x.dictionary.offsets[index.int]:], x.dictionary.physical}).next()
}

// hybrid decodes RLE: runs of one number, and numbers of some bits one after the other.
// However long a run says that it is, it costs nothing.
type hybrid struct {
	data  []byte
	width int // bits of a number, at most 32

	run    uint64 // how often value is yet to come
	value  int64
	packed []byte // numbers of the latest group
	at     uint64 // bits of packed that have been read
}

func (h *hybrid) next() (Value, error) {
	if h.width == 0 {
		return Value{}, nil // there is one number only
	}
	for {
		if h.run > 0 {
			h.run--
			return Value{int: h.value}, nil
		}
		if h.at+uint64(h.width) <= 8*uint64(len(h.packed)) {
			v := unpack(h.packed, h.at, h.width)
			h.at += uint64(h.width)
			return Value{int: int64(v)}, nil
		}
		header, n := binary.Uvarint(h.data)
		if n <= 0 {
			return Value{}, ErrDamaged
		}
		h.data = h.data[n:]
		length := uint64(h.width+7) / 8
		if header&1 == 1 {
			// Eight numbers to a group. Some writers leave out the end of the last.
			length = min(header>>1, uint64(len(h.data))) * uint64(h.width)
			length = min(length, uint64(len(h.data)))
			h.packed, h.at = h.data[:length], 0
		} else {
			if length > uint64(len(h.data)) {
				return Value{}, ErrDamaged
			}
			h.run, h.value = header>>1, int64(unpack(h.data[:length], 0, h.width))
		}
		h.data = h.data[length:]
	}
}

// unpack returns the number of some bits that begins at a bit. Bits beyond the end are
// zeros.
func unpack(data []byte, at uint64, width int) (v uint64) {
	begin, shift := at/8, int(at%8)
	got := 0
	for i := begin; got < width && i < uint64(len(data)); i++ {
		v |= uint64(data[i]) >> shift << got
		got += 8 - shift
		shift = 0
	}
	if width < 64 {
		v &= 1<<width - 1
	}
	return v
}

// delta decodes DELTA_BINARY_PACKED: differences in blocks.
type delta struct {
	data     []byte
	perBlock uint64 // miniblocks of a block
	perMini  uint64 // numbers of a miniblock
	total    uint64 // numbers that are yet to come

	isNarrow bool // numbers of 32 bits, not 64
	value    int64
	isBegun  bool
	minDelta int64
	widths   []byte // of the miniblocks of the block that are yet to come
	mini     []byte
	width    int
	at, left uint64 // bits of mini that have been read, and numbers that are yet to come
}

// maxDeltaBlock bounds the numbers of a block; writers use 128.
const maxDeltaBlock = 1 << 16

func newDelta(page []byte) (*delta, error) {
	r := &thriftReader{data: page} // has the same variable-length numbers
	block, miniblocks, total, first := r.uvarint(), r.uvarint(), r.uvarint(), r.int()
	if r.err != nil || block == 0 || block > maxDeltaBlock || miniblocks == 0 || miniblocks > block || block/miniblocks%8 != 0 {
		return nil, ErrDamaged
	}
	return &delta{data: r.data, perBlock: miniblocks, perMini: block / miniblocks, total: total, value: first}, nil
}

func (d *delta) next() (Value, error) {
	if d.total == 0 {
		return Value{}, ErrDamaged
	}
	d.total--
	if !d.isBegun {
		d.isBegun = true
		return Value{int: d.value}, nil
	}
	if d.left == 0 && !d.nextMini() {
		return Value{}, ErrDamaged
	}
	d.left--
	if d.value += d.minDelta + int64(unpack(d.mini, d.at, d.width)); d.isNarrow {
		d.value = int64(int32(d.value)) // differences have 32 bits
	}
	d.at += uint64(d.width)
	return Value{int: d.value}, nil
}

// nextMini goes on to the next miniblock.
func (d *delta) nextMini() bool {
	r := &thriftReader{data: d.data}
	if len(d.widths) == 0 {
		d.minDelta, d.widths = r.int(), r.next(d.perBlock)
		if r.err != nil {
			return false
		}
	}
	d.width, d.widths = int(d.widths[0]), d.widths[1:]
	d.mini, d.at, d.left = r.next(uint64(d.width)*d.perMini/8), 0, d.perMini
	d.data = r.data
	return r.err == nil && d.width <= 64
}

// splitDelta returns a decoder of the numbers at the beginning of a page, and what
// stands behind them.
func splitDelta(page []byte) (*delta, []byte, error) {
	d, err := newDelta(page)
	if err != nil {
		return nil, nil, err
	}
	d.isNarrow = true // lengths
	end := *d
	for n := uint64(1); n < d.total; n += d.perMini {
		if !end.nextMini() {
			return nil, nil, ErrDamaged
		}
	}
	return d, end.data, nil
}

// deltaLength decodes DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
type deltaLength struct {
	lengths *delta
	data    []byte
}

func (d *deltaLength) next() (Value, error) {
	length, err := d.lengths.next()
	if err != nil || length.int < 0 || length.int > int64(len(d.data)) {
		return Value{}, ErrDamaged
	}
	v := d.data[:length.int:length.int]
	d.data = d.data[length.int:]
	return Value{bytes: v}, nil
}

// deltaBytes decodes DELTA_BYTE_ARRAY: of each value, how much of the one before it
// begins with, and the rest.
type deltaBytes struct {
	prefixes, suffixes *delta
	data               []byte
	value              []byte // at most as long as the page
}

func (d *deltaBytes) next() (Value, error) {
	prefix, err1 := d.prefixes.next()
	suffix, err2 := d.suffixes.next()
	if err1 != nil || err2 != nil || prefix.int < 0 || prefix.int > int64(len(d.value)) || suffix.int < 0 || suffix.int > int64(len(d.data)) {
		return Value{}, ErrDamaged
	}
	d.value = append(d.value[:prefix.int], d.data[:suffix.int]...)
	d.data = d.data[suffix.int:]
	return Value{bytes: d.value}, nil
}
