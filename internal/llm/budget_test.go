package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// purse is a ledger without limits that notes what is reserved and settled.
type purse struct {
	mu       sync.Mutex
	accounts []summarizer.Account
	lifetime time.Duration
	reserved []summarizer.Spending
	settled  []summarizer.Spending
	err      error // of Reserve
}

func (p *purse) Reserve(_ context.Context, amount summarizer.Spending, lifetime time.Duration, accounts ...summarizer.Account) (*summarizer.Reservation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	p.accounts, p.lifetime = accounts, lifetime
	p.reserved = append(p.reserved, amount)
	return &summarizer.Reservation{Amount: amount}, nil
}

func (p *purse) Settle(_ *summarizer.Reservation, spent summarizer.Spending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settled = append(p.settled, spent)
}

func (p *purse) Spent(string) (spent, reserved summarizer.Spending) { return spent, reserved }

// priced returns options for one endpoint of two dollars a million tokens in and
// ten out, whose spending p keeps.
func priced(server *llmtest.Server, p summarizer.Ledger) llm.Options {
	options := one(server)
	options.Endpoints[0].InputPrice, options.Endpoints[0].OutputPrice = 2, 10
	options.MaxAttempts = 1
	options.Ledger = p
	return options
}

func usage(in, out int) llmtest.Completion {
	answer := llmtest.Answer{
		Summary: llmtest.Sentences("The harbour was closed."), Topics: llmtest.Topics("trade"),
	}
	return llmtest.Completion{Content: answer.Content(), InputTokens: in, OutputTokens: out}
}

// TestCharge checks what is reserved before a call and charged after it.
func TestCharge(t *testing.T) {
	silent := `{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{}"}}]}`
	tests := []struct {
		name   string
		reply  llmtest.Reply
		reason summarizer.Reason
		want   func(reserved summarizer.Spending) summarizer.Spending
	}{
		{"as the endpoint counts", llmtest.Complete(usage(1000, 100)), "", exactly(1100, 3000)},
		{"a refusal of the model", llmtest.Complete(llmtest.Completion{Refusal: "no", InputTokens: 700, OutputTokens: 1}), summarizer.ReasonLLMRefused, exactly(701, 1410)},
		{"an answer without usage", llmtest.Status(200, silent, "Content-Type", "application/json"), summarizer.ReasonLLMOutputInvalid, all},
		{"an answer that is not waited for", llmtest.Hang(), summarizer.ReasonLLMTimeout, all},
		{"an answer that breaks off", llmtest.Cut(), summarizer.ReasonLLMUnavailable, all},
		{"a connection that breaks", llmtest.Reset(), summarizer.ReasonLLMUnavailable, all},
		{"401", llmtest.Error(401, nil, ""), summarizer.ReasonLLMMisconfigured, exactly(0, 0)},
		{"429", llmtest.Error(429, nil, ""), summarizer.ReasonLLMRateLimited, exactly(0, 0)},
		{"503", llmtest.Error(503, nil, ""), summarizer.ReasonLLMUnavailable, exactly(0, 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, ledger := llmtest.New(t), &purse{}
			server.Default(tt.reply)
			options := priced(server, ledger)
			options.MaxCalls = 1
			options.Endpoints[0].Timeout = 500 * time.Millisecond
			task := harbour()
			task.Client = "desk"
			reply := newEngine(t, options).Analyze(context.Background(), task)
			if tt.reason != "" && summarizer.ReasonOf(reply.SummaryErr) != tt.reason {
				t.Errorf("error %v, want %s", reply.SummaryErr, tt.reason)
			}
			if len(ledger.reserved) != 1 || len(ledger.settled) != 1 {
				t.Fatalf("reserved %v, settled %v, want one each", ledger.reserved, ledger.settled)
			}
			reserved := ledger.reserved[0]
			if got, want := ledger.settled[0], tt.want(reserved); got != want {
				t.Errorf("charged %v, want %v", got, want)
			}
			if ledger.lifetime != 500*time.Millisecond {
				t.Errorf("reserved for %v, want the timeout of the call", ledger.lifetime)
			}
			want := []summarizer.Account{{Name: "all"}, {Name: "client:desk"}}
			if diff := cmp.Diff(want, ledger.accounts); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
			// All that may come out, at its price, and what goes in, roughly: the
			// fake counts a quarter of the bytes of the whole request.
			chat := server.Requests()[0].Chat()
			in := reserved.Tokens - int64(chat.MaxTokens)
			if body := int64(len(server.Requests()[0].Body) / 4); in < body/2 || in > 2*body {
				t.Errorf("%d tokens in are reserved for a request of about %d", in, body)
			}
			if want := 2*in + 10*int64(chat.MaxTokens); reserved.MicroUSD != want {
				t.Errorf("%d micro-dollars are reserved, want %d", reserved.MicroUSD, want)
			}
		})
	}
}

