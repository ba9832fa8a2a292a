package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/pause"
)

// Waits for tests: the defaults would make them long.
const (
	testRetryWait = 20 * time.Millisecond

	// lossWait is for tests in which messages are lost. In the others nothing comes twice,
	// however slow the machine is.
	lossWait = time.Second
)

func articleOf(text string) *summarizerv1.AnalyzeArticleRequest {
	return &summarizerv1.AnalyzeArticleRequest{Article: &summarizerv1.Article{Text: text}}
}

// ask has the queue answer for texts, all at once, and returns what came.
func ask(t *testing.T, q *Queue, texts ...string) (answers []string, failures []error) {
	t.Helper()
	answers, failures = make([]string, len(texts)), make([]error, len(texts))
	var asking sync.WaitGroup
	for i, text := range texts {
		asking.Go(func() {
			response, err := q.AnalyzeArticle(t.Context(), articleOf(text))
			answers[i], failures[i] = response.GetSummary().GetText(), err
		})
	}
	asking.Wait()
	return answers, failures
}

// askWell is ask where nothing may fail.
func askWell(t *testing.T, q *Queue, texts ...string) {
	t.Helper()
	answers, failures := ask(t, q, texts...)
	if err := errors.Join(failures...); err != nil || !slices.Equal(answers, texts) {
		t.Errorf("answers %q, %v, want %q", answers, err, texts)
	}
}

// left returns the number of messages in a stream.
func left(t *testing.T, s jetstream.Stream) uint64 {
	t.Helper()
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Msgs
}

// queued waits until so many items are in the stream of work.
func queued(t *testing.T, s *Streams, n uint64) {
	t.Helper()
	for left(t, s.work) < n {
		if pause.For(t.Context(), time.Millisecond) != nil {
			t.Fatal("the items do not come")
		}
	}
}

func newServer(t testing.TB) (*server.Server, *Streams) {
	t.Helper()
	s := startNATS(t, 1)[0]
	return s, openStreams(t, s)
}

func quick(s *Streams, a batch.Analyzer) WorkerOptions {
	return WorkerOptions{Streams: s, Analyzer: a, RetryWait: testRetryWait}
}

// TestQueueEqualRequests asks for the same article many times at once: it is
// answered once, and paid for once.
func TestQueueEqualRequests(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	var calls atomic.Int64
	release := make(chan struct{})
	startWorker(t, quick(openStreams(t, s), analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		calls.Add(1)
		<-release
		response, err := echo(ctx, r)
		response.Usage = &summarizerv1.ModelUsage{InputTokens: 7}
		return response, err
	})))
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	const askers = 20
	var paid, joined atomic.Int64
	var asking sync.WaitGroup
	for range askers {
		asking.Go(func() {
			response, err := q.AnalyzeArticle(t.Context(), articleOf("same"))
			if err != nil || response.GetSummary().GetText() != "same" {
				t.Errorf("answered %v, %v", response, err)
			}
			paid.Add(int64(response.GetUsage().GetInputTokens()))
		})
	}
	for joined.Load() < askers {
		q.mu.Lock()
		for _, w := range q.pending {
			joined.Store(int64(w.waiters))
		}
		q.mu.Unlock()
	}
	close(release)
	asking.Wait()
	if calls.Load() != 1 || paid.Load() != 7 {
		t.Errorf("%d calls, %d tokens paid, want 1 and 7", calls.Load(), paid.Load())
	}
}

