package grounding

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// date is a day of a month, or a month of a year.
type date struct {
	month, day, year int // 0 where it does not belong to the date
}

// dates are the dates of a text, with the lexemes that they stand in.
type dates struct {
	days   map[date]bool // month and day
	years  map[date]bool // month and year
	months map[int]bool

	bare     map[int]bool // days without a month, "the 19th" apart
	weekdays map[int]bool // Monday is 1
	silent   map[int]bool // words that may be weekdays

	used []bool // lexemes that are part of a date
}

// numericDate matches the spellings of whole dates in digits.
var numericDate = regexp.MustCompile(`^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})$`)

// dates returns the dates in lexemes.
func (r *languageRules) dates(lexemes []lexeme) dates {
	d := dates{used: make([]bool, len(lexemes))}
	if r.unspaced() {
		r.hanDates(&d, lexemes)
		return d
	}
	for i := range lexemes {
		switch lexemes[i].kind {
		case lexemeWord:
			if month := r.month(lexemes, i); month > 0 {
				d.around(r, lexemes, i, month)
			} else if (lexemes[i].upper || r.language != "en") && r.weekdays[lexemes[i].norm] > 0 {
				r.weekday(&d, lexemes, i)
			}
		case lexemeNumber:
			if month := r.numberedMonth(lexemes, i); month > 0 {
				d.around(r, lexemes, i, month)
			} else {
				d.numeric(r, lexemes, i)
			}
		}
	}
	return d
}

// month returns the month that lexeme i names, 0 for none.
func (r *languageRules) month(lexemes []lexeme, i int) int {
	t := &lexemes[i]
	if r.language == "en" && (!t.upper || t.initial && (t.norm == "may" || t.norm == "march") && (i+1 >= len(lexemes) || lexemes[i+1].kind != lexemeNumber)) {
		return 0 // "may" and "march" are verbs
	}
	if month := levantineMonth(lexemes, i); month > 0 {
		return month
	}
	month := r.monthWord(t)
	if month > 0 && r.language != "en" && (mayBeNoMonth(t) || r.numbers[t.norm] > 0) && !r.besideNumber(lexemes, i) {
		return 0
	}
	return month
}

// levantineMonths are the months that are told apart by "first" and "second" in Arabic.
var levantineMonths = map[string]int{"تشرين الاول": 10, "تشرين الثاني": 11, "كانون الاول": 12, "كانون الثاني": 1}

// levantineMonth returns the month of two words that begins at lexeme i, 0 for none.
func levantineMonth(lexemes []lexeme, i int) int {
	if i+1 >= len(lexemes) || !inHebrewOrArabic(lexemes[i].norm) {
		return 0
	}
	for _, form := range lexemes[i].forms() {
		if month := levantineMonths[form+" "+lexemes[i+1].norm]; month > 0 {
			return month
		}
	}
	return 0
}

// monthWord returns the month that t names in some case or with a word written in front of it,
// 0 for none.
func (r *languageRules) monthWord(t *lexeme) int {
	if month := r.months[t.norm]; month > 0 {
		return month
	}
	if r.monthStems != nil && r.language != "ar" {
		if month := r.inflectedMonth(t.norm); month > 0 {
			return month
		}
	}
	if t.base > 0 || r.withoutCapitals() {
		for _, form := range t.forms()[1:] {
			if month := r.months[form]; month > 0 {
				return month
			}
		}
	}
	return 0
}

// mayBeNoMonth reports whether t, the name of a month, is a word of another meaning too, or
// an abbreviation.
func mayBeNoMonth(t *lexeme) bool {
	return ambiguousMonths[t.norm] || utf8.RuneCountInString(t.norm) <= 3 && !shortMonths[t.norm]
}

// inflectedMonth returns the month that word is a case of.
func (r *languageRules) inflectedMonth(word string) int {
	if len(word) < 5 {
		return 0
	}
	for end := len(word) - 1; end >= max(4, len(word)-12); end-- {
		if month := r.monthStems[word[:end]]; month > 0 && r.endingSet[word[end:]] {
			return month
		}
	}
	return 0
}

