package modelserver

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
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
		if got := ReadError(429, []byte(body), Sent{}).Wait; got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}

// TestErrorsWithoutTheRequest checks that nothing of a request is taken for the
// server's own words, wherever it stands.
func TestErrorsWithoutTheRequest(t *testing.T) {
	const article = "The response_format of the treaty was grammar. The temperature is not supported by the context window of the house."
	sent := Sent{Texts: []string{"You are an editor of news.", article}, Output: 2816}
	for _, body := range []string{
		fmt.Sprintf(`{"error":{"message":%q}}`, "cannot read: "+article),
		fmt.Sprintf(`{"detail":[{"loc":["body","user"],"msg":"Field required","input":%q}]}`, article),
		fmt.Sprintf(`{"error":{"message":%q}}`, "[{'loc': ('body', 'user'), 'msg': 'Field required', 'input': {'temperature': 0, 'text': '"+article+"'}}]"),
		fmt.Sprintf(`{"message":"Bad request","request":{"messages":[%q]}}`, article),
		fmt.Sprintf(`{"error":{"message":%q}}`, "1 validation error, input_value="+article[:40]),
		article,
	} {
		e := ReadError(400, []byte(body), sent)
		if v := e.Verdict(); v.Meaning != Rejected || v.Misfit.Part != PartNone && !v.Misfit.Guess {
			t.Errorf("%s\nreads as %q: %+v", body, e.Message, v)
		}
	}
	own := "The parameter temperature is not one of those that are known here"
	if got := withoutEcho(own, sent.Texts); got != own {
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
		if got := (&ErrorBody{Message: message}).figures(); !slices.Equal(got, want) {
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
		e := ReadError(status, body, Sent{Texts: []string{text}, Input: 1000, Output: 2816})
		v := e.Verdict()
		if e.Wait < 0 || e.Wait > time.Hour || v.Window < 0 {
			t.Errorf("%v, %+v", e.Wait, v)
		}
		if m := v.Misfit; m.Part == PartCap && (m.Cap < 0 || m.Cap >= 2816) {
			t.Errorf("a cap of %d", m.Cap)
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
	f.Fuzz(func(t *testing.T, body []byte) {
		a := ReadAnswer(body)
		if a.Fault != nil {
			ReadError(200, a.Fault, Sent{}).Verdict()
		}
		if object := Object(a.Content); object != nil && object.Kind() != '{' {
			t.Errorf("%s is no object", object)
		}
	})
}

// TestSlipsInJSON checks that the slips of small models cost no answer, and that two
// objects stay two.
func TestSlipsInJSON(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\":[1,2,],}":                 "{\"a\":[1,2 ] }",
		"Here: {\"a\":\"x\ny\t\\\"\",\n}": "{\"a\":\"x y \\\"\" \n}",
		`{"a":",}"}`:                      `{"a":",}"}`,
		`{"a":1,} {"b":2,}`:               "",
		`{"a":"x` + "\n" + `,}`:           "",
	} {
		if got := Object(text); string(got) != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2031, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "", 0},
		{"Retry-After", "5", 5 * time.Second},
		{"Retry-After", "0.5", 500 * time.Millisecond},
		{"Retry-After", "-3", 0},
		{"Retry-After", "NaN", 0},
		{"Retry-After", "1e300", time.Hour},
		{"Retry-After", "soon", 0},
		{"Retry-After", now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{"Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), 0},
		{"Retry-After-Ms", "250", 250 * time.Millisecond},
	} {
		if got := RetryAfter(http.Header{tt.name: {tt.value}}, now); got != tt.want {
			t.Errorf("%s: %s gives %v, want %v", tt.name, tt.value, got, tt.want)
		}
	}
}

// Cached tokens are read wherever servers put them.
func TestCachedTokens(t *testing.T) {
	for usage, want := range map[string]float64{
		`{"prompt_tokens":900,"prompt_tokens_details":{"cached_tokens":512}}`:   512,
		`{"input_tokens":900,"input_tokens_details":{"cached_tokens":"512"}}`:   512,
		`{"prompt_tokens":900,"prompt_cache_hit_tokens":512}`:                   512,
		`{"prompt_tokens":900,"cache_read_input_tokens":512.0}`:                 512,
		`{"prompt_tokens":900,"prompt_tokens_details":null}`:                    0,
		`{"prompt_tokens":900,"prompt_tokens_details":[{"cached_tokens":512}]}`: 0,
		`{"prompt_tokens":900}`: 0,
		`{"prompt_tokens":900,"input_tokens":-5,"cache_read_input_tokens":-1}`: -1,
		`{"prompt_tokens":900,"cache_read_input_tokens":1e400}`:                math.Inf(1),
		`{"prompt_tokens":900,"cache_read_input_tokens":"NaN"}`:                0,
		`{"prompt_tokens":900,"cache_read_input_tokens":true}`:                 0,
	} {
		var a Answer
		a.addUsage(jsontext.Value(usage))
		if a.CachedTokens != want || a.InputTokens != 900 {
			t.Errorf("%s: %v cached of %v, want %v", usage, a.CachedTokens, a.InputTokens, want)
		}
	}
}
