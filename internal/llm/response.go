package llm

import (
	"context"
	"errors"
	"math"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/llm/modelserver"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// completion is the result of a call.
type completion struct {
	content string
	usage   summarizer.Usage
	fault   *prompt.AnswerFault // set when the model ended without a usable answer
	cut     bool                // the answer ended at its maximum length

	onlyReasoned bool // there is reasoning, and no answer

	// The model and finish reason that the endpoint reports; not to be trusted.
	model, finish string

	called bool // false when no call was made
	began  time.Time
	took   time.Duration

	clamped bool // the endpoint said that it used more than it can have, or less than nothing

	// accepted says that the endpoint got the request and did not refuse it.
	accepted bool
}

// complete makes one call.
func (ep *endpoint) complete(ctx context.Context, r *modelRequest) (completion, *callFailure) {
	call, cancel := context.WithTimeout(ctx, ep.Timeout)
	defer cancel()
	seen := exchange{asked: r, request: r.body(ep.Model)}
	_, err := ep.client.CreateChatCompletion(withExchange(call, &seen), openai.ChatCompletionRequest{Model: ep.Model})
	return ep.read(ctx, call, &seen, err)
}

// read makes a completion of the response to a request, or says why there is none.
func (ep *endpoint) read(caller, call context.Context, seen *exchange, err error) (completion, *callFailure) {
	answer := completion{accepted: seen.accepted()}
	got, asked := &seen.answer, seen.asked
	answer.clampUsage(ep, got, int(seen.bytes)+templateTokens, asked.OutputTokens)
	answer.model, answer.finish = got.Model, got.Finish
	switch {
	case errors.Is(err, errOversize) && caller.Err() == nil:
		answer.fault = prompt.FaultTooLarge
		return answer, nil
	case err != nil:
		return answer.orFailure(classify(caller, call, seen, err))
	case got.Fault != nil:
		if e := modelserver.ReadError(http.StatusOK, got.Fault, asked.sent()); !e.Empty() {
			return answer.orFailure(classifyError(e))
		}
	}
	if !got.Chosen {
		return answer, notCompletion()
	}
	return answer.judge(got)
}

// clampUsage takes over the usage that the endpoint reports, up to the possible maximum: an
// endpoint may report anything. The maximum is a token for each byte that was sent, the
// tokens of a chat template, and the output that was allowed. Budgets, rate limits, metrics
// and replies count the clamped usage.
func (c *completion) clampUsage(ep *endpoint, got *modelserver.Answer, maxInput, maxOutput int) {
	within := func(tokens float64, most int) int {
		believed := 0
		if tokens > 0 { // a number, too
			believed = int(min(tokens, float64(most)))
		}
		c.clamped = c.clamped || float64(believed) != math.Trunc(tokens) // also where tokens is no number
		return believed
	}
	in := within(got.InputTokens, maxInput)
	c.usage = ep.usage(in, within(got.CachedTokens, in), within(got.OutputTokens, maxOutput))
}

// orFailure returns f, or an answer without content where f says that the model wrote
// no JSON: it is repaired like any other bad answer.
func (c completion) orFailure(f *callFailure) (completion, *callFailure) {
	switch {
	case f.kind != FailureAnswer:
		return c, f
	case f.cut:
		c.cut, c.fault = true, prompt.FaultTruncated
	default:
		c.fault = prompt.FaultNotJSON
	}
	return c, nil
}

// usage returns tokens with their cost; cached is the part of in that the endpoint had
// cached. A dollar per million tokens is a micro-dollar per token; fractions are rounded up.
func (ep *endpoint) usage(in, cached, out int) summarizer.Usage {
	p := ep.prices(ep.inBatches)
	cost := float64(in-cached)*p.input + float64(cached)*p.cached + float64(out)*p.output
	return summarizer.Usage{
		InputTokens:       in,
		CachedInputTokens: cached,
		OutputTokens:      out,
		CostMicroUSD:      int64(math.Ceil(cost)),
	}
}

// judge returns the outcome of the answer.
func (c completion) judge(a *modelserver.Answer) (completion, *callFailure) {
	finish := strings.ToLower(a.Finish)
	switch {
	case filteredFinish.MatchString(finish), strings.TrimSpace(a.Refusal) != "":
		return c, refused(nil)
	case len(a.Calls) == 1 && !strings.Contains(a.Content, "{"):
		c.content = a.Calls[0]
	case strings.TrimSpace(a.Content) == "" && strings.Contains(a.Reasoning, "{"):
		c.content = a.Reasoning
	default:
		c.content = a.Content
	}
	c.cut = cutFinish.MatchString(finish)
	c.onlyReasoned = strings.TrimSpace(c.content) == "" && strings.TrimSpace(a.Reasoning) != ""
	object := modelserver.Object(c.content)
	switch {
	case refuses(c.content, object):
		return c, refused(nil)
	case object != nil:
		return c, nil
	case failedFinish.MatchString(finish):
		return c, unavailable(FailureServer, errors.New("the endpoint ended the answer with an error"))
	case windowFinish.MatchString(finish):
		return c, overflowed(errors.New("the context window ended before the answer"))
	case c.cut:
		c.fault = prompt.FaultTruncated
	case len(a.Calls) > 0:
		c.fault = prompt.FaultToolCall
	case strings.TrimSpace(c.content) == "":
		c.fault = prompt.FaultEmpty
	}
	return c, nil
}

// The ends of answers, by their meaning, whatever a server calls them.
var (
	filteredFinish = regexp.MustCompile(`content[_-]?filter|safety|toxic|harm|prohibited|recitation|block|spii|refus|guardrail|sensitive|moderat|polic|violat|censor|black_?list|unsafe|inappropriate`)
	windowFinish   = regexp.MustCompile(`context_window|context_length|model_length`)
	cutFinish      = regexp.MustCompile(`length|max_?(?:output_?|completion_?)?tokens`)
	failedFinish   = regexp.MustCompile(`error|abort|cancel|fail|timeout|overload|insufficient`)
)

// excuse matches an answer in which a model refuses in prose: one that begins with an
// apology, or has a clause that begins with a refusal.
var excuse = regexp.MustCompile(`(?i)^\W*(?:(?:unfortunately|regrettably|no),? )?(?:` + strings.Join([]string{
	`i['’]?(?: a)?m (?:very |so |really )?sorry`, `sorry`, `(?:i|my) apolog(?:i[sz]e|ies)`, `as an ai`, `i['’]?(?: a)?m not (?:comfortable|going|allowed|permitted)`,
	`es tut mir leid`, `entschuldigung`, `leider kann ich`, `(?:je suis |nous sommes )?désolée?s?`, `je ne peux pas`, `lo siento`, `no puedo`,
	`mi dispiace`, `non posso`, `desculpe`, `sinto muito`, `lamento`, `não posso`, `het spijt me`, `helaas kan ik`, `przykro mi`, `przepraszam`,
	`к сожалению`, `извините`, `üzgünüm`,
}, "|") + `)(?:[^\pL]|$)|^\W*(?:(?:很|非常)?抱歉|对不起|對不起|我无法|我不能|申し訳|죄송|عذر|آسف|لا يمكنني)|` +
	`(?:^\W*|[.!,;:] (?:so |but |and |therefore,? |unfortunately,? )?)i(?: must| have to| will have to)?(?:['’]d rather not| (?:respectfully )?(?:cannot|can['’]?t|can not|won['’]?t|will not|decline|refuse)| am unable| am not able|['’]m unable|['’]m not able)\b`)

// maxExcuse is the length up to which prose is taken for a refusal.
const maxExcuse = 400

// refuses reports whether an answer is a refusal: in prose, or as the one thing that its
// object holds.
func refuses(content string, object jsontext.Value) bool {
	if object == nil {
		content = modelserver.AfterReasoning(content)
	}
	for value := object; value != nil; {
		var members map[string]jsontext.Value
		if len(value) > maxExcuse || value.Kind() != '{' || json.Unmarshal(value, &members, modelserver.Lenient) != nil || len(members) != 1 {
			return false
		}
		for _, value = range members {
			content = modelserver.Text(value)
		}
		if value.Kind() == '"' {
			break
		}
	}
	return len(content) <= maxExcuse && excuse.MatchString(content)
}
