package llm

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/pause"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// taskRun is the work on one task: the calls that are left to it, and their cost so far.
type taskRun struct {
	engine    *Engine
	ctx       context.Context
	task      *summarizer.Task
	callsLeft int
	callsMade int
	asked     *endpoint // by the latest call; nil: none was made
	mayQueue  bool      // for slots and rates of the endpoint that is asked
	parts     int       // of the article, for which calls are allowed
	answered  bool      // a call brought an answer
	refusals  int       // of the form, before that
	blamed    bool      // the endpoint that is asked has been blamed for this article

	deferred     Deferred          // nil: the endpoints are called
	waiting      bool              // a request has no answer yet
	unaffordable *summarizer.Error // why a request waits for no batch

	overflowed bool // the endpoint found the article too long although it seemed to fit
	stated     int  // the window that the last overflow told of; else 0
	usage      summarizer.Usage
}

func (r *taskRun) analyze() *summarizer.Reply {
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
	if r.engine.deferred != nil {
		return r.analyzeDeferred()
	}
	return r.callEndpoints()
}

// callEndpoints asks the endpoints in order until one answers at least one feature.
func (r *taskRun) callEndpoints() *summarizer.Reply {
	reply := &summarizer.Reply{}
	last := r.engine.lastResort()
	for i, ep := range r.engine.endpoints {
		if i > 0 {
			if !r.mayCall() {
				break
			}
			r.engine.metrics.FailedOver(r.engine.endpoints[i-1].Name, reasonOf(reply))
		}
		r.mayQueue = i == last
		reply = r.ask(ep)
		if settled(ep, reply) {
			break
		}
	}
	reply.Usage, reply.Calls = r.usage, r.callsMade
	return reply
}

// withoutTopics answers a task whose set of topics is empty: none can apply,
// and a schema cannot say so.
func (r *taskRun) withoutTopics() *summarizer.Reply {
	reply := &summarizer.Reply{}
	rest := *r.task
	rest.Topics = nil
	if rest.Summary != nil {
		r.task = &rest
		reply = r.analyze()
	}
	reply.Topics = &summarizer.TopicAnswer{Threshold: prompt.TopicThreshold}
	return reply
}

// settled reports whether asking another endpoint is pointless: something is answered, or
// ep refuses the article and that is to be the end of it.
func settled(ep *endpoint, reply *summarizer.Reply) bool {
	if reply.Summary != nil || reply.Topics != nil {
		return true
	}
	return !ep.refusalFailover() && reasonOf(reply) == string(summarizer.ReasonLLMRefused)
}

// mayCall reports whether a further call may start: calls are left, somebody
// waits, and there is time enough.
func (r *taskRun) mayCall() bool {
	if r.callsLeft <= 0 || r.ctx.Err() != nil {
		return false
	}
	callers := r.task.Callers
	return callers == nil || callers.Waiting() && time.Until(callers.Deadline()) >= r.engine.minCallTime
}

// timeLeft returns for how long a call of ep may be put off and its answer still
// come in time.
func (r *taskRun) timeLeft(ep *endpoint) time.Duration {
	return r.timeFor(ep) - max(r.engine.minCallTime, ep.latency.Usual())
}

// timeFor returns how long a call of ep that starts at once may take.
func (r *taskRun) timeFor(ep *endpoint) time.Duration {
	left := ep.Timeout
	if callers := r.task.Callers; callers != nil {
		left = time.Until(callers.Deadline())
	}
	if deadline, ok := r.ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	return left
}

// permit asks the circuit breaker of ep for a call.
func (r *taskRun) permit(ep *endpoint) (limits.Permit, bool) {
	if r.timeFor(ep) < ep.latency.Mean() {
		return ep.breaker.AllowHurried()
	}
	return ep.breaker.Allow()
}

// wait pauses, and reports whether a call may be made after that.
func (r *taskRun) wait(d time.Duration) bool {
	if d > 0 {
		_ = pause.For(r.ctx, d) // mayCall tells what ended it
	}
	return r.mayCall()
}

// maxShrinks bounds how often an article is shown in smaller parts because the endpoint
// finds it too long.
const maxShrinks = 3

