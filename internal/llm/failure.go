package llm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// This file says what a failed call means: its reason, whether it may pass, what it
// tells of the endpoint, and which part of the request to change. Servers are told apart
// by status, codes and words, never by name: the same fault is said in the same few
// words by most of them.

// callFailure is a call that brought no answer.
type callFailure struct {
	err    *summarizer.Error
	kind   FailureKind // of the endpoint; empty when it was not asked
	misfit misfit      // what of the request the endpoint does not take
	window int         // tokens of the context window that an overflow tells of; else 0
	said   string      // by the server, in its own words
	final  bool        // the same request fails again, although the reason may pass
}

// retryable reports whether the same request may succeed a moment later. A call
// that hung is not repeated: it has had its time.
func (f *callFailure) retryable() bool {
	return !f.final && (f.err.Reason == summarizer.ReasonLLMUnavailable || f.err.Reason == summarizer.ReasonLLMRateLimited)
}

// health tells what f says about the endpoint. A refusal, or a request that is too long
// or that it does not understand, is the endpoint at work; a refused key is not. A
// missing right may be about the one article.
func (f *callFailure) health() health {
	switch f.kind {
	case FailureRequest, FailureFormat, FailureWindow, FailureRefusal, FailureAnswer:
		return healthGood
	case FailureRights:
		return healthDenied
	case FailureCredit:
		if f.final {
			return healthUnknown // a cheaper request may be paid for
		}
		return healthSpent
	}
	return healthBad
}

func fail(reason summarizer.Reason, kind FailureKind, message string, cause error) *callFailure {
	return &callFailure{kind: kind, err: &summarizer.Error{Reason: reason, Message: message, Err: cause}}
}

// canceled is the failure of a call that its own caller ended.
func canceled(ctx context.Context) *callFailure {
	return fail(summarizer.ReasonLLMTimeout, FailureTimeout, "the call of the language model was ended before the answer came", ctx.Err())
}

func unavailable(kind FailureKind, cause error) *callFailure {
	return fail(summarizer.ReasonLLMUnavailable, kind, "the language model endpoint does not answer properly", cause)
}

func refused(cause error) *callFailure {
	return fail(summarizer.ReasonLLMRefused, FailureRefusal, "the language model refuses to work on this article", cause)
}

func overflowed(cause error) *callFailure {
	return fail(summarizer.ReasonLLMContextOverflow, FailureWindow, "the article does not fit the context window of the language model", cause)
}

// classify says why a call failed. It keeps nothing of err but what
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
	f := classifyError(x.status, readError(x.body, x.messages), x.outputTokens)
	if wait := retryAfter(x.header, time.Now()); wait > 0 {
		f.err.RetryAfter = wait
	}
	return f
}

// classifyError says what a server's error means that came with a status, or stands in
// place of an answer. Cap is the output that the request allowed.
func classifyError(status int, e *serverError, cap int) *callFailure {
	f := e.failure(status, cap)
	f.err.RetryAfter = e.wait
	f.said = e.message
	return f
}

func (e *serverError) failure(status, cap int) *callFailure {
	cause := fmt.Errorf("status %d, code %q", status, e.code())
	clientFault := status < 500 // also what stands in place of an answer, without a status
	says := func(words phrases) bool { return words.in(e.words) }
	switch {
	case status == http.StatusPaymentRequired, clientFault && !e.moderated(status) && e.outOfCredit():
		f := fail(summarizer.ReasonLLMCreditExhausted, FailureCredit, "the account at the language model endpoint has no credit left: top it up, or name another endpoint", cause)
		if found := affordable().FindStringSubmatch(e.words); found != nil {
			f.misfit = roomFor(number(found[1]))
			f.final = f.misfit.part == partRoom
		}
		return f
	case status == http.StatusUnauthorized, status == http.StatusBadRequest && says(keyWords):
		return misconfigured(status, FailureKey, cause)
	case (clientFault || e.status() == http.StatusTooManyRequests) && e.tooLargeForRate():
		f := fail(summarizer.ReasonLLMRateLimited, FailureRequest, "the request is larger than what the language model endpoint allows in a minute: send less text, or have the limit raised", cause)
		f.misfit, f.final = roomFor(cap-e.overRate()), true
		return f
	case status == http.StatusTooManyRequests, says(rateWords) && !says(contextWords):
		f := fail(summarizer.ReasonLLMRateLimited, FailureRate, "the language model endpoint limits the rate of requests", cause)
		f.final = says(dayWords) && e.wait == 0
		return f
	case (clientFault && status != http.StatusNotFound || status >= 500 && !says(passingWords)) && e.moderated(status):
		return refused(cause)
	case status != http.StatusNotFound && (says(badJSONWords) && !says(grammarWords) || says(cutWords)):
		return fail(summarizer.ReasonLLMOutputInvalid, FailureAnswer, "the language model endpoint found no valid JSON in its model's answer, or no end of it", cause)
	}
	busy := status > http.StatusNotImplemented && says(passingWords) && !says(contextWords)
	if status != http.StatusForbidden && !slices.Contains(passingStatuses, status) && !busy {
		if f := e.misfitting(status, cap, cause); f != nil {
			return f
		}
	}
	switch {
	case status < 300 || status >= 500, slices.Contains(passingStatuses, status), clientFault && says(passingWords):
		f := unavailable(FailureServer, cause)
		if status == http.StatusInternalServerError && e.unexplained() {
			f.misfit = misfit{part: partFormat, guess: true}
		}
		return f
	case status == http.StatusForbidden:
		return misconfigured(status, FailureRights, cause)
	case status == http.StatusNotFound:
		return misconfigured(status, FailureNotFound, cause)
	}
	f := misconfigured(status, FailureRequest, cause)
	if (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) && e.unexplained() {
		f.misfit = misfit{part: partFormat, guess: true}
	}
	return f
}

