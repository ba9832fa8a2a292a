package httpapi

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// chunkBytes is how much of a body of unknown length is read before it counts.
const chunkBytes = 32 << 10

// lineChunkBytes is how much of a line is read before it counts.
const lineChunkBytes = 4 << 10

// hold counts bytes that are in memory, or are about to be.
type hold func(n int) error

// body is the body of a request, unpacked.
type body struct {
	reader  io.Reader
	length  int64       // of the body once unpacked; -1 where it is not known
	ended   atomic.Bool // it has been read to its end
	packed  bool
	unknown bool // it has an encoding that is not supported
}

// newBody returns the body of r, whose encoding is a header of the protocol.
func newBody(r *http.Request, encoding string) *body {
	b := &body{length: r.ContentLength}
	b.reader = &endReader{r.Body, &b.ended}
	switch strings.ToLower(encoding) {
	case "", "identity":
	case "gzip", "x-gzip":
		b.length, b.packed = -1, true
		b.reader = &gzipReader{source: b.reader}
	default:
		b.unknown = true
	}
	return b
}

// endReader notes the end of a body. With Content-Length, that is the last byte.
type endReader struct {
	io.Reader
	ended *atomic.Bool
}

// Read implements io.Reader.
func (r *endReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		r.ended.Store(true)
	}
	return n, err
}

// gzipReader unpacks its source from the first Read on, which the header needs.
type gzipReader struct {
	source io.Reader
	zip    *gzip.Reader
}

// Read implements io.Reader.
func (r *gzipReader) Read(p []byte) (int, error) {
	if r.zip == nil {
		zip, err := gzip.NewReader(r.source)
		if err != nil {
			return 0, notGzip(err)
		}
		r.zip = zip
	}
	n, err := r.zip.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = notGzip(err)
	}
	return n, err
}

// notGzip tells damaged data from a connection that fails, or is made to.
func notGzip(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || isCorrupt(err) {
		return server.RefusedMessage(telemetry.RefusedDecompression, refusedBody("is not gzip, or is cut: send it whole, or without the encoding"))
	}
	return err
}

// readAll reads the whole body of at most maximum bytes into buffer.
func (b *body) readAll(buffer []byte, maximum int, hold hold) ([]byte, error) {
	if b.unknown {
		return buffer, status.Error(codes.Unimplemented, "the encoding of the body is not supported: send it as it is, or with gzip")
	}
	if b.length < 0 {
		return readUnknown(b.reader, buffer, maximum, hold)
	}
	if b.length > int64(maximum) {
		return buffer, errTooLarge(b.length, maximum)
	}
	if err := hold(int(b.length)); err != nil {
		return buffer, err
	}
	n := len(buffer)
	buffer = append(buffer, make([]byte, b.length)...)
	if _, err := io.ReadFull(b.reader, buffer[n:]); err != nil {
		return buffer, cutShort(err)
	}
	// Read on to the end, which tells net/http to watch over the connection.
	if _, err := b.reader.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		return buffer, cutShort(err)
	}
	return buffer, nil
}

// readUnknown reads a body of unknown length to its end.
func readUnknown(r io.Reader, buffer []byte, maximum int, hold hold) ([]byte, error) {
	start := len(buffer)
	for {
		if cap(buffer)-len(buffer) < chunkBytes {
			buffer = append(buffer, make([]byte, chunkBytes)...)[:len(buffer)]
		}
		n, err := r.Read(buffer[len(buffer) : len(buffer)+chunkBytes])
		buffer = buffer[:len(buffer)+n]
		if len(buffer)-start > maximum {
			return buffer, errTooLarge(-1, maximum)
		}
		if n > 0 {
			if err := hold(n); err != nil {
				return buffer, err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return buffer, nil
		case err != nil:
			return buffer, cutShort(err)
		}
	}
}

// readLine reads a line into buffer. It calls hold first where the line begins.
func readLine(r *bufio.Reader, buffer []byte, maximum int, hold hold) ([]byte, error) {
	if err := hold(0); err != nil {
		return buffer, err
	}
	for {
		part, err := r.ReadSlice('\n')
		if err := hold(len(part)); err != nil {
			return buffer, err
		}
		buffer = append(buffer, part...)
		switch {
		case len(buffer) > maximum:
			return buffer, errTooLarge(-1, maximum)
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil || errors.Is(err, io.EOF):
			return buffer, nil
		default:
			return buffer, cutOff(err)
		}
	}
}

// skipBlanks reads up to the first byte of a line that is not empty, and returns the number
// of lines before it.
func skipBlanks(r *bufio.Reader) (lines int, err error) {
	for {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return lines, err
		case c == '\n':
			lines++
		case strings.IndexByte(" \t\r", c) < 0:
			return lines, r.UnreadByte()
		}
	}
}

// buffers hold bodies and answers. Large ones are left to the collector.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const maxPooledBytes = 256 << 10

func takeBuffer() *[]byte { return buffers.Get().(*[]byte) }

func returnBuffer(b *[]byte) {
	if cap(*b) <= maxPooledBytes {
		*b = (*b)[:0]
		buffers.Put(b)
	}
}
