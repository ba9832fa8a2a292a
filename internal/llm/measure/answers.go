package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// recordedAnswer is an article with what a model answered about it.
type recordedAnswer struct {
	ID, Lang, Title, Text, Content string
}

// measureAnswers counts the recorded answers that are delivered, whole or without some of
// their sentences, by language.
func measureAnswers(paths []string, out *report) error {
	answers, err := readRows[recordedAnswer](paths)
	if err != nil {
		return err
	}
	var content atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"object": "chat.completion",
			"choices": []any{map[string]any{
				"finish_reason": "stop",
				"message":       map[string]any{"role": "assistant", "content": content.Load()},
			}},
		})
	}))
	defer server.Close()
	engine, err := llm.New(llm.Options{Endpoints: []llm.Endpoint{{BaseURL: server.URL, Model: "recorded", Free: true}}})
	if err != nil {
		return err
	}
	defer engine.Close()
	topics := taxonomy.Default()
	whole, any := ratios{}, &ratio{}
	for _, a := range answers {
		content.Store(a.Content)
		d := article.Clean(article.Raw{Title: a.Title, Text: a.Text, LanguageCode: a.Lang})
		reply := engine.Analyze(context.Background(), &summarizer.Task{
			Document: d,
			Summary:  &summarizer.SummaryTask{MaxSentences: summarizer.DefaultSentences, Language: d.Language},
			Topics:   &summarizer.TopicTask{Topics: topics.Topics()},
		})
		complete := reply.Summary != nil && !dropped(reply.Summary)
		whole.add("all", complete)
		whole.add(a.Lang, complete)
		any.add(reply.Summary != nil)
		if !complete {
			out.detail("%s %s: %v\n    %s", a.Lang, a.ID, reply.SummaryErr, strings.ReplaceAll(summaryOf(a.Content), "\n", "\n    "))
		}
	}
	out.printf("recorded answers\n  delivered whole: %s\n  delivered at all: %s\n", whole.line(), any)
	return nil
}

// dropped reports whether sentences of a are missing.
func dropped(a *summarizer.SummaryAnswer) bool {
	for _, w := range a.Warnings {
		if w.Reason == "SENTENCES_DROPPED" {
			return true
		}
	}
	return false
}

// summaryOf returns the sentences of an answer, one a line.
func summaryOf(content string) string {
	var answer struct {
		Summary []struct {
			Text string `json:"text"`
		} `json:"summary"`
	}
	if err := json.Unmarshal([]byte(content), &answer); err != nil {
		return fmt.Sprintf("cannot be read: %v", err)
	}
	var texts []string
	for _, s := range answer.Summary {
		texts = append(texts, s.Text)
	}
	return strings.Join(texts, "\n")
}
