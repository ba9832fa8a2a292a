package systemtest

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/oidc/oidctest"
)

// tokenCalls makes calls with tokens at both ports of a server.
type tokenCalls struct {
	grpc summarizerv1.SummarizerServiceClient
	http string
}

// overGRPC returns how a call ends over gRPC alone, for what changes meanwhile.
func (c tokenCalls) overGRPC(t *testing.T, token string) error {
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
	_, err := c.grpc.ListTopics(ctx, &summarizerv1.ListTopicsRequest{})
	return err
}

// code returns how a call ends over gRPC, and checks that it ends alike over HTTP.
func (c tokenCalls) code(t *testing.T, token string) codes.Code {
	t.Helper()
	err := c.overGRPC(t, token)
	request, fault := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.http+"/v1/topics", nil)
	if fault != nil {
		t.Fatal(fault)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, fault := client.Do(request)
	if fault != nil {
		t.Fatal(fault)
	}
	response.Body.Close()
	want := map[codes.Code]int{codes.OK: 200, codes.Unauthenticated: 401, codes.PermissionDenied: 403, codes.Unavailable: 503}
	if code := status.Code(err); response.StatusCode != want[code] {
		t.Errorf("%v over gRPC (%v), %d over HTTP", code, err, response.StatusCode)
	}
	return status.Code(err)
}

// TestTokensOfAnIssuer runs the program with an issuer that is down at the start, comes up on
// HTTPS, changes its keys, and fails again.
func TestTokensOfAnIssuer(t *testing.T) {
	issuer := oidctest.NewTLS(t)
	issuer.Fail(http.StatusServiceUnavailable)
	keys := newKeyring(t, map[string][]string{"desk": nil})
	for _, args := range [][]string{{"add", "crawler", "--subject", "robot", "--subject", "other, with a comma"}, {"add", "reader", "--subject", "reader", "--rpc", "SummarizeArticle"}} {
		if got := cli(t, nil, "", append(append([]string{"keys"}, args...), "--clients", keys.path)...); got.code != exitOK || got.stdout != "" {
			t.Fatal(got)
		}
	}
	audit := t.TempDir() + "/audit.jsonl"
	settings := []string{"--clients", keys.path, "--oidc-issuer", issuer.URL, "--oidc-audience", "first," + oidctest.Audience, "--oidc-ca", issuer.CA}
	if got := cli(t, nil, "", append([]string{"serve", "--check"}, settings...)...); got.code != exitOK {
		t.Fatal(got)
	}
	if issuer.Fetches() > 0 {
		t.Error("--check asked the issuer")
	}
	s := serve(t, nil, append(settings, "--audit-log", audit)...)
	call := tokenCalls{summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc)), s.http}
	want := func(what, token string, code codes.Code) {
		t.Helper()
		if got := call.code(t, token); got != code {
			t.Errorf("%s: %v, want %v", what, got, code)
		}
	}
	failures := func(reason string) float64 {
		return valueOf(t, s.admin, `summarizer_authentication_failures_total{reason="`+reason+`"}`)
	}

	token := issuer.Token(t, nil)
	want("key while the issuer is down", string(keys.keys["desk"]), codes.OK)
	want("token while the issuer is down", token, codes.Unavailable)
	until(t, "the failure shows", func() bool {
		return valueOf(t, s.admin, `summarizer_reload_successful{what="issuer_keys"}`) == 0
	})
	if failures("issuer_unavailable") == 0 {
		t.Error("the failure is not counted")
	}
	issuer.Fail(0)
	until(t, "the server has the keys", func() bool { return call.overGRPC(t, token) == nil })
	until(t, "the success shows", func() bool {
		return valueOf(t, s.admin, `summarizer_reload_successful{what="issuer_keys"}`) == 1
	})
	want("value with a comma", issuer.Token(t, map[string]any{"sub": "other, with a comma"}), codes.OK)

	for reason, bad := range map[string]string{
		"token_malformed":   "a.b.c",
		"token_signature":   oidctest.NewKey(t, "key-1").Sign(t, nil, issuer.Claims(nil)),
		"token_unknown_key": oidctest.NewKey(t, "strange").Sign(t, nil, issuer.Claims(nil)),
		"token_issuer":      issuer.Token(t, map[string]any{"iss": "https://evil.example"}),
		"token_audience":    issuer.Token(t, map[string]any{"aud": []string{"second"}}),
		"token_expired":     issuer.Token(t, map[string]any{"exp": 1}),
	} {
		before := failures(reason)
		want(reason, bad, codes.Unauthenticated)
		if got := failures(reason) - before; got != 2 {
			t.Errorf("%s: counted %v times", reason, got)
		}
	}
	const calls = 20
	began := time.Now()
	unmapped := issuer.Token(t, map[string]any{"sub": "canary-subject"})
	for range calls {
		want("of no client", unmapped, codes.PermissionDenied)
	}
	if got := failures("token_unmapped"); got != 2*calls {
		t.Errorf("token_unmapped: counted %v times", got)
	}
	most := int(time.Since(began)/time.Second) + 1
	want("of another right", issuer.Token(t, map[string]any{"sub": "reader"}), codes.PermissionDenied)

	// The server has been asked for a strange key, so that it learns of others at a hangup.
	issuer.SetKeys(oidctest.NewKey(t, "key-2"))
	s.hangup(t, "the new key counts", func() bool { return call.overGRPC(t, issuer.Token(t, nil)) == nil })
	want("withdrawn key", token, codes.Unauthenticated)
	issuer.Fail(http.StatusInternalServerError)
	s.hangup(t, "the failure shows", func() bool { return valueOf(t, s.admin, `summarizer_reload_successful{what="issuer_keys"}`) == 0 })
	want("known key in an outage", issuer.Token(t, map[string]any{"jti": "fresh"}), codes.OK)

	log := s.stop().stderr
	lines := 0
	for _, line := range linesOf(t, log, "call") {
		if line["reason"] == "PERMISSION_DENIED" && line["client"] == nil {
			lines++
		}
	}
	if lines == 0 || lines > most {
		t.Errorf("%d lines for %d calls of a stranger, want one a second", lines, 2*calls)
	}
	denied, err := os.ReadFile(audit)
	if err != nil || !strings.Contains(string(denied), `"reason":"token_unmapped"`) {
		t.Errorf("the audit log: %v, %s", err, denied)
	}
	for _, secret := range append(strings.Split(token, "."), "canary-subject", "evil.example") {
		if strings.Contains(log+string(denied), secret) {
			t.Errorf("a log holds %q of a token", secret)
		}
	}
}

