package llm

import (
	"encoding/json"
	"errors"
	"strings"
)

// maxContentBytes bounds the answer that is decoded: several times what the cap
// on output tokens allows.
const maxContentBytes = 128 << 10

// sentenceAnswer is one sentence of a summary as the model gives it.
type sentenceAnswer struct {
	Text   string
	Quotes []string
}

// topicAnswer is one topic as the model gives it.
type topicAnswer struct {
	ID         string
	Confidence float64
	Quotes     []string
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
		if value := parts["summary"]; summaryRules().Validate(value) == nil {
			d.summary = sentencesOf(value)
		} else {
			d.summaryFault = faultSummarySchema
		}
	}
	if wantTopics {
		if value := parts["topics"]; topicsRules().Validate(value) == nil {
			d.topics = topicsOf(value)
		} else {
			d.topicsFault = faultTopicsSchema
		}
	}
	return d
}

// splitObject returns the values of the one JSON object that content is. A number
// that is too large is nil there, which no schema takes.
func splitObject(content string) (map[string]any, *fault) {
	if len(content) > maxContentBytes {
		return nil, faultTooLarge
	}
	var parts map[string]any
	err := json.Unmarshal([]byte(unfence(content)), &parts)
	if _, outOfRange := errors.AsType[*json.UnmarshalTypeError](err); parts == nil || err != nil && !outOfRange {
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

// sentencesOf returns the sentences of a value that is valid against summarySchema.
func sentencesOf(value any) []sentenceAnswer {
	items := value.([]any)
	sentences := make([]sentenceAnswer, len(items))
	for i, item := range items {
		properties := item.(map[string]any)
		sentences[i] = sentenceAnswer{Text: properties["text"].(string), Quotes: quotesOf(properties)}
	}
	return sentences
}

// topicsOf returns the topics of a value that is valid against topicsSchema.
func topicsOf(value any) []topicAnswer {
	items := value.([]any)
	topics := make([]topicAnswer, len(items))
	for i, item := range items {
		properties := item.(map[string]any)
		topics[i] = topicAnswer{ID: properties["id"].(string), Confidence: properties["confidence"].(float64), Quotes: quotesOf(properties)}
	}
	return topics
}

func quotesOf(properties map[string]any) []string {
	items := properties["quotes"].([]any)
	quotes := make([]string, len(items))
	for i, item := range items {
		quotes[i] = item.(string)
	}
	return quotes
}
