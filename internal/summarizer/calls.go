package summarizer

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-59202292/summarizer/internal/turns"
)

// calls holds the calls of one process to the model, so that identical work is done
// once.
//
// A call works for several requests and outlives each of them. Its context is its own,
// and has of the first request only the values, such as the trace. A call ends when the
// model answers or gives up; when every caller has cancelled; or, when callers only ran
// out of time, after a grace in which the answer may still reach the cache. Orphans, for
// which nobody waits, hold at most a quarter of the model's capacity. The oldest is
// cancelled first, and an orphan that takes longer than most calls is not joined: a
// fresh call is likely to be faster.
type calls struct {
	model  Model
	grace  time.Duration
	store  func(*sharedCall)      // keeps the answers of a call that has ended
	purged func(*sharedCall) bool // reports whether the article of the call was purged since it began
	logger *slog.Logger

	mu        sync.Mutex
	byKey     map[callKey]*sharedCall // the calls that requests may join
	running   map[*sharedCall]struct{}
	orphans   []*sharedCall // oldest first
	durations durations
	closed    bool
	workers   sync.WaitGroup
}

// callKey tells apart what must not share a call. Whether a text may be cut changes the
// outcome but not the content key of what is stored.
type callKey struct {
	content    Key
	overlength OverlengthPolicy
}

// sharedCall is one call to the model.
type sharedCall struct {
	group    *calls
	task     *Task
	features featureSet
	keys     [len(features)]Key
	article  Key
	keep     bool // the answers may be stored and the call joined
	started  time.Time
	cancel   context.CancelCauseFunc
	done     chan struct{} // closed once reply is set
	reply    *Reply
	made     time.Time // when reply was made

	blocked atomic.Pointer[Error] // why the model is not at work; see Callers.Blocked

	// Guarded by group.mu.
	ended     time.Time // when the answers were stored; zero before
	waiters   map[*subscription]struct{}
	timedOut  bool // a request left for want of time
	graceOver bool
	deadline  time.Time // of the waiter that waits longest; without any, of the last
	outdated  bool      // the waiter of that deadline has left
	changed   chan struct{}
	timer     *time.Timer
}

// subscription is what a request takes from a call.
type subscription struct {
	call     *sharedCall
	features featureSet
	customer turns.Customer
	deadline time.Time // until when the request waits
	started  bool      // the request started the call
	ended    bool      // the call had ended before
}

// wait reports whether the call is done; false means that ctx ended first.
func (s *subscription) wait(ctx context.Context) bool {
	select {
	case <-s.call.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-s.call.done:
		return true
	default:
		return false
	}
}

// joinRequest says what a request wants of the calls.
type joinRequest struct {
	task     *Task
	customer turns.Customer
	features featureSet
	keys     [len(features)]Key
	article  Key
	calls    int       // upstream calls that the request has already made
	deadline time.Time // when the request stops waiting
	mayStart bool      // enough time is left to start a call

	mayJoin   bool
	joinAfter time.Time // only calls started after; zero: any
	missed    time.Time // when the cache was read, in vain; zero when it was not read
	keep      bool      // let others join, store the answers
}

func newCalls(model Model, grace time.Duration, store func(*sharedCall), purged func(*sharedCall) bool, logger *slog.Logger) *calls {
	return &calls{
		model:   model,
		grace:   grace,
		store:   store,
		purged:  purged,
		logger:  logger,
		byKey:   make(map[callKey]*sharedCall),
		running: make(map[*sharedCall]struct{}),
	}
}

// join subscribes to the calls that work on the wanted features and starts one for
// exactly the rest. The rest is returned, with the reason, when no call may be started.
func (g *calls) join(ctx context.Context, j joinRequest) (subscriptions []*subscription, rest featureSet, why *Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rest = j.features
	if g.closed {
		return nil, rest, errStopping
	}
	if j.mayJoin {
		for f := range rest.each() {
			call := g.byKey[callKey{j.keys[f], j.task.Overlength}]
			if call == nil || !g.joinable(call, j) {
				continue
			}
			rest = rest.without(f)
			if i := slices.IndexFunc(subscriptions, func(s *subscription) bool { return s.call == call }); i >= 0 {
				subscriptions[i].features = subscriptions[i].features.with(f)
				continue
			}
			subscriptions = append(subscriptions, &subscription{call: call, features: setOf(f), ended: !call.ended.IsZero()})
		}
	}
	if rest != 0 && j.mayStart {
		subscriptions = append(subscriptions, &subscription{call: g.start(ctx, j, rest), features: rest, started: true})
		rest = 0
	}
	for _, s := range subscriptions {
		s.customer, s.deadline = j.customer, j.deadline
		s.call.addWaiter(s)
	}
	return subscriptions, rest, errTooShort
}

