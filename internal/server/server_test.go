package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry/logtest"
)

// logBuffer collects what is logged.
type logBuffer struct{ logtest.Log }

func (b *logBuffer) logger() *slog.Logger { return b.Logger(slog.LevelDebug) }

// callLines returns the lines of finished calls. Some are written after the
// client has its answer, so it waits until nothing moves in the bubble.
func (b *logBuffer) callLines() []string {
	synctest.Wait()
	var lines []string
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, "msg=call") {
			lines = append(lines, line)
		}
	}
	return lines
}

const textCanary = "CANARY-7731"

// Whatever happens to an article, its text is in no log line.
func TestLogHoldsMetadataOnly(t *testing.T) {
	service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		switch {
		case strings.Contains(r.Article.Text, "panic"):
			panic("cannot handle " + r.Article.Text)
		case strings.Contains(r.Article.Text, "timeout"):
			return nil, &summarizer.Error{Reason: summarizer.ReasonLLMTimeout, Message: "the model did not answer in time"}
		case strings.Contains(r.Article.Text, "long"):
			return nil, summarizer.Invalid(summarizer.Fault{Field: "article.text", Rule: summarizer.RuleTextTooLarge, Message: "is too long"})
		}
		return sampleResult(r), nil
	}}
	var log logBuffer
	inBubble(t, service, Options{Logger: log.logger()}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "req-1")
		for _, text := range []string{"good", "panic", "timeout", "long"} {
			// The outcomes are asserted by the log.
			_, _ = client.AnalyzeArticle(ctx, &summarizerv1.AnalyzeArticleRequest{
				Article: &summarizerv1.Article{Text: textCanary + text, Title: textCanary},
			})
		}
		_, _ = client.SummarizeArticle(ctx, &summarizerv1.SummarizeArticleRequest{
			Article: &summarizerv1.Article{Text: "x", MimeType: textCanary, LanguageCode: textCanary, SourceUri: textCanary},
		})
		_, _ = client.ClassifyArticle(ctx, &summarizerv1.ClassifyArticleRequest{
			Article:      textArticle("x"),
			TopicOptions: &summarizerv1.TopicOptions{TopicIds: []string{textCanary}},
		})
		_, _ = client.BatchAnalyzeArticles(ctx, &summarizerv1.BatchAnalyzeArticlesRequest{Requests: []*summarizerv1.AnalyzeArticleRequest{
			analyzeRequest(textCanary), analyzeRequest(textCanary + "panic"),
		}})
		stream := openStream(t, ctx, client, textCanary+"panic", "")
		_, _ = stream.Recv()
		_, _ = stream.Recv()

		lines := log.callLines()
		want := [][]string{
			{"level=INFO", "method=/summarizer.v1.SummarizerService/AnalyzeArticle", "code=OK", "source=llm+local", "peer=", "duration="},
			{"level=ERROR", "code=Internal", "reason=INTERNAL"},
			{"level=INFO", "code=DeadlineExceeded", "reason=LLM_TIMEOUT"},
			{"code=InvalidArgument", "reason=TEXT_TOO_LARGE"},
			{"method=/summarizer.v1.SummarizerService/SummarizeArticle", "reason=MEDIA_TYPE_UNSUPPORTED"},
			{"method=/summarizer.v1.SummarizerService/ClassifyArticle", "reason=FIELD_INVALID"},
			{"code=OK", "items=2", "failed_items=1"},
			{"code=InvalidArgument", "reason=FIELD_INVALID", "items=1", "failed_items=1"},
		}
		if len(lines) != len(want) {
			t.Fatalf("%d lines of calls, want %d:\n%s", len(lines), len(want), log.String())
		}
		for i, parts := range want {
			for _, part := range append(parts, "request_id=req-1") {
				if !strings.Contains(lines[i], part) {
					t.Errorf("line %d lacks %s: %s", i, part, lines[i])
				}
			}
		}
		if strings.Contains(log.String(), textCanary) {
			t.Errorf("the log holds article text:\n%s", log.String())
		}
	})
}

func TestPanic(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
			nothing := make([]int, 0)
			_ = nothing[len(r.Article.Text)]
			return nil, nil
		}}
		var log logBuffer
		inBubble(t, service, Options{Logger: log.logger()}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
			_, err := client.SummarizeArticle(t.Context(), &summarizerv1.SummarizeArticleRequest{Article: textArticle("x")})
			checkRow(t, errorRow{reason: "INTERNAL", code: codes.Internal}, err)
			for _, part := range []string{"index out of range [1] with length 0", "server_test.go"} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("the client is told of the cause: %v", err)
				}
				if !strings.Contains(log.String(), part) {
					t.Errorf("the log lacks %q:\n%s", part, log.String())
				}
			}
		})
	})
}

