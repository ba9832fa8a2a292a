package llm

import (
	"context"
	"errors"
	"testing"
	"time"

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
	status := func(status int) *failure { return classifyStatus(&exchange{status: status}) }
	timeout := fail(summarizer.ReasonLLMTimeout, TroubleTimeout, "", nil)
	unsent := classify(context.Background(), context.Background(), &exchange{}, errors.New("bad URL"))
	overflow := classifyStatus(&exchange{status: 400, body: []byte(`{"error":{"code":"context_length_exceeded"}}`)})
	tests := []struct {
		name    string
		ctx     context.Context
		callers summarizer.Callers
		failure *failure
		took    time.Duration
		want    health
	}{
		{"answer", context.Background(), future, nil, time.Second, healthGood},
		{"unavailable", context.Background(), future, unavailable(TroubleServer, nil), time.Second, healthBad},
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
		r := &run{ctx: tt.ctx, task: &summarizer.Task{Callers: tt.callers}}
		if got := r.health(tt.failure, tt.took); got != tt.want {
			t.Errorf("%s: health %d, want %d", tt.name, got, tt.want)
		}
	}
}
