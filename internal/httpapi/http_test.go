package httpapi

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry/logtest"
)

const (
	summarizePath = "/v1/articles:summarize"
	good          = `{"article":{"text":"The ferry runs again. It was repaired."}}`
	canary        = "CANARY-7731"
)

// A body that is not the JSON of its message is refused with the place of the fault, has
// its line in the log, and is quoted nowhere.
func TestMalformedJSON(t *testing.T) {
	var log logtest.Log
	_, _, address := serve(t, &fakeService{}, server.Options{Logger: log.Logger(slog.LevelDebug)}, Options{})
	tests := []struct{ name, body, field, rule, says string }{
		{"cut", `{"article":{"text":"` + canary, "body", "MALFORMED", "ends too early"},
		{"nothing", ``, "body", "MALFORMED", "is empty"},
		{"no JSON", canary + " is no JSON", "body", "MALFORMED", "line 1, column 1"},
		{"a comma too many", "{\"article\":{\"text\":\"" + canary + "\",\n}}", "body", "MALFORMED", "line 2, column 1"},
		{"more after it", good + canary, "body", "MALFORMED", "column 62"},
		{"a list", `["` + canary + `"]`, "body", "MALFORMED", "not the JSON"},
		{"another type", `{"article":{"text":["` + canary + `"]}}`, "article.text", "MALFORMED", "column 20: send a string"},
		{"a string for a message", `{"article":"` + canary + `"}`, "article", "MALFORMED", "send an object"},
		{"a string for a list", `{"topicOptions":{"topicIds":"` + canary + `"}}`, "topic_options.topic_ids", "MALFORMED", "send a list"},
		{"a number in a list", `{"topicOptions":{"topicIds":["a",1]}}`, "topic_options.topic_ids[1]", "MALFORMED", "send a string"},
		{"within a list", `{"topicOptions":{"candidateTopics":[{"id":"a"},{"id":3}]}}`, "topic_options.candidate_topics[1].id", "MALFORMED", "send a string"},
		{"no number", `{"summaryOptions":{"maxSentences":"` + canary + `"}}`, "summary_options.max_sentences", "MALFORMED", "send a whole number"},
		{"an unknown value", `{"article":{"text":"x"},"servingOptions":{"enginePolicy":"` + canary + `"}}`, "serving_options.engine_policy", "NOT_DEFINED", "ENGINE_POLICY_LLM_OR_LOCAL (1), ENGINE_POLICY_LLM_ONLY (2) or ENGINE_POLICY_LOCAL_ONLY (3)"},
		{"an unknown field", `{"article":{"txt":"` + canary + `"}}`, "article.txt", "NOT_DEFINED", "is not a field"},
		{"text in the place of a field", `{"` + canary + ` runs again":1}`, "body", "NOT_DEFINED", "a field that"},
		{"twice", `{"article":{"text":"a","text":"` + canary + `"}}`, "article.text", "DUPLICATE", "twice"},
		{"no UTF-8", `{"article":{"text":"` + canary + "\xff\"}}", "article.text", "NOT_UTF8", "not valid UTF-8"},
		{"half a pair", `{"article":{"title":"\ud83d\ude00","text":"` + canary + `\ud800"}}`, "article.text", "NOT_UTF8", "surrogate"},
		{"half a pair before more", `{"article":{"text":"\ud800 ` + canary + `"}}`, "article.text", "NOT_UTF8", "surrogate"},
		{"the second half", `{"article":{"text":"\\ud800\udc00` + canary + `"}}`, "article.text", "NOT_UTF8", "surrogate"},
		{"a bad time", `{"article":{"text":"a","publishTime":"` + canary + `"}}`, "article.publish_time", "MALFORMED", "is not a time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, http.MethodPost, "http://"+address+"/v1/articles:analyze", tt.body, "X-Request-Id", "r-1")
			err := statusOf([]byte(got.body))
			var violation *errdetails.BadRequest_FieldViolation
			for _, d := range status.Convert(err).Details() {
				if d, ok := d.(*errdetails.BadRequest); ok {
					violation = d.GetFieldViolations()[0]
				}
			}
			if got.status != http.StatusBadRequest || violation.GetField() != tt.field || violation.GetReason() != tt.rule || !strings.Contains(violation.GetDescription(), tt.says) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if got.header.Get("X-Request-Id") != "r-1" {
				t.Errorf("headers %v", got.header)
			}
			if strings.Contains(got.body, canary) {
				t.Errorf("the error quotes the request: %s", got.body)
			}
		})
	}
	if n := strings.Count(log.String(), "reason=FIELD_INVALID"); n != len(tests) || strings.Contains(log.String(), canary) {
		t.Errorf("%d lines for %d calls: %s", n, len(tests), log.String())
	}
}

