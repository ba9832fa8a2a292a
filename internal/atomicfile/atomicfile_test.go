package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Many that take turns on a file never work on it at once, and leave no lock.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var workers sync.WaitGroup
	var mu sync.Mutex // only to ask whether it is free
	taken := 0
	for range 8 {
		workers.Go(func() {
			for range 10 {
				release, err := Lock(path, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				if !mu.TryLock() {
					t.Error("two hold the lock")
				} else {
					taken++
					mu.Unlock()
				}
				release()
			}
		})
	}
	workers.Wait()
	if taken != 80 {
		t.Errorf("taken %d times, want 80", taken)
	}
	if _, err := os.Stat(path + ".lock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the lock is left: %v", err)
	}
}

// A file is replaced whole or not at all, and nothing is left beside it.
func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	check := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("the file holds %q, %v, want %q", got, err, want)
		}
		for _, beside := range SideFiles(path) {
			if _, err := os.Stat(beside); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is left: %v", beside, err)
			}
		}
	}
	content := func(text string, failure error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, failure)
		}
	}
	if err := Replace(path, 0o600, content("first", nil)); err != nil {
		t.Error(err)
	}
	check("first")
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	failure := errors.New("no more")
	if err := Replace(path, 0o600, content("half of the", failure)); !errors.Is(err, failure) {
		t.Errorf("a write that fails: %v", err)
	}
	check("first")
	if err := os.WriteFile(SideFiles(path)[0], []byte("left by a killed process"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, 0o600, content("second", nil)); err != nil {
		t.Error(err)
	}
	check("second")
}
