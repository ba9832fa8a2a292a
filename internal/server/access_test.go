package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/oidc"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// authority signs certificates for the test.
type authority struct {
	server      *x509.Certificate // what certificates of servers have besides their names; may be nil
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{}
	a.certificate, a.key = a.sign(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) sign(t testing.TB, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
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

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func (a *authority) client(t testing.TB, name string, notAfter time.Time) tls.Certificate {
	t.Helper()
	c, key := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: notAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key}
}

// writeServer puts a new certificate for 127.0.0.1 into dir and returns its
// serial number.
func (a *authority) writeServer(t testing.TB, dir string) (files TLSFiles, serial *big.Int) {
	t.Helper()
	template := &x509.Certificate{}
	if a.server != nil {
		template = a.server
	}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	c, key := a.sign(t, template)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files = TLSFiles{Certificate: filepath.Join(dir, "server.pem"), Key: filepath.Join(dir, "server.key"), ClientCA: filepath.Join(dir, "ca.pem")}
	replace(t, files.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	replace(t, files.Certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	replace(t, files.ClientCA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
	return files, c.SerialNumber
}

// replace puts a new file in the place of path, so that a change always shows.
func replace(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// callers is a file of clients that a test writes.
type callers struct {
	*Clients
	path string
	log  logBuffer
}

func openCallers(t testing.TB, entries ...ClientEntry) *callers {
	t.Helper()
	return openCallersOf(t, nil, entries...)
}

// openCallersOf lets callers show tokens of an issuer.
func openCallersOf(t testing.TB, issuer *oidc.Issuer, entries ...ClientEntry) *callers {
	t.Helper()
	c := &callers{path: filepath.Join(t.TempDir(), "clients.yaml")}
	c.write(t, entries...)
	var err error
	if c.Clients, err = OpenClients(c.path, issuer, Watch{Logger: c.log.logger()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (c *callers) write(t testing.TB, entries ...ClientEntry) {
	t.Helper()
	if err := writeClients(c.path, entries); err != nil {
		t.Fatal(err)
	}
}

// dialTLS connects to address with a certificate, or without one.
func dialTLS(t testing.TB, address string, roots *x509.CertPool, certificates ...tls.Certificate) *grpc.ClientConn {
	t.Helper()
	return dialWith(t, address, credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: certificates, MinVersion: tls.VersionTLS13}))
}

func dialWith(t testing.TB, address string, c credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn := dialPort(t, address, c, nil)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func withKey(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, authorizationHeader, bearer+key)
}

// summarize makes one call and returns the code and reason of its end.
func summarize(ctx context.Context, conn *grpc.ClientConn, options ...grpc.CallOption) (codes.Code, string) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := summarizerv1.NewSummarizerServiceClient(conn).SummarizeArticle(ctx, &summarizerv1.SummarizeArticleRequest{Article: textArticle("The ferry runs again.")}, options...)
	return status.Code(err), reasonIn(err)
}

func reasonIn(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return ""
}

// Who calls is known by a key, and may do what the file says until it does not
// say so any more. No key shows in the log.
func TestKeys(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		all, allHash := NewKey()
		topics, topicsHash := NewKey()
		stranger, _ := NewKey()
		entries := []ClientEntry{
			{Name: "all", Keys: []ClientKey{allHash}},
			{Name: "topics", Keys: []ClientKey{topicsHash}, RPCs: []string{"ListTopics"}},
		}
		file := openCallers(t, entries...)
		var seen sync.Map
		service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
			seen.Store(r.Client, true)
			return sampleResult(r), nil
		}}
		var log logBuffer
		_, conn := connect(t, service, Options{Clients: file.Clients, Logger: log.logger()})

		ctx := t.Context()
		for _, test := range []struct {
			name   string
			ctx    context.Context
			code   codes.Code
			reason string
		}{
			{"none", ctx, codes.Unauthenticated, "CREDENTIALS_MISSING"},
			{"unknown", withKey(ctx, stranger), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"hash", withKey(ctx, allHash.SHA256), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"two", withKey(withKey(ctx, all), all), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"huge", withKey(ctx, strings.Repeat("x", 5000)), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"basic", metadata.AppendToOutgoingContext(ctx, authorizationHeader, "Basic "+all), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"empty", metadata.AppendToOutgoingContext(ctx, authorizationHeader, "Bearer "), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"of another right", withKey(ctx, topics), codes.PermissionDenied, "PERMISSION_DENIED"},
			{"good", withKey(ctx, all), codes.OK, ""},
			{"lower case", metadata.AppendToOutgoingContext(ctx, authorizationHeader, "bearer "+all), codes.OK, ""},
		} {
			if code, reason := summarize(test.ctx, conn); code != test.code || reason != test.reason {
				t.Errorf("%s: %v %s, want %v %s", test.name, code, reason, test.code, test.reason)
			}
		}
		for _, header := range []string{all, "Basic " + all, "Bearer"} {
			_, err := summarizerv1.NewSummarizerServiceClient(conn).ListTopics(metadata.AppendToOutgoingContext(ctx, authorizationHeader, header), &summarizerv1.ListTopicsRequest{})
			if status.Code(err) != codes.Unauthenticated || !strings.Contains(status.Convert(err).Message(), "the word Bearer") {
				t.Errorf("a header without Bearer: %v", err)
			}
		}
		if _, err := summarizerv1.NewSummarizerServiceClient(conn).ListTopics(withKey(ctx, topics), &summarizerv1.ListTopicsRequest{}); err != nil {
			t.Errorf("the right that the client has: %v", err)
		}
		if _, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("health is open: %v", err)
		}
		reflect := func(ctx context.Context) error {
			stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
			if err != nil {
				return err
			}
			_ = stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
			_ = stream.CloseSend()
			_, err = stream.Recv()
			return err
		}
		if !overHTTP(t) { // where the OpenAPI document has its place
			if err := reflect(ctx); status.Code(err) != codes.Unauthenticated {
				t.Errorf("reflection without a key: %v", err)
			}
			if err := reflect(withKey(ctx, topics)); err != nil {
				t.Errorf("reflection with a key: %v", err)
			}
		}
		if _, ok := seen.Load("all"); !ok {
			t.Error("the service is not told whose the request is")
		}

		// A broken file changes nothing and is reported once, a good one counts.
		replace(t, file.path, []byte("clients:\n  - name: all\n    kyes: [x]\n"))
		file.file.check()
		file.file.check()
		if code, _ := summarize(withKey(ctx, all), conn); code != codes.OK {
			t.Errorf("after a broken file: %v", code)
		}
		if n := strings.Count(file.log.String(), "level=ERROR"); n != 1 {
			t.Errorf("a broken file is reported %d times: %s", n, file.log.String())
		}
		file.write(t, entries[1])
		file.file.check()
		if code, reason := summarize(withKey(ctx, all), conn); code != codes.Unauthenticated || reason != "CREDENTIALS_INVALID" {
			t.Errorf("a key that was removed: %v %s", code, reason)
		}

		logged := log.String() + file.log.String()
		if !strings.Contains(logged, "client=all") {
			t.Error("the log does not name the client")
		}
		for _, secret := range []string{all, topics, stranger, allHash.SHA256, topicsHash.SHA256, strings.TrimPrefix(all, keyPrefix)[:8]} {
			if strings.Contains(logged, secret) {
				t.Errorf("the log holds %q of a key or hash", secret)
			}
		}
	})
}

