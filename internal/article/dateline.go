package article

import (
	"strings"
	"unicode"
)

// longestDateline bounds a dateline, in bytes.
const longestDateline = 110

// dateline returns the length of the dateline that leads s, with the dash after
// it: "NAIROBI, Sept 26 (Reuters) - ", "(CNN)", "LONDON — ". Unless it may lead
// the whole text, only one with the name of an agency and a dash counts.
func dateline(s string, leads bool) int {
	n := 0
	for range 2 { // a second agency may have kept the first one's
		head := s[n:min(len(s), n+longestDateline)]
		if head == "" || !unicode.IsUpper(firstRune(head)) && head[0] != '(' {
			break
		}
		m := signedDateline(head, leads)
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

// signedDateline returns the length of a dateline with an agency in brackets or
// between slashes.
func signedDateline(s string, leads bool) int {
	place, rest, ok := strings.Cut(s, "(")
	agency, after, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		place, rest, ok = strings.Cut(s, " /")
		if agency, after, closed = strings.Cut(rest, "/ "); !ok || !closed {
			return 0
		}
	}
	place = strings.TrimRight(place, " ")
	if place != "" && !isPlace(place) {
		return 0
	}
	text := skipDash(after)
	switch known := isAgency(agency); {
	case text < len(after) && text > 0:
		if !known && !(leads && isSigner(agency) && (place == "" || isUpperWord(firstPart(place)))) {
			return 0
		}
	case !leads || len(agency) > 40 || !isSigner(agency):
		return 0
	case opensSentence(after): // glued: "Washington (CNN)The"
		if place != "" && !known {
			return 0
		}
	case strings.HasPrefix(after, " ") && opensSentence(after[1:]):
		if !known || place != "" && !strings.Contains(place, ",") && !isUpperWord(place) {
			return 0
		}
		text = 1
	default:
		return 0
	}
	return len(s) - len(after) + text
}

// placeDateline returns the length of a dateline that is a place, perhaps with
// a date: "LONDON -- ", "NAIROBI, Kenya, Sept 26 - ", "PORT ELLA, Nov 17: ".
func placeDateline(s string) int {
	end := -1
	for _, dash := range [...]string{" - ", " -- ", " – ", " — ", "--", "—", ": "} {
		if at := strings.Index(s, dash); at > 0 && (end < 0 || at < end) {
			end = at
		}
	}
	if end < 0 || !isPlace(s[:end]) {
		return 0
	}
	place, after := s[:end], s[end:]
	text := skipDash(after)
	dated := digitGroups(place) > 0 && strings.Contains(place, ",")
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

// skipDash returns the length of the dash that begins s, with the white space
// around it, or 0.
func skipDash(s string) int {
	rest := strings.TrimLeft(s, " ")
	for _, dash := range [...]string{"--", "—", "–", "- "} {
		if after, ok := strings.CutPrefix(rest, dash); ok {
			return len(s) - len(strings.TrimLeft(after, " "))
		}
	}
	return 0
}

// opensSentence reports whether s begins as a sentence does.
func opensSentence(s string) bool {
	r := firstRune(s[openersOfQuote(s):])
	return unicode.IsUpper(r) || unicode.IsDigit(r) || r == '$'
}

// openersOfQuote returns the length of the opening quotes that begin s.
func openersOfQuote(s string) int {
	return len(s) - len(strings.TrimLeft(s, "\"'“‘«¿¡"))
}

// isPlace reports whether s can be the place and date of a dateline: names,
// months and numbers.
func isPlace(s string) bool {
	if len(s) > 80 || countWords(s, 11) > 10 || !unicode.IsUpper(firstRune(s)) {
		return false
	}
	for word := range strings.FieldsSeq(s) {
		if before, ok := strings.CutSuffix(word, "."); ok && before != "" && !isAbbreviated(before) {
			return false
		}
		word = strings.Trim(word, ",.;:/")
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
