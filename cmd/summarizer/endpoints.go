package main

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// endpointsKey is the one key of the configuration file that is no flag.
const endpointsKey = "llm.endpoints"

// endpointSettings is an entry of llm.endpoints. What is left out has the
// default of llm.Endpoint.
type endpointSettings struct {
	Name    string `yaml:"name"`
	BaseURL string `yaml:"base_url"`
	Model   string `yaml:"model"`

	APIKeyEnv  string `yaml:"api_key_env"`
	APIKeyFile string `yaml:"api_key_file"`

	ConnectTimeout   time.Duration `yaml:"connect_timeout"`
	FirstByteTimeout time.Duration `yaml:"first_byte_timeout"`
	Timeout          time.Duration `yaml:"timeout"`

	MaxConcurrency    int `yaml:"max_concurrency"`
	RequestsPerMinute int `yaml:"requests_per_minute"`
	TokensPerMinute   int `yaml:"tokens_per_minute"`

	InputPrice  float64 `yaml:"input_price"`
	OutputPrice float64 `yaml:"output_price"`
	Free        bool    `yaml:"free"`

	ContextTokens    int               `yaml:"context_tokens"`
	StructuredOutput string            `yaml:"structured_output"`
	Headers          map[string]string `yaml:"headers"`
	AzureAPIVersion  string            `yaml:"azure_api_version"`

	where string // file and line
}

// endpointKeys says for each key of an endpoint what its value is.
var endpointKeys = func() map[string]string {
	keys := map[string]string{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[endpointSettings]()) {
		key := field.Tag.Get("yaml")
		if key == "" {
			continue
		}
		switch field.Type {
		case reflect.TypeFor[time.Duration]():
			keys[key] = `a time such as "30s"`
		case reflect.TypeFor[int]():
			keys[key] = "a whole number"
		case reflect.TypeFor[float64]():
			keys[key] = "a number"
		case reflect.TypeFor[bool]():
			keys[key] = "true or false"
		case reflect.TypeFor[map[string]string]():
			keys[key] = "names and their values"
		default:
			keys[key] = "one plain value"
		}
	}
	return keys
}()

// endpoint converts s, without the key.
func (s *endpointSettings) endpoint() llm.Endpoint {
	return llm.Endpoint{
		Name:              s.Name,
		BaseURL:           s.BaseURL,
		Model:             s.Model,
		AzureAPIVersion:   s.AzureAPIVersion,
		Headers:           s.Headers,
		StructuredOutput:  llm.StructuredOutput(s.StructuredOutput),
		ConnectTimeout:    s.ConnectTimeout,
		FirstByteTimeout:  s.FirstByteTimeout,
		Timeout:           s.Timeout,
		MaxConcurrency:    s.MaxConcurrency,
		RequestsPerMinute: s.RequestsPerMinute,
		TokensPerMinute:   s.TokensPerMinute,
		ContextTokens:     s.ContextTokens,
		InputPrice:        s.InputPrice,
		OutputPrice:       s.OutputPrice,
		Free:              s.Free,
	}
}

// key returns the API key; empty where none is named.
func (s *endpointSettings) key(env *environment) (string, error) {
	switch {
	case s.APIKeyEnv != "":
		key := strings.TrimSpace(env.getenv(s.APIKeyEnv))
		if key == "" {
			return "", fmt.Errorf("%s: the variable %s, which api_key_env names, is not set", s.where, s.APIKeyEnv)
		}
		return key, nil
	case s.APIKeyFile != "":
		key, err := readKey(s.APIKeyFile)
		if err != nil {
			return "", fmt.Errorf("%s: api_key_file %s: %w", s.where, s.APIKeyFile, err)
		}
		return key, nil
	case s.BaseURL == "":
		return "", fmt.Errorf("%s: there is no API key: set api_key_env or api_key_file, or name an API that needs none with base_url", s.where)
	}
	return "", nil
}

