package llm

import (
	"math/rand/v2"
	"sync"
	"time"
)

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

// slowCall is how long a call must have run, when its callers had no time left
// and it was ended, to count against its endpoint. Short deadlines alone do not.
const slowCall = 5 * time.Second

// health tells what a call says about its endpoint.
func (r *run) health(f *failure, took time.Duration) health {
	switch {
	case f == nil:
		return healthGood
	case r.ctx.Err() == nil:
		return f.health()
	}
	if callers := r.task.Callers; callers != nil && took >= slowCall && !time.Now().Before(callers.Deadline()) {
		return healthBad
	}
	return healthUnknown
}
