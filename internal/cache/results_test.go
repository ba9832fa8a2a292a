package cache

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

var _ summarizer.Results = (*ResultStore)(nil)

// finishedResult returns a result as it is delivered: its spans are parts of the
// article.
func finishedResult(article string, summarized, classified time.Time) *summarizer.Result {
	return &summarizer.Result{
		LanguageCode: "en",
		Summary: &summarizer.Summary{
			Text: "The harbour reopens.",
			Sentences: []summarizer.SummarySentence{{
				Text:     "The harbour reopens.",
				Evidence: []summarizer.TextSpan{{Begin: 0, End: 11, Text: article[:11]}},
			}},
			Method:     summarizer.MethodAbstractive,
			Provenance: summarizer.Provenance{Source: summarizer.SourceCache, CreateTime: summarized},
		},
		Classification: &summarizer.Classification{
			Topics: []summarizer.TopicLabel{{
				ID: "shipping", DisplayName: "Shipping", Confidence: 0.9,
				Evidence: []summarizer.TextSpan{{Begin: 4, End: 11, Text: article[4:11]}},
			}},
			Provenance: summarizer.Provenance{Source: summarizer.SourceCache, CreateTime: classified},
		},
		Warnings: []summarizer.Warning{{Reason: summarizer.WarnBoilerplateRemoved, Metadata: map[string]string{"removedBytes": "12"}}},
	}
}

const article = "The harbour reopens on Tuesday, the port authority said."

func TestResults(t *testing.T) {
	r := NewResultStore(0, 0)
	if got, ok := r.Get(cachetest.Key(1)); ok {
		t.Fatalf("an empty store holds %v", got)
	}
	want := finishedResult(article, now(), now())
	r.Put(cachetest.Key(1), want, time.Now())
	got, ok := r.Get(cachetest.Key(1))
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("found: %v (-want +got):\n%s", ok, diff)
	}
	if _, ok := r.Get(cachetest.Key(2)); ok {
		t.Error("another key holds a result")
	}
	r.Clear()
	if _, ok := r.Get(cachetest.Key(1)); ok {
		t.Error("a cleared store holds a result")
	}
}

func TestResultsDoNotHoldTheArticle(t *testing.T) {
	r := NewResultStore(0, 0)
	text := strings.Clone(article)
	put := finishedResult(text, now(), now())
	r.Put(cachetest.Key(1), put, time.Now())
	got, _ := r.Get(cachetest.Key(1))
	for _, span := range append(got.Summary.Sentences[0].Evidence, got.Classification.Topics[0].Evidence...) {
		if unsafe.StringData(span.Text) == unsafe.StringData(text[span.Begin:]) {
			t.Errorf("%q is a part of the article's text", span.Text)
		}
	}
	if unsafe.StringData(put.Summary.Sentences[0].Evidence[0].Text) != unsafe.StringData(text) {
		t.Error("Put changed what it was given")
	}
}

func TestResultsMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResultStore(0, time.Hour)
		both, summary, topics := cachetest.Key(1), cachetest.Key(2), cachetest.Key(3)
		r.Put(both, finishedResult(article, now(), now().Add(-30*time.Minute)), time.Now())
		only := finishedResult(article, now().Add(-20*time.Minute), now())
		only.Classification = nil
		r.Put(summary, only, time.Now())
		only = finishedResult(article, now(), now().Add(-10*time.Minute))
		only.Summary = nil
		r.Put(topics, only, time.Now())
		r.Put(cachetest.Key(4), &summarizer.Result{}, time.Now())

		present := func() (keys []bool) {
			for i := 1; i <= 4; i++ {
				_, ok := r.Get(cachetest.Key(i))
				keys = append(keys, ok)
			}
			return keys
		}
		for _, step := range []struct {
			after time.Duration
			want  []bool
		}{
			{30*time.Minute - 1, []bool{true, true, true, false}},
			{1, []bool{false, true, true, false}},
			{10 * time.Minute, []bool{false, false, true, false}},
			{10 * time.Minute, []bool{false, false, false, false}},
		} {
			time.Sleep(step.after)
			if diff := cmp.Diff(step.want, present()); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", step.after, diff)
			}
		}
	})
}

func TestResultsAreBounded(t *testing.T) {
	const bound = 64 << 10
	r := NewResultStore(bound, 0)
	for i := range 1000 {
		r.Put(cachetest.Key(i), finishedResult(article, now(), now()), time.Now())
	}
	r.results.CleanUp()
	if bytes := r.results.WeightedSize(); bytes > bound || bytes < bound/2 {
		t.Errorf("the store holds %d B, want up to %d", bytes, bound)
	}
}

func TestResultsGetDoesNotAllocate(t *testing.T) {
	r := NewResultStore(0, 0)
	r.Put(cachetest.Key(1), finishedResult(article, now(), now()), time.Now())
	if n := testing.AllocsPerRun(2000, func() { r.Get(cachetest.Key(1)) }); n > 0 {
		t.Errorf("Get allocates %v times", n)
	}
}

// What was begun before the results were cleared is not put in after it.
func TestClearWinsOverWhatBeganBefore(t *testing.T) {
	r := NewResultStore(0, 0)
	put := func(began time.Time) bool {
		r.Put(cachetest.Key(1), finishedResult(article, now(), now()), began)
		_, ok := r.Get(cachetest.Key(1))
		return ok
	}
	began := time.Now()
	r.Clear()
	if put(began) {
		t.Error("a result of before is there")
	}
	if !put(time.Now()) {
		t.Error("a result of after is not there")
	}
}
