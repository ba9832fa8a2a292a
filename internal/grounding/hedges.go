package grounding

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

// hedgeBefore returns the hedge in front of lexeme i.
func (r *languageRules) hedgeBefore(lexemes []lexeme, i int) hedge {
	if i >= 2 {
		if h := hedgePairs[lexemes[i-2].norm+" "+lexemes[i-1].norm]; h != hedgeNone {
			return h
		}
	}
	if i >= 1 {
		return r.hedges[lexemes[i-1].norm]
	}
	return hedgeNone
}

// approximates reports whether q, hedged as h says, rounds a number of the
// source: one with the same unit and more digits, not further away than a tenth,
// or a twentieth where the direction is open. Numbers below ten are not rounded,
// nor are years.
func (f *facts) approximates(q quantity, h hedge) bool {
	if h == hedgeNone || q.ordinal {
		return false
	}
	for _, v := range q.values {
		rounded, ok := v.float()
		if !ok || rounded < 10 || len(v.digits) > 2 {
			continue
		}
		for a := range f.amounts {
			exact, ok := a.value.float()
			if !ok || a.unit != q.units[0] || len(a.value.digits) <= len(v.digits) || a.value.exp == 0 && exact >= 1900 && exact <= 2100 {
				continue
			}
			if h.allows(exact / rounded) {
				return true
			}
		}
	}
	return false
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
