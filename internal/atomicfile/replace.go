// Package atomicfile replaces files as a whole and keeps other processes off them
// meanwhile.
//
// Both work with a file beside the one that is meant: SideFiles names them.
package atomicfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
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
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
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

// Remove removes a file if it is there.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
