package batch

import (
	"bufio"
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

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// Journal is a file of rows that a run can be resumed from: what is in it is
// done. Beside it, in a file of the same name with ".state", stands what the rows
// were asked with, so that a run with other options is not mixed into it.
//
// The rows themselves say which positions are done, and nothing else does: a
// process that is killed leaves no two files that disagree. A row that was cut
// when it was killed is dropped, and so are rows of status "error", which are
// done again.
type Journal struct {
	// What the file held when it was opened: rows kept, of status "error" that
	// are done again, and such as cannot be read or stand twice.
	Kept, Retried, Dropped int64

	path      string
	file      *os.File
	done      Positions
	tornBytes int64      // bytes of a last line without an end
	prior     *priorRows // ordered runs: rows that are yet to be copied
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

	// Ordered keeps the rows in the order of the inputs, also of those that are
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

// OpenJournal creates the file, or opens it to go on with it. Its errors are
// ErrExists, ErrOtherOptions or those of the file system.
func OpenJournal(o JournalOptions) (*Journal, error) {
	j := &Journal{path: o.Path}
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

// recover reads what is done and leaves a file that holds nothing else.
func (j *Journal) recover(ordered bool) error {
	if ordered {
		return j.recoverOrdered()
	}
	if err := j.mergePrior(); err != nil {
		return err
	}
	clean, err := j.scan(j.path, &j.done, io.Discard)
	if err != nil {
		return err
	}
	switch {
	case !clean && j.Retried == 0 && j.Dropped == 1 && j.tornBytes > 0:
		// Only what was cut at the end: a large file need not be copied for it.
		if err := trimEnd(j.path, j.tornBytes); err != nil {
			return err
		}
	case !clean:
		if err := atomicfile.Replace(j.path, outputMode, func(w io.Writer) error {
			*j = Journal{path: j.path}
			_, err := j.scan(j.path, &j.done, w)
			return err
		}); err != nil {
			return err
		}
	}
	j.file, err = os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0)
	return err
}

// mergePrior appends what an interrupted run that kept the order had put aside.
func (j *Journal) mergePrior() error {
	if _, err := os.Stat(j.priorPath()); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := atomicfile.Replace(j.path, outputMode, j.copyBoth); err != nil {
		return err
	}
	*j = Journal{path: j.path}
	return os.Remove(j.priorPath())
}

// copyBoth copies what is done in the file and then in what was put aside.
func (j *Journal) copyBoth(w io.Writer) error {
	for _, path := range []string{j.path, j.priorPath()} {
		if _, err := j.scan(path, &j.done, w); err != nil {
			return err
		}
	}
	return nil
}

// recoverOrdered puts all that is done aside, in order: rows are copied back
// when the run comes to them. The file of an interrupted run holds the first
// rows, and what it had put aside those after them.
func (j *Journal) recoverOrdered() error {
	if err := atomicfile.Replace(j.priorPath(), outputMode, j.copyBoth); err != nil {
		return err
	}
	var err error
	if j.prior, err = openPrior(j.priorPath()); err != nil {
		return err
	}
	j.file, err = os.OpenFile(j.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, outputMode)
	return err
}

// scan counts the rows of a file, puts those that are done into the set and
// copies them. Clean says that it holds nothing else.
func (j *Journal) scan(path string, done *Positions, to io.Writer) (clean bool, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	clean = true
	for line, whole := range lines(file, &err) {
		var row rowHeader
		if !whole {
			j.tornBytes = int64(len(line))
		}
		switch {
		case !whole || json.Unmarshal(line, &row) != nil || row.Status == "":
			j.Dropped++
		case row.Status == StatusError:
			j.Retried++
		case !done.Add(row.Source):
			j.Dropped++
		default:
			j.Kept++
			if _, err := to.Write(line); err != nil {
				return false, err
			}
			continue
		}
		clean = false
	}
	return clean, err
}

// rowHeader is what a row says of itself.
type rowHeader struct {
	Source archive.Location `json:"source"`
	Status string           `json:"status"`
}

// lines yields the lines of a file with their ends; whole is false for a last
// one that has none. A fault of the file is left in *failure.
func lines(file io.Reader, failure *error) iter.Seq2[[]byte, bool] {
	return func(yield func([]byte, bool) bool) {
		in := bufio.NewReaderSize(file, 1<<20)
		var long []byte
		for {
			part, err := in.ReadSlice('\n')
			line := part
			if len(long) > 0 || errors.Is(err, bufio.ErrBufferFull) {
				long = append(long, part...)
				line = long
			}
			switch {
			case errors.Is(err, bufio.ErrBufferFull):
				continue
			case err != nil && !errors.Is(err, io.EOF):
				*failure = err
				return
			case len(line) > 0 && !yield(line, err == nil), err != nil:
				return
			}
			long = long[:0]
		}
	}
}

// Write appends whole rows.
func (j *Journal) Write(p []byte) (int, error) { return j.file.Write(p) }

// Pending leaves out of a sequence what is done. In an ordered run that is
// resumed it yields a done row in the place of its article instead, as a
// *CompletedRow.
func (j *Journal) Pending(articles iter.Seq2[*archive.Entry, error]) iter.Seq2[*archive.Entry, error] {
	return func(yield func(*archive.Entry, error) bool) {
		for a, err := range articles {
			source, ok := sourceOf(a, err)
			if ok && j.done.Has(source) {
				if j.prior == nil {
					continue
				}
				a, err = nil, j.prior.row(source)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

func sourceOf(a *archive.Entry, err error) (archive.Location, bool) {
	var unread *archive.ReadError
	switch {
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
	err := j.file.Sync()
	if closing := j.file.Close(); err == nil {
		err = closing
	}
	if j.prior == nil {
		return err
	}
	left, fault := j.prior.close()
	if err = cmp.Or(err, fault); err == nil && ended && !left {
		err = atomicfile.Remove(j.priorPath())
	}
	return err
}

// Remove takes a closed journal off the disk.
func (j *Journal) Remove() error {
	return errors.Join(atomicfile.Remove(j.path), atomicfile.Remove(j.statePath()))
}

// CompletedRow is a row of an earlier run that has its turn. It is an error only to pass
// through a sequence in the place of an article.
type CompletedRow struct{ line []byte }

// Error implements error.
func (*CompletedRow) Error() string { return "the article is done" }

// priorRows are rows in the order of their articles. The goroutine that reads a
// sequence may outlive the run, and so ask for a row when they are closed.
type priorRows struct {
	mu     sync.Mutex
	closed bool
	file   *os.File
	next   func() ([]byte, bool, bool)
	stop   func()
	fail   error
}

func openPrior(path string) (*priorRows, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &priorRows{file: file}
	p.next, p.stop = iter.Pull2(lines(file, &p.fail))
	return p, nil
}

// row returns the row of a source, which has to be the next one.
func (p *priorRows) row(source archive.Location) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	line, whole, ok := p.next()
	var row rowHeader
	if !ok || !whole || json.Unmarshal(line, &row) != nil || positionKeyOf(row.Source) != positionKeyOf(source) || row.Source.Line != source.Line {
		return errOrder
	}
	return &CompletedRow{append([]byte(nil), line...)}
}

// close reports whether rows are left.
func (p *priorRows) close() (left bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _, left = p.next()
	p.closed = true
	p.stop()
	_ = p.file.Close()
	return left, p.fail
}

var errClosed = errors.New("the output is closed")

var errOrder = errors.New("the inputs come in another order than before: resume without the order, or start anew")

// trimEnd takes the last n bytes off a file.
func trimEnd(path string, n int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()-n)
}
