package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// gate is a service that holds each article until its text is released.
type gate struct {
	fakeService
	mu      sync.Mutex
	working []string
	open    map[string]chan struct{}
	gone    []string // whose context ended first
}

func newGate() *gate {
	g := &gate{open: map[string]chan struct{}{}}
	g.analyze = func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		text := r.Article.Text
		g.mu.Lock()
		g.working = append(g.working, text)
		g.mu.Unlock()
		select {
		case <-g.door(text):
			return sampleResult(r), nil
		case <-ctx.Done():
			g.mu.Lock()
			defer g.mu.Unlock()
			g.gone = append(g.gone, text)
			return nil, ctx.Err()
		}
	}
	return g
}

func (g *gate) door(text string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[text] == nil {
		g.open[text] = make(chan struct{})
	}
	return g.open[text]
}

func (g *gate) release(texts ...string) {
	for _, text := range texts {
		close(g.door(text))
	}
}

// begun returns what is or was worked on once nothing moves any more.
func (g *gate) begun() []string {
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(slices.Values(g.working))
}

type clientStream = grpc.BidiStreamingClient[summarizerv1.StreamAnalyzeArticlesRequest, summarizerv1.StreamAnalyzeArticlesResponse]

// openStream opens a stream and sends items whose ids are also their texts.
func openStream(t *testing.T, ctx context.Context, client summarizerv1.SummarizerServiceClient, ids ...string) clientStream {
	t.Helper()
	stream, err := client.StreamAnalyzeArticles(ctx)
	if err != nil {
		t.Fatal(err)
	}
	send(t, stream, ids...)
	return stream
}

func send(t *testing.T, stream clientStream, ids ...string) {
	t.Helper()
	for _, id := range ids {
		err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: id, Request: analyzeRequest(id)})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantResults receives the answers to ids in this order.
func wantResults(t *testing.T, stream clientStream, ids ...string) {
	t.Helper()
	for _, id := range ids {
		answer, err := stream.Recv()
		if err != nil {
			t.Fatalf("waiting for %s: %v", id, err)
		}
		if answer.GetCorrelationId() != id || answer.GetResult().GetResponse() == nil {
			t.Errorf("got %v, want the answer to %s", answer, id)
		}
	}
}

// wantEnd receives the end of the stream, which it returns unless it is OK.
func wantEnd(t *testing.T, stream clientStream, code codes.Code, reason string) *status.Status {
	t.Helper()
	answer, err := stream.Recv()
	if err == nil {
		t.Fatalf("got %v, want the end", answer)
	}
	if code == codes.OK {
		if !errors.Is(err, io.EOF) {
			t.Errorf("the stream ends with %v, want no error", err)
		}
		return nil
	}
	if got := detail[*errdetails.ErrorInfo](t, err).GetReason(); status.Code(err) != code || got != reason {
		t.Errorf("the stream ends with %v, reason %q, want %v, %q", err, got, code, reason)
	}
	return status.Convert(err)
}

func TestStreamAnswersInCompletionOrder(t *testing.T) {
	service := newGate()
	inBubble(t, service, Options{}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		stream := openStream(t, t.Context(), client, "a", "b", "c")
		for _, id := range []string{"c", "a"} {
			service.release(id)
			wantResults(t, stream, id)
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the server knows that no more items come
		service.release("b")
		wantResults(t, stream, "b")
		wantEnd(t, stream, codes.OK, "")
	})
}

func TestStreamStopsReadingWhenBusy(t *testing.T) {
	service := newGate()
	inBubble(t, service, Options{StreamInFlight: 2}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		stream := openStream(t, t.Context(), client, "a", "b", "c", "d")
		if got := service.begun(); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("working on %v, want a and b", got)
		}
		service.release("b")
		wantResults(t, stream, "b")
		if got := service.begun(); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("working on %v, want a, b and c", got)
		}
		// The id of an answered item may come again.
		service.release("a", "c", "d")
		synctest.Wait()
		send(t, stream, "b")
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for range 4 {
			answer, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			got[answer.GetCorrelationId()] = true
		}
		if len(got) != 4 {
			t.Errorf("answers to %v", got)
		}
		wantEnd(t, stream, codes.OK, "")
	})
}

