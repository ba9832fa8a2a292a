package summarizer_test

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// fakeVerifier finds what its judge says, after a while.
type fakeVerifier struct {
	takes time.Duration
	judge func(summarizer.Written) *summarizer.Verified // nil: all is supported
	calls atomic.Int32
	ended atomic.Int32
}

func (*fakeVerifier) VerifierID() string { return "v" }

func (v *fakeVerifier) Verify(ctx context.Context, _ *summarizer.Task, w summarizer.Written) *summarizer.Verified {
	v.calls.Add(1)
	defer v.ended.Add(1)
	select {
	case <-time.After(v.takes):
	case <-ctx.Done():
		return &summarizer.Verified{Err: &summarizer.Error{Reason: summarizer.ReasonLLMTimeout}}
	}
	if v.judge != nil {
		return v.judge(w)
	}
	return found(w, 0)
}

// found is a summary of which a verifier is unsure about some sentences.
func found(w summarizer.Written, unsure int) *summarizer.Verified {
	answer := *w.Answer
	answer.Verification = summarizer.Verification{Verifier: "v", Unsure: unsure}
	return &summarizer.Verified{
		Answer: &answer,
		Usage:  summarizer.Usage{InputTokens: 30, Verification: summarizer.VerificationUsage{InputTokens: 30}},
	}
}

func refuted(summarizer.Written) *summarizer.Verified { return &summarizer.Verified{Refuted: 1} }

// verifiedOutcome is what comes of a request whose summary may be verified.
type verifiedOutcome struct {
	Source   string
	Verified bool
	Skipped  string // the reason, "no verifier", or empty where there is no such warning
	Reason   summarizer.Reason
	Calls    int32 // of the verifier that ended before delivery
	Later    int32 // calls that went on after it
}

