package server

import (
	"encoding/base64"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
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
			MimeType:     `Text/HTML; charset="iso-8859-1"`,
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
			MaxTopics:       20,
			DisplayLanguage: "pt-BR",
			MinConfidence:   proto.Float64(1),
		},
		ServingOptions: &summarizerv1.ServingOptions{
			EnginePolicy:     summarizerv1.EnginePolicy_ENGINE_POLICY_LOCAL_ONLY,
			CachePolicy:      summarizerv1.CachePolicy_CACHE_POLICY_BYPASS,
			OffsetEncoding:   summarizerv1.OffsetEncoding_OFFSET_ENCODING_UTF32,
			OverlengthPolicy: summarizerv1.OverlengthPolicy_OVERLENGTH_POLICY_REJECT,

			IncludeRemovedSpans: true,
		},
		VerificationOptions: &summarizerv1.VerificationOptions{Policy: summarizerv1.VerificationPolicy_VERIFICATION_POLICY_ALWAYS},
	}
}

// parsing is a handler to parse with.
func parsing() *Handler { return NewHandler(&fakeService{}, Options{}) }

func TestParse(t *testing.T) {
	r := filled()
	got, err := parsing().parseAnalyze(r)
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
			MaxTopics: 20, MinConfidence: &one, DisplayLanguage: "pt-BR",
		},
		Engine:     summarizer.LocalOnly,
		Cache:      summarizer.CacheBypass,
		Offsets:    summarizer.OffsetUTF32,
		Overlength: summarizer.OverlengthReject,

		Verify:      summarizer.VerifyAlways,
		ListRemoved: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestParseLeavesDefaultsToTheService(t *testing.T) {
	article := summarizer.Article{Text: "x"}
	summary, err := parsing().parseSummarize(&summarizerv1.SummarizeArticleRequest{Article: textArticle("x")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&summarizer.Request{Article: article, Summary: &summarizer.SummaryOptions{}}, summary); diff != "" {
		t.Errorf("summarize (-want +got):\n%s", diff)
	}
	topics, err := parsing().parseClassify(&summarizerv1.ClassifyArticleRequest{
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
		"SummaryFormat":      {len(summaryFormats), len(summarizerv1.SummaryFormat_name)},
		"EnginePolicy":       {len(enginePolicies), len(summarizerv1.EnginePolicy_name)},
		"CachePolicy":        {len(cachePolicies), len(summarizerv1.CachePolicy_name)},
		"OffsetEncoding":     {len(offsetEncodings), len(summarizerv1.OffsetEncoding_name)},
		"VerificationPolicy": {len(verifyPolicies), len(summarizerv1.VerificationPolicy_name)},
		"OverlengthPolicy":   {len(overlengthPolicies), len(summarizerv1.OverlengthPolicy_name)},
		"Source":             {len(sources), len(summarizerv1.Provenance_Source_name) - 1},
		"SummaryMethod":      {len(methods), len(summarizerv1.SummaryMethod_name) - 1},
		"ConfidenceBasis":    {len(bases), len(summarizerv1.ConfidenceBasis_name) - 1},
		"IptcRelation":       {len(iptcRelations), len(summarizerv1.IptcRelation_name) - 1},
	} {
		if lengths[0] != lengths[1] {
			t.Errorf("%s: %d values in the table, %d in the contract", name, lengths[0], lengths[1])
		}
	}
}

func TestInvalidFields(t *testing.T) {
	type request = summarizerv1.AnalyzeArticleRequest
	tests := []struct {
		name  string
		spoil func(r *request)
		rule  summarizer.FieldRule
		field string
		says  string // part of the message
	}{
		{"no article", func(r *request) { r.Article = nil }, "REQUIRED", "article", "send the article"},
		{"empty text", func(r *request) { r.Article.Text = "" }, "TEXT_EMPTY", "article.text", "send the text"},
		{"text without letters", func(r *request) { r.Article.Text = "12 - 13" }, "TEXT_EMPTY", "article.text", "no letters"},
		{"text not UTF-8", func(r *request) { r.Article.Text = "a\xff" }, "NOT_UTF8", "article.text", "UTF-8"},
		{"long title", func(r *request) { r.Article.Title += "a" }, "TOO_LONG", "article.title", "the limit is 2000"},
		{"title not UTF-8", func(r *request) { r.Article.Title = "\xc3" }, "NOT_UTF8", "article.title", "UTF-8"},
		{"PDF", func(r *request) { r.Article.MimeType = "application/pdf" }, "MEDIA_TYPE_UNSUPPORTED", "article.mime_type", "text/html"},
		{"no media type at all", func(r *request) { r.Article.MimeType = "text/html;;" }, "MEDIA_TYPE_UNSUPPORTED", "article.mime_type", "text/html"},
		{"language", func(r *request) { r.Article.LanguageCode = "english" }, "MALFORMED", "article.language_code", "BCP-47"},
		{"long language", func(r *request) { r.Article.LanguageCode = "en-x-" + strings.Repeat("a", 31) }, "TOO_LONG", "article.language_code", "the limit is 35"},
		{"language not UTF-8", func(r *request) { r.Article.LanguageCode = "e\xff" }, "MALFORMED", "article.language_code", "BCP-47"},
		{"time", func(r *request) { r.Article.PublishTime.Nanos = -1 }, "OUT_OF_RANGE", "article.publish_time", "nanos"},
		{"long source", func(r *request) { r.Article.SourceUri += "u" }, "TOO_LONG", "article.source_uri", "the limit is 2048"},
		{"source not UTF-8", func(r *request) { r.Article.SourceUri = "\xff" }, "NOT_UTF8", "article.source_uri", "UTF-8"},

		{"format", func(r *request) { r.SummaryOptions.Format = 4 }, "NOT_DEFINED", "summary_options.format", "SUMMARY_FORMAT_PARAGRAPH (1), SUMMARY_FORMAT_BULLETS (2) or SUMMARY_FORMAT_HEADLINE (3)"},
		{"negative format", func(r *request) { r.SummaryOptions.Format = -1 }, "NOT_DEFINED", "summary_options.format", "SUMMARY_FORMAT_PARAGRAPH (1), SUMMARY_FORMAT_BULLETS (2) or SUMMARY_FORMAT_HEADLINE (3)"},
		{"many sentences", func(r *request) { r.SummaryOptions.MaxSentences = 11 }, "OUT_OF_RANGE", "summary_options.max_sentences", "1 to 10"},
		{"negative sentences", func(r *request) { r.SummaryOptions.MaxSentences = -1 }, "OUT_OF_RANGE", "summary_options.max_sentences", "0 for 3"},
		{"few characters", func(r *request) { r.SummaryOptions.MaxCharacters = 49 }, "OUT_OF_RANGE", "summary_options.max_characters", "50 to 4000"},
		{"many characters", func(r *request) { r.SummaryOptions.MaxCharacters = 4001 }, "OUT_OF_RANGE", "summary_options.max_characters", "0 for no limit"},
		{"negative characters", func(r *request) { r.SummaryOptions.MaxCharacters = -50 }, "OUT_OF_RANGE", "summary_options.max_characters", "50 to 4000"},
		{"summary language", func(r *request) { r.SummaryOptions.LanguageCode = "??" }, "MALFORMED", "summary_options.language_code", "BCP-47"},

		{"many topic ids", func(r *request) { r.TopicOptions.TopicIds = make([]string, 101) }, "TOO_MANY", "topic_options.topic_ids", "the limit is 100"},
		{"topic id", func(r *request) { r.TopicOptions.TopicIds[1] = "Fisheries" }, "MALFORMED", "topic_options.topic_ids[1]", "a-z"},
		{"empty topic id", func(r *request) { r.TopicOptions.TopicIds[0] = "" }, "MALFORMED", "topic_options.topic_ids[0]", "1 to 64"},
		{"long topic id", func(r *request) { r.TopicOptions.TopicIds[2] += "z" }, "MALFORMED", "topic_options.topic_ids[2]", "1 to 64"},
		{"unknown topic", func(r *request) { r.TopicOptions.TopicIds[1] = "unknown" }, "TOPIC_UNKNOWN", "topic_options.topic_ids[1]", "is unknown"},
		{"many candidates", func(r *request) { r.TopicOptions.CandidateTopics = make([]*summarizerv1.CandidateTopic, 51) }, "TOO_MANY", "topic_options.candidate_topics", "the limit is 50"},
		{"nil candidate", func(r *request) { r.TopicOptions.CandidateTopics[1] = nil }, "MALFORMED", "topic_options.candidate_topics[1].id", "1 to 64"},
		{"candidate id", func(r *request) { r.TopicOptions.CandidateTopics[2].Id = "a b" }, "MALFORMED", "topic_options.candidate_topics[2].id", "a-z"},
		{"candidate twice", func(r *request) { r.TopicOptions.CandidateTopics[2].Id = "harbour-1" }, "DUPLICATE", "topic_options.candidate_topics[2].id", "another candidate"},
		{"candidate and topic", func(r *request) { r.TopicOptions.CandidateTopics[2].Id = "fisheries" }, "DUPLICATE", "topic_options.candidate_topics[2].id", "topic_ids"},
		{"candidate without name", func(r *request) { r.TopicOptions.CandidateTopics[0].DisplayName = "" }, "REQUIRED", "topic_options.candidate_topics[0].display_name", "missing"},
		{"long candidate name", func(r *request) { r.TopicOptions.CandidateTopics[0].DisplayName += "n" }, "TOO_LONG", "topic_options.candidate_topics[0].display_name", "the limit is 200"},
		{"name not UTF-8", func(r *request) { r.TopicOptions.CandidateTopics[0].DisplayName = "\xff" }, "NOT_UTF8", "topic_options.candidate_topics[0].display_name", "UTF-8"},
		{"long description", func(r *request) { r.TopicOptions.CandidateTopics[0].Description += "d" }, "TOO_LONG", "topic_options.candidate_topics[0].description", "the limit is 500"},
		{"many topics", func(r *request) { r.TopicOptions.MaxTopics = 21 }, "OUT_OF_RANGE", "topic_options.max_topics", "1 to 20"},
		{"negative topics", func(r *request) { r.TopicOptions.MaxTopics = -1 }, "OUT_OF_RANGE", "topic_options.max_topics", "0 for 5"},
		{"NaN", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(math.NaN()) }, "OUT_OF_RANGE", "topic_options.min_confidence", "is NaN"},
		{"infinity", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(math.Inf(1)) }, "OUT_OF_RANGE", "topic_options.min_confidence", "0 to 1"},
		{"negative confidence", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(-0.1) }, "OUT_OF_RANGE", "topic_options.min_confidence", "unset"},
		{"confidence over 1", func(r *request) { r.TopicOptions.MinConfidence = proto.Float64(1.1) }, "OUT_OF_RANGE", "topic_options.min_confidence", "0 to 1"},

		{"engine policy", func(r *request) { r.ServingOptions.EnginePolicy = 4 }, "NOT_DEFINED", "serving_options.engine_policy", "ENGINE_POLICY_LOCAL_ONLY (3)"},
		{"cache policy", func(r *request) { r.ServingOptions.CachePolicy = -7 }, "NOT_DEFINED", "serving_options.cache_policy", "CACHE_POLICY_DEFAULT (1)"},
		{"offset encoding", func(r *request) { r.ServingOptions.OffsetEncoding = 4 }, "NOT_DEFINED", "serving_options.offset_encoding", "OFFSET_ENCODING_UTF8 (1)"},
		{"overlength policy", func(r *request) { r.ServingOptions.OverlengthPolicy = 3 }, "NOT_DEFINED", "serving_options.overlength_policy", "OVERLENGTH_POLICY_REJECT (2)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := filled()
			test.spoil(r)
			_, err := parsing().parseAnalyze(r)
			e, ok := errors.AsType[*summarizer.Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			f := e.Faults[0]
			if f.Field != test.field || f.Rule != test.rule || !strings.Contains(f.Message, test.says) {
				t.Errorf("got %v, want %s %s: …%s…", f, test.rule, test.field, test.says)
			}
			if len(e.Faults) > 1 && test.name != "nil candidate" { // which lacks its name, too
				t.Errorf("%d faults: %v", len(e.Faults), e.Faults)
			}
			reason := summarizer.ReasonFieldInvalid
			if _, own := statusRules[summarizer.Reason(test.rule)]; own {
				reason = summarizer.Reason(test.rule)
			}
			if e.Reason != reason {
				t.Errorf("reason %s, want %s", e.Reason, reason)
			}
			if !strings.HasPrefix(e.Message, f.Field+": "+f.Message) || strings.Contains(e.Message, "\n") ||
				!utf8.ValidString(e.Message) || len(f.Message) > 140 {
				t.Errorf("message %q is not one clear line", e.Message)
			}
		})
	}
}

