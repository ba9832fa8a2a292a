package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
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
		var row batch.OutputRow
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
		"{\"id\":\"long title\",\"text\":" + mustJSON(mine) + ",\"title\":" + mustJSON(strings.Repeat("A long title. ", 200)) + "}\n"
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
		"in.jsonl:4 error INVALID_ARGUMENT ROW_INVALID",
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
		{"nothing in it", "", []string{"-"}, exitSomeFailed},
		{"a blank line in it", "\n", []string{"-"}, exitSomeFailed},
		{"nothing in it, which is allowed", "", []string{"-", "--allow-empty"}, exitOK},
		{"an empty file", archiveOf(1), []string{"-", write(t, "in.jsonl", "")}, exitSomeFailed},
		{"an empty file, which is allowed", archiveOf(1), []string{"-", write(t, "in.jsonl", ""), "--allow-empty"}, exitOK},
		{"an empty directory", "", []string{t.TempDir()}, exitSomeFailed},
		{"a header without rows", "", []string{write(t, "in.csv", "id,text\n")}, exitSomeFailed},
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

// A resumed run of which only known failures are left has done something before.
func TestBatchExitCodeOfAResumedRun(t *testing.T) {
	in, out := write(t, "in.jsonl", archiveOf(2)+"{\n"), filepath.Join(t.TempDir(), "out.jsonl")
	for range 3 {
		if got := cli(t, nil, "", "batch", in, "-o", out, "--resume"); got.code != exitSomeFailed {
			t.Errorf("code %d: %s", got.code, got.stderr)
		}
	}
}

