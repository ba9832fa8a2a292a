package sharedcall_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"go.uber.org/goleak"

	"github.com/seed-59202292/summarizer/internal/sharedcall"
	"github.com/seed-59202292/summarizer/internal/turns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type (
	aCall   = sharedcall.Call[string, string]
	aWaiter = sharedcall.Waiter[string, string]
	work    = sharedcall.Work[string]
)

const (
	grace  = 10 * time.Second
	linger = time.Second
	margin = 5 * time.Millisecond
)

// fixture is a group of calls whose work a test controls. Each result is named after the
// number of its call.
type fixture struct {
	*sharedcall.Group[string, string]
	takes    time.Duration
	begun    int
	callers  []*aCall // of all calls
	doPanics bool
	bad      bool // no result is good

	mu       sync.Mutex
	kept     []string
	causes   []error // of the calls that were cancelled
	panicked []any
}

func newAirport(orphans int) *fixture {
	a := &fixture{takes: 3 * time.Second}
	a.Group = sharedcall.NewGroup[string, string](sharedcall.Options{
		Grace: grace, Linger: linger, Margin: margin,
		Orphans:  func() int { return orphans },
		Panicked: func(cause any) { record(a, &a.panicked, cause) },
	})
	return a
}

func record[T any](a *fixture, list *[]T, what T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*list = append(*list, what)
}

// start is the work of the next call.
func (a *fixture) start(f *aCall, _ []string) work {
	a.begun++
	name := fmt.Sprint("call ", a.begun)
	a.callers = append(a.callers, f)
	takes, doPanics := a.takes, a.doPanics
	return work{
		Do: func(ctx context.Context) string {
			if doPanics {
				panic("in the work")
			}
			select {
			case <-time.After(takes):
			case <-ctx.Done():
				record(a, &a.causes, context.Cause(ctx))
			}
			return name
		},
		Failed: func() string { return "failed" },
		Keep:   func(result string) { record(a, &a.kept, result) },
		Good:   func(string) bool { return !a.bad },
	}
}

// wish is the request of a client that waits for so long; zero: it does not wait.
func (a *fixture) wish(client string, waits time.Duration, keys ...string) sharedcall.JoinRequest[string, string] {
	r := sharedcall.JoinRequest[string, string]{Keys: keys, Customer: turns.Customer{Client: client}, Shared: true, Start: a.start}
	if waits > 0 {
		r.Until = time.Now().Add(waits)
	}
	return r
}

// join has a client join or start the call of one key.
func (a *fixture) join(t *testing.T, client string, waits time.Duration) *aWaiter {
	t.Helper()
	joined, rest, err := a.Join(t.Context(), a.wish(client, waits, "key"))
	if len(joined) != 1 || len(rest) != 0 || err != nil {
		t.Fatalf("joined %d calls, without %v, %v", len(joined), rest, err)
	}
	synctest.Wait()
	return joined[0]
}

// within returns the result that a waiter gets within a time, after which it leaves.
func within(t *testing.T, w *aWaiter, time time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time)
	defer cancel()
	if !w.Wait(ctx) {
		w.Leave(true)
		return ""
	}
	return w.Result()
}

// inBubble runs a test on a clock of its own, and ends the group after it.
func inBubble(t *testing.T, orphans int, test func(*testing.T, *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newAirport(orphans)
		defer a.Close()
		test(t, a)
	})
}

func (a *fixture) count(t *testing.T, when string, all, orphans int) {
	t.Helper()
	if gotAll, gotOrphans := a.Count(); gotAll != all || gotOrphans != orphans {
		t.Errorf("%s: %d calls, %d orphans, want %d and %d", when, gotAll, gotOrphans, all, orphans)
	}
}

