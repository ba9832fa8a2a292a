// Package systemtest holds the tests of the whole: of the program, which they build
// and execute, and of the service with every real part behind a socket.
package systemtest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// root is the directory of the module.
const root = "../.."

// Exit codes of the program.
const (
	exitOK          = 0
	exitSomeFailed  = 2
	exitInterrupted = 130
)

// tempDir is a directory for the program, and for its files where no test names another
// place.
var tempDir string

func TestMain(m *testing.M) {
	runTool()
	if size := os.Getenv(asEcho); size != "" {
		serveEcho(size)
	}
	var err error
	if tempDir, err = os.MkdirTemp("", "summarizer-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(tempDir)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// build builds the program, under the race detector where the tests are, and
// returns its path.
var build = sync.OnceValues(func() (string, error) {
	// The go command keeps the result of a test until a file that the test itself
	// looked at changes: files that the build reads do not count.
	if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case !entry.IsDir():
			_, err = os.Stat(path)
		}
		return err
	}); err != nil {
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(tempDir, "summarizer"))
	if err != nil {
		return "", err
	}
	args := []string{"build", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	command := exec.Command("go", append(args, "./cmd/summarizer")...)
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, output)
	}
	return path, nil
})

// program returns the path of the program.
func program(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// result is what a run of the program left.
type result struct {
	code           int
	stdout, stderr string
}

// cli runs the program to its end. The environment is vars and nothing else.
func cli(t testing.TB, vars map[string]string, stdin string, args ...string) result {
	t.Helper()
	command := exec.CommandContext(t.Context(), program(t), args...)
	command.Env = environ(vars, tempDir)
	command.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func environ(vars map[string]string, home string) []string {
	all := []string{"HOME=" + home, "GORACE=atexit_sleep_ms=0"} // else each run under the race detector sleeps a second
	for name, value := range vars {
		all = append(all, name+"="+value)
	}
	return all
}

// process is the program while it runs.
type process struct {
	command *exec.Cmd
	stderr  *bufio.Scanner
}

func start(t *testing.T, stdin string, args ...string) *process {
	t.Helper()
	return startBy(t, nil, stdin, args...)
}

// startBy starts the program by a command that runs another one; by may be empty.
func startBy(t *testing.T, by []string, stdin string, args ...string) *process {
	t.Helper()
	args = slices.Concat(by, []string{program(t)}, args)
	command := exec.CommandContext(t.Context(), args[0], args[1:]...)
	command.Env = environ(nil, t.TempDir())
	command.Stdin = strings.NewReader(stdin)
	command.WaitDelay = 10 * time.Second
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return &process{command, bufio.NewScanner(stderr)}
}

// await reads standard error up to a line that holds text.
func (p *process) await(t *testing.T, text string) {
	t.Helper()
	for p.stderr.Scan() {
		if strings.Contains(p.stderr.Text(), text) {
			return
		}
	}
	t.Fatalf("the program ended without a line that holds %q", text)
}

func (p *process) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// end waits for the program and returns its exit code.
func (p *process) end(t *testing.T) int {
	t.Helper()
	for p.stderr.Scan() {
		continue
	}
	err := p.command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return p.command.ProcessState.ExitCode()
}

// testServer is the program as a server.
type testServer struct {
	grpc, http, admin, nats string // addresses
	pid                     int
	stop                    func() result // ends it in order
}

// serve starts a server on free ports with a data directory of its own and waits
// until it is ready.
func serve(t testing.TB, vars map[string]string, args ...string) *testServer {
	t.Helper()
	return serveBy(t, nil, vars, args...)
}

// serveBy does the same by a command that runs another one in its own place; by may be
// empty.
func serveBy(t testing.TB, by []string, vars map[string]string, args ...string) *testServer {
	t.Helper()
	return serveProgram(t, append(slices.Clone(by), program(t)), vars, args...)
}

// serveProgram does the same with a program of any version, which may come after the words
// of a command that runs it.
func serveProgram(t testing.TB, program []string, vars map[string]string, args ...string) *testServer {
	t.Helper()
	if _, set := vars["SUMMARIZER_ADMIN_LISTEN"]; !set {
		args = append([]string{"--admin-listen", "127.0.0.1:0"}, args...)
	}
	args = slices.Concat(program, []string{
		"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir", t.TempDir(),
	}, args)
	command := exec.CommandContext(t.Context(), args[0], args[1:]...)
	command.Env = append([]string{"SUMMARIZER_HTTP_LISTEN=127.0.0.1:0"}, environ(vars, tempDir)...) // a flag that earlier versions lack
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 20 * time.Second
	logs, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan *testServer, 1)
	var stderr bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			stderr.WriteString(lines.Text() + "\n")
			var line struct{ Msg, GRPC, HTTP, Admin, NATS string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
				ready <- &testServer{grpc: line.GRPC, http: line.HTTP, admin: line.Admin, nats: line.NATS, pid: command.Process.Pid}
			}
		}
	}()
	stop := sync.OnceValue(func() result {
		_ = command.Process.Signal(syscall.SIGTERM)
		<-read
		_ = command.Wait()
		return result{code: command.ProcessState.ExitCode(), stderr: stderr.String()}
	})
	t.Cleanup(func() { stop() })
	select {
	case s := <-ready:
		s.stop = stop
		return s
	case <-read:
		t.Fatalf("the server did not start: %s", stderr.String())
	case <-time.After(20 * time.Second):
		t.Fatal("the server was not ready in time")
	}
	return nil
}

// write makes a file in a directory of the test.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// get returns the body of a page of an admin address.
func get(t testing.TB, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// selfSigned makes a certificate for 127.0.0.1 that is its own authority.
func selfSigned(t testing.TB) (certificate, key string) {
	t.Helper()
	certificatePEM, keyPEM, err := certify()
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "server.pem", string(certificatePEM)), write(t, "server.key", string(keyPEM))
}

func certify() (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), nil
}
