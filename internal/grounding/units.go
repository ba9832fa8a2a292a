package grounding

import (
	"slices"
	"strings"
)

// unit says what a number counts, as far as that is compared: a percentage or
// the currency of an amount. Empty is anything else.
type unit string

const percent unit = "%"

func (q quantity) withUnit(u unit) quantity {
	q.units = []unit{u}
	return q
}

// unitsOf reads the unit of q before and after its lexemes, and extends q by one before.
func (r *languageRules) unitsOf(lexemes []lexeme, q *quantity) []unit {
	u, begin := r.unitBefore(lexemes, q.begin)
	if u == "" {
		u = r.unitAfter(lexemes[q.end:min(q.end+4, len(lexemes))])
	}
	q.begin = begin
	if u == "" {
		return noUnit
	}
	return []unit{u}
}

// noUnit is shared by most numbers. Nothing writes to it, and what is appended goes elsewhere.
var noUnit = []unit{""}

// unitBefore returns the unit that ends before the number at lexeme i, and where the
// number begins with it.
func (r *languageRules) unitBefore(lexemes []lexeme, i int) (unit, int) {
	if i == 0 {
		return "", i
	}
	before := lexemes[i-1]
	if u := r.currencies[before.norm]; u != "" && (before.kind == lexemeMark || before.caps || smallCurrencies[before.norm] || r.magnitudeFirst()) {
		begin := i - 1
		if begin > 0 && before.kind == lexemeMark && before.glued && lexemes[begin-1].caps && len(lexemes[begin-1].norm) <= 2 {
			begin-- // the country of "US$"
		}
		return u, begin
	}
	if r.percentBefore[before.norm] || before.norm == "%" && lexemes[i].glued {
		return percent, i
	}
	return "", i
}

// smallCurrencies stand before a number in small letters.
var smallCurrencies = set("rs sh ksh rp shilingi")

// unitAfter returns the unit that the lexemes after a number begin with. It may follow a
// hyphen, as in "20-dollar", or the country of a currency, as in "Australian dollars".
func (r *languageRules) unitAfter(after []lexeme) unit {
	if len(after) > 1 && after[0].norm == "-" && after[0].glued && after[1].glued {
		after = after[1:]
	}
	if len(after) > 1 && after[0].norm == "." && after[0].glued { // of an abbreviation
		after = after[1:]
	}
	if len(after) == 0 {
		return ""
	}
	if r.unspaced() {
		return hanUnit(after)
	}
	if u := r.unitWord(after[0]); u != "" || len(after) == 1 {
		return u
	}
	return r.unitPair(&after[0], &after[1])
}

// unitPair returns the unit that two lexemes name: "per cent", "Australian dollars".
func (r *languageRules) unitPair(first, second *lexeme) unit {
	if r.isPercentPair(first, second) {
		return percent
	}
	if first.kind != lexemeWord || second.kind != lexemeWord || second.caps {
		return ""
	}
	if unitJoints[first.norm] || first.upper || r.isPlaceAdjective(*first) {
		return r.currencies[second.norm]
	}
	return ""
}

func (r *languageRules) isPercentPair(first, second *lexeme) bool {
	pair := first.norm + " " + second.norm
	return percentPairs[pair] || r.percentPairs[pair]
}

// percentPairs are words for per cent in more languages than one.
var percentPairs = map[string]bool{"per cent": true, "pour cent": true, "por ciento": true, "por cento": true, "per cento": true, "за сто": true}

// unitWord returns the unit that one lexeme names.
func (r *languageRules) unitWord(t lexeme) unit {
	if u := r.currencies[t.norm]; u != "" {
		return u
	}
	if r.isPercentWord(t) {
		return percent
	}
	if r.endings != nil && t.kind == lexemeWord && len(t.norm) >= 5 {
		for _, ending := range r.endings {
			if stem, ok := strings.CutSuffix(t.norm, ending); ok && r.currencies[stem] != "" {
				return r.currencies[stem]
			}
		}
	}
	for _, form := range t.otherForms() {
		if u := r.currencies[form]; u != "" {
			return u
		}
		if r.percents[form] {
			return percent
		}
	}
	return ""
}

// isPercentWord reports whether one lexeme names per cent.
func (r *languageRules) isPercentWord(t lexeme) bool {
	return r.percents[t.norm] || t.kind == lexemeWord && len(t.norm) >= 6 &&
		slices.ContainsFunc(percentStems, func(stem string) bool { return strings.HasPrefix(t.norm, stem) })
}

// percentStems begin the words for per cent in languages with cases.
var percentStems = []string{"prosent", "procent", "prozent", "protsent", "szazalek", "процент", "відсотк", "вiдсотк", "відсот", "ποσοστ"}

// isPlaceAdjective reports whether t may be the country of a currency, as in "Australian
// dollars".
func (r *languageRules) isPlaceAdjective(t lexeme) bool {
	return !t.upper && slices.ContainsFunc(r.derived, func(ending string) bool { return strings.HasSuffix(t.norm, ending) && len(t.norm) > len(ending)+5 })
}

// unitJoints stand between a magnitude and its unit, as in "millions d'euros".
var unitJoints = set("of d de di")