func TestInternalCauseIsLogged(t *testing.T) {
	var log logBuffer
	service := failing(&summarizer.Error{Reason: summarizer.ReasonInternal, Err: io.ErrNoProgress})
	inBubble(t, service, Options{Logger: log.logger()}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		_, err := client.AnalyzeArticle(t.Context(), analyzeRequest("x"))
		checkRow(t, errorRow{reason: "INTERNAL", code: codes.Internal}, err)
		if !strings.Contains(log.String(), io.ErrNoProgress.Error()) || strings.Contains(err.Error(), io.ErrNoProgress.Error()) {
			t.Errorf("error %v, log:\n%s", err, log.String())
		}
	})
}

func TestRequestID(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		_, conn := connect(t, &fakeService{}, Options{})
		client := summarizerv1.NewSummarizerServiceClient(conn)
		for sent, kept := range map[string]bool{
			"trace.1_A-b":           true,
			strings.Repeat("r", 64): true,
			strings.Repeat("r", 65): false,
			"":                      false,
			"two words":             false,
			"semi;colon":            false,
		} {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", sent)
			var header metadata.MD
			if _, err := client.GetCapabilities(ctx, &summarizerv1.GetCapabilitiesRequest{}, grpc.Header(&header)); err != nil {
				t.Fatal(err)
			}
			got := header.Get("x-request-id")
			if len(got) != 1 || !isRequestID(got[0]) || (got[0] == sent) != kept {
				t.Errorf("sent %q, got %q", sent, got)
			}

			stream, err := client.StreamAnalyzeArticles(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.CloseSend(); err != nil {
				t.Fatal(err)
			}
			header, err = stream.Header()
			if err != nil {
				t.Fatal(err)
			}
			if got := header.Get("x-request-id"); len(got) != 1 || (got[0] == sent) != kept {
				t.Errorf("stream: sent %q, got %q", sent, got)
			}
		}
	})
}

// An error without an answer before it has no header, which would keep clients
// from trying again: gRPC takes a header for the beginning of an answer.
func TestErrorsCanBeTriedAgain(t *testing.T) {
	service := failing(&summarizer.Error{Reason: summarizer.ReasonOverloaded, Message: "full"})
	_, conn := connect(t, service, Options{})
	client := summarizerv1.NewSummarizerServiceClient(conn)
	var header, trailer metadata.MD
	_, err := client.AnalyzeArticle(t.Context(), analyzeRequest("x"), grpc.Header(&header), grpc.Trailer(&trailer))
	if status.Code(err) != codes.Unavailable || len(header) != 0 || len(trailer.Get("x-request-id")) != 1 {
		t.Errorf("unary: %v, header %v, trailer %v", err, header, trailer)
	}

	stream := openStream(t, t.Context(), client, "") // no correlation id
	_, err = stream.Recv()
	header, _ = stream.Header()
	if trailer := stream.Trailer(); status.Code(err) != codes.InvalidArgument || len(header) != 0 || len(trailer.Get("x-request-id")) != 1 {
		t.Errorf("stream: %v, header %v, trailer %v", err, header, trailer)
	}
}

// wantOverloaded checks the refusal of a call, and that clients which retry by
// themselves are told the same pause.
func wantOverloaded(t *testing.T, err error, trailer metadata.MD) {
	t.Helper()
	retry := detail[*errdetails.RetryInfo](t, err)
	if status.Code(err) != codes.Unavailable || detail[*errdetails.ErrorInfo](t, err).GetReason() != "OVERLOADED" || retry == nil {
		t.Errorf("got %v, want OVERLOADED", err)
		return
	}
	pushback := trailer.Get("grpc-retry-pushback-ms")
	if want := strconv.FormatInt(ceilMilliseconds(retry.GetRetryDelay().AsDuration()), 10); len(pushback) != 1 || pushback[0] != want {
		t.Errorf("pushback %v, want %s", pushback, want)
	}
}