func TestIdenticalWorkIsDoneOnce(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, a *fixture) {
		var done sync.WaitGroup
		for n := range 100 {
			w := a.join(t, "", time.Minute)
			if w.First != (n == 0) || w.HadEnded {
				t.Errorf("waiter %d: first %t, had ended %t", n, w.First, w.HadEnded)
			}
			done.Go(func() {
				if got := within(t, w, time.Minute); got != "call 1" {
					t.Errorf("waiter %d: %q", n, got)
				}
			})
		}
		done.Wait()
		if !slices.Equal(a.kept, []string{"call 1"}) {
			t.Errorf("kept %q", a.kept)
		}
	})
}

// A request joins the calls under way and starts one for exactly the other keys.
func TestRequestOfSeveralKeys(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, a *fixture) {
		keysOf := func(keys ...string) (of []string) {
			r := a.wish("", time.Minute, keys...)
			joined, rest, err := a.Join(t.Context(), r)
			if len(rest) != 0 || err != nil {
				t.Errorf("without %v, %v", rest, err)
			}
			for _, w := range joined {
				of = append(of, strings.Join(w.Keys, "+"))
			}
			return of
		}
		for _, tt := range []struct{ wanted, want []string }{
			{[]string{"a", "b"}, []string{"a+b"}},
			{[]string{"a", "c"}, []string{"a", "c"}},
			{[]string{"b", "d", "a", "e"}, []string{"b+a", "d+e"}},
		} {
			if got := keysOf(tt.wanted...); !slices.Equal(got, tt.want) {
				t.Errorf("%v is done by the calls of %v, want %v", tt.wanted, got, tt.want)
			}
		}
		r := a.wish("", time.Minute, "a", "f")
		r.Start = nil
		if joined, rest, err := a.Join(t.Context(), r); len(joined) != 1 || !slices.Equal(rest, []string{"f"}) || err != nil {
			t.Errorf("joined %d calls, without %v, %v", len(joined), rest, err)
		}
		if a.begun != 3 {
			t.Errorf("%d calls, want 3", a.begun)
		}
	})
}

// A request that shares nothing joins no call. Its own is joined by nobody, not kept, and
// ends with it.
func TestUnshared(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, a *fixture) {
		a.join(t, "", time.Minute)
		r := a.wish("", time.Minute, "key")
		r.Shared = false
		own, _, _ := a.Join(t.Context(), r)
		if got := within(t, a.join(t, "", time.Minute), time.Minute); got != "call 1" {
			t.Errorf("got %q", got)
		}
		if got := within(t, own[0], time.Minute); got != "call 2" || !slices.Equal(a.kept, []string{"call 1"}) {
			t.Errorf("got %q, kept %q", got, a.kept)
		}
		again, _, _ := a.Join(t.Context(), r)
		synctest.Wait()
		again[0].Leave(true)
		synctest.Wait()
		a.count(t, "once its waiter has left", 0, 0)
	})
}

// A call ends when all its requests have lost interest, and not before.
func TestCallEndsWhenAllLoseInterest(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		first, second := a.join(t, "", time.Minute), a.join(t, "", time.Minute)
		first.Leave(false)
		synctest.Wait()
		a.count(t, "while one waits", 1, 0)
		second.Leave(false)
		synctest.Wait() // it has ended
		if next := a.join(t, "", time.Minute); !next.First {
			t.Error("a call that is cancelled is joined")
		}
		if len(a.causes) != 1 || !errors.Is(a.causes[0], context.Canceled) {
			t.Errorf("cancelled: %v", a.causes)
		}
	})
}

// A call goes on for the grace when its requests ran out of time, and its result is kept.
func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		takes, lasts time.Duration
	}{
		{8 * time.Second, 8 * time.Second},
		{time.Hour, time.Second + grace},
	} {
		inBubble(t, 10, func(t *testing.T, a *fixture) {
			a.takes = tt.takes
			began := time.Now()
			patient, hasty := a.join(t, "", time.Minute), a.join(t, "", time.Second)
			patient.Leave(false) // another one's loss of interest changes nothing
			if got := within(t, hasty, time.Second); got != "" {
				t.Errorf("got %q", got)
			}
			a.count(t, "in the grace", 1, 1)
			time.Sleep(time.Until(began.Add(tt.lasts - time.Nanosecond)))
			synctest.Wait()
			a.count(t, "just before it ends", 1, 1)
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			a.count(t, "after it", 0, 0)
			if len(a.kept) != 1 {
				t.Errorf("kept %q", a.kept)
			}
		})
	}
}

