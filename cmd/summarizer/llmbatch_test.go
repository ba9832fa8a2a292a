package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// batchRun is an archive with the provider, flags and files that answer it in batches.
type batchRun struct {
	t        *testing.T
	provider *llmtest.Batches
	articles int
	in, out  string
	data     string // directory
	settings string // of the endpoint, in lines of YAML
	context  context.Context
}

func newBatchRun(t *testing.T, articles int) *batchRun {
	return &batchRun{
		t: t, provider: llmtest.NewBatches(t), articles: articles,
		in: write(t, "in.jsonl", archiveOf(articles)), out: filepath.Join(t.TempDir(), "out.jsonl"), data: t.TempDir(),
	}
}

// run calls batch with flags and checks the exit code.
func (b *batchRun) run(want int, flags ...string) result {
	b.t.Helper()
	config := write(b.t, "config.yaml", fmt.Sprintf(`llm:
  endpoints:
    - name: cheap
      model: small-model
      base_url: %s
      input_price: 2
      output_price: 8
      batch_poll_interval: 1ms
%s`, b.provider.URL(), b.settings))
	got := cliWithin(cmp.Or(b.context, b.t.Context()), nil, "", append([]string{"batch", b.in, "-o", b.out, "--data-dir", b.data, "--config", config}, flags...)...)
	if got.code != want {
		b.t.Fatalf("%v: code %d, want %d: %s", flags, got.code, want, got.stderr)
	}
	return got
}

// check checks that each article has one answer, that nothing was submitted twice, and,
// where nothing was called, that the rows cost what the provider counts at the prices of
// batches. It returns how many answers each source has.
func (b *batchRun) check() map[string]int {
	b.t.Helper()
	sources := make(map[string]int)
	answers := answersIn(b.t, b.out)
	input, output, cost := 0, 0, int64(0)
	for _, answer := range answers {
		sources[strings.TrimPrefix(answer.GetSummary().GetProvenance().GetSource().String(), "SOURCE_")]++
		input += int(answer.GetUsage().GetInputTokens())
		output += int(answer.GetUsage().GetOutputTokens())
		cost += answer.GetUsage().GetCostMicroUsd()
	}
	if ids := outcomesOf(b.t, b.out); len(ids) != b.articles {
		b.t.Errorf("%d rows of different articles, want %d", len(ids), b.articles)
	}
	for id, times := range b.provider.Submitted() {
		if times != 1 {
			b.t.Errorf("%s was submitted %d times", id, times)
		}
	}
	wantIn, wantOut := b.provider.Tokens()
	if b.provider.Online() > 0 {
		return sources
	}
	if want := int64(wantIn + 4*wantOut); input != wantIn || output != wantOut || cost < want || cost > want+int64(2*b.articles) {
		b.t.Errorf("the rows have %d tokens in and %d out for %d, the provider %d and %d for %d", input, output, cost, wantIn, wantOut, want)
	}
	return sources
}

// outcomesOf returns the status of each row by its id.
func outcomesOf(t *testing.T, output string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	statuses := make(map[string]string)
	for line := range strings.Lines(string(content)) {
		var row struct{ ID, Status string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if _, twice := statuses[row.ID]; twice {
			t.Errorf("article %s has two rows", row.ID)
		}
		statuses[row.ID] = row.Status
	}
	return statuses
}

func (b *batchRun) wantSources(want map[string]int) {
	b.t.Helper()
	if got := b.check(); fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Errorf("answers by %v, want %v", got, want)
	}
}

func TestLLMBatch(t *testing.T) {
	b := newBatchRun(t, 25)
	b.provider.Polls, b.settings = 3, "      batch_max_requests: 10\n"
	got := b.run(exitOK, "--llm-batch")
	b.wantSources(map[string]int{"LLM": 25})
	if n := len(b.provider.Made()); n != 3 || !strings.Contains(got.stderr, "3 batches of the provider: ") || !strings.Contains(got.stderr, " requests done") {
		t.Errorf("%d batches: %s", n, got.stderr)
	}
	// A second run has all of it from the cache.
	b.out = filepath.Join(t.TempDir(), "again.jsonl")
	b.run(exitOK, "--llm-batch")
	if n := len(b.provider.Made()); n != 3 {
		t.Errorf("%d batches, want none for what the cache has", n)
	}
}

