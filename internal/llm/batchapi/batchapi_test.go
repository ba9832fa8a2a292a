package batchapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// purse pays for everything and counts.
type purse struct{ reserved, settled int }

func (p *purse) ReserveBatch(context.Context, string, ledger.Spending, time.Duration) (*ledger.Reservation, error) {
	p.reserved++
	return &ledger.Reservation{ID: fmt.Sprint(p.reserved)}, nil
}
func (p *purse) SettleBatch(*ledger.Reservation, ledger.Spending) { p.settled++ }
func (*purse) BatchUsage([]byte, int, int) summarizer.Usage {
	return summarizer.Usage{InputTokens: 10, OutputTokens: 1}
}

// requestOf returns the n-th request of a test.
func requestOf(n int) llm.DeferredRequest {
	body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"[ARTICLE %032d]\nHarbour %d\nIt reopened.\n[/ARTICLE %032d]"}]}`, n, n, n)
	return llm.DeferredRequest{ID: fmt.Sprintf("%032x", n), Body: []byte(body), Afford: func(ledger.Spending) error { return nil }}
}

// ask walks over n requests and returns how many were answered at the end.
func ask(ctx context.Context, s *Session, n int) (answered int, err error) {
	err = s.Run(ctx, &purse{}, func(context.Context, bool) error {
		answered = 0
		for i := range n {
			if s.Answer(requestOf(i)).Status == http.StatusOK {
				answered++
			}
		}
		return nil
	})
	return answered, err
}

func open(t *testing.T, dir string, e llm.Endpoint) *Session {
	t.Helper()
	e.Model, e.BatchPollInterval = "m", time.Millisecond
	s, err := Open(Options{Dir: dir, Endpoint: e})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAzure checks addresses and headers of Azure's form.
func TestAzure(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Reply = func(w http.ResponseWriter, r *llmtest.Call) { llmtest.Content("{}")(w, r) }
	base := strings.TrimSuffix(provider.URL(), "/v1")
	dir := t.TempDir()
	s := open(t, dir, llm.Endpoint{BaseURL: base, AzureAPIVersion: "2024-10-21", APIKey: "secret"})
	defer s.Close()
	if n, err := ask(t.Context(), s, 3); n != 3 || err != nil {
		t.Fatalf("%d answers, %v", n, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "requests-0001.jsonl"))
	if err != nil || strings.Count(string(content), `"url":"/chat/completions"`) != 3 {
		t.Errorf("%v in %s", err, content)
	}
	for _, r := range provider.Headers() {
		if !strings.Contains(r.URL, "/openai/") || !strings.Contains(r.URL, "api-version=2024-10-21") || r.Header.Get("Api-Key") != "secret" || r.Header.Get("Authorization") != "" {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "requests-0001.jsonl")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
}

// TestOrphan kills a session between the creation of a batch and the news of it, and checks
// that the next one finds the batch behind many others.
func TestOrphan(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Reply = llmtest.Content("{}")
	dir := t.TempDir()
	ctx, kill := context.WithCancel(t.Context())
	provider.Fault = func(w http.ResponseWriter, call string, _ int, after bool) bool {
		if call != "POST batches" || !after {
			return false
		}
		kill()
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	s := open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
	if _, err := ask(ctx, s, 5); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want that it was interrupted", err)
	}
	s.Close()
	provider.Fault = nil
	provider.Others(250)
	s = open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
	defer s.Close()
	if n, err := ask(t.Context(), s, 5); n != 5 || err != nil {
		t.Errorf("%d answers, %v", n, err)
	}
	for id, times := range provider.Submitted() {
		if times != 1 {
			t.Errorf("%s was submitted %d times", id, times)
		}
	}
}

// TestTornJournal checks that a journal whose last line was cut goes on, and that one that is
// damaged elsewhere is refused.
func TestTornJournal(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, llm.Endpoint{}).Close()
	path := filepath.Join(dir, "journal.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put := func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(string(whole) + `{"event":"uplo`)
	open(t, dir, llm.Endpoint{}).Close()
	if content, _ := os.ReadFile(path); string(content) != string(whole) {
		t.Errorf("the journal is %q, want %q", content, whole)
	}
	put("{\n" + string(whole))
	if _, err := Open(Options{Dir: dir, Endpoint: llm.Endpoint{Model: "m"}}); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("%v", err)
	}
}

