package llm

import (
	"sync"
	"time"
)

// rateBurst is the stretch of time whose worth may be spent at once.
const rateBurst = 6 * time.Second

// rate holds a number of units a minute. Units that are asked for too early are
// reserved, and their caller waits for his turn; so those who wait are served in
// order, and nobody waits in vain. In no minute more units are handed out than
// the limit, so that the long-term rate stays a tenth below it. A demand for
// more than a burst is granted once a whole burst is saved up, and holds up those
// behind it.
//
// A nil *rate has no limit.
type rate struct {
	each time.Duration // time that one unit is worth

	mu   sync.Mutex
	paid time.Time // until when time is spent on what was reserved
}

// newRate returns a limit of perMinute units, nil for 0.
func newRate(perMinute int) *rate {
	if perMinute == 0 {
		return nil
	}
	return &rate{each: (time.Minute + rateBurst) / time.Duration(perMinute)}
}

// reserve takes units and returns how long to wait before they may be used. Not
// ok means that the wait would exceed longest, and that nothing was taken.
func (r *rate) reserve(units int, longest time.Duration) (wait time.Duration, ok bool) {
	if r == nil {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.paid.Before(now) {
		r.paid = now
	}
	price := time.Duration(units) * r.each
	burst := max(rateBurst, r.each)
	wait = max(r.paid.Sub(now)+min(price, burst)-burst, 0)
	if wait > max(longest, 0) {
		return wait, false
	}
	r.paid = r.paid.Add(price)
	return wait, true
}

// settle takes units more, or gives them back when negative.
func (r *rate) settle(units int) {
	if r == nil || units == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paid = r.paid.Add(time.Duration(units) * r.each)
}
