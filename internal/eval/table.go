package eval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/seed-59202292/summarizer/internal/article"
)

// metricNames are what people call the metrics.
var metricNames = map[Metric]string{
	Rouge1: "ROUGE-1", Rouge2: "ROUGE-2", RougeL: "ROUGE-L",
	MicroF1: "micro F1", MacroF1: "macro F1", Precision: "precision", Recall: "recall",
	MainFound: "main found", MainFirst: "main first",
}

// WriteTable prints the report for a terminal. ROUGE and F1 are in hundredths.
func (r *Report) WriteTable(out io.Writer) error {
	t := &textTable{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	t.line(r.caption())
	for _, remark := range r.remarks() {
		t.line(remark)
	}
	r.writeQuality(t, summaryMetrics, "SUMMARIES", "words")
	r.writeQuality(t, topicMetrics, "TOPICS")
	r.writeCalibration(t)
	r.writeCost(t)
	return t.Flush()
}

// textTable is a table of lines of cells.
type textTable struct{ *tabwriter.Writer }

func (t *textTable) line(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }

// section begins a part of the table with its header.
func (t *textTable) section(cells ...string) {
	t.line()
	t.line(cells...)
}

// writeQuality writes the metrics of a group, for each system and for the differences
// to the first. Further columns show the length of summaries.
func (r *Report) writeQuality(t *textTable, group []Metric, title string, further ...string) {
	header := []string{title}
	for _, metric := range group {
		header = append(header, metricNames[metric])
	}
	begun := false
	for _, s := range r.Systems {
		if _, ok := s.Quality[group[0]]; !ok {
			continue
		}
		if !begun {
			t.section(append(header, further...)...)
			begun = true
		}
		cells := []string{s.Name}
		for _, metric := range group {
			cells = append(cells, r.percent(s.Quality[metric], "%.2f"))
		}
		if len(further) > 0 {
			cells = append(cells, fmt.Sprintf("%.0f", s.Length.Mean))
		}
		t.line(cells...)
	}
	for _, versus := range r.Systems {
		cells := []string{r.Systems[0].Name + " - " + versus.Name}
		for _, c := range r.Comparisons {
			if c.Versus == versus.Name && slices.Contains(group, c.Metric) {
				cells = append(cells, r.percent(c.Difference, "%+.2f"))
			}
		}
		if len(cells) > 1 {
			t.line(cells...)
		}
	}
}

func (r *Report) writeCalibration(t *textTable) {
	systems := 0
	for _, s := range r.Systems {
		if c := s.Calibration; c != nil {
			if systems++; systems == 1 {
				t.section("CALIBRATION", "ECE", "Brier", "confidences")
			}
			t.line(s.Name, r.fraction(c.ECEBounds), r.fraction(c.BrierBounds), fmt.Sprint(c.Count))
		}
	}
	if systems > 1 {
		t.line(otherConfidences)
	}
}

// otherConfidences keeps readers from ranking systems by their ECE.
const otherConfidences = "Each system is judged by the confidences of its own topics, which are other samples: do not rank systems by ECE or Brier score."

func (r *Report) writeCost(t *textTable) {
	begun := false
	for _, s := range r.Systems {
		if s.Latency == nil && s.Cost == (Cost{}) && s.FailedRows == 0 {
			continue
		}
		if !begun {
			t.section("COST", "p50 ms", "p95 ms", "p99 ms", "tokens in", "tokens out", "USD", "failed")
			begun = true
		}
		cells := []string{s.Name, "-", "-", "-"}
		if l := s.Latency; l != nil {
			cells = []string{s.Name, milliseconds(l.P50), milliseconds(l.P95), milliseconds(l.P99)}
		}
		t.line(append(cells, fmt.Sprint(s.Cost.InputTokens), fmt.Sprint(s.Cost.OutputTokens),
			fmt.Sprintf("%.4f", s.Cost.USD), s.failed())...)
	}
}

// caption says in one line what was scored.
func (r *Report) caption() string {
	parts := []string{fmt.Sprintf("%s: %s", article.Printable(r.Data.Name), plural(r.Data.Rows, "article"))}
	if n := r.Data.WithReference; n > 0 {
		parts = append(parts, fmt.Sprintf("%d with a reference (%.0f words), at most %s",
			n, r.Data.ReferenceLength.Mean, plural(r.Settings.MaxSentences, "sentence")))
	}
	if n := r.Data.WithLabels; n > 0 {
		what := "topics"
		if r.Data.Classes {
			what = "a class"
		}
		parts = append(parts, fmt.Sprintf("%d labelled with %s", n, what))
	}
	return strings.Join(parts, "; ")
}

// remarks are what a reader must know to trust the figures.
func (r *Report) remarks() []string {
	var notes []string
	if n := r.Data.Unlabelled; n > 0 {
		notes = append(notes, fmt.Sprintf("%s passed over: neither reference nor labels", plural(n, "row")))
	}
	if unknown := r.Data.UnknownLabels; len(unknown) > 0 {
		shown := unknown[:min(len(unknown), 5)]
		notes = append(notes, fmt.Sprintf("%s not in the taxonomy, which no engine can give: %s",
			plural(len(unknown), "label"), article.Printable(strings.Join(shown, ", "))))
	}
	for _, s := range r.Systems {
		if s.FailedRows > 0 {
			notes = append(notes, fmt.Sprintf("%s failed on %s, which score 0: %s", s.Name, plural(s.FailedRows, "row"), s.failed()))
		}
		if s.Degraded > 0 {
			notes = append(notes, fmt.Sprintf("%s left %s to a fallback, whose answers are scored", s.Name, plural(s.Degraded, "row")))
		}
	}
	return notes
}

// failed counts failures by reason.
func (s *SystemReport) failed() string {
	if len(s.Failures) == 0 {
		return "0"
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(s.Failures)) {
		parts = append(parts, fmt.Sprintf("%d %s", s.Failures[reason], article.Printable(reason)))
	}
	return strings.Join(parts, ", ")
}

// percent prints an interval in hundredths.
func (r *Report) percent(i Interval, format string) string {
	text := fmt.Sprintf(format, 100*i.Value)
	if r.Settings.Bootstrap > 0 {
		text += fmt.Sprintf(" ["+strings.Replace(format, ".2", ".1", 1)+", "+strings.Replace(format, ".2", ".1", 1)+"]", 100*i.Low, 100*i.High)
	}
	return text
}

// fraction prints an interval as it is.
func (r *Report) fraction(i Interval) string {
	if r.Settings.Bootstrap == 0 {
		return fmt.Sprintf("%.3f", i.Value)
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", i.Value, i.Low, i.High)
}

// milliseconds prints a time with three digits that count.
func milliseconds(ms float64) string {
	switch {
	case ms < 1:
		return fmt.Sprintf("%.3f", ms)
	case ms < 10:
		return fmt.Sprintf("%.2f", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
