package admin

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/telemetry/logtest"
)

// raw sends a request as it is written and returns the code of the answer.
func raw(t *testing.T, network, addr, request string) int {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(answer))
	if len(fields) < 2 {
		t.Fatalf("the answer is %q", answer)
	}
	code, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// What is not for everybody takes the token or the socket, and is for no web page: the
// host is one of this machine, and there is no origin. Each request has its line in the log.
func TestGuard(t *testing.T) {
	const (
		ok, unauthorized, forbidden = http.StatusOK, http.StatusUnauthorized, http.StatusForbidden
		right                       = "Authorization: Bearer " + token + "\n"
	)
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	cache := &fakeCache{}
	var log logtest.Log
	_, addr, socket := startWith(t, cache, true, token, log.Logger(slog.LevelInfo))
	path := strings.TrimPrefix(socket, UnixScheme)
	request := func(what, host, headers string) string {
		body := ""
		if strings.HasPrefix(what, "POST") {
			body = `{"all":true}`
		}
		return what + " HTTP/1.1\nHost: " + host + "\nConnection: close\nContent-Type: application/json\nContent-Length: " + strconv.Itoa(len(body)) + "\n" + headers + "\n" + body
	}
	const purge, profile, stats = "POST " + purgePath, "GET /debug/pprof/cmdline", "GET " + statsPath
	for name, test := range map[string]struct {
		network, addr, request string
		want                   int
	}{
		"the token":                  {"tcp", addr, request(purge, addr, right), ok},
		"the token, as localhost":    {"tcp", addr, request(purge, "localhost:9464", right), ok},
		"the token, by name":         {"tcp", addr, request(purge, hostname, right), ok},
		"the token, by its domain":   {"tcp", addr, request(purge, hostname+".pods.example:1", right), ok},
		"the token, over IPv6":       {"tcp", addr, request(purge, "[::1]:9464", right), ok},
		"no token":                   {"tcp", addr, request(purge, addr, ""), unauthorized},
		"another token":              {"tcp", addr, request(purge, addr, "Authorization: Bearer x\n"), unauthorized},
		"an empty token":             {"tcp", addr, request(purge, addr, "Authorization: Bearer \n"), unauthorized},
		"basic":                      {"tcp", addr, request(purge, addr, "Authorization: Basic "+token+"\n"), unauthorized},
		"a foreign host":             {"tcp", addr, request(purge, "evil.example:9464", right), forbidden},
		"a host that begins alike":   {"tcp", addr, request(purge, hostname+"x", right), forbidden},
		"no host":                    {"tcp", addr, request(purge, "", right), forbidden},
		"a page":                     {"tcp", addr, request(purge, addr, right+"Origin: http://evil.example\n"), forbidden},
		"a page without an origin":   {"tcp", addr, request(purge, addr, right+"Origin: null\n"), forbidden},
		"a profile":                  {"tcp", addr, request(profile, addr, right), ok},
		"a profile without token":    {"tcp", addr, request(profile, addr, ""), unauthorized},
		"a profile for a page":       {"tcp", addr, request(profile, addr, right+"Sec-Fetch-Site: cross-site\n"), forbidden},
		"a profile, typed":           {"tcp", addr, request(profile, addr, right+"Sec-Fetch-Site: none\n"), ok},
		"a domain of this name":      {"tcp", addr, request(stats, hostname+".evil.example", ""), forbidden},
		"a domain, another token":    {"tcp", addr, request(stats, hostname+".evil.example", "Authorization: Bearer x\n"), forbidden},
		"figures, by its domain":     {"tcp", addr, request(stats, hostname+".pods.example", right), ok},
		"two tokens":                 {"tcp", addr, request(purge, addr, right+"Authorization: Bearer x\n"), unauthorized},
		"figures":                    {"tcp", addr, request(stats, addr, ""), ok},
		"figures for a foreign host": {"tcp", addr, request(stats, "evil.example", ""), forbidden},
		"probes":                     {"tcp", addr, request("GET /readyz", "evil.example", ""), ok},
		"metrics":                    {"tcp", addr, request("GET /metrics", "summarizer.example", "Origin: http://x\n"), ok},
		"the socket":                 {"unix", path, request(purge, "anything", ""), ok},
		"the socket, for a page":     {"unix", path, request(purge, "anything", "Origin: http://evil.example\n"), forbidden},
		"a profile by the socket":    {"unix", path, request(profile, "x", ""), ok},
	} {
		before := len(cache.purged)
		lines := strings.Count(log.String(), "\n")
		if got := raw(t, test.network, test.addr, test.request); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
		if purged := len(cache.purged) > before; purged != (test.want == ok && strings.HasPrefix(test.request, purge)) {
			t.Errorf("%s: purged is %v", name, purged)
		}
		isGuarded := strings.HasPrefix(test.request, purge) || strings.HasPrefix(test.request, profile)
		if got := strings.Count(log.String(), "\n") > lines; got != isGuarded {
			t.Errorf("%s: a line in the audit log is %v", name, got)
		}
	}
	for _, want := range []string{"path=/cache/purge", "outcome=done all=true", "removed=7", "peer=unix", "outcome=refused"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the audit log has no %s: %s", want, log.String())
		}
	}
	if strings.Contains(log.String(), token) {
		t.Error("the audit log has the token")
	}
}

// Without a token, the socket is the only way.
func TestGuardWithoutToken(t *testing.T) {
	cache := &fakeCache{}
	_, addr, socket := startWith(t, cache, false, "", slog.New(slog.DiscardHandler))
	for _, given := range []string{"", token} {
		client := NewHTTPClient(addr, given)
		defer client.Close()
		if _, err := client.Purge(t.Context(), PurgeRequest{All: true}); err == nil || !strings.Contains(err.Error(), "--admin-token-file") {
			t.Errorf("with the token %q: %v", given, err)
		}
	}
	client := NewHTTPClient(socket, "")
	defer client.Close()
	if n, err := client.Purge(t.Context(), PurgeRequest{All: true}); n != 7 || err != nil {
		t.Errorf("by the socket: %d, %v", n, err)
	}
}
