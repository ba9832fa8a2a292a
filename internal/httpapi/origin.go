package httpapi

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// fromBrowser reports whether a browser says that it sends a request, which it does where
// a page asks another origin.
func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// origins are the pages of other origins that may call, such as "https://desk.example".
type origins struct {
	listed []string
	any    bool
}

func newOrigins(listed []string) origins {
	return origins{listed: listed, any: slices.Contains(listed, "*")}
}

// check sets the headers of CORS, and returns a refusal where a page may not call.
func (o origins) check(w http.ResponseWriter, r *http.Request) *rejection {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	w.Header().Add("Vary", "Origin")
	switch {
	case o.any:
		w.Header().Set("Access-Control-Allow-Origin", "*")
	case slices.Contains(o.listed, origin):
		w.Header().Set("Access-Control-Allow-Origin", origin)
	case isSameOrigin(origin, r):
		return nil
	default:
		return &rejection{http.StatusForbidden, "", "pages of this origin may not call: the operator of the server lists those that may with --http-origins"}
	}
	w.Header().Set("Access-Control-Expose-Headers", exposedHeaders)
	return nil
}

// The headers that pages may send and read. Authorization is not covered by "*".
const (
	allowedHeaders = "Authorization, Content-Type, Content-Encoding, X-Request-Id, X-Server-Timeout, " +
		"Connect-Protocol-Version, Connect-Timeout-Ms, Connect-Accept-Encoding, Connect-Content-Encoding, " +
		"Grpc-Timeout, Grpc-Encoding, Grpc-Accept-Encoding, X-Grpc-Web, X-User-Agent, Traceparent, Tracestate"
	exposedHeaders = "X-Request-Id, Retry-After, Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin, Content-Encoding, Connect-Content-Encoding, Trailer-X-Request-Id"
	preflightFor   = "7200" // seconds that a browser keeps the answer
)

// answerPreflight tells a browser what a page may send.
func answerPreflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", allowedHeaders)
	h.Set("Access-Control-Max-Age", preflightFor)
	w.WriteHeader(http.StatusNoContent)
}

func isSameOrigin(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return err == nil && u.Scheme == scheme && strings.EqualFold(u.Host, r.Host)
}

// isOurs reports whether a request names this machine, or the host of a listed origin.
func (o origins) isOurs(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	if host == "" || strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback() {
		return true
	}
	return o.any || slices.ContainsFunc(o.listed, func(origin string) bool {
		u, err := url.Parse(origin)
		return err == nil && (strings.EqualFold(u.Hostname(), host) || strings.EqualFold(u.Host, r.Host))
	})
}

// sentHost returns the host of a URL as browsers send it in an origin; empty where they
// send it in ASCII only.
func sentHost(u *url.URL) string {
	host, port := strings.ToLower(u.Host), u.Port()
	if strings.ContainsFunc(host, func(c rune) bool { return c > unicode.MaxASCII }) {
		return ""
	}
	if port == "" || port == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		return strings.TrimSuffix(host, ":"+port)
	}
	return host
}

// ParseOrigins returns the origins of a list with commas between, as Options takes them.
func ParseOrigins(list string) (origins []string, err error) {
	for origin := range strings.SplitSeq(list, ",") {
		origin = strings.TrimSpace(origin)
		u, err := url.Parse(origin)
		switch {
		case origin == "":
			continue
		case origin == "*":
		case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", origin != u.Scheme+"://"+sentHost(u):
			return nil, fmt.Errorf("%q is not an origin: write it as a browser sends it, in lower case, with xn-- for other letters than a to z and without a port that is the scheme's own, such as https://desk.example or http://localhost:3000, or * for all", origin)
		}
		origins = append(origins, origin)
	}
	return origins, nil
}
