package systemtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// The size of the soak of shared calls, at scale 1.
const (
	soakArticles = 6
	soakCallers  = 40
	soakRequests = 150 // of each caller
)

// soakBypasser is the client of all requests that bypass the cache.
const soakBypasser = "bypasser"

// soakCall is what the history of a soak knows about a call of the model.
type soakCall struct {
	article       int
	maker         string
	began, ended  int64 // places in the order of events; ended is 0 while it runs
	beganAt, over time.Time
	reason        summarizer.Reason // empty where it brought an answer
	unstored      bool              // it was started for a request that bypasses the cache
}

// soakPurge is one purge of an article, or of everything.
type soakPurge struct {
	article      int
	all          bool
	began, ended int64
	at           time.Time
}

func (p *soakPurge) of(article int) bool { return p.all || p.article == article }

// beginPurge notes that an article is purged, or everything.
func (h *history) beginPurge(article int, all bool) *soakPurge {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &soakPurge{article: article, all: all, began: h.next(), at: time.Now()}
	h.purges = append(h.purges, p)
	return p
}

// endPurge notes that a purge is over.
func (h *history) endPurge(p *soakPurge) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.ended = h.next()
}

// purge purges what p says.
func (s *soakService) purge(p *soakPurge) (err error) {
	if p.all {
		_, err = s.answers.PurgeAll()
	} else {
		_, err = s.answers.Purge(summarizer.ArticleKey(soakArticle(p.article)))
	}
	s.results.Clear()
	return err
}

// history is the model of what may be returned: all that happened, in order.
type history struct {
	hurry time.Duration // within which callers cancel who do; 0: before their deadline
	event atomic.Int64

	mu       sync.Mutex
	calls    []*soakCall
	purges   []*soakPurge
	restarts []int64 // places of the end and of the beginning of a service, in turn
}

// next returns the place of an event that happens at present.
func (h *history) next() int64 { return h.event.Add(1) }

// soakModel answers with the number of the call. A call whose callers have less time than it
// needs is told that all places are taken, as by an engine.
type soakModel struct {
	*history
	random func(n int) int
	maker  string
	slow   time.Duration // the longest call
}

func (m *soakModel) Fingerprints(*summarizer.Task) []summarizer.Fingerprint {
	return []summarizer.Fingerprint{{ID: m.maker, Model: m.maker, PromptVersion: "1", ValidatorVersion: "1"}}
}

func (m *soakModel) Capacity() int { return 64 }

