package summarizer

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
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
	v := s.verifications.join(ctx, s, j, until)
	if v == nil {
		j.skipped = errStopping
		return false
	}
	verified := v.wait(ctx, until)
	v.leave(j, !cancelled(ctx))
	if verified == nil {
		j.skipped = cmp.Or(v.blocked.Load(), errTimeout)
		return false
	}
	if v.first == j {
		j.usage.Add(verified.Usage)
		j.calls += verified.Calls
	}
	s.take(j, verified, v.replaced)
	if v.first == j || j.skipped == nil || !liesWithStarter(j.skipped.Reason) {
		return false
	}
	if j.skipped.Reason == ReasonBudgetExhausted {
		j.skipped = errTooShort // unless there is time to ask again
	}
	return true
}

// take puts the result of a verification in place of the summary. A summary older than
// replaced was removed from the cache; zero means that nothing was put in its place.
func (s *Service) take(j *job, verified *Verified, replaced time.Time) {
	j.skipped = nil
	if verified.Err != nil {
		j.skipped = asError(verified.Err)
		return
	}
	if verified.Refuted > 0 {
		if !replaced.IsZero() {
			j.began = replaced
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
// twice. Each outlives the requests that wait for it by the grace, as calls do.
type verifications struct {
	mu      sync.Mutex
	byKey   map[verificationKey]*verification // the verifications that requests may join
	running map[*verification]struct{}
	idle    int // those for which nobody has ever waited
	closed  bool
	workers sync.WaitGroup
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
	grace  time.Duration
	cancel context.CancelCauseFunc
	first  *job   // that pays; nil when it runs after delivery
	client string // of the request that started it

	done     chan struct{}
	result   *Verified // set once done is closed
	replaced time.Time // see Service.take; set once done is closed

	blocked atomic.Pointer[Error] // see Callers.Blocked

	// Guarded by group.mu.
	waiters  map[*job]waiter
	deadline time.Time // of the waiter that waits longest; without any, of the last
	timedOut bool      // a request left for want of time
	changed  chan struct{}
	timer    *time.Timer // ends it when the grace is over
}

// waiter is a request that waits for a verification.
type waiter struct {
	until    time.Time
	customer turns.Customer
}

// join returns the verification of the summary of a job, which it starts where none is
// under way. A zero until asks for one that nobody waits for; it gets none where too many
// such verifications run. Without one, the service stops or has no room.
func (g *verifications) join(ctx context.Context, s *Service, j *job, until time.Time) *verification {
	g.mu.Lock()
	defer g.mu.Unlock()
	waits := !until.IsZero()
	who := waiter{until, turns.Customer{Client: j.request.Client, Bulk: j.request.Bulk || !waits}}
	key := verificationKey{j.keys().of[summary], j.makers[summary].ID, j.origin[summary].CreateTime.UnixNano()}
	shared := j.request.Cache != CacheBypass
	if v := g.byKey[key]; v != nil && shared {
		if waits {
			v.enter(j, who)
		}
		return v
	}
	if g.closed || !waits && g.idle >= max(s.options.Model.Capacity()/4, 1) {
		return nil
	}
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	v := &verification{
		group: g, key: key, grace: s.options.LateAnswerGrace, cancel: cancel, client: j.request.Client,
		done: make(chan struct{}), waiters: make(map[*job]waiter),
	}
	if g.running == nil {
		g.byKey, g.running = make(map[verificationKey]*verification), make(map[*verification]struct{})
	}
	g.running[v] = struct{}{}
	if shared {
		g.byKey[key] = v
	}
	if waits {
		v.first = j
		v.enter(j, who)
	} else {
		g.idle++
		v.deadline = time.Now().Add(v.grace)
		v.timer = time.AfterFunc(v.grace, v.endGrace)
	}
	task := j.task.only(setOf(summary))
	task.Client, task.Callers = j.request.Client, v
	written := Written{Answer: j.answers[summary].summary, By: j.makers[summary], Calls: j.calls}
	keep := keptSummary{keys: j.keys(), by: written.By, made: j.origin[summary].CreateTime, began: j.began}
	g.workers.Go(func() {
		defer cancel(nil)
		v.result = s.askVerifier(own, task, written)
		if v.result.Err != nil && errors.Is(context.Cause(own), errStopping) {
			v.result.Err = errStopping
		}
		if shared {
			v.replaced = s.storeVerified(keep, v.result)
		}
		g.end(v)
	})
	return v
}

// end gives the waiting requests the result of a verification. A verdict is kept for a while
// for requests that hold the unverified answer.
func (g *verifications) end(v *verification) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.running, v)
	if v.timer != nil {
		v.timer.Stop()
	}
	if v.first == nil {
		g.idle--
	}
	if v.result.Err != nil {
		g.unlist(v)
	} else {
		time.AfterFunc(joinableFor, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.unlist(v)
		})
	}
	close(v.done)
}

