package llm

import (
	"sync"
	"time"
)

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
