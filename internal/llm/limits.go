package llm

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// This file holds the limits of an endpoint: its slots, its rates and its budget of
// retries; and the estimate of its latency, by which waiting for them is bounded.

func (ep *endpoint) tryAcquire() bool {
	select {
	case ep.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (ep *endpoint) acquire(ctx context.Context) error {
	select {
	case ep.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (ep *endpoint) release() { <-ep.slots }

// rateBurst is the stretch of time whose worth may be spent at once.
const rateBurst = 6 * time.Second

// rate holds a number of permits a minute. Permits that are asked for too early are
// reserved, and their caller waits for his turn; so callers are served in order, and
// nobody waits in vain. In no minute more permits are handed out than the limit, so
// that the long-term rate stays a tenth below it. A demand for more than a burst is
// granted once a whole burst is saved up, and holds up those behind it.
//
// A nil *rate has no limit.
type rate struct {
	each time.Duration // time that one permit is worth

	mu   sync.Mutex
	paid time.Time // until when time is spent on what was reserved
}

// newRate returns a limit of perMinute permits, nil for 0.
func newRate(perMinute int) *rate {
	if perMinute == 0 {
		return nil
	}
	return &rate{each: (time.Minute + rateBurst) / time.Duration(perMinute)}
}

// reserve takes permits and returns how long to wait before they may be used. Not
// ok means that the wait would exceed longest, and that nothing was taken.
func (r *rate) reserve(permits int, longest time.Duration) (wait time.Duration, ok bool) {
	if r == nil {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.paid.Before(now) {
		r.paid = now
	}
	price := time.Duration(permits) * r.each
	burst := max(rateBurst, r.each)
	wait = max(r.paid.Sub(now)+min(price, burst)-burst, 0)
	if wait > max(longest, 0) {
		return wait, false
	}
	r.paid = r.paid.Add(price)
	return wait, true
}

// settle takes permits more, or gives them back when negative.
func (r *rate) settle(permits int) {
	if r == nil || permits == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paid = r.paid.Add(time.Duration(permits) * r.each)
}

// reserveRates reserves a request and the tokens that it takes, as rate.reserve does,
// or neither.
func (ep *endpoint) reserveRates(tokens int, longest time.Duration) (wait time.Duration, ok bool) {
	wait, ok = ep.requests.reserve(1, longest)
	if !ok {
		return wait, false
	}
	more, ok := ep.tokens.reserve(tokens, longest)
	if !ok {
		ep.requests.settle(-1)
	}
	return max(wait, more), ok
}

// returnRates gives back what reserveRates reserved.
func (ep *endpoint) returnRates(tokens int) {
	ep.requests.settle(-1)
	ep.tokens.settle(-tokens)
}

// The pause before an attempt is drawn from 0 to a bound that doubles with each
// attempt, so that callers who failed together do not come back together.
const (
	minBackoff = 200 * time.Millisecond
	maxBackoff = 2 * time.Second
)

// backoff draws the pause after the given number of failed attempts.
func backoff(attempts int) time.Duration {
	return rand.N(min(minBackoff<<min(attempts-1, 10), maxBackoff))
}

// Every first attempt earns a share of a retry. What is saved up lets single
// faults be retried at once, and no more; an endpoint that fails altogether is
// not asked much more often for it.
const (
	retryShare  = 0.2
	retrySaving = 10
)

// retryBudget bounds the retries at one endpoint over all tasks.
type retryBudget struct {
	mu   sync.Mutex
	left float64
}

func newRetryBudget() *retryBudget { return &retryBudget{left: retrySaving} }

// earn books a first attempt.
func (b *retryBudget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+retryShare, retrySaving)
}

// spend takes one retry, if there is one.
func (b *retryBudget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// callLatency estimates how long an endpoint takes to answer, as TCP estimates the
// time of a round trip: a smoothed mean and mean deviation (V. Jacobson, Congestion
// Avoidance and Control, 1988; the weights are those of RFC 6298).
type callLatency struct {
	mu              sync.Mutex
	mean, deviation time.Duration
}

// add takes the time of a call that brought an answer.
func (l *callLatency) add(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mean == 0 {
		l.mean, l.deviation = took, took/2
		return
	}
	l.deviation += ((took - l.mean).Abs() - l.deviation) / 4
	l.mean += (took - l.mean) / 8
}

// usual returns the time within which most answers come, 0 while nothing is known.
// It is for calls that would have to wait: what starts at once shows whether the
// endpoint has become faster.
func (l *callLatency) usual() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mean + l.deviation
}
