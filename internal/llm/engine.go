package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/injection"
	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// DefaultMaxCalls is the default of Options.MaxCalls.
const DefaultMaxCalls = 4

// Options configures an Engine.
type Options struct {
	// Endpoints in the order in which they are asked; at least one.
	Endpoints []Endpoint

	// MaxCalls is the maximum number of upstream calls for one task, over
	// retries, repair, step-down and failover; 0 means DefaultMaxCalls. An article
	// that is read in parts is allowed two more for each part.
	MaxCalls int

	// MaxAttempts is how often one question is put to one endpoint that fails in
	// a passing way; 0 means 2, and 1 no retries.
	MaxAttempts int

	// MinCallTime is the minimum time until the latest caller's deadline that a
	// retry, a repair, a failover or a queued call is worth starting in; 0 means
	// 100 ms.
	MinCallTime time.Duration

	// Ledger keeps what is spent; nil means that nobody does, and needs a Budget
	// that bounds nothing.
	Ledger ledger.Ledger
	Budget Budget

	// Deferred answers requests to the first endpoint in batches; nil means that it is
	// called. DeferredRest says what becomes of articles without an answer; empty means RestOnline.
	// Verification is never deferred.
	Deferred     Deferred
	DeferredRest DeferredRest

	// Verifier is the endpoint that verifies summaries, unless it is the one of Endpoints
	// that VerifyWith names; without both it is the first of them.
	Verifier   *Endpoint
	VerifyWith string

	Logger  *slog.Logger // nil means discard
	Metrics *telemetry.Metrics
	Tracer  *telemetry.Tracer
}

// Engine asks language models behind OpenAI-compatible endpoints. It is safe
// for concurrent use.
type Engine struct {
	endpoints    []*endpoint
	verifier     *endpoint
	maxCalls     int
	maxAttempts  int
	minCallTime  time.Duration
	ledger       ledger.Ledger
	deferred     Deferred
	deferredRest DeferredRest
	budget       Budget
	reported     sync.Map // the last day on which each account was reported as spent
	failures     sync.Map // a taskFailure of each reason, for people
	log          *slog.Logger
	metrics      *telemetry.Metrics
	tracer       *telemetry.Tracer
}

var (
	_ summarizer.Model    = (*Engine)(nil)
	_ summarizer.Verifier = (*Engine)(nil)
)

// New checks options and returns an engine. It opens no connection.
func New(options Options) (*Engine, error) {
	if len(options.Endpoints) == 0 {
		return nil, errors.New("llm: no endpoint is configured: name a model, or leave the language model off")
	}
	if options.MaxCalls < 0 {
		return nil, fmt.Errorf("llm: max calls is %d: use 0 for the default or a positive number", options.MaxCalls)
	}
	if options.MaxAttempts < 0 {
		return nil, fmt.Errorf("llm: max attempts is %d: use 0 for the default, 1 for no retries, or more", options.MaxAttempts)
	}
	paid := options.Endpoints
	if options.Verifier != nil {
		paid = append(slices.Clone(paid), *options.Verifier)
	}
	if err := options.Budget.check(paid, options.Ledger); err != nil {
		return nil, err
	}
	e := &Engine{
		maxCalls:     cmp.Or(options.MaxCalls, DefaultMaxCalls),
		maxAttempts:  cmp.Or(options.MaxAttempts, 2),
		minCallTime:  cmp.Or(max(options.MinCallTime, 0), 100*time.Millisecond),
		ledger:       options.Ledger,
		deferred:     options.Deferred,
		deferredRest: cmp.Or(options.DeferredRest, RestOnline),
		budget:       options.Budget,
		log:          cmp.Or(options.Logger, slog.New(slog.DiscardHandler)),
		metrics:      options.Metrics,
		tracer:       options.Tracer,
	}
	if limit := options.Budget.RunMicroUSD; limit > 0 {
		e.ledger = ledger.NewPurse(options.Ledger, limit)
	}
	names := make(map[string]bool)
	for _, config := range options.Endpoints {
		ep, err := newEndpoint(config)
		if err != nil {
			return nil, err
		}
		if names[ep.Name] {
			return nil, fmt.Errorf("llm: two endpoints are named %q: give each its own name", ep.Name)
		}
		names[ep.Name] = true
		e.endpoints = append(e.endpoints, ep)
		e.metrics.WatchEndpoint(ep.Name, ep.state)
	}
	var err error
	if e.verifier, err = verifierOf(e.endpoints, options.Verifier, options.VerifyWith); err != nil {
		return nil, err
	}
	if options.Verifier != nil {
		e.metrics.WatchEndpoint(e.verifier.Name, e.verifier.state)
	}
	e.budget.watch(e.ledger, e.metrics)
	return e, nil
}

