package llm

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Deferred answers requests later than they are made, in batches. An article is analyzed
// again from the beginning once more is known: each of its requests is made again, byte for
// byte but for the fence, and finds its answer. Implementations are safe for concurrent use.
type Deferred interface {
	// Answer returns the outcome of a request. Where nothing has yet, it takes the request
	// for the next batch, and the answer is Waiting.
	Answer(request DeferredRequest) DeferredAnswer

	// Final reports whether no further request is taken: what is Waiting then has no
	// answer, and goes the way of Options.DeferredRest.
	Final() bool
}

// DeferredRequest is a chat completion that may wait.
type DeferredRequest struct {
	ID   string // 32 hexadecimal digits; the same for the same question about the same text
	Body []byte // JSON
	Most ledger.Spending

	// Afford reports, by an error, that the requests of the next batch cannot be paid
	// for with this one, of which total is the sum.
	Afford func(total ledger.Spending) error
}

// DeferredAnswer is the outcome of a request. The zero value says that it waits.
type DeferredAnswer struct {
	Status  int    // of HTTP; 0: none yet, or never
	Body    []byte // of the response
	Failure string // why there will never be a response; empty where there is or may be one
	Err     error  // of Afford, or of the files
}

// DeferredRest chooses the way of an article that the batches leave without an answer.
type DeferredRest string

// The ways.
const (
	RestOnline DeferredRest = "online" // the endpoints are called
	RestLocal  DeferredRest = "local"  // the model has failed: a fallback may answer
	RestFail   DeferredRest = "fail"   // the article fails
)

// errWaiting says that an article has no answer yet.
var errWaiting = &summarizer.Error{
	Reason:     summarizer.ReasonLLMBusy,
	Message:    "the answer of the language model comes with a batch",
	NoFallback: true,
}

// deferredEndpoint returns ep for one article whose requests are answered later. It starts
// from what is configured each time: with forms that other articles
// found out, its requests could differ from the answered ones.
func (ep *endpoint) deferredEndpoint() *endpoint {
	return &endpoint{
		Endpoint: ep.Endpoint, key: ep.key, maker: ep.maker, labels: ep.labels, inBatches: true,
		capabilities: newCapabilities(ep.Model, ep.StructuredOutput),
		breaker:      limits.NewBreaker(), retries: limits.NewRetryBudget(),
	}
}

// analyzeDeferred asks the first endpoint in batches. An article is answered whole or left
// whole until the last time: with one feature kept and cached, the requests for the other
// would differ from the answered ones.
func (r *taskRun) analyzeDeferred() *summarizer.Reply {
	e := r.engine
	own := &taskRun{engine: e, ctx: r.ctx, task: r.task, callsLeft: r.callsLeft, deferred: e.deferred}
	reply := own.ask(e.endpoints[0].deferredEndpoint())
	r.usage, r.callsMade = own.usage, own.callsMade
	none := func(why *summarizer.Error) *summarizer.Reply {
		return (&summarizer.Reply{Fingerprint: reply.Fingerprint}).Fail(r.task, why)
	}
	failed, _ := errors.AsType[*summarizer.Error](cmp.Or(reply.SummaryErr, reply.TopicsErr))
	final := e.deferred.Final()
	switch {
	case own.unaffordable != nil:
		reply = none(own.unaffordable)
	case own.waiting && !final:
		reply = none(errWaiting)
	case failed == nil:
	case final && e.deferredRest == RestOnline:
		reply = r.callForRest(reply)
	case final && e.deferredRest == RestLocal:
	default:
		later := *failed
		later.NoFallback = true
		reply = none(&later)
	}
	reply.Usage, reply.Calls = r.usage, r.callsMade
	return reply
}

// callForRest calls the endpoints for what the batches have left of an article. Answers of
// two makers do not go together: then what was left stays without one.
func (r *taskRun) callForRest(reply *summarizer.Reply) *summarizer.Reply {
	rest := *r.task
	if reply.Summary != nil {
		rest.Summary = nil
	}
	if reply.Topics != nil {
		rest.Topics = nil
	}
	r.task = &rest
	called := r.callEndpoints()
	if reply.Summary == nil && reply.Topics == nil {
		return called
	}
	if called.Fingerprint != reply.Fingerprint {
		return reply
	}
	if rest.Summary != nil {
		reply.Summary, reply.SummaryErr = called.Summary, called.SummaryErr
	}
	if rest.Topics != nil {
		reply.Topics, reply.TopicsErr = called.Topics, called.TopicsErr
	}
	return reply
}

