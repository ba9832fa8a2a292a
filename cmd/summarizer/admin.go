package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// adminServer serves operators over HTTP: metrics, probes, profiles, the cache.
type adminServer struct {
	http     *http.Server
	cache    *localCache
	draining atomic.Bool
}

func newAdminServer(a *assembly, registry *prometheus.Registry, profiles bool, log *slog.Logger) *adminServer {
	s := &adminServer{cache: &localCache{cache: a.cache, results: a.results}}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /cache/stats", s.stats)
	mux.HandleFunc("POST /cache/purge", s.purge)
	if profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return s
}

// Serve accepts connections until close.
func (s *adminServer) Serve(listener net.Listener) error {
	err := s.http.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// drain makes the server answer that it is not ready.
func (s *adminServer) drain() { s.draining.Store(true) }

// close ends the server; what it answers just now may take a second.
func (s *adminServer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

func (s *adminServer) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

func (s *adminServer) stats(w http.ResponseWriter, r *http.Request) {
	stats, err := s.cache.stats(r.Context())
	answer(w, stats, err)
}

// maxPurgeBytes bounds a purge to some 60,000 articles.
const maxPurgeBytes = 4 << 20

// purge removes answers. It asks for JSON, which no web page can send here
// unasked.
func (s *adminServer) purge(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	var order purgeOrder
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPurgeBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&order); err != nil {
		http.Error(w, `send {"all": true} or {"articles": ["<64 hexadecimal digits>"]}`, http.StatusBadRequest)
		return
	}
	n, err := s.cache.purge(r.Context(), order)
	answer(w, purged{n}, err)
}

func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
