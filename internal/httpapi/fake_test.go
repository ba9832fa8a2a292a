package httpapi

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeService answers with analyze; nil gives the first sentence.
type fakeService struct {
	analyze func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error)
}

func (f *fakeService) Analyze(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
	if f.analyze != nil {
		return f.analyze(ctx, r)
	}
	return sampleResult(r), nil
}

func (*fakeService) Topics(string) ([]summarizer.Topic, string) {
	return []summarizer.Topic{{ID: "shipping", DisplayName: "Shipping"}, {ID: "peacekeeping", DisplayName: "Peacekeeping"}}, "t1"
}

func (*fakeService) UnknownTopics(ids []string) (faults []summarizer.Fault) {
	for i, id := range ids {
		if strings.HasPrefix(id, "unknown") {
			faults = append(faults, summarizer.Fault{Field: "topic_options.topic_ids[" + string(rune('0'+i)) + "]", Rule: summarizer.RuleTopicUnknown, Message: "is unknown"})
		}
	}
	return faults
}

func sampleResult(r *summarizer.Request) *summarizer.Result {
	first, _, _ := strings.Cut(r.Article.Text, ".")
	result := &summarizer.Result{LanguageCode: "en"}
	provenance := summarizer.Provenance{Source: summarizer.SourceLocal, Model: "local-1", CreateTime: time.Unix(1, 0)}
	if r.Summary != nil {
		result.Summary = &summarizer.Summary{
			Text: first, Method: summarizer.MethodExtractive, Language: "en", Provenance: provenance,
			Sentences: []summarizer.SummarySentence{{Text: first, Evidence: []summarizer.TextSpan{{Begin: 0, End: len(first), Text: first}}}},
		}
	}
	if r.Topics != nil {
		result.Classification = &summarizer.Classification{Provenance: provenance}
	}
	return result
}

// serve serves a service at both ports until the test ends.
func serve(t testing.TB, service server.Backend, options server.Options, httpOptions Options) (rpc *server.Server, grpcAddress, httpAddress string) {
	t.Helper()
	rpc = server.New(service, options)
	front := New(rpc, httpOptions)
	served := make(chan error, 2)
	var addresses []string
	for _, serve := range []func(net.Listener) error{rpc.Serve, front.Serve} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, listener.Addr().String())
		go func() { served <- serve(listener) }()
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		rpc.Shutdown(context.Background())
		for range addresses {
			if err := <-served; err != nil {
				t.Error(err)
			}
		}
	})
	return rpc, addresses[0], addresses[1]
}

// answer is an answer of HTTP, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends one request; headers are names and values in turn.
func ask(t testing.TB, method, url, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		if pair[0] == "Host" {
			r.Host = pair[1]
		}
		r.Header.Add(pair[0], pair[1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(data)}
}
