package cache

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

// secret returns an answer with a word that can be looked for in a file.
func secret(word string) *summarizer.StoredAnswer {
	a := cachetest.Summary("a", now())
	a.Summary.Sentences[0].Text = word
	return a
}

// Text that was purged is nowhere in the directory, neither when the process goes on nor
// once it has ended, and what was not purged is there.
func TestPurgedTextIsOverwritten(t *testing.T) {
	for _, all := range []bool{false, true} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			c := open(t, Options{Dir: dir})
			settle := func() {
				time.Sleep(scrubDelay + 3*flushInterval)
				synctest.Wait()
			}
			for i := range 20 {
				c.Store(cachetest.Key(i), cachetest.Key(100+i%2), secret([]string{"Ostrawa", "Quillon"}[i%2]), time.Now())
			}
			settle()
			old, err := os.Open(c.disk.path)
			if err != nil {
				t.Fatal(err)
			}
			defer old.Close()
			if all {
				_, err = c.PurgeAll()
			} else {
				_, err = c.Purge(cachetest.Key(100))
			}
			if err != nil {
				t.Fatal(err)
			}
			settle()
			holds := func(content []byte, err error, word string) bool {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				return bytes.Contains(content, []byte(word))
			}
			before := make([]byte, 8<<20)
			n, _ := old.Read(before)
			if n == 0 || holds(before[:n], nil, "Ostrawa") || holds(before[:n], nil, "Quillon") {
				t.Errorf("of the former file %d bytes are left, and text in them", n)
			}
			content, err := os.ReadFile(c.disk.path)
			if holds(content, err, "Ostrawa") || holds(content, err, "Quillon") == all {
				t.Errorf("all purged: %t; the file holds the purged text: %t, the other: %t", all, holds(content, nil, "Ostrawa"), holds(content, nil, "Quillon"))
			}
			forgetful(c)
			c.Store(cachetest.Key(30), cachetest.Key(30), cachetest.Summary("b", now()), time.Now())
			settle()
			closed(t, c)
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("the directory holds %v", left)
			}
			c = open(t, Options{Dir: dir})
			expect(t, c, cachetest.Key(0))
			expect(t, c, cachetest.Key(30), "b")
			if !all {
				expect(t, c, cachetest.Key(1), "a")
			}
			closed(t, c)
		})
	}
}

