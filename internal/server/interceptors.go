package server

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

const (
	requestIDHeader   = "x-request-id"
	maxRequestIDBytes = 64
)

// call collects what the log line of a call says besides what gRPC knows. A nil
// call, of a handler called in the same process, collects nothing.
type call struct {
	id     string
	client *client // nil when the server does not ask who calls
	reason summarizer.Reason
	result *summarizer.Result

	items, failedItems int
}

type callContextKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callContextKey{}).(*call)
	return c
}

func (c *call) requestID() string {
	if c == nil {
		return ""
	}
	return c.id
}

func (c *call) usage() *quotaUsage {
	if c == nil || c.client == nil {
		return nil
	}
	return c.client.usage
}

func (c *call) failed(reason summarizer.Reason) {
	if c != nil {
		c.reason = reason
	}
}

func (c *call) answered(result *summarizer.Result) {
	if c != nil {
		c.result = result
	}
}

func (c *call) countItems(results ...*summarizerv1.AnalyzeArticleResult) {
	if c == nil {
		return
	}
	c.items += len(results)
	for _, r := range results {
		if r.GetError() != nil {
			c.failedItems++
		}
	}
}

// source says where the answer comes from, for the log.
func (c *call) source() string {
	switch r := c.result; {
	case r == nil:
		return ""
	case r.Classification == nil:
		return r.Summary.Provenance.Source.String()
	case r.Summary == nil || r.Summary.Provenance.Source == r.Classification.Provenance.Source:
		return r.Classification.Provenance.Source.String()
	default:
		return r.Summary.Provenance.Source.String() + "+" + r.Classification.Provenance.Source.String()
	}
}

// The outermost interceptors give a call its id: the caller's own where it is
// sane, else a random one. It goes back in the header of an answer. Where there is
// none, it goes into the trailer: clients do not try again what has a header, as it
// counts as the beginning of an answer.

func (h *Handler) assignIDUnary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	c := &call{id: requestIDOf(ctx)}
	response, err := handler(context.WithValue(ctx, callContextKey{}, c), request)
	// Both fail only when the call is over, which then shows elsewhere.
	if id := (metadata.MD{requestIDHeader: {c.id}}); err == nil {
		_ = grpc.SetHeader(ctx, id)
	} else {
		_ = grpc.SetTrailer(ctx, id)
	}
	return response, err
}

func (h *Handler) assignIDStream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	c := &call{id: requestIDOf(stream.Context())}
	wrapped := &requestIDStream{WrappedServerStream: middleware.WrapServerStream(stream), id: metadata.MD{requestIDHeader: {c.id}}}
	wrapped.WrappedContext = context.WithValue(stream.Context(), callContextKey{}, c)
	err := handler(server, wrapped)
	switch {
	case wrapped.begun:
	case err == nil:
		_ = stream.SetHeader(wrapped.id)
	default:
		stream.SetTrailer(wrapped.id)
	}
	return err
}

// requestIDStream sends the id of its call with the first message.
type requestIDStream struct {
	*middleware.WrappedServerStream
	id    metadata.MD
	begun bool // a message was sent
}

// SendMsg implements grpc.ServerStream.
func (s *requestIDStream) SendMsg(message any) error {
	if !s.begun {
		s.begun = true
		_ = s.SetHeader(s.id) // as above
	}
	return s.WrappedServerStream.SendMsg(message)
}

func requestIDOf(ctx context.Context) string {
	if ids := metadata.ValueFromIncomingContext(ctx, requestIDHeader); len(ids) == 1 && isRequestID(ids[0]) {
		return ids[0]
	}
	return strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36) //nolint:gosec // it finds lines of the log, and is no secret
}

func isRequestID(s string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= maxRequestIDBytes
}

// The next interceptors log one line for each finished call.

func (h *Handler) logUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	begin := time.Now()
	response, err := handler(ctx, request)
	_, ours := info.Server.(*Handler)
	h.logCall(ctx, info.FullMethod, ours, begin, err)
	return response, err
}

func (h *Handler) logStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	begin := time.Now()
	err := handler(server, stream)
	_, ours := server.(*Handler)
	h.logCall(stream.Context(), info.FullMethod, ours, begin, err)
	return err
}

func (h *Handler) logCall(ctx context.Context, method string, ours bool, begin time.Time, err error) {
	code := status.Code(err)
	level := levelOf(code, ours)
	if !h.options.Logger.Enabled(ctx, level) {
		return
	}
	c := callOf(ctx)
	end := time.Now()
	// Built by hand, without the caller's position: looking that up would cost
	// as much as the rest.
	line := slog.NewRecord(end, level, "call", 0)
	attrs := append(make([]slog.Attr, 0, 12), // as many as there may be
		slog.String("method", method),
		slog.String("code", code.String()),
		slog.Duration("duration", end.Sub(begin)),
		slog.String("request_id", c.requestID()))
	if p, ok := peer.FromContext(ctx); ok {
		attrs = append(attrs, slog.String("peer", p.Addr.String()))
	}
	if c.client != nil {
		attrs = append(attrs, slog.String("client", c.client.name))
	}
	if h.options.StatsHandler != nil {
		if id := telemetry.TraceID(ctx); id != "" {
			attrs = append(attrs, slog.String("trace_id", id))
		}
	}
	if c.reason != "" {
		attrs = append(attrs, slog.String("reason", string(c.reason)))
	}
	if c.result != nil {
		attrs = append(attrs, slog.String("source", c.source()))
	}
	if c.items > 0 {
		attrs = append(attrs, slog.Int("items", c.items), slog.Int("failed_items", c.failedItems))
	}
	line.AddAttrs(attrs...)
	// There is nowhere to report a log that cannot be written.
	_ = h.options.Logger.Handler().Handle(ctx, line)
}

// levelOf keeps faults of the server apart from everyday calls, and these from
// the probes that others make all the time.
func levelOf(code codes.Code, ours bool) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	}
	if !ours {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// The limits let no call in while the server drains. Whether an article is worked
// on is decided behind the validation, by admission. Health and reflection are not
// limited.

func (h *Handler) limitUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if _, ours := info.Server.(*Handler); !ours {
		return handler(ctx, request)
	}
	if h.isDraining() {
		return nil, h.fail(ctx, errDraining)
	}
	return handler(ctx, request)
}

func (h *Handler) limitStream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if _, ours := server.(*Handler); !ours {
		return h.untilDrained(server, stream, handler)
	}
	if h.isDraining() {
		return h.fail(stream.Context(), errDraining)
	}
	return handler(server, stream)
}

// watchNotice is the time in which those who watch the health of a server that
// drains are told so.
const watchNotice = time.Second

// untilDrained serves a stream of health or reflection, which its client may
// leave open for ever, and ends it when the server drains: a drain would else
// last until its timeout. The handler outlives the call by the moment that gRPC
// needs to fail what it waits for.
func (h *Handler) untilDrained(server any, stream grpc.ServerStream, handler grpc.StreamHandler) error {
	done := make(chan error, 1)
	go func() { done <- handler(server, stream) }()
	select {
	case err := <-done:
		return err
	case <-h.draining:
	}
	select {
	case err := <-done:
		return err
	case <-time.After(watchNotice):
		return h.fail(stream.Context(), errDraining)
	}
}
