package grounding

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// sourceSentence is a sentence of a source in the form in which a summary sentence is laid
// beside it.
type sourceSentence struct {
	keys    []string // of its content words
	negated []string // of words right behind a negation
	words   []string
	negates bool // it holds a negation or a denial

	denied      [][2]int // the clauses with a negation, as ranges of words
	endsNegated bool     // a negation is its last word, as German has it
}

// minShared is the minimum number of content words that two sentences that say the same
// have in common, and minOverlap their share in the shorter one.
const (
	minShared  = 3
	minOverlap = 0.6
)

// checkOpposites reports whether text says the opposite of the sentence of the source that
// it is closest to, among the cited ones where it cites any: a negation more or less, or
// the opposite of a word. The rules are narrow: text has to be close to the sentence, and
// the source may nowhere have what text says. The whole source is read only when one
// sentence speaks against text. Known holds the facts of at least the cited spans; it may be nil.
func (s *Source) checkOpposites(r *languageRules, lexemes []lexeme, evidence []article.Span, known *facts) flaw {
	if len(lexemes) > maxOppositeLexemes {
		return flaw{}
	}
	if r.unspaced() {
		return s.checkHanDirections(r, lexemes)
	}
	cited := s.passages(evidence)
	if !slices.ContainsFunc(cited, r.mayNegate) && !r.mayTurn(lexemes, cited, known) {
		return flaw{}
	}
	mine := r.sentenceOf(lexemes)
	closest := r.closest(mine, cited)
	if closest == nil {
		return flaw{}
	}
	if r.deniedThere(&mine, closest) {
		return flaw{claim: Opposite}
	}
	for i := range lexemes {
		if lexemes[i].kind != lexemeWord {
			continue
		}
		if r.isNegation(lexemes[i].norm) {
			if !r.leadsAlso(lexemes, i) && !r.excepts(lexemes, i) && s.negationAdded(r, lexemes, i, closest) {
				return flaw{Opposite, i, min(i+3, len(lexemes))}
			}
		} else if s.negationDropped(r, &mine, lexemes[i].norm, closest) || s.turned(r, lexemes, i, closest) {
			return flaw{Opposite, i, i + 1}
		}
	}
	return flaw{}
}

// negationDropped reports whether closest has word behind a negation, mine has none, and no
// other sentence of the source has the word without one.
func (s *Source) negationDropped(r *languageRules, mine *sourceSentence, word string, closest *sourceSentence) bool {
	key := r.keyOf(word)
	return !mine.negates && slices.Contains(closest.negated, key) && !s.hasUnnegated(r, mine.keys, closest, key)
}

// deniedThere reports whether other, which is nearly all of mine or all within it, has a
// negation where mine has none, wherever in a clause that mine has too.
func (r *languageRules) deniedThere(mine, other *sourceSentence) bool {
	if r.language == "en" || mine.negates || len(other.negated) == 0 && !other.endsNegated {
		return false
	}
	if !slices.ContainsFunc(other.denied, func(clause [2]int) bool { return r.tells(mine, other.words[clause[0]:clause[1]]) }) {
		return false
	}
	shared := 0
	for _, key := range other.keys {
		if slices.Contains(mine.keys, key) {
			shared++
		}
	}
	return shared >= 2 && shared == len(other.keys) && len(mine.keys) <= shared+2 || shared >= 3 && shared+1 >= len(other.keys) && shared+1 >= len(mine.keys)
}

// tells reports whether mine has at least half of the content words of a clause.
func (r *languageRules) tells(mine *sourceSentence, clause []string) bool {
	shared, all := 0, 0
	for _, word := range clause {
		if !r.isContentWord(word) {
			continue
		}
		all++
		if slices.Contains(mine.keys, r.keyOf(word)) {
			shared++
		}
	}
	return shared > 0 && 2*shared >= all
}

// around returns the content words near lexeme i within its clause.
func (r *languageRules) around(lexemes []lexeme, i int) []string {
	begin, end := clauseOf(lexemes, i)
	var keys []string
	for j := begin; j < end; j++ {
		if j != i && lexemes[j].kind != lexemeMark && r.isContent(&lexemes[j]) {
			keys = append(keys, r.keyOf(lexemes[j].norm))
		}
	}
	return keys
}

// clauseOf returns where the lexemes near lexeme i within its clause begin and end.
func clauseOf(lexemes []lexeme, i int) (begin, end int) {
	begin, end = i, i+1
	for begin > max(0, i-reach) && !isClauseMark(&lexemes[begin-1]) {
		begin--
	}
	for end < min(len(lexemes), i+reach+1) && !isClauseMark(&lexemes[end]) {
		end++
	}
	return begin, end
}

// reach is the number of lexemes to either side of a word that belong to its subject.
const reach = 7

