package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
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

// WorkerOptions configures Work.
type WorkerOptions struct {
	Streams  *Streams       // Required.
	Analyzer batch.Analyzer // Required.

	Concurrency int // items in hand at once; 0 means 16

	// MaxDeliveries is how often an item is given to workers, this one or others,
	// before it is a dead letter; 0 means 5.
	MaxDeliveries int

	// AckWait is the time after which an item goes to another worker when this one
	// is not heard of; 0 means 30 s. All workers should have the same.
	AckWait time.Duration

	// RetryWait is the least time before an item is delivered a second time that
	// could not be answered; it grows threefold with each delivery. 0 means 2 s.
	RetryWait time.Duration

	// DrainTimeout is how long items in hand may take to be answered once the
	// worker is to end; 0 means 30 s. Then they are returned to the queue.
	DrainTimeout time.Duration

	Logger *slog.Logger // nil means discard
}

// Defaults of WorkerOptions.
const (
	DefaultMaxDeliveries = 5
	DefaultDrainTimeout  = 30 * time.Second
)

// WorkerCounts says what a worker did.
type WorkerCounts struct {
	Answered int64 // results stored, errors included
	Returned int64 // items returned to the queue
	Dead     int64 // dead letters
}

// Work takes items and answers them until ctx ends. It then takes no more,
// finishes the items in hand and returns the rest to the queue. It survives the loss
// of servers; an error is final.
func Work(ctx context.Context, options WorkerOptions) (WorkerCounts, error) {
	w := newWorker(options)
	consumer, err := w.subscribe(ctx)
	if err != nil {
		return WorkerCounts{}, fmt.Errorf("the worker cannot subscribe: %w", err)
	}
	working, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	defer context.AfterFunc(ctx, func() {
		if pause.For(working, w.options.DrainTimeout) == nil {
			abort()
		}
	})()
	err = w.pull(ctx, working, consumer)
	w.inFlight.Wait()
	return WorkerCounts{w.answered.Load(), w.returned.Load(), w.dead.Load()}, err
}

type worker struct {
	options  WorkerOptions
	streams  *Streams
	logger   *slog.Logger
	slots    chan struct{} // holds a token for each item in hand
	inFlight sync.WaitGroup

	answered, returned, dead atomic.Int64
}

func newWorker(options WorkerOptions) *worker {
	options.Concurrency = cmp.Or(max(options.Concurrency, 0), 16)
	options.MaxDeliveries = cmp.Or(max(options.MaxDeliveries, 0), DefaultMaxDeliveries)
	options.AckWait = cmp.Or(max(options.AckWait, 0), defaultAckWait)
	options.RetryWait = cmp.Or(max(options.RetryWait, 0), 2*time.Second)
	options.DrainTimeout = cmp.Or(max(options.DrainTimeout, 0), DefaultDrainTimeout)
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &worker{
		options: options, streams: options.Streams, logger: options.Logger,
		slots: make(chan struct{}, options.Concurrency),
	}
}

// workersConsumer is the consumer that all workers share.
const workersConsumer = "workers"

// subscribe finds or makes what the workers share. The server delivers without a
// bound: an item that kills its workers has to become a dead letter, and the server
// would forget it.
func (w *worker) subscribe(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	for {
		attempt, done := context.WithTimeout(ctx, 5*time.Second)
		consumer, err := w.streams.work.CreateOrUpdateConsumer(attempt, jetstream.ConsumerConfig{
			Durable:       workersConsumer,
			Description:   "all workers",
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       w.options.AckWait,
			MaxDeliver:    -1,
			MaxAckPending: -1,
			MaxWaiting:    4096,
		})
		done()
		if err == nil || !isTemporary(err) {
			return consumer, err
		}
		if pause.For(ctx, retryInterval) != nil {
			return nil, err
		}
	}
}

