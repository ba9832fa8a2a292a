// Package ledgertest holds what every implementation of ledger.Ledger must do, as a
// suite of tests that each implementation runs.
package ledgertest

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
)

// Run runs the suite, under clocks of its own. Open
// returns an empty ledger and arranges that it is closed when the test ends.
func Run(t *testing.T, open func(t *testing.T) ledger.Ledger) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, ledger.Ledger)
	}{
		{"an empty ledger has nothing spent", testNothingSpent},
		{"a reservation counts until it is settled", testReserveSettle},
		{"each part of a limit binds", testLimits},
		{"a reservation is made in all accounts or in none", testAllOrNone},
		{"a reservation expires", testExpiry},
		{"a reservation that expired is settled all the same", testLateSettle},
		{"a day ends at midnight UTC", testMidnight},
		{"a call counts on the day of its reservation", testOverMidnight},
		{"calls at once exceed a limit by no more than they were underestimated", testConcurrentBudget},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test.run(t, open(t)) })
		})
	}
}

// amount is a number of tokens that cost two micro-dollars each.
func amount(tokens int64) ledger.Spending {
	return ledger.Spending{Tokens: tokens, MicroUSD: 2 * tokens}
}

func account(name string, limit ledger.Spending) ledger.Account {
	return ledger.Account{Name: name, Limit: limit}
}

func reserve(t *testing.T, l ledger.Ledger, amount ledger.Spending, accounts ...ledger.Account) *ledger.Reservation {
	t.Helper()
	r, err := l.Reserve(t.Context(), amount, time.Minute, accounts...)
	if err != nil {
		t.Fatalf("Reserve(%v): %v", amount, err)
	}
	return r
}

// refuse checks that an amount cannot be reserved, and on which account it fails.
func refuse(t *testing.T, l ledger.Ledger, amount ledger.Spending, name string, accounts ...ledger.Account) {
	t.Helper()
	_, err := l.Reserve(t.Context(), amount, time.Minute, accounts...)
	var over *ledger.OverBudgetError
	if !errors.As(err, &over) {
		t.Fatalf("Reserve(%v): %v, want an OverBudgetError", amount, err)
	}
	if today := ledger.DayOf(time.Now()); over.Account.Name != name || over.Day != today {
		t.Errorf("over budget are %q on %s, want %q on %s", over.Account.Name, over.Day, name, today)
	}
}

func checkSpent(t *testing.T, l ledger.Ledger, account string, spent, reserved ledger.Spending) {
	t.Helper()
	if s, r := l.Spent(account); s != spent || r != reserved {
		t.Errorf("Spent(%q) = %v, %v, want %v, %v", account, s, r, spent, reserved)
	}
}

func testNothingSpent(t *testing.T, l ledger.Ledger) {
	checkSpent(t, l, "all", amount(0), amount(0))
}

func testReserveSettle(t *testing.T, l ledger.Ledger) {
	all := account("all", amount(100))
	r := reserve(t, l, amount(60), all)
	checkSpent(t, l, "all", amount(0), amount(60))
	refuse(t, l, amount(41), "all", all)
	other := reserve(t, l, amount(40), all)
	l.Settle(r, amount(10))
	l.Settle(other, amount(0))
	checkSpent(t, l, "all", amount(10), amount(0))
	reserve(t, l, amount(90), all)
	refuse(t, l, amount(1), "all", all)
}

func testLimits(t *testing.T, l ledger.Ledger) {
	l.Settle(reserve(t, l, amount(50), account("a", ledger.Spending{})), amount(50))
	refuse(t, l, amount(1), "a", account("a", ledger.Spending{Tokens: 50}))
	refuse(t, l, amount(1), "a", account("a", ledger.Spending{MicroUSD: 101}))
	reserve(t, l, amount(1), account("a", ledger.Spending{Tokens: 51, MicroUSD: 102}))
	reserve(t, l, amount(1000), account("a", ledger.Spending{}))
	reserve(t, l, ledger.Spending{Tokens: 1}, account("a", ledger.Spending{MicroUSD: 99}))
}

