package llm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// callers is a scriptable summarizer.Callers.
type callers struct {
	gone     atomic.Bool
	deadline time.Time
}

func (c *callers) Waiting() bool             { return !c.gone.Load() }
func (c *callers) Deadline() time.Time       { return c.deadline }
func (*callers) Changed() <-chan struct{}    { return nil }
func (*callers) Blocked(error)               {}
func (*callers) Customers() []turns.Customer { return []turns.Customer{{}} }

func waitUntil(d time.Duration) *callers { return &callers{deadline: time.Now().Add(d)} }

// chain returns options for one endpoint per server, in order.
func chain(servers ...*llmtest.Fake) llm.Options {
	var options llm.Options
	for i, server := range servers {
		options.Endpoints = append(options.Endpoints, llm.Endpoint{
			Name: fmt.Sprintf("endpoint-%d", i), BaseURL: server.URL(), Model: fmt.Sprintf("model-%d", i), Timeout: 5 * time.Second,
		})
	}
	return options
}

func TestFailover(t *testing.T) {
	bad := llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences("It cost $500."), Topics: []llmtest.TopicItem{{ID: "trade", Confidence: 7, Quotes: []string{}}}})
	tests := []struct {
		name   string
		first  llmtest.Response
		second llmtest.Response
		final  bool // no other endpoint is asked about what the first refuses
		calls  [2]int
		reason summarizer.Reason // empty when the second endpoint answers
	}{
		{name: "unavailable", first: llmtest.Error(503, nil, ""), calls: [2]int{2, 1}},
		{name: "misconfigured", first: llmtest.Error(401, nil, ""), calls: [2]int{1, 1}},
		{name: "rate limited", first: llmtest.Error(429, nil, ""), calls: [2]int{2, 1}},
		{name: "reset", first: llmtest.Reset(), calls: [2]int{2, 1}},
		{name: "invalid twice", first: bad, calls: [2]int{2, 1}},
		{name: "the last reason is reported", first: llmtest.Error(401, nil, ""), second: llmtest.Error(429, nil, ""), calls: [2]int{1, 2}, reason: summarizer.ReasonLLMRateLimited},
		{name: "refused", first: llmtest.Complete(llmtest.Completion{Refusal: "no"}), calls: [2]int{1, 1}},
		{name: "refused, and that is the end", first: llmtest.Complete(llmtest.Completion{Refusal: "no"}), final: true, calls: [2]int{1, 0}, reason: summarizer.ReasonLLMRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := llmtest.New(t), llmtest.New(t)
			a.Default(tt.first)
			if tt.second != nil {
				b.Default(tt.second)
			}
			options := chain(a, b)
			if failover := !tt.final; tt.final {
				options.Endpoints[0].RefusalFailover = &failover
			}
			engine := newEngine(t, options)
			task := harbour()
			reply := engine.Analyze(context.Background(), task)
			if got := [2]int{a.Count(), b.Count()}; got != tt.calls {
				t.Errorf("calls = %v, want %v", got, tt.calls)
			}
			if tt.reason != "" {
				if got := summarizer.ReasonOf(reply.SummaryErr); got != tt.reason {
					t.Errorf("reason %s, want %s", got, tt.reason)
				}
				return
			}
			if reply.SummaryErr != nil || reply.TopicsErr != nil {
				t.Fatalf("errors: %v, %v", reply.SummaryErr, reply.TopicsErr)
			}
			if reply.Fingerprint != engine.Fingerprints(task)[1] || reply.Fingerprint.Model != "model-1" {
				t.Errorf("fingerprint = %+v, want that of the second endpoint", reply.Fingerprint)
			}
		})
	}
}

// TestMaxCalls checks that repair and failover share one bound, which a refusal of the
// form before the first answer is not counted in.
func TestMaxCalls(t *testing.T) {
	invalid := llmtest.Content("not JSON")
	for _, limit := range []int{1, 2, 3, 4} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			servers := []*llmtest.Fake{llmtest.New(t), llmtest.New(t), llmtest.New(t)}
			for _, s := range servers {
				s.Default(invalid)
			}
			servers[0].Enqueue(llmtest.Error(400, nil, "response_format is not supported"))
			options := chain(servers...)
			options.MaxCalls = limit
			engine := newEngine(t, options)
			reply := engine.Analyze(context.Background(), harbour())
			if reply.SummaryErr == nil {
				t.Error("no error")
			}
			total := 0
			for _, s := range servers {
				total += s.Count()
			}
			if total != limit+1 {
				t.Errorf("%d upstream calls, want %d", total, limit+1)
			}
		})
	}
}

