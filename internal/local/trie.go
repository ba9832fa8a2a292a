package local

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/local/morphology"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// A phraseTrie is the phrases of a set of topics, compiled to a trie over words.
// It is read-only and safe for concurrent use.
type phraseTrie struct {
	vocabulary numbers       // hash of a stem or of a word in capitals -> word
	root       []int32       // word -> node, 0 when no phrase begins with it
	edges      numbers       // node<<32 | word -> node
	ends       [][]phraseEnd // node -> what ends there
	phrases    []phrase
	topics     int
	broader    [][]int32 // topic -> the topics that it is a part of; nil where none are known

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
	participle bool // the ending of a participle, as many nouns have in Romance languages
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
	word   bool  // one word that asks for no capital
}

// newPhraseTrie compiles topics whose phrases are in language, nil for English.
func newPhraseTrie(topics []taxonomy.Topic, language *morphology.Language) *phraseTrie {
	b := trieBuilder{phraseTrie: &phraseTrie{
		ends:     make([][]phraseEnd, 1), // Node 0 is none.
		topics:   len(topics),
		language: language,
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
	b.phrases = append(b.phrases, phrase{o.topic, int32(math.Round(weight * 1000)), len(b.tokens) == 1 && b.tokens[0].caps == 0 && !o.capital})
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
	word := b.vocabulary.get(hash)
	if word < 0 {
		word = int32(len(b.root))
		b.root = append(b.root, 0)
		b.vocabulary.put(hash, word)
	}
	return word
}

func (b *trieBuilder) alias(hash uint64, word int32) {
	if b.vocabulary.get(hash) < 0 {
		b.vocabulary.put(hash, word)
	}
}

// next returns the node behind node for word, made if need be. Node 0 stands
// for the root.
func (b *trieBuilder) next(node, word int32) int32 {
	to := b.root[word]
	if node != 0 {
		to = b.edges.get(edge(node, word))
	}
	if to <= 0 {
		to = int32(len(b.ends))
		b.ends = append(b.ends, nil)
		if node == 0 {
			b.root[word] = to
		} else {
			b.edges.put(edge(node, word), to)
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

// follow fills path with the nodes that words lead to, and returns how many there are.
func (x *phraseTrie) follow(words []int32, path *[maxPhraseWords]int32) (depth int) {
	if words[0] < 0 {
		return 0
	}
	for node := x.root[words[0]]; node > 0; node = x.edges.get(edge(node, words[depth])) {
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

// wordOf returns the number of the word of t, -1 when no phrase has it.
func (x *phraseTrie) wordOf(t *token) int32 {
	if t.caps != 0 {
		if word := x.vocabulary.get(t.caps); word >= 0 {
			return word
		}
	}
	return x.vocabulary.get(t.stem)
}
