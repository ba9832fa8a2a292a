package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

// answers runs articles into a journal and closes it; ended says whether the run came to its
// end. Each article is answered by the analyzer, whose counts answers returns.
func answers(t *testing.T, j *Journal, articles []*archive.Entry, ordered, ended bool, analyzer analyzerFunc) Counts {
	t.Helper()
	sequence := func(yield func(*archive.Entry, error) bool) {
		for _, a := range articles {
			if !yield(a, nil) {
				return
			}
		}
	}
	counts, err := Run(t.Context(), j.Pending(sequence), j, Options{Analyzer: analyzer, Concurrency: 1, Ordered: ordered})
	if fatal := (*FatalError)(nil); err != nil && !errors.As(err, &fatal) {
		t.Fatal(err)
	}
	if err := j.Close(ended); err != nil {
		t.Fatal(err)
	}
	return counts
}

// by answers with a source, degraded where a reason is given.
func by(source summarizerv1.Provenance_Source, reason string) analyzerFunc {
	return func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		return &summarizerv1.AnalyzeArticleResponse{Summary: &summarizerv1.Summary{
			Text: reason, Provenance: &summarizerv1.Provenance{Source: source, Degraded: reason != "", FallbackReason: reason},
		}}, nil
	}
}

// TestRetryDegraded checks that rows without the language model are asked for again where that
// is wanted, and that each stands until a better one is written.
func TestRetryDegraded(t *testing.T) {
	const local, model = summarizerv1.Provenance_SOURCE_LOCAL, summarizerv1.Provenance_SOURCE_LLM
	all := []*archive.Entry{article(0), article(1), article(2), article(3)}
	all[3].Story = "urn:story"
	for _, ordered := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		retry := func() *Journal {
			return open(t, path, JournalOptions{Resume: true, RetryDegraded: true, Ordered: ordered})
		}
		answers(t, open(t, path, JournalOptions{Ordered: ordered}), all[:1], ordered, true, by(model, ""))
		counts := answers(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), all, ordered, true, by(local, "LLM_MISCONFIGURED"))
		if want := []ReasonCount{{Reason: "LLM_MISCONFIGURED", Count: 3}}; cmp.Diff(want, counts.Degradations) != "" {
			t.Errorf("ordered %t: degraded by %v", ordered, counts.Degradations)
		}
		j := open(t, path, JournalOptions{Resume: true, Ordered: ordered})
		if j.Kept != 4 || j.Degraded != 3 {
			t.Errorf("ordered %t: %d kept, of them %d degraded", ordered, j.Kept, j.Degraded)
		}
		if counts := answers(t, j, all, ordered, true, by(model, "")); counts.Rows() != 0 {
			t.Errorf("ordered %t: not asked to, %d rows were asked for again", ordered, counts.Rows())
		}

		before := content(t, path)
		for name, analyzer := range map[string]analyzerFunc{
			"degraded again": by(local, "LLM_TIMEOUT"),
			"fails": func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
				return nil, status.Error(codes.Internal, "failed")
			},
			"ends the run": func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
				return nil, &FatalError{errors.New("the end")}
			},
		} {
			counts := answers(t, retry(), all, ordered, name != "ends the run", analyzer)
			if after := content(t, path); before != after && name != "ends the run" {
				t.Errorf("ordered %t, %s: the rows are\n%swere\n%s", ordered, name, after, before)
			}
			if want := map[string]int64{"degraded again": 3, "fails": 3}[name]; counts.Degraded+counts.Failed != want {
				t.Errorf("ordered %t, %s: %v", ordered, name, &counts)
			}
		}

		// Killed between the second row and the third.
		asked := 0
		answers(t, retry(), all, ordered, false, func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			if asked++; asked > 2 {
				return nil, &FatalError{errors.New("the end")}
			}
			return by(model, "")(ctx, r)
		})
		if j := retry(); j.Kept != 4 || j.Degraded != 1 {
			t.Errorf("ordered %t, killed: %d kept, of them %d degraded", ordered, j.Kept, j.Degraded)
		} else if counts := answers(t, j, all, ordered, true, by(model, "")); counts.LLM != 1 || counts.Rows() != 1 {
			t.Errorf("ordered %t, resumed: %v", ordered, &counts)
		}
		if got := content(t, path); strings.Count(got, "SOURCE_LLM") != 4 || strings.Count(got, "\n") != 4 {
			t.Errorf("ordered %t: at the end\n%s", ordered, got)
		}
	}
}

