// Package client calls a summarizer service from Go.
//
// A Client is one connection for the whole program: it is safe for concurrent use,
// resolves its target to all servers behind it and sends each call to the next one
// that serves. Servers that drain or are full answer UNAVAILABLE, and such calls,
// which no server has begun to work on, are repeated: up to four times, after
// pauses from 0.2 s to 3 s or after the one that the server asks for. No other
// code is repeated. AnalyzeStream goes on with another stream where a server ends
// one early.
//
// It costs a connection and a goroutine or two for each server, and opens them with
// the first call.
package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/credentials/local"
	_ "google.golang.org/grpc/health" // so that the balancer watches which servers serve
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// Options says how servers are reached. The zero value speaks TLS with the roots of
// the system and no credentials.
type Options struct {
	// TLS holds roots, client certificates and the name to verify. Nil means the
	// roots of the system and at least TLS 1.3.
	TLS *tls.Config

	// Plaintext turns TLS off, for servers on the same machine or in a network that
	// encrypts by itself. It excludes TLS.
	Plaintext bool

	// APIKey is sent with every call. Empty means none. With Plaintext it goes only
	// to a server on the same machine; calls to any other fail.
	APIKey string

	// APIKeyFunc returns the key for each call, so that a key can be replaced while the
	// program runs: it may read a file, and should cache the key for a while. An error
	// fails the call with UNAUTHENTICATED. It excludes APIKey.
	APIKeyFunc func(ctx context.Context) (string, error)

	// Timeout is the time of a unary call whose context has no deadline, retries
	// included. 0 means 30 s.
	Timeout time.Duration
}

