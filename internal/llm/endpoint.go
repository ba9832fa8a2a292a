package llm

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	openai "github.com/sashabaranov/go-openai"
	"golang.org/x/net/http/httpguts"

	"github.com/seed-59202292/summarizer/internal/llm/limits"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
	"github.com/seed-59202292/summarizer/internal/turns"
)

const defaultBaseURL = "https://api.openai.com/v1"

// Endpoint is one OpenAI-compatible endpoint. The tags are its keys in a configuration
// file, where the key itself never stands.
type Endpoint struct {
	Name    string `yaml:"name"`     // for people and metrics; "default" when empty
	BaseURL string `yaml:"base_url"` // such as "https://api.openai.com/v1", the default
	Model   string `yaml:"model"`    // required
	APIKey  string `yaml:"-"`        // sent as a bearer token; empty sends none

	// AzureAPIVersion, such as "2024-10-21", makes the endpoint one of Azure:
	// BaseURL names the resource, Model the name of the deployment, and the
	// key goes into the header api-key.
	AzureAPIVersion string `yaml:"azure_api_version"`

	// RefusalFailover says whether another endpoint is asked about an article that this
	// one, its model or a filter refuses; nil means true.
	RefusalFailover *bool `yaml:"refusal_failover"`

	// Headers are sent with every call, besides the headers that the client sets.
	Headers map[string]string `yaml:"headers"`

	// StructuredOutput is how an answer in JSON is asked for; empty means auto.
	StructuredOutput StructuredOutput `yaml:"structured_output"`

	// Timeout is for a whole call; 0 means 60 s. ConnectTimeout is for reaching
	// the endpoint, TLS included, and FirstByteTimeout for its silence after the
	// request; 0 means 10 s and no bound but Timeout. Without streaming an answer
	// begins when the model is done: FirstByteTimeout has to leave time for that.
	Timeout          time.Duration `yaml:"timeout"`
	ConnectTimeout   time.Duration `yaml:"connect_timeout"`
	FirstByteTimeout time.Duration `yaml:"first_byte_timeout"`

	MaxConcurrency int `yaml:"max_concurrency"` // calls at once; 0 means 64

	// Calls and tokens a minute, in and out; 0 means no limit. Calls queue for
	// them as far as their callers' deadlines allow. The tokens of a call are
	// estimated before it and set right after it.
	RequestsPerMinute int `yaml:"requests_per_minute"`
	TokensPerMinute   int `yaml:"tokens_per_minute"`

	ContextTokens int `yaml:"context_tokens"` // size of the context window; 0 means 128,000

	// Prices in US dollars per million tokens, at most 1,000,000; 0 means not known, or
	// nothing where the endpoint is Free. A budget in US dollars needs to know.
	InputPrice  float64 `yaml:"input_price"`
	OutputPrice float64 `yaml:"output_price"`
	Free        bool    `yaml:"free"`

	// CachedInputPrice is the price of tokens in that the endpoint had cached from an
	// earlier request, at most InputPrice; 0 means InputPrice.
	CachedInputPrice float64 `yaml:"cached_input_price"`

	// Prices of requests in batches of the provider; 0 means half of the others.
	BatchInputPrice  float64 `yaml:"batch_input_price"`
	BatchOutputPrice float64 `yaml:"batch_output_price"`

	// Limits of a file of requests for a batch; 0 means 50,000 and 100 MB, which is less
	// than providers take as a file is in memory while it is uploaded.
	BatchMaxRequests int   `yaml:"batch_max_requests"`
	BatchMaxBytes    int64 `yaml:"batch_max_bytes"`

	// BatchPollInterval is how often batches at work are looked at; 0 means 30 s.
	BatchPollInterval time.Duration `yaml:"batch_poll_interval"`
}

// StructuredOutput is a way to ask for an answer in JSON. The schema is in the
// prompt under each of them.
type StructuredOutput string

// The ways, from the strictest down. Auto begins with the strictest and steps
// down from a format that the endpoint refuses.
const (
	StructuredAuto   StructuredOutput = "auto"
	StructuredSchema StructuredOutput = "json_schema"
	StructuredObject StructuredOutput = "json_object"
	StructuredPrompt StructuredOutput = "prompt"
)

// maxPrice bounds prices, so that no call costs more than can be counted.
const maxPrice = 1_000_000

// ownHeaders are set by the client itself.
var ownHeaders = []string{"Authorization", "Api-Key", "Host", "Accept", "Content-Type", "Content-Length", "Transfer-Encoding", "Connection"}

// String leaves the key out.
func (e Endpoint) String() string {
	return fmt.Sprintf("%s (%s at %s)", e.Name, e.Model, e.BaseURL)
}

// GoString leaves the key out.
func (e Endpoint) GoString() string { return e.String() }

