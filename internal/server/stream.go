package server

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const maxCorrelationIDBytes = 128

// StreamAnalyzeArticles analyzes any number of articles; results come in
// completion order.
func (h *Handler) StreamAnalyzeArticles(stream grpc.BidiStreamingServer[summarizerv1.StreamAnalyzeArticlesRequest, summarizerv1.StreamAnalyzeArticlesResponse]) error {
	s := &itemStream{
		handler:  h,
		stream:   stream,
		slots:    make(chan struct{}, h.options.StreamInFlight),
		received: make(chan receivedItem),
		results:  make(chan *summarizerv1.StreamAnalyzeArticlesResponse, h.options.StreamInFlight),
		inFlight: make(map[string]struct{}, h.options.StreamInFlight),
	}
	return s.run()
}

// itemStream is one stream of articles. All but slots and the channels belongs
// to run.
type itemStream struct {
	handler *Handler
	stream  grpc.BidiStreamingServer[summarizerv1.StreamAnalyzeArticlesRequest, summarizerv1.StreamAnalyzeArticlesResponse]

	// slots holds an entry for each item, from before it is read until its
	// result is sent. It is what stops the reading.
	slots    chan struct{}
	received chan receivedItem

	// results has room for all items in flight: none waits for the sending.
	results  chan *summarizerv1.StreamAnalyzeArticlesResponse
	items    sync.WaitGroup
	inFlight map[string]struct{} // by correlation id
}

type receivedItem struct {
	request *summarizerv1.StreamAnalyzeArticlesRequest
	release func() // gives back the bytes of the request; to be called when it is answered
	err     error  // io.EOF at the end; then there is no request
}

// run takes in items and sends results until the client has no more and all are
// answered. When something ends the reading earlier, the items in flight are
// still answered before the error.
func (s *itemStream) run() error {
	h := s.handler
	ctx, cancel := context.WithCancel(s.stream.Context())
	defer s.items.Wait()
	defer cancel()
	go s.read(ctx)

	age := time.NewTimer(time.Until(readUntil(ctx, time.Now(), h.options.MaxConnectionAge)))
	defer age.Stop()
	received, draining, aged := s.received, h.draining, age.C
	var end error
	stopReading := func(err error) { received, draining, aged, end = nil, nil, nil, err }

	for received != nil || len(s.inFlight) > 0 {
		select {
		case <-ctx.Done():
			return h.fail(ctx, ctx.Err())
		case <-draining:
			stopReading(h.fail(ctx, errDraining))
		case <-aged:
			stopReading(h.fail(ctx, errDraining))
		case item := <-received:
			switch {
			case errors.Is(item.err, io.EOF):
				stopReading(nil)
			case item.err != nil:
				stopReading(h.fail(ctx, item.err))
			default:
				if err := s.start(ctx, item); err != nil {
					stopReading(h.fail(ctx, err))
				}
			}
		case result := <-s.results:
			if err := s.stream.Send(result); err != nil {
				return h.fail(ctx, err)
			}
			callOf(ctx).countItems(result.Result)
			delete(s.inFlight, result.CorrelationId)
			<-s.slots
		}
	}
	return end
}

// read receives items as long as there are slots for them. It outlives run by
// the moment that gRPC needs to fail the pending Recv.
func (s *itemStream) read(ctx context.Context) {
	deliver := func(item receivedItem) {
		select {
		case s.received <- item:
		case <-ctx.Done():
			if item.release != nil {
				item.release()
			}
		}
	}
	defer func() {
		if p := recover(); p != nil {
			deliver(receivedItem{err: s.handler.recovered(ctx, p)})
		}
	}()
	for {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		request, err := s.stream.Recv()
		if err != nil {
			deliver(receivedItem{err: err})
			return
		}
		deliver(receivedItem{request: request, release: callOf(ctx).handOver()})
	}
}

// start begins to work on an item. An error is a fault that ends the stream.
func (s *itemStream) start(ctx context.Context, item receivedItem) error {
	id := item.request.GetCorrelationId()
	if err := s.checkCorrelationID(id); err != nil {
		item.release()
		return err
	}
	s.inFlight[id] = struct{}{}
	s.items.Go(func() {
		s.handler.options.Metrics.StreamItems(1)
		defer s.handler.options.Metrics.StreamItems(-1)
		defer item.release()
		s.results <- &summarizerv1.StreamAnalyzeArticlesResponse{
			CorrelationId: id,
			Result:        s.handler.analyzeItem(ctx, item.request.GetRequest()),
		}
	})
	return nil
}

func (s *itemStream) checkCorrelationID(id string) error {
	const field = "correlation_id"
	var v validator
	if id == "" {
		v.add(summarizer.RuleRequired, field, "is missing: give each item an id of its own")
	}
	v.text(field, id, maxCorrelationIDBytes)
	if _, taken := s.inFlight[id]; taken {
		v.add(summarizer.RuleDuplicate, field, "is the id of an item in flight: wait for its result, or use another id")
	}
	return v.err()
}
