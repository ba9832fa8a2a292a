package llm

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestStepDownIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCapabilities("model", StructuredAuto)
		for _, want := range []format{formatObject, formatPrompt} {
			if !s.stepDown(s.current(), capabilityFormat) || s.current().format != want {
				t.Fatalf("format %d, want %d", s.current().format, want)
			}
		}
		if s.stepDown(s.current(), capabilityFormat) {
			t.Error("there is a step below the lowest")
		}
		time.Sleep(59 * time.Minute)
		if s.current().format != formatPrompt {
			t.Error("forgotten too early")
		}
		time.Sleep(2 * time.Minute)
		if s.current().format != formatSchema {
			t.Error("remembered too long")
		}
	})
}

func TestStepDownFromIgnoredSchemas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCapabilities("model", StructuredAuto)
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

		fixed := newCapabilities("model", StructuredSchema)
		for range 5 {
			if fixed.answered(fixed.current(), true) || fixed.current().format != formatSchema {
				t.Error("a format that the configuration names was stepped down from")
			}
		}
	})
}
