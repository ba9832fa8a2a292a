package summarizer_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// sampling is a service that verifies a share of its summaries after delivery, and the articles
// that its verifier saw.
type sampling struct {
	*bench
	mu   sync.Mutex
	seen map[string]bool
}

func newSampling(t *testing.T, share float64, judge func(context.Context, summarizer.Written) *summarizer.Verified) *sampling {
	s := &sampling{seen: make(map[string]bool)}
	s.bench = newBench(t, &fakeModel{name: "m", capacity: 4}, func(o *summarizer.Options) {
		o.VerifyShare = share
		o.Verifier = verifierFunc(func(ctx context.Context, task *summarizer.Task, w summarizer.Written) *summarizer.Verified {
			s.mu.Lock()
			s.seen[task.Document.Text] = w.Sample
			s.mu.Unlock()
			return judge(ctx, w)
		})
	})
	return s
}

// ask asks for the summaries of n articles at once, and returns when all have come.
func (s *sampling) ask(t *testing.T, n int, change func(*summarizer.Request)) {
	t.Helper()
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			r := request(fmt.Sprintf("%s This is report number %d.", harbour, i))
			r.Topics = nil
			change(r)
			result, err := s.Analyze(t.Context(), r)
			if err != nil {
				t.Error(err)
			} else if result.Summary.Provenance.Verified || len(result.Warnings) > 0 || result.Usage.Verification.InputTokens > 0 {
				t.Errorf("delivered as %+v with %v, usage %+v", result.Summary.Provenance, result.Warnings, result.Usage)
			}
		})
	}
	done.Wait()
}

func paced(r *summarizer.Request) { r.Bulk, r.PacedBySample = true, true }

// slowly finds all supported after a second.
func slowly(_ context.Context, w summarizer.Written) *summarizer.Verified {
	time.Sleep(time.Second)
	return found(w, 0)
}

// An archive has the same share verified whenever it is answered, however slow the verifier is.
func TestSampleIsTheSameEachTime(t *testing.T) {
	const articles, share = 200, 0.3
	var first map[string]bool
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			s := newSampling(t, share, slowly)
			defer s.Close()
			s.ask(t, articles, paced)
			got := s.Samples(t.Context())
			if n := int(got.Verified); n != len(s.seen) || n < articles*share/2 || n > articles*share*2 || got.Missed != 0 || got.Refuted != 0 {
				t.Errorf("%+v, %d articles are verified", got, len(s.seen))
			}
			for article, isSample := range s.seen {
				if !isSample {
					t.Errorf("%.40q is verified as no sample", article)
				}
			}
			if first == nil {
				first = s.seen
			} else if !maps.Equal(first, s.seen) {
				t.Error("another share is verified the second time")
			}
		})
	}
}

// Other requests do not wait for room: their share is smaller under load, and is counted.
func TestSampleDelaysNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSampling(t, 0.999999, slowly)
		defer s.Close()
		began := time.Now()
		s.ask(t, 50, func(*summarizer.Request) {})
		if took := time.Since(began); took > 0 {
			t.Errorf("the answers took %v", took)
		}
		if got := s.Samples(t.Context()); got.Verified == 0 || got.Missed == 0 || got.Verified+got.Missed != 50 {
			t.Errorf("%+v", got)
		}
	})
}

// A verifier that hangs holds an archive up no longer than each article's time.
func TestHangingVerifierOfASample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSampling(t, 0.999999, func(ctx context.Context, _ summarizer.Written) *summarizer.Verified {
			<-ctx.Done()
			return skippedFor(summarizer.ReasonLLMTimeout)
		})
		defer s.Close()
		began := time.Now()
		s.ask(t, 50, paced)
		if took := time.Since(began); took > summarizer.DefaultDeadline {
			t.Errorf("the answers took %v", took)
		}
		began = time.Now()
		got := s.Samples(t.Context())
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the rest took %v", took)
		}
		if got.Verified != 0 || got.Missed != 50 {
			t.Errorf("%+v", got)
		}
	})
}

// A sample that is refuted is counted, and so is one without a verdict.
func TestSamplesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newSampling(t, 0.999999, func(_ context.Context, w summarizer.Written) *summarizer.Verified {
			switch n++; n {
			case 1:
				return refuted(w)
			case 2:
				return skippedFor(summarizer.ReasonCircuitOpen)
			case 3:
				panic("in the verifier")
			}
			return found(w, 1)
		})
		defer s.Close()
		for i := range 5 {
			r := request(fmt.Sprintf("%s This is report number %d.", harbour, i))
			if _, err := s.Analyze(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			s.Samples(t.Context())
		}
		if got, want := s.Samples(t.Context()), (summarizer.Samples{Verified: 3, Refuted: 1, Missed: 2, InputTokens: 60}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// A caller who gives up waits no longer for room.
func TestSampleOfACallerWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSampling(t, 0.999999, slowly)
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		began := time.Now()
		var done sync.WaitGroup
		for i := range 20 {
			done.Go(func() {
				r := request(fmt.Sprintf("%s This is report number %d.", harbour, i))
				paced(r)
				_, _ = s.Analyze(ctx, r)
			})
		}
		done.Wait()
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("the last waited %v", took)
		}
	})
}