// ask asks one endpoint, in parts where the article does not fit. Where the
// endpoint finds it too long although it seemed to fit, it is asked again with less at
// a time. That holds for this article alone, and the answer is filed as if it had fit:
// other articles are not read in parts for it. Without mayQueue, slots, rates and long
// pauses are not waited for: another endpoint is the better choice.
func (r *taskRun) ask(ep *endpoint) *summarizer.Reply {
	r.overflowed, r.blamed = false, false
	x := ep.excerpt(r.task, 0)
	filed := ep.fingerprint(r.task, x.parts != nil)
	reply := r.askExcerpt(ep, x, filed)
	for range maxShrinks {
		if reasonOf(reply) != string(summarizer.ReasonLLMContextOverflow) || !r.mayCall() {
			break
		}
		limit, ok := ep.smaller(r.task, x, r.stated)
		if !ok {
			break
		}
		r.overflowed, r.stated = true, 0
		x = ep.excerpt(r.task, limit)
		switch {
		case x.err == nil:
		case x.err.Reason == summarizer.ReasonTextTooLarge:
			return (&summarizer.Reply{Fingerprint: filed}).Fail(r.task, x.err)
		default:
			return reply
		}
		reply = r.askExcerpt(ep, x, filed)
	}
	return reply
}

// askExcerpt asks over x, whose parts are summarized first.
func (r *taskRun) askExcerpt(ep *endpoint, x excerpt, filed summarizer.Fingerprint) *summarizer.Reply {
	reply := &summarizer.Reply{Fingerprint: filed}
	if x.err != nil {
		return reply.Fail(r.task, x.err)
	}
	if x.parts != nil {
		var err *summarizer.Error
		if x, err = r.summarizeParts(ep, x); err != nil {
			return reply.Fail(r.task, err)
		}
	}
	r.askQuestion(ep, x, reply)
	return reply
}

// askQuestion puts the task to ep over the text that ep is shown. Of a summary that the article
// does not support whole even when it is asked for again, the sentences that stand are
// the answer.
func (r *taskRun) askQuestion(ep *endpoint, x excerpt, reply *summarizer.Reply) {
	rest := r.askRepairing(ep, x, reply)
	if reply.Summary == nil && rest != nil {
		reply.Summary, reply.SummaryErr = rest, nil
	}
}

// longer returns the summary with more sentences, a where b has no more. Both may be nil.
func longer(a, b *summarizer.SummaryAnswer) *summarizer.SummaryAnswer {
	if b != nil && (a == nil || len(b.Sentences) > len(a.Sentences)) {
		return b
	}
	return a
}

// askRepairing puts the task to ep over the text that ep is shown, with at most one repair.
// The right parts of the first answer are kept, and only the rest is asked again. Where ep has
// kept to the schema neither time, a simpler form gets one try. It returns what stands of
// summaries that have a fault, the most sentences of them.
func (r *taskRun) askRepairing(ep *endpoint, x excerpt, reply *summarizer.Reply) (rest *summarizer.SummaryAnswer) {
	q := prompt.NewQuestion(r.task, x.Excerpt)
	form := ep.capabilities.current(q.Schema())
	for asked := 1; ; asked++ {
		var j *prompt.Judgment
		answer, used, err := r.try(ep, q, form, func(answer completion) string {
			j = q.Judge(answer.content, answer.fault)
			r.judged(j)
			return j.Outcome()
		})
		if err != nil {
			// When a repair brings no answer at all, the first fault stays the
			// reason: it is why the answer was not good enough.
			if asked == 1 {
				reply.Fail(r.task, err)
			}
			return rest
		}
		j.Fill(reply)
		rest = longer(rest, j.Rest)
		simpler, ignored := ep.capabilities.answered(used, j.IgnoresSchema())
		if used.probe {
			ep.capabilities.probed(used, q.Schema(), answer.fault == nil && !j.IgnoresSchema())
			ignored = false
		}
		if j.OK() || !r.mayCall() || asked > 1 && !ignored {
			return rest
		}
		r.engine.metrics.Repaired(ep.Name, j.Outcome())
		q, form = q.Repair(j), used
		form.probe = false
		switch {
		case ignored:
			form = simpler
			form.probe = true
		case answer.fault == prompt.FaultTruncated && strings.TrimSpace(answer.content) == "" && !form.thinking:
			form.thinking, form.probe = true, true // all of the output went into reasoning
		}
	}
}

// maxRefusals bounds the refusals of form or parameters that are not counted as calls.
const maxRefusals = 6

// longInput is the length, in tokens, from which a request counts as too long where a
// working endpoint refuses it without a word.
const longInput = 4000

