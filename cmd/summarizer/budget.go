package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
)

// Bounds of a budget in US dollars: the ledger counts millionths.
const (
	minUSD = 0.000001
	maxUSD = 1e9
)

func (f *llmFlags) validate() error {
	return errors.Join(
		usdWithin("llm-daily-usd", f.DailyUSD),
		usdWithin("llm-client-daily-usd", f.ClientDailyUSD),
	)
}

func usdWithin(flag string, value float64) error {
	if value == 0 || value >= minUSD && value <= maxUSD {
		return nil
	}
	return fmt.Errorf("--%s is %v: it must be 0 for no limit, or %.6f to %.0f", flag, value, minUSD, maxUSD)
}

// budget returns the daily budgets of the flags.
func (f *llmFlags) budget() llm.Budget {
	spending := func(tokens int, usd float64) ledger.Spending {
		return ledger.Spending{Tokens: int64(tokens), MicroUSD: int64(math.Round(usd * 1e6))}
	}
	return llm.Budget{
		All:       spending(f.DailyTokens, f.DailyUSD),
		PerClient: spending(f.ClientDailyTokens, f.ClientDailyUSD),

		RunMicroUSD: spending(0, f.maxUSD).MicroUSD,
	}
}
