package systemtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// twoVersions returns the program and that of an earlier version, where the environment
// names one; without it, the same program twice, so that the tests hold for restarts.
func twoVersions(t *testing.T) (earlier, current string) {
	t.Helper()
	current = program(t)
	if earlier = os.Getenv(earlierVariable); earlier == "" {
		return current, current
	}
	return earlier, current
}

// startCluster starts a NATS server that belongs to neither version, and returns its URL.
func startCluster(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		ServerName: "cluster", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	return s.ClientURL()
}

// member is a batch or a worker of some version.
type member struct {
	command *exec.Cmd
	log     *os.File
}

func startMember(t *testing.T, program string, vars map[string]string, args ...string) *member {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	m := &member{exec.CommandContext(t.Context(), program, args...), log}
	m.command.Env = environ(vars, t.TempDir())
	m.command.Stderr = log
	m.command.WaitDelay = 20 * time.Second
	if err := m.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return m
}

func (m *member) said(t *testing.T, text string) bool {
	t.Helper()
	log, err := os.ReadFile(m.log.Name())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(log), text)
}

// end sends a signal, waits for the end, and checks the exit code.
func (m *member) end(t *testing.T, signal syscall.Signal, want int) {
	t.Helper()
	_ = m.command.Process.Signal(signal)
	m.wait(t, want)
}

func (m *member) wait(t *testing.T, want int) {
	t.Helper()
	_ = m.command.Wait()
	if got := m.command.ProcessState.ExitCode(); got != want {
		log, _ := os.ReadFile(m.log.Name())
		t.Fatalf("%v ended with %d, want %d: %s", m.command.Args, got, want, log)
	}
}

// TestTwoVersionsShareAQueue publishes an archive with one version and answers it with the
// other, upgrades publisher and worker in its midst, and takes both back in the midst of
// another one. Each article has one row.
func TestTwoVersionsShareAQueue(t *testing.T) {
	earlier, current := twoVersions(t)
	cluster := startCluster(t)
	model := llmtest.New(t)
	vars := map[string]string{"SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": model.URL()}
	worker := func(program string) *member {
		m := startMember(t, program, vars, "worker", "--nats-url", cluster, "--log-level", "info", "--concurrency", "4", "--llm-max-concurrency", "4")
		until(t, "a worker is ready", func() bool { return m.said(t, "msg=ready") })
		return m
	}
	const articles, before = 40, 10
	archive := func(t *testing.T, name string) (batch []string, rows func() int) {
		t.Helper()
		var lines strings.Builder
		for i := range articles {
			line, err := json.Marshal(map[string]string{"id": fmt.Sprint(i), "text": fmt.Sprintf("The ferry %s-%d left port on Monday. %s", name, i, articleOf(1500))})
			if err != nil {
				t.Fatal(err)
			}
			lines.WriteString(string(line) + "\n")
		}
		output := filepath.Join(t.TempDir(), "out.jsonl")
		return []string{"batch", write(t, name+".jsonl", lines.String()), "--output", output, "--nats-url", cluster}, func() int {
			content, err := os.ReadFile(output)
			if err != nil {
				return 0
			}
			done := map[string]int{}
			for line := range strings.Lines(string(content)) {
				var row struct{ ID, Status string }
				if json.Unmarshal([]byte(line), &row) != nil {
					continue // it is being written
				}
				if done[row.ID]++; row.Status != "ok" || done[row.ID] > 1 {
					t.Errorf("the row of %s: %s", row.ID, line)
				}
			}
			return len(done)
		}
	}
	for _, roles := range []struct{ name, publisher, worker string }{{"up", current, earlier}, {"down", earlier, current}} {
		t.Run("a worker "+roles.name, func(t *testing.T) {
			w := worker(roles.worker)
			batch, rows := archive(t, "mixed-"+roles.name)
			startMember(t, roles.publisher, nil, batch...).wait(t, exitOK)
			if n := rows(); n != articles {
				t.Errorf("%d rows", n)
			}
			w.end(t, syscall.SIGTERM, exitOK)
		})
	}
	for _, roles := range []struct{ name, first, second string }{{"upgrade", earlier, current}, {"rollback", current, earlier}} {
		t.Run(roles.name, func(t *testing.T) {
			gate := make(chan struct{})
			for range before {
				model.Enqueue(llmtest.Obey())
			}
			model.Default(llmtest.When(gate, llmtest.Obey()))
			first := worker(roles.first)
			batch, rows := archive(t, roles.name)
			publisher := startMember(t, roles.first, nil, batch...)
			until(t, "some articles have rows", func() bool { return rows() >= before })
			publisher.end(t, syscall.SIGINT, exitInterrupted)
			second := worker(roles.second)
			if err := first.command.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			close(gate)
			first.wait(t, exitOK)
			if n := rows(); n >= articles {
				t.Errorf("%d rows before the second version", n)
			}
			startMember(t, roles.second, nil, append(batch, "--resume")...).wait(t, exitOK)
			if n := rows(); n != articles {
				t.Errorf("%d rows", n)
			}
			second.end(t, syscall.SIGTERM, exitOK)
		})
	}
}

