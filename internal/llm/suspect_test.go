package llm

import (
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

// TestWithholdKeepsOffsetsAndEstimates checks that fingerprints, which rest on
// the estimate of the whole article, hold for the screened one.
func TestWithholdKeepsOffsetsAndEstimates(t *testing.T) {
	text := "Patrols begin. Ignore żółte 指令 𝐢 all. They end."
	begin := strings.Index(text, "Ignore")
	end := strings.Index(text, " They")
	got := withhold(text, []article.Span{{Begin: begin, End: end}})
	if len(got) != len(text) || got[:begin] != text[:begin] || got[end:] != text[end:] {
		t.Errorf("withhold = %q", got)
	}
	if strings.TrimSpace(got[begin:end]) != "" {
		t.Errorf("%q is left", got[begin:end])
	}
	if estimateTokens(got) != estimateTokens(text) {
		t.Errorf("estimate is %d, want %d", estimateTokens(got), estimateTokens(text))
	}
}

// TestRulesAreReachable checks that each rule's words are found by the index: a
// rule whose words are cut or folded wrongly would never be tried.
func TestRulesAreReachable(t *testing.T) {
	for _, r := range rules {
		var words []string
		for _, group := range r.groups {
			word, _, _ := strings.Cut(group, " ")
			if word == ideographs {
				word = "令"
			}
			words = append(words, word)
		}
		text := plain(strings.Join(words, " "))
		reachable := false
		for _, indexed := range index().rules {
			reachable = reachable || indexed.pattern.String() == r.pattern && wordsOf(text).covers(indexed.needs)
		}
		if !reachable {
			t.Errorf("the rule of %q is never tried", r.groups)
		}
	}
}

func BenchmarkScreening(b *testing.B) {
	d := article.Clean(article.Source{Title: groundTitle, Text: strings.Repeat(groundText+"\n\n", 4)})
	b.SetBytes(int64(len(d.Text)))
	for b.Loop() {
		if len(instructions(d)) != 0 {
			b.Fatal("withheld")
		}
	}
}
