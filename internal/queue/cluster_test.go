package queue

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/pause"
)

// startNATS starts servers: one alone, or several as a cluster.
func startNATS(tb testing.TB, n int) []*server.Server {
	tb.Helper()
	var routes []*url.URL
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: l.Addr().String()})
		_ = l.Close()
	}
	servers := make([]*server.Server, n)
	for i := range servers {
		options := &server.Options{
			ServerName: fmt.Sprintf("node-%d", i),
			Host:       "127.0.0.1",
			Port:       server.RANDOM_PORT,
			JetStream:  true,
			StoreDir:   tb.TempDir(),
			NoLog:      true,
			NoSigs:     true,
		}
		if n > 1 {
			options.Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[i]}
			options.Routes = routes
		}
		s, err := server.NewServer(options)
		if err != nil {
			tb.Fatal(err)
		}
		s.Start()
		tb.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
		servers[i] = s
	}
	for _, s := range servers {
		if !s.ReadyForConnections(10 * time.Second) {
			tb.Fatal("a NATS server did not start")
		}
	}
	return servers
}

// connectNATS connects to servers, as a machine of its own.
func connectNATS(tb testing.TB, servers ...*server.Server) jetstream.JetStream {
	tb.Helper()
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.ClientURL())
	}
	connection, err := nats.Connect(strings.Join(urls, ","), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(connection.Close)
	js, err := jetstream.New(connection)
	if err != nil {
		tb.Fatal(err)
	}
	return js
}

// openStreams opens the streams, as a machine of its own.
func openStreams(tb testing.TB, servers ...*server.Server) *Streams {
	tb.Helper()
	s, err := OpenStreams(tb.Context(), connectNATS(tb, servers...), StreamOptions{Replicas: len(servers), MaxBytes: 64 << 20})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// startWorker runs a worker until stop is called, which returns its counts.
func startWorker(tb testing.TB, options WorkerOptions) (stop func() WorkerCounts) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var counts WorkerCounts
	var working sync.WaitGroup
	working.Go(func() {
		var err error
		if counts, err = Work(ctx, options); err != nil && options.Streams.js.Conn().Status() != nats.CLOSED {
			tb.Errorf("a worker ended: %v", err)
		}
	})
	stop = sync.OnceValue(func() WorkerCounts {
		cancel()
		working.Wait()
		return counts
	})
	tb.Cleanup(func() { stop() })
	return stop
}

func openQueue(tb testing.TB, options Options) *Queue {
	tb.Helper()
	q, err := Open(tb.Context(), options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(q.Close)
	return q
}

// counter closes a channel after a number of calls.
type counter struct {
	n     atomic.Int64
	at    int64
	there chan struct{}
}

func newCounter(at int64) *counter { return &counter{at: at, there: make(chan struct{})} }

func (c *counter) tick() {
	if c.n.Add(1) == c.at {
		close(c.there)
	}
}

// checkRows checks that an output holds each of n numbered articles once, and
// well.
func checkRows(t *testing.T, out *bytes.Buffer, n int) {
	t.Helper()
	all := rows(t, out.Bytes())
	if len(all) != n {
		t.Errorf("%d rows for %d articles", len(all), n)
	}
	seen := make(map[string]bool)
	for _, row := range all {
		if seen[row.ID] {
			t.Errorf("article %s has two rows", row.ID)
		}
		seen[row.ID] = true
		if row.Status != batch.StatusOK || !strings.Contains(string(row.Result), fmt.Sprintf("%q", row.ID)) {
			t.Errorf("article %s: %s %v", row.ID, row.Status, row.Error)
		}
	}
}

// TestCluster runs an archive over three nodes and four workers, of which a node
// and a worker are lost on the way.
func TestCluster(t *testing.T) {
	t.Parallel()
	const articles, concurrency = 600, 8
	servers := startNATS(t, 3)
	streams := openStreams(t, servers...)
	const ackWait = 5 * time.Second

	third := newCounter(articles / 3)
	half := newCounter(articles / 2)
	var calls atomic.Int64
	slow := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		calls.Add(1)
		if err := pause.For(ctx, 20*time.Millisecond); err != nil { // the latency of a model
			return nil, err
		}
		third.tick()
		half.tick()
		return echo(ctx, r)
	})
	var stops []func() WorkerCounts
	var machines []*Streams
	for range 4 {
		machine := openStreams(t, servers...)
		machines = append(machines, machine)
		stops = append(stops, startWorker(t, WorkerOptions{Streams: machine, Analyzer: slow, Concurrency: concurrency, AckWait: ackWait, RetryWait: 100 * time.Millisecond}))
	}
	queue := openQueue(t, Options{Streams: streams, Run: t.Name(), AckWait: ackWait})

	var killing sync.WaitGroup
	killing.Go(func() {
		<-third.there
		machines[0].js.Conn().Close() // with all that the worker has in hand
		<-half.there
		leader := streams.work.CachedInfo().Cluster.Leader
		for _, s := range servers {
			if s.Name() == leader {
				s.Shutdown()
			}
		}
	})
	var out bytes.Buffer
	counts, err := batch.Run(t.Context(), numbered(articles), &out, batch.Options{Analyzer: queue, Concurrency: 200})
	killing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if counts.OK != articles {
		t.Errorf("%d of %d articles are well", counts.OK, articles)
	}
	checkRows(t, &out, articles)
	queue.Close()
	var by []int64
	for _, stop := range stops {
		by = append(by, stop().Answered)
	}
	t.Logf("%d calls for %d articles, %d repeats; by worker: %v", calls.Load(), articles, queue.duplicates.Load(), by)
	if slices.Contains(by[1:], 0) {
		t.Errorf("a worker that lives has answered nothing: %v", by)
	}
	// What the lost worker and node had in hand may be answered again, no more.
	if again := calls.Load() - articles; again > 4*concurrency+concurrency {
		t.Errorf("%d articles were answered more than once", again)
	}
}
