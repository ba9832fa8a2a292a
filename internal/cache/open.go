package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	fileName    = "answers.bbolt"
	lockTimeout = 100 * time.Millisecond

	// verifyBytes is the size up to which a file is verified in full when it is
	// opened, so that a damaged one is replaced at once. A larger one would delay
	// the start and is verified before it is first written.
	verifyBytes = 256 << 20
)

// errDamaged is in the chain of errors that lie with what a file holds.
var errDamaged = errors.New("damaged, or written by another version")

// Exists reports whether there is a file of the disk tier in dir.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return !errors.Is(err, fs.ErrNotExist)
}

// boltFile is an open file of the disk tier.
type boltFile struct {
	*bbolt.DB
	os       *os.File    // what bbolt reads and writes
	info     os.FileInfo // tells the file from others at its path; nil when not even opened
	verified bool        // verify has found no fault in all of it
}

// abandon closes the file without bbolt, whose locks may be held for ever after
// a panic. The memory that it mapped stays mapped for readers under way.
func (f boltFile) abandon() {
	if f.os != nil {
		_ = f.os.Close()
	}
}

// CheckDir reports why dir cannot hold the disk tier: it, or the nearest of its parents that
// exists, is not a directory or cannot be looked at. It makes nothing.
func CheckDir(dir string) error {
	for {
		info, err := os.Stat(dir)
		parent := filepath.Dir(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && parent != dir:
			dir = parent // Open makes what is missing
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is not a directory", dir)
		default:
			return nil
		}
	}
}

// openFile opens the file of the disk tier in dir, making both where they are
// missing. A file that cannot be used is set aside and another one begun.
func openFile(dir string, logger *slog.Logger) (boltFile, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return boltFile{}, unusable(dir, err)
	}
	path := filepath.Join(dir, fileName)
	for range 3 {
		file, err := tryFile(path)
		switch {
		case err == nil:
			return file, nil
		case errors.Is(err, bolterrors.ErrTimeout):
			return boltFile{}, fmt.Errorf("%w: %s; end that process or use another directory", ErrLocked, path)
		case !errors.Is(err, errDamaged):
			return boltFile{}, unusable(dir, err)
		}
		aside, moveErr := setAside(path, file.info)
		if moveErr != nil {
			return boltFile{}, unusable(dir, errors.Join(err, moveErr))
		}
		if aside != "" {
			logger.Warn("the disk cache could not be used and was set aside; a new one is begun",
				"path", path, "renamed", aside, "reason", err)
		}
	}
	return boltFile{}, unusable(dir, fmt.Errorf("%s: %w", path, errDamaged))
}

func unusable(dir string, err error) error {
	return fmt.Errorf("cannot open the disk cache: %w; make %s a writable directory, or use another one", err, dir)
}

// tryFile opens the file, or says with errDamaged that it cannot be used as it
// is. Bbolt reads the list of free pages as soon as it may write, so that the
// file is inspected before.
func tryFile(path string) (boltFile, error) {
	verified := false
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		file, err := openBolt(path, true, func(f boltFile) (err error) {
			verified, err = f.inspect()
			return err
		})
		if err != nil {
			return file, err
		}
		if err := file.Close(); err != nil {
			return file, err
		}
	}
	file, err := openBolt(path, false, boltFile.layOut)
	file.verified = verified
	return file, err
}

// openBolt opens a file with bbolt and prepares it. With an error the file is
// closed and good for setting aside only.
func openBolt(path string, readOnly bool, prepare func(boltFile) error) (file boltFile, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
		if err != nil {
			file.abandon()
		}
	}()
	file.DB, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:      lockTimeout,
		ReadOnly:     readOnly,
		FreelistType: bbolt.FreelistMapType,
		OpenFile: func(name string, flag int, mode os.FileMode) (opened *os.File, err error) {
			if opened, err = os.OpenFile(name, flag, mode); err == nil {
				file.os = opened
				file.info, err = opened.Stat()
			}
			return opened, err
		},
	})
	if err == nil {
		if err = prepare(file); err == nil {
			return file, nil
		}
		_ = file.Close()
	}
	return file, classify(err)
}

// classify tells what lies with the content of the file from what lies with the
// system and the processes on it.
func classify(err error) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, syscall.EISDIR):
	case errors.As(err, &system), errors.Is(err, bolterrors.ErrTimeout), errors.Is(err, errDamaged):
		return err
	}
	return fmt.Errorf("%w: %w", errDamaged, err)
}

// inspect checks that the file is of this format and holds together, and reports
// whether it was small enough to be verified in full.
func (f boltFile) inspect() (verified bool, err error) {
	err = f.View(func(tx *bbolt.Tx) error {
		verified = tx.Size() <= verifyBytes
		if err := verify(tx, f.os, verified); err != nil {
			return err
		}
		if first, _ := tx.Cursor().First(); first == nil {
			return nil // a process ended before it laid out the file
		}
		_, err := openPages(tx)
		return err
	})
	return verified, err
}

// layOut lays out an empty file.
func (f boltFile) layOut() error {
	empty := false
	err := f.View(func(tx *bbolt.Tx) error {
		first, _ := tx.Cursor().First()
		empty = first == nil
		return nil
	})
	if err != nil || !empty {
		return err
	}
	return f.Update(createPages)
}

// setAside renames what lies at path, so that nothing is lost, and returns the
// new name; an empty one when it is not the file any more that was looked at, as
// another process was faster.
func setAside(path string, looked os.FileInfo) (string, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if looked != nil && !os.SameFile(info, looked) {
		return "", nil
	}
	aside := path + ".damaged-" + time.Now().UTC().Format("20060102T150405.000000000Z")
	return aside, os.Rename(path, aside)
}