// joinable reports whether a request may take the answer of a call.
func (g *calls) joinable(c *sharedCall, j joinRequest) bool {
	switch {
	case !j.joinAfter.IsZero() && !c.started.After(j.joinAfter), g.purged(c):
		return false
	case !c.ended.IsZero():
		return !j.missed.IsZero() && !c.ended.Before(j.missed)
	}
	return len(c.waiters) > 0 || time.Since(c.started) <= g.durations.p95()
}

// start begins a call for the features. g.mu is held.
func (g *calls) start(ctx context.Context, j joinRequest, wanted featureSet) *sharedCall {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	c := &sharedCall{
		waiters:  make(map[*subscription]struct{}),
		group:    g,
		features: wanted,
		keys:     j.keys,
		article:  j.article,
		keep:     j.keep,
		started:  time.Now(),
		cancel:   cancel,
		done:     make(chan struct{}),
	}
	c.task = j.task.only(wanted)
	c.task.Client, c.task.Calls = j.customer.Client, j.calls
	c.task.Callers = c
	g.running[c] = struct{}{}
	if c.keep {
		for f := range wanted.each() {
			g.byKey[c.key(f)] = c
		}
	}
	g.workers.Go(func() { g.run(ctx, c) })
	return c
}

// joinableFor is how long a call that has ended can be joined by requests that read the
// cache before its answer was in it. They are ready to join long before.
const joinableFor = time.Second

// run makes the call, stores its answers and wakes the waiting requests.
func (g *calls) run(ctx context.Context, c *sharedCall) {
	defer c.cancel(nil)
	c.reply = g.ask(ctx, c.task)
	c.made = time.Now().Round(0) // by the calendar, as a machine may sleep meanwhile
	if errors.Is(context.Cause(ctx), errStopping) {
		c.reply.failFor(errStopping)
	}
	if c.keep {
		g.save(c)
	}

	g.mu.Lock()
	c.ended = time.Now()
	delete(g.running, c)
	g.orphans = slices.DeleteFunc(g.orphans, func(o *sharedCall) bool { return o == c })
	if c.timer != nil {
		c.timer.Stop()
	}
	g.unlist(c)
	if c.keep {
		g.listEnded(c)
	}
	if c.reply.SummaryErr == nil && c.reply.TopicsErr == nil {
		g.durations.add(time.Since(c.started))
	}
	g.mu.Unlock()
	close(c.done)
}

// listEnded lets requests that missed the answers of a call in the cache join it all the
// same. g.mu is held.
func (g *calls) listEnded(c *sharedCall) {
	for f := range c.features.each() {
		if _, err := c.reply.answer(f); err == nil && g.byKey[c.key(f)] == nil {
			g.byKey[c.key(f)] = c
		}
	}
	time.AfterFunc(joinableFor, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.unlist(c)
	})
}

// ask asks the model and turns a panic into a failure: no caller's goroutine is there to
// catch it.
func (g *calls) ask(ctx context.Context, task *Task) (reply *Reply) {
	defer RecoverModelCall(g.logger, func(err *Error) { reply = new(Reply).Fail(task, err) })
	return g.model.Analyze(ctx, task)
}

// save stores the answers of a call. A panic costs the cache the answers, and the
// waiting requests nothing.
func (g *calls) save(c *sharedCall) {
	defer func() {
		if cause := recover(); cause != nil {
			logPanic(g.logger, "panic while an answer was stored", cause)
		}
	}()
	g.store(c)
}

func (c *sharedCall) key(f feature) callKey {
	return callKey{c.keys[f], c.task.Overlength}
}

