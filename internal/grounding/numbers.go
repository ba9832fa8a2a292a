package grounding

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// quantity is a number in a text with the lexemes that it stands in.
type quantity struct {
	values     []decimal // the ways to read it; at least one
	units      []unit    // likewise; at least one, which may be empty
	also       []decimal // further values that a source with it supports
	begin, end int       // lexemes
	word       bool      // written as a word
	ordinal    bool
	counts     bool // a common noun follows: "19 ships"
	measure    bool // a measure of time, length and the like follows: "19 days"
	loose      bool // it may mean something else: no claim, but support for one
	time       unit // the unit of time that follows, in English
	points     bool // that measure is points, which may be percentage points
	rank       bool // a full stop follows, which may make it an ordinal
	alone      bool // digits with nothing to count behind them, which may be a day: "le 16"

	parts, all uint8 // of the share that it makes with the words around it, as in "one in eight"
}

// quantities returns the numbers in lexemes, in order, ranges widened: in
// "$5-10 million" the five is dollars and may be millions.
func (r *languageRules) quantities(lexemes []lexeme) []quantity {
	digits := 0
	for i := range lexemes {
		if lexemes[i].kind == lexemeNumber {
			digits++
		}
	}
	found := make([]quantity, 0, digits+len(lexemes)/80+1) // few are in words
	for i := 0; i < len(lexemes); {
		if !r.mayBegin(&lexemes[i]) {
			i++
			continue
		}
		q, ok := r.quantity(lexemes, i)
		if !ok {
			i++
			continue
		}
		if n := len(found); n > 0 && joins(lexemes[found[n-1].end:q.begin]) {
			before := found[n-1].units
			widen(&found[n-1], q)
			if q.units[0] == "" && before[0] != "" {
				q.units = slices.Concat(q.units, before) // "$5-10 million"
			}
		} else if n > 0 {
			r.shareOf(lexemes, &found[n-1], &q)
			if ofOne(lexemes[found[n-1].end:q.begin]) {
				widen(&found[n-1], q)
			}
		}
		found = append(found, q)
		i = q.end
	}
	return found
}

// joins reports whether between makes a range or a pair of two numbers.
func joins(between []lexeme) bool {
	return len(between) == 1 && (between[0].norm == "-" || connectors[between[0].norm])
}

// ofOne reports whether between, such as "of the" and "auf", may lead from a number to one whose
// magnitude it shares.
func ofOne(between []lexeme) bool {
	return len(between) > 0 && len(between) <= 2 && !slices.ContainsFunc(between, func(t lexeme) bool {
		return t.kind != lexemeWord || t.upper || utf8.RuneCountInString(t.norm) > 4
	})
}

var connectors = set("to and or bis und y o a et ou e")

// widen gives the first of a pair the magnitude and unit of the second.
func widen(first *quantity, second quantity) {
	for _, u := range second.units {
		if u != "" && !slices.Contains(first.units, u) {
			first.units = append(first.units, u)
		}
	}
	for _, v := range second.values {
		for _, mine := range first.values {
			if v.exp >= 3 {
				for _, exp := range []int{3, 6, 9, 12} {
					if exp <= v.exp+2 && exp < v.magnitude() {
						first.values = append(first.values, mine.scale(exp))
					}
				}
				return
			}
		}
	}
}

// mayBegin reports whether a number may begin with t. It keeps the many words that
// are none from the dearer look.
func (r *languageRules) mayBegin(t *lexeme) bool {
	if t.kind != lexemeWord {
		return t.kind == lexemeNumber || len(t.norm) > 1 && vulgarFractions[t.norm] != fraction{}
	}
	if t.upper && t.norm != "" && r.mayBeNumeral(t) && romanValue(t) > 0 {
		return true
	}
	if r.unspaced() {
		_, digit := hanDigits[t.norm]
		_, power := hanPowers[t.norm]
		return digit || power || t.norm == "半"
	}
	if r.starts[t.norm] || r.oneWord && r.mayBeCompound(t.norm) {
		return true
	}
	return r.language == "ar" && slices.ContainsFunc(cliticForms(t.norm), func(form string) bool { return r.starts[form] })
}