// TestNewerRowOfOneDigestCounts checks that a run that was killed before it took out the rows
// it had replaced leaves the newer ones.
func TestNewerRowOfOneDigestCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	all := []*archive.Entry{article(0), article(1)}
	answers(t, open(t, path, JournalOptions{}), all, false, true, by(summarizerv1.Provenance_SOURCE_LOCAL, "LLM_TIMEOUT"))
	first := content(t, path)
	answers(t, open(t, path, JournalOptions{Overwrite: true}), all, false, true, by(summarizerv1.Provenance_SOURCE_LLM, ""))
	second := content(t, path)
	if err := os.WriteFile(path, []byte(first+second), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path, JournalOptions{Resume: true}).Close(true); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != second {
		t.Errorf("left are\n%swant\n%s", got, second)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestMessagesAreCountedApart checks that one frequent fault hides no other, and that messages
// with figures of the input do not fill the screen.
func TestMessagesAreCountedApart(t *testing.T) {
	var counts Counts
	for i := range 40 {
		message := `no "text"`
		if i%2 == 1 {
			message = fmt.Sprintf("the object ends after %d bytes", i)
		}
		counts.add(finish(int64(i), unreadRow(&archive.ReadError{Location: archive.Location{Path: "in", Line: int64(i + 1)}, Reason: archive.RowInvalid, Message: message}), nil))
	}
	var sum Counts
	sum.Add(counts)
	sum.Add(counts)
	for _, c := range []*Counts{&counts, &sum} {
		total := int64(0)
		for _, r := range c.Reasons {
			total += r.Count
		}
		last := c.Reasons[len(c.Reasons)-1]
		if len(c.Reasons) != maxMessages+1 || total != c.Failed || last.Message != otherMessages || !strings.Contains(last.String(), " in in:16") {
			t.Errorf("%d of %d rows in %v", total, c.Failed, c.Reasons)
		}
	}
}

// TestDryRun checks that a dry run tells what a run would do with each input.
func TestDryRun(t *testing.T) {
	first, empty, withdrawn := article(0), article(1), article(2)
	first.Text = "The lamp is lit."
	empty.Text, withdrawn.Status = "12345", archive.StatusCanceled
	inputs := func(yield func(*archive.Entry, error) bool) {
		_ = yield(first, nil) && yield(empty, nil) && yield(withdrawn, nil) &&
			yield(nil, &archive.ReadError{Location: archive.Location{Path: "x"}, Reason: archive.RowInvalid, Message: "torn"})
	}
	texts := 0
	for limit, want := range []Content{
		{Articles: 1, Refused: 1, Withdrawn: 1, Unreadable: 1},
		{Articles: 1},
	} {
		got, err := DryRun(t.Context(), inputs, int64(limit), func(string) { texts++ })
		if err != nil || int64(len(got.Reasons)) != got.Failing() {
			t.Errorf("%v, %v", err, got.Reasons)
		}
		got.Bytes, got.Reasons = 0, nil
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("limit %d: -want +got\n%s", limit, diff)
		}
	}
	if texts != 2 {
		t.Errorf("%d texts of 2", texts)
	}
}

// TestUnknownCallerEndsTheRun checks that a run without the key of its server writes no row of
// an error for each article.
func TestUnknownCallerEndsTheRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	counts := answers(t, open(t, path, JournalOptions{}), []*archive.Entry{article(0), article(1)}, false, false,
		func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			return nil, status.Error(codes.Unauthenticated, "no key")
		})
	if counts.Rows() != 0 || content(t, path) != "" {
		t.Errorf("%v, %s", &counts, content(t, path))
	}
}
