package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked says that another process holds a lock.
var ErrLocked = errors.New("another process is working on it")

const (
	lockPoll  = 20 * time.Millisecond
	lockTries = 1000 // each found a file that was taken away meanwhile
)

// Lock keeps other processes that call it off a file, by a lock on a file beside it
// that is there as long. It waits for at most so long. A lock ends with its process.
// On a file system that has no locks it keeps nobody off.
func Lock(path string, wait time.Duration) (release func(), err error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	name := path + lockSuffix
	for range lockTries {
		l := flock.New(name, flock.SetPermissions(0o600))
		held, err := l.TryLock()
		if err == nil && !held && wait > 0 {
			held, err = l.TryLockContext(ctx, lockPoll)
		}
		switch {
		case errors.Is(err, context.DeadlineExceeded), err == nil && !held:
			_ = l.Close()
			return nil, fmt.Errorf("%s: %w", path, ErrLocked)
		case errors.Is(err, errors.ErrUnsupported): // by this file system
			_ = l.Close()
			return func() { _ = os.Remove(name) }, nil
		case err != nil:
			_ = l.Close()
			return nil, err
		case isStillNamed(name, l):
			return func() {
				_ = os.Remove(name) // before it is let go of, so that nobody has it
				_ = l.Close()
			}, nil
		}
		_ = l.Close() // who held it took the file away: there may be another
	}
	return nil, fmt.Errorf("%s: %w", path, ErrLocked)
}

// isStillNamed reports whether the locked file is the one of that name.
func isStillNamed(name string, l *flock.Flock) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(name)
	return err == nil && os.SameFile(locked, there)
}
