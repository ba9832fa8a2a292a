package server

import (
	"os"
	"path/filepath"
	"testing"
)

// A file that a tool overwrites with content of the same size, and gives its former time, is
// read again.
func TestWatchSeesContentOfTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	replace(t, path, []byte("first"))
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var log logBuffer
	w, err := watch("clients", func() (string, error) {
		data, err := os.ReadFile(path)
		return string(data), err
	}, Watch{Logger: log.logger()}, path)
	if err != nil {
		t.Fatal(err)
	}
	for { // the clock of files has ticks of some milliseconds
		if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
			t.Fatal(err)
		}
		after, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if changeTime(after) != changeTime(before) {
			break
		}
	}
	w.check()
	if w.get() != "other" {
		t.Errorf("%q counts", w.get())
	}
}
