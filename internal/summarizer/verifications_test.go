package summarizer_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// verifierFunc is a verifier that a test writes.
type verifierFunc func(context.Context, *summarizer.Task, summarizer.Written) *summarizer.Verified

func (verifierFunc) VerifierID() string { return "v" }

func (f verifierFunc) Verify(ctx context.Context, task *summarizer.Task, w summarizer.Written) *summarizer.Verified {
	return f(ctx, task, w)
}

// verifyingBench is a service whose summaries are verified where a request asks.
func verifyingBench(t *testing.T, v summarizer.Verifier) *bench {
	return newBench(t, &fakeModel{name: "m", capacity: 4}, func(o *summarizer.Options) { o.Verifier = v })
}

// askVerified asks for a verified summary as a client, and returns it with the reason why it is
// not verified.
func (b *bench) askVerified(ctx context.Context, client string) (p summarizer.Provenance, skipped string) {
	r := request(harbour)
	r.Topics, r.Verify, r.Client = nil, summarizer.VerifyAlways, client
	result, err := b.Analyze(ctx, r)
	if err != nil {
		return p, err.Error()
	}
	for _, w := range result.Warnings {
		if w.Reason == summarizer.WarnVerificationSkipped {
			skipped = w.Metadata["reason"]
		}
	}
	return result.Summary.Provenance, skipped
}

func skippedFor(reason summarizer.Reason) *summarizer.Verified {
	return &summarizer.Verified{Err: &summarizer.Error{Reason: reason}}
}

// A verification that fails for the time or the money of the request that started it is
// made again for one that joined it.
func TestVerificationIsAskedForAgain(t *testing.T) {
	for _, tt := range []struct {
		reason summarizer.Reason
		again  bool
	}{
		{summarizer.ReasonLLMBusy, true},
		{summarizer.ReasonLLMTimeout, true},
		{summarizer.ReasonDeadlineTooShort, true},
		{summarizer.ReasonBudgetExhausted, true},
		{summarizer.ReasonCircuitOpen, false},
		{summarizer.ReasonLLMMisconfigured, false},
	} {
		t.Run(string(tt.reason), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				b := verifyingBench(t, verifierFunc(func(_ context.Context, _ *summarizer.Task, w summarizer.Written) *summarizer.Verified {
					calls++
					if <-time.After(time.Second); calls == 1 {
						return skippedFor(tt.reason)
					}
					return found(w, 0)
				}))
				defer b.Close()
				var first, second string
				var verified bool
				var done sync.WaitGroup
				done.Go(func() { _, first = b.askVerified(t.Context(), "poor") })
				synctest.Wait()
				done.Go(func() {
					p, why := b.askVerified(t.Context(), "rich")
					verified, second = p.Verified, why
				})
				done.Wait()
				if first != string(tt.reason) {
					t.Errorf("the first is told %q", first)
				}
				if verified != tt.again || tt.again == (second != "") {
					t.Errorf("the second: verified %t, skipped for %q", verified, second)
				}
			})
		})
	}
}

// A verification that ends because the service stops, or for whose place a caller waited
// in vain, says so.
func TestWhyVerificationIsSkipped(t *testing.T) {
	busy := &summarizer.Error{Reason: summarizer.ReasonLLMBusy}
	hang := func(ctx context.Context, task *summarizer.Task, _ summarizer.Written) *summarizer.Verified {
		task.Callers.Blocked(busy)
		<-ctx.Done()
		return &summarizer.Verified{Err: ctx.Err()}
	}
	synctest.Test(t, func(t *testing.T) {
		b := verifyingBench(t, verifierFunc(hang))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, why := b.askVerified(ctx, ""); why != "LLM_BUSY" {
			t.Errorf("without a place: %q", why)
		}
		time.AfterFunc(time.Second, b.Close)
		if _, why := b.askVerified(t.Context(), ""); why != "DRAINING" {
			t.Errorf("when the service stops: %q", why)
		}
	})
}