func TestOverload(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		service := newGate()
		service.finished = "known"
		// Of four places, batches and streams may have three.
		inBubble(t, service, Options{MaxInFlight: 4}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
			unary := make(chan error, 2)
			call := func(text string) {
				go func() {
					_, err := client.SummarizeArticle(t.Context(), &summarizerv1.SummarizeArticleRequest{Article: textArticle(text)})
					unary <- err
				}()
			}
			call("a")
			stream := openStream(t, t.Context(), client, "b", "c")
			service.begun()

			batch, err := client.BatchAnalyzeArticles(t.Context(), batchOf(1))
			if err != nil {
				t.Fatal(err)
			}
			if e := statusOf(batch.GetResults()[0]).Err(); reasonIn(e) != "OVERLOADED" || detail[*errdetails.RetryInfo](t, e).GetRetryDelay().AsDuration() <= 0 {
				t.Errorf("item of a batch: %v", e)
			}
			send(t, stream, "d")
			answer, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if e := statusOf(answer.GetResult()).Err(); reasonIn(e) != "OVERLOADED" {
				t.Errorf("item of a stream: %v", e)
			}

			call("f") // which the last place is kept for
			service.begun()
			var trailer metadata.MD
			_, err = client.ClassifyArticle(t.Context(), &summarizerv1.ClassifyArticleRequest{Article: textArticle("g")}, grpc.Trailer(&trailer))
			wantOverloaded(t, err, trailer)
			if _, err := client.AnalyzeArticle(t.Context(), analyzeRequest("known")); err != nil {
				t.Errorf("an answer that is there: %v", err)
			}
			if _, err := client.ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{}); err != nil {
				t.Errorf("ListTopics: %v", err)
			}

			service.release("a", "b", "e", "f")
			wantResults(t, stream, "b")
			service.release("c")
			wantResults(t, stream, "c")
			for range 2 {
				if err := <-unary; err != nil {
					t.Error(err)
				}
			}
			if _, err := client.AnalyzeArticle(t.Context(), analyzeRequest("e")); err != nil {
				t.Errorf("with room again: %v", err)
			}
		})
	})
}

func TestHealthAndReflection(t *testing.T) {
	server, conn := connect(t, &fakeService{}, Options{})
	client := healthpb.NewHealthClient(conn)
	for _, name := range []string{"", "summarizer.v1.SummarizerService", "grpc.health.v1.Health"} {
		answer, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("%q: %v %v", name, answer, err)
		}
	}

	const service = "summarizer.v1.SummarizerService"
	if got := servicesV1(t, conn); !slices.Contains(got, service) {
		t.Errorf("reflection v1 lists %v", got)
	}
	stream, err := reflectionv1alpha.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&reflectionv1alpha.ServerReflectionRequest{
		MessageRequest: &reflectionv1alpha.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil || len(answer.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("reflection v1alpha: %v %v", answer, err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}

	server.handler.drain()
	server.health.Shutdown()
	health, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || health.GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("while draining: %v %v", health, err)
	}
}

func servicesV1(t *testing.T, conn *grpc.ClientConn) (names []string) {
	t.Helper()
	stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	if err != nil && !errors.Is(err, io.EOF) { // an ended stream tells its status to Recv
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		return []string{status.Code(err).String()}
	}
	for _, s := range answer.GetListServicesResponse().GetService() {
		names = append(names, s.GetName())
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
	return names
}

func TestReflectionOff(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{NoReflection: true})
	if got := servicesV1(t, conn); !slices.Equal(got, []string{"Unimplemented"}) {
		t.Errorf("reflection answers %v", got)
	}
}

func TestDrainRefusesNewCalls(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		server, conn := connect(t, &fakeService{}, Options{})
		client := summarizerv1.NewSummarizerServiceClient(conn)
		server.handler.drain()
		row := errorRow{reason: "DRAINING", code: codes.Unavailable, retry: true}
		check := func(err error) {
			t.Helper()
			if status.Code(err) != row.code || detail[*errdetails.ErrorInfo](t, err).GetReason() != "DRAINING" ||
				detail[*errdetails.RetryInfo](t, err) == nil {
				t.Errorf("error %v, want DRAINING", err)
			}
		}
		_, err := client.AnalyzeArticle(t.Context(), analyzeRequest("x"))
		check(err)
		_, err = client.GetCapabilities(t.Context(), &summarizerv1.GetCapabilitiesRequest{})
		check(err)
		stream, err := client.StreamAnalyzeArticles(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = stream.Recv()
		check(err)
	})
}

