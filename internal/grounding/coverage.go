package grounding

import (
	"slices"
	"strings"
)

// Coverage says which claims are looked up where article and summary are in a language.
type Coverage struct {
	Language string  // base language, such as "en"
	Claims   []Claim // all are looked up
	Partly   []Claim // some pass as they cannot be told from other words
}

// Languages returns the coverage of the languages with words for numbers or months,
// ordered by language. In any other, numbers in digits and quotations are looked up.
func Languages() []Coverage {
	var all []Coverage
	for _, language := range knownLanguages() {
		all = append(all, rulesOf(language).coverage())
	}
	return all
}

func (r *languageRules) coverage() Coverage {
	c := Coverage{Language: r.language, Claims: []Claim{Number, Amount}}
	if len(r.months) > 0 || r.unspaced() {
		c.Claims = append(c.Claims, Date)
	}
	if r.language == "en" {
		c.Claims = append(c.Claims, Name)
	} else {
		c.Partly = append(c.Partly, Name)
	}
	c.Claims = append(c.Claims, Quotation)
	return c
}

func knownLanguages() (languages []string) {
	files, err := languageFiles.ReadDir("languages")
	if err != nil {
		panic(err) // of the program itself
	}
	for _, file := range files {
		language, _, _ := strings.Cut(file.Name(), ".")
		languages = append(languages, language)
	}
	slices.Sort(languages)
	return languages
}

// Unchecked returns the kinds of claims of which a check of a summary in a language, as a
// BCP-47 tag, may have let some pass unseen; none where it looked up all. Names in a language
// with capital letters are among them only where a word of the summary may be one or not.
func (s *Source) Unchecked(summary []Statement, language string) []Claim {
	if s.Foreign(language) {
		return []Claim{Name, Quotation}
	}
	switch r := rulesOf(s.language); {
	case !r.known:
		return []Claim{Number, Date, Name}
	case r.withoutCapitals(), r.language != "en" && slices.ContainsFunc(summary, func(one Statement) bool { return s.facts().mayHideName(r, one.Text) }):
		return []Claim{Name}
	}
	return nil
}

// mayHideName reports whether text, which the source supports, has a word with a capital letter
// that is neither in the source nor known as an ordinary word: the first of a sentence, or any
// in German.
func (f *facts) mayHideName(r *languageRules, text string) bool {
	lexemes := lexemesOf(text)
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind == lexemeWord && t.upper && (t.initial || r.language == "de") && !r.isKnownWord(t) && !f.supportsName(r, lexemes, i) {
			return true
		}
	}
	return false
}

// isKnownWord reports whether t is known to be no name, whatever stands beside it.
func (r *languageRules) isKnownWord(t *lexeme) bool {
	if r.goesWithAnyName(t) || r.numbers[t.norm] > 0 || r.determiners[t.norm] || r.weekdays[t.norm] > 0 || r.monthWord(t) > 0 {
		return true
	}
	if r.language == "de" {
		return t.initial && opensSentence(t.norm)
	}
	return openersOf(r.language)[t.norm]
}