// A client that does not read its results stops the server from reading items:
// what is held for one stream is bounded.
func TestStreamWaitsForASlowReader(t *testing.T) {
	const inFlight = 4
	big := strings.Repeat("x", 30<<10)
	var mu sync.Mutex
	begun := 0
	service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		begun++
		result := sampleResult(r)
		result.Summary.Text = big
		return result, nil
	}}
	inBubble(t, service, Options{StreamInFlight: inFlight}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		const items = 60
		stream := openStream(t, t.Context(), client)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for i := range items {
				id := fmt.Sprint("item", i)
				if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: id, Request: analyzeRequest(id)}); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		synctest.Wait()
		mu.Lock()
		before := begun
		mu.Unlock()
		if before >= items/2 {
			t.Errorf("%d of %d items are done though nobody reads the results", before, items)
		}
		for range items {
			if _, err := stream.Recv(); err != nil {
				t.Fatal(err)
			}
		}
		<-sent
	})
}

func TestStreamEndsOnCorrelationIDs(t *testing.T) {
	for name, id := range map[string]string{
		"missing":   "",
		"overlong":  strings.Repeat("i", 129),
		"duplicate": "a",
	} {
		t.Run(name, func(t *testing.T) {
			service := newGate()
			inBubble(t, service, Options{}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
				stream := openStream(t, t.Context(), client, "a", id)
				if got := service.begun(); !slices.Equal(got, []string{"a"}) {
					t.Errorf("working on %v, want a alone", got)
				}
				service.release("a")
				wantResults(t, stream, "a") // what is in flight is still answered
				err := wantEnd(t, stream, codes.InvalidArgument, "FIELD_INVALID").Err()
				if got := detail[*errdetails.BadRequest](t, err).GetFieldViolations(); len(got) != 1 || got[0].GetField() != "correlation_id" {
					t.Errorf("violations %v", got)
				}
			})
		})
	}
}

func TestStreamTakesTheLongestID(t *testing.T) {
	id := strings.Repeat("i", 128)
	inBubble(t, &fakeService{}, Options{}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		wantResults(t, openStream(t, t.Context(), client, id), id)
	})
}

func TestStreamItemFaults(t *testing.T) {
	service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		if r.Article.Text == "panic" {
			panic("boom")
		}
		return sampleResult(r), nil
	}}
	inBubble(t, service, Options{StreamInFlight: 1}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		stream := openStream(t, t.Context(), client, "panic")
		if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: "nil"}); err != nil {
			t.Fatal(err)
		}
		send(t, stream, "good")
		for _, want := range []string{"INTERNAL", "FIELD_INVALID"} {
			answer, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if got := reasonIn(statusOf(answer.GetResult()).Err()); got != want {
				t.Errorf("item %s: reason %q, want %s", answer.GetCorrelationId(), got, want)
			}
		}
		wantResults(t, stream, "good")
	})
}

// An item has the default deadline from its own start, or what the stream leaves.
func TestStreamItemDeadlines(t *testing.T) {
	left := make(chan time.Duration, 1)
	service := &fakeService{analyze: func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return sampleResult(r), nil
	}}
	inBubble(t, service, Options{DefaultDeadline: 10 * time.Second}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		stream := openStream(t, ctx, client, "a")
		if got := <-left; got != 10*time.Second {
			t.Errorf("the first item has %v, want 10s", got)
		}
		wantResults(t, stream, "a")
		time.Sleep(8 * time.Second)
		send(t, stream, "b")
		if got := <-left; got > 7*time.Second || got < 6*time.Second {
			t.Errorf("the second item has %v, want what is left of the stream, 7s", got)
		}
		wantResults(t, stream, "b")
	})
}

