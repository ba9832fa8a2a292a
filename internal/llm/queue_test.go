package llm

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// waiters is a summarizer.Callers that waits until a time.
type waiters struct{ until time.Time }

func (w waiters) Waiting() bool             { return true }
func (w waiters) Deadline() time.Time       { return w.until }
func (waiters) Changed() <-chan struct{}    { return nil }
func (waiters) Blocked(error)               {}
func (waiters) Customers() []turns.Customer { return []turns.Customer{{}} }

// A call that has to wait for a place gives up while its usual answer would still
// come in time, and at once when it would not.
func TestQueueLeavesTimeForTheAnswer(t *testing.T) {
	for _, tt := range []struct {
		name       string
		took       time.Duration // by each of the answers so far; 0: none
		left, want time.Duration // of the callers; of the wait
	}{
		{"nothing is known", 0, time.Second, time.Second - 100*time.Millisecond},
		{"enough time", 200 * time.Millisecond, time.Second, 800 * time.Millisecond},
		{"no time", 200 * time.Millisecond, 150 * time.Millisecond, 0},
		{"faster than the least time of a call", time.Millisecond, time.Second, time.Second - 100*time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, err := New(Options{Endpoints: []Endpoint{{BaseURL: "http://127.0.0.1/v1", Model: "m", MaxConcurrency: 1}}})
				if err != nil {
					t.Fatal(err)
				}
				ep := e.endpoints[0]
				for range 100 {
					if tt.took > 0 {
						ep.latency.Add(tt.took)
					}
				}
				ep.slots.TryAcquire() // the one place is taken
				began := time.Now()
				task := &summarizer.Task{Callers: waiters{began.Add(tt.left)}}
				r := &taskRun{engine: e, ctx: context.Background(), callsLeft: 1, task: task, mayQueue: true}
				failed := r.admit(ep, 0)
				if failed == nil || failed.err.Reason != summarizer.ReasonLLMBusy {
					t.Fatalf("admitted to a full endpoint: %v", failed)
				}
				if waited := time.Since(began); waited.Round(time.Millisecond) != tt.want {
					t.Errorf("gave up after %v, want %v", waited, tt.want)
				}
			})
		})
	}
}

// A place that comes when too little time is left for the usual answer goes to the next call.
func TestPlaceThatComesTooLateIsPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(Options{Endpoints: []Endpoint{{BaseURL: "http://127.0.0.1/v1", Model: "m", MaxConcurrency: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		ep := e.endpoints[0]
		ep.slots.TryAcquire() // the one place is taken
		task := &summarizer.Task{Callers: waiters{time.Now().Add(time.Second)}}
		r := &taskRun{engine: e, ctx: context.Background(), callsLeft: 1, task: task, mayQueue: true}
		admitted := make(chan *callFailure)
		go func() { admitted <- r.admit(ep, 0) }()
		time.Sleep(500 * time.Millisecond)
		for range 100 {
			ep.latency.Add(600 * time.Millisecond) // the endpoint has become slower
		}
		ep.slots.Release()
		if failed := <-admitted; failed == nil || failed.err.Reason != summarizer.ReasonLLMBusy {
			t.Errorf("a call was made with 500 ms left to an endpoint that takes 600: %v", failed)
		}
		if taken := ep.slots.Taken(); taken != 0 {
			t.Errorf("%d places are taken", taken)
		}
	})
}

// moving is a summarizer.Callers whose deadline a test moves.
type moving struct {
	mu       sync.Mutex
	deadline time.Time
	changed  chan struct{}
	blocked  error
}

func (m *moving) Waiting() bool { return true }

func (m *moving) Customers() []turns.Customer { return []turns.Customer{{}} }

func (m *moving) Deadline() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.deadline
}

func (m *moving) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *moving) Blocked(why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocked = why
}

func (m *moving) why() *summarizer.Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var e *summarizer.Error
	errors.As(m.blocked, &e)
	return e
}

func (m *moving) move(deadline time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deadline = deadline
	close(m.changed)
	m.changed = make(chan struct{})
}

// The wait for a place follows the callers who join and leave meanwhile, and they know
// for what they wait.
func TestQueueFollowsItsCallers(t *testing.T) {
	for _, tt := range []struct {
		name         string
		before, then time.Duration // of the callers
		want         time.Duration
	}{
		{"a patient one joins", 450 * time.Millisecond, 10 * time.Second, 9900 * time.Millisecond},
		{"the patient one leaves", 10 * time.Second, 450 * time.Millisecond, 350 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, err := New(Options{Endpoints: []Endpoint{{BaseURL: "http://127.0.0.1/v1", Model: "m", MaxConcurrency: 1}}})
				if err != nil {
					t.Fatal(err)
				}
				ep := e.endpoints[0]
				ep.slots.TryAcquire()
				began := time.Now()
				callers := &moving{deadline: began.Add(tt.before), changed: make(chan struct{})}
				r := &taskRun{engine: e, ctx: t.Context(), callsLeft: 1, task: &summarizer.Task{Callers: callers}, mayQueue: true}
				time.AfterFunc(100*time.Millisecond, func() {
					if why := callers.why(); why == nil || why.Reason != summarizer.ReasonLLMBusy {
						t.Errorf("the callers are told %v while the call waits", why)
					}
					callers.move(began.Add(tt.then))
				})
				if failed := r.admit(ep, 0); failed == nil || failed.err.Reason != summarizer.ReasonLLMBusy {
					t.Fatalf("admitted to a full endpoint: %v", failed)
				}
				if waited := time.Since(began); waited.Round(time.Millisecond) != tt.want {
					t.Errorf("gave up after %v, want %v", waited, tt.want)
				}
				if callers.why() != nil {
					t.Error("the callers are still told to wait")
				}
			})
		})
	}
}

