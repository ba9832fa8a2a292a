package server

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
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
	shown  credential
	reason summarizer.Reason
	result *summarizer.Result

	refused string // why there was no request to answer, as telemetry has it

	items, failedItems int
	spent              summarizer.Usage // on items
	fallbacks          []string         // of items: the reasons, each once

	unary    bool  // it has one request and one response
	received *held // the bytes of the last message
}

type callContextKey struct{}

// callContext is the context of a call. It tells the call and its id with one allocation.
type callContext struct {
	context.Context
	call *call
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	switch key.(type) {
	case callContextKey:
		return c.call
	case telemetry.RequestIDKey:
		return c.call.id
	}
	return c.Context.Value(key)
}

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

// handOver leaves the bytes of the last message to the caller, who has to call release.
func (c *call) handOver() (release func()) {
	if c == nil || c.received == nil {
		return func() {}
	}
	return c.received.handOver()
}

func (c *call) countItems(results ...*summarizerv1.AnalyzeArticleResult) {
	if c == nil {
		return
	}
	c.items += len(results)
	for _, r := range results {
		if r.GetError() != nil {
			c.failedItems++
			continue
		}
		answer := r.GetResponse()
		c.spent.InputTokens += int(answer.GetUsage().GetInputTokens())
		c.spent.OutputTokens += int(answer.GetUsage().GetOutputTokens())
		c.spent.CostMicroUSD += answer.GetUsage().GetCostMicroUsd()
		c.fellBack(answer.GetSummary().GetProvenance().GetFallbackReason())
		c.fellBack(answer.GetClassification().GetProvenance().GetFallbackReason())
	}
}

// fellBack notes why the language model did not answer; empty where it did.
func (c *call) fellBack(reason string) {
	if reason != "" && !slices.Contains(c.fallbacks, reason) {
		c.fallbacks = append(c.fallbacks, reason)
	}
}

