package systemtest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// What comes at a service with a fault: so many callers at once, over so many
// articles, each of whom waits so long.
const (
	faultCallers  = 200
	faultArticles = 20
	faultDeadline = time.Second
)

// maxCallsOfTask is the default of --llm-max-calls.
const maxCallsOfTask = 4

// callCounter counts the tasks that a service starts.
type callCounter struct {
	summarizer.Model
	started atomic.Int64
}

func (c *callCounter) Analyze(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
	c.started.Add(1)
	return c.Model.Analyze(ctx, task)
}

// TestFaultTable shows each fault to a fresh service under a crowd of callers.
// With -v it prints the rows that docs/reliability.md sums up.
func TestFaultTable(t *testing.T) {
	rows := []string{
		"| fault | summary | topics | tasks | upstream calls | slowest answer |",
		"|---|---|---|---|---|---|",
	}
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) { rows = append(rows, f.row(t)) })
	}
	t.Logf("%d callers over %d articles, deadline %v:\n%s", faultCallers, faultArticles, faultDeadline, strings.Join(rows, "\n"))
}

// row shows the fault and returns its row of the table.
func (f fault) row(t *testing.T) (row string) {
	inTime(t, func() (late []string) {
		row, late = f.show(t)
		return late
	})
	return row
}

// inTime runs a test of deadlines, which returns what was late. That says nothing
// about a service which other programs kept from running: then the test is run
// again, a few times. A machine that is too busy all along cannot tell.
func inTime(t *testing.T, run func() (late []string)) {
	const runs = 3
	for range runs {
		late, busy := judged(run)
		if len(late) == 0 {
			return
		}
		summary := fmt.Sprintf("%d late, such as: %s", len(late), strings.Join(late[:min(len(late), 5)], "; "))
		if !busy {
			t.Error(summary)
			return
		}
		t.Logf("this says nothing, as other programs kept the processors busy: %s", summary)
	}
}

// judged runs a test and reports whether other programs kept it from running.
func judged(run func() (late []string)) (late []string, busy bool) {
	waited, began := waitedForProcessors(), time.Now()
	late = run()
	return late, waitedForProcessors()-waited >= time.Since(began)/4
}

// show runs a fresh service into the fault. What is late is returned; what is
// wrong at any speed fails the test.
func (f fault) show(t *testing.T) (row string, late []string) {
	var url string
	if f.url != nil {
		url = f.url(t) // may start what ends with the test
	}
	others := goleak.IgnoreCurrent()
	var fake *llmtest.Fake
	if f.url == nil {
		fake = llmtest.Start()
		defer fake.Close()
		fake.Default(f.reply)
		url = fake.URL()
	}
	counter := &callCounter{}
	s := startStackWith(t, stackOptions{
		dir:      t.TempDir(),
		endpoint: llm.Endpoint{BaseURL: url, Model: "m", APIKey: "none"},
		grace:    200 * time.Millisecond,
		wrap: func(m summarizer.Model) summarizer.Model {
			counter.Model = m
			return counter
		},
	})
	c := f.crowd(t, s)
	late = append(late, c.late...)
	late = append(late, f.check("summary", f.summary, c.summaries)...)
	late = append(late, f.check("topics", f.topics, c.topics)...)
	if fake != nil {
		fake.AwaitIdle(t) // no call outlives the grace
	}
	calls := callsMade(t, s)
	if fake != nil {
		calls = fake.Count()
	}
	tasks := int(counter.started.Load())
	if calls < 1 || calls > maxCallsOfTask*tasks {
		t.Errorf("%d upstream calls of %d tasks", calls, tasks)
	}
	late = append(late, f.checkCache(t, s)...)
	s.stop()
	if fake != nil {
		fake.Close()
	}
	if err := goleak.Find(others); err != nil {
		t.Error(err)
	}
	row = fmt.Sprintf("| %s | %s | %s | %d | %d | %d ms |", f.name, c.summaries, c.topics, tasks, calls, c.slowest.Milliseconds())
	return row, late
}

// waitedForProcessors returns for how long threads of this process that could run
// have waited for others to leave a processor, all together; 0 where the system
// does not tell.
func waitedForProcessors() time.Duration {
	var total time.Duration
	files, _ := filepath.Glob("/proc/self/task/*/schedstat")
	for _, file := range files {
		var ran, waited int64
		if stat, err := os.ReadFile(file); err == nil {
			if _, err := fmt.Sscan(string(stat), &ran, &waited); err == nil {
				total += time.Duration(waited)
			}
		}
	}
	return total
}

