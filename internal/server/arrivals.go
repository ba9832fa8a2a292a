package server

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// arrivals are the messages that calls wait for. It cuts off calls whose message does
// not come in time. Calls that have one message only are cut off when the server drains,
// too, as they would hold up the drain for nothing. Looking at all of them now and then
// costs a call less than a timer of its own.
type arrivals struct {
	mu    sync.Mutex
	first *callStream
}

// arrival is the place of a call among the arrivals, guarded by their mutex.
type arrival struct {
	next, previous *callStream
	until          time.Time // zero: nothing is awaited
	failed         error     // why the call was cut off
}

func (a *arrivals) add(s *callStream) {
	until := time.Now().Add(s.handler.options.MessageTimeout)
	a.mu.Lock()
	defer a.mu.Unlock()
	s.arrival.until = until
	s.arrival.next, s.arrival.previous = a.first, nil
	if a.first != nil {
		a.first.arrival.previous = s
	}
	a.first = s
}

// remove ends the watch over a message that was received with err, and returns why its
// call was cut off, where it was.
func (a *arrivals) remove(s *callStream, err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.arrival.until.IsZero() {
		return err
	}
	s.arrival.until = time.Time{}
	next, previous := s.arrival.next, s.arrival.previous
	if next != nil {
		next.arrival.previous = previous
	}
	if previous != nil {
		previous.arrival.next = next
	} else {
		a.first = next
	}
	return cmp.Or(s.arrival.failed, err)
}

// look cuts off the calls whose time is over.
func (a *arrivals) look(draining bool) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for s := a.first; s != nil; s = s.arrival.next {
		switch {
		case s.arrival.failed != nil:
		case draining && s.single:
			s.cutOff(errDraining)
		case now.After(s.arrival.until):
			s.cutOff(errTooSlow(s.handler.options.MessageTimeout))
		}
	}
}

// cutOff ends the stream from outside of its handler, and with it the reading that waits.
func (s *callStream) cutOff(why error) {
	s.arrival.failed = why
	if s.foreign != nil {
		s.foreign.Interrupt()
		return
	}
	s.SetTrailer(s.requestID())
	_ = s.transport.WriteStatus(describe(why, "").status()) // fails when the call is over
}

func errTooSlow(timeout time.Duration) error {
	return &summarizer.Error{
		Reason:  summarizer.ReasonRequestTimeout,
		Message: fmt.Sprintf("the message did not arrive within %v: send it in one go, or in smaller parts", timeout),
	}
}
