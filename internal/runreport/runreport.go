// Package runreport draws what came of a run over an archive, as one HTML page: where the
// answers come from, why rows have none, what the model has cost by day and endpoint, and how
// fast it went. It reads the rows of the output, a few microseconds each, and keeps counts
// alone. The page holds no text of articles, loads nothing and runs no script.
package runreport

import (
	"bufio"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// Page is the page about a run, and what is known of it.
type Page struct {
	Name      string            // of the output
	Made      time.Time         // when
	Endpoints map[string]string // names of endpoints by the model that they have

	rows, ok, failed, skipped int64
	sources, reasons, without map[string]int64 // of answers; of rows without a result; of answers without the model
	spent                     map[spender]spending
	pace                      pace
}

// spender is a day of an endpoint.
type spender struct{ day, endpoint string }

type spending struct {
	Answers, Input, Cached, Output, MicroUSD int64
}

// archiveRow is what is read of a row.
type archiveRow struct {
	Status string
	Error  *struct{ Code, Reason string }
	Result *struct {
		Summary, Classification struct {
			Provenance struct {
				Source, Model, FallbackReason string
				CreateTime                    time.Time
			}
		}
		Usage struct {
			InputTokens, CachedInputTokens, OutputTokens int64
			CostMicroUSD                                 int64 `json:"costMicroUsd,string"`
		}
	}
}

// ReadRows reads a file of rows.
func (r *Page) ReadRows(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r.sources, r.reasons, r.without = make(map[string]int64), make(map[string]int64), make(map[string]int64)
	r.spent = make(map[spender]spending)
	in := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		var read archiveRow
		if err == nil && json.Unmarshal(line, &read) == nil { // a last row may be torn
			r.add(&read)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *Page) add(read *archiveRow) {
	r.rows++
	if read.Error != nil {
		r.reasons[cmp.Or(read.Error.Reason, read.Error.Code)]++
	}
	switch read.Status {
	case "ok":
		r.ok++
	case "skipped":
		r.skipped++
	default:
		r.failed++
	}
	if read.Result == nil {
		return
	}
	by := read.Result.Summary.Provenance
	if by.Source == "" {
		by = read.Result.Classification.Provenance
	}
	r.sources[by.Source]++
	if by.FallbackReason != "" {
		r.without[by.FallbackReason]++
	}
	usage := read.Result.Usage
	if usage.InputTokens+usage.OutputTokens == 0 {
		return
	}
	who := spender{"", cmp.Or(r.Endpoints[by.Model], by.Model)}
	if who.endpoint == "" || by.Source == "SOURCE_LOCAL" {
		who.endpoint = "answers that were no use"
	}
	if !by.CreateTime.IsZero() {
		who.day = by.CreateTime.UTC().Format(time.DateOnly)
	}
	s := r.spent[who]
	s.Answers++
	s.Input += usage.InputTokens
	s.Cached += usage.CachedInputTokens
	s.Output += usage.OutputTokens
	s.MicroUSD += usage.CostMicroUSD
	r.spent[who] = s
}

// Sample notes that so many rows are written after a time.
func (r *Page) Sample(took time.Duration, rows int64) { r.pace.add(sample{took, rows}) }

// countBar is one bar of a picture.
type countBar struct {
	Label, Value string
	Percent      float64 // of the longest
	Tone         int
}

// bars returns counts as bars, the longest first.
func bars(counts map[string]int64, name func(string) string, tone func(string) int) (drawn []countBar) {
	most, total := int64(1), int64(0)
	for _, n := range counts {
		most, total = max(most, n), total+n
	}
	for _, key := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	}) {
		n := counts[key]
		drawn = append(drawn, countBar{
			Label: name(key), Value: fmt.Sprintf("%s (%.1f %%)", grouped(n), 100*float64(n)/float64(total)),
			Percent: percent(n, most), Tone: tone(key),
		})
	}
	return drawn
}

func percent(n, most int64) float64 { return math.Round(1000*float64(n)/float64(max(most, 1))) / 10 }

// sourceNames say where answers come from, with the color of each.
var sourceNames = map[string]struct {
	name string
	tone int
}{
	"SOURCE_LLM":         {"language model", 0},
	"SOURCE_CACHE":       {"cache", 2},
	"SOURCE_STALE_CACHE": {"older answer from the cache", 3},
	"SOURCE_LOCAL":       {"local engine", 1},
}

