package llm

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Check is the result of one small call of an endpoint.
type Check struct {
	Endpoint string `json:"endpoint"` // its name
	Model    string `json:"model"`
	BaseURL  string `json:"baseUrl"` // without a password

	Failure FailureKind `json:"failure,omitempty"` // empty when the endpoint works
	Detail  string      `json:"detail,omitempty"`  // the failure in one line; never text of a model

	Reachable bool `json:"reachable"` // something answered
	Auth      Auth `json:"key,omitempty"`

	// StructuredOutput is the way of asking for JSON that the endpoint took, empty
	// when it took none; Refused are the ways that it did not know.
	StructuredOutput StructuredOutput   `json:"structuredOutput,omitempty"`
	Refused          []StructuredOutput `json:"refusedOutputs,omitempty"`

	// Changes names what else of the request was changed until the endpoint took it,
	// such as "no_temperature".
	Changes []string `json:"changes,omitempty"`

	// Reason is the message of the server itself: at most 300 characters in one line,
	// without a key and without repeated parts of the request.
	Reason string `json:"serverReason,omitempty"`

	Took   time.Duration    `json:"-"` // of the last call, that is the one that counts
	Usage  summarizer.Usage `json:"-"`
	Priced bool             `json:"-"` // the cost in Usage is known
}

// Auth is the reaction of an endpoint to its key.
type Auth string

// The verdicts of an endpoint on a key.
const (
	AuthUnknown Auth = ""
	AuthOK      Auth = "ok"
	AuthNoKey   Auth = "no key" // none is set, and none was asked for
	AuthRefused Auth = "refused"
)

// FailureKind is a kind of fault, each with a way out of its own.
type FailureKind string

// The kinds.
const (
	FailureName     FailureKind = "unknown host"       // the name does not resolve
	FailureConnect  FailureKind = "no connection"      // nothing listens, or the way is blocked
	FailureTLS      FailureKind = "bad certificate"    // it is not trusted
	FailureTimeout  FailureKind = "timeout"            // no answer in time
	FailureKey      FailureKind = "key refused"        // 401
	FailureRights   FailureKind = "no right"           // 403
	FailureNotFound FailureKind = "not found"          // 404: no such model, or no such path
	FailureRate     FailureKind = "rate limit"         // 429
	FailureCredit   FailureKind = "no credit"          // 402, or another status that says so
	FailureServer   FailureKind = "server error"       // 5xx, 408, 409
	FailureRequest  FailureKind = "request refused"    // another 4xx
	FailureFormat   FailureKind = "format refused"     // it knows no configured way of asking for JSON
	FailureProtocol FailureKind = "no chat completion" // something else answers there
	FailureWindow   FailureKind = "window too small"   // the context window
	FailureRefusal  FailureKind = "refusal"            // by the model or a filter
	FailureAnswer   FailureKind = "bad answer"         // the model does not answer as it is told
	FailureCut      FailureKind = "cut off"            // the answer ended at its maximum length
	FailureThinking FailureKind = "reasoning only"     // the answer is empty behind reasoning
)

// specimenTitle and specimenText are the article of a check. It holds what the checks of
// an answer look for: a name, a number, a date.
const (
	specimenTitle = "Lighthouse of Skarven is lit again"
	specimenText  = `The lighthouse of Skarven was lit again on 3 May after two years of repairs. ` +
		`The work cost 4 million crowns and was paid for by the fishing villages along the coast. ` +
		`Keeper Marit Oland said that the new lamp can be seen from 30 kilometres away.`
)

// checkTask asks for what the service asks for by default, and so with the same cap on
// the output, with two topics instead of many.
func checkTask() *summarizer.Task {
	return &summarizer.Task{
		Document: article.Clean(article.Raw{Title: specimenTitle, Text: specimenText}),
		Summary:  &summarizer.SummaryTask{MaxSentences: summarizer.DefaultSentences, Language: "en"},
		Topics: &summarizer.TopicTask{Topics: []taxonomy.Topic{
			{ID: "shipping", DisplayName: "shipping", Definition: "Ships, ports and what guides them."},
			{ID: "football", DisplayName: "football", Definition: "Football matches and clubs."},
		}},
	}
}

