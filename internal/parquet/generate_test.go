package parquet

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
)

// The generator writes files as no writer would: every number that a reader has to
// believe, or not, is the test's.

// thriftWriter writes the compact protocol.
type thriftWriter struct{ out []byte }

func (w *thriftWriter) uvarint(v uint64) { w.out = binary.AppendUvarint(w.out, v) }

func (w *thriftWriter) zigzag(v int64) { w.uvarint(uint64(v)<<1 ^ uint64(v>>63)) }

// header begins a field, with its number in full.
func (w *thriftWriter) header(id int64, kind byte) {
	w.out = append(w.out, kind)
	w.zigzag(id)
}

func (w *thriftWriter) int(id, v int64) {
	w.header(id, thriftI64)
	w.zigzag(v)
}

func (w *thriftWriter) int32(id, v int64) {
	w.header(id, thriftI32)
	w.zigzag(v)
}

func (w *thriftWriter) text(id int64, v string) {
	w.header(id, thriftBinary)
	w.uvarint(uint64(len(v)))
	w.out = append(w.out, v...)
}

func (w *thriftWriter) structure(id int64, fields func()) {
	w.header(id, thriftStruct)
	fields()
	w.out = append(w.out, 0)
}

// list writes a list of structs.
func (w *thriftWriter) list(id int64, n int, element func(i int)) {
	w.header(id, thriftList)
	w.out = append(w.out, 0xf0|thriftStruct)
	w.uvarint(uint64(n))
	for i := range n {
		element(i)
	}
}

// madePage is a page of a file that is made up. Numbers that are not set are right.
type madePage struct {
	kind, encoding int64
	values         int64
	body           []byte // as it is stored
	plain          int64  // length without compression; 0: the length of body
	stored         int64  // 0: the length of body
	definition     int64  // version 2: bytes of levels
	repetition     int64
	checksum       bool
	noChecksum     bool // zero in its place
}

func (p madePage) bytes() []byte {
	var w thriftWriter
	w.int32(1, p.kind)
	w.int32(2, max(p.plain, int64(len(p.body))*(1-min(p.plain, 1))))
	w.int32(3, max(p.stored, int64(len(p.body))*(1-min(p.stored, 1))))
	if p.checksum {
		w.int32(4, int64(int32(crc32.ChecksumIEEE(p.body))))
	}
	if p.noChecksum {
		w.int32(4, 0)
	}
	switch p.kind {
	case dataPageV2:
		w.structure(8, func() {
			w.int32(1, p.values)
			w.int32(2, 0)
			w.int32(3, p.values)
			w.int32(4, p.encoding)
			w.int32(5, p.definition)
			w.int32(6, p.repetition)
		})
	case dictionaryPage:
		w.structure(7, func() {
			w.int32(1, p.values)
			w.int32(2, p.encoding)
		})
	case dataPage:
		w.structure(5, func() {
			w.int32(1, p.values)
			w.int32(2, p.encoding)
			w.int32(3, encodingRLE)
			w.int32(4, encodingRLE)
		})
	}
	return append(append(w.out, 0), p.body...)
}

// madeFile is a file of one column, "text".
type madeFile struct {
	physical int64 // default typeByteArray
	optional bool
	codec    int64
	rows     int64 // of each row group
	values   int64 // of the column chunk; 0: as many as rows
	pages    []madePage
	start    int64 // where the first page is said to stand; 0: where it does
	groups   int   // row groups, all of the same pages; default 1
	sealed   bool  // the column is encrypted
	empty    bool  // a group without columns stands in front
	claimed  int64 // rows of the file; 0: as many as the row groups have
	edit     func(footer *thriftWriter)
}

func (f madeFile) bytes() []byte {
	if f.physical == 0 {
		f.physical = typeByteArray
	}
	out := []byte(magic)
	for _, p := range f.pages {
		out = append(out, p.bytes()...)
	}
	var w thriftWriter
	w.int32(1, 2)
	nodes := []string{"root", "text"}
	if f.empty {
		nodes = []string{"root", "nothing", "text"}
	}
	w.list(2, len(nodes), func(i int) {
		w.text(4, nodes[i])
		switch nodes[i] {
		case "root":
			w.int32(5, int64(len(nodes)-1))
		case "nothing":
			w.int32(5, 0)
		default:
			w.int32(1, f.physical)
			w.int32(3, map[bool]int64{true: 1}[f.optional])
		}
		w.out = append(w.out, 0)
	})
	w.int(3, max(f.claimed, f.rows*int64(max(f.groups, 1))))
	w.list(4, max(f.groups, 1), func(int) {
		w.list(1, 1, func(int) {
			w.int(2, 4)
			w.structure(3, func() {
				w.int32(1, f.physical)
				w.int32(4, f.codec)
				w.int(5, max(f.values, f.rows*(1-min(f.values, 1))))
				w.int(9, cmp.Or(f.start, int64(len(magic))))
			})
			if f.sealed {
				w.structure(8, func() {}) // crypto_metadata
			}
			w.out = append(w.out, 0)
		})
		w.int(3, f.rows)
		w.out = append(w.out, 0)
	})
	if f.edit != nil {
		f.edit(&w)
	}
	w.out = append(w.out, 0)
	out = append(out, w.out...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(w.out)))
	return append(out, magic...)
}

// plainTexts returns texts as PLAIN.
func plainTexts(texts ...string) []byte {
	var out []byte
	for _, text := range texts {
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(text))), text...)
	}
	return out
}

// levelRun returns definition levels of version 1: a run of one level.
func levelRun(n uint64, level byte) []byte {
	run := append(binary.AppendUvarint(nil, n<<1), level)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(run))), run...)
}

const billion = 1_000_000_000

// deltaOf returns a billion times the same number as DELTA_BINARY_PACKED.
func deltaOf(v int64) []byte {
	const block = 1 << 16
	var w thriftWriter
	w.uvarint(block)
	w.uvarint(1)
	w.uvarint(billion)
	w.zigzag(v)
	for left := billion - 1; left > 0; left -= block {
		w.out = append(w.out, 0, 0) // the least difference, and the width of the others
	}
	return w.out
}