// A refusal names the quota and when to retry. It outlives a reload.
func TestQuotas(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		slow, slowHash := NewKey()
		narrow, narrowHash := NewKey()
		entries := []ClientEntry{
			{Name: "slow", Keys: []ClientKey{slowHash}, RequestsPerSecond: 0.001},
			{Name: "narrow", Keys: []ClientKey{narrowHash}, ArticlesInFlight: 1},
		}
		file := openCallers(t, entries...)
		entered, leave := make(chan struct{}), make(chan struct{})
		service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
			if r.Client == "narrow" {
				entered <- struct{}{}
				<-leave
			}
			return sampleResult(r), nil
		}}
		_, conn := connect(t, service, Options{Clients: file.Clients})
		client := summarizerv1.NewSummarizerServiceClient(conn)
		request := &summarizerv1.SummarizeArticleRequest{Article: textArticle("The ferry runs again.")}

		ctx := withKey(t.Context(), slow)
		if _, err := client.SummarizeArticle(ctx, request); err != nil {
			t.Fatal(err)
		}
		file.write(t, entries...)
		file.file.check()
		_, err := client.SummarizeArticle(ctx, request)
		if status.Code(err) != codes.ResourceExhausted || reasonIn(err) != "QUOTA_EXCEEDED" {
			t.Errorf("a second request: %v", err)
		}
		var retry *errdetails.RetryInfo
		var quota *errdetails.QuotaFailure
		for _, detail := range status.Convert(err).Details() {
			switch d := detail.(type) {
			case *errdetails.RetryInfo:
				retry = d
			case *errdetails.QuotaFailure:
				quota = d
			}
		}
		if retry.GetRetryDelay().AsDuration() < time.Second || len(quota.GetViolations()) != 1 {
			t.Errorf("retry %v, quota %v", retry, quota)
		}

		ctx = withKey(t.Context(), narrow)
		first := make(chan error, 1)
		go func() {
			_, err := client.SummarizeArticle(ctx, request)
			first <- err
		}()
		<-entered
		if _, err := client.SummarizeArticle(ctx, request); reasonIn(err) != "QUOTA_EXCEEDED" {
			t.Errorf("a second article: %v", err)
		}
		response, err := client.BatchAnalyzeArticles(ctx, &summarizerv1.BatchAnalyzeArticlesRequest{Requests: []*summarizerv1.AnalyzeArticleRequest{analyzeRequest("The ferry runs again.")}})
		if err != nil || reasonIn(statusOf(response.Results[0]).Err()) != "QUOTA_EXCEEDED" {
			t.Errorf("an item of a batch: %v %v", response, err)
		}
		close(leave)
		if err := <-first; err != nil {
			t.Error(err)
		}
		go func() { <-entered }()
		if _, err := client.SummarizeArticle(ctx, request); err != nil {
			t.Errorf("after the first is done: %v", err)
		}
	})
}

