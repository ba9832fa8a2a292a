package main

import "strings"

// ngramCounts are the words and pairs of words of a text.
type ngramCounts struct {
	one, two   map[string]int
	ones, twos int
}

// rouge is ROUGE F1 of single words and of pairs (Lin, ROUGE: A Package for
// Automatic Evaluation of Summaries, 2004), without a stemmer.
type rouge struct{ one, two float64 }

func (r rouge) sum() float64 { return r.one + r.two }

// words returns the runs of letters a to z and digits, in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

func count(words []string) ngramCounts {
	c := ngramCounts{one: map[string]int{}, two: map[string]int{}, ones: len(words), twos: max(0, len(words)-1)}
	for i, w := range words {
		c.one[w]++
		if i > 0 {
			c.two[words[i-1]+" "+w]++
		}
	}
	return c
}

func compare(summary, reference ngramCounts) rouge {
	return rouge{
		one: f1(shared(summary.one, reference.one), summary.ones, reference.ones),
		two: f1(shared(summary.two, reference.two), summary.twos, reference.twos),
	}
}

func shared(a, b map[string]int) int {
	n := 0
	for w, k := range a {
		n += min(k, b[w])
	}
	return n
}

func f1(shared, a, b int) float64 {
	if shared == 0 {
		return 0
	}
	return 2 * float64(shared) / float64(a+b)
}
