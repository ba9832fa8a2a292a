package summarizer

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/seed-59202292/summarizer/internal/sharedcall"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// VerifyPolicy says when a summary that a model wrote is checked by a further call.
type VerifyPolicy uint8

// The policies. The zero value is the default.
const (
	VerifyShare  VerifyPolicy = iota // as Options.VerifyShare says
	VerifyAlways                     // before delivery
	VerifyNever                      // not before delivery
)

// Verifier checks what a model wrote by a further call of a model. It is safe for
// concurrent use.
type Verifier interface {
	// VerifierID stands for all that a verdict depends on besides article and summary.
	VerifierID() string

	// Verify checks a summary that was written for task. It never returns nil.
	Verify(ctx context.Context, task *Task, written Written) *Verified
}

// Written is a summary to be verified.
type Written struct {
	Answer *SummaryAnswer
	By     Fingerprint
	Calls  int // upstream calls that the request has already made for it

	// Sample asks for the verdict alone: nothing is written again.
	Sample bool
}

// Verified is what came of a verification.
type Verified struct {
	// Answer is what stands of the summary, with its Verification: as it was written,
	// repaired, or without the sentences that are not supported. Nil when nothing
	// stands, or when Err is set.
	Answer *SummaryAnswer

	Refuted int   // sentences as written that are not supported
	Calls   int   // upstream calls that were made
	Usage   Usage // also of a repair; Usage.Verification is the verifier's part
	Err     error // why there is no verdict: the summary stays unchanged
}

// Verification is what a verifier found of a summary, as it is stored with it.
type Verification struct {
	Verifier string // see Verifier.VerifierID; empty: none was asked
	Unsure   int    // sentences that it could not tell
}

// Complete reports whether a verifier found each sentence supported.
func (v Verification) Complete() bool { return v.Verifier != "" && v.Unsure == 0 }

// verifyTime is when a summary is verified.
type verifyTime uint8

const (
	verifyNever verifyTime = iota
	verifyBefore
	verifyAfter
)

// verifyTimeOf is the policy: what the request wants, what share of the answers the
// operator has checked, and where in the share the answer of key lies.
func verifyTimeOf(policy VerifyPolicy, share float64, key Key) verifyTime {
	inShare := float64(binary.BigEndian.Uint64(key[:8])) < share*math.MaxUint64
	switch {
	case policy == VerifyAlways, policy == VerifyShare && share >= 1:
		return verifyBefore
	case inShare:
		return verifyAfter
	}
	return verifyNever
}

// toVerify returns the summary of a job that a model wrote and that the verifier has not
// seen; nil when there is none.
func (s *Service) toVerify(j *job) *SummaryAnswer {
	a := j.answers[summary].summary
	if a == nil || a.Method != MethodAbstractive {
		return nil
	}
	if v := s.options.Verifier; v != nil && a.Verification.Verifier == v.VerifierID() {
		return nil
	}
	return a
}

// Why a summary is not verified.
var (
	errNoVerifier = &Error{Reason: ReasonLLMDisabled, Message: "the server has no model for that"}
	errRefuted    = &Error{Reason: ReasonLLMUngrounded, Message: "a second look at the language model's summary found that the article does not support it"}
)

// verify has the summary of a model checked before it is delivered, where that is wanted.
// Where it cannot be, the summary stays and the job notes why. A summary of which nothing
// stands is taken back: the summary is open again.
func (s *Service) verify(ctx context.Context, j *job) {
	a := s.toVerify(j)
	if a == nil || a == j.unverified {
		return
	}
	j.unverified = a
	if verifyTimeOf(j.request.Verify, s.options.VerifyShare, j.keys().of[summary]) != verifyBefore {
		return
	}
	if s.options.Verifier == nil {
		j.skipped = errNoVerifier
		return
	}
	until := s.waitUntil(j, 0)
	if time.Until(until) < s.options.MinModelTime {
		j.skipped = errTooShort
		s.verifyLater(ctx, j)
		return
	}
	again := true
	for asked := 1; again && asked <= maxAsks; asked++ {
		again = s.awaitVerification(ctx, j, until) && time.Until(until) >= s.options.MinModelTime
	}
}