// quantity reads the number that begins at lexeme i.
func (r *languageRules) quantity(lexemes []lexeme, i int) (quantity, bool) {
	if q, ok := r.shareOrSign(lexemes, i); ok {
		return q, true
	}
	if r.magnitudeFirst() {
		if q, ok := r.leadingMagnitude(lexemes, i); ok {
			return q, true
		}
	}
	q := quantity{begin: i}
	switch lexemes[i].kind {
	case lexemeNumber:
		q.values, q.end = r.valuesAt(lexemes, i)
		if suffix := behindStop(lexemes, q.end); len(q.values) == 1 && r.hasOrdinalSuffix(lexemes, suffix) {
			q.ordinal, q.end = true, suffix+1
			q.counts, _ = follows(lexemes, q.end)
			return q.withUnit(""), true
		}
		q.rank = r.isRank(lexemes, q.end)
	case lexemeWord:
		if r.zeros[lexemes[i].norm] {
			return quantity{begin: i, end: i + 1, word: true, loose: true, values: []decimal{{}}}.withUnit(""), true
		}
		if n := r.plusHalf[lexemes[i].norm]; n > 0 {
			q.word, q.end, q.loose = true, i+1, n == 1
			q.values = []decimal{whole(n).plusHalf(0)}
			break
		}
		n, ok := r.wordNumber(lexemes, i)
		if !ok || i > 0 && r.isPercentPair(&lexemes[i-1], &lexemes[i]) {
			return q, false
		}
		q.word, q.end, q.ordinal, q.loose = true, n.end, n.ordinal, n.loose
		q.values = []decimal{whole(n.value)}
		if q.ordinal && i > 0 && n.value > 1 && r.every[lexemes[i-1].norm] {
			q.parts, q.all = 1, uint8(min(n.value, 255))
		}
	default:
		return q, false
	}
	scaled := r.scale(lexemes, &q)
	if q.loose = q.loose && !scaled; q.word && !scaled && (lexemes[i].norm == "a" || lexemes[i].norm == "an") && r.language == "en" {
		return q, false
	}
	q.units = r.unitsOf(lexemes, &q)
	q.also = r.timesOf(lexemes, &q)
	q.alone = r.language != "en" && !q.word && !scaled && q.units[0] == "" && (q.end == len(lexemes) || lexemes[q.end].kind == lexemeMark)
	if r.language == "en" {
		q.counts, q.measure = follows(lexemes, q.end)
		if q.measure {
			q.time = timeAfter(lexemes, q.end)
		}
		q.points = q.measure && q.end < len(lexemes) && strings.HasPrefix(lexemes[q.end].norm, "point")
	}
	return q, true
}

// shareOrSign reads what needs no words behind it at lexeme i: a number in Chinese or Japanese,
// a share, the sign of a fraction, a Roman numeral.
func (r *languageRules) shareOrSign(lexemes []lexeme, i int) (quantity, bool) {
	if r.unspaced() {
		if q, ok := r.hanQuantity(lexemes, i); ok {
			return q, true
		}
	} else if q, ok := r.fraction(lexemes, i); ok {
		return q, true
	}
	if t := &lexemes[i]; t.kind == lexemeMark || t.kind == lexemeWord && t.upper {
		return r.signOrNumeral(lexemes, i)
	}
	return quantity{}, false
}

// follows tells what the word at lexeme i makes of a number before it: a count of
// things, or a measure.
func follows(lexemes []lexeme, i int) (counts, measure bool) {
	hyphen := i+1 < len(lexemes) && lexemes[i].norm == "-" && lexemes[i].glued
	if hyphen {
		i++
	}
	if i >= len(lexemes) || lexemes[i].kind != lexemeWord {
		return false, false
	}
	if measures[lexemes[i].norm] {
		return false, true
	}
	return !hyphen && !lexemes[i].upper && !functionWords[lexemes[i].norm], false
}

