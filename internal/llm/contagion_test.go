package llm_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// TestOneArticleNeverHarmsAnother lets an endpoint meet articles that it does not take,
// as many as make no difference, and asks it about harmless ones after that: each is
// answered by one request of the form in which the first of all was.
func TestOneArticleNeverHarmsAnother(t *testing.T) {
	marked := func(refuse llmtest.Response) llmtest.Response {
		return func(w responseWriter, r *llmtest.Call) {
			if r.Chat().Marked() {
				refuse(w, r)
				return
			}
			llmtest.Obey()(w, r)
		}
	}
	ten := func(task *summarizer.Task) { task.Summary.MaxSentences = 10 }
	many := func(task *summarizer.Task) {
		var topics []taxonomy.Topic
		for i := range 250 {
			topics = append(topics, taxonomy.Topic{ID: fmt.Sprintf("topic-%d", i), DisplayName: "a topic"})
		}
		task.Topics.Topics = topics
	}
	overCap := func(w responseWriter, r *llmtest.Call) {
		if r.Chat().MaxTokens > 4096 {
			llmtest.Error(400, nil, fmt.Sprintf("max_tokens is too large: %d. This model supports at most 4096 completion tokens.", r.Chat().MaxTokens))(w, r)
			return
		}
		llmtest.Obey()(w, r)
	}
	echo := func(status int) llmtest.Response {
		return func(w responseWriter, r *llmtest.Call) {
			_, text, _ := r.Chat().Article()
			llmtest.Error(status, nil, "cannot process: "+text)(w, r)
		}
	}
	tooManyStates := func(w responseWriter, r *llmtest.Call) {
		if f := r.Chat().ResponseFormat; f != nil && f.Type == "json_schema" && len(f.JSONSchema.Schema) > 3000 {
			llmtest.Error(400, "invalid_argument", "The schema produces a constraint with too many states.")(w, r)
			return
		}
		llmtest.Obey()(w, r)
	}
	tests := []struct {
		name     string
		response llmtest.Response
		long     bool
		change   func(*summarizer.Task)
		answered bool // the article that stands out is answered all the same
	}{
		{name: "long articles that do not fit", long: true, answered: true, response: func(w responseWriter, r *llmtest.Call) {
			if _, text, _ := r.Chat().Article(); len(text) > 12<<10 {
				llmtest.Error(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens, and you sent 9871.")(w, r)
				return
			}
			llmtest.Obey()(w, r)
		}},
		{name: "long articles, whose size nobody tells", long: true, response: marked(llmtest.Status(413, ""))},
		{name: "ten sentences", response: overCap, change: ten, answered: true},
		{name: "a schema of 250 topics", response: tooManyStates, change: many, answered: true},
		{name: "a known moderation", response: marked(llmtest.Error(403, nil, "Your input was flagged by moderation"))},
		{name: "a moderation in words that nobody knows", response: marked(llmtest.Status(403, `{"error":"pas d'accord"}`))},
		{name: "a page of a firewall", response: marked(llmtest.Status(403, "<html>Sorry</html>"))},
		{name: "a filter at the end", response: marked(llmtest.Complete(llmtest.Completion{FinishReason: "content_filter"}))},
		{name: "a bad request in words that nobody knows", response: marked(llmtest.Status(400, `{"error":"non"}`))},
		{name: "a bad request without a word", response: marked(llmtest.Status(400, ""))},
		{name: "an echo in a 400", response: marked(echo(400))},
		{name: "an echo in a 422", response: marked(echo(422))},
		{name: "an echo in a 403", response: marked(echo(403))},
		{name: "more than a minute allows", response: marked(llmtest.Error(413, "rate_limit_exceeded", "Request too large for tokens per minute (TPM): Limit 6000, Requested 9000"))},
		{name: "more than can be afforded", response: marked(llmtest.Error(402, nil, "You asked for up to 2816 tokens, but can only afford 900"))},
		{name: "empty answers", response: marked(llmtest.Content(""))},
		{name: "answers in prose", response: marked(llmtest.Content("It is about a council."))},
		{name: "tool calls", response: marked(llmtest.Complete(llmtest.Completion{ToolCall: "search"}))},
		{name: "JSON that the server finds invalid", response: marked(llmtest.Error(400, "json_validate_failed", "Failed to generate JSON"))},
		{name: "answers that are cut off", response: marked(llmtest.Complete(llmtest.Completion{Content: `{"summary":[`, FinishReason: "length"}))},
		{name: "answers that go into reasoning", response: marked(llmtest.Complete(llmtest.Completion{FinishReason: "length"}))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := llmtest.New(t)
			server.Default(tt.response)
			engine := newEngine(t, one(server))
			form := ""
			harmless := func() {
				t.Helper()
				server.Forget()
				reply := engine.Analyze(context.Background(), harbour())
				// Requests for parts that are no longer of use may come in late.
				own := slices.DeleteFunc(server.Requests(), func(r *llmtest.Call) bool { return r.Chat().Marked() })
				if reply.SummaryErr != nil || reply.TopicsErr != nil || len(own) != 1 {
					t.Fatalf("a harmless article: %v, %v after %d requests", reply.SummaryErr, reply.TopicsErr, len(own))
				}
				body, _, _ := strings.Cut(string(own[0].Body), `"model"`)
				if form == "" {
					form = body
				}
				if body != form {
					t.Fatalf("it is asked in another form: %s\nwas: %s", body, form)
				}
			}
			harmless()
			stand := func() {
				task := standout(tt.long)
				if tt.change != nil {
					tt.change(task)
				}
				if reply := engine.Analyze(context.Background(), task); (reply.SummaryErr == nil) != tt.answered {
					t.Fatalf("the article that stands out: %v", reply.SummaryErr)
				}
			}
			for range 10 {
				stand()
				harmless()
			}
			for range 13 {
				stand()
			}
			harmless()
		})
	}
}