func sourceName(source string) string { return cmp.Or(sourceNames[source].name, source) }

// grouped returns n with its thousands apart.
func grouped(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func dollars(micro int64) string {
	switch usd := float64(micro) / 1e6; {
	case micro == 0:
		return "–"
	case usd < 1:
		return fmt.Sprintf("$%.4f", usd)
	default:
		return fmt.Sprintf("$%.2f", usd)
	}
}

// spentRow is what one endpoint has cost in one day.
type spentRow struct {
	Day, Endpoint, Answers, Input, Cached, Output, Cost string
	countBar
}

// spentRows returns the days in order, drawn by their cost, or by their tokens where no
// prices are known. Unit names what is drawn.
func (r *Page) spentRows() (rows []spentRow, total spending, unit string) {
	size := func(s spending) int64 { return s.MicroUSD }
	unit = "Cost"
	for _, s := range r.spent {
		total.Answers += s.Answers
		total.Input += s.Input
		total.Cached += s.Cached
		total.Output += s.Output
		total.MicroUSD += s.MicroUSD
	}
	if total.MicroUSD == 0 {
		size, unit = func(s spending) int64 { return s.Input + s.Output }, "Tokens"
	}
	most := int64(1)
	endpoints := make(map[string]int)
	keys := slices.SortedFunc(maps.Keys(r.spent), func(a, b spender) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.endpoint, b.endpoint))
	})
	for _, key := range keys {
		most = max(most, size(r.spent[key]))
		if _, ok := endpoints[key.endpoint]; !ok {
			endpoints[key.endpoint] = len(endpoints) % 4
		}
	}
	for _, key := range keys {
		s := r.spent[key]
		value := dollars(s.MicroUSD)
		if unit == "Tokens" {
			value = grouped(s.Input + s.Output)
		}
		rows = append(rows, spentRow{
			Day: cmp.Or(key.day, "–"), Endpoint: key.endpoint, Answers: grouped(s.Answers), Input: grouped(s.Input), Cached: grouped(s.Cached),
			Output: grouped(s.Output), Cost: dollars(s.MicroUSD),
			countBar: countBar{Label: cmp.Or(key.day, "–") + " " + key.endpoint, Value: value, Percent: percent(size(s), most), Tone: endpoints[key.endpoint]},
		})
	}
	return rows, total, unit
}

// drawing is what the template draws.
type drawing struct {
	Name, Made               string
	Tiles                    []tile
	Sources, Reasons, Degree []countBar
	Spent                    []spentRow
	Unit                     string
	HasCached                bool
	Pace                     *pacePlot
}

type tile struct{ Value, Label string }

//go:embed report.html
var source string

var pageTemplate = template.Must(template.New("report").Parse(source))

// Write writes the page to a file, whole or not at all.
func (r *Page) Write(path string) error {
	return atomicfile.Replace(path, 0o644, func(out io.Writer) error { return pageTemplate.Execute(out, r.drawing()) })
}

func (r *Page) drawing() *drawing {
	spent, total, unit := r.spentRows()
	p := &drawing{
		Name: r.Name, Made: r.Made.UTC().Format("2006-01-02 15:04 UTC"), Spent: spent, Unit: unit, HasCached: total.Cached > 0,
		Sources: bars(r.sources, sourceName, func(s string) int { return sourceNames[s].tone }),
		Reasons: bars(r.reasons, func(s string) string { return s }, func(string) int { return 4 }),
		Degree:  bars(r.without, func(s string) string { return s }, func(string) int { return 1 }),
		Pace:    r.pace.plot(),
		Tiles:   []tile{{grouped(r.rows), "rows"}, {grouped(r.ok), "answered"}, {grouped(r.failed), "failed"}},
	}
	if r.skipped > 0 {
		p.Tiles = append(p.Tiles, tile{grouped(r.skipped), "skipped"})
	}
	if total.Input > 0 {
		label := "tokens in"
		if total.Cached > 0 {
			label = fmt.Sprintf("tokens in, %.0f %% cached", 100*float64(total.Cached)/float64(total.Input))
		}
		p.Tiles = append(p.Tiles, tile{grouped(total.Input), label}, tile{grouped(total.Output), "tokens out"})
	}
	if total.MicroUSD > 0 {
		p.Tiles = append(p.Tiles, tile{dollars(total.MicroUSD), "cost"})
	}
	return p
}