// endpoint is an Endpoint with its defaults filled in and all that a call
// takes.
type endpoint struct {
	Endpoint

	transport    *http.Transport
	key          *endpointKey // in place of APIKey
	client       *openai.Client
	capabilities *capabilities

	slots            *turns.Places
	requests, tokens *limits.Rate
	rates            *turns.Places // one, for the call that is next to wait for the rates
	breaker          *limits.Breaker
	retries          *limits.RetryBudget
	latency          limits.CallLatency

	labels    telemetry.ModelEndpoint // for metrics and traces
	maker     []byte                  // see makerOf
	inBatches bool                    // asked in batches, at their prices
	waiting   atomic.Int32            // calls that queue for a slot
}

func newEndpoint(config Endpoint) (*endpoint, error) {
	config = config.WithDefaults()
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("llm: endpoint %q: %w", config.Name, err)
	}

	transport, key := newTransport(config), newAPIKey(config)
	clientConfig := openai.DefaultConfig("") // the transport adds the key
	if config.AzureAPIVersion != "" {
		clientConfig = openai.DefaultAzureConfig("", config.BaseURL)
		clientConfig.APIVersion = config.AzureAPIVersion
		clientConfig.AzureModelMapperFunc = url.PathEscape
	}
	clientConfig.BaseURL = config.BaseURL
	clientConfig.HTTPClient = &http.Client{
		Transport:     &recordingTransport{next: transport, headers: config.Headers, key: key},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
	labels := labelsOf(config)
	return &endpoint{
		Endpoint:     config,
		maker:        makerOf(config, labels.Provider),
		transport:    transport,
		key:          key,
		client:       openai.NewClientWithConfig(clientConfig),
		capabilities: newCapabilities(config.Model, config.StructuredOutput),
		slots:        turns.New(config.MaxConcurrency),
		rates:        turns.New(1),
		requests:     limits.NewRate(config.RequestsPerMinute),
		tokens:       limits.NewRate(config.TokensPerMinute),
		breaker:      limits.NewBreaker(),
		retries:      limits.NewRetryBudget(),
		labels:       labels,
	}, nil
}

// Validate returns the first fault of e in one line, or nil.
func (e Endpoint) Validate() error { return e.WithDefaults().check() }

// DefaultEndpoint returns the defaults of an Endpoint.
func DefaultEndpoint() Endpoint { return Endpoint{}.WithDefaults() }

// WithDefaults returns e with its defaults filled in.
func (e Endpoint) WithDefaults() Endpoint {
	e.Name = cmp.Or(e.Name, "default")
	if e.AzureAPIVersion == "" {
		e.BaseURL = cmp.Or(e.BaseURL, defaultBaseURL)
	}
	e.Timeout = cmp.Or(e.Timeout, time.Minute)
	e.ConnectTimeout = cmp.Or(e.ConnectTimeout, 10*time.Second)
	e.MaxConcurrency = cmp.Or(e.MaxConcurrency, 64)
	e.ContextTokens = cmp.Or(e.ContextTokens, 128_000)
	e.BatchMaxRequests = cmp.Or(e.BatchMaxRequests, 50_000)
	e.BatchMaxBytes = cmp.Or(e.BatchMaxBytes, 100_000_000)
	e.BatchPollInterval = cmp.Or(e.BatchPollInterval, 30*time.Second)
	return e
}

func (e Endpoint) check() error {
	if strings.TrimSpace(e.Model) == "" {
		return errors.New("no model is named")
	}
	switch e.StructuredOutput {
	case "", StructuredAuto, StructuredSchema, StructuredObject, StructuredPrompt:
	default:
		return errors.New("structured output must be auto, json_schema, json_object or prompt")
	}
	if e.Timeout < 0 || e.ConnectTimeout < 0 || e.FirstByteTimeout < 0 {
		return errors.New("timeouts must not be negative")
	}
	if e.MaxConcurrency < 0 || e.ContextTokens < 0 || e.RequestsPerMinute < 0 || e.TokensPerMinute < 0 {
		return errors.New("max concurrency, context tokens and rate limits must not be negative")
	}
	if e.BatchMaxRequests < 0 || e.BatchMaxBytes < 0 || e.BatchPollInterval < 0 {
		return errors.New("batch max requests, batch max bytes and the batch poll interval must not be negative")
	}
	return cmp.Or(e.checkAddress(), e.checkPrices())
}

// checkAddress checks all that says where a call goes and as whom.
func (e Endpoint) checkAddress() error {
	if e.AzureAPIVersion != "" && e.BaseURL == "" {
		return errors.New(`the base URL of the Azure resource is missing; it looks like "https://NAME.openai.azure.com"`)
	}
	base, err := url.Parse(e.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return errors.New(`the base URL must look like "https://api.openai.com/v1"`)
	}
	if path := strings.TrimRight(base.Path, "/"); strings.HasSuffix(path, "/chat/completions") || strings.HasSuffix(path, "/completions") {
		return errors.New(`the base URL must end above /chat/completions, which is added to it: leave that off, as in "https://api.openai.com/v1"`)
	}
	// An unsendable key would fail each call, with the key in net/http's error.
	if strings.ContainsFunc(e.APIKey, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New("the API key holds white space or other characters that cannot be sent: check where it is read from")
	}
	for name, value := range e.Headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return fmt.Errorf("the header %q or its value holds characters that cannot be sent", name)
		}
		if slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)) {
			return fmt.Errorf("the header %q is set by the client itself: give a key as the API key", name)
		}
	}
	return nil
}

