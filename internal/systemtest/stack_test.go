package systemtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/retry"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// stack is the whole service on a loopback socket, with every real part: gRPC,
// API keys and quotas, the disk cache, the local engine and the real client of a fake model.
type stack struct {
	address  string
	client   summarizerv1.SummarizerServiceClient
	registry *prometheus.Registry
	answers  *cache.Cache
	stop     func()
}

// stackOptions is what tests vary.
type stackOptions struct {
	dir      string       // of the cache
	endpoint llm.Endpoint // without a model, the language model is off
	log      io.Writer    // of lines from debug on; nil means none
	tracer   *telemetry.Tracer
	grace    time.Duration
	deadline time.Duration // the latest of a request; 0 means the default

	// tls are the files of the server's certificate, of which clients trust the
	// authorities in roots; without a certificate, connections are plain.
	tls           server.TLSFiles
	roots         *x509.CertPool
	connectionAge time.Duration // 0 means the default of the server

	// wrap stands between the service and its model; nil means nothing does.
	wrap func(summarizer.Model) summarizer.Model
}

// startStack starts the service over a cache directory. An empty model leaves
// the language model off.
func startStack(tb testing.TB, dir, modelURL, model string) *stack {
	tb.Helper()
	return startStackOf(tb, dir, llm.Endpoint{BaseURL: modelURL, Model: model, APIKey: "none"})
}

// startStackOf starts the service with an endpoint, or with none when it names
// no model.
func startStackOf(tb testing.TB, dir string, endpoint llm.Endpoint) *stack {
	tb.Helper()
	return startStackWith(tb, stackOptions{dir: dir, endpoint: endpoint})
}

func startStackWith(tb testing.TB, o stackOptions) *stack {
	tb.Helper()
	registry := prometheus.NewRegistry()
	metrics := telemetry.New(registry)
	logger := slog.New(slog.NewJSONHandler(io.Discard, nil))
	if o.log != nil {
		logger = slog.New(slog.NewJSONHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	answers, err := cache.Open(cache.Options{Dir: o.dir, Logger: logger, Metrics: metrics})
	if err != nil {
		tb.Fatal(err)
	}
	fallback := local.New()
	fallback.Prepare(taxonomy.Default())
	options := summarizer.Options{
		Local:            fallback,
		Answers:          answers,
		Results:          cache.NewResultStore(0, 0),
		ValidatorVersion: prompt.ValidatorVersion,
		LateAnswerGrace:  o.grace,
		DefaultDeadline:  o.deadline,
		Observer:         metrics,
		Logger:           logger,
	}
	closeModel := func() {}
	if o.endpoint.Model != "" {
		engine, err := llm.New(llm.Options{
			Endpoints: []llm.Endpoint{o.endpoint},
			Logger:    logger,
			Metrics:   metrics,
			Tracer:    o.tracer,
		})
		if err != nil {
			tb.Fatal(err)
		}
		options.Model, options.Verifier, closeModel = engine, engine, engine.Close
		if o.wrap != nil {
			options.Model = o.wrap(engine)
		}
	}
	service := summarizer.New(options)
	key, hash := server.NewKey()
	file := filepath.Join(tb.TempDir(), "clients.yaml")
	if err := writeClients(file, []server.ClientEntry{
		{Name: "tests", Keys: []server.ClientKey{{SHA256: hash.SHA256}}, RequestsPerSecond: 1e6, ArticlesInFlight: 1e6},
	}); err != nil {
		tb.Fatal(err)
	}
	callers, err := server.OpenClients(file, nil, server.Watch{Logger: logger})
	if err != nil {
		tb.Fatal(err)
	}
	serving := server.Options{Logger: logger, Metrics: metrics, Registerer: registry, Clients: callers, MaxConnectionAge: o.connectionAge}
	channel := insecure.NewCredentials()
	closeTLS := func() {}
	if o.tls.Certificate != "" {
		encrypted, err := server.OpenTLS(o.tls, server.Watch{Logger: logger})
		if err != nil {
			tb.Fatal(err)
		}
		serving.Credentials, closeTLS = encrypted.Credentials(), encrypted.Close
		channel = credentials.NewTLS(&tls.Config{RootCAs: o.roots, MinVersion: tls.VersionTLS13})
	}
	s := server.New(service, serving)
	listener := listen(tb)
	var served sync.WaitGroup
	served.Go(func() {
		if err := s.Serve(listener); err != nil {
			tb.Error(err)
		}
	})
	conn := connect(tb, listener.Addr().String(), grpc.WithPerRPCCredentials(bearerKey(key)), grpc.WithTransportCredentials(channel),
		// Calls with retry.WithMax are tried again, others are not.
		grpc.WithChainUnaryInterceptor(retry.UnaryClientInterceptor(
			retry.WithMax(0),
			retry.WithCodes(codes.Unavailable),
			retry.WithBackoff(retry.BackoffExponentialWithJitterBounded(50*time.Millisecond, 0.5, time.Second)),
		)))
	stop := sync.OnceFunc(func() {
		_ = conn.Close()
		s.Shutdown(context.Background())
		served.Wait()
		closeTLS()
		callers.Close()
		service.Close()
		closeModel()
		if err := answers.Close(); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(stop)
	return &stack{
		address:  listener.Addr().String(),
		client:   summarizerv1.NewSummarizerServiceClient(conn),
		registry: registry,
		answers:  answers,
		stop:     stop,
	}
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return listener
}

func connect(tb testing.TB, address string, options ...grpc.DialOption) *grpc.ClientConn {
	tb.Helper()
	plain := grpc.WithTransportCredentials(insecure.NewCredentials()) // unless options say otherwise
	conn, err := grpc.NewClient(address, append([]grpc.DialOption{plain}, options...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

// bearerKey is an API key that goes with every call.
type bearerKey string

func (k bearerKey) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(k)}, nil
}

func (bearerKey) RequireTransportSecurity() bool { return false }

// writeClients makes a file of clients.
func writeClients(path string, entries []server.ClientEntry) error {
	return server.EditClients(path, true, nil, func([]server.ClientEntry) ([]server.ClientEntry, error) { return entries, nil })
}