// A file of which most is free gets smaller while look-ups go on.
func TestFileShrinks(t *testing.T) {
	c := open(t, Options{Dir: t.TempDir()})
	const records = 3000
	filler := strings.Repeat("x", 8<<10)
	for i := range records {
		a := secret(filler)
		if i%100 == 0 {
			a = secret("kept")
		}
		for len(c.disk.waiting(cachetest.Key(i-queueRecords/2)).answers) > 0 {
			runtime.Gosched()
		}
		c.Store(cachetest.Key(i), cachetest.Key(i), a, time.Now())
	}
	stop := make(chan struct{})
	var lookups sync.WaitGroup
	for range 4 {
		lookups.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				forgetful(c)
				if got := c.Lookup(t.Context(), cachetest.Key(100), nil); len(got) != 1 {
					t.Error("a record is missed while the file shrinks")
					return
				}
			}
		})
	}
	for len(c.disk.waiting(cachetest.Key(records-1)).answers) > 0 {
		runtime.Gosched()
	}
	size := func() int64 {
		info, err := os.Stat(c.disk.path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	full := size()
	c.disk.writing.Lock()
	err := c.disk.writePages(func(p *pages) error {
		for i := range records {
			if i%100 != 0 {
				key := cachetest.Key(i)
				if err := p.remove(key[:]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	c.disk.writing.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	c.disk.compactWhereDue(false)
	close(stop)
	lookups.Wait()
	if full < compactBytes || size() > full/10 {
		t.Errorf("the file had %d bytes and has %d", full, size())
	}
	for i := 0; i < records; i += 100 {
		expect(t, c, cachetest.Key(i), "a")
	}
	closed(t, c)
}

// A purge whose process ended too early is completed by the next one.
func TestScrubIsCompletedLater(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	c.Store(cachetest.Key(1), cachetest.Key(1), secret("Ostrawa"), time.Now())
	closed(t, c)
	file, err := openFile(dir, c.options.Logger)
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{file: file, path: c.disk.path, logger: c.options.Logger, wake: make(chan struct{}, 1)}
	if n, err := d.purge(cachetest.Key(1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(c.disk.path); err != nil || !bytes.Contains(content, []byte("Ostrawa")) {
		t.Fatal("the text is gone already", err)
	}
	closed(t, open(t, Options{Dir: dir}))
	if content, err := os.ReadFile(c.disk.path); err != nil || bytes.Contains(content, []byte("Ostrawa")) {
		t.Error("the text is still in the file", err)
	}
}

// Many purges cost a copy of the file a minute, and the text of the last is overwritten, too.
func TestManyPurgesShareACopy(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Dir: dir})
		const articles = 300
		for i := range articles {
			c.Store(cachetest.Key(i), cachetest.Key(i), secret("Ostrawa"), time.Now())
		}
		file := func() *bbolt.DB {
			c.disk.using.RLock()
			defer c.disk.using.RUnlock()
			return c.disk.file.DB
		}
		copies, before := 0, file()
		pause := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
			if now := file(); now != before {
				copies, before = copies+1, now
			}
		}
		pause(time.Second)
		for i := range articles { // in five minutes
			if n, err := c.Purge(cachetest.Key(i)); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			pause(scrubDelay - flushInterval)
		}
		if copies < 4 || copies > 5 {
			t.Errorf("%d copies in %d purges, want one a minute", copies, articles)
		}
		pause(2 * scrubDelay)
		if content, err := os.ReadFile(c.disk.path); err != nil || bytes.Contains(content, []byte("Ostrawa")) {
			t.Error("the purged text is still in the file", err)
		}
		closed(t, c)
	})
}

// A copy that a process left when it was killed is overwritten and removed by the next one,
// also one that is no file of bbolt.
func TestUnfinishedCopyIsRemoved(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	c.Store(cachetest.Key(1), cachetest.Key(1), secret("Ostrawa"), time.Now())
	closed(t, c)
	content, err := os.ReadFile(c.disk.path)
	if err != nil || !bytes.Contains(content, []byte("Ostrawa")) {
		t.Fatal("the file lacks the text", err)
	}
	for _, left := range [][]byte{content, content[:len(content)/2], []byte("Ostrawa"), nil} {
		beside := c.disk.path + compactSuffix
		if err := os.WriteFile(beside, left, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(beside)
		if err != nil {
			t.Fatal(err)
		}
		next := open(t, Options{Dir: dir})
		expect(t, next, cachetest.Key(1), "a")
		closed(t, next)
		if rest, err := io.ReadAll(file); err != nil || bytes.Contains(rest, []byte("Ostrawa")) {
			t.Errorf("of %d bytes the text is left, %v", len(left), err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(beside); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a copy of %d bytes is still there: %v", len(left), err)
		}
	}
}

// A file that cannot be copied is used as it is, and copied once it can be.
func TestCopyIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	var log logs
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Dir: dir, Logger: log.logger()})
		pause := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		c.Store(cachetest.Key(1), cachetest.Key(1), secret("Ostrawa"), time.Now())
		c.Store(cachetest.Key(2), cachetest.Key(2), secret("Quillon"), time.Now())
		pause(time.Second)
		blocked := c.disk.path + compactSuffix + "/in the way"
		if err := os.MkdirAll(blocked, 0o700); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Purge(cachetest.Key(1)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		pause(2 * scrubDelay)
		if log.String() == "" {
			t.Error("nobody is told that the file could not be copied")
		}
		c.Store(cachetest.Key(3), cachetest.Key(3), secret("Velmar"), time.Now())
		pause(time.Second)
		forgetful(c)
		expect(t, c, cachetest.Key(1))
		expect(t, c, cachetest.Key(2), "a")
		expect(t, c, cachetest.Key(3), "a")
		if err := os.RemoveAll(c.disk.path + compactSuffix); err != nil {
			t.Fatal(err)
		}
		pause(2 * compactPause)
		forgetful(c)
		expect(t, c, cachetest.Key(2), "a")
		content, err := os.ReadFile(c.disk.path)
		if err != nil || bytes.Contains(content, []byte("Ostrawa")) || !bytes.Contains(content, []byte("Velmar")) {
			t.Error("the file holds what was purged, or lacks what was stored", err)
		}
		closed(t, c)
	})
}

// copierEnv names the directory of a process that is there to be killed while it copies.
const copierEnv = "SUMMARIZER_CACHE_TEST_COPIER"

// beKilledCopying writes some records, then purges and copies the file again and again, and
// says so each time.
func beKilledCopying(dir string) {
	c, err := Open(Options{Dir: dir})
	if err != nil {
		os.Exit(1)
	}
	for i := range victimRecords {
		c.Store(cachetest.Key(i), cachetest.Key(i), secret(strings.Repeat("kept", 500)), time.Now())
	}
	for s, _ := c.Stats(); s.DiskEntries < victimRecords; s, _ = c.Stats() {
		time.Sleep(time.Millisecond)
	}
	for {
		key := cachetest.Key(victimRecords)
		c.Store(key, key, secret("Ostrawa"), time.Now())
		if _, err := c.Purge(key); err != nil {
			os.Exit(1)
		}
		c.disk.writing.Lock()
		if err := c.disk.compact(); err != nil {
			os.Exit(1)
		}
		c.disk.writing.Unlock()
		_, _ = os.Stdout.WriteString("copied\n")
	}
}

// A process that is killed while it copies the file loses nothing and leaves nothing behind.
func TestKilledWhileCopying(t *testing.T) {
	dir := t.TempDir()
	for round := range 6 {
		killAfter(t, copierEnv+"="+dir, strings.Repeat("copied\n", 1+round))
		checkRecords(t, dir)
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("round %d: the directory holds %v, %v", round, left, err)
		}
	}
}
