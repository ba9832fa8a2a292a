package telemetry

import (
	"context"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/semconv/v1.41.0/genaiconv"
	"go.opentelemetry.io/otel/trace"
)

// This file holds every name of the OpenTelemetry semantic conventions for
// generative AI that is in use, at version 1.41. The conventions have the status
// "Development": a name may change with the next version.

// scope names what records.
const scope = "github.com/seed-59202292/summarizer"

// Attributes of our own, where the conventions have none.
const (
	endpointKey   = attribute.Key("summarizer.endpoint")          // its name in the configuration
	attemptKey    = attribute.Key("summarizer.attempt")           // from 1; a retry counts on
	outputModeKey = attribute.Key("summarizer.structured_output") // json_schema, json_object or prompt
	repairKey     = attribute.Key("summarizer.repair")            // the call asks again for what could not be used
	featuresKey   = attribute.Key("summarizer.features")          // summary, topics
	callsKey      = attribute.Key("summarizer.calls")             // upstream calls made
	textBytesKey  = attribute.Key("summarizer.text_bytes")        // size of the clean text
)

// Providers of an OpenAI-compatible API: whose protocol it is, as who runs it is
// not known.
const (
	ProviderOpenAI = "openai"
	ProviderAzure  = "azure.ai.openai"
)

// OutcomeOK is the outcome of a call whose answer can be used.
const OutcomeOK = "ok"

// ModelEndpoint is whom a call asks. All of it is configuration.
type ModelEndpoint struct {
	Name     string
	Provider string // ProviderOpenAI or ProviderAzure
	Model    string
	Host     string
	Port     int
}

// ModelCall is one upstream call of a language model.
type ModelCall struct {
	Endpoint ModelEndpoint
	Began    time.Time
	Took     time.Duration
	Client   string // whose call it is, by its name in the configuration
	Outcome  string // OutcomeOK or a reason

	Attempt          int    // from 1
	Repair           bool   // it asks again for what could not be used
	StructuredOutput string // json_schema, json_object or prompt
	MaxTokens        int    // of the answer

	// The model as the endpoint names it; shown in traces only, and only if it looks like
	// a name.
	ResponseModel, FinishReason string

	InputTokens, OutputTokens int
	CachedTokens              int   // part of InputTokens that the endpoint had cached
	CostMicroUSD              int64 // millionths of a US dollar
}

// tokenBuckets are the boundaries that the conventions advise.
var tokenBuckets = []float64{
	1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
}

// genAI are the metrics that the conventions define.
type genAI struct {
	duration genaiconv.ClientOperationDuration
	tokens   genaiconv.ClientTokenUsage

	// sets holds the attributes of what was recorded before, as sorting them takes
	// longer than recording. There is one for each endpoint and outcome.
	sets *sync.Map // seriesKey -> attribute.Set
}

// seriesKey is what tells the series of a metric apart.
type seriesKey struct {
	endpoint ModelEndpoint
	outcome  string
	token    genaiconv.TokenTypeAttr // of tokens only
}

// newGenAI makes the metrics known to reg. The boundaries of the duration are ours:
// the advised ones begin at 10 ms.
func newGenAI(reg prometheus.Registerer, options []sdkmetric.Option) genAI {
	exporter, err := otelprom.New(otelprom.WithRegisterer(reg), otelprom.WithoutScopeInfo(), otelprom.WithoutTargetInfo())
	must(err)
	options = append(slices.Clone(options), sdkmetric.WithReader(exporter))
	meter := sdkmetric.NewMeterProvider(options...).Meter(scope)

	g := genAI{sets: new(sync.Map)}
	g.duration, err = genaiconv.NewClientOperationDuration(meter, metric.WithExplicitBucketBoundaries(DurationBuckets...))
	must(err)
	g.tokens, err = genaiconv.NewClientTokenUsage(meter, metric.WithExplicitBucketBoundaries(tokenBuckets...))
	must(err)
	return g
}

func (g genAI) record(ctx context.Context, c ModelCall) {
	if c.InputTokens > 0 {
		g.tokens.RecordSet(ctx, int64(c.InputTokens), g.set(seriesKey{endpoint: c.Endpoint, token: genaiconv.TokenTypeInput}))
	}
	if c.OutputTokens > 0 {
		g.tokens.RecordSet(ctx, int64(c.OutputTokens), g.set(seriesKey{endpoint: c.Endpoint, token: genaiconv.TokenTypeOutput}))
	}
	g.duration.RecordSet(ctx, c.Took.Seconds(), g.set(seriesKey{endpoint: c.Endpoint, outcome: c.Outcome}))
}

