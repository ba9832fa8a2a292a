package local_test

import (
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// ofSize returns an article of about n bytes.
func ofSize(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(pactArticle)
	}
	return b.String()[:n]
}

func BenchmarkAnalyze(b *testing.B) {
	tax := taxonomy.Default()
	for _, size := range []struct {
		name  string
		bytes int
	}{{"4KB", 4 << 10}, {"64KB", 64 << 10}, {"1MB", 1_000_000}} {
		text := ofSize(size.bytes)
		doc := article.Clean(article.Source{Text: text, LanguageCode: "en"})
		run := func(name string, task *summarizer.Task) {
			b.Run(size.name+"/"+name, func(b *testing.B) {
				e := local.New()
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					e.Analyze(b.Context(), task)
				}
			})
		}
		summary := &summarizer.SummaryTask{MaxSentences: 3}
		topics := &summarizer.TopicTask{Topics: tax.Topics(), TaxonomyVersion: tax.Version()}
		run("both", &summarizer.Task{Document: doc, Summary: summary, Topics: topics})
		run("summary", &summarizer.Task{Document: doc, Summary: summary})
		run("topics", &summarizer.Task{Document: doc, Topics: topics})
	}
}

// BenchmarkArticle measures all that an article costs: cleaning, summary and
// topics.
func BenchmarkArticle(b *testing.B) {
	tax := taxonomy.Default()
	for _, size := range []struct {
		name  string
		bytes int
	}{{"4KB", 4 << 10}, {"64KB", 64 << 10}, {"1MB", 1_000_000}} {
		b.Run(size.name, func(b *testing.B) {
			text := ofSize(size.bytes)
			e := local.New()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				e.Analyze(b.Context(), &summarizer.Task{
					Document: article.Clean(article.Source{Text: text}),
					Summary:  &summarizer.SummaryTask{MaxSentences: 3},
					Topics:   &summarizer.TopicTask{Topics: tax.Topics(), TaxonomyVersion: tax.Version()},
				})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "articles/s")
		})
	}
}

// BenchmarkCandidates measures topics that have to be compiled for the request.
func BenchmarkCandidates(b *testing.B) {
	doc := article.Clean(article.Source{Text: ofSize(4 << 10), LanguageCode: "en"})
	var candidates []taxonomy.Topic
	for i, t := range taxonomy.Default().Topics() {
		if i < 10 {
			candidates = append(candidates, taxonomy.Topic{ID: t.ID, DisplayName: t.DisplayName, Definition: t.Definition, Candidate: true})
		}
	}
	e := local.New()
	b.ReportAllocs()
	for b.Loop() {
		e.Analyze(b.Context(), &summarizer.Task{Document: doc, Topics: &summarizer.TopicTask{Topics: candidates}})
	}
}

// BenchmarkCompile measures what a set of topics costs the first time.
func BenchmarkCompile(b *testing.B) {
	doc := article.Clean(article.Source{Text: "One.", LanguageCode: "en"})
	task := &summarizer.Task{Document: doc, Topics: &summarizer.TopicTask{Topics: taxonomy.Default().Topics()}}
	b.ReportAllocs()
	for b.Loop() {
		local.New().Analyze(b.Context(), task)
	}
}
