package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
)

// QueueOptions configures a Queue.
type QueueOptions struct {
	Streams *Streams // Required.

	// Run tells this run from others on the same streams. Sessions that go on with
	// one output, with the same options, have it in common. No two of them may be
	// open at once.
	Run string

	// Resume takes the answers that workers have given to earlier sessions of the
	// run; else they are thrown away, and so are the items that wait.
	Resume bool

	// OfferFor is how long an article is offered to a cluster that does not take
	// it, before the run ends; 0 means 2 minutes.
	OfferFor time.Duration

	// AckWait is the time after which the cluster delivers an answer once more
	// that may have been lost on its way; 0 means 30 s. For a third of it, an answer
	// that was handed out is kept in the cluster, should this process die before
	// its row is written.
	AckWait time.Duration

	Logger *slog.Logger // nil means discard
}

// Queue is a batch.Analyzer that has workers on other machines answer. Each request
// is published as an item and waits for its result. Equal requests that wait at
// once are one item.
type Queue struct {
	ctx     context.Context
	options QueueOptions
	streams *Streams
	run     string
	session string // tells message ids from those of other sessions
	logger  *slog.Logger

	consumer   string
	collection jetstream.ConsumeContext
	caughtUp   chan struct{}
	quit       chan struct{}
	background sync.WaitGroup
	closing    sync.Once

	mu       sync.Mutex
	waiting  map[string]*wait         // by item
	early    map[string]jetstream.Msg // results that nobody has asked for, by item
	handed   []handed                 // results whose rows may not be written, oldest first
	recently map[string]uint64        // the items of handed, with the place of the result
	current  bool                     // whether the results of earlier sessions are read
	failure  error                    // set before failed is closed
	failed   chan struct{}

	repeats int64
}

var _ batch.Analyzer = (*Queue)(nil)

// wait is an item that has been asked for.
type wait struct {
	callers int
	done    chan struct{}

	// Set before done is closed.
	message  jetstream.Msg // nil when there is no result
	response *summarizerv1.AnalyzeArticleResponse
	err      error

	claimed bool // whether a caller has the response
}

// handed is a result that a caller has.
type handed struct {
	at      time.Time
	item    string
	message jetstream.Msg
}

// brokenBy is the error of a queue that does not work any more.
func brokenBy(cause error) error {
	return &batch.BrokenError{Err: fmt.Errorf("the queue does not work: %w", cause)}
}

// OpenQueue begins or resumes a run. When ctx ends, whoever waits for a result is
// told that the run was interrupted; the items stay with the workers.
func OpenQueue(ctx context.Context, options QueueOptions) (*Queue, error) {
	if options.OfferFor <= 0 {
		options.OfferFor = DefaultOfferFor
	}
	if options.AckWait <= 0 {
		options.AckWait = defaultAckWait
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	q := &Queue{
		ctx: ctx, options: options, streams: options.Streams, logger: options.Logger,
		run: runID(options.Run), session: rand.Text(),
		caughtUp: make(chan struct{}), quit: make(chan struct{}), failed: make(chan struct{}),
		waiting: make(map[string]*wait), early: make(map[string]jetstream.Msg), recently: make(map[string]uint64),
	}
	q.consumer = "run-" + q.run
	if err := q.open(ctx); err != nil {
		return nil, fmt.Errorf("the queue cannot be opened: %w", err)
	}
	return q, nil
}

// Defaults of QueueOptions.
const (
	DefaultOfferFor = 2 * time.Minute

	defaultAckWait = 30 * time.Second // of WorkerOptions, too
)

// openTimeout is how long a cluster may take to open a queue.
const openTimeout = 30 * time.Second

func (q *Queue) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if !q.options.Resume {
		if err := q.streams.work.Purge(ctx, jetstream.WithPurgeSubject(q.streams.subject("work", q.run, "*"))); err != nil {
			return err
		}
		if err := q.streams.results.Purge(ctx, jetstream.WithPurgeSubject(q.streams.subject("result", q.run, "*"))); err != nil {
			return err
		}
	}
	// That of a session that died would deliver what it has delivered only after
	// its time for that.
	if err := q.streams.results.DeleteConsumer(ctx, q.consumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return err
	}
	consumer, err := q.streams.results.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:           q.consumer,
		FilterSubject:     q.streams.subject("result", q.run, "*"),
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           q.options.AckWait,
		MaxDeliver:        -1,
		MaxAckPending:     -1,
		InactiveThreshold: time.Hour,
	})
	if err != nil {
		return err
	}
	if consumer.CachedInfo().NumPending == 0 {
		q.catchUp()
	}
	q.collection, err = consumer.Consume(q.collect,
		jetstream.PullMaxMessages(512),
		jetstream.PullExpiry(5*time.Second), jetstream.PullHeartbeat(time.Second),
		jetstream.ConsumeErrHandler(q.trouble),
	)
	if err != nil {
		return err
	}
	q.background.Go(q.acknowledge)
	select {
	case <-q.caughtUp:
		return nil
	case <-ctx.Done():
		q.Close()
		return ctx.Err()
	}
}