// Requests that cannot be calls are refused with the way out.
func TestRefusals(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{}, Options{Origins: []string{"https://desk.example"}})
	const rpc = summarizerv1.SummarizerService_SummarizeArticle_FullMethodName
	const stream = summarizerv1.SummarizerService_StreamAnalyzeArticles_FullMethodName
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		says                     string
	}{
		{"unknown path", "POST", "/v1/articles:summarise", good, nil, 404, "/openapi.yaml"},
		{"GET for POST", "GET", summarizePath, "", nil, 405, "POST"},
		{"POST for GET", "POST", "/v1/topics", "{}", nil, 405, "GET"},
		{"GET of an RPC", "GET", rpc, "", nil, 405, "POST"},
		{"XML", "POST", summarizePath, "<a/>", []string{"Content-Type", "application/xml"}, 415, "application/json"},
		{"another charset", "POST", summarizePath, good, []string{"Content-Type", "application/json; charset=iso-8859-1"}, 415, "UTF-8"},
		{"no protocol", "POST", rpc, "", []string{"Content-Type", "text/plain"}, 415, "application/grpc-web+proto"},
		{"a stream as a document", "POST", stream, "{}", []string{"Content-Type", "application/json"}, 415, "application/connect+json"},
		{"brotli", "POST", summarizePath, good, []string{"Content-Encoding", "br"}, 415, "gzip"},
		{"no gzip", "POST", summarizePath, good, []string{"Content-Encoding", "gzip"}, 400, "not gzip"},
		{"another Connect", "POST", rpc, good, []string{"Content-Type", "application/json", "Connect-Protocol-Version", "2"}, 400, "connect-protocol-version"},
		{"a deadline in words", "POST", summarizePath, good, []string{"X-Server-Timeout", "soon"}, 400, "x-server-timeout"},
		{"a deadline of Connect", "POST", rpc, good, []string{"Content-Type", "application/json", "Connect-Timeout-Ms", "-1"}, 400, "connect-timeout-ms"},
		{"a deadline of gRPC", "POST", summarizePath, good, []string{"Grpc-Timeout", "1x"}, 400, "grpc-timeout"},
		{"an unknown name in a query", "GET", "/v1/topics?page=1", "", nil, 400, "page: is not a field of the request: send page_size"},
		{"a bad value in a query", "GET", "/v1/topics?page_size=all", "", nil, 400, "page_size: has a value of the wrong kind: send a whole number"},
		{"a form of a browser", "POST", summarizePath, good, []string{"Content-Type", mediaForm, "Origin", "https://desk.example"}, 415, "application/json"},
		{"another origin", "POST", summarizePath, good, []string{"Content-Type", "application/json", "Origin", "https://evil.example"}, 403, "--http-origins"},
		{"an opaque origin", "POST", summarizePath, good, []string{"Content-Type", "application/json", "Origin", "null"}, 403, "--http-origins"},
		{"another name for this machine", "POST", summarizePath, good, []string{"Host", "evil.example"}, 421, "localhost"},
		{"a listed name for this machine", "POST", summarizePath, good, []string{"Host", "desk.example"}, 200, "summary"},
		{"a byte order mark", "POST", summarizePath, byteOrderMark + good, nil, 200, "summary"},
		{"a line of a stream", "POST", "/v1/articles:stream", "\n{\"correlationId\":\"1\"\n\n", nil, 400, "is not JSON at line 2, column 21: it ends too early"},
		{"no content type", "POST", summarizePath, good, nil, 200, "summary"},
		{"curl's content type", "POST", summarizePath, good, []string{"Content-Type", mediaForm}, 200, "summary"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, tt.method, "http://"+address+tt.path, tt.body, tt.headers...)
			if reason := rejections[tt.status].reason; !strings.Contains(got.body, `"`+reason+`"`) && tt.name != "brotli" && reason != "" {
				t.Errorf("no reason %s: %s", reason, got.body)
			}
			if got.status != tt.status || !strings.Contains(got.body, tt.says) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if media := got.header.Get("Content-Type"); media != mediaJSON {
				t.Errorf("content type %q", media)
			}
		})
	}
}

// A client of gRPC that has the wrong port is told so, and where the right one is.
func TestGRPCHasAnotherPort(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{}, Options{})
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = summarizerv1.NewSummarizerServiceClient(conn).GetCapabilities(t.Context(), &summarizerv1.GetCapabilitiesRequest{})
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "--listen") {
		t.Error(err)
	}
}

