// Package telemetry holds the metrics and traces of the service, their names, and
// the way to an OpenTelemetry collector.
//
// Metrics of our own are kept by the Prometheus client, as counting must cost a
// cached answer next to nothing: an addition to an atomic each. Metrics that the
// OpenTelemetry conventions for generative AI define are kept by the
// OpenTelemetry SDK, which knows their names in both worlds. One registry shows
// them all. Where the environment names a collector, both kinds are pushed there
// too, and traces with them; see Export.
//
// A nil *Metrics and a nil *Tracer record nothing, so that a package under test
// needs neither. Labels and attributes hold names from small fixed sets and of
// the configuration only: never article text, ids of articles or anything else
// that a caller or a model chose.
package telemetry

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// DurationBuckets resolve 0.1 ms to 60 s, in seconds.
var DurationBuckets = []float64{
	.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60,
}

// Metrics are the metrics of one server.
type Metrics struct {
	factory promauto.Factory
	genAI   genAI
	access  accessMetrics

	answers    *prometheus.CounterVec
	joined     *prometheus.CounterVec
	lookups    *prometheus.CounterVec
	dropped    prometheus.Counter
	diskFaults prometheus.Counter
	cost       prometheus.Counter

	clientTokens, clientCost *prometheus.CounterVec
	cached                   *prometheus.CounterVec
	overBudget               *prometheus.CounterVec
	opened                   *prometheus.CounterVec
	retries                  *prometheus.CounterVec
	repairs                  *prometheus.CounterVec
	stepDowns                *prometheus.CounterVec
	failovers                *prometheus.CounterVec
	waits                    *prometheus.HistogramVec
	clamped                  *prometheus.CounterVec
	ungrounded               *prometheus.CounterVec
	verified                 *prometheus.CounterVec
	streamItems              prometheus.Gauge
	refused                  *prometheus.CounterVec
	closed                   *prometheus.CounterVec
	expiry                   *prometheus.GaugeVec
	lifetime                 *prometheus.GaugeVec
}