func TestLLMBatchRestFails(t *testing.T) {
	b := newBatchRun(t, 5)
	b.provider.Reply = llmtest.Error(http.StatusBadRequest, "content_policy_violation", "no")
	got := b.run(exitNothingDone, "--llm-batch", "--llm-batch-rest", "fail")
	for id, status := range outcomesOf(t, b.out) {
		if status != "error" {
			t.Errorf("article %s is %s", id, status)
		}
	}
	if !strings.Contains(got.stderr, "5 LLM_REFUSED") {
		t.Error(got.stderr)
	}
	// A resumed run finds the same answers, and sends nothing.
	b.run(exitOK, "--llm-batch", "--llm-batch-rest", "local", "--resume")
	if sources := b.check(); sources["LOCAL"] != 5 || len(b.provider.Made()) != 1 {
		t.Errorf("%v, %d batches", sources, len(b.provider.Made()))
	}
}

// TestLLMBatchLimitOfMoney checks that a refusal which is not about the requests ends the
// run: they wait in their files, and nothing is called at the full price.
func TestLLMBatchLimitOfMoney(t *testing.T) {
	for _, call := range []string{"POST files", "POST batches"} {
		b := newBatchRun(t, 5)
		b.provider.Fault = func(w http.ResponseWriter, got string, _ int, after bool) bool {
			if got != call || after {
				return false
			}
			llmtest.Error(http.StatusBadRequest, "billing_hard_limit_reached", "no")(w, nil)
			return true
		}
		got := b.run(exitNothingDone, "--llm-batch")
		if !strings.Contains(got.stderr, "billing_hard_limit_reached") || b.provider.Online() > 0 {
			t.Errorf("%d calls, %s", b.provider.Online(), got.stderr)
		}
		b.provider.Fault = nil
		b.run(exitOK, "--llm-batch", "--resume")
		b.wantSources(map[string]int{"LLM": 5})
	}
}

// TestLLMBatchLongArticles checks that an article that is read in parts takes two rounds.
func TestLLMBatchLongArticles(t *testing.T) {
	b := newBatchRun(t, 3)
	var long strings.Builder
	for i := range 400 {
		fmt.Fprintf(&long, "Ferry number %d to the island of Orrin sailed on Tuesday, its owner said. ", i+1)
	}
	row, _ := json.Marshal(map[string]any{"id": "long", "text": long.String()})
	b.in, b.articles = write(t, "in.jsonl", archiveOf(3)+string(row)+"\n"), 4
	b.settings = "      context_tokens: 8000\n"
	b.run(exitOK, "--llm-batch")
	b.wantSources(map[string]int{"LLM": 4})
	made := b.provider.Made()
	if len(made) != 2 || made[0].Requests < 5 || made[1].Requests != 1 {
		t.Errorf("%d batches, %+v", len(made), made)
	}
}

// TestLLMBatchCancel cancels a run half way, and goes on later.
func TestLLMBatchCancel(t *testing.T) {
	b := newBatchRun(t, 8)
	b.provider.Polls = 1 << 30
	ctx, interrupt := context.WithCancel(t.Context())
	b.provider.Fault = func(_ http.ResponseWriter, call string, number int, after bool) bool {
		if call == "GET batches one" && number == 3 && after {
			interrupt()
		}
		return false
	}
	b.context = ctx
	if got := b.run(exitInterrupted, "--llm-batch"); !strings.Contains(got.stderr, "1 batches continue at the provider") {
		t.Error(got.stderr)
	}
	b.context = nil
	got := b.run(exitSomeFailed, "--llm-batch", "--resume", "--llm-batch-cancel")
	if rows := outcomesOf(t, b.out); len(rows) != 4 || !strings.Contains(got.stderr, "4 requests have no answer yet: the batches are cancelled") {
		t.Errorf("%d rows, %s", len(rows), got.stderr)
	}
	b.provider.Polls = 0
	b.run(exitOK, "--llm-batch", "--resume")
	b.wantSources(map[string]int{"LLM": 8})
	if n := len(b.provider.Made()); n != 2 {
		t.Errorf("%d batches", n)
	}
}

// TestLLMBatchBudgets checks that batches are reserved at their prices, and that a run ends
// in good order before it costs more than it may.
func TestLLMBatchBudgets(t *testing.T) {
	b := newBatchRun(t, 20)
	got := b.run(exitSomeFailed, "--llm-batch", "--max-usd", "0.1")
	rows := len(outcomesOf(t, b.out))
	if _, output := b.provider.Tokens(); rows == 0 || rows == 20 || output == 0 || !strings.Contains(got.stderr, "stopped before --max-usd 0.1") {
		t.Errorf("%d rows, %s", rows, got.stderr)
	}
	b.run(exitOK, "--llm-batch", "--resume", "--max-usd", "1")
	b.wantSources(map[string]int{"LLM": 20})
	stats := cli(t, nil, "", "cache", "stats", "--data-dir", b.data)
	input, output := b.provider.Tokens()
	if want := fmt.Sprintf("%d", input+output); !strings.Contains(strings.ReplaceAll(stats.stdout, ",", ""), want) {
		t.Errorf("%q is not in %s", want, stats.stdout)
	}
}

