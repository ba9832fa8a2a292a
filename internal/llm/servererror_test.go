package llm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	openai "github.com/sashabaranov/go-openai"
)

func TestWaitInErrors(t *testing.T) {
	for body, want := range map[string]time.Duration{
		"Please try again in 1.8s.":                         1800 * time.Millisecond,
		"please retry after 17 seconds":                     17 * time.Second,
		"wait 1m30s":                                        90 * time.Second,
		"try again in 350ms":                                350 * time.Millisecond,
		"Retry-After: 5 seconds":                            5 * time.Second,
		"the limit resets in 2 minutes":                     2 * time.Minute,
		"try again in 9 hours":                              time.Hour,
		"try again later":                                   0,
		"Limit 5 s":                                         0,
		`{"error":{"message":"slow down","retry_after":3}}`: 3 * time.Second,
		`{"error":{"message":"","details":[{"retryDelay":"4s"}]}}`:  4 * time.Second,
		`{"error":{"message":"","details":[{"retryDelay":"-4s"}]}}`: 0,
	} {
		if got := readError([]byte(body), nil).wait; got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}

// TestErrorsWithoutWhatTheyRepeat checks that nothing of a request is taken for the
// server's own words, wherever it stands.
func TestErrorsWithoutWhatTheyRepeat(t *testing.T) {
	const article = "The response_format of the treaty was grammar. The temperature is not supported by the context window of the house."
	sent := []openai.ChatCompletionMessage{{Content: "You are an editor of news."}, {Content: article}}
	for _, body := range []string{
		fmt.Sprintf(`{"error":{"message":%q}}`, "cannot read: "+article),
		fmt.Sprintf(`{"detail":[{"loc":["body","user"],"msg":"Field required","input":%q}]}`, article),
		fmt.Sprintf(`{"error":{"message":%q}}`, "[{'loc': ('body', 'user'), 'msg': 'Field required', 'input': {'temperature': 0, 'text': '"+article+"'}}]"),
		fmt.Sprintf(`{"message":"Bad request","request":{"messages":[%q]}}`, article),
		fmt.Sprintf(`{"error":{"message":%q}}`, "1 validation error, input_value="+article[:40]),
		article,
	} {
		e := readError([]byte(body), sent)
		if f := e.failure(400, 2816); f.misfit.part != partNone && !f.misfit.guess || f.kind != FailureRequest {
			t.Errorf("%s\nreads as %q: %s, %+v", body, e.message, f.kind, f.misfit)
		}
	}
	own := "The parameter temperature is not one of those that are known here"
	if got := withoutEcho(own, sent); got != own {
		t.Errorf("the server's own words became %q", got)
	}
}

func TestFigures(t *testing.T) {
	for message, want := range map[string][]int{
		"max_tokens: 2816 > 2048, for small-3-5-20241022":        {2816, 2048},
		"at most 4,096 tokens, not 1.5 or gpt-4.1. Given 9_000.": {4096, 9000},
		"range [1, 8192]":             {1, 8192},
		"99999999999999999999 tokens": nil,
	} {
		if got := (&serverError{message: message}).figures(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", message, got, want)
		}
	}
}

// FuzzReadError reads whatever a server may send with a bad status.
func FuzzReadError(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"message":"max_tokens is too large: at most 9","code":400,"param":"max_tokens"}}`, `[{"error":{"details":[{"retryDelay":"1s"}]}}]`,
		`{"detail":[{"loc":["body",0],"msg":"x","input":{}}]}`, `{"error":"{\"error\":\"[{\"}"}`, "<html>", "try again in 1e9s", "\ufeff{}", "[['loc': (", "",
		strings.Repeat(`{"error":`, 200), strings.Repeat("[", 5000),
	} {
		f.Add([]byte(seed), 429, "the article")
	}
	f.Fuzz(func(t *testing.T, body []byte, status int, text string) {
		e := readError(body, []openai.ChatCompletionMessage{{Content: text}})
		failure := classifyError(status, e, 2816)
		if failure.err == nil || failure.err.Reason == "" || failure.err.RetryAfter < 0 || failure.err.RetryAfter > time.Hour {
			t.Errorf("%+v", failure.err)
		}
		if m := failure.misfit; m.part == partCap && (m.cap < 0 || m.cap >= 2816) {
			t.Errorf("a cap of %d", m.cap)
		}
		if n := len([]rune(failure.reason("key"))); n > maxReason {
			t.Errorf("a reason of %d characters", n)
		}
	})
}

// FuzzReadAnswer reads whatever a server may send with a good status.
func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"choices":[{"message":{"content":"{}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1e30}}`, "data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\ndata: [DONE]",
		`[{"choices":[{"message":{"content":[{"text":"a"},"b",{"type":"thinking","thinking":[{"text":"c"}]}]}}]}]`, `{"error":{"code":429}}`, ": x\n\n{}", "",
		`{"choices":[{"message":{"tool_calls":[{"index":-1,"function":{"arguments":{}}},{"index":9}]}}]}`, strings.Repeat("[", 3000), strings.Repeat("{}", 300),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		a := readAnswer(body, nil)
		_, _ = a.judge(completion{})
	})
}