func (m *soakModel) Analyze(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
	call := &soakCall{maker: m.maker, beganAt: time.Now(), unstored: task.Client == soakBypasser}
	_, _ = fmt.Sscanf(task.Document.Title, "Article %d", &call.article)
	m.mu.Lock()
	call.began = m.next()
	number := len(m.calls)
	m.calls = append(m.calls, call)
	m.mu.Unlock()
	takes := time.Duration(1 + m.random(int(m.slow)))
	reason := summarizer.Reason("")
	switch m.random(20) {
	case 0:
		reason = summarizer.ReasonLLMUnavailable
	case 1:
		panic("as an engine might")
	}
	end := time.After(takes)
	if task.Callers != nil && time.Until(task.Callers.Deadline()) < takes {
		reason, end = summarizer.ReasonLLMBusy, time.After(takes/8)
	}
	select {
	case <-end:
	case <-ctx.Done():
		reason = summarizer.ReasonLLMTimeout
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	call.ended, call.over, call.reason = m.next(), time.Now(), reason
	reply := &summarizer.Reply{Fingerprint: m.Fingerprints(task)[0], Usage: summarizer.Usage{InputTokens: 1}}
	if reason != "" {
		return reply.Fail(task, &summarizer.Error{Reason: reason})
	}
	reply.Summary = &summarizer.SummaryAnswer{
		Sentences: []summarizer.AnswerSentence{{Text: fmt.Sprintf("Article %d, call %d.", call.article, number)}},
		Method:    summarizer.MethodAbstractive, Language: "en",
	}
	return reply
}

// soakRequest is one request and what came of it.
type soakRequest struct {
	article      int
	maker        string // of the service that is asked
	policy       summarizer.CachePolicy
	engine       summarizer.EnginePolicy
	deadline     time.Time
	cancelled    bool
	began, ended int64
	beganAt      time.Time
	endedAt      time.Time
	result       *summarizer.Result
	err          error
}

// check says what is wrong with the outcome of a request, if anything is.
func (h *history) check(r *soakRequest) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.endedAt.After(r.deadline) {
		return fmt.Errorf("answered %v after the deadline", r.endedAt.Sub(r.deadline))
	}
	if errors.Is(r.err, context.Canceled) {
		if !r.cancelled {
			return errors.New("told that it was cancelled, which it was not")
		}
		return nil
	}
	if r.err != nil {
		if r.engine != summarizer.LLMOnly {
			return fmt.Errorf("failed, although the built-in engine may answer: %w", r.err)
		}
		return h.checkReason(r, summarizer.ReasonOf(r.err))
	}
	p := r.result.Summary.Provenance
	switch p.Source {
	case summarizer.SourceLocal:
		if r.engine == summarizer.LLMOnly || !p.Degraded {
			return fmt.Errorf("answered by the built-in engine, degraded: %t", p.Degraded)
		}
		return h.checkReason(r, p.FallbackReason)
	case summarizer.SourceStaleCache:
		if p.FallbackReason == "" || r.engine == summarizer.LLMOnly || r.policy == summarizer.CacheBypass {
			return errors.New("a stale answer that is not allowed")
		}
	case summarizer.SourceLLM, summarizer.SourceCache:
		if p.Degraded || p.FallbackReason != "" {
			return errors.New("a good answer is marked as degraded")
		}
	}
	if err := h.checkAnswer(r); err != nil {
		return err
	}
	if r.policy == summarizer.CacheDefault && r.result.Usage.InputTokens > 0 && !h.restarted(r.began-1, r.ended) {
		if paid := h.paidBefore(r); paid >= 0 {
			return fmt.Errorf("paid for a call, although call %d had been stored", paid)
		}
	}
	return nil
}

// checkAnswer says what is wrong with an answer of the model. h.mu is held.
func (h *history) checkAnswer(r *soakRequest) error {
	p := r.result.Summary.Provenance
	var of, number int
	if n, err := fmt.Sscanf(r.result.Summary.Text, "Article %d, call %d.", &of, &number); n != 2 || err != nil || number >= len(h.calls) {
		return fmt.Errorf("an answer that no call gave: %q", r.result.Summary.Text)
	}
	call := h.calls[number]
	if call.maker != r.maker && p.Source != summarizer.SourceStaleCache || call.maker != p.Model {
		return fmt.Errorf("%v of call %d by %q, for a request to %q", p.Source, number, call.maker, r.maker)
	}
	if of != r.article || call.article != r.article || call.reason != "" || call.ended == 0 || call.ended > r.ended {
		return fmt.Errorf("the answer of call %d, which was about article %d and ended with %q", number, call.article, call.reason)
	}
	if r.policy != summarizer.CacheDefault && p.Source != summarizer.SourceStaleCache && call.began < r.began {
		return fmt.Errorf("call %d began before the request, which wants a fresh answer", number)
	}
	for _, purge := range h.purges {
		if purge.of(r.article) && purge.ended != 0 && purge.ended < r.began && call.began < purge.began {
			return fmt.Errorf("the answer of call %d, which began before a purge that was over when the request came", number)
		}
	}
	return nil
}

// paidBefore returns the number of a call whose answer was stored when a request came, and
// was not purged since; -1 when there is none.
func (h *history) paidBefore(r *soakRequest) int {
calls:
	for number, call := range h.calls {
		if call.article != r.article || call.reason != "" || call.ended == 0 || !call.over.Before(r.beganAt) || call.unstored {
			continue
		}
		for _, purge := range h.purges {
			if purge.of(r.article) && !purge.at.Before(call.beganAt) {
				continue calls
			}
		}
		return number
	}
	return -1
}

