package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

func TestDiskIsBoundedAndOldestGoesFirst(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const bound, stored = 64 << 10, 300
		c := open(t, Options{Dir: dir, DiskBytes: bound, MemoryBytes: 1})
		for i := range stored {
			c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
			time.Sleep(flushInterval) // so that each is written on its own
			if i == stored/2 {
				continue
			}
			// The first is written again and again and so is never the oldest.
			c.Store(cachetest.Key(0), cachetest.Key(0), cachetest.Summary("a", now()), time.Now())
		}
		time.Sleep(time.Second)
		s, err := c.Stats()
		if err != nil || s.DiskBytes > bound || s.DiskBytes < bound-2000 || s.DiskEntries < 10 {
			t.Fatalf("stats %+v, %v, want about %d B", s, err, bound)
		}
		kept := int(s.DiskEntries)
		for i := range stored {
			want := i == 0 || i > stored-kept
			if got := len(c.Lookup(t.Context(), cachetest.Key(i), nil)) > 0; got != want {
				t.Errorf("record %d of %d kept: %v, want %v", i, stored, got, want)
			}
		}
		closed(t, c)

		// A smaller bound is met when the file is opened.
		c = open(t, Options{Dir: dir, DiskBytes: bound / 4})
		synctest.Wait()
		s, err = c.Stats()
		if err != nil || s.DiskBytes > bound/4 || s.DiskEntries == 0 {
			t.Errorf("stats %+v, %v, want at most %d B", s, err, bound/4)
		}
		closed(t, c)
	})
}

