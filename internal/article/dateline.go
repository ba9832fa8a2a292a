package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestDateline bounds a dateline, in bytes.
const longestDateline = 160

// longestPlace bounds what stands before the name of an agency in a dateline inside a text,
// in bytes.
const longestPlace = 60

// dateline returns the length of the dateline that leads s, with the dash after it:
// "NAIROBI, Sept 26 (Reuters) - ", "МОСКВА, 6 мая. /ТАСС/. ", "(CNN)", "LONDON — ". Unless
// it may lead the whole text, only one with the name of an agency and a dash counts.
func dateline(s string, leads bool) int {
	n := 0
	for range 2 { // a second agency may have kept the first one's
		head := s[n:min(len(s), n+longestDateline)]
		if head == "" {
			break
		}
		m := 0
		if unicode.IsUpper(firstRune(head)) || strings.IndexByte("([", head[0]) >= 0 || isDigit(head[0]) || head[0] >= utf8.RuneSelf {
			m = signedDateline(head, leads)
		}
		if m == 0 && leads {
			m = max(placeDateline(head), agencyDateline(head))
		}
		if m == 0 {
			break
		}
		n += m
	}
	return n
}

// signedDateline returns the length of a dateline with the name of an agency, in any of
// the ways in which agencies set it.
func signedDateline(s string, leads bool) int {
	if !leads {
		if firstFence(s[:min(len(s), longestPlace)]) < 0 {
			return 0
		}
		return fencedDateline(s[:min(len(s), longestDateline)], false)
	}
	s = s[:min(len(s), longestDateline)]
	if n := fencedDateline(s, leads); n > 0 {
		return n
	}
	switch r := firstRune(s); {
	case IsUnspaced(r) || r == '（' || r == '【' || r == '［' || r == '(' && IsUnspaced(firstRune(s[1:])):
		return wideDateline(s)
	case r == '(' || r == '[':
		return koreanDateline(s)
	}
	return unfencedDateline(s)
}

// fencedDateline returns the length of a dateline with an agency in brackets or between
// slashes: "MIALET (Gard), 5 juin 2025 (AFP) - ", "МОСКВА, 6 мая. /ТАСС/. ".
func fencedDateline(s string, leads bool) int {
	for from := 0; from < len(s); {
		open := firstFence(s[from:])
		if open < 0 {
			return 0
		}
		open += from
		closer := closerOf(rune(s[open]))
		if s[open] == '/' {
			closer = "/"
		}
		inside, after, closed := strings.Cut(s[open+1:], closer)
		if !closed {
			from = open + 1
			continue
		}
		place := strings.TrimRight(s[:open], " ")
		if closer == "/" && (place == "" || !isAgency(inside)) || strings.IndexByte(inside, '=') >= 0 || strings.Contains(inside, "＝") {
			from = open + 1
			continue
		}
		if n := fencedSeam(place, inside, after, s[open], leads && (from == 0 || isAgency(inside))); n >= 0 {
			return len(s) - len(after) + n
		}
		if !isRegion(inside) {
			return 0
		}
		from = open + len(inside) + 2
	}
	return 0
}

// firstFence returns the index of the first "(", "/" or "[" in s, or -1.
func firstFence(s string) int {
	open := strings.IndexByte(s, '(')
	for _, fence := range [...]byte{'/', '['} {
		if open >= 0 {
			s = s[:open]
		}
		if at := strings.IndexByte(s, fence); at >= 0 {
			open = at
		}
	}
	return open
}

// isRegion reports whether s, in brackets behind the name of a place, says where it is.
func isRegion(s string) bool {
	return s != "" && len(s) <= 32 && countWords(s, 5) < 5 && !EndsSentence(s) && !isAgency(s)
}