// faulty is a request with a fault in every field, and those faults, in order.
func faulty() (*summarizerv1.AnalyzeArticleRequest, []string) {
	request := &summarizerv1.AnalyzeArticleRequest{
		Article: &summarizerv1.Article{
			Text:         "12 - 13",
			Title:        strings.Repeat("t", summarizer.MaxTitleBytes+1),
			MimeType:     "application/pdf",
			LanguageCode: "english",
			PublishTime:  &timestamppb.Timestamp{Nanos: -1},
			SourceUri:    strings.Repeat("u", summarizer.MaxSourceURIBytes+1),
		},
		SummaryOptions: &summarizerv1.SummaryOptions{Format: 9, MaxSentences: 11, MaxCharacters: 7, LanguageCode: "??"},
		TopicOptions: &summarizerv1.TopicOptions{
			TopicIds: []string{"fisheries", "No id", "unknown-1", "unknown-2"},
			CandidateTopics: []*summarizerv1.CandidateTopic{
				{Id: "fisheries", DisplayName: "Fisheries", Description: strings.Repeat("d", summarizer.MaxCandidateDescriptionBytes+1)},
				{Id: "!"},
			},
			MaxTopics: 21, MinConfidence: proto.Float64(2), DisplayLanguage: "?",
		},
		ServingOptions:      &summarizerv1.ServingOptions{EnginePolicy: 9, CachePolicy: 9, OffsetEncoding: 9, OverlengthPolicy: 9},
		VerificationOptions: &summarizerv1.VerificationOptions{Policy: 9},
	}
	return request, []string{
		"article.text TEXT_EMPTY",
		"article.title TOO_LONG",
		"article.mime_type MEDIA_TYPE_UNSUPPORTED",
		"article.language_code MALFORMED",
		"article.publish_time OUT_OF_RANGE",
		"article.source_uri TOO_LONG",
		"summary_options.format NOT_DEFINED",
		"summary_options.max_sentences OUT_OF_RANGE",
		"summary_options.max_characters OUT_OF_RANGE",
		"summary_options.language_code MALFORMED",
		"topic_options.topic_ids[1] MALFORMED",
		"topic_options.topic_ids[2] TOPIC_UNKNOWN",
		"topic_options.topic_ids[3] TOPIC_UNKNOWN",
		"topic_options.candidate_topics[0].id DUPLICATE",
		"topic_options.candidate_topics[0].description TOO_LONG",
		"topic_options.candidate_topics[1].id MALFORMED",
		"topic_options.candidate_topics[1].display_name REQUIRED",
		"topic_options.max_topics OUT_OF_RANGE",
		"topic_options.min_confidence OUT_OF_RANGE",
		"topic_options.display_language MALFORMED",
		"serving_options.engine_policy NOT_DEFINED",
		"serving_options.cache_policy NOT_DEFINED",
		"serving_options.offset_encoding NOT_DEFINED",
		"serving_options.overlength_policy NOT_DEFINED",
		"verification_options.policy NOT_DEFINED",
	}
}

