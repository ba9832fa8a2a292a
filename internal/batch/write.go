package batch

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"time"
)

// rowWriter writes rows, counts them and reports the progress.
type rowWriter struct {
	run                *runner
	out                io.Writer
	stopReading, abort func()

	buffer   []byte
	waiting  map[int64]finishedRow // ordered: those before whom others come
	next     int64                 // ordered: the number that is to be written next
	buffered Counts                // of the rows that are written or in the buffer
	counts   Counts                // of the rows that are written
	ids      idSet
	endCause error // why the run was ended early, with all that was in flight
	writeErr error // of the output: nothing is written any more
}

const (
	flushEvery = 50 * time.Millisecond
	flushBytes = 64 << 10
)

// write writes rows until their channel closes. When the output fails it
// ends the run and discards the rest.
func (w *rowWriter) write(rows <-chan finishedRow) error {
	w.waiting = make(map[int64]finishedRow)
	flush, progress := time.NewTicker(flushEvery), time.NewTicker(w.run.ProgressEvery)
	defer flush.Stop()
	defer progress.Stop()
	for {
		select {
		case o, ok := <-rows:
			if !ok {
				w.appendWaiting()
				w.reportProgress()
				return cmp.Or(w.writeErr, w.endCause)
			}
			w.accept(o)
			if len(rows) == 0 || len(w.buffer) >= flushBytes {
				w.flush()
			}
		case <-flush.C:
			w.flush()
		case <-progress.C:
			w.reportProgress()
		}
	}
}

// accept puts a row into the buffer when it has its turn.
func (w *rowWriter) accept(o finishedRow) {
	if !w.run.Ordered {
		w.append(o)
		return
	}
	w.waiting[o.number] = o
	for {
		o, ok := w.waiting[w.next]
		if !ok {
			return
		}
		delete(w.waiting, w.next)
		w.next++
		w.append(o)
	}
}

// appendWaiting writes what was answered behind an article that was not.
func (w *rowWriter) appendWaiting() {
	for ; len(w.waiting) > 0; w.next++ {
		if o, ok := w.waiting[w.next]; ok {
			delete(w.waiting, w.next)
			w.append(o)
		}
	}
	w.flush()
}

func (w *rowWriter) append(o finishedRow) {
	<-w.run.unwritten
	if o.fatal != nil {
		w.end(o.fatal)
	}
	if o.line == nil && o.status == "" {
		return
	}
	w.buffer = append(w.buffer, o.line...)
	if o.status == "" {
		return
	}
	w.buffered.add(o)
	if o.id != "" && o.line != nil && w.ids.isDuplicate(o.id) {
		w.buffered.DuplicateIDs++
	}
}

// flush writes whole rows and only then counts them.
func (w *rowWriter) flush() {
	if w.writeErr == nil && len(w.buffer) > 0 {
		if _, err := w.out.Write(w.buffer); err != nil {
			w.writeErr = fmt.Errorf("the output cannot be written: %w", err)
			w.stopReading()
			w.abort()
		}
	}
	if w.writeErr == nil {
		w.counts = w.buffered
		w.counts.Reasons, w.counts.Degradations = slices.Clone(w.buffered.Reasons), slices.Clone(w.buffered.Degradations)
	}
	w.buffer = w.buffer[:0]
	if limit := w.run.MaxErrors; limit > 0 && w.counts.Failed >= limit {
		w.end(ErrTooManyErrors)
	}
}

// end reads no further.
func (w *rowWriter) end(why error) {
	if w.endCause == nil {
		w.endCause = why
	}
	w.stopReading()
}

func (w *rowWriter) reportProgress() {
	if w.run.Progress != nil {
		w.run.Progress(w.counts)
	}
}

// idSet finds ids that stand twice, by a hash of each.
type idSet struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

// maxTrackedIDs bounds the memory of an idSet to some 20 MB.
const maxTrackedIDs = 1_000_000

func (s *idSet) isDuplicate(id string) bool {
	if s.seen == nil {
		s.seed, s.seen = maphash.MakeSeed(), make(map[uint64]struct{})
	}
	h := maphash.String(s.seed, id)
	_, repeated := s.seen[h]
	if len(s.seen) < maxTrackedIDs {
		s.seen[h] = struct{}{}
	}
	return repeated
}
