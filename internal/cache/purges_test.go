package cache

import (
	"sync"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

// What was begun before a purge is not stored after it, in any tier.
func TestPurgeWinsOverEarlierCalls(t *testing.T) {
	s := startNATS(t)
	for name, options := range map[string]func(t *testing.T) Options{
		"memory": func(*testing.T) Options { return Options{} },
		"disk":   func(t *testing.T) Options { return Options{Dir: t.TempDir()} },
		"shared": func(t *testing.T) Options {
			return Options{Shared: &SharedOptions{JetStream: connectNATS(t, s), MaxBytes: 1 << 20}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, options(t))
			purged, other := cachetest.Key(10), cachetest.Key(20)
			store := func(key int, article summarizer.Key, began time.Time) {
				c.Store(cachetest.Key(key), article, cachetest.Summary("m", now()), began)
			}
			began := time.Now()
			if _, err := c.Purge(purged); err != nil {
				t.Fatal(err)
			}
			store(1, purged, began)
			store(2, other, began)
			store(3, purged, time.Now())
			check := func(when string, want ...string) {
				t.Helper()
				for i, want := range want {
					got := len(c.Lookup(t.Context(), cachetest.Key(i+1), nil)) > 0
					if got != (want == "kept") {
						t.Errorf("%s: key %d is kept: %t, want it %s", when, i+1, got, want)
					}
				}
			}
			check("after a purge", "lost", "kept", "kept")
			if c.shared != nil {
				written(t, c)
			}
			if c.disk != nil || c.shared != nil {
				forgetful(c)
				check("behind the memory", "lost", "kept", "kept")
			}
			began = time.Now()
			if _, err := c.PurgeAll(); err != nil {
				t.Fatal(err)
			}
			store(2, other, began)
			check("after a purge of all", "lost", "lost", "lost")
			if !c.PurgedSince(other, began) || c.PurgedSince(other, time.Now()) {
				t.Error("PurgedSince does not tell before from after")
			}
		})
	}
}

// A purge in one process wins over pending writes of another process, also over writes that
// come before that process hears of the purge.
func TestPurgeWinsOverAnotherProcess(t *testing.T) {
	s := startNATS(t)
	heard := make(chan struct{}, 100)
	a := openSharing(t, s, Options{})
	b := openSharing(t, s, Options{Purged: func() { heard <- struct{}{} }})
	article := cachetest.Key(10)
	for round := range 20 {
		key := cachetest.Key(100 + round)
		began := time.Now()
		var both sync.WaitGroup
		both.Go(func() { b.Store(key, article, cachetest.Summary("m", now()), began) })
		both.Go(func() {
			if _, err := a.Purge(article); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		<-heard
		b.Store(key, article, cachetest.Summary("m", now()), began) // it has heard of the purge
		written(t, b)
		forgetful(a)
		expect(t, a, key)
		expect(t, b, key)
	}
	b.Store(cachetest.Key(1), article, cachetest.Summary("m", now()), time.Now())
	written(t, b)
	expect(t, a, cachetest.Key(1), "m")
}

// A process that hears late of a purge, and has written an answer of before meanwhile, takes
// it out of the caches of all others that have read it.
func TestPurgeWinsOverALateWriter(t *testing.T) {
	for _, all := range []bool{false, true} {
		s := startNATS(t)
		sharing := func() (c *Cache, heard chan struct{}) {
			heard = make(chan struct{}, 100)
			return openSharing(t, s, Options{Purged: func() { heard <- struct{}{} }}), heard
		}
		first, firstHeard := sharing()
		late, lateHeard := sharing()
		reader, readerHeard := sharing()
		key, article, marker := cachetest.Key(1), cachetest.Key(10), cachetest.Key(11)

		late.purges.writing.RLock() // it acts on nothing that it hears
		purge := first.PurgeAll
		if !all {
			purge = func() (int, error) { return first.Purge(article) }
		}
		if _, err := purge(); err != nil {
			t.Fatal(err)
		}
		<-readerHeard
		late.shared.store(key, answerRecord{article: article, answers: []*summarizer.StoredAnswer{cachetest.Summary("m", now())}})
		written(t, late)
		expect(t, first, key, "m")
		expect(t, reader, key, "m")
		late.purges.writing.RUnlock()
		<-lateHeard

		marked := time.Now()
		if _, err := late.Purge(marker); err != nil { // behind all that it says of the first purge
			t.Fatal(err)
		}
		for <-firstHeard; !first.PurgedSince(marker, marked); {
			<-firstHeard
		}
		for <-readerHeard; !reader.PurgedSince(marker, marked); {
			<-readerHeard
		}
		expect(t, first, key)
		expect(t, reader, key)
	}
}

// Look-ups that read the disk while a purge is under way do not bring anything back.
func TestPurgeWinsOverLookups(t *testing.T) {
	c := open(t, Options{Dir: t.TempDir()})
	article := cachetest.Key(10)
	for round := range 30 {
		key := cachetest.Key(round)
		c.Store(key, article, cachetest.Summary("m", now()), time.Now())
		forgetful(c)
		var lookups sync.WaitGroup
		for range 4 {
			lookups.Go(func() {
				for range 20 {
					c.Lookup(t.Context(), key, []string{"m"})
				}
			})
		}
		if _, err := c.Purge(article); err != nil {
			t.Fatal(err)
		}
		expect(t, c, key)
		lookups.Wait()
		expect(t, c, key)
	}
}

// A log of more purges than it remembers is on the safe side.
func TestManyPurges(t *testing.T) {
	var l purgeLog
	began := time.Now()
	for i := range maxPurges + 10 {
		article := cachetest.Key(i)
		l.record(&article)
	}
	if len(l.articles) > maxPurges {
		t.Errorf("%d articles are remembered", len(l.articles))
	}
	for i := range maxPurges + 10 {
		if !l.since(cachetest.Key(i), began) {
			t.Fatalf("the purge of article %d is forgotten", i)
		}
	}
	if l.since(cachetest.Key(1), time.Now()) {
		t.Error("what begins later counts as purged")
	}
}
