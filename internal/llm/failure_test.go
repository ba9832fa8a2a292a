package llm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// echo stands for a server that quotes the request in its errors.
const echo = "you said: " + canary

// canary is a string of the article that must never be seen in logs or errors.
const canary = "Ostrava Bay"

// TestFailures goes over a real socket, through the real client. Each row is
// one way in which a call can fail, the reason it must get, and the number of
// upstream calls it may cost.
func TestFailures(t *testing.T) {
	good := llmtest.Answer{
		Summary: llmtest.Sentences("Norland and Vestria signed a five-year agreement."),
		Topics:  llmtest.Topics("peacekeeping"),
	}.Content()
	short := 150 * time.Millisecond
	tests := []struct {
		name    string
		reply   llmtest.Response
		reason  summarizer.Reason
		timeout time.Duration
		retry   time.Duration
		calls   int // when 0: 2 for what is retried, else 1
	}{
		{name: "401", reply: llmtest.Error(401, "invalid_api_key", echo), reason: summarizer.ReasonLLMMisconfigured},
		{name: "403", reply: llmtest.Error(403, nil, echo), reason: summarizer.ReasonLLMMisconfigured},
		{name: "404 model", reply: llmtest.Error(404, "model_not_found", echo), reason: summarizer.ReasonLLMMisconfigured},
		{name: "400", reply: llmtest.Error(400, nil, echo), reason: summarizer.ReasonLLMMisconfigured},
		{name: "413 HTML", reply: llmtest.Status(413, "<html>"+echo), reason: summarizer.ReasonLLMContextOverflow},
		{name: "408", reply: llmtest.Error(408, nil, echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "409", reply: llmtest.Error(409, nil, echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "429 without Retry-After", reply: llmtest.Error(429, "rate_limit_exceeded", echo), reason: summarizer.ReasonLLMRateLimited},
		{name: "429 with Retry-After", reply: llmtest.Error(429, nil, echo, "Retry-After", "7"), reason: summarizer.ReasonLLMRateLimited, retry: 7 * time.Second},
		{name: "429 with milliseconds", reply: llmtest.Error(429, nil, echo, "Retry-After-Ms", "1500"), reason: summarizer.ReasonLLMRateLimited, retry: 1500 * time.Millisecond},
		{name: "500", reply: llmtest.Error(500, nil, echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "502 HTML", reply: llmtest.Status(502, "<html><body>Bad gateway "+echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "503 with Retry-After", reply: llmtest.Status(503, "", "Retry-After", "3"), reason: summarizer.ReasonLLMUnavailable, retry: 3 * time.Second},
		{name: "redirect", reply: llmtest.Status(307, "", "Location", "http://192.0.2.1/elsewhere"), reason: summarizer.ReasonLLMMisconfigured},
		{name: "304", reply: llmtest.Status(304, ""), reason: summarizer.ReasonLLMMisconfigured},

		{name: "reset", reply: llmtest.Reset(), reason: summarizer.ReasonLLMUnavailable},
		{name: "cut body", reply: llmtest.Cut(), reason: summarizer.ReasonLLMUnavailable},
		{name: "empty body", reply: llmtest.Status(200, ""), reason: summarizer.ReasonLLMUnavailable},
		{name: "empty choices", reply: llmtest.Status(200, `{"choices":[]}`), reason: summarizer.ReasonLLMUnavailable},
		{name: "error object in a 200", reply: llmtest.Error(200, "server_error", echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "HTML in a 200", reply: llmtest.Status(200, "<html>"+echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "wrong type in a 200", reply: llmtest.Status(200, `{"choices":"`+echo+`"}`), reason: summarizer.ReasonLLMUnavailable},
		{name: "numeric error code", reply: llmtest.Error(500, 500, echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "fractional error code", reply: llmtest.Error(503, 12.5, echo), reason: summarizer.ReasonLLMUnavailable},
		{name: "error is a string", reply: llmtest.Status(500, `{"error":"`+echo+`"}`), reason: summarizer.ReasonLLMUnavailable},
		{name: "oversize body", reply: llmtest.Content(strings.Repeat(" ", 2<<20)), reason: summarizer.ReasonLLMOutputInvalid, calls: 2},

		{name: "hang before headers", reply: llmtest.Hang(), reason: summarizer.ReasonLLMTimeout, timeout: short},
		{name: "hang mid-body", reply: llmtest.HangMidBody(), reason: summarizer.ReasonLLMTimeout, timeout: short},
		{name: "slow drip", reply: llmtest.Drip(10 * time.Millisecond), reason: summarizer.ReasonLLMTimeout, timeout: short},

		{name: "refusal field", reply: llmtest.Complete(llmtest.Completion{Refusal: "I will not " + echo}), reason: summarizer.ReasonLLMRefused},
		{name: "content filter", reply: llmtest.Complete(llmtest.Completion{Content: good, FinishReason: "content_filter"}), reason: summarizer.ReasonLLMRefused},
		{name: "content filter of the prompt", reply: llmtest.Error(400, "content_filter", echo), reason: summarizer.ReasonLLMRefused},

		{name: "tool call", reply: llmtest.Complete(llmtest.Completion{ToolCall: "search"}), reason: summarizer.ReasonLLMOutputInvalid, calls: 3},
		{name: "empty content", reply: llmtest.Content(""), reason: summarizer.ReasonLLMOutputInvalid, calls: 3},
		{name: "runaway whitespace", reply: llmtest.Content("{" + strings.Repeat("\n ", 5000)), reason: summarizer.ReasonLLMOutputInvalid, calls: 2},
		{name: "prose", reply: llmtest.Content("The article is about " + canary), reason: summarizer.ReasonLLMOutputInvalid, calls: 3},
		{name: "two objects", reply: llmtest.Content(good + good), reason: summarizer.ReasonLLMOutputInvalid, calls: 3},

		{name: "context overflow, OpenAI", reply: llmtest.Error(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."), reason: summarizer.ReasonLLMContextOverflow},
		{name: "context overflow, vLLM", reply: llmtest.Status(400, `{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.","type":"BadRequestError","param":null,"code":400}`), reason: summarizer.ReasonLLMContextOverflow},
		{name: "context overflow, llama.cpp", reply: llmtest.Status(400, `{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_ctx":4096}}`), reason: summarizer.ReasonLLMContextOverflow},
		{name: "context overflow, Ollama", reply: llmtest.Status(500, `{"error":"the input length exceeds the context length"}`), reason: summarizer.ReasonLLMContextOverflow},
		{name: "context overflow, Azure", reply: llmtest.Error(400, "context_length_exceeded", "Your input exceeds the context window of this model."), reason: summarizer.ReasonLLMContextOverflow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := llmtest.New(t)
			server.Default(tt.reply)
			var log bytes.Buffer
			options := one(server)
			options.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			if tt.timeout > 0 {
				options.Endpoints[0].Timeout = tt.timeout
			}
			engine := newEngine(t, options)

			task := harbour()
			task.Callers = waitUntil(1500 * time.Millisecond)
			reply := engine.Analyze(context.Background(), task)

			if reply.Summary != nil || reply.Topics != nil {
				t.Errorf("an answer came: %+v", reply)
			}
			for feature, err := range map[string]error{"summary": reply.SummaryErr, "topics": reply.TopicsErr} {
				var e *summarizer.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s: error %v is not a *summarizer.Error", feature, err)
				}
				if e.Reason != tt.reason || e.RetryAfter != tt.retry {
					t.Errorf("%s: reason %s, retry after %v; want %s, %v (cause: %v)", feature, e.Reason, e.RetryAfter, tt.reason, tt.retry, e.Err)
				}
				if said := spill(e); strings.Contains(said, canary) || strings.Contains(said, "canary-key") {
					t.Errorf("%s: the error tells too much: %s", feature, said)
				}
			}
			if got := log.String(); strings.Contains(got, canary) || strings.Contains(got, "canary-key") || !strings.Contains(got, "outcome="+string(tt.reason)) {
				t.Errorf("log = %s", got)
			}
			calls := max(tt.calls, 1)
			if tt.calls == 0 && tt.retry == 0 && (tt.reason == summarizer.ReasonLLMUnavailable || tt.reason == summarizer.ReasonLLMRateLimited) {
				calls = 2
			}
			if got := server.Count(); got != calls {
				t.Errorf("%d upstream calls, want %d", got, calls)
			}
		})
	}
}

// spill prints everything that an error and its causes hold.
func spill(err error) string {
	var b strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%v\n%+v\n%#v\n", err, err, err)
	}
	return b.String()
}

// TestWrongPathNamesTheRightOne checks that errors of a base URL that leads elsewhere
// explain the base URL.
func TestWrongPathNamesTheRightOne(t *testing.T) {
	for name, reply := range map[string]llmtest.Response{
		"no such path": llmtest.Status(404, "404 page not found"),
		"a page":       llmtest.Status(200, "<html><title>Sign in</title></html>"),
	} {
		server := llmtest.New(t)
		server.Default(reply)
		err := newEngine(t, one(server)).Analyze(context.Background(), harbour()).SummaryErr
		if err == nil || !strings.Contains(err.Error(), "/chat/completions of an OpenAI-compatible API") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	untrusted := llmtest.NewTLS(t)
	tests := []struct {
		name, url string
	}{
		{"refused", closed.URL},
		{"DNS", "http://no-such-host.invalid/v1"},
		{"TLS", untrusted.URL()},
		{"not HTTP", "http://" + babble(t)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			engine := newEngine(t, llm.Options{Endpoints: []llm.Endpoint{{BaseURL: tt.url, Model: "m"}}})
			reply := engine.Analyze(context.Background(), harbour())
			if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMUnavailable {
				t.Errorf("reason %s, want LLM_UNAVAILABLE (%+v)", got, spill(reply.SummaryErr))
			}
			if strings.Contains(spill(reply.SummaryErr), canary) {
				t.Errorf("the error quotes the server: %s", spill(reply.SummaryErr))
			}
		})
	}
}

// babble listens on an address and answers with something that is not HTTP.
func babble(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			_, _ = conn.Write([]byte(canary + "\r\n\r\n"))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

func TestCallerLeaves(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Hang())
	engine := newEngine(t, one(server))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan *summarizer.Reply)
	go func() { done <- engine.Analyze(ctx, harbour()) }()
	server.AwaitArrivals(t, 1)
	cancel()
	select {
	case reply := <-done:
		if !errors.Is(reply.SummaryErr, context.Canceled) || summarizer.ReasonOf(reply.SummaryErr) != summarizer.ReasonLLMTimeout {
			t.Errorf("error = %v, want LLM_TIMEOUT around context.Canceled", reply.SummaryErr)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the call goes on without its caller")
	}
	server.AwaitGone(t, 1)
}

func TestContextDeadline(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Hang())
	engine := newEngine(t, one(server))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	reply := engine.Analyze(ctx, harbour())
	if got := summarizer.ReasonOf(reply.TopicsErr); got != summarizer.ReasonLLMTimeout {
		t.Errorf("reason %s, want LLM_TIMEOUT", got)
	}
}

// TestRedirectKeepsKey checks that a redirect gets neither key nor article.
func TestRedirectKeepsKey(t *testing.T) {
	elsewhere := llmtest.New(t)
	server := llmtest.New(t)
	server.Default(llmtest.Status(http.StatusTemporaryRedirect, "", "Location", elsewhere.URL()+"/chat/completions"))
	engine := newEngine(t, one(server))
	if reply := engine.Analyze(context.Background(), harbour()); summarizer.ReasonOf(reply.SummaryErr) != summarizer.ReasonLLMMisconfigured {
		t.Errorf("error = %v", reply.SummaryErr)
	}
	if elsewhere.Count() != 0 {
		t.Error("the redirect was followed")
	}
}
