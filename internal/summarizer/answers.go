package summarizer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// keepsResult reports whether the finished result of a request may be kept.
func (s *Service) keepsResult(r *Request) bool {
	return s.options.Results != nil && s.options.Model != nil && r.Engine != LocalOnly && r.Cache != CacheBypass &&
		!r.ListRemoved // a finished result would hold on to much of the text
}

// finishedResult returns the finished result of the request where the policies allow
// to use one.
func (s *Service) finishedResult(key Key, r *Request) *Result {
	if !s.keepsResult(r) || r.Cache == CacheRefresh {
		return nil
	}
	result, ok := s.options.Results.Get(key)
	if ok && result.Summary != nil && outlived(result.Warnings, result.Summary.Provenance.CreateTime, time.Now()) {
		result, ok = nil, false
	}
	s.observeRequest(result, ok)
	if !ok {
		return nil
	}
	return result
}

// shortLife is for how long a summary is kept that lost sentences: the next one may be
// whole.
const shortLife = 24 * time.Hour

// outlived reports whether a summary with these warnings, made at that time, is too old to
// be used again.
func outlived(warnings []Warning, made, now time.Time) bool {
	return now.Sub(made) > shortLife && slices.ContainsFunc(warnings, func(w Warning) bool { return w.Reason == WarnSentencesDropped })
}

// answerShortText answers with the text itself where it is no longer than the
// summary may be and is in the language that is wanted.
func (s *Service) answerShortText(j *job) {
	t := j.task.Summary
	if t == nil || sentencesOfBody(j.task.Document) > t.MaxSentences || !sameLanguage(t.Language, j.task.Document.Language) {
		return
	}
	reply := j.local()
	if a, err := reply.answer(summary); err == nil {
		j.setAnswer(summary, a, reply.provenance(j, summary, SourceLocal, time.Now()))
	}
}

// answerFromCache answers what the cache holds of a configured endpoint.
func (s *Service) answerFromCache(ctx context.Context, j *job) {
	if s.options.Model == nil || s.options.Answers == nil || j.open == 0 {
		return
	}
	missed := time.Now()
	for f := range j.open.each() {
		wanted := s.options.Model.Fingerprints(j.task.only(setOf(f)))
		for _, fingerprint := range wanted {
			i := slices.IndexFunc(s.lookup(ctx, j, f, wanted), func(a *StoredAnswer) bool {
				return a.Fingerprint.ID == fingerprint.ID
			})
			if i < 0 {
				continue
			}
			hit := j.stored[f][i]
			j.setAnswer(f, hit.answer(f), hit.provenance(SourceCache))
			j.makers[f] = hit.Fingerprint
			break
		}
	}
	j.missed = missed
}

const (
	// lookupTimeout is how long a request waits for the cache, over all its look-ups, when
	// no model call hangs on them, and savingTimeout when one does, but no longer than
	// savingShare of the time to the deadline: what the cache holds would be paid for again.
	lookupTimeout = 20 * time.Millisecond
	savingTimeout = 250 * time.Millisecond
	savingShare   = 10 // one part in
)

// lookupTime returns how long the next look-up of the job may wait for the cache.
func (j *job) lookupTime(saves bool) time.Duration {
	limit := lookupTimeout
	if saves {
		limit = min(savingTimeout, (time.Until(j.deadline)+j.waited)/savingShare)
	}
	return limit - j.waited
}

