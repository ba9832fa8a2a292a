package server

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// A call without a key is refused before its message is there, however large that may
// become.
func TestStrangersAreRefusedBeforeTheirMessage(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		_, hash := NewKey()
		file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}})
		_, conn := connect(t, &fakeService{}, Options{Clients: file.Clients})
		raw := dialRaw(t, conn.Target(), nil)
		for stream := uint32(1); stream < 120; stream += 2 {
			open(t, raw, stream)
			if err := raw.Promise(stream, 4<<20-1); err != nil {
				t.Fatal(err)
			}
			if code, _, err := raw.End(stream); err != nil || code != codes.Unauthenticated {
				t.Fatalf("stream %d ends with %v, %v", stream, code, err)
			}
		}
	})
}

// A flood of refused calls leaves a line a second for each reason, which says how many
// there were.
func TestRefusalsDoNotFillTheLog(t *testing.T) {
	_, hash := NewKey()
	file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}})
	var log logBuffer
	inBubble(t, &fakeService{}, Options{Clients: file.Clients, Logger: log.logger()}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		ask := func(ctx context.Context) {
			if _, err := client.GetCapabilities(ctx, &summarizerv1.GetCapabilitiesRequest{}); status.Code(err) != codes.Unauthenticated {
				t.Fatal(err)
			}
		}
		wrong := metadata.AppendToOutgoingContext(t.Context(), authorizationHeader, "Bearer wrong")
		for range 300 {
			ask(t.Context())
			ask(wrong)
		}
		time.Sleep(time.Second)
		ask(t.Context())
		if n := strings.Count(log.String(), "level=INFO msg=call"); n != 3 || !strings.Contains(log.String(), "unlogged=299") {
			t.Errorf("%d lines, want 3, and one that tells of 299 others", n)
		}
	})
}

// Health, which answers everybody, takes no large messages.
func TestHealthTakesSmallMessages(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		_, conn := connect(t, &fakeService{}, Options{})
		_, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: strings.Repeat("x", healthMessageBytes)})
		if status.Code(err) != codes.ResourceExhausted {
			t.Errorf("a large message to health: %v", err)
		}
	})
}

// A message that does not come in time ends its call, and a part of one its stream.
func TestSlowMessages(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		_, conn := connect(t, &fakeService{}, Options{MessageTimeout: 300 * time.Millisecond})
		raw := dialRaw(t, conn.Target(), nil)
		for i, send := range []func(uint32) error{
			func(uint32) error { return nil },
			func(stream uint32) error { return raw.Promise(stream, 1000) },
			func(stream uint32) error { return raw.Send(stream, nil, false) }, // without an end
		} {
			stream := uint32(2*i + 1)
			open(t, raw, stream)
			if err := send(stream); err != nil {
				t.Fatal(err)
			}
			if code, _, err := raw.End(stream); err != nil || code != codes.DeadlineExceeded {
				t.Errorf("stream %d ends with %v, %v", stream, code, err)
			}
			decent(t, conn)
		}

		if err := raw.Open(7, summarizerv1.SummarizerService_StreamAnalyzeArticles_FullMethodName); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := raw.Promise(7, 1000); err != nil {
			t.Fatal(err)
		}
		if code, _, err := raw.End(7); err != nil || code != codes.DeadlineExceeded || time.Since(began) < 300*time.Millisecond {
			t.Errorf("a stream with a part of an item ends with %v, %v after %v", code, err, time.Since(began))
		}
	})
}

// A stream may wait for its next item as long as it likes.
func TestStreamsMayWaitBetweenItems(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		inBubble(t, &fakeService{}, Options{MessageTimeout: time.Second}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
			stream, err := client.StreamAnalyzeArticles(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"a", "b"} {
				time.Sleep(time.Minute)
				if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: id, Request: analyzeRequest("The ferry runs again.")}); err != nil {
					t.Fatal(err)
				}
				if r, err := stream.Recv(); err != nil || r.CorrelationId != id {
					t.Fatalf("received %v, %v", r, err)
				}
			}
			if err := stream.CloseSend(); err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); err == nil {
				t.Error("the stream goes on")
			}
		})
	})
}

// Half-sent calls are told that the server drains, and do not hold up the drain.
func TestHalfSentCallsDoNotHoldADrain(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server, conn := dial(t, &fakeService{}, Options{DrainTimeout: time.Minute}, listener, listener.Addr().String(), nil)
		raw := dialRaw(t, conn.Target(), nil)
		for stream := uint32(1); stream < 20; stream += 2 {
			open(t, raw, stream)
			if err := raw.Promise(stream, 1000); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "the calls have begun", func() bool { return server.handler.calls.Load() == 10 })
		began := time.Now()
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			server.Shutdown(context.Background())
		}()
		if code, _, err := raw.End(1); err != nil || code != codes.Unavailable {
			t.Errorf("a half-sent call ends with %v, %v", code, err)
		}
		_ = raw.Idle()
		<-drained
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the drain took %v", took)
		}
	})
}

