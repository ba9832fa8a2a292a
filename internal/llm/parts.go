package llm

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// A document that does not fit the context window is read in parts. The model
// summarizes each part in a few sentences, which are validated and grounded like any
// summary, in the part itself. These summaries then take the place of the text in the
// one question that the caller asked; its answer is grounded in the whole text, and
// evidence in a sentence of them becomes the evidence of that sentence.
//
// It always ends, and within bounds: there are two levels and never a third; at
// most MaxParts parts; at most two calls for each part, and for the last question
// what one document is allowed, over all endpoints together; and each request fits
// the window, as parts and summaries are cut to its free space.

const (
	// partSentences is the maximum number of sentences about a part.
	partSentences = 4

	// callsPerPart are one call and one repair or retry.
	callsPerPart = 2

	// partsAtOnce bounds the calls that one document makes at once.
	partsAtOnce = 4
)

// partTask returns the task of summarizing a part of the article of task, in its own
// language, so that all that is stated can be looked up.
func partTask(task *summarizer.Task) *summarizer.Task {
	return &summarizer.Task{
		Document:   task.Document,
		Summary:    &summarizer.SummaryTask{MaxSentences: partSentences, Language: task.Document.Language},
		Overlength: task.Overlength,
		Client:     task.Client,
		Callers:    task.Callers,
	}
}

// partSentence is a sentence about a part, and where in the document it rests.
type partSentence struct {
	article.Span // in partSummaries.text
	evidence     []article.Span
}

// partSummaries stands for a document that does not fit.
type partSummaries struct {
	text      string
	sentences []partSentence
	abridged  int // parts that it does not stand for as a whole
}

// evidence returns where the sentences rest that spans of the text lie in, ordered and
// each once.
func (p *partSummaries) evidence(spans []article.Span) []article.Span {
	var found []article.Span
	for _, s := range spans {
		for _, sentence := range p.sentences {
			if sentence.Begin < s.End && s.Begin < sentence.End {
				found = append(found, sentence.evidence...)
			}
		}
	}
	slices.SortFunc(found, func(a, b article.Span) int { return cmp.Or(a.Begin-b.Begin, a.End-b.End) })
	return slices.Compact(found)
}

// allowPartCalls allows the calls of the parts of x, and reports whether enough are left
// to read them: an endpoint that comes later has the calls that remain.
func (r *taskRun) allowPartCalls(x excerpt) bool {
	if more := len(x.parts) - r.parts; more > 0 {
		r.parts += more
		r.callsLeft += callsPerPart * more
	}
	return r.callsLeft > len(x.parts)
}

// summarizeParts summarizes all parts of x and returns the excerpt that they make.
func (r *taskRun) summarizeParts(ep *endpoint, x excerpt) (excerpt, *summarizer.Error) {
	if !r.allowPartCalls(x) {
		return x, &summarizer.Error{
			Reason:  summarizer.ReasonLLMUnavailable,
			Message: "the calls that are allowed for one article are used up",
		}
	}
	ctx, stop := context.WithCancel(r.ctx) // the other parts are of no use once one fails
	defer stop()
	made := make([]partSummary, len(x.parts))
	var (
		work   sync.WaitGroup
		mu     sync.Mutex // guards r and failed
		failed *summarizer.Error
		next   int
	)
	// readNext reads the next part, and reports whether there was one to read.
	readNext := func() bool {
		mu.Lock()
		i := next
		// One call is left for each part that is not begun, and one for the end.
		spare := r.callsLeft - (len(x.parts) - i) - 1
		if i >= len(x.parts) || failed != nil || !r.mayCall() || spare < 0 {
			mu.Unlock()
			return false
		}
		next++
		allowed := min(callsPerPart, 1+spare)
		r.callsLeft -= allowed
		mu.Unlock()

		part := &taskRun{engine: r.engine, ctx: ctx, task: partTask(r.task), callsLeft: allowed, mayQueue: r.mayQueue, deferred: r.deferred}
		summary, err := part.summarizePart(ep, x.parts[i])

		mu.Lock()
		defer mu.Unlock()
		made[i] = summary
		r.absorb(part)
		if part.waiting { // the next batch has all parts
			return true
		}
		if err != nil && failed == nil {
			failed = err
			stop()
		}
		return true
	}
	if r.overflowed {
		readNext() // alone, to see whether it fits
	}
	for range min(partsAtOnce, len(x.parts), ep.MaxConcurrency) {
		work.Go(func() {
			for readNext() {
			}
		})
	}
	work.Wait()
	switch {
	case failed != nil:
		return x, failed
	case r.waiting:
		return x, errWaiting
	case next < len(x.parts):
		return x, &summarizer.Error{
			Reason:  summarizer.ReasonLLMTimeout,
			Message: "the language model did not read all parts of the article in time; allow more time",
		}
	}
	return x.joined(made), nil
}

