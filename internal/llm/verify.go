package llm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// VerifierID implements summarizer.Verifier.
func (e *Engine) VerifierID() string {
	if e.verifier == nil {
		return ""
	}
	sum := sha256.Sum256(appendFields(slices.Clip(e.verifier.maker), prompt.VerifierVersion))
	return hex.EncodeToString(sum[:16])
}

// verificationRun is the work on one verification.
type verificationRun struct {
	taskRun
	written  summarizer.Written
	warnings []summarizer.Warning // of the article, for what is written again
	spent    summarizer.VerificationUsage
}

// Verify implements summarizer.Verifier: it asks the verifier about each sentence. The
// endpoint that wrote the summary is told once which sentences the article does not support,
// and its new sentences are verified, too; a sentence that is still not supported is dropped.
func (e *Engine) Verify(ctx context.Context, task *summarizer.Task, written summarizer.Written) (verified *summarizer.Verified) {
	shown, warnings := screen(task)
	alone := *shown
	alone.Topics = nil
	r := &verificationRun{taskRun: taskRun{engine: e, task: &alone, callsLeft: e.maxCalls - written.Calls, mayQueue: true}, written: written, warnings: warnings}
	var end func(*summarizer.Reply)
	r.ctx, end = r.trace(ctx)
	defer func() {
		verified.Usage, verified.Calls = r.usage, r.callsMade
		verified.Usage.Verification = r.spent
		end(&summarizer.Reply{SummaryErr: verified.Err})
	}()
	defer summarizer.RecoverModelCall(e.log, func(err *summarizer.Error) { verified = &summarizer.Verified{Err: err} })
	return r.verify()
}

func (r *verificationRun) verify() *summarizer.Verified {
	verdicts, err := r.ask(r.written.Answer)
	if err != nil {
		return &summarizer.Verified{Err: err}
	}
	r.count(verdicts)
	refuted := count(verdicts, prompt.NotSupported)
	if refuted == 0 {
		return &summarizer.Verified{Answer: r.stamped(r.written.Answer, verdicts)}
	}
	result := &summarizer.Verified{Refuted: refuted}
	if repaired := r.rewrite(verdicts); repaired != nil {
		if again, err := r.ask(repaired); err == nil {
			result.Answer = r.standing(repaired, again)
		}
	}
	if result.Answer == nil {
		result.Answer = r.standing(r.written.Answer, verdicts)
	}
	return result
}

func count(verdicts []prompt.SentenceVerdict, wanted prompt.SentenceVerdict) (n int) {
	for _, v := range verdicts {
		if v == wanted {
			n++
		}
	}
	return n
}

// ask puts the sentences of a summary to the verifier, and once more where it has answered
// in another form than it was asked for.
func (r *verificationRun) ask(answer *summarizer.SummaryAnswer) ([]prompt.SentenceVerdict, error) {
	ep := r.engine.verifier
	if ep == nil {
		return nil, &summarizer.Error{Reason: summarizer.ReasonLLMDisabled, Message: "no model is configured that verifies"}
	}
	x := ep.excerpt(r.task, 0)
	if x.err == nil && x.parts != nil {
		x.err = &summarizer.Error{Reason: summarizer.ReasonLLMContextOverflow, Message: "the article does not fit the window of the model that verifies"}
	}
	if x.err != nil {
		return nil, x.err
	}
	c := prompt.NewClaims(r.task, x.Excerpt, answer)
	before := r.usage
	defer func() {
		r.spent.InputTokens += r.usage.InputTokens - before.InputTokens
		r.spent.OutputTokens += r.usage.OutputTokens - before.OutputTokens
		r.spent.CostMicroUSD += r.usage.CostMicroUSD - before.CostMicroUSD
	}()
	form := ep.capabilities.current(c.Schema())
	for asked := 1; ; asked++ {
		if !r.mayCall() {
			return nil, r.cannotCall()
		}
		var verdicts []prompt.SentenceVerdict
		usable := false
		_, used, err := r.try(ep, c, form, func(answer completion) string {
			if verdicts, usable = c.Judge(answer.content, answer.fault); !usable {
				return string(summarizer.ReasonLLMOutputInvalid)
			}
			return "ok"
		})
		if err != nil {
			return nil, err
		}
		simpler, ignored := ep.capabilities.answered(used, !usable)
		switch {
		case usable:
			return verdicts, nil
		case asked > 1:
			return nil, errVerdicts
		case ignored:
			form = simpler
		default:
			form = used
		}
	}
}

