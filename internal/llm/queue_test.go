package llm

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// waiters is a summarizer.Callers that waits until a time.
type waiters struct{ until time.Time }

func (w waiters) Waiting() bool       { return true }
func (w waiters) Deadline() time.Time { return w.until }

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
