package queue

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/pause"
)

// TestWorkerTriesAgain fails twice in a way that may pass.
func TestWorkerTriesAgain(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	var calls atomic.Int64
	stop := startWorker(t, quick(openStreams(t, s), analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		if calls.Add(1) <= 2 {
			return nil, status.Error(codes.Unavailable, "not now")
		}
		return echo(ctx, r)
	})))
	askWell(t, openQueue(t, Options{Streams: streams, Run: "r"}), "a")
	if got, want := stop(), (WorkerCounts{Answered: 1, Returned: 2}); got != want {
		t.Errorf("the worker did %+v, want %+v", got, want)
	}
}

// TestWorkerFailures checks what becomes of items that cannot be answered.
func TestWorkerFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		err   error
		calls int64
		dead  int64
	}{
		{"for good", status.Error(codes.InvalidArgument, "the text is empty"), 1, 0},
		{"until the last delivery", status.Error(codes.Unavailable, "the model\nis down"), 3, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, streams := newServer(t)
			var calls atomic.Int64
			options := quick(openStreams(t, s), analyzerFunc(func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
				calls.Add(1)
				return nil, test.err
			}))
			options.MaxDeliveries = 3
			stop := startWorker(t, options)
			text := strings.Repeat("The harbour froze over. ", 100)
			_, failures := ask(t, openQueue(t, Options{Streams: streams, Run: "r"}), text)
			if want := status.Convert(test.err); status.Code(failures[0]) != want.Code() || status.Convert(failures[0]).Message() != want.Message() {
				t.Errorf("the run is told %v, want %v", failures[0], test.err)
			}
			if got, want := stop(), (WorkerCounts{Answered: 1, Returned: test.calls - 1, Dead: test.dead}); got != want || calls.Load() != test.calls {
				t.Errorf("the worker did %+v with %d calls, want %+v with %d", got, calls.Load(), want, test.calls)
			}
			if n := left(t, streams.work); n != 0 {
				t.Errorf("%d items are left", n)
			}
			if n := left(t, streams.dead); n != uint64(test.dead) {
				t.Fatalf("%d dead letters, want %d", n, test.dead)
			}
			if test.dead == 0 {
				return
			}
			letter, err := streams.dead.GetLastMsgForSubject(t.Context(), "SUMMARIZER.dead.*.*")
			if err != nil {
				t.Fatal(err)
			}
			if h := letter.Header; h.Get(headerCode) != "UNAVAILABLE" || h.Get(headerMessage) != "the model is down" || h.Get(headerDeliveries) != "3" {
				t.Errorf("the letter says %v", h)
			}
			content, err := body(letter.Header, letter.Data)
			if err != nil || !bytes.Contains(content, []byte(text)) {
				t.Errorf("the letter does not hold the item: %v", err)
			}
			for _, values := range letter.Header {
				if strings.Contains(strings.Join(values, ""), "harbour") {
					t.Errorf("a header holds text of the article: %q", values)
				}
			}
		})
	}
}

// TestWorkerLost closes the connection of a worker that has an item in hand: the
// item goes to another. One that takes all its workers with it becomes a dead letter.
func TestWorkerLost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		maxDeliveries int
		want          codes.Code
	}{
		{"another answers", 5, codes.OK},
		{"the last one", 1, codes.Aborted},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, streams := newServer(t)
			lost := openStreams(t, s)
			started, release := make(chan struct{}), make(chan struct{})
			options := quick(lost, analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
				close(started)
				<-release
				return echo(ctx, r)
			}))
			options.AckWait, options.MaxDeliveries = lossWait, test.maxDeliveries
			stopLost := startWorker(t, options)
			q := openQueue(t, Options{Streams: streams, Run: "r"})
			answered := make(chan error)
			go func() {
				_, err := q.AnalyzeArticle(t.Context(), articleOf("a"))
				answered <- err
			}()
			<-started
			lost.js.Conn().Close()
			options.Streams, options.Analyzer = openStreams(t, s), analyzerFunc(echo)
			stop := startWorker(t, options)
			if err := <-answered; status.Code(err) != test.want {
				t.Errorf("the article is answered with %v, want %v", err, test.want)
			}
			close(release)
			stopLost()
			stop()
			if n := left(t, streams.work); n != 0 {
				t.Errorf("%d items are left", n)
			}
		})
	}
}

// TestWorkerStaysAtWork takes longer for an item than the deadline for it.
func TestWorkerStaysAtWork(t *testing.T) {
	t.Parallel()
	const ackWait = 3 * time.Second // the worker says every second that it is at work
	s, streams := newServer(t)
	var calls atomic.Int64
	options := quick(openStreams(t, s), analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		calls.Add(1)
		if err := pause.For(ctx, ackWait+time.Second); err != nil {
			return nil, err
		}
		return echo(ctx, r)
	}))
	options.AckWait = ackWait
	startWorker(t, options)
	askWell(t, openQueue(t, Options{Streams: streams, Run: "r"}), "a")
	if calls.Load() != 1 {
		t.Errorf("the item was begun %d times", calls.Load())
	}
}

