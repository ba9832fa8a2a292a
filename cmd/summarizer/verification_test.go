package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

const (
	harbourOpens  = "The harbour of Port Harlan is open again."
	councilStruck = "The harbour council struck against the dockers." // it was the other way round
)

// harbourReports are n articles of which harbourOpens is true and councilStruck is not.
func harbourReports(n int) string {
	var b strings.Builder
	for i := range n {
		row, _ := json.Marshal(map[string]any{"id": fmt.Sprint(i), "text": fmt.Sprintf(
			"%s Dockers ended their strike against the harbour council on Monday. Ships are waiting in the bay. Pilots were called back to work in the evening. This is report number %d.", harbourOpens, i)})
		b.Write(append(row, '\n'))
	}
	return b.String()
}

// strike is a model that writes one true and one false sentence, also when it is told, and that
// is right as a verifier.
func strike(w http.ResponseWriter, r *llmtest.Call) {
	llmtest.Verdicts(func(claim string) (string, string) {
		if claim == councilStruck {
			return "not_supported", "Dockers ended their strike against the harbour council"
		}
		return "supported", "Port Harlan is open again"
	}, llmtest.GiveAsked(llmtest.Answer{Summary: llmtest.Sentences(harbourOpens, councilStruck), Topics: llmtest.Topics("peacekeeping")}))(w, r)
}

// TestBatchVerifies checks that an archive is verified before it is written, in every form of
// output, by a flag or by the configuration. The closing line has the share that is verified
// and the number of dropped sentences.
func TestBatchVerifies(t *testing.T) {
	for _, tt := range []struct {
		name, out string
		flags     []string
	}{
		{"by flag", "out.jsonl", []string{"--verify"}},
		{"a share of all", "out.jsonl", []string{"--verify-share", "1"}},
		{"to CSV", "out.csv", []string{"--verify"}},
		{"to Parquet", "out.parquet", []string{"--verify"}},
		{"to ninjs", "out.ninjs", []string{"--verify"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := llmtest.New(t)
			api.Default(strike)
			args := []string{"batch", write(t, "in.jsonl", harbourReports(5)), "-o", filepath.Join(t.TempDir(), tt.out), "--data-dir", t.TempDir(), "--llm-model", "m", "--llm-base-url", api.URL()}
			got := cli(t, nil, "", append(args, tt.flags...)...)
			if got.code != exitOK || !strings.Contains(got.stderr, "; 5 verified (100%); 5 sentences dropped; ") {
				t.Errorf("code %d: %s", got.code, got.stderr)
			}
			if calls := api.Count(); calls != 5*4 { // write, verify, write again, verify
				t.Errorf("%d calls", calls)
			}
		})
	}
}

// TestBatchSample has a share of the summaries of an archive verified after they are written:
// each one of the share, and no other, whatever the model takes at once.
func TestBatchSample(t *testing.T) {
	const rows = 60
	var first string
	for _, places := range []string{"1", "64"} {
		api := llmtest.New(t)
		api.Default(strike)
		got := cli(t, nil, "", "batch", write(t, "in.jsonl", harbourReports(rows)), "-o", filepath.Join(t.TempDir(), "out.jsonl"), "--data-dir", t.TempDir(),
			"--llm-model", "m", "--llm-base-url", api.URL(), "--llm-max-concurrency", places, "--verify-share", "0.3")
		n := api.Count() - rows
		sample := fmt.Sprintf("; sample: %d verified, %d with a false sentence, 0 missed; ", n, n)
		if got.code != exitOK || !strings.Contains(got.stderr, sample) || strings.Contains(got.stderr, "dropped") {
			t.Errorf("code %d, want %q: %s", got.code, sample, got.stderr)
		}
		if first == "" {
			first = sample
		}
		if sample != first || n < rows/10 || n > rows/2 {
			t.Errorf("sampled %q, and %q before", sample, first)
		}
	}
}

// Summaries that come with the batches of a provider are verified online.
func TestLLMBatchVerifies(t *testing.T) {
	b := newBatchRun(t, 5)
	b.in = write(t, "in.jsonl", harbourReports(5))
	b.provider.Reply, b.provider.Called = strike, strike
	got := b.run(exitOK, "--llm-batch", "--verify")
	if !strings.Contains(got.stderr, "; 5 verified (100%); 5 sentences dropped; ") || b.provider.Online() != 5*3 {
		t.Errorf("%d calls online: %s", b.provider.Online(), got.stderr)
	}
	for _, answer := range answersIn(t, b.out) {
		if answer.GetSummary().GetText() != harbourOpens {
			t.Errorf("the summary is %q", answer.GetSummary().GetText())
		}
	}
}
