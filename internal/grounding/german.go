package grounding

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// nounText holds base forms of German nouns, one a line, in order: all nouns have a capital
// letter in German, so that a list is needed to tell them from names.
//
//go:embed nouns_de.txt
var nounText string

// isListedNoun reports whether the list has word. It searches the text itself, which costs
// some 0.3 µs, where a map of it would cost 10 ms at the first German article.
func isListedNoun(word string) bool {
	low, high := strings.IndexByte(nounText, '\n')+1, len(nounText)
	for low < high {
		begin := low + strings.LastIndexByte(nounText[low:(low+high)/2], '\n') + 1
		line, _, _ := strings.Cut(nounText[begin:high], "\n")
		switch {
		case line == word:
			return true
		case line < word:
			low = begin + len(line) + 1
		default:
			high = begin
		}
	}
	return false
}

// nounEndings are endings of cases, of plurals and of women.
var nounEndings = []string{"", "s", "es", "n", "en", "e", "er", "ern", "nen", "in", "innen", "se", "sen"}

// productiveEndings make a noun of any word.
var productiveEndings = []string{"ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "schaften", "tion", "tionen", "ismus", "tat", "taten", "innen"}

// nameTails are nouns at the end of surnames and of the names of places. A compound with one
// is a noun only where the list has it.
var nameTails = set("bach berg berge berger burg burger dorf dorfer feld felder heim hausen haus hauser mann stein steiner wald hof hofer kirch kirche kirchen stadt baum " +
	"bauer meier muller brunn brunnen bruck brucke munster brand hardt horn roth wolf vogel reich thal tal see au koch richter schmied konig kaiser herr graf kamp busch blum rose rosen holz")

// isGermanNoun reports whether word is a form of a noun of the list, a compound of one, or
// ends as only nouns do.
func isGermanNoun(word string) bool {
	if len(word) <= 2 || endsIn(word, productiveEndings) { // "Öl"
		return true
	}
	for _, ending := range nounEndings {
		if base, ok := strings.CutSuffix(word, ending); ok && len(base) >= 3 && (isListedNoun(base) || isCompound(base)) {
			return true
		}
	}
	if stem, ok := strings.CutSuffix(word, "en"); ok && len(stem) >= 3 { // "Themen", "Risiken", "Museen"
		for _, ending := range []string{"a", "o", "um", "us", "on", "is"} {
			if isListedNoun(stem+ending) || isCompound(stem+ending) {
				return true
			}
		}
	}
	return false
}

// Minimum lengths in letters: of each part of a compound, and of a last part that makes one alone.
const (
	minTail     = 3
	minLongTail = 6
)

// isCompound reports whether word is made of a noun behind another word. A short noun needs a
// first part that compounds begin with.
func isCompound(word string) bool {
	for at := minTail; at+minTail <= len(word); at++ {
		tail := word[at:]
		if nameTails[tail] || !isListedNoun(tail) {
			continue
		}
		if len(tail) >= minLongTail || isHead(word[:at]) {
			return true
		}
		for begin := minTail; begin+minTail <= at; begin++ {
			if isHead(word[begin:at]) {
				return true
			}
		}
	}
	return false
}

// isHead reports whether word is the first part of a compound: a noun, with or without the
// letters that join it to the next, or a small word.
func isHead(word string) bool {
	if compoundHeads[word] || endsIn(word, productiveEndings) {
		return true
	}
	for _, joint := range []string{"", "s", "es", "n", "en", "er"} {
		if base, ok := strings.CutSuffix(word, joint); ok && len(base) >= minTail && (isListedNoun(base) || endsIn(base, productiveEndings)) {
			return true
		}
	}
	return false
}

var compoundHeads = set("nach vor uber unter ober neben haupt gross klein mit aus auf ein um zu ab an wieder hin her nicht selbst ex vize sonder spitzen mini super euro " +
	"bundes landes grund end erst zwischen gegen fehl allein inner aussen hinter vorder eigen fremd neu alt fiskal sozial regional lokal digital militar finanz national")

// endsIn reports whether word has one of endings behind three letters at least.
func endsIn(word string, endings []string) bool {
	return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(word, ending) && len(word) >= len(ending)+3 })
}

// isNoun reports whether the capital letter of lexeme i may be a German noun's, by the list
// and what stands before it. A place, a given name before a name and a surname are none; a
// noun that is a surname too is none behind a person's trade or a verb of speech.
func (f *facts) isNoun(r *languageRules, lexemes []lexeme, i int) bool {
	t := &lexemes[i]
	if t.caps && len(t.norm) > 1 {
		return false
	}
	led, noun := r.leadsNoun(lexemes, i), isGermanNoun(t.norm)
	if r.namesPlace(lexemes, i, noun) || r.isGivenBefore(lexemes, i) {
		return false
	}
	people := r.people()
	if people.last[t.norm] || people.last[strings.TrimSuffix(t.norm, "s")] {
		return noun && (led || !r.leadsSurname(lexemes, i) && !(t.initial && r.isGermanSubject(lexemes, i)))
	}
	return noun || led || germanOpeners()[t.norm] || r.ordinalWord(t) > 0
}

// townOf returns the town that the word for its people or their adjective, as "Mannheimer", is
// made of.
func townOf(word string) string {
	for _, ending := range []string{"er", "ern", "ers", "erin", "erinnen"} {
		if town, ok := strings.CutSuffix(word, ending); ok {
			return town
		}
	}
	return ""
}

