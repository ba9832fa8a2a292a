package ledger

import (
	"math"
	"testing"
)

func TestSumsDoNotOverflow(t *testing.T) {
	most := Spending{Tokens: math.MaxInt64, MicroUSD: math.MaxInt64}
	for _, more := range []Spending{{}, {Tokens: 1, MicroUSD: 1}, most} {
		if got := most.Plus(more); got != most {
			t.Errorf("the maximum and %v are %v", more, got)
		}
		if got := more.Plus(most); got != most {
			t.Errorf("%v and the maximum are %v", more, got)
		}
	}
	if got := (Spending{Tokens: 1, MicroUSD: 2}).Plus(Spending{Tokens: 3, MicroUSD: 4}); got != (Spending{Tokens: 4, MicroUSD: 6}) {
		t.Errorf("the sum is %v", got)
	}
}
