package cache

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"go.etcd.io/bbolt"
)

// verify checks the file as tx sees it: that the list of free pages makes sense
// and, where whole says so, that all pages hold together. Bbolt believes most of
// the bytes that it reads: one wrong bit in the length of a page has it take all memory of
// the machine to free a billion pages, and a page that leads to itself has it run
// for ever. A file that verify passes can be used without such surprises; the content of
// records has checksums of its own.
//
// Bbolt's own Check is no help: it faults or does not end on such files. Without any
// check, 11 of 12 runs of TestDamagedPages ended without memory or with a writer that was
// busy for more than 5 s (bbolt 1.5.0, 2026-11-29). BenchmarkVerify measures its cost.
//
// Nobody may be writing the file.
func verify(tx *bbolt.Tx, file *os.File, whole bool) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if tx.Size() > info.Size() {
		return fmt.Errorf("%w: %d of %d bytes are left", errLayout, info.Size(), tx.Size())
	}
	v := verifier{file: file, pageSize: uint64(tx.DB().Info().PageSize)}
	v.used = make([]bool, uint64(tx.Size())/v.pageSize)
	if err := v.freelist(tx.ID()); err != nil || !whole {
		return err
	}
	return v.tree(uint64(tx.Cursor().Bucket().Root()), 0)
}

// The form of pages, which are arrays of elements of one size between a header
// and what the elements point to. Numbers are as the machine has them.
const (
	metaPages         = 2
	pageHeaderBytes   = 16
	elementHeadBytes  = 16
	bucketHeaderBytes = 16

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	plainElement  = 0
	bucketElement = 1
)

// Where the headers of the file, which bbolt does check, hold what is needed here.
const (
	metaFreelist    = 48
	metaTransaction = 64
	metaBytes       = 80
)

// manyFree is the number of elements in the header of a list of free pages that
// is too long for the header to count.
const manyFree = 0xffff

// verifier walks the tree of pages.
type verifier struct {
	file     io.ReaderAt
	pageSize uint64
	used     []bool   // by page, whether it was met or is free
	buffers  [][]byte // by depth, for the page that is looked at
	last     []byte   // the key met last in this bucket
}

// freelist verifies the list of free pages as of a transaction.
func (v *verifier) freelist(transaction int) error {
	var id uint64
	for page := range uint64(metaPages) {
		var meta [metaBytes]byte
		if _, err := v.file.ReadAt(meta[:], int64(page*v.pageSize)); err != nil {
			return err
		}
		if binary.NativeEndian.Uint64(meta[metaTransaction:]) == uint64(transaction) {
			id = binary.NativeEndian.Uint64(meta[metaFreelist:])
		}
		v.used[page] = true
	}
	page, err := v.read(id, 0)
	if err != nil {
		return err
	}
	count := uint64(binary.NativeEndian.Uint16(page[10:]))
	list := page[pageHeaderBytes:]
	if count == manyFree {
		count = binary.NativeEndian.Uint64(list)
		list = list[8:]
	}
	if binary.NativeEndian.Uint16(page[8:]) != freelistPage || count > uint64(len(list)/8) {
		return damaged(id)
	}
	before := uint64(0)
	for i := range count {
		free := binary.NativeEndian.Uint64(list[8*i:])
		if free <= before || free >= uint64(len(v.used)) || v.used[free] {
			return damaged(id)
		}
		v.used[free] = true
		before = free
	}
	return nil
}

// tree verifies a page and those below it.
func (v *verifier) tree(id uint64, depth int) error {
	page, err := v.read(id, depth)
	if err != nil {
		return err
	}
	return v.page(id, page, depth)
}

