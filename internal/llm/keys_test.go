package llm

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
)

// Keys change for the endpoints that there are, all of them or none.
func TestSetKeys(t *testing.T) {
	configured := []Endpoint{
		{Name: "a", BaseURL: "http://127.0.0.1:1/v1", Model: "m", APIKey: "one"},
		{Name: "b", BaseURL: "http://127.0.0.1:2/v1", Model: "m"},
	}
	e, err := New(Options{Endpoints: configured})
	if err != nil {
		t.Fatal(err)
	}
	keys := func() string { return *e.endpoints[0].key.value.Load() + "," + *e.endpoints[1].key.value.Load() }
	change := func(edit func(endpoints []Endpoint)) error {
		endpoints := append([]Endpoint(nil), configured...)
		endpoints[0].APIKey = "two"
		edit(endpoints)
		return e.SetKeys(endpoints)
	}
	for want, err := range map[string]error{
		"there are 1 endpoints": e.SetKeys(configured[:1]),
		"cannot be sent":        change(func(e []Endpoint) { e[1].APIKey = "a b" }),
		"restart":               change(func(e []Endpoint) { e[1].BaseURL = "http://127.0.0.1:3/v1" }),
		"another address":       change(func(e []Endpoint) { e[0], e[1] = e[1], e[0] }),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || keys() != "one," {
			t.Errorf("%v, want %q; keys %s", err, want, keys())
		}
	}

	for range 100 {
		if p, ok := e.endpoints[0].breaker.Allow(); ok {
			e.endpoints[0].breaker.Record(p, limits.Bad, 0)
		}
	}
	if e.endpoints[0].breaker.OpenFor() == 0 {
		t.Fatal("the circuit is not open")
	}
	if err := change(func([]Endpoint) {}); err != nil || keys() != "two," {
		t.Errorf("%v; keys %s", err, keys())
	}
	if e.endpoints[0].breaker.OpenFor() != 0 {
		t.Error("an endpoint with another key is still out of service")
	}
}

// The versions of prompt, schema and validator, and the sampling parameters where they are
// sent, are part of what identifies the maker of an answer: one of other rules is not found.
func TestMakerHasTheVersions(t *testing.T) {
	for model, sampling := range map[string]string{"m": samplingParameters, "o3": ""} {
		maker := makerOf(Endpoint{Model: model}.WithDefaults(), "openai")
		if want := appendFields(nil, model, sampling, prompt.Version, prompt.SchemaVersion, prompt.ValidatorVersion); !bytes.Contains(maker, want) {
			t.Errorf("%q lacks %q", maker, want)
		}
	}
}
