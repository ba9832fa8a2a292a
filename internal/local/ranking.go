package local

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
)

// What makes a sentence worth its place in a summary, in thousandths. News
// tells the most important first, so the place weighs most. The rest moves a
// sentence by a few places: up where much of what the article speaks of comes
// together, down where it cannot stand alone.
const (
	worthLead    int64 = 1000 // the first sentence
	halfPlace    int64 = 5    // the place at which worthLead is halved
	worthCentral int64 = 2000 // its words are those that the article repeats
	worthTitle   int64 = 300  // it has every word of the title
	worthFact    int64 = 40   // it has a number; the same for a name
	costQuote    int64 = 400  // it is mostly what somebody says
	costTorn     int64 = 700  // it begins or ends inside a quotation
	costQuestion int64 = 200
	costShort    int64 = 500 // it has fewer than fewWords
	costLong     int64 = 120 // it has more than manyWords
	costDangling int64 = 330 // it opens on what came before, which is not chosen
	costRepeated int64 = 500 // chosen sentences have all its words
)

const (
	fewWords  = 7
	manyWords = 45

	// manyTimes is the number of repeats above which a word is not more central.
	manyTimes = 6

	// maxRanked bounds the sentences among which a choice is made, so that the
	// work stays linear in the length of a text.
	maxRanked = 256
)

// ranking is what is known of the sentences of a document. It is used again.
type ranking struct {
	eligible []int
	worth    []int64 // by sentence
	ranked   []int   // eligible sentences, the most worth first
	chosen   []int

	terms      []term // the content words, open-addressed by stem
	titleTerms int64
}

// term is a content word of a document.
type term struct {
	stem  uint64
	count int32 // 0 where there is none
	mark  int32 // the sentence, counted from 1, in which it was counted last
	title bool
	taken bool // a chosen sentence has it
}

// term returns the entry of a stem, which may be empty.
func (r *ranking) term(stem uint64) *term {
	mask := uint64(len(r.terms) - 1)
	for i := stem & mask; ; i = (i + 1) & mask {
		if t := &r.terms[i]; t.count == 0 || t.stem == stem {
			return t
		}
	}
}

// rank rates the eligible sentences and orders the best of them.
func (s *scratch) rank(eligible []int) {
	s.countTerms()
	r := &s.ranking
	r.worth = grown(r.worth, len(s.doc.Sentences))
	for place, i := range eligible {
		r.worth[i] = s.rate(i, int64(place))
	}
	r.ranked = append(r.ranked[:0], eligible...)
	slices.SortFunc(r.ranked, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.worth[b], r.worth[a]), cmp.Compare(a, b))
	})
	r.ranked = r.ranked[:min(len(r.ranked), maxRanked)]
}

// countTerms counts the content words of the document and marks those of the
// title.
func (s *scratch) countTerms() {
	r := &s.ranking
	size := 64
	for size < 2*len(s.tokens) {
		size *= 2
	}
	r.terms = grown(r.terms, size)
	clear(r.terms)
	r.titleTerms = 0
	s.countTermsOf(s.tokens[:s.title], true)
	for i, sentence := range s.doc.Sentences {
		s.countTermsOf(s.sentence(i), sentence.Role == article.RoleHeadline)
	}
}

func (s *scratch) countTermsOf(tokens []token, title bool) {
	r := &s.ranking
	for i := range tokens {
		if tokens[i].kind&kindStop != 0 {
			continue
		}
		t := r.term(tokens[i].stem)
		t.stem = tokens[i].stem
		t.count++
		if title && !t.title {
			t.title = true
			r.titleTerms++
		}
	}
}

// rate returns what sentence i is worth, the place-th of those eligible.
func (s *scratch) rate(i int, place int64) int64 {
	r := &s.ranking
	tokens := s.sentence(i)
	var central, inTitle, words, number, name int64
	for k := range tokens {
		token := &tokens[k]
		if token.kind&kindNumber != 0 {
			number = 1
		}
		if token.kind&kindName != 0 && k > 0 {
			name = 1
		}
		if token.kind&kindStop != 0 {
			continue
		}
		words++
		t := r.term(token.stem)
		if t.mark == int32(i+1) {
			continue
		}
		t.mark = int32(i + 1)
		central += int64(min(t.count-1, manyTimes))
		if t.title {
			inTitle++
		}
	}
	worth := worthLead*halfPlace/(halfPlace+place) +
		worthCentral*central/(manyTimes*(words+4)) +
		worthFact*(number+name)
	if r.titleTerms > 0 {
		worth += worthTitle * inTitle / r.titleTerms
	}
	text := s.text(i)
	quoted, torn := quotation(text)
	if 2*quoted >= len(text) {
		worth -= costQuote
	}
	if torn {
		worth -= costTorn
	}
	if strings.HasSuffix(text, "?") {
		worth -= costQuestion
	}
	if len(tokens) < fewWords {
		worth -= costShort
	}
	if len(tokens) > manyWords {
		worth -= costLong
	}
	return worth
}