// Check calls every endpoint once, in parallel, with an invented article of three
// sentences, about 1,000 tokens with the instructions, and tells what works. A way of
// asking for JSON that an endpoint refuses costs a call more. Breakers, limits,
// retries and budgets are left out: what is asked is what the endpoint does now.
func (e *Engine) Check(ctx context.Context) []Check {
	checks := make([]Check, len(e.endpoints))
	var wg sync.WaitGroup
	for i, ep := range e.endpoints {
		wg.Go(func() { checks[i] = ep.check(ctx) })
	}
	wg.Wait()
	return checks
}

func (ep *endpoint) check(ctx context.Context) Check {
	c := Check{
		Endpoint: ep.Name,
		Model:    ep.Model,
		Priced:   ep.Free || ep.InputPrice > 0 || ep.OutputPrice > 0,
	}
	if base, err := url.Parse(ep.BaseURL); err == nil {
		c.BaseURL = base.Redacted()
	}
	task := checkTask()
	x := ep.excerpt(task, 0)
	if x.err != nil {
		c.Failure, c.Detail = FailureWindow, x.err.Message
		return c
	}
	q := prompt.NewQuestion(task, x.Excerpt)
	form := ep.capabilities.current(q.Schema())
	for refusals := 0; ; refusals++ {
		request := newRequest(ep, q, form)
		began := time.Now()
		answer, f := ep.complete(ctx, request)
		c.Took = time.Since(began)
		c.Usage.Add(answer.usage)
		if f == nil {
			c.answered(ep, request, answer, q.Judge(answer.content, answer.fault))
			return c
		}
		next, ok := ep.capabilities.adapt(form, f.misfit)
		if !ok || refusals >= maxRefusals {
			if form.guess {
				c.Refused = nil // it was not the format
			}
			c.failed(ep, f)
			return c
		}
		if next.format != form.format {
			c.Refused = append(c.Refused, form.format)
		} else {
			c.Changes = append(c.Changes, next.change(form))
		}
		form = next
	}
}

// answered notes an answer and its judgment.
func (c *Check) answered(ep *endpoint, request *modelRequest, answer completion, v *prompt.Judgment) {
	c.Reachable, c.Auth = true, ep.accepts()
	c.StructuredOutput = request.form.format
	switch {
	case v.OK():
	case answer.onlyReasoned:
		c.Failure, c.Detail = FailureThinking, "the answer is empty: all output is reasoning"
	case answer.fault == prompt.FaultTruncated:
		c.Failure, c.Detail = FailureCut, fmt.Sprintf("the answer was cut off at its maximum length, %d tokens", request.OutputTokens)
	default:
		c.Failure, c.Detail = FailureAnswer, "the answer cannot be used: "+v.Explain()
	}
}

// accepts returns the reaction to its key of an endpoint that works on a request.
func (ep *endpoint) accepts() Auth {
	if ep.APIKey == "" {
		return AuthNoKey
	}
	return AuthOK
}

// failed notes a call that brought no answer.
func (c *Check) failed(ep *endpoint, f *callFailure) {
	c.Failure, c.Detail = f.kind, f.err.Message
	if f.err.Err != nil {
		c.Detail += ": " + f.err.Err.Error()
	}
	c.Reason = f.reason(ep.APIKey)
	switch c.Failure {
	case FailureName, FailureConnect, FailureTLS, FailureTimeout:
		return
	case FailureKey, FailureRights:
		c.Auth = AuthRefused
	case FailureRefusal, FailureFormat, FailureWindow, FailureCredit:
		c.Auth = ep.accepts()
	}
	c.Reachable = true
}
