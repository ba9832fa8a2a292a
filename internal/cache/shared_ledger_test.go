package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/ledger/ledgertest"
)

// heldDays is a fake of a store with compare-and-set.
type heldDays struct {
	mu       sync.Mutex
	by       map[ledger.Day]storedDay
	revision uint64
	before   func() // called before each swap
	fail     error
}

func (d *heldDays) load(_ context.Context, day ledger.Day) ([]byte, uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.by[day]
	return v.entry, v.revision, d.fail
}

func (d *heldDays) swap(_ context.Context, day ledger.Day, entry []byte, revision uint64) (uint64, error) {
	if d.before != nil {
		d.before()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.fail != nil:
		return 0, d.fail
	case d.by[day].revision != revision:
		return 0, errSwapped
	}
	if d.by == nil {
		d.by = make(map[ledger.Day]storedDay)
	}
	d.revision++
	d.by[day] = storedDay{entry, d.revision}
	return d.revision, nil
}

func startLedger(t *testing.T, d dayStore) *sharedLedger {
	t.Helper()
	l := newSharedLedger(d, slog.New(slog.DiscardHandler))
	t.Cleanup(l.close)
	return l
}

func TestSharedLedgerConformance(t *testing.T) {
	t.Run("alone", func(t *testing.T) {
		ledgertest.Run(t, func(t *testing.T) ledger.Ledger { return startLedger(t, &heldDays{}) })
	})
	t.Run("beside another process", func(t *testing.T) {
		ledgertest.Run(t, func(t *testing.T) ledger.Ledger {
			store := &heldDays{}
			return &alternating{ledgers: []*sharedLedger{startLedger(t, store), startLedger(t, store)}}
		})
	})
}

// alternating has two processes with one store take turns, and wait for each other
// where the suite expects to see what was done.
type alternating struct {
	mu      sync.Mutex
	ledgers []*sharedLedger
	n       int
}

func (a *alternating) next() *sharedLedger {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	return a.ledgers[a.n%len(a.ledgers)]
}

func (a *alternating) Reserve(ctx context.Context, amount ledger.Spending, lifetime time.Duration, accounts ...ledger.Account) (*ledger.Reservation, error) {
	return a.next().Reserve(ctx, amount, lifetime, accounts...)
}

func (a *alternating) Settle(r *ledger.Reservation, spent ledger.Spending) {
	l := a.next()
	l.Settle(r, spent)
	l.Spent("") // comes after it
}

func (a *alternating) Spent(account string) (spent, reserved ledger.Spending) {
	return a.next().Spent(account)
}

// TestSharedLedgerOutage has the store fail: no reservation is made, and a
// settlement is written once it answers again.
func TestSharedLedgerOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &heldDays{}
		l := startLedger(t, store)
		all := ledger.Account{Name: "all", Limit: budget}
		r, err := l.Reserve(t.Context(), ledger.Spending{Tokens: 50}, time.Hour, all)
		if err != nil {
			t.Fatal(err)
		}
		set := func(err error) {
			store.mu.Lock()
			defer store.mu.Unlock()
			store.fail = err
		}
		set(errors.New("no quorum"))
		l.Settle(r, ledger.Spending{Tokens: 30})
		var over *ledger.OverBudgetError
		if _, err := l.Reserve(t.Context(), ledger.Spending{Tokens: 1}, time.Hour, all); err == nil || errors.As(err, &over) {
			t.Errorf("reserving without a store: %v", err)
		}
		time.Sleep(time.Minute)
		set(nil)
		time.Sleep(time.Second)
		if spent, reserved := l.Spent("all"); spent.Tokens != 30 || reserved.Tokens != 0 {
			t.Errorf("spent %v, reserved %v, want 30 and nothing", spent, reserved)
		}
	})
}

// TestSharedLedgerDamaged damages an entry: it counts as nothing, and calls go on.
func TestSharedLedgerDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today := ledger.DayOf(time.Now())
		store := &heldDays{by: map[ledger.Day]storedDay{today: {[]byte("no entry"), 1}}, revision: 1}
		var log logs
		l := newSharedLedger(store, log.logger())
		defer l.close()
		if _, err := l.Reserve(t.Context(), ledger.Spending{Tokens: 1}, time.Hour, all); err != nil {
			t.Error(err)
		}
		if lines := log.lines(); len(lines) != 1 {
			t.Errorf("logged %q", lines)
		}
	})
}

// TestSharedLedgerOnNATS has four processes spend one budget in a real bucket.
func TestSharedLedgerOnNATS(t *testing.T) {
	s := startNATS(t)
	const processes, callers, limit = 4, 8, 2_000
	account := ledger.Account{Name: "all", Limit: ledger.Spending{Tokens: limit}}
	var ledgers []ledger.Ledger
	for range processes {
		c := openSharing(t, s, Options{})
		ledgers = append(ledgers, c.Ledger())
	}
	var spending sync.WaitGroup
	for _, l := range ledgers {
		for range callers {
			spending.Go(func() {
				for {
					r, err := l.Reserve(t.Context(), ledger.Spending{Tokens: 7}, time.Hour, account)
					var over *ledger.OverBudgetError
					if errors.As(err, &over) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					l.Settle(r, ledger.Spending{Tokens: 7})
				}
			})
		}
	}
	spending.Wait()
	for _, l := range ledgers {
		l.Spent("all") // comes after its settlements
	}
	for i, l := range ledgers {
		if spent, reserved := l.Spent("all"); spent.Tokens != limit/7*7 || reserved.Tokens != 0 {
			t.Errorf("process %d sees %v spent and %v set aside, want %d and nothing", i, spent, reserved, limit/7*7)
		}
	}
}

// TestSharedLedgerSurvives opens the bucket again after all processes are gone.
func TestSharedLedgerSurvives(t *testing.T) {
	s := startNATS(t)
	c := openSharing(t, s, Options{Dir: t.TempDir()})
	r, err := c.Ledger().Reserve(t.Context(), ledger.Spending{Tokens: 9}, time.Hour, all)
	if err != nil {
		t.Fatal(err)
	}
	c.Ledger().Settle(r, ledger.Spending{Tokens: 5})
	closed(t, c)
	d := openSharing(t, s, Options{})
	if spent, _ := d.Ledger().Spent("all"); spent.Tokens != 5 {
		t.Errorf("%d tokens are spent, want 5", spent.Tokens)
	}
	if stats, err := d.Stats(); err != nil || stats.SpentTokens != 5 {
		t.Errorf("the statistics say %d tokens, %v", stats.SpentTokens, err)
	}
	lost := d.shared.js.Conn().StatusChanged(nats.RECONNECTING)
	s.Shutdown()
	<-lost
	if _, err := d.Ledger().Reserve(t.Context(), ledger.Spending{Tokens: 1}, time.Hour, all); err == nil {
		t.Error("a reservation is made without a server")
	}
}
