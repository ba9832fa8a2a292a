package local

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// A measure is one thing that is measured of a sentence, in thousandths. The
// weights stand in weights.go.
type measure int

const (
	measureEarly    measure = iota // 1 for the first sentence, half for the sixth
	measureCentral                 // its words are repeated in the article
	measureTitle                   // the share of the title's words that it has
	measureLead                    // the share of the first sentence's words that it has
	measureOfLead                  // the share of its words that the first sentence has
	measurePhrases                 // pairs of words that occur elsewhere, too
	measureNumber                  // it has a number
	measureName                    // it has a name
	measureQuoted                  // half of it or more is quotation
	measureTorn                    // it begins or ends inside a quotation
	measureQuestion                // it asks
	measureUnended                 // no stop ends it, as with a caption, or it is a notice
	measureDetached                // its full stop stands apart, as behind a link to another article
	measureFirst                   // it speaks in the first person
	measureShort                   // fewer than fewWords
	measureLong                    // more than manyWords
	measureLength                  // how long it is (see usualWords), for each sentence of the summary but one
	numMeasures
)

// measureNames are the names by which the program that fits the weights knows
// the measures.
var measureNames = [numMeasures]string{
	"Early", "Central", "Title", "Lead", "OfLead", "Phrases", "Number", "Name",
	"Quoted", "Torn", "Question", "Unended", "Detached", "First", "Short", "Long", "Length",
}

const (
	fewWords  = 7
	manyWords = 45

	// halfPlace is the place at which measureEarly is one half.
	halfPlace = 5

	// usualWords is the binary logarithm of the words of a usual sentence, some
	// 20. Longer ones have a positive measureLength, shorter ones a negative one.
	usualWords = 4300

	// manyTimes is the number of repeats above which a word is not more central.
	manyTimes = 6

	// manyPhrases is the number above which more make no difference.
	manyPhrases = 6
)

// measures are the measures of one sentence.
type measures [numMeasures]int32

// measureSentence measures sentence i, the place-th eligible one.
func (s *workspace) measureSentence(i, place int, m *measures) {
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
	m[measureEarly] = int32(1000 * halfPlace / (halfPlace + place))
	m[measureCentral] = 1000 * repeats / (manyTimes * (distinct + 4))
	m[measureTitle] = share(title, r.titleTerms)
	if place > 0 {
		m[measureLead] = share(lead, r.leadTerms)
		m[measureOfLead] = share(lead, distinct)
	}
	m[measurePhrases] = share(min(phrases, manyPhrases), manyPhrases)
	m.set(measureNumber, kinds&kindNumber != 0)
	m.set(measureName, kinds&kindName != 0)
	m.set(measureFirst, kinds&kindFirst != 0)
	text := s.text(i)
	quoted, torn := s.quotes.read(text, s.doc.Sentences[i].Paragraph)
	m.set(measureQuoted, 2*quoted >= len(text))
	m.set(measureTorn, torn || opensQuotation(text))
	m.set(measureQuestion, strings.HasSuffix(text, "?"))
	m.set(measureUnended, !isEnded(text) || isNotice(text))
	m.set(measureDetached, strings.HasSuffix(text, " .") && !r.tokenized)
	m.set(measureShort, len(tokens) < fewWords)
	m.set(measureLong, len(tokens) > manyWords)
	m[measureLength] = (log2(len(tokens)+1) - usualWords) / 2
}

// opensQuotation reports whether behind a comma or colon text opens a quotation in single
// marks that it does not close.
func opensQuotation(text string) bool {
	if !strings.Contains(text, " '") && !strings.Contains(text, " ‘") {
		return false // few apostrophes stand behind a space
	}
	for _, opening := range [...]string{": '", ", '", ": ‘", ", ‘"} {
		if i := strings.LastIndex(text, opening); i >= 0 {
			behind := text[i+len(opening):]
			return !strings.HasSuffix(behind, "'") && !strings.HasSuffix(behind, "’") && !strings.Contains(behind, "' ") && !strings.Contains(behind, "’ ") &&
				!strings.Contains(behind, "',") && !strings.Contains(behind, "’,")
		}
	}
	return false
}

// isNotice reports whether text is no part of a story: a point of a list, an aside in
// brackets, what a page says of itself, or what gives a web address or an e-mail address.
func isNotice(text string) bool {
	if strings.HasPrefix(text, "•") || strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		return true
	}
	if number, _, _ := strings.Cut(text[:min(len(text), 4)], ". "); len(number) < 3 && isDigitAt(number, 0) && isDigitAt(number, len(number)-1) {
		return true
	}
	if at := strings.IndexByte(text, '@'); at > 0 && isLetterAt(text, at-1) && isLetterAt(text, at+1) {
		return true
	}
	if slices.ContainsFunc(noticeOpenings[:], func(opening string) bool { return strings.HasPrefix(text, opening) }) {
		return true
	}
	return strings.Contains(text, "www.") || strings.Contains(text, "://") || strings.Contains(text, ".com/")
}

// noticeOpenings open sentences in which a page in another language than English speaks of
// itself.
var noticeOpenings = [...]string{"Hier finden Sie", "Hier geht es", "Klicken Sie", "Cliquez ", "Retrouvez ", "Haga clic", "Haz clic", "Clicca ", "Clique ", "Klik hier", "Kliknij "}

// isEnded reports whether text ends in a stop, quotes and brackets aside, and not in one
// behind a colon.
func isEnded(text string) bool {
	if strings.HasSuffix(text, ": .") || strings.HasSuffix(text, ":.") {
		return false
	}
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

func (m *measures) set(f measure, holds bool) {
	if holds {
		m[f] = 1000
	}
}

// worth returns what a sentence is worth in a summary of n, in millionths.
func (m *measures) worth(w *measures, n int) int64 {
	worth := int64(n-2) * int64(m[measureLength]) * int64(w[measureLength])
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
