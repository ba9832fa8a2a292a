package prompt

import (
	"fmt"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/grounding"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Excerpt is the text of a document that a model is shown.
type Excerpt struct {
	Text string       // sent to the model
	Of   article.Span // of Document.Text, that Text is or stands for

	// Evidence returns the spans of the document that spans of Text rest on, ordered and
	// each once; nil where Text is the document's own.
	Evidence func(spans []article.Span) []article.Span

	Warnings []summarizer.Warning // of every answer over Text
}

// The roles of messages.
const (
	RoleSystem    = "system"
	RoleUser      = "user"
	RoleAssistant = "assistant"
)

// Message is one message of a conversation.
type Message struct {
	Role    string // one of the roles, as chat completions name them
	Content string
}

// Layout is what an endpoint takes of a prompt.
type Layout struct {
	Unbounded bool // the schema has no sizes of lists
	System    bool // instructions go into a system message
	Reasoning int  // tokens of output for reasoning before the answer
	Window    int  // tokens that the messages and the output may have together
}

// Prompt is a question in the words in which one endpoint is asked.
type Prompt struct {
	Messages     []Message
	Schema       string // of the answer
	OutputTokens int    // the cap on the answer, reasoning included
	Repair       bool   // asks again after an answer that cannot be used
}

// InputTokens estimates the tokens of the input.
func (p Prompt) InputTokens() int {
	tokens := 0
	for _, message := range p.Messages {
		tokens += EstimateTokens(message.Content)
	}
	return tokens
}

// Question is one task as it is put to an endpoint.
type Question struct {
	task    *summarizer.Task
	excerpt Excerpt
	source  *grounding.Source // of claims
	shown   *grounding.Source // of quotes

	// Of a repair only: the faults of the answer before, that answer, and the words in it
	// that are at fault.
	faults   string
	previous string
	words    string

	more int // tokens of output, beyond the usual, for an answer that was cut off
}

// NewQuestion puts task over x. The answer has to rest on the part of the document
// that is shown, or that the summaries shown stand for.
func NewQuestion(task *summarizer.Task, x Excerpt) *Question {
	d := task.Document
	q := &Question{task: task, excerpt: x}
	q.source = grounding.SourceOf(d, d.Slice(x.Of), sentencesWithin(d, x.Of))
	q.shown = q.source
	if x.Evidence != nil {
		q.shown = grounding.NewSource(d.Title, x.Text, d.Language, nil)
	}
	return q
}

// locate returns the spans of the document that quotes rest on, ordered and each once.
func (q *Question) locate(quotes []string) []article.Span {
	spans := q.shown.Locate(quotes)
	if q.excerpt.Evidence == nil {
		return spans
	}
	return q.excerpt.Evidence(spans)
}

// Repair returns the question that asks again for the features that j, a judgment of q,
// finds faults in, with more room where the answer was cut off.
func (q *Question) Repair(j *Judgment) *Question {
	previous, more := j.content, 0
	if j.fault == FaultTruncated {
		previous, more = "", OutputTokens(q.task)
	}
	rest := *q.task
	if j.summaryFault == nil {
		rest.Summary = nil
	}
	if j.topicsFault == nil {
		rest.Topics = nil
	}
	if len(previous) > maxContentBytes/8 {
		previous = ""
	}
	again := &Question{task: &rest, excerpt: q.excerpt, source: q.source, shown: q.shown, faults: j.Describe(), previous: previous, more: more}
	if j.summaryFault != nil {
		again.words = j.summaryFault.words
	}
	return again
}

// Without returns the question that asks to write an answer to q again without the
// sentences that are not supported.
func (q *Question) Without(answer *summarizer.SummaryAnswer, verdicts []SentenceVerdict) *Question {
	again := *q
	again.faults, again.previous = refutedFault(verdicts), previousAnswer(answer)
	return &again
}

// Schema returns the schema of the answer.
func (q *Question) Schema() string { return instructionsFor(q.task, false).schema }

// Prompt returns q in the words for an endpoint. The answer that a repair is about is left
// out where the window has no room for it.
func (q *Question) Prompt(layout Layout) Prompt {
	told := instructionsFor(q.task, layout.Unbounded)
	p := Prompt{
		Messages:     q.messages(told.system, layout.System),
		Schema:       told.schema,
		OutputTokens: OutputTokens(q.task) + layout.Reasoning,
		Repair:       q.faults != "",
	}
	if q.previous != "" && p.InputTokens()+p.OutputTokens > layout.Window {
		bare := *q // the fault is named all the same
		bare.previous = ""
		p.Messages = bare.messages(told.system, layout.System)
	}
	if q.more > 0 {
		p.OutputTokens += min(q.more, max(layout.Window-p.InputTokens()-p.OutputTokens, 0))
	}
	return p
}

// messages returns the conversation. Instructions stand in front of the article, also for
// a repair. The message after a previous answer names the words at fault, and is there
// because chat templates want the user to speak last.
func (q *Question) messages(instructions string, system bool) []Message {
	if q.faults != "" {
		instructions += fmt.Sprintf(repairPrompt, q.faults)
	}
	messages := conversation(instructions, fenced(q.task.Document.Title, q.excerpt.Text), system)
	if q.previous != "" {
		again := "Answer again."
		if q.words != "" {
			again += ` The article does not have "` + q.words + `".`
		}
		messages = append(messages, Message{RoleAssistant, q.previous}, Message{RoleUser, again})
	}
	return messages
}

// conversation returns the messages of a first question. Instructions stand in a system
// message, or in front of the data where the endpoint knows no such message.
func conversation(instructions, data string, system bool) []Message {
	if system {
		return []Message{{RoleSystem, instructions}, {RoleUser, data}}
	}
	return []Message{{RoleUser, instructions + "\n" + data}}
}

// sentencesWithin returns what lies in span of the sentences of d, by their offsets in
// it.
func sentencesWithin(d *article.Document, span article.Span) []article.Sentence {
	if span.Len() == len(d.Text) {
		return d.Sentences
	}
	var within []article.Sentence
	for _, s := range d.Sentences {
		s.Begin, s.End = max(s.Begin, span.Begin)-span.Begin, min(s.End, span.End)-span.Begin
		if s.Len() > 0 {
			within = append(within, s)
		}
	}
	return within
}
