package server

import (
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// watchInterval is how often files are looked at. Asking for them costs a few
// microseconds; events of a file system are lost on network mounts.
const watchInterval = 2 * time.Second

// watchedFiles is what was read from files, and is read again when one of them
// changes: another file in its place, time or size.
type watchedFiles[T any] struct {
	what   string
	load   func() (T, error)
	logger *slog.Logger
	paths  []string
	value  atomic.Pointer[T]
	seen   []os.FileInfo
	done   chan struct{}
	ended  sync.WaitGroup
}

// watch reads for the first time. Nothing is read again before start.
func watch[T any](what string, load func() (T, error), logger *slog.Logger, paths ...string) (*watchedFiles[T], error) {
	w := &watchedFiles[T]{what: what, load: load, logger: logger, paths: paths, done: make(chan struct{})}
	w.seen = w.look() // before the reading: a change in between is seen next time
	value, err := load()
	if err != nil {
		return nil, err
	}
	w.value.Store(&value)
	return w, nil
}

func (w *watchedFiles[T]) get() T { return *w.value.Load() }

func (w *watchedFiles[T]) start() {
	w.ended.Go(func() {
		tick := time.NewTicker(watchInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.check()
			case <-w.done:
				return
			}
		}
	})
}

func (w *watchedFiles[T]) close() {
	close(w.done)
	w.ended.Wait()
}

// check reads again after a change. A state of the files that cannot be used is
// reported once.
func (w *watchedFiles[T]) check() {
	seen := w.look()
	if sameFiles(seen, w.seen) {
		return
	}
	w.seen = seen
	value, err := w.load()
	if err != nil {
		w.logger.Error("a changed file cannot be used, what was read before stays in force", "what", w.what, "error", err)
		return
	}
	w.value.Store(&value)
	w.logger.Info("a changed file was read", "what", w.what)
}

// look returns the state of each file; nil is one that is not there.
func (w *watchedFiles[T]) look() []os.FileInfo {
	infos := make([]os.FileInfo, len(w.paths))
	for i, path := range w.paths {
		if info, err := os.Stat(path); err == nil {
			infos[i] = info
		}
	}
	return infos
}

func sameFiles(a, b []os.FileInfo) bool {
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) {
			return false
		}
		if a[i] != nil && (!os.SameFile(a[i], b[i]) || !a[i].ModTime().Equal(b[i].ModTime()) || a[i].Size() != b[i].Size()) {
			return false
		}
	}
	return true
}
