package systemtest

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// TestPortsShareAnswers asks for each article at one port and then, in other words for the
// same, at the other: the second finds the answer of the first.
func TestPortsShareAnswers(t *testing.T) {
	fake := llmtest.New(t)
	s := serve(t, nil, "--llm-model", "m", "--llm-base-url", fake.URL(), "--default-deadline", "1m")
	client := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc))
	byGRPC := func(request *summarizerv1.AnalyzeArticleRequest) *summarizerv1.AnalyzeArticleResponse {
		response, err := client.AnalyzeArticle(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	byHTTP := func(request *summarizerv1.AnalyzeArticleRequest) *summarizerv1.AnalyzeArticleResponse {
		body, err := protojson.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.Post("http://"+s.http+"/v1/articles:analyze", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		content, err := io.ReadAll(answer.Body)
		response := &summarizerv1.AnalyzeArticleResponse{}
		if err == nil {
			err = protojson.Unmarshal(content, response)
		}
		if err != nil {
			t.Fatalf("%v: %s", err, content)
		}
		return response
	}
	candidates := func(ids ...string) (topics []*summarizerv1.CandidateTopic) {
		for _, id := range ids {
			topics = append(topics, &summarizerv1.CandidateTopic{Id: id, DisplayName: "Of " + id})
		}
		return topics
	}
	for i, tt := range []struct {
		name        string
		edit, other func(*summarizerv1.AnalyzeArticleRequest) // other: in other words; nil: in the same
	}{
		{name: "the defaults", edit: func(*summarizerv1.AnalyzeArticleRequest) {}},
		{name: "defaults that are named", edit: func(*summarizerv1.AnalyzeArticleRequest) {}, other: func(r *summarizerv1.AnalyzeArticleRequest) {
			r.SummaryOptions = &summarizerv1.SummaryOptions{MaxSentences: 3, Format: summarizerv1.SummaryFormat_SUMMARY_FORMAT_PARAGRAPH}
		}},
		{name: "candidates", edit: func(r *summarizerv1.AnalyzeArticleRequest) {
			r.TopicOptions = &summarizerv1.TopicOptions{CandidateTopics: candidates("ports", "strikes")}
		}, other: func(r *summarizerv1.AnalyzeArticleRequest) {
			r.TopicOptions = &summarizerv1.TopicOptions{CandidateTopics: candidates("strikes", "ports")}
		}},
		{name: "a hint of the language", edit: func(r *summarizerv1.AnalyzeArticleRequest) { r.Article.LanguageCode = "en" }},
		{name: "verification", edit: func(r *summarizerv1.AnalyzeArticleRequest) {
			r.VerificationOptions = &summarizerv1.VerificationOptions{Policy: summarizerv1.VerificationPolicy_VERIFICATION_POLICY_NEVER}
		}},
	} {
		first, second := byGRPC, byHTTP
		if i%2 == 1 {
			first, second = byHTTP, byGRPC
		}
		request, again := news(8_000_000+i), news(8_000_000+i)
		tt.edit(request)
		if tt.other == nil {
			tt.other = tt.edit
		}
		tt.other(again)
		wantSource(t, first(request), nil, summarizerv1.Provenance_SOURCE_LLM, "")
		made := len(fake.Requests())
		wantSource(t, second(again), nil, summarizerv1.Provenance_SOURCE_CACHE, "")
		if n := len(fake.Requests()); n != made {
			t.Errorf("%s: %d calls for the second port", tt.name, n-made)
		}
	}
}