// ambiguousMonths are words of another meaning too, accents aside, and shortMonths whole
// names of up to three letters: abbreviations are months beside numbers only.
var (
	ambiguousMonths = set("maja ocak ekim kasim مارس mart zari cervna")
	shortMonths     = set("mai mei maj май маи мая اب")
)

// besideNumber reports whether lexeme i stands behind a number or before a year, or before
// the Turkish word for a month.
func (r *languageRules) besideNumber(lexemes []lexeme, i int) bool {
	if i+1 < len(lexemes) && (yearOf(lexemes, i+1) > 0 || strings.HasPrefix(lexemes[i+1].norm, "ayi")) {
		return true
	}
	for i--; i >= 0 && lexemes[i].kind == lexemeMark; i-- {
	}
	return i >= 0 && (lexemes[i].kind == lexemeNumber && len(lexemes[i].norm) <= 2 || r.ordinalWord(&lexemes[i]) > 0)
}

// numberedMonth returns the month that the number at lexeme i is: "3월" in Korean, "tháng 3"
// in Vietnamese.
func (r *languageRules) numberedMonth(lexemes []lexeme, i int) int {
	switch {
	case r.language == "ko" && i+1 < len(lexemes) && strings.HasPrefix(lexemes[i+1].norm, norm.NFD.String("월")):
	case r.language == "vi" && i > 0 && lexemes[i-1].norm == "thang":
	default:
		return 0
	}
	if n := newDecimal(lexemes[i].norm, 0).smallInt(); n >= 1 && n <= 12 {
		return n
	}
	return 0
}

// ambiguousWeekdays are words of another meaning too, accents aside.
var ambiguousWeekdays = set("pazar среда среды среде dom sab mar mie jue vie lun sex ter qua qui sem seg gio ven mer jeu dim sam mon die don so " +
	"الاحد الاثنين السبت الاربعاء الخميس الجمعة wto czw pia pon nie sro sroda srody srode srodzie salı pat sobota soboty streda stredu stredy " +
	"segunda segundas terca tercas quarta quartas quinta quintas sexta sextas среду середа середу середи")

// beforeWeekdays stand before such a word, after the language, where it is a weekday.
var beforeWeekdays = map[string]bool{"ar يوم": true, "ru в": true, "ru во": true, "uk в": true, "uk у": true, "pl w": true, "pl we": true, "sr у": true}

// weekday notes the weekday at lexeme i.
func (r *languageRules) weekday(d *dates, lexemes []lexeme, i int) {
	t := &lexemes[i]
	if r.language == "en" {
		if t.upper { // "sat" and "sun" are words
			d.addWeekday(r.weekdays[t.norm])
			d.used[i] = true
		}
		return
	}
	if end := behindFeira(lexemes, i); r.language == "pt" && end > i {
		d.addWeekday(r.weekdays[t.norm])
		d.use(i, end)
		return
	}
	switch {
	case utf8.RuneCountInString(t.norm) <= 3, ambiguousWeekdays[t.norm] && !(i > 0 && beforeWeekdays[r.language+" "+lexemes[i-1].norm]), r.language == "el" && !t.upper:
		d.addSilent(r.weekdays[t.norm])
	default:
		d.addWeekday(r.weekdays[t.norm])
	}
}

// behindFeira returns the lexeme behind the Portuguese weekday at lexeme i, as in
// "segunda-feira", i itself for the ordinal alone.
func behindFeira(lexemes []lexeme, i int) int {
	if i+2 < len(lexemes) && lexemes[i+1].norm == "-" && strings.HasPrefix(lexemes[i+2].norm, "feira") {
		return i + 3
	}
	return i
}

// use marks lexemes as parts of a date.
func (d *dates) use(begin, end int) {
	for ; begin < end; begin++ {
		d.used[begin] = true
	}
}

func (d *dates) addBare(day int) {
	if d.bare == nil {
		d.bare = make(map[int]bool)
	}
	d.bare[day] = true
}

// addWeekday notes a weekday.
func (d *dates) addWeekday(day int) {
	if day == 0 {
		return
	}
	if d.weekdays == nil {
		d.weekdays = make(map[int]bool)
	}
	d.weekdays[day] = true
}

