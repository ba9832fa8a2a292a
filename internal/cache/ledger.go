package cache

import (
	"context"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/ledger"
)

// Ledger keeps what is spent in memory and, where the cache has a disk tier, in
// its file. It implements ledger.Ledger.
//
// The file is written by the writer of the disk tier, in the transactions in
// which it writes answers: a reservation costs no disk access, and what came in
// since the last transaction is lost when the process is killed. What was set
// aside then but not settled counts until it expires.
type Ledger struct {
	mu      sync.Mutex
	days    map[ledger.Day]*spending
	changed bool          // since the last call of changes
	some    chan struct{} // told of changes; nil without a disk tier
}

var _ ledger.Ledger = (*Ledger)(nil)

func newLedger() *Ledger {
	return &Ledger{days: make(map[ledger.Day]*spending)}
}

// Reserve implements ledger.Ledger. Its only errors are those of a budget.
func (l *Ledger) Reserve(_ context.Context, amount ledger.Spending, lifetime time.Duration, accounts ...ledger.Account) (*ledger.Reservation, error) {
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
func (l *Ledger) Settle(r *ledger.Reservation, spent ledger.Spending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.day(r.Day).settle(r, spent)
	l.change()
}

// Spent implements ledger.Ledger.
func (l *Ledger) Spent(account string) (spent, reserved ledger.Spending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	s := l.day(ledger.DayOf(now))
	s.expire(now)
	return s.of(account)
}

// day returns what is spent on a day. A day that is begun makes those before
// yesterday go: yesterday may still have calls to settle, and a clock that is set
// back finds its day again. l.mu is held.
func (l *Ledger) day(day ledger.Day) *spending {
	s := l.days[day]
	if s == nil {
		s = newSpending(day)
		l.days[day] = s
		for other := range l.days {
			if !kept(other, time.Now()) {
				delete(l.days, other)
			}
		}
	}
	return s
}

// kept reports whether a day is worth keeping: one next to today or today.
func kept(day ledger.Day, now time.Time) bool {
	return day == ledger.DayOf(now) || day == ledger.DayOf(now.AddDate(0, 0, -1)) || day == ledger.DayOf(now.AddDate(0, 0, 1))
}

// change notes that there is something to write. l.mu is held.
func (l *Ledger) change() {
	if l.some != nil && !l.changed {
		l.changed = true
		signal(l.some)
	}
}

// changes returns the entries to write, by day; none when nothing changed.
func (l *Ledger) changes() (map[ledger.Day][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.changed {
		return nil, nil
	}
	l.changed = false
	entries := make(map[ledger.Day][]byte, len(l.days))
	for day, s := range l.days {
		entry, err := s.encode()
		if err != nil {
			return nil, err
		}
		entries[day] = entry
	}
	return entries, nil
}

// load fills an empty ledger from the file and reports whether an entry of it is
// damaged. Days that are over stay out.
func (l *Ledger) load(tx *bbolt.Tx) (damaged bool) {
	b := tx.Bucket(ledgerBucket)
	if b == nil {
		return false
	}
	c := b.Cursor()
	for key, entry := c.First(); key != nil; key, entry = c.Next() {
		day := ledger.Day(key)
		if !kept(day, time.Now()) {
			continue
		}
		s, err := decodeSpending(day, entry)
		if err != nil {
			damaged = true
			continue
		}
		l.days[day] = s
	}
	return damaged
}

// putLedger makes entries all that the file holds of a ledger.
func putLedger(tx *bbolt.Tx, entries map[ledger.Day][]byte) error {
	b, err := tx.CreateBucketIfNotExists(ledgerBucket)
	if err != nil {
		return err
	}
	var over [][]byte
	err = b.ForEach(func(key, _ []byte) error {
		if _, ok := entries[ledger.Day(key)]; !ok {
			over = append(over, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range over {
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	for day, entry := range entries {
		if err := b.Put([]byte(day), entry); err != nil {
			return err
		}
	}
	return nil
}
