package local

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local/morphology"
)

// The costs of sentences to each other, in millionths as their worth.
const (
	// costRepeated is for two that have all words in common, less in proportion.
	costRepeated int64 = 1_000_000

	// costRedundant is for one that another says more fully, as the first sentence does
	// what a caption says. The cost exceeds any score that a sentence can reach.
	costRedundant int64 = 2_500_000

	// costUnresolved is for one that opens on what came before, where that is not
	// chosen. No other merit makes up for it.
	costUnresolved int64 = 2_500_000

	// costTurned is for one that the next sentence turns against, where that is not chosen.
	costTurned int64 = 300_000

	// costReversed is for one that the next sentence takes back, where that is not chosen: by
	// itself it says the opposite of the article.
	costReversed int64 = 1_000_000
)

// redundantOverlap is the overlap, in thousandths, from which on two sentences say the
// same.
const redundantOverlap = 650

const (
	// maxRanked is the number of sentences among which a choice is made.
	maxRanked = 32

	// maxSentence is the length in code points above which a sentence is no
	// sentence but a text without punctuation.
	maxSentence = 1000

	// maxSwaps bounds how often a chosen sentence gives way to another one.
	maxSwaps = 8
)

// ranking is what is known of the sentences of a document. It is used again.
type ranking struct {
	eligible []int
	measured []measures // by place among the eligible
	ranked   []candidate
	overlap  [maxRanked][maxRanked]int32 // of two ranked, in thousandths
	chosen   []int                       // of ranked

	terms      []term  // the content words
	index      []int32 // terms by stem, open-addressed; counted from 1
	slots      []int32 // the term of each token behind the title, or noTerm
	distinct   []int32 // the terms of each ranked sentence
	pairs      []uint8 // how often two content words meet, by hash
	titleTerms int32
	leadTerms  int32
	tokenized  bool // full stops stand apart all over the text
}

// term is a content word of a document.
type term struct {
	stem      uint64
	count     int32
	seen      int32 // the sentence, counted from 1, in which it was met last
	elsewhere int32 // how often it is not in what was read of that sentence
	title     int32 // 1 where the title has it
	lead      int32 // 1 where the first sentence has it
}

// noTerm is the slot of a token that is no content word.
const noTerm = -1

// candidate is a sentence that may be chosen.
type candidate struct {
	sentence   int
	place      int // among the eligible
	worth      int64
	antecedent int   // the place of the sentence that it refers to, or noAntecedent or lostAntecedent
	redundant  bool  // another candidate says the same, with more words
	turned     int64 // the cost where the next sentence turns against it: "But the mine stayed open."
}

// measureAll measures the eligible sentences.
func (s *workspace) measureAll() {
	s.countTerms()
	r := &s.ranking
	r.measured = grown(r.measured, len(r.eligible))
	s.quotes = quotes{}
	for place, i := range r.eligible {
		s.measureSentence(i, place, &r.measured[place])
	}
}

// countTerms counts the content words of the eligible sentences and marks those
// of the title and of the first sentence.
func (s *workspace) countTerms() {
	r := &s.ranking
	size := 64
	for size < 2*len(s.tokens) {
		size *= 2
	}
	r.index, r.pairs = grown(r.index, size), grown(r.pairs, size)
	clear(r.index)
	clear(r.pairs)
	r.terms = r.terms[:0]
	r.slots = grown(r.slots, len(s.tokens)-s.title)
	r.titleTerms, r.leadTerms = 0, 0
	s.countTitle(s.tokens[:s.title])
	if s.headline >= 0 {
		s.countTitle(s.sentence(s.headline))
	}
	detached := 0
	for place, i := range r.eligible {
		s.countSentence(i, int32(place+1))
		if strings.HasSuffix(s.text(i), " .") {
			detached++
		}
	}
	r.tokenized = 2*detached > len(r.eligible)
	for t := range r.terms {
		r.terms[t].seen = 0
	}
}

func (s *workspace) countTitle(tokens []token) {
	r := &s.ranking
	for i := range tokens {
		if tokens[i].kind&kindStop != 0 {
			continue
		}
		if t := &r.terms[r.slot(tokens[i].stem)]; t.title == 0 {
			t.title = 1
			r.titleTerms++
		}
	}
}