// lookup returns what the cache holds for a feature, asking it once a job.
func (s *Service) lookup(ctx context.Context, j *job, f feature, wanted []Fingerprint) []*StoredAnswer {
	if !j.lookedUp.has(f) {
		ids := make([]string, len(wanted))
		for i, w := range wanted {
			ids[i] = w.ID
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(ctx, j.lookupTime(len(wanted) > 0))
		defer cancel()
		found := s.options.Answers.Lookup(ctx, j.keys().of[f], ids)
		j.waited += time.Since(began)
		old := func(a *StoredAnswer) bool {
			return a.Summary != nil && outlived(a.Summary.Warnings, a.CreateTime, j.arrived)
		}
		if slices.ContainsFunc(found, old) {
			found = slices.DeleteFunc(slices.Clone(found), old)
		}
		j.stored[f] = found
		j.lookedUp = j.lookedUp.with(f)
	}
	return j.stored[f]
}

// answerFromModel waits for calls under way and starts one for the rest, and
// records why a feature is left open. An error ends the job: the caller left,
// allowed no other engine, or sent what no engine should answer.
func (s *Service) answerFromModel(ctx context.Context, j *job) error {
	if j.open == 0 {
		return nil
	}
	if s.options.Model == nil {
		if j.request.Engine == LLMOnly {
			return errDisabled
		}
		return nil
	}
	if err := s.awaitModel(ctx, j); err != nil {
		return err
	}
	for f := range j.open.each() {
		if why := j.failed[f]; j.request.Engine == LLMOnly || why.NoFallback || why.Reason == ReasonTextTooLarge {
			return j.failed[f]
		}
	}
	return nil
}

// maxAsks bounds how often a request asks the model, each time but the last in a call
// that another request started.
const maxAsks = 3

// awaitModel asks the model for the open features. A feature that failed in another request's
// call for want of that one's time or money is asked again. Its only error is that the caller
// cancelled.
func (s *Service) awaitModel(ctx context.Context, j *job) error {
	until := s.waitUntil(j, s.waiting.Add(1)-1)
	defer s.waiting.Add(-1)
	wanted := s.awaitCalls(ctx, j, j.open, until)
	for asked := 1; wanted != 0 && asked < maxAsks && time.Until(until) >= s.options.MinModelTime; asked++ {
		wanted = s.awaitCalls(ctx, j, wanted, until)
	}
	if cancelled(ctx) && j.open != 0 {
		return ctx.Err()
	}
	return nil
}

// awaitCalls joins or starts the calls for the wanted features and collects their
// answers. It returns the features that are worth asking for again.
func (s *Service) awaitCalls(ctx context.Context, j *job, wanted featureSet, until time.Time) (again featureSet) {
	pending := s.joinCalls(ctx, j, wanted, until)
	defer func() { // also when the local engine panics
		for _, waiter := range pending {
			waiter.Leave(false)
		}
	}()
	s.answerAhead(ctx, j, pending, until)
	wait, stop := context.WithDeadline(ctx, until)
	defer stop()
	for len(pending) > 0 {
		next := pending[0]
		pending = pending[1:]
		if next.Wait(wait) {
			again |= s.collect(j, next)
			continue
		}
		j.fail(featuresOf(next.Keys), asError(cmp.Or[error](next.WhyBlocked(), errTimeout)))
		next.Leave(!cancelled(ctx))
	}
	return again
}

// answerAhead makes the local answer while the model works: at once where it takes
// long or many are asked for, else when half of the time is gone. A model that
// hangs turns all who wait for it away in the same moment, with the time of one
// local answer left.
func (s *Service) answerAhead(ctx context.Context, j *job, pending []*callWaiter, until time.Time) {
	if len(pending) == 0 || j.request.Engine == LLMOnly {
		return
	}
	if !j.request.Bulk && len(j.task.Document.Text) <= answerAheadBytes {
		half, stop := context.WithTimeout(ctx, time.Until(until)/2)
		defer stop()
		for _, waiter := range pending {
			if !waiter.Wait(half) {
				break
			}
		}
		if half.Err() != context.DeadlineExceeded || ctx.Err() != nil {
			return
		}
	}
	j.local()
}

// cancelled reports whether the caller lost interest, not merely time.
func cancelled(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// collect takes what a call that has ended brought for the job. It returns the features
// that failed for a reason that need not be the job's own.
func (s *Service) collect(j *job, from *callWaiter) (again featureSet) {
	reply := from.Result()
	if from.Started.Before(j.began) {
		j.began = from.Started
	}
	if from.First {
		j.usage.Add(reply.Usage)
		j.calls += reply.Calls
	}
	for f := range featuresOf(from.Keys).each() {
		a, err := reply.answer(f)
		if err != nil {
			j.failed[f] = asError(err)
			if !from.First && liesWithStarter(j.failed[f].Reason) {
				again = again.with(f)
			}
			if !from.First && j.failed[f].Reason == ReasonBudgetExhausted && from.Client != j.request.Client {
				j.failed[f] = errTooShort // unless there is time to ask again
			}
			continue
		}
		source := SourceLLM
		switch {
		case from.HadEnded:
			source = SourceCache
		case !from.First:
			s.options.Observer.Joined(f.String())
		}
		j.setAnswer(f, a, reply.provenance(j, f, source, reply.made))
		j.makers[f] = reply.Fingerprint
	}
	return again
}

// liesWithStarter reports whether a call may have failed for the time or the budget of
// the request that started it, so that it says little about others.
func liesWithStarter(why Reason) bool {
	switch why {
	case ReasonLLMBusy, ReasonLLMTimeout, ReasonDeadlineTooShort, ReasonBudgetExhausted:
		return true
	}
	return false
}

// answerFromStale answers with what another model, endpoint or prompt made of
// the same content, not too long ago and validated by the same rules.
func (s *Service) answerFromStale(ctx context.Context, j *job) {
	if s.options.Answers == nil || j.request.Cache == CacheBypass {
		return
	}
	for f := range j.open.each() {
		for _, stored := range s.lookup(ctx, j, f, nil) {
			if stored.Fingerprint.ValidatorVersion != s.options.ValidatorVersion || j.arrived.Sub(stored.CreateTime) > s.options.MaxStale {
				continue
			}
			j.setAnswer(f, stored.answer(f), j.degrade(f, stored.provenance(SourceStaleCache)))
			j.makers[f] = stored.Fingerprint
			break
		}
	}
}

// answerLocally answers what is open with the local engine.
func (s *Service) answerLocally(j *job) error {
	if j.open == 0 {
		return nil
	}
	reply := j.local()
	for f := range j.open.each() {
		a, err := reply.answer(f)
		if err != nil {
			return &Error{Reason: ReasonInternal, Message: "internal error", Err: err}
		}
		j.setAnswer(f, a, j.degrade(f, reply.provenance(j, f, SourceLocal, time.Now())))
	}
	return nil
}

// store keeps the answers to a task that a call brought.
func (s *Service) store(task *Task, keys []callKey, article Key, started time.Time, reply madeReply) {
	if s.options.Answers == nil {
		return
	}
	for _, key := range keys {
		a, err := reply.answer(key.feature)
		if err != nil {
			continue
		}
		stored := &StoredAnswer{
			Fingerprint: reply.Fingerprint,
			CreateTime:  reply.made,
			Summary:     a.summary,
			Topics:      a.topics,
		}
		if key.feature == topics {
			stored.TaxonomyVersion = task.Topics.Taxonomy.Version()
		}
		s.options.Answers.Store(key.content, article, stored, started)
	}
}

// purged reports whether an article was purged from the cache since then.
func (s *Service) purged(article Key, since time.Time) bool {
	return s.options.Answers != nil && s.options.Answers.PurgedSince(article, since)
}

// Why a job got nothing from the model.
var (
	errDisabled = &Error{Reason: ReasonLLMDisabled, Message: "no language model is configured; allow the local engine, or name a model when starting the server"}
	errNoAnswer = &Error{Reason: ReasonLLMInternal, Message: "the language model call ended without an answer"}
	errTooShort = &Error{Reason: ReasonDeadlineTooShort, Message: "too little time is left to ask the language model; allow more time"}
	errStopping = &Error{Reason: ReasonDraining, Message: "the server stops: retry, on another server where there is one"}
	errInside   = &Error{Reason: ReasonLLMInternal, Message: "the call of the language model failed inside the service"}
	errTimeout  = &Error{Reason: ReasonLLMTimeout, Message: "the language model did not answer in time; allow more time"}
)

// asError returns err as an *Error; what is none is a fault of the engine.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Reason: errInside.Reason, Message: errInside.Message, Err: err}
}
