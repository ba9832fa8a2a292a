package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/seed-59202292/summarizer/internal/oidc"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	authorizationHeader = "authorization"
	bearer              = "Bearer "
	maxKeyBytes         = 512 // more is not hashed, unless it is a token
)

var (
	errCredentialsMissing = &summarizer.Error{
		Reason:  summarizer.ReasonCredentialsMissing,
		Message: "the server wants to know who calls: send the header \"authorization: Bearer KEY\", or use a client certificate",
	}
	errCredentialsInvalid = &summarizer.Error{
		Reason:  summarizer.ReasonCredentialsInvalid,
		Message: "the key or certificate is of no client of this server: it may have been removed; ask its operator for another",
	}
	errNoBearer = &summarizer.Error{
		Reason:  summarizer.ReasonCredentialsInvalid,
		Message: "the header \"authorization\" has another form than \"Bearer KEY\": put the word Bearer and a space before the key",
	}
	errCredentialsExpired = &summarizer.Error{
		Reason:  summarizer.ReasonCredentialsInvalid,
		Message: "the key or certificate has expired: ask the operator of the server for another",
	}
	errTooManyQuestions = &summarizer.Error{
		Reason:  summarizer.ReasonQuotaExceeded,
		Message: fmt.Sprintf("without a key, %d calls may be under way on a connection: wait for answers, or send a key", strangerCalls),
	}
	errLongQuestion = &summarizer.Error{
		Reason:  summarizer.ReasonQuotaExceeded,
		Message: fmt.Sprintf("without a key, the headers of a call may have %d bytes: leave some out, or send a key", strangerHeaders),
	}
	errPermissionDenied = &summarizer.Error{
		Reason:  summarizer.ReasonPermissionDenied,
		Message: "the client may not call this method: ask the operator for the right to it",
	}
)

// Clients says who may call, by a file that is read again when it changes. It is
// safe for concurrent use.
type Clients struct {
	file   *watchedFiles[*clients]
	issuer *oidc.Issuer // nil: no tokens are taken
}

// OpenClients reads a file of clients and watches it until Close. A changed file
// that cannot be used is reported once; the clients stay the same. Callers may show tokens
// of the issuer, which may be nil and stays the caller's to start and close.
func OpenClients(path string, issuer *oidc.Issuer, tell Watch) (*Clients, error) {
	c := &Clients{issuer: issuer}
	load := func() (*clients, error) {
		entries, err := ReadClients(path)
		if err != nil {
			return nil, err
		}
		set, err := index(entries)
		if err != nil {
			return nil, err
		}
		if entries == nil && c.file != nil && len(c.file.get().entries) > 0 {
			return nil, fmt.Errorf("%s is empty: it may be half written; for a server without clients, write \"clients: []\"", path)
		}
		if c.file != nil {
			set.keepUsage(c.file.get())
			tell.clientsChanged(c.file.get().entries, entries)
		}
		set.entries = entries
		tell.subjectsRead(entries, issuer != nil)
		for name := range set.byName {
			tell.Metrics.KnownClient(name)
		}
		return set, nil
	}
	file, err := watch("clients", load, tell, path)
	if err != nil {
		return nil, err
	}
	c.file = file
	file.start()
	return c, nil
}

// Close stops watching the file.
func (c *Clients) Close() { c.file.close() }

// Reload reads the file at once. With an error, the clients stay the same.
func (c *Clients) Reload() error { return c.file.reload() }

// keepUsage hands the used quotas of clients that stay to their successors.
func (s *clients) keepUsage(before *clients) {
	for name, c := range s.byName {
		if old := before.byName[name]; old != nil {
			old.usage.setLimits(c.usage)
			c.usage = old.usage
		}
	}
}

// credential is what a caller shows: a key, of which it holds the hash, a token or a
// certificate.
type credential struct {
	key         [sha256.Size]byte
	token       *oidc.VerifiedToken // nil: no token
	certificate *x509.Certificate   // nil: a key or a token
}

// caller returns what the headers "authorization" and the verified certificate of a
// connection show, and the client that it is of. A header counts before a certificate.
func (c *Clients) caller(ctx context.Context, headers []string, certificate *x509.Certificate) (shown credential, found *client, err error) {
	switch {
	case len(headers) == 1:
		shown, err = c.bearerOf(ctx, headers[0])
	case len(headers) > 1:
		err = errCredentialsInvalid
	case certificate == nil:
		err = errCredentialsMissing
	default:
		shown.certificate = certificate
	}
	if err != nil {
		return shown, nil, err
	}
	found, err = c.holder(shown)
	return shown, found, err
}

