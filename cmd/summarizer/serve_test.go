package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/admin"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// closedPort returns an address that nobody listens on.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// get asks an admin address for a page.
func get(t testing.TB, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

func TestServe(t *testing.T) {
	s := serve(t, nil, "--pprof")
	got := cli(t, nil, "", "healthcheck", "--addr", s.grpc)
	if got.code != exitOK || got.stdout != "SERVING\n" {
		t.Errorf("healthcheck: %+v", got)
	}
	if got := cli(t, nil, "", "healthcheck", "--addr", s.grpc, "--service", "no.such.Service"); got.code != exitUsage {
		t.Errorf("healthcheck of an unknown service: %+v", got)
	}
	got = cli(t, nil, "", "analyze", "--json", "--addr", s.grpc, write(t, "a.txt", mine))
	if got.code != exitOK || answers(t, got.stdout)[0].GetSummary().GetText() == "" {
		t.Errorf("analyze --addr: %+v", got)
	}
	got = cli(t, nil, "", "analyze", "--addr", s.grpc, write(t, "a.txt", "12 \n"))
	if got.code != exitNothingDone || !strings.Contains(got.stderr, "(TEXT_EMPTY)") {
		t.Errorf("analyze --addr of nothing: %+v", got)
	}
	got = cli(t, nil, "", "analyze", "--json", "--addr", s.grpc, "--llm-model", "m", write(t, "a.txt", mine))
	if got.code != exitOK || !strings.Contains(got.stderr, "--llm-model is not used") {
		t.Errorf("analyze --addr with a model: %+v", got)
	}
	got = cli(t, nil, archiveOf(50), "batch", "-", "-o", "-", "--addr", s.grpc)
	if got.code != exitOK || len(outcomes(t, got.stdout)) != 50 {
		t.Errorf("batch --addr: code %d, %s", got.code, got.stderr)
	}
	for path, want := range map[string]string{
		"/healthz": "ok\n", "/readyz": "ready\n", "/metrics": "summarizer_answers_total", "/cache/stats": `"diskPath"`,
	} {
		if code, body := get(t, "http://"+s.admin+path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.200s", path, code, body)
		}
	}

	if code, body := get(t, "http://"+s.admin+"/debug/pprof/"); code != 403 || !strings.Contains(body, "--admin-token-file") {
		t.Errorf("profiles without a token: %d %.200s", code, body)
	}

	end := s.stop()
	if end.code != exitOK {
		t.Errorf("code %d", end.code)
	}
	for _, want := range []string{`"msg":"draining"`, `"msg":"stopped"`} {
		if !strings.Contains(end.stderr, want) {
			t.Errorf("no %s in %s", want, end.stderr)
		}
	}
	if strings.Contains(end.stderr, "Tessaly") {
		t.Error("article text in the log")
	}
	got = cli(t, nil, "", "healthcheck", "--addr", s.grpc)
	if got.code != exitUsage || got.stdout != "" {
		t.Errorf("healthcheck of nobody: %+v", got)
	}
	oneLine(t, got.stderr, s.grpc, "does not answer")
}

func TestServeWithoutExtras(t *testing.T) {
	s := serve(t, nil, "--admin-listen", "", "--no-reflection")
	if s.admin != "" {
		t.Errorf("admin at %s", s.admin)
	}
	s = serve(t, nil)
	if code, _ := get(t, "http://"+s.admin+"/debug/pprof/"); code != 404 {
		t.Errorf("profiles without --pprof: %d", code)
	}
}

func TestServeRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"any address", []string{"--listen", "0.0.0.0:0"}, "--insecure"},
		{"no host", []string{"--listen", ":0"}, "--insecure"},
		{"a name", []string{"--listen", "example.org:0"}, "--insecure"},
		{"admin anywhere", []string{"--admin-listen", "[::]:0"}, "--admin-insecure"},
		{"no address", []string{"--listen", "50051"}, "write host:port"},
		{"no port", []string{"--listen", "127.0.0.1:x"}, "--listen 127.0.0.1:x"},
		{"port in use", []string{"--listen", taken.Addr().String()}, "address already in use"},
		{"HTTP anywhere", []string{"--http-listen", "0.0.0.0:0"}, "--insecure"},
		{"HTTP port in use", []string{"--http-listen", taken.Addr().String()}, "--http-listen " + taken.Addr().String() + ": address already in use: choose another address"},
		{"an origin that is none", []string{"--http-origins", "desk.example"}, "--http-origins: \"desk.example\" is not an origin"},
		{"admin port in use", []string{"--admin-listen", taken.Addr().String()}, "--admin-listen " + taken.Addr().String()},
		{"malformed taxonomy", []string{"--taxonomy", write(t, "t.yaml", "topics: [")}, "t.yaml:1"},
		{"small messages", []string{"--max-receive-bytes", "10"}, "--max-receive-bytes is 10"},
		{"empty key file", []string{"--llm-model", "m", "--llm-api-key-file", write(t, "key", " \n")}, "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir", t.TempDir()}, tt.args...)
			got := cli(t, nil, "", args...)
			if got.code != exitUsage {
				t.Errorf("code %d", got.code)
			}
			oneLine(t, got.stderr, tt.want)
		})
	}
	s := serve(t, nil, "--listen", "0.0.0.0:0", "--insecure")
	if !strings.HasPrefix(s.grpc, "[::]:") && !strings.HasPrefix(s.grpc, "0.0.0.0:") {
		t.Errorf("with --insecure: %s", s.grpc)
	}
}

