package batch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// orderedRows brings the rows of earlier runs into the order of the articles.
//
// The beginning of the file that is in their order stays where it is, so that a run that
// is killed again and again makes headway. At the first article whose row is not the next
// in the file, the rows behind it are put aside, into a file of the same name with
// ".prior". From there on each of them is copied back when its article comes.
//
// The goroutine that reads the articles may outlive the run, and so ask for a row when
// they are closed.
type orderedRows struct {
	journal *Journal

	mu    sync.Mutex
	fault error // ends all further look-ups

	// In place: the file is compared with the articles.
	main    *os.File
	next    func() ([]byte, error, bool)
	stop    func()
	decoder headerDecoder
	inPlace int64 // bytes of the file that are in order

	// Put aside.
	isAside bool
	offsets placeMap // of rows that are yet to be copied back: 1 + where they begin
	prior   *os.File // nil: there are none
	in      *bufio.Reader
	at      int64 // where in reads on
}

// newOrderedRows begins to compare the file of a journal. Its digests cover all
// rows, in the file and put aside.
func newOrderedRows(j *Journal) (*orderedRows, error) {
	o := &orderedRows{journal: j}
	var err error
	if o.main, err = os.OpenFile(j.path, os.O_RDONLY|os.O_CREATE, outputMode); err != nil {
		return nil, err
	}
	o.next, o.stop = iter.Pull2(lines(o.main))
	return o, nil
}

// earlier returns the row of an article that is done, or isKept when it stays in place.
// Source identifies it, as keyOf has it. A nil article stands for an input that cannot be
// read.
func (o *orderedRows) earlier(source archive.Location, a *archive.Entry) (row *CompletedRow, isKept bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fault != nil {
		return nil, false, o.fault
	}
	defer func() { o.fault = err }()
	if !o.isAside {
		line, err, ok := o.next()
		if err != nil {
			return nil, false, err
		}
		if header := o.decoder.header(line); ok && o.isInPlace(&header, source) && header.digest.matches(a) && !o.journal.retries(source, a) {
			o.inPlace += int64(len(line))
			return nil, true, nil
		}
		if err := o.putAside(); err != nil {
			return nil, false, fmt.Errorf("the output cannot be written: %w", err)
		}
	}
	at := o.offsets.get(source)
	if at == 0 {
		return nil, false, nil
	}
	o.offsets.set(source, 0)
	line, err := o.read(int64(at) - 1)
	if err != nil {
		return nil, false, err
	}
	if header := o.decoder.header(line); header.digest.matches(a) {
		return &CompletedRow{line}, false, nil
	}
	return nil, false, nil
}

// has reports whether a place has a row that is put aside.
func (o *orderedRows) has(place archive.Location) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.offsets.get(place) != 0
}

// isInPlace reports whether a row of the file is the one that counts for a place.
func (o *orderedRows) isInPlace(row *rowHeader, source archive.Location) bool {
	return row.isDone() && fileKeyOf(row.key()) == fileKeyOf(source) && row.key().Line == source.Line &&
		o.journal.done.get(source) == uint64(row.digest)
}

// putAside moves the rows that are done and not in place to where they can be copied from.
func (o *orderedRows) putAside() error {
	j := o.journal
	o.isAside = true
	o.stop()
	_ = o.main.Close()
	info, err := os.Stat(j.path)
	switch {
	case err != nil:
		return err
	case info.Size() == o.inPlace && !j.hasPrior():
		return nil
	}
	if err := atomicfile.Replace(j.priorPath(), outputMode, o.copyRest); err != nil {
		return err
	}
	j.done = placeMap{}
	if err := os.Truncate(j.path, o.inPlace); err != nil {
		return err
	}
	o.prior, err = os.Open(j.priorPath())
	o.in = bufio.NewReaderSize(o.prior, 1<<20)
	return err
}

// copyRest copies a row of each place that is done and not in place, and notes where it
// begins.
func (o *orderedRows) copyRest(to io.Writer) error {
	done := &o.journal.done
	var read, written int64
	for _, path := range []string{o.journal.path, o.journal.priorPath()} {
		if err := eachRow(path, func(line []byte, row rowHeader) error {
			read += int64(len(line))
			if !row.isDone() || done.get(row.key()) != uint64(row.digest) {
				return nil
			}
			done.set(row.key(), 0)
			if read <= o.inPlace {
				return nil
			}
			o.offsets.set(row.key(), uint64(1+written))
			written += int64(len(line))
			_, err := to.Write(line)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// read returns the row that begins at an offset of the rows put aside.
func (o *orderedRows) read(offset int64) ([]byte, error) {
	if o.at != offset {
		if _, err := o.prior.Seek(offset, io.SeekStart); err != nil {
			return nil, err
		}
		o.in.Reset(o.prior)
	}
	line, err := o.in.ReadBytes('\n')
	o.at = offset + int64(len(line))
	return line, err
}

// close ends the copying. Where the run has ended, the rows whose articles did not come
// stand at the end of the file; else what was put aside stays there, as some of it may
// have been taken up and not written.
func (o *orderedRows) close(ended bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	ended = ended && o.fault == nil
	o.fault = errClosed
	switch {
	case !o.isAside && !ended:
		o.stop()
		return o.main.Close()
	case !o.isAside:
		if err := o.putAside(); err != nil {
			return err
		}
	}
	if o.prior == nil {
		return nil
	}
	defer o.prior.Close()
	if !ended {
		return nil
	}
	j, at := o.journal, int64(0)
	if err := eachRow(j.priorPath(), func(line []byte, row rowHeader) error {
		begin := at
		at += int64(len(line))
		if o.offsets.get(row.key()) != uint64(1+begin) {
			return nil
		}
		_, err := j.file.Write(line)
		return err
	}); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	return atomicfile.Remove(j.priorPath())
}

var errClosed = errors.New("the output is closed")
