package systemtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// TestNothingOfAnArticleIsTold lets every fault happen to articles that hold a
// canary, at endpoints that quote it back, and searches all that the service says
// besides its answers: the log from debug on, metrics, spans and errors.
func TestNothingOfAnArticleIsTold(t *testing.T) {
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.listen(t)
		})
	}
}

// lockedBuffer is a log that several write to.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func (f fault) listen(t *testing.T) {
	const deadline = 500 * time.Millisecond
	var url string
	if f.url != nil {
		url = f.url(t)
	} else {
		fake := llmtest.New(t)
		fake.Default(f.reply)
		url = fake.URL()
	}
	var log lockedBuffer
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	s := startStackWith(t, stackOptions{
		dir:      t.TempDir(),
		endpoint: llm.Endpoint{BaseURL: url, Model: "m", APIKey: "canary-key"},
		log:      &log,
		grace:    time.Millisecond,
		tracer:   telemetry.NewTracer(provider),
	})

	said := &strings.Builder{}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	request := f.request(0)
	request.Article.Title = canary + " in Port Harlan"
	if _, err := s.client.AnalyzeArticle(ctx, request); err != nil {
		t.Errorf("no answer: %v", err)
	}
	only := proto.CloneOf(request)
	only.ServingOptions = &summarizerv1.ServingOptions{
		EnginePolicy: summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_ONLY,
		CachePolicy:  summarizerv1.CachePolicy_CACHE_POLICY_BYPASS,
	}
	ctx, cancel = context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if _, err := s.client.AnalyzeArticle(ctx, only); err != nil {
		tellError(said, err)
	} else if f.summary != "" {
		t.Error("a failed model answered")
	}
	ctx, cancel = context.WithTimeout(t.Context(), deadline)
	defer cancel()
	batch, err := s.client.BatchAnalyzeArticles(ctx, &summarizerv1.BatchAnalyzeArticlesRequest{
		Requests: []*summarizerv1.AnalyzeArticleRequest{only},
	})
	if err != nil {
		tellError(said, err)
	} else if e := client.ItemError(batch.Results[0]); e != nil {
		tellError(said, e)
	}
	s.stop()

	tellMetrics(t, said, s)
	for _, span := range spans.GetSpans() {
		fmt.Fprintf(said, "%s %v %v %v\n", span.Name, span.Attributes, span.Events, span.Status)
	}
	said.WriteString(log.String())
	for _, secret := range []string{canary, "Quillmere", "harbour council", "canary-key"} {
		if i := strings.Index(said.String(), secret); i >= 0 {
			t.Errorf("%q is told: …%s…", secret, said.String()[max(i-200, 0):min(i+100, said.Len())])
		}
	}
	// Where nothing is said, nothing can be found.
	for _, expected := range []string{`"msg":"language model call"`, "summarizer_answers_total", "ask language model"} {
		if !strings.Contains(said.String(), expected) {
			t.Errorf("%s is missing: this test listens in the wrong place", expected)
		}
	}
}

// tellError writes all that an error tells its caller.
func tellError(w io.Writer, err error) {
	fmt.Fprintf(w, "%v\n", err)
	for _, detail := range status.Convert(err).Details() {
		fmt.Fprintf(w, "%+v\n", detail)
	}
}

// tellMetrics writes what a scrape finds.
func tellMetrics(t *testing.T, w io.Writer, s *stack) {
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			t.Fatal(err)
		}
	}
}
