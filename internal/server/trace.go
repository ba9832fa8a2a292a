package server

import (
	"context"

	"google.golang.org/grpc/stats"
)

// knownCalls tells a stats handler, which makes spans, of the calls of known callers to
// methods that there are. A span begins before the interceptors, and a stranger's would
// cost memory, the collector's too, and could join any trace.
type knownCalls struct {
	stats.Handler
	handler *Handler
}

type tracedContextKey struct{}

// TagRPC implements stats.Handler.
func (k knownCalls) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if !k.handler.methods[info.FullMethodName] {
		return ctx
	}
	id := k.handler.whoIs(ctx)
	ctx = context.WithValue(ctx, identityContextKey{}, id)
	if id.err != nil {
		return ctx
	}
	return context.WithValue(k.Handler.TagRPC(ctx, info), tracedContextKey{}, true)
}

// HandleRPC implements stats.Handler.
func (k knownCalls) HandleRPC(ctx context.Context, s stats.RPCStats) {
	if isTraced(ctx) {
		k.Handler.HandleRPC(ctx, s)
	}
}

func isTraced(ctx context.Context) bool {
	traced, _ := ctx.Value(tracedContextKey{}).(bool)
	return traced
}