// roomFor returns the misfit of a request that leaves more room for its answer than the
// given tokens, as far as an ordinary answer fits in these.
func roomFor(tokens int) misfit {
	if tokens < answerTokens {
		return misfit{}
	}
	return misfit{part: partRoom, cap: tokens}
}

// unexplained reports whether the server says no more than that something is wrong.
func (e *serverError) unexplained() bool {
	return genericWords().ReplaceAllString(e.words, "") == ""
}

// passingStatuses are those below 500 that may pass: time-outs, conflicts and
// dependencies of the server.
var passingStatuses = []int{
	http.StatusRequestTimeout, http.StatusConflict, http.StatusLocked, http.StatusFailedDependency, http.StatusTooEarly,
	498, // Groq: the capacity of the tier is exceeded
	499, // nginx: closed by the caller, here a gateway in between
}

func misconfigured(status int, kind FailureKind, cause error) *callFailure {
	return fail(summarizer.ReasonLLMMisconfigured, kind, fmt.Sprintf("the language model endpoint refuses the request with status %d: check key, model and base URL", status), cause)
}

// outOfCredit reports whether the account is empty. A quota that comes back by itself,
// as of a minute, is none.
func (e *serverError) outOfCredit() bool {
	if creditWords.in(e.words) || offerWords.in(e.words) && !rateWords.in(e.words) {
		return true
	}
	return quotaWords.in(e.words) && e.wait == 0 && !slices.Contains(e.ids, "resource_exhausted")
}

// tooLargeForRate reports whether the request alone exceeds what a minute allows.
func (e *serverError) tooLargeForRate() bool {
	switch {
	case !rateWords.in(e.words):
		return false
	case tooMany.in(e.words):
		return e.overRate() > 0
	}
	return tooLarge.in(e.words)
}

// overRate returns by how many tokens the request exceeds what a minute allows, as far
// as the server gives figures; not positive where it does not exceed it.
func (e *serverError) overRate() int {
	figures := tooMany().FindStringSubmatch(e.words)
	if figures == nil {
		return math.MaxInt32
	}
	return number(figures[2]) - number(figures[1])
}

// moderated reports whether a filter stopped the request. A 403 that speaks of the
// account is about that.
func (e *serverError) moderated(status int) bool {
	if !moderationWords.in(e.words) {
		return false
	}
	return status != http.StatusForbidden || !accountWords.in(e.words) || strings.Contains(e.words, "flagged")
}

// misfitting returns the failure of a request that the endpoint does not take as it is: too
// long, or with a part that it does not know; nil when it does not say so.
func (e *serverError) misfitting(status, cap int, cause error) *callFailure {
	overflow := func() *callFailure {
		f := overflowed(cause)
		f.window, f.misfit = e.window(cap)
		return f
	}
	says := func(words phrases) bool { return words.in(e.words) }
	aboutCap := says(capNames) && !(says(contextWords) && says(inputWords)) && !says(sumWords) && !e.above(cap)
	long := (says(longWords) || says(sizedWords) && says(overWords)) && !says(slowWords)
	part := e.refusedPart(cap, aboutCap)
	switch {
	case part.part == partCap, part.part == partCapName && aboutCap:
	case status == http.StatusRequestEntityTooLarge, says(contextWords), long && part.part == partNone:
		return overflow()
	case part.part == partNone && says(unnamedParam) && !strings.Contains(e.words, "model"):
		part.part = partFormat // of what is sent, it is the least known
	case part.part == partNone:
		return nil
	}
	f := misconfigured(status, FailureRequest, cause)
	f.misfit = part
	if part.part == partFormat || part.part == partBounds {
		f.kind = FailureFormat
	}
	return f
}

