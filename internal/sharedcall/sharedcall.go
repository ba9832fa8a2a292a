// Package sharedcall does identical work once: a request joins the call that works on the same
// key, or starts one.
//
// A call works for all requests that wait for it and outlives each of them. Its context is
// its own, and has only the values of the first request's, such as the trace. A call ends
// when its work is done; when all waiting requests have lost interest; or, when they only ran
// out of time, after a grace in which the result may still be kept for later requests. Few
// calls may go on as orphans, for which no request waits: the oldest gives way first. An
// orphan that takes longer than most calls is not joined, as a fresh call is likely to be
// faster.
package sharedcall

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/turns"
)

// ErrClosed is the cause with which Close cancels calls, and refuses further ones.
var ErrClosed = errors.New("no more calls")

// Options are the limits of a group of calls.
type Options struct {
	Grace   time.Duration // for which a call goes on without a waiting request
	Linger  time.Duration // for which a call can be joined after its end
	Margin  time.Duration // by which a call is to give up before its waiting requests do
	Orphans func() int    // the maximum number of calls without a waiting request

	// Panicked is told of panics in the work of a call.
	Panicked func(cause any)
}

// Group holds the calls of one kind. It is safe for concurrent use.
type Group[K comparable, R any] struct {
	options Options

	mu        sync.Mutex
	byKey     map[K]*Call[K, R] // the calls that requests may join
	running   map[*Call[K, R]]struct{}
	orphans   []*Call[K, R] // oldest first
	durations durations
	room      chan struct{} // closed once an orphan ends; nil: nobody waits for that
	closed    bool
	workers   sync.WaitGroup
}

// JoinRequest says which work a request wants of a group, and on which terms.
type JoinRequest[K comparable, R any] struct {
	Keys     []K
	Customer turns.Customer
	Until    time.Time // when it stops waiting; zero: it does not wait, but wants the result kept
	Shared   bool      // it may join the calls of other requests, and these may join its own

	// Accept reports whether an offer will do; nil: each does.
	Accept func(Offer[K, R]) bool

	// Start returns the work of a new call for the keys without a call; nil: no call may
	// start. It may hand f on to the work, but not call its methods.
	Start func(f *Call[K, R], keys []K) Work[R]
}

// Offer is a call that a request may join for a key.
type Offer[K comparable, R any] struct {
	Key     K
	Started time.Time
	Ended   time.Time // zero: it is under way
	Result  R         // once it has ended
}

// Work is the work of a call. A panic in it ends nothing but the call.
type Work[R any] struct {
	Do     func(context.Context) R
	Failed func() R     // the result where Do panics
	Keep   func(R)      // keeps the result for later requests, where the call is shared
	Good   func(R) bool // reports whether the call counts for the usual duration
}

// Call is one piece of work under way.
type Call[K comparable, R any] struct {
	Started time.Time
	Client  string // of the request that started it

	group  *Group[K, R]
	keys   []K
	shared bool
	cancel context.CancelCauseFunc
	done   chan struct{} // closed once result is set
	result R

	// Guarded by group.mu.
	ended     time.Time
	waiters   map[*Waiter[K, R]]struct{}
	wanted    bool      // the result is of use though no request waits
	least     time.Time // the earliest deadline of a call that started without a waiter; else zero
	deadline  time.Time // of the most patient waiter; without any, of the last
	outdated  bool      // the waiter of that deadline has left
	graceOver bool
	abandoned bool // it was cancelled
	changed   chan struct{}
	blocked   error
	timer     *time.Timer // ends the grace
}

// Waiter is a request that waits for a call.
type Waiter[K comparable, R any] struct {
	*Call[K, R]
	Keys     []K  // the keys of the request that the call works on
	First    bool // the request started the call
	HadEnded bool // the call had ended before the request joined it

	customer turns.Customer
	until    time.Time
}

// NewGroup returns a group without calls. Call Close to end it.
func NewGroup[K comparable, R any](o Options) *Group[K, R] {
	return &Group[K, R]{options: o, byKey: make(map[K]*Call[K, R]), running: make(map[*Call[K, R]]struct{})}
}

// Join has a request wait for the calls of its keys, and starts one for exactly the rest.
// It returns the keys that remain without a call. Its only error is ErrClosed. A request
// that does not wait starts a call only where there is room for one more orphan.
func (g *Group[K, R]) Join(ctx context.Context, r JoinRequest[K, R]) (joined []*Waiter[K, R], rest []K, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, r.Keys, ErrClosed
	}
	for _, key := range r.Keys {
		f := g.byKey[key]
		if f == nil || !g.joinable(f, key, &r) {
			rest = append(rest, key)
			continue
		}
		if i := slices.IndexFunc(joined, func(w *Waiter[K, R]) bool { return w.Call == f }); i >= 0 {
			joined[i].Keys = append(joined[i].Keys, key)
			continue
		}
		joined = append(joined, &Waiter[K, R]{Call: f, Keys: []K{key}, HadEnded: !f.ended.IsZero()})
	}
	waits := !r.Until.IsZero()
	if len(rest) > 0 && r.Start != nil && (waits || len(g.orphans) < g.options.Orphans()) {
		joined = append(joined, &Waiter[K, R]{Call: g.start(ctx, &r, rest), Keys: rest, First: true})
		rest = nil
	}
	if waits {
		for _, w := range joined {
			w.customer, w.until = r.Customer, r.Until
			w.enter()
		}
	}
	return joined, rest, nil
}

