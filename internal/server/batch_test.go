package server

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func batchOf(n int) *summarizerv1.BatchAnalyzeArticlesRequest {
	batch := &summarizerv1.BatchAnalyzeArticlesRequest{}
	for i := range n {
		batch.Requests = append(batch.Requests, analyzeRequest(strconv.Itoa(i)))
	}
	return batch
}

func TestBatchSize(t *testing.T) {
	h := NewHandler(&fakeService{}, Options{})
	for _, n := range []int{0, 101} {
		_, err := h.BatchAnalyzeArticles(t.Context(), batchOf(n))
		violations := detail[*errdetails.BadRequest](t, err).GetFieldViolations()
		if status.Code(err) != codes.InvalidArgument || len(violations) != 1 || violations[0].GetField() != "requests" {
			t.Errorf("%d requests: %v", n, err)
		}
	}
}

// Items are answered in order, whichever is done first, and all at once, so that
// none has only what others left of the deadline; each is marked as bulk.
func TestBatchOrderAndConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var running, most int
		begin := time.Now()
		h := NewHandler(&fakeService{analyze: func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() { mu.Lock(); running--; mu.Unlock() }()
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != 9*time.Second {
				t.Errorf("item %s: deadline in %v, want 9s", r.Article.Text, time.Until(deadline))
			}
			if !r.Bulk {
				t.Errorf("item %s is not marked as bulk", r.Article.Text)
			}
			n, _ := strconv.Atoi(r.Article.Text)
			<-time.After(time.Duration(100-n) * time.Millisecond)
			result := sampleResult(r)
			result.Summary.Text = r.Article.Text
			return result, nil
		}}, Options{DefaultDeadline: 9 * time.Second})

		answer, err := h.BatchAnalyzeArticles(t.Context(), batchOf(100))
		if err != nil {
			t.Fatal(err)
		}
		for i, result := range answer.GetResults() {
			if got := result.GetResponse().GetSummary().GetText(); got != strconv.Itoa(i) {
				t.Errorf("result %d is that of item %s", i, got)
			}
		}
		if len(answer.GetResults()) != 100 || most != 100 {
			t.Errorf("%d results, %d items at once; want 100 of both", len(answer.GetResults()), most)
		}
		if took := time.Since(begin); took > 100*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestBatchItemFaults(t *testing.T) {
	h := NewHandler(&fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		switch r.Article.Text {
		case "panic":
			panic("boom")
		case "busy":
			return nil, &summarizer.Error{Reason: summarizer.ReasonLLMBusy, Message: "busy", RetryAfter: 2 * time.Second}
		}
		return sampleResult(r), nil
	}}, Options{})
	answer, err := h.BatchAnalyzeArticles(t.Context(), &summarizerv1.BatchAnalyzeArticlesRequest{
		Requests: []*summarizerv1.AnalyzeArticleRequest{
			analyzeRequest("good"), nil, analyzeRequest("panic"), analyzeRequest(""), analyzeRequest("busy"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []*summarizerv1.ItemError{
		nil,
		{Code: int32(codes.InvalidArgument), Reason: "FIELD_INVALID", Field: "article"},
		{Code: int32(codes.Internal), Reason: "INTERNAL"},
		{Code: int32(codes.InvalidArgument), Reason: "TEXT_EMPTY", Field: "article.text"},
		{Code: int32(codes.Unavailable), Reason: "LLM_BUSY", RetryDelayMs: 2000},
	}
	for i, result := range answer.GetResults() {
		got := result.GetError()
		if got.GetCode() != want[i].GetCode() || got.GetReason() != want[i].GetReason() ||
			got.GetField() != want[i].GetField() || got.GetRetryDelayMs() != want[i].GetRetryDelayMs() {
			t.Errorf("item %d: error %v, want %v", i, got, want[i])
		}
		if (got == nil) != (result.GetResponse() != nil) || (got != nil && got.GetMessage() == "") {
			t.Errorf("item %d: %v", i, result)
		}
	}
}

func TestBatchOfCancelledCallIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := NewHandler(&fakeService{analyze: func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}}, Options{})
	if _, err := h.BatchAnalyzeArticles(ctx, batchOf(3)); status.Code(err) != codes.Canceled {
		t.Errorf("error %v, want Canceled", err)
	}
}
