package summarizer_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harbour is an article of five sentences.
const harbour = "The port of Velmar reopened on Tuesday after a strike of nine days. " +
	"Dockers accepted a pay rise of 4 percent over two years. " +
	"The city had lost trade worth 30 million crowns by then. " +
	"Mayor Ilse Brandt thanked both sides for their patience. " +
	"The first ship to leave carried grain for three countries."

// fakeModel is a model whose answers a test writes.
type fakeModel struct {
	name     string
	capacity int
	calls    atomic.Int32
	answer   func(ctx context.Context, task *summarizer.Task) *summarizer.Reply
}

func (m *fakeModel) Analyze(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
	m.calls.Add(1)
	if m.answer == nil {
		return m.obey(task)
	}
	return m.answer(ctx, task)
}

func (m *fakeModel) fingerprint() summarizer.Fingerprint {
	return summarizer.Fingerprint{ID: "id-" + m.name, Model: m.name, PromptVersion: "p1", ValidatorVersion: "v1"}
}

func (m *fakeModel) Fingerprints(*summarizer.Task) []summarizer.Fingerprint {
	return []summarizer.Fingerprint{m.fingerprint()}
}

func (m *fakeModel) Capacity() int { return max(m.capacity, 1) }

// obey answers what the task asks for.
func (m *fakeModel) obey(task *summarizer.Task) *summarizer.Reply {
	r := &summarizer.Reply{Fingerprint: m.fingerprint(), Usage: summarizer.Usage{InputTokens: 100, OutputTokens: 10, CostMicroUSD: 7}}
	if task.Summary != nil {
		r.Summary = &summarizer.SummaryAnswer{
			Sentences: []summarizer.AnswerSentence{{Text: "Velmar's port is open again.", Evidence: []article.Span{{Begin: 4, End: 8}}}},
			Method:    summarizer.MethodAbstractive,
			Language:  "en",
		}
	}
	if task.Topics != nil {
		r.Topics = &summarizer.TopicAnswer{Threshold: 0.5, Topics: []summarizer.TopicScore{
			{ID: "labour", Confidence: 0.9, Basis: summarizer.BasisModelReported},
			{ID: "trade", Confidence: 0.6, Basis: summarizer.BasisModelReported},
			{ID: "politics", Confidence: 0.2, Basis: summarizer.BasisModelReported},
		}}
	}
	return r
}

// fail answers every feature with an error of the reason.
func (m *fakeModel) fail(task *summarizer.Task, reason summarizer.Reason) *summarizer.Reply {
	return (&summarizer.Reply{Fingerprint: m.fingerprint()}).Fail(task, &summarizer.Error{Reason: reason})
}

// fakeLocal is a local engine that always answers.
type fakeLocal struct {
	calls   atomic.Int32
	running atomic.Int32
	peak    atomic.Int32 // the most that ran at once, as far as the test's clock tells
	takes   time.Duration
	broken  bool
}

func (l *fakeLocal) Analyze(_ context.Context, task *summarizer.Task) *summarizer.Reply {
	l.calls.Add(1)
	l.peak.Store(max(l.peak.Load(), l.running.Add(1)))
	defer l.running.Add(-1)
	if l.takes > 0 {
		<-time.After(l.takes)
	}
	if l.broken {
		panic("broken")
	}
	r := &summarizer.Reply{Fingerprint: summarizer.Fingerprint{Model: "local-test"}}
	if task.Summary != nil {
		first := task.Document.Sentences[0].Span
		r.Summary = &summarizer.SummaryAnswer{
			Sentences: []summarizer.AnswerSentence{{Text: task.Document.Slice(first), Evidence: []article.Span{first}}},
			Method:    summarizer.MethodExtractive,
			Language:  task.Document.Language,
		}
	}
	if task.Topics != nil {
		r.Topics = &summarizer.TopicAnswer{Threshold: 0.5}
	}
	return r
}

// fakeAnswers keeps answers in a map.
type fakeAnswers struct {
	// before, when set, runs once before the next look-up returns.
	before func()

	mu    sync.Mutex
	byKey map[summarizer.Key][]*summarizer.StoredAnswer
}

func newFakeAnswers() *fakeAnswers {
	return &fakeAnswers{byKey: make(map[summarizer.Key][]*summarizer.StoredAnswer)}
}

func (a *fakeAnswers) Lookup(_ context.Context, key summarizer.Key, _ []string) []*summarizer.StoredAnswer {
	a.mu.Lock()
	found := a.byKey[key]
	before := a.before
	a.before = nil
	a.mu.Unlock()
	if before != nil {
		before()
	}
	return found
}

func (a *fakeAnswers) Store(key, _ summarizer.Key, answer *summarizer.StoredAnswer, _ time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kept := []*summarizer.StoredAnswer{answer}
	for _, old := range a.byKey[key] {
		if old.Fingerprint.ID != answer.Fingerprint.ID {
			kept = append(kept, old)
		}
	}
	a.byKey[key] = kept
}

func (a *fakeAnswers) Purge(summarizer.Key) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.byKey)
	clear(a.byKey)
	return n, nil
}

func (*fakeAnswers) PurgedSince(summarizer.Key, time.Time) bool { return false }

func (a *fakeAnswers) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, answers := range a.byKey {
		n += len(answers)
	}
	return n
}

// fakeResults keeps results in a map.
type fakeResults struct{ m sync.Map }

func (r *fakeResults) Get(key summarizer.Key) (*summarizer.Result, bool) {
	v, ok := r.m.Load(key)
	if !ok {
		return nil, false
	}
	return v.(*summarizer.Result), true
}

func (r *fakeResults) Put(key summarizer.Key, result *summarizer.Result, _ time.Time) {
	r.m.Store(key, result)
}

func (r *fakeResults) Clear() { r.m.Clear() }

