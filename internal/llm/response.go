package llm

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// This file is the one place that reads a response. It reads choices, finish reason and
// usage in whatever types they come, and nothing else: what a server makes of times and
// ids must not cost an answer that is paid for.

// completion is what a call brought back.
type completion struct {
	content string
	usage   summarizer.Usage
	fault   *answerFault // set when the model ended without a usable answer
	cut     bool         // the answer ended at its maximum length

	// What the endpoint says that it was; not to be trusted.
	model, finish string

	called bool // false when no call was made
	began  time.Time
	took   time.Duration

	// accepted says that the endpoint got the request and did not refuse it.
	accepted bool
}

// complete makes one call.
func (ep *endpoint) complete(ctx context.Context, r *modelRequest) (completion, *callFailure) {
	call, cancel := context.WithTimeout(ctx, ep.Timeout)
	defer cancel()
	seen := exchange{request: r.body(ep.Model), outputTokens: r.outputTokens, messages: r.messages}
	_, err := ep.client.CreateChatCompletion(withExchange(call, &seen), openai.ChatCompletionRequest{Model: ep.Model})
	answer := completion{accepted: seen.accepted()}
	got := &seen.answer
	// An endpoint may say anything. A call takes at most a token for each byte that was
	// sent and for what a chat template adds, and as much output as it was allowed:
	// that is what budgets, metrics and replies count.
	answer.usage = ep.usage(
		int(min(max(got.inputTokens, 0), float64(seen.bytes+templateTokens))),
		int(min(max(got.outputTokens, 0), float64(r.outputTokens))))
	answer.usage.CachedInputTokens = int(min(max(got.cachedTokens, 0), float64(answer.usage.InputTokens)))
	answer.model, answer.finish = got.model, got.finish
	switch {
	case errors.Is(err, errOversize) && ctx.Err() == nil:
		answer.fault = faultTooLarge
		return answer, nil
	case err != nil:
		return answer.orFailure(classify(ctx, call, &seen, err))
	case got.err != nil:
		return answer.orFailure(classifyError(cmp.Or(got.err.status(), http.StatusOK), got.err, r.outputTokens))
	case !got.chosen:
		return answer, unavailable(FailureProtocol, errors.New("the response holds no choices"))
	}
	return got.judge(answer)
}

// orFailure returns f, or an answer without content where f says that the model wrote
// no JSON: it is repaired like any other bad answer.
func (c completion) orFailure(f *callFailure) (completion, *callFailure) {
	switch {
	case f.kind != FailureAnswer:
		return c, f
	case cutWords.in(strings.ToLower(f.said)):
		c.cut, c.fault = true, faultTruncated
	default:
		c.fault = faultNotJSON
	}
	return c, nil
}

// usage returns tokens with their cost. A dollar per million tokens is a
// micro-dollar per token; fractions are rounded up.
func (ep *endpoint) usage(in, out int) summarizer.Usage {
	return summarizer.Usage{
		InputTokens:  in,
		OutputTokens: out,
		CostMicroUSD: int64(math.Ceil(float64(in)*ep.InputPrice + float64(out)*ep.OutputPrice)),
	}
}

// judge says what came of the answer.
func (a *serverAnswer) judge(answer completion) (completion, *callFailure) {
	finish := strings.ToLower(a.finish)
	switch {
	case filteredFinish.MatchString(finish), strings.TrimSpace(a.refusal) != "":
		return answer, refused(nil)
	case len(a.calls) == 1 && !strings.Contains(a.content, "{"):
		answer.content = a.calls[0]
	case strings.TrimSpace(a.content) == "" && strings.Contains(a.reasoning, "{"):
		answer.content = a.reasoning
	default:
		answer.content = a.content
	}
	answer.cut = cutFinish.MatchString(finish)
	switch {
	case refuses(answer.content):
		return answer, refused(nil)
	case findObject(answer.content) != nil:
		return answer, nil
	case failedFinish.MatchString(finish):
		return answer, unavailable(FailureServer, errors.New("the endpoint ended the answer with an error"))
	case windowFinish.MatchString(finish):
		return answer, overflowed(errors.New("the context window ended before the answer"))
	case answer.cut:
		answer.fault = faultTruncated
	case len(a.calls) > 0:
		answer.fault = faultToolCall
	case strings.TrimSpace(answer.content) == "":
		answer.fault = faultEmpty
	}
	return answer, nil
}

// The ends of answers, by what they mean, whatever a server calls them.
var (
	filteredFinish = regexp.MustCompile(`content[_-]?filter|safety|toxic|harm|prohibited|recitation|block|spii|refus|guardrail|sensitive|moderat|polic|violat|censor`)
	windowFinish   = regexp.MustCompile(`context_window|context_length|model_length`)
	cutFinish      = regexp.MustCompile(`length|max_?(?:output_?|completion_?)?tokens`)
	failedFinish   = regexp.MustCompile(`error|abort|cancel|fail|timeout|overload|insufficient`)
)