var errVerdicts = &summarizer.Error{Reason: summarizer.ReasonLLMOutputInvalid, Message: "the answer of the model that verifies cannot be used"}

// cannotCall says why no further call may start.
func (r *verificationRun) cannotCall() *summarizer.Error {
	if r.callsLeft <= 0 {
		return errCallsUsedUp
	}
	return &summarizer.Error{Reason: summarizer.ReasonDeadlineTooShort, Message: "too little time is left to ask the model that verifies"}
}

// count tells the metrics the verdicts on an endpoint's sentences.
func (r *verificationRun) count(verdicts []prompt.SentenceVerdict) {
	name, model := "other", r.written.By.Model
	if ep := r.writer(); ep != nil {
		name = ep.Name
	}
	for _, v := range []prompt.SentenceVerdict{prompt.Supported, prompt.NotSupported, prompt.Unsure} {
		if n := count(verdicts, v); n > 0 {
			r.engine.metrics.SentencesVerified(name, model, v.String(), n)
		}
	}
}

// writer returns the endpoint that wrote the summary; nil when it is none that is
// configured.
func (r *verificationRun) writer() *endpoint {
	for _, ep := range r.engine.endpoints {
		if ep.fingerprint(r.task, ep.excerpt(r.task, 0).parts != nil).ID == r.written.By.ID {
			return ep
		}
	}
	return nil
}

// rewrite asks the endpoint that wrote a summary to write it again without the sentences
// that are not supported. Nil when it cannot be asked, or writes nothing that is valid.
func (r *verificationRun) rewrite(verdicts []prompt.SentenceVerdict) *summarizer.SummaryAnswer {
	ep := r.writer()
	if ep == nil || r.written.Sample || !r.mayCall() {
		return nil
	}
	x := ep.excerpt(r.task, 0)
	if x.err != nil || x.parts != nil {
		return nil
	}
	q := prompt.NewQuestion(r.task, x.Excerpt).Without(r.written.Answer, verdicts)
	r.engine.metrics.Repaired(ep.Name, string(summarizer.ReasonLLMUngrounded))
	var j *prompt.Judgment
	_, _, err := r.try(ep, q, ep.capabilities.current(q.Schema()), func(answer completion) string {
		j = q.Judge(answer.content, answer.fault)
		return j.Outcome()
	})
	if err != nil || j.Summary == nil {
		return nil
	}
	j.Summary.Warnings = slices.Concat(r.warnings, j.Summary.Warnings)
	return j.Summary
}

// standing returns a summary without its unsupported sentences; nil when none is left.
func (r *verificationRun) standing(answer *summarizer.SummaryAnswer, verdicts []prompt.SentenceVerdict) *summarizer.SummaryAnswer {
	left, verdicts := prompt.Standing(r.task.Summary, answer, verdicts)
	if left == nil {
		return nil
	}
	return r.stamped(left, verdicts)
}

// stamped returns a copy of a summary that says who verified it.
func (r *verificationRun) stamped(answer *summarizer.SummaryAnswer, verdicts []prompt.SentenceVerdict) *summarizer.SummaryAnswer {
	verified := *answer
	verified.Verification = summarizer.Verification{Verifier: r.engine.VerifierID(), Unsure: count(verdicts, prompt.Unsure)}
	return &verified
}

// verifierOf returns the endpoint that verifies, which shares slots, rates and what is known
// of its form with the endpoint of the same name, and has a breaker of its own. Without a
// name or an endpoint it is the first.
func verifierOf(endpoints []*endpoint, own *Endpoint, name string) (*endpoint, error) {
	if own != nil {
		for _, ep := range endpoints {
			if ep.Name == own.WithDefaults().Name {
				return nil, fmt.Errorf("llm: the endpoint that verifies is named %q, as another is: give it its own name", ep.Name)
			}
		}
		return newEndpoint(*own)
	}
	for _, ep := range endpoints {
		if name != "" && ep.Name != name {
			continue
		}
		return &endpoint{
			Endpoint: ep.Endpoint, transport: ep.transport, key: ep.key, client: ep.client, capabilities: ep.capabilities,
			slots: ep.slots, requests: ep.requests, tokens: ep.tokens, rates: ep.rates, maker: ep.maker,
			breaker: limits.NewBreaker(), retries: ep.retries, labels: ep.labels,
		}, nil
	}
	return nil, errors.New(`llm: no endpoint is named "` + name + `", which is to verify`)
}
