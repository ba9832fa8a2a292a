package cache

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// compactBytes is the size of the file from which on it is compacted, where less than
	// one part in compactShare of it is in use.
	compactBytes = 16 << 20
	compactShare = 2

	// compactPause lies between tries of what failed, such as for want of room.
	compactPause = time.Hour

	// A purged text is overwritten once nothing was purged for scrubDelay, but no later than
	// scrubWithin after the first purge: a copy of the file for each of many would take hours.
	scrubDelay  = time.Second
	scrubWithin = time.Minute

	// compactTransaction is how much is copied in one transaction.
	compactTransaction = 4 << 20

	compactSuffix = ".compact"
)

// scrubKey is in the bucket meta as long as the file may still hold what was purged, in
// pages that are free.
var scrubKey = []byte("scrub")

// compactWhereDue copies what is in use into another file, which takes the place of this
// one: where most of this one is free, and where something was purged from it. It is the
// writer's. Look-ups go on meanwhile; what is stored waits in the queue.
func (d *disk) compactWhereDue(closing bool) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if d.off.Load() || time.Now().Before(d.compactAfter) {
		return
	}
	size, free, scrub := int64(0), int64(0), false
	err := d.readPages(func(p *pages) error {
		db, pages := p.meta.Tx().DB(), p.meta.Tx().DB().Stats()
		size, free = p.meta.Tx().Size(), int64(pages.FreePageN+pages.PendingPageN)*int64(db.Info().PageSize)
		scrub = p.meta.Get(scrubKey) != nil
		return nil
	})
	switch {
	case err != nil || closing && size > verifyBytes: // it would take too long, and is done after the next start
		return
	case scrub && !closing && d.awaitPurges():
		return
	case !scrub && (closing || size < compactBytes || (size-free)*compactShare > size):
		return
	}
	if err := d.compact(); err != nil {
		d.compactAfter = time.Now().Add(compactPause)
		d.metrics.DiskFault()
		if !errors.Is(err, errOff) {
			d.logger.Warn("the file of the disk cache could not be shrunk; the next try is in an hour", "path", d.path, "error", err)
		}
	}
}

// awaitPurges reports whether more purges are waited for before the file is copied, and if
// so, wakes the writer again. d.writing is held.
func (d *disk) awaitPurges() bool {
	due := d.lastPurge.Add(scrubDelay)
	if latest := d.firstPurge.Add(scrubWithin); latest.Before(due) {
		due = latest
	}
	rest := time.Until(due)
	if rest <= 0 {
		return false
	}
	time.AfterFunc(rest, func() { signal(d.wake) })
	return true
}

// compact copies the file and overwrites the one before. d.writing is held.
func (d *disk) compact() error {
	beside := d.path + compactSuffix
	if err := discard(beside); err != nil {
		return err
	}
	before, err := os.OpenFile(d.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer before.Close()
	file, err := openBolt(beside, false, func(boltFile) error { return nil })
	if err != nil {
		return err
	}
	if err := d.fill(file); err != nil {
		return errors.Join(err, file.Close(), discard(beside))
	}
	file.verified = true

	d.using.Lock()
	old := d.file
	if err := os.Rename(beside, d.path); err != nil {
		d.using.Unlock()
		return errors.Join(err, file.Close(), discard(beside))
	}
	d.file = file
	d.using.Unlock()
	d.firstPurge = time.Time{}
	syncDirectory(filepath.Dir(d.path))
	return errors.Join(old.Close(), overwrite(before))
}

// fill copies what the file has in use.
func (d *disk) fill(file boltFile) error {
	err := d.guard(func() error {
		if err := d.verifyFile(); err != nil {
			return err
		}
		file.NoSync = true
		defer func() { file.NoSync = false }()
		return bbolt.Compact(file.DB, d.file.DB, compactTransaction)
	})
	if err != nil {
		return err
	}
	return errors.Join(
		file.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Delete(scrubKey) }),
		file.Sync())
}

// syncDirectory has the names in a directory outlive a loss of power. Not all systems can.
func syncDirectory(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// discard overwrites and removes a copy that a process did not complete, if there is one.
func discard(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(overwrite(file), file.Close(), os.Remove(path))
}

// overwrite writes zeros over a file.
func overwrite(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for at := int64(0); at < info.Size(); at += int64(len(zeros)) {
		if _, err := file.WriteAt(zeros[:min(int64(len(zeros)), info.Size()-at)], at); err != nil {
			return err
		}
	}
	return file.Sync()
}