// TestWorkerDrains ends a worker that has items in hand: it finishes them, takes
// no others, and another worker does the rest.
func TestWorkerDrains(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	begun, release := newCounter(2), make(chan struct{})
	options := quick(openStreams(t, s), analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		begun.tick()
		<-release
		return echo(ctx, r)
	}))
	options.Concurrency = 2
	ctx, drain := context.WithCancel(t.Context())
	counts := make(chan WorkerCounts)
	go func() {
		c, err := Work(ctx, options)
		if err != nil {
			t.Error(err)
		}
		counts <- c
	}()
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	var asking sync.WaitGroup
	asking.Go(func() { askWell(t, q, "a", "b", "c", "d", "e") })
	<-begun.there
	queued(t, streams, 5)
	drain()
	close(release)
	if c := <-counts; c.Answered != 2 {
		t.Errorf("the worker did %+v, want 2 items", c)
	}
	if n := left(t, streams.work); n != 3 {
		t.Errorf("%d items are left, want 3", n)
	}
	startWorker(t, quick(openStreams(t, s), analyzerFunc(echo)))
	asking.Wait()
}

// TestWorkerDrainEnds gives back an item that takes too long for a drain.
func TestWorkerDrainEnds(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	begun := make(chan struct{})
	options := quick(openStreams(t, s), analyzerFunc(func(ctx context.Context, _ *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		close(begun)
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	}))
	options.DrainTimeout = 10 * time.Millisecond
	stop := startWorker(t, options)
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	var asking sync.WaitGroup
	asking.Go(func() { askWell(t, q, "a") })
	<-begun
	if got, want := stop(), (WorkerCounts{Returned: 1}); got != want {
		t.Errorf("the worker did %+v, want %+v", got, want)
	}
	startWorker(t, quick(openStreams(t, s), analyzerFunc(echo)))
	asking.Wait()
}

// TestServerRestarts stops and starts the only server in the middle of a run.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	const articles = 300
	options := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true}
	start := func() *server.Server {
		s, err := server.NewServer(options.Clone())
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(10 * time.Second) {
			t.Fatal("the server did not start")
		}
		return s
	}
	stop := func(s *server.Server) {
		s.Shutdown()
		s.WaitForShutdown()
	}
	s := start()
	options.Port = s.Addr().(*net.TCPAddr).Port
	streams := openStreams(t, s)
	half := newCounter(articles / 2)
	slow := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		half.tick()
		return echo(ctx, r)
	})
	work := quick(openStreams(t, s), slow)
	work.AckWait = lossWait
	startWorker(t, work)
	var restarting sync.WaitGroup
	restarting.Go(func() {
		<-half.there
		stop(s)
		s = start()
	})
	q := openQueue(t, Options{Streams: streams, Run: "r", AckWait: lossWait})
	var out bytes.Buffer
	_, err := batch.Run(t.Context(), numbered(articles), &out, batch.Options{Analyzer: q, Concurrency: 20})
	restarting.Wait()
	t.Cleanup(func() { stop(s) })
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, &out, articles)
	q.Close()
}

// TestFourWorkers has four workers answer at once: no article is answered before
// each of them has its hands full.
func TestFourWorkers(t *testing.T) {
	t.Parallel()
	const workers, concurrency = 4, 8
	s, streams := newServer(t)
	full := newCounter(workers * concurrency)
	together := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		full.tick()
		select {
		case <-full.there:
			return echo(ctx, r)
		case <-time.After(20 * time.Second):
			return nil, status.Error(codes.Internal, "the workers are never all at work")
		}
	})
	for range workers {
		options := quick(openStreams(t, s), together)
		options.Concurrency = concurrency
		startWorker(t, options)
	}
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	defer q.Close()
	var out bytes.Buffer
	if _, err := batch.Run(t.Context(), numbered(128), &out, batch.Options{Analyzer: q, Concurrency: 128}); err != nil {
		t.Fatal(err)
	}
	checkRows(t, &out, 128)
}

// BenchmarkFourWorkers has one worker and then four answer with the latency of a
// model; the figure to read is
//
//	four/one  articles a second of four workers, as a multiple of those of one
func BenchmarkFourWorkers(b *testing.B) {
	const articles, concurrency, latency = 128, 8, 200 * time.Millisecond
	s, streams := newServer(b)
	slow := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		if err := pause.For(ctx, latency); err != nil {
			return nil, err
		}
		return echo(ctx, r)
	})
	took := func(workers int) time.Duration {
		for range workers {
			options := quick(openStreams(b, s), slow)
			options.Concurrency = concurrency
			defer startWorker(b, options)()
		}
		q := openQueue(b, Options{Streams: streams, Run: "r"})
		defer q.Close()
		begun := time.Now()
		if _, err := batch.Run(b.Context(), numbered(articles), io.Discard, batch.Options{Analyzer: q, Concurrency: articles}); err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	var one, four time.Duration
	for b.Loop() {
		one, four = one+took(1), four+took(4)
	}
	b.ReportMetric(0, "ns/op") // both sides together say nothing
	b.ReportMetric(float64(one)/float64(four), "four/one")
}
