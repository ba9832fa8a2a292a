package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-59202292/summarizer/internal/grounding"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// This file is all that log, metrics and traces are told. They get names of the
// configuration, reasons and figures; never what was asked or answered.

// labelsOf says whom calls of config ask.
func labelsOf(config Endpoint) telemetry.ModelEndpoint {
	labels := telemetry.ModelEndpoint{Name: config.Name, Provider: telemetry.ProviderOpenAI, Model: config.Model}
	if config.AzureAPIVersion != "" {
		labels.Provider = telemetry.ProviderAzure
	}
	if base, err := url.Parse(config.BaseURL); err == nil {
		labels.Host = base.Hostname()
		port := cmp.Or(base.Port(), map[string]string{"http": "80", "https": "443"}[base.Scheme])
		labels.Port, _ = strconv.Atoi(port) // the URL was checked
	}
	return labels
}

// state returns the state of ep.
func (ep *endpoint) state() telemetry.EndpointState {
	return telemetry.EndpointState{
		Circuit: ep.breaker.State(),
		Slots:   ep.slots.Capacity(),
		InUse:   ep.slots.Taken(),
		Waiting: int(ep.waiting.Load()),
	}
}

// trace begins the span of the task. End takes its outcome.
func (r *taskRun) trace(ctx context.Context) (_ context.Context, end func(*summarizer.Reply)) {
	var features []string
	if r.task.Summary != nil {
		features = append(features, "summary")
	}
	if r.task.Topics != nil {
		features = append(features, "topics")
	}
	ctx, finish := r.engine.tracer.Task(ctx, len(r.task.Document.Text), features...)
	return ctx, func(reply *summarizer.Reply) {
		finish(r.callsMade, reasonOf(reply))
		r.noteFailure(reply)
	}
}

// taskFailure is why a task has no answer, and the endpoint that was asked last, if any was.
type taskFailure struct {
	why   *summarizer.Error
	asked *endpoint
}

// noteFailure keeps why reply lacks a feature.
func (r *taskRun) noteFailure(reply *summarizer.Reply) {
	var why *summarizer.Error
	if errors.As(cmp.Or(reply.SummaryErr, reply.TopicsErr), &why) {
		r.engine.failures.Store(string(why.Reason), taskFailure{why, r.asked})
	}
}

// LastFailure describes the latest task without an answer for a reason, to people who know the
// endpoints: it names the address that was asked last. It is empty if there is none, and for a nil engine.
func (e *Engine) LastFailure(reason string) string {
	if e == nil {
		return ""
	}
	kept, ok := e.failures.Load(reason)
	if !ok {
		return ""
	}
	failure := kept.(taskFailure)
	text := failure.why.Message
	var network net.Error
	if errors.As(failure.why.Err, &network) {
		text += ": " + network.Error()
	}
	if ep := failure.asked; ep != nil {
		base, _ := url.Parse(ep.BaseURL) // it was checked
		text += fmt.Sprintf(" (endpoint %s at %s)", ep.Name, base.Redacted())
	}
	return text
}

// reasonOf says why reply lacks a feature; empty when it lacks none.
func reasonOf(reply *summarizer.Reply) string {
	if err := cmp.Or(reply.SummaryErr, reply.TopicsErr); err != nil {
		return string(summarizer.ReasonOf(err))
	}
	return ""
}

// judged notes the claims of an answer that the article does not support.
func (r *taskRun) judged(j *prompt.Judgment) {
	if claim := j.Unsupported(); claim != grounding.None {
		r.engine.metrics.Ungrounded(claim.Label())
	}
}

// queued notes that a call queues at ep for a "slot" or for the "rate" limit, until done.
func (r *taskRun) queued(ep *endpoint, what string) (done func()) {
	began := time.Now()
	ep.waiting.Add(1)
	return func() {
		ep.waiting.Add(-1)
		r.engine.metrics.Waited(ep.Name, what, time.Since(began))
	}
}

// report records a call, and books its tokens and cost, also of a
// failed one. Outcome is "ok" or a reason.
func (r *taskRun) report(ep *endpoint, request *modelRequest, attempt int, outcome string, answer completion) {
	if !answer.called {
		return
	}
	call := telemetry.ModelCall{
		Endpoint:         ep.labels,
		Began:            answer.began,
		Took:             answer.took,
		Client:           r.task.Client,
		Outcome:          outcome,
		Attempt:          attempt,
		Repair:           request.Repair,
		StructuredOutput: string(request.form.format),
		MaxTokens:        request.OutputTokens,
		ResponseModel:    answer.model,
		FinishReason:     answer.finish,
		InputTokens:      answer.usage.InputTokens,
		CachedTokens:     answer.usage.CachedInputTokens,
		OutputTokens:     answer.usage.OutputTokens,
		CostMicroUSD:     answer.usage.CostMicroUSD,
	}
	r.usage.Add(answer.usage)
	if answer.clamped {
		r.engine.metrics.UsageClamped(ep.Name)
	}
	r.engine.metrics.ModelCall(r.ctx, call)
	r.engine.tracer.ModelCall(r.ctx, call)
	r.engine.log.LogAttrs(r.ctx, slog.LevelDebug, "language model call",
		slog.String("endpoint", ep.Name), slog.String("outcome", outcome), slog.Duration("took", answer.took),
		slog.Int("input_tokens", answer.usage.InputTokens), slog.Int("output_tokens", answer.usage.OutputTokens),
		slog.Int64("cost_micro_usd", answer.usage.CostMicroUSD),
		slog.String("request_id", telemetry.RequestID(r.ctx)), slog.String("trace_id", telemetry.TraceID(r.ctx)))
}
