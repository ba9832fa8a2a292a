package systemtest

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

const oneTopic = `topics:
  - id: %s
    display_name: Topic
    definition: What ferries do.
    phrases: [ferry]
`

// hangup has a server read its files again and waits until what follows from it holds.
func (s *testServer) hangup(t *testing.T, what string, holds func() bool) {
	t.Helper()
	if err := syscall.Kill(s.pid, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	until(t, what, holds)
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never comes to pass that %s", what)
		}
	}
}

// overwrite puts another file in the place of one.
func overwrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// A hangup has a server read clients, model keys, taxonomy and the level of the log again,
// while it serves. Files that cannot be used change nothing, and show in the metrics.
func TestHangupReloads(t *testing.T) {
	fake := llmtest.New(t)
	fake.Default(llmtest.Obey())
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	clients, taxonomy, modelKey, config := path("clients.yaml"), path("taxonomy.yaml"), path("model.key"), path("config.yaml")
	configuration := func(level string) string {
		return fmt.Sprintf("log-level: %s\ntaxonomy: %s\nclients: %s\nllm.endpoints:\n  - model: m\n    base_url: %s\n    api_key_file: %s\n",
			level, taxonomy, clients, fake.URL(), modelKey)
	}
	first := cli(t, nil, "", "keys", "add", "first", "--clients", clients)
	overwrite(t, taxonomy, fmt.Sprintf(oneTopic, "one"))
	overwrite(t, modelKey, "model-key-1")
	overwrite(t, config, configuration("info"))
	certificate, key := selfSigned(t)
	s := serve(t, nil, "--config", config, "--listen-tls-cert", certificate, "--listen-tls-key", key)

	trusted, err := credentials.NewClientTLSFromFile(certificate, "")
	if err != nil {
		t.Fatal(err)
	}
	client := func(key string) summarizerv1.SummarizerServiceClient {
		return summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc, grpc.WithTransportCredentials(trusted), grpc.WithPerRPCCredentials(bearerKey(strings.TrimSpace(key)))))
	}
	caller := client(first.stdout)
	topics := func() string {
		r, err := caller.ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, topic := range r.Topics {
			ids = append(ids, topic.TopicId)
		}
		return strings.Join(ids, ",")
	}
	article := 0
	usedKey := func() string {
		article++
		request := analyzeRequest(fmt.Sprintf("Report %d is in. The ferry runs again. It was out of service for a week. Its crew was glad.", article))
		request.TopicOptions = nil
		if _, err := caller.AnalyzeArticle(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		defer fake.Forget()
		return fake.Requests()[0].Header.Get("Authorization")
	}
	if got := topics(); got != "one" {
		t.Fatalf("topics %q", got)
	}
	if got := usedKey(); got != "Bearer model-key-1" {
		t.Fatalf("the model is asked as %q", got)
	}

	overwrite(t, taxonomy, fmt.Sprintf(oneTopic, "two"))
	overwrite(t, modelKey, "model-key-2")
	overwrite(t, config, configuration("debug"))
	second := cli(t, nil, "", "keys", "add", "second", "--clients", clients)
	s.hangup(t, "the taxonomy is read again", func() bool { return topics() == "two" })
	until(t, "the model is asked with another key", func() bool { return usedKey() == "Bearer model-key-2" })
	until(t, "another client may call", func() bool {
		_, err := client(second.stdout).ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{})
		return err == nil
	})

	overwrite(t, taxonomy, "topics: 7\n")
	overwrite(t, modelKey, "")
	overwrite(t, config, "log-level: loud\n")
	overwrite(t, clients, "clients: 7\n")
	overwrite(t, certificate, "no certificate")
	s.hangup(t, "the metrics show what cannot be used", func() bool {
		page := get(t, "http://"+s.admin+"/metrics")
		for _, what := range []string{"clients", "tls", "configuration", "taxonomy", "model_keys"} {
			if !strings.Contains(page, fmt.Sprintf("summarizer_reload_successful{what=%q} 0", what)) {
				return false
			}
		}
		return true
	})
	if got := topics(); got != "two" {
		t.Errorf("topics %q after a taxonomy that cannot be used", got)
	}
	if got := usedKey(); got != "Bearer model-key-2" {
		t.Errorf("the model is asked as %q after a key file that cannot be used", got)
	}
	overwrite(t, taxonomy, fmt.Sprintf(oneTopic, "three"))
	s.hangup(t, "a taxonomy that can be used again is", func() bool { return topics() == "three" })

	got := s.stop()
	if got.code != exitOK {
		t.Errorf("code %d", got.code)
	}
	if !strings.Contains(got.stderr, `"level":"DEBUG"`) {
		t.Error("the level of the log is not read again")
	}
	for _, secret := range []string{"model-key-1", "model-key-2"} {
		if strings.Contains(got.stderr, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// A setting that only a restart takes up is named.
func TestHangupNamesSettingsThatNeedARestart(t *testing.T) {
	config := write(t, "config.yaml", "drain-timeout: 10s\n")
	s := serve(t, nil, "--config", config)
	overwrite(t, config, "drain-timeout: 20s\nmax-streams: 7\n")
	for range 200 { // a storm of them is no more than one
		if err := syscall.Kill(s.pid, syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	if got := cli(t, nil, "", "healthcheck", "--addr", s.grpc); got.code != exitOK {
		t.Errorf("healthcheck: %+v", got)
	}
	if got := s.stop(); got.code != exitOK || !strings.Contains(got.stderr, `["drain-timeout","max-streams"]`) {
		t.Errorf("%+v", got)
	}
}

// Hangups are taken before the packages that take long to initialize: the program's own,
// and encoding/gob, the slowest of the standard library.
func TestHangupsAreTakenEarly(t *testing.T) {
	const module = "init github.com/seed-59202292/summarizer/internal/"
	trace := cli(t, map[string]string{"GODEBUG": "inittrace=1"}, "", "version").stderr
	before, _, ok := strings.Cut(trace, module+"hangup ")
	if !ok || strings.Contains(before, module) || strings.Contains(before, "init encoding/gob ") {
		t.Errorf("initialized before internal/hangup:\n%s", before)
	}
}

// A hangup ends a server neither while it starts nor while it drains, nor a worker.
func TestHangupDoesNotEndServers(t *testing.T) {
	p := start(t, "", "serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "")
	until(t, "the program catches hangups", func() bool { return catchesHangups(t, p.command.Process.Pid) })
	p.signal(t, syscall.SIGHUP)
	p.await(t, "msg=reloaded")
	p.signal(t, syscall.SIGTERM)
	p.signal(t, syscall.SIGHUP)
	p.await(t, "msg=stopped")
	if code := p.end(t); code != exitOK {
		t.Errorf("serve: code %d", code)
	}

	p = start(t, "", "worker", "--nats-url", "embedded", "--data-dir", t.TempDir())
	p.await(t, "msg=ready")
	p.signal(t, syscall.SIGHUP)
	p.await(t, "msg=reloaded")
	p.signal(t, syscall.SIGTERM)
	p.await(t, "msg=stopped")
	if code := p.end(t); code != exitOK {
		t.Errorf("worker: code %d", code)
	}
}

// catchesHangups reports whether a process is beyond the loading of its packages, at
// whose end it asks for the signal.
func catchesHangups(t *testing.T, pid int) bool {
	t.Helper()
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("whether a process has begun is read from /proc")
	}
	sockets := 0
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, file := range files {
		if name, err := os.Readlink(file); err == nil && strings.HasPrefix(name, "socket:") {
			sockets++
		}
	}
	return sockets > 0
}

// Other commands come to an orderly end with their terminal, unless they were told not to.
func TestHangupEndsOtherCommands(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("the tests were started with SIGHUP ignored, as by nohup, and so is the program")
	}
	api := llmtest.New(t)
	api.Default(llmtest.Hang())
	args := []string{"batch", "-", "-o", os.DevNull, "--llm-model", "m", "--llm-base-url", api.URL(), "--default-deadline", "5m", "--llm-timeout", "5m"}
	p := start(t, archiveOf(3), args...)
	api.AwaitArrivals(t, 1)
	p.signal(t, syscall.SIGHUP)
	p.await(t, "interrupted: finishing")
	p.signal(t, os.Interrupt) // a second signal
	if code := p.end(t); code != exitInterrupted {
		t.Errorf("code %d", code)
	}

	api.Forget()
	release := make(chan struct{})
	answer := llmtest.Obey()
	api.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		select {
		case <-release:
			answer(w, r)
		case <-r.Gone():
		}
	})
	p = startBy(t, []string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh"}, archiveOf(3), args...)
	api.AwaitArrivals(t, 1)
	p.signal(t, syscall.SIGHUP)
	close(release)
	if code := p.end(t); code != exitOK {
		t.Errorf("a command that ignores hangups: code %d", code)
	}
}