// TestLocked checks that two runs do not work on one session.
func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, llm.Endpoint{})
	if _, err := Open(Options{Dir: dir, Endpoint: llm.Endpoint{Model: "m"}}); err == nil {
		t.Error("a second session was opened")
	}
	s.Close()
	open(t, dir, llm.Endpoint{}).Close()
}

// FuzzResults checks that no file of results stops a session, and that each answer to a
// request is a response with a status.
func FuzzResults(f *testing.F) {
	id := customID(requestKey{15: 1}, 1)
	for _, row := range []string{
		`{"custom_id":"` + id + `","response":{"status_code":200,"body":{"choices":[]}},"error":null}`,
		`{"custom_id":"` + id + `","response":{"choices":[]}}`,
		`{"custom_id":"` + id + `","response":null,"error":{"code":"batch_expired","message":"x"}}`,
		`{"custom_id":"` + id + `","response":{"status_code":400,"body":null},"error":{"code":400,"message":"x"}}`,
		`{"custom_id":"` + id + `","response":{"status_code":400},"error":{"code":400,"` + "\x9c" + `":"x"}}`,
		` {"custom_id":"` + id + `","response":{"status_code":429,"body":"slow down"}}`,
		`{"custom_id":"` + id + `x","response":7}`, "{", "null", "\n\n", `[]`,
	} {
		f.Add([]byte(row + "\n"))
	}
	f.Fuzz(func(t *testing.T, results []byte) {
		dir := t.TempDir()
		request := fmt.Sprintf(`{"custom_id":%q,"method":"POST","url":"/v1/chat/completions","body":{}}`+"\n", id)
		for name, content := range map[string][]byte{"requests-0001.jsonl": []byte(request), "answers.jsonl": results} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := openStore(dir, "/v1/chat/completions", 10, 1000, func(int32) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		answer := s.answer(requestOf(1))
		if answer.Status != 0 && (answer.Status < 100 || !json.Valid(answer.Body)) {
			t.Errorf("status %d, body %q", answer.Status, answer.Body)
		}
	})
}

// TestOddRows checks that rows which are no strict JSON count all the same.
func TestOddRows(t *testing.T) {
	dir := t.TempDir()
	id := customID(requestKey{15: 1}, 1)
	request := fmt.Sprintf(`{"custom_id":%q,"body":{}}`+"\n", id)
	result := fmt.Sprintf("\t{\"custom_id\":%q,\"response\":{\"status_code\":200,\"body\":{\"a\":\"\xff\",\"a\":1}}}", id)
	for name, content := range map[string]string{"requests-0001.jsonl": request, "answers.jsonl": result} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := openStore(dir, "", 10, 1000, func(int32) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if answer := s.answer(requestOf(1)); answer.Status != http.StatusOK || len(answer.Body) == 0 {
		t.Errorf("%+v", answer)
	}
}

// TestOutcomes checks the outcomes of rows of errors, and that no sentence of a provider is
// shown.
func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		row     string
		status  int
		failure string
		passing bool
	}{
		{`{"response":{"status_code":400,"body":null},"error":{"error":{"message":"m","code":400}}}`, 400, "", false},
		{`{"response":{"status_code":422,"body":null},"error":null}`, 422, "", false},
		{`{"response":{"status_code":500,"body":null},"error":{"error":{"message":"m","code":null}}}`, 0, "status 500", true},
		{`{"response":{"status_code":"200","body":{"choices":[]}}}`, 200, "status 200", false},
		{`{"response":{"status_code":"429","body":{}}}`, 429, "status 429", true},
		{`{"error":{"code":"Batch_Expired"}}`, 0, "batch_expired", true},
		{`{"error":{"code":"the article says that the mayor left"}}`, 0, "unknown", true},
		{`{"error":"no"}`, 0, "no response", true},
	} {
		var row resultRow
		if err := json.Unmarshal([]byte(tt.row), &row); err != nil {
			t.Fatal(err)
		}
		status, body, failure, passing := row.outcome()
		if status != tt.status || failure != tt.failure || passing != tt.passing || body != nil && !json.Valid(body) {
			t.Errorf("%s: %d %s %q %v", tt.row, status, body, failure, passing)
		}
	}
}