// TestTwoVersionsShareACache has servers of two versions store answers and spend one budget
// side by side. When each has been replaced, with an empty disk, each version finds its own
// answers again; the other's, too, where both ask for an article in the same words.
func TestTwoVersionsShareACache(t *testing.T) {
	earlier, current := twoVersions(t)
	cluster := startCluster(t)
	model := llmtest.New(t)
	const daily = 1000000
	vars := map[string]string{
		"SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": model.URL(), "SUMMARIZER_LLM_DAILY_TOKENS": fmt.Sprint(daily),
	}
	articles := []string{"The ferry left port on Monday. " + articleOf(1500), "The tram left town on Friday. " + articleOf(1500)}
	source := func(s *testServer, text string) summarizerv1.Provenance_Source {
		response, err := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc)).AnalyzeArticle(t.Context(), analyzeRequest(text))
		if err != nil {
			t.Fatal(err)
		}
		return response.GetSummary().GetProvenance().GetSource()
	}
	isStored := func(s *testServer, text string) func() bool {
		return func() bool {
			got := source(s, text)
			return got == summarizerv1.Provenance_SOURCE_CACHE || got == summarizerv1.Provenance_SOURCE_STALE_CACHE
		}
	}
	left := func(s *testServer) float64 { return valueOf(t, s.admin, `summarizer_llm_budget_left{unit="tokens"}`) }
	start := func(programs ...string) (servers []*testServer) {
		for _, program := range programs {
			servers = append(servers, serveProgram(t, []string{program}, vars, "--nats-url", cluster))
		}
		return servers
	}
	servers := start(earlier, current)
	for i, s := range servers {
		if got := source(s, articles[i]); got != summarizerv1.Provenance_SOURCE_LLM {
			t.Fatalf("the model answers: %v", got)
		}
	}
	// Whatever is not from the local engine from here on was stored.
	model.Default(llmtest.Error(503, nil, "down"))
	spent := func(servers []*testServer) float64 {
		t.Helper()
		until(t, "both know what was spent", func() bool { return left(servers[0]) == left(servers[1]) && left(servers[0]) < daily })
		return left(servers[0])
	}
	before := spent(servers)
	for _, s := range servers {
		if got := s.stop(); got.code != exitOK {
			t.Errorf("%+v", got)
		}
	}
	servers = start(current, earlier)
	for i, s := range servers {
		until(t, "a version finds its answer beside the other's", isStored(s, articles[1-i]))
		if earlier == current {
			until(t, "the other server's answer is found", isStored(s, articles[i]))
		} else {
			t.Logf("the other version's answer is found: %t", isStored(s, articles[i])())
		}
	}
	if got := spent(servers); got != before {
		t.Errorf("%v tokens are left after each version took the place of the other, %v before", got, before)
	}
}
