package llm

import (
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// BenchmarkLargeFingerprints measures what the look-up of an article of 460 KB costs for
// three endpoints whose window it exceeds.
func BenchmarkLargeFingerprints(b *testing.B) {
	var endpoints []Endpoint
	for _, name := range []string{"a", "b", "c"} {
		endpoints = append(endpoints, Endpoint{Name: name, BaseURL: "http://127.0.0.1/v1", Model: "m"})
	}
	e, err := New(Options{Endpoints: endpoints})
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("The port of Velmar reopened on Tuesday after a strike of nine days. ", 460_000/68)
	task := &summarizer.Task{Document: article.Clean(article.Raw{Text: text}), Summary: &summarizer.SummaryTask{MaxSentences: 3, Language: "en"}}
	b.ReportAllocs()
	for b.Loop() {
		e.Fingerprints(task)
	}
}
