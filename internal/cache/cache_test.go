package cache

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
	"github.com/seed-59202292/summarizer/internal/telemetry"
	"github.com/seed-59202292/summarizer/internal/telemetry/logtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimEnv); dir != "" {
		beKilled(dir)
	}
	if dir := os.Getenv(copierEnv); dir != "" {
		beKilledCopying(dir)
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	for name, options := range map[string]Options{
		"memory":                      {},
		"memory and disk":             {Dir: "set below"},
		"disk behind a memory of 1 B": {Dir: "set below", MemoryBytes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			cachetest.Run(t, func(t *testing.T) summarizer.Answers {
				if options.Dir != "" {
					options.Dir = t.TempDir()
				}
				return open(t, options)
			})
		})
	}
}

// open opens a cache that is closed with the test.
func open(t testing.TB, options Options) *Cache {
	t.Helper()
	c, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// now is the time at which a test runs, as a store keeps it.
func now() time.Time { return time.Now().Round(0).UTC() }

func closed(t *testing.T, c *Cache) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// expect checks which fingerprints the cache holds under a key.
func expect(t *testing.T, c *Cache, key summarizer.Key, want ...string) {
	t.Helper()
	if got := ids(c.Lookup(t.Context(), key, nil)); !slices.Equal(got, want) {
		t.Errorf("the record holds %q, want %q", got, want)
	}
}

func ids(answers []*summarizer.StoredAnswer) []string {
	var ids []string
	for _, a := range answers {
		ids = append(ids, a.Fingerprint.ID)
	}
	return ids
}

// forgetful empties the memory, so that what is found next comes from the disk.
func forgetful(c *Cache) { c.memory.purgeAll() }

// counters collects metrics.
type counters struct{ registry *prometheus.Registry }

func newCounters() (counters, *telemetry.Metrics) {
	registry := prometheus.NewRegistry()
	return counters{registry}, telemetry.New(registry)
}

// of returns the sum of the counters of a name whose labels have these values.
func (c counters) of(t *testing.T, name string, labels ...string) int {
	t.Helper()
	families, err := c.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			var values []string
			for _, label := range m.GetLabel() {
				values = append(values, label.GetValue())
			}
			if slices.Equal(slices.Sorted(slices.Values(values)), slices.Sorted(slices.Values(labels))) {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return int(sum)
}

const (
	lookups = "summarizer_cache_lookups_total"
	dropped = "summarizer_cache_writes_dropped_total"
	faults  = "summarizer_cache_disk_faults_total"
)

// logs collects log lines.
type logs struct{ logtest.Log }

func (l *logs) logger() *slog.Logger { return l.Logger(slog.LevelInfo) }

func (l *logs) lines() []string { return strings.Split(strings.TrimSpace(l.String()), "\n") }

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	want := []*summarizer.StoredAnswer{cachetest.Summary("a", now()), cachetest.Topics("b", now().Add(-time.Hour))}
	for _, a := range want {
		c.Store(cachetest.Key(1), cachetest.Key(2), a, time.Now())
	}
	closed(t, c)
	if err := c.Close(); err != nil {
		t.Errorf("a second Close returns %v", err)
	}

	c = open(t, Options{Dir: dir})
	if diff := cmp.Diff(want, c.Lookup(t.Context(), cachetest.Key(1), nil)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("c", now()), time.Now())
	forgetful(c)
	expect(t, c, cachetest.Key(1), "c", "a", "b")
}

func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir() + "/data/answers"
	open(t, Options{Dir: dir})
	for path, want := range map[string]os.FileMode{dir: 0o700, dir + "/" + fileName: 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
	}
}

