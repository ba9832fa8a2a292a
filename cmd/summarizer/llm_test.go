package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-59202292/summarizer/internal/display"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// check runs llm check --json over the one endpoint of the flags.
func check(t *testing.T, vars map[string]string, args ...string) (display.CheckLine, result) {
	t.Helper()
	got := cli(t, vars, "", append([]string{"llm", "check", "--json"}, args...)...)
	var c display.CheckLine
	if err := json.Unmarshal([]byte(got.stdout), &c); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	return c, got
}

func TestLLMCheck(t *testing.T) {
	refuse := llmtest.Error(400, nil, "response_format is not supported by this model")
	works := display.CheckLine{OK: true, Check: llm.Check{Reachable: true, Auth: llm.AuthOK, StructuredOutput: llm.StructuredSchema}}
	fails := func(failure llm.FailureKind, key llm.Auth) display.CheckLine {
		return display.CheckLine{Check: llm.Check{Reachable: true, Auth: key, Failure: failure}}
	}
	answersBadly := fails(llm.FailureAnswer, llm.AuthOK)
	answersBadly.StructuredOutput = llm.StructuredSchema
	withOtherCap := works
	withOtherCap.Changes = []string{"max_completion_tokens"}
	tests := []struct {
		name    string
		replies []llmtest.Response
		want    display.CheckLine
		calls   int
	}{
		{name: "works", want: works, calls: 1},
		{name: "key", replies: []llmtest.Response{llmtest.Error(401, "invalid_api_key", "Incorrect API key provided: sk-canarykey")}, want: fails(llm.FailureKey, llm.AuthRefused), calls: 1},
		{name: "right", replies: []llmtest.Response{llmtest.Error(403, nil, "no")}, want: fails(llm.FailureRights, llm.AuthRefused), calls: 1},
		{name: "model", replies: []llmtest.Response{llmtest.Error(404, "model_not_found", "The model does not exist")}, want: fails(llm.FailureNotFound, llm.AuthUnknown), calls: 1},
		{name: "rate", replies: []llmtest.Response{llmtest.Error(429, "rate_limit_exceeded", "slow down")}, want: fails(llm.FailureRate, llm.AuthUnknown), calls: 1},
		{name: "credit", replies: []llmtest.Response{llmtest.Error(429, "insufficient_quota", "no credit")}, want: fails(llm.FailureCredit, llm.AuthOK), calls: 1},
		{name: "down", replies: []llmtest.Response{llmtest.Status(502, "<html>bad gateway</html>")}, want: fails(llm.FailureServer, llm.AuthUnknown), calls: 1},
		{name: "busy", replies: []llmtest.Response{llmtest.Error(409, nil, "")}, want: fails(llm.FailureServer, llm.AuthUnknown), calls: 1},
		{name: "request", replies: []llmtest.Response{llmtest.Error(418, nil, "")}, want: fails(llm.FailureRequest, llm.AuthUnknown), calls: 1},
		{name: "request, without a word", replies: []llmtest.Response{llmtest.Status(400, ""), llmtest.Status(400, ""), llmtest.Status(400, "")}, want: fails(llm.FailureRequest, llm.AuthUnknown), calls: 3},
		{name: "another server", replies: []llmtest.Response{llmtest.Status(200, "<html>welcome</html>")}, want: fails(llm.FailureProtocol, llm.AuthUnknown), calls: 1},
		{name: "redirect", replies: []llmtest.Response{llmtest.Status(302, "", "Location", "http://127.0.0.1:1/")}, want: fails(llm.FailureProtocol, llm.AuthUnknown), calls: 1},
		{name: "cut", replies: []llmtest.Response{llmtest.Cut()}, want: fails(llm.FailureProtocol, llm.AuthUnknown), calls: 1},
		{name: "refusal", replies: []llmtest.Response{llmtest.Complete(llmtest.Completion{Refusal: "no"})}, want: fails(llm.FailureRefusal, llm.AuthOK), calls: 1},
		{name: "window", replies: []llmtest.Response{llmtest.Error(400, "context_length_exceeded", "too long")}, want: fails(llm.FailureWindow, llm.AuthOK), calls: 1},
		{name: "no JSON", replies: []llmtest.Response{llmtest.Content("The lamp is lit.")}, want: answersBadly, calls: 1},
		{
			name: "invented", want: answersBadly, calls: 1,
			replies: []llmtest.Response{llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences("The lamp cost 9 million crowns."), Topics: llmtest.Topics("shipping")})},
		},
		{
			name: "knows json_object only", replies: []llmtest.Response{refuse}, calls: 2,
			want: display.CheckLine{OK: true, Check: llm.Check{Reachable: true, Auth: llm.AuthOK, StructuredOutput: llm.StructuredObject, Refused: []llm.StructuredOutput{llm.StructuredSchema}}},
		},
		{
			name: "knows neither", replies: []llmtest.Response{refuse, refuse}, calls: 3,
			want: display.CheckLine{OK: true, Check: llm.Check{Reachable: true, Auth: llm.AuthOK, StructuredOutput: llm.StructuredPrompt, Refused: []llm.StructuredOutput{llm.StructuredSchema, llm.StructuredObject}}},
		},
		{name: "reasoning model", replies: []llmtest.Response{llmtest.Error(400, nil, "max_tokens is not supported, use max_completion_tokens")}, want: withOtherCap, calls: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			model := llmtest.New(t)
			model.Enqueue(tt.replies...)
			c, got := check(t, map[string]string{"OPENAI_API_KEY": "sk-canarykey"}, "--llm-model", "small", "--llm-base-url", model.URL())
			if diff := cmp.Diff(tt.want, c, cmpopts.IgnoreFields(display.CheckLine{},
				"Check.Endpoint", "Check.Model", "Check.BaseURL", "Check.Detail", "Check.Reason", "LatencyMillis", "InputTokens", "OutputTokens", "Hint")); diff != "" {
				t.Errorf("check (-want +got):\n%s", diff)
			}
			if c.Endpoint != "default" || c.Model != "small" || c.BaseURL != model.URL() {
				t.Errorf("the endpoint is %q, %q, %q", c.Endpoint, c.Model, c.BaseURL)
			}
			if code := map[bool]int{true: exitOK, false: exitSomeFailed}[tt.want.OK]; got.code != code {
				t.Errorf("exit code %d, want %d", got.code, code)
			}
			if (c.Hint == "" || c.Detail == "") != tt.want.OK {
				t.Errorf("detail %q, hint %q", c.Detail, c.Hint)
			}
			if strings.Contains(got.stdout+got.stderr, "canary") {
				t.Errorf("the key is printed: %+v", got)
			}
			if n := model.Count(); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestLLMCheckOfUnreachableEndpoint(t *testing.T) {
	untrusted := llmtest.NewTLS(t)
	hangs := llmtest.New(t)
	hangs.Default(llmtest.Hang())
	for url, want := range map[string]llm.FailureKind{
		"http://" + closedPort(t) + "/v1":  llm.FailureConnect,
		"http://no-such-host.invalid:1/v1": llm.FailureName,
		untrusted.URL():                    llm.FailureTLS,
		hangs.URL():                        llm.FailureTimeout,
	} {
		timeout := "20s"
		if want == llm.FailureTimeout {
			timeout = "300ms"
		}
		c, got := check(t, nil, "--llm-model", "small", "--llm-base-url", url, "--llm-timeout", timeout)
		if c.Failure != want || c.Reachable || c.Hint == "" || got.code != exitSomeFailed {
			t.Errorf("%s: %+v, want %s", url, c, want)
		}
	}
}

func TestLLMCheckOfNothing(t *testing.T) {
	got := cli(t, nil, "", "llm", "check")
	if got.code != exitUsage || got.stdout != "" || !strings.Contains(got.stderr, "--llm-model") {
		t.Errorf("got %+v", got)
	}
}

// TestLLMCheckTable checks several endpoints of a file, one of which is down.
func TestLLMCheckTable(t *testing.T) {
	good, plain, down := llmtest.New(t), llmtest.New(t), closedPort(t)
	good.Default(llmtest.Complete(llmtest.Completion{
		Content:     llmtest.Answer{Summary: llmtest.Sentences("The lighthouse of Skarven was lit again."), Topics: llmtest.Topics("shipping")}.Content(),
		InputTokens: 700, OutputTokens: 40,
	}))
	plain.Enqueue(llmtest.Error(400, nil, "json_schema is unknown"))
	file := write(t, "config.yaml", fmt.Sprintf(`llm:
  endpoints:
    - {name: main, model: small, base_url: "%s", api_key_env: MAIN_KEY, input_price: 0.5, output_price: 2}
    - {name: own, model: tiny, base_url: "%s"}
    - {name: spare, model: old, base_url: "http://user:canary@%s/v1"}
`, good.URL(), plain.URL(), down))

	got := cli(t, map[string]string{"MAIN_KEY": "sk-canary"}, "", "--config", file, "llm", "check")

	if got.code != exitSomeFailed || strings.Contains(got.stdout+got.stderr, "canary") {
		t.Errorf("got %+v", got)
	}
	var rows [][]string
	for line := range strings.SplitSeq(got.stdout, "\n") {
		if fields := strings.Fields(line); len(fields) > 5 {
			rows = append(rows, append(fields[:5:5], fields[6:]...)) // without the latency
		}
	}
	want := [][]string{
		{"ENDPOINT", "MODEL", "REACHABLE", "KEY", "JSON", "LATENCY", "TOKENS", "COST", "VERDICT"},
		{"main", "small", "yes", "ok", "json_schema", "700", "in,", "40", "out", "$0.000430", "ok"},
	}
	if diff := cmp.Diff(want, rows[:2]); diff != "" {
		t.Errorf("table (-want +got):\n%s\n%s", diff, got.stdout)
	}
	for _, want := range []string{
		"own: does not know json_schema; asked in a simpler way\n",
		"no price set",
		"spare: the language model endpoint takes no connection: check that it runs, and its base URL: dial tcp",
		"http://user:xxxxx@" + down,
		"start the server, or check host and port",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in\n%s", want, got.stdout)
		}
	}
}

