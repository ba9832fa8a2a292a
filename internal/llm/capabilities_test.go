package llm

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
)

// TestEachAspectOfAFormIsLearnedForItself has an endpoint refuse one part after the other.
func TestEachAspectOfAFormIsLearnedForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCapabilities("model", StructuredAuto)
		initial := c.current("")
		form := initial
		for _, l := range []modelserver.Misfit{
			{Part: modelserver.PartBounds}, {Part: modelserver.PartBounds}, {Part: modelserver.PartFormat}, {Part: modelserver.PartTemperature}, {Part: modelserver.PartSystem}, {Part: modelserver.PartCap, Cap: 512}, {Part: modelserver.PartCapName, Thinking: true},
		} {
			next, ok := c.adapt(form, l)
			if !ok || next == form {
				t.Fatalf("no other form after %+v", l)
			}
			if form = next; c.current("") != initial {
				t.Fatal("a form is learned before it is taken")
			}
		}
		want := requestForm{format: StructuredPrompt, unbounded: true, capName: capMaxCompletionTokens, cap: 512, thinking: true}
		if form != want {
			t.Fatalf("form %+v, want %+v", form, want)
		}
		for _, l := range []modelserver.Misfit{{}, {Part: modelserver.PartFormat}, {Part: modelserver.PartTemperature}, {Part: modelserver.PartSystem}, {Part: modelserver.PartCap, Cap: modelserver.MinCap - 1}} {
			if _, ok := c.adapt(form, l); ok {
				t.Errorf("another form after %+v", l)
			}
		}
		c.learn(form, "")
		time.Sleep(30 * time.Minute)
		c.learn(form, "")    // which does not make it last longer
		c.learn(initial, "") // a late answer to a form that is left
		time.Sleep(29 * time.Minute)
		if got := c.current(""); got != want {
			t.Errorf("after 59 minutes %+v, want %+v", got, want)
		}
		time.Sleep(2 * time.Minute)
		if got := c.current(""); got != initial {
			t.Errorf("after an hour %+v, want %+v", got, initial)
		}
	})
}

// TestCapNames checks that the other name is tried, then none.
func TestCapNames(t *testing.T) {
	for model, want := range map[string][]string{
		"small": {capMaxTokens, capMaxCompletionTokens, capNone},
		"gpt-5": {capMaxCompletionTokens, capMaxTokens, capNone},
	} {
		c := newCapabilities(model, StructuredAuto)
		form, ok := c.current(""), true
		for _, name := range want {
			if !ok || form.capName != name {
				t.Errorf("%s: %q, want %q", model, form.capName, name)
			}
			form, ok = c.adapt(form, modelserver.Misfit{Part: modelserver.PartCapName})
		}
		if ok {
			t.Errorf("%s: a name after none", model)
		}
	}
}

// TestSchemaThatIsTooMuch checks that a schema which is too much for an endpoint changes
// nothing for others.
func TestSchemaThatIsTooMuch(t *testing.T) {
	c := newCapabilities("model", StructuredAuto)
	form, _ := c.adapt(c.current("large"), modelserver.Misfit{Part: modelserver.PartBounds, Local: true})
	form, _ = c.adapt(form, modelserver.Misfit{Part: modelserver.PartBounds, Local: true})
	c.learn(form, "large")
	if got := c.current("large").format; got != StructuredObject {
		t.Errorf("the large schema is sent by %s", got)
	}
	if got := c.current("small"); got.format != StructuredSchema || got.unbounded {
		t.Errorf("the small schema is sent by %s", got.format)
	}
	for i := range 10 * maxLocal {
		c.learn(form, string(rune(i)))
	}
	if n := len(c.local); n > maxLocal {
		t.Errorf("%d schemas are remembered", n)
	}
}

func TestIgnoredSchemas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCapabilities("model", StructuredAuto)
		step := func(ignored, want bool) {
			t.Helper()
			tried := c.current("")
			next, got := c.answered(tried, ignored)
			if got != want || got != (next.format == StructuredObject) {
				t.Errorf("answered(%t) = %s, %t; want %t", ignored, next.format, got, want)
			}
		}
		step(true, false)
		step(false, false) // one good answer forgives
		step(true, false)
		step(true, true)
		c.keep() // the simpler form did not help
		step(true, false)
		step(true, false)
		time.Sleep(triesPause + time.Second)
		step(true, true)

		fixed := newCapabilities("model", StructuredSchema)
		for range 5 {
			if _, ok := fixed.answered(fixed.current(""), true); ok {
				t.Error("a format that the configuration names was stepped down from")
			}
		}
	})
}

// TestUnexplainedRefusals has an endpoint refuse requests without saying why: a simpler
// format is tried until the endpoint has taken the one that was refused, and becomes the
// rule once it has helped two articles in a row.
func TestUnexplainedRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unexplained := modelserver.Misfit{Part: modelserver.PartFormat, Guess: true}
		c := newCapabilities("model", StructuredAuto)
		initial := c.current("")
		helped := func() {
			t.Helper()
			simpler, ok := c.adapt(c.current(""), unexplained)
			if !ok || simpler.format != StructuredObject {
				t.Fatalf("%s, %t after a refusal that nobody explains", simpler.format, ok)
			}
			c.learn(simpler, "")
		}
		helped()
		if c.current("") != initial {
			t.Fatal("one article changes how all are asked")
		}
		c.learn(initial, "")
		if _, ok := c.adapt(initial, unexplained); ok {
			t.Error("a format that the endpoint has taken is doubted")
		}
		time.Sleep(stepDownTime + time.Second) // without an answer
		helped()
		helped()
		if got := c.current("").format; got != StructuredObject {
			t.Errorf("asked by %s after two articles that needed a simpler format", got)
		}

		c = newCapabilities("model", StructuredAuto)
		form, ok := initial, true
		for refusals := 0; ok; refusals++ {
			if refusals > 2 {
				t.Fatal("no end of forms")
			}
			form, ok = c.adapt(form, unexplained)
		}
		if _, ok := c.adapt(initial, unexplained); ok {
			t.Error("the formats are gone through again at once")
		}
		time.Sleep(triesPause + time.Second)
		if _, ok := c.adapt(initial, unexplained); !ok {
			t.Error("the formats are never gone through again")
		}
	})
}

// TestRefusalByAProvenEndpoint checks that a format which the endpoint takes is left only
// once two articles in a row were refused in it.
func TestRefusalByAProvenEndpoint(t *testing.T) {
	c := newCapabilities("model", StructuredAuto)
	initial := c.current("")
	refuse := func() {
		simpler, _ := c.adapt(c.current(""), modelserver.Misfit{Part: modelserver.PartFormat})
		c.learn(simpler, "")
	}
	for range 3 {
		c.learn(initial, "")
		refuse()
		if c.current("") != initial {
			t.Fatal("one article changes how all are asked")
		}
	}
	refuse()
	if got := c.current("").format; got != StructuredObject {
		t.Errorf("asked by %s after two refusals in a row", got)
	}
}
