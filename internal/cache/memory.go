package cache

import (
	"math"
	"slices"

	"github.com/maypok86/otter/v2"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// memory is the nearest tier. It keeps what is used often and recently within
// its bound of bytes (W-TinyLFU).
type memory struct {
	records *otter.Cache[summarizer.Key, answerRecord]
	age     ageLimit
}

func newMemory(maxBytes int64, age ageLimit) *memory {
	return &memory{age: age, records: otter.Must(&otter.Options[summarizer.Key, answerRecord]{
		MaximumWeight: uint64(maxBytes),
		Weigher:       func(_ summarizer.Key, r answerRecord) uint32 { return weight(r.memoryBytes()) },
	})}
}

// weight turns a number of bytes into what otter counts.
func weight(n int) uint32 { return uint32(min(n, math.MaxUint32)) }

func (m *memory) lookup(key summarizer.Key) []*summarizer.StoredAnswer {
	r, _ := m.records.GetIfPresent(key)
	return r.answers
}

// store keeps the answers of r in place of older ones of the same fingerprints.
func (m *memory) store(key summarizer.Key, r answerRecord) {
	m.records.Compute(key, func(old answerRecord, _ bool) (answerRecord, otter.ComputeOp) {
		return answerRecord{article: r.article, answers: m.age.merge(r.answers, old.answers)}, otter.WriteOp
	})
}

// add keeps the answers of r that the memory does not hold.
func (m *memory) add(key summarizer.Key, r answerRecord) {
	m.records.Compute(key, func(old answerRecord, found bool) (answerRecord, otter.ComputeOp) {
		if !found {
			return r, otter.WriteOp
		}
		answers := merge(m.age.usable(old.answers), r.answers)
		if slices.Equal(answers, old.answers) {
			return old, otter.CancelOp
		}
		return answerRecord{article: old.article, answers: answers}, otter.WriteOp
	})
}

// purge removes the records of an article. It looks at every record: purges are
// rare and the memory is small.
func (m *memory) purge(article summarizer.Key) int {
	removed := 0
	for key, r := range m.records.All() {
		if r.article == article {
			m.records.Invalidate(key)
			removed += len(r.answers)
		}
	}
	return removed
}

func (m *memory) purgeAll() int {
	removed := 0
	for _, r := range m.records.All() {
		removed += len(r.answers)
	}
	m.records.InvalidateAll()
	return removed
}

// usage returns the number of records and their estimated bytes.
func (m *memory) usage() (records, bytes int64) {
	m.records.CleanUp()
	return int64(m.records.EstimatedSize()), int64(m.records.WeightedSize())
}
