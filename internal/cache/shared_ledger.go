package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// dayStore keeps the entry of each UTC day by compare-and-set.
type dayStore interface {
	// load returns the entry of a day and its revision; revision 0 and no entry
	// when there is none.
	load(ctx context.Context, day ledger.Day) (entry []byte, revision uint64, err error)

	// swap puts entry in the place of the entry of a revision and returns the revision
	// of its own. The error is errSwapped when the revision is another.
	swap(ctx context.Context, day ledger.Day, entry []byte, revision uint64) (uint64, error)
}

var errSwapped = errors.New("another process has written meanwhile")

// sharedLedger keeps what is spent by all processes together. It implements
// ledger.Ledger.
//
// One goroutine writes. It applies all that has come in since its last write to
// the entry of the day, and swaps that: a hundred calls at once cost one write. When
// another process was faster, it loads the entry and applies them again. A
// reservation waits for its write, so that no two processes spend the same money; a
// settlement does not wait, and is kept until it is written.
type sharedLedger struct {
	days   dayStore
	logger *slog.Logger

	mu     sync.Mutex
	queued []*dayChange
	closed bool
	wake   chan struct{}
	done   chan struct{} // closed when the writer has ended
	failed telemetry.LogLimiter

	known map[ledger.Day]*storedDay // of the writer
	used  []ledger.Day              // of the writer; the one used last at the end
}

var _ ledger.Ledger = (*sharedLedger)(nil)

// dayChange is what is to be done to a day. It may be applied several times, to one
// state after another, of which the last counts.
type dayChange struct {
	day      ledger.Day
	apply    func(*daySpending)
	settles  bool // must not be given up
	queued   time.Time
	reads    bool // changes nothing
	deadline time.Time
	result   chan error // of one place
}

// storedDay is an entry as it is stored.
type storedDay struct {
	entry    []byte
	revision uint64
}

func newSharedLedger(d dayStore, logger *slog.Logger) *sharedLedger {
	l := &sharedLedger{
		days: d, logger: logger,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		known: make(map[ledger.Day]*storedDay),
	}
	go l.run()
	return l
}

// ledgerTimeout is how long a call waits for the store to take its reservation.
const ledgerTimeout = 2 * time.Second

// errLedgerClosed is what a ledger says that is closed.
var errLedgerClosed = errors.New("the ledger is closed")

// Reserve implements ledger.Ledger.
func (l *sharedLedger) Reserve(ctx context.Context, amount ledger.Spending, lifetime time.Duration, accounts ...ledger.Account) (*ledger.Reservation, error) {
	now := time.Now()
	var reservation *ledger.Reservation
	var refused error
	made := &dayChange{day: ledger.DayOf(now), apply: func(s *daySpending) {
		reservation, refused = s.reserve(now, amount, lifetime, accounts)
	}}
	if err := l.submit(ctx, made); err != nil {
		return nil, fmt.Errorf("the shared ledger: %w", err)
	}
	return reservation, refused
}

// Settle implements ledger.Ledger.
func (l *sharedLedger) Settle(r *ledger.Reservation, spent ledger.Spending) {
	tried := false
	l.enqueue(&dayChange{day: r.Day, settles: true, apply: func(s *daySpending) {
		// A write that failed for want of an answer may have been made.
		if s.held[r.ID] == nil && tried && time.Now().Before(r.Expires) {
			return
		}
		tried = true
		s.settle(r, spent)
	}})
}

// Spent implements ledger.Ledger. It returns nothing when the store does not
// answer.
func (l *sharedLedger) Spent(account string) (spent, reserved ledger.Spending) {
	now := time.Now()
	var s, r ledger.Spending
	looked := &dayChange{day: ledger.DayOf(now), reads: true, apply: func(day *daySpending) {
		day.expire(now)
		s, r = day.account(account)
	}}
	if l.submit(context.Background(), looked) != nil {
		return ledger.Spending{}, ledger.Spending{}
	}
	return s, r
}

// byAccount returns what is spent today, by account; nothing when the store does not answer.
func (l *sharedLedger) byAccount() map[string]ledger.Spending {
	var spent map[string]ledger.Spending
	looked := &dayChange{day: ledger.DayOf(time.Now()), reads: true, apply: func(day *daySpending) { spent = maps.Clone(day.spent) }}
	if l.submit(context.Background(), looked) != nil {
		return nil
	}
	return spent
}

// submit waits until a change is applied and written.
func (l *sharedLedger) submit(ctx context.Context, c *dayChange) error {
	c.deadline, c.result = time.Now().Add(ledgerTimeout), make(chan error, 1)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(c.deadline) {
		c.deadline = deadline
	}
	if !l.enqueue(c) {
		return errLedgerClosed
	}
	// The writer keeps to the deadline. An entry that is written after the caller has left
	// expires like the reservation of a process that died.
	select {
	case err := <-c.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *sharedLedger) enqueue(c *dayChange) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	c.queued = time.Now()
	l.queued = append(l.queued, c)
	signal(l.wake)
	return true
}

