package llm

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Budget bounds the spending of one UTC day, and by one engine altogether. 0 is no
// bound.
type Budget struct {
	All       ledger.Spending // by all clients together
	PerClient ledger.Spending // by each client

	// RunMicroUSD bounds the money that the engine spends as long as it lives, for runs
	// over archives. A call that exceeds it fails without a fallback.
	RunMicroUSD int64
}

// Money reports whether b bounds money, which needs the prices of endpoints.
func (b Budget) Money() bool {
	return b.All.MicroUSD > 0 || b.PerClient.MicroUSD > 0 || b.RunMicroUSD > 0
}

// check says what is wrong with b, if anything is. Money that an endpoint spends
// without prices would not be seen, so that the budget would be none.
func (b Budget) check(endpoints []Endpoint, book ledger.Ledger) error {
	if min(b.All.Tokens, b.All.MicroUSD, b.PerClient.Tokens, b.PerClient.MicroUSD, b.RunMicroUSD) < 0 {
		return errors.New("llm: a budget must not be negative")
	}
	if b != (Budget{}) && book == nil {
		return errors.New("llm: a budget needs a ledger")
	}
	for _, e := range endpoints {
		if b.Money() && !e.Free && (e.InputPrice == 0 || e.OutputPrice == 0) {
			return fmt.Errorf("llm: endpoint %q: a budget in US dollars needs prices: set the input price and the output price of the endpoint, or mark it as free", e.WithDefaults().Name)
		}
	}
	return nil
}

// accounts returns the accounts that pay for a call of client.
func (b Budget) accounts(client string) []ledger.Account {
	return []ledger.Account{
		{Name: ledger.AccountAll, Limit: b.All},
		{Name: ledger.ClientAccount(client), Limit: b.PerClient},
	}
}

// reserve sets aside what request may cost, what goes in as estimated and all the
// output that is allowed, and returns how to settle that once
// the call is over. When the budget does not suffice there is no call.
func (r *taskRun) reserve(ep *endpoint, request *modelRequest) (settle func(completion), f *callFailure) {
	book := r.engine.ledger
	if book == nil {
		return func(completion) {}, nil
	}
	most := spending(ep.usage(request.InputTokens(), 0, request.OutputTokens))
	reservation, err := book.Reserve(r.ctx, most, ep.Timeout, r.engine.budget.accounts(r.task.Client)...)
	if err != nil {
		return nil, r.overBudget(err)
	}
	return func(answer completion) { book.Settle(reservation, answer.cost(most)) }, nil
}

// spending returns u as an amount.
func spending(u summarizer.Usage) ledger.Spending {
	return ledger.Spending{Tokens: int64(u.InputTokens) + int64(u.OutputTokens), MicroUSD: u.CostMicroUSD}
}

// cost returns the charge for a call. An endpoint that refuses a request
// takes nothing for it; one that works on it and does not say for how much, as
// when it is not waited for, may take all that was set aside.
func (c completion) cost(most ledger.Spending) ledger.Spending {
	switch {
	case c.usage != summarizer.Usage{}:
		return spending(c.usage)
	case c.called && !c.accepted:
		return ledger.Spending{}
	}
	return most
}

// overBudget is the failure of a call that is not paid for.
func (r *taskRun) overBudget(err error) *callFailure {
	over, ok := errors.AsType[*ledger.OverBudgetError](err)
	if !ok {
		return fail(summarizer.ReasonLLMUnavailable, "", "the spending on the language model cannot be read", err)
	}
	whose, scope := "this client", "client"
	switch over.Account.Name {
	case ledger.AccountAll:
		whose, scope = "all clients", "all"
	case ledger.AccountRun:
		return r.runOverBudget(over)
	}
	r.engine.metrics.LLMOverBudget(scope)
	f := fail(summarizer.ReasonBudgetExhausted, "", fmt.Sprintf("the language model budget of %s for %s (UTC) is spent: wait for the next day, or have the operator raise it", whose, over.Day), over)
	f.err.Metadata = map[string]string{"budget": scope, "resetTime": over.Day.End().Format(time.RFC3339)}
	if limit := over.Account.Limit; limit.Tokens > 0 {
		f.err.Metadata["dailyTokens"] = strconv.FormatInt(limit.Tokens, 10)
	}
	if limit := over.Account.Limit; limit.MicroUSD > 0 {
		f.err.Metadata["dailyMicroUsd"] = strconv.FormatInt(limit.MicroUSD, 10)
	}
	if day, _ := r.engine.reported.Swap(over.Account.Name, over.Day); day != over.Day {
		r.engine.log.LogAttrs(r.ctx, slog.LevelWarn, "a language model budget is spent; requests are answered without the model until the next day",
			slog.String("account", over.Account.Name), slog.String("day", string(over.Day)))
	}
	return f
}

// runOverBudget is the failure of a call that one run may not make any more.
func (r *taskRun) runOverBudget(over *ledger.OverBudgetError) *callFailure {
	r.engine.metrics.LLMOverBudget("run")
	f := fail(summarizer.ReasonBudgetExhausted, "", "the next call of the language model could exceed the cost limit of the run", over)
	f.err.NoFallback = true
	f.err.Metadata = map[string]string{"budget": "run"}
	return f
}

// watch lets metrics show the unspent part of the budget of all clients.
func (b Budget) watch(book ledger.Ledger, metrics *telemetry.Metrics) {
	left := func() ledger.Spending {
		spent, reserved := book.Spent(ledger.AccountAll)
		used := spent.Plus(reserved)
		return ledger.Spending{
			Tokens:   max(b.All.Tokens-used.Tokens, 0),
			MicroUSD: max(b.All.MicroUSD-used.MicroUSD, 0),
		}
	}
	if b.All.Tokens > 0 {
		metrics.WatchLLMBudget("tokens", func() float64 { return float64(left().Tokens) })
	}
	if b.All.MicroUSD > 0 {
		metrics.WatchLLMBudget("usd", func() float64 { return float64(left().MicroUSD) / 1e6 })
	}
}
