package summarizer_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// ask analyzes the article for a client with so much time.
func (b *bench) ask(t *testing.T, client string, timeout time.Duration) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	r := request(harbour)
	r.Client = client
	result, err := b.Analyze(ctx, r)
	return outcomeOf(t, result, err)
}

// failFirst fails the first call for a reason after a time, and answers the others.
func failFirst(after time.Duration, reason summarizer.Reason) *fakeModel {
	model := &fakeModel{name: "m"}
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		first := model.calls.Load() == 1
		<-time.After(after)
		if first {
			return model.fail(task, reason)
		}
		return model.obey(task)
	}
	return model
}

// A call that fails because its first caller had little time or money does not fail
// the callers who joined it: they ask again, all together once.
func TestPatientCallersAskAgain(t *testing.T) {
	for reason, calls := range map[summarizer.Reason]int32{
		summarizer.ReasonLLMBusy:          2,
		summarizer.ReasonLLMTimeout:       2,
		summarizer.ReasonDeadlineTooShort: 2,
		summarizer.ReasonBudgetExhausted:  2,
		summarizer.ReasonLLMRefused:       1,
		summarizer.ReasonLLMUnavailable:   1,
	} {
		t.Run(string(reason), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, failFirst(244*time.Millisecond, reason), nil)
				var wg sync.WaitGroup
				wg.Go(func() {
					want := outcome{Source: "local", Degraded: true, Reason: reason}
					if got := b.ask(t, "hasty", 450*time.Millisecond); got != want {
						t.Errorf("the one who started the call: %+v, want %+v", got, want)
					}
				})
				synctest.Wait()
				want := outcome{Source: "llm"}
				if calls == 1 {
					want = outcome{Source: "local", Degraded: true, Reason: reason}
				}
				for range 50 {
					wg.Go(func() {
						if got := b.ask(t, "patient", 10*time.Second); got != want {
							t.Errorf("one who joined: %+v, want %+v", got, want)
						}
					})
				}
				wg.Wait()
				if n := b.model.calls.Load(); n != calls {
					t.Errorf("%d calls, want %d", n, calls)
				}
			})
		})
	}
}

// A caller whose own call failed is told so, and does not pay for another.
func TestStarterAsksOnce(t *testing.T) {
	for _, reason := range []summarizer.Reason{summarizer.ReasonLLMBusy, summarizer.ReasonLLMTimeout, summarizer.ReasonDeadlineTooShort, summarizer.ReasonBudgetExhausted} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, failFirst(244*time.Millisecond, reason), nil)
			want := outcome{Source: "local", Degraded: true, Reason: reason}
			if got := b.ask(t, "", 10*time.Second); got != want || b.model.calls.Load() != 1 {
				t.Errorf("%+v after %d calls, want %+v after one", got, b.model.calls.Load(), want)
			}
		})
	}
}

