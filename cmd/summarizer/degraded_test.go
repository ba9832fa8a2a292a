package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// TestRetryDegradedRows runs an archive with a wrong key, and again with the right one.
func TestRetryDegradedRows(t *testing.T) {
	in := write(t, "in.jsonl", archiveOf(3))
	for _, name := range []string{"out.jsonl", "out.csv"} {
		api := llmtest.New(t)
		api.Default(llmtest.Error(401, "invalid_api_key", "wrong key"))
		out, cache := filepath.Join(t.TempDir(), name), t.TempDir()
		run := func(words string, args ...string) {
			t.Helper()
			args = append([]string{"batch", in, "-o", out, "--llm-model", "small", "--llm-base-url", api.URL(), "--data-dir", cache}, args...)
			if got := cli(t, nil, "", args...); got.code != exitOK || !strings.Contains(got.stderr, words) {
				t.Errorf("%s %v: code %d, standard error %q lacks %q", name, args, got.code, got.stderr, words)
			}
		}
		run("3 ok, 0 failed; by 3 local engine; 3 degraded (3 LLM_MISCONFIGURED)")
		api.Default(llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences("The soldiers will patrol the ceasefire line."), Topics: llmtest.Topics("peacekeeping")}))
		run("3 of the done rows are degraded: --retry-degraded tries them again", "--resume")
		run("3 of the done rows are degraded and tried again", "--resume", "--retry-degraded")
		content, err := os.ReadFile(out)
		if err != nil || strings.Count(string(content), "SOURCE_LOCAL") > 0 {
			t.Errorf("%s: %v, %.300s", name, err, content)
		}
		if left, _ := filepath.Glob(out + ".rows*"); left != nil {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
	if got := cli(t, nil, "", "batch", in, "-o", "out", "--retry-degraded"); got.code != exitUsage || !strings.Contains(got.stderr, "--resume") {
		t.Errorf("without --resume: %+v", got)
	}
}
