package grounding

import (
	"regexp"
	"strconv"
	"strings"
)

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
