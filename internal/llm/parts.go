package llm

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// A document that does not fit the context window is read in parts. Of each part
// the model makes notes, a few sentences that are validated and grounded like any
// summary, in the part itself. The notes of all parts then take the place of the
// text in the one question that the caller asked; its answer is grounded in the
// whole text, and evidence in a note becomes the evidence of that note.
//
// It always ends, and within bounds: there are two levels and never a third; at
// most maxParts parts; at most two calls for each part, and for the last question
// what one document is allowed, over all endpoints together; and each request fits
// the window, as parts and notes are cut to what is left of it.

const (
	// partSentences is the greatest number of sentences in the notes of a part.
	partSentences = 4

	// callsPerPart are one call and one repair or retry.
	callsPerPart = 2

	// partsAtOnce bounds the calls that one document makes at once.
	partsAtOnce = 4
)

// notesTask returns the task of making notes of the article of task, in its own
// language, so that all that they state can be looked up.
func notesTask(task *summarizer.Task) *summarizer.Task {
	return &summarizer.Task{
		Document:   task.Document,
		Summary:    &summarizer.SummaryTask{MaxSentences: partSentences, Language: task.Document.Language},
		Overlength: task.Overlength,
		Client:     task.Client,
		Callers:    task.Callers,
	}
}

// note is a sentence about a part, and where in the document it rests.
type note struct {
	article.Span // in digest.text
	evidence     []article.Span
}

// digest is what stands for a document that does not fit.
type digest struct {
	text     string
	notes    []note
	abridged int // parts that it holds no notes of
}

// evidence returns where the notes rest that spans of the digest lie in, ordered and
// each once.
func (d *digest) evidence(spans []article.Span) []article.Span {
	var found []article.Span
	for _, s := range spans {
		for _, n := range d.notes {
			if n.Begin < s.End && s.Begin < n.End {
				found = append(found, n.evidence...)
			}
		}
	}
	slices.SortFunc(found, func(a, b article.Span) int { return cmp.Or(a.Begin-b.Begin, a.End-b.End) })
	return slices.Compact(found)
}

// extend allows the calls of the parts of v, once for a task, and reports whether
// enough are left to read them: an endpoint that comes later has what is left.
func (r *run) extend(v view) bool {
	if !r.extended {
		r.extended = true
		r.callsLeft += callsPerPart * len(v.parts)
	}
	return r.callsLeft > len(v.parts)
}

// readParts makes the notes of all parts and returns the view that they are.
func (r *run) readParts(ep *endpoint, v view, patience bool) (view, *summarizer.Error) {
	if !r.extend(v) {
		return v, &summarizer.Error{
			Reason:  summarizer.ReasonLLMUnavailable,
			Message: "the calls that are allowed for one article are used up",
		}
	}
	ctx, stop := context.WithCancel(r.ctx) // nobody needs the notes of the others once some fail
	defer stop()
	made := make([]partNotes, len(v.parts))
	var (
		work   sync.WaitGroup
		mu     sync.Mutex // guards r and failed
		failed *summarizer.Error
		next   int
	)
	for range min(partsAtOnce, len(v.parts), ep.MaxConcurrency) {
		work.Go(func() {
			for {
				mu.Lock()
				i := next
				// One call is left for each part that is not begun, and one for the end.
				spare := r.callsLeft - (len(v.parts) - i) - 1
				if i >= len(v.parts) || failed != nil || !r.mayCall() || spare < 0 {
					mu.Unlock()
					return
				}
				next++
				allowed := min(callsPerPart, 1+spare)
				r.callsLeft -= allowed
				mu.Unlock()

				part := &run{engine: r.engine, ctx: ctx, task: notesTask(r.task), callsLeft: allowed}
				notes, err := part.takeNotes(ep, v.parts[i], patience)

				mu.Lock()
				made[i] = notes
				r.callsLeft += part.callsLeft
				r.callsMade += part.callsMade
				r.usage.Add(part.usage)
				if err != nil && failed == nil {
					failed = err
					stop()
				}
				mu.Unlock()
			}
		})
	}
	work.Wait()
	switch {
	case failed != nil:
		return v, failed
	case next < len(v.parts):
		return v, &summarizer.Error{
			Reason:  summarizer.ReasonLLMTimeout,
			Message: "the language model did not read all parts of the article in time; allow more time",
		}
	}
	v.notes = newDigest(made, v.room)
	v.text = v.notes.text
	if v.notes.abridged > 0 {
		v.warnings = append(v.warnings, summarizer.Warning{
			Reason:   summarizer.WarnPartsAbridged,
			Message:  "the article was read in parts, and the answer rests on the beginning of some of them only, or on nothing of them",
			Metadata: map[string]string{"parts": strconv.Itoa(len(v.parts)), "abridged": strconv.Itoa(v.notes.abridged)},
		})
	}
	return v, nil
}

