package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

func TestBatchResumeByFlags(t *testing.T) {
	in := write(t, "in.jsonl", archiveOf(3)+"{}\n")
	out := filepath.Join(t.TempDir(), "out.jsonl")
	batchOf := func(want int, words string, args ...string) {
		t.Helper()
		got := cli(t, nil, "", append([]string{"batch", in, "-o", out}, args...)...)
		if got.code != want || !strings.Contains(got.stderr, words) {
			t.Errorf("%v: code %d, want %d; standard error %q lacks %q", args, got.code, want, got.stderr, words)
		}
	}
	batchOf(exitSomeFailed, "3 ok, 1 failed", "--resume") // nothing is there: it begins
	batchOf(exitUsage, "--resume, or replace it with --overwrite")
	batchOf(exitUsage, "other options", "--resume", "--max-sentences", "1")
	batchOf(exitUsage, "exclude each other", "--resume", "--overwrite")
	batchOf(exitUsage, "go with --resume", "--force")
	batchOf(exitSomeFailed, "3 rows are done, 1 errors are tried again", "--resume")
	batchOf(exitOK, "1 ok", "--resume", "--force", "--max-sentences", "1", "--limit", "0", "--input-format", "text", "--field-text", "x")
	_ = os.Remove(out + ".state")
	batchOf(exitUsage, "out.jsonl.state cannot be read", "--resume")
}

// An output that fails in the middle says what is written and how to go on, where
// that can be.
func TestBatchOutputFails(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skipf("no device that is always full: %v", err)
	}
	in := write(t, "in.jsonl", archiveOf(3))
	got := cli(t, nil, "", "batch", in, "-o", "/dev/full")
	if got.code != exitNothingDone || !strings.Contains(got.stderr, "no space left on device") || strings.Contains(got.stderr, "--resume") {
		t.Errorf("code %d, standard error %q", got.code, got.stderr)
	}
}

func TestBatchTables(t *testing.T) {
	in := write(t, "in.jsonl", archiveOf(3))
	for _, name := range []string{"out.csv", "out.parquet"} {
		out := filepath.Join(t.TempDir(), name)
		// A table of a part can be gone on with.
		for _, args := range [][]string{{"--limit", "1"}, {"--resume"}} {
			if got := cli(t, nil, "", append([]string{"batch", in, "-o", out}, args...)...); got.code != exitOK {
				t.Fatalf("%s: code %d, %s", name, got.code, got.stderr)
			}
		}
		if left, _ := filepath.Glob(out + ".*"); left != nil {
			t.Errorf("%s: left behind: %v", name, left)
		}
		var rows int
		if name == "out.csv" {
			content, _ := os.ReadFile(out)
			rows = strings.Count(string(content), ",ok,")
		} else {
			type row struct {
				ID      string `parquet:"id"`
				Summary string `parquet:"summary"`
			}
			records, err := parquet.ReadFile[row](out)
			if err != nil || len(records) > 0 && records[0].Summary == "" {
				t.Errorf("%s: %v, %v", name, records, err)
			}
			rows = len(records)
		}
		if rows != 3 {
			t.Errorf("%s: %d rows", name, rows)
		}
		got := cli(t, nil, "", "batch", in, "-o", out, "--resume")
		if got.code != exitUsage || !strings.Contains(got.stderr, "is complete") {
			t.Errorf("%s: resumed: code %d, %s", name, got.code, got.stderr)
		}
	}
	got := cli(t, nil, "", "batch", in, "-o", "-", "--output-format", "csv")
	if got.code != exitUsage {
		t.Errorf("a table on standard output: code %d", got.code)
	}
}

func TestBatchShards(t *testing.T) {
	const articles, of = 200, 3
	in := write(t, "in.jsonl", archiveOf(articles)+"{torn\n")
	seen := make(map[string]int)
	for i := 1; i <= of; i++ {
		got := cli(t, nil, "", "batch", in, "-o", "-", "--shard", fmt.Sprintf("%d/%d", i, of), "--engine", "local", "--max-sentences", "1")
		rows := outcomes(t, got.stdout)
		if len(rows) < articles/of/2 {
			t.Errorf("shard %d has %d of %d", i, len(rows), articles)
		}
		for _, row := range rows {
			seen[row]++
		}
	}
	if len(seen) != articles+1 {
		t.Errorf("%d of %d inputs have a row", len(seen), articles+1)
	}
	for row, n := range seen {
		if n != 1 {
			t.Errorf("%s: %d rows", row, n)
		}
	}
	for _, bad := range []string{"0/3", "4/3", "1", "a/b", "1/0", "-1/3"} {
		if got := cli(t, nil, "", "batch", in, "-o", "-", "--shard="+bad); got.code != exitUsage {
			t.Errorf("--shard %s: code %d", bad, got.code)
		}
	}
}

func TestBatchDryRun(t *testing.T) {
	in := write(t, "in.jsonl", archiveOf(3)+"\n{torn\n")
	api := llmtest.New(t)
	got := cli(t, nil, "", "batch", in, "--dry-run", "--llm-model", "m", "--llm-base-url", api.URL(), "--llm-input-price", "2", "--llm-output-price", "8")
	if got.code != exitSomeFailed || api.Count() != 0 || !strings.Contains(got.stderr, "1 ROW_INVALID: ") {
		t.Errorf("code %d, %d calls, %s", got.code, api.Count(), got.stderr)
	}
	for _, want := range []string{"articles                        3\n", "cannot be read                  1\n", "calls, about           3\n", "tokens in, out, about", "cost online, about     $0.0", "cost by batch, about   $0.0"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is not in\n%s", want, got.stdout)
		}
	}
}

