package main

import (
	"context"
	"fmt"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/batch"
)

// dial returns a client of the servers at addr. An article, with retries, may take
// as long as timeout.
func dial(addr string, timeout time.Duration) (*client.Client, error) {
	c, err := client.New(addr, client.Options{Plaintext: true, Timeout: timeout})
	if err != nil {
		return nil, fmt.Errorf("--addr %s: %w", addr, err)
	}
	return c, nil
}

// connectTimeout is how long a server may take for its first word.
const connectTimeout = 5 * time.Second

// healthOf asks for the health of a service of the server; "" is the whole server.
func healthOf(ctx context.Context, c *client.Client, service string, timeout time.Duration) (healthpb.HealthCheckResponse_ServingStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return c.Health(ctx, service)
}

// remoteAnalyzer is a server as a batch.Analyzer.
type remoteAnalyzer struct{ client *client.Client }

var _ batch.Analyzer = remoteAnalyzer{}

// AnalyzeArticle implements batch.Analyzer.
func (r remoteAnalyzer) AnalyzeArticle(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	return r.client.AnalyzeArticle(ctx, request)
}
