package grounding

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// unit says what a number counts, as far as that is compared: a percentage or
// the currency of an amount. Empty is anything else.
type unit string

const percent unit = "%"

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
	points     bool // that measure is points, which may be those of a percentage
}

// quantities returns the numbers in lexemes, in order, ranges widened: in
// "$5-10 million" the five is dollars and may be millions.
func (r *languageRules) quantities(lexemes []lexeme) []quantity {
	var found []quantity
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
		return t.kind == lexemeNumber
	}
	if r.unspaced() {
		_, digit := hanDigits[t.norm]
		_, power := hanPowers[t.norm]
		return digit || power || t.norm == "半"
	}
	if r.starts[t.norm] || r.compound && r.mayBeCompound(t.norm) {
		return true
	}
	return r.language == "ar" && slices.ContainsFunc(cliticForms(t.norm), func(form string) bool { return r.starts[form] })
}

// quantity reads the number that begins at lexeme i.
func (r *languageRules) quantity(lexemes []lexeme, i int) (quantity, bool) {
	if r.unspaced() {
		if q, ok := r.hanQuantity(lexemes, i); ok {
			return q, true
		}
	} else if q, ok := r.fraction(lexemes, i); ok {
		return q, true
	}
	q := quantity{begin: i}
	switch lexemes[i].kind {
	case lexemeNumber:
		q.values, q.end = r.valuesAt(lexemes, i)
		if len(q.values) == 1 && r.hasOrdinalSuffix(lexemes, q.end) {
			q.ordinal = true
			q.end++
			q.counts, _ = follows(lexemes, q.end)
			return q.withUnit(""), true
		}
	case lexemeWord:
		n, ok := r.wordNumber(lexemes, i)
		if !ok || i > 0 && percentPairs[lexemes[i-1].norm+" "+lexemes[i].norm] {
			return q, false
		}
		q.word, q.end, q.ordinal, q.loose = true, n.end, n.ordinal, n.loose
		q.values = []decimal{whole(n.value)}
	default:
		return q, false
	}
	scaled := r.scale(lexemes, &q)
	if q.loose = q.loose && !scaled; q.word && !scaled && (lexemes[i].norm == "a" || lexemes[i].norm == "an") && r.language == "en" {
		return q, false
	}
	q.units = r.unitsOf(lexemes, &q)
	q.also = r.hourOf(lexemes, &q)
	if r.language == "en" {
		q.counts, q.measure = follows(lexemes, q.end)
		if q.measure {
			q.time = timeAfter(lexemes, q.end)
		}
		q.points = q.measure && q.end < len(lexemes) && strings.HasPrefix(lexemes[q.end].norm, "point")
	}
	return q, true
}

// scale multiplies q by the magnitudes behind it, and adds what follows a magnitude in
// languages that write "5 thousand 200".
func (r *languageRules) scale(lexemes []lexeme, q *quantity) (scaled bool) {
	var exp int
	q.values, q.end, exp = r.magnitudes(lexemes, q.values, q.end)
	for exp > 0 && r.mixesDigits() && q.end < len(lexemes) && lexemes[q.end].kind == lexemeNumber {
		more, end := r.valuesAt(lexemes, q.end)
		more, end, next := r.magnitudes(lexemes, more, end)
		if len(more) == 0 || more[0].exp < 0 || more[0].magnitude() > exp {
			break
		}
		for k := range q.values {
			q.values[k] = q.values[k].plus(more[0])
		}
		q.end, exp, scaled = end, next, true
	}
	return scaled || exp > 0
}