// addSilent notes a weekday that may be another word: it is no claim, but supports one.
func (d *dates) addSilent(day int) {
	if d.silent == nil {
		d.silent = make(map[int]bool)
	}
	d.silent[day] = true
}

// addMonth notes a month. Most texts have none, and need no maps.
func (d *dates) addMonth(month int) {
	if d.months == nil {
		d.days, d.years, d.months = make(map[date]bool), make(map[date]bool), make(map[int]bool)
	}
	d.months[month] = true
}

// around notes the date that stands around the month at lexeme i: "26 September
// 2023", "September 26, 2023", "14 and 15 May", "September 2023".
func (d *dates) around(r *languageRules, lexemes []lexeme, i, month int) {
	d.addMonth(month)
	d.used[i] = true
	behind := i + 1
	if levantineMonth(lexemes, i) > 0 {
		d.used[behind] = true
		behind++
	}
	days, end := d.daysAfter(r, lexemes, behind)
	days = append(days, d.daysBefore(r, lexemes, i)...)
	if len(days) == 0 {
		days, end = d.dayInWords(r, lexemes, i, end)
	}
	for _, day := range days {
		d.days[date{month: month, day: day}] = true
	}
	for end < len(lexemes) && r.isYearJoint(lexemes[end]) {
		end++
	}
	if year := yearOf(lexemes, end); year > 0 {
		d.used[end] = true
		d.years[date{month: month, year: year}] = true
	}
}

// dayInWords returns the day in words beside the month at lexeme i, as in "el primero de mayo"
// and "May third", and where the date ends.
func (d *dates) dayInWords(r *languageRules, lexemes []lexeme, i, end int) (days []int, last int) {
	if r.language == "en" && end < len(lexemes) {
		if n := r.dayWord(lexemes, end); n.value > 0 && !lexemes[i].possessive && endsDay(lexemes, n.end) {
			d.use(end, n.end)
			return []int{n.value}, n.end
		}
	}
	behind := i
	for behind > max(0, i-2) && (r.isDayJoint(lexemes[behind-1]) || lexemes[behind-1].norm == "من") {
		behind--
	}
	if r.language == "en" && behind == i {
		return nil, end // "the third May conference"
	}
	for begin := max(0, behind-5); begin < behind; begin++ {
		if n := r.dayWord(lexemes, begin); n.value > 0 && n.end == behind {
			d.use(begin, behind)
			return []int{n.value}, end
		}
	}
	return nil, end
}

// endsDay reports whether the day in words that ends at lexeme i belongs to the month before it: in
// "the August first round" it does not.
func endsDay(lexemes []lexeme, i int) bool {
	return i >= len(lexemes) || lexemes[i].norm != "-" && (lexemes[i].kind != lexemeWord || functionWords[lexemes[i].norm])
}

// dayWord returns the number in words at lexeme i that may be the day of a month, or none. In
// some languages only ordinals are.
func (r *languageRules) dayWord(lexemes []lexeme, i int) inWords {
	if lexemes[i].kind != lexemeWord || !r.mayBegin(&lexemes[i]) {
		return inWords{}
	}
	n, ok := r.wordNumber(lexemes, i)
	if !ok || n.value > 31 || !n.ordinal && ordinalDays[r.language] {
		return inWords{}
	}
	return n
}

// ordinalDays are languages that name the days of a month by ordinals alone.
var ordinalDays = set("en de pl ru uk cs sk hr sr bg sv da nb nn no is")

// daysBefore returns the days that stand right before lexeme i.
func (d *dates) daysBefore(r *languageRules, lexemes []lexeme, i int) (days []int) {
	for i--; i >= 0; i-- {
		if day := d.day(r, lexemes, i); day > 0 {
			days = append(days, day)
		} else if !r.isDayJoint(lexemes[i]) {
			break
		}
	}
	return days
}

