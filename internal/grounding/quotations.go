package grounding

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// supportsQuotations reports whether what stands between quotation marks in
// text stands in the source.
func (f *facts) supportsQuotations(text string) bool {
	if !strings.ContainsAny(text, quotationMarks) {
		return true
	}
	for _, quotation := range quotations(text) {
		for _, part := range strings.FieldsFunc(strings.ReplaceAll(quotation, "...", "…"), func(r rune) bool { return r == '…' || r == '[' || r == ']' }) {
			words := quotable(lexemesOf(part))
			if strings.TrimSpace(words) != "" && !strings.Contains(f.quotable, words) && !f.hasFormOf(strings.Fields(words)) && !f.hasInflected(strings.Fields(words)) {
				return false
			}
		}
	}
	return true
}

// hasFormOf reports whether quoted is one word that the source has in another case or number.
func (f *facts) hasFormOf(quoted []string) bool {
	if len(quoted) != 1 || utf8.RuneCountInString(quoted[0]) < 4 {
		return false
	}
	word := quoted[0]
	if f.rules.language == "en" {
		return f.has(word+"s", asWord) || f.has(strings.TrimSuffix(word, "s"), asWord)
	}
	begin := string(firstRunes(word, 2))
	for known := range f.words {
		if strings.HasPrefix(known, begin) && f.rules.sameWord(known, word) {
			return true
		}
	}
	return false
}

// hasInflected reports whether the source has quoted words in a row in other cases, as the grammar
// of the sentence around a quotation asks for: "ein teures Abenteuer" for "einem teuren Abenteuer".
func (f *facts) hasInflected(quoted []string) bool {
	r := f.rules
	if len(quoted) < 2 || len(quoted) > maxInflected || len(r.endings) == 0 {
		return false
	}
	words := strings.Fields(f.quotable)
	for i := 0; i+len(quoted) <= len(words); i++ {
		k := 0
		for k < len(quoted) && (words[i+k] == quoted[k] || r.sameEnded(words[i+k], quoted[k])) {
			k++
		}
		if k == len(quoted) {
			return true
		}
	}
	return false
}

// sameEnded reports whether two words of four letters and more differ in the endings of cases alone.
func (r *languageRules) sameEnded(a, b string) bool {
	if utf8.RuneCountInString(a) < 4 || utf8.RuneCountInString(b) < 4 || a[:2] != b[:2] {
		return false
	}
	return r.sameWord(a, b)
}

// maxInflected is the maximum number of words of a quotation that may stand in other cases.
const maxInflected = 8

// quotationMarks may open a quotation.
const quotationMarks = `"“”„‟«»「'‘`

// quotations returns what stands between quotation marks in text. A single mark
// opens only after white space and closes only before what is no letter, which
// tells it from an apostrophe.
func quotations(text string) []string {
	var found []string
	runes := []rune(text)
	unclosed := make(map[string]bool) // marks of which none follows
	for i := 0; i < len(runes); i++ {
		closers := closing(runes, i)
		if closers == "" || unclosed[closers] {
			continue
		}
		unclosed[closers] = true
		for j := i + 1; j < len(runes); j++ {
			if !strings.ContainsRune(closers, runes[j]) {
				continue
			}
			if isApostrophe(runes[j]) && j+1 < len(runes) && (unicode.IsLetter(runes[j+1]) || unicode.IsDigit(runes[j+1])) {
				continue
			}
			found = append(found, string(runes[i+1:j]))
			unclosed[closers] = false
			i = j
			break
		}
	}
	return found
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' }

// closing returns the marks that close a quotation that rune i opens, or
// nothing when it opens none.
func closing(runes []rune, i int) string {
	switch runes[i] {
	case '"', '“', '”', '„', '‟':
		return `"“”`
	case '«':
		return "»"
	case '»':
		return "«"
	case '「':
		return "」"
	case '\'', '‘':
		if i == 0 || unicode.IsSpace(runes[i-1]) || runes[i-1] == '(' {
			return "'’"
		}
	}
	return ""
}
