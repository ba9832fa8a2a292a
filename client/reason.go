package client

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// attemptsKey is the key of the lastFailure of a call in its context.
type attemptsKey struct{}

// lastFailure is the message of the last attempt of a call that no server took.
type lastFailure struct{ message atomic.Pointer[string] }

// watchAttempts returns a context for a call, and what becomes of its attempts.
func watchAttempts(ctx context.Context) (context.Context, *lastFailure) {
	last := new(lastFailure)
	return context.WithValue(ctx, attemptsKey{}, last), last
}

// explain adds to a deadline that has passed why the attempts before failed: a server that
// cannot be reached is tried until then, and gRPC itself says only that time is up.
func (l *lastFailure) explain(err error) error {
	if reason := l.message.Load(); status.Code(err) == codes.DeadlineExceeded && reason != nil {
		return status.Errorf(codes.DeadlineExceeded, "%s; the last attempt failed: %s", status.Convert(err).Message(), *reason)
	}
	return err
}

// withReason explains the errors of unary calls.
func withReason(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	ctx, last := watchAttempts(ctx)
	return last.explain(invoke(ctx, method, request, reply, connection, options...))
}

// attempts notes how each attempt of a call fails.
type attempts struct{}

var _ stats.Handler = attempts{}

// TagRPC implements stats.Handler.
func (attempts) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC implements stats.Handler.
func (attempts) HandleRPC(ctx context.Context, event stats.RPCStats) {
	end, ok := event.(*stats.End)
	last, watched := ctx.Value(attemptsKey{}).(*lastFailure)
	if ok && watched && status.Code(end.Error) == codes.Unavailable {
		message := status.Convert(end.Error).Message()
		last.message.Store(&message)
	}
}

// TagConn implements stats.Handler.
func (attempts) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (attempts) HandleConn(context.Context, stats.ConnStats) {}
