package limits

import (
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// An endpoint is taken out of service when tripFailures of its latest tripCalls
// calls have failed. That many rarely come together at an endpoint which fails
// every third call, and soon do at one that is down.
const (
	tripFailures = 10
	tripCalls    = 12
)

// The time out of service doubles from minOpen to maxOpen with each probe that
// fails.
const (
	minOpen = 5 * time.Second
	maxOpen = 5 * time.Minute

	// spentPause is how long an endpoint is left alone at least whose account is empty.
	spentPause = time.Minute
)

// maxDenials is how many times in a row an endpoint that works may deny an article
// without saying why before that counts against it: the key may have lost its rights.
const maxDenials = 50

// Health is the result of a call for its endpoint.
type Health uint8

// The results of a call.
const (
	Unknown Health = iota // the call was ended before it could tell
	Good
	Bad
	Denied // bad for an endpoint that has not worked for long, else it may be the article
	Spent  // it answers nobody until it is paid for
)

// Breaker is the circuit breaker of one endpoint, and the one place that knows
// of failsafe. The library counts calls and holds the state. Three things are
// ours: the open period grows with every probe that fails, a probe that is ended
// by its caller leaves its place to the next call, and calls that began before
// the state changed have no say in what follows.
type Breaker struct {
	mu       sync.Mutex
	circuit  circuitbreaker.CircuitBreaker[any]
	epoch    int       // counts changes of state
	openings int       // in a row, without a good probe between
	denials  int       // in a row, from maxDenials before the first good call
	until    time.Time // when a probe may be made
	hurried  time.Time // when one with too little time may be
}

// Permit lets one call through. It is given back with the health that the call shows.
type Permit struct{ epoch int }

// NewBreaker returns the breaker of an endpoint of which nothing is known: its circuit is
// closed.
func NewBreaker() *Breaker {
	b := &Breaker{denials: maxDenials}
	b.circuit = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(tripFailures, tripCalls).
		WithSuccessThreshold(1). // which makes it one probe at a time
		WithDelay(0).            // until is in charge
		OnStateChanged(func(circuitbreaker.StateChangedEvent) { b.epoch++ }).
		Build()
	return b
}

// Allow asks for a permit. Without one, the call must not be made.
func (b *Breaker) Allow() (Permit, bool) { return b.allow(false) }

// AllowHurried is Allow for a call with less time than the endpoint takes on average. As a
// probe it would end without an answer, and hold off calls with time enough meanwhile: it
// becomes one if no other has come for as long again as the circuit was open.
func (b *Breaker) AllowHurried() (Permit, bool) { return b.allow(true) }

func (b *Breaker) allow(hurried bool) (Permit, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.until
	if hurried && !b.circuit.IsClosed() {
		from = b.hurried
	}
	if time.Now().Before(from) || !b.circuit.TryAcquirePermit() {
		return Permit{}, false
	}
	return Permit{b.epoch}, true
}

// Record gives p back with the health that its call shows. After a bad call the
// endpoint is left alone for at least pause, if that opens the circuit. It returns for
// how long it is open; 0 when the call has not opened it.
func (b *Breaker) Record(p Permit, told Health, pause time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.epoch != b.epoch {
		return 0
	}
	if told == Denied {
		told = Unknown
		if b.denials++; b.denials > maxDenials {
			told = Bad
		}
	}
	switch told {
	case Good:
		b.denials = 0
		probed := b.circuit.IsHalfOpen()
		b.circuit.RecordSuccess()
		if probed {
			b.openings = 0
		}
	case Bad, Spent:
		b.circuit.RecordFailure()
		if told == Spent {
			b.circuit.Open()
			pause = max(pause, spentPause)
		}
		if b.circuit.IsOpen() {
			open := min(max(minOpen<<min(b.openings, 10), pause), maxOpen)
			b.openings++
			b.until = time.Now().Add(open)
			b.hurried = b.until.Add(open)
			return open
		}
	case Unknown:
		if b.circuit.IsHalfOpen() {
			b.circuit.Open() // until has passed: the next call is the probe
		}
	}
	return 0
}

// Reset closes the circuit, as what failed before says nothing of what follows.
func (b *Breaker) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.circuit.Close()
	b.openings, b.until = 0, time.Time{}
}

// State tells whether calls are let through. The open period ends by itself; the
// call after it is the probe.
func (b *Breaker) State() telemetry.CircuitState {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.circuit.IsClosed():
		return telemetry.CircuitClosed
	case time.Now().Before(b.until):
		return telemetry.CircuitOpen
	}
	return telemetry.CircuitHalfOpen
}

// OpenFor returns how long the circuit stays open at least; 0 when a call may
// be let through.
func (b *Breaker) OpenFor() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(time.Until(b.until), 0)
}
