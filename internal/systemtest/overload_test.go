package systemtest

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// The model of the overload test answers so many calls at once, each in so much
// time, which makes its capacity.
const (
	overloadPlaces   = 8
	overloadDeadline = time.Second
	overloadSeconds  = 3
	overloadHeap     = 64 << 20 // bytes that the heap may grow by
	overloadResident = 64 << 20 // bytes that the process may hold beyond its memory at capacity
)

// overloadTime is longer under the race detector, whose instructions would make this
// process the bottleneck in place of the model.
var overloadTime = 80 * time.Millisecond

func init() {
	if raceDetector {
		overloadTime *= 2
	}
}

// TestOverloadedModel sends three times what the model can answer, for callers who
// want its answer or none. It has to go on answering as much as it can, everybody
// else is told when to come back, and afterwards all is as before.
func TestOverloadedModel(t *testing.T) {
	inTime(t, func() []string { return runOverload(t) })
}

func runOverload(t *testing.T) (late []string) {
	overloadCapacity := overloadPlaces * int(time.Second/overloadTime) // answers a second
	fake := llmtest.New(t)
	places := make(chan struct{}, overloadPlaces)
	answer := llmtest.After(overloadTime, llmtest.Obey())
	fake.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			answer(w, r)
		case <-r.Gone():
		}
	})
	s := startStackWith(t, stackOptions{
		dir:      t.TempDir(),
		endpoint: llm.Endpoint{BaseURL: fake.URL(), Model: "m", APIKey: "none", MaxConcurrency: overloadPlaces},
	})
	defer s.stop()

	var article atomic.Int64
	offer := func(rate, seconds int) (o offered) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		began := time.Now()
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for range rate * seconds {
			<-tick.C
			wg.Go(func() {
				request := analyzeRequest(fmt.Sprintf("Report %d is in. %s", article.Add(1), articleOf(4<<10)))
				request.ServingOptions = &summarizerv1.ServingOptions{EnginePolicy: summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_ONLY}
				began := time.Now()
				_, err := s.analyze(t, overloadDeadline, request)
				mu.Lock()
				defer mu.Unlock()
				o.add(time.Since(began), err)
			})
		}
		wg.Wait()
		o.goodput = float64(o.answered) / time.Since(began).Seconds()
		fake.Forget()
		return o
	}

	seconds := overloadSeconds * testScale()
	peak := offer(overloadCapacity, seconds)
	before, resident := heapInUse(), residentPeak(t)
	over := offer(3*overloadCapacity, seconds)
	residentOver := residentPeak(t)
	grown := int64(heapInUse()) - int64(before)
	after := offer(overloadCapacity/2, 2)

	if over.goodput < 0.8*peak.goodput {
		late = append(late, fmt.Sprintf("%.0f answers a second under overload, %.0f at the peak", over.goodput, peak.goodput))
	}
	late = append(late, peak.late...)
	late = append(late, over.late...)
	late = append(late, after.late...)
	if len(over.untold) > 0 {
		t.Errorf("%d refusals do not say when to retry, such as %v", len(over.untold), over.untold[0])
	}
	if over.outOfTime > over.refused/50 {
		late = append(late, fmt.Sprintf("%d calls of %d got a place too late", over.outOfTime, over.refused))
	}
	if after.refused > 0 {
		late = append(late, fmt.Sprintf("%d refusals when it was over", after.refused))
	}
	if grown > overloadHeap {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if residentOver > resident+overloadResident && !raceDetector {
		t.Errorf("the process held %d bytes at capacity, %d under overload", resident, residentOver)
	}
	t.Logf("capacity %d/s: at that rate %v; at three times %v; at half of it afterwards %v; heap %+d KB; resident at most %d and %d KB",
		overloadCapacity, peak, over, after, grown>>10, resident>>10, residentOver>>10)
	return late
}

// residentPeak returns the most memory, in bytes, that this process held since it was
// last asked; 0 where there is no /proc to tell it.
func residentPeak(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	peak, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return 0 // the peak covers the whole time
	}
	return peak << 10
}

// offered is what became of a load.
type offered struct {
	answered, refused int
	outOfTime         int      // got a place of the model, but not its answer, in time
	goodput           float64  // answers a second, the wait for the last ones included
	late              []string // neither answered nor refused in time
	untold            []error  // refused without an advice
}

func (o offered) String() string {
	return fmt.Sprintf("%d answered (%.0f/s), %d refused, %d out of time", o.answered, o.goodput, o.refused, o.outOfTime)
}

func (o *offered) add(took time.Duration, err error) {
	if took > overloadDeadline {
		o.late = append(o.late, fmt.Sprintf("after %v: %v", took, err))
		return
	}
	if err == nil {
		o.answered++
		return
	}
	if status.Code(err) == codes.DeadlineExceeded {
		o.outOfTime++
		return
	}
	o.refused++
	if !toldWhenToRetry(err) {
		o.untold = append(o.untold, err)
	}
}

// toldWhenToRetry reports whether an error is a refusal that says when to come back.
func toldWhenToRetry(err error) bool {
	s := status.Convert(err)
	for _, d := range s.Details() {
		if retry, ok := d.(*errdetails.RetryInfo); ok {
			return s.Code() == codes.Unavailable && retry.GetRetryDelay().AsDuration() > 0
		}
	}
	return false
}
