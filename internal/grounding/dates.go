package grounding

import (
	"regexp"
	"strconv"
)

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
	d := dates{used: make([]bool, len(tokens))}
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
	t := &tokens[i]
	if t.kind != tokenWord || r.language == "en" && !t.upper {
		return 0
	}
	if r.language == "en" && t.initial && (t.norm == "may" || t.norm == "march") &&
		(i+1 >= len(tokens) || tokens[i+1].kind != tokenNumber) {
		return 0
	}
	return r.months[t.norm]
}

// found notes a month. Most texts have none, and need no maps.
func (d *dates) found(month int) {
	if d.months == nil {
		d.days, d.years, d.months = make(map[date]bool), make(map[date]bool), make(map[int]bool)
	}
	d.months[month] = true
}

// around notes the date that stands around the month at token i: "26 September
// 2023", "September 26, 2023", "14 and 15 May", "September 2023".
func (d *dates) around(tokens []token, i, month int) {
	d.found(month)
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
	d.found(month)
	d.days[date{month: month, day: day}] = true
	d.years[date{month: month, year: year}] = true
}
