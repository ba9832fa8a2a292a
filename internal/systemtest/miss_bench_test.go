package systemtest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	openai "github.com/sashabaranov/go-openai"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// BenchmarkMiss measures what the service adds to a call of the model: a
// SummarizeArticle that no cache answers, over loopback and with every real
// part, beside the same request made with go-openai to the same fake. The two
// take turns in rounds; the figures to read are the medians over the rounds:
//
//	added-p50-µs  median latency on top of that of the direct call
func BenchmarkMiss(b *testing.B) {
	fake := llmtest.Start()
	b.Cleanup(fake.Close)
	const key = "none"
	service := startStackOf(b, b.TempDir(), llm.Endpoint{BaseURL: fake.URL(), Model: "fake", APIKey: key}).client
	text := articleOf(4 << 10)
	var articles atomic.Int64
	callService := func(ctx context.Context) error {
		response, err := service.SummarizeArticle(ctx, &summarizerv1.SummarizeArticleRequest{
			Article: &summarizerv1.Article{Text: fmt.Sprintf("%s\n\nThis is report %d from the harbour.", text, articles.Add(1))},
		})
		if err == nil && response.Summary.Provenance.Source != summarizerv1.Source_SOURCE_LLM {
			p := response.Summary.Provenance
			err = fmt.Errorf("source %v (%s), want the model", p.Source, p.FallbackReason)
		}
		return err
	}
	if err := callService(b.Context()); err != nil {
		b.Fatal(err)
	}
	var request openai.ChatCompletionRequest
	if err := json.Unmarshal(fake.Requests()[0].Body, &request); err != nil {
		b.Fatal(err)
	}
	config := openai.DefaultConfig(key)
	config.BaseURL = fake.URL()
	direct := openai.NewClientWithConfig(config)
	callModel := func(ctx context.Context) error {
		_, err := direct.CreateChatCompletion(ctx, request)
		return err
	}
	for _, concurrent := range []int{1, 32} {
		b.Run(fmt.Sprintf("c=%d", concurrent), func(b *testing.B) {
			const rounds = 20
			calls := max(b.N/rounds, concurrent)
			var added, ours, theirs []float64
			b.ResetTimer()
			for range rounds {
				fake.Forget()
				d := measure(b, concurrent, calls, callModel)
				s := measure(b, concurrent, calls, callService)
				added = append(added, float64(s.p50-d.p50)/1e3)
				ours = append(ours, float64(s.p50)/1e3)
				theirs = append(theirs, float64(d.p50)/1e3)
			}
			b.ReportMetric(0, "ns/op") // both sides together say nothing
			b.ReportMetric(median(added), "added-p50-µs")
			b.ReportMetric(median(ours), "service-p50-µs")
			b.ReportMetric(median(theirs), "direct-p50-µs")
		})
	}
}
