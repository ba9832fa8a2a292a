package systemtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/server"
)

// instantModel answers each request at once with the same bytes, and keeps the first
// request. It leaves little for the collector, whose pauses would count as the service's.
type instantModel struct {
	answer []byte
	first  atomic.Pointer[[]byte]
}

// ServeHTTP implements http.Handler.
func (m *instantModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.first.Load() == nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		m.first.Store(&body)
	} else if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(m.answer)
}

// forwarder is a gateway that only forwards: the least that anything between a client
// and a model can do.
type forwarder struct {
	to     string
	client *http.Client
}

// ServeHTTP implements http.Handler.
func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return
	}
	answer, err := post(r.Context(), f.client, f.to, body)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

// post sends a chat completion request and returns the response.
func post(ctx context.Context, client *http.Client, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// BenchmarkMiss measures a SummarizeArticle that no cache answers, over loopback and with
// every real part, beside the same request to the same model by HTTP alone and through a
// proxy that only forwards it. The model answers at once. The three take turns in rounds,
// all in one process, whose heap grows as far as the heap of "serve" before it is collected; the
// figures to read are the medians over the rounds:
//
//	service-p50-µs, service-p99-µs, service/s
//	proxy-p50-µs, proxy/s
//	direct-p50-µs
//	x-proxy  the p50 of the service, as a multiple of the proxy's
func BenchmarkMiss(b *testing.B) {
	b.Cleanup(server.KeepHeapGoal(server.HeapGoal))
	text := articleOf(4 << 10)
	const sentence = "The harbour council of Port Harlan met on day 2 of the strike and offered the dockers a rise of 3 percent."
	content := fmt.Sprintf(`{"summary":[{"text":%q,"quotes":[%q]}]}`, sentence, sentence)
	model := &instantModel{answer: fmt.Appendf(nil,
		`{"id":"1","object":"chat.completion","created":1764400000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":"stop"}],"usage":{"prompt_tokens":1500,"completion_tokens":60,"total_tokens":1560}}`, content)}
	direct := httptest.NewServer(model)
	b.Cleanup(direct.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	proxy := httptest.NewServer(&forwarder{direct.URL, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}})
	b.Cleanup(proxy.Close)

	service := startStackOf(b, b.TempDir(), llm.Endpoint{BaseURL: direct.URL, Model: "m", APIKey: "none"}).client
	var articles atomic.Int64
	callService := func(ctx context.Context) error {
		response, err := service.SummarizeArticle(ctx, &summarizerv1.SummarizeArticleRequest{
			Article: &summarizerv1.Article{Text: fmt.Sprintf("%s\n\nThis is report %d from the harbour.", text, articles.Add(1))},
		})
		if err == nil && response.Summary.Provenance.Source != summarizerv1.Provenance_SOURCE_LLM {
			p := response.Summary.Provenance
			err = fmt.Errorf("source %v (%s), want the model", p.Source, p.FallbackReason)
		}
		return err
	}
	if err := callService(b.Context()); err != nil {
		b.Fatal(err)
	}
	body := *model.first.Load()
	by := func(url string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := post(ctx, client, url, body)
			return err
		}
	}
	for _, concurrent := range []int{1, 32} {
		b.Run(fmt.Sprintf("c=%d", concurrent), func(b *testing.B) {
			const rounds = 20
			calls := max(b.N/rounds, concurrent)
			var multiple, ours, tail, rate, proxied, proxyRate, alone []float64
			b.ResetTimer()
			for range rounds {
				d := measure(b, concurrent, calls, by(direct.URL))
				p := measure(b, concurrent, calls, by(proxy.URL))
				s := measure(b, concurrent, calls, callService)
				multiple = append(multiple, float64(s.p50)/float64(p.p50))
				ours = append(ours, float64(s.p50)/1e3)
				tail = append(tail, float64(s.p99)/1e3)
				rate = append(rate, s.rate)
				proxied = append(proxied, float64(p.p50)/1e3)
				proxyRate = append(proxyRate, p.rate)
				alone = append(alone, float64(d.p50)/1e3)
			}
			b.ReportMetric(0, "ns/op") // all sides together say nothing
			b.ReportMetric(median(multiple), "x-proxy")
			b.ReportMetric(median(ours), "service-p50-µs")
			b.ReportMetric(median(tail), "service-p99-µs")
			b.ReportMetric(median(rate), "service/s")
			b.ReportMetric(median(proxied), "proxy-p50-µs")
			b.ReportMetric(median(proxyRate), "proxy/s")
			b.ReportMetric(median(alone), "direct-p50-µs")
		})
	}
}
