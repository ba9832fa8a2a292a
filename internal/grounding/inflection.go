package grounding

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// minCaseStem is the minimum length in letters of what two cases of a name have in
// common; names of up to four letters may have one less.
const minCaseStem = 3

// caseStems appends to stems the forms that word may be a case of, itself first: without
// an ending, with the last consonant as it is elsewhere, without a vowel that comes and
// goes. Two words are one name when they share a stem.
func (r *languageRules) caseStems(word string, stems []string) []string {
	stems = r.addStem(stems, word)
	length := utf8.RuneCountInString(word)
	for _, ending := range r.endings {
		stem, ok := strings.CutSuffix(word, ending)
		if !ok || ending == "" {
			continue
		}
		left := length - utf8.RuneCountInString(ending)
		if left >= minCaseStem || left == minCaseStem-1 && length <= 4 {
			stems = r.addStem(stems, stem)
		}
	}
	return stems
}

// addStem appends stem in its variants.
func (r *languageRules) addStem(stems []string, stem string) []string {
	stems = append(stems, stem)
	for _, swap := range r.swaps {
		if rest, ok := strings.CutSuffix(stem, swap[1]); ok && rest != "" {
			stems = append(stems, rest+swap[0])
		}
	}
	if r.fleeting {
		if short := withoutFleeting(stem); short != "" {
			stems = append(stems, short)
		}
	}
	return stems
}

// withoutFleeting returns stem without the vowel before its last consonant, "павл" for
// "павел", or nothing.
func withoutFleeting(stem string) string {
	runes := []rune(stem)
	last := len(runes) - 1
	if last < 3 || strings.ContainsRune(vowels, runes[last]) || strings.ContainsRune(vowels, runes[last-2]) {
		return ""
	}
	switch runes[last-1] {
	case 'e', 'o', 'a', 'е', 'о':
		return string(runes[:last-1]) + string(runes[last])
	case 'і':
		return string(runes[:last-1]) + string(runes[last])
	}
	return ""
}

const vowels = "aeiouyаеиоуыэюяіїє"

// placeStems appends to stems what the name of a place leaves in adjectives and names of
// peoples.
func (r *languageRules) placeStems(word string, stems []string) []string {
	stems = append(stems, word)
	for _, ending := range r.placeEnds {
		if stem, ok := strings.CutSuffix(word, ending); ok && utf8.RuneCountInString(stem) >= minCaseStem {
			stems = r.addStem(stems, stem)
		}
	}
	return stems
}

// derivedStems appends to stems what word leaves without the ending of an adjective or of
// the name of a people.
func (r *languageRules) derivedStems(word string, stems []string) []string {
	for _, ending := range r.derived {
		if stem, ok := strings.CutSuffix(word, ending); ok && utf8.RuneCountInString(stem) >= minCaseStem {
			stems = r.addStem(stems, stem)
		}
	}
	return stems
}

// sameWord reports whether two words are cases of one.
func (r *languageRules) sameWord(a, b string) bool {
	if a == b {
		return true
	}
	if len(r.endings) == 0 {
		return false
	}
	ofA := r.caseStems(a, nil)
	return slices.ContainsFunc(r.caseStems(b, nil), func(stem string) bool { return slices.Contains(ofA, stem) }) || r.fuzzy && differInEnding(a, b)
}

// differInEnding reports whether two words begin alike and differ in their last letters only, as
// cases do in languages whose stems change.
func differInEnding(a, b string) bool {
	x, y := []rune(a), []rune(b)
	common := 0
	for common < len(x) && common < len(y) && x[common] == y[common] {
		common++
	}
	restA, restB := len(x)-common, len(y)-common
	return common >= 4 && min(restA, restB) <= 2 && max(restA, restB) <= 5 && common >= max(restA, restB)
}

// inflected is the index of the names of a source by what cases have in common.
type inflected struct {
	cases   map[string]bool // stems of words with a capital letter
	places  map[string]bool
	derived map[string]bool // stems of adjectives and peoples, in small letters too
	names   []string        // with a capital letter, where stems change
}

// newInflected indexes the words of f.
func (f *facts) newInflected() *inflected {
	x := &inflected{cases: make(map[string]bool), places: make(map[string]bool), derived: make(map[string]bool)}
	r := f.rules
	var stems []string
	for word, use := range f.words {
		if use&asName != 0 || use&asWord != 0 && r.withoutCapitals() {
			for _, stem := range r.caseStems(word, stems[:0]) {
				x.cases[stem] = true
			}
			for _, stem := range r.placeStems(word, stems[:0]) {
				x.places[stem] = true
			}
			if r.fuzzy {
				x.names = append(x.names, word)
			}
		}
		if use&asWord != 0 {
			for _, stem := range r.derivedStems(word, stems[:0]) {
				x.derived[stem] = true
			}
		}
	}
	return x
}

// has reports whether word is a case of a name of the source, or derived from one, or one
// is derived from it.
func (x *inflected) has(r *languageRules, word string) bool {
	contains := func(index map[string]bool) func(string) bool { return func(stem string) bool { return index[stem] } }
	if slices.ContainsFunc(r.caseStems(word, nil), contains(x.cases)) {
		return true
	}
	if slices.ContainsFunc(r.derivedStems(word, nil), func(stem string) bool { return x.places[stem] || x.derived[stem] }) {
		return true
	}
	if slices.ContainsFunc(r.placeStems(word, nil), contains(x.derived)) {
		return true
	}
	return slices.ContainsFunc(x.names, func(name string) bool { return differInEnding(name, word) })
}