// bench is a service with its parts in reach.
type bench struct {
	*summarizer.Service
	model   *fakeModel
	local   *fakeLocal
	answers *fakeAnswers
}

func newBench(t *testing.T, model *fakeModel, change func(*summarizer.Options)) *bench {
	t.Helper()
	b := &bench{model: model, local: &fakeLocal{}, answers: newFakeAnswers()}
	options := summarizer.Options{
		Local:            b.local,
		Answers:          b.answers,
		ValidatorVersion: "v1",
	}
	if model != nil {
		options.Model = model
	}
	if change != nil {
		change(&options)
	}
	b.Service = summarizer.New(options)
	t.Cleanup(b.Close)
	return b
}

func request(text string) *summarizer.Request {
	return &summarizer.Request{
		Article: summarizer.Article{Text: text, LanguageCode: "en"},
		Summary: &summarizer.SummaryOptions{},
		Topics:  &summarizer.TopicOptions{},
	}
}

// outcome is what a test says about an answer.
type outcome struct {
	Source   string
	Degraded bool
	Reason   summarizer.Reason
	Err      summarizer.Reason
}

func outcomeOf(t *testing.T, result *summarizer.Result, err error) outcome {
	t.Helper()
	if err != nil {
		return outcome{Err: summarizer.ReasonOf(err)}
	}
	s, c := result.Summary.Provenance, result.Classification.Provenance
	if s.Source != c.Source || s.FallbackReason != c.FallbackReason || s.Degraded != c.Degraded {
		t.Fatalf("features differ: %+v, %+v", s, c)
	}
	return outcome{Source: s.Source.String(), Degraded: s.Degraded, Reason: s.FallbackReason}
}

func TestPolicies(t *testing.T) {
	const down = summarizer.ReasonLLMUnavailable
	type state struct {
		model  string // "ok", "down" or "none"
		stored string // "current", "other" or ""
	}
	fromModel := outcome{Source: "llm"}
	cached := outcome{Source: "cache"}
	stale := outcome{Source: "stale_cache", Degraded: true, Reason: down}
	fallback := outcome{Source: "local", Degraded: true, Reason: down}
	local := outcome{Source: "local"}
	for _, tc := range []struct {
		state  state
		engine summarizer.EnginePolicy
		cache  summarizer.CachePolicy
		want   outcome
		calls  int32 // upstream
		stored int   // answers in the cache afterwards
	}{
		{state{"ok", ""}, summarizer.LLMOrLocal, summarizer.CacheDefault, fromModel, 1, 2},
		{state{"ok", "current"}, summarizer.LLMOrLocal, summarizer.CacheDefault, cached, 0, 2},
		{state{"ok", "other"}, summarizer.LLMOrLocal, summarizer.CacheDefault, fromModel, 1, 4},
		{state{"down", "current"}, summarizer.LLMOrLocal, summarizer.CacheDefault, cached, 0, 2},
		{state{"down", "other"}, summarizer.LLMOrLocal, summarizer.CacheDefault, stale, 1, 2},
		{state{"down", ""}, summarizer.LLMOrLocal, summarizer.CacheDefault, fallback, 1, 0},

		{state{"ok", "current"}, summarizer.LLMOrLocal, summarizer.CacheRefresh, fromModel, 1, 2},
		{state{"down", "current"}, summarizer.LLMOrLocal, summarizer.CacheRefresh, stale, 1, 2},
		{state{"down", "other"}, summarizer.LLMOrLocal, summarizer.CacheRefresh, stale, 1, 2},
		{state{"down", ""}, summarizer.LLMOrLocal, summarizer.CacheRefresh, fallback, 1, 0},

		{state{"ok", "current"}, summarizer.LLMOrLocal, summarizer.CacheBypass, fromModel, 1, 2},
		{state{"ok", ""}, summarizer.LLMOrLocal, summarizer.CacheBypass, fromModel, 1, 0},
		{state{"down", "current"}, summarizer.LLMOrLocal, summarizer.CacheBypass, fallback, 1, 2},
		{state{"down", "other"}, summarizer.LLMOrLocal, summarizer.CacheBypass, fallback, 1, 2},

		{state{"ok", ""}, summarizer.LLMOnly, summarizer.CacheDefault, fromModel, 1, 2},
		{state{"ok", "current"}, summarizer.LLMOnly, summarizer.CacheDefault, cached, 0, 2},
		{state{"down", "other"}, summarizer.LLMOnly, summarizer.CacheDefault, outcome{Err: down}, 1, 2},
		{state{"down", "current"}, summarizer.LLMOnly, summarizer.CacheRefresh, outcome{Err: down}, 1, 2},
		{state{"none", "other"}, summarizer.LLMOnly, summarizer.CacheDefault, outcome{Err: summarizer.ReasonLLMDisabled}, 0, 2},

		{state{"ok", "current"}, summarizer.LocalOnly, summarizer.CacheDefault, local, 0, 2},
		{state{"ok", ""}, summarizer.LocalOnly, summarizer.CacheRefresh, local, 0, 0},

		{state{"none", ""}, summarizer.LLMOrLocal, summarizer.CacheDefault, local, 0, 0},
		{state{"none", "other"}, summarizer.LLMOrLocal, summarizer.CacheDefault, outcome{Source: "stale_cache"}, 0, 2},
		{state{"none", "other"}, summarizer.LLMOrLocal, summarizer.CacheBypass, local, 0, 2},
	} {
		name := fmt.Sprintf("model %s, stored %q, engine %d, cache %d", tc.state.model, tc.state.stored, tc.engine, tc.cache)
		t.Run(name, func(t *testing.T) {
			answers := newFakeAnswers()
			keep := func(o *summarizer.Options) { o.Answers = answers }
			switch tc.state.stored {
			case "current":
				prime(t, newBench(t, &fakeModel{name: "m"}, keep))
			case "other":
				prime(t, newBench(t, &fakeModel{name: "former"}, keep))
			}
			var model *fakeModel
			if tc.state.model != "none" {
				model = &fakeModel{name: "m"}
			}
			if tc.state.model == "down" {
				model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply { return model.fail(task, down) }
			}
			b := newBench(t, model, keep)
			r := request(harbour)
			r.Engine, r.Cache = tc.engine, tc.cache
			result, err := b.Analyze(t.Context(), r)
			if diff := cmp.Diff(tc.want, outcomeOf(t, result, err)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if model != nil && model.calls.Load() != tc.calls {
				t.Errorf("%d upstream calls, want %d", model.calls.Load(), tc.calls)
			}
			if answers.len() != tc.stored {
				t.Errorf("%d answers stored, want %d", answers.len(), tc.stored)
			}
		})
	}
}

func prime(t *testing.T, b *bench) {
	t.Helper()
	result, err := b.Analyze(t.Context(), request(harbour))
	if err != nil || result.Summary.Provenance.Source != summarizer.SourceLLM {
		t.Fatalf("priming: %+v, %v", result, err)
	}
}

func TestStaleAnswerOfOtherRulesOrTooOldIsNotDelivered(t *testing.T) {
	for name, change := range map[string]func(*summarizer.StoredAnswer){
		"validator": func(a *summarizer.StoredAnswer) { a.Fingerprint.ValidatorVersion = "v0" },
		"age":       func(a *summarizer.StoredAnswer) { a.CreateTime = time.Now().Add(-31 * 24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			answers := newFakeAnswers()
			keep := func(o *summarizer.Options) { o.Answers = answers }
			prime(t, newBench(t, &fakeModel{name: "former"}, keep))
			for _, stored := range answers.byKey {
				change(stored[0])
			}
			result, err := newBench(t, nil, keep).Analyze(t.Context(), request(harbour))
			if got := outcomeOf(t, result, err); got != (outcome{Source: "local"}) {
				t.Errorf("got %+v, want a local answer", got)
			}
		})
	}
}

func TestEachFeatureOnItsOwn(t *testing.T) {
	model := &fakeModel{name: "m"}
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		r := model.obey(task)
		if task.Summary != nil {
			r.Summary, r.SummaryErr = nil, &summarizer.Error{Reason: summarizer.ReasonLLMUngrounded}
		}
		return r
	}
	b := newBench(t, model, nil)
	result, err := b.Analyze(t.Context(), request(harbour))
	if err != nil {
		t.Fatal(err)
	}
	s, c := result.Summary.Provenance, result.Classification.Provenance
	if s.Source != summarizer.SourceLocal || s.FallbackReason != summarizer.ReasonLLMUngrounded || !s.Degraded {
		t.Errorf("summary: %+v", s)
	}
	if c.Source != summarizer.SourceLLM || c.Degraded || c.FallbackReason != "" {
		t.Errorf("topics: %+v", c)
	}
	if b.answers.len() != 1 {
		t.Errorf("%d answers stored, want that of topics alone", b.answers.len())
	}

	// The next request asks for exactly what is missing.
	var asked *summarizer.Task
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		asked = task
		return model.obey(task)
	}
	result, err = b.Analyze(t.Context(), request(harbour))
	if err != nil {
		t.Fatal(err)
	}
	if asked.Summary == nil || asked.Topics != nil {
		t.Errorf("asked for summary %t and topics %t, want the summary alone", asked.Summary != nil, asked.Topics != nil)
	}
	if result.Summary.Provenance.Source != summarizer.SourceLLM || result.Classification.Provenance.Source != summarizer.SourceCache {
		t.Errorf("sources %v and %v", result.Summary.Provenance.Source, result.Classification.Provenance.Source)
	}
}

