package llm

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// This file is the one place that reads what an endpoint sends: a completion, or a
// failure with all that is concluded from it.

// completion is what a call brought back.
type completion struct {
	content string
	usage   summarizer.Usage
	fault   *answerFault // set when the model ended without a usable answer

	// What the endpoint says that it was; not to be trusted.
	model, finish string

	called bool // false when no call was made
	began  time.Time
	took   time.Duration

	// accepted says that the endpoint got the request and did not refuse it.
	accepted bool
}

// callFailure is a call that brought no answer.
type callFailure struct {
	err  *summarizer.Error
	kind FailureKind // of the endpoint; empty when it was not asked

	// unsupported names what of the request the endpoint does not know.
	unsupported capability
}

// retryable reports whether the same request may succeed a moment later. A call
// that hung is not repeated: it has had its time.
func (f *callFailure) retryable() bool {
	return f.err.Reason == summarizer.ReasonLLMUnavailable || f.err.Reason == summarizer.ReasonLLMRateLimited
}

// health tells what f says about the endpoint. A refusal, or a request that is too long
// or that it does not understand, is the endpoint at work; a refused key is not.
func (f *callFailure) health() health {
	switch f.kind {
	case FailureRequest, FailureFormat, FailureWindow, FailureRefusal, FailureAnswer:
		return healthGood
	}
	return healthBad
}

// complete makes one call.
func (ep *endpoint) complete(ctx context.Context, r *modelRequest) (completion, *callFailure) {
	call, cancel := context.WithTimeout(ctx, ep.Timeout)
	defer cancel()
	seen := exchange{greedy: !r.form.reasoning}
	response, err := ep.client.CreateChatCompletion(withExchange(call, &seen), r.chat(ep.Model))
	answer := completion{model: response.Model, accepted: seen.accepted()}
	// An endpoint may say anything. A call takes at most a token for each byte that was
	// sent and for what a chat template adds, and as much output as it was allowed:
	// that is what budgets, metrics and replies count.
	answer.usage = ep.usage(
		min(max(response.Usage.PromptTokens, 0), int(seen.bytes)+templateTokens),
		min(max(response.Usage.CompletionTokens, 0), r.outputTokens))
	switch {
	case errors.Is(err, errOversize) && ctx.Err() == nil:
		answer.fault = faultTooLarge
		return answer, nil
	case err != nil:
		return answer, classify(ctx, call, &seen, err)
	case len(response.Choices) == 0:
		return answer, unavailable(FailureProtocol, errors.New("the response holds no choices"))
	}
	choice := response.Choices[0]
	answer.content, answer.finish = choice.Message.Content, string(choice.FinishReason)
	switch {
	case choice.Message.Refusal != "" || choice.FinishReason == openai.FinishReasonContentFilter:
		return answer, refused(nil)
	case choice.FinishReason == openai.FinishReasonLength:
		answer.fault = faultTruncated
	case len(choice.Message.ToolCalls) > 0 || choice.Message.FunctionCall != nil:
		answer.fault = faultToolCall
	case strings.TrimSpace(answer.content) == "":
		answer.fault = faultEmpty
	}
	return answer, nil
}

// usage returns tokens with their cost. A dollar per million tokens is a
// micro-dollar per token; fractions are rounded up.
func (ep *endpoint) usage(in, out int) summarizer.Usage {
	return summarizer.Usage{
		InputTokens:  in,
		OutputTokens: out,
		CostMicroUSD: int64(math.Ceil(float64(in)*ep.InputPrice + float64(out)*ep.OutputPrice)),
	}
}

func fail(reason summarizer.Reason, kind FailureKind, message string, cause error) *callFailure {
	return &callFailure{err: &summarizer.Error{Reason: reason, Message: message, Err: cause}, kind: kind}
}

func unavailable(kind FailureKind, cause error) *callFailure {
	return fail(summarizer.ReasonLLMUnavailable, kind, "the language model endpoint does not answer properly", cause)
}

func refused(cause error) *callFailure {
	return fail(summarizer.ReasonLLMRefused, FailureRefusal, "the language model refuses to work on this article", cause)
}

// canceled is the failure of a call that its own caller ended.
func canceled(ctx context.Context) *callFailure {
	return fail(summarizer.ReasonLLMTimeout, FailureTimeout, "the call of the language model was ended before the answer came", ctx.Err())
}

