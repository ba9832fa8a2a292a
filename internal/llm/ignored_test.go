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

func TestCountTokens(t *testing.T) {
	text := strings.Repeat("The harbour of Velmar reopened on Tuesday after nine days. ", 100)
	exact, ok := countTokens("gpt-4o-mini", text)
	if estimate := estimateTokens(text); !ok || exact < 1000 || exact > estimate {
		t.Errorf("%d tokens, %t; the estimate is %d", exact, ok, estimate)
	}
	if _, ok := countTokens("llama3.1", text); ok {
		t.Error("the vocabulary of another maker's model is not known")
	}
	ep, err := newEndpoint(Endpoint{Model: "gpt-4o"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := newEndpoint(Endpoint{Model: "llama3.1"})
	if err != nil {
		t.Fatal(err)
	}
	if !ep.fits(text, exact) || ep.fits(text, exact-1) || other.fits(text, exact) {
		t.Error("near the bound, tokens are counted where that can be done")
	}
	for script, text := range map[string]string{"latin": strings.Repeat("word", 300), "cyrillic": strings.Repeat("я", 600), "chinese": strings.Repeat("港", 300)} {
		if tokens := estimateTokens(text); tokens != 300 || !other.fits(text, tokens) || other.fits(text, tokens-1) {
			t.Errorf("%s: %d tokens, fit %t, fit in one less %t", script, tokens, other.fits(text, tokens), other.fits(text, tokens-1))
		}
	}
}