// New registers the metrics with reg, and panics when they are there already. The
// options are for the metrics of the OpenTelemetry SDK.
func New(reg prometheus.Registerer, options ...sdkmetric.Option) *Metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := countersOf(f)
	m := &Metrics{
		factory: f,
		genAI:   newGenAI(reg, options),
		access:  newAccessMetrics(f),

		answers: counters("summarizer_answers_total",
			"Answers delivered, by feature, source and fallback reason (empty when none).", "feature", "source", "reason"),
		joined: counters("summarizer_llm_calls_joined_total",
			"Requests that joined a language model call in flight, by feature.", "feature"),
		lookups: counters("summarizer_cache_lookups_total",
			"Cache look-ups by tier (request, memory, disk, shared) and outcome (hit, miss, or, where the tier was skipped, timeout or error).", "tier", "outcome"),
		dropped: counter("summarizer_cache_writes_dropped_total",
			"Answers not kept on disk or in the shared cache because the write queue was full or a write failed."),
		diskFaults: counter("summarizer_cache_disk_faults_total",
			"Disk cache entries or batches that could not be read or written."),
		cost: counter("summarizer_llm_cost_usd_total",
			"Cost of upstream calls at the configured prices, in US dollars."),
		cached: counters("summarizer_llm_cached_input_tokens_total",
			"Tokens in that an endpoint had cached from an earlier request, of those that gen_ai_client_token_usage counts.", "endpoint"),
		clientTokens: counters("summarizer_llm_client_tokens_total",
			"Tokens of upstream calls, in and out, by client of the configuration.", "client"),
		clientCost: counters("summarizer_llm_client_cost_usd_total",
			"Cost of upstream calls at the configured prices, in US dollars, by client of the configuration.", "client"),
		overBudget: counters("summarizer_llm_budget_refusals_total",
			"Upstream calls not made because a budget is spent, by whose it is (all, client, run).", "budget"),
		opened: counters("summarizer_llm_circuit_opened_total",
			"How often the circuit breaker took an endpoint out of service.", "endpoint"),
		retries: counters("summarizer_llm_retries_total",
			"Calls repeated after a passing failure, by endpoint and the reason of that failure.", "endpoint", "reason"),
		repairs: counters("summarizer_llm_repairs_total",
			"Calls that asked again for an answer that could not be used, by endpoint and reason.", "endpoint", "reason"),
		stepDowns: counters("summarizer_llm_step_downs_total",
			"Times an endpoint refused a form of request and a simpler one was taken: json_object, prompt or reasoning.", "endpoint", "to"),
		failovers: counters("summarizer_llm_failovers_total",
			"Times the next endpoint was asked, by the one that did not answer and why.", "endpoint", "reason"),
		clamped: counters("summarizer_llm_usage_clamped_total",
			"Calls whose endpoint reported more tokens than they can have used, or fewer than none, so that the maximum or nothing was counted.", "endpoint"),
		waits: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "summarizer_llm_wait_seconds",
			Help:    "Time that calls queued at an endpoint, by what for: a slot or the rate limit. Calls that need not wait are not counted.",
			Buckets: DurationBuckets,
		}, []string{"endpoint", "for"}),
		verified: counters("summarizer_llm_verified_sentences_total",
			"Sentences of summaries that a second look judged, by the endpoint and model that wrote them and by verdict: supported, not_supported or unsure.", "endpoint", "model", "verdict"),
		ungrounded: counters("summarizer_llm_ungrounded_total",
			"Summaries refused as the article does not hold what they state, by kind: number, amount, date, name or quotation.", "kind"),
		refused: counters("summarizer_overload_refusals_total",
			"Articles refused because the server was full, by how they came: unary, or item of a batch or stream.", "kind"),
		closed: counters("summarizer_connections_closed_total",
			"Connections that the server closed or turned away, by cause: stranger, displaced, idle, full or address.", "cause"),
		expiry: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "summarizer_certificate_expiry_timestamp_seconds",
			Help: "When the certificate of the server, or the first of its chain, expires, and the first of the authorities of clients (certificate: server, client_ca), in Unix time.",
		}, []string{"certificate"}),
		lifetime: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "summarizer_certificate_lifetime_seconds",
			Help: "For how long that certificate is valid all in all.",
		}, []string{"certificate"}),
		streamItems: f.NewGauge(prometheus.GaugeOpts{
			Name: "summarizer_stream_items_in_flight",
			Help: "Items of streams that are being worked on.",
		}),
	}
	m.initialize()
	return m
}

// initialize shows the counters of known labels before their first event.
func (m *Metrics) initialize() {
	for _, feature := range []string{"summary", "topics"} {
		initialize(m.joined, feature)
		for _, source := range answerSources {
			m.answers.WithLabelValues(feature, source, "")
		}
	}
	for _, tier := range []string{"request", "memory", "disk", "shared"} {
		for _, outcome := range []string{"hit", "miss", "timeout", "error"} {
			m.lookups.WithLabelValues(tier, outcome)
		}
	}
	initialize(m.overBudget, "all", "client")
	initialize(m.refused, "unary", "item")
	initialize(m.closed, "stranger", "displaced", "idle", "full", "address")
	initialize(m.ungrounded, "number", "amount", "date", "name", "quotation")
}

// answerSources are where answers come from.
var answerSources = []string{"cache", "llm", "stale_cache", "local"}

// KnownClient shows what a client of the configuration has spent, before it spends.
func (m *Metrics) KnownClient(name string) {
	if m != nil {
		initialize(m.clientTokens, name)
		initialize(m.clientCost, name)
	}
}

// FallbackReason shows the counters of answers that are degraded for a reason.
func (m *Metrics) FallbackReason(reason string) {
	if m == nil {
		return
	}
	for _, feature := range []string{"summary", "topics"} {
		m.answers.WithLabelValues(feature, "stale_cache", reason)
		m.answers.WithLabelValues(feature, "local", reason)
	}
}

// Answered counts one delivered feature.
func (m *Metrics) Answered(feature, source, reason string) {
	if m != nil {
		m.answers.WithLabelValues(feature, source, reason).Inc()
	}
}

// Joined counts a request that joined a call in flight.
func (m *Metrics) Joined(feature string) {
	if m != nil {
		m.joined.WithLabelValues(feature).Inc()
	}
}