func isClauseMark(t *lexeme) bool {
	return t.kind == lexemeMark && (t.norm == ";" || t.norm == "," || t.norm == ":" || t.norm == ".")
}

// elsewhere reports whether a sentence of the source for which has is true, other than closest,
// is as near to the words of a clause as closest is.
func (s *Source) elsewhere(words []string, closest *sourceSentence, has func(*sourceSentence) bool) bool {
	near := sharedKeys(words, closest)
	if near < 2 {
		return true
	}
	all := s.sentencesRead()
	return slices.ContainsFunc(all, func(other sourceSentence) bool { return has(&other) && sharedKeys(words, &other) >= near })
}

func sharedKeys(words []string, s *sourceSentence) int {
	n := 0
	for _, word := range words {
		if slices.Contains(s.keys, word) {
			n++
		}
	}
	return n
}

// maxOppositeLexemes bounds the sentences that are looked at.
const maxOppositeLexemes = 120

// passages returns the sentences that evidence stands in, all where it stands in none.
func (s *Source) passages(evidence []article.Span) []string {
	var cited []string
	next := 0 // Evidence is in order: the first sentence that is not taken.
	for _, span := range evidence {
		begin, end := s.sentencesAt(span)
		for next = max(next, begin); next < end; next++ {
			cited = append(cited, s.text[s.sentences[next].Begin:s.sentences[next].End])
		}
	}
	if cited != nil {
		return cited
	}
	return s.allPassages()
}

// allPassages returns the title and the sentences of the source.
func (s *Source) allPassages() []string {
	texts := []string{s.title}
	if len(s.sentences) == 0 {
		texts = append(texts, s.text)
	}
	for _, sentence := range s.sentences {
		texts = append(texts, s.text[sentence.Begin:sentence.End])
	}
	return texts
}

// mayTurn reports by a quick look whether a sentence has a negation, or a word of which an
// opposite stands in texts. Known are facts of these texts and more, or nil.
func (r *languageRules) mayTurn(lexemes []lexeme, texts []string, known *facts) bool {
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind != lexemeWord {
			continue
		}
		if r.isNegation(t.norm) {
			return true
		}
		if len(t.norm) >= 2*keyRunes && hasNegativePrefix(t.norm) != "" {
			return true
		}
		for _, pair := range pairsOf(t) {
			if r.language != "en" {
				return true
			}
			if known != nil && !known.hasAny(pair.other) {
				continue
			}
			if slices.ContainsFunc(texts, func(text string) bool { return containsAny(text, pair.other) }) {
				return true
			}
		}
	}
	return false
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}

// mayNegate reports by a quick look whether text holds a negation.
func (r *languageRules) mayNegate(text string) bool {
	if r.language != "en" {
		return true
	}
	return strings.Contains(text, "not ") || strings.Contains(text, "n't") || strings.Contains(text, "n’t") || strings.Contains(text, "ever ")
}

// hasUnnegated reports whether a sentence has a word without a negation before it: in English
// any, in other languages, whose forms of words meet less often, one as near to words as closest.
func (s *Source) hasUnnegated(r *languageRules, words []string, closest *sourceSentence, key string) bool {
	unnegated := func(other *sourceSentence) bool {
		return slices.Contains(other.keys, key) && !slices.Contains(other.negated, key)
	}
	if r.language == "en" {
		return slices.ContainsFunc(s.sentencesRead(), func(other sourceSentence) bool { return unnegated(&other) })
	}
	return s.elsewhere(words, closest, unnegated)
}

// negationAdded reports whether the negation at lexeme i stands before a word that closest
// has without one, and the source nowhere with one.
func (s *Source) negationAdded(r *languageRules, lexemes []lexeme, i int, closest *sourceSentence) bool {
	end := min(i+4, len(lexemes))
	if closest.negates || slices.ContainsFunc(lexemes[i+1:end], func(t lexeme) bool { return turnsIn(&t, closest) }) {
		return false // "did not rise", where closest has "fell"
	}
	for j := i + 1; j < end; j++ {
		key := r.keyOf(lexemes[j].norm)
		if lexemes[j].kind != lexemeWord || !r.isContent(&lexemes[j]) {
			continue
		}
		return slices.Contains(closest.keys, key) && !slices.ContainsFunc(s.sentencesRead(), func(other sourceSentence) bool { return slices.Contains(other.negated, key) })
	}
	return false
}

// turnsIn reports whether t is a direction of which other has the opposite.
func turnsIn(t *lexeme, other *sourceSentence) bool {
	return slices.ContainsFunc(pairsOf(t), func(pair pairSide) bool { return pair.direction && hasAnyOf(other.words, pair.other) })
}