// fencedSeam returns the length of what stands between the bracket with the name of an
// agency and the text, or -1 if the bracket signs no dateline.
func fencedSeam(place, agency, after string, fence byte, leads bool) int {
	known, slashed := isAgency(agency), fence == '/'
	if !known && fence != '(' {
		return -1
	}
	dated := known && isDatedPlace(place)
	if place != "" && !dated && !isPlace(place) {
		return -1
	}
	text := skipDash(after)
	switch {
	case text == len(after): // on a line of its own
		if known && (dated || place != "" && text > 0) {
			return text
		}
		return -1
	case text > 0:
		if !known && !(leads && isSigner(agency) && (place == "" || isUpperWord(firstPart(place)))) {
			return -1
		}
		return text
	case known && (slashed || dated) && (strings.HasPrefix(after, ". ") || strings.HasPrefix(after, ": ")):
		return 2
	case known && strings.HasPrefix(after, ": ") && place != "":
		return 2
	case known && leads && place != "" && countWords(place, 3) < 3 && strings.HasPrefix(after, ". ") && opensSentence(after[2:]) && !isAgency(firstField(after[2:])):
		return 2 // "Bonn (epd). "
	case !leads || len(agency) > 40 || !isSigner(agency) && !known:
		return -1
	case opensSentence(after): // glued: "Washington (CNN)The"
		if place != "" && !known {
			return -1
		}
		return 0
	case strings.HasPrefix(after, " ") && opensSentence(after[1:]) && !(isUpperWord(after) && isUpperWord(place)):
		bare := strings.ToLower(agency) == agency || dated || slashed || agencyOf(agency)&quiet != 0 // "Frauenfeld (sda) Die"
		if !known || place != "" && !strings.Contains(place, ",") && !isUpperWord(place) && !bare {
			return -1
		}
		return 1
	}
	return -1
}

// unfencedAgencies are the agencies that sign datelines without brackets.
var unfencedAgencies = func() *prefixTable[bool] {
	var names []string
	for name, h := range agencies {
		if h&unfenced != 0 {
			names = append(names, name)
		}
	}
	return newPrefixTable(map[bool]string{true: strings.Join(names, "|")})
}()

// unfencedDateline returns the length of a dateline in which nothing stands around the
// name of the agency: "TOKYO, May 6, Kyodo - ", "КАЗАНЬ, 6 мая - РИА Новости, Ада Роэ. ".
func unfencedDateline(s string) int {
	if s[0] < utf8.RuneSelf && strings.IndexByte(s, '-') < 0 && strings.IndexByte(s, ':') < 0 && strings.IndexByte(s, "—"[0]) < 0 {
		return 0 // no dash
	}
	for at, words := 0, 0; at < len(s) && words < 14; words++ {
		if name, after, ok := unfencedAgencies.find(s[at:]); ok && agencyNamed(s[at:at+len(s[at:])-len(after)]) != 0 && name.value {
			if n := unfencedSeam(s[:at], after); n >= 0 {
				return len(s) - len(after) + n
			}
		}
		next := strings.IndexByte(s[at:], ' ')
		if next < 0 {
			break
		}
		at += next + 1
	}
	if strings.IndexByte(s, '/') < 0 && strings.IndexByte(s, '-') < 0 {
		return 0
	}
	if place, agency, ok := cutLast(s, " / "); ok && isAgency(agency) && countWords(place, 5) < 5 && !strings.ContainsAny(place, ":\"") {
		return len(s) // "إسطنبول / الأناضول"
	}
	place, after, ok := strings.Cut(s, "-") // "دمشق-سانا"
	if ok && len(place) < 40 && !strings.Contains(place, " ") && hasLetter(place) {
		name := firstField(after)
		if agencyNamed(strings.TrimRight(name, "-"))&unfenced != 0 {
			return min(len(s), len(place)+len(name)+2)
		}
	}
	return 0
}

