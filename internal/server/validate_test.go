package server

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

var protocmpOption = protocmp.Transform()

// filled is a request with every field at its limit.
func filled() *summarizerv1.AnalyzeArticleRequest {
	return &summarizerv1.AnalyzeArticleRequest{
		Article: &summarizerv1.Article{
			Text:         strings.Repeat("a", summarizer.MaxTextBytes),
			Title:        strings.Repeat("é", summarizer.MaxTitleBytes/2),
			MediaType:    `Text/HTML; charset="iso-8859-1"`,
			LanguageCode: "iw-il",
			PublishTime:  timestamppb.New(created),
			SourceUri:    strings.Repeat("u", summarizer.MaxSourceURIBytes),
		},
		SummaryOptions: &summarizerv1.SummaryOptions{
			Format:        summarizerv1.SummaryFormat_SUMMARY_FORMAT_HEADLINE,
			MaxSentences:  10,
			MaxCharacters: 4000,
			LanguageCode:  "pt_br",
		},
		TopicOptions: &summarizerv1.TopicOptions{
			TopicIds: []string{"fisheries", "fisheries", strings.Repeat("z", 64)},
			CandidateTopics: []*summarizerv1.CandidateTopic{
				{Id: "harbour-1", DisplayName: strings.Repeat("n", 200), Description: strings.Repeat("d", 500)},
				{Id: "harbour-2", DisplayName: "Harbour two"},
				{Id: "harbour-3", DisplayName: "Harbour three"},
			},
			MaxTopics:     20,
			MinConfidence: proto.Float64(1),
		},
		ServingOptions: &summarizerv1.ServingOptions{
			EnginePolicy:     summarizerv1.EnginePolicy_ENGINE_POLICY_LOCAL_ONLY,
			CachePolicy:      summarizerv1.CachePolicy_CACHE_POLICY_BYPASS,
			OffsetEncoding:   summarizerv1.OffsetEncoding_OFFSET_ENCODING_UTF32,
			OverlengthPolicy: summarizerv1.OverlengthPolicy_OVERLENGTH_POLICY_REJECT,
		},
	}
}

