package summarizer

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// flights holds the calls of one process to the model that are under way, so
// that identical work is done once.
//
// A flight works for several requests and outlives each of them: its context is
// its own, and has of the first one only the values, such as its trace. It ends
// when the model answers or gives up, when every caller has cancelled (nobody
// wants the answer), or, where callers only ran out of time, after a grace in
// which the answer may still reach the cache. Flights for which nobody waits hold at most a quarter of the model's capacity, the oldest is
// cancelled first, and one that takes longer than most is not joined: whoever
// comes then is better served by a fresh call.
type flights struct {
	model  Model
	grace  time.Duration
	land   func(*flight) // keeps the answers of a finished flight
	logger *slog.Logger

	mu      sync.Mutex
	byKey   map[flightKey]*flight
	all     map[*flight]struct{}
	orphans []*flight // oldest first
	took    durations
	closed  bool
	running sync.WaitGroup
}

// flightKey tells apart what must not share a call. Whether a text may be cut
// changes the outcome but not the content key of what is stored.
type flightKey struct {
	content    Key
	overlength OverlengthPolicy
}

// flight is one call to the model.
type flight struct {
	group    *flights
	task     *Task
	features featureSet
	keys     [len(features)]Key
	article  Key
	keep     bool // the answers may be stored and the flight joined
	started  time.Time
	cancel   context.CancelFunc
	done     chan struct{} // closed once reply is set
	reply    *Reply
	landed   time.Time // when reply was made

	// Guarded by group.mu.
	over    time.Time // when the answers were kept; zero before
	waiting int
	late    bool // a caller left for want of time
	overdue bool // the grace is over
	until   time.Time
	timer   *time.Timer
}

// seat is a request's place in a flight.
type seat struct {
	flight   *flight
	features featureSet // what the request takes from the flight
	own      bool       // the request started the flight
	late     bool       // the flight had landed
}

// wait reports whether the flight is done; false means that ctx ended first.
func (s seat) wait(ctx context.Context) bool {
	select {
	case <-s.flight.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-s.flight.done:
		return true
	default:
		return false
	}
}

// boarding says what a request wants of the flights.
type boarding struct {
	task     *Task
	client   string // see Task.Client
	features featureSet
	keys     [len(features)]Key
	article  Key
	until    time.Time // when the request stops waiting
	mayStart bool      // enough time is left to start a call

	join      bool      // join flights under way
	missed    time.Time // when the cache was read, in vain; zero when it was not read
	joinAfter time.Time // only those started after; zero: any
	keep      bool      // let others join, store the answers
}

func newFlights(model Model, grace time.Duration, land func(*flight), logger *slog.Logger) *flights {
	return &flights{
		model:  model,
		grace:  grace,
		land:   land,
		logger: logger,
		byKey:  make(map[flightKey]*flight),
		all:    make(map[*flight]struct{}),
	}
}

// board joins the flights that work on the wanted features and starts one call
// for exactly the rest. The rest is returned when no call may be started.
func (g *flights) board(ctx context.Context, b boarding) (seats []seat, rest featureSet) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rest = b.features
	if g.closed {
		return nil, rest
	}
	if b.join {
		for f := range rest.each() {
			flight := g.byKey[flightKey{b.keys[f], b.task.Overlength}]
			if flight == nil || !g.joinable(flight, b) {
				continue
			}
			rest = rest.without(f)
			if i := slices.IndexFunc(seats, func(s seat) bool { return s.flight == flight }); i >= 0 {
				seats[i].features = seats[i].features.with(f)
				continue
			}
			seats = append(seats, seat{flight: flight, features: setOf(f), late: !flight.over.IsZero()})
		}
	}
	if rest != 0 && b.mayStart {
		seats = append(seats, seat{flight: g.start(ctx, b, rest), features: rest, own: true})
		rest = 0
	}
	for _, s := range seats {
		s.flight.enter(b.until)
	}
	return seats, rest
}

// joinable reports whether a request may take the flight's answer.
func (g *flights) joinable(f *flight, b boarding) bool {
	switch {
	case !b.joinAfter.IsZero() && !f.started.After(b.joinAfter):
		return false
	case !f.over.IsZero():
		return !b.missed.IsZero() && !f.over.Before(b.missed)
	}
	return f.waiting > 0 || time.Since(f.started) <= g.took.p95()
}

// start begins a call for the features. g.mu is held.
func (g *flights) start(ctx context.Context, b boarding, wanted featureSet) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{
		group:    g,
		features: wanted,
		keys:     b.keys,
		article:  b.article,
		keep:     b.keep,
		started:  time.Now(),
		cancel:   cancel,
		done:     make(chan struct{}),
	}
	f.task = b.task.only(wanted)
	f.task.Client = b.client
	f.task.Callers = f
	g.all[f] = struct{}{}
	if f.keep {
		for feature := range wanted.each() {
			g.byKey[f.key(feature)] = f
		}
	}
	g.running.Go(func() { g.fly(ctx, f) })
	return f
}

// listedFor is how long a flight that has landed can be boarded by requests that read
// the cache before its answer was in it. They are ready to board long before.
const listedFor = time.Second

