package cache

import (
	"crypto/rand"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/cache/cachepb"
	"github.com/seed-59202292/summarizer/internal/ledger"
)

// daySpending is what is spent and set aside on one day. It is a value of its own,
// so that a store with an atomic compare-and-set can keep it as one entry.
type daySpending struct {
	day   ledger.Day
	spent map[string]ledger.Spending     // by account
	held  map[string]*ledger.Reservation // by id
}

func newDaySpending(day ledger.Day) *daySpending {
	return &daySpending{
		day:   day,
		spent: make(map[string]ledger.Spending),
		held:  make(map[string]*ledger.Reservation),
	}
}

// reserve sets amount aside in all of accounts, or in none.
func (s *daySpending) reserve(now time.Time, amount ledger.Spending, lifetime time.Duration, accounts []ledger.Account) (*ledger.Reservation, error) {
	s.expire(now)
	r := &ledger.Reservation{ID: rand.Text(), Day: s.day, Amount: amount, Expires: now.Add(lifetime)}
	for _, account := range accounts {
		spent, reserved := s.account(account.Name)
		limit := account.Limit
		if amount.MicroUSD == 0 {
			limit.MicroUSD = 0 // what costs nothing goes on when the money is spent
		}
		if !spent.Plus(reserved).Plus(amount).Within(limit) {
			return nil, &ledger.OverBudgetError{Account: account, Day: s.day}
		}
		r.Accounts = append(r.Accounts, account.Name)
	}
	s.held[r.ID] = r
	return r, nil
}

// settle books what was spent and gives back what was set aside.
func (s *daySpending) settle(r *ledger.Reservation, spent ledger.Spending) {
	delete(s.held, r.ID)
	for _, account := range r.Accounts {
		s.spent[account] = s.spent[account].Plus(spent)
	}
}

// account returns what is spent and set aside in an account. Reservations are few, no
// more than calls at once, so that they are added up when asked for.
func (s *daySpending) account(account string) (spent, reserved ledger.Spending) {
	for _, r := range s.held {
		for _, name := range r.Accounts {
			if name == account {
				reserved = reserved.Plus(r.Amount)
			}
		}
	}
	return s.spent[account], reserved
}

// expire gives back what nobody settled in time.
func (s *daySpending) expire(now time.Time) {
	for id, r := range s.held {
		if !now.Before(r.Expires) {
			delete(s.held, id)
		}
	}
}

// encode returns s as it lies on disk: a cachepb.DaySpending behind version and
// checksum. It fails on names that are not valid UTF-8.
func (s *daySpending) encode() ([]byte, error) {
	p := &cachepb.DaySpending{}
	for name, spent := range s.spent {
		p.Accounts = append(p.Accounts, &cachepb.AccountSpending{Name: name, Tokens: spent.Tokens, MicroUsd: spent.MicroUSD})
	}
	for _, r := range s.held {
		p.Reservations = append(p.Reservations, &cachepb.Reservation{
			Id:                 r.ID,
			Accounts:           r.Accounts,
			Tokens:             r.Amount.Tokens,
			MicroUsd:           r.Amount.MicroUSD,
			ExpireTimeUnixNano: r.Expires.UnixNano(),
		})
	}
	body, err := proto.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encoding what is spent: %w", err)
	}
	return seal(body), nil
}

// decodeDaySpending returns what encode wrote for a day.
func decodeDaySpending(day ledger.Day, entry []byte) (*daySpending, error) {
	body, err := unseal(entry)
	if err != nil {
		return nil, err
	}
	var p cachepb.DaySpending
	if err := proto.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("%w: not what was spent", errEntry)
	}
	s := newDaySpending(day)
	for _, a := range p.Accounts {
		s.spent[a.Name] = ledger.Spending{Tokens: a.Tokens, MicroUSD: a.MicroUsd}
	}
	for _, r := range p.Reservations {
		s.held[r.Id] = &ledger.Reservation{
			ID:       r.Id,
			Day:      day,
			Accounts: r.Accounts,
			Amount:   ledger.Spending{Tokens: r.Tokens, MicroUSD: r.MicroUsd},
			Expires:  time.Unix(0, r.ExpireTimeUnixNano),
		}
	}
	return s, nil
}
