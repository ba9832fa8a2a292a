package telemetry

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"google.golang.org/grpc/stats"
)

// Export sends traces and metrics to an OpenTelemetry collector. Everything about
// it is read from the variables that OpenTelemetry defines:
//
//   - OTEL_EXPORTER_OTLP_ENDPOINT, or the same of one signal, turns it on;
//     OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER (otlp or none) overrule that.
//   - OTEL_EXPORTER_OTLP_PROTOCOL, or the same of one signal, is http/protobuf, the
//     default, or grpc.
//   - Headers, certificates, timeouts, the sampler, the intervals, the service's
//     name and OTEL_SDK_DISABLED are known to the SDK.
//
// An Export that is off costs nothing: it starts no goroutine and instruments
// nothing.
type Export struct {
	traces  *sdktrace.TracerProvider // nil: off
	metrics sdkmetric.Reader         // nil: off
	about   *resource.Resource
}

// NewExport reads the environment by getenv; the SDK reads the rest of it by
// itself. The metrics of registry are pushed besides the SDK's own. It
// waits for no connection: a collector that is down costs a warning a minute.
func NewExport(ctx context.Context, getenv func(string) string, version string, registry prometheus.Gatherer, log *slog.Logger) (*Export, error) {
	e := &Export{}
	traces, metrics, err := signals(getenv)
	if err != nil {
		return nil, err
	}
	if !traces.on && !metrics.on {
		return e, nil
	}
	e.about, err = resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithAttributes(
		semconv.ServiceName("summarizer"),
		semconv.ServiceVersion(version),
		semconv.ServiceInstanceID(rand.Text()),
	), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES cannot be read: write key=value pairs with commas between them: %w", err)
	}
	otel.SetErrorHandler(&warner{log: log})
	if traces.on {
		exporter, err := traces.spanExporter(ctx)
		if err != nil {
			return nil, fmt.Errorf("traces cannot be exported: %w: check the variables OTEL_EXPORTER_OTLP_…", err)
		}
		e.traces = sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(e.about))
	}
	if metrics.on {
		exporter, err := metrics.metricExporter(ctx)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("metrics cannot be exported: %w: check the variables OTEL_EXPORTER_OTLP_…", err), e.Shutdown(ctx))
		}
		e.metrics = sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithProducer(
			bridge.NewMetricProducer(bridge.WithGatherer(withoutGenAI{registry}))))
	}
	return e, nil
}

// MetricOptions are for New.
func (e *Export) MetricOptions() []sdkmetric.Option {
	if e.metrics == nil {
		return nil
	}
	return []sdkmetric.Option{sdkmetric.WithReader(e.metrics), sdkmetric.WithResource(e.about)}
}

// Tracer returns nil when traces are off.
func (e *Export) Tracer() *Tracer {
	if e.traces == nil {
		return nil
	}
	return NewTracer(e.traces)
}

// ServerHandler makes a span of each call of a gRPC server, below the trace that
// its caller sends along in W3C form; health checks have none. It is nil when
// traces are off.
func (e *Export) ServerHandler() stats.Handler {
	if e.traces == nil {
		return nil
	}
	return otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(e.traces),
		otelgrpc.WithPropagators(propagation.TraceContext{}),
		otelgrpc.WithFilter(filters.Not(filters.HealthCheck())))
}

