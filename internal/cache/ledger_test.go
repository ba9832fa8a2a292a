package cache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/ledger/ledgertest"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

func TestLedger(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		ledgertest.Run(t, func(t *testing.T) ledger.Ledger { return openLedger(t, Options{}) })
	})
	t.Run("disk", func(t *testing.T) {
		ledgertest.Run(t, func(t *testing.T) ledger.Ledger { return openLedger(t, Options{Dir: t.TempDir()}) })
	})
}

func openLedger(t *testing.T, options Options) *localLedger {
	t.Helper()
	c, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeCache(t, c) })
	return c.ledger
}

func closeCache(t *testing.T, c *Cache) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

var (
	budget = ledger.Spending{Tokens: 1000, MicroUSD: 5000}
	all    = ledger.Account{Name: "all", Limit: budget}
	client = ledger.Account{Name: "client:desk"}
)

func book(t *testing.T, l *localLedger, tokens int64) *ledger.Reservation {
	t.Helper()
	r, err := l.Reserve(t.Context(), ledger.Spending{Tokens: tokens, MicroUSD: tokens}, time.Minute, all, client)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func checkTokens(t *testing.T, l *localLedger, account string, spent, reserved int64) {
	t.Helper()
	s, r := l.Spent(account)
	if want := (ledger.Spending{Tokens: spent, MicroUSD: spent}); s != want {
		t.Errorf("%s spent %v, want %v", account, s, want)
	}
	if want := (ledger.Spending{Tokens: reserved, MicroUSD: reserved}); r != want {
		t.Errorf("%s reserved %v, want %v", account, r, want)
	}
}

// TestLedgerRestart closes and opens the file again.
func TestLedgerRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		c, err := Open(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		l := c.ledger
		l.Settle(book(t, l, 300), ledger.Spending{Tokens: 120, MicroUSD: 120})
		open := book(t, l, 50)
		closeCache(t, c)

		l = openLedger(t, Options{Dir: dir})
		checkTokens(t, l, "all", 120, 50)
		checkTokens(t, l, "client:desk", 120, 50)
		l.Settle(open, ledger.Spending{Tokens: 40, MicroUSD: 40})
		checkTokens(t, l, "all", 160, 0)
	})
}

// TestLedgerKill copies the file as it lies after a flush interval, which is what
// a process that is killed leaves behind. What was set aside comes back when the
// call would have ended.
func TestLedgerKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, left := t.TempDir(), t.TempDir()
		l := openLedger(t, Options{Dir: dir})
		l.Settle(book(t, l, 300), ledger.Spending{Tokens: 120, MicroUSD: 120})
		book(t, l, 50)
		time.Sleep(2 * flushInterval)
		synctest.Wait()
		file, err := os.ReadFile(filepath.Join(dir, fileName))
		if err == nil {
			err = os.WriteFile(filepath.Join(left, fileName), file, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}

		l = openLedger(t, Options{Dir: left})
		checkTokens(t, l, "all", 120, 50)
		time.Sleep(time.Minute)
		checkTokens(t, l, "all", 120, 0)
	})
}

// TestLedgerNextDays opens a file after days: its spending is over, and leaves the file with
// the next change.
func TestLedgerNextDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for day := range maxDays + 2 {
			c, err := Open(Options{Dir: dir})
			if err != nil || c.disk == nil {
				t.Fatal("there is no disk tier", err)
			}
			checkTokens(t, c.ledger, "all", 0, 0)
			c.ledger.Settle(book(t, c.ledger, 7), ledger.Spending{Tokens: 7, MicroUSD: 7})
			time.Sleep(2 * flushInterval)
			synctest.Wait()
			err = c.disk.file.View(func(tx *bbolt.Tx) error {
				b := tx.Bucket(ledgerBucket)
				if n := b.Stats().KeyN; n != min(day+1, maxDays) || b.Get([]byte(ledger.DayOf(time.Now()))) == nil {
					t.Errorf("the file holds %d days on day %d", n, day)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			closeCache(t, c)
			time.Sleep(24 * time.Hour)
		}
	})
}

