package llm_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

func TestHeaders(t *testing.T) {
	server := llmtest.New(t)
	options := one(server)
	options.Endpoints[0].Headers = map[string]string{"X-Team": "newsroom", "OpenAI-Project": "p1"}
	newEngine(t, options).Analyze(context.Background(), harbour())
	header := server.Requests()[0].Header
	if header.Get("X-Team") != "newsroom" || header.Get("OpenAI-Project") != "p1" || header.Get("Authorization") != "Bearer sk-canary-key" {
		t.Errorf("headers = %v", header)
	}
}

func TestStructuredOutput(t *testing.T) {
	for mode, want := range map[llm.StructuredOutput]string{
		"":                   "json_schema",
		llm.StructuredAuto:   "json_schema",
		llm.StructuredSchema: "json_schema",
		llm.StructuredObject: "json_object",
		llm.StructuredPrompt: "",
	} {
		server := llmtest.New(t)
		options := one(server)
		options.Endpoints[0].StructuredOutput = mode
		engine := newEngine(t, options)
		if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
			t.Errorf("%q: %v", mode, reply.SummaryErr)
		}
		got := ""
		if format := server.Requests()[0].Chat().ResponseFormat; format != nil {
			got = format.Type
		}
		if got != want {
			t.Errorf("%q: response format %q, want %q", mode, got, want)
		}
		// Only auto steps down from what the endpoint refuses.
		server.Enqueue(llmtest.Error(400, nil, "response_format is not supported"))
		reply := engine.Analyze(context.Background(), harbour())
		if stepped := reply.SummaryErr == nil; stepped != (mode == "" || mode == llm.StructuredAuto) {
			t.Errorf("%q: after a refusal of the format: %v", mode, reply.SummaryErr)
		}
	}
}

func TestAzure(t *testing.T) {
	fake := llmtest.NewHandler()
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(context.Background())
		r.URL.Path = "/v1/chat/completions"
		fake.ServeHTTP(w, r)
	}))
	defer server.Close()
	engine := newEngine(t, llm.Options{Endpoints: []llm.Endpoint{{
		BaseURL: server.URL, Model: "my/gpt-3.5", APIKey: "k", AzureAPIVersion: "2024-10-21",
	}}})
	reply := engine.Analyze(context.Background(), harbour())
	if reply.SummaryErr != nil {
		t.Fatal(reply.SummaryErr)
	}
	if got, want := seen.RequestURI, "/openai/deployments/my%2Fgpt-3.5/chat/completions?api-version=2024-10-21"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
	if seen.Header.Get("Api-Key") != "k" || seen.Header.Get("Authorization") != "" {
		t.Errorf("headers = %v", seen.Header)
	}
	plain := newEngine(t, llm.Options{Endpoints: []llm.Endpoint{{BaseURL: server.URL, Model: "my/gpt-3.5"}}})
	if plain.Fingerprints(harbour())[0] == reply.Fingerprint {
		t.Error("the kind of the endpoint is not part of the fingerprint")
	}
}
