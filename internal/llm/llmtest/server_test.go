package llmtest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const request = `{"model":"m","messages":[
{"role":"system","content":"at most 1 sentence {\"properties\":{\"summary\":1,\"id\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}}"},
{"role":"user","content":"[ARTICLE 0123456789abcdef0123456789abcdef]\nHead\nFirst one. Second one.\n[/ARTICLE 0123456789abcdef0123456789abcdef]"}]}`

// result is the result of post.
type result struct {
	status int
	body   string
	err    error
}

// start posts in the background and waits until the request has arrived.
func start(ctx context.Context, t *testing.T, s *Fake) <-chan result {
	t.Helper()
	done := make(chan result, 1)
	go func() {
		status, body, err := post(ctx, s)
		done <- result{status, body, err}
	}()
	s.AwaitArrivals(t, 1)
	return done
}

// post sends a request and returns status and body; body is what came before
// the connection broke.
func post(ctx context.Context, s *Fake) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/chat/completions", strings.NewReader(request))
	if err != nil {
		return 0, "", err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return response.StatusCode, string(b), err
}

func content(t *testing.T, body string) string {
	t.Helper()
	var response struct {
		Choices []struct{ Message Message }
	}
	if err := json.Unmarshal([]byte(body), &response); err != nil || len(response.Choices) != 1 {
		t.Fatalf("body %s: %v", body, err)
	}
	return response.Choices[0].Message.Content
}

func TestObey(t *testing.T) {
	s := New(t)
	s.Enqueue(Error(503, nil, "later"), Obey("b", "unknown"))
	if status, _, err := post(t.Context(), s); status != 503 || err != nil {
		t.Errorf("status %d, error %v, want the queued 503", status, err)
	}
	want := `{"summary":[{"text":"First one.","quotes":["First one."]}],"topics":[{"id":"b","confidence":0.95,"quotes":["First one."]}]}`
	if _, body, _ := post(t.Context(), s); content(t, body) != want {
		t.Errorf("answer %s, want %s", content(t, body), want)
	}
	if _, body, _ := post(t.Context(), s); !strings.Contains(content(t, body), `"id":"a"`) {
		t.Errorf("answer %s, want the first topic", content(t, body))
	}
	if s.Count() != 3 || s.MaxConcurrent() != 1 || s.Requests()[2].Number != 3 {
		t.Errorf("%d requests, %d at once", s.Count(), s.MaxConcurrent())
	}
}

func TestDisconnect(t *testing.T) {
	for name, reply := range map[string]Response{"hang": Hang(), "hang mid-body": HangMidBody(), "drip": Drip(time.Millisecond), "gate": When(nil, Obey()), "pause": After(time.Hour, Obey())} {
		t.Run(name, func(t *testing.T) {
			s := New(t)
			s.Default(reply)
			ctx, cancel := context.WithCancel(t.Context())
			done := start(ctx, t, s)
			cancel()
			if got := <-done; got.err == nil {
				t.Error("an answer came")
			}
			s.AwaitGone(t, 1)
			s.AwaitEnded(t, 1)
			if s.Running() != 0 {
				t.Errorf("%d requests running", s.Running())
			}
		})
	}
}

func TestRelease(t *testing.T) {
	for name, reply := range map[string]Response{"hang": Hang(), "hang mid-body": HangMidBody(), "drip": Drip(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			s := New(t)
			s.Default(reply)
			done := start(t.Context(), t, s)
			s.Release()
			if got := <-done; got.err != nil || !strings.Contains(content(t, got.body), "First one.") {
				t.Errorf("body %q, error %v", got.body, got.err)
			}
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	for name, reply := range map[string]Response{"cut": Cut(), "reset": Reset()} {
		t.Run(name, func(t *testing.T) {
			s := New(t)
			s.Default(reply)
			if _, body, err := post(t.Context(), s); err == nil {
				t.Errorf("a whole body came: %s", body)
			}
			s.AwaitEnded(t, 1)
		})
	}
}
