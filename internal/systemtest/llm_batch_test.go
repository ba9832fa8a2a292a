package systemtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// spentLine matches what a run says of its batches.
var spentLine = regexp.MustCompile(`(\d+) batches of the provider: (\d+) tokens in \(0 cached\), (\d+) out, \$([0-9.]+)`)

// TestLLMBatchKilled kills a run that is answered in batches at twenty points, before and
// after what its calls of the provider do and while it reads and writes, and once goes on in
// another directory without the cache. In the end each article has one row, no request was
// submitted twice, and what the run says that it spent is what the provider counts. It
// takes 100 articles, and 2,000 in a soak.
func TestLLMBatchKilled(t *testing.T) {
	const kills = 20
	articles := 100
	if testScale() > 1 {
		articles = 2000
	}
	provider := llmtest.NewBatches(t)
	provider.Polls = 6
	provider.Batch = func(b *llmtest.FakeBatch) {
		if b.ID == "batch_2" {
			b.Ends, b.Stop = "expired", b.Requests-b.Requests/5
		}
	}
	provider.Line = func(batch, line int, _ string, row map[string]any) ([]map[string]any, bool) {
		if batch == 1 && line%7 == 3 {
			return nil, false // its row is missing, and its tokens are not counted
		}
		return []map[string]any{row, row}, row["response"] == nil
	}
	provider.Reply = func(w http.ResponseWriter, r *llmtest.Call) {
		if r.Number%11 == 5 && r.Number < articles {
			llmtest.Content(`{"summary":[],"topics":[]}`)(w, r) // is repaired
			return
		}
		llmtest.Obey()(w, r)
	}

	var mu sync.Mutex
	var victim *process
	left := -1             // calls until it is killed, or until the provider hangs; negative: neither
	var hang chan struct{} // closed when a run that the clock kills has ended; nil: killed at a call
	provider.Fault = func(http.ResponseWriter, string, int, bool) bool {
		mu.Lock()
		left--
		at, ended := left, hang
		p := victim
		mu.Unlock()
		switch {
		case ended != nil && at <= 0: // a fast machine is not through before the clock
			<-ended
		case ended != nil || at != 0:
			return false
		default:
			p.signal(t, syscall.SIGKILL)
		}
		return true
	}

	in := write(t, "in.jsonl", archiveOf(articles))
	config := write(t, "config.yaml", fmt.Sprintf(`llm:
  endpoints:
    - model: small-model
      base_url: %s
      input_price: 2
      output_price: 8
      batch_max_requests: %d
      batch_poll_interval: 1ms
`, provider.URL(), articles/4))
	dir, data := t.TempDir(), t.TempDir()
	args := func() []string {
		return []string{"batch", in, "-o", filepath.Join(dir, "out.jsonl"), "--resume", "--llm-batch", "--data-dir", data, "--config", config}
	}
	random := rand.New(rand.NewPCG(3, 4))
	killed := 0
	for n := range kills {
		if n == kills/2 { // another machine, with the output and what stands beside it
			moved := filepath.Join(t.TempDir(), "moved")
			if err := os.Rename(dir, moved); err != nil {
				t.Fatal(err)
			}
			dir, data = moved, t.TempDir()
		}
		mu.Lock()
		left, hang = 1+random.IntN(9), nil
		if n%4 == 3 {
			hang = make(chan struct{})
		}
		p := start(t, "", args()...)
		victim = p
		mu.Unlock()
		var timer *time.Timer
		if hang != nil {
			timer = time.AfterFunc(time.Duration(100+random.IntN(200*articles/100))*time.Millisecond, func() { _ = p.command.Process.Kill() })
		}
		if p.end(t) == -1 {
			killed++
		}
		if timer != nil {
			timer.Stop()
			close(hang)
		}
	}
	if killed < kills*3/4 {
		t.Errorf("the run was killed %d times", killed)
	}
	mu.Lock()
	left, hang = -1, nil
	mu.Unlock()
	got := cli(t, nil, "", args()...)
	if got.code != exitOK {
		t.Fatalf("code %d: %s", got.code, got.stderr)
	}

	out := filepath.Join(dir, "out.jsonl")
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]int)
	for line := range strings.Lines(string(content)) {
		var row struct {
			ID     string
			Status string
			Result struct {
				Summary struct{ Provenance struct{ Source string } }
			}
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil || row.Status != "ok" || row.Result.Summary.Provenance.Source == "SOURCE_LOCAL" {
			t.Errorf("%v in %s", err, line)
		}
		rows[row.ID]++
	}
	for id, n := range rows {
		if n != 1 {
			t.Errorf("article %s has %d rows", id, n)
		}
	}
	if len(rows) != articles {
		t.Errorf("%d articles have rows, want %d", len(rows), articles)
	}
	for id, times := range provider.Submitted() {
		if times != 1 {
			t.Errorf("request %s was submitted %d times", id, times)
		}
	}
	input, output := provider.Tokens()
	want := fmt.Sprintf("%d batches of the provider: %d tokens in (0 cached), %d out, ", len(provider.Made()), input, output)
	if !strings.Contains(got.stderr, want) || !spentLine.MatchString(got.stderr) {
		t.Errorf("the run says %s, want %s", got.stderr, want)
	}
}
