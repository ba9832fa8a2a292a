package modelserver

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// tokenCounts are the names under which servers count tokens.
type tokenCounts struct {
	Prompt     jsontext.Value `json:"prompt_tokens"`
	Completion jsontext.Value `json:"completion_tokens"`
	Input      jsontext.Value `json:"input_tokens"`
	Output     jsontext.Value `json:"output_tokens"`
	CacheHit   jsontext.Value `json:"prompt_cache_hit_tokens"`
	CacheRead  jsontext.Value `json:"cache_read_input_tokens"`

	PromptDetails jsontext.Value `json:"prompt_tokens_details"`
	InputDetails  jsontext.Value `json:"input_tokens_details"`

	// Of interfaces that are not OpenAI's: Gemini's, Ollama's, llama.cpp's, Titan's.
	PromptCount     jsontext.Value `json:"prompt_token_count"`
	CandidatesCount jsontext.Value `json:"candidates_token_count"`
	GenerationCount jsontext.Value `json:"generation_token_count"`
	PromptEval      jsontext.Value `json:"prompt_eval_count"`
	Eval            jsontext.Value `json:"eval_count"`
	Evaluated       jsontext.Value `json:"tokens_evaluated"`
	Predicted       jsontext.Value `json:"tokens_predicted"`
}

// addUsage takes the usage of a response: under a name of its own, or, where it has
// none, beside the answer. Of a stream the last count above zero counts; one below is none,
// but is told.
func (a *Answer) addUsage(body jsontext.Value) {
	var named struct {
		Usage    jsontext.Value `json:"usage"`
		Metadata jsontext.Value `json:"usage_metadata"`
		Meta     jsontext.Value `json:"meta"`
		Message  jsontext.Value `json:"message"`
	}
	if json.Unmarshal(body, &named, Lenient) != nil {
		return
	}
	counts := body
	for _, value := range []jsontext.Value{named.Usage, named.Metadata, named.Meta, Members(named.Message)["usage"]} {
		if value.Kind() == '{' {
			counts = value
			break
		}
	}
	if tokens := Members(counts)["tokens"]; tokens.Kind() == '{' { // Cohere's
		counts = tokens
	}
	var usage tokenCounts
	if json.Unmarshal(counts, &usage, Lenient) != nil {
		return
	}
	set := func(to *float64, values ...jsontext.Value) {
		told := 0.0
		for _, value := range values {
			if n := numberOf(value); n > max(told, 0) || n < 0 && told <= 0 {
				told = n
			}
		}
		if told > 0 || told < 0 && *to == 0 {
			*to = told
		}
	}
	set(&a.InputTokens, usage.Prompt, usage.Input, usage.PromptCount, usage.PromptEval, usage.Evaluated)
	set(&a.OutputTokens, usage.Completion, usage.Output, usage.CandidatesCount, usage.GenerationCount, usage.Eval, usage.Predicted)
	set(&a.CachedTokens, usage.CacheHit, usage.CacheRead,
		Members(usage.PromptDetails)["cached_tokens"], Members(usage.InputDetails)["cached_tokens"])
}