// A call that hangs does not live on from one joiner to the next. It ends with the last one
// that still waits when the grace is over.
func TestHungCallIsNotHandedOn(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		a.takes = time.Hour
		within(t, a.join(t, "", time.Second), time.Second)
		time.Sleep(grace - time.Second)
		last := a.join(t, "", 5*time.Second)
		if last.First {
			t.Error("the call is not joined in its grace")
		}
		time.Sleep(2 * time.Second)
		if !a.join(t, "", time.Second).First {
			t.Error("the call is joined after its grace")
		}
		if len(a.causes) != 0 {
			t.Error("the call ends for one who waits")
		}
		within(t, last, 3*time.Second)
		synctest.Wait()
		if len(a.causes) != 1 {
			t.Error("the call goes on for nobody after its grace")
		}
	})
}

func TestOrphansAreFew(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, a *fixture) {
		for n := range 5 {
			joined, _, _ := a.Join(t.Context(), a.wish("", time.Second, fmt.Sprint(n)))
			within(t, joined[0], time.Second)
		}
		synctest.Wait()
		a.count(t, "after five", 2, 2)
		if oldest, _, _ := a.Join(t.Context(), a.wish("", time.Second, "0")); !oldest[0].First {
			t.Error("the oldest is still there")
		}
		if latest, _, _ := a.Join(t.Context(), a.wish("", time.Second, "4")); latest[0].First {
			t.Error("the latest is not there any more")
		}
		a.count(t, "when one is joined", 3, 1)
	})
}

// A call of a request that does not wait lasts for the grace, even if others join and leave
// it, and starts only where there is room.
// Room tells those who found none that an orphan has ended, or is one no more.
func TestRoom(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, a *fixture) {
		start := func(key string) int {
			t.Helper()
			joined, _, err := a.Join(t.Context(), a.wish("", 0, key))
			if err != nil {
				t.Fatal(err)
			}
			return len(joined)
		}
		for _, frees := range []func(){
			func() { time.Sleep(a.takes) },
			func() { a.join(t, "b", time.Minute) },
		} {
			room := a.Room()
			if start("key") != 1 || start("other") != 0 {
				t.Fatal("there is not room for one")
			}
			select {
			case <-room:
				t.Error("there is room already")
			default:
			}
			frees()
			synctest.Wait()
			select {
			case <-room:
			default:
				t.Error("nobody is told of room")
			}
			time.Sleep(a.takes + linger)
		}
	})
}

func TestCallForNobody(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, a *fixture) {
		a.takes = 8 * time.Second
		began := time.Now()
		a.join(t, "desk", 0)
		a.count(t, "at first", 1, 1)
		f := a.callers[0]
		if left := f.Deadline().Sub(began); !f.Waiting() || left != grace-margin {
			t.Errorf("waiting %t, %v left", f.Waiting(), left)
		}
		if joined, rest, _ := a.Join(t.Context(), a.wish("", 0, "other")); len(joined) != 0 || len(rest) != 1 {
			t.Error("one more starts for nobody than there is room for")
		}
		if w := a.join(t, "", 0); w.First {
			t.Error("a second one starts for nobody")
		}
		w := a.join(t, "reader", 20*time.Second)
		if left := f.Deadline().Sub(began); left != 20*time.Second-margin {
			t.Errorf("with one who waits, %v left", left)
		}
		w.Leave(false)
		if left := f.Deadline().Sub(began); !f.Waiting() || left != grace-margin {
			t.Errorf("without it: waiting %t, %v left", f.Waiting(), left)
		}
		if got := within(t, a.join(t, "", 20*time.Second), 20*time.Second); got != "call 1" {
			t.Errorf("got %q", got)
		}
	})
	inBubble(t, 0, func(t *testing.T, a *fixture) {
		if joined, _, _ := a.Join(t.Context(), a.wish("", 0, "key")); len(joined) != 0 {
			t.Error("it starts though there is no room")
		}
	})
}

