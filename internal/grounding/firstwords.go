package grounding

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// isNameHere reports whether lexeme i, which begins a sentence in a language other than English,
// is a name. Its capital letter says nothing there, so that other evidence has to: the name of a
// place, a name known from world news, a given name before a name of the source, a surname by a
// list or its ending, or its place before a verb where an ordinary noun would have an article.
func (f *facts) isNameHere(r *languageRules, lexemes []lexeme, i int) bool {
	t := &lexemes[i]
	if r.titles[t.norm] || r.common.has(t.norm) {
		return false
	}
	if _, proper, _ := r.places().at(r, lexemes, i); proper || r.people().isWellKnown(r, t) {
		return true
	}
	next := i + 1
	switch {
	case next >= len(lexemes) || lexemes[next].kind != lexemeWord, r.language != "de" && openersOf(r.language)[t.norm]:
		return false
	case lexemes[next].upper:
		return r.isGivenName(t.norm) && f.supportsName(r, lexemes, next)
	case r.isGermanSubject(lexemes, i), r.isBareSubject(lexemes, i):
		return true
	}
	return !f.has(t.norm, asWord) && (r.people().last[t.norm] || r.endsAsSurname(t.norm))
}

// wellKnownText holds names of world news by script.
//
//go:embed wellknown.txt
var wellKnownText string

// isWellKnown reports whether t is a case of a name of world news.
func (p *people) isWellKnown(r *languageRules, t *lexeme) bool {
	for _, form := range t.forms()[:min(2, len(t.forms()))] {
		if p.wellKnown[form] {
			return true
		}
	}
	if len(r.endings) == 0 || utf8.RuneCountInString(t.norm) < 5 {
		return false
	}
	return slices.ContainsFunc(r.endings, func(ending string) bool {
		stem, ok := strings.CutSuffix(t.norm, ending)
		return ok && len(stem) >= 4 && p.wellKnown[stem]
	})
}

// surnameEndings are endings that surnames have and few other words, by language, and
// notSurnames words with one.
var (
	surnameEndings = map[string][]string{
		"ru": {"енко", "швили", "дзе", "щук", "чук", "нов", "лов", "ров", "ков", "нова", "лова", "рова", "кова", "аев", "еев", "иев"},
		"uk": {"енко", "швілі", "щук", "чук", "шин", "ський", "цький"},
		"pl": {"owski", "ewski", "ński", "icki", "ycki", "wicz", "czyk"},
		"cs": {"ová"},
		"sk": {"ová"},
		"tr": {"oğlu"},
		"hr": {"ević", "ović"},
		"sr": {"евић", "овић"},
		"lt": {"auskas", "evičius"},
	}
	notSurnames = set("остров основа корова голова улов покров здоров готов островов тарков вдова подкова дубрава сурова снова слова условие кров ров взломов " +
		"украинський росийський львивський киивський харкивський одеський польський миський сильський вийськовий нимецький турецький донецький луганський вийський " +
		"warszawski krakowski polski rosyjski niemiecki francuski angielski pomorski slaski mazowiecki wielkopolski wojewodzki miejski wiejski zwiazkowski " +
		"pilkarski narciarski ministerialny nowa hotova gotova snova krolewski senatorski ukrainski slowacki hiszpanski lubelski gdanski poznanski bydgoski")
)

// endsAsSurname reports whether word has an ending of surnames.
func (r *languageRules) endsAsSurname(word string) bool {
	if notSurnames[word] || utf8.RuneCountInString(word) < 6 {
		return false
	}
	return slices.ContainsFunc(surnameEndings[r.language], func(ending string) bool { return strings.HasSuffix(word, normalize(ending)) })
}

// isBareSubject reports whether lexeme i, the first of a sentence in a Romance language, stands
// before a finite verb without an article, and is no word that may.
func (r *languageRules) isBareSubject(lexemes []lexeme, i int) bool {
	verbs := bareVerbs[r.language]
	if verbs == nil || len(lexemes[i].norm) < 3 || lexemes[i+1].norm == "" {
		return false
	}
	word, next := lexemes[i].norm, i+1
	if r.numbers[word] > 0 || r.determiners[word] || r.ordinalWord(&lexemes[i]) > 0 || r.weekdays[word] > 0 || r.months[word] > 0 {
		return false
	}
	if lexemes[next].norm == "a" { // of "à"
		return next+1 < len(lexemes) && lexemes[next+1].kind == lexemeWord && endsIn(lexemes[next+1].norm, participlesOfHave)
	}
	if verbs[lexemes[next].norm] {
		return true
	}
	return r.language == "es" && slices.ContainsFunc([]string{"ó", "aron", "ieron", "ará", "irá", "erá"}, func(ending string) bool {
		return len(lexemes[next].norm) >= 6 && strings.HasSuffix(lexemes[next].norm, normalize(ending))
	})
}

// participlesOfHave are endings of French participles.
var participlesOfHave = []string{"e", "i", "u", "is", "it", "ert"}

// bareVerbs are verbs and what stands before them, of the third person.
var bareVerbs = map[string]map[string]bool{
	"fr": set("a n ne est avait aura etait fut va vient veut peut doit fait fera s se devrait pourrait assure affirme annonce estime dit juge explique precise ajoute rappelle souligne refuse promet accuse denonce reclame demande"),
	"es": set("no ha habia habra es era fue va quiere puede debe dice afirma asegura anuncia niega pide exige rechaza prometio dijo se"),
	"it": set("non ha aveva avra era fu va vuole puo deve dice afferma annuncia chiede nega sostiene promette accusa si"),
	"pt": set("nao tem teve tera era foi vai quer pode deve disse afirmou afirma anunciou anuncia negou nega pediu pede recusou prometeu recorreu"),
}

// openersText holds ordinary words by language.
//
//go:embed openers.txt
var openersText string

// openersBy holds ordinary words that sentences open with, by language, each read when it is
// first asked for: func() map[string]bool.
var openersBy sync.Map

func openersOf(language string) map[string]bool {
	made, _ := openersBy.LoadOrStore(language, sync.OnceValue(func() map[string]bool {
		return set(strings.Join(section(openersText, language), " "))
	}))
	return made.(func() map[string]bool)()
}
