package summarizer

import (
	"sync/atomic"
	"time"
)

// The part of a deadline that is held back so that the local engine can still answer.
const (
	minReserve    = 50 * time.Millisecond
	reserveFactor = 3
)

// A model that hangs turns all who wait for it away in the same moment. Each request
// gives up earlier by replyOverhead for each that waited before it, by at most one part
// in maxStaggerFraction of its time.
const (
	// replyOverhead is the time that sending an answer takes, with a margin for a
	// machine that has other work.
	replyOverhead = 500 * time.Microsecond

	maxStaggerFraction = 4
)

// minEstimateBytes is the size from which on the time of the local engine is taken to
// grow with the text; a smaller text counts as this size.
const minEstimateBytes = 4 << 10

// maxEstimate bounds a measurement and an estimate: a machine may have been asleep.
const maxEstimate = time.Hour

// localLatencyEstimate keeps the measured time of the local engine as a moving average. The
// zero value is ready for use and stands for an engine that takes no time.
type localLatencyEstimate struct {
	nanos atomic.Int64 // for minEstimateBytes
}

func (e *localLatencyEstimate) observe(bytes int, took time.Duration) {
	sample := int64(float64(min(took, maxEstimate)) * minEstimateBytes / float64(max(bytes, minEstimateBytes)))
	old := e.nanos.Load()
	// A lost update costs one sample of many.
	e.nanos.CompareAndSwap(old, old+(sample-old)/8)
}

// reserve returns the time to hold back for a text of that many bytes.
func (e *localLatencyEstimate) reserve(bytes int) time.Duration {
	estimate := float64(e.nanos.Load()) * float64(max(bytes, minEstimateBytes)) / minEstimateBytes
	return max(minReserve, time.Duration(reserveFactor*min(estimate, float64(maxEstimate))))
}