// What is found on disk is put into memory, and the disk is not asked when the
// memory holds what is wanted.
func TestTiersInOrder(t *testing.T) {
	count, metrics := newCounters()
	c := open(t, Options{Dir: t.TempDir(), Metrics: metrics})
	key := cachetest.Key(1)
	c.Store(key, cachetest.Key(2), cachetest.Summary("a", now()), time.Now())
	forgetful(c)
	for range 3 {
		if got := ids(c.Lookup(t.Context(), key, []string{"a"})); !slices.Equal(got, []string{"a"}) {
			t.Fatalf("found %q", got)
		}
	}
	c.Lookup(t.Context(), key, []string{"b"})
	got := map[string]int{}
	for _, tier := range []string{"memory", "disk"} {
		for _, outcome := range []string{"hit", "miss"} {
			got[tier+" "+outcome] = count.of(t, lookups, tier, outcome)
		}
	}
	want := map[string]int{"memory hit": 2, "memory miss": 2, "disk hit": 1, "disk miss": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("look-ups (-want +got):\n%s", diff)
	}
}

func TestFourAnswersAKey(t *testing.T) {
	c := open(t, Options{Dir: t.TempDir()})
	start := now().Add(-time.Hour)
	for i := range 6 {
		c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary(fmt.Sprint(i), start.Add(time.Duration(i)*time.Second)), time.Now())
	}
	expect(t, c, cachetest.Key(1), "5", "4", "3", "2")
	forgetful(c)
	expect(t, c, cachetest.Key(1), "5", "4", "3", "2")
}

func TestMaxAge(t *testing.T) {
	for _, name := range []string{"memory", "disk"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				options := Options{MaxAge: 24 * time.Hour}
				if name == "disk" {
					options.Dir = dir
				}
				c := open(t, options)
				key := cachetest.Key(1)
				c.Store(key, cachetest.Key(2), cachetest.Summary("stillborn", now().Add(-24*time.Hour)), time.Now())
				c.Store(key, cachetest.Key(2), cachetest.Summary("a", now()), time.Now())
				time.Sleep(12 * time.Hour)
				c.Store(key, cachetest.Key(2), cachetest.Summary("b", now()), time.Now())
				time.Sleep(12*time.Hour - time.Nanosecond)
				expect(t, c, key, "b", "a")
				time.Sleep(time.Nanosecond)
				expect(t, c, key, "b")
				forgetful(c)
				if name == "disk" {
					expect(t, c, key, "b")
				}
				time.Sleep(12*time.Hour + flushInterval)
				expect(t, c, key)
				closed(t, c)

				if name == "disk" {
					c = open(t, options)
					synctest.Wait() // the writer has looked for what is too old
					if s, err := c.Stats(); err != nil || s.DiskEntries != 0 || s.DiskBytes != 0 {
						t.Errorf("after its time the disk holds %+v, %v, want nothing", s, err)
					}
					closed(t, c)
				}
			})
		})
	}
}

func TestPurge(t *testing.T) {
	wrong, other := cachetest.Key(100), cachetest.Key(200)
	fill := func(c *Cache) {
		for i := range 6 {
			article := wrong
			if i%2 == 1 {
				article = other
			}
			c.Store(cachetest.Key(i), article, cachetest.Summary("a", now()), time.Now())
			c.Store(cachetest.Key(i), article, cachetest.Summary("b", now()), time.Now())
		}
	}
	check := func(t *testing.T, c *Cache) {
		t.Helper()
		removed, err := c.Purge(wrong)
		if removed != 6 || err != nil {
			t.Errorf("Purge = %d, %v, want 6", removed, err)
		}
		for _, empty := range []bool{false, true} {
			if empty {
				forgetful(c)
			}
			for i := range 6 {
				if got := len(c.Lookup(t.Context(), cachetest.Key(i), nil)); (got > 0) != (i%2 == 1 && (c.disk != nil || !empty)) {
					t.Errorf("key %d holds %d answers, memory emptied: %v", i, got, empty)
				}
			}
		}
		if removed, err := c.Purge(wrong); removed != 0 || err != nil {
			t.Errorf("a second Purge = %d, %v, want 0", removed, err)
		}
	}
	t.Run("memory", func(t *testing.T) {
		c := open(t, Options{})
		fill(c)
		check(t, c)
	})
	t.Run("queued", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // nothing is written while the time stands still
			c := open(t, Options{Dir: t.TempDir()})
			fill(c)
			check(t, c)
			closed(t, c)
		})
	})
	t.Run("written", func(t *testing.T) {
		dir := t.TempDir()
		c := open(t, Options{Dir: dir})
		fill(c)
		closed(t, c)
		c = open(t, Options{Dir: dir})
		check(t, c)
		closed(t, c)
		c = open(t, Options{Dir: dir})
		for i := range 6 {
			if got := len(c.Lookup(t.Context(), cachetest.Key(i), nil)); (got > 0) != (i%2 == 1) {
				t.Errorf("after a restart key %d holds %d answers", i, got)
			}
		}
	})
	t.Run("written and queued", func(t *testing.T) {
		dir := t.TempDir()
		c := open(t, Options{Dir: dir})
		fill(c)
		closed(t, c)
		synctest.Test(t, func(t *testing.T) {
			c := open(t, Options{Dir: dir})
			fill(c)
			check(t, c)
			closed(t, c)
		})
	})
}

