package llmtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// waitLimit is how long the waiting helpers of tests wait before they fail.
const waitLimit = 10 * time.Second

// Fake is a fake of the API. Its methods may be called at any time.
type Fake struct {
	http     *httptest.Server
	released chan struct{} // closed by Release and Close
	release  sync.Once

	mu       sync.Mutex
	queue    []Response
	standard Response
	requests []*Call
	running  int
	peak     int
	ended    int // requests whose handler returned
	gone     int // requests whose client left before the reply was complete
	changed  chan struct{}
}

// New starts a server that is closed when the test ends.
func New(tb testing.TB) *Fake {
	s := Start()
	tb.Cleanup(s.Close)
	return s
}

// Start starts a server. The caller closes it.
func Start() *Fake {
	s := NewHandler()
	s.http = httptest.NewServer(s)
	return s
}

// NewTLS starts a server with a certificate that no client trusts.
func NewTLS(tb testing.TB) *Fake {
	s := NewHandler()
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ErrorLog = discardLog
	s.http.StartTLS()
	tb.Cleanup(s.Close)
	return s
}

// NewHandler returns a server that listens nowhere: an http.Handler for a
// listener of the caller's. URL must not be called on it.
func NewHandler() *Fake {
	return &Fake{
		released: make(chan struct{}),
		standard: Obey(),
		changed:  make(chan struct{}),
	}
}

// URL is the base URL to configure, such as "http://127.0.0.1:34567/v1".
func (s *Fake) URL() string { return s.http.URL + "/v1" }

// Close ends all replies that hang and stops the server. It is safe to call
// more than once: "the endpoint is gone" is a case to test.
func (s *Fake) Close() {
	s.Release()
	if s.http != nil {
		s.http.Close()
	}
}

// Release ends all replies that hang, at present and in future, with what
// follows them.
func (s *Fake) Release() { s.release.Do(func() { close(s.released) }) }

// Enqueue sets the replies to the next requests, one each, after the replies that are
// queued already.
func (s *Fake) Enqueue(replies ...Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, replies...)
}

// Default sets the reply to requests for which none is queued.
func (s *Fake) Default(reply Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standard = reply
}

// Count returns the number of requests so far.
func (s *Fake) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// Requests returns the requests so far, in order of arrival.
func (s *Fake) Requests() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Running returns the number of requests in work.
func (s *Fake) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// MaxConcurrent returns the maximum number of requests that were in work at
// once.
func (s *Fake) MaxConcurrent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// Forget drops the recorded requests and counts, so that long benchmarks keep
// no memory.
func (s *Fake) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.peak, s.ended, s.gone = nil, s.running, 0, 0
}

// AwaitArrivals waits until n requests have arrived, and fails the test when
// that takes more than ten seconds.
func (s *Fake) AwaitArrivals(tb testing.TB, n int) {
	tb.Helper()
	s.await(tb, "arrivals", n, func() int { return len(s.requests) })
}

// AwaitGone waits until the clients of n requests have left before their reply
// was complete.
func (s *Fake) AwaitGone(tb testing.TB, n int) {
	tb.Helper()
	s.await(tb, "clients that left", n, func() int { return s.gone })
}

// AwaitEnded waits until n requests are no longer in work, however they ended.
func (s *Fake) AwaitEnded(tb testing.TB, n int) {
	tb.Helper()
	s.await(tb, "ended requests", n, func() int { return s.ended })
}

// AwaitIdle waits until no request is in work.
func (s *Fake) AwaitIdle(tb testing.TB) {
	tb.Helper()
	s.await(tb, "idle server", 1, func() int { return 1 - min(s.running, 1) })
}

func (s *Fake) await(tb testing.TB, what string, n int, count func() int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	for {
		s.mu.Lock()
		got, changed := count(), s.changed
		s.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			tb.Fatalf("llmtest: %d %s after %v, want %d", got, what, waitLimit, n)
		}
	}
}

// notify wakes the waiting tests. The caller holds s.mu.
func (s *Fake) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// ServeHTTP implements http.Handler.
func (s *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The whole body must be read: only then does the server notice that the
	// client leaves.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	request := &Call{Path: r.URL.Path, Header: r.Header.Clone(), Body: body, ctx: r.Context(), server: s}
	reply := s.begin(request)
	defer s.end(request)
	if r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" {
		reply = Status(http.StatusNotFound, fmt.Sprintf(`{"error":{"message":"no such path","type":"invalid_request_error","code":%q}}`, "not_found"))
	}
	reply(w, request)
}

// begin records a request and returns the reply to it.
func (s *Fake) begin(request *Call) Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	request.Number = len(s.requests) + 1
	s.requests = append(s.requests, request)
	s.running++
	s.peak = max(s.peak, s.running)
	s.notify()
	if len(s.queue) == 0 {
		return s.standard
	}
	reply := s.queue[0]
	s.queue = s.queue[1:]
	return reply
}

// end also runs when a reply panics to abort the connection.
func (s *Fake) end(request *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.ended++
	if request.ctx.Err() != nil {
		s.gone++
	}
	s.notify()
}