// unlist lets nobody join a verification any more. g.mu is held.
func (g *verifications) unlist(v *verification) {
	if g.byKey[v.key] == v {
		delete(g.byKey, v.key)
	}
}

// askVerifier makes the call and turns a panic into a failure: no caller's goroutine is
// there to catch it.
func (s *Service) askVerifier(ctx context.Context, task *Task, written Written) (verified *Verified) {
	defer RecoverModelCall(s.options.Logger, func(err *Error) { verified = &Verified{Err: err} })
	return s.options.Verifier.Verify(ctx, task, written)
}

// keptSummary is where a summary is kept that is verified.
type keptSummary struct {
	keys  *contentKeys
	by    Fingerprint
	made  time.Time
	began time.Time // the work that brought it
}

// storeVerified keeps what stands of a summary in place of what was written, and removes
// what does not. It returns the time since which the article is clean of what was removed;
// zero where nothing was, and where somebody else removed the article meanwhile. A panic
// costs the cache the verdict, and the waiting requests nothing.
func (s *Service) storeVerified(k keptSummary, verified *Verified) (replaced time.Time) {
	defer func() {
		if cause := recover(); cause != nil {
			logPanic(s.options.Logger, "panic while a verified answer was stored", cause)
		}
	}()
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
	if verified.Answer != nil && !purged && !newer {
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

// enter counts a request that waits. The group's lock is held.
func (v *verification) enter(j *job, w waiter) {
	v.waiters[j] = w
	v.change()
}

// leave takes out a request that waits no longer: for want of time, or because it has what
// it waited for, or because its caller lost interest. Without interest on any side it ends
// at once, else when the grace is over.
func (v *verification) leave(j *job, interested bool) {
	g := v.group
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(v.waiters, j)
	v.timedOut = v.timedOut || interested
	v.change()
	if _, running := g.running[v]; !running || len(v.waiters) > 0 || v.first == nil {
		return
	}
	if !v.timedOut {
		v.cancel(nil)
		g.unlist(v)
		return
	}
	if v.timer == nil {
		v.timer = time.AfterFunc(v.grace, v.endGrace)
	}
}

// endGrace lets nobody join any more, and ends what nobody waits for.
func (v *verification) endGrace() {
	v.group.mu.Lock()
	defer v.group.mu.Unlock()
	v.group.unlist(v)
	if len(v.waiters) == 0 {
		v.cancel(context.DeadlineExceeded)
	}
}

// wait returns what came of the verification; nil when it takes longer than until.
func (v *verification) wait(ctx context.Context, until time.Time) *Verified {
	ctx, stop := context.WithDeadline(ctx, until)
	defer stop()
	select {
	case <-v.done:
		return v.result
	case <-ctx.Done():
		return nil
	}
}

// change tells the verifier that somebody joined or left. The group's lock is held.
func (v *verification) change() {
	if len(v.waiters) > 0 {
		v.deadline = time.Time{}
	}
	for _, w := range v.waiters {
		if w.until.After(v.deadline) {
			v.deadline = w.until
		}
	}
	if v.changed != nil {
		close(v.changed)
		v.changed = nil
	}
}

// Waiting implements Callers. Nobody waits for what is verified after delivery; it goes on
// all the same until its deadline.
func (v *verification) Waiting() bool {
	v.group.mu.Lock()
	defer v.group.mu.Unlock()
	return len(v.waiters) > 0 || v.first == nil
}

// Deadline implements Callers.
func (v *verification) Deadline() time.Time {
	v.group.mu.Lock()
	defer v.group.mu.Unlock()
	return v.deadline.Add(-reasonMargin)
}

// Customers implements Callers.
func (v *verification) Customers() []turns.Customer {
	v.group.mu.Lock()
	defer v.group.mu.Unlock()
	var customers []turns.Customer
	for _, w := range v.waiters {
		if !slices.Contains(customers, w.customer) {
			customers = append(customers, w.customer)
		}
	}
	if customers == nil { // the verdict is for the cache
		customers = []turns.Customer{{Client: v.client, Bulk: true}}
	}
	return customers
}

// Changed implements Callers.
func (v *verification) Changed() <-chan struct{} {
	v.group.mu.Lock()
	defer v.group.mu.Unlock()
	if v.changed == nil {
		v.changed = make(chan struct{})
	}
	return v.changed
}

// Blocked implements Callers.
func (v *verification) Blocked(why *Error) { v.blocked.Store(why) }

// close cancels every verification and waits for the end of all.
func (g *verifications) close() {
	g.mu.Lock()
	g.closed = true
	for v := range g.running {
		v.cancel(errStopping)
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