// Connections are encrypted. Client certificates have to be of the authority, in date, and of a
// client in the file.
func TestTLS(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		ours, theirs := newAuthority(t), newAuthority(t)
		key, hash := NewKey()
		file := openCallers(t,
			ClientEntry{Name: "key", Keys: []ClientKey{hash}},
			ClientEntry{Name: "certificate", Certificates: []string{"cn:reader.example"}, RPCs: []string{"SummarizeArticle"}})
		files, _ := ours.writeServer(t, t.TempDir())
		files.ClientOptional = true
		encrypted, err := OpenTLS(files, Watch{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer encrypted.Close()
		address := serveAt(t, &fakeService{}, Options{Credentials: credentialsOf(encrypted), Clients: file.Clients})

		old := credentials.NewTLS(&tls.Config{RootCAs: ours.pool(), MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12})
		for _, test := range []struct {
			name   string
			conn   *grpc.ClientConn
			key    string
			code   codes.Code
			reason string
		}{
			{"a key", dialTLS(t, address, ours.pool()), key, codes.OK, ""},
			{"nothing", dialTLS(t, address, ours.pool()), "", codes.Unauthenticated, "CREDENTIALS_MISSING"},
			{"a certificate", dialTLS(t, address, ours.pool(), ours.client(t, "reader.example", time.Time{})), "", codes.OK, ""},
			{"a certificate of nobody", dialTLS(t, address, ours.pool(), ours.client(t, "nobody.example", time.Time{})), "", codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"an expired certificate", dialTLS(t, address, ours.pool(), ours.client(t, "reader.example", time.Now().Add(-time.Minute))), "", codes.Unavailable, ""},
			{"a foreign certificate", dialTLS(t, address, ours.pool(), theirs.client(t, "reader.example", time.Time{})), "", codes.Unavailable, ""},
			{"another server", dialTLS(t, address, theirs.pool()), key, codes.Unavailable, ""},
			{"plain text", dialWith(t, address, insecure.NewCredentials()), key, codes.Unavailable, ""},
			{"TLS 1.2", dialWith(t, address, old), key, codes.Unavailable, ""},
		} {
			ctx := t.Context()
			if test.key != "" {
				ctx = withKey(ctx, test.key)
			}
			if code, reason := summarize(ctx, test.conn); code != test.code || reason != test.reason {
				t.Errorf("%s: %v %s, want %v %s", test.name, code, reason, test.code, test.reason)
			}
		}
	})
}

