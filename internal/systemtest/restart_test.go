package systemtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// serverProcess is a server in a process of its own.
type serverProcess struct {
	*process
	address string
	found   chan struct{} // closed when it has answered callsFound calls
	ended   chan struct{} // closed when its log ends
	faults  []string      // lines of its log from warnings on, once that ended
}

const callsFound = 100

// startServer starts a server and waits until it is ready.
func startServer(t *testing.T, args ...string) *serverProcess {
	t.Helper()
	return startServerBy(t, nil, args...)
}

// startServerBy does the same by a command that runs another one.
func startServerBy(t *testing.T, by []string, args ...string) *serverProcess {
	t.Helper()
	p := &serverProcess{
		process: startBy(t, by, "", append([]string{"serve", "--http-listen", "", "--admin-listen", ""}, args...)...),
		found:   make(chan struct{}),
		ended:   make(chan struct{}),
	}
	ready := make(chan string, 1)
	go func() {
		defer close(p.ended)
		defer close(ready)
		calls := 0
		for p.stderr.Scan() {
			line := p.stderr.Text()
			if strings.Contains(line, "msg=call ") {
				if calls++; calls == callsFound {
					close(p.found)
				}
			}
			if strings.Contains(line, "msg=ready") {
				_, address, _ := strings.Cut(line, "grpc=")
				ready <- strings.Fields(address)[0]
			}
			// That a busy machine skips the disk for a moment is no fault.
			if !strings.Contains(line, "level=INFO") && !strings.Contains(line, "did not answer in time and was skipped") {
				p.faults = append(p.faults, line)
			}
		}
	}()
	var ok bool
	if p.address, ok = <-ready; !ok {
		t.Fatalf("the server did not start: %q", p.faults)
	}
	return p
}

// stop sends a signal and waits for the end. It returns what the log held from
// warnings on.
func (p *serverProcess) stop(t *testing.T, signal os.Signal) []string {
	t.Helper()
	p.signal(t, signal)
	<-p.ended
	p.end(t)
	return p.faults
}