// turned reports whether closest has an opposite of lexeme i, which no word of its clause denies.
func (s *Source) turned(r *languageRules, lexemes []lexeme, i int, closest *sourceSentence) bool {
	return s.hasOpposite(r, lexemes, i, closest) && !r.deniesBeside(lexemes, i)
}

// deniesBeside reports whether another lexeme of the clause of lexeme i is a negation or a
// denial, as in "did not approve" and "failed to rise".
func (r *languageRules) deniesBeside(lexemes []lexeme, i int) bool {
	begin, end := clauseOf(lexemes, i)
	for j := begin; j < end; j++ {
		word := lexemes[j].norm
		if j == i || lexemes[j].kind != lexemeWord {
			continue
		}
		if r.denials[word] || r.isNegation(word) && !r.leadsAlso(lexemes, j) || r.language == "en" && word == "far" && j+1 < end && lexemes[j+1].norm == "from" {
			return true
		}
	}
	return false
}

// hasOpposite reports whether closest has an opposite of lexeme i, and neither it nor another
// sentence has a word of the same side; of a direction, no sentence as near to the clause.
func (s *Source) hasOpposite(r *languageRules, lexemes []lexeme, i int, closest *sourceSentence) bool {
	t := &lexemes[i]
	if positive := hasNegativePrefix(t.norm); positive != "" && slices.Contains(closest.words, positive) && !s.hasWordLike(r, t.norm) {
		return true
	}
	for _, pair := range pairsOf(t) {
		if !hasAnyOf(closest.words, pair.other) || hasAnyOf(closest.words, pair.same) || !pair.direction && has(lexemes, pair.other) {
			continue
		}
		same := func(other *sourceSentence) bool { return hasAnyOf(other.words, pair.same) }
		if pair.direction && !s.elsewhere(r.around(lexemes, i), closest, same) ||
			!slices.ContainsFunc(s.sentencesRead(), func(other sourceSentence) bool { return same(&other) }) {
			return true
		}
	}
	return false
}

// hasWordLike reports whether the source has a word with the same beginning.
func (s *Source) hasWordLike(r *languageRules, word string) bool {
	key := r.keyOf(word)
	return slices.ContainsFunc(s.sentencesRead(), func(other sourceSentence) bool {
		return slices.Contains(other.keys, key) || slices.Contains(other.words, word)
	})
}

// has reports whether lexemes hold one of words.
func has(lexemes []lexeme, words []string) bool {
	return slices.ContainsFunc(lexemes, func(t lexeme) bool { return slices.Contains(words, t.norm) })
}

func hasAnyOf(words, list []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(list, word) })
}

// closest returns the sentence of texts that shares most content words with mine, nil where
// none shares enough.
func (r *languageRules) closest(mine sourceSentence, texts []string) *sourceSentence {
	var best *sourceSentence
	most := 0
	buffer := takeLexemeBuffer()
	defer buffer.release()
	for _, text := range texts {
		other := r.sentenceOf(buffer.read(text))
		shared := 0
		for _, key := range mine.keys {
			if slices.Contains(other.keys, key) {
				shared++
			}
		}
		shorter := min(len(mine.keys), len(other.keys))
		if shared > most && (shared >= minShared || shared >= 2 && shared == len(other.keys)) && float64(shared) >= minOverlap*float64(shorter) {
			best, most = &other, shared
		}
	}
	return best
}

// sentencesRead returns the sentences of the source and its title.
func (s *Source) sentencesRead() []sourceSentence {
	s.relations.Do(func() {
		r := rulesOf(s.language)
		for _, text := range s.allPassages() {
			s.read = append(s.read, r.sentenceOf(lexemesOf(text)))
		}
	})
	return s.read
}

// sentenceOf reads a sentence.
func (r *languageRules) sentenceOf(lexemes []lexeme) sourceSentence {
	s := sourceSentence{keys: make([]string, 0, len(lexemes)), words: make([]string, 0, len(lexemes))}
	behind := 0 // words that a negation may still reach
	begin, denied := 0, false
	endClause := func() {
		if denied {
			s.denied = append(s.denied, [2]int{begin, len(s.words)})
		}
		begin, denied = len(s.words), false
	}
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind == lexemeMark {
			if t.norm != "-" {
				behind = 0
			}
			if isClauseMark(t) || t.norm == "-" && !t.glued {
				endClause()
			}
			continue
		}
		forms := t.otherForms()
		s.words = append(append(s.words, t.norm), forms...)
		if r.isNegation(t.norm) && !r.leadsAlso(lexemes, i) && !r.excepts(lexemes, i) {
			s.negates, denied, behind = true, true, 3
			s.endsNegated = i+2 >= len(lexemes)
			continue
		}
		s.negates = s.negates || r.denials[t.norm] || slices.ContainsFunc(forms, func(form string) bool { return r.denials[form] })
		if !r.isContent(t) {
			behind--
			continue
		}
		s.addKey(r.keyOf(t.norm), behind > 0)
		behind = min(behind, 0)
	}
	endClause()
	return s
}

