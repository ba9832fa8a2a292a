package client

import (
	"slices"
	"sync"

	"google.golang.org/grpc"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

type (
	request  = summarizerv1.StreamAnalyzeArticlesRequest
	response = summarizerv1.StreamAnalyzeArticlesResponse
)

// window is what was read of the requests and has no response yet. One stream at a
// time sends from it.
type window struct {
	requests <-chan *request

	mu       sync.Mutex
	inFlight map[string]*request
	ids      []string // of open, in the order of reading, and some that were answered
}

// send sends first what earlier streams left, then what is read. It returns nil
// when the stream has its end or can take no more, which receiving tells better.
func (w *window) send(stream grpc.BidiStreamingClient[request, response]) error {
	for _, r := range w.unansweredRequests() {
		if stream.Send(r) != nil {
			return nil
		}
	}
	for ended := stream.Context().Done(); stream.Context().Err() == nil; {
		select {
		case r, more := <-w.requests:
			if !more {
				_ = stream.CloseSend()
				return nil
			}
			if err := w.add(r); err != nil {
				return err
			}
			if stream.Send(r) != nil {
				return nil
			}
		case <-ended:
		}
	}
	return nil
}

func (w *window) add(r *request) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := r.GetCorrelationId()
	if _, ok := w.inFlight[id]; ok {
		return &idError{len(id)}
	}
	w.inFlight[id] = r
	w.ids = append(w.ids, id)
	if len(w.ids) > 2*len(w.inFlight)+64 {
		w.compact()
	}
	return nil
}

// compact forgets the ids that were answered.
func (w *window) compact() {
	w.ids = slices.DeleteFunc(w.ids, func(id string) bool { return w.inFlight[id] == nil })
}

func (w *window) answered(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.inFlight, id)
}

func (w *window) unanswered() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.inFlight)
}

func (w *window) unansweredRequests() []*request {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.compact()
	left := make([]*request, len(w.ids))
	for i, id := range w.ids {
		left[i] = w.inFlight[id]
	}
	return left
}
