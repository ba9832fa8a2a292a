package server

import (
	"context"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/stats"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Backend is what the handler needs of the domain. It is safe for concurrent
// use.
type Backend interface {
	Analyze(ctx context.Context, request *summarizer.Request) (*summarizer.Result, error)
	Topics(displayLanguage string) (topics []summarizer.Topic, version string)

	// UnknownTopics returns a fault for each id that the taxonomy does not have.
	UnknownTopics(ids []string) []summarizer.Fault
}

// Handler implements the RPCs. It serves gRPC and, called directly, batches in
// the same process; then there are neither interceptors nor an admission, so that
// the number of articles in flight is not limited and panics are not recovered from.
type Handler struct {
	summarizerv1.UnsafeSummarizerServiceServer
	service   Backend
	options   Options
	admission *admission // nil takes in everything
	bytes     *byteLimit // of the requests in memory; nil: they are not counted
	arrivals  arrivals
	methods   map[string]bool // by full name: whether it has one request and one response
	services  map[string]bool // by name; all are true
	stats     stats.Handler   // is told of calls; nil: none is
	calls     atomic.Int64    // under way
	strangers strangerLines
	denials   map[string]*telemetry.LogLimiter // lines of the audit log, by reason

	draining  chan struct{}
	drainOnce sync.Once
}

var _ summarizerv1.SummarizerServiceServer = (*Handler)(nil)

// NewHandler returns a handler that speaks for service.
func NewHandler(service Backend, options Options) *Handler {
	options = options.withDefaults()
	return &Handler{
		service:   service,
		options:   options,
		strangers: newStrangerLines(),
		denials:   newDenials(),
		draining:  make(chan struct{}),
	}
}

// SummarizeArticle returns a summary of one article.
func (h *Handler) SummarizeArticle(ctx context.Context, r *summarizerv1.SummarizeArticleRequest) (*summarizerv1.SummarizeArticleResponse, error) {
	request, err := h.parseSummarize(r)
	return respond(ctx, h, request, err, summarizeResponse)
}

// ClassifyArticle returns the topics of one article.
func (h *Handler) ClassifyArticle(ctx context.Context, r *summarizerv1.ClassifyArticleRequest) (*summarizerv1.ClassifyArticleResponse, error) {
	request, err := h.parseClassify(r)
	return respond(ctx, h, request, err, classifyResponse)
}

// AnalyzeArticle returns summary and topics of one article.
func (h *Handler) AnalyzeArticle(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	request, err := h.parseAnalyze(r)
	return respond(ctx, h, request, err, analyzeResponse)
}

// respond answers a unary request that was parsed, or could not be.
func respond[R any](ctx context.Context, h *Handler, request *summarizer.Request, err error, convert func(*summarizer.Result) *R) (*R, error) {
	if err != nil {
		return nil, h.fail(ctx, err)
	}
	request.Bulk, request.PacedBySample, request.Client = h.options.Bulk, h.options.Bulk, h.clientName(ctx)
	if err := callOf(ctx).usage().article(); err != nil {
		return nil, h.fail(ctx, err)
	}
	result, err := h.analyze(ctx, request, false)
	if err != nil {
		return nil, h.fail(ctx, err)
	}
	callOf(ctx).answered(result)
	return convert(result), nil
}

// analyze answers a request where the client's quota and the load allow. An answer that is there already
// is given in any case: it costs no more than a refusal.
func (h *Handler) analyze(ctx context.Context, request *summarizer.Request, item bool) (*summarizer.Result, error) {
	own := callOf(ctx).usage()
	if err := own.acquire(); err != nil {
		return nil, err
	}
	defer own.release()
	if full := h.admission.enter(item); full != nil {
		request.FinishedOnly = true
		if result, err := h.service.Analyze(ctx, request); err == nil {
			return result, nil
		}
		h.options.Metrics.Refused(item)
		return nil, full
	}
	defer h.admission.leave()
	return h.service.Analyze(ctx, request)
}

// analyzeItem answers one item of a batch or a stream in its turn, within its own deadline
// and place among the articles in flight. A panic is that item's error.
func (h *Handler) analyzeItem(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (result *summarizerv1.AnalyzeArticleResult) {
	defer func() {
		if p := recover(); p != nil {
			result = h.itemError(ctx, h.recovered(ctx, p))
		}
	}()
	request, err := h.parseAnalyze(r)
	if err == nil {
		err = callOf(ctx).usage().awaitArticle(ctx, h.options.DefaultDeadline, h.draining)
	}
	if err != nil {
		return h.itemError(ctx, err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.options.DefaultDeadline)
	defer cancel()
	request.Bulk, request.Client = true, h.clientName(ctx)
	answer, err := h.analyze(ctx, request, true)
	if err != nil {
		return h.itemError(ctx, err)
	}
	return &summarizerv1.AnalyzeArticleResult{
		Outcome: &summarizerv1.AnalyzeArticleResult_Response{Response: analyzeResponse(answer)},
	}
}

// drain makes the handler refuse new requests; requests under way go on.
func (h *Handler) drain() { h.drainOnce.Do(func() { close(h.draining) }) }

func (h *Handler) isDraining() bool {
	select {
	case <-h.draining:
		return true
	default:
		return false
	}
}