func (b *bench) verified(t *testing.T, v *fakeVerifier, change func(*summarizer.Request), time time.Duration) verifiedOutcome {
	t.Helper()
	r := request(harbour)
	r.Topics = nil
	if change != nil {
		change(r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time)
	defer cancel()
	v = cmp.Or(v, &fakeVerifier{})
	calls, ended := v.calls.Load(), v.ended.Load()
	result, err := b.Analyze(ctx, r)
	var got verifiedOutcome
	got.Calls = v.ended.Load() - ended // the clock stands still, so that no other ends here
	synctest.Wait()
	got.Later = v.calls.Load() - calls - got.Calls
	if err != nil {
		got.Reason = summarizer.ReasonOf(err)
		return got
	}
	p := result.Summary.Provenance
	got.Source, got.Verified, got.Reason = p.Source.String(), p.Verified, p.FallbackReason
	for _, w := range result.Warnings {
		if w.Reason == summarizer.WarnVerificationSkipped {
			got.Skipped = "no verifier"
			if reason := w.Metadata["reason"]; reason != "" {
				got.Skipped = reason
			}
		}
	}
	return got
}

func always(r *summarizer.Request)  { r.Verify = summarizer.VerifyAlways }
func never(r *summarizer.Request)   { r.Verify = summarizer.VerifyNever }
func llmOnly(r *summarizer.Request) { r.Verify, r.Engine = summarizer.VerifyAlways, summarizer.LLMOnly }

func local(r *summarizer.Request) { r.Verify, r.Engine = summarizer.VerifyAlways, summarizer.LocalOnly }

// short is an article that is no longer than its summary.
func short(r *summarizer.Request) {
	r.Article.Text = "The harbour of Port Harlan is open again. Ships are waiting in the bay."
}

func refresh(r *summarizer.Request) {
	r.Verify, r.Cache = summarizer.VerifyAlways, summarizer.CacheRefresh
}

func bypassing(r *summarizer.Request) { r.Cache = summarizer.CacheBypass }

func bypass(r *summarizer.Request) {
	r.Verify, r.Cache = summarizer.VerifyAlways, summarizer.CacheBypass
}

// What the cache holds of the article.
const (
	nothing    = ""
	unverified = "unverified"
	verified   = "verified"
	unsureOf   = "unsure"
	byAnother  = "by another verifier"
)

var verifications = map[string]summarizer.Verification{
	verified: {Verifier: "v"}, unsureOf: {Verifier: "v", Unsure: 1}, byAnother: {Verifier: "w"},
}

// kept says what the cache holds of a summary.
func (b *bench) kept() string {
	b.answers.mu.Lock()
	defer b.answers.mu.Unlock()
	for _, answers := range b.answers.byKey {
		for _, a := range answers {
			if a.Summary == nil {
				continue
			}
			for name, v := range verifications {
				if a.Summary.Verification == v {
					return name
				}
			}
			return unverified
		}
	}
	return nothing
}

// skips is a verifier that gives no verdict.
func skips(reason summarizer.Reason) func(summarizer.Written) *summarizer.Verified {
	return func(summarizer.Written) *summarizer.Verified { return skippedFor(reason) }
}

// oneUnsure is a verifier that cannot tell of one sentence.
func oneUnsure(w summarizer.Written) *summarizer.Verified { return found(w, 1) }

// shortened is a verifier that drops a sentence.
func shortened(w summarizer.Written) *summarizer.Verified {
	v := found(w, 0)
	v.Refuted = 1
	return v
}

// refutesFirst is a verifier of whose summaries only the first does not stand.
func refutesFirst() func(summarizer.Written) *summarizer.Verified {
	asked := false
	return func(w summarizer.Written) *summarizer.Verified {
		if !asked {
			asked = true
			return refuted(w)
		}
		return found(w, 0)
	}
}

// TestVerificationPolicy is the whole policy: the share that the operator sets, what the
// request asks for, what the cache holds, the time that is left, and what the verifier
// says. Each row says what is delivered, how often the verifier is asked, and what is kept.
func TestVerificationPolicy(t *testing.T) {
	const (
		plenty = 20 * time.Second
		most   = 0.999999
		few    = 0.000001
	)
	for _, tt := range []struct {
		name  string
		share float64
		none  bool // no verifier
		ask   func(*summarizer.Request)
		cache string
		time  time.Duration // plenty when 0
		takes time.Duration // of the verifier; a second when 0
		judge func(summarizer.Written) *summarizer.Verified
		want  verifiedOutcome
		kept  string // in the cache, once all has ended
	}{
		{name: "by default nothing is verified", want: verifiedOutcome{Source: "llm"}, kept: unverified},
		{name: "a share of all is verified before", share: 1, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}, kept: verified},
		{name: "a request asks", ask: always, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}, kept: verified},
		{name: "a request asks in vain", none: true, ask: always, want: verifiedOutcome{Source: "llm", Skipped: "no verifier"}, kept: unverified},
		{name: "a share of all in vain", none: true, share: 1, want: verifiedOutcome{Source: "llm", Skipped: "no verifier"}, kept: unverified},
		{name: "a share in vain", none: true, share: most, want: verifiedOutcome{Source: "llm"}, kept: unverified},
		{name: "a request wants none", ask: never, want: verifiedOutcome{Source: "llm"}, kept: unverified},
		{name: "a request wants none, all are verified", share: 1, ask: never, want: verifiedOutcome{Source: "llm", Later: 1}, kept: verified},
		{name: "a request wants none, a share is verified", share: most, ask: never, want: verifiedOutcome{Source: "llm", Later: 1}, kept: verified},
		{name: "a share of nearly all is verified after", share: most, want: verifiedOutcome{Source: "llm", Later: 1}, kept: verified},
		{name: "a share of next to none is not", share: few, want: verifiedOutcome{Source: "llm"}, kept: unverified},
		{name: "a request asks, a share is verified", share: most, ask: always, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}, kept: verified},
		{name: "a request asks, next to none is verified", share: few, ask: always, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}, kept: verified},
		{name: "the local engine is not verified", ask: local, want: verifiedOutcome{Source: "local"}},
		{name: "nor where all are", share: 1, ask: local, want: verifiedOutcome{Source: "local"}},
		{name: "nor a text that is its own summary", share: 1, ask: short, want: verifiedOutcome{Source: "local"}},
		{name: "without the cache", ask: bypass, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}},
		{name: "without the cache, a share is not verified", share: most, ask: bypassing, want: verifiedOutcome{Source: "llm"}},

		{name: "the cache holds one that is not verified", ask: always, cache: unverified, want: verifiedOutcome{Source: "cache", Verified: true, Calls: 1}, kept: verified},
		{name: "and all are verified", share: 1, cache: unverified, want: verifiedOutcome{Source: "cache", Verified: true, Calls: 1}, kept: verified},
		{name: "and nobody asks", cache: unverified, want: verifiedOutcome{Source: "cache"}, kept: unverified},
		{name: "and a share is verified", share: most, cache: unverified, want: verifiedOutcome{Source: "cache"}, kept: unverified},
		{name: "and another is wanted", ask: refresh, cache: unverified, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}, kept: verified},
		{name: "the cache holds a verified one", ask: always, cache: verified, want: verifiedOutcome{Source: "cache", Verified: true}, kept: verified},
		{name: "and all are", share: 1, cache: verified, want: verifiedOutcome{Source: "cache", Verified: true}, kept: verified},
		{name: "and nobody asks for that", cache: verified, want: verifiedOutcome{Source: "cache", Verified: true}, kept: verified},
		{name: "and the verifier is gone", none: true, ask: always, cache: verified, want: verifiedOutcome{Source: "cache", Verified: true}, kept: verified},
		{name: "the cache holds one that nobody could tell", ask: always, cache: unsureOf, want: verifiedOutcome{Source: "cache"}, kept: unsureOf},
		{name: "the cache holds one of another verifier", ask: always, cache: byAnother, want: verifiedOutcome{Source: "cache", Verified: true, Calls: 1}, kept: verified},
		{name: "and ours is down", ask: always, cache: byAnother, judge: skips(summarizer.ReasonLLMUnavailable), want: verifiedOutcome{Source: "cache", Verified: true, Calls: 1}, kept: byAnother},
		{name: "and nobody asks for ours", cache: byAnother, want: verifiedOutcome{Source: "cache", Verified: true}, kept: byAnother},
		{name: "the stored one is refuted, and so is the next", ask: always, cache: unverified, judge: refuted, want: verifiedOutcome{Source: "local", Reason: summarizer.ReasonLLMUngrounded, Calls: 2}},
		{name: "the stored one is refuted, the next is not", ask: always, cache: unverified, judge: refutesFirst(), want: verifiedOutcome{Source: "llm", Verified: true, Calls: 2}, kept: verified},
		{name: "the stored one loses a sentence", ask: always, cache: unverified, judge: shortened, want: verifiedOutcome{Source: "cache", Verified: true, Calls: 1}, kept: verified},

		{name: "too little time is left", ask: always, cache: unverified, time: 200 * time.Millisecond, want: verifiedOutcome{Source: "cache", Skipped: "DEADLINE_TOO_SHORT", Later: 1}, kept: verified},
		{name: "too little time, without the cache", ask: bypass, time: 200 * time.Millisecond, want: verifiedOutcome{Source: "local", Reason: summarizer.ReasonDeadlineTooShort}},
		{name: "the verifier takes too long", ask: always, time: 2 * time.Second, takes: 3 * time.Second, want: verifiedOutcome{Source: "llm", Skipped: "LLM_TIMEOUT", Later: 1}, kept: verified},
		{name: "and loses a sentence", ask: always, time: 2 * time.Second, takes: 3 * time.Second, judge: shortened, want: verifiedOutcome{Source: "llm", Skipped: "LLM_TIMEOUT", Later: 1}, kept: verified},
		{name: "and refutes it", ask: always, time: 2 * time.Second, takes: 3 * time.Second, judge: refuted, want: verifiedOutcome{Source: "llm", Skipped: "LLM_TIMEOUT", Later: 1}},
		{name: "the verifier takes longer than the grace", ask: always, time: 2 * time.Second, takes: time.Minute, want: verifiedOutcome{Source: "llm", Skipped: "LLM_TIMEOUT", Later: 1}, kept: unverified},
		{name: "after delivery, too", share: most, takes: time.Minute, want: verifiedOutcome{Source: "llm", Later: 1}, kept: unverified},

		{name: "the verifier is down", ask: always, judge: skips(summarizer.ReasonLLMUnavailable), want: verifiedOutcome{Source: "llm", Skipped: "LLM_UNAVAILABLE", Calls: 1}, kept: unverified},
		{name: "its circuit is open", ask: always, judge: skips(summarizer.ReasonCircuitOpen), want: verifiedOutcome{Source: "llm", Skipped: "CIRCUIT_OPEN", Calls: 1}, kept: unverified},
		{name: "its rate is used up", ask: always, judge: skips(summarizer.ReasonLLMBusy), want: verifiedOutcome{Source: "llm", Skipped: "LLM_BUSY", Calls: 1}, kept: unverified},
		{name: "no budget, or no call, is left", ask: always, judge: skips(summarizer.ReasonBudgetExhausted), want: verifiedOutcome{Source: "llm", Skipped: "BUDGET_EXHAUSTED", Calls: 1}, kept: unverified},
		{name: "it answers rubbish", share: 1, judge: skips(summarizer.ReasonLLMOutputInvalid), want: verifiedOutcome{Source: "llm", Skipped: "LLM_OUTPUT_INVALID", Calls: 1}, kept: unverified},
		{name: "no budget for the stored one", ask: always, cache: unverified, judge: skips(summarizer.ReasonBudgetExhausted), want: verifiedOutcome{Source: "cache", Skipped: "BUDGET_EXHAUSTED", Calls: 1}, kept: unverified},
		{name: "the verifier is down after delivery", share: most, judge: skips(summarizer.ReasonLLMUnavailable), want: verifiedOutcome{Source: "llm", Later: 1}, kept: unverified},
		{name: "nothing is too little where nothing may stand in", ask: llmOnly, judge: skips(summarizer.ReasonLLMUnavailable), want: verifiedOutcome{Source: "llm", Skipped: "LLM_UNAVAILABLE", Calls: 1}, kept: unverified},

		{name: "the verifier is unsure", ask: always, judge: oneUnsure, want: verifiedOutcome{Source: "llm", Calls: 1}, kept: unsureOf},
		{name: "a sentence falls", ask: always, judge: shortened, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}, kept: verified},
		{name: "nothing stands", ask: always, judge: refuted, want: verifiedOutcome{Source: "local", Reason: summarizer.ReasonLLMUngrounded, Calls: 1}},
		{name: "nothing stands, and nothing else may answer", ask: llmOnly, judge: refuted, want: verifiedOutcome{Reason: summarizer.ReasonLLMUngrounded, Calls: 1}},
		{name: "nothing stands, as is found later", share: most, judge: refuted, want: verifiedOutcome{Source: "llm", Later: 1}},
		{name: "a sentence falls, as is found later", share: most, judge: shortened, want: verifiedOutcome{Source: "llm", Later: 1}},
		{name: "a sentence falls later of what is not to be verified before", share: 1, ask: never, judge: shortened, want: verifiedOutcome{Source: "llm", Later: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.time = cmp.Or(tt.time, plenty)
				v := &fakeVerifier{takes: cmp.Or(tt.takes, time.Second), judge: tt.judge}
				model := &fakeModel{name: "m"}
				b := newBench(t, model, func(o *summarizer.Options) {
					o.VerifyShare = tt.share
					if !tt.none {
						o.Verifier = v
					}
				})
				defer b.Close()
				if tt.cache != nothing {
					b.fill(t, verifications[tt.cache])
				}
				began := time.Now()
				if got := b.verified(t, v, tt.ask, tt.time); got != tt.want {
					t.Errorf("got  %+v\nwant %+v", got, tt.want)
				}
				if took := time.Since(began); took > tt.time {
					t.Errorf("took %v of %v", took, tt.time)
				}
				time.Sleep(v.takes) // until what goes on after delivery has ended
				synctest.Wait()
				if got := b.kept(); got != tt.kept {
					t.Errorf("the cache holds %q, want %q", got, tt.kept)
				}
			})
		})
	}
}

