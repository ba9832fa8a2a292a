package systemtest

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

const ferries = "The ferry between Lorn and Skerry sailed again on Friday. The harbour authority repaired the landing stage after the flood. Tickets cost as much as before."

// TestRetryDegradedRows runs an archive with a wrong key, and again with the right one.
func TestRetryDegradedRows(t *testing.T) {
	in := write(t, "in.jsonl", strings.Repeat(`{"text": "`+ferries+`"}`+"\n", 3))
	for _, name := range []string{"out.jsonl", "out.csv"} {
		api := llmtest.New(t)
		api.Default(llmtest.Error(401, "invalid_api_key", "wrong key"))
		out, cache := filepath.Join(t.TempDir(), name), t.TempDir()
		run := func(words string, args ...string) {
			t.Helper()
			args = append([]string{"batch", in, "-o", out, "--llm-model", "small", "--llm-base-url", api.URL(), "--data-dir", cache}, args...)
			if got := cli(t, nil, "", args...); got.code != 0 || !strings.Contains(got.stderr, words) {
				t.Errorf("%s %v: code %d, standard error %q lacks %q", name, args, got.code, got.stderr, words)
			}
		}
		run("3 ok, 0 failed; by 3 local engine; 3 degraded (3 LLM_MISCONFIGURED)")
		api.Default(llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences("The harbour authority repaired the landing stage."), Topics: llmtest.Topics("shipping")}))
		run("3 of the done rows are degraded: --retry-degraded tries them again", "--resume")
		run("3 of the done rows are degraded and tried again", "--resume", "--retry-degraded")
		content, err := os.ReadFile(out)
		if err != nil || strings.Contains(string(content), "LLM_MISCONFIGURED") {
			t.Errorf("%s: %v, %s", name, err, content)
		}
		if left, _ := filepath.Glob(out + ".rows*"); left != nil {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
	if got := cli(t, nil, "", "batch", in, "-o", "out", "--retry-degraded"); got.code != 1 || !strings.Contains(got.stderr, "--resume") {
		t.Errorf("without --resume: %+v", got)
	}
}

// TestFailingModelsAreTold has analyze say on standard error what became of the model, each
// fault in its own words, and llm check speak to people.
func TestFailingModelsAreTold(t *testing.T) {
	article := write(t, "a.txt", ferries)
	plain := llmtest.New(t)
	api := llmtest.New(t)
	for _, tt := range []struct {
		name, url string
		reply     llmtest.Response
		want      string
	}{
		{"401", "", llmtest.Error(401, nil, "wrong key"), "LLM_MISCONFIGURED: the language model endpoint refuses the request with status 401: check key"},
		{"503", "", llmtest.Error(503, nil, "model is loading"), "LLM_UNAVAILABLE: the language model endpoint fails with status 503"},
		{"HTML", "", func(w http.ResponseWriter, _ *llmtest.Call) { _, _ = w.Write([]byte("<html>hello</html>")) }, "is not a chat completion"},
		{"error in 200", "", func(w http.ResponseWriter, _ *llmtest.Call) { _, _ = w.Write([]byte(`{"error":"model is loading"}`)) }, "answers with an error in place of a response"},
		{"cut", "", func(w http.ResponseWriter, _ *llmtest.Call) {
			w.Header().Set("Content-Length", "999")
			_, _ = w.Write([]byte(`{"id":`))
		}, "broke off"},
		{"refused", "http://127.0.0.1:1/v1", nil, "takes no connection"},
		{"host", "http://no-such-host.invalid/v1", nil, "host of the language model endpoint is not known"},
		{"no TLS", strings.Replace(plain.URL(), "http:", "https:", 1), nil, "does not speak TLS"},
		{"bad answer", "", llmtest.Content("The lamp is lit."), "LLM_OUTPUT_INVALID: the language model's answer cannot be used: it is not one JSON object"},
	} {
		url := cmp.Or(tt.url, api.URL())
		if tt.reply != nil {
			api.Default(tt.reply)
		}
		flags := []string{"analyze", article, "--llm-model", "small", "--llm-base-url", url}
		got := cli(t, nil, "", flags...)
		for _, want := range []string{article + ": the language model gave no answer: ", tt.want, "(endpoint default at " + url + ")", "llm check"} {
			if got.code != 0 || !strings.Contains(got.stderr, want) {
				t.Errorf("%s: code %d, no %q in %q", tt.name, got.code, want, got.stderr)
			}
		}
		_, message, _ := strings.Cut(": "+tt.want, ": the ")
		if got := cli(t, nil, "", append(flags, "--engine", "llm")...); got.code != 3 || !strings.Contains(got.stderr, message) {
			t.Errorf("%s, llm only: %+v", tt.name, got)
		}
	}
	for want, reply := range map[llm.FailureKind]string{
		llm.FailureCut:      `{"choices":[{"message":{"content":"{\"summ"},"finish_reason":"length"}]}`,
		llm.FailureThinking: `{"choices":[{"message":{"content":"","reasoning_content":"So."},"finish_reason":"stop"}]}`,
	} {
		api.Default(func(w http.ResponseWriter, _ *llmtest.Call) { _, _ = w.Write([]byte(reply)) })
		got := cli(t, nil, "", "llm", "check", "--llm-model", "small", "--llm-base-url", api.URL())
		if got.code != 2 || !strings.Contains(got.stdout, string(want)+"\n") || !strings.Contains(got.stdout, "reasoning off") || strings.Contains(got.stdout, "write") {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

// TestReportsAreCheckedFirst checks that a run for which no report can be written does not begin.
func TestReportsAreCheckedFirst(t *testing.T) {
	in, dir := write(t, "in.jsonl", archiveOf(1)), t.TempDir()
	for _, args := range [][]string{
		{"--report", dir, "--overwrite"},
		{"--report", filepath.Join(dir, "missing", "r.html")},
		{"--report", filepath.Join(dir, "r.html"), "--dry-run"},
	} {
		got := cli(t, nil, "", append([]string{"batch", in, "-o", filepath.Join(dir, "out.jsonl")}, args...)...)
		if got.code != 1 || !strings.Contains(got.stderr, "--report ") {
			t.Errorf("%v: %+v", args, got)
		}
		if _, err := os.Stat(filepath.Join(dir, "out.jsonl")); err == nil {
			t.Errorf("%v: the run has begun", args)
		}
	}
}
