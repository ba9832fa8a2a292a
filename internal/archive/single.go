package archive

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Single returns the article of path, a document or "-", read as Files reads it. It
// fails for an archive, a directory and an empty file. Every error is a *ReadError.
func Single(path string, options Options) (*Entry, error) {
	where := placeOf(path)
	if path != Stdin {
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			err = &fs.PathError{Path: path, Err: syscall.EISDIR}
		}
		if err != nil {
			return nil, &ReadError{Location: where, Reason: InputUnreadable, Message: "cannot be opened: " + Describe(err), Err: err}
		}
	}
	for entry, err := range Files([]string{path}, options) {
		if err == nil && entry.Location.IsDocument() {
			return entry, nil
		}
		var unread *ReadError
		if errors.As(err, &unread) && unread.Location.IsDocument() {
			if unread.Reason == FormatUnknown {
				unread.Message = "it is not text in UTF-8 nor of another format that is read: convert it first"
			}
			return nil, unread
		}
		return nil, &ReadError{Location: where, Reason: FormatUnsupported, Message: "it is an archive of articles, not a single one: summarizer batch reads it (--input-format text reads it as one)"}
	}
	return nil, &ReadError{Location: where, Reason: RowInvalid, Message: "it is empty"}
}
