package cache

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

func startNATS(tb testing.TB) *server.Server {
	tb.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: tb.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		tb.Fatal(err)
	}
	s.Start()
	tb.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		tb.Fatal("the NATS server did not start")
	}
	return s
}

// connectNATS connects to a server, as a process of its own.
func connectNATS(tb testing.TB, s *server.Server) jetstream.JetStream {
	tb.Helper()
	connection, err := nats.Connect(s.ClientURL(), nats.MaxReconnects(-1))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(connection.Close)
	js, err := jetstream.New(connection)
	if err != nil {
		tb.Fatal(err)
	}
	return js
}

func TestSharedConformance(t *testing.T) {
	s := startNATS(t)
	n := 0
	for name, options := range map[string]Options{
		"memory and shared":             {},
		"memory, disk and shared":       {Dir: "set below"},
		"shared behind a memory of 1 B": {MemoryBytes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			cachetest.Run(t, func(t *testing.T) summarizer.Answers {
				if options.Dir != "" {
					options.Dir = t.TempDir()
				}
				n++
				options.Shared = &SharedOptions{JetStream: connectNATS(t, s), Prefix: fmt.Sprint("P", n), MaxBytes: 1 << 20}
				return open(t, options)
			})
		})
	}
}

// openSharing opens a cache of a process of its own.
func openSharing(t *testing.T, s *server.Server, options Options) *Cache {
	t.Helper()
	if options.Shared == nil {
		options.Shared = &SharedOptions{MaxBytes: 8 << 20}
	}
	options.Shared.JetStream = connectNATS(t, s)
	return open(t, options)
}

// TestSharedBetweenProcesses has two processes add to one record: a third finds
// the answers of both.
func TestSharedBetweenProcesses(t *testing.T) {
	s := startNATS(t)
	a, b := openSharing(t, s, Options{}), openSharing(t, s, Options{})
	made := now()
	const keys = 50
	var storing sync.WaitGroup
	for i, c := range []*Cache{a, b} {
		storing.Go(func() {
			for key := range keys {
				c.Store(cachetest.Key(key), cachetest.Key(1000+key), cachetest.Summary(fmt.Sprint("of", i), made.Add(-time.Duration(i)*time.Second)), time.Now())
			}
		})
	}
	storing.Wait()
	closed(t, a)
	closed(t, b)
	c := openSharing(t, s, Options{})
	for key := range keys {
		expect(t, c, cachetest.Key(key), "of0", "of1")
	}
}

// TestSharedPurge removes an article in one process from the tiers of another.
func TestSharedPurge(t *testing.T) {
	s := startNATS(t)
	told := make(chan struct{}, 10)
	a := openSharing(t, s, Options{})
	b := openSharing(t, s, Options{Dir: t.TempDir(), Purged: func() { told <- struct{}{} }})
	for key := range 6 {
		b.Store(cachetest.Key(key), cachetest.Key(100+key%2), cachetest.Summary("m", now()), time.Now())
	}
	if n, err := a.Purge(cachetest.Key(999)); n != 0 || err != nil {
		t.Errorf("purging an article that nobody knows: %d, %v", n, err)
	}
	<-told
	written(t, b)
	if n, err := a.Purge(cachetest.Key(100)); n != 3 || err != nil {
		t.Errorf("%d answers removed, %v, want 3", n, err)
	}
	<-told
	for key := range 6 {
		want := []string{"m"}
		if key%2 == 0 {
			want = nil
		}
		expect(t, b, cachetest.Key(key), want...)
		expect(t, a, cachetest.Key(key), want...)
	}
	if n, err := a.PurgeAll(); n != 3 || err != nil {
		t.Errorf("%d entries removed, %v, want 3", n, err)
	}
	<-told
	for key := range 6 {
		expect(t, b, cachetest.Key(key))
	}
}

// written waits until what is stored is in the bucket.
func written(t *testing.T, c *Cache) {
	t.Helper()
	for waits := true; waits; {
		if t.Context().Err() != nil {
			t.Fatal("the answers are not written")
		}
		c.shared.mu.Lock()
		waits = len(c.shared.pending) > 0
		c.shared.mu.Unlock()
	}
}