// restarted reports whether a service ended or began between two events.
func (h *history) restarted(from, to int64) bool {
	for _, at := range h.restarts {
		if at >= from && at <= to {
			return true
		}
	}
	return false
}

// checkReason holds the reason that a caller was told to what happened to him.
func (h *history) checkReason(r *soakRequest, reason summarizer.Reason) error {
	failures := 0 // calls that ended so meanwhile
	for _, call := range h.calls {
		failed := call.reason == reason
		if reason == summarizer.ReasonLLMInternal {
			failed = call.ended == 0
		}
		if call.article == r.article && failed && call.began < r.ended && (call.ended == 0 || call.ended > r.began) {
			failures++
		}
	}
	timeLeft := r.deadline.Sub(r.beganAt)
	switch reason {
	case summarizer.ReasonLLMUnavailable, summarizer.ReasonLLMInternal:
		if failures == 0 {
			return fmt.Errorf("told %s, which no call ended with", reason)
		}
	case summarizer.ReasonLLMBusy:
		if timeLeft >= 5*time.Second && failures < 3 {
			return fmt.Errorf("told LLM_BUSY with %v of time, after %d calls that were", timeLeft, failures)
		}
	case summarizer.ReasonLLMTimeout, summarizer.ReasonDeadlineTooShort:
		if timeLeft >= 5*time.Second {
			return fmt.Errorf("told %s with %v of time", reason, timeLeft)
		}
	case summarizer.ReasonDraining:
		if !h.restarted(r.began-1, r.ended) && !h.restartUnderWay(r.began) {
			return errors.New("told DRAINING by a service that goes on")
		}
	default:
		return fmt.Errorf("told %q", reason)
	}
	return nil
}

// restartUnderWay reports whether one service had ended and the next not begun.
func (h *history) restartUnderWay(at int64) bool {
	n := 0
	for _, event := range h.restarts {
		if event <= at {
			n++
		}
	}
	return n%2 == 1
}

// soakService is a service with its cache, which is closed and opened again.
type soakService struct {
	service *summarizer.Service
	answers *cache.Cache
	results *cache.ResultStore
}

func openSoak(t *testing.T, options cache.Options, model *soakModel) *soakService {
	t.Helper()
	s := &soakService{results: cache.NewResultStore(0, 0)}
	if heard := options.Purged; heard != nil {
		options.Purged = func() {
			s.results.Clear()
			heard()
		}
	}
	answers, err := cache.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	s.answers = answers
	s.service = summarizer.New(summarizer.Options{
		Local: local.New(), Model: model, Answers: s.answers, Results: s.results, ValidatorVersion: "1",
	})
	return s
}

func soakArticle(n int) summarizer.Article {
	text := ""
	for i := range 8 {
		text += fmt.Sprintf("On day %d the council of town %d met about the bridge, said its mayor. ", i+1, n)
	}
	return summarizer.Article{Title: fmt.Sprintf("Article %d", n), Text: text, LanguageCode: "en"}
}