// TestNobodyWaits checks that nothing is started for nobody: no repair, no
// failover, no first call.
func TestNobodyWaits(t *testing.T) {
	for name, first := range map[string]llmtest.Response{
		"repair":   llmtest.Content("not JSON"),
		"failover": llmtest.Error(503, nil, ""),
	} {
		t.Run(name, func(t *testing.T) {
			a, b := llmtest.New(t), llmtest.New(t)
			waiting := waitUntil(time.Minute)
			a.Default(leaving(waiting, first))
			engine := newEngine(t, chain(a, b))
			task := harbour()
			task.Callers = waiting
			reply := engine.Analyze(context.Background(), task)
			if reply.SummaryErr == nil || a.Count() != 1 || b.Count() != 0 {
				t.Errorf("error %v, calls %d and %d, want 1 and 0", reply.SummaryErr, a.Count(), b.Count())
			}
			reply = engine.Analyze(context.Background(), task)
			if got := summarizer.ReasonOf(reply.TopicsErr); got != summarizer.ReasonDeadlineTooShort || a.Count() != 1 {
				t.Errorf("reason %s, %d calls: a first call was made for nobody", got, a.Count())
			}
		})
	}
}

// leaving replies after the callers have left.
func leaving(c *callers, reply llmtest.Response) llmtest.Response {
	return func(w responseWriter, r *llmtest.Call) {
		c.gone.Store(true)
		reply(w, r)
	}
}

func TestTooLittleTimeForMore(t *testing.T) {
	a, b := llmtest.New(t), llmtest.New(t)
	a.Default(llmtest.Error(503, nil, ""))
	options := chain(a, b)
	options.MinCallTime = time.Hour
	engine := newEngine(t, options)
	task := harbour()
	task.Callers = waitUntil(time.Minute)
	reply := engine.Analyze(context.Background(), task)
	if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMUnavailable || b.Count() != 0 {
		t.Errorf("reason %s, %d calls of the second endpoint", got, b.Count())
	}
	task.Callers = waitUntil(-time.Second)
	if got := summarizer.ReasonOf(engine.Analyze(context.Background(), task).SummaryErr); got != summarizer.ReasonDeadlineTooShort {
		t.Errorf("reason %s, want DEADLINE_TOO_SHORT", got)
	}
}

// TestLateAnswer checks that a running call is not ended because the callers
// ran out of time: the answer may still fill the cache.
func TestLateAnswer(t *testing.T) {
	server := llmtest.New(t)
	gate := make(chan struct{})
	server.Default(llmtest.When(gate, llmtest.Obey()))
	engine := newEngine(t, one(server))
	task := harbour()
	waiting := waitUntil(time.Minute)
	task.Callers = waiting
	done := make(chan *summarizer.Reply)
	go func() { done <- engine.Analyze(context.Background(), task) }()
	server.AwaitArrivals(t, 1)
	waiting.gone.Store(true)
	close(gate)
	if reply := <-done; reply.Summary == nil {
		t.Errorf("the late answer is lost: %v", reply.SummaryErr)
	}
}

func TestConcurrencyLimit(t *testing.T) {
	server := llmtest.New(t)
	gate := make(chan struct{})
	server.Default(llmtest.When(gate, llmtest.Obey()))
	options := one(server)
	options.Endpoints[0].MaxConcurrency = 3
	engine := newEngine(t, options)
	if got := engine.Capacity(); got != 3 {
		t.Errorf("capacity %d, want 3", got)
	}
	var wg sync.WaitGroup
	failed := make(chan error, 10)
	for range 10 {
		wg.Go(func() {
			if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
				failed <- reply.SummaryErr
			}
		})
	}
	server.AwaitArrivals(t, 3)
	// All slots are taken: whoever cannot wait long enough is turned away.
	task := harbour()
	task.Callers = waitUntil(120 * time.Millisecond)
	if got := summarizer.ReasonOf(engine.Analyze(context.Background(), task).SummaryErr); got != summarizer.ReasonLLMBusy {
		t.Errorf("reason %s, want LLM_BUSY", got)
	}
	close(gate)
	wg.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if got := server.MaxConcurrent(); got > 3 {
		t.Errorf("%d calls at once, want at most 3", got)
	}
	if got := server.Count(); got != 10 {
		t.Errorf("%d calls, want 10", got)
	}
}

func TestBusyEndpointIsPassedOver(t *testing.T) {
	a, b := llmtest.New(t), llmtest.New(t)
	a.Default(llmtest.Hang())
	options := chain(a, b)
	options.Endpoints[0].MaxConcurrency = 1
	engine := newEngine(t, options)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { engine.Analyze(ctx, harbour()) })
	a.AwaitArrivals(t, 1)
	if reply := engine.Analyze(context.Background(), harbour()); reply.Fingerprint.Model != "model-1" || reply.Summary == nil {
		t.Errorf("reply = %+v", reply)
	}
	cancel()
	wg.Wait()
}

