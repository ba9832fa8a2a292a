package grounding

import (
	"slices"
	"strings"
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
		all = append(all, rulesOf(language).coverage())
	}
	return all
}

func (r *languageRules) coverage() Coverage {
	c := Coverage{Language: r.language, Claims: []Claim{Number, Amount}}
	if len(r.months) > 0 || r.unspaced() {
		c.Claims = append(c.Claims, Date)
	}
	if !r.withoutCapitals() {
		c.Claims = append(c.Claims, Name)
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

// Unchecked returns the kinds of claims that a check of a summary in a language, as a
// BCP-47 tag, does not look up or looks up in part only; none where it looks up all.
func (s *Source) Unchecked(language string) []Claim {
	if s.Foreign(language) {
		return []Claim{Name, Quotation}
	}
	switch r := rulesOf(s.language); {
	case !r.known:
		return []Claim{Number, Date, Name}
	case r.withoutCapitals():
		return []Claim{Name}
	}
	return nil
}
