package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/llm"
)

// dryRun reads the inputs as a run would and prints their content and what a
// language model would cost, which nothing is sent to.
func (c *batchCmd) dryRun(env *environment) error {
	in, models := c.newInputs(env), c.models()
	forecasts := make([]llm.Forecast, len(models))
	content, err := batch.DryRun(env.ctx, in.articles(), c.Limit, func(text string) {
		for i, model := range models {
			forecasts[i] = forecasts[i].Plus(model.Forecast(text))
		}
	})
	if err != nil {
		return &exitError{exitInterrupted, errors.New("batch: interrupted")}
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	content.WriteTable(table)
	fmt.Fprintf(table, "bytes stored\t%d\n", in.stored.Load())
	for _, line := range in.skipped.Lines() {
		fmt.Fprintf(table, "passed over\t%s\n", line)
	}
	for i, model := range models {
		forecasts[i].WriteRows(table, model)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, reason := range content.Reasons {
		env.say("batch: %v", reason)
	}
	empty := in.skipped.Refused() // none of them has failed
	return exitOf(int(content.Failing()+empty), int(content.Articles+content.Withdrawn+empty))
}
