package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"
	"time"

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

	// Concurrency is the number of articles in flight; 0 means GOMAXPROCS.
	Concurrency int

	// Progress, if set, is called with the counts so far every ProgressEvery,
	// never concurrently.
	Progress      func(Counts)
	ProgressEvery time.Duration // 0 means 10 s
}

// Counts says what became of the inputs so far: OK + Failed + Skipped is the
// number of rows written.
type Counts struct {
	OK, Failed, Skipped int64

	// Answers by the source of their summary; Degraded are those of them that a
	// language model should have made.
	LLM, Cache, Stale, Local int64
	Degraded                 int64

	// What the answers consumed upstream.
	InputTokens, OutputTokens, CostMicroUSD int64
}

// Rows returns the number of rows written.
func (c *Counts) Rows() int64 { return c.OK + c.Failed + c.Skipped }

// outcome is a finished row, encoded by the worker that made it.
type outcome struct {
	line     []byte
	status   string
	response *summarizerv1.AnalyzeArticleResponse // nil unless status is "ok"
}

// Run writes a row to out for each element of articles. It returns when all are
// written; or, with the error of ctx, when ctx has ended and what was in flight
// is written; or when out fails, with that error, and then the last rows counted
// may not have reached it.
func Run(ctx context.Context, articles iter.Seq2[*archive.Article, error], out io.Writer, options Options) (Counts, error) {
	if options.Concurrency <= 0 {
		options.Concurrency = runtime.GOMAXPROCS(0)
	}
	if options.ProgressEvery <= 0 {
		options.ProgressEvery = 10 * time.Second
	}
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	// What is in flight outlives ctx, but not a failure of out.
	working, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()

	inputs := read(reading, articles)
	outcomes := work(reading, working, inputs, &options)
	counts, err := write(outcomes, out, &options, func() { stopReading(); abort() })
	if err == nil {
		err = ctx.Err()
	}
	return counts, err
}

// input is an element of the sequence.
type input struct {
	article *archive.Article
	err     error
}

// read feeds the sequence into a channel until it ends or ctx does. Nobody waits
// for it: a read from a terminal cannot be interrupted.
func read(ctx context.Context, articles iter.Seq2[*archive.Article, error]) <-chan input {
	inputs := make(chan input)
	go func() {
		defer close(inputs)
		for article, err := range articles {
			select {
			case inputs <- input{article, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return inputs
}

// work answers inputs until they end or reading does; the channel is closed when
// the last answer is in it.
func work(reading, working context.Context, inputs <-chan input, options *Options) <-chan outcome {
	outcomes := make(chan outcome, options.Concurrency)
	var workers sync.WaitGroup
	for range options.Concurrency {
		workers.Go(func() {
			for {
				select {
				case <-reading.Done():
					return
				case in, ok := <-inputs:
					if !ok {
						return
					}
					outcomes <- answer(working, in, options)
				}
			}
		})
	}
	go func() {
		workers.Wait()
		close(outcomes)
	}()
	return outcomes
}

// answer makes the row of one input.
func answer(ctx context.Context, in input, options *Options) outcome {
	var row *Row
	var response *summarizerv1.AnalyzeArticleResponse
	var unread *archive.Error
	switch {
	case errors.As(in.err, &unread):
		row = unreadRow(unread)
	default:
		var err error
		if response, err = analyze(ctx, request(in.article, options.Request), options.Analyzer); err == nil {
			if in.article.StandfirstOnly {
				response.Warnings = append(response.Warnings, standfirstOnly)
			}
			row, err = resultRow(in.article, response)
		}
		if err != nil {
			row, response = failedRow(in.article, err), nil
		}
	}
	line, err := encodeRow(row)
	if err != nil {
		panic(fmt.Sprintf("a row cannot be encoded: %v", err)) // strings and checked JSON always can
	}
	return outcome{line, row.Status, response}
}

// standfirstOnly goes with the answer for an article of which the archive holds
// no more.
var standfirstOnly = &summarizerv1.Warning{
	Reason:  "STANDFIRST_ONLY",
	Message: "the feed holds no more than the standfirst of this article",
}

// analyze calls the analyzer; a panic in it fails this article alone.
func analyze(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest, analyzer Analyzer) (response *summarizerv1.AnalyzeArticleResponse, err error) {
	defer func() {
		if value := recover(); value != nil {
			response, err = nil, status.Errorf(codes.Internal, "internal error: a panic (%T)", value)
		}
	}()
	return analyzer.AnalyzeArticle(ctx, request)
}

// request asks for a with the options of template.
func request(a *archive.Article, template *summarizerv1.AnalyzeArticleRequest) *summarizerv1.AnalyzeArticleRequest {
	article := &summarizerv1.Article{
		Text:         a.Text,
		Title:        a.Title,
		LanguageCode: a.Language,
		SourceUri:    a.URL,
	}
	if a.Text == "" && a.HTML != "" {
		article.Text, article.MediaType = a.HTML, "text/html"
	}
	if !a.Published.IsZero() {
		article.PublishTime = timestamppb.New(a.Published)
	}
	return &summarizerv1.AnalyzeArticleRequest{
		Article:        article,
		SummaryOptions: template.GetSummaryOptions(),
		TopicOptions:   template.GetTopicOptions(),
		ServingOptions: template.GetServingOptions(),
	}
}

// write writes outcomes until their channel closes. When out fails it calls
// abort and discards the rest.
func write(outcomes <-chan outcome, out io.Writer, options *Options, abort func()) (Counts, error) {
	var counts Counts
	buffered := bufio.NewWriterSize(out, 64<<10)
	ticker := time.NewTicker(options.ProgressEvery)
	defer ticker.Stop()
	var failure error
	for {
		select {
		case o, ok := <-outcomes:
			if !ok {
				return counts, failure
			}
			if failure != nil {
				continue
			}
			_, err := buffered.Write(o.line)
			if err == nil && len(outcomes) == 0 {
				err = buffered.Flush()
			}
			if err != nil {
				failure = fmt.Errorf("the output cannot be written: %w", err)
				abort()
				continue
			}
			counts.add(o)
		case <-ticker.C:
			if options.Progress != nil {
				options.Progress(counts)
			}
		}
	}
}

func (c *Counts) add(o outcome) {
	switch o.status {
	case StatusOK:
		c.OK++
	case StatusSkipped:
		c.Skipped++
	default:
		c.Failed++
	}
	if o.response == nil {
		return
	}
	provenance := o.response.GetSummary().GetProvenance()
	switch provenance.GetSource() {
	case summarizerv1.Source_SOURCE_LLM:
		c.LLM++
	case summarizerv1.Source_SOURCE_CACHE:
		c.Cache++
	case summarizerv1.Source_SOURCE_STALE_CACHE:
		c.Stale++
	case summarizerv1.Source_SOURCE_LOCAL:
		c.Local++
	case summarizerv1.Source_SOURCE_UNSPECIFIED:
	}
	if provenance.GetDegraded() || o.response.GetClassification().GetProvenance().GetDegraded() {
		c.Degraded++
	}
	usage := o.response.GetUsage()
	c.InputTokens += int64(usage.GetInputTokens())
	c.OutputTokens += int64(usage.GetOutputTokens())
	c.CostMicroUSD += usage.GetCostMicroUsd()
}
