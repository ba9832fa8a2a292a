package local

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	// maxHeadline is the length in code points above which a sentence that serves
	// as a headline is cut at a clause.
	maxHeadline = 110

	// longHeadline is the length that will do where it cannot be cut to maxHeadline.
	longHeadline = 150

	// longestHeadline is the length above which it is cut even inside a clause, if
	// it has no clause that can stand alone.
	longestHeadline = 200
)

// makeHeadline returns the title, else the best sentence up to a clause that can stand
// alone, within limit code points (0 means none).
func (s *workspace) makeHeadline(limit int) (out []summarizer.AnswerSentence, shortened bool) {
	text, evidence := s.titleOfText()
	if text == "" {
		if len(s.ranking.eligible) == 0 {
			return nil, false
		}
		span := s.doc.Sentences[s.headlineSentence()].Span
		kept := headlineOfSentence(s.doc, span)
		text, evidence = article.OneLine(s.doc.Slice(kept)), []article.Span{kept}
		if kept.Begin != span.Begin {
			text = capitalized(text)
		}
	}
	if limit == 0 || limit > longestHeadline {
		limit = longestHeadline
	}
	if !longer(text, limit) {
		return []summarizer.AnswerSentence{{Text: text, Evidence: evidence}}, false
	}
	end := cutPoint(s.lexer.language, text, limit-1)
	if len(evidence) == 1 && s.doc.Slice(evidence[0]) == text {
		evidence[0].End = evidence[0].Begin + end
	}
	return []summarizer.AnswerSentence{{Text: text[:end] + ellipsis, Evidence: evidence}}, true
}

// headlineSentence returns the sentence that is worth most as a headline. In English one
// that is worth a little less and has a name goes before one that tells nothing by itself.
func (s *workspace) headlineSentence() int {
	best := s.best()
	r := &s.ranking
	if s.lexer.language != nil || !isEnglish(s.doc.Language) {
		return best.sentence
	}
	for c := range r.ranked {
		it := &r.ranked[c]
		isBest := it.sentence == best.sentence
		if best.worth-r.gain(c, c) <= maxConcession && s.reports(it) && (isBest || hasName(s.sentence(it.sentence)[1:], 1) || !s.isCased()) {
			return it.sentence
		}
	}
	return best.sentence
}

// maxConcession is what a headline may be worth less than the best, in millionths.
const maxConcession = 500_000

// reports reports whether an English sentence tells what happened: it is a statement of
// the reporter's own that speaks neither of "I" nor to "you".
func (s *workspace) reports(c *candidate) bool {
	text := s.text(c.sentence)
	m := &s.ranking.measured[c.place]
	if c.antecedent != noAntecedent || m[measureFirst]+m[measureQuestion]+m[measureTorn]+m[measureQuoted]+m[measureUnended] > 0 {
		return false
	}
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(text, "’", "'")))
	if asides[strings.Trim(words[0], ",")] || slices.ContainsFunc(words, func(w string) bool { return addresses[w] }) {
		return false
	}
	text, _, _ = strings.Cut(text, " after ") // Its verb may be the only one.
	return isStatement(text)
}

var (
	addresses = wordSet("you your you're you'll you've let's")
	asides    = wordSet("if alas hopefully remember imagine welcome first probably perhaps maybe one asked there there's here's it's today's")
)

// headlineOfSentence returns the part of the sentence at span that serves as a headline:
// up to a clause that can stand alone, without the phrase that it opens on where it is
// too long with it, or else up to what tells when, why or after what.
func headlineOfSentence(doc *article.Document, span article.Span) article.Span {
	spans := []article.Span{span}
	if rest := withoutOpening(doc, span); rest != span {
		spans = append(spans, rest)
	}
	for _, limit := range [...]int{maxHeadline, longHeadline} {
		for _, cut := range [...]func(*article.Document, article.Span, int) article.Span{clause, circumstance} {
			for _, from := range spans {
				if kept := cut(doc, from, limit); !longer(doc.Slice(kept), limit) {
					return withSource(doc, span, kept, longestHeadline)
				}
			}
		}
	}
	return withSource(doc, span, clause(doc, span, longestHeadline), longestHeadline)
}

// withoutOpening returns the English sentence at span without a phrase that it opens on,
// such as "Over the weekend, ", where the rest says by itself what happened.
func withoutOpening(doc *article.Document, span article.Span) article.Span {
	text := doc.Slice(span)
	comma := firstComma(text)
	if comma < 0 || !isEnglish(doc.Language) || !opensOnDependent(text) && !opensOnTime(text) {
		return span
	}
	rest := text[comma+len(", "):]
	first, _, contracted := strings.Cut(strings.ReplaceAll(firstWord(rest), "’", "'"), "'s")
	if contracted && !isCapital(first) || dependents[first] || opensOnKind(first, kindAnaphoric|kindFirst) || !states(beforeComma(rest)) {
		return span
	}
	return article.Span{Begin: span.Begin + comma + len(", "), End: span.End}
}