// daysAfter returns the days that stand from lexeme i on, and where they end.
func (d *dates) daysAfter(r *languageRules, lexemes []lexeme, i int) (days []int, end int) {
	for i < len(lexemes) && monthsFirst[r.language] {
		if day := d.day(r, lexemes, i); day > 0 {
			days = append(days, day)
		} else if i+1 == len(lexemes) || !r.isDayJoint(lexemes[i]) || d.day(r, lexemes, i+1) == 0 {
			break
		}
		i++
	}
	return days, i
}

// monthsFirst are languages that write the day of a date behind the month, or on either side.
var monthsFirst = set("en und hu lt lv sw fa ko hi fil eu mn ka")

func (r *languageRules) isYearJoint(l lexeme) bool {
	switch l.norm {
	case ",", ".", "of", "de", "del":
		return true
	}
	return r.suffixes[l.norm] || l.norm == "г" || l.norm == "року" || l.norm == "roku"
}

// day returns the day of a month that lexeme j may be, and marks it as used.
func (d *dates) day(r *languageRules, lexemes []lexeme, j int) int {
	t := lexemes[j]
	if t.kind != lexemeNumber || len(t.norm) > 2 {
		return 0
	}
	if j+1 < len(lexemes) && (r.percents[lexemes[j+1].norm] || r.powers[lexemes[j+1].norm] > 0) {
		return 0
	}
	n, err := strconv.Atoi(t.norm)
	if err != nil || n < 1 || n > 31 {
		return 0
	}
	d.used[j] = true
	if j+1 < len(lexemes) && lexemes[j+1].glued && r.suffixes[lexemes[j+1].norm] {
		d.used[j+1] = true
	}
	return n
}

func (r *languageRules) isDayJoint(t lexeme) bool {
	return t.norm == "-" || t.norm == "." || t.norm == "the" || t.norm == "of" || t.norm == "de" || t.norm == "until" ||
		connectors[t.norm] || r.suffixes[t.norm] && t.glued
}

func yearOf(lexemes []lexeme, j int) int {
	if j >= len(lexemes) {
		return 0
	}
	t := lexemes[j]
	if t.kind != lexemeNumber || len(t.norm) != 4 {
		return 0
	}
	n, err := strconv.Atoi(t.norm)
	if err != nil || n < 1000 || n > 2999 {
		return 0
	}
	return n
}

// numeric notes a date written in digits that begins at lexeme i. Where day and
// month cannot be told apart both readings count.
func (d *dates) numeric(r *languageRules, lexemes []lexeme, i int) {
	text, end := lexemes[i].norm, i+1
	for end+1 < len(lexemes) && end < i+4 && lexemes[end].glued && (lexemes[end].norm == "-" || lexemes[end].norm == "/") &&
		lexemes[end+1].kind == lexemeNumber && lexemes[end+1].glued {
		text += "-" + lexemes[end+1].norm
		end += 2
	}
	if !strings.ContainsAny(text, "./-") { // as nearly all are
		d.slashed(r, lexemes, i)
		return
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
		d.add(c, b, a)
	case len(match[3]) == 4 || len(match[3]) == 2:
		if len(match[3]) == 2 {
			c += 2000
		}
		d.add(a, b, c)
		d.add(b, a, c)
	default:
		return
	}
	for ; i < end; i++ {
		d.used[i] = true
	}
}

// slashed notes a day and a month in digits, as in the Vietnamese "12/5".
func (d *dates) slashed(r *languageRules, lexemes []lexeme, i int) {
	if r.language != "vi" || i+2 >= len(lexemes) || lexemes[i+1].norm != "/" || !lexemes[i+1].glued || lexemes[i+2].kind != lexemeNumber || !lexemes[i+2].glued {
		return
	}
	day, month := newDecimal(lexemes[i].norm, 0).smallInt(), newDecimal(lexemes[i+2].norm, 0).smallInt()
	if day >= 1 && day <= 31 && month >= 1 && month <= 12 {
		d.addMonth(month)
		d.days[date{month: month, day: day}] = true
		d.use(i, i+3)
	}
}

func (d *dates) add(day, month, year int) {
	if day < 1 || day > 31 || month < 1 || month > 12 {
		return
	}
	d.addMonth(month)
	d.days[date{month: month, day: day}] = true
	d.years[date{month: month, year: year}] = true
}
