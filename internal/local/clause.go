package local

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local/morphology"
)

// clause returns the part of the sentence at span up to the last clause end
// within limit code points that leaves a statement, and all of it where it is not
// longer or has no such clause that is at least a third of the limit.
func clause(doc *article.Document, span article.Span, limit int) article.Span {
	text := doc.Slice(span)
	end := byteOffset(text, limit)
	if end == len(text) {
		return span
	}
	language := article.BaseLanguage(doc.Language)
	for c := lastClause(text, end); c > end/3; c = lastClause(text, c-1) {
		if isComplete(language, text[:c], text[c:]) {
			return article.Span{Begin: span.Begin, End: span.Begin + c}
		}
	}
	return span
}

// isComplete reports whether the beginning of a sentence is a statement without rest, the
// comma or colon behind it and what follows.
func isComplete(language, text, rest string) bool {
	if known := morphology.Of(language); known != nil {
		return isCompleteIn(known, text, rest)
	}
	return !isEnglish(language) || isStatement(text) && !isOpen(text, rest)
}

// isCompleteIn reports the same in a language other than English: rest opens another
// clause, and text has a verb, behind the first part where that depends on what follows.
func isCompleteIn(language *morphology.Language, text, rest string) bool {
	rest = strings.TrimLeftFunc(rest, func(r rune) bool { return !isWordRune(r) })
	if !language.OpensClause(wordOf(rest)) {
		return false
	}
	if language.OpensDependent(wordOf(text)) {
		comma := strings.IndexAny(text, ",،，")
		if comma < 0 {
			return false
		}
		text = text[comma:]
	}
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return !isWordRune(r) }), language.States)
}

// wordOf returns the word that text begins with.
func wordOf(text string) string {
	for i, r := range text {
		if !isWordRune(r) {
			return text[:i]
		}
		if isCharacterWord(r) {
			return text[:i+utf8.RuneLen(r)]
		}
	}
	return text
}

// withSource returns kept, the beginning of the English sentence at span, with the part
// behind it that tells who says so, as in "police said", where both have at most limit
// code points: what somebody says is no fact.
func withSource(doc *article.Document, span, kept article.Span, limit int) article.Span {
	rest, found := strings.CutPrefix(doc.Text[kept.End:span.End], ", ")
	if !found || !isEnglish(doc.Language) {
		return kept
	}
	part, _, more := strings.Cut(rest, ", ")
	if !isSource(part) {
		return kept
	}
	if end := endOfSaying(part); end < len(part) {
		part, more = part[:end], true
	}
	whole := article.Span{Begin: kept.Begin, End: kept.End + len(", ") + len(part)}
	if !more {
		whole.End = span.End
	}
	if longer(doc.Slice(whole), limit) {
		return kept
	}
	return whole
}

// withoutSource returns the English sentence at span without the part that ends it and tells
// which authority says so: it reports rather than claims. Deaths and crimes keep their
// source, since they may accuse a person.
func withoutSource(doc *article.Document, span article.Span) []article.Span {
	text := doc.Slice(span)
	whole := []article.Span{span}
	comma := strings.LastIndex(text, ", ")
	if comma < 0 || !isEnglish(doc.Language) {
		return whole
	}
	part := strings.TrimRight(text[comma+len(", "):], ".")
	isAuthority := slices.ContainsFunc(strings.Fields(part), func(w string) bool { return authorities[strings.ToLower(trimMarks(w))] })
	kept := text[:comma]
	if isGrave(kept) || slices.ContainsFunc(strings.Fields(kept), func(w string) bool { return hedges[w] || crimes[trimMarks(w)] }) {
		return whole
	}
	if isAuthority && isSource(part) && isBalanced(text[comma:]) && isStatement(kept) && !waitsForVerb(kept) && !opensLast(kept) {
		return []article.Span{{Begin: span.Begin, End: span.Begin + comma}}
	}
	return whole
}

// authorities report what happened, and are no party to it.
var authorities = wordSet(`police authorities officials official sheriff firefighters coroner medics hospital doctors
	agency affiliate media`)

// crimes are deeds that a court has yet to find.
var crimes = wordSet(`rape raped stole stolen robbed abused assaulted attacked stabbed kidnapped beat beating stormed
	plotted plotting conspired bribed bribing hacked threatened detonated set hoax fraud lied fabricated`)

