package archive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"golang.org/x/text/language"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Files returns the articles of each path in turn, each with a nil error, or a
// nil article with a *ReadError. A path is a file, a directory that is read with
// everything below it, a pattern of path/filepath, or "-". Files of a directory
// come in the order of their names. Nothing is opened before its turn. The
// sequence can be ranged over once.
func Files(paths []string, options Options) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		r := &scanner{options: options, columns: options.Fields.columns(), yield: options.Shard.only(yield)}
		if len(paths) > 1 {
			r.seen = make(map[[16]byte]struct{})
		}
		for _, path := range paths {
			before := r.found
			if !r.path(path) {
				return
			}
			if r.found == before {
				r.skip(placeOf(path), SkipNoArticle)
			}
		}
	}
}

// scanner is one pass over archives. Its methods report whether to go on.
type scanner struct {
	options  Options
	columns  columns
	yield    func(*Entry, error) bool
	found    int64                 // articles, errors, and files that account for their input otherwise
	yielding bool                  // whether the caller's loop is at work, whose panics are its own
	seen     map[[16]byte]struct{} // hashes of paths that were read; nil: none can come twice
	language string                // the latest language of an article that is a BCP-47 tag
}

// path reads what a path stands for.
func (r *scanner) path(path string) bool {
	if path == Stdin {
		in := r.options.Stdin
		if in == nil {
			in = strings.NewReader("")
		}
		return r.stream(in, nil, path, true)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?["):
		return r.pattern(path)
	case err != nil:
		return r.unreadable(placeOf(path), "cannot be opened", err)
	case info.IsDir():
		return r.directory(path)
	}
	return r.file(path, true)
}

func (r *scanner) pattern(pattern string) bool {
	paths, err := filepath.Glob(pattern)
	switch {
	case err != nil:
		return r.unreadable(placeOf(pattern), "is not a pattern", err)
	case len(paths) == 0:
		return r.unreadable(placeOf(pattern), "cannot be opened", fs.ErrNotExist)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			switch {
			case r.options.excludes(info):
				r.skip(placeOf(path), SkipOutput)
				continue
			case !info.Mode().IsRegular() && !info.IsDir():
				// Opening a pipe without a writer never ends. A pipe that is named is opened.
				r.skip(placeOf(path), SkipLink)
				continue
			}
		}
		if !r.path(path) {
			return false
		}
	}
	return true
}

// directory reads the files below a directory. Hidden ones are left out, and
// links to directories are not followed, as they may lead in circles.
func (r *scanner) directory(root string) bool {
	proceed := true
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		hidden := path != root && strings.HasPrefix(entry.Name(), ".")
		switch {
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden:
			return nil
		case err != nil:
			proceed = r.unreadable(placeOf(path), "cannot be opened", err)
		case entry.IsDir():
			if info, err := entry.Info(); err == nil && r.options.excludes(info) {
				_ = r.skip(placeOf(path), SkipOutput)
				return fs.SkipDir
			}
			return nil
		default:
			proceed = r.entry(path, entry)
		}
		if !proceed {
			return fs.SkipAll
		}
		return nil
	})
	return proceed
}

// entry reads a file of a directory.
func (r *scanner) entry(path string, entry fs.DirEntry) bool {
	mode := entry.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		if err != nil {
			return r.unreadable(placeOf(path), "cannot be opened", err)
		}
		mode = info.Mode()
	}
	if !mode.IsRegular() {
		return r.skip(placeOf(path), SkipLink)
	}
	return r.file(path, false)
}

// file reads one file. One that was named, not merely found, has to be of a
// known format.
func (r *scanner) file(path string, named bool) bool {
	if r.seenBefore(path) {
		r.found++
		return r.skip(placeOf(path), SkipDuplicate)
	}
	file, err := os.Open(path)
	if err != nil {
		return r.unreadable(placeOf(path), "cannot be opened", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && r.options.excludes(info) {
		return r.skip(placeOf(path), SkipOutput)
	}
	return r.stream(file, file, path, named)
}

// seenBefore reports whether a file was read before, as when a directory and a pattern
// both lead to it.
func (r *scanner) seenBefore(path string) bool {
	if r.seen == nil {
		return false
	}
	sum := sha256.Sum256([]byte(filepath.Clean(path)))
	key := [16]byte(sum[:16])
	_, again := r.seen[key]
	r.seen[key] = struct{}{}
	return again
}

// stream reads one file or standard input, where file is nil.
func (r *scanner) stream(in io.Reader, file *os.File, path string, named bool) bool {
	limit := &expansionLimit{}
	from := &counter{in: in, n: &limit.stored, total: r.options.Stored}
	var anywhere *randomAccess
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() { // the Stat of a nil file fails
		anywhere = &randomAccess{file, r.options.Stored}
	}
	return r.read(&inputFile{
		Reader:   from,
		file:     anywhere,
		limit:    limit,
		location: placeOf(path),
		name:     path,
		named:    named,
	})
}

// emit yields an article or an error.
func (r *scanner) emit(a *Entry, err error) bool {
	r.found++
	r.yielding = true
	proceed := r.yield(a, err)
	r.yielding = false
	return proceed
}

func (r *scanner) article(a *Entry) bool {
	// Text and page were decoded. A fault in the header of a record or a feed
	// is not worth an article.
	for _, s := range []*string{&a.ID, &a.Title, &a.Language, &a.URL} {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
	if a.ID == "" {
		a.ID = a.Location.ID()
	}
	if a.Language != "" && a.Language != r.language {
		if _, err := language.Parse(a.Language); err != nil {
			a.Language = "" // such as "English": the text tells it
		} else {
			r.language = a.Language
		}
	}
	return r.emit(a, nil)
}

func (r *scanner) skip(location Location, what Skip) bool {
	if r.options.Skipped != nil {
		r.options.Skipped(location, what)
	}
	return true
}

func (r *scanner) fail(location Location, reason ErrorReason, format string, args ...any) bool {
	return r.emit(nil, &ReadError{Location: location, Reason: reason, Message: fmt.Sprintf(format, args...)})
}

// unreadable yields what ended the reading of location early. Only a bound that is
// reached is told apart.
func (r *scanner) unreadable(location Location, what string, err error) bool {
	e := &ReadError{Location: location, Reason: InputUnreadable, Message: what + ": " + Describe(err), Err: err}
	for _, bound := range []error{errExpands, errXZDictionary} {
		if errors.Is(err, bound) {
			e.Reason, e.Message = ExpandsTooMuch, bound.Error()
		}
	}
	return r.emit(nil, e)
}

// Describe returns what is wrong with a file without repeating its name.
func Describe(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it breaks off"
	}
	return err.Error()
}

// Size returns the bytes that Files reads of the paths, as far as that is known
// before: 0 for standard input and what cannot be opened.
func Size(paths []string, options Options) int64 {
	var total int64
	for _, path := range paths {
		matches, _ := filepath.Glob(path)
		if _, err := os.Stat(path); err == nil {
			matches = []string{path}
		}
		for _, match := range matches {
			_ = filepath.WalkDir(match, func(_ string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return nil
				}
				if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && !options.excludes(info) {
					total += info.Size()
				}
				return nil
			})
		}
	}
	return total
}

// randomAccess reads a file whose format is not read from front to back.
type randomAccess struct {
	*os.File
	stored *atomic.Int64
}

// ReadAt implements io.ReaderAt.
func (f *randomAccess) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	if f.stored != nil {
		f.stored.Add(int64(n))
	}
	return n, err
}
