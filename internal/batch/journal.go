package batch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// Journal is a file of rows that a run can be resumed from: what is in it is
// done. Beside it, in a file of the same name with ".state", stands what the rows
// were asked with, so that a run with other options is not mixed into it.
//
// The rows themselves say which places are done and with what article, and nothing else
// does: a process that is killed leaves no two files that disagree. A row that was cut
// when it was killed is dropped. Rows of status "error" are done again, and so is a
// place that holds another article than before. Of two rows of one place the later counts.
// An article that may have other versions is identified by its story instead of its place,
// and of two rows of one story the one of the newer version counts.
type Journal struct {
	// The content of the file when it was opened: rows kept, of status "error" that
	// are done again, and such as cannot be read or stand twice.
	Kept, Retried, Dropped int64

	// Degraded are the kept rows that the language model should have made.
	Degraded int64

	// Replaced are the rows that Close has taken out for another article in their place, or
	// a newer version of their story.
	Replaced int64

	// Skipped, if set before Pending, is told of versions of stories that are older than
	// one that is known, or the same.
	Skipped func(archive.Location, archive.Skip)

	path    string
	file    *os.File
	done    placeMap     // digests
	older   placeMap     // rows before the one that counts and of its digest
	retry   bool         // rows that are degraded are asked for again
	again   placeMap     // 1: the row is degraded
	stale   atomic.Bool  // whether rows of articles that have changed are in the file
	ordered *orderedRows // nil unless an ordered run is resumed

	mu       sync.Mutex // as the goroutine that reads may outlive the run
	stories  stories
	isClosed bool
	replaced placeMap // places of stories whose row does not say so, such as rows of earlier releases
}

// JournalOptions configures OpenJournal.
type JournalOptions struct {
	// Path is the file of rows.
	Path string

	// Identity stands for everything that the rows depend on besides the article.
	Identity string

	// Resume goes on with a file that exists. Force does so although it was made
	// with another identity. Overwrite replaces it.
	Resume, Force, Overwrite bool

	// RetryDegraded has articles whose rows are degraded asked for again. Such a row stands
	// until a better one is written.
	RetryDegraded bool

	// Ordered keeps the rows in the order of the inputs, also when an article is
	// done again.
	Ordered bool
}

// journalState is the content of the file beside the rows.
type journalState struct {
	Version  int    `json:"version"`
	Identity string `json:"options"` // JournalOptions.Identity
}

const stateVersion = 1

// Errors of OpenJournal.
var (
	ErrExists       = errors.New("rows of an earlier run are there")
	ErrOtherOptions = errors.New("it was made with other options")
)

// ErrMoved is an error of Close: the rows are not where they should be.
var ErrMoved = errors.New("its file was removed, renamed or replaced during the run")

// OpenJournal creates the file, or opens it to go on with it. Its errors are
// ErrExists, ErrOtherOptions or errors of the file system.
func OpenJournal(o JournalOptions) (*Journal, error) {
	j := &Journal{path: o.Path, retry: o.RetryDegraded}
	rows, err := os.Stat(o.Path)
	_, errPrior := os.Stat(j.priorPath())
	missing := errors.Is(err, fs.ErrNotExist)
	// A run that keeps the order may have ended between two files.
	noPrior := errors.Is(errPrior, fs.ErrNotExist)
	switch {
	case o.Overwrite, missing && noPrior:
		return j, j.create(o)
	case !o.Resume:
		return nil, ErrExists
	case err == nil && rows.Size() == 0 && noPrior:
		// A process that was killed as it began leaves no rows, and perhaps no state.
		return j, j.create(o)
	}
	if err := j.checkState(o); err != nil {
		return nil, err
	}
	if err := j.recover(o.Ordered); err != nil {
		return nil, err
	}
	return j, nil
}

func (j *Journal) statePath() string { return j.path + stateSuffix }
func (j *Journal) priorPath() string { return j.path + priorSuffix }

// The files beside the rows.
const (
	stateSuffix = ".state"
	priorSuffix = ".prior"
)

// outputMode is the mode of the files that a run makes, less what the umask takes.
const outputMode = 0o644

// create begins an empty file. Rows of an earlier run are gone from the disk
// before the state says what those to come are made with.
func (j *Journal) create(o JournalOptions) error {
	if err := atomicfile.Remove(j.priorPath()); err != nil {
		return err
	}
	file, err := os.OpenFile(j.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, outputMode)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), j.writeState(o)); err != nil {
		return errors.Join(err, file.Close())
	}
	j.file = file
	return nil
}

func (j *Journal) writeState(o JournalOptions) error {
	content, err := json.Marshal(journalState{stateVersion, o.Identity})
	if err != nil {
		return err
	}
	return atomicfile.Replace(j.statePath(), outputMode, func(w io.Writer) error {
		_, err := w.Write(append(content, '\n'))
		return err
	})
}

