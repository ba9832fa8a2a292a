package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// HTTPClient is the cache of a running server.
type HTTPClient struct {
	addr  string // as it was named
	host  string // for the URL
	token string
	http  *http.Client
}

var _ CacheControl = (*HTTPClient)(nil)

// NewHTTPClient returns a client of the server at addr, host:port or unix:///PATH. The
// token may be empty.
func NewHTTPClient(addr, token string) *HTTPClient {
	c := &HTTPClient{addr: addr, host: addr, token: token, http: &http.Client{Timeout: 30 * time.Second}}
	transport := &http.Transport{}
	if path, ok := strings.CutPrefix(addr, UnixScheme); ok {
		c.host = "localhost"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
	}
	c.http.Transport = transport
	return c
}

// Stats implements CacheControl.
func (c *HTTPClient) Stats(ctx context.Context) (stats CacheStats, err error) {
	err = c.call(ctx, http.MethodGet, statsPath, nil, &stats)
	return stats, err
}

// Purge implements CacheControl.
func (c *HTTPClient) Purge(ctx context.Context, request PurgeRequest) (int, error) {
	var response purgeResponse
	err := c.call(ctx, http.MethodPost, purgePath, request, &response)
	return response.Removed, err
}

// Ready reports whether the server says that it is ready.
func (c *HTTPClient) Ready(ctx context.Context) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.host+readyPath, nil)
	if err != nil {
		return false, c.errAddress()
	}
	response, err := c.http.Do(request)
	if err != nil {
		return false, c.errSilent(err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return true, nil
	case http.StatusServiceUnavailable:
		return false, nil
	}
	return false, c.errForeign()
}

// Close closes the connections.
func (c *HTTPClient) Close() { c.http.CloseIdleConnections() }

// maxResponseBytes bounds how much of an answer is read.
const maxResponseBytes = 1 << 20

func (c *HTTPClient) call(ctx context.Context, method, path string, order, answer any) error {
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.host+path, bytes.NewReader(body))
	if err != nil {
		return c.errAddress()
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.errSilent(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxResponseBytes))
	if err != nil {
		return fmt.Errorf("the server at %s: %w", c.addr, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server at %s: %s: %.200s", c.addr, response.Status, strings.TrimSpace(string(data)))
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return c.errForeign()
	}
	return nil
}

func (c *HTTPClient) errAddress() error {
	return fmt.Errorf("the admin address %s is not an address: write host:port or unix:///PATH", c.addr)
}

func (c *HTTPClient) errSilent(err error) error {
	return fmt.Errorf("the server at %s does not answer: %w", c.addr, cmp.Or(errors.Unwrap(err), err))
}

func (c *HTTPClient) errForeign() error {
	return fmt.Errorf("%s is not the admin address of a summarizer: use that of --admin-listen", c.addr)
}
