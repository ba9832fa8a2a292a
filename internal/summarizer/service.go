package summarizer

import (
	"context"
	"log/slog"
	"time"

	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Options configures a Service.
type Options struct {
	Local    Engine             // required
	Model    Model              // nil: no language model is configured
	Taxonomy *taxonomy.Taxonomy // nil means taxonomy.Default()
	Answers  Answers            // nil: nothing is kept
	Results  Results            // nil: nothing is kept

	// ValidatorVersion is the version that stored answers must have been
	// validated by.
	ValidatorVersion string

	DefaultDeadline time.Duration // 0 means 30 s
	MinModelTime    time.Duration // least time worth starting a call in; 0 means 200 ms
	LateAnswerGrace time.Duration // 0 means 10 s
	MaxStale        time.Duration // 0 means 30 days

	Observer Observer     // nil: nobody is told
	Logger   *slog.Logger // nil means discard
}

// Observer is told what the service does, for metrics. Feature is "summary" or
// "topics".
type Observer interface {
	Answered(feature, source, reason string)
	Joined(feature string)
	CacheLookup(tier, outcome string)
}

// Service decides for each request between cache, language model, stale answer
// and local engine.
type Service struct {
	options Options
}

// New returns a service. Call Close to end it.
func New(options Options) *Service { return &Service{options: options} }

// Analyze answers a request whose fields are within their limits. Its errors
// are *Error.
func (s *Service) Analyze(ctx context.Context, request *Request) (*Result, error) {
	return &Result{}, nil
}

// Topics returns the topics of the taxonomy and its version.
func (s *Service) Topics() ([]Topic, string) {
	return s.options.Taxonomy.Topics(), s.options.Taxonomy.Version()
}

// Close cancels the language model calls that still run and waits for them.
func (s *Service) Close() {}

// ArticleKey returns the key under which everything made of an article is
// filed in the cache.
func ArticleKey(source Article) Key { return Key{} }
