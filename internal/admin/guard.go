package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/time/rate"
)

// UnixScheme begins the addresses of Unix sockets.
const UnixScheme = "unix://"

// SocketOf returns the address of the socket that a server has in its data directory.
func SocketOf(dir string) string { return UnixScheme + filepath.Join(dir, "admin.sock") }

// Refused requests have so many lines of the log a second and at once, so that they cannot
// fill a disk.
const (
	refusalLinesPerSecond = 1
	refusalLinesAtOnce    = 20
)

// guard admits callers to restricted requests, and keeps the audit log.
type guard struct {
	token        [sha256.Size]byte
	hasToken     bool
	hostname     string // of this machine; empty: not known
	refusalLines *rate.Limiter
}

func newGuard(token string) *guard {
	hostname, _ := os.Hostname()
	return &guard{
		token: sha256.Sum256([]byte(token)), hasToken: token != "",
		hostname:     hostname,
		refusalLines: rate.NewLimiter(refusalLinesPerSecond, refusalLinesAtOnce),
	}
}

var (
	errOrigin  = errors.New("web pages may not ask for this")
	errHost    = errors.New("the request is for another host: use an IP address, localhost or the name of this machine")
	errNoToken = errors.New("this needs the Unix socket in the data directory of the server, or a token: the server has none, set --admin-token-file")
	errToken   = errors.New("this needs the Unix socket in the data directory of the server, or its token: send \"Authorization: Bearer TOKEN\", see --admin-token-file")
)

// ours reports whether a request is meant for this server, and by no web page: one may have
// a name of its own lead to this machine, and browsers send what the page is of.
func (g *guard) ours(r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); r.Header.Get("Origin") != "" || site != "" && site != "none" {
		return errOrigin
	}
	if onSocket(r) {
		return nil
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	own := strings.ToLower(g.hostname)
	switch short, _, _ := strings.Cut(own, "."); {
	case net.ParseIP(host) != nil, host == "localhost", own != "" && (host == own || host == short):
		return nil
	case own != "" && strings.HasPrefix(host, own+".") && g.showsToken(r):
		// Anybody can have a domain with this name in it, and no page has the token.
		return nil
	}
	return errHost
}

// showsToken reports whether a request has the token, in its only header "Authorization".
func (g *guard) showsToken(r *http.Request) bool {
	headers := r.Header.Values("Authorization")
	if !g.hasToken || len(headers) != 1 {
		return false
	}
	scheme, shown, _ := strings.Cut(headers[0], " ")
	sum := sha256.Sum256([]byte(shown))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// allows reports whether a request that is ours comes by a socket or with the token.
func (g *guard) allows(r *http.Request) error {
	if onSocket(r) {
		return nil
	}
	if !g.hasToken {
		return errNoToken
	}
	if !g.showsToken(r) {
		return errToken
	}
	return nil
}

// onSocket reports whether a request came by a Unix socket.
func onSocket(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && addr.Network() == "unix"
}

// public serves requests that are ours.
func (s *HTTPServer) public(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.guard.ours(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// guarded serves restricted requests, and writes a line of the audit log for each.
func (s *HTTPServer) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := s.guard.ours(r)
		code := http.StatusForbidden
		if err == nil {
			if err = s.guard.allows(r); errors.Is(err, errToken) {
				code = http.StatusUnauthorized
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
		}
		if err == nil {
			s.audit(r, "allowed")
			next(w, r)
			return
		}
		if s.guard.refusalLines.Allow() {
			s.audit(r, "refused", "reason", err.Error())
		}
		http.Error(w, err.Error(), code)
	}
}

// audit writes a line for a request, at a level that logs usually have.
func (s *HTTPServer) audit(r *http.Request, outcome string, more ...any) {
	peer := r.RemoteAddr
	if onSocket(r) {
		peer = "unix"
	}
	attrs := append([]any{"method", r.Method, "path", r.URL.Path, "peer", peer, "outcome", outcome}, more...)
	s.log.Warn("admin", attrs...)
	s.auditLog.Record(r.Context(), "admin", attrs...)
}
