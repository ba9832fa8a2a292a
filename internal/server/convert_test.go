package server

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/timestamppb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestResponses(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	client := summarizerv1.NewSummarizerServiceClient(conn)

	evidence := []*summarizerv1.TextSpan{{BeginOffset: 0, EndOffset: 5, Text: "Ferry"}}
	summary := &summarizerv1.Summary{
		Text:         "The harbour reopened.",
		Sentences:    []*summarizerv1.SummarySentence{{Text: "The harbour reopened.", Evidence: evidence}},
		Method:       summarizerv1.SummaryMethod_SUMMARY_METHOD_ABSTRACTIVE,
		LanguageCode: "en",
		Provenance: &summarizerv1.Provenance{
			Source: summarizerv1.Provenance_SOURCE_LLM, Model: "m-1", PromptVersion: "p3", CreateTime: timestamppb.New(created),
		},
	}
	classification := &summarizerv1.Classification{
		Topics: []*summarizerv1.TopicLabel{{
			TopicId: "shipping", DisplayName: "Shipping", Confidence: 0.75,
			ConfidenceBasis: summarizerv1.ConfidenceBasis_CONFIDENCE_BASIS_CALIBRATED,
			Evidence:        evidence, IptcCode: "medtop:1",
		}},
		Provenance: &summarizerv1.Provenance{
			Source: summarizerv1.Provenance_SOURCE_LOCAL, Model: "local-1", TaxonomyVersion: "t1",
			CreateTime: timestamppb.New(created), Degraded: true, FallbackReason: "LLM_TIMEOUT",
		},
	}
	warnings := []*summarizerv1.AnswerWarning{{
		Reason: "BOILERPLATE_REMOVED", Message: "a byline was removed", Metadata: map[string]string{"removedBytes": "17"},
	}}
	usage := &summarizerv1.ModelUsage{InputTokens: 900, OutputTokens: 120, CostMicroUsd: 345, CachedInputTokens: 512}
	removed := []*summarizerv1.RemovedSpan{{Span: evidence[0], Rule: "byline"}}
	article := textArticle("Ferry service resumed.")

	summarized, err := client.SummarizeArticle(t.Context(), &summarizerv1.SummarizeArticleRequest{Article: article})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&summarizerv1.SummarizeArticleResponse{
		Summary: summary, LanguageCode: "en", Warnings: warnings, Usage: usage, RemovedSpans: removed,
	}, summarized, protocmpOption); diff != "" {
		t.Errorf("SummarizeArticle (-want +got):\n%s", diff)
	}
	classified, err := client.ClassifyArticle(t.Context(), &summarizerv1.ClassifyArticleRequest{Article: article})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&summarizerv1.ClassifyArticleResponse{
		Classification: classification, LanguageCode: "en", Warnings: warnings, Usage: usage, RemovedSpans: removed,
	}, classified, protocmpOption); diff != "" {
		t.Errorf("ClassifyArticle (-want +got):\n%s", diff)
	}
	analyzed, err := client.AnalyzeArticle(t.Context(), &summarizerv1.AnalyzeArticleRequest{Article: article})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&summarizerv1.AnalyzeArticleResponse{
		Summary: summary, Classification: classification, LanguageCode: "en", Warnings: warnings, Usage: usage, RemovedSpans: removed,
	}, analyzed, protocmpOption); diff != "" {
		t.Errorf("AnalyzeArticle (-want +got):\n%s", diff)
	}
}

// A handler works in the same process too, with errors as a client sees them.
func TestHandlerInProcess(t *testing.T) {
	var bulk bool
	h := NewHandler(&fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		bulk = r.Bulk
		return sampleResult(r), nil
	}}, Options{Bulk: true})
	answer, err := h.AnalyzeArticle(t.Context(), analyzeRequest("Ferry"))
	if err != nil || answer.GetSummary() == nil || answer.GetClassification() == nil {
		t.Errorf("got %v, %v", answer, err)
	}
	if !bulk {
		t.Error("the request is not marked as bulk")
	}
	_, err = h.AnalyzeArticle(t.Context(), analyzeRequest(""))
	if got := detail[*errdetails.ErrorInfo](t, err).GetReason(); got != "TEXT_EMPTY" {
		t.Errorf("reason %q, want TEXT_EMPTY", got)
	}
	_, err = NewHandler(failing(&summarizer.Error{Reason: summarizer.ReasonInternal}), Options{}).AnalyzeArticle(t.Context(), analyzeRequest("x"))
	if got := detail[*errdetails.ErrorInfo](t, err).GetReason(); got != "INTERNAL" {
		t.Errorf("reason %q, want INTERNAL", got)
	}
}
