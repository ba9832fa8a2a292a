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
	"github.com/seed-59202292/summarizer/internal/pause"
)

// The pauses between tries of one article, when the analyzer names none.
const (
	minBackoff = 200 * time.Millisecond
	maxBackoff = 10 * time.Second
)

// ask calls the analyzer, and again while it cannot take the article and
// RetryFor is not over.
func (r *runner) ask(readCtx, workCtx context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	deadline := time.Now().Add(r.RetryFor)
	for backoff := minBackoff; ; backoff = min(2*backoff, maxBackoff) {
		release := r.limiter.acquire(workCtx)
		response, err := Analyze(workCtx, request, r.Analyzer)
		retryAfter, transient := IsTransient(err)
		release(!transient)
		wait := max(retryAfter, time.Duration(rand.Int64N(int64(backoff)))) //nolint:gosec // no secret: it spreads retries
		if !transient || time.Now().Add(wait).After(deadline) {
			return response, err
		}
		if pause.For(readCtx, wait) != nil {
			return nil, ErrInterrupted
		}
	}
}

// IsTransient reports whether the error of an Analyzer says that it may take the
// article later, and how much later it asks for; 0 when it does not say.
func IsTransient(err error) (retryAfter time.Duration, transient bool) {
	if err == nil {
		return 0, false
	}
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			retryAfter, transient = info.GetRetryDelay().AsDuration(), s.Code() == codes.ResourceExhausted
		}
	}
	return retryAfter, transient || s.Code() == codes.Unavailable
}

// limiter bounds the articles that the analyzer works on at once.
type limiter struct {
	adaptive adaptivelimiter.AdaptiveLimiter[any] // nil: the number of workers is the bound
	limit    int
}

// maxConcurrencyFactor bounds the articles in flight, as a multiple of the number that a run
// begins with.
const maxConcurrencyFactor = 8

func newLimiter(concurrency int, adaptive bool) limiter {
	if !adaptive {
		return limiter{limit: concurrency}
	}
	limit := concurrency * maxConcurrencyFactor
	return limiter{
		limit:    limit,
		adaptive: adaptivelimiter.NewBuilder[any]().WithLimits(1, uint(limit), uint(concurrency)).Build(),
	}
}

// max returns the maximum number of articles at once.
func (l limiter) max() int { return l.limit }

// acquire waits for a permit. Release returns it; answered says whether the time that
// was taken tells of the analyzer's load.
func (l limiter) acquire(ctx context.Context) (release func(answered bool)) {
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
