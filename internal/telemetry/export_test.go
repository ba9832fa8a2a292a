package telemetry_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector is a fake of an OpenTelemetry collector, over HTTP and gRPC.
type collector struct {
	collectortrace.UnimplementedTraceServiceServer
	collectormetrics.UnimplementedMetricsServiceServer

	mu      sync.Mutex
	spans   []string
	metrics []string
	service string
}

func (c *collector) Export(_ context.Context, request *collectortrace.ExportTraceServiceRequest) (*collectortrace.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.ResourceSpans {
		for _, a := range resource.Resource.Attributes {
			if a.Key == "service.name" {
				c.service = a.Value.GetStringValue()
			}
		}
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				c.spans = append(c.spans, span.Name)
			}
		}
	}
	return &collectortrace.ExportTraceServiceResponse{}, nil
}

// metricsCollector is the half of a collector that takes metrics.
type metricsCollector struct {
	collectormetrics.UnimplementedMetricsServiceServer
	*collector
}

func (c metricsCollector) Export(_ context.Context, request *collectormetrics.ExportMetricsServiceRequest) (*collectormetrics.ExportMetricsServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.ResourceMetrics {
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				c.metrics = append(c.metrics, m.Name)
			}
		}
	}
	return &collectormetrics.ExportMetricsServiceResponse{}, nil
}

// ServeHTTP implements http.Handler.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch r.URL.Path {
	case "/v1/traces":
		var request collectortrace.ExportTraceServiceRequest
		if proto.Unmarshal(body, &request) == nil {
			_, _ = c.Export(r.Context(), &request)
		}
	case "/v1/metrics":
		var request collectormetrics.ExportMetricsServiceRequest
		if proto.Unmarshal(body, &request) == nil {
			_, _ = metricsCollector{collector: c}.Export(r.Context(), &request)
		}
	default:
		http.NotFound(w, r)
	}
}

// start serves the collector and points the environment at it.
func (c *collector) start(t *testing.T, protocol string) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
	if protocol != "grpc" {
		server := httptest.NewServer(c)
		t.Cleanup(server.Close)
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	collectortrace.RegisterTraceServiceServer(server, c)
	collectormetrics.RegisterMetricsServiceServer(server, metricsCollector{collector: c})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { server.Stop(); serving.Wait() })
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String())
}

func newExport(t *testing.T, getenv func(string) string, registry *prometheus.Registry) *telemetry.Export {
	t.Helper()
	export, err := telemetry.NewExport(t.Context(), getenv, "v1", registry, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return export
}

func TestExportReachesTheCollector(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			c := &collector{}
			c.start(t, protocol)
			t.Setenv("OTEL_SERVICE_NAME", "newsroom")
			registry := prometheus.NewRegistry()
			export := newExport(t, os.Getenv, registry)
			metrics := telemetry.New(registry, export.MetricOptions()...)
			metrics.Answered("summary", "llm", "")
			metrics.ModelCall(t.Context(), call)
			ctx, end := export.Tracer().Task(t.Context(), 100, "summary")
			export.Tracer().ModelCall(ctx, call)
			end(1, "")

			if err := export.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}

			if want := []string{"chat small-model", "ask language model"}; !slices.Equal(c.spans, want) {
				t.Errorf("spans %q, want %q", c.spans, want)
			}
			for _, want := range []string{"summarizer_answers_total", "gen_ai.client.operation.duration", "gen_ai.client.token.usage"} {
				if n := count(c.metrics, want); n != 1 {
					t.Errorf("%d metrics named %s, want 1 of %q", n, want, c.metrics)
				}
			}
			if n := count(c.metrics, "gen_ai_client_operation_duration_seconds"); n != 0 {
				t.Error("the duration is exported under its Prometheus name, too")
			}
			if c.service != "newsroom" {
				t.Errorf("service %q", c.service)
			}
		})
	}
}

func count(names []string, name string) (n int) {
	for _, s := range names {
		if s == name {
			n++
		}
	}
	return n
}

func TestExportIsOffUnlessTheEnvironmentNamesACollector(t *testing.T) {
	for name, variables := range map[string]map[string]string{
		"nothing":  nil,
		"disabled": {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
		"none":     {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			export := newExport(t, func(name string) string { return variables[name] }, prometheus.NewRegistry())
			if export.Tracer() != nil || export.ServerHandler() != nil || export.MetricOptions() != nil {
				t.Error("something is exported")
			}
			if err := export.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestExportChoosesSignals(t *testing.T) {
	for _, tt := range []struct {
		variables       map[string]string
		traces, metrics bool
	}{
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true, true},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"}, true, false},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, false},
		{map[string]string{"OTEL_METRICS_EXPORTER": "prometheus,otlp"}, false, true},
		{map[string]string{"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true, false},
	} {
		export := newExport(t, func(name string) string { return tt.variables[name] }, prometheus.NewRegistry())
		if traces, metrics := export.Tracer() != nil, export.MetricOptions() != nil; traces != tt.traces || metrics != tt.metrics {
			t.Errorf("%v: traces %v, metrics %v", tt.variables, traces, metrics)
		}
		_ = export.Shutdown(t.Context())
	}
}

func TestExportRefusesUnknownValues(t *testing.T) {
	for variable, value := range map[string]string{
		"OTEL_TRACES_EXPORTER":               "zipkin",
		"OTEL_METRICS_EXPORTER":              "console",
		"OTEL_EXPORTER_OTLP_PROTOCOL":        "http/json",
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json",
		"OTEL_EXPORTER_OTLP_ENDPOINT":        "collector:4317",
	} {
		variables := map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "none"}
		variables[variable] = value
		_, err := telemetry.NewExport(t.Context(), func(name string) string { return variables[name] }, "v1",
			prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s=%s: %v, want an error that names the variable", variable, value, err)
		}
	}
}

// TestShutdownIsBounded has a collector that never answers.
func TestShutdownIsBounded(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-gone }))
	defer server.Close()
	defer close(gone)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	registry := prometheus.NewRegistry()
	export := newExport(t, os.Getenv, registry)
	telemetry.New(registry, export.MetricOptions()...).Joined("summary")
	export.Tracer().ModelCall(t.Context(), call)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := export.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v, want the end of its time", err)
	}
}