// origins counts answers by their origin: the model, at once or from the cache, or
// the reason why it did not answer.
type origins map[string]int

const byModel = "LLM"

func (c origins) String() string {
	var parts []string
	for _, origin := range slices.SortedFunc(maps.Keys(c), func(a, b string) int { return c[b] - c[a] }) {
		parts = append(parts, fmt.Sprintf("%s %d", origin, c[origin]))
	}
	return strings.Join(parts, ", ")
}

// crowdOutcome is what a crowd of callers got.
type crowdOutcome struct {
	summaries, topics origins
	slowest           time.Duration
	late              []string
}

// crowd sends everything at once, and notes each caller without an answer in
// time.
func (f fault) crowd(t *testing.T, s *stack) crowdOutcome {
	var (
		mu    sync.Mutex
		c     = crowdOutcome{summaries: make(origins), topics: make(origins)}
		wg    sync.WaitGroup
		start = make(chan struct{})
	)
	for i := range faultCallers {
		request := f.request(i % faultArticles)
		wg.Go(func() {
			<-start
			began := time.Now()
			response, err := s.analyze(t, faultDeadline, request)
			took := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				c.late = append(c.late, fmt.Sprintf("no answer after %v: %v", took, err))
				return
			}
			c.slowest = max(c.slowest, took)
			c.summaries[originOf(t, response.Summary.Provenance)]++
			c.topics[originOf(t, response.Classification.Provenance)]++
		})
	}
	close(start)
	wg.Wait()
	if c.slowest > faultDeadline {
		c.late = append(c.late, fmt.Sprintf("the slowest answer took %v", c.slowest))
	}
	return c
}

func (f fault) request(article int) *summarizerv1.AnalyzeArticleRequest {
	request := analyzeRequest(faultyArticle(article))
	if f.prepare != nil {
		f.prepare(request)
	}
	return request
}

// originOf names the origin of an answer for counting.
func originOf(t *testing.T, p *summarizerv1.Provenance) string {
	switch p.Source {
	case summarizerv1.Provenance_SOURCE_LLM, summarizerv1.Provenance_SOURCE_CACHE:
		if p.Degraded || p.FallbackReason != "" {
			t.Errorf("an answer of the model is degraded: %v", p)
		}
		return byModel
	case summarizerv1.Provenance_SOURCE_LOCAL:
		if !p.Degraded || p.FallbackReason == "" {
			t.Errorf("a local answer is not degraded: %v", p)
		}
		return p.FallbackReason
	}
	t.Errorf("unexpected source: %v", p)
	return ""
}

// check holds the origins of answers to the reason that the fault has to get. Once
// the endpoint is out of service, or busy with calls that fail slowly, that is the
// reason of later callers. Any other reason is one of time.
func (f fault) check(feature, reason string, got origins) (late []string) {
	if reason == "" {
		if got[byModel] != faultCallers {
			return []string{fmt.Sprintf("%s: the model should answer all: %v", feature, got)}
		}
		return nil
	}
	if got[reason] == 0 || got[reason]+got["CIRCUIT_OPEN"]+got["LLM_BUSY"] != faultCallers {
		return []string{fmt.Sprintf("%s: want %s: %v", feature, reason, got)}
	}
	return nil
}

// checkCache wants those answers kept that are good, and nothing else.
func (f fault) checkCache(t *testing.T, s *stack) (late []string) {
	want := int64(0)
	for _, reason := range []string{f.summary, f.topics} {
		if reason == "" {
			want += faultArticles
		}
	}
	stats, err := s.answers.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if stats.MemoryEntries > want {
		t.Errorf("%d answers are kept, want %d", stats.MemoryEntries, want)
	}
	if stats.MemoryEntries < want {
		return []string{fmt.Sprintf("%d answers are kept, want %d", stats.MemoryEntries, want)}
	}
	return nil
}

// callsMade returns the upstream calls by the service's own count.
func callsMade(t *testing.T, s *stack) int {
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, family := range families {
		if family.GetName() != "gen_ai_client_operation_duration_seconds" {
			continue
		}
		for _, metric := range family.Metric {
			calls += int(metric.GetHistogram().GetSampleCount())
		}
	}
	return calls
}
