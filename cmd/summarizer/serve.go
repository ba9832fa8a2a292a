package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/httpapi"
	"github.com/seed-59202292/summarizer/internal/oidc"
	"github.com/seed-59202292/summarizer/internal/probe"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// listenFlags say where a server listens.
type listenFlags struct {
	Listen      string `help:"Address for gRPC, or unix:///PATH. Port 0 means any." std:"listen"`
	AdminListen string `help:"Address for /metrics, /healthz, /readyz and the cache commands; \"\" turns it off." std:"admin_listen" empty:"value"`
}

type serveCmd struct {
	listenFlags
	httpapi.Flags
	Check        bool `help:"Read all settings and the files that they name, report faults, and exit." config:"-"`
	Insecure     bool `help:"Allow addresses that other machines reach without both encryption and authentication."`
	NoReflection bool `help:"Turn off gRPC reflection, which tools such as grpcurl need."`
	Pprof        bool `help:"Serve /debug/pprof on the admin address."`

	MaxReceiveBytes  int           `group:"limits" help:"Maximum size of a received message." std:"max_receive_bytes" min:"1024"`
	MaxBufferedBytes int           `group:"limits" help:"Maximum bytes of all requests in memory." std:"max_buffered_bytes"`
	MessageTimeout   time.Duration `group:"limits" help:"Maximum time for a message to arrive after its call, or its item of a stream, has begun." std:"message_timeout" min:"100ms"`
	StreamInFlight   int           `group:"limits" help:"Maximum concurrent articles on one stream." std:"stream_in_flight" min:"1"`
	DrainTimeout     time.Duration `group:"limits" help:"Maximum time to finish running calls after SIGTERM." std:"drain_timeout" min:"1ms"`

	connectionFlags  `group:"limits"`
	accessFlags      `group:"access"`
	oidc.IssuerFlags `group:"access"`
	adminFlags       `group:"access"`
	serviceFlags     `group:"service"`
}

// Help implements kong.HelpProvider.
func (*serveCmd) Help() string {
	return `Examples:

    summarizer serve
    OPENAI_API_KEY=… summarizer serve --llm-model gpt-5-mini
    summarizer serve --llm-model llama3.1 --llm-base-url http://localhost:11434/v1

Starts fully, or ends with one line and exit code 1. SIGTERM or SIGINT drains; a second one stops at once. SIGHUP reads clients, certificates, model keys, taxonomy and the level of the log again.`
}

// Validate implements kong.Validatable.
func (c *serveCmd) Validate() error {
	switch {
	case c.Listen == c.AdminListen && !strings.HasSuffix(c.Listen, ":0"):
		return fmt.Errorf("--listen and --admin-listen are one address, %s: name two", c.Listen)
	case c.HTTPListen != "" && !strings.HasSuffix(c.HTTPListen, ":0") && (c.HTTPListen == c.Listen || c.HTTPListen == c.AdminListen):
		return fmt.Errorf("--http-listen is the address of --listen or --admin-listen, %s: name another", c.HTTPListen)
	case c.MaxConnectionBytes < c.MaxReceiveBytes:
		return fmt.Errorf("--max-connection-bytes is %d: it must be at least %d, the bytes of one message", c.MaxConnectionBytes, c.MaxReceiveBytes)
	case c.MaxBufferedBytes < c.MaxConnectionBytes:
		return fmt.Errorf("--max-buffered-bytes is %d: it must be at least %d, the bytes of one connection", c.MaxBufferedBytes, c.MaxConnectionBytes)
	}
	return c.validate()
}