// A certificate is of the client that names it by kind, and its common name counts where
// it has no other name.
func TestCertificateNames(t *testing.T) {
	ca := newAuthority(t)
	file := openCallers(t,
		ClientEntry{Name: "uri", Certificates: []string{"uri:spiffe://example/reader"}},
		ClientEntry{Name: "dns", Certificates: []string{"dns:Reader.example."}},
		ClientEntry{Name: "email", Certificates: []string{"email:Reader@Example.org"}},
		ClientEntry{Name: "international", Certificates: []string{"DNS:münchen.example"}},
		ClientEntry{Name: "cn", Certificates: []string{"cn:reader.example"}})
	uri, err := url.Parse("spiffe://example/reader")
	if err != nil {
		t.Fatal(err)
	}
	cn := pkix.Name{CommonName: "reader.example"}
	for name, test := range map[string]struct {
		template x509.Certificate
		want     string
	}{
		"URI":                           {x509.Certificate{URIs: []*url.URL{uri}}, "uri"},
		"DNS name":                      {x509.Certificate{DNSNames: []string{"READER.example"}}, "dns"},
		"URI in other case":             {x509.Certificate{URIs: []*url.URL{{Scheme: "SPIFFE", Host: "Example", Path: "/reader"}}}, "uri"},
		"URI of another path":           {x509.Certificate{URIs: []*url.URL{{Scheme: "spiffe", Host: "example", Path: "/Reader"}}}, ""},
		"international name":            {x509.Certificate{DNSNames: []string{"xn--mnchen-3ya.example"}}, "international"},
		"wildcard":                      {x509.Certificate{DNSNames: []string{"*.example"}}, ""},
		"address":                       {x509.Certificate{EmailAddresses: []string{"Reader@example.ORG"}}, "email"},
		"address in other case":         {x509.Certificate{EmailAddresses: []string{"reader@example.org"}}, ""},
		"common name":                   {x509.Certificate{Subject: cn}, "cn"},
		"common name and DNS name":      {x509.Certificate{Subject: cn, DNSNames: []string{"other.example"}}, ""},
		"common name and IP address":    {x509.Certificate{Subject: cn, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}}, ""},
		"address that is a DNS name":    {x509.Certificate{EmailAddresses: []string{"reader.example"}}, ""},
		"URI as common name":            {x509.Certificate{Subject: pkix.Name{CommonName: "spiffe://example/reader"}}, ""},
		"common name with a kind":       {x509.Certificate{Subject: pkix.Name{CommonName: "dns:reader.example"}}, ""},
		"none":                          {x509.Certificate{}, ""},
		"expired while it is connected": {x509.Certificate{Subject: cn, NotAfter: time.Now().Add(-time.Minute)}, ""},
	} {
		certificate, _ := ca.sign(t, &test.template)
		found, err := file.holder(credential{certificate: certificate})
		if found != nil {
			if found.name != test.want {
				t.Errorf("%s: of %q, want %q", name, found.name, test.want)
			}
		} else if test.want != "" || reasonOf(err) != summarizer.ReasonCredentialsInvalid {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// A name may be written as people and tools write it, with another case where that does not
// count, and is removed by each of its spellings.
func TestSpellingsOfCertificateNames(t *testing.T) {
	for written, want := range map[string]string{
		"DNS:Robot.Example.":                  "dns:robot.example",
		"dns:München.example":                 "dns:xn--mnchen-3ya.example",
		"dns:*.example":                       "dns:*.example",
		"dns:_sip.example":                    "dns:_sip.example",
		"URI:SPIFFE://Example.ORG/ns/A%2fb?Q": "uri:spiffe://example.org/ns/A%2fb?Q",
		"uri:urn:uuid:F81D4FAE":               "uri:urn:uuid:F81D4FAE",
		"Email:Bob@Example.ORG":               "email:Bob@example.org",
		"CN:Robot: the second":                "cn:Robot: the second",
		"dns:a\u2024b c":                      "",
		"uri:http://[":                        "",
		"dns:":                                "",
		"ip:10.0.0.1":                         "",
		"robot":                               "",
	} {
		got, err := certificateName(written)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", written, got, err, want)
		}
		if err != nil {
			continue
		}
		entry := ClientEntry{Name: "a", Certificates: []string{"cn:other", want}}
		if err := entry.Remove(written, "", ""); err != nil || len(entry.Certificates) != 1 || entry.Certificates[0] != "cn:other" {
			t.Errorf("%q: %v is left, %v", written, entry.Certificates, err)
		}
	}
}

func reasonOf(err error) summarizer.Reason {
	var fault *summarizer.Error
	if errors.As(err, &fault) {
		return fault.Reason
	}
	return ""
}

// A key counts until it expires, and a stream with it.
func TestKeysExpire(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			secret, key := NewKey()
			key.Expires = time.Now().Add(5 * time.Minute)
			file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{key}})
			_, conn := connectInMemory(t, &fakeService{}, Options{Clients: file.Clients})
			ctx := withKey(t.Context(), secret)
			stream := openStream(t, ctx, summarizerv1.NewSummarizerServiceClient(conn), "a")
			wantResults(t, stream, "a")
			time.Sleep(5*time.Minute - time.Second)
			if code, _ := summarize(ctx, conn); code != codes.OK {
				t.Errorf("before: %v", code)
			}
			time.Sleep(time.Second)
			if code, reason := summarize(ctx, conn); code != codes.Unauthenticated || reason != "CREDENTIALS_INVALID" {
				t.Errorf("after: %v %s", code, reason)
			}
			send(t, stream, "b")
			wantEnd(t, stream, codes.Unauthenticated, "CREDENTIALS_INVALID")
		})
	})
}

