package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

// Analyzer answers for one article. Its errors carry a gRPC status. It is safe
// for concurrent use.
type Analyzer interface {
	AnalyzeArticle(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error)
}

// Options configures Run.
type Options struct {
	// Analyzer answers for each article. Required.
	Analyzer Analyzer

	// Request holds the options of every request; its article is not used. Nil
	// means the defaults. It must not be changed while Run runs.
	Request *summarizerv1.AnalyzeArticleRequest

	// Concurrency is the number of articles in flight; 0 means GOMAXPROCS. With
	// Adaptive a run begins with that number and finds out how many the analyzer
	// answers without getting slower, up to eight times as many.
	Concurrency int
	Adaptive    bool

	// Ordered writes the rows in the order of the articles. One that takes long
	// holds up those behind it, of which at most four times Concurrency wait.
	Ordered bool

	Limit int64   // articles after which to stop; 0 means all
	Rate  float64 // articles a second at most; 0 means no bound
	// LeaveErrors leaves an article without an answer, and an input that cannot be read,
	// without a row: a later run does it.
	LeaveErrors bool

	MaxErrors int64 // rows of status "error" at which to stop with ErrTooManyErrors; 0 means no bound

	// RetryFor is how long to retry an article while the analyzer is overloaded
	// (UNAVAILABLE, or RESOURCE_EXHAUSTED with a RetryInfo); 0 means not at all.
	RetryFor time.Duration

	// Progress, if set, is called every ProgressEvery, and at the end, with the
	// counts of the rows that have been written. Never concurrently.
	Progress      func(Counts)
	ProgressEvery time.Duration // 0 means 10 s
}

// ErrTooManyErrors ends a run whose MaxErrors is reached.
var ErrTooManyErrors = errors.New("too many articles failed")

// ErrRunBudget ends a run whose next call could exceed its budget. Rows that are written
// stay, and the run can be resumed.
var ErrRunBudget = errors.New("the budget of the run is spent")

// ErrInterrupted says that the run ended while an article waited for its answer or
// for its next try: it has no row, and a resumed run does it.
var ErrInterrupted = errors.New("the run was interrupted")

// FatalError is the error of an Analyzer that will answer no further article. It
// ends the run. The rows written so far stay, and the run can be resumed.
type FatalError struct{ Err error }

// Error implements error.
func (e *FatalError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *FatalError) Unwrap() error { return e.Err }

// Run writes a row to out for each element of articles, in whole lines and at
// most a tenth of a second after its answer. It returns when all are written; or,
// with the error of ctx, ErrTooManyErrors or a *FatalError, when the articles in
// flight are written; or when out fails, with that error, and then the last rows
// counted may not have reached it. Elements that are a *CompletedRow are written as
// they are and not counted; beside an article, such a row stays unless the new answer is
// not degraded.
func Run(ctx context.Context, articles iter.Seq2[*archive.Entry, error], out io.Writer, options Options) (Counts, error) {
	r := newRunner(options)
	readCtx, stopReading := context.WithCancel(ctx)
	defer stopReading()
	// Articles in flight outlive ctx, but not a failure of out.
	workCtx, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()

	rows := r.work(readCtx, workCtx, r.read(readCtx, articles))
	w := &rowWriter{run: r, out: out, stopReading: stopReading, abort: abort}
	err := w.write(rows)
	if err == nil {
		err = ctx.Err()
	}
	return w.counts, err
}

// runner is a Run under way.
type runner struct {
	Options
	limiter   limiter
	rate      *rate.Limiter
	unwritten chan struct{} // holds a token for each article that is read and not written
}

func newRunner(options Options) *runner {
	r := &runner{Options: options}
	if r.Concurrency <= 0 {
		r.Concurrency = runtime.GOMAXPROCS(0)
	}
	if r.ProgressEvery <= 0 {
		r.ProgressEvery = 10 * time.Second
	}
	r.rate = rate.NewLimiter(rate.Inf, 1)
	if r.Rate > 0 {
		r.rate = rate.NewLimiter(rate.Limit(r.Rate), 1)
	}
	r.limiter = newLimiter(r.Concurrency, r.Adaptive)
	r.unwritten = make(chan struct{}, 4*r.limiter.max())
	return r
}

// workItem is an element of the sequence.
type workItem struct {
	number  int64
	article *archive.Entry
	err     error
}

// read feeds the sequence into a channel until it ends or ctx does. Nobody waits
// for it: a read from a terminal cannot be interrupted.
func (r *runner) read(ctx context.Context, articles iter.Seq2[*archive.Entry, error]) <-chan workItem {
	inputs := make(chan workItem)
	go func() {
		defer close(inputs)
		var number, fresh int64
		for article, err := range articles {
			var done *CompletedRow
			if article != nil || !errors.As(err, &done) {
				if fresh++; r.rate.Wait(ctx) != nil {
					return
				}
			}
			select {
			case r.unwritten <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case inputs <- workItem{number, article, err}:
			case <-ctx.Done():
				return
			}
			number++
			if r.Limit > 0 && fresh >= r.Limit {
				return
			}
		}
	}()
	return inputs
}

// work answers inputs until they end or readCtx does; the channel is closed when
// the last answer is in it.
func (r *runner) work(readCtx, workCtx context.Context, inputs <-chan workItem) <-chan finishedRow {
	rows := make(chan finishedRow, r.limiter.max())
	var workers sync.WaitGroup
	for range r.limiter.max() {
		workers.Go(func() {
			for {
				select {
				case <-readCtx.Done():
					return
				case in, ok := <-inputs:
					if !ok {
						return
					}
					rows <- r.answer(readCtx, workCtx, in)
				}
			}
		})
	}
	go func() {
		workers.Wait()
		close(rows)
	}()
	return rows
}