// TestMissingRequests checks that a batch whose request file is gone is no reason to begin
// again, and that files of others stay.
func TestMissingRequests(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Reply = llmtest.Content("{}")
	dir := t.TempDir()
	part := filepath.Join(dir, "notes.jsonl.part")
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
	if n, err := ask(t.Context(), s, 2); n != 2 || err != nil {
		t.Fatalf("%d answers, %v", n, err)
	}
	s.Close()
	if _, err := os.Stat(part); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(dir, "requests-0001.jsonl")); err != nil {
		t.Fatal(err)
	}
	options := Options{Dir: dir, Endpoint: llm.Endpoint{BaseURL: provider.URL(), Model: "m"}}
	_, err := Open(options)
	if err == nil || !strings.Contains(err.Error(), "requests-0001.jsonl is missing") || !strings.Contains(err.Error(), "batch_1") {
		t.Errorf("%v", err)
	}
	if err := os.Rename(filepath.Join(dir, "journal.jsonl"), filepath.Join(dir, "requests-0001.jsonl")); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(options); err == nil || !strings.Contains(err.Error(), "requests-0001.jsonl is not in the journal") {
		t.Errorf("%v", err)
	}
}

// TestLostFiles checks that results and uploads which the provider has deleted do not stop
// a session.
func TestLostFiles(t *testing.T) {
	for _, lost := range []string{"GET files content", "POST batches"} {
		provider := llmtest.NewBatches(t)
		provider.Reply = llmtest.Content("{}")
		dir := t.TempDir()
		ctx, kill := context.WithCancel(t.Context())
		provider.Fault = func(w http.ResponseWriter, call string, number int, _ bool) bool {
			switch {
			case call == "POST batches" && number == 1 && lost == call:
				kill() // after the upload
				w.WriteHeader(http.StatusTooManyRequests)
			case call == lost && (number == 2) == (lost == "POST batches") && number <= 2:
				w.WriteHeader(http.StatusNotFound)
			default:
				return false
			}
			return true
		}
		s := open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
		if lost == "POST batches" {
			if _, err := ask(ctx, s, 3); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			s.Close()
			s = open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
		}
		if n, err := ask(t.Context(), s, 3); n != 3 || err != nil {
			t.Errorf("%s: %d answers, %v", lost, n, err)
		}
		s.Close()
		kill()
	}
}

// TestPatience checks that a wait beyond all measure is told of, and that a full disk is not
// taken for a provider that is away.
func TestPatience(t *testing.T) {
	fake := llmtest.NewBatches(t)
	ctx, stop := context.WithCancel(t.Context())
	said := ""
	p := newProvider(llm.Endpoint{BaseURL: fake.URL()}, time.Millisecond, func(format string, args ...any) {
		said = fmt.Sprintf(format, args...)
		stop()
	})
	calls := 0
	fake.Fault = func(w http.ResponseWriter, call string, _ int, _ bool) bool {
		calls++
		if call == "GET files content" {
			_, _ = w.Write([]byte("{}"))
			return true
		}
		w.Header().Set("Retry-After", "99999999999")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	full := errors.New("no space left")
	if err := p.download(t.Context(), "f", func(io.Reader) error { return full }); !errors.Is(err, full) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	if _, err := p.look(ctx, "b"); !errors.Is(err, context.Canceled) || !strings.Contains(said, "the next try is in 10m0s") {
		t.Errorf("%v, %q", err, said)
	}
}
