// Package ledger says how what is spent on language models is accounted for. Every
// call is reserved before it is made and settled after it, so that calls at once
// stay within one budget. The interface lies here, with the types that spenders
// and stores share; the stores lie in internal/cache, in its files
// and buckets, and ledgertest has the suite that each of them passes.
package ledger

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Ledger keeps what is spent on language models, by UTC day and account. The maximum
// cost of a call is set aside before it and settled after it, so that calls at
// once cannot spend the same money. A call counts on the day on which it was
// reserved. Implementations are safe for concurrent use.
//
// A reservation holds all that it takes to settle it, so that any process with
// the same store can.
type Ledger interface {
	// Reserve sets amount aside in each of accounts, or in none of them. It counts
	// until it is settled, at most for the given time: a process that died does
	// not hold on to money that it never spent. When what is spent and set aside in an
	// account would exceed the account's limit, the error is an *OverBudgetError;
	// any other error means that the ledger cannot tell. A call that costs
	// no money is not bound by how much of it is spent.
	Reserve(ctx context.Context, amount Spending, lifetime time.Duration, accounts ...Account) (*Reservation, error)

	// Settle puts what was spent in the place of a reservation, also of one that
	// has expired. Each reservation is settled at most once.
	Settle(r *Reservation, spent Spending)

	// Spent returns what is spent in an account today, and what is set aside.
	Spent(account string) (spent, reserved Spending)
}

// Spending is an amount of what language models cost.
type Spending struct {
	Tokens   int64 // in and out
	MicroUSD int64 // millionths of a US dollar
}

// Plus returns the sum of s and other, or the maximum of what can be counted where that is
// less. Neither may be negative.
func (s Spending) Plus(other Spending) Spending {
	return Spending{add(s.Tokens, other.Tokens), add(s.MicroUSD, other.MicroUSD)}
}

func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Within reports whether s is at most limit, of which a part that is 0 is no
// limit.
func (s Spending) Within(limit Spending) bool {
	return (limit.Tokens == 0 || s.Tokens <= limit.Tokens) && (limit.MicroUSD == 0 || s.MicroUSD <= limit.MicroUSD)
}

// AccountAll is the account that every call is charged to. The calls of a client
// are charged to an account of the client's own as well.
const AccountAll = "all"

// ClientAccount returns the name of a client's own account.
func ClientAccount(client string) string { return "client:" + client }

// ClientSpending is what a client has spent on language models in one UTC day.
type ClientSpending struct {
	Client   string `json:"client"`
	Tokens   int64  `json:"tokens"` // in and out
	MicroUSD int64  `json:"microUsd"`
}

// ByClient returns what the accounts of clients among spent hold, the largest amount of
// money first, then of tokens.
func ByClient(spent map[string]Spending) (clients []ClientSpending) {
	for account, amount := range spent {
		if name, ok := strings.CutPrefix(account, ClientAccount("")); ok {
			clients = append(clients, ClientSpending{name, amount.Tokens, amount.MicroUSD})
		}
	}
	slices.SortFunc(clients, func(a, b ClientSpending) int {
		return cmp.Or(cmp.Compare(b.MicroUSD, a.MicroUSD), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Client, b.Client))
	})
	return clients
}

// Account pays for a call, alone or with others.
type Account struct {
	Name  string
	Limit Spending // of one UTC day; a part that is 0 is no limit
}

// Reservation is an amount set aside for one call.
type Reservation struct {
	ID       string // unique
	Day      Day    // on which it counts
	Accounts []string
	Amount   Spending
	Expires  time.Time // when it stops to count
}

// Day is a day in UTC, written as "2006-01-02".
type Day string

// DayOf returns the day of t.
func DayOf(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

// End returns when the day is over.
func (d Day) End() time.Time {
	start, _ := time.Parse(time.DateOnly, string(d))
	return start.AddDate(0, 0, 1)
}

// OverBudgetError says that an account cannot pay for a call.
type OverBudgetError struct {
	Account Account
	Day     Day
}

// Error implements error.
func (e *OverBudgetError) Error() string {
	return fmt.Sprintf("the budget of account %q for %s does not suffice", e.Account.Name, e.Day)
}
