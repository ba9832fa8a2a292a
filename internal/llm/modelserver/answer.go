// Package modelserver reads what OpenAI-compatible model servers send: the answer of a chat
// completion, and what an error means for the request that met it. It reads what is
// needed in whatever types it comes, and tells servers apart by nothing but status, codes
// and words. It asks nobody and decides nothing.
package modelserver

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Answer is what is read of a chat completion.
type Answer struct {
	Model  string // that the server says it sent
	Chosen bool   // there is a choice

	Content, Reasoning, Refusal string
	Calls                       []string // the arguments of tool calls, as JSON
	Finish                      string   // why it ended, in the server's word

	// Tokens as the server counts them: of any size and sign. The cached ones are some
	// of the input.
	InputTokens, CachedTokens, OutputTokens float64

	// Fault is the error that came in place of an answer, for ReadError; nil when none
	// did.
	Fault []byte
}

// Parts of a response, in whatever types they come.
type (
	responseBody struct {
		Model   jsontext.Value `json:"model"`
		Choices jsontext.Value `json:"choices"`
		Usage   jsontext.Value `json:"usage"`
	}
	responseChoice struct {
		Message jsontext.Value `json:"message"`
		Delta   jsontext.Value `json:"delta"`
		Text    jsontext.Value `json:"text"`
		Finish  jsontext.Value `json:"finish_reason"`
		Error   jsontext.Value `json:"error"`
	}
	responseMessage struct {
		Content          jsontext.Value `json:"content"`
		Parsed           jsontext.Value `json:"parsed"`
		Refusal          jsontext.Value `json:"refusal"`
		ReasoningContent jsontext.Value `json:"reasoning_content"`
		Reasoning        jsontext.Value `json:"reasoning"`
		Thinking         jsontext.Value `json:"thinking"`
		ReasoningDetails jsontext.Value `json:"reasoning_details"`
		ToolCalls        jsontext.Value `json:"tool_calls"`
		FunctionCall     jsontext.Value `json:"function_call"`
	}
)

// ReadAnswer reads the body of a response with a good status: JSON, with whatever a
// server puts around it, or a stream of events in its place.
func ReadAnswer(body []byte) (a Answer) {
	for _, value := range payloads(body) {
		if value.Kind() == '[' { // Google lists one
			var items []jsontext.Value
			if json.Unmarshal(value, &items, Lenient) != nil || len(items) == 0 {
				continue
			}
			value = items[0]
		}
		a.add(value, 0)
	}
	return a
}

// notNumber matches what Python writes for floats that are no numbers, which JSON lacks.
var notNumber = regexp.MustCompile(`([:\[,]\s*)(?:NaN|-?Infinity)\b`)

// payloads returns the JSON values of body in their order. Lines that are none are the
// marks of an event stream, comments, or nothing. A value that breaks off ends it.
func payloads(body []byte) []jsontext.Value {
	var found []jsontext.Value
	rest := bytes.TrimPrefix(body, []byte("\ufeff"))
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n\x00")
		switch {
		case len(rest) == 0:
			return found
		case rest[0] == '{', rest[0] == '[' && !bytes.HasPrefix(rest, []byte("[DONE]")):
			decoder := jsontext.NewDecoder(bytes.NewBuffer(rest), Lenient)
			if decoder.SkipValue() != nil {
				if fixed := notNumber.ReplaceAll(rest, []byte("${1}null")); !bytes.Equal(fixed, rest) {
					rest = fixed
					continue
				}
				return found
			}
			end := decoder.InputOffset()
			found = append(found, jsontext.Value(rest[:end]))
			rest = rest[end:]
		case bytes.HasPrefix(rest, []byte("data:")):
			rest = rest[len("data:"):]
		default:
			_, rest, _ = bytes.Cut(rest, []byte("\n"))
		}
	}
}

// maxWraps bounds the names under which gateways put a response.
const maxWraps = 3

