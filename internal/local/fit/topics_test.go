package main

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// labelledData returns a folder of labelled data in the form that the fit reads: the
// invented articles of the engine's own tests, and briefs of a line each.
func labelledData(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, rows []inputRow) {
		var b bytes.Buffer
		for _, r := range rows {
			if err := json.NewEncoder(&b).Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile("../testdata/topics.txt")
	if err != nil {
		t.Fatal(err)
	}
	var gold []inputRow
	for i, part := range strings.Split("\n"+string(data), "\n== ") {
		part, _, _ = strings.Cut(part, "\n!= ")
		if label, text, _ := strings.Cut(part, "\n"); i > 0 {
			gold = append(gold, inputRow{Text: strings.TrimSpace(text), Labels: []string{label}})
		}
	}
	write("topics_gold.dev.jsonl", gold[:10])
	write("summ_cnndm.dev.jsonl", gold[:10])
	var bbc, agency []inputRow
	for range 4 {
		bbc = append(bbc,
			inputRow{Label: "sport", Text: "The striker scored twice and the home club won the match. Its fans sang until midnight."},
			inputRow{Label: "business", Text: "The company's profits fell. Its shares lost a tenth on the market."},
			inputRow{Label: "politics", Text: "Parliament passed the bill by two votes. The government called an election."},
		)
		agency = append(agency,
			inputRow{Label: "sports", Text: "The champion won the final in straight sets."},
			inputRow{Label: "world", Text: "Rebels and the army fought for the border town as diplomats met."},
			inputRow{Label: "science and technology", Text: "A telescope in orbit found water on a distant planet, researchers said."},
		)
	}
	write("topics_bbc.dev.jsonl", bbc)
	write("topics_agnews.dev.jsonl", agency)
	return dir
}

// fitTwice runs the command twice and returns what it wrote and printed, which must be
// the same.
func fitTwice(t *testing.T, args ...string) (file, report string) {
	t.Helper()
	for range 2 {
		output := filepath.Join(t.TempDir(), "fitted")
		var out bytes.Buffer
		if err := run(append([]string{args[0], "-o", output}, args[1:]...), &out); err != nil {
			t.Fatal(err)
		}
		written, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		if file != "" && (file != string(written) || report != out.String()) {
			t.Errorf("the second fit differs from the first")
		}
		file, report = string(written), out.String()
	}
	return file, report
}

func TestTopics(t *testing.T) {
	file, report := fitTwice(t, "topics", labelledData(t))
	if _, err := parser.ParseFile(token.NewFileSet(), "fitted.go", file, 0); err != nil {
		t.Error(err)
	}
	for _, topic := range taxonomy.Default().Topics() {
		if !strings.Contains(file, `"`+topic.ID+`":`) {
			t.Errorf("no bias for %s", topic.ID)
		}
	}
	for _, want := range []string{"cross-validated", "at 0.32: micro-F1", "ECE "} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
}

func TestCandidates(t *testing.T) {
	file, report := fitTwice(t, "candidates", labelledData(t))
	if _, err := parser.ParseFile(token.NewFileSet(), "fitted.go", file, 0); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"word vectors: false", "word vectors: true", "lone distractors"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
}

func TestVectors(t *testing.T) {
	dir := t.TempDir()
	table := make([]byte, 4*dimensions)
	for i := range 4 {
		table[i*dimensions+i] = 100
	}
	for name, data := range map[string][]byte{
		"glove100_top50k_words.txt": []byte("the\t1\nharbours\t2\nharbour\t3\nferries\t4\n"),
		"glove100_top50k_int8.bin":  table,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, _ := fitTwice(t, "vectors", dir)
	if len(file) != 3*(8+dimensions) {
		t.Fatalf("%d bytes, want the rows of harbours, harbour and ferries", len(file))
	}
	file = file[8+dimensions:]
	// Of the mean, a quarter of each: 3/4, -1/4, -1/4 and -1/4, at a length of 256.
	if got := int8(file[8+2]); got != 127 {
		t.Errorf("the component of harbour is %d, want the most that fits", got)
	}
	if got := int8(file[8]); got != -74 {
		t.Errorf("another component of harbour is %d, want -74", got)
	}
	if form, _ := local.WordForm("harbour"); file[0] != byte(form) {
		t.Error("the first row is not that of harbour")
	}
}

// TestTablesAreReproduced fits what the engine holds.
func TestTablesAreReproduced(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "quality")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the development data are not there: %v", err)
	}
	for name, args := range map[string][]string{
		"fitted.go":            {"topics", "-report=false", dir},
		"fitted_candidates.go": {"candidates", "-report=false", dir},
		"vectors.bin":          {"vectors", dir},
		"weights.go":           {"summaries", "-report=false", filepath.Join(dir, "summ_cnndm.dev.jsonl"), filepath.Join(dir, "summ_benchllm.dev.jsonl")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := filepath.Join(t.TempDir(), name)
			if err := run(append([]string{args[0], "-o", output}, args[1:]...), &bytes.Buffer{}); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(output)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("..", name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the table is another one: %d bytes, want %d", len(got), len(want))
			}
		})
	}
}
