package systemtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	path        string // of its certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a := &authority{}
	a.certificate, a.key = a.sign(t, template)
	a.path = write(t, "ca.pem", string(encodeCertificate(a.certificate)))
	return a
}

// sign makes a certificate for a key of its own; without a certificate of the authority it
// signs itself.
func (a *authority) sign(t testing.TB, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, key
	if a.certificate != nil {
		parent, signer = a.certificate, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

// issue makes the files of a certificate for a host.
func (a *authority) issue(t testing.TB, host string) (certificate, key string) {
	t.Helper()
	signed, private := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, host+".pem", string(encodeCertificate(signed))),
		write(t, host+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

func encodeCertificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// portOf returns all addresses of this machine with the port of an address.
func portOf(t testing.TB, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return ":" + port
}

// TestHealthcheckFollowsTheServer runs the command of the image's HEALTHCHECK, which has no
// argument, beside servers with every form of access.
func TestHealthcheckFollowsTheServer(t *testing.T) {
	ca := newAuthority(t)
	certificate, key := ca.issue(t, "summarizer.example") // a name that no address of this machine has
	clientCertificate, clientKey := ca.issue(t, "robot.example")
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	if got := cli(t, nil, "", "keys", "add", "newsroom", "--clients", clients); got.code != exitOK {
		t.Fatal(got)
	}
	tlsOn := map[string]string{"SUMMARIZER_LISTEN_TLS_CERT": certificate, "SUMMARIZER_LISTEN_TLS_KEY": key}
	with := func(vars map[string]string, more ...string) map[string]string {
		all := map[string]string{}
		for name, value := range vars {
			all[name] = value
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	for name, test := range map[string]struct {
		vars map[string]string
		args []string // of healthcheck
		want string   // in its output, where it fails
	}{
		"plain text":        {},
		"TLS":               {vars: tlsOn},
		"TLS and keys":      {vars: with(tlsOn, "SUMMARIZER_CLIENTS", clients)},
		"a file":            {vars: map[string]string{"SUMMARIZER_CONFIG": write(t, "c.yaml", "listen-tls-cert: "+certificate+"\nlisten-tls-key: "+key+"\n")}},
		"verified":          {vars: tlsOn, args: []string{"--tls-ca", ca.path, "--tls-server-name", "summarizer.example"}},
		"another name":      {vars: tlsOn, args: []string{"--tls-ca", ca.path, "--tls-server-name", "other.example"}, want: "other.example"},
		"unknown authority": {vars: tlsOn, args: []string{"--tls"}, want: "does not answer"},
		"a certificate of each caller, at the admin address": {vars: with(tlsOn, "SUMMARIZER_LISTEN_TLS_CLIENT_CA", ca.path)},
		"a certificate of each caller, shown": {
			vars: with(tlsOn, "SUMMARIZER_LISTEN_TLS_CLIENT_CA", ca.path, "SUMMARIZER_ADMIN_LISTEN", ""),
			args: []string{"--tls-cert", clientCertificate, "--tls-key", clientKey},
		},
		"a certificate of each caller, and no admin address": {
			vars: with(tlsOn, "SUMMARIZER_LISTEN_TLS_CLIENT_CA", ca.path, "SUMMARIZER_ADMIN_LISTEN", ""),
			want: "--tls-cert",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.vars)
			vars := with(test.vars, "SUMMARIZER_LISTEN", portOf(t, s.grpc))
			if _, set := vars["SUMMARIZER_ADMIN_LISTEN"]; !set {
				vars["SUMMARIZER_ADMIN_LISTEN"] = portOf(t, s.admin)
			}
			got := cli(t, vars, "", append([]string{"healthcheck", "--timeout", "20s"}, test.args...)...)
			switch {
			case test.want == "":
				if got.code != exitOK || got.stdout != "SERVING\n" || got.stderr != "" {
					t.Errorf("%+v", got)
				}
			case got.code != 1 || !strings.Contains(got.stderr, test.want):
				t.Errorf("%+v, want %q", got, test.want)
			}
			s.stop()
			if got := cli(t, vars, "", append([]string{"healthcheck", "--timeout", "200ms"}, test.args...)...); got.code != 1 {
				t.Errorf("of nobody: %+v", got)
			}
		})
	}
	socket := "unix://" + filepath.Join(t.TempDir(), "grpc.sock")
	serve(t, tlsOn, "--listen", socket)
	if got := cli(t, with(tlsOn, "SUMMARIZER_LISTEN", socket), "", "healthcheck", "--timeout", "20s"); got.code != exitOK {
		t.Errorf("a Unix socket: %+v", got)
	}
}

// TestServeCheck gives everything that a server reads a fault, and looks for each of them.
func TestServeCheck(t *testing.T) {
	certificate, key := selfSigned(t)
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	if got := cli(t, nil, "", "keys", "add", "newsroom", "--clients", clients); got.code != exitOK {
		t.Fatal(got)
	}
	good := []string{
		"serve", "--check", "--listen", ":50051", "--listen-tls-cert", certificate, "--listen-tls-key", key, "--clients", clients,
		"--admin-token-file", write(t, "token", "secret"), "--data-dir", filepath.Join(t.TempDir(), "not", "there"),
		"--llm-model", "gpt", "--llm-base-url", "http://localhost:1/v1", "--nats-url", "nats://localhost:1", "--nats-user", "u",
		"--nats-password-file", write(t, "password", "secret"),
	}
	if got := cli(t, nil, "", good...); got.code != exitOK || got.stdout != "the settings can be used\n" || got.stderr != "" {
		t.Errorf("good settings: %+v", got)
	}
	// It runs beside a server that has the addresses and the directory.
	dir := t.TempDir()
	s := serve(t, nil, "--data-dir", dir)
	if got := cli(t, nil, "", "serve", "--check", "--listen", s.grpc, "--admin-listen", s.admin, "--data-dir", dir); got.code != exitOK {
		t.Errorf("beside a server: %+v", got)
	}
	bad := write(t, "bad", "{")
	got := cli(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere"}, "", "serve", "--check",
		"--listen", "0.0.0.0:50051", "--listen-tls-cert", bad, "--listen-tls-key", key, "--admin-token-file", filepath.Join(dir, "none"),
		"--data-dir", filepath.Join(bad, "dir"), "--taxonomy", bad, "--llm-model", "gpt", "--nats-url", "nats://localhost:1", "--nats-creds", filepath.Join(dir, "none"))
	for _, want := range []string{"--listen 0.0.0.0:50051", "TLS: ", "--admin-token-file", "the YAML is broken", "OPENAI_API_KEY", "--nats-creds", "--data-dir", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("nothing is said of %s in %s", want, got.stderr)
		}
	}
	if got.code != 1 || got.stdout != "" || strings.Count(got.stderr, "\n") != 8 {
		t.Errorf("bad settings: %+v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "not")); err == nil {
		t.Error("the check made a directory")
	}
}

func TestUnknownVariables(t *testing.T) {
	vars := map[string]string{"SUMMARIZER_LLM_MODLE": "gpt", "SUMMARIZER_PORT_50051_TCP": "tcp://10.0.0.1:50051", "SUMMARIZER_NATS_PASSWORD": "p"}
	got := cli(t, vars, "", "topics", "--json")
	if want := "summarizer: warning: the variable SUMMARIZER_LLM_MODLE sets nothing: did you mean SUMMARIZER_LLM_MODEL?\n"; got.code != exitOK || got.stderr != want {
		t.Errorf("%d, %q, want %q", got.code, got.stderr, want)
	}
	// It is said, too, where the mistake is what the command fails for, and in lines of JSON.
	got = cli(t, map[string]string{"SUMMARIZER_NATS_URLS": "nats://localhost"}, "", "worker", "--log-format", "json")
	if got.code != 1 || !strings.Contains(got.stderr, `"nearest":"SUMMARIZER_NATS_URL"`) {
		t.Errorf("%+v", got)
	}
}

// TestEmptyVariables holds the admin address to what its help says of an empty value, and
// other flags to their defaults.
func TestEmptyVariables(t *testing.T) {
	s := serve(t, map[string]string{"SUMMARIZER_ADMIN_LISTEN": "", "SUMMARIZER_LOG_LEVEL": "", "SUMMARIZER_STREAM_IN_FLIGHT": ""})
	if s.admin != "" {
		t.Errorf("the admin address is on, at %s", s.admin)
	}
	if got := cli(t, nil, "", "healthcheck", "--addr", s.grpc); got.code != exitOK {
		t.Errorf("%+v", got)
	}
}

// TestServiceManagerIsTold stands in for systemd, with a unit of Type=notify.
func TestServiceManagerIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify.sock")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	if err := manager.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	expect := func(want string) {
		t.Helper()
		data := make([]byte, 100)
		n, err := manager.Read(data)
		if err != nil || string(data[:n]) != want {
			t.Fatalf("%q, %v, want %q", data[:n], err, want)
		}
	}
	s := serve(t, map[string]string{"NOTIFY_SOCKET": path})
	expect("READY=1")
	s.hangup(t, "a reload is told", func() bool { return true })
	expect("RELOADING=1")
	expect("READY=1")
	s.stop()
	expect("STOPPING=1")
}
