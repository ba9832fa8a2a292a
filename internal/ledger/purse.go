package ledger

import (
	"context"
	"sync"
	"time"
)

// AccountRun is the account of one run over an archive.
const AccountRun = "run"

// Purse is a Ledger that bounds what one run spends beside the accounts of days. A run
// may take longer than a day, and the purse is not refilled at midnight. It lives in
// memory: a run that is resumed has a purse of its own.
type Purse struct {
	Ledger
	limit int64 // millionths of a US dollar

	mu      sync.Mutex
	spent   Spending
	held    map[string]int64 // set aside, by the id of the reservation
	holding int64            // the sum of held
	settled chan struct{}    // closed when a reservation is settled
}

// NewPurse returns a purse over book that lets at most limit millionths of a US dollar be
// spent.
func NewPurse(book Ledger, limit int64) *Purse {
	return &Purse{Ledger: book, limit: limit, held: make(map[string]int64), settled: make(chan struct{})}
}

// Reserve implements Ledger. A call that fits, but not beside what other calls have set
// aside, waits until they are settled: most cost less than they have set aside. Where it
// exceeds the limit even so, the error is an *OverBudgetError of AccountRun.
func (p *Purse) Reserve(ctx context.Context, amount Spending, lifetime time.Duration, accounts ...Account) (*Reservation, error) {
	for {
		p.mu.Lock()
		total := add(p.spent.MicroUSD, amount.MicroUSD)
		switch {
		case amount.MicroUSD == 0 || add(total, p.holding) <= p.limit:
			p.holding = add(p.holding, amount.MicroUSD)
			p.mu.Unlock()
			return p.take(ctx, amount, lifetime, accounts)
		case total > p.limit:
			p.mu.Unlock()
			return nil, p.over()
		}
		settled := p.settled
		p.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Fits returns an *OverBudgetError of AccountRun where amount does not fit beside what is
// spent and set aside.
func (p *Purse) Fits(amount Spending) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if amount.MicroUSD == 0 || add(add(p.spent.MicroUSD, p.holding), amount.MicroUSD) <= p.limit {
		return nil
	}
	return p.over()
}

func (p *Purse) over() error {
	return &OverBudgetError{Account: Account{Name: AccountRun, Limit: Spending{MicroUSD: p.limit}}, Day: DayOf(time.Now())}
}

// take reserves in the ledger what the purse holds already.
func (p *Purse) take(ctx context.Context, amount Spending, lifetime time.Duration, accounts []Account) (*Reservation, error) {
	r, err := p.Ledger.Reserve(ctx, amount, lifetime, accounts...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.release(amount.MicroUSD)
		return nil, err
	}
	p.held[r.ID] = amount.MicroUSD
	return r, nil
}

// Settle implements Ledger.
func (p *Purse) Settle(r *Reservation, spent Spending) {
	p.Ledger.Settle(r, spent)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent = p.spent.Plus(spent)
	p.release(p.held[r.ID])
	delete(p.held, r.ID)
}

// release gives back an amount that was set aside and lets the waiting callers look again. p.mu is held.
func (p *Purse) release(amount int64) {
	p.holding -= amount
	close(p.settled)
	p.settled = make(chan struct{})
}