// WatchCalls shows the calls in flight, and those for which nobody waits. It is
// to be called once.
func (m *Metrics) WatchCalls(count func() (all, orphans int)) {
	if m == nil {
		return
	}
	m.watch("summarizer_llm_calls_in_flight", "Language model calls that requests share and that are under way.", nil,
		func() float64 { all, _ := count(); return float64(all) })
	m.watch("summarizer_llm_calls_orphaned", "Those of them for which nobody waits any more.", nil,
		func() float64 { _, orphans := count(); return float64(orphans) })
}

// watch shows what sample returns whenever somebody looks.
func (m *Metrics) watch(name, help string, labels prometheus.Labels, sample func() float64) {
	m.factory.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, sample)
}

// CacheLookup counts a look-up in one tier.
func (m *Metrics) CacheLookup(tier, outcome string) {
	if m != nil {
		m.lookups.WithLabelValues(tier, outcome).Inc()
	}
}

// CacheDropped counts answers that were not kept on disk.
func (m *Metrics) CacheDropped(n int) {
	if m != nil {
		m.dropped.Add(float64(n))
	}
}

// DiskFault counts a failed read or write of the disk cache.
func (m *Metrics) DiskFault() {
	if m != nil {
		m.diskFaults.Inc()
	}
}

// EndpointState is what an endpoint of a language model is doing at one moment.
type EndpointState struct {
	Circuit CircuitState
	Slots   int // calls that may run at once
	InUse   int // calls that run
	Waiting int // calls that queue for a slot
}

// CircuitState is the state of a circuit breaker.
type CircuitState int

// The states, by the values that the metric shows.
const (
	CircuitClosed   CircuitState = 0 // in service
	CircuitHalfOpen CircuitState = 1 // the next call is a probe, or one is under way
	CircuitOpen     CircuitState = 2 // out of service
)

// WatchEndpoint shows the state of an endpoint, as sample tells it whenever somebody
// looks: it changes with time alone, too. It is to be called once for each name.
func (m *Metrics) WatchEndpoint(name string, sample func() EndpointState) {
	if m == nil {
		return
	}
	for _, counters := range []*prometheus.CounterVec{m.opened, m.clamped, m.cached} {
		initialize(counters, name)
	}
	labels := prometheus.Labels{"endpoint": name}
	m.watch("summarizer_llm_circuit_state", "Circuit breaker of an endpoint: 0 closed (in service), 1 half open (the next call is a probe), 2 open (out of service).", labels,
		func() float64 { return float64(sample().Circuit) })
	m.watch("summarizer_llm_slots", "Calls that an endpoint may work on at once.", labels,
		func() float64 { return float64(sample().Slots) })
	m.watch("summarizer_llm_slots_in_use", "Calls that an endpoint is working on.", labels,
		func() float64 { return float64(sample().InUse) })
	m.watch("summarizer_llm_slots_waiting", "Calls that queue for a slot of an endpoint.", labels,
		func() float64 { return float64(sample().Waiting) })
}

// ModelCall records one upstream call, with its tokens and cost.
func (m *Metrics) ModelCall(ctx context.Context, c ModelCall) {
	if m != nil {
		m.genAI.record(ctx, c)
		m.cost.Add(float64(c.CostMicroUSD) / 1e6)
		m.clientTokens.WithLabelValues(c.Client).Add(float64(c.InputTokens + c.OutputTokens))
		m.clientCost.WithLabelValues(c.Client).Add(float64(c.CostMicroUSD) / 1e6)
		if c.CachedTokens > 0 {
			m.cached.WithLabelValues(c.Endpoint.Name).Add(float64(c.CachedTokens))
		}
	}
}

// CircuitOpened counts that an endpoint was taken out of service.
func (m *Metrics) CircuitOpened(endpoint string) {
	if m != nil {
		m.opened.WithLabelValues(endpoint).Inc()
	}
}

// Retried counts a call that is repeated.
func (m *Metrics) Retried(endpoint, reason string) {
	if m != nil {
		m.retries.WithLabelValues(endpoint, reason).Inc()
	}
}

// Repaired counts a call that asks again for what could not be used.
func (m *Metrics) Repaired(endpoint, reason string) {
	if m != nil {
		m.repairs.WithLabelValues(endpoint, reason).Inc()
	}
}

