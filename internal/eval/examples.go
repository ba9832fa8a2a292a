package eval

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
)

// Examples are the errors of the first system that are worth reading.
type Examples struct {
	WorstSummaries []Example `json:"worstSummaries"` // by the mean of ROUGE-1, 2 and L, the worst first
	MissedTopics   []Example `json:"missedTopics"`   // main topics first, then by row
	FalseTopics    []Example `json:"falseTopics"`    // the most confident first
}

// Example is an article and what was made of it. Title, Text, Reference and the
// texts of Summaries are empty when Options.OmitText is set.
type Example struct {
	ID        string           `json:"id"`
	Line      int              `json:"line"`
	Title     string           `json:"title,omitempty"`
	Text      string           `json:"text,omitempty"` // the beginning, cleaned
	Reference string           `json:"reference,omitempty"`
	Summaries []ExampleSummary `json:"summaries,omitempty"` // of each system

	Topic      string   `json:"topic,omitempty"`      // the one missed or given wrongly
	Main       bool     `json:"main,omitempty"`       // the one missed is the main one
	Confidence *float64 `json:"confidence,omitempty"` // that Topic was given with, if any
	Labels     []string `json:"labels,omitempty"`
	Given      []string `json:"given,omitempty"`
}

// ExampleSummary is the summary of one system.
type ExampleSummary struct {
	System string  `json:"system"`
	Text   string  `json:"text,omitempty"`
	Rouge1 float64 `json:"rouge1"`
	Rouge2 float64 `json:"rouge2"`
	RougeL float64 `json:"rougeL"`
}

// exampleBytes is how much of an article an example shows.
const exampleBytes = 4000

// examples gathers the worst. The result does not depend on the order in
// which rows come.
type examples struct {
	summaries, missed, wrong ranked
}

// ranked are examples in the order of rank, row number and topic.
type ranked []rankedExample

type rankedExample struct {
	rank    float64
	number  int
	topic   string
	example Example
}

// offer keeps an example if it is among the first maxExamples; build is called only then.
func (r *ranked) offer(candidate rankedExample, build func() Example) {
	at, _ := slices.BinarySearchFunc(*r, candidate, func(a, b rankedExample) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.number, b.number), cmp.Compare(a.topic, b.topic))
	})
	if at >= maxExamples {
		return
	}
	candidate.example = build()
	*r = slices.Insert(*r, at, candidate)
	*r = (*r)[:min(len(*r), maxExamples)]
}

func (r ranked) list() []Example {
	list := make([]Example, len(r))
	for i := range r {
		list[i] = r[i].example
	}
	return list
}

// consider takes note of the answers to one row.
func (e *examples) consider(r *evaluation, p numberedRow, document *article.Document, given []*SystemAnswer, scores []answerScores) {
	row := p.row
	base := func() Example {
		example := Example{ID: row.ID, Line: row.Line}
		if !r.OmitText {
			example.Title = strings.Clone(document.Title)
			example.Text = beginning(document.Text, exampleBytes)
		}
		return example
	}
	summary, topics := r.Systems[0].Offers()
	if summary && row.Reference != "" {
		rank := scores[0].rouge.One + scores[0].rouge.Two + scores[0].rouge.L
		e.summaries.offer(rankedExample{rank: rank, number: p.number}, func() Example {
			example := base()
			if !r.OmitText {
				example.Reference = row.Reference
			}
			example.Summaries = r.exampleSummaries(given, scores)
			return example
		})
	}
	if topics && row.Labelled {
		e.considerTopics(p, given[0], scores[0].given, base)
	}
}

// exampleSummaries returns the summaries of all systems that make any.
func (r *evaluation) exampleSummaries(given []*SystemAnswer, scores []answerScores) []ExampleSummary {
	var summaries []ExampleSummary
	for i, system := range r.Systems {
		if summary, _ := system.Offers(); !summary {
			continue
		}
		rouge := scores[i].rouge
		s := ExampleSummary{System: system.Name(), Rouge1: rouge.One, Rouge2: rouge.Two, RougeL: rouge.L}
		if !r.OmitText {
			s.Text = given[i].Summary
		}
		summaries = append(summaries, s)
	}
	return summaries
}

// considerTopics takes note of the topics that were missed and those given wrongly.
func (e *examples) considerTopics(p numberedRow, answer *SystemAnswer, given []string, base func() Example) {
	labels := p.row.Labels
	topicError := func(topic string, main bool) func() Example {
		return func() Example {
			example := base()
			example.Topic, example.Main = topic, main
			example.Labels, example.Given = labels, given
			for _, t := range answer.Topics {
				if t.ID == topic && t.Confidence != NoConfidence {
					example.Confidence = &t.Confidence
				}
			}
			return example
		}
	}
	for i, label := range labels {
		if !slices.Contains(given, label) {
			e.missed.offer(rankedExample{float64(min(i, 1)), p.number, label, Example{}}, topicError(label, i == 0))
		}
	}
	for _, topic := range answer.Topics[:answer.Delivered] {
		if !slices.Contains(labels, topic.ID) {
			e.wrong.offer(rankedExample{-topic.Confidence, p.number, topic.ID, Example{}}, topicError(topic.ID, false))
		}
	}
}

// beginning returns at most n bytes of text, ending with a word.
func beginning(text string, n int) string {
	if len(text) <= n {
		return strings.Clone(text)
	}
	cut := strings.LastIndexAny(text[:n], " \n")
	if cut < 0 {
		cut = n
	}
	return strings.ToValidUTF8(text[:cut], "") + " …"
}
