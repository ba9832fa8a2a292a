package summarizer

import (
	"context"
	"errors"
	"time"

	"github.com/seed-59202292/summarizer/internal/sharedcall"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// calls holds the calls of one process to the model, so that identical work is done once.
type calls = sharedcall.Group[callKey, madeReply]

// callWaiter is a request that waits for a call.
type callWaiter = sharedcall.Waiter[callKey, madeReply]

// callKey tells apart work that must not share a call. Whether a text may be cut changes the
// outcome but not the content key of the stored answer.
type callKey struct {
	content    Key
	feature    feature
	overlength OverlengthPolicy
}

// madeReply is a reply with the time when it was made.
type madeReply struct {
	*Reply
	made time.Time
}

const (
	// joinableFor is how long a call that has ended can be joined by requests that read the
	// cache before its answer was in it. They are ready to join long before.
	joinableFor = time.Second

	// reasonMargin is how long before its callers stop waiting the model should give up, so
	// that its reason reaches them.
	reasonMargin = 5 * time.Millisecond
)

// callLimits are the options of calls of a model, so many of which may go on for nobody.
func (o Options) callLimits(orphans func() int) sharedcall.Options {
	return sharedcall.Options{
		Grace:   o.LateAnswerGrace,
		Linger:  joinableFor,
		Margin:  reasonMargin,
		Orphans: orphans,
		Panicked: func(cause any) {
			logPanic(o.Logger, "panic in a language model call, or while its answer was stored", cause)
		},
	}
}

// joinCalls joins or starts the calls for features that the policies allow, and records
// which features get none, and why.
func (s *Service) joinCalls(ctx context.Context, j *job, wanted featureSet, until time.Time) []*callWaiter {
	request := sharedcall.JoinRequest[callKey, madeReply]{
		Customer: turns.Customer{Client: j.request.Client, Bulk: j.request.Bulk},
		Until:    until,
		Shared:   j.request.Cache != CacheBypass,
		Accept:   func(o sharedcall.Offer[callKey, madeReply]) bool { return s.accepts(j, o) },
	}
	article := j.keys().article
	for f := range wanted.each() {
		request.Keys = append(request.Keys, callKey{j.keys().of[f], f, j.task.Overlength})
	}
	if time.Until(until) >= s.options.MinModelTime {
		request.Start = func(callers *sharedcall.Call[callKey, madeReply], keys []callKey) sharedcall.Work[madeReply] {
			task := j.task.only(featuresOf(keys))
			task.Client, task.Calls, task.Callers = j.request.Client, j.calls, callers
			return s.callOf(task, keys, article, callers.Started)
		}
	}
	waiters, rest, err := s.calls.Join(ctx, request)
	why := errTooShort
	if err != nil {
		why = errStopping
	}
	j.fail(featuresOf(rest), why)
	return waiters
}

// accepts reports whether a request may take the answer of a call for a feature. It takes
// the answer of a call that has ended only if it may have missed it in the cache.
func (s *Service) accepts(j *job, o sharedcall.Offer[callKey, madeReply]) bool {
	switch {
	case j.request.Cache == CacheRefresh && !o.Started.After(j.arrived), s.purged(j.keys().article, o.Started):
		return false
	case o.Ended.IsZero():
		return true
	}
	_, err := o.Result.answer(o.Key.feature)
	return err == nil && !j.missed.IsZero() && !o.Ended.Before(j.missed)
}

// callOf is one call of the model.
func (s *Service) callOf(task *Task, keys []callKey, article Key, started time.Time) sharedcall.Work[madeReply] {
	return sharedcall.Work[madeReply]{
		Do: func(ctx context.Context) madeReply {
			reply := s.options.Model.Analyze(ctx, task)
			if errors.Is(context.Cause(ctx), sharedcall.ErrClosed) {
				reply.failFor(errStopping)
			}
			return madeReply{reply, time.Now().Round(0)} // by the calendar, as a machine may sleep meanwhile
		},
		Failed: func() madeReply { return madeReply{Reply: new(Reply).Fail(task, errInside)} },
		Keep:   func(r madeReply) { s.store(task, keys, article, started, r) },
		Good:   func(r madeReply) bool { return r.SummaryErr == nil && r.TopicsErr == nil },
	}
}

// featuresOf returns the features that keys are of.
func featuresOf(keys []callKey) (of featureSet) {
	for _, key := range keys {
		of = of.with(key.feature)
	}
	return of
}
