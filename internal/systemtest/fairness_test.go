package systemtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/server"
)

// The model of the fairness test answers so many calls at once, each in so much time,
// while an archive keeps so many articles in flight.
const (
	fairPlaces  = 10
	fairTime    = 100 * time.Millisecond
	fairArchive = 1_000
	fairCalls   = 5 // of the other client, one a second
	fairFactor  = 3 // of the p95 of an idle service
)

// TestFairness has one client keep a thousand articles in flight over a stream while
// another makes a call a second: its p95 stays within a few times the p95 of an idle server.
func TestFairness(t *testing.T) {
	if testScale() == 1 {
		t.Skip("takes time by its nature: run it with " + scaleVariable)
	}
	inTime(t, func() []string { return runFairness(t) })
}

func runFairness(t *testing.T) (late []string) {
	fake := llmtest.New(t)
	fake.Default(llmtest.After(fairTime, llmtest.Obey()))
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	var entries []server.ClientEntry
	keys := make(map[string]string)
	for _, name := range []string{"archive", "desk"} {
		key, hash := server.NewKey()
		keys[name] = key
		entries = append(entries, server.ClientEntry{Name: name, Keys: []server.ClientKey{{SHA256: hash.SHA256}}})
	}
	if err := writeClients(clients, entries); err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil, "--clients", clients, "--llm-model", "m", "--llm-base-url", fake.URL(), "--llm-max-concurrency", strconv.Itoa(fairPlaces),
		"--stream-in-flight", strconv.Itoa(fairArchive), "--default-deadline", "1m")
	defer s.stop()
	as := func(name string) summarizerv1.SummarizerServiceClient {
		return summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc, grpc.WithPerRPCCredentials(bearerKey(keys[name]))))
	}

	desk, number := as("desk"), 0
	calls := func(n int) (took []time.Duration) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range n {
			<-tick.C
			number++
			began := time.Now()
			answer, err := desk.AnalyzeArticle(t.Context(), fromModel(news(number)))
			took = append(took, time.Since(began))
			if err != nil {
				t.Fatal(err)
			}
			if source := answer.GetSummary().GetProvenance().GetSource(); source != summarizerv1.Provenance_SOURCE_LLM {
				t.Fatalf("the call is answered by %v", source)
			}
		}
		return took
	}
	n := fairCalls * testScale()
	idle := calls(n)
	archive := startArchive(t, as("archive"))
	archive.await(t, fairArchive/2)
	before, began := archive.answered.Load(), time.Now()
	busy := calls(n)
	rate := float64(archive.answered.Load()-before) / time.Since(began).Seconds()
	archive.stop()
	if archive.failed.Load() > 0 {
		t.Errorf("%d articles of the archive have no answer", archive.failed.Load())
	}

	alone, beside := percentile95(idle), percentile95(busy)
	if beside > fairFactor*alone {
		late = append(late, fmt.Sprintf("p95 of %v beside the archive, %v alone", beside, alone))
	}
	t.Logf("%d calls: p95 %v alone, %v beside an archive of %d articles in flight, of which the model answered %.0f a second", n, alone, beside, fairArchive, rate)
	return late
}

// fromModel asks for the answer of the model or none.
func fromModel(request *summarizerv1.AnalyzeArticleRequest) *summarizerv1.AnalyzeArticleRequest {
	request.ServingOptions = &summarizerv1.ServingOptions{EnginePolicy: summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_ONLY}
	return request
}

func percentile95(took []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[(len(sorted)*95+99)/100-1]
}

// archiveStream is a stream with fairArchive articles in flight all the time.
type archiveStream struct {
	answered, failed atomic.Int64
	changed          chan struct{} // has one when something was answered
	ended            chan struct{} // closed with the stream
	stop             func()
}

func startArchive(t *testing.T, client summarizerv1.SummarizerServiceClient) *archiveStream {
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := client.StreamAnalyzeArticles(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a := &archiveStream{changed: make(chan struct{}, 1), ended: make(chan struct{})}
	room := make(chan struct{}, fairArchive)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				return
			}
			// Numbers far from the other client's.
			if stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: strconv.Itoa(i), Request: fromModel(news(1_000_000 + i))}) != nil {
				return
			}
		}
	})
	wg.Go(func() {
		defer close(a.ended)
		for {
			answer, err := stream.Recv()
			if err != nil {
				if ctx.Err() == nil && !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				return
			}
			if answer.GetResult().GetResponse() == nil && a.failed.Add(1) == 1 {
				t.Log("an article without an answer: ", answer.GetResult().GetError())
			}
			a.answered.Add(1)
			<-room
			select {
			case a.changed <- struct{}{}:
			default:
			}
		}
	})
	a.stop = func() {
		cancel()
		wg.Wait()
	}
	return a
}

// await waits until so many articles are answered.
func (a *archiveStream) await(t *testing.T, n int64) {
	t.Helper()
	for a.answered.Load() < n {
		select {
		case <-a.changed:
		case <-a.ended:
			t.Fatal("the stream of the archive ended")
		}
	}
}
