package server

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// bad marks the places that spoiled makes invalid UTF-8.
const bad = "@@@"

// spoiled returns the wire format of m with invalid UTF-8 for each bad.
func spoiled(t testing.TB, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(data, []byte(bad), []byte("a\xff\xfe"))
}

func TestInvalidUTF8OverTheWire(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	tests := []struct {
		method  string
		request proto.Message
		field   string
	}{
		{
			summarizerv1.SummarizerService_SummarizeArticle_FullMethodName,
			&summarizerv1.SummarizeArticleRequest{Article: textArticle("The pier " + bad)}, "article.text",
		},
		{
			summarizerv1.SummarizerService_ClassifyArticle_FullMethodName,
			&summarizerv1.ClassifyArticleRequest{Article: &summarizerv1.Article{Text: "x", Title: bad}}, "article.title",
		},
		{
			summarizerv1.SummarizerService_AnalyzeArticle_FullMethodName,
			&summarizerv1.AnalyzeArticleRequest{
				Article: textArticle("x"),
				TopicOptions: &summarizerv1.TopicOptions{
					TopicIds:        []string{"a", "b"},
					CandidateTopics: []*summarizerv1.CandidateTopic{{Id: "c", DisplayName: "C"}, {Id: "d", DisplayName: bad}},
				},
			},
			"topic_options.candidate_topics[1].display_name",
		},
		{
			summarizerv1.SummarizerService_ListTopics_FullMethodName,
			&summarizerv1.ListTopicsRequest{PageToken: bad}, "page_token",
		},
	}
	for _, test := range tests {
		t.Run(test.method, func(t *testing.T) {
			var answer summarizerv1.AnalyzeArticleResponse
			err := conn.Invoke(t.Context(), test.method, spoiled(t, test.request), &answer, grpc.ForceCodec(rawCodec{}))
			if status.Code(err) != codes.InvalidArgument {
				t.Fatalf("error %v, want InvalidArgument", err)
			}
			if got := detail[*errdetails.ErrorInfo](t, err).GetReason(); got != "FIELD_INVALID" {
				t.Errorf("reason %q, want FIELD_INVALID", got)
			}
			violations := detail[*errdetails.BadRequest](t, err).GetFieldViolations()
			if len(violations) != 1 || violations[0].GetField() != test.field {
				t.Errorf("violations %v, want one of %s", violations, test.field)
			}
		})
	}
}

// One bad item takes neither its batch nor its stream with it.
func TestInvalidUTF8InOneItem(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})

	t.Run("batch", func(t *testing.T) {
		request := &summarizerv1.BatchAnalyzeArticlesRequest{Requests: []*summarizerv1.AnalyzeArticleRequest{
			analyzeRequest("good"), analyzeRequest(bad), analyzeRequest("good"),
		}}
		var answer summarizerv1.BatchAnalyzeArticlesResponse
		err := conn.Invoke(t.Context(), summarizerv1.SummarizerService_BatchAnalyzeArticles_FullMethodName,
			spoiled(t, request), &answer, grpc.ForceCodec(rawCodec{}))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"", "article.text", ""} {
			if got := fieldAtFault(t, answer.GetResults()[i]); got != want {
				t.Errorf("item %d: field %q, want %q", i, got, want)
			}
		}
	})

	t.Run("stream", func(t *testing.T) {
		stream, err := conn.NewStream(t.Context(), &summarizerv1.SummarizerService_ServiceDesc.Streams[0],
			summarizerv1.SummarizerService_StreamAnalyzeArticles_FullMethodName, grpc.ForceCodec(rawCodec{}))
		if err != nil {
			t.Fatal(err)
		}
		item := func(id, text string) []byte {
			return spoiled(t, &summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: id, Request: analyzeRequest(text)})
		}
		for _, text := range []string{bad, "good"} {
			if err := stream.SendMsg(item("1", text)); err != nil {
				t.Fatal(err)
			}
			var answer summarizerv1.StreamAnalyzeArticlesResponse
			if err := stream.RecvMsg(&answer); err != nil {
				t.Fatal(err)
			}
			if failed := fieldAtFault(t, answer.GetResult()) == "article.text"; failed != (text == bad) {
				t.Errorf("%q gives %v", text, answer.GetResult())
			}
		}
		if err := stream.SendMsg(item(bad, "good")); err != nil {
			t.Fatal(err)
		}
		err = stream.RecvMsg(&summarizerv1.StreamAnalyzeArticlesResponse{})
		if got := detail[*errdetails.BadRequest](t, err).GetFieldViolations(); len(got) != 1 || got[0].GetField() != "correlation_id" {
			t.Errorf("error %v, want one of correlation_id", err)
		}
	})
}

