package local

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local/morphology"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// A phraseTrie is the phrases of a set of topics, compiled to a trie over words.
// It is read-only and safe for concurrent use.
type phraseTrie struct {
	vocabulary map[uint64]int32 // hash of a stem or of a word in capitals -> word
	root       []int32          // word -> node, 0 when no phrase begins with it
	edges      map[uint64]int32 // node<<32 | word -> node
	ends       [][]phraseEnd    // node -> what ends there
	phrases    []phrase
	topics     int

	language  *morphology.Language // of the phrases, nil for English
	compounds *compounds           // nil where words are not written together
}

// phraseEnd says that a phrase ends at a node.
type phraseEnd struct {
	topic  int32
	phrase int32

	// Of a phrase of one word, what the word must have.
	capital   bool // a capital, as "Jets"
	plural    bool // an "s", as "Jets"
	inflected bool // "ing" or "ed", as "dating"

	// In other languages than English:
	bare       bool // no ending of a verb
	participle bool // that of a participle, as many nouns have in Romance languages
}

// matches reports whether a word of these kinds may be the phrase, in a text that
// has capitals or not.
func (o *phraseEnd) matches(k kind, cased bool) bool {
	isVerb := k&(kindIng|kindEd) != 0
	return (!o.capital || !cased || k&kindName != 0) && (!o.plural || k&kindPlural != 0) &&
		(!o.inflected || isVerb) && (!o.bare || !isVerb) && (!o.participle || k&kindEd != 0)
}

// phrase is one phrase of one topic.
type phrase struct {
	topic  int32
	weight int32 // in thousandths
}

// newPhraseTrie compiles topics whose phrases are in language, nil for English.
func newPhraseTrie(topics []taxonomy.Topic, language *morphology.Language) *phraseTrie {
	b := trieBuilder{phraseTrie: &phraseTrie{
		vocabulary: make(map[uint64]int32),
		edges:      make(map[uint64]int32),
		ends:       make([][]phraseEnd, 1), // Node 0 is none.
		topics:     len(topics),
		language:   language,
	}}
	b.cased = areCased(topics)
	if b.lexer.language = language; language != nil {
		b.cased = b.cased || language.HasCapitalNouns
		if language.HasCompounds {
			b.compounds = newCompounds(language)
		}
	}
	for i := range topics {
		t := &topics[i]
		if len(t.Phrases) == 0 {
			b.describe(int32(i), t)
			continue
		}
		for _, p := range t.Phrases {
			b.addAsWritten(int32(i), p.Text, p.Weight)
		}
	}
	return b.phraseTrie
}

// A trieBuilder fills a phraseTrie.
type trieBuilder struct {
	*phraseTrie
	lexer  lexer
	tokens []token
	cased  bool // a capital in a phrase tells something
}

// areCased reports whether most phrases of topics are written without a capital, so
// that those with one are names.
func areCased(topics []taxonomy.Topic) bool {
	capitals, all := 0, 0
	for i := range topics {
		for _, p := range topics[i].Phrases {
			all++
			if r, _ := utf8.DecodeRuneInString(p.Text); unicode.IsUpper(r) {
				capitals++
			}
		}
	}
	return 2*capitals < all
}

// add adds a phrase of a topic, in any inflection and with any capitals. Of two
// that read the same, the first stays.
func (b *trieBuilder) add(topic int32, text string, weight float64) {
	b.put(text, weight, phraseEnd{topic: topic})
}

// addAsWritten adds a phrase of a topic, of which a word by itself matches as it is
// written: "Kings" has nothing to do with a king, nor "dating" with a date.
func (b *trieBuilder) addAsWritten(topic int32, text string, weight float64) {
	o := phraseEnd{topic: topic}
	if tokens := b.lexer.append(b.tokens[:0], text, 0); len(tokens) == 1 && tokens[0].caps == 0 {
		o.capital = b.cased && tokens[0].kind&kindName != 0
		o.plural = o.capital && tokens[0].kind&kindPlural != 0
		o.inflected = tokens[0].kind&kindIng != 0
		if b.language != nil {
			o.inflected = tokens[0].kind&(kindIng|kindEd) != 0
			o.bare, o.participle = !o.inflected, tokens[0].kind&kindEd != 0
		}
	}
	b.put(text, weight, o)
}

