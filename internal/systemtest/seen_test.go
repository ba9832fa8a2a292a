package systemtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/goccy/go-yaml"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/server"
)

// valueOf returns the value of a series of /metrics, written as the page has it, or -1
// where there is none.
func valueOf(t testing.TB, admin, series string) float64 {
	t.Helper()
	for line := range strings.Lines(get(t, "http://"+admin+"/metrics")) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	return -1
}

// logLine is a line of the log of a server.
type logLine map[string]any

// linesOf returns the lines of a log with a message.
func linesOf(t testing.TB, log, message string) (lines []logLine) {
	t.Helper()
	for text := range strings.Lines(log) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("a line that is no JSON: %s", text)
		}
		if line["msg"] == message {
			lines = append(lines, line)
		}
	}
	return lines
}

// junk is a codec that sends bytes that are no message.
type junk struct{}

func (junk) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}
func (junk) Unmarshal(mem.BufferSlice, any) error { return nil }
func (junk) Name() string                         { return "proto" }

// keyring is a file of clients with their keys.
type keyring struct {
	path string
	keys map[string]bearerKey
}

// newKeyring makes clients of names and of the flags of keys add.
func newKeyring(t testing.TB, clients map[string][]string) keyring {
	t.Helper()
	k := keyring{filepath.Join(t.TempDir(), "clients.yaml"), map[string]bearerKey{}}
	for name, flags := range clients {
		got := cli(t, nil, "", append([]string{"keys", "add", name, "--clients", k.path}, flags...)...)
		if got.code != exitOK {
			t.Fatal(got)
		}
		k.keys[name] = bearerKey(strings.TrimSpace(got.stdout))
	}
	return k
}