// TestCacheInUse starts everything on the directory of a running server.
func TestCacheInUse(t *testing.T) {
	directory := t.TempDir()
	serve(t, nil, "--data-dir", directory)
	file := write(t, "a.txt", mine)

	got := cli(t, nil, "", "serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir", directory)
	if got.code != exitUsage {
		t.Errorf("serve: code %d", got.code)
	}
	oneLine(t, got.stderr, "in use", "--data-dir")

	for _, args := range [][]string{{"analyze", file}, {"batch", write(t, "in.jsonl", archiveOf(1)), "-o", "-"}} {
		got = cli(t, nil, "", append(args, "--data-dir", directory)...)
		if got.code != exitOK || got.stdout == "" || !strings.Contains(got.stderr, "without a disk cache") {
			t.Errorf("%s: code %d, %s", args[0], got.code, got.stderr)
		}
	}
	got = cli(t, nil, "", "cache", "stats", "--data-dir", directory)
	if got.code != exitOK || !strings.Contains(got.stdout, directory) {
		t.Errorf("cache stats: %+v", got)
	}
	if err := os.Remove(filepath.Join(directory, "admin.sock")); err != nil {
		t.Fatal(err)
	}
	got = cli(t, nil, "", "cache", "stats", "--data-dir", directory)
	if got.code != exitUsage {
		t.Errorf("cache stats without the socket: code %d", got.code)
	}
	oneLine(t, got.stderr, "in use", "--admin-addr")
}

