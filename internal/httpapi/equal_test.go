package httpapi

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

var update = flag.Bool("update", false, "write the table of protocols into docs/http.md")

const page = "../../docs/http.md"

// client makes calls over one protocol. Errors have a gRPC status.
type client interface {
	// call makes a call with one request, and gives the server so much time; 0 is no limit.
	call(ctx context.Context, key, method string, request, response proto.Message, timeout time.Duration) error

	// stream sends all requests and returns all responses.
	stream(ctx context.Context, key string, requests ...*summarizerv1.StreamAnalyzeArticlesRequest) ([]*summarizerv1.StreamAnalyzeArticlesResponse, error)
}

// grpcClient is the client of gRPC itself.
type grpcClient struct{ conn *grpc.ClientConn }

func withKey(ctx context.Context, key string) context.Context {
	if key == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
}

func (c grpcClient) call(ctx context.Context, key, method string, request, response proto.Message, timeout time.Duration) error {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return c.conn.Invoke(withKey(ctx, key), method, request, response)
}

func (c grpcClient) stream(ctx context.Context, key string, requests ...*summarizerv1.StreamAnalyzeArticlesRequest) (responses []*summarizerv1.StreamAnalyzeArticlesResponse, err error) {
	s, err := summarizerv1.NewSummarizerServiceClient(c.conn).StreamAnalyzeArticles(withKey(ctx, key))
	if err != nil {
		return nil, err
	}
	for _, r := range requests {
		if err := s.Send(r); err != nil {
			break // Recv tells why
		}
	}
	if err := s.CloseSend(); err != nil {
		return nil, err
	}
	for {
		r, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return responses, nil
		}
		if err != nil {
			return responses, err
		}
		responses = append(responses, r)
	}
}

// jsonClient speaks JSON over HTTP as a script does.
type jsonClient struct {
	base   string
	status int // of the last answer
}

func (c *jsonClient) send(ctx context.Context, key, rpc, body string, timeout time.Duration) (string, error) {
	var route Route
	for _, r := range Routes() {
		if r.RPC == rpc {
			route = r
		}
	}
	r, err := http.NewRequestWithContext(ctx, route.Method, c.base+route.Path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if route.Method == http.MethodGet {
		r.Body, r.ContentLength = nil, 0
	}
	r.Header.Set("Content-Type", mediaJSON)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if timeout > 0 {
		r.Header.Set(serverTimeoutHeader, strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64))
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", status.FromContextError(errors.Unwrap(err)).Err()
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return "", status.FromContextError(err).Err()
	}
	if c.status = response.StatusCode; c.status == http.StatusOK {
		return string(data), nil
	}
	return "", statusOf(data)
}

func statusOf(data []byte) error {
	var s spb.Status
	if err := protojson.Unmarshal(data, &s); err != nil {
		return err
	}
	return status.ErrorProto(&s)
}

func (c *jsonClient) call(ctx context.Context, key, method string, request, response proto.Message, timeout time.Duration) error {
	body, err := protojson.Marshal(request)
	if err != nil {
		return err
	}
	data, err := c.send(ctx, key, method, string(body), timeout)
	if err != nil {
		return err
	}
	return protojson.Unmarshal([]byte(data), response)
}

func (c *jsonClient) stream(ctx context.Context, key string, requests ...*summarizerv1.StreamAnalyzeArticlesRequest) (responses []*summarizerv1.StreamAnalyzeArticlesResponse, err error) {
	var body strings.Builder
	for _, r := range requests {
		line, err := protojson.Marshal(r)
		if err != nil {
			return nil, err
		}
		body.Write(append(line, '\n'))
	}
	data, err := c.send(ctx, key, summarizerv1.SummarizerService_StreamAnalyzeArticles_FullMethodName, body.String(), 0)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(data) {
		var r summarizerv1.StreamAnalyzeArticlesResponse
		if end, ok := strings.CutPrefix(strings.TrimSpace(line), `{"error":`); ok {
			return responses, statusOf([]byte(strings.TrimSuffix(end, "}")))
		}
		if err := protojson.Unmarshal([]byte(line), &r); err != nil {
			return responses, err
		}
		responses = append(responses, &r)
	}
	return responses, nil
}

