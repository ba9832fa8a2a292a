package client_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
)

// items yields n requests with ids from 0 on. Wg has the goroutine of the feeder.
func items(wg *sync.WaitGroup, n int) iter.Seq[*summarizerv1.StreamAnalyzeArticlesRequest] {
	wg.Add(1)
	return func(yield func(*summarizerv1.StreamAnalyzeArticlesRequest) bool) {
		defer wg.Done()
		for i := range n {
			if !yield(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: fmt.Sprint(i), Request: analyze()}) {
				return
			}
		}
	}
}

// A server that drains costs no item, and none is answered twice.
func TestStreamOutlivesServers(t *testing.T) {
	one, first, stopFirst := serve(t, nil)
	two, second, stopSecond := serve(t, nil)
	c := dial(t, one+","+two, client.Options{Plaintext: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	const n = 2000
	got := map[string]bool{}
	for response, err := range c.AnalyzeStream(ctx, items(&wg, n)) {
		if err != nil {
			t.Fatalf("after %d of %d: %v", len(got), n, err)
		}
		// A busy machine may refuse an item, which is its answer.
		refused := status.Code(client.ItemError(response.Result)) == codes.Unavailable
		if got[response.CorrelationId] || response.Result.GetResponse().GetSummary().GetText() == "" && !refused {
			t.Fatalf("%s was answered before: %t, and has %v", response.CorrelationId, got[response.CorrelationId], response)
		}
		got[response.CorrelationId] = true
		if len(got) == n/4 {
			stop := stopFirst // of the server that has the stream
			if first.calls.Load() == 0 {
				stop = stopSecond
			}
			wg.Go(stop)
		}
	}
	if a, b := first.calls.Load(), second.calls.Load(); len(got) != n || a == 0 || b == 0 {
		t.Errorf("%d of %d items were answered; the servers had %d and %d", len(got), n, a, b)
	}
}

func TestStreamWithoutItems(t *testing.T) {
	address, _, _ := serve(t, nil)
	c := dial(t, address, client.Options{Plaintext: true})
	var wg sync.WaitGroup
	for response, err := range c.AnalyzeStream(t.Context(), items(&wg, 0)) {
		t.Errorf("got %v, %v", response, err)
	}
	wg.Wait()
}

// The feeder of a stream ends with the loop, though its context goes on.
func TestLeavingAStream(t *testing.T) {
	address, _, _ := serve(t, nil)
	c := dial(t, address, client.Options{Plaintext: true})
	var wg sync.WaitGroup
	for _, err := range c.AnalyzeStream(context.WithoutCancel(t.Context()), items(&wg, 1_000_000)) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	wg.Wait()
}

func TestStreamRefusesAnIDInUse(t *testing.T) {
	hold := make(chan struct{})
	address, _, _ := serve(t, func(ctx context.Context, _ int64) error {
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return nil
	})
	c := dial(t, address, client.Options{Plaintext: true})
	twice := []*summarizerv1.StreamAnalyzeArticlesRequest{
		{CorrelationId: "a", Request: analyze()}, {CorrelationId: "a", Request: analyze()},
	}
	var last error
	for _, err := range c.AnalyzeStream(t.Context(), slices.Values(twice)) {
		last = err
	}
	if status.Code(last) != codes.InvalidArgument {
		t.Errorf("got %v, want INVALID_ARGUMENT", last)
	}
	close(hold)
}

func TestStreamWithoutServer(t *testing.T) {
	listener := listen(t)
	address := listener.Addr().String()
	_ = listener.Close()
	c := dial(t, address, client.Options{Plaintext: true})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	var errs []error
	for _, err := range c.AnalyzeStream(ctx, items(&wg, 3)) {
		errs = append(errs, err)
	}
	cancel()
	wg.Wait()
	if len(errs) != 1 || errs[0] == nil || !strings.Contains(errs[0].Error(), "connection refused") {
		t.Errorf("got %v, want one error with its reason", errs)
	}
}

// drainingServer reads three items of each stream, answers the second one of them
// and drains; one that is tired answers none.
type drainingServer struct {
	summarizerv1.UnimplementedSummarizerServiceServer
	tired bool

	mu   sync.Mutex
	read [][]string // the ids of each stream
}

func (s *drainingServer) StreamAnalyzeArticles(stream summarizerv1.SummarizerService_StreamAnalyzeArticlesServer) error {
	var ids []string
	for len(ids) < 3 {
		r, err := stream.Recv()
		if err != nil {
			break // the client has no more
		}
		ids = append(ids, r.GetCorrelationId())
	}
	s.mu.Lock()
	s.read = append(s.read, ids)
	s.mu.Unlock()
	if !s.tired {
		_ = stream.Send(&summarizerv1.StreamAnalyzeArticlesResponse{CorrelationId: ids[min(1, len(ids)-1)]})
		if len(ids) == 1 {
			return nil // all is done
		}
	}
	stream.SetTrailer(metadata.Pairs("grpc-retry-pushback-ms", "-1")) // the stream, not gRPC, tries again
	return status.Error(codes.Unavailable, "draining")
}

func TestStreamResendsUnansweredItems(t *testing.T) {
	s := &drainingServer{}
	listener := listen(t)
	serveOn(t, listener, s)
	c := dial(t, listener.Addr().String(), client.Options{Plaintext: true})
	var wg sync.WaitGroup
	defer wg.Wait()
	var got []string
	for response, err := range c.AnalyzeStream(t.Context(), items(&wg, 4)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, response.GetCorrelationId())
	}
	if want := []string{"1", "2", "3", "0"}; !slices.Equal(got, want) {
		t.Errorf("the responses are those of %v, want %v", got, want)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	want := [][]string{{"0", "1", "2"}, {"0", "2", "3"}, {"0", "3"}, {"0"}}
	if !slices.EqualFunc(s.read, want, slices.Equal) {
		t.Errorf("the streams had %v, want %v", s.read, want)
	}
}

func TestStreamGivesUp(t *testing.T) {
	s := &drainingServer{tired: true}
	listener := listen(t)
	serveOn(t, listener, s)
	c := dial(t, listener.Addr().String(), client.Options{Plaintext: true})
	var wg sync.WaitGroup
	defer wg.Wait()
	var last error
	for _, err := range c.AnalyzeStream(t.Context(), items(&wg, 3)) {
		last = err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if status.Code(last) != codes.Unavailable || len(s.read) != 5 {
		t.Errorf("got %v after %d streams, want UNAVAILABLE after 5", last, len(s.read))
	}
}

// The error of an item is the error that the same request gets alone.
func TestItemError(t *testing.T) {
	address, _, _ := serve(t, nil)
	c := dial(t, address, client.Options{Plaintext: true})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	wrong := analyze()
	wrong.Article.Title = strings.Repeat("t", 2001)
	wrong.SummaryOptions = &summarizerv1.SummaryOptions{MaxSentences: 11}

	_, alone := c.AnalyzeArticle(ctx, wrong)
	batch, err := c.BatchAnalyzeArticles(ctx, &summarizerv1.BatchAnalyzeArticlesRequest{
		Requests: []*summarizerv1.AnalyzeArticleRequest{wrong, analyze()},
	})
	if err != nil {
		t.Fatal(err)
	}
	item := client.ItemError(batch.Results[0])
	if status.Code(item) != codes.InvalidArgument || len(status.Convert(item).Details()) != 2 {
		t.Errorf("got %v", item)
	}
	if diff := cmp.Diff(status.Convert(alone).Proto(), status.Convert(item).Proto(), protocmp.Transform()); diff != "" {
		t.Errorf("item (-alone +item):\n%s", diff)
	}
	if err := client.ItemError(batch.Results[1]); err != nil {
		t.Errorf("an item with a response has the error %v", err)
	}
}
