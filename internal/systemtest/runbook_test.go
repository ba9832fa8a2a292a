package systemtest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// TestRunbook has everything that docs/operations.md says under its alerts hold at a server
// whose model refuses the key: each query finds a series, and each command runs as it is
// printed, with names in the place of those in capitals.
func TestRunbook(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	runbook, _, _ := strings.Cut(string(page), "\n## Tasks\n")
	var codes []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(runbook, -1) {
		codes = append(codes, strings.Join(strings.Fields(m[1]), " "))
	}
	upstream := llmtest.New(t)
	upstream.Default(llmtest.Error(401, "invalid_api_key", "no"))
	certificate, key := selfSigned(t)
	keys := newKeyring(t, map[string][]string{"newsroom": nil})
	dir, token := t.TempDir(), write(t, "token", "a-token-of-some-length")
	vars := map[string]string{
		"OPENAI_API_KEY": "k", "SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": upstream.URL(), "SUMMARIZER_CLIENTS": keys.path,
		"SUMMARIZER_LISTEN_TLS_CERT": certificate, "SUMMARIZER_LISTEN_TLS_KEY": key, "SUMMARIZER_ADMIN_TOKEN_FILE": token,
	}
	s := serve(t, vars, "--data-dir", dir, "--pprof")
	transport, err := credentials.NewClientTLSFromFile(certificate, "")
	if err != nil {
		t.Fatal(err)
	}
	client := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc, grpc.WithTransportCredentials(transport), grpc.WithPerRPCCredentials(keys.keys["newsroom"])))
	if _, err := client.AnalyzeArticle(t.Context(), analyzeRequest("The ferry left port on Monday. "+articleOf(1500))); err != nil {
		t.Fatal(err)
	}

	t.Run("queries", func(t *testing.T) {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(get(t, "http://"+s.admin+"/metrics")))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, code := range codes {
			for _, selector := range regexp.MustCompile(`\b((?:summarizer|gen_ai|grpc|process)_[a-z_]+)(?:\{([^}]*)\})?`).FindAllStringSubmatch(code, -1) {
				family := families[selector[1]]
				for _, suffix := range []string{"_bucket", "_count"} {
					if family == nil {
						family = families[strings.TrimSuffix(selector[1], suffix)]
					}
				}
				if selector[1] == "summarizer_endpoint" || selector[1] == "grpc_method" || selector[1] == "grpc_code" {
					continue // labels
				}
				found++
				if family == nil || !slices.ContainsFunc(family.Metric, func(m *dto.Metric) bool { return matches(t, m, selector[2]) }) {
					t.Errorf("no series for %s in %s", selector[0], code)
				}
			}
		}
		if found < 10 {
			t.Errorf("%d queries were found", found)
		}
	})

	t.Run("commands", func(t *testing.T) {
		list := cli(t, nil, "", "keys", "list", "--clients", keys.path).stdout
		id := regexp.MustCompile(`(?m)^newsroom +([0-9a-f]+)`).FindStringSubmatch(list)
		if id == nil {
			t.Fatal(list)
		}
		_, port, err := net.SplitHostPort(s.admin)
		if err != nil {
			t.Fatal(err)
		}
		vars["SUMMARIZER_LISTEN"], vars["SUMMARIZER_ADMIN_LISTEN"], vars["SUMMARIZER_DATA_DIR"] = s.grpc, s.admin, dir
		here := strings.NewReplacer("HOST:50051", s.grpc, "HOST:9464", "127.0.0.1:"+port, "cat FILE", "cat "+token, "FILE", keys.path,
			"DIR", dir, "NAME", "newsroom", "ID", id[1], " N ", " 5 ", "debug/pprof/profile", "debug/pprof/profile?seconds=1")
		bin := t.TempDir()
		if err := os.Symlink(program(t), filepath.Join(bin, "summarizer")); err != nil {
			t.Fatal(err)
		}
		ran := 0
		for _, code := range codes {
			words := strings.Fields(code)
			switch {
			case len(words) < 2 || !slices.Contains([]string{"summarizer", "curl", "openssl", "kubectl", "systemctl"}, words[0]):
				continue
			case code == "summarizer eval": // of one's own articles
				continue
			case words[0] != "summarizer":
				if _, err := exec.LookPath(words[0]); err != nil || words[0] == "kubectl" || words[0] == "systemctl" {
					t.Logf("not run, as %s is not here: %s", words[0], code)
					continue
				}
			}
			shell := exec.CommandContext(t.Context(), "sh", "-c", here.Replace(code))
			shell.Dir = t.TempDir()
			shell.Env = append(environ(vars, tempDir), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			printed, err := shell.CombinedOutput()
			ran++
			switch fails := err != nil; {
			case code == "summarizer llm check":
				if !fails || !strings.Contains(string(printed), "key refused") {
					t.Errorf("%s: %v, %s", code, err, printed)
				}
			case fails:
				t.Errorf("%s: %v, %s", code, err, printed)
			}
		}
		if ran < 6 {
			t.Errorf("%d commands were run", ran)
		}
	})
}
