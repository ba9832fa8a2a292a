package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Classes of the development data as a caller might describe them.
var (
	bbcClasses = []taxonomy.Topic{
		{ID: "sport", DisplayName: "Sport", Definition: "Matches, athletes, clubs and competitions."},
		{ID: "business", DisplayName: "Business", Definition: "Companies, markets, the economy and finance."},
		{ID: "politics", DisplayName: "Politics", Definition: "Government, parliament, parties and elections."},
		{ID: "tech", DisplayName: "Technology", Definition: "Computers, the internet, mobile phones, games and gadgets."},
		{ID: "entertainment", DisplayName: "Entertainment", Definition: "Film, music, television, celebrities and awards."},
	}
	agencyClasses = []taxonomy.Topic{
		{ID: "world", DisplayName: "World news", Definition: "War, diplomacy, elections, governments and disasters abroad."},
		{ID: "sports", DisplayName: "Sports", Definition: "Matches, athletes, teams and competitions."},
		{ID: "business", DisplayName: "Business", Definition: "Companies, markets, the economy and finance."},
		{ID: "science and technology", DisplayName: "Science and technology", Definition: "Research, space, computers, software, the internet and gadgets."},
	}

	// distractors fit next to no article: what a lone candidate has to be told from.
	distractors = []taxonomy.Topic{
		{ID: "bees", DisplayName: "Beekeeping", Definition: "Hives, honey, swarms and those who keep bees."},
		{ID: "chess", DisplayName: "Chess", Definition: "Tournaments, openings and grandmasters."},
		{ID: "stamps", DisplayName: "Stamp collecting", Definition: "Stamps, philatelists and auctions of rare issues."},
		{ID: "hulls", DisplayName: "Marine insurance", Definition: "Insurance of hulls, cargoes and liabilities at sea."},
		{ID: "vines", DisplayName: "Viticulture", Definition: "Vines, grapes, cellars and vintages."},
		{ID: "rails", DisplayName: "Railway engineering", Definition: "Tracks, signals, locomotives and tunnels."},
		{ID: "cooking", DisplayName: "Cooking", Definition: "Recipes, kitchens and chefs."},
		{ID: "fossils", DisplayName: "Palaeontology", Definition: "Fossils, dinosaurs and digs."},
		{ID: "tax", DisplayName: "Tax law", Definition: "Income tax, value added tax, loopholes and rulings on them."},
		{ID: "cows", DisplayName: "Dairy farming", Definition: "Cows, milk, cheese and prices paid to farmers."},
		{ID: "opera", DisplayName: "Opera", Definition: "Singers, houses, premieres and composers."},
		{ID: "mines", DisplayName: "Mining safety", Definition: "Accidents in mines, inspections and rescue."},
	}
)

// traitCount is the number of what a similarity model weighs, the bias among it.
const traitCount = signalCount + 6

// A comparison is an article beside all candidates of its corpus.
type comparison struct {
	main   int
	labels map[int]bool
	topics int
	study  *local.TopicStudy
	mean   *local.Embedding
}

// traits returns what a similarity model weighs for each of some candidates.
func (c *comparison) traits(in []int, vectors bool) [][traitCount]float64 {
	signals := c.study.Signals(in)
	near := c.study.Similarities(in, c.mean)
	out := make([][traitCount]float64, len(in))
	for i := range in {
		x := &out[i]
		x[0] = 1
		copy(x[1:], signals[i])
		if vectors {
			cosine, brief := near[i].Cosine, c.study.Brevity()
			similar := x[1+signalCount:]
			similar[0], similar[1] = cosine, near[i].Gap
			if signals[i] != nil {
				similar[2] = cosine
			}
			similar[3], similar[4] = cosine*brief, near[i].Ahead*brief
		}
	}
	return out
}

// An example is a candidate in some company.
type example struct {
	traits [traitCount]float64
	right  float64
}

