package llm

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// TestRateHolds lets callers come as fast as they can and counts what every
// stretch of a minute sees.
func TestRateHolds(t *testing.T) {
	for _, limit := range []int{1, 2, 9, 10, 11, 60, 1000} {
		synctest.Test(t, func(t *testing.T) {
			r := newRate(limit)
			var at []time.Time
			for range 3*limit + 3 {
				wait, ok := r.reserve(1, time.Hour)
				if !ok {
					t.Fatal("not reserved")
				}
				at = append(at, time.Now().Add(wait))
			}
			for i := range at {
				if i >= limit && at[i].Sub(at[i-limit]) < time.Minute {
					t.Fatalf("limit %d: %d calls within %v", limit, limit+1, at[i].Sub(at[i-limit]))
				}
			}
			if took := at[len(at)-1].Sub(at[0]); took > 6*time.Minute {
				t.Errorf("limit %d: %d calls took %v", limit, len(at), took)
			}
			if burst := max(limit/11, 1); !at[burst-1].Equal(at[0]) {
				t.Errorf("limit %d: %d calls are not let through at once", limit, burst)
			}
		})
	}
}

func TestRateQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRate(66) // one a second, six at once
		for range 6 {
			if wait, ok := r.reserve(1, 0); wait != 0 || !ok {
				t.Fatal("the burst is not let through")
			}
		}
		if wait, ok := r.reserve(1, time.Second-1); ok || wait != time.Second {
			t.Errorf("wait %v, reserved %t: want to be turned away for 1s", wait, ok)
		}
		if wait, ok := r.reserve(1, time.Second); !ok || wait != time.Second {
			t.Errorf("wait %v, reserved %t: want 1s", wait, ok)
		}
		r.settle(-1)
		if wait, _ := r.reserve(1, time.Minute); wait != time.Second {
			t.Errorf("wait %v: what was given back is lost", wait)
		}
		time.Sleep(time.Minute)
		// More than a burst is let through, and paid for by those behind.
		if wait, ok := r.reserve(30, 0); wait != 0 || !ok {
			t.Errorf("wait %v, reserved %t", wait, ok)
		}
		if wait, _ := r.reserve(1, time.Hour); wait != 25*time.Second {
			t.Errorf("wait %v, want 25s", wait)
		}
	})
}

func TestNoRate(t *testing.T) {
	r := newRate(0)
	if wait, ok := r.reserve(1_000_000, 0); wait != 0 || !ok {
		t.Error("there is a limit")
	}
	r.settle(1)
}

func TestRetryBudget(t *testing.T) {
	b := newRetryBudget()
	spent := func() (n int) {
		for b.spend() {
			n++
		}
		return n
	}
	if got := spent(); got != retrySaving {
		t.Errorf("%d retries at first, want %d", got, retrySaving)
	}
	for range 26 {
		b.earn()
	}
	if got := spent(); got != 5 {
		t.Errorf("%d retries for 26 calls, want 5", got)
	}
	for range 1000 {
		b.earn()
	}
	if got := spent(); got != retrySaving {
		t.Errorf("%d retries are saved up, want %d", got, retrySaving)
	}
}

func TestBackoff(t *testing.T) {
	for attempts, bound := range map[int]time.Duration{1: minBackoff, 2: 2 * minBackoff, 5: maxBackoff, 100: maxBackoff} {
		for range 100 {
			if got := backoff(attempts); got < 0 || got >= bound {
				t.Errorf("pause %v after %d attempts, want less than %v", got, attempts, bound)
			}
		}
	}
}

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
						ep.latency.add(tt.took)
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

// What is usual follows an endpoint that becomes slower or faster.
func TestLatencyEstimateFollows(t *testing.T) {
	var p callLatency
	for _, took := range []time.Duration{30 * time.Second, 50 * time.Millisecond, 2 * time.Second} {
		for range 100 {
			p.add(took)
		}
		if got := p.usual(); got < took || got > took+took/2 {
			t.Errorf("%v is usual after a hundred answers in %v", got, took)
		}
	}
}
