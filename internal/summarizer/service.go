package summarizer

import (
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed-59202292/summarizer/internal/sharedcall"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// Options configures a Service.
type Options struct {
	Local    Engine             // required
	Model    Model              // nil: no language model is configured
	Taxonomy *taxonomy.Taxonomy // nil means taxonomy.Default()
	Verifier Verifier           // nil: no summary is verified
	Answers  Answers            // nil: nothing is kept
	Results  Results            // nil: nothing is kept

	// ValidatorVersion is the version that stored answers must have been
	// validated by to be delivered in place of a failed or missing model.
	ValidatorVersion string

	// VerifyShare is the share of the summaries of the model that is verified, from 0
	// to 1: all of them before delivery when it is 1, else the share after delivery, by
	// a hash of what was asked.
	VerifyShare float64

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
	// Answered is told of each delivered feature; reason is empty unless the
	// answer is degraded.
	Answered(feature, source, reason string)
	// Joined is told of each feature that came from another request's call.
	Joined(feature string)
	// CacheLookup is told of look-ups by request; outcome is "hit" or "miss".
	CacheLookup(tier, outcome string)
}

// Service decides for each request between cache, language model, stale answer
// and local engine. It is safe for concurrent use.
type Service struct {
	options  Options
	topics   atomic.Pointer[topicSet]
	calls    *calls
	prepared preparedRequests
	waiting  atomic.Int64 // requests that wait for the model

	verifications *verifications
	samples       samples

	localLatency localLatencyEstimate
	// localSlots has one for each local answer that is being made. More at a time than
	// there are processors would be no faster, and hold more memory.
	localSlots *turns.Places
}

// topicSet is what answers depend on besides the request.
type topicSet struct {
	*taxonomy.Taxonomy
	makers string // stands for the models and the versions of prompt and validator
}

// Defaults of Options.
const (
	DefaultDeadline     = 30 * time.Second
	DefaultMinModelTime = 200 * time.Millisecond
	DefaultMaxStale     = 30 * 24 * time.Hour

	defaultLateAnswerGrace = 10 * time.Second
)

// answerAheadBytes is the size of clean text from which on the local answer is made as
// soon as the request waits for the model.
const answerAheadBytes = 64 << 10

// New returns a service. Call Close to end it.
func New(options Options) *Service {
	if options.Taxonomy == nil {
		options.Taxonomy = taxonomy.Default()
	}
	options.DefaultDeadline = cmp.Or(options.DefaultDeadline, DefaultDeadline)
	options.MinModelTime = cmp.Or(options.MinModelTime, DefaultMinModelTime)
	options.LateAnswerGrace = cmp.Or(options.LateAnswerGrace, defaultLateAnswerGrace)
	options.MaxStale = cmp.Or(options.MaxStale, DefaultMaxStale)
	if options.Observer == nil {
		options.Observer = noObserver{}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{options: options, localSlots: turns.New(runtime.GOMAXPROCS(0))}
	s.SetTaxonomy(options.Taxonomy)
	capacity := func() int { return 0 }
	if options.Model != nil {
		capacity = options.Model.Capacity
	}
	s.calls = sharedcall.NewGroup[callKey, madeReply](options.callLimits(func() int { return capacity() / 4 }))
	s.verifications = sharedcall.NewGroup[verificationKey, *keptVerdict](options.callLimits(func() int { return max(capacity()/4, minOrphanedVerifications) }))
	return s
}

// Analyze answers a request whose fields are within their limits. Its errors
// are *Error, or the error of ctx when the caller cancelled.
func (s *Service) Analyze(ctx context.Context, request *Request) (*Result, error) {
	arrived := time.Now()
	current := s.topics.Load()
	key := requestKey(request, current)
	if result := s.finishedResult(key, request); result != nil {
		return result, nil
	}
	if request.FinishedOnly {
		return nil, &Error{Reason: ReasonOverloaded, Message: "there is no finished answer: retry later"}
	}
	shared := s.prepared.join(key, func() *prepared { return s.prepare(request, current.Taxonomy) })
	defer s.prepared.leave(key, shared)
	p := shared.get()
	if p.err != nil {
		return nil, p.err
	}
	j := s.newJob(ctx, request, p, arrived)
	if err := s.decide(ctx, j); err != nil {
		return nil, err
	}
	result := s.deliver(j, key)
	s.verifyAfterDelivery(ctx, j)
	return result, nil
}

// decide finds an answer to each feature: the text itself, the cache, the model,
// a stale answer, the local engine, in this order and as the policies allow.
func (s *Service) decide(ctx context.Context, j *job) error {
	if j.request.Engine == LocalOnly {
		return s.answerLocally(j)
	}
	if j.request.Engine == LLMOrLocal {
		s.answerShortText(j)
	}
	if j.request.Cache == CacheDefault {
		s.answerFromCache(ctx, j)
		s.verify(ctx, j)
	}
	if err := s.answerFromModel(ctx, j); err != nil {
		return err
	}
	s.verify(ctx, j)
	if j.open != 0 && j.request.Engine == LLMOnly {
		return j.failed[summary] // of which nothing stood
	}
	s.answerFromStale(ctx, j)
	s.verify(ctx, j)
	return s.answerLocally(j)
}

// Topics returns the topics of the taxonomy, with their names in a language where it has
// them, and its version. The language is a BCP-47 tag, or empty for the taxonomy's own.
func (s *Service) Topics(displayLanguage string) ([]Topic, string) {
	current := s.topics.Load()
	return current.NamedIn(displayLanguage), current.Version()
}

// SetTaxonomy takes another taxonomy for the requests that come from then on.
func (s *Service) SetTaxonomy(t *taxonomy.Taxonomy) {
	s.topics.Store(&topicSet{t, makers(s.options)})
}

// Calls returns the number of language model calls under way, and how many of them
// nobody waits for any more.
func (s *Service) Calls() (all, orphans int) {
	return s.calls.Count()
}

// AnswerVersion stands for all that answers depend on besides the request: taxonomy,
// models, versions of prompt and validator.
func (s *Service) AnswerVersion() string {
	inForce := s.topics.Load()
	return inForce.Version() + "/" + inForce.makers
}

// Close cancels the language model calls that still run and waits for them.
func (s *Service) Close() {
	s.calls.Close()
	s.verifications.Close()
}
