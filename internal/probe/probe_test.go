package probe

import (
	"strings"
	"testing"
)

func TestReachable(t *testing.T) {
	for listen, want := range map[string]string{
		":50051":              "127.0.0.1:50051",
		"0.0.0.0:50051":       "127.0.0.1:50051",
		"[::]:50051":          "[::1]:50051",
		"[::ffff:0.0.0.0]:1":  "127.0.0.1:1",
		"10.1.2.3:50051":      "10.1.2.3:50051",
		"localhost:grpc":      "localhost:grpc",
		"unix:///run/s.sock":  "unix:///run/s.sock",
		"127.0.0.1:0":         "--addr",
		"50051":               "host:port",
		"summarizer.internal": "host:port",
	} {
		got, err := Reachable(listen)
		if got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v, want %q", listen, got, err, want)
		}
	}
}