// serviceConfig is the service config: every server in turn that reports itself as
// serving, and the retries of what a server did not take. gRPC waits as long as
// the server's grpc-retry-pushback-ms says, where there is one.
const serviceConfig = `{
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

// Bounds of a connection.
const (
	maxReceiveBytes  = 16 << 20    // a full batch with its evidence
	keepaliveTime    = time.Minute // servers refuse clients that ping more often than every 30 s
	keepaliveTimeout = 20 * time.Second
	connectTimeout   = 20 * time.Second
)

// connectBackoff paces the attempts to reach a server that is not there. A restart takes
// less than a second: with the pauses that gRPC makes by default, a client would
// find the first server again after the second one has gone, and have none.
var connectBackoff = backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second}

// Client calls the service. It has the methods of the contract, one for each RPC,
// and those below.
type Client struct {
	summarizerv1.SummarizerServiceClient

	connection *grpc.ClientConn
}

// New returns a client of the servers at target: host:port, several of them with
// commas between, unix:///path, or a name for a resolver, such as
// dns:///summarizer:50051, which stands for all addresses of that name. Without a port,
// TLS means 443. It does not connect yet; it fails for options and targets that make no
// sense, such as the address of a web page.
func New(target string, options Options) (*Client, error) {
	transport, err := options.transport()
	if err != nil {
		return nil, err
	}
	if err := checkTarget(target, options.Plaintext); err != nil {
		return nil, err
	}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReceiveBytes)),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: connectBackoff, MinConnectTimeout: connectTimeout}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.WithChainUnaryInterceptor(withTimeout(cmp.Or(options.Timeout, 30*time.Second)), withReason),
		grpc.WithStatsHandler(attempts{}),
	}
	if key := options.key(); key != nil {
		dial = append(dial, grpc.WithPerRPCCredentials(apiKey{key, !options.Plaintext}))
	}
	if strings.Contains(target, ",") {
		list, err := listResolver(target)
		if err != nil {
			return nil, err
		}
		target, dial = list.Scheme()+":///", append(dial, grpc.WithResolvers(list))
	}
	connection, err := grpc.NewClient(target, dial...)
	if err != nil {
		return nil, err
	}
	return &Client{summarizerv1.NewSummarizerServiceClient(connection), connection}, nil
}

// Close ends the connections. Calls under way fail.
func (c *Client) Close() error { return c.connection.Close() }

// Health asks a server whether it serves a service of the contract, such as
// "summarizer.v1.SummarizerService"; "" is the whole server.
func (c *Client) Health(ctx context.Context, service string) (healthpb.HealthCheckResponse_ServingStatus, error) {
	response, err := healthpb.NewHealthClient(c.connection).Check(ctx, &healthpb.HealthCheckRequest{Service: service})
	return response.GetStatus(), err
}

func (o *Options) transport() (credentials.TransportCredentials, error) {
	switch {
	case o.Timeout < 0:
		return nil, fmt.Errorf("the timeout is %v: it must be positive, or 0 for the default", o.Timeout)
	case o.APIKey != "" && o.APIKeyFunc != nil:
		return nil, errors.New("both APIKey and APIKeyFunc are set: keep one")
	case checkKey(o.APIKey) != nil:
		return nil, checkKey(o.APIKey)
	case o.Plaintext && o.TLS != nil:
		return nil, errors.New("both TLS and Plaintext are set: keep one")
	case o.Plaintext && o.key() != nil:
		return local.NewCredentials(), nil // refuses other machines
	case o.Plaintext:
		return insecure.NewCredentials(), nil
	case o.TLS != nil:
		return credentials.NewTLS(o.TLS), nil
	}
	return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13}), nil
}

// checkKey reports a key that no header can hold.
func checkKey(key string) error {
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the API key holds blanks or characters that are not ASCII: pass it without the line end of its file")
	}
	return nil
}

// key returns the source of the key; nil for none.
func (o *Options) key() func(context.Context) (string, error) {
	if key := o.APIKey; key != "" {
		return func(context.Context) (string, error) { return key, nil }
	}
	return o.APIKeyFunc
}

// apiKey sends a key with every call.
type apiKey struct {
	key    func(context.Context) (string, error)
	secret bool // only where the transport is encrypted
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (a apiKey) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	key, err := a.key(ctx)
	if err == nil {
		err = checkKey(key)
	}
	if err != nil {
		return nil, status.Errorf(codes.Unauthenticated, "the API key could not be read: %v", err)
	}
	return map[string]string{"authorization": "Bearer " + key}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (a apiKey) RequireTransportSecurity() bool { return a.secret }

// withTimeout gives calls without a deadline one.
func withTimeout(timeout time.Duration) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		if _, ok := ctx.Deadline(); !ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		return invoke(ctx, method, request, reply, connection, options...)
	}
}

// checkTarget reports targets that cannot be resolved, in place of a failure at the first
// call.
func checkTarget(target string, plaintext bool) error {
	for address := range strings.SplitSeq(target, ",") {
		scheme, rest, ok := strings.Cut(strings.TrimSpace(address), "://")
		switch {
		case !ok && strings.HasPrefix(address, "unix:"), address == "" && strings.Contains(target, ","):
			continue // listResolver reports an empty one
		case !ok:
			scheme, rest = "dns", "/"+scheme
		case resolver.Get(scheme) == nil:
			return fmt.Errorf("the target %q: nothing resolves %s: write host:port, or a resolver of gRPC such as dns:///host:port; TLS is set by the options", address, scheme)
		}
		if scheme != "dns" {
			continue
		}
		_, name, _ := strings.Cut(rest, "/")
		host, _, err := net.SplitHostPort(name)
		switch {
		case err == nil && host == "" || name == "":
			return fmt.Errorf("the target %q has no host: write host:port", address)
		case err != nil && plaintext:
			return fmt.Errorf("the target %q has no port: write host:port", address)
		}
	}
	return nil
}

// listResolver resolves to the addresses between the commas of target.
func listResolver(target string) (*manual.Resolver, error) {
	list := manual.NewBuilderWithScheme("list")
	var state resolver.State
	for address := range strings.SplitSeq(target, ",") {
		address = strings.TrimSpace(address)
		if address == "" {
			return nil, errors.New("an address is empty")
		}
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("%q is not an address: write host:port", address)
		}
		// The name is what a certificate has to be for.
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address, ServerName: host}}})
	}
	list.InitialState(state)
	return list, nil
}