// try asks one question in the given form and has the answer judged, which returns the
// outcome for metrics. It retries what may pass and changes the form where the endpoint
// does not take it; used is the form that was taken. The error is an upstream failure;
// faults of the model itself are for judge to note.
func (r *taskRun) try(ep *endpoint, q question, form requestForm, judge func(completion) string) (answer completion, used requestForm, err error) {
	ep.retries.Earn()
	for attempt := 1; ; {
		request := newRequest(ep, q, form)
		answer, failure := r.call(ep, request)
		if failure == nil {
			if answer.accepted {
				form = r.taken(ep, q, form)
			}
			outcome := judge(answer)
			if r.deferred == nil {
				ep.latency.Add(time.Since(answer.began))
			}
			r.report(ep, request, attempt, outcome, answer)
			return answer, form, nil
		}
		r.report(ep, request, attempt, string(failure.err.Reason), answer)
		if failure.window > 0 {
			r.stated = failure.window
		}
		// A transient failure is retried before the form of the request is changed.
		if attempt < r.engine.maxAttempts && r.retry(ep, failure, attempt) {
			attempt++
			r.engine.metrics.Retried(ep.Name, string(failure.err.Reason))
			continue
		}
		next, ok := ep.capabilities.adapt(form, failure.misfit)
		if !ok || !r.mayAdapt() {
			if failure.misfit.Mute && failure.kind == FailureRequest && request.InputTokens() > longInput && ep.capabilities.taken() {
				failure = overflowed(failure.err) // it takes shorter ones
			}
			return answer, form, failure.err
		}
		r.engine.metrics.SteppedDown(ep.Name, next.change(form))
		form = next // it is another question
	}
}

// taken notes that ep has taken a question in the given form, once for each form.
func (r *taskRun) taken(ep *endpoint, q question, form requestForm) requestForm {
	r.answered = true
	if !form.probe && !form.noted {
		ep.capabilities.learn(form, q.Schema())
		form.noted = true
	}
	return form
}

// mayAdapt reports whether the question may be asked in another form. Until something
// is answered, refusals of the form are no calls of the article.
func (r *taskRun) mayAdapt() bool {
	if !r.answered {
		if r.refusals >= maxRefusals {
			return false
		}
		r.refusals++
		r.callsLeft++
	}
	return r.mayCall()
}

// retry waits before another attempt, and reports whether to make it.
func (r *taskRun) retry(ep *endpoint, f *callFailure, attempts int) bool {
	if !f.retryable() || !r.mayCall() {
		return false
	}
	longest := r.timeLeft(ep)
	if !r.mayQueue {
		longest = min(longest, limits.MaxBackoff)
	}
	if f.err.RetryAfter > longest {
		return false
	}
	pause := min(f.err.RetryAfter+limits.Backoff(attempts), longest)
	return ep.breaker.OpenFor() == 0 && ep.retries.Spend() && r.wait(pause)
}

// call makes one upstream call within the limits of ep.
func (r *taskRun) call(ep *endpoint, request *modelRequest) (completion, *callFailure) {
	if r.deferred != nil {
		return r.callDeferred(ep, request)
	}
	tokens := 0
	if ep.tokens != nil {
		tokens = request.InputTokens() + answerTokens
	}
	if f := r.admit(ep, tokens); f != nil {
		return completion{}, f
	}
	defer ep.slots.Release()
	permit, ok := r.permit(ep)
	if !ok {
		ep.returnRates(tokens)
		return completion{}, ep.open()
	}
	settle, f := r.reserve(ep, request)
	if f != nil {
		ep.breaker.Record(permit, limits.Unknown, 0)
		ep.returnRates(tokens)
		return completion{}, f
	}
	var answer completion
	defer func() { settle(answer) }()
	told := limits.Unknown
	var pause time.Duration
	defer func() { // a panic gives the permit back too
		if open := ep.breaker.Record(permit, told, pause); open > 0 {
			r.engine.metrics.CircuitOpened(ep.Name)
			r.engine.log.LogAttrs(r.ctx, slog.LevelWarn, "language model endpoint is out of service",
				slog.String("endpoint", ep.Name), slog.Duration("period", open), slog.Any("after", f.err))
		}
	}()
	r.callsLeft--
	r.callsMade++
	r.asked = ep
	start := time.Now()
	answer, f = ep.complete(r.ctx, request)
	answer.called, answer.began, answer.took = true, start, time.Since(start)
	told = r.health(f, answer.took)
	if f != nil {
		pause = f.err.RetryAfter
		if f.kind == FailureTimeout {
			ep.latency.AddUnanswered(answer.took)
		}
	}
	if used := answer.usage.InputTokens + answer.usage.OutputTokens; used > 0 {
		ep.tokens.Settle(used - tokens)
	}
	return answer, f
}

// admit takes a slot of ep and reserves what its rates allow. It waits for both
// at most until the latest caller could no longer be served, and without
// mayQueue not at all. The slot is the caller's to release unless it fails.
func (r *taskRun) admit(ep *endpoint, tokens int) *callFailure {
	if ep.breaker.OpenFor() > 0 {
		return ep.open()
	}
	full := r.busy("the language model endpoint is working on as many requests as it is allowed to", 0)
	if !r.takePlace(ep, ep.slots, "slot", full) {
		return r.unlessCanceled(full)
	}
	if f := r.awaitRates(ep, tokens); f != nil {
		ep.slots.Release()
		return r.unlessCanceled(f)
	}
	return nil
}