// joinable reports whether a request may join a call for a key. g.mu is held.
func (g *Group[K, R]) joinable(f *Call[K, R], key K, r *JoinRequest[K, R]) bool {
	if !r.Shared {
		return false
	}
	offer := Offer[K, R]{Key: key, Started: f.Started, Ended: f.ended}
	if !f.ended.IsZero() {
		offer.Result = f.result
	}
	if r.Accept != nil && !r.Accept(offer) {
		return false
	}
	return !f.ended.IsZero() || len(f.waiters) > 0 || r.Until.IsZero() || time.Since(f.Started) <= g.durations.p95()
}

// start begins a call. g.mu is held.
func (g *Group[K, R]) start(ctx context.Context, r *JoinRequest[K, R], keys []K) *Call[K, R] {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	f := &Call[K, R]{
		Started: time.Now(),
		Client:  r.Customer.Client,
		group:   g,
		keys:    keys,
		shared:  r.Shared,
		cancel:  cancel,
		done:    make(chan struct{}),
		waiters: make(map[*Waiter[K, R]]struct{}),
	}
	work := r.Start(f, keys)
	g.running[f] = struct{}{}
	if f.shared {
		for _, key := range keys {
			g.byKey[key] = f
		}
	}
	if r.Until.IsZero() {
		f.wanted = true
		f.least = f.Started.Add(g.options.Grace)
		f.deadline = f.least
		g.orphan(f)
	}
	g.workers.Go(func() { g.run(ctx, f, work) })
	return f
}

// run does the work, has the result kept and wakes the waiting requests.
func (g *Group[K, R]) run(ctx context.Context, f *Call[K, R], w Work[R]) {
	defer f.cancel(nil)
	g.guard(func() { f.result = w.Do(ctx) }, func() { f.result = w.Failed() })
	if f.shared {
		g.guard(func() { w.Keep(f.result) }, func() {})
	}

	g.mu.Lock()
	f.ended = time.Now()
	f.cancel = func(error) {} // lets go of the context, and with it of the first request
	delete(g.running, f)
	g.adopt(f)
	if f.timer != nil {
		f.timer.Stop()
	}
	if w.Good(f.result) {
		g.durations.add(f.ended.Sub(f.Started))
	}
	if f.shared && !f.abandoned {
		g.linger(f)
	}
	g.mu.Unlock()
	close(f.done)
}

// guard calls do and, should it panic, failed.
func (g *Group[K, R]) guard(do, failed func()) {
	defer func() {
		if cause := recover(); cause != nil {
			g.options.Panicked(cause)
			failed()
		}
	}()
	do()
}

// linger lets requests join a call that has ended: they may have looked for its result
// before it was kept. g.mu is held.
func (g *Group[K, R]) linger(f *Call[K, R]) {
	for _, key := range f.keys {
		if g.byKey[key] == nil {
			g.byKey[key] = f
		}
	}
	time.AfterFunc(g.options.Linger, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.unlist(f)
	})
}

// unlist lets nobody join a call any more. g.mu is held.
func (g *Group[K, R]) unlist(f *Call[K, R]) {
	for _, key := range f.keys {
		if g.byKey[key] == f {
			delete(g.byKey, key)
		}
	}
}

// abandon cancels a call, which nobody joins any more. g.mu is held.
func (g *Group[K, R]) abandon(f *Call[K, R]) {
	f.abandoned = true
	f.cancel(nil)
	g.unlist(f)
}

// orphan notes that no request waits for a call. g.mu is held.
func (g *Group[K, R]) orphan(f *Call[K, R]) {
	g.orphans = append(g.orphans, f)
	if f.timer == nil {
		f.timer = time.AfterFunc(g.options.Grace, f.endGrace)
	}
	if len(g.orphans) > g.options.Orphans() {
		oldest := g.orphans[0]
		g.orphans = g.orphans[1:]
		g.abandon(oldest)
	}
}

// adopt notes that a call is no orphan. g.mu is held.
func (g *Group[K, R]) adopt(f *Call[K, R]) {
	g.orphans = slices.DeleteFunc(g.orphans, func(o *Call[K, R]) bool { return o == f })
	if g.room != nil {
		close(g.room)
		g.room = nil
	}
}

