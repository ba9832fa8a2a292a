package local

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// summarize makes the summary that task asks for.
func (s *scratch) summarize(task *summarizer.SummaryTask) *summarizer.SummaryAnswer {
	answer := &summarizer.SummaryAnswer{Method: summarizer.MethodExtractive, Language: s.doc.Language}
	if wanted := baseLanguage(task.Language); wanted != undetermined && wanted != baseLanguage(s.doc.Language) {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnLanguageNotSupported,
			Message: "the local engine cannot translate; the summary is in the language of the article",
		})
	}
	sentences := s.eligible()
	if len(sentences) <= task.MaxSentences {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnContentTooShort,
			Message: "the article has no more sentences than the summary may have; it is given as it is",
		})
	}
	s.rank(sentences)
	var shortened bool
	if task.Format == summarizer.FormatHeadline {
		answer.Sentences, shortened = s.headline(task.MaxCharacters)
	} else {
		answer.Sentences, shortened = s.extract(task)
	}
	if shortened {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnSummaryShortened,
			Message: "no sentence fits max_characters whole; one was shortened",
		})
	}
	return answer
}

// eligible returns the sentences that may stand in a summary: those of the
// body, or all where there is no body.
func (s *scratch) eligible() []int {
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
	return out
}

// extract chooses sentences within the limits of task, in the order of the
// article.
func (s *scratch) extract(task *summarizer.SummaryTask) (out []summarizer.Sentence, shortened bool) {
	b := budget{format: task.Format, limit: task.MaxCharacters, unspaced: isUnspaced(s.doc.Language)}
	chosen := s.choose(task.MaxSentences, &b)
	if len(chosen) == 0 {
		best, ok := s.best()
		if !ok {
			return nil, false
		}
		kept, text := shorten(s.doc, s.doc.Sentences[best].Span, task.MaxCharacters-b.mark())
		return []summarizer.Sentence{{Text: text, Evidence: []article.Span{kept}}}, true
	}
	slices.Sort(chosen)
	for _, i := range chosen {
		span := s.doc.Sentences[i].Span
		out = append(out, summarizer.Sentence{Text: s.doc.Slice(span), Evidence: []article.Span{span}})
	}
	return out, false
}

// A budget counts the code points of a rendered summary.
type budget struct {
	format   summarizer.SummaryFormat
	limit    int // 0 means none
	unspaced bool
	used     int
	count    int // sentences
}

// cost returns what text adds to the summary: itself, its mark and what joins
// it to the sentence before.
func (b *budget) cost(text string) int {
	n := utf8.RuneCountInString(text) + b.mark()
	if b.count > 0 && (b.format == summarizer.FormatBullets || !b.unspaced) {
		n++
	}
	return n
}

// mark is the length of what stands before each sentence.
func (b *budget) mark() int {
	if b.format == summarizer.FormatBullets {
		return len("- ")
	}
	return 0
}

func (b *budget) fits(text string) bool { return b.limit == 0 || b.used+b.cost(text) <= b.limit }

func (b *budget) take(text string) {
	b.used += b.cost(text)
	b.count++
}

// isUnspaced reports whether a language writes sentences without a space
// between.
func isUnspaced(language string) bool {
	base := baseLanguage(language)
	return base == "zh" || base == "ja"
}

// maxHeadline is the length in code points above which a sentence that serves
// as a headline is cut at a clause.
const maxHeadline = 110

// headline returns the title, else the best sentence up to a clause that can
// stand alone, within limit code points (0 means none).
func (s *scratch) headline(limit int) (out []summarizer.Sentence, shortened bool) {
	text, evidence, ok := s.headlineOfText()
	if !ok {
		best, found := s.best()
		if !found {
			return nil, false
		}
		kept := clause(s.doc, s.doc.Sentences[best].Span, maxHeadline)
		text, evidence = oneLine(s.doc.Slice(kept)), []article.Span{kept}
	}
	if limit > 0 && utf8.RuneCountInString(text) > limit {
		end := cutPoint(text, limit-1)
		if len(evidence) == 1 && s.doc.Slice(evidence[0]) == text {
			evidence[0].End = evidence[0].Begin + end
		}
		return []summarizer.Sentence{{Text: text[:end] + ellipsis, Evidence: evidence}}, true
	}
	return []summarizer.Sentence{{Text: text, Evidence: evidence}}, false
}

// headlineOfText returns the title and where the text supports it: the headline that
// leads the text, else the sentence that is most like a title from elsewhere.
func (s *scratch) headlineOfText() (text string, evidence []article.Span, ok bool) {
	text = oneLine(s.doc.Title)
	if text == "" {
		return "", nil, false
	}
	for _, sentence := range s.doc.Sentences {
		if sentence.Role == article.RoleHeadline && s.doc.Slice(sentence.Span) == s.doc.Title {
			return text, []article.Span{sentence.Span}, true
		}
	}
	if i := s.likeTitle(); i >= 0 {
		evidence = []article.Span{s.doc.Sentences[i].Span}
	}
	return text, evidence, true
}

func oneLine(s string) string {
	if !strings.ContainsAny(s, "\n\r\t") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}