func TestUsageAddsUp(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir, DiskBytes: 40 << 10})
	random := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		n := random.IntN(100)
		c.Store(cachetest.Key(n), cachetest.Key(n%7), cachetest.Summary(fmt.Sprint(random.IntN(6)), now()), time.Now())
		if random.IntN(100) == 0 {
			if _, err := c.Purge(cachetest.Key(n % 7)); err != nil {
				t.Fatal(err)
			}
		}
	}
	closed(t, c)
	file, err := openFile(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = file.View(func(tx *bbolt.Tx) error {
		p, err := openPages(tx)
		if err != nil {
			return err
		}
		var counted fileUsage
		err = p.records.ForEach(func(key, value []byte) error {
			r, err := p.load(key)
			counted.records++
			counted.answers += int64(len(r.answers))
			counted.bytes += recordBytes(len(value))
			return err
		})
		if p.usage != counted || counted.records == 0 {
			t.Errorf("the file says %+v and holds %+v", p.usage, counted)
		}
		for name, bucket := range map[string]*bbolt.Bucket{"order": p.order, "articles": p.articles} {
			if n := int64(bucket.Stats().KeyN); n != counted.records {
				t.Errorf("bucket %s has %d lines for %d records", name, n, counted.records)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFullQueueDrops(t *testing.T) {
	count, metrics := newCounters()
	c := open(t, Options{Dir: t.TempDir(), Metrics: metrics})
	c.disk.writing.Lock() // the writer hangs
	for i := range queueRecords + 10 {
		c.Store(cachetest.Key(i), cachetest.Key(1), cachetest.Summary("a", now()), time.Now())
	}
	c.Store(cachetest.Key(0), cachetest.Key(1), cachetest.Summary("b", now()), time.Now()) // joins what is queued
	c.disk.writing.Unlock()
	closed(t, c)
	if n := count.of(t, dropped); n != 10 {
		t.Errorf("%d answers dropped, want 10", n)
	}
	c = open(t, Options{Dir: filepath.Dir(c.disk.path)})
	if s, err := c.Stats(); err != nil || s.DiskEntries != queueRecords {
		t.Errorf("%d records written, %v, want %d", s.DiskEntries, err, queueRecords)
	}
	expect(t, c, cachetest.Key(0), "b", "a")
}

func TestWriteErrorsAreCounted(t *testing.T) {
	count, metrics := newCounters()
	var log logs
	c := open(t, Options{Dir: t.TempDir(), Metrics: metrics, Logger: log.logger()})
	c.disk.file.os.Close() // every write fails from here
	for i := range 2 * batchRecords {
		c.Store(cachetest.Key(i), cachetest.Key(1), cachetest.Summary("a", now()), time.Now())
	}
	_ = c.disk.close()
	for i := range 2 * batchRecords {
		if got := len(c.memory.lookup(cachetest.Key(i))); got != 1 {
			t.Fatalf("the memory holds %d answers", got)
		}
	}
	if n := count.of(t, dropped); n != 2*batchRecords {
		t.Errorf("%d answers dropped, want all %d", n, 2*batchRecords)
	}
	if n := count.of(t, faults); n < 2 {
		t.Errorf("%d faults counted, want one a batch", n)
	}
	if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "could not be written") {
		t.Errorf("logged %q, want one line", lines)
	}
	c.closed.Store(true) // its disk is closed already
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	open(t, Options{Dir: dir})
	start := time.Now()
	_, err := Open(Options{Dir: dir})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second Open: %v, want %v with the path", err, ErrLocked)
	}
	if took := time.Since(start); took < lockTimeout/2 {
		t.Errorf("the lock was tried for %v only", took)
	}
}

func TestUnusableDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/none"} {
		_, err := Open(Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "writable directory") {
			t.Errorf("Open in %s: %v, want an error with the path and the way out", dir, err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error has more than one line: %v", err)
		}
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write into a read-only directory")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("Open: %v, want %v", err, os.ErrPermission)
	}
}

// soundFile returns the content of a file with that many records.
func soundFile(t *testing.T, records int) []byte {
	t.Helper()
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	for i := range records {
		c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary(strings.Repeat("a", i*7%900), now()), time.Now())
	}
	closed(t, c)
	content, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// setAsideFiles returns the paths of files that were set aside.
func setAsideFiles(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, fileName+".damaged-*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestUnusableFileIsSetAside(t *testing.T) {
	sound := soundFile(t, 200)
	write := func(content []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	garbage := bytes.Clone(sound)
	for i := range 8192 {
		garbage[i] = byte(i * 31)
	}
	bolt := func(change func(*bbolt.Tx) error) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := db.Update(change); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, damage := range map[string]func(*testing.T, string){
		"cut in half":        write(sound[:len(sound)/2]),
		"cut to two pages":   write(sound[:8192]),
		"cut to 100 bytes":   write(sound[:100]),
		"one byte":           write([]byte{0}),
		"garbage header":     write(garbage),
		"zeroed header":      write(append(make([]byte, 8192), sound[8192:]...)),
		"text":               write([]byte(strings.Repeat("not a cache\n", 5000))),
		"foreign bbolt file": bolt(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }),
		"foreign version": bolt(func(tx *bbolt.Tx) error {
			if err := createPages(tx); err != nil {
				return err
			}
			return tx.Bucket(metaBucket).Put(formatKey, []byte("summarizer answers 999"))
		}),
		"directory": func(t *testing.T, path string) {
			if err := os.MkdirAll(filepath.Join(path, "inside"), 0o700); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, fileName)
			damage(t, path)
			before, _ := os.ReadFile(path)
			var log logs
			c := open(t, Options{Dir: dir, Logger: log.logger()})
			c.Store(cachetest.Key(1), cachetest.Key(1), cachetest.Summary("after", now()), time.Now())
			closed(t, c)
			c = open(t, Options{Dir: dir, Logger: log.logger()})
			expect(t, c, cachetest.Key(1), "after")

			aside := setAsideFiles(t, dir)
			if len(aside) != 1 {
				t.Fatalf("set aside: %q, want one file", aside)
			}
			if after, _ := os.ReadFile(aside[0]); !bytes.Equal(before, after) {
				t.Error("the file set aside is not what it was")
			}
			if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "WARN") || !strings.Contains(lines[0], aside[0]) {
				t.Errorf("logged %q, want one warning with the new name", lines)
			}
		})
	}
}

func TestEmptyFileIsBegun(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, Options{Dir: dir})
	if aside := setAsideFiles(t, dir); len(aside) != 0 {
		t.Errorf("set aside: %q", aside)
	}
}

