package local

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// The fit is a test because it reads what the engine counts, which nothing else
// should see.
var (
	fitTopics  = flag.String("fit-topics", "", "folder of the development data: fit the confidence of topics and report it by cross-validation")
	fitLabels  = flag.String("fit-labels", "", "more labelled articles to report on, as JSONL")
	fitWritten = flag.Bool("fit-write", false, "write what was fitted to fitted.go")
)

// fitFolds is the number of parts of the cross-validation.
const fitFolds = 10

// A labelledRow is an article of the development data.
type labelledRow struct {
	ID     string   `json:"id"`
	Text   string   `json:"text"`
	Labels []string `json:"labels"` // main topic first
	Label  string   `json:"label"`  // a class
}

// A sample is an article in the eyes of the fit.
type sample struct {
	main   int
	labels map[int]bool
	topics []int
	found  []signals // by topics
}

func TestFitTopics(t *testing.T) {
	if *fitTopics == "" {
		t.Skip("no development data: name its folder with -fit-topics")
	}
	group := builtin()
	gold := samples(t, filepath.Join(*fitTopics, "topics_gold.dev.jsonl"), group)

	parts := rand.New(rand.NewPCG(1, 2)).Perm(len(gold))
	crossed := make([][]float64, len(gold))
	for fold := range fitFolds {
		var train []sample
		for i, at := range parts {
			if i%fitFolds != fold {
				train = append(train, gold[at])
			}
		}
		m := fit(train, len(group.ids))
		for i, at := range parts {
			if i%fitFolds == fold {
				crossed[at] = m.predict(&gold[at])
			}
		}
	}
	t.Log("cross-validated, by threshold:")
	for threshold := 0.2; threshold < 0.61; threshold += 0.05 {
		t.Logf("  %.2f  %s", threshold, judge(gold, crossed, threshold))
	}
	t.Logf("at %.2f: %s", fittedThreshold, intervals(gold, crossed, fittedThreshold))
	t.Log(reliability(gold, crossed))

	m := fit(gold, len(group.ids))
	if *fitLabels != "" {
		more := samples(t, *fitLabels, group)
		predicted := make([][]float64, len(more))
		for i := range more {
			predicted[i] = m.predict(&more[i])
		}
		t.Logf("other articles at %.2f: %s", fittedThreshold, intervals(more, predicted, fittedThreshold))
		for threshold := 0.2; threshold < 0.61; threshold += 0.05 {
			t.Logf("  %.2f  %s", threshold, judge(more, predicted, threshold))
		}
		t.Log(reliability(more, predicted))
	}
	t.Logf("BBC classes by way of the topics, as fitted.go has them: %.3f", through(t, "topics_bbc.dev.jsonl", bbcClassOf, ""))
	t.Logf("classes of agency briefs: %.3f", through(t, "topics_agnews.dev.jsonl", agencyClassOf, "world"))
	if *fitWritten {
		if err := os.WriteFile("fitted.go", m.source(group.ids), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Classes that topics belong to.
var (
	bbcClassOf = map[string]string{
		"sport": "sport", "arts-entertainment": "entertainment",
		"economy-business": "business", "trade": "business", "energy": "business", "labour": "business",
		"science-technology": "tech", "cybersecurity": "tech",
		"politics": "politics", "elections": "politics",
	}
	agencyClassOf = map[string]string{
		"sport":            "sports",
		"economy-business": "business", "trade": "business", "energy": "business", "labour": "business",
		"science-technology": "science and technology", "cybersecurity": "science and technology",
	}
)

// through returns how often the class of the most confident topic that has one,
// or other, is that of the article. No delivered topic with a class is wrong.
func through(t *testing.T, name string, classOf map[string]string, other string) float64 {
	d := taxonomy.Default()
	task := &summarizer.TopicTask{Topics: d.Topics(), TaxonomyVersion: d.Version()}
	e := New()
	rows := readLabelled(t, filepath.Join(*fitTopics, name))
	right := 0.0
	for _, r := range rows {
		reply := e.Analyze(t.Context(), &summarizer.Task{Document: article.Clean(article.Source{Text: r.Text}), Topics: task})
		for _, topic := range reply.Topics.Topics {
			class := cmp.Or(classOf[topic.ID], other)
			if topic.Confidence < reply.Topics.Threshold || class == "" {
				continue
			}
			if class == r.Label {
				right++
			}
			break
		}
	}
	return right / float64(len(rows))
}

func readLabelled(t *testing.T, path string) []labelledRow {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []labelledRow
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r labelledRow
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

func samples(t *testing.T, path string, group topicGroup) []sample {
	t.Helper()
	var s scratch
	var out []sample
	for _, r := range readLabelled(t, path) {
		s.read(article.Clean(article.Source{Text: r.Text}))
		s.search(group.lexicon)
		rivals := s.finding.rivals()
		a := sample{main: slices.Index(group.ids, r.Labels[0]), labels: make(map[int]bool)}
		for _, id := range r.Labels {
			a.labels[slices.Index(group.ids, id)] = true
		}
		for i, score := range s.finding.scores {
			if score > 0 {
				a.topics = append(a.topics, i)
				a.found = append(a.found, s.finding.signals(i, &rivals, int64(len(s.tokens))))
			}
		}
		out = append(out, a)
	}
	return out
}

// A model is a logistic regression with a bias for each topic.
type model struct {
	weights [signalCount]float64
	bias    float64
	biases  []float64
}

// Penalties on the squares, in samples: topics with few articles keep a bias
// near none.
const (
	fitRidgeWeights = 6
	fitRidgeBiases  = 6
)

// fit descends the gradient of the log loss.
func fit(train []sample, topics int) *model {
	m := &model{biases: make([]float64, topics)}
	n := 0.0
	for i := range train {
		n += float64(len(train[i].topics))
	}
	var speed [signalCount + 1]float64
	speeds := make([]float64, topics)
	for range 2000 {
		var down [signalCount + 1]float64
		downs := make([]float64, topics)
		for i := range train {
			a := &train[i]
			for j, topic := range a.topics {
				off := probability(m.z(topic, &a.found[j]))
				if a.labels[topic] {
					off--
				}
				for k, v := range a.found[j] {
					down[k] += off * float64(v) / unit
				}
				down[signalCount] += off
				downs[topic] += off
			}
		}
		for k := range m.weights {
			speed[k] = 0.9*speed[k] - (down[k]+fitRidgeWeights*m.weights[k])/n
			m.weights[k] += speed[k]
		}
		speed[signalCount] = 0.9*speed[signalCount] - down[signalCount]/n
		m.bias += speed[signalCount]
		for k := range m.biases {
			speeds[k] = 0.9*speeds[k] - (downs[k]+fitRidgeBiases*m.biases[k])/n
			m.biases[k] += speeds[k]
		}
	}
	return m
}

func (m *model) z(topic int, s *signals) float64 {
	z := m.bias + m.biases[topic]
	for k, v := range s {
		z += m.weights[k] * float64(v) / unit
	}
	return z
}

func (m *model) predict(a *sample) []float64 {
	p := make([]float64, len(m.biases))
	for j, topic := range a.topics {
		p[topic] = probability(m.z(topic, &a.found[j]))
	}
	return p
}

func probability(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// source writes the model as Go.
func (m *model) source(ids []string) []byte {
	var b bytes.Buffer
	fixed := func(v float64) int { return int(math.Round(v * unit)) }
	fmt.Fprintf(&b, "// Code generated by TestFitTopics with -fit-write; DO NOT EDIT.\n\npackage local\n\n")
	fmt.Fprintf(&b, "// What was fitted to labelled articles, in units.\n")
	fmt.Fprintf(&b, "const (\nfittedThreshold = %v\nfittedBias = %d\n)\n\n", fittedThreshold, fixed(m.bias))
	fmt.Fprintf(&b, "var fittedWeights = signals{")
	for i, w := range m.weights {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, fixed(w))
	}
	fmt.Fprintf(&b, "}\n\nvar fittedBiases = map[string]int64{\n")
	for i, id := range ids {
		fmt.Fprintf(&b, "%q: %d,\n", id, fixed(m.biases[i]))
	}
	fmt.Fprintf(&b, "}\n")
	out, err := format.Source(b.Bytes())
	if err != nil {
		panic(err)
	}
	return out
}

// A verdict counts what was right.
type verdict struct{ right, wrong, missed, mainFound, articles float64 }

func (v *verdict) add(a *sample, p []float64, threshold float64) {
	var given []int
	for topic, c := range p {
		if c >= threshold {
			given = append(given, topic)
		}
	}
	sort.SliceStable(given, func(i, j int) bool { return p[given[i]] > p[given[j]] })
	given = given[:min(len(given), 5)]
	v.articles++
	v.missed += float64(len(a.labels))
	for _, topic := range given {
		if a.labels[topic] {
			v.right++
			v.missed--
		} else {
			v.wrong++
		}
		if topic == a.main {
			v.mainFound++
		}
	}
}

func (v verdict) f1() float64   { return 2 * v.right / (2*v.right + v.wrong + v.missed) }
func (v verdict) main() float64 { return v.mainFound / v.articles }

func (v verdict) String() string {
	return fmt.Sprintf("micro-F1 %.3f, precision %.3f, recall %.3f, main topic found %.3f",
		v.f1(), v.right/(v.right+v.wrong), v.right/(v.right+v.missed), v.main())
}

func judge(all []sample, p [][]float64, threshold float64) verdict {
	var v verdict
	for i := range all {
		v.add(&all[i], p[i], threshold)
	}
	return v
}

// intervals adds the 95 % interval of 2,000 bootstrap samples of the articles.
func intervals(all []sample, p [][]float64, threshold float64) string {
	var f1, found []float64
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		var v verdict
		for range all {
			i := rnd.IntN(len(all))
			v.add(&all[i], p[i], threshold)
		}
		f1, found = append(f1, v.f1()), append(found, v.main())
	}
	slices.Sort(f1)
	slices.Sort(found)
	return fmt.Sprintf("%s; intervals %.3f to %.3f and %.3f to %.3f", judge(all, p, threshold), f1[50], f1[1949], found[50], found[1949])
}

// reliability compares confidences with how often they were right, and returns
// their expected difference (ECE) over ten equal bins.
func reliability(all []sample, p [][]float64) string {
	var n, sum, right [10]float64
	for i := range all {
		for topic, c := range p[i] {
			if c < 0.01 {
				continue
			}
			bin := min(9, int(c*10))
			n[bin]++
			sum[bin] += c
			if all[i].labels[topic] {
				right[bin]++
			}
		}
	}
	out, total, ece := "confidence  topics  mean   right\n", 0.0, 0.0
	for i := range n {
		if n[i] > 0 {
			out += fmt.Sprintf("%.1f to %.1f  %6.0f  %.3f  %.3f\n", float64(i)/10, float64(i+1)/10, n[i], sum[i]/n[i], right[i]/n[i])
			total += n[i]
			ece += math.Abs(sum[i] - right[i])
		}
	}
	return out + fmt.Sprintf("ECE %.3f over %.0f", ece/total, total)
}
