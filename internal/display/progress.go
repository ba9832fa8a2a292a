package display

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/seed-59202292/summarizer/internal/batch"
)

// Progress shows how far a run is: a bar on a terminal, else a line every ten
// seconds.
type Progress struct {
	options  ProgressOptions
	started  time.Time
	interval time.Duration
	bar      *progressbar.ProgressBar // nil: lines
	last     batch.Counts
}

// ProgressOptions say where a Progress is shown, and how far the run is.
type ProgressOptions struct {
	Out      io.Writer            // for a bar and the closing table
	Terminal bool                 // Out is a terminal that can be drawn on
	Say      func(string, ...any) // prints a line

	Size int64        // bytes of the inputs as they are stored; 0 when that is not known
	Read func() int64 // bytes that have been read of them
}

// NewProgress returns the progress of a run that starts at once.
func NewProgress(options ProgressOptions) *Progress {
	p := &Progress{options: options, started: time.Now(), interval: 10 * time.Second}
	if !options.Terminal {
		return p
	}
	total := options.Size
	if total == 0 {
		total = -1 // a spinner
	}
	p.interval = 200 * time.Millisecond
	p.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(options.Out),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(24),
		progressbar.OptionThrottle(p.interval),
	)
	return p
}

// File returns the file that out is, or that it wraps; nil for none.
func File(out io.Writer) *os.File {
	if wrapper, ok := out.(interface{ Unwrap() io.Writer }); ok {
		out = wrapper.Unwrap()
	}
	file, _ := out.(*os.File)
	return file
}

// IsTerminal reports whether out is a terminal.
func IsTerminal(out io.Writer) bool {
	file := File(out)
	return file != nil && term.IsTerminal(int(file.Fd()))
}

// Interval is how often Update is worth a call.
func (p *Progress) Interval() time.Duration { return p.interval }

func (p *Progress) elapsed() time.Duration { return time.Since(p.started) }

// Update shows the counts so far.
func (p *Progress) Update(counts batch.Counts) {
	rows := counts.Rows()
	switch {
	case p.bar != nil:
		p.bar.Describe(fmt.Sprintf("%d rows, %.0f/s, %d failed%s", rows, perSecond(counts, p.elapsed()), counts.Failed, costSuffix(counts)))
		_ = p.bar.Set64(p.options.Read())
	case p.elapsed() >= p.interval && rows != p.last.Rows():
		p.options.Say("%s%s", p.Line(counts), p.timeLeft())
	}
	p.last = counts
}

// Line says what became of the rows so far.
func (p *Progress) Line(c batch.Counts) string {
	took := p.elapsed()
	return fmt.Sprintf("%d rows in %s (%.1f/s): %v", c.Rows(), took.Round(time.Millisecond), perSecond(c, took), &c)
}

func perSecond(c batch.Counts, took time.Duration) float64 {
	return float64(c.Rows()) / max(took.Seconds(), 1e-3)
}

// timeLeft says when the run will be over, going by the bytes that are read.
func (p *Progress) timeLeft() string {
	stored := p.options.Read()
	if p.options.Size == 0 || stored == 0 {
		return ""
	}
	share := min(float64(stored)/float64(p.options.Size), 1)
	if share == 1 {
		return "; all is read"
	}
	left := time.Duration(float64(p.elapsed()) * (1 - share) / share)
	return fmt.Sprintf("; %.0f %% read, about %s left", 100*share, left.Round(time.Second))
}

// Close leaves the bar where the run has ended: where it has ended early, as it is.
func (p *Progress) Close(ended bool) {
	switch {
	case p.bar == nil:
		return
	case ended:
		_ = p.bar.Finish()
	}
	fmt.Fprintln(p.options.Out)
}

// Totals says what became of the rows: in a table on a terminal, else in a line.
func (p *Progress) Totals(c batch.Counts) {
	took := p.elapsed()
	if p.bar == nil {
		p.options.Say("done: %s", p.Line(c))
		return
	}
	table := tabwriter.NewWriter(p.options.Out, 0, 0, 2, ' ', 0)
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
