package systemtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// eventsOf returns the lines of an audit log.
func eventsOf(t testing.TB, path string) (events []logLine) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(data)) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil || line["time"] == nil || line["event"] == nil || line["level"] != nil {
			t.Fatalf("%v: %s", err, text)
		}
		events = append(events, line)
	}
	return events
}

// TestAuditLog changes clients, has callers refused and purges, and reads what a server
// keeps of it, also once the file is moved away.
func TestAuditLog(t *testing.T) {
	keys := newKeyring(t, map[string][]string{"newsroom": {"--rpc", "ListTopics"}})
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	s := serve(t, nil, "--clients", keys.path, "--data-dir", dir, "--audit-log", path)
	has := func(path string, want ...string) func() bool {
		return func() bool {
			for _, event := range eventsOf(t, path) {
				ok := event["event"] == want[0]
				for i := 1; i < len(want); i += 2 {
					value, _ := event[want[i]].(string)
					ok = ok && value == want[i+1]
				}
				if ok {
					return true
				}
			}
			return false
		}
	}
	ask := func(key bearerKey, want codes.Code) {
		client := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc, grpc.WithPerRPCCredentials(key)))
		if _, err := client.GetCapabilities(t.Context(), &summarizerv1.GetCapabilitiesRequest{}); status.Code(err) != want {
			t.Errorf("%v, want %v", err, want)
		}
	}
	ask("smz_canarykey", codes.Unauthenticated)
	ask(keys.keys["newsroom"], codes.PermissionDenied)
	if got := cli(t, nil, "", "cache", "purge", "--all", "--data-dir", dir); got.code != exitOK {
		t.Fatal(got)
	}
	for _, want := range [][]string{
		{"denied", "reason", "invalid", "method", "/summarizer.v1.SummarizerService/GetCapabilities"},
		{"denied", "reason", "permission", "client", "newsroom"},
		{"admin", "path", "/cache/purge", "outcome", "done"},
	} {
		if !has(path, want...)() {
			t.Errorf("no line of %v", want)
		}
	}
	for _, args := range [][]string{{"keys", "add", "archive"}, {"keys", "add", "newsroom"}, {"keys", "set", "newsroom", "--streams", "3"}} {
		if got := cli(t, nil, "", append(args, "--clients", keys.path)...); got.code != exitOK {
			t.Fatal(got)
		}
	}
	until(t, "the changes are kept", func() bool {
		return has(path, "client_added", "client", "archive")() && has(path, "key_added", "client", "newsroom")() && has(path, "rights_changed", "client", "newsroom")()
	})
	moved := path + ".1"
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	s.hangup(t, "the file is opened again", func() bool { _, err := os.Stat(path); return err == nil })
	if got := cli(t, nil, "", "keys", "remove", "archive", "--clients", keys.path); got.code != exitOK {
		t.Fatal(got)
	}
	until(t, "the removal is kept in another file", has(path, "client_removed", "client", "archive"))
	for _, file := range []string{path, moved} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"canarykey", string(keys.keys["newsroom"])} {
			if strings.Contains(string(data), secret) {
				t.Error("the audit log holds a key")
			}
		}
	}
	if info, err := os.Stat(moved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestAuditLogWithoutServer edits clients and purges by commands alone, and reads the lines
// that they leave.
func TestAuditLogWithoutServer(t *testing.T) {
	dir := t.TempDir()
	path, clients := filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "clients.yaml")
	secret := cli(t, nil, "", "keys", "add", "newsroom", "--clients", clients, "--audit-log", path).stdout
	for _, args := range [][]string{
		{"keys", "set", "newsroom", "--streams", "3", "--clients", clients},
		{"keys", "set", "newsroom", "--expires", "90d", "--clients", clients},
		{"keys", "remove", "newsroom", "--clients", clients},
		{"cache", "purge", "--all", "--data-dir", filepath.Join(dir, "data")},
	} {
		if got := cli(t, nil, "", append(args, "--audit-log", path)...); got.code != exitOK {
			t.Fatal(got)
		}
	}
	var events []string
	for _, event := range eventsOf(t, path) {
		events = append(events, event["event"].(string))
	}
	want := "client_added key_added rights_changed key_changed client_removed purge"
	if got := strings.Join(events, " "); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	data, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(data), strings.TrimSpace(secret)) {
		t.Errorf("the log holds the key itself, or %v", err)
	}

	nowhere := filepath.Join(dir, "missing", "audit.jsonl")
	if got := cli(t, nil, "", "keys", "add", "archive", "--clients", clients, "--audit-log", nowhere); got.code == exitOK {
		t.Error("a client is added although the audit log cannot be written")
	}
	if got := cli(t, nil, "", "keys", "list", "--clients", clients); strings.Contains(got.stdout, "archive") {
		t.Error("a client is added although the command failed")
	}
}
