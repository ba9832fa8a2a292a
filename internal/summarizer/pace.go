package summarizer

import (
	"sync/atomic"
	"time"
)

// What is held back from a deadline so that the local engine can still answer.
const (
	minReserve    = 50 * time.Millisecond
	reserveFactor = 3
)

// A model that hangs turns all who wait for it away in the same moment. sendOff is
// what it takes to send an answer off, with a margin for a machine that has other
// work. Each request gives up that much earlier for each that waited before it, by
// at most one part in maxCrowdShare of its time.
const (
	sendOff       = 500 * time.Microsecond
	maxCrowdShare = 4
)

// paceUnit is the size from which on the time of the local engine is taken to
// grow with the text; what is smaller counts as this size.
const paceUnit = 4 << 10

// pace keeps the measured time of the local engine as a moving average. The
// zero value is ready for use and stands for an engine that takes no time.
type pace struct {
	perUnit atomic.Int64 // nanoseconds for paceUnit bytes
}

func (p *pace) observe(bytes int, took time.Duration) {
	sample := int64(took) * paceUnit / int64(max(bytes, paceUnit))
	old := p.perUnit.Load()
	// A lost update costs one sample of many.
	p.perUnit.CompareAndSwap(old, old+(sample-old)/8)
}

// reserve returns the time to hold back for a text of that many bytes.
func (p *pace) reserve(bytes int) time.Duration {
	estimate := time.Duration(p.perUnit.Load() * int64(max(bytes, paceUnit)) / paceUnit)
	return max(minReserve, reserveFactor*estimate)
}
