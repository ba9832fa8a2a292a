package prompt

import (
	"strings"
	"testing"
)

func TestEstimateTokens(t *testing.T) {
	for script, text := range map[string]string{"latin": strings.Repeat("word", 300), "cyrillic": strings.Repeat("я", 600), "chinese": strings.Repeat("港", 300)} {
		if tokens := EstimateTokens(text); tokens != 300 || !Fits(text, tokens) || Fits(text, tokens-1) {
			t.Errorf("%s: %d tokens, fit %t, fit in one less %t", script, tokens, Fits(text, tokens), Fits(text, tokens-1))
		}
	}
	if Fits("a", 0) || Fits("a", -1) {
		t.Error("a text fits in no tokens")
	}
}

// The table of bytes gives what the runes do.
func TestEstimateByBytes(t *testing.T) {
	for _, text := range []string{"", "plain", "naïve Straße", "Привет", "東京の港", "a😀b", strings.Repeat("é港x", 1000)} {
		twelfths := 0
		for _, r := range text {
			twelfths += tokenTwelfths(r)
		}
		if got, want := EstimateTokens(text), (twelfths+11)/12; got != want {
			t.Errorf("%d tokens, want %d", got, want)
		}
	}
}