// TestRefusedCallsAreSeen sends what never becomes a request to both ports, and looks for
// its count and its one line.
func TestRefusedCallsAreSeen(t *testing.T) {
	s := serve(t, nil, "--log-level", "debug", "--max-receive-bytes", "2048")
	const ours, other = "summarizer", "other"
	method := summarizerv1.SummarizerService_AnalyzeArticle_FullMethodName
	const path = "/v1/articles:analyze"
	conn := connect(t, s.grpc)
	post := func(path, body string, headers ...string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.http+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	large := strings.Repeat("Canarytext. ", 500)
	tests := []struct {
		reason, service string
		want            any
		send            func(ctx context.Context) any
	}{
		{"unknown_method", other, codes.Unimplemented, func(ctx context.Context) any {
			return status.Code(conn.Invoke(ctx, "/no.such.Service/Canarymethod", &healthpb.HealthCheckRequest{}, &healthpb.HealthCheckResponse{}))
		}},
		{"undecodable", ours, codes.InvalidArgument, func(ctx context.Context) any {
			var out []byte
			return status.Code(conn.Invoke(ctx, method, []byte("\x0a\xff"), &out, grpc.ForceCodecV2(junk{})))
		}},
		{"oversized", ours, codes.ResourceExhausted, func(ctx context.Context) any {
			request := &summarizerv1.AnalyzeArticleRequest{Article: &summarizerv1.Article{Text: large}}
			return status.Code(conn.Invoke(ctx, method, request, &summarizerv1.AnalyzeArticleResponse{}))
		}},
		{"unknown_method", other, http.StatusNotFound, func(context.Context) any { return post("/Canarypath", "{}") }},
		{"unknown_method", other, http.StatusOK, func(context.Context) any { // in gRPC's own words
			return post("/no.such.Service/Canarymethod", "", "Content-Type", "application/grpc")
		}},
		{"undecodable", ours, http.StatusBadRequest, func(context.Context) any { return post(path, `{"article":`) }},
		{"undecodable", ours, http.StatusUnsupportedMediaType, func(context.Context) any { return post(path, "<a/>", "Content-Type", "text/xml") }},
		{"oversized", ours, http.StatusRequestEntityTooLarge, func(context.Context) any { return post(path, `{"article":{"text":"`+large+`"}}`) }},
		{"decompression", ours, http.StatusBadRequest, func(context.Context) any { return post(path, "{}", "Content-Encoding", "gzip") }},
		{"incomplete", ours, http.StatusBadRequest, func(context.Context) any { return post(path, "") }},
		{"origin", ours, http.StatusForbidden, func(context.Context) any { return post(path, "{}", "Origin", "https://canary.example") }},
	}
	counted := map[string]float64{}
	for _, test := range tests {
		series := `summarizer_calls_refused_total{reason="` + test.reason + `",service="` + test.service + `"}`
		if got := valueOf(t, s.admin, series); got != counted[series] {
			t.Errorf("%s begins with %v, want %v", series, got, counted[series])
		}
		counted[series]++
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if got := test.send(ctx); got != test.want {
			t.Errorf("%s: %v, want %v", test.reason, got, test.want)
		}
		cancel()
		until(t, test.reason+" is counted", func() bool { return valueOf(t, s.admin, series) == counted[series] })
	}
	unknown := `grpc_server_handled_total{grpc_code="Unimplemented",grpc_method="Canarymethod"`
	if page := get(t, "http://"+s.admin+"/metrics"); strings.Contains(page, unknown) || strings.Contains(page, "Canary") {
		t.Error("an unknown method has a series")
	}
	got := s.stop()
	lines := linesOf(t, got.stderr, "call")
	for _, line := range lines {
		if line["level"] != "DEBUG" || line["peer"] == nil || line["refused"] == nil {
			t.Errorf("the line of a refused call: %v", line)
		}
	}
	if len(lines) != len(tests) {
		t.Errorf("%d lines for %d calls", len(lines), len(tests))
	}
	if strings.Contains(got.stderr, "Canarytext") {
		t.Error("the log holds an article")
	}
}

// plainAlert is the connection of a client that refuses the certificate of a server before
// it encrypts: its first encrypted record is the alert for an unknown authority.
type plainAlert struct{ net.Conn }

// Write implements net.Conn. It takes whole records.
func (c plainAlert) Write(p []byte) (int, error) {
	const alert, applicationData, fatal, unknownAuthority, header = 21, 23, 2, 48, 5
	var out []byte
	for rest := p; len(rest) > header; {
		n := header + int(rest[3])<<8 + int(rest[4])
		if rest[0] == applicationData {
			out = append(out, alert, 3, 3, 0, 2, fatal, unknownAuthority)
		} else {
			out = append(out, rest[:n]...)
		}
		rest = rest[n:]
	}
	if _, err := c.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// TestFailedHandshakesAreSeen fails handshakes at both ports in every way that a caller can.
func TestFailedHandshakesAreSeen(t *testing.T) {
	ca := newAuthority(t)
	certificate, key := ca.issue(t, "summarizer.example")
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	stranger := newAuthority(t)
	strangerFiles := [2]string{}
	strangerFiles[0], strangerFiles[1] = stranger.issue(t, "stranger.example")
	foreign, err := tls.LoadX509KeyPair(strangerFiles[0], strangerFiles[1])
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil, "--log-level", "debug", "--listen-tls-cert", certificate, "--listen-tls-key", key, "--listen-tls-client-ca", ca.path)
	good := func() *tls.Config {
		return &tls.Config{RootCAs: roots, ServerName: "summarizer.example", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}
	}
	handshake := func(change func(*tls.Config)) func(net.Conn) {
		return func(conn net.Conn) {
			config := good()
			change(config)
			secured := tls.Client(conn, config)
			_ = secured.Handshake()
			_, _ = secured.Read(make([]byte, 1)) // TLS 1.3 refuses a client after its handshake
		}
	}
	tests := []struct {
		reason string
		dial   func(net.Conn)
	}{
		{"not_tls", func(conn net.Conn) { _, _ = conn.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) }},
		{"closed", func(net.Conn) {}},
		{"version", handshake(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })},
		{"certificate_missing", handshake(func(*tls.Config) {})},
		{"certificate_invalid", handshake(func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &foreign, nil }
		})},
		{"refused", handshake(func(c *tls.Config) { c.ServerName = "other.example" })},
		{"refused", func(conn net.Conn) {
			handshake(func(c *tls.Config) { c.ServerName = "other.example" })(plainAlert{conn})
		}}, // as OpenSSL does
		{"protocol", handshake(func(c *tls.Config) { c.NextProtos = []string{"spdy/1"} })},
	}
	counted := map[string]float64{}
	for _, test := range tests {
		series := `summarizer_tls_handshake_failures_total{reason="` + test.reason + `"}`
		for _, address := range []string{s.grpc, s.http} {
			if got := valueOf(t, s.admin, series); got != counted[series] {
				t.Errorf("%s begins with %v", test.reason, got)
			}
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			test.dial(conn)
			_ = conn.Close()
			counted[series]++
			until(t, test.reason+" is counted", func() bool { return valueOf(t, s.admin, series) == counted[series] })
		}
	}
	log := s.stop().stderr
	lines := linesOf(t, log, "TLS handshake failed")
	if len(lines) != 2*len(tests) || strings.Contains(log, "http: ") {
		t.Errorf("%d lines: %v", len(lines), lines)
	}
	for _, line := range lines {
		if line["level"] != "DEBUG" || line["peer"] == nil || line["reason"] == "other" {
			t.Errorf("%v", line)
		}
	}
}

