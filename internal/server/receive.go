package server

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Maximum sizes of messages to health, which answers strangers and takes the name of a
// service, and to reflection.
const (
	healthMessageBytes     = 1 << 10
	reflectionMessageBytes = 8 << 10
)

// asStreams describes methods with one request and one response as streams, on which
// the interceptors run before a message is read. The interceptors of unary methods run
// after it, when strangers have made the server hold theirs.
//
// ServerStreams is set, as gRPC skips the interceptors of a stream without it.
type asStreams struct {
	*grpc.Server
	methods map[string]method // takes what is registered
}

// RegisterService implements grpc.ServiceRegistrar.
func (s asStreams) RegisterService(description *grpc.ServiceDesc, service any) {
	d := *description
	d.Methods, d.Streams = nil, append([]grpc.StreamDesc(nil), d.Streams...)
	for _, method := range description.Methods {
		d.Streams = append(d.Streams, grpc.StreamDesc{
			StreamName:    method.MethodName,
			ServerStreams: true,
			Handler: func(service any, stream grpc.ServerStream) error {
				response, err := method.Handler(service, stream.Context(), stream.RecvMsg, nil)
				if err != nil {
					return err
				}
				return stream.SendMsg(response)
			},
		})
	}
	for _, stream := range d.Streams {
		name := "/" + d.ServiceName + "/" + stream.StreamName
		s.methods[name] = method{service, &grpc.StreamServerInfo{
			FullMethod:     name,
			IsClientStream: stream.ClientStreams,
			IsServerStream: stream.ServerStreams,
		}, stream.Handler}
	}
	s.Server.RegisterService(&d, service)
}

// transportStream is what the streams of gRPC's transports can do besides what
// grpc.ServerStream shows. RecvMsg reads the length of a message and the message in one
// go; read in two, the length can be counted before the message is in memory.
type transportStream interface {
	ReadMessageHeader(header []byte) error
	Read(n int) (mem.BufferSlice, error)
	RecvCompress() string
	WriteStatus(s *status.Status) error
}

// callStream is the stream of one call. It sends the id of the call with the first
// message, and receives messages within the limits of bytes and time.
//
// It keeps the response of a unary call of gRPC until all interceptors are done: gRPC
// writes a response and a status that follow each other at once to the network together.
type callStream struct {
	grpc.ServerStream
	handler *Handler
	ctx     context.Context
	call    *call

	transport transportStream // nil: the messages are counted at their maximum size
	foreign   Stream          // of another protocol than gRPC; nil: it is gRPC's
	maximum   int             // of a message, in bytes
	method    string
	ours      bool // the method is of the service
	single    bool // there is one message, which has to come at once, and no other
	items     bool // it is a stream of articles, which makes a status of errors itself
	bulk      bool // its messages stand back behind others

	sent     bool // a message
	response any  // of a unary call of gRPC, until it is sent
	received held // by the last message
	arrival  arrival
}

// Context implements grpc.ServerStream.
func (s *callStream) Context() context.Context { return s.ctx }

// SendMsg implements grpc.ServerStream. A response that comes after the deadline is not
// sent, and its call fails here, where log and metrics still see it.
func (s *callStream) SendMsg(message any) error {
	if s.call.unary {
		if err := s.ctx.Err(); err != nil {
			return s.handler.fail(s.ctx, err)
		}
		if s.foreign == nil {
			s.response = message
			return nil
		}
	}
	return s.send(message)
}

func (s *callStream) send(message any) error {
	if !s.sent {
		s.sent = true
		_ = s.SetHeader(s.requestID()) // fails only when the call is over, which then shows elsewhere
	}
	if err := s.ServerStream.SendMsg(message); err != nil {
		return s.handler.fail(s.ctx, err)
	}
	return nil
}

func (s *callStream) requestID() metadata.MD { return metadata.MD{requestIDHeader: {s.call.id}} }

// RecvMsg implements grpc.ServerStream. The bytes that a message takes of the limits are
// given back by the next one, at the end of the call, or by the handler that takes it over.
func (s *callStream) RecvMsg(message any) error {
	s.received.release()
	err := s.receive(message)
	if reason := s.refusalOf(err); reason != "" {
		s.handler.options.Metrics.CallRefused(s.ours, reason)
		s.call.refused = reason
	}
	if err == nil && !s.single {
		if err = s.handler.stillMay(s.call, s.method, s.ours); err != nil {
			s.handler.sawDenial(s.ctx, err)
		}
	}
	if err == nil || errors.Is(err, io.EOF) || s.items {
		return err
	}
	return s.handler.fail(s.ctx, err)
}

func (s *callStream) receive(message any) error {
	if s.foreign != nil {
		return s.receiveForeign(message)
	}
	if s.transport == nil {
		if err := s.count(s.maximum); err != nil {
			return err
		}
		return s.ServerStream.RecvMsg(message)
	}
	if s.single {
		s.handler.arrivals.add(s) // the client has nothing to wait for
	}
	err := s.read(message)
	if err == nil && s.single {
		err = s.expectEnd()
	}
	return s.handler.arrivals.remove(s, err)
}