// absorb takes over the usage and the findings of the work on a part.
func (r *taskRun) absorb(part *taskRun) {
	r.callsLeft += part.callsLeft
	r.callsMade += part.callsMade
	r.usage.Add(part.usage)
	r.stated = max(r.stated, part.stated)
	r.waiting = r.waiting || part.waiting
	r.unaffordable = cmp.Or(r.unaffordable, part.unaffordable)
}

// joined returns the excerpt that the summaries of the parts of x make.
func (x excerpt) joined(made []partSummary) excerpt {
	summaries := joinParts(made, x.room)
	x.Text, x.Evidence = summaries.text, summaries.evidence
	if abridged := summaries.abridged; abridged > 0 {
		x.Warnings = append(x.Warnings, summarizer.Warning{
			Reason:   summarizer.WarnPartsAbridged,
			Message:  "the article was read in parts, and the answer rests on the beginning of some of them only, or on nothing of them",
			Metadata: map[string]string{"parts": strconv.Itoa(len(x.parts)), "abridged": strconv.Itoa(abridged)},
		})
	}
	return x
}

// partSummary stands for one part.
type partSummary struct {
	sentences []summarizer.AnswerSentence
	abridged  bool // they are not about all of it
}

// summarizePart asks for a summary of one part. Where the model is at work but its
// answer cannot be used, the first sentences of the part stand for it.
func (r *taskRun) summarizePart(ep *endpoint, part article.Span) (summary partSummary, err *summarizer.Error) {
	defer summarizer.RecoverModelCall(r.engine.log, func(e *summarizer.Error) { err = e })
	reply := &summarizer.Reply{}
	text := r.task.Document.Text[part.Begin:part.End]
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return partSummary{}, nil // all of it was withheld, which has its own warning
	}
	r.askQuestion(ep, excerptOf(r.task.Document, part), reply)
	if reply.Summary == nil {
		switch reason := summarizer.ReasonOf(reply.SummaryErr); reason {
		case summarizer.ReasonLLMOutputInvalid, summarizer.ReasonLLMUngrounded:
			return partSummary{firstSentences(r.task.Document, part), true}, nil
		default:
			return partSummary{}, &summarizer.Error{Reason: reason, Message: "a part of the article could not be read by the language model", Err: reply.SummaryErr}
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
	return partSummary{sentences: reply.Summary.Sentences}, nil
}

// beginningBytes is how much of a part stands for it that holds no whole sentence.
const beginningBytes = 400

// firstSentences returns the beginning of a part in its own words.
func firstSentences(document *article.Document, part article.Span) []summarizer.AnswerSentence {
	var first []summarizer.AnswerSentence
	take := func(s article.Span) {
		first = append(first, summarizer.AnswerSentence{Text: article.OneLine(document.Slice(s)), Evidence: []article.Span{s}})
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

// joinParts joins summaries into a text of at most the given number of tokens, each
// part a paragraph. Sentences beyond that are cut from the end of the longest parts,
// and a part that keeps none is abridged.
func joinParts(parts []partSummary, tokens int) *partSummaries {
	total := 0
	for _, part := range parts {
		for _, s := range part.sentences {
			total += sentenceTokens(s)
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
		total -= sentenceTokens(longest.sentences[last])
		longest.sentences = longest.sentences[:last]
		longest.abridged = longest.abridged || last == 0
	}
	var b strings.Builder
	joined := &partSummaries{}
	for _, part := range parts {
		if part.abridged {
			joined.abridged++
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
			joined.sentences = append(joined.sentences, partSentence{article.Span{Begin: begin, End: b.Len()}, s.Evidence})
		}
	}
	joined.text = b.String()
	return joined
}

// sentenceTokens estimates the tokens of s and the space before it.
func sentenceTokens(s summarizer.AnswerSentence) int { return prompt.EstimateTokens(s.Text) + 1 }
