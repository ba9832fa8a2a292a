package local

import (
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// summarize makes the summary that task asks for.
func (s *workspace) summarize(task *summarizer.SummaryTask) *summarizer.SummaryAnswer {
	answer := &summarizer.SummaryAnswer{Method: summarizer.MethodExtractive, Language: s.doc.Language}
	if wanted := article.BaseLanguage(task.Language); wanted != article.Undetermined && wanted != article.BaseLanguage(s.doc.Language) {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnLanguageNotSupported,
			Message: "the local engine cannot translate; the summary is in the language of the article",
		})
	}
	s.findEligible()
	if len(s.ranking.eligible) <= task.MaxSentences {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnContentTooShort,
			Message: "the article has no more sentences than the summary may have; it is given as it is",
		})
	}
	s.measureAll()
	var shortened bool
	if task.Format == summarizer.FormatHeadline {
		answer.Sentences, shortened = s.makeHeadline(task.MaxCharacters)
	} else {
		answer.Sentences, shortened = s.extract(task)
	}
	if shortened {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnSummaryShortened,
			Message: "no sentence is short enough to be given whole; one was shortened",
		})
	}
	return answer
}

// findEligible finds the sentences that may stand in a summary: the sentences of the
// body, or all where there is no body. A sentence without a word, such as one that
// was withheld, is none.
func (s *workspace) findEligible() {
	out := s.ranking.eligible[:0]
	for i := range s.doc.Sentences {
		if s.doc.Sentences[i].Role == article.RoleBody && len(s.sentence(i)) > 0 {
			out = append(out, i)
		}
	}
	if len(out) == 0 {
		for i := range s.doc.Sentences {
			out = append(out, i)
		}
	}
	s.ranking.eligible = out
}

// extract chooses sentences within the limits of task, in the order of the
// article.
func (s *workspace) extract(task *summarizer.SummaryTask) (out []summarizer.AnswerSentence, shortened bool) {
	if len(s.ranking.eligible) == 0 {
		return nil, false
	}
	r := &s.ranking
	b := lengthLimit{format: task.Format, limit: task.MaxCharacters, unspaced: article.IsUnspacedLanguage(s.doc.Language)}
	best := s.best()
	s.rank(weightsIn(s.doc.Language), task.MaxSentences, max(0, task.MaxCharacters-b.mark()))
	s.choose(task.MaxSentences, &b)
	if s.isPoor(best) {
		limit := maxSentence
		if task.MaxCharacters > 0 {
			limit = min(limit, task.MaxCharacters-b.mark())
		}
		kept, text := shorten(s.doc, s.doc.Sentences[best.sentence].Span, limit)
		return []summarizer.AnswerSentence{{Text: text, Evidence: []article.Span{kept}}}, true
	}
	for _, c := range r.chosen {
		span := s.doc.Sentences[r.ranked[c].sentence].Span
		out = append(out, summarizer.AnswerSentence{Text: s.doc.Slice(span), Evidence: []article.Span{span}})
	}
	return out, false
}

// weightLength replaces the fitted weight of measureLength in other languages than English,
// which was learned from summaries of some 50 words and prefers short sentences.
const weightLength = 100

var fittedElsewhere = func() measures {
	w := fitted
	w[measureLength] = weightLength
	return w
}()

// weightsIn returns the weights of the measures of an article in a language.
func weightsIn(language string) *measures {
	if isEnglish(language) {
		return &fitted
	}
	return &fittedElsewhere
}

// isPoor reports whether what is chosen within the limits is worth so much less
// than the best sentence that cutting that one is better.
func (s *workspace) isPoor(best candidate) bool {
	var worth int64
	for _, c := range s.ranking.chosen {
		if s.ranking.ranked[c].sentence == best.sentence {
			return false
		}
		worth += s.ranking.ranked[c].worth
	}
	return len(s.ranking.chosen) == 0 || 2*worth < best.worth
}

// A lengthLimit counts the code points of a rendered summary.
type lengthLimit struct {
	format   summarizer.SummaryFormat
	limit    int // 0 means none
	unspaced bool
	used     int
	count    int // sentences
}

// cost returns what text adds to the summary: itself, its mark and what joins
// it to the sentence before.
func (b *lengthLimit) cost(text string) int {
	n := utf8.RuneCountInString(text) + b.mark()
	if b.count > 0 && (b.format == summarizer.FormatBullets || !b.unspaced) {
		n++
	}
	return n
}

// mark is the length of what stands before each sentence.
func (b *lengthLimit) mark() int {
	if b.format == summarizer.FormatBullets {
		return len("- ")
	}
	return 0
}

func (b *lengthLimit) fits(text string) bool { return b.limit == 0 || b.used+b.cost(text) <= b.limit }

// fitsFor reports whether text fits in the place of another one.
func (b *lengthLimit) fitsFor(text, other string) bool {
	return b.limit == 0 || b.used+utf8.RuneCountInString(text)-utf8.RuneCountInString(other) <= b.limit
}

// exchange puts text in the place of another one.
func (b *lengthLimit) exchange(text, other string) {
	b.used += utf8.RuneCountInString(text) - utf8.RuneCountInString(other)
}

func (b *lengthLimit) take(text string) {
	b.used += b.cost(text)
	b.count++
}
