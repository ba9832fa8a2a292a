package server

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// Stream is one call that came in over another protocol than gRPC. Its context holds the
// headers as incoming metadata, and as peer the address of a connection of Listener.
// RecvMsg is never called.
type Stream interface {
	grpc.ServerStream

	// ReceiveMessage reads the next message of at most maximum bytes. It returns io.EOF
	// where there is none, and an error where a second one follows in a call that
	// has one. It calls hold before or as soon as it has n bytes more in memory, and
	// returns the error of hold.
	ReceiveMessage(message any, maximum int, hold func(n int) error) error

	// Interrupt fails the ReceiveMessage that waits, and later ones. It may be called at
	// any time.
	Interrupt()
}

// Port is another front of the server, such as an *http.Server.
type Port interface {
	// Shutdown takes nothing more, and returns when all calls have ended or ctx has.
	Shutdown(ctx context.Context) error

	// Close cuts off everything.
	Close() error
}

// Attach has Shutdown end a port together with gRPC's own. It has to come before Shutdown.
func (s *Server) Attach(p Port) { s.ports = append(s.ports, p) }

// Options returns the options of the server with the defaults filled in.
func (s *Server) Options() Options { return s.handler.options }

// method is one method as ServeStream finds it.
type method struct {
	service any
	info    *grpc.StreamServerInfo
	serve   grpc.StreamHandler
}

// ServeStream serves a call of a method such as "/summarizer.v1.SummarizerService/ListTopics"
// by the interceptors and handlers that serve gRPC. An error has a gRPC status.
func (s *Server) ServeStream(name string, stream Stream) error {
	m, ok := s.methods[name]
	if !ok {
		return status.Error(codes.Unimplemented, "the server has no such method")
	}
	call := &streamCall{Stream: stream}
	call.ctx = grpc.NewContextWithServerTransportStream(stream.Context(), transportOf{stream, name})
	told := s.handler.stats
	if told == nil {
		return s.intercept(m.service, call, m.info, m.serve)
	}
	began := time.Now()
	call.ctx = told.TagRPC(call.ctx, &stats.RPCTagInfo{FullMethodName: name})
	told.HandleRPC(call.ctx, &stats.Begin{BeginTime: began, IsClientStream: m.info.IsClientStream, IsServerStream: m.info.IsServerStream})
	err := s.intercept(m.service, call, m.info, m.serve)
	told.HandleRPC(call.ctx, &stats.End{BeginTime: began, EndTime: time.Now(), Error: err})
	return err
}

// streamCall is a Stream in the context of its call.
type streamCall struct {
	Stream
	ctx context.Context
}

// Context implements grpc.ServerStream.
func (c *streamCall) Context() context.Context { return c.ctx }

// transportOf lets grpc.SetHeader and grpc.SetTrailer reach a Stream.
type transportOf struct {
	stream Stream
	method string
}

// Method implements grpc.ServerTransportStream.
func (t transportOf) Method() string { return t.method }

// SetHeader implements grpc.ServerTransportStream.
func (t transportOf) SetHeader(md metadata.MD) error { return t.stream.SetHeader(md) }

// SendHeader implements grpc.ServerTransportStream.
func (t transportOf) SendHeader(md metadata.MD) error { return t.stream.SendHeader(md) }

// SetTrailer implements grpc.ServerTransportStream.
func (t transportOf) SetTrailer(md metadata.MD) error {
	t.stream.SetTrailer(md)
	return nil
}

// chained returns the interceptors as one; the first is the outermost.
func chained(interceptors []grpc.StreamServerInterceptor) grpc.StreamServerInterceptor {
	if len(interceptors) == 1 {
		return interceptors[0]
	}
	outer, inner := interceptors[0], chained(interceptors[1:])
	return func(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		return outer(service, stream, info, func(service any, stream grpc.ServerStream) error {
			return inner(service, stream, info, handler)
		})
	}
}
