package systemtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// archiveOf returns JSONL with n different articles, ids "0", "1" and so on.
func archiveOf(n int) string {
	var b strings.Builder
	for i := range n {
		row, _ := json.Marshal(map[string]any{"id": i, "text": fmt.Sprintf("%s\nReport number %d.", strike, i)})
		b.Write(append(row, '\n'))
	}
	return b.String()
}

// linesDone returns how often each line of the input has a row of status "ok" in
// an output; a torn last row does not count.
func linesDone(t *testing.T, path string) map[int64]int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	done := make(map[int64]int)
	for line := range bytes.Lines(content) {
		var row batch.OutputRow
		if json.Unmarshal(line, &row) == nil && row.Status == batch.StatusOK && bytes.HasSuffix(line, []byte("\n")) {
			done[row.Source.Line]++
		}
	}
	return done
}

// TestBatchKilled kills a batch at random moments and resumes it after each: in
// the end every line of the input has one row, and no call of the model was made
// for an article whose row was written.
func TestBatchKilled(t *testing.T) {
	const articles = 120
	kills := 5 * testScale()
	api := llmtest.New(t)
	api.Default(llmtest.After(10*time.Millisecond, llmtest.Obey()))
	in := write(t, "in.jsonl", archiveOf(articles))
	out := filepath.Join(t.TempDir(), "out.jsonl")
	args := []string{
		"batch", in, "-o", out, "--resume", "--concurrency", "4", "--data-dir", t.TempDir(),
		"--llm-model", "m", "--llm-base-url", api.URL(),
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range kills {
		before := linesDone(t, out)
		api.Forget()
		p := start(t, "", args...)
		// The server of the fake tells when to kill: after this many calls.
		if n := min(1+random.IntN(2*articles/kills), articles-len(before)); n > 0 {
			api.AwaitArrivals(t, n)
		}
		p.signal(t, syscall.SIGKILL)
		p.end(t)
		for _, request := range api.Requests() {
			_, text, _ := request.Chat().Article()
			for line := range before {
				if strings.Contains(text, fmt.Sprintf("Report number %d.", line-1)) {
					t.Errorf("line %d had its row and was asked for again", line)
				}
			}
		}
	}
	api.Forget()
	missing := articles - len(linesDone(t, out))
	got := cli(t, nil, "", args...)
	if got.code != exitOK {
		t.Fatalf("code %d: %s", got.code, got.stderr)
	}
	if n := len(api.Requests()); n > missing {
		t.Errorf("%d calls for %d articles that were missing", n, missing)
	}
	done := linesDone(t, out)
	for line := int64(1); line <= articles; line++ {
		if done[line] != 1 {
			t.Errorf("line %d has %d rows", line, done[line])
		}
	}
	if left, _ := filepath.Glob(out + ".*tmp*"); left != nil {
		t.Logf("killed while rewriting: %v", left)
	}
}

// TestBatchInFlatMemory looks at the memory of a run over standard input after a
// part of it and at the end.
func TestBatchInFlatMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process is read from /proc")
	}
	command := exec.CommandContext(t.Context(), program(t), "batch", "-", "-o", "-", "--engine", "local", "--data-dir", t.TempDir())
	command.Env = environ(nil, t.TempDir())
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	rows := bufio.NewReaderSize(out, 1<<20)
	peakAfter := func(articles int) int {
		t.Helper()
		written := make(chan error, 1)
		go func() {
			_, err := io.WriteString(in, archiveOf(articles))
			written <- err
		}()
		for range articles {
			if _, err := rows.ReadSlice('\n'); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", command.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		peak, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		return peak
	}
	small := peakAfter(1500)
	large := peakAfter(4500)
	_ = in.Close()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("peaks of %d and %d KB", small, large)
	if large > small*13/10 {
		t.Errorf("the peak grew from %d to %d KB with the archive", small, large)
	}
	if most := 120 << 10; large > most && !raceDetector {
		t.Errorf("the peak is %d KB, more than %d", large, most)
	}
}
