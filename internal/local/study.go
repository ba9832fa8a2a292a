package local

import (
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
)

// Weights are what the measures of a sentence are worth, in thousandths and in
// the order of MeasureNames.
type Weights []int32

// MeasureNames returns the names of the measures of a sentence.
func MeasureNames() []string { return measureNames[:] }

// FittedWeights returns the weights that the engine uses.
func FittedWeights() Weights { return slices.Clone(fitted[:]) }

// A Study shows the program that fits the weights what the ranker sees of an
// article. It numbers the sentences that may stand in a summary from 0. It is
// not safe for concurrent use.
type Study struct{ s *workspace }

// NewStudy studies an article.
func NewStudy(doc *article.Document) *Study {
	s := new(workspace)
	s.read(doc)
	s.findEligible()
	s.measureAll()
	return &Study{s}
}

// Len returns the number of sentences.
func (s *Study) Len() int { return len(s.s.ranking.eligible) }

// Text returns the text of a sentence.
func (s *Study) Text(sentence int) string { return s.s.text(s.s.ranking.eligible[sentence]) }

// Measures returns the measures of a sentence as they count in a summary of n,
// in thousandths.
func (s *Study) Measures(sentence, n int) []int32 {
	m := s.s.ranking.measured[sentence]
	m[measureLength] *= int32(n - 1)
	return m[:]
}

// Choose returns the sentences that weights choose for a summary of n, in their
// order.
func (s *Study) Choose(weights Weights, n int) []int {
	s.s.rank((*measures)(weights), n, 0)
	s.s.choose(n, &lengthLimit{})
	var out []int
	for _, c := range s.s.ranking.chosen {
		out = append(out, s.s.ranking.ranked[c].place)
	}
	return out
}

// Cost returns what a sentence loses beside others that are chosen, in millionths:
// for repetition, and for referring to a sentence that is not there.
func (s *Study) Cost(sentence int, others []int) int64 {
	mine := s.stems(sentence)
	antecedent := s.s.antecedent(s.s.ranking.eligible[sentence], sentence)
	var cost int64
	for _, o := range others {
		theirs := s.stems(o)
		shared := 0
		for stem := range mine {
			if theirs[stem] {
				shared++
			}
		}
		if all := len(mine) + len(theirs); all > 0 {
			cost += costRepeated * int64(2*shared) / int64(all)
		}
		if o == antecedent {
			antecedent = noAntecedent
		}
	}
	if antecedent != noAntecedent {
		cost += costUnresolved
	}
	return cost
}

// stems returns the stems of the content words of a sentence.
func (s *Study) stems(sentence int) map[uint64]bool {
	set := make(map[uint64]bool)
	for _, t := range s.s.sentence(s.s.ranking.eligible[sentence]) {
		if t.kind&kindStop == 0 {
			set[t.stem] = true
		}
	}
	return set
}
