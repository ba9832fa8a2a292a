package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// endpointArticle has more sentences than a summary.
const endpointArticle = "The council of Ostby met on Monday. It agreed on a new bridge. Work begins in May. The mayor was pleased. Others were not."

func TestEndpointsFailOver(t *testing.T) {
	first, second := llmtest.New(t), llmtest.New(t)
	first.Default(llmtest.Error(http.StatusUnauthorized, "invalid_api_key", "no"))
	keyFile := write(t, "key", "sk-of-file\n")
	for name, format := range map[string]string{
		"nested": "llm:\n  endpoints:\n  - name: first\n    base_url: %s\n    model: large\n    api_key_env: FIRST_KEY\n  - name: second\n    base_url: %s\n    model: small\n    api_key_file: %s\n    headers:\n      X-Team: newsroom\n",
		"flat":   "llm.endpoints: [{name: first, base_url: '%s', model: large, api_key_env: FIRST_KEY}, {name: second, base_url: '%s', model: small, api_key_file: '%s', headers: {X-Team: newsroom}}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			first.Forget()
			second.Forget()
			file := write(t, "config.yaml", fmt.Sprintf(format, first.URL(), second.URL(), keyFile)+"llm-max-calls: 3\n")
			vars := map[string]string{"FIRST_KEY": "sk-of-variable", "OPENAI_API_KEY": "sk-another", "OPENAI_BASE_URL": "http://nowhere.invalid"}
			got := cli(t, vars, endpointArticle, "analyze", "--json", "--engine", "llm", "--config", file, "--data-dir", t.TempDir(), "-")
			if got.code != exitOK {
				t.Fatalf("code %d: %s", got.code, got.stderr)
			}
			if model := answers(t, got.stdout)[0].GetSummary().GetProvenance().GetModel(); model != "small" {
				t.Errorf("answered by %q, want the second endpoint", model)
			}
			if first.Count() != 1 || second.Count() != 1 {
				t.Fatalf("calls %d and %d, want 1 and 1", first.Count(), second.Count())
			}
			if got := first.Requests()[0].Header.Get("Authorization"); got != "Bearer sk-of-variable" {
				t.Errorf("the first key is %q", got)
			}
			if header := second.Requests()[0].Header; header.Get("Authorization") != "Bearer sk-of-file" || header.Get("X-Team") != "newsroom" {
				t.Errorf("headers of the second = %v", header)
			}
		})
	}
}

// TestEndpointKeys sets every key of an endpoint.
func TestEndpointKeys(t *testing.T) {
	file := write(t, "config.yaml", `
llm:
  endpoints:
    - name: azure
      base_url: https://newsroom.example
      model: deployment
      azure_api_version: 2024-10-21
      api_key_env: KEY
      connect_timeout: 2s
      first_byte_timeout: 20s
      timeout: 40s
      max_concurrency: 8
      requests_per_minute: 500
      tokens_per_minute: 200000
      input_price: 0.25
      output_price: 2
      context_tokens: 64000
      structured_output: json_object
      headers: {X-Team: newsroom}
`)
	parsed, err := parse([]string{"serve", "--config", file}, &environment{})
	if err != nil {
		t.Fatal(err)
	}
	endpoints := parsed.config.Serve.Endpoints
	want := llm.Endpoint{
		Name: "azure", BaseURL: "https://newsroom.example", Model: "deployment", AzureAPIVersion: "2024-10-21",
		ConnectTimeout: 2 * time.Second, FirstByteTimeout: 20 * time.Second, Timeout: 40 * time.Second,
		MaxConcurrency: 8, RequestsPerMinute: 500, TokensPerMinute: 200_000,
		InputPrice: 0.25, OutputPrice: 2, ContextTokens: 64_000,
		StructuredOutput: llm.StructuredObject, Headers: map[string]string{"X-Team": "newsroom"},
	}
	if diff := cmp.Diff(want, endpoints[0].Endpoint); diff != "" {
		t.Errorf("endpoint (-want +got):\n%s", diff)
	}
	if got := endpoints[0]; got.APIKeyEnv != "KEY" || got.Where != file+":4" {
		t.Errorf("settings = %+v", got)
	}
}

// Every command that asks a language model takes the endpoints of the file.
func TestEndpointsReachEveryCommand(t *testing.T) {
	vars := map[string]string{"SUMMARIZER_CONFIG": write(t, "c.yaml", "llm:\n  endpoints:\n    - model: m\n      base_url: http://localhost:1\n")}
	found := 0
	for _, args := range minimal {
		parsed, err := parse(args, silent(vars))
		if err != nil {
			t.Fatal(err)
		}
		command := parsed.context.Selected()
		if !slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return f.Name == "llm-model" }) {
			continue
		}
		found++
		if endpoints := command.Target.FieldByName("Endpoints"); endpoints.Len() != 1 {
			t.Errorf("%v has %d endpoints", args, endpoints.Len())
		}
	}
	if found < 2 {
		t.Errorf("%d commands ask a language model", found)
	}
}