// awaitRates reserves what the rates of ep allow, and waits until it may be used. One call
// at a time does, so that clients come in turn here, too.
func (r *taskRun) awaitRates(ep *endpoint, tokens int) *callFailure {
	if !ep.limited() {
		return nil
	}
	longest := time.Duration(0)
	if r.mayQueue {
		longest = r.timeLeft(ep)
	}
	const usedUp = "the rate limit that is set for the language model endpoint is used up"
	customers := r.customers()
	ahead := ep.rates.Ahead(customers[0])
	for _, other := range customers[1:] {
		ahead = min(ahead, ep.rates.Ahead(other))
	}
	limited := r.busy(usedUp, ep.rateWait(tokens, ahead))
	if limited.err.RetryAfter > max(longest, 0) {
		return limited
	}
	if !r.takePlace(ep, ep.rates, "rate", limited) {
		return limited
	}
	defer ep.rates.Release()
	if r.mayQueue {
		longest = r.timeLeft(ep)
	}
	wait, ok := ep.reserveRates(tokens, longest)
	limited = r.busy(usedUp, wait)
	if !ok {
		return limited
	}
	if wait == 0 {
		return nil
	}
	defer r.queued(ep, "rate")()
	defer r.blocked(limited)()
	if !r.wait(wait) {
		ep.returnRates(tokens)
		return limited
	}
	return nil
}

// takePlace takes one of the places at ep, where it may in turn with other clients: as long
// as the answer can still come in time for anybody who waits for it. Callers who lose
// patience meanwhile are told why.
func (r *taskRun) takePlace(ep *endpoint, places *turns.Places, what string, why *callFailure) bool {
	if places.TryAcquire() {
		return true
	}
	if !r.mayQueue {
		return false
	}
	defer r.queued(ep, what)()
	defer r.blocked(why)()
	ticket := places.Wait(r.customers()...)
	for {
		changed := r.changed()
		ticket.Move(r.customers()...)
		timer := time.NewTimer(r.timeLeft(ep))
		select {
		case <-ticket.Ready():
			timer.Stop()
			if r.mayCall() && r.timeLeft(ep) > 0 {
				return true
			}
			ticket.Leave()
			return false
		case <-timer.C:
		case <-changed:
			timer.Stop()
		case <-r.ctx.Done():
			timer.Stop()
			ticket.Leave()
			return false
		}
		if r.timeLeft(ep) <= 0 {
			ticket.Leave()
			return false
		}
	}
}

// customers are those in whose turn a call may be made.
func (r *taskRun) customers() []turns.Customer {
	if r.task.Callers == nil {
		return []turns.Customer{{Client: r.task.Client}}
	}
	return r.task.Callers.Customers()
}

// changed is closed when a caller joins or leaves; nil when nobody can.
func (r *taskRun) changed() <-chan struct{} {
	if r.task.Callers == nil {
		return nil
	}
	return r.task.Callers.Changed()
}

// blocked tells the callers why no call is made, until done.
func (r *taskRun) blocked(why *callFailure) (done func()) {
	callers := r.task.Callers
	if callers == nil {
		return func() {}
	}
	callers.Blocked(why.err)
	return func() { callers.Blocked(nil) }
}

// busy is the failure of a call that found no place.
func (r *taskRun) busy(message string, wait time.Duration) *callFailure {
	f := fail(summarizer.ReasonLLMBusy, "", message, nil)
	f.err.RetryAfter = wait
	return f
}

// unlessCanceled returns f, or that the call was cancelled where that is why it failed.
func (r *taskRun) unlessCanceled(f *callFailure) *callFailure {
	if r.ctx.Err() == context.Canceled {
		return canceled(r.ctx)
	}
	return f
}

// slowCall is how long a call must have run, when its callers had no time left
// and it was ended, to count against its endpoint. Short deadlines alone do not.
const slowCall = 5 * time.Second

// health tells what a call says about its endpoint.
func (r *taskRun) health(f *callFailure, took time.Duration) limits.Health {
	switch {
	case f == nil:
		return limits.Good
	case r.ctx.Err() == nil:
		return r.blame(f)
	}
	if callers := r.task.Callers; callers != nil && took >= slowCall && !time.Now().Before(callers.Deadline()) {
		return limits.Bad
	}
	return limits.Unknown
}

// blame tells what f says about its endpoint. One that answers, if with a fault, is
// blamed once for an article: the fault may be about that.
func (r *taskRun) blame(f *callFailure) limits.Health {
	told := f.health()
	if told != limits.Bad || f.kind != FailureServer && f.kind != FailureProtocol {
		return told
	}
	if r.blamed {
		return limits.Unknown
	}
	r.blamed = true
	return limits.Bad
}
