package eval

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/seed-59202292/summarizer/internal/article"
)

//go:embed report.html
var page string

// pageTemplate is parsed on first use: no other command needs it.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"ms":     milliseconds,
		"points": func(v float64) string { return fmt.Sprintf("%.2f", 100*v) },
		"signed": func(v float64) string { return fmt.Sprintf("%+.2f", 100*v) },
		"metric": func(m Metric) string { return metricNames[m] },
		"other":  func() string { return otherConfidences },
		"join":   func(list []string) string { return strings.Join(list, ", ") },
		"fixed":  func(v float64) string { return fmt.Sprintf("%.3f", v) },
		"short":  func(v float64) string { return fmt.Sprintf("%.0f", v) },
		"usd":    func(v float64) string { return fmt.Sprintf("%.4f", v) },
		"open":   opening,
		"value":  func(p *float64) float64 { return *p },
	}).Parse(page))
})

// WriteHTML writes the report as one page that loads nothing: style and plots are
// in it, and there is no script. All text is escaped.
func (r *Report) WriteHTML(out io.Writer) error {
	return pageTemplate().Execute(out, r.pageData())
}

// pageData is the report as the page shows it: figures turned into places in plots.
type pageData struct {
	*Report
	Caption string
	Source  string // where the figures come from
	Notes   []string
	Shown   []shownSystem
	Quality []plotOfIntervals
	Differ  []plotOfIntervals
	Topics  *barPlot
	Curves  []curvePlot
	Latency *latencyPlot
	Lengths []histogram
	Tables  []qualityTable
}

// shownSystem is a system that there is anything to say of: lead is none where
// only topics are labelled.
type shownSystem struct {
	SystemReport
	Tone tone
}

// tone is the colour of a system in every plot: its number, or "r" for references.
type tone string

func toneOf(i int) tone { return tone(fmt.Sprint(i % 4)) }

// Plots are drawn in a space 320 wide, which a telephone shows without making the letters
// smaller; labels stand left of plotLeft.
const (
	plotLeft  = 100.0
	plotRight = 306.0
	rowHeight = 22.0
	plotTop   = 8.0
)

// scale maps values from low to high onto places from left to right.
type scale struct{ low, high, left, right float64 }