func TestParseExpiry(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 5, time.UTC)
	for text, want := range map[string]string{
		"2027-03-01":                "2027-03-02T00:00:00Z",
		"2026-11-29":                "2026-11-30T00:00:00Z",
		"2027-03-01T12:00:00+02:00": "2027-03-01T10:00:00Z",
		"90d":                       "2027-02-27T12:00:00Z",
		"12h":                       "2026-11-30T00:00:00Z",
		"never":                     "0001-01-01T00:00:00Z",
		"2026-11-28":                "future",
		"-1h":                       "future",
		"0d":                        "future",
		"-1d":                       "write a day",
		"99999d":                    "write a day",
		"soon":                      "write a day",
		"d":                         "write a day",
		"2027-02-30":                "write a day",
	} {
		got, err := ParseExpiry(text, now)
		if err != nil && !strings.Contains(err.Error(), want) || err == nil && got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v, want %q", text, got, err, want)
		}
	}
}

// Certificates that have expired, or will soon, are warned of when they are read, and
// show in the metrics.
func TestExpiryOfCertificates(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		life, left time.Duration
		want       string // of the log
	}{
		"expired":            {time.Hour, -time.Minute, "has expired"},
		"soon":               {365 * day, 13 * day, "expires soon"},
		"later":              {365 * day, 15 * day, ""},
		"short life, fresh":  {day, 12 * time.Hour, ""},
		"short life, at end": {day, 7 * time.Hour, "expires soon"},
		"of the future":      {day, 25 * time.Hour, "not valid yet"},
	} {
		ca, dir := newAuthority(t), t.TempDir()
		now := time.Now()
		ca.server = &x509.Certificate{NotBefore: now.Add(test.left - test.life), NotAfter: now.Add(test.left)}
		files, _ := ca.writeServer(t, dir)
		files.ClientCA = ""
		var log logBuffer
		registry := prometheus.NewRegistry()
		encrypted, err := OpenTLS(files, Watch{Logger: log.logger(), Metrics: telemetry.New(registry)})
		if err != nil {
			t.Fatal(err)
		}
		encrypted.Close()
		got := log.String()
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: the log is %q, want %q", name, got, test.want)
		}
		if got := gaugeOf(t, registry, "summarizer_certificate_expiry_timestamp_seconds"); got != float64(now.Add(test.left).Unix()) {
			t.Errorf("%s: it expires at %v, %v after now", name, got, test.left)
		}
	}
}

