package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

const (
	// batchRecords is the number of records written in one transaction.
	batchRecords = 256

	// flushInterval is the longest time that a record waits to be written.
	flushInterval = 50 * time.Millisecond

	// queueRecords is the number of records that wait at most.
	queueRecords = 1024

	// evictRecords is the number of records removed in one transaction at most.
	evictRecords = 1024
)

// errOff is returned for a file that turned out to be damaged while in use.
var errOff = errors.New("the disk cache is off: its file was found damaged and set aside; restart to begin a new one")

// disk is the tier that keeps records in a file.
type disk struct {
	path    string
	bound   int64
	age     ageLimit
	logger  *slog.Logger
	metrics *telemetry.Metrics

	ledger *localLedger

	using sync.RWMutex // held for reading while file is used, and for writing while another takes its place
	file  boltFile
	off   atomic.Bool // the file was given up

	// writing is held while the file is changed. It is taken before mu.
	writing sync.Mutex
	stamp   int64 // the last given out

	compactAfter time.Time // of the writer

	firstPurge, lastPurge time.Time // since the file was copied last; guarded by writing

	mu     sync.Mutex
	queued batch
	taken  batch // what the writer is writing
	closed bool

	wake chan struct{} // something is queued
	full chan struct{} // a batch is queued
	quit chan struct{}
	done chan struct{} // closed when the writer has closed the file

	closeErr      error // set before done is closed
	writeFailed   telemetry.LogLimiter
	recordDamaged telemetry.LogLimiter
}

var _ tier = (*disk)(nil)

// batch is what waits to be written.
type batch struct {
	records map[summarizer.Key]answerRecord
	order   []summarizer.Key // of records, first come first
	damaged []summarizer.Key // records found damaged, to be removed
	ledger  map[ledger.Day][]byte
}