func TestStreamCancelledByClient(t *testing.T) {
	service := newGate()
	inBubble(t, service, Options{}, func(t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient) {
		ctx, cancel := context.WithCancel(t.Context())
		openStream(t, ctx, client, "a", "b")
		service.begun()
		cancel()
		synctest.Wait()
		service.mu.Lock()
		defer service.mu.Unlock()
		if got := slices.Sorted(slices.Values(service.gone)); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("cancelled items %v, want a and b", got)
		}
		if n := server.handler.admission.inFlight.Load(); n != 0 {
			t.Errorf("%d articles in flight", n)
		}
	})
}

// No item outlives its stream: after Shutdown nobody uses the service any more.
func TestStreamWaitsForItsItems(t *testing.T) {
	var finished bool
	begun := make(chan struct{})
	service := &fakeService{analyze: func(ctx context.Context, _ *summarizer.Request) (*summarizer.Result, error) {
		close(begun)
		<-ctx.Done()
		time.Sleep(time.Second) // a service that is slow to give up
		finished = true
		return nil, ctx.Err()
	}}
	inBubble(t, service, Options{}, func(t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient) {
		ctx, cancel := context.WithCancel(t.Context())
		openStream(t, ctx, client, "a")
		<-begun
		cancel()
		synctest.Wait()
		server.Shutdown(t.Context())
		if !finished {
			t.Error("the server is shut and an item still runs")
		}
	})
}

// At drain a stream is read no more; what was read is answered.
func TestStreamDrain(t *testing.T) {
	service := newGate()
	inBubble(t, service, Options{StreamInFlight: 2}, func(t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient) {
		busy := openStream(t, t.Context(), client, "a", "b", "unread")
		idle := openStream(t, t.Context(), client)
		service.begun()

		shut := make(chan struct{})
		go func() {
			defer close(shut)
			server.Shutdown(t.Context())
		}()
		err := wantEnd(t, idle, codes.Unavailable, "DRAINING").Err() // though its Recv is blocked
		if detail[*errdetails.RetryInfo](t, err) == nil {
			t.Errorf("no RetryInfo in %v", err)
		}
		select {
		case <-shut:
			t.Error("the server is shut with items in flight")
		default:
		}
		service.release("b")
		wantResults(t, busy, "b")
		service.release("a")
		wantResults(t, busy, "a")
		wantEnd(t, busy, codes.Unavailable, "DRAINING")
		<-shut
		if got := service.begun(); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("worked on %v, want a and b", got)
		}
	})
}

// A client that has sent all it has gets all its results and no error.
func TestStreamDrainAfterHalfClose(t *testing.T) {
	service := newGate()
	inBubble(t, service, Options{}, func(t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient) {
		stream := openStream(t, t.Context(), client, "a")
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		service.begun()
		go server.Shutdown(t.Context())
		synctest.Wait()
		service.release("a")
		wantResults(t, stream, "a")
		wantEnd(t, stream, codes.OK, "")
	})
}

// With its connection at its age a stream ends in good order, before gRPC cuts it.
func TestStreamEndsWithItsConnection(t *testing.T) {
	service := newGate()
	inBubble(t, service, Options{MaxConnectionAge: 10 * time.Minute}, func(t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
		begin := time.Now()
		service.release("a", "b")
		stream := openStream(t, t.Context(), client, "a")
		wantResults(t, stream, "a")
		time.Sleep(8 * time.Minute)
		late := openStream(t, t.Context(), client, "b")
		wantResults(t, late, "b")
		for _, stream := range []clientStream{stream, late} {
			wantEnd(t, stream, codes.Unavailable, "DRAINING")
			if age := time.Since(begin); age != 9*time.Minute {
				t.Errorf("the stream ends after %v, want 9m", age)
			}
		}
		// A stream that comes too late to be moved lives long enough to be of use.
		last := openStream(t, t.Context(), client)
		opened := time.Now()
		wantEnd(t, last, codes.Unavailable, "DRAINING")
		if life := time.Since(opened); life != 30*time.Second {
			t.Errorf("the last stream lives %v, want 30s", life)
		}
	})
}