// The verifier works for the callers who wait, each in the turn of its client, and as long as
// the most patient one waits.
func TestVerifierFollowsItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var callers summarizer.Callers
		b := verifyingBench(t, verifierFunc(func(_ context.Context, task *summarizer.Task, w summarizer.Written) *summarizer.Verified {
			callers = task.Callers
			<-time.After(4 * time.Second)
			return found(w, 0)
		}))
		defer b.Close()
		var done sync.WaitGroup
		wait := func(client string, time time.Duration) context.CancelFunc {
			ctx, cancel := context.WithTimeout(t.Context(), time)
			done.Go(func() { b.askVerified(ctx, client) })
			synctest.Wait()
			return cancel
		}
		defer wait("a", 8*time.Second)()
		leave := wait("b", 20*time.Second)
		if got := callers.Deadline().Sub(began); got < 15*time.Second || len(callers.Customers()) != 2 {
			t.Errorf("until %v, for %v", got, callers.Customers())
		}
		leave()
		synctest.Wait()
		if got := callers.Deadline().Sub(began); got > 8*time.Second || len(callers.Customers()) != 1 || callers.Customers()[0] != (turns.Customer{Client: "a"}) {
			t.Errorf("once the patient one has left: until %v, for %v", got, callers.Customers())
		}
		done.Wait()
	})
}

// panickyAnswers panic when they are to keep a verified answer.
type panickyAnswers struct{ *fakeAnswers }

func (a panickyAnswers) Store(key, article summarizer.Key, answer *summarizer.StoredAnswer, began time.Time) {
	if answer.Summary.Verification.Verifier != "" {
		panic("full")
	}
	a.fakeAnswers.Store(key, article, answer, began)
}

// A panic while a verified answer is stored costs nobody the answer.
func TestPanicWhileVerifiedIsStored(t *testing.T) {
	b := newBench(t, &fakeModel{name: "m"}, func(o *summarizer.Options) {
		o.Verifier, o.Answers = &fakeVerifier{}, panickyAnswers{newFakeAnswers()}
	})
	if p, why := b.askVerified(t.Context(), ""); !p.Verified || why != "" {
		t.Errorf("verified %t, skipped for %q", p.Verified, why)
	}
}

// purgedAnswers keep nothing that began before they were purged.
type purgedAnswers struct {
	*fakeAnswers
	mu   sync.Mutex
	when time.Time
}

func (a *purgedAnswers) Purge(article summarizer.Key) (int, error) {
	a.mu.Lock()
	a.when = time.Now()
	a.mu.Unlock()
	time.Sleep(time.Microsecond)
	return a.fakeAnswers.Purge(article)
}

func (a *purgedAnswers) PurgedSince(_ summarizer.Key, began time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.when.IsZero() && !began.After(a.when)
}

func (a *purgedAnswers) Store(key, article summarizer.Key, answer *summarizer.StoredAnswer, began time.Time) {
	if !a.PurgedSince(article, began) {
		a.fakeAnswers.Store(key, article, answer, began)
	}
}

// beganResults note when the work on a finished result began.
type beganResults struct{ began []time.Time }

func (*beganResults) Get(summarizer.Key) (*summarizer.Result, bool) { return nil, false }

func (r *beganResults) Put(_ summarizer.Key, _ *summarizer.Result, began time.Time) {
	r.began = append(r.began, began)
}

func (*beganResults) Clear() {}

// A summary that is found not supported after delivery is not delivered again as a
// finished result.
func TestRefutedResultIsNotDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVerifier{judge: refuted, takes: time.Second}
		b := newBench(t, &fakeModel{name: "m"}, func(o *summarizer.Options) {
			o.Verifier, o.VerifyShare, o.Results = v, 0.999999, &fakeResults{}
		})
		defer b.Close()
		want := verifiedOutcome{Source: "llm"}
		for range 2 {
			got := b.verified(t, v, nil, time.Minute)
			if got.Calls, got.Later = 0, 0; got != want {
				t.Errorf("got %+v", got)
			}
			time.Sleep(2 * time.Second) // until it is verified
		}
		if n := b.model.calls.Load(); n != 2 {
			t.Errorf("%d calls of the model, want one for each request", n)
		}
	})
}