// SteppedDown counts a turn to a simpler form of request.
func (m *Metrics) SteppedDown(endpoint, to string) {
	if m != nil {
		m.stepDowns.WithLabelValues(endpoint, to).Inc()
	}
}

// FailedOver counts a turn from one endpoint to the next.
func (m *Metrics) FailedOver(from, reason string) {
	if m != nil {
		m.failovers.WithLabelValues(from, reason).Inc()
	}
}

// Waited records how long a call queued at an endpoint, for a "slot" or for the
// "rate" limit.
func (m *Metrics) Waited(endpoint, what string, took time.Duration) {
	if m != nil {
		m.waits.WithLabelValues(endpoint, what).Observe(took.Seconds())
	}
}

// UsageClamped counts a call whose endpoint reports tokens that it cannot have used.
func (m *Metrics) UsageClamped(endpoint string) {
	if m != nil {
		m.clamped.WithLabelValues(endpoint).Inc()
	}
}

// Ungrounded counts a summary that states what the article does not.
func (m *Metrics) Ungrounded(kind string) {
	if m != nil {
		m.ungrounded.WithLabelValues(kind).Inc()
	}
}

// SentencesVerified counts n sentences of one verdict, by who wrote them.
func (m *Metrics) SentencesVerified(endpoint, model, verdict string, n int) {
	if m != nil {
		m.verified.WithLabelValues(endpoint, model, verdict).Add(float64(n))
	}
}

// LLMOverBudget counts a call that was not made for want of budget; budget is
// "all" or "client".
func (m *Metrics) LLMOverBudget(budget string) {
	if m != nil {
		m.overBudget.WithLabelValues(budget).Inc()
	}
}

// WatchLLMBudget shows the remainder of today's budget of all clients, in "tokens"
// or "usd". It may be called once for each.
func (m *Metrics) WatchLLMBudget(unit string, left func() float64) {
	if m == nil {
		return
	}
	m.watch("summarizer_llm_budget_left", "What is left of the daily budget of all clients, by unit (tokens, usd); absent where there is none.",
		prometheus.Labels{"unit": unit}, left)
}

// Refused counts an article that the server was too full for: an item of a batch
// or a stream, or a call of its own.
func (m *Metrics) Refused(item bool) {
	if m == nil {
		return
	}
	kind := "unary"
	if item {
		kind = "item"
	}
	m.refused.WithLabelValues(kind).Inc()
}

// WatchConnections shows the open connections of known and of unknown callers. It is to be called once.
func (m *Metrics) WatchConnections(count func() (known, strangers int)) {
	if m == nil {
		return
	}
	const name, help = "summarizer_connections", "Open connections, by caller: known, or stranger for who has not made a call with a key or a certificate yet."
	m.watch(name, help, prometheus.Labels{"caller": "known"}, func() float64 { known, _ := count(); return float64(known) })
	m.watch(name, help, prometheus.Labels{"caller": "stranger"}, func() float64 { _, strangers := count(); return float64(strangers) })
}

// WatchLimit shows how much of a limit is in use: "connections" and "bytes" of
// requests. It is to be called once for each.
func (m *Metrics) WatchLimit(what string, limit float64, used func() float64) {
	if m == nil {
		return
	}
	m.watch("summarizer_limit_used_ratio", "How much of a limit is in use, from 0 to 1: connections, or bytes of the requests in memory.",
		prometheus.Labels{"limit": what}, func() float64 { return used() / limit })
}

// ConnectionClosed counts a connection that the server closed or turned away.
func (m *Metrics) ConnectionClosed(cause string) {
	if m != nil {
		m.closed.WithLabelValues(cause).Inc()
	}
}

// CertificateExpires shows when a certificate expires that is valid for so long.
func (m *Metrics) CertificateExpires(what string, at time.Time, lifetime time.Duration) {
	if m != nil {
		m.expiry.WithLabelValues(what).Set(float64(at.Unix()))
		m.lifetime.WithLabelValues(what).Set(lifetime.Seconds())
	}
}

// StreamItems adds delta to the items of streams in flight.
func (m *Metrics) StreamItems(delta int) {
	if m != nil {
		m.streamItems.Add(float64(delta))
	}
}

// must is for instruments whose options are constants.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("telemetry: %v", err))
	}
}
