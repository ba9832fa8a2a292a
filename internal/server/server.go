package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // clients may compress
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/stats"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Info is what GetCapabilities says besides the limits.
type Info struct {
	Version       string
	PromptVersion string // empty when no model is configured
	Engines       []*summarizerv1.EngineInfo
	Languages     []*summarizerv1.LanguageSupport
	Grounding     []*summarizerv1.GroundingSupport

	// Limits that lie with the service behind the server. 0 means none.
	MaxParts             int           // in which a model reads an article
	MinModelTime         time.Duration // that has to be left for a call of a model
	ClientTokensPerDay   int64         // of each client
	ClientMicroUSDPerDay int64         // of each client
}

// Options configures a Server and its Handler.
type Options struct {
	MaxReceiveBytes  int           // of a message; 0 means 4 MiB
	MaxBufferedBytes int           // of the requests in memory, received or worked on, all together; 0 means 64 MiB
	MessageTimeout   time.Duration // for a message to arrive once its call, or its item of a stream, has begun; 0 means 20 s
	MaxInFlight      int           // articles worked on at once before OVERLOADED; 0 means 4096
	StreamInFlight   int           // items in flight on one stream; 0 means 16
	DefaultDeadline  time.Duration // shown in GetCapabilities and given to items; 0 means 30 s
	DrainTimeout     time.Duration // 0 means 30 s
	MaxConnectionAge time.Duration // after which a client is asked to reconnect, give or take a tenth; 0 means 30 min
	MaxStreams       int           // calls at once on one connection; 0 means 1000
	KeepaliveTime    time.Duration // silence after which a client is pinged; 0 means 1 min
	KeepaliveTimeout time.Duration // for the answer to a ping; 0 means 20 s
	MinClientPing    time.Duration // a client that pings more often is cut off; 0 means 30 s
	NoReflection     bool

	// Connections are their limits; the server sets Open, Logger and Metrics.
	Connections ConnectionLimits

	// Credentials encrypt connections; nil: plain text.
	Credentials credentials.TransportCredentials

	// Clients says who may call; nil: everybody, as Client.
	Clients *Clients

	Bulk    bool   // unary calls serve a batch: see summarizer.Request.Bulk
	Client  string // whom budgets know the callers as; empty means "anonymous"
	Info    Info
	Logger  *slog.Logger // nil means discard
	Metrics *telemetry.Metrics
	Audit   *telemetry.Audit // is told of callers who are refused; nil: nobody is

	// Registerer takes the metrics of the RPCs; nil: none are kept.
	Registerer prometheus.Registerer

	// StatsHandler is told of every call, for traces; nil: none is.
	StatsHandler stats.Handler
}

// DefaultOptions returns the defaults of Options.
func DefaultOptions() Options { return Options{}.withDefaults() }

func (o Options) withDefaults() Options {
	o.MaxReceiveBytes = cmp.Or(o.MaxReceiveBytes, 4<<20)
	o.MaxBufferedBytes = cmp.Or(o.MaxBufferedBytes, 64<<20)
	o.MessageTimeout = cmp.Or(o.MessageTimeout, 20*time.Second)
	o.MaxInFlight = cmp.Or(o.MaxInFlight, 4096)
	o.StreamInFlight = cmp.Or(o.StreamInFlight, 16)
	o.DefaultDeadline = cmp.Or(o.DefaultDeadline, summarizer.DefaultDeadline)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 30*time.Second)
	o.MaxConnectionAge = cmp.Or(o.MaxConnectionAge, 30*time.Minute)
	o.Connections = o.Connections.withDefaults()
	o.MaxStreams = cmp.Or(o.MaxStreams, 1000)
	o.KeepaliveTime = cmp.Or(o.KeepaliveTime, time.Minute)
	o.KeepaliveTimeout = cmp.Or(o.KeepaliveTimeout, 20*time.Second)
	o.MinClientPing = cmp.Or(o.MinClientPing, 30*time.Second)
	o.Client = cmp.Or(o.Client, "anonymous")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Connections.Open = o.Clients == nil && o.Credentials == nil
	o.Connections.Logger, o.Connections.Metrics = o.Logger, o.Metrics
	return o
}