// A request that wants a text refused rather than cut does not take the answer of a call that
// may cut it, nor the other way round.
func TestOverlengthIsNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			<-time.After(time.Second)
			if task.Overlength == summarizer.OverlengthReject {
				return model.fail(task, summarizer.ReasonTextTooLarge)
			}
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		var wg sync.WaitGroup
		for _, policy := range []summarizer.OverlengthPolicy{summarizer.OverlengthTruncate, summarizer.OverlengthReject} {
			wg.Go(func() {
				r := request(harbour)
				r.Overlength = policy
				result, err := b.Analyze(t.Context(), r)
				want := outcome{Source: "llm"}
				if policy == summarizer.OverlengthReject {
					want = outcome{Err: summarizer.ReasonTextTooLarge}
				}
				if got := outcomeOf(t, result, err); got != want {
					t.Errorf("policy %d: %+v, want %+v", policy, got, want)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

// An answer is dated by the calendar: the other clock of a machine stands still while that
// sleeps, and would make the answer younger than it is.
func TestAnswersAreDatedByTheCalendar(t *testing.T) {
	b := newBench(t, &fakeModel{name: "m"}, nil)
	result, err := b.Analyze(t.Context(), request(harbour))
	if err != nil {
		t.Fatal(err)
	}
	made := []time.Time{result.Summary.Provenance.CreateTime}
	for _, stored := range b.answers.byKey {
		made = append(made, stored[0].CreateTime)
	}
	if len(made) != 3 {
		t.Fatalf("%d times, want those of the result and of two stored answers", len(made))
	}
	for _, at := range made {
		if at != at.Round(0) {
			t.Errorf("%v has a reading of the other clock", at)
		}
	}
}

// A model that is always busy is not asked without end.
func TestCallersAskAgainWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			<-time.After(time.Millisecond)
			return model.fail(task, summarizer.ReasonLLMBusy)
		}
		b := newBench(t, model, nil)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if got := b.ask(t, "", 10*time.Second); got.Reason != summarizer.ReasonLLMBusy {
					t.Errorf("got %+v", got)
				}
			})
		}
		wg.Wait()
		if n := model.calls.Load(); n > 3 {
			t.Errorf("%d calls for 100 callers", n)
		}
	})
}

// The budget of another client is no reason that a caller is told.
func TestBudgetOfAnotherClientIsNotBlamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, failFirst(300*time.Millisecond, summarizer.ReasonBudgetExhausted), nil)
		var wg sync.WaitGroup
		wg.Go(func() { b.ask(t, "poor", 10*time.Second) })
		synctest.Wait()
		want := outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonDeadlineTooShort}
		if got := b.ask(t, "rich", 500*time.Millisecond); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		wg.Wait()
	})
}

// The model knows until when somebody waits, as callers join and leave.
func TestDeadlineOfACallFollowsItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		var callers summarizer.Callers
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			callers = task.Callers
			<-time.After(2 * time.Second)
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		began := time.Now()
		left := func() time.Duration { return callers.Deadline().Sub(began).Round(time.Second) }
		var wg sync.WaitGroup
		wg.Go(func() { b.ask(t, "", 5*time.Second) })
		synctest.Wait()
		if got := left(); got != 5*time.Second {
			t.Errorf("the first waits for %v", got)
		}
		joined := callers.Changed()
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { _, _ = b.Analyze(ctx, request(harbour)) })
		synctest.Wait()
		if got := left(); got != 30*time.Second {
			t.Errorf("with a patient one, the call has %v", got)
		}
		<-joined
		gone := callers.Changed()
		cancel()
		synctest.Wait()
		if got := left(); got != 5*time.Second {
			t.Errorf("the patient one has left, and the call has %v", got)
		}
		<-gone
		wg.Wait()
	})
}

// A caller whose time ends while the call waits for a place is told of that.
func TestCallerIsToldWhatTheCallWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			task.Callers.Blocked(&summarizer.Error{Reason: summarizer.ReasonLLMBusy})
			<-time.After(time.Second)
			task.Callers.Blocked(nil)
			<-time.After(time.Second)
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		var wg sync.WaitGroup
		for timeout, want := range map[time.Duration]outcome{
			500 * time.Millisecond:  {Source: "local", Degraded: true, Reason: summarizer.ReasonLLMBusy},
			1500 * time.Millisecond: {Source: "local", Degraded: true, Reason: summarizer.ReasonLLMTimeout},
			5 * time.Second:         {Source: "llm"},
		} {
			wg.Go(func() {
				if got := b.ask(t, "", timeout); got != want {
					t.Errorf("after %v: %+v, want %+v", timeout, got, want)
				}
			})
		}
		wg.Wait()
	})
}