// TestCreditRestsTheEndpoint checks that an endpoint without credit is asked once, and the
// next one from then on.
func TestCreditRestsTheEndpoint(t *testing.T) {
	first, second := llmtest.New(t), llmtest.New(t)
	first.Default(llmtest.Error(402, nil, "Insufficient Balance"))
	engine := newEngine(t, chain(first, second))
	for range 5 {
		if reply := engine.Analyze(context.Background(), harbour()); reply.Fingerprint.Model != "model-1" || reply.SummaryErr != nil {
			t.Fatalf("reply %+v", reply)
		}
	}
	if first.Count() != 1 || second.Count() != 5 {
		t.Errorf("calls %d and %d, want 1 and 5", first.Count(), second.Count())
	}
	alone := newEngine(t, llm.Options{Endpoints: []llm.Endpoint{{BaseURL: first.URL(), Model: "m"}}})
	if got := summarizer.ReasonOf(alone.Analyze(context.Background(), harbour()).SummaryErr); got != summarizer.ReasonLLMCreditExhausted {
		t.Errorf("reason %s", got)
	}
}

// TestRefusalOfLongArticlesWithoutAWord checks that an endpoint which works, and refuses a
// long article without a word, is shown less at a time.
func TestRefusalOfLongArticlesWithoutAWord(t *testing.T) {
	server := llmtest.New(t)
	server.Default(func(w responseWriter, r *llmtest.Call) {
		if _, text, _ := r.Chat().Article(); len(text) > 12<<10 {
			llmtest.Status(400, "")(w, r)
			return
		}
		llmtest.Obey()(w, r)
	})
	engine := newEngine(t, one(server))
	if reply := engine.Analyze(context.Background(), standout(true)); summarizer.ReasonOf(reply.SummaryErr) != summarizer.ReasonLLMMisconfigured {
		t.Errorf("before anything is known of it: %v", reply.SummaryErr)
	}
	if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
		t.Fatal(reply.SummaryErr)
	}
	for range 2 {
		if reply := engine.Analyze(context.Background(), standout(true)); reply.SummaryErr != nil || reply.TopicsErr != nil {
			t.Errorf("once it works: %v, %v", reply.SummaryErr, reply.TopicsErr)
		}
	}
}
