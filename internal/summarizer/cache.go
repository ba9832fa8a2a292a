package summarizer

import (
	"context"
	"time"
)

// Key identifies a request, a content or an article without revealing any of its text: a
// SHA-256, but for requests, whose keys do not leave the process.
type Key [32]byte

// Answers keeps validated answers of language models by content key.
// Implementations are safe for concurrent use and bounded in size.
type Answers interface {
	// Lookup returns the answers stored under key, newest first, at most one a
	// fingerprint. It looks from the nearest tier to the farthest and stops at
	// the first that holds one of wanted, whose answer saves a model call; with wanted
	// empty it asks all. Slow tiers are waited for until ctx ends, and what does not
	// answer in time counts as absent. The slice and the answers in it must not be
	// changed.
	Lookup(ctx context.Context, key Key, wanted []string) []*StoredAnswer

	// Store keeps answer under key, replacing one of the same fingerprint, and
	// files it under article, so that everything made of one article can be
	// removed. An answer whose article was removed since the work on it began is not
	// kept. Store returns at once; when the store cannot keep up, the answer is
	// dropped and counted.
	Store(key, article Key, answer *StoredAnswer, began time.Time)

	// Purge removes all answers of an article, and returns how many there were. Answers
	// under way are not stored later.
	Purge(article Key) (int, error)

	// PurgedSince reports whether the answers of an article were removed since a time,
	// or at it.
	PurgedSince(article Key, began time.Time) bool
}

// Results keeps finished results in memory by request key. Implementations are
// safe for concurrent use and bounded in size.
type Results interface {
	Get(key Key) (*Result, bool)

	// Put keeps a result, unless results were removed since the work on it began.
	Put(key Key, result *Result, began time.Time)

	// Clear removes all results. Results under way are not put in later.
	Clear()
}

// StoredAnswer is one validated answer of a language model for one feature:
// exactly one of Summary and Topics is set.
type StoredAnswer struct {
	Fingerprint Fingerprint
	CreateTime  time.Time
	Summary     *SummaryAnswer
	Topics      *TopicAnswer

	// TaxonomyVersion is set with Topics.
	TaxonomyVersion string
}