func (s *workspace) countSentence(i int, here int32) {
	r := &s.ranking
	slots := s.slotsOf(i)
	before := int32(noTerm)
	for k := range slots {
		token := &s.tokens[int(s.ends[i])+k]
		if token.kind&kindStop != 0 {
			slots[k], before = noTerm, noTerm
			continue
		}
		slot := r.slot(token.stem)
		slots[k] = slot
		t := &r.terms[slot]
		t.count++
		if t.seen != here {
			t.seen = here
			if here == 1 {
				t.lead = 1
				r.leadTerms++
			}
		}
		if before != noTerm {
			if n := r.pair(before, slot); *n < 255 {
				*n++
			}
		}
		before = slot
	}
}

// slotsOf returns the terms of a sentence, a slot for each token.
func (s *workspace) slotsOf(i int) []int32 {
	return s.ranking.slots[s.ends[i]-int32(s.title) : s.ends[i+1]-int32(s.title)]
}

// slot returns the place of the term of a stem in r.terms, which it adds where
// it is not there.
func (r *ranking) slot(stem uint64) int32 {
	mask := uint64(len(r.index) - 1)
	for i := stem & mask; ; i = (i + 1) & mask {
		t := r.index[i]
		if t == 0 {
			r.terms = append(r.terms, term{stem: stem})
			r.index[i] = int32(len(r.terms))
			return int32(len(r.terms)) - 1
		}
		if r.terms[t-1].stem == stem {
			return t - 1
		}
	}
}

// pair returns the count of one term next to another. Two pairs may share one,
// which is rare and makes each a little more frequent.
func (r *ranking) pair(a, b int32) *uint8 {
	h := (uint64(a)<<32 | uint64(b)) * 0x9e3779b97f4a7c15
	return &r.pairs[h>>32&uint64(len(r.pairs)-1)]
}

// rank orders the best of the sentences that fit limit code points (0 means
// none) by their worth in a summary of n.
func (s *workspace) rank(w *measures, n, limit int) {
	r := &s.ranking
	if limit == 0 || limit > maxSentence {
		limit = maxSentence
	}
	r.ranked = r.ranked[:0]
	for place, i := range r.eligible {
		if longer(s.text(i), limit) {
			continue
		}
		worth := r.measured[place].worth(w, n)
		at := len(r.ranked)
		for at > 0 && r.ranked[at-1].worth < worth {
			at--
		}
		if at == maxRanked {
			continue
		}
		if len(r.ranked) == maxRanked {
			r.ranked = r.ranked[:maxRanked-1]
		}
		c := candidate{sentence: i, place: place, worth: worth, antecedent: s.antecedent(i, place)}
		c.turned = s.costOfTurn(place)
		r.ranked = slices.Insert(r.ranked, at, c)
	}
	if n > 1 {
		s.compare()
	}
}

// best returns the sentence that alone says most, whatever its length.
func (s *workspace) best() candidate {
	s.rank(&fitted, 1, 0)
	s.choose(1, &lengthLimit{})
	if len(s.ranking.chosen) > 0 {
		return s.ranking.ranked[s.ranking.chosen[0]]
	}
	return candidate{sentence: s.ranking.eligible[0]}
}

// longer reports whether text has more than limit code points.
func longer(text string, limit int) bool {
	return len(text) > limit && (len(text) > limit*utf8.UTFMax || utf8.RuneCountInString(text) > limit)
}

// compare measures how much the candidates overlap: twice the content words that
// two share, by the content words of both (Dice's coefficient). Of two that say the same, the
// shorter one is redundant, unless the fuller one cannot well be chosen.
func (s *workspace) compare() {
	r := &s.ranking
	for t := range r.terms {
		r.terms[t].seen = 0
	}
	r.distinct = r.distinct[:0]
	var begin [maxRanked + 1]int
	words := func(i int) int { return begin[i+1] - begin[i] }
	for a := range r.ranked {
		stamp := int32(a + 1)
		for _, slot := range s.slotsOf(r.ranked[a].sentence) {
			if slot != noTerm && r.terms[slot].seen != stamp {
				r.terms[slot].seen = stamp
				r.distinct = append(r.distinct, slot)
			}
		}
		begin[a+1] = len(r.distinct)
		for b := range a {
			var shared int32
			for _, slot := range r.distinct[begin[b]:begin[b+1]] {
				if r.terms[slot].seen == stamp {
					shared++
				}
			}
			all := words(a) + words(b)
			overlap := share(2*shared, int32(all))
			r.overlap[a][b], r.overlap[b][a] = overlap, overlap
			if overlap < redundantOverlap {
				continue
			}
			shorter, fuller := a, b // a is worth less
			if words(a) > words(b) {
				shorter, fuller = b, a
			}
			if !s.standsAlone(r.ranked[fuller]) {
				shorter = fuller
			}
			r.ranked[shorter].redundant = true
		}
	}
}