// TestSharedDamaged changes entries behind the cache's back.
func TestSharedDamaged(t *testing.T) {
	s := startNATS(t)
	for name, spoil := range map[string]func([]byte) []byte{
		"a bit":     func(entry []byte) []byte { entry[len(entry)-1] ^= 1; return entry },
		"its end":   func(entry []byte) []byte { return entry[:len(entry)/2] },
		"a version": func(entry []byte) []byte { entry[0]++; return entry },
	} {
		t.Run(name, func(t *testing.T) {
			counts, metrics := newCounters()
			c := openSharing(t, s, Options{Metrics: metrics, Shared: &SharedOptions{Prefix: strings.ReplaceAll(name, " ", ""), MaxBytes: 1 << 20}})
			c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("m", now()), time.Now())
			written(t, c)
			message, err := c.shared.stream.GetLastMsgForSubject(t.Context(), c.shared.subject("*", "*"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.shared.js.Publish(t.Context(), message.Subject, spoil(message.Data)); err != nil {
				t.Fatal(err)
			}
			forgetful(c)
			expect(t, c, cachetest.Key(1))
			if n := counts.of(t, lookups, "shared", "error"); n != 1 {
				t.Errorf("%d look-ups failed, want 1", n)
			}
			c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("again", now()), time.Now())
			written(t, c)
			forgetful(c)
			expect(t, c, cachetest.Key(1), "again")
		})
	}
}

// TestSharedFull writes more than the bucket holds: the oldest gives way.
func TestSharedFull(t *testing.T) {
	s := startNATS(t)
	counts, metrics := newCounters()
	c := openSharing(t, s, Options{Metrics: metrics, Shared: &SharedOptions{MaxBytes: 64 << 10}})
	const keys = 300
	for key := range keys {
		c.Store(cachetest.Key(key), cachetest.Key(1000+key), cachetest.Summary("m", now()), time.Now())
		if key%50 == 0 {
			written(t, c)
		}
	}
	written(t, c)
	if n := counts.of(t, dropped); n != 0 {
		t.Errorf("%d answers were dropped", n)
	}
	forgetful(c)
	expect(t, c, cachetest.Key(0))
	expect(t, c, cachetest.Key(keys-1), "m")
}

// TestSharedWithoutServer stops the server: the other tiers go on, without a wait.
func TestSharedWithoutServer(t *testing.T) {
	s := startNATS(t)
	counts, metrics := newCounters()
	c := openSharing(t, s, Options{Metrics: metrics})
	c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("m", now()), time.Now())
	written(t, c)
	lost := c.shared.js.Conn().StatusChanged(nats.RECONNECTING)
	s.Shutdown()
	s.WaitForShutdown()
	<-lost
	expect(t, c, cachetest.Key(1), "m")
	expect(t, c, cachetest.Key(3))
	if n := counts.of(t, lookups, "shared", "error"); n != 2 {
		t.Errorf("%d look-ups of the shared tier failed, want 2", n)
	}
}

// TestSharedKeys checks that the keys of a bucket are hashes.
func TestSharedKeys(t *testing.T) {
	s := startNATS(t)
	c := openSharing(t, s, Options{})
	c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("m", now()), time.Now())
	written(t, c)
	kv, err := c.shared.js.KeyValue(t.Context(), "SUMMARIZER_cache")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := kv.Keys(t.Context())
	if want := hexKey(cachetest.Key(1)) + "." + hexKey(cachetest.Key(2)); err != nil || len(keys) != 1 || keys[0] != want {
		t.Errorf("the bucket has the keys %q, %v, want %q", keys, err, want)
	}
}

func BenchmarkSharedLookup(b *testing.B) {
	s := startNATS(b)
	c, err := Open(Options{MemoryBytes: 1, Shared: &SharedOptions{JetStream: connectNATS(b, s)}})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	const keys = 20_000
	for key := range keys {
		entry, err := encodeEntry(answerRecord{article: cachetest.Key(key), answers: []*summarizer.StoredAnswer{cachetest.Summary("m", now())}})
		if err == nil {
			_, err = c.shared.js.PublishAsync(c.shared.subject(hexKey(cachetest.Key(key)), hexKey(cachetest.Key(key))), entry)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	<-c.shared.js.PublishAsyncComplete()
	n := 0
	for b.Loop() {
		n += 7
		if r, _, err := c.shared.load(b.Context(), cachetest.Key(n%keys)); err != nil || len(r.answers) != 1 {
			b.Fatal(err)
		}
	}
}
