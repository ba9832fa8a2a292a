package llm

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxContentBytes bounds the answer that is decoded: several times what the cap
// on output tokens allows.
const maxContentBytes = 128 << 10

// sentenceAnswer is one sentence of a summary as the model gives it, by summarySchema.
// A part that is missing or null is nil.
type sentenceAnswer struct {
	Text   *string  `json:"text"`
	Quotes []string `json:"quotes"`
}

func (s sentenceAnswer) complete() bool { return s.Text != nil && s.Quotes != nil }

// topicAnswer is one topic as the model gives it, by topicsSchema.
type topicAnswer struct {
	ID         *string  `json:"id"`
	Confidence *float64 `json:"confidence"`
	Quotes     []string `json:"quotes"`
}

func (t topicAnswer) complete() bool { return t.ID != nil && t.Confidence != nil && t.Quotes != nil }

// decoded is an answer whose form is right as far as its faults do not say
// otherwise.
type decoded struct {
	summary      []sentenceAnswer
	topics       []topicAnswer
	summaryFault *answerFault
	topicsFault  *answerFault
}

// lenient lets pass what tells nothing of an answer: models repeat names, and halves
// of surrogate pairs become the replacement character, which no summary may hold.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// decodeAnswer decodes an answer strictly. A fence around the object is taken
// off, as it is plain what it holds; prose around it is a fault. What is wrong
// with the whole is the fault of both features, what is wrong with one is its
// own.
func decodeAnswer(content string, wantSummary, wantTopics bool) decoded {
	var parts map[string]jsontext.Value
	switch {
	case len(content) > maxContentBytes:
		return decoded{summaryFault: faultTooLarge, topicsFault: faultTooLarge}
	case json.Unmarshal([]byte(unfence(content)), &parts, lenient) != nil || parts == nil:
		return decoded{summaryFault: faultNotJSON, topicsFault: faultNotJSON}
	}
	for name := range parts {
		if name == "summary" && wantSummary || name == "topics" && wantTopics {
			continue
		}
		return decoded{summaryFault: faultProperty, topicsFault: faultProperty}
	}
	var d decoded
	if wantSummary {
		if d.summary = decodeList[sentenceAnswer](parts["summary"]); d.summary == nil {
			d.summaryFault = faultSummarySchema
		}
	}
	if wantTopics {
		if d.topics = decodeList[topicAnswer](parts["topics"]); d.topics == nil {
			d.topicsFault = faultTopicsSchema
		}
	}
	return d
}

// decodeList decodes a list of which no item lacks a part or has others; nil when it is
// none.
func decodeList[T interface{ complete() bool }](value jsontext.Value) []T {
	var items []T
	if json.Unmarshal(value, &items, lenient, json.RejectUnknownMembers(true)) != nil {
		return nil
	}
	for _, item := range items {
		if !item.complete() {
			return nil
		}
	}
	return items
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
