package grounding

import (
	"math"
	"strings"
)

// duration is a length of time. Months are not counted in days, as they have no certain number.
type duration struct {
	months, days float64
	begin, end   int // lexemes
}

// equals reports whether two durations are the same, a month being 28 to 31 days.
func (d duration) equals(other duration) bool {
	if d.days == 0 && other.days == 0 {
		return near(d.months, other.months)
	}
	if d.months == 0 && other.months == 0 {
		return near(d.days, other.days)
	}
	if d.months == 0 {
		d, other = other, d
	}
	return d.days == 0 && other.months == 0 && other.days >= 28*d.months && other.days <= 31*d.months
}

func (d duration) plus(other duration) duration {
	return duration{d.months + other.months, d.days + other.days, min(d.begin, other.begin), max(d.end, other.end)}
}

// near reports whether two numbers are equal but for errors of rounding.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(math.Abs(a), math.Abs(b)) }

// lengths are the durations of the units of time.
var lengths = map[unit]duration{
	"minute": {days: 1. / 1440}, "hour": {days: 1. / 24}, "day": {days: 1}, "week": {days: 7}, "fortnight": {days: 14},
	"month": {months: 1}, "year": {months: 12}, "decade": {months: 120}, "century": {months: 1200},
}

// times returns so many units of time.
func (d duration) times(n float64) duration { return duration{months: d.months * n, days: d.days * n} }

// timeUnitAt returns the unit of time that the words from lexeme i on begin with.
func (r *languageRules) timeUnitAt(lexemes []lexeme, i int) unit {
	if i+1 < len(lexemes) && lexemes[i].norm == "-" && lexemes[i].glued {
		i++
	}
	if i >= len(lexemes) || lexemes[i].kind != lexemeWord {
		return ""
	}
	if r.unspaced() {
		return hanTime(lexemes[i:])
	}
	for _, form := range lexemes[i].forms() {
		if u, ok := r.times.get(form); ok {
			return u
		}
	}
	return ""
}

// hanTimes are units of time in Chinese and Japanese, the longest first.
var hanTimes = []struct {
	name string
	unit unit
}{
	{"个半月", ""},
	{"个月", "month"},
	{"個月", "month"},
	{"か月", "month"},
	{"カ月", "month"},
	{"ヶ月", "month"},
	{"ヵ月", "month"},
	{"小时", "hour"},
	{"小時", "hour"},
	{"時間", "hour"},
	{"星期", "week"},
	{"週間", "week"},
	{"日間", "day"},
	{"年間", "year"},
	{"分钟", "minute"},
	{"分間", "minute"},
	{"年代", ""},
	{"年", "year"},
	{"周", "week"},
	{"週", "week"},
	{"天", "day"},
	{"日", "day"},
	{"分", "minute"},
}

func hanTime(after []lexeme) unit {
	text := joined(after, 3)
	for _, u := range hanTimes {
		if strings.HasPrefix(text, u.name) {
			return u.unit
		}
	}
	return ""
}

// durations returns the lengths of time in lexemes, whose numbers are found, and their sums
// where two stand together: "two years and six months". A unit without a number is one of it.
func (r *languageRules) durations(lexemes []lexeme, found []quantity) (all []duration) {
	counted := make(map[int]bool)
	for _, q := range found {
		u := r.timeUnitAt(lexemes, q.end)
		v, ok := q.count()
		if u == "" || !ok {
			continue
		}
		for k := q.end; k < min(q.end+3, len(lexemes)); k++ {
			counted[k] = true
		}
		d := lengths[u].times(v)
		d.begin, d.end = q.begin, q.end+1
		if n := len(all); n > 0 && q.begin-all[n-1].end <= 2 {
			all = append(all, all[n-1].plus(d))
		}
		all = append(all, d)
	}
	for i := range lexemes {
		if d, ok := r.bareDuration(lexemes, i); ok && !counted[i] {
			all = append(all, d)
		}
	}
	return all
}

// count returns how much of what stands behind it q counts: half for "half a year".
func (q quantity) count() (float64, bool) {
	if q.units[0] == percent {
		v, ok := q.values[0].percentage()
		return v / 100, ok && q.word
	}
	return q.values[0].float()
}

// bareDuration returns the length of time that lexeme i names without a number.
func (r *languageRules) bareDuration(lexemes []lexeme, i int) (duration, bool) {
	t := &lexemes[i]
	if t.kind != lexemeWord {
		return duration{}, false
	}
	if months := r.periods[t.norm]; months > 0 {
		return duration{months: float64(months), begin: i, end: i + 1}, true
	}
	u := r.timeUnitAt(lexemes, i)
	if u == "" || r.unspaced() {
		return duration{}, false
	}
	one := lengths[u]
	if r.behindHalf(lexemes, i+1) > i+1 { // "an hour and a half"
		one = one.times(1.5)
	}
	one.begin, one.end = i, i+1
	return one, true
}