// standsAlone reports whether a candidate refers to no other, is no caption and ends no
// quotation that begins elsewhere.
func (s *workspace) standsAlone(c candidate) bool {
	m := &s.ranking.measured[c.place]
	return c.antecedent == noAntecedent && m[measureTorn] == 0 && m[measureUnended] == 0
}

// choose picks up to n of the ranked sentences that fit b together: each time
// the one that adds most, and then exchanges one for another as long as that
// makes the whole better. It leaves r.chosen as indices of r.ranked.
func (s *workspace) choose(n int, b *lengthLimit) {
	r := &s.ranking
	r.chosen = r.chosen[:0]
	for range n {
		next, most := -1, int64(0)
		for c := range r.ranked {
			if slices.Contains(r.chosen, c) || !b.fits(s.text(r.ranked[c].sentence)) {
				continue
			}
			if adds := r.gain(c, -1); next < 0 || adds > most {
				next, most = c, adds
			}
		}
		if next < 0 {
			break
		}
		r.chosen = append(r.chosen, next)
		b.take(s.text(r.ranked[next].sentence))
	}
	for range maxSwaps {
		if !s.swap(b) && !s.swapPair(b) {
			break
		}
	}
	slices.SortFunc(r.chosen, func(a, b int) int { return cmp.Compare(r.ranked[a].place, r.ranked[b].place) })
}

// swap exchanges the chosen sentence and the other one for which that gains
// most, and reports whether there is such a pair.
func (s *workspace) swap(b *lengthLimit) bool {
	r := &s.ranking
	out, in, most := -1, -1, int64(0)
	for k, old := range r.chosen {
		loses := r.gain(old, old)
		for c := range r.ranked {
			if slices.Contains(r.chosen, c) || !b.fitsFor(s.text(r.ranked[c].sentence), s.text(r.ranked[old].sentence)) {
				continue
			}
			if gains := r.gain(c, old) - loses; gains > most {
				out, in, most = k, c, gains
			}
		}
	}
	if out < 0 {
		return false
	}
	b.exchange(s.text(r.ranked[in].sentence), s.text(r.ranked[r.chosen[out]].sentence))
	r.chosen[out] = in
	return true
}

// swapPair exchanges the two chosen sentences that add least for one that refers to
// another and that other, which may say much together and nothing alone. It reports
// whether that gains.
func (s *workspace) swapPair(b *lengthLimit) bool {
	r := &s.ranking
	kept := len(r.chosen) - 2
	if kept < 0 {
		return false
	}
	s.moveWeakestLast()
	texts := func(pair [2]int) string {
		return s.text(r.ranked[pair[0]].sentence) + s.text(r.ranked[pair[1]].sentence)
	}
	old := [2]int(r.chosen[kept:])
	best, most := old, r.choosePair(kept, old)
	for c := range r.ranked {
		o := slices.IndexFunc(r.ranked, func(o candidate) bool { return o.place == r.ranked[c].antecedent })
		pair := [2]int{o, c}
		if o < 0 || slices.Contains(r.chosen[:kept], c) || slices.Contains(r.chosen[:kept], o) {
			continue
		}
		if b.limit > 0 && !b.fitsFor(texts(pair), texts(old)) {
			continue
		}
		if adds := r.choosePair(kept, pair); adds > most {
			best, most = pair, adds
		}
	}
	r.choosePair(kept, best)
	for k, c := range best {
		b.exchange(s.text(r.ranked[c].sentence), s.text(r.ranked[old[k]].sentence))
	}
	return best != old
}

// moveWeakestLast moves the two chosen sentences that add least behind the others.
func (s *workspace) moveWeakestLast() {
	r := &s.ranking
	for end := len(r.chosen) - 1; end >= len(r.chosen)-2; end-- {
		least, adds := end, r.gain(r.chosen[end], r.chosen[end])
		for k, c := range r.chosen[:end] {
			if a := r.gain(c, c); a < adds {
				least, adds = k, a
			}
		}
		r.chosen[least], r.chosen[end] = r.chosen[end], r.chosen[least]
	}
}