// Wherever a page is damaged, the cache opens, answers, takes what is stored and
// closes, and the file of before is still there when it is not in use.
func TestDamagedPages(t *testing.T) {
	sound := soundFile(t, 60)
	random := rand.New(rand.NewPCG(3, 4))
	damages := map[string]func(page []byte){
		"zeroed": func(page []byte) { clear(page) },
		"garbage": func(page []byte) {
			for i := range page {
				page[i] = byte(random.Uint32())
			}
		},
		"flips": func(page []byte) {
			for range 8 {
				page[random.IntN(len(page))] ^= byte(1 << random.IntN(8))
			}
		},
		"a bit of the header": func(page []byte) { page[random.IntN(16)] ^= byte(1 << random.IntN(8)) },
		"a bit of the length": func(page []byte) { page[12+random.IntN(4)] ^= byte(1 << random.IntN(8)) },
		"header": func(page []byte) {
			for i := range 32 {
				page[i] = byte(random.Uint32())
			}
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			pageSize := os.Getpagesize()
			for at := 0; at < len(sound); at += pageSize {
				dir := t.TempDir()
				content := bytes.Clone(sound)
				damage(content[at : at+pageSize])
				if err := os.WriteFile(filepath.Join(dir, fileName), content, 0o600); err != nil {
					t.Fatal(err)
				}
				useDamaged(t, dir)
			}
		})
	}
}

func useDamaged(t *testing.T, dir string) {
	t.Helper()
	c := open(t, Options{Dir: dir, MemoryBytes: 1})
	for i := range 60 {
		for _, a := range c.Lookup(t.Context(), cachetest.Key(i), nil) {
			if want := strings.Repeat("a", i*7%900); a.Fingerprint.ID != want {
				t.Errorf("a damaged record is delivered: %q", a.Fingerprint.ID)
			}
		}
	}
	c.Store(cachetest.Key(1), cachetest.Key(1), cachetest.Summary("after", now()), time.Now())
	_ = c.Close()
	c = open(t, Options{Dir: dir})
	if _, err := c.Purge(cachetest.Key(3)); err != nil && !errors.Is(err, errOff) {
		t.Errorf("Purge: %v", err)
	}
	if _, err := c.PurgeAll(); err != nil && !errors.Is(err, errOff) {
		t.Errorf("PurgeAll: %v", err)
	}
	_ = c.Close()
	if c.disk.off.Load() && len(setAsideFiles(t, dir)) == 0 {
		t.Error("the file was given up and not set aside")
	}
}

// A file that was too large to be verified when it was opened is verified before
// it is written.
func TestDamagedPageIsFoundBeforeWriting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	if err := os.WriteFile(path, soundFile(t, 200), 0o600); err != nil {
		t.Fatal(err)
	}
	c := open(t, Options{Dir: dir})
	c.disk.writing.Lock()
	c.disk.file.verified = false
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	length := []byte{0xff, 0xff, 0xff, 0x7f}
	for id := int64(2); id < 6; id++ { // bbolt would free 8 TB of pages
		if _, err := file.WriteAt(length, id*int64(os.Getpagesize())+12); err != nil {
			t.Fatal(err)
		}
	}
	file.Close()
	c.disk.writing.Unlock()
	c.Store(cachetest.Key(1), cachetest.Key(1), cachetest.Summary("after", now()), time.Now())
	closed(t, c)
	if !c.disk.off.Load() || len(setAsideFiles(t, dir)) != 1 {
		t.Error("the file was written")
	}
}

func TestDamagedRecordIsRemoved(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir, MaxAge: 100 * 365 * 24 * time.Hour})
	begins := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // as the clock of the bubble does
	for i := range 3 {
		c.Store(cachetest.Key(i), cachetest.Key(9), cachetest.Summary("a", begins), time.Now())
	}
	closed(t, c)
	file, err := openFile(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	key := cachetest.Key(1)
	err = file.Update(func(tx *bbolt.Tx) error {
		value := bytes.Clone(tx.Bucket(recordsBucket).Get(key[:]))
		value[len(value)-3]++
		return tx.Bucket(recordsBucket).Put(key[:], value)
	})
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}

	synctest.Test(t, func(t *testing.T) {
		count, metrics := newCounters()
		c := open(t, Options{Dir: dir, Metrics: metrics})
		expect(t, c, cachetest.Key(1))
		expect(t, c, cachetest.Key(2), "a")
		time.Sleep(flushInterval)
		synctest.Wait()
		expect(t, c, cachetest.Key(1))
		if n := count.of(t, faults); n != 1 {
			t.Errorf("%d faults counted, want 1: the record was not removed", n)
		}
		if s, err := c.Stats(); err != nil || s.DiskEntries != 2 {
			t.Errorf("%d records are left, %v, want 2", s.DiskEntries, err)
		}
		if n, err := c.Purge(cachetest.Key(9)); n != 2 || err != nil {
			t.Errorf("Purge = %d, %v, want 2", n, err)
		}
		closed(t, c)
	})
}

