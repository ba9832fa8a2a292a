package grounding

import (
	"regexp"
	"slices"
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
	if minutes, next := r.minutesBehindH(lexemes, end); minutes != "" {
		return []decimal{timeOfDay([]string{text, minutes}, "")}, next, true
	}
	if strings.IndexByte(text, '.') < 0 || !dottedTime.MatchString(text) {
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

// minutesBehindH returns the minutes of a time of day such as "22h50", in French "22 h 50" too,
// of which lexeme i is behind the hour, and the lexeme after them; nothing for other numbers.
func (r *languageRules) minutesBehindH(lexemes []lexeme, i int) (minutes string, next int) {
	if i >= len(lexemes) {
		return "", i
	}
	if minutes, ok := strings.CutPrefix(lexemes[i].norm, "h"); ok && lexemes[i].glued && minutesOnly.MatchString(minutes) {
		return minutes, i + 1
	}
	if r.language == "fr" && lexemes[i].norm == "h" && i+1 < len(lexemes) && minutesOnly.MatchString(lexemes[i+1].norm) {
		return lexemes[i+1].norm, i + 2
	}
	return "", i
}

// minutesOnly matches the minutes of a time of day.
var minutesOnly = regexp.MustCompile(`^[0-5]\d$`)

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

// timesOf returns the times of day that q may be with the words around it, and the hour of a time.
func (r *languageRules) timesOf(lexemes []lexeme, q *quantity) []decimal {
	also := r.hourOf(lexemes, q)
	if q.word {
		for _, v := range q.values {
			if half, ok := v.float(); ok && v.exp == -1 && half > 0 && half < 24 && strings.HasSuffix(v.digits, "5") { // "las cuatro y media"
				also = append(also, halfPast(int(half))...)
			}
		}
	}
	if hour, ok := r.halfBefore(lexemes, q); ok {
		also = append(also, halfPast(hour)...)
	}
	return also
}

// halfBefore returns the hour that the words in front of q make half past, as in "halb fünf" and
// "half past four".
func (r *languageRules) halfBefore(lexemes []lexeme, q *quantity) (hour int, ok bool) {
	k := q.begin - 1
	if k < 0 || lexemes[k].kind != lexemeWord {
		return 0, false
	}
	switch lexemes[k].norm {
	case "past", "do", "на":
		k = max(0, k-1)
	default:
		if r.language == "en" {
			return 0, false
		}
	}
	to, past := r.halfTo[lexemes[k].norm], r.halfPast[lexemes[k].norm]
	n := q.values[0].smallInt()
	if to {
		n = (n + 11) % 12
	}
	return n, (to || past) && n >= 0 && n <= 12
}

// halfPast returns the times of day half an hour after an hour, in both halves of the day.
func halfPast(hour int) []decimal {
	return []decimal{timeOfDay([]string{strconv.Itoa(hour % 12), "30"}, ""), timeOfDay([]string{strconv.Itoa(hour%12 + 12), "30"}, "")}
}

// supportsTime reports whether the source has a time of day that q may be.
func (f *facts) supportsTime(q quantity) bool {
	return slices.ContainsFunc(q.also, func(v decimal) bool { return v.exp >= timeExp && f.values[v] })
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

// timeHedges stand in front of a time of day that is rounded.
var timeHedges = map[string]hedge{
	"shortly before": hedgeBelow, "just before": hedgeBelow, "shortly after": hedgeAbove, "just after": hedgeAbove,
	"kurz vor": hedgeBelow, "kurz nach": hedgeAbove, "peu avant": hedgeBelow, "peu apres": hedgeAbove,
	"poco antes": hedgeBelow, "poco despues": hedgeAbove, "poco prima": hedgeBelow, "poco dopo": hedgeAbove,
	"pouco antes": hedgeBelow, "pouco depois": hedgeAbove, "tuz przed": hedgeBelow, "tuz po": hedgeAbove, "krotko przed": hedgeBelow, "krotko po": hedgeAbove,
	"незадолго до": hedgeBelow, "вскоре после": hedgeAbove, "незадовго до": hedgeBelow, "невдовзі після": hedgeAbove,
	"kort voor": hedgeBelow, "vlak voor": hedgeBelow, "kort na": hedgeAbove, "vlak na": hedgeAbove,
}

// timeJoints stand between a hedge and a time of day.
var timeJoints = set("le las delle alle dalle das de godz godzina godzine godzinie um les")

// maxRounding is how many minutes a hedged time of day may be off.
const maxRounding = 30

// roundsTime reports whether q is a time of day with a hedge in front that rounds one of the
// source, in the direction of the hedge: "shortly before 4 a.m." for 3:40.
func (f *facts) roundsTime(r *languageRules, lexemes []lexeme, q quantity) bool {
	if q.ordinal || q.units[0] != "" {
		return false
	}
	h, phrase := r.timeHedge(lexemes, q.begin)
	if h == hedgeNone {
		return false
	}
	for _, at := range minutesOf(q, phrase) {
		for known := range f.values {
			if minutes := minuteOfDay(known); minutes >= 0 && h.allowsMinutes(minutes-at) {
				return true
			}
		}
	}
	return false
}

// timeHedge returns the hedge in front of lexeme i, and whether it is one of times of day alone.
func (r *languageRules) timeHedge(lexemes []lexeme, i int) (h hedge, phrase bool) {
	for k := i - 1; k >= max(0, i-4); k-- {
		word := lexemes[k].norm
		if k > 0 {
			if h := timeHedges[lexemes[k-1].norm+" "+word]; h != hedgeNone {
				return h, true
			}
		}
		if h := r.hedges[word]; h != hedgeNone {
			return h, false
		}
		if word != "." && !timeJoints[word] {
			break
		}
	}
	return hedgeNone, false
}

// minutesOf returns the minutes of the day that q may be. With hours set, a bare number is an
// hour, to twelve in either half of the day.
func minutesOf(q quantity, hours bool) (minutes []int) {
	for _, v := range slices.Concat(q.values, q.also) {
		if at := minuteOfDay(v); at >= 0 {
			minutes = append(minutes, at)
		}
	}
	if n := q.values[0].smallInt(); hours && n >= 0 && n <= 24 {
		minutes = append(minutes, n*60)
		if n <= 12 {
			minutes = append(minutes, (n+12)*60)
		}
	}
	return minutes
}

// minuteOfDay returns the minute of the day that v is as a time of day, -1 for other numbers.
func minuteOfDay(v decimal) int {
	if v.exp < timeExp {
		return -1
	}
	at := decimal{v.digits, v.exp - timeExp}.smallInt()
	return at/100*60 + at%100
}

// allowsMinutes reports whether the exact time may be so many minutes later than the rounded one.
func (h hedge) allowsMinutes(later int) bool {
	const day = 24 * 60
	later = (later%day+day+day/2)%day - day/2
	switch h {
	case hedgeNear:
		return -maxRounding <= later && later <= maxRounding
	case hedgeAbove:
		return 0 < later && later <= maxRounding
	case hedgeBelow:
		return -maxRounding <= later && later < 0
	}
	return false
}
