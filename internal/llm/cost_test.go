package llm

import (
	"testing"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// TestCost checks what is charged for a call, of which all that was set aside may be
// due where nobody knows.
func TestCost(t *testing.T) {
	most := ledger.Spending{Tokens: 500, MicroUSD: 90}
	for _, tt := range []struct {
		name string
		call completion
		want ledger.Spending
	}{
		{"usage is told", completion{called: true, accepted: true, usage: summarizer.Usage{InputTokens: 7, OutputTokens: 2, CostMicroUSD: 3}}, ledger.Spending{Tokens: 9, MicroUSD: 3}},
		{"usage of a refusal is told", completion{called: true, usage: summarizer.Usage{InputTokens: 7}}, ledger.Spending{Tokens: 7}},
		{"refused", completion{called: true}, ledger.Spending{}},
		{"no usage", completion{called: true, accepted: true}, most},
		{"the call ended in a panic", completion{}, most},
	} {
		if got := tt.call.cost(most); got != tt.want {
			t.Errorf("%s: %v is charged, want %v", tt.name, got, tt.want)
		}
	}
}
