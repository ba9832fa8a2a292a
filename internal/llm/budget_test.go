package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// purse is a ledger without limits that notes what is reserved and settled.
type purse struct {
	mu       sync.Mutex
	accounts []ledger.Account
	lifetime time.Duration
	reserved []ledger.Spending
	settled  []ledger.Spending
	err      error // of Reserve
}

func (p *purse) Reserve(_ context.Context, amount ledger.Spending, lifetime time.Duration, accounts ...ledger.Account) (*ledger.Reservation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	p.accounts, p.lifetime = accounts, lifetime
	p.reserved = append(p.reserved, amount)
	return &ledger.Reservation{Amount: amount}, nil
}

func (p *purse) Settle(_ *ledger.Reservation, spent ledger.Spending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settled = append(p.settled, spent)
}

func (p *purse) Spent(string) (spent, reserved ledger.Spending) { return spent, reserved }

// priced returns options for one endpoint of two dollars a million tokens in and
// ten out, whose spending p keeps.
func priced(server *llmtest.Fake, p ledger.Ledger) llm.Options {
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
		reply  llmtest.Response
		reason summarizer.Reason
		want   func(reserved ledger.Spending) ledger.Spending
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
			server, book := llmtest.New(t), &purse{}
			server.Default(tt.reply)
			options := priced(server, book)
			options.MaxCalls = 1
			options.Endpoints[0].Timeout = 500 * time.Millisecond
			task := harbour()
			task.Client = "desk"
			reply := newEngine(t, options).Analyze(context.Background(), task)
			if tt.reason != "" && summarizer.ReasonOf(reply.SummaryErr) != tt.reason {
				t.Errorf("error %v, want %s", reply.SummaryErr, tt.reason)
			}
			if len(book.reserved) != 1 || len(book.settled) != 1 {
				t.Fatalf("reserved %v, settled %v, want one each", book.reserved, book.settled)
			}
			reserved := book.reserved[0]
			if got, want := book.settled[0], tt.want(reserved); got != want {
				t.Errorf("charged %v, want %v", got, want)
			}
			if book.lifetime != 500*time.Millisecond {
				t.Errorf("reserved for %v, want the timeout of the call", book.lifetime)
			}
			want := []ledger.Account{{Name: "all"}, {Name: "client:desk"}}
			if diff := cmp.Diff(want, book.accounts); diff != "" {
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

func all(reserved ledger.Spending) ledger.Spending { return reserved }

func exactly(tokens, microUSD int64) func(ledger.Spending) ledger.Spending {
	return func(ledger.Spending) ledger.Spending {
		return ledger.Spending{Tokens: tokens, MicroUSD: microUSD}
	}
}

// TestAbsurdUsage checks that an endpoint cannot charge more than its call could have
// used, nor less than nothing.
func TestAbsurdUsage(t *testing.T) {
	const huge = 9_000_000_000_000_000_000
	for _, tt := range []struct {
		name    string
		in, out int
		// Bounds of what is charged, by the bytes of the request and its cap on output.
		least, most func(bytes, limit int64) int64
	}{
		{"huge", huge, huge, func(bytes, limit int64) int64 { return bytes/8 + limit }, func(bytes, limit int64) int64 { return bytes + 1000 + limit }},
		{"huge input", huge, 100, func(bytes, _ int64) int64 { return bytes/8 + 100 }, func(bytes, _ int64) int64 { return bytes + 1000 + 100 }},
		{"output over the cap", 1000, 50_000, func(_, limit int64) int64 { return 1000 + limit }, func(_, limit int64) int64 { return 1000 + limit }},
		{"negative input", -huge, 100, func(_, _ int64) int64 { return 100 }, func(_, _ int64) int64 { return 100 }},
		{"negative output", 1000, -1, func(_, _ int64) int64 { return 1000 }, func(_, _ int64) int64 { return 1000 }},
		{"negative", -1, -huge, func(bytes, limit int64) int64 { return bytes/8 + limit }, func(bytes, limit int64) int64 { return bytes + limit }},
	} {
		for _, model := range []string{"m", "o3"} {
			server, ledger := llmtest.New(t), &purse{}
			server.Default(llmtest.Complete(usage(tt.in, tt.out)))
			options := priced(server, ledger)
			options.Endpoints[0].Model = model
			options.Endpoints[0].TokensPerMinute = 1 << 30
			options.MaxCalls = 1
			reply := newEngine(t, options).Analyze(context.Background(), harbour())
			request := server.Requests()[0]
			chat := request.Chat()
			bytes, limit := int64(len(request.Body)), int64(chat.MaxTokens+chat.MaxCompletionTokens)
			got := ledger.settled[0]
			if least, most := tt.least(bytes, limit), tt.most(bytes, limit); got.Tokens < least || got.Tokens > most {
				t.Errorf("%s, model %s: %d tokens are charged, want %d to %d", tt.name, model, got.Tokens, least, most)
			}
			if got.MicroUSD < 2*got.Tokens || got.MicroUSD > 10*got.Tokens {
				t.Errorf("%s, model %s: %d micro-dollars are charged for %d tokens", tt.name, model, got.MicroUSD, got.Tokens)
			}
			if u := reply.Usage; u.InputTokens < 0 || u.OutputTokens < 0 || u.InputTokens+u.OutputTokens > int(bytes+1000+limit) {
				t.Errorf("%s, model %s: the reply reports %+v", tt.name, model, u)
			}
		}
	}
}

// TestRateSurvivesAbsurdUsage checks that an endpoint cannot put itself out of reach by
// what it reports, and that such reports are counted.
func TestRateSurvivesAbsurdUsage(t *testing.T) {
	server := llmtest.New(t)
	answer := usage(1_000_000_000, 1_000_000_000)
	server.Default(llmtest.Complete(answer))
	options := one(server)
	options.Endpoints[0].TokensPerMinute = 1_000_000
	options, metrics := watched(t, options)
	engine := newEngine(t, options)
	for range 3 {
		task := harbour()
		task.Callers = waitUntil(10 * time.Second)
		if reply := engine.Analyze(context.Background(), task); reply.SummaryErr != nil {
			t.Fatal(reply.SummaryErr)
		}
	}
	if want := `summarizer_llm_usage_clamped_total{endpoint="default"} 3`; !strings.Contains(metrics(), want) {
		t.Errorf("the metrics lack %s", want)
	}
}

// TestOddUsage has endpoints report what is no number of tokens, in one body and in a stream.
// Each counts as far as the call can have used it, or as was set aside where it says nothing;
// what is no count of tokens is counted as clamped.
func TestOddUsage(t *testing.T) {
	const content = `"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{}"},"delta":{"content":"{}"}}]`
	for _, tt := range []struct {
		usage   string
		clamped bool
		silent  bool // the call is charged as set aside
	}{
		{`{"prompt_tokens":900,"completion_tokens":50}`, false, false},
		{`{"prompt_tokens":"900","completion_tokens":"50"}`, false, false},
		{`{"prompt_tokens":900.0,"completion_tokens":5e1}`, false, false},
		{`{"prompt_tokens":1e18,"completion_tokens":50}`, true, false},
		{`{"prompt_tokens":"1e18","completion_tokens":50}`, true, false},
		{`{"prompt_tokens":1e400,"completion_tokens":50}`, true, false},
		{`{"prompt_tokens":"Infinity","completion_tokens":50}`, true, false},
		{`{"prompt_tokens":900,"completion_tokens":99999999999999999999}`, true, false},
		{`{"prompt_tokens":-900,"completion_tokens":50}`, true, false},
		{`{"prompt_tokens":-1,"completion_tokens":-1e300}`, true, true},
		{`{"prompt_tokens":900,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":1e18}}`, true, false},
		{`{"prompt_tokens":900,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":-7}}`, true, false},
		{`{"prompt_tokens":"NaN","completion_tokens":"nan"}`, false, true},
		{`{"prompt_tokens":"many","completion_tokens":null}`, false, true},
		{`{"prompt_tokens":[900],"completion_tokens":{"n":50}}`, false, true},
		{`{"prompt_tokens":true,"completion_tokens":false}`, false, true},
		{`{}`, false, true},
		{`null`, false, true},
		{`[]`, false, true},
		{`"many"`, false, true},
		{`1e18`, false, true},
	} {
		object := `{"object":"chat.completion",` + content + `,"usage":` + tt.usage + `}`
		for form, body := range map[string]string{"body": object, "stream": "data: " + object + "\n\ndata: [DONE]\n\n"} {
			server, book := llmtest.New(t), &purse{}
			server.Default(llmtest.Status(http.StatusOK, body))
			options := priced(server, book)
			options.Endpoints[0].TokensPerMinute, options.MaxCalls = 1<<20, 1
			options, metrics := watched(t, options)
			reply := newEngine(t, options).Analyze(context.Background(), harbour())
			request := server.Requests()[0]
			bytes, limit := int64(len(request.Body)), int64(request.Chat().MaxTokens+request.Chat().MaxCompletionTokens)
			got, reserved := book.settled[0], book.reserved[0]
			if got.Tokens < 50 || got.Tokens > bytes+1000+limit || got.MicroUSD < 0 || (got == reserved) != tt.silent {
				t.Errorf("%s in a %s: %+v is charged, %+v was set aside", tt.usage, form, got, reserved)
			}
			if u := reply.Usage; min(u.InputTokens, u.CachedInputTokens, u.OutputTokens) < 0 || u.CachedInputTokens > u.InputTokens {
				t.Errorf("%s in a %s: the reply reports %+v", tt.usage, form, u)
			}
			if clamped := strings.Contains(metrics(), `summarizer_llm_usage_clamped_total{endpoint="default"} 1`); clamped != tt.clamped {
				t.Errorf("%s in a %s: counted as clamped: %t", tt.usage, form, clamped)
			}
		}
	}
}

// TestReserveReasoning checks that what a reasoning model may think is reserved, too.
func TestReserveReasoning(t *testing.T) {
	for _, model := range []string{"m", "o3"} {
		server, book := llmtest.New(t), &purse{}
		options := priced(server, book)
		options.Endpoints[0].Model = model
		if reply := newEngine(t, options).Analyze(context.Background(), harbour()); reply.SummaryErr != nil {
			t.Fatal(reply.SummaryErr)
		}
		var request openai.ChatCompletionRequest
		if err := json.Unmarshal(server.Requests()[0].Body, &request); err != nil {
			t.Fatal(err)
		}
		most := request.MaxTokens + request.MaxCompletionTokens //nolint:staticcheck // one of both is set
		if got := book.reserved[0].Tokens; most == 0 || got <= int64(most) {
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
		book := &purse{}
		options := llm.Options{Endpoints: []llm.Endpoint{{BaseURL: base, Model: "m"}}, MaxAttempts: 1, Ledger: book}
		reply := newEngine(t, options).Analyze(context.Background(), harbour())
		if summarizer.ReasonOf(reply.SummaryErr) != summarizer.ReasonLLMUnavailable {
			t.Errorf("%s: %v", name, reply.SummaryErr)
		}
		if diff := cmp.Diff([]ledger.Spending{{}}, book.settled); diff != "" {
			t.Errorf("%s: charged (-want +got):\n%s", name, diff)
		}
	}
}

// TestChargeEachCall checks that repairs and retries are reserved and charged by
// themselves, and that the reply reports their sum.
func TestChargeEachCall(t *testing.T) {
	server, book := llmtest.New(t), &purse{}
	wrong := usage(1000, 100)
	wrong.Content = `{"summary":[],"topics":[]}`
	wrong.CachedTokens = 800
	right := usage(1200, 50)
	right.CachedTokens = 5000 // more than went in
	server.Enqueue(llmtest.Error(503, nil, ""), llmtest.Complete(wrong), llmtest.Complete(right))
	options := priced(server, book)
	options.MaxAttempts = 2
	reply := newEngine(t, options).Analyze(context.Background(), harbour())
	if server.Count() != 3 {
		t.Fatalf("%d calls, want 3", server.Count())
	}
	if want := (summarizer.Usage{InputTokens: 2200, CachedInputTokens: 2000, OutputTokens: 150, CostMicroUSD: 5900}); reply.Usage != want {
		t.Errorf("usage %v, want %v", reply.Usage, want)
	}
	want := []ledger.Spending{{}, {Tokens: 1100, MicroUSD: 3000}, {Tokens: 1250, MicroUSD: 2900}}
	if diff := cmp.Diff(want, book.settled); diff != "" {
		t.Errorf("charged (-want +got):\n%s", diff)
	}
}

// TestCachedInputPrice checks that tokens in are charged at the price of cached ones where
// the endpoint says that they were, and nowhere else.
func TestCachedInputPrice(t *testing.T) {
	server, book := llmtest.New(t), &purse{}
	cached := usage(1000, 100)
	cached.CachedTokens = 800
	server.Enqueue(llmtest.Complete(usage(1000, 100)), llmtest.Complete(cached))
	options := priced(server, book)
	options.Endpoints[0].CachedInputPrice = 0.5
	e := newEngine(t, options)
	for i, want := range []summarizer.Usage{
		{InputTokens: 1000, OutputTokens: 100, CostMicroUSD: 3000},
		{InputTokens: 1000, CachedInputTokens: 800, OutputTokens: 100, CostMicroUSD: 1800},
	} {
		if got := e.Analyze(context.Background(), harbour()).Usage; got != want {
			t.Errorf("call %d: usage %v, want %v", i+1, got, want)
		}
	}
	for want, endpoint := range map[string]llm.Endpoint{
		"cached_input_price": {Model: "m", InputPrice: 1, OutputPrice: 1, CachedInputPrice: 2},
		"free":               {Model: "m", Free: true, CachedInputPrice: 1},
		"prices must be":     {Model: "m", InputPrice: 1, OutputPrice: 1, CachedInputPrice: -1},
	} {
		if err := endpoint.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", endpoint, err, want)
		}
	}
}

// TestOverBudget checks that a call which is not paid for is not made, is told
// apart from other failures, and does not count against the endpoint.
func TestOverBudget(t *testing.T) {
	over := &ledger.OverBudgetError{
		Account: ledger.Account{Name: "client:desk", Limit: ledger.Spending{Tokens: 5000}},
		Day:     "2026-11-25",
	}
	server, book := llmtest.New(t), &purse{err: over}
	server.Default(llmtest.Obey())
	var log strings.Builder
	options := priced(server, book)
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
	book.err = nil
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

func (l *limited) Reserve(ctx context.Context, amount ledger.Spending, lifetime time.Duration, accounts ...ledger.Account) (*ledger.Reservation, error) {
	for _, account := range accounts {
		if !amount.Within(account.Limit) {
			return nil, &ledger.OverBudgetError{Account: account, Day: ledger.DayOf(time.Now())}
		}
	}
	return l.purse.Reserve(ctx, amount, lifetime, accounts...)
}

func TestBudgetAccounts(t *testing.T) {
	server, book := llmtest.New(t), &purse{}
	server.Default(llmtest.Obey())
	options := priced(server, book)
	options.Budget = llm.Budget{
		All:       ledger.Spending{Tokens: 3_000_000},
		PerClient: ledger.Spending{Tokens: 1_000_000, MicroUSD: 1},
	}
	engine := newEngine(t, options)
	for _, client := range []string{"desk", ""} {
		task := harbour()
		task.Client = client
		engine.Analyze(context.Background(), task)
		want := []ledger.Account{{Name: "all", Limit: options.Budget.All}, {Name: "client:" + client, Limit: options.Budget.PerClient}}
		if diff := cmp.Diff(want, book.accounts); diff != "" {
			t.Errorf("accounts of %q (-want +got):\n%s", client, diff)
		}
	}
}

func TestBudgetOptions(t *testing.T) {
	money := llm.Budget{PerClient: ledger.Spending{MicroUSD: 1}}
	base := llm.Endpoint{BaseURL: "http://localhost:1", Model: "m"}
	half, free, both := base, base, base
	half.InputPrice = 1
	free.Free = true
	both.Free, both.InputPrice = true, 1
	for _, tt := range []struct {
		name     string
		endpoint llm.Endpoint
		budget   llm.Budget
		ledger   ledger.Ledger
		want     string // in the error; empty when there is none
	}{
		{"no prices", base, money, &purse{}, "set the input price and the output price"},
		{"one price", half, money, &purse{}, "set the input price and the output price"},
		{"free", free, money, &purse{}, ""},
		{"free with a price", both, llm.Budget{}, nil, "leave one of both out"},
		{"no ledger", base, llm.Budget{All: ledger.Spending{Tokens: 1}}, nil, "needs a ledger"},
		{"negative", base, llm.Budget{All: ledger.Spending{Tokens: -1}}, &purse{}, "must not be negative"},
		{"tokens need no price", base, llm.Budget{All: ledger.Spending{Tokens: 1}}, &purse{}, ""},
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
