// Package limits says whether an endpoint may be called, and when: its circuit breaker,
// its rates and its budget of retries; and the estimate of its latency, by which waiting
// for them is bounded. All of it is safe for concurrent use, and knows nothing of what is
// asked.
package limits

import (
	"math/rand/v2"
	"sync"
	"time"
)

// rateBurst is the stretch of time whose worth may be spent at once.
const rateBurst = 6 * time.Second

// Rate holds a number of permits a minute. Permits that are asked for too early are
// reserved, and their caller waits for his turn; so callers are served in order, and
// nobody waits in vain. In no minute more permits are handed out than the limit, so
// that the long-term rate stays a tenth below it. A demand for more than a burst is
// granted once a whole burst is saved up, and holds up those behind it.
//
// A nil *Rate has no limit.
type Rate struct {
	each time.Duration // time that one permit is worth

	mu   sync.Mutex
	paid time.Time // until when time is spent on what was reserved
}

// NewRate returns a limit of perMinute permits, nil for 0.
func NewRate(perMinute int) *Rate {
	if perMinute == 0 {
		return nil
	}
	return &Rate{each: (time.Minute + rateBurst) / time.Duration(perMinute)}
}

// Reserve takes permits and returns how long to wait before they may be used. Not
// ok means that the wait would exceed longest, and that nothing was taken.
func (r *Rate) Reserve(permits int, longest time.Duration) (wait time.Duration, ok bool) {
	if r == nil {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.paid.Before(now) {
		r.paid = now
	}
	if wait = r.wait(now, 0, permits); wait > max(longest, 0) {
		return wait, false
	}
	r.paid = r.paid.Add(r.price(permits))
	return wait, true
}

// Wait returns how long permits would have to be waited for behind others, and takes none.
func (r *Rate) Wait(others, permits int) time.Duration {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wait(time.Now(), others, permits)
}

// wait returns for how long permits have to be waited for behind others. r.mu is held.
func (r *Rate) wait(now time.Time, others, permits int) time.Duration {
	burst := max(rateBurst, r.each)
	return max(max(r.paid.Sub(now), 0)+r.price(others)+min(r.price(permits), burst)-burst, 0)
}

// Settle takes permits more, or gives them back when negative.
func (r *Rate) Settle(permits int) {
	if r == nil || permits == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paid = r.paid.Add(r.price(permits))
}

// maxPrice bounds the time that permits are worth, either way, so that it can be counted.
const maxPrice = 24 * time.Hour

// price returns the time that permits are worth, which is negative for fewer than none.
func (r *Rate) price(permits int) time.Duration {
	most := int(maxPrice/max(r.each, 1)) + 1
	return min(max(time.Duration(min(max(permits, -most), most))*r.each, -maxPrice), maxPrice)
}

// The pause before an attempt is drawn from 0 to a bound that doubles with each attempt up
// to MaxBackoff, so that callers who failed together do not come back together.
const (
	minBackoff = 200 * time.Millisecond
	MaxBackoff = 2 * time.Second
)

// Backoff draws the pause after the given number of failed attempts.
func Backoff(attempts int) time.Duration {
	return rand.N(min(minBackoff<<min(attempts-1, 10), MaxBackoff))
}

// Every first attempt earns a share of a retry. The savings let single
// faults be retried at once, and no more; an endpoint that fails altogether is
// not asked much more often for it.
const (
	retryShare  = 0.2
	retrySaving = 10
)

// RetryBudget bounds the retries at one endpoint over all tasks.
type RetryBudget struct {
	mu   sync.Mutex
	left float64
}

// NewRetryBudget returns a budget of which all is saved up.
func NewRetryBudget() *RetryBudget { return &RetryBudget{left: retrySaving} }

// Earn books a first attempt.
func (b *RetryBudget) Earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+retryShare, retrySaving)
}

// Spend takes one retry, if there is one.
func (b *RetryBudget) Spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// latencyDeviations is by how many mean deviations the usual time lies above the mean. Of
// normally distributed times 95 % are below it, as 2 mean deviations are 1.6 standard
// deviations. RFC 6298 takes 4, since a packet sent twice costs more than a place that a
// caller leaves too early.
const latencyDeviations = 2

// CallLatency estimates how long an endpoint takes to answer, as TCP estimates the
// time of a round trip: a smoothed mean and mean deviation (V. Jacobson, Congestion
// Avoidance and Control, 1988; with the weights of RFC 6298).
type CallLatency struct {
	mu              sync.Mutex
	mean, deviation time.Duration
}

// Add takes the time of a call that brought an answer, until the answer could be used.
func (l *CallLatency) Add(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(took)
}

// AddUnanswered takes the time after which a call was given up. Where most answers come
// sooner, the endpoint has become slower, which the calls it answers in time do not show.
func (l *CallLatency) AddUnanswered(after time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after > l.usual() {
		l.add(after)
	}
}

// add takes a time. l.mu is held.
func (l *CallLatency) add(took time.Duration) {
	if l.mean == 0 {
		l.mean, l.deviation = took, took/2
		return
	}
	l.deviation += ((took - l.mean).Abs() - l.deviation) / 4
	l.mean += (took - l.mean) / 8
}

// Usual returns the time within which most answers come, 0 while nothing is known.
// It is for calls that would have to wait: what starts at once shows whether the
// endpoint has become faster.
func (l *CallLatency) Usual() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.usual()
}

// Mean returns the time that an answer takes on average, 0 while nothing is known.
func (l *CallLatency) Mean() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mean
}

// usual is Usual. l.mu is held.
func (l *CallLatency) usual() time.Duration { return l.mean + latencyDeviations*l.deviation }
