package batch

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/failsafe-go/failsafe-go/adaptivelimiter"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// The pauses between tries of one article, when the analyzer names none.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 10 * time.Second
)

// ask calls the analyzer, and again while it cannot take the article and
// RetryFor is not over.
func (r *run) ask(reading, working context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	end := time.Now().Add(r.RetryFor)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		leave := r.limiter.enter(working)
		response, err := Analyze(working, request, r.Analyzer)
		asked, again := IsTransient(err)
		leave(!again)
		wait := max(asked, time.Duration(rand.Int64N(int64(pause)))) //nolint:gosec // no secret: it spreads retries
		if !again || time.Now().Add(wait).After(end) {
			return response, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-reading.Done():
			timer.Stop()
			return nil, ErrInterrupted
		}
	}
}

// IsTransient reports whether the error of an Analyzer says that it may take the
// article later, and how much later it asks for; 0 when it does not say.
func IsTransient(err error) (wait time.Duration, again bool) {
	if err == nil {
		return 0, false
	}
	s := status.Convert(err)
	told := false
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			wait, told = info.GetRetryDelay().AsDuration(), true
		}
	}
	return wait, s.Code() == codes.Unavailable || s.Code() == codes.ResourceExhausted && told
}

// limiter bounds the articles that the analyzer works on at once.
type limiter struct {
	adaptive adaptivelimiter.AdaptiveLimiter[any] // nil: the number of workers is the bound
	limit    int
}

// adaptiveRange is how many times the articles that a run begins with may be in
// flight.
const adaptiveRange = 8

func newLimiter(concurrency int, adaptive bool) limiter {
	if !adaptive {
		return limiter{limit: concurrency}
	}
	most := concurrency * adaptiveRange
	return limiter{
		limit:    most,
		adaptive: adaptivelimiter.NewBuilder[any]().WithLimits(1, uint(most), uint(concurrency)).Build(),
	}
}

// most returns the greatest number of articles at once.
func (l limiter) most() int { return l.limit }

// enter waits for a place. What it returns gives it back, and says whether the
// time that was taken tells of the analyzer's load.
func (l limiter) enter(ctx context.Context) (leave func(answered bool)) {
	if l.adaptive == nil {
		return func(bool) {}
	}
	permit, err := l.adaptive.AcquirePermit(ctx)
	if err != nil {
		return func(bool) {} // the run ends, and so does the call
	}
	return func(answered bool) {
		if answered {
			permit.Record()
		} else {
			permit.Drop()
		}
	}
}
