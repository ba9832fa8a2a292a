package summarizer

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

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
}

// Verified is what came of a verification.
type Verified struct {
	// Answer is what stands of the summary, with its Verification: as it was written,
	// repaired, or without the sentences that are not supported. Nil when nothing
	// stands, or when Err is set.
	Answer *SummaryAnswer

	Refuted int   // sentences as written that are not supported
	Usage   Usage // also of a repair; Usage.Verification is the verifier's part
	Err     error // why there is no verdict: the summary is what it was before
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
	v := s.verifications.join(ctx, s, j, until)
	verified := v.wait(ctx, until)
	v.leave(cancelled(ctx))
	switch {
	case verified == nil:
		j.skipped = errTimeout
		return
	case v.starter(j):
		j.usage.Add(verified.Usage)
	}
	s.take(j, verified)
}

// take puts what came of a verification in place of the summary.
func (s *Service) take(j *job, verified *Verified) {
	j.skipped = nil
	if verified.Err != nil {
		j.skipped = asError(verified.Err)
		return
	}
	if verified.Refuted > 0 {
		j.began = time.Now() // what is older was removed from the cache
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

// verifyAfterDelivery verifies the answers of the share of which the operator wants to
// know how good they are, once they are delivered.
func (s *Service) verifyAfterDelivery(ctx context.Context, j *job) {
	if s.options.Verifier == nil || j.origin[summary].Source != SourceLLM || s.toVerify(j) == nil || j.request.Cache == CacheBypass {
		return
	}
	if verifyTimeOf(j.request.Verify, s.options.VerifyShare, j.keys().of[summary]) == verifyAfter {
		s.verifyLater(ctx, j)
	}
}

// verifyLater verifies the summary of a job that nobody waits for, within the grace.
func (s *Service) verifyLater(ctx context.Context, j *job) {
	if j.request.Cache != CacheBypass {
		s.verifications.join(ctx, s, j, time.Time{})
	}
}

// verifications holds the verifications of one process, so that no summary is verified
// twice at a time.
type verifications struct {
	mu      sync.Mutex
	byKey   map[verificationKey]*verification
	idle    int // those for which nobody has ever waited
	closed  bool
	workers sync.WaitGroup
	ctx     context.Context //nolint:containedctx // of all that run, until close
	stop    context.CancelCauseFunc
}

// verificationKey tells apart what is verified.
type verificationKey struct {
	content Key
	by      string
	made    int64
}

// verification is one call of the verifier, which several requests may wait for. It
// implements Callers.
type verification struct {
	group  *verifications
	key    verificationKey
	cancel context.CancelFunc
	done   chan struct{}
	result *Verified // set once done is closed
	first  *job      // that pays; nil when nobody waits

	customer turns.Customer // whose turn it is when the call has to wait for a place

	mu       sync.Mutex
	waiters  int
	deadline time.Time
	changed  chan struct{}
}

// join returns the verification of the summary of a job, which it starts where none is
// under way. A zero until asks for one that nobody waits for; it gets none where too many
// of those run.
func (g *verifications) join(ctx context.Context, s *Service, j *job, until time.Time) *verification {
	g.mu.Lock()
	defer g.mu.Unlock()
	waits := !until.IsZero()
	key := verificationKey{j.keys().of[summary], j.makers[summary].ID, j.origin[summary].CreateTime.UnixNano()}
	shared := j.request.Cache != CacheBypass
	if v := g.byKey[key]; v != nil && shared {
		v.enter(until)
		return v
	}
	if g.closed || !waits && g.idle >= max(s.options.Model.Capacity()/4, 1) {
		return nil
	}
	if g.ctx == nil {
		g.ctx, g.stop = context.WithCancelCause(context.Background())
	}
	latest := until
	if !waits {
		latest = time.Now()
	}
	own, cancel := context.WithDeadline(context.WithoutCancel(ctx), latest.Add(s.options.LateAnswerGrace))
	stopped := context.AfterFunc(g.ctx, cancel)
	v := &verification{
		group: g, key: key, cancel: cancel, done: make(chan struct{}),
		customer: turns.Customer{Client: j.request.Client, Bulk: j.request.Bulk || !waits},
	}
	if waits {
		v.first = j
	} else {
		g.idle++
		v.deadline = latest.Add(s.options.LateAnswerGrace)
	}
	v.enter(until)
	if shared {
		if g.byKey == nil {
			g.byKey = make(map[verificationKey]*verification)
		}
		g.byKey[key] = v
	}
	task := j.task.only(setOf(summary))
	task.Client, task.Callers = j.request.Client, v
	written := Written{Answer: j.answers[summary].summary, By: j.makers[summary], Calls: j.calls}
	keys, made, keep := j.keys(), j.origin[summary].CreateTime, shared
	g.workers.Go(func() {
		defer cancel()
		defer stopped()
		v.result = s.askVerifier(own, task, written)
		if keep {
			s.storeVerified(keys, written.By, made, v.result)
		}
		g.mu.Lock()
		if g.byKey[key] == v {
			delete(g.byKey, key)
		}
		if !waits {
			g.idle--
		}
		g.mu.Unlock()
		close(v.done)
	})
	return v
}

// askVerifier makes the call and turns a panic into a failure: no caller's goroutine is
// there to catch it.
func (s *Service) askVerifier(ctx context.Context, task *Task, written Written) (verified *Verified) {
	defer RecoverModelCall(s.options.Logger, func(err *Error) { verified = &Verified{Err: err} })
	return s.options.Verifier.Verify(ctx, task, written)
}

// storeVerified keeps what stands of a summary in place of what was written, and removes
// what does not.
func (s *Service) storeVerified(keys *contentKeys, by Fingerprint, made time.Time, verified *Verified) {
	answers := s.options.Answers
	if answers == nil || verified.Err != nil {
		return
	}
	began := made
	if verified.Refuted > 0 {
		if _, err := answers.Purge(keys.article); err != nil {
			s.options.Logger.Warn("an answer that is not supported could not be removed everywhere", slog.Any("error", err))
		}
		began = time.Now()
	}
	if verified.Answer != nil {
		answers.Store(keys.of[summary], keys.article, &StoredAnswer{Fingerprint: by, CreateTime: made, Summary: verified.Answer}, began)
	}
}

// enter counts a request that waits.
func (v *verification) enter(until time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if until.IsZero() {
		return
	}
	v.waiters++
	if until.After(v.deadline) {
		v.deadline = until
		v.change()
	}
}

// leave takes out a request that waits no longer. What nobody is interested in any more
// ends; what nobody has time for goes on for the grace.
func (v *verification) leave(cancelled bool) {
	if v == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiters--
	v.change()
	if v.waiters == 0 && cancelled && v.first != nil {
		v.cancel()
	}
}

// wait returns what came of the verification; nil when it takes longer than until.
func (v *verification) wait(ctx context.Context, until time.Time) *Verified {
	if v == nil {
		return &Verified{Err: errStopping}
	}
	ctx, stop := context.WithDeadline(ctx, until)
	defer stop()
	select {
	case <-v.done:
		return v.result
	case <-ctx.Done():
		return nil
	}
}

// starter reports whether the job pays for the verification.
func (v *verification) starter(j *job) bool { return v != nil && v.first == j }

// change tells the verifier that somebody joined or left. v.mu is held.
func (v *verification) change() {
	if v.changed != nil {
		close(v.changed)
		v.changed = nil
	}
}

// Waiting implements Callers. Nobody waits for what is verified after delivery; it goes on
// all the same until its deadline.
func (v *verification) Waiting() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.waiters > 0 || v.first == nil
}

// Deadline implements Callers.
func (v *verification) Deadline() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.deadline.Add(-reasonMargin)
}

// Customers implements Callers.
func (v *verification) Customers() []turns.Customer { return []turns.Customer{v.customer} }

// Changed implements Callers.
func (v *verification) Changed() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.changed == nil {
		v.changed = make(chan struct{})
	}
	return v.changed
}

// Blocked implements Callers.
func (v *verification) Blocked(*Error) {}

// close cancels every verification and waits for the end of all.
func (g *verifications) close() {
	g.mu.Lock()
	g.closed = true
	if g.stop != nil {
		g.stop(errors.New("the service is closed"))
	}
	g.mu.Unlock()
	g.workers.Wait()
}

// verificationWarning says why a summary is delivered without the check that it should
// have had; no warning when it had it, or should have none.
func (j *job) verificationWarning() []Warning {
	if j.skipped == nil {
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
