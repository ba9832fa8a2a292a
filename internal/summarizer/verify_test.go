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

func away(summarizer.Written) *summarizer.Verified {
	return &summarizer.Verified{Err: &summarizer.Error{Reason: summarizer.ReasonCircuitOpen, Message: "it is away"}}
}

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

func bypass(r *summarizer.Request) {
	r.Verify, r.Cache = summarizer.VerifyAlways, summarizer.CacheBypass
}

// TestVerificationPolicy is the whole policy: the share that the operator sets, what the
// request asks for, what the cache holds, the time that is left, and what the verifier
// says.
func TestVerificationPolicy(t *testing.T) {
	const plenty = 20 * time.Second
	type stored uint8
	const (
		nothing stored = iota
		unverified
		verified
		unsureOf
		byAnother // verifier
	)
	for _, tt := range []struct {
		name    string
		share   float64
		none    bool // no verifier
		ask     func(*summarizer.Request)
		cache   stored
		time    time.Duration
		takes   time.Duration
		judge   func(summarizer.Written) *summarizer.Verified
		want    verifiedOutcome
		removed bool // from the cache
	}{
		{name: "by default nothing is verified", time: plenty, want: verifiedOutcome{Source: "llm"}},
		{name: "a share of all is verified before", share: 1, time: plenty, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}},
		{name: "a request asks", ask: always, time: plenty, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}},
		{name: "a request asks in vain", none: true, ask: always, time: plenty, want: verifiedOutcome{Source: "llm", Skipped: "no verifier"}},
		{name: "a request wants none, all are verified", share: 1, ask: never, time: plenty, want: verifiedOutcome{Source: "llm", Later: 1}},
		{name: "a share of nearly all is verified after", share: 0.999999, time: plenty, want: verifiedOutcome{Source: "llm", Later: 1}},
		{name: "a share of next to none is not", share: 0.000001, time: plenty, want: verifiedOutcome{Source: "llm"}},
		{name: "a request asks, a share is verified", share: 0.999999, ask: always, time: plenty, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}},
		{name: "the local engine is not verified", ask: local, time: plenty, want: verifiedOutcome{Source: "local"}},
		{name: "without the cache", ask: bypass, time: plenty, want: verifiedOutcome{Source: "llm", Verified: true, Calls: 1}},

		{name: "the cache holds one that is not verified", ask: always, cache: unverified, time: plenty, want: verifiedOutcome{Source: "cache", Verified: true, Calls: 1}},
		{name: "and nobody asks", cache: unverified, time: plenty, want: verifiedOutcome{Source: "cache"}},
		{name: "and a share is verified", share: 0.999999, cache: unverified, time: plenty, want: verifiedOutcome{Source: "cache"}},
		{name: "the cache holds a verified one", ask: always, cache: verified, time: plenty, want: verifiedOutcome{Source: "cache", Verified: true}},
		{name: "and nobody asks for that", cache: verified, time: plenty, want: verifiedOutcome{Source: "cache", Verified: true}},
		{name: "the cache holds one that nobody could tell", ask: always, cache: unsureOf, time: plenty, want: verifiedOutcome{Source: "cache"}},
		{name: "the cache holds one of another verifier", ask: always, cache: byAnother, time: plenty, want: verifiedOutcome{Source: "cache", Verified: true, Calls: 1}},
		{name: "the stored one is refuted, and so is the next", ask: always, cache: unverified, time: plenty, judge: refuted, removed: true, want: verifiedOutcome{Source: "local", Reason: summarizer.ReasonLLMUngrounded, Calls: 2}},

		{name: "too little time is left", ask: always, cache: unverified, time: 200 * time.Millisecond, want: verifiedOutcome{Source: "cache", Skipped: "DEADLINE_TOO_SHORT", Later: 1}},
		{name: "the verifier takes too long", ask: always, time: 2 * time.Second, takes: time.Minute, want: verifiedOutcome{Source: "llm", Skipped: "LLM_TIMEOUT", Later: 1}},
		{name: "the verifier is away", ask: always, time: plenty, judge: away, want: verifiedOutcome{Source: "llm", Skipped: "CIRCUIT_OPEN", Calls: 1}},
		{name: "the verifier is unsure", ask: always, time: plenty, judge: func(w summarizer.Written) *summarizer.Verified { return found(w, 1) }, want: verifiedOutcome{Source: "llm", Calls: 1}},
		{name: "nothing stands", ask: always, time: plenty, judge: refuted, removed: true, want: verifiedOutcome{Source: "local", Reason: summarizer.ReasonLLMUngrounded, Calls: 1}},
		{name: "nothing stands, and nothing else may answer", ask: llmOnly, time: plenty, judge: refuted, removed: true, want: verifiedOutcome{Reason: summarizer.ReasonLLMUngrounded, Calls: 1}},
		{name: "nothing stands, as is found later", share: 0.999999, time: plenty, judge: refuted, removed: true, want: verifiedOutcome{Source: "llm", Later: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
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
					b.verified(t, nil, never, plenty)
					b.mark(map[stored]summarizer.Verification{verified: {Verifier: "v"}, unsureOf: {Verifier: "v", Unsure: 1}, byAnother: {Verifier: "w"}}[tt.cache])
					v.calls.Store(0)
					time.Sleep(time.Millisecond) // what is made next has another time
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
				if removed := b.answers.len() == 0; tt.removed != removed && tt.want.Source != "local" && tt.ask == nil {
					t.Errorf("removed from the cache: %t", removed)
				}
			})
		})
	}
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