// excuse matches an answer in which a model refuses in prose.
var excuse = regexp.MustCompile(`(?i)^\W*(?:(?:unfortunately|regrettably|no),? )?(?:` + strings.Join([]string{
	`i['’]?m (?:very |so |really )?sorry`, `i am sorry`, `sorry`, `(?:i|my) apolog(?:i[sz]e|ies)`, `as an ai`,
	`i (?:must |have to |will have to )?(?:respectfully )?(?:cannot|can['’]?t|can not|won['’]?t|will not|decline|refuse)`,
	`i['’]?(?: a)?m (?:not (?:able|comfortable|going|allowed|permitted)|unable)`,
	`es tut mir leid`, `leider kann ich`, `(?:je suis |nous sommes )?désolée?s?`, `je ne peux pas`, `lo siento`, `no puedo`, `mi dispiace`, `non posso`,
	`desculpe`, `sinto muito`, `lamento`, `não posso`, `het spijt me`, `helaas kan ik`, `przykro mi`, `przepraszam`, `к сожалению`, `извините`, `üzgünüm`,
}, "|") + `)(?:[^\pL]|$)|^\W*(?:(?:很|非常)?抱歉|对不起|對不起|我无法|我不能|申し訳|죄송|عذر|آسف|لا يمكنني)`)

// maxExcuse is the length up to which prose is taken for a refusal.
const maxExcuse = 400

// refuses reports whether content is a refusal in prose, or an object that holds nothing
// else.
func refuses(content string) bool {
	if ends := endOfReasoning.FindAllStringIndex(content, -1); ends != nil {
		content = content[ends[len(ends)-1][1]:]
	}
	if len(content) > maxExcuse {
		return false
	}
	value := findObject(content)
	for value.Kind() == '{' {
		var members map[string]jsontext.Value
		if json.Unmarshal(value, &members, lenient) != nil || len(members) != 1 {
			break
		}
		for _, value = range members {
			content = textOf(value)
		}
	}
	return excuse.MatchString(content)
}

// serverAnswer is what is read of a chat completion.
type serverAnswer struct {
	model  string
	chosen bool // there is a choice

	content, reasoning, refusal string
	calls                       []string // the arguments of tool calls
	finish                      string

	inputTokens, cachedTokens, outputTokens float64

	err *serverError // that came in place of an answer
}

// lenient lets pass what tells nothing of an answer: models repeat names, and halves
// of surrogate pairs become the replacement character, which no summary may hold.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

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