// gaugeOf returns the first value of a metric.
func gaugeOf(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// serveAt serves until the test ends and returns the address.
func serveAt(t testing.TB, service Backend, options Options) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newCalm(service, options)
	served := serveListener(t, s, listener)
	t.Cleanup(func() {
		s.Shutdown(context.Background())
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// Certificates change while calls go on: none fails, broken files are reported
// once and change nothing.
func TestCertificateRotation(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		ca, dir := newAuthority(t), t.TempDir()
		files, _ := ca.writeServer(t, dir)
		files.ClientOptional = true
		var log logBuffer
		encrypted, err := OpenTLS(files, Watch{Logger: log.logger()})
		if err != nil {
			t.Fatal(err)
		}
		defer encrypted.Close()
		address := serveAt(t, &fakeService{}, Options{Credentials: credentialsOf(encrypted)})

		// Some callers keep their connection, others come anew each time.
		stop := make(chan struct{})
		var traffic sync.WaitGroup
		kept := dialTLS(t, address, ca.pool())
		for i := range 4 {
			traffic.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					conn := kept
					if i%2 == 0 {
						conn = dialPort(t, address, credentials.NewTLS(&tls.Config{RootCAs: ca.pool(), MinVersion: tls.VersionTLS13}), nil)
					}
					code, _ := summarize(context.Background(), conn)
					if conn != kept {
						_ = conn.Close()
					}
					if code != codes.OK {
						t.Errorf("a call during rotation: %v", code)
						return
					}
				}
			})
		}
		served := func() *big.Int {
			conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: ca.pool(), NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13})
			if err != nil {
				t.Error(err)
				return nil
			}
			defer conn.Close()
			return conn.ConnectionState().PeerCertificates[0].SerialNumber
		}
		var serial *big.Int
		for range 5 {
			_, serial = ca.writeServer(t, dir)
			encrypted.config.check()
			if got := served(); got == nil || got.Cmp(serial) != 0 {
				t.Errorf("serves certificate %v, want %v", got, serial)
			}
		}
		replace(t, files.Certificate, []byte("broken"))
		encrypted.config.check()
		encrypted.config.check()
		if got := served(); got == nil || got.Cmp(serial) != 0 {
			t.Errorf("after broken files: certificate %v, want %v", got, serial)
		}
		close(stop)
		traffic.Wait()
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
			t.Errorf("broken files are reported %d times: %s", n, log.String())
		}
	})
}

// The file of clients says what is wrong with it, and shows no hash.
func TestReadClientsRefuses(t *testing.T) {
	_, key := NewKey()
	hash := key.SHA256
	for content, want := range map[string]string{
		"clients:\n  - name: a b\n":                                                                     "name",
		"clients:\n  - name: a\n  - name: a\n":                                                          "twice",
		"clients:\n  - name: a\n    keys: [" + hash[:10] + "]\n":                                        "keys add",
		"clients:\n  - name: a\n    keys: [" + hash + "," + hash + "]\n":                                "twice",
		"clients:\n  - name: a\n    rpcs: [Nothing]\n":                                                  "AnalyzeArticle",
		"clients:\n  - name: a\n    requests-per-second: -1\n":                                          "requests-per-second",
		"clients:\n  - name: a\n    articles-in-flight: -1\n":                                           "articles-in-flight",
		"clients:\n  - name: a\n    articles-per-second: .nan\n":                                        "articles-per-second",
		"clients:\n  - name: a\n    streams: -1\n":                                                      "streams",
		"clients:\n  - name: a\n    certificates: [a.example]\n":                                        "dns:a.example",
		"clients:\n  - name: a\n    certificates: ['dns:']\n":                                           "dns:",
		"clients:\n  - name: a\n    certificates: ['dns:A.b', 'dns:a.B.']\n":                            "twice",
		"clients:\n  - name: a\n    keys:\n      - sha256: " + hash + "\n        expiers: 2027-01-01\n": ":5:",
		"clients:\n  - name: a\n    keys:\n      - expires: 2027-01-01\n":                               "keys add",
		"clients:\n  - name: a\n    kyes: [" + hash + "]\n":                                             ":3:",
		"clients: [" + hash + "\n":                                                                      "clients.yaml",
	} {
		path := filepath.Join(t.TempDir(), "clients.yaml")
		replace(t, path, []byte(content))
		_, err := ReadClients(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, want the path and %q", content, err, want)
		}
		if err != nil && strings.Contains(err.Error(), hash[:10]) {
			t.Errorf("%q: the error shows a hash: %v", content, err)
		}
	}
}

// A written file is read back, and is its owner's alone.
func TestWriteClients(t *testing.T) {
	_, hash := NewKey()
	path := filepath.Join(t.TempDir(), "clients.yaml")
	entry := ClientEntry{Name: "a", Keys: []ClientKey{hash}, Certificates: []string{"uri:spiffe://x/y"}, RPCs: []string{"ListTopics"}, RequestsPerSecond: 2.5, ArticlesInFlight: 3}
	for range 2 {
		if err := writeClients(path, []ClientEntry{entry}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(data, []byte(hash.SHA256)) {
		t.Errorf("%s %v", data, err)
	}
	got, err := ReadClients(path)
	if err != nil || len(got) != 1 || got[0].RequestsPerSecond != 2.5 || got[0].Keys[0] != hash {
		t.Errorf("read back %+v, %v", got, err)
	}
	if err := writeClients(path, []ClientEntry{{Name: "b c"}}); err == nil {
		t.Error("writes what it would not read")
	}
}
