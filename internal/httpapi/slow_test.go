package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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