func TestFinishedResultIsReused(t *testing.T) {
	model := &fakeModel{name: "m"}
	b := newBench(t, model, func(o *summarizer.Options) { o.Results = &fakeResults{} })
	first, err := b.Analyze(t.Context(), request(harbour))
	if err != nil {
		t.Fatal(err)
	}
	if first.Summary.Provenance.Source != summarizer.SourceLLM || first.Usage.InputTokens != 100 {
		t.Errorf("first: %+v, usage %+v", first.Summary.Provenance, first.Usage)
	}
	second, err := b.Analyze(t.Context(), request(harbour))
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomeOf(t, second, nil); got != (outcome{Source: "cache"}) {
		t.Errorf("second: %+v", got)
	}
	if second.Usage != (summarizer.Usage{}) {
		t.Errorf("a hit consumed %+v", second.Usage)
	}
	if model.calls.Load() != 1 {
		t.Errorf("%d upstream calls, want 1", model.calls.Load())
	}
	third, err := b.Analyze(t.Context(), request(harbour))
	if err != nil || third != second {
		t.Errorf("a hit on the request makes a result anew (%v)", err)
	}
}

// A server that is full still gives what is there, and does nothing for the rest.
func TestFinishedOnly(t *testing.T) {
	model := &fakeModel{name: "m"}
	b := newBench(t, model, func(o *summarizer.Options) { o.Results = &fakeResults{} })
	only := request(harbour)
	only.FinishedOnly = true
	var e *summarizer.Error
	if result, err := b.Analyze(t.Context(), only); !errors.As(err, &e) || e.Reason != summarizer.ReasonOverloaded {
		t.Errorf("nothing finished: %v, %v", result, err)
	}
	if n := model.calls.Load(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
	if _, err := b.Analyze(t.Context(), request(harbour)); err != nil {
		t.Fatal(err)
	}
	if result, err := b.Analyze(t.Context(), only); err != nil || result.Summary.Provenance.Source != summarizer.SourceCache {
		t.Errorf("finished: %v, %v", result, err)
	}
}

func TestIdenticalRequestsShareOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			<-time.After(time.Second)
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		first, cancelFirst := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		var paid, answered atomic.Int32
		for i := range 200 {
			ctx := t.Context()
			if i == 0 {
				ctx = first
			}
			wg.Go(func() {
				result, err := b.Analyze(ctx, request(harbour))
				if i == 0 {
					if !errors.Is(err, context.Canceled) {
						t.Errorf("the cancelled caller got %v", err)
					}
					return
				}
				if err != nil || result.Summary.Provenance.Source != summarizer.SourceLLM {
					t.Errorf("caller %d: %v", i, err)
					return
				}
				answered.Add(1)
				if result.Usage.InputTokens > 0 {
					paid.Add(1)
				}
			})
			if i == 0 {
				synctest.Wait() // the first caller has started the call
			}
		}
		synctest.Wait()
		cancelFirst()
		wg.Wait()
		if n := model.calls.Load(); n != 1 {
			t.Errorf("%d upstream calls, want 1", n)
		}
		if answered.Load() != 199 || paid.Load() != 0 {
			t.Errorf("%d answered, %d were told of usage; want 199 and none, as the one who started it left", answered.Load(), paid.Load())
		}
	})
}

