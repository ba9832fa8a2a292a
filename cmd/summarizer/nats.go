package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/queue"
)

// natsFlags name a NATS cluster with JetStream.
type natsFlags struct {
	URL          string        `name:"nats-url" help:"NATS servers with JetStream, several with commas between, tls:// for encryption; embedded runs one in this process." placeholder:"URL"`
	Listen       string        `name:"nats-listen" help:"Address of the embedded server. Port 0 means any." default:"127.0.0.1:4222" placeholder:"127.0.0.1:4222"`
	Creds        string        `name:"nats-creds" help:"File of credentials: a JWT and its key." placeholder:"FILE"`
	User         string        `name:"nats-user" help:"Name of the user; the password is read from SUMMARIZER_NATS_PASSWORD, or from a file." placeholder:"NAME"`
	PasswordFile string        `name:"nats-password-file" help:"File that holds the password." placeholder:"FILE"`
	CA           string        `name:"nats-ca" help:"File of authorities that sign the servers' certificates. Default: those of the system." placeholder:"FILE"`
	Cert         string        `name:"nats-cert" help:"Certificate to show: of the client, or of the embedded server." placeholder:"FILE"`
	Key          string        `name:"nats-key" help:"Key of the certificate." placeholder:"FILE"`
	Stream       string        `name:"nats-stream" help:"Beginning of the names of streams and buckets: what shares a cluster under another name is apart." default:"SUMMARIZER" placeholder:"SUMMARIZER"`
	Replicas     int           `name:"nats-replicas" help:"Servers that keep each message, 1 to 5; 0 leaves it as it is, at first 1." default:"0" placeholder:"N"`
	MaxBytes     int64         `name:"nats-max-bytes" help:"Greatest size of each stream on a server; 0 leaves it as it is, at first 1 GiB." default:"0" placeholder:"BYTES"`
	CacheBytes   int64         `name:"nats-cache-bytes" help:"Greatest size of the shared cache on a server; 0 leaves it as it is, at first 1 GiB." default:"0" placeholder:"BYTES"`
	MaxAge       time.Duration `name:"nats-max-age" help:"Time after which articles and answers go that nobody took; 0 leaves it as it is, at first 72h." default:"0" placeholder:"72h"`
}

// embedded is the URL that stands for a server in this process.
const embedded = "embedded"

// cluster reports whether a cluster is named.
func (f *natsFlags) cluster() bool { return f.URL != "" }

func (f *natsFlags) validate() error {
	return errors.Join(
		between("nats-replicas", f.Replicas, 0, 5),
		atLeast("nats-max-bytes", f.MaxBytes, 0),
		atLeast("nats-cache-bytes", f.CacheBytes, 0),
		atLeast("nats-max-age", f.MaxAge, 0),
		f.validateNames(),
		f.validateListen(),
	)
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
	case f.Creds != "" && f.URL == embedded:
		return errors.New("--nats-creds is not for an embedded server: it knows --nats-user")
	}
	return nil
}

// validateListen keeps articles from being read or answered by anybody on the
// network.
func (f *natsFlags) validateListen() error {
	if f.URL != embedded {
		return nil
	}
	host, port, err := net.SplitHostPort(f.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("--nats-listen %q is no address: write host:port", f.Listen)
	}
	if !isLoopback(host) && (f.User == "" || f.Cert == "") {
		return fmt.Errorf("--nats-listen %s can be reached from other machines: set --nats-user with a password, and --nats-cert with --nats-key; or use a loopback address such as 127.0.0.1", f.Listen)
	}
	return nil
}

// natsLink is a connection to a cluster, and the server in this process where
// there is one.
type natsLink struct {
	js     jetstream.JetStream
	server *server.Server // nil: the cluster is elsewhere
}

// connect connects to the cluster that the flags name. The embedded server keeps
// its store in dataDir.
func (f *natsFlags) connect(env *environment, dataDir string, log *slog.Logger) (*natsLink, error) {
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("--nats-cert and --nats-key belong together: name both")
	}
	link := new(natsLink)
	options, err := f.clientOptions(env, log)
	if err != nil {
		return nil, err
	}
	url := f.URL
	if url == embedded {
		if link.server, err = f.startServer(env, dataDir, log); err != nil {
			return nil, err
		}
		url = nats.DefaultURL // not dialled: the process needs no encryption to itself
		options = append(options, nats.InProcessServer(link.server))
	}
	connection, err := nats.Connect(url, options...)
	if err != nil {
		link.close()
		return nil, fmt.Errorf("--nats-url %s: %w", withoutSecrets(f.URL), err)
	}
	if link.js, err = jetstream.New(connection); err != nil {
		link.close()
		return nil, fmt.Errorf("--nats-url: %w", err)
	}
	return link, nil
}

// address is where others reach the cluster.
func (l *natsLink) address() string {
	if l.server != nil {
		return l.server.ClientURL()
	}
	return l.js.Conn().ConnectedUrlRedacted()
}

// close sends what is to be sent, and stops the server. Nothing is closed of a
// nil link.
func (l *natsLink) close() {
	if l == nil {
		return
	}
	if l.js != nil {
		_ = l.js.Conn().FlushTimeout(time.Second)
		l.js.Conn().Close()
	}
	if l.server != nil {
		l.server.Shutdown()
		l.server.WaitForShutdown()
	}
}

