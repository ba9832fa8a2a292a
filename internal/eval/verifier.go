package eval

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// NamedVerifier is a model that is scored as a verifier of summaries, with its name in the
// report.
type NamedVerifier struct {
	Name   string
	Verify func(ctx context.Context, task *summarizer.Task, written summarizer.Written) *summarizer.Verified
}

// VerifierOptions say which verifiers are scored and how.
type VerifierOptions struct {
	Data        string          // the name of the data in the report
	Origin      Origin          // of the figures
	Verifiers   []NamedVerifier // at least one
	Deadline    time.Duration   // of one verification
	Limit       int             // summaries to read at most; 0 means all
	Concurrency int             // verifications at once; 0 means one
	Bootstrap   int             // samples; 0: no intervals
	Seed        uint64          // of the samples
	Progress    func(rows int)  // told after each summary; may be nil
}

// VerifierReport is what came of the verifiers.
type VerifierReport struct {
	Origin     Origin           `json:"origin,omitzero"`
	Data       string           `json:"data"`
	Faithful   int              `json:"faithful"`
	Unfaithful int              `json:"unfaithful"`
	Bootstrap  int              `json:"bootstrap"`
	Verifiers  []VerifierScores `json:"verifiers"`
}

// VerifierScores are the figures of one verifier, over the rows on which it answered. A
// summary is refuted when one of its sentences is found not supported.
type VerifierScores struct {
	Name     string         `json:"name"`
	Rows     int            `json:"rows"`
	Balanced Interval       `json:"balancedAccuracy"` // mean of caught and of 1 - refused, 0 to 1
	Caught   Interval       `json:"caught"`           // share of the unfaithful that is refuted
	Refused  Interval       `json:"refused"`          // share of the faithful that is refuted
	Unsure   float64        `json:"unsure"`           // share of rows, not refuted, with a sentence that it could not tell
	Failures map[string]int `json:"failures,omitempty"`

	MedianMS    float64 `json:"medianMs"`
	P95MS       float64 `json:"p95Ms"`
	TokensIn    float64 `json:"tokensInPerRow"`
	TokensOut   float64 `json:"tokensOutPerRow"`
	USDPer1000  float64 `json:"usdPer1000"`
	verdictRows []verdictRow
}

// verdictRow is what a verifier found of a row.
type verdictRow struct {
	faithful, refuted bool
}

// claimRow is a line of the data: an article, or a summary of one.
type claimRow struct {
	ArticleID identifier `json:"article_id"`
	Article   string     `json:"article"`
	Summary   string     `json:"summary"`
	Language  string     `json:"language"`
	Faithful  *bool      `json:"faithful"`
}

// claimCase is a summary to be verified.
type claimCase struct {
	document *article.Document
	answer   *summarizer.SummaryAnswer
	faithful bool
}

// readClaims returns the summaries of the data. Articles stand in rows of their own before
// the summaries that name them by article_id, or in the row of the summary.
func readClaims(in io.Reader, limit int) ([]claimCase, error) {
	articles := make(map[identifier]*article.Document)
	var cases []claimCase
	for line, err := range lines(in) {
		if err != nil {
			return nil, err
		}
		var row claimRow
		if err := line.decode(&row); err != nil {
			return nil, err
		}
		document := articles[row.ArticleID]
		if row.Article != "" {
			document = article.Clean(article.Raw{Text: row.Article, LanguageCode: row.Language})
			if row.ArticleID != "" {
				articles[row.ArticleID] = document
			}
		}
		switch {
		case row.Summary == "":
			continue
		case row.Faithful == nil:
			return nil, fmt.Errorf(`line %d: a summary needs "faithful": true or false`, line.number)
		case document == nil && row.ArticleID == "":
			return nil, fmt.Errorf(`line %d: a summary needs "article", or "article_id" of an article in a line before`, line.number)
		case document == nil:
			return nil, fmt.Errorf("line %d: no line before has the article %q", line.number, string(row.ArticleID))
		}
		answer := &summarizer.SummaryAnswer{Method: summarizer.MethodAbstractive, Language: document.Language}
		for _, sentence := range article.SplitSentences(article.OneLine(row.Summary)) {
			answer.Sentences = append(answer.Sentences, summarizer.AnswerSentence{Text: sentence})
		}
		cases = append(cases, claimCase{document, answer, *row.Faithful})
		if limit > 0 && len(cases) == limit {
			break
		}
	}
	if len(cases) == 0 {
		return nil, errors.New(`no row has a "summary": there is nothing to score`)
	}
	return cases, nil
}

