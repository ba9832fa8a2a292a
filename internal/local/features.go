package local

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// A feature is one thing that is measured of a sentence, in thousandths. What
// each is worth stands in weights.go.
type feature int

const (
	featureEarly    feature = iota // 1 for the first sentence, half for the sixth
	featureCentral                 // its words are those that the article repeats
	featureTitle                   // the share of the title's words that it has
	featureLead                    // the share of the first sentence's words that it has
	featureOfLead                  // the share of its words that the first sentence has
	featurePhrases                 // pairs of words that occur elsewhere, too
	featureNumber                  // it has a number
	featureName                    // it has a name
	featureQuoted                  // half of it or more is quotation
	featureTorn                    // it begins or ends inside a quotation
	featureQuestion                // it asks
	featureUnended                 // no stop ends it, as with a caption, or a bullet opens it
	featureDetached                // its full stop stands apart, as behind a link to another article
	featureFirst                   // it speaks in the first person
	featureShort                   // fewer than fewWords
	featureLong                    // more than manyWords
	featureLength                  // how long it is (see usualWords), for each sentence of the summary but one
	numFeatures
)

// featureNames are the names by which the program that fits the weights knows
// the features.
var featureNames = [numFeatures]string{
	"Early", "Central", "Title", "Lead", "OfLead", "Phrases", "Number", "Name",
	"Quoted", "Torn", "Question", "Unended", "Detached", "First", "Short", "Long", "Length",
}

const (
	fewWords  = 7
	manyWords = 45

	// halfPlace is the place at which featureEarly is one half.
	halfPlace = 5

	// usualWords is the binary logarithm of the words of a usual sentence, some
	// 20. Longer ones have a positive featureLength, shorter ones a negative one.
	usualWords = 4300

	// manyTimes is the number of repeats above which a word is not more central.
	manyTimes = 6

	// manyPhrases is the number above which more make no difference.
	manyPhrases = 6
)

// measures are the features of one sentence.
type measures [numFeatures]int32

// measure measures sentence i, the place-th of those eligible.
func (s *scratch) measure(i, place int, m *measures) {
	*m = measures{}
	r := &s.ranking
	tokens := s.sentence(i)
	var (
		distinct, repeats    int32
		title, lead, phrases int32
		kinds                kind
		before               int32 = noTerm
	)
	here := int32(place + 1)
	for k, slot := range s.slotsOf(i) {
		t := &tokens[k]
		if k == 0 {
			kinds |= t.kind &^ kindName // A capital is no sign of a name there.
		} else {
			kinds |= t.kind
		}
		if slot == noTerm {
			before = noTerm
			continue
		}
		if before != noTerm && *r.pair(before, slot) > 1 {
			phrases++
		}
		before = slot
		term := &r.terms[slot]
		if term.seen != here {
			term.seen, term.elsewhere = here, term.count
			distinct++
			repeats += min(term.elsewhere, manyTimes)
			title += term.title
			lead += term.lead
		}
		repeats -= min(term.elsewhere, manyTimes)
		term.elsewhere--
		repeats += min(term.elsewhere, manyTimes)
	}
	m[featureEarly] = int32(1000 * halfPlace / (halfPlace + place))
	m[featureCentral] = 1000 * repeats / (manyTimes * (distinct + 4))
	m[featureTitle] = share(title, r.titleTerms)
	if place > 0 {
		m[featureLead] = share(lead, r.leadTerms)
		m[featureOfLead] = share(lead, distinct)
	}
	m[featurePhrases] = share(min(phrases, manyPhrases), manyPhrases)
	m.set(featureNumber, kinds&kindNumber != 0)
	m.set(featureName, kinds&kindName != 0)
	m.set(featureFirst, kinds&kindFirst != 0)
	text := s.text(i)
	quoted, torn := s.quotes.read(text, s.doc.Sentences[i].Paragraph)
	m.set(featureQuoted, 2*quoted >= len(text))
	m.set(featureTorn, torn)
	m.set(featureQuestion, strings.HasSuffix(text, "?"))
	m.set(featureUnended, !isEnded(text) || strings.HasPrefix(text, "•"))
	m.set(featureDetached, strings.HasSuffix(text, " .") && !r.tokenized)
	m.set(featureShort, len(tokens) < fewWords)
	m.set(featureLong, len(tokens) > manyWords)
	m[featureLength] = (log2(len(tokens)+1) - usualWords) / 2
}

// isEnded reports whether text ends in a stop, quotes and brackets aside.
func isEnded(text string) bool {
	for range 3 {
		r, size := utf8.DecodeLastRuneInString(text)
		switch {
		case strings.ContainsRune(".!?…。！？．؟۔।", r):
			return true
		case !strings.ContainsRune(`"'”’»)]」』）`, r):
			return false
		}
		text = text[:len(text)-size]
	}
	return false
}

func (m *measures) set(f feature, holds bool) {
	if holds {
		m[f] = 1000
	}
}

// worth returns what a sentence is worth in a summary of n, in millionths.
func (m *measures) worth(w *measures, n int) int64 {
	worth := int64(n-2) * int64(m[featureLength]) * int64(w[featureLength])
	for f := range m {
		worth += int64(m[f]) * int64(w[f])
	}
	return worth
}

// share returns n parts of all, in thousandths.
func share(n, all int32) int32 {
	if all == 0 {
		return 0
	}
	return 1000 * n / all
}

// log2 returns the binary logarithm of n > 0, in thousandths, from a straight
// line between powers of two.
func log2(n int) int32 {
	whole := bits.Len(uint(n)) - 1
	return int32(1000*whole + (n-1<<whole)*1000>>whole)
}