// AnalyzeArticle implements batch.Analyzer.
func (q *Queue) AnalyzeArticle(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	item, encoded, err := itemID(q.run, request)
	if err != nil {
		return nil, err
	}
	w, first := q.join(item)
	defer q.leave(item, w)
	if first {
		if err := q.offer(ctx, item, encoded, q.options.Resume); err != nil {
			q.finish(w, nil, nil, err)
		}
	}
	again := time.NewTicker(2 * q.options.AckWait)
	defer again.Stop()
	for {
		select {
		case <-w.done:
			return q.claim(item, w)
		case <-q.ctx.Done():
			return nil, batch.ErrInterrupted
		case <-q.failed:
			return nil, q.failure
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		case <-again.C:
			// Where the item is still there, this is refused.
			if err := q.offer(ctx, item, encoded, true); err != nil {
				q.finish(w, nil, nil, err)
			}
		}
	}
}

// join begins to wait for an item, and reports whether nobody has asked for it
// before.
func (q *Queue) join(item string) (w *wait, first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w = q.waiting[item]; w != nil {
		w.callers++
		return w, false
	}
	w = &wait{callers: 1, done: make(chan struct{})}
	q.waiting[item] = w
	if message, ok := q.early[item]; ok {
		delete(q.early, item)
		q.settle(w, message)
		return w, false
	}
	return w, true
}

// leave ends a wait. A result that no caller took stays for the next session.
func (q *Queue) leave(item string, w *wait) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.callers--; w.callers == 0 {
		delete(q.waiting, item)
	}
}

// claim hands the outcome of a wait to a caller. What it consumed is the first
// caller's.
func (q *Queue) claim(item string, w *wait) (*summarizerv1.AnalyzeArticleResponse, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.claimed {
		if w.err != nil {
			return nil, w.err
		}
		shared := proto.CloneOf(w.response)
		shared.Usage = nil
		return shared, nil
	}
	w.claimed = true
	if w.message != nil {
		q.handed = append(q.handed, handed{time.Now(), item, w.message})
		q.recently[item] = place(w.message)
	}
	if w.err != nil {
		return nil, w.err
	}
	return proto.CloneOf(w.response), nil
}

// finish ends a wait without a result.
func (q *Queue) finish(w *wait, message jetstream.Msg, response *summarizerv1.AnalyzeArticleResponse, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.end(w, message, response, err)
}

// end ends a wait once. q.mu is held.
func (q *Queue) end(w *wait, message jetstream.Msg, response *summarizerv1.AnalyzeArticleResponse, err error) {
	select {
	case <-w.done:
	default:
		w.message, w.response, w.err = message, response, err
		close(w.done)
	}
}

// settle ends a wait with what a message says. q.mu is held.
func (q *Queue) settle(w *wait, message jetstream.Msg) {
	response, err := readResult(message.Headers(), message.Data())
	if _, ok := status.FromError(err); !ok {
		err = status.Errorf(codes.DataLoss, "the result of a worker cannot be read: %v", err)
	}
	q.end(w, message, response, err)
}

// offer publishes an item until the cluster has it. With check, a worker looks
// first whether it has a result already.
func (q *Queue) offer(ctx context.Context, item string, encoded []byte, check bool) error {
	m := newMessage(q.streams.subject("work", q.run, item), encoded)
	if check {
		m.Header.Set(headerCheck, "1")
	}
	if err := fits(m, q.streams.js.Conn()); err != nil {
		return status.Errorf(codes.ResourceExhausted, "the article: %v", err)
	}
	// The id is that of this offer: a message that was sent twice, as its
	// confirmation was lost, is stored once.
	id := jetstream.WithMsgID(item + "." + q.session + "." + rand.Text()[:8])
	ending := time.Now().Add(q.options.OfferFor)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := q.streams.js.PublishMsg(attempt, m, id)
		cancel()
		switch {
		case err == nil, isQueued(err):
			return nil
		case ctx.Err() != nil:
			return status.FromContextError(ctx.Err()).Err()
		case q.ctx.Err() != nil:
			return batch.ErrInterrupted
		case time.Now().After(ending), errors.Is(err, nats.ErrConnectionClosed):
			broken := brokenBy(fmt.Errorf("the cluster does not take articles: %w", err))
			q.fail(broken)
			return broken
		}
		if err := pause(q.ctx, wait); err != nil {
			return batch.ErrInterrupted
		}
	}
}

