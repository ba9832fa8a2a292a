package cache

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

// Answers of a time that has not come are neither stored nor served, and outrank none.
func TestAnswersOfAClockThatRunsAhead(t *testing.T) {
	const key = 1
	article := cachetest.Key(2)
	s := startNATS(t)
	for name, options := range map[string]func() Options{
		"memory": func() Options { return Options{} },
		"disk":   func() Options { return Options{Dir: t.TempDir()} },
		"shared": func() Options {
			return Options{Shared: &SharedOptions{JetStream: connectNATS(t, s), MaxBytes: 1 << 20}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, options())
			future := func(n int) *summarizer.StoredAnswer {
				return cachetest.Summary(fmt.Sprint("future", n), now().Add(time.Duration(n)*48*time.Hour))
			}
			c.Store(cachetest.Key(key), article, future(1), time.Now())
			expect(t, c, cachetest.Key(key))

			// They were stored while the clock ran ahead.
			ahead := answerRecord{article: article}
			for n := maxAnswers; n > 0; n-- {
				ahead.answers = append(ahead.answers, future(n))
			}
			c.memory.store(cachetest.Key(key), ahead)
			for _, tier := range c.tiers {
				tier.store(cachetest.Key(key), ahead)
			}
			if c.shared != nil {
				written(t, c)
			}
			expect(t, c, cachetest.Key(key))
			c.Store(cachetest.Key(key), article, cachetest.Summary("true", now()), time.Now())
			c.Store(cachetest.Key(key), article, cachetest.Summary("skewed", now().Add(maxSkew/2)), time.Now())
			expect(t, c, cachetest.Key(key), "skewed", "true")
			if c.shared != nil {
				written(t, c)
			}
			forgetful(c)
			if len(c.tiers) > 0 {
				expect(t, c, cachetest.Key(key), "skewed", "true")
			}
		})
	}
}

// Records of a time that has not come do not keep their room, and those written since the
// clock was set right are stamped with its time.
func TestRecordsOfAClockThatRanAhead(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Dir: dir})
		store := func(key int) {
			c.Store(cachetest.Key(key), cachetest.Key(key), cachetest.Summary("a", now()), time.Now())
			time.Sleep(flushInterval)
			synctest.Wait()
		}
		store(1)
		ran := func(stamp int64) { // the stamp of the writer and of the record of key 2
			err := c.disk.writePages(func(p *pages) error {
				key := cachetest.Key(2)
				r := answerRecord{article: key, answers: []*summarizer.StoredAnswer{cachetest.Summary("b", now())}}
				entry, err := encodeEntry(r)
				if err != nil {
					return err
				}
				c.disk.stamp = stamp
				return p.put(key[:], entry, newOrderEntry(key[:], r), encodeStamp(stamp))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		c.disk.writing.Lock()
		ran(time.Now().AddDate(1, 0, 0).UnixNano())
		c.disk.writing.Unlock()
		store(3)
		s, err := c.Stats()
		if err != nil || s.DiskEntries != 2 {
			t.Errorf("%d records, %v, want those of the true time alone", s.DiskEntries, err)
		}
		err = c.disk.file.View(func(tx *bbolt.Tx) error {
			if last, _ := tx.Bucket(orderBucket).Cursor().Last(); stampTime(last).After(time.Now()) {
				t.Errorf("the last record is stamped %v", stampTime(last))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		closed(t, c)
	})

	// The clock of this process is behind the stamp of the file: nothing is removed for it.
	c := open(t, Options{Dir: t.TempDir()})
	for i := range 10 {
		c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
	}
	closed(t, c)
	synctest.Test(t, func(t *testing.T) { // its clock begins with the year 2000
		c := open(t, Options{Dir: c.options.Dir})
		synctest.Wait()
		if s, err := c.Stats(); err != nil || s.DiskEntries != 10 {
			t.Errorf("%d records, %v, want all 10", s.DiskEntries, err)
		}
		c.Store(cachetest.Key(20), cachetest.Key(20), cachetest.Summary("a", now()), time.Now())
		time.Sleep(2 * tidyInterval)
		synctest.Wait()
		if s, err := c.Stats(); err != nil || s.DiskEntries != 11 {
			t.Errorf("%d records once another is stored, %v, want all 11", s.DiskEntries, err)
		}
		closed(t, c)
	})
}

// A service without requests rids itself of what is too old, and serves nothing of it.
func TestIdleCacheKeepsItsAge(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const age = 48 * time.Hour
		c := open(t, Options{Dir: dir, MaxAge: age})
		c.Store(cachetest.Key(1), cachetest.Key(1), cachetest.Summary("a", now()), time.Now())
		results := NewResultStore(0, age)
		results.Put(cachetest.Key(1), finishedResult(article, now(), now()), time.Now())
		time.Sleep(age - time.Second)
		expect(t, c, cachetest.Key(1), "a")
		if _, ok := results.Get(cachetest.Key(1)); !ok {
			t.Error("a result went before its time")
		}
		time.Sleep(time.Second)
		expect(t, c, cachetest.Key(1))
		if _, ok := results.Get(cachetest.Key(1)); ok {
			t.Error("a result is served after its time")
		}
		time.Sleep(2 * tidyInterval)
		synctest.Wait()
		if s, err := c.Stats(); err != nil || s.DiskEntries != 0 {
			t.Errorf("%d records are on disk, %v", s.DiskEntries, err)
		}
		closed(t, c)
	})
}

// A finished result of a time that has not come is not served until it has.
func TestResultsOfAClockThatRunsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResultStore(0, time.Hour)
		key := cachetest.Key(1)
		r.Put(key, finishedResult(article, now(), now().Add(30*24*time.Hour)), time.Now())
		if _, ok := r.Get(key); ok {
			t.Error("the result is served")
		}
		r.Put(key, finishedResult(article, now(), now().Add(maxSkew/2)), time.Now())
		if _, ok := r.Get(key); !ok {
			t.Error("a small skew costs the result")
		}
		time.Sleep(time.Hour)
		if _, ok := r.Get(key); ok {
			t.Error("the result is served after its time")
		}
	})
}