func TestCallThatEndsBetweenCacheAndJoinIsSeen(t *testing.T) {
	model := &fakeModel{name: "m"}
	b := newBench(t, model, nil)
	b.answers.before = func() { prime(t, b) }
	result, err := b.Analyze(t.Context(), request(harbour))
	if got := outcomeOf(t, result, err); got != (outcome{Source: "cache"}) {
		t.Errorf("got %+v, want the answer that was stored meanwhile", got)
	}
	if n := model.calls.Load(); n != 1 {
		t.Errorf("%d upstream calls, want 1", n)
	}
}

// What failed of a call that ends meanwhile is asked again, and nothing else.
func TestCallThatEndsInPartIsSeenInPart(t *testing.T) {
	model := &fakeModel{name: "m"}
	b := newBench(t, model, nil)
	var asked []*summarizer.Task
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		asked = append(asked, task)
		r := model.obey(task)
		if len(asked) == 1 {
			r.Topics, r.TopicsErr = nil, &summarizer.Error{Reason: summarizer.ReasonLLMOutputInvalid}
		}
		return r
	}
	b.answers.before = func() {
		if _, err := b.Analyze(t.Context(), request(harbour)); err != nil {
			t.Error(err)
		}
	}
	result, err := b.Analyze(t.Context(), request(harbour))
	if err != nil {
		t.Fatal(err)
	}
	if s, c := result.Summary.Provenance.Source, result.Classification.Provenance.Source; s != summarizer.SourceCache || c != summarizer.SourceLLM {
		t.Errorf("the summary is from %v and the topics from %v, want cache and llm", s, c)
	}
	if len(asked) != 2 || asked[1].Summary != nil || asked[1].Topics == nil {
		t.Errorf("%d calls, want a second one for the topics alone", len(asked))
	}
}

// An answer that is removed from the cache is not given to later callers.
func TestCallThatEndedIsNotJoinedByLaterRequests(t *testing.T) {
	model := &fakeModel{name: "m"}
	b := newBench(t, model, nil)
	prime(t, b)
	clear(b.answers.byKey)
	result, err := b.Analyze(t.Context(), request(harbour))
	if got := outcomeOf(t, result, err); got != (outcome{Source: "llm"}) {
		t.Errorf("got %+v, want an answer of a call of its own", got)
	}
	if n := model.calls.Load(); n != 2 {
		t.Errorf("%d upstream calls, want 2", n)
	}
}

func TestCallEndsWhenEverybodyCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 100}
		ended := make(chan struct{})
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			<-ctx.Done()
			close(ended)
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := b.Analyze(ctx, request(harbour)); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		synctest.Wait()
		select {
		case <-ended:
		default:
			t.Error("the call goes on for nobody")
		}
	})
}

func TestLateAnswerFillsTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 100}
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			select {
			case <-time.After(3 * time.Second):
				return model.obey(task)
			case <-ctx.Done():
				return model.fail(task, summarizer.ReasonLLMTimeout)
			}
		}
		b := newBench(t, model, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		time.AfterFunc(500*time.Millisecond, func() {
			if all, orphans := b.Calls(); all != 1 || orphans != 0 {
				t.Errorf("while somebody waits: %d calls, %d orphans, want 1 and 0", all, orphans)
			}
		})
		result, err := b.Analyze(ctx, request(harbour))
		if all, orphans := b.Calls(); all != 1 || orphans != 1 {
			t.Errorf("while nobody waits: %d calls, %d orphans, want 1 and 1", all, orphans)
		}
		want := outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonLLMTimeout}
		if got := outcomeOf(t, result, err); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if ctx.Err() != nil {
			t.Error("the answer came after the deadline")
		}
		<-time.After(5 * time.Second)
		result, err = b.Analyze(t.Context(), request(harbour))
		if got := outcomeOf(t, result, err); got != (outcome{Source: "cache"}) {
			t.Errorf("afterwards got %+v, want the late answer", got)
		}
		if all, orphans := b.Calls(); all != 0 || orphans != 0 {
			t.Errorf("afterwards: %d calls, %d orphans, want none", all, orphans)
		}
	})
}

// TestCallKeepsTheTraceOfItsRequest and nothing else of its context: the request
// gives up, and the call goes on.
func TestCallKeepsTheTraceOfItsRequest(t *testing.T) {
	type traceKey struct{}
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 100}
		ended := make(chan error, 1)
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			if trace := ctx.Value(traceKey{}); trace != "trace" {
				t.Errorf("the call belongs to trace %v", trace)
			}
			if deadline, ok := ctx.Deadline(); ok {
				t.Errorf("the call has the request's deadline %v", deadline)
			}
			<-time.After(3 * time.Second)
			ended <- ctx.Err()
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), traceKey{}, "trace"), time.Second)
		defer cancel()
		if _, err := b.Analyze(ctx, request(harbour)); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the call ended with its request: %v", err)
		}
	})
}

func TestGraceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 100}
		var lasted time.Duration
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			began := time.Now()
			<-ctx.Done()
			lasted = time.Since(began)
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Analyze(ctx, request(harbour)); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if want := 950*time.Millisecond + 10*time.Second; lasted != want {
			t.Errorf("the call lasted %v, want the wait of the caller and the grace, %v", lasted, want)
		}
	})
}

func TestOrphansAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 8}
		var open atomic.Int32
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			open.Add(1)
			<-ctx.Done()
			open.Add(-1)
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, nil)
		for i := range 6 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			r := request(strings.Replace(harbour, "nine", fmt.Sprint(20+i), 1))
			if _, err := b.Analyze(ctx, r); err != nil {
				t.Fatal(err)
			}
			cancel()
			synctest.Wait()
		}
		if n := open.Load(); n != 2 {
			t.Errorf("%d calls go on for nobody, want a quarter of 8", n)
		}
	})
}

func TestSlowOrphanIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 100}
		b := newBench(t, model, nil)
		for i := range 40 { // calls that take no time set the 95th percentile
			r := request(strings.Replace(harbour, "nine", fmt.Sprint(20+i), 1))
			if _, err := b.Analyze(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		model.calls.Store(0)
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			if model.calls.Load() == 1 {
				<-ctx.Done()
				return model.fail(task, summarizer.ReasonLLMTimeout)
			}
			return model.obey(task)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Analyze(ctx, request(harbour)); err != nil {
			t.Fatal(err)
		}
		result, err := b.Analyze(t.Context(), request(harbour))
		if got := outcomeOf(t, result, err); got != (outcome{Source: "llm"}) {
			t.Errorf("got %+v, want an answer of a call of its own", got)
		}
	})
}

func TestHungCallIsNotHandedOnFromJoinerToJoiner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 100}
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			if model.calls.Load() == 1 {
				<-ctx.Done()
				return model.fail(task, summarizer.ReasonLLMTimeout)
			}
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		// Requests keep coming while the model's first call hangs and every other
		// would succeed.
		began := time.Now()
		for time.Since(began) < time.Minute {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			result, err := b.Analyze(ctx, request(harbour))
			cancel()
			if got := outcomeOf(t, result, err); got.Source == "llm" {
				break
			}
			<-time.After(time.Millisecond)
		}
		if took := time.Since(began); took > 13*time.Second {
			t.Errorf("the hung call was joined for %v, want the grace of 10 s and what one caller waits before and after", took)
		}
	})
}

func TestPanicOfTheLocalEngineLeavesNoWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m", capacity: 100}
		ended := false
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			<-ctx.Done()
			ended = true
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, func(o *summarizer.Options) { o.Local = panickingLocal{} })
		func() {
			defer func() { _ = recover() }()
			r := request(harbour)
			r.Bulk = true
			_, _ = b.Analyze(t.Context(), r)
		}()
		synctest.Wait()
		if !ended {
			t.Error("the call goes on for a request that is gone")
		}
	})
}

// panickingLocal is a local engine with a fault.
type panickingLocal struct{}

func (panickingLocal) Analyze(context.Context, *summarizer.Task) *summarizer.Reply { panic("boom") }

func TestRefreshJoinsOnlyLaterCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			<-time.After(time.Second)
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		var wg sync.WaitGroup
		ask := func(policy summarizer.CachePolicy) {
			wg.Go(func() {
				r := request(harbour)
				r.Cache = policy
				if _, err := b.Analyze(t.Context(), r); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
			<-time.After(10 * time.Millisecond)
		}
		ask(summarizer.CacheDefault) // starts
		ask(summarizer.CacheDefault) // joins
		ask(summarizer.CacheRefresh) // starts, as the first is older
		ask(summarizer.CacheDefault) // joins the second
		ask(summarizer.CacheBypass)  // starts
		ask(summarizer.CacheDefault) // joins the second, not the bypass
		wg.Wait()
		if n := model.calls.Load(); n != 3 {
			t.Errorf("%d upstream calls, want 3", n)
		}
	})
}

func TestDeadlines(t *testing.T) {
	for name, tc := range map[string]struct {
		deadline time.Duration
		engine   summarizer.EnginePolicy
		want     outcome
		calls    int32
		takes    time.Duration
	}{
		"enough time":        {300 * time.Millisecond, summarizer.LLMOrLocal, outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonLLMTimeout}, 1, 250 * time.Millisecond},
		"too short":          {240 * time.Millisecond, summarizer.LLMOrLocal, outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonDeadlineTooShort}, 0, 0},
		"too short, no way":  {100 * time.Millisecond, summarizer.LLMOnly, outcome{Err: summarizer.ReasonDeadlineTooShort}, 0, 0},
		"timeout, no way":    {300 * time.Millisecond, summarizer.LLMOnly, outcome{Err: summarizer.ReasonLLMTimeout}, 1, 250 * time.Millisecond},
		"default of service": {0, summarizer.LLMOrLocal, outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonLLMTimeout}, 1, 30*time.Second - 50*time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				model := &fakeModel{name: "m"}
				model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
					<-ctx.Done()
					return model.fail(task, summarizer.ReasonLLMTimeout)
				}
				b := newBench(t, model, nil)
				ctx := t.Context()
				if tc.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tc.deadline)
					defer cancel()
				}
				began := time.Now()
				r := request(harbour)
				r.Engine = tc.engine
				result, err := b.Analyze(ctx, r)
				if got := outcomeOf(t, result, err); got != tc.want {
					t.Errorf("got %+v, want %+v", got, tc.want)
				}
				if took := time.Since(began); took != tc.takes {
					t.Errorf("took %v, want %v", took, tc.takes)
				}
				if n := model.calls.Load(); n != tc.calls {
					t.Errorf("%d upstream calls, want %d", n, tc.calls)
				}
			})
		})
	}
}

func TestReserveFollowsTheLocalEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			<-ctx.Done()
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, nil)
		b.local.takes = 100 * time.Millisecond
		r := request(harbour)
		r.Engine = summarizer.LocalOnly
		for range 60 {
			if _, err := b.Analyze(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := b.Analyze(ctx, request(harbour)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 690*time.Millisecond || took > 710*time.Millisecond {
			t.Errorf("took %v, want 300 ms held back", took)
		}
	})
}

// A request that finds all it wants in the cache joins no call, however many end
// meanwhile.
func TestEndingCallsDoNotDelayAnswers(t *testing.T) {
	b := newBench(t, &fakeModel{name: "m"}, nil)
	ask := func(policy summarizer.CachePolicy) *summarizer.Result {
		r := request(harbour)
		r.Topics, r.Cache = nil, policy
		result, err := b.Analyze(t.Context(), r)
		if err != nil {
			t.Error(err)
		}
		return result
	}
	b.answers.before = func() {
		ask(summarizer.CacheDefault) // ends and is stored
		b.answers.before = func() { ask(summarizer.CacheBypass) }
	}
	answered := make(chan *summarizer.Result, 1)
	go func() { answered <- ask(summarizer.CacheDefault) }()
	select {
	case result := <-answered:
		if p := result.Summary.Provenance; p.Source != summarizer.SourceCache {
			t.Errorf("source %v", p.Source)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no answer")
	}
}

func TestLocalAnswerIsReadyWhenTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			<-ctx.Done()
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, nil)
		b.local.takes = 100 * time.Millisecond
		var mu sync.Mutex
		ended := make(map[time.Duration]int)
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				result, err := b.Analyze(ctx, request(harbour))
				if got := outcomeOf(t, result, err); got.Source != "local" {
					t.Errorf("got %+v", got)
				}
				took := time.Since(began)
				if took < 850*time.Millisecond || took > 950*time.Millisecond {
					t.Errorf("took %v, want the wait for the model alone", took)
				}
				mu.Lock()
				defer mu.Unlock()
				ended[took]++
			})
		}
		<-time.After(400 * time.Millisecond)
		if n := b.local.calls.Load(); n != 0 {
			t.Errorf("%d local runs while there is time", n)
		}
		wg.Wait()
		if n := b.local.calls.Load(); n != 1 {
			t.Errorf("%d local runs for identical requests, want 1", n)
		}
		for took, n := range ended {
			if n > 1 {
				t.Errorf("%d requests gave up in the same moment, after %v", n, took)
			}
		}
	})
}

func TestLocalAnswersPerProcessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil, nil)
		b.local.takes = 10 * time.Millisecond
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if _, err := b.Analyze(t.Context(), request(fmt.Sprintf("Ship %d left. %s", i, harbour))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most, bound := b.local.peak.Load(), int32(runtime.GOMAXPROCS(0)); most > bound {
			t.Errorf("%d local answers were made at once, want at most %d", most, bound)
		}
		if n := b.local.calls.Load(); n != 50 {
			t.Errorf("%d local runs for 50 articles", n)
		}
	})
}

// What identical requests share does not tell who sent them.
func TestSharedPreparationKeepsClientsApart(t *testing.T) {
	var mu sync.Mutex
	var clients []string
	both := make(chan struct{})
	model := &fakeModel{name: "m", capacity: 2}
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		mu.Lock()
		clients = append(clients, task.Client)
		if len(clients) == 2 {
			close(both)
		}
		mu.Unlock()
		<-both
		return model.obey(task)
	}
	b := newBench(t, model, nil)
	var wg sync.WaitGroup
	for _, client := range []string{"desk", "archive"} {
		wg.Go(func() {
			r := request(harbour)
			r.Client, r.Cache = client, summarizer.CacheBypass
			if _, err := b.Analyze(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	slices.Sort(clients)
	if diff := cmp.Diff([]string{"archive", "desk"}, clients); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
}

// A panic of the local engine fails every request that shares its answer, and no later one.
func TestPanicOfTheLocalEngineReachesAllWhoShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil, nil)
		b.local.takes, b.local.broken = 10*time.Millisecond, true
		var panics atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				defer func() {
					if recover() != nil {
						panics.Add(1)
					}
				}()
				_, _ = b.Analyze(t.Context(), request(harbour))
			})
		}
		wg.Wait()
		if n := panics.Load(); n != 20 {
			t.Errorf("%d of 20 requests panicked", n)
		}
		b.local.broken = false
		if _, err := b.Analyze(t.Context(), request(harbour)); err != nil {
			t.Error(err)
		}
	})
}

func TestBulkItemHasItsLocalAnswerReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			<-ctx.Done()
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, nil)
		b.local.takes = 100 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := request(harbour)
		r.Bulk = true
		began := time.Now()
		if _, err := b.Analyze(ctx, r); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 950*time.Millisecond {
			t.Errorf("took %v, want the wait for the model alone", took)
		}
		if n := b.local.calls.Load(); n != 1 {
			t.Errorf("%d local runs, want 1", n)
		}
	})
}

