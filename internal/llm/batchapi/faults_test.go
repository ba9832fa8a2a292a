package batchapi

import (
	"context"
	"errors"
	"fmt"
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

// interrupt runs a session over n requests until the first call of the given name, and
// leaves its files.
func interrupt(t *testing.T, dir string, provider *llmtest.Batches, n int, at string) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	provider.Fault = func(w http.ResponseWriter, call string, _ int, _ bool) bool {
		if call != at {
			return false
		}
		kill()
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	s := open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
	defer s.Close()
	if _, err := ask(ctx, s, n); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want that it was interrupted", err)
	}
	provider.Fault = nil
}

// submittedOnce fails the test where a request is in more than one batch.
func submittedOnce(t *testing.T, provider *llmtest.Batches) {
	t.Helper()
	for id, times := range provider.Submitted() {
		if times != 1 {
			t.Errorf("%s was submitted %d times", id, times)
		}
	}
}

// TestWrongKeyLosesNoBatch has a provider that answers a wrong key as if it had nothing: the
// run ends, and with the right key goes on where it was.
func TestWrongKeyLosesNoBatch(t *testing.T) {
	for _, tt := range []struct {
		hidden string // the call that finds nothing
		list   int    // statuses of lists
		models int
	}{
		{"GET batches one", http.StatusUnauthorized, 0},
		{"GET batches one", http.StatusNotFound, http.StatusUnauthorized},
		{"GET batches one", http.StatusNotFound, http.StatusNotFound},
		{"GET files content", http.StatusForbidden, 0},
	} {
		t.Run(fmt.Sprintf("%s %d %d", tt.hidden, tt.list, tt.models), func(t *testing.T) {
			provider := llmtest.NewBatches(t)
			provider.Reply = llmtest.Content("{}")
			dir := t.TempDir()
			interrupt(t, dir, provider, 3, tt.hidden)

			provider.Fault = func(w http.ResponseWriter, call string, _ int, _ bool) bool {
				status := map[string]int{tt.hidden: http.StatusNotFound, "GET batches": tt.list, "GET models": tt.models}[call]
				if status != 0 {
					llmtest.Error(status, nil, "no")(w, nil)
				}
				return status != 0
			}
			s := open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
			if _, err := ask(t.Context(), s, 3); err == nil || !strings.Contains(err.Error(), "whether it is lost cannot be told") {
				t.Errorf("%v, want that it may not be lost", err)
			}
			s.Close()

			provider.Fault = nil
			s = open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
			defer s.Close()
			if n, err := ask(t.Context(), s, 3); n != 3 || err != nil {
				t.Errorf("%d answers, %v", n, err)
			}
			submittedOnce(t, provider)
		})
	}
}

// TestLostBatchGoesIntoAnother has a provider that has lost a batch, and lists its batches,
// or no batches but its models.
func TestLostBatchGoesIntoAnother(t *testing.T) {
	for _, list := range []int{0, http.StatusNotFound} {
		provider := llmtest.NewBatches(t)
		provider.Reply = llmtest.Content("{}")
		provider.Fault = func(w http.ResponseWriter, call string, number int, _ bool) bool {
			switch {
			case call == "GET batches one" && number == 1, call == "GET batches" && list != 0:
				llmtest.Error(http.StatusNotFound, nil, "no")(w, nil)
			case call == "GET models":
				_, _ = w.Write([]byte(`{"object":"list","data":[]}`))
			default:
				return false
			}
			return true
		}
		s := open(t, t.TempDir(), llm.Endpoint{BaseURL: provider.URL()})
		if n, err := ask(t.Context(), s, 3); n != 3 || err != nil || len(provider.Made()) != 2 {
			t.Errorf("list %d: %d answers in %d batches, %v", list, n, len(provider.Made()), err)
		}
		s.Close()
	}
}

// pauper has money for the requests, and none for a batch.
type pauper struct{ purse }

