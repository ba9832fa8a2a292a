package server

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	maxPerSecond = 1_000_000

	// longestPause bounds the pause that a client with a quota of next to nothing is told.
	longestPause = 24 * time.Hour

	// defaultStreams is the quota of streams of a client that has no other.
	defaultStreams = 256
)

// quotaUsage is what a client uses of its quotas. It outlives a reload of the file of
// clients, so that a reload gives nobody a second allowance. A nil quotaUsage has none.
type quotaUsage struct {
	requests, articles rateQuota
	inFlight, streams  places
}

func newQuotaUsage(entry ClientEntry) *quotaUsage {
	u := &quotaUsage{
		requests: newRateQuota("requests", entry.RequestsPerSecond),
		articles: newRateQuota("articles", entry.ArticlesPerSecond),
	}
	u.inFlight.limit.Store(int64(entry.ArticlesInFlight))
	u.streams.limit.Store(int64(entry.Streams))
	if entry.Streams == 0 {
		u.streams.limit.Store(defaultStreams)
	}
	return u
}

// setLimits takes over the limits of next.
func (u *quotaUsage) setLimits(next *quotaUsage) {
	u.requests.setLimit(next.requests)
	u.articles.setLimit(next.articles)
	u.inFlight.limit.Store(next.inFlight.limit.Load())
	u.streams.limit.Store(next.streams.limit.Load())
}

// request takes one call off the quota of requests.
func (u *quotaUsage) request() error {
	if u == nil {
		return nil
	}
	return u.requests.take()
}

// article takes one article off the quota of articles a second.
func (u *quotaUsage) article() error {
	if u == nil {
		return nil
	}
	return u.articles.take()
}

// awaitArticle does the same for an item of a batch or a stream, which waits for its turn
// for at most maxWait, and half of the time to the deadline of ctx: the rest is for the
// answer, without which the whole batch is lost. At stop it waits no longer.
func (u *quotaUsage) awaitArticle(ctx context.Context, maxWait time.Duration, stop <-chan struct{}) error {
	if u == nil {
		return nil
	}
	return u.articles.await(ctx, maxWait, stop)
}

// acquire takes a place among the client's articles in flight.
func (u *quotaUsage) acquire() error {
	if u == nil {
		return nil
	}
	return u.inFlight.take("articles-in-flight", "the client has a quota of %d articles in flight: wait for answers before sending more")
}

func (u *quotaUsage) release() {
	if u != nil {
		u.inFlight.release()
	}
}

// openStream takes a place among the client's streams.
func (u *quotaUsage) openStream() error {
	if u == nil {
		return nil
	}
	return u.streams.take("streams", "the client has a quota of %d open streams: end one before opening another, or ask for more")
}

func (u *quotaUsage) closeStream() {
	if u != nil {
		u.streams.release()
	}
}

// rateQuota is a quota of so many things a second, with a second's worth at once.
type rateQuota struct {
	of      string // such as "requests"
	limiter *rate.Limiter
}

// newRateQuota returns the quota; 0 is no limit.
func newRateQuota(of string, perSecond float64) rateQuota {
	if perSecond == 0 {
		return rateQuota{of, rate.NewLimiter(rate.Inf, 0)}
	}
	return rateQuota{of, rate.NewLimiter(rate.Limit(perSecond), max(1, int(math.Ceil(perSecond))))}
}

func (p rateQuota) setLimit(next rateQuota) {
	if p.limiter.Limit() != next.limiter.Limit() {
		p.limiter.SetLimit(next.limiter.Limit())
		p.limiter.SetBurst(next.limiter.Burst())
	}
}

// take takes one, or says when there is room.
func (p rateQuota) take() error {
	if p.limiter.Limit() == rate.Inf || p.limiter.Allow() {
		return nil
	}
	return p.exceeded(time.Duration(min(1/float64(p.limiter.Limit()), longestPause.Seconds()) * float64(time.Second)))
}

func (p rateQuota) await(ctx context.Context, maxWait time.Duration, stop <-chan struct{}) error {
	if p.limiter.Limit() == rate.Inf {
		return nil
	}
	now := time.Now()
	reserved := p.limiter.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		maxWait = min(maxWait, deadline.Sub(now)/2)
	}
	if wait > maxWait {
		reserved.CancelAt(now)
		return p.exceeded(wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stop:
	case <-ctx.Done():
		reserved.Cancel()
		return ctx.Err()
	}
	return nil
}

func (p rateQuota) exceeded(retryAfter time.Duration) error {
	limit := float64(p.limiter.Limit())
	return &summarizer.Error{
		Reason:     summarizer.ReasonQuotaExceeded,
		Message:    fmt.Sprintf("the client has a quota of %g %s a second: retry later, or ask for more", limit, p.of),
		RetryAfter: max(time.Millisecond, retryAfter),
		Metadata:   map[string]string{"quota": p.of + "-per-second", "limit": fmt.Sprint(limit)},
	}
}

// places is a quota of so many things at once.
type places struct {
	limit atomic.Int64 // 0 is no limit
	taken atomic.Int64
}

// take takes a place, or fails with a message that has a verb for the limit.
func (p *places) take(quota, message string) error {
	limit := p.limit.Load()
	if taken := p.taken.Add(1); limit == 0 || taken <= limit {
		return nil
	}
	p.taken.Add(-1)
	return &summarizer.Error{
		Reason:   summarizer.ReasonQuotaExceeded,
		Metadata: map[string]string{"quota": quota, "limit": strconv.FormatInt(limit, 10)},
		Message:  fmt.Sprintf(message, limit),
	}
}

func (p *places) release() { p.taken.Add(-1) }