// addEndpoints reads the list under llm.endpoints. What it holds is checked as
// far as that goes without the keys.
func (f *settingsFile) addEndpoints(key, value ast.Node) error {
	at := line(key)
	if f.endpointsLine != 0 {
		return f.fault(at, "the key %q is already set in line %d", endpointsKey, f.endpointsLine)
	}
	f.endpointsLine = at
	list, ok := value.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		return f.fault(at, "the key %q needs a list with at least one endpoint", endpointsKey)
	}
	names := map[string]int{}
	for _, node := range list.Values {
		at := line(node)
		if mapping, ok := node.(*ast.MappingNode); ok && len(mapping.Values) > 0 {
			at = line(mapping.Values[0].Key)
		}
		settings, err := f.endpoint(node, at)
		if err != nil {
			return err
		}
		if before, ok := names[settings.Name]; ok {
			return f.fault(at, "the endpoint in line %d is named %q too: give each a name of its own", before, settings.Name)
		}
		names[settings.Name] = at
		f.endpoints = append(f.endpoints, settings)
	}
	return nil
}

func (f *settingsFile) endpoint(node ast.Node, at int) (endpointSettings, error) {
	settings := endpointSettings{where: fmt.Sprintf("%s:%d", f.path, at)}
	entries, err := f.entries(node)
	if err != nil || len(entries) == 0 {
		return settings, f.fault(at, "an endpoint needs lines of the form \"model: NAME\"")
	}
	for _, entry := range entries { // one by one, as the library's errors do not all have a line
		key := entry.Key.GetToken().Value
		needs, known := endpointKeys[key]
		if !known {
			return settings, f.fault(line(entry.Key), "unknown key %q of an endpoint", key)
		}
		if err := yaml.NodeToValue(entry, &settings); err != nil {
			return settings, f.fault(line(entry.Key), "the key %q needs %s", key, needs)
		}
	}
	if settings.Name == "" {
		settings.Name = llm.DefaultEndpoint().Name
	}
	err = settings.endpoint().Validate()
	if settings.APIKeyEnv != "" && settings.APIKeyFile != "" {
		err = errors.New("api_key_env and api_key_file are both set: keep one")
	}
	if err != nil {
		return settings, f.fault(at, "the endpoint %q: %w", settings.Name, err)
	}
	return settings, nil
}

// named reports whether a language model is named, which turns it on.
func (f *llmFlags) named() bool { return len(f.models()) > 0 }

// models returns names and models of the endpoints in their order.
func (f *llmFlags) models() []endpointSettings {
	if f.Model != "" {
		return []endpointSettings{{Name: llm.DefaultEndpoint().Name, Model: f.Model}}
	}
	return f.Endpoints
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
	return llm.New(llm.Options{
		Endpoints: endpoints,
		MaxCalls:  f.MaxCalls,
		Ledger:    book,
		Budget:    f.budget(),
		Logger:    log,
		Metrics:   metrics,
		Tracer:    tracer,
	})
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
		return nil, fmt.Errorf("%s: the language model is named by --llm-model (or SUMMARIZER_LLM_MODEL, or llm-model) and by %s: keep one", f.Endpoints[0].where, endpointsKey)
	}
	if unused := f.oneEndpointFlags(); len(unused) > 0 {
		env.say("warning: not used with %s, where each endpoint has its own: %s", endpointsKey, strings.Join(unused, ", "))
	}
	var endpoints []llm.Endpoint
	for _, settings := range f.Endpoints {
		key, err := settings.key(env)
		if err != nil {
			return nil, err
		}
		endpoint := settings.endpoint()
		endpoint.APIKey = key
		if err := endpoint.Validate(); err != nil {
			return nil, fmt.Errorf("%s: the endpoint %q: %w", settings.where, settings.Name, err)
		}
		endpoints = append(endpoints, endpoint)
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
		return nil, errors.New("a daily budget in US dollars needs to know what the model takes: set --llm-input-price and --llm-output-price, or limit tokens with --llm-daily-tokens")
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
		return strings.TrimSpace(env.getenv("OPENAI_API_KEY")), nil
	}
	key, err := readKey(f.APIKeyFile)
	if err != nil {
		return "", fmt.Errorf("--llm-api-key-file %s: %w", f.APIKeyFile, err)
	}
	return key, nil
}

// maxKeyBytes bounds a key file, so that a wrong path is noticed.
const maxKeyBytes = 16 << 10

func readKey(path string) (string, error) {
	data, err := readBounded(path, maxKeyBytes)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(data))
	if key == "" {
		return "", errors.New("the file is empty")
	}
	return key, nil
}
