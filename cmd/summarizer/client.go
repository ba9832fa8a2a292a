package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // clients watch whether servers serve
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
)

// retries asks again, with growing pauses, what a server that is full, drains or
// restarts did not take.
const retries = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"healthCheckConfig": {"serviceName": ""},
	"methodConfig": [{
		"name": [{"service": "summarizer.v1.SummarizerService"}],
		"retryPolicy": {
			"maxAttempts": 5,
			"initialBackoff": "0.2s",
			"maxBackoff": "3s",
			"backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE"]
		}
	}]
}`

// dial returns a connection to addr: an address, several with commas between, or
// a name for a resolver such as dns:///. Calls go in turn to the servers that
// serve. It connects with the first call.
func dial(addr string) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(retries),
	}
	target := addr
	if addresses := strings.Split(addr, ","); len(addresses) > 1 {
		list := manual.NewBuilderWithScheme("list")
		var state resolver.State
		for _, a := range addresses {
			if strings.TrimSpace(a) == "" {
				return nil, fmt.Errorf("--addr %s: an address is empty", addr)
			}
			state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: strings.TrimSpace(a)}}})
		}
		list.InitialState(state)
		target, options = "list:///", append(options, grpc.WithResolvers(list))
	}
	connection, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, fmt.Errorf("--addr %s: %w", addr, err)
	}
	return connection, nil
}

// connectTimeout is how long a server may take for its first word.
const connectTimeout = 5 * time.Second

// serving returns the health of a service of the server; "" is the whole server.
func serving(ctx context.Context, connection *grpc.ClientConn, service string, timeout time.Duration) (healthpb.HealthCheckResponse_ServingStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	response, err := healthpb.NewHealthClient(connection).Check(ctx, &healthpb.HealthCheckRequest{Service: service})
	return response.GetStatus(), err
}

// remote is a server as a batch.Analyzer.
type remote struct {
	client  summarizerv1.SummarizerServiceClient
	timeout time.Duration // of one article, retries included
}

var _ batch.Analyzer = (*remote)(nil)

// AnalyzeArticle implements batch.Analyzer.
func (r *remote) AnalyzeArticle(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return r.client.AnalyzeArticle(ctx, request)
}