// connectClient is the client of another project, for Connect and for gRPC-Web.
type connectClient struct {
	base    string
	http    *http.Client
	options []connect.ClientOption
}

// unaryOf makes calls of a method.
func unaryOf[Req, Res any](c *connectClient, method string) func(context.Context, string, proto.Message, proto.Message) error {
	client := connect.NewClient[Req, Res](c.http, c.base+method, c.options...)
	return func(ctx context.Context, key string, request, response proto.Message) error {
		r := connect.NewRequest(any(request).(*Req))
		if key != "" {
			r.Header().Set("Authorization", "Bearer "+key)
		}
		answer, err := client.CallUnary(ctx, r)
		if err != nil {
			return statusOfConnect(err)
		}
		proto.Merge(response, any(answer.Msg).(proto.Message))
		return nil
	}
}

func statusOfConnect(err error) error {
	var e *connect.Error
	if !errors.As(err, &e) {
		return err
	}
	s := &spb.Status{Code: int32(e.Code()), Message: e.Message()}
	for _, d := range e.Details() {
		value, err := d.Value()
		if err != nil {
			return err
		}
		packed, err := anypb.New(value)
		if err != nil {
			return err
		}
		s.Details = append(s.Details, packed)
	}
	return status.ErrorProto(s)
}

func (c *connectClient) call(ctx context.Context, key, method string, request, response proto.Message, timeout time.Duration) error {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	unary := map[string]func(context.Context, string, proto.Message, proto.Message) error{
		summarizerv1.SummarizerService_SummarizeArticle_FullMethodName:     unaryOf[summarizerv1.SummarizeArticleRequest, summarizerv1.SummarizeArticleResponse](c, method),
		summarizerv1.SummarizerService_BatchAnalyzeArticles_FullMethodName: unaryOf[summarizerv1.BatchAnalyzeArticlesRequest, summarizerv1.BatchAnalyzeArticlesResponse](c, method),
		summarizerv1.SummarizerService_GetCapabilities_FullMethodName:      unaryOf[summarizerv1.GetCapabilitiesRequest, summarizerv1.GetCapabilitiesResponse](c, method),
	}[method]
	return unary(ctx, key, request, response)
}

func (c *connectClient) stream(ctx context.Context, key string, requests ...*summarizerv1.StreamAnalyzeArticlesRequest) (responses []*summarizerv1.StreamAnalyzeArticlesResponse, err error) {
	client := connect.NewClient[summarizerv1.StreamAnalyzeArticlesRequest, summarizerv1.StreamAnalyzeArticlesResponse](
		c.http, c.base+summarizerv1.SummarizerService_StreamAnalyzeArticles_FullMethodName, c.options...)
	s := client.CallBidiStream(ctx)
	s.RequestHeader().Set("Authorization", "Bearer "+key)
	for _, r := range requests {
		if err := s.Send(r); err != nil {
			break // Receive tells why
		}
	}
	if err := s.CloseRequest(); err != nil {
		return nil, err
	}
	defer func() { _ = s.CloseResponse() }()
	for {
		r, err := s.Receive()
		if errors.Is(err, io.EOF) {
			return responses, nil
		}
		if err != nil {
			return responses, statusOfConnect(err)
		}
		responses = append(responses, r)
	}
}

// scenario is one of the calls that every protocol makes.
type scenario struct {
	name string
	run  func(ctx context.Context, c client, keys keys) (proto.Message, error)
}

// keys holds the keys of the clients of one protocol.
type keys struct{ good, spent string }

const article = "The ferry runs again. It was repaired in March."

func summarizeRequest(text string) *summarizerv1.SummarizeArticleRequest {
	return &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: text}}
}

