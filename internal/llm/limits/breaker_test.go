package limits

import (
	"testing"
	"testing/synctest"
	"time"
)

// trip gives b as many bad calls as it takes to open.
func trip(t *testing.T, b *Breaker) time.Duration {
	t.Helper()
	for i := range tripFailures {
		p, ok := b.Allow()
		if !ok {
			t.Fatalf("open after %d bad calls, want %d", i, tripFailures)
		}
		if open := b.Record(p, Bad, 0); open > 0 {
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
		b := NewBreaker()
		open := trip(t, b)
		for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
			want *= time.Second
			if open != want || b.OpenFor() != want {
				t.Fatalf("open for %v (%v left), want %v", open, b.OpenFor(), want)
			}
			time.Sleep(open - 1)
			if _, ok := b.Allow(); ok {
				t.Fatal("a call is let through too early")
			}
			time.Sleep(time.Nanosecond)
			probe, ok := b.Allow()
			if !ok {
				t.Fatal("no probe is let through")
			}
			if _, ok := b.Allow(); ok {
				t.Fatal("two probes at once")
			}
			open = b.Record(probe, Bad, 0)
		}
		time.Sleep(open)
		probe, _ := b.Allow()
		b.Record(probe, Good, 0)
		if open := trip(t, b); open != minOpen {
			t.Errorf("open for %v after a good probe, want %v", open, minOpen)
		}
	})
}

func TestBreakerHeedsRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker()
		trip(t, b)
		time.Sleep(minOpen)
		for _, tt := range []struct{ pause, want time.Duration }{{45 * time.Second, 45 * time.Second}, {time.Hour, maxOpen}} {
			probe, _ := b.Allow()
			if got := b.Record(probe, Bad, tt.pause); got != tt.want {
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
		b := NewBreaker()
		trip(t, b)
		time.Sleep(minOpen)
		for range 3 {
			probe, ok := b.Allow()
			if !ok {
				t.Fatal("no probe is let through")
			}
			b.Record(probe, Unknown, 0)
		}
		probe, _ := b.Allow()
		if open := b.Record(probe, Bad, 0); open != 2*minOpen {
			t.Errorf("open for %v, want %v", open, 2*minOpen)
		}
	})
}

// A call with too little time is no probe until one with time enough has had its chance.
func TestBreakerHurriedProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker()
		if _, ok := b.AllowHurried(); !ok {
			t.Fatal("a closed circuit lets no hurried call through")
		}
		open := trip(t, b)
		time.Sleep(open)
		if _, ok := b.AllowHurried(); ok {
			t.Fatal("a hurried call is the probe")
		}
		probe, ok := b.Allow()
		if !ok {
			t.Fatal("the hurried call took the place of the probe")
		}
		open = b.Record(probe, Bad, 0)
		time.Sleep(2*open - 1)
		if _, ok := b.AllowHurried(); ok {
			t.Fatal("a hurried call is the probe too early")
		}
		time.Sleep(time.Nanosecond)
		if probe, ok = b.AllowHurried(); !ok {
			t.Fatal("nobody may probe")
		}
		b.Record(probe, Good, 0)
		if _, ok := b.AllowHurried(); !ok {
			t.Error("the good probe does not close the circuit")
		}
	})
}

// TestBreakerIgnoresThePast checks that calls from before a change of state have
// no say after it.
func TestBreakerIgnoresThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker()
		first, _ := b.Allow()
		late, _ := b.Allow()
		trip(t, b)
		if b.Record(first, Good, 0); b.OpenFor() != minOpen {
			t.Error("a call from before closes the circuit")
		}
		time.Sleep(minOpen)
		probe, _ := b.Allow()
		if open := b.Record(late, Bad, 0); open != 0 {
			t.Error("a call from before spoils the probe")
		}
		b.Record(probe, Good, 0)
		if _, ok := b.Allow(); !ok {
			t.Error("the good probe does not close the circuit")
		}
	})
}

func TestBreakerCountsTheLatest(t *testing.T) {
	b := NewBreaker()
	for i := range 1000 { // two of three calls fail
		p, ok := b.Allow()
		if !ok {
			t.Fatalf("open after %d calls", i)
		}
		told := Bad
		if i%3 == 0 {
			told = Good
		}
		b.Record(p, told, 0)
		if q, ok := b.Allow(); ok {
			b.Record(q, Unknown, 0) // does not count
		}
	}
}

// TestBreakerDenials checks that an endpoint which denies articles without saying why is
// left alone if it has not worked before, or not for long.
func TestBreakerDenials(t *testing.T) {
	deny := func(b *Breaker) (denials int) {
		for {
			p, ok := b.Allow()
			if !ok || denials > 10*maxDenials {
				return denials
			}
			b.Record(p, Denied, 0)
			denials++
		}
	}
	if n := deny(NewBreaker()); n != tripFailures {
		t.Errorf("an endpoint that has never worked is left alone after %d denials, want %d", n, tripFailures)
	}
	b := NewBreaker()
	for range 3 {
		p, _ := b.Allow()
		b.Record(p, Good, 0)
		for range maxDenials {
			p, ok := b.Allow()
			if !ok {
				t.Fatal("articles that are denied close the endpoint to others")
			}
			b.Record(p, Denied, 0)
		}
	}
	if n := deny(b); n < tripFailures || n > tripCalls {
		t.Errorf("an endpoint that has stopped working is left alone after %d more denials, want about %d", n, tripFailures)
	}
}
