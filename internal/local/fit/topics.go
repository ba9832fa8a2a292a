package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// threshold is the confidence from which on a topic is delivered: about the highest at which F1
// over the labelled articles is still best. A wrong label costs a reader more than one of
// several right ones that is missing.
const threshold = 0.32

// topicFolds is the number of parts of the cross-validation.
const topicFolds = 10

// A labelledArticle is an article in the eyes of the fit.
type labelledArticle struct {
	main   int
	labels map[int]bool
	topics []int
	found  [][]float64 // the signals of each of topics
}

// fitTopics learns how sure a topic of the default taxonomy is, from articles in the
// folder that args names.
func fitTopics(args []string, report io.Writer) ([]byte, error) {
	dir, err := folder(args)
	if err != nil {
		return nil, err
	}
	topics := taxonomy.Default().Topics()
	gold, err := readLabelled(filepath.Join(dir, "topics_gold.dev.jsonl"), topics)
	if err != nil {
		return nil, err
	}
	if report != nil {
		reportTopics(report, gold, crossValidateTopics(gold, len(topics)))
	}
	return fitModel(gold, len(topics)).source(topics)
}

// crossValidateTopics returns the confidences of each article, fitted on the others.
func crossValidateTopics(gold []labelledArticle, topics int) [][]float64 {
	parts := rand.New(rand.NewPCG(1, 2)).Perm(len(gold))
	predicted := make([][]float64, len(gold))
	for fold := range topicFolds {
		var train []labelledArticle
		for i, at := range parts {
			if i%topicFolds != fold {
				train = append(train, gold[at])
			}
		}
		m := fitModel(train, topics)
		for i, at := range parts {
			if i%topicFolds == fold {
				predicted[at] = m.predict(&gold[at])
			}
		}
	}
	return predicted
}

// reportTopics prints how well the confidences p of all articles do.
func reportTopics(out io.Writer, all []labelledArticle, p [][]float64) {
	fmt.Fprintln(out, "cross-validated, by threshold:")
	for at := 0.2; at < 0.61; at += 0.05 {
		fmt.Fprintf(out, "  %.2f  %s\n", at, judge(all, p, at))
	}
	fmt.Fprintf(out, "at %.2f: %s\n%s\n", threshold, intervals(all, p, threshold), reliability(all, p))
}