// The work knows for whom it is done and until when, as requests join and leave.
func TestCallFollowsItsWaiters(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		began := time.Now()
		first := a.join(t, "a", 5*time.Second)
		f := a.callers[0]
		check := func(when string, until time.Duration, want ...turns.Customer) {
			t.Helper()
			got := f.Customers()
			slices.SortFunc(got, func(a, b turns.Customer) int { return strings.Compare(a.Client, b.Client) })
			if left := f.Deadline().Sub(began); left != until-margin || !slices.Equal(got, want) {
				t.Errorf("%s: %v left, for %v; want %v, for %v", when, left, got, until-margin, want)
			}
		}
		check("one waits", 5*time.Second, turns.Customer{Client: "a"})
		changed := f.Changed()
		second, third := a.join(t, "b", 30*time.Second), a.join(t, "b", time.Second)
		<-changed
		check("two more join", 30*time.Second, turns.Customer{Client: "a"}, turns.Customer{Client: "b"})
		changed = f.Changed()
		second.Leave(true)
		<-changed
		check("the most patient one leaves", 5*time.Second, turns.Customer{Client: "a"}, turns.Customer{Client: "b"})
		third.Leave(true)
		check("so does another", 5*time.Second, turns.Customer{Client: "a"})
		first.Leave(true)
		check("nobody waits", 5*time.Second, turns.Customer{Client: "a", Bulk: true})
		if f.Waiting() {
			t.Error("it goes on for somebody")
		}
	})
}

// A call that has ended is there for a while for requests that may have missed its result.
func TestEndedCallLingers(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		within(t, a.join(t, "", time.Minute), time.Minute)
		time.Sleep(linger - time.Millisecond)
		w := a.join(t, "", time.Minute)
		if !w.HadEnded || within(t, w, time.Minute) != "call 1" {
			t.Error("it is not there")
		}
		r := a.wish("", time.Minute, "key")
		var offer sharedcall.Offer[string, string]
		r.Accept = func(o sharedcall.Offer[string, string]) bool { offer = o; return false }
		if joined, _, _ := a.Join(t.Context(), r); !joined[0].First {
			t.Error("a request joins what it does not accept")
		}
		if offer.Key != "key" || offer.Result != "call 1" || offer.Ended.Sub(offer.Started) != a.takes {
			t.Errorf("the offer is %+v", offer)
		}
		time.Sleep(time.Minute)
		if !a.join(t, "", time.Minute).First {
			t.Error("it is still there")
		}
	})
}

// An orphan that takes longer than most good calls is not joined, one for which somebody
// waits is.
func TestSlowOrphanIsNotJoined(t *testing.T) {
	for _, tt := range []struct{ bad, leaves, fresh bool }{
		{bad: false, leaves: true, fresh: true},
		{bad: false, leaves: false, fresh: false},
		{bad: true, leaves: true, fresh: false}, // nothing is known of how long calls take
	} {
		inBubble(t, 10, func(t *testing.T, a *fixture) {
			a.bad = tt.bad
			for n := range 40 {
				joined, _, _ := a.Join(t.Context(), a.wish("", time.Minute, fmt.Sprint(n)))
				within(t, joined[0], time.Minute)
			}
			a.takes = time.Hour
			w := a.join(t, "", 5*time.Second)
			time.Sleep(5 * time.Second)
			if tt.leaves {
				w.Leave(true)
			}
			if got := a.join(t, "", time.Second).First; got != tt.fresh {
				t.Errorf("%+v: a fresh one starts: %t", tt, got)
			}
		})
	}
}