// fill has the cache hold a summary of the article with a verification.
func (b *bench) fill(t *testing.T, v summarizer.Verification) {
	t.Helper()
	other := newBench(t, b.model, func(o *summarizer.Options) { o.Answers = b.answers })
	other.answers = b.answers
	other.verified(t, nil, never, time.Minute)
	other.Close()
	b.mark(v)
	time.Sleep(time.Millisecond) // what is made next has another time
}

// mark says of all stored summaries who verified them.
func (b *bench) mark(v summarizer.Verification) {
	b.answers.mu.Lock()
	defer b.answers.mu.Unlock()
	for _, answers := range b.answers.byKey {
		for _, a := range answers {
			if a.Summary != nil {
				copied := *a.Summary
				copied.Verification = v
				a.Summary = &copied
			}
		}
	}
}

// A verified answer is stored as such: it is verified once, and no request pays for it
// again.
func TestVerifiedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVerifier{takes: 100 * time.Millisecond}
		b := newBench(t, &fakeModel{name: "m"}, func(o *summarizer.Options) { o.Verifier = v })
		defer b.Close()
		results := make(chan string, 20)
		for range cap(results) {
			go func() {
				r := request(harbour)
				r.Topics, r.Verify = nil, summarizer.VerifyAlways
				result, err := b.Analyze(t.Context(), r)
				if err != nil {
					results <- err.Error()
					return
				}
				results <- fmt.Sprint(result.Summary.Provenance.Verified, result.Usage.Verification.InputTokens)
			}()
		}
		paid := 0
		for range cap(results) {
			switch got := <-results; got {
			case "true 30":
				paid++
			case "true 0":
			default:
				t.Errorf("got %s", got)
			}
		}
		if v.calls.Load() != 1 || paid != 1 {
			t.Errorf("%d verifications, %d paid", v.calls.Load(), paid)
		}
		if got := b.verified(t, v, always, time.Minute); got != (verifiedOutcome{Source: "cache", Verified: true}) {
			t.Errorf("later: %+v", got)
		}
	})
}

// What is verified too late is there for the next.
func TestLateVerdictIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVerifier{takes: 3 * time.Second}
		b := newBench(t, &fakeModel{name: "m"}, func(o *summarizer.Options) { o.Verifier = v })
		defer b.Close()
		if got := b.verified(t, v, always, 2*time.Second); got.Skipped != "LLM_TIMEOUT" || got.Verified {
			t.Errorf("first: %+v", got)
		}
		time.Sleep(5 * time.Second)
		if got := b.verified(t, v, always, 2*time.Second); got != (verifiedOutcome{Source: "cache", Verified: true}) {
			t.Errorf("next: %+v", got)
		}
	})
}

// A caller who leaves ends the verification that nobody else waits for.
func TestAbandonedVerificationEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &fakeVerifier{takes: time.Hour}
		b := newBench(t, &fakeModel{name: "m"}, func(o *summarizer.Options) { o.Verifier = v })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		r := request(harbour)
		r.Topics, r.Verify = nil, summarizer.VerifyAlways
		_, _ = b.Analyze(ctx, r)
		began := time.Now()
		b.Close()
		if took := time.Since(began); took > time.Second {
			t.Errorf("closing took %v", took)
		}
	})
}