// put adds a phrase that matches as o says. Where its topic has one of the same words,
// that one stays, and matches wherever one of the two would.
func (b *trieBuilder) put(text string, weight float64, o phraseEnd) {
	b.tokens = b.lexer.append(b.tokens[:0], text, 0)
	if len(b.tokens) == 0 {
		return
	}
	node := int32(0)
	for i := range b.tokens {
		word := b.word(text, &b.tokens[i])
		node = b.next(node, word)
	}
	for i := range b.ends[node] {
		if same := &b.ends[node][i]; same.topic == o.topic {
			same.capital = same.capital && o.capital
			same.plural = same.plural && o.plural
			same.inflected = same.inflected && o.inflected
			same.bare, same.participle = same.bare && o.bare, same.participle && o.participle
			return
		}
	}
	o.phrase = int32(len(b.phrases))
	b.ends[node] = append(b.ends[node], o)
	b.phrases = append(b.phrases, phrase{o.topic, int32(math.Round(weight * 1000))})
}

// word returns the number of a word, with all its spellings.
func (b *trieBuilder) word(text string, t *token) int32 {
	written := text[t.begin:t.end]
	if b.language != nil {
		return b.wordIn(b.language, written, t)
	}
	letters := strings.ReplaceAll(written, ".", "")
	if t.caps != 0 {
		word := b.number(t.caps)
		if len(letters) > shortCaps {
			b.alias(morphology.Hash(stem([]byte(strings.ToLower(letters)))), word) // "Nato".
		}
		return word
	}
	b.lexer.read(written, 0)
	s := string(stem(b.lexer.word))
	word := b.number(t.stem)
	for _, v := range variants(s) {
		b.alias(morphology.Hash(stem([]byte(v))), word)
	}
	return word
}

// wordIn returns the number of a word in a language other than English.
func (b *trieBuilder) wordIn(language *morphology.Language, written string, t *token) int32 {
	if t.caps != 0 {
		word := b.number(t.caps)
		if b.isName(language, written) {
			b.alias(t.stem, word) // "Otan".
		}
		return word
	}
	word := b.number(t.stem)
	if b.compounds != nil && len(written) >= fewestPart {
		if b.lexer.readIn(language, written, 0); language.IsPart(b.lexer.word) {
			b.compounds.add(b.lexer.word, word)
			b.compounds.add(b.lexer.stemmer.Stem(language, b.lexer.word), word)
		}
	}
	return word
}

// isName reports whether an acronym is found in lower case, too: it is long, no function
// word, and a stemmer leaves it as it is, so that "USAID" is not found in "USA".
func (b *trieBuilder) isName(language *morphology.Language, acronym string) bool {
	b.lexer.readIn(language, acronym, 0)
	word := b.lexer.word
	return utf8.RuneCount(word) > shortCaps && !language.Skips(word) && string(b.lexer.stemmer.Stem(language, word)) == string(word)
}

// shortCaps is the length up to which an acronym is found in capitals only: in
// lower case "WHO", "US" and "IT" are other words.
const shortCaps = 3

func (b *trieBuilder) number(hash uint64) int32 {
	word, ok := b.vocabulary[hash]
	if !ok {
		word = int32(len(b.root))
		b.root = append(b.root, 0)
		b.vocabulary[hash] = word
	}
	return word
}

func (b *trieBuilder) alias(hash uint64, word int32) {
	if _, ok := b.vocabulary[hash]; !ok {
		b.vocabulary[hash] = word
	}
}

// next returns the node behind node for word, made if need be. Node 0 stands
// for the root.
func (b *trieBuilder) next(node, word int32) int32 {
	to := b.root[word]
	if node != 0 {
		to = b.edges[edge(node, word)]
	}
	if to == 0 {
		to = int32(len(b.ends))
		b.ends = append(b.ends, nil)
		if node == 0 {
			b.root[word] = to
		} else {
			b.edges[edge(node, word)] = to
		}
	}
	return to
}

func edge(node, word int32) uint64 { return uint64(node)<<32 | uint64(word) }

// Weights of what is made of a name and a definition, where there are no
// phrases.
const (
	weightName       = 1.5
	weightNamePart   = 1.2
	weightNameWord   = 0.6
	weightChunk      = 1.0
	weightDefinition = 0.5
)

