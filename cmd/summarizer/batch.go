package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/batch"
)

type batchCmd struct {
	Inputs      []string `arg:"" name:"input" help:"Files, directories or patterns: JSONL, CSV, TSV, Parquet, text, Markdown, HTML, WARC, WET, RSS and Atom, plain, compressed (gzip, zstd, bzip2) or in tar and zip archives. - is standard input."`
	Output      string   `name:"output" short:"o" required:"" help:"File of results; - is standard output." placeholder:"OUT" config:"-"`
	Overwrite   bool     `help:"Replace an output that exists." config:"-"`
	Concurrency int      `help:"Articles in flight. Default: as many as the engine takes." default:"0" placeholder:"N"`

	archiveFlags `group:"archive"`
	answerFlags  `group:"answer"`
	serviceFlags `group:"service"`
}

// Help implements kong.HelpProvider.
func (*batchCmd) Help() string {
	return `Examples:

    summarizer batch archive.jsonl -o results.jsonl
    zcat archive.jsonl.gz | summarizer batch - -o - --engine local | gzip > results.jsonl.gz

Every input row becomes one output row, in the order of the answers: {"id", "source": {"path", "member", "line"}, "status": "ok"|"error"|"skipped", "result", "error": {"code", "reason", "message"}}. Exit code: 0 when all went well, 1 for wrong flags, 2 when some rows failed, 3 when none could be done, 130 when interrupted; what was in flight is then finished and written, and a second signal stops at once.`
}

// Validate implements kong.Validatable.
func (c *batchCmd) Validate() error {
	_, err := archive.ParseFormat(c.InputFormat)
	if err != nil {
		err = fmt.Errorf("--input-format: %w", err)
	}
	return errors.Join(
		err,
		c.answerFlags.validate(),
		c.serviceFlags.validate(),
		between("concurrency", c.Concurrency, 0, 10_000),
	)
}

// Run runs the inputs into the output.
func (c *batchCmd) Run(env *environment, config *config) error {
	if err := c.checkOutput(); err != nil {
		return err
	}
	analyzer, err := openAnalyzer(env, config, &c.answerFlags, &c.serviceFlags)
	if err != nil {
		return err
	}
	defer analyzer.close()
	out, err := c.openOutput(env)
	if err != nil {
		return err
	}
	defer context.AfterFunc(env.ctx, func() {
		env.say("batch: interrupted: finishing what is in flight; a second signal stops at once")
	})()
	begin := time.Now()
	var skipped skipCounts
	counts, err := batch.Run(env.ctx, c.articles(env, &skipped), out, batch.Options{
		Analyzer:    analyzer,
		Request:     c.request(),
		Concurrency: cmp.Or(c.Concurrency, analyzer.concurrency),
		Progress:    func(counts batch.Counts) { env.say("batch: %s", tally(counts, time.Since(begin))) },
	})
	if closing := out.Close(); err == nil && closing != nil {
		err = fmt.Errorf("the output cannot be written: %w", closing)
	}
	for _, line := range skipped.lines() {
		env.say("batch: passed over: %s", line)
	}
	return c.finish(env, counts, time.Since(begin), err)
}

// articles passes on what the archives hold, and says on standard error which
// files cannot be read.
func (c *batchCmd) articles(env *environment, skipped *skipCounts) func(func(*archive.Article, error) bool) {
	return func(yield func(*archive.Article, error) bool) {
		options := c.options(env)
		options.Skipped = skipped.add
		for a, err := range archive.Files(c.Inputs, options) {
			var unread *archive.Error
			if errors.As(err, &unread) && unread.Reason == archive.InputUnreadable {
				env.say("%v", err)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// finish prints the closing line and chooses the exit code.
func (c *batchCmd) finish(env *environment, counts batch.Counts, took time.Duration, err error) error {
	line := tally(counts, took)
	switch {
	case errors.Is(err, context.Canceled):
		return &exitError{exitInterrupted, fmt.Errorf("batch: interrupted: %s", line)}
	case err != nil:
		return &exitError{exitNothingDone, fmt.Errorf("batch: %w", err)}
	}
	env.say("batch: done: %s", line)
	switch {
	case counts.Failed == 0:
		return nil
	case counts.OK == 0:
		return &exitError{code: exitNothingDone}
	}
	return &exitError{code: exitSomeFailed}
}

// tally is a line about what became of the rows so far.
func tally(c batch.Counts, took time.Duration) string {
	line := fmt.Sprintf("%d rows in %s (%.1f/s): %d ok, %d failed", c.Rows(), took.Round(time.Millisecond),
		float64(c.Rows())/max(took.Seconds(), 1e-3), c.OK, c.Failed)
	if c.Skipped > 0 {
		line += fmt.Sprintf(", %d skipped", c.Skipped)
	}
	var by []string
	for _, source := range []struct {
		count int64
		name  string
	}{{c.LLM, "LLM"}, {c.Cache, "cache"}, {c.Stale, "stale cache"}, {c.Local, "local engine"}} {
		if source.count > 0 {
			by = append(by, fmt.Sprintf("%d %s", source.count, source.name))
		}
	}
	if len(by) > 0 {
		line += "; by " + strings.Join(by, ", ")
	}
	if c.Degraded > 0 {
		line += fmt.Sprintf("; %d degraded", c.Degraded)
	}
	if c.InputTokens+c.OutputTokens > 0 {
		line += fmt.Sprintf("; %d tokens in, %d out", c.InputTokens, c.OutputTokens)
	}
	if c.CostMicroUSD > 0 {
		line += fmt.Sprintf("; $%.4f", float64(c.CostMicroUSD)/1e6)
	}
	return line
}

// checkOutput refuses, before any work, an output that is in the way. What is no
// regular file, such as a pipe, never is.
func (c *batchCmd) checkOutput() error {
	if c.Output == archive.Stdin {
		return nil
	}
	existing, err := os.Stat(c.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the output %s: %s", c.Output, archive.Describe(err))
	case existing.IsDir():
		return fmt.Errorf("the output %s is a directory: name a file", c.Output)
	case !existing.Mode().IsRegular():
		return nil
	}
	for _, input := range c.Inputs {
		if in, err := os.Stat(input); err == nil && os.SameFile(in, existing) {
			return fmt.Errorf("the output %s is also an input: name another file", c.Output)
		}
	}
	if !c.Overwrite {
		return fmt.Errorf("the output %s exists: name another file, or replace it with --overwrite", c.Output)
	}
	return nil
}

func (c *batchCmd) openOutput(env *environment) (io.WriteCloser, error) {
	if c.Output == archive.Stdin {
		return keepOpen{env.stdout}, nil
	}
	file, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the output %s: %s", c.Output, archive.Describe(err))
	}
	return file, nil
}

// keepOpen is a writer that somebody else closes.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }
