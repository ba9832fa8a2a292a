package systemtest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/retry"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// strike is an invented article of six sentences.
const strike = `Dockers in Velmar end strike after nine days

PORT HARLAN, March 3 (Northwire) - The port of Velmar reopened on Tuesday after a strike of nine days.

Dockers accepted a pay rise of 4 percent over two years, their union said.

The city lost trade worth 30 million crowns while the cranes stood still.

Mayor Ilse Brandt thanked both sides for their patience.

The first ship to leave carried grain for three countries.

Talks on night shifts will begin next month.
`

func analyzeRequest(text string) *summarizerv1.AnalyzeArticleRequest {
	return &summarizerv1.AnalyzeArticleRequest{Article: &summarizerv1.Article{Text: text}}
}

// news returns a request for an article that no other number asks for.
func news(n int) *summarizerv1.AnalyzeArticleRequest {
	return analyzeRequest(fmt.Sprintf("%s\nShip number %d waits in the bay.\n", strike, n))
}

// attempts is how often a test of a crowd makes a call, since the server sheds load
// where other processes keep the machine busy.
const attempts = 20

func (s *stack) analyze(t *testing.T, timeout time.Duration, request *summarizerv1.AnalyzeArticleRequest, options ...grpc.CallOption) (*summarizerv1.AnalyzeArticleResponse, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return s.client.AnalyzeArticle(ctx, request, options...)
}

// wantSource fails the test unless both features have the source and the reason.
func wantSource(t *testing.T, response *summarizerv1.AnalyzeArticleResponse, err error, source summarizerv1.Provenance_Source, reason string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*summarizerv1.Provenance{response.Summary.Provenance, response.Classification.Provenance} {
		if p.Source != source || p.FallbackReason != reason || p.Degraded != (reason != "") {
			t.Errorf("got %v, degraded %t, reason %q; want %v, reason %q", p.Source, p.Degraded, p.FallbackReason, source, reason)
		}
	}
	if response.Summary.Text == "" || len(response.Summary.Sentences) == 0 {
		t.Error("the summary is empty")
	}
}

const minute = time.Minute

func TestLifeOfAnAnswer(t *testing.T) {
	fake := llmtest.New(t)
	dir := t.TempDir()
	request := analyzeRequest(strike)

	first := startStack(t, dir, fake.URL(), "large")
	response, err := first.analyze(t, minute, request)
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_LLM, "")
	if response.Usage.InputTokens == 0 || response.Summary.Provenance.Model != "large" {
		t.Errorf("usage %v, model %q", response.Usage, response.Summary.Provenance.Model)
	}
	response, err = first.analyze(t, minute, request)
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_CACHE, "")
	if response.Usage.InputTokens != 0 {
		t.Errorf("a hit consumed %v", response.Usage)
	}
	first.stop()

	// The disk keeps the answer over a restart.
	again := startStack(t, dir, fake.URL(), "large")
	response, err = again.analyze(t, minute, request)
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_CACHE, "")
	if n := fake.Count(); n != 1 {
		t.Errorf("%d upstream calls, want 1", n)
	}
	again.stop()

	// Another model, which hangs: what the first one said is better than nothing
	// and says so; for a new article there is only the local engine.
	fake.Default(llmtest.Hang())
	other := startStack(t, dir, fake.URL(), "larger")
	const deadline = 300 * time.Millisecond
	response, err = other.analyze(t, deadline, request)
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_STALE_CACHE, "LLM_TIMEOUT")
	if p := response.Summary.Provenance; p.Model != "large" {
		t.Errorf("the stale answer is said to be of %q", p.Model)
	}
	response, err = other.analyze(t, deadline, analyzeRequest(strike+"\nFishermen had joined the strike on its third day.\n"))
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_LOCAL, "LLM_TIMEOUT")
	other.stop()

	// Gone altogether, and without a model.
	fake.Close()
	response, err = startStack(t, t.TempDir(), fake.URL(), "large").analyze(t, minute, request)
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_LOCAL, "LLM_UNAVAILABLE")
	response, err = startStack(t, dir, "", "").analyze(t, minute, request)
	wantSource(t, response, err, summarizerv1.Provenance_SOURCE_STALE_CACHE, "")
}

