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
	by     map[positionKey]*bitmap
	latest archive.Source // of the latest look-up, as places come in runs
	bits   *bitmap
	n      int64
}

// positionKey stands for path and member.
type positionKey [16]byte

// maxPosition bounds what a line number read from a file makes a bitmap take.
const maxPosition = 1 << 36

// Len returns the number of places in the set.
func (p *Positions) Len() int64 { return p.n }

// Add puts a place into the set and reports whether it was not in it. A line
// beyond 2^36 is in no set.
func (p *Positions) Add(s archive.Source) bool {
	if s.Line < 0 || s.Line > maxPosition || p.Has(s) {
		return false
	}
	if p.bits == nil {
		p.bits = new(bitmap)
		if p.by == nil {
			p.by = make(map[positionKey]*bitmap)
		}
		p.by[keyOf(s)] = p.bits
	}
	p.bits.set(s.Line)
	p.n++
	return true
}

// Has reports whether a place is in the set.
func (p *Positions) Has(s archive.Source) bool {
	if s.Path != p.latest.Path || s.Member != p.latest.Member || p.bits == nil {
		p.latest, p.bits = s, p.by[keyOf(s)]
	}
	return p.bits != nil && p.bits.has(s.Line)
}

// keyOf hashes path and member, the path as it is cleaned, so that ./a and a are
// one file.
func keyOf(s archive.Source) positionKey {
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
