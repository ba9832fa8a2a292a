package llm

import (
	"context"
	"log/slog"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// run is the work on one task: what it may still start, and what it has cost.
type run struct {
	engine    *Engine
	ctx       context.Context
	task      *summarizer.Task
	callsLeft int
	usage     summarizer.Usage
}

func (r *run) analyze() *summarizer.Reply {
	if r.task.Topics != nil && len(r.task.Topics.Topics) == 0 {
		return r.withoutTopics()
	}
	reply := &summarizer.Reply{}
	if callers := r.task.Callers; callers != nil && (!callers.Waiting() || time.Until(callers.Deadline()) <= 0) {
		return reply.Fail(r.task, &summarizer.Error{
			Reason:  summarizer.ReasonDeadlineTooShort,
			Message: "too little time is left to ask the language model",
		})
	}
	endpoints := r.engine.endpoints
	for i, ep := range endpoints {
		if i > 0 && !r.mayCall() {
			break
		}
		last := i == len(endpoints)-1
		reply = r.ask(ep, last)
		if settled(reply) {
			break
		}
	}
	reply.Usage = r.usage
	return reply
}

// withoutTopics answers a task whose set of topics is empty: none can apply,
// and a schema cannot say so.
func (r *run) withoutTopics() *summarizer.Reply {
	reply := &summarizer.Reply{}
	rest := *r.task
	rest.Topics = nil
	if rest.Summary != nil {
		r.task = &rest
		reply = r.analyze()
	}
	reply.Topics = &summarizer.TopicAnswer{Threshold: topicThreshold}
	return reply
}

// settled reports whether asking another endpoint is pointless: something is
// answered, or the model refuses the article, which is not asked again.
func settled(reply *summarizer.Reply) bool {
	if reply.Summary != nil || reply.Topics != nil {
		return true
	}
	for _, err := range []error{reply.SummaryErr, reply.TopicsErr} {
		if err != nil && summarizer.ReasonOf(err) == summarizer.ReasonLLMRefused {
			return true
		}
	}
	return false
}

// mayCall reports whether a further call may start: calls are left, somebody
// waits, and there is time enough.
func (r *run) mayCall() bool {
	if r.callsLeft <= 0 || r.ctx.Err() != nil {
		return false
	}
	callers := r.task.Callers
	return callers == nil || callers.Waiting() && time.Until(callers.Deadline()) >= r.engine.minCallTime
}

// ask asks one endpoint, with at most one repair. What the first answer did
// right is kept, and only the rest is asked again. It queues for a slot only
// when queue is set; otherwise a busy endpoint is passed over.
func (r *run) ask(ep *endpoint, queue bool) *summarizer.Reply {
	v := ep.view(r.task)
	reply := &summarizer.Reply{Fingerprint: ep.fingerprint(v.seen)}
	if v.err != nil {
		return reply.Fail(r.task, v.err)
	}
	q := newQuestion(r.task, v)
	first, content, err := r.try(ep, q, queue)
	if err != nil {
		return reply.Fail(r.task, err)
	}
	first.fill(reply)
	if first.ok() || !r.mayCall() {
		return reply
	}
	// When the repair brings no answer at all, the first fault stays the
	// reason: it is why the answer was not good enough.
	if second, _, err := r.try(ep, q.repair(first, content), queue); err == nil {
		second.fill(reply)
	}
	return reply
}

// try asks one question and judges the answer. The error is an upstream
// failure; whatever the model itself did wrong is in the verdict.
func (r *run) try(ep *endpoint, q *question, queue bool) (*verdict, string, error) {
	for {
		shape := ep.shapes.current()
		if err := r.acquire(ep, queue); err != nil {
			return nil, "", err
		}
		start := time.Now()
		answer, failure := func() (completion, *failure) {
			defer ep.release()
			r.callsLeft--
			return ep.complete(r.ctx, q.request(ep, shape))
		}()
		took := time.Since(start)
		r.charge(ep, answer)

		var judged *verdict
		var outcome string
		if failure != nil {
			outcome = string(failure.err.Reason)
		} else {
			judged = q.judge(answer)
			outcome = judged.outcome()
		}
		r.engine.metrics.LLMCall(ep.Name, outcome, took)
		r.engine.log.LogAttrs(r.ctx, slog.LevelDebug, "language model call",
			slog.String("endpoint", ep.Name), slog.String("outcome", outcome), slog.Duration("took", took),
			slog.Int("input_tokens", answer.usage.InputTokens), slog.Int("output_tokens", answer.usage.OutputTokens))
		if failure == nil {
			return judged, answer.content, nil
		}
		if !ep.shapes.stepDown(shape, failure.unsupported) || !r.mayCall() {
			return nil, "", failure.err
		}
	}
}

// acquire takes a slot of ep, waiting for one at most until the latest caller
// could no longer be served.
func (r *run) acquire(ep *endpoint, queue bool) error {
	if ep.tryAcquire() {
		return nil
	}
	busy := &summarizer.Error{
		Reason:  summarizer.ReasonLLMBusy,
		Message: "the language model endpoint is working on as many requests as it is allowed to",
	}
	if !queue {
		return busy
	}
	wait := ep.Timeout
	if r.task.Callers != nil {
		wait = min(wait, time.Until(r.task.Callers.Deadline())-r.engine.minCallTime)
	}
	ctx, cancel := context.WithTimeout(r.ctx, wait)
	defer cancel()
	if ep.acquire(ctx) == nil {
		return nil
	}
	if r.ctx.Err() == context.Canceled {
		return canceled(r.ctx)
	}
	return busy
}

// charge books what a call consumed, also of a failed one.
func (r *run) charge(ep *endpoint, answer completion) {
	if answer.usage == (summarizer.Usage{}) {
		return
	}
	r.usage.Add(answer.usage)
	r.engine.metrics.LLMUsage(ep.Name, answer.usage.InputTokens, answer.usage.OutputTokens, answer.usage.CostMicroUSD)
}
