// Package h2test is a client for tests that speaks single HTTP/2 frames to a gRPC
// server, as no decent client would: calls that promise a message and send a part of it,
// windows that never open, headers without end.
package h2test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
)

// Timeout bounds all that a Peer does, from Dial on, unless its connection is given
// another deadline.
const Timeout = 20 * time.Second

// Peer is one connection. Its methods are not safe for concurrent use: the reading ones
// write, too.
type Peer struct {
	Conn   net.Conn
	Framer *http2.Framer
	Web    bool // calls are calls of gRPC-Web
}

// Dial connects to an address and exchanges nothing but the preface. With a non-nil
// config the connection is encrypted. It is closed when the test ends.
func Dial(t testing.TB, address string, config *tls.Config) *Peer {
	t.Helper()
	c, err := Connect(address, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Conn.Close() })
	return c
}

// Connect does the same without a test: the caller closes the connection.
func Connect(address string, config *tls.Config, settings ...http2.Setting) (*Peer, error) {
	conn, err := net.DialTimeout("tcp", address, Timeout)
	if err != nil {
		return nil, err
	}
	if config != nil {
		conn = tls.Client(conn, config)
	}
	if err := conn.SetDeadline(time.Now().Add(Timeout)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return Begin(conn, settings...)
}

// Begin sends the preface on a connection, which it closes when that fails.
func Begin(conn net.Conn, settings ...http2.Setting) (*Peer, error) {
	c := &Peer{Conn: conn, Framer: http2.NewFramer(conn, conn)}
	c.Framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_, err := io.WriteString(conn, http2.ClientPreface)
	if err == nil {
		err = c.Framer.WriteSettings(settings...)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// Headers returns the header block of a call of gRPC, encoded, with more headers after the
// usual ones: names and values in turn.
func Headers(method string, more ...string) []byte {
	return headersOf("application/grpc", method, more...)
}

func headersOf(media, method string, more ...string) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	headers := append([]string{
		":method", "POST", ":scheme", "http", ":path", method,
		":authority", "localhost", "content-type", media, "te", "trailers",
	}, more...)
	for i := 0; i < len(headers); i += 2 {
		_ = encoder.WriteField(hpack.HeaderField{Name: headers[i], Value: headers[i+1]}) // to memory
	}
	return block.Bytes()
}

// Open begins a call on a stream of an odd number.
func (c *Peer) Open(stream uint32, method string, headers ...string) error {
	media := "application/grpc"
	if c.Web {
		media = "application/grpc-web+proto"
	}
	return c.Framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: headersOf(media, method, headers...), EndHeaders: true})
}

// Promise sends the length of a message that is yet to come.
func (c *Peer) Promise(stream uint32, length int) error {
	return c.Framer.WriteData(stream, false, binary.BigEndian.AppendUint32([]byte{0}, uint32(length)))
}

// Send sends a whole message, and with end the end of the stream. It does not heed flow
// control.
func (c *Peer) Send(stream uint32, message []byte, end bool) error {
	rest := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	for len(rest) > 0 {
		n := min(len(rest), 16<<10)
		if err := c.Framer.WriteData(stream, end && n == len(rest), rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// End reads until the server ends a stream, by trailers or by a reset.
func (c *Peer) End(stream uint32) (code codes.Code, reset bool, err error) {
	for {
		frame, err := c.Read()
		if err != nil {
			return 0, false, err
		}
		if frame.Header().StreamID != stream {
			continue
		}
		switch f := frame.(type) {
		case *http2.RSTStreamFrame:
			return 0, true, nil
		case *http2.DataFrame:
			// Trailers of gRPC-Web are small, and a message of their own.
			if _, status, ok := bytes.Cut(f.Data(), []byte("grpc-status: ")); c.Web && ok {
				digits, _, _ := bytes.Cut(status, []byte("\r"))
				n, err := strconv.ParseUint(string(digits), 10, 32)
				return codes.Code(n), false, err
			}
		case *http2.MetaHeadersFrame:
			for _, field := range f.Fields {
				if field.Name == "grpc-status" {
					n, err := strconv.ParseUint(field.Value, 10, 32)
					return codes.Code(n), false, err
				}
			}
		}
	}
}

// Read reads a frame, and answers pings and settings, which is the least that keeps a
// connection open.
func (c *Peer) Read() (http2.Frame, error) {
	frame, err := c.Framer.ReadFrame()
	if err != nil {
		return nil, err
	}
	switch f := frame.(type) {
	case *http2.PingFrame:
		if !f.IsAck() {
			err = c.Framer.WritePing(true, f.Data)
		}
	case *http2.SettingsFrame:
		if !f.IsAck() {
			err = c.Framer.WriteSettingsAck()
		}
	}
	return frame, err
}

// Idle reads until the connection ends.
func (c *Peer) Idle() error {
	for {
		if _, err := c.Read(); err != nil {
			return err
		}
	}
}