// partNotes are the notes of one part.
type partNotes struct {
	sentences []summarizer.Sentence
	abridged  bool // they are no notes of all of it
}

// takeNotes asks for the notes of one part. Where the model is at work but what it
// writes of the part cannot be used, the first sentences of the part stand for it.
func (r *run) takeNotes(ep *endpoint, part article.Span, patience bool) (notes partNotes, err *summarizer.Error) {
	defer func() {
		if v := recover(); v != nil {
			r.engine.log.Error("panic in a language model call", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			err = &summarizer.Error{
				Reason:  summarizer.ReasonLLMInternal,
				Message: "the call of the language model failed inside the service",
			}
		}
	}()
	reply := &summarizer.Reply{}
	text := r.task.Document.Text[part.Begin:part.End]
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return partNotes{}, nil // all of it was withheld, which has its own warning
	}
	r.askView(ep, view{text: text, of: part}, patience, reply)
	if reply.Summary == nil {
		switch reason := summarizer.ReasonOf(reply.SummaryErr); reason {
		case summarizer.ReasonLLMOutputInvalid, summarizer.ReasonLLMUngrounded:
			return partNotes{firstSentences(r.task.Document, part), true}, nil
		default:
			return partNotes{}, &summarizer.Error{Reason: reason, Message: "a part of the article could not be read by the language model", Err: reply.SummaryErr}
		}
	}
	for i := range reply.Summary.Sentences {
		s := &reply.Summary.Sentences[i]
		if len(s.Evidence) == 0 {
			s.Evidence = []article.Span{{Begin: 0, End: part.Len()}}
		}
		for j := range s.Evidence {
			s.Evidence[j].Begin += part.Begin
			s.Evidence[j].End += part.Begin
		}
	}
	return partNotes{sentences: reply.Summary.Sentences}, nil
}

// beginningBytes is how much of a part stands for it that holds no whole sentence.
const beginningBytes = 400

// firstSentences returns the beginning of a part in its own words.
func firstSentences(document *article.Document, part article.Span) []summarizer.Sentence {
	var first []summarizer.Sentence
	take := func(s article.Span) {
		first = append(first, summarizer.Sentence{Text: oneLine(document.Slice(s)), Evidence: []article.Span{s}})
	}
	for _, s := range document.Sentences {
		if s.Begin >= part.Begin && s.End <= part.End && len(first) < 2 {
			take(s.Span)
		}
	}
	if first == nil {
		end := part.End
		if limit := part.Begin + beginningBytes; limit < end {
			for !utf8.RuneStart(document.Text[limit]) {
				limit--
			}
			end = sentenceEnd(document, part.Begin, limit)
		}
		take(article.Span{Begin: part.Begin, End: end})
	}
	return first
}

// newDigest joins notes into a text of at most the given number of tokens, each
// part a paragraph. What is too much goes from the end of the longest parts, and a
// part that keeps nothing is abridged.
func newDigest(parts []partNotes, tokens int) *digest {
	total := 0
	for _, part := range parts {
		for _, s := range part.sentences {
			total += noteTokens(s)
		}
	}
	for total > tokens {
		longest := &parts[0]
		for i := range parts {
			if len(parts[i].sentences) > len(longest.sentences) {
				longest = &parts[i]
			}
		}
		last := len(longest.sentences) - 1
		if last < 0 {
			break
		}
		total -= noteTokens(longest.sentences[last])
		longest.sentences = longest.sentences[:last]
		longest.abridged = longest.abridged || last == 0
	}
	var b strings.Builder
	d := &digest{}
	for _, part := range parts {
		if part.abridged {
			d.abridged++
		}
		for i, s := range part.sentences {
			switch {
			case b.Len() == 0:
			case i == 0:
				b.WriteString("\n\n")
			default:
				b.WriteByte(' ')
			}
			begin := b.Len()
			b.WriteString(s.Text)
			d.notes = append(d.notes, note{article.Span{Begin: begin, End: b.Len()}, s.Evidence})
		}
	}
	d.text = b.String()
	return d
}

// noteTokens estimates what a note takes, the space before it included.
func noteTokens(s summarizer.Sentence) int { return estimateTokens(s.Text) + 1 }
