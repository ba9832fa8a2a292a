package local

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	// wantedHeadline is the length in code points above which a sentence loses what its
	// meaning does not depend on.
	wantedHeadline = 100

	// maxHeadline is the length in code points above which a sentence that serves
	// as a headline is cut at a clause.
	maxHeadline = 120

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
		text, evidence = s.headlineOfText()
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

// headlineOfText returns the sentence that is worth most as a headline, as it is shortened
// for one, and where it stands. In English one that is worth a little less and tells what
// happened goes before one that does not, and in all languages a short one before a long one.
func (s *workspace) headlineOfText() (text string, evidence []article.Span) {
	best := s.best()
	r := &s.ranking
	english := isEnglish(s.doc.Language)
	most := int64(math.MinInt64)
	for c := range r.ranked {
		it := &r.ranked[c]
		worth := r.gain(c, c)
		if best.worth-worth > maxConcession {
			continue
		}
		isBest := it.sentence == best.sentence
		if english && (!s.reports(it) || !isBest && s.isCased() && !hasName(s.sentence(it.sentence)[1:], 1)) {
			worth -= costUnreported
		}
		if it.place == 0 {
			worth += gainLead
		}
		parts := headlineOfSentence(s.doc, s.doc.Sentences[it.sentence].Span)
		candidate := joined(s.doc, parts)
		length := utf8.RuneCountInString(candidate)
		worth -= costLetter * int64(max(0, length-maxHeadline))
		if length > longestHeadline {
			worth -= costEllipsis
		}
		if worth > most {
			most, text, evidence = worth, candidate, parts
		}
	}
	if text == "" {
		evidence = headlineOfSentence(s.doc, s.doc.Sentences[best.sentence].Span)
		text = joined(s.doc, evidence)
	}
	return text, evidence
}

// joined returns the parts of a sentence as one line that begins with a capital.
func joined(doc *article.Document, parts []article.Span) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = doc.Slice(part)
	}
	text := article.OneLine(withoutBrackets(strings.Join(texts, " ")))
	if isEnglish(doc.Language) && longer(text, wantedHeadline) {
		text = withoutDay(text)
	}
	return capitalized(text)
}

// withoutDay returns the text of an English headline without the day, week or month in which
// something happened. One of several days stays, and so do a day to come and one in a
// quotation.
func withoutDay(text string) string {
	at := dayOfWeek.FindStringSubmatchIndex(text)
	if at == nil || strings.Count(text, "day") > 1 {
		return text
	}
	before, behind := text[:at[2]], text[at[3]:]
	words := strings.Fields(before)
	last := strings.ToLower(words[len(words)-1])
	isFuture := slices.ContainsFunc(words, func(w string) bool { return hedges[w] || toCome[w] })
	isName := isCapital(strings.TrimLeft(behind, " ")) // "the Sunday Times"
	if isFuture || isName || !isBalanced(before) || beforeDays[last] || nounsFollow[last] {
		return text
	}
	return before + behind
}

var (
	dayOfWeek  = regexp.MustCompile(`[a-zA-Z0-9]((?: on)?(?: early| late)? (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: morning| afternoon| evening| night)?|(?: earlier| late| early)? (?:this|last) (?:week|month|weekend))(?:[., ]|$)`)
	toCome     = wordSet("will due scheduled expected set plans planned")
	beforeDays = wordSet("than time times just only later earlier early late until since before after through during last next black super good holy bloody and or is are was were be been")
)

// withoutBrackets returns text without what stands in round brackets behind a space, unless
// that is a part of several sentences.
func withoutBrackets(text string) string {
	for {
		open := strings.Index(text, " (")
		if open < 0 {
			return text
		}
		end := strings.IndexByte(text[open:], ')')
		if end < 0 || strings.ContainsAny(text[open:open+end], ".\n") {
			return text
		}
		text = text[:open] + text[open+end+1:]
	}
}

const (
	// maxConcession is what a headline may be worth less than the best, in millionths.
	maxConcession = 500_000

	// costUnreported is what it costs not to tell what happened. No other merit makes up
	// for it.
	costUnreported int64 = 2_500_000

	// gainLead is what the first sentence is worth more: the lead of news tells the event.
	gainLead int64 = 400_000

	// costEllipsis is the cost of a sentence that is too long to be whole.
	costEllipsis int64 = 250_000

	// costLetter is what each code point above maxHeadline costs.
	costLetter int64 = 2_500
)