// checkState refuses to go on with what was made in another way.
func (j *Journal) checkState(o JournalOptions) error {
	var was journalState
	content, err := os.ReadFile(j.statePath())
	if err == nil {
		err = json.Unmarshal(content, &was)
	}
	same := err == nil && was.Version == stateVersion && was.Identity == o.Identity
	switch {
	case same:
		return nil
	case !o.Force && err != nil:
		return fmt.Errorf("%w, or its %s cannot be read", ErrOtherOptions, filepath.Base(j.statePath()))
	case !o.Force:
		return ErrOtherOptions
	}
	return j.writeState(o)
}

// recover reads what is done, and leaves a file that holds nothing else or, in an ordered
// run, as much of it as is in the order of the articles.
func (j *Journal) recover(ordered bool) error {
	rows, err := j.index()
	if err != nil {
		return err
	}
	flags := os.O_WRONLY | os.O_APPEND
	switch {
	case ordered:
		if j.ordered, err = newOrderedRows(j); err != nil {
			return err
		}
		flags |= os.O_CREATE
	case j.hasPrior():
		if err := j.rewrite(); err != nil {
			return err
		}
		if err := atomicfile.Remove(j.priorPath()); err != nil {
			return err
		}
	case rows.isTorn():
		// A large file need not be copied for its end.
		if err := os.Truncate(j.path, rows.whole); err != nil {
			return err
		}
	case !rows.isClean():
		if err := j.rewrite(); err != nil {
			return err
		}
	}
	j.file, err = os.OpenFile(j.path, flags, outputMode)
	return err
}

func (j *Journal) hasPrior() bool {
	_, err := os.Stat(j.priorPath())
	return !errors.Is(err, fs.ErrNotExist)
}

// indexed says what a file of rows holds besides rows that are done.
type indexed struct {
	torn, whole     int64 // bytes of a last line without an end, and of the lines before it
	errors, dropped int64 // rows
}

func (x indexed) isClean() bool { return x.torn == 0 && x.errors == 0 && x.dropped == 0 }
func (x indexed) isTorn() bool  { return x.torn > 0 && x.errors == 0 && x.dropped == 1 }

// index reads the digests of all rows that are done, and counts the rows.
func (j *Journal) index() (rows indexed, err error) {
	err = eachRow(j.path, func(line []byte, row rowHeader) error {
		if bytes.HasSuffix(line, []byte("\n")) {
			rows.whole += int64(len(line))
		} else {
			rows.torn = int64(len(line))
		}
		switch {
		case row.status == StatusError:
			rows.errors++
		case !row.isDone(): // no row
			rows.dropped++
		case j.done.get(row.key()) != 0:
			rows.dropped++
			if j.done.get(row.key()) == uint64(row.digest) {
				j.older.set(row.key(), j.older.get(row.key())+1)
			}
			j.noteDone(&row)
		default:
			j.Kept++
			j.noteDone(&row)
		}
		return nil
	})
	if err != nil {
		return rows, err
	}
	j.Retried, j.Dropped = rows.errors, rows.dropped
	// Rows that were put aside are older than the rows of the file.
	return rows, eachRow(j.priorPath(), func(_ []byte, row rowHeader) error {
		switch {
		case !row.isDone():
		case j.done.get(row.key()) == 0:
			j.Kept++
			j.noteDone(&row)
		case row.story != "":
			j.noteDone(&row)
		}
		return nil
	})
}

// noteDone makes a row the one that counts for its article, unless its version is older
// than another one.
func (j *Journal) noteDone(row *rowHeader) {
	if row.story == "" || j.stories.record(row.story, row.version) {
		j.done.set(row.key(), uint64(row.digest))
		switch was := j.isDegraded(row.key()); {
		case row.degraded && !was:
			j.again.set(row.key(), 1)
			j.Degraded++
		case was && !row.degraded:
			j.again.set(row.key(), 0)
			j.Degraded--
		}
	}
}

// isDegraded reports whether the row that counts for a key is degraded.
func (j *Journal) isDegraded(key archive.Location) bool { return j.again.get(key) != 0 }

// retries reports whether an article is asked for although its row is done.
func (j *Journal) retries(key archive.Location, a *archive.Entry) bool {
	return j.retry && a != nil && j.isDegraded(key)
}

