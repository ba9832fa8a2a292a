package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/server/h2test"
)

// ServeHTTPForTests returns what serves the port for HTTP of a server.
var ServeHTTPForTests func(s *Server, config *tls.Config) func(net.Listener) error

// onBothPorts runs a test on gRPC's own port, and on the port for HTTP: there, servers and
// clients of the helpers speak gRPC-Web.
func onBothPorts(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Run("gRPC", test)
	t.Run("HTTP", test)
}

func overHTTP(t testing.TB) bool { return strings.HasSuffix(t.Name(), "/HTTP") }

// tlsOf holds the TLS of credentials that credentialsOf returned.
var tlsOf sync.Map

// credentialsOf returns the credentials of a server for either port.
func credentialsOf(encrypted *TLS) credentials.TransportCredentials {
	c := encrypted.Credentials()
	tlsOf.Store(c, encrypted)
	return c
}

// serveListener serves the port of the test until the server is shut down.
func serveListener(t testing.TB, s *Server, listener net.Listener) <-chan error {
	t.Helper()
	served := make(chan error, 1)
	if !overHTTP(t) {
		go func() { served <- s.Serve(listener) }()
		return served
	}
	var config *tls.Config
	if encrypted, ok := tlsOf.Load(s.handler.options.Credentials); ok {
		config = encrypted.(*TLS).HTTPConfig()
	}
	serve := ServeHTTPForTests(s, config)
	go func() {
		own := make(chan error, 1)
		go func() { own <- s.Serve(bufconn.Listen(1)) }() // nobody calls there
		served <- errors.Join(serve(listener), <-own)
	}()
	return served
}

// dialPort connects to the port of the test.
func dialPort(t testing.TB, target string, c credentials.TransportCredentials, dialer func(context.Context, string) (net.Conn, error)) *grpc.ClientConn {
	t.Helper()
	options := []grpc.DialOption{grpc.WithTransportCredentials(c)}
	if dialer != nil {
		options = append(options, grpc.WithContextDialer(dialer))
	} else {
		dialer = func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	}
	if overHTTP(t) {
		web := newWebClient(target, c, dialer)
		t.Cleanup(web.transport.CloseIdleConnections)
		options = append(options, grpc.WithUnaryInterceptor(web.unary), grpc.WithStreamInterceptor(web.stream))
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// dialRaw connects with frames to the port of the test.
func dialRaw(t testing.TB, address string, config *tls.Config) *h2test.Peer {
	t.Helper()
	p := h2test.Dial(t, address, config)
	p.Web = overHTTP(t)
	return p
}

// webClient speaks gRPC-Web over HTTP/2 in the place of the transport of a
// grpc.ClientConn, whose stubs then call the port for HTTP.
type webClient struct {
	base      string
	transport *http.Transport
}

func newWebClient(target string, c credentials.TransportCredentials, dial func(context.Context, string) (net.Conn, error)) *webClient {
	if strings.Contains(target, ":///") {
		target = "localhost" // in memory
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true) // the connection is encrypted where it is made
	return &webClient{"http://" + target, &http.Transport{
		Protocols: protocols,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			raw, err := dial(ctx, address)
			if err != nil {
				return nil, err
			}
			host, _, _ := net.SplitHostPort(address)
			conn, _, err := c.ClientHandshake(ctx, host, raw)
			if err != nil {
				_ = raw.Close()
			}
			return conn, err
		},
	}}
}

// begin sends a request whose body is still to come, and returns its answer.
func (w *webClient) begin(ctx context.Context, method string, body io.Reader, options []grpc.CallOption) (*webAnswer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+method, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/grpc-web+proto")
	outgoing, _ := metadata.FromOutgoingContext(ctx)
	for name, values := range outgoing {
		r.Header[textproto.CanonicalMIMEHeaderKey(name)] = values
	}
	if deadline, ok := ctx.Deadline(); ok {
		r.Header.Set("Grpc-Timeout", strconv.FormatInt(max(0, time.Until(deadline).Milliseconds()), 10)+"m")
	}
	a := &webAnswer{}
	for _, option := range options {
		switch o := option.(type) {
		case grpc.CompressorCallOption:
			r.Header.Set("Grpc-Encoding", o.CompressorType)
		case grpc.HeaderCallOption:
			a.header = o.HeaderAddr
		case grpc.TrailerCallOption:
			a.trailer = o.TrailerAddr
		}
	}
	response, err := w.transport.RoundTrip(r)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	a.ctx, a.body = ctx, response.Body
	a.headers = metadata.MD{}
	for name, values := range response.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-request-id") {
			a.headers[name] = values
		}
	}
	return a, nil
}

func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return status.Error(codes.Unavailable, err.Error())
}

// webAnswer is an answer of gRPC-Web.
type webAnswer struct {
	ctx             context.Context
	body            io.ReadCloser
	header, trailer *metadata.MD // of the call; nil: nobody asks
	headers         metadata.MD
	trailers        metadata.MD
}