// fieldAtFault returns the field that the error of an item names, empty where it has no
// error.
func fieldAtFault(t *testing.T, result *summarizerv1.AnalyzeArticleResult) string {
	t.Helper()
	return detail[*errdetails.ErrorInfo](t, statusOf(result).Err()).GetMetadata()["field"]
}

// Broken wire format and other services have gRPC's own text, and are a fault of the caller.
func TestOtherDecodingFaults(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	for name, test := range map[string]struct {
		method string
		data   []byte
	}{
		"cut message": {summarizerv1.SummarizerService_AnalyzeArticle_FullMethodName, []byte{10, 200, 1}},
		"cut article": {summarizerv1.SummarizerService_AnalyzeArticle_FullMethodName, []byte{10, 2, 10, 9}},
		"health":      {healthpb.Health_Check_FullMethodName, spoiled(t, &healthpb.HealthCheckRequest{Service: bad})},
	} {
		err := conn.Invoke(t.Context(), test.method, test.data, &summarizerv1.AnalyzeArticleResponse{}, grpc.ForceCodec(rawCodec{}))
		if status.Code(err) != codes.InvalidArgument || len(status.Convert(err).Details()) > 0 {
			t.Errorf("%s: error %v, want a bare InvalidArgument", name, err)
		}
	}
}

// But for the invalid strings, the lenient decoder reads what the usual one does.
func TestLenientDecodingKeepsTheRest(t *testing.T) {
	want := filled()
	want.Article.Text = "short"
	want.Article.Title = bad
	want.ProtoReflect().SetUnknown([]byte{0xf8, 0x01, 0x2a}) // field 31, varint 42
	var got summarizerv1.AnalyzeArticleRequest
	err := codec.Unmarshal(mem.BufferSlice{mem.SliceBuffer(spoiled(t, want))}, &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Article.Title != "a\xff\xfe" {
		t.Errorf("title %q", got.Article.Title)
	}
	got.Article.Title = bad
	if diff := cmp.Diff(want, &got, protocmpOption); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// Whatever arrives, the lenient decoder agrees with the usual one but on strings
// of invalid UTF-8.
func FuzzLenientDecoding(f *testing.F) {
	f.Add(spoiled(f, &summarizerv1.AnalyzeArticleRequest{Article: textArticle("x"), TopicOptions: &summarizerv1.TopicOptions{TopicIds: []string{bad}}}))
	f.Add(spoiled(f, analyzeRequest(bad)))
	f.Add(append(spoiled(f, analyzeRequest(bad)), spoiled(f, analyzeRequest("good"))...))
	f.Add([]byte{10, 2, 10, 9})
	f.Add([]byte{0xfb, 0x01, 0xfc, 0x01, 0x0b})
	f.Fuzz(func(t *testing.T, data []byte) {
		var usual, lenient summarizerv1.AnalyzeArticleRequest
		usualErr := proto.Unmarshal(data, &usual)
		lenientErr := mergeLenient(data, lenient.ProtoReflect())
		switch {
		case usualErr == nil && lenientErr != nil:
			t.Fatalf("refuses what is valid: %v", lenientErr)
		case usualErr == nil && !proto.Equal(&usual, &lenient):
			t.Fatalf("got %v, want %v", &lenient, &usual)
		// The invalid string need not be in the result: a later value of the same
		// field takes its place.
		case usualErr != nil && lenientErr == nil && !strings.Contains(usualErr.Error(), "invalid UTF-8"):
			t.Fatalf("accepts what is invalid in another way: %v", usualErr)
		}
	})
}