// TestCancelInQueue checks that a caller who leaves the queue is let go.
func TestCancelInQueue(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Hang())
	options := one(server)
	options.Endpoints[0].MaxConcurrency = 1
	engine := newEngine(t, options)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	replies := make(chan *summarizer.Reply, 2)
	for range 2 {
		wg.Go(func() { replies <- engine.Analyze(ctx, harbour()) })
	}
	server.AwaitArrivals(t, 1)
	cancel()
	wg.Wait()
	for range 2 {
		if got := summarizer.ReasonOf((<-replies).SummaryErr); got != summarizer.ReasonLLMTimeout {
			t.Errorf("reason %s, want LLM_TIMEOUT", got)
		}
	}
	if server.Count() != 1 {
		t.Errorf("%d calls, want 1", server.Count())
	}
}

func TestStepDown(t *testing.T) {
	formats := func(server *llmtest.Fake) []string {
		var got []string
		for _, r := range server.Requests() {
			format := r.Chat().ResponseFormat
			if format == nil {
				got = append(got, "")
			} else {
				got = append(got, format.Type)
			}
		}
		return got
	}
	server := llmtest.New(t)
	server.Enqueue(
		llmtest.Error(400, nil, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
		llmtest.Error(422, nil, "response_format: unknown variant"),
	)
	engine := newEngine(t, one(server))
	for range 2 {
		if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
			t.Fatal(reply.SummaryErr)
		}
	}
	// The second task starts where the first one ended.
	if got, want := formats(server), []string{"json_schema", "json_object", "", ""}; !slices.Equal(got, want) {
		t.Errorf("formats = %q, want %q", got, want)
	}
}

func TestParameters(t *testing.T) {
	t.Run("plain model", func(t *testing.T) {
		server := llmtest.New(t)
		engine := newEngine(t, one(server))
		engine.Analyze(context.Background(), harbour())
		chat := server.Requests()[0].Chat()
		if chat.MaxTokens == 0 || chat.MaxCompletionTokens != 0 || chat.Temperature == nil || *chat.Temperature != 0 {
			t.Errorf("max_tokens %d, max_completion_tokens %d, temperature %v", chat.MaxTokens, chat.MaxCompletionTokens, chat.Temperature)
		}
		if body := server.Requests()[0].Body; !json.Valid(body) || bytes.Count(body, []byte(`"temperature":0,`)) != 1 || bytes.Count(body, []byte("temperature")) != 1 {
			t.Errorf("the body is not JSON with a temperature of 0: %.200s", body)
		}
		if f := chat.ResponseFormat; f == nil || f.JSONSchema == nil || !f.JSONSchema.Strict || !strings.Contains(chat.System(), string(f.JSONSchema.Schema)) {
			t.Errorf("response format %+v is not strict, or not spelled out in the prompt", f)
		}
	})
	for _, model := range []string{"gpt-5-mini", "o3", "o4-mini"} {
		t.Run(model, func(t *testing.T) {
			server := llmtest.New(t)
			options := one(server)
			options.Endpoints[0].Model = model
			engine := newEngine(t, options)
			if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
				t.Fatal(reply.SummaryErr)
			}
			chat := server.Requests()[0].Chat()
			if chat.MaxTokens != 0 || chat.MaxCompletionTokens == 0 || chat.Temperature != nil {
				t.Errorf("max_tokens %d, max_completion_tokens %d, temperature %v", chat.MaxTokens, chat.MaxCompletionTokens, chat.Temperature)
			}
		})
	}
	t.Run("reasoning model under another name", func(t *testing.T) {
		server := llmtest.New(t)
		server.Enqueue(llmtest.Error(400, "unsupported_parameter", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."))
		engine := newEngine(t, one(server))
		if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
			t.Fatal(reply.SummaryErr)
		}
		if chat := server.Requests()[1].Chat(); chat.MaxCompletionTokens == 0 || chat.MaxTokens != 0 {
			t.Errorf("second request: %+v", chat)
		}
	})
}

// panicking panics when it is asked for the second time.
type panicking struct{ asked atomic.Int32 }

func (p *panicking) Waiting() bool {
	if p.asked.Add(1) > 1 {
		panic(canary)
	}
	return true
}
func (p *panicking) Deadline() time.Time       { return time.Now().Add(time.Minute) }
func (*panicking) Changed() <-chan struct{}    { return nil }
func (*panicking) Blocked(error)               {}
func (*panicking) Customers() []turns.Customer { return []turns.Customer{{}} }

func TestPanic(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Error(503, nil, ""))
	var log strings.Builder
	options := chain(server, server)
	options.Endpoints[1].Name = "again"
	options.Logger = textLogger(&log)
	engine := newEngine(t, options)
	task := harbour()
	task.Callers = &panicking{}
	reply := engine.Analyze(context.Background(), task)
	if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMInternal {
		t.Errorf("reason %s, want LLM_INTERNAL", got)
	}
	if strings.Contains(log.String(), canary) || !strings.Contains(log.String(), "panic") {
		t.Errorf("log = %s", log.String())
	}
}
