package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// archiveOf returns JSONL with n different articles, ids "0", "1" and so on.
func archiveOf(n int) string {
	var b strings.Builder
	for i := range n {
		row, _ := json.Marshal(map[string]any{"id": i, "text": fmt.Sprintf("%s\nReport number %d.", mine, i), "section": "ignored"})
		b.Write(append(row, '\n'))
	}
	return b.String()
}

// outcomes returns "id status reason" of each row, sorted.
func outcomes(t *testing.T, output string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(output) {
		var row batch.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if (row.Result != nil) != (row.Status == batch.StatusOK) || (row.Error != nil) != (row.Status == batch.StatusError) {
			t.Errorf("bad row %q", line)
		}
		outcome := fmt.Sprintf("%s:%d %s", filepath.Base(row.Source.Path), row.Source.Line, row.Status)
		if row.Error != nil {
			outcome += fmt.Sprintf(" %s %s", row.Error.Code, row.Error.Reason)
		}
		all = append(all, outcome)
	}
	slices.Sort(all)
	return all
}

func TestBatch(t *testing.T) {
	rows := archiveOf(2) + "\n{\"id\":\"empty\"}\n{torn\n" +
		"{\"id\":\"page\",\"html\":" + mustJSON(minePage) + "}\n" +
		"{\"id\":\"bad language\",\"text\":" + mustJSON(mine) + ",\"language\":\"not a language\"}\n"
	in := write(t, "in.jsonl", rows)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	got := cli(t, nil, "", "batch", in, "/nowhere/in.jsonl", "-o", out)
	if got.code != exitSomeFailed || got.stdout != "" {
		t.Errorf("code %d, standard output %q", got.code, got.stdout)
	}
	if !strings.Contains(got.stderr, "/nowhere/in.jsonl: cannot be opened") || !strings.Contains(got.stderr, "7 rows") || !strings.Contains(got.stderr, "3 ok, 4 failed; by 3 local engine") {
		t.Errorf("standard error %q", got.stderr)
	}
	written, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"in.jsonl:0 error NOT_FOUND INPUT_UNREADABLE",
		"in.jsonl:1 ok",
		"in.jsonl:2 ok",
		"in.jsonl:4 error INVALID_ARGUMENT TEXT_EMPTY",
		"in.jsonl:5 error INVALID_ARGUMENT ROW_INVALID",
		"in.jsonl:6 ok",
		"in.jsonl:7 error INVALID_ARGUMENT FIELD_INVALID",
	}
	if diff := cmp.Diff(want, outcomes(t, string(written))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func mustJSON(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func TestBatchStreams(t *testing.T) {
	got := cli(t, nil, archiveOf(3), "batch", "-", "-o", "-", "--concurrency", "2", "--max-sentences", "1")
	if got.code != exitOK {
		t.Fatalf("code %d, %s", got.code, got.stderr)
	}
	oneLine(t, got.stderr, "batch: done: 3 rows", "3 ok, 0 failed")
	if diff := cmp.Diff([]string{"-:1 ok", "-:2 ok", "-:3 ok"}, outcomes(t, got.stdout)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBatchExitCodes(t *testing.T) {
	tests := []struct {
		name, stdin string
		args        []string
		want        int
	}{
		{"all ok", archiveOf(1), []string{"-"}, exitOK},
		{"nothing in it", "\n", []string{"-"}, exitOK},
		{"some failed", archiveOf(1) + "{}\n", []string{"-"}, exitSomeFailed},
		{"all failed", "{}\n{\n", []string{"-"}, exitNothingDone},
		{"no input", "", []string{"/nowhere/in.jsonl"}, exitNothingDone},
		{"no server", archiveOf(1), []string{"-", "--addr", closedPort(t)}, exitNothingDone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cli(t, nil, tt.stdin, append([]string{"batch", "-o", "-"}, tt.args...)...)
			if got.code != tt.want {
				t.Errorf("code %d, want %d: %s", got.code, tt.want, got.stderr)
			}
		})
	}
}

func TestBatchOutput(t *testing.T) {
	in := write(t, "in.jsonl", archiveOf(1))
	out := write(t, "out.jsonl", "precious\n")
	kept := func(path, content string) {
		t.Helper()
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%s holds %q, %v", path, data, err)
		}
	}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"exists", []string{in, "-o", out}, "--overwrite"},
		{"is the input", []string{in, "-o", in, "--overwrite"}, "is also an input"},
		{"is a directory", []string{in, "-o", t.TempDir(), "--overwrite"}, "is a directory"},
		{"cannot be made", []string{in, "-o", "/nowhere/out.jsonl"}, "/nowhere/out.jsonl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cli(t, nil, "", append([]string{"batch"}, tt.args...)...)
			if got.code != exitUsage {
				t.Errorf("code %d", got.code)
			}
			oneLine(t, got.stderr, tt.want)
			kept(out, "precious\n")
			kept(in, archiveOf(1))
		})
	}
	if got := cli(t, nil, "", "batch", in, "-o", out, "--overwrite"); got.code != exitOK {
		t.Errorf("--overwrite: code %d, %s", got.code, got.stderr)
	}
	if data, err := os.ReadFile(out); err != nil || len(outcomes(t, string(data))) != 1 {
		t.Errorf("--overwrite: %q, %v", data, err)
	}
	if got := cli(t, nil, "", "batch", in, "-o", os.DevNull); got.code != exitOK {
		t.Errorf("%s: code %d, %s", os.DevNull, got.code, got.stderr)
	}
}