// A call under way during a purge answers its waiting callers, and nobody else.
func TestPurgeWinsOverACallUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			<-time.After(time.Second)
			return model.obey(task)
		}
		answers, err := cache.Open(cache.Options{})
		if err != nil {
			t.Fatal(err)
		}
		results := cache.NewResultStore(0, 0)
		b := newBench(t, model, func(o *summarizer.Options) { o.Answers, o.Results = answers, results })
		fromModel := outcome{Source: "llm"}
		var wg sync.WaitGroup
		start := func(name string) {
			wg.Go(func() {
				if got := b.ask(t, name, 10*time.Second); got != fromModel {
					t.Errorf("%s: %+v, want an answer of the model", name, got)
				}
			})
			synctest.Wait()
		}
		start("before the purge")
		<-time.After(500 * time.Millisecond)
		if _, err := answers.Purge(summarizer.ArticleKey(request(harbour).Article)); err != nil {
			t.Fatal(err)
		}
		results.Clear()
		<-time.After(time.Millisecond)
		start("after the purge") // does not join the call of before
		<-time.After(600 * time.Millisecond)
		if n := model.calls.Load(); n != 2 {
			t.Fatalf("%d calls, want 2", n)
		}
		start("once the first call has ended") // joins the second
		wg.Wait()
		if n := model.calls.Load(); n != 2 {
			t.Errorf("%d calls: the answer of before is lost, and that of after is, too", n)
		}
		if got := b.ask(t, "", 10*time.Second); got != (outcome{Source: "cache"}) {
			t.Errorf("later: %+v, want the answer of the second call", got)
		}
	})
}

// panickingAnswers panics when an answer is stored.
type panickingAnswers struct{ *fakeAnswers }

func (panickingAnswers) Store(_, _ summarizer.Key, _ *summarizer.StoredAnswer, _ time.Time) {
	panic(harbour)
}

func TestPanicOfTheCacheCostsNobodyTheAnswer(t *testing.T) {
	var log strings.Builder
	b := newBench(t, &fakeModel{name: "m"}, func(o *summarizer.Options) {
		o.Answers = panickingAnswers{newFakeAnswers()}
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	if got := b.ask(t, "", time.Minute); got != (outcome{Source: "llm"}) {
		t.Errorf("got %+v", got)
	}
	if all, _ := b.Calls(); all != 0 {
		t.Errorf("%d calls are still under way", all)
	}
	if !strings.Contains(log.String(), "panic") || strings.Contains(log.String(), "Velmar") {
		t.Errorf("log = %s", log.String())
	}
}

// A stopping server says so to the callers whose calls it ends, and to later ones.
func TestStoppingServiceSaysThatItDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		model.answer = func(ctx context.Context, task *summarizer.Task) *summarizer.Reply {
			<-ctx.Done()
			return model.fail(task, summarizer.ReasonLLMTimeout)
		}
		b := newBench(t, model, nil)
		want := outcome{Source: "local", Degraded: true, Reason: summarizer.ReasonDraining}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if got := b.ask(t, "", 10*time.Second); got != want {
					t.Errorf("under way: %+v, want %+v", got, want)
				}
			})
		}
		synctest.Wait()
		b.Close()
		wg.Wait()
		if got := b.ask(t, "", 10*time.Second); got != want {
			t.Errorf("after the end: %+v, want %+v", got, want)
		}
	})
}

// deadlines notes the time that each look-up has.
type deadlines struct {
	*fakeAnswers
	left []time.Duration
}

func (d *deadlines) Lookup(ctx context.Context, key summarizer.Key, wanted []string) []*summarizer.StoredAnswer {
	until, _ := ctx.Deadline()
	d.left = append(d.left, time.Until(until))
	return d.fakeAnswers.Lookup(ctx, key, wanted)
}

// The cache knows how much time is left, also where the service has set the deadline.
func TestCacheKnowsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := &deadlines{fakeAnswers: newFakeAnswers()}
		b := newBench(t, &fakeModel{name: "m"}, func(o *summarizer.Options) {
			o.Answers, o.DefaultDeadline = answers, 2*time.Second
		})
		if _, err := b.Analyze(t.Context(), request(harbour)); err != nil {
			t.Fatal(err)
		}
		b.ask(t, "", time.Second)
		const ms = time.Millisecond
		want := []time.Duration{200 * ms, 200 * ms, 100 * ms, 100 * ms}
		if !slices.Equal(answers.left, want) {
			t.Errorf("the look-ups had %v, want %v", answers.left, want)
		}
	})
}