// classify says why a call failed. Of err itself nothing is kept but what
// cannot quote the request or the response.
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
	kind, cause := FailureProtocol, errors.New("the response is not a chat completion")
	switch {
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

// classifyStatus says what an error response means.
func classifyStatus(x *exchange) *callFailure {
	said := parseErrorBody(x.body)
	cause := fmt.Errorf("status %d, type %q, code %q", x.status, said.kind, said.code)
	clientFault := x.status >= 400 && x.status < 500
	var f *callFailure
	switch {
	case said.overflow() && (clientFault && x.status != http.StatusTooManyRequests || x.status == http.StatusInternalServerError):
		f = fail(summarizer.ReasonLLMContextOverflow, FailureWindow, "the article does not fit the context window of the language model", cause)
	case clientFault && said.filtered():
		f = refused(cause)
	case x.status == http.StatusTooManyRequests:
		f = fail(summarizer.ReasonLLMRateLimited, FailureRate, "the language model endpoint limits the rate of requests", cause)
	case x.status == http.StatusRequestTimeout, x.status == http.StatusConflict, x.status >= 500:
		f = unavailable(FailureServer, cause)
	default:
		f = fail(summarizer.ReasonLLMMisconfigured, FailureRequest, fmt.Sprintf("the language model endpoint refuses the request with status %d: check key, model and base URL", x.status), cause)
		switch x.status {
		case http.StatusUnauthorized:
			f.kind = FailureKey
		case http.StatusForbidden:
			f.kind = FailureRights
		case http.StatusNotFound:
			f.kind = FailureNotFound
		case http.StatusBadRequest, http.StatusUnprocessableEntity:
			if f.unsupported = said.unsupported(); f.unsupported == capabilityFormat {
				f.kind = FailureFormat
			}
		}
	}
	f.err.RetryAfter = retryAfter(x.header, time.Now())
	return f
}

// errorBody is what an error response says, in lower case. Message is for
// matching only: it may quote the request.
type errorBody struct {
	kind, code, param string
	message           string
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// parseErrorBody reads the error shapes of the wild: OpenAI's {"error": {…}},
// Ollama's {"error": "…"}, vLLM's fields at the top, FastAPI's {"detail": …},
// and plain text.
func parseErrorBody(body []byte) errorBody {
	said := errorBody{message: strings.ToLower(string(body))}
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return said
	}
	fields := top
	var inner map[string]json.RawMessage
	if json.Unmarshal(top["error"], &inner) == nil && inner != nil {
		fields = inner
	}
	said.kind = word(fields["type"])
	said.code = word(fields["code"])
	said.param = word(fields["param"])
	return said
}

// word returns a string or number that looks like an identifier, else "".
func word(raw json.RawMessage) string {
	text := string(raw)
	var s string
	if json.Unmarshal(raw, &s) == nil {
		text = s
	}
	if text == "null" || !identifier.MatchString(text) {
		return ""
	}
	return strings.ToLower(text)
}

// overflowPhrases are parts of the messages with which servers say that prompt
// and output do not fit the context window.
var overflowPhrases = []string{
	"maximum context length",               // OpenAI, Azure, vLLM, OpenRouter
	"context_length_exceeded",              // OpenAI, Azure
	"exceed the configured limit of",       // OpenAI, long context models
	"longer than the maximum model length", // vLLM
	"model's context length",               // vLLM
	"exceed_context_size_error",            // llama.cpp
	"the available context size",           // llama.cpp
	"exceeds the context length",           // Ollama
	"exceeds maximum context length",       // Ollama
	"context length exceeded",              // Ollama, LM Studio
	"context the overflows",                // LM Studio
	"greater than the context length",      // LM Studio
	"context window",                       // Azure, several proxies
	"prompt is too long",                   // Anthropic behind a proxy
	"maximum number of tokens allowed",     // Gemini
}

func (b errorBody) overflow() bool {
	for _, phrase := range overflowPhrases {
		if strings.Contains(b.message, phrase) {
			return true
		}
	}
	return false
}

// filtered reports whether a content filter stopped the request.
func (b errorBody) filtered() bool {
	return b.code == "content_filter" || b.code == "content_policy_violation" ||
		strings.Contains(b.message, "responsibleaipolicyviolation")
}

// unsupported names the part of the request that the endpoint does not know.
func (b errorBody) unsupported() capability {
	has := func(phrases ...string) bool {
		for _, phrase := range phrases {
			if strings.Contains(b.message, phrase) || strings.Contains(b.param, phrase) {
				return true
			}
		}
		return false
	}
	switch {
	case has("response_format", "json_schema", "json_object", "guided_json", "structured output"):
		return capabilityFormat
	case has("max_tokens", "temperature"):
		return capabilityParameters
	}
	return capabilityNone
}

// retryAfter reads the wait that a response asks for, in milliseconds, seconds
// or as a date; 0 when it asks for none. More than an hour counts as an hour.
func retryAfter(header http.Header, now time.Time) time.Duration {
	wait := time.Duration(0)
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil {
		wait = seconds(ms / 1000)
	} else if s, err := strconv.ParseFloat(header.Get("Retry-After"), 64); err == nil {
		wait = seconds(s)
	} else if at, err := http.ParseTime(header.Get("Retry-After")); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

// seconds converts s, which may be out of range or not a number.
func seconds(s float64) time.Duration {
	if !(s > 0) {
		return 0
	}
	return time.Duration(min(s, 3600) * float64(time.Second))
}