// leadsSurname reports whether the word before lexeme i makes a noun that is a surname too a
// name: a given name, a person's trade, a title or a verb of speech.
func (r *languageRules) leadsSurname(lexemes []lexeme, i int) bool {
	if i == 0 {
		return false
	}
	t := &lexemes[i-1]
	if !t.upper {
		return speechWords[t.norm]
	}
	return r.people().first[t.norm] || endsIn(t.norm, tradeEndings) && !germanMeasures[t.norm] && isGermanNoun(t.norm)
}

var (
	speechWords    = set("sagte sagt erklarte erklart betonte betont meinte meint so laut fugte teilte kritisierte forderte warnte antwortete schrieb berichtete")
	tradeEndings   = []string{"er", "erin", "in", "or", "ist", "ent", "ant", "chef", "mann", "frau", "herr", "herrn", "experte", "kollege", "eur", "loge", "iker", "anwalt"}
	germanMeasures = set("meter liter kilometer zentner hektoliter kilometer semester dollar sommer winter september oktober november dezember prozent")
)

// openerText holds words that open sentences without being names or nouns.
//
//go:embed openers_de.txt
var openerText string

var germanOpeners = sync.OnceValue(func() map[string]bool {
	_, words, _ := strings.Cut(openerText, "\n")
	return set(words)
})

// Forms of words that are no names: endings of adjectives and adverbs, to which an ending of a
// case may be added, and the beginnings and endings of participles.
var (
	adjectiveEndings  = []string{"lich", "ig", "isch", "bar", "sam", "los", "haft", "voll", "end", "weise", "mal", "mals", "warts", "iert"}
	participleFronts  = []string{"ge", "ver", "be", "er", "ent", "zer", "an", "auf", "aus", "ein", "ab", "zu", "vor", "un"}
	participleEndings = []string{"t", "en", "te", "ten", "ter", "tes"}
)

// opensSentence reports whether word, which is no noun, may open a German sentence without
// being a name.
func opensSentence(word string) bool {
	if germanOpeners()[word] || germanLeads[word] {
		return true
	}
	for _, ending := range []string{"", "e", "en", "er", "es", "em"} {
		if base, ok := strings.CutSuffix(word, ending); ok && endsIn(base, adjectiveEndings) {
			return true
		}
	}
	return len(word) >= 7 && endsIn(word, participleEndings) &&
		slices.ContainsFunc(participleFronts, func(front string) bool { return strings.HasPrefix(word, front) })
}

// isGermanSubject reports whether lexeme i, the first of a sentence, is a name by the verb
// behind it: a word that no German sentence opens with otherwise, or a surname that is a noun
// too, which would have an article.
func (r *languageRules) isGermanSubject(lexemes []lexeme, i int) bool {
	if r.language != "de" || i+1 >= len(lexemes) || lexemes[i+1].kind != lexemeWord || lexemes[i+1].upper || !isGermanVerb(lexemes[i+1].norm) {
		return false
	}
	word := lexemes[i].norm
	if isGermanNoun(word) {
		return r.people().last[word]
	}
	return !opensSentence(word) && r.ordinalWord(&lexemes[i]) == 0
}

// isGermanVerb reports whether word may be a finite verb of the third person singular.
func isGermanVerb(word string) bool {
	if germanVerbs[word] {
		return true
	}
	return len(word) >= 5 && strings.HasSuffix(word, "te") || len(word) >= 4 && strings.HasSuffix(word, "t") && !endsIn(word, adjectiveEndings)
}

var germanVerbs = set("hat hatte ist war will kann soll muss darf wird wurde sieht gibt nennt wies rief bat traf liess lief ging kam nahm gewann verlor unterschrieb schrieb " +
	"sprach trat schlug begann blieb hielt lud warf lag stand fand sei habe ware wurde stieg fiel sank zog bezog schloss beschloss entschied verbot gab")

// namesPlace reports whether lexeme i, which may be a noun too, names a place or its people.
func (r *languageRules) namesPlace(lexemes []lexeme, i int, noun bool) bool {
	places, proper, _ := r.places().at(r, lexemes, i)
	return proper || len(places) > 0 && (!noun || r.places().places[townOf(lexemes[i].norm)] != nil)
}

// isGivenBefore reports whether lexeme i is a given name in front of another name.
func (r *languageRules) isGivenBefore(lexemes []lexeme, i int) bool {
	word, next := lexemes[i].norm, i+1
	return next < len(lexemes) && lexemes[next].upper && !lexemes[next].initial && r.people().first[word] && !isListedNoun(word)
}

// leadsNoun reports whether something stands before lexeme i that leads nouns rather than names:
// an article, a number, an adjective, a hyphen.
func (r *languageRules) leadsNoun(lexemes []lexeme, i int) bool {
	if i == 0 {
		return false
	}
	t := &lexemes[i-1]
	if t.norm == "-" {
		return t.glued
	}
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
		"immer wieder aber oder weiter vorher nachher gestern morgen unterdessen indessen waehrend wahrend berichtete berichteten schrieb gehen kommen " +
		"uber ueber jahre einer lehnte kundigte warnte wies rief bat lobte traf durfte durften mochte liess fuhr folgte begann gewann verlor sprachen stellte legte setzte")
)