// lateAnswers is a cache that never answers in time.
type lateAnswers struct {
	*fakeAnswers
	waited time.Duration
	asked  int
}

func (l *lateAnswers) Lookup(ctx context.Context, _ summarizer.Key, _ []string) []*summarizer.StoredAnswer {
	began := time.Now()
	<-ctx.Done()
	l.waited += time.Since(began)
	l.asked++
	return nil
}

// A request waits for the cache once, not once for each feature, and longer where a model call
// hangs on it.
func TestLateCacheIsWaitedForOnce(t *testing.T) {
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		model *fakeModel
		left  time.Duration
		want  time.Duration
	}{
		"a call hangs on it": {&fakeModel{name: "m"}, 30 * time.Second, 250 * ms},
		"little time":        {&fakeModel{name: "m"}, time.Second, 100 * ms},
		"very little time":   {&fakeModel{name: "m"}, 50 * ms, 5 * ms},
		"there is no model":  {nil, 30 * time.Second, 20 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := &lateAnswers{fakeAnswers: newFakeAnswers()}
				b := newBench(t, tt.model, func(o *summarizer.Options) { o.Answers = answers })
				ctx, cancel := context.WithTimeout(t.Context(), tt.left)
				defer cancel()
				if _, err := b.Analyze(ctx, request(harbour)); err != nil {
					t.Fatal(err)
				}
				if answers.waited != tt.want || answers.asked != 2 {
					t.Errorf("%d look-ups waited %v, want 2 in %v", answers.asked, answers.waited, tt.want)
				}
			})
		})
	}
}

// A call has the turns of its callers: each brings a turn when joining, and takes it when leaving.
func TestCallKnowsItsCustomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{name: "m"}
		var callers summarizer.Callers
		model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
			callers = task.Callers
			<-time.After(2 * time.Second)
			return model.obey(task)
		}
		b := newBench(t, model, nil)
		var wg sync.WaitGroup
		ask := func(ctx context.Context, client string, bulk bool) {
			wg.Go(func() {
				r := request(harbour)
				r.Client, r.Bulk = client, bulk
				_, _ = b.Analyze(ctx, r)
			})
			synctest.Wait()
		}
		expect := func(want ...turns.Customer) {
			t.Helper()
			got := callers.Customers()
			slices.SortFunc(got, func(a, b turns.Customer) int { return strings.Compare(a.Client, b.Client) })
			if !slices.Equal(got, want) {
				t.Errorf("the call works for %+v, want %+v", got, want)
			}
		}
		archive, reader := turns.Customer{Client: "archive", Bulk: true}, turns.Customer{Client: "reader"}
		ask(t.Context(), "archive", true)
		ask(t.Context(), "archive", true)
		expect(archive)
		ctx, cancel := context.WithCancel(t.Context())
		ask(ctx, "reader", false)
		expect(archive, reader)
		cancel()
		synctest.Wait()
		expect(archive)
		wg.Wait()
	})
}

// The built-in engine serves clients in turn, too.
func TestLocalAnswersAreMadeInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil, nil)
		b.local.takes = 10 * time.Millisecond
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				r := request(fmt.Sprintf("%s Edition %d.", harbour, i))
				r.Client, r.Bulk = "archive", true
				if _, err := b.Analyze(t.Context(), r); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		for _, client := range []string{"reader", "archive"} {
			began := time.Now()
			r := request(harbour + " " + client)
			r.Client = client
			if _, err := b.Analyze(t.Context(), r); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 3*b.local.takes {
				t.Errorf("%s waits for %v behind an archive", client, took)
			}
		}
		wg.Wait()
	})
}