// finishedRow is a row as the worker that made it has encoded it.
type finishedRow struct {
	number   int64
	fatal    error                                // ends the run
	line     []byte                               // nil when the run ended before the article was answered
	id       string                               // empty where it may stand twice
	status   string                               // empty for a row of an earlier run
	response *summarizerv1.AnalyzeArticleResponse // nil unless status is "ok"
	failure  *RowError                            // nil if status is "ok"
	source   archive.Location
}

// answer makes the row of one input.
func (r *runner) answer(readCtx, workCtx context.Context, in workItem) finishedRow {
	var done *CompletedRow
	var unread *archive.ReadError
	switch {
	case errors.As(in.err, &done) && in.article == nil:
		return finishedRow{number: in.number, line: done.line}
	case done != nil:
		return r.retry(readCtx, workCtx, in, done)
	case errors.As(in.err, &unread):
		return r.fail(in.number, unreadRow(unread))
	case in.err != nil:
		return finishedRow{number: in.number, fatal: in.err}
	case in.article.Status != "":
		return finish(in.number, withdrawnRow(in.article), nil)
	}
	response, err := r.ask(readCtx, workCtx, request(in.article, r.Request))
	var fatal *FatalError
	switch {
	case errors.Is(err, ErrInterrupted):
		return finishedRow{number: in.number}
	case errors.As(err, &fatal):
		return finishedRow{number: in.number, fatal: fatal}
	case err != nil && StatusOf(err).Code() == codes.Unauthenticated: // so is every other call
		return finishedRow{number: in.number, fatal: &FatalError{fmt.Errorf("the server does not know the caller: name its key with --api-key-file (%s)", StatusOf(err).Message())}}
	case exceedsRunBudget(err):
		return finishedRow{number: in.number, fatal: ErrRunBudget}
	case err != nil:
		return r.fail(in.number, failedRow(in.article, err))
	}
	response.Warnings = append(response.Warnings, Warnings(in.article)...)
	row, err := resultRow(in.article, response)
	if err != nil {
		return r.fail(in.number, failedRow(in.article, err))
	}
	return finish(in.number, row, response)
}

// retry makes the row of an article that has one: the new one, or else the earlier one with the
// outcome of this run.
func (r *runner) retry(readCtx, workCtx context.Context, in workItem, earlier *CompletedRow) finishedRow {
	in.err = nil
	o := r.answer(readCtx, workCtx, in)
	if isDegraded(o.response) || o.failure != nil {
		o.line = earlier.line
	}
	return o
}

// isDegraded reports whether the language model should have made an answer, which may be nil.
func isDegraded(answer *summarizerv1.AnalyzeArticleResponse) bool {
	return answer.GetSummary().GetProvenance().GetDegraded() || answer.GetClassification().GetProvenance().GetDegraded()
}

// fail encodes the row of an input without a result, where such rows are written.
func (r *runner) fail(number int64, row *OutputRow) finishedRow {
	if r.LeaveErrors {
		return finishedRow{number: number}
	}
	return finish(number, row, nil)
}

// finish encodes a row.
func finish(number int64, row *OutputRow, response *summarizerv1.AnalyzeArticleResponse) finishedRow {
	line, err := encodeRow(row)
	if err != nil {
		panic(fmt.Sprintf("a row cannot be encoded: %v", err)) // strings and checked JSON always can
	}
	o := finishedRow{number: number, line: line, id: row.ID, status: row.Status, response: response, failure: row.Error, source: row.Source}
	if row.Story != nil {
		o.id = "" // its versions have one id
	}
	return o
}

// Warnings returns what is to be said of a beside an answer.
func Warnings(a *archive.Entry) []*summarizerv1.AnswerWarning {
	var warnings []*summarizerv1.AnswerWarning
	for _, w := range a.Warnings() {
		warnings = append(warnings, &summarizerv1.AnswerWarning{Reason: w.Reason, Message: w.Message, Metadata: w.Metadata})
	}
	return warnings
}

// Analyze calls the analyzer; a panic in it fails this article alone.
func Analyze(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest, analyzer Analyzer) (response *summarizerv1.AnalyzeArticleResponse, err error) {
	defer func() {
		if value := recover(); value != nil {
			response, err = nil, status.Errorf(codes.Internal, "internal error: a panic (%T)", value)
		}
	}()
	return analyzer.AnalyzeArticle(ctx, request)
}

// Article returns a as the service takes it.
func Article(a *archive.Entry) *summarizerv1.Article {
	article := &summarizerv1.Article{
		Title:        a.Title,
		LanguageCode: a.Language,
		SourceUri:    a.URL,
	}
	article.Text, article.MimeType = a.Content()
	if !a.Published.IsZero() {
		article.PublishTime = timestamppb.New(a.Published)
	}
	return article
}

// request asks for a with the options of template.
func request(a *archive.Entry, template *summarizerv1.AnalyzeArticleRequest) *summarizerv1.AnalyzeArticleRequest {
	return &summarizerv1.AnalyzeArticleRequest{
		Article:             Article(a),
		SummaryOptions:      template.GetSummaryOptions(),
		TopicOptions:        template.GetTopicOptions(),
		ServingOptions:      template.GetServingOptions(),
		VerificationOptions: template.GetVerificationOptions(),
	}
}
