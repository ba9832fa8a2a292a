package local

import (
	"cmp"
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
)

// A finding is what a phraseTrie found in a document. It is used again.
type finding struct {
	hits    []hit   // by phrase
	touched []int32 // phrases with hits, in the order of their first
	topics  []topicFinding

	words   []int32 // of a sentence: word of the phrases, or -1
	tokens  []int32 // by word: its token
	letters []byte  // of a compound
	cased   bool    // the document writes names with a capital
}

// A topicFinding is what was found of a topic.
type topicFinding struct {
	covered int32 // the token up to which a phrase has been taken
	latest  int32 // the last token of the sentence that spread counted last
	spread  int64 // sum of the places of the sentences that speak of it
	first   int64 // the place of the first sentence that has a phrase of substance
	phrases int64 // the number of different phrases that speak for it
	words   int64 // how many of them are one word that may mean something else

	score    int64
	lead     int64 // weights of the phrases where the text begins
	strength int64 // what phrases from strongPhrase on contribute
	mentions int64 // weights of all occurrences, by their places
	early    int64 // weights of the phrases, each the less the later it first occurs
	broader  int64 // the score of the strongest of the topics that it is a part of
}

// isLoneWord reports whether all that was found is one word that may mean something else,
// as "camp" does.
func (t *topicFinding) isLoneWord() bool { return t.phrases == 1 && t.words == 1 }

// isEveryday reports whether all that was found is one word of everyday life.
func (t *topicFinding) isEveryday() bool { return t.phrases == 1 && t.first == 0 }

// hit is how much and where a phrase occurs.
type hit struct {
	weight   int32 // sum over its occurrences of what a place counts
	first    int32 // the place that counts most
	at       int32 // the token, of the title or the text, where it first occurs
	from, to int32 // the tokens of the document where the text first has it; 0, 0 for none
}

// reset makes f ready for x.
func (f *finding) reset(x *phraseTrie) {
	for _, p := range f.touched {
		f.hits[p] = hit{}
	}
	f.touched = f.touched[:0]
	f.hits = grown(f.hits, len(x.phrases))
	f.topics = grown(f.topics, x.topics)
	clear(f.topics)
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
				topic := &f.topics[o.topic]
				if topic.covered > at+first || !o.matches(tokens[first].kind, f.cased) {
					continue
				}
				topic.covered = at + last + 1
				if end := at + int32(len(tokens)); topic.latest != end && x.phrases[o.phrase].weight > 0 {
					topic.latest = end
					topic.spread += int64(place)
				}
				f.take(o.phrase, place, at+first, at+last+1, inText)
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

func (f *finding) take(p, place, from, to int32, inText bool) {
	h := &f.hits[p]
	if h.weight == 0 {
		f.touched = append(f.touched, p)
		h.at = from
	}
	h.weight += place
	h.first = max(h.first, place)
	if inText && h.to == 0 {
		h.from, h.to = from, to
	}
}

// score sums up what was found for every topic. A phrase counts the more the
// more often it occurs, but never more than its weight; and all phrases count
// less where one late sentence holds them all, as in a passing mention.
func (f *finding) score(x *phraseTrie) {
	for _, p := range f.touched {
		phrase, hit := x.phrases[p], &f.hits[p]
		topic := &f.topics[phrase.topic]
		c := contribution(phrase.weight, hit.weight)
		topic.score += c
		topic.mentions += int64(phrase.weight) * int64(hit.weight)
		topic.early += int64(phrase.weight) * halfEarly / int64(halfEarly+hit.at)
		if phrase.weight >= strongPhrase {
			topic.strength += c
		}
		if phrase.weight > 0 {
			topic.phrases++
			if phrase.word && phrase.weight < loneWord {
				topic.words++
			}
		}
		if phrase.weight >= substance {
			topic.first = max(topic.first, int64(hit.first))
		}
		if hit.first >= placeStandfirst {
			topic.lead += int64(phrase.weight)
		}
	}
	for i := range f.topics {
		topic := &f.topics[i]
		square := topic.spread * topic.spread
		topic.score = min(topic.score*square/(square+halfSpread*halfSpread), maxScore)
	}
	for i, broader := range x.broader {
		for _, b := range broader {
			f.topics[i].broader = max(f.topics[i].broader, f.topics[b].score)
		}
	}
}

// halfEarly is the number of tokens before a phrase at which it counts half as much as one
// that begins the article.
const halfEarly = 15

// substance is the weight, in thousandths, below which a phrase is a word of everyday
// life, too.
const substance = 700

// loneWord is the weight, in thousandths, from which on one word shows its topic by itself.
const loneWord = 2000

// maxScore is far above any score of a real text, and keeps what is made of it
// within 64 bits.
const maxScore = 1_000_000

// contribution is weight times a saturating function of the occurrences.
func contribution(weight, occurrences int32) int64 {
	return int64(weight) * int64(occurrences) / int64(occurrences+halfOccurrences)
}

// evidence returns the places in tokens that show topic best, in the order of the text: up
// to maxEvidence, none in the words of another one, and none that adds little beside the best.
func (f *finding) evidence(x *phraseTrie, topic int32, tokens []token) []article.Span {
	var found []int32
	for _, p := range f.touched {
		if x.phrases[p].topic == topic && x.phrases[p].weight > 0 && f.hits[p].to > 0 {
			found = append(found, p)
		}
	}
	adds := func(p int32) int64 { return contribution(x.phrases[p].weight, f.hits[p].weight) }
	slices.SortFunc(found, func(a, b int32) int {
		return cmp.Or(cmp.Compare(adds(b), adds(a)), cmp.Compare(f.hits[a].from, f.hits[b].from))
	})
	var shown [][]token
	var spans []article.Span
	for _, p := range found {
		if len(shown) == maxEvidence || adds(p)*leastEvidence < adds(found[0]) {
			break
		}
		words := tokens[f.hits[p].from:f.hits[p].to]
		if !slices.ContainsFunc(shown, func(other []token) bool { return holds(other, words) || holds(words, other) }) {
			shown = append(shown, words)
			spans = append(spans, article.Span{Begin: int(words[0].begin), End: int(words[len(words)-1].end)})
		}
	}
	slices.SortFunc(spans, func(a, b article.Span) int { return cmp.Compare(a.Begin, b.Begin) })
	return spans
}

// holds reports whether a has all words of b, stop words aside.
func holds(a, b []token) bool {
	return !slices.ContainsFunc(b, func(t token) bool {
		return t.kind&kindStop == 0 && !slices.ContainsFunc(a, func(o token) bool { return o.stem == t.stem })
	})
}

const (
	// maxEvidence is the maximum number of spans that show one topic.
	maxEvidence = 3

	// leastEvidence divides what the best span adds; one that adds less shows nothing.
	leastEvidence = 3
)
