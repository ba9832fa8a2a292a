package summarizer

import (
	"math"
	"testing"
	"time"
)

// A measurement of any size leaves a reserve that can be counted.
func TestReserveIsBounded(t *testing.T) {
	for _, took := range []time.Duration{0, time.Millisecond, time.Hour, math.MaxInt64} {
		for _, bytes := range []int{0, 4 << 10, MaxTextBytes, math.MaxInt} {
			var e localLatencyEstimate
			for range 100 {
				e.observe(bytes, took)
			}
			for _, size := range []int{0, MaxTextBytes, math.MaxInt} {
				if got := e.reserve(size); got < minReserve || got > reserveFactor*maxEstimate {
					t.Errorf("%v for %d bytes: a reserve of %v for %d bytes", took, bytes, got, size)
				}
			}
		}
	}
	var e localLatencyEstimate
	for range 100 {
		e.observe(8<<10, 200*time.Millisecond)
	}
	if got := e.reserve(4 << 10).Round(10 * time.Millisecond); got != 300*time.Millisecond {
		t.Errorf("a reserve of %v, want three times the 100ms of half the text", got)
	}
}
