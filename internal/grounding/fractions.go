package grounding

import (
	"strconv"
	"strings"
)

// fraction reads the share that begins at lexeme i: "half of", "a third of",
// "three quarters". Shares are percentages, so that "a fifth" is 20 %.
func (r *languageRules) fraction(lexemes []lexeme, i int) (quantity, bool) {
	if lexemes[i].kind != lexemeWord {
		return quantity{}, false
	}
	if r.language != "en" {
		return r.fractionWord(lexemes, i)
	}
	if i+1 >= len(lexemes) {
		return quantity{}, false
	}
	if lexemes[i].norm == "half" {
		return r.half(lexemes, i)
	}
	parts := r.numbers[lexemes[i].norm]
	if lexemes[i].norm == "a" || lexemes[i].norm == "an" {
		parts = 1
	}
	j := i + 1
	if lexemes[j].norm == "-" && lexemes[j].glued && j+1 < len(lexemes) {
		j++
	}
	whole, plural := denominators[lexemes[j].norm], false
	if whole == 0 {
		whole, plural = denominators[strings.TrimSuffix(lexemes[j].norm, "s")], true
	}
	if parts == 0 || whole == 0 || parts >= whole || plural != (parts > 1) {
		return quantity{}, false
	}
	// "A third man" is no share, "a third of the men" and "by a third" are.
	last := j+1 >= len(lexemes) || lexemes[j+1].kind != lexemeWord
	if !plural && !last && lexemes[j+1].norm != "of" && (i == 0 || !shareJoints[lexemes[i-1].norm]) {
		return quantity{}, false
	}
	return quantity{begin: i, end: j + 1, word: true, values: []decimal{share(parts, whole)}, units: []unit{percent}}, true
}

// half reads the share or number that the "half" at lexeme i begins. "Half of them" is
// 50 %, "half a million" a number, and "half a percentage point" a percentage.
func (r *languageRules) half(lexemes []lexeme, i int) (quantity, bool) {
	q := quantity{begin: i, word: true, units: []unit{percent}}
	next := lexemes[i+1].norm
	switch {
	case (next == "a" || next == "an") && i+2 < len(lexemes):
		exp, _ := r.magnitude(lexemes, i+2)
		if exp == 0 && !r.percents[lexemes[i+2].norm] {
			return q, false
		}
		q.values, q.end, _ = r.magnitudes(lexemes, []decimal{newDecimal("5", -1)}, i+2)
		q.units = r.unitsOf(lexemes, &q)
		return q, true
	case next == "of" || next == "the" || r.determiners[next] || i > 0 && shareJoints[lexemes[i-1].norm]:
		q.values, q.end = []decimal{whole(50)}, i+1
		return q, true
	}
	return q, false
}

// fractionWord reads the share that begins at lexeme i in a language other than English:
// "un tiers", "zwei Drittel", "üçte iki". A share without a number may be a word of
// another meaning, and is loose.
func (r *languageRules) fractionWord(lexemes []lexeme, i int) (quantity, bool) {
	q := quantity{begin: i, end: i + 1, word: true, units: []unit{percent}}
	t := lexemes[i]
	if whole := r.shares[t.norm]; whole > 0 && i+1 < len(lexemes) {
		stem := strings.TrimRight(lexemes[i+1].norm, "sinuy") // of "ikisinin"
		for _, word := range []string{lexemes[i+1].norm, stem, stem + "i"} {
			if parts := r.numbers[word]; parts > 0 && parts < whole {
				q.values, q.end = []decimal{share(parts, whole)}, i+2
				return q, true
			}
		}
		return q, false
	}
	if n := r.ordinalWord(&t); n > 2 && i+1 < len(lexemes) && partWords[lexemes[i+1].norm] {
		q.values, q.end = []decimal{share(1, n)}, i+2 // "la cuarta parte"
		return q, true
	}
	if f, ok := r.fractionAt(t); ok {
		q.values = []decimal{share(f.parts, f.whole)}
		q.loose = !r.isPart(lexemes, i) && (i == 0 || !shareJoints[lexemes[i-1].norm] || f.whole == 2)
		return q, true
	}
	parts := r.numbers[t.norm]
	if t.kind == lexemeNumber && len(t.norm) == 1 {
		parts = int(t.norm[0] - '0')
	}
	if parts == 0 || t.kind == lexemeWord && r.language == "ar" || i+1 >= len(lexemes) {
		return q, false
	}
	f, ok := r.fractionAt(lexemes[i+1])
	if n := r.ordinalWord(&lexemes[i+1]); !ok && t.kind == lexemeWord && n > 2 && n > parts && (parts > 1 || sharesOfOne[r.language]) {
		f, ok = fraction{1, n}, true // "dos quintas", "одна пятая"
	}
	if !ok || f.parts != 1 || parts >= f.whole {
		return q, false
	}
	q.values, q.end = []decimal{share(parts, f.whole)}, i+2
	return q, true
}

