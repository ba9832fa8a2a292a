package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// startCommand runs the program until stop is called, and waits for a line of its
// log, which it returns.
func startCommand(t *testing.T, vars map[string]string, message string, args ...string) (line map[string]any, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	logs, logWriter := io.Pipe()
	code := 0
	var running sync.WaitGroup
	running.Go(func() {
		code = run(ctx, hangups{}, append(args, "--log-format", "json"), environOf(vars), strings.NewReader(""), io.Discard, logWriter)
		_ = logWriter.Close()
	})
	found := make(chan map[string]any, 1)
	var all strings.Builder
	running.Go(func() {
		defer close(found)
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			all.WriteString(lines.Text() + "\n")
			var line map[string]any
			if json.Unmarshal(lines.Bytes(), &line) == nil && line["msg"] == message {
				found <- line
			}
		}
	})
	stop = sync.OnceValue(func() int {
		cancel()
		running.Wait()
		return code
	})
	t.Cleanup(func() { stop() })
	select {
	case line := <-found:
		if line == nil {
			t.Fatalf("%q ended: %s", args[0], all.String())
		}
		return line, stop
	case <-time.After(20 * time.Second):
		t.Fatalf("%q was not ready in time", args[0])
	}
	return nil, nil
}

// TestWorkers runs an archive by way of the queue of a server, with a password,
// two workers and a language model.
func TestWorkers(t *testing.T) {
	const articles = 40
	vars := map[string]string{"SUMMARIZER_NATS_PASSWORD": "correct horse", "SUMMARIZER_NATS_USER": "desk"}
	ready, stopServer := startCommand(t, vars, "ready", "serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "",
		"--data-dir", t.TempDir(), "--nats-url", "embedded", "--nats-listen", "127.0.0.1:0", "--nats-max-bytes", "50000000")
	url := ready["nats"].(string)
	model := llmtest.New(t)
	model.Default(llmtest.Obey())
	var stops []func() int
	var admin string // of the last worker
	for range 2 {
		ready, stop := startCommand(t, vars, "ready", "worker", "--nats-url", url, "--data-dir", t.TempDir(),
			"--llm-model", "fake", "--llm-base-url", model.URL(), "--admin-listen", "127.0.0.1:0")
		stops, admin = append(stops, stop), ready["admin"].(string)
	}
	in, out := write(t, "in.jsonl", archiveOf(articles)), filepath.Join(t.TempDir(), "out.jsonl")
	got := cli(t, vars, "", "batch", in, "-o", out, "--nats-url", url)
	if got.code != exitOK || !strings.Contains(got.stderr, fmt.Sprintf("%d ok, 0 failed; by %d LLM", articles, articles)) {
		t.Errorf("code %d: %s", got.code, got.stderr)
	}
	written, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	rows := outcomes(t, string(written))
	if n := len(slices.Compact(rows)); n != articles {
		t.Errorf("%d articles have a row, want %d", n, articles)
	}
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "summarizer_"} {
		if _, body := get(t, "http://"+admin+path); !strings.Contains(body, want) {
			t.Errorf("%s of a worker says %q", path, body)
		}
	}
	for _, stop := range stops {
		if code := stop(); code != exitOK {
			t.Errorf("a worker ends with %d", code)
		}
	}

	// What the workers were answered is in the cache of every machine, until it is
	// purged.
	article := write(t, "first.txt", mine+"\nReport number 0.")
	calls := model.Count()
	analyze := func(want string) {
		t.Helper()
		got := cli(t, vars, "", "analyze", "--json", article, "--nats-url", url, "--data-dir", t.TempDir(),
			"--llm-model", "fake", "--llm-base-url", model.URL())
		if got.code != exitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("code %d, %q: %s, want %s", got.code, got.stderr, got.stdout, want)
		}
	}
	analyze("SOURCE_CACHE")
	if model.Count() != calls {
		t.Errorf("%d calls for what the cluster knows", model.Count()-calls)
	}
	got = cli(t, vars, "", "cache", "purge", article, "--nats-url", url, "--data-dir", t.TempDir())
	if got.code != exitOK || got.stdout != "2 answers removed\n" {
		t.Errorf("code %d, %q %q", got.code, got.stdout, got.stderr)
	}
	analyze("SOURCE_LLM")

	vars["SUMMARIZER_NATS_PASSWORD"] = "wrong"
	got = cli(t, vars, "", "batch", in, "-o", filepath.Join(t.TempDir(), "out.jsonl"), "--nats-url", url)
	if got.code != exitUsage || strings.Contains(got.stderr, "wrong") {
		t.Errorf("with a wrong password: code %d, %q", got.code, got.stderr)
	}
	oneLine(t, got.stderr, "--nats-url", "Authorization")
	if code := stopServer(); code != exitOK {
		t.Errorf("the server ends with %d", code)
	}
}

