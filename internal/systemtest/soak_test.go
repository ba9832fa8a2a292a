package systemtest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/server"
)

const (
	soakSeconds  = 5
	soakRestarts = 10 // of the model, over the whole time

	// Certificates that the server has one after the other. Clients come anew more
	// often than these change.
	soakCertificates = 4

	// What may be there at the end beyond what was there after the warm-up.
	soakGoroutines = 10
	soakFiles      = 10
	soakRSS        = 32 << 20
	soakDisk       = 4 << 20
)

// TestSoak keeps half of the processors busy with the load of the storm, over TLS,
// while the model is restarted again and again and the server's certificate changes.
// Every request is answered, and at the end the process holds no more than after a
// fifth of the time.
func TestSoak(t *testing.T) {
	inTime(t, func() []string { return runSoak(t) })
}

func runSoak(t *testing.T) (late []string) {
	kinds := slices.DeleteFunc(faults(), func(f fault) bool { return f.reply == nil })
	fake := llmtest.NewHandler()
	fake.Default(stormReply(kinds))
	model := &restartable{handler: fake, address: "127.0.0.1:0"}
	model.start(t)
	defer model.stop()
	defer fake.Release()
	dir := t.TempDir()
	whole := soakSeconds * time.Second * time.Duration(testScale())
	certificates := newRotation(t, soakCertificates)
	s := startStackWith(t, stackOptions{
		dir:           dir,
		endpoint:      llm.Endpoint{BaseURL: "http://" + model.address + "/v1", Model: "m", APIKey: "none"},
		grace:         time.Second,
		tls:           certificates.files,
		roots:         certificates.roots,
		connectionAge: whole / (3 * soakCertificates),
	})
	defer s.stop()

	var answered atomic.Int64
	var mu sync.Mutex
	rate := max(soakRestarts, bearableRate(t, s))
	load := func(from, to int) {
		var wg sync.WaitGroup
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		every := soakSeconds * testScale() * rate / soakRestarts
		rotate := soakSeconds * testScale() * rate / soakCertificates
		for i := from; i < to; i++ {
			<-tick.C
			switch {
			case i%every == every/2:
				model.stop()
			case i%every == every/2+rate/5: // gone for a fifth of a second
				model.start(t)
			case i%rate == 0:
				fake.Forget()
			}
			if i > 0 && i%rotate == 0 && certificates.more() {
				certificates.next(t)
			}
			request, _ := stormRequest(i, kinds)
			wg.Go(func() {
				began := time.Now()
				_, err := s.analyze(t, stormDeadline, request)
				if took := time.Since(began); err != nil || took > stormDeadline {
					mu.Lock()
					defer mu.Unlock()
					late = append(late, fmt.Sprintf("no answer in time, after %v: %v", took, err))
					return
				}
				answered.Add(1)
			})
		}
		wg.Wait()
		fake.AwaitIdle(t)
		fake.Forget()
	}
	total := soakSeconds * testScale() * rate
	load(0, total/5)
	before := held(t, dir)
	load(total/5, total)
	after := held(t, dir)

	certificates.await(t, s.address)
	if n := int(answered.Load()); n+len(late) != total {
		t.Errorf("%d requests, %d answers, %d late", total, n, len(late))
	}
	for _, c := range []struct {
		what                string
		before, after, room int
	}{
		{"goroutines", before.goroutines, after.goroutines, soakGoroutines},
		{"files", before.files, after.files, soakFiles},
		{"bytes of RSS", before.rss, after.rss, soakRSS},
		{"bytes on disk", before.disk, after.disk, soakDisk},
	} {
		if c.after > c.before+c.room {
			t.Errorf("%d %s after the warm-up, %d at the end", c.before, c.what, c.after)
		}
	}
	t.Logf("%d requests at %d/s, %d answered in time; after the warm-up %v; at the end %v", total, rate, answered.Load(), before, after)
	return late
}

// rotation is a server's certificate that changes on disk.
type rotation struct {
	files server.TLSFiles
	roots *x509.CertPool // of all certificates
	pairs [][2]string    // files of certificates and keys; the first is in use
}

func newRotation(t *testing.T, certificates int) *rotation {
	t.Helper()
	dir := t.TempDir()
	r := &rotation{
		files: server.TLSFiles{Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")},
		roots: x509.NewCertPool(),
	}
	for range certificates {
		certificate, key := selfSigned(t)
		data, err := os.ReadFile(certificate)
		if err != nil || !r.roots.AppendCertsFromPEM(data) {
			t.Fatalf("certificate %s: %v", certificate, err)
		}
		r.pairs = append(r.pairs, [2]string{certificate, key})
	}
	r.put(t)
	return r
}

func (r *rotation) more() bool { return len(r.pairs) > 1 }

// next has the server use the next certificate, which it does when it looks at the
// files.
func (r *rotation) next(t *testing.T) {
	t.Helper()
	r.pairs = r.pairs[1:]
	r.put(t)
}

func (r *rotation) put(t *testing.T) {
	t.Helper()
	for i, to := range []string{r.files.Certificate, r.files.Key} {
		if err := os.Rename(r.pairs[0][i], to); err != nil {
			t.Fatal(err)
		}
	}
}

// await waits until the server shows the certificate that is in its file.
func (r *rotation) await(t *testing.T, address string) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(r.files.Certificate, r.files.Key)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(minute)
	for {
		conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: r.roots, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13})
		if err != nil {
			t.Fatal(err)
		}
		shown := conn.ConnectionState().PeerCertificates[0].Raw
		_ = conn.Close()
		if bytes.Equal(shown, pair.Certificate[0]) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not show its last certificate")
		}
	}
}

// restartable is a model server that comes back at the same address.
type restartable struct {
	handler http.Handler
	address string
	server  *http.Server
}

func (r *restartable) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	r.address = listener.Addr().String()
	r.server = &http.Server{Handler: r.handler, ReadHeaderTimeout: minute}
	go func() { _ = r.server.Serve(listener) }()
}

func (r *restartable) stop() { _ = r.server.Close() }

// holdings is what a process holds when it is idle.
type holdings struct{ goroutines, files, rss, disk int }

func (h holdings) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %d KB RSS, %d KB on disk", h.goroutines, h.files, h.rss>>10, h.disk>>10)
}

func held(t *testing.T, dir string) (h holdings) {
	t.Helper()
	debug.FreeOSMemory()
	h.goroutines = runtime.NumGoroutine()
	files, _ := os.ReadDir("/proc/self/fd") // none where there is no such thing
	h.files = len(files)
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, resident int
		if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
			t.Fatal(err)
		}
		h.rss = resident * os.Getpagesize()
	}
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			h.disk += int(info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}