// The faults of faulty are of all fields that a request has.
func TestFaultyHasAFaultInEveryField(t *testing.T) {
	_, faults := faulty()
	var walk func(d protoreflect.MessageDescriptor, path string)
	walk = func(d protoreflect.MessageDescriptor, path string) {
		for i := range d.Fields().Len() {
			field := d.Fields().Get(i)
			name := path + string(field.Name())
			if field.Kind() == protoreflect.BoolKind {
				continue // which has no faults
			}
			if m := field.Message(); m != nil && m.ParentFile().Package() == d.ParentFile().Package() {
				if field.IsList() {
					name += "[0]"
				}
				walk(m, name+".")
				continue
			}
			if !slices.ContainsFunc(faults, func(f string) bool {
				return strings.HasPrefix(strings.ReplaceAll(f, "[1]", "[0]"), name)
			}) {
				t.Errorf("no fault in %s", name)
			}
		}
	}
	walk((&summarizerv1.AnalyzeArticleRequest{}).ProtoReflect().Descriptor(), "")
}

// All faults of a request come at once, each with its path and its rule, whichever way
// the request takes.
func TestAllFaultsComeTogether(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	client := summarizerv1.NewSummarizerServiceClient(conn)
	request, all := faulty()
	without := func(prefix string) (rest []string) {
		return slices.DeleteFunc(slices.Clone(all), func(f string) bool { return strings.HasPrefix(f, prefix) })
	}
	check := func(way string, err error, want []string) {
		t.Helper()
		var got []string
		for _, v := range detail[*errdetails.BadRequest](t, err).GetFieldViolations() {
			got = append(got, v.GetField()+" "+v.GetReason())
			if v.GetDescription() == "" {
				t.Errorf("%s: %s has no description", way, v.GetField())
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: violations (-want +got):\n%s", way, diff)
		}
		info := detail[*errdetails.ErrorInfo](t, err)
		field, rule, _ := strings.Cut(want[0], " ")
		if status.Code(err) != codes.InvalidArgument || info.GetReason() != string(summarizer.FieldRule(rule).Reason()) || info.GetMetadata()["field"] != field {
			t.Errorf("%s: %v %v", way, status.Code(err), info)
		}
		if size := base64.StdEncoding.EncodedLen(proto.Size(status.Convert(err).Proto())); size > 7<<10 {
			t.Errorf("%s: the status has %d bytes in the trailer", way, size)
		}
	}

	_, err := client.AnalyzeArticle(t.Context(), request)
	check("AnalyzeArticle", err, all)
	_, err = client.SummarizeArticle(t.Context(), &summarizerv1.SummarizeArticleRequest{
		Article: request.Article, SummaryOptions: request.SummaryOptions, ServingOptions: request.ServingOptions,
		VerificationOptions: request.VerificationOptions,
	})
	check("SummarizeArticle", err, without("topic_options"))
	_, err = client.ClassifyArticle(t.Context(), &summarizerv1.ClassifyArticleRequest{
		Article: request.Article, TopicOptions: request.TopicOptions, ServingOptions: request.ServingOptions,
	})
	check("ClassifyArticle", err, slices.DeleteFunc(without("summary_options"), func(f string) bool { return strings.HasPrefix(f, "verification") }))

	batch, err := client.BatchAnalyzeArticles(t.Context(), &summarizerv1.BatchAnalyzeArticlesRequest{
		Requests: []*summarizerv1.AnalyzeArticleRequest{analyzeRequest("good"), request},
	})
	if err != nil {
		t.Fatal(err)
	}
	if batch.GetResults()[0].GetResponse() == nil {
		t.Errorf("the good item: %v", batch.GetResults()[0])
	}
	check("BatchAnalyzeArticles", statusOf(batch.GetResults()[1]).Err(), all)

	stream, err := client.StreamAnalyzeArticles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: "1", Request: request}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	check("StreamAnalyzeArticles", statusOf(answer.GetResult()).Err(), all)
	if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: strings.Repeat("i", 129), Request: request}); err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	check("a correlation id", err, []string{"correlation_id TOO_LONG"})

	_, err = client.ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{PageSize: -1, PageToken: "next!"})
	check("ListTopics", err, []string{"page_size OUT_OF_RANGE", "page_token MALFORMED"})
}

// However many faults there are, the status fits a trailer and says how many it leaves
// out.
func TestFaultsThatDoNotFitAreCounted(t *testing.T) {
	request := analyzeRequest("The harbour reopened.")
	request.TopicOptions = &summarizerv1.TopicOptions{TopicIds: make([]string, summarizer.MaxTopicIDs)}
	for range summarizer.MaxCandidates {
		request.TopicOptions.CandidateTopics = append(request.TopicOptions.CandidateTopics, &summarizerv1.CandidateTopic{
			Description: strings.Repeat("d", summarizer.MaxCandidateDescriptionBytes+1),
		})
	}
	_, err := parsing().AnalyzeArticle(t.Context(), request)
	if size := proto.Size(status.Convert(err).Proto()); size > maxStatusBytes {
		t.Errorf("the status has %d bytes", size)
	}
	told := len(detail[*errdetails.BadRequest](t, err).GetFieldViolations())
	omitted, _ := strconv.Atoi(detail[*errdetails.ErrorInfo](t, err).GetMetadata()["omittedViolations"])
	if all := summarizer.MaxTopicIDs + 3*summarizer.MaxCandidates; told < 20 || told+omitted != all {
		t.Errorf("%d faults are told and %d counted, of %d", told, omitted, all)
	}
}
