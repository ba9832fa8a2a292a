package llmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

var discardLog = log.New(io.Discard, "", 0)

// Response answers one request. It may panic with http.ErrAbortHandler to cut the
// connection.
type Response func(w http.ResponseWriter, r *Call)

// Answer is an answer of a model, in the shape that the schema asks for. A nil
// part is left out of the JSON.
type Answer struct {
	Summary []SummaryItem `json:"summary,omitzero"`
	Topics  []TopicItem   `json:"topics,omitzero"`
}

// SummaryItem is one sentence of a summary, with passages that support it.
type SummaryItem struct {
	Text   string   `json:"text"`
	Quotes []string `json:"quotes"`
}

// TopicItem is one topic label.
type TopicItem struct {
	ID         string   `json:"id"`
	Confidence float64  `json:"confidence"`
	Quotes     []string `json:"quotes"`
}

// Sentences makes sentences without quotes.
func Sentences(texts ...string) []SummaryItem {
	sentences := make([]SummaryItem, len(texts))
	for i, text := range texts {
		sentences[i] = SummaryItem{Text: text, Quotes: []string{}}
	}
	return sentences
}

// Topics makes topics of confidence 0.9 without quotes. With no ids it is the
// empty list, which is an answer too.
func Topics(ids ...string) []TopicItem {
	topics := make([]TopicItem, len(ids))
	for i, id := range ids {
		topics[i] = TopicItem{ID: id, Confidence: 0.9, Quotes: []string{}}
	}
	return topics
}

// Content returns the JSON that a model writes for a.
func (a Answer) Content() string {
	content, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return string(content)
}

// Obey answers as an obedient model does: with the first sentences of the
// article's text, each quoted, as many as are allowed, and with the first of
// the topics offered. Only what is asked is answered. Given ids, the offered
// ones among them are the topics.
func Obey(topics ...string) Response {
	return func(w http.ResponseWriter, r *Call) {
		chat := r.Chat()
		_, text, ok := chat.Article()
		if !ok {
			Content("I see no article.")(w, r)
			return
		}
		var answer Answer
		sentences := split(text)
		if chat.WantsSummary() {
			answer.Summary = []SummaryItem{}
			for _, s := range sentences[:min(len(sentences), chat.MaxSentences())] {
				answer.Summary = append(answer.Summary, SummaryItem{Text: s, Quotes: []string{s}})
			}
		}
		if offered := chat.Topics(); offered != nil {
			answer.Topics = []TopicItem{}
			for i, id := range choose(offered, topics) {
				answer.Topics = append(answer.Topics, TopicItem{
					ID: id, Confidence: 0.95 - 0.05*float64(i), Quotes: sentences[:min(len(sentences), 1)],
				})
			}
		}
		Content(answer.Content())(w, r)
	}
}

// choose returns the wanted ids that are offered, or the first offered when
// none is wanted.
func choose(offered, wanted []string) []string {
	if len(wanted) == 0 {
		return offered[:1]
	}
	var chosen []string
	for _, id := range wanted {
		for _, o := range offered {
			if id == o {
				chosen = append(chosen, id)
			}
		}
	}
	return chosen
}

var sentenceEnd = regexp.MustCompile(`[.!?]["”’)]*\s+["“‘(]?\p{Lu}`)

// split cuts the first sentences of text off, roughly: paragraphs without a
// full stop, such as headlines, are left out.
func split(text string) []string {
	var sentences []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		paragraph = strings.TrimSpace(paragraph)
		if !strings.ContainsAny(paragraph, ".!?。") {
			continue
		}
		for {
			loc := sentenceEnd.FindStringIndex(paragraph)
			if loc == nil {
				break
			}
			end := loc[0] + strings.IndexFunc(paragraph[loc[0]:], func(r rune) bool { return r == ' ' || r == '\t' })
			sentences = append(sentences, paragraph[:end])
			paragraph = strings.TrimSpace(paragraph[end:])
		}
		sentences = append(sentences, paragraph)
		if len(sentences) >= 16 {
			break
		}
	}
	if len(sentences) == 0 {
		sentences = append(sentences, strings.TrimSpace(text))
	}
	return sentences
}

// Give answers with a.
func Give(a Answer) Response { return Content(a.Content()) }

// GiveAsked answers with those parts of a that are asked, as a repair asks for
// less than the question before it.
func GiveAsked(a Answer) Response {
	return func(w http.ResponseWriter, r *Call) {
		chat, asked := r.Chat(), a
		if !chat.WantsSummary() {
			asked.Summary = nil
		}
		if chat.Topics() == nil {
			asked.Topics = nil
		}
		Give(asked)(w, r)
	}
}

// Content answers with a finished message of the given content.
func Content(content string) Response {
	return Complete(Completion{Content: content})
}

// Completion is a chat completion response with one choice.
type Completion struct {
	Content      string
	Refusal      string
	FinishReason string // "stop" when empty
	ToolCall     string // name of a function to call; empty for none

	// Tokens counted; 0 means a quarter of the bytes.
	InputTokens, CachedTokens, OutputTokens int
}

