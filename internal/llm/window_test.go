package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// randomText returns an article of about the given bytes: sentences of all lengths
// in several scripts, some without an end.
func randomText(r *rand.Rand, size int) string {
	words := []string{"harbour", "Velmar", "reopened", "ваза", "مدينة", "港口", "Zürnau", "strike", "12", "a"}
	var b strings.Builder
	for b.Len() < size {
		for range 1 + r.IntN(1+r.IntN(60)) {
			b.WriteString(words[r.IntN(len(words))])
			if r.IntN(12) > 0 {
				b.WriteByte(' ')
			}
		}
		b.WriteString([]string{". ", ".\n\n", " ", "! ", "。"}[r.IntN(5)])
	}
	return b.String()
}

// Parts follow each other, are all of the text or its beginning, end where a
// sentence does if one does, and are no larger than asked.
func TestDivide(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		d := article.Clean(article.Raw{Text: randomText(r, 1+r.IntN(40_000))})
		tokens := r.IntN(3000)
		parts := divide(d, tokens)
		if len(parts) == 0 || len(parts) > MaxParts {
			t.Fatalf("%d parts", len(parts))
		}
		at := 0
		for i, part := range parts {
			if part.Begin != at || part.Len() == 0 {
				t.Fatalf("part %d is %v, behind %d", i, part, at)
			}
			at = part.End
			if n := prompt.EstimateTokens(d.Text[part.Begin:part.End]); n > max(tokens, minArticleTokens)+1 {
				t.Errorf("a part of %d tokens, of %d", n, tokens)
			}
		}
		if at < len(d.Text) && len(parts) < MaxParts {
			t.Errorf("%d parts end at %d of %d", len(parts), at, len(d.Text))
		}
	}
}

// Whatever article, window and model are like: calls are at most four and two for
// each of the parts, notes are never made of notes, and
// each request fits the window, its output included, as estimated.
func TestPartsAreBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	replies := []llmtest.Response{
		llmtest.Obey(), llmtest.Obey(), llmtest.Obey(), llmtest.Content(strings.Repeat("prose ", 400)), llmtest.Content(""),
		llmtest.Error(http.StatusServiceUnavailable, nil, ""),
		llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences("It cost $777,777 in Atlantis.")}),
		llmtest.Error(http.StatusBadRequest, "context_length_exceeded", "maximum context length"),
		llmtest.Error(http.StatusBadRequest, nil, "response_format is not supported"),
	}
	topics := &summarizer.TopicTask{Topics: taxonomy.Default().Topics()[:12]}
	for range 25 {
		servers := []*llmtest.Fake{llmtest.New(t), llmtest.New(t)}
		var options Options
		for i, server := range servers {
			for range 120 {
				server.Enqueue(replies[r.IntN(len(replies))])
			}
			options.Endpoints = append(options.Endpoints, Endpoint{
				Name: fmt.Sprint(i), Model: "m", BaseURL: server.URL(), ContextTokens: 4000 + r.IntN(8000),
			})
		}
		engine, err := New(options)
		if err != nil {
			t.Fatal(err)
		}
		task := &summarizer.Task{
			Document: article.Clean(article.Raw{Text: randomText(r, 1+r.IntN(90_000)), LanguageCode: "en"}),
			Summary:  &summarizer.SummaryTask{MaxSentences: 3, Language: "en"},
			Topics:   topics,
		}
		reply := engine.Analyze(context.Background(), task)
		engine.Close()
		if (reply.Summary == nil) == (reply.SummaryErr == nil) || (reply.Topics == nil) == (reply.TopicsErr == nil) {
			t.Errorf("%+v is neither an answer nor an error", reply)
		}
		// An overflow makes more parts than the window does; refusals of the form are
		// counted apart.
		if calls := servers[0].Count() + servers[1].Count(); calls > 4+callsPerPart*MaxParts+maxRefusals*(1+MaxParts) {
			t.Errorf("%d calls for one article", calls)
		}
		for i, server := range servers {
			checkRequests(t, server, task.Document.Text, options.Endpoints[i].ContextTokens)
		}
	}
}

// checkRequests fails the test when a request exceeds the window, or notes were
// made of notes.
func checkRequests(t *testing.T, server *llmtest.Fake, whole string, window int) {
	t.Helper()
	notes := make(map[string]bool)
	for _, request := range server.Requests() {
		var sent openai.ChatCompletionRequest
		if err := json.Unmarshal(request.Body, &sent); err != nil {
			t.Fatal(err)
		}
		tokens := sent.MaxTokens //nolint:staticcheck // what is sent to compatible servers
		for _, message := range sent.Messages {
			tokens += prompt.EstimateTokens(message.Content)
		}
		if tokens > window {
			t.Errorf("a request of %d tokens to a window of %d", tokens, window)
		}
		_, text, _ := request.Chat().Article()
		repair := strings.Contains(request.Chat().System(), "cannot be used")
		if len(request.Chat().Topics()) == 0 && notes[text] && !repair {
			t.Error("notes were made of notes")
		}
		notes[text] = notes[text] || len(request.Chat().Topics()) > 0 && !strings.HasPrefix(whole, text)
	}
}

func TestRunawayWhiteSpace(t *testing.T) {
	for body, want := range map[string]bool{
		strings.Repeat("\\n", 3000) + "{}":                     true,
		strings.Repeat("\\n", 5000):                            false,
		strings.Repeat(" \n", 5000):                            false,
		strings.Repeat(strings.Repeat(" ", 4000)+"x", 9):       true,
		`{"a":"` + strings.Repeat(`\\n`, 5000) + `"}`:          true, // a backslash and an n
		`{"a":"` + strings.Repeat(" ", maxBlankBytes) + `"}`:   true,
		`{"a":"` + strings.Repeat(" ", maxBlankBytes+1) + `"}`: false,
	} {
		_, err := io.ReadAll(&boundedBody{Reader: strings.NewReader(body), left: maxResponseBytes})
		if (err == nil) != want {
			t.Errorf("%d bytes from %q: %v, want read: %t", len(body), body[:min(len(body), 20)], err, want)
		}
	}
}

// An article of at most surelyWhole bytes fits, whatever its script, with the built-in
// taxonomy and the longest answer.
func TestSurelyWhole(t *testing.T) {
	for _, e := range []Endpoint{{Model: "m"}, {Model: "m", ContextTokens: 20_000}, {Model: "m", ContextTokens: 16_500}, {Model: "o3"}} {
		e.BaseURL = "http://127.0.0.1/v1"
		engine, err := New(Options{Endpoints: []Endpoint{e}})
		if err != nil {
			t.Fatal(err)
		}
		ep := engine.endpoints[0]
		task := &summarizer.Task{
			Document: &article.Document{Title: strings.Repeat("港", 100), Text: strings.Repeat("港", ep.surelyWhole()/3)},
			Summary:  &summarizer.SummaryTask{MaxSentences: summarizer.MaxSentences},
			Topics:   &summarizer.TopicTask{Topics: taxonomy.Default().Topics()},
		}
		if x := ep.excerpt(task, 0); x.parts != nil || x.err != nil || x.Of.End == 0 {
			t.Errorf("window %d: %d bytes are shown in %d parts: %v", ep.ContextTokens, len(task.Document.Text), len(x.parts), x.err)
		}
		engine.Close()
	}
}
