package server

import (
	"cmp"
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/peer"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// ConnectionLimits bound the connections of a Connections.
type ConnectionLimits struct {
	Max           int           // open at once; 0 means 4096
	MaxPerAddress int           // from one IPv4 address or IPv6 /64; 0 means a quarter of Max, at least 64
	MaxBytes      int           // of the requests in memory of one connection; 0 means 16 MiB
	Strangers     time.Duration // for a caller to become known; 0 means 10 s
	Idle          time.Duration // without a call, until the client is asked to leave; 0 means 15 min

	// Open says that callers need not show who they are: all are known from the start.
	Open bool

	Logger  *slog.Logger // nil means discard
	Metrics *telemetry.Metrics
}

func (l ConnectionLimits) withDefaults() ConnectionLimits {
	l.Max = cmp.Or(l.Max, 4096)
	l.MaxPerAddress = cmp.Or(l.MaxPerAddress, max(64, l.Max/4))
	l.MaxBytes = cmp.Or(l.MaxBytes, 16<<20)
	l.Strangers = cmp.Or(l.Strangers, 10*time.Second)
	l.Idle = cmp.Or(l.Idle, 15*time.Minute)
	if l.Logger == nil {
		l.Logger = slog.New(slog.DiscardHandler)
	}
	return l
}

const (
	// strangerShare is the part of the connections that strangers may hold, from fewStrangers
	// to manyStrangers: what each may have in memory adds up.
	strangerShare = 0.25
	fewStrangers  = 64
	manyStrangers = 512

	// strangerGrace is how long a stranger's connection is not closed for a new one, which
	// waits instead: callers with a key are strangers until their first call, and strangers
	// who connect again at once would else close theirs before it comes.
	strangerGrace = 250 * time.Millisecond

	// strangerCalls are the calls that a stranger may have under way on a connection,
	// all of them to health.
	strangerCalls = 2

	// strangerHeaders are the bytes that the headers of such a call may have, which it holds
	// as long as it lasts.
	strangerHeaders = 4 << 10

	// strangerBytes may arrive from a stranger while none of its calls ends: the headers of
	// one, and more than health asks for. The socket holds the rest until a call shows who
	// calls.
	strangerBytes = maxHeaderListBytes + 16<<10

	// idleGrace is for a client to leave that was asked to.
	idleGrace = 10 * time.Second

	// fullFor is how long the server counts as full after it turned a caller away.
	fullFor = 5 * time.Second

	refusalsLogged = time.Minute // one line in as much time
)

// Connections are the open connections of one or more listeners. They keep room for
// callers who are known: at a limit, the oldest connection of a stranger is closed for a
// new one, else the one that has been idle for the longest time; when all are at work,
// the new one is closed. A connection whose caller does not become known is closed, and
// so is one that stays idle though its client was asked to leave.
//
// They know nothing of gRPC but that Listener hides each connection in the address of
// its peer, where connectionOf finds it.
type Connections struct {
	limits ConnectionLimits

	mu        sync.Mutex
	strangers list.List // of *connection, the oldest one first
	known     map[*connection]struct{}
	addresses map[netip.Prefix]int // open connections of each

	refused  time.Time // when a caller was last turned away
	reported time.Time // when that was last logged
}

// NewConnections returns an empty set.
func NewConnections(limits ConnectionLimits) *Connections {
	c := &Connections{
		limits:    limits.withDefaults(),
		known:     map[*connection]struct{}{},
		addresses: map[netip.Prefix]int{},
	}
	c.limits.Metrics.WatchConnections(c.count)
	c.limits.Metrics.WatchLimit("connections", float64(c.limits.Max), func() float64 {
		known, strangers := c.count()
		return float64(known + strangers)
	})
	return c
}

func (c *Connections) count() (known, strangers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.known), c.strangers.Len()
}

// full reports whether callers were turned away in the last seconds, as all connections
// are at work.
func (c *Connections) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.refused.IsZero() && time.Since(c.refused) < fullFor
}

// Listener returns a listener whose connections belong to c.
func (c *Connections) Listener(l net.Listener) net.Listener { return &limitedListener{l, c, false} }

