package server

import (
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const maxRequestsPerSecond = 1_000_000

// quotaUsage is what a client uses of its quotas. It outlives a reload of the file of
// clients, so that a reload gives nobody a second allowance.
type quotaUsage struct {
	requests *rate.Limiter
	limit    atomic.Int64 // articles in flight; 0 is no limit
	inFlight atomic.Int64
}

func newQuotaUsage(perSecond float64, inFlight int) *quotaUsage {
	u := &quotaUsage{requests: rate.NewLimiter(requestRate(perSecond))}
	u.limit.Store(int64(inFlight))
	return u
}

// requestRate returns the rate and the burst of a quota: a second's worth.
func requestRate(perSecond float64) (rate.Limit, int) {
	if perSecond == 0 {
		return rate.Inf, 0
	}
	return rate.Limit(perSecond), max(1, int(math.Ceil(perSecond)))
}

// setLimits takes over the limits of next.
func (u *quotaUsage) setLimits(next *quotaUsage) {
	if u.requests.Limit() != next.requests.Limit() {
		u.requests.SetLimit(next.requests.Limit())
		u.requests.SetBurst(next.requests.Burst())
	}
	u.limit.Store(next.limit.Load())
}

// request takes one call off the quota of requests, or says when there is room.
func (u *quotaUsage) request() error {
	if u == nil || u.requests.Limit() == rate.Inf || u.requests.Allow() {
		return nil
	}
	limit := float64(u.requests.Limit())
	return &summarizer.Error{
		Reason:     summarizer.ReasonQuotaExceeded,
		Message:    fmt.Sprintf("the client has a quota of %g requests a second: retry later, or ask for more", limit),
		RetryAfter: max(time.Millisecond, time.Duration(float64(time.Second)/limit)),
		Metadata:   map[string]string{"quota": "requests-per-second", "limit": fmt.Sprint(limit)},
	}
}

// acquire takes a place among the client's articles in flight.
func (u *quotaUsage) acquire() error {
	if u == nil {
		return nil
	}
	limit := u.limit.Load()
	if count := u.inFlight.Add(1); limit == 0 || count <= limit {
		return nil
	}
	u.inFlight.Add(-1)
	return &summarizer.Error{
		Reason:   summarizer.ReasonQuotaExceeded,
		Metadata: map[string]string{"quota": "articles-in-flight", "limit": strconv.FormatInt(limit, 10)},
		Message:  fmt.Sprintf("the client has a quota of %d articles in flight: wait for answers before sending more", limit),
	}
}

func (u *quotaUsage) release() {
	if u != nil {
		u.inFlight.Add(-1)
	}
}
