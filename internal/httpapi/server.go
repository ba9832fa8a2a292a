package httpapi

import (
	"bytes"
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/seed-59202292/summarizer/internal/playground"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Options configures a Front.
type Options struct {
	TLS     *tls.Config // nil: plain text
	Origins []string    // pages that may call, such as "https://desk.example"; "*" is all

	Playground  bool   // whether there is a page at /
	GRPCAddress string // that the page names
}

// Flags are the flags of the command line that say where and to whom HTTP is spoken.
type Flags struct {
	HTTPListen  string `name:"http-listen" help:"Address for JSON over HTTP, Connect and gRPC-Web, or unix:///PATH; \"\" turns it off." std:"http_listen" empty:"value"`
	Playground  string `help:"Serve a page to try the service at /: on, off, or auto, which is on where only this machine reaches the address." enum:"auto,on,off" default:"auto"`
	HTTPOrigins string `name:"http-origins" help:"Origins of web pages that may call, such as https://desk.example, with commas between; * is all." placeholder:"ORIGINS"`
}

// DefaultListen is the default address.
const DefaultListen = "127.0.0.1:8080"

// Options returns what the flags say besides the address.
func (f *Flags) Options() (o Options, err error) {
	if o.Origins, err = ParseOrigins(f.HTTPOrigins); err != nil {
		return o, fmt.Errorf("--http-origins: %w", err)
	}
	o.Playground = f.Playground == "on" || f.Playground == "auto" && server.IsLocal(f.HTTPListen)
	return o, nil
}

// Front serves the RPCs of a gRPC server over HTTP.
type Front struct {
	rpc     *server.Server
	limits  server.Options
	table   *table
	origins origins
	page    http.Handler // nil: there is none
	http    *http.Server
	tls     *tls.Config
}

// Bounds of a connection, as gRPC's port has them.
const (
	maxHeaderBytes   = 64 << 10
	handshakeTimeout = 20 * time.Second

	// streamWriteTimeout is how long a client may leave a result of a stream untaken.
	streamWriteTimeout = 5 * time.Minute
)

// New returns a server that is not listening yet, and that ends with rpc.
func New(rpc *server.Server, options Options) *Front {
	limits := rpc.Options()
	s := &Front{
		rpc: rpc, limits: limits, table: newTable(),
		origins: newOrigins(options.Origins), tls: options.TLS,
	}
	if options.Playground {
		s.page = playground.Handler(options.GRPCAddress)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(options.TLS == nil)
	s.http = &http.Server{
		Handler:                      s,
		Protocols:                    protocols,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            handshakeTimeout,
		IdleTimeout:                  limits.Connections.Idle,
		MaxHeaderBytes:               maxHeaderBytes,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: limits.MaxStreams,
			SendPingTimeout:      limits.KeepaliveTime,
			PingTimeout:          limits.KeepaliveTimeout,
		},
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, peerConnKey{}, &peerConn{conn.RemoteAddr(), s.leaveAt()})
		},
		ConnState: s.sawState,
		ErrorLog:  log.New(connectionFaults{limits.Logger}, "", 0),
	}
	rpc.Attach(s.http)
	return s
}

// peerConn describes the connection of a call.
type peerConn struct {
	address net.Addr
	leaveAt time.Time // from then on the client is asked to connect anew
}

type peerConnKey struct{}

// leaveAt is the age at which a client is asked to leave, give or take a tenth, as those
// that came together should not come back together.
func (s *Front) leaveAt() time.Time {
	age := s.limits.MaxConnectionAge
	return time.Now().Add(age - age/10 + time.Duration(rand.Int64N(int64(age/5)+1))) //nolint:gosec // it spreads load, and is no secret
}

