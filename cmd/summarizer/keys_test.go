package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// selfSigned writes a certificate for 127.0.0.1 that is its own authority.
func selfSigned(t testing.TB) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "server.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		write(t, "server.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// A server with TLS and keys takes calls of clients that have a key, with the flags
// that the documentation shows.
func TestServeWithTLSAndKeys(t *testing.T) {
	certificate, key := selfSigned(t)
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	added := cli(t, nil, "", "keys", "add", "newsroom", "--clients", clients, "--requests-per-second", "50")
	if added.code != exitOK || !strings.HasPrefix(added.stdout, "smz_") {
		t.Fatalf("keys add: %+v", added)
	}
	s := serve(t, nil, "--listen-tls-cert", certificate, "--listen-tls-key", key, "--clients", clients)

	article := "The ferry to Holm Island runs again after six weeks of repairs."
	analyze := func(args ...string) result {
		return cli(t, nil, article, append([]string{"analyze", "--addr", s.grpc, "-"}, args...)...)
	}
	if got := analyze("--tls-ca", certificate, "--api-key-file", write(t, "key", added.stdout)); got.code != exitOK || !strings.Contains(got.stdout, "ferry") {
		t.Errorf("with a key: %+v", got)
	}
	if got := analyze("--tls-ca", certificate); got.code == exitOK || !strings.Contains(got.stderr, "CREDENTIALS_MISSING") {
		t.Errorf("without a key: %+v", got)
	}
	if got := analyze(); got.code == exitOK {
		t.Errorf("in plain text: %+v", got)
	}
	if got := cli(t, nil, "", "healthcheck", "--addr", s.grpc, "--tls-ca", certificate); got.code != exitOK {
		t.Errorf("healthcheck: %+v", got)
	}
	if log := s.stop().stderr; !strings.Contains(log, `"client":"newsroom"`) || strings.Contains(log, strings.TrimSpace(added.stdout)) {
		t.Errorf("the log: %s", log)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s") // the path of a socket is short

	// What a killed server leaves.
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	_ = stale.Close()

	serve(t, nil, "--listen", "unix://"+path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the socket: %v, %v", info, err)
	}
	if got := cli(t, nil, "", "healthcheck", "--addr", "unix://"+path); got.code != exitOK {
		t.Errorf("healthcheck: %+v", got)
	}
	got := cli(t, nil, "", "serve", "--listen", "unix://"+path, "--data-dir", t.TempDir())
	oneLine(t, got.stderr, "another server listens there")
	file := write(t, "file", "text")
	got = cli(t, nil, "", "serve", "--listen", "unix://"+file, "--data-dir", t.TempDir())
	oneLine(t, got.stderr, "not a socket")
}

func TestAccessFlagsRefuse(t *testing.T) {
	certificate, key := selfSigned(t)
	encrypted := []string{"--listen-tls-cert", certificate, "--listen-tls-key", key}
	empty := write(t, "empty", "")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "--listen", "0.0.0.0:0"}, "--insecure"},
		{append([]string{"serve", "--listen", "0.0.0.0:0"}, encrypted...), "--insecure"},
		{[]string{"serve", "--listen", "0.0.0.0:0", "--clients", empty}, "--insecure"},
		{append([]string{"serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "0.0.0.0:0", "--clients", empty}, encrypted...), "--admin-listen"},
		{[]string{"serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "", "--listen-tls-cert", certificate}, "--listen-tls-key"},
		{[]string{"serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "", "--listen-tls-client-ca", certificate}, "needs TLS"},
		{[]string{"serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "", "--listen-tls-cert", empty, "--listen-tls-key", key}, "TLS"},
		{[]string{"serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "", "--clients", empty + "x"}, "--clients"},
		{[]string{"serve", "--max-streams", "0"}, "--max-streams"},
		{[]string{"healthcheck", "--addr", "192.0.2.1:1", "--timeout", "100ms", "--api-key-file", write(t, "k", "smz_x")}, "192.0.2.1"},
		{[]string{"healthcheck", "--tls-cert", certificate}, "--tls-key"},
		{[]string{"healthcheck", "--tls-ca", empty}, "--tls-ca"},
		{[]string{"healthcheck", "--api-key-file", empty}, "--api-key-file"},
	} {
		got := cli(t, map[string]string{"SUMMARIZER_DATA_DIR": t.TempDir()}, "", test.args...)
		if got.code != exitUsage {
			t.Errorf("%v: exit code %d", test.args, got.code)
		}
		oneLine(t, got.stderr, test.want)
	}
}

func TestKeysCommands(t *testing.T) {
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	vars := map[string]string{"SUMMARIZER_CLIENTS": clients}
	keys := func(args ...string) result { return cli(t, vars, "", append([]string{"keys"}, args...)...) }
	first := keys("add", "newsroom", "--rpc", "SummarizeArticle", "--rpc", "ListTopics", "--articles-in-flight", "8")
	second := keys("add", "newsroom")
	if first.code != exitOK || first.stdout == second.stdout {
		t.Fatalf("%+v, %+v", first, second)
	}
	if got := keys("add", "robot", "--certificate", "dns:robot.example"); got.code != exitOK || got.stdout != "" {
		t.Errorf("a client with a certificate: %+v", got)
	}
	data, err := os.ReadFile(clients)
	if err != nil || strings.Contains(string(data), strings.TrimSpace(first.stdout)) {
		t.Errorf("the file holds the key itself, or %v", err)
	}
	list := keys("list")
	lines := strings.Split(strings.TrimSpace(list.stdout), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "SummarizeArticle,ListTopics") || !strings.Contains(lines[2], "robot.example") {
		t.Fatalf("keys list:\n%s%s", list.stdout, list.stderr)
	}
	hashes := strings.Split(strings.Fields(lines[1])[1], ",")
	if len(hashes) != 2 {
		t.Fatalf("hashes of two keys: %v", hashes)
	}
	if got := keys("remove", "newsroom", "--key", hashes[0]); got.code != exitOK {
		t.Errorf("remove a key: %+v", got)
	}
	if got := keys("list"); strings.Contains(got.stdout, hashes[0]) || !strings.Contains(got.stdout, hashes[1]) {
		t.Errorf("after a key is removed: %s", got.stdout)
	}
	if got := keys("remove", "robot"); got.code != exitOK || strings.Contains(keys("list").stdout, "robot") {
		t.Errorf("remove a client: %+v", got)
	}
	oneLine(t, keys("remove", "nobody").stderr, "nobody", "keys list")
	oneLine(t, keys("remove", "newsroom", "--key", "zz").stderr, "--key")
	oneLine(t, keys("add", "a b").stderr, "name")
	oneLine(t, keys("add", "a", "--rpc", "Nothing").stderr, "ListTopics")
	oneLine(t, cli(t, nil, "", "keys", "list").stderr, "--clients")
}

// Rights, quotas and expiry change without one more key.
func TestKeysSet(t *testing.T) {
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	vars := map[string]string{"SUMMARIZER_CLIENTS": clients}
	keys := func(args ...string) result { return cli(t, vars, "", append([]string{"keys"}, args...)...) }
	row := func() []string {
		return strings.Fields(strings.Split(keys("list").stdout, "\n")[1])
	}
	if got := keys("add", "a", "--rpc", "ListTopics", "--requests-per-second", "5", "--expires", "2100-01-31"); got.code != exitOK {
		t.Fatalf("%+v", got)
	}
	before := row()
	for _, test := range []struct {
		args   []string
		column int
		want   string
	}{
		{[]string{"--rpc", "all"}, 6, "all"},
		{[]string{"--requests-per-second", "0"}, 7, "-"},
		{[]string{"--articles-per-second", "2.5"}, 8, "2.5"},
		{[]string{"--articles-in-flight", "9"}, 9, "9"},
		{[]string{"--streams", "3"}, 10, "3"},
		{[]string{"--certificate", "uri:spiffe://x/y"}, 4, "uri:spiffe://x/y"},
		{[]string{"--subject", "auth0|a,b"}, 5, "auth0|a,b"},
		{[]string{"--expires", "never"}, 3, "never"},
		{[]string{"--expires", "2100-02-28", "--key", before[1][:6]}, 3, "2100-03-01T00:00:00Z"},
	} {
		before := row()
		if got := keys(append([]string{"set", "a"}, test.args...)...); got.code != exitOK || got.stdout != "" {
			t.Errorf("%v: %+v", test.args, got)
		}
		after := row()
		if before[test.column] == test.want || after[test.column] != test.want {
			t.Errorf("%v: %q, was %q, want %q", test.args, after[test.column], before[test.column], test.want)
		}
		if after[test.column] = before[test.column]; strings.Join(after, " ") != strings.Join(before, " ") {
			t.Errorf("%v changes more: %v, was %v", test.args, after, before)
		}
	}
	if after := row(); after[1] != before[1] {
		t.Errorf("keys %s, were %s", after[1], before[1])
	}
	if got := keys("remove", "a", "--certificate", "uri:spiffe://x/y"); got.code != exitOK || row()[4] != "-" {
		t.Errorf("remove a certificate: %+v", got)
	}
	if got := keys("remove", "a", "--subject", "auth0|a,b"); got.code != exitOK || row()[5] != "-" {
		t.Errorf("remove a subject: %+v", got)
	}
	oneLine(t, keys("remove", "a", "--subject", "auth0|a,b").stderr, "auth0|a,b")
	oneLine(t, keys("add", "c", "--subject", "c", "--output", "c.key").stderr, "--subject")
	oneLine(t, keys("add", "c", "--subject", "").stderr, "subject 1")
	oneLine(t, keys("set", "a", "--key", before[1][:6]).stderr, "--expires")
	oneLine(t, keys("add", "c", "--certificate", "dns:c.example", "--expires", "1h").stderr, "--certificate")
	if got := keys("add", "c", "--certificate", "dns:c.example"); got.code != exitOK {
		t.Errorf("%+v", got)
	}
	oneLine(t, keys("set", "c", "--expires", "1h").stderr, "no key")
	oneLine(t, keys("set", "b", "--streams", "1").stderr, `no client "b"`)
	oneLine(t, keys("set", "a", "--expires", "soon").stderr, "--expires", "90d")
	oneLine(t, keys("set", "a", "--expires", "2001-01-01").stderr, "future")
	oneLine(t, keys("set", "a", "--expires", "1h", "--key", "zz").stderr, "zz")
	oneLine(t, keys("set", "a", "--streams=-1").stderr, "streams")
	oneLine(t, keys("remove", "a", "--certificate", "dns:x").stderr, "dns:x")
}

// A key in a file is its owner's alone. Where it cannot be had, no client is added, and
// where no client can be added, there is no key.
func TestKeysOutput(t *testing.T) {
	dir := t.TempDir()
	clients, key := filepath.Join(dir, "clients.yaml"), filepath.Join(dir, "a.key")
	add := func(args ...string) result {
		return cli(t, nil, "", append([]string{"keys", "add", "a", "--clients", clients, "--output", key}, args...)...)
	}
	if got := add("--rpc", "Nothing"); got.code != exitUsage {
		t.Errorf("a client that cannot be added: %+v", got)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("there is a key of no client")
	}
	if got := add(); got.code != exitOK || got.stdout != "" {
		t.Fatalf("%+v", got)
	}
	secret, err := os.ReadFile(key)
	if info, _ := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 || !strings.HasPrefix(string(secret), "smz_") {
		t.Errorf("%q, %v, %v", secret, info.Mode(), err)
	}
	before, _ := os.ReadFile(clients)
	got := add()
	oneLine(t, strings.ReplaceAll(got.stderr, "\n", "")+"\n", "not overwritten")
	if after, _ := os.ReadFile(clients); string(after) != string(before) {
		t.Error("a key is added that nobody has")
	}
	s := serve(t, nil, "--clients", clients)
	if got := cli(t, nil, "The ferry runs again. It was out of service.", "analyze", "--addr", s.grpc, "--api-key-file", key, "-"); got.code != exitOK {
		t.Errorf("a call with the key: %+v", got)
	}
}

// A variable of a shell that is not set, or a slip with the file of the key, changes nothing:
// "--key $HASH" must not remove the client, nor "--expires $DAY" make a key for ever.
func TestKeysSlips(t *testing.T) {
	clients := write(t, "clients.yaml", "clients:\n- name: a\n")
	before, err := os.ReadFile(clients)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"remove", "a", "--key", ""},
		{"remove", "a", "--key="},
		{"remove", "a", "--certificate", ""},
		{"remove", "a", "--subject", ""},
		{"add", "a", "--expires", ""},
		{"add", "a", "--output", ""},
		{"add", "a", "--rpc", ""},
		{"add", "a", "--certificate", ""},
		{"add", "a", "--subject", ""},
		{"set", "a", "--expires", ""},
		{"set", "a", "--rpc", ""},
		{"set", "a", "--expires", "1h", "--key", ""},
		{"list", "--clients", ""},
		{"add", "a", "--output", "-"},
		{"add", "a", "--output", clients},
		{"add", "a", "--output", clients + ".lock"},
		{"add", "a", "--output", filepath.Dir(clients) + "/./clients.yaml.tmp"},
	} {
		got := cli(t, map[string]string{"SUMMARIZER_CLIENTS": clients}, "", append([]string{"keys"}, args...)...)
		if got.code != exitUsage || got.stdout != "" {
			t.Errorf("%q: %+v", args, got)
		}
		oneLine(t, got.stderr, "")
		if after, err := os.ReadFile(clients); err != nil || string(after) != string(before) {
			t.Fatalf("%q: the file holds %q, %v", args, after, err)
		}
	}
	oneLine(t, cli(t, nil, "", "serve", "--clients", "").stderr, "--clients is empty")
}

// A file of clients that root makes is readable by root alone, which the command says.
func TestKeysSayWhoCanReadThem(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the test is about what root does")
	}
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	add := func() string { return cli(t, nil, "", "keys", "add", "a", "--clients", clients).stderr }
	oneLine(t, add(), "only root can read", "chown")
	if err := os.Chown(clients, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if got := add(); got != "" {
		t.Errorf("a file of another user: %q", got)
	}
}

// Clients that are added at once are all there.
func TestKeysAddedAtOnce(t *testing.T) {
	vars := map[string]string{"SUMMARIZER_CLIENTS": filepath.Join(t.TempDir(), "clients.yaml")}
	const clients = 16
	var adding sync.WaitGroup
	for i := range clients {
		adding.Go(func() {
			if got := cli(t, vars, "", "keys", "add", fmt.Sprintf("client-%d", i)); got.code != exitOK {
				t.Errorf("client %d: %+v", i, got)
			}
		})
	}
	adding.Wait()
	list := cli(t, vars, "", "keys", "list").stdout
	if n := strings.Count(list, "client-"); n != clients {
		t.Errorf("%d of %d clients are there:\n%s", n, clients, list)
	}
}
