package summarizer

import (
	"context"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// Topic is a topic of the taxonomy, under a name that adapters reach without
// importing the taxonomy.
type Topic = taxonomy.Topic

// Engine makes summaries and topic labels of a cleaned article. It is safe for
// concurrent use.
type Engine interface {
	// Analyze does every feature that task asks for, each on its own: the
	// failure of one leaves the other standing. It never returns nil. Usage is
	// set also where features failed, as failed calls cost too.
	Analyze(ctx context.Context, task *Task) *Reply
}

// Model is an Engine whose answers cost time or money and are worth keeping.
type Model interface {
	Engine

	// Fingerprints identifies, for each endpoint in the order of preference,
	// what an answer to task depends on besides the task itself.
	Fingerprints(task *Task) []Fingerprint

	// Capacity is the number of calls that the engine makes at once, at least 1.
	Capacity() int
}

// Fingerprint identifies the maker of an answer.
type Fingerprint struct {
	// ID is a hash over everything that an answer depends on besides the
	// content: endpoint kind, base URL, model, prompt, schema and validator
	// version, bytes of clean text seen.
	ID string

	Model            string
	PromptVersion    string
	ValidatorVersion string
}

// Task is what an engine is asked to do. It is read-only to the engine.
type Task struct {
	Document *article.Document
	Summary  *SummaryTask // nil: no summary is asked
	Topics   *TopicTask   // nil: no topics are asked

	Overlength OverlengthPolicy

	// Client is the caller's name for budgets; empty when callers are unknown.
	Client string

	// Calls is the number of upstream calls that the request has already made.
	Calls int

	// Callers tells for whom the engine works; nil when nobody can leave.
	Callers Callers
}

// SummaryTask asks for a summary. Defaults are filled in.
type SummaryTask struct {
	Format        SummaryFormat
	MaxSentences  int    // 1..MaxSentences; 1 for a headline
	MaxCharacters int    // code points of the rendered text, 0 means no limit
	Language      string // BCP-47; the article's unless another was asked; may be "und"
}

// TopicTask asks for topic labels.
type TopicTask struct {
	// Topics are those to choose from, in a canonical order. Their ids are
	// unique.
	Topics []taxonomy.Topic

	// Taxonomy is that which Topics come from, candidates of a caller apart.
	Taxonomy *taxonomy.Taxonomy
}

// Callers tells a running call about the requests that wait for it.
type Callers interface {
	// Waiting reports whether anybody still waits. An engine starts no new
	// attempt, repair or failover for nobody.
	Waiting() bool

	// Deadline returns the latest time until which anybody waits. It moves both ways, as
	// callers join and leave.
	Deadline() time.Time

	// Customers returns the waiting customers, each once, and never none: a call that has to wait
	// for a place gets it when it is the turn of any of them.
	Customers() []turns.Customer

	// Changed returns a channel that is closed once somebody joins or leaves.
	Changed() <-chan struct{}

	// Blocked says why the model is not at work yet; nil means that it is. It is the
	// reason that a caller gets whose time ends meanwhile. Safe for concurrent use.
	Blocked(why error)
}

// Reply is what an engine made of a task. Of each feature that was asked,
// either the answer or the error is set; of the others, neither.
type Reply struct {
	Fingerprint Fingerprint
	Usage       Usage
	Calls       int // upstream calls that were made

	Summary    *SummaryAnswer
	SummaryErr error

	Topics    *TopicAnswer
	TopicsErr error
}

// Fail sets err for every feature that task asks and reply does not hold yet,
// and returns reply.
func (r *Reply) Fail(task *Task, err error) *Reply {
	if task.Summary != nil && r.Summary == nil && r.SummaryErr == nil {
		r.SummaryErr = err
	}
	if task.Topics != nil && r.Topics == nil && r.TopicsErr == nil {
		r.TopicsErr = err
	}
	return r
}

// failFor makes err the error of every feature that failed.
func (r *Reply) failFor(err error) {
	if r.SummaryErr != nil {
		r.SummaryErr = err
	}
	if r.TopicsErr != nil {
		r.TopicsErr = err
	}
}

// SummaryAnswer is a summary as an engine makes it and as it is stored.
type SummaryAnswer struct {
	Sentences []AnswerSentence
	Method    SummaryMethod
	Language  string // BCP-47 or "und"
	Warnings  []Warning

	Verification Verification `json:",omitzero"`
}

// AnswerSentence is one sentence of a summary, without the marks of the format.
type AnswerSentence struct {
	Text     string
	Evidence []article.Span // in Document.Text, ordered
}

// TopicAnswer holds the topics as an engine makes them and as they are stored:
// at most MaxTopics, the most confident first, ties by id, also those below the
// threshold.
type TopicAnswer struct {
	Topics []TopicScore

	// Threshold is the confidence from which on a topic is delivered when the
	// caller sets none.
	Threshold float64

	Warnings []Warning
}

// TopicScore is one topic with its confidence.
type TopicScore struct {
	ID         string
	Confidence float64 // 0..1
	Basis      ConfidenceBasis
	Evidence   []article.Span // in Document.Text, ordered
}