// add takes one JSON value, a whole response or a piece of a stream, that stands under so
// many names.
func (a *Answer) add(value jsontext.Value, wraps int) {
	var body responseBody
	if json.Unmarshal(value, &body, Lenient) != nil {
		return
	}
	if model := Text(body.Model); model != "" {
		a.Model = model
	}
	a.addUsage(body.Usage)
	choices := choicesOf(body, value)
	if len(choices) == 0 {
		if inner := wrapped(value); inner != nil && wraps < maxWraps {
			a.add(inner, wraps+1)
		} else if holdsError(value) {
			a.Fault = value
		}
		return
	}
	for _, choice := range choices {
		if a.Content != "" && choice.Message.Kind() != 0 {
			break // the first that says something
		}
		a.addChoice(choice)
	}
}

// choicesOf returns the choices of a body, of which some servers give one without a list,
// or without naming it.
func choicesOf(body responseBody, value jsontext.Value) []responseChoice {
	switch choices, one := []responseChoice(nil), (responseChoice{}); {
	case body.Choices.Kind() == '[' && json.Unmarshal(body.Choices, &choices, Lenient) == nil:
		return choices
	case body.Choices.Kind() == '{' && json.Unmarshal(body.Choices, &one, Lenient) == nil:
		return []responseChoice{one}
	case body.Choices == nil && json.Unmarshal(value, &one, Lenient) == nil && one.Message.Kind() == '{':
		return []responseChoice{one}
	}
	return nil
}

// wrapped returns the response that a gateway has put under a name of its own; nil when
// there is none.
func wrapped(value jsontext.Value) jsontext.Value {
	var members map[string]jsontext.Value
	if json.Unmarshal(value, &members, Lenient) != nil {
		return nil
	}
	for _, name := range []string{"data", "result", "output", "response", "body"} {
		if inner := members[name]; inner.Kind() == '{' && bytes.Contains(inner, []byte(`"choices"`)) {
			return inner
		}
	}
	return nil
}

// errorNames are the names under which a body in place of an answer tells of an error.
var errorNames = []string{`"error"`, `"errors"`, `"detail"`, `"message"`, `"msg"`, `"error_msg"`, `"base_resp"`, `"promptFeedback"`}

// holdsError reports whether value may tell of an error.
func holdsError(value jsontext.Value) bool {
	return slices.ContainsFunc(errorNames, func(name string) bool { return bytes.Contains(value, []byte(name)) })
}

func (a *Answer) addChoice(choice responseChoice) {
	a.Chosen = true
	if finish := Text(choice.Finish); finish != "" {
		a.Finish = finish
	}
	if kind := choice.Error.Kind(); kind == '{' || kind == '"' {
		a.Fault = slices.Concat([]byte(`{"error":`), choice.Error, []byte(`}`))
	}
	a.Content += Text(choice.Text)
	for _, part := range []jsontext.Value{choice.Message, choice.Delta} {
		var message responseMessage
		if part.Kind() != '{' || json.Unmarshal(part, &message, Lenient) != nil {
			continue
		}
		a.addContent(message.Content)
		if a.Content == "" && message.Parsed.Kind() == '{' {
			a.Content = string(message.Parsed)
		}
		a.Refusal += Text(message.Refusal)
		for _, thought := range []jsontext.Value{message.ReasoningContent, message.Reasoning, message.Thinking, message.ReasoningDetails} {
			if text := Text(thought); text != "" {
				a.Reasoning += text
				break // servers give the same under two names
			}
		}
		a.addCalls(message.ToolCalls)
		if message.FunctionCall.Kind() == '{' {
			a.addCalls(slices.Concat([]byte(`{"function":`), message.FunctionCall, []byte(`}`)))
		}
	}
}

// contentPart is a part of a content that comes as a list.
type contentPart struct {
	Type     jsontext.Value `json:"type"`
	Text     jsontext.Value `json:"text"`
	Value    jsontext.Value `json:"value"` // of a text that is an object
	Thinking jsontext.Value `json:"thinking"`
	Refusal  jsontext.Value `json:"refusal"`
	JSON     jsontext.Value `json:"json"`
}

