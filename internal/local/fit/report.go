package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/seed-59202292/summarizer/internal/local"
)

// Parts of a cross-validation, and how often it is made, with other parts each time.
const (
	summaryFolds  = 5
	summaryRounds = 3
)

// crossValidate prints how well a fit does on articles that it has not seen, and
// on a corpus that it has not seen.
func crossValidate(out io.Writer, f fitter, corpora []*corpus) {
	for round := range summaryRounds {
		fold := func(r *row) int { return int(((r.group ^ uint64(round)) * 0x9e3779b97f4a7c15 >> 32) % summaryFolds) }
		fitted := make([]local.Weights, summaryFolds)
		for k := range summaryFolds {
			fitted[k] = f.fit(corpora, func(r *row) bool { return fold(r) != k })
		}
		report(out, fmt.Sprintf("cross-validated, round %d", round+1), corpora, func(c *corpus, i int) local.Weights {
			return fitted[fold(c.rows[i])]
		})
	}
	for k, c := range corpora {
		others := slices.Delete(slices.Clone(corpora), k, k+1)
		weights := f.fit(others, nil)
		report(out, "fitted on the others", []*corpus{c}, func(*corpus, int) local.Weights { return weights })
	}
}

// report prints how the summaries of weights compare with the first sentences of
// the articles.
func report(out io.Writer, label string, corpora []*corpus, weights func(*corpus, int) local.Weights) {
	fmt.Fprintln(out, label)
	for _, c := range corpora {
		for _, n := range []int{2, 3} {
			var gains []float64
			var one, two, lead1, lead2, length, leadLength float64
			for i, r := range c.rows {
				chosen, first := r.study.Choose(weights(c, i), n), upTo(min(n, r.study.Len()))
				own, lead := r.score(chosen), r.score(first)
				gains = append(gains, 100*(own.one-lead.one))
				one, two, lead1, lead2 = one+own.one, two+own.two, lead1+lead.one, lead2+lead.two
				length, leadLength = length+r.length(chosen), leadLength+r.length(first)
			}
			all := float64(len(c.rows))
			low, high := interval(gains)
			fmt.Fprintf(out, "  %-20s %d sentences: ROUGE-1 %.2f (lead %+.2f, 95%% %+.2f to %+.2f), ROUGE-2 %.2f (%+.2f), %.0f words (lead %.0f)\n",
				c.name, n, 100*one/all, 100*(one-lead1)/all, low, high, 100*two/all, 100*(two-lead2)/all, length/all, leadLength/all)
		}
	}
}

func (r *row) length(sentences []int) float64 {
	n := 0
	for _, i := range sentences {
		n += len(r.words[i])
	}
	return float64(n)
}

// interval returns the 95 % interval of the mean of gains by bootstrap.
func interval(gains []float64) (low, high float64) {
	random := rand.New(rand.NewPCG(1, 1))
	means := make([]float64, 1000)
	for i := range means {
		for range gains {
			means[i] += gains[random.IntN(len(gains))]
		}
		means[i] /= float64(len(gains))
	}
	slices.Sort(means)
	return means[25], means[974]
}
