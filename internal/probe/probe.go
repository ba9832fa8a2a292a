// Package probe asks a server of this machine whether it serves, by the settings that the
// server itself has: where it listens, whether it encrypts, and whom it lets in. It also tells
// a service manager so.
//
// Health is open to everybody and needs no secret, so that the server need not show who it
// is: a certificate is for the names by which callers reach it, not for loopback. A
// server that wants a certificate of each caller is asked at its admin address, unless
// there is one to show.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/seed-59202292/summarizer/client"
	"github.com/seed-59202292/summarizer/internal/admin"
)

// OwnServer is a server of this machine, as its settings have it.
type OwnServer struct {
	Listen           string // host:port or unix:///PATH
	AdminListen      string // host:port; empty: there is none
	TLS              bool
	NeedsCertificate bool // every caller has to show one

	// Dial are certificates to show, and roots or a name to verify the server by; nil for
	// none. Verify verifies it without either, by the roots of the machine.
	Dial   *tls.Config
	Verify bool
	APIKey string // to send; may be empty
}

// Status is the health of a server, as grpc.health.v1 names it.
type Status = healthpb.HealthCheckResponse_ServingStatus

// Check returns the health of a service of the server; "" is all of it, which is what the
// admin address tells in any case.
func (s OwnServer) Check(ctx context.Context, service string, timeout time.Duration) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if s.NeedsCertificate && (s.Dial == nil || len(s.Dial.Certificates) == 0) {
		return s.checkAdmin(ctx)
	}
	address, err := Reachable(s.Listen)
	if err != nil {
		return 0, fmt.Errorf("--listen %s: %w", s.Listen, err)
	}
	options := client.Options{Timeout: timeout, APIKey: s.APIKey, TLS: s.config()}
	options.Plaintext = options.TLS == nil
	c, err := client.New(address, options)
	if err != nil {
		return 0, fmt.Errorf("--listen %s: %w", s.Listen, err)
	}
	defer c.Close()
	return c.Health(ctx, service)
}

// checkAdmin asks the admin address whether the server is ready.
func (s OwnServer) checkAdmin(ctx context.Context) (Status, error) {
	if s.AdminListen == "" {
		return 0, errors.New("the server wants a certificate of each caller: show one with --tls-cert and --tls-key, or turn its admin address on")
	}
	address, err := Reachable(s.AdminListen)
	if err != nil {
		return 0, fmt.Errorf("--admin-listen %s: %w", s.AdminListen, err)
	}
	c := admin.NewHTTPClient(address, "")
	defer c.Close()
	ready, err := c.Ready(ctx)
	if err != nil {
		return 0, err
	}
	if !ready {
		return healthpb.HealthCheckResponse_NOT_SERVING, nil
	}
	return healthpb.HealthCheckResponse_SERVING, nil
}

// config returns nil for plain text.
func (s OwnServer) config() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	switch {
	case s.Dial != nil:
		config = s.Dial.Clone()
	case !s.TLS && !s.Verify:
		return nil
	}
	config.InsecureSkipVerify = !s.Verify && config.RootCAs == nil && config.ServerName == ""
	return config
}

// Reachable returns the address at which this machine reaches a server that listens at
// another: loopback for all addresses of the machine.
func Reachable(listen string) (string, error) {
	if strings.HasPrefix(listen, admin.UnixScheme) {
		return listen, nil
	}
	host, port, err := net.SplitHostPort(listen)
	switch {
	case err != nil:
		return "", errors.New("it is not an address: write host:port or unix:///path")
	case port == "0":
		return "", errors.New("port 0 means any: name the server with --addr")
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.Unmap().IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() && !ip.Is4In6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
