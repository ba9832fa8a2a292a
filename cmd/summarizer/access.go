package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/seed-59202292/summarizer/internal/oidc"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/settings"
)

// accessFlags say how connections to a server are encrypted, and who may call.
type accessFlags struct {
	TLSCert       string `name:"listen-tls-cert" help:"Certificate of the server, with its chain, in PEM. Read again when it changes." placeholder:"FILE"`
	TLSKey        string `name:"listen-tls-key" help:"Its private key, in PEM." placeholder:"FILE"`
	TLSClientCA   string `name:"listen-tls-client-ca" help:"Authorities of client certificates, in PEM. Without --clients every caller needs such a certificate." placeholder:"FILE"`
	TLSMinVersion string `name:"listen-tls-min-version" help:"Minimum version of TLS: 1.3 or 1.2." enum:"1.3,1.2" default:"1.3"`
	Clients       string `help:"File of the clients that may call, written by \"summarizer keys\". Read again when it changes." placeholder:"FILE" empty:"error"`
}

// check reports flags that do not go together.
func (f *accessFlags) check() error {
	switch {
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return errors.New("--listen-tls-cert and --listen-tls-key go together: set both")
	case f.TLSClientCA != "" && f.TLSCert == "":
		return errors.New("--listen-tls-client-ca needs TLS: set --listen-tls-cert and --listen-tls-key")
	}
	return nil
}

// isOpen reports whether strangers may call, or read what others send.
func (f *accessFlags) isOpen() bool {
	return f.TLSCert == "" || f.Clients == "" && f.TLSClientCA == ""
}

// access is what accessFlags name. The zero value is plain text for everybody.
type access struct {
	tls     *server.TLS
	clients *server.Clients
	issuer  *oidc.Issuer
}

// credentials are what server.Options takes.
func (a *access) credentials() credentials.TransportCredentials {
	if a.tls == nil {
		return nil
	}
	return a.tls.Credentials()
}

// exposesKeys reports whether API keys and tokens cross a network in plain text to a server.
func (a *access) exposesKeys(addresses ...string) bool {
	return a.clients != nil && a.tls == nil && slices.ContainsFunc(addresses, func(address string) bool { return address != "" && !server.IsLocal(address) })
}

// reload reads the files, and has the keys of the issuer fetched, which report by themselves.
func (a *access) reload() {
	if a.clients != nil {
		_ = a.clients.Reload()
	}
	if a.tls != nil {
		_ = a.tls.Reload()
	}
	a.issuer.Reload()
}

// close stops watching the files.
func (a *access) close() {
	a.issuer.Close()
	if a.tls != nil {
		a.tls.Close()
	}
	if a.clients != nil {
		a.clients.Close()
	}
}

// openAccess reads the files. The caller starts the issuer and closes the access.
func (f *accessFlags) openAccess(issuer oidc.IssuerFlags, tell server.Watch) (a access, err error) {
	if err := f.check(); err != nil {
		return a, err
	}
	if issuer.Enabled() && f.Clients == "" {
		return a, errors.New("--oidc-issuer needs --clients: its subjects say which client a token is of")
	}
	if a.issuer, err = oidc.NewIssuer(issuer, oidc.Options{ReadRoots: server.ReadRoots, ReadSecret: settings.ReadSecret}, tell.Logger, tell.Metrics); err != nil {
		return a, err
	}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if f.TLSCert != "" {
		files := server.TLSFiles{
			Certificate: f.TLSCert, Key: f.TLSKey, ClientCA: f.TLSClientCA,
			MinVersion: tls.VersionTLS13, ClientOptional: f.Clients != "",
		}
		if f.TLSMinVersion == "1.2" {
			files.MinVersion = tls.VersionTLS12
		}
		if a.tls, err = server.OpenTLS(files, tell); err != nil {
			return a, fmt.Errorf("TLS: %w", err)
		}
	}
	if f.Clients != "" {
		if a.clients, err = server.OpenClients(f.Clients, a.issuer, tell); err != nil {
			return a, fmt.Errorf("--clients: %w", err)
		}
	}
	return a, nil
}

// connectionFlags bound the connections of a server.
type connectionFlags struct {
	MaxConnections           int           `help:"Maximum number of connections. For one more, the server closes the connection of an unknown caller, or the longest idle one." std:"max_connections" min:"1"`
	MaxConnectionsPerAddress int           `help:"Maximum number of connections from one IPv4 address or IPv6 /64. Default: a quarter of all, at least 64." default:"0" placeholder:"N" min:"0"`
	MaxConnectionBytes       int           `help:"Maximum bytes of requests in memory for one connection." std:"max_connection_bytes"`
	MaxStreams               int           `help:"Maximum concurrent calls on one connection." std:"max_streams" min:"1" max:"1048576"`
	AuthenticationTimeout    time.Duration `help:"Close a connection without an authenticated call after this time, where keys or certificates are needed." std:"authentication_timeout" min:"100ms"`
	MaxConnectionIdle        time.Duration `help:"Maximum idle time of a connection." std:"max_connection_idle" min:"1s"`
	MaxConnectionAge         time.Duration `help:"Maximum age of a connection, give or take a tenth; clients then connect anew." std:"max_connection_age" min:"1s"`
	KeepaliveTime            time.Duration `help:"Ping a client after this time of silence." std:"keepalive_time" min:"1s"`
	KeepaliveTimeout         time.Duration `help:"Maximum time for the answer to a ping." std:"keepalive_timeout" min:"1ms"`
	MinClientPing            time.Duration `help:"Minimum interval between the pings of a client; others are disconnected." std:"min_client_ping" min:"1ms"`
}

// limits returns the limits that the flags set.
func (f *connectionFlags) limits() server.ConnectionLimits {
	return server.ConnectionLimits{
		Max:           f.MaxConnections,
		MaxPerAddress: f.MaxConnectionsPerAddress,
		MaxBytes:      f.MaxConnectionBytes,
		Strangers:     f.AuthenticationTimeout,
		Idle:          f.MaxConnectionIdle,
	}
}
