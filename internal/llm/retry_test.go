package llm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestRetry(t *testing.T) {
	date := func(in time.Duration) string { return time.Now().Add(in).UTC().Format(http.TimeFormat) }
	refusal := llmtest.Complete(llmtest.Completion{Refusal: "no"})
	tests := []struct {
		name     string
		first    llmtest.Response
		attempts int // 2 when 0
		calls    int
		reason   summarizer.Reason // empty when the second attempt answers
		pause    time.Duration     // at least, between the attempts
	}{
		{name: "503", first: llmtest.Error(503, nil, ""), calls: 2},
		{name: "429", first: llmtest.Error(429, nil, ""), calls: 2},
		{name: "408", first: llmtest.Error(408, nil, ""), calls: 2},
		{name: "409", first: llmtest.Error(409, nil, ""), calls: 2},
		{name: "cut", first: llmtest.Cut(), calls: 2},
		{name: "Retry-After in time", first: llmtest.Error(429, nil, "", "Retry-After", "0.25"), calls: 2, pause: 250 * time.Millisecond},
		{name: "Retry-After too late", first: llmtest.Error(429, nil, "", "Retry-After", "3"), calls: 1, reason: summarizer.ReasonLLMRateLimited},
		{name: "date in time", first: llmtest.Error(503, nil, "", "Retry-After", date(-time.Minute)), calls: 2},
		{name: "date too late", first: llmtest.Error(503, nil, "", "Retry-After", date(time.Minute)), calls: 1, reason: summarizer.ReasonLLMUnavailable},
		{name: "400", first: llmtest.Error(400, nil, "the sky is too low"), calls: 1, reason: summarizer.ReasonLLMMisconfigured},
		{name: "401", first: llmtest.Error(401, nil, ""), calls: 1, reason: summarizer.ReasonLLMMisconfigured},
		{name: "refusal", first: refusal, calls: 1, reason: summarizer.ReasonLLMRefused},
		{name: "no retries", first: llmtest.Error(503, nil, ""), attempts: 1, calls: 1, reason: summarizer.ReasonLLMUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := llmtest.New(t)
			server.Enqueue(tt.first)
			options := one(server)
			options.MaxAttempts = tt.attempts
			task := harbour()
			task.Callers = waitUntil(2 * time.Second)
			start := time.Now()
			reply := newEngine(t, options).Analyze(context.Background(), task)
			if got := server.Count(); got != tt.calls {
				t.Errorf("%d calls, want %d", got, tt.calls)
			}
			if tt.reason == "" {
				if reply.SummaryErr != nil || reply.TopicsErr != nil {
					t.Errorf("errors: %v, %v", reply.SummaryErr, reply.TopicsErr)
				}
			} else if got := summarizer.ReasonOf(reply.SummaryErr); got != tt.reason {
				t.Errorf("reason %s, want %s", got, tt.reason)
			}
			if took := time.Since(start); took < tt.pause {
				t.Errorf("the attempts took %v, the endpoint asked for a pause of %v", took, tt.pause)
			}
		})
	}
}

// TestRetryAfterOrNextEndpoint checks that a long pause is kept only where no
// other endpoint could answer meanwhile.
func TestRetryAfterOrNextEndpoint(t *testing.T) {
	a, b := llmtest.New(t), llmtest.New(t)
	a.Default(llmtest.Error(429, nil, "", "Retry-After", "20"))
	task := harbour()
	task.Callers = waitUntil(time.Minute)
	reply := newEngine(t, chain(a, b)).Analyze(context.Background(), task)
	if reply.Summary == nil || a.Count() != 1 || b.Count() != 1 {
		t.Errorf("error %v, calls %d and %d, want 1 and 1", reply.SummaryErr, a.Count(), b.Count())
	}
}