// addContent takes a content: a text, a list of parts, or the object itself.
func (a *Answer) addContent(value jsontext.Value) {
	switch value.Kind() {
	case '"':
		a.Content += Text(value)
	case '{':
		var part contentPart
		if json.Unmarshal(value, &part, Lenient) == nil && part.Text.Kind() == '"' {
			a.addPart(part)
			return
		}
		a.Content += string(value)
	case '[':
		var items []jsontext.Value
		if json.Unmarshal(value, &items, Lenient) == nil {
			for _, item := range items {
				a.addItem(item)
			}
		}
	}
}

// addItem takes one item of a list of parts.
func (a *Answer) addItem(item jsontext.Value) {
	var part contentPart
	switch {
	case item.Kind() == '"':
		a.Content += Text(item)
	case json.Unmarshal(item, &part, Lenient) != nil:
	case part.Type == nil && part.Text == nil && item.Kind() == '{':
		a.Content += string(item)
	default:
		a.addPart(part)
	}
}

func (a *Answer) addPart(part contentPart) {
	a.Refusal += Text(part.Refusal)
	kind := Text(part.Type)
	switch {
	case strings.Contains(kind, "think"), strings.Contains(kind, "reason"):
		a.Reasoning += Text(part.Text) + Text(part.Thinking)
	case part.JSON.Kind() == '{':
		a.Content += string(part.JSON)
	case part.Text.Kind() == '{':
		var text contentPart
		if json.Unmarshal(part.Text, &text, Lenient) == nil {
			a.Content += Text(text.Value)
		}
	default:
		a.Content += Text(part.Text)
	}
}

// toolCall is a call of a tool, or a piece of one.
type toolCall struct {
	Index    jsontext.Value `json:"index"`
	Function struct {
		Arguments  jsontext.Value `json:"arguments"`
		Parameters jsontext.Value `json:"parameters"`
	} `json:"function"`
}

// addCalls takes tool calls, of which a stream brings the arguments in pieces.
func (a *Answer) addCalls(value jsontext.Value) {
	var calls []toolCall
	if value.Kind() == '{' {
		value = slices.Concat([]byte(`[`), value, []byte(`]`))
	}
	if value.Kind() != '[' || json.Unmarshal(value, &calls, Lenient) != nil {
		return
	}
	for _, call := range calls {
		value := call.Function.Arguments
		if value == nil {
			value = call.Function.Parameters
		}
		arguments := Text(value)
		if value.Kind() == '{' {
			arguments = string(value)
		}
		if i := numberOf(call.Index); call.Index != nil && i >= 0 && i < float64(len(a.Calls)) {
			a.Calls[int(i)] += arguments
			continue
		}
		a.Calls = append(a.Calls, arguments)
	}
}

// addUsage takes a usage. Of a stream the last counts.
func (a *Answer) addUsage(value jsontext.Value) {
	var usage struct {
		Prompt     jsontext.Value `json:"prompt_tokens"`
		Completion jsontext.Value `json:"completion_tokens"`
		Input      jsontext.Value `json:"input_tokens"`
		Output     jsontext.Value `json:"output_tokens"`
		CacheHit   jsontext.Value `json:"prompt_cache_hit_tokens"`
		CacheRead  jsontext.Value `json:"cache_read_input_tokens"`

		PromptDetails jsontext.Value `json:"prompt_tokens_details"`
		InputDetails  jsontext.Value `json:"input_tokens_details"`
	}
	if value.Kind() != '{' || json.Unmarshal(value, &usage, Lenient) != nil {
		return
	}
	a.InputTokens = max(numberOf(usage.Prompt), numberOf(usage.Input))
	a.OutputTokens = max(numberOf(usage.Completion), numberOf(usage.Output))
	a.CachedTokens = max(numberOf(usage.CacheHit), numberOf(usage.CacheRead),
		cachedTokensOf(usage.PromptDetails), cachedTokensOf(usage.InputDetails))
}

// cachedTokensOf returns the cached tokens of the details of a usage.
func cachedTokensOf(value jsontext.Value) float64 {
	var details struct {
		Cached jsontext.Value `json:"cached_tokens"`
	}
	if value.Kind() != '{' || json.Unmarshal(value, &details, Lenient) != nil {
		return 0
	}
	return numberOf(details.Cached)
}