// A file that is cut while it is in use makes the processor fault on reading.
func TestFileCutInUse(t *testing.T) {
	for _, left := range []int64{0, 8192, 65536} {
		t.Run(fmt.Sprint(left), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, fileName)
			if err := os.WriteFile(path, soundFile(t, 200), 0o600); err != nil {
				t.Fatal(err)
			}
			count, metrics := newCounters()
			var log logs
			synctest.Test(t, func(t *testing.T) {
				c := open(t, Options{Dir: dir, Metrics: metrics, Logger: log.logger()})
				synctest.Wait() // the writer has looked at the file
				if err := os.Truncate(path, left); err != nil {
					t.Fatal(err)
				}
				for i := range 200 {
					c.Lookup(t.Context(), cachetest.Key(i), nil)
				}
				c.Store(cachetest.Key(1), cachetest.Key(1), cachetest.Summary("after", now()), time.Now())
				expect(t, c, cachetest.Key(1), "after")
				closed(t, c)
			})
			if len(setAsideFiles(t, dir)) != 1 {
				t.Error("the file was not set aside")
			}
			if n := count.of(t, faults); n == 0 {
				t.Error("no fault is counted")
			}
			if n := count.of(t, dropped); n != 1 {
				t.Errorf("%d answers counted as dropped, want 1", n)
			}
			if lines := log.lines(); len(lines) != 1 {
				t.Errorf("logged %q, want one line", lines)
			}
			c := open(t, Options{Dir: dir})
			c.Store(cachetest.Key(1), cachetest.Key(1), cachetest.Summary("again", now()), time.Now())
			forgetful(c)
			expect(t, c, cachetest.Key(1), "again")
		})
	}
}

// victimEnv names the directory of a process that is there to be killed.
const victimEnv = "SUMMARIZER_CACHE_TEST_VICTIM"

const victimRecords = 500

// beKilled writes some records, says so and goes on writing.
func beKilled(dir string) {
	c, err := Open(Options{Dir: dir})
	if err != nil {
		os.Exit(1)
	}
	for i := 0; ; i++ {
		c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
		if i == victimRecords {
			for s, _ := c.Stats(); s.DiskEntries < victimRecords; s, _ = c.Stats() {
				time.Sleep(time.Millisecond)
			}
			_, _ = os.Stdout.WriteString("written\n")
		}
		if i > victimRecords {
			time.Sleep(10 * time.Microsecond)
		}
	}
}

// killAfter starts this test binary with a variable that gives it its part, and kills it when
// it has written as many bytes as said.
func killAfter(t *testing.T, variable, said string) {
	t.Helper()
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(), variable)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len(said))); err != nil {
		t.Fatal(err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
}

// checkRecords checks that the cache of a killed process has all its records.
func checkRecords(t *testing.T, dir string) {
	t.Helper()
	c := open(t, Options{Dir: dir})
	for i := range victimRecords {
		if len(c.Lookup(t.Context(), cachetest.Key(i), nil)) == 0 {
			t.Fatalf("record %d is lost", i)
		}
	}
	closed(t, c)
}

func TestKilledProcess(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		killAfter(t, victimEnv+"="+dir, "written\n")
		checkRecords(t, dir)
	}
	if aside := setAsideFiles(t, dir); len(aside) != 0 {
		t.Errorf("set aside: %q", aside)
	}
}

// A directory that is missing can be made, and a file in its place cannot.
func TestCheckDir(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, fails := range map[string]bool{
		dir:                                false,
		filepath.Join(dir, "new", "below"): false,
		file:                               true,
		filepath.Join(file, "below"):       true,
	} {
		if err := CheckDir(path); (err != nil) != fails {
			t.Errorf("%s: %v, want an error %v", path, err, fails)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the check has made %d entries, %v", len(entries)-1, err)
	}
}
