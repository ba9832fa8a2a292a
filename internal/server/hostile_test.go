package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// rawClient speaks HTTP/2 frames, as no decent client would.
type rawClient struct {
	conn   net.Conn
	framer *http2.Framer
}

func dialRaw(t *testing.T, address string) *rawClient {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	c := &rawClient{conn, http2.NewFramer(conn, conn)}
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := c.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return c
}

// open begins a call to SummarizeArticle with more headers.
func (c *rawClient) open(t *testing.T, stream uint32, headers ...string) {
	t.Helper()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	headers = append([]string{
		":method", "POST", ":scheme", "http", ":path", summarizerv1.SummarizerService_SummarizeArticle_FullMethodName,
		":authority", "test", "content-type", "application/grpc", "te", "trailers",
	}, headers...)
	for i := 0; i < len(headers); i += 2 {
		if err := encoder.WriteField(hpack.HeaderField{Name: headers[i], Value: headers[i+1]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true}); err != nil {
		t.Fatal(err)
	}
}

// end reads until the server ends a stream, by trailers or a reset.
func (c *rawClient) end(stream uint32) (code codes.Code, reset bool, err error) {
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return 0, false, err
		}
		if frame.Header().StreamID != stream {
			continue
		}
		switch f := frame.(type) {
		case *http2.RSTStreamFrame:
			return 0, true, nil
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

// decent fails the test unless the server answers others.
func decent(t *testing.T, conn *grpc.ClientConn) {
	t.Helper()
	if code, reason := summarize(t.Context(), conn); code != codes.OK {
		t.Errorf("a decent call meanwhile: %v %s", code, reason)
	}
}

// A message that comes byte by byte is given up at its deadline.
func TestSlowDrip(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	raw := dialRaw(t, conn.Target())
	raw.open(t, 1, "grpc-timeout", "300m")
	header := make([]byte, 5)
	binary.BigEndian.PutUint32(header[1:], 1<<20) // promised, never sent
	for _, b := range append(header, 'x') {
		if err := raw.framer.WriteData(1, false, []byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	decent(t, conn)
	if code, reset, err := raw.end(1); err != nil || !reset && code != codes.DeadlineExceeded {
		t.Errorf("the stream ends with %v, reset %v, %v", code, reset, err)
	}
}

// What is larger than the limit is refused before it is in memory, also when it
// is small on the wire.
func TestOversized(t *testing.T) {
	const limit = 64 << 10
	_, conn := connect(t, &fakeService{}, Options{MaxReceiveBytes: limit})
	client := summarizerv1.NewSummarizerServiceClient(conn)
	big := &summarizerv1.SummarizeArticleRequest{Article: textArticle(strings.Repeat("x", 2*limit))}
	for name, options := range map[string][]grpc.CallOption{"plain": nil, "gzip": {grpc.UseCompressor(grpcgzip.Name)}} {
		if _, err := client.SummarizeArticle(t.Context(), big, options...); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("%s: %v", name, err)
		}
	}
	small := &summarizerv1.SummarizeArticleRequest{Article: textArticle(strings.Repeat("The ferry runs again. ", 1000))}
	if _, err := client.SummarizeArticle(t.Context(), small, grpc.UseCompressor(grpcgzip.Name)); err != nil {
		t.Errorf("a compressed message within the limit: %v", err)
	}

	var bomb bytes.Buffer
	zip, err := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 1<<20); bomb.Len() < limit/2; {
		if _, err := zip.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	message := make([]byte, 5, 5+bomb.Len())
	message[0] = 1 // compressed
	binary.BigEndian.PutUint32(message[1:], uint32(bomb.Len()))
	message = append(message, bomb.Bytes()...)
	raw := dialRaw(t, conn.Target())
	allocated := allocatedBytes()
	const bombs = 20
	for i := range uint32(bombs) {
		stream := 2*i + 1
		raw.open(t, stream, "grpc-encoding", "gzip")
		for rest := message; len(rest) > 0; {
			n := min(len(rest), 16<<10)
			if err := raw.framer.WriteData(stream, n == len(rest), rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if code, reset, err := raw.end(stream); err != nil || reset || code != codes.ResourceExhausted {
			t.Fatalf("bomb %d ends with %v, reset %v, %v", i, code, reset, err)
		}
	}
	if used := allocatedBytes() - allocated; used > bombs*16*limit {
		t.Errorf("%d bombs took %d bytes of memory", bombs, used)
	}
	decent(t, conn)
}

func allocatedBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Metadata beyond the limit does not reach a handler.
func TestMetadataBomb(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	// A client of grpc-go knows the limit of the server and keeps to it.
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-bomb", strings.Repeat("x", 2*maxHeaderListBytes))
	decent(t, conn)
	if code, _ := summarize(ctx, conn); code == codes.OK {
		t.Error("metadata beyond the limit is accepted")
	}
	// Others name a long field once, and then again and again in a byte each.
	raw := dialRaw(t, conn.Target())
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range []hpack.HeaderField{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: "http"},
		{Name: ":authority", Value: "test"},
		{Name: ":path", Value: summarizerv1.SummarizerService_SummarizeArticle_FullMethodName},
		{Name: "content-type", Value: "application/grpc"},
	} {
		if err := encoder.WriteField(field); err != nil {
			t.Fatal(err)
		}
	}
	for range 10_000 {
		if err := encoder.WriteField(hpack.HeaderField{Name: "x-bomb", Value: strings.Repeat("x", 3000)}); err != nil {
			t.Fatal(err)
		}
	}
	if block.Len() > 16<<10 {
		t.Fatalf("the bomb is %d bytes on the wire", block.Len())
	}
	if err := raw.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true}); err != nil {
		t.Fatal(err)
	}
	if code, reset, err := raw.end(1); err == nil && !reset && code == codes.OK {
		t.Error("a bomb of 30 MB is accepted")
	} else if errors.Is(err, context.DeadlineExceeded) {
		t.Error("a bomb has no answer")
	}
	decent(t, conn)
}

// A thousand connections that do nothing leave room for those that do.
func TestIdleConnections(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	before := heap()
	for range 1000 {
		dialRaw(t, conn.Target())
	}
	decent(t, conn)
	if used := int64(heap()) - int64(before); used > 200<<20 {
		t.Errorf("1,000 idle connections hold %d bytes", used)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Connections beyond the limit wait until one is closed.
func TestMaxConnections(t *testing.T) {
	address := serveAt(t, &fakeService{}, Options{MaxConnections: 1})
	first := dialWith(t, address, insecure.NewCredentials())
	second := dialWith(t, address, insecure.NewCredentials())
	decent(t, first)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if code, _ := summarize(ctx, second); code != codes.DeadlineExceeded {
		t.Errorf("beyond the limit: %v", code)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	decent(t, second)
}
