package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
)

// TLSFiles names the files of a server's TLS, in PEM.
type TLSFiles struct {
	Certificate string // with the chain up to the root
	Key         string
	ClientCA    string // roots of client certificates; empty: none are asked for
	MinVersion  uint16 // 0 means TLS 1.3

	// ClientOptional lets callers in without a certificate, which then show
	// another credential.
	ClientOptional bool
}

// TLS encrypts the connections of a server with files that are read again when
// they change. It is safe for concurrent use.
type TLS struct {
	config *watchedFiles[*tls.Config]
}

// OpenTLS reads the files and watches them until Close. Files that cannot be
// used after a change are reported once, and what was read before stays.
// Connections keep the certificate that they began with.
func OpenTLS(files TLSFiles, tell Watch) (*TLS, error) {
	paths := []string{files.Certificate, files.Key}
	if files.ClientCA != "" {
		paths = append(paths, files.ClientCA)
	}
	config, err := watch("tls", files.load, tell, paths...)
	if err != nil {
		return nil, err
	}
	config.start()
	return &TLS{config}, nil
}

// Close stops watching the files.
func (t *TLS) Close() { t.config.close() }

// Reload reads the files at once. With an error, what was read before stays in force.
func (t *TLS) Reload() error { return t.config.reload() }

// Credentials returns what Options.Credentials takes.
func (t *TLS) Credentials() credentials.TransportCredentials {
	return credentials.NewTLS(&tls.Config{
		MinVersion: t.config.get().MinVersion,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return t.config.get(), nil
		},
	})
}

func (f TLSFiles) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s and key %s: %w", f.Certificate, f.Key, err)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{pair},
		MinVersion:   tls.VersionTLS13,
		NextProtos:   []string{"h2"},
	}
	if f.MinVersion != 0 {
		config.MinVersion = f.MinVersion
	}
	if f.ClientCA == "" {
		return config, nil
	}
	if config.ClientCAs, err = ReadRoots(f.ClientCA); err != nil {
		return nil, err
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	if f.ClientOptional {
		config.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return config, nil
}

// ReadRoots reads the certificates of authorities from a file in PEM.
func ReadRoots(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, errors.New(path + " holds no certificate in PEM")
	}
	return pool, nil
}
