package server

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

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
	load := func() (*tls.Config, error) {
		config, err := files.load()
		if err == nil {
			files.tellExpiry(config, tell)
		}
		return config, err
	}
	config, err := watch("tls", load, tell, paths...)
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

// HTTPConfig returns the configuration of a listener for HTTP/2 and HTTP/1.1; nil for a nil
// TLS.
func (t *TLS) HTTPConfig() *tls.Config {
	if t == nil {
		return nil
	}
	protocols := []string{"h2", "http/1.1"}
	return &tls.Config{
		MinVersion: t.config.get().MinVersion,
		NextProtos: protocols,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			config := t.config.get().Clone()
			config.NextProtos = protocols
			return config, nil
		},
	}
}

func (f TLSFiles) load() (*tls.Config, error) {
	pair, err := f.pair()
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

func (f TLSFiles) pair() (pair tls.Certificate, err error) {
	certificate, err := readPEM(f.Certificate)
	if err != nil {
		return pair, err
	}
	key, err := readPEM(f.Key)
	if err != nil {
		return pair, err
	}
	pair, err = tls.X509KeyPair(certificate, key)
	if err != nil && bytes.Contains(key, []byte("ENCRYPTED")) { // in its label, or in its header Proc-Type
		err = errors.New("the key is encrypted: decrypt it, such as with openssl pkey, into a file that the server alone can read")
	}
	return pair, err
}

// readPEM reads a file in PEM without a byte order mark, which would hide the first block.
func readPEM(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	return bytes.TrimPrefix(data, []byte("\ufeff")), err
}

// expirySoon is how long before its end a certificate is warned of, unless a third of its
// life is less: the short-lived ones of some authorities are renewed at two thirds.
const expirySoon = 14 * 24 * time.Hour

// tellExpiry shows when the certificates expire, and warns of expired ones, of others that
// will expire soon or are not valid yet, and of authorities that cannot be read.
func (f TLSFiles) tellExpiry(config *tls.Config, tell Watch) {
	tellExpiry(tell, "server", f.Certificate, parseCertificates(config.Certificates[0].Certificate))
	if f.ClientCA == "" {
		return
	}
	data, err := readPEM(f.ClientCA)
	if err != nil {
		return // it is read again when it changes
	}
	var roots [][]byte
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			roots = append(roots, block.Bytes)
		}
	}
	certificates := parseCertificates(roots)
	// pem.Decode passes over a block whose text is damaged.
	if begun := bytes.Count(data, []byte("-----BEGIN CERTIFICATE-----")); begun > len(certificates) {
		tell.Logger.Warn("some authorities cannot be read, and callers with their certificates are refused: replace them", "file", f.ClientCA, "unreadable", begun-len(certificates))
	}
	tellExpiry(tell, "client_ca", f.ClientCA, certificates)
}

// tellExpiry does so for the certificates of one file: the first one to expire counts, and the
// last one to become valid.
func tellExpiry(tell Watch, what, path string, certificates []*x509.Certificate) {
	if len(certificates) == 0 {
		return
	}
	first := slices.MinFunc(certificates, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
	life := first.NotAfter.Sub(first.NotBefore)
	tell.Metrics.CertificateExpires(what, first.NotAfter, life)
	about := []any{"file", path, "subject", first.Subject.String(), "not_after", first.NotAfter}
	last := slices.MaxFunc(certificates, func(a, b *x509.Certificate) int { return a.NotBefore.Compare(b.NotBefore) })
	if time.Now().Before(last.NotBefore) {
		tell.Logger.Warn("a certificate is not valid yet: callers refuse it, or are refused; replace it, or set the clock", "file", path, "subject", last.Subject.String(), "not_before", last.NotBefore)
	}
	switch left := time.Until(first.NotAfter); {
	case left <= 0:
		tell.Logger.Warn("a certificate has expired: callers refuse it, or are refused; replace it", about...)
	case left < min(expirySoon, life/3):
		tell.Logger.Warn("a certificate expires soon: replace it", about...)
	}
}

// parseCertificates returns the certificates that can be parsed.
func parseCertificates(encoded [][]byte) (certificates []*x509.Certificate) {
	for _, data := range encoded {
		if certificate, err := x509.ParseCertificate(data); err == nil {
			certificates = append(certificates, certificate)
		}
	}
	return certificates
}

// ReadRoots reads the certificates of authorities from a file in PEM.
func ReadRoots(path string) (*x509.CertPool, error) {
	data, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, errors.New(path + " holds no certificate in PEM")
	}
	return pool, nil
}
