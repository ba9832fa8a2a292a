package server

import (
	"context"
	"fmt"
	"math"
	"net"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeService answers with analyze; nil gives sampleResult.
type fakeService struct {
	analyze func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error)
	topics  []summarizer.Topic

	finished string // the text of an article whose answer is there already
}

func (f *fakeService) Analyze(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
	if r.FinishedOnly && r.Article.Text != f.finished {
		return nil, &summarizer.Error{Reason: summarizer.ReasonOverloaded, Message: "not finished"}
	}
	if r.FinishedOnly {
		return sampleResult(r), nil
	}
	if f.analyze == nil {
		return sampleResult(r), nil
	}
	return f.analyze(ctx, r)
}

// Topics returns the topics with the language behind their names.
func (f *fakeService) Topics(displayLanguage string) ([]summarizer.Topic, string) {
	topics := slices.Clone(f.topics)
	for i := range topics {
		topics[i].DisplayName += displayLanguage
	}
	return topics, "t1"
}

// UnknownTopics knows no topics whose ids begin with "unknown".
func (f *fakeService) UnknownTopics(ids []string) (faults []summarizer.Fault) {
	for i, id := range ids {
		if strings.HasPrefix(id, "unknown") {
			faults = append(faults, summarizer.Fault{
				Field: fmt.Sprintf("topic_options.topic_ids[%d]", i), Rule: summarizer.RuleTopicUnknown, Message: "is unknown",
			})
		}
	}
	return faults
}

// failing returns a service whose every answer is err.
func failing(err error) *fakeService {
	return &fakeService{analyze: func(context.Context, *summarizer.Request) (*summarizer.Result, error) { return nil, err }}
}

var created = time.Date(2031, 5, 4, 3, 2, 1, 0, time.UTC)

func sampleResult(r *summarizer.Request) *summarizer.Result {
	result := &summarizer.Result{
		LanguageCode: "en",
		Warnings: []summarizer.Warning{{
			Reason: summarizer.WarnBoilerplateRemoved, Message: "a byline was removed",
			Metadata: map[string]string{"removedBytes": "17"},
		}},
		Usage: summarizer.Usage{InputTokens: 900, CachedInputTokens: 512, OutputTokens: 120, CostMicroUSD: 345},
	}
	span := []summarizer.TextSpan{{Begin: 0, End: 5, Text: r.Article.Text[:min(5, len(r.Article.Text))]}}
	result.Removed = []summarizer.RemovedSpan{{TextSpan: span[0], Rule: "byline"}}
	if r.Summary != nil {
		result.Summary = &summarizer.Summary{
			Text:      "The harbour reopened.",
			Sentences: []summarizer.SummarySentence{{Text: "The harbour reopened.", Evidence: span}},
			Method:    summarizer.MethodAbstractive,
			Language:  "en",
			Provenance: summarizer.Provenance{
				Source: summarizer.SourceLLM, Model: "m-1", PromptVersion: "p3", CreateTime: created,
			},
		}
	}
	if r.Topics != nil {
		result.Classification = &summarizer.Classification{
			Topics: []summarizer.TopicLabel{{
				ID: "shipping", DisplayName: "Shipping", Confidence: 0.75,
				Basis: summarizer.BasisCalibrated, Evidence: span, IPTCCode: "medtop:1",
			}},
			Provenance: summarizer.Provenance{
				Source: summarizer.SourceLocal, Model: "local-1", TaxonomyVersion: "t1", CreateTime: created,
				Degraded: true, FallbackReason: summarizer.ReasonLLMTimeout,
			},
		}
	}
	return result
}

// newCalm returns a server that finds its process idle, whatever else the machine does.
func newCalm(service Backend, options Options) *Server {
	server := New(service, options)
	server.handler.admission.load.read = func() runtimeSample {
		return runtimeSample{waits: &metrics.Float64Histogram{}, limit: math.MaxInt64}
	}
	return server
}

// connect serves service on a loopback port until the test ends.
func connect(t testing.TB, service Backend, options Options) (*Server, *grpc.ClientConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return dial(t, service, options, listener, listener.Addr().String(), nil)
}

// connectInMemory does the same without a socket, for synctest.
func connectInMemory(t testing.TB, service Backend, options Options) (*Server, *grpc.ClientConn) {
	t.Helper()
	listener := bufconn.Listen(64 << 10)
	return dial(t, service, options, listener, "passthrough:///memory", func(ctx context.Context, _ string) (net.Conn, error) {
		return listener.DialContext(ctx)
	})
}

func dial(t testing.TB, service Backend, options Options, listener net.Listener, target string, dialer func(context.Context, string) (net.Conn, error)) (*Server, *grpc.ClientConn) {
	t.Helper()
	server := newCalm(service, options)
	served := serveListener(t, server, listener)
	conn := dialPort(t, target, insecure.NewCredentials(), dialer)
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		server.Shutdown(context.Background())
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return server, conn
}

// inBubble runs test in a synctest bubble, against a server in memory.
func inBubble(t *testing.T, service Backend, options Options, test func(t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, conn := connectInMemory(t, service, options)
		test(t, server, summarizerv1.NewSummarizerServiceClient(conn))
	})
}

func textArticle(text string) *summarizerv1.Article { return &summarizerv1.Article{Text: text} }

func analyzeRequest(text string) *summarizerv1.AnalyzeArticleRequest {
	return &summarizerv1.AnalyzeArticleRequest{Article: textArticle(text)}
}

// detail returns the one detail of type T of a status error, and the zero value
// when there is none.
func detail[T proto.Message](t *testing.T, err error) (found T) {
	t.Helper()
	n := 0
	for _, d := range status.Convert(err).Details() {
		if d, ok := d.(T); ok {
			found = d
			n++
		}
	}
	if n > 1 {
		t.Errorf("%d details of type %T in %v", n, found, err)
	}
	return found
}

// rawCodec sends payloads that no protobuf library would make.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) ([]byte, error) {
	if data, ok := v.([]byte); ok {
		return data, nil
	}
	return nil, fmt.Errorf("cannot marshal %T", v)
}

func (rawCodec) Unmarshal(data []byte, v any) error { return proto.Unmarshal(data, v.(proto.Message)) }
