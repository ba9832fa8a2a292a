package eval

import (
	"slices"
	"strings"
)

// porter returns the stem of an English word in lower-case ASCII: the algorithm
// of M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980), with
// the departures of NLTK's default mode, as that is what rouge_score stems with.
// It is not the later "English" stemmer of Snowball, which cuts differently.
func porter(word string) string {
	if stem, ok := porterIrregular[word]; ok {
		return stem
	}
	if len(word) <= 2 {
		return word
	}
	word = porterPlural(word)
	word = porterTense(word)
	if n := len(word); n > 2 && word[n-1] == 'y' && consonantAt(word, n-2) {
		word = word[:n-1] + "i"
	}
	word = porterDouble(word)
	word = cutSuffix(word, porterThird, 0)
	word = porterLong(word)
	return porterFinal(word)
}

// porterIrregular are words that NLTK takes out of the rules.
var porterIrregular = map[string]string{
	"sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie",
	"news": "news", "innings": "inning", "inning": "inning", "outings": "outing",
	"outing": "outing", "cannings": "canning", "canning": "canning", "howe": "howe",
	"proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
}

// suffix is a rule: an ending and what takes its place.
type suffix struct{ old, new string }

// cutSuffix applies the first rule whose ending word has, where the stem in front
// of it measures more than least. A rule that fits in ending alone ends the
// search.
func cutSuffix(word string, rules []suffix, least int) string {
	for _, rule := range rules {
		if stem, ok := strings.CutSuffix(word, rule.old); ok {
			if measure(stem) > least {
				return stem + rule.new
			}
			return word
		}
	}
	return word
}

// porterPlural is step 1a.
func porterPlural(word string) string {
	n := len(word)
	switch {
	case strings.HasSuffix(word, "ies") && n == 4: // "ties" is a "tie".
		return word[:n-1]
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "ies"):
		return word[:n-2]
	case strings.HasSuffix(word, "ss"):
		return word
	}
	return strings.TrimSuffix(word, "s")
}

// porterTense is step 1b.
func porterTense(word string) string {
	if strings.HasSuffix(word, "ied") {
		if len(word) == 4 { // "died" is of "die".
			return strings.TrimSuffix(word, "d")
		}
		return strings.TrimSuffix(word, "ed")
	}
	if stem, ok := strings.CutSuffix(word, "eed"); ok {
		if measure(stem) > 0 {
			return stem + "ee"
		}
		return word
	}
	stem, ok := strings.CutSuffix(word, "ed")
	if !ok {
		stem, ok = strings.CutSuffix(word, "ing")
	}
	if !ok || !slices.ContainsFunc([]byte(stem), isPlainVowel) && !hasSoundingY(stem) {
		return word
	}
	return porterMended(stem)
}

// porterMended mends a stem from which "ed" or "ing" was cut.
func porterMended(stem string) string {
	switch {
	case strings.HasSuffix(stem, "at"), strings.HasSuffix(stem, "bl"), strings.HasSuffix(stem, "iz"):
		return stem + "e"
	case doubleConsonant(stem):
		if last := stem[len(stem)-1]; last != 'l' && last != 's' && last != 'z' {
			return stem[:len(stem)-1]
		}
	case measure(stem) == 1 && closedShort(stem):
		return stem + "e"
	}
	return stem
}

// porterDouble is step 2.
func porterDouble(word string) string {
	if stem, ok := strings.CutSuffix(word, "alli"); ok && measure(stem) > 0 {
		return porterDouble(stem + "al")
	}
	if stem, ok := strings.CutSuffix(word, "logi"); ok {
		if measure(stem+"l") > 0 { // The l counts as stem, so that "geology" is met too.
			return stem + "log"
		}
		return word
	}
	return cutSuffix(word, porterSecond, 0)
}

var porterSecond = []suffix{
	{"ational", "ate"},
	{"tional", "tion"},
	{"enci", "ence"},
	{"anci", "ance"},
	{"izer", "ize"},
	{"bli", "ble"},
	{"alli", "al"},
	{"entli", "ent"},
	{"eli", "e"},
	{"ousli", "ous"},
	{"ization", "ize"},
	{"ation", "ate"},
	{"ator", "ate"},
	{"alism", "al"},
	{"iveness", "ive"},
	{"fulness", "ful"},
	{"ousness", "ous"},
	{"aliti", "al"},
	{"iviti", "ive"},
	{"biliti", "ble"},
	{"fulli", "ful"},
}

// porterThird is step 3.
var porterThird = []suffix{
	{"icate", "ic"},
	{"ative", ""},
	{"alize", "al"},
	{"iciti", "ic"},
	{"ical", "ic"},
	{"ful", ""},
	{"ness", ""},
}

// porterLong is step 4.
func porterLong(word string) string {
	if stem, ok := strings.CutSuffix(word, "ion"); ok {
		if n := len(stem); measure(stem) > 1 && (stem[n-1] == 's' || stem[n-1] == 't') {
			return stem
		}
		return word
	}
	return cutSuffix(word, porterFourth, 1)
}

var porterFourth = []suffix{
	{"al", ""},
	{"ance", ""},
	{"ence", ""},
	{"er", ""},
	{"ic", ""},
	{"able", ""},
	{"ible", ""},
	{"ant", ""},
	{"ement", ""},
	{"ment", ""},
	{"ent", ""},
	{"ou", ""},
	{"ism", ""},
	{"ate", ""},
	{"iti", ""},
	{"ous", ""},
	{"ive", ""},
	{"ize", ""},
}

// porterFinal is step 5.
func porterFinal(word string) string {
	if stem, ok := strings.CutSuffix(word, "e"); ok {
		if m := measure(stem); m > 1 || m == 1 && !closedShort(stem) {
			word = stem
		}
	}
	if strings.HasSuffix(word, "ll") && measure(word[:len(word)-1]) > 1 {
		return word[:len(word)-1]
	}
	return word
}

func isPlainVowel(c byte) bool {
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'
}

// consonantAt reports whether word[i] is a consonant; a y is one at the start
// and after a vowel.
func consonantAt(word string, i int) bool {
	if word[i] == 'y' {
		return i == 0 || !consonantAt(word, i-1)
	}
	return !isPlainVowel(word[i])
}

func hasSoundingY(word string) bool {
	for i := range len(word) {
		if word[i] == 'y' && !consonantAt(word, i) {
			return true
		}
	}
	return false
}

// measure is Porter's m: how often a consonant follows a vowel.
func measure(word string) int {
	m, vowel := 0, false
	for i := range len(word) {
		// As consonantAt, without going back over the word.
		now := isPlainVowel(word[i]) || word[i] == 'y' && i > 0 && !vowel
		if vowel && !now {
			m++
		}
		vowel = now
	}
	return m
}

func doubleConsonant(word string) bool {
	n := len(word)
	return n >= 2 && word[n-1] == word[n-2] && consonantAt(word, n-1)
}

// closedShort is Porter's *o, consonant, vowel, consonant other than w, x and y;
// NLTK adds words of a vowel and a consonant.
func closedShort(word string) bool {
	n := len(word)
	if n == 2 {
		return !consonantAt(word, 0) && consonantAt(word, 1)
	}
	return n >= 3 && consonantAt(word, n-3) && !consonantAt(word, n-2) && consonantAt(word, n-1) &&
		word[n-1] != 'w' && word[n-1] != 'x' && word[n-1] != 'y'
}
