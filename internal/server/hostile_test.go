package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/server/h2test"
)

// open begins a call to SummarizeArticle.
func open(t *testing.T, c *h2test.Peer, stream uint32, headers ...string) {
	t.Helper()
	if err := c.Open(stream, summarizerv1.SummarizerService_SummarizeArticle_FullMethodName, headers...); err != nil {
		t.Fatal(err)
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
	onBothPorts(t, func(t *testing.T) {
		_, conn := connect(t, &fakeService{}, Options{})
		raw := dialRaw(t, conn.Target(), nil)
		open(t, raw, 1, "grpc-timeout", "300m")
		header := make([]byte, 5)
		binary.BigEndian.PutUint32(header[1:], 1<<20) // promised, never sent
		for _, b := range append(header, 'x') {
			if err := raw.Framer.WriteData(1, false, []byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		decent(t, conn)
		if code, reset, err := raw.End(1); err != nil || !reset && code != codes.DeadlineExceeded {
			t.Errorf("the stream ends with %v, reset %v, %v", code, reset, err)
		}
	})
}

// What is larger than the limit is refused before it is in memory, also when it
// is small on the wire.
func TestOversized(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
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
		raw := dialRaw(t, conn.Target(), nil)
		allocated := allocatedBytes()
		const bombs = 20
		for i := range uint32(bombs) {
			stream := 2*i + 1
			open(t, raw, stream, "grpc-encoding", "gzip")
			for rest := message; len(rest) > 0; {
				n := min(len(rest), 16<<10)
				if err := raw.Framer.WriteData(stream, n == len(rest), rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if code, reset, err := raw.End(stream); err != nil || reset || code != codes.ResourceExhausted {
				t.Fatalf("bomb %d ends with %v, reset %v, %v", i, code, reset, err)
			}
		}
		if used := allocatedBytes() - allocated; used > bombs*16*limit {
			t.Errorf("%d bombs took %d bytes of memory", bombs, used)
		}
		decent(t, conn)
	})
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
	raw := h2test.Dial(t, conn.Target(), nil)
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
	if err := raw.Framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true}); err != nil {
		t.Fatal(err)
	}
	if code, reset, err := raw.End(1); err == nil && !reset && code == codes.OK {
		t.Error("a bomb of 30 MB is accepted")
	} else if errors.Is(err, context.DeadlineExceeded) {
		t.Error("a bomb has no answer")
	}
	decent(t, conn)
}

// A thousand idle connections leave room for working ones.
func TestIdleConnections(t *testing.T) {
	_, conn := connect(t, &fakeService{}, Options{})
	before := heap()
	for range 1000 {
		h2test.Dial(t, conn.Target(), nil)
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