// describe adds what the name and the definition of a topic give: the name and
// its parts, the chunks between the commas of the definition, and the words of
// both that are no everyday words.
func (b *trieBuilder) describe(topic int32, t *taxonomy.Topic) {
	b.add(topic, t.DisplayName, weightName)
	for _, part := range chunks(t.DisplayName) {
		b.add(topic, part, weightNamePart)
	}
	b.words(topic, t.DisplayName, weightNameWord)
	for _, chunk := range chunks(t.Definition) {
		if words := b.words(topic, chunk, weightDefinition); words >= 2 && words <= 4 {
			b.add(topic, chunk, weightChunk)
		}
	}
}

// words adds the words of text that can show a topic, and returns the number
// of all its content words.
func (b *trieBuilder) words(topic int32, text string, weight float64) int {
	tokens := b.lexer.append(nil, text, 0)
	n := 0
	for _, t := range tokens {
		if t.kind&kindStop != 0 {
			continue
		}
		n++
		if t.kind&kindNumber == 0 && !vagueStems[t.stem] && t.end-t.begin > 2 {
			b.add(topic, text[t.begin:t.end], weight)
		}
	}
	return n
}

// chunks cuts text at its punctuation and at "and" and "or".
func chunks(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;:.()/&|!?", r) }) {
		begin := 0
		for i := 0; i <= len(part); i++ {
			for _, sep := range []string{" and ", " or "} {
				if strings.HasPrefix(part[i:], sep) {
					out = append(out, strings.TrimSpace(part[begin:i]))
					begin = i + len(sep)
				}
			}
		}
		out = append(out, strings.TrimSpace(part[min(begin, len(part)):]))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// A finding is what a phraseTrie found in a document. It is used again.
type finding struct {
	hits    []hit   // by phrase
	touched []int32 // phrases with hits, in the order of their first
	covered []int32 // by topic: the token up to which a phrase has been taken
	spread  []int32 // by topic: sum of the places of the sentences that speak of it
	latest  []int32 // by topic: the last token of the sentence that spread counted last
	scores  []int64 // by topic
	leads   []int64 // by topic: weights of the phrases where the text begins

	strengths []int64 // by topic: what phrases from strongPhrase on contribute
	phrases   []int64 // by topic: the number of different phrases that speak for it

	words   []int32 // of a sentence: word of the phrases, or -1
	tokens  []int32 // by word: its token
	letters []byte  // of a compound
	cased   bool    // the document writes names with a capital
}

// hit is how much and where a phrase occurs.
type hit struct {
	weight int32 // sum over its occurrences of what a place counts
	span   article.Span
	seen   bool // span is set
	lead   bool // in the title or where the text begins
}

// reset makes f ready for x.
func (f *finding) reset(x *phraseTrie) {
	for _, p := range f.touched {
		f.hits[p] = hit{}
	}
	f.touched = f.touched[:0]
	f.hits = grown(f.hits, len(x.phrases))
	f.covered = grown(f.covered, x.topics)
	f.spread = grown(f.spread, x.topics)
	f.latest = grown(f.latest, x.topics)
	f.scores = grown(f.scores, x.topics)
	f.leads = grown(f.leads, x.topics)
	f.strengths = grown(f.strengths, x.topics)
	f.phrases = grown(f.phrases, x.topics)
	for i := range x.topics {
		f.covered[i], f.spread[i], f.latest[i], f.scores[i], f.leads[i], f.strengths[i], f.phrases[i] = 0, 0, 0, 0, 0, 0, 0
	}
}

// grown returns s with a length of n; what is new is zero.
func grown[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return append(s[:cap(s)], make([]T, n-cap(s))...)
}

// find counts the phrases in the tokens of one sentence of text, which begins at token
// number at of the document and whose place counts place. inText is false for a
// title that is no part of the text. Of overlapping phrases of one topic, the
// leftmost longest counts.
func (f *finding) find(x *phraseTrie, text string, tokens []token, at, place int32, inText bool) {
	f.lookUp(x, text, tokens)
	var path [maxPhraseWords]int32
	for i := range f.words {
		for depth := x.follow(f.words[i:], &path); depth > 0; depth-- {
			first, last := f.tokens[i], f.tokens[i+depth-1]
			ends := x.ends[path[depth-1]]
			for k := range ends {
				o := &ends[k]
				if f.covered[o.topic] > at+first || !o.matches(tokens[first].kind, f.cased) {
					continue
				}
				f.covered[o.topic] = at + last + 1
				if end := at + int32(len(tokens)); f.latest[o.topic] != end && x.phrases[o.phrase].weight > 0 {
					f.latest[o.topic] = end
					f.spread[o.topic] += place
				}
				f.take(o.phrase, place, article.Span{Begin: int(tokens[first].begin), End: int(tokens[last].end)}, inText)
			}
		}
	}
}

// lookUp fills f.words with the words of the phrases that tokens are. A compound may be
// two.
func (f *finding) lookUp(x *phraseTrie, text string, tokens []token) {
	f.words, f.tokens = f.words[:0], f.tokens[:0]
	for i := range tokens {
		word := x.wordOf(&tokens[i])
		if word < 0 && x.compounds != nil {
			var first int32
			f.letters = appendLetters(f.letters[:0], text[tokens[i].begin:tokens[i].end])
			if first, word = x.compounds.split(f.letters); first >= 0 {
				f.words, f.tokens = append(f.words, first), append(f.tokens, int32(i))
			}
			if word < 0 && first >= 0 {
				continue
			}
		}
		f.words, f.tokens = append(f.words, word), append(f.tokens, int32(i))
	}
}

// follow fills path with the nodes that words lead to, and returns how many there are.
func (x *phraseTrie) follow(words []int32, path *[maxPhraseWords]int32) (depth int) {
	if words[0] < 0 {
		return 0
	}
	for node := x.root[words[0]]; node != 0; node = x.edges[edge(node, words[depth])] {
		path[depth] = node
		depth++
		if depth == len(words) || depth == maxPhraseWords || words[depth] < 0 {
			break
		}
	}
	return depth
}

// maxPhraseWords is the length of the longest phrase that is found. No phrase
// of MaxPhraseBytes that people write is longer.
const maxPhraseWords = 16

func (f *finding) take(p, place int32, span article.Span, inText bool) {
	h := &f.hits[p]
	if h.weight == 0 {
		f.touched = append(f.touched, p)
	}
	h.weight += place
	h.lead = h.lead || place >= placeStandfirst
	if inText && !h.seen {
		h.span, h.seen = span, true
	}
}

// wordOf returns the number of the word of t, -1 when no phrase has it.
func (x *phraseTrie) wordOf(t *token) int32 {
	if t.caps != 0 {
		if word, ok := x.vocabulary[t.caps]; ok {
			return word
		}
	}
	if word, ok := x.vocabulary[t.stem]; ok {
		return word
	}
	return -1
}

// score sums up what was found for every topic. A phrase counts the more the
// more often it occurs, but never more than its weight; and all phrases count
// less where one late sentence holds them all, as in a passing mention.
func (f *finding) score(x *phraseTrie) {
	for _, p := range f.touched {
		phrase := x.phrases[p]
		c := contribution(phrase.weight, f.hits[p].weight)
		f.scores[phrase.topic] += c
		if phrase.weight >= strongPhrase {
			f.strengths[phrase.topic] += c
		}
		if phrase.weight > 0 {
			f.phrases[phrase.topic]++
		}
		if f.hits[p].lead {
			f.leads[phrase.topic] += int64(phrase.weight)
		}
	}
	for i, spread := range f.spread {
		square := int64(spread) * int64(spread)
		f.scores[i] = min(f.scores[i]*square/(square+halfSpread*halfSpread), maxScore)
	}
}

// maxScore is far above any score of a real text, and keeps what is made of it
// within 64 bits.
const maxScore = 1_000_000

// contribution is weight times a saturating function of the occurrences.
func contribution(weight, occurrences int32) int64 {
	return int64(weight) * int64(occurrences) / int64(occurrences+halfOccurrences)
}

// evidence returns the places that show topic best, in the order of the text.
func (f *finding) evidence(x *phraseTrie, topic int32) []article.Span {
	var found []int32
	for _, p := range f.touched {
		if x.phrases[p].topic == topic && x.phrases[p].weight > 0 && f.hits[p].seen {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b int32) int {
		return cmp.Or(
			cmp.Compare(contribution(x.phrases[b].weight, f.hits[b].weight), contribution(x.phrases[a].weight, f.hits[a].weight)),
			cmp.Compare(f.hits[a].span.Begin, f.hits[b].span.Begin),
		)
	})
	var spans []article.Span
	for _, p := range found[:min(len(found), maxEvidence)] {
		spans = append(spans, f.hits[p].span)
	}
	slices.SortFunc(spans, func(a, b article.Span) int { return cmp.Compare(a.Begin, b.Begin) })
	return spans
}

// maxEvidence is the greatest number of spans that show one topic.
const maxEvidence = 3