// A rotation needs no hangup: the first token of another key brings it.
func TestRotationOfAnIssuer(t *testing.T) {
	issuer := oidctest.New(t)
	keys := newKeyring(t, nil)
	if got := cli(t, nil, "", "keys", "add", "crawler", "--subject", "robot", "--clients", keys.path); got.code != exitOK {
		t.Fatal(got)
	}
	s := serve(t, map[string]string{"SUMMARIZER_OIDC_ISSUER": issuer.URL, "SUMMARIZER_OIDC_AUDIENCE": oidctest.Audience}, "--clients", keys.path)
	call := tokenCalls{summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc)), s.http}
	if got := call.code(t, issuer.Token(t, nil)); got != codes.OK {
		t.Fatal(got)
	}
	fetches, began := issuer.Fetches(), time.Now()
	issuer.SetKeys(oidctest.NewKey(t, "key-2"))
	if got := call.code(t, issuer.Token(t, nil)); got != codes.OK {
		t.Errorf("a token of the second key: %v", got)
	}
	// A flood of tokens of other keys does not reach the issuer.
	for n := range 20 {
		strange := issuer.Key().Sign(t, map[string]any{"kid": fmt.Sprint("strange-", n)}, issuer.Claims(nil))
		if got := call.code(t, strange); got != codes.Unauthenticated {
			t.Errorf("a strange key: %v", got)
		}
	}
	if got, most := issuer.Fetches()-fetches, 1+int(time.Since(began)/(10*time.Second)); got < 1 || got > most {
		t.Errorf("%d fetches in %v", got, time.Since(began))
	}
}

// What cannot be used is said at the start, by --check too.
func TestIssuerSettings(t *testing.T) {
	clients := newKeyring(t, map[string][]string{"a": nil}).path
	for want, args := range map[string][]string{
		"--oidc-issuer needs --clients":        {"--oidc-issuer", "https://login.example", "--oidc-audience", "a"},
		"--oidc-issuer needs --oidc-audience":  {"--oidc-issuer", "https://login.example", "--clients", clients},
		"--oidc-audience needs --oidc-issuer":  {"--oidc-audience", "a", "--clients", clients},
		"over https":                           {"--oidc-issuer", "http://login.example", "--oidc-audience", "a", "--clients", clients},
		"--oidc-token-file /no/such/file":      {"--oidc-issuer", "https://login.example", "--oidc-audience", "a", "--clients", clients, "--oidc-token-file", "/no/such/file"},
		"--oidc-ca: open /no/such/file":        {"--oidc-issuer", "https://login.example", "--oidc-audience", "a", "--clients", clients, "--oidc-ca", "/no/such/file"},
		"--oidc-client-claim is empty: name a": {"--oidc-issuer", "https://login.example", "--oidc-audience", "a", "--clients", clients, "--oidc-client-claim="},
	} {
		for _, command := range [][]string{{"serve", "--check"}, {"serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}} {
			got := cli(t, nil, "", append(command, args...)...)
			if got.code == exitOK || !strings.Contains(got.stderr, want) {
				t.Errorf("%v: %+v, want %q", args, got, want)
			}
		}
	}
}
