package main

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	a, b := count(words("The port opens, the port closes")), count(words("the PORT is closed"))
	got := compare(a, b)
	if want := 2 * 2.0 / 10; math.Abs(got.one-want) > 1e-9 {
		t.Errorf("ROUGE-1 %v, want %v", got.one, want)
	}
	if want := 2 * 1.0 / 8; math.Abs(got.two-want) > 1e-9 {
		t.Errorf("ROUGE-2 %v, want %v", got.two, want)
	}
	if none := compare(count(nil), b); none.sum() != 0 {
		t.Errorf("nothing scores %v", none)
	}
}

func TestAgreed(t *testing.T) {
	for _, tt := range []struct{ a, b, want float64 }{
		{3, 5, 3}, {5, 3, 3}, {-2, -7, -2}, {4, -1, 0}, {-4, 1, 0}, {0, 2, 0},
	} {
		if got := agreed([][]float64{{tt.a}, {tt.b}}, 0); got != tt.want {
			t.Errorf("%v and %v agree on %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

// The gradient of a lesson is that of its expected gain.
func TestAddGradient(t *testing.T) {
	l := lesson{
		measures: [][]float64{{1000, 0}, {500, 300}, {0, 900}},
		base:     []float64{0, -100_000, 0},
		gains:    []float64{0.1, 0.5, 0.2},
	}
	f := fitter{[]int32{200, 100}}
	spread := []float64{1000, 1000}
	expected := func(change []float64) float64 {
		var sum, all float64
		for i, measures := range l.measures {
			worth := l.base[i] * (1 + change[2])
			for j, x := range measures {
				worth += x * (float64(f.prior[j])*(1+change[2]) + 1e6/sharpness*change[j]/spread[j])
			}
			p := math.Exp(worth * sharpness / 1e6)
			sum += p
			all += p * l.gains[i]
		}
		return all / sum
	}
	at := []float64{0.2, -0.1, 0.3}
	weights := make([]float64, 2)
	for j := range weights {
		weights[j] = float64(f.prior[j])*(1+at[2]) + 1e6/sharpness*at[j]/spread[j]
	}
	gradient := make([]float64, 3)
	f.addGradient(&l, weights, spread, at[2], gradient, 1)
	for j := range at {
		const h = 1e-6
		up, down := append([]float64(nil), at...), append([]float64(nil), at...)
		up[j] += h
		down[j] -= h
		if want := (expected(up) - expected(down)) / (2 * h); math.Abs(gradient[j]-want) > 1e-6 {
			t.Errorf("gradient %d is %v, want %v", j, gradient[j], want)
		}
	}
}

// corpusFile writes a corpus in which the sentences with a number are those that
// the references repeat.
func corpusFile(t *testing.T, name string) string {
	t.Helper()
	var b strings.Builder
	for i := range 30 {
		text := fmt.Sprintf("Town %[1]c held its market by the river in fine weather. Visitors to town %[1]c admired the old bridge for hours. "+
			"A band from the valley played on the steps. The market sold %[2]d cheeses and earned %[3]d crowns for the school. Rain came late in the evening.", 'A'+i%26, 100+i, 5000+i)
		fmt.Fprintf(&b, "{\"text\": %q, \"reference\": %q}\n", text, fmt.Sprintf("The market sold %d cheeses and earned %d crowns.", 100+i, 5000+i))
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSummaries(t *testing.T) {
	corpora := []string{corpusFile(t, "one.jsonl"), corpusFile(t, "two.jsonl")}
	output := filepath.Join(t.TempDir(), "weights.go")
	var first []byte
	for range 2 {
		var out bytes.Buffer
		if err := run(append([]string{"summaries", "-o", output}, corpora...), &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "cross-validated") {
			t.Errorf("report %s", out.String())
		}
		got, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, got) {
			t.Error("the second fit differs from the first")
		}
		first = got
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "weights.go", first, 0); err != nil {
		t.Error(err)
	}
	var number int
	for line := range strings.Lines(string(first)) {
		fmt.Sscanf(strings.TrimSpace(line), "measureNumber: %d,", &number) //nolint:errcheck // Other lines do not match.
	}
	if number <= 40 {
		t.Errorf("numbers are worth %d, no more than before, though the references are made of them:\n%s", number, first)
	}
}

func TestRunRefuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	if err := os.WriteFile(bad, []byte(`{"text": "One."}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := corpusFile(t, "good.jsonl")
	none := filepath.Join(t.TempDir(), "none.jsonl")
	for _, args := range [][]string{
		{},
		{"sentences", good, good},
		{"summaries", good},
		{"summaries", good, bad},
		{"summaries", good, none},
		{"topics"},
		{"topics", t.TempDir()},
		{"topics", labelledData(t), labelledData(t)},
		{"vectors", t.TempDir()},
		{"candidates", t.TempDir()},
		{"candidates", labelledData(t), labelledData(t)},
	} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