func TestPanicOfTheModelIsContained(t *testing.T) {
	model := &fakeModel{name: "m", answer: func(context.Context, *summarizer.Task) *summarizer.Reply { panic("boom") }}
	result, err := newBench(t, model, nil).Analyze(t.Context(), request(harbour))
	want := outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonLLMInternal}
	if got := outcomeOf(t, result, err); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestModelThatForgetsAFeature(t *testing.T) {
	model := &fakeModel{name: "m", answer: func(context.Context, *summarizer.Task) *summarizer.Reply { return &summarizer.Reply{} }}
	result, err := newBench(t, model, nil).Analyze(t.Context(), request(harbour))
	want := outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonLLMInternal}
	if got := outcomeOf(t, result, err); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestShortTextIsItsOwnSummary(t *testing.T) {
	const short = "The port of Velmar reopened on Tuesday after a strike of nine days. Dockers accepted a pay rise of 4 percent over two years."
	model := &fakeModel{name: "m"}
	var asked *summarizer.Task
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		asked = task
		return model.obey(task)
	}
	b := newBench(t, model, nil)
	result, err := b.Analyze(t.Context(), request(short))
	if err != nil {
		t.Fatal(err)
	}
	if p := result.Summary.Provenance; p.Source != summarizer.SourceLocal || p.Degraded {
		t.Errorf("summary: %+v", p)
	}
	if asked == nil || asked.Summary != nil {
		t.Error("the model was asked to summarise a text that is short enough")
	}

	r := request(short)
	r.Engine = summarizer.LLMOnly
	if result, err = b.Analyze(t.Context(), r); err != nil || result.Summary.Provenance.Source != summarizer.SourceLLM {
		t.Errorf("with the local engine forbidden: %v", err)
	}
	r = request(short)
	r.Summary.LanguageCode = "fr"
	if result, err = b.Analyze(t.Context(), r); err != nil || result.Summary.Provenance.Source != summarizer.SourceLLM {
		t.Errorf("in another language: %v", err)
	}
}

func TestRequestFaults(t *testing.T) {
	b := newBench(t, nil, nil)
	for name, tc := range map[string]struct {
		change func(*summarizer.Request)
		reason summarizer.Reason
		field  string
	}{
		"no letters":    {func(r *summarizer.Request) { r.Article.Text = " 12 — 34 \n\t…" }, summarizer.ReasonTextEmpty, "article.text"},
		"unknown topic": {func(r *summarizer.Request) { r.Topics.TopicIDs = []string{"labour", "nosuch"} }, summarizer.ReasonTopicUnknown, "topic_options.topic_ids[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(harbour)
			tc.change(r)
			_, err := b.Analyze(t.Context(), r)
			var e *summarizer.Error
			if !errors.As(err, &e) || e.Reason != tc.reason || len(e.Faults) != 1 || e.Faults[0].Field != tc.field || e.Message == "" {
				t.Errorf("got %#v, want %s on %s", err, tc.reason, tc.field)
			}
		})
	}
}

func TestTextTooLargeIsTheCallersToKnow(t *testing.T) {
	model := &fakeModel{name: "m"}
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		if task.Overlength != summarizer.OverlengthReject {
			return model.obey(task)
		}
		return model.fail(task, summarizer.ReasonTextTooLarge)
	}
	r := request(harbour)
	r.Overlength = summarizer.OverlengthReject
	_, err := newBench(t, model, nil).Analyze(t.Context(), r)
	if summarizer.ReasonOf(err) != summarizer.ReasonTextTooLarge {
		t.Errorf("got %v", err)
	}
}

func TestDelivery(t *testing.T) {
	const text = "Ärger im Hafen: the port of Velmar reopened on Tuesday 🚢 after a strike of nine days. " +
		"Dockers accepted a pay rise. The city had lost trade. Mayor Brandt thanked both sides. A ship left."
	begin := strings.Index(text, "Velmar")
	model := &fakeModel{name: "m"}
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		r := model.obey(task)
		at := strings.Index(task.Document.Text, "Velmar")
		ship := strings.Index(task.Document.Text, "🚢")
		r.Summary.Sentences = []summarizer.AnswerSentence{
			{Text: "One.", Evidence: []article.Span{{Begin: at, End: at + len("Velmar")}}},
			{Text: "Two.", Evidence: []article.Span{{Begin: ship, End: ship + len("🚢")}, {Begin: 5, End: len(task.Document.Text) + 9}}},
		}
		return r
	}
	b := newBench(t, model, nil)
	least := 0.1
	for encoding, want := range map[summarizer.OffsetEncoding]int{
		summarizer.OffsetUTF8:  begin,
		summarizer.OffsetUTF16: begin - 1,
		summarizer.OffsetUTF32: begin - 1,
	} {
		r := request(text)
		r.Offsets = encoding
		r.Summary.Format = summarizer.FormatBullets
		r.Topics.MinConfidence = &least
		result, err := b.Analyze(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if result.Summary.Text != "- One.\n- Two." {
			t.Errorf("text %q", result.Summary.Text)
		}
		got := result.Summary.Sentences[0].Evidence[0]
		if got != (summarizer.TextSpan{Begin: want, End: want + 6, Text: "Velmar"}) {
			t.Errorf("encoding %d: span %+v, want it at %d", encoding, got, want)
		}
		if evidence := result.Summary.Sentences[1].Evidence; len(evidence) != 1 || evidence[0].Text != "🚢" {
			t.Errorf("encoding %d: evidence %+v, want the ship alone", encoding, evidence)
		}
		if n := len(result.Classification.Topics); n != 3 {
			t.Errorf("%d topics from 0.1 on, want 3", n)
		}
	}

	r := request(text)
	r.Topics.MaxTopics = 1
	result, err := b.Analyze(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := []summarizer.TopicLabel{{ID: "labour", DisplayName: "labour", Confidence: 0.9, Basis: summarizer.BasisModelReported, IPTCCode: "medtop:09000000"}}
	if diff := cmp.Diff(want, result.Classification.Topics); diff != "" {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
	if model.calls.Load() != 2 {
		t.Errorf("%d calls for one content in two formats, want 2", model.calls.Load())
	}
}

// The names of topics are in the language of the request, and names of candidates as the
// caller wrote them. Another language starts no other call of the model.
func TestDisplayLanguage(t *testing.T) {
	model := &fakeModel{name: "m", capacity: 100}
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		r := model.obey(task)
		r.Topics.Topics = []summarizer.TopicScore{{ID: "labour", Confidence: 0.9}, {ID: "bees", Confidence: 0.8}}
		return r
	}
	b := newBench(t, model, nil)
	for _, test := range []struct{ language, labour string }{
		{"", "labour"}, {"fr", "travail et emploi"}, {"fr-CA", "travail et emploi"}, {"el", "labour"},
	} {
		r := request("Two ships met. They parted. Nobody saw it.")
		r.Topics = &summarizer.TopicOptions{
			TopicIDs: []string{"labour"}, DisplayLanguage: test.language,
			Candidates: []summarizer.Candidate{{ID: "bees", DisplayName: "Bees"}},
		}
		result, err := b.Analyze(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, topic := range result.Classification.Topics {
			got = append(got, topic.DisplayName)
		}
		if diff := cmp.Diff([]string{test.labour, "Bees"}, got); diff != "" {
			t.Errorf("in %q (-want +got):\n%s", test.language, diff)
		}
	}
	if calls := model.calls.Load(); calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}

func TestCloseEndsCalls(t *testing.T) {
	model := &fakeModel{name: "m", capacity: 100}
	started := make(chan struct{})
	model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
		close(started)
		<-ctx.Done()
		return model.fail(task, summarizer.ReasonLLMTimeout)
	}
	b := newBench(t, model, nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		result, err := b.Analyze(t.Context(), request(harbour))
		if got := outcomeOf(t, result, err); got.Source != "local" || !got.Degraded {
			t.Errorf("got %+v", got)
		}
	})
	<-started
	b.Close()
	wg.Wait()
	result, err := b.Analyze(t.Context(), request(harbour))
	if got := outcomeOf(t, result, err); got.Source != "local" {
		t.Errorf("after Close: %+v", got)
	}
}

