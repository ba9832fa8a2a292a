package grounding

import (
	"regexp"
	"strconv"
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
	used   []bool // lexemes that are part of a date
}

// numericDate matches the spellings of whole dates in digits.
var numericDate = regexp.MustCompile(`^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})$`)

// dates returns the dates in lexemes.
func (r languageRules) dates(lexemes []lexeme) dates {
	d := dates{used: make([]bool, len(lexemes))}
	for i := range lexemes {
		if month := r.month(lexemes, i); month > 0 {
			d.around(lexemes, i, month)
		} else if lexemes[i].kind == lexemeNumber {
			d.numeric(lexemes, i)
		}
	}
	return d
}

// month returns the month that lexeme i names, 0 for none. In languages that
// write months with a capital letter, "may" and "march" are verbs.
func (r languageRules) month(lexemes []lexeme, i int) int {
	t := &lexemes[i]
	if t.kind != lexemeWord || r.language == "en" && !t.upper {
		return 0
	}
	if r.language == "en" && t.initial && (t.norm == "may" || t.norm == "march") &&
		(i+1 >= len(lexemes) || lexemes[i+1].kind != lexemeNumber) {
		return 0
	}
	return r.months[t.norm]
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
func (d *dates) around(lexemes []lexeme, i, month int) {
	d.addMonth(month)
	d.used[i] = true
	days, end := d.daysAfter(lexemes, i+1)
	days = append(days, d.daysBefore(lexemes, i)...)
	for _, day := range days {
		d.days[date{month: month, day: day}] = true
	}
	for end < len(lexemes) && isYearJoint(lexemes[end]) {
		end++
	}
	if year := yearOf(lexemes, end); year > 0 {
		d.used[end] = true
		d.years[date{month: month, year: year}] = true
	}
}

// daysBefore returns the days that stand right before lexeme i.
func (d *dates) daysBefore(lexemes []lexeme, i int) (days []int) {
	for i--; i >= 0; i-- {
		if day := d.day(lexemes, i); day > 0 {
			days = append(days, day)
		} else if !isDayJoint(lexemes[i]) {
			break
		}
	}
	return days
}

// daysAfter returns the days that stand from lexeme i on, and where they end.
func (d *dates) daysAfter(lexemes []lexeme, i int) (days []int, end int) {
	for i < len(lexemes) {
		if day := d.day(lexemes, i); day > 0 {
			days = append(days, day)
		} else if i+1 == len(lexemes) || !isDayJoint(lexemes[i]) || d.day(lexemes, i+1) == 0 {
			break
		}
		i++
	}
	return days, i
}

func isYearJoint(l lexeme) bool {
	switch l.norm {
	case ",", ".", "of", "de", "del":
		return true
	}
	return ordinalSuffixes[l.norm]
}

// day returns the day of a month that lexeme j may be, and marks it as used.
func (d *dates) day(lexemes []lexeme, j int) int {
	t := lexemes[j]
	if t.kind != lexemeNumber || len(t.norm) > 2 {
		return 0
	}
	if j+1 < len(lexemes) && (percentWords[lexemes[j+1].norm] || magnitudeWords[lexemes[j+1].norm] > 0) {
		return 0
	}
	n, err := strconv.Atoi(t.norm)
	if err != nil || n < 1 || n > 31 {
		return 0
	}
	d.used[j] = true
	if j+1 < len(lexemes) && lexemes[j+1].glued && ordinalSuffixes[lexemes[j+1].norm] {
		d.used[j+1] = true
	}
	return n
}

func isDayJoint(t lexeme) bool {
	return t.norm == "-" || t.norm == "." || t.norm == "the" || t.norm == "of" || t.norm == "de" || t.norm == "until" ||
		connectors[t.norm] || ordinalSuffixes[t.norm] && t.glued
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
func (d *dates) numeric(lexemes []lexeme, i int) {
	text, end := lexemes[i].norm, i+1
	for end+1 < len(lexemes) && end < i+4 && lexemes[end].glued && (lexemes[end].norm == "-" || lexemes[end].norm == "/") &&
		lexemes[end+1].kind == lexemeNumber && lexemes[end+1].glued {
		text += "-" + lexemes[end+1].norm
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

func (d *dates) add(day, month, year int) {
	if day < 1 || day > 31 || month < 1 || month > 12 {
		return
	}
	d.addMonth(month)
	d.days[date{month: month, day: day}] = true
	d.years[date{month: month, year: year}] = true
}
