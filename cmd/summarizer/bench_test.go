package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// BenchmarkCachedSummary measures a SummarizeArticle that the cache answers,
// over loopback and with logging, metrics, recovery, API keys, quotas and validation on, beside a
// bare grpc-go echo of messages of the same sizes. The two take turns in rounds,
// so that a machine that slows down slows both; the figures to read are the
// medians over the rounds:
//
//	rate/echo  calls a second, as a share of the echo's
//	p50/echo   median latency, as a multiple of the echo's
func BenchmarkCachedSummary(b *testing.B) {
	request := &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: articleOf(4 << 10)}}
	cached := startStack(b, b.TempDir(), llmtest.New(b).URL(), "fake").client
	response := primeCache(b, cached, request)
	echo := connect(b, serveEcho(b, proto.Size(response)))
	payload := wrapperspb.Bytes(make([]byte, proto.Size(request)))

	callEcho := func(ctx context.Context) error {
		return echo.Invoke(ctx, "/echo.Echo/Echo", payload, new(wrapperspb.BytesValue))
	}
	callCached := func(ctx context.Context) error {
		response, err := cached.SummarizeArticle(ctx, request)
		if err == nil && response.Summary.Provenance.Source != summarizerv1.Source_SOURCE_CACHE {
			err = fmt.Errorf("source %v, want the cache", response.Summary.Provenance.Source)
		}
		return err
	}
	for _, concurrent := range []int{1, 64} {
		b.Run(fmt.Sprintf("c=%d", concurrent), func(b *testing.B) {
			const rounds = 20
			calls := max(b.N/rounds, concurrent)
			var rates, medians, ours, theirs []float64
			b.ResetTimer()
			for range rounds {
				e := measure(b, concurrent, calls, callEcho)
				c := measure(b, concurrent, calls, callCached)
				rates = append(rates, c.rate/e.rate)
				medians = append(medians, float64(c.p50)/float64(e.p50))
				ours = append(ours, float64(c.p50)/1e3)
				theirs = append(theirs, float64(e.p50)/1e3)
			}
			b.ReportMetric(0, "ns/op") // both sides together say nothing
			b.ReportMetric(median(rates), "rate/echo")
			b.ReportMetric(median(medians), "p50/echo")
			b.ReportMetric(median(ours), "cached-p50-µs")
			b.ReportMetric(median(theirs), "echo-p50-µs")
		})
	}
}

func primeCache(b *testing.B, client summarizerv1.SummarizerServiceClient, request *summarizerv1.SummarizeArticleRequest) *summarizerv1.SummarizeArticleResponse {
	b.Helper()
	for _, want := range []summarizerv1.Source{summarizerv1.Source_SOURCE_LLM, summarizerv1.Source_SOURCE_CACHE} {
		response, err := client.SummarizeArticle(b.Context(), request)
		if err != nil {
			b.Fatal(err)
		}
		if p := response.Summary.Provenance; p.Source != want {
			b.Fatalf("source %v (%s), want %v", p.Source, p.FallbackReason, want)
		}
		if want == summarizerv1.Source_SOURCE_CACHE {
			return response
		}
	}
	return nil
}

// serveEcho starts a bare gRPC server that answers every request with so many
// bytes, and returns its address.
func serveEcho(b *testing.B, size int) string {
	b.Helper()
	answer := wrapperspb.Bytes(make([]byte, size))
	s := grpc.NewServer()
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "echo.Echo",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Echo",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				if err := decode(new(wrapperspb.BytesValue)); err != nil {
					return nil, err
				}
				return answer, nil
			},
		}},
	}, struct{}{})
	listener := listen(b)
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(listener) })
	b.Cleanup(func() {
		s.Stop()
		serving.Wait()
	})
	return listener.Addr().String()
}

type measurement struct {
	rate float64 // calls a second
	p50  time.Duration
}

// measure makes so many calls, concurrent of them at once.
func measure(b *testing.B, concurrent, calls int, call func(context.Context) error) measurement {
	b.Helper()
	took := make([]time.Duration, calls)
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range concurrent {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= calls {
					return
				}
				t := time.Now()
				if err := call(b.Context()); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(t)
			}
		})
	}
	wg.Wait()
	rate := float64(calls) / time.Since(began).Seconds()
	return measurement{rate, median(took)}
}

func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// articleOf returns an invented article of about so many bytes.
func articleOf(size int) string {
	const paragraph = "The harbour council of Port Harlan met on day %d of the strike and offered the dockers a rise of %d percent. " +
		"Ilse Brandt, who chairs it, said that ships worth %d million crowns were waiting outside. " +
		"The union called the offer a beginning and asked for talks on night shifts.\n\n"
	var text strings.Builder
	for i := 2; text.Len() < size; i++ {
		fmt.Fprintf(&text, paragraph, i, i+1, 10*i)
	}
	return strings.TrimSpace(text.String()[:size])
}
