package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/seed-59202292/summarizer/internal/batch"
)

// progress shows how far a run is: a bar on a terminal, else a line every ten
// seconds. Both go to standard error.
type progress struct {
	env      *environment
	inputs   *inputs
	started  time.Time
	interval time.Duration
	bar      *progressbar.ProgressBar // nil: lines
	last     batch.Counts
}

func newProgress(env *environment, in *inputs) *progress {
	p := &progress{env: env, inputs: in, started: time.Now(), interval: 10 * time.Second}
	if !onTerminal(env) {
		return p
	}
	total := in.size
	if total == 0 {
		total = -1 // a spinner
	}
	p.interval = 200 * time.Millisecond
	p.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(env.stderr),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(24),
		progressbar.OptionThrottle(p.interval),
	)
	return p
}

// onTerminal reports whether standard error is a terminal that can be drawn on.
func onTerminal(env *environment) bool {
	locked, ok := env.stderr.(*lockedWriter)
	if !ok || env.getenv("TERM") == "dumb" {
		return false
	}
	file, ok := locked.w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (p *progress) elapsed() time.Duration { return time.Since(p.started) }

// update shows the counts so far.
func (p *progress) update(counts batch.Counts) {
	rows := counts.Rows()
	switch {
	case p.bar != nil:
		p.bar.Describe(fmt.Sprintf("%d rows, %.0f/s, %d failed%s", rows, perSecond(counts, p.elapsed()), counts.Failed, costSuffix(counts)))
		_ = p.bar.Set64(p.inputs.stored.Load())
	case p.elapsed() >= p.interval && rows != p.last.Rows():
		p.env.say("batch: %s%s", p.line(counts), p.timeLeft())
	}
	p.last = counts
}

// line says what became of the rows so far.
func (p *progress) line(c batch.Counts) string {
	took := p.elapsed()
	return fmt.Sprintf("%d rows in %s (%.1f/s): %v", c.Rows(), took.Round(time.Millisecond), perSecond(c, took), &c)
}

func perSecond(c batch.Counts, took time.Duration) float64 {
	return float64(c.Rows()) / max(took.Seconds(), 1e-3)
}

// timeLeft says when the run will be over, going by the bytes that are read.
func (p *progress) timeLeft() string {
	stored := p.inputs.stored.Load()
	if p.inputs.size == 0 || stored == 0 {
		return ""
	}
	share := min(float64(stored)/float64(p.inputs.size), 1)
	left := time.Duration(float64(p.elapsed()) * (1 - share) / share)
	return fmt.Sprintf("; %.0f %% read, about %s left", 100*share, left.Round(time.Second))
}

// close leaves the bar where the run has ended: where it has ended early, as it is.
func (p *progress) close(ended bool) {
	switch {
	case p.bar == nil:
		return
	case ended:
		_ = p.bar.Finish()
	}
	fmt.Fprintln(p.env.stderr)
}

// printTotals says what became of the rows: in a table on a terminal, else in a line.
func (p *progress) printTotals(c batch.Counts) {
	took := p.elapsed()
	if p.bar == nil {
		p.env.say("batch: done: %s", p.line(c))
		return
	}
	table := tabwriter.NewWriter(p.env.stderr, 0, 0, 2, ' ', 0)
	c.WriteTable(table)
	fmt.Fprintf(table, "time\t%s, %.1f rows/s\n", took.Round(time.Millisecond), perSecond(c, took))
	_ = table.Flush() // as with every word on standard error
}

func costSuffix(counts batch.Counts) string {
	if counts.CostMicroUSD == 0 {
		return ""
	}
	return fmt.Sprintf(", $%.2f", float64(counts.CostMicroUSD)/1e6)
}