func all(reserved summarizer.Spending) summarizer.Spending { return reserved }

func exactly(tokens, microUSD int64) func(summarizer.Spending) summarizer.Spending {
	return func(summarizer.Spending) summarizer.Spending {
		return summarizer.Spending{Tokens: tokens, MicroUSD: microUSD}
	}
}

// TestReserveReasoning checks that what a reasoning model may think is reserved, too.
func TestReserveReasoning(t *testing.T) {
	for _, model := range []string{"m", "o3"} {
		server, ledger := llmtest.New(t), &purse{}
		options := priced(server, ledger)
		options.Endpoints[0].Model = model
		if reply := newEngine(t, options).Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
			t.Fatal(reply.SummaryErr)
		}
		var request openai.ChatCompletionRequest
		if err := json.Unmarshal(server.Requests()[0].Body, &request); err != nil {
			t.Fatal(err)
		}
		most := request.MaxTokens + request.MaxCompletionTokens //nolint:staticcheck // one of both is set
		if got := ledger.reserved[0].Tokens; most == 0 || got <= int64(most) {
			t.Errorf("%s: %d tokens are reserved, of which %d for the answer", model, got, most)
		}
	}
}

// TestChargeNothingUnsent checks that an endpoint which cannot be reached costs
// nothing.
func TestChargeNothingUnsent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, base := range map[string]string{"refused": closed, "TLS": llmtest.NewTLS(t).URL()} {
		ledger := &purse{}
		options := llm.Options{Endpoints: []llm.Endpoint{{BaseURL: base, Model: "m"}}, MaxAttempts: 1, Ledger: ledger}
		reply := newEngine(t, options).Analyze(context.Background(), harbour())
		if summarizer.ReasonOf(reply.SummaryErr) != summarizer.ReasonLLMUnavailable {
			t.Errorf("%s: %v", name, reply.SummaryErr)
		}
		if diff := cmp.Diff([]summarizer.Spending{{}}, ledger.settled); diff != "" {
			t.Errorf("%s: charged (-want +got):\n%s", name, diff)
		}
	}
}

// TestChargeEachCall checks that repairs and retries are reserved and charged by
// themselves, and that the reply reports their sum.
func TestChargeEachCall(t *testing.T) {
	server, ledger := llmtest.New(t), &purse{}
	wrong := usage(1000, 100)
	wrong.Content = `{"summary":[],"topics":[]}`
	server.Enqueue(llmtest.Error(503, nil, ""), llmtest.Complete(wrong), llmtest.Complete(usage(1200, 50)))
	options := priced(server, ledger)
	options.MaxAttempts = 2
	reply := newEngine(t, options).Analyze(context.Background(), harbour())
	if server.Count() != 3 {
		t.Fatalf("%d calls, want 3", server.Count())
	}
	if want := (summarizer.Usage{InputTokens: 2200, OutputTokens: 150, CostMicroUSD: 5900}); reply.Usage != want {
		t.Errorf("usage %v, want %v", reply.Usage, want)
	}
	want := []summarizer.Spending{{}, {Tokens: 1100, MicroUSD: 3000}, {Tokens: 1250, MicroUSD: 2900}}
	if diff := cmp.Diff(want, ledger.settled); diff != "" {
		t.Errorf("charged (-want +got):\n%s", diff)
	}
}

// TestOverBudget checks that a call which is not paid for is not made, is told
// apart from other failures, and does not count against the endpoint.
func TestOverBudget(t *testing.T) {
	over := &summarizer.OverBudgetError{
		Account: summarizer.Account{Name: "client:desk", Limit: summarizer.Spending{Tokens: 5000}},
		Day:     "2026-11-25",
	}
	server, ledger := llmtest.New(t), &purse{err: over}
	server.Default(llmtest.Obey())
	var log strings.Builder
	options := priced(server, ledger)
	options.Endpoints[0].RequestsPerMinute = 600
	options.Logger = textLogger(&log)
	engine := newEngine(t, options)
	for range 50 { // more often than a breaker or a rate would let pass
		reply := engine.Analyze(context.Background(), harbour())
		var e *summarizer.Error
		if !errors.As(reply.SummaryErr, &e) || e.Reason != summarizer.ReasonBudgetExhausted {
			t.Fatalf("error %v, want %s", reply.SummaryErr, summarizer.ReasonBudgetExhausted)
		}
		want := map[string]string{"budget": "client", "dailyTokens": "5000", "resetTime": "2026-11-26T00:00:00Z"}
		if diff := cmp.Diff(want, e.Metadata); diff != "" {
			t.Fatalf("metadata (-want +got):\n%s", diff)
		}
	}
	if server.Count() != 0 {
		t.Errorf("%d calls were made", server.Count())
	}
	if n := strings.Count(log.String(), "budget is spent"); n != 1 {
		t.Errorf("%d log lines of it, want one a day:\n%s", n, log.String())
	}
	ledger.err = nil
	if reply := engine.Analyze(context.Background(), harbour()); reply.Summary == nil {
		t.Errorf("with budget again: %v", reply.SummaryErr)
	}
}