func TestPurgeAll(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	for i := range 10 {
		c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
	}
	closed(t, c)
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Dir: dir})
		for i := range 15 {
			c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
		}
		if n, err := c.PurgeAll(); n != 15 || err != nil {
			t.Errorf("PurgeAll = %d, %v, want 15", n, err)
		}
		for i := range 15 {
			expect(t, c, cachetest.Key(i))
		}
		s, err := c.Stats()
		if diff := cmp.Diff(Stats{DiskPath: dir + "/" + fileName}, s); diff != "" || err != nil {
			t.Errorf("stats after PurgeAll, %v (-want +got):\n%s", err, diff)
		}
		c.Store(cachetest.Key(1), cachetest.Key(1), cachetest.Summary("b", now()), time.Now().Add(1)) // the clock stands still
		closed(t, c)
		c = open(t, Options{Dir: dir})
		expect(t, c, cachetest.Key(1), "b")
		closed(t, c)
	})
}

func TestStats(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Dir: dir})
		first := now()
		for i := range 3 {
			c.Store(cachetest.Key(i), cachetest.Key(9), cachetest.Summary("a", now()), time.Now())
			c.Store(cachetest.Key(i), cachetest.Key(9), cachetest.Summary("b", now()), time.Now())
			time.Sleep(time.Second)
		}
		s, err := c.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if s.MemoryEntries != 3 || s.DiskEntries != 3 || s.MemoryBytes < 1000 || s.DiskBytes < 1000 {
			t.Errorf("stats %+v, want 3 entries in either tier", s)
		}
		if wrote := s.Oldest.Sub(first); wrote < 0 || wrote > flushInterval {
			t.Errorf("the oldest entry was written %v after it was stored", wrote)
		}
		closed(t, c)
		if s, err := c.Stats(); !cmp.Equal(s, Stats{}) || err != nil {
			t.Errorf("stats of a closed cache: %+v, %v", s, err)
		}
	})
}

func TestClosedCacheDoesNothing(t *testing.T) {
	c := open(t, Options{Dir: t.TempDir()})
	c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("a", now()), time.Now())
	closed(t, c)
	c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("b", now()), time.Now())
	expect(t, c, cachetest.Key(1))
	for name, purge := range map[string]func() (int, error){
		"Purge":    func() (int, error) { return c.Purge(cachetest.Key(2)) },
		"PurgeAll": c.PurgeAll,
	} {
		if n, err := purge(); n != 0 || err != nil {
			t.Errorf("%s = %d, %v", name, n, err)
		}
	}
}

// fakeTier is a tier that does what the test says.
type fakeTier struct {
	onLookup func(context.Context) (answerRecord, error)
	onPurge  func()
	off      bool
}

func (f *fakeTier) name() string { return "fake" }
func (f *fakeTier) ready() bool  { return !f.off }

func (f *fakeTier) lookup(ctx context.Context, _ summarizer.Key) (answerRecord, error) {
	return f.onLookup(ctx)
}
func (f *fakeTier) store(summarizer.Key, answerRecord) {}
func (f *fakeTier) purge(summarizer.Key) (int, error) {
	if f.onPurge != nil {
		f.onPurge()
	}
	return 0, nil
}
func (f *fakeTier) purgeAll() (int, error) { return 0, nil }
func (f *fakeTier) close() error           { return nil }