// Inputs without an article are named, the first of many.
func TestBatchEmptyInputs(t *testing.T) {
	directory := t.TempDir()
	for i := range 15 {
		if err := os.WriteFile(filepath.Join(directory, fmt.Sprintf("%02d.jsonl", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []string{"--output=-", "--dry-run"} {
		got := cli(t, nil, "", "batch", directory, mode)
		if n := strings.Count(got.stderr, ".jsonl is empty"); got.code != exitSomeFailed || n != 10 || !strings.Contains(got.stderr, "batch: and more") || !strings.Contains(got.stderr+got.stdout, "empty file: 15") {
			t.Errorf("%s: code %d, %d of them named: %s", mode, got.code, n, got.stderr)
		}
		got = cli(t, nil, "", "batch", directory, mode, "--allow-empty")
		if got.code != exitOK || strings.Contains(got.stderr, "is empty") || !strings.Contains(got.stderr+got.stdout, "empty file: 15") {
			t.Errorf("%s --allow-empty: code %d, %s", mode, got.code, got.stderr)
		}
	}
	got := cli(t, nil, "", "batch", t.TempDir(), "-o", "-")
	if got.code != exitSomeFailed || !strings.Contains(got.stderr, "holds no article") {
		t.Errorf("a directory of nothing: code %d, %s", got.code, got.stderr)
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
		{"is the input", []string{in, "-o", in, "--overwrite"}, "is a file that this run writes"},
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

// A named pipe that the run writes to is no input, although others are.
func TestBatchDoesNotReadItsPipe(t *testing.T) {
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "a.txt"), []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(directory, "pipe.jsonl")
	if err := syscall.Mkfifo(out, 0o600); err != nil {
		t.Skipf("there are no named pipes here: %v", err)
	}
	rows := make(chan string, 1)
	go func() {
		data, err := os.ReadFile(out)
		if err != nil {
			t.Error(err)
		}
		rows <- string(data)
	}()
	got := cli(t, nil, "", "batch", filepath.Join(directory, "*"), "-o", out, "--concurrency", "1", "--limit", "20")
	if got.code != exitOK || !strings.Contains(got.stderr, "passed over: file that this run writes: 1") {
		t.Errorf("code %d, %s", got.code, got.stderr)
	}
	if diff := cmp.Diff([]string{"a.txt:0 ok"}, outcomes(t, <-rows)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got = cli(t, nil, "", "batch", out, "-o", out)
	if got.code != exitUsage {
		t.Errorf("named: code %d", got.code)
	}
	oneLine(t, got.stderr, "is a file that this run writes")
}

// Files that appear beside the output during the run are none of its inputs either: here
// the rows that an ordered run puts aside.
func TestBatchDoesNotReadItsPriorRows(t *testing.T) {
	directory := t.TempDir()
	put := func(name, content string) {
		t.Helper()
		path := filepath.Join(directory, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	put("a.jsonl", "{\n"+archiveOf(2))
	put("z/b.jsonl", archiveOf(1))
	for _, name := range []string{"out.jsonl", "tables.csv"} {
		out := filepath.Join(directory, "z", name) // listed when the run is under way
		for range 3 {                              // the bad line is done again, and what follows it put aside
			got := cli(t, nil, "", "batch", directory, "-o", out, "--resume", "--ordered")
			if got.code != exitSomeFailed || !strings.Contains(got.stderr, "0 ok, 1 failed") && !strings.Contains(got.stderr, "3 ok, 1 failed") {
				t.Errorf("%s: code %d, %s", name, got.code, got.stderr)
			}
		}
		for _, form := range []batch.Form{batch.FormJSONL, batch.FormCSV} {
			for _, path := range batch.OutputFiles(out, form) {
				_ = os.Remove(path)
			}
		}
	}
}

// What a shell makes of the standard streams is an output, too.
func TestBatchDoesNotReadItsStandardOutput(t *testing.T) {
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "a.txt"), []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	create := func(name string) *os.File {
		file, err := os.Create(filepath.Join(directory, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		return file
	}
	stdout, stderr := create("out.jsonl"), create("run.txt")
	args := []string{"batch", directory, "-o", "-", "--concurrency", "1", "--limit", "20"}
	code := run(t.Context(), hangups{}, args, nil, strings.NewReader(""), stdout, stderr)
	rows, err := os.ReadFile(stdout.Name())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.txt:0 ok"}, outcomes(t, string(rows))); code != exitOK || diff != "" {
		t.Errorf("code %d, -want +got:\n%s", code, diff)
	}
}

// An input that was named, and that a run would write, is refused before anything
// is touched.
func TestBatchRefusesItsOutputAsInput(t *testing.T) {
	out := write(t, "out.csv", "precious\n")
	rows := out + ".rows.jsonl"
	if err := os.WriteFile(rows, []byte(archiveOf(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.jsonl")
	if err := os.Symlink(rows, link); err != nil {
		t.Fatal(err)
	}
	for _, input := range []string{out, rows, link} {
		got := cli(t, nil, "", "batch", input, "-o", out, "--overwrite")
		if got.code != exitUsage {
			t.Errorf("%s: code %d", input, got.code)
		}
		oneLine(t, got.stderr, "the input "+input+" is a file that this run writes")
	}
	stdin, err := os.Open(rows)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	var stdout, stderr bytes.Buffer
	args := []string{"batch", "-", "-o", out, "--overwrite"}
	if code := run(t.Context(), hangups{}, args, nil, stdin, &stdout, &stderr); code != exitUsage {
		t.Errorf("standard input: code %d", code)
	}
	oneLine(t, stderr.String(), "the input - is a file that this run writes")
	for path, want := range map[string]string{out: "precious\n", rows: archiveOf(1)} {
		if data, err := os.ReadFile(path); err != nil || string(data) != want {
			t.Errorf("%s holds %q, %v", path, data, err)
		}
	}
}

// Two runs never write one output.
func TestBatchOutputInUse(t *testing.T) {
	in, out := write(t, "in.jsonl", archiveOf(2)), filepath.Join(t.TempDir(), "out.jsonl")
	release, err := atomicfile.Lock(out, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"--overwrite", "--resume"} {
		got := cli(t, nil, "", "batch", in, "-o", out, more)
		if got.code != exitUsage {
			t.Errorf("%s: code %d", more, got.code)
		}
		oneLine(t, got.stderr, "another run is writing "+out)
	}
	release()
	if got := cli(t, nil, "", "batch", in, "-o", out); got.code != exitOK {
		t.Errorf("once it is free: %+v", got)
	}
	left, err := filepath.Glob(out + ".lock")
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
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
		done <- run(ctx, hangups{}, args, nil, strings.NewReader(archiveOf(20)), &stdout, &stderr)
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
	if code := run(ctx, hangups{}, args, nil, strings.NewReader(archiveOf(1)), &stdout, &stderr); code != exitInterrupted {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}
