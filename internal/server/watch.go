package server

import (
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// watchInterval is how often files are looked at. Asking for them costs a few
// microseconds; events of a file system are lost on network mounts.
const watchInterval = 2 * time.Second

// Watch says who is told of files that are read again.
type Watch struct {
	Logger  *slog.Logger
	Metrics *telemetry.Metrics // nil: no metrics are kept
	Audit   *telemetry.Audit   // is told of changed clients; nil: nobody is
}

// watchedFiles is what was read from files, and is read again when one of them
// changes: another file in its place, time, size or mode. Tools can set the time of the
// content, so the time of the last change counts as well where the system has one.
type watchedFiles[T any] struct {
	what  string
	load  func() (T, error)
	tell  Watch
	paths []string
	value atomic.Pointer[T]
	done  chan struct{}
	ended sync.WaitGroup

	mu     sync.Mutex
	seen   []os.FileInfo
	failed string // why the files cannot be used; empty: they can
}

// watch reads for the first time. Nothing is read again before start.
func watch[T any](what string, load func() (T, error), tell Watch, paths ...string) (*watchedFiles[T], error) {
	w := &watchedFiles[T]{what: what, load: load, tell: tell, paths: paths, done: make(chan struct{})}
	w.seen = w.look() // before the reading: a change in between is seen next time
	value, err := load()
	if err != nil {
		return nil, err
	}
	w.value.Store(&value)
	tell.Metrics.Loaded(what)
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

// check reads again after a change, and as long as the files cannot be used: whether they
// can be read depends on more than on them.
func (w *watchedFiles[T]) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.look()
	if w.failed == "" && sameFiles(seen, w.seen) {
		return
	}
	_ = w.read(seen)
}

// reload reads again in any case.
func (w *watchedFiles[T]) reload() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = ""
	return w.read(w.look())
}

// read reads files that are in the state seen. Why they cannot be used is reported once.
func (w *watchedFiles[T]) read(seen []os.FileInfo) error {
	w.seen = seen
	value, err := w.load()
	w.tell.Metrics.Reloaded(w.what, err)
	if err != nil {
		if w.failed != err.Error() {
			w.failed = err.Error()
			w.tell.Logger.Error("a changed file cannot be used; the former content stays in force", "what", w.what, "error", err)
		}
		return err
	}
	w.failed = ""
	w.value.Store(&value)
	w.tell.Logger.Info("a changed file was read", "what", w.what)
	return nil
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
		if a[i] != nil && (!os.SameFile(a[i], b[i]) || !a[i].ModTime().Equal(b[i].ModTime()) || a[i].Size() != b[i].Size() || a[i].Mode() != b[i].Mode() || changeTime(a[i]) != changeTime(b[i])) {
			return false
		}
	}
	return true
}
