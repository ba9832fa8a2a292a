// Package atomicfile replaces files as a whole and keeps other processes off them
// meanwhile.
//
// Both work with a file beside the one that is meant: SideFiles names them.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	newSuffix  = ".tmp"
	lockSuffix = ".lock"
)

// SideFiles returns the names of the files that Replace and Lock make for path.
func SideFiles(path string) []string { return []string{path + newSuffix, path + lockSuffix} }

// Replace has write make a new file, flushes that to the disk and puts it in the
// place of path. With an error, path is as it was. The new file has the same name
// each time, so that the next call removes what a killed process leaves; calls for
// one path must not overlap, which Lock can see to.
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) error {
	return replace(path, mode, func(*os.File) error { return nil }, write)
}

// Update does the same with a file that keeps its owner, group, mode and, on Linux, its access
// control list, or has the mode where it is not there yet. Path is what Resolve returns. A
// file with further names, or whose owner cannot be kept, stays as it is.
func Update(path string, mode fs.FileMode, write func(io.Writer) error) error {
	before, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Replace(path, mode, write)
	case err != nil:
		return err
	case !before.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: name one", path)
	}
	if n := names(before); n > 1 {
		return fmt.Errorf("%s has %d hard links, and only one of them would be replaced: use a symbolic link, or a copy", path, n)
	}
	return replace(path, before.Mode().Perm(), func(file *os.File) error {
		if err := keepOwner(file, before); err != nil {
			return fmt.Errorf("the owner of %s cannot be kept: run the command as that user, or as root: %w", path, err)
		}
		if err := file.Chmod(before.Mode().Perm()); err != nil { // which the mask of the process may have cut
			return err
		}
		if err := keepACL(file, path); err != nil {
			return fmt.Errorf("the access control list of %s cannot be kept: run the command as its owner, or as root: %w", path, err)
		}
		return nil
	}, write)
}

// Resolve follows the symbolic links of a path whose file may not be there yet, so that
// the file that they lead to is replaced, and not a link.
func Resolve(path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return resolved, err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("%s is a link to a missing file: create that file, or remove the link", path)
	}
	return path, nil
}

func replace(path string, mode fs.FileMode, prepare func(*os.File) error, write func(io.Writer) error) (err error) {
	if err := Remove(path + newSuffix); err != nil {
		return err
	}
	file, err := os.OpenFile(path+newSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err := prepare(file); err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// CreateSecret makes a file that its owner alone can read, and that is not there yet.
func CreateSecret(path, content string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is not overwritten: name another file, or remove it", path)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}

// Remove removes a file if it is there.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
