package llm

import (
	"encoding/json"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxContentBytes bounds the answer that is decoded: several times what the cap
// on output tokens allows.
const maxContentBytes = 128 << 10

// sentenceAnswer is one sentence of a summary as the model gives it.
type sentenceAnswer struct {
	Text   string   `json:"text"`
	Quotes []string `json:"quotes"`
}

// topicAnswer is one topic as the model gives it.
type topicAnswer struct {
	ID         string   `json:"id"`
	Confidence float64  `json:"confidence"`
	Quotes     []string `json:"quotes"`
}

// decoded is an answer whose form is right as far as its faults do not say
// otherwise.
type decoded struct {
	summary      []sentenceAnswer
	topics       []topicAnswer
	summaryFault *fault
	topicsFault  *fault
}

// decodeAnswer decodes an answer strictly. A fence around the object is taken
// off, as it is plain what it holds; prose around it is a fault. What is wrong
// with the whole is the fault of both features, what is wrong with one is its
// own.
func decodeAnswer(content string, wantSummary, wantTopics bool) decoded {
	parts, whole := splitObject(content)
	if whole != nil {
		return decoded{summaryFault: whole, topicsFault: whole}
	}
	for name := range parts {
		if name == "summary" && wantSummary || name == "topics" && wantTopics {
			continue
		}
		return decoded{summaryFault: faultProperty, topicsFault: faultProperty}
	}
	var d decoded
	if wantSummary {
		d.summaryFault = decodePart(parts["summary"], summaryRules(), &d.summary, faultSummarySchema)
	}
	if wantTopics {
		d.topicsFault = decodePart(parts["topics"], topicsRules(), &d.topics, faultTopicsSchema)
	}
	return d
}

// splitObject returns the values of the one JSON object that content is.
func splitObject(content string) (map[string]json.RawMessage, *fault) {
	if len(content) > maxContentBytes {
		return nil, faultTooLarge
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(unfence(content)), &parts); err != nil || parts == nil {
		return nil, faultNotJSON
	}
	return parts, nil
}

// unfence takes a Markdown code fence off, where all of content is inside one.
func unfence(content string) string {
	content = strings.TrimSpace(strings.TrimPrefix(content, "\ufeff"))
	inner, fenced := strings.CutPrefix(content, "```")
	if !fenced {
		return content
	}
	inner, closed := strings.CutSuffix(inner, "```")
	if !closed {
		return content
	}
	if tag := "json"; len(inner) >= len(tag) && strings.EqualFold(inner[:len(tag)], tag) {
		inner = inner[len(tag):]
	}
	return inner
}

// decodePart checks raw against rules and decodes it into target.
func decodePart(raw json.RawMessage, rules *jsonschema.Schema, target any, wrong *fault) *fault {
	if raw == nil {
		return wrong
	}
	var value any
	if json.Unmarshal(raw, &value) != nil || rules.Validate(value) != nil || json.Unmarshal(raw, target) != nil {
		return wrong
	}
	return nil
}
