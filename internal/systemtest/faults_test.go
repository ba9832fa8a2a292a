package systemtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// fault is one way in which a language model or the way to it goes wrong.
type fault struct {
	name  string
	reply llmtest.Response          // of every call
	url   func(t *testing.T) string // of an endpoint that no reply describes

	// Why the model does not answer; empty where the fault leaves it an answer.
	summary, topics string

	// prepare changes the request to one that the fault shows in.
	prepare func(*summarizerv1.AnalyzeArticleRequest)
}

// both is a fault that concerns the whole answer.
func both(name, reason string, reply llmtest.Response) fault {
	return fault{name: name, reply: reply, summary: reason, topics: reason}
}

// canary stands in every article of these tests. No line, metric, span or error
// may hold it.
const canary = "Ostrava Quillmere"

// echo is the message of an endpoint that quotes its request, as many do.
const echo = "cannot work on: The pilot " + canary + " met the harbour council."

// faults returns all of them, each as it looks on the wire.
func faults() []fault {
	const (
		misconfigured = "LLM_MISCONFIGURED"
		unavailable   = "LLM_UNAVAILABLE"
		limited       = "LLM_RATE_LIMITED"
		timeout       = "LLM_TIMEOUT"
		refused       = "LLM_REFUSED"
		invalid       = "LLM_OUTPUT_INVALID"
		overflow      = "LLM_CONTEXT_OVERFLOW"
	)
	good := llmtest.Answer{
		Summary: llmtest.Sentences("The pilot " + canary + " met the harbour council."),
		Topics:  llmtest.Topics("labour"),
	}
	content := good.Content()
	withSummary := func(text string) llmtest.Response {
		return llmtest.GiveAsked(llmtest.Answer{Summary: llmtest.Sentences(text), Topics: good.Topics})
	}
	unreachable := func(name string, url func(*testing.T) string) fault {
		return fault{name: name, url: url, summary: unavailable, topics: unavailable}
	}
	return []fault{
		both("401", misconfigured, llmtest.Error(401, "invalid_api_key", echo)),
		both("403", misconfigured, llmtest.Error(403, nil, echo)),
		both("404 model", misconfigured, llmtest.Error(404, "model_not_found", echo)),
		both("408", unavailable, llmtest.Error(408, nil, echo)),
		both("409", unavailable, llmtest.Error(409, nil, echo)),
		both("429", limited, llmtest.Error(429, "rate_limit_exceeded", echo)),
		both("429 with Retry-After", limited, llmtest.Error(429, "rate_limit_exceeded", echo, "Retry-After", "7")),
		both("500", unavailable, llmtest.Error(500, "server_error", echo)),
		both("500 with a numeric code", unavailable, llmtest.Error(500, 500, echo)),
		both("502 in HTML", unavailable, llmtest.Status(502, "<html><body>Bad gateway: "+echo)),
		both("503", unavailable, llmtest.Error(503, nil, echo)),
		unreachable("connection refused", func(*testing.T) string {
			gone := httptest.NewServer(http.NotFoundHandler())
			gone.Close()
			return gone.URL
		}),
		unreachable("DNS failure", func(*testing.T) string { return "http://no-such-host.invalid/v1" }),
		unreachable("TLS failure", func(t *testing.T) string { return llmtest.NewTLS(t).URL() }),
		both("reset", unavailable, llmtest.Reset()),
		both("hang before headers", timeout, llmtest.Hang()),
		both("hang in the body", timeout, llmtest.HangMidBody()),
		both("slow drip", timeout, llmtest.Drip(20*time.Millisecond)),
		both("cut body", unavailable, llmtest.Cut()),
		both("200 with an error object", unavailable, llmtest.Error(200, "server_error", echo)),
		both("empty choices", unavailable, llmtest.Status(200, `{"choices":[]}`)),
		both("empty content", invalid, llmtest.Content("")),
		both("prose", invalid, llmtest.Content("The article tells of "+canary+".")),
		both("fenced JSON", "", llmtest.Content("```json\n"+content+"\n```")),
		both("trailing prose", "", llmtest.Content(content+"\nI hope that helps "+canary+".")),
		both("extra property", "", llmtest.Content(strings.Replace(content, "{", `{"note":"`+canary+`",`, 1))),
		{name: "missing property", topics: invalid, reply: llmtest.Give(llmtest.Answer{Summary: good.Summary})},
		{name: "wrong type", summary: invalid, reply: llmtest.Content(`{"summary":"` + canary + `","topics":[]}`)},
		both("unknown topic", "", llmtest.Give(llmtest.Answer{Summary: good.Summary, Topics: llmtest.Topics("labour", "cheese")})),
		{
			name:  "topic outside the requested set",
			reply: llmtest.Give(llmtest.Answer{Summary: good.Summary, Topics: llmtest.Topics("peacekeeping")}),
			prepare: func(r *summarizerv1.AnalyzeArticleRequest) {
				r.TopicOptions = &summarizerv1.TopicOptions{TopicIds: []string{"elections", "defence-cooperation"}}
			},
		},
		both("summary of too many sentences", "", llmtest.Give(llmtest.Answer{
			Summary: llmtest.Sentences(good.Summary[0].Text,
				"A ship waited outside Port Harlan.", "The union asked for talks.", "The council offered a rise.", "The strike goes on."),
			Topics: good.Topics,
		})),
		{
			name: "summary too long", summary: invalid,
			reply: withSummary("The pilot " + canary + " met the harbour council and offered the dockers a rise while ships were waiting outside."),
			prepare: func(r *summarizerv1.AnalyzeArticleRequest) {
				r.SummaryOptions = &summarizerv1.SummaryOptions{MaxCharacters: 60}
			},
		},
		{name: "wrong language", summary: invalid, reply: withSummary("Der Lotse " + canary + " traf sich mit dem Rat des Hafens, und die Schiffe warteten vor der Stadt auf das Ende des Streiks.")},
		{name: "not in the article", summary: "LLM_UNGROUNDED", reply: withSummary("The pilot " + canary + " met the harbour council and 417 sailors, said Olga Pirelli.")},
		both("cut off at the token limit", invalid, llmtest.Complete(llmtest.Completion{Content: content[:len(content)/2], FinishReason: "length"})),
		both("content filter", refused, llmtest.Complete(llmtest.Completion{Content: content, FinishReason: "content_filter"})),
		both("refusal", refused, llmtest.Complete(llmtest.Completion{Refusal: "I will not write about " + canary})),
		both("tool call", invalid, llmtest.Complete(llmtest.Completion{ToolCall: "search"})),
		both("runaway whitespace", invalid, llmtest.Content("{"+strings.Repeat("\n ", 5000))),
		both("context overflow", overflow, llmtest.Error(400, "context_length_exceeded", "This model's maximum context length is 16 tokens. "+echo)),
		both("unsupported response_format", "", llmtest.WithoutStructuredOutput(llmtest.Obey())),
	}
}

// faultyArticle returns one of many articles of some 4 KB, with the canary in
// its lead.
func faultyArticle(number int) string {
	return fmt.Sprintf("The pilot %s met the harbour council. Report %d followed. %s", canary, number, articleOf(4<<10))
}
