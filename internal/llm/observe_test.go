package llm_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// watched returns options with metrics, and what Prometheus sees of them.
func watched(t *testing.T, options llm.Options) (llm.Options, func() string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	options.Metrics = telemetry.New(registry)
	return options, func() string {
		recorder := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
		if recorder.Code != http.StatusOK {
			t.Fatal(recorder.Body)
		}
		return recorder.Body.String()
	}
}

// TestMetrics goes through what an engine counts.
func TestMetrics(t *testing.T) {
	const call = `gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="model-`
	noFormat := llmtest.Error(400, nil, "response_format is not supported")
	claims := func(sentence string) llmtest.Response {
		return llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences(sentence), Topics: llmtest.Topics("trade")})
	}
	tests := []struct {
		name    string
		replies []llmtest.Response // of the first endpoint
		want    []string
	}{
		{
			name: "one call",
			want: []string{
				`summarizer_llm_circuit_state{endpoint="endpoint-0"} 0`,
				`summarizer_llm_slots{endpoint="endpoint-1"} 64`,
				`summarizer_llm_slots_in_use{endpoint="endpoint-0"} 0`,
				`gen_ai_client_operation_duration_seconds_count{` + call + `0"`,
			},
		},
		{
			name:    "retry",
			replies: []llmtest.Response{llmtest.Error(503, nil, "")},
			want: []string{
				`summarizer_llm_retries_total{endpoint="endpoint-0",reason="LLM_UNAVAILABLE"} 1`,
				`gen_ai_client_operation_duration_seconds_count{error_type="LLM_UNAVAILABLE",` + call + `0"`,
			},
		},
		{
			name:    "failover",
			replies: []llmtest.Response{llmtest.Error(401, nil, "")},
			want: []string{
				`summarizer_llm_failovers_total{endpoint="endpoint-0",reason="LLM_MISCONFIGURED"} 1`,
				`gen_ai_client_operation_duration_seconds_count{` + call + `1"`,
			},
		},
		{
			name:    "repair of an invention",
			replies: []llmtest.Response{claims("The deal costs $777 million.")},
			want: []string{
				`summarizer_llm_repairs_total{endpoint="endpoint-0",reason="LLM_UNGROUNDED"} 1`,
				`summarizer_llm_ungrounded_total{kind="amount"} 1`,
			},
		},
		{name: "number", replies: []llmtest.Response{claims("It lets 523 marines train.")}, want: []string{`summarizer_llm_ungrounded_total{kind="number"} 1`}},
		{name: "date", replies: []llmtest.Response{claims("Patrols begin on 17 March.")}, want: []string{`summarizer_llm_ungrounded_total{kind="date"} 1`}},
		{name: "name", replies: []llmtest.Response{claims("The deal was signed by Ulrich Zandberg.")}, want: []string{`summarizer_llm_ungrounded_total{kind="name"} 1`}},
		{name: "quotation", replies: []llmtest.Response{claims(`She called it "a shameful sale of our sea".`)}, want: []string{`summarizer_llm_ungrounded_total{kind="quotation"} 1`}},
		{
			name:    "step down twice",
			replies: []llmtest.Response{noFormat, noFormat},
			want: []string{
				`summarizer_llm_step_downs_total{endpoint="endpoint-0",to="json_object"} 1`,
				`summarizer_llm_step_downs_total{endpoint="endpoint-0",to="prompt"} 1`,
			},
		},
		{
			name:    "reasoning model",
			replies: []llmtest.Response{llmtest.Error(400, nil, "unsupported parameter: max_tokens")},
			want:    []string{`summarizer_llm_step_downs_total{endpoint="endpoint-0",to="max_completion_tokens"} 1`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			first, second := llmtest.New(t), llmtest.New(t)
			first.Enqueue(tt.replies...)
			options, scrape := watched(t, chain(first, second))
			reply := newEngine(t, options).Analyze(t.Context(), harbour())
			if reply.SummaryErr != nil {
				t.Fatal(reply.SummaryErr)
			}
			got := scrape()
			for _, want := range tt.want {
				if !strings.Contains(got, "\n"+want) {
					t.Errorf("no line %s", want)
				}
			}
		})
	}
}

func TestMetricsOfAnOpenCircuit(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Error(503, nil, ""))
	options, scrape := watched(t, one(server))
	options.MaxAttempts = 1
	engine := newEngine(t, options)
	for range 20 {
		engine.Analyze(t.Context(), harbour())
	}
	for _, want := range []string{
		`summarizer_llm_circuit_opened_total{endpoint="default"} 1`,
		`summarizer_llm_circuit_state{endpoint="default"} 2`,
	} {
		if !strings.Contains(scrape(), "\n"+want) {
			t.Errorf("no line %s", want)
		}
	}
}

func TestMetricsOfAQueue(t *testing.T) {
	server := llmtest.New(t)
	gate := make(chan struct{})
	server.Default(llmtest.When(gate, llmtest.Obey()))
	options, scrape := watched(t, one(server))
	options.Endpoints[0].MaxConcurrency = 1
	engine := newEngine(t, options)
	var wg sync.WaitGroup
	ask := func() {
		if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
			t.Error(reply.SummaryErr)
		}
	}
	wg.Go(ask)
	server.AwaitArrivals(t, 1)
	wg.Go(ask)
	const waiting = `summarizer_llm_slots_waiting{endpoint="default"} 1`
	limit, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	for !strings.Contains(scrape(), "\n"+waiting) {
		if limit.Err() != nil {
			t.Fatal("nobody waits for a slot")
		}
		runtime.Gosched()
	}
	if got := scrape(); !strings.Contains(got, "\n"+`summarizer_llm_slots_in_use{endpoint="default"} 1`) {
		t.Error("no call has the slot")
	}
	close(gate)
	wg.Wait()
	if got := scrape(); !strings.Contains(got, "\n"+`summarizer_llm_wait_seconds_count{endpoint="default",for="slot"} 1`) {
		t.Error("the wait for a slot is not counted")
	}
}

// TestSpansTellNothingOfTheArticle has an endpoint that echoes it in every field
// that reaches a span.
func TestSpansTellNothingOfTheArticle(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	server := llmtest.New(t)
	server.Enqueue(llmtest.Status(200, `{"model":"Norland and Vestria","choices":[{"message":{"role":"assistant","content":"Norland"},"finish_reason":"Norland and Vestria"}],"usage":{"prompt_tokens":7}}`))
	server.Enqueue(llmtest.Error(400, "Norland", "Norland and Vestria"))
	options := one(server)
	options.Tracer = telemetry.NewTracer(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	reply := newEngine(t, options).Analyze(t.Context(), harbour())
	if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMOutputInvalid {
		t.Fatalf("reason %s", got)
	}
	spans := exporter.GetSpans()
	if len(spans) != 3 {
		t.Fatalf("%d spans, want two calls and their task", len(spans))
	}
	for _, span := range spans {
		for _, a := range span.Attributes {
			if strings.Contains(a.Value.String(), "Norland") {
				t.Errorf("%s of %q holds text", a.Key, span.Name)
			}
		}
		if strings.Contains(span.Name+span.Status.Description, "Norland") || len(span.Events) > 0 {
			t.Errorf("%q holds text", span.Name)
		}
	}
}