// Room returns a channel that is closed once a call ends or a request joins it: there may be
// room for one more orphan. Get it before asking for that room.
func (g *Group[K, R]) Room() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.room == nil {
		g.room = make(chan struct{})
	}
	return g.room
}

// Count returns the number of calls under way, and of the orphans among them.
func (g *Group[K, R]) Count() (all, orphans int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.running), len(g.orphans)
}

// Close cancels every call, refuses further ones and waits for the end of all.
func (g *Group[K, R]) Close() {
	g.mu.Lock()
	g.closed = true
	for f := range g.running {
		f.cancel(ErrClosed)
	}
	g.mu.Unlock()
	g.workers.Wait()
}

// enter counts a request that waits. The group's lock is held.
func (w *Waiter[K, R]) enter() {
	if len(w.waiters) == 0 {
		w.group.adopt(w.Call)
	}
	w.waiters[w] = struct{}{}
	if w.until.After(w.deadline) {
		w.deadline, w.outdated = w.until, false
	}
	w.change()
}

// Wait reports whether the call has ended; false means that ctx ended first.
func (w *Waiter[K, R]) Wait(ctx context.Context) bool {
	select {
	case <-w.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// Result returns the result of the call. Wait must have reported that it has ended.
func (w *Waiter[K, R]) Result() R { return w.result }

// Leave takes out a request that stops waiting. It is still interested in the result if it
// only ran out of time.
func (w *Waiter[K, R]) Leave(interested bool) {
	g := w.group
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(w.waiters, w)
	w.outdated = w.outdated || !w.until.Before(w.deadline)
	w.wanted = w.wanted || interested
	w.change()
	switch {
	case len(w.waiters) > 0 || !w.ended.IsZero():
	case !w.wanted || !w.shared || w.graceOver || g.closed:
		g.abandon(w.Call)
	default:
		g.orphan(w.Call)
	}
}

// endGrace ends the grace. It runs from when the call was first without waiters, even if
// some joined since: a call that hangs would else live on from one joiner to the next.
// Waiting requests may go on waiting, but no other joins them.
func (f *Call[K, R]) endGrace() {
	g := f.group
	g.mu.Lock()
	defer g.mu.Unlock()
	f.graceOver = true
	g.unlist(f)
	if len(f.waiters) == 0 {
		g.abandon(f)
	}
}

// change tells the work that a request joined or left. The group's lock is held.
func (f *Call[K, R]) change() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// Waiting reports whether the work is to go on: a request waits, or the call started for a
// request that does not.
func (f *Call[K, R]) Waiting() bool {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	return len(f.waiters) > 0 || !f.least.IsZero()
}

// Deadline returns when the work is to give up, which moves both ways as requests join and
// leave.
func (f *Call[K, R]) Deadline() time.Time {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	if f.outdated && (len(f.waiters) > 0 || !f.least.IsZero()) {
		f.deadline, f.outdated = f.least, false
		for w := range f.waiters {
			if w.until.After(f.deadline) {
				f.deadline = w.until
			}
		}
	}
	return f.deadline.Add(-f.group.options.Margin)
}

// Customers returns the customers of the waiting requests, each once. Without any, the result
// is one more item for the client that started the call.
func (f *Call[K, R]) Customers() []turns.Customer {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	if len(f.waiters) == 0 {
		return []turns.Customer{{Client: f.Client, Bulk: true}}
	}
	var customers []turns.Customer
	seen := make(map[turns.Customer]struct{}, 1)
	for w := range f.waiters {
		if _, ok := seen[w.customer]; !ok {
			seen[w.customer] = struct{}{}
			customers = append(customers, w.customer)
		}
	}
	return customers
}

// Changed returns a channel that is closed once a request joins or leaves.
func (f *Call[K, R]) Changed() <-chan struct{} {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

// Blocked says why the work does not go on; nil means that it does.
func (f *Call[K, R]) Blocked(why error) {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	f.blocked = why
}

// WhyBlocked returns the last argument of Blocked.
func (f *Call[K, R]) WhyBlocked() error {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	return f.blocked
}

// durations keeps how long the latest good calls took.
type durations struct {
	ring [128]time.Duration
	n    int
}

// minDurations is the number of calls from which on a percentile means something.
const minDurations = 20

func (d *durations) add(took time.Duration) {
	d.ring[d.n%len(d.ring)] = took
	d.n++
}

// p95 returns the 95th percentile, and no bound while too little is known.
func (d *durations) p95() time.Duration {
	n := min(d.n, len(d.ring))
	if n < minDurations {
		return 1<<63 - 1
	}
	sorted := slices.SortedFunc(slices.Values(d.ring[:n]), cmp.Compare[time.Duration])
	return sorted[(n*95+99)/100-1]
}
