package llm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// This file interprets a failed call: its reason, whether it is transient, the consequence
// for the endpoint, and the part of the request to change.

// callFailure is a call that brought no answer.
type callFailure struct {
	err    *summarizer.Error
	kind   FailureKind        // of the endpoint; empty when it was not asked
	misfit modelserver.Misfit // the part of the request that the endpoint does not take
	window int                // tokens of the context window that an overflow tells of; else 0
	said   string             // by the server, in its own words
	final  bool               // the same request fails again, although the reason may pass
	cut    bool               // the answer had no end
}

// retryable reports whether the same request may succeed a moment later. A call
// that hung is not repeated: it has had its time.
func (f *callFailure) retryable() bool {
	return !f.final && (f.err.Reason == summarizer.ReasonLLMUnavailable || f.err.Reason == summarizer.ReasonLLMRateLimited)
}

// health returns the meaning of f for the health of the endpoint. A refusal, or a request that is too long
// or that it does not understand, is the endpoint at work; a refused key is not. A
// missing right may be about the one article.
func (f *callFailure) health() limits.Health {
	switch f.kind {
	case FailureRequest, FailureFormat, FailureWindow, FailureRefusal, FailureAnswer:
		return limits.Good
	case FailureRights:
		return limits.Denied
	case FailureCredit:
		if f.final {
			return limits.Unknown // a cheaper request may be paid for
		}
		return limits.Spent
	}
	return limits.Bad
}

func fail(reason summarizer.Reason, kind FailureKind, message string, cause error) *callFailure {
	return &callFailure{kind: kind, err: &summarizer.Error{Reason: reason, Message: message, Err: cause}}
}

// canceled is the failure of a call that its own caller ended.
func canceled(ctx context.Context) *callFailure {
	return fail(summarizer.ReasonLLMTimeout, FailureTimeout, "the call of the language model was ended before the answer came", ctx.Err())
}

// unavailable is the failure of a call that the network or the server did not carry out.
func unavailable(kind FailureKind, cause error) *callFailure {
	message := "the language model endpoint does not answer properly"
	var operation *net.OpError
	switch {
	case kind == FailureName:
		message = "the host of the language model endpoint is not known: check its base URL"
	case kind == FailureTLS:
		message = "the certificate of the language model endpoint is not trusted"
	case errors.Is(cause, http.ErrSchemeMismatch):
		message = "the language model endpoint does not speak TLS: write http:// in its base URL"
	case errors.As(cause, &operation) && operation.Op == "dial":
		message = "the language model endpoint takes no connection: check that it runs, and its base URL"
	case errors.As(cause, &operation), errors.Is(cause, syscall.ECONNRESET), errors.Is(cause, io.ErrUnexpectedEOF):
		message = "the connection to the language model endpoint broke off before its response was whole"
	case errors.Is(cause, errNotCompletion):
		return notCompletion()
	}
	return fail(summarizer.ReasonLLMUnavailable, kind, message, cause)
}

// errNotCompletion stands for a response that the decoder may have quoted.
var errNotCompletion = errors.New("the response is not a chat completion")

// baseURLHint explains the base URL.
const baseURLHint = "the base URL is the one above /chat/completions of an OpenAI-compatible API, such as https://api.openai.com/v1"

// notCompletion is the failure of a call that something else answered.
func notCompletion() *callFailure {
	return fail(summarizer.ReasonLLMUnavailable, FailureProtocol, "the response of the language model endpoint is not a chat completion: "+baseURLHint, errors.New("the response holds no choices"))
}

func refused(cause error) *callFailure {
	return fail(summarizer.ReasonLLMRefused, FailureRefusal, "the language model refuses to work on this article", cause)
}

func overflowed(cause error) *callFailure {
	return fail(summarizer.ReasonLLMContextOverflow, FailureWindow, "the article does not fit the context window of the language model", cause)
}

// classify says why a call failed. It keeps only the parts of err that cannot quote the
// request or the response.
func classify(caller, call context.Context, x *exchange, err error) *callFailure {
	kind, cause := networkFailure(err)
	switch {
	case caller.Err() != nil:
		return canceled(caller)
	case call.Err() != nil:
		return fail(summarizer.ReasonLLMTimeout, FailureTimeout, "the language model did not answer in time", call.Err())
	case errors.Is(err, errRedirect):
		return fail(summarizer.ReasonLLMMisconfigured, FailureProtocol, "the language model endpoint redirects elsewhere: set its base URL to the address that answers", err)
	case !x.sent:
		return fail(summarizer.ReasonLLMMisconfigured, FailureConnect, "the request for the language model could not be made: check model and base URL", nil)
	case x.status >= 300:
		return classifyStatus(x)
	case kind == FailureTimeout:
		return fail(summarizer.ReasonLLMTimeout, FailureTimeout, "the language model endpoint did not react in time", cause)
	}
	return unavailable(kind, cause)
}

