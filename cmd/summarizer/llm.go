package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm"
)

type llmCmd struct {
	Check llmCheckCmd `cmd:"" help:"Call each endpoint once and print what works."`
}

type llmCheckCmd struct {
	JSON     bool `name:"json" help:"Print JSON." config:"-"`
	llmFlags `group:"llm"`
}

// Help implements kong.HelpProvider.
func (*llmCheckCmd) Help() string {
	return `Sends an invented article of three sentences to each endpoint that is configured, about 1,000 tokens each, and prints whether it is reachable, takes the key and answers in JSON, how long that took and what it cost. Nothing is retried, stored, or charged to a budget. Exit code 0: all endpoints work; 2: some do not; 1: there is nothing to check; 130: interrupted.`
}

// Validate implements kong.Validatable.
func (c *llmCheckCmd) Validate() error { return c.validate() }

// Run checks the endpoints.
func (c *llmCheckCmd) Run(env *environment) error {
	endpoints, err := c.modelEndpoints(env)
	if err != nil {
		return err
	}
	if len(endpoints) == 0 {
		return errors.New("no language model is configured: name one with --llm-model, or list endpoints under llm.endpoints in the file of --config")
	}
	model, err := llm.New(llm.Options{Endpoints: endpoints})
	if err != nil {
		return err
	}
	defer model.Close()
	checks := model.Check(env.ctx)
	if env.ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New("llm check: interrupted")}
	}
	if c.JSON {
		err = printChecksJSON(env, checks)
	} else {
		err = printChecks(env, checks)
	}
	if err != nil {
		return err
	}
	for _, check := range checks {
		if check.Failure != "" {
			return &exitError{code: exitSomeFailed}
		}
	}
	return nil
}

// hints says for each kind of failure what to do about it.
var hints = map[llm.FailureKind]string{
	llm.FailureName:     "check the host in the base URL, and the name service of this machine",
	llm.FailureConnect:  "start the server, or check host and port of the base URL, firewall and proxy",
	llm.FailureTLS:      "give the endpoint a certificate that this machine trusts, or add its authority to the system's (SSL_CERT_FILE)",
	llm.FailureTimeout:  "raise the timeout (--llm-timeout, or timeout of the endpoint), or use a faster model; a model that is loaded on demand may be ready at the next check",
	llm.FailureKey:      "set the key that belongs to this endpoint: OPENAI_API_KEY or --llm-api-key-file, or api_key_env or api_key_file of the endpoint",
	llm.FailureRights:   "the key is known but may not use this model: give it the right, or name another model",
	llm.FailureNotFound: "check the name of the model, and that the base URL is the one above /chat/completions, such as https://api.openai.com/v1",
	llm.FailureRate:     "wait, or have the limit raised; requests_per_minute of the endpoint keeps calls below a limit",
	llm.FailureCredit:   "top up the account, or check its billing and spending limit",
	llm.FailureServer:   "the server is there but fails: look at its log or status page, and check again later",
	llm.FailureRequest:  "the server does not take this request: check that it serves chat completions for this model",
	llm.FailureFormat:   "set structured_output of the endpoint to auto or to prompt",
	llm.FailureProtocol: "something other than an OpenAI-compatible API answers: check the base URL, its path, and http or https",
	llm.FailureWindow:   "set the context window (--llm-context-tokens, or context_tokens of the endpoint) to what the model has, or use a larger model",
	llm.FailureRefusal:  "a harmless article was refused: check the content filter of the account, or use another model",
	llm.FailureAnswer:   "the model does not follow its instructions: use a more capable one, or another structured_output",
}

// printChecks prints a table, and below it what is wrong.
func printChecks(env *environment, checks []llm.Check) error {
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
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
			fmt.Fprintf(env.stdout, "\n%s: does not know %s; asked in a simpler way\n", article.Printable(c.Endpoint), joined(c.Refused))
		}
		if len(c.Changes) > 0 {
			fmt.Fprintf(env.stdout, "\n%s: takes requests with these changes only: %s\n", article.Printable(c.Endpoint), strings.Join(c.Changes, ", "))
		}
		if c.Failure != "" {
			fmt.Fprintf(env.stdout, "\n%s: %s (%s)\n", article.Printable(c.Endpoint), article.Printable(c.Detail), c.BaseURL)
			if c.Reason != "" {
				fmt.Fprintf(env.stdout, "  the server says: %s\n", article.Printable(c.Reason))
			}
			fmt.Fprintf(env.stdout, "  %s\n", hints[c.Failure])
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

func joined(modes []llm.StructuredOutput) string {
	names := make([]string, len(modes))
	for i, mode := range modes {
		names[i] = string(mode)
	}
	return strings.Join(names, " and ")
}

// endpointCheck is a line of JSON.
type endpointCheck struct {
	llm.Check
	OK            bool     `json:"ok"`
	LatencyMillis int64    `json:"latencyMillis"`
	InputTokens   int      `json:"inputTokens"`
	OutputTokens  int      `json:"outputTokens"`
	CostUSD       *float64 `json:"costUsd,omitempty"` // absent when no price is set
	Hint          string   `json:"hint,omitempty"`
}

// printChecksJSON prints a line for each endpoint.
func printChecksJSON(env *environment, checks []llm.Check) error {
	encoder := json.NewEncoder(env.stdout)
	encoder.SetEscapeHTML(false)
	for _, c := range checks {
		line := endpointCheck{
			Check: c, OK: c.Failure == "", LatencyMillis: c.Took.Milliseconds(),
			InputTokens: c.Usage.InputTokens, OutputTokens: c.Usage.OutputTokens, Hint: hints[c.Failure],
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
