package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// byteLimit bounds the bytes of requests that are in memory: from the moment at which
// the length of a message is known, thus before it is read, until its answer is made.
// It is safe for concurrent use. A nil byteLimit bounds nothing.
type byteLimit struct {
	limit int64

	mu    sync.Mutex
	used  int64
	freed chan struct{} // closed at the next release; nil while nobody waits
}

func newByteLimit(limit int) *byteLimit { return &byteLimit{limit: int64(limit)} }

// take counts n more bytes, if they fit into a share of the limit. A message that is
// larger than the share fits while there is no other.
func (l *byteLimit) take(n int64, share float64) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used > 0 && l.used+n > int64(share*float64(l.limit)) {
		return false
	}
	l.used += n
	return true
}

func (l *byteLimit) release(n int64) {
	if l == nil || n == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used -= n
	if l.freed != nil {
		close(l.freed)
		l.freed = nil
	}
}

func (l *byteLimit) inUse() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return float64(l.used)
}

// nextRelease returns a channel that is closed at the next release.
func (l *byteLimit) nextRelease() <-chan struct{} {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.freed == nil {
		l.freed = make(chan struct{})
	}
	return l.freed
}

// held are the bytes that a message holds of the limits of its connection and of the
// process. The zero value holds none of no limit. It is safe for concurrent use.
type held struct {
	connection, process *byteLimit

	mu     sync.Mutex
	bytes  int64
	closed bool
}

// take holds n more bytes, or says which limit they are beyond.
func (h *held) take(n int64, share float64) error {
	if !h.connection.take(n, 1) {
		return &summarizer.Error{
			Reason:     summarizer.ReasonQuotaExceeded,
			Message:    fmt.Sprintf("the requests in flight on this connection would have more than %d bytes: wait for answers before sending more", h.connection.limit),
			RetryAfter: bytesRetryAfter,
		}
	}
	if !h.process.take(n, share) {
		h.connection.release(n)
		return errTooManyBytes
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		h.free(n)
		return context.Canceled
	}
	h.bytes += n
	return nil
}

// await takes n more bytes as soon as they fit, or fails when ctx or stop ends.
func (h *held) await(ctx context.Context, n int64, share float64, stop <-chan struct{}) error {
	for {
		if h.take(n, share) == nil {
			return nil
		}
		// Asked for before the second attempt, so that no release is missed.
		connection, process := h.connection.nextRelease(), h.process.nextRelease()
		if h.take(n, share) == nil {
			return nil
		}
		select {
		case <-connection:
		case <-process:
		case <-stop:
			return errDraining
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// release gives everything back.
func (h *held) release() { h.handOver()() }

// handOver leaves what is held to its caller, who has to call release.
func (h *held) handOver() (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.bytes
	h.bytes = 0
	return func() { h.free(n) }
}

// close gives everything back, and whatever is taken from then on.
func (h *held) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.free(h.bytes)
	h.bytes = 0
}

func (h *held) free(n int64) {
	h.connection.release(n)
	h.process.release(n)
}

// bytesRetryAfter is the pause that is advised where bytes are beyond a limit: about
// as long as an answer takes.
const bytesRetryAfter = time.Second

var errTooManyBytes = &summarizer.Error{
	Reason:     summarizer.ReasonOverloaded,
	Message:    "the server holds as many requests in memory as it may: retry later, or send to another server",
	RetryAfter: bytesRetryAfter,
}
