// Package telemetry holds the metrics of the service and their names.
//
// A nil *Metrics records nothing, so that a package under test needs none.
// Labels hold names from small fixed sets only: never article text, ids of
// articles or anything else that a caller chose.
package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// DurationBuckets resolve 0.1 ms to 60 s, in seconds.
var DurationBuckets = []float64{
	.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60,
}

// Metrics are the metrics of one server.
type Metrics struct {
	answers     *prometheus.CounterVec
	joined      *prometheus.CounterVec
	lookups     *prometheus.CounterVec
	dropped     prometheus.Counter
	diskFaults  prometheus.Counter
	calls       *prometheus.HistogramVec
	tokens      *prometheus.CounterVec
	cost        prometheus.Counter
	overBudget  *prometheus.CounterVec
	registry    promauto.Factory
	streamItems prometheus.Gauge
}

// New registers the metrics with reg.
func New(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		answers: f.NewCounterVec(prometheus.CounterOpts{
			Name: "summarizer_answers_total",
			Help: "Answers delivered, by feature, source and fallback reason (empty when none).",
		}, []string{"feature", "source", "reason"}),
		joined: f.NewCounterVec(prometheus.CounterOpts{
			Name: "summarizer_flights_joined_total",
			Help: "Requests that joined a language model call in flight, by feature.",
		}, []string{"feature"}),
		lookups: f.NewCounterVec(prometheus.CounterOpts{
			Name: "summarizer_cache_lookups_total",
			Help: "Cache look-ups by tier (request, memory, disk, shared) and outcome (hit, miss, timeout, error).",
		}, []string{"tier", "outcome"}),
		dropped: f.NewCounter(prometheus.CounterOpts{
			Name: "summarizer_cache_writes_dropped_total",
			Help: "Answers not kept on disk because the write queue was full or a write failed.",
		}),
		diskFaults: f.NewCounter(prometheus.CounterOpts{
			Name: "summarizer_cache_disk_faults_total",
			Help: "Disk cache entries or batches that could not be read or written.",
		}),
		calls: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "summarizer_llm_call_duration_seconds",
			Help:    "Duration of upstream calls by endpoint and outcome (ok or a reason).",
			Buckets: DurationBuckets,
		}, []string{"endpoint", "outcome"}),
		tokens: f.NewCounterVec(prometheus.CounterOpts{
			Name: "summarizer_llm_tokens_total",
			Help: "Tokens by endpoint and direction (input, output).",
		}, []string{"endpoint", "direction"}),
		cost: f.NewCounter(prometheus.CounterOpts{
			Name: "summarizer_llm_cost_usd_total",
			Help: "Cost of upstream calls at the configured prices, in US dollars.",
		}),
		overBudget: f.NewCounterVec(prometheus.CounterOpts{
			Name: "summarizer_llm_budget_refusals_total",
			Help: "Upstream calls not made because a daily budget is spent, by whose it is (all, client).",
		}, []string{"budget"}),
		registry: f,
		streamItems: f.NewGauge(prometheus.GaugeOpts{
			Name: "summarizer_stream_items_in_flight",
			Help: "Items of streams that are being worked on.",
		}),
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

// LLMCall records one upstream call; outcome is "ok" or a reason.
func (m *Metrics) LLMCall(endpoint, outcome string, took time.Duration) {
	if m != nil {
		m.calls.WithLabelValues(endpoint, outcome).Observe(took.Seconds())
	}
}

// LLMUsage records what upstream calls consumed.
func (m *Metrics) LLMUsage(endpoint string, inputTokens, outputTokens int, costMicroUSD int64) {
	if m != nil {
		m.tokens.WithLabelValues(endpoint, "input").Add(float64(inputTokens))
		m.tokens.WithLabelValues(endpoint, "output").Add(float64(outputTokens))
		m.cost.Add(float64(costMicroUSD) / 1e6)
	}
}

// LLMOverBudget counts a call that was not made for want of budget; budget is
// "all" or "client".
func (m *Metrics) LLMOverBudget(budget string) {
	if m != nil {
		m.overBudget.WithLabelValues(budget).Inc()
	}
}

// WatchLLMBudget shows what is left of today's budget of all clients, in "tokens"
// or "usd". It may be called once for each.
func (m *Metrics) WatchLLMBudget(unit string, left func() float64) {
	if m == nil {
		return
	}
	m.registry.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "summarizer_llm_budget_left",
		Help:        "What is left of the daily budget of all clients, by unit (tokens, usd); absent where there is none.",
		ConstLabels: prometheus.Labels{"unit": unit},
	}, left)
}

// StreamItems adds delta to the items of streams in flight.
func (m *Metrics) StreamItems(delta int) {
	if m != nil {
		m.streamItems.Add(float64(delta))
	}
}