// callDeferred takes the answer to a request from a batch.
func (r *taskRun) callDeferred(ep *endpoint, request *modelRequest) (completion, *callFailure) {
	body := request.body(ep.Model)
	most := spending(ep.usage(request.InputTokens(), 0, request.OutputTokens))
	got := r.deferred.Answer(DeferredRequest{ID: requestID(body), Body: body, Most: most, Afford: func(total ledger.Spending) error {
		return r.engine.affords(r.ctx, r.task.Client, total)
	}})
	switch {
	case got.Err != nil:
		f := r.overBudget(got.Err)
		f.final = true
		r.unaffordable = f.err
		r.unaffordable.NoFallback = r.unaffordable.NoFallback || !r.deferred.Final()
		return completion{}, f
	case got.Failure != "":
		f := unavailable(FailureServer, errors.New(got.Failure))
		f.err.Message = "the batch of the language model endpoint brought no answer to this article: " + got.Failure
		f.final = true
		return completion{}, f
	case got.Status == 0:
		r.waiting = true
		f := fail(summarizer.ReasonLLMBusy, "", errWaiting.Message, nil)
		f.final = true
		return completion{}, f
	}
	r.callsLeft--
	r.callsMade++
	seen := exchange{asked: request, sent: true, bytes: int64(len(body)), wired: true, status: got.Status}
	var err error
	if got.Status < 200 || got.Status > 299 {
		seen.body, err = got.Body, errors.New("the endpoint refuses the request")
	} else if len(got.Body) > maxResponseBytes {
		err = errOversize
	} else {
		_, err = io.Copy(io.Discard, &boundedBody{Reader: bytes.NewReader(got.Body), left: maxResponseBytes})
		seen.answer = modelserver.ReadAnswer(got.Body)
	}
	answer, f := ep.read(r.ctx, r.ctx, &seen, err)
	answer.called, answer.began = true, time.Now()
	if f != nil {
		f.final = true // the batch has tried again what may pass
	}
	return answer, f
}

// sentFence matches the line that opens the fence around an article, as it is sent.
var sentFence = regexp.MustCompile(`\[ARTICLE ([0-9a-f]{32})\]`)

// requestID identifies a request by all of it but the random number of its fence.
func requestID(body []byte) string {
	if code := sentFence.FindSubmatch(body); code != nil {
		body = bytes.ReplaceAll(body, code[1], nil)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// affords reports whether the budgets allow for the maximum cost of the next batch.
func (e *Engine) affords(ctx context.Context, client string, total ledger.Spending) error {
	if e.ledger == nil || e.budget == (Budget{}) {
		return nil
	}
	reservation, err := e.ReserveBatch(ctx, client, total, time.Second)
	if err == nil {
		e.SettleBatch(reservation, ledger.Spending{})
	}
	return err
}

// ReserveBatch sets aside the maximum cost of a batch of requests, for as long as it may take. It
// waits for no other batch of the run. The reservation is nil where nobody keeps what is
// spent.
func (e *Engine) ReserveBatch(ctx context.Context, client string, most ledger.Spending, lifetime time.Duration) (*ledger.Reservation, error) {
	if e.ledger == nil {
		return nil, nil
	}
	if purse, ok := e.ledger.(*ledger.Purse); ok {
		if err := purse.Fits(most); err != nil {
			return nil, err
		}
	}
	return e.ledger.Reserve(ctx, most, lifetime, e.budget.accounts(client)...)
}

// SettleBatch replaces the reservation of a batch by its cost.
func (e *Engine) SettleBatch(reservation *ledger.Reservation, spent ledger.Spending) {
	if e.ledger != nil && reservation != nil {
		e.ledger.Settle(reservation, spent)
	}
}

// BatchUsage returns the usage that the response to a request in a batch reports, at the
// prices of batches, and no more than what the request can have used: a token for each of so
// many bytes, and so many tokens out.
func (e *Engine) BatchUsage(response []byte, bytes, output int) summarizer.Usage {
	got := modelserver.ReadAnswer(response)
	var c completion
	c.clampUsage(e.endpoints[0].deferredEndpoint(), &got, max(bytes, 0)+templateTokens, max(output, 0))
	return c.usage
}
