package main

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// These match what a false value is made of: a number in digits, a word with a capital
// letter, a run of katakana, in which Japanese writes foreign names, and a quotation.
var (
	digits      = regexp.MustCompile(`\p{Nd}+(?:[.,:]\p{Nd}+)*`)
	capitalised = regexp.MustCompile(`\p{Lu}[\p{L}\p{M}]*`)
	katakana    = regexp.MustCompile(`[\p{Katakana}ー]{2,}`)
	quoted      = regexp.MustCompile(`["“”„«「]([^"“”„«»「」]+)["“”»」]`)
)

// Where the value of a planted error stands.
const (
	elsewhere = "elsewhere in the article"
	absent    = "not in the article"
	untold    = "not told"
)

// whereValueStands tells by the words alone, without the rules of grounding, whether the
// false value of a sentence of this kind stands elsewhere in the article: all of its numbers
// in digits do, or of a name or a place all words with a capital letter, in any case. Values
// without either are not told, such as numbers and months in words and names in Arabic and
// Chinese.
func whereValueStands(article, kind, text string) string {
	var values []string
	switch kind {
	case "number", "date":
		values = digits.FindAllString(text, -1)
	case "name", "place":
		values = append(capitalised.FindAllString(text, -1), katakana.FindAllString(text, -1)...)
	case "quotation":
		for _, match := range quoted.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(article, strings.TrimRight(match[1], ".,。")) {
				return absent
			}
		}
		return elsewhere
	}
	if len(values) == 0 {
		return untold
	}
	words := append(digits.FindAllString(article, -1), strings.FieldsFunc(article, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })...)
	words = append(words, katakana.FindAllString(article, -1)...)
	for _, value := range values {
		if !slices.ContainsFunc(words, func(word string) bool { return sameWord(value, word) }) {
			return absent
		}
	}
	return elsewhere
}

// maxEnding is the maximum number of letters in which two cases of a name differ at the end,
// and minCommon the minimum that they have in common.
const (
	maxEnding = 4
	minCommon = 4
)

// sameWord reports whether two words are equal or cases of one, or two numbers equal.
func sameWord(a, b string) bool {
	if a == b || !unicode.IsLetter([]rune(a)[0]) {
		return a == b
	}
	left, right := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	common := 0
	for common < min(len(left), len(right)) && left[common] == right[common] {
		common++
	}
	return common == len(left) && common == len(right) || common >= max(minCommon, max(len(left), len(right))-maxEnding)
}