// TestQueueItemWaitsOnce offers an item that waits already, as a resumed run
// does: it stands in the queue once.
func TestQueueItemWaitsOnce(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	crashed, crash := context.WithCancel(t.Context())
	first, err := Open(crashed, Options{Streams: streams, Run: "r"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	interrupted := make(chan error)
	go func() {
		_, err := first.AnalyzeArticle(t.Context(), articleOf("a"))
		interrupted <- err
	}()
	queued(t, streams, 1)
	crash()
	if err := <-interrupted; !errors.Is(err, batch.ErrInterrupted) {
		t.Errorf("an interrupted queue says %v", err)
	}

	second := openQueue(t, Options{Streams: openStreams(t, s), Run: "r", Resume: true})
	item, encoded, err := itemID(second.run, articleOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := second.publish(t.Context(), item, encoded, true); err != nil {
			t.Fatal(err)
		}
	}
	if n := left(t, streams.work); n != 1 {
		t.Errorf("the item stands in the queue %d times", n)
	}
	startWorker(t, quick(openStreams(t, s), analyzerFunc(echo)))
	askWell(t, second, "a")
}

// TestQueueRestoresLostItems empties the stream of work behind the run's back.
func TestQueueRestoresLostItems(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	q := openQueue(t, Options{Streams: streams, Run: "r", AckWait: 100 * time.Millisecond})
	answered := make(chan error)
	go func() {
		_, err := q.AnalyzeArticle(t.Context(), articleOf("a"))
		answered <- err
	}()
	queued(t, streams, 1)
	if err := streams.work.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	startWorker(t, quick(openStreams(t, s), analyzerFunc(echo)))
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// TestQueueResume ends a run without a word while items wait, and resumes it: what
// workers have answered meanwhile is not answered again, but for errors.
func TestQueueResume(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	var calls atomic.Int64
	analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		if n := calls.Add(1); r.GetArticle().GetText() == "bad" && n <= 4 {
			return nil, status.Error(codes.InvalidArgument, "it is bad")
		}
		return echo(ctx, r)
	})
	texts := []string{"a", "b", "bad", "c"}
	lost := openStreams(t, s)
	ctx, crash := context.WithCancel(t.Context())
	first, err := Open(ctx, Options{Streams: lost, Run: "r"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	var asking sync.WaitGroup
	for _, text := range texts {
		asking.Go(func() { _, _ = first.AnalyzeArticle(ctx, articleOf(text)) })
	}
	queued(t, streams, 4)
	lost.js.Conn().Close() // nothing is acknowledged, and nothing arrives
	crash()
	asking.Wait()

	stop := startWorker(t, quick(openStreams(t, s), analyzer))
	for left(t, streams.work) > 0 {
		if pause.For(t.Context(), time.Millisecond) != nil {
			t.Fatal("the items are not answered")
		}
	}
	if calls.Load() != 4 {
		t.Fatalf("%d calls for 4 items", calls.Load())
	}
	second := openQueue(t, Options{Streams: streams, Run: "r", Resume: true})
	askWell(t, second, texts...)
	if calls.Load() != 5 {
		t.Errorf("%d calls, want one more, for the error", calls.Load())
	}
	second.Close()
	if n := left(t, streams.results); n != 0 {
		t.Errorf("%d results are left", n)
	}

	// A run that begins anew takes nothing of what was.
	third := openQueue(t, Options{Streams: openStreams(t, s), Run: "r"})
	askWell(t, third, texts...)
	if calls.Load() != 9 {
		t.Errorf("%d calls, want 4 more", calls.Load())
	}
	stop()
}

// TestQueueInterrupted interrupts a run and resumes it: items that workers have
// then are finished, and each article is answered once.
func TestQueueInterrupted(t *testing.T) {
	t.Parallel()
	const articles = 100
	s, streams := newServer(t)
	var calls atomic.Int64
	enough := newCounter(articles / 4)
	startWorker(t, quick(openStreams(t, s), analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		calls.Add(1)
		enough.tick()
		return echo(ctx, r)
	})))
	path := filepath.Join(t.TempDir(), "out.jsonl")
	run := func(ctx context.Context, resume bool) (batch.Counts, error) {
		journal, err := batch.OpenJournal(batch.JournalOptions{Path: path, Identity: "i", Resume: resume})
		if err != nil {
			t.Fatal(err)
		}
		q, err := Open(ctx, Options{Streams: streams, Run: "r", Resume: resume})
		if err != nil {
			t.Fatal(err)
		}
		counts, err := batch.Run(ctx, journal.Pending(numbered(articles)), journal, batch.Options{Analyzer: q, Concurrency: 10})
		q.Close()
		if err := journal.Close(true); err != nil {
			t.Error(err)
		}
		return counts, err
	}
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-enough.there
		interrupt()
	}()
	if counts, err := run(ctx, false); !errors.Is(err, context.Canceled) || counts.Failed > 0 || counts.OK == articles {
		t.Errorf("the run that is interrupted ends with %+v, %v", counts, err)
	}
	if counts, err := run(t.Context(), true); err != nil || counts.Failed > 0 {
		t.Errorf("the run that is resumed ends with %+v, %v", counts, err)
	}
	out, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, bytes.NewBuffer(out), articles)
	if calls.Load() != articles {
		t.Errorf("%d calls for %d articles", calls.Load(), articles)
	}
}

// TestRunEndsWithItsQueue closes the connection of a run: it ends with what is
// written, and without rows that say it was the articles' fault.
func TestRunEndsWithItsQueue(t *testing.T) {
	t.Parallel()
	_, streams := newServer(t)
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	go func() {
		queued(t, streams, 10)
		streams.js.Conn().Close()
	}()
	var out bytes.Buffer
	counts, err := batch.Run(t.Context(), numbered(1000), &out, batch.Options{Analyzer: q, Concurrency: 10})
	var broken *batch.FatalError
	if !errors.As(err, &broken) || counts.Rows() != 0 || out.Len() != 0 {
		t.Errorf("the run ends with %+v, %v", counts, err)
	}
}

