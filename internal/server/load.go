package server

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// pressure is the load of the process, as a share of the maximum.
type pressure struct {
	processors float64 // how long goroutines wait for a processor; above 1 is too long
	memory     float64 // what is reachable, as a share of the limit; 0 without one
}

const (
	// maxWait is how long one in ten goroutines may wait for a processor. A
	// request is handed from one to another several times, and each time waits.
	maxWait      = 50 * time.Millisecond
	waitQuantile = 0.9

	sampleEvery = 100 * time.Millisecond
	sampleStale = 10 * sampleEvery // what happened longer ago says nothing
)

// load measures the process when it is asked, at most once in sampleEvery, so
// that an idle server measures nothing.
type load struct {
	read func() runtimeSample
	next atomic.Int64 // when the next measurement is due, in ns since the epoch

	mu   sync.Mutex
	last time.Time
	seen []uint64 // counts of the histogram at that time
}

// runtimeSample is one look at the runtime.
type runtimeSample struct {
	waits *metrics.Float64Histogram // of goroutines for a processor, in seconds, since the start
	live  uint64                    // bytes reachable at the last collection, stacks included
	limit int64                     // GOMEMLIMIT, or math.MaxInt64
}

// measure returns the present pressure, and false when it is not due yet.
func (l *load) measure() (pressure, bool) {
	now := time.Now()
	due := l.next.Load()
	if now.UnixNano() < due || !l.next.CompareAndSwap(due, now.Add(sampleEvery).UnixNano()) {
		return pressure{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.read()
	p := pressure{}
	if now.Sub(l.last) < sampleStale {
		p.processors = quantile(s.waits, l.seen, waitQuantile) / maxWait.Seconds()
	}
	if s.limit != math.MaxInt64 && s.limit > 0 {
		p.memory = float64(s.live) / float64(s.limit)
	}
	l.last, l.seen = now, append(l.seen[:0], s.waits.Counts...)
	return p, true
}

// quantile returns the upper bound of the bucket that holds the quantile of what
// a histogram counted since it had the counts before.
func quantile(h *metrics.Float64Histogram, before []uint64, q float64) float64 {
	if len(before) != len(h.Counts) {
		return 0
	}
	var total, sum uint64
	for i, n := range h.Counts {
		total += n - before[i]
	}
	if total == 0 {
		return 0
	}
	for i, n := range h.Counts {
		if sum += n - before[i]; float64(sum) >= q*float64(total) {
			if upper := h.Buckets[i+1]; !math.IsInf(upper, 1) {
				return upper
			}
			return h.Buckets[i]
		}
	}
	return 0
}

// readRuntime asks the Go runtime.
func readRuntime() func() runtimeSample {
	samples := []metrics.Sample{
		{Name: "/sched/latencies:seconds"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
	}
	return func() runtimeSample {
		metrics.Read(samples)
		return runtimeSample{
			waits: samples[0].Value.Float64Histogram(),
			live:  samples[1].Value.Uint64() + samples[2].Value.Uint64(),
			limit: debug.SetMemoryLimit(-1),
		}
	}
}

// collect has garbage collected beside the caller. A server that refuses
// everything allocates next to nothing, and would not learn that memory is free
// again.
func collect() { go runtime.GC() }
