package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// scripted is a verifier that refutes what holds a word, fails on another, and is unsure
// about a third.
func scripted(_ context.Context, task *summarizer.Task, w summarizer.Written) *summarizer.Verified {
	var all strings.Builder
	for _, s := range w.Answer.Sentences {
		all.WriteString(s.Text)
	}
	answer := *w.Answer
	v := &summarizer.Verified{Answer: &answer, Usage: summarizer.Usage{InputTokens: 100, OutputTokens: 10, CostMicroUSD: 50}}
	switch text := all.String(); {
	case !strings.Contains(task.Document.Text, "harbour"):
		v.Err, v.Answer = &summarizer.Error{Reason: summarizer.ReasonFieldInvalid}, nil
	case strings.Contains(text, "council struck"):
		v.Refuted, v.Answer = 1, nil
	case strings.Contains(text, "fails"):
		v.Err, v.Answer = &summarizer.Error{Reason: summarizer.ReasonLLMTimeout}, nil
	case strings.Contains(text, "perhaps"):
		answer.Verification.Unsure = 1
	}
	return v
}

const claimData = `{"article_id": "a", "article": "The harbour is open. Dockers struck against the council."}
{"article_id": "a", "summary": "The harbour is open.", "faithful": true}
{"article_id": "a", "summary": "It is so. The council struck the dockers.", "faithful": false}
{"article_id": "a", "summary": "The council struck, and rightly.", "faithful": true}
{"article_id": "a", "summary": "Dockers won, perhaps.", "faithful": false}
{"article": "The harbour of Velmar is shut.", "summary": "The council struck it.", "faithful": false}

{"article_id": "a", "summary": "Dockers struck.", "faithful": true, "set": "x"}
{"article_id": "a", "summary": "This fails.", "faithful": false}
`

func TestVerifierScores(t *testing.T) {
	report, err := RunVerifiers(t.Context(), strings.NewReader(claimData), VerifierOptions{
		Data: "claims.jsonl", Verifiers: []NamedVerifier{{"small <b>", scripted}}, Deadline: time.Second, Bootstrap: 200, Seed: 1, Concurrency: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	v := report.Verifiers[0]
	near := func(name string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	near("caught", v.Caught.Value, 2.0/3)
	near("refused", v.Refused.Value, 1.0/3)
	near("balanced", v.Balanced.Value, (2.0/3+1-1.0/3)/2)
	near("unsure", v.Unsure, 1.0/6)
	near("tokens", v.TokensIn, 100)
	near("USD of 1,000", v.USDPer1000, 0.05)
	if report.Faithful != 3 || report.Unfaithful != 4 || v.Rows != 6 || v.Failures["LLM_TIMEOUT"] != 1 {
		t.Errorf("%+v", report)
	}
	if !(v.Balanced.Low < v.Balanced.Value && v.Balanced.Value < v.Balanced.High) {
		t.Errorf("interval %+v", v.Balanced)
	}
	if failed, all := report.FailedRows(); failed != 1 || all != 7 {
		t.Errorf("%d of %d failed", failed, all)
	}
	var table, page, object bytes.Buffer
	for out, write := range map[*bytes.Buffer]func() error{
		&table: func() error { return report.WriteTable(&table) }, &page: func() error { return report.WriteHTML(&page) }, &object: func() error { return report.WriteJSON(&object) },
	} {
		if err := write(); err != nil || out.Len() == 0 {
			t.Error(err)
		}
	}
	if !strings.Contains(table.String(), "66.7 [") || !strings.Contains(table.String(), "1 LLM_TIMEOUT") {
		t.Error(table.String())
	}
	if strings.Contains(page.String(), "<b>") || !strings.Contains(page.String(), "<circle") || !strings.Contains(page.String(), "66.7<small>") || strings.Contains(page.String(), "harbour") {
		t.Error(page.String())
	}
	var decoded VerifierReport
	if err := json.Unmarshal(object.Bytes(), &decoded); err != nil || decoded.Verifiers[0].Caught != v.Caught {
		t.Errorf("%v: %s", err, object.String())
	}
}

// A verifier without a verdict has no figures, and stands behind one that is always wrong.
func TestVerifierWithoutVerdicts(t *testing.T) {
	down := func(context.Context, *summarizer.Task, summarizer.Written) *summarizer.Verified {
		return &summarizer.Verified{Err: &summarizer.Error{Reason: summarizer.ReasonCircuitOpen}}
	}
	wrong := func(_ context.Context, _ *summarizer.Task, w summarizer.Written) *summarizer.Verified {
		if strings.Contains(w.Answer.Sentences[0].Text, "open") {
			return &summarizer.Verified{Refuted: 1}
		}
		return &summarizer.Verified{Answer: w.Answer}
	}
	report, err := RunVerifiers(t.Context(), strings.NewReader(`{"article": "The harbour is open.", "summary": "It is open.", "faithful": true}
{"article": "The harbour is open.", "summary": "It is shut.", "faithful": false}
`), VerifierOptions{Verifiers: []NamedVerifier{{"down", down}, {"wrong", wrong}}, Deadline: time.Second, Bootstrap: 50})
	if err != nil {
		t.Fatal(err)
	}
	if best := report.best(); best[0].Name != "wrong" || best[1].Balanced != (Interval{}) || best[1].Failures["CIRCUIT_OPEN"] != 2 {
		t.Errorf("%+v", best)
	}
	var table, page bytes.Buffer
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(table.String(), "\n")
	if got := strings.Join(strings.Fields(lines[4]), " "); got != "down - - - - - - 0 0 0.0000 2 CIRCUIT_OPEN" {
		t.Errorf("the table says %q:\n%s", got, table.String())
	}
	if points := strings.Count(page.String(), "<circle"); points != 1 {
		t.Errorf("the picture has %d points", points)
	}
}

func TestFaultyClaims(t *testing.T) {
	for data, want := range map[string]string{
		``:                                    `no row has a "summary"`,
		`{"article_id": "a", "article": "x"}`: `no row has a "summary"`,
		`{"article_id": "a", "summary": "x", "faithful": true}`:      `line 1: no line before has the article "a"`,
		`{"summary": "x", "faithful": true}`:                         `line 1: a summary needs "article"`,
		`{"article": "x", "summary": "x"}`:                           `line 1: a summary needs "faithful"`,
		"\n" + `{"article": "x", "summary": "x", "faithful": "yes"}`: `line 2: the field "faithful" must not be a string`,
		`[]`: `line 1: `,
	} {
		if _, err := RunVerifiers(t.Context(), strings.NewReader(data), VerifierOptions{Verifiers: []NamedVerifier{{"v", scripted}}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}
