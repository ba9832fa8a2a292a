package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// TestLLMBatchFaults checks what becomes of articles when batches do not bring what was
// asked: each still has one row, and no request is paid for twice.
func TestLLMBatchFaults(t *testing.T) {
	refuse := func(status int, code string) llmtest.Response {
		return llmtest.Error(status, code, "no")
	}
	const bad = `{"summary":[],"topics":[]}`
	for _, tt := range []struct {
		name     string
		set      func(p *llmtest.Batches)
		settings string
		flags    []string
		sources  map[string]int
		batches  int
		online   int
		words    string
	}{
		{
			name: "half expires, and goes into another batch",
			set: func(p *llmtest.Batches) {
				p.Batch = func(b *llmtest.FakeBatch) {
					if b.ID == "batch_1" {
						b.Ends, b.Stop = "expired", 4
					}
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2,
		},
		{
			name:    "what expires twice is called",
			set:     func(p *llmtest.Batches) { p.Batch = func(b *llmtest.FakeBatch) { b.Ends, b.Stop = "expired", 4 } },
			sources: map[string]int{"LLM": 9}, batches: 2, online: 1,
		},
		{
			name:    "what expires twice is left to the local engine",
			set:     func(p *llmtest.Batches) { p.Batch = func(b *llmtest.FakeBatch) { b.Ends, b.Stop = "expired", 4 } },
			flags:   []string{"--llm-batch-rest", "local"},
			sources: map[string]int{"LLM": 8, "LOCAL": 1}, batches: 2,
		},
		{
			name: "ids are missing, and others stand twice",
			set: func(p *llmtest.Batches) {
				p.Line = func(batch, line int, _ string, row map[string]any) ([]map[string]any, bool) {
					switch {
					case batch == 1 && line%3 == 0:
						return nil, false
					case line%3 == 1:
						again := map[string]any{"custom_id": row["custom_id"], "response": nil, "error": map[string]any{"code": "server_error"}}
						return []map[string]any{row, again, row}, false
					}
					return []map[string]any{row}, false
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2,
		},
		{
			name: "a fault that may pass is in the error file",
			set: func(p *llmtest.Batches) {
				first := true
				p.Reply = func(w http.ResponseWriter, r *llmtest.Call) {
					if r.Number == 5 && first {
						first = false
						refuse(500, "server_error")(w, r)
						return
					}
					llmtest.Obey()(w, r)
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2,
		},
		{
			name: "bad answers are repaired in one further batch",
			set: func(p *llmtest.Batches) {
				p.Reply = func(w http.ResponseWriter, r *llmtest.Call) {
					if r.Number <= 9 {
						llmtest.Content(bad)(w, r)
						return
					}
					llmtest.Obey()(w, r)
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2,
		},
		{
			name:    "answers that stay bad are left to the local engine",
			set:     func(p *llmtest.Batches) { p.Reply = llmtest.Content(bad) },
			flags:   []string{"--llm-batch-rest", "local"},
			sources: map[string]int{"LOCAL": 9}, batches: 2,
		},
		{
			name:    "answers that stay bad are called for",
			set:     func(p *llmtest.Batches) { p.Reply = llmtest.Content(bad) },
			sources: map[string]int{"LLM": 9}, batches: 2, online: 9,
		},
		{
			name:    "structured output is refused row by row",
			set:     func(p *llmtest.Batches) { p.Reply = llmtest.WithoutStructuredOutput(llmtest.Obey()) },
			sources: map[string]int{"LLM": 9}, batches: 3,
		},
		{
			name: "the schema is refused with the file",
			set: func(p *llmtest.Batches) {
				p.Batch = func(b *llmtest.FakeBatch) {
					if b.ID == "batch_1" {
						b.Ends, b.Errors = "failed", []map[string]any{{"code": "invalid_request", "message": "response_format of type json_schema is not supported by this model"}}
					}
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2, words: "has failed at the provider: invalid_request",
		},
		{
			name: "a line is refused with the file",
			set: func(p *llmtest.Batches) {
				p.Batch = func(b *llmtest.FakeBatch) {
					if b.ID == "batch_1" {
						b.Ends, b.Errors = "failed", []map[string]any{{"code": "invalid_json_line", "message": "no", "line": 2}}
					}
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2, online: 1,
		},
		{
			name: "the provider has no room at first",
			set: func(p *llmtest.Batches) {
				p.Batch = func(b *llmtest.FakeBatch) {
					if b.ID == "batch_2" || b.ID == "batch_3" {
						b.Ends, b.Errors = "failed", []map[string]any{{"code": "token_limit_exceeded", "message": "too many enqueued tokens"}}
					}
				}
			},
			settings: "      batch_max_requests: 3\n",
			sources:  map[string]int{"LLM": 9}, batches: 5,
		},
		{
			name: "the provider has no room for a second batch, and says so at once",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, number int, after bool) bool {
					if call == "POST batches" && number == 2 && !after {
						refuse(http.StatusBadRequest, "token_limit_exceeded")(w, nil)
						return true
					}
					return false
				}
			},
			settings: "      batch_max_requests: 5\n",
			sources:  map[string]int{"LLM": 9}, batches: 2,
		},
		{
			name: "uploads are limited, and polls fail",
			set: func(p *llmtest.Batches) {
				p.Polls = 2
				p.Fault = func(w http.ResponseWriter, call string, number int, after bool) bool {
					switch {
					case call == "POST files" && number <= 2 && !after:
						refuse(http.StatusTooManyRequests, "rate_limit_exceeded")(w, nil)
					case call == "GET batches one" && number == 2 && !after:
						refuse(http.StatusBadGateway, "")(w, nil)
					default:
						return false
					}
					return true
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 1,
		},
		{
			name: "the answer to create is lost, and the batch is found",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, number int, after bool) bool {
					if call == "POST batches" && number == 1 && after {
						refuse(http.StatusGatewayTimeout, "")(w, nil)
						return true
					}
					return false
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 1,
		},
		{
			name: "the answer to create is lost, and the list lags",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, number int, after bool) bool {
					switch {
					case call == "POST batches" && number == 1 && after:
						refuse(http.StatusGatewayTimeout, "")(w, nil)
					case call == "GET batches" && number == 1 && !after:
						_, _ = w.Write([]byte(`{"object":"list","data":[]}`))
					default:
						return false
					}
					return true
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 1,
		},
		{
			name: "the answer to create is lost, and a failed batch of the file is listed first",
			set: func(p *llmtest.Batches) {
				p.OldestFirst = true
				p.Batch = func(b *llmtest.FakeBatch) {
					if b.ID == "batch_1" {
						b.Ends, b.Errors = "failed", []map[string]any{{"code": "token_limit_exceeded", "message": "too many enqueued tokens"}}
					}
				}
				p.Fault = func(w http.ResponseWriter, call string, number int, after bool) bool {
					if call == "POST batches" && number == 2 && after {
						refuse(http.StatusGatewayTimeout, "")(w, nil)
						return true
					}
					return false
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2,
		},
		{
			name:    "the file of results comes later than the state",
			set:     func(p *llmtest.Batches) { p.Late = 3 },
			sources: map[string]int{"LLM": 9}, batches: 1,
		},
		{
			name: "a batch fails with results",
			set: func(p *llmtest.Batches) {
				p.Batch = func(b *llmtest.FakeBatch) {
					if b.ID == "batch_1" {
						b.Ends, b.Stop, b.Partial = "failed", 4, true
						b.Errors = []map[string]any{{"code": "internal_error", "message": "no"}}
					}
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2, words: "has failed at the provider: internal_error",
		},
		{
			name:    "the provider cancels each batch",
			set:     func(p *llmtest.Batches) { p.Batch = func(b *llmtest.FakeBatch) { b.Ends, b.Stop = "cancelled", 4 } },
			sources: map[string]int{"LLM": 9}, batches: 2, online: 1,
		},
		{
			name: "a file is too large",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, number int, _ bool) bool {
					if call == "POST files" && number == 1 {
						refuse(http.StatusRequestEntityTooLarge, "")(w, nil)
						return true
					}
					return false
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 3, words: "they go into smaller ones",
		},
		{
			name: "the provider forgets a batch",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, number int, _ bool) bool {
					if call == "GET batches one" && number == 1 {
						refuse(http.StatusNotFound, "")(w, nil)
						return true
					}
					return false
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 2, words: "does not have batch 1 any more",
		},
		{
			name: "a state is not known",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, number int, _ bool) bool {
					if call == "GET batches one" && number == 1 {
						_, _ = w.Write([]byte(`{"id":"batch_1","status":"paused"}`))
						return true
					}
					return false
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 1, words: `"paused"`,
		},
		{
			name: "a download breaks off",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, number int, after bool) bool {
					if call == "GET files content" && number == 1 && after {
						w.Header().Set("Content-Length", "1000000")
						_, _ = w.Write([]byte(`{"custom_id":`))
						return true
					}
					return false
				}
			},
			sources: map[string]int{"LLM": 9}, batches: 1,
		},
		{
			name: "the provider refuses the file",
			set: func(p *llmtest.Batches) {
				p.Fault = func(w http.ResponseWriter, call string, _ int, after bool) bool {
					if call == "POST batches" && !after {
						refuse(http.StatusBadRequest, "invalid_file")(w, nil)
						return true
					}
					return false
				}
			},
			sources: map[string]int{"LLM": 9}, online: 9, words: "invalid_file",
		},
		{
			name:     "requests are larger than a file may be",
			settings: "      batch_max_bytes: 1000\n",
			sources:  map[string]int{"LLM": 9}, online: 9,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBatchRun(t, 9)
			b.settings = tt.settings
			if tt.set != nil {
				tt.set(b.provider)
			}
			got := b.run(exitOK, append([]string{"--llm-batch"}, tt.flags...)...)
			b.wantSources(tt.sources)
			if made, online := len(b.provider.Made()), b.provider.Online(); made != tt.batches || online != tt.online {
				t.Errorf("%d batches and %d calls, want %d and %d: %s", made, online, tt.batches, tt.online, got.stderr)
			}
			if !strings.Contains(got.stderr, tt.words) {
				t.Errorf("%q is not in %s", tt.words, got.stderr)
			}
		})
	}
}
