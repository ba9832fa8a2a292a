package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/display"
	"github.com/seed-59202292/summarizer/internal/llm/batchapi"
)

type batchCmd struct {
	Inputs       []string      `arg:"" name:"input" help:"Files, directories or patterns: JSON, JSONL, CSV, TSV, Parquet, text, Markdown, HTML, WARC, WET, RSS, Atom, ninjs and NewsML-G2, plain, compressed (gzip, zstd, bzip2, xz) or in tar and zip archives. - is standard input."`
	Output       string        `name:"output" short:"o" help:"File of results; - is standard output. The name gives the form: .csv, .parquet, .ninjs, else JSONL." placeholder:"OUT" config:"-"`
	OutputFormat string        `help:"Form of the results: auto, jsonl, csv, parquet, or ninjs (News in JSON 3.1)." enum:"auto,jsonl,csv,parquet,ninjs" default:"auto"`
	Resume       bool          `help:"Continue an existing output: articles with a result are skipped, errors are retried. Without an output, begin." config:"-"`
	Retry        bool          `name:"retry-degraded" help:"With --resume, ask again for articles whose answer is degraded." config:"-"`
	Force        bool          `help:"Resume even if the output was made with other options." config:"-"`
	Overwrite    bool          `help:"Replace an output that exists." config:"-"`
	Ordered      bool          `help:"Keep the order of the inputs."`
	DryRun       bool          `help:"Read the inputs and print their content and cost; analyze nothing." config:"-"`
	Limit        int64         `help:"Stop after this many articles; 0 means all." default:"0" placeholder:"N" min:"0"`
	Shard        string        `help:"Process part I of N of the inputs, such as 1/8, for jobs side by side with an output each." placeholder:"I/N"`
	Concurrency  int           `help:"Maximum concurrent articles. Default: as many as the engine takes, measured during the run with --addr; 1000 with workers." default:"0" placeholder:"N" min:"0" max:"10000"`
	Rate         float64       `help:"Maximum articles a second; 0 means no limit." default:"0" placeholder:"R" min:"0"`
	MaxErrors    int64         `help:"Stop after this many failed articles; 0 means no limit." default:"0" placeholder:"N" min:"0"`
	MaxUSD       float64       `name:"max-usd" help:"Stop before this run costs more than this many US dollars; needs prices. 0 means no limit." default:"0" placeholder:"USD"`
	Report       string        `help:"Draw the run as an HTML page: sources of answers, failures, cost by day and endpoint, throughput." placeholder:"FILE" config:"-"`
	RetryFor     time.Duration `help:"How long to retry an article when the engine or server is overloaded." std:"offer_for" min:"0s"`

	archiveFlags `group:"archive"`
	deferFlags   `group:"defer"`
	answerFlags  `group:"answer"`
	serviceFlags `group:"service"`
}

// Help implements kong.HelpProvider.
func (*batchCmd) Help() string {
	return `Examples:

    summarizer batch archive.jsonl -o results.jsonl
    summarizer batch crawl/*.warc.gz pages.zip -o results.parquet --resume
    zcat archive.jsonl.gz | summarizer batch - -o - --engine local | gzip > results.jsonl.gz

Every article becomes one row: {"id", "source": {"path", "member", "line"}, "digest", "status": "ok"|"error"|"skipped", "title", "url", "published", "language", "subjects", "story", "result", "error": {"code", "reason", "message"}}. Rows come in the order of the answers. Exit code: 0 when all went well, 1 for wrong flags, 2 when some articles failed, an input is empty or --max-usd is reached, 3 when none could be done or the run could not continue, 130 when interrupted: running articles are then finished and written, and a second signal stops at once. OUT.state beside an output records its options for --resume.`
}

// Validate implements kong.Validatable.
func (c *batchCmd) Validate() error {
	return errors.Join(
		c.archiveFlags.validate(),
		c.serviceFlags.validate(),
		c.validateOutput(),
		c.validateInputs(),
		c.validateShard(),
		usdWithin("max-usd", c.MaxUSD),
		c.deferFlags.validate(),
	)
}

