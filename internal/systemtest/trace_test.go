package systemtest

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// collector keeps what a server exports.
type collector struct {
	mu     sync.Mutex
	spans  []*tracepb.Span
	bodies bytes.Buffer
}

// ServeHTTP implements http.Handler.
func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodies.Write(body)
	var request collectortrace.ExportTraceServiceRequest
	if r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		return
	}
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// TestTraceFromTheCallerToTheModel holds the chain of spans of a request whose
// first answer cannot be used, and that nothing of the article, the title, the
// answer or the key leaves with it.
func TestTraceFromTheCallerToTheModel(t *testing.T) {
	var c collector
	server := httptest.NewServer(&c)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	model := llmtest.New(t)
	model.Enqueue(llmtest.Content("Canarysong, says the model, without any JSON."))

	s := serve(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL,
		"SUMMARIZER_LLM_MODEL":        "small-model",
		"SUMMARIZER_LLM_BASE_URL":     model.URL(),
		"OPENAI_API_KEY":              "sk-canarykey",
	})
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	const parent = "00f067aa0ba902b7"
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+trace+"-"+parent+"-01")
	response, err := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc)).SummarizeArticle(ctx, &summarizerv1.SummarizeArticleRequest{
		Article: &summarizerv1.Article{Title: "Canarytitle", Text: "The Canarytext ferry left Port Harlan on Monday. " + articleOf(2000)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := response.GetSummary().GetProvenance().GetSource(); got != summarizerv1.Provenance_SOURCE_LLM {
		t.Fatalf("source %v", got)
	}
	got := s.stop()
	if got.code != exitOK {
		t.Fatalf("the server ended with %d: %s", got.code, got.stderr)
	}
	if !strings.Contains(got.stderr, `"trace_id":"`+trace+`"`) {
		t.Errorf("no line of the log names the trace: %s", got.stderr)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	above := map[string]string{} // by name of the span: the id of its parent
	ids := map[string]string{}
	counts := map[string]int{}
	for _, span := range c.spans {
		if got := hex.EncodeToString(span.TraceId); got != trace {
			t.Errorf("the span %q belongs to the trace %s", span.Name, got)
		}
		ids[span.Name] = hex.EncodeToString(span.SpanId)
		above[span.Name] = hex.EncodeToString(span.ParentSpanId)
		counts[span.Name]++
	}
	const call, task, rpc = "chat small-model", "ask language model", "summarizer.v1.SummarizerService/SummarizeArticle"
	if len(counts) != 3 || counts[rpc] != 1 || counts[task] != 1 || counts[call] != 2 {
		t.Fatalf("spans: %v", counts)
	}
	if above[rpc] != parent || above[task] != ids[rpc] || above[call] != ids[task] {
		t.Errorf("the spans are not in a chain: parents %v of %v", above, ids)
	}
	for _, secret := range []string{"anary", "Port Harlan", "dockers"} {
		if bytes.Contains(c.bodies.Bytes(), []byte(secret)) {
			t.Errorf("%q was exported", secret)
		}
	}
	if !bytes.Contains(c.bodies.Bytes(), []byte("summarizer_answers_total")) {
		t.Error("the metrics were not exported at the end")
	}
}