// Pages of listed origins may call, and pages of others may not.
func TestCORS(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{}, Options{Origins: []string{"https://desk.example"}})
	url := "http://" + address + summarizePath
	preflight := ask(t, http.MethodOptions, url, "", "Origin", "https://desk.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
	if preflight.status != http.StatusNoContent || preflight.header.Get("Access-Control-Allow-Origin") != "https://desk.example" ||
		!strings.Contains(preflight.header.Get("Access-Control-Allow-Headers"), "Authorization") || !strings.Contains(preflight.header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("preflight: %+v", preflight)
	}
	called := ask(t, http.MethodPost, url, good, "Origin", "https://desk.example", "Content-Type", mediaJSON)
	if called.status != 200 || called.header.Get("Access-Control-Allow-Origin") != "https://desk.example" || !strings.Contains(called.header.Get("Access-Control-Expose-Headers"), "X-Request-Id") {
		t.Errorf("call: %+v", called)
	}
	if same := ask(t, http.MethodPost, url, good, "Origin", "http://"+address, "Content-Type", mediaJSON); same.status != 200 {
		t.Errorf("the page of this server: %+v", same)
	}
	if evil := ask(t, http.MethodOptions, url, "", "Origin", "https://evil.example"); evil.status != 403 || evil.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another page: %+v", evil)
	}
}

func TestParseOrigins(t *testing.T) {
	got, err := ParseOrigins(" https://desk.example, http://localhost:3000,*,")
	if err != nil || fmt.Sprint(got) != "[https://desk.example http://localhost:3000 *]" {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"desk.example", "https://desk.example/", "ftp://desk.example", "https://", "null", "https://Desk.example", "https://desk.example:443", "http://[::1]:80", "https://desk.example:", "https://bücher.example"} {
		if _, err := ParseOrigins(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// A query that cannot be read, or is ambiguous, is refused.
func TestBadQueries(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{}, Options{})
	for _, bad := range []string{"pageSize=1;pageToken=zz", "pageSize=%zz", "page_size=1&pageSize=2", "pageSize=1&pageSize=1", "size=1"} {
		if got := ask(t, http.MethodGet, "http://"+address+"/v1/topics?"+bad, ""); got.status != 400 {
			t.Errorf("%s: %d %s", bad, got.status, got.body)
		}
	}
}

// Bodies and answers may be packed, and an unpacked body has the limit of a message.
func TestGzip(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{MaxReceiveBytes: 64 << 10}, Options{})
	pack := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.String()
	}
	long := `{"article":{"text":"` + strings.Repeat("The ferry runs ", 1000) + `"}}`
	got := ask(t, http.MethodPost, "http://"+address+summarizePath, pack(long), "Content-Encoding", "GZip", "Accept-Encoding", "br, gzip;q=0.5")
	if got.status != 200 || got.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	zip, err := gzip.NewReader(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(zip); err != nil || !strings.Contains(string(data), "The ferry runs") {
		t.Errorf("%s, %v", data, err)
	}
	if plain := ask(t, http.MethodPost, "http://"+address+summarizePath, long, "Accept-Encoding", "gzip;q=0"); plain.header.Get("Content-Encoding") != "" {
		t.Errorf("an answer that may not be packed: %v", plain.header)
	}
	bomb := ask(t, http.MethodPost, "http://"+address+summarizePath, pack(strings.Repeat(" ", 10<<20)), "Content-Encoding", "gzip")
	if bomb.status != http.StatusRequestEntityTooLarge || !strings.Contains(bomb.body, "65536") {
		t.Errorf("a bomb: %d %s", bomb.status, bomb.body)
	}
}

// Results of a stream come while its lines go, and no more lines are read than there are
// places for.
func TestLinesGoBothWays(t *testing.T) {
	release := make(chan struct{})
	begun := make(chan string, 100)
	service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		begun <- r.Article.Text
		if strings.HasPrefix(r.Article.Text, "wait") {
			<-release
		}
		return sampleResult(r), nil
	}}
	_, _, address := serve(t, service, server.Options{StreamInFlight: 2}, Options{})
	body, send := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v1/articles:stream", body)
	if err != nil {
		t.Fatal(err)
	}
	line := func(id, text string) {
		if _, err := fmt.Fprintf(send, "{\"correlationId\":%q,\"request\":{\"article\":{\"text\":%q}}}\n\n", id, text); err != nil {
			t.Error(err)
		}
	}
	go line("a", "at once")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answers := bufio.NewScanner(response.Body)
	if !answers.Scan() || !strings.Contains(answers.Text(), `"a"`) {
		t.Fatalf("the first answer, before the second line: %s", answers.Text())
	}
	<-begun
	go func() {
		for i := range 50 {
			line(fmt.Sprint(i), fmt.Sprint("wait ", i))
		}
		_ = send.Close()
	}()
	first, second := <-begun, <-begun
	if first == second {
		t.Errorf("%q twice", first)
	}
	select {
	case third := <-begun:
		t.Errorf("%q begins while both places are taken", third)
	default:
	}
	close(release)
	n := 0
	for answers.Scan() {
		n++
	}
	if n != 50 || answers.Err() != nil {
		t.Errorf("%d answers, %v", n, answers.Err())
	}
}

