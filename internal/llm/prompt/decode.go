package prompt

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
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
	ID         *string     `json:"id"`
	Confidence *confidence `json:"confidence"`
	Quotes     []string    `json:"quotes"`
}

func (t topicAnswer) complete() bool { return t.ID != nil && t.Confidence != nil && t.Quotes != nil }

// confidence is a number, also one in quotes, with a decimal comma or in percent.
type confidence float64

// UnmarshalJSON implements json.Unmarshaler.
func (c *confidence) UnmarshalJSON(data []byte) error {
	text, percent := string(data), false
	if jsontext.Value(data).Kind() == '"' {
		text, percent = strings.CutSuffix(strings.TrimSpace(modelserver.Text(data)), "%")
		text = strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return errors.New("not a number")
	}
	if percent {
		n /= 100
	}
	*c = confidence(n)
	return nil
}

// decoded is an answer whose form is right as far as its faults do not say
// otherwise.
type decoded struct {
	summary      []sentenceAnswer
	topics       []topicAnswer
	summaryFault *AnswerFault
	topicsFault  *AnswerFault
}

// decodeAnswer decodes an answer. Text around the object and further properties are ignored;
// the properties that were asked for must fit the schema. A fault of the whole answer is
// reported for both features, a fault of one property for its feature alone.
func decodeAnswer(content string, wantSummary, wantTopics bool) decoded {
	if len(content) > maxContentBytes {
		return decoded{summaryFault: FaultTooLarge, topicsFault: FaultTooLarge}
	}
	object := modelserver.Object(content)
	if object == nil {
		return decoded{summaryFault: FaultNotJSON, topicsFault: FaultNotJSON}
	}
	var names []string
	if wantSummary {
		names = append(names, "summary")
	}
	if wantTopics {
		names = append(names, "topics")
	}
	parts := unwrap(object, names...)
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

// maxWraps bounds the layers around an answer that are looked through.
const maxWraps = 3

// unwrap returns the properties of object, or of the only object in it that has
// one of the names that object lacks: models wrap their answers in keys of their own, or
// in a string.
func unwrap(object jsontext.Value, names ...string) map[string]jsontext.Value {
	wanted := func(parts map[string]jsontext.Value) bool {
		return slices.ContainsFunc(names, func(name string) bool { return parts[name] != nil })
	}
	layer := []jsontext.Value{object}
	for range maxWraps {
		var found map[string]jsontext.Value
		var next []jsontext.Value
		for _, value := range layer {
			if value.Kind() == '"' {
				value = modelserver.Object(modelserver.Text(value))
			}
			var items []jsontext.Value
			if value.Kind() == '[' && json.Unmarshal(value, &items, modelserver.Lenient) == nil {
				next = append(next, items...)
			}
			parts := modelserver.Members(value)
			if parts == nil {
				continue
			}
			if wanted(parts) {
				if found != nil {
					return nil // which of two is meant cannot be told
				}
				found = parts
			}
			next = slices.AppendSeq(next, maps.Values(parts))
		}
		if found != nil {
			return found
		}
		layer = next
	}
	return nil
}

// decodeList decodes a list of which no item lacks a part; nil when it is none.
func decodeList[T interface{ complete() bool }](value jsontext.Value) []T {
	var items []T
	if json.Unmarshal(modelserver.List(value), &items, modelserver.Lenient) != nil {
		return nil
	}
	for _, item := range items {
		if !item.complete() {
			return nil
		}
	}
	return items
}
