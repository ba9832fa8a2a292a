package systemtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// The size of the soak of shared tiers, at scale 1.
const (
	tierMembers  = 3
	tierCallers  = 5   // of each member
	tierRequests = 120 // of each caller
)

// tierMember is a process with a memory, a disk and a tier that it shares with the others.
type tierMember struct {
	model   *soakModel
	options cache.Options
	heard   chan struct{} // has one when it has heard of a purge
	current atomic.Pointer[soakService]
}

func (m *tierMember) open(t *testing.T) { m.current.Store(openSoak(t, m.options, m.model)) }

func (m *tierMember) close(t *testing.T) {
	old := m.current.Load()
	old.service.Close()
	if err := old.answers.Close(); err != nil {
		t.Error(err)
	}
}

// awaitPurge waits until a member has heard of the purge of a key since then, and with it of
// all that the same member has said before.
func (m *tierMember) awaitPurge(key summarizer.Key, since time.Time) {
	for !m.current.Load().answers.PurgedSince(key, since) {
		<-m.heard
	}
}

// connectJetStream connects to a server as a process of its own.
func connectJetStream(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	connection, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	js, err := jetstream.New(connection)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// tierPurges counts the keys by which purges are followed.
var tierPurges atomic.Int64

// mark purges a key of no article, and waits until all members have heard of it.
func mark(t *testing.T, members []*tierMember, m *tierMember) {
	key := summarizer.Key(sha256.Sum256([]byte(fmt.Sprint("mark ", tierPurges.Add(1)))))
	since := time.Now()
	if _, err := m.current.Load().answers.Purge(key); err != nil {
		t.Error(err)
	}
	for _, other := range members {
		other.awaitPurge(key, since)
	}
}

// TestSoakOfSharedTiers lets callers of three processes of two versions, which share a tier,
// ask about few articles, and cancel, while any process purges articles and any is restarted.
// No answer of a call that began before a purge is returned once all have heard of that; none
// of another version is returned as a good one.
func TestSoakOfSharedTiers(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(seed, 1))
	random := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return source.IntN(n)
	}
	h := &history{hurry: 10 * time.Millisecond}
	url := startCluster(t)
	var members []*tierMember
	for i := range tierMembers {
		m := &tierMember{heard: make(chan struct{}, 1)}
		m.model = &soakModel{history: h, random: random, maker: fmt.Sprint("version ", i%2), slow: 10 * time.Millisecond}
		m.options = cache.Options{
			Dir:    t.TempDir(),
			Shared: &cache.SharedOptions{JetStream: connectJetStream(t, url), MaxBytes: 8 << 20},
			Purged: func() {
				select {
				case m.heard <- struct{}{}:
				default:
				}
			},
		}
		m.open(t)
		members = append(members, m)
	}

	outcomes := make(map[string]int)
	ctx, stop := context.WithCancel(t.Context())
	var callers, meddlers sync.WaitGroup
	for _, m := range members {
		for range tierCallers {
			callers.Go(func() {
				for range tierRequests * testScale() {
					<-time.After(time.Duration(random(int(20 * time.Millisecond))))
					r := h.request(t, m.current.Load().service, m.model.maker, random)
					if err := h.checkTiers(r); err != nil {
						t.Errorf("article %d, policy %d, engine %d of %s: %v", r.article, r.policy, r.engine, r.maker, err)
					}
					mu.Lock()
					outcomes[describeSoak(r)]++
					mu.Unlock()
				}
			})
		}
	}
	restarts := 0
	meddlers.Go(func() {
		for ctx.Err() == nil {
			<-time.After(time.Duration(random(int(20 * time.Millisecond))))
			m := members[random(len(members))]
			if random(5) == 0 {
				m.close(t)
				m.open(t)
				restarts++
				continue
			}
			purgeTiers(t, h, members, m, h.beginPurge(random(soakArticles), random(8) == 0))
		}
	})
	callers.Wait()
	stop()
	meddlers.Wait()
	for _, m := range members {
		m.close(t)
	}
	t.Logf("%d calls, %d purges, %d restarts; outcomes %v", len(h.calls), len(h.purges), restarts, outcomes)
	if len(h.purges) == 0 || outcomes["llm"] == 0 || outcomes["cache"] == 0 || outcomes["cancelled"] == 0 {
		t.Error("the soak shows too little")
	}
}

// purgeTiers has a member purge what p says. That is over once all have heard of it, and of
// what each says about it.
func purgeTiers(t *testing.T, h *history, members []*tierMember, m *tierMember, p *soakPurge) {
	if err := m.current.Load().purge(p); err != nil {
		t.Error(err)
	}
	mark(t, members, m)
	for _, other := range members {
		if other != m {
			mark(t, members, other)
		}
	}
	h.endPurge(p)
}

// checkTiers says what is wrong with the outcome of a request to one of several processes,
// whatever time it took, if anything is.
func (h *history) checkTiers(r *soakRequest) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case errors.Is(r.err, context.Canceled) && !r.cancelled:
		return errors.New("told that it was cancelled, which it was not")
	case r.err != nil && r.engine != summarizer.LLMOnly && !errors.Is(r.err, context.Canceled):
		return fmt.Errorf("failed, although the built-in engine may answer: %w", r.err)
	case r.err != nil || r.result.Summary.Provenance.Source == summarizer.SourceLocal:
		return nil
	}
	return h.checkAnswer(r)
}
