package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/settings"
	"go.uber.org/goleak"
)

// TestMain gives the default data directory a place of its own, so that no test
// meets the cache of the user who runs it.
func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "summarizer-test-")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME"} {
		if err := os.Setenv(name, home); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	_ = os.RemoveAll(home)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// result is what a run of the program left.
type result struct {
	code           int
	stdout, stderr string
}

// cli runs the program. The environment is vars and nothing else.
func cli(t testing.TB, vars map[string]string, stdin string, args ...string) result {
	t.Helper()
	return cliWithin(t.Context(), vars, stdin, args...)
}

// cliWithin runs the command until it ends, or ctx says that it is interrupted.
func cliWithin(ctx context.Context, vars map[string]string, stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(ctx, hangups{}, args, environOf(vars), strings.NewReader(stdin), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// slowTier matches the line of the log about a cache that did not answer in 20 ms,
// as happens to any on a machine with other work.
var slowTier = regexp.MustCompile(`(?m)^.*a cache tier did not answer in time.*\n`)

// oneLine fails the test unless text is one line that holds each of words.
func oneLine(t testing.TB, text string, words ...string) {
	t.Helper()
	text = slowTier.ReplaceAllString(text, "")
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Errorf("want one line, got %q", text)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in %q", word, text)
		}
	}
}

// write makes a file in a directory of the test.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serving is a server that runs in the test.
type testServer struct {
	grpc, http, admin string // addresses
	stop              func() result
}

// serve starts the serve command on free ports with a data directory of its own
// and waits until it is ready.
func serve(t testing.TB, vars map[string]string, args ...string) *testServer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	logs, logWriter := io.Pipe()
	done := make(chan int, 1)
	args = append([]string{
		"serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--log-format", "json", "--data-dir", t.TempDir(),
	}, args...)
	go func() {
		done <- run(ctx, hangups{}, args, environOf(vars), strings.NewReader(""), io.Discard, logWriter)
		_ = logWriter.Close()
	}()

	ready := make(chan *testServer, 1)
	var stderr bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			stderr.WriteString(lines.Text() + "\n")
			var line struct{ Msg, GRPC, HTTP, Admin string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
				ready <- &testServer{grpc: line.GRPC, http: line.HTTP, admin: line.Admin}
			}
		}
	}()
	stop := sync.OnceValue(func() result {
		cancel()
		select {
		case code := <-done:
			<-read
			return result{code: code, stderr: stderr.String()}
		case <-time.After(20 * time.Second):
			t.Error("the server did not end")
			return result{}
		}
	})
	t.Cleanup(func() { stop() })
	select {
	case s := <-ready:
		s.stop = stop
		return s
	case <-read:
		t.Fatalf("the server did not start: %s", stderr.String())
	case <-time.After(20 * time.Second):
		t.Fatal("the server was not ready in time")
	}
	return nil
}

func TestUsage(t *testing.T) {
	article := write(t, "a.txt", mine)
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"summarise"}, "summarise"},
		{"unknown flag", []string{"analyze", "--colour", article}, "--colour"},
		{"no file", []string{"analyze"}, "file"},
		{"no output", []string{"batch", article}, "--output"},
		{"no number", []string{"analyze", "--max-topics", "many", article}, "--max-topics"},
		{"too many sentences", []string{"analyze", "--max-sentences", "11", article}, "--max-sentences is 11: it must be 1 to 10"},
		{"too few topics", []string{"batch", "--max-topics", "0", article, "-o", "-"}, "--max-topics is 0: it must be 1 to 20"},
		{"unknown format", []string{"analyze", "--format", "haiku", article}, "--format"},
		{"unknown engine", []string{"analyze", "--engine", "remote", article}, "--engine"},
		{"negative time", []string{"analyze", "--default-deadline=-1s", article}, "--default-deadline is -1s"},
		{"not a price", []string{"analyze", "--llm-input-price", "NaN", article}, "--llm-input-price is NaN"},
		{"LLM without a model", []string{"analyze", "--engine", "llm", article}, "--llm-model"},
		{"model without a key", []string{"analyze", "--llm-model", "m", article}, "OPENAI_API_KEY"},
		{"no such key file", []string{"analyze", "--llm-model", "m", "--llm-api-key-file", "/nowhere/key", article}, "/nowhere/key: no such file"},
		{"bad base URL", []string{"analyze", "--llm-model", "m", "--llm-base-url", "localhost", article}, "base URL"},
		{"no such taxonomy", []string{"analyze", "--taxonomy", "/nowhere/t.yaml", article}, "/nowhere/t.yaml"},
		{"nothing to purge", []string{"cache", "purge"}, "--all"},
		{"both to purge", []string{"cache", "purge", "--all", article}, "--all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cli(t, nil, "", tt.args...)
			if got.code != exitUsage || got.stdout != "" {
				t.Errorf("code %d, standard output %q", got.code, got.stdout)
			}
			oneLine(t, got.stderr, "summarizer: ", tt.want)
		})
	}
}

func TestHelp(t *testing.T) {
	tests := []struct {
		args []string
		want []string
	}{
		{nil, []string{"Usage: summarizer <command>", "analyze", "SUMMARIZER_LLM_MODEL"}},
		{[]string{"--help"}, []string{"Usage: summarizer <command>", "healthcheck"}},
		{[]string{"analyze", "--help"}, []string{"summarizer analyze article.txt", "--llm-model", "Exit code"}},
		{[]string{"batch", "--help"}, []string{"--overwrite", `"source": {"path", "member", "line"}`}},
		{[]string{"serve", "--help"}, []string{"--insecure", "127.0.0.1:50051"}},
		{[]string{"version"}, []string{"summarizer ", "go1."}},
		{[]string{"--version"}, []string{"summarizer ", "go1."}},
		{[]string{"-v"}, []string{"summarizer ", "go1."}},
		{[]string{"help"}, []string{"Usage: summarizer <command>", "healthcheck"}},
		{[]string{"help", "keys", "add"}, []string{"Usage: summarizer keys add <name>"}},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			got := cli(t, nil, "", tt.args...)
			if got.code != exitOK || got.stderr != "" {
				t.Errorf("code %d, standard error %q", got.code, got.stderr)
			}
			for _, want := range tt.want {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("%q is not in\n%s", want, got.stdout)
				}
			}
		})
	}
}

func TestSayIsOneSafeLine(t *testing.T) {
	var stderr bytes.Buffer
	env := &environment{stderr: &stderr}
	env.say("%v", errors.Join(errors.New("first \x1b[31mred"), errors.New("second")))
	if got, want := stderr.String(), "summarizer: first [31mred; second\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// environOf returns variables as a process has them.
func environOf(vars map[string]string) (environ settings.Environ) {
	for name, value := range vars {
		environ = append(environ, name+"="+value)
	}
	return environ
}