// run writes what is queued until the ledger is closed.
func (l *sharedLedger) run() {
	defer close(l.done)
	var kept []*dayChange // settlements that could not be written
	for {
		l.mu.Lock()
		changes, closed := append(kept, l.queued...), l.closed
		l.queued = nil
		l.mu.Unlock()
		if len(changes) == 0 {
			if closed {
				return
			}
			<-l.wake
			continue
		}
		kept = l.write(changes)
		if len(kept) == 0 {
			continue
		}
		if closed {
			l.logger.Error("the spending on language models could not be written to the shared ledger; its reservations count until they expire", "calls", len(kept))
			return
		}
		time.Sleep(ledgerRetryPause)
	}
}

// settleWithin is how long a settlement is tried: the bucket keeps its day no longer.
const settleWithin = bucketDays * 24 * time.Hour

// ledgerRetryPause lies between tries to write what must not be lost.
const ledgerRetryPause = 100 * time.Millisecond

// write applies changes and writes them, day by day, and returns the ones that are to
// be tried again.
func (l *sharedLedger) write(changes []*dayChange) (again []*dayChange) {
	by := make(map[ledger.Day][]*dayChange)
	for _, c := range changes {
		by[c.day] = append(by[c.day], c)
	}
	for day, changes := range by {
		err := l.writeDay(day, changes)
		if err != nil && l.failed.Allow() {
			l.logger.Warn("the shared ledger does not answer", "error", err)
		}
		for _, c := range changes {
			switch {
			case c.result != nil:
				c.result <- err
			case err != nil && time.Since(c.queued) < settleWithin:
				again = append(again, c)
			}
		}
	}
	return again
}

// writeDay applies changes to a day and swaps its entry, until no other process is
// faster.
func (l *sharedLedger) writeDay(day ledger.Day, changes []*dayChange) error {
	deadline := time.Now().Add(ledgerTimeout)
	for _, c := range changes {
		if !c.settles && c.deadline.Before(deadline) {
			deadline = c.deadline
		}
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	reads := !slices.ContainsFunc(changes, func(c *dayChange) bool { return !c.reads })
	for {
		now := l.known[day]
		if now == nil || reads {
			entry, revision, err := l.days.load(ctx, day)
			if err != nil {
				return err
			}
			now = &storedDay{entry, revision}
		}
		s := newDaySpending(day)
		if now.entry != nil {
			stored, err := decodeDaySpending(day, now.entry)
			if err != nil {
				// Nobody can tell what was spent, which is no reason to stop all calls.
				l.logger.Error("the spending on language models in the shared ledger is damaged and counts as zero", "day", day)
			} else {
				s = stored
			}
		}
		for _, c := range changes {
			c.apply(s)
		}
		if reads {
			return nil
		}
		entry, err := s.encode()
		if err != nil {
			return err
		}
		revision, err := l.days.swap(ctx, day, entry, now.revision)
		if err == nil {
			l.remember(day, &storedDay{entry, revision})
			return nil
		}
		delete(l.known, day) // whatever it says, the store may hold another
		if !errors.Is(err, errSwapped) {
			return err
		}
	}
}

// remember keeps what is stored, of the days that were used last.
func (l *sharedLedger) remember(day ledger.Day, v *storedDay) {
	l.known[day] = v
	l.used = touch(l.used, day)
	if len(l.used) > maxDays {
		delete(l.known, l.used[0])
		l.used = l.used[1:]
	}
}

// close writes what is queued.
func (l *sharedLedger) close() {
	l.mu.Lock()
	l.closed = true
	signal(l.wake)
	l.mu.Unlock()
	<-l.done
}

// bucketDayStore keeps days in a JetStream KV bucket.
type bucketDayStore struct {
	js      jetstream.JetStream
	stream  jetstream.Stream
	subject string
}

// bucketDays is for how many days the bucket keeps what was spent on one.
const bucketDays = 4

// openDayStore opens the bucket of a ledger.
func openDayStore(o SharedOptions) (*bucketDayStore, error) {
	bucket := cmp.Or(o.Prefix, defaultPrefix) + "_ledger"
	stream, err := openBucket(o, jetstream.StreamConfig{
		Name:        "KV_" + bucket,
		Description: "what is spent on language models, by UTC day",
		Subjects:    []string{"$KV." + bucket + ".>"},
		MaxAge:      bucketDays * 24 * time.Hour,
		Discard:     jetstream.DiscardNew,
	}, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: the ledger %s: %w", ErrShared, bucket, err)
	}
	return &bucketDayStore{js: o.JetStream, stream: stream, subject: "$KV." + bucket + "."}, nil
}

func (d *bucketDayStore) load(ctx context.Context, day ledger.Day) ([]byte, uint64, error) {
	message, err := d.stream.GetLastMsgForSubject(ctx, d.subject+string(day))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return message.Data, message.Sequence, nil
}

func (d *bucketDayStore) swap(ctx context.Context, day ledger.Day, entry []byte, revision uint64) (uint64, error) {
	ack, err := d.js.Publish(ctx, d.subject+string(day), entry, jetstream.WithExpectLastSequencePerSubject(revision))
	if isConflict(err) {
		return 0, errSwapped
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}