// addWaiter counts a request that waits for the call. The group's lock is held.
func (c *sharedCall) addWaiter(s *subscription) {
	if len(c.waiters) == 0 {
		c.group.orphans = slices.DeleteFunc(c.group.orphans, func(o *sharedCall) bool { return o == c })
	}
	c.waiters[s] = struct{}{}
	if s.deadline.After(c.deadline) {
		c.deadline, c.outdated = s.deadline, false
	}
	c.change()
}

// removeWaiter takes out a request that leaves before the call is done: for want of time,
// or because its caller lost interest.
func (c *sharedCall) removeWaiter(s *subscription, timedOut bool) {
	g := c.group
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(c.waiters, s)
	c.outdated = c.outdated || !s.deadline.Before(c.deadline)
	c.timedOut = c.timedOut || timedOut
	c.change()
	if len(c.waiters) > 0 {
		return
	}
	if _, running := g.running[c]; !running {
		return
	}
	if !c.timedOut || !c.keep || c.graceOver || g.closed {
		g.cancelCall(c)
		return
	}
	g.orphans = append(g.orphans, c)
	if c.timer == nil {
		c.timer = time.AfterFunc(g.grace, c.endGrace)
	}
	if len(g.orphans) > g.model.Capacity()/4 {
		oldest := g.orphans[0]
		g.orphans = g.orphans[1:]
		g.cancelCall(oldest)
	}
}

// endGrace ends the grace. It runs from when the call was first without waiters, even if
// some joined since: a call that hangs would else live on from one joiner to the next.
// Waiting requests may go on waiting, but no other joins them.
func (c *sharedCall) endGrace() {
	g := c.group
	g.mu.Lock()
	defer g.mu.Unlock()
	c.graceOver = true
	g.unlist(c)
	if len(c.waiters) == 0 {
		c.cancel(nil)
	}
}

// cancelCall cancels a call and lets nobody join it any more. g.mu is held.
func (g *calls) cancelCall(c *sharedCall) {
	c.cancel(nil)
	g.unlist(c)
}

// unlist lets nobody join a call any more. g.mu is held.
func (g *calls) unlist(c *sharedCall) {
	for f := range c.features.each() {
		if g.byKey[c.key(f)] == c {
			delete(g.byKey, c.key(f))
		}
	}
}

// change tells the engine that somebody joined or left. The group's lock is held.
func (c *sharedCall) change() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// Waiting implements Callers.
func (c *sharedCall) Waiting() bool {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	return len(c.waiters) > 0
}

// reasonMargin is how long before its callers stop waiting the model should give up, so
// that its reason reaches them.
const reasonMargin = 5 * time.Millisecond

// Deadline implements Callers.
func (c *sharedCall) Deadline() time.Time {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	if c.outdated && len(c.waiters) > 0 {
		c.deadline, c.outdated = time.Time{}, false
		for s := range c.waiters {
			if s.deadline.After(c.deadline) {
				c.deadline = s.deadline
			}
		}
	}
	return c.deadline.Add(-reasonMargin)
}

// Customers implements Callers.
func (c *sharedCall) Customers() []turns.Customer {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	var customers []turns.Customer
	seen := make(map[turns.Customer]struct{}, 1)
	for s := range c.waiters {
		if _, ok := seen[s.customer]; !ok {
			seen[s.customer] = struct{}{}
			customers = append(customers, s.customer)
		}
	}
	if customers == nil { // the answer is for the cache
		customers = []turns.Customer{{Client: c.task.Client, Bulk: true}}
	}
	return customers
}

// Changed implements Callers.
func (c *sharedCall) Changed() <-chan struct{} {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// Blocked implements Callers.
func (c *sharedCall) Blocked(why *Error) { c.blocked.Store(why) }

// close cancels every call, refuses further ones and waits for the end of all.
func (g *calls) close() {
	g.mu.Lock()
	g.closed = true
	for c := range g.running {
		c.cancel(errStopping)
	}
	g.mu.Unlock()
	g.workers.Wait()
}

// count returns how many calls run, and for how many of them nobody waits.
func (g *calls) count() (all, orphans int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.running), len(g.orphans)
}

// durations keeps the latest times of successful calls.
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