// mixesDigits reports whether digits follow a magnitude within one number.
func (r *languageRules) mixesDigits() bool {
	return r.language == "tr" || r.language == "az" || r.language == "ko" || r.unspaced()
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
	if f, ok := r.fractionAt(t); ok {
		q.values = []decimal{share(f.parts, f.whole)}
		q.loose = i == 0 || !shareJoints[lexemes[i-1].norm] || f.whole == 2
		return q, true
	}
	parts := r.numbers[t.norm]
	if t.kind == lexemeNumber && len(t.norm) == 1 {
		parts = int(t.norm[0] - '0')
	}
	if parts == 0 || r.language == "ar" || i+1 >= len(lexemes) {
		return q, false
	}
	f, ok := r.fractionAt(lexemes[i+1])
	if !ok || f.parts != 1 || parts >= f.whole {
		return q, false
	}
	q.values, q.end = []decimal{share(parts, f.whole)}, i+2
	return q, true
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

// share returns parts of a whole as a percentage. Those without a short decimal
// form, such as a third, equal themselves only.
func share(parts, whole int) decimal {
	if thousandths := parts * 1000; thousandths%whole == 0 {
		return newDecimal(strconv.Itoa(thousandths/whole), -1)
	}
	return decimal{strconv.Itoa(parts) + "/" + strconv.Itoa(whole), -9}
}

func (q quantity) withUnit(u unit) quantity {
	q.units = []unit{u}
	return q
}

// hasOrdinalSuffix reports whether lexeme i makes the number before it an ordinal.
func (r *languageRules) hasOrdinalSuffix(lexemes []lexeme, i int) bool {
	return i < len(lexemes) && lexemes[i].glued && lexemes[i].kind == lexemeWord && r.suffixes[lexemes[i].norm]
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
	english, continental := readDecimal(text, ',', '.'), readDecimal(text, '.', ',')
	switch {
	case separators[r.language] == '.':
		return []decimal{english}, end
	case separators[r.language] == ',' || english == continental:
		return []decimal{continental}, end
	}
	return []decimal{continental, english}, end
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

// clock reads a time of day whose first digits are text and end before lexeme end. A time
// with a point may be a number too.
func (r *languageRules) clock(lexemes []lexeme, text string, end int) ([]decimal, int, bool) {
	after := ""
	if end < len(lexemes) {
		after = lexemes[end].norm
	}
	meridiem := ""
	if r.language == "en" && (after == "am" || after == "pm") {
		meridiem = after
	}
	if strings.Contains(text, ":") {
		return []decimal{timeOfDay(strings.Split(text, ":"), meridiem)}, end, true
	}
	if minutes, ok := strings.CutPrefix(after, "h"); ok && len(minutes) == 2 && isDigit(rune(minutes[0])) && lexemes[end].glued {
		return []decimal{timeOfDay([]string{text, minutes}, "")}, end + 1, true
	}
	if !dottedTime.MatchString(text) {
		if meridiem != "" && len(text) <= 2 {
			return []decimal{timeOfDay([]string{text, "00"}, meridiem)}, end, true
		}
		return nil, end, false
	}
	at := timeOfDay(strings.Split(text, "."), meridiem)
	switch {
	case meridiem != "":
		return []decimal{at}, end, true
	case r.language != "en":
		return []decimal{readDecimal(text, ',', '.'), at}, end, true
	}
	return nil, end, false
}

// dottedTime matches a time of day with a point, as in "2.15am".
var dottedTime = regexp.MustCompile(`^[012]?\d\.[0-5]\d$`)

// hours are words that make a whole number before them a time of day.
var hours = set("uhr h heures heure horas ore часов часа год годин години godzina godzinie hodin klo saat")

// hourOf returns the time of day that q may be with the word behind it, and the hour of a
// time of day.
func (r *languageRules) hourOf(lexemes []lexeme, q *quantity) []decimal {
	v := q.values[0]
	if v.exp >= timeExp {
		if minutes := decimal.smallInt(decimal{v.digits, v.exp - timeExp}); minutes >= 0 && minutes%100 == 0 {
			also := []decimal{whole(minutes / 100)}
			if minutes > 1200 {
				also = append(also, whole(minutes/100-12))
			}
			return also
		}
		return nil
	}
	if n := v.smallInt(); n >= 0 && n <= 24 && q.end < len(lexemes) && hours[lexemes[q.end].norm] {
		return []decimal{timeOfDay([]string{strconv.Itoa(n), "00"}, "")}
	}
	return nil
}

// readDecimal reads digits with the given separators. A point that stands
// twice separates thousands, whatever the language.
func readDecimal(text string, thousands, point byte) decimal {
	if strings.Count(text, string(point)) > 1 {
		thousands, point = point, thousands
	}
	text = strings.ReplaceAll(text, string(thousands), "")
	before, after, _ := strings.Cut(text, string(point))
	return newDecimal(before+after, -len(after))
}

// timeExp sets times of day apart from all that is counted.
const timeExp = 90

// timeOfDay makes a time of day such as "17:30" a number of its own.
func timeOfDay(parts []string, meridiem string) decimal {
	hour, _ := strconv.Atoi(parts[0])
	switch {
	case meridiem == "pm" && hour < 12:
		hour += 12
	case meridiem == "am" && hour == 12:
		hour = 0
	}
	return newDecimal(strconv.Itoa(hour)+strings.Join(parts[1:], ""), timeExp)
}

// magnitudes multiplies values by the powers of ten behind them: "million", "bn", the "m"
// in "100m", which may be meters too. It returns the last power, 0 for none.
func (r *languageRules) magnitudes(lexemes []lexeme, values []decimal, i int) (scaled []decimal, end, last int) {
	for i < len(lexemes) {
		j := i
		if lexemes[j].norm == "-" && lexemes[j].glued && j+1 < len(lexemes) && lexemes[j+1].glued {
			j++
		}
		exp, sure := r.magnitude(lexemes, j)
		if exp == 0 {
			break
		}
		larger := make([]decimal, len(values), 2*len(values))
		for k, v := range values {
			larger[k] = v.scale(exp)
		}
		if !sure {
			larger = append(larger, values...)
		}
		values, i, last = larger, j+1, exp
	}
	return values, i, last
}

// magnitude returns the power of ten that lexeme i means, 0 for none, and whether it can
// mean nothing else.
func (r *languageRules) magnitude(lexemes []lexeme, i int) (exp int, sure bool) {
	t := &lexemes[i]
	if t.kind != lexemeWord {
		return 0, false
	}
	if len(t.norm) == 1 && (t.glued || i+1 < len(lexemes) && r.currencies[lexemes[i+1].norm] != "" && lexemes[i+1].kind == lexemeMark) {
		switch t.norm {
		case "m":
			return 6, false
		case "b":
			return 9, false
		case "k":
			return 3, false
		}
	}
	if exp := r.powers[t.norm]; exp > 0 {
		return exp, true
	}
	if r.language == "ar" {
		for _, form := range cliticForms(t.norm) {
			if exp := r.powers[form]; exp > 0 {
				return exp, true
			}
		}
	}
	return 0, false
}

// unitsOf reads the unit of q before and after its lexemes, and extends q by one before.
func (r *languageRules) unitsOf(lexemes []lexeme, q *quantity) []unit {
	u, begin := r.unitBefore(lexemes, q.begin)
	if u == "" {
		u = r.unitAfter(lexemes[q.end:min(q.end+4, len(lexemes))])
	}
	q.begin = begin
	return []unit{u}
}

// unitBefore returns the unit that ends before the number at lexeme i, and where the
// number begins with it.
func (r *languageRules) unitBefore(lexemes []lexeme, i int) (unit, int) {
	if i == 0 {
		return "", i
	}
	before := lexemes[i-1]
	if u := r.currencies[before.norm]; u != "" && (before.kind == lexemeMark || before.caps || smallCurrencies[before.norm]) {
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
	if pair := first.norm + " " + second.norm; percentPairs[pair] || r.percentPairs[pair] {
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

// percentPairs are words for per cent in more languages than one.
var percentPairs = map[string]bool{"per cent": true, "pour cent": true, "por ciento": true, "por cento": true, "per cento": true, "за сто": true}

// unitWord returns the unit that one lexeme names.
func (r *languageRules) unitWord(t lexeme) unit {
	if u := r.currencies[t.norm]; u != "" {
		return u
	}
	if r.percents[t.norm] || t.kind == lexemeWord && len(t.norm) >= 6 && slices.ContainsFunc(percentStems, func(stem string) bool { return strings.HasPrefix(t.norm, stem) }) {
		return percent
	}
	if r.endings != nil && t.kind == lexemeWord && len(t.norm) >= 5 {
		for _, ending := range r.endings {
			if stem, ok := strings.CutSuffix(t.norm, ending); ok && r.currencies[stem] != "" {
				return r.currencies[stem]
			}
		}
	}
	for _, form := range t.forms()[1:] {
		if u := r.currencies[form]; u != "" {
			return u
		}
		if r.percents[form] {
			return percent
		}
	}
	return ""
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

// decimal is an exact number: digits times ten to the power of exp, without
// leading or trailing zeros among the digits. It is comparable.
type decimal struct {
	digits string
	exp    int
}

func newDecimal(digits string, exp int) decimal {
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	if trimmed == "" {
		return decimal{}
	}
	return decimal{trimmed, exp + len(digits) - len(trimmed)}
}

func whole(n int) decimal { return newDecimal(strconv.Itoa(n), 0) }

// plus returns the sum of two whole numbers below a quintillion.
func (d decimal) plus(other decimal) decimal {
	a, errA := strconv.ParseInt(d.digits+strings.Repeat("0", max(d.exp, 0)), 10, 64)
	b, errB := strconv.ParseInt(other.digits+strings.Repeat("0", max(other.exp, 0)), 10, 64)
	if d.exp < 0 || other.exp < 0 || d.exp > 18 || other.exp > 18 || errA != nil || errB != nil {
		return d
	}
	return newDecimal(strconv.FormatInt(a+b, 10), 0)
}

func (d decimal) scale(exp int) decimal {
	if d.digits == "" {
		return d
	}
	return decimal{d.digits, d.exp + exp}
}

// smallInt returns the value of d where it is a whole number of at most four
// digits, else -1.
func (d decimal) smallInt() int {
	if d.digits == "" {
		return 0
	}
	if d.exp < 0 || len(d.digits)+d.exp > 4 {
		return -1
	}
	n, _ := strconv.Atoi(d.digits + strings.Repeat("0", d.exp))
	return n
}

// magnitude returns the number of digits before the decimal point.
func (d decimal) magnitude() int { return len(d.digits) + d.exp }

// float returns d as a float, where it is a number to count with: fractions and
// times of day are not.
func (d decimal) float() (float64, bool) {
	if d.exp > 30 {
		return 0, false
	}
	f, err := strconv.ParseFloat(d.digits+"e"+strconv.Itoa(d.exp), 64)
	return f, err == nil
}
