package admin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeCache remembers what was purged.
type fakeCache struct {
	stats  CacheStats
	purged []PurgeRequest
	err    error
}

func (c *fakeCache) Stats(context.Context) (CacheStats, error) { return c.stats, c.err }

func (c *fakeCache) Purge(_ context.Context, request PurgeRequest) (int, error) {
	c.purged = append(c.purged, request)
	return 7, c.err
}

const token = "a-token-of-the-test"

// start serves a cache on a free port, with a token.
func start(t *testing.T, cache CacheControl, profiles bool) (s *HTTPServer, addr string) {
	t.Helper()
	s, addr, _ = startWith(t, cache, profiles, token, slog.New(slog.DiscardHandler))
	return s, addr
}

// startWith does so with another token and log, and at a socket as well.
func startWith(t *testing.T, cache CacheControl, profiles bool, token string, log *slog.Logger) (s *HTTPServer, addr, socket string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "one"}, func() float64 { return 1 }))
	s = NewHTTPServer(ServerOptions{Cache: cache, Metrics: registry, Profiles: profiles, Token: token, Logger: log})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket = SocketOf(t.TempDir())
	unix, err := net.Listen("unix", strings.TrimPrefix(socket, UnixScheme))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- s.Serve(listener) }()
	go func() { served <- s.Serve(unix) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		s.Close()
		for range 2 {
			if err := <-served; err != nil {
				t.Error(err)
			}
		}
	})
	return s, listener.Addr().String(), socket
}

// call returns code and body.
func call(t *testing.T, method, url, contentType, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

func TestClientAndServer(t *testing.T) {
	cache := &fakeCache{stats: CacheStats{
		MemoryEntries: 1, MemoryBytes: 2, DiskEntries: 3, DiskBytes: 4, DiskPath: "/cache",
		Oldest: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), SpentTokens: 5, SpentMicroUSD: 6,
	}}
	_, addr := start(t, cache, false)
	client := NewHTTPClient(addr, token)
	defer client.Close()
	stats, err := client.Stats(t.Context())
	if diff := cmp.Diff(cache.stats, stats); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	want := []PurgeRequest{{All: true}, {Articles: []string{strings.Repeat("0a", 32)}}}
	for _, request := range want {
		if n, err := client.Purge(t.Context(), request); n != 7 || err != nil {
			t.Errorf("removed %d, %v", n, err)
		}
	}
	if diff := cmp.Diff(want, cache.purged); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	cache.err = errors.New("the disk is full")
	if _, err := client.Stats(t.Context()); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("stats that fail: %v", err)
	}
	if _, err := client.Purge(t.Context(), PurgeRequest{}); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a purge that fails: %v", err)
	}
}

func TestPurgeRefuses(t *testing.T) {
	cache := &fakeCache{}
	_, addr := start(t, cache, false)
	for name, test := range map[string]struct {
		contentType, body string
		want              int
	}{
		"as web pages send it": {"text/plain", `{"all":true}`, http.StatusUnsupportedMediaType},
		"empty":                {"application/json", ``, http.StatusBadRequest},
		"unknown key":          {"application/json", `{"al":true}`, http.StatusBadRequest},
		"no object":            {"application/json", `[]`, http.StatusBadRequest},
		"too long":             {"application/json", `{"articles":["` + strings.Repeat("0", maxPurgeBytes) + `"]}`, http.StatusBadRequest},
	} {
		if code, _ := call(t, "POST", "http://"+addr+purgePath, test.contentType, test.body); code != test.want {
			t.Errorf("%s: %d, want %d", name, code, test.want)
		}
	}
	if len(cache.purged) > 0 {
		t.Errorf("purged %v", cache.purged)
	}
}

func TestPages(t *testing.T) {
	s, addr := start(t, &fakeCache{}, true)
	get := func(path string, code int, want string) {
		t.Helper()
		if got, body := call(t, "GET", "http://"+addr+path, "", ""); got != code || !strings.Contains(body, want) {
			t.Errorf("%s: %d %q, want %d %q", path, got, body, code, want)
		}
	}
	get("/metrics", http.StatusOK, "one 1")
	get("/healthz", http.StatusOK, "ok")
	get("/readyz", http.StatusOK, "ready")
	get("/debug/pprof/cmdline", http.StatusOK, "")
	s.Drain()
	get("/readyz", http.StatusServiceUnavailable, "draining")
	get("/healthz", http.StatusOK, "ok")

	withoutToken, err := http.Get("http://" + addr + "/debug/pprof/cmdline") //nolint:noctx // it is a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer withoutToken.Body.Close()
	if withoutToken.StatusCode != http.StatusUnauthorized {
		t.Errorf("profiles without a token: %s", withoutToken.Status)
	}

	_, without := start(t, &fakeCache{}, false)
	if code, _ := call(t, "GET", "http://"+without+"/debug/pprof/cmdline", "", ""); code != http.StatusNotFound {
		t.Errorf("profiles that are off: %d", code)
	}
}