func TestParse(t *testing.T) {
	r := filled()
	got, err := parseAnalyze(r)
	if err != nil {
		t.Fatal(err)
	}
	one := 1.0
	want := &summarizer.Request{
		Article: summarizer.Article{
			Text: r.Article.Text, Title: r.Article.Title, MediaType: "text/html", LanguageCode: "he-IL",
		},
		Summary: &summarizer.SummaryOptions{
			Format: summarizer.FormatHeadline, MaxSentences: 10, MaxCharacters: 4000, LanguageCode: "pt-BR",
		},
		Topics: &summarizer.TopicOptions{
			TopicIDs: r.TopicOptions.TopicIds,
			Candidates: []summarizer.Candidate{
				{ID: "harbour-1", DisplayName: strings.Repeat("n", 200), Description: strings.Repeat("d", 500)},
				{ID: "harbour-2", DisplayName: "Harbour two"},
				{ID: "harbour-3", DisplayName: "Harbour three"},
			},
			MaxTopics: 20, MinConfidence: &one,
		},
		Engine:     summarizer.LocalOnly,
		Cache:      summarizer.CacheBypass,
		Offsets:    summarizer.OffsetUTF32,
		Overlength: summarizer.OverlengthReject,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestParseLeavesDefaultsToTheService(t *testing.T) {
	article := summarizer.Article{Text: "x", MediaType: "text/plain"}
	summary, err := parseSummarize(&summarizerv1.SummarizeArticleRequest{Article: textArticle("x")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&summarizer.Request{Article: article, Summary: &summarizer.SummaryOptions{}}, summary); diff != "" {
		t.Errorf("summarize (-want +got):\n%s", diff)
	}
	topics, err := parseClassify(&summarizerv1.ClassifyArticleRequest{
		Article:        &summarizerv1.Article{Text: "x", LanguageCode: "und"},
		ServingOptions: &summarizerv1.ServingOptions{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&summarizer.Request{Article: article, Topics: &summarizer.TopicOptions{}}, topics); diff != "" {
		t.Errorf("classify (-want +got):\n%s", diff)
	}
}

// Every value of the request enums has a value in the domain.
func TestEnumsAreComplete(t *testing.T) {
	for name, lengths := range map[string][2]int{
		"SummaryFormat":    {len(summaryFormats), len(summarizerv1.SummaryFormat_name)},
		"EnginePolicy":     {len(enginePolicies), len(summarizerv1.EnginePolicy_name)},
		"CachePolicy":      {len(cachePolicies), len(summarizerv1.CachePolicy_name)},
		"OffsetEncoding":   {len(offsetEncodings), len(summarizerv1.OffsetEncoding_name)},
		"OverlengthPolicy": {len(overlengthPolicies), len(summarizerv1.OverlengthPolicy_name)},
		"Source":           {len(sources), len(summarizerv1.Source_name) - 1},
		"SummaryMethod":    {len(methods), len(summarizerv1.SummaryMethod_name) - 1},
		"ConfidenceBasis":  {len(bases), len(summarizerv1.ConfidenceBasis_name) - 1},
		"IptcRelation":     {len(iptcRelations), len(summarizerv1.IptcRelation_name) - 1},
	} {
		if lengths[0] != lengths[1] {
			t.Errorf("%s: %d values in the table, %d in the contract", name, lengths[0], lengths[1])
		}
	}
}

func TestInvalidFields(t *testing.T) {
	type request = summarizerv1.AnalyzeArticleRequest
	tests := []struct {
		name   string
		spoil  func(r *request)
		reason summarizer.Reason // empty means FIELD_INVALID
		field  string
		says   string // part of the message
	}{
		{"no article", func(r *request) { r.Article = nil }, "", "article", "send the article"},
		{"empty text", func(r *request) { r.Article.Text = "" }, "TEXT_EMPTY", "article.text", "send the text"},
		{"long text", func(r *request) { r.Article.Text += "a" }, "TEXT_TOO_LARGE", "article.text", "has 1000001 bytes, the limit is 1000000"},
		{"text not UTF-8", func(r *request) { r.Article.Text = "a\xff" }, "", "article.text", "UTF-8"},
		{"long title", func(r *request) { r.Article.Title += "a" }, "", "article.title", "the limit is 2000"},
		{"title not UTF-8", func(r *request) { r.Article.Title = "\xc3" }, "", "article.title", "UTF-8"},
		{"PDF", func(r *request) { r.Article.MediaType = "application/pdf" }, "MEDIA_TYPE_UNSUPPORTED", "article.media_type", "text/html"},
		{"no media type at all", func(r *request) { r.Article.MediaType = "text/html;;" }, "MEDIA_TYPE_UNSUPPORTED", "article.media_type", "text/html"},
		{"language", func(r *request) { r.Article.LanguageCode = "english" }, "", "article.language_code", "BCP-47"},
		{"long language", func(r *request) { r.Article.LanguageCode = "en-x-" + strings.Repeat("a", 31) }, "", "article.language_code", "the limit is 35"},
		{"language not UTF-8", func(r *request) { r.Article.LanguageCode = "e\xff" }, "", "article.language_code", "BCP-47"},
		{"time", func(r *request) { r.Article.PublishTime.Nanos = -1 }, "", "article.publish_time", "nanos"},
		{"long source", func(r *request) { r.Article.SourceUri += "u" }, "", "article.source_uri", "the limit is 2048"},
		{"source not UTF-8", func(r *request) { r.Article.SourceUri = "\xff" }, "", "article.source_uri", "UTF-8"},

		{"format", func(r *request) { r.SummaryOptions.Format = 4 }, "", "summary_options.format", "0 to 3"},
		{"negative format", func(r *request) { r.SummaryOptions.Format = -1 }, "", "summary_options.format", "0 to 3"},
		{"many sentences", func(r *request) { r.SummaryOptions.MaxSentences = 11 }, "", "summary_options.max_sentences", "1 to 10"},
		{"negative sentences", func(r *request) { r.SummaryOptions.MaxSentences = -1 }, "", "summary_options.max_sentences", "0 for 3"},
		{"few characters", func(r *request) { r.SummaryOptions.MaxCharacters = 49 }, "", "summary_options.max_characters", "50 to 4000"},
		{"many characters", func(r *request) { r.SummaryOptions.MaxCharacters = 4001 }, "", "summary_options.max_characters", "0 for no limit"},
		{"negative characters", func(r *request) { r.SummaryOptions.MaxCharacters = -50 }, "", "summary_options.max_characters", "50 to 4000"},
		{"summary language", func(r *request) { r.SummaryOptions.LanguageCode = "??" }, "", "summary_options.language_code", "BCP-47"},

		{"many topic ids", func(r *request) { r.TopicOptions.TopicIds = make([]string, 101) }, "", "topic_options.topic_ids", "the limit is 100"},
		{"topic id", func(r *request) { r.TopicOptions.TopicIds[1] = "Fisheries" }, "", "topic_options.topic_ids[1]", "a-z"},
		{"empty topic id", func(r *request) { r.TopicOptions.TopicIds[0] = "" }, "", "topic_options.topic_ids[0]", "1 to 64"},
		{"long topic id", func(r *request) { r.TopicOptions.TopicIds[2] += "z" }, "", "topic_options.topic_ids[2]", "1 to 64"},
		{"many candidates", func(r *request) { r.TopicOptions.CandidateTopics = make([]*summarizerv1.CandidateTopic, 51) }, "", "topic_options.candidate_topics", "the limit is 50"},
		{"nil candidate", func(r *request) { r.TopicOptions.CandidateTopics[1] = nil }, "", "topic_options.candidate_topics[1].id", "1 to 64"},
		{"candidate id", func(r *request) { r.TopicOptions.CandidateTopics[2].Id = "a b" }, "", "topic_options.candidate_topics[2].id", "a-z"},
		{"candidate twice", func(r *request) { r.TopicOptions.CandidateTopics[2].Id = "harbour-1" }, "", "topic_options.candidate_topics[2].id", "another candidate"},
		{"candidate and topic", func(r *request) { r.TopicOptions.CandidateTopics[2].Id = "fisheries" }, "", "topic_options.candidate_topics[2].id", "topic_ids"},
		{"candidate without name", func(r *request) { r.TopicOptions.CandidateTopics[0].DisplayName = "" }, "", "topic_options.candidate_topics[0].display_name", "missing"},
		{"long candidate name", func(r *request) { r.TopicOptions.CandidateTopics[0].DisplayName += "n" }, "", "topic_options.candidate_topics[0].display_name", "the limit is 200"},
		{"name not UTF-8", func(r *request) { r.TopicOptions.CandidateTopics[0].DisplayName = "\xff" }, "", "topic_options.candidate_topics[0].display_name", "UTF-8"},
		{"long description", func(r *request) { r.TopicOptions.CandidateTopics[0].Description += "d" }, "", "topic_options.candidate_topics[0].description", "the limit is 500"},
		{"many topics", func(r *request) { r.TopicOptions.MaxTopics = 21 }, "", "topic_options.max_topics", "1 to 20"},
		{"negative topics", func(r *request) { r.TopicOptions.MaxTopics = -1 }, "", "topic_options.max_topics", "0 for 5"},
		{"NaN", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(math.NaN()) }, "", "topic_options.min_confidence", "is NaN"},
		{"infinity", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(math.Inf(1)) }, "", "topic_options.min_confidence", "0 to 1"},
		{"negative confidence", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(-0.1) }, "", "topic_options.min_confidence", "unset"},
		{"confidence over 1", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(1.1) }, "", "topic_options.min_confidence", "0 to 1"},

		{"engine policy", func(r *request) { r.ServingOptions.EnginePolicy = 4 }, "", "serving_options.engine_policy", "0 to 3"},
		{"cache policy", func(r *request) { r.ServingOptions.CachePolicy = -7 }, "", "serving_options.cache_policy", "0 to 3"},
		{"offset encoding", func(r *request) { r.ServingOptions.OffsetEncoding = 4 }, "", "serving_options.offset_encoding", "0 to 3"},
		{"overlength policy", func(r *request) { r.ServingOptions.OverlengthPolicy = 3 }, "", "serving_options.overlength_policy", "0 to 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := filled()
			test.spoil(r)
			_, err := parseAnalyze(r)
			e, ok := errors.AsType[*summarizer.Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			reason := test.reason
			if reason == "" {
				reason = summarizer.ReasonFieldInvalid
			}
			if e.Reason != reason || e.Field != test.field || !strings.Contains(e.Message, test.says) {
				t.Errorf("got %v, want %s %s: …%s…", err, reason, test.field, test.says)
			}
			if strings.Contains(e.Message, "\n") || !utf8.ValidString(e.Message) || len(e.Message) > 200 {
				t.Errorf("message %q is not one clear line", e.Message)
			}
		})
	}
}

func TestTextTooLargeTellsTheLimit(t *testing.T) {
	r := filled()
	r.Article.Text += "a"
	_, err := parseAnalyze(r)
	e, _ := errors.AsType[*summarizer.Error](err)
	if got := e.Metadata["maxTextBytes"]; got != fmt.Sprint(summarizer.MaxTextBytes) {
		t.Errorf("maxTextBytes %q", got)
	}
}