// bearerOf returns the key or token in a header "authorization". A token is anything in the
// form of one that is no known key. How long the look-up of a key by its hash takes tells
// nothing of other keys, as nobody can choose a key by its hash.
func (c *Clients) bearerOf(ctx context.Context, header string) (shown credential, err error) {
	if len(header) <= len(bearer) || !strings.EqualFold(header[:len(bearer)], bearer) {
		return shown, errNoBearer
	}
	text := header[len(bearer):]
	isToken := c.issuer != nil && oidc.IsToken(text)
	switch {
	case isToken && len(text) > oidc.MaxTokenBytes:
		return shown, errTokenTooLong
	case !isToken && len(text) > maxKeyBytes:
		return shown, errCredentialsInvalid
	}
	shown.key = sha256.Sum256([]byte(text))
	if !isToken {
		return shown, nil
	}
	if _, known := c.file.get().byKey[shown.key]; known {
		return shown, nil
	}
	if shown.token, err = c.issuer.Verify(ctx, text, shown.key); err != nil {
		return shown, tokenFault(err)
	}
	return shown, nil
}

// holder returns the client that a credential is of.
func (c *Clients) holder(shown credential) (*client, error) {
	set := c.file.get()
	if shown.token != nil {
		return set.bySubjects(shown.token)
	}
	if shown.certificate == nil {
		found, ok := set.byKey[shown.key]
		if !ok || subtle.ConstantTimeCompare(found.hash[:], shown.key[:]) != 1 {
			return nil, errCredentialsInvalid
		}
		if hasCome(found.expires) {
			return nil, errCredentialsExpired
		}
		return found.client, nil
	}
	if hasCome(shown.certificate.NotAfter) { // since the connection began
		return nil, errCredentialsExpired
	}
	for _, name := range certificateNames(shown.certificate) {
		if found := set.byCertificate[name]; found != nil {
			return found, nil
		}
	}
	return nil, errCredentialsInvalid
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

// hasCome reports whether a time has come; the zero time never does.
func hasCome(end time.Time) bool { return !end.IsZero() && !time.Now().Before(end) }

// The names in a certificate are written with their kind: an authority that lets people
// choose one kind of name must not let them pass for another.
const (
	nameURI   = "uri:"
	nameDNS   = "dns:"
	nameEmail = "email:"
	nameCN    = "cn:"
)

// subjectAltName is the extension that holds the names of a certificate (RFC 5280, 4.2.1.6).
var subjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// certificateNames returns the names in a certificate, the most telling first. The common
// name counts where there is no other, of whatever kind.
func certificateNames(c *x509.Certificate) []string {
	var names []string
	for _, uri := range c.URIs {
		names = append(names, nameURI+canonicalURI(uri))
	}
	for _, name := range c.DNSNames {
		names = append(names, nameDNS+canonicalDNS(name))
	}
	for _, address := range c.EmailAddresses {
		names = append(names, nameEmail+canonicalEmail(address))
	}
	if slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(subjectAltName) }) {
		return names
	}
	return append(names, nameCN+c.Subject.CommonName)
}

// certificateName returns a name of the file of clients as certificateNames has it. Its kind
// may be in capitals, as openssl prints it, and a domain in Unicode.
func certificateName(written string) (string, error) {
	kind, name, _ := strings.Cut(written, ":")
	switch kind = strings.ToLower(kind) + ":"; {
	case name == "":
	case kind == nameURI:
		uri, err := url.Parse(name)
		if err != nil {
			return "", fmt.Errorf("the certificate %q holds no URI: write it as the certificate has it", written)
		}
		return kind + canonicalURI(uri), nil
	case kind == nameCN:
		return kind + name, nil
	case kind == nameDNS:
		domain, err := asciiDomain(name)
		if err != nil {
			return "", fmt.Errorf("the certificate %q holds no domain: write it as the certificate has it, which is in ASCII", written)
		}
		return kind + canonicalDNS(domain), nil
	case kind == nameEmail:
		return kind + canonicalEmail(name), nil
	}
	return "", fmt.Errorf("the certificate %q does not say which name of a certificate it is: write uri:%[1]s, dns:%[1]s, email:%[1]s, or cn:%[1]s for the common name", written)
}