// TestStrangersAreSeen sends calls of callers who may not make them, and looks for their
// counts, for at most one line a second of each reason, and for spans that must not be.
func TestStrangersAreSeen(t *testing.T) {
	var c collector
	exported := httptest.NewServer(&c)
	defer exported.Close()
	keys := newKeyring(t, map[string][]string{
		"newsroom": {"--rpc", "GetCapabilities", "--rpc", "ListTopics"},
		"slow":     {"--requests-per-second", "0.001"},
	})
	expired, hash := server.NewKey()
	hash.Expires = time.Now().Add(-time.Hour)
	if err := server.EditClients(keys.path, false, nil, func(entries []server.ClientEntry) ([]server.ClientEntry, error) {
		return append(entries, server.ClientEntry{Name: "old", Keys: []server.ClientKey{hash}}), nil
	}); err != nil {
		t.Fatal(err)
	}
	s := serve(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": exported.URL}, "--clients", keys.path)
	plain := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc))
	as := func(key bearerKey) summarizerv1.SummarizerServiceClient {
		return summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc, grpc.WithPerRPCCredentials(key)))
	}
	traced := func(n string) context.Context {
		return metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+strings.Repeat(n, 32)+"-00f067aa0ba902b7-01")
	}
	ask := func(ctx context.Context, client summarizerv1.SummarizerServiceClient) codes.Code {
		_, err := client.GetCapabilities(ctx, &summarizerv1.GetCapabilitiesRequest{})
		return status.Code(err)
	}
	const calls = 30
	wrong := as("smz_wrong")
	for range calls {
		if a, b := ask(traced("a"), plain), ask(traced("b"), wrong); a != codes.Unauthenticated || b != codes.Unauthenticated {
			t.Fatal(a, b)
		}
	}
	if got := ask(t.Context(), as(bearerKey(expired))); got != codes.Unauthenticated {
		t.Errorf("an expired key: %v", got)
	}
	newsroom := as(keys.keys["newsroom"])
	if got := ask(traced("c"), newsroom); got != codes.OK {
		t.Errorf("a good key: %v", got)
	}
	if _, err := newsroom.AnalyzeArticle(t.Context(), &summarizerv1.AnalyzeArticleRequest{}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a method that the client may not call: %v", err)
	}
	slow := as(keys.keys["slow"])
	if first, second := ask(t.Context(), slow), ask(t.Context(), slow); first != codes.OK || second != codes.ResourceExhausted {
		t.Errorf("a quota of one call: %v, %v", first, second)
	}
	for series, want := range map[string]float64{
		`summarizer_authentication_failures_total{reason="missing"}`:                                                                                    calls,
		`summarizer_authentication_failures_total{reason="invalid"}`:                                                                                    calls,
		`summarizer_authentication_failures_total{reason="expired"}`:                                                                                    1,
		`summarizer_authentication_failures_total{reason="permission"}`:                                                                                 1,
		`summarizer_quota_refusals_total{client="slow",quota="requests-per-second"}`:                                                                    1,
		`summarizer_reloads_total{outcome="ok",what="clients"}`:                                                                                         0,
		`summarizer_reloads_total{outcome="failed",what="configuration"}`:                                                                               0,
		`summarizer_tls_handshake_failures_total{reason="other"}`:                                                                                       0,
		`summarizer_answers_total{feature="summary",reason="",source="local"}`:                                                                          0,
		`grpc_server_handled_total{grpc_code="Internal",grpc_method="AnalyzeArticle",grpc_service="summarizer.v1.SummarizerService",grpc_type="unary"}`: 0,
	} {
		until(t, series+" is right", func() bool { return valueOf(t, s.admin, series) == want })
	}
	if page := get(t, "http://"+s.admin+"/metrics"); !strings.Contains(page, "\nsummarizer_build_info{go_version=\"go") {
		t.Error("the version is not shown")
	}

	last := map[string]time.Time{}
	lines := 0
	for _, line := range linesOf(t, s.stop().stderr, "call") {
		if line["code"] != "Unauthenticated" {
			continue
		}
		reason := line["reason"].(string)
		at, err := time.Parse(time.RFC3339Nano, line["time"].(string))
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := last[reason]; ok && at.Sub(before) < 900*time.Millisecond { // the time is taken a moment after the decision
			t.Errorf("two lines of %s within %v", reason, at.Sub(before))
		}
		last[reason] = at
		lines++
	}
	if len(last) != 2 || lines >= 2*calls {
		t.Errorf("%d lines: %v", lines, last)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, span := range c.spans {
		if id := span.TraceId; bytes.Equal(id, bytes.Repeat([]byte{0xaa}, 16)) || bytes.Equal(id, bytes.Repeat([]byte{0xbb}, 16)) {
			t.Errorf("a stranger has the span %s", span.Name)
		}
	}
	if !bytes.Contains(c.bodies.Bytes(), bytes.Repeat([]byte{0xcc}, 16)) {
		t.Error("a client has no span")
	}
}