// reports reports whether an English sentence tells what happened: it is a statement of
// the reporter's own that speaks neither of "I" nor to "you".
func (s *workspace) reports(c *candidate) bool {
	text := s.text(c.sentence)
	m := &s.ranking.measured[c.place]
	if c.antecedent != noAntecedent || m[measureFirst]+m[measureQuestion]+m[measureTorn]+m[measureQuoted]+m[measureUnended]+m[measureShort] > 0 {
		return false
	}
	if strings.HasSuffix(text, "!") || opensOnDependent(text) && s.opensOnPerson(c.sentence) {
		return false
	}
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(text, "’", "'")))
	if asides[strings.Trim(words[0], ",")] || slices.ContainsFunc(words, func(w string) bool { return addresses[trimMarks(w)] }) {
		return false
	}
	text, _, _ = strings.Cut(text, " after ") // Its verb may be the only one.
	return isStatement(text)
}

// opensOnPerson reports whether "he", "she" or "they" is among the first words of a sentence
// that names nobody before.
func (s *workspace) opensOnPerson(sentence int) bool {
	tokens := s.sentence(sentence)
	for i := range tokens[:min(len(tokens), fewWords)] {
		if tokens[i].kind&kindPerson != 0 {
			return true
		}
		if tokens[i].kind&(kindName|kindStop) == kindName {
			return false
		}
	}
	return false
}

var (
	addresses = wordSet("you your you're you'll you've let's")
	asides    = wordSet("soon here don't if alas hopefully remember imagine welcome first probably perhaps maybe one asked there there's here's it's today's")
)

// headlineOfSentence returns the parts of the sentence at span that serve as a headline. A
// long one loses the authority that says so, what stands between two dashes and the phrase
// that it opens on; one that is still too long, what stands between its subject and its verb.
// Else it ends where a clause can stand alone, or before what tells of which kind, when, why
// or after what.
func headlineOfSentence(doc *article.Document, span article.Span) []article.Span {
	parts := []article.Span{span}
	for _, omit := range [...]func(*article.Document, article.Span) []article.Span{withoutSource, withoutOpening, withoutDashes, withoutAside} {
		length := lengthOf(doc, parts)
		if length <= wantedHeadline {
			return parts
		}
		last := len(parts) - 1
		shorter := append(parts[:last:last], omit(doc, parts[last])...)
		if length > maxHeadline || 3*lengthOf(doc, shorter) >= 2*length {
			parts = shorter
		}
	}
	if lengthOf(doc, parts) <= maxHeadline {
		return parts
	}
	span = withoutSource(doc, span)[0]
	spans := []article.Span{span}
	if rest := withoutOpening(doc, span)[0]; rest != span {
		spans = append(spans, rest)
	}
	for _, limit := range [...]int{maxHeadline, longHeadline} {
		for _, from := range spans {
			if parts := withoutAside(doc, from); lengthOf(doc, parts) <= limit {
				return parts
			}
		}
		for _, cut := range [...]func(*article.Document, article.Span, int) article.Span{clause, withoutRelative, circumstance} {
			for _, from := range spans {
				if kept := cut(doc, from, limit); !longer(doc.Slice(kept), limit) {
					return withoutAside(doc, withSource(doc, span, kept, longestHeadline))
				}
			}
		}
	}
	if lengthOf(doc, parts) <= longestHeadline {
		return parts
	}
	return withoutAside(doc, withSource(doc, span, clause(doc, span, longestHeadline), longestHeadline))
}

func lengthOf(doc *article.Document, parts []article.Span) int {
	n := len(parts) - 1
	for _, part := range parts {
		n += utf8.RuneCountInString(doc.Slice(part))
	}
	return n
}

// withoutAside returns the English text at span in two parts where it is longer than a
// headline should be: without what stands between commas behind its subject and before its
// verb, as in "Jonas Berg, who is 48, won". What tells of deaths stays.
func withoutAside(doc *article.Document, span article.Span) []article.Span {
	text := doc.Slice(span)
	whole := []article.Span{span}
	from := firstComma(text)
	if from < 0 || !longer(text, maxHeadline) || !isEnglish(doc.Language) || opensOnDependent(text) || opensOnTime(text) || hasVerb(text[:from]) {
		return whole
	}
	for to := from; ; {
		next := commaMark.FindStringIndex(text[to+1:])
		if next == nil {
			return whole
		}
		rest := to + 1 + next[1]
		to += next[1]
		words := strings.Fields(text[rest:])
		if len(words) < fewWords-2 {
			return whole
		}
		if aside := text[from:to]; isVerb(words, 0) && isAside(strings.Replace(aside[len(", "):], `,"`, `"`, 1), isName(text[:from])) {
			return []article.Span{
				{Begin: span.Begin, End: span.Begin + from},
				{Begin: span.Begin + rest, End: span.End},
			}
		}
	}
}

