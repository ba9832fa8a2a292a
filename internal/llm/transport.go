package llm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	openai "github.com/sashabaranov/go-openai"
	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
)

// Bounds of a response.
const (
	maxResponseBytes = 1 << 20
	maxErrorBytes    = 64 << 10
	maxHeaderBytes   = 64 << 10
)

// writeBufferBytes holds the request for an ordinary article whole, so that it is sent in
// one piece and needs no buffer of its own.
const writeBufferBytes = 32 << 10

var (
	// errRedirect ends a call that is redirected: the key is for one host only.
	errRedirect = errors.New("the endpoint redirects")

	errOversize = errors.New("the response is larger than 1 MiB, or runs into white space")
)

// newTransport returns the connection pool of one endpoint. HTTP/2 connections
// are pinged, so that a dead one is noticed before the next call hangs on it.
func newTransport(config Endpoint) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: config.ConnectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    config.ConnectTimeout,
		ResponseHeaderTimeout:  config.FirstByteTimeout,
		MaxIdleConnsPerHost:    config.MaxConcurrency,
		MaxResponseHeaderBytes: maxHeaderBytes,
		WriteBufferSize:        writeBufferBytes,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// exchange is the request and the response of one call. The client's own errors do
// not tell it reliably: some hold no status, none the headers.
type exchange struct {
	asked   *modelRequest
	request []byte // the body that is sent

	sent   bool  // handed over to be sent
	bytes  int64 // of the body that was handed over
	wired  bool  // there was a connection to send it on
	status int   // 0 when no response came
	header http.Header
	body   []byte             // of an error response only, cut
	answer modelserver.Answer // of any other
}

// accepted reports whether the endpoint may have worked on the request.
func (x *exchange) accepted() bool {
	return x.wired && (x.status == 0 || x.status >= 200 && x.status <= 299)
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// endpointKey is the key of an endpoint, which may be changed.
type endpointKey struct {
	value  atomic.Pointer[string]
	header string
	scheme string // before the key
}

func newAPIKey(config Endpoint) *endpointKey {
	k := &endpointKey{header: "Authorization", scheme: "Bearer "}
	if config.AzureAPIVersion != "" {
		k.header, k.scheme = openai.AzureAPIKeyHeader, ""
	}
	k.value.Store(&config.APIKey)
	return k
}

// sign puts the key into the headers of a request; an empty one is left out.
func (k *endpointKey) sign(headers http.Header) {
	if key := *k.value.Load(); key != "" {
		headers.Set(k.header, k.scheme+key)
	}
}

// recordingTransport adds headers, the key and the body to each call, notes its exchange and reads
// the response. The client library knows addresses and credentials. It would encode
// messages and schema twice for each request, leaves a temperature of 0 out, refuses
// parameters by the name of a model, and loses answers whose times or ids are of types
// that it does not expect; so it is given nothing to encode and nothing to decode.
type recordingTransport struct {
	next    http.RoundTripper
	headers map[string]string
	key     *endpointKey
}

// RoundTrip implements http.RoundTripper.
func (w *recordingTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	x, _ := request.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = &exchange{}
	}
	// The trace is called before RoundTrip returns, by the goroutine that runs it.
	request = request.WithContext(httptrace.WithClientTrace(request.Context(),
		&httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { x.wired = true }}))
	if x.request != nil {
		request.Body.Close()
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.request)), nil }
		request.Body, _ = request.GetBody()
		request.ContentLength = int64(len(x.request))
	}
	request.Header = request.Header.Clone()
	for name, value := range w.headers {
		request.Header.Set(name, value)
	}
	w.key.sign(request.Header)
	x.sent, x.bytes = true, request.ContentLength
	response, err := w.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	x.status, x.header = response.StatusCode, response.Header
	if response.StatusCode < 200 || response.StatusCode > 299 {
		// The part of a body that arrived still counts.
		x.body, _ = io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
		response.Body = io.NopCloser(bytes.NewReader(x.body))
		return response, nil
	}
	size := response.ContentLength
	if size < 0 { // not told
		size = 2 << 10
	}
	body := bytes.NewBuffer(make([]byte, 0, min(size, maxResponseBytes)+bytes.MinRead))
	if _, err := body.ReadFrom(&boundedBody{Reader: response.Body, left: maxResponseBytes}); err != nil {
		return nil, err
	}
	x.answer = modelserver.ReadAnswer(body.Bytes())
	response.Body = io.NopCloser(strings.NewReader("{}"))
	return response, nil
}

// maxBlankBytes is the longest run of white space that an answer may hold, also
// escaped as in a string of JSON. Models that are held to a schema at times run into
// white space that never ends.
const maxBlankBytes = 8 << 10

// boundedBody fails once more than left bytes are read, or too many blank ones in a
// row.
type boundedBody struct {
	io.Reader
	left    int
	blank   int  // bytes of the run of white space that was read last
	escaped bool // the last byte was a backslash of it
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
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