// TestCacheCommands fills a cache through a server, then looks at it and purges
// it there and, after a restart, in the file.
func TestCacheCommands(t *testing.T) {
	api := llmtest.New(t)
	vars := map[string]string{"SUMMARIZER_LLM_MODEL": "m", "OPENAI_BASE_URL": api.URL()}
	directory := t.TempDir()
	file, other := write(t, "a.txt", mine), write(t, "b.html", minePage)
	token := write(t, "token", "a-token")
	s := serve(t, vars, "--data-dir", directory, "--admin-token-file", token)
	source := func(s *testServer, file string) summarizerv1.Provenance_Source {
		t.Helper()
		got := cli(t, nil, "", "analyze", "--json", "--addr", s.grpc, file)
		if got.code != exitOK {
			t.Fatalf("analyze: %+v", got)
		}
		return answers(t, got.stdout)[0].GetSummary().GetProvenance().GetSource()
	}
	expect := func(s *testServer, file string, want summarizerv1.Provenance_Source) {
		t.Helper()
		if got := source(s, file); got != want {
			t.Errorf("source %v, want %v", got, want)
		}
	}
	expect(s, file, summarizerv1.Provenance_SOURCE_LLM)
	expect(s, other, summarizerv1.Provenance_SOURCE_LLM)
	expect(s, file, summarizerv1.Provenance_SOURCE_CACHE)

	oneLine(t, cli(t, nil, "", "cache", "purge", "--admin-addr", s.admin, file).stderr, "401", "--admin-token-file")
	expect(s, file, summarizerv1.Provenance_SOURCE_CACHE)
	got := cli(t, nil, "", "cache", "purge", "--admin-addr", s.admin, "--admin-token-file", token, file)
	if got.code != exitOK || got.stdout == "0 answers removed\n" {
		t.Errorf("purge with the token: %+v", got)
	}
	expect(s, file, summarizerv1.Provenance_SOURCE_LLM)
	got = cli(t, nil, "", "cache", "purge", "--data-dir", directory, file)
	if got.code != exitOK || got.stdout == "0 answers removed\n" {
		t.Errorf("purge by the socket of the data directory: %+v", got)
	}
	expect(s, file, summarizerv1.Provenance_SOURCE_LLM)
	expect(s, other, summarizerv1.Provenance_SOURCE_CACHE)

	if log := s.stop().stderr; !strings.Contains(log, `"path":"/cache/purge","peer":"unix","outcome":"done"`) || strings.Contains(log, "a-token") {
		t.Errorf("the audit log: %s", log)
	}

	var stats admin.CacheStats
	got = cli(t, nil, "", "cache", "stats", "--json", "--data-dir", directory)
	if err := json.Unmarshal([]byte(got.stdout), &stats); err != nil || stats.DiskEntries != 4 || !strings.HasPrefix(stats.DiskPath, directory) {
		t.Errorf("stats: %+v, %v, %s", stats, err, got.stderr)
	}
	got = cli(t, nil, "", "cache", "purge", "--all", "--data-dir", directory)
	if got.code != exitOK || got.stdout != "4 answers removed\n" {
		t.Errorf("purge --all: %+v", got)
	}
	got = cli(t, nil, "", "cache", "stats", "--data-dir", directory)
	if got.code != exitOK || !strings.Contains(got.stdout, "disk    0 entries") {
		t.Errorf("stats: %+v", got)
	}
	s = serve(t, vars, "--data-dir", directory)
	expect(s, other, summarizerv1.Provenance_SOURCE_LLM)
}

// TestNotAnAdminAddress speaks to something else over HTTP.
func TestNotAnAdminAddress(t *testing.T) {
	api := llmtest.New(t)
	host := strings.TrimSuffix(strings.TrimPrefix(api.URL(), "http://"), "/v1")
	for _, addr := range []string{host, closedPort(t), "no address"} {
		got := cli(t, nil, "", "cache", "stats", "--admin-addr", addr)
		if got.code != exitUsage || got.stdout != "" {
			t.Errorf("%s: %+v", addr, got)
		}
		oneLine(t, got.stderr, addr)
	}
}

func TestServerInfo(t *testing.T) {
	info := serverInfo(&llmFlags{}, taxonomy.Default())
	if len(info.Engines) != 1 || info.Engines[0].GetKind() != summarizerv1.EngineKind_ENGINE_KIND_LOCAL || info.PromptVersion != "" {
		t.Errorf("without a model: %v, prompt %q", info.Engines, info.PromptVersion)
	}
	if len(info.Languages) != 15 || info.Languages[0].GetLanguageCode() != "en" {
		t.Errorf("languages %v", info.Languages)
	}
	for _, language := range info.Languages {
		if len(language.GetFeatures()) != 2 {
			t.Errorf("features in %s: %v", language.GetLanguageCode(), language.GetFeatures())
		}
	}
	info = serverInfo(&llmFlags{Model: "m"}, taxonomy.Default())
	if len(info.Engines) != 2 || info.Engines[0].GetModel() != "m" || info.PromptVersion == "" {
		t.Errorf("with a model: %v, prompt %q", info.Engines, info.PromptVersion)
	}
}
