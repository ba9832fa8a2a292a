package eval

import "unicode"

// Rouge holds ROUGE-1, ROUGE-2 and ROUGE-L as F1, each from 0 to 1.
//
// They are defined in C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of
// Summaries" (2004), as google-research's rouge_score computes them with its
// stemmer on: tokens are runs of a-z and 0-9 in lower case, those longer than
// three letters are stemmed, and L takes the whole text as one sequence.
type Rouge struct {
	One, Two, L float64
}

// rougeScorer compares texts. It remembers the stem of each word that it has met
// and is not safe for concurrent use.
type rougeScorer struct {
	tokens map[string]uint32 // of a word as written in lower case
	stems  map[string]uint32 // of a stem
	word   []byte
	counts map[uint64]int
	rows   [2][]int
}

func newRougeScorer() *rougeScorer {
	return &rougeScorer{tokens: map[string]uint32{}, stems: map[string]uint32{}, counts: map[uint64]int{}}
}

// read returns the tokens of text, each stem as a number.
func (s *rougeScorer) read(text string) []uint32 {
	var tokens []uint32
	s.word = s.word[:0]
	end := func() {
		if len(s.word) > 0 {
			tokens = append(tokens, s.token())
			s.word = s.word[:0]
		}
	}
	for _, r := range text {
		// A capital I with a dot is an i and a mark of its own in lower case.
		if c := unicode.ToLower(r); c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			s.word = append(s.word, byte(c))
			if r != 'İ' {
				continue
			}
		}
		end()
	}
	end()
	return tokens
}

// token returns the number of the stem of s.word.
func (s *rougeScorer) token() uint32 {
	if id, ok := s.tokens[string(s.word)]; ok {
		return id
	}
	word := string(s.word)
	stem := word
	if len(word) > 3 {
		stem = porter(word)
	}
	id, ok := s.stems[stem]
	if !ok {
		id = uint32(len(s.stems))
		s.stems[stem] = id
	}
	s.tokens[word] = id
	return id
}

// score compares the tokens of a summary with the tokens of its reference. Either may
// be empty, which scores 0.
func (s *rougeScorer) score(reference, summary []uint32) Rouge {
	return Rouge{
		One: s.overlap(reference, summary, 1),
		Two: s.overlap(reference, summary, 2),
		L:   f1(s.longestCommon(reference, summary), len(summary), len(reference)),
	}
}

// overlap is the F1 of common runs of n tokens, 1 or 2.
func (s *rougeScorer) overlap(reference, summary []uint32, n int) float64 {
	clear(s.counts)
	run := func(tokens []uint32, i int) uint64 {
		if n == 1 {
			return uint64(tokens[i])
		}
		return uint64(tokens[i])<<32 | uint64(tokens[i+1])
	}
	for i := range len(reference) - n + 1 {
		s.counts[run(reference, i)]++
	}
	common := 0
	for i := range len(summary) - n + 1 {
		if key := run(summary, i); s.counts[key] > 0 {
			s.counts[key]--
			common++
		}
	}
	return f1(common, len(summary)-n+1, len(reference)-n+1)
}

// longestCommon returns the length of the longest common subsequence.
func (s *rougeScorer) longestCommon(a, b []uint32) int {
	for i := range s.rows {
		s.rows[i] = append(s.rows[i][:0], make([]int, len(b)+1)...)
	}
	before, here := s.rows[0], s.rows[1]
	for _, x := range a {
		for j, y := range b {
			if x == y {
				here[j+1] = before[j] + 1
			} else {
				here[j+1] = max(before[j+1], here[j])
			}
		}
		before, here = here, before
	}
	return before[len(b)]
}

// f1 is the harmonic mean of precision, common/found, and recall, common/wanted.
func f1(common, found, wanted int) float64 {
	if common <= 0 {
		return 0
	}
	return 2 * float64(common) / float64(found+wanted)
}
