package systemtest

import (
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// What the storm is made of. Of ten requests five are for articles that the model
// answers, three for articles at which it fails in one of the ways of the fault
// table, and two for articles at which it hangs.
const (
	stormSeconds   = 5
	stormRate      = 300 // requests a second, or what the machine carries
	stormDeadline  = time.Second
	stormHealthy   = 100 // articles
	stormHanging   = 100
	stormPerFault  = 2
	stormMargin    = 10 * time.Millisecond // the p99 keeps from the deadline
	stormHeapSlack = 16 << 20              // bytes that the heap may grow by
)

// TestStorm sends requests at a steady rate, whatever becomes of those before, at
// a model with every fault at once.
func TestStorm(t *testing.T) {
	inTime(t, func() []string { return runStorm(t) })
}

func runStorm(t *testing.T) (late []string) {
	kinds := slices.DeleteFunc(faults(), func(f fault) bool { return f.reply == nil })
	fake := llmtest.New(t)
	fake.Default(stormReply(kinds))
	s := startStackWith(t, stackOptions{
		dir:      t.TempDir(),
		endpoint: llm.Endpoint{BaseURL: fake.URL(), Model: "m", APIKey: "none"},
	})
	defer s.stop()

	var (
		rate  = bearableRate(t, s)
		total = stormSeconds * rate * testScale()
		tick  = time.NewTicker(time.Second / time.Duration(rate))
		wg    sync.WaitGroup
		mu    sync.Mutex
		took  []time.Duration
		all   = origins{}
		sound = origins{} // of articles that the model answers
		warm  uint64
	)
	defer tick.Stop()
	for i := range total {
		<-tick.C
		if i%rate == 0 {
			fake.Forget()
		}
		if i == total/5 {
			warm = heapInUse()
		}
		request, healthy := stormRequest(i, kinds)
		wg.Go(func() {
			began := time.Now()
			response, err := s.analyze(t, stormDeadline, request)
			elapsed := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, elapsed)
			if err != nil || elapsed > stormDeadline {
				late = append(late, fmt.Sprintf("no answer in time, after %v: %v", elapsed, err))
				return
			}
			p := response.Summary.Provenance
			origin := p.Source.String()[len("SOURCE_"):] + " " + p.FallbackReason
			all[origin]++
			if healthy {
				sound[origin]++
			}
		})
	}
	wg.Wait()
	fake.Forget()
	grown := int64(heapInUse()) - int64(warm)

	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	if p99 > stormDeadline-stormMargin {
		late = append(late, fmt.Sprintf("p99 %v", p99))
	}
	byLLM := float64(sound["LLM "]) / float64(total/2)
	if byLLM < 0.95 {
		late = append(late, fmt.Sprintf("the model answered only %.1f %% of what it can: %v", 100*byLLM, sound))
	}
	if grown > stormHeapSlack {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	t.Logf("%d requests at %d/s, deadline %v: p50 %v, p99 %v, slowest %v; of healthy articles %.2f %% by the model; heap %d KB after warm-up, %+d KB at the end; %v",
		total, rate, stormDeadline, p50.Round(time.Millisecond), p99.Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond),
		100*byLLM, warm>>10, grown>>10, all)
	return late
}

// bearableRate returns the rate of the storm: less than stormRate where the
// processors, under the race detector or beside other programs, would have more
// than half of their time to spend on it. It measures requests one by one.
func bearableRate(t *testing.T, s *stack) int {
	const warmUp, measured = 5, 40
	var began time.Time
	for i := range warmUp + measured {
		if i == warmUp {
			began = time.Now()
		}
		request, _ := stormRequest(10*i, nil)
		if _, err := s.analyze(t, minute, request); err != nil {
			t.Fatal(err)
		}
	}
	each := time.Since(began) / measured
	return min(stormRate, max(1, int(time.Duration(runtime.GOMAXPROCS(0))*time.Second/2/each)))
}

// stormRequest returns the request of that number, and whether the model answers
// it. Healthy articles come again and again and are asked for anew each time, so
// that each is a call and what is kept stays as it is.
func stormRequest(i int, kinds []fault) (request *summarizerv1.AnalyzeArticleRequest, healthy bool) {
	article := func(kind string, number int) *summarizerv1.AnalyzeArticleRequest {
		return analyzeRequest(fmt.Sprintf("Storm report of kind %s %d is in. %s", kind, number, faultyArticle(number)))
	}
	round := i / 10
	switch place := i % 10; place {
	case 1, 4, 7:
		n := round*3 + place/3
		f := kinds[n%len(kinds)]
		request = article(strconv.Itoa(n%len(kinds)), n/len(kinds)%stormPerFault)
		if f.prepare != nil {
			f.prepare(request)
		}
		return request, false
	case 2, 8:
		return article("hang", (round*2+place/8)%stormHanging), false
	default:
		request = article("healthy", i%stormHealthy)
		request.ServingOptions = &summarizerv1.ServingOptions{CachePolicy: summarizerv1.CachePolicy_CACHE_POLICY_REFRESH}
		return request, true
	}
}

var stormKind = regexp.MustCompile(`Storm report of kind (\w+) `)

// stormReply answers as the kind of the article asks for.
func stormReply(kinds []fault) llmtest.Response {
	obey, hang := llmtest.Obey(), llmtest.Hang()
	return func(w http.ResponseWriter, r *llmtest.Call) {
		kind := "healthy"
		if match := stormKind.FindStringSubmatch(r.Chat().User()); match != nil {
			kind = match[1]
		}
		switch number, err := strconv.Atoi(kind); {
		case kind == "hang":
			hang(w, r)
		case err == nil:
			kinds[number].reply(w, r)
		default:
			obey(w, r)
		}
	}
}

// heapInUse returns what is reachable.
func heapInUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
