package archive

import (
	"fmt"
	"slices"
	"sync"
)

// Skips counts what Files passes over, and names the inputs without an article, which are
// often the trace of a failed export. The zero value counts and names nothing. Its methods
// may be called by several goroutines.
type Skips struct {
	AllowEmpty bool                 // inputs without an article are not worth a word
	Say        func(string, ...any) // prints a line for people; nil: none
	mu         sync.Mutex
	by         map[Skip]int64
}

// maxEmptyNamed bounds how many inputs without an article are named.
const maxEmptyNamed = 10

// Add is a function for Options.Skipped.
func (s *Skips) Add(where Location, what Skip) {
	s.mu.Lock()
	if s.by == nil {
		s.by = make(map[Skip]int64)
	}
	s.by[what]++
	empty := s.empty()
	s.mu.Unlock()
	switch {
	case what != SkipEmptyFile && what != SkipNoArticle, s.AllowEmpty, s.Say == nil, empty > maxEmptyNamed+1:
	case empty == maxEmptyNamed+1:
		s.Say("and more")
	case what == SkipEmptyFile:
		s.Say("%v is empty", where)
	default:
		s.Say("%v holds no article", where)
	}
}

// empty returns the number of inputs without an article.
func (s *Skips) empty() int64 { return s.by[SkipEmptyFile] + s.by[SkipNoArticle] }

// Refused returns the number of inputs without an article that are not allowed.
func (s *Skips) Refused() int64 {
	if s.AllowEmpty {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.empty()
}

// Lines returns one line for each kind, in the order of their names.
func (s *Skips) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for what, n := range s.by {
		lines = append(lines, fmt.Sprintf("%s: %d", what, n))
	}
	slices.Sort(lines)
	return lines
}
