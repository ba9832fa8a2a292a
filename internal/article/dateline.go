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
			m = max(placeDateline(head), agencyDateline(head), stoppedDateline(head))
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
	by := bracketedByline(s)
	if n := fencedDateline(s[by:], leads); n > 0 {
		return by + n
	}
	switch r := firstRune(s); {
	case IsUnspaced(r) || r == '（' || r == '【' || r == '［' || r == '(' && IsUnspaced(firstRune(s[1:])):
		return wideDateline(s)
	case r == '(' || r == '[':
		return koreanDateline(s)
	}
	return unfencedDateline(s)
}

// bracketedByline returns the length of the bracket with a byline that begins s, with the space
// after it, as ANSA has it before a dateline: "(di Ada Roe) (ANSA) - ROMA, 6 MAG - "; else 0.
func bracketedByline(s string) int {
	inside, after, ok := strings.Cut(s, ") ")
	if !ok || s[0] != '(' || !isByline(inside[1:], true) {
		return 0
	}
	return len(s) - len(after)
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
		inside, after, closed := strings.Cut(s[open+1:], closerOfFence(s[open]))
		place := strings.TrimRight(s[:open], " ")
		switch {
		case !closed, s[open] == '/' && (place == "" || !namesAgency(inside)), strings.IndexByte(inside, '=') >= 0, strings.Contains(inside, "＝"):
			from = open + 1
			continue
		}
		known := isAgency(inside) || s[open] == '/' && namesAgency(inside)
		signed := signature{
			place: place, agency: inside, fence: s[open], known: known,
			dated: known && isDatedPlace(place), leads: leads && (from == 0 || known),
		}
		if n := signed.seam(after); n >= 0 {
			return len(s) - len(after) + n
		}
		if !isRegion(inside) {
			return 0
		}
		from = open + len(inside) + 2
	}
	return 0
}

// namesAgency reports whether s, between slashes, is an agency, perhaps with its
// correspondent: "Корр. ТАСС Анна Роу".
func namesAgency(s string) bool {
	if isAgency(s) {
		return true
	}
	for word := range strings.FieldsSeq(s) {
		if isUpperWord(word) && agencyNamed(word) != 0 {
			return countWords(s, 6) < 6
		}
	}
	return false
}

// closerOfFence returns what closes a fence of a signature.
func closerOfFence(fence byte) string {
	switch fence {
	case '(':
		return ")"
	case '[':
		return "]"
	}
	return "/"
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
	return s != "" && len(s) <= 32 && countWords(s, 5) < 5 && (!EndsSentence(s) || shapeOf(s) == shapeDotted || hasAnySuffix(s, "EE.UU.", "EE. UU.")) && !isAgency(s)
}

// signature is the name of an agency between fences, and what stands before it.
type signature struct {
	place, agency string
	fence         byte // that opens it: '(', '/' or '['
	known         bool // the agency is known
	dated         bool // the place has a date
	leads         bool // the dateline may lead the whole text
}

// seam returns the length of what stands between the signature and the text, where after is
// both, or -1 if it signs no dateline.
func (f signature) seam(after string) int {
	if !f.isPlausible() {
		return -1
	}
	signs, text := false, skipDash(after)
	switch {
	case text == len(after): // on a line of its own
		signs = f.known && (f.dated || f.place != "" && (text > 0 || f.isTown()))
	case text > 0:
		signs = f.signsBeforeDash(after[text:])
	case hasAnyPrefix(after, ". ", ": "):
		signs, text = f.signsBeforeStop(after), 2
	case !f.leads, len(f.agency) > longestSigner, !f.known && !isSigner(f.agency):
	case opensSentence(after): // glued: "Washington (CNN)The"
		signs = f.known || f.place == ""
	case strings.HasPrefix(after, " ") && opensSentence(after[1:]):
		signs, text = f.signsBeforeSpace(after), 1
	}
	if !signs {
		return -1
	}
	return text
}

// isTown reports whether the place is one word, or its agency is written in small letters, so
// that it is rather a dateline on a line of its own than the credit of a picture: "Münster (ots)".
func (f signature) isTown() bool {
	return countWords(f.place, 2) == 1 || strings.ToLower(f.agency) == f.agency
}

// longestSigner bounds the name that signs a dateline without a dash, in bytes.
const longestSigner = 40

