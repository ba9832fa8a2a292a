package summarizer

import (
	"context"
	"sync"
	"time"
)

// minOrphanedVerifications is the number of verifications that may run for nobody however
// little the model does at once: they wait for its places in turn.
const minOrphanedVerifications = 4

// Samples counts the verifications after delivery, and what they consumed.
type Samples struct {
	Verified int64 // summaries with a verdict
	Refuted  int64 // of these, summaries with a sentence that is not supported
	Missed   int64 // summaries without a verdict: no room, no time, or a verifier that fails

	InputTokens, OutputTokens, CostMicroUSD int64
}

type samples struct {
	mu sync.Mutex
	Samples
}

func (s *samples) add(v *Verified) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.InputTokens += int64(v.Usage.InputTokens)
	s.OutputTokens += int64(v.Usage.OutputTokens)
	s.CostMicroUSD += v.Usage.CostMicroUSD
	switch {
	case v.Err != nil:
		s.Missed++
		return
	case v.Refuted > 0:
		s.Refuted++
	}
	s.Verified++
}

// errNoRoom says that a summary is not verified as too many are.
var errNoRoom = &Error{Reason: ReasonLLMBusy, Message: "too many verifications run"}

// Samples waits for the verifications under way, at most for the grace of calls that nobody
// waits for, and returns the counts so far.
func (s *Service) Samples(ctx context.Context) Samples {
	s.awaitVerifications(ctx)
	s.samples.mu.Lock()
	defer s.samples.mu.Unlock()
	return s.samples.Samples
}

func (s *Service) awaitVerifications(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.options.LateAnswerGrace)
	defer cancel()
	for {
		room := s.verifications.Room()
		if running, _ := s.verifications.Count(); running == 0 {
			return
		}
		select {
		case <-room:
		case <-ctx.Done():
			return
		}
	}
}

// verifyAfterDelivery verifies the answers of the share of which the operator wants to
// know how good they are.
func (s *Service) verifyAfterDelivery(ctx context.Context, j *job) {
	if s.options.Verifier == nil || j.origin[summary].Source != SourceLLM || s.toVerify(j) == nil || j.request.Cache == CacheBypass {
		return
	}
	if verifyTimeOf(j.request.Verify, s.options.VerifyShare, j.keys().of[summary]) != verifyAfter {
		return
	}
	until, cancel := context.WithDeadline(ctx, s.waitUntil(j, 0))
	defer cancel()
	for {
		room := s.verifications.Room()
		if s.joinVerification(ctx, j, time.Time{}, true) != nil {
			return
		}
		if !j.request.PacedBySample || until.Err() != nil {
			s.samples.add(&Verified{Err: errNoRoom})
			return
		}
		select {
		case <-room:
		case <-until.Done():
		}
	}
}
