package server

import (
	"context"
	"fmt"
	"sync"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const maxBatchRequests = 100

// BatchAnalyzeArticles analyzes 1 to 100 articles. A fault inside an item is
// that item's error.
func (h *Handler) BatchAnalyzeArticles(ctx context.Context, r *summarizerv1.BatchAnalyzeArticlesRequest) (*summarizerv1.BatchAnalyzeArticlesResponse, error) {
	requests := r.GetRequests()
	var v validator
	if len(requests) == 0 {
		v.add(summarizer.RuleRequired, "requests", fmt.Sprintf("is empty: send 1 to %d requests", maxBatchRequests))
	}
	v.count("requests", "items", len(requests), maxBatchRequests, "split the batch, or use StreamAnalyzeArticles")
	if err := v.err(); err != nil {
		return nil, h.fail(ctx, err)
	}
	// All begin at once: the caller's deadline is one for all, and an item that
	// began behind others would have the rest of it only.
	results := make([]*summarizerv1.AnalyzeArticleResult, len(requests))
	var items sync.WaitGroup
	for i, request := range requests {
		items.Go(func() { results[i] = h.analyzeItem(ctx, request) })
	}
	items.Wait()
	if err := ctx.Err(); err != nil {
		return nil, h.fail(ctx, err)
	}
	callOf(ctx).countItems(results...)
	return &summarizerv1.BatchAnalyzeArticlesResponse{Results: results}, nil
}