// TestLinesNameTheirCause follows a degraded answer and one that cost something through the
// log.
func TestLinesNameTheirCause(t *testing.T) {
	model := llmtest.New(t)
	s := serve(t, map[string]string{"SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": model.URL()},
		"--log-level", "debug", "--llm-input-price", "10", "--llm-output-price", "10")
	client := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc))
	ask := func(id, text string) {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", id)
		if _, err := client.AnalyzeArticle(ctx, analyzeRequest(text)); err != nil {
			t.Fatal(err)
		}
	}
	ask("paid", "The ferry left port on Monday. "+articleOf(1500))
	for range 8 {
		model.Enqueue(llmtest.Error(401, "no", "no"))
	}
	ask("degraded", "The tram left town on Friday. "+articleOf(1500))
	stream, err := client.StreamAnalyzeArticles(metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "streamed"))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: "1", Request: analyzeRequest("The bus left town on Sunday. " + articleOf(1500))}); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = stream.Recv()
	}
	got := s.stop()
	calls := map[string]logLine{}
	for _, line := range linesOf(t, got.stderr, "call") {
		calls[line["request_id"].(string)] = line
	}
	tokens, _ := calls["paid"]["input_tokens"].(float64)
	cost, _ := calls["paid"]["cost_micro_usd"].(float64)
	if tokens == 0 || cost == 0 || calls["paid"]["fallback"] != nil {
		t.Errorf("the call that was paid for: %v", calls["paid"])
	}
	for _, id := range []string{"degraded", "streamed"} {
		if calls[id]["fallback"] != "LLM_MISCONFIGURED" {
			t.Errorf("the degraded call: %v", calls[id])
		}
	}
	ids := map[any]bool{}
	for _, line := range linesOf(t, got.stderr, "language model call") {
		ids[line["request_id"]] = true
	}
	if !ids["paid"] || !ids["degraded"] || !ids["streamed"] || len(ids) != 3 {
		t.Errorf("the calls of the model are of %v", ids)
	}
}

// TestAlertsFindTheirSeries has every selector of the alerts find a series of a server that
// has only begun: a counter that appears with its first event has no rate of it.
func TestAlertsFindTheirSeries(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	data, err := os.ReadFile(filepath.Join(root, "deploy", "prometheus", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	certificate, key := selfSigned(t)
	keys := newKeyring(t, map[string][]string{"newsroom": nil})
	s := serve(t, map[string]string{"SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": llmtest.New(t).URL()},
		"--llm-daily-tokens", "1000000", "--clients", keys.path, "--listen-tls-cert", certificate, "--listen-tls-key", key, "--listen-tls-client-ca", certificate)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(get(t, "http://"+s.admin+"/metrics")))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, rule := range file.Groups[0].Rules {
		for _, selector := range regexp.MustCompile(`([a-z_]+)\{([^}]*)\}`).FindAllStringSubmatch(rule.Expr, -1) {
			if selector[1] == "up" {
				continue
			}
			found++
			family := families[strings.TrimSuffix(selector[1], "_bucket")]
			if family == nil || !slices.ContainsFunc(family.Metric, func(m *dto.Metric) bool { return matches(t, m, selector[2]) }) {
				t.Errorf("%s: a server that has only begun has no series for %s", rule.Alert, selector[0])
			}
		}
	}
	if found < 25 {
		t.Errorf("%d selectors were found", found)
	}
}

// matches reports whether a metric has the labels that matchers of PromQL ask for.
func matches(t testing.TB, m *dto.Metric, matchers string) bool {
	t.Helper()
	labels := map[string]string{"job": "summarizer"}
	for _, l := range m.Label {
		labels[l.GetName()] = l.GetValue()
	}
	for _, part := range regexp.MustCompile(`(\w+)(=~|!=|=)"([^"]*)"`).FindAllStringSubmatch(matchers, -1) {
		value := labels[part[1]]
		ok := value == part[3]
		switch part[2] {
		case "=~":
			ok = regexp.MustCompile("^(" + part[3] + ")$").MatchString(value)
		case "!=":
			ok = !ok
		}
		if !ok {
			return false
		}
	}
	return true
}