// hedges mark an opinion, whose source matters.
var hedges = wordSet("may might could would should likely probably")

// endOfSaying returns where the verb ends in a part such as "the army said on Monday", and
// the length of a part that goes on otherwise.
func endOfSaying(part string) int {
	words := strings.Split(part, " ")
	end := 0
	for i, word := range words {
		end += len(word)
		if i > 0 && i+1 < len(words) && sayings[word] && !verbs[words[i-1]] && afterSayings[strings.Trim(words[i+1], ".,")] {
			return end
		}
		end++
	}
	return len(part)
}

var afterSayings = wordSet("on in at during late early Monday Tuesday Wednesday Thursday Friday Saturday Sunday")

// isSource reports whether part of a sentence tells who says it.
func isSource(part string) bool {
	if strings.HasPrefix(part, "according to ") {
		return true
	}
	words := strings.Fields(part)
	if len(words) == 0 || relatives[words[0]] || dependents[words[0]] || opensOnKind(part, kindAnaphoric) && !possessives[words[0]] {
		return false // "which said", "but said"
	}
	return len(words) <= maxSource && slices.ContainsFunc(words, func(w string) bool { return sayings[trimMarks(w)] })
}

// maxSource is the length in words of "a spokesman for the Ministry of Health said in
// a statement on Monday".
const maxSource = 14

var possessives = wordSet("his her its their")

var sayings = wordSet("said says say told reported reports announced announces wrote ruled suggests suggest showed shows show warned claimed testified indicated")

// isStatement reports whether the beginning of an English sentence says something
// by itself: it has a verb, and not only in a first clause that depends on what
// follows or in one that tells who somebody is.
func isStatement(text string) bool {
	if opensOnDependent(text) || opensOnTime(text) {
		end := firstComma(text)
		if end < 0 {
			return false
		}
		text = text[end+len(", "):]
	}
	return statesOutside(text)
}

// statesOutside reports whether one of the parts between the commas of an English text has
// a finite verb, and is neither what opens on "after" or "in" nor what tells who a name is,
// as in "Jonas Berg, the pilot charged with theft".
func statesOutside(text string) bool {
	named, aside := false, false
	for part := range strings.SplitSeq(text, ", ") {
		first := firstWord(part)
		switch {
		case dependents[first]:
		case named && (first == "a" || first == "an" || first == "the"):
			aside = true
		case states(part), aside && isVerb([]string{first}, 0):
			return true
		default:
			named = isName(strings.Trim(part, `"“”`)) && !opensOnKind(part, kindStop)
		}
	}
	return false
}

// firstComma returns where the first comma outside of brackets stands, or -1.
func firstComma(text string) int {
	for i, depth := 0, 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 && strings.HasPrefix(text[i:], ", ") {
				return i
			}
		}
	}
	return -1
}

// opensOnDependent reports whether text begins with a clause such as "Just when he
// had left".
func opensOnDependent(text string) bool {
	first, rest, _ := strings.Cut(strings.ToLower(text[:min(len(text), 40)]), " ")
	second, _, _ := strings.Cut(rest, " ")
	switch first {
	case "just", "even", "only", "but", "and":
		return dependents[second]
	case "at", "as", "up": // "At least ten", "as many as ten", "up to ten" are no time and place.
		return !amounts[second]
	}
	return dependents[first]
}

var amounts = wordSet("least most many much few to")

// opensOnTime reports whether text begins with a time before or after something
// else, as in "Almost two years after he had left".
func opensOnTime(text string) bool {
	if strings.HasPrefix(text, "The ") {
		return false // "The weeks after the flood were dry."
	}
	rest := strings.ToLower(text[:min(len(text), 60)])
	for range maxTimeWords {
		var word string
		if word, rest, _ = strings.Cut(rest, " "); timeUnits[word] {
			next, _, _ := strings.Cut(rest, " ")
			return next == "after" || next == "before" || next == "since"
		}
	}
	return false
}

// maxTimeWords is the length of a time such as "A little over two years".
const maxTimeWords = 5

var timeUnits = wordSet(`second seconds minute minutes hour hours day days week weeks month months year years
	decade decades moments`)

