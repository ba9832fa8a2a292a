package eval

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// TestPorter compares with what NLTK 3.8 gives in its default mode.
func TestPorter(t *testing.T) {
	file, err := os.ReadFile("testdata/stems.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(file)) {
		word, want, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			t.Fatalf("bad line %q", line)
		}
		n++
		if got := porter(word); got != want {
			t.Errorf("porter(%q) = %q, want %q", word, got, want)
		}
	}
	if n < 100 {
		t.Errorf("only %d words", n)
	}
}

// TestRouge compares with figures of a Python implementation that follows
// rouge_score.
func TestRouge(t *testing.T) {
	file, err := os.Open("testdata/rouge.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scorer := newRougeScorer() // one for all, so that its cache is tested too
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		var pair struct {
			Reference, Summary     string
			Rouge1, Rouge2, RougeL float64
		}
		if err := json.Unmarshal(lines.Bytes(), &pair); err != nil {
			t.Fatal(err)
		}
		got := scorer.score(scorer.read(pair.Reference), scorer.read(pair.Summary))
		for _, f := range []struct {
			name      string
			got, want float64
		}{{"1", got.One, pair.Rouge1}, {"2", got.Two, pair.Rouge2}, {"L", got.L, pair.RougeL}} {
			if math.Abs(f.got-f.want) > 1e-12 {
				t.Errorf("ROUGE-%s of %q and %q: %v, want %v", f.name, pair.Reference, pair.Summary, f.got, f.want)
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d pairs", n)
	}
}
