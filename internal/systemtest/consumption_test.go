package systemtest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// counted answers with a content and a number of tokens: ten times as many in as
// out.
func counted(content string, out int) llmtest.Response {
	return llmtest.Complete(llmtest.Completion{Content: content, InputTokens: 10 * out, OutputTokens: out})
}

// TestConsumption checks what a response says was consumed: by the calls that its
// request started, whatever became of them, and by no others.
func TestConsumption(t *testing.T) {
	good := llmtest.Answer{Summary: llmtest.Sentences("Dockers accepted a pay rise of 4 percent."), Topics: llmtest.Topics("trade")}.Content()
	const bad = "Here is what I think."
	for _, tt := range []struct {
		name    string
		replies []llmtest.Response
		want    int32 // tokens out
		source  summarizerv1.Provenance_Source
		reason  string
	}{
		{"one call", []llmtest.Response{counted(good, 100)}, 100, summarizerv1.Provenance_SOURCE_LLM, ""},
		{"a repair", []llmtest.Response{counted(bad, 30), counted(good, 100)}, 130, summarizerv1.Provenance_SOURCE_LLM, ""},
		{"nothing usable", []llmtest.Response{counted(bad, 30), counted(bad, 40), counted(bad, 50)}, 120, summarizerv1.Provenance_SOURCE_LOCAL, "LLM_OUTPUT_INVALID"},
		{"a retry", []llmtest.Response{llmtest.Error(503, nil, ""), counted(good, 100)}, 100, summarizerv1.Provenance_SOURCE_LLM, ""},
		{"a refusal", []llmtest.Response{llmtest.Complete(llmtest.Completion{Refusal: "no", InputTokens: 200, OutputTokens: 20})}, 20, summarizerv1.Provenance_SOURCE_LOCAL, "LLM_REFUSED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := llmtest.New(t)
			fake.Enqueue(tt.replies...)
			s := startStackOf(t, t.TempDir(), llm.Endpoint{BaseURL: fake.URL(), Model: "m", InputPrice: 2, OutputPrice: 10})
			response, err := s.analyze(t, minute, analyzeRequest(strike))
			wantSource(t, response, err, tt.source, tt.reason)
			want := &summarizerv1.ModelUsage{InputTokens: 10 * tt.want, OutputTokens: tt.want, CostMicroUsd: 30 * int64(tt.want)}
			if !proto.Equal(response.Usage, want) {
				t.Errorf("usage %v, want %v", response.Usage, want)
			}
		})
	}
}

// TestConsumptionOfBatch sends each of two articles twice, and one that is stored: the
// calls are paid once each.
func TestConsumptionOfBatch(t *testing.T) {
	fake := llmtest.New(t)
	good := llmtest.Answer{Summary: llmtest.Sentences("Dockers accepted a pay rise of 4 percent."), Topics: llmtest.Topics("trade")}.Content()
	fake.Default(counted(good, 100))
	s := startStackOf(t, t.TempDir(), llm.Endpoint{BaseURL: fake.URL(), Model: "m", InputPrice: 2, OutputPrice: 10})
	response, err := s.analyze(t, minute, news(0))
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_LLM, "")
	batch, err := s.client.BatchAnalyzeArticles(t.Context(), &summarizerv1.BatchAnalyzeArticlesRequest{
		Requests: []*summarizerv1.AnalyzeArticleRequest{news(0), news(1), news(2), news(1), news(2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	paid := map[int]int{}
	for i, result := range batch.Results {
		usage := result.GetResponse().GetUsage()
		switch {
		case proto.Equal(usage, &summarizerv1.ModelUsage{InputTokens: 1000, OutputTokens: 100, CostMicroUsd: 3000}):
			paid[[]int{0, 1, 2, 1, 2}[i]]++
		case !proto.Equal(usage, &summarizerv1.ModelUsage{}):
			t.Errorf("item %d: usage %v", i, usage)
		}
	}
	if len(paid) != 2 || paid[1] != 1 || paid[2] != 1 {
		t.Errorf("articles were paid so often: %v; want the second and the third once each", paid)
	}
	if n := fake.Count(); n != 3 {
		t.Errorf("%d upstream calls, want 3", n)
	}
}