// Bounds of a connection that nobody needs to set.
const (
	maxHeaderListBytes = 32 << 10
	handshakeTimeout   = 20 * time.Second
	stopGrace          = time.Second // for handlers to return once their calls are cancelled

	// Windows of flow control. Bytes that a stream may send before anybody reads them are in
	// memory, so that it is no more than the protocol demands; a message that is larger
	// widens the window when it is read. Bytes of a connection are counted on arrival,
	// and hold nothing.
	streamWindow     = 64 << 10
	connectionWindow = 1 << 20

	// streamWorkers are goroutines whose stacks have grown already; others are started
	// when these are busy. Idle ones take turns: with more of them, the stack of the next one
	// has left the processor's caches, and the garbage collector shrinks it sooner.
	streamWorkers = 4
)

// Server serves the service, health and reflection over gRPC.
type Server struct {
	handler     *Handler
	grpc        *grpc.Server
	health      *health.Server
	connections *Connections
	stopping    atomic.Bool

	// The methods that ServeStream serves on other ports.
	methods   map[string]method
	intercept grpc.StreamServerInterceptor
	ports     []Port
}

// New returns a server that is not listening yet. It panics when the metrics are
// already registered.
func New(service Backend, options Options) *Server {
	options = options.withDefaults()
	h := NewHandler(service, options)
	h.admission = newAdmission(options.MaxInFlight)
	h.bytes = newByteLimit(options.MaxBufferedBytes)
	if options.StatsHandler != nil {
		h.stats = knownCalls{options.StatsHandler, h}
	}
	intercept := chained(h.interceptors())
	s := &Server{
		handler:     h,
		grpc:        grpc.NewServer(h.serverOptions(intercept)...),
		health:      health.NewServer(),
		connections: NewConnections(options.Connections),
		methods:     map[string]method{},
		intercept:   intercept,
	}
	options.Metrics.WatchLimit("bytes", float64(h.bytes.limit), h.bytes.inUse)
	services := asStreams{s.grpc, s.methods}
	summarizerv1.RegisterSummarizerServiceServer(services, h)
	healthpb.RegisterHealthServer(services, s.health)
	if !options.NoReflection {
		reflection.Register(s.grpc)
	}
	h.methods, h.services = methodsOf(s.grpc.GetServiceInfo(), &summarizerv1.SummarizerService_ServiceDesc, &healthpb.Health_ServiceDesc)
	for name := range h.services {
		s.health.SetServingStatus(name, healthpb.HealthCheckResponse_SERVING)
	}
	return s
}

// methodsOf returns the services of a server by their names, and their methods by their full
// names with whether they have one request and one response, as their description has it:
// the server knows them all as streams.
func methodsOf(served map[string]grpc.ServiceInfo, described ...*grpc.ServiceDesc) (methods, services map[string]bool) {
	methods, services = map[string]bool{}, map[string]bool{}
	for service, info := range served {
		services[service] = true
		for _, method := range info.Methods {
			methods["/"+service+"/"+method.Name] = false
		}
	}
	for _, service := range described {
		for _, method := range service.Methods {
			methods["/"+service.ServiceName+"/"+method.MethodName] = true
		}
	}
	return methods, services
}

// interceptors returns the interceptors of every call, from the outside to the inside.
func (h *Handler) interceptors() []grpc.StreamServerInterceptor {
	chain := []grpc.StreamServerInterceptor{h.begin, h.log}
	if h.options.Registerer != nil {
		metrics := grpcprom.NewServerMetrics(grpcprom.WithServerHandlingTimeHistogram(
			grpcprom.WithHistogramBuckets(telemetry.DurationBuckets)))
		h.options.Registerer.MustRegister(metrics)
		metrics.InitializeMetrics(described{&summarizerv1.SummarizerService_ServiceDesc, &healthpb.Health_ServiceDesc})
		chain = append(chain, measure(metrics))
	}
	return append(chain, h.authorizeCall, h.limit,
		recovery.StreamServerInterceptor(recovery.WithRecoveryHandlerContext(func(ctx context.Context, p any) error {
			return h.fail(ctx, h.recovered(ctx, p))
		})))
}