// unfencedSeam returns the length of what stands between the name of an agency, after a
// place and date, and the text; -1 if it signs no dateline.
func unfencedSeam(place, after string) int {
	place = strings.TrimRight(place, " ,.-–—=")
	dated := isDatedPlace(place)
	if place == "" || strings.ContainsAny(place, "():") || !dated && (countWords(place, 5) == 5 || !isPlace(place) && isCasedWord(place)) {
		return -1
	}
	if after == "" && dated { // on a line of its own
		return 0
	}
	if n := skipDash(after); n > 0 {
		return n
	}
	if !dated {
		return -1
	}
	for _, stop := range [...]string{". ", ": "} {
		if strings.HasPrefix(after, stop) {
			return len(stop)
		}
	}
	if names, rest, ok := strings.Cut(after, ". "); ok && strings.HasPrefix(names, ", ") && isNames(names[2:]) {
		return len(after) - len(rest)
	}
	return -1
}

// koreanDateline returns the length of a dateline such as "(서울=연합뉴스) 홍길동 기자 = ".
func koreanDateline(s string) int {
	inside, after, ok := strings.Cut(s[1:], closerOf(rune(s[0])))
	_, agency, signed := strings.Cut(inside, "=")
	if !ok || !signed || !isAgency(agency) {
		return 0
	}
	n := len(s) - len(after)
	if by, rest, ok := strings.Cut(after, "= "); ok && len(by) < 90 && (strings.Contains(by, "기자") || strings.Contains(by, "특파원")) {
		return len(s) - len(rest)
	}
	return n + len(after) - len(strings.TrimLeft(after, " "))
}

// wideSigners begin datelines of Chinese agencies and newspapers.
var wideSigners = newPrefixTable(map[bool]string{
	true: `新华社|新華社|新华网|中新社|中新网|中国新闻社|中国新闻网|中央社|中央社記者|人民网|央视网|央视新闻|法新社|路透社|美联社|共同社|塔斯社|本报|本報|本刊|本网|本社|据新华社|據新華社|综合外电|光明网|中国日报|环球网|海外网|澎湃新闻`,
})

// wideDateline returns the length of a dateline of a Chinese or Japanese agency:
// "新华社太原6月5日电（记者 王晓川）", "【パリ時事】", "［ワシントン　４日　ロイター］ - ".
func wideDateline(s string) int {
	open, size := utf8.DecodeRuneInString(s)
	if closer := closerOf(open); closer != "" {
		inside, after, ok := strings.Cut(s[size:], closer)
		if !ok || utf8.RuneCountInString(inside) > 40 {
			return 0
		}
		signed := hasAnySuffix(inside, "共同", "時事", "ロイター", "ＡＦＰ時事", "AFP時事", "通信", "電", "电", "讯", "訊", "聯合ニュース", "新華社", "ＣＮＮ") ||
			strings.Contains(inside, "＝") && open == '【' || wideSigners.has(inside) && open != '('
		if !signed {
			return 0
		}
		n := len(s) - len(after)
		if dash := skipDash(after); dash > 0 {
			return n + dash
		}
		return n + reporters(after)
	}
	if !wideSigners.has(s) {
		return 0
	}
	for _, wire := range [...]string{"电", "電", "讯", "訊"} {
		place, after, ok := strings.Cut(s, wire)
		if !ok || utf8.RuneCountInString(place) > 30 || strings.ContainsAny(place, "，。、") {
			continue
		}
		n := len(s) - len(after)
		return n + reporters(after)
	}
	return 0
}

// reporters returns the length of the brackets with reporters, and of the space, that
// begin s.
func reporters(s string) int {
	rest := strings.TrimLeft(s, " ")
	for _, pair := range [...][2]string{{"（", "）"}, {"(", ")"}} {
		if inside, after, ok := strings.Cut(rest, pair[1]); ok && strings.HasPrefix(inside, pair[0]) && utf8.RuneCountInString(inside) < 60 &&
			(strings.Contains(inside, "记者") || strings.Contains(inside, "記者") || strings.Contains(inside, "通讯员") || strings.Contains(inside, "记") || strings.Contains(inside, "实习")) {
			rest = after
			break
		}
	}
	rest = strings.TrimLeft(rest, " ")
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "："), ":")
	return len(s) - len(strings.TrimLeft(rest, " "))
}

