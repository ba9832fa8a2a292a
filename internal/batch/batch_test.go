package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// analyzerFunc is a fake Analyzer.
type analyzerFunc func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error)

func (f analyzerFunc) AnalyzeArticle(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	return f(ctx, r)
}

// echo answers with the text as the summary, from the local engine.
func echo(_ context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	return &summarizerv1.AnalyzeArticleResponse{
		Summary: &summarizerv1.Summary{
			Text:       r.GetArticle().GetText(),
			Provenance: &summarizerv1.Provenance{Source: summarizerv1.Provenance_SOURCE_LOCAL},
		},
	}, nil
}

// numbered yields n articles with the ids and texts "0", "1" and so on.
func numbered(n int) iter.Seq2[*archive.Entry, error] {
	return func(yield func(*archive.Entry, error) bool) {
		for i := range n {
			if !yield(article(i), nil) {
				return
			}
		}
	}
}

func article(i int) *archive.Entry {
	id := fmt.Sprint(i)
	return &archive.Entry{ID: id, Text: id, Location: archive.Location{Path: "in", Line: int64(i + 1)}}
}

// rows decodes an output, sorted by line of the input.
func rows(t *testing.T, output []byte) []OutputRow {
	t.Helper()
	var all []OutputRow
	for line := range bytes.Lines(output) {
		var row OutputRow
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&row); err != nil || !bytes.HasSuffix(line, []byte("}\n")) {
			t.Fatalf("bad row %q: %v", line, err)
		}
		all = append(all, row)
	}
	slices.SortFunc(all, func(a, b OutputRow) int { return int(a.Source.Line - b.Source.Line) })
	return all
}