// TestOverBudgetFailover checks that an endpoint within the budget is asked when
// the one before it is not.
func TestOverBudgetFailover(t *testing.T) {
	paid, free := llmtest.New(t), llmtest.New(t)
	paid.Default(llmtest.Obey())
	free.Default(llmtest.Obey())
	options := chain(paid, free)
	options.Endpoints[0].InputPrice, options.Endpoints[0].OutputPrice = 2, 10
	options.Endpoints[1].Free = true
	options.Ledger = &limited{}
	options.Budget.All.MicroUSD = 100
	reply := newEngine(t, options).Analyze(context.Background(), harbour())
	if reply.Summary == nil || paid.Count() != 0 || free.Count() != 1 {
		t.Errorf("error %v, calls %d and %d, want the free endpoint alone", reply.SummaryErr, paid.Count(), free.Count())
	}
}

// limited is a purse that refuses what exceeds a limit by itself.
type limited struct{ purse }

func (l *limited) Reserve(ctx context.Context, amount summarizer.Spending, lifetime time.Duration, accounts ...summarizer.Account) (*summarizer.Reservation, error) {
	for _, account := range accounts {
		if !amount.Within(account.Limit) {
			return nil, &summarizer.OverBudgetError{Account: account, Day: summarizer.DayOf(time.Now())}
		}
	}
	return l.purse.Reserve(ctx, amount, lifetime, accounts...)
}

func TestBudgetAccounts(t *testing.T) {
	server, ledger := llmtest.New(t), &purse{}
	server.Default(llmtest.Obey())
	options := priced(server, ledger)
	options.Budget = llm.Budget{
		All:       summarizer.Spending{Tokens: 3_000_000},
		PerClient: summarizer.Spending{Tokens: 1_000_000, MicroUSD: 1},
	}
	engine := newEngine(t, options)
	for _, client := range []string{"desk", ""} {
		task := harbour()
		task.Client = client
		engine.Analyze(context.Background(), task)
		want := []summarizer.Account{{Name: "all", Limit: options.Budget.All}, {Name: "client:" + client, Limit: options.Budget.PerClient}}
		if diff := cmp.Diff(want, ledger.accounts); diff != "" {
			t.Errorf("accounts of %q (-want +got):\n%s", client, diff)
		}
	}
}

func TestBudgetOptions(t *testing.T) {
	money := llm.Budget{PerClient: summarizer.Spending{MicroUSD: 1}}
	base := llm.Endpoint{BaseURL: "http://localhost:1", Model: "m"}
	half, free, both := base, base, base
	half.InputPrice = 1
	free.Free = true
	both.Free, both.InputPrice = true, 1
	for _, tt := range []struct {
		name     string
		endpoint llm.Endpoint
		budget   llm.Budget
		ledger   summarizer.Ledger
		want     string // in the error; empty when there is none
	}{
		{"no prices", base, money, &purse{}, "set its input price and its output price"},
		{"one price", half, money, &purse{}, "set its input price and its output price"},
		{"free", free, money, &purse{}, ""},
		{"free with a price", both, llm.Budget{}, nil, "leave one of both out"},
		{"no ledger", base, llm.Budget{All: summarizer.Spending{Tokens: 1}}, nil, "needs a ledger"},
		{"negative", base, llm.Budget{All: summarizer.Spending{Tokens: -1}}, &purse{}, "must not be negative"},
		{"tokens need no price", base, llm.Budget{All: summarizer.Spending{Tokens: 1}}, &purse{}, ""},
	} {
		engine, err := llm.New(llm.Options{Endpoints: []llm.Endpoint{tt.endpoint}, Budget: tt.budget, Ledger: tt.ledger})
		switch {
		case err == nil && tt.want == "":
			engine.Close()
		case err == nil || tt.want == "" || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}
