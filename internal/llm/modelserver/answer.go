// Package modelserver reads what OpenAI-compatible model servers send: the answer of a chat
// completion, and what an error means for the request that met it. It reads the
// needed members in whatever types they come, and tells servers apart by nothing but status, codes
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

// Answer is the content of a chat completion.
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

	notice []byte // a fault if there is no choice at all
}

// Parts of a response, in whatever types they come. Their names are matched as
// servers spell them: in capitals, with and without underscores.
type (
	responseBody struct {
		Model   jsontext.Value `json:"model"`
		Choices jsontext.Value `json:"choices"`
		Error   jsontext.Value `json:"error"`
	}
	responseChoice struct {
		Message jsontext.Value `json:"message"`
		Delta   jsontext.Value `json:"delta"`
		Text    jsontext.Value `json:"text"`
		Finish  jsontext.Value `json:"finish_reason"`
		Error   jsontext.Value `json:"error"`
		Done    jsontext.Value `json:"done"` // Ollama's, in each piece of a stream

		// The finish reason in interfaces other than OpenAI's.
		StopReason jsontext.Value `json:"stop_reason"`
		DoneReason jsontext.Value `json:"done_reason"`
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
		if value.Kind() != '[' {
			a.add(value, 0)
			continue
		}
		for _, item := range itemsOf(value) { // Google lists its pieces
			a.add(item, 0)
		}
	}
	if a.Fault == nil && !a.Chosen {
		a.Fault = a.notice
	}
	return a
}

var (
	// notNumber matches what Python writes for floats that are no numbers, which JSON lacks.
	notNumber = regexp.MustCompile(`([:\[,]\s*)(?:NaN|-?Infinity)\b`)

	// nextData matches where one event of a stream goes on in a further line, and eventEnd
	// its end.
	nextData = regexp.MustCompile(`\r?\ndata:`)
	eventEnd = regexp.MustCompile(`\r?\n\r?\n|$`)
)

// joinedEvent returns the first event of a stream, whose data stands on several lines, in
// one piece, and the rest of the stream; nil when it stands on one.
func joinedEvent(stream []byte) (event, rest []byte) {
	end := eventEnd.FindIndex(stream)[0]
	if !nextData.Match(stream[:end]) {
		return nil, nil
	}
	return nextData.ReplaceAll(stream[:end], []byte("\n")), stream[end:]
}

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
				event, next := joinedEvent(rest)
				if event == nil {
					return found
				}
				found, rest = append(found, payloads(event)...), next
				continue
			}
			end := decoder.InputOffset()
			found = append(found, jsontext.Value(rest[:end]))
			rest = rest[end:]
		case rest[0] == '"':
			return append(found, encodedTwice(rest)...)
		case bytes.HasPrefix(rest, []byte("data:")):
			rest = rest[len("data:"):]
		default:
			_, rest, _ = bytes.Cut(rest, []byte("\n"))
		}
	}
}

// encodedTwice returns the values of a body that is a string of JSON.
func encodedTwice(body []byte) []jsontext.Value {
	inner := strings.TrimSpace(Text(jsontext.Value(bytes.TrimSpace(body))))
	if !strings.HasPrefix(inner, "{") && !strings.HasPrefix(inner, "data:") {
		return nil
	}
	return payloads([]byte(inner))
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
	a.addUsage(value)
	choices := choicesOf(body, value)
	if len(choices) == 0 {
		a.addOther(value, body.Error, wraps)
		return
	}
	for _, choice := range choices {
		if a.Content != "" && choice.Message.Kind() != 0 && choice.Done == nil {
			break // the first that says something
		}
		a.addChoice(choice)
	}
}

// addOther takes a value without choices: a response under another name, an error, or an
// answer of an interface that is not OpenAI's.
func (a *Answer) addOther(value, fault jsontext.Value, wraps int) {
	inner := wrapped(value)
	switch kind := fault.Kind(); {
	case inner != nil && wraps < maxWraps:
		a.add(inner, wraps+1)
	case kind == '{', kind == '"' && Text(fault) != "":
		a.Fault = value
	case a.addNative(value):
	case holdsError(value):
		a.notice = value
	}
}

