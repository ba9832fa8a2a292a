package llm

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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

// small returns the value of d where it is a whole number of at most four
// digits, else -1.
func (d decimal) small() int {
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

// unit says what a number counts, as far as that is compared: a percentage or
// the currency of an amount. Empty is anything else.
type unit string

const percent unit = "%"

// quantity is a number in a text with the tokens that it stands in.
type quantity struct {
	values     []decimal // the ways to read it; at least one
	units      []unit    // likewise; at least one, which may be empty
	begin, end int       // tokens
	word       bool      // written as a word
	ordinal    bool
	counts     bool // a common noun follows: "19 ships"
	measure    bool // a measure of time, length and the like follows: "19 days"
	points     bool // that measure is points, which may be those of a percentage
}

// reader reads the numbers of a text in one language.
type reader struct {
	language string // base language, such as "en"
	words    map[string]int
	months   map[string]int
}

func newReader(language string) reader {
	base := baseLanguage(language)
	return reader{language: base, words: numberWords[base], months: monthNames[base]}
}

// quantities returns the numbers in tokens, in order, ranges widened: in
// "$5-10 million" the five is dollars and may be millions.
func (r reader) quantities(tokens []token) []quantity {
	var found []quantity
	for i := 0; i < len(tokens); {
		q, ok := r.quantity(tokens, i)
		if !ok {
			i++
			continue
		}
		if n := len(found); n > 0 && joins(tokens[found[n-1].end:q.begin]) {
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
func joins(between []token) bool {
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

// quantity reads the number that begins at token i.
func (r reader) quantity(tokens []token, i int) (quantity, bool) {
	if q, ok := r.fraction(tokens, i); ok {
		return q, true
	}
	q := quantity{begin: i}
	var scaled bool
	switch tokens[i].kind {
	case tokenNumber:
		q.values, q.end = r.readings(tokens, i)
		if n := q.end; n < len(tokens) && tokens[n].glued && ordinalSuffixes[tokens[n].norm] && len(q.values) == 1 {
			q.ordinal = true
			q.end++
			q.counts, _ = follows(tokens, q.end)
			return q.withUnit(""), true
		}
	case tokenWord:
		value, end, ok := r.wordNumber(tokens, i)
		if !ok {
			return q, false
		}
		q.word, q.end, q.ordinal = true, end, ordinals[tokens[end-1].norm] > 0
		q.values = []decimal{whole(value)}
	default:
		return q, false
	}
	q.values, q.end, scaled = r.magnitudes(tokens, q.values, q.end)
	if q.word && !scaled && (tokens[i].norm == "a" || tokens[i].norm == "an") {
		return q, false
	}
	q.units = r.units(tokens, &q)
	if r.language == "en" {
		q.counts, q.measure = follows(tokens, q.end)
		q.points = q.measure && q.end < len(tokens) && strings.HasPrefix(tokens[q.end].norm, "point")
	}
	return q, true
}

// follows tells what the word at token i makes of a number before it: a count of
// things, or a measure.
func follows(tokens []token, i int) (counts, measure bool) {
	hyphen := i+1 < len(tokens) && tokens[i].norm == "-" && tokens[i].glued
	if hyphen {
		i++
	}
	if i >= len(tokens) || tokens[i].kind != tokenWord {
		return false, false
	}
	if measures[tokens[i].norm] {
		return false, true
	}
	return !hyphen && !tokens[i].upper && !small[tokens[i].norm], false
}

var (
	measures = set("second seconds minute minutes hour hours day days week weeks month months year years yr yrs decade decades " +
		"metre metres meter meters millimetre millimetres millimeter millimeters mm centimetre centimetres cm kilometre kilometres kilometer kilometers km kmh kph " +
		"mile miles mph foot feet ft inch inches yard yards knots gram grams kilogram kilograms kg kilo kilos tonne tonnes ton tons litre litres liter liters " +
		"degree degrees celsius acre acres hectare hectares point points am pm")

	// small are words after which a number counts nothing that they name.
	small = set("a an the to and or of in on at by for from with as while when than was were is are had has have but after before since until till " +
		"per more less fewer out who that which over under up down off into against")
)

// fraction reads the share that begins at token i: "half of", "a third of",
// "three quarters". Shares are percentages, so that "a fifth" is 20 %. "Half a
// million" is a number, and "half a percentage point" a percentage.
func (r reader) fraction(tokens []token, i int) (quantity, bool) {
	if r.language != "en" || tokens[i].kind != tokenWord || i+1 >= len(tokens) {
		return quantity{}, false
	}
	q := quantity{begin: i, word: true, units: []unit{percent}}
	next := tokens[i+1].norm
	if tokens[i].norm == "half" {
		switch {
		case (next == "a" || next == "an") && i+2 < len(tokens):
			exp, _ := r.magnitude(tokens[i+2])
			if exp == 0 && !percentWords[tokens[i+2].norm] {
				return q, false
			}
			q.values, q.end, _ = r.magnitudes(tokens, []decimal{newDecimal("5", -1)}, i+2)
			q.units = r.units(tokens, &q)
			return q, true
		case next == "of" || next == "the" || determiners[next] || i > 0 && shareJoints[tokens[i-1].norm]:
			q.values, q.end = []decimal{whole(50)}, i+1
			return q, true
		}
		return q, false
	}
	parts := r.words[tokens[i].norm]
	if tokens[i].norm == "a" || tokens[i].norm == "an" {
		parts = 1
	}
	j := i + 1
	if tokens[j].norm == "-" && tokens[j].glued && j+1 < len(tokens) {
		j++
	}
	whole, plural := denominators[tokens[j].norm], false
	if whole == 0 {
		whole, plural = denominators[strings.TrimSuffix(tokens[j].norm, "s")], true
	}
	if parts == 0 || whole == 0 || parts >= whole || plural != (parts > 1) {
		return q, false
	}
	// "A third man" is no share, "a third of the men" and "by a third" are.
	last := j+1 >= len(tokens) || tokens[j+1].kind != tokenWord
	if !plural && !last && tokens[j+1].norm != "of" && (i == 0 || !shareJoints[tokens[i-1].norm]) {
		return q, false
	}
	q.values, q.end = []decimal{share(parts, whole)}, j+1
	return q, true
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

// readings returns the values that the digits at token i may mean. English
// writes a comma between thousands; elsewhere comma, point and space go either
// way, so that both are kept.
func (r reader) readings(tokens []token, i int) ([]decimal, int) {
	text, end := tokens[i].norm, i+1
	if r.language != "en" {
		for end < len(tokens) && tokens[end].kind == tokenNumber && !tokens[end].glued &&
			len(tokens[end].norm) == 3 && !strings.ContainsAny(text, ".,:") && len(text)%4 <= 3 && len(text) <= 11 {
			text += "'" + tokens[end].norm
			end++
		}
	}
	text = strings.ReplaceAll(text, "'", "")
	if strings.Contains(text, ":") {
		return []decimal{clock(text)}, end
	}
	if !strings.ContainsAny(text, ".,") {
		return []decimal{newDecimal(text, 0)}, end
	}
	english := readDecimal(text, ',', '.')
	if r.language == "en" && end < len(tokens) && (tokens[end].norm == "am" || tokens[end].norm == "pm") && dottedTime.MatchString(text) {
		return []decimal{clock(strings.Replace(text, ".", ":", 1))}, end
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

// clock makes a time of day such as "17:30" a number of its own: minutes on the
// face of a clock, above all that is counted.
func clock(text string) decimal {
	parts := strings.Split(text, ":")
	hour, _ := strconv.Atoi(parts[0])
	return newDecimal(strconv.Itoa(hour%12)+strings.Join(parts[1:], ""), 90)
}

// wordNumber reads a number in words that begins at token i, such as
// "twenty-five", "two hundred and six" or "third". "A" and "an" count as one
// where a magnitude follows; the caller checks that.
func (r reader) wordNumber(tokens []token, i int) (value, end int, ok bool) {
	if r.words == nil {
		return 0, 0, false
	}
	total, current, last := 0, 0, 0
	end = i
	for j := i; j < len(tokens); j++ {
		t := tokens[j]
		switch {
		case j > i && t.norm == "-" && t.glued && j+1 < len(tokens) && tokens[j+1].glued && r.isNumberWord(tokens[j+1].norm):
			continue
		case j > i && t.norm == "and" && r.language == "en" && last >= 100 && j+1 < len(tokens) && r.words[tokens[j+1].norm] > 0 && r.words[tokens[j+1].norm] < 100:
			continue
		}
		n := r.words[t.norm]
		ordinal := 0
		if r.language == "en" {
			ordinal = ordinals[t.norm]
			if j == i && (t.norm == "a" || t.norm == "an") {
				n = 1
			}
		}
		switch {
		case t.kind != tokenWord:
			return total + current, end, end > i
		case ordinal > 0 && (end == i || last >= 20 && ordinal < last):
			return total + current + ordinal, j + 1, true
		case n == 1000 && end > i && current < 1000:
			total, current = total+current*1000, 0
		case n == 100 && end > i && current > 0 && current < 100:
			current *= 100
		case n > 0 && n != 100 && n != 1000 && (end == i || last == 100 || last == 1000 || last >= 20 && last < 100 && n < 10):
			current += n
		default:
			return total + current, end, end > i
		}
		last, end = n, j+1
	}
	return total + current, end, end > i
}

func (r reader) isNumberWord(word string) bool {
	return r.words[word] > 0 || r.language == "en" && ordinals[word] > 0
}

// magnitudes multiplies values by what follows them: "million", "bn", the "m"
// in "100m", which may be meters too.
func (r reader) magnitudes(tokens []token, values []decimal, i int) ([]decimal, int, bool) {
	scaled := false
	for i < len(tokens) {
		j := i
		if tokens[j].norm == "-" && tokens[j].glued && j+1 < len(tokens) && tokens[j+1].glued {
			j++
		}
		t := tokens[j]
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

// magnitude returns the power of ten that a token means, 0 for none, and
// whether it can mean nothing else.
func (r reader) magnitude(t token) (exp int, sure bool) {
	if t.kind != tokenWord {
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

// units reads the unit of q before and after its tokens, and extends q by it.
func (r reader) units(tokens []token, q *quantity) []unit {
	if q.begin > 0 {
		before := tokens[q.begin-1]
		if u := currencies[before.norm]; u != "" && (before.kind == tokenMark || before.caps || before.norm == "rs" || before.norm == "sh" || before.norm == "ksh") {
			q.begin--
			if q.begin > 0 && before.kind == tokenMark && before.glued && tokens[q.begin-1].caps && len(tokens[q.begin-1].norm) <= 2 {
				q.begin-- // the country of "US$"
			}
			return []unit{u}
		}
		if before.norm == "yuzde" || before.norm == "%" && tokens[q.begin].glued {
			return []unit{percent}
		}
	}
	// The unit may follow a hyphen, as in "20-dollar", or the country of a
	// currency, as in "Australian dollars".
	after := tokens[q.end:min(q.end+3, len(tokens))]
	if len(after) > 1 && after[0].norm == "-" && after[0].glued && after[1].glued {
		after = after[1:]
	}
	for skip := range 2 {
		if skip >= len(after) {
			break
		}
		word := after[skip]
		if u := currencies[word.norm]; u != "" && (skip == 0 || unitJoints[after[0].norm] || after[0].upper && word.kind == tokenWord && !word.caps) {
			return []unit{u}
		}
		if skip == 0 && percentWords[word.norm] {
			return []unit{percent}
		}
		if skip == 1 && percentPairs[after[0].norm+" "+word.norm] {
			return []unit{percent}
		}
	}
	return []unit{""}
}

// unitJoints stand between a magnitude and its unit, as in "millions d'euros".
var unitJoints = set("of d de di")

// date is a day of a month, or a month of a year.
type date struct {
	month, day, year int // 0 where it does not belong to the date
}

// dates are the dates of a text, with the tokens that they stand in.
type dates struct {
	days   map[date]bool // month and day
	years  map[date]bool // month and year
	months map[int]bool
	used   []bool // tokens that are part of a date
	bare   []int  // tokens that are a month without day and year
}

// numericDate matches the spellings of whole dates in digits.
var numericDate = regexp.MustCompile(`^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})$`)

// dates returns the dates in tokens.
func (r reader) dates(tokens []token) dates {
	d := dates{
		days: make(map[date]bool), years: make(map[date]bool), months: make(map[int]bool),
		used: make([]bool, len(tokens)),
	}
	for i := range tokens {
		if month := r.month(tokens, i); month > 0 {
			d.around(tokens, i, month)
		} else if tokens[i].kind == tokenNumber {
			d.numeric(tokens, i)
		}
	}
	return d
}

// month returns the month that token i names, 0 for none. In languages that
// write months with a capital letter, "may" and "march" are verbs.
func (r reader) month(tokens []token, i int) int {
	t := tokens[i]
	if t.kind != tokenWord || r.language == "en" && !t.upper {
		return 0
	}
	if r.language == "en" && t.initial && (t.norm == "may" || t.norm == "march") &&
		(i+1 >= len(tokens) || tokens[i+1].kind != tokenNumber) {
		return 0
	}
	return r.months[t.norm]
}

// around notes the date that stands around the month at token i: "26 September
// 2023", "September 26, 2023", "14 and 15 May", "September 2023".
func (d *dates) around(tokens []token, i, month int) {
	d.months[month] = true
	d.used[i] = true
	var days []int
	for j := i - 1; j >= 0; {
		if day := d.day(tokens, j); day > 0 {
			days = append(days, day)
			j--
		} else if isDayJoint(tokens[j]) {
			j--
		} else {
			break
		}
	}
	j := i + 1
	for j < len(tokens) {
		day := d.day(tokens, j)
		if day == 0 && j+1 < len(tokens) && isDayJoint(tokens[j]) && d.day(tokens, j+1) > 0 {
			j++
			continue
		}
		if day == 0 {
			break
		}
		days = append(days, day)
		j++
	}
	for j < len(tokens) && (tokens[j].norm == "," || tokens[j].norm == "." || tokens[j].norm == "of" || tokens[j].norm == "de" || tokens[j].norm == "del" || ordinalSuffixes[tokens[j].norm]) {
		j++
	}
	year := 0
	if j < len(tokens) {
		year = yearOf(tokens, j)
	}
	for _, day := range days {
		d.days[date{month: month, day: day}] = true
	}
	if year > 0 {
		d.used[j] = true
		d.years[date{month: month, year: year}] = true
	}
	if len(days) == 0 && year == 0 {
		d.bare = append(d.bare, i)
	}
}

// day returns the day of a month that token j may be, and marks it as used.
func (d *dates) day(tokens []token, j int) int {
	t := tokens[j]
	if t.kind != tokenNumber || len(t.norm) > 2 {
		return 0
	}
	if j+1 < len(tokens) && (percentWords[tokens[j+1].norm] || magnitudeWords[tokens[j+1].norm] > 0) {
		return 0
	}
	n, err := strconv.Atoi(t.norm)
	if err != nil || n < 1 || n > 31 {
		return 0
	}
	d.used[j] = true
	if j+1 < len(tokens) && tokens[j+1].glued && ordinalSuffixes[tokens[j+1].norm] {
		d.used[j+1] = true
	}
	return n
}

func isDayJoint(t token) bool {
	return t.norm == "-" || t.norm == "." || t.norm == "the" || t.norm == "of" || t.norm == "de" || t.norm == "until" ||
		connectors[t.norm] || ordinalSuffixes[t.norm] && t.glued
}

func yearOf(tokens []token, j int) int {
	t := tokens[j]
	if t.kind != tokenNumber || len(t.norm) != 4 {
		return 0
	}
	n, err := strconv.Atoi(t.norm)
	if err != nil || n < 1000 || n > 2999 {
		return 0
	}
	return n
}

// numeric notes a date written in digits that begins at token i. Where day and
// month cannot be told apart both readings count.
func (d *dates) numeric(tokens []token, i int) {
	text, end := tokens[i].norm, i+1
	for end+1 < len(tokens) && end < i+4 && tokens[end].glued && (tokens[end].norm == "-" || tokens[end].norm == "/") &&
		tokens[end+1].kind == tokenNumber && tokens[end+1].glued {
		text += "-" + tokens[end+1].norm
		end += 2
	}
	match := numericDate.FindStringSubmatch(text)
	if match == nil {
		return
	}
	a, _ := strconv.Atoi(match[1])
	b, _ := strconv.Atoi(match[2])
	c, _ := strconv.Atoi(match[3])
	switch {
	case len(match[1]) == 4:
		d.note(c, b, a)
	case len(match[3]) == 4 || len(match[3]) == 2:
		if len(match[3]) == 2 {
			c += 2000
		}
		d.note(a, b, c)
		d.note(b, a, c)
	default:
		return
	}
	for ; i < end; i++ {
		d.used[i] = true
	}
}

func (d *dates) note(day, month, year int) {
	if day < 1 || day > 31 || month < 1 || month > 12 {
		return
	}
	d.days[date{month: month, day: day}] = true
	d.years[date{month: month, year: year}] = true
	d.months[month] = true
}