// TestBatchInterrupt interrupts a batch while two calls hang: their answers are
// written, nothing else is.
func TestBatchInterrupt(t *testing.T) {
	api := llmtest.New(t)
	gate := make(chan struct{})
	api.Default(llmtest.When(gate, llmtest.Obey()))
	ctx, cancel := context.WithCancel(t.Context())
	args := []string{
		"batch", "-", "-o", "-", "--concurrency", "2", "--data-dir", t.TempDir(),
		"--llm-model", "m", "--llm-base-url", api.URL(),
	}
	var stdout, stderr bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, args, func(string) string { return "" }, strings.NewReader(archiveOf(20)), &stdout, &stderr)
	}()
	api.AwaitArrivals(t, 2)
	cancel()
	close(gate)
	select {
	case code := <-done:
		if code != exitInterrupted {
			t.Errorf("code %d", code)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the batch did not end")
	}
	if rows := outcomes(t, stdout.String()); len(rows) < 2 || len(rows) > 4 {
		t.Errorf("%d rows: %v", len(rows), rows)
	}
	if !strings.Contains(stderr.String(), "interrupted: finishing") || !strings.Contains(stderr.String(), "interrupted: 2 rows") {
		t.Errorf("standard error %q", stderr.String())
	}
}

func TestTally(t *testing.T) {
	got := tally(batch.Counts{
		OK: 6, Failed: 1, Skipped: 2, LLM: 3, Cache: 1, Stale: 1, Local: 1, Degraded: 2,
		InputTokens: 1000, OutputTokens: 50, CostMicroUSD: 12_345,
	}, 3*time.Second)
	const want = "9 rows in 3s (3.0/s): 6 ok, 1 failed, 2 skipped; by 3 LLM, 1 cache, 1 stale cache, 1 local engine; 2 degraded; 1000 tokens in, 50 out; $0.0123"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A batch that is interrupted while it waits for a silent server was interrupted,
// whatever the server is.
func TestBatchInterruptedWhileConnecting(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if connection, err := listener.Accept(); err == nil {
			cancel()
			<-t.Context().Done()
			_ = connection.Close()
		}
	}()
	var stdout, stderr bytes.Buffer
	args := []string{"batch", "-", "-o", "-", "--addr", listener.Addr().String()}
	if code := run(ctx, args, func(string) string { return "" }, strings.NewReader(archiveOf(1)), &stdout, &stderr); code != exitInterrupted {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}
