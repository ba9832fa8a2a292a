package batch

import (
	"crypto/sha256"
	"path/filepath"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// Positions is a set of places in archives: a bitmap over the lines of each
// file or member. A million lines take 125 KB, and a file that is one article
// about 100 bytes, whatever its name. It is not safe for concurrent use.
type Positions struct {
	bitmaps map[positionKey]*bitmap
	last    archive.Location // of the latest look-up, as places come in runs
	current *bitmap
	size    int64
}

// positionKey stands for path and member.
type positionKey [16]byte

// maxPosition bounds what a line number read from a file makes a bitmap take.
const maxPosition = 1 << 36

// Len returns the number of places in the set.
func (p *Positions) Len() int64 { return p.size }

// Add puts a place into the set and reports whether it was not in it. A line
// beyond 2^36 is in no set.
func (p *Positions) Add(s archive.Location) bool {
	if s.Line < 0 || s.Line > maxPosition || p.Has(s) {
		return false
	}
	if p.current == nil {
		p.current = new(bitmap)
		if p.bitmaps == nil {
			p.bitmaps = make(map[positionKey]*bitmap)
		}
		p.bitmaps[positionKeyOf(s)] = p.current
	}
	p.current.set(s.Line)
	p.size++
	return true
}

// Has reports whether a place is in the set.
func (p *Positions) Has(s archive.Location) bool {
	if s.Path != p.last.Path || s.Member != p.last.Member || p.current == nil {
		p.last, p.current = s, p.bitmaps[positionKeyOf(s)]
	}
	return p.current != nil && p.current.has(s.Line)
}

// positionKeyOf hashes path and member, the path as it is cleaned, so that ./a and a are
// one file.
func positionKeyOf(s archive.Location) positionKey {
	path := s.Path
	if path != archive.Stdin {
		path = filepath.Clean(path)
	}
	sum := sha256.Sum256([]byte(path + "\x00" + s.Member))
	return positionKey(sum[:16])
}

// bitmap is a set of numbers from 0.
type bitmap []uint64

func (b *bitmap) set(n int64) {
	for int64(len(*b)) <= n/64 {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b *bitmap) has(n int64) bool {
	return n >= 0 && n/64 < int64(len(*b)) && (*b)[n/64]&(1<<(n%64)) != 0
}