func TestBadEndpoints(t *testing.T) {
	const good = "llm:\n  endpoints:\n  - model: m\n    base_url: http://localhost:1/v1\n"
	tests := []struct{ name, content, want string }{
		{"no list", "llm:\n  endpoints: one\n", `config.yaml:2: the key "llm.endpoints" needs a list`},
		{"empty list", "llm:\n  endpoints: []\n", `config.yaml:2: the key "llm.endpoints" needs a list`},
		{"nothing within", "llm:\n", `config.yaml:1: the key "llm" needs`},
		{"another key within", "llm:\n  endpoint:\n  - model: m\n", `config.yaml:2: unknown key "endpoint" within "llm"`},
		{"no mapping", "llm:\n  endpoints:\n  - gpt\n", `config.yaml:3: an endpoint needs lines`},
		{"unknown key", good + "    api_key: sk-1\n", `config.yaml:5: unknown key "api_key" of an endpoint`},
		{"wrong type", good + "    timeout: soon\n", `config.yaml:5: the key "timeout" needs a time such as "30s"`},
		{"not a number", good + "    max_concurrency: many\n", `config.yaml:5: the key "max_concurrency" needs a whole number`},
		{"key twice", good + "    model: n\n", `config.yaml:5: `},
		{"no model", "llm:\n  endpoints:\n  - name: a\n    base_url: http://localhost:1/v1\n", `config.yaml:3: the endpoint "a": no model is named`},
		{"bad URL", "llm:\n  endpoints:\n  - {model: m, base_url: localhost}\n", `config.yaml:3: the endpoint "default": the base URL must`},
		{"negative", good + "    requests_per_minute: -1\n", `config.yaml:3: the endpoint "default": `},
		{"structured output", good + "    structured_output: xml\n", `json_object or prompt`},
		{"two keys", good + "    api_key_env: A\n    api_key_file: b\n", `config.yaml:3: the endpoint "default": api_key_env and api_key_file are both set`},
		{"same name", good + "  - model: n\n", `config.yaml:5: the endpoint in line 3 is named "default" too`},
		{"both spellings", good + "llm.endpoints: [{model: m}]\n", `config.yaml:5: the key "llm.endpoints" is already set in line 2`},
		{"a model besides", good + "llm-model: m\n", `config.yaml:3: the language model is named by --llm-model`},
		{"variable not set", good + "    api_key_env: NO_SUCH_KEY\n", `config.yaml:3: the variable NO_SUCH_KEY`},
		{"no key file", good + "    api_key_file: /nowhere/key\n", `config.yaml:3: api_key_file /nowhere/key: no such file`},
		{"no key for OpenAI", "llm:\n  endpoints:\n  - model: m\n", `config.yaml:3: there is no API key`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cli(t, nil, "", "analyze", "--data-dir", t.TempDir(), "--config", write(t, "config.yaml", tt.content), write(t, "a.txt", endpointArticle))
			if got.code != exitUsage {
				t.Errorf("code %d", got.code)
			}
			oneLine(t, got.stderr, tt.want)
		})
	}
	vars := map[string]string{"SUMMARIZER_LLM_MODEL": "m", "SUMMARIZER_CONFIG": write(t, "config.yaml", good)}
	oneLine(t, cli(t, vars, "", "analyze", "--data-dir", t.TempDir(), write(t, "a.txt", endpointArticle)).stderr, "SUMMARIZER_LLM_MODEL", "keep one")
}

func TestEndpointsInServerInfo(t *testing.T) {
	info := serverInfo(&llmFlags{Endpoints: []settings.EndpointEntry{{Endpoint: llm.Endpoint{Name: "a", Model: "x"}}, {Endpoint: llm.Endpoint{Name: "b", Model: "y"}}}}, taxonomy.Default())
	if len(info.Engines) != 3 || info.Engines[1].GetName() != "b" || info.Engines[1].GetModel() != "y" || info.PromptVersion == "" {
		t.Errorf("info = %v", info)
	}
	for _, support := range info.Grounding {
		if len(support.GetClaims()) == 0 || slices.Contains(support.GetClaims(), summarizerv1.GroundingSupport_CLAIM_UNSPECIFIED) {
			t.Errorf("grounding in %s: %v", support.GetLanguageCode(), support.GetClaims())
		}
		if name := summarizerv1.GroundingSupport_CLAIM_NAME; slices.Contains(support.GetClaims(), name) == slices.Contains(support.GetPartialClaims(), name) {
			t.Errorf("names in %s: all and partly", support.GetLanguageCode())
		}
	}
	if len(info.Grounding) == 0 || info.MaxParts == 0 {
		t.Errorf("grounding in %d languages, %d parts", len(info.Grounding), info.MaxParts)
	}
	if info := serverInfo(&llmFlags{}, taxonomy.Default()); info.MaxParts != 0 || info.PromptVersion != "" {
		t.Errorf("without a model: %v", info)
	}
}

// Flags of the one endpoint that endpoints of the file leave unused are named.
func TestFlagsThatEndpointsLeaveUnused(t *testing.T) {
	file := write(t, "config.yaml", "llm.endpoints: [{name: only, base_url: 'http://127.0.0.1:1/v1', model: large}]\n")
	args := []string{"analyze", "-", "--engine", "local", "--data-dir", t.TempDir(), "--config", file}
	if got := cli(t, nil, endpointArticle, args...); got.code != exitOK || got.stderr != "" {
		t.Errorf("without: code %d, %q", got.code, got.stderr)
	}
	got := cli(t, nil, endpointArticle, append(args, "--llm-timeout", "5s", "--llm-context-tokens", "4000")...)
	if got.code != exitOK {
		t.Errorf("code %d", got.code)
	}
	oneLine(t, got.stderr, "not used", "llm.endpoints", "--llm-timeout, --llm-context-tokens")
}
