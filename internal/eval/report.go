package eval

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// Metric names a figure of quality, from 0 to 1, more being better.
type Metric string

// The metrics.
const (
	Rouge1    Metric = "rouge1"
	Rouge2    Metric = "rouge2"
	RougeL    Metric = "rougeL"
	MicroF1   Metric = "microF1"
	MacroF1   Metric = "macroF1"
	Precision Metric = "precision"
	Recall    Metric = "recall"
	MainFound Metric = "mainFound" // the main topic is among those given
	MainFirst Metric = "mainFirst" // it is the first; of classes, the accuracy
)

var (
	summaryMetrics = []Metric{Rouge1, Rouge2, RougeL}
	topicMetrics   = []Metric{MicroF1, MacroF1, Precision, Recall, MainFound, MainFirst}
)

// Report is what a run found.
type Report struct {
	Origin      Origin         `json:"origin,omitzero"`
	Data        Data           `json:"data"`
	Settings    Settings       `json:"settings"`
	Systems     []SystemReport `json:"systems"`
	Comparisons []Comparison   `json:"comparisons"`
	Examples    Examples       `json:"examples"`
}

// Data says what was scored.
type Data struct {
	Name            string `json:"name"`
	Rows            int    `json:"rows"`       // scored
	Unlabelled      int    `json:"unlabelled"` // passed over: neither reference nor labels
	WithReference   int    `json:"withReference"`
	WithLabels      int    `json:"withLabels"`
	Classes         bool   `json:"classes"` // labels are classes, one a row
	ReferenceLength Length `json:"referenceLength"`

	// UnknownLabels are labels that the taxonomy does not have. No engine can give
	// them.
	UnknownLabels []string `json:"unknownLabels,omitempty"`
}

// Settings say how it was scored.
type Settings struct {
	MaxSentences    int    `json:"maxSentences"`
	MaxTopics       int    `json:"maxTopics"`
	Concurrency     int    `json:"concurrency"`
	Bootstrap       int    `json:"bootstrap"`
	Seed            uint64 `json:"seed"`
	TaxonomyVersion string `json:"taxonomyVersion"`
}

// SystemReport holds the figures of one system. A row that failed scores 0.
type SystemReport struct {
	Name        string              `json:"name"`
	FailedRows  int                 `json:"failedRows"`
	Degraded    int                 `json:"degradedRows"`       // answered by a fallback, whose answer is scored
	Failures    map[string]int      `json:"failures,omitempty"` // by reason; two for a row of which both features failed
	Quality     map[Metric]Interval `json:"quality"`            // the metrics that data and system have
	Topics      []TopicReport       `json:"topics,omitempty"`   // that the labels have, the most frequent first
	Calibration *Calibration        `json:"calibration,omitempty"`
	Length      *Length             `json:"length,omitempty"`
	Latency     *Latency            `json:"latency,omitempty"`
	Cost        Cost                `json:"cost"`
}

// TopicReport says how well one topic, or class, is recognised.
type TopicReport struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Support int     `json:"support"` // rows that have the label
	Right   int     `json:"right"`
	Wrong   int     `json:"wrong"` // rows that were given it and do not have it
	Missed  int     `json:"missed"`
	F1      float64 `json:"f1"`
	Low     float64 `json:"f1Low"` // bounds of F1, as of an Interval
	High    float64 `json:"f1High"`
}

