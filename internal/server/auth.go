package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"log/slog"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	authorizationHeader = "authorization"
	bearer              = "Bearer "
	maxKeyBytes         = 512 // more is not hashed
)

var (
	errCredentialsMissing = &summarizer.Error{
		Reason:  summarizer.ReasonCredentialsMissing,
		Message: "the server wants to know who calls: send the metadata \"authorization: Bearer KEY\", or use a client certificate",
	}
	errCredentialsInvalid = &summarizer.Error{
		Reason:  summarizer.ReasonCredentialsInvalid,
		Message: "the key or certificate is of no client of this server: it may have been removed; ask its operator for another",
	}
	errPermissionDenied = &summarizer.Error{
		Reason:  summarizer.ReasonPermissionDenied,
		Message: "the client may not call this method: ask the operator for the right to it",
	}
)

// Clients says who may call, by a file that is read again when it changes. It is
// safe for concurrent use.
type Clients struct {
	file *watchedFiles[*clients]
}

// OpenClients reads a file of clients and watches it until Close. A changed file
// that cannot be used is reported once; the clients stay those of before.
func OpenClients(path string, logger *slog.Logger) (*Clients, error) {
	c := &Clients{}
	load := func() (*clients, error) {
		entries, err := ReadClients(path)
		if err != nil {
			return nil, err
		}
		set, err := index(entries)
		if err != nil {
			return nil, err
		}
		if c.file != nil {
			set.keepUsage(c.file.get())
		}
		return set, nil
	}
	file, err := watch("clients", load, logger, path)
	if err != nil {
		return nil, err
	}
	c.file = file
	file.start()
	return c, nil
}

// Close stops watching the file.
func (c *Clients) Close() { c.file.close() }

// keepUsage lets the clients that stay go on with what they have used.
func (s *clients) keepUsage(before *clients) {
	for name, c := range s.byName {
		if old := before.byName[name]; old != nil {
			old.usage.setLimits(c.usage)
			c.usage = old.usage
		}
	}
}

// identify returns who makes a call. A key counts before a certificate.
func (c *Clients) identify(ctx context.Context) (*client, error) {
	set := c.file.get()
	if headers := metadata.ValueFromIncomingContext(ctx, authorizationHeader); len(headers) > 0 {
		if len(headers) == 1 {
			if found := set.ofKey(headers[0]); found != nil {
				return found, nil
			}
		}
		return nil, errCredentialsInvalid
	}
	certificate := certificateOf(ctx)
	if certificate == nil {
		return nil, errCredentialsMissing
	}
	for _, name := range certificateNames(certificate) {
		if found := set.byCertificate[name]; found != nil {
			return found, nil
		}
	}
	return nil, errCredentialsInvalid
}

// ofKey returns the client of an authorization header, or nil. The key is found
// by its hash: how long that takes tells nothing of other keys, as nobody can
// choose a key by its hash.
func (s *clients) ofKey(header string) *client {
	if len(header) <= len(bearer) || len(header) > maxKeyBytes || !strings.EqualFold(header[:len(bearer)], bearer) {
		return nil
	}
	hash := sha256.Sum256([]byte(header[len(bearer):]))
	found, ok := s.byKey[hash]
	if !ok || subtle.ConstantTimeCompare(found.hash[:], hash[:]) != 1 {
		return nil
	}
	return found.client
}

// certificateOf returns the verified certificate of the caller, or nil.
func certificateOf(ctx context.Context) *x509.Certificate {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return nil
	}
	return info.State.PeerCertificates[0]
}

// certificateNames returns the names in a certificate, the most telling first.
func certificateNames(c *x509.Certificate) []string {
	var names []string
	for _, uri := range c.URIs {
		names = append(names, uri.String())
	}
	names = append(names, c.DNSNames...)
	names = append(names, c.EmailAddresses...)
	return append(names, c.Subject.CommonName)
}

// authorize finds out who calls and whether it may: health is open to all,
// reflection to every client, an RPC of ours to clients with the right to it and
// quota left.
func (h *Handler) authorize(ctx context.Context, method string, ours bool) error {
	if h.options.Clients == nil || strings.HasPrefix(method, healthMethods) {
		return nil
	}
	found, err := h.options.Clients.identify(ctx)
	if err != nil {
		return err
	}
	if c := callOf(ctx); c != nil {
		c.client = found
	}
	if !ours {
		return nil
	}
	if found.allowedMethods != nil && !found.allowedMethods[method] {
		return errPermissionDenied
	}
	return found.usage.request()
}

var healthMethods = "/" + healthpb.Health_ServiceDesc.ServiceName + "/"

func (h *Handler) authorizeCall(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if err := h.authorize(stream.Context(), info.FullMethod, server == h); err != nil {
		return h.fail(stream.Context(), err)
	}
	return handler(server, stream)
}

// clientName returns whom budgets know the caller as.
func (h *Handler) clientName(ctx context.Context) string {
	if c := callOf(ctx); c != nil && c.client != nil {
		return c.client.name
	}
	return h.options.Client
}
