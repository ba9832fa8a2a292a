package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
)

// book is a ledger without limits that counts its reservations.
type book struct {
	reserved int
	refuse   error
	spent    ledger.Spending
}

func (b *book) Reserve(_ context.Context, amount ledger.Spending, _ time.Duration, _ ...ledger.Account) (*ledger.Reservation, error) {
	if b.refuse != nil {
		return nil, b.refuse
	}
	b.reserved++
	return &ledger.Reservation{ID: fmt.Sprint(b.reserved), Amount: amount}, nil
}

func (b *book) Settle(_ *ledger.Reservation, spent ledger.Spending) { b.spent = b.spent.Plus(spent) }

func (*book) Spent(string) (spent, reserved ledger.Spending) { return }

// TestPurse checks that a run never has more set aside and spent than its limit, that a
// call waits for others where it may still fit, and that what the ledger refuses is given
// back.
func TestPurse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		under := &book{}
		p := ledger.NewPurse(under, 100)
		usd := func(n int64) ledger.Spending { return ledger.Spending{Tokens: 1, MicroUSD: n} }
		first, err := p.Reserve(t.Context(), usd(60), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var second *ledger.Reservation
		done := make(chan error)
		go func() {
			var err error
			second, err = p.Reserve(t.Context(), usd(80), time.Minute)
			done <- err
		}()
		synctest.Wait()
		if under.reserved != 1 {
			t.Fatal("a call that exceeds the limit with another was let through")
		}
		p.Settle(first, usd(15))
		if err := <-done; err != nil || under.reserved != 2 {
			t.Fatalf("%v, %d reservations: the call fits once the other is settled", err, under.reserved)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Reserve(gone, usd(20), time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("a call that waits ends with %v", err)
		}
		p.Settle(second, usd(70))

		over, ok := errors.AsType[*ledger.OverBudgetError](errorOf(p.Reserve(t.Context(), usd(16), time.Minute)))
		if !ok || over.Account.Name != ledger.AccountRun {
			t.Errorf("%v, want that the run is over its budget", over)
		}
		if _, err := p.Reserve(t.Context(), usd(0), time.Minute); err != nil {
			t.Errorf("a call that is free: %v", err)
		}
		under.refuse = errors.New("the disk is full")
		for range 3 { // were it not given back, the second would wait for nobody
			if _, err := p.Reserve(t.Context(), usd(15), time.Minute); !errors.Is(err, under.refuse) {
				t.Errorf("%v, want the error of the ledger", err)
			}
		}
		if under.spent.MicroUSD != 85 {
			t.Errorf("%d charged, want 85", under.spent.MicroUSD)
		}
	})
}

func errorOf(_ *ledger.Reservation, err error) error { return err }
