package llm

import (
	"strings"
	"sync"
	"time"
)

// stepDownTime is how long an endpoint is taken not to know what it refused.
const stepDownTime = time.Hour

// format is the way in which an answer in JSON is asked for. The schema is
// spelled out in the prompt under each of them.
type format uint8

const (
	formatSchema format = iota // response_format json_schema, strict
	formatObject               // response_format json_object
	formatPrompt               // the prompt alone
)

// mode returns what the configuration calls f.
func (f format) mode() StructuredOutput {
	return [...]StructuredOutput{StructuredSchema, StructuredObject, StructuredPrompt}[f]
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
	format format

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
	c := &capabilities{initial: requestForm{reasoning: isReasoning(model)}, fixed: true}
	switch output {
	case StructuredSchema:
		c.initial.format = formatSchema
	case StructuredObject:
		c.initial.format = formatObject
	case StructuredPrompt:
		c.initial.format = formatPrompt
	default:
		c.fixed = false
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
	case unsupported == capabilityFormat && !c.fixed && tried.format < formatPrompt:
		next.format++
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
	if !ignored || tried.format == formatPrompt {
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
type windowCorrection struct {
	mu    sync.Mutex
	until time.Time
}

// divisor returns the divisor of the room for a text, 1 or 2.
func (w *windowCorrection) divisor() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Now().Before(w.until) {
		return 2
	}
	return 1
}

// apply notes an overflow, and reports whether there is a smaller size to try.
func (w *windowCorrection) apply() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Now().Before(w.until) {
		return false
	}
	w.until = time.Now().Add(stepDownTime)
	return true
}