// choosePair puts two candidates behind the first chosen one, and returns the
// gain.
func (r *ranking) choosePair(kept int, pair [2]int) (adds int64) {
	r.chosen = r.chosen[:kept]
	for _, c := range pair {
		adds += r.gain(c, -1)
		r.chosen = append(r.chosen, c)
	}
	return adds
}

// gain returns what candidate c adds to those chosen, of which one is left out (-1 for
// none).
func (r *ranking) gain(c, without int) int64 {
	it := &r.ranked[c]
	adds := it.worth
	if it.redundant {
		adds -= costRedundant
	}
	unresolved, turned := it.antecedent != noAntecedent, it.turned
	for _, o := range r.chosen {
		if o == without {
			continue
		}
		other := &r.ranked[o]
		adds -= costRepeated / 1000 * int64(r.overlap[c][o])
		if other.place == it.antecedent {
			unresolved = false
		}
		if other.antecedent == it.place {
			adds += costUnresolved // A reference to nothing refers to this sentence.
		}
		if other.place == it.place+1 {
			turned = 0
		}
		if it.place == other.place+1 {
			adds += other.turned
		}
	}
	adds -= turned
	if unresolved {
		adds -= costUnresolved
	}
	return adds
}

// costOfTurn returns what the place-th eligible sentence costs by itself because the one behind
// it turns against it. In languages that the weights were not fitted to, the first costs
// nothing: the news would be left out for it.
func (s *workspace) costOfTurn(place int) int64 {
	next := place + 1
	if place == 0 && s.lexer.language != nil || next == len(s.ranking.eligible) {
		return 0
	}
	text := s.text(s.ranking.eligible[next])
	switch {
	case s.lexer.language == nil && reverses(text):
		return costReversed
	case turns(s.doc.Language, text):
		return costTurned
	}
	return 0
}

// turns reports whether a sentence turns against the one before.
func turns(language, text string) bool {
	base := article.BaseLanguage(language)
	if base == article.Undetermined {
		base = "en"
	}
	for _, opening := range turningOpenings[base] {
		if strings.HasPrefix(text, opening) {
			return true
		}
	}
	head := text[:min(len(text), 80)]
	for _, word := range turningWords[base] {
		if strings.Contains(head, word) {
			return true
		}
	}
	return false
}

// reverses reports whether an English sentence says that what the one before tells holds no
// longer: "Soon after, the court changed the sentence to a fine."
func reverses(text string) bool {
	head := text[:min(len(text), 64)] // short texts are searched much faster
	if strings.HasPrefix(text, "That ") && strings.Contains(head, " now ") {
		return true
	}
	if slices.ContainsFunc(laterOpenings[:], func(opening string) bool { return strings.HasPrefix(text, opening) }) &&
		slices.ContainsFunc(strings.Fields(head), func(w string) bool { return changes[w] }) {
		return true
	}
	return slices.ContainsFunc(reversalPhrases[:], func(phrase string) bool { return strings.Contains(head, phrase) })
}

var (
	laterOpenings   = [...]string{"Soon after", "Hours later", "Days later", "Weeks later", "Later"}
	changes         = wordSet("changed dropped lifted suspended reduced cut denied apologized apologised cancelled canceled released")
	reversalPhrases = [...]string{" no longer ", " has since ", " have since ", " turned out ", ", though, ", " reversed ", " overturned ", " retracted ", " recanted ", " acquitted "}
)

// closestToTitle returns the first sentence with most words of the title, at least
// two, and -1 when there is none.
func (s *workspace) closestToTitle() int {
	r := &s.ranking
	best, most := -1, share(2, max(r.titleTerms, 1))-1
	for place, i := range r.eligible {
		if m := r.measured[place][measureTitle]; m > most {
			best, most = i, m
		}
	}
	return best
}

// A sentence that refers to none, and one that refers to what is not in the article.
const (
	noAntecedent   = -1
	lostAntecedent = -2
)