// SetKeys takes the API keys of endpoints, which have to be the endpoints of the engine: the same
// names, addresses and models in the same order. An endpoint with another key than before
// is in service at once. With an error, no key is changed.
func (e *Engine) SetKeys(endpoints []Endpoint) error {
	if len(endpoints) != len(e.endpoints) {
		return fmt.Errorf("there are %d endpoints, and there were %d: restart to use them", len(endpoints), len(e.endpoints))
	}
	for i, config := range endpoints {
		config = config.WithDefaults()
		if err := config.check(); err != nil {
			return fmt.Errorf("the endpoint %q: %w", config.Name, err)
		}
		if ep := e.endpoints[i]; ep.Name != config.Name || ep.BaseURL != config.BaseURL || ep.Model != config.Model || ep.AzureAPIVersion != config.AzureAPIVersion {
			return fmt.Errorf("the endpoint %q was %q before, or has another address or model: restart to use it", config.Name, ep.Name)
		}
	}
	for i, config := range endpoints {
		if before := e.endpoints[i].key.value.Swap(&config.APIKey); *before != config.APIKey {
			e.endpoints[i].breaker.Reset()
			if e.verifier.key == e.endpoints[i].key {
				e.verifier.breaker.Reset()
			}
		}
	}
	return nil
}

// Close releases idle connections. Calls that run are not ended: cancel their
// contexts.
func (e *Engine) Close() {
	for _, ep := range append(slices.Clone(e.endpoints), e.verifier) {
		ep.transport.CloseIdleConnections()
	}
}

// Capacity implements summarizer.Model: the calls that all endpoints together
// take at once.
func (e *Engine) Capacity() int {
	total := 0
	for _, ep := range e.endpoints {
		total += ep.slots.Capacity()
	}
	return total
}

// Fingerprints implements summarizer.Model.
func (e *Engine) Fingerprints(task *summarizer.Task) []summarizer.Fingerprint {
	prints := make([]summarizer.Fingerprint, len(e.endpoints))
	for i, ep := range e.endpoints {
		prints[i] = ep.fingerprint(task, false)
	}
	return prints
}

// lastResort returns the index of the last endpoint that is not out of service,
// 0 when all are: the one that is worth queueing for.
func (e *Engine) lastResort() int {
	last := 0
	for i, ep := range e.endpoints {
		if ep.breaker.OpenFor() == 0 {
			last = i
		}
	}
	return last
}

// Analyze implements summarizer.Engine. Its errors are *summarizer.Error. The
// endpoints are asked in order until one answers at least one feature; the
// error of the last one asked is reported.
func (e *Engine) Analyze(ctx context.Context, task *summarizer.Task) (reply *summarizer.Reply) {
	r := &taskRun{engine: e, task: task, callsLeft: e.maxCalls - task.Calls}
	var end func(*summarizer.Reply)
	r.ctx, end = r.trace(ctx)
	defer func() { end(reply) }()
	defer summarizer.RecoverModelCall(e.log, func(err *summarizer.Error) { reply = (&summarizer.Reply{Usage: r.usage}).Fail(task, err) })
	shown, warnings := screen(task)
	r.task = shown
	if warnings != nil && !shown.Document.HasLetters() {
		return (&summarizer.Reply{}).Fail(task, &summarizer.Error{
			Reason:  summarizer.ReasonLLMRefused,
			Message: "all of the article looks like instructions to a language model: nothing is left to show it",
		})
	}
	if task.Calls > 0 && r.callsLeft <= 0 {
		return (&summarizer.Reply{}).Fail(task, errCallsUsedUp)
	}
	reply = r.analyze()
	addWarnings(reply, warnings)
	return reply
}

// errCallsUsedUp says that a request has made all the calls that it may.
var errCallsUsedUp = &summarizer.Error{Reason: summarizer.ReasonBudgetExhausted, Message: "the calls that one article may take are used up"}

// screen returns task without the passages of its article that look like instructions to a
// model: it cannot obey, quote or build on text that it does not see. The article
// stays as long as it was, as fingerprints rest on its length. The warnings are nil when
// nothing was withheld; they do not quote.
func screen(task *summarizer.Task) (*summarizer.Task, []summarizer.Warning) {
	shown := injection.Screen(task.Document)
	if shown == task.Document {
		return task, nil
	}
	screened := *task
	screened.Document = shown
	return &screened, []summarizer.Warning{{
		Reason:  summarizer.WarnSuspectedInstructions,
		Message: "the article holds text that looks like an instruction to a language model; the model was not shown it",
	}}
}

// addWarnings puts warnings in front of the warnings of each answer.
func addWarnings(reply *summarizer.Reply, warnings []summarizer.Warning) {
	if reply.Summary != nil {
		reply.Summary.Warnings = slices.Concat(warnings, reply.Summary.Warnings)
	}
	if reply.Topics != nil {
		reply.Topics.Warnings = slices.Concat(warnings, reply.Topics.Warnings)
	}
}
