package limits

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// TestRateHolds lets callers come as fast as they can and counts what every
// stretch of a minute sees.
func TestRateHolds(t *testing.T) {
	for _, limit := range []int{1, 2, 9, 10, 11, 60, 1000} {
		synctest.Test(t, func(t *testing.T) {
			r := NewRate(limit)
			var at []time.Time
			for range 3*limit + 3 {
				wait, ok := r.Reserve(1, time.Hour)
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
		r := NewRate(66) // one a second, six at once
		for range 6 {
			if wait, ok := r.Reserve(1, 0); wait != 0 || !ok {
				t.Fatal("the burst is not let through")
			}
		}
		if wait, ok := r.Reserve(1, time.Second-1); ok || wait != time.Second {
			t.Errorf("wait %v, reserved %t: want to be turned away for 1s", wait, ok)
		}
		if wait, ok := r.Reserve(1, time.Second); !ok || wait != time.Second {
			t.Errorf("wait %v, reserved %t: want 1s", wait, ok)
		}
		r.Settle(-1)
		if wait, _ := r.Reserve(1, time.Minute); wait != time.Second {
			t.Errorf("wait %v: what was given back is lost", wait)
		}
		time.Sleep(time.Minute)
		// More than a burst is let through, and paid for by those behind.
		if wait, ok := r.Reserve(30, 0); wait != 0 || !ok {
			t.Errorf("wait %v, reserved %t", wait, ok)
		}
		if wait, _ := r.Reserve(1, time.Hour); wait != 25*time.Second {
			t.Errorf("wait %v, want 25s", wait)
		}
	})
}

func TestNoRate(t *testing.T) {
	r := NewRate(0)
	if wait, ok := r.Reserve(1_000_000, 0); wait != 0 || !ok {
		t.Error("there is a limit")
	}
	r.Settle(1)
}

func TestRetryBudget(t *testing.T) {
	b := NewRetryBudget()
	spent := func() (n int) {
		for b.Spend() {
			n++
		}
		return n
	}
	if got := spent(); got != retrySaving {
		t.Errorf("%d retries at first, want %d", got, retrySaving)
	}
	for range 26 {
		b.Earn()
	}
	if got := spent(); got != 5 {
		t.Errorf("%d retries for 26 calls, want 5", got)
	}
	for range 1000 {
		b.Earn()
	}
	if got := spent(); got != retrySaving {
		t.Errorf("%d retries are saved up, want %d", got, retrySaving)
	}
}

func TestBackoff(t *testing.T) {
	for attempts, bound := range map[int]time.Duration{1: minBackoff, 2: 2 * minBackoff, 5: MaxBackoff, 100: MaxBackoff} {
		for range 100 {
			if got := Backoff(attempts); got < 0 || got >= bound {
				t.Errorf("pause %v after %d attempts, want less than %v", got, attempts, bound)
			}
		}
	}
}

// What is usual follows an endpoint that becomes slower or faster.
func TestLatencyEstimateFollows(t *testing.T) {
	var p CallLatency
	for _, took := range []time.Duration{30 * time.Second, 50 * time.Millisecond, 2 * time.Second} {
		for range 100 {
			p.Add(took)
		}
		if got := p.Usual(); got < took || got > took+took/2 {
			t.Errorf("%v is usual after a hundred answers in %v", got, took)
		}
	}
}

// Of answers whose times spread, at least nine in ten come within the usual time.
func TestLatencyEstimateCoversMostAnswers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var p CallLatency
	draw := func() time.Duration {
		return time.Second + time.Duration(random.NormFloat64()*float64(200*time.Millisecond))
	}
	within, all := 0, 2000
	for range 50 {
		p.Add(draw())
	}
	for range all {
		took := draw()
		if took <= p.Usual() {
			within++
		}
		p.Add(took)
	}
	if within < all*9/10 {
		t.Errorf("%d of %d answers came within the usual time", within, all)
	}
}

// An endpoint that has become too slow for every caller is seen by the calls it leaves
// unanswered; calls with little time say nothing.
func TestLatencyEstimateOfUnansweredCalls(t *testing.T) {
	var p CallLatency
	for range 100 {
		p.Add(time.Second)
	}
	before := p.Usual()
	for range 100 {
		p.AddUnanswered(200 * time.Millisecond)
	}
	if got := p.Usual(); got != before {
		t.Errorf("%v is usual after calls that were given up early, %v before", got, before)
	}
	for range 100 {
		p.AddUnanswered(5 * time.Second)
	}
	if got := p.Usual(); got < 4*time.Second {
		t.Errorf("%v is usual although no answer came within 5 s", got)
	}
}

// What nobody can have used neither stops an endpoint for ever nor overflows.
func TestRateIsBounded(t *testing.T) {
	for _, limit := range []int{1, 60, 1_000_000, math.MaxInt} {
		for _, permits := range []int{1_000_000_000, math.MaxInt, math.MinInt} {
			synctest.Test(t, func(t *testing.T) {
				r := NewRate(limit)
				r.Settle(permits)
				wait, ok := r.Reserve(1, 48*time.Hour)
				if !ok || wait < 0 || wait > maxPrice {
					t.Errorf("limit %d, %d permits too many: wait %v, reserved %t", limit, permits, wait, ok)
				}
				if wait, ok = NewRate(limit).Reserve(max(permits, 0), time.Hour); !ok || wait != 0 {
					t.Errorf("limit %d: a first demand for %d permits: wait %v, reserved %t", limit, permits, wait, ok)
				}
			})
		}
	}
}
