package llm

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// This file holds what a call of an endpoint may have to wait for: a slot, the rate,
// and what a retry may use up; and how long waiting for an answer takes.

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

// rate holds a number of units a minute. Units that are asked for too early are
// reserved, and their caller waits for his turn; so those who wait are served in
// order, and nobody waits in vain. In no minute more units are handed out than
// the limit, so that the long-term rate stays a tenth below it. A demand for
// more than a burst is granted once a whole burst is saved up, and holds up those
// behind it.
//
// A nil *rate has no limit.
type rate struct {
	each time.Duration // time that one unit is worth

	mu   sync.Mutex
	paid time.Time // until when time is spent on what was reserved
}

// newRate returns a limit of perMinute units, nil for 0.
func newRate(perMinute int) *rate {
	if perMinute == 0 {
		return nil
	}
	return &rate{each: (time.Minute + rateBurst) / time.Duration(perMinute)}
}

// reserve takes units and returns how long to wait before they may be used. Not
// ok means that the wait would exceed longest, and that nothing was taken.
func (r *rate) reserve(units int, longest time.Duration) (wait time.Duration, ok bool) {
	if r == nil {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.paid.Before(now) {
		r.paid = now
	}
	price := time.Duration(units) * r.each
	burst := max(rateBurst, r.each)
	wait = max(r.paid.Sub(now)+min(price, burst)-burst, 0)
	if wait > max(longest, 0) {
		return wait, false
	}
	r.paid = r.paid.Add(price)
	return wait, true
}

// settle takes units more, or gives them back when negative.
func (r *rate) settle(units int) {
	if r == nil || units == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paid = r.paid.Add(time.Duration(units) * r.each)
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

// pace estimates how long an endpoint takes to answer, as TCP estimates the time
// of a round trip: a smoothed mean and mean deviation (V. Jacobson, Congestion
// Avoidance and Control, 1988; the weights are those of RFC 6298).
type pace struct {
	mu              sync.Mutex
	mean, deviation time.Duration
}

// note takes the time of a call that brought an answer.
func (p *pace) note(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mean == 0 {
		p.mean, p.deviation = took, took/2
		return
	}
	p.deviation += ((took - p.mean).Abs() - p.deviation) / 4
	p.mean += (took - p.mean) / 8
}

// usual returns the time within which most answers come, 0 while nothing is known.
// It is for calls that would have to wait: what starts at once shows whether the
// endpoint has become faster.
func (p *pace) usual() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mean + p.deviation
}