// read returns a page with its overflow and marks both as used.
func (v *verifier) read(id uint64, depth int) ([]byte, error) {
	var header [pageHeaderBytes]byte
	if id >= uint64(len(v.used)) {
		return nil, fmt.Errorf("%w: page %d lies behind the end", errLayout, id)
	}
	if _, err := v.file.ReadAt(header[:], int64(id*v.pageSize)); err != nil {
		return nil, err
	}
	pages := 1 + uint64(binary.NativeEndian.Uint32(header[12:]))
	if binary.NativeEndian.Uint64(header[:]) != id || pages > uint64(len(v.used))-id {
		return nil, fmt.Errorf("%w: page %d has a wrong header", errLayout, id)
	}
	for i := range v.used[id : id+pages] {
		if v.used[id+uint64(i)] {
			return nil, fmt.Errorf("%w: page %d is used twice", errLayout, id+uint64(i))
		}
		v.used[id+uint64(i)] = true
	}
	if depth == len(v.buffers) {
		v.buffers = append(v.buffers, nil)
	}
	size := int(pages * v.pageSize)
	v.buffers[depth] = slices.Grow(v.buffers[depth][:0], size)[:size]
	_, err := v.file.ReadAt(v.buffers[depth], int64(id*v.pageSize))
	return v.buffers[depth], err
}

// page verifies the elements of a page. The id names the page which holds
// it, for messages: a small bucket lies within a page of another.
func (v *verifier) page(id uint64, page []byte, depth int) error {
	if len(page) < pageHeaderBytes {
		return damaged(id)
	}
	kind, count := binary.NativeEndian.Uint16(page[8:]), int(binary.NativeEndian.Uint16(page[10:]))
	if pageHeaderBytes+count*elementHeadBytes > len(page) || kind != leafPage && (kind != branchPage || count == 0) {
		return damaged(id)
	}
	room := len(page) // what the elements may point to in all
	for i := range count {
		e, ok := elementAt(page[pageHeaderBytes+i*elementHeadBytes:], kind)
		room -= len(e.key) + len(e.value)
		if !ok || room < 0 {
			return damaged(id)
		}
		var err error
		if kind == branchPage {
			err = v.tree(e.child, depth+1)
		} else {
			err = v.leaf(id, e, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leaf verifies that the keys of leaf pages are in order, and a bucket that one holds.
func (v *verifier) leaf(id uint64, e pageElement, depth int) error {
	if len(e.key) == 0 || bytes.Compare(e.key, v.last) <= 0 {
		return damaged(id)
	}
	v.last = append(v.last[:0], e.key...)
	if e.isBucket {
		return v.bucket(id, e.value, depth)
	}
	return nil
}

func damaged(id uint64) error { return fmt.Errorf("%w: page %d is damaged", errLayout, id) }

// bucket verifies a bucket, which is a tree or a page of its own.
func (v *verifier) bucket(id uint64, value []byte, depth int) error {
	if len(value) < bucketHeaderBytes {
		return damaged(id)
	}
	outer := v.last
	v.last = nil
	defer func() { v.last = outer }()
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return v.tree(root, depth+1)
	}
	return v.page(id, value[bucketHeaderBytes:], depth)
}

// pageElement is one of the elements of a page.
type pageElement struct {
	key, value []byte
	isBucket   bool
	child      uint64 // of a branch page
}

// elementAt returns the element whose head is at the beginning of data, of a page of a kind.
func elementAt(data []byte, kind uint16) (e pageElement, ok bool) {
	first, second := binary.NativeEndian.Uint32(data), binary.NativeEndian.Uint32(data[4:])
	if kind == branchPage {
		e.child = binary.NativeEndian.Uint64(data[8:])
		e.key, _, ok = keyAndValue(data, first, second, 0)
		return e, ok
	}
	e.isBucket = first == bucketElement
	e.key, e.value, ok = keyAndValue(data, second, binary.NativeEndian.Uint32(data[8:]), binary.NativeEndian.Uint32(data[12:]))
	return e, ok && (first == plainElement || first == bucketElement)
}

// keyAndValue returns the key and the value that lie at an offset, and false when they
// do not lie in data.
func keyAndValue(data []byte, offset, keySize, valueSize uint32) (key, value []byte, ok bool) {
	begin, middle := uint64(offset), uint64(offset)+uint64(keySize)
	end := middle + uint64(valueSize)
	if end > uint64(len(data)) {
		return nil, nil, false
	}
	return data[begin:middle], data[middle:end], true
}
