package grounding

import (
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
)

// Coverage says which claims are looked up where article and summary are in a language.
type Coverage struct {
	Language string // base language, such as "en"
	Claims   []Claim
}

// Languages returns the coverage of the languages with words for numbers or months,
// ordered by language. In any other, numbers in digits and quotations are looked up.
func Languages() []Coverage {
	var all []Coverage
	for _, language := range knownLanguages() {
		rules := rulesOf(language)
		c := Coverage{Language: language}
		if rules.numbers != nil {
			c.Claims = append(c.Claims, Number, Amount)
		}
		if rules.months != nil {
			c.Claims = append(c.Claims, Date)
		}
		if language != "de" && !article.IsUnspacedLanguage(language) { // German writes all nouns with a capital
			c.Claims = append(c.Claims, Name)
		}
		c.Claims = append(c.Claims, Quotation)
		all = append(all, c)
	}
	return all
}

func knownLanguages() (languages []string) {
	for language := range numberWords {
		languages = append(languages, language)
	}
	for language := range monthNames {
		languages = append(languages, language)
	}
	slices.Sort(languages)
	return slices.Compact(languages)
}
