package main

import (
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
)

// corpus is a file of articles with references.
type corpus struct {
	name string
	rows []*row
}

// row is one article with one reference.
type row struct {
	group     uint64 // the same for all rows of an article
	study     *local.Study
	words     [][]string // of each sentence
	reference ngramCounts
	lessons   []lesson
}

// lesson is a summary with all sentences that could be added to it.
type lesson struct {
	measures [][]float64 // of each sentence, in thousandths
	base     []float64   // the worth that is not learned: what the summary costs it
	gains    []float64   // the score of the summary with it
}

const (
	// maxStudied bounds the sentences of an article that lessons are made of.
	maxStudied = 60

	// longestTaught is the length of the longest summary of which lessons are made.
	longestTaught = 3
)

func readCorpus(path string) (*corpus, error) {
	in, err := readRows(path)
	if err != nil {
		return nil, err
	}
	c := &corpus{name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))}
	for _, in := range in {
		if in.Reference == "" {
			return nil, fmt.Errorf(`%s:%d: a row of summaries needs "reference"`, path, in.line)
		}
		r := &row{
			study:     local.NewStudy(article.Clean(article.Raw{Text: in.Text, Title: in.Title})),
			reference: count(words(in.Reference)),
		}
		h := fnv.New64a()
		if in.ArticleID == "" {
			in.ArticleID = in.Text
		}
		h.Write([]byte(in.ArticleID))
		r.group = h.Sum64()
		for i := range r.study.Len() {
			r.words = append(r.words, words(r.study.Text(i)))
		}
		c.rows = append(c.rows, r)
	}
	return c, nil
}

// prepare makes the lessons of every row from the summaries that weights choose.
func (c *corpus) prepare(weights local.Weights) {
	for _, r := range c.rows {
		for n := 1; n <= longestTaught; n++ {
			if l, ok := r.lesson(r.study.Choose(weights, n-1), n); ok {
				r.lessons = append(r.lessons, l)
			}
		}
	}
}

// lesson returns the lesson of what to add to others for a summary of n. It
// reports false where there is nothing to choose between.
func (r *row) lesson(others []int, n int) (l lesson, ok bool) {
	for i := range min(r.study.Len(), maxStudied) {
		if slices.Contains(others, i) {
			continue
		}
		var measures []float64
		for _, f := range r.study.Measures(i, n) {
			measures = append(measures, float64(f))
		}
		l.measures = append(l.measures, measures)
		l.base = append(l.base, -float64(r.study.Cost(i, others)))
		l.gains = append(l.gains, r.score(append([]int{i}, others...)).sum())
	}
	return l, len(l.gains) > 1
}

// score returns the ROUGE of the sentences, which it puts in order.
func (r *row) score(sentences []int) rouge {
	var all []string
	for i, w := range r.words {
		if slices.Contains(sentences, i) {
			all = append(all, w...)
		}
	}
	return compare(count(all), r.reference)
}