func TestIdenticalRequestsMakeOneUpstreamCall(t *testing.T) {
	fake := llmtest.New(t)
	open := make(chan struct{})
	fake.Default(llmtest.When(open, llmtest.Obey()))
	s := startStack(t, t.TempDir(), fake.URL(), "m")
	wg := s.crowd(t, 1000)
	fake.AwaitArrivals(t, 1)
	close(open)
	wg.Wait()
	if n := fake.Count(); n != 1 {
		t.Errorf("%d upstream calls for 1,000 identical requests", n)
	}
}

func TestCallsAreMadeForArticlesNotForRequests(t *testing.T) {
	fake := llmtest.New(t)
	s := startStack(t, t.TempDir(), fake.URL(), "m")
	const requests, articles = 1000, 50
	var wg sync.WaitGroup
	for i := range requests {
		request := analyzeRequest(fmt.Sprintf("%s\nShip number %d waits in the bay.\n", strike, i%articles))
		wg.Go(func() {
			response, err := s.analyze(t, minute, request, retry.WithMax(attempts))
			if err != nil {
				t.Error(err)
				return
			}
			if p := response.Summary.Provenance; p.Degraded {
				t.Errorf("source %v, reason %q", p.Source, p.FallbackReason)
			}
		})
	}
	wg.Wait()
	if n := fake.Count(); n != articles {
		t.Errorf("%d upstream calls for %d requests over %d articles", n, requests, articles)
	}
}

func TestFirstCallerLeavesTheOthersServed(t *testing.T) {
	fake := llmtest.New(t)
	open := make(chan struct{})
	fake.Default(llmtest.When(open, llmtest.Obey()))
	s := startStack(t, t.TempDir(), fake.URL(), "m")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := s.client.AnalyzeArticle(ctx, analyzeRequest(strike))
		ended <- err
	}()
	fake.AwaitArrivals(t, 1)
	wg := s.crowd(t, 199)
	cancel()
	if err := <-ended; status.Code(err) != codes.Canceled {
		t.Errorf("the caller who left got %v", err)
	}
	close(open)
	wg.Wait()
	// Where the first caller left before any other had joined, its call ended
	// with it and another one was made.
	if n := fake.Count(); n > 2 {
		t.Errorf("%d upstream calls", n)
	}
}

// crowd sends identical requests, each of which has to be answered by the model.
func (s *stack) crowd(t *testing.T, n int) *sync.WaitGroup {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), minute)
			defer cancel()
			response, err := s.client.AnalyzeArticle(ctx, analyzeRequest(strike), retry.WithMax(attempts))
			if err != nil {
				t.Error(err)
				return
			}
			if p := response.Summary.Provenance; p.Source != summarizerv1.Provenance_SOURCE_LLM && p.Source != summarizerv1.Provenance_SOURCE_CACHE {
				t.Errorf("source %v, reason %q", p.Source, p.FallbackReason)
			}
		})
	}
	return &wg
}

func TestUpstreamCallEndsWithItsLastCaller(t *testing.T) {
	fake := llmtest.New(t)
	fake.Default(llmtest.Hang())
	s := startStack(t, t.TempDir(), fake.URL(), "m")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := s.client.AnalyzeArticle(ctx, analyzeRequest(strike)); status.Code(err) != codes.Canceled {
				t.Errorf("got %v", err)
			}
		})
	}
	fake.AwaitArrivals(t, 1)
	cancel()
	wg.Wait()
	fake.AwaitGone(t, fake.Count())
}

// A hundred articles share one deadline; a model that hangs leaves none of them
// without an answer.
func TestFullBatchKeepsItsDeadline(t *testing.T) {
	fake := llmtest.New(t)
	fake.Default(llmtest.Hang())
	s := startStack(t, t.TempDir(), fake.URL(), "m")
	batch := &summarizerv1.BatchAnalyzeArticlesRequest{}
	for i := range 100 {
		batch.Requests = append(batch.Requests, analyzeRequest(fmt.Sprintf("Report %d. %s", i, articleOf(8<<10))))
	}
	inTime(t, func() (late []string) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		answer, err := s.client.BatchAnalyzeArticles(ctx, batch)
		if err != nil {
			return []string{err.Error()}
		}
		reasons := make(map[string]int)
		for _, result := range answer.Results {
			// A server under load may refuse items, which is an answer in time too, but
			// not most of a batch that it can carry.
			if infoOf(status.Convert(client.ItemError(result))).GetReason() == "OVERLOADED" {
				reasons["OVERLOADED"]++
				continue
			}
			p := result.GetResponse().GetSummary().GetProvenance()
			if p.GetSource() != summarizerv1.Provenance_SOURCE_LOCAL {
				t.Errorf("got %v", result)
			}
			reasons[p.GetFallbackReason()]++
		}
		// The endpoint takes 64 calls at once; the others queue in vain.
		if reasons["LLM_TIMEOUT"] < 50 || reasons["DEADLINE_TOO_SHORT"] > 0 {
			return []string{fmt.Sprintf("reasons: %v", reasons)}
		}
		return nil
	})
}

func TestWhyTheModelDidNotAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		reply  llmtest.Response
		reason string
		code   codes.Code // under LLM_ONLY
	}{
		"401":              {llmtest.Error(http.StatusUnauthorized, "invalid_api_key", "no"), "LLM_MISCONFIGURED", codes.FailedPrecondition},
		"404":              {llmtest.Error(http.StatusNotFound, "model_not_found", "no"), "LLM_MISCONFIGURED", codes.FailedPrecondition},
		"500":              {llmtest.Error(http.StatusInternalServerError, nil, "no"), "LLM_UNAVAILABLE", codes.Unavailable},
		"HTML":             {llmtest.Status(http.StatusBadGateway, "<html>Bad gateway</html>"), "LLM_UNAVAILABLE", codes.Unavailable},
		"reset":            {llmtest.Reset(), "LLM_UNAVAILABLE", codes.Unavailable},
		"cut":              {llmtest.Cut(), "LLM_UNAVAILABLE", codes.Unavailable},
		"429":              {llmtest.Error(http.StatusTooManyRequests, "rate_limit_exceeded", "no", "Retry-After", "7"), "LLM_RATE_LIMITED", codes.Unavailable},
		"hang":             {llmtest.Hang(), "LLM_TIMEOUT", codes.DeadlineExceeded},
		"hang in the body": {llmtest.HangMidBody(), "LLM_TIMEOUT", codes.DeadlineExceeded},
		"refusal":          {llmtest.Complete(llmtest.Completion{Refusal: "I cannot."}), "LLM_REFUSED", codes.FailedPrecondition},
		"prose":            {llmtest.Content("Here you are."), "LLM_OUTPUT_INVALID", codes.Internal},
		"ungrounded": {llmtest.Give(llmtest.Answer{
			Summary: []llmtest.SummaryItem{{Text: "The port of Velmar reopened after 41 days, said Olga Pirelli.", Quotes: []string{}}},
		}), "LLM_UNGROUNDED", codes.Internal},
		"overflow": {llmtest.Error(http.StatusBadRequest, "context_length_exceeded", "maximum context length is 8 tokens"), "LLM_CONTEXT_OVERFLOW", codes.FailedPrecondition},
	} {
		t.Run(name, func(t *testing.T) {
			fake := llmtest.New(t)
			fake.Default(tc.reply)
			s := startStack(t, t.TempDir(), fake.URL(), "m")
			const deadline = 600 * time.Millisecond

			request := &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: strike}}
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			response, err := s.client.SummarizeArticle(ctx, request)
			if err != nil {
				t.Fatal(err)
			}
			if p := response.Summary.Provenance; p.Source != summarizerv1.Provenance_SOURCE_LOCAL || p.FallbackReason != tc.reason || !p.Degraded {
				t.Errorf("with the fallback allowed: %v", p)
			}

			request.ServingOptions = &summarizerv1.ServingOptions{EnginePolicy: summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_ONLY}
			ctx, cancel = context.WithTimeout(t.Context(), deadline)
			defer cancel()
			_, err = s.client.SummarizeArticle(ctx, request)
			got := status.Convert(err)
			if got.Code() != tc.code || infoOf(got).GetReason() != tc.reason {
				t.Errorf("with the fallback forbidden: %v, reason %q; want %v", err, infoOf(got).GetReason(), tc.code)
			}
			if retry := detail[*errdetails.RetryInfo](got); (retry != nil) != (tc.code == codes.Unavailable) {
				t.Errorf("retry info: %v", retry)
			}
		})
	}
}

func infoOf(s *status.Status) *errdetails.ErrorInfo { return detail[*errdetails.ErrorInfo](s) }

// detail returns the status detail of the type, or nil.
func detail[T any](s *status.Status) (found T) {
	for _, d := range s.Details() {
		if d, ok := d.(T); ok {
			return d
		}
	}
	return found
}