// answersIn returns the answers of an output, each of whose rows has one.
func answersIn(t *testing.T, output string) (answers []*summarizerv1.AnalyzeArticleResponse) {
	t.Helper()
	content, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(content) {
		var row batch.OutputRow
		answer := new(summarizerv1.AnalyzeArticleResponse)
		if err := errors.Join(json.Unmarshal(line, &row), protojson.Unmarshal(row.Result, answer)); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		answers = append(answers, answer)
	}
	return answers
}

// TestBatchMaxUSD checks that a run ends in good order before it exceeds its cost limit, that
// the other articles have no row, and that a resumed run does them.
func TestBatchMaxUSD(t *testing.T) {
	const articles = 30
	in, out := write(t, "in.jsonl", archiveOf(articles)), filepath.Join(t.TempDir(), "out.jsonl")
	api := llmtest.New(t) // 1,200 tokens in and 80 out a call
	run := func(usd string, more ...string) result {
		return cli(t, nil, "", append([]string{
			"batch", in, "-o", out, "--max-usd", usd, "--llm-model", "m", "--llm-base-url", api.URL(),
			"--llm-input-price", "10", "--llm-output-price", "10", "--data-dir", t.TempDir(),
		}, more...)...)
	}
	got := run("0.2")
	rows := answersIn(t, out)
	if got.code != exitSomeFailed || !strings.Contains(got.stderr, "stopped before --max-usd 0.2: ") || !strings.Contains(got.stderr, "--resume") {
		t.Errorf("code %d, %s", got.code, got.stderr)
	}
	cost := 0.0
	for _, row := range rows {
		if source := row.GetSummary().GetProvenance().GetSource(); source != summarizerv1.Provenance_SOURCE_LLM {
			t.Errorf("a row by %v", source)
		}
		cost += float64(row.GetUsage().GetCostMicroUsd()) / 1e6
	}
	if len(rows) == 0 || len(rows) >= articles || cost > 0.2 {
		t.Errorf("%d rows for $%.4f", len(rows), cost)
	}
	if got := run("5", "--resume"); got.code != exitOK {
		t.Errorf("code %d, %s", got.code, got.stderr)
	}
	if rows, calls := answersIn(t, out), api.Count(); len(rows) != articles || calls != articles {
		t.Errorf("%d rows, %d calls", len(rows), calls)
	}
	for want, flags := range map[string][]string{
		"--max-usd limits": {"--max-usd", "1"},
		"set --llm-input":  {"--max-usd", "1", "--llm-model", "m", "--llm-base-url", api.URL()},
		"--max-usd is -1":  {"--max-usd=-1", "--llm-model", "m", "--llm-base-url", api.URL()},
	} {
		got := cli(t, nil, "", append([]string{"batch", in, "-o", filepath.Join(t.TempDir(), "o.jsonl")}, flags...)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("%v: code %d, %s", flags, got.code, got.stderr)
		}
	}
}

// TestBatchOverARestart restarts a server in the middle of a batch, and does the
// same to one of two: the batch goes on, and nothing is lost or doubled.
func TestBatchOverARestart(t *testing.T) {
	const articles = 400
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	for _, second := range []bool{false, true} {
		addresses := address
		if second {
			addresses += "," + serve(t, nil).grpc
		}
		first := serve(t, nil, "--listen", address)
		archive := newGatedArchive(archiveOf(articles))
		var out, stderr bytes.Buffer
		done := make(chan int)
		go func() {
			args := []string{"batch", "-", "-o", "-", "--addr", addresses, "--concurrency", "8"}
			done <- run(t.Context(), hangups{}, args, nil, archive, &out, &stderr)
		}()
		<-archive.half
		first.stop()
		first = serve(t, nil, "--listen", address)
		close(archive.gate)
		if code := <-done; code != exitOK {
			t.Fatalf("two servers %t: code %d: %s", second, code, stderr.String())
		}
		first.stop()
		rows := outcomes(t, out.String())
		seen := make(map[string]bool)
		for _, row := range rows {
			seen[row] = true
		}
		if len(rows) != articles || len(seen) != articles {
			t.Errorf("two servers %t: %d rows of %d lines", second, len(rows), len(seen))
		}
	}
}

// gatedArchive is standard input that stops in the middle until gate closes.
type gatedArchive struct {
	io.Reader
	half chan struct{}
	gate chan struct{}
}

func newGatedArchive(rows string) *gatedArchive {
	a := &gatedArchive{half: make(chan struct{}), gate: make(chan struct{})}
	middle := strings.LastIndexByte(rows[:len(rows)/2], '\n') + 1
	a.Reader = io.MultiReader(strings.NewReader(rows[:middle]), readFunc(func([]byte) (int, error) {
		close(a.half)
		<-a.gate
		return 0, io.EOF
	}), strings.NewReader(rows[middle:]))
	return a
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
