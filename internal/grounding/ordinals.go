package grounding

import "strings"

// ordinalWord returns the number that a word is the ordinal of, 0 for none.
func (r *languageRules) ordinalWord(t *lexeme) int {
	if t.kind != lexemeWord || r.numbers[t.norm] > 0 {
		return 0
	}
	if n, ok := r.ordinals.get(t.norm); ok {
		return n
	}
	if r.language == "ar" {
		for _, form := range cliticForms(t.norm) {
			if n, ok := r.ordinals.get(form); ok {
				return n
			}
		}
		return 0
	}
	if r.ordinalEnds == nil || !r.mayBeCompound(t.norm) {
		return 0
	}
	for _, ending := range r.ordinalEnds {
		if stem, ok := strings.CutSuffix(t.norm, ending); ok {
			if n := r.ordinalStem(stem); n > 2 {
				return n
			}
		}
	}
	return 0
}

// ordinalStem returns the number that the stem of an ordinal means, which may have lost a
// vowel: "ventun" of "ventunesimo".
func (r *languageRules) ordinalStem(stem string) int {
	for _, vowel := range []string{"", "i", "a", "o", "e"} {
		if vowel != "" && r.language != "it" {
			break
		}
		if n := r.numbers[stem+vowel]; n > 0 {
			return n
		}
		if n := r.compoundNumber(stem + vowel); n > 0 {
			return n
		}
	}
	return 0
}

// endOrdinal returns the ordinal that ends a number at lexeme j, with the sum of the words
// before it, and where it ends. A second ordinal may follow, as in "vigésimo tercero", or in
// Arabic a ten, as in "الثالث والعشرين".
func (r *languageRules) endOrdinal(lexemes []lexeme, j int, sum *wordSum) (inWords, bool) {
	n := r.ordinalWord(&lexemes[j])
	if n == 0 || !sum.takesOrdinal(n) {
		return inWords{}, false
	}
	found := inWords{value: sum.value() + n, end: j + 1, ordinal: true}
	if found.end < len(lexemes) && sum.last == 0 {
		next := &lexemes[found.end]
		more, joined := r.numberWord(*next)
		switch unit := r.ordinalWord(next); {
		case n >= 10 && n%10 == 0 && unit > 0 && unit < 10:
			found.value, found.end = n+unit, found.end+1
		case r.language == "ar" && n < 10 && (more == 10 || joined && more >= 20 && more < 100):
			found.value, found.end = n+more, found.end+1
		}
	}
	found.loose = found.value <= 2
	return found, true
}

// dotOrdinals are languages that make digits an ordinal by a full stop.
var dotOrdinals = set("de pl cs sk hr sr sl hu fi et lv lt da nb nn no tr is az")

// isRank reports whether the number before lexeme i may be an ordinal by the full stop there,
// with a word behind it.
func (r *languageRules) isRank(lexemes []lexeme, i int) bool {
	return i+1 < len(lexemes) && lexemes[i].norm == "." && lexemes[i].glued && lexemes[i+1].kind == lexemeWord && dotOrdinals[r.language]
}

// mayBeNumeral reports by a quick look whether t, with a capital letter, may be a Roman numeral.
// In English a single letter is none.
func (r *languageRules) mayBeNumeral(t *lexeme) bool {
	switch t.norm[0] {
	case 'i', 'v', 'x', 0xd1, 0xd0:
		return t.caps || len(t.norm) <= 2 && r.language != "en"
	}
	return false
}

// romanValue returns the value of a Roman numeral below forty, 0 for any other word. The
// Cyrillic "І" of Ukrainian keyboards counts as the Latin letter.
func romanValue(t *lexeme) int {
	if len(t.norm) > 8 || !t.caps && len(t.norm) > 2 {
		return 0
	}
	value, last := 0, 0
	for _, letter := range t.norm {
		var n int
		switch letter {
		case 'i', 'і':
			n = 1
		case 'v':
			n = 5
		case 'x', 'х':
			n = 10
		default:
			return 0
		}
		if value += n; n > last {
			value -= 2 * last
		}
		last = n
	}
	if value >= 40 {
		return 0
	}
	return value
}

// signOrNumeral reads a sign for a fraction or a Roman numeral at lexeme i. A numeral is no
// claim, as it is looked up as a part of a name.
func (r *languageRules) signOrNumeral(lexemes []lexeme, i int) (quantity, bool) {
	t := &lexemes[i]
	q := quantity{begin: i, end: i + 1, word: true}
	switch {
	case t.kind == lexemeMark && vulgarFractions[t.norm] != fraction{}:
		f := vulgarFractions[t.norm]
		q.values, q.loose = []decimal{share(f.parts, f.whole)}, i > 0 && lexemes[i-1].kind == lexemeNumber
		return q.withUnit(percent), true
	case t.kind == lexemeWord && t.norm != "" && r.mayBeNumeral(t) && romanValue(t) > 0:
		q.values, q.ordinal, q.loose = []decimal{whole(romanValue(t))}, true, true
		return q.withUnit(""), true
	}
	return q, false
}

// vulgarFractions are the signs of fractions.
var vulgarFractions = map[string]fraction{"½": {1, 2}, "⅓": {1, 3}, "⅔": {2, 3}, "¼": {1, 4}, "¾": {3, 4}, "⅕": {1, 5}, "⅖": {2, 5}, "⅗": {3, 5}, "⅘": {4, 5}, "⅛": {1, 8}}