// A clock that runs ahead, and is set right while the process runs or is down, finds
// again what was spent.
func TestLedgerSurvivesAClockThatRunsAhead(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	l := c.ledger
	l.Settle(book(t, l, 1000), ledger.Spending{Tokens: 1000, MicroUSD: 1000})
	for _, ahead := range []time.Duration{24 * time.Hour, 72 * time.Hour, 400 * 24 * time.Hour} {
		l.mu.Lock()
		wrong := l.day(ledger.DayOf(time.Now().Add(ahead)))
		l.mu.Unlock()
		l.Settle(&ledger.Reservation{ID: "wrong", Day: wrong.day, Accounts: []string{"all"}}, ledger.Spending{Tokens: 5})
	}
	checkTokens(t, l, "all", 1000, 0)
	closed(t, c)
	c = open(t, Options{Dir: dir})
	checkTokens(t, c.ledger, "all", 1000, 0)
}

// TestLedgerDamaged changes a byte of what is spent: that is lost and reported,
// answers stay.
func TestLedgerDamaged(t *testing.T) {
	dir := t.TempDir()
	c, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	l := c.ledger
	l.Settle(book(t, l, 300), ledger.Spending{Tokens: 120, MicroUSD: 120})
	c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("m", time.Now()), time.Now())
	closeCache(t, c)
	damageLedger(t, dir)

	var log logs
	if c, err = Open(Options{Dir: dir, Logger: log.logger()}); err != nil {
		t.Fatal(err)
	}
	defer closeCache(t, c)
	checkTokens(t, c.ledger, "all", 0, 0)
	if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "on disk is damaged and counts as zero") {
		t.Errorf("logged %q", lines)
	}
	if c.disk == nil || len(c.Lookup(t.Context(), cachetest.Key(1), nil)) != 1 {
		t.Error("the answer is lost as well")
	}
}

func damageLedger(t *testing.T, dir string) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, fileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(ledgerBucket)
		day, entry := b.Cursor().First()
		spoilt := append([]byte(nil), entry...)
		spoilt[len(spoilt)-1] ^= 1
		return b.Put(append([]byte(nil), day...), spoilt)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLedgerPurge: removing answers does not make money come back.
func TestLedgerPurge(t *testing.T) {
	dir := t.TempDir()
	c, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	l := c.ledger
	l.Settle(book(t, l, 300), ledger.Spending{Tokens: 120, MicroUSD: 120})
	if _, err := c.PurgeAll(); err != nil {
		t.Fatal(err)
	}
	closeCache(t, c)
	checkTokens(t, openLedger(t, Options{Dir: dir}), "all", 120, 0)
}

// BenchmarkLedger reserves and settles beside 64 open reservations.
func BenchmarkLedger(b *testing.B) {
	c, err := Open(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	l := c.ledger
	one := ledger.Spending{Tokens: 1, MicroUSD: 1}
	free := []ledger.Account{{Name: "all"}, {Name: "client:desk"}}
	for range 64 {
		if _, err := l.Reserve(b.Context(), one, time.Hour, free...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := l.Reserve(b.Context(), one, time.Hour, free...)
		if err != nil {
			b.Fatal(err)
		}
		l.Settle(r, one)
	}
}

// What is spent and cannot be written is written once that is possible.
func TestLedgerIsWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := Open(Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		c.disk.writing.Lock()
		full := c.disk.file
		full.os.Close() // every write fails from here
		c.disk.writing.Unlock()
		c.ledger.Settle(book(t, c.ledger, 1000), ledger.Spending{Tokens: 1000})
		time.Sleep(time.Minute)

		other := t.TempDir()
		room, err := openFile(other, c.options.Logger)
		if err != nil {
			t.Fatal(err)
		}
		c.disk.writing.Lock()
		c.disk.file = room
		c.disk.writing.Unlock()
		time.Sleep(ledgerPause + 2*flushInterval)
		synctest.Wait()
		stored := newLedger()
		if err := room.View(func(tx *bbolt.Tx) error { stored.load(tx); return nil }); err != nil {
			t.Fatal(err)
		}
		if spent, _ := stored.Spent(ledger.AccountAll); spent.Tokens != 1000 {
			t.Errorf("%d tokens are written, want 1000", spent.Tokens)
		}
		closeCache(t, c)
	})
}