// rewrite replaces the file with the rows that are done, of it and of what was put aside.
func (j *Journal) rewrite() error {
	return atomicfile.Replace(j.path, outputMode, func(w io.Writer) error {
		var copied placeMap
		for _, path := range []string{j.path, j.priorPath()} {
			if err := eachRow(path, func(line []byte, row rowHeader) error {
				if !row.isDone() || j.done.get(row.key()) != uint64(row.digest) || copied.get(row.key()) != 0 {
					return nil
				}
				if n := j.older.get(row.key()); n > 0 {
					j.older.set(row.key(), n-1)
					return nil
				}
				copied.set(row.key(), 1)
				_, err := w.Write(line)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropStale takes out the rows that stand in one place with a later one, and rows of older
// versions of a story. Unlike rewrite it keeps rows of status "error", which are results of
// the run that ends.
func (j *Journal) dropStale() error {
	var latest placeMap // numbers of the rows that count
	var versions stories
	number := uint64(0)
	if err := eachRow(j.path, func(_ []byte, row rowHeader) error {
		number++
		if row.story == "" || versions.record(row.story, row.version) {
			latest.set(row.key(), number)
		}
		return nil
	}); err != nil {
		return err
	}
	return atomicfile.Replace(j.path, outputMode, func(w io.Writer) error {
		number = 0
		return eachRow(j.path, func(line []byte, row rowHeader) error {
			number++
			if latest.get(row.key()) != number || row.story == "" && j.replaced.get(row.source) != 0 {
				j.Replaced++
				return nil
			}
			_, err := w.Write(line)
			return err
		})
	})
}

// Write appends whole rows.
func (j *Journal) Write(p []byte) (int, error) { return j.file.Write(p) }

// Pending leaves out of a sequence what is done, and versions of stories that are older than
// one that is known. In an ordered run that is resumed it may yield a done row in the place of
// its article instead, as a *CompletedRow. An article that is asked for again comes with its
// row.
func (j *Journal) Pending(articles iter.Seq2[*archive.Entry, error]) iter.Seq2[*archive.Entry, error] {
	return func(yield func(*archive.Entry, error) bool) {
		for a, err := range articles {
			if a != nil && a.Story != "" && !j.takeStory(a) {
				if j.Skipped != nil {
					j.Skipped(a.Location, archive.SkipOlder)
				}
				continue
			}
			if key, ok := keyOf(a, err); ok {
				row, isKept, fault := j.earlier(key, a)
				switch {
				case isKept:
					continue
				case fault != nil:
					a, err = nil, fault
				case row != nil:
					err = row
					if !j.retries(key, a) {
						a = nil
					}
				}
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// earlier returns the row of an article that is done: isKept where it stays, the row where it
// has its turn or a better one is asked for.
func (j *Journal) earlier(key archive.Location, a *archive.Entry) (row *CompletedRow, isKept bool, err error) {
	if j.ordered != nil {
		return j.ordered.earlier(key, a)
	}
	was := digest(j.done.get(key))
	switch {
	case was == 0:
		return nil, false, nil
	case !was.matches(a):
	case j.retries(key, a):
		row = &CompletedRow{}
	default:
		return nil, true, nil
	}
	j.stale.Store(true)
	return row, false, nil
}

// takeStory reports whether an article is the newest version of its story so far.
func (j *Journal) takeStory(a *archive.Entry) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.isClosed {
		return false
	}
	if j.done.get(a.Location) != 0 || j.ordered != nil && j.ordered.has(a.Location) {
		j.replaced.set(a.Location, 1)
		j.stale.Store(true)
	}
	isNewest, replaces := j.stories.take(a)
	if replaces {
		j.stale.Store(true)
	}
	return isNewest
}

// keyOf returns what identifies an article or an input that cannot be read.
func keyOf(a *archive.Entry, err error) (archive.Location, bool) {
	var unread *archive.ReadError
	switch {
	case a != nil && a.Story != "":
		return storyPlace(a.Story), true
	case a != nil:
		return a.Location, true
	case errors.As(err, &unread):
		return unread.Location, true
	}
	return archive.Location{}, false
}

// Close ends the file so that it is on the disk. Ended says that every row that
// Pending yielded is written: what was put aside of an ordered run is removed
// only then, when its last row is copied back.
func (j *Journal) Close(ended bool) error {
	j.mu.Lock()
	j.isClosed = true
	j.mu.Unlock()
	var err error
	if j.ordered != nil {
		err = j.ordered.close(ended)
	}
	err = cmp.Or(err, j.file.Sync())
	err = cmp.Or(err, j.checkPath())
	err = cmp.Or(err, j.file.Close())
	if err == nil && j.stale.Load() {
		err = j.dropStale()
	}
	return err
}

// checkPath fails if the file that the rows went to is no longer the one of its name.
func (j *Journal) checkPath() error {
	written, err := j.file.Stat()
	if err != nil {
		return err
	}
	if named, err := os.Stat(j.path); err != nil || !os.SameFile(written, named) {
		return ErrMoved
	}
	return nil
}

// CompletedRow is a row of an earlier run that has its turn. It is an error only to pass
// through a sequence in the place of an article, or beside one whose row it is unless a better
// one is made. Without a line, the row stands in the output already.
type CompletedRow struct{ line []byte }

// Error implements error.
func (*CompletedRow) Error() string { return "the article is done" }

// Remove takes a closed journal off the disk.
func (j *Journal) Remove() error {
	return errors.Join(atomicfile.Remove(j.path), atomicfile.Remove(j.statePath()))
}