func (c *batchCmd) validateOutput() error {
	if _, err := batch.FormOf(c.Output, c.OutputFormat); err != nil {
		return fmt.Errorf("--output is %s: %w", c.Output, err)
	}
	switch {
	case c.Output == "" && !c.DryRun:
		return errors.New("--output is missing: name the file of results, or - for standard output")
	case c.Resume && c.Overwrite:
		return errors.New("--resume and --overwrite exclude each other")
	case c.Report != "" && (c.DryRun || c.Output == archive.Stdin):
		return errors.New("--report reads the file of results: name one with --output in place of standard output, and leave out --dry-run")
	case (c.Force || c.Retry) && !c.Resume:
		return errors.New("--force and --retry-degraded go with --resume")
	case c.Output != archive.Stdin:
		return nil
	case c.Resume:
		return errors.New("--resume needs a file of results: standard output cannot be resumed")
	case c.form() != batch.FormJSONL:
		return errors.New("--output-format: standard output takes jsonl only; name a file")
	}
	return nil
}

// validateInputs refuses an input that is named twice: each article has one row.
func (c *batchCmd) validateInputs() error {
	seen := make(map[string]bool)
	for _, input := range c.Inputs {
		if path := filepath.Clean(input); seen[path] {
			return fmt.Errorf("the input %s is named twice: name it once", input)
		} else {
			seen[path] = true
		}
	}
	return nil
}

func (c *batchCmd) validateShard() error {
	if _, err := archive.ParseShard(c.Shard); err != nil {
		return fmt.Errorf("--shard is %q: %w", c.Shard, err)
	}
	return nil
}

// form returns the form of an output that has been validated.
func (c *batchCmd) form() batch.Form {
	form, _ := batch.FormOf(c.Output, c.OutputFormat)
	return form
}

// Run runs the inputs into the output.
func (c *batchCmd) Run(env *environment, config *config) error {
	if err := env.checkInputs(c.Inputs, c.written(env)); err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(env)
	}
	defer raiseGCPercent(env)()
	if err := c.checkOutput(env); err != nil {
		return err
	}
	session, err := c.openSession(env)
	if err != nil {
		return err
	}
	if session != nil {
		defer session.Close()
	}
	backend, err := c.openBackend(env, config)
	if err != nil {
		return err
	}
	defer backend.close()
	run := &archiveRun{batchCmd: c, env: env, backend: backend, left: c.Limit}
	if run.out, err = c.openSink(env, backend.identity, c.Resume, env.sayOf("batch")); err != nil {
		return err
	}
	defer context.AfterFunc(env.ctx, func() {
		env.say("batch: interrupted: finishing what is in flight; a second signal stops at once")
	})()
	run.inputs = c.newInputs(env)
	run.progress = display.NewProgress(display.ProgressOptions{
		Out: env.stderr, Terminal: env.terminal, Say: env.sayOf("batch"),
		Size: run.inputs.size, Read: func() int64 { return run.inputs.stored.Load() },
	})
	run.report = c.newReport()
	err = errors.Join(run.walks(session), run.report.write())
	run.progress.Close(err == nil)
	if closing := run.close(err == nil); closing != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = fmt.Errorf("the output cannot be written: %w", closing)
	}
	if backend.service != nil {
		run.counts.AddSample(batch.Sample(backend.service.Samples(env.ctx)))
	}
	for _, line := range run.inputs.skipped.Lines() {
		env.say("batch: passed over: %s", line)
	}
	for _, reason := range run.counts.Reasons {
		env.say("batch: %v", reason)
	}
	for _, r := range run.counts.Degradations {
		env.say("batch: %d degraded: %s", r.Count, backend.explain(r.Reason))
	}
	return c.finish(env, run.progress, run.inputs, run.kept, run.counts, err)
}