// antecedent returns the place of the sentence without which sentence i, the place-th
// eligible one, is not understood: the one before, or, for a question and for a
// first sentence that says "he" or "it" of somebody, the next. A first sentence such
// as "She is leaving", which only teases, has none.
func (s *workspace) antecedent(i, place int) int {
	text, tokens := s.text(i), s.sentence(i)
	last := place == len(s.ranking.eligible)-1
	switch {
	case place > 0 && (s.isBridge(i, place) || isHinge(s.lexer.language, text)):
		return place - 1
	case !isAnaphoric(s.lexer.language, text, tokens):
		if strings.HasSuffix(text, "?") && !last {
			return place + 1
		}
		return noAntecedent
	case place > 0:
		return place - 1
	case last || saysWhom(text, tokens):
		return noAntecedent
	case len(tokens) < fewWords:
		return lostAntecedent
	case tokens[0].kind&kindPerson == 0:
		return noAntecedent // A longer one says itself what "this" is.
	}
	next := s.ranking.eligible[place+1]
	if isAnaphoric(s.lexer.language, s.text(next), s.sentence(next)) && !hasName(s.sentence(next), 2) {
		return lostAntecedent
	}
	return place + 1
}

// saysWhom reports whether a sentence that opens on "he" or "it" says itself of whom:
// "It turns out that Jupiter is hollow", "He may be hurt, but Nils Berg will play".
func saysWhom(text string, tokens []token) bool {
	if strings.HasPrefix(text, "It") {
		return hasName(tokens[1:], 1)
	}
	base := tokens[0].begin
	for _, turn := range [...]string{" but ", " -- ", " – ", " — "} {
		if at := strings.Index(text, turn); at >= 0 {
			behind, _ := slices.BinarySearchFunc(tokens, base+int32(at), func(t token, at int32) int { return cmp.Compare(t.begin, at) })
			return hasName(tokens[behind:], 2)
		}
	}
	return false
}

// hasName reports whether tokens have a name of so many words, at least.
func hasName(tokens []token, words int) bool {
	run := 0
	for i := range tokens {
		if tokens[i].kind&(kindName|kindStop) != kindName {
			run = 0
		} else if run++; run == words {
			return true
		}
	}
	return false
}

// isAnaphoric reports whether a sentence refers to what came before: it opens on a
// pronoun, a connective or a phrase of that kind, or ends by saying that he or
// she said so.
func isAnaphoric(language *morphology.Language, text string, tokens []token) bool {
	n := len(tokens)
	if n == 0 {
		return false
	}
	if tokens[0].kind&kindAnaphoric != 0 && (n == 1 || tokens[1].kind&kindSpan == 0) {
		return true
	}
	phrases := anaphoricPhrases
	if language != nil {
		phrases = language.Openings
	}
	if n > 1 && isSaying(language, tokens[n-2].kind, tokens[n-1].kind) {
		return true
	}
	return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.HasPrefix(text, phrase) })
}

// isSaying reports whether the last two words of a sentence are "he said", or in other
// languages than English also "said he".
func isSaying(language *morphology.Language, first, second kind) bool {
	return first&kindPerson != 0 && second&kindSpeech != 0 ||
		language != nil && first&kindSpeech != 0 && second&kindPerson != 0
}

// isHinge reports whether an English sentence is set against the one before by a word inside
// or at its end, as in "The mine stayed open, though".
func isHinge(language *morphology.Language, text string) bool {
	if language != nil {
		return false
	}
	return strings.HasSuffix(text, ", though.") || strings.HasSuffix(text, ", too.") || strings.Contains(text, ", however")
}

// isBridge reports whether an English sentence opens on "The" and a noun of which the article
// has not spoken, so that the sentence before tells what it is, as in "The recipient refused".
func (s *workspace) isBridge(i, place int) bool {
	text, tokens := s.text(i), s.sentence(i)
	if s.lexer.language != nil || place == 0 || !strings.HasPrefix(text, "The ") || len(tokens) == 0 || tokens[0].kind&kindName != 0 {
		return false
	}
	words := strings.SplitN(text, " ", 5)
	if len(words) < 5 || onlyOnes[words[1]] || !isVerb(words, 2) && !(strings.HasSuffix(words[2], "ly") && isVerb(words, 3)) {
		return false
	}
	return !slices.ContainsFunc(s.tokens[:s.ends[i]], func(t token) bool { return t.stem == tokens[0].stem })
}

// onlyOnes are things that need no sentence before, as there is one of each.
var onlyOnes = wordSet(`government parliament opposition president minister army military police court public media
	economy weather world sun time truth reality fact thing problem question answer`)