func testAllOrNone(t *testing.T, l ledger.Ledger) {
	all, a, b := account("all", amount(100)), account("a", amount(30)), account("b", amount(80))
	refuse(t, l, amount(31), "a", all, a)
	checkSpent(t, l, "all", amount(0), amount(0))
	l.Settle(reserve(t, l, amount(30), all, a), amount(30))
	checkSpent(t, l, "all", amount(30), amount(0))
	checkSpent(t, l, "a", amount(30), amount(0))
	checkSpent(t, l, "b", amount(0), amount(0))
	refuse(t, l, amount(71), "all", all, b)
	reserve(t, l, amount(70), all, b)
}

func testExpiry(t *testing.T, l ledger.Ledger) {
	all := account("all", amount(100))
	reserve(t, l, amount(100), all)
	time.Sleep(time.Minute - time.Millisecond)
	refuse(t, l, amount(1), "all", all)
	time.Sleep(time.Millisecond)
	checkSpent(t, l, "all", amount(0), amount(0))
	reserve(t, l, amount(100), all)
}

func testLateSettle(t *testing.T, l ledger.Ledger) {
	all := account("all", amount(100))
	r := reserve(t, l, amount(100), all)
	time.Sleep(2 * time.Minute)
	other := reserve(t, l, amount(100), all)
	l.Settle(r, amount(70))
	checkSpent(t, l, "all", amount(70), amount(100))
	l.Settle(other, amount(30))
	refuse(t, l, amount(1), "all", all)
}

func testMidnight(t *testing.T, l ledger.Ledger) {
	all := account("all", amount(100))
	midnight := ledger.DayOf(time.Now()).End()
	time.Sleep(time.Until(midnight) - 10*time.Minute)
	l.Settle(reserve(t, l, amount(100), all), amount(100))
	time.Sleep(time.Until(midnight) - time.Nanosecond)
	refuse(t, l, amount(1), "all", all)
	time.Sleep(time.Nanosecond)
	checkSpent(t, l, "all", amount(0), amount(0))
	l.Settle(reserve(t, l, amount(100), all), amount(100))
	refuse(t, l, amount(1), "all", all)
}

func testOverMidnight(t *testing.T, l ledger.Ledger) {
	all := account("all", amount(100))
	time.Sleep(time.Until(ledger.DayOf(time.Now()).End()) - time.Second)
	r := reserve(t, l, amount(100), all)
	time.Sleep(2 * time.Second)
	l.Settle(r, amount(100))
	checkSpent(t, l, "all", amount(0), amount(0))
	reserve(t, l, amount(100), all)
}

// testConcurrentBudget has clients with wrong estimates spend at once, until
// all are refused.
func testConcurrentBudget(t *testing.T, l ledger.Ledger) {
	limit, each := amount(20_000), amount(3_000)
	var mu sync.Mutex
	spent := map[string]int64{}
	under := map[string]int64{} // what was underestimated
	book := func(name string, estimate, used int64) {
		mu.Lock()
		defer mu.Unlock()
		spent[name] += used
		under[name] += max(used-estimate, 0)
	}
	clients := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	var callers sync.WaitGroup
	for i := range 64 {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		client := clients[i%len(clients)]
		callers.Go(func() {
			for range 10_000 {
				estimate := 1 + random.Int64N(200)
				r, err := l.Reserve(t.Context(), amount(estimate), time.Hour, account("all", limit), account(client, each))
				if err != nil {
					if estimate == 1 {
						return // nothing is left
					}
					continue
				}
				time.Sleep(time.Duration(random.IntN(5)) * time.Millisecond)
				used := random.Int64N(estimate + estimate/5 + 1)
				book("all", estimate, used)
				book(client, estimate, used)
				l.Settle(r, amount(used))
			}
		})
	}
	callers.Wait()
	for name, limit := range map[string]int64{"all": limit.Tokens, "a": each.Tokens, "h": each.Tokens} {
		checkSpent(t, l, name, amount(spent[name]), amount(0))
		if spent[name] > limit+under[name] {
			t.Errorf("%q spent %d of %d and underestimated %d", name, spent[name], limit, under[name])
		}
		if spent[name] < limit/2 {
			t.Errorf("%q spent no more than %d of %d", name, spent[name], limit)
		}
	}
	refuse(t, l, limit, "all", account("all", limit))
}