// refusedPart names the part of the request that the endpoint does not take. The parameter
// that it names counts first, then its message.
func (e *serverError) refusedPart(cap int, aboutCap bool) misfit {
	for _, words := range []string{e.param, e.words} {
		says := func(w phrases) bool { return w.in(words) }
		switch {
		case words == "":
		case aboutCap && says(capNames):
			if most := e.mostBelow(cap); most > 0 && capBound.in(e.words) {
				return misfit{part: partCap, cap: most}
			}
			if unknownWords.in(e.words) {
				return misfit{part: partCapName, thinking: strings.Contains(e.words, "max_completion_tokens")}
			}
			if capBound.in(e.words) {
				return misfit{part: partCap, cap: cap / 2}
			}
		case says(formatWords):
			part := partFormat
			if boundWords.in(e.words) {
				part = partBounds
			}
			return misfit{part: part, local: sizeWords.in(e.words)}
		case strings.Contains(words, "temperature"):
			return misfit{part: partTemperature}
		case says(systemWords):
			return misfit{part: partSystem}
		}
	}
	return misfit{}
}

var figure = regexp.MustCompile(`\d{1,3}(?:[,_]\d{3})+\b|\d+`)

// figures returns the whole numbers of the message that stand by themselves: not those
// of names such as gpt-4.1 or of times such as 1.8s.
func (e *serverError) figures() []int {
	var found []int
	for _, at := range figure.FindAllStringIndex(e.message, 32) {
		before, _ := utf8.DecodeLastRuneInString(e.message[:at[0]])
		after := e.message[at[1]:]
		if isNamePart(before) || before == '.' || partOfName.MatchString(after) {
			continue
		}
		if n := number(e.message[at[0]:at[1]]); n > 0 && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}

// above reports whether the message has figures of sizes, and all are above cap: they are
// not about the cap.
func (e *serverError) above(cap int) bool {
	sizes := slices.DeleteFunc(e.figures(), func(n int) bool { return n < minCap })
	return len(sizes) > 1 && slices.Min(sizes) > cap
}

// partOfName matches what follows a figure that is part of a name or of a fraction.
var partOfName = regexp.MustCompile(`^(?:[A-Za-z_/-]|\.\d)`)

func isNamePart(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '/'
}

// number reads a whole number with separators; 0 when it is none or absurd.
func number(text string) int {
	n, err := strconv.Atoi(strings.NewReplacer(",", "", "_", "").Replace(text))
	if err != nil || n > math.MaxInt32 {
		return 0
	}
	return n
}

// minCap is the smallest cap on an answer that is worth asking under.
const minCap = 64

// exclusive matches a bound that is itself not allowed.
var exclusive = regexp.MustCompile(`(?:less|lower|smaller) than \d|below \d|\d \(exclusive`)

// mostBelow returns the largest figure of the message that is smaller than cap: the most
// output that the endpoint allows. 0 when there is none.
func (e *serverError) mostBelow(cap int) int {
	most := 0
	for _, n := range e.figures() {
		if n < cap && n >= minCap {
			most = max(most, n)
		}
	}
	if most > 0 && exclusive.MatchString(e.words) {
		most--
	}
	return most
}

// windowPhrase leads to the size of a context window.
var windowPhrase = regexp.MustCompile(`(?:context|maximum|max\b|limit|allowed|at most|less than|only|available|exceeds?|longer than|>|<=|while)[^\d]{0,48}?(\d[\d,_]*)`)

// window returns the context window that an overflow tells of, 0 when it tells none;
// and, where only the room that was asked for the answer exceeds it, the room there is.
func (e *serverError) window(cap int) (int, misfit) {
	stated := 0
	for _, found := range windowPhrase.FindAllStringSubmatch(e.words, 16) {
		if n := number(found[1]); n >= 256 && n != cap && (stated == 0 || n < stated) {
			stated = n
		}
	}
	// Of the figures are left the window and what goes in, once the cap and the sum of
	// both are taken out.
	figures := e.figures()
	if !slices.Contains(figures, cap) {
		return stated, misfit{}
	}
	var rest []int
	for _, n := range figures {
		if n != cap && n >= 64 && !(n > cap && slices.Contains(figures, n-cap)) {
			rest = append(rest, n)
		}
	}
	if len(rest) != 2 {
		return stated, misfit{}
	}
	window, input := max(rest[0], rest[1]), min(rest[0], rest[1])
	if stated == input {
		window, input = input, window // it is the article that is too long
	}
	if room := window - input; room >= answerTokens && room < cap {
		return window, misfit{part: partRoom, cap: room}
	}
	return window, misfit{}
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