type limitedListener struct {
	net.Listener
	connections *Connections
	readsAhead  bool // gRPC reads what comes before a handler asks for it
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		for {
			conn, wait := l.connections.admit(accepted)
			if conn != nil {
				if !l.readsAhead {
					conn.readFreely()
				}
				return conn, nil
			}
			if wait <= 0 {
				break
			}
			time.Sleep(wait) // others wait behind it, in the order in which they came
		}
		_ = accepted.Close()
	}
}

// connection is one of Connections. Its state is guarded by their mutex.
type connection struct {
	net.Conn
	set      *Connections
	remote   connectionAddr
	prefix   netip.Prefix // not valid for a socket of this machine
	accepted time.Time
	bytes    *byteLimit

	// Reading has a limit while the caller is a stranger.
	unlimited atomic.Bool
	arrived   atomic.Int64  // bytes since a call ended
	resumed   chan struct{} // has a token when there may be room

	closed    bool
	stranger  *list.Element // nil: the caller is known
	since     time.Time     // a stranger since
	calls     int           // under way, without those to health and reflection
	others    int           // under way, to health and reflection
	idleSince time.Time     // the end of the last call
}

// connectionAddr is the address of a peer and the way to its connection.
type connectionAddr struct {
	net.Addr
	text       string // of the address, which each line of the log has
	connection *connection
}

// String implements net.Addr.
func (a connectionAddr) String() string { return a.text }

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	if c.unlimited.Load() {
		return c.Conn.Read(p)
	}
	for c.arrived.Load() >= strangerBytes && !c.unlimited.Load() {
		<-c.resumed
	}
	n, err := c.Conn.Read(p)
	c.arrived.Add(int64(n))
	return n, err
}

// resume lets Read go on, where it waits.
func (c *connection) resume() {
	select {
	case c.resumed <- struct{}{}:
	default:
	}
}

// readFreely ends the limit of Read.
func (c *connection) readFreely() {
	c.unlimited.Store(true)
	c.resume()
}

// RemoteAddr implements net.Conn.
func (c *connection) RemoteAddr() net.Addr { return c.remote }

// connectionOf returns the connection of a call; nil in a process without sockets.
func connectionOf(ctx context.Context) *connection {
	if p, ok := peer.FromContext(ctx); ok {
		if addr, ok := p.Addr.(connectionAddr); ok {
			return addr.connection
		}
	}
	return nil
}

