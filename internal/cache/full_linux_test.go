package cache

import (
	"bytes"
	"os"
	ossignal "os/signal"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

// limitFiles bounds the size to which this process may let a file grow, and returns what
// lifts the bound.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	ossignal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	lift = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(lift)
	return lift
}

// Where room ends in the middle of a copy, the file stays in use, nothing is lost and no
// copy is left; with room again the copy is made.
func TestRoomEndsWhileCopying(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Dir: dir})
		const records = 300
		filler := strings.Repeat("x", 64<<10)
		for i := range records {
			c.Store(cachetest.Key(i), cachetest.Key(i), secret(filler), time.Now())
			time.Sleep(flushInterval)
			synctest.Wait()
		}
		if n, err := c.Purge(cachetest.Key(0)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		complete := func() {
			t.Helper()
			forgetful(c)
			expect(t, c, cachetest.Key(0))
			for i := 1; i < records; i++ {
				expect(t, c, cachetest.Key(i), "a")
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
				t.Errorf("the directory holds %v, %v", left, err)
			}
		}
		file := func() os.FileInfo {
			t.Helper()
			info, err := os.Stat(c.disk.path)
			if err != nil {
				t.Fatal(err)
			}
			return info
		}
		before := file()
		if before.Size() < 3*compactTransaction {
			t.Fatalf("a file of %d bytes is copied in one transaction", before.Size())
		}
		c.disk.writing.Lock()
		lift := limitFiles(t, 2*compactTransaction)
		err := c.disk.compact()
		lift()
		c.disk.writing.Unlock()
		if err == nil || !strings.Contains(err.Error(), syscall.EFBIG.Error()) || !os.SameFile(before, file()) {
			t.Errorf("the copy ended with %v; the file is the same: %t", err, os.SameFile(before, file()))
		}
		complete()
		time.Sleep(flushInterval) // what began before the purge ended is not stored
		c.Store(cachetest.Key(0), cachetest.Key(0), secret("Velmar"), time.Now())
		if n, err := c.Purge(cachetest.Key(0)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		time.Sleep(scrubDelay + 3*flushInterval)
		synctest.Wait()
		if os.SameFile(before, file()) {
			t.Error("the file is not copied with room again")
		}
		complete()
		if content, err := os.ReadFile(c.disk.path); err != nil || bytes.Contains(content, []byte("Velmar")) {
			t.Error("purged text is left in the file", err)
		}
		closed(t, c)
	})
}
