package httpapi

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// envelopes is a call whose messages each follow a byte of flags and a length of four
// bytes, and whose end is such a message as well: Connect for streams, and gRPC-Web.
type envelopes struct {
	codec   codec
	media   string
	dialect dialect
}

// dialect is where the two differ.
type dialect interface {
	// encodingHeader names the header that says how messages are packed.
	encodingHeader() string

	// end returns the flag and the content of the last message.
	end(s *status.Status, trailer metadata.MD) (flag byte, content []byte)
}

const (
	prefixBytes = 5
	flagPacked  = 1
)

func (*envelopes) encoding(http.Header) string { return "" }

func (e *envelopes) receive(c *webCall, message proto.Message, maximum int, hold hold) error {
	if c.streaming {
		return e.next(c, message, maximum, hold)
	}
	return c.one(func() error {
		err := e.next(c, message, maximum, hold)
		switch {
		case errors.Is(err, io.EOF):
			return errNoMessage
		case err != nil:
			return err
		}
		if _, err := io.ReadFull(c.body.reader, make([]byte, 1)); !errors.Is(err, io.EOF) {
			if err == nil {
				err = incompleteBody("has more than one request: send each in a call of its own")
			}
			return err
		}
		return nil
	})
}

// next reads the next message.
func (e *envelopes) next(c *webCall, message proto.Message, maximum int, hold hold) error {
	var prefix [prefixBytes]byte
	if _, err := io.ReadFull(c.body.reader, prefix[:1]); err != nil {
		return cutOff(err)
	}
	if err := hold(0); err != nil { // the message begins
		return err
	}
	if _, err := io.ReadFull(c.body.reader, prefix[1:]); err != nil {
		return cutShort(err)
	}
	length := binary.BigEndian.Uint32(prefix[1:])
	switch {
	case int64(length) > int64(maximum):
		return errTooLarge(int64(length), maximum)
	case prefix[0]&^flagPacked != 0:
		return refusedBody("has an envelope with flags that no request has")
	}
	if err := hold(int(length)); err != nil {
		return err
	}
	buffer := takeBuffer()
	defer returnBuffer(buffer)
	*buffer = append(*buffer, make([]byte, length)...)
	if _, err := io.ReadFull(c.body.reader, *buffer); err != nil {
		return cutShort(err)
	}
	data := *buffer
	if prefix[0]&flagPacked != 0 {
		var err error
		if data, err = e.unpack(c, data, maximum, hold); err != nil {
			return err
		}
	}
	return e.codec.unmarshal(data, message)
}

// unpack returns a message that was packed.
func (e *envelopes) unpack(c *webCall, data []byte, maximum int, hold hold) ([]byte, error) {
	if name := c.r.Header.Get(e.dialect.encodingHeader()); !strings.EqualFold(name, "gzip") {
		return nil, status.Error(codes.Unimplemented, "the encoding of the messages is not supported: send them as they are, or with gzip")
	}
	return readUnknown(&gzipReader{source: bytes.NewReader(data)}, nil, maximum, hold)
}

func (e *envelopes) send(c *webCall, message proto.Message) error {
	buffer := takeBuffer()
	defer returnBuffer(buffer)
	data, err := e.codec.append(append(*buffer, make([]byte, prefixBytes)...), message)
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint32(data[1:], uint32(len(data)-prefixBytes))
	*buffer = data
	c.begin(e.media)
	return c.write(data)
}

func (e *envelopes) finish(c *webCall, s *status.Status) {
	c.begin(e.media)
	_, trailer := c.metadata()
	flag, content := e.dialect.end(s, trailer)
	data := append(make([]byte, prefixBytes), content...)
	data[0] = flag
	binary.BigEndian.PutUint32(data[1:], uint32(len(content)))
	_ = c.write(data) // the client is gone where it fails
}

// connectStream is the dialect of Connect.
type connectStream struct{}

func (connectStream) encodingHeader() string { return "Connect-Content-Encoding" }

func (connectStream) end(s *status.Status, trailer metadata.MD) (flag byte, content []byte) {
	const endOfStream = 2
	end := map[string]any{}
	if len(trailer) > 0 {
		end["metadata"] = trailer
	}
	if s.Code() != codes.OK {
		end["error"] = json.RawMessage(connectError(s))
	}
	data, _ := json.Marshal(end) // strings only
	return endOfStream, data
}

// grpcWeb is the dialect of gRPC-Web.
type grpcWeb struct{}

func (grpcWeb) encodingHeader() string { return "Grpc-Encoding" }

func (grpcWeb) end(s *status.Status, trailer metadata.MD) (flag byte, content []byte) {
	const trailers = 0x80
	var block strings.Builder
	add := func(name, value string) { fmt.Fprintf(&block, "%s: %s\r\n", name, value) }
	add("grpc-status", strconv.Itoa(int(s.Code())))
	if s.Message() != "" {
		add("grpc-message", percentEncoded(s.Message()))
	}
	if p := s.Proto(); len(p.GetDetails()) > 0 {
		if data, err := proto.Marshal(p); err == nil {
			add("grpc-status-details-bin", base64.RawStdEncoding.EncodeToString(data))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(trailer)) {
		for _, value := range trailer[name] {
			add(name, value)
		}
	}
	return trailers, []byte(block.String())
}

// percentEncoded writes a message as gRPC has it in a header.
func percentEncoded(message string) string {
	var b strings.Builder
	for _, c := range []byte(message) {
		if c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
