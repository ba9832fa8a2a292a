package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const text = `The ferry to Osmark sails again after a week of repairs.

Its owners replaced both engines and trained a new crew of twelve.`

// service is the real one with the local engine, with a hook before each article.
type service struct {
	*summarizer.Service
	calls  atomic.Int64
	before func(ctx context.Context, call int64) error // nil means nothing
}

func (s *service) Analyze(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
	call := s.calls.Add(1)
	if s.before != nil {
		if err := s.before(ctx, call); err != nil {
			return nil, err
		}
	}
	return s.Service.Analyze(ctx, r)
}

// serve starts a server on a loopback socket and returns how to stop it, which the
// end of the test does in any case.
func serve(t *testing.T, before func(context.Context, int64) error) (address string, s *service, stop func()) {
	t.Helper()
	s = &service{Service: summarizer.New(summarizer.Options{Local: local.New()}), before: before}
	rpc := server.New(s, server.Options{})
	listener := listen(t)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := rpc.Serve(listener); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() {
		rpc.Shutdown(context.Background())
		serving.Wait()
		s.Close()
	})
	t.Cleanup(stop)
	return listener.Addr().String(), s, stop
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func dial(t *testing.T, target string, options client.Options) *client.Client {
	t.Helper()
	c, err := client.New(target, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func analyze() *summarizerv1.AnalyzeArticleRequest {
	return &summarizerv1.AnalyzeArticleRequest{Article: &summarizerv1.Article{Text: text}}
}

func TestCallsGoToEveryServer(t *testing.T) {
	one, first, _ := serve(t, nil)
	two, second, _ := serve(t, nil)
	c := dial(t, one+", "+two, client.Options{Plaintext: true})
	deadline, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for first.calls.Load() == 0 || second.calls.Load() == 0 {
		response, err := c.AnalyzeArticle(deadline, analyze())
		if err != nil {
			t.Fatalf("after %d and %d calls: %v", first.calls.Load(), second.calls.Load(), err)
		}
		if response.Summary.Text == "" {
			t.Fatal("the summary is empty")
		}
	}
}

func TestRetries(t *testing.T) {
	tests := []struct {
		name   string
		reason summarizer.Reason
		code   codes.Code
		calls  int64
	}{
		{"what a server did not take", summarizer.ReasonOverloaded, codes.OK, 2},
		{"nothing else", summarizer.ReasonInternal, codes.Internal, 1},
		{"no fault of the caller", summarizer.ReasonTextEmpty, codes.InvalidArgument, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address, s, _ := serve(t, func(_ context.Context, call int64) error {
				if call == 1 {
					return &summarizer.Error{Reason: tt.reason, Message: "not this time"}
				}
				return nil
			})
			_, err := dial(t, address, client.Options{Plaintext: true}).AnalyzeArticle(t.Context(), analyze())
			if status.Code(err) != tt.code || s.calls.Load() != tt.calls {
				t.Errorf("got %v after %d calls, want %v after %d", err, s.calls.Load(), tt.code, tt.calls)
			}
		})
	}
}

// pushingServer is full, and says by grpc-retry-pushback-ms when to come again.
type pushingServer struct {
	summarizerv1.UnimplementedSummarizerServiceServer
	milliseconds string
	calls        atomic.Int64
}

func (s *pushingServer) ListTopics(ctx context.Context, _ *summarizerv1.ListTopicsRequest) (*summarizerv1.ListTopicsResponse, error) {
	if s.calls.Add(1) == 1 {
		_ = grpc.SetTrailer(ctx, metadata.Pairs("grpc-retry-pushback-ms", s.milliseconds))
		return nil, status.Error(codes.Unavailable, "full")
	}
	return &summarizerv1.ListTopicsResponse{}, nil
}

func TestPushback(t *testing.T) {
	for milliseconds, calls := range map[string]int64{"1": 2, "-1": 1} { // -1 is never
		s := &pushingServer{milliseconds: milliseconds}
		listener := listen(t)
		serveOn(t, listener, s)
		_, err := dial(t, listener.Addr().String(), client.Options{Plaintext: true}).ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{})
		if got := s.calls.Load(); got != calls || (err == nil) != (calls == 2) {
			t.Errorf("a pause of %s ms: %d calls, %v; want %d", milliseconds, got, err, calls)
		}
	}
}

