package llmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Behavior is one way in which a model server that users have differs from the others,
// and the expected outcome. The texts are in the manner of the server, not its own.
type Behavior struct {
	Kind   string
	Server string // in whose manner
	Does   string // what the server does

	// Response answers each request for the article that stands out. Requests for
	// others, which are short and harmless, are answered by Others, or by Response
	// where that is nil.
	Response Response
	Others   Response

	Long bool // the article that stands out is one of 24 KB

	// The expected result of the article that stands out: the reason why there is no answer,
	// empty when there is one, and the number of requests in all; 0 means 1, and Several
	// any number above.
	Reason   string
	Requests int

	// Next is the number of requests for a harmless article that comes after it; 0
	// means 1, and None none. It is answered unless NextReason says otherwise.
	Next       int
	NextReason string

	// Sent reports whether the last request for the article that stands out was as it
	// should be; nil asks for nothing.
	Sent func(Chat) bool
}

// Numbers of requests that are none.
const (
	Several = -1
	None    = -2
)

// Mark is a word of every article that stands out, and of no other.
const Mark = "Quillhaven"

// Marked reports whether the request is about the article that stands out.
func (c Chat) Marked() bool {
	for _, m := range c.Messages {
		if strings.Contains(m.Content, Mark) {
			return true
		}
	}
	return false
}

// Serve is the response of the server to any request.
func (b Behavior) Serve(w http.ResponseWriter, r *Call) {
	if b.Others != nil && !r.Chat().Marked() {
		b.Others(w, r)
		return
	}
	b.Response(w, r)
}

// The kinds of behaviors.
const (
	KindUsable   = "a usable answer"
	KindEnvelope = "the response around it"
	KindNative   = "an interface that is not OpenAI's"
	KindFormat   = "the format is refused"
	KindPart     = "a parameter is refused"
	KindRefusal  = "a refusal"
	KindTooLong  = "too long"
	KindLimit    = "limits and money"
	KindPassing  = "a fault that may pass"
	KindFault    = "a fault that stays"
	KindCut      = "cut by length"
	KindEcho     = "an error that repeats the request"
)

// obedient returns the content of an obedient answer to r.
func obedient(r *Call) string {
	var body struct {
		Choices []struct{ Message Message } `json:"choices"`
	}
	if err := json.Unmarshal(obedientBody(r), &body); err != nil {
		panic(err)
	}
	return body.Choices[0].Message.Content
}

// quoted returns text as a string of JSON.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// writes answers with an obedient content as change rewrites it.
func writes(change func(content string) string) Response {
	return func(w http.ResponseWriter, r *Call) { Content(change(obedient(r)))(w, r) }
}

