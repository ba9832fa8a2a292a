package admin

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

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// ServerOptions says what an HTTPServer shows.
type ServerOptions struct {
	Cache    CacheControl
	Metrics  prometheus.Gatherer
	Profiles bool             // serve /debug/pprof
	Token    string           // for what is not for everybody; empty: only a Unix socket will do
	Ready    func() error     // why the service is not ready; nil: it is, until it drains
	Logger   *slog.Logger     // lines of restricted requests, and what goes wrong with connections, at level debug
	Audit    *telemetry.Audit // is told of restricted requests, too; nil: nobody is
}

// HTTPServer serves operators over HTTP: metrics, probes, profiles, the cache.
type HTTPServer struct {
	http     *http.Server
	cache    CacheControl
	isReady  func() error
	draining atomic.Bool
	guard    *guard
	log      *slog.Logger
	auditLog *telemetry.Audit
}

// NewHTTPServer returns a server that has yet to be served.
func NewHTTPServer(options ServerOptions) *HTTPServer {
	s := &HTTPServer{cache: options.Cache, isReady: options.Ready, guard: newGuard(options.Token), log: options.Logger, auditLog: options.Audit}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(options.Metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET "+readyPath, s.ready)
	mux.HandleFunc("GET "+statsPath, s.public(s.stats))
	mux.HandleFunc("POST "+purgePath, s.guarded(s.purge))
	if options.Profiles {
		mux.HandleFunc("GET /debug/pprof/", s.guarded(pprof.Index))
		mux.HandleFunc("GET /debug/pprof/cmdline", s.guarded(pprof.Cmdline))
		mux.HandleFunc("GET /debug/pprof/profile", s.guarded(pprof.Profile))
		mux.HandleFunc("GET /debug/pprof/symbol", s.guarded(pprof.Symbol))
		mux.HandleFunc("GET /debug/pprof/trace", s.guarded(pprof.Trace))
	}
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(options.Logger.Handler(), slog.LevelDebug),
	}
	return s
}

// Serve accepts connections until Close.
func (s *HTTPServer) Serve(listener net.Listener) error {
	err := s.http.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// ServeAll serves each of listeners that is not nil until Close, and logs why it does not
// go on.
func (s *HTTPServer) ServeAll(listeners []net.Listener) {
	for _, listener := range listeners {
		if listener == nil {
			continue
		}
		go func() {
			if err := s.Serve(listener); err != nil {
				s.log.Error("an admin address is no longer served", "address", listener.Addr().String(), "error", err)
			}
		}()
	}
}

// Drain makes the server answer that it is not ready.
func (s *HTTPServer) Drain() { s.draining.Store(true) }

// Close ends the server. An answer under way may take another second.
func (s *HTTPServer) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

func (s *HTTPServer) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	if s.isReady != nil {
		if err := s.isReady(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	_, _ = w.Write([]byte("ready\n"))
}

func (s *HTTPServer) stats(w http.ResponseWriter, r *http.Request) {
	stats, err := s.cache.Stats(r.Context())
	writeJSON(w, stats, err)
}

// maxPurgeBytes bounds a purge to some 60,000 articles.
const maxPurgeBytes = 4 << 20

// purge removes answers. It asks for JSON, which no web page can send here
// unasked.
func (s *HTTPServer) purge(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	var request PurgeRequest
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPurgeBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		http.Error(w, `send {"all": true} or {"articles": ["<64 hexadecimal digits>"]}`, http.StatusBadRequest)
		return
	}
	n, err := s.cache.Purge(r.Context(), request)
	s.audit(r, "done", "all", request.All, "articles", len(request.Articles), "removed", n, "failed", err != nil)
	writeJSON(w, purgeResponse{n}, err)
}

func writeJSON(w http.ResponseWriter, value any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