func (*pauper) ReserveBatch(context.Context, string, ledger.Spending, time.Duration) (*ledger.Reservation, error) {
	return nil, &ledger.OverBudgetError{}
}

// TestNoMoneyForABatch checks that a batch without money ends the run, creates nothing, and
// leaves no request waiting.
func TestNoMoneyForABatch(t *testing.T) {
	provider := llmtest.NewBatches(t)
	s := open(t, t.TempDir(), llm.Endpoint{BaseURL: provider.URL()})
	defer s.Close()
	walks := 0
	err := s.Run(t.Context(), &pauper{}, func(context.Context, bool) error {
		walks++
		s.Answer(requestOf(1))
		return nil
	})
	if _, ok := errors.AsType[*ledger.OverBudgetError](err); !ok || walks > 2 || len(provider.Made()) != 0 {
		t.Errorf("%v after %d walks, %d batches", err, walks, len(provider.Made()))
	}
}

// believer takes all that answers say for what they have used.
type believer struct {
	purse
	spent ledger.Spending
}

func (*believer) BatchUsage(_ []byte, bytes, output int) summarizer.Usage {
	return summarizer.Usage{InputTokens: max(bytes, 0), OutputTokens: max(output, 0)}
}

func (b *believer) SettleBatch(_ *ledger.Reservation, spent ledger.Spending) {
	b.spent = b.spent.Plus(spent)
}