// choicesOf returns the choices of a body, of which some servers give one without a list,
// or without naming it.
func choicesOf(body responseBody, value jsontext.Value) []responseChoice {
	one := responseChoice{}
	switch {
	case body.Choices == nil && json.Unmarshal(value, &one, Lenient) == nil && one.Message.Kind() == '{':
		return []responseChoice{one}
	case body.Choices == nil:
		return nil
	}
	items := itemsOf(body.Choices)
	if items == nil && body.Choices.Kind() == '{' {
		items = []jsontext.Value{body.Choices}
	}
	var choices []responseChoice
	for _, item := range items {
		choice := responseChoice{}
		if json.Unmarshal(item, &choice, Lenient) == nil {
			choices = append(choices, choice)
		}
	}
	return choices
}

// wrapped returns the response that a gateway has put under a name of its own, or in a
// string under it; nil when there is none.
func wrapped(value jsontext.Value) jsontext.Value {
	members := Members(value)
	for _, name := range []string{"data", "result", "output", "response", "body", "payload", "completion"} {
		inner := members[name]
		if inner.Kind() == '"' {
			inner = jsontext.Value(strings.TrimSpace(Text(inner)))
		}
		if inner.Kind() == '{' && Members(inner)["choices"] != nil {
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
	for _, finish := range []jsontext.Value{choice.DoneReason, choice.StopReason, choice.Finish} {
		if text := Text(finish); text != "" {
			a.Finish = text
		}
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

	// Of interfaces that are not OpenAI's: Gemini's parts and its mark of reasoning, and
	// the arguments of tool calls of Anthropic, Bedrock and Gemini.
	Parts        jsontext.Value `json:"parts"`
	Thought      jsontext.Value `json:"thought"`
	Input        jsontext.Value `json:"input"`
	ToolUse      *toolInput     `json:"tool_use"`
	FunctionCall *toolInput     `json:"function_call"`
}

// empty reports whether nothing of a part is known: it is an object that is the content.
func (p *contentPart) empty() bool {
	return p.Type == nil && p.Text == nil && p.Parts == nil && p.ToolUse == nil && p.FunctionCall == nil && p.JSON == nil
}

type toolInput struct {
	Input jsontext.Value `json:"input"`
	Args  jsontext.Value `json:"args"`
}

// addContent takes a content: a text, a list of parts, or the object itself.
func (a *Answer) addContent(value jsontext.Value) {
	switch value.Kind() {
	case '"':
		a.Content += Text(value)
	case '{':
		var part contentPart
		switch items := itemsOf(value); {
		case items != nil:
			for _, item := range items {
				a.addItem(item)
			}
		case json.Unmarshal(value, &part, Lenient) == nil && (part.Text.Kind() == '"' || part.Parts.Kind() == '['):
			a.addPart(part)
		default:
			a.Content += string(value)
		}
	case '[':
		for _, item := range itemsOf(value) {
			a.addItem(item)
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
	case part.empty() && item.Kind() == '{':
		a.Content += string(item)
	default:
		a.addPart(part)
	}
}

func (a *Answer) addPart(part contentPart) {
	a.Refusal += Text(part.Refusal)
	kind := Text(part.Type)
	switch {
	case strings.Contains(kind, "think"), strings.Contains(kind, "reason"), part.Thought.Kind() == 't':
		a.Reasoning += Text(part.Text) + Text(part.Thinking)
	case part.Parts.Kind() == '[':
		a.addContent(part.Parts)
	case strings.Contains(kind, "tool") && part.Input.Kind() == '{':
		a.Calls = append(a.Calls, string(part.Input))
	case part.ToolUse != nil && part.ToolUse.Input.Kind() == '{':
		a.Calls = append(a.Calls, string(part.ToolUse.Input))
	case part.FunctionCall != nil && part.FunctionCall.Args.Kind() == '{':
		a.Calls = append(a.Calls, string(part.FunctionCall.Args))
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
	items := itemsOf(value)
	if items == nil && value.Kind() == '{' {
		items = []jsontext.Value{value}
	}
	for _, item := range items {
		var call toolCall
		if json.Unmarshal(item, &call, Lenient) != nil {
			continue
		}
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
