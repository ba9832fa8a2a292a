package local

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"go/format"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

var cutVectors = flag.Bool("fit-vectors", false, "write vectors.bin from the word vectors of the development data")

// TestCutVectors keeps the vector of the most frequent word of each stem.
func TestCutVectors(t *testing.T) {
	if !*cutVectors || *fitTopics == "" {
		t.Skip("nothing to cut: give -fit-vectors and the folder with -fit-topics")
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(*fitTopics, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	words := strings.Split(strings.TrimSpace(string(read("glove100_top50k_words.txt"))), "\n")
	table := read("glove100_top50k_int8.bin")

	rows := make([][dimensions]float64, len(words))
	var mean [dimensions]float64
	for i := range rows {
		for j := range rows[i] {
			rows[i][j] = float64(int8(table[i*dimensions+j]))
		}
		toUnitLength(&rows[i])
		for j, v := range rows[i] {
			mean[j] += v / float64(len(rows))
		}
	}
	var l lexer
	var out []byte
	seen := make(map[uint64]bool)
	for i, line := range words {
		word, _, _ := strings.Cut(line, "\t") // The rank in the corpus stands behind it.
		tokens := l.append(nil, word, 0)
		if len(tokens) != 1 || int(tokens[0].end) != len(word) || tokens[0].kind&(kindStop|kindNumber) != 0 || seen[tokens[0].stem] {
			continue
		}
		seen[tokens[0].stem] = true
		for j := range rows[i] {
			rows[i][j] -= mean[j]
		}
		toUnitLength(&rows[i])
		out = binary.LittleEndian.AppendUint64(out, tokens[0].stem)
		for _, v := range rows[i] {
			out = append(out, byte(int8(max(-127, min(127, math.Round(v*vectorScale))))))
		}
	}
	if err := os.WriteFile("vectors.bin", out, 0o644); err != nil {
		t.Fatal(err)
	}
}

func toUnitLength(v *[dimensions]float64) {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	if sum == 0 {
		return
	}
	for i := range v {
		v[i] /= math.Sqrt(sum)
	}
}

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

	// strays fit next to no article: what a lone candidate has to be told from.
	strays = []taxonomy.Topic{
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

// traitCount is the number of what a likeness weighs, the bias among it.
const traitCount = signalCount + 6

// A comparison is an article beside all candidates of its corpus.
type comparison struct {
	main     int
	labels   map[int]bool
	tokens   int64
	finding  finding
	document meaning
	meanings []meaning
}

// traits returns what a likeness weighs for each of some candidates.
func (c *comparison) traits(in []int, vectors bool) [][traitCount]float64 {
	var f finding
	var meanings []meaning
	for _, i := range in {
		f.scores = append(f.scores, c.finding.scores[i])
		f.leads = append(f.leads, c.finding.leads[i])
		meanings = append(meanings, c.meanings[i])
	}
	rivals := f.rivals()
	near := resemblancesOf(&c.document, meanings)
	out := make([][traitCount]float64, len(in))
	for i := range in {
		x := &out[i]
		x[0] = 1
		if f.scores[i] > 0 {
			for k, v := range f.signals(i, &rivals, c.tokens) {
				x[1+k] = float64(v) / unit
			}
		}
		if vectors {
			cosine, brief := float64(near[i].cosine)/unit, briefTokens/float64(briefTokens+c.tokens)
			x[8], x[9] = cosine, float64(near[i].gap)/unit
			if f.scores[i] > 0 {
				x[10] = cosine
			}
			x[11], x[12] = cosine*brief, float64(near[i].ahead)/unit*brief
		}
	}
	return out
}

type lesson struct {
	traits [traitCount]float64
	right  float64
}

// fitLikeness learns from articles in company of 1 to all candidates.
func fitLikeness(train []*comparison, vectors bool) [traitCount]float64 {
	rnd := rand.New(rand.NewPCG(5, 6))
	var lessons []lesson
	for _, c := range train {
		for _, n := range []int{1, 1, 2, 4, 10, 46} {
			in := rnd.Perm(len(c.meanings))[:min(n, len(c.meanings))]
			for j, x := range c.traits(in, vectors) {
				l := lesson{traits: x}
				if c.labels[in[j]] {
					l.right = 1
				}
				lessons = append(lessons, l)
			}
		}
	}
	var w, speed [traitCount]float64
	n := float64(len(lessons))
	for range 1500 {
		var down [traitCount]float64
		for i := range lessons {
			off := probability(weigh(&w, &lessons[i].traits)) - lessons[i].right
			for k, v := range lessons[i].traits {
				down[k] += off * v
			}
		}
		for k := range w {
			speed[k] = 0.9*speed[k] - 1.5*(down[k]/n+0.0003*w[k])
			w[k] += speed[k]
		}
	}
	// A candidate is rarer among the strays than a caller's will be, who has
	// reason to ask: the probability at which F1 is best is made the threshold.
	w[0] += math.Log(fittedThreshold/(1-fittedThreshold)) - math.Log(bestLikeness/(1-bestLikeness))
	return w
}

// bestLikeness is the probability from which on F1 over the default topics as
// candidates is best.
const bestLikeness = 0.2

func weigh(w, x *[traitCount]float64) float64 {
	z := 0.0
	for k, v := range x {
		z += w[k] * v
	}
	return z
}

func TestFitCandidates(t *testing.T) {
	if *fitTopics == "" {
		t.Skip("no development data: name its folder with -fit-topics")
	}
	usual := usualOf(t)
	compare := func(name string, topics []taxonomy.Topic) []*comparison {
		group := compile(append(slices.Clone(topics), strays...))
		var s scratch
		var out []*comparison
		for _, r := range readLabelled(t, filepath.Join(*fitTopics, name)) {
			s.read(article.Clean(article.Source{Text: r.Text, LanguageCode: "en"}))
			s.search(group.lexicon)
			if r.Label != "" {
				r.Labels = []string{r.Label}
			}
			c := &comparison{
				main: slices.Index(group.ids, r.Labels[0]), labels: make(map[int]bool), tokens: int64(len(s.tokens)),
				finding:  finding{scores: slices.Clone(s.finding.scores), leads: slices.Clone(s.finding.leads)},
				document: s.meaning(), meanings: group.meanings,
			}
			c.document.centre(&usual)
			for _, id := range r.Labels {
				c.labels[slices.Index(group.ids, id)] = true
			}
			out = append(out, c)
		}
		return out
	}
	named := slices.Clone(taxonomy.Default().Topics())
	for i := range named {
		named[i].Phrases = nil
	}
	gold := compare("topics_gold.dev.jsonl", named)
	bbc := compare("topics_bbc.dev.jsonl", bbcClasses)
	agency := compare("topics_agnews.dev.jsonl", agencyClasses)
	const lessonsOfAgency = 300

	for _, vectors := range []bool{false, true} {
		t.Logf("word vectors: %v", vectors)
		all := make([]sample, len(gold))
		crossed := make([][]float64, len(gold))
		for fold := range 5 {
			train := slices.Clone(agency[:lessonsOfAgency])
			for i, c := range gold {
				if i%5 != fold {
					train = append(train, c)
				}
			}
			w := fitLikeness(train, vectors)
			for i, c := range gold {
				if i%5 == fold {
					all[i] = sample{main: c.main, labels: c.labels}
					crossed[i] = confidencesOf(c, len(named), vectors, &w)
				}
			}
		}
		t.Logf("  the default topics as candidates: %s", intervals(all, crossed, fittedThreshold))

		w := fitLikeness(append(slices.Clone(agency[:lessonsOfAgency]), gold...), vectors)
		t.Logf("  BBC, 5 candidates: %s", classes(bbc, len(bbcClasses), vectors, &w))
		t.Logf("  agency briefs not learned from, 4 candidates: %s", classes(agency[lessonsOfAgency:], len(agencyClasses), vectors, &w))
		lone := 0
		for _, c := range bbc {
			for i := range strays {
				x := c.traits([]int{len(bbcClasses) + i}, vectors)
				if probability(weigh(&w, &x[0])) >= fittedThreshold {
					lone++
				}
			}
		}
		t.Logf("  lone strays delivered for BBC: %.3f", float64(lone)/float64(len(bbc)*len(strays)))
		if vectors && *fitWritten {
			if err := os.WriteFile("fitted_candidates.go", sourceOf(&w, &usual), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// usualOf returns the mean meaning of three corpora, each counting the same.
func usualOf(t *testing.T) meaning {
	var s scratch
	var usual meaning
	const fine = 100_000
	for _, name := range []string{"topics_bbc.dev.jsonl", "topics_agnews.dev.jsonl", "summ_cnndm.dev.jsonl"} {
		rows := readLabelled(t, filepath.Join(*fitTopics, name))
		for _, r := range rows {
			s.read(article.Clean(article.Source{Text: r.Text, LanguageCode: "en"}))
			for i, v := range s.meaning() {
				usual[i] += v * fine / int64(len(rows))
			}
		}
	}
	for i := range usual {
		usual[i] /= 3 * fine
	}
	return usual
}

// confidencesOf returns those of the first n candidates.
func confidencesOf(c *comparison, n int, vectors bool, w *[traitCount]float64) []float64 {
	in := make([]int, n)
	for i := range in {
		in[i] = i
	}
	p := make([]float64, n)
	for i, x := range c.traits(in, vectors) {
		p[i] = probability(weigh(w, &x))
	}
	return p
}

// classes tells how often the surest candidate is the class, and how well what
// is delivered fits.
func classes(all []*comparison, n int, vectors bool, w *[traitCount]float64) string {
	var first, given, right float64
	for _, c := range all {
		p := confidencesOf(c, n, vectors, w)
		best := 0
		for i, v := range p {
			if v > p[best] {
				best = i
			}
			if v >= fittedThreshold {
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
func sourceOf(w *[traitCount]float64, usual *meaning) []byte {
	fixed := func(v float64) int { return int(math.Round(v * unit)) }
	var b bytes.Buffer
	fmt.Fprint(&b, "// Code generated by TestFitCandidates with -fit-write; DO NOT EDIT.\n\npackage local\n\n")
	fmt.Fprint(&b, "// What was fitted for topics without labelled articles, in units.\n")
	fmt.Fprintf(&b, "var fittedLikeness = likeness{\nbias: %d,\nsignals: signals{", fixed(w[0]))
	for k := range signalCount {
		fmt.Fprintf(&b, "%d, ", fixed(w[1+k]))
	}
	fmt.Fprintf(&b, "},\ncosine: %d, gap: %d, both: %d, brief: %d, lead: %d,\n}\n\n",
		fixed(w[8]), fixed(w[9]), fixed(w[10]), fixed(w[11]), fixed(w[12]))
	fmt.Fprint(&b, "// usualMeaning is the mean meaning of articles.\nvar usualMeaning = meaning{")
	for i, v := range usual {
		if i%20 == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%d, ", v)
	}
	fmt.Fprint(&b, "\n}\n")
	out, err := format.Source(b.Bytes())
	if err != nil {
		panic(err)
	}
	return out
}
