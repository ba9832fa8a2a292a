package server

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	goGCPercent   = 100     // the default
	goMinimumHeap = 4 << 20 // bytes of the minimum goal at that percentage; it grows with it
)

// HeapGoal is four times the live heap of a server with a few thousand cached answers, in
// bytes.
const HeapGoal = 32 << 20

// KeepHeapGoal makes the garbage collector of the process wait until the heap has minimum
// bytes. By default it runs whenever the heap has doubled, which a small heap under load
// does many times a second, and each run shrinks the stacks that the next calls grow
// again (BenchmarkHeapGoal). A heap of more than half the minimum is collected as by
// default, and GOMEMLIMIT holds as before. Restore sets the percentage back that was set
// before.
//
// The percentage follows from the goal that the Go garbage collector documents
// (go.dev/doc/gc-guide): live heap + (live heap + stacks + globals) × percentage / 100.
func KeepHeapGoal(minimum int64) (restore func()) {
	k := &heapGoalKeeper{minimum: float64(minimum), percent: goGCPercent}
	k.before = debug.SetGCPercent(k.percent)
	k.adjust()
	k.adjustAfterCollection(new(collectionMark))
	return k.restore
}

type heapGoalKeeper struct {
	minimum float64
	before  int

	mu      sync.Mutex
	percent int // as set
	stopped bool
}

// collectionMark is garbage from the start: its finalizer runs after each collection. It
// has a pointer, as the runtime unites small objects without any, which may then live on.
type collectionMark struct{ _ *byte }

func (k *heapGoalKeeper) adjustAfterCollection(mark *collectionMark) {
	runtime.SetFinalizer(mark, func(mark *collectionMark) {
		if k.adjust() {
			k.adjustAfterCollection(mark)
		}
	})
}

// adjust sets the percentage that the live heap asks for, and reports whether to go on.
// Setting it stops the process for a moment, so that small changes are left out.
func (k *heapGoalKeeper) adjust() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return false
	}
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/gc/scan/stack:bytes"},
		{Name: "/gc/scan/globals:bytes"},
	}
	metrics.Read(samples)
	live := float64(samples[0].Value.Uint64())
	roots := float64(samples[1].Value.Uint64() + samples[2].Value.Uint64())
	percent := max(int(100*min((k.minimum-live)/max(live+roots, 1), k.minimum/goMinimumHeap)), goGCPercent)
	if change := percent - k.percent; change > k.percent/8 || -change > k.percent/8 {
		k.percent = percent
		debug.SetGCPercent(percent)
	}
	return true
}

func (k *heapGoalKeeper) restore() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	debug.SetGCPercent(k.before)
}