// next reads a message, or the status of the call.
func (a *webAnswer) next(message proto.Message) error {
	var prefix [5]byte
	if _, err := io.ReadFull(a.body, prefix[:]); err != nil {
		return unreachable(a.ctx, err)
	}
	data := make([]byte, binary.BigEndian.Uint32(prefix[1:]))
	if _, err := io.ReadFull(a.body, data); err != nil {
		return unreachable(a.ctx, err)
	}
	if prefix[0] == 0 {
		return proto.Unmarshal(data, message)
	}
	return a.end(data)
}

// end returns the status in the trailers; io.EOF for a good one.
func (a *webAnswer) end(trailers []byte) error {
	a.trailers = metadata.MD{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(trailers)), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		a.trailers.Append(name, value)
	}
	code, err := strconv.Atoi(a.trailers.Get("grpc-status")[0])
	switch {
	case err != nil:
		return err
	case code == 0:
		return io.EOF
	}
	if details := a.trailers.Get("grpc-status-details-bin"); len(details) > 0 {
		data, err := base64.RawStdEncoding.DecodeString(details[0])
		if err != nil {
			return err
		}
		var s spb.Status
		if err := proto.Unmarshal(data, &s); err != nil {
			return err
		}
		return status.ErrorProto(&s)
	}
	message, err := url.PathUnescape(strings.Join(a.trailers.Get("grpc-message"), ""))
	if err != nil {
		return err
	}
	return status.Error(codes.Code(code), message)
}

// tell fills what the options of the call ask for.
func (a *webAnswer) tell() {
	if a.header != nil {
		*a.header = a.headers
	}
	if a.trailer != nil {
		*a.trailer = a.trailers
	}
}

// envelope returns a message with its prefix.
func envelope(message any, compressor string) ([]byte, error) {
	data, err := proto.Marshal(message.(proto.Message))
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	flag := byte(0)
	if compressor != "" {
		flag = 1
		zip, err := encoding.GetCompressor(compressor).Compress(&packed)
		if err != nil {
			return nil, err
		}
		if _, err := zip.Write(data); err != nil {
			return nil, err
		}
		if err := zip.Close(); err != nil {
			return nil, err
		}
		data = packed.Bytes()
	}
	return append(binary.BigEndian.AppendUint32([]byte{flag}, uint32(len(data))), data...), nil
}

func (w *webClient) unary(ctx context.Context, method string, request, reply any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, options ...grpc.CallOption) error {
	compressor := ""
	for _, option := range options {
		if o, ok := option.(grpc.CompressorCallOption); ok {
			compressor = o.CompressorType
		}
	}
	data, err := envelope(request, compressor)
	if err != nil {
		return err
	}
	a, err := w.begin(ctx, method, bytes.NewReader(data), options)
	for status.Code(err) == codes.Unavailable && waitsForReady(options) {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return err
		}
		a, err = w.begin(ctx, method, bytes.NewReader(data), options)
	}
	if err != nil {
		return err
	}
	defer a.body.Close()
	defer a.tell()
	if err := a.next(reply.(proto.Message)); err != nil {
		return err
	}
	if err := a.next(nil); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func waitsForReady(options []grpc.CallOption) bool {
	return slices.ContainsFunc(options, func(option grpc.CallOption) bool {
		o, ok := option.(grpc.FailFastCallOption)
		return ok && !o.FailFast
	})
}

// webStream is a stream of gRPC-Web.
type webStream struct {
	ctx    context.Context
	cancel context.CancelFunc
	send   *io.PipeWriter
	ready  chan struct{} // closed when the answer has begun, or failed
	answer *webAnswer
	err    error
}

func (w *webClient) stream(ctx context.Context, _ *grpc.StreamDesc, _ *grpc.ClientConn, method string, _ grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	body, send := io.Pipe()
	s := &webStream{ctx: ctx, cancel: cancel, send: send, ready: make(chan struct{})}
	go func() {
		defer close(s.ready)
		s.answer, s.err = w.begin(ctx, method, body, options)
		if s.err != nil {
			_ = body.CloseWithError(s.err)
			return
		}
		context.AfterFunc(ctx, func() { _ = body.CloseWithError(ctx.Err()) })
	}()
	return s, nil
}

func (s *webStream) Header() (metadata.MD, error) {
	if <-s.ready; s.err != nil {
		return nil, s.err
	}
	return s.answer.headers, nil
}

func (s *webStream) Trailer() metadata.MD {
	if <-s.ready; s.err != nil {
		return nil
	}
	return s.answer.trailers
}

func (s *webStream) CloseSend() error { return s.send.Close() }

func (s *webStream) Context() context.Context { return s.ctx }

func (s *webStream) SendMsg(m any) error {
	data, err := envelope(m, "")
	if err != nil {
		return err
	}
	if _, err := s.send.Write(data); err != nil {
		return io.EOF // RecvMsg tells why
	}
	return nil
}

func (s *webStream) RecvMsg(m any) error {
	if <-s.ready; s.err != nil {
		s.cancel()
		return s.err
	}
	err := s.answer.next(m.(proto.Message))
	if err != nil {
		_ = s.answer.body.Close()
		s.cancel()
	}
	return err
}
