package llm

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// until is a summarizer.Callers who wait until a time.
type until time.Time

func (u until) Waiting() bool       { return time.Now().Before(time.Time(u)) }
func (u until) Deadline() time.Time { return time.Time(u) }

// TestHealth checks what counts for and against an endpoint.
func TestHealth(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	past, future := until(time.Now().Add(-time.Second)), until(time.Now().Add(time.Hour))
	status := func(status int) *callFailure { return classifyStatus(&exchange{status: status}) }
	timeout := fail(summarizer.ReasonLLMTimeout, FailureTimeout, "", nil)
	unsent := classify(context.Background(), context.Background(), &exchange{}, errors.New("bad URL"))
	overflow := classifyStatus(&exchange{status: 400, body: []byte(`{"error":{"code":"context_length_exceeded"}}`)})
	tests := []struct {
		name    string
		ctx     context.Context
		callers summarizer.Callers
		failure *callFailure
		took    time.Duration
		want    health
	}{
		{"answer", context.Background(), future, nil, time.Second, healthGood},
		{"unavailable", context.Background(), future, unavailable(FailureServer, nil), time.Second, healthBad},
		{"rate limited", context.Background(), future, status(429), 0, healthBad},
		{"timeout of the endpoint", context.Background(), future, timeout, time.Second, healthBad},
		{"refusal", context.Background(), future, refused(nil), time.Second, healthGood},
		{"overflow", context.Background(), future, overflow, 0, healthGood},
		{"401", context.Background(), future, status(401), 0, healthBad},
		{"404", context.Background(), future, status(404), 0, healthBad},
		{"never sent", context.Background(), future, unsent, 0, healthBad},
		{"400", context.Background(), future, status(400), 0, healthGood},
		{"callers cancelled", ended, future, timeout, time.Minute, healthUnknown},
		{"callers unknown", ended, nil, timeout, time.Minute, healthUnknown},
		{"short deadline", ended, past, timeout, slowCall - 1, healthUnknown},
		{"hung beyond the deadline", ended, past, timeout, slowCall, healthBad},
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

func TestRetryAfter(t *testing.T) {
	now := time.Date(2031, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "", 0},
		{"Retry-After", "5", 5 * time.Second},
		{"Retry-After", "0.5", 500 * time.Millisecond},
		{"Retry-After", "-3", 0},
		{"Retry-After", "NaN", 0},
		{"Retry-After", "1e300", time.Hour},
		{"Retry-After", "soon", 0},
		{"Retry-After", now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{"Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), 0},
		{"Retry-After-Ms", "250", 250 * time.Millisecond},
	} {
		if got := retryAfter(http.Header{tt.name: {tt.value}}, now); got != tt.want {
			t.Errorf("%s: %s gives %v, want %v", tt.name, tt.value, got, tt.want)
		}
	}
}

// Cached tokens are read wherever servers put them.
func TestCachedTokens(t *testing.T) {
	for usage, want := range map[string]float64{
		`{"prompt_tokens":900,"prompt_tokens_details":{"cached_tokens":512}}`:   512,
		`{"input_tokens":900,"input_tokens_details":{"cached_tokens":"512"}}`:   512,
		`{"prompt_tokens":900,"prompt_cache_hit_tokens":512}`:                   512,
		`{"prompt_tokens":900,"cache_read_input_tokens":512.0}`:                 512,
		`{"prompt_tokens":900,"prompt_tokens_details":null}`:                    0,
		`{"prompt_tokens":900,"prompt_tokens_details":[{"cached_tokens":512}]}`: 0,
		`{"prompt_tokens":900}`: 0,
	} {
		var a serverAnswer
		a.addUsage(jsontext.Value(usage))
		if a.cachedTokens != want || a.inputTokens != 900 {
			t.Errorf("%s: %v cached of %v, want %v", usage, a.cachedTokens, a.inputTokens, want)
		}
	}
}
