package cache

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// ResultStore keeps finished results in memory. It implements summarizer.Results. It
// does not know of answers that Cache.Purge removes: call Clear as well.
type ResultStore struct {
	results *otter.Cache[summarizer.Key, expiringResult]
	maxAge  time.Duration
	cleared atomic.Pointer[time.Time]
}

var _ summarizer.Results = (*ResultStore)(nil)

// expiringResult is a result and its time, in nanoseconds since the Unix epoch.
type expiringResult struct {
	result  *summarizer.Result
	begins  int64 // before it, the clock has been set back and the age is not known
	expires int64
}

// NewResultStore returns an empty store of at most maxBytes; 0 means 16 MiB. A result
// is returned until the oldest of its answers is maxAge old; 0 means 90 days.
func NewResultStore(maxBytes int64, maxAge time.Duration) *ResultStore {
	return &ResultStore{
		results: otter.Must(&otter.Options[summarizer.Key, expiringResult]{
			MaximumWeight: uint64(cmp.Or(maxBytes, defaultMemoryBytes)),
			Weigher:       func(_ summarizer.Key, f expiringResult) uint32 { return weight(resultBytes(f.result)) },
		}),
		maxAge: cmp.Or(maxAge, defaultMaxAge),
	}
}

// Get implements summarizer.Results. It does not allocate.
func (r *ResultStore) Get(key summarizer.Key) (*summarizer.Result, bool) {
	f, ok := r.results.GetIfPresent(key)
	if !ok {
		return nil, false
	}
	if now := time.Now().UnixNano(); now < f.begins || now >= f.expires {
		return nil, false
	}
	return f.result, true
}

// Put implements summarizer.Results. It keeps a copy whose spans do not hold on
// to the text of the article.
func (r *ResultStore) Put(key summarizer.Key, result *summarizer.Result, began time.Time) {
	oldest, newest, ok := answerTimes(result)
	if !ok || r.clearedSince(began) {
		return
	}
	r.results.Set(key, expiringResult{
		result:  detached(result),
		begins:  newest.Add(-maxSkew).UnixNano(),
		expires: oldest.Add(r.maxAge).UnixNano(),
	})
	if r.clearedSince(began) { // meanwhile, and perhaps before the result was in
		r.results.Invalidate(key)
	}
}

// Clear removes everything. Results under way are not put in later.
func (r *ResultStore) Clear() {
	now := time.Now()
	r.cleared.Store(&now)
	r.results.InvalidateAll()
}

func (r *ResultStore) clearedSince(began time.Time) bool {
	cleared := r.cleared.Load()
	return cleared != nil && !began.After(*cleared)
}

// answerTimes returns when the oldest and the newest answer of a result were made, and
// false for a result without any.
func answerTimes(result *summarizer.Result) (oldest, newest time.Time, ok bool) {
	s, c := result.Summary, result.Classification
	switch {
	case s == nil && c == nil:
		return oldest, newest, false
	case s == nil:
		return c.Provenance.CreateTime, c.Provenance.CreateTime, true
	case c == nil:
		return s.Provenance.CreateTime, s.Provenance.CreateTime, true
	}
	oldest, newest = s.Provenance.CreateTime, c.Provenance.CreateTime
	if newest.Before(oldest) {
		oldest, newest = newest, oldest
	}
	return oldest, newest, true
}

// detached returns a copy of a result whose spans have text of their own. As
// delivered they are parts of the article's text, and a few words would keep a
// megabyte alive.
func detached(result *summarizer.Result) *summarizer.Result {
	kept := *result
	if result.Summary != nil {
		s := *result.Summary
		s.Sentences = slices.Clone(s.Sentences)
		for i := range s.Sentences {
			s.Sentences[i].Evidence = detachedSpans(s.Sentences[i].Evidence)
		}
		kept.Summary = &s
	}
	if result.Classification != nil {
		c := *result.Classification
		c.Topics = slices.Clone(c.Topics)
		for i := range c.Topics {
			c.Topics[i].Evidence = detachedSpans(c.Topics[i].Evidence)
		}
		kept.Classification = &c
	}
	return &kept
}

func detachedSpans(spans []summarizer.TextSpan) []summarizer.TextSpan {
	spans = slices.Clone(spans)
	for i := range spans {
		spans[i].Text = strings.Clone(spans[i].Text)
	}
	return spans
}

// resultBytes estimates what a result takes in memory.
func resultBytes(result *summarizer.Result) int {
	n := nodeBytes + answerBytes + len(result.LanguageCode) + warningBytes(result.Warnings)
	if s := result.Summary; s != nil {
		n += answerBytes + len(s.Text) + provenanceBytes(&s.Provenance)
		for _, sentence := range s.Sentences {
			n += elementBytes + len(sentence.Text) + textSpanBytes(sentence.Evidence)
		}
	}
	if c := result.Classification; c != nil {
		n += answerBytes + provenanceBytes(&c.Provenance)
		for _, label := range c.Topics {
			n += 2*elementBytes + len(label.ID) + len(label.DisplayName) + len(label.IPTCCode) + textSpanBytes(label.Evidence)
		}
	}
	return n
}

func provenanceBytes(p *summarizer.Provenance) int {
	return len(p.Model) + len(p.PromptVersion) + len(p.TaxonomyVersion)
}

func textSpanBytes(spans []summarizer.TextSpan) int {
	n := 0
	for _, span := range spans {
		n += elementBytes + len(span.Text)
	}
	return n
}
