package server

import (
	"context"
	"strconv"
	"strings"
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
		batch.Requests = append(batch.Requests, analyzeRequest("item "+strconv.Itoa(i)))
	}
	return batch
}

func TestBatchSize(t *testing.T) {
	h := NewHandler(&fakeService{}, Options{})
	for n, want := range map[int][2]string{
		0:   {"REQUIRED", "is empty: send 1 to 100 requests"},
		101: {"TOO_MANY", "has 101 items, the limit is 100: split the batch, or use StreamAnalyzeArticles"},
	} {
		_, err := h.BatchAnalyzeArticles(t.Context(), batchOf(n))
		violations := detail[*errdetails.BadRequest](t, err).GetFieldViolations()
		if status.Code(err) != codes.InvalidArgument || len(violations) != 1 || violations[0].GetField() != "requests" {
			t.Fatalf("%d requests: %v", n, err)
		}
		if got := [2]string{violations[0].GetReason(), violations[0].GetDescription()}; got != want {
			t.Errorf("%d requests: %q, want %q", n, got, want)
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
				t.Errorf("%s: deadline in %v, want 9s", r.Article.Text, time.Until(deadline))
			}
			if !r.Bulk {
				t.Errorf("%s is not marked as bulk", r.Article.Text)
			}
			n, _ := strconv.Atoi(strings.TrimPrefix(r.Article.Text, "item "))
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
			if got := result.GetResponse().GetSummary().GetText(); got != "item "+strconv.Itoa(i) {
				t.Errorf("result %d is that of %s", i, got)
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
	want := []struct {
		code   codes.Code
		reason string
		field  string
		retry  time.Duration
	}{
		{},
		{codes.InvalidArgument, "FIELD_INVALID", "article", 0},
		{codes.Internal, "INTERNAL", "", 0},
		{codes.InvalidArgument, "TEXT_EMPTY", "article.text", 0},
		{codes.Unavailable, "LLM_BUSY", "", 2 * time.Second},
	}
	for i, result := range answer.GetResults() {
		s := statusOf(result)
		if (s == nil) != (result.GetResponse() != nil) || (s != nil && s.Message() == "") {
			t.Errorf("item %d: %v", i, result)
		}
		if s == nil {
			continue
		}
		info := detail[*errdetails.ErrorInfo](t, s.Err())
		retry := detail[*errdetails.RetryInfo](t, s.Err()).GetRetryDelay().AsDuration()
		if s.Code() != want[i].code || info.GetReason() != want[i].reason || info.GetMetadata()["field"] != want[i].field || retry != want[i].retry {
			t.Errorf("item %d: error %v, want %v", i, s.Proto(), want[i])
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