// numberedLists returns content with objects whose names are numbers in place of the lists
// of sentences and topics.
func numberedLists(content string) string {
	var answer map[string][]json.RawMessage
	if err := json.Unmarshal([]byte(content), &answer); err != nil {
		panic(err)
	}
	numbered := make(map[string]map[int]json.RawMessage)
	for feature, items := range answer {
		numbered[feature] = make(map[int]json.RawMessage)
		for i, item := range items {
			numbered[feature][i] = item
		}
	}
	b, err := json.Marshal(numbered)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// around writes text before and after an obedient content.
func around(before, after string) Response {
	return writes(func(c string) string { return before + c + after })
}

// shaped answers with a body in which %s stands for an obedient content as a string of
// JSON.
func shaped(body string) Response {
	return func(w http.ResponseWriter, r *Call) {
		writeJSON(w, http.StatusOK, []byte(strings.ReplaceAll(body, "%s", quoted(obedient(r)))))
	}
}

// message answers with a message of the given members.
func message(members string) Response {
	return shaped(`{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",` + members + `}}],"usage":{"prompt_tokens":900,"completion_tokens":80}}`)
}

// says answers with a status and a body.
func says(status int, body string) Response { return Status(status, body) }

// unless refuses requests that test holds for, and obeys others.
func unless(test func(Chat) bool, refuse Response) Response {
	return func(w http.ResponseWriter, r *Call) {
		if test(r.Chat()) {
			refuse(w, r)
			return
		}
		Obey()(w, r)
	}
}

// Tests of requests.
func byFormat(c Chat) bool { return c.ResponseFormat != nil }

func bySchema(c Chat) bool { return c.ResponseFormat != nil && c.ResponseFormat.Type == "json_schema" }

func byBounds(c Chat) bool {
	return bySchema(c) && strings.Contains(string(c.ResponseFormat.JSONSchema.Schema), "maxItems")
}
func byTemperature(c Chat) bool { return c.Temperature != nil }
func byMaxTokens(c Chat) bool   { return c.MaxTokens > 0 }
func byOtherCap(c Chat) bool    { return c.MaxCompletionTokens > 0 }
func byCap(c Chat) bool         { return c.MaxTokens > 0 || c.MaxCompletionTokens > 0 }
func bySystem(c Chat) bool      { return len(c.Messages) > 0 && c.Messages[0].Role == "system" }
func not(test func(Chat) bool) func(Chat) bool {
	return func(c Chat) bool { return !test(c) }
}

func over(tokens int) func(Chat) bool {
	return func(c Chat) bool { return max(c.MaxTokens, c.MaxCompletionTokens) > tokens }
}

// byLength holds for articles of more than 12 KB.
func byLength(c Chat) bool { _, text, _ := c.Article(); return len(text) > 12<<10 }

func objectForm(c Chat) bool { return byFormat(c) && !bySchema(c) }
func promptForm(c Chat) bool { return !byFormat(c) }

// overflow refuses articles of more than 12 KB.
func overflow(status int, body string) Response { return unless(byLength, says(status, body)) }

// echoing answers with a status and a body in which %s stands for the article as a
// string of JSON.
func echoing(status int, body string) Response {
	return func(w http.ResponseWriter, r *Call) {
		_, text, _ := r.Chat().Article()
		writeJSON(w, status, []byte(strings.ReplaceAll(body, "%s", quoted(text))))
	}
}

// inTurn gives one response after the other, and the last to all that follow.
func inTurn(responses ...Response) Response {
	next := make(chan int, 1)
	next <- 0
	return func(w http.ResponseWriter, r *Call) {
		i := <-next
		next <- min(i+1, len(responses)-1)
		responses[i](w, r)
	}
}

// cutOff cuts an obedient content at half unless the request allows that many tokens.
func cutOff(tokens int) Response {
	return func(w http.ResponseWriter, r *Call) {
		c := obedient(r)
		if over(tokens - 1)(r.Chat()) {
			Content(c)(w, r)
			return
		}
		Complete(Completion{Content: c[:len(c)/2], FinishReason: "length"})(w, r)
	}
}

// stream answers with the events of a stream, of which each carries one member of
// choices[0].
func stream(events ...string) Response {
	return func(w http.ResponseWriter, r *Call) {
		var b strings.Builder
		for _, event := range events {
			b.WriteString("data: " + strings.ReplaceAll(event, "%s", quoted(obedient(r))) + "\n\n")
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte(b.String() + "data: [DONE]\n\n"))
	}
}

// halves answers with a stream that brings an obedient content in two pieces.
func halves() Response {
	return func(w http.ResponseWriter, r *Call) {
		c := obedient(r)
		half := len(c) / 2
		for half > 0 && c[half]&0xc0 == 0x80 {
			half--
		}
		stream(
			`{"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`,
			`{"choices":[{"index":0,"delta":{"content":`+quoted(c[:half])+`}}]}`,
			`{"choices":[{"index":0,"delta":{"content":`+quoted(c[half:])+`}}]}`,
			`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
			`{"choices":[],"usage":{"prompt_tokens":900,"completion_tokens":80}}`,
		)(w, r)
	}
}

// fails is an error object as OpenAI sends it.
func fails(status int, message, kind, code string) Response {
	c := "null"
	if code != "" {
		c = quoted(code)
		if _, err := strconv.Atoi(code); err == nil {
			c = code
		}
	}
	return says(status, fmt.Sprintf(`{"error":{"message":%s,"type":%s,"param":null,"code":%s}}`, quoted(message), quoted(kind), c))
}

// responseWriter keeps the rows of the table short.
type responseWriter = http.ResponseWriter

func replaceAll(text, from, to string) string { return strings.ReplaceAll(text, from, to) }
