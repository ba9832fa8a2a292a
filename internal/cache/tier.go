package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// tier is a place behind the memory where records are kept: larger, slower,
// outliving the process or shared between processes.
type tier interface {
	// name is the tier's label in metrics and logs.
	name() string

	// ready reports whether it makes sense to ask the tier. It returns at once.
	ready() bool

	// lookup returns the record under key, one without answers when there is
	// none. It may take long; ctx says when nobody waits for it any more.
	lookup(ctx context.Context, key summarizer.Key) (answerRecord, error)

	// store keeps the answers of r in place of older ones of the same fingerprints. It
	// returns at once.
	store(key summarizer.Key, r answerRecord)

	// purge removes the answers filed under article and returns how many.
	purge(article summarizer.Key) (int, error)
	purgeAll() (int, error)

	// close writes what is still to be written, in bounded time.
	close() error
}

const (
	// maxReaders is the number of look-ups that a tier works on at once,
	// including the ones that nobody waits for any more.
	maxReaders = 16

	// closeTimeout is how long close waits for what writes to a tier.
	closeTimeout = 5 * time.Second
)

// endsInTime waits until done is closed, but no longer than closeTimeout.
func endsInTime(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-time.After(closeTimeout):
		return false
	}
}

// boundedTier asks a tier and waits for it no longer than the caller allows.
type boundedTier struct {
	tier
	readers chan struct{} // holds a token for each look-up under way
	late    telemetry.LogLimiter
	failed  telemetry.LogLimiter
	logger  *slog.Logger
	metrics *telemetry.Metrics
}

func newBoundedTier(t tier, options Options) *boundedTier {
	return &boundedTier{
		tier:    t,
		readers: make(chan struct{}, maxReaders),
		logger:  options.Logger,
		metrics: options.Metrics,
	}
}

// lookupResult is what a look-up brought.
type lookupResult struct {
	record answerRecord
	err    error
}

// ask returns what the tier holds under key, and false when it did not answer before ctx
// ended. Saves says that an answer saves a model call.
func (t *boundedTier) ask(ctx context.Context, key summarizer.Key, saves bool) (answerRecord, bool) {
	if !t.ready() {
		t.metrics.CacheLookup(t.name(), "error")
		return answerRecord{}, false
	}
	began := time.Now()
	select {
	case t.readers <- struct{}{}:
	case <-ctx.Done():
		t.missed(ctx, saves, began)
		return answerRecord{}, false
	}
	answer := make(chan lookupResult, 1)
	go t.read(ctx, key, answer)
	select {
	case a := <-answer:
		if a.err != nil {
			t.metrics.CacheLookup(t.name(), "error")
			if t.failed.Allow() {
				t.logger.Warn("a cache tier failed to answer", "tier", t.name(), "error", a.err)
			}
		}
		return a.record, a.err == nil
	case <-ctx.Done():
		t.missed(ctx, saves, began)
		return answerRecord{}, false
	}
}

func (t *boundedTier) read(ctx context.Context, key summarizer.Key, answer chan<- lookupResult) {
	defer func() { <-t.readers }()
	var a lookupResult
	defer func() {
		if cause := recover(); cause != nil {
			a = lookupResult{err: fmt.Errorf("panic of type %T", cause)}
		}
		answer <- a
	}()
	a.record, a.err = t.lookup(ctx, key)
}

// missed counts that the tier did not answer in time, unless it was the caller who left.
// It is worth a warning where it may cost a model call.
func (t *boundedTier) missed(ctx context.Context, costs bool, began time.Time) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	t.metrics.CacheLookup(t.name(), "timeout")
	if costs && t.late.Allow() {
		t.logger.Warn("a cache tier did not answer in time and was skipped", "tier", t.name(), "waited", time.Since(began))
	}
}
