package llm

import (
	"errors"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
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
	ID         *string     `json:"id"`
	Confidence *confidence `json:"confidence"`
	Quotes     []string    `json:"quotes"`
}

func (t topicAnswer) complete() bool { return t.ID != nil && t.Confidence != nil && t.Quotes != nil }

// confidence is a number, also one in quotes.
type confidence float64

// UnmarshalJSON implements json.Unmarshaler.
func (c *confidence) UnmarshalJSON(data []byte) error {
	text := string(data)
	if jsontext.Value(data).Kind() == '"' {
		text = strings.TrimSpace(textOf(data))
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return errors.New("not a number")
	}
	*c = confidence(n)
	return nil
}

// decoded is an answer whose form is right as far as its faults do not say
// otherwise.
type decoded struct {
	summary      []sentenceAnswer
	topics       []topicAnswer
	summaryFault *answerFault
	topicsFault  *answerFault
}

// decodeAnswer decodes an answer. What stands around the object and what it has besides
// the properties that are asked is left alone; the properties themselves have to be of
// the schema. What is wrong with the whole is the fault of both features, what is wrong
// with one is its own.
func decodeAnswer(content string, wantSummary, wantTopics bool) decoded {
	if len(content) > maxContentBytes {
		return decoded{summaryFault: faultTooLarge, topicsFault: faultTooLarge}
	}
	object := findObject(content)
	if object == nil {
		return decoded{summaryFault: faultNotJSON, topicsFault: faultNotJSON}
	}
	parts := unwrap(object, wantSummary, wantTopics)
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

// unwrap returns the properties of object, or those of the one object in it that has
// what object lacks: models wrap their answers in keys of their own, or in a string.
func unwrap(object jsontext.Value, wantSummary, wantTopics bool) map[string]jsontext.Value {
	wanted := func(parts map[string]jsontext.Value) bool {
		return wantSummary && parts["summary"] != nil || wantTopics && parts["topics"] != nil
	}
	layer := []jsontext.Value{object}
	for range maxWraps {
		var found map[string]jsontext.Value
		var next []jsontext.Value
		for _, value := range layer {
			if value.Kind() == '"' {
				value = findObject(textOf(value))
			}
			var items []jsontext.Value
			if value.Kind() == '[' && json.Unmarshal(value, &items, lenient) == nil {
				next = append(next, items...)
			}
			var parts map[string]jsontext.Value
			if value.Kind() != '{' || json.Unmarshal(value, &parts, lenient) != nil {
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
	if json.Unmarshal(value, &items, lenient) != nil {
		return nil
	}
	for _, item := range items {
		if !item.complete() {
			return nil
		}
	}
	return items
}

// endOfReasoning matches what stands between the reasoning of a model and its answer.
var endOfReasoning = regexp.MustCompile(`(?i)</(?:[a-z]+:)?(?:think|thinking|thoughts?|reasoning|reason|analysis|scratchpad|reflection)>|◁/think▷|\[/think\]|<\|end_(?:of_)?(?:thought|thinking)\|>|<\|channel\|>final.{0,40}?<\|message\|>`)

// findObject returns the one JSON object in text, whatever stands around it: prose, a
// fence, special tokens, a byte order mark. Of several none is taken, as there is no
// telling which is meant; what a model marks as its reasoning does not count. A text
// that is a JSON string is looked through in its place.
func findObject(text string) jsontext.Value {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, `"`) {
		if value := jsontext.Value(text); value.IsValid(lenient) {
			text = textOf(value)
		}
	}
	if !strings.HasPrefix(text, "{") {
		if ends := endOfReasoning.FindAllStringIndex(text, -1); ends != nil {
			if object := onlyObject(text[ends[len(ends)-1][1]:]); object != nil {
				return object
			}
		}
	}
	return onlyObject(text)
}

// maxBraces bounds the braces of prose that are tried before a text is given up: each
// may cost a look through the rest of it.
const maxBraces = 64

// onlyObject returns the only JSON object in text; nil when there is none, or another, or
// one that breaks off.
func onlyObject(text string) jsontext.Value {
	var only jsontext.Value
	for range maxBraces {
		begin := strings.IndexByte(text, '{')
		if begin < 0 {
			return only
		}
		object, err := objectAt(text[begin:])
		switch {
		case err == nil && only != nil:
			return nil
		case err == nil:
			only = object
			text = text[begin+len(object):]
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		default:
			text = text[begin+1:]
		}
	}
	return nil
}

// objectAt returns the object with which text begins.
func objectAt(text string) (jsontext.Value, error) {
	skip := func(text string) (jsontext.Value, error) {
		decoder := jsontext.NewDecoder(strings.NewReader(text), lenient)
		err := decoder.SkipValue()
		return jsontext.Value(text[:decoder.InputOffset()]), err
	}
	object, err := skip(text)
	if err == nil {
		return object, nil
	}
	if tidied, err := skip(withoutSlips(text)); err == nil {
		return tidied, nil
	}
	return nil, err
}

// withoutSlips returns text, which is JSON, with spaces in place of two slips of small
// models: a comma after the last item, and line breaks and tabs inside strings.
func withoutSlips(text string) string {
	tidied := []byte(text)
	inString, comma := false, -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case inString && c < ' ':
			tidied[i] = ' '
		case c == '"':
			inString, comma = !inString, -1
		case inString, c == ' ', c == '\n', c == '\r', c == '\t':
		case c == ',':
			comma = i
		default:
			if comma >= 0 && (c == '}' || c == ']') {
				tidied[comma] = ' '
			}
			comma = -1
		}
	}
	return string(tidied)
}
