package main

import (
	"fmt"
	"go/format"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// How much the samples count. An item has one topic, and mostly some others that are
// right in part; near misses are as rare in the news as they are many here.
const (
	weightFound    = 0.3
	weightNearMiss = 1.0
	weightOther    = 0.02

	ridgeSenses = 0.5
)

// An inventedItem is an item that was written for a topic, or as its near miss.
type inventedItem struct {
	language string
	topic    string
	isTopic  bool
	signals  map[string][]float64 // of the topics that are found, by id
}

// A senseSample is the signals of a topic of an item.
type senseSample struct {
	signals []float64
	right   bool
	weight  float64
}

// fitSenses learns how sure a topic of security and international affairs is in other
// languages than English, from the invented items in the folder that args names.
func fitSenses(args []string, report io.Writer) ([]byte, error) {
	dir, err := folder(args)
	if err != nil {
		return nil, err
	}
	languages := taxonomy.Default().Languages()
	var items []inventedItem
	for _, language := range languages {
		some, err := readInvented(filepath.Join(dir, "topics."+language+".txt"), language)
		if err != nil {
			return nil, err
		}
		items = append(items, some...)
	}
	if report != nil {
		fmt.Fprintln(report, "in a language that was left out of the fit:")
		for _, language := range languages {
			b := senseModelOf(items, func(i *inventedItem) bool { return i.language != language })
			fmt.Fprintln(report, language, judgeSenses(b, items, func(i *inventedItem) bool { return i.language == language }))
		}
	}
	return senseSource(senseModelOf(items, func(*inventedItem) bool { return true }))
}

var itemHeading = regexp.MustCompile(`(?m)^([=!])= (\S+)$`)

// readInvented reads a file of invented items: each behind a line with its topic, which
// begins with "==", or with "!=" for a near miss.
func readInvented(path, language string) ([]inventedItem, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text := string(data)
	headings := itemHeading.FindAllStringSubmatchIndex(text, -1)
	if len(headings) == 0 {
		return nil, fmt.Errorf("%s: no items", path)
	}
	var items []inventedItem
	for n, h := range headings {
		end := len(text)
		if n+1 < len(headings) {
			end = headings[n+1][0]
		}
		doc := article.Clean(article.Raw{Text: strings.TrimSpace(text[h[1]:end]), LanguageCode: language})
		items = append(items, inventedItem{
			language: language,
			topic:    text[h[4]:h[5]],
			isTopic:  text[h[2]:h[3]] == "=",
			signals:  local.SenseSignals(doc),
		})
	}
	return items, nil
}

// senseSamples returns the samples of the items that use wants.
func senseSamples(items []inventedItem, use func(*inventedItem) bool) (samples []senseSample) {
	for i := range items {
		item := &items[i]
		if !use(item) {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(item.signals)) {
			signals := item.signals[id]
			switch {
			case id != item.topic && item.isTopic:
				samples = append(samples, senseSample{signals, false, weightOther})
			case id == item.topic && item.isTopic:
				samples = append(samples, senseSample{signals, true, weightFound})
			case id == item.topic:
				samples = append(samples, senseSample{signals, false, weightNearMiss})
			}
		}
	}
	return samples
}

// senseModelOf fits a logistic regression by Newton's method; the first weight
// that it returns is the bias.
func senseModelOf(items []inventedItem, use func(*inventedItem) bool) []float64 {
	samples := senseSamples(items, use)
	n := len(samples[0].signals) + 1
	b := make([]float64, n)
	for range 30 {
		gradient, curvature := make([]float64, n), make([][]float64, n)
		for j := range n {
			curvature[j] = make([]float64, n)
			curvature[j][j] = ridgeSenses
			gradient[j] = ridgeSenses * b[j]
		}
		for i := range samples {
			x := append([]float64{1}, samples[i].signals...)
			p := probability(dot(b, x))
			off := p
			if samples[i].right {
				off--
			}
			for j := range n {
				gradient[j] += samples[i].weight * off * x[j]
				for k := range n {
					curvature[j][k] += samples[i].weight * p * (1 - p) * x[j] * x[k]
				}
			}
		}
		for j, step := range solve(curvature, gradient) {
			b[j] -= step
		}
	}
	b[0] += logit(threshold) - logit(bestSense)
	return b
}

// bestSense is the probability from which on most items are found and most near misses are
// not: it is made the threshold.
const bestSense = 0.26

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// solve returns x with a·x = y for a positive definite a, which it overwrites as it does
// y, by Gaussian elimination.
func solve(a [][]float64, y []float64) []float64 {
	n := len(y)
	for i := range n {
		for j := i + 1; j < n; j++ {
			f := a[j][i] / a[i][i]
			for k := i; k < n; k++ {
				a[j][k] -= f * a[i][k]
			}
			y[j] -= f * y[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			y[i] -= a[i][k] * y[k]
		}
		y[i] /= a[i][i]
	}
	return y
}

// judgeSenses says how many items of use are found, how many near misses are not, and how
// many other topics an item gets.
func judgeSenses(b []float64, items []inventedItem, use func(*inventedItem) bool) string {
	var all, found, misses, clean, others int
	for i := range items {
		item := &items[i]
		if !use(item) {
			continue
		}
		delivered := false
		for id, signals := range item.signals {
			if probability(dot(b, append([]float64{1}, signals...))) < threshold {
				continue
			}
			if id == item.topic {
				delivered = true
			} else if item.isTopic {
				others++
			}
		}
		if item.isTopic {
			all++
			if delivered {
				found++
			}
		} else {
			misses++
			if !delivered {
				clean++
			}
		}
	}
	return fmt.Sprintf("found %.3f, near misses clean %.3f, other topics an item %.2f",
		share(found, all), share(clean, misses), share(others, all))
}

func share(n, all int) float64 { return float64(n) / math.Max(1, float64(all)) }

// senseSource returns the weights as Go.
func senseSource(b []float64) ([]byte, error) {
	var weights []string
	for _, v := range b {
		weights = append(weights, fmt.Sprint(fixed(v)))
	}
	return format.Source(fmt.Appendf(nil, `// Code generated by internal/local/fit; DO NOT EDIT.

package local

// What was fitted to invented items in other languages, in units.
var fittedSenses = senseModel{bias: %s, signals: senseSignals{%s}}
`, weights[0], strings.Join(weights[1:], ", ")))
}