// summarize makes a call of SummarizeArticle.
func summarize(ctx context.Context, c client, key string, request *summarizerv1.SummarizeArticleRequest, timeout time.Duration) (proto.Message, error) {
	response := &summarizerv1.SummarizeArticleResponse{}
	return response, c.call(ctx, key, summarizerv1.SummarizerService_SummarizeArticle_FullMethodName, request, response, timeout)
}

// scenarios returns the calls; begun has an entry when the service works on one that waits.
func scenarios(begun <-chan struct{}) []scenario {
	item := func(text string) *summarizerv1.AnalyzeArticleRequest {
		return &summarizerv1.AnalyzeArticleRequest{Article: &summarizerv1.Article{Text: text}}
	}
	return []scenario{
		{"good", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			return summarize(ctx, c, k.good, summarizeRequest(article), 0)
		}},
		{"bad fields", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			r := summarizeRequest("")
			r.SummaryOptions = &summarizerv1.SummaryOptions{MaxSentences: 99}
			return summarize(ctx, c, k.good, r, 0)
		}},
		{"too large", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			return summarize(ctx, c, k.good, summarizeRequest(strings.Repeat("The ferry runs. ", 8<<10)), 0)
		}},
		{"no key", func(ctx context.Context, c client, _ keys) (proto.Message, error) {
			return summarize(ctx, c, "", summarizeRequest(article), 0)
		}},
		{"quota", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			if m, err := summarize(ctx, c, k.spent, summarizeRequest(article), 0); err != nil {
				return m, err
			}
			return summarize(ctx, c, k.spent, summarizeRequest(article), 0)
		}},
		{"deadline", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			m, err := summarize(ctx, c, k.good, summarizeRequest("Wait."), 200*time.Millisecond)
			<-begun
			return m, err
		}},
		{"batch", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			response := &summarizerv1.BatchAnalyzeArticlesResponse{}
			return response, c.call(ctx, k.good, summarizerv1.SummarizerService_BatchAnalyzeArticles_FullMethodName,
				&summarizerv1.BatchAnalyzeArticlesRequest{Requests: []*summarizerv1.AnalyzeArticleRequest{item(article), item("")}}, response, 0)
		}},
		{"stream", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			responses, err := c.stream(ctx, k.good,
				&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: "a", Request: item(article)},
				&summarizerv1.StreamAnalyzeArticlesRequest{Request: item(article)}) // without an id
			all := &summarizerv1.BatchAnalyzeArticlesResponse{}
			for _, r := range responses {
				all.Results = append(all.Results, r.GetResult())
			}
			return all, err
		}},
		{"cancel", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			ctx, cancel := context.WithCancel(ctx)
			go func() {
				<-begun
				cancel()
			}()
			return summarize(ctx, c, k.good, summarizeRequest("Wait."), 0)
		}},
		{"capabilities", func(ctx context.Context, c client, k keys) (proto.Message, error) {
			response := &summarizerv1.GetCapabilitiesResponse{}
			return response, c.call(ctx, k.good, summarizerv1.SummarizerService_GetCapabilities_FullMethodName, &summarizerv1.GetCapabilitiesRequest{}, response, 0)
		}},
	}
}

// outcome is what a table shows of a call.
func outcome(err error) string {
	s := status.Convert(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return fmt.Sprintf("%s, %s", grpcName(s.Code()), info.GetReason())
		}
	}
	return grpcName(s.Code())
}

func grpcName(code codes.Code) string {
	switch code {
	case codes.OK:
		return "OK"
	case codes.Canceled:
		return "CANCELLED"
	}
	return strings.ToUpper(connectCode(code))
}

