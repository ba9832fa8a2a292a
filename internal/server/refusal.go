package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// refusedCall is why there is no request that could be answered: a fault of the caller, which
// has the status that gRPC gives it.
type refusedCall struct {
	reason string // one of telemetry's
	status *status.Status
}

func refused(reason string, code codes.Code, format string, args ...any) error {
	return &refusedCall{reason, status.Newf(code, format, args...)}
}

// Error implements error.
func (r *refusedCall) Error() string { return r.status.Err().Error() }

// GRPCStatus returns the status of the call.
func (r *refusedCall) GRPCStatus() *status.Status { return r.status }

// refusedMessage is the same for a message of another protocol than gRPC, whose error has a
// form of its own.
type refusedMessage struct {
	reason string
	error
}

// Unwrap returns the error of the message.
func (r *refusedMessage) Unwrap() error { return r.error }

// RefusedMessage names the reason, one of telemetry's, for which a Stream received no
// request. Without it, a reason follows from the error.
func RefusedMessage(reason string, err error) error { return &refusedMessage{reason, err} }

// refusalOf returns why a message is no request, as telemetry has it; empty where err is no
// fault of its sender.
func (s *callStream) refusalOf(err error) string {
	if r, ok := errors.AsType[*refusedCall](err); ok {
		return r.reason
	}
	if r, ok := errors.AsType[*refusedMessage](err); ok {
		return r.reason
	}
	if s.foreign == nil {
		return ""
	}
	switch status.Code(err) {
	case codes.ResourceExhausted:
		return telemetry.RefusedOversized
	case codes.Unimplemented:
		return telemetry.RefusedDecompression
	}
	if fault, ok := errors.AsType[*summarizer.Error](err); ok && fault.Reason == summarizer.ReasonFieldInvalid {
		return telemetry.RefusedUndecodable
	}
	return ""
}

const loggedMethodBytes = 100 // bytes

// refuseUnknown ends a call of a method that there is not, as gRPC does. The other
// interceptors do not see it: a caller who chooses names must not make series of metrics.
func (h *Handler) refuseUnknown(stream grpc.ServerStream, method string) error {
	var from net.Addr
	if p, ok := peer.FromContext(stream.Context()); ok {
		from = p.Addr
	}
	h.sawUnserved(from, method, false, telemetry.RefusedUnknownMethod)
	service, name, _ := cutLast(strings.TrimPrefix(method, "/"), "/")
	if _, known := h.services[service]; known {
		return status.Errorf(codes.Unimplemented, "unknown method %s for service %s", name, service)
	}
	return status.Errorf(codes.Unimplemented, "unknown service %s", service)
}

// sawUnserved counts a request that reaches no method, and logs it at level debug.
func (h *Handler) sawUnserved(from net.Addr, method string, ours bool, reason string) {
	h.options.Metrics.CallRefused(ours, reason)
	ctx, log := context.Background(), h.options.Logger
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.String("method", method[:min(len(method), loggedMethodBytes)]), slog.String("refused", reason)}
	if from != nil {
		attrs = append(attrs, slog.String("peer", from.String()))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "call", attrs...)
}

// SawUnserved counts a request to a Port that reaches no method, by one of telemetry's
// reasons and whether it asks for the service itself, and logs it at level debug.
func (s *Server) SawUnserved(from net.Addr, method string, ours bool, reason string) {
	s.handler.sawUnserved(from, method, ours, reason)
}

// cutLast cuts s around the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// deny counts a call that is refused for who makes it, and returns the status of the call.
func (h *Handler) deny(ctx context.Context, err error) error {
	h.sawDenial(ctx, err)
	return h.fail(ctx, err)
}

// sawDenial counts a caller who is not let in, and has the audit log keep it: one line a
// second for each reason, which says how many were left out before it.
func (h *Handler) sawDenial(ctx context.Context, err error) {
	reason := denialOf(err)
	if reason == "" {
		return
	}
	h.options.Metrics.Denied(reason)
	if h.options.Audit == nil || !h.denials[reason].Allow() {
		return
	}
	attrs := []any{"reason", reason, "request_id", callOf(ctx).requestID()}
	if method, ok := grpc.Method(ctx); ok {
		attrs = append(attrs, "method", method)
	}
	if p, ok := peer.FromContext(ctx); ok {
		attrs = append(attrs, "peer", p.Addr.String())
	}
	if c := callOf(ctx); c != nil && c.client != nil {
		attrs = append(attrs, "client", c.client.name)
	}
	if unlogged := h.denials[reason].Skipped(); unlogged > 0 {
		attrs = append(attrs, "unlogged", unlogged)
	}
	h.options.Audit.Record(ctx, "denied", attrs...)
}

// newDenials returns a limiter for each reason for which a caller is not let in.
func newDenials() map[string]*telemetry.LogLimiter {
	denials := map[string]*telemetry.LogLimiter{}
	for _, reason := range telemetry.DeniedReasons() {
		denials[reason] = &telemetry.LogLimiter{Every: time.Second}
	}
	return denials
}

// denialOf returns why a caller is not let in; empty where err is another fault.
func denialOf(err error) string {
	if errors.Is(err, errCredentialsExpired) {
		return telemetry.DeniedExpired
	}
	fault, _ := errors.AsType[*summarizer.Error](err)
	for _, known := range tokenFaults {
		if fault == known.fault {
			return known.denied
		}
	}
	switch {
	case fault == nil:
	case fault.Reason == summarizer.ReasonCredentialsMissing:
		return telemetry.DeniedMissing
	case fault.Reason == summarizer.ReasonCredentialsInvalid:
		return telemetry.DeniedInvalid
	case fault.Reason == summarizer.ReasonPermissionDenied:
		return telemetry.DeniedPermission
	}
	return ""
}

// strangerLines lets callers without valid credentials write one line a second for each
// reason, so that they cannot fill a disk. A line says how many were left out before it.
type strangerLines map[summarizer.Reason]*telemetry.LogLimiter

func newStrangerLines() strangerLines {
	lines := strangerLines{}
	for _, reason := range []summarizer.Reason{
		summarizer.ReasonCredentialsMissing, summarizer.ReasonCredentialsInvalid, summarizer.ReasonPermissionDenied, summarizer.ReasonIssuerUnavailable,
	} {
		lines[reason] = &telemetry.LogLimiter{Every: time.Second}
	}
	return lines
}

// of returns the limiter of a reason.
func (l strangerLines) of(reason summarizer.Reason) *telemetry.LogLimiter {
	if limiter := l[reason]; limiter != nil {
		return limiter
	}
	return l[summarizer.ReasonCredentialsInvalid]
}