// sameCertificateName reports whether two names of the file of clients stand for one.
func sameCertificateName(a, b string) bool {
	first, err := certificateName(a)
	second, failed := certificateName(b)
	return a == b || err == nil && failed == nil && first == second
}

// asciiDomain returns a domain as certificates have it (RFC 5280, 7.2).
func asciiDomain(name string) (string, error) {
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return idna.Lookup.ToASCII(name)
	}
	return name, nil
}

// canonicalURI has scheme and host in lower case (RFC 3986, 6.2.2.1).
func canonicalURI(uri *url.URL) string {
	canonical := *uri
	canonical.Scheme, canonical.Host = strings.ToLower(uri.Scheme), strings.ToLower(uri.Host)
	return canonical.String()
}

func canonicalDNS(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// canonicalEmail has the domain in lower case; what is before it may depend on case.
func canonicalEmail(address string) string {
	at := strings.LastIndexByte(address, '@')
	return address[:at+1] + strings.ToLower(address[at+1:])
}

// identity is who makes a call.
type identity struct {
	client *client // nil when the server does not ask
	shown  credential
	err    error // why it is nobody
}

type identityContextKey struct{}

// whoIs finds out who makes a call.
func (h *Handler) whoIs(ctx context.Context) (id identity) {
	if h.options.Clients == nil {
		return id
	}
	if h.stats != nil {
		if known, ok := ctx.Value(identityContextKey{}).(identity); ok {
			return known
		}
	}
	defer func() {
		// No interceptor recovers here, and a token is a stranger's.
		if p := recover(); p != nil {
			id = identity{err: h.recovered(ctx, p)}
		}
	}()
	id.shown, id.client, id.err = h.options.Clients.caller(ctx, metadata.ValueFromIncomingContext(ctx, authorizationHeader), certificateOf(ctx))
	return id
}

// identify finds out who makes a call, and notes it for the call and its connection.
func (h *Handler) identify(ctx context.Context) (*client, error) {
	id := h.whoIs(ctx)
	if id.err != nil {
		return nil, id.err
	}
	connectionOf(ctx).know()
	if c := callOf(ctx); c != nil {
		c.client, c.shown = id.client, id.shown
	}
	return id.client, nil
}

// authorize finds out who calls and whether it may: health is open to all, reflection to
// every client, an RPC of ours to clients with the right to it and quota left.
func (h *Handler) authorize(ctx context.Context, method string, ours bool) (*client, error) {
	found, err := h.identify(ctx)
	switch {
	case strings.HasPrefix(method, healthMethods):
		switch {
		case err == nil:
		case !connectionOf(ctx).mayAsk():
			return nil, errTooManyQuestions
		case headerBytes(ctx) > strangerHeaders:
			return nil, errLongQuestion
		}
		return found, nil
	case err != nil || found == nil || !ours:
		return found, err
	case !found.allows(method):
		return nil, errPermissionDenied
	}
	return found, found.usage.request()
}

// headerBytes returns the size of the headers of a call.
func headerBytes(ctx context.Context) (n int) {
	headers, _ := metadata.FromIncomingContext(ctx)
	for name, values := range headers {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return n
}

var healthMethods = "/" + healthpb.Health_ServiceDesc.ServiceName + "/"

func (h *Handler) authorizeCall(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	found, err := h.authorize(stream.Context(), info.FullMethod, server == h)
	if err == nil && found != nil && !callOf(stream.Context()).unary {
		if err = found.usage.openStream(); err == nil {
			defer found.usage.closeStream()
		}
	}
	if err != nil {
		return h.deny(stream.Context(), err)
	}
	return handler(server, stream)
}

// stillMay reports why the caller of a stream may not go on with it, if it may not: its key
// or its right may have been taken away since it began.
func (h *Handler) stillMay(c *call, method string, ours bool) error {
	if c.client == nil {
		return nil
	}
	found, err := h.options.Clients.holder(c.shown)
	switch {
	case strings.HasPrefix(method, healthMethods):
		return nil
	case err != nil:
		return err
	case found.name != c.client.name:
		return errCredentialsInvalid
	case ours && !found.allows(method):
		return errPermissionDenied
	}
	return nil
}

// clientName returns whom budgets know the caller as.
func (h *Handler) clientName(ctx context.Context) string {
	if c := callOf(ctx); c != nil && c.client != nil {
		return c.client.name
	}
	return h.options.Client
}
