package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/server"
)

// dialFlags say how a server is spoken to.
type dialFlags struct {
	TLS        bool   `name:"tls" help:"Encrypt, and check the server against the authorities of this machine. The other TLS flags turn it on too."`
	TLSCA      string `name:"tls-ca" help:"Check the server against these authorities instead, in PEM." placeholder:"FILE"`
	TLSCert    string `name:"tls-cert" help:"Certificate to show to the server, in PEM." placeholder:"FILE"`
	TLSKey     string `name:"tls-key" help:"Its private key, in PEM." placeholder:"FILE"`
	APIKeyFile string `help:"File that holds the key to send. It is sent with TLS, or to this machine, only." placeholder:"FILE"`
}

// dial returns a client of the servers at addr. An article, with retries, may take
// as long as timeout.
func (f *dialFlags) dial(addr string, timeout time.Duration) (*client.Client, error) {
	options := client.Options{Timeout: timeout}
	var err error
	if options.TLS, err = f.config(); err != nil {
		return nil, err
	}
	options.Plaintext = options.TLS == nil
	if f.APIKeyFile != "" {
		if options.APIKey, err = readKey(f.APIKeyFile); err != nil {
			return nil, fmt.Errorf("--api-key-file %s: %w", f.APIKeyFile, err)
		}
	}
	c, err := client.New(addr, options)
	if err != nil {
		return nil, fmt.Errorf("--addr %s: %w", addr, err)
	}
	return c, nil
}

// config returns nil for plain text.
func (f *dialFlags) config() (*tls.Config, error) {
	if (f.TLSCert == "") != (f.TLSKey == "") {
		return nil, errors.New("--tls-cert and --tls-key go together: set both")
	}
	if !f.TLS && f.TLSCA == "" && f.TLSCert == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if f.TLSCA != "" {
		if config.RootCAs, err = server.ReadRoots(f.TLSCA); err != nil {
			return nil, fmt.Errorf("--tls-ca: %w", err)
		}
	}
	if f.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(f.TLSCert, f.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: %w", f.TLSCert, f.TLSKey, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// connectTimeout is how long a server may take for its first word.
const connectTimeout = 5 * time.Second

// checkHealth asks for the health of a service of the server; "" is the whole server.
func checkHealth(ctx context.Context, c *client.Client, service string, timeout time.Duration) (healthpb.HealthCheckResponse_ServingStatus, error) {
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
