package server

import (
	"bytes"
	"encoding/pem"
	"os"
	"strings"
	"testing"
)

// Files in PEM are read however tools write them; what cannot be used is said, and no
// authority is left out in silence.
func TestFilesOfTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	second := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.certificate.Raw})
	damaged := append([]byte("-----BEGIN CERTIFICATE-----\n=====\n"), second...)
	unknown := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no certificate")})
	mark := []byte("\ufeff")
	crlf := func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")) }
	for name, test := range map[string]struct {
		certificate, key, ca func([]byte) []byte // what is made of the file; nil: it stays
		want                 string              // in the error, or in the log
		ok                   bool
	}{
		"as they are":       {ok: true},
		"CRLF":              {certificate: crlf, key: crlf, ca: crlf, ok: true},
		"byte order marks":  {certificate: prefix(mark), key: prefix(mark), ca: prefix(mark), ok: true},
		"comments":          {certificate: prefix([]byte("# server\n")), key: prefix([]byte("Key:\n")), ca: prefix([]byte("\n")), ok: true},
		"two authorities":   {ca: prefix(second), ok: true},
		"damaged authority": {ca: prefix(damaged[:len(damaged)-len(second)]), want: "unreadable=1", ok: true},
		"unknown authority": {ca: prefix(unknown), want: "unreadable=1", ok: true},
		"no authority":      {ca: func([]byte) []byte { return nil }, want: "ca.pem holds no certificate in PEM"},
		"encrypted key": {key: func([]byte) []byte {
			return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("sealed")})
		}, want: "the key is encrypted"},
		"no key": {key: func([]byte) []byte { return nil }, want: "server.key"},
	} {
		files, _ := ca.writeServer(t, t.TempDir())
		for path, change := range map[string]func([]byte) []byte{files.Certificate: test.certificate, files.Key: test.key, files.ClientCA: test.ca} {
			if change == nil {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			replace(t, path, change(data))
		}
		var log logBuffer
		encrypted, err := OpenTLS(files, Watch{Logger: log.logger()})
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		said := log.String()
		if err != nil {
			said = err.Error()
		} else {
			encrypted.Close()
			authorities := ca.pool()
			if name == "two authorities" {
				authorities.AddCert(other.certificate)
			}
			if !encrypted.config.get().ClientCAs.Equal(authorities) {
				t.Errorf("%s: other authorities count", name)
			}
		}
		if !strings.Contains(said, test.want) || test.want == "" && said != "" {
			t.Errorf("%s: %q is said, want %q", name, said, test.want)
		}
	}
}

// prefix returns what puts text in front of data.
func prefix(text []byte) func(data []byte) []byte {
	return func(data []byte) []byte { return append(bytes.Clone(text), data...) }
}