// TestNoRetryForNobody checks that a pause ends without a further call when
// those who waited for it have left.
func TestNoRetryForNobody(t *testing.T) {
	server := llmtest.New(t)
	waiting := waitUntil(time.Minute)
	server.Default(leaving(waiting, llmtest.Error(503, nil, "")))
	task := harbour()
	task.Callers = waiting
	reply := newEngine(t, one(server)).Analyze(context.Background(), task)
	if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMUnavailable || server.Count() != 1 {
		t.Errorf("reason %s, %d calls, want 1", got, server.Count())
	}
	// In the pause, too.
	server = llmtest.New(t)
	server.Default(llmtest.Error(503, nil, "", "Retry-After", "30"))
	ctx, cancel := context.WithCancel(context.Background())
	task = harbour()
	task.Callers = waitUntil(time.Minute)
	engine := newEngine(t, one(server))
	var wg sync.WaitGroup
	wg.Go(func() { reply = engine.Analyze(ctx, task) })
	server.AwaitEnded(t, 1)
	cancel()
	wg.Wait()
	if server.Count() != 1 {
		t.Errorf("%d calls, want 1", server.Count())
	}
}

// TestBreakerOverTasks checks that one endpoint alone can be taken out of
// service, and what then comes back without a call.
func TestBreakerOverTasks(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Error(401, nil, ""))
	engine := newEngine(t, one(server))
	for range 10 {
		if got := summarizer.ReasonOf(engine.Analyze(context.Background(), harbour()).SummaryErr); got != summarizer.ReasonLLMMisconfigured {
			t.Fatalf("reason %s", got)
		}
	}
	var e *summarizer.Error
	if reply := engine.Analyze(context.Background(), harbour()); !errors.As(reply.SummaryErr, &e) || e.Reason != summarizer.ReasonCircuitOpen || e.RetryAfter <= 0 || e.RetryAfter > 5*time.Second {
		t.Errorf("error = %+v, want CIRCUIT_OPEN with a time", e)
	}
	if server.Count() != 10 {
		t.Errorf("%d calls, want 10", server.Count())
	}
}

