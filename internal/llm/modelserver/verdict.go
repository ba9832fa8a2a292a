package modelserver

import (
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Meaning is the meaning of an error for the request that met it.
type Meaning uint8

// The meanings.
const (
	Rejected        Meaning = iota // the server does not take the request, and nobody knows why
	Misfitting                     // a part of the request is nothing for the server
	TooLong                        // the request does not fit the context window
	Moderated                      // a filter stopped the request
	BadAnswer                      // the server found no JSON in its model's answer
	CutOff                         // the model's answer had no end
	Passing                        // the server fails, which may pass
	RateLimited                    // requests come too fast
	TooLargeForRate                // the request alone is more than a minute allows
	NoCredit                       // the account is empty
	BadKey
	NoRight
	NotFound
)

// Verdict is a meaning with what goes with it.
type Verdict struct {
	Meaning Meaning
	Misfit  Misfit // the part of the request to change; zero when that is not known
	Window  int    // tokens of the context window that TooLong tells of; else 0
	Final   bool   // the same request fails again, although the meaning may pass
}

// Part is a part of a request that not every server takes.
type Part uint8

// The parts.
const (
	PartNone        Part = iota
	PartFormat           // response_format
	PartBounds           // the sizes of lists in the schema
	PartCapName          // the name of the cap on the output
	PartCap              // the cap itself
	PartRoom             // the cap, which is too high for this request alone
	PartTemperature      // sampling at all
	PartSystem           // the system role
)

// Misfit is the part of a request that a server does not take.
type Misfit struct {
	Part     Part
	Cap      int  // the most output that is allowed, in tokens
	Thinking bool // the model thinks before it answers
	Local    bool // it is the schema of this request that is too much, not the format
	Guess    bool // the server gives no reason for its refusal: it may be the article
	Mute     bool // it says nothing at all
}

// MinRoom is the smallest room for an answer that a request is made to fit, in tokens.
const MinRoom = 500

// MinCap is the smallest cap on an answer that is worth asking under.
const MinCap = 64

func (e *ErrorBody) says(words phrases) bool { return words.in(e.words) }

// clientFault reports whether the status says that the request is at fault; also of what
// stands in place of an answer, without a status.
func (e *ErrorBody) clientFault() bool { return e.status < 500 }

// interpretations try the possible subjects of an error, the surest first.
var interpretations = [...]func(*ErrorBody) Verdict{
	(*ErrorBody).ofAccount, (*ErrorBody).ofRate, (*ErrorBody).ofContent, (*ErrorBody).ofForm,
}

// Verdict returns the meaning of e.
func (e *ErrorBody) Verdict() Verdict {
	for _, read := range interpretations {
		if v := read(e); v.Meaning != Rejected {
			return v
		}
	}
	return e.ofStatus()
}

// ofAccount returns the verdict on an account without credit or a key without right;
// Rejected when e is about neither.
func (e *ErrorBody) ofAccount() Verdict {
	switch {
	case e.status == http.StatusPaymentRequired, e.clientFault() && !e.moderated() && e.outOfCredit():
		return e.noCredit()
	case e.status == http.StatusUnauthorized, e.status == http.StatusBadRequest && e.says(keyWords):
		return Verdict{Meaning: BadKey}
	}
	return Verdict{}
}

// ofRate returns the verdict on too many requests, or tokens, in a time; Rejected when e is
// not about them.
func (e *ErrorBody) ofRate() Verdict {
	switch {
	case (e.clientFault() || e.codeStatus() == http.StatusTooManyRequests) && e.tooLargeForRate():
		return Verdict{Meaning: TooLargeForRate, Misfit: roomFor(e.sent.Output - e.overRate()), Final: true}
	case e.status == http.StatusTooManyRequests, e.says(rateWords) && !e.says(contextWords):
		return Verdict{Meaning: RateLimited, Final: e.says(dayWords) && e.Wait == 0}
	}
	return Verdict{}
}

// ofContent returns the verdict on an article or an answer that a server stopped; Rejected
// when e is about neither.
func (e *ErrorBody) ofContent() Verdict {
	switch {
	case e.status == http.StatusNotFound:
	case e.moderated() && (e.clientFault() || !e.says(passingWords)):
		return Verdict{Meaning: Moderated}
	case e.says(cutWords):
		return Verdict{Meaning: CutOff}
	case e.says(badJSONWords) && !e.says(grammarWords):
		return Verdict{Meaning: BadAnswer}
	}
	return Verdict{}
}

// ofForm returns the verdict on a request that the server does not take as it is; Rejected
// when it does not say so, or may take it another time.
func (e *ErrorBody) ofForm() Verdict {
	busy := e.status > http.StatusNotImplemented && e.says(passingWords) && !e.says(contextWords)
	if busy || e.status == http.StatusForbidden || slices.Contains(passingStatuses, e.status) {
		return Verdict{}
	}
	return e.misfitting()
}

// ofStatus returns the verdict on an error whose words say nothing of its cause.
func (e *ErrorBody) ofStatus() Verdict {
	v := Verdict{}
	switch {
	case e.status == http.StatusForbidden:
		v.Meaning = NoRight
	case e.status < 300 || e.status >= 500, slices.Contains(passingStatuses, e.status), e.says(passingWords), e.Wait > 0:
		v.Meaning = Passing
	case e.status == http.StatusNotFound:
		v.Meaning = NotFound
	}
	mute := e.unexplained()
	if slices.Contains(silentStatuses, e.status) && (mute || e.says(crashWords)) {
		v.Misfit = Misfit{Part: PartFormat, Guess: true, Mute: mute}
	}
	return v
}

// silentStatuses are those with which servers refuse a format without saying so.
var silentStatuses = []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusNotImplemented}

