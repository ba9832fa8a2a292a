package batch

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

// busy is the error of a server that takes no article for a while.
func busy(t *testing.T, wait time.Duration) error {
	t.Helper()
	s, err := status.New(codes.Unavailable, "full").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

// Answers come backwards within the window, and rows in order.
func TestOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			n, _ := strconv.Atoi(r.GetArticle().GetText())
			<-time.After(time.Duration(10-n%10) * time.Second)
			return echo(ctx, r)
		})
		var out bytes.Buffer
		if _, err := Run(t.Context(), numbered(100), &out, Options{Analyzer: analyzer, Concurrency: 10, Ordered: true}); err != nil {
			t.Fatal(err)
		}
		next := int64(0)
		for line := range bytes.Lines(out.Bytes()) {
			next++
			if row := rows(t, line); row[0].Source.Line != next {
				t.Fatalf("line %d stands in place %d", row[0].Source.Line, next)
			}
		}
		if next != 100 {
			t.Errorf("%d rows", next)
		}
	})
}

// One slow article holds up a bounded number of others.
func TestOrderedReadsNoFurtherThanItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		first := make(chan struct{})
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			asked.Add(1)
			if r.GetArticle().GetText() == "0" {
				<-first
			}
			return echo(ctx, r)
		})
		done := make(chan error)
		var out bytes.Buffer
		go func() {
			_, err := Run(t.Context(), numbered(1000), &out, Options{Analyzer: analyzer, Concurrency: 5, Ordered: true})
			done <- err
		}()
		synctest.Wait()
		if n := asked.Load(); n != 20 {
			t.Errorf("%d articles were asked for behind one that hangs, want 20", n)
		}
		close(first)
		if err := <-done; err != nil || len(rows(t, out.Bytes())) != 1000 {
			t.Errorf("%d rows, %v", len(rows(t, out.Bytes())), err)
		}
	})
}

func TestRowsAreWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out syncedBuffer
		begun := time.Now()
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			<-time.After(time.Second)
			return echo(ctx, r)
		})
		done := make(chan error)
		go func() {
			_, err := Run(t.Context(), numbered(2), &out, Options{Analyzer: analyzer, Concurrency: 1})
			done <- err
		}()
		<-time.After(1100 * time.Millisecond)
		if got := out.lines(); got != 1 {
			t.Errorf("%d rows after %v, want 1", got, time.Since(begun))
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestLimitRateAndMaxErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		begun := time.Now()
		counts, err := Run(t.Context(), numbered(100), &out, Options{Analyzer: analyzerFunc(echo), Limit: 21, Rate: 10})
		if took := time.Since(begun); err != nil || counts.OK != 21 || took < 1900*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("%d rows in %v, %v; want 21 in two seconds", counts.OK, took, err)
		}
		refuse := analyzerFunc(func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			return nil, status.Error(codes.InvalidArgument, "no")
		})
		out.Reset()
		counts, err = Run(t.Context(), numbered(100), &out, Options{Analyzer: refuse, Concurrency: 2, MaxErrors: 5, Rate: 10})
		if !errors.Is(err, ErrTooManyErrors) || counts.Failed < 5 || counts.Failed > 9 || len(rows(t, out.Bytes())) != int(counts.Failed) {
			t.Errorf("%+v, %v; want to end soon after 5 errors", counts, err)
		}
	})
}

func TestRepeatedIDsAreWrittenAndCounted(t *testing.T) {
	var out bytes.Buffer
	articles := numbered(3)
	twice := func(yield func(*archive.Entry, error) bool) {
		articles(yield)
		articles(yield)
	}
	counts, err := Run(t.Context(), twice, &out, Options{Analyzer: analyzerFunc(echo)})
	if err != nil || counts.OK != 6 || counts.DuplicateIDs != 3 {
		t.Errorf("%+v, %v", counts, err)
	}
}

// A server that is full or restarts is asked again as long as RetryFor says.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var calls atomic.Int64
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			calls.Add(1)
			if time.Since(begun) < 30*time.Second {
				return nil, busy(t, 7*time.Second)
			}
			return echo(ctx, r)
		})
		var out bytes.Buffer
		counts, err := Run(t.Context(), numbered(1), &out, Options{Analyzer: analyzer, RetryFor: time.Minute})
		if err != nil || counts.OK != 1 || calls.Load() > 6 || calls.Load() < 4 {
			t.Errorf("%+v after %d calls, %v; want one answer after about five", counts, calls.Load(), err)
		}
		begun = time.Now()
		out.Reset()
		counts, err = Run(t.Context(), numbered(1), &out, Options{Analyzer: analyzer, RetryFor: 20 * time.Second})
		if err != nil || counts.Failed != 1 {
			t.Errorf("%+v, %v; want an error once the time is over", counts, err)
		}
		if got := rows(t, out.Bytes()); len(got) != 1 || got[0].Error.Code != "UNAVAILABLE" {
			t.Errorf("%+v", got)
		}
	})
}

// An article that waits for its next try when the run is interrupted has no row:
// a resumed run does it.
func TestInterruptedRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		analyzer := analyzerFunc(func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			return nil, busy(t, time.Minute)
		})
		var out bytes.Buffer
		counts, err := Run(ctx, numbered(5), &out, Options{Analyzer: analyzer, Concurrency: 2, RetryFor: time.Hour})
		if !errors.Is(err, context.DeadlineExceeded) || counts.Rows() != 0 || out.Len() != 0 {
			t.Errorf("%+v, %v, output %q", counts, err, out.String())
		}
	})
}

// A run finds the number of articles that an analyzer works on at once.
func TestAdaptive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 32
		slots := make(chan struct{}, capacity)
		var most, now atomic.Int64
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			slots <- struct{}{}
			<-time.After(100 * time.Millisecond)
			<-slots
			return echo(ctx, r)
		})
		var out bytes.Buffer
		begun := time.Now()
		const n = 20_000
		if _, err := Run(t.Context(), numbered(n), &out, Options{Analyzer: analyzer, Concurrency: 8, Adaptive: true}); err != nil {
			t.Fatal(err)
		}
		ideal := n * 100 * time.Millisecond / capacity
		if took := time.Since(begun); took > ideal*5/4 {
			t.Errorf("took %v with up to %d at once, against %v at the best number", took, most.Load(), ideal)
		}
		if most.Load() < capacity*3/4 {
			t.Errorf("at most %d were in flight of %d that are worked on", most.Load(), capacity)
		}
	})
}

// syncedBuffer is a buffer that is read while it is written.
type syncedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncedBuffer) lines() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Count(b.buffer.Bytes(), []byte("\n"))
}
