package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// maxFruitlessStreams is how many streams in a row may end without an answer.
const maxFruitlessStreams = 5

// The pauses after them.
const (
	minBackoff = 200 * time.Millisecond
	maxBackoff = 3 * time.Second
)

// AnalyzeStream analyzes the articles of requests and yields one response for each, in
// the order in which they are finished. Where a server drains, fails or ends a stream
// that has reached its age, the items without a response are sent again on another
// stream. It reads no faster than servers answer. Ids must be unique among the items
// without a response.
//
// An error is the last thing that it yields: the error of ctx, of a stream that
// was refused, or of the fifth stream in a row that ended without a response.
// An item that cannot be analyzed is a response that holds an error instead, which
// ItemError returns.
//
// Requests runs in a goroutine of its own. Once the loop is left, or ctx has ended, its
// next item is not taken: its yield returns false, so that it returns and leaks nothing.
func (c *Client) AnalyzeStream(ctx context.Context, requests iter.Seq[*summarizerv1.StreamAnalyzeArticlesRequest]) iter.Seq2[*summarizerv1.StreamAnalyzeArticlesResponse, error] {
	return func(yield func(*summarizerv1.StreamAnalyzeArticlesResponse, error) bool) {
		left := make(chan struct{})
		defer close(left)
		w := &window{requests: feed(requests, left), inFlight: map[string]*request{}}
		fruitless := 0
		for pause := minBackoff; ; pause = min(2*pause, maxBackoff) {
			answered, gone, err := c.stream(ctx, w, yield)
			if gone || err == nil {
				return
			}
			if answered {
				fruitless, pause = 0, minBackoff
			}
			fruitless++
			if status.Code(err) != codes.Unavailable || fruitless == maxFruitlessStreams {
				yield(nil, err)
				return
			}
			if answered {
				continue // another server may take over at once
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				ended := status.FromContextError(ctx.Err())
				yield(nil, status.Errorf(ended.Code(), "%s; the last stream failed: %s", ended.Message(), status.Convert(err).Message()))
				return
			}
		}
	}
}

// feed returns the items of requests until left is closed.
func feed(requests iter.Seq[*request], left <-chan struct{}) <-chan *request {
	items := make(chan *request)
	go func() {
		defer close(items)
		for r := range requests {
			select {
			case items <- r:
			case <-left:
				return
			}
		}
	}()
	return items
}

// stream runs one stream. It reports whether it brought a response and whether the
// caller has left. The error is nil once everything is answered.
func (c *Client) stream(ctx context.Context, w *window, yield func(*response, error) bool) (answered, left bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, last := watchAttempts(ctx)
	stream, err := c.StreamAnalyzeArticles(ctx)
	if err != nil {
		cancel(nil)
		return false, false, last.explain(err)
	}
	sent := make(chan struct{})
	defer func() {
		cancel(nil)
		<-sent
	}()
	go func() {
		defer close(sent)
		if err := w.send(stream); err != nil {
			cancel(err)
		}
	}()
	for {
		response, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			if n := w.unanswered(); n > 0 {
				return answered, false, status.Errorf(codes.Unavailable, "the stream ended before %d of its items were answered", n)
			}
			return answered, false, nil
		case err != nil:
			if fault := new(idError); errors.As(context.Cause(ctx), &fault) {
				err = status.Error(codes.InvalidArgument, fault.Error())
			}
			return answered, false, last.explain(err)
		}
		answered = true
		w.answered(response.GetCorrelationId())
		if !yield(response, nil) {
			return answered, true, nil
		}
	}
}

// ItemError returns the error of an item of a batch or a stream, as a unary call would
// have returned it: status.Convert gives its code, message and details. It is nil for an
// item with a response.
func ItemError(result *summarizerv1.AnalyzeArticleResult) error {
	e := result.GetError()
	if e == nil {
		return nil
	}
	return status.FromProto(&rpcstatus.Status{Code: e.GetCode(), Message: e.GetMessage(), Details: e.GetDetails()}).Err()
}

// idError says that an id stands for two items.
type idError struct{ bytes int }

func (e *idError) Error() string {
	return fmt.Sprintf("correlation_id: an id of %d bytes is in use by an item without a response: choose another", e.bytes)
}
