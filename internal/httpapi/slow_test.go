package httpapi

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/server"
)

// half sends the head of a request over HTTP/1.1 that promises so many bytes, and the first
// of them.
func half(t *testing.T, address string, length int, begin string, headers ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	head := strings.Join(append([]string{"POST " + summarizePath + " HTTP/1.1", "Host: localhost", fmt.Sprint("Content-Length: ", length)}, headers...), "\r\n")
	if _, err := io.WriteString(conn, head+"\r\n\r\n"+begin); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answerOf reads an answer, and the end of the connection after it.
func answerOf(t *testing.T, conn net.Conn) answer {
	t.Helper()
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.ReadByte(); err == nil {
		t.Error("the connection goes on")
	}
	return answer{response.StatusCode, response.Header, string(data)}
}

// A caller without a key is refused before its body is there, and is not asked for it.
func TestStrangersAreRefusedBeforeTheirBody(t *testing.T) {
	_, hash := server.NewKey()
	_, _, address := serve(t, &fakeService{}, server.Options{Clients: clientsOf(t, server.ClientEntry{Name: "a", Keys: []server.ClientKey{hash}})}, Options{})
	for name, headers := range map[string][]string{"waiting": {"Expect: 100-continue"}, "sending": nil} {
		got := answerOf(t, half(t, address, 4<<20-1, "", headers...))
		if got.status != http.StatusUnauthorized || !strings.Contains(got.body, "CREDENTIALS_MISSING") || got.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
		}
	}
}

// A body that does not come in time ends its call, and one that its client gives no time.
func TestSlowBody(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{MessageTimeout: 300 * time.Millisecond}, Options{})
	got := answerOf(t, half(t, address, 1000, good[:20]))
	if got.status != http.StatusGatewayTimeout || !strings.Contains(got.body, "REQUEST_TIMEOUT") {
		t.Errorf("%d %s", got.status, got.body)
	}
	_, _, address = serve(t, &fakeService{}, server.Options{}, Options{})
	got = answerOf(t, half(t, address, 1000, good[:20], "X-Server-Timeout: 0.2"))
	if got.status != http.StatusGatewayTimeout || !strings.Contains(got.body, "deadline") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A half-sent body does not hold up a drain, and its caller is told why.
func TestHalfSentBodyDoesNotHoldADrain(t *testing.T) {
	rpc, _, address := serve(t, &fakeService{}, server.Options{DrainTimeout: time.Minute}, Options{})
	conn := half(t, address, 1000, good[:20], "Expect: 100-continue")
	// The server asks for the body when it waits for it.
	reader := bufio.NewReader(conn)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		rpc.Shutdown(context.Background())
	}()
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(data), "DRAINING") || response.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s, %v", response.StatusCode, data, err)
	}
	<-drained
}

// A client is asked to leave at the age of its connection, with the answer to its call.
func TestConnectionsAreAskedToLeave(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{MaxConnectionAge: time.Nanosecond}, Options{})
	if got := ask(t, http.MethodPost, "http://"+address+summarizePath, good); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	conn := half(t, address, len(good), good)
	if got := answerOf(t, conn); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// raw sends a request over HTTP/1.1 as it is, and leaves the connection open.
func raw(t *testing.T, address string, lines ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")); err != nil {
		t.Fatal(err)
	}
	return conn
}

// A request that is no call is answered without its body, and does not hold up a drain.
func TestUnwantedBodyHoldsNothing(t *testing.T) {
	rpc, _, address := serve(t, &fakeService{}, server.Options{DrainTimeout: time.Minute}, Options{Playground: true})
	for begin, status := range map[string]int{
		"POST /nothing HTTP/1.1":                                             404,
		"PUT " + summarizePath + " HTTP/1.1":                                 405,
		"POST " + summarizePath + " HTTP/1.1\r\nContent-Type: text/plain":    415,
		"POST " + summarizePath + " HTTP/1.1\r\nOrigin: https://no.example":  403,
		"POST / HTTP/1.1\r\nContent-Type: application/grpc":                  200,
		"GET /openapi.yaml HTTP/1.1":                                         200,
		"GET / HTTP/1.1":                                                     200,
		"OPTIONS " + summarizePath + " HTTP/1.1\r\nOrigin: http://localhost": 204,
	} {
		conn := raw(t, address, begin, "Host: localhost", "Content-Length: 1000", "", "abc")
		if got := answerOf(t, conn); got.status != status {
			t.Errorf("%s: %d %s", begin, got.status, got.body)
		}
	}
	raw(t, address, "POST /nothing HTTP/1.1", "Host: localhost", "Content-Length: 1000", "", "abc")
	rpc.Shutdown(context.Background())
}