// Serve accepts connections until the gRPC server is shut down, when it returns nil, or a
// failure.
func (s *Front) Serve(listener net.Listener) error {
	listener = s.rpc.Listener(listener)
	if s.tls != nil {
		listener = tls.NewListener(listener, s.tls)
	}
	if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// sawState counts failed TLS handshakes, which net/http shows by nothing but a line. The
// connection keeps their error.
func (s *Front) sawState(conn net.Conn, state http.ConnState) {
	secured, ok := conn.(*tls.Conn)
	if !ok || state != http.StateClosed {
		return
	}
	if err := secured.Handshake(); err != nil {
		server.SawHandshakeFail(s.limits.Logger, s.limits.Metrics, conn.RemoteAddr(), err)
	}
}

// connectionFaults is the log of net/http: a fault of a connection is its client's affair.
// Failed handshakes have their line already.
type connectionFaults struct{ log *slog.Logger }

// Write implements io.Writer. It takes a line.
func (c connectionFaults) Write(line []byte) (int, error) {
	if !bytes.HasPrefix(line, []byte("http: TLS handshake error")) {
		c.log.Debug(string(bytes.TrimSpace(line)))
	}
	return len(line), nil
}

// ServeHTTP implements http.Handler.
func (s *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, _ := r.Context().Value(peerConnKey{}).(*peerConn)
	if conn != nil && time.Now().After(conn.leaveAt) {
		w.Header().Set("Connection", "close") // HTTP/2 sends GOAWAY for it
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	refused := s.refuses(w, r)
	m, p, noCall := s.table.find(r)
	if refused == nil && noCall == nil && !isGRPC(r) {
		s.serveCall(w, r, conn, m, p)
		return
	}
	s.boundAnswer(w, r)
	switch {
	case refused != nil:
		s.refuse(w, r, conn, refused)
	case r.URL.Path == "/openapi.yaml" && isGet(r):
		w.Header().Set("Content-Type", "application/yaml")
		writePacked(w, r, openAPI)
	case isGRPC(r):
		s.sawUnserved(r, conn, telemetry.RefusedUnknownMethod)
		answerGRPC(w)
	case r.Method == http.MethodOptions:
		answerPreflight(w)
	case r.URL.Path == "/" && s.page != nil && isGet(r):
		s.page.ServeHTTP(w, r)
	default:
		s.refuse(w, r, conn, noCall)
	}
}

// refuse answers a request that is no call, and records it like a refused one of gRPC.
func (s *Front) refuse(w http.ResponseWriter, r *http.Request, conn *peerConn, f *rejection) {
	s.sawUnserved(r, conn, rejections[f.status].kind)
	f.write(w)
}

func (s *Front) sawUnserved(r *http.Request, conn *peerConn, reason string) {
	var from net.Addr
	if conn != nil {
		from = conn.address
	}
	s.rpc.SawUnserved(from, r.URL.Path, s.table.isOurs(r.URL.Path), reason)
}

// boundAnswer gives the client of a request that is no call time to take the answer, and
// net/http time to read on in a body that nobody wants.
func (s *Front) boundAnswer(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(s.limits.MessageTimeout)) // fails when the connection is gone
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(time.Now().Add(drainFor))
	}
}

// isGRPC reports whether a request is one of gRPC itself.
func isGRPC(r *http.Request) bool {
	media := r.Header.Get("Content-Type")
	return media == "application/grpc" || strings.HasPrefix(media, "application/grpc+")
}

// answerGRPC tells a client of gRPC, in its own words, that it has the wrong port.
func answerGRPC(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", strconv.Itoa(int(codes.Unimplemented)))
	h.Set("Grpc-Message", "this is the port for HTTP: gRPC is at the address of --listen, 50051 by default")
}

func isGet(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// openAPI describes the JSON API.
//
//go:embed openapi.yaml
var openAPI []byte

// refuses returns why a request may not come in, whatever it asks for.
func (s *Front) refuses(w http.ResponseWriter, r *http.Request) *rejection {
	if s.limits.Clients == nil && isLoopback(r) && !s.origins.isOurs(r) {
		return &rejection{http.StatusMisdirectedRequest, "", "the name in the URL is not this machine's: use localhost or 127.0.0.1, or have the operator list it with --http-origins"}
	}
	return s.origins.check(w, r)
}

// isLoopback reports whether a request came in at an address that only this machine reaches.
func isLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && server.IsLocal(local.String())
}

func (s *Front) serveCall(w http.ResponseWriter, r *http.Request, conn *peerConn, m rpc, p protocol) {
	ctx, cancel, fault := withDeadline(context.WithoutCancel(r.Context()), r.Header)
	defer cancel()
	ctx = metadata.NewIncomingContext(ctx, headersOf(r))
	if conn != nil {
		from := &peer.Peer{Addr: conn.address}
		if r.TLS != nil {
			from.AuthInfo = credentials.TLSInfo{State: *r.TLS, CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}}
		}
		ctx = peer.NewContext(ctx, from)
	}
	c := &webCall{
		rpc: m, protocol: p, ctx: ctx, w: w, r: r, control: http.NewResponseController(w),
		body: newBody(r, p.encoding(r.Header)), fault: fault, writeFor: s.limits.MessageTimeout,
	}
	if m.streaming {
		c.writeFor = streamWriteTimeout
		_ = c.control.EnableFullDuplex() // which HTTP/2 always is
	}
	leave := context.AfterFunc(r.Context(), func() {
		if !c.isInterrupted() {
			cancel()
		}
	})
	defer leave()
	stop := context.AfterFunc(ctx, c.Interrupt)
	err := s.rpc.ServeStream(m.name, c)
	stop()
	c.close()
	p.finish(c, status.Convert(err))
}
