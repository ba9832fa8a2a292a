package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/seed-59202292/summarizer/internal/server/h2test"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// ended returns a channel that is closed when the server has closed the connection of a
// peer, which answers pings until then.
func ended(p *h2test.Peer) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Idle()
	}()
	return done
}

func await(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("it never comes to pass that %s", what)
	}
}

func isOver(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// Strangers who hold all connections give way to a caller with a key.
func TestIdleStrangersGiveWay(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		key, hash := NewKey()
		file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}})
		address := serveAt(t, &fakeService{}, Options{Clients: file.Clients, Connections: ConnectionLimits{Max: 5}})
		for range 5 {
			ended(dialRaw(t, address, nil))
		}
		began := time.Now()
		code, _ := summarize(withKey(t.Context(), key), dialWith(t, address, insecure.NewCredentials()))
		if took := time.Since(began); code != codes.OK || took > 5*time.Second { // half of what strangers have
			t.Errorf("a caller with a key: %v after %v", code, took)
		}
	})
}

// Strangers who connect again as soon as they are closed do not close a caller's connection
// before its call comes.
func TestStrangersWhoComeBackGiveWay(t *testing.T) {
	key, hash := NewKey()
	file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}})
	address := serveAt(t, &fakeService{}, Options{Clients: file.Clients, Connections: ConnectionLimits{Max: 5}})
	ctx, cancel := context.WithCancel(t.Context())
	var strangers sync.WaitGroup
	defer strangers.Wait()
	defer cancel()
	for range 8 {
		strangers.Go(func() {
			for ctx.Err() == nil {
				if c, err := h2test.Connect(address, nil); err == nil {
					stop := context.AfterFunc(ctx, func() { _ = c.Conn.Close() })
					_ = c.Idle()
					stop()
					_ = c.Conn.Close()
				}
			}
		})
	}
	for range 5 {
		conn := dialWith(t, address, insecure.NewCredentials())
		if code, _ := summarize(withKey(t.Context(), key), conn); code != codes.OK {
			t.Errorf("a caller with a key: %v", code)
		}
		_ = conn.Close()
	}
}

// A connection on which nobody becomes known is closed, also within the TLS handshake,
// and also with calls to health under way.
func TestStrangersAreClosed(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		key, hash := NewKey()
		file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}})
		ca := newAuthority(t)
		files, _ := ca.writeServer(t, t.TempDir())
		files.ClientCA = ""
		encrypted, err := OpenTLS(files, Watch{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer encrypted.Close()
		registry := prometheus.NewRegistry()
		address := serveAt(t, &fakeService{}, Options{
			Credentials: credentialsOf(encrypted), Clients: file.Clients, Metrics: telemetry.New(registry),
			Connections: ConnectionLimits{Strangers: 2 * time.Second}, // time for a handshake on a slow machine
		})

		caller := dialTLS(t, address, ca.pool())
		if code, _ := summarize(withKey(t.Context(), key), caller); code != codes.OK {
			t.Fatalf("a caller with a key: %v", code)
		}
		silent, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		config := &tls.Config{ServerName: "127.0.0.1", RootCAs: ca.pool(), NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13}
		idle := ended(dialRaw(t, address, config))
		watcher := dialRaw(t, address, config)
		if err := watcher.Open(1, healthpb.Health_Watch_FullMethodName); err != nil {
			t.Fatal(err)
		}
		if err := watcher.Send(1, nil, true); err != nil {
			t.Fatal(err)
		}
		await(t, "an idle stranger is closed", idle)
		await(t, "a stranger who watches health is closed", ended(watcher))
		if err := silent.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := silent.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("a connection without a TLS handshake: %v", err)
		}
		if code, _ := summarize(withKey(t.Context(), key), caller); code != codes.OK {
			t.Errorf("the caller with a key afterwards: %v", code)
		}
		until(t, "three strangers are counted", func() bool { return counted(t, registry, "summarizer_connections_closed_total", "stranger") == 3 })
		if n := counted(t, registry, "summarizer_connections", "known"); n != 1 {
			t.Errorf("%v known connections", n)
		}
	})
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// counted returns the value of a metric with a label of that value.
func counted(t testing.TB, registry *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.Metric {
			for _, l := range m.Label {
				if l.GetValue() == label {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return 0
}

// At the limit the longest idle connection goes, none that has a call under way, and who
// finds all of them at work is turned away.
func TestConnectionLimit(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
			entered <- struct{}{}
			<-leave
			return sampleResult(r), nil
		}}
		var log logBuffer
		server, first := connect(t, service, Options{Connections: ConnectionLimits{Max: 2}, Logger: log.logger()})
		results := make(chan codes.Code, 3)
		begin := func(conn *grpc.ClientConn) {
			go func() {
				code, _ := summarize(context.Background(), conn)
				results <- code
			}()
			<-entered
		}
		begin(first)
		idle := ended(dialRaw(t, first.Target(), nil))
		second := dialWith(t, first.Target(), insecure.NewCredentials())
		begin(second)
		await(t, "the idle connection is closed", idle)
		if server.Full() {
			t.Error("the server is full though there was an idle connection")
		}
		if third, err := h2test.Connect(first.Target(), nil); err == nil { // else it was turned away before the preface was sent
			await(t, "one more connection is turned away", ended(third))
			_ = third.Conn.Close()
		}
		if !server.Full() {
			t.Error("the server is not full")
		}
		if n := strings.Count(log.String(), "connections are turned away"); n != 1 {
			t.Errorf("the log tells %d times of full connections", n)
		}
		close(leave)
		for range 2 {
			if code := <-results; code != codes.OK {
				t.Errorf("a call at the limit: %v", code)
			}
		}
	})
}

