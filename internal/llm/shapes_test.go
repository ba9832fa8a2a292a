package llm

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestStepDownIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShapes("model", StructuredAuto)
		for _, want := range []format{formatObject, formatPrompt} {
			if !s.stepDown(s.current(), featureFormat) || s.current().format != want {
				t.Fatalf("format %d, want %d", s.current().format, want)
			}
		}
		if s.stepDown(s.current(), featureFormat) {
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

func TestRetryAfter(t *testing.T) {
	now := time.Date(2031, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "", 0},
		{"Retry-After", "5", 5 * time.Second},
		{"Retry-After", "0.5", 500 * time.Millisecond},
		{"Retry-After", "-3", 0},
		{"Retry-After", "NaN", 0},
		{"Retry-After", "1e300", time.Hour},
		{"Retry-After", "soon", 0},
		{"Retry-After", now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{"Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), 0},
		{"Retry-After-Ms", "250", 250 * time.Millisecond},
	} {
		if got := retryAfter(http.Header{tt.name: {tt.value}}, now); got != tt.want {
			t.Errorf("%s: %s gives %v, want %v", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestErrorBodies(t *testing.T) {
	for body, overflow := range map[string]bool{
		`{"error":{"message":"Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens."}}`: true,
		`{"detail":"The decoder prompt (length 5000) is longer than the maximum model length of 4096."}`:                              true,
		`{"error":{"message":"The number of tokens to keep from the initial prompt is greater than the context length."}}`:            true,
		`{"error":{"message":"Trying to keep the first 9000 tokens when context the overflows."}}`:                                    true,
		`request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it`:                                   true,
		`{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}`:                                                  true,
		`{"error":{"message":"model not found"}}`:                                                                                     false,
		``: false,
	} {
		if got := parseErrorBody([]byte(body)).overflow(); got != overflow {
			t.Errorf("%s: overflow %t, want %t", body, got, overflow)
		}
	}
	// What goes into a log is an identifier, or nothing.
	said := parseErrorBody([]byte(`{"error":{"type":"secret text, quoted","code":"also quoted text","param":7}}`))
	if said.kind != "" || said.code != "" || said.param != "7" {
		t.Errorf("said = %+v", said)
	}
}
