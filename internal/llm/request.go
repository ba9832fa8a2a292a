package llm

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
)

// question is what an endpoint is asked.
type question interface {
	Schema() string // of the answer
	Prompt(layout prompt.Layout) prompt.Prompt
}

// modelRequest is a question in the form in which one endpoint is asked.
type modelRequest struct {
	prompt.Prompt
	form requestForm
}

// newRequest puts q to ep in the given form.
func newRequest(ep *endpoint, q question, form requestForm) *modelRequest {
	layout := prompt.Layout{Unbounded: form.unbounded, System: form.system, Window: ep.ContextTokens - templateTokens}
	if form.thinking {
		layout.Reasoning = reasoningTokens
	}
	r := &modelRequest{form: form, Prompt: q.Prompt(layout)}
	for _, limit := range []int{form.cap, form.room} {
		if limit > 0 {
			r.OutputTokens = min(r.OutputTokens, limit)
		}
	}
	return r
}

// sent returns the parts of r that an error is read against.
func (r *modelRequest) sent() modelserver.Sent {
	asked := modelserver.Sent{Input: r.InputTokens(), Output: r.OutputTokens}
	for _, message := range r.Messages {
		asked.Texts = append(asked.Texts, message.Content)
	}
	return asked
}

// samplingParameters ask for the likeliest answer.
const samplingParameters = `"temperature":0`

// body returns r as it is sent.
func (r *modelRequest) body(model string) []byte {
	size := len(r.Schema) + 256
	for _, message := range r.Messages {
		size += len(message.Content) + len(message.Content)/16
	}
	b := make([]byte, 0, size)
	b = append(b, '{')
	if r.form.temperature {
		b = append(b, samplingParameters...)
		b = append(b, ',')
	}
	if r.form.capName != capNone {
		b = append(b, '"')
		b = append(b, r.form.capName...)
		b = append(b, `":`...)
		b = strconv.AppendInt(b, int64(r.OutputTokens), 10)
		b = append(b, ',')
	}
	switch r.form.format {
	case StructuredSchema:
		b = append(b, `"response_format":{"type":"json_schema","json_schema":{"name":"article_analysis","strict":true,"schema":`...)
		b = append(b, r.Schema...)
		b = append(b, `}},`...)
	case StructuredObject:
		b = append(b, `"response_format":{"type":"json_object"},`...)
	}
	b = appendString(append(b, `"model":`...), model)
	b = append(b, `,"messages":`...)
	separator := byte('[')
	for _, message := range r.Messages {
		b = append(b, separator)
		b = appendString(append(b, `{"role":`...), message.Role)
		b = appendString(append(b, `,"content":`...), message.Content)
		b = append(b, '}')
		separator = ','
	}
	return append(b, `]}`...)
}

// appendString appends text as a string of JSON.
func appendString(b []byte, text string) []byte {
	quoted, err := jsontext.AppendQuote(b, text)
	if err != nil {
		quoted, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(text, "\ufffd"))
	}
	return quoted
}