// Shutdown sends the waiting metrics and traces, as far as ctx allows.
func (e *Export) Shutdown(ctx context.Context) error {
	var faults []error
	if e.traces != nil {
		faults = append(faults, e.traces.Shutdown(ctx))
	}
	if e.metrics != nil {
		if err := e.metrics.Shutdown(ctx); !errors.Is(err, sdkmetric.ErrReaderNotRegistered) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// CheckExport reports variables that NewExport would refuse.
func CheckExport(getenv func(string) string) error {
	_, _, err := signals(getenv)
	return err
}

// signals returns what the environment says of traces and metrics.
func signals(getenv func(string) string) (traces, metrics signal, err error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return traces, metrics, nil
	}
	if traces, err = newSignal("TRACES", getenv); err != nil {
		return traces, metrics, err
	}
	metrics, err = newSignal("METRICS", getenv)
	return traces, metrics, err
}

// signal is what the environment says of traces or metrics.
type signal struct {
	on   bool
	grpc bool // else HTTP
}

// exporters are the values that OTEL_…_EXPORTER may have here: whether they turn
// the push on. Metrics are at /metrics in any case.
var exporters = map[string]bool{"otlp": true, "none": false, "prometheus": false}

func newSignal(name string, getenv func(string) string) (signal, error) {
	var s signal
	variable := "OTEL_" + name + "_EXPORTER"
	if list := getenv(variable); list != "" {
		for value := range strings.SplitSeq(list, ",") {
			on, known := exporters[strings.TrimSpace(value)]
			if !known || name == "TRACES" && value == "prometheus" {
				return s, fmt.Errorf("%s is %q: use otlp or none", variable, list)
			}
			s.on = s.on || on
		}
	} else {
		s.on = cmp.Or(getenv("OTEL_EXPORTER_OTLP_"+name+"_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT")) != ""
	}
	if !s.on {
		return s, nil
	}
	if err := checkEndpoints(name, getenv); err != nil {
		return s, err
	}
	for _, variable := range []string{"OTEL_EXPORTER_OTLP_" + name + "_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		switch value := getenv(variable); value {
		case "":
			continue
		case "grpc":
			s.grpc = true
		case "http/protobuf":
		default:
			return s, fmt.Errorf("%s is %q: use grpc or http/protobuf", variable, value)
		}
		break
	}
	return s, nil
}

// checkEndpoints refuses an endpoint that is no URL: the SDK would go on to its default.
func checkEndpoints(name string, getenv func(string) string) error {
	for _, variable := range []string{"OTEL_EXPORTER_OTLP_" + name + "_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		value := getenv(variable)
		at, err := url.Parse(value)
		if value != "" && (err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https") {
			return fmt.Errorf("%s is not a URL: write one such as http://localhost:4318", variable)
		}
	}
	return nil
}

func (s signal) spanExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	if s.grpc {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

func (s signal) metricExporter(ctx context.Context) (sdkmetric.Exporter, error) {
	if s.grpc {
		return otlpmetricgrpc.New(ctx)
	}
	return otlpmetrichttp.New(ctx)
}

// withoutGenAI leaves out what the SDK exports by itself, under its own names.
type withoutGenAI struct{ prometheus.Gatherer }

// Gather implements prometheus.Gatherer.
func (g withoutGenAI) Gather() ([]*dto.MetricFamily, error) {
	families, err := g.Gatherer.Gather()
	return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool {
		return strings.HasPrefix(f.GetName(), "gen_ai_")
	}), err
}

// LogLimiter lets one line into the log in a while. The zero value is ready, for one a
// minute.
type LogLimiter struct {
	Every time.Duration // 0 means a minute

	next    atomic.Int64
	skipped atomic.Int64
}

// Allow reports whether a line may be logged, which then counts.
func (l *LogLimiter) Allow() bool {
	now, next := time.Now().UnixNano(), l.next.Load()
	if now >= next && l.next.CompareAndSwap(next, now+int64(cmp.Or(l.Every, time.Minute))) {
		return true
	}
	l.skipped.Add(1)
	return false
}

// Skipped returns how many lines were not allowed since it was last asked.
func (l *LogLimiter) Skipped() int64 { return l.skipped.Swap(0) }

// warner logs what goes wrong in the export, once a minute at most.
type warner struct {
	log   *slog.Logger
	limit LogLimiter
}

// Handle implements otel.ErrorHandler.
func (w *warner) Handle(err error) {
	if w.limit.Allow() {
		w.log.Warn("telemetry could not be exported", "error", err)
	}
}
