package server

import (
	"errors"
	"math"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// loaded is an admission over a process whose load a test sets. What it counts
// grows with each look.
type loaded struct {
	*admission
	wait        int // of goroutines for a processor: the number of a bucket
	live        uint64
	collections int
}

func newLoaded() *loaded {
	l := &loaded{admission: newAdmission(100)}
	waits := &metrics.Float64Histogram{Counts: make([]uint64, 3), Buckets: []float64{0, 0.001, 0.2, math.Inf(1)}}
	l.load.read = func() runtimeSample {
		waits.Counts[l.wait] += 100
		return runtimeSample{waits: waits, live: l.live, limit: 1000}
	}
	l.collect = func() { l.collections++ }
	l.chance = func() float64 { return 0.5 }
	return l
}

// after lets so many measurements pass and reports who is let in then.
func (l *loaded) after(measurements int) (unary, item bool) {
	for range measurements {
		time.Sleep(sampleEvery)
		if l.enter(false) == nil {
			l.leave()
		}
	}
	unary, item = l.enter(false) == nil, l.enter(true) == nil
	for _, in := range []bool{unary, item} {
		if in {
			l.leave()
		}
	}
	return unary, item
}

func TestSheddingFollowsTheProcessors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoaded()
		check := func(when string, measurements int, wantUnary, wantItem bool) {
			t.Helper()
			if unary, item := l.after(measurements); unary != wantUnary || item != wantItem {
				t.Errorf("%s: unary %v, item %v, want %v, %v (level %v)", when, unary, item, wantUnary, wantItem, l.level)
			}
		}
		check("at rest", 10, true, true)
		l.wait = 1 // 200 ms
		check("a moment of load", 3, true, true)
		check("a second of load", 7, true, false)
		check("load that goes on", 20, false, false)
		l.wait = 0
		check("a second after it", 10, true, false)
		check("four seconds after it", 30, true, true)
		if l.level != 0 || l.inFlight.Load() != 0 {
			t.Errorf("level %v, %d in flight", l.level, l.inFlight.Load())
		}
	})
}

// Whatever the load, some calls are let in: a server that none enters would not
// learn that it is over.
func TestSheddingLeavesSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoaded()
		l.wait = 2
		l.chance = func() float64 { return 0.99 }
		if unary, item := l.after(100); !unary || item {
			t.Errorf("unary %v, item %v", unary, item)
		}
	})
}

func TestMemoryCeiling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoaded()
		for _, c := range []struct {
			live        uint64
			unary, item bool
		}{{600, true, true}, {750, true, false}, {900, false, false}, {500, true, true}} {
			l.live = c.live
			if unary, item := l.after(1); unary != c.unary || item != c.item {
				t.Errorf("%d of 1000 bytes: unary %v, item %v, want %v, %v", c.live, unary, item, c.unary, c.item)
			}
		}
		l.live, l.collections = 900, 0
		l.after(30) // three seconds
		if l.collections < 2 || l.collections > 3 {
			t.Errorf("%d collections in three seconds, want one a second", l.collections)
		}
	})
}

// A load of long ago says nothing about the present.
func TestLoadAfterIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoaded()
		l.after(1)
		l.wait = 1
		time.Sleep(time.Hour)
		if p, due := l.load.measure(); !due || p.processors != 0 {
			t.Errorf("pressure %v, due %v", p, due)
		}
		if _, due := l.load.measure(); due {
			t.Error("measured twice at once")
		}
		time.Sleep(sampleEvery)
		if p, due := l.load.measure(); !due || p.processors <= 1 {
			t.Errorf("pressure %v, due %v", p, due)
		}
	})
}

func TestRefusalsAreSpread(t *testing.T) {
	a := newAdmission(1)
	if err := a.enter(false); err != nil {
		t.Fatal(err)
	}
	pauses := map[time.Duration]bool{}
	for range 10 {
		e, ok := errors.AsType[*summarizer.Error](a.enter(false))
		if !ok || e.RetryAfter < defaultRetryAfter/2 || e.RetryAfter > 2*defaultRetryAfter {
			t.Fatalf("%+v", e)
		}
		pauses[e.RetryAfter] = true
	}
	if len(pauses) < 5 {
		t.Errorf("only %d different pauses", len(pauses))
	}
}

func TestReadRuntime(t *testing.T) {
	s := readRuntime()()
	if s.waits == nil || len(s.waits.Counts) == 0 || s.limit <= 0 {
		t.Errorf("%+v", s)
	}
}
