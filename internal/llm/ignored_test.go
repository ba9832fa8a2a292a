package llm

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestStepDownFromIgnoredSchemas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShapes("model", StructuredAuto)
		step := func(otherForm, want bool, format format) {
			t.Helper()
			if got := s.answered(s.current(), otherForm); got != want || s.current().format != format {
				t.Errorf("answered(%t) = %t, then %v; want %t, then %v", otherForm, got, s.current().format, want, format)
			}
		}
		step(true, false, formatSchema)
		step(false, false, formatSchema) // one good answer forgives
		step(true, false, formatSchema)
		step(true, true, formatObject)
		step(true, false, formatObject)
		step(true, true, formatPrompt)
		step(true, false, formatPrompt)
		step(true, false, formatPrompt)
		<-time.After(stepDownTime + time.Second)
		step(true, false, formatSchema)

		fixed := newShapes("model", StructuredSchema)
		for range 5 {
			if fixed.answered(fixed.current(), true) || fixed.current().format != formatSchema {
				t.Error("a format that the configuration names was stepped down from")
			}
		}
	})
}

func TestEstimateTokens(t *testing.T) {
	for script, text := range map[string]string{"latin": strings.Repeat("word", 300), "cyrillic": strings.Repeat("я", 600), "chinese": strings.Repeat("港", 300)} {
		if tokens := estimateTokens(text); tokens != 300 || !fits(text, tokens) || fits(text, tokens-1) {
			t.Errorf("%s: %d tokens, fit %t, fit in one less %t", script, tokens, fits(text, tokens), fits(text, tokens-1))
		}
	}
	if fits("a", 0) || fits("a", -1) {
		t.Error("a text fits in no tokens")
	}
}