// commaMark is a comma between parts of a sentence, inside a quotation mark as Americans
// write it.
var commaMark = regexp.MustCompile(`,["”]? `)

// isAside reports whether text, between two commas, tells of a subject who or what it is:
// it has no verb but that of a clause inside, or a participle that opens it or, where the
// subject is a name, is said of "a captain".
func isAside(text string, named bool) bool {
	if !isBalanced(text) || isGrave(text) || isSource(text) {
		return false
	}
	first := firstWord(text)
	if isParticiple(first) {
		text = text[len(first):]
	}
	return relatives[first] || named && (first == "a" || first == "an" || first == "the") || !hasVerb(main(text))
}

// withoutDashes returns the English text at span in two parts where it is longer than a
// headline should be: without what stands between two dashes behind its subject.
func withoutDashes(doc *article.Document, span article.Span) []article.Span {
	text := doc.Slice(span)
	whole := []article.Span{span}
	if !longer(text, wantedHeadline) || !isEnglish(doc.Language) {
		return whole
	}
	for _, dash := range [...]string{" -- ", " – ", " — "} {
		subject, rest, _ := strings.Cut(text, dash)
		aside, behind, found := strings.Cut(rest, dash)
		if !found || strings.Contains(behind, dash) || !isBalanced(aside) || !isBalanced(subject) || isGrave(aside) || isSource(aside) {
			continue
		}
		if words := strings.Fields(behind); len(words) < fewWords-2 || !isVerb(words, 0) || hasVerb(subject) {
			continue
		}
		end := span.Begin + len(subject)
		return []article.Span{{Begin: span.Begin, End: end}, {Begin: span.End - len(behind), End: span.End}}
	}
	return whole
}

// withoutRelative returns the English sentence at span, within limit code points, without a
// clause at its end that tells more of "a small wooden boat", and all of it where it has none.
// What the subject is said to be, as in "is a small wooden boat that", keeps its clause.
func withoutRelative(doc *article.Document, span article.Span, limit int) article.Span {
	text := doc.Slice(span)
	if !isEnglish(doc.Language) {
		return span
	}
	for _, relative := range [...]string{" that ", " which ", " who "} {
		at := strings.LastIndex(text, relative)
		if at < 0 {
			continue
		}
		kept, clause := strings.TrimRight(text[:at], ","), text[at+len(relative):]
		if longer(kept, limit) || strings.Contains(clause, ", ") || isGrave(clause) || !isBalanced(kept) || !isBalanced(clause) {
			continue
		}
		words := strings.Fields(clause)
		if isVerb(words, 0) && !isDenied(words) && endsInKind(strings.Fields(kept)) && isStatement(kept) && !isOpen(kept, ", "+clause) {
			return article.Span{Begin: span.Begin, End: span.Begin + len(kept)}
		}
	}
	return span
}

// isDenied reports whether words say that something is not so.
func isDenied(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return denials[w] || strings.HasSuffix(trimMarks(w), "n't") })
}

var denials = wordSet("no not never none nothing nobody without")

// endsInKind reports whether words end in what somebody or something is, in several words
// behind "a" or "an", and not as what another one is said to be.
func endsInKind(words []string) bool {
	for i := len(words) - 1; i > 0 && i >= len(words)-maxKind; i-- {
		if words[i] == "a" || words[i] == "an" {
			return len(words)-1-i >= fewestKind && !predicates[strings.ToLower(trimMarks(words[i-1]))]
		}
		if isVerb(words, i) || articles[words[i]] || dependents[words[i]] {
			return false
		}
	}
	return false
}

const (
	fewestKind = 3 // the words of "small wooden boat"
	maxKind    = 8
)

var predicates = wordSet("is are was were be been being become becomes became remain remains remained as like than not such it's that's he's she's")

// withoutOpening returns the English sentence at span without a phrase that it opens on,
// such as "Over the weekend, ", where the rest says by itself what happened.
func withoutOpening(doc *article.Document, span article.Span) []article.Span {
	text := doc.Slice(span)
	whole := []article.Span{span}
	comma := firstComma(text)
	if comma < 0 || !isEnglish(doc.Language) || !opensOnDependent(text) && !opensOnTime(text) && !opensOnDeed(text[:comma]) {
		return whole
	}
	if strings.HasPrefix(text, "According to ") {
		return whole // What somebody says is no fact.
	}
	rest := text[comma+len(", "):]
	if !longer(text, longHeadline) && namesPerson(text[:comma], rest) {
		return whole // "After the murder of Jonas Berg, Nora Dahl called the killing a disgrace."
	}
	first, _, contracted := strings.Cut(strings.ReplaceAll(firstWord(rest), "’", "'"), "'s")
	if contracted && !isCapital(first) || dependents[first] || opensOnKind(first, kindAnaphoric|kindFirst) || !states(beforeComma(rest)) {
		return whole
	}
	return []article.Span{{Begin: span.Begin + comma + len(", "), End: span.End}}
}