// TestWorkersOverTLS has batch run the server, with a certificate and a password, on
// an address that other machines could reach.
func TestWorkersOverTLS(t *testing.T) {
	const articles = 5
	cert, key := selfSigned(t)
	password := write(t, "password", "correct horse\n")
	address := closedPort(t)
	in, out := write(t, "in.jsonl", archiveOf(articles)), filepath.Join(t.TempDir(), "out.jsonl")
	finished := make(chan result)
	go func() {
		finished <- cli(t, nil, "", "batch", in, "-o", out, "--data-dir", t.TempDir(), "--nats-url", "embedded", "--nats-listen", address,
			"--nats-user", "desk", "--nats-password-file", password, "--nats-cert", cert, "--nats-key", key, "--nats-max-bytes", "50000000")
	}()
	for {
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("the server of the batch does not listen")
		}
	}
	worker := []string{"worker", "--nats-url", "tls://" + address, "--nats-user", "desk", "--nats-password-file", password, "--data-dir", t.TempDir()}
	if got := cli(t, nil, "", worker...); got.code != exitUsage {
		t.Errorf("a worker that does not know the certificate's authority: code %d, %q", got.code, got.stderr)
	}
	_, stop := startCommand(t, nil, "ready", append(worker, "--nats-ca", cert, "--nats-cache-bytes", "50000000")...)
	got := <-finished
	if got.code != exitOK || !strings.Contains(got.stderr, fmt.Sprintf("%d ok, 0 failed", articles)) {
		t.Errorf("code %d: %s", got.code, got.stderr)
	}
	if code := stop(); code != exitOK {
		t.Errorf("the worker ends with %d", code)
	}
}

func TestNATSFlags(t *testing.T) {
	in := write(t, "in.jsonl", archiveOf(1))
	absent := filepath.Join(t.TempDir(), "absent")
	for name, test := range map[string]struct {
		args  []string
		words []string
	}{
		"no cluster":        {[]string{"worker"}, []string{"--nats-url is missing"}},
		"nobody there":      {[]string{"worker", "--nats-url", "nats://user:secret@127.0.0.1:1"}, []string{"--nats-url nats://127.0.0.1:1", "no servers"}},
		"no address":        {[]string{"worker", "--nats-url", "nats://127.0.0.1:x"}, []string{"--nats-url"}},
		"replicas":          {[]string{"worker", "--nats-url", "nats://x", "--nats-replicas", "6"}, []string{"--nats-replicas is 6", "0 to 5"}},
		"name":              {[]string{"worker", "--nats-url", "nats://x", "--nats-stream", "a.b"}, []string{"--nats-stream", "letters, digits"}},
		"half a pair":       {[]string{"worker", "--nats-url", "nats://x", "--nats-key", "k"}, []string{"--nats-cert and --nats-key"}},
		"no password":       {[]string{"worker", "--nats-url", "nats://x", "--nats-user", "u"}, []string{"--nats-user needs a password", "SUMMARIZER_NATS_PASSWORD"}},
		"no password file":  {[]string{"worker", "--nats-url", "nats://x", "--nats-user", "u", "--nats-password-file", absent}, []string{"--nats-password-file"}},
		"no credentials":    {[]string{"worker", "--nats-url", "nats://x", "--nats-creds", absent}, []string{"--nats-creds"}},
		"no authorities":    {[]string{"worker", "--nats-url", "tls://x", "--nats-ca", absent}, []string{"--nats-ca"}},
		"open to all":       {[]string{"worker", "--nats-url", "embedded", "--nats-listen", "0.0.0.0:4222"}, []string{"--nats-listen 0.0.0.0:4222", "--nats-user", "--nats-cert"}},
		"no listen address": {[]string{"worker", "--nats-url", "embedded", "--nats-listen", "4222"}, []string{"--nats-listen", "host:port"}},
		"servers as well":   {[]string{"batch", in, "-o", absent, "--nats-url", "nats://x", "--addr", "y:1"}, []string{"--addr and --nats-url"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := cli(t, nil, "", test.args...)
			if got.code != exitUsage || strings.Contains(got.stderr, "secret") {
				t.Errorf("code %d: %s", got.code, got.stderr)
			}
			oneLine(t, got.stderr, test.words...)
		})
	}
}