// timeAfter returns the unit of time that the word at lexeme i names.
func timeAfter(lexemes []lexeme, i int) unit {
	if i+1 < len(lexemes) && lexemes[i].norm == "-" && lexemes[i].glued {
		i++
	}
	if i >= len(lexemes) {
		return ""
	}
	return timeUnits[lexemes[i].norm]
}

// timeUnits are units of time.
var timeUnits = map[string]unit{
	"second": "second", "seconds": "second", "minute": "minute", "minutes": "minute", "hour": "hour", "hours": "hour", "day": "day", "days": "day",
	"week": "week", "weeks": "week", "month": "month", "months": "month", "year": "year", "years": "year", "yr": "year", "yrs": "year",
	"decade": "decade", "decades": "decade",
}

var (
	measures = set("second seconds minute minutes hour hours day days week weeks month months year years yr yrs decade decades " +
		"metre metres meter meters millimetre millimetres millimeter millimeters mm centimetre centimetres cm kilometre kilometres kilometer kilometers km kmh kph " +
		"mile miles mph foot feet ft inch inches yard yards knots gram grams kilogram kilograms kg kilo kilos tonne tonnes ton tons litre litres liter liters " +
		"degree degrees celsius acre acres hectare hectares point points am pm")

	// functionWords are words after which a number counts nothing that they name.
	functionWords = set("a an the to and or of in on at by for from with as while when than was were is are had has have but after before since until till " +
		"per more less fewer out who that which over under up down off into against")
)

// hasOrdinalSuffix reports whether lexeme i makes the number before it an ordinal.
func (r *languageRules) hasOrdinalSuffix(lexemes []lexeme, i int) bool {
	return i < len(lexemes) && lexemes[i].glued && lexemes[i].kind == lexemeWord && r.suffixes[lexemes[i].norm]
}

// behindStop returns the lexeme behind the full stop of "2.º", i itself for none.
func behindStop(lexemes []lexeme, i int) int {
	if i+1 < len(lexemes) && lexemes[i].norm == "." && lexemes[i].glued && (lexemes[i+1].norm == "º" || lexemes[i+1].norm == "ª") {
		return i + 1
	}
	return i
}

// valuesAt returns the values that the digits at lexeme i may mean. In languages that
// separate in both ways both are kept.
func (r *languageRules) valuesAt(lexemes []lexeme, i int) ([]decimal, int) {
	text, end := lexemes[i].norm, i+1
	if r.language != "en" {
		for end < len(lexemes) && lexemes[end].kind == lexemeNumber && !lexemes[end].glued &&
			len(lexemes[end].norm) == 3 && !strings.ContainsAny(text, ".,:") && len(text)%4 <= 3 && len(text) <= 11 {
			text += "'" + lexemes[end].norm
			end++
		}
	}
	text = strings.ReplaceAll(text, "'", "")
	if at, last, ok := r.clock(lexemes, text, end); ok {
		return at, last
	}
	if !strings.ContainsAny(text, ".,") {
		return []decimal{newDecimal(text, 0)}, end
	}
	return r.possibleValues(text), end
}

// possibleValues returns the values that digits with separators may mean.
func (r *languageRules) possibleValues(text string) []decimal {
	english, continental := readDecimal(text, ',', '.'), readDecimal(text, '.', ',')
	switch {
	case separators[r.language] == '.', strings.HasSuffix(text, ",000") && separators[r.language] == 0:
		return []decimal{english}
	case separators[r.language] == ',' || english == continental, strings.HasSuffix(text, ".000"):
		return []decimal{continental}
	}
	return []decimal{continental, english}
}

// separators are the signs before decimals, where a language has one only.
var separators = func() map[string]rune {
	signs := make(map[string]rune)
	for _, language := range strings.Fields("en zh ja ko he hi th") {
		signs[language] = '.'
	}
	for _, language := range strings.Fields("de fr it nl pl cs sk ru uk bg tr fi sv da nb no hu ro hr sr el") {
		signs[language] = ','
	}
	return signs
}()