// placeDateline returns the length of a dateline that is a place, perhaps with
// a date: "LONDON -- ", "NAIROBI, Kenya, Sept 26 - ", "PORT ELLA, Nov 17: ".
func placeDateline(s string) int {
	end := -1
	for _, dash := range [...]string{" - ", " -- ", " – ", " — ", " = ", "--", "—", ": "} {
		if at := strings.Index(s[:min(len(s), longestPlaceName+len(dash))], dash); at > 0 && (end < 0 || at < end) {
			end = at
		}
	}
	if end < 0 || !isPlace(s[:end]) {
		return 0
	}
	place, after := s[:end], s[end:]
	text := skipDash(after)
	dated := digitGroups(place) > 0 && strings.Contains(place, ",") || strings.HasPrefix(after, " = ") && isDatedPlace(place)
	if text == 0 {
		if !dated {
			return 0
		}
		text = 2 // ": "
	}
	if !opensSentence(after[text:]) {
		return 0
	}
	city := firstPart(place)
	switch {
	case dated:
	case isUpperWord(city) && strings.Contains(place, ","):
	case isUpperWord(place) && len(place) >= 4 && !organisations.has(place):
	default:
		return 0
	}
	return end + text
}

// agencyDateline returns the length of the name of an agency, or of a site,
// with a dash after it: "Reuters - ".
func agencyDateline(s string) int {
	name, after, ok := strings.Cut(s, " - ")
	if !ok || strings.Contains(name, " ") && !isAgency(name) || !opensSentence(after) {
		return 0
	}
	if !isAgency(name) && !strings.HasSuffix(name, ".com") {
		return 0
	}
	return len(s) - len(after)
}

// datelineBelow returns where in s a dateline follows a headline on the same
// line, as feeds have it: "Port reopens (Reuters). Reuters - The port".
func datelineBelow(s string) (Span, bool) {
	s = s[:min(len(s), 150+longestDateline)]
	for begin := 0; ; {
		i := strings.IndexAny(s[begin:], ".?!")
		if i < 0 || begin+i+2 >= len(s) || begin+i > 150 {
			return Span{}, false
		}
		i += begin
		begin = i + 1
		if s[i+1] != ' ' || countWords(s[:i], 3) < 3 || s[i] == '.' && isAbbreviated(s[:i]) {
			continue
		}
		if n := dateline(s[i+2:], true); n > 0 && s[i+2] != '(' {
			return Span{i + 2, i + 2 + n}, true
		}
		return Span{}, false
	}
}

// isAbbreviated reports whether the word that ends s is an abbreviation or an
// initial.
func isAbbreviated(s string) bool {
	word := lastWord(s, len(s))
	switch shapeOf(word) {
	case shapeInitial, shapeDotted:
		return true
	}
	return abbreviationOf(word, true) != noAbbreviation
}

// skipDash returns the length of the dash that begins s, with the stop before it and the
// white space around it, or 0.
func skipDash(s string) int {
	rest := strings.TrimLeft(s, " .")
	for _, dash := range [...]string{"--", "—", "–", "- ", "= ", "_ ", "-"} {
		after, ok := strings.CutPrefix(rest, dash)
		if !ok || dash == "-" && after != "" && !unicode.IsUpper(firstRune(after)) && isCasedWord(after) {
			continue
		}
		return len(s) - len(strings.TrimLeft(after, " "))
	}
	return 0
}

// opensSentence reports whether s begins as a sentence does.
func opensSentence(s string) bool {
	r := firstRune(s[openersOfQuote(s):])
	return unicode.IsUpper(r) || unicode.IsDigit(r) || r == '$' || unicode.Is(unicode.Lo, r)
}

// openersOfQuote returns the length of the opening quotes that begin s.
func openersOfQuote(s string) int {
	return len(s) - len(strings.TrimLeft(s, "\"'“‘«¿¡„»`"))
}

// longestPlaceName bounds the place and date of a dateline, in bytes.
const longestPlaceName = 80