func TestEveryInputHasARow(t *testing.T) {
	refused, err := status.New(codes.InvalidArgument, "article.text: must not be empty").WithDetails(
		&errdetails.ErrorInfo{Reason: "TEXT_EMPTY", Domain: "summarizer.v1"})
	if err != nil {
		t.Fatal(err)
	}
	articles := func(yield func(*archive.Entry, error) bool) {
		_ = yield(article(0), nil) &&
			yield(nil, &archive.ReadError{Location: archive.Location{Path: "in", Line: 2}, Reason: archive.RowInvalid, Message: "torn"}) &&
			yield(article(2), nil) &&
			yield(article(3), nil) &&
			yield(article(4), nil) &&
			yield(nil, &archive.ReadError{Location: archive.Location{Path: "gone"}, Reason: archive.InputUnreadable, Message: "cannot be opened", Err: fs.ErrNotExist})
	}
	analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		switch r.GetArticle().GetText() {
		case "2":
			return nil, refused.Err()
		case "3":
			panic("secret article text")
		case "4":
			return nil, context.DeadlineExceeded
		}
		return echo(ctx, r)
	})
	var out bytes.Buffer
	counts, err := Run(t.Context(), articles, &out, Options{Analyzer: analyzer, Concurrency: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(counts.Reasons) != 5 {
		t.Errorf("reasons: %v", counts.Reasons)
	}
	counts.Reasons = nil
	if diff := cmp.Diff(Counts{OK: 1, Failed: 5, Local: 1}, counts); diff != "" {
		t.Errorf("counts: -want +got:\n%s", diff)
	}
	got := rows(t, out.Bytes())
	result := &summarizerv1.AnalyzeArticleResponse{}
	if err := protojson.Unmarshal(got[1].Result, result); err != nil || result.GetSummary().GetText() != "0" {
		t.Errorf("result = %v, %v", result, err)
	}
	got[1].Result = nil
	for i := range got {
		isArticle := got[i].Error == nil || got[i].Error.Reason != "ROW_INVALID" && got[i].Error.Reason != "INPUT_UNREADABLE"
		if isArticle != (len(got[i].Digest) == 16) {
			t.Errorf("row %d has the digest %q", i, got[i].Digest)
		}
		got[i].Digest = ""
	}
	failed := func(id string, line int64, code, reason, message string) OutputRow {
		return OutputRow{ID: id, Source: archive.Location{Path: "in", Line: line}, Status: StatusError, Error: &RowError{code, reason, message}}
	}
	gone := archive.Location{Path: "gone"}
	want := []OutputRow{
		{ID: gone.ID(), Source: gone, Status: StatusError, Error: &RowError{"NOT_FOUND", "INPUT_UNREADABLE", "cannot be opened"}},
		{ID: "0", Source: archive.Location{Path: "in", Line: 1}, Status: StatusOK},
		failed(archive.Location{Path: "in", Line: 2}.ID(), 2, "INVALID_ARGUMENT", "ROW_INVALID", "torn"),
		failed("2", 3, "INVALID_ARGUMENT", "TEXT_EMPTY", "article.text: must not be empty"),
		failed("3", 4, "INTERNAL", "", "internal error: a panic (string)"),
		failed("4", 5, "DEADLINE_EXCEEDED", "", "context deadline exceeded"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows: -want +got:\n%s", diff)
	}
}

// TestRowShape pins the bytes that scripts read.
func TestRowShape(t *testing.T) {
	a := article(0)
	a.Text = "R&D <b>"
	var out bytes.Buffer
	if _, err := Run(t.Context(), func(yield func(*archive.Entry, error) bool) {
		yield(a, nil)
	}, &out, Options{Analyzer: analyzerFunc(echo)}); err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"0","source":{"path":"in","member":"","line":1},"digest":"96fb265b69a1be12","status":"ok",` +
		`"title":null,"url":null,"published":null,"language":null,"result":{"summary":{"text":"R&D <b>","provenance":{"source":"SOURCE_LOCAL"}}}}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRequest(t *testing.T) {
	template := &summarizerv1.AnalyzeArticleRequest{
		SummaryOptions:      &summarizerv1.SummaryOptions{MaxSentences: 2},
		TopicOptions:        &summarizerv1.TopicOptions{MaxTopics: 7},
		ServingOptions:      &summarizerv1.ServingOptions{EnginePolicy: summarizerv1.EnginePolicy_ENGINE_POLICY_LOCAL_ONLY},
		VerificationOptions: &summarizerv1.VerificationOptions{Policy: summarizerv1.VerificationPolicy_VERIFICATION_POLICY_ALWAYS},
	}
	for fields, i := template.ProtoReflect().Descriptor().Fields(), 0; i < fields.Len(); i++ {
		if f := fields.Get(i); f.Name() != "article" && !template.ProtoReflect().Has(f) {
			t.Errorf("%s is not set in the template of this test", f.Name())
		}
	}
	published := time.Date(2031, 3, 3, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		article archive.Entry
		want    *summarizerv1.Article
	}{
		{
			"every field",
			archive.Entry{Title: "T", Text: "x", HTML: "<p>x", Language: "en", Published: published, URL: "u"},
			&summarizerv1.Article{Title: "T", Text: "x", LanguageCode: "en", PublishTime: timestamppb.New(published), SourceUri: "u"},
		},
		{"page only", archive.Entry{HTML: "<p>x"}, &summarizerv1.Article{Text: "<p>x", MimeType: "text/html"}},
		{"nothing", archive.Entry{}, &summarizerv1.Article{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := proto.CloneOf(template)
			want.Article = tt.want
			if diff := cmp.Diff(want, request(&tt.article, template), protocmp.Transform()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCountsBySource(t *testing.T) {
	sources := []summarizerv1.Provenance_Source{
		summarizerv1.Provenance_SOURCE_LLM, summarizerv1.Provenance_SOURCE_CACHE, summarizerv1.Provenance_SOURCE_CACHE,
		summarizerv1.Provenance_SOURCE_STALE_CACHE, summarizerv1.Provenance_SOURCE_LOCAL,
	}
	var next atomic.Int32
	analyzer := analyzerFunc(func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		source := sources[next.Add(1)-1]
		degraded := source == summarizerv1.Provenance_SOURCE_LOCAL
		return &summarizerv1.AnalyzeArticleResponse{
			Summary: &summarizerv1.Summary{Provenance: &summarizerv1.Provenance{Source: source, Degraded: degraded}},
			Usage:   &summarizerv1.ModelUsage{InputTokens: 10, OutputTokens: 2, CostMicroUsd: 3},
		}, nil
	})
	counts, err := Run(t.Context(), numbered(len(sources)), io.Discard, Options{Analyzer: analyzer})
	want := Counts{OK: 5, LLM: 1, Cache: 2, Stale: 1, Local: 1, Degraded: 1, InputTokens: 50, OutputTokens: 10, CostMicroUSD: 15}
	if diff := cmp.Diff(want, counts); diff != "" || err != nil {
		t.Errorf("error %v; -want +got:\n%s", err, diff)
	}
}

// Verified answers, skipped verifications and lost sentences are counted, whatever the form of the output.
func TestCountsOfVerification(t *testing.T) {
	answers := []*summarizerv1.AnalyzeArticleResponse{
		{Summary: &summarizerv1.Summary{Provenance: &summarizerv1.Provenance{Source: summarizerv1.Provenance_SOURCE_LLM, Verified: true}}},
		{
			Summary:  &summarizerv1.Summary{Provenance: &summarizerv1.Provenance{Source: summarizerv1.Provenance_SOURCE_CACHE, Verified: true}},
			Warnings: []*summarizerv1.AnswerWarning{{Reason: "SENTENCES_DROPPED", Metadata: map[string]string{"dropped": "2"}}},
		},
		{
			Summary:  &summarizerv1.Summary{Provenance: &summarizerv1.Provenance{Source: summarizerv1.Provenance_SOURCE_LLM}},
			Warnings: []*summarizerv1.AnswerWarning{{Reason: "VERIFICATION_SKIPPED"}, {Reason: "SENTENCES_DROPPED", Metadata: map[string]string{"dropped": "1"}}},
		},
	}
	var next atomic.Int32
	analyzer := analyzerFunc(func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		return answers[next.Add(1)-1], nil
	})
	counts, err := Run(t.Context(), numbered(len(answers)), io.Discard, Options{Analyzer: analyzer})
	want := Counts{OK: 3, LLM: 2, Cache: 1, Verified: 2, Unverified: 1, Dropped: 3}
	if diff := cmp.Diff(want, counts); diff != "" || err != nil {
		t.Errorf("error %v; -want +got:\n%s", err, diff)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inFlight, most atomic.Int32
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			n := inFlight.Add(1)
			defer inFlight.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			time.Sleep(time.Second)
			return echo(ctx, r)
		})
		start := time.Now()
		counts, err := Run(t.Context(), numbered(40), io.Discard, Options{Analyzer: analyzer, Concurrency: 8})
		if err != nil || counts.OK != 40 {
			t.Fatalf("%+v, %v", counts, err)
		}
		if most.Load() != 8 || time.Since(start) != 5*time.Second {
			t.Errorf("%d at once, took %v; want 8 and 5s", most.Load(), time.Since(start))
		}
	})
}

// TestInterrupt ends the context while articles are in flight: each of them gets
// its row, nothing else is started, and an input that blocks does not hold it up.
func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		unblock := make(chan struct{})
		defer close(unblock)
		articles := func(yield func(*archive.Entry, error) bool) {
			for i := range 4 {
				if !yield(article(i), nil) {
					return
				}
			}
			<-unblock // as a terminal does
		}
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return echo(ctx, r)
		})
		time.AfterFunc(500*time.Millisecond, cancel)
		var out bytes.Buffer
		counts, err := Run(ctx, articles, &out, Options{Analyzer: analyzer, Concurrency: 4})
		if !errors.Is(err, context.Canceled) || counts.OK != 4 || len(rows(t, out.Bytes())) != 4 {
			t.Errorf("%+v, %v; want 4 rows and context.Canceled", counts, err)
		}
	})
}