// openDisk opens the tier and fills an empty ledger, which it keeps from then on.
func openDisk(o Options, ledger *localLedger) (*disk, error) {
	file, err := openFile(o.Dir, o.Logger)
	if err != nil {
		return nil, err
	}
	d := &disk{
		path:    filepath.Join(o.Dir, fileName),
		bound:   o.DiskBytes,
		age:     ageLimit(o.MaxAge),
		logger:  o.Logger,
		metrics: o.Metrics,
		ledger:  ledger,
		file:    file,
		queued:  batch{records: make(map[summarizer.Key]answerRecord)},
		wake:    make(chan struct{}, 1),
		full:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	if err := discard(d.path + compactSuffix); err != nil {
		d.logger.Warn("a copy of the disk cache that a process did not complete could not be removed", "path", d.path+compactSuffix, "error", err)
	}
	d.loadLedger()
	go d.run()
	return d, nil
}

// loadLedger reads what is spent. An entry that is damaged is left out, and what
// it held can be spent once more.
func (d *disk) loadLedger() {
	damaged := false
	// A file that cannot be read is reported where that is found.
	_ = d.readPages(func(p *pages) error {
		damaged = d.ledger.load(p.meta.Tx())
		return nil
	})
	if damaged {
		d.metrics.DiskFault()
		d.logger.Warn("the spending on language models on disk is damaged and counts as zero", "path", d.path)
	}
	d.ledger.wake = d.wake
}

func (d *disk) name() string { return "disk" }

func (d *disk) ready() bool { return !d.off.Load() }

// lookup looks at what waits to be written first: what is not there any more is
// in the file.
func (d *disk) lookup(_ context.Context, key summarizer.Key) (answerRecord, error) {
	waiting := d.waiting(key)
	var r answerRecord
	err := d.readPages(func(p *pages) (err error) {
		r, err = p.load(key[:])
		return err
	})
	switch {
	case errors.Is(err, errEntry):
		d.dropDamaged(key)
	case err != nil && !errors.Is(err, errOff): // that was reported
		return answerRecord{}, err
	}
	if len(waiting.answers) > 0 {
		r = answerRecord{article: waiting.article, answers: d.age.merge(waiting.answers, r.answers)}
	}
	return r, nil
}

// waiting returns what is not in the file yet.
func (d *disk) waiting(key summarizer.Key) answerRecord {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.taken.records[key]
	queued, ok := d.queued.records[key]
	if !ok {
		return taken
	}
	return answerRecord{article: queued.article, answers: d.age.merge(queued.answers, taken.answers)}
}

// dropDamaged has the writer remove a damaged record.
func (d *disk) dropDamaged(key summarizer.Key) {
	d.metrics.DiskFault()
	if d.recordDamaged.Allow() {
		d.logger.Warn("a record of the disk cache is damaged and removed", "path", d.path)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queued.damaged) < queueRecords {
		d.queued.damaged = append(d.queued.damaged, key)
		signal(d.wake)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (d *disk) store(key summarizer.Key, r answerRecord) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, waits := d.queued.records[key]
	if d.closed || d.off.Load() || !waits && len(d.queued.order) >= queueRecords {
		d.metrics.CacheDropped(len(r.answers))
		return
	}
	if !waits {
		d.queued.order = append(d.queued.order, key)
	}
	d.queued.records[key] = answerRecord{article: r.article, answers: d.age.merge(r.answers, old.answers)}
	signal(d.wake)
	if len(d.queued.order) >= batchRecords {
		signal(d.full)
	}
}

// run writes what is queued until the tier is closed, then closes the file.
func (d *disk) run() {
	defer close(d.done)
	d.tidy()
	d.compactWhereDue(false)
	for open := true; open; {
		open = d.wait()
		more, err := d.flush()
		for failures := 0; !open && more && failures < closingFailures; {
			if err != nil {
				failures++
			}
			more, err = d.flush()
		}
		d.compactWhereDue(!open)
	}
	if d.off.Load() {
		return
	}
	d.closeErr = d.file.Close()
}

// tidy removes what is too much or too old.
func (d *disk) tidy() {
	overdue := false
	err := d.readPages(func(p *pages) error {
		overdue = p.overdue(d.bound, d.oldest())
		return nil
	})
	for overdue && err == nil {
		overdue, err = d.evict()
	}
	if err != nil && !errors.Is(err, errOff) {
		d.failed(err, 0)
	}
}

// oldest returns the time before which records are too old.
func (d *disk) oldest() time.Time { return time.Now().Add(-time.Duration(d.age)) }

// evict removes some of what is too much or too old and reports whether there is
// more of it.
func (d *disk) evict() (more bool, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	err = d.writePages(func(p *pages) error {
		more, err = p.evict(d.bound, d.oldest(), evictRecords)
		return err
	})
	return more, err
}

// tidyInterval lies between looks for what is too old while nothing is written.
const tidyInterval = time.Hour

// wait returns when it is time to write, and false when the tier is closed.
func (d *disk) wait() bool {
	idle := time.NewTicker(tidyInterval)
	defer idle.Stop()
	for waits := true; waits; {
		select {
		case <-d.wake:
			waits = false
		case <-idle.C:
			d.tidy()
			d.compactWhereDue(false)
		case <-d.quit:
			return false
		}
	}
	due := time.NewTimer(flushInterval)
	defer due.Stop()
	select {
	case <-d.full:
	case <-due.C:
	case <-d.quit:
		return false
	}
	return true
}

const (
	// ledgerPause lies between tries to write what is spent.
	ledgerPause = time.Second

	// closingFailures is how many writes may fail before the file is closed.
	closingFailures = 2 * queueRecords / batchRecords
)

// flush writes one batch and reports whether there was any. Spending is written
// again, later, where that fails; answers are not.
func (d *disk) flush() (some bool, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	b := d.take()
	if b.ledger, err = d.ledger.changes(); err != nil {
		d.failed(err, 0)
	}
	if len(b.order) == 0 && len(b.damaged) == 0 && b.ledger == nil {
		return false, nil
	}
	err = d.writePages(func(p *pages) error { return d.write(p, b) })
	d.mu.Lock()
	d.taken = batch{}
	d.mu.Unlock()
	if err != nil && b.ledger != nil && !d.off.Load() {
		d.ledger.unwritten()
		time.AfterFunc(ledgerPause, func() { signal(d.wake) })
	}
	if err != nil {
		answers := 0
		for _, r := range b.records {
			answers += len(r.answers)
		}
		d.failed(err, answers)
	}
	return true, err
}

// take moves a batch out of the queue. Until it is written, look-ups find it in
// d.taken.
func (d *disk) take() batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(d.queued.order), batchRecords)
	b := batch{
		records: make(map[summarizer.Key]answerRecord, n),
		order:   slices.Clone(d.queued.order[:n]),
		damaged: d.queued.damaged,
	}
	for _, key := range b.order {
		b.records[key] = d.queued.records[key]
		delete(d.queued.records, key)
	}
	d.queued.order = slices.Delete(d.queued.order, 0, n)
	d.queued.damaged = nil
	d.taken = b
	if len(d.queued.order) > 0 {
		signal(d.wake)
	}
	if len(d.queued.order) >= batchRecords {
		signal(d.full)
	}
	return b
}

// write merges a batch into the file, writes what is spent, removes damaged
// records and makes room.
func (d *disk) write(p *pages, b batch) error {
	if b.ledger != nil {
		if err := putLedger(p.meta.Tx(), b.ledger); err != nil {
			return err
		}
	}
	for _, key := range b.damaged {
		if _, err := p.load(key[:]); err == nil {
			continue
		}
		if err := p.remove(key[:]); err != nil {
			return err
		}
	}
	for _, key := range b.order {
		r := b.records[key]
		if stored, err := p.load(key[:]); err == nil {
			r.answers = d.age.merge(r.answers, stored.answers)
		}
		entry, err := encodeEntry(r)
		if err != nil {
			d.failed(err, len(r.answers))
			continue
		}
		d.stamp = p.freeStamp(d.stamp)
		if err := p.put(key[:], entry, newOrderEntry(key[:], r), encodeStamp(d.stamp)); err != nil {
			return err
		}
	}
	_, err := p.evict(d.bound, d.oldest(), evictRecords)
	return err
}