// until waits until something holds.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never comes to pass that %s", what)
		}
	}
}

// The log says how many calls the end of a drain cuts off.
func TestCutOffCallsAreLogged(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		var log logBuffer
		entered := make(chan struct{})
		service := &fakeService{analyze: func(ctx context.Context, _ *summarizer.Request) (*summarizer.Result, error) {
			entered <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		server, conn := connect(t, service, Options{DrainTimeout: 10 * time.Millisecond, Logger: log.logger()})
		done := make(chan codes.Code)
		for range 2 {
			go func() {
				code, _ := summarize(context.Background(), conn)
				done <- code
			}()
			<-entered
		}
		server.Shutdown(context.Background())
		for range 2 {
			if code := <-done; code != codes.Unavailable {
				t.Errorf("a call that was cut off: %v", code)
			}
		}
		if !strings.Contains(log.String(), "calls are cut off\" calls=2") {
			t.Errorf("the log does not tell of two calls: %s", log.String())
		}
	})
}

// Requests beyond the bytes that the server may hold are refused from their length on,
// and streams wait.
func TestBufferedBytes(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		const limit = 1 << 20
		server, conn := connect(t, &fakeService{}, Options{MaxReceiveBytes: limit, MaxBufferedBytes: limit})
		raw := dialRaw(t, conn.Target(), nil)
		open(t, raw, 1)
		if err := raw.Promise(1, limit-100); err != nil {
			t.Fatal(err)
		}
		until(t, "the promised message counts", func() bool { return usedBytes(server) == limit-100 })

		client := summarizerv1.NewSummarizerServiceClient(conn)
		request := &summarizerv1.SummarizeArticleRequest{Article: textArticle(strings.Repeat("The ferry runs again. ", 100))}
		_, err := client.SummarizeArticle(t.Context(), request)
		if status.Code(err) != codes.Unavailable || reasonIn(err) != "OVERLOADED" || detail[*errdetails.RetryInfo](t, err) == nil {
			t.Errorf("a request beyond the limit: %v", err)
		}
		// It is small on the wire, and too large once unpacked.
		_, err = client.SummarizeArticle(t.Context(), request, grpc.UseCompressor(grpcgzip.Name))
		if reasonIn(err) != "OVERLOADED" {
			t.Errorf("a compressed request beyond the limit: %v", err)
		}

		_, err = healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: strings.Repeat("x", 200)})
		if status.Code(err) != codes.NotFound {
			t.Errorf("a probe at the limit: %v", err)
		}

		stream, err := client.StreamAnalyzeArticles(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: "a", Request: &summarizerv1.AnalyzeArticleRequest{Article: request.Article}}); err != nil {
			t.Fatal(err)
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		until(t, "the item waits", func() bool {
			server.handler.bytes.mu.Lock()
			defer server.handler.bytes.mu.Unlock()
			return server.handler.bytes.freed != nil
		})
		if err := raw.Framer.WriteRSTStream(1, 8); err != nil {
			t.Fatal(err)
		}
		if r, err := stream.Recv(); err != nil || r.GetResult().GetResponse() == nil {
			t.Errorf("the item that waited: %v, %v", r, err)
		}
		if _, err := client.SummarizeArticle(t.Context(), request); err != nil {
			t.Errorf("a request when there is room again: %v", err)
		}
		until(t, "nothing counts any more", func() bool { return usedBytes(server) == 0 })
	})
}

func usedBytes(s *Server) int64 {
	s.handler.bytes.mu.Lock()
	defer s.handler.bytes.mu.Unlock()
	return s.handler.bytes.used
}

// The methods of the contract with one request and one response are unary ones in the
// metrics.
func TestUnaryInMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	_, conn := connect(t, &fakeService{}, Options{Registerer: registry})
	decent(t, conn)
	stream, err := summarizerv1.NewSummarizerServiceClient(conn).StreamAnalyzeArticles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream goes on")
	}
	want := map[string]string{"SummarizeArticle": "unary", "StreamAnalyzeArticles": "bidi_stream"}
	var types map[string]string
	until(t, "both calls are counted", func() bool {
		types = map[string]string{}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() != "grpc_server_handled_total" {
				continue
			}
			for _, m := range family.Metric {
				if m.GetCounter().GetValue() == 0 {
					continue
				}
				labels := map[string]string{}
				for _, l := range m.Label {
					labels[l.GetName()] = l.GetValue()
				}
				types[labels["grpc_method"]] = labels["grpc_type"]
			}
		}
		return len(types) == len(want)
	})
	for method, kind := range want {
		if types[method] != kind {
			t.Errorf("%s is of type %q, want %q", method, types[method], kind)
		}
	}
}
