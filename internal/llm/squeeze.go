package llm

import (
	"sync"
	"time"
)

// squeeze remembers that an endpoint told of an overflow where the estimate said
// that a request fits: for an hour, texts are taken to need twice the tokens.
// Answers are found again under the fingerprint that follows from it.
type squeeze struct {
	mu    sync.Mutex
	until time.Time
}

// current returns what the room for a text is divided by, 1 or 2.
func (s *squeeze) current() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return 2
	}
	return 1
}

// tighten notes an overflow, and reports whether there is a smaller size to try.
func (s *squeeze) tighten() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return false
	}
	s.until = time.Now().Add(stepDownTime)
	return true
}
