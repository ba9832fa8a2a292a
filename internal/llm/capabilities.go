package llm

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// stepDownTime is how long an endpoint is taken not to know what it refused.
const stepDownTime = time.Hour

// nextFormat is the way to ask for an answer in JSON after one that an endpoint refused.
var nextFormat = map[StructuredOutput]StructuredOutput{
	StructuredSchema: StructuredObject,
	StructuredObject: StructuredPrompt,
}

// capability is a part of a request that not every endpoint knows.
type capability uint8

const (
	capabilityNone       capability = iota
	capabilityFormat                // response_format
	capabilityParameters            // max_tokens or temperature, of which reasoning models know neither
)

// requestForm is the form of a request that an endpoint takes.
type requestForm struct {
	format StructuredOutput // not auto

	// reasoning selects the parameters of reasoning models: the output is capped
	// by max_completion_tokens, and there is no temperature.
	reasoning bool
}

// capabilities remembers which form of a request an endpoint takes.
type capabilities struct {
	initial requestForm
	fixed   bool // the format is not stepped down from

	mu      sync.Mutex
	learned requestForm
	until   time.Time
	ignored int // answers in a row that were not of the schema
}

func newCapabilities(model string, output StructuredOutput) *capabilities {
	c := &capabilities{initial: requestForm{format: output, reasoning: isReasoning(model)}, fixed: true}
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

func (c *capabilities) current() requestForm {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().After(c.until) {
		return c.initial
	}
	return c.learned
}

// stepDown notes that the endpoint refused unsupported in a request of the form
// tried. It reports whether there is another form to try.
func (c *capabilities) stepDown(tried requestForm, unsupported capability) bool {
	next := tried
	switch {
	case unsupported == capabilityFormat && !c.fixed && nextFormat[tried.format] != "":
		next.format = nextFormat[tried.format]
	case unsupported == capabilityParameters && !tried.reasoning:
		next.reasoning = true
	default:
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learned, c.until = next, time.Now().Add(stepDownTime)
	return true
}

// ignoredAnswers is how many answers in a row an endpoint may give in another form
// than it was asked for before it is taken not to know the format.
const ignoredAnswers = 2

// answered notes whether an answer to a request of the form tried was not of the
// schema. It reports whether the next request is of another form.
func (c *capabilities) answered(tried requestForm, ignored bool) bool {
	c.mu.Lock()
	if !ignored || tried.format == StructuredPrompt {
		c.ignored = 0
	} else {
		c.ignored++
	}
	enough := c.ignored >= ignoredAnswers
	if enough {
		c.ignored = 0
	}
	c.mu.Unlock()
	return enough && c.stepDown(tried, capabilityFormat)
}

// windowCorrection remembers that an endpoint told of an overflow where the estimate
// said that a request fits: for an hour, texts are taken to need twice the tokens.
// Answers are found again under the fingerprint that follows from it.
type windowCorrection struct{ until atomic.Int64 } // in nanoseconds since 1970

// divisor returns the divisor of the room for a text, 1 or 2.
func (w *windowCorrection) divisor() int {
	if time.Now().UnixNano() < w.until.Load() {
		return 2
	}
	return 1
}

// apply notes an overflow, and reports whether there is a smaller size to try.
func (w *windowCorrection) apply() bool {
	now, until := time.Now(), w.until.Load()
	return now.UnixNano() >= until && w.until.CompareAndSwap(until, now.Add(stepDownTime).UnixNano())
}
