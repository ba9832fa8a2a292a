package main

import (
	"cmp"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/seed-59202292/summarizer/internal/llm"
)

// dryRun reads the inputs as a run would and prints their content and what a
// language model would cost, which nothing is sent to.
func (c *batchCmd) dryRun(env *environment) error {
	in := c.newInputs(env)
	var articles, unreadable, bytes int64
	models := c.models()
	forecasts := make([]llm.Forecast, len(models))
	for a, err := range in.articles() {
		if env.ctx.Err() != nil {
			return &exitError{exitInterrupted, errors.New("batch: interrupted")}
		}
		if err != nil {
			unreadable++
			continue
		}
		articles++
		text := cmp.Or(a.Text, a.HTML)
		bytes += int64(len(text))
		for i, model := range models {
			forecasts[i] = forecasts[i].Plus(model.Forecast(text))
		}
		if c.Limit > 0 && articles+unreadable >= c.Limit {
			break
		}
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "articles\t%d\n", articles)
	fmt.Fprintf(table, "cannot be read\t%d\n", unreadable)
	fmt.Fprintf(table, "bytes of text\t%d\n", bytes)
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
	switch {
	case articles == 0 && unreadable > 0:
		return &exitError{code: exitNothingDone}
	case in.skipped.Refused() > 0:
		return &exitError{code: exitSomeFailed}
	}
	return nil
}
