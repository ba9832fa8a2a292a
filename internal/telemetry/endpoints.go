package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

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

// endpoints collects the states of endpoints when they are looked at: they change
// with time alone, too.
type endpoints struct {
	circuit, slots, inUse, waiting *prometheus.Desc

	mu      sync.Mutex
	samples map[string]func() EndpointState
}

func newEndpoints() *endpoints {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"endpoint"}, nil)
	}
	return &endpoints{
		circuit: gauge("summarizer_llm_circuit_state", "Circuit breaker of an endpoint: 0 closed (in service), 1 half open (the next call is a probe), 2 open (out of service)."),
		slots:   gauge("summarizer_llm_slots", "Calls that an endpoint may work on at once."),
		inUse:   gauge("summarizer_llm_slots_in_use", "Calls that an endpoint is working on."),
		waiting: gauge("summarizer_llm_slots_waiting", "Calls that queue for a slot of an endpoint."),
		samples: make(map[string]func() EndpointState),
	}
}

func (e *endpoints) watch(name string, sample func() EndpointState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.samples[name] = sample
}

// Describe implements prometheus.Collector.
func (e *endpoints) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{e.circuit, e.slots, e.inUse, e.waiting} {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (e *endpoints) Collect(out chan<- prometheus.Metric) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, sample := range e.samples {
		state := sample()
		gauge := func(desc *prometheus.Desc, value int) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), name)
		}
		gauge(e.circuit, int(state.Circuit))
		gauge(e.slots, state.Slots)
		gauge(e.inUse, state.InUse)
		gauge(e.waiting, state.Waiting)
	}
}
