package display

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm"
)

// failureHints names the way out of each kind of failure.
var failureHints = map[llm.FailureKind]string{
	llm.FailureName:     "check the host in the base URL, and the name service of this machine",
	llm.FailureConnect:  "start the server, or check host and port of the base URL, firewall and proxy",
	llm.FailureTLS:      "give the endpoint a certificate that this machine trusts, or add its authority to the system's (SSL_CERT_FILE)",
	llm.FailureTimeout:  "raise the timeout (--llm-timeout, or timeout of the endpoint), or use a faster model; a model that is loaded on demand may be ready at the next check",
	llm.FailureKey:      "set the key that belongs to this endpoint: OPENAI_API_KEY or --llm-api-key-file, or api_key_env or api_key_file of the endpoint",
	llm.FailureRights:   "the key is known but may not use this model: give it the right, or name another model",
	llm.FailureNotFound: "the server lists its models under /models of the right base URL",
	llm.FailureRate:     "wait, or have the limit raised; requests_per_minute of the endpoint keeps calls below a limit",
	llm.FailureCredit:   "top up the account, or check its billing and spending limit",
	llm.FailureServer:   "the server is there but fails: look at its log or status page, and check again later",
	llm.FailureRequest:  "the server does not take this request: check that it serves chat completions for this model",
	llm.FailureFormat:   "set structured_output of the endpoint to auto or to prompt",
	llm.FailureProtocol: "something other than an OpenAI-compatible API answers: check the base URL, its path, and http or https",
	llm.FailureWindow:   "set the context window (--llm-context-tokens, or context_tokens of the endpoint) to what the model has, or use a larger model",
	llm.FailureRefusal:  "a harmless article was refused: check the content filter of the account, or use another model",
	llm.FailureCut:      "the answer is too long: turn reasoning off or down at the server, or use another model",
	llm.FailureThinking: "turn the model's reasoning off or down at the server, or use a model without it",
	llm.FailureAnswer:   "the model does not follow its instructions: use a more capable one, or another structured_output",
}

// WriteChecks writes a table for people, and below it each fault with its way out.
func WriteChecks(out io.Writer, checks []llm.Check) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ENDPOINT\tMODEL\tREACHABLE\tKEY\tJSON BY\tLATENCY\tTOKENS\tCOST\tVERDICT")
	for _, c := range checks {
		latency, tokens := "-", "-"
		if c.Reachable {
			latency = c.Took.Round(time.Millisecond).String()
		}
		if c.Usage.InputTokens+c.Usage.OutputTokens > 0 {
			tokens = fmt.Sprintf("%d in, %d out", c.Usage.InputTokens, c.Usage.OutputTokens)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", article.Printable(c.Endpoint), article.Printable(c.Model),
			map[bool]string{true: "yes", false: "no"}[c.Reachable], cmp.Or(string(c.Auth), "-"),
			cmp.Or(string(c.StructuredOutput), "-"), latency, tokens, costOf(c), cmp.Or(string(c.Failure), "ok"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, c := range checks {
		if len(c.Refused) > 0 {
			fmt.Fprintf(out, "\n%s: does not know %s; asked in a simpler way\n", article.Printable(c.Endpoint), joinModes(c.Refused))
		}
		if len(c.Changes) > 0 {
			fmt.Fprintf(out, "\n%s: takes requests with these changes only: %s\n", article.Printable(c.Endpoint), strings.Join(c.Changes, ", "))
		}
		if c.Failure != "" {
			fmt.Fprintf(out, "\n%s: %s (%s)\n", article.Printable(c.Endpoint), article.Printable(c.Detail), c.BaseURL)
			if c.Reason != "" {
				fmt.Fprintf(out, "  the server says: %s\n", article.Printable(c.Reason))
			}
			fmt.Fprintf(out, "  %s\n", failureHints[c.Failure])
		}
	}
	return nil
}

func costOf(c llm.Check) string {
	switch {
	case c.Usage.InputTokens+c.Usage.OutputTokens == 0:
		return "-"
	case !c.Priced:
		return "no price set"
	}
	return fmt.Sprintf("$%.6f", float64(c.Usage.CostMicroUSD)/1e6)
}

func joinModes(modes []llm.StructuredOutput) string {
	names := make([]string, len(modes))
	for i, mode := range modes {
		names[i] = string(mode)
	}
	return strings.Join(names, " and ")
}

// CheckLine is a line of WriteChecksJSON.
type CheckLine struct {
	llm.Check
	OK            bool     `json:"ok"`
	LatencyMillis int64    `json:"latencyMillis"`
	InputTokens   int      `json:"inputTokens"`
	OutputTokens  int      `json:"outputTokens"`
	CostUSD       *float64 `json:"costUsd,omitempty"` // absent when no price is set
	Hint          string   `json:"hint,omitempty"`
}

// WriteChecksJSON writes an object a line for each endpoint.
func WriteChecksJSON(out io.Writer, checks []llm.Check) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, c := range checks {
		line := CheckLine{
			Check: c, OK: c.Failure == "", LatencyMillis: c.Took.Milliseconds(),
			InputTokens: c.Usage.InputTokens, OutputTokens: c.Usage.OutputTokens, Hint: failureHints[c.Failure],
		}
		if c.Priced {
			cost := float64(c.Usage.CostMicroUSD) / 1e6
			line.CostUSD = &cost
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
