package summarizer

import (
	"context"
	"errors"
	"slices"
	"time"
)

// keepsResult reports whether the finished result of a request may be kept.
func (s *Service) keepsResult(r *Request) bool {
	return s.Results != nil && s.Model != nil && r.Engine != LocalOnly && r.Cache != CacheBypass
}

// finished returns the finished result of the request where the policies allow
// to use one.
func (s *Service) finished(key Key, r *Request) *Result {
	if !s.keepsResult(r) || r.Cache == CacheRefresh {
		return nil
	}
	result, ok := s.Results.Get(key)
	s.sawRequest(result, ok)
	if !ok {
		return nil
	}
	return result
}

// answerShortText answers with the text itself where it is no longer than the
// summary may be and is in the language that is wanted.
func (s *Service) answerShortText(j *job) {
	t := j.task.Summary
	if t == nil || sentencesOfBody(j.task.Document) > t.MaxSentences || !sameLanguage(t.Language, j.task.Document.Language) {
		return
	}
	reply := j.local()
	if a, err := reply.take(summary); err == nil {
		j.settle(summary, a, reply.provenance(j, summary, SourceLocal, time.Now()))
	}
}

// answerFromCache answers what the cache holds of a configured endpoint.
func (s *Service) answerFromCache(ctx context.Context, j *job) {
	if s.Model == nil || s.Answers == nil || j.open == 0 {
		return
	}
	missed := time.Now()
	for f := range j.open.each() {
		wanted := s.Model.Fingerprints(j.task.only(setOf(f)))
		for _, fingerprint := range wanted {
			i := slices.IndexFunc(s.lookup(ctx, j, f, wanted), func(a *StoredAnswer) bool {
				return a.Fingerprint.ID == fingerprint.ID
			})
			if i < 0 {
				continue
			}
			hit := j.stored[f][i]
			j.settle(f, hit.answer(f), hit.provenance(SourceCache))
			break
		}
	}
	j.missed = missed
}

