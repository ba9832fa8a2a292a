package server_test

import (
	"crypto/tls"
	"net"

	"github.com/seed-59202292/summarizer/internal/httpapi"
	"github.com/seed-59202292/summarizer/internal/server"
)

// The tests of rules for callers run on the port for HTTP, too, which is in a package that
// imports this one.
func init() {
	server.ServeHTTPForTests = func(s *server.Server, config *tls.Config) func(net.Listener) error {
		return httpapi.New(s, httpapi.Options{TLS: config}).Serve
	}
}