// What was removed is listed where it is asked for, in the text as sent and in the
// encoding that is asked for, and by nobody else's request.
func TestRemovedSpans(t *testing.T) {
	const text = "🚢 Harbour reopens\n\nBy Oona Lindstrom\n\n" + harbour + "\n\nSOURCE: Northwire\n"
	b := newBench(t, &fakeModel{name: "m"}, nil)
	for encoding, units := range map[summarizer.OffsetEncoding]func(string) int{
		summarizer.OffsetUTF8:  func(s string) int { return len(s) },
		summarizer.OffsetUTF16: func(s string) int { return len(utf16.Encode([]rune(s))) },
		summarizer.OffsetUTF32: utf8.RuneCountInString,
	} {
		r := request(text)
		r.Offsets, r.ListRemoved = encoding, true
		result, err := b.Analyze(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		rules := map[string]string{}
		for _, span := range result.Removed {
			rules[span.Rule] = span.Text
			at := strings.Index(text, span.Text)
			if want := units(text[:at]); span.Begin != want || span.End != want+units(span.Text) {
				t.Errorf("encoding %d: %+v, want it at %d", encoding, span, want)
			}
		}
		if !strings.Contains(rules["byline"], "Oona Lindstrom") || !strings.Contains(rules["notice"], "Northwire") {
			t.Errorf("encoding %d: removed %q", encoding, rules)
		}
		if result, err := b.Analyze(t.Context(), request(text)); err != nil || result.Removed != nil {
			t.Errorf("without asking: %v, %v", result.Removed, err)
		}
	}
}

// A caller who asks for a check that nobody makes is told so with a summary that a model
// wrote, and with no other.
func TestVerificationIsSkippedWithAWord(t *testing.T) {
	b := newBench(t, &fakeModel{name: "m"}, nil)
	warned := func(change func(*summarizer.Request)) bool {
		t.Helper()
		r := request(harbour)
		r.Verify = summarizer.VerifyAlways
		change(r)
		result, err := b.Analyze(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(result.Warnings, func(w summarizer.Warning) bool { return w.Reason == summarizer.WarnVerificationSkipped })
	}
	for name, tc := range map[string]struct {
		change func(*summarizer.Request)
		want   bool
	}{
		"asked of a model":             {func(*summarizer.Request) {}, true},
		"asked again of the cache":     {func(*summarizer.Request) {}, true},
		"not asked":                    {func(r *summarizer.Request) { r.Verify = summarizer.VerifyShare }, false},
		"asked of the local engine":    {func(r *summarizer.Request) { r.Engine = summarizer.LocalOnly }, false},
		"asked of topics without more": {func(r *summarizer.Request) { r.Summary = nil }, false},
	} {
		if got := warned(tc.change); got != tc.want {
			t.Errorf("%s: warned %t, want %t", name, got, tc.want)
		}
	}
}

// A summary that lost sentences is used again for a day.
func TestSummaryThatLostSentencesIsKeptForADay(t *testing.T) {
	for age, want := range map[time.Duration]string{23 * time.Hour: "cache", 25 * time.Hour: "llm"} {
		t.Run(age.String(), func(t *testing.T) {
			answers := newFakeAnswers()
			keep := func(o *summarizer.Options) { o.Answers = answers }
			prime(t, newBench(t, &fakeModel{name: "m"}, keep))
			for _, list := range answers.byKey {
				for _, stored := range list {
					stored.CreateTime = time.Now().Add(-age)
					if stored.Summary != nil {
						stored.Summary.Warnings = append(stored.Summary.Warnings, summarizer.Warning{Reason: summarizer.WarnSentencesDropped})
					}
				}
			}
			result, err := newBench(t, &fakeModel{name: "m"}, keep).Analyze(t.Context(), request(harbour))
			if err != nil {
				t.Fatal(err)
			}
			if got := result.Summary.Provenance.Source.String(); got != want {
				t.Errorf("the summary is from %s, want %s", got, want)
			}
			if got := result.Classification.Provenance.Source.String(); got != "cache" {
				t.Errorf("the topics are from %s, want the cache", got)
			}
		})
	}
}
