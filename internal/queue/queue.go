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
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/pause"
)

// Options configures a Queue.
type Options struct {
	Streams *Streams // Required.

	// Run tells this run from others on the same streams. Sessions that go on with
	// one output, with the same options, have it in common. No two of them may be
	// open at once.
	Run string

	// Resume takes the answers that workers have given to earlier sessions of the
	// run; else they are thrown away, and so are the items that wait.
	Resume bool

	// PublishTimeout is how long a cluster may refuse an article before the run ends;
	// 0 means DefaultPublishTimeout.
	PublishTimeout time.Duration

	// AckWait is the time after which the cluster delivers an answer once more
	// that may have been lost on its way; 0 means 30 s. The cluster keeps a delivered
	// answer for a third of it, in case this process dies before its row is written.
	AckWait time.Duration

	Logger *slog.Logger // nil means discard
}

// Queue is a batch.Analyzer that has workers on other machines answer. Each request
// is published as an item and waits for its result. Equal requests that wait at
// once are one item.
type Queue struct {
	ctx     context.Context
	options Options
	streams *Streams
	run     string
	session string // tells message ids from the ids of other sessions
	logger  *slog.Logger

	consumer   string
	collection jetstream.ConsumeContext
	replayed   chan struct{}
	quit       chan struct{}
	background sync.WaitGroup
	closing    sync.Once

	mu                 sync.Mutex
	pending            map[string]*pendingItem  // by item
	unclaimed          map[string]jetstream.Msg // results that nobody has asked for, by item
	delivered          []delivery               // results whose rows may not be written, oldest first
	deliveredSequences map[string]uint64        // by item of delivered: the sequence number of the result
	isReplayed         bool                     // whether the results of earlier sessions are read
	failure            error                    // set before failed is closed
	failed             chan struct{}

	duplicates atomic.Int64 // results that were dropped, as their items were answered more than once
}

var _ batch.Analyzer = (*Queue)(nil)

// pendingItem is an item that has been asked for.
type pendingItem struct {
	waiters int
	done    chan struct{}

	// Set before done is closed.
	message  jetstream.Msg // nil when there is no result
	response *summarizerv1.AnalyzeArticleResponse
	err      error

	claimed bool // whether a caller has the response
}

// delivery is a result that a caller has.
type delivery struct {
	at      time.Time
	item    string
	message jetstream.Msg
}

// fatalError is the error of a queue that does not work any more.
func fatalError(cause error) error {
	return &batch.FatalError{Err: fmt.Errorf("the queue failed: %w", cause)}
}

// Open begins or resumes a run. When ctx ends, a caller that waits for a result is
// told that the run was interrupted; the items stay with the workers.
func Open(ctx context.Context, options Options) (*Queue, error) {
	options.PublishTimeout = cmp.Or(max(options.PublishTimeout, 0), DefaultPublishTimeout)
	options.AckWait = cmp.Or(max(options.AckWait, 0), defaultAckWait)
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	q := &Queue{
		ctx: ctx, options: options, streams: options.Streams, logger: options.Logger,
		run: runID(options.Run), session: rand.Text(),
		replayed: make(chan struct{}), quit: make(chan struct{}), failed: make(chan struct{}),
		pending: make(map[string]*pendingItem), unclaimed: make(map[string]jetstream.Msg), deliveredSequences: make(map[string]uint64),
	}
	q.consumer = "run-" + q.run
	if err := q.open(ctx); err != nil {
		return nil, fmt.Errorf("the queue cannot be opened: %w", err)
	}
	return q, nil
}

// Defaults of Options.
const (
	DefaultPublishTimeout = 2 * time.Minute

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
	// The consumer of a session that died would deliver its messages again only after
	// its acknowledgement deadline.
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
		q.endReplay()
	}
	q.collection, err = consumer.Consume(q.collect,
		jetstream.PullMaxMessages(512),
		jetstream.PullExpiry(5*time.Second), jetstream.PullHeartbeat(time.Second),
		jetstream.ConsumeErrHandler(q.consumeError),
	)
	if err != nil {
		return err
	}
	q.background.Go(q.ackLoop)
	select {
	case <-q.replayed:
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
		if err := q.publish(ctx, item, encoded, q.options.Resume); err != nil {
			q.resolve(w, nil, nil, err)
		}
	}
	republish := time.NewTicker(2 * q.options.AckWait)
	defer republish.Stop()
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
		case <-republish.C:
			// Where the item is still there, this is refused.
			if err := q.publish(ctx, item, encoded, true); err != nil {
				q.resolve(w, nil, nil, err)
			}
		}
	}
}

// join begins to wait for an item, and reports whether nobody has asked for it
// before.
func (q *Queue) join(item string) (w *pendingItem, first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w = q.pending[item]; w != nil {
		w.waiters++
		return w, false
	}
	w = &pendingItem{waiters: 1, done: make(chan struct{})}
	q.pending[item] = w
	if message, ok := q.unclaimed[item]; ok {
		delete(q.unclaimed, item)
		q.resolveWith(w, message)
		return w, false
	}
	return w, true
}

// leave ends a wait. A result that no caller took stays for the next session.
func (q *Queue) leave(item string, w *pendingItem) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.waiters--; w.waiters == 0 {
		delete(q.pending, item)
	}
}

// claim hands the outcome of a wait to a caller. Its usage is the first
// caller's.
func (q *Queue) claim(item string, w *pendingItem) (*summarizerv1.AnalyzeArticleResponse, error) {
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
		q.delivered = append(q.delivered, delivery{time.Now(), item, w.message})
		q.deliveredSequences[item] = streamSequence(w.message)
	}
	if w.err != nil {
		return nil, w.err
	}
	return proto.CloneOf(w.response), nil
}