// archiveRun is the work on the inputs of a command line.
type archiveRun struct {
	*batchCmd
	env      *environment
	backend  *backend
	inputs   *inputs
	progress *display.Progress
	out      *batch.Sink // nil between two walks
	kept     int64       // rows of earlier runs that are done
	left     int64       // articles until --limit
	counts   batch.Counts
	report   *runReport
}

// walk goes over the inputs. Walks before the last leave unanswered articles and unreadable
// inputs to the next one.
func (r *archiveRun) walk(ctx context.Context, last bool) (err error) {
	if r.out == nil {
		r.inputs = r.newInputs(r.env)
		if r.out, err = r.openSink(r.env, r.backend.identity, true, func(string, ...any) {}); err != nil {
			return err
		}
	} else {
		r.kept = r.out.Kept()
	}
	if r.Limit > 0 && r.left == 0 {
		return nil
	}
	retryFor, before := r.RetryFor, r.counts
	if r.backend.retries || !last || r.callsNone() {
		retryFor = 0
	}
	counts, err := batch.Run(ctx, r.out.Pending(r.inputs.articles(), r.inputs.skipped.Add), r.out, batch.Options{
		Analyzer:    r.backend,
		Request:     r.request(),
		Concurrency: cmp.Or(r.Concurrency, r.backend.concurrency),
		Adaptive:    r.Concurrency == 0 && r.backend.adaptive,
		Ordered:     r.Ordered,
		Limit:       r.left,
		Rate:        r.Rate,
		MaxErrors:   r.MaxErrors,
		LeaveErrors: !last,
		RetryFor:    retryFor,
		Progress: func(counts batch.Counts) {
			counts.Add(before)
			r.progress.Update(counts)
			r.report.Sample(time.Since(r.report.Made), counts.Rows())
		},
		ProgressEvery: r.progress.Interval(),
	})
	r.counts.Add(counts)
	r.left = max(r.left-counts.Rows(), 0)
	if last {
		return err
	}
	out := r.out
	r.out = nil
	return cmp.Or(err, out.Leave())
}

// close ends the output. A table of a part, or with degraded rows, keeps its rows, so that a
// resumed run can do the rest.
func (r *archiveRun) close(ended bool) error {
	if r.out == nil {
		return nil
	}
	return r.out.Close(ended, r.Limit > 0, &r.counts, r.env.sayOf("batch"))
}

// batchGCPercent lets the heap grow further between collections than a server's:
// a run keeps little and allocates much.
const batchGCPercent = 400