// TestAbsurdUsageOfABatch has a provider say that its answers took any number of tokens: the
// file is charged for no more than its requests can have used.
func TestAbsurdUsageOfABatch(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Reply = llmtest.Content("{}")
	s := open(t, t.TempDir(), llm.Endpoint{BaseURL: provider.URL()})
	defer s.Close()
	const requests, output = 5, 100
	biller, bytes := &believer{}, 0
	if err := s.Run(t.Context(), biller, func(context.Context, bool) error {
		for i := range requests {
			q := requestOf(i)
			q.Most = ledger.Spending{Tokens: output}
			bytes += 2 * len(q.Body) // in its line of the file
			s.Answer(q)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// Answers for which nothing is left are charged as was set aside.
	if got := biller.spent.Tokens; got < requests*output || got > int64(bytes)+2*requests*output {
		t.Errorf("%d tokens are charged for %d bytes and %d tokens of output", got, bytes, requests*output)
	}
}

// TestCancelFindsItsBatches cancels a batch of which only the provider knows, and one that
// has ended meanwhile: its results are kept, and nothing is asked again.
func TestCancelFindsItsBatches(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Reply = llmtest.Content("{}")
	dir := t.TempDir()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	provider.Fault = func(w http.ResponseWriter, call string, _ int, after bool) bool {
		if call == "POST batches" && after { // it is there, and nobody hears of it
			kill()
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	s := open(t, dir, llm.Endpoint{BaseURL: provider.URL()})
	if _, err := ask(ctx, s, 2); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.Close()

	cancels := 0
	provider.Fault = func(w http.ResponseWriter, call string, _ int, _ bool) bool {
		if call != "POST batches cancel" {
			return false
		}
		cancels++
		llmtest.Error(http.StatusConflict, nil, "it has ended")(w, nil)
		return true
	}
	s, err := Open(Options{Dir: dir, Endpoint: llm.Endpoint{BaseURL: provider.URL(), Model: "m", BatchPollInterval: time.Millisecond}, Cancel: true})
	if err != nil {
		t.Fatal(err)
	}
	n, err := ask(t.Context(), s, 2)
	if _, ok := errors.AsType[*LeftError](err); !ok || n != 2 || cancels != 1 {
		t.Errorf("%v, %d answers, %d cancellations", err, n, cancels)
	}
	s.Close()
	submittedOnce(t, provider)
}

// TestListFailsWhileABatchIsSought checks that no batch is created while it is not known
// whether there is one.
func TestListFailsWhileABatchIsSought(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Fault = func(w http.ResponseWriter, call string, _ int, after bool) bool {
		switch {
		case call == "POST batches" && after:
			w.WriteHeader(http.StatusBadGateway)
		case call == "GET batches":
			llmtest.Error(http.StatusForbidden, "no_list", "no")(w, nil)
		default:
			return false
		}
		return true
	}
	s := open(t, t.TempDir(), llm.Endpoint{BaseURL: provider.URL()})
	defer s.Close()
	if _, err := ask(t.Context(), s, 2); err == nil || !strings.Contains(err.Error(), "whether a batch was created cannot be told") {
		t.Errorf("%v", err)
	}
	submittedOnce(t, provider)
}

// TestFewerResultsThanCounted has batches whose results stay fewer than the provider counts:
// they are looked at again, and then the others go into another batch.
func TestFewerResultsThanCounted(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Reply = llmtest.Content("{}")
	provider.Line = func(batch, line int, _ string, row map[string]any) ([]map[string]any, bool) {
		if batch == 1 && line == 1 {
			return nil, false
		}
		return []map[string]any{row}, false
	}
	dir, said := t.TempDir(), ""
	s, err := Open(Options{Dir: dir, Endpoint: llm.Endpoint{BaseURL: provider.URL(), Model: "m", BatchPollInterval: time.Millisecond}, Say: func(format string, args ...any) {
		said += fmt.Sprintf(format, args...) + "\n"
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := ask(t.Context(), s, 3); n != 3 || err != nil || !strings.Contains(said, "has 2 results, and the provider counts 3") {
		t.Errorf("%d answers, %v, said %q", n, err, said)
	}
}

// TestForeignRows checks that rows of other requests, and lines that are no rows, are counted
// and told of.
func TestForeignRows(t *testing.T) {
	dir, said := t.TempDir(), ""
	open := func() *Session {
		s, err := Open(Options{Dir: dir, Endpoint: llm.Endpoint{Model: "m"}, Offline: true, Wait: true, Say: func(format string, args ...any) {
			said += fmt.Sprintf(format, args...)
		}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	_, err := ask(t.Context(), s, 1)
	if _, ok := errors.AsType[*LeftError](err); !ok {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "answers.jsonl"), []byte(`{"custom_id":"of-another","response":{"status_code":200,"body":{}}}`+"\nno row\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), s, 1); err == nil || !strings.Contains(said, "1 rows of results belong to other requests, 1 cannot be read") {
		t.Errorf("%v, said %q", err, said)
	}
	s.Close()
}

// TestRedirect checks that a redirect ends the run at once, with the way out.
func TestRedirect(t *testing.T) {
	provider := llmtest.NewBatches(t)
	calls := 0
	provider.Fault = func(w http.ResponseWriter, _ string, _ int, _ bool) bool {
		calls++
		w.Header().Set("Location", "http://192.0.2.1/")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
	s := open(t, t.TempDir(), llm.Endpoint{BaseURL: provider.URL()})
	defer s.Close()
	if _, err := ask(t.Context(), s, 1); err == nil || !strings.Contains(err.Error(), "set its base URL to the address that answers") || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// TestUploadWithoutID checks that an upload without an id ends the run: no batch could name
// its file.
func TestUploadWithoutID(t *testing.T) {
	provider := llmtest.NewBatches(t)
	provider.Fault = func(w http.ResponseWriter, call string, _ int, _ bool) bool {
		if call != "POST files" {
			return false
		}
		_, _ = w.Write([]byte(`{"object":"file"}`))
		return true
	}
	s := open(t, t.TempDir(), llm.Endpoint{BaseURL: provider.URL()})
	defer s.Close()
	if _, err := ask(t.Context(), s, 1); err == nil || !strings.Contains(err.Error(), "names no id") || len(provider.Made()) != 0 {
		t.Errorf("%v, %d batches", err, len(provider.Made()))
	}
}
