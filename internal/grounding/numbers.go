package grounding

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
)

// unit says what a number counts, as far as that is compared: a percentage or
// the currency of an amount. Empty is anything else.
type unit string

const percent unit = "%"

// quantity is a number in a text with the lexemes that it stands in.
type quantity struct {
	values     []decimal // the ways to read it; at least one
	units      []unit    // likewise; at least one, which may be empty
	begin, end int       // lexemes
	word       bool      // written as a word
	ordinal    bool
	counts     bool // a common noun follows: "19 ships"
	measure    bool // a measure of time, length and the like follows: "19 days"
	points     bool // that measure is points, which may be those of a percentage
}

// languageRules are the rules by which a text in one language is read.
type languageRules struct {
	language string         // base language, such as "en"
	numbers  map[string]int // in words
	months   map[string]int
}

func rulesOf(language string) languageRules {
	base := article.BaseLanguage(language)
	return languageRules{language: base, numbers: numberWords[base], months: monthNames[base]}
}

// quantities returns the numbers in lexemes, in order, ranges widened: in
// "$5-10 million" the five is dollars and may be millions.
func (r languageRules) quantities(lexemes []lexeme) []quantity {
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
func (r languageRules) mayBegin(t *lexeme) bool {
	return t.kind == lexemeNumber || t.kind == lexemeWord && numberStarts[r.language][t.norm]
}

// numberStarts are the words that a number in words may begin with, by language.
var numberStarts = func() map[string]map[string]bool {
	starts := make(map[string]map[string]bool)
	for language, words := range numberWords {
		starts[language] = make(map[string]bool)
		for word := range words {
			starts[language][word] = true
		}
	}
	for word := range ordinals {
		starts["en"][word] = true
	}
	for _, word := range []string{"a", "an", "half"} {
		starts["en"][word] = true
	}
	return starts
}()

// quantity reads the number that begins at lexeme i.
func (r languageRules) quantity(lexemes []lexeme, i int) (quantity, bool) {
	if q, ok := r.fraction(lexemes, i); ok {
		return q, true
	}
	q := quantity{begin: i}
	var scaled bool
	switch lexemes[i].kind {
	case lexemeNumber:
		q.values, q.end = r.valuesAt(lexemes, i)
		if len(q.values) == 1 && hasOrdinalSuffix(lexemes, q.end) {
			q.ordinal = true
			q.end++
			q.counts, _ = follows(lexemes, q.end)
			return q.withUnit(""), true
		}
	case lexemeWord:
		value, end, ok := r.wordNumber(lexemes, i)
		if !ok {
			return q, false
		}
		q.word, q.end, q.ordinal = true, end, ordinals[lexemes[end-1].norm] > 0
		q.values = []decimal{whole(value)}
	default:
		return q, false
	}
	q.values, q.end, scaled = r.magnitudes(lexemes, q.values, q.end)
	if q.word && !scaled && (lexemes[i].norm == "a" || lexemes[i].norm == "an") {
		return q, false
	}
	q.units = unitsOf(lexemes, &q)
	if r.language == "en" {
		q.counts, q.measure = follows(lexemes, q.end)
		q.points = q.measure && q.end < len(lexemes) && strings.HasPrefix(lexemes[q.end].norm, "point")
	}
	return q, true
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
func (r languageRules) fraction(lexemes []lexeme, i int) (quantity, bool) {
	if r.language != "en" || lexemes[i].kind != lexemeWord || i+1 >= len(lexemes) {
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
func (r languageRules) half(lexemes []lexeme, i int) (quantity, bool) {
	q := quantity{begin: i, word: true, units: []unit{percent}}
	next := lexemes[i+1].norm
	switch {
	case (next == "a" || next == "an") && i+2 < len(lexemes):
		exp, _ := r.magnitude(lexemes[i+2])
		if exp == 0 && !percentWords[lexemes[i+2].norm] {
			return q, false
		}
		q.values, q.end, _ = r.magnitudes(lexemes, []decimal{newDecimal("5", -1)}, i+2)
		q.units = unitsOf(lexemes, &q)
		return q, true
	case next == "of" || next == "the" || determiners[next] || i > 0 && shareJoints[lexemes[i-1].norm]:
		q.values, q.end = []decimal{whole(50)}, i+1
		return q, true
	}
	return q, false
}

// denominators name the parts of a whole.
var denominators = map[string]int{
	"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}

// shareJoints stand before a share.
var shareJoints = set("by than nearly almost about around roughly over")

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

var ordinalSuffixes = set("st nd rd th")

// hasOrdinalSuffix reports whether lexeme i makes the number before it an ordinal.
func hasOrdinalSuffix(lexemes []lexeme, i int) bool {
	return i < len(lexemes) && lexemes[i].glued && ordinalSuffixes[lexemes[i].norm]
}

// valuesAt returns the values that the digits at lexeme i may mean. English
// writes a comma between thousands; elsewhere comma, point and space go either
// way, so that both are kept.
func (r languageRules) valuesAt(lexemes []lexeme, i int) ([]decimal, int) {
	text, end := lexemes[i].norm, i+1
	if r.language != "en" {
		for end < len(lexemes) && lexemes[end].kind == lexemeNumber && !lexemes[end].glued &&
			len(lexemes[end].norm) == 3 && !strings.ContainsAny(text, ".,:") && len(text)%4 <= 3 && len(text) <= 11 {
			text += "'" + lexemes[end].norm
			end++
		}
	}
	text = strings.ReplaceAll(text, "'", "")
	if strings.Contains(text, ":") {
		return []decimal{timeOfDay(text)}, end
	}
	if !strings.ContainsAny(text, ".,") {
		return []decimal{newDecimal(text, 0)}, end
	}
	english := readDecimal(text, ',', '.')
	if r.language == "en" && end < len(lexemes) && (lexemes[end].norm == "am" || lexemes[end].norm == "pm") && dottedTime.MatchString(text) {
		return []decimal{timeOfDay(strings.Replace(text, ".", ":", 1))}, end
	}
	if r.language == "en" {
		return []decimal{english}, end
	}
	values := []decimal{readDecimal(text, '.', ',')}
	if english != values[0] {
		values = append(values, english)
	}
	return values, end
}

// dottedTime matches a time of day with a point, as in "2.15am".
var dottedTime = regexp.MustCompile(`^\d{1,2}\.\d\d$`)

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

// timeOfDay makes a time of day such as "17:30" a number of its own: minutes on the
// face of a clock, above all that is counted.
func timeOfDay(text string) decimal {
	parts := strings.Split(text, ":")
	hour, _ := strconv.Atoi(parts[0])
	return newDecimal(strconv.Itoa(hour%12)+strings.Join(parts[1:], ""), 90)
}

// wordNumber reads a number in words that begins at lexeme i, such as
// "twenty-five", "two hundred and six" or "third". "A" and "an" count as one
// where a magnitude follows; the caller checks that.
func (r languageRules) wordNumber(lexemes []lexeme, i int) (value, end int, ok bool) {
	if r.numbers == nil {
		return 0, 0, false
	}
	var sum wordSum
	end = i
	for j := i; j < len(lexemes); j++ {
		if j > i && r.joinsNumber(lexemes, j, sum.last) {
			continue
		}
		word := lexemes[j].norm
		if r.language == "en" {
			if ordinal := ordinals[word]; ordinal > 0 && sum.takesOrdinal(ordinal) {
				return sum.value() + ordinal, j + 1, true
			}
		}
		n := r.numbers[word]
		if j == i && r.language == "en" && (word == "a" || word == "an") {
			n = 1
		}
		if !sum.add(n) {
			break
		}
		end = j + 1
	}
	return sum.value(), end, end > i
}

// joinsNumber reports whether lexeme j stands between two words of one number, of which
// last is the one before: the hyphen of "twenty-five", the "and" of "two hundred and six".
func (r languageRules) joinsNumber(lexemes []lexeme, j, last int) bool {
	if j+1 >= len(lexemes) {
		return false
	}
	l, next := lexemes[j], lexemes[j+1]
	if l.norm == "-" {
		return l.glued && next.glued && r.isNumberWord(next.norm)
	}
	n := r.numbers[next.norm]
	return l.norm == "and" && r.language == "en" && last >= 100 && n > 0 && n < 100
}

// wordSum adds up a number in words.
type wordSum struct {
	thousands, rest int
	last            int // the word that was added last; 0 for none
}

func (s *wordSum) value() int { return s.thousands + s.rest }

// add takes the next word, and reports false when it is not of this number.
func (s *wordSum) add(n int) bool {
	switch {
	case n == 1000 && s.last > 0 && s.rest < 1000:
		s.thousands, s.rest = s.thousands+s.rest*1000, 0
	case n == 100 && s.rest > 0 && s.rest < 100:
		s.rest *= 100
	case s.mayAdd(n):
		s.rest += n
	default:
		return false
	}
	s.last = n
	return true
}

// mayAdd reports whether n, below a hundred, may follow: at the beginning, after a hundred
// or a thousand, or as the five of "twenty-five".
func (s *wordSum) mayAdd(n int) bool {
	if n <= 0 || n >= 100 {
		return false
	}
	return s.last == 0 || s.last >= 100 || s.last >= 20 && n < 10
}

// takesOrdinal reports whether n, of an ordinal, may end the number.
func (s *wordSum) takesOrdinal(n int) bool { return s.last == 0 || s.last >= 20 && n < s.last }

func (r languageRules) isNumberWord(word string) bool {
	return r.numbers[word] > 0 || r.language == "en" && ordinals[word] > 0
}

// magnitudes multiplies values by what follows them: "million", "bn", the "m"
// in "100m", which may be meters too.
func (r languageRules) magnitudes(lexemes []lexeme, values []decimal, i int) ([]decimal, int, bool) {
	scaled := false
	for i < len(lexemes) {
		j := i
		if lexemes[j].norm == "-" && lexemes[j].glued && j+1 < len(lexemes) && lexemes[j+1].glued {
			j++
		}
		t := lexemes[j]
		exp, sure := r.magnitude(t)
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
		values, i, scaled = larger, j+1, true
	}
	return values, i, scaled
}

// magnitude returns the power of ten that a lexeme means, 0 for none, and
// whether it can mean nothing else.
func (r languageRules) magnitude(t lexeme) (exp int, sure bool) {
	if t.kind != lexemeWord {
		return 0, false
	}
	if t.glued {
		switch t.norm {
		case "m", "b":
			return map[string]int{"m": 6, "b": 9}[t.norm], false
		case "k":
			return 3, false
		}
	}
	switch t.norm {
	case "billion", "billions", "billones", "billon", "billionen":
		if r.language != "en" && r.language != "und" && r.language != "tr" && r.language != "pt" {
			return 12, true
		}
		return 9, true
	}
	return magnitudeWords[t.norm], true
}

// unitsOf reads the unit of q before and after its lexemes, and extends q by one before.
func unitsOf(lexemes []lexeme, q *quantity) []unit {
	u, begin := unitBefore(lexemes, q.begin)
	if u == "" {
		u = unitAfter(lexemes[q.end:min(q.end+3, len(lexemes))])
	}
	q.begin = begin
	return []unit{u}
}

// unitBefore returns the unit that ends before the number at lexeme i, and where the
// number begins with it.
func unitBefore(lexemes []lexeme, i int) (unit, int) {
	if i == 0 {
		return "", i
	}
	before := lexemes[i-1]
	if u := currencies[before.norm]; u != "" && (before.kind == lexemeMark || before.caps || smallCurrencies[before.norm]) {
		begin := i - 1
		if begin > 0 && before.kind == lexemeMark && before.glued && lexemes[begin-1].caps && len(lexemes[begin-1].norm) <= 2 {
			begin-- // the country of "US$"
		}
		return u, begin
	}
	if before.norm == "yuzde" || before.norm == "%" && lexemes[i].glued {
		return percent, i
	}
	return "", i
}

// smallCurrencies stand before a number in small letters.
var smallCurrencies = set("rs sh ksh")

// unitAfter returns the unit that the lexemes after a number begin with. It may follow a
// hyphen, as in "20-dollar", or the country of a currency, as in "Australian dollars".
func unitAfter(after []lexeme) unit {
	if len(after) > 1 && after[0].norm == "-" && after[0].glued && after[1].glued {
		after = after[1:]
	}
	if len(after) == 0 {
		return ""
	}
	first := after[0]
	if u := currencies[first.norm]; u != "" {
		return u
	}
	if percentWords[first.norm] {
		return percent
	}
	if len(after) == 1 {
		return ""
	}
	second := after[1]
	if u := currencies[second.norm]; u != "" && (unitJoints[first.norm] || first.upper && second.kind == lexemeWord && !second.caps) {
		return u
	}
	if percentPairs[first.norm+" "+second.norm] {
		return percent
	}
	return ""
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
