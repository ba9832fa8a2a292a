package llm

import (
	"cmp"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
)

// stepDownTime is how long a form that an endpoint refused is not tried again.
const stepDownTime = time.Hour

// nextFormat is the way to ask for an answer in JSON after one that an endpoint refused.
var nextFormat = map[StructuredOutput]StructuredOutput{
	StructuredSchema: StructuredObject,
	StructuredObject: StructuredPrompt,
}

// The names of the cap on the output. Old servers know the first alone, and reasoning
// models of OpenAI the second.
const (
	capMaxTokens           = "max_tokens"
	capMaxCompletionTokens = "max_completion_tokens"
	capNone                = "none"
)

// requestForm is the form of a request that an endpoint takes.
type requestForm struct {
	format      StructuredOutput // not auto
	unbounded   bool             // the schema has no sizes of lists
	local       bool             // the two above are about one schema
	capName     string
	cap         int  // the most output that the endpoint allows; 0 when not known
	thinking    bool // the output has room for reasoning
	temperature bool // is sent
	system      bool // instructions go into a system message

	// probe marks a simpler format that is tried because of answers, not of a refusal,
	// and guess one that is tried for a refusal which does not speak of the format.
	probe, guess bool

	noted bool // it is known that the endpoint takes this form: a repair tells nothing more

	// room is the space that the window leaves for the answer to this request, in tokens; 0 when not known.
	// It is not learned.
	room int
}

// learned is one aspect of a form that was found out.
type learned[T comparable] struct {
	value T
	until time.Time
}

func (l *learned[T]) get(initial T, now time.Time) T {
	if now.After(l.until) {
		return initial
	}
	return l.value
}

// set notes value, if it is another than the initial one. It holds for stepDownTime from
// when it was found out.
func (l *learned[T]) set(value, initial T, now time.Time) {
	if value != initial && value != l.get(initial, now) {
		*l = learned[T]{value, now.Add(stepDownTime)}
	}
}

// format is how an answer in JSON is asked for.
type format struct {
	by        StructuredOutput
	unbounded bool
}

// maxLocal bounds the schemas of which it is remembered that they are too much.
const maxLocal = 64

// capabilities remembers which form of a request an endpoint takes, each aspect for
// itself. Only a form that the endpoint has taken is learned: what one article meets is
// no fault of the form unless another form helps.
type capabilities struct {
	initial requestForm
	fixed   bool // the format is not stepped down from

	mu          sync.Mutex
	format      learned[format]
	local       map[uint64]learned[format] // by the hash of the schema
	capName     learned[string]
	cap         learned[int]
	thinking    learned[bool]
	temperature learned[bool]
	system      learned[bool]

	proven    learned[format] // of the latest request that was taken in the format of all
	suspected bool            // since then, an article was taken in a simpler format only
	ignored   int             // answers in a row that were not of the schema
	rested    time.Time       // until when no simpler format is tried for answers alone
	guessed   time.Time       // until when none is tried for a refusal that nobody explains
}

func newCapabilities(model string, output StructuredOutput) *capabilities {
	c := &capabilities{fixed: true, initial: requestForm{format: output, capName: capMaxTokens, temperature: true, system: true}}
	if isReasoning(model) {
		c.initial.capName, c.initial.thinking, c.initial.temperature = capMaxCompletionTokens, true, false
	}
	if output == "" || output == StructuredAuto {
		c.initial.format, c.fixed = StructuredSchema, false
	}
	return c
}

// isReasoning reports whether model is one of OpenAI's that refuse max_tokens
// and sampling parameters. Others are found out by asking.
func isReasoning(model string) bool {
	for _, prefix := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}

var schemaSeed = maphash.MakeSeed()

// current returns the form in which to ask for an answer of the given schema.
func (c *capabilities) current(schema string) requestForm {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	form := c.initial
	by := c.format.get(format{by: form.format}, now)
	if len(c.local) > 0 {
		key := maphash.String(schemaSeed, schema)
		if l, ok := c.local[key]; ok && now.Before(l.until) && by == (format{by: form.format}) {
			by, form.local = l.value, true
		}
	}
	form.format, form.unbounded = by.by, by.unbounded
	form.capName = c.capName.get(form.capName, now)
	form.cap = c.cap.get(0, now)
	form.thinking = c.thinking.get(form.thinking, now)
	form.temperature = c.temperature.get(form.temperature, now)
	form.system = c.system.get(form.system, now)
	return form
}

// learn notes that the endpoint has taken a request of this form.
func (c *capabilities) learn(form requestForm, schema string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	initial := format{by: c.initial.format}
	by, current := format{form.format, form.unbounded}, c.format.get(initial, now)
	switch {
	case form.local:
		c.learnLocal(by, maphash.String(schemaSeed, schema), now)
	case by == current:
		c.proven, c.suspected = learned[format]{by, now.Add(stepDownTime)}, false
	case by == initial: // a late answer, to a form that is left
	case !c.suspected && !form.probe && (form.guess || c.isProven(current, now)):
		c.suspected = true // it may have been the article, or chance: the next one counts
	default:
		c.format.set(by, initial, now)
		c.suspected = false
	}
	c.capName.set(form.capName, c.initial.capName, now)
	c.cap.set(form.cap, 0, now)
	c.thinking.set(form.thinking, c.initial.thinking, now)
	c.temperature.set(form.temperature, c.initial.temperature, now)
	c.system.set(form.system, c.initial.system, now)
}