// receiveForeign receives a message of another protocol under the same rules: the
// message of a unary call has to come at once, a message of a stream once it has begun.
func (s *callStream) receiveForeign(message any) error {
	awaited, began, bytes := s.single, false, 0
	if s.single {
		s.handler.arrivals.add(s)
	}
	err := s.foreign.ReceiveMessage(message, s.maximum, func(n int) error {
		bytes += n
		if err := s.count(n); err != nil {
			return err
		}
		if !awaited && !began {
			began = true
			s.handler.arrivals.add(s)
		}
		return nil
	})
	if told := s.handler.stats; told != nil && err == nil {
		told.HandleRPC(s.ctx, &stats.InPayload{RecvTime: time.Now(), Payload: message, Length: bytes, CompressedLength: bytes, WireLength: bytes})
	}
	return s.handler.arrivals.remove(s, err)
}

// read reads a message. It fails as gRPC's own reading does.
func (s *callStream) read(message any) error {
	var header [5]byte
	if err := s.transport.ReadMessageHeader(header[:]); err != nil {
		if s.single && errors.Is(err, io.EOF) {
			return refused(telemetry.RefusedIncomplete, codes.InvalidArgument, "the call ended without a request message")
		}
		return readError(err)
	}
	length := binary.BigEndian.Uint32(header[1:])
	if int64(length) > int64(s.maximum) {
		return refused(telemetry.RefusedOversized, codes.ResourceExhausted, "grpc: received message larger than max (%d vs. %d)", length, s.maximum)
	}
	if err := s.count(int(length)); err != nil {
		return err
	}
	if !s.single {
		s.handler.arrivals.add(s)
	}
	data, err := s.transport.Read(int(length))
	if err != nil {
		return readError(err)
	}
	switch header[0] {
	case 0:
	case 1:
		compressed := data
		data, err = s.decompress(compressed)
		compressed.Free()
		if err != nil {
			return err
		}
	default:
		data.Free()
		return refused(telemetry.RefusedUndecodable, codes.InvalidArgument, "grpc: received unexpected payload format %d", header[0])
	}
	defer data.Free()
	if err := codec.Unmarshal(data, message); err != nil {
		return refused(telemetry.RefusedUndecodable, codes.InvalidArgument, "grpc: failed to unmarshal the received message: %v", err)
	}
	if told := s.handler.stats; told != nil { // as gRPC does where it reads itself
		told.HandleRPC(s.ctx, &stats.InPayload{
			RecvTime: time.Now(), Payload: message,
			Length: data.Len(), CompressedLength: int(length), WireLength: int(length) + len(header),
		})
	}
	return nil
}

// readError makes of the end of a message before its end what gRPC makes of it.
func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return refused(telemetry.RefusedIncomplete, codes.InvalidArgument, "%v", io.ErrUnexpectedEOF)
	}
	return err
}

// expectEnd reads the end of a call that has one message.
func (s *callStream) expectEnd() error {
	var header [5]byte
	err := s.transport.ReadMessageHeader(header[:])
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return readError(err)
	}
	return refused(telemetry.RefusedIncomplete, codes.InvalidArgument, "the call has more than one request message")
}

// count holds n bytes of the limits. Streams wait for their turn, as they may: what
// the client sends on meanwhile is bounded by the window of its stream.
func (s *callStream) count(n int) error {
	if s.maximum <= healthMessageBytes {
		return nil // a few bytes, which probes send when the limits are reached, too
	}
	share := 1.0
	if s.bulk {
		share = bulkShare
	}
	var err error
	if s.single {
		err = s.received.take(int64(n), share)
	} else {
		err = s.received.await(s.ctx, int64(n), share, s.handler.draining)
	}
	if err != nil {
		s.handler.options.Metrics.Refused(s.bulk)
	}
	return err
}

// decompress unpacks a message and counts its growth.
func (s *callStream) decompress(data mem.BufferSlice) (mem.BufferSlice, error) {
	name := s.transport.RecvCompress()
	if name == "" || name == encoding.Identity {
		return nil, refused(telemetry.RefusedDecompression, codes.InvalidArgument, "grpc: compressed flag set with identity or empty encoding")
	}
	compressor := encoding.GetCompressor(name) // gRPC has refused unknown ones
	if compressor == nil {
		return nil, refused(telemetry.RefusedDecompression, codes.Unimplemented, "grpc: Decompressor is not installed for grpc-encoding %q", name)
	}
	source := data.Reader()
	defer source.Close()
	unpacked, err := compressor.Decompress(source)
	if err != nil {
		return nil, refused(telemetry.RefusedDecompression, codes.InvalidArgument, "grpc: failed to decompress the message: %v", err)
	}
	counted := &countingReader{reader: io.LimitReader(unpacked, int64(s.maximum)+1), stream: s, paid: data.Len()}
	out, err := mem.ReadAll(counted, mem.DefaultBufferPool())
	switch {
	case counted.refused != nil:
		err = counted.refused
	case err != nil:
		err = refused(telemetry.RefusedDecompression, codes.InvalidArgument, "grpc: failed to read decompressed data: %v", err)
	case out.Len() > s.maximum:
		err = refused(telemetry.RefusedOversized, codes.ResourceExhausted, "grpc: received message after decompression larger than max %d", s.maximum)
	default:
		return out, nil
	}
	out.Free()
	return nil, err
}

// countingReader counts what is read beyond what is paid for.
type countingReader struct {
	reader  io.Reader
	stream  *callStream
	paid    int
	refused error
}

// Read implements io.Reader.
func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.reader.Read(p)
	more := max(0, n-r.paid)
	r.paid -= min(n, r.paid)
	if more > 0 {
		if refused := r.stream.received.take(int64(more), 1); refused != nil {
			r.refused = refused
			return 0, refused
		}
	}
	return n, err
}