// beforeComma returns text up to its first comma.
func beforeComma(text string) string {
	before, _, _ := strings.Cut(text, ", ")
	return before
}

// circumstance returns the English sentence at span up to the last part within limit code
// points that tells when, why or after what, and all of it where there is none.
func circumstance(doc *article.Document, span article.Span, limit int) article.Span {
	text := doc.Slice(span)
	if !isEnglish(doc.Language) {
		return span
	}
	for end := byteOffset(text, limit); end > 0; {
		if end = strings.LastIndexByte(text[:end], ' '); end < 0 {
			break
		}
		if kept := strings.TrimRight(text[:end], ","); opensCircumstance(kept, text[end+1:]) && isStatement(kept) && !isOpen(kept, ", "+text[end+1:]) {
			return article.Span{Begin: span.Begin, End: span.Begin + len(kept)}
		}
	}
	return span
}

// opensCircumstance reports whether rest, behind the beginning of a sentence, tells when,
// why or after what it happened, or what somebody did besides.
func opensCircumstance(text, rest string) bool {
	if !isBalanced(text) {
		return false
	}
	words := strings.Fields(text)
	if len(words) < fewWords || isVerb(words, len(words)-1) || isGrave(rest) {
		return false // "embraced and promised a free vote", "died after he was shot"
	}
	if hasOpenRelative(words) {
		return false // The verb of "the veteran who tried to join" is yet to come.
	}
	last := words[len(words)-1]
	first, behind, _ := strings.Cut(rest, " ")
	if ties[first][last] {
		return false
	}
	switch first {
	case "who", "which":
		return !slices.ContainsFunc(words[len(words)-3:], func(w string) bool { return definite[strings.ToLower(w)] })
	case "after", "before", "following":
		return !timeUnits[last]
	case "amid", "while", "when":
		return true
	case "because":
		return !strings.Contains(text, " not ") && !strings.Contains(text, "n't ")
	case "as":
		return !strings.Contains(text, " as ") && hasVerb(beforeComma(behind))
	case "and":
		return isVerb(strings.Fields(beforeComma(behind)), 0)
	}
	return false
}

// ties are the words behind which a conjunction begins nothing that may go: "even when",
// "such as", "shortly after".
var ties = map[string]map[string]bool{
	"after": momentTies, "before": momentTies, "following": momentTies,
	"amid": timeTies, "while": timeTies, "when": timeTies,
	"because": wordSet("only"),
	"as":      wordSet("such well just"),
}

var (
	momentTies = wordSet("shortly soon just even")
	timeTies   = wordSet("even just only")
)

// hasOpenRelative reports whether a relative clause in words stands before the verb of the
// main clause.
func hasOpenRelative(words []string) bool {
	i := slices.IndexFunc(words, func(w string) bool { return relatives[w] })
	return i > 0 && !states(strings.Join(words[:i], " "))
}

// isBalanced reports whether the quotes and brackets of text are closed.
func isBalanced(text string) bool {
	return strings.Count(text, `"`)%2 == 0 && strings.Count(text, "“") == strings.Count(text, "”") && strings.Count(text, "(") == strings.Count(text, ")")
}

// isGrave reports whether text tells of deaths, which no headline leaves out.
func isGrave(text string) bool {
	return slices.ContainsFunc(strings.Fields(text), func(w string) bool { return deaths[trimMarks(w)] })
}

var deaths = wordSet("killed killing kills died dead death deaths shot dying fatal fatally murder murdered victims")

// definite stand before those of whom it depends on a clause who they are.
var definite = wordSet("the that those these all any every each no only few most many some people person man woman men women anyone everyone")

// capitalized returns text with its first letter in upper case.
func capitalized(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// titleOfText returns the title, if any, and where the text supports it: the
// headline that leads the text, else the sentence that is most like a title from
// elsewhere.
func (s *workspace) titleOfText() (text string, evidence []article.Span) {
	text = article.OneLine(s.doc.Title)
	if text == "" {
		return "", nil
	}
	if s.headline >= 0 {
		return text, []article.Span{s.doc.Sentences[s.headline].Span}
	}
	if i := s.closestToTitle(); i >= 0 {
		evidence = []article.Span{s.doc.Sentences[i].Span}
	}
	return text, evidence
}