// resolve sets the outcome of an item.
func (q *Queue) resolve(w *pendingItem, message jetstream.Msg, response *summarizerv1.AnalyzeArticleResponse, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.resolveLocked(w, message, response, err)
}

// resolveLocked sets the outcome of an item that has none. q.mu is held.
func (q *Queue) resolveLocked(w *pendingItem, message jetstream.Msg, response *summarizerv1.AnalyzeArticleResponse, err error) {
	if !isResolved(w) {
		w.message, w.response, w.err = message, response, err
		close(w.done)
	}
}

// resolveWith sets the outcome that a message holds. q.mu is held.
func (q *Queue) resolveWith(w *pendingItem, message jetstream.Msg) {
	response, err := readResult(message.Headers(), message.Data())
	if _, ok := status.FromError(err); !ok {
		err = status.Errorf(codes.DataLoss, "the result of a worker cannot be read: %v", err)
	}
	q.resolveLocked(w, message, response, err)
}

// publish publishes an item until the cluster has it. With check, a worker looks
// first whether it has a result already.
func (q *Queue) publish(ctx context.Context, item string, encoded []byte, check bool) error {
	m := newMessage(q.streams.subject("work", q.run, item), encoded)
	if check {
		m.Header.Set(headerCheck, "1")
	}
	if err := checkSize(m, q.streams.js.Conn()); err != nil {
		return status.Errorf(codes.ResourceExhausted, "the article: %v", err)
	}
	// The id is of this call: a message that was sent twice, as its
	// confirmation was lost, is stored once.
	id := jetstream.WithMsgID(item + "." + q.session + "." + rand.Text()[:8])
	deadline := time.Now().Add(q.options.PublishTimeout)
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
		case time.Now().After(deadline), errors.Is(err, nats.ErrConnectionClosed):
			broken := fatalError(fmt.Errorf("the cluster does not take articles: %w", err))
			q.fail(broken)
			return broken
		}
		if err := pause.For(q.ctx, wait); err != nil {
			return batch.ErrInterrupted
		}
	}
}

// isQueued reports whether err says that an item is in the stream already. The
// server has one code for all reasons to refuse a message.
func isQueued(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && refused.ErrorCode == errCodeStoreFailed && strings.Contains(refused.Description, "per subject")
}

const errCodeStoreFailed = 10077

// collect takes a result. It is called for one at a time.
func (q *Queue) collect(message jetstream.Msg) {
	item := itemOf(message.Subject())
	meta, err := message.Metadata()
	if err != nil {
		return // it is no message of a stream
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.pending[item]
	sequence, delivered := q.deliveredSequences[item]
	switch {
	case w != nil && !isResolved(w):
		q.resolveWith(w, message)
	case w != nil && w.message != nil:
		q.dropDuplicate(message, streamSequence(w.message))
	case delivered:
		q.dropDuplicate(message, sequence)
	case q.ctx.Err() != nil:
		// Its caller has been told to go: it is the next session's.
	case w != nil || !q.options.Resume:
		q.dropDuplicate(message, 0)
	case !q.isReplayed && message.Headers().Get(headerOutcome) != "ok":
		// A resumed run tries errors again.
		_ = message.Ack()
	default:
		q.unclaimed[item] = message
	}
	if !q.isReplayed && meta.NumPending == 0 {
		q.endReplay()
	}
}

func isResolved(w *pendingItem) bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// dropDuplicate acknowledges a result that repeats another, unless its sequence number
// is the one that is kept, which ackDelivered acknowledges. q.mu is held.
func (q *Queue) dropDuplicate(message jetstream.Msg, kept uint64) {
	if streamSequence(message) == kept {
		return
	}
	q.duplicates.Add(1)
	_ = message.Ack()
}

// streamSequence returns the sequence number of a message in its stream.
func streamSequence(message jetstream.Msg) uint64 {
	meta, err := message.Metadata()
	if err != nil {
		return 0
	}
	return meta.Sequence.Stream
}

func (q *Queue) endReplay() {
	q.isReplayed = true
	close(q.replayed)
}

// ackLoop tells the cluster, after a while, which results are not needed any
// more.
func (q *Queue) ackLoop() {
	closed := q.streams.js.Conn().StatusChanged(nats.CLOSED)
	lag := q.options.AckWait / 3
	ticks := time.NewTicker(lag / 2)
	defer ticks.Stop()
	for {
		select {
		case <-q.quit:
			return
		case <-closed:
			q.fail(fatalError(nats.ErrConnectionClosed))
			return
		case now := <-ticks.C:
			q.ackDelivered(now.Add(-lag))
		}
	}
}

// ackDelivered acknowledges the results that were delivered before a time.
func (q *Queue) ackDelivered(before time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for ; n < len(q.delivered) && q.delivered[n].at.Before(before); n++ {
		_ = q.delivered[n].message.Ack()
		delete(q.deliveredSequences, q.delivered[n].item)
	}
	q.delivered = q.delivered[n:]
}

// consumeError handles an error of the collection. Most pass by themselves.
func (q *Queue) consumeError(_ jetstream.ConsumeContext, err error) {
	if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, nats.ErrConnectionClosed) {
		q.fail(fatalError(fmt.Errorf("the results are not delivered any more: %w: is another process at work on the same output?", err)))
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
	if n := len(q.delivered); n > 0 {
		last := q.delivered[n-1].message
		q.delivered = q.delivered[:n-1]
		q.ackDelivered(time.Now().Add(time.Hour))
		_ = last.DoubleAck(ctx) // they are taken in their order: this one confirms all
	}
	if err := q.streams.results.DeleteConsumer(ctx, q.consumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		q.logger.Warn("the queue could not be closed in good order", "error", cmp.Or(context.Cause(ctx), err))
	}
}