// readLabelled reads articles that are labelled with topics of the default taxonomy.
func readLabelled(path string, topics []taxonomy.Topic) ([]labelledArticle, error) {
	rows, err := readRows(path)
	if err != nil {
		return nil, err
	}
	reader := local.NewDefaultTopicReader()
	all := upTo(len(topics))
	var out []labelledArticle
	for _, r := range rows {
		a := labelledArticle{}
		if a.main, a.labels, err = r.numbers(topics); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for i, found := range reader.Read(article.Clean(article.Raw{Text: r.Text})).Signals(all) {
			if found != nil {
				a.topics = append(a.topics, i)
				a.found = append(a.found, found)
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// numbers returns the labels of a row, or its class, as numbers of topics.
func (r *inputRow) numbers(topics []taxonomy.Topic) (main int, labels map[int]bool, err error) {
	ids := r.Labels
	if r.Label != "" {
		ids = []string{r.Label}
	}
	if len(ids) == 0 {
		return 0, nil, fmt.Errorf(`line %d: "labels" or "label" is missing`, r.line)
	}
	labels = make(map[int]bool)
	for i, id := range ids {
		n := slices.IndexFunc(topics, func(t taxonomy.Topic) bool { return t.ID == id })
		if n < 0 {
			return 0, nil, fmt.Errorf("line %d: no topic has the id %q", r.line, id)
		}
		if i == 0 {
			main = n
		}
		labels[n] = true
	}
	return main, labels, nil
}

// upTo returns the numbers from 0 to n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// signalCount is the number of signals of a topic that shares words with an article.
const signalCount = 11

// A model is a logistic regression with a bias for each topic.
type model struct {
	weights []float64 // the bias of all topics, then the weights of the signals
	biases  []float64
}

func modelOf(weights []float64) model {
	return model{weights[:1+signalCount], weights[1+signalCount:]}
}

// The penalties on the squares, in samples: topics with few articles keep a bias near none.
const (
	ridgeSignals = 3
	ridgeBiases  = 6
)

// mainShare is the cost of not having the main topic first, beside the cost of being sure of
// wrong topics.
const mainShare = 0.5

// fitModel minimises the log loss of all topics, and of a softmax over the topics of an
// article that says which of them is the main one.
func fitModel(train []labelledArticle, topics int) model {
	samples := 0
	for i := range train {
		samples += len(train[i].topics)
	}
	return modelOf(descend(1+signalCount+topics, 2000, func(w, gradient []float64) {
		m, g := modelOf(w), modelOf(gradient)
		for i := range train {
			a := &train[i]
			first := m.first(a)
			for j, topic := range a.topics {
				off := probability(m.z(topic, a.found[j])) + mainShare*first[j]
				if a.labels[topic] {
					off--
				}
				if topic == a.main {
					off -= mainShare
				}
				g.weights[0] += off
				for k, v := range a.found[j] {
					g.weights[1+k] += off * v
				}
				g.biases[topic] += off
			}
		}
		for k := 1; k <= signalCount; k++ {
			gradient[k] += ridgeSignals * w[k]
		}
		for k := range g.biases {
			g.biases[k] += ridgeBiases * m.biases[k]
		}
		for k := range gradient {
			gradient[k] /= float64(samples)
		}
	}))
}

// descend follows a gradient down by steps with momentum, from n weights of 0.
func descend(n, steps int, gradient func(w, out []float64)) []float64 {
	w, velocity, down := make([]float64, n), make([]float64, n), make([]float64, n)
	for range steps {
		clear(down)
		gradient(w, down)
		for k := range w {
			velocity[k] = 0.9*velocity[k] - down[k]
			w[k] += velocity[k]
		}
	}
	return w
}

func (m model) z(topic int, signals []float64) float64 {
	z := m.weights[0] + m.biases[topic]
	for k, v := range signals {
		z += m.weights[1+k] * v
	}
	return z
}

// first returns how likely each of the topics of an article comes first; nothing where the
// main one is not among them.
func (m model) first(a *labelledArticle) []float64 {
	p := make([]float64, len(a.topics))
	if !slices.Contains(a.topics, a.main) {
		return p
	}
	sum := 0.0
	for j, topic := range a.topics {
		p[j] = math.Exp(m.z(topic, a.found[j]))
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
	return p
}

func (m model) predict(a *labelledArticle) []float64 {
	p := make([]float64, len(m.biases))
	for j, topic := range a.topics {
		p[topic] = probability(m.z(topic, a.found[j]))
	}
	return p
}

func probability(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// source writes the model as Go.
func (m model) source(topics []taxonomy.Topic) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by internal/local/fit; DO NOT EDIT.\n\npackage local\n\n")
	fmt.Fprintf(&b, "// What was fitted to labelled articles, in 1,024ths.\n")
	fmt.Fprintf(&b, "const (\nfittedThreshold = %v\nfittedBias = %d\n)\n\n", threshold, fixed(m.weights[0]))
	fmt.Fprintf(&b, "var fittedWeights = signals{")
	for _, w := range m.weights[1:] {
		fmt.Fprintf(&b, "%d, ", fixed(w))
	}
	fmt.Fprintf(&b, "}\n\nvar fittedBiases = map[string]int64{\n")
	for i, topic := range topics {
		fmt.Fprintf(&b, "%q: %d,\n", topic.ID, fixed(m.biases[i]))
	}
	fmt.Fprintf(&b, "}\n")
	return format.Source(b.Bytes())
}

// fixed returns v as the engine counts it, in 1,024ths.
func fixed(v float64) int { return int(math.Round(v * 1024)) }