// fitSimilarity learns from articles in company of 1 to all candidates.
func fitSimilarity(train []*comparison, vectors bool) []float64 {
	rnd := rand.New(rand.NewPCG(5, 6))
	var examples []example
	for _, c := range train {
		for _, n := range []int{1, 1, 2, 4, 10, 46} {
			in := rnd.Perm(c.topics)[:min(n, c.topics)]
			for j, x := range c.traits(in, vectors) {
				l := example{traits: x}
				if c.labels[in[j]] {
					l.right = 1
				}
				examples = append(examples, l)
			}
		}
	}
	w := descend(traitCount, 1500, func(w, gradient []float64) {
		for i := range examples {
			off := probability(weigh(w, &examples[i].traits)) - examples[i].right
			for k, v := range examples[i].traits {
				gradient[k] += off * v
			}
		}
		for k := range w {
			gradient[k] = 1.5 * (gradient[k]/float64(len(examples)) + 0.0003*w[k])
		}
	})
	// A candidate is rarer among the distractors than a caller's will be, who has
	// reason to ask: the probability at which F1 is best is made the threshold.
	w[0] += logit(threshold) - logit(bestLikeness)
	return w
}

// bestLikeness is the probability from which on F1 over the default topics as
// candidates is best.
const bestLikeness = 0.2

func weigh(w []float64, x *[traitCount]float64) float64 {
	z := 0.0
	for k, v := range x {
		z += w[k] * v
	}
	return z
}

// fitCandidates learns how sure a topic is that no articles are labelled with, from
// articles in the folder that args names.
func fitCandidates(args []string, report io.Writer) ([]byte, error) {
	dir, err := folder(args)
	if err != nil {
		return nil, err
	}
	mean, err := meanEmbedding(dir)
	if err != nil {
		return nil, err
	}
	named := slices.Clone(taxonomy.Default().Topics())
	for i := range named {
		named[i].Phrases = nil
	}
	gold, err := compareAll(filepath.Join(dir, "topics_gold.dev.jsonl"), named, mean)
	if err != nil {
		return nil, err
	}
	agency, err := compareAll(filepath.Join(dir, "topics_agnews.dev.jsonl"), agencyClasses, mean)
	if err != nil {
		return nil, err
	}
	learned := min(maxAgencyExamples, len(agency)/2)
	agency, unseen := agency[:learned:learned], agency[learned:]

	if report != nil {
		bbc, err := compareAll(filepath.Join(dir, "topics_bbc.dev.jsonl"), bbcClasses, mean)
		if err != nil {
			return nil, err
		}
		reportCandidates(report, gold, agency, unseen, bbc)
	}
	return sourceOf(fitSimilarity(append(agency, gold...), true), mean)
}

// reportCandidates prints how well the fit does with word vectors and without, on
// articles that it has not seen.
func reportCandidates(out io.Writer, gold, agency, unseen, bbc []*comparison) {
	for _, vectors := range []bool{false, true} {
		fmt.Fprintf(out, "word vectors: %v\n", vectors)
		named := gold[0].topics - len(distractors)
		all, predicted := crossValidateCandidates(gold, agency, named, vectors)
		fmt.Fprintf(out, "  the default topics as candidates: %s\n", intervals(all, predicted, threshold))
		weights := fitSimilarity(append(agency, gold...), vectors)
		fmt.Fprintf(out, "  BBC, 5 candidates: %s\n", classes(bbc, len(bbcClasses), vectors, weights))
		fmt.Fprintf(out, "  agency briefs not learned from, 4 candidates: %s\n", classes(unseen, len(agencyClasses), vectors, weights))
		fmt.Fprintf(out, "  lone distractors delivered for BBC: %.3f\n", loneDistractors(bbc, len(bbcClasses), vectors, weights))
	}
}

// maxAgencyExamples is the number of agency briefs that are learned from: more would
// outweigh the articles.
const maxAgencyExamples = 300

// compareAll reads labelled articles beside topics and distractors.
func compareAll(path string, topics []taxonomy.Topic, mean *local.Embedding) ([]*comparison, error) {
	rows, err := readRows(path)
	if err != nil {
		return nil, err
	}
	all := append(slices.Clone(topics), distractors...)
	reader := local.NewTopicReader(all)
	var out []*comparison
	for _, r := range rows {
		c := &comparison{topics: len(all), mean: mean}
		if c.main, c.labels, err = r.numbers(topics); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.study = reader.Read(article.Clean(article.Raw{Text: r.Text, LanguageCode: "en"}))
		out = append(out, c)
	}
	return out, nil
}

// candidateFolds is the number of parts of the cross-validation.
const candidateFolds = 5