// TestLLMBatchDir has the requests answered in the form of vLLM's run_batch: in any order,
// with gaps, and with rows that are refused.
func TestLLMBatchDir(t *testing.T) {
	b := newBatchRun(t, 10)
	dir := filepath.Join(t.TempDir(), "gpu")
	// answer reads a file of requests as run_batch does, and writes its results.
	answer := func(file, results string, keep func(line int) bool) {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		line := 0
		for request := range strings.Lines(string(content)) {
			var row struct {
				CustomID string `json:"custom_id"`
				Method   string
				URL      string
				Body     json.RawMessage
			}
			if err := json.Unmarshal([]byte(request), &row); err != nil || row.Method != "POST" || row.URL != "/v1/chat/completions" {
				t.Fatalf("%v in %s", err, request)
			}
			line++
			if !keep(line) {
				continue
			}
			body := llmtest.Obeyed(row.Body)
			result := fmt.Sprintf(`{"id":"vllm-%d","custom_id":%q,"response":{"status_code":200,"request_id":"vllm-batch-%d","body":%s},"error":null}`, line, row.CustomID, line, body)
			if line == 10 && file == "requests-0001.jsonl" {
				result = fmt.Sprintf(`{"id":"vllm-%d","custom_id":%q,"response":{"status_code":400,"request_id":"vllm-batch-%d","body":null},"error":{"object":"error","message":"the model refuses","type":"BadRequestError","param":null,"code":400}}`, line, row.CustomID, line)
			}
			rows = append([]string{result}, rows...)
		}
		if err := os.WriteFile(filepath.Join(dir, results), []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.run(exitSomeFailed, "--llm-batch-dir", dir); !strings.Contains(got.stderr, "10 requests have no answer yet: answer the files requests-*.jsonl in "+dir) {
		t.Error(got.stderr)
	}
	answer("requests-0001.jsonl", "second-half.jsonl", func(line int) bool { return line > 5 })
	got := b.run(exitSomeFailed, "--llm-batch-dir", dir, "--resume")
	if rows := len(outcomesOf(t, b.out)); rows != 4 || !strings.Contains(got.stderr, "5 requests have no answer yet") {
		t.Errorf("%d rows, %s", rows, got.stderr)
	}
	answer("requests-0001.jsonl", "first.jsonl", func(line int) bool { return line <= 5 && line != 3 })
	b.run(exitSomeFailed, "--llm-batch-dir", dir, "--resume")
	if rows := len(outcomesOf(t, b.out)); rows != 8 {
		t.Errorf("%d rows", rows)
	}
	b.run(exitOK, "--llm-batch-dir", dir, "--resume", "--llm-batch-rest", "local")
	sources := make(map[string]int)
	for _, a := range answersIn(t, b.out) {
		sources[a.GetSummary().GetProvenance().GetSource().String()]++
	}
	if sources["SOURCE_LLM"] != 8 || sources["SOURCE_LOCAL"] != 2 || len(b.provider.Made())+b.provider.Online() > 0 {
		t.Errorf("%v; the endpoint was asked", sources)
	}
}

// TestLLMBatchDirIsNoInput checks that the requests in a directory of inputs are passed over.
func TestLLMBatchDirIsNoInput(t *testing.T) {
	inputs, out := filepath.Dir(write(t, "in.jsonl", archiveOf(2))), filepath.Join(t.TempDir(), "out.jsonl")
	for range 2 { // the first run makes the directory
		got := cli(t, nil, "", "batch", inputs, "-o", out, "--resume", "--allow-empty", "--data-dir", t.TempDir(),
			"--llm-batch-dir", filepath.Join(inputs, "gpu"), "--llm-model", "m", "--llm-base-url", "http://127.0.0.1:1")
		if !strings.Contains(got.stderr, "2 requests have no answer yet") || !strings.Contains(got.stderr, "file that this run writes: 1") {
			t.Errorf("code %d, %s", got.code, got.stderr)
		}
	}
}

// TestLLMBatchDirCallsNobody checks that articles which the files leave for good become
// errors, at once and without a call.
func TestLLMBatchDirCallsNobody(t *testing.T) {
	b := newBatchRun(t, 4)
	dir := t.TempDir()
	b.run(exitSomeFailed, "--llm-batch-dir", dir)
	for round := range 2 {
		content, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("requests-%04d.jsonl", round+1)))
		if err != nil {
			t.Fatal(err)
		}
		var results strings.Builder
		for request := range strings.Lines(string(content)) {
			var row struct {
				CustomID string `json:"custom_id"`
			}
			if err := json.Unmarshal([]byte(request), &row); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&results, `{"custom_id":%q,"response":{"status_code":500,"body":null},"error":{"error":{"message":"out of memory","code":500}}}`+"\n", row.CustomID)
		}
		write := filepath.Join(dir, fmt.Sprintf("answers-%d.jsonl", round))
		if err := os.WriteFile(write, []byte(results.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		want := exitSomeFailed
		if round == 1 {
			want = exitNothingDone
		}
		b.run(want, "--llm-batch-dir", dir, "--resume")
	}
	rows := outcomesOf(t, b.out)
	for id, status := range rows {
		if status != "error" {
			t.Errorf("article %s is %s", id, status)
		}
	}
	if len(rows) != 4 || b.provider.Online() > 0 {
		t.Errorf("%d rows, %d calls", len(rows), b.provider.Online())
	}
}

// TestLLMBatchFlags checks that wrong flags are refused before anything is sent.
func TestLLMBatchFlags(t *testing.T) {
	b := newBatchRun(t, 1)
	for want, flags := range map[string][]string{
		"exclude each other":    {"--llm-batch", "--llm-batch-dir", t.TempDir()},
		"goes with --resume":    {"--llm-batch", "--llm-batch-cancel"},
		"goes with --llm-batch": {"--llm-batch-cancel", "--resume"},
		"wait goes with":        {"--llm-batch", "--llm-batch-rest", "wait"},
		"without --addr":        {"--llm-batch", "--addr", "localhost:1"},
		"need a file":           {"--llm-batch", "-o", "-"},
	} {
		if got := b.run(exitUsage, flags...); !strings.Contains(got.stderr, want) {
			t.Errorf("%v: %s", flags, got.stderr)
		}
	}
	b.run(exitOK, "--llm-batch")
	config := write(t, "other.yaml", fmt.Sprintf("llm:\n  endpoints:\n    - model: another\n      base_url: %s\n", b.provider.URL()))
	got := cli(t, nil, "", "batch", b.in, "-o", b.out, "--resume", "--force", "--llm-batch", "--data-dir", b.data, "--config", config)
	if got.code != exitUsage || !strings.Contains(got.stderr, "of another endpoint or model") {
		t.Errorf("code %d, %s", got.code, got.stderr)
	}
}

// TestBatchReport checks that a run has its report, also where it writes a table, whose rows
// are gone at the end.
func TestBatchReport(t *testing.T) {
	for _, name := range []string{"out.jsonl", "out.csv"} {
		b := newBatchRun(t, 4)
		b.out = filepath.Join(t.TempDir(), name)
		page := filepath.Join(t.TempDir(), "report.html")
		b.run(exitOK, "--llm-batch", "--report", page)
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"<b>4</b><span>rows</span>", "4 (100.0 %)", "<td>cheap</td><td>4</td>", "on average over"} {
			if !strings.Contains(string(content), want) {
				t.Errorf("%s: %q is not in the report", name, want)
			}
		}
	}
	b := newBatchRun(t, 1)
	if got := b.run(exitUsage, "-o", "-", "--report", "r.html"); !strings.Contains(got.stderr, "--report reads the file of results") {
		t.Error(got.stderr)
	}
}

// TestLLMBatchOrdered checks that rows keep the order of the articles though they come in
// several rounds, and that --limit counts articles and not rounds.
func TestLLMBatchOrdered(t *testing.T) {
	b := newBatchRun(t, 12)
	b.provider.Batch = func(f *llmtest.FakeBatch) {
		if f.ID == "batch_1" {
			f.Ends, f.Stop = "expired", 3
		}
	}
	b.settings = "      batch_max_requests: 6\n"
	b.run(exitOK, "--llm-batch", "--ordered")
	content, err := os.ReadFile(b.out)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for line := range strings.Lines(string(content)) {
		var row struct{ ID string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, row.ID)
	}
	if got := strings.Join(ids, " "); got != "0 1 2 3 4 5 6 7 8 9 10 11" {
		t.Errorf("rows %s", got)
	}
	b.wantSources(map[string]int{"LLM": 12})

	limited := newBatchRun(t, 9)
	limited.provider.Batch = b.provider.Batch
	limited.run(exitOK, "--llm-batch", "--limit", "5")
	if rows, sent := len(outcomesOf(t, limited.out)), limited.provider.Made()[0].Requests; rows != 5 || sent != 5 {
		t.Errorf("%d rows of %d requests", rows, sent)
	}
}