// awaitVerification joins or starts the verification of the summary of a job and takes
// what comes of it. It reports whether it failed for the time or the money of another
// request, so that it is worth asking for again.
func (s *Service) awaitVerification(ctx context.Context, j *job, until time.Time) (again bool) {
	waiter := s.joinVerification(ctx, j, until, false)
	if waiter == nil {
		j.skipped = errStopping
		return false
	}
	wait, stop := context.WithDeadline(ctx, until)
	defer stop()
	if !waiter.Wait(wait) {
		waiter.Leave(!cancelled(ctx))
		j.skipped = asError(cmp.Or[error](waiter.WhyBlocked(), errTimeout))
		return false
	}
	verified := waiter.Result()
	if waiter.First {
		j.usage.Add(verified.Usage)
		j.calls += verified.Calls
	}
	s.take(j, verified)
	if waiter.First || j.skipped == nil || !liesWithStarter(j.skipped.Reason) {
		return false
	}
	if j.skipped.Reason == ReasonBudgetExhausted {
		j.skipped = errTooShort // unless there is time to ask again
	}
	return true
}

// take puts what came of a verification in place of the summary.
func (s *Service) take(j *job, verified *keptVerdict) {
	j.skipped = nil
	if verified.Err != nil {
		j.skipped = asError(verified.Err)
		return
	}
	if verified.Refuted > 0 {
		if !verified.replaced.IsZero() {
			j.began = verified.replaced
		}
		j.stored[summary] = nil
	}
	if verified.Answer == nil {
		j.failed[summary] = errRefuted
		j.answers[summary] = featureAnswer{}
		j.open = j.open.with(summary)
		return
	}
	j.answers[summary] = featureAnswer{summary: verified.Answer}
	j.origin[summary].Verified = verified.Answer.Verification.Complete()
}

// verifyLater verifies the summary of a job that nobody waits for, within the grace.
func (s *Service) verifyLater(ctx context.Context, j *job) {
	if j.request.Cache != CacheBypass {
		s.joinVerification(ctx, j, time.Time{}, false)
	}
}

// verifications holds the verifications of one process, so that no summary is verified
// twice.
type verifications = sharedcall.Group[verificationKey, *keptVerdict]

// verificationWaiter is a request that waits for a verification.
type verificationWaiter = sharedcall.Waiter[verificationKey, *keptVerdict]

// verificationKey tells apart what is verified.
type verificationKey struct {
	content Key
	by      string
	made    int64
}

// keptVerdict is what came of a verification, and of keeping it.
type keptVerdict struct {
	*Verified

	// replaced is the time since which the cache holds nothing of the article that was made
	// from what was refuted; zero where nothing was, and where somebody else removed the
	// article meanwhile.
	replaced time.Time
}

// joinVerification returns the verification of the summary of a job, which it starts where
// none is under way. A zero until asks for one that nobody waits for; it gets none where
// too many such verifications run. Without one, the service stops or has no room. A sample
// is one of the share that is verified after delivery.
func (s *Service) joinVerification(ctx context.Context, j *job, until time.Time, sample bool) *verificationWaiter {
	joined, _, _ := s.verifications.Join(ctx, sharedcall.JoinRequest[verificationKey, *keptVerdict]{
		Keys:     []verificationKey{{j.keys().of[summary], j.makers[summary].ID, j.origin[summary].CreateTime.UnixNano()}},
		Customer: turns.Customer{Client: j.request.Client, Bulk: j.request.Bulk},
		Until:    until,
		Shared:   j.request.Cache != CacheBypass,
		Accept: func(o sharedcall.Offer[verificationKey, *keptVerdict]) bool {
			return o.Ended.IsZero() || o.Result.Err == nil
		},
		Start: func(callers *sharedcall.Call[verificationKey, *keptVerdict], _ []verificationKey) sharedcall.Work[*keptVerdict] {
			task := j.task.only(setOf(summary))
			task.Client, task.Callers = j.request.Client, callers
			written := Written{Answer: j.answers[summary].summary, By: j.makers[summary], Calls: j.calls, Sample: sample}
			return s.verificationOf(task, written, keptSummary{
				keys: j.keys(), by: written.By, made: j.origin[summary].CreateTime, began: j.began, sample: sample,
			})
		},
	})
	if len(joined) == 0 {
		return nil
	}
	return joined[0]
}

