package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/settings"
)

// dialFlags say how a server is spoken to.
type dialFlags struct {
	TLS        bool   `name:"tls" help:"Encrypt, and check the server against the authorities of this machine. The other TLS flags turn it on too."`
	TLSCA      string `name:"tls-ca" help:"Check the server against these authorities instead, in PEM." placeholder:"FILE"`
	TLSCert    string `name:"tls-cert" help:"Certificate to show to the server, in PEM." placeholder:"FILE"`
	TLSKey     string `name:"tls-key" help:"Its private key, in PEM." placeholder:"FILE"`
	ServerName string `name:"tls-server-name" help:"Name that the certificate of the server must have. Default: the host of its address." placeholder:"NAME"`
	APIKeyFile string `help:"File with the API key to send. It is sent only over TLS or to this machine." placeholder:"FILE"`
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
	if options.APIKey, err = settings.ReadSecret("--api-key-file", f.APIKeyFile); err != nil {
		return nil, err
	}
	c, err := client.New(addr, options)
	if err != nil {
		return nil, fmt.Errorf("--addr %s: %w", addr, err)
	}
	return c, nil
}

// config returns nil for plain text.
func (f *dialFlags) config() (*tls.Config, error) {
	config, err := tlsFiles{"--tls", f.TLSCA, f.TLSCert, f.TLSKey}.read()
	if err != nil {
		return nil, err
	}
	if config == nil && f.encrypted() {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config != nil {
		config.ServerName = f.ServerName
	}
	return config, nil
}

// encrypted reports whether config returns more than nil.
func (f *dialFlags) encrypted() bool {
	return f.TLS || f.TLSCA != "" || f.TLSCert != "" || f.ServerName != ""
}

// tlsFiles are what this side of a connection trusts and shows, and the beginning of
// the flags that name it.
type tlsFiles struct{ flags, ca, cert, key string }

// read reads the files; nil where none is named.
func (f tlsFiles) read() (*tls.Config, error) {
	switch {
	case (f.cert == "") != (f.key == ""):
		return nil, fmt.Errorf("%s-cert and %s-key go together: set both", f.flags, f.flags)
	case f.ca == "" && f.cert == "":
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if f.ca != "" {
		if config.RootCAs, err = server.ReadRoots(f.ca); err != nil {
			return nil, fmt.Errorf("%s-ca: %w", f.flags, err)
		}
	}
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return nil, fmt.Errorf("%s-cert %s, %s-key %s: %w", f.flags, f.cert, f.flags, f.key, err)
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