func TestTimeoutOfCallsWithoutDeadline(t *testing.T) {
	deadlines := make(chan time.Duration, 2)
	address, _, _ := serve(t, func(ctx context.Context, _ int64) error {
		deadline, _ := ctx.Deadline()
		deadlines <- time.Until(deadline)
		return nil
	})
	c := dial(t, address, client.Options{Plaintext: true, Timeout: 7 * time.Second})
	if _, err := c.AnalyzeArticle(t.Context(), analyze()); err != nil {
		t.Fatal(err)
	}
	if d := <-deadlines; d <= 0 || d > 7*time.Second {
		t.Errorf("a call without a deadline has %v, want up to 7 s", d)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := c.AnalyzeArticle(ctx, analyze()); err != nil {
		t.Fatal(err)
	}
	if d := <-deadlines; d <= 7*time.Second || d > 20*time.Second {
		t.Errorf("a call with 20 s has %v", d)
	}
}

func TestHealth(t *testing.T) {
	address, _, _ := serve(t, nil)
	c := dial(t, address, client.Options{Plaintext: true})
	for service, want := range map[string]codes.Code{"": codes.OK, "summarizer.v1.SummarizerService": codes.OK, "no.such.Service": codes.NotFound} {
		got, err := c.Health(t.Context(), service)
		if status.Code(err) != want || want == codes.OK && got != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v; want %v", service, got, err, want)
		}
	}
}

func TestInvalidOptions(t *testing.T) {
	tests := []struct {
		target  string
		options client.Options
		want    string
	}{
		{"127.0.0.1:1", client.Options{Plaintext: true, TLS: &tls.Config{MinVersion: tls.VersionTLS13}}, "keep one"},
		{"127.0.0.1:1", client.Options{APIKey: "key\n"}, "line end"},
		{"127.0.0.1:1", client.Options{Timeout: -1}, "timeout"},
		{"127.0.0.1:1,", client.Options{}, "an address is empty"},
		{"127.0.0.1:1,server", client.Options{}, "host:port"},
		{"https://summarizer:50051", client.Options{}, "nothing resolves https: write host:port"},
		{"http://summarizer:50051", client.Options{Plaintext: true}, "nothing resolves http: write host:port"},
		{"grpc://summarizer:50051,one:50051", client.Options{}, "nothing resolves grpc"},
		{":50051", client.Options{}, "has no host"},
		{"dns:///:50051", client.Options{}, "has no host"},
		{"dns:///", client.Options{}, "has no host"},
		{"", client.Options{}, "has no host"},
		{"summarizer", client.Options{Plaintext: true}, "has no port"},
		{"127.0.0.1:1", client.Options{APIKey: "a", APIKeyFunc: func(context.Context) (string, error) { return "", nil }}, "keep one"},
	}
	for _, tt := range tests {
		c, err := client.New(tt.target, tt.options)
		if err == nil {
			_ = c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "key\n") {
			t.Errorf("New(%q) returns %v, want an error with %q", tt.target, err, tt.want)
		}
	}
}

func TestValidTargets(t *testing.T) {
	for _, target := range []string{"summarizer:50051", "[::1]:50051", "dns:///summarizer:50051", "dns://8.8.8.8/summarizer:50051", "unix:///tmp/s", "unix:s", "passthrough:///x", "one:1, two:2"} {
		dial(t, target, client.Options{Plaintext: true})
	}
	dial(t, "summarizer.example.org", client.Options{}) // port 443
}

// A deadline that passes while no server can be reached says why none could.
func TestDeadlineTellsWhyNoServerWasReached(t *testing.T) {
	listener := listen(t)
	_ = listener.Close()
	c := dial(t, listener.Addr().String(), client.Options{Plaintext: true})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := c.AnalyzeArticle(ctx, analyze())
	if status.Code(err) != codes.DeadlineExceeded && status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v, want an error with its reason", err)
	}
}