// lookup returns what the cache holds for a feature, asking it once a job.
func (s *Service) lookup(ctx context.Context, j *job, f feature, wanted []Fingerprint) []*StoredAnswer {
	if !j.lookedUp.has(f) {
		ids := make([]string, len(wanted))
		for i, w := range wanted {
			ids[i] = w.ID
		}
		j.stored[f] = s.Answers.Lookup(ctx, j.content().of[f], ids)
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
	if s.Model == nil {
		if j.request.Engine == LLMOnly {
			return errDisabled
		}
		return nil
	}
	if err := s.ride(ctx, j); err != nil {
		return err
	}
	for f := range j.open.each() {
		if j.request.Engine == LLMOnly || j.failed[f].Reason == ReasonTextTooLarge {
			return j.failed[f]
		}
	}
	return nil
}

// ride takes seats in flights and settles what they bring. Its only error is
// that the caller cancelled.
func (s *Service) ride(ctx context.Context, j *job) error {
	until := s.waitUntil(j, s.waiting.Add(1)-1)
	defer s.waiting.Add(-1)
	seats := s.board(ctx, j, until)
	defer func() { // also when the local engine panics
		for _, seat := range seats {
			seat.flight.leave(false)
		}
	}()
	s.prepare(ctx, j, seats, until)
	wait, stop := context.WithDeadline(ctx, until)
	defer stop()
	for len(seats) > 0 {
		seat := seats[0]
		seats = seats[1:]
		if seat.wait(wait) {
			s.alight(j, seat)
			continue
		}
		seat.flight.leave(!cancelled(ctx))
		j.fail(seat.features, errTimeout)
	}
	if cancelled(ctx) && j.open != 0 {
		return ctx.Err()
	}
	return nil
}

// prepare makes the local answer while the model works: at once where it takes
// long or many are asked for, else when half of the time is gone. A model that
// hangs turns all who wait for it away in the same moment, with the time of one
// local answer left.
func (s *Service) prepare(ctx context.Context, j *job, seats []seat, until time.Time) {
	if len(seats) == 0 || j.request.Engine == LLMOnly {
		return
	}
	if !j.request.Bulk && len(j.task.Document.Text) <= prepareLocalBytes {
		half, stop := context.WithTimeout(ctx, time.Until(until)/2)
		defer stop()
		for _, seat := range seats {
			if !seat.wait(half) {
				break
			}
		}
		if half.Err() != context.DeadlineExceeded || ctx.Err() != nil {
			return
		}
	}
	j.local()
}

// board takes the seats that the policies allow, and records which features get
// none for want of time.
func (s *Service) board(ctx context.Context, j *job, until time.Time) []seat {
	b := boarding{
		task:     &j.task,
		client:   j.request.Client,
		features: j.open,
		keys:     j.content().of,
		article:  j.content().article,
		until:    until,
		join:     j.request.Cache != CacheBypass,
		missed:   j.missed,
		keep:     j.request.Cache != CacheBypass,
	}
	if j.request.Cache == CacheRefresh {
		b.joinAfter = j.arrived
	}
	b.mayStart = time.Until(until) >= s.MinModelTime
	seats, rest := s.flights.board(ctx, b)
	j.fail(rest, errTooShort)
	return seats
}

// cancelled reports whether the caller lost interest, not merely time.
func cancelled(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// alight settles what a finished flight brought for the job.
func (s *Service) alight(j *job, seat seat) {
	reply := seat.flight.reply
	if seat.own {
		j.usage.Add(reply.Usage)
	}
	for f := range seat.features.each() {
		a, err := reply.take(f)
		if err != nil {
			j.failed[f] = asError(err)
			continue
		}
		source := SourceLLM
		switch {
		case seat.late:
			source = SourceCache
		case !seat.own:
			s.sawJoin(f)
		}
		j.settle(f, a, reply.provenance(j, f, source, seat.flight.landed))
	}
}

// answerFromStale answers with what another model, endpoint or prompt made of
// the same content, not too long ago and validated by the same rules.
func (s *Service) answerFromStale(ctx context.Context, j *job) {
	if s.Answers == nil || j.request.Cache == CacheBypass {
		return
	}
	for f := range j.open.each() {
		for _, stored := range s.lookup(ctx, j, f, nil) {
			if stored.Fingerprint.ValidatorVersion != s.ValidatorVersion || j.arrived.Sub(stored.CreateTime) > s.MaxStale {
				continue
			}
			j.settle(f, stored.answer(f), j.degrade(f, stored.provenance(SourceStaleCache)))
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
		a, err := reply.take(f)
		if err != nil {
			return &Error{Reason: ReasonInternal, Message: "internal error", Err: err}
		}
		j.settle(f, a, j.degrade(f, reply.provenance(j, f, SourceLocal, time.Now())))
	}
	return nil
}

// store keeps the answers of a finished flight.
func (s *Service) store(f *flight) {
	if s.Answers == nil {
		return
	}
	for feature := range f.features.each() {
		a, err := f.reply.take(feature)
		if err != nil {
			continue
		}
		stored := &StoredAnswer{
			Fingerprint: f.reply.Fingerprint,
			CreateTime:  f.landed,
			Summary:     a.summary,
			Topics:      a.topics,
		}
		if feature == topics {
			stored.TaxonomyVersion = f.task.Topics.TaxonomyVersion
		}
		s.Answers.Store(f.keys[feature], f.article, stored)
	}
}

// Why a job got nothing from the model.
var (
	errDisabled = &Error{Reason: ReasonLLMDisabled, Message: "no language model is configured; allow the local engine, or name a model when starting the server"}
	errNoAnswer = &Error{Reason: ReasonLLMInternal, Message: "the language model call ended without an answer"}
	errTooShort = &Error{Reason: ReasonDeadlineTooShort, Message: "too little time is left to ask the language model; allow more time"}
	errTimeout  = &Error{Reason: ReasonLLMTimeout, Message: "the language model did not answer in time; allow more time"}
)

// asError returns err as an *Error; what is none is a fault of the engine.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Reason: ReasonLLMInternal, Message: "the language model call failed inside the service", Err: err}
}