// networkFailure returns what kind of fault err is, and the part of it that names the
// fault of the network, or a fixed error where net/http or the decoder may have quoted
// the response.
func networkFailure(err error) (FailureKind, error) {
	var lookup *net.DNSError
	var operation *net.OpError
	var certificate *tls.CertificateVerificationError
	var network net.Error
	kind, cause := FailureProtocol, errNotCompletion
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		cause = http.ErrSchemeMismatch
	case errors.As(err, &lookup):
		return FailureName, lookup
	case errors.As(err, &operation):
		kind, cause = FailureConnect, operation
	case errors.As(err, &certificate):
		kind, cause = FailureTLS, certificate
	case errors.Is(err, syscall.ECONNRESET):
		cause = syscall.ECONNRESET
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		cause = io.ErrUnexpectedEOF
	}
	if errors.As(err, &network) && network.Timeout() {
		kind = FailureTimeout
	}
	return kind, cause
}

// classifyStatus returns the failure that an error response stands for.
func classifyStatus(x *exchange) *callFailure {
	f := classifyError(modelserver.ReadError(x.status, x.body, x.asked.sent()))
	if wait := modelserver.RetryAfter(x.header, time.Now()); wait > 0 {
		f.err.RetryAfter = wait
	}
	return f
}

// classifyError returns the failure that a server's error stands for.
func classifyError(e *modelserver.ErrorBody) *callFailure {
	v := e.Verdict()
	cause := fmt.Errorf("status %d", e.Status())
	if code := e.Code(); code != "" {
		cause = fmt.Errorf("%w, code %q", cause, code)
	}
	f := failureOf(v, e.Status(), cause)
	f.misfit, f.window, f.final, f.said, f.cut = v.Misfit, v.Window, v.Final, e.Message, v.Meaning == modelserver.CutOff
	f.err.RetryAfter = e.Wait
	return f
}

func failureOf(v modelserver.Verdict, status int, cause error) *callFailure {
	switch v.Meaning {
	case modelserver.NoCredit:
		return fail(summarizer.ReasonLLMCreditExhausted, FailureCredit, "the account at the language model endpoint has no credit left: top it up, or name another endpoint", cause)
	case modelserver.TooLargeForRate:
		return fail(summarizer.ReasonLLMRateLimited, FailureRequest, "the request is larger than what the language model endpoint allows in a minute: send less text, or have the limit raised", cause)
	case modelserver.RateLimited:
		return fail(summarizer.ReasonLLMRateLimited, FailureRate, "the language model endpoint limits the rate of requests", cause)
	case modelserver.Moderated:
		return refused(cause)
	case modelserver.BadAnswer, modelserver.CutOff:
		return fail(summarizer.ReasonLLMOutputInvalid, FailureAnswer, "the language model endpoint found no valid JSON in its model's answer, or no end of it", cause)
	case modelserver.TooLong:
		return overflowed(cause)
	case modelserver.Passing:
		message := fmt.Sprintf("the language model endpoint fails with status %d", status)
		if status < 300 {
			message = "the language model endpoint answers with an error in place of a response"
		}
		return fail(summarizer.ReasonLLMUnavailable, FailureServer, message, cause)
	case modelserver.BadKey:
		return misconfigured(status, FailureKey, cause)
	case modelserver.NoRight:
		return misconfigured(status, FailureRights, cause)
	case modelserver.NotFound:
		return fail(summarizer.ReasonLLMMisconfigured, FailureNotFound, fmt.Sprintf("the language model endpoint answers with status %d: check the name of the model, and that %s", status, baseURLHint), cause)
	case modelserver.Misfitting:
		if v.Misfit.Part == modelserver.PartFormat || v.Misfit.Part == modelserver.PartBounds {
			return misconfigured(status, FailureFormat, cause)
		}
	}
	return misconfigured(status, FailureRequest, cause)
}

func misconfigured(status int, kind FailureKind, cause error) *callFailure {
	return fail(summarizer.ReasonLLMMisconfigured, kind, fmt.Sprintf("the language model endpoint refuses the request with status %d: check key, model and base URL", status), cause)
}

// secret matches text that looks like a key.
var secret = regexp.MustCompile(`(?i)\b(?:sk|pk|gsk|hf|xai|nvapi|key|bearer|api[_-]?key)[-_ :=]+[A-Za-z0-9*_.-]{6,}|\b[A-Za-z0-9_-]{32,}\b`)

// maxReason bounds what people are shown of a server's own words.
const maxReason = 300

// reason returns what the server said, for people: one line without anything like a key.
func (f *callFailure) reason(key string) string {
	text := f.said
	if key != "" {
		text = strings.ReplaceAll(text, key, "[key]")
	}
	text = secret.ReplaceAllString(text, "[key]")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if utf8.RuneCountInString(text) > maxReason {
		text = string([]rune(text)[:maxReason-1]) + "…"
	}
	return text
}