// fly makes the call, keeps what it brought and tells those who wait.
func (g *flights) fly(ctx context.Context, f *flight) {
	defer f.cancel()
	f.reply, f.landed = g.call(ctx, f.task), time.Now()
	if f.keep {
		g.land(f)
	}

	g.mu.Lock()
	f.over = time.Now()
	delete(g.all, f)
	g.orphans = slices.DeleteFunc(g.orphans, func(o *flight) bool { return o == f })
	if f.timer != nil {
		f.timer.Stop()
	}
	g.unlist(f)
	if f.keep {
		g.listLanded(f)
	}
	if f.reply.SummaryErr == nil && f.reply.TopicsErr == nil {
		g.took.add(time.Since(f.started))
	}
	g.mu.Unlock()
	close(f.done)
}

// listLanded lets requests that did not find the answers of a flight yet board it all
// the same. g.mu is held.
func (g *flights) listLanded(f *flight) {
	for feature := range f.features.each() {
		if _, err := f.reply.take(feature); err == nil && g.byKey[f.key(feature)] == nil {
			g.byKey[f.key(feature)] = f
		}
	}
	time.AfterFunc(listedFor, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.unlist(f)
	})
}

// call asks the model and turns a panic into a failure: no caller's goroutine is
// there to catch it.
func (g *flights) call(ctx context.Context, task *Task) (reply *Reply) {
	defer func() {
		if cause := recover(); cause != nil {
			// The type alone: a panic value may quote the text that it choked on.
			g.logger.Error("panic in a language model call",
				"type", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
			reply = new(Reply).Fail(task, &Error{Reason: ReasonLLMInternal, Message: "the language model call failed inside the service"})
		}
	}()
	return g.model.Analyze(ctx, task)
}

func (f *flight) key(feature feature) flightKey {
	return flightKey{f.keys[feature], f.task.Overlength}
}

// enter adds a waiter. The group's lock is held.
func (f *flight) enter(until time.Time) {
	if f.waiting == 0 {
		f.group.orphans = slices.DeleteFunc(f.group.orphans, func(o *flight) bool { return o == f })
	}
	f.waiting++
	if until.After(f.until) {
		f.until = until
	}
}

// leave takes a waiter out before the flight is done. Late says that the waiter
// ran out of time, not that it lost interest.
func (f *flight) leave(late bool) {
	g := f.group
	g.mu.Lock()
	defer g.mu.Unlock()
	f.waiting--
	f.late = f.late || late
	if f.waiting > 0 {
		return
	}
	if _, flying := g.all[f]; !flying {
		return
	}
	if !f.late || !f.keep || f.overdue || g.closed {
		g.ground(f)
		return
	}
	g.orphans = append(g.orphans, f)
	if f.timer == nil {
		f.timer = time.AfterFunc(g.grace, f.expire)
	}
	if len(g.orphans) > g.model.Capacity()/4 {
		oldest := g.orphans[0]
		g.orphans = g.orphans[1:]
		g.ground(oldest)
	}
}

// expire ends the grace. It runs from when the flight was first without waiters,
// whoever has joined since: a call that hangs would else live on from one joiner
// to the next. Those who wait may go on waiting, but nobody joins them.
func (f *flight) expire() {
	g := f.group
	g.mu.Lock()
	defer g.mu.Unlock()
	f.overdue = true
	g.unlist(f)
	if f.waiting == 0 {
		f.cancel()
	}
}

// ground cancels a flight and lets nobody join it any more. g.mu is held.
func (g *flights) ground(f *flight) {
	f.cancel()
	g.unlist(f)
}

// unlist lets nobody join a flight any more. g.mu is held.
func (g *flights) unlist(f *flight) {
	for feature := range f.features.each() {
		if g.byKey[f.key(feature)] == f {
			delete(g.byKey, f.key(feature))
		}
	}
}

// Waiting implements Callers.
func (f *flight) Waiting() bool {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	return f.waiting > 0
}

// tellMargin is how long before its callers stop waiting the model should give
// up, so that its reason reaches them.
const tellMargin = 5 * time.Millisecond

// Deadline implements Callers.
func (f *flight) Deadline() time.Time {
	f.group.mu.Lock()
	defer f.group.mu.Unlock()
	return f.until.Add(-tellMargin)
}

// close cancels every flight, refuses further ones and waits for the end of all.
func (g *flights) close() {
	g.mu.Lock()
	g.closed = true
	for f := range g.all {
		f.cancel()
	}
	g.mu.Unlock()
	g.running.Wait()
}

// count returns how many flights are in the air, and for how many of them nobody
// waits.
func (g *flights) count() (all, orphans int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.all), len(g.orphans)
}

// durations keeps the latest times of successful calls.
type durations struct {
	ring [128]time.Duration
	n    int
}

// enough is the number of calls from which on a percentile means something.
const enough = 20

func (d *durations) add(took time.Duration) {
	d.ring[d.n%len(d.ring)] = took
	d.n++
}

// p95 returns the 95th percentile, and no bound while too little is known.
func (d *durations) p95() time.Duration {
	n := min(d.n, len(d.ring))
	if n < enough {
		return 1<<63 - 1
	}
	sorted := slices.SortedFunc(slices.Values(d.ring[:n]), cmp.Compare[time.Duration])
	return sorted[(n*95+99)/100-1]
}