// isPlausible reports whether agency and place can form a dateline.
func (f signature) isPlausible() bool {
	return (f.known || f.fence == '(') && (f.place == "" || f.dated || isPlace(f.place))
}

// signsBeforeDash reports whether a dash can follow the signature, and text the dash.
func (f signature) signsBeforeDash(text string) bool {
	return f.known || f.isQuiet() && opensSentence(text) || f.leads && isSigner(f.agency) && (f.place == "" || isUpperWord(firstPart(f.place)))
}

// isQuiet reports whether the name of the agency is one word in small letters behind a place of
// one or two words, as in German papers: "Passau (donaupress) - ", "Emden (red) - ". It is a code
// of two or three letters or speaks of the press: "Arsenal (home) - " is no dateline.
func (f signature) isQuiet() bool {
	if first := strings.ToLower(firstField(f.place)); nameParticles.has(first) || starters.has(first) || starters.has(firstField(f.place)) {
		return false
	}
	n := len(f.agency)
	named := n == 2 || n == 3 || n <= 12 && hasAnyOf(f.agency, "pres", "pers", "news", "agen", "dienst", "zeitung", "medi", "info")
	return f.leads && f.place != "" && named && strings.ToLower(f.agency) == f.agency && !hasDigit(f.agency) && countWords(f.agency, 2) == 1 && countWords(f.place, 3) < 3
}

// signsBeforeStop reports whether a full stop or colon can follow the signature.
func (f signature) signsBeforeStop(after string) bool {
	stop, text := after[0], after[2:]
	switch {
	case !f.known:
		return false
	case f.fence == '/', f.dated, f.place != "" && stop == ':':
		return true
	}
	return f.leads && f.place != "" && countWords(f.place, 3) < 3 && opensSentence(text) && !isAgency(firstField(text)) // "Bonn (epd). "
}

// signsBeforeSpace reports whether only a space can follow the signature: "Frauenfeld (sda)
// Die".
func (f signature) signsBeforeSpace(after string) bool {
	switch {
	case !f.known, isUpperWord(after) && isUpperWord(f.place):
		return false
	case f.place == "", strings.Contains(f.place, ","), isUpperWord(f.place):
		return true
	}
	return f.dated || f.fence == '/' || strings.ToLower(f.agency) == f.agency || agencyOf(f.agency)&quiet != 0
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
		if name, after, ok := unfencedAgencies.find(s[at:]); ok && name.value && agencyNamed(s[at:len(s)-len(after)]) != 0 {
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
	return joinedDateline(s)
}

// joinedDateline returns the length of a dateline of a place and an agency that a slash
// joins, alone on its line, or a hyphen: "إسطنبول / الأناضول", "دمشق-سانا".
func joinedDateline(s string) int {
	if place, agency, ok := cutLast(s, " / "); ok && isAgency(agency) && countWords(place, 5) < 5 && !strings.ContainsAny(place, ":\"") {
		return len(s)
	}
	place, after, ok := strings.Cut(s, "-")
	if !ok || len(place) >= 40 || strings.Contains(place, " ") || !hasLetter(place) {
		return 0
	}
	name := firstField(after)
	if agencyNamed(strings.TrimRight(name, "-"))&unfenced == 0 {
		return 0
	}
	return min(len(s), len(place)+len(name)+2)
}

// unfencedSeam returns the length of what stands between the name of an agency, after a
// place and date, and the text; -1 if it signs no dateline.
func unfencedSeam(place, after string) int {
	place = strings.TrimRight(place, " ,.-–—=")
	if place == "" || strings.ContainsAny(place, "():") {
		return -1
	}
	dated := isDatedPlace(place)
	if !dated && (countWords(place, 5) == 5 || !isPlace(place) && isCasedWord(place)) {
		return -1
	}
	if n := skipDash(after); n > 0 {
		return n
	}
	switch {
	case !dated:
		return -1
	case after == "": // on a line of its own
		return 0
	case hasAnyPrefix(after, ". ", ": "):
		return 2
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
	if signed := wideSigners.has(s); signed || IsUnspaced(open) {
		return wiredDateline(s, signed)
	}
	return 0
}

// wiredDateline returns the length of a dateline without a bracket, as wideDateline does: of a
// known agency or newspaper (signed), or of any site with the day before the word for a wire.
func wiredDateline(s string, signed bool) int {
	for _, wire := range [...]string{"电", "電", "讯", "訊"} {
		place, after, ok := strings.Cut(s, wire)
		if !ok || utf8.RuneCountInString(place) > 30 || strings.ContainsAny(place, "，。、") || !signed && !endsWithDay(place) {
			continue
		}
		n := len(s) - len(after)
		return n + reporters(after)
	}
	return 0
}

// endsWithDay reports whether s ends with a month and a day: "宁德12月3日".
func endsWithDay(s string) bool {
	s, dated := strings.CutSuffix(s, "日")
	month := strings.TrimRight(s, "0123456789")
	before, ok := strings.CutSuffix(month, "月")
	return dated && ok && len(month) < len(s) && before != "" && isDigit(before[len(before)-1])
}

// reporters returns the length of the brackets with reporters, and of the space, that
// begin s.
func reporters(s string) int {
	rest := strings.TrimLeft(s, " ")
	for _, pair := range [...][2]string{{"（", "）"}, {"(", ")"}} {
		if inside, after, ok := strings.Cut(rest, pair[1]); ok && strings.HasPrefix(inside, pair[0]) && utf8.RuneCountInString(inside) < 60 &&
			(strings.Contains(inside, "记者") || strings.Contains(inside, "記者") || strings.Contains(inside, "通讯员") || strings.Contains(inside, "记") || strings.Contains(inside, "实习") || isChineseNames(inside[len(pair[0]):])) {
			rest = after
			break
		}
	}
	rest = strings.TrimLeft(rest, " ")
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "："), ":")
	return len(s) - len(strings.TrimLeft(rest, " "))
}