// RunVerifiers scores verifiers on rows {"article" or "article_id", "summary", "faithful"},
// of which articles may stand in rows of their own before. It fails when ctx ends and on
// the first fault of the data; failures of verifiers are in the report.
func RunVerifiers(ctx context.Context, data io.Reader, o VerifierOptions) (*VerifierReport, error) {
	cases, err := readClaims(data, o.Limit)
	if err != nil {
		return nil, err
	}
	report := &VerifierReport{Origin: o.Origin, Data: o.Data, Bootstrap: o.Bootstrap}
	for _, c := range cases {
		if c.faithful {
			report.Faithful++
		} else {
			report.Unfaithful++
		}
	}
	done := 0
	for _, v := range o.Verifiers {
		scores := o.score(ctx, v, cases, &done)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		report.Verifiers = append(report.Verifiers, scores)
	}
	return report, nil
}

// score verifies every summary with one verifier.
func (o *VerifierOptions) score(ctx context.Context, v NamedVerifier, cases []claimCase, done *int) VerifierScores {
	s := VerifierScores{Name: v.Name, Failures: make(map[string]int)}
	var mu sync.Mutex
	var usage summarizer.Usage
	var took []float64
	unsure := 0
	found := make([]*verdictRow, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(o.Concurrency, 1) {
		workers.Go(func() {
			for i := range next {
				verified, elapsed := o.verify(ctx, v, cases[i])
				mu.Lock()
				usage.Add(verified.Usage)
				switch {
				case verified.Err != nil:
					s.Failures[string(summarizer.ReasonOf(verified.Err))]++
				default:
					found[i] = &verdictRow{cases[i].faithful, verified.Refuted > 0}
					took = append(took, float64(elapsed)/1e6)
					if verified.Refuted == 0 && verified.Answer.Verification.Unsure > 0 {
						unsure++
					}
				}
				if *done++; o.Progress != nil {
					o.Progress(*done)
				}
				mu.Unlock()
			}
		})
	}
	for i := range cases {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	for _, row := range found { // in the order of the data, not of the answers
		if row != nil {
			s.verdictRows = append(s.verdictRows, *row)
		}
	}
	s.Rows = len(s.verdictRows)
	slices.Sort(took)
	rows := float64(max(s.Rows, 1))
	s.MedianMS, s.P95MS = quantile(took, 0.5), quantile(took, 0.95)
	s.Unsure = float64(unsure) / rows
	asked := float64(len(cases))
	s.TokensIn, s.TokensOut = float64(usage.InputTokens)/asked, float64(usage.OutputTokens)/asked
	s.USDPer1000 = float64(usage.CostMicroUSD) / asked / 1000
	s.addIntervals(o.Bootstrap, o.Seed)
	return s
}

func (o *VerifierOptions) verify(ctx context.Context, v NamedVerifier, c claimCase) (*summarizer.Verified, time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, o.Deadline)
	defer cancel()
	task := &summarizer.Task{Document: c.document, Summary: &summarizer.SummaryTask{
		Format: summarizer.FormatBullets, MaxSentences: max(len(c.answer.Sentences), 1), Language: c.answer.Language,
	}}
	began := time.Now()
	return v.Verify(ctx, task, summarizer.Written{Answer: c.answer}), time.Since(began)
}

// addIntervals computes the figures with their intervals. A class without rows counts as
// if nothing of it were refuted; without any rows there are no figures.
func (s *VerifierScores) addIntervals(rounds int, seed uint64) {
	if s.Rows == 0 {
		return
	}
	figures := func(sample []int32, out []float64) {
		var of, refuted [2]float64
		for _, i := range sample {
			class := 0
			if s.verdictRows[i].faithful {
				class = 1
			}
			of[class]++
			if s.verdictRows[i].refuted {
				refuted[class]++
			}
		}
		caught, refused := refuted[0]/max(of[0], 1), refuted[1]/max(of[1], 1)
		out[0], out[1], out[2] = (caught+1-refused)/2, caught, refused
	}
	all := make([]int32, len(s.verdictRows))
	for i := range all {
		all[i] = int32(i)
	}
	var values [3]float64
	figures(all, values[:])
	samples := [3][]float64{}
	if rounds > 0 {
		for _, round := range bootstrap(len(all), 3, rounds, seed, func() statistic { return figures }) {
			for i := range samples {
				samples[i] = append(samples[i], round[i])
			}
		}
	}
	s.Balanced, s.Caught, s.Refused = interval(values[0], samples[0]), interval(values[1], samples[1]), interval(values[2], samples[2])
}

// FailedRows returns the number of rows on which the first verifier gave no verdict, and
// of all rows.
func (r *VerifierReport) FailedRows() (failed, all int) {
	for _, n := range r.Verifiers[0].Failures {
		failed += n
	}
	return failed, r.Faithful + r.Unfaithful
}

// WriteTable writes the report for people: a line a verifier, the best first.
func (r *VerifierReport) WriteTable(out io.Writer) error {
	fmt.Fprintf(out, "%s: %d faithful and %d unfaithful summaries\n\n", r.Data, r.Faithful, r.Unfaithful)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VERIFIER\tbalanced\tcaught\trefused\tunsure\tp50 ms\tp95 ms\ttokens in\ttokens out\tUSD/1000\tfailed")
	for _, v := range r.best() {
		if v.Rows == 0 {
			fmt.Fprintf(t, "%s%s\t%.0f\t%.0f\t%.4f\t%s\n", v.Name, strings.Repeat("\t-", 6), v.TokensIn, v.TokensOut, v.USDPer1000, v.failed())
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.1f\t%.0f\t%.0f\t%.0f\t%.0f\t%.4f\t%s\n", v.Name, r.percent(v.Balanced), r.percent(v.Caught), r.percent(v.Refused),
			100*v.Unsure, v.MedianMS, v.P95MS, v.TokensIn, v.TokensOut, v.USDPer1000, v.failed())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "\nIn percent. Balanced: mean of caught and of what is not refused. Caught: unfaithful summaries of\nwhich a sentence falls. Refused: faithful ones of which a sentence falls. Unsure ones pass.")
	return err
}

// best returns the verifiers in the order of their balanced accuracy, last those without a
// verdict.
func (r *VerifierReport) best() []VerifierScores {
	return slices.SortedStableFunc(slices.Values(r.Verifiers), func(a, b VerifierScores) int { return cmp.Compare(b.rank(), a.rank()) })
}

func (s *VerifierScores) rank() float64 {
	if s.Rows == 0 {
		return -1
	}
	return s.Balanced.Value
}

func (r *VerifierReport) percent(i Interval) string {
	if r.Bootstrap == 0 {
		return fmt.Sprintf("%.1f", 100*i.Value)
	}
	return fmt.Sprintf("%.1f [%.1f, %.1f]", 100*i.Value, 100*i.Low, 100*i.High)
}

func (s *VerifierScores) failed() string {
	var reasons []string
	for reason, n := range s.Failures {
		reasons = append(reasons, fmt.Sprintf("%d %s", n, reason))
	}
	slices.Sort(reasons)
	return cmp.Or(strings.Join(reasons, ", "), "0")
}

// WriteJSON writes the report as one JSON object.
func (r *VerifierReport) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

//go:embed verifier.html
var verifierPage string

// verifierPoint is a verifier in the picture: its false alarms go right, its catches
// go up, each with its interval.
type verifierPoint struct {
	VerifierScores
	X, Y, Left, Right, Top, Bottom float64
	Mirrored                       bool // the name stands left of the point
	Failed                         string
}

// The picture is a square beside its margins.
const verifierSide, verifierMargin = 300.0, 40.0

// WriteHTML writes the report as one page that loads nothing. All text is escaped.
func (r *VerifierReport) WriteHTML(out io.Writer) error {
	across := func(v float64) float64 { return round(verifierMargin/4 + v*verifierSide) }
	up := func(v float64) float64 { return round(verifierMargin/2 + (1-v)*verifierSide) }
	var points []verifierPoint
	for _, v := range r.best() {
		points = append(points, verifierPoint{
			VerifierScores: v, Failed: v.failed(), Mirrored: v.Refused.Value > 0.5,
			X: across(v.Refused.Value), Left: across(v.Refused.Low), Right: across(v.Refused.High),
			Y: up(v.Caught.Value), Top: up(v.Caught.High), Bottom: up(v.Caught.Low),
		})
	}
	page, err := template.New("verifiers").Funcs(template.FuncMap{
		"hundred": func(v float64) string { return fmt.Sprintf("%.1f", 100*v) },
		"fixed":   func(v float64) string { return fmt.Sprintf("%.4f", v) },
		"short":   func(v float64) string { return fmt.Sprintf("%.0f", v) },
	}).Parse(verifierPage)
	if err != nil {
		return err
	}
	return page.Execute(out, map[string]any{
		"Report": r, "Points": points, "Source": r.Origin.line(), "Side": verifierSide,
		"Left": verifierMargin / 4, "Right": verifierMargin/4 + verifierSide, "Top": verifierMargin / 2, "Bottom": verifierMargin/2 + verifierSide,
		"Width": verifierSide + verifierMargin + verifierMargin/2, "Height": verifierSide + 1.5*verifierMargin,
	})
}