// noCredit tells apart whether the account can pay for no answer, or for a shorter one.
func (e *ErrorBody) noCredit() Verdict {
	v := Verdict{Meaning: NoCredit}
	if found := affordable().FindStringSubmatch(e.words); found != nil {
		v.Misfit = roomFor(number(found[1]))
		v.Final = v.Misfit.Part == PartRoom
	}
	return v
}

// roomFor returns the misfit of a request that leaves more room for its answer than the
// given tokens, as far as an ordinary answer fits in these.
func roomFor(tokens int) Misfit {
	if tokens < MinRoom {
		return Misfit{}
	}
	return Misfit{Part: PartRoom, Cap: tokens}
}

// unexplained reports whether the server says no more than that something is wrong.
func (e *ErrorBody) unexplained() bool {
	return genericWords().ReplaceAllString(e.words, "") == ""
}

// passingStatuses are those below 500 that may pass: time-outs, conflicts and
// dependencies of the server.
var passingStatuses = []int{
	http.StatusRequestTimeout, http.StatusConflict, http.StatusLocked, http.StatusFailedDependency, http.StatusTooEarly,
	498, // Groq: the capacity of the tier is exceeded
	499, // nginx: closed by the caller, here a gateway in between
}

// outOfCredit reports whether the account is empty. A quota that comes back by itself,
// as of a minute, is none.
func (e *ErrorBody) outOfCredit() bool {
	if e.says(creditWords) || e.says(offerWords) && !e.says(rateWords) {
		return true
	}
	return e.says(quotaWords) && e.Wait == 0 && !slices.Contains(e.ids, "resource_exhausted")
}

// tooLargeForRate reports whether the request alone exceeds what a minute allows.
func (e *ErrorBody) tooLargeForRate() bool {
	switch {
	case !e.says(rateWords):
		return false
	case e.says(tooMany):
		return e.overRate() > 0
	}
	return e.says(tooLarge)
}

// overRate returns by how many tokens the request exceeds what a minute allows, as far
// as the server gives figures; not positive where it does not exceed it.
func (e *ErrorBody) overRate() int {
	figures := tooMany().FindStringSubmatch(e.words)
	if figures == nil {
		return math.MaxInt32
	}
	if figures[3] != "" {
		return number(figures[3]) - number(figures[4])
	}
	return number(figures[2]) - number(figures[1])
}

// moderated reports whether a filter stopped the request. A 403 that speaks of the
// account is about that.
func (e *ErrorBody) moderated() bool {
	if !e.says(moderationWords) {
		return false
	}
	return e.status != http.StatusForbidden || !e.says(accountWords) || strings.Contains(e.words, "flagged")
}

// misfitting returns the verdict on a request that the server does not take as it is: too
// long, or with a part that it does not know; Rejected when it does not say so.
func (e *ErrorBody) misfitting() Verdict {
	aboutCap := e.isAboutCap()
	part := e.refusedPart(aboutCap)
	switch {
	case part.Part == PartCap, part.Part == PartCapName && aboutCap:
	case e.status == http.StatusRequestEntityTooLarge, e.says(contextWords), part.Part == PartNone && e.isAboutLength():
		v := Verdict{Meaning: TooLong}
		v.Window, v.Misfit = e.window()
		return v
	case part.Part == PartNone && e.says(unnamedParam) && !strings.Contains(e.words, "model"):
		part.Part = PartFormat // it is the part that the fewest servers know
	case part.Part == PartNone:
		return Verdict{}
	}
	return Verdict{Meaning: Misfitting, Misfit: part}
}

// isAboutCap reports whether the message is about the cap on the answer, not about a
// window that the cap and the input exceed together.
func (e *ErrorBody) isAboutCap() bool {
	return e.says(capNames) && !(e.says(contextWords) && e.says(inputWords)) && !e.says(sumWords) && !e.aboveCap()
}

// isAboutLength reports whether the message is about the length of the input.
func (e *ErrorBody) isAboutLength() bool {
	return e.overInput() || (e.says(longWords) || e.says(sizedWords) && e.says(overWords)) && !e.says(slowWords)
}

