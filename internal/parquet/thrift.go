package parquet

import (
	"encoding/binary"
	"errors"
)

// ErrDamaged says that a file, or a part of it, is not what the format asks for.
var ErrDamaged = errors.New("it is damaged")

// The types of fields in the compact protocol of Thrift that files use.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI8     = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxThriftNesting bounds structs and lists inside each other; the metadata of files
// needs ten levels.
const maxThriftNesting = 64

// maxThriftNumber is the maximum length of a number.
const maxThriftNumber = binary.MaxVarintLen64

// thriftReader reads the compact protocol. After a fault it returns zeros, and err says
// so; nothing is allocated.
type thriftReader struct {
	data  []byte // not read yet
	depth int
	err   error

	// more returns what follows data, behind so many bytes that are passed over; empty
	// at the end. Nil: nothing follows.
	more func(skip uint64) []byte
}

// ensure makes n bytes available, or as many as there are.
func (r *thriftReader) ensure(n uint64) {
	for r.more != nil && uint64(len(r.data)) < n && r.err == nil {
		more := r.more(0)
		if len(more) == 0 {
			return
		}
		r.data = append(r.data[:len(r.data):len(r.data)], more...)
	}
}

func (r *thriftReader) fail() {
	r.data, r.err, r.more = nil, ErrDamaged, nil
}

// next returns the next n bytes.
func (r *thriftReader) next(n uint64) []byte {
	if n <= maxThriftNumber {
		r.ensure(n)
	}
	if n > uint64(len(r.data)) {
		r.fail()
		return nil
	}
	part := r.data[:n]
	r.data = r.data[n:]
	return part
}

func (r *thriftReader) byte() byte {
	if b := r.next(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *thriftReader) uvarint() uint64 {
	r.ensure(maxThriftNumber)
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[n:]
	return v
}

// int reads an integer of any size.
func (r *thriftReader) int() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *thriftReader) bytes() []byte { return r.next(r.uvarint()) }

// fields calls field for each field of a struct, which has to read or skip it.
func (r *thriftReader) fields(field func(id int64, kind byte)) {
	defer r.nest()()
	for id := int64(0); r.err == nil; {
		head := r.byte()
		if head == 0 {
			return
		}
		if delta := head >> 4; delta > 0 {
			id += int64(delta)
		} else {
			id = r.int()
		}
		field(id, head&0xf)
	}
}

// list calls element for each element of a list, which has to read or skip it.
func (r *thriftReader) list(element func(i int, kind byte)) {
	defer r.nest()()
	head := r.byte()
	n, kind := uint64(head>>4), head&0xf
	if n == 0xf {
		n = r.uvarint()
	}
	for i := 0; uint64(i) < n && r.err == nil; i++ {
		element(i, kind)
	}
}

func (r *thriftReader) nest() (leave func()) {
	if r.depth++; r.depth > maxThriftNesting {
		r.fail()
	}
	return func() { r.depth-- }
}

// skip passes over a field, skipElement over an element of a list: the two differ in
// where a boolean has its value.
func (r *thriftReader) skip(kind byte) {
	if kind != thriftTrue && kind != thriftFalse {
		r.skipElement(kind)
	}
}

func (r *thriftReader) skipElement(kind byte) {
	switch kind {
	case thriftTrue, thriftFalse, thriftI8:
		r.next(1)
	case thriftI16, thriftI32, thriftI64:
		r.uvarint()
	case thriftDouble:
		r.next(8)
	case thriftBinary:
		r.skipBytes(r.uvarint())
	case thriftList, thriftSet:
		r.list(func(_ int, kind byte) { r.skipElement(kind) })
	case thriftMap:
		r.skipMap()
	case thriftStruct:
		r.fields(func(_ int64, kind byte) { r.skip(kind) })
	default:
		r.fail()
	}
}

func (r *thriftReader) skipBytes(n uint64) {
	if beyond := n - uint64(len(r.data)); n > uint64(len(r.data)) && r.more != nil {
		r.data = r.more(beyond)
		return
	}
	r.next(n)
}

func (r *thriftReader) skipMap() {
	defer r.nest()()
	n := r.uvarint()
	if n == 0 {
		return
	}
	kinds := r.byte()
	for i := uint64(0); i < n && r.err == nil; i++ {
		r.skipElement(kinds >> 4)
		r.skipElement(kinds & 0xf)
	}
}

// expect reports whether a field is of a type; one that is not is a fault.
func (r *thriftReader) expect(kind, want byte) bool {
	if kind != want {
		r.fail()
	}
	return kind == want
}