// fetchWait is how long a request for items stays with the server. It bounds how
// long one that got lost is waited for, and how long a drain waits for what the
// server is just delivering.
const fetchWait = time.Second

// pull takes as many items as there are free slots, until ctx ends.
func (w *worker) pull(ctx, working context.Context, consumer jetstream.Consumer) error {
	for ctx.Err() == nil {
		free := w.acquireSlots(ctx)
		if free == 0 {
			break
		}
		batch, err := consumer.Fetch(free, jetstream.FetchMaxWait(fetchWait))
		if err == nil {
			for message := range batch.Messages() {
				free--
				w.inFlight.Go(func() {
					defer func() { <-w.slots }()
					w.handle(ctx, working, message)
				})
			}
			err = batch.Error()
		}
		for range free {
			<-w.slots
		}
		switch {
		case err == nil, errors.Is(err, nats.ErrTimeout):
		case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, jetstream.ErrConnectionClosed):
			return errors.New("the connection to the NATS cluster is closed")
		default:
			w.logger.Debug("fetching items", "error", err)
			_ = pause.For(ctx, retryInterval)
		}
	}
	return nil
}

// acquireSlots waits for a free slot and takes all that are free. It returns 0 when ctx
// ends.
func (w *worker) acquireSlots(ctx context.Context) (n int) {
	select {
	case w.slots <- struct{}{}:
		n = 1
	case <-ctx.Done():
		return 0
	}
	for {
		select {
		case w.slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
}

// handle answers one item.
func (w *worker) handle(ctx, working context.Context, message jetstream.Msg) {
	meta, err := message.Metadata()
	if err != nil {
		return // it is no message of a stream
	}
	if ctx.Err() != nil {
		w.nak(message, fetchWait) // not to this worker
		return
	}
	deliveries := int(min(meta.NumDelivered, 1<<30))
	run, item := runOf(message.Subject()), itemOf(message.Subject())
	if (deliveries > 1 || message.Headers().Get(headerCheck) != "") && w.hasResult(working, run, item) {
		w.acknowledge(working, message)
		return
	}
	var response *summarizerv1.AnalyzeArticleResponse
	if deliveries > w.options.MaxDeliveries {
		err = status.Errorf(codes.Aborted, "the article was delivered to workers %d times, and none of them answered", deliveries-1)
		w.deadLetter(working, message, run, item, deliveries-1, err)
		return
	}
	response, err = w.answer(working, message)
	retryAfter, transient := batch.IsTransient(err)
	switch {
	case working.Err() != nil:
		w.nak(message, fetchWait)
		return
	case transient && deliveries < w.options.MaxDeliveries:
		w.nak(message, max(retryAfter, w.retryWait(deliveries)))
		return
	case transient:
		w.deadLetter(working, message, run, item, deliveries, err)
		return
	}
	w.deliver(working, message, run, item, response, err)
}

// retryWait grows with the deliveries, and is spread, as items tend to fail
// together.
func (w *worker) retryWait(deliveries int) time.Duration {
	wait := w.options.RetryWait
	for range deliveries - 1 {
		wait *= 3
	}
	return wait + rand.N(wait/2+1) //nolint:gosec // no secret: it spreads retries
}

// answer analyzes one item and extends its ack deadline until done.
func (w *worker) answer(working context.Context, message jetstream.Msg) (*summarizerv1.AnalyzeArticleResponse, error) {
	content, err := body(message.Headers(), message.Data())
	request := new(summarizerv1.AnalyzeArticleRequest)
	if err != nil || proto.Unmarshal(content, request) != nil {
		return nil, status.Error(codes.DataLoss, "the item cannot be read: is its run of another version?")
	}
	answered := make(chan struct{})
	var heartbeat sync.WaitGroup
	heartbeat.Go(func() {
		ticks := time.NewTicker(w.options.AckWait / 3)
		defer ticks.Stop()
		for {
			select {
			case <-answered:
				return
			case <-ticks.C:
				_ = message.InProgress()
			}
		}
	})
	response, err := batch.Analyze(working, request, w.options.Analyzer)
	close(answered)
	heartbeat.Wait()
	return response, err
}

// hasResult reports whether an item has been answered well. When that cannot be
// told it is answered again, which its run notices.
func (w *worker) hasResult(ctx context.Context, run, item string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	stored, err := w.streams.results.GetLastMsgForSubject(ctx, w.streams.subject("result", run, item))
	return err == nil && stored.Header.Get(headerOutcome) == "ok"
}

// deliver stores a result, and only then acknowledges the item.
func (w *worker) deliver(ctx context.Context, message jetstream.Msg, run, item string, response *summarizerv1.AnalyzeArticleResponse, failure error) {
	subject := w.streams.subject("result", run, item)
	result, err := resultMessage(subject, response, failure)
	if err == nil {
		err = checkSize(result, w.streams.js.Conn())
	}
	if err != nil {
		result, err = resultMessage(subject, nil, status.Errorf(codes.ResourceExhausted, "the answer: %v", err))
	}
	if err == nil {
		err = w.publish(ctx, result, item)
	}
	if err != nil {
		w.logger.Warn("a result could not be stored: its item goes to a worker again", "error", err)
		w.nak(message, w.options.RetryWait)
		return
	}
	w.answered.Add(1)
	w.acknowledge(ctx, message)
}

// deadLetter makes an item a dead letter, and a failure its result.
func (w *worker) deadLetter(ctx context.Context, message jetstream.Msg, run, item string, deliveries int, cause error) {
	why := batch.ErrorOf(cause)
	letter := nats.NewMsg(w.streams.subject("dead", run, item))
	letter.Data = message.Data()
	letter.Header.Set(headerEncoding, message.Headers().Get(headerEncoding))
	letter.Header.Set(headerCode, why.Code)
	letter.Header.Set(headerReason, why.Reason)
	letter.Header.Set(headerMessage, fmt.Sprintf("%.300s", why.Message))
	letter.Header.Set(headerDeliveries, strconv.Itoa(deliveries))
	if err := w.publish(ctx, letter, item); err != nil {
		w.logger.Warn("a dead letter could not be stored: its item goes to a worker again", "error", err)
		w.nak(message, w.options.RetryWait)
		return
	}
	w.dead.Add(1)
	w.logger.Warn("an article is a dead letter", "run", run, "item", item, "deliveries", deliveries, "code", why.Code, "reason", why.Reason)
	w.deliver(ctx, message, run, item, nil, cause)
}

// publish stores a message. One that is sent twice, as its confirmation was lost,
// is stored once.
func (w *worker) publish(ctx context.Context, m *nats.Msg, item string) error {
	id := jetstream.WithMsgID(item + "." + strconv.FormatUint(rand.Uint64(), 36)) //nolint:gosec // no secret: it tells messages apart
	deadline := time.Now().Add(w.options.AckWait)
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := w.streams.js.PublishMsg(attempt, m, id)
		cancel()
		if err == nil || time.Now().After(deadline) || errors.Is(err, nats.ErrConnectionClosed) || pause.For(ctx, retryInterval) != nil {
			return err
		}
	}
}

// acknowledge takes an item out of the stream. It asks for a confirmation: one
// that got lost would have the item answered again.
func (w *worker) acknowledge(ctx context.Context, message jetstream.Msg) {
	for range 3 {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := message.DoubleAck(attempt)
		cancel()
		if err == nil || errors.Is(err, jetstream.ErrMsgAlreadyAckd) || errors.Is(err, nats.ErrConnectionClosed) {
			return
		}
	}
}

// nak returns an item to the stream, which delivers it again after wait.
func (w *worker) nak(message jetstream.Msg, wait time.Duration) {
	w.returned.Add(1)
	_ = message.NakWithDelay(wait)
}
