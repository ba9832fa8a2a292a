package turns

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// isReady reports whether a ticket has its place.
func isReady(t *Ticket) bool {
	select {
	case <-t.Ready():
		return true
	default:
		return false
	}
}

// served releases the one place again and again and returns who was served, in order.
func served(p *Places, tickets map[string]*Ticket) (names []string) {
	for range len(tickets) {
		p.Release()
		for name, t := range tickets {
			if isReady(t) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func full(t *testing.T) *Places {
	t.Helper()
	p := New(1)
	if !p.TryAcquire() || p.TryAcquire() {
		t.Fatal("there is not one place")
	}
	return p
}

func TestClientsAreServedInTurn(t *testing.T) {
	p := full(t)
	tickets := make(map[string]*Ticket)
	wait := func(name string, customers ...Customer) { tickets[name] = p.Wait(customers...) }
	archive := Customer{Client: "a", Bulk: true}
	wait("a1", archive)
	wait("a2", archive)
	wait("a3", archive)
	wait("a, a call", Customer{Client: "a"})
	wait("b", Customer{Client: "b"})
	wait("c1", Customer{Client: "c", Bulk: true})
	wait("c2", Customer{Client: "c", Bulk: true})
	if p.TryAcquire() {
		t.Error("a place is taken before those who wait")
	}
	want := []string{"a, a call", "b", "c1", "a1", "c2", "a2", "a3"}
	for customer, ahead := range map[Customer]int{
		{Client: "d"}:             3,
		{Client: "b"}:             5, // itself, and two of each other line
		{Client: "a"}:             1 + 1 + 2,
		{Client: "a", Bulk: true}: 7,
	} {
		if got := p.Ahead(customer); got != ahead {
			t.Errorf("%d are ahead of %+v, want %d", got, customer, ahead)
		}
	}
	if got := served(p, tickets); !slices.Equal(got, want) {
		t.Errorf("served %q, want %q", got, want)
	}
	p.Release()
	if p.Taken() != 0 || len(p.lines) != 0 || p.order.Len() != 0 {
		t.Errorf("%d places are taken, %d lines are left", p.Taken(), len(p.lines))
	}
}

func TestTicketsMoveAndLeave(t *testing.T) {
	p := full(t)
	first, second := p.Wait(Customer{"a", true}), p.Wait(Customer{"a", true})
	shared := p.Wait(Customer{"a", true})
	shared.Move(Customer{"a", true}, Customer{Client: "b"}) // somebody joins
	first.Leave()
	p.Release()
	if !isReady(second) || isReady(shared) {
		t.Fatal("the line of a is not in order")
	}
	p.Release()
	if !isReady(shared) {
		t.Fatal("the turn of b is passed over")
	}
	shared.Move(Customer{Client: "c"}) // too late to matter
	shared.Leave()
	if p.Taken() != 0 || p.waiting != 0 || len(p.lines) != 0 {
		t.Errorf("%d places taken, %d wait in %d lines", p.Taken(), p.waiting, len(p.lines))
	}
	nobody := p.Wait()
	if isReady(nobody) {
		t.Error("a place is given to nobody")
	}
	nobody.Move(Customer{Client: "a"})
	nobody.Leave()
	if !p.TryAcquire() {
		t.Error("the place is lost")
	}
}

// No place is lost or given twice while clients come and leave.
func TestPlacesAddUp(t *testing.T) {
	const capacity = 3
	p := New(capacity)
	var mu sync.Mutex
	inside, most := 0, 0
	var all sync.WaitGroup
	for worker := range 16 {
		random := rand.New(rand.NewPCG(1, uint64(worker)))
		all.Go(func() {
			for range 500 {
				ticket := p.Wait(Customer{fmt.Sprint(random.IntN(4)), random.IntN(2) == 0})
				if random.IntN(4) == 0 {
					ticket.Move(Customer{Client: fmt.Sprint(random.IntN(4))})
				}
				if random.IntN(3) == 0 {
					ticket.Leave()
					continue
				}
				<-ticket.Ready()
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				mu.Lock()
				inside--
				mu.Unlock()
				p.Release()
			}
		})
	}
	all.Wait()
	if most > capacity || p.Taken() != 0 || p.waiting != 0 || len(p.lines) != 0 || p.order.Len() != 0 {
		t.Errorf("at most %d at once of %d, %d places taken, %d wait in %d lines", most, capacity, p.Taken(), p.waiting, len(p.lines))
	}
}

func BenchmarkPlaces(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		p := New(1)
		for b.Loop() {
			p.TryAcquire()
			p.Release()
		}
	})
	b.Run("in line behind 1000", func(b *testing.B) {
		p := New(1)
		p.TryAcquire()
		tickets := make(chan *Ticket, 1001)
		for range 1000 {
			tickets <- p.Wait(Customer{"a", true})
		}
		for b.Loop() {
			tickets <- p.Wait(Customer{"a", true})
			p.Release()
			<-(<-tickets).Ready()
		}
	})
}