// Complete answers with c.
func Complete(c Completion) Response {
	return func(w http.ResponseWriter, r *Call) {
		writeJSON(w, http.StatusOK, c.body(r))
	}
}

func (c Completion) body(r *Call) []byte {
	message := map[string]any{"role": "assistant", "content": c.Content}
	if c.Refusal != "" {
		message["refusal"], message["content"] = c.Refusal, nil
	}
	if c.ToolCall != "" {
		message["content"] = nil
		message["tool_calls"] = []any{map[string]any{
			"id": "call_1", "type": "function", "function": map[string]any{"name": c.ToolCall, "arguments": "{}"},
		}}
	}
	if c.FinishReason == "" {
		c.FinishReason = "stop"
	}
	if c.InputTokens == 0 {
		c.InputTokens = len(r.Body) / 4
	}
	if c.OutputTokens == 0 {
		c.OutputTokens = len(c.Content) / 4
	}
	body, err := json.Marshal(map[string]any{
		"id": fmt.Sprintf("chatcmpl-%d", r.Number), "object": "chat.completion", "created": 1700000000,
		"model":   r.Chat().Model,
		"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": c.FinishReason}},
		"usage": map[string]any{
			"prompt_tokens": c.InputTokens, "completion_tokens": c.OutputTokens, "total_tokens": c.InputTokens + c.OutputTokens,
			"prompt_tokens_details": map[string]any{"cached_tokens": c.CachedTokens},
		},
	})
	if err != nil {
		panic(err)
	}
	return body
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Status answers with a status and a body, and with headers given as pairs of
// name and value.
func Status(status int, body string, headers ...string) Response {
	return func(w http.ResponseWriter, _ *Call) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		writeJSON(w, status, []byte(body))
	}
}

// Error answers with a status and an error object as OpenAI sends it. Code is
// any JSON value.
func Error(status int, code any, message string, headers ...string) Response {
	body, err := json.Marshal(map[string]any{"error": map[string]any{
		"message": message, "type": "invalid_request_error", "param": nil, "code": code,
	}})
	if err != nil {
		panic(err)
	}
	return Status(status, string(body), headers...)
}

// WithoutStructuredOutput refuses requests that ask for structured output, as
// servers do that do not know it, and gives reply to all others.
func WithoutStructuredOutput(reply Response) Response {
	refuse := Error(http.StatusBadRequest, nil, "response_format is not supported by this model")
	return func(w http.ResponseWriter, r *Call) {
		if r.Chat().ResponseFormat != nil {
			refuse(w, r)
			return
		}
		reply(w, r)
	}
}

// Hang sends nothing until the client leaves; released, it obeys.
func Hang() Response {
	return func(w http.ResponseWriter, r *Call) {
		select {
		case <-r.ctx.Done():
		case <-r.server.released:
			Obey()(w, r)
		}
	}
}

// HangMidBody sends the headers and half of an obedient answer and then nothing
// until the client leaves or the server is released.
func HangMidBody() Response {
	return func(w http.ResponseWriter, r *Call) {
		body := obedientBody(r)
		writeJSON(w, http.StatusOK, body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.ctx.Done():
		case <-r.server.released:
			_, _ = w.Write(body[len(body)/2:])
		}
	}
}

// Drip sends an obedient answer byte by byte, with a pause before each; once
// released, the rest at once.
func Drip(pause time.Duration) Response {
	return func(w http.ResponseWriter, r *Call) {
		w.Header().Set("Content-Type", "application/json")
		flush := http.NewResponseController(w).Flush
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for _, c := range obedientBody(r) {
			select {
			case <-r.ctx.Done():
				return
			case <-tick.C:
			case <-r.server.released:
			}
			_, _ = w.Write([]byte{c})
			_ = flush()
		}
	}
}

// Cut sends half of an obedient answer and closes the connection.
func Cut() Response {
	return func(w http.ResponseWriter, r *Call) {
		body := obedientBody(r)
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		writeJSON(w, http.StatusOK, body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Reset resets the connection before any header.
func Reset() Response {
	return func(w http.ResponseWriter, _ *Call) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset instead of an orderly end
		}
		_ = conn.Close()
	}
}

// After waits before it replies.
func After(pause time.Duration, reply Response) Response {
	return func(w http.ResponseWriter, r *Call) {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-r.ctx.Done():
			return
		case <-timer.C:
		}
		reply(w, r)
	}
}

// When waits for gate to be closed before it replies.
func When(gate <-chan struct{}, reply Response) Response {
	return func(w http.ResponseWriter, r *Call) {
		select {
		case <-r.ctx.Done():
			return
		case <-r.server.released:
		case <-gate:
		}
		reply(w, r)
	}
}

// obedientBody returns the body with which Obey answers.
func obedientBody(r *Call) []byte {
	recorder := newRecorder()
	Obey()(recorder, r)
	return recorder.body
}

// recorder keeps the body that a reply writes.
type recorder struct {
	header http.Header
	body   []byte
}

func newRecorder() *recorder { return &recorder{header: make(http.Header)} }

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
}

func (r *recorder) WriteHeader(int) {}