// Ten calls end in the same way over every protocol, with the same answers and details of
// errors. docs/http.md shows the table.
func TestProtocolsAnswerAlike(t *testing.T) {
	protocols := []string{"gRPC", "JSON", "Connect", "gRPC-Web"}
	var entries []server.ClientEntry
	held := map[string]keys{}
	for _, p := range protocols {
		good, goodHash := server.NewKey()
		spent, spentHash := server.NewKey()
		held[p] = keys{good, spent}
		entries = append(entries,
			server.ClientEntry{Name: p, Keys: []server.ClientKey{goodHash}},
			server.ClientEntry{Name: p + "-spent", Keys: []server.ClientKey{spentHash}, RequestsPerSecond: 0.001})
	}
	begun := make(chan struct{}, 1)
	ended := make(chan error, 1)
	service := &fakeService{analyze: func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		if r.Article.Text == "Wait." {
			begun <- struct{}{}
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		}
		return sampleResult(r), nil
	}}
	_, grpcAddress, httpAddress := serve(t, service, server.Options{Clients: clientsOf(t, entries...), MaxReceiveBytes: 64 << 10}, Options{})
	conn, err := grpc.NewClient(grpcAddress, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	base, h2c := "http://"+httpAddress, h2cClient(t)
	rest := &jsonClient{base: base}
	clients := map[string]client{
		"gRPC":     grpcClient{conn},
		"JSON":     rest,
		"Connect":  &connectClient{base: base, http: h2c},
		"gRPC-Web": &connectClient{base: base, http: h2c, options: []connect.ClientOption{connect.WithGRPCWeb()}},
	}

	table := "| call | " + strings.Join(protocols, ", ") + " | status of HTTP for JSON |\n|---|---|---|\n"
	for _, s := range scenarios(begun) {
		var first proto.Message
		var firstError error
		code := ""
		for i, p := range protocols {
			rest.status = 0
			answer, err := s.run(t.Context(), clients[p], held[p])
			if s.name == "deadline" || s.name == "cancel" {
				if why := <-ended; why == nil {
					t.Errorf("%s over %s: the service was not told", s.name, p)
				}
			}
			if p == "JSON" {
				code = shownStatus(rest.status)
			}
			if i == 0 {
				first, firstError = answer, err
				continue
			}
			compare(t, s.name+" over "+p, first, answer, firstError, err)
		}
		table += "| " + s.name + " | " + outcome(firstError) + " | " + code + " |\n"
	}
	checkTable(t, table)
}

func shownStatus(code int) string {
	if code == 0 {
		return "none, the caller is gone"
	}
	return strconv.Itoa(code)
}

// compare compares an answer with the one over gRPC.
func compare(t *testing.T, what string, want, got proto.Message, wantError, gotError error) {
	t.Helper()
	if outcome(wantError) != outcome(gotError) {
		t.Errorf("%s ends with %v, want %v", what, gotError, wantError)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(&summarizerv1.ClientQuota{}, "client")); diff != "" {
		t.Errorf("%s (-gRPC +this):\n%s", what, diff)
	}
	// Each protocol has a client of its own.
	diff := cmp.Diff(status.Convert(wantError).Details(), status.Convert(gotError).Details(), protocmp.Transform(),
		protocmp.IgnoreFields(&errdetails.QuotaFailure_Violation{}, "subject", "description"),
		protocmp.IgnoreFields(&errdetails.RetryInfo{}, "retry_delay"))
	if diff != "" {
		t.Errorf("details of %s (-gRPC +this):\n%s", what, diff)
	}
}

// checkTable compares the table with the one in docs/http.md.
func checkTable(t *testing.T, table string) {
	t.Helper()
	const begin, end = "<!-- The table is written by a test: \"make generate\". -->\n", "<!-- end -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("docs/http.md has no place for the table")
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+table+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(table, shown); diff != "" {
		t.Errorf("docs/http.md is stale: run \"make generate\" (-this +page):\n%s", diff)
	}
}

// clientsOf returns the clients of a file that has these entries.
func clientsOf(t testing.TB, entries ...server.ClientEntry) *server.Clients {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clients.yaml")
	data, err := yaml.Marshal(map[string]any{"clients": entries})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	clients, err := server.OpenClients(path, nil, server.Watch{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(clients.Close)
	return clients
}

// h2cClient speaks HTTP/2 in plain text, which streams of Connect need.
func h2cClient(t testing.TB) *http.Client {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