// TestSoakOfSharedCalls lets callers with random deadlines and policies ask about few
// articles, and cancel, while the articles are purged and the service is restarted. Every
// outcome is checked against the history.
func TestSoakOfSharedCalls(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		source := rand.New(rand.NewPCG(seed, 1))
		random := func(n int) int {
			mu.Lock()
			defer mu.Unlock()
			return source.IntN(n)
		}
		h := &history{}
		model := &soakModel{history: h, random: random, maker: "soak", slow: 1500 * time.Millisecond}
		var current atomic.Pointer[soakService]
		current.Store(openSoak(t, cache.Options{Dir: dir}, model))

		outcomes := make(map[string]int)
		var callers sync.WaitGroup
		stop := make(chan struct{})
		for range soakCallers {
			callers.Go(func() {
				for range soakRequests * testScale() {
					time.Sleep(time.Duration(random(2_000_000)) * time.Microsecond)
					r := h.request(t, current.Load().service, "soak", random)
					if err := h.check(r); err != nil {
						t.Errorf("article %d, policy %d, engine %d, with %v: %v", r.article, r.policy, r.engine, r.deadline.Sub(r.beganAt), err)
					}
					mu.Lock()
					outcomes[describeSoak(r)]++
					mu.Unlock()
				}
			})
		}
		var meddlers sync.WaitGroup
		every := func(longest time.Duration, do func()) {
			meddlers.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Duration(random(int(longest)))):
						do()
					}
				}
			})
		}
		var exclusive sync.Mutex // a purge of a service that is closing is none
		every(2*time.Second, func() {
			exclusive.Lock()
			defer exclusive.Unlock()
			p := h.beginPurge(random(soakArticles), random(20) == 0)
			if err := current.Load().purge(p); err != nil {
				t.Error(err)
			}
			h.endPurge(p)
		})
		every(time.Minute, func() {
			exclusive.Lock()
			defer exclusive.Unlock()
			h.restart()
			old := current.Load()
			old.service.Close()
			if err := old.answers.Close(); err != nil {
				t.Error(err)
			}
			current.Store(openSoak(t, cache.Options{Dir: dir}, model))
			h.restart()
		})
		callers.Wait()
		close(stop)
		meddlers.Wait()
		last := current.Load()
		last.service.Close()
		if err := last.answers.Close(); err != nil {
			t.Error(err)
		}
		t.Logf("%d calls, %d purges, %d restarts; outcomes %v", len(h.calls), len(h.purges), len(h.restarts)/2, outcomes)
		for _, want := range []string{"llm", "cache", "local LLM_BUSY", "local LLM_TIMEOUT", "cancelled"} {
			if outcomes[want] == 0 {
				t.Errorf("no request ended with %q: the soak shows too little", want)
			}
		}
	})
}

// request makes one request with a random deadline and policy, and perhaps cancels it.
func (h *history) request(t *testing.T, service *summarizer.Service, maker string, random func(int) int) *soakRequest {
	t.Helper()
	timeLeft := []time.Duration{300 * time.Millisecond, time.Second, 10 * time.Second, 30 * time.Second}[random(4)]
	r := &soakRequest{article: random(soakArticles), maker: maker, beganAt: time.Now()}
	if random(8) == 0 {
		r.policy = summarizer.CachePolicy(1 + random(2))
	}
	if random(5) == 0 {
		r.engine = summarizer.LLMOnly
	}
	r.deadline = r.beganAt.Add(timeLeft)
	ctx, cancel := context.WithDeadline(t.Context(), r.deadline)
	defer cancel()
	if random(6) == 0 {
		r.cancelled = true
		timer := time.AfterFunc(time.Duration(random(int(cmp.Or(h.hurry, timeLeft)))), cancel)
		defer timer.Stop()
	}
	client := fmt.Sprint("client", random(3))
	if r.policy == summarizer.CacheBypass {
		client = soakBypasser
	}
	r.began = h.next()
	r.result, r.err = service.Analyze(ctx, &summarizer.Request{
		Article: soakArticle(r.article), Summary: &summarizer.SummaryOptions{}, Cache: r.policy, Engine: r.engine,
		Client: client, Bulk: random(2) == 0,
	})
	r.ended, r.endedAt = h.next(), time.Now()
	return r
}

// restart notes that a service is about to end, or has begun.
func (h *history) restart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.restarts = append(h.restarts, h.next())
}

func describeSoak(r *soakRequest) string {
	switch {
	case errors.Is(r.err, context.Canceled):
		return "cancelled"
	case r.err != nil:
		return "error " + string(summarizer.ReasonOf(r.err))
	case r.result.Summary.Provenance.FallbackReason != "":
		return r.result.Summary.Provenance.Source.String() + " " + string(r.result.Summary.Provenance.FallbackReason)
	}
	return r.result.Summary.Provenance.Source.String()
}
