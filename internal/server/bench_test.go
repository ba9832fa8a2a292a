package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	benchRequestBytes  = 4 << 10
	benchResponseBytes = 600
)

// BenchmarkHandler measures what the server costs around a service that has its
// answer at hand, with log and metrics on, beside a bare gRPC echo of the same
// sizes.
func BenchmarkHandler(b *testing.B) {
	for _, concurrent := range []struct {
		name    string
		clients int
	}{{"c=1", 1}, {"c=64", 64}} {
		b.Run("echo/"+concurrent.name, func(b *testing.B) {
			conn := echoServer(b)
			request := wrapperspb.String(strings.Repeat("x", benchRequestBytes))
			benchmarkCalls(b, concurrent.clients, func(ctx context.Context) error {
				return conn.Invoke(ctx, "/echo/Echo", request, &wrapperspb.StringValue{})
			})
		})
		b.Run("summarize/"+concurrent.name, func(b *testing.B) {
			result := benchResult()
			service := &fakeService{analyze: func(context.Context, *summarizer.Request) (*summarizer.Result, error) { return result, nil }}
			_, conn := connect(b, service, Options{
				Logger:     slog.New(slog.NewJSONHandler(io.Discard, nil)),
				Registerer: prometheus.NewRegistry(),
			})
			client := summarizerv1.NewSummarizerServiceClient(conn)
			request := &summarizerv1.SummarizeArticleRequest{Article: textArticle(strings.Repeat("x", benchRequestBytes))}
			benchmarkCalls(b, concurrent.clients, func(ctx context.Context) error {
				_, err := client.SummarizeArticle(ctx, request)
				return err
			})
		})
	}
}

// benchResult is a summary of three sentences, benchResponseBytes in all.
func benchResult() *summarizer.Result {
	result := sampleResult(&summarizer.Request{Summary: &summarizer.SummaryOptions{}})
	result.Warnings = nil
	sentence := strings.Repeat("s", benchResponseBytes/6)
	result.Summary.Text = strings.Repeat(sentence, 3)
	result.Summary.Sentences = nil
	for range 3 {
		result.Summary.Sentences = append(result.Summary.Sentences, summarizer.SummarySentence{
			Text: sentence, Evidence: []summarizer.TextSpan{{Begin: 100, End: 120, Text: "twenty bytes of text"}},
		})
	}
	return result
}

func benchmarkCalls(b *testing.B, clients int, call func(context.Context) error) {
	b.Helper()
	b.ReportAllocs()
	calls := make(chan struct{}, clients)
	failed := make(chan error, clients)
	for range clients {
		go func() {
			var err error
			for range calls {
				if e := call(context.Background()); e != nil {
					err = e
				}
			}
			failed <- err
		}()
	}
	for b.Loop() {
		calls <- struct{}{}
	}
	close(calls)
	for range clients {
		if err := <-failed; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// echoServer serves one method that answers benchResponseBytes to anything.
func echoServer(b *testing.B) *grpc.ClientConn {
	b.Helper()
	answer := wrapperspb.String(strings.Repeat("y", benchResponseBytes))
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "echo",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Echo",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				return answer, decode(&wrapperspb.StringValue{})
			},
		}},
	}, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			b.Error(err)
		}
	})
	return conn
}
