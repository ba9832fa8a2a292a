// Package turns shares a number of places among clients fairly. Who finds all places taken
// waits in the line of its client. A place that becomes free goes to the clients in turn,
// one each, however many wait in their lines; within a line, single calls go before the
// items of an archive, and each of both in the order of their coming. A client who comes
// with one call waits for one call of each other client, not for the thousand that wait
// before it.
//
// To acquire a place that is free costs some 20 ns, to wait in line and be served less
// than a microsecond, however many wait.
package turns

import (
	"container/list"
	"sync"
)

// Customer says for whom somebody waits.
type Customer struct {
	Client string // may be empty
	Bulk   bool   // an item of an archive: single calls of the client go first
}

// Places are a number of places. They are safe for concurrent use.
type Places struct {
	capacity int

	mu      sync.Mutex
	taken   int
	waiting int
	lines   map[string]*clientLine
	order   list.List // of *clientLine, the one whose turn is next in front
}

// clientLine is where the tickets of a client wait.
type clientLine struct {
	client  string
	single  list.List // of *Ticket
	bulk    list.List // of *Ticket
	element *list.Element
}

// Ticket is a place that is waited for.
type Ticket struct {
	places *Places
	ready  chan struct{}

	// Guarded by places.mu.
	done bool // served, or left
	in   map[Customer]*list.Element
}

// New returns so many places, at least one.
func New(capacity int) *Places {
	return &Places{capacity: max(capacity, 1), lines: make(map[string]*clientLine)}
}

// Capacity returns the number of places.
func (p *Places) Capacity() int { return p.capacity }

// Taken returns the number of places that are taken.
func (p *Places) Taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// TryAcquire takes a place if one is free and nobody waits.
func (p *Places) TryAcquire() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken >= p.capacity || p.waiting > 0 {
		return false
	}
	p.taken++
	return true
}

// Release gives a place back.
func (p *Places) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.serve()
}

// Wait waits for a place, on behalf of one customer or several: the first whose turn it is
// takes it for all. The ticket has to be left unless its place is released.
func (p *Places) Wait(customers ...Customer) *Ticket {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &Ticket{places: p, ready: make(chan struct{}), in: make(map[Customer]*list.Element, len(customers))}
	p.waiting++
	t.move(customers)
	p.serve()
	return t
}

// Ahead returns how many waiting tickets would be served before a customer who comes.
func (p *Places) Ahead(c Customer) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	turn := 0 // in which it is served
	if own := p.lines[c.Client]; own != nil {
		turn = own.single.Len()
		if c.Bulk {
			turn += own.bulk.Len()
		}
	}
	ahead := turn
	for client, l := range p.lines {
		if client != c.Client {
			ahead += min(l.single.Len()+l.bulk.Len(), turn+1)
		}
	}
	return min(ahead, p.waiting) // who waits on behalf of several is counted for each
}

// Ready is closed when the place is there.
func (t *Ticket) Ready() <-chan struct{} { return t.ready }

// Move has the ticket wait on behalf of these customers. It keeps its place in the lines of
// its previous customers.
func (t *Ticket) Move(customers ...Customer) {
	t.places.mu.Lock()
	defer t.places.mu.Unlock()
	if !t.done {
		t.move(customers)
	}
}

// Leave ends the wait, and gives the place back where it is there already.
func (t *Ticket) Leave() {
	p := t.places
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.done {
		p.taken--
		p.serve()
		return
	}
	t.finish()
}

// finish takes the ticket out of all lines. places.mu is held.
func (t *Ticket) finish() {
	t.done = true
	t.places.waiting--
	t.move(nil)
}

// move takes the ticket out of lines and puts it into others. places.mu is held.
func (t *Ticket) move(customers []Customer) {
	p := t.places
	stays := make(map[Customer]bool, len(customers))
	for _, c := range customers {
		stays[c] = true
		if t.in[c] == nil {
			t.in[c] = p.lineOf(c.Client).of(c).PushBack(t)
		}
	}
	for c, element := range t.in {
		if !stays[c] {
			l := p.lines[c.Client]
			l.of(c).Remove(element)
			delete(t.in, c)
			p.dropEmpty(l)
		}
	}
}

// lineOf returns the line of a client, which is begun at the end of the order. p.mu is
// held.
func (p *Places) lineOf(client string) *clientLine {
	l := p.lines[client]
	if l == nil {
		l = &clientLine{client: client}
		l.element = p.order.PushBack(l)
		p.lines[client] = l
	}
	return l
}

// dropEmpty ends a line in which nobody waits. p.mu is held.
func (p *Places) dropEmpty(l *clientLine) {
	if l.single.Len()+l.bulk.Len() == 0 {
		p.order.Remove(l.element)
		delete(p.lines, l.client)
	}
}

// of returns the part of the line for a customer.
func (l *clientLine) of(c Customer) *list.List {
	if c.Bulk {
		return &l.bulk
	}
	return &l.single
}

// serve gives the free places to the next tickets in turn. p.mu is held.
func (p *Places) serve() {
	for p.taken < p.capacity && p.waiting > 0 {
		front := p.order.Front()
		if front == nil {
			return // who waits does so on behalf of nobody
		}
		l := front.Value.(*clientLine)
		next := l.single.Front()
		if next == nil {
			next = l.bulk.Front()
		}
		t := next.Value.(*Ticket)
		p.order.MoveToBack(front)
		t.finish()
		p.taken++
		close(t.ready)
	}
}