// readAnswer reads the body of a response with a good status: JSON, with whatever a
// server puts around it, or a stream of events in its place.
func readAnswer(body []byte, sent []openai.ChatCompletionMessage) (a serverAnswer) {
	for _, value := range payloads(body) {
		if value.Kind() == '[' { // Google lists one
			var items []jsontext.Value
			if json.Unmarshal(value, &items, lenient) != nil || len(items) == 0 {
				continue
			}
			value = items[0]
		}
		a.add(value, sent)
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
			decoder := jsontext.NewDecoder(bytes.NewBuffer(rest), lenient)
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

// add takes one JSON value, a whole response or a piece of a stream.
func (a *serverAnswer) add(value jsontext.Value, sent []openai.ChatCompletionMessage) {
	var body responseBody
	if json.Unmarshal(value, &body, lenient) != nil {
		return
	}
	if model := textOf(body.Model); model != "" {
		a.model = model
	}
	a.addUsage(body.Usage)
	choices := choicesOf(body, value)
	if len(choices) == 0 {
		if inner := wrapped(value); inner != nil {
			a.add(inner, sent)
			return
		}
		if e := readError(value, sent); holdsError(value) && strings.TrimSpace(e.words) != "" {
			a.err = e
		}
		return
	}
	for _, choice := range choices {
		if a.content != "" && choice.Message.Kind() != 0 {
			break // the first that says something
		}
		a.addChoice(choice, sent)
	}
}

// choicesOf returns the choices of a body, of which some servers give one without a list,
// or without naming it.
func choicesOf(body responseBody, value jsontext.Value) []responseChoice {
	switch choices, one := []responseChoice(nil), (responseChoice{}); {
	case body.Choices.Kind() == '[' && json.Unmarshal(body.Choices, &choices, lenient) == nil:
		return choices
	case body.Choices.Kind() == '{' && json.Unmarshal(body.Choices, &one, lenient) == nil:
		return []responseChoice{one}
	case body.Choices == nil && json.Unmarshal(value, &one, lenient) == nil && one.Message.Kind() == '{':
		return []responseChoice{one}
	}
	return nil
}

// wrapped returns the response that a gateway has put under a name of its own; nil when
// there is none.
func wrapped(value jsontext.Value) jsontext.Value {
	var members map[string]jsontext.Value
	if json.Unmarshal(value, &members, lenient) != nil {
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

func (a *serverAnswer) addChoice(choice responseChoice, sent []openai.ChatCompletionMessage) {
	a.chosen = true
	if finish := textOf(choice.Finish); finish != "" {
		a.finish = finish
	}
	if kind := choice.Error.Kind(); kind == '{' || kind == '"' {
		a.err = readError(slices.Concat([]byte(`{"error":`), choice.Error, []byte(`}`)), sent)
	}
	a.content += textOf(choice.Text)
	for _, part := range []jsontext.Value{choice.Message, choice.Delta} {
		var message responseMessage
		if part.Kind() != '{' || json.Unmarshal(part, &message, lenient) != nil {
			continue
		}
		a.addContent(message.Content)
		if a.content == "" && message.Parsed.Kind() == '{' {
			a.content = string(message.Parsed)
		}
		a.refusal += textOf(message.Refusal)
		for _, thought := range []jsontext.Value{message.ReasoningContent, message.Reasoning, message.Thinking, message.ReasoningDetails} {
			if text := textOf(thought); text != "" {
				a.reasoning += text
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
func (a *serverAnswer) addContent(value jsontext.Value) {
	switch value.Kind() {
	case '"':
		a.content += textOf(value)
	case '{':
		var part contentPart
		if json.Unmarshal(value, &part, lenient) == nil && part.Text.Kind() == '"' {
			a.addPart(part)
			return
		}
		a.content += string(value)
	case '[':
		var items []jsontext.Value
		if json.Unmarshal(value, &items, lenient) == nil {
			for _, item := range items {
				a.addItem(item)
			}
		}
	}
}

// addItem takes one item of a list of parts.
func (a *serverAnswer) addItem(item jsontext.Value) {
	var part contentPart
	switch {
	case item.Kind() == '"':
		a.content += textOf(item)
	case json.Unmarshal(item, &part, lenient) != nil:
	case part.Type == nil && part.Text == nil && item.Kind() == '{':
		a.content += string(item)
	default:
		a.addPart(part)
	}
}

func (a *serverAnswer) addPart(part contentPart) {
	a.refusal += textOf(part.Refusal)
	kind := textOf(part.Type)
	switch {
	case strings.Contains(kind, "think"), strings.Contains(kind, "reason"):
		a.reasoning += textOf(part.Text) + textOf(part.Thinking)
	case part.JSON.Kind() == '{':
		a.content += string(part.JSON)
	case part.Text.Kind() == '{':
		var text contentPart
		if json.Unmarshal(part.Text, &text, lenient) == nil {
			a.content += textOf(text.Value)
		}
	default:
		a.content += textOf(part.Text)
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
func (a *serverAnswer) addCalls(value jsontext.Value) {
	var calls []toolCall
	if value.Kind() == '{' {
		value = slices.Concat([]byte(`[`), value, []byte(`]`))
	}
	if value.Kind() != '[' || json.Unmarshal(value, &calls, lenient) != nil {
		return
	}
	for _, call := range calls {
		value := call.Function.Arguments
		if value == nil {
			value = call.Function.Parameters
		}
		arguments := textOf(value)
		if value.Kind() == '{' {
			arguments = string(value)
		}
		if i := numberOf(call.Index); call.Index != nil && i >= 0 && i < float64(len(a.calls)) {
			a.calls[int(i)] += arguments
			continue
		}
		a.calls = append(a.calls, arguments)
	}
}

// addUsage takes a usage. Of a stream the last counts.
func (a *serverAnswer) addUsage(value jsontext.Value) {
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
	if value.Kind() != '{' || json.Unmarshal(value, &usage, lenient) != nil {
		return
	}
	a.inputTokens = max(numberOf(usage.Prompt), numberOf(usage.Input))
	a.outputTokens = max(numberOf(usage.Completion), numberOf(usage.Output))
	a.cachedTokens = max(numberOf(usage.CacheHit), numberOf(usage.CacheRead),
		cachedTokensOf(usage.PromptDetails), cachedTokensOf(usage.InputDetails))
}

// cachedTokensOf returns the cached tokens of the details of a usage.
func cachedTokensOf(value jsontext.Value) float64 {
	var details struct {
		Cached jsontext.Value `json:"cached_tokens"`
	}
	if value.Kind() != '{' || json.Unmarshal(value, &details, lenient) != nil {
		return 0
	}
	return numberOf(details.Cached)
}

// textOf returns the text of a string, or those of a list of texts or parts; "" of all
// else.
func textOf(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil && len(text) == 0 {
			return ""
		}
		return string(text)
	case '[':
		var parts serverAnswer
		parts.addContent(value)
		return parts.content + parts.reasoning
	}
	return ""
}

// numberOf returns a number, or one in quotes; 0 for all else.
func numberOf(value jsontext.Value) float64 {
	text := string(value)
	if value.Kind() == '"' {
		text = textOf(value)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n {
		return 0
	}
	return n
}