// A fault ends a stream with a last line that is the error, and after answers only.
func TestErrorIsTheLastLine(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{}, Options{})
	item := `{"correlationId":"a","request":{"article":{"text":"The ferry runs."}}}`
	got := ask(t, http.MethodPost, "http://"+address+"/v1/articles:stream", item+"\n\n\r\n{no JSON\n")
	lines := strings.Split(strings.TrimSpace(got.body), "\n")
	if got.status != 200 || len(lines) != 2 || !strings.HasPrefix(lines[1], `{"error":{"code":3,`) || !strings.Contains(lines[1], "line 4, column 2") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, http.MethodPost, "http://"+address+"/v1/articles:stream", "{no JSON\n"); got.status != 400 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, http.MethodPost, "http://"+address+"/v1/articles:stream", ""); got.status != 200 || got.body != "" {
		t.Errorf("no line: %d %s", got.status, got.body)
	}
}

// A call in flight is answered before the server is gone, over HTTP/1.1 and HTTP/2, and
// who comes meanwhile is sent away.
func TestDrainCutsNoCall(t *testing.T) {
	for name, client := range map[string]func(*testing.T) *http.Client{
		"HTTP/1.1": func(t *testing.T) *http.Client {
			transport := &http.Transport{}
			t.Cleanup(transport.CloseIdleConnections)
			return &http.Client{Transport: transport}
		},
		"HTTP/2": func(t *testing.T) *http.Client { return h2cClient(t) },
	} {
		t.Run(name, func(t *testing.T) {
			begun, release := make(chan struct{}), make(chan struct{})
			service := &fakeService{analyze: func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
				begun <- struct{}{}
				select {
				case <-release:
					return sampleResult(r), nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}}
			rpc, _, address := serve(t, service, server.Options{}, Options{})
			answered := make(chan int, 1)
			c := client(t)
			go func() {
				response, err := c.Post("http://"+address+summarizePath, mediaJSON, strings.NewReader(good))
				if err != nil {
					t.Error(err)
					answered <- 0
					return
				}
				defer response.Body.Close()
				_, _ = io.Copy(io.Discard, response.Body)
				answered <- response.StatusCode
			}()
			<-begun
			drained := make(chan struct{})
			go func() {
				defer close(drained)
				rpc.Shutdown(context.Background())
			}()
			refused := func() bool {
				conn, err := net.Dial("tcp", address)
				if err == nil {
					_ = conn.Close()
				}
				return err != nil
			}
			for !refused() { // until the listener is closed
				select {
				case <-drained:
					t.Fatal("the drain does not wait")
				case <-time.After(time.Millisecond):
				}
			}
			close(release)
			if code := <-answered; code != http.StatusOK {
				t.Errorf("the call in flight: %d", code)
			}
			<-drained
		})
	}
}

// FuzzJSON sends any body: there is an answer, and it is JSON that quotes nothing.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"article":{"text":"\ud800"}}`))
	f.Add([]byte("{\"article\":{\"text\":\"a\x00\"},\"summary_options\":{\"max_sentences\":1e400}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := jsonCodec{}.unmarshal(data, &summarizerv1.SummarizeArticleRequest{})
		if err == nil {
			return
		}
		if len(err.Error()) > 400 {
			t.Errorf("the error has %d bytes: %v", len(err.Error()), err)
		}
	})
}

// Any body that is refused is refused with a field, and without a panic.
func FuzzMalformedJSON(f *testing.F) {
	for _, seed := range []string{good, `{"article":{"text":"\ud800"}}`, `{"topicOptions":{"topicIds":[[1],{"a":[]}]}}`, `{"article":{"publishTime":{"x":"\udc00"}}}`, "{\n\n\"a\":[", byteOrderMark} {
		f.Add([]byte(seed), 1)
	}
	f.Fuzz(func(t *testing.T, data []byte, line int) {
		err := unmarshalLine(data, new(summarizerv1.AnalyzeArticleRequest), line)
		if e, ok := errors.AsType[*summarizer.Error](err); err != nil && (!ok || len(e.Faults) != 1 || e.Faults[0].Field == "" || e.Faults[0].Rule == "") {
			t.Errorf("%q gives %v", data, err)
		}
	})
}