// verificationOf is one call of the verifier.
func (s *Service) verificationOf(task *Task, written Written, keep keptSummary) sharedcall.Work[*keptVerdict] {
	return sharedcall.Work[*keptVerdict]{
		Do: func(ctx context.Context) *keptVerdict {
			verified := s.options.Verifier.Verify(ctx, task, written)
			if verified.Err != nil && errors.Is(context.Cause(ctx), sharedcall.ErrClosed) {
				verified.Err = errStopping
			}
			return &keptVerdict{Verified: verified}
		},
		Failed: func() *keptVerdict { return &keptVerdict{Verified: &Verified{Err: errInside}} },
		Keep: func(v *keptVerdict) {
			if keep.sample {
				s.samples.add(v.Verified)
			}
			v.replaced = s.storeVerified(keep, v.Verified)
		},
		Good: func(v *keptVerdict) bool { return v.Err == nil },
	}
}

// keptSummary is where a summary is kept that is verified.
type keptSummary struct {
	keys  *contentKeys
	by    Fingerprint
	made  time.Time
	began time.Time // the work that brought it

	// sample says that a summary with an unsupported sentence is removed, and that nothing
	// takes its place.
	sample bool
}

// storeVerified keeps what stands of a summary in place of what was written, and removes
// what does not. It returns the time for keptVerdict.replaced.
func (s *Service) storeVerified(k keptSummary, verified *Verified) (replaced time.Time) {
	answers := s.options.Answers
	if answers == nil || verified.Err != nil {
		return time.Time{}
	}
	began, purged := k.began, answers.PurgedSince(k.keys.article, k.began)
	newer := s.holdsNewer(k)
	if verified.Refuted > 0 {
		s.removeRefuted(k.keys.article)
		if purged {
			return time.Time{}
		}
		began = time.Now()
		replaced = began
	}
	if verified.Answer != nil && !purged && !newer && !(k.sample && verified.Refuted > 0) {
		answers.Store(k.keys.of[summary], k.keys.article, &StoredAnswer{Fingerprint: k.by, CreateTime: k.made, Summary: verified.Answer}, began)
	}
	return replaced
}

// removeRefuted removes what is kept of an article of which a summary is not supported, and
// all finished results: which of them hold the summary is not known, and without one the
// answers are still there.
func (s *Service) removeRefuted(article Key) {
	if _, err := s.options.Answers.Purge(article); err != nil {
		s.options.Logger.Warn("an answer that is not supported could not be removed everywhere", slog.Any("error", err))
	}
	if s.options.Results != nil {
		s.options.Results.Clear()
	}
}

// newerTime is how long the cache is asked whether it holds a newer summary.
const newerTime = 250 * time.Millisecond

// holdsNewer reports whether the cache holds a summary of the same maker that was made
// after the one that was verified: that one stays.
func (s *Service) holdsNewer(k keptSummary) bool {
	ctx, cancel := context.WithTimeout(context.Background(), newerTime)
	defer cancel()
	return slices.ContainsFunc(s.options.Answers.Lookup(ctx, k.keys.of[summary], []string{k.by.ID}), func(a *StoredAnswer) bool {
		return a.Fingerprint.ID == k.by.ID && a.CreateTime.After(k.made)
	})
}

// verificationWarning says why a summary is delivered without the check that it should
// have had; no warning when it had it, also by an earlier verifier, or should have none.
func (j *job) verificationWarning() []Warning {
	if j.skipped == nil || j.origin[summary].Verified {
		return nil
	}
	if a := j.answers[summary].summary; a == nil || a.Method != MethodAbstractive {
		return nil
	}
	w := Warning{Reason: WarnVerificationSkipped, Message: "the summary is not verified: " + j.skipped.Message}
	if j.skipped != errNoVerifier {
		w.Metadata = map[string]string{"reason": string(j.skipped.Reason)}
	}
	return []Warning{w}
}