// standing is a summarizer.Callers of one customer who waits for ever.
type standing struct{ customer turns.Customer }

func (standing) Waiting() bool                 { return true }
func (standing) Deadline() time.Time           { return time.Now().Add(time.Hour) }
func (s standing) Customers() []turns.Customer { return []turns.Customer{s.customer} }
func (standing) Changed() <-chan struct{}      { return nil }
func (standing) Blocked(why error)             {}

// One client has a thousand articles in flight at a model of ten slots; another has a call
// a second, and so has the first one besides its archive. At most one call in twenty of
// theirs takes more than three times its time at an idle service. The same holds where the
// rate is short in place of the slots.
func TestClientsWaitInTurn(t *testing.T) {
	for _, tt := range []struct {
		name     string
		takes    time.Duration // each call
		idle     time.Duration // a call at an idle service
		endpoint Endpoint
	}{
		{"slots", time.Second, time.Second, Endpoint{MaxConcurrency: 10}},
		{"requests a minute", time.Second, time.Second, Endpoint{MaxConcurrency: 10, RequestsPerMinute: 600}},
		{"requests a minute with slots for all", time.Second, time.Second, Endpoint{MaxConcurrency: 2000, RequestsPerMinute: 600}},
		{"tokens a minute", time.Second, time.Second, Endpoint{MaxConcurrency: 10, TokensPerMinute: 600_000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.endpoint.BaseURL, tt.endpoint.Model = "http://127.0.0.1/v1", "m"
				e, err := New(Options{Endpoints: []Endpoint{tt.endpoint}})
				if err != nil {
					t.Fatal(err)
				}
				ep := e.endpoints[0]
				call := func(customer turns.Customer) time.Duration {
					began := time.Now()
					r := &taskRun{engine: e, ctx: t.Context(), callsLeft: 1, mayQueue: true, task: &summarizer.Task{Callers: standing{customer}}}
					if failed := r.admit(ep, 1000); failed != nil {
						t.Errorf("%+v was turned away: %v", customer, failed.err)
						return 0
					}
					time.Sleep(tt.takes)
					ep.slots.Release()
					return time.Since(began)
				}
				var all sync.WaitGroup
				var done atomic.Bool
				for range 1000 {
					all.Go(func() {
						for !done.Load() {
							call(turns.Customer{Client: "archive", Bulk: true})
						}
					})
				}
				synctest.Wait()
				var mu sync.Mutex
				took := make(map[turns.Customer][]time.Duration)
				for range 60 {
					for _, customer := range []turns.Customer{{Client: "reader"}, {Client: "archive"}} {
						all.Go(func() {
							d := call(customer)
							mu.Lock()
							defer mu.Unlock()
							took[customer] = append(took[customer], d)
						})
					}
					time.Sleep(time.Second)
				}
				done.Store(true)
				all.Wait()
				for customer, times := range took {
					slices.Sort(times)
					if p95 := times[len(times)*95/100]; p95 > 3*tt.idle {
						t.Errorf("%+v: 95 of 100 calls take up to %v, and %v at an idle service", customer, p95, tt.idle)
					}
				}
			})
		})
	}
}

// TestProbeHasTimeEnough checks that the probe of an endpoint is a call that may last as
// long as its answers do.
func TestProbeHasTimeEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(Options{Endpoints: []Endpoint{{BaseURL: "http://127.0.0.1/v1", Model: "m"}}})
		if err != nil {
			t.Fatal(err)
		}
		ep := e.endpoints[0]
		ep.latency.Add(8 * time.Second)
		permit := func(left time.Duration) bool {
			r := &taskRun{engine: e, ctx: context.Background(), task: &summarizer.Task{Callers: waiters{time.Now().Add(left)}}}
			_, ok := r.permit(ep)
			return ok
		}
		for ep.breaker.OpenFor() == 0 {
			p, _ := ep.breaker.Allow()
			ep.breaker.Record(p, limits.Bad, 0)
		}
		time.Sleep(ep.breaker.OpenFor())
		if permit(500 * time.Millisecond) {
			t.Error("half a second is enough for an answer of eight")
		}
		if !permit(9 * time.Second) {
			t.Error("nine seconds are not enough for an answer of eight")
		}
	})
}