// best returns the sentence that is worth most.
func (s *scratch) best() (int, bool) {
	if len(s.ranking.ranked) == 0 {
		return 0, false
	}
	return s.ranking.ranked[0], true
}

// choose picks up to n sentences that fit b, one after another: each time the
// one that is worth most beside those chosen before. It returns none where what
// fits is worth much less than the best, which is then better cut.
func (s *scratch) choose(n int, b *budget) []int {
	r := &s.ranking
	r.chosen = r.chosen[:0]
	all := len(r.eligible) <= n
	for len(r.chosen) < n {
		next, gain := -1, int64(0)
		for _, i := range r.ranked {
			if next >= 0 && r.worth[i] <= gain {
				break // What follows gains no more.
			}
			if slices.Contains(r.chosen, i) || !b.fits(s.text(i)) {
				continue
			}
			if g := s.gain(i); next < 0 || g > gain {
				next, gain = i, g
			}
		}
		if next < 0 || gain < 0 && !all && len(r.chosen) > 0 {
			break
		}
		if len(r.chosen) == 0 && 2*gain < r.worth[r.ranked[0]] && !b.fits(s.text(r.ranked[0])) {
			break
		}
		r.chosen = append(r.chosen, next)
		b.take(s.text(next))
		for _, t := range s.sentence(next) {
			if t.kind&kindStop == 0 {
				r.term(t.stem).taken = true
			}
		}
	}
	return r.chosen
}

// gain returns what sentence i adds to those chosen.
func (s *scratch) gain(i int) int64 {
	r := &s.ranking
	tokens := s.sentence(i)
	var words, repeated int64
	for k := range tokens {
		if tokens[k].kind&kindStop == 0 {
			words++
			if r.term(tokens[k].stem).taken {
				repeated++
			}
		}
	}
	gain := r.worth[i] - costRepeated*repeated/max(words, 1)
	if isDangling(tokens) && !slices.Contains(r.chosen, i-1) {
		gain -= costDangling
	}
	return gain
}

// likeTitle returns the first sentence with most words of the title, at least
// two, and -1 when there is none.
func (s *scratch) likeTitle() int {
	best, most := -1, 1
	for _, i := range s.ranking.eligible {
		n := 0
		tokens := s.sentence(i)
		for k := range tokens {
			if tokens[k].kind&kindStop == 0 && s.ranking.term(tokens[k].stem).title {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}

// danglers open sentences that lean on the one before.
var danglers = stemSet(`he she they it his her their its him them this these those that such both
	but and or however also meanwhile so yet then still instead moreover nevertheless nonetheless
	therefore thus besides furthermore otherwise hence too although`)

// times follow "this" and "that" where they lean on nothing.
var times = stemSet("week month year morning evening night afternoon weekend summer winter season time")

// isDangling reports whether a sentence opens on what came before.
func isDangling(tokens []token) bool {
	if len(tokens) == 0 || !danglers[tokens[0].stem] {
		return false
	}
	return len(tokens) < 2 || !times[tokens[1].stem]
}

// quotation returns how many bytes of text stand in quotation marks, and whether
// a quotation is torn: one that ends here begins in another sentence, or the other
// way round. By itself such a sentence passes for what the reporter says.
func quotation(text string) (quoted int, torn bool) {
	open := -1
	for i, r := range text {
		switch {
		case r == '"' && open < 0, r == '“', r == '«', r == '„':
			open = i
		case r == '"', r == '”', r == '»':
			if open >= 0 {
				quoted += i - open
			}
			torn = torn || open < 0
			open = -1
		}
	}
	if open >= 0 {
		return quoted + len(text) - open, true
	}
	return quoted, torn
}