// namesPerson reports whether an opening has a name of two words or more of which rest has none.
func namesPerson(opening, rest string) bool {
	words := strings.Fields(opening)
	for i := 2; i < len(words); i++ {
		if isCapital(words[i-1]) && isCapital(words[i]) && !strings.Contains(rest, words[i-1]) && !strings.Contains(rest, strings.TrimSuffix(words[i], "'s")) {
			return true
		}
	}
	return false
}

// opensOnDeed reports whether an opening phrase tells what somebody does besides, as in
// "Calling the vote a farce".
func opensOnDeed(phrase string) bool {
	first, _, more := strings.Cut(phrase, " ")
	last := phrase[strings.LastIndexByte(phrase, ' ')+1:]
	return more && strings.HasSuffix(first, "ing") && len(first) > 5 && !isCapital(last) && !hasVerb(phrase)
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
		if kept := strings.TrimRight(text[:end], ", -–—"); opensCircumstance(kept, text[end+1:]) && isStatement(kept) && !isOpen(kept, ", "+text[end+1:]) {
			return article.Span{Begin: span.Begin, End: span.Begin + len(kept)}
		}
	}
	return span
}

// opensCircumstance reports whether rest, behind the beginning of a sentence, tells when,
// why or after which event something happened, or what somebody did besides.
func opensCircumstance(text, rest string) bool {
	words := strings.Fields(text)
	if !isBalanced(text) || len(words) < fewWords || isVerb(words, len(words)-1) || isGrave(rest) {
		return false // "embraced and promised a free vote", "died after he was shot"
	}
	if hasOpenRelative(words) {
		return false // The verb of "the veteran who tried to join" is yet to come.
	}
	first, behind, _ := strings.Cut(rest, " ")
	if ties[first][words[len(words)-1]] {
		return false
	}
	return circumstances[first] || opensOnIdiom(rest) || goesOnBeside(words, first, behind)
}

// circumstances open what may go from a headline.
var circumstances = wordSet("amid while when despite during")

// goesOnBeside reports whether a word behind others opens what may go, as far as both sides
// of it show.
func goesOnBeside(words []string, word, behind string) bool {
	switch word {
	case "who", "which":
		return !slices.ContainsFunc(words[len(words)-3:], func(w string) bool { return definite[strings.ToLower(w)] })
	case "after", "before", "following":
		return !timeUnits[words[len(words)-1]]
	case "because":
		return !slices.ContainsFunc(words, func(w string) bool { return w == "not" || strings.HasSuffix(w, "n't") })
	case "as":
		return !slices.ContainsFunc(words, func(w string) bool { return w == "as" || takesAs[w] }) && (hasVerb(beforeComma(behind)) || pronouns[capitalized(firstWord(behind))])
	case "and":
		return isVerb(strings.Fields(beforeComma(behind)), 0)
	}
	return false
}

// takesAs are verbs that say nothing without the "as" of "described the win as a gift".
var takesAs = wordSet("describe describes described hail hails hailed brand branded regard regards regarded portray portrays portrayed dismiss dismissed denounce denounced see sees saw seen view views viewed use used serve serves served")

// opensOnIdiom reports whether text opens on words such as "in a bid to", which tell why or
// when something was done.
func opensOnIdiom(text string) bool {
	for _, idiom := range [...]string{"as part of ", "ahead of ", "in a bid to ", "in an attempt to ", "in an effort to ", "in order to ", "in protest ", "in response to ", "in honor of ", "in memory of ", "in the wake of ", "on the advice of ", "because of ", "due to ", "for the first time "} {
		if strings.HasPrefix(text, idiom) {
			return true
		}
	}
	return false
}

// ties are the words behind which a conjunction begins nothing that may go: "even when",
// "such as", "shortly after".
var ties = map[string]map[string]bool{
	"after": momentTies, "before": momentTies, "following": momentTies,
	"amid": timeTies, "while": timeTies, "when": timeTies,
	"during":  timeTies,
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

// definite are words before people whom only a clause identifies.
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
