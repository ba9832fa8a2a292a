package cluster

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func embed(t *testing.T, listen string) *Connection {
	t.Helper()
	c, err := Connect(Options{URL: Embedded, Listen: listen, StoreDir: t.TempDir(), User: "desk", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// What one process stores in the embedded server, another one reads.
func TestEmbedded(t *testing.T) {
	own := embed(t, "127.0.0.1:0")
	other, err := Connect(Options{URL: own.Address(), Name: "other", User: "desk", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if !own.Embedded() || other.Embedded() || other.Address() != own.Address() {
		t.Errorf("the server is at %s, the client says %s", own.Address(), other.Address())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	bucket, err := own.JetStream().CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.PutString(ctx, "key", "value"); err != nil {
		t.Fatal(err)
	}
	same, err := other.JetStream().KeyValue(ctx, "b")
	if err != nil {
		t.Fatal(err)
	}
	if entry, err := same.Get(ctx, "key"); err != nil || string(entry.Value()) != "value" {
		t.Errorf("%v, %v", entry, err)
	}
}

func TestConnectErrors(t *testing.T) {
	own := embed(t, "127.0.0.1:0")
	address := strings.TrimPrefix(own.Address(), "nats://")
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"nobody there":   {Options{URL: "nats://user:secret@127.0.0.1:1,127.0.0.1:2"}, "nats://127.0.0.1:1,127.0.0.1:2: nats: no servers"},
		"no scheme":      {Options{URL: "user:secret@127.0.0.1:1"}, "127.0.0.1:1: nats: no servers"},
		"wrong password": {Options{URL: own.Address(), User: "desk", Password: "secret"}, "Authorization Violation"},
		"in use":         {Options{URL: Embedded, Listen: address, StoreDir: t.TempDir()}, "embedded: listen tcp " + address},
		"no address":     {Options{URL: Embedded, Listen: "4222", StoreDir: t.TempDir()}, "embedded: "},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Connect(test.options)
			if err == nil {
				c.Close()
				t.Fatal("it connects")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q, want %q", err, test.want)
			}
		})
	}
}

func TestCloseOfNothing(*testing.T) {
	var c *Connection
	c.Close()
}