// sharesOfOne are languages in which "one" before an ordinal makes it a share.
var sharesOfOne = set("ru uk be pl bg mk el")

// partWords make an ordinal before them a share.
var partWords = set("parte czesc czesci czescia часть части частью частина частини частину частиною")

// isPart reports whether the fraction at lexeme i is a share for certain: "half of them", but
// not "the second half".
func (r *languageRules) isPart(lexemes []lexeme, i int) bool {
	return r.parts[lexemes[i].norm] && (i == 0 || r.ordinalWord(&lexemes[i-1]) == 0 && lexemes[i-1].kind != lexemeNumber && lexemes[i-1].kind != lexemeMark)
}

// fractionAt returns the share that a word means, also in its plural.
func (r *languageRules) fractionAt(t lexeme) (fraction, bool) {
	for _, word := range t.forms() {
		if f, ok := r.fractions[word]; ok {
			return f, true
		}
		for _, ending := range []string{"s", "i", "n", "en"} {
			if stem, ok := strings.CutSuffix(word, ending); ok && len(stem) > 3 {
				if f, ok := r.fractions[stem]; ok {
					return f, true
				}
				if f, ok := r.fractions[stem+"o"]; ok && ending == "i" {
					return f, true
				}
			}
		}
	}
	return fraction{}, false
}

// denominators name the parts of a whole.
var denominators = map[string]int{
	"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}

// shareJoints stand before a share.
var shareJoints = set("by than nearly almost about around roughly over на")

// shareOf notes the share that two numbers make with what stands between them, as in "one in
// eight", "1/8" or "8人に1人".
func (r *languageRules) shareOf(lexemes []lexeme, first, second *quantity) {
	between := lexemes[first.end:second.begin]
	if len(between) == 0 || len(between) > 4 || first.units[0] != "" || second.units[0] != "" {
		return
	}
	parts, all := first.values[0].smallInt(), second.values[0].smallInt()
	switch words := joinedBy(between, " "); {
	case r.unspaced() && (words == "人 に" || words == "人 中 有"):
		parts, all = all, parts
	case words == "/" && between[0].glued:
	case !r.isOneOf(between):
		return
	}
	if parts < 1 || parts >= all || all > 100 {
		return
	}
	first.parts, first.all = uint8(parts), uint8(all)
	second.parts, second.all = first.parts, first.all
}

// isOneOf reports whether between leads from the parts to the whole of a share, as "sur" does in
// "un habitant sur dix".
func (r *languageRules) isOneOf(between []lexeme) bool {
	for k := range between[:min(2, len(between))] {
		if r.oneOf[joinedBy(between[k:], " ")] && (k == 0 || between[0].kind == lexemeWord) {
			return true
		}
	}
	return false
}

// rounded returns a share in whole percent and with one decimal, up and down.
func (d decimal) rounded() []decimal {
	parts, all, ok := strings.Cut(d.digits, "/")
	if !ok {
		return nil
	}
	a, _ := strconv.Atoi(parts)
	b, _ := strconv.Atoi(all)
	ones, tenths := 100*a/b, 1000*a/b
	return []decimal{whole(ones), whole(ones + 1), newDecimal(strconv.Itoa(tenths), -1), newDecimal(strconv.Itoa(tenths+1), -1)}
}

// share returns parts of a whole as a percentage. Those without a short decimal
// form, such as a third, are kept as they are.
func share(parts, whole int) decimal {
	if thousandths := parts * 1000; thousandths%whole == 0 {
		return newDecimal(strconv.Itoa(thousandths/whole), -1)
	}
	return decimal{strconv.Itoa(parts) + "/" + strconv.Itoa(whole), -9}
}