// limited fails when more than n bytes are written to it.
type limited struct{ n int }

func (l *limited) Write(p []byte) (int, error) {
	if l.n -= len(p); l.n < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestOutputFails(t *testing.T) {
	read := 0
	articles := func(yield func(*archive.Entry, error) bool) {
		for ; yield(article(read), nil); read++ {
		}
	}
	_, err := Run(t.Context(), articles, &limited{1000}, Options{Analyzer: analyzerFunc(echo), Concurrency: 2})
	if err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
}

func TestRowsAreFlushedAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out syncBuffer
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			time.Sleep(time.Second)
			return echo(ctx, r)
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = Run(t.Context(), numbered(3), &out, Options{Analyzer: analyzer, Concurrency: 1})
		}()
		time.Sleep(1500 * time.Millisecond)
		if got := out.lines(); got != 1 {
			t.Errorf("%d rows after 1.5 s, want 1", got)
		}
		<-done
	})
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
			time.Sleep(3 * time.Second)
			return echo(ctx, r)
		})
		var seen []int64
		_, err := Run(t.Context(), numbered(10), io.Discard, Options{
			Analyzer: analyzer, Concurrency: 1, Progress: func(c Counts) { seen = append(seen, c.Rows()) },
		})
		if diff := cmp.Diff([]int64{3, 6}, seen[:min(2, len(seen))]); diff != "" || err != nil {
			t.Errorf("error %v; -want +got:\n%s", err, diff)
		}
	})
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) lines() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Count(b.buf.Bytes(), []byte("\n"))
}

func BenchmarkRun(b *testing.B) {
	response := &summarizerv1.AnalyzeArticleResponse{
		Summary:        &summarizerv1.Summary{Text: strings.Repeat("A sentence. ", 40), Provenance: &summarizerv1.Provenance{Source: summarizerv1.Provenance_SOURCE_LOCAL}},
		Classification: &summarizerv1.Classification{Topics: []*summarizerv1.TopicLabel{{TopicId: "elections", Confidence: 0.9}, {TopicId: "trade", Confidence: 0.5}}},
	}
	analyzer := analyzerFunc(func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		return response, nil
	})
	b.ReportAllocs()
	if _, err := Run(b.Context(), numbered(b.N), io.Discard, Options{Analyzer: analyzer}); err != nil {
		b.Fatal(err)
	}
}

func TestCountsInALine(t *testing.T) {
	counts := Counts{
		OK: 6, Failed: 1, Skipped: 2, LLM: 3, Cache: 1, Stale: 1, Local: 1, Degraded: 2,
		Verified: 4, Unverified: 1, Dropped: 3, Sample: Sample{Verified: 3, Refuted: 2},
		InputTokens: 900, OutputTokens: 40, CostMicroUSD: 12_000,
	}
	counts.AddSample(Sample{Verified: 4, Missed: 1, InputTokens: 100, OutputTokens: 10, CostMicroUSD: 345})
	got := counts.String()
	const want = "6 ok, 1 failed, 2 skipped; by 3 LLM, 1 cache, 1 stale cache, 1 local engine; 2 degraded; 4 verified (80%), 1 without the verification that was asked for; sample: 7 verified, 2 with a false sentence, 1 missed; 3 sentences dropped; 1000 tokens in, 50 out; $0.0123"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
