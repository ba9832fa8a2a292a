package cluster

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// maxPayload is the largest message of an embedded server, in bytes: an article of
// a million bytes in the worst case, which is one that cannot be compressed.
const maxPayload = 8 << 20

// startTimeout is how long an embedded server may take to start.
const startTimeout = 10 * time.Second

// startServer starts a server with JetStream in this process.
func startServer(o Options) (*server.Server, error) {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another address", err)
	}
	address, _ := listener.Addr().(*net.TCPAddr)
	_ = listener.Close() // the server would end the process where it cannot listen
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, err
	}
	options := &server.Options{
		ServerName: "summarizer-" + strconv.Itoa(os.Getpid()),
		Host:       host,
		Port:       address.Port,
		Username:   o.User,
		Password:   o.Password,
		JetStream:  true,
		StoreDir:   o.StoreDir,
		MaxPayload: maxPayload,
		NoSigs:     true,
	}
	if port == "0" {
		options.Port = server.RANDOM_PORT
	}
	if o.TLS != nil {
		options.TLS, options.TLSTimeout, options.TLSConfig = true, connectTimeout.Seconds(), o.TLS
		if o.TLS.ClientCAs != nil {
			options.TLSConfig = o.TLS.Clone()
			options.TLSConfig.ClientAuth = tls.RequireAndVerifyClientCert
		}
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, err
	}
	s.SetLoggerV2(serverLog{o.Logger}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) {
		s.Shutdown()
		return nil, fmt.Errorf("the server did not start within %v: is %s writable, and not used by another process?", startTimeout, options.StoreDir)
	}
	return s, nil
}

// serverLog passes on what goes wrong with an embedded server.
type serverLog struct{ log *slog.Logger }

// Noticef implements server.Logger.
func (serverLog) Noticef(string, ...any) {}

// Debugf implements server.Logger.
func (serverLog) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (serverLog) Tracef(string, ...any) {}

// Warnf implements server.Logger.
func (l serverLog) Warnf(format string, args ...any) {
	if strings.HasPrefix(format, "Plaintext passwords") {
		return // it is in the memory of this process only
	}
	l.log.Warn("embedded NATS server", "message", fmt.Sprintf(format, args...))
}

// Errorf implements server.Logger.
func (l serverLog) Errorf(format string, args ...any) {
	l.log.Error("embedded NATS server", "message", fmt.Sprintf(format, args...))
}

// Fatalf implements server.Logger.
func (l serverLog) Fatalf(format string, args ...any) { l.Errorf(format, args...) }