// failed counts and reports a failed write and the answers that were lost by it.
func (d *disk) failed(err error, answers int) {
	d.metrics.DiskFault()
	d.metrics.CacheDropped(answers)
	if !errors.Is(err, errOff) && d.writeFailed.Allow() {
		d.logger.Warn("the disk cache could not be written; answers and spending are kept in memory only",
			"path", d.path, "error", err)
	}
}

func (d *disk) purge(article summarizer.Key) (int, error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	queued := d.removeQueued(func(r answerRecord) bool { return r.article == article })
	removed := 0
	err := d.writePages(func(p *pages) error {
		for _, key := range p.keysOfArticle(article) {
			r, err := p.load(key[:])
			if err == nil && r.article != article {
				continue
			}
			removed += len(merge(queued[key].answers, r.answers))
			delete(queued, key)
			if err := p.purge(key[:]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, r := range queued {
		removed += len(r.answers)
	}
	d.notePurge()
	return removed, err
}

func (d *disk) purgeAll() (int, error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	queued := d.removeQueued(func(answerRecord) bool { return true })
	removed := 0
	err := d.writePages(func(p *pages) error {
		removed = int(p.usage.answers)
		for key, r := range queued {
			stored, _ := p.load(key[:])
			removed += len(merge(r.answers, stored.answers)) - len(stored.answers)
		}
		return p.clear()
	})
	d.notePurge()
	return removed, err
}

// notePurge has the writer overwrite the text that was removed. d.writing is held.
func (d *disk) notePurge() {
	d.lastPurge = time.Now()
	if d.firstPurge.IsZero() {
		d.firstPurge = d.lastPurge
	}
	signal(d.wake)
}

// removeQueued takes the records of a kind out of the queue. d.writing is held, so
// that none of them is being written.
func (d *disk) removeQueued(kind func(answerRecord) bool) map[summarizer.Key]answerRecord {
	d.mu.Lock()
	defer d.mu.Unlock()
	removed := make(map[summarizer.Key]answerRecord)
	d.queued.order = slices.DeleteFunc(d.queued.order, func(key summarizer.Key) bool {
		r := d.queued.records[key]
		if !kind(r) {
			return false
		}
		removed[key] = r
		delete(d.queued.records, key)
		return true
	})
	return removed
}

func (d *disk) stats(s *Stats) error {
	s.DiskPath = d.path
	return d.readPages(func(p *pages) error {
		s.DiskEntries, s.DiskBytes = p.usage.records, p.usage.bytes
		if first, _ := p.order.Cursor().First(); first != nil {
			s.Oldest = stampTime(first)
		}
		return nil
	})
}

func (d *disk) close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	close(d.quit)
	if !endsInTime(d.done) {
		return fmt.Errorf("%s: the disk cache was not written within %v; what was still queued is lost", d.path, closeTimeout)
	}
	return d.closeErr
}

// readPages lets do read the file.
func (d *disk) readPages(do func(*pages) error) error {
	return d.guard(func() error {
		return d.file.View(func(tx *bbolt.Tx) error {
			p, err := openPages(tx)
			if err != nil {
				return err
			}
			return p.do(do)
		})
	})
}

// writePages lets do change the file; an error changes nothing. d.writing is held.
func (d *disk) writePages(do func(*pages) error) error {
	return d.guard(func() error {
		if err := d.verifyFile(); err != nil {
			return err
		}
		return d.file.Update(func(tx *bbolt.Tx) error {
			p, err := openPages(tx)
			if err != nil {
				return err
			}
			if err := p.do(do); err != nil {
				return err
			}
			return p.meta.Put(usageKey, p.usage.encode())
		})
	})
}

// verifyFile verifies the file unless that was done. d.writing is held.
func (d *disk) verifyFile() error {
	if d.file.verified {
		return nil
	}
	if err := d.file.View(func(tx *bbolt.Tx) error { return verify(tx, d.file.os, true) }); err != nil {
		return err
	}
	d.file.verified = true
	return nil
}

// guard runs a function that reads the file. Bbolt checks few of the bytes that it reads:
// where pages are damaged it panics, and where the file was cut short the processor
// faults. Either ends the use of the file, not the process.
func (d *disk) guard(do func() error) (err error) {
	if d.off.Load() {
		return errOff
	}
	d.using.RLock()
	defer d.using.RUnlock()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil || errors.Is(err, errLayout) {
			err = errOff
			d.giveUp()
		}
	}()
	return do()
}

// giveUp sets the file aside. The panic may have left locks of bbolt held, so
// that its file is not touched again; the tier is off until the next start.
func (d *disk) giveUp() {
	if d.off.Swap(true) {
		return
	}
	d.metrics.DiskFault()
	info, _ := d.file.os.Stat()
	aside, err := setAside(d.path, info)
	d.file.abandon()
	d.logger.Warn("the disk cache is damaged and was set aside; answers are kept in memory only until the next start",
		"path", d.path, "renamed", aside, "error", err)
}
