// Package cachetest holds what every implementation of summarizer.Answers must
// do, as a suite of tests that each implementation runs.
//
// The suite asks only for what the interface promises. Bounds, durability and
// age are the implementations' own and are tested beside them.
package cachetest

import (
	"context"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Run runs the suite. Open returns an empty store and arranges that it is closed
// when the test ends. A store that gives up on slow storage should be patient
// here, or a busy machine fails the suite.
func Run(t *testing.T, open func(t *testing.T) summarizer.Answers) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, summarizer.Answers)
	}{
		{"an empty store holds nothing", testEmpty},
		{"what is stored is found at once", testFound},
		{"keys are told apart", testKeys},
		{"answers come newest first", testOrder},
		{"an answer replaces that of its fingerprint", testReplace},
		{"a record is bounded and keeps the newest", testBound},
		{"answers nobody wants are not hidden", testUnwanted},
		{"a caller who left is not kept waiting", testCancelled},
		{"concurrent use", testConcurrent},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// Key returns a key of its own for each number.
func Key(n int) (key summarizer.Key) {
	binary.BigEndian.PutUint64(key[:], uint64(n)*0x9e3779b97f4a7c15)
	return key
}

// Summary returns a summary with every field set.
func Summary(fingerprint string, made time.Time) *summarizer.StoredAnswer {
	return &summarizer.StoredAnswer{
		Fingerprint: prints(fingerprint),
		CreateTime:  made,
		Summary: &summarizer.SummaryAnswer{
			Sentences: []summarizer.AnswerSentence{
				{Text: "The ferry was towed into port on Monday.", Evidence: []summarizer.Span{{Begin: 3, End: 44}, {Begin: 60, End: 61}}},
				{Text: "Nobody was hurt – “a small wonder”."},
			},
			Method:   summarizer.MethodAbstractive,
			Language: "en-GB",
			Warnings: []summarizer.Warning{{
				Reason:   summarizer.WarnGroundingPartial,
				Message:  "names were not checked",
				Metadata: map[string]string{"language": "en", "names": "2"},
			}},
		},
	}
}

// Topics returns topics with every field set.
func Topics(fingerprint string, made time.Time) *summarizer.StoredAnswer {
	return &summarizer.StoredAnswer{
		Fingerprint: prints(fingerprint),
		CreateTime:  made,
		Topics: &summarizer.TopicAnswer{
			Topics: []summarizer.TopicScore{
				{ID: "shipping", Confidence: 0.875, Basis: summarizer.BasisModelReported, Evidence: []summarizer.Span{{Begin: 0, End: 9}}},
				{ID: "weather", Confidence: 1.0 / 3, Basis: summarizer.BasisCalibrated},
			},
			Threshold: 0.45,
			Warnings:  []summarizer.Warning{{Reason: summarizer.WarnTopicDropped, Message: "one topic was not in the list"}},
		},
		TaxonomyVersion: "t-8f2c",
	}
}

func prints(id string) summarizer.Fingerprint {
	return summarizer.Fingerprint{ID: id, Model: "model of " + id, PromptVersion: "p3", ValidatorVersion: "v2"}
}

// now is the time at which a test runs, without what a store cannot keep.
func now() time.Time { return time.Now().Round(0).UTC() }

func testEmpty(t *testing.T, a summarizer.Answers) {
	for _, wanted := range [][]string{nil, {"a"}} {
		if got := a.Lookup(t.Context(), Key(1), wanted); len(got) != 0 {
			t.Errorf("Lookup(%q) = %v, want nothing", wanted, ids(got))
		}
	}
}

func testFound(t *testing.T, a summarizer.Answers) {
	for i, want := range []*summarizer.StoredAnswer{Summary("a", now()), Topics("a", now())} {
		a.Store(Key(i), Key(100), want, time.Now())
		for _, wanted := range [][]string{{"a"}, {"b", "a"}, nil} {
			got := a.Lookup(t.Context(), Key(i), wanted)
			if len(got) != 1 || !equal(got[0], want) {
				t.Errorf("Lookup(%q) = %+v, want one answer %+v", wanted, got, want)
			}
		}
	}
}

func testKeys(t *testing.T, a summarizer.Answers) {
	for i := range 50 {
		a.Store(Key(i), Key(i%3), Summary(fmt.Sprint("f", i), now()), time.Now())
	}
	for i := range 50 {
		expect(t, a, Key(i), fmt.Sprint("f", i))
	}
	expect(t, a, Key(50))
}

func testOrder(t *testing.T, a summarizer.Answers) {
	start := now()
	for _, age := range []int{2, 0, 3, 1} {
		a.Store(Key(1), Key(2), Summary(fmt.Sprint(age), start.Add(-time.Duration(age)*time.Hour)), time.Now())
	}
	expect(t, a, Key(1), "0", "1", "2", "3")
}

func testReplace(t *testing.T, a summarizer.Answers) {
	start := now()
	a.Store(Key(1), Key(2), Summary("a", start.Add(-3*time.Second)), time.Now())
	a.Store(Key(1), Key(2), Summary("b", start.Add(-2*time.Second)), time.Now())
	second := Summary("a", start.Add(-time.Second))
	second.Summary.Language = "de"
	a.Store(Key(1), Key(2), second, time.Now())
	expect(t, a, Key(1), "a", "b")
	if got := a.Lookup(t.Context(), Key(1), []string{"a"}); len(got) == 0 || !equal(got[0], second) {
		t.Errorf("the first answer is %+v, want the one stored last", got)
	}
}

func testBound(t *testing.T, a summarizer.Answers) {
	const stored, most = 100, 16
	start := now().Add(-time.Hour)
	for i := range stored {
		a.Store(Key(1), Key(2), Summary(fmt.Sprint(i), start.Add(time.Duration(i)*time.Second)), time.Now())
	}
	got := ids(a.Lookup(t.Context(), Key(1), nil))
	if len(got) == 0 || len(got) > most || got[0] != fmt.Sprint(stored-1) {
		t.Errorf("after %d answers the record holds %q, want at most %d, the newest first", stored, got, most)
	}
}

func testUnwanted(t *testing.T, a summarizer.Answers) {
	a.Store(Key(1), Key(2), Summary("other", now()), time.Now())
	if got := ids(a.Lookup(t.Context(), Key(1), []string{"a"})); !slices.Equal(got, []string{"other"}) {
		t.Errorf("Lookup of another fingerprint = %q, want what there is", got)
	}
}

func testCancelled(t *testing.T, a summarizer.Answers) {
	a.Store(Key(1), Key(2), Summary("a", now()), time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, answer := range a.Lookup(ctx, Key(1), []string{"a"}) {
		if answer.Fingerprint.ID != "a" {
			t.Errorf("found %q, want a or nothing", answer.Fingerprint.ID)
		}
	}
}

func testConcurrent(t *testing.T, a summarizer.Answers) {
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				key := Key(i % 10)
				a.Store(key, Key(i%5), Summary(fmt.Sprint("w", worker%3), now()), time.Now())
				got := ids(a.Lookup(t.Context(), key, []string{"w0"}))
				slices.Sort(got)
				if len(slices.Compact(got)) != len(got) {
					t.Errorf("a fingerprint came twice: %q", got)
				}
			}
		})
	}
	all.Wait()
}

// expect checks which fingerprints a store holds under key, in their order.
func expect(t *testing.T, a summarizer.Answers, key summarizer.Key, want ...string) {
	t.Helper()
	if got := ids(a.Lookup(t.Context(), key, nil)); !slices.Equal(got, want) {
		t.Errorf("the record holds %q, want %q", got, want)
	}
}

func ids(answers []*summarizer.StoredAnswer) []string {
	var ids []string
	for _, a := range answers {
		ids = append(ids, a.Fingerprint.ID)
	}
	return ids
}

func equal(a, b *summarizer.StoredAnswer) bool {
	if !a.CreateTime.Equal(b.CreateTime) {
		return false
	}
	left, right := *a, *b
	left.CreateTime, right.CreateTime = time.Time{}, time.Time{}
	return reflect.DeepEqual(left, right)
}
