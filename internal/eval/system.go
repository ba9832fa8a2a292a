package eval

import (
	"context"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// System is what is scored. It is safe for concurrent use.
type System interface {
	// Name is short and tells systems of one run apart.
	Name() string

	// Offers says which features the system has answers of at all.
	Offers() (summary, topics bool)

	// Answer never returns nil: what goes wrong is in SystemAnswer.Failures.
	Answer(ctx context.Context, item *Item) *SystemAnswer
}

// Item is an article to answer, and what is asked of it.
type Item struct {
	ID            string
	Source        article.Raw
	Document      *article.Document
	CleaningTook  time.Duration
	WantSummary   bool
	WantTopics    bool
	MaxSentences  int
	MaxTopics     int
	TopicTaxonomy *taxonomy.Taxonomy
}

// SystemAnswer is what a system made of an Item.
type SystemAnswer struct {
	Summary string

	// Topics are the most confident first; the first Delivered of them are what
	// a caller gets, the others have too little confidence or are too many.
	Topics    []ScoredTopic
	Delivered int

	Took     time.Duration // cleaning included; 0 when it was not measured
	Usage    summarizer.Usage
	Failures []string // the reason of each feature that failed
	Degraded bool     // something else answered in place of the system asked for
}

// ScoredTopic is a topic with its confidence.
type ScoredTopic struct {
	ID         string
	Confidence float64 // 0..1, or NoConfidence
}

// NoConfidence is the confidence of a topic whose maker gave none.
const NoConfidence = -1

// engine is an Engine as a System.
type engine struct {
	name    string
	engine  summarizer.Engine
	timeout time.Duration
}

// NewEngine returns e as a system that takes at most timeout an article.
func NewEngine(name string, e summarizer.Engine, timeout time.Duration) System {
	return &engine{name, e, timeout}
}

func (e *engine) Name() string                   { return e.name }
func (e *engine) Offers() (summary, topics bool) { return true, true }

func (e *engine) Answer(ctx context.Context, item *Item) *SystemAnswer {
	task := &summarizer.Task{Document: item.Document}
	if item.WantSummary {
		task.Summary = &summarizer.SummaryTask{MaxSentences: item.MaxSentences, Language: item.Document.Language}
	}
	if item.WantTopics {
		task.Topics = &summarizer.TopicTask{
			Topics:   item.TopicTaxonomy.Topics(),
			Taxonomy: item.TopicTaxonomy,
		}
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	begin := time.Now()
	reply := e.engine.Analyze(ctx, task)
	answer := &SystemAnswer{Took: item.CleaningTook + time.Since(begin), Usage: reply.Usage}
	for _, err := range []error{reply.SummaryErr, reply.TopicsErr} {
		if err != nil {
			answer.Failures = append(answer.Failures, string(summarizer.ReasonOf(err)))
		}
	}
	if reply.Summary != nil {
		sentences := make([]string, len(reply.Summary.Sentences))
		for i, sentence := range reply.Summary.Sentences {
			sentences[i] = sentence.Text
		}
		answer.Summary = strings.Join(sentences, " ")
	}
	if reply.Topics != nil {
		for _, topic := range reply.Topics.Topics {
			answer.Topics = append(answer.Topics, ScoredTopic{topic.ID, topic.Confidence})
			if topic.Confidence >= reply.Topics.Threshold && answer.Delivered < item.MaxTopics {
				answer.Delivered++
			}
		}
	}
	return answer
}

// Lead is the system that every other should beat: the first sentences of the
// body.
type Lead struct{}

// Name implements System.
func (Lead) Name() string { return "lead" }

// Offers implements System.
func (Lead) Offers() (summary, topics bool) { return true, false }

// Answer implements System.
func (Lead) Answer(_ context.Context, item *Item) *SystemAnswer {
	var first []string
	for _, wantBody := range []bool{true, false} { // A text without a body leads with its other sentences.
		for _, sentence := range item.Document.Sentences {
			if len(first) < item.MaxSentences && (sentence.Role == article.RoleBody || !wantBody) {
				first = append(first, item.Document.Slice(sentence.Span))
			}
		}
		if len(first) > 0 {
			break
		}
	}
	return &SystemAnswer{Summary: strings.Join(first, " ")}
}