func (c *Cache) behind(f *fakeTier, o Options) *Cache {
	c.tiers = append(c.tiers, newBoundedTier(f, o))
	return c
}

func TestSlowTierIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count, metrics := newCounters()
		var log logs
		options := Options{Metrics: metrics, Logger: log.logger()}
		release := make(chan struct{})
		running := make(chan struct{}, 1000)
		c := open(t, options).behind(&fakeTier{onLookup: func(context.Context) (answerRecord, error) {
			running <- struct{}{}
			<-release
			return answerRecord{}, nil
		}}, options)
		c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("a", now()), time.Now())

		lookup := func() []string {
			ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
			defer cancel()
			return ids(c.Lookup(ctx, cachetest.Key(1), []string{"b"}))
		}
		for range 3 * maxReaders {
			start := time.Now()
			if got := lookup(); !slices.Equal(got, []string{"a"}) {
				t.Fatalf("found %q, want what the memory holds", got)
			}
			if took := time.Since(start); took != 250*time.Millisecond {
				t.Fatalf("the look-up took %v, want 250ms", took)
			}
		}
		if n := len(running); n != maxReaders {
			t.Errorf("%d look-ups hang in the tier, want %d", n, maxReaders)
		}
		if n := count.of(t, lookups, "fake", "timeout"); n != 3*maxReaders {
			t.Errorf("%d look-ups counted as late, want %d", n, 3*maxReaders)
		}
		if lines := log.lines(); len(lines) != 1 {
			t.Errorf("%d log lines within a minute, want 1: %q", len(lines), lines)
		}
		time.Sleep(time.Minute)
		lookup()
		if lines := log.lines(); len(lines) != 2 {
			t.Errorf("%d log lines after a minute, want 2: %q", len(lines), lines)
		}

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		start := time.Now()
		c.Lookup(ctx, cachetest.Key(1), []string{"b"})
		if took := time.Since(start); took != time.Millisecond {
			t.Errorf("a look-up of a caller who leaves took %v", took)
		}
		if n := count.of(t, lookups, "fake", "timeout"); n != 3*maxReaders+1 {
			t.Errorf("a caller who left is counted as a late tier")
		}
		close(release)
		synctest.Wait()
	})
}

// A look-up takes no longer than its caller allows, however many tiers are late, and one that
// is late leaves time for the tier behind it. A warning is worth only what may cost a call.
func TestLateTiersShareTheTime(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name   string
		wanted []string
		left   time.Duration   // to the caller's deadline
		tiers  []time.Duration // what each takes
		off    bool            // the last is not ready
		want   time.Duration   // that the look-up takes
		late   int             // tiers
		warns  bool
	}{
		{"in time", []string{"a"}, 250 * ms, []time.Duration{249 * ms}, false, 249 * ms, 0, false},
		{"late", []string{"a"}, 250 * ms, []time.Duration{time.Second}, false, 250 * ms, 1, true},
		{"late, and no call hangs on it", nil, 20 * ms, []time.Duration{time.Second}, false, 20 * ms, 1, false},
		{"both late", []string{"a"}, 250 * ms, []time.Duration{time.Second, time.Second}, false, 250 * ms, 2, true},
		{"the nearer late", []string{"a"}, 250 * ms, []time.Duration{time.Second, 100 * ms}, false, 225 * ms, 1, true},
		{"the nearer in time", []string{"a"}, 250 * ms, []time.Duration{124 * ms, time.Second}, false, 124 * ms, 0, false},
		{"the farther not ready", []string{"a"}, 250 * ms, []time.Duration{240 * ms, time.Second}, true, 240 * ms, 0, false},
		{"no time", []string{"a"}, 0, []time.Duration{time.Second, time.Second}, false, 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				count, metrics := newCounters()
				var log logs
				options := Options{Metrics: metrics, Logger: log.logger()}
				c := open(t, options)
				for i, takes := range tt.tiers {
					c.behind(&fakeTier{off: tt.off && i == len(tt.tiers)-1, onLookup: func(context.Context) (answerRecord, error) {
						time.Sleep(takes)
						return answerRecord{article: cachetest.Key(2), answers: []*summarizer.StoredAnswer{cachetest.Summary("a", now())}}, nil
					}}, options)
				}
				ctx, cancel := context.WithTimeout(t.Context(), tt.left)
				defer cancel()
				start := time.Now()
				found := len(c.Lookup(ctx, cachetest.Key(1), tt.wanted)) > 0
				if took := time.Since(start); took != tt.want || found != (took < tt.left) {
					t.Errorf("the look-up took %v and found something: %t; want %v", took, found, tt.want)
				}
				if late := count.of(t, lookups, "fake", "timeout"); late != tt.late {
					t.Errorf("%d look-ups are counted as late, want %d", late, tt.late)
				}
				if warned := strings.Contains(strings.Join(log.lines(), ""), "in time"); warned != tt.warns {
					t.Errorf("warned: %t, want %t", warned, tt.warns)
				}
				time.Sleep(time.Second)
			})
		})
	}
}