// The first bytes of a message of a stream start its time, also when they are few.
func TestSlowItem(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{MessageTimeout: 300 * time.Millisecond}, Options{})
	const rpcPath = "/summarizer.v1.SummarizerService/StreamAnalyzeArticles"
	for name, c := range map[string]struct {
		path, media, part string
		status            int
	}{
		"short line":  {"/v1/articles:stream", mediaLines, "\r\n \n{\"cor", 504},
		"long line":   {"/v1/articles:stream", mediaLines, `{"correlationId":"` + strings.Repeat("a", 40000), 504},
		"prefix":      {rpcPath, "application/connect+json", "\x00\x00\x00", 200},
		"envelope":    {rpcPath, "application/connect+json", "\x00\x00\x00\x00\x09{", 200},
		"gRPC-Web":    {rpcPath, "application/grpc-web+proto", "\x00", 200},
		"unary-start": {summarizePath, mediaJSON, "{", 504},
	} {
		conn := raw(t, address, "POST "+c.path+" HTTP/1.1", "Host: localhost", "Content-Type: "+c.media, "Transfer-Encoding: chunked", "", fmt.Sprintf("%x", len(c.part)), c.part, "")
		got := answerOf(t, conn)
		if got.status != c.status || !strings.Contains(got.body, "did not arrive within 300ms") && !strings.Contains(got.body, "did%20not") {
			t.Errorf("%s: %d %q", name, got.status, got.body)
		}
	}
}

// A deadline that has passed ends a call before it begins.
func TestExpiredDeadline(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{}, Options{})
	for _, c := range []struct{ path, name, value string }{
		{summarizePath, "Grpc-Timeout", "0S"},
		{summarizePath, "Grpc-Timeout", "1n"},
		{summarizePath, "Connect-Timeout-Ms", "0"},
		{"/v1/articles:stream", "Grpc-Timeout", "0S"},
	} {
		got := ask(t, http.MethodPost, "http://"+address+c.path, good, c.name, c.value)
		if got.status != http.StatusGatewayTimeout || !strings.Contains(got.body, "deadline") {
			t.Errorf("%s %s: %s: %d %s", c.path, c.name, c.value, got.status, got.body)
		}
	}
	if got := ask(t, http.MethodGet, "http://"+address+"/v1/topics", "", "Grpc-Timeout", "0S"); got.status != http.StatusGatewayTimeout {
		t.Errorf("GET: %d %s", got.status, got.body)
	}
}

// lineWriter gives the lines of a log as they are written.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// A client of HTTP/2 that leaves within its body has cancelled its call.
func TestClientLeavesWithinItsBody(t *testing.T) {
	log := make(lineWriter, 100)
	_, _, address := serve(t, &fakeService{}, server.Options{Logger: slog.New(slog.NewTextHandler(log, nil))}, Options{})
	frame := func(kind, flags byte, stream uint32, payload string) string {
		head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
		return string(binary.BigEndian.AppendUint32(head, stream)) + payload
	}
	for _, c := range []struct{ path, media, part string }{
		{summarizePath, mediaJSON, `{"art`},
		{"/v1/articles:stream", mediaLines, `{"cor`},
		{"/summarizer.v1.SummarizerService/SummarizeArticle", "application/grpc-web+proto", "\x00\x00\x00\x00\x40abc"},
		{"/summarizer.v1.SummarizerService/SummarizeArticle", "application/grpc-web+proto", "\x00\x00"},
		{"/summarizer.v1.SummarizerService/StreamAnalyzeArticles", "application/connect+json", "\x00\x00\x00\x00\x40abc"},
	} {
		headers := ""
		for pair := range slices.Chunk([]string{":method", "POST", ":scheme", "http", ":path", c.path, ":authority", "localhost", "content-type", c.media}, 2) {
			headers += "\x00" + string(rune(len(pair[0]))) + pair[0] + string(rune(len(pair[1]))) + pair[1]
		}
		const settings, headersKind, data, endHeaders = 4, 1, 0, 4
		conn := raw(t, address, "PRI * HTTP/2.0", "", "SM", "", frame(settings, 0, 0, "")+frame(headersKind, endHeaders, 1, headers)+frame(data, 0, 1, c.part))
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		for line := ""; !strings.Contains(line, "code="); {
			if line = <-log; strings.Contains(line, "level=ERROR") {
				t.Fatalf("%s: %s", c.path, line)
			} else if strings.Contains(line, "code=") && !strings.Contains(line, "code=Canceled") {
				t.Errorf("%s: %s", c.path, line)
			}
		}
	}
}