// A panic of the work, or while its result is kept, costs nobody the end of the call.
func TestPanics(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		a.doPanics = true
		if got := within(t, a.join(t, "", time.Minute), time.Minute); got != "failed" {
			t.Errorf("got %q", got)
		}
		a.count(t, "after a panic in the work", 0, 0)
		a.doPanics = false
		r := a.wish("", time.Minute, "other")
		r.Start = func(f *aCall, keys []string) work {
			w := a.start(f, keys)
			w.Keep = func(string) { panic("in the cache") }
			return w
		}
		joined, _, _ := a.Join(t.Context(), r)
		if got := within(t, joined[0], time.Minute); got != "call 2" {
			t.Errorf("got %q", got)
		}
		a.count(t, "after a panic in the cache", 0, 0)
		if !slices.Equal(a.panicked, []any{"in the work", "in the cache"}) {
			t.Errorf("told of %v", a.panicked)
		}
	})
}

func TestClose(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		a.takes = time.Hour
		w := a.join(t, "", time.Minute)
		a.Close()
		if got := within(t, w, time.Minute); got != "call 1" || len(a.causes) != 1 || !errors.Is(a.causes[0], sharedcall.ErrClosed) {
			t.Errorf("got %q, cancelled: %v", got, a.causes)
		}
		joined, rest, err := a.Join(t.Context(), a.wish("", time.Minute, "key"))
		if len(joined) != 0 || !slices.Equal(rest, []string{"key"}) || !errors.Is(err, sharedcall.ErrClosed) {
			t.Errorf("afterwards: %d calls, without %v, %v", len(joined), rest, err)
		}
	})
}

// A call has the values of its first request's context alone: it goes on when that request
// is cancelled.
func TestCallKeepsTheTraceOfItsFirstRequest(t *testing.T) {
	type traceKey struct{}
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), traceKey{}, "trace"), time.Second)
		defer cancel()
		r := a.wish("", time.Minute, "key")
		r.Start = func(*aCall, []string) work {
			return work{
				Do: func(ctx context.Context) string {
					<-time.After(2 * time.Second)
					_, limited := ctx.Deadline()
					return fmt.Sprintln(ctx.Value(traceKey{}), limited, ctx.Err())
				},
				Keep: func(string) {},
				Good: func(string) bool { return true },
			}
		}
		joined, _, _ := a.Join(ctx, r)
		if got := within(t, joined[0], time.Minute); got != "trace false <nil>\n" {
			t.Errorf("the work has %q", got)
		}
	})
}

// A call that lingers does not keep the context of its first request, which may hold the
// whole of it.
func TestEndedCallLetsGoOfItsContext(t *testing.T) {
	type requestKey struct{}
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		request := func() weak.Pointer[[1 << 10]byte] {
			held := new([1 << 10]byte)
			w, _, _ := a.Join(context.WithValue(t.Context(), requestKey{}, held), a.wish("", time.Minute, "key"))
			within(t, w[0], time.Minute)
			return weak.Make(held)
		}()
		synctest.Wait() // until the work has returned
		for n := 0; request.Value() != nil; n++ {
			if n == 100 {
				t.Fatal("it keeps the context")
			}
			runtime.GC()
		}
		if !a.join(t, "", time.Minute).HadEnded {
			t.Error("it does not linger")
		}
	})
}

func TestBlocked(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, a *fixture) {
		w, busy := a.join(t, "", time.Minute), errors.New("no place")
		for _, why := range []error{nil, busy, nil} {
			a.callers[0].Blocked(why)
			if got := w.WhyBlocked(); !errors.Is(got, why) {
				t.Errorf("blocked for %v, want %v", got, why)
			}
		}
	})
}