// isQueued reports whether err says that an item is in the stream already. The
// server has one code for all reasons to refuse a message.
func isQueued(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && refused.ErrorCode == storeFailed && strings.Contains(refused.Description, "per subject")
}

const storeFailed = 10077

// collect takes a result. It is called for one at a time.
func (q *Queue) collect(message jetstream.Msg) {
	item := lastToken(message.Subject())
	meta, err := message.Metadata()
	if err != nil {
		return // it is no message of a stream
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.waiting[item]
	handed, recent := q.recently[item]
	switch {
	case w != nil && !isDone(w):
		q.settle(w, message)
	case w != nil && w.message != nil:
		q.drop(message, place(w.message))
	case recent:
		q.drop(message, handed)
	case q.ctx.Err() != nil:
		// Whoever asked for it has been told to go: it is the next session's.
	case w != nil || !q.options.Resume:
		q.drop(message, 0)
	case !q.current && message.Headers().Get(headerOutcome) != "ok":
		// A resumed run tries errors again.
		_ = message.Ack()
	default:
		q.early[item] = message
	}
	if !q.current && meta.NumPending == 0 {
		q.current = true
		close(q.caughtUp)
	}
}

func isDone(w *wait) bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// drop throws a result away that repeats another, unless it is the very one in the
// place of the stream that is kept: that is acknowledged in its time. q.mu is held.
func (q *Queue) drop(message jetstream.Msg, kept uint64) {
	if place(message) == kept {
		return
	}
	q.repeats++
	_ = message.Ack()
}

// place returns where a message stands in its stream.
func place(message jetstream.Msg) uint64 {
	meta, err := message.Metadata()
	if err != nil {
		return 0
	}
	return meta.Sequence.Stream
}

// Repeats returns the number of results that were dropped, as their items were
// answered more than once.
func (q *Queue) Repeats() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.repeats
}

func (q *Queue) catchUp() {
	q.current = true
	close(q.caughtUp)
}

// acknowledge tells the cluster, after a while, which results are not needed any
// more.
func (q *Queue) acknowledge() {
	closed := q.streams.js.Conn().StatusChanged(nats.CLOSED)
	lag := q.options.AckWait / 3
	ticks := time.NewTicker(lag / 2)
	defer ticks.Stop()
	for {
		select {
		case <-q.quit:
			return
		case <-closed:
			q.fail(brokenBy(nats.ErrConnectionClosed))
			return
		case now := <-ticks.C:
			q.release(now.Add(-lag))
		}
	}
}

// release acknowledges what was handed out before a time.
func (q *Queue) release(before time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for ; n < len(q.handed) && q.handed[n].at.Before(before); n++ {
		_ = q.handed[n].message.Ack()
		delete(q.recently, q.handed[n].item)
	}
	q.handed = q.handed[n:]
}

// trouble is told what goes wrong with the collection. Most of it mends itself.
func (q *Queue) trouble(_ jetstream.ConsumeContext, err error) {
	if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, nats.ErrConnectionClosed) {
		q.fail(brokenBy(fmt.Errorf("the results are not delivered any more: %w: is another process at work on the same output?", err)))
		return
	}
	q.logger.Debug("collecting results", "error", err)
}

// fail ends all waits.
func (q *Queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-q.quit:
	case <-q.failed:
	default:
		q.failure = err
		close(q.failed)
	}
}

// Close ends the session: all rows must be written. Results that nobody asked for
// stay for the next one.
func (q *Queue) Close() { q.closing.Do(q.close) }

func (q *Queue) close() {
	q.mu.Lock()
	close(q.quit)
	q.mu.Unlock()
	q.background.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(q.ctx), 5*time.Second)
	defer cancel()
	q.collection.Stop()
	select {
	case <-q.collection.Closed():
	case <-ctx.Done():
	}
	if n := len(q.handed); n > 0 {
		last := q.handed[n-1].message
		q.handed = q.handed[:n-1]
		q.release(time.Now().Add(time.Hour))
		_ = last.DoubleAck(ctx) // they are taken in their order: this one confirms all
	}
	if err := q.streams.results.DeleteConsumer(ctx, q.consumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		q.logger.Warn("the queue did not close well", "error", cmp.Or(context.Cause(ctx), err))
	}
}
