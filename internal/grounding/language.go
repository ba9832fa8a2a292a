package grounding

import (
	"slices"
	"strings"
	"unicode"

	"github.com/seed-59202292/summarizer/internal/article"
)

// minDetectLetters is the length from which on a detected language is believed.
const minDetectLetters = 60

// Foreign reports whether a summary in the language is a translation, of which only
// numbers, amounts, dates and some names can be looked up.
func (s *Source) Foreign(language string) bool {
	want := article.BaseLanguage(language)
	return want != article.Undetermined && want != article.BaseLanguage(s.language)
}

// scripts are the scripts of the languages that detection knows well.
var scripts = map[string][]*unicode.RangeTable{
	"ar": {unicode.Arabic}, "fa": {unicode.Arabic}, "ur": {unicode.Arabic}, "ps": {unicode.Arabic},
	"ru": {unicode.Cyrillic}, "uk": {unicode.Cyrillic}, "bg": {unicode.Cyrillic}, "be": {unicode.Cyrillic}, "mk": {unicode.Cyrillic},
	"zh": {unicode.Han}, "ja": {unicode.Han, unicode.Hiragana, unicode.Katakana}, "ko": {unicode.Hangul, unicode.Han},
	"el": {unicode.Greek}, "he": {unicode.Hebrew}, "th": {unicode.Thai}, "am": {unicode.Ethiopic},
	"hi": {unicode.Devanagari}, "mr": {unicode.Devanagari}, "ne": {unicode.Devanagari}, "bn": {unicode.Bengali},
	"ta": {unicode.Tamil}, "te": {unicode.Telugu}, "ka": {unicode.Georgian}, "hy": {unicode.Armenian},
	"en": {unicode.Latin}, "de": {unicode.Latin}, "fr": {unicode.Latin}, "es": {unicode.Latin}, "it": {unicode.Latin},
	"pt": {unicode.Latin}, "nl": {unicode.Latin}, "sv": {unicode.Latin}, "da": {unicode.Latin}, "no": {unicode.Latin},
	"nb": {unicode.Latin}, "fi": {unicode.Latin}, "pl": {unicode.Latin}, "cs": {unicode.Latin}, "tr": {unicode.Latin},
	"ro": {unicode.Latin}, "hu": {unicode.Latin}, "id": {unicode.Latin}, "vi": {unicode.Latin},
}

// neighbours are languages that detection takes for one another.
var neighbours = groups(`
no nb nn da sv
es pt gl ca it
cs sk pl
sr hr bs sl
id ms
ru uk be bg
de nl af
`)

// wrongLanguage reports whether texts, which have these lexemes, are plainly not in the
// language that was asked for. In doubt they are not: short texts and near languages
// pass. Cited are the facts of the cited passages, which may settle it without the facts of
// the whole source.
func wrongLanguage(texts []string, lexemes [][]lexeme, language string, source *Source, cited *facts) bool {
	want := article.BaseLanguage(language)
	if want == article.Undetermined {
		return false
	}
	text := strings.Join(texts, " ")
	letters, inScript := weighLetters(text, want)
	wrongScript := scripts[want] != nil && !strings.Contains(language, "-Latn") && 2*inScript < letters
	if letters < minDetectLetters {
		return wrongScript && letters >= 10
	}
	if wrongScript {
		return true
	}
	foreign := source.Foreign(language)
	if !foreign && cited.sharedWords(lexemes) >= mostWords {
		return false // sharing most words settles it, without detection
	}
	shared := source.facts().sharedWords(lexemes)
	if !foreign && shared >= mostWords {
		return false
	}
	got := article.BaseLanguage(article.DetectLanguage(text))
	unsure := got == article.Undetermined || slices.Contains(neighbours[want], got)
	switch {
	case got == want:
		return false
	case !foreign:
		return !unsure && shared < 0.4
	case shared > mostWords:
		return true // left in the language of the article
	}
	return !unsure && (got == article.BaseLanguage(source.language) || scripts[want] != nil)
}

// weighLetters counts the letters of text, and those in a script of the language. An ideograph
// says as much as three letters of a foreign name.
func weighLetters(text, language string) (letters, in int) {
	letters, in = countLetters(text, scripts[language])
	if article.IsUnspacedLanguage(language) {
		return letters + 2*in, 3 * in
	}
	return letters, in
}

func countLetters(text string, tables []*unicode.RangeTable) (letters, in int) {
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
			if unicode.In(r, tables...) {
				in++
			}
		}
	}
	return letters, in
}

// mostWords is the share of its words from which on a text is in the language of
// its source.
const mostWords = 0.6

// sharedWords returns the share of the words of texts, in small letters, that the
// source has too. Texts in one language share most of them.
func (f *facts) sharedWords(texts [][]lexeme) float64 {
	shared, total := 0, 0
	for _, lexemes := range texts {
		for i := range lexemes {
			t := &lexemes[i]
			if t.kind != lexemeWord || t.upper {
				continue
			}
			total++
			if f.has(t.norm, asWord) {
				shared++
			}
		}
	}
	if total == 0 {
		return 0
	}
	return float64(shared) / float64(total)
}
