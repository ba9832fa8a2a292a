package main

import (
	"errors"

	"github.com/seed-59202292/summarizer/internal/display"
	"github.com/seed-59202292/summarizer/internal/llm"
)

type llmCmd struct {
	Check llmCheckCmd `cmd:"" help:"Call each endpoint once and print the result."`
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
	stop := env.tellWait("llm check", "the language model "+c.modelNames(), "each endpoint at most its timeout (--llm-timeout)")
	checks := model.Check(env.ctx)
	stop()
	if env.ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New("llm check: interrupted")}
	}
	write := display.WriteChecks
	if c.JSON {
		write = display.WriteChecksJSON
	}
	if err := write(env.stdout, checks); err != nil {
		return err
	}
	for _, check := range checks {
		if check.Failure != "" {
			return &exitError{code: exitSomeFailed}
		}
	}
	return nil
}