// A key by function is asked for at each call, and a key that cannot be had fails the call.
func TestKeyThatRotates(t *testing.T) {
	address := serveKeys(t)
	var mu sync.Mutex
	key, fault := "first", error(nil)
	set := func(k string, err error) {
		mu.Lock()
		defer mu.Unlock()
		key, fault = k, err
	}
	c := dial(t, address, client.Options{Plaintext: true, APIKeyFunc: func(context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		return key, fault
	}})
	for _, want := range []string{"first", "second"} {
		set(want, nil)
		response, err := c.ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{})
		if err != nil || response.GetNextPageToken() != "Bearer "+want {
			t.Errorf("%v, got %q, want the key %s", err, response.GetNextPageToken(), want)
		}
	}
	for fault, key := range map[error]string{errors.New("the file is gone"): "", nil: "a\nb"} {
		set(key, fault)
		if _, err := c.ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{}); status.Code(err) != codes.Unauthenticated || strings.Contains(err.Error(), "a\nb") {
			t.Errorf("got %v, want UNAUTHENTICATED", err)
		}
	}
}

// keyServer answers ListTopics with the authorization of the call.
type keyServer struct {
	summarizerv1.UnimplementedSummarizerServiceServer
}

func (keyServer) ListTopics(ctx context.Context, _ *summarizerv1.ListTopicsRequest) (*summarizerv1.ListTopicsResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	return &summarizerv1.ListTopicsResponse{NextPageToken: strings.Join(md.Get("authorization"), ",")}, nil
}

func TestKeyOverTLS(t *testing.T) {
	certificate, roots := selfSigned(t)
	address := serveKeys(t, grpc.Creds(credentials.NewServerTLSFromCert(&certificate)))

	trusting := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	response, err := dial(t, address, client.Options{TLS: trusting, APIKey: "k1.secret"}).ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{})
	if err != nil || response.NextPageToken != "Bearer k1.secret" {
		t.Errorf("the server got %q, %v", response.GetNextPageToken(), err)
	}

	// A list of servers: each has to have a certificate of its own name.
	other := serveKeys(t, grpc.Creds(credentials.NewServerTLSFromCert(&certificate)))
	list := dial(t, address+","+other, client.Options{TLS: trusting})
	if _, err := list.ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{}); err != nil {
		t.Errorf("several servers: %v", err)
	}

	// The zero value trusts the system's roots only, which do not know the server.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = dial(t, address, client.Options{APIKey: "k1.secret"}).Health(ctx, "")
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server of an unknown authority is spoken to: %v", err)
	}
}

func TestKeyInPlainTextStaysOnThisMachine(t *testing.T) {
	address := serveKeys(t)
	response, err := dial(t, address, client.Options{Plaintext: true, APIKey: "k1.secret"}).ListTopics(t.Context(), &summarizerv1.ListTopicsRequest{})
	if err != nil || response.NextPageToken != "Bearer k1.secret" {
		t.Errorf("the server got %q, %v", response.GetNextPageToken(), err)
	}

	elsewhere := address
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && ip.IP.To4() != nil {
			elsewhere = ip.IP.String()
		}
	}
	if elsewhere == address {
		t.Skip("this machine has no other address than that of loopback")
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(elsewhere, "0"))
	if err != nil {
		t.Skipf("cannot listen on %s: %v", elsewhere, err)
	}
	serveOn(t, listener, keyServer{})
	_, err = dial(t, listener.Addr().String(), client.Options{Plaintext: true, APIKey: "k1.secret"}).Health(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "non-local") {
		t.Errorf("a key went out in plain text: %v", err)
	}
}

func serveKeys(t *testing.T, options ...grpc.ServerOption) (address string) {
	t.Helper()
	listener := listen(t)
	serveOn(t, listener, keyServer{}, options...)
	return listener.Addr().String()
}

func serveOn(t *testing.T, listener net.Listener, service summarizerv1.SummarizerServiceServer, options ...grpc.ServerOption) {
	t.Helper()
	s := grpc.NewServer(options...)
	summarizerv1.RegisterSummarizerServiceServer(s, service)
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(listener) })
	t.Cleanup(func() {
		s.Stop()
		serving.Wait()
	})
}

// selfSigned makes a certificate for 127.0.0.1 and the roots that trust it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func ExampleNew() {
	c, err := client.New("localhost:50051", client.Options{Plaintext: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	response, err := c.SummarizeArticle(context.Background(), &summarizerv1.SummarizeArticleRequest{
		Article: &summarizerv1.Article{Text: "The ferry to Osmark sails again. Its owners replaced both engines."},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.GetSummary().GetText())
}