func (c *capabilities) learnLocal(by format, key uint64, now time.Time) {
	l := c.local[key]
	if now.Before(l.until) && l.value == by {
		return
	}
	if c.local == nil || len(c.local) >= maxLocal {
		c.local = make(map[uint64]learned[format])
	}
	c.local[key] = learned[format]{by, now.Add(stepDownTime)}
}

// adapt returns the form to ask in once the endpoint has refused part of the one that
// was tried. It reports whether there is one.
func (c *capabilities) adapt(tried requestForm, l modelserver.Misfit) (requestForm, bool) {
	if l.Guess && !c.mayGuess(tried) {
		return tried, false
	}
	next, changed := tried, false
	next.noted = false
	switch l.Part {
	case modelserver.PartNone:
	case modelserver.PartBounds, modelserver.PartFormat:
		changed = next.simplify(l, c.fixed)
	case modelserver.PartCapName:
		changed = next.renameCap(l, c.initial.capName)
	case modelserver.PartCap:
		next.cap, changed = l.Cap, l.Cap >= modelserver.MinCap
	case modelserver.PartRoom:
		next.room, changed = l.Cap, l.Cap != tried.room
	case modelserver.PartTemperature:
		next.temperature, changed = false, tried.temperature
	case modelserver.PartSystem:
		next.system, changed = false, tried.system
	}
	if !changed {
		return tried, false
	}
	return next, true
}

// simplify turns to a schema without bounds, where these are refused, or to the next
// format. It reports whether there is one.
func (next *requestForm) simplify(l modelserver.Misfit, fixed bool) bool {
	if l.Part == modelserver.PartBounds && next.format == StructuredSchema && !next.unbounded {
		next.unbounded = true
		next.local = next.local || l.Local
		return true
	}
	simpler := nextFormat[next.format]
	if fixed || simpler == "" {
		return false
	}
	next.format, next.local, next.guess = simpler, l.Local, l.Guess
	return true
}

// renameCap turns to the other name of the cap, and to none once both are refused. It
// reports whether there is something left to turn to.
func (next *requestForm) renameCap(l modelserver.Misfit, initial string) bool {
	switch next.capName {
	case initial:
		if initial == capMaxCompletionTokens {
			next.capName = capMaxTokens
			return true
		}
		next.capName = capMaxCompletionTokens
		next.thinking = next.thinking || l.Thinking
		return true
	case capNone:
		return false
	}
	next.capName = capNone
	return true
}

// triesPause is how long no simpler format is tried for answers, or for refusals that
// nobody explains, once one was of no use. It is short: that may have been the article.
const triesPause = time.Minute

// mayGuess reports whether a refusal that nobody explains may be one of the format:
// until the endpoint has taken a request in it.
func (c *capabilities) mayGuess(tried requestForm) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if tried.guess {
		if tried.format == StructuredPrompt {
			c.guessed = now.Add(triesPause)
		}
		return true
	}
	return now.After(c.guessed) && !c.isProven(format{tried.format, tried.unbounded}, now)
}

// taken reports whether a request was taken in the last hour.
func (c *capabilities) taken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.proven.until)
}

// isProven reports whether a request in the format f was taken in the last hour.
func (c *capabilities) isProven(f format, now time.Time) bool {
	return c.proven.get(format{}, now) == f
}

// change names the difference of next from tried, for people and metrics.
func (next requestForm) change(tried requestForm) string {
	switch {
	case next.format != tried.format:
		return string(next.format)
	case next.unbounded != tried.unbounded:
		return "unbounded_schema"
	case next.capName != tried.capName:
		return cmp.Or(map[string]string{capNone: "no_cap"}[next.capName], next.capName)
	case next.cap != tried.cap, next.room != tried.room:
		return "lower_cap"
	case next.temperature != tried.temperature:
		return "no_temperature"
	case next.thinking != tried.thinking:
		return "reasoning"
	}
	return "no_system_role"
}

// ignoredAnswers is how many answers in a row an endpoint may give in another form
// than it was asked for before a simpler one is tried.
const ignoredAnswers = 2

// answered notes whether an answer to a request of the form tried was not of the
// schema. It returns the form to try where that has happened too often.
func (c *capabilities) answered(tried requestForm, ignored bool) (requestForm, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ignored || tried.format == StructuredPrompt {
		c.ignored = 0
		return tried, false
	}
	if c.ignored++; c.ignored < ignoredAnswers || c.fixed || time.Now().Before(c.rested) {
		return tried, false
	}
	c.ignored = 0
	tried.format = nextFormat[tried.format]
	return tried, true
}

// probed notes the outcome of a request whose simpler form was tried for answers alone.
func (c *capabilities) probed(form requestForm, schema string, helped bool) {
	if helped {
		c.learn(form, schema)
	} else {
		c.keep()
	}
}

// keep notes that a simpler format, which was tried for answers alone, helps no more:
// it is the model, or the article.
func (c *capabilities) keep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ignored, c.rested = 0, time.Now().Add(triesPause)
}
