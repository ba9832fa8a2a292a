package systemtest

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/grpc"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/admin"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// statsOf runs cache stats.
func statsOf(t testing.TB, args ...string) (stats admin.CacheStats) {
	t.Helper()
	got := cli(t, nil, "", append([]string{"cache", "stats", "--json"}, args...)...)
	if got.code != exitOK {
		t.Fatal(got)
	}
	if err := json.Unmarshal([]byte(got.stdout), &stats); err != nil {
		t.Fatal(err)
	}
	return stats
}

// askAs has a client of a server answer one article.
func askAs(t testing.TB, s *testServer, key bearerKey, text string) *summarizerv1.AnalyzeArticleResponse {
	t.Helper()
	client := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc, grpc.WithPerRPCCredentials(key)))
	response, err := client.AnalyzeArticle(t.Context(), analyzeRequest(text))
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// TestSpendByClient finds the client that spends the budget, by the command and by the
// metrics that the runbook names.
func TestSpendByClient(t *testing.T) {
	model := llmtest.New(t)
	keys := newKeyring(t, map[string][]string{"newsroom": nil, "archive": nil, "idle": nil})
	dir := t.TempDir()
	s := serve(t, map[string]string{"SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": model.URL()},
		"--clients", keys.path, "--data-dir", dir, "--llm-input-price", "10", "--llm-output-price", "10")
	cost := func(client string) float64 {
		return valueOf(t, s.admin, `summarizer_llm_client_cost_usd_total{client="`+client+`"}`)
	}
	if cost("newsroom") != 0 || cost("idle") != 0 {
		t.Error("the clients of the file have no series before they spend")
	}
	paid := askAs(t, s, keys.keys["newsroom"], "The ferry left port on Monday. "+articleOf(1500)).GetUsage()
	askAs(t, s, keys.keys["archive"], "The tram left town on Friday. "+articleOf(1500))
	askAs(t, s, keys.keys["archive"], "The bus left town on Sunday. "+articleOf(1500))
	for _, args := range [][]string{{"--admin-addr", s.admin}, {"--data-dir", dir}} {
		stats := statsOf(t, args...)
		if len(stats.Clients) != 2 || stats.Clients[0].Client != "archive" || stats.Clients[1].Client != "newsroom" {
			t.Fatalf("%v: %+v", args, stats.Clients)
		}
		if got, want := stats.Clients[1].MicroUSD, paid.GetCostMicroUsd(); got != want || want == 0 {
			t.Errorf("%v: the newsroom spent %d, its answer says %d", args, got, want)
		}
		if sum := stats.Clients[0].MicroUSD + stats.Clients[1].MicroUSD; sum != stats.SpentMicroUSD {
			t.Errorf("%v: the clients spent %d, all %d", args, sum, stats.SpentMicroUSD)
		}
	}
	if got := cli(t, nil, "", "cache", "stats", "--data-dir", dir).stdout; !strings.Contains(got, " US dollars of them by archive\n") {
		t.Errorf("for people: %s", got)
	}
	if cost("archive") <= cost("newsroom") || cost("newsroom") <= 0 || cost("idle") != 0 {
		t.Errorf("metrics: archive %v, newsroom %v, idle %v", cost("archive"), cost("newsroom"), cost("idle"))
	}
}

// TestBudgetIsSharedOverACluster has two servers spend one budget.
func TestBudgetIsSharedOverACluster(t *testing.T) {
	model := llmtest.New(t)
	keys := newKeyring(t, map[string][]string{"newsroom": nil, "archive": nil})
	vars := map[string]string{
		"SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": model.URL(),
		"SUMMARIZER_CLIENTS": keys.path, "SUMMARIZER_LLM_CLIENT_DAILY_TOKENS": "6000",
	}
	first := serve(t, vars, "--nats-url", "embedded", "--nats-listen", "127.0.0.1:0")
	cluster := first.nats
	second := serve(t, vars, "--nats-url", cluster)
	degraded := func(s *testServer, client, text string) bool {
		return askAs(t, s, keys.keys[client], text+articleOf(1500)).GetSummary().GetProvenance().GetFallbackReason() == "BUDGET_EXHAUSTED"
	}
	n := 0
	for ; !degraded(first, "newsroom", strings.Repeat("The ferry left port again. ", n+1)); n++ {
		if n == 20 {
			t.Fatal("the budget of the client is never spent")
		}
	}
	if n == 0 {
		t.Fatal("the budget does not do for one answer")
	}
	if !degraded(second, "newsroom", "The tram left town on Friday. ") {
		t.Error("another server has a budget of its own")
	}
	if degraded(second, "archive", "The bus left town on Sunday. ") {
		t.Error("another client has no budget of its own")
	}
	stats := statsOf(t, "--data-dir", t.TempDir(), "--nats-url", cluster)
	if len(stats.Clients) != 2 || stats.SpentTokens != stats.Clients[0].Tokens+stats.Clients[1].Tokens || stats.SpentTokens == 0 {
		t.Errorf("what all servers spent: %+v", stats)
	}
}
