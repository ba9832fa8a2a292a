package server

import (
	"context"
	"log/slog"
	"net"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Service is what the handler needs of the domain.
type Service interface {
	Analyze(ctx context.Context, request *summarizer.Request) (*summarizer.Result, error)
	Topics() (topics []summarizer.Topic, version string)
}

// Info is what GetCapabilities says besides the limits.
type Info struct {
	Version       string
	PromptVersion string // empty when no model is configured
	Engines       []*summarizerv1.EngineInfo
	Languages     []*summarizerv1.LanguageSupport
}

// Handler implements the RPCs. It serves gRPC and, called directly, batches in
// the same process.
type Handler struct {
	summarizerv1.UnsafeSummarizerServiceServer
}

// Options configures a Server and its Handler.
type Options struct {
	MaxReceiveBytes  int           // 0 means 4 MiB
	MaxInFlight      int           // articles worked on at once before OVERLOADED; 0 means 4096
	StreamInFlight   int           // items in flight on one stream; 0 means 16
	BatchConcurrency int           // items of one batch worked on at once; 0 means 16
	DefaultDeadline  time.Duration // shown in GetCapabilities and given to items; 0 means 30 s
	DrainTimeout     time.Duration // 0 means 30 s
	NoReflection     bool
	Info             Info
	Logger           *slog.Logger
	Metrics          *telemetry.Metrics
	// Registerer takes the metrics of the RPCs; nil: none are kept.
}

// Server serves the service, health and reflection over gRPC.
type Server struct{}

// New returns a server that is not listening yet.
func New(service Service, options Options) *Server { return &Server{} }

// Serve accepts connections until Shutdown or a failure.
func (s *Server) Serve(listener net.Listener) error { return nil }

// Shutdown answers NOT_SERVING, drains for at most Options.DrainTimeout or until
// ctx ends, then closes everything.
func (s *Server) Shutdown(ctx context.Context) {}
