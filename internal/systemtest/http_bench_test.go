package systemtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/server"
)

// BenchmarkCachedOverHTTP compares cached answers as JSON over HTTP/1.1 with those over
// gRPC, of one server that asks for keys and writes its log. Client and server share the
// machine. Both take turns in rounds, and the figures are medians over the rounds:
//
//	rate/grpc    calls a second, as a share of gRPC's
//	http/s       calls a second
//	http-p50-µs  median latency
func BenchmarkCachedOverHTTP(b *testing.B) {
	b.Setenv("GOMAXPROCS", "2")
	request := &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: articleOf(4 << 10)}}
	body, err := protojson.Marshal(request)
	if err != nil {
		b.Fatal(err)
	}
	key, hash := server.NewKey()
	clients := filepath.Join(b.TempDir(), "clients.yaml")
	if err := writeClients(clients, []server.ClientEntry{
		{Name: "bench", Keys: []server.ClientKey{{SHA256: hash.SHA256}}, RequestsPerSecond: 1e6, ArticlesInFlight: 1e6},
	}); err != nil {
		b.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		b.Fatal(err)
	}
	httpAddress, _ := startOther(b, `"http":"`, []string{"GOMAXPROCS=2"}, program(b), "serve", "--listen", address, "--http-listen", "127.0.0.1:0", "--admin-listen", "",
		"--log-format", "json", "--clients", clients, "--data-dir", b.TempDir(), "--llm-model", "fake", "--llm-base-url", llmtest.New(b).URL())
	client := summarizerv1.NewSummarizerServiceClient(connect(b, address, grpc.WithPerRPCCredentials(bearerKey(key))))
	primeCache(b, client, request)

	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	b.Cleanup(transport.CloseIdleConnections)
	callHTTP := func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+httpAddress+"/v1/articles:summarize", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+key)
		response, err := transport.RoundTrip(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		if err == nil && !bytes.Contains(data, []byte("SOURCE_CACHE")) {
			err = errors.New("no cached answer: " + string(data))
		}
		return err
	}
	callGRPC := func(ctx context.Context) error {
		_, err := client.SummarizeArticle(ctx, request)
		return err
	}
	for _, concurrent := range []int{1, 32} {
		b.Run(fmt.Sprintf("c=%d", concurrent), func(b *testing.B) {
			const rounds = 20
			calls := max(b.N/rounds, concurrent)
			var shares, rates, medians []float64
			b.ResetTimer()
			for range rounds {
				g := measure(b, concurrent, calls, callGRPC)
				h := measure(b, concurrent, calls, callHTTP)
				shares = append(shares, h.rate/g.rate)
				rates = append(rates, h.rate)
				medians = append(medians, float64(h.p50)/1e3)
			}
			b.ReportMetric(0, "ns/op") // both sides together say nothing
			b.ReportMetric(median(shares), "rate/grpc")
			b.ReportMetric(median(rates), "http/s")
			b.ReportMetric(median(medians), "http-p50-µs")
		})
	}
}
