package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"
)

// Unreachable returns an error that says why the server at an address does not answer, and
// the way out. Message is what gRPC says; encrypted tells that the server was asked with TLS.
func Unreachable(ctx context.Context, addr, message string, encrypted bool) error {
	reason, hint := dialReason(message), ""
	switch {
	case encrypted && strings.Contains(reason, "first record does not look like a TLS handshake"):
		reason, hint = "it speaks plain text", "leave out --tls and the other TLS flags"
	case strings.Contains(reason, "certificate signed by unknown authority"):
		hint = "name the authority of its certificate with --tls-ca FILE"
	case strings.Contains(reason, "connection refused"):
		hint = "start it with summarizer serve, or check --addr"
	case !encrypted && speaksTLS(ctx, addr):
		reason, hint = "it speaks TLS, and was asked in plain text", "add --tls, or --tls-ca FILE for an authority of your own"
	}
	if hint != "" {
		hint = ": " + hint
	}
	return fmt.Errorf("the server at %s does not answer: %s%s", addr, reason, hint)
}

var dialing = regexp.MustCompile(`connection error: desc = "(?:transport: )?(?:Error while dialing: )?(?:authentication handshake failed: )?(.*?)"?$`)

// dialReason cuts what gRPC puts around the reason of a connection that fails.
func dialReason(message string) string {
	if match := dialing.FindStringSubmatch(message); match != nil {
		return match[1]
	}
	return message
}

// probeTimeout bounds the question whether a server speaks TLS.
const probeTimeout = 2 * time.Second

// speaksTLS reports whether a server at host:port answers a TLS handshake.
func speaksTLS(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	dialer := tls.Dialer{
		NetDialer: new(net.Dialer),
		Config:    &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}, //nolint:gosec // nothing is sent
	}
	connection, err := dialer.DialContext(ctx, "tcp", addr)
	if err == nil {
		_ = connection.Close()
	}
	return err == nil || strings.Contains(err.Error(), "tls: ") && !strings.Contains(err.Error(), "first record does not look like")
}