// withoutSecrets leaves names and passwords out of URLs.
func withoutSecrets(urls string) string {
	list := strings.Split(urls, ",")
	for i, url := range list {
		if at := strings.LastIndexByte(url, '@'); at >= 0 {
			scheme, _, _ := strings.Cut(url, "://")
			list[i] = scheme + "://" + url[at+1:]
		}
	}
	return strings.Join(list, ",")
}

// clientOptions are how this process connects, and comes back when a server is
// lost.
func (f *natsFlags) clientOptions(env *environment, log *slog.Logger) ([]nats.Option, error) {
	options := []nats.Option{
		nats.Name("summarizer " + versionOf()),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("the connection to a NATS server is lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			log.Warn("connected to a NATS server again", "server", c.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("the NATS cluster reports an error", "error", err)
		}),
	}
	if f.Creds != "" {
		if _, err := os.Stat(f.Creds); err != nil {
			return nil, fmt.Errorf("--nats-creds %s: %s", f.Creds, archive.Describe(err))
		}
		options = append(options, nats.UserCredentials(f.Creds))
	}
	if f.User != "" {
		password, err := f.password(env)
		if err != nil {
			return nil, err
		}
		options = append(options, nats.UserInfo(f.User, password))
	}
	if f.URL != embedded && (f.CA != "" || f.Cert != "") {
		config, err := f.tls()
		if err != nil {
			return nil, err
		}
		options = append(options, nats.Secure(config))
	}
	return options, nil
}

// maxPasswordBytes bounds a file that may be another than was meant.
const maxPasswordBytes = 4 << 10

func (f *natsFlags) password(env *environment) (string, error) {
	password := env.getenv("SUMMARIZER_NATS_PASSWORD")
	if f.PasswordFile != "" {
		data, err := readBounded(f.PasswordFile, maxPasswordBytes)
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

// tls returns what this side of a connection shows and whom it trusts.
func (f *natsFlags) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		data, err := readBounded(f.CA, 1<<20)
		if err != nil {
			return nil, fmt.Errorf("--nats-ca %s: %w", f.CA, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("--nats-ca %s holds no certificate in PEM form", f.CA)
		}
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, fmt.Errorf("--nats-cert %s with --nats-key %s: %w", f.Cert, f.Key, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// embeddedPayload is the greatest message of an embedded server: an article of a
// million bytes in the worst case, which is one that cannot be compressed.
const embeddedPayload = 8 << 20

// startServer starts a server with JetStream in this process.
func (f *natsFlags) startServer(env *environment, dataDir string, log *slog.Logger) (*server.Server, error) {
	directory, err := cacheDir(dataDir)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	if number == 0 {
		number = server.RANDOM_PORT
	}
	options := &server.Options{
		ServerName: "summarizer-" + strconv.Itoa(os.Getpid()),
		Host:       host,
		Port:       number,
		JetStream:  true,
		StoreDir:   filepath.Join(directory, "nats"),
		MaxPayload: embeddedPayload,
		NoSigs:     true,
	}
	if f.User != "" {
		options.Username = f.User
		if options.Password, err = f.password(env); err != nil {
			return nil, err
		}
	}
	if f.Cert != "" {
		if options.TLSConfig, err = f.tls(); err != nil {
			return nil, err
		}
		options.TLS, options.TLSTimeout = true, connectTimeout.Seconds()
		if f.CA != "" {
			options.TLSConfig.ClientCAs, options.TLSConfig.ClientAuth = options.TLSConfig.RootCAs, tls.RequireAndVerifyClientCert
		}
	}
	listener, err := net.Listen("tcp", f.Listen)
	if err != nil {
		return nil, fmt.Errorf("--nats-listen %s: %w: choose another address", f.Listen, listenCause(err))
	}
	_ = listener.Close() // the server would end the process
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("--nats-url embedded: %w", err)
	}
	s.SetLoggerV2(natsLog{log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, fmt.Errorf("--nats-url embedded: the server did not start within 10 s: is %s writable, and not used by another process?", options.StoreDir)
	}
	return s, nil
}

// natsLog passes on what goes wrong with an embedded server.
type natsLog struct{ log *slog.Logger }

func (l natsLog) Noticef(string, ...any) {}
func (l natsLog) Debugf(string, ...any)  {}
func (l natsLog) Tracef(string, ...any)  {}
func (l natsLog) Warnf(format string, args ...any) {
	if strings.HasPrefix(format, "Plaintext passwords") {
		return // it is in the memory of this process only
	}
	l.log.Warn("embedded NATS server", "message", fmt.Sprintf(format, args...))
}

func (l natsLog) Errorf(format string, args ...any) {
	l.log.Error("embedded NATS server", "message", fmt.Sprintf(format, args...))
}

func (l natsLog) Fatalf(format string, args ...any) { l.Errorf(format, args...) }

// sharedCache returns where the cache keeps what machines share; nil without a
// link.
func (f *natsFlags) sharedCache(link *natsLink) *cache.SharedOptions {
	if link == nil {
		return nil
	}
	return &cache.SharedOptions{JetStream: link.js, Prefix: f.Stream, Replicas: f.Replicas, MaxBytes: f.CacheBytes}
}

// streams opens the streams of runs.
func (f *natsFlags) streams(env *environment, link *natsLink) (*queue.Streams, error) {
	streams, err := queue.OpenStreams(env.ctx, link.js, queue.StreamOptions{
		Prefix: f.Stream, Replicas: f.Replicas, MaxBytes: f.MaxBytes, MaxAge: f.MaxAge,
	})
	if err != nil {
		return nil, fmt.Errorf("the NATS cluster at %s: %w", link.address(), err)
	}
	return streams, nil
}