func (e Endpoint) checkPrices() error {
	for _, price := range []float64{e.InputPrice, e.OutputPrice, e.CachedInputPrice, e.BatchInputPrice, e.BatchOutputPrice} {
		if !(price >= 0 && price <= maxPrice) { // not a number, too
			return fmt.Errorf("prices must be from 0 to %d US dollars per million tokens", maxPrice)
		}
		if e.Free && price != 0 {
			return errors.New("an endpoint that is free has no prices: leave one of both out")
		}
	}
	if e.CachedInputPrice > e.InputPrice {
		return errors.New("cached_input_price must be at most input_price: it is the price of those tokens in that are cached")
	}
	return nil
}

func (ep *endpoint) refusalFailover() bool { return ep.RefusalFailover == nil || *ep.RefusalFailover }

// open is the failure of a call that the circuit breaker does not let through.
func (ep *endpoint) open() *callFailure {
	f := fail(summarizer.ReasonCircuitOpen, "", "the language model endpoint has failed too often and is left alone for a while", nil)
	f.err.RetryAfter = ep.breaker.OpenFor()
	return f
}

// makerOf returns what identifies the maker of an endpoint's answers: its address, its
// model and what is sent with every call but the article. Headers may choose among models,
// and may be secret: they end in a hash with the rest. The key is no part of it, as the
// answer is the same whoever pays.
func makerOf(e Endpoint, provider string) []byte {
	sampling := ""
	if newCapabilities(e.Model, e.StructuredOutput).initial.temperature {
		sampling = samplingParameters
	}
	maker := appendFields(nil, provider, e.BaseURL, e.AzureAPIVersion, e.Model, sampling, prompt.Version, prompt.SchemaVersion, prompt.ValidatorVersion)
	names := make(map[string]string, len(e.Headers)) // as they are sent
	for name, value := range e.Headers {
		names[http.CanonicalHeaderKey(name)] = value
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		maker = appendFields(maker, name, names[name])
	}
	return maker
}

// appendFields appends fields so that no two lists of them give the same bytes.
func appendFields(b []byte, fields ...string) []byte {
	for _, field := range fields {
		b = strconv.AppendInt(b, int64(len(field)), 10)
		b = append(b, ':')
		b = append(b, field...)
	}
	return b
}

// fingerprint identifies answers of ep to task, whichever features it asks for: they may be
// asked together and looked up one by one. The context window counts where the article is
// shown in parts, or is long enough that it may be. To tell by its length costs a look-up
// no pass over the text.
func (ep *endpoint) fingerprint(task *summarizer.Task, inParts bool) summarizer.Fingerprint {
	maker := ep.maker
	if inParts || len(task.Document.Text) > ep.surelyWhole() {
		maker = appendFields(slices.Clip(maker), strconv.Itoa(ep.ContextTokens),
			task.Document.Language, // in which parts are summarized
			strconv.Itoa(int(task.Overlength)))
	}
	sum := sha256.Sum256(maker)
	return summarizer.Fingerprint{
		ID:               hex.EncodeToString(sum[:]),
		Model:            ep.Model,
		PromptVersion:    prompt.Version,
		ValidatorVersion: prompt.ValidatorVersion,
	}
}

// limited reports whether the rates of ep are bounded.
func (ep *endpoint) limited() bool { return ep.requests != nil || ep.tokens != nil }

// rateWait returns how long a call of so many tokens waits for the rates behind others of
// its kind.
func (ep *endpoint) rateWait(tokens, others int) time.Duration {
	return max(ep.requests.Wait(others, 1), ep.tokens.Wait(others*tokens, tokens))
}

// reserveRates reserves a request and the tokens that it takes, as limits.Rate.Reserve does,
// or neither.
func (ep *endpoint) reserveRates(tokens int, longest time.Duration) (wait time.Duration, ok bool) {
	wait, ok = ep.requests.Reserve(1, longest)
	if !ok {
		return wait, false
	}
	more, ok := ep.tokens.Reserve(tokens, longest)
	if !ok {
		ep.requests.Settle(-1)
	}
	return max(wait, more), ok
}

// returnRates gives back the reservation of reserveRates.
func (ep *endpoint) returnRates(tokens int) {
	ep.requests.Settle(-1)
	ep.tokens.Settle(-tokens)
}

// NamedEndpoints returns the endpoints of that name, or all where it is empty.
func NamedEndpoints(endpoints []Endpoint, name string) ([]Endpoint, error) {
	if name == "" {
		return endpoints, nil
	}
	var names []string
	var chosen []Endpoint
	for _, endpoint := range endpoints {
		named := cmp.Or(endpoint.Name, DefaultEndpoint().Name)
		names = append(names, named)
		if named == name {
			chosen = append(chosen, endpoint)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("there is no endpoint of this name; there are: %s", strings.Join(names, ", "))
	}
	return chosen, nil
}
