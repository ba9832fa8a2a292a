package server

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Bounds of memory, as shares of GOMEMLIMIT: at the limit itself the collector
// would take the processors.
const (
	memoryForBulk  = 0.70
	memoryForUnary = 0.85
)

// How the level of shedding moves with each measurement. It takes a second and a
// half from the first refusal of a bulk item to the first of a unary call, and
// four seconds from the top to the bottom.
const (
	shedFaster = 0.10
	shedSlower = 0.05
	shedMost   = 1.95 // a few calls are always let in, to see whether it is over
)

// bulkShare is the part of the articles in flight that batches and streams may
// have; the rest is kept for unary calls.
const bulkShare = 0.75

// admission decides which articles are worked on. It is safe for concurrent use.
//
// It protects processors and memory. How long a request takes says
// little about these: one that waits for a language model takes seconds and costs
// nothing meanwhile. So the limit does not follow the latency of requests, but
// the latency of the processors: how long a goroutine that can run waits for one. While
// that is too long, a growing share of new work is refused: of batches and streams
// first, of unary calls only when all of these are refused. A bound on the
// articles in flight stands behind it.
type admission struct {
	load    load
	collect func()
	chance  func() float64 // uniform in [0, 1)

	limit    int64 // articles in flight
	inFlight atomic.Int64

	mu        sync.Mutex
	level     float64 // 0 refuses nothing, 1 all bulk, 2 everything
	memory    float64
	collected time.Time
}

func newAdmission(limit int) *admission {
	return &admission{
		load:    load{read: readRuntime()},
		collect: collect,
		chance:  rand.Float64,
		limit:   int64(limit),
	}
}

// enter takes in an article, or says that the server is full. Leave has to
// follow where it does not fail. A nil admission takes in everything.
func (a *admission) enter(bulk bool) error {
	if a == nil {
		return nil
	}
	if p, ok := a.load.measure(); ok {
		a.adjust(p)
	}
	if a.refuses(bulk) {
		return a.refusal()
	}
	limit := a.limit
	if bulk {
		limit = max(1, int64(bulkShare*float64(limit)))
	}
	if a.inFlight.Add(1) > limit {
		a.inFlight.Add(-1)
		return a.refusal()
	}
	return nil
}

func (a *admission) leave() {
	if a != nil {
		a.inFlight.Add(-1)
	}
}

// adjust moves the level by what was measured.
func (a *admission) adjust(p pressure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.processors > 1 {
		a.level = min(a.level+shedFaster, shedMost)
	} else {
		a.level = max(a.level-shedSlower, 0)
	}
	a.memory = p.memory
	if now := time.Now(); a.memory > memoryForBulk && now.Sub(a.collected) > time.Second {
		a.collected = now
		a.collect()
	}
}

// refuses reports whether an article is to be refused for the load of the process.
func (a *admission) refuses(bulk bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	share, memory := a.level-1, memoryForUnary
	if bulk {
		share, memory = a.level, memoryForBulk
	}
	return a.memory > memory || share > 0 && a.chance() < share
}

// refusal advises a pause that differs from caller to caller, so that they do
// not come back together.
func (a *admission) refusal() error {
	return &summarizer.Error{
		Reason:     summarizer.ReasonOverloaded,
		Message:    "the server works on as many articles as it can: retry later, or send to another server",
		RetryAfter: defaultRetryAfter/2 + time.Duration(a.chance()*float64(defaultRetryAfter)),
	}
}
