package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/cluster"
	"github.com/seed-59202292/summarizer/internal/queue"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/settings"
)

// natsFlags name a NATS cluster with JetStream.
type natsFlags struct {
	URL          string        `name:"nats-url" help:"NATS servers with JetStream, several with commas between, tls:// for encryption; embedded runs one in this process." placeholder:"URL"`
	Listen       string        `name:"nats-listen" help:"Address of the embedded server. Port 0 means any." default:"127.0.0.1:4222"`
	Creds        string        `name:"nats-creds" help:"File of NATS credentials: a JWT and its key." placeholder:"FILE"`
	User         string        `name:"nats-user" help:"User name; the password is read from SUMMARIZER_NATS_PASSWORD or --nats-password-file." placeholder:"NAME"`
	PasswordFile string        `name:"nats-password-file" help:"File with the password." placeholder:"FILE"`
	CA           string        `name:"nats-ca" help:"File of authorities of the servers' certificates. Default: the authorities of the system." placeholder:"FILE"`
	Cert         string        `name:"nats-cert" help:"Certificate to show: of the client, or of the embedded server." placeholder:"FILE"`
	Key          string        `name:"nats-key" help:"Key of the certificate." placeholder:"FILE"`
	Stream       string        `name:"nats-stream" help:"Name prefix for streams and buckets; isolates deployments on one cluster." std:"stream"`
	Replicas     int           `name:"nats-replicas" help:"Servers that keep each message, 1 to 5; 0 keeps the current number, initially 1." default:"0" placeholder:"N" min:"0" max:"5"`
	MaxBytes     int64         `name:"nats-max-bytes" help:"Maximum size of each stream on a server; 0 keeps the current size, initially ${stream_bytes}." default:"0" placeholder:"BYTES" min:"0"`
	CacheBytes   int64         `name:"nats-cache-bytes" help:"Maximum size of the shared cache on a server; 0 keeps the current size, initially ${shared_bytes}." default:"0" placeholder:"BYTES" min:"0"`
	MaxAge       time.Duration `name:"nats-max-age" help:"Maximum age of articles and answers in the queue; 0 keeps the current age, initially ${stream_age}." default:"0" placeholder:"DURATION" min:"0s"`
}

// clustered reports whether a cluster is named.
func (f *natsFlags) clustered() bool { return f.URL != "" }

func (f *natsFlags) validate() error {
	return errors.Join(f.validateNames(), f.validateListen())
}

func (f *natsFlags) validateNames() error {
	legal := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	switch {
	case len(f.Stream) > 32 || strings.ContainsFunc(f.Stream, func(r rune) bool { return !legal(r) }):
		return fmt.Errorf("--nats-stream is %q: it must be at most 32 letters, digits, - or _", f.Stream)
	case f.Creds != "" && f.User != "":
		return errors.New("--nats-creds and --nats-user exclude each other")
	case f.Creds != "" && f.URL == cluster.Embedded:
		return errors.New("--nats-creds is not for an embedded server: it knows --nats-user")
	}
	return nil
}

// validateListen keeps articles from being read or answered by anybody on the
// network.
func (f *natsFlags) validateListen() error {
	if f.URL != cluster.Embedded {
		return nil
	}
	_, port, err := net.SplitHostPort(f.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("--nats-listen %q is not an address: write host:port", f.Listen)
	}
	if !server.IsLocal(f.Listen) && (f.User == "" || f.Cert == "") {
		return fmt.Errorf("--nats-listen %s can be reached from other machines: set --nats-user with a password, and --nats-cert with --nats-key; or use a loopback address such as 127.0.0.1", f.Listen)
	}
	return nil
}

// connect connects to the cluster that the flags name. An embedded server keeps
// its store in dataDir.
func (f *natsFlags) connect(env *environment, dataDir string, log *slog.Logger) (*cluster.Connection, error) {
	options, err := f.options(env, dataDir)
	if err != nil {
		return nil, err
	}
	options.Logger = log
	connection, err := cluster.Connect(options)
	switch {
	case err == nil:
		return connection, nil
	case f.URL == cluster.Embedded:
		return nil, fmt.Errorf("--nats-listen %s, --nats-url %w", f.Listen, err)
	}
	return nil, fmt.Errorf("--nats-url %w", err)
}

// options reads the files that the flags name.
func (f *natsFlags) options(env *environment, dataDir string) (options cluster.Options, err error) {
	options = cluster.Options{
		URL: f.URL, Name: "summarizer " + versionOf(),
		User: f.User, Credentials: f.Creds,
		Listen: f.Listen,
	}
	if f.URL == cluster.Embedded {
		directory, err := cacheDir(dataDir)
		if err != nil {
			return options, err
		}
		options.StoreDir = filepath.Join(directory, "nats")
	}
	if options.Password, err = f.password(env); err != nil {
		return options, err
	}
	if options.TLS, err = f.tls(); err != nil {
		return options, err
	}
	if f.Creds != "" {
		if _, err := os.Stat(f.Creds); err != nil {
			return options, fmt.Errorf("--nats-creds %s: %s", f.Creds, archive.Describe(err))
		}
	}
	return options, nil
}

// maxPasswordBytes bounds a file that may be another than was meant.
const maxPasswordBytes = 4 << 10

// password returns the password of the user; empty where none is named.
func (f *natsFlags) password(env *environment) (string, error) {
	if f.User == "" {
		return "", nil
	}
	password := env.environ.Get("SUMMARIZER_NATS_PASSWORD")
	if f.PasswordFile != "" {
		data, err := settings.ReadBounded(f.PasswordFile, maxPasswordBytes)
		if err != nil {
			return "", fmt.Errorf("--nats-password-file %s: %w", f.PasswordFile, err)
		}
		password = strings.TrimRight(string(data), "\r\n")
	}
	if password == "" {
		return "", errors.New("--nats-user needs a password: set SUMMARIZER_NATS_PASSWORD, or name a file with --nats-password-file")
	}
	return password, nil
}

// tls returns what this side of a connection trusts and shows; nil where the flags say
// nothing of it. An embedded server without a certificate has no TLS.
func (f *natsFlags) tls() (*tls.Config, error) {
	config, err := tlsFiles{"--nats", f.CA, f.Cert, f.Key}.read()
	if err != nil || config == nil || f.URL == cluster.Embedded && f.Cert == "" {
		return nil, err
	}
	config.ClientCAs = config.RootCAs
	return config, nil
}

// sharedCache returns where the cache keeps what machines share; nil without a
// connection.
func (f *natsFlags) sharedCache(connection *cluster.Connection) *cache.SharedOptions {
	if connection == nil {
		return nil
	}
	return &cache.SharedOptions{JetStream: connection.JetStream(), Prefix: f.Stream, Replicas: f.Replicas, MaxBytes: f.CacheBytes}
}

// streams opens the streams of runs.
func (f *natsFlags) streams(env *environment, connection *cluster.Connection) (*queue.Streams, error) {
	streams, err := queue.OpenStreams(env.ctx, connection.JetStream(), queue.StreamOptions{
		Prefix: f.Stream, Replicas: f.Replicas, MaxBytes: f.MaxBytes, MaxAge: f.MaxAge,
	})
	if err != nil {
		return nil, fmt.Errorf("the NATS cluster at %s: %w", connection.Address(), err)
	}
	return streams, nil
}