// set returns the attributes of a series.
func (g genAI) set(key seriesKey) attribute.Set {
	if set, ok := g.sets.Load(key); ok {
		return set.(attribute.Set)
	}
	attributes := append(key.endpoint.attributes(),
		semconv.GenAIOperationNameChat,
		semconv.GenAIProviderNameKey.String(key.endpoint.Provider))
	if key.token != "" {
		attributes = append(attributes, semconv.GenAITokenTypeKey.String(string(key.token)))
	}
	if key.outcome != "" && key.outcome != OutcomeOK {
		attributes = append(attributes, semconv.ErrorTypeKey.String(key.outcome))
	}
	set := attribute.NewSet(attributes...)
	g.sets.Store(key, set)
	return set
}

// attributes returns the attributes that metrics and traces share.
func (e ModelEndpoint) attributes() []attribute.KeyValue {
	attributes := make([]attribute.KeyValue, 0, 8)
	return append(attributes,
		endpointKey.String(e.Name),
		semconv.GenAIRequestModel(e.Model),
		semconv.ServerAddress(e.Host),
		semconv.ServerPort(e.Port))
}

// Tracer records spans. A nil *Tracer records none.
type Tracer struct{ tracer trace.Tracer }

// NewTracer returns a tracer that records with provider.
func NewTracer(provider trace.TracerProvider) *Tracer { return &Tracer{provider.Tracer(scope)} }

// TraceID returns the trace that ctx belongs to, in hexadecimal digits; empty where
// it belongs to none.
func TraceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}

// RequestIDKey is the key under which the context of a call has its id, a string.
type RequestIDKey struct{}

// RequestID returns the id of the call that ctx belongs to; empty where it belongs to none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(RequestIDKey{}).(string)
	return id
}

// Task begins the span of the work on one article, below the request's span in
// ctx. End ends it.
func (t *Tracer) Task(ctx context.Context, textBytes int, features ...string) (_ context.Context, end func(calls int, reason string)) {
	if t == nil {
		return ctx, func(int, string) {}
	}
	ctx, span := t.tracer.Start(ctx, "ask language model", trace.WithAttributes(
		featuresKey.StringSlice(features), textBytesKey.Int(textBytes)))
	return ctx, func(calls int, reason string) {
		span.SetAttributes(callsKey.Int(calls))
		if reason != "" {
			span.SetAttributes(semconv.ErrorTypeKey.String(reason))
			span.SetStatus(codes.Error, reason)
		}
		span.End()
	}
}

// ModelCall records the span of a call that is over. No context goes to the
// endpoint, so nothing needs the span while the call runs.
func (t *Tracer) ModelCall(ctx context.Context, c ModelCall) {
	if t == nil {
		return
	}
	_, span := t.tracer.Start(ctx, string(genaiconv.OperationNameChat)+" "+c.Endpoint.Model,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(c.Began))
	defer span.End(trace.WithTimestamp(c.Began.Add(c.Took)))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(c.Endpoint.attributes()...)
	span.SetAttributes(
		semconv.GenAIOperationNameChat,
		semconv.GenAIProviderNameKey.String(c.Endpoint.Provider),
		semconv.GenAIOutputTypeJSON,
		semconv.GenAIRequestMaxTokens(c.MaxTokens),
		attemptKey.Int(c.Attempt),
		repairKey.Bool(c.Repair),
		outputModeKey.String(c.StructuredOutput))
	if c.InputTokens > 0 || c.OutputTokens > 0 {
		span.SetAttributes(semconv.GenAIUsageInputTokens(c.InputTokens), semconv.GenAIUsageOutputTokens(c.OutputTokens),
			semconv.GenAIUsageCacheReadInputTokens(c.CachedTokens))
	}
	if isName(c.ResponseModel) {
		span.SetAttributes(semconv.GenAIResponseModel(c.ResponseModel))
	}
	if isName(c.FinishReason) {
		span.SetAttributes(semconv.GenAIResponseFinishReasons(c.FinishReason))
	}
	if c.Outcome != OutcomeOK {
		span.SetAttributes(semconv.ErrorTypeKey.String(c.Outcome))
		span.SetStatus(codes.Error, c.Outcome)
	}
}

// names are of models and reasons; what a server echoes of a prompt has spaces.
var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$`)

func isName(s string) bool { return names.MatchString(s) }