// outcome returns what a call cost, and why the language model did not answer, where it did
// not.
func (c *call) outcome() (spent summarizer.Usage, fallbacks []string) {
	if r := c.result; r != nil {
		c.spent = r.Usage
		if r.Summary != nil {
			c.fellBack(string(r.Summary.Provenance.FallbackReason))
		}
		if r.Classification != nil {
			c.fellBack(string(r.Classification.Provenance.FallbackReason))
		}
	}
	return c.spent, c.fallbacks
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

// begin is the outermost interceptor. It gives a call its id: the caller's own where it
// is sane, else a random one. The id goes back in the header of an answer. Where there
// is none, it goes into the trailer: clients do not try again what has a header, as it
// counts as the beginning of an answer.
func (h *Handler) begin(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if server == nil {
		return h.refuseUnknown(stream, info.FullMethod)
	}
	c := &call{id: requestIDOf(stream.Context()), unary: h.methods[info.FullMethod]}
	s := &callStream{
		ServerStream: stream,
		handler:      h,
		call:         c,
		method:       info.FullMethod,
		single:       !info.IsClientStream,
		ours:         server == h,
		items:        server == h && !c.unary,
		bulk:         info.IsClientStream || info.FullMethod == summarizerv1.SummarizerService_BatchAnalyzeArticles_FullMethodName,
		maximum:      reflectionMessageBytes,
		received:     held{process: h.bytes},
	}
	c.received = &s.received
	s.ctx = &callContext{stream.Context(), c}
	if foreign, ok := stream.(*streamCall); ok {
		s.foreign = foreign
	} else {
		s.transport, _ = grpc.ServerTransportStreamFromContext(s.ctx).(transportStream)
	}
	switch {
	case server == h:
		s.maximum = h.options.MaxReceiveBytes
	case strings.HasPrefix(info.FullMethod, healthMethods):
		s.maximum = healthMessageBytes
	}
	conn := connectionOf(s.ctx)
	if conn != nil {
		s.received.connection = conn.bytes
	}
	defer s.received.close()
	conn.begin(server == h)
	defer conn.end(server == h)

	h.calls.Add(1)
	defer h.calls.Add(-1)
	err := handler(server, s)
	if err == nil && s.response != nil {
		err = s.send(s.response)
	}
	switch {
	case s.sent:
	case err == nil:
		_ = stream.SetHeader(s.requestID())
	default:
		stream.SetTrailer(s.requestID())
	}
	return err
}

func requestIDOf(ctx context.Context) string {
	if ids := metadata.ValueFromIncomingContext(ctx, requestIDHeader); len(ids) == 1 && isRequestID(ids[0]) {
		return ids[0]
	}
	id := make([]byte, 0, 26) // two numbers of up to 13 digits
	for range 2 {
		id = strconv.AppendUint(id, rand.Uint64(), 36) //nolint:gosec // it finds lines of the log, and is no secret
	}
	return string(id)
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

// log logs one line for each finished call.
func (h *Handler) log(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	begin := time.Now()
	err := handler(server, stream)
	h.logCall(stream.Context(), info.FullMethod, server == h, begin, err)
	return err
}

func (h *Handler) logCall(ctx context.Context, method string, ours bool, begin time.Time, err error) {
	c := callOf(ctx)
	code := status.Code(err)
	level := levelOf(code, ours)
	if c.refused != "" {
		level = slog.LevelDebug
	}
	unlogged := int64(0)
	if c.client == nil && h.options.Clients != nil && level == slog.LevelInfo {
		if lines := h.strangers.of(c.reason); lines.Allow() {
			unlogged = lines.Skipped()
		} else {
			level = slog.LevelDebug
		}
	}
	if !h.options.Logger.Enabled(ctx, level) {
		return
	}
	end := time.Now()
	// Built by hand, without the caller's position: looking that up would cost
	// as much as the rest.
	line := slog.NewRecord(end, level, "call", 0)
	attrs := append(make([]slog.Attr, 0, 13), // as many as a cached answer may have, and some
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
	if h.stats != nil {
		if id := telemetry.TraceID(ctx); id != "" {
			attrs = append(attrs, slog.String("trace_id", id))
		}
	}
	attrs = c.appendOutcome(attrs)
	if unlogged > 0 {
		attrs = append(attrs, slog.Int64("unlogged", unlogged))
	}
	line.AddAttrs(attrs...)
	// There is nowhere to report a log that cannot be written.
	_ = h.options.Logger.Handler().Handle(ctx, line)
}

// appendOutcome appends how a call ended, to its line of the log.
func (c *call) appendOutcome(attrs []slog.Attr) []slog.Attr {
	if c.reason != "" {
		attrs = append(attrs, slog.String("reason", string(c.reason)))
	}
	if c.refused != "" {
		attrs = append(attrs, slog.String("refused", c.refused))
	}
	if c.result != nil {
		attrs = append(attrs, slog.String("source", c.source()))
	}
	if c.items > 0 {
		attrs = append(attrs, slog.Int("items", c.items), slog.Int("failed_items", c.failedItems))
	}
	spent, fallbacks := c.outcome()
	if len(fallbacks) > 0 {
		attrs = append(attrs, slog.String("fallback", strings.Join(fallbacks, "+")))
	}
	if spent.InputTokens+spent.OutputTokens > 0 {
		attrs = append(attrs, slog.Int("input_tokens", spent.InputTokens), slog.Int("output_tokens", spent.OutputTokens),
			slog.Int64("cost_micro_usd", spent.CostMicroUSD))
	}
	return attrs
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

// described are services as a server has them that serves their methods as they are.
type described []*grpc.ServiceDesc

// GetServiceInfo returns their methods.
func (d described) GetServiceInfo() map[string]grpc.ServiceInfo {
	services := map[string]grpc.ServiceInfo{}
	for _, service := range d {
		var info grpc.ServiceInfo
		for _, method := range service.Methods {
			info.Methods = append(info.Methods, grpc.MethodInfo{Name: method.MethodName})
		}
		for _, stream := range service.Streams {
			info.Methods = append(info.Methods, grpc.MethodInfo{Name: stream.StreamName, IsClientStream: stream.ClientStreams, IsServerStream: stream.ServerStreams})
		}
		services[service.ServiceName] = info
	}
	return services
}

// measure keeps metrics of calls; those with one request and one response are unary
// ones, as the contract has them.
func measure(metrics *grpcprom.ServerMetrics) grpc.StreamServerInterceptor {
	unary, streams := metrics.UnaryServerInterceptor(), metrics.StreamServerInterceptor()
	return func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		if !callOf(stream.Context()).unary {
			return streams(server, stream, info, handler)
		}
		_, err := unary(stream.Context(), nil, &grpc.UnaryServerInfo{Server: server, FullMethod: info.FullMethod},
			func(context.Context, any) (any, error) { return nil, handler(server, stream) })
		return err
	}
}

// limit lets no call in while the server drains. Whether an article is worked on is
// decided behind the validation, by admission. Health and reflection are not limited.
func (h *Handler) limit(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	switch {
	case server != h && !callOf(stream.Context()).unary:
		return h.untilDrained(server, stream, handler)
	case server == h && h.isDraining():
		return h.fail(stream.Context(), errDraining)
	}
	return handler(server, stream)
}

// watchNotice is the time in which watchers of the health of a draining server are
// told so.
const watchNotice = time.Second

// untilDrained serves a stream of health or reflection, which its client may
// leave open for ever, and ends it when the server drains: a drain would else
// last until its timeout. The handler outlives the call by the moment that gRPC
// needs to fail the message that it waits for.
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