// crossValidateCandidates returns the confidences of the first n candidates in each article of
// gold, fitted on the others and on agency briefs.
func crossValidateCandidates(gold, agency []*comparison, n int, vectors bool) ([]labelledArticle, [][]float64) {
	all := make([]labelledArticle, len(gold))
	predicted := make([][]float64, len(gold))
	for fold := range candidateFolds {
		train := slices.Clone(agency)
		for i, c := range gold {
			if i%candidateFolds != fold {
				train = append(train, c)
			}
		}
		w := fitSimilarity(train, vectors)
		for i, c := range gold {
			if i%candidateFolds == fold {
				all[i] = labelledArticle{main: c.main, labels: c.labels}
				predicted[i] = confidencesOf(c, n, vectors, w)
			}
		}
	}
	return all, predicted
}

// loneDistractors returns how often a distractor, which follows the first n candidates, is
// delivered when it is asked for alone.
func loneDistractors(all []*comparison, n int, vectors bool, w []float64) float64 {
	delivered := 0
	for _, c := range all {
		for i := range distractors {
			x := c.traits([]int{n + i}, vectors)
			if probability(weigh(w, &x[0])) >= threshold {
				delivered++
			}
		}
	}
	return float64(delivered) / float64(len(all)*len(distractors))
}

// meanEmbedding returns the mean embedding of three corpora, each counting the same.
func meanEmbedding(dir string) (*local.Embedding, error) {
	mean := new(local.Embedding)
	const fine = 100_000
	for _, name := range []string{"topics_bbc.dev.jsonl", "topics_agnews.dev.jsonl", "summ_cnndm.dev.jsonl"} {
		rows, err := readRows(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		reader := local.NewTopicReader(nil)
		for _, r := range rows {
			study := reader.Read(article.Clean(article.Raw{Text: r.Text, LanguageCode: "en"}))
			for i, v := range study.Embedding() {
				mean[i] += v * fine / int64(len(rows))
			}
		}
	}
	for i := range mean {
		mean[i] /= 3 * fine
	}
	return mean, nil
}

// confidencesOf returns the confidences of the first n candidates.
func confidencesOf(c *comparison, n int, vectors bool, w []float64) []float64 {
	p := make([]float64, n)
	for i, x := range c.traits(upTo(n), vectors) {
		p[i] = probability(weigh(w, &x))
	}
	return p
}

// classes tells how often the surest candidate is the class, and how well what
// is delivered fits.
func classes(all []*comparison, n int, vectors bool, w []float64) string {
	var first, given, right float64
	for _, c := range all {
		p := confidencesOf(c, n, vectors, w)
		best := 0
		for i, v := range p {
			if v > p[best] {
				best = i
			}
			if v >= threshold {
				given++
				if c.labels[i] {
					right++
				}
			}
		}
		if best == c.main {
			first++
		}
	}
	of := float64(len(all))
	return fmt.Sprintf("surest is right %.3f; delivered: precision %.3f, recall %.3f", first/of, right/given, right/of)
}

// sourceOf writes what was fitted as Go.
func sourceOf(w []float64, mean *local.Embedding) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprint(&b, "// Code generated by internal/local/fit; DO NOT EDIT.\n\npackage local\n\n")
	fmt.Fprint(&b, "// What was fitted for topics without labelled articles, in 1,024ths.\n")
	fmt.Fprintf(&b, "var fittedSimilarity = similarityModel{\nbias: %d,\nsignals: signals{", fixed(w[0]))
	for k := range signalCount {
		fmt.Fprintf(&b, "%d, ", fixed(w[1+k]))
	}
	similar := w[1+signalCount:]
	fmt.Fprintf(&b, "},\ncosine: %d, gap: %d, both: %d, brief: %d, lead: %d,\n}\n\n",
		fixed(similar[0]), fixed(similar[1]), fixed(similar[2]), fixed(similar[3]), fixed(similar[4]))
	fmt.Fprint(&b, "// meanEmbedding is the mean embedding of articles.\nvar meanEmbedding = embedding{")
	for i, v := range mean {
		if i%20 == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%d, ", v)
	}
	fmt.Fprint(&b, "\n}\n")
	return format.Source(b.Bytes())
}