// isOpen reports whether the beginning of an English sentence waits for rest, the
// comma or colon behind it and what follows: for a verb, for the noun of several
// adjectives, for the end of a list, or for what is true where this is not.
func isOpen(text, rest string) bool {
	if waitsForVerb(text) || opensLast(text) || strings.HasPrefix(rest, ":") || concedes(text, rest) || supposes(text, rest) {
		return true
	}
	last := text[strings.LastIndexByte(text, ' ')+1:]
	if joiners[last] || dangling[last] || isAge(last) && strings.HasSuffix(text, ", "+last) {
		return true
	}
	rest, isComma := strings.CutPrefix(rest, ", ")
	return isComma && goesOnBehindComma(text, rest, last)
}

var joiners = wordSet("and or but yet")

// dangling are prepositions that wait for a noun, as in "in the week in, which".
var dangling = wordSet("in at of for from with by into under between")

// waitsForVerb reports whether the last clause of text has a subject without a verb.
func waitsForVerb(text string) bool {
	if claims(text) {
		return true
	}
	for _, opening := range [...]string{" that ", " whether ", " said the ", " as the ", ": "} {
		i := strings.LastIndex(text, opening)
		if i < 0 {
			continue
		}
		if opening == " that " && nounsFollow[text[strings.LastIndexByte(text[:i], ' ')+1:i]] {
			continue // "of that country"
		}
		if behind := text[i+len(opening):]; strings.Contains(behind, " ") && !hasVerb(behind) {
			return true // And not "that day", which waits for nothing.
		}
	}
	return false
}

// claims reports whether text ends in a clause with "that" before it has said what of the
// name behind it, as in "said that Jonas Berg, the pilot charged with theft".
func claims(text string) bool {
	for rest := text; ; {
		before, behind, found := strings.Cut(rest, " that ")
		if !found {
			return false
		}
		name, _, more := strings.Cut(strings.ReplaceAll(behind, `," `, `", `), ", ")
		if more && isName(strings.Trim(name, `"“”`)) && !nounsFollow[before[strings.LastIndexByte(before, ' ')+1:]] && !statesOutside(strings.ReplaceAll(behind, `," `, `", `)) {
			return true
		}
		rest = behind
	}
}

// goesOnBehindComma reports whether rest, behind a comma, belongs to the phrase that ends
// text with the word last: an alternative, an age, a list, a place or another adjective.
func goesOnBehindComma(text, rest, last string) bool {
	switch firstWord(rest) {
	case "or", last:
		return true
	case "but":
		return strings.Contains(text, " not just ") || strings.Contains(text, " not only ")
	}
	part, more, _ := strings.Cut(rest, ", ")
	if isAge(part) || isListEnd(part) || endsList(text, part) {
		return true
	}
	if behind := strings.LastIndex(text, ", "); behind >= 0 && isName(text[behind+len(", "):]) && (isCapital(rest) || isNoun(part)) {
		return true // A thing of a town and its state: "Lorn, Ostland, Police Department".
	}
	if isName(part) && more != "" {
		return isCapital(more) || isName(last) // A list, or a town and its state.
	}
	return endsInAdjective(text) && !goesOn(part)
}

func isCapital(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsUpper(r)
}

// concedes reports whether text says of somebody yet to be named, or of what only may
// be, what the "but" of rest turns round.
func concedes(text, rest string) bool {
	if !strings.HasPrefix(rest, ", but ") && !strings.HasPrefix(rest, ", yet ") && !strings.HasPrefix(rest, " -- but ") {
		return false
	}
	first, _, _ := strings.Cut(text, " ")
	first, _, _ = strings.Cut(strings.ReplaceAll(first, "’", "'"), "'")
	return pronouns[first] || strings.Contains(text, " may ") || strings.Contains(text, " might ")
}

// supposes reports whether text says what may be, and rest with whom or what.
func supposes(text, rest string) bool {
	return strings.HasPrefix(rest, ", with ") && slices.ContainsFunc(strings.Fields(text), func(w string) bool { return hedges[w] })
}

// opensLast reports whether text ends in a clause that depends on what follows, as in
// "He was unarmed, but in the first report", or waits for a "but".
func opensLast(text string) bool {
	if strings.HasPrefix(text, "Not only ") {
		return !strings.Contains(text, " but ")
	}
	opened := false
	for part := range strings.SplitSeq(text, ", ") {
		conjunction, rest, _ := strings.Cut(part, " ")
		next, _, _ := strings.Cut(rest, " ")
		if (conjunction == "but" || conjunction == "and") && dependents[next] {
			opened = !nounsFollow[next] || !states(part) // "but in May he was arrested"
		} else if hasVerb(part) {
			opened = false
		}
	}
	return opened
}

