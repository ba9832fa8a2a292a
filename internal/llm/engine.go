package llm

import (
	"context"
	"log/slog"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Versions that are part of every fingerprint.
const (
	PromptVersion    = "1"
	ValidatorVersion = "1"
)

// Options configures an Engine.
type Options struct {
	// Endpoints in the order in which they are asked; at least one.
	Endpoints []Endpoint

	// MaxCalls is the greatest number of upstream calls for one task; 0 means 4.
	MaxCalls int

	Logger  *slog.Logger
	Metrics *telemetry.Metrics
}

// Endpoint is one OpenAI-compatible endpoint.
type Endpoint struct {
	Name    string // for people and metrics; "default" when empty
	BaseURL string // such as "https://api.openai.com/v1", the default
	Model   string // required
	APIKey  string

	Timeout        time.Duration // of a whole call; 0 means 60 s
	MaxConcurrency int           // calls at once; 0 means 64
	ContextTokens  int           // size of the context window; 0 means 128,000

	// Prices in US dollars per million tokens; 0 means not known.
	InputPrice, OutputPrice float64
}

// Engine asks language models behind OpenAI-compatible endpoints.
type Engine struct{}

// New checks options and returns an engine.
func New(options Options) (*Engine, error) { return &Engine{}, nil }

// Analyze implements summarizer.Engine.
func (e *Engine) Analyze(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
	return (&summarizer.Reply{}).Fail(task, &summarizer.Error{Reason: summarizer.ReasonLLMInternal})
}

// Fingerprints implements summarizer.Model.
func (e *Engine) Fingerprints(task *summarizer.Task) []summarizer.Fingerprint { return nil }

// Capacity implements summarizer.Model.
func (e *Engine) Capacity() int { return 1 }
