package archive

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Files returns the articles of each path in turn, each with a nil error, or a
// nil article with an *Error. Nothing is opened before its turn. The sequence
// can be ranged over once.
func Files(paths []string, stdin io.Reader) iter.Seq2[*Article, error] {
	return func(yield func(*Article, error) bool) {
		for _, path := range paths {
			if !readFile(path, stdin, yield) {
				return
			}
		}
	}
}

// readFile yields what is in one file and reports whether to go on.
func readFile(path string, stdin io.Reader, yield func(*Article, error) bool) bool {
	in := stdin
	if path != Stdin {
		file, err := open(path)
		if err != nil {
			return yield(nil, &Error{Source{Path: path}, InputUnreadable, "cannot be opened: " + Describe(err), err})
		}
		defer file.Close()
		in = file
	}
	for reader := Reader(NewJSONL(in, path)); ; {
		article, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if !yield(article, err) {
			return false
		}
	}
}

func open(path string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		_ = file.Close()
		return nil, errDirectory
	}
	return file, nil
}

var errDirectory = errors.New("it is a directory; name the files in it")

// Describe returns what is wrong with a file without repeating its name.
func Describe(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}