// isChineseNames reports whether s is nothing but names of two to four Chinese characters.
func isChineseNames(s string) bool {
	n := 0
	for name := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '、' || r == '，' || r == ',' }) {
		if l := utf8.RuneCountInString(name); l < 2 || l > 4 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
			return false
		}
		n++
	}
	return 0 < n && n <= 5
}

// placeDateline returns the length of a dateline that is a place, perhaps with
// a date: "LONDON -- ", "NAIROBI, Kenya, Sept 26 - ", "PORT ELLA, Nov 17: ".
func placeDateline(s string) int {
	end := placeEnd(s)
	if end == 0 || !isPlace(s[:end]) {
		return 0
	}
	place, after := s[:end], s[end:]
	text := skipDash(after)
	dated := strings.Contains(place, ",") && digitGroups(place) > 0 || strings.HasPrefix(after, " = ") && isDatedPlace(place)
	if text == 0 && dated {
		text = 2 // ": "
	}
	if text == 0 || !opensSentence(after[text:]) || !dated && !isLoudPlace(place) {
		return 0
	}
	return end + text
}

// placeEnd returns the index of the first dash or colon of s that can end a place, or 0.
func placeEnd(s string) int {
	for i := 1; i < min(len(s), longestPlaceName); i++ {
		switch s[i] {
		case ' ':
			if hasAnyPrefix(s[i+1:], "- ", "-- ", "– ", "— ", "= ") {
				return i
			}
		case '-', ':', "—"[0]:
			if hasAnyPrefix(s[i:], "--", "—", ": ") {
				return i
			}
		}
	}
	return 0
}