// plainClient returns the documented client of servers on this machine.
func plainClient(t *testing.T, target string) *client.Client {
	t.Helper()
	c, err := client.New(target, client.Options{Plaintext: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// answered is an article and the summary that its first answer held.
type answered struct {
	request *summarizerv1.AnalyzeArticleRequest
	summary string
	at      time.Time
}

// flushSlack is the interval in which answers reach the file, and what a busy disk
// may add.
const flushSlack = 50*time.Millisecond + 500*time.Millisecond

// TestServerKilled kills a server under load at random moments. Each time the next
// one opens the cache without a complaint, and has every answer that was given
// before the last flush, as it was given.
func TestServerKilled(t *testing.T) {
	inTime(t, func() []string { return runServerKilled(t) })
}

func runServerKilled(t *testing.T) (late []string) {
	fake := llmtest.New(t)
	fake.Default(llmtest.Obey())
	arguments := []string{
		"--listen", "127.0.0.1:0", "--data-dir", t.TempDir(),
		"--llm-model", "m", "--llm-base-url", fake.URL(),
	}
	kills := min(5*testScale(), 20)
	var article, missing, kept int
	var given []answered
	var killed time.Time
	for range kills {
		p := startServer(t, arguments...)
		c := plainClient(t, p.address)
		lost, oldest := readBack(t, c, given, killed)
		missing, kept = missing+lost, kept+len(given)-lost
		if oldest > flushSlack {
			late = append(late, fmt.Sprintf("an answer given %v before the kill is lost", oldest))
		}
		given, killed = loadUntilKilled(t, p, c, &article)
	}
	p := startServer(t, arguments...)
	lost, _ := readBack(t, plainClient(t, p.address), given, killed)
	missing, kept = missing+lost, kept+len(given)-lost
	if faults := p.stop(t, syscall.SIGTERM); len(faults) > 0 {
		t.Errorf("the log holds %q", faults)
	}
	if kept == 0 {
		t.Error("no answer outlived a kill")
	}
	t.Logf("%d kills: %d answers read back as they were given, %d of the last flushes missing", kills, kept, missing)
	return late
}

// loadUntilKilled has callers ask for new articles until the server is killed, and
// returns their answers and the time of the kill.
func loadUntilKilled(t *testing.T, p *serverProcess, c *client.Client, article *int) (given []answered, killed time.Time) {
	t.Helper()
	const callers, fewest, most = 8, 20, 200
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	enough, end := make(chan struct{}), fewest+rand.IntN(most-fewest)
	for range callers {
		wg.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				*article++
				request := analyzeRequest(fmt.Sprintf("Report %d is in. %s", *article, articleOf(4<<10)))
				mu.Unlock()
				response, err := c.AnalyzeArticle(ctx, request)
				if err != nil || response.Summary.Provenance.Source != summarizerv1.Provenance_SOURCE_LLM {
					continue // the server is gone, or is about to be
				}
				mu.Lock()
				given = append(given, answered{request, response.Summary.Text, time.Now()})
				if len(given) == end {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-p.ended:
		t.Error("the server ended by itself")
	}
	killed = time.Now()
	if faults := p.stop(t, syscall.SIGKILL); len(faults) > 0 {
		t.Errorf("the log holds %q", faults)
	}
	cancel()
	wg.Wait()
	return given, killed
}

// readBack asks for what was answered before a kill. It returns how many answers
// are lost, and how long before the kill the oldest of them was given.
func readBack(t *testing.T, c *client.Client, given []answered, killed time.Time) (lost int, oldest time.Duration) {
	t.Helper()
	for _, a := range given {
		response, err := c.AnalyzeArticle(t.Context(), a.request)
		if err != nil {
			t.Fatal(err)
		}
		if response.Summary.Provenance.Source != summarizerv1.Provenance_SOURCE_CACHE {
			lost, oldest = lost+1, max(oldest, killed.Sub(a.at))
		} else if response.Summary.Text != a.summary {
			t.Errorf("the cache holds %q, but the answer was %q", response.Summary.Text, a.summary)
		}
	}
	return lost, oldest
}

// TestRollingRestart restarts two servers one after the other, again and again, under
// the documented client. No call fails.
func TestRollingRestart(t *testing.T) {
	servers := make([]*serverProcess, 2)
	for i := range servers {
		servers[i] = startServer(t, "--listen", "127.0.0.1:0", "--data-dir", t.TempDir())
	}
	c := plainClient(t, servers[0].address+","+servers[1].address)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const callers = 16
	var calls atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				// Not the context that ends: every call that is begun counts.
				if _, err := c.AnalyzeArticle(t.Context(), analyzeRequest(fmt.Sprintf("Report %d of caller %d is in. %s", n, i, articleOf(1<<10)))); err != nil {
					t.Errorf("call %d of caller %d: %v", n, i, err)
					return
				}
				calls.Add(1)
			}
		})
	}
	rounds := min(3*testScale(), 20)
	for range rounds {
		for i, p := range servers {
			if faults := p.stop(t, syscall.SIGTERM); len(faults) > 0 {
				t.Errorf("the log holds %q", faults)
			}
			servers[i] = startServer(t, "--listen", p.address, "--data-dir", t.TempDir())
			servers[i].awaitCalls(t)
		}
	}
	cancel()
	wg.Wait()
	for _, p := range servers {
		p.stop(t, syscall.SIGTERM)
	}
	t.Logf("%d calls over %d restarts", calls.Load(), rounds*len(servers))
}

// awaitCalls waits until clients have found the server and are answered by it, as
// who restarts servers one by one has to.
func (p *serverProcess) awaitCalls(t *testing.T) {
	t.Helper()
	select {
	case <-p.found:
	case <-time.After(minute):
		t.Fatal("no client finds the server")
	}
}

// TestDiskFull serves over a disk that takes no more: every request is answered, and
// the log says it once.
func TestDiskFull(t *testing.T) {
	fake := llmtest.New(t)
	fake.Default(llmtest.Obey())
	// A file may grow to 64 or 128 KB, by the unit of the shell.
	p := startServerBy(t, []string{"/bin/sh", "-c", `ulimit -f 128 && exec "$0" "$@"`},
		"--listen", "127.0.0.1:0", "--data-dir", t.TempDir(),
		"--llm-model", "m", "--llm-base-url", fake.URL())
	c := plainClient(t, p.address)
	const callers, each = 8, 40
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range each {
				request := analyzeRequest(fmt.Sprintf("Report %d of caller %d is in. %s", n, i, articleOf(4<<10)))
				response, err := c.AnalyzeArticle(t.Context(), request)
				if err != nil || response.Summary.Provenance.Source != summarizerv1.Provenance_SOURCE_LLM {
					t.Errorf("%v %v", response.GetSummary().GetProvenance(), err)
				}
			}
		})
	}
	wg.Wait()
	faults := p.stop(t, syscall.SIGTERM)
	if len(faults) != 1 || !strings.Contains(faults[0], "could not be written") {
		t.Errorf("want one line of a cache that could not be written, got %d: %q", len(faults), faults)
	}
}
