package llm

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// until is a summarizer.Callers who wait until a time.
type until time.Time

func (u until) Waiting() bool             { return time.Now().Before(time.Time(u)) }
func (u until) Deadline() time.Time       { return time.Time(u) }
func (until) Changed() <-chan struct{}    { return nil }
func (until) Blocked(error)               {}
func (until) Customers() []turns.Customer { return []turns.Customer{{}} }

// TestHealth checks which outcomes count for and against an endpoint.
func TestHealth(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	past, future := until(time.Now().Add(-time.Second)), until(time.Now().Add(time.Hour))
	status := func(status int) *callFailure {
		return classifyStatus(&exchange{asked: &modelRequest{}, status: status})
	}
	timeout := fail(summarizer.ReasonLLMTimeout, FailureTimeout, "", nil)
	unsent := classify(context.Background(), context.Background(), &exchange{}, errors.New("bad URL"))
	overflow := classifyStatus(&exchange{asked: &modelRequest{}, status: 400, body: []byte(`{"error":{"code":"context_length_exceeded"}}`)})
	tests := []struct {
		name    string
		ctx     context.Context
		callers summarizer.Callers
		failure *callFailure
		took    time.Duration
		want    limits.Health
	}{
		{"answer", context.Background(), future, nil, time.Second, limits.Good},
		{"unavailable", context.Background(), future, unavailable(FailureServer, nil), time.Second, limits.Bad},
		{"rate limited", context.Background(), future, status(429), 0, limits.Bad},
		{"timeout of the endpoint", context.Background(), future, timeout, time.Second, limits.Bad},
		{"refusal", context.Background(), future, refused(nil), time.Second, limits.Good},
		{"overflow", context.Background(), future, overflow, 0, limits.Good},
		{"401", context.Background(), future, status(401), 0, limits.Bad},
		{"404", context.Background(), future, status(404), 0, limits.Bad},
		{"never sent", context.Background(), future, unsent, 0, limits.Bad},
		{"400", context.Background(), future, status(400), 0, limits.Good},
		{"callers cancelled", ended, future, timeout, time.Minute, limits.Unknown},
		{"callers unknown", ended, nil, timeout, time.Minute, limits.Unknown},
		{"short deadline", ended, past, timeout, slowCall - 1, limits.Unknown},
		{"hung beyond the deadline", ended, past, timeout, slowCall, limits.Bad},
	}
	for _, tt := range tests {
		r := &taskRun{ctx: tt.ctx, task: &summarizer.Task{Callers: tt.callers}}
		if got := r.health(tt.failure, tt.took); got != tt.want {
			t.Errorf("%s: health %d, want %d", tt.name, got, tt.want)
		}
	}
}

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

// TestRefusals tells refusals in prose and in JSON from answers and bad answers.
func TestRefusals(t *testing.T) {
	for content, want := range map[string]bool{
		"I'm sorry, but I can't help with that.":                                        true,
		"Unfortunately, I cannot summarise this.":                                       true,
		"This breaks my rules, so I won't do it.":                                       true,
		"<think>Sorry…</think> No.":                                                     false,
		"Désolé, je ne peux pas.":                                                       true,
		"很抱歉，我无法回答。":                                                                    true,
		`{"refusal":"I must decline."}`:                                                 true,
		`{"error":{"message":"Sorry, no."}}`:                                            true,
		`{"summary":[{"text":"Sorry is all that the mayor said.","quotes":["Sorry"]}]}`: false,
		`{"summary":["Sorry is all that the mayor said."]}`:                             false,
		`{"error":"I cannot","summary":[]}`:                                             false,
		"The mayor said: “I cannot stay.”":                                              false,
		"Sorryville is a town.":                                                         false,
		"It is about a council. The council met on Monday.":                             false,
		"": false,
	} {
		if got := refuses(content, modelserver.Object(content)); got != want {
			t.Errorf("%q: %t, want %t", content, got, want)
		}
	}
}
