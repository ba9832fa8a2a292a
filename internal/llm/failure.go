package llm

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// failure is a call that brought no answer.
type failure struct {
	err    *summarizer.Error
	status int // of an error response, else 0

	// unsupported names what of the request the endpoint does not know.
	unsupported feature
}

// feature is a part of a request that not every endpoint knows.
type feature uint8

const (
	featureNone       feature = iota
	featureFormat             // response_format
	featureParameters         // max_tokens or temperature, of which reasoning models know neither
)

func fail(reason summarizer.Reason, message string, cause error) *failure {
	return &failure{err: &summarizer.Error{Reason: reason, Message: message, Err: cause}}
}

func unavailable(cause error) *failure {
	return fail(summarizer.ReasonLLMUnavailable, "the language model endpoint does not answer properly", cause)
}

func refused(cause error) *failure {
	return fail(summarizer.ReasonLLMRefused, "the language model refuses to work on this article", cause)
}

// canceled is the error of a call that its own caller ended.
func canceled(ctx context.Context) *summarizer.Error {
	return &summarizer.Error{
		Reason:  summarizer.ReasonLLMTimeout,
		Message: "the call of the language model was ended before the answer came",
		Err:     ctx.Err(),
	}
}

// classify says why a call failed. Of err itself nothing is kept but what
// cannot quote the request or the response.
func classify(caller, call context.Context, x *exchange, err error) *failure {
	switch {
	case caller.Err() != nil:
		return &failure{err: canceled(caller)}
	case call.Err() != nil:
		return fail(summarizer.ReasonLLMTimeout, "the language model did not answer in time", call.Err())
	case errors.Is(err, errRedirect):
		return fail(summarizer.ReasonLLMMisconfigured, "the language model endpoint redirects elsewhere: set its base URL to the address that answers", err)
	case !x.sent:
		return fail(summarizer.ReasonLLMMisconfigured, "the request for the language model could not be made: check model and base URL", nil)
	case x.status >= 300:
		return classifyStatus(x)
	case isTimeout(err):
		return fail(summarizer.ReasonLLMTimeout, "the language model endpoint did not react in time", networkCause(err))
	}
	return unavailable(networkCause(err))
}

func isTimeout(err error) bool {
	var lookup *net.DNSError
	var network net.Error
	return !errors.As(err, &lookup) && errors.As(err, &network) && network.Timeout()
}

// networkCause returns the part of err that names the fault of the network, or
// a fixed error where net/http or the decoder may have quoted the response.
func networkCause(err error) error {
	var lookup *net.DNSError
	var operation *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &lookup):
		return lookup
	case errors.As(err, &operation):
		return operation
	case errors.As(err, &certificate):
		return certificate
	case errors.Is(err, syscall.ECONNRESET):
		return syscall.ECONNRESET
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return errors.New("the response is not a chat completion")
}

// classifyStatus says what an error response means.
func classifyStatus(x *exchange) *failure {
	said := parseErrorBody(x.body)
	cause := fmt.Errorf("status %d, type %q, code %q", x.status, said.kind, said.code)
	clientFault := x.status >= 400 && x.status < 500
	var f *failure
	switch {
	case said.overflow() && (clientFault && x.status != http.StatusTooManyRequests || x.status == http.StatusInternalServerError):
		f = fail(summarizer.ReasonLLMContextOverflow, "the article does not fit the context window of the language model", cause)
	case clientFault && said.filtered():
		f = refused(cause)
	case x.status == http.StatusTooManyRequests:
		f = fail(summarizer.ReasonLLMRateLimited, "the language model endpoint limits the rate of requests", cause)
	case x.status == http.StatusRequestTimeout, x.status == http.StatusConflict, x.status >= 500:
		f = unavailable(cause)
	default:
		f = fail(summarizer.ReasonLLMMisconfigured, fmt.Sprintf("the language model endpoint refuses the request with status %d: check key, model and base URL", x.status), cause)
		if x.status == http.StatusBadRequest || x.status == http.StatusUnprocessableEntity {
			f.unsupported = said.unsupported()
		}
	}
	f.status = x.status
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
func (b errorBody) unsupported() feature {
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
		return featureFormat
	case has("max_tokens", "temperature"):
		return featureParameters
	}
	return featureNone
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
