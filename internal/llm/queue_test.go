package llm

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// waiters is a summarizer.Callers that waits until a time.
type waiters struct{ until time.Time }

func (w waiters) Waiting() bool             { return true }
func (w waiters) Deadline() time.Time       { return w.until }
func (waiters) Changed() <-chan struct{}    { return nil }
func (waiters) Blocked(_ *summarizer.Error) {}

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
				ep.slots <- struct{}{} // the one place is taken
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

// moving is a summarizer.Callers whose deadline a test moves.
type moving struct {
	mu       sync.Mutex
	deadline time.Time
	changed  chan struct{}
	blocked  *summarizer.Error
}

func (m *moving) Waiting() bool { return true }

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

func (m *moving) Blocked(why *summarizer.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocked = why
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
				ep.slots <- struct{}{}
				began := time.Now()
				callers := &moving{deadline: began.Add(tt.before), changed: make(chan struct{})}
				r := &taskRun{engine: e, ctx: t.Context(), callsLeft: 1, task: &summarizer.Task{Callers: callers}, mayQueue: true}
				time.AfterFunc(100*time.Millisecond, func() {
					if callers.blocked == nil || callers.blocked.Reason != summarizer.ReasonLLMBusy {
						t.Errorf("the callers are told %v while the call waits", callers.blocked)
					}
					callers.move(began.Add(tt.then))
				})
				if failed := r.admit(ep, 0); failed == nil || failed.err.Reason != summarizer.ReasonLLMBusy {
					t.Fatalf("admitted to a full endpoint: %v", failed)
				}
				if waited := time.Since(began); waited.Round(time.Millisecond) != tt.want {
					t.Errorf("gave up after %v, want %v", waited, tt.want)
				}
				if callers.blocked != nil {
					t.Error("the callers are still told to wait")
				}
			})
		})
	}
}
