package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
)

// Bounds of a daily budget in US dollars: the ledger counts millionths.
const (
	minDailyUSD = 0.000001
	maxDailyUSD = 1e9
)

func (f *llmFlags) validate() error {
	return errors.Join(
		dailyUSD("llm-daily-usd", f.DailyUSD),
		dailyUSD("llm-client-daily-usd", f.ClientDailyUSD),
	)
}

func dailyUSD(flag string, value float64) error {
	if value == 0 || value >= minDailyUSD && value <= maxDailyUSD {
		return nil
	}
	return fmt.Errorf("--%s is %v: it must be 0 for no limit, or %.6f to %.0f", flag, value, minDailyUSD, maxDailyUSD)
}

// budget returns the daily budgets of the flags.
func (f *llmFlags) budget() llm.Budget {
	spending := func(tokens int, usd float64) ledger.Spending {
		return ledger.Spending{Tokens: int64(tokens), MicroUSD: int64(math.Round(usd * 1e6))}
	}
	return llm.Budget{
		All:       spending(f.DailyTokens, f.DailyUSD),
		PerClient: spending(f.ClientDailyTokens, f.ClientDailyUSD),
	}
}
