package eval

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// RunReport is what a run has found.
type RunReport interface {
	FailedRows() (failed, all int) // of what is in question
	WriteTable(io.Writer) error    // for people
	WriteJSON(io.Writer) error
	WriteHTML(io.Writer) error
}

// ReportFile is a file for the result of a run. It is opened before the work and emptied
// after it, so that a path that cannot be written costs nothing.
type ReportFile struct {
	*os.File
	isNew bool // nothing is written yet, and there was no such file
}

// OpenReport opens the file of a path, and makes it where there is none.
func OpenReport(path string) (*ReportFile, error) {
	_, err := os.Stat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // a report is for others to read, too
	if err != nil {
		return nil, err
	}
	return &ReportFile{file, isNew}, nil
}

// Replace writes a report in place of what the file holds.
func (f *ReportFile) Replace(write func(io.Writer) error) error {
	f.isNew = false
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		if err := f.Truncate(0); err != nil {
			return err
		}
	}
	return write(f.File)
}

// Close closes the file, and removes one to which nothing was written. Closing it again
// is an error, and does nothing.
func (f *ReportFile) Close() error {
	err := f.File.Close()
	if f.isNew {
		_ = os.Remove(f.Name())
		f.isNew = false
	}
	return err
}