// Run serves until the process is asked to end.
func (c *serveCmd) Run(env *environment, config *config, invoked *invocation) error {
	if c.Check {
		return c.check(env)
	}
	lines := telemetry.NewLineBuffer(env.stderr)
	defer lines.Flush()
	log := config.loggerTo(lines, env, slog.LevelInfo)
	at, err := c.listen(server.Listen)
	defer closeAll(at.grpc, at.http, at.admin)
	if err != nil {
		return err
	}
	monitor, err := telemetry.OpenMonitor(env.ctx, env.environ.Get, versionOf(), c.AuditLog, log)
	if err != nil {
		return err
	}
	defer monitor.Close()
	access, err := c.openAccess(c.IssuerFlags, server.Watch{Logger: log, Metrics: monitor.Metrics, Audit: monitor.Audit})
	if err != nil {
		return err
	}
	defer access.close()
	access.issuer.Start()
	if access.exposesKeys(c.Listen, c.HTTPListen) {
		log.Warn("API keys cross the network in plain text: set --listen-tls-cert and --listen-tls-key, or end TLS at a proxy")
	}
	w, err := wire(env, &c.serviceFlags, true, monitor, log)
	if err != nil {
		return err
	}
	defer w.Close()
	rpc := server.New(w.service, server.Options{
		MaxReceiveBytes:  c.MaxReceiveBytes,
		MaxBufferedBytes: c.MaxBufferedBytes,
		MessageTimeout:   c.MessageTimeout,
		StreamInFlight:   c.StreamInFlight,
		DefaultDeadline:  c.DefaultDeadline,
		DrainTimeout:     c.DrainTimeout,
		NoReflection:     c.NoReflection,
		Connections:      c.limits(),
		MaxStreams:       c.MaxStreams,
		MaxConnectionAge: c.MaxConnectionAge,
		KeepaliveTime:    c.KeepaliveTime,
		KeepaliveTimeout: c.KeepaliveTimeout,
		MinClientPing:    c.MinClientPing,
		Credentials:      access.credentials(),
		Clients:          access.clients,
		Info:             w.info,
		Logger:           log,
		Metrics:          w.metrics,
		Audit:            monitor.Audit,
		Registerer:       monitor.Registry,
		StatsHandler:     monitor.Export.ServerHandler(),
	})

	admin, err := w.serveAdmin(c.adminFlags, monitor, c.Pprof, func() error {
		if rpc.Full() {
			return errors.New("full: all connections that may be open are at work")
		}
		return nil
	}, at.admin)
	if err != nil {
		return err
	}
	if env.environ.Get("GOGC") == "" {
		defer server.KeepHeapGoal(server.HeapGoal)()
	}
	failed := make(chan error, 2)
	ready := at.serve(rpc, access.tls, failed)
	if w.nats != nil {
		ready = append(ready, "nats", w.nats.Address())
	}
	defer (&reloader{env, invoked, (*invocation).serveFlags, w, access, monitor.Audit, log}).start()()
	env.notify(log, probe.Ready)
	log.Info("ready", append(ready, "model", c.modelNames(), "version", w.info.Version)...)

	select {
	case err = <-failed:
	case <-env.ctx.Done():
		env.notify(log, probe.Stopping)
		log.Info("draining", "timeout", c.DrainTimeout)
	}
	admin.Drain()
	rpc.Shutdown(context.WithoutCancel(env.ctx))
	admin.Close()
	if err != nil {
		return fmt.Errorf("the server failed: %w", err)
	}
	log.Info("stopped")
	return nil
}

// listener opens an address, which with localOnly only this machine may reach.
type listener func(address string, localOnly bool) (net.Listener, error)

// addresses are where a server listens; nil where it does not.
type addresses struct {
	grpc, http, admin net.Listener
	httpOptions       httpapi.Options
}

// serve serves gRPC and HTTP until rpc is shut down; failed has room for the error of each.
// It returns the addresses for the log.
func (at addresses) serve(rpc *server.Server, tls *server.TLS, failed chan<- error) (shown []any) {
	shown = []any{"grpc", at.grpc.Addr().String()}
	if at.http != nil {
		at.httpOptions.TLS, at.httpOptions.GRPCAddress = tls.HTTPConfig(), at.grpc.Addr().String()
		front := httpapi.New(rpc, at.httpOptions)
		go func() { failed <- front.Serve(at.http) }()
		shown = append(shown, "http", at.http.Addr().String())
	}
	go func() { failed <- rpc.Serve(at.grpc) }()
	if at.admin != nil {
		shown = append(shown, "admin", at.admin.Addr().String())
	}
	return shown
}

// listen opens the addresses. With an error, it returns the open ones.
func (c *serveCmd) listen(open listener) (at addresses, err error) {
	const secure = "set up both, see --listen-tls-cert and --clients, use a loopback address such as 127.0.0.1, or allow it with --insecure"
	if at.httpOptions, err = c.Flags.Options(); err == nil {
		at.grpc, err = listenAt(open, "listen", c.Listen, c.Insecure || !c.isOpen(), secure)
	}
	if err == nil && c.HTTPListen != "" {
		at.http, err = listenAt(open, "http-listen", c.HTTPListen, c.Insecure || !c.isOpen(), secure)
	}
	if err == nil && c.AdminListen != "" {
		at.admin, err = listenAdmin(open, c.AdminListen, c.Insecure || c.AdminInsecure)
	}
	return at, err
}

func closeAll(listeners ...net.Listener) {
	for _, l := range listeners {
		if l != nil {
			_ = l.Close()
		}
	}
}

// listenAt opens an address. One that other machines reach has to be allowed; way says
// what can be done where it is not.
func listenAt(open listener, flag, address string, allowed bool, way string) (net.Listener, error) {
	listener, err := open(address, !allowed)
	if errors.Is(err, server.ErrNotLocal) {
		return nil, fmt.Errorf("--%s %s can be reached from other machines without encryption and authentication: %s", flag, address, way)
	}
	if err != nil {
		return nil, fmt.Errorf("--%s %s: %w", flag, address, err)
	}
	return listener, nil
}

// listenAdmin opens the address for operators, which never has TLS.
func listenAdmin(open listener, address string, allowed bool) (net.Listener, error) {
	return listenAt(open, "admin-listen", address, allowed, "use a loopback address such as 127.0.0.1, or allow it with --admin-insecure")
}