// Length is the distribution of lengths, in words between spaces.
type Length struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`

	// Histogram counts by steps of HistogramStep words; the last holds all that
	// are longer.
	Histogram []int `json:"histogram"`
}

// The bins of Length.Histogram.
const (
	HistogramStep = 10
	histogramBins = 25
)

// Latency is the distribution of times for an article, cleaning included, in
// milliseconds.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
}

// Cost is what all rows together cost upstream.
type Cost struct {
	InputTokens  int     `json:"inputTokens"`
	CachedTokens int     `json:"cachedInputTokens,omitempty"` // of InputTokens
	OutputTokens int     `json:"outputTokens"`
	USD          float64 `json:"usd"`
}

// Comparison is the difference in one metric between the first system and another,
// row by row on the same samples.
type Comparison struct {
	System     string   `json:"system"`
	Versus     string   `json:"versus"`
	Metric     Metric   `json:"metric"`
	Difference Interval `json:"difference"` // more than 0: System is better
}

func (r *evaluation) report() *Report {
	report := &Report{
		Data: Data{Name: r.Data, Rows: len(r.records), Unlabelled: r.unlabelled, Classes: r.Classes != nil},
		Settings: Settings{
			MaxSentences:    r.MaxSentences,
			MaxTopics:       r.MaxTopics,
			Concurrency:     r.Concurrency,
			Bootstrap:       r.Bootstrap,
			Seed:            r.Seed,
			TaxonomyVersion: r.Taxonomy.Version(),
		},
		Origin:      r.Origin,
		Comparisons: []Comparison{},
		Examples: Examples{
			WorstSummaries: r.examples.summaries.list(),
			MissedTopics:   r.examples.missed.list(),
			FalseTopics:    r.examples.wrong.list(),
		},
	}
	for i, system := range r.Systems {
		report.Systems = append(report.Systems, r.system(i, system.Name()))
	}
	r.addSummaries(report)
	r.addTopics(report)
	return report
}

// system fills in what does not depend on the feature.
func (r *evaluation) system(i int, name string) SystemReport {
	s := SystemReport{Name: name, Quality: map[Metric]Interval{}, Failures: map[string]int{}}
	var took []float64
	var micro int64
	for _, record := range r.records {
		o := &record.outcomes[i]
		if len(o.failures) > 0 {
			s.FailedRows++
		}
		if o.degraded {
			s.Degraded++
		}
		for _, reason := range o.failures {
			s.Failures[reason]++
		}
		if o.took > 0 {
			took = append(took, float64(o.took)/float64(time.Millisecond))
		}
		s.Cost.InputTokens += o.usage.InputTokens
		s.Cost.CachedTokens += o.usage.CachedInputTokens
		s.Cost.OutputTokens += o.usage.OutputTokens
		micro += o.usage.CostMicroUSD
	}
	s.Cost.USD = float64(micro) / 1e6
	if len(took) > 0 {
		slices.Sort(took)
		s.Latency = &Latency{mean(took), quantile(took, 0.50), quantile(took, 0.95), quantile(took, 0.99)}
	}
	return s
}

// addSummaries adds ROUGE and lengths over the rows with a reference.
func (r *evaluation) addSummaries(report *Report) {
	var rows []*rowScores
	var lengths []float64
	for i := range r.records {
		if record := &r.records[i]; record.referenced {
			rows = append(rows, record)
			lengths = append(lengths, float64(record.referenceWords))
		}
	}
	if report.Data.WithReference = len(rows); len(rows) == 0 {
		return
	}
	report.Data.ReferenceLength = *lengthOf(lengths)
	var systems []int
	for i, system := range r.Systems {
		if summary, _ := system.Offers(); !summary {
			continue
		}
		systems = append(systems, i)
		for j, row := range rows {
			lengths[j] = float64(row.outcomes[i].words)
		}
		report.Systems[i].Length = lengthOf(lengths)
	}
	r.addFigures(report, systems, summaryMetrics, len(rows), func() statistic {
		return func(sample []int32, out []float64) {
			clear(out)
			for _, row := range sample {
				for k, i := range systems {
					rouge := &rows[row].outcomes[i].rouge
					out[3*k] += rouge.One
					out[3*k+1] += rouge.Two
					out[3*k+2] += rouge.L
				}
			}
			for i := range out {
				out[i] /= float64(len(sample))
			}
		}
	})
}

// addTopics adds F1, calibration and the figures of each topic over the rows with
// labels.
func (r *evaluation) addTopics(report *Report) {
	var rows []*rowScores
	var topics topicNumbers
	for i := range r.records {
		if record := &r.records[i]; record.labelled {
			rows = append(rows, record)
			for _, label := range record.labels {
				topics.of(label)
			}
		}
	}
	if report.Data.WithLabels = len(rows); len(rows) == 0 {
		return
	}
	labels := len(topics.ids)
	confidences := make([][][]judged, len(r.Systems)) // by system, then row
	report.Data.UnknownLabels = r.unknown(topics.ids)
	var systems []int
	var verdicts [][]verdict // by system, then row
	for i, system := range r.Systems {
		if _, offered := system.Offers(); !offered {
			continue
		}
		systems = append(systems, i)
		all := make([]verdict, len(rows))
		for j, row := range rows {
			all[j] = topics.judge(row.labels, row.outcomes[i].given)
			confidences[i] = append(confidences[i], row.outcomes[i].judged)
		}
		verdicts = append(verdicts, all)
		report.Systems[i].Calibration = calibrate(slices.Concat(confidences[i]...))
	}
	for k, i := range systems {
		sum := tally{by: make([]counts, len(topics.ids))}
		for j := range verdicts[k] {
			sum.add(&verdicts[k][j])
		}
		report.Systems[i].Topics = r.topicReports(topics.ids[:labels], sum.by)
		r.addBounds(&report.Systems[i], topics.ids[:labels], len(topics.ids), verdicts[k], confidences[i])
	}
	r.addFigures(report, systems, topicMetrics, len(rows), func() statistic {
		sum := tally{by: make([]counts, len(topics.ids))}
		return func(sample []int32, out []float64) {
			for k := range systems {
				clear(sum.by)
				sum = tally{by: sum.by}
				for _, row := range sample {
					sum.add(&verdicts[k][row])
				}
				sum.figures(out[k*len(topicMetrics):])
			}
		}
	})
}

// addBounds adds the intervals of the F1 of each topic, and of the calibration.
func (r *evaluation) addBounds(s *SystemReport, labels []string, topics int, verdicts []verdict, confidences [][]judged) {
	rounds := bootstrap(len(verdicts), len(labels)+2, r.Bootstrap, r.Seed, func() statistic {
		sum := tally{by: make([]counts, topics)}
		var drawn []judged
		return func(sample []int32, out []float64) {
			clear(sum.by)
			drawn = drawn[:0]
			for _, row := range sample {
				sum.add(&verdicts[row])
				drawn = append(drawn, confidences[row]...)
			}
			for i := range labels {
				out[i] = sum.by[i].f1()
			}
			if c := calibrate(drawn); c != nil {
				out[len(labels)], out[len(labels)+1] = c.ECE, c.Brier
			}
		}
	})
	bounds := func(at int, value float64) Interval {
		samples := make([]float64, len(rounds))
		for i, round := range rounds {
			samples[i] = round[at]
		}
		return interval(value, samples)
	}
	for i := range s.Topics {
		t := &s.Topics[i]
		f1 := bounds(slices.Index(labels, t.ID), t.F1)
		t.Low, t.High = f1.Low, f1.High
	}
	if c := s.Calibration; c != nil {
		c.ECEBounds, c.BrierBounds = bounds(len(labels), c.ECE), bounds(len(labels)+1, c.Brier)
	}
}

// addFigures adds the metrics of systems, which newStatistic computes one system
// after the other, with the intervals of figures and differences.
func (r *evaluation) addFigures(report *Report, systems []int, metrics []Metric, rows int, newStatistic func() statistic) {
	width := len(systems) * len(metrics)
	all := make([]int32, rows)
	for i := range all {
		all[i] = int32(i)
	}
	value := make([]float64, width)
	newStatistic()(all, value)
	rounds := bootstrap(rows, width, r.Bootstrap, r.Seed, newStatistic)
	samples := func(figure func([]float64) float64) []float64 {
		out := make([]float64, len(rounds))
		for i, round := range rounds {
			out[i] = figure(round)
		}
		return out
	}
	for k, i := range systems {
		for m, metric := range metrics {
			at := k*len(metrics) + m
			report.Systems[i].Quality[metric] = interval(value[at], samples(func(f []float64) float64 { return f[at] }))
			if k > 0 && systems[0] == 0 {
				report.Comparisons = append(report.Comparisons, Comparison{
					System: report.Systems[0].Name,
					Versus: report.Systems[i].Name,
					Metric: metric,
					Difference: interval(value[m]-value[at],
						samples(func(f []float64) float64 { return f[m] - f[at] })),
				})
			}
		}
	}
}

// topicReports describes topics, the most frequent first.
func (r *evaluation) topicReports(ids []string, by []counts) []TopicReport {
	reports := make([]TopicReport, len(ids))
	for n, id := range ids {
		c := by[n]
		reports[n] = TopicReport{
			ID: id, Name: r.topicName(id), Support: c.right + c.missed,
			Right: c.right, Wrong: c.wrong, Missed: c.missed, F1: c.f1(),
		}
	}
	slices.SortFunc(reports, func(a, b TopicReport) int {
		return cmp.Or(cmp.Compare(b.Support, a.Support), cmp.Compare(a.ID, b.ID))
	})
	return reports
}

func (r *evaluation) topicName(id string) string {
	if topic, ok := r.Taxonomy.Lookup(id); ok && r.Classes == nil {
		return topic.DisplayName
	}
	return id
}

// unknown returns the labels that no engine can give, sorted.
func (r *evaluation) unknown(labels []string) []string {
	var unknown []string
	for _, id := range labels {
		if _, ok := r.Taxonomy.Lookup(id); !ok && r.Classes == nil {
			unknown = append(unknown, id)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// lengthOf sorts words.
func lengthOf(words []float64) *Length {
	slices.Sort(words)
	l := &Length{
		Mean: mean(words), P50: quantile(words, 0.50), P95: quantile(words, 0.95),
		Histogram: make([]int, histogramBins),
	}
	for _, n := range words {
		l.Histogram[min(int(n)/HistogramStep, histogramBins-1)]++
	}
	return l
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// FailedRows returns the number of rows on which the first system failed, and of all.
func (r *Report) FailedRows() (failed, all int) { return r.Systems[0].FailedRows, r.Data.Rows }

// WriteJSON writes the report as indented JSON.
func (r *Report) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
