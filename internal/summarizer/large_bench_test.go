package summarizer_test

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// BenchmarkLargeHit measures the repeated request of an article of 460 KB, whose cost is the
// hash over it.
func BenchmarkLargeHit(b *testing.B) {
	service := summarizer.New(summarizer.Options{
		Local: &fakeLocal{}, Model: &fakeModel{name: "m"}, Results: cache.NewResultStore(0, 0),
	})
	defer service.Close()
	r := request(strings.Repeat(harbour+" ", 460_000/len(harbour)))
	if _, err := service.Analyze(context.Background(), r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		result, err := service.Analyze(context.Background(), r)
		if err != nil || result.Summary.Provenance.Source != summarizer.SourceCache {
			b.Fatal(err)
		}
	}
}
