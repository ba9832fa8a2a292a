package grounding

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// nounText holds base forms of German nouns: all nouns have a capital letter in German, so
// that a list is needed to tell them from names.
//
//go:embed nouns_de.txt
var nounText string

var germanNouns = sync.OnceValue(func() map[string]bool {
	_, words, _ := strings.Cut(nounText, "\n")
	return set(words)
})

// minNounTail is the minimum length of a noun at the end of a compound.
const minNounTail = 5

// surelyNouns are endings of nouns, and maybeNouns those that names have too.
var (
	surelyNouns = []string{
		"ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "schaften", "tion", "tionen", "tat", "taten", "ismus", "nis", "nisse",
		"nissen", "tum", "ment", "mente", "menten", "innen", "chen", "erei", "anz", "enz", "enzen", "ling", "linge", "lingen", "ium", "ien", "ist", "isten", "tag", "tage",
		"tagen", "jahr", "jahre", "jahren", "iker", "ikern", "loge", "logen", "nen",
	}
	maybeNouns = []string{"e", "en", "er", "ern", "in", "or", "oren", "ik", "ur", "uren", "ing", "ings", "eur", "eure", "els", "ens", "ers"}
)

// isNoun reports whether the capital letter of lexeme i may be a German noun's: it is no
// abbreviation, no place, no given name in front of a name, and looks like a noun by its
// form or by what stands in front of it.
func (f *facts) isNoun(r *languageRules, lexemes []lexeme, i int) bool {
	t := &lexemes[i]
	if t.caps && len(t.norm) > 1 {
		return false
	}
	if _, proper, _ := r.places().at(r, lexemes, i); proper && !germanNouns()[t.norm] {
		return false
	}
	if i+1 < len(lexemes) && lexemes[i+1].upper && r.people().first[t.norm] && !germanNouns()[t.norm] {
		return false
	}
	if i > 0 && lexemes[i-1].norm == "-" && lexemes[i-1].glued || isGermanNoun(t.norm) {
		return true
	}
	if i > 0 && lexemes[i-1].upper && !lexemes[i-1].initial {
		return false
	}
	if utf8.RuneCountInString(t.norm) >= 10 || endsIn(t.norm, maybeNouns) {
		return true
	}
	return i > 0 && f.leadsNoun(r, &lexemes[i-1])
}

// isGermanNoun reports whether word is a noun of the list, a compound of one, or ends as
// only nouns do.
func isGermanNoun(word string) bool {
	if endsIn(word, surelyNouns) {
		return true
	}
	nouns := germanNouns()
	for _, ending := range []string{"", "s", "es", "n", "en", "e", "er", "ern", "nen"} {
		base, ok := strings.CutSuffix(word, ending)
		if !ok || len(base) < 3 && ending != "" {
			continue
		}
		if nouns[base] {
			return true
		}
		for at := 3; at+minNounTail <= len(base); at++ {
			if nouns[base[at:]] {
				return true
			}
		}
	}
	return false
}

// endsIn reports whether word has one of endings behind three letters at least.
func endsIn(word string, endings []string) bool {
	return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(word, ending) && len(word) >= len(ending)+3 })
}

// leadsNoun reports whether t stands in front of nouns rather than names: an article, a
// number, an adjective.
func (f *facts) leadsNoun(r *languageRules, t *lexeme) bool {
	if t.kind == lexemeNumber || r.determiners[t.norm] || r.numbers[t.norm] > 0 || germanLeads[t.norm] {
		return true
	}
	return t.kind == lexemeWord && !t.upper && len(t.norm) >= 5 && endsIn(t.norm, []string{"e", "en", "er", "es", "em"}) && !germanParticles[t.norm]
}

// germanLeads are words in front of nouns that are no adjectives, and germanParticles
// words that look like adjectives.
var (
	germanLeads = set("im am zum zur beim vom ins ans das ein eine einen einem einer eines kein keine keinen keinem keiner viel viele mehr alle allen mehrere einige " +
		"sein seine seinem seinen seiner ihr ihre ihrem ihren ihrer unser unsere jede jeder jeden jedem jedes welche solche manche wenige beide beiden ohne pro per " +
		"des dem den der die dieses diese diesem diesen dieser dessen deren")
	germanParticles = set("hatte hatten sagte sagten wurde wurden werden haben gegen neben zwischen unter hinter wegen sowie heute spater erklarte erklarten betonte " +
		"konnte konnten sollte sollten wollte wollten musste mussten waren seien machte machten nannte forderte kritisierte teilte seiner ausser lautete bisher " +
		"immer wieder aber oder weiter vorher nachher gestern morgen unterdessen indessen waehrend wahrend berichtete berichteten schrieb gehen kommen")
)
