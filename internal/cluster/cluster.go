// Package cluster connects to a NATS cluster with JetStream, or runs a server with
// JetStream in this process and connects to that.
//
// A connection that is lost is made again for as long as the process runs. The
// embedded server takes some 35 MB of memory and starts within milliseconds.
package cluster

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Embedded is the URL that stands for a server in this process.
const Embedded = "embedded"

// connectTimeout is how long a server may take for its first word.
const connectTimeout = 5 * time.Second

// Options says which cluster is meant and how it is reached.
type Options struct {
	URL  string // servers, several with commas between, or Embedded
	Name string // of this process, as the servers show it

	// User and Password, or Credentials, a file that holds a JWT and its key, say
	// who connects. An embedded server asks everybody for the user and the password.
	// Empty means nobody in particular.
	User, Password string
	Credentials    string

	// TLS is what this side shows and whom it trusts; nil leaves both to the URL. An
	// embedded server asks for a client certificate where there are ClientCAs.
	TLS *tls.Config

	// Listen is the address of an embedded server, host:port; port 0 means any. Its
	// streams are kept in StoreDir.
	Listen, StoreDir string

	Logger *slog.Logger // nil means discard
}

// Connection is a connection to a cluster, and the server in this process where
// there is one.
type Connection struct {
	js     jetstream.JetStream
	server *server.Server // nil: the cluster is elsewhere
}

// Connect connects to a cluster. Its errors name the servers, without the
// passwords in their URLs.
func Connect(options Options) (*Connection, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	c := new(Connection)
	url, connecting := options.URL, options.clientOptions()
	if url == Embedded {
		var err error
		if c.server, err = startServer(options); err != nil {
			return nil, fmt.Errorf("%s: %w", Embedded, err)
		}
		url = nats.DefaultURL // not dialled: the process needs no encryption to itself
		connecting = append(connecting, nats.InProcessServer(c.server))
	}
	connection, err := nats.Connect(url, connecting...)
	if err == nil {
		c.js, err = jetstream.New(connection)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", withoutSecrets(options.URL), err)
	}
	return c, nil
}

// clientOptions are how this process connects, and comes back when a server is lost.
func (o *Options) clientOptions() []nats.Option {
	options := []nats.Option{
		nats.Name(o.Name),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Logger.Warn("the connection to a NATS server is lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			o.Logger.Warn("connected to a NATS server again", "server", c.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			o.Logger.Warn("the NATS cluster reports an error", "error", err)
		}),
	}
	if o.Credentials != "" {
		options = append(options, nats.UserCredentials(o.Credentials))
	}
	if o.User != "" {
		options = append(options, nats.UserInfo(o.User, o.Password))
	}
	if o.TLS != nil && o.URL != Embedded {
		options = append(options, nats.Secure(o.TLS))
	}
	return options
}

// JetStream returns what the cluster offers.
func (c *Connection) JetStream() jetstream.JetStream { return c.js }

// Embedded reports whether the server is in this process.
func (c *Connection) Embedded() bool { return c.server != nil }

// Address is where others reach the cluster.
func (c *Connection) Address() string {
	if c.server != nil {
		return c.server.ClientURL()
	}
	return c.js.Conn().ConnectedUrlRedacted()
}

// Close sends what is to be sent, and stops an embedded server. Nothing is closed
// of a nil connection.
func (c *Connection) Close() {
	if c == nil {
		return
	}
	if c.js != nil {
		_ = c.js.Conn().FlushTimeout(time.Second)
		c.js.Conn().Close()
	}
	if c.server != nil {
		c.server.Shutdown()
		c.server.WaitForShutdown()
	}
}

// withoutSecrets leaves names and passwords out of URLs.
func withoutSecrets(urls string) string {
	list := strings.Split(urls, ",")
	for i, url := range list {
		at := strings.LastIndexByte(url, '@') + 1
		list[i] = url[at:]
		if scheme, _, ok := strings.Cut(url[:at], "://"); ok {
			list[i] = scheme + "://" + list[i]
		}
	}
	return strings.Join(list, ",")
}
