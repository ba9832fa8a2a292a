package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// Output is a file of results that one run at a time writes and that a later one
// can go on with. It is a Journal, or a table that is made of one at the end; the
// rows of a table stand beside it, in a file of the same name with ".rows.jsonl".
type Output struct {
	*Journal

	path, rows string
	form       Form
	unlock     func()
}

// ErrComplete says that there is nothing to resume.
var ErrComplete = errors.New("the table is complete, and its rows are gone")

// OpenOutput opens the output whose Path the options name. Its errors are the errors of
// OpenJournal and of the file system, ErrComplete and atomicfile.ErrLocked.
func OpenOutput(options JournalOptions, form Form) (*Output, error) {
	o := &Output{path: linkTarget(options.Path), rows: rowsPath(options.Path, form), form: form}
	unlock, err := atomicfile.Lock(o.path, 0)
	if err != nil {
		return nil, err
	}
	options.Path = o.rows
	if o.Journal, err = o.open(options); err == nil {
		if err = o.removeLeftovers(); err != nil {
			_ = o.file.Close()
		}
	}
	if err != nil {
		unlock()
		return nil, err
	}
	o.unlock = unlock
	return o, nil
}

// removeLeftovers removes copies of files that a killed run was writing.
func (o *Output) removeLeftovers() error {
	var errs []error
	for _, path := range []string{o.path, o.rows, o.priorPath(), o.statePath()} {
		errs = append(errs, atomicfile.Remove(atomicfile.SideFiles(path)[0]))
	}
	return errors.Join(errs...)
}

func (o *Output) open(options JournalOptions) (*Journal, error) {
	if o.rows != o.path && options.Resume {
		_, table := os.Stat(o.path)
		_, rows := os.Stat(o.rows)
		if table == nil && errors.Is(rows, fs.ErrNotExist) {
			return nil, ErrComplete
		}
	}
	journal, err := OpenJournal(options)
	if err != nil && o.rows != o.path {
		err = fmt.Errorf("%w (%s)", err, o.rows)
	}
	return journal, err
}

// Close ends the output. Ended says that every row that Pending yielded is written,
// and complete that no later run will add to them or do some of them again. A table
// is made when the run has ended, and its rows are removed when it is complete; else
// kept names the file that they stay in.
func (o *Output) Close(ended, complete bool) (kept string, err error) {
	defer o.unlock()
	if err := o.Journal.Close(ended); err != nil || o.rows == o.path {
		return "", err
	}
	if !ended {
		return o.rows, nil
	}
	if err := Export(o.rows, o.path, o.form); err != nil {
		return o.rows, err
	}
	if complete {
		return "", o.Remove()
	}
	return o.rows, nil
}

// RowsFile returns the name of the file that holds the rows of an output while it is
// written.
func RowsFile(path string, form Form) string { return rowsPath(path, form) }

func rowsPath(path string, form Form) string {
	path = linkTarget(path)
	if form == FormJSONL {
		return path
	}
	return path + ".rows.jsonl"
}

// linkTarget follows the symbolic links that a path ends in, to a file that need not exist.
// An output is replaced where it really is, and has one lock, by whichever link it is named.
func linkTarget(path string) string {
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			return path
		}
		if !filepath.IsAbs(target) {
			// Not filepath.Join: it would take .. for the directory above the name of a link.
			target = filepath.Dir(path) + string(filepath.Separator) + target
		}
		path = target
	}
	return path
}

// maxLinks is how many links an operating system follows for one path.
const maxLinks = 40

// OutputFiles returns the names of all files that an output may consist of while it
// is written.
func OutputFiles(path string, form Form) []string {
	rows := rowsPath(path, form)
	files := []string{linkTarget(path), rows, rows + stateSuffix, rows + priorSuffix}
	for _, file := range files {
		files = append(files, atomicfile.SideFiles(file)...)
	}
	return files
}
