package cache

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/seed-59202292/summarizer/internal/ledger"
)

// localLedger keeps what is spent in memory and, where the cache has a disk tier, in
// its file. It implements ledger.Ledger.
//
// The file is written by the writer of the disk tier, in the transactions in
// which it writes answers: a reservation costs no disk access, and what came in
// since the last transaction is lost when the process is killed. An amount
// that was set aside then but not settled counts until it expires.
type localLedger struct {
	mu      sync.Mutex
	days    map[ledger.Day]*daySpending
	used    []ledger.Day  // the days, the one used last at the end
	changed bool          // since the last call of changes
	wake    chan struct{} // told of changes; nil without a disk tier
}

var _ ledger.Ledger = (*localLedger)(nil)

func newLedger() *localLedger {
	return &localLedger{days: make(map[ledger.Day]*daySpending)}
}

// Reserve implements ledger.Ledger. It fails only when a budget is exhausted.
func (l *localLedger) Reserve(_ context.Context, amount ledger.Spending, lifetime time.Duration, accounts ...ledger.Account) (*ledger.Reservation, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	r, err := l.day(ledger.DayOf(now)).reserve(now, amount, lifetime, accounts)
	if err == nil {
		l.change()
	}
	return r, err
}

// Settle implements ledger.Ledger.
func (l *localLedger) Settle(r *ledger.Reservation, spent ledger.Spending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.day(r.Day).settle(r, spent)
	l.change()
}

// Spent implements ledger.Ledger.
func (l *localLedger) Spent(account string) (spent, reserved ledger.Spending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	s := l.day(ledger.DayOf(now))
	s.expire(now)
	return s.account(account)
}

// byAccount returns what is spent today, by account.
func (l *localLedger) byAccount() map[string]ledger.Spending {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.day(ledger.DayOf(time.Now())).spent)
}

// maxDays is the number of days that a ledger keeps: today; yesterday, which may still have
// calls to settle; and others, so that a clock that is set right finds its day again.
const maxDays = 4

// day returns what is spent on a day. The day that was not used for longest makes room for
// it, whatever the clock says. l.mu is held.
func (l *localLedger) day(day ledger.Day) *daySpending {
	s := l.days[day]
	if s == nil {
		s = newDaySpending(day)
	}
	l.keep(s)
	return s
}

// keep notes the use of a day. l.mu is held.
func (l *localLedger) keep(s *daySpending) {
	l.days[s.day] = s
	l.used = touch(l.used, s.day)
	if len(l.used) > maxDays {
		delete(l.days, l.used[0])
		l.used = l.used[1:]
	}
}

// touch moves a day to the end of the list of used days, or puts it there.
func touch(used []ledger.Day, day ledger.Day) []ledger.Day {
	if n := len(used); n > 0 && used[n-1] == day {
		return used
	}
	return append(slices.DeleteFunc(used, func(d ledger.Day) bool { return d == day }), day)
}

// change notes that there is something to write. l.mu is held.
func (l *localLedger) change() {
	if l.wake != nil && !l.changed {
		l.changed = true
		signal(l.wake)
	}
}

// changes returns the entries to write, by day; none when nothing changed.
func (l *localLedger) changes() (map[ledger.Day][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.changed {
		return nil, nil
	}
	entries := make(map[ledger.Day][]byte, len(l.days))
	for day, s := range l.days {
		entry, err := s.encode()
		if err != nil {
			return nil, err
		}
		entries[day] = entry
	}
	l.changed = false
	return entries, nil
}

// unwritten notes that what changes returned last could not be written.
func (l *localLedger) unwritten() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed = true
}

// load fills an empty ledger from the file and reports whether an entry of it is
// damaged.
func (l *localLedger) load(tx *bbolt.Tx) (damaged bool) {
	b := tx.Bucket(ledgerBucket)
	if b == nil {
		return false
	}
	c := b.Cursor()
	for key, entry := c.First(); key != nil; key, entry = c.Next() {
		day := ledger.Day(key)
		s, err := decodeDaySpending(day, entry)
		if err != nil {
			damaged = true
			continue
		}
		l.keep(s)
	}
	if today := l.days[ledger.DayOf(time.Now())]; today != nil {
		l.keep(today)
	}
	return damaged
}

// putLedger makes entries all that the file holds of a ledger.
func putLedger(tx *bbolt.Tx, entries map[ledger.Day][]byte) error {
	if err := tx.DeleteBucket(ledgerBucket); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
		return err
	}
	b, err := tx.CreateBucket(ledgerBucket)
	if err != nil {
		return err
	}
	for day, entry := range entries {
		if err := b.Put([]byte(day), entry); err != nil {
			return err
		}
	}
	return nil
}