// refusedPart names the part of the request that the endpoint does not take. The parameter
// that it names counts first, then its message.
func (e *ErrorBody) refusedPart(aboutCap bool) Misfit {
	for _, words := range []string{e.param, e.words} {
		says := func(w phrases) bool { return w.in(words) }
		switch {
		case words == "":
		case aboutCap && says(capNames):
			if most := e.mostBelow(); most > 0 && (e.says(capBound) || slices.Contains(e.figures(), e.sent.Output)) {
				return Misfit{Part: PartCap, Cap: most}
			}
			if e.says(unknownWords) {
				return Misfit{Part: PartCapName, Thinking: strings.Contains(e.words, "max_completion_tokens")}
			}
			if e.says(capBound) {
				return Misfit{Part: PartCap, Cap: e.sent.Output / 2}
			}
		case says(formatWords):
			part := PartFormat
			if e.says(boundWords) {
				part = PartBounds
			}
			return Misfit{Part: part, Local: e.says(sizeWords)}
		case strings.Contains(words, "temperature"):
			return Misfit{Part: PartTemperature}
		case says(systemWords):
			return Misfit{Part: PartSystem}
		}
	}
	return Misfit{}
}

var figure = regexp.MustCompile(`\d{1,3}(?:[,_]\d{3})+\b|\d+`)

// figures returns the whole numbers of the message that stand by themselves: not those
// of names such as gpt-4.1 or of times such as 1.8s.
func (e *ErrorBody) figures() []int {
	var found []int
	for _, at := range figure.FindAllStringIndex(e.Message, 32) {
		if partBefore.MatchString(e.Message[:at[0]]) || partAfter.MatchString(e.Message[at[1]:]) {
			continue
		}
		if n := number(e.Message[at[0]:at[1]]); n > 0 && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}

// aboveCap reports whether the message has figures of sizes, and all are above the cap:
// they are not about it.
func (e *ErrorBody) aboveCap() bool {
	sizes := slices.DeleteFunc(e.figures(), func(n int) bool { return n < MinCap })
	return len(sizes) > 0 && slices.Min(sizes) > e.sent.Output
}

// overInput reports whether the message compares a figure that may be the tokens of what
// was sent with a smaller one, in whatever language.
func (e *ErrorBody) overInput() bool {
	figures := e.figures()
	return slices.ContainsFunc(figures, func(n int) bool {
		return 5*n >= 2*e.sent.Input && 2*n <= 5*e.sent.Input && slices.ContainsFunc(figures, func(m int) bool { return m >= minWindow && m < n })
	})
}

// partBefore and partAfter match what stands around a figure that is part of a name or
// of a fraction.
var (
	partBefore = regexp.MustCompile(`(?:[A-Za-z_.-]|(?:^|[^\d])/)$`)
	partAfter  = regexp.MustCompile(`^(?:[A-Za-z_-]|/(?:[^\d]|$)|\.\d)`)
)

// number reads a whole number with separators; 0 when it is none or absurd.
func number(text string) int {
	n, err := strconv.Atoi(strings.NewReplacer(",", "", "_", "").Replace(text))
	if err != nil || n > math.MaxInt32 {
		return 0
	}
	return n
}

// exclusive matches a bound that is itself not allowed.
var exclusive = regexp.MustCompile(`(?:less|lower|smaller) than \d|below \d|\d \(exclusive`)

// mostBelow returns the largest figure of the message that is smaller than the cap: the
// most output that the endpoint allows. 0 when there is none.
func (e *ErrorBody) mostBelow() int {
	most := 0
	for _, n := range e.figures() {
		if n < e.sent.Output && n >= MinCap {
			most = max(most, n)
		}
	}
	if most > 0 && exclusive.MatchString(e.words) {
		most--
	}
	return most
}

// minWindow is the smallest context window that is believed, in tokens.
const minWindow = 256

// windowPhrase leads to the size of a context window.
var windowPhrase = regexp.MustCompile(`(?:context|maximum|max\b|limit|allowed|at most|less than|only|available|exceeds?|longer than|>|<=|while)[^\d]{0,48}?(\d[\d,_]*)`)

// statedWindow returns the smallest context window that the message speaks of, 0 when it
// speaks of none.
func (e *ErrorBody) statedWindow() int {
	stated := 0
	for _, found := range windowPhrase.FindAllStringSubmatch(e.words, 16) {
		if n := number(found[1]); n >= minWindow && n != e.sent.Output && (stated == 0 || n < stated) {
			stated = n
		}
	}
	return stated
}

// window returns the context window that an overflow tells of, 0 when it tells none;
// and, where only the room that was sent for the answer exceeds it, the room there is.
func (e *ErrorBody) window() (int, Misfit) {
	stated, cap := e.statedWindow(), e.sent.Output
	// Of the figures are left the window and what goes in, once the cap and the sum of
	// both are taken out.
	figures := e.figures()
	if !slices.Contains(figures, cap) {
		return stated, Misfit{}
	}
	var rest []int
	for _, n := range figures {
		if n != cap && n >= MinCap && !(n > cap && slices.Contains(figures, n-cap)) {
			rest = append(rest, n)
		}
	}
	if len(rest) != 2 {
		return stated, Misfit{}
	}
	window, input := max(rest[0], rest[1]), min(rest[0], rest[1])
	if stated == input {
		window, input = input, window // it is the article that is too long
	}
	if room := window - input; room >= MinRoom && room < cap {
		return window, Misfit{Part: PartRoom, Cap: room}
	}
	return window, Misfit{}
}
