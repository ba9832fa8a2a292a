package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// enabled reports whether a language model is named, which turns it on.
func (f *llmFlags) enabled() bool { return len(f.models()) > 0 }

// models returns names, models and prices of the endpoints in their order.
func (f *llmFlags) models() (endpoints []llm.Endpoint) {
	if f.Model != "" {
		return []llm.Endpoint{{Name: llm.DefaultEndpoint().Name, Model: f.Model, ContextTokens: f.ContextTokens, InputPrice: f.InputPrice, OutputPrice: f.OutputPrice}}
	}
	for _, listed := range f.Endpoints {
		endpoints = append(endpoints, listed.Endpoint)
	}
	return endpoints
}

// modelNames lists the models for the log.
func (f *llmFlags) modelNames() string {
	var names []string
	for _, model := range f.models() {
		names = append(names, model.Model)
	}
	return strings.Join(names, ",")
}

// buildModel returns the language model, or nil when none is named: a key alone must
// neither send text nor cost money.
func (f *llmFlags) buildModel(env *environment, book ledger.Ledger, log *slog.Logger, metrics *telemetry.Metrics, tracer *telemetry.Tracer) (*llm.Engine, error) {
	endpoints, err := f.modelEndpoints(env)
	if err != nil || len(endpoints) == 0 {
		return nil, err
	}
	options := llm.Options{
		Endpoints:  endpoints,
		VerifyWith: f.Verify.Name,
		MaxCalls:   f.MaxCalls,
		Ledger:     book,
		Budget:     f.budget(),

		Deferred:     f.deferred,
		DeferredRest: f.deferredRest,

		Logger:  log,
		Metrics: metrics,
		Tracer:  tracer,
	}
	if f.Verify.Own != nil {
		if options.Verifier, err = f.Verify.Own.WithKey(env.environ.Get); err != nil {
			return nil, err
		}
	}
	return llm.New(options)
}

// oneEndpointFlags names the flags of the one endpoint that are set to something
// else than their defaults.
func (f *llmFlags) oneEndpointFlags() []string {
	var set []string
	standard := llm.DefaultEndpoint()
	for _, flag := range []struct {
		name  string
		isSet bool
	}{
		{"--llm-base-url", f.BaseURL != ""},
		{"--llm-api-key-file", f.APIKeyFile != ""},
		{"--llm-timeout", f.Timeout != standard.Timeout},
		{"--llm-max-concurrency", f.MaxConcurrency != standard.MaxConcurrency},
		{"--llm-context-tokens", f.ContextTokens != standard.ContextTokens},
		{"--llm-input-price", f.InputPrice != 0},
		{"--llm-output-price", f.OutputPrice != 0},
	} {
		if flag.isSet {
			set = append(set, flag.name)
		}
	}
	return set
}

// modelEndpoints returns the endpoints of the file, or the one of the flags.
func (f *llmFlags) modelEndpoints(env *environment) ([]llm.Endpoint, error) {
	if len(f.Endpoints) == 0 {
		return f.oneEndpoint(env)
	}
	if f.Model != "" {
		return nil, fmt.Errorf("%s: the language model is named by --llm-model (or SUMMARIZER_LLM_MODEL, or llm-model) and by %s: keep one", f.Endpoints[0].Where, settings.EndpointsKey)
	}
	if unused := f.oneEndpointFlags(); len(unused) > 0 {
		env.say("warning: not used with %s, where each endpoint has its own: %s", settings.EndpointsKey, strings.Join(unused, ", "))
	}
	var endpoints []llm.Endpoint
	for _, listed := range f.Endpoints {
		endpoint, err := listed.WithKey(env.environ.Get)
		if err != nil {
			return nil, err
		}
		endpoints = append(endpoints, *endpoint)
	}
	return endpoints, nil
}

// oneEndpoint returns the endpoint of the flags; none when no model is named.
func (f *llmFlags) oneEndpoint(env *environment) ([]llm.Endpoint, error) {
	key, err := f.apiKey(env)
	if err != nil {
		return nil, err
	}
	if f.Model == "" {
		if key != "" {
			env.say("hint: there is an API key, but no language model is named, so none is asked; name one with --llm-model")
		}
		return nil, nil
	}
	if key == "" && f.BaseURL == "" {
		return nil, errors.New("--llm-model is set, but there is no API key: set OPENAI_API_KEY or --llm-api-key-file, or name an API that needs none with --llm-base-url")
	}
	if f.budget().Money() && (f.InputPrice == 0 || f.OutputPrice == 0) {
		return nil, errors.New("a budget in US dollars needs prices: set --llm-input-price and --llm-output-price, or limit tokens with --llm-daily-tokens")
	}
	return []llm.Endpoint{{
		BaseURL:        f.BaseURL,
		Model:          f.Model,
		APIKey:         key,
		Timeout:        f.Timeout,
		MaxConcurrency: f.MaxConcurrency,
		ContextTokens:  f.ContextTokens,
		InputPrice:     f.InputPrice,
		OutputPrice:    f.OutputPrice,
	}}, nil
}

func (f *llmFlags) apiKey(env *environment) (string, error) {
	if f.APIKeyFile == "" {
		return strings.TrimSpace(env.environ.Get("OPENAI_API_KEY")), nil
	}
	return settings.ReadSecret("--llm-api-key-file", f.APIKeyFile)
}