// isListEnd reports whether part ends a list that began before: two names or nouns
// joined by "and", and not a clause or what tells who somebody is.
func isListEnd(part string) bool {
	one, _, found := strings.Cut(part, " and ")
	if !found {
		return false
	}
	if isName(one) {
		return true
	}
	return isNoun(part) && !hasVerb(main(part))
}

// endsList reports whether part, behind text and a comma, is the last of a list of three or
// more: "oars, sails" and "and ropes".
func endsList(text, part string) bool {
	before := strings.LastIndex(text, ", ")
	return strings.HasPrefix(part, "and ") && before >= 0 && !hasVerb(text[before:]) && !hasVerb(part)
}

// isNoun reports whether part seems to open on a noun: on no function word and no form of
// a verb.
func isNoun(part string) bool {
	first := firstWord(part)
	return !opensOnKind(part, kindStop) && !articles[first] && !strings.HasSuffix(first, "ing") && !isParticiple(first)
}

// isAge reports whether text is a number, as behind the comma in "Jonas Berg, 48, won".
func isAge(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

// isName reports whether all words of text, three at most, begin with a capital.
func isName(text string) bool {
	words := strings.Fields(text)
	for _, w := range words {
		if !isCapital(w) {
			return false
		}
	}
	return 0 < len(words) && len(words) <= 3
}

// endsInAdjective reports whether the last word of text may be an adjective without
// its noun: one that only an article or the like stands before, as in "treats a rare".
func endsInAdjective(text string) bool {
	words := strings.Fields(text)
	if len(words) < 2 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return unicode.IsLower(r) && articles[words[len(words)-2]]
}

var pronouns = wordSet("He She It They")

var articles = wordSet("a an the this these those some no very more most his her its their our my")

// goesOn reports whether part, what stands between one comma and the next, begins a
// new part of a sentence: with a word that joins it, or as a clause of its own.
func goesOn(part string) bool {
	return opensOnKind(part, kindStop) || strings.HasSuffix(firstWord(part), "ing") || hasVerb(main(part))
}

// firstWord returns the first word of text, without the punctuation behind it.
func firstWord(text string) string {
	first, _, _ := strings.Cut(text, " ")
	return strings.TrimRight(first, ".,;:")
}

func opensOnKind(text string, k kind) bool {
	return kindOf(morphology.Hash(stem([]byte(strings.ToLower(firstWord(text))))))&k != 0
}

// main returns text up to what is said of somebody or something in it.
func main(text string) string {
	for _, relative := range [...]string{" that ", " who ", " which "} {
		text, _, _ = strings.Cut(text, relative)
	}
	return text
}

// lastClause returns the end of the last clause of text that ends at or before
// end: before a comma, semicolon, colon or dash that is followed by a space and
// not inside quotes, brackets or a pair of dashes. It returns 0 when there is none.
func lastClause(text string, end int) int {
	last, open, dashed := 0, 0, false
	for i, r := range text {
		if i > end {
			break
		}
		switch r {
		case '"':
			open ^= 1 << 16
		case '(', '[', '“', '«':
			open++
		case ')', ']', '”', '»':
			open = max(open-1, 0)
		default:
			ends, dash := clauseMark(text, i, r)
			if !ends || open > 0 || dashed && !dash {
				continue
			}
			if !dashed {
				last = len(strings.TrimRightFunc(text[:i], unicode.IsSpace))
			}
			dashed = dashed != dash
		}
	}
	return last
}

// clauseMark reports whether r, the rune at i of text, ends a clause, and whether it is a
// dash.
func clauseMark(text string, i int, r rune) (ends, dash bool) {
	switch r {
	case '，', '；', '、':
		return true, false
	case ',', ';', ':', '،', '؛':
		return isSpaceAt(text, i+utf8.RuneLen(r)), false
	case '–', '—':
		return isSpaceAt(text, i+utf8.RuneLen(r)), true
	case '-':
		return strings.HasPrefix(text[i:], "-- ") && strings.HasSuffix(text[:i], " "), true
	}
	return false, false
}

func isSpaceAt(text string, i int) bool {
	return i < len(text) && (text[i] == ' ' || text[i] == '\n')
}
