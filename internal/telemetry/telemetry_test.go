package telemetry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// call is an upstream call that went well.
var call = telemetry.ModelCall{
	Endpoint:         telemetry.ModelEndpoint{Name: "main", Provider: telemetry.ProviderOpenAI, Model: "small-model", Host: "llm.example", Port: 443},
	Began:            time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	Took:             300 * time.Millisecond,
	Outcome:          telemetry.OutcomeOK,
	Attempt:          2,
	StructuredOutput: "json_object",
	MaxTokens:        900,
	ResponseModel:    "small-model-2026-01",
	FinishReason:     "stop",
	InputTokens:      1200,
	CachedTokens:     1024,
	OutputTokens:     80,
	CostMicroUSD:     450,
}

// TestGenAIMetrics holds the names and labels that the conventions give, as
// Prometheus shows them.
func TestGenAIMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := telemetry.New(registry)
	m.ModelCall(t.Context(), call)
	failed := call
	failed.Outcome, failed.InputTokens, failed.CachedTokens, failed.OutputTokens, failed.CostMicroUSD = "LLM_TIMEOUT", 0, 0, 0, 0
	m.ModelCall(t.Context(), failed)

	const labels = `gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="small-model"`
	const server = `server_address="llm.example",server_port="443",summarizer_endpoint="main"`
	got := scrape(t, registry)
	for _, want := range []string{
		"gen_ai_client_operation_duration_seconds_count{" + labels + "," + server + "} 1",
		`gen_ai_client_operation_duration_seconds_count{error_type="LLM_TIMEOUT",` + labels + "," + server + "} 1",
		"gen_ai_client_token_usage_sum{" + labels + `,gen_ai_token_type="input",` + server + "} 1200",
		"gen_ai_client_token_usage_sum{" + labels + `,gen_ai_token_type="output",` + server + "} 80",
		"summarizer_llm_cost_usd_total 0.00045",
		`summarizer_llm_cached_input_tokens_total{endpoint="main"} 1024`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, call.ResponseModel) {
		t.Error("a name that the endpoint chose is a label")
	}
}

// scrape returns what Prometheus would see.
func scrape(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	if recorder.Code != http.StatusOK {
		t.Fatal(recorder.Body)
	}
	return recorder.Body.String()
}

func TestSpans(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	tracer := telemetry.NewTracer(provider)

	ctx, end := tracer.Task(t.Context(), 2048, "summary", "topics")
	tracer.ModelCall(ctx, call)
	hostile := call
	hostile.Outcome, hostile.ResponseModel, hostile.FinishReason = "LLM_OUTPUT_INVALID", "The port reopened on Tuesday.", "because the port"
	tracer.ModelCall(ctx, hostile)
	end(2, "LLM_OUTPUT_INVALID")

	spans := exporter.GetSpans()
	if len(spans) != 3 || spans[2].Name != "ask language model" {
		t.Fatalf("spans: %+v", spans)
	}
	good, bad, task := spans[0], spans[1], spans[2]
	if good.Name != "chat small-model" || good.Parent.SpanID() != task.SpanContext.SpanID() {
		t.Errorf("span %q below %v", good.Name, good.Parent.SpanID())
	}
	if good.StartTime != call.Began || good.EndTime.Sub(good.StartTime) != call.Took {
		t.Errorf("span from %v to %v", good.StartTime, good.EndTime)
	}
	attributes := map[string]string{}
	for _, a := range good.Attributes {
		attributes[string(a.Key)] = a.Value.String()
	}
	for key, want := range map[string]string{
		"gen_ai.operation.name":          "chat",
		"gen_ai.provider.name":           "openai",
		"gen_ai.request.model":           "small-model",
		"gen_ai.response.model":          "small-model-2026-01",
		"gen_ai.response.finish_reasons": `["stop"]`,
		"gen_ai.usage.input_tokens":      "1200",
		"gen_ai.usage.output_tokens":     "80",
		"gen_ai.request.max_tokens":      "900",
		"server.address":                 "llm.example",
		"summarizer.endpoint":            "main",
		"summarizer.attempt":             "2",
		"summarizer.structured_output":   "json_object",
	} {
		if attributes[key] != want {
			t.Errorf("%s = %q, want %q", key, attributes[key], want)
		}
	}
	for _, a := range bad.Attributes {
		if strings.Contains(a.Value.String(), "port") && a.Key != "server.port" {
			t.Errorf("%s holds what an endpoint wrote", a.Key)
		}
	}
	if want := attribute.String("error.type", "LLM_OUTPUT_INVALID"); !has(bad.Attributes, want) || !has(task.Attributes, want) {
		t.Error("the reason is missing")
	}
}

func has(attributes []attribute.KeyValue, want attribute.KeyValue) bool {
	for _, a := range attributes {
		if a == want {
			return true
		}
	}
	return false
}

// TestNothingRecordsNothing calls what packages under test call.
func TestNothingRecordsNothing(t *testing.T) {
	var m *telemetry.Metrics
	m.ModelCall(t.Context(), call)
	m.WatchEndpoint("main", func() telemetry.EndpointState { t.Error("nobody looks"); return telemetry.EndpointState{} })
	m.WatchCalls(func() (int, int) { t.Error("nobody looks"); return 0, 0 })
	var tracer *telemetry.Tracer
	tracer.ModelCall(t.Context(), call)
	ctx, end := tracer.Task(context.Background(), 1)
	if ctx != context.Background() {
		t.Error("the context has changed")
	}
	end(0, "")
}
