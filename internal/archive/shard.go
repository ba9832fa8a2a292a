package archive

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Shard is one of several parts that the places in archives are dealt out to. The
// zero value is everything.
type Shard struct{ index, of uint64 } // index from 0

// ParseShard reads "i/n", the i-th of n parts, with i from 1; "" is everything.
func ParseShard(s string) (Shard, error) {
	if s == "" {
		return Shard{}, nil
	}
	first, second, _ := strings.Cut(s, "/")
	index, err1 := strconv.ParseUint(first, 10, 31)
	of, err2 := strconv.ParseUint(second, 10, 31)
	if err1 != nil || err2 != nil || index < 1 || index > of {
		return Shard{}, errors.New("it must be I/N with I from 1 to N, such as 1/8")
	}
	return Shard{index - 1, of}, nil
}

// hasStory reports whether an article falls to the shard: all versions of a story do or do
// not.
func (s Shard) hasStory(a *Entry) bool {
	if a.Story != "" {
		return s.has(Location{Member: a.Story})
	}
	return s.has(a.Location)
}

// has reports whether a place falls to the shard. It depends on the place alone,
// so that every job deals out alike.
func (s Shard) has(place Location) bool {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%d", place.Path, place.Member, place.Line)
	// The low bits of FNV alone are too even for lines that follow each other.
	return (h.Sum64()>>32^h.Sum64())%s.of == s.index
}

// only leaves out what does not fall to the shard.
func (s Shard) only(yield func(*Entry, error) bool) func(*Entry, error) bool {
	if s.of <= 1 {
		return yield
	}
	return func(a *Entry, err error) bool {
		var unread *ReadError
		switch {
		case a != nil && !s.hasStory(a), errors.As(err, &unread) && !s.has(unread.Location):
			return true
		}
		return yield(a, err)
	}
}