// TestLLMCheckKeepsToTheFormatOfTheFile has an endpoint that may not step down.
func TestLLMCheckKeepsToTheFormatOfTheFile(t *testing.T) {
	model := llmtest.New(t)
	model.Default(llmtest.Error(400, nil, "json_schema is unknown"))
	file := write(t, "config.yaml", fmt.Sprintf("llm:\n  endpoints:\n    - {model: small, base_url: \"%s\", structured_output: json_schema}\n", model.URL()))
	c, got := check(t, nil, "--config", file)
	if c.Failure != llm.FailureFormat || c.Auth != llm.AuthNoKey || c.Hint == "" || got.code != exitSomeFailed || model.Count() != 1 {
		t.Errorf("got %+v after %d calls", c, model.Count())
	}
}

// TestLLMCheckTellsTheServersOwnReason has a server that quotes the key and the article.
func TestLLMCheckTellsTheServersOwnReason(t *testing.T) {
	model := llmtest.New(t)
	model.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		_, text, _ := r.Chat().Article()
		llmtest.Error(400, nil, "The deployment tiny has no worker for key sk-canarykey; you sent: "+text+strings.Repeat(" And so on.", 99))(w, r)
	})
	c, got := check(t, map[string]string{"OPENAI_API_KEY": "sk-canarykey"}, "--llm-model", "small", "--llm-base-url", model.URL())
	if got.code != exitSomeFailed || !strings.HasPrefix(c.Reason, "The deployment tiny has no worker for key [key]; you sent: …") || len([]rune(c.Reason)) > 300 {
		t.Errorf("reason %q", c.Reason)
	}
	if strings.Contains(got.stdout+got.stderr, "Skarven") || strings.Contains(got.stdout+got.stderr, "canary") {
		t.Errorf("article or key are printed: %+v", got)
	}
	plain := cli(t, nil, "", "llm", "check", "--llm-model", "small", "--llm-base-url", model.URL())
	if !strings.Contains(plain.stdout, "  the server says: The deployment tiny") {
		t.Errorf("got %s", plain.stdout)
	}
}

func TestLLMCheckInterrupted(t *testing.T) {
	model := llmtest.New(t)
	model.Default(llmtest.Hang())
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		model.AwaitArrivals(t, 1)
		cancel()
	}()
	var stdout, stderr strings.Builder
	args := []string{"llm", "check", "--llm-model", "small", "--llm-base-url", model.URL()}
	if code := run(ctx, hangups{}, args, nil, strings.NewReader(""), &stdout, &stderr); code != exitInterrupted || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("code %d, %s", code, stderr.String())
	}
}

func TestLLMCheckOfTheURLOfTheMethod(t *testing.T) {
	got := cli(t, nil, "", "llm", "check", "--llm-model", "small", "--llm-base-url", "http://127.0.0.1:1/v1/chat/completions")
	if got.code != exitUsage || !strings.Contains(got.stderr, "leave that off") {
		t.Errorf("got %+v", got)
	}
}