// isPlace reports whether s can be the place and date of a dateline: names, months and
// numbers.
func isPlace(s string) bool {
	if len(s) > longestPlaceName || countWords(s, 11) > 10 || !unicode.IsUpper(firstRune(s)) {
		return false
	}
	stopped := false // the word before is a number with a full stop
	for word := range strings.FieldsSeq(s) {
		if stopped && !months.has(strings.Trim(word, ",.")) {
			return false
		}
		before, ok := strings.CutSuffix(word, ".")
		stopped = ok && isNumber(before)
		if ok && !stopped && before != "" && !isAbbreviated(before) && !months.has(before) {
			return false
		}
		word = strings.Trim(word, ",.;:/()")
		r := firstRune(word)
		switch {
		case word == "" || unicode.IsDigit(r) || months.has(word) || nameParticles.has(word):
		case unicode.IsUpper(r) && (!starters.has(word) || placeArticles.has(word) || isUpperWord(word)):
		default:
			return false
		}
	}
	return true
}

// isNumericDate reports whether word is, or begins with, a date in figures: 06/05, 4.3.,
// 6-5-2031, 20310506.
func isNumericDate(word string) bool {
	if len(word) == 8 && isNumber(word) {
		return word[:2] == "19" || word[:2] == "20"
	}
	day := len(word) - len(strings.TrimLeft(word, "0123456789"))
	if day == 0 || day > 2 || day == len(word) {
		return false
	}
	mark, rest := word[day], word[day+1:]
	month := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	if month == 0 || month > 2 {
		return false
	}
	rest = rest[month:]
	return mark == '/' && (rest == "" || rest[0] == '/' || rest[0] == ',') || (mark == '.' || mark == '-') && rest != "" && rest[0] == mark
}

// isDatedPlace reports whether s, before the name of an agency, is a place with a date, in
// any order and script: "4.3.Gdańsk", "DINANT 06/05", "Redacción Deportes, 6 may",
// "القاهرة في 6 مايو". At most two words may be ordinary ones.
func isDatedPlace(s string) bool {
	if len(s) > 110 || s == "" || countWords(s, 15) == 15 {
		return false
	}
	if strings.IndexByte(s, ':') >= 0 {
		return false
	}
	var (
		dated, ended, afterDay, afterMonth bool // ended: the word before had the stop of a sentence
		ordinary, names                    int
	)
	for word := range strings.FieldsSeq(s) {
		before, stopped := strings.CutSuffix(word, ".")
		dated = dated || isNumericDate(word)
		word = strings.Trim(word, ",.;:/()-–")
		r := firstRune(word)
		switch day := unicode.IsDigit(r); {
		case word == "" || nameParticles.has(word):
			continue
		case ended && !day && !months.has(word):
			return false
		case day:
			dated = dated || afterMonth
			if strings.ContainsFunc(word, unicode.IsUpper) {
				names++
			}
			afterDay, afterMonth = true, false
		case months.has(word):
			dated = dated || afterDay
			afterDay, afterMonth = false, true
		default:
			switch {
			case dateWords.has(word):
			case unicode.IsLower(r):
				ordinary++
			default:
				names++
			}
			afterDay, afterMonth = unicode.Is(unicode.Lo, r), false // a day in words
		}
		ended = stopped && utf8.RuneCountInString(before) > 3 && unicode.IsLetter(r) && !months.has(before) && !isAbbreviated(before)
	}
	return dated && ordinary <= 2 && names > 0 && (names <= 3 || strings.ContainsAny(s, ",،，./-"))
}

// placeArticles begin the names of places, and sentences in other languages.
var placeArticles = words(`los las el la os`)

// isUpperWord reports whether s has letters, and none that are small.
func isUpperWord(s string) bool {
	upper := false
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		upper = upper || unicode.IsUpper(r)
	}
	return upper
}

// organisations are acronyms that could pass for a place before a dash.
var organisations = words(`nato nasa unicef unesco opec fifa uefa asean ecowas interpol unhcr usaid mercosur
	brics ibm bmw nbc cbs fbi cia`)
