package llm

import (
	"cmp"
	"fmt"
	"io"
	"math"

	"github.com/seed-59202292/summarizer/internal/llm/prompt"
)

// Forecast is about what articles take of an endpoint that answers each of them well at
// once: repairs take more, and what a cache answers takes nothing.
type Forecast struct {
	Calls        int64
	InputTokens  int64
	PrefixTokens int64 // the part of InputTokens that all requests begin with: a provider may cache it
	OutputTokens int64
}

// answerTokens is the length of an ordinary answer.
const answerTokens = 500

// partAnswerTokens is the length of an ordinary summary of a part of an article.
const partAnswerTokens = 300

// Forecast estimates what an answer to text takes, from its length and for summary and
// topics of the default taxonomy. A text that exceeds the context window is read in parts.
func (e Endpoint) Forecast(text string) Forecast {
	e = e.WithDefaults()
	prefix, tokens := int64(prompt.DefaultTokens()+templateTokens), int64(prompt.EstimateTokens(text))
	f := Forecast{Calls: 1, InputTokens: prefix + tokens, PrefixTokens: prefix, OutputTokens: answerTokens}
	room := max(int64(e.ContextTokens)-promptTokens/2, minArticleTokens)
	if tokens <= room {
		return f
	}
	parts := min((tokens+room-1)/room, MaxParts)
	partPrefix := int64(prompt.RoleTokens() + templateTokens)
	tokens = min(tokens, parts*room)
	return Forecast{
		Calls:        parts + 1,
		InputTokens:  tokens + parts*(partPrefix+partAnswerTokens) + prefix,
		PrefixTokens: parts*partPrefix + prefix,
		OutputTokens: parts*partAnswerTokens + answerTokens,
	}
}

// Plus returns the sum of f and other.
func (f Forecast) Plus(other Forecast) Forecast {
	return Forecast{
		Calls:        f.Calls + other.Calls,
		InputTokens:  f.InputTokens + other.InputTokens,
		PrefixTokens: f.PrefixTokens + other.PrefixTokens,
		OutputTokens: f.OutputTokens + other.OutputTokens,
	}
}

// Cost returns the cost of f in US dollars at the prices of e: of calls, or of requests in
// batches, and where the endpoint caches what all requests begin with. 0 means that the
// prices are not known, or that it is free.
func (f Forecast) Cost(e Endpoint, batch, cached bool) float64 {
	p := e.prices(batch)
	prefix := 0.0
	if cached {
		prefix = float64(f.PrefixTokens)
	}
	return ((float64(f.InputTokens)-prefix)*p.input + prefix*p.cached + float64(f.OutputTokens)*p.output) / 1e6
}

// prices are US dollars per million tokens.
type prices struct{ input, cached, output float64 }

// batchDiscount is what providers take for requests in batches, as a share of the price of
// calls.
const batchDiscount = 0.5

// prices returns the prices of calls, or of requests in batches. The discount of a batch
// applies to cached tokens, too.
func (e Endpoint) prices(batch bool) prices {
	p := prices{e.InputPrice, cmp.Or(e.CachedInputPrice, e.InputPrice), e.OutputPrice}
	if !batch {
		return p
	}
	input := cmp.Or(e.BatchInputPrice, batchDiscount*e.InputPrice)
	if p.input > 0 {
		p.cached *= input / p.input
	}
	return prices{input, p.cached, cmp.Or(e.BatchOutputPrice, batchDiscount*e.OutputPrice)}
}

// WriteRows writes what f would take of e, as rows of two columns that a tab separates.
func (f Forecast) WriteRows(table io.Writer, e Endpoint) {
	fmt.Fprintf(table, "%s: calls, about\t%d\n", e.Name, f.Calls)
	fmt.Fprintf(table, "%s: tokens in, out, about\t%d, %d\n", e.Name, f.InputTokens, f.OutputTokens)
	for _, way := range []struct {
		name          string
		batch, cached bool
	}{
		{"online", false, false},
		{"online, prompts cached", false, true},
		{"by batch", true, false},
		{"by batch, prompts cached", true, true},
	} {
		if cost := f.Cost(e, way.batch, way.cached); cost > 0 && (!way.cached || e.CachedInputPrice > 0) {
			digits := 2
			if cost < 1 {
				digits = 4
			}
			unit := math.Pow10(digits)
			fmt.Fprintf(table, "%s: cost %s, about\t$%.*f\n", e.Name, way.name, digits, math.Ceil(cost*unit)/unit)
		}
	}
}
