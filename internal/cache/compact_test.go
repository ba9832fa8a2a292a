package cache

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
				time.Sleep(2 * flushInterval)
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
