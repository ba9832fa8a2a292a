package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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
				release, err := lock(path, minute)
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

// Two runs never write one output.
func TestBatchOutputInUse(t *testing.T) {
	in, out := write(t, "in.jsonl", archiveOf(2)), filepath.Join(t.TempDir(), "out.jsonl")
	release, err := lock(out, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"--overwrite", "--resume"} {
		got := cli(t, nil, "", "batch", in, "-o", out, more)
		if got.code != exitUsage {
			t.Errorf("%s: code %d", more, got.code)
		}
		oneLine(t, got.stderr, "another run is writing "+out)
	}
	release()
	if got := cli(t, nil, "", "batch", in, "-o", out); got.code != exitOK {
		t.Errorf("once it is free: %+v", got)
	}
	left, err := filepath.Glob(out + ".lock")
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// Clients that are added at once are all there.
func TestKeysAddedAtOnce(t *testing.T) {
	vars := map[string]string{"SUMMARIZER_CLIENTS": filepath.Join(t.TempDir(), "clients.yaml")}
	const clients = 16
	var adding sync.WaitGroup
	for i := range clients {
		adding.Go(func() {
			if got := cli(t, vars, "", "keys", "add", fmt.Sprintf("client-%d", i)); got.code != exitOK {
				t.Errorf("client %d: %+v", i, got)
			}
		})
	}
	adding.Wait()
	list := cli(t, vars, "", "keys", "list").stdout
	if n := strings.Count(list, "client-"); n != clients {
		t.Errorf("%d of %d clients are there:\n%s", n, clients, list)
	}
}