// TestQueueDropsRepeats stores a second result of an item, as a worker does that
// was not heard of in time.
func TestQueueDropsRepeats(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	startWorker(t, quick(openStreams(t, s), analyzerFunc(echo)))
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	askWell(t, q, "a")
	item, _, err := itemID(q.run, articleOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	repeat, err := resultMessage(streams.subject("result", q.run, item), &summarizerv1.AnalyzeArticleResponse{LanguageCode: "xx"}, nil)
	if err == nil {
		_, err = streams.js.PublishMsg(t.Context(), repeat)
	}
	if err != nil {
		t.Fatal(err)
	}
	for q.duplicates.Load() == 0 {
		if pause.For(t.Context(), time.Millisecond) != nil {
			t.Fatal("the repeat is not dropped")
		}
	}
	askWell(t, q, "b")
	q.Close()
	if n := left(t, streams.results); n != 0 {
		t.Errorf("%d results are left", n)
	}
}

// TestQueueEndsWhenItIsTaken opens a second session of one run.
func TestQueueEndsWhenItIsTaken(t *testing.T) {
	t.Parallel()
	s, streams := newServer(t)
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	ended := make(chan error)
	go func() {
		_, err := q.AnalyzeArticle(t.Context(), articleOf("a"))
		ended <- err
	}()
	queued(t, streams, 1)
	openQueue(t, Options{Streams: openStreams(t, s), Run: "r", Resume: true})
	var broken *batch.FatalError
	if err := <-ended; !errors.As(err, &broken) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("the first session ends with %v", err)
	}
}

// TestQueueTooLarge offers an article that the server's messages cannot hold.
func TestQueueTooLarge(t *testing.T) {
	t.Parallel()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
		MaxPayload: 16 << 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server did not start")
	}
	streams := openStreams(t, s)
	startWorker(t, quick(openStreams(t, s), analyzerFunc(echo)))
	q := openQueue(t, Options{Streams: streams, Run: "r"})
	var noise strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	for noise.Len() < 30_000 {
		noise.WriteByte(' ' + byte(random.IntN(90)))
	}
	_, failures := ask(t, q, noise.String())
	if status.Code(failures[0]) != codes.ResourceExhausted || !strings.Contains(failures[0].Error(), "max_payload") {
		t.Errorf("too large an article: %v", failures[0])
	}
	askWell(t, q, strings.Repeat("Prose can be compressed. ", 30_000))
}

func TestResultRoundTrip(t *testing.T) {
	want := &summarizerv1.AnalyzeArticleResponse{LanguageCode: "en", Summary: &summarizerv1.Summary{Text: strings.Repeat("Long. ", 1000)}}
	m, err := resultMessage("s", want, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Data) > 1000 {
		t.Errorf("%d bytes are not compressed", len(m.Data))
	}
	if got, err := readResult(m.Header, m.Data); err != nil || !proto.Equal(got, want) {
		t.Errorf("read %v, %v", got, err)
	}
	for _, spoil := range []func(){
		func() { m.Data = m.Data[:len(m.Data)/2] },
		func() { m.Header.Set(headerEncoding, "rot13") },
		func() { m.Header.Set(headerOutcome, "?") },
		func() { m.Header = nil },
	} {
		spoil()
		if _, err := readResult(m.Header, m.Data); err == nil {
			t.Errorf("a spoilt result with %v is read", m.Header)
		}
	}
}

// TestStreamLimits opens streams with other limits than they have.
func TestStreamLimits(t *testing.T) {
	t.Parallel()
	s := startNATS(t, 1)[0]
	js := connectNATS(t, s)
	for _, options := range []StreamOptions{
		{Prefix: "P", MaxBytes: 1 << 20, MaxAge: time.Minute},
		{Prefix: "P"},
		{Prefix: "P", MaxBytes: 2 << 20},
	} {
		if _, err := OpenStreams(t.Context(), js, options); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"P_work", "P_result", "P_dead"} {
		stream, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if c := stream.CachedInfo().Config; c.MaxBytes != 2<<20 || c.MaxAge != time.Minute {
			t.Errorf("%s holds %d bytes for %v", name, c.MaxBytes, c.MaxAge)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for field, options := range map[string]StreamOptions{
		"replicas": {Prefix: "P", Replicas: 3},
		"storage":  {Prefix: "Q", MaxBytes: 1 << 60},
	} {
		if _, err := OpenStreams(ctx, js, options); err == nil || ctx.Err() != nil || !strings.Contains(fmt.Sprint(err), field) {
			t.Errorf("%s beyond what the server has: %v", field, err)
		}
	}
}
