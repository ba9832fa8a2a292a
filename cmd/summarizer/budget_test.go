package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/admin"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/server"
)

// news returns a request for an article that no other number asks for.
func news(n int) *summarizerv1.AnalyzeArticleRequest {
	text := fmt.Sprintf("%s\nThe company with the number %d waits in the port.\n", mine, n)
	return &summarizerv1.AnalyzeArticleRequest{Article: &summarizerv1.Article{Text: text}}
}

// granted is what a model says of the news.
const granted = "The soldiers will patrol the ceasefire line."

// wantSource fails the test unless both features have the source and the reason.
func wantSource(t *testing.T, response *summarizerv1.AnalyzeArticleResponse, err error, source summarizerv1.Provenance_Source, reason string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*summarizerv1.Provenance{response.Summary.Provenance, response.Classification.Provenance} {
		if p.Source != source || p.FallbackReason != reason || p.Degraded != (reason != "") {
			t.Errorf("got %v, degraded %t, reason %q; want %v, reason %q", p.Source, p.Degraded, p.FallbackReason, source, reason)
		}
	}
}

// TestDailyBudget spends a budget, over a restart, and comes back the next day.
func TestDailyBudget(t *testing.T) {
	fake := llmtest.New(t) // outside the bubble: its listener would hold up the clock
	answer := llmtest.Answer{Summary: llmtest.Sentences(granted), Topics: llmtest.Topics("peacekeeping")}
	fake.Default(llmtest.Complete(llmtest.Completion{Content: answer.Content(), InputTokens: 9_000, OutputTokens: 1_000}))
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		// Each call is charged 10,000 tokens, and the prompt alone takes more than 2,000.
		const limit, calls = 42_000, 4
		start := func() (*server.Handler, *wiring) {
			flags := &serviceFlags{DataDir: dir, DefaultDeadline: 30 * time.Second, llmFlags: llmFlags{
				Model: "m", BaseURL: fake.URL(), DailyTokens: limit,
			}}
			env := &environment{ctx: t.Context(), stderr: io.Discard}
			a, err := wire(env, flags, true, nil, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return server.NewHandler(a.service, server.Options{}), a
		}
		handler, a := start()
		for i := range calls {
			response, err := handler.AnalyzeArticle(t.Context(), news(i))
			wantSource(t, response, err, summarizerv1.Provenance_SOURCE_LLM, "")
			if u := response.Usage; u.InputTokens != 9_000 || u.OutputTokens != 1_000 {
				t.Errorf("usage %v", u)
			}
		}
		spent := func() {
			t.Helper()
			response, err := handler.AnalyzeArticle(t.Context(), news(calls))
			wantSource(t, response, err, summarizerv1.Provenance_SOURCE_LOCAL, "BUDGET_EXHAUSTED")
			if u := response.Usage; u.InputTokens != 0 || u.OutputTokens != 0 {
				t.Errorf("usage %v of a call that was not made", u)
			}
		}
		spent()
		response, err := handler.AnalyzeArticle(t.Context(), news(0))
		wantSource(t, response, err, summarizerv1.Provenance_SOURCE_CACHE, "")

		strict := news(calls)
		strict.ServingOptions = &summarizerv1.ServingOptions{EnginePolicy: summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_ONLY}
		_, err = handler.AnalyzeArticle(t.Context(), strict)
		var reasons, subjects []string
		for _, detail := range status.Convert(err).Details() {
			switch detail := detail.(type) {
			case *errdetails.ErrorInfo:
				reasons = append(reasons, detail.Reason)
			case *errdetails.QuotaFailure:
				for _, violation := range detail.Violations {
					subjects = append(subjects, violation.Subject)
				}
			}
		}
		if status.Code(err) != codes.ResourceExhausted || !slices.Equal(reasons, []string{"BUDGET_EXHAUSTED"}) || !slices.Equal(subjects, []string{"service"}) {
			t.Errorf("under LLM_ONLY: %v, reasons %q, subjects %q", err, reasons, subjects)
		}

		a.Close()
		handler, a = start()
		spent()
		if n := fake.Count(); n != calls {
			t.Errorf("%d upstream calls, want %d", n, calls)
		}
		a.model.Close() // idle connections would hold up the clock
		time.Sleep(24 * time.Hour)
		response, err = handler.AnalyzeArticle(t.Context(), news(calls))
		wantSource(t, response, err, summarizerv1.Provenance_SOURCE_LLM, "")
		a.Close()
	})
}

