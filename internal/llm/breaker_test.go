package llm

import (
	"testing"
	"testing/synctest"
	"time"
)

// trip gives b as many bad calls as it takes to open.
func trip(t *testing.T, b *breaker) time.Duration {
	t.Helper()
	for i := range tripFailures {
		p, ok := b.allow()
		if !ok {
			t.Fatalf("open after %d bad calls, want %d", i, tripFailures)
		}
		if open := b.record(p, healthBad, 0); open > 0 {
			if i != tripFailures-1 {
				t.Fatalf("open after %d bad calls, want %d", i+1, tripFailures)
			}
			return open
		}
	}
	t.Fatal("the circuit stays closed")
	return 0
}

// TestBreakerExtends checks that every bad probe doubles the open period, up to
// its bound, and that a good one starts afresh.
func TestBreakerExtends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker()
		open := trip(t, b)
		for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
			want *= time.Second
			if open != want || b.openFor() != want {
				t.Fatalf("open for %v (%v left), want %v", open, b.openFor(), want)
			}
			time.Sleep(open - 1)
			if _, ok := b.allow(); ok {
				t.Fatal("a call is let through too early")
			}
			time.Sleep(time.Nanosecond)
			probe, ok := b.allow()
			if !ok {
				t.Fatal("no probe is let through")
			}
			if _, ok := b.allow(); ok {
				t.Fatal("two probes at once")
			}
			open = b.record(probe, healthBad, 0)
		}
		time.Sleep(open)
		probe, _ := b.allow()
		b.record(probe, healthGood, 0)
		if open := trip(t, b); open != minOpen {
			t.Errorf("open for %v after a good probe, want %v", open, minOpen)
		}
	})
}

func TestBreakerHeedsRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker()
		trip(t, b)
		time.Sleep(minOpen)
		for _, tt := range []struct{ pause, want time.Duration }{{45 * time.Second, 45 * time.Second}, {time.Hour, maxOpen}} {
			probe, _ := b.allow()
			if got := b.record(probe, healthBad, tt.pause); got != tt.want {
				t.Errorf("open for %v after Retry-After %v, want %v", got, tt.pause, tt.want)
			}
			time.Sleep(tt.want)
		}
	})
}

// TestBreakerProbeIsLeft checks that a probe which tells nothing makes room for
// the next.
func TestBreakerProbeIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker()
		trip(t, b)
		time.Sleep(minOpen)
		for range 3 {
			probe, ok := b.allow()
			if !ok {
				t.Fatal("no probe is let through")
			}
			b.record(probe, healthUnknown, 0)
		}
		probe, _ := b.allow()
		if open := b.record(probe, healthBad, 0); open != 2*minOpen {
			t.Errorf("open for %v, want %v", open, 2*minOpen)
		}
	})
}

// TestBreakerIgnoresThePast checks that calls from before a change of state have
// no say after it.
func TestBreakerIgnoresThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker()
		early, _ := b.allow()
		late, _ := b.allow()
		trip(t, b)
		if b.record(early, healthGood, 0); b.openFor() != minOpen {
			t.Error("a call from before closes the circuit")
		}
		time.Sleep(minOpen)
		probe, _ := b.allow()
		if open := b.record(late, healthBad, 0); open != 0 {
			t.Error("a call from before spoils the probe")
		}
		b.record(probe, healthGood, 0)
		if _, ok := b.allow(); !ok {
			t.Error("the good probe does not close the circuit")
		}
	})
}

func TestBreakerCountsTheLatest(t *testing.T) {
	b := newBreaker()
	for i := range 1000 { // two of three calls fail
		p, ok := b.allow()
		if !ok {
			t.Fatalf("open after %d calls", i)
		}
		told := healthBad
		if i%3 == 0 {
			told = healthGood
		}
		b.record(p, told, 0)
		if q, ok := b.allow(); ok {
			b.record(q, healthUnknown, 0) // does not count
		}
	}
}

// TestBreakerDenials checks that an endpoint which denies articles without saying why is
// left alone if it has not worked before, or not for long.
func TestBreakerDenials(t *testing.T) {
	deny := func(b *breaker) (denials int) {
		for {
			p, ok := b.allow()
			if !ok || denials > 10*maxDenials {
				return denials
			}
			b.record(p, healthDenied, 0)
			denials++
		}
	}
	if n := deny(newBreaker()); n != tripFailures {
		t.Errorf("an endpoint that has never worked is left alone after %d denials, want %d", n, tripFailures)
	}
	b := newBreaker()
	for range 3 {
		p, _ := b.allow()
		b.record(p, healthGood, 0)
		for range maxDenials {
			p, ok := b.allow()
			if !ok {
				t.Fatal("articles that are denied close the endpoint to others")
			}
			b.record(p, healthDenied, 0)
		}
	}
	if n := deny(b); n < tripFailures || n > tripCalls {
		t.Errorf("an endpoint that has stopped working is left alone after %d more denials, want about %d", n, tripFailures)
	}
}