// One address cannot hold all connections.
func TestConnectionsPerAddress(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		key, hash := NewKey()
		file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}})
		address := serveAt(t, &fakeService{}, Options{Clients: file.Clients, Connections: ConnectionLimits{Max: 100, MaxPerAddress: 2}})
		other := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: 10 * time.Second})
		conn, err := other.Dial("tcp", address)
		if err != nil {
			t.Skipf("this machine has no second loopback address: %v", err)
		}
		defer conn.Close()
		elsewhere, err := h2test.Begin(conn)
		if err != nil {
			t.Fatal(err)
		}
		stays := ended(elsewhere)
		first := ended(dialRaw(t, address, nil))
		second := ended(dialRaw(t, address, nil))
		caller := dialWith(t, address, insecure.NewCredentials())
		// It is turned away as long as the others are younger than strangerGrace.
		if code, _ := summarize(withKey(t.Context(), key), caller, grpc.WaitForReady(true)); code != codes.OK {
			t.Fatalf("a caller with a key: %v", code)
		}
		await(t, "the oldest connection of the address is closed", first)
		if isOver(second) || isOver(stays) {
			t.Error("another one is closed too")
		}
	})
}

// What the limit for each address goes by.
func TestAddressOf(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:1":                 "192.0.2.7/32",
		"[::ffff:192.0.2.7]:1":        "192.0.2.7/32",
		"[2001:db8:1:2:3:4:5:6]:1":    "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":            "fe80::/64",
		"/run/summarizer/grpc.socket": "invalid Prefix",
	} {
		if got := addressOf(textAddr(address)); got.String() != want {
			t.Errorf("%s counts as %v, want %s", address, got, want)
		}
	}
	if addressOf(textAddr("@")) != (netip.Prefix{}) {
		t.Error("a Unix socket counts as an address")
	}
}

type textAddr string

func (textAddr) Network() string  { return "test" }
func (a textAddr) String() string { return string(a) }

// A stranger may ask for health, but not have many calls under way.
func TestStrangersAskOneAfterTheOther(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		key, hash := NewKey()
		file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}})
		_, conn := connect(t, &fakeService{}, Options{Clients: file.Clients})
		raw := dialRaw(t, conn.Target(), nil)
		for i := range uint32(strangerCalls + 1) {
			if err := raw.Open(2*i+1, healthpb.Health_Watch_FullMethodName); err != nil {
				t.Fatal(err)
			}
		}
		for ended := false; !ended; {
			frame, err := raw.Read()
			if err != nil {
				t.Fatal(err)
			}
			ended = frame.Header().StreamID != 0 && frame.Header().Flags.Has(http2.FlagDataEndStream) // which is that of headers, too
		}
		health := healthpb.NewHealthClient(conn)
		if _, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("health on another connection: %v", err)
		}
		long := metadata.AppendToOutgoingContext(t.Context(), "x-long", strings.Repeat("x", strangerHeaders))
		if _, err := health.Check(long, &healthpb.HealthCheckRequest{}); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("long headers without a key: %v", err)
		}
		if _, err := health.Check(withKey(long, key), &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("long headers with a key: %v", err)
		}
	})
}

// A client is asked to leave an idle connection, and one that does not heed that is cut
// off.
func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := bufconn.Listen(64 << 10)
		server := New(&fakeService{}, Options{Connections: ConnectionLimits{Idle: 5 * time.Minute}})
		var served sync.WaitGroup
		served.Go(func() {
			if err := server.Serve(listener); err != nil {
				t.Error(err)
			}
		})
		conn, err := listener.Dial()
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		peer, err := h2test.Begin(conn)
		if err != nil {
			t.Fatal(err)
		}
		var asked time.Duration
		for {
			frame, err := peer.Read()
			if err != nil {
				break
			}
			if _, ok := frame.(*http2.GoAwayFrame); ok && asked == 0 {
				asked = time.Since(began)
			}
		}
		took := time.Since(began)
		if asked < 5*time.Minute || asked > 6*time.Minute || took < asked || took > asked+idleGrace+time.Second {
			t.Errorf("the client is asked to leave after %v and cut off after %v", asked, took)
		}
		_ = conn.Close()
		server.Shutdown(context.Background())
		served.Wait()
	})
}

// The requests of one connection may not fill the memory for all.
func TestBytesOfAConnection(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		const limit = 1 << 20
		server, conn := connect(t, &fakeService{}, Options{
			MaxReceiveBytes: limit, MaxBufferedBytes: 4 * limit, Connections: ConnectionLimits{MaxBytes: limit},
		})
		raw := dialRaw(t, conn.Target(), nil)
		for _, stream := range []uint32{1, 3} {
			open(t, raw, stream)
			if err := raw.Promise(stream, limit/4*3); err != nil {
				t.Fatal(err)
			}
			until(t, "the first one counts", func() bool { return usedBytes(server) == limit/4*3 })
		}
		if code, _, err := raw.End(3); err != nil || code != codes.ResourceExhausted {
			t.Errorf("a request beyond the limit of its connection ends with %v, %v", code, err)
		}
		decent(t, conn)
		if n := usedBytes(server); n != limit/4*3 {
			t.Errorf("%d bytes are in use", n)
		}
	})
}