// addressOf returns what the limit for each address counts by: networks hand out whole
// /64 of IPv6 to one machine.
func addressOf(addr net.Addr) netip.Prefix {
	parsed, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := parsed.Addr().Unmap().WithZone(""), 32
	if ip.Is6() {
		bits = 64
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// admit makes room for an accepted connection. It returns nil where there is none, with
// the time after which there will be, or 0 where nobody can tell.
func (c *Connections) admit(accepted net.Conn) (conn *connection, wait time.Duration) {
	now := time.Now()
	conn = &connection{
		Conn: accepted, set: c,
		prefix:   addressOf(accepted.RemoteAddr()),
		accepted: now, since: now, idleSince: now,
		bytes:   newByteLimit(c.limits.MaxBytes),
		resumed: make(chan struct{}, 1),
	}
	conn.remote = connectionAddr{accepted.RemoteAddr(), accepted.RemoteAddr().String(), conn}

	c.mu.Lock()
	defer c.mu.Unlock()
	if conn.prefix.IsValid() && c.addresses[conn.prefix] >= c.limits.MaxPerAddress {
		if ok, _ := c.displace(conn.prefix, now); !ok {
			c.refuse("address", now) // to wait would be to let others wait
			return nil, 0
		}
	}
	if len(c.known)+c.strangers.Len() >= c.limits.Max {
		if ok, wait := c.displace(netip.Prefix{}, now); !ok {
			if wait <= 0 {
				c.refuse("full", now)
				c.refused = now
			}
			return nil, wait
		}
	}
	if !c.limits.Open && c.strangers.Len() >= min(max(fewStrangers, int(strangerShare*float64(c.limits.Max))), manyStrangers) {
		if ok, wait := c.displace(netip.Prefix{}, now); !ok {
			return nil, wait
		}
	}
	if conn.prefix.IsValid() {
		c.addresses[conn.prefix]++
	}
	if c.limits.Open {
		c.known[conn] = struct{}{}
		conn.readFreely()
	} else {
		conn.stranger = c.strangers.PushBack(conn)
	}
	return conn, 0
}

// refuse notes that a connection was turned away.
func (c *Connections) refuse(limit string, now time.Time) {
	c.limits.Metrics.ConnectionClosed(limit)
	if now.Sub(c.reported) >= refusalsLogged {
		c.reported = now
		c.limits.Logger.Warn("connections are turned away, as all open ones are at work",
			"limit", limit, "open", len(c.known)+c.strangers.Len(), "strangers", c.strangers.Len())
	}
}

// displace closes a connection for a new one: the oldest of a stranger, once it has had
// strangerGrace, else the one that has been idle for the longest time. With a valid prefix
// it is one from there. Where it closes none, it returns how long that stranger has left,
// or 0 where there is none.
func (c *Connections) displace(from netip.Prefix, now time.Time) (ok bool, wait time.Duration) {
	for e := c.strangers.Front(); e != nil; e = e.Next() {
		conn := e.Value.(*connection)
		if from.IsValid() && conn.prefix != from {
			continue
		}
		if left := strangerGrace - now.Sub(conn.since); left > 0 {
			return false, left
		}
		c.close(conn, "displaced")
		return true, 0
	}
	var oldest *connection
	for conn := range c.known {
		if conn.calls == 0 && (!from.IsValid() || conn.prefix == from) && (oldest == nil || conn.idleSince.Before(oldest.idleSince)) {
			oldest = conn
		}
	}
	if oldest == nil {
		return false, 0
	}
	c.close(oldest, "displaced")
	return true, 0
}

// close ends a connection for a cause that the metrics show.
func (c *Connections) close(conn *connection, cause string) {
	c.forget(conn)
	c.limits.Metrics.ConnectionClosed(cause)
	_ = conn.Conn.Close() // a socket, without the goodbye of TLS, which may block
}

func (c *Connections) forget(conn *connection) {
	if conn.closed {
		return
	}
	conn.closed = true
	conn.readFreely() // to its end
	if conn.stranger != nil {
		c.strangers.Remove(conn.stranger)
	}
	delete(c.known, conn)
	if conn.prefix.IsValid() {
		if c.addresses[conn.prefix]--; c.addresses[conn.prefix] == 0 {
			delete(c.addresses, conn.prefix)
		}
	}
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.set.mu.Lock()
	c.set.forget(c)
	c.set.mu.Unlock()
	return c.Conn.Close()
}

// begin counts a call, and end its end. Calls to health and reflection do not keep a
// connection from being idle.
func (c *connection) begin(ours bool) {
	if c == nil {
		return
	}
	c.set.mu.Lock()
	defer c.set.mu.Unlock()
	if ours {
		c.calls++
	} else {
		c.others++
	}
}

func (c *connection) end(ours bool) {
	if c == nil {
		return
	}
	c.set.mu.Lock()
	defer c.set.mu.Unlock()
	if ours {
		c.calls--
	} else {
		c.others--
	}
	c.idleSince = time.Now()
	if c.stranger != nil {
		c.arrived.Store(0)
		c.resume()
	}
}

// know notes that the caller is known.
func (c *connection) know() {
	if c == nil {
		return
	}
	c.set.mu.Lock()
	defer c.set.mu.Unlock()
	if c.closed || c.stranger == nil {
		return
	}
	c.set.strangers.Remove(c.stranger)
	c.stranger = nil
	c.set.known[c] = struct{}{}
	c.readFreely()
}

// mayAsk reports whether a caller may have one more call under way, which a stranger may
// for some.
func (c *connection) mayAsk() bool {
	if c == nil {
		return true
	}
	c.set.mu.Lock()
	defer c.set.mu.Unlock()
	return c.stranger == nil || c.others+c.calls <= strangerCalls
}

// sweep closes the connections of strangers whose time is over, and others that stay idle
// though their client was asked to leave.
func (c *Connections) sweep() {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.strangers.Front(); e != nil; e = c.strangers.Front() {
		conn := e.Value.(*connection)
		if now.Sub(conn.since) < c.limits.Strangers {
			break
		}
		c.close(conn, "stranger")
	}
	for conn := range c.known {
		if conn.calls+conn.others == 0 && now.Sub(conn.idleSince) >= c.limits.Idle+idleGrace {
			c.close(conn, "idle")
		}
	}
}
