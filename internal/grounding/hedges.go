package grounding

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// hedge says in which direction a number in a summary may be rounded.
type hedge uint8

const (
	hedgeNone  hedge = iota
	hedgeNear        // "about 50"
	hedgeAbove       // "more than 50": the source has a little more
	hedgeBelow       // "nearly 50": the source has a little less
)

// hedgePairs are hedges of two words in English.
var hedgePairs = map[string]hedge{
	"more than": hedgeAbove, "at least": hedgeAbove, "less than": hedgeBelow, "fewer than": hedgeBelow, "close to": hedgeNear,
}

// hedgeAround returns the hedge beside q.
func (r *languageRules) hedgeAround(lexemes []lexeme, q quantity) hedge {
	if h := r.hedgeBefore(lexemes, q.begin); h != hedgeNone || len(r.hedgesAfter) == 0 {
		return h
	}
	return r.hedgeAfter(lexemes, q.end)
}

// hedgeBefore returns the hedge in front of lexeme i.
func (r *languageRules) hedgeBefore(lexemes []lexeme, i int) hedge {
	if i >= 2 {
		if h := hedgePairs[lexemes[i-2].norm+" "+lexemes[i-1].norm]; h != hedgeNone {
			return h
		}
	}
	for k := i - 1; k >= max(0, i-3); k-- {
		word := lexemes[k].norm
		if h := r.hedges[word]; h != hedgeNone {
			if word == "uber" && k > 0 && isWorth(&lexemes[k-1]) {
				return hedgeNone
			}
			return h
		}
		if r.language == "en" || utf8.RuneCountInString(word) > maxHedgeJoint && !r.determiners[word] && r.currencies[word] == "" {
			break
		}
	}
	return hedgeNone
}

// isWorth reports whether t is a German noun for what has a price, behind which "über" says how
// much: "ein Vertrag über 60 Millionen".
func isWorth(t *lexeme) bool {
	return t.upper && slices.ContainsFunc(worths, func(noun string) bool { return strings.HasSuffix(t.norm, noun) })
}

var worths = strings.Fields("burgschaft burgschaften kredit kredite vertrag vertrage auftrag auftrage darlehen scheck rechnung anleihe paket programm betrag forderung")

// maxHedgeJoint is the maximum in letters of what stands between a hedge and a number, as in "plus
// de la moitié" and "超过".
const maxHedgeJoint = 4

// hedgeAfter returns the hedge behind lexeme i, as in "三百多人" and "10 milyondan fazla".
func (r *languageRules) hedgeAfter(lexemes []lexeme, i int) hedge {
	for k := i; k < min(i+3, len(lexemes)); k++ {
		if h := r.hedgesAfter[lexemes[k].norm]; h != hedgeNone {
			return h
		}
		if k+1 < len(lexemes) && lexemes[k].norm == "以" && lexemes[k+1].norm == "上" { // "2万人以上"
			return hedgeAbove
		}
	}
	return hedgeNone
}

// approximates reports whether q, hedged as h says, rounds a number of the
// source: one with the same unit and more digits, not further away than a tenth,
// or a twentieth where the direction is open, or the number with the digits that q leaves
// out. Numbers below ten are not rounded, nor are years. Shares in words are coarser.
func (f *facts) approximates(q quantity, h hedge) bool {
	if h == hedgeNone || q.ordinal {
		return false
	}
	return slices.ContainsFunc(q.values, func(v decimal) bool {
		return q.word && q.units[0] == percent && f.nearShare(v, h) || f.isRounded(v, q.units[0], h)
	})
}

// isRounded reports whether the source has a number in unit u that v rounds as h allows.
func (f *facts) isRounded(v decimal, u unit, h hedge) bool {
	rounded, ok := v.float()
	switch {
	case !ok:
		return false
	case v.exp == 0 && rounded < 100 && f.hasFraction(rounded, u, h):
		return true
	}
	return (rounded >= 10 || v.exp < 0 && rounded > 1) && len(v.digits) <= 2 && f.hasRounded(v, rounded, u, h)
}

// hasFraction reports whether the source has a number with decimals in unit u that a hedge h
// rounds to a whole one: "nearly 5 %" for 4.7.
func (f *facts) hasFraction(rounded float64, u unit, h hedge) bool {
	for a := range f.amounts {
		exact, ok := a.value.float()
		if !ok || a.unit != u || a.value.exp >= 0 {
			continue
		}
		switch off := exact - rounded; {
		case h == hedgeNear && off > -0.5 && off < 0.5, h == hedgeAbove && off > 0 && off < 1, h == hedgeBelow && off < 0 && off > -0.6:
			return true
		}
	}
	return false
}

// hasRounded reports whether the source has a number in unit u with more digits than v, which
// is rounded, that h allows to be rounded to it.
func (f *facts) hasRounded(v decimal, rounded float64, u unit, h hedge) bool {
	digits := len(v.digits)
	if digits == 2 && strings.HasSuffix(v.digits, "5") {
		digits = 1 // "nearly 2.5 million" for 2.4
	}
	for a := range f.amounts {
		exact, ok := a.value.float()
		if !ok || a.unit != u || len(a.value.digits) <= digits || a.value.exp == 0 && exact >= 1900 && exact <= 2100 {
			continue
		}
		if h.allows(exact/rounded) || rounded >= 100 && h.cuts(exact/rounded) && strings.HasPrefix(a.value.digits, v.digits) {
			return true
		}
	}
	return false
}

// nearShare reports whether the source has a percentage that a share in words may stand for
// with this hedge: "more than half" for 60 %.
func (f *facts) nearShare(v decimal, h hedge) bool {
	mine, ok := v.percentage()
	if !ok {
		return false
	}
	for a := range f.amounts {
		exact, ok := a.value.percentage()
		if !ok || a.unit != percent {
			continue
		}
		wide := 0.12
		if mine == 50 {
			wide = 0.3
		}
		switch ratio := exact / mine; {
		case h == hedgeNear && ratio > 0.88 && ratio < 1.12,
			h == hedgeAbove && ratio > 1 && ratio < 1+wide,
			h == hedgeBelow && ratio < 1 && ratio > 1-wide:
			return true
		}
	}
	return false
}

// cuts reports whether a rounded number may be the exact one, which is this multiple of it,
// from a hundred on, with digits left out.
func (h hedge) cuts(ratio float64) bool {
	return h == hedgeAbove && ratio > 1 && ratio <= 1.25 || h == hedgeNear && ratio >= 0.9 && ratio <= 1.16
}

// allows reports whether the exact number may be this multiple of the rounded one.
func (h hedge) allows(ratio float64) bool {
	switch h {
	case hedgeNear:
		return ratio >= 0.95 && ratio <= 1.05
	case hedgeAbove:
		return ratio > 1 && ratio <= 1.1
	case hedgeBelow:
		return ratio < 1 && ratio >= 0.9
	}
	return false
}