// isLoudPlace reports whether s is a place in capitals, perhaps with its country.
func isLoudPlace(s string) bool {
	if strings.Contains(s, ",") && isUpperWord(firstPart(s)) {
		return true
	}
	return isUpperWord(s) && len(s) >= 4 && !organisations.has(s)
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

// stoppedDateline returns the length of a dateline whose parts full stops end, with the
// agency first: "Andina. Lima, nov. 18. ".
func stoppedDateline(s string) int {
	if signed, text, ok := strings.Cut(s, ".-"); ok && len(signed) <= longestPlace {
		name, place, _ := strings.Cut(signed, " ")
		if isUpperWord(name) && isAgency(name) && isPlace(place) && opensSentence(strings.TrimLeft(text, " ")) {
			return len(s) - len(strings.TrimLeft(text, " ")) // "ACN Barcelona.-"
		}
	}
	name, place, ok := strings.Cut(s, ". ")
	if !ok || !isAgency(name) || strings.Contains(name, " ") {
		return 0
	}
	for at := 0; ; {
		stop := strings.Index(place[at:], ". ")
		if stop < 0 {
			return 0
		}
		if at += stop; isDatedPlace(place[:at]) && isPlace(place[:at]) && opensSentence(place[at+2:]) {
			return len(name) + len(". ") + at + len(". ")
		}
		at += len(". ")
	}
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
	if rest, ok := strings.CutPrefix(strings.TrimLeft(s, " "), ".. "); ok { // of MENA
		return len(s) - len(strings.TrimLeft(rest, " "))
	}
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
	ordinal := false // the word before is a number with a full stop
	for word := range strings.FieldsSeq(s) {
		if ordinal && !months.has(strings.Trim(word, ",.")) {
			return false
		}
		before, stopped := strings.CutSuffix(word, ".")
		ordinal = stopped && isNumber(before)
		if stopped && !ordinal && before != "" && !isAbbreviated(before) && !months.has(before) || !isPlaceWord(strings.Trim(word, ",.;:/()")) {
			return false
		}
	}
	return true
}

// isPlaceWord reports whether word can be part of a place and date.
func isPlaceWord(word string) bool {
	switch r := firstRune(word); {
	case word == "", unicode.IsDigit(r), months.has(word), nameParticles.has(word):
		return true
	case unicode.IsUpper(r):
		return !starters.has(word) || placeArticles.has(word) || isUpperWord(word)
	}
	return false
}

// isNumericDate reports whether word is, or begins with, a date in figures: 06/05, 4.3.,
// 6-5-2031, 20310506.
func isNumericDate(word string) bool {
	if len(word) == 8 && isNumber(word) {
		return hasAnyPrefix(word, "19", "20")
	}
	day, rest := cutNumber(word)
	if rest == "" {
		return false
	}
	month, year := cutNumber(rest[1:])
	switch {
	case day == "", len(day) > 2, month == "", len(month) > 2:
		return false
	case rest[0] == '/':
		return year == "" || year[0] == '/' || year[0] == ','
	}
	return (rest[0] == '.' || rest[0] == '-') && year != "" && year[0] == rest[0]
}

// cutNumber returns the digits that begin s, and what follows them.
func cutNumber(s string) (digits, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return s[:len(s)-len(rest)], rest
}

// isDatedPlace reports whether s, before the name of an agency, is a place with a date, in
// any order and script: "4.3.Gdańsk", "DINANT 06/05", "Redacción Deportes, 6 may",
// "القاهرة في 6 مايو". At most two words may be ordinary ones.
func isDatedPlace(s string) bool {
	if s == "" || len(s) > 110 || countWords(s, 15) == 15 || strings.IndexByte(s, ':') >= 0 {
		return false
	}
	var d datedPlace
	for word := range strings.FieldsSeq(s) {
		if !d.add(word) {
			return false
		}
	}
	return d.dated && d.ordinary <= 2 && d.names > 0 && (d.names <= 3 || strings.ContainsAny(s, ",،，./-"))
}

// datedPlace is what the words of a place with a date have told.
type datedPlace struct {
	dated           bool
	ended           bool // the word before had the stop of a sentence
	day, month      bool // the word before was one
	ordinary, names int  // words
}

// add takes note of the next word. It reports false where a sentence ended before it.
func (d *datedPlace) add(word string) bool {
	ends := endsPlace(word)
	d.dated = d.dated || isNumericDate(word)
	word = strings.Trim(word, ",.;:/()-–")
	if word == "" || nameParticles.has(word) {
		return true
	}
	switch r := firstRune(word); {
	case unicode.IsDigit(r):
		if isCasedWord(word) {
			d.names++
		}
		d.dated = d.dated || d.month
		d.day, d.month = true, false
	case months.has(word):
		d.dated = d.dated || d.day
		d.day, d.month = false, true
	case d.ended:
		return false
	default:
		switch {
		case dateWords.has(word):
		case unicode.IsLower(r):
			d.ordinary++
		default:
			d.names++
		}
		d.day, d.month = unicode.Is(unicode.Lo, r), false // a day in words
	}
	d.ended = ends
	return true
}

// endsPlace reports whether word, of a place with a date, has the stop of a sentence.
func endsPlace(word string) bool {
	word, stopped := strings.CutSuffix(word, ".")
	return stopped && utf8.RuneCountInString(word) > 3 && startsWithLetter(word) && !months.has(word) && !isAbbreviated(word)
}

func startsWithLetter(s string) bool {
	return unicode.IsLetter(firstRune(strings.TrimLeft(s, ",.;:/()-–")))
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
