package server

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

func heapGoalNow() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// collectUntil collects garbage until the goal of the heap fulfils a condition: finalizers
// run some time after the collection that finds them due.
func collectUntil(t *testing.T, what string, holds func(goal uint64) bool) {
	t.Helper()
	for range 1000 {
		if holds(heapGoalNow()) {
			return
		}
		runtime.GC()
	}
	t.Fatalf("the goal of the heap is %d bytes: it is never %s", heapGoalNow(), what)
}

func TestKeepHeapGoal(t *testing.T) {
	const minimum, slack = 32 << 20, 4 << 20
	before := debug.SetGCPercent(150)
	defer debug.SetGCPercent(before)
	restore := KeepHeapGoal(minimum)

	near := func(goal uint64) bool { return goal > minimum-slack && goal < minimum+slack }
	collectUntil(t, "near the minimum", near)

	held := make([]byte, 24<<20) // twice as much is above the minimum
	collectUntil(t, "that of the default", func(goal uint64) bool { return goal > 2*uint64(len(held)) })
	runtime.KeepAlive(held)

	held = nil
	collectUntil(t, "near the minimum again", near)

	restore()
	runtime.GC()
	if now := debug.SetGCPercent(150); now != 150 {
		t.Errorf("the percentage is %d after restoring, want 150", now)
	}
}
