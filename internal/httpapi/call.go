package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// protocol is how a call looks in HTTP.
type protocol interface {
	// encoding returns the encoding of the whole body.
	encoding(header http.Header) string

	// receive reads a message: see server.Stream.
	receive(c *webCall, message proto.Message, maximum int, hold hold) error

	// send takes or sends a message of the answer.
	send(c *webCall, message proto.Message) error

	// finish ends the answer with the status of the call.
	finish(c *webCall, s *status.Status)
}

// webCall is one call. It implements server.Stream.
type webCall struct {
	rpc
	protocol
	ctx      context.Context
	w        http.ResponseWriter
	r        *http.Request
	control  *http.ResponseController
	body     *body
	fault    error         // of the headers; the first message fails with it
	writeFor time.Duration // for the client to take what is written

	receiving sync.Mutex // held while a message is received
	received  bool       // a message
	tooLarge  bool       // a message was

	mu              sync.Mutex
	header, trailer metadata.MD
	interrupted     bool
	closed          bool

	begun  bool    // the answer
	answer *[]byte // that goes out in one piece; nil where there is none
}

var errUnknownMessage = status.Error(codes.Internal, "the message is not one of protobuf")

// Context implements grpc.ServerStream.
func (c *webCall) Context() context.Context { return c.ctx }

// SetHeader implements grpc.ServerStream.
func (c *webCall) SetHeader(md metadata.MD) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.header = metadata.Join(c.header, md)
	return nil
}

// SendHeader implements grpc.ServerStream. The header goes out with the first message.
func (c *webCall) SendHeader(md metadata.MD) error { return c.SetHeader(md) }

// SetTrailer implements grpc.ServerStream.
func (c *webCall) SetTrailer(md metadata.MD) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trailer = metadata.Join(c.trailer, md)
}

// metadata returns header and trailer.
func (c *webCall) metadata() (header, trailer metadata.MD) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.header, c.trailer
}

// RecvMsg implements grpc.ServerStream, and is not called.
func (c *webCall) RecvMsg(any) error { return errUnknownMessage }

// SendMsg implements grpc.ServerStream.
func (c *webCall) SendMsg(message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return errUnknownMessage
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	return c.send(c, m)
}

// ReceiveMessage implements server.Stream.
func (c *webCall) ReceiveMessage(message any, maximum int, hold func(n int) error) error {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	m, ok := message.(proto.Message)
	if !ok {
		return errUnknownMessage
	}
	if c.fault != nil {
		return c.fault
	}
	if c.isClosed() {
		return context.Canceled
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	err := c.receive(c, m, maximum, hold)
	switch {
	case err == nil:
		c.received = true
	case status.Code(err) == codes.ResourceExhausted:
		c.tooLarge = true
	case isTransportError(err):
		return c.interruption()
	}
	return err
}

// isTransportError reports whether err says that the reading was interrupted, or that the
// client has left. Errors of the request itself, and of the limits, have a type.
func isTransportError(err error) bool {
	if _, ok := errors.AsType[*summarizer.Error](err); ok {
		return false
	}
	if _, ok := status.FromError(err); ok {
		return false
	}
	return !errors.Is(err, io.EOF) && !errors.Is(err, context.DeadlineExceeded)
}

// interruption is the error of a message whose reading was interrupted.
func (c *webCall) interruption() error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	return context.Canceled
}

func (c *webCall) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// isInterrupted reports whether the call itself has ended the reading. Over HTTP/1.1,
// net/http then takes the client for gone.
func (c *webCall) isInterrupted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.interrupted
}

// Interrupt implements server.Stream.
func (c *webCall) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.body.ended.Load() {
		return // a deadline would end the watch over the connection, and with it the call
	}
	c.interrupted = true
	_ = c.control.SetReadDeadline(time.Unix(1, 0)) // fails when the connection is gone
}

// drainFor bounds the time that net/http reads the rest of an unwanted body. A client whose
// connection is closed while it sends would not see the answer.
const drainFor = 250 * time.Millisecond

// close ends the reading, for which nobody waits any more.
func (c *webCall) close() {
	if !c.receiving.TryLock() {
		c.Interrupt()
		c.receiving.Lock()
	}
	defer c.receiving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if !c.interrupted && !c.body.ended.Load() {
		_ = c.control.SetReadDeadline(time.Now().Add(drainFor))
	}
}

// leaveConnection ends the connection of HTTP/1.1 with a stream whose answer begins before
// its body ends. net/http would take the rest of such a body for the next request.
func (c *webCall) leaveConnection() {
	if c.streaming && c.r.ProtoMajor == 1 && !c.body.ended.Load() {
		c.w.Header().Set("Connection", "close")
	}
}

// begin sends the headers of an answer of several messages.
func (c *webCall) begin(media string) {
	if c.begun {
		return
	}
	c.begun = true
	c.leaveConnection()
	header, _ := c.metadata()
	addMetadata(c.w.Header(), "", header)
	c.w.Header().Set("Content-Type", media)
	c.w.WriteHeader(http.StatusOK)
}

// extendWrite gives the client time to take what is written next.
func (c *webCall) extendWrite() {
	_ = c.control.SetWriteDeadline(time.Now().Add(c.writeFor)) // fails when the connection is gone
}

// write writes a part of an answer. It waits while the client takes none.
func (c *webCall) write(data []byte) error {
	c.extendWrite()
	if _, err := c.w.Write(data); err != nil {
		return context.Canceled // the client is gone, or does not read
	}
	if err := c.control.Flush(); err != nil {
		return context.Canceled
	}
	// HTTP/2 ends a stream whose deadline passes, also while nothing is written.
	_ = c.control.SetWriteDeadline(time.Time{})
	return nil
}

// addMetadata adds metadata to headers, with a prefix before the names.
func addMetadata(header http.Header, prefix string, md metadata.MD) {
	for name, values := range md {
		for _, value := range values {
			header.Add(prefix+name, value)
		}
	}
}

// headersOf returns headers as metadata.
func headersOf(r *http.Request) metadata.MD {
	md := make(metadata.MD, len(r.Header)+1)
	for name, values := range r.Header {
		md[strings.ToLower(name)] = values
	}
	md[":authority"] = []string{r.Host}
	return md
}

// errNoMessage is for a call without its request.
var errNoMessage = incompleteBody("is empty: send the request")

// one receives the only message of a call by read.
func (c *webCall) one(read func() error) error {
	if c.received {
		return io.EOF
	}
	return read()
}