// TestBreakerStaysClosed checks that what is no fault of the endpoint does not
// count against it.
func TestBreakerStaysClosed(t *testing.T) {
	for name, reply := range map[string]llmtest.Response{
		"refusal":        llmtest.Complete(llmtest.Completion{Refusal: "no"}),
		"invalid output": llmtest.Content("not JSON"),
		"overflow":       llmtest.Error(400, "context_length_exceeded", "maximum context length"),
		"bad request":    llmtest.Error(400, nil, ""),
	} {
		t.Run(name, func(t *testing.T) {
			server := llmtest.New(t)
			server.Default(reply)
			engine := newEngine(t, one(server))
			for range 15 {
				if got := summarizer.ReasonOf(engine.Analyze(context.Background(), harbour()).SummaryErr); got == summarizer.ReasonCircuitOpen {
					t.Fatal("the circuit opens")
				}
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		server := llmtest.New(t)
		server.Default(llmtest.Hang())
		engine := newEngine(t, one(server))
		for i := range 15 {
			ctx, cancel := context.WithCancel(context.Background())
			var wg sync.WaitGroup
			wg.Go(func() { engine.Analyze(ctx, harbour()) })
			server.AwaitArrivals(t, i+1)
			cancel()
			wg.Wait()
		}
	})
}

// TestOpenCircuitFailsOver checks that an endpoint out of service costs nothing
// on the way to the next.
func TestOpenCircuitFailsOver(t *testing.T) {
	a, b := llmtest.New(t), llmtest.New(t)
	a.Default(llmtest.Error(401, nil, ""))
	engine := newEngine(t, chain(a, b))
	for range 15 {
		if reply := engine.Analyze(context.Background(), harbour()); reply.Fingerprint.Model != "model-1" || reply.Summary == nil {
			t.Fatalf("reply = %+v", reply)
		}
	}
	if a.Count() != 10 || b.Count() != 15 {
		t.Errorf("calls = %d and %d, want 10 and 15", a.Count(), b.Count())
	}
}

func TestRequestsPerMinute(t *testing.T) {
	a, b := llmtest.New(t), llmtest.New(t)
	options := chain(a)
	options.Endpoints[0].RequestsPerMinute = 22 // two at once, then one every three seconds
	engine := newEngine(t, options)
	ask := func(engine *llm.Engine, wait time.Duration) *summarizer.Reply {
		task := harbour()
		task.Callers = waitUntil(wait)
		return engine.Analyze(context.Background(), task)
	}
	for range 2 {
		if reply := ask(engine, time.Second); reply.SummaryErr != nil {
			t.Fatal(reply.SummaryErr)
		}
	}
	var e *summarizer.Error
	start := time.Now()
	if reply := ask(engine, time.Second); !errors.As(reply.SummaryErr, &e) || e.Reason != summarizer.ReasonLLMBusy || e.RetryAfter < 2*time.Second {
		t.Errorf("error = %+v, want LLM_BUSY with a time", e)
	}
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("the answer that nothing can be done took %v", took)
	}
	if a.Count() != 2 {
		t.Errorf("%d calls, want 2", a.Count())
	}

	// With another endpoint there is no reason to queue.
	options = chain(a, b)
	options.Endpoints[0].RequestsPerMinute = 1
	engine = newEngine(t, options)
	for i := range 2 {
		if reply := ask(engine, time.Minute); reply.SummaryErr != nil || reply.Fingerprint.Model != fmt.Sprintf("model-%d", i) {
			t.Errorf("answer %d is by %s: %v", i, reply.Fingerprint.Model, reply.SummaryErr)
		}
	}

	// A short queue is waited in.
	options = chain(a)
	options.Endpoints[0].RequestsPerMinute = 132 // twelve at once, then two a second
	engine = newEngine(t, options)
	start = time.Now()
	for range 13 {
		if reply := ask(engine, 5*time.Second); reply.SummaryErr != nil {
			t.Fatal(reply.SummaryErr)
		}
	}
	if took := time.Since(start); took < 400*time.Millisecond {
		t.Errorf("13 calls took %v", took)
	}
}

func TestTokensPerMinute(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Complete(llmtest.Completion{Content: "not JSON", InputTokens: 5_000, OutputTokens: 2_400}))
	options := one(server)
	options.MaxCalls = 1
	options.Endpoints[0].TokensPerMinute = 50_000
	engine := newEngine(t, options)
	task := harbour()
	task.Callers = waitUntil(3 * time.Second)
	// The first call is let through as estimated; what it really took holds up
	// the second.
	if got := summarizer.ReasonOf(engine.Analyze(context.Background(), task).SummaryErr); got != summarizer.ReasonLLMOutputInvalid {
		t.Errorf("reason %s", got)
	}
	if got := summarizer.ReasonOf(engine.Analyze(context.Background(), task).SummaryErr); got != summarizer.ReasonLLMBusy || server.Count() != 1 {
		t.Errorf("reason %s, %d calls, want LLM_BUSY and 1", got, server.Count())
	}
}

func TestFirstByteTimeout(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Hang())
	options := one(server)
	options.Endpoints[0].FirstByteTimeout = 20 * time.Millisecond
	engine := newEngine(t, options)
	start := time.Now()
	for i := range 10 {
		reply := engine.Analyze(context.Background(), harbour())
		if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMTimeout || server.Count() != i+1 {
			t.Errorf("reason %s, %d calls, want LLM_TIMEOUT and %d", got, server.Count(), i+1)
		}
	}
	if got := summarizer.ReasonOf(engine.Analyze(context.Background(), harbour()).SummaryErr); got != summarizer.ReasonCircuitOpen {
		t.Errorf("reason %s after ten calls that hung, want CIRCUIT_OPEN", got)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}