func TestFailingTierIsSkipped(t *testing.T) {
	for name, fail := range map[string]func(context.Context) (answerRecord, error){
		"error": func(context.Context) (answerRecord, error) { return answerRecord{}, os.ErrPermission },
		"panic": func(context.Context) (answerRecord, error) { panic("some text of an article") },
	} {
		t.Run(name, func(t *testing.T) {
			count, metrics := newCounters()
			var log logs
			options := Options{Metrics: metrics, Logger: log.logger()}
			c := open(t, options).behind(&fakeTier{onLookup: fail}, options)
			for range 3 {
				expect(t, c, cachetest.Key(1))
			}
			if n := count.of(t, lookups, "fake", "error"); n != 3 {
				t.Errorf("%d failures counted, want 3", n)
			}
			if lines := log.lines(); len(lines) != 1 || strings.Contains(lines[0], "article") {
				t.Errorf("logged %q, want one line without the panic's text", lines)
			}
		})
	}
}

// A look-up that reads a tier while it is purged must not bring the answer back.
func TestPurgeDuringLookup(t *testing.T) {
	article := cachetest.Key(2)
	options := Options{}
	c := open(t, options)
	present := true
	c.behind(&fakeTier{onLookup: func(context.Context) (answerRecord, error) {
		if !present {
			return answerRecord{}, nil
		}
		present = false
		if _, err := c.Purge(article); err != nil {
			t.Error(err)
		}
		return answerRecord{article: article, answers: []*summarizer.StoredAnswer{cachetest.Summary("a", now())}}, nil
	}}, options)
	c.Lookup(t.Context(), cachetest.Key(1), nil)
	expect(t, c, cachetest.Key(1))
}

// A look-up that began after a purge, but read a tier before that was purged, does not bring
// the answer back either.
func TestPurgeAfterLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		article := cachetest.Key(2)
		options := Options{}
		c := open(t, options)
		purged := make(chan struct{})
		tier := &fakeTier{onLookup: func(context.Context) (answerRecord, error) {
			<-purged
			return answerRecord{article: article, answers: []*summarizer.StoredAnswer{cachetest.Summary("a", now())}}, nil
		}}
		var lookup sync.WaitGroup
		tier.onPurge = func() {
			lookup.Go(func() { c.Lookup(t.Context(), cachetest.Key(1), nil) })
			synctest.Wait()
		}
		c.behind(tier, options)
		if _, err := c.Purge(article); err != nil {
			t.Error(err)
		}
		close(purged)
		lookup.Wait()
		if got := c.memory.lookup(cachetest.Key(1)); len(got) > 0 {
			t.Error("the memory holds what was purged")
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	const bound = 100 << 10
	c := open(t, Options{MemoryBytes: bound})
	for i := range 2000 {
		c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
	}
	s, err := c.Stats()
	if err != nil || s.MemoryBytes > bound || s.MemoryBytes < bound/2 {
		t.Errorf("the memory holds %d B, %v, want up to %d", s.MemoryBytes, err, bound)
	}
}