// Whoever watches the health of the server is told before it is gone.
func TestShutdownTellsHealthFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, conn := connectInMemory(t, &fakeService{}, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		watch, err := healthpb.NewHealthClient(conn).Watch(ctx, &healthpb.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := watch.Recv(); err != nil { // the call has begun
			t.Fatal(err)
		}
		go server.Shutdown(context.Background())
		want := healthpb.HealthCheckResponse_NOT_SERVING
		for {
			answer, err := watch.Recv()
			if err != nil {
				t.Fatalf("the watch ends before %v: %v", want, err)
			}
			if answer.GetStatus() == want {
				break
			}
		}
		cancel()
	})
}

// A call in flight is finished before the server is gone.
func TestShutdownWaitsForCalls(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		service := newGate()
		inBubble(t, service, Options{}, func(t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient) {
			answered := make(chan error, 1)
			go func() {
				_, err := client.AnalyzeArticle(t.Context(), analyzeRequest("a"))
				answered <- err
			}()
			service.begun()
			shut := make(chan struct{})
			go func() {
				defer close(shut)
				server.Shutdown(t.Context())
			}()
			time.Sleep(20 * time.Second)
			service.release("a")
			if err := <-answered; err != nil {
				t.Errorf("the call in flight: %v", err)
			}
			<-shut
		})
	})
}

// Clients that balance load watch the health of a server as long as it lives.
func TestOpenWatchesDoNotHoldADrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, conn := connectInMemory(t, &fakeService{}, Options{})
		watch, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := watch.Recv(); err != nil {
			t.Fatal(err)
		}
		files, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := files.Send(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Recv(); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		server.Shutdown(t.Context())
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("the drain took %v", took)
		}
		update, err := watch.Recv()
		if err != nil || update.GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
			t.Errorf("the watcher was told %v, %v", update, err)
		}
		if _, err := watch.Recv(); status.Code(err) != codes.Unavailable {
			t.Errorf("the watch ended with %v", err)
		}
	})
}

func TestShutdownIsBounded(t *testing.T) {
	tests := map[string]func(server *Server){
		"by the drain timeout": func(server *Server) { server.Shutdown(context.Background()) },
		"by its context": func(server *Server) {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			server.Shutdown(ctx)
		},
		"by a second call": func(server *Server) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				server.Shutdown(context.Background())
			}()
			time.Sleep(3 * time.Second)
			server.Shutdown(context.Background())
			<-done
		},
	}
	for name, shutdown := range tests {
		t.Run(name, func(t *testing.T) {
			service := newGate()
			inBubble(t, service, Options{DrainTimeout: 3 * time.Second, DefaultDeadline: time.Hour}, func(t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient) {
				answered := make(chan error, 1)
				go func() {
					_, err := client.AnalyzeArticle(t.Context(), analyzeRequest("never"))
					answered <- err
				}()
				stream := openStream(t, t.Context(), client, "neither")
				service.begun()
				begin := time.Now()
				shutdown(server)
				if took := time.Since(begin); took != 3*time.Second {
					t.Errorf("took %v, want 3s", took)
				}
				if err := <-answered; status.Code(err) != codes.Unavailable {
					t.Errorf("the call: %v, want Unavailable", err)
				}
				if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
					t.Errorf("the stream: %v, want Unavailable", err)
				}
			})
		})
	}
}

// A signal may come before the listener is served.
func TestServeAfterShutdown(t *testing.T) {
	server := New(&fakeService{}, Options{})
	server.Shutdown(t.Context())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(listener); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestMessageOverTheLimitIsLeftToGRPC(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{MaxReceiveBytes: 1000})
	_, err := summarizerv1.NewSummarizerServiceClient(conn).AnalyzeArticle(t.Context(), analyzeRequest(strings.Repeat("x", 1000)))
	if status.Code(err) != codes.ResourceExhausted || len(status.Convert(err).Details()) > 0 {
		t.Errorf("error %v, want a bare ResourceExhausted", err)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	inBubble(t, failing(&summarizer.Error{Reason: summarizer.ReasonLLMRefused, Message: "m"}), Options{Registerer: registry},
		func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
			_, _ = client.AnalyzeArticle(t.Context(), analyzeRequest("x"))
			synctest.Wait()
		})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "grpc_code" && m.GetCounter().GetValue() > 0 {
					found[family.GetName()] = l.GetValue()
				}
			}
			if h := m.GetHistogram(); h != nil && len(h.GetBucket()) > 0 && h.GetBucket()[0].GetUpperBound() == 0.0001 {
				found[family.GetName()] = "fine"
			}
		}
	}
	if found["grpc_server_handled_total"] != "FailedPrecondition" || found["grpc_server_handling_seconds"] != "fine" {
		t.Errorf("metrics %v", found)
	}
}