// What was made before a purge is not stored after it because a verifier has seen it, but
// what stands of a refuted summary is.
func TestPurgeWinsOverVerification(t *testing.T) {
	for _, tt := range []struct {
		name         string
		purge        string // when
		verdict      func(summarizer.Written) *summarizer.Verified
		kept         int
		keptFinished bool
	}{
		{"supported", "", func(w summarizer.Written) *summarizer.Verified { return found(w, 0) }, 1, true},
		{"shortened", "", shortened, 1, true},
		{"supported, purged while verified", "verify", func(w summarizer.Written) *summarizer.Verified { return found(w, 0) }, 0, false},
		{"shortened, purged while verified", "verify", shortened, 0, false},
		{"supported, purged while written", "write", func(w summarizer.Written) *summarizer.Verified { return found(w, 0) }, 0, false},
		{"shortened, purged while written", "write", shortened, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers, results := &purgedAnswers{fakeAnswers: newFakeAnswers()}, &beganResults{}
				at := func(when string) {
					time.Sleep(time.Second)
					if when == tt.purge {
						_, _ = answers.Purge(summarizer.Key{})
					}
					time.Sleep(time.Second)
				}
				model := &fakeModel{name: "m"}
				model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
					at("write")
					return model.obey(task)
				}
				b := newBench(t, model, func(o *summarizer.Options) {
					o.Answers, o.Results = answers, results
					o.Verifier = verifierFunc(func(_ context.Context, _ *summarizer.Task, w summarizer.Written) *summarizer.Verified {
						at("verify")
						return tt.verdict(w)
					})
				})
				defer b.Close()
				if p, why := b.askVerified(t.Context(), ""); !p.Verified {
					t.Errorf("not verified: %q", why)
				}
				if got := answers.len(); got != tt.kept {
					t.Errorf("%d answers are kept, want %d", got, tt.kept)
				}
				if kept := len(results.began) == 1 && !answers.PurgedSince(summarizer.Key{}, results.began[0]); kept != tt.keptFinished {
					t.Errorf("the result is kept: %t", kept)
				}
			})
		})
	}
}

// A request that read the answer before it was verified gets the verdict all the same.
func TestVerdictReachesLateReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVerifier{takes: 100 * time.Millisecond}
		b := verifyingBench(t, v)
		defer b.Close()
		b.verified(t, nil, never, time.Minute)
		b.answers.before = func() { b.askVerified(t.Context(), "") }
		if p, why := b.askVerified(t.Context(), ""); !p.Verified || why != "" || v.calls.Load() != 1 {
			t.Errorf("verified %t, skipped for %q, %d verifications", p.Verified, why, v.calls.Load())
		}
	})
}

// The verdict on a summary does not put it in place of one that was made since.
func TestNewerSummaryOutlivesAVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *bench
		b = verifyingBench(t, verifierFunc(func(ctx context.Context, _ *summarizer.Task, w summarizer.Written) *summarizer.Verified {
			time.Sleep(time.Second)
			r := request(harbour)
			r.Topics, r.Verify, r.Cache = nil, summarizer.VerifyNever, summarizer.CacheRefresh
			if _, err := b.Analyze(ctx, r); err != nil {
				t.Error(err)
			}
			return found(w, 0)
		}))
		defer b.Close()
		began := time.Now()
		if p, why := b.askVerified(t.Context(), ""); !p.Verified {
			t.Errorf("skipped for %q", why)
		}
		for _, answers := range b.answers.byKey {
			if len(answers) != 1 || !answers[0].CreateTime.After(began) {
				t.Errorf("the older answer is kept: %+v", answers[0])
			}
		}
	})
}

// The calls of a verification that refutes a stored answer are taken off what the request
// may make to replace it.
func TestVerificationCountsForTheRequest(t *testing.T) {
	model := &fakeModel{name: "m"}
	var before []int
	model.answer = func(_ context.Context, task *summarizer.Task) *summarizer.Reply {
		before = append(before, task.Calls)
		reply := model.obey(task)
		reply.Calls = 1
		return reply
	}
	var made []int
	b := newBench(t, model, func(o *summarizer.Options) {
		o.Verifier = verifierFunc(func(_ context.Context, _ *summarizer.Task, w summarizer.Written) *summarizer.Verified {
			made = append(made, w.Calls)
			return &summarizer.Verified{Refuted: 1, Calls: 2}
		})
	})
	r := request(harbour)
	r.Topics = nil
	if _, err := b.Analyze(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	b.askVerified(t.Context(), "")
	if len(before) != 2 || before[0] != 0 || before[1] != 2 {
		t.Errorf("the model is told of %v calls before", before)
	}
	if len(made) != 2 || made[0] != 0 || made[1] != 3 {
		t.Errorf("the verifier is told of %v calls before", made)
	}
}
