package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"testing"

	"go.uber.org/goleak"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// analyzerFunc is a fake batch.Analyzer.
type analyzerFunc func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error)

func (f analyzerFunc) AnalyzeArticle(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	return f(ctx, r)
}

// echo answers with the text as the summary.
func echo(_ context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	return &summarizerv1.AnalyzeArticleResponse{Summary: &summarizerv1.Summary{Text: r.GetArticle().GetText()}}, nil
}

// numbered yields n articles with the ids and texts "0", "1" and so on.
func numbered(n int) iter.Seq2[*archive.Entry, error] {
	return func(yield func(*archive.Entry, error) bool) {
		for i := range n {
			id := fmt.Sprint(i)
			if !yield(&archive.Entry{ID: id, Text: id, Location: archive.Location{Path: "in", Line: int64(i + 1)}}, nil) {
				return
			}
		}
	}
}

// rows decodes an output.
func rows(t *testing.T, output []byte) []batch.OutputRow {
	t.Helper()
	var all []batch.OutputRow
	for line := range bytes.Lines(output) {
		var row batch.OutputRow
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("bad row %q: %v", line, err)
		}
		all = append(all, row)
	}
	return all
}