// TestBudgetOfManyAtOnce has more articles come in at once than the budget can pay
// for. What is charged is what the responses report, within the budget.
func TestBudgetOfManyAtOnce(t *testing.T) {
	fake := llmtest.New(t)
	answer := llmtest.Answer{Summary: llmtest.Sentences(granted), Topics: llmtest.Topics("peacekeeping")}
	fake.Default(llmtest.Complete(llmtest.Completion{Content: answer.Content(), InputTokens: 3_000, OutputTokens: 500}))
	const limit, articles = 60_000, 60
	flags := &serviceFlags{DataDir: t.TempDir(), DefaultDeadline: time.Minute, llmFlags: llmFlags{
		Model: "m", BaseURL: fake.URL(), DailyTokens: limit,
	}}
	env := &environment{ctx: t.Context(), stderr: io.Discard}
	a, err := wire(env, flags, true, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	handler := server.NewHandler(a.service, server.Options{})
	var reported atomic.Int64
	var callers sync.WaitGroup
	for i := range articles {
		callers.Go(func() {
			response, err := handler.AnalyzeArticle(t.Context(), news(i))
			if err != nil {
				t.Error(err)
				return
			}
			reported.Add(int64(response.Usage.InputTokens + response.Usage.OutputTokens))
			if p := response.Summary.Provenance; p.FallbackReason != "" && p.FallbackReason != "BUDGET_EXHAUSTED" {
				t.Errorf("answered without the model for %s", p.FallbackReason)
			}
		})
	}
	callers.Wait()
	stats, err := a.cache.Stats()
	if err != nil || stats.SpentTokens != reported.Load() || stats.SpentTokens != int64(3_500*fake.Count()) {
		t.Errorf("%d tokens are charged and %d reported for %d calls, %v", stats.SpentTokens, reported.Load(), fake.Count(), err)
	}
	if stats.SpentTokens > limit || fake.Count() == 0 || fake.Count() == articles {
		t.Errorf("%d of %d tokens are spent, in %d calls", stats.SpentTokens, limit, fake.Count())
	}
}

// TestBudgetInMetricsAndStats spends what a client may, which all callers of a
// server are together.
func TestBudgetInMetricsAndStats(t *testing.T) {
	api := llmtest.New(t)
	answer := llmtest.Answer{Summary: llmtest.Sentences(granted), Topics: llmtest.Topics("peacekeeping")}
	api.Default(llmtest.Complete(llmtest.Completion{Content: answer.Content(), InputTokens: 9_000, OutputTokens: 1_000}))
	dir := t.TempDir()
	s := serve(t, map[string]string{"OPENAI_BASE_URL": api.URL()}, "--data-dir", dir, "--llm-model", "m",
		"--llm-input-price", "1", "--llm-output-price", "10",
		"--llm-daily-usd", "1", "--llm-client-daily-tokens", "20000")
	for i := range 3 {
		file := write(t, "a.txt", news(i).Article.Text)
		if got := cli(t, nil, "", "analyze", "--json", "--addr", s.grpc, file); got.code != exitOK {
			t.Fatalf("analyze: %+v", got)
		}
	}
	_, metrics := get(t, "http://"+s.admin+"/metrics")
	for _, line := range []string{
		`summarizer_llm_budget_left{unit="usd"} 0.962`,
		`summarizer_llm_budget_refusals_total{budget="client"} 1`,
		`summarizer_llm_cost_usd_total 0.038`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	got := cli(t, nil, "", "cache", "stats", "--admin-addr", s.admin)
	if !strings.Contains(got.stdout, "today   20000 tokens, 0.038000 US dollars spent on language models\n") {
		t.Errorf("stats: %+v", got)
	}
	s.stop()
	got = cli(t, nil, "", "cache", "stats", "--json", "--data-dir", dir)
	var stats admin.CacheStats
	if err := json.NewDecoder(bytes.NewBufferString(got.stdout)).Decode(&stats); err != nil || stats.SpentTokens != 20_000 || stats.SpentMicroUSD != 38_000 {
		t.Errorf("stats: %+v, %v", got, err)
	}
}

func TestBadBudgets(t *testing.T) {
	model := []string{"analyze", "--llm-model", "m", "--llm-base-url", "http://localhost:1", "--data-dir", t.TempDir()}
	endpoint := "llm:\n  endpoints:\n    - model: m\n      base_url: http://localhost:1\n"
	for _, tt := range []struct {
		name string
		args []string
		file string
		want []string
	}{
		{"tokens", append(model, "--llm-daily-tokens=-1"), "", []string{"--llm-daily-tokens is -1"}},
		{"a part of a token", append(model, "--llm-daily-tokens=1.5"), "", []string{"--llm-daily-tokens"}},
		{"negative", append(model, "--llm-daily-usd=-1"), "", []string{"--llm-daily-usd is -1", "0 for no limit"}},
		{"too little to count", append(model, "--llm-client-daily-usd=0.0000001"), "", []string{"--llm-client-daily-usd is 1e-07", "0.000001"}},
		{"no number", append(model, "--llm-daily-usd=NaN"), "", []string{"--llm-daily-usd is NaN"}},
		{"no end", append(model, "--llm-daily-usd=Inf"), "", []string{"--llm-daily-usd is +Inf"}},
		{"no prices", append(model, "--llm-daily-usd=1"), "", []string{"--llm-input-price", "--llm-output-price"}},
		{"one price", append(model, "--llm-client-daily-usd=1", "--llm-input-price=1"), "", []string{"--llm-output-price"}},
		{"no prices in the file", []string{"analyze", "--llm-daily-usd=1", "--data-dir", t.TempDir()}, endpoint, []string{`endpoint "default"`, "input price", "free"}},
		{"free at a price", []string{"analyze"}, endpoint + "      free: true\n      input_price: 1\n", []string{":3", "free has no prices"}},
		{"free in a word", []string{"analyze"}, endpoint + "      free: sure\n", []string{":5", "true or false"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vars := map[string]string{}
			if tt.file != "" {
				vars["SUMMARIZER_CONFIG"] = write(t, "c.yaml", tt.file)
			}
			got := cli(t, vars, mine, append(tt.args, "-")...)
			if got.code != exitUsage || got.stdout != "" {
				t.Errorf("code %d, printed %q", got.code, got.stdout)
			}
			oneLine(t, got.stderr, tt.want...)
		})
	}
}
