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

// feature is a part of a request that not every endpoint knows.
type feature uint8

const (
	featureNone       feature = iota
	featureFormat             // response_format
	featureParameters         // max_tokens or temperature, of which reasoning models know neither
)

// shape is the form of a request that an endpoint takes.
type shape struct {
	format format

	// reasoning selects the parameters of reasoning models: the output is capped
	// by max_completion_tokens, and there is no temperature.
	reasoning bool
}

// shapes remembers which shape an endpoint takes.
type shapes struct {
	initial shape
	fixed   bool // the format is not stepped down from

	mu      sync.Mutex
	learned shape
	until   time.Time
	ignored int // answers in a row that were not of the schema
}

func newShapes(model string, output StructuredOutput) *shapes {
	s := &shapes{initial: shape{reasoning: isReasoning(model)}, fixed: true}
	switch output {
	case StructuredSchema:
		s.initial.format = formatSchema
	case StructuredObject:
		s.initial.format = formatObject
	case StructuredPrompt:
		s.initial.format = formatPrompt
	default:
		s.fixed = false
	}
	return s
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

func (s *shapes) current() shape {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().After(s.until) {
		return s.initial
	}
	return s.learned
}

// stepDown notes that the endpoint refused unsupported in a request of shape
// tried. It reports whether there is another shape to try.
func (s *shapes) stepDown(tried shape, unsupported feature) bool {
	next := tried
	switch {
	case unsupported == featureFormat && !s.fixed && tried.format < formatPrompt:
		next.format++
	case unsupported == featureParameters && !tried.reasoning:
		next.reasoning = true
	default:
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learned, s.until = next, time.Now().Add(stepDownTime)
	return true
}

// ignoredAnswers is how many answers in a row an endpoint may give in another form
// than it was asked for before it is taken not to know the format.
const ignoredAnswers = 2

// answered notes whether an answer to a request of shape tried was in another form
// than the schema's. It reports whether the next request is of another shape.
func (s *shapes) answered(tried shape, otherForm bool) bool {
	s.mu.Lock()
	if !otherForm || tried.format == formatPrompt {
		s.ignored = 0
	} else {
		s.ignored++
	}
	enough := s.ignored >= ignoredAnswers
	if enough {
		s.ignored = 0
	}
	s.mu.Unlock()
	return enough && s.stepDown(tried, featureFormat)
}

// squeeze remembers that an endpoint told of an overflow where the estimate said
// that a request fits: for an hour, texts are taken to need twice the tokens.
// Answers are found again under the fingerprint that follows from it.
type squeeze struct {
	mu    sync.Mutex
	until time.Time
}

// current returns what the room for a text is divided by, 1 or 2.
func (s *squeeze) current() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return 2
	}
	return 1
}

// tighten notes an overflow, and reports whether there is a smaller size to try.
func (s *squeeze) tighten() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return false
	}
	s.until = time.Now().Add(stepDownTime)
	return true
}
