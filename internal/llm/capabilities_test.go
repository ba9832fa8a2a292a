package llm

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestStepDownIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCapabilities("model", StructuredAuto)
		for _, want := range []StructuredOutput{StructuredObject, StructuredPrompt} {
			if !s.stepDown(s.current(), capabilityFormat) || s.current().format != want {
				t.Fatalf("format %s, want %s", s.current().format, want)
			}
		}
		if s.stepDown(s.current(), capabilityFormat) {
			t.Error("there is a step below the lowest")
		}
		time.Sleep(59 * time.Minute)
		if s.current().format != StructuredPrompt {
			t.Error("forgotten too early")
		}
		time.Sleep(2 * time.Minute)
		if s.current().format != StructuredSchema {
			t.Error("remembered too long")
		}
	})
}

func TestStepDownFromIgnoredSchemas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCapabilities("model", StructuredAuto)
		step := func(otherForm, want bool, format StructuredOutput) {
			t.Helper()
			if got := s.answered(s.current(), otherForm); got != want || s.current().format != format {
				t.Errorf("answered(%t) = %t, then %v; want %t, then %v", otherForm, got, s.current().format, want, format)
			}
		}
		step(true, false, StructuredSchema)
		step(false, false, StructuredSchema) // one good answer forgives
		step(true, false, StructuredSchema)
		step(true, true, StructuredObject)
		step(true, false, StructuredObject)
		step(true, true, StructuredPrompt)
		step(true, false, StructuredPrompt)
		step(true, false, StructuredPrompt)
		<-time.After(stepDownTime + time.Second)
		step(true, false, StructuredSchema)

		fixed := newCapabilities("model", StructuredSchema)
		for range 5 {
			if fixed.answered(fixed.current(), true) || fixed.current().format != StructuredSchema {
				t.Error("a format that the configuration names was stepped down from")
			}
		}
	})
}