// raiseGCPercent sets it, unless GOGC says otherwise. The function that it returns sets it
// back.
func raiseGCPercent(env *environment) (restore func()) {
	if env.environ.Get("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(batchGCPercent)
	return func() { debug.SetGCPercent(before) }
}

// finish prints the closing table or line and chooses the exit code. Kept is the number
// of rows of earlier runs that are done.
func (c *batchCmd) finish(env *environment, progress *display.Progress, inputs *inputs, kept int64, counts batch.Counts, err error) error {
	line := progress.Line(counts)
	var left *batchapi.LeftError
	switch {
	case errors.As(err, &left):
		return &exitError{exitSomeFailed, fmt.Errorf("batch: %w; until then: %s", left, line)}
	case errors.Is(err, context.Canceled):
		return &exitError{exitInterrupted, fmt.Errorf("batch: interrupted: %s%s", line, c.resumeHint())}
	case errors.Is(err, batch.ErrTooManyErrors):
		env.say("batch: stopped after --max-errors %d: %s%s", c.MaxErrors, line, c.resumeHint())
	case errors.Is(err, batch.ErrRunBudget):
		return &exitError{exitSomeFailed, fmt.Errorf("batch: stopped before --max-usd %v: %s%s; each call reserves its maximum cost, so raise the limit if none fits", c.MaxUSD, line, c.resumeHint())}
	case err != nil && counts.Rows() > 0:
		return &exitError{exitNothingDone, fmt.Errorf("batch: %w; until then: %s%s", err, line, c.resumeHint())}
	case err != nil:
		return &exitError{exitNothingDone, fmt.Errorf("batch: %w", err)}
	default:
		progress.Totals(counts)
	}
	switch {
	case counts.Failed == 0 && inputs.skipped.Refused() > 0:
		return &exitError{code: exitSomeFailed}
	case counts.Failed == 0:
		return nil
	case counts.OK+kept == 0:
		return &exitError{code: exitNothingDone}
	}
	return &exitError{code: exitSomeFailed}
}

// resumeHint says how a run that ended early is gone on with, where it can be.
func (c *batchCmd) resumeHint() string {
	if info, err := os.Stat(c.Output); c.Output == archive.Stdin || err == nil && !info.Mode().IsRegular() {
		return ""
	}
	return "; go on with --resume"
}

// outputFiles returns the output, and what stands beside it, of what exists.
func (c *batchCmd) outputFiles(env *environment) fileSet {
	if c.Output == "" || c.Output == archive.Stdin {
		return nil
	}
	return env.filesAt(append(batch.OutputFiles(c.Output, c.form()), c.Report)...)
}

// written returns the existing files that the run writes.
func (c *batchCmd) written(env *environment) fileSet {
	return append(c.outputFiles(env), env.redirected()...)
}

// checkReport refuses a report in the place of the output, or of an existing file without --overwrite.
func (c *batchCmd) checkReport(env *environment) error {
	existing, missing := os.Stat(c.Report)
	_, nowhere := os.Stat(filepath.Dir(c.Report))
	outputs := batch.OutputFiles(c.Output, c.form())
	switch {
	case c.Report == "":
		return nil
	case slices.ContainsFunc(outputs, func(path string) bool { return filepath.Clean(path) == filepath.Clean(c.Report) }),
		missing == nil && env.filesAt(outputs...).has(existing):
		return fmt.Errorf("--report %s is also another output: name another file", c.Report)
	case nowhere != nil, missing == nil && existing.IsDir():
		return fmt.Errorf("--report %s is not in a directory, or is one: name a file", c.Report)
	case missing == nil && existing.Mode().IsRegular() && !c.Overwrite && !c.Resume:
		return fmt.Errorf("--report %s exists: name another file, or replace it with --overwrite", c.Report)
	}
	return nil
}

// checkOutput refuses, before any work, an output that is in the way. A file
// that is not regular, such as a pipe, never is.
func (c *batchCmd) checkOutput(env *environment) error {
	if c.Output == archive.Stdin {
		return nil
	}
	if slices.ContainsFunc(c.outputFiles(env), env.redirected().has) {
		return fmt.Errorf("the output %s, or a file beside it, is also a standard stream of this run: name another file, or - for standard output", c.Output)
	}
	if err := c.checkReport(env); err != nil {
		return err
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
	if !c.Overwrite && !c.Resume {
		return fmt.Errorf("the output %s exists: name another file, continue it with --resume, or replace it with --overwrite", c.Output)
	}
	return nil
}

// openSink opens the output.
func (c *batchCmd) openSink(env *environment, engine string, resume bool, say func(string, ...any)) (*batch.Sink, error) {
	sink, err := batch.OpenSink(env.ctx, batch.JournalOptions{
		Path:          c.Output,
		Identity:      c.identity(engine),
		Resume:        resume,
		Force:         c.Force,
		Overwrite:     c.Overwrite && !resume,
		RetryDegraded: c.Retry,
		Ordered:       c.Ordered,
	}, c.form(), env.stdout, say)
	if errors.Is(err, context.Canceled) {
		err = &exitError{exitInterrupted, err}
	}
	return sink, err
}

// identity stands for all that a row depends on besides its article.
func (c *batchCmd) identity(engine string) string {
	options := []any{engine, c.InputFormat, c.fields(), c.Shard, c.Ordered}
	if c.Delimiter != "auto" {
		options = append(options, c.Delimiter)
	}
	return batch.Identity(c.request(), options...)
}