// serverOptions sets the interceptors and the limits of connections.
func (h *Handler) serverOptions(intercept grpc.StreamServerInterceptor) []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.StreamInterceptor(intercept),
		grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error { return nil }), // begin ends such calls
		grpc.ForceServerCodecV2(codec),
		grpc.StaticStreamWindowSize(streamWindow),
		grpc.StaticConnWindowSize(connectionWindow),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.MaxRecvMsgSize(h.options.MaxReceiveBytes),
		grpc.MaxConcurrentStreams(uint32(h.options.MaxStreams)),
		grpc.MaxHeaderListSize(maxHeaderListBytes),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime:             h.options.MinClientPing,
			PermitWithoutStream: true,
		}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle:     h.options.Connections.Idle,
			MaxConnectionAge:      h.options.MaxConnectionAge,
			MaxConnectionAgeGrace: connectionGrace(h.options.DefaultDeadline),
			Time:                  h.options.KeepaliveTime,
			Timeout:               h.options.KeepaliveTimeout,
		}),
	}
	if h.options.Credentials != nil {
		options = append(options, grpc.Creds(seenHandshakes{h.options.Credentials, h.options.Logger, h.options.Metrics}))
	}
	if h.stats != nil {
		options = append(options, grpc.StatsHandler(h.stats))
	}
	return options
}

// Serve accepts connections until Shutdown, when it returns nil, or a failure.
func (s *Server) Serve(listener net.Listener) error {
	stop := make(chan struct{})
	defer close(stop)
	go s.watch(stop)
	err := s.grpc.Serve(&limitedListener{listener, s.connections, true})
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// watchEvery is how often the messages that arrive and the connections are looked at.
const watchEvery = 100 * time.Millisecond

// watch cuts off what takes too long, until stop is closed.
func (s *Server) watch(stop <-chan struct{}) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.handler.arrivals.look(s.handler.isDraining())
			s.connections.sweep()
		case <-stop:
			return
		}
	}
}

// Listener returns a listener whose connections count as the server's own, and whose
// callers are strangers until a call shows who they are.
func (s *Server) Listener(l net.Listener) net.Listener { return s.connections.Listener(l) }

// Full reports whether callers were turned away in the last seconds, as all connections
// that may be open are at work.
func (s *Server) Full() bool { return s.connections.full() }

// Shutdown answers NOT_SERVING, drains for at most Options.DrainTimeout or until
// ctx ends, then closes everything. Called a second time, it closes everything
// at once.
func (s *Server) Shutdown(ctx context.Context) {
	if s.stopping.Swap(true) {
		s.stop("asked to stop at once, calls are cut off")
		return
	}
	s.health.Shutdown()
	s.handler.drain()
	s.handler.arrivals.look(true)

	ctx, cancel := context.WithTimeout(ctx, s.handler.options.DrainTimeout)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		var ports sync.WaitGroup
		for _, p := range s.ports {
			// It ends early only when the port is closed, which loses nothing more.
			ports.Go(func() { _ = p.Shutdown(context.WithoutCancel(ctx)) })
		}
		s.grpc.GracefulStop()
		ports.Wait()
	}()
	select {
	case <-drained:
		return
	case <-ctx.Done():
		s.stop("the drain took too long, calls are cut off")
	}
	select {
	case <-drained:
	case <-time.After(stopGrace):
	}
}

// stop closes everything, and logs how many calls that ends.
func (s *Server) stop(why string) {
	if calls := s.handler.calls.Load(); calls > 0 {
		s.handler.options.Logger.Warn(why, "calls", calls)
	}
	for _, p := range s.ports {
		_ = p.Close() // what cannot be closed has ended
	}
	s.grpc.Stop()
}