func (s scale) at(v float64) float64 {
	return round(s.left + (v-s.low)/(s.high-s.low)*(s.right-s.left))
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

// tick is a line of the grid.
type tick struct {
	At    float64
	Label string
}

// ticks returns about n round values of s.
func (s scale) ticks(n int, label func(float64) string) []tick {
	step := niceStep((s.high - s.low) / float64(n))
	var ticks []tick
	for k := int(math.Ceil(s.low/step - 1e-9)); float64(k)*step <= s.high+step*1e-9; k++ {
		ticks = append(ticks, tick{s.at(float64(k) * step), label(float64(k) * step)})
	}
	return ticks
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, factor := range []float64{1, 2, 5} {
		if raw <= factor*power*(1+1e-9) {
			return factor * power
		}
	}
	return 10 * power
}

// plotOfIntervals shows values with their bounds, a row each.
type plotOfIntervals struct {
	Title  string
	Height float64
	Axis   float64 // where the labels of ticks stand
	Ticks  []tick
	Zero   float64 // place of 0, or 0 when it is not in the plot
	Rows   []intervalRow
}

type intervalRow struct {
	Label          string
	Y, X, Low, Top float64
	Tone           tone
	Text           string
}

// span is the part of an axis that values take up. All plots of a measure share one, so that
// equal lengths are equal differences.
type span struct {
	low, high float64
	set       bool
}

func (a *span) add(values ...Interval) {
	for _, v := range values {
		if !a.set {
			a.low, a.high, a.set = v.Low, v.High, true
		}
		a.low, a.high = min(a.low, v.Low), max(a.high, v.High)
	}
}

// intervalPlot draws values on an axis.
func intervalPlot(title string, rows []intervalRow, values []Interval, axis span, difference bool) plotOfIntervals {
	low, high := axis.low, axis.high
	if difference {
		low, high = min(low, 0), max(high, 0)
	}
	margin := max((high-low)*0.06, 0.005)
	s := scale{low - margin, high + margin, plotLeft, plotRight}
	plot := plotOfIntervals{Title: title, Axis: plotTop + rowHeight*float64(len(rows)) + 14}
	plot.Height = plot.Axis + 8
	format := "%.0f"
	if (high-low)*100 < 4 {
		format = "%.1f"
	}
	if difference {
		format = strings.Replace(format, "%", "%+", 1)
		plot.Zero = s.at(0)
	}
	plot.Ticks = s.ticks(6, func(v float64) string { return fmt.Sprintf(format, 100*v) })
	for i, row := range rows {
		row.Y = plotTop + rowHeight*(float64(i)+0.5)
		row.X, row.Low, row.Top = s.at(values[i].Value), s.at(values[i].Low), s.at(values[i].High)
		plot.Rows = append(plot.Rows, row)
	}
	return plot
}

// shortName fits a name between the edge of a plot and plotLeft.
func shortName(name string) string { return cutRunes(name, 14) }

func cutRunes(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// opening stands for the title of an article that has none.
func opening(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return cutRunes(first, 90)
}

// qualityTable is a table of metrics by system.
type qualityTable struct {
	Title   string
	Metrics []Metric
	Rows    []SystemReport
}

func (r *Report) pageData() *pageData {
	v := &pageData{
		Report:  r,
		Source:  r.Origin.line(),
		Caption: strings.TrimPrefix(r.caption(), article.Printable(r.Data.Name)+": "), // the heading has the name
		Notes:   r.remarks(),
	}
	for i, s := range r.Systems {
		if len(s.Quality) > 0 || s.Latency != nil || s.FailedRows > 0 {
			v.Shown = append(v.Shown, shownSystem{s, toneOf(i)})
		}
	}
	for _, group := range []struct {
		title   string
		metrics []Metric
	}{{"Summaries", summaryMetrics}, {"Topics", topicMetrics}} {
		table := qualityTable{Title: group.title, Metrics: group.metrics}
		for _, s := range r.Systems {
			if _, ok := s.Quality[group.metrics[0]]; ok {
				table.Rows = append(table.Rows, s)
			}
		}
		if len(table.Rows) == 0 {
			continue
		}
		v.Tables = append(v.Tables, table)
		if len(table.Rows) == 1 {
			continue // Beside nothing, the table says it all.
		}
		var axis span
		for _, s := range table.Rows {
			for _, metric := range group.metrics {
				axis.add(s.Quality[metric])
			}
		}
		for _, metric := range group.metrics {
			v.addQuality(metric, axis)
		}
	}
	v.addDifferences()
	v.Topics = r.topicPlot()
	for i, s := range r.Systems {
		if s.Calibration != nil {
			v.Curves = append(v.Curves, r.curveOf(s.Name, toneOf(i), s.Calibration))
		}
	}
	v.Latency = r.latencyPlot()
	v.Lengths = r.histograms()
	return v
}

func (v *pageData) addQuality(metric Metric, axis span) {
	var rows []intervalRow
	var values []Interval
	for i, s := range v.Systems {
		if value, ok := s.Quality[metric]; ok {
			rows = append(rows, intervalRow{Label: shortName(s.Name), Tone: toneOf(i), Text: s.Name + " " + v.percent(value, "%.2f")})
			values = append(values, value)
		}
	}
	v.Quality = append(v.Quality, intervalPlot(metricNames[metric], rows, values, axis, false))
}

func (v *pageData) addDifferences() {
	var axis span
	for _, c := range v.Comparisons {
		axis.add(c.Difference)
	}
	for _, versus := range v.Systems {
		var rows []intervalRow
		var values []Interval
		for _, c := range v.Comparisons {
			if c.Versus == versus.Name {
				rows = append(rows, intervalRow{
					Label: metricNames[c.Metric], Tone: toneOf(0), // The first system is the one under test.
					Text: metricNames[c.Metric] + " " + v.percent(c.Difference, "%+.2f"),
				})
				values = append(values, c.Difference)
			}
		}
		if len(rows) > 0 {
			v.Differ = append(v.Differ, intervalPlot(v.Systems[0].Name+" minus "+versus.Name, rows, values, axis, true))
		}
	}
}

// barPlot shows the F1 of each topic of the first system as a bar, of the others
// as a mark.
type barPlot struct {
	Height, Bottom float64
	Ticks          []tick
	Bars           []bar
	Marks          []string // names of the systems that are marks
	Tone           tone     // of the marks
}

type bar struct {
	Label, Text string
	Y, Width    float64
	Low, High   float64 // places of the bounds
	Support     int
	Mark        float64 // place; 0 when there is none
}

// The bars of topics; the name of each stands above its bar.
const barLeft, barRight = 8.0, 306.0

func (r *Report) topicPlot() *barPlot {
	first := r.Systems[0].Topics
	if len(first) == 0 {
		return nil
	}
	const height = 34.0
	s := scale{0, 1, barLeft, barRight}
	plot := &barPlot{Bottom: plotTop + height*float64(len(first))}
	plot.Height = plot.Bottom + 24
	plot.Ticks = s.ticks(5, func(v float64) string { return fmt.Sprintf("%.1f", v) })
	other := map[string]float64{}
	for i, system := range r.Systems[1:] {
		if len(system.Topics) > 0 { // one at most: lead has no topics
			plot.Marks, plot.Tone = append(plot.Marks, system.Name), toneOf(i+1)
			for _, t := range system.Topics {
				other[t.ID] = t.F1
			}
			break
		}
	}
	for i, t := range first {
		b := bar{
			Label: t.Name, Y: plotTop + height*float64(i), Width: round(s.at(t.F1) - barLeft), Low: s.at(t.Low), High: s.at(t.High), Support: t.Support,
			Text: fmt.Sprintf("%s: F1 %.2f (%.2f to %.2f); %d right, %d wrong, %d missed", t.Name, t.F1, t.Low, t.High, t.Right, t.Wrong, t.Missed),
		}
		if f, ok := other[t.ID]; ok {
			b.Mark = s.at(f)
		}
		plot.Bars = append(plot.Bars, b)
	}
	return plot
}

// curvePlot is a reliability diagram: the share of right topics by confidence. The
// area of a point goes with its count.
type curvePlot struct {
	Name   string
	Tone   tone
	ECE    string
	Brier  string
	Count  int
	Line   string
	Points []point
	X, Y   []tick
}

type point struct {
	X, Y, R float64
	Text    string
}

// The square of a reliability diagram.
const (
	curveLeft, curveRight = 40.0, 300.0
	curveTop, curveBottom = 10.0, 270.0
)

func (r *Report) curveOf(name string, tone tone, c *Calibration) curvePlot {
	x, y := scale{0, 1, curveLeft, curveRight}, scale{0, 1, curveBottom, curveTop}
	plot := curvePlot{Name: name, Tone: tone, ECE: r.fraction(c.ECEBounds), Brier: r.fraction(c.BrierBounds), Count: c.Count}
	label := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	plot.X, plot.Y = x.ticks(5, label), y.ticks(5, label)
	most := 0
	for _, bin := range c.Bins {
		most = max(most, bin.Count)
	}
	var line []string
	for _, bin := range c.Bins {
		if bin.Count == 0 {
			continue
		}
		p := point{
			X: x.at(bin.Confidence), Y: y.at(bin.Right),
			R:    round(3 + 7*math.Sqrt(float64(bin.Count)/float64(most))),
			Text: fmt.Sprintf("confidence %.2f: %.0f%% of %d right", bin.Confidence, 100*bin.Right, bin.Count),
		}
		plot.Points = append(plot.Points, p)
		line = append(line, fmt.Sprintf("%g,%g", p.X, p.Y))
	}
	plot.Line = strings.Join(line, " ")
	return plot
}

// latencyPlot shows p50, p95 and p99 on a logarithmic axis.
type latencyPlot struct {
	Height, Axis float64
	Ticks        []tick
	Rows         []latencyRow
}

type latencyRow struct {
	Label, Text      string
	Y, P50, P95, P99 float64
	Tone             tone
}

func (r *Report) latencyPlot() *latencyPlot {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range r.Systems {
		if s.Latency != nil {
			low, high = min(low, s.Latency.P50), max(high, s.Latency.P99)
		}
	}
	if math.IsInf(low, 1) {
		return nil
	}
	s := scale{math.Floor(math.Log10(low * 0.9)), math.Ceil(math.Log10(high * 1.1)), plotLeft, plotRight}
	at := func(ms float64) float64 { return s.at(math.Log10(ms)) }
	plot := &latencyPlot{}
	for power := s.low; power <= s.high; power++ {
		plot.Ticks = append(plot.Ticks, tick{s.at(power), fmt.Sprintf("%g ms", math.Pow(10, power))})
	}
	for i, system := range r.Systems {
		if l := system.Latency; l != nil {
			plot.Rows = append(plot.Rows, latencyRow{
				Label: shortName(system.Name), Tone: toneOf(i), Y: plotTop + rowHeight*(float64(len(plot.Rows))+0.5),
				P50: at(l.P50), P95: at(l.P95), P99: at(l.P99),
				Text: fmt.Sprintf("%s: p50 %s ms, p95 %s ms, p99 %s ms", system.Name, milliseconds(l.P50), milliseconds(l.P95), milliseconds(l.P99)),
			})
		}
	}
	plot.Axis = plotTop + rowHeight*float64(len(plot.Rows)) + 14
	plot.Height = plot.Axis + 8
	return plot
}

// histogram shows the lengths of the summaries of one system, or the references.
type histogram struct {
	Name, Text string
	Tone       tone
	Bars       []column
	Mean       float64 // place
	Ticks      []tick
}

type column struct {
	X, Y, Width, Height float64
	Text                string
}

// The area of a histogram.
const (
	histogramLeft, histogramBottom = 10.0, 90.0
	histogramHeight                = 80.0
)

func (r *Report) histograms() []histogram {
	if r.Data.WithReference == 0 {
		return nil
	}
	type lengths struct {
		name string
		tone tone
		*Length
	}
	all := []lengths{{"reference", "r", &r.Data.ReferenceLength}}
	for i, s := range r.Systems {
		if s.Length != nil {
			all = append(all, lengths{s.Name, toneOf(i), s.Length})
		}
	}
	used, most := 5, 0
	for _, h := range all {
		for i, n := range h.Histogram {
			if n > 0 {
				used, most = max(used, i+1), max(most, n)
			}
		}
	}
	s := scale{0, float64(used * HistogramStep), histogramLeft, 310}
	var out []histogram
	for _, h := range all {
		plot := histogram{
			Name: h.name, Tone: h.tone, Mean: s.at(min(h.Mean, s.high)),
			Text:  fmt.Sprintf("mean %.0f, p50 %.0f, p95 %.0f words", h.Mean, h.P50, h.P95),
			Ticks: s.ticks(5, func(v float64) string { return fmt.Sprintf("%.0f", v) }),
		}
		for i, n := range h.Histogram[:used] {
			if n == 0 {
				continue
			}
			x, height := s.at(float64(i*HistogramStep)), round(histogramHeight*float64(n)/float64(most))
			to := fmt.Sprintf("to %d", (i+1)*HistogramStep-1)
			if i == len(h.Histogram)-1 {
				to = "and more"
			}
			plot.Bars = append(plot.Bars, column{
				X: x + 0.5, Y: round(histogramBottom - height), Height: height,
				Width: round(s.at(float64((i+1)*HistogramStep)) - x - 1),
				Text:  fmt.Sprintf("%d %s words: %d", i*HistogramStep, to, n),
			})
		}
		out = append(out, plot)
	}
	return out
}
