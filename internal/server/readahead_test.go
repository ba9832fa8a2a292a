package server

import (
	"net"
	"testing"
	"testing/synctest"
)

// Nobody reads what a stranger sends beyond its share until the stranger becomes known, a call
// of its ends, or its connection does.
func TestStrangersAreReadWithinLimits(t *testing.T) {
	for what, goOn := range map[string]func(c *connection){
		"it becomes known": func(c *connection) { c.know() },
		"a call ends":      func(c *connection) { c.begin(true); c.end(true) },
		"it is closed":     func(c *connection) { _ = c.Close() },
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				set := NewConnections(ConnectionLimits{})
				conn, _ := set.admit(ours)
				if conn == nil {
					t.Fatal("not admitted")
				}
				go func() { _, _ = theirs.Write(make([]byte, strangerBytes+1)) }()
				read, goneOn := 0, make(chan struct{})
				go func() {
					defer close(goneOn)
					part := make([]byte, 1<<10)
					for read <= strangerBytes {
						n, err := conn.Read(part)
						if err != nil {
							return
						}
						read += n
					}
				}()
				synctest.Wait()
				if read != strangerBytes {
					t.Errorf("read %d bytes of a stranger, want %d", read, strangerBytes)
				}
				goOn(conn)
				<-goneOn
				_ = conn.Close()
			})
		})
	}
}