// addKey notes a content word. It counts as negated where it never stands without a negation.
func (s *sourceSentence) addKey(key string, negated bool) {
	known := slices.Contains(s.keys, key)
	switch at := slices.Index(s.negated, key); {
	case negated && !known:
		s.negated = append(s.negated, key)
	case !negated && at >= 0:
		s.negated = slices.Delete(s.negated, at, at+1)
	}
	if !known {
		s.keys = append(s.keys, key)
	}
}

// isContent reports whether t carries what a sentence is about.
func (r *languageRules) isContent(t *lexeme) bool {
	return t.kind == lexemeNumber || r.isContentWord(t.norm)
}

func (r *languageRules) isContentWord(word string) bool {
	return utf8.RuneCountInString(word) >= 4 && !functionWords[word] && !auxiliaries[word]
}

// auxiliaries are longer words of English that carry nothing.
var auxiliaries = set("that this these those they them their there then than with will would could should been being does were have what when where which while also into " +
	"about after before over under more most some such only very just said says say")

// keyOf returns what the forms of a word have in common: its beginning.
func (r *languageRules) keyOf(word string) string {
	runes, length := 0, keyRunes
	if r.language == "ar" {
		word, length = strings.TrimLeft(strings.TrimPrefix(word, "ال"), "يتناو"), 3
	}
	for i := range word {
		if runes == length {
			return word[:i]
		}
		runes++
	}
	return word
}

const keyRunes = 5

// isNegation reports whether word turns what follows it into its opposite.
func (r *languageRules) isNegation(word string) bool {
	if r.language == "en" {
		return englishNegations[word]
	}
	return r.negations[word] || r.language == "ar" && len(word) > 4 && r.negations[strings.TrimLeft(word, "وف")]
}

// excepts reports whether the negation at lexeme i says "only" together with a word of its
// clause, as in "ne … que" and "لا … سوى".
func (r *languageRules) excepts(lexemes []lexeme, i int) bool {
	words := exceptives[r.language]
	for j := i + 1; words != nil && j < min(i+6, len(lexemes)) && !isClauseMark(&lexemes[j]); j++ {
		if words[lexemes[j].norm] {
			return true
		}
	}
	return false
}

// exceptives are words that make "only" of a negation before them.
var exceptives = map[string]map[string]bool{
	"ar": set("سوي الا"), "fr": set("que qu"), "es": set("sino salvo excepto"), "it": set("che"), "pt": set("senao"), "ru": set("кроме"), "el": set("παρα"),
}

// leadsAlso reports whether the negation at lexeme i is one of "not only".
func (r *languageRules) leadsAlso(lexemes []lexeme, i int) bool {
	return i+1 < len(lexemes) && alsoWords[lexemes[i+1].norm]
}

var (
	englishNegations = set("not n never cannot didnt doesnt dont cant wont wasnt werent isnt arent wouldnt couldnt shouldnt havent hasnt hadnt")

	alsoWords = set("only just merely simply necessarily nur bloss seulement solo solamente somente apenas soltanto soltan только tylko лише тільки sadece yalnizca فقط alleen zuletzt")
)

// pairSide is a word's side of a pair of opposites, and the other side.
type pairSide struct {
	same, other []string
	direction   bool // verbs for up and down, which say it of what stands beside them
}

// oppositeText holds pairs of opposites. "^" marks directions.
//
//go:embed opposites.txt
var oppositeText string

// opposites maps a word to the pairs that it is on a side of.
var opposites = sync.OnceValue(func() map[string][]pairSide {
	m := make(map[string][]pairSide)
	for line := range strings.Lines(oppositeText) {
		left, right, ok := strings.Cut(line, "|")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		left, direction := strings.CutPrefix(left, "^")
		a, b := normalized(left), normalized(right)
		for _, word := range a {
			m[word] = append(m[word], pairSide{a, b, direction})
		}
		for _, word := range b {
			m[word] = append(m[word], pairSide{b, a, direction})
		}
	}
	return m
})

// pairsOf returns the pairs of opposites that t in one of its forms is on a side of.
func pairsOf(t *lexeme) []pairSide {
	pairs := opposites()[t.norm]
	for _, form := range t.otherForms() {
		pairs = append(slices.Clip(pairs), opposites()[form]...)
	}
	return pairs
}

// hasNegativePrefix returns word without a prefix that makes it its opposite, as in
// "unsurprising", else nothing.
func hasNegativePrefix(word string) string {
	for _, prefix := range []string{"un", "in", "im", "il", "ir", "dis", "non"} {
		if rest, ok := strings.CutPrefix(word, prefix); ok && len(rest) >= 6 {
			return rest
		}
	}
	return ""
}
