package llm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"
)

// Bounds of what is read from an endpoint.
const (
	maxResponseBytes = 1 << 20
	maxErrorBytes    = 64 << 10
)

var (
	// errRedirect ends a call that is redirected: the key is for one host only.
	errRedirect = errors.New("the endpoint redirects")

	errOversize = errors.New("the response is larger than 1 MiB, or runs into white space")
)

// newTransport returns the connection pool of one endpoint. HTTP/2 connections
// are pinged, so that a dead one is noticed before the next call hangs on it.
func newTransport(config Endpoint) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: config.ConnectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   config.ConnectTimeout,
		ResponseHeaderTimeout: config.FirstByteTimeout,
		MaxIdleConnsPerHost:   config.MaxConcurrency,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// exchange is what went over the wire in one call. The client's own errors do
// not tell it reliably: some hold no status, none the headers.
type exchange struct {
	greedy bool // send a temperature of 0

	sent   bool  // handed over to be sent
	bytes  int64 // of the body that was handed over
	wired  bool  // there was a connection to send it on
	status int   // 0 when no response came
	header http.Header
	body   []byte // of an error response only, cut
}

// accepted reports whether the endpoint may have worked on the request.
func (x *exchange) accepted() bool {
	return x.wired && (x.status == 0 || x.status >= 200 && x.status <= 299)
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// recordingTransport adds headers and the temperature to each call, notes its exchange
// and bounds response bodies.
type recordingTransport struct {
	next    http.RoundTripper
	headers map[string]string
}

// RoundTrip implements http.RoundTripper.
func (w *recordingTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	x, _ := request.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = &exchange{}
	}
	if len(w.headers) > 0 || x.greedy {
		request = request.Clone(request.Context())
		if x.greedy {
			if err := addTemperature(request); err != nil {
				return nil, err
			}
		}
		for name, value := range w.headers {
			request.Header.Set(name, value)
		}
	}
	x.sent, x.bytes = true, request.ContentLength
	// It is called before RoundTrip returns, by the goroutine that runs it.
	request = request.WithContext(httptrace.WithClientTrace(request.Context(),
		&httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { x.wired = true }}))
	response, err := w.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	x.status, x.header = response.StatusCode, response.Header
	if response.StatusCode < 200 || response.StatusCode > 299 {
		// A body that breaks off still says what it says.
		x.body, _ = io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
		response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(x.body))
		return response, nil
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxResponseBytes}
	return response, nil
}

// temperature begins a request that asks for the likeliest answer. The client
// library leaves a value of 0 out, and some servers divide by the smallest other
// number.
const temperature = `{"temperature":0,`

// addTemperature writes temperature over the brace that the body of request begins
// with.
func addTemperature(request *http.Request) error {
	body := make([]byte, len(temperature)-1+int(request.ContentLength))
	_, err := io.ReadFull(request.Body, body[len(temperature)-1:])
	request.Body.Close()
	copy(body, temperature)
	request.ContentLength = int64(len(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	request.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

// maxBlankBytes is the longest run of white space that an answer may hold, also
// escaped as in a string of JSON. Models that are held to a schema at times run into
// white space that never ends.
const maxBlankBytes = 8 << 10

// boundedBody fails once more than left bytes are read, or too many blank ones in a
// row.
type boundedBody struct {
	io.ReadCloser
	left    int
	blank   int  // bytes of the run of white space that was read last
	escaped bool // the last byte was a backslash of it
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= n
	for _, c := range p[:n] {
		b.count(c)
	}
	if b.left < 0 || b.blank > maxBlankBytes {
		return 0, errOversize
	}
	return n, err
}

// count notes one byte of the response. A run that was too long stays so.
func (b *boundedBody) count(c byte) {
	switch {
	case b.blank > maxBlankBytes:
	case c == ' ' || c == '\n' || c == '\r' || c == '\t', b.escaped && (c == 'n' || c == 'r' || c == 't'):
		b.blank, b.escaped = b.blank+1, false
	case c == '\\' && !b.escaped:
		b.blank, b.escaped = b.blank+1, true
	default:
		b.blank, b.escaped = 0, false
	}
}
