package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc/credentials"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// seenHandshakes are credentials whose failed handshakes are counted, and have a line of
// the log at level debug. gRPC drops them in silence.
type seenHandshakes struct {
	credentials.TransportCredentials
	log     *slog.Logger
	metrics *telemetry.Metrics
}

// ServerHandshake implements credentials.TransportCredentials.
func (s seenHandshakes) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secured, info, err := s.TransportCredentials.ServerHandshake(conn)
	if err != nil {
		SawHandshakeFail(s.log, s.metrics, conn.RemoteAddr(), err)
	}
	return secured, info, err
}

// Clone implements credentials.TransportCredentials.
func (s seenHandshakes) Clone() credentials.TransportCredentials {
	s.TransportCredentials = s.TransportCredentials.Clone()
	return s
}

// SawHandshakeFail counts a failed TLS handshake of a caller, and logs it at level debug.
func SawHandshakeFail(log *slog.Logger, metrics *telemetry.Metrics, peer net.Addr, err error) {
	reason := handshakeReason(err)
	metrics.HandshakeFailed(reason)
	log.LogAttrs(context.Background(), slog.LevelDebug, "TLS handshake failed",
		slog.String("reason", reason), slog.String("peer", peer.String()), slog.Any("error", err))
}

// handshakeReason tells failed handshakes apart. Some faults have nothing but their text in
// crypto/tls.
func handshakeReason(err error) string {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return telemetry.HandshakeNotTLS
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return telemetry.HandshakeCertificateInvalid
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok || strings.Contains(err.Error(), "remote error: tls:") {
		return telemetry.HandshakeRefused
	}
	if fault, ok := errors.AsType[net.Error](err); ok && fault.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return telemetry.HandshakeTimeout
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || isReset(err) {
		return telemetry.HandshakeClosed
	}
	for text, reason := range map[string]string{
		// OpenSSL, thus Python and curl, refuses the certificate of a server in a record that
		// it does not encrypt yet, whose text crypto/tls cannot read.
		"local error: tls: bad record MAC": telemetry.HandshakeRefused,

		"didn't provide a certificate": telemetry.HandshakeCertificateMissing,
		"failed to verify certificate": telemetry.HandshakeCertificateInvalid,
		"unsupported versions":         telemetry.HandshakeVersion,
		"no cipher suite supported":    telemetry.HandshakeVersion,
		"application protocol":         telemetry.HandshakeProtocol,
		"ALPN":                         telemetry.HandshakeProtocol,
	} {
		if strings.Contains(err.Error(), text) {
			return reason
		}
	}
	return telemetry.HandshakeOther
}

// isReset reports whether the caller closed the connection in the midst of it.
func isReset(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok && !strings.Contains(err.Error(), "tls:")
}
