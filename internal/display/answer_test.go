package display

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

func TestPage(t *testing.T) {
	response := &summarizerv1.AnalyzeArticleResponse{
		Summary: &summarizerv1.Summary{
			Text: "- One sentence that is long enough to be wrapped at forty columns.\n- Another \x1b[31msentence\u202e.",
			Provenance: &summarizerv1.Provenance{
				Source: summarizerv1.Provenance_SOURCE_STALE_CACHE, Model: "old-model", Degraded: true, FallbackReason: "LLM_TIMEOUT",
				CreateTime: &timestamppb.Timestamp{Seconds: 1_930_000_000},
			},
		},
		Classification: &summarizerv1.Classification{
			Topics: []*summarizerv1.TopicLabel{
				{DisplayName: "peacekeeping", Confidence: 0.914, Evidence: []*summarizerv1.TextSpan{{Text: "a mission\nof many words that goes on"}}},
				{DisplayName: "trade", Confidence: 0.5},
			},
			Provenance: &summarizerv1.Provenance{Source: summarizerv1.Provenance_SOURCE_LLM, Model: "new-model", TaxonomyVersion: "0123456789abcdef"},
		},
		LanguageCode: "en",
		Warnings:     []*summarizerv1.AnswerWarning{{Reason: "CONTENT_TOO_SHORT", Message: "the text is short"}},
		Usage:        &summarizerv1.ModelUsage{InputTokens: 1200, OutputTokens: 80, CostMicroUsd: 460},
	}
	const want = `a.txt
Title

- One sentence that is long enough to be
  wrapped at forty columns.
- Another [31msentence.

Topics
  peacekeeping  0.91  "a mission of ma…"
  trade         0.50

Summary made by old-model on 2031-02-27,
  from the cache, as the language model
  did not answer (LLM_TIMEOUT), topics
  by new-model; language en; taxonomy
  0123456789a…; 1200 tokens in, 80 out,
  $0.000460.
Warning: the text is short
  (CONTENT_TOO_SHORT)
`
	var out bytes.Buffer
	p := &Printer{out: &out, width: 40}
	if err := p.Answer("a.txt", "Title", response); err != nil || out.String() != want {
		t.Errorf("error %v, got:\n%s\nwant:\n%s", err, out.String(), want)
	}
	out.Reset()
	p.colour = true
	if err := p.Answer("a.txt", "Title", response); err != nil || !strings.Contains(out.String(), "\x1b[1mTitle\x1b[0m\n") {
		t.Errorf("error %v, no colours in %q", err, out.String())
	}
	out.Reset()
	if err := p.Answer("", "", &summarizerv1.AnalyzeArticleResponse{}); err != nil || !strings.Contains(out.String(), "none") {
		t.Errorf("error %v, got %q", err, out.String())
	}
}
