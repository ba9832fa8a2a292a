package grounding

import (
	"slices"
	"strings"
	"unicode/utf8"
)

func (f *facts) checkNames(r *languageRules, text string, lexemes []lexeme, used []bool, foreign bool) flaw {
	if !foreign {
		if d := f.checkSmallNames(r, text, lexemes); d.claim != None {
			return d
		}
	}
	headline := r.language == "en" && titleCase(lexemes)
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind != lexemeWord || !t.upper || used[i] {
			continue
		}
		if foreign {
			if f.foreignName(r, lexemes, i) {
				return flaw{Name, i, i + 1}
			}
			continue
		}
		if f.lacksNameAt(r, lexemes, i, headline) {
			return flaw{Name, i, i + 1}
		}
		if i > 0 && !headline && f.falsePair(r, lexemes[i-1], *t) {
			return flaw{Name, i - 1, i + 1}
		}
	}
	return flaw{}
}

// lacksNameAt reports whether lexeme i is a name that the source does not have.
func (f *facts) lacksNameAt(r *languageRules, lexemes []lexeme, i int, headline bool) bool {
	if (lexemes[i].initial || headline) && f.mayBeOrdinary(r, lexemes, i) {
		return false
	}
	return !f.supportsName(r, lexemes, i) && !(r.language == "de" && f.isNoun(r, lexemes, i))
}

// checkSmallNames returns the first name without a capital letter that the source does not have.
func (f *facts) checkSmallNames(r *languageRules, text string, lexemes []lexeme) flaw {
	if r.withoutCapitals() && f.hasFalsePlainName(r, text, lexemes) {
		return flaw{claim: Name}
	}
	return f.falseAdjective(r, lexemes)
}

// falseAdjective returns the adjective of a place, in small letters as most languages write it,
// of which the source has no form.
func (f *facts) falseAdjective(r *languageRules, lexemes []lexeme) flaw {
	parts := placeAdjectives[r.language]
	if parts == nil {
		return flaw{}
	}
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind != lexemeWord || t.upper || len(t.norm) < 4 || f.has(t.norm, asWord) || i > 0 && beforeLanguages[lexemes[i-1].norm] {
			continue
		}
		if slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(t.norm+" ", part) }) && f.lacksPlaceOf(r, t.norm) {
			return flaw{Name, i, i + 1}
		}
	}
	return flaw{}
}

// lacksPlaceOf reports whether word is the adjective of places of which the source names none.
func (f *facts) lacksPlaceOf(r *languageRules, word string) bool {
	places, ok := r.places().stems.get(word)
	if stem := strings.TrimRight(word, "enrsm"); !ok && r.language == "de" && len(stem) > 4 { // "chinesischen"
		places, ok = r.places().stems.get(stem)
	}
	return ok && !notAdjectives[word] && !slices.ContainsFunc(places, func(p place) bool { return f.placesNamed()[p] }) && !f.stems().has(f.rules, word)
}

// beforeLanguages stand before the name of a language, as in "en anglais".
var beforeLanguages = set("en in auf po на em")

// placeAdjectives are what adjectives of places hold in languages that write them in small
// letters; a space is the end of the word. notAdjectives are other words that do.
var (
	placeAdjectives = map[string][]string{
		"fr": strings.Split("ain |aine|ais |aise|ien |ienne|iens |yen |yenne|een|ois |oise|nol |nole|mand|russe|turc|turque|grec|suisse", "|"),
		"es": strings.Split("ano |ana |anos |anas |es |esa|ense|eno |ena |leman|co |ca |cos |cas |go |ga |nol|ruso |rusa |rusos |rusas ", "|"),
		"it": strings.Split("ano |ana |ani |ane |ese |esi |ino |ina |ini |gnol|desc|co |ca |che |russ", "|"),
		"pt": strings.Split("ano |ana |anos |anas |es |esa|ense|eiro |eira |alema|co |ca |cos |cas |go |ga |russ|nhol", "|"),
		"de": {"isch", "deutsch", "schweiz"},
		"pl": {"sk", "ck"},
		"ru": {"ск", "цк"},
		"uk": {"ськ", "цьк"},
	}
	notAdjectives = set("turkis turkise turkisen indica indican indico indicos danes romane romani romantisch italique штатские штатский штатскии")
)

// mayBeOrdinary reports whether lexeme i may have its capital letter from its place.
func (f *facts) mayBeOrdinary(r *languageRules, lexemes []lexeme, i int) bool {
	t := &lexemes[i]
	switch {
	case t.caps && len(t.norm) > 1:
		return false
	case r.language == "en":
		return len(t.norm) == 1 || r.starts[t.norm] || t.norm == "first" || t.norm == "second" || isOrdinary(t.norm) || f.ordinaryHere(r, lexemes, i)
	}
	return !f.isNameHere(r, lexemes, i)
}

// isGivenName reports whether word is a case of a given name.
func (r *languageRules) isGivenName(word string) bool {
	if r.people().first[word] {
		return true
	}
	return len(r.endings) > 0 && slices.ContainsFunc(r.caseStems(word, nil), func(stem string) bool { return r.people().stems[stem] })
}

// ordinaryHere reports whether lexeme i, the first of a sentence, is an ordinary
// English word by what surrounds it: a word that is a part of names elsewhere, or
// a form of an ordinary word of the source ("Abductors" where it has "abducted").
func (f *facts) ordinaryHere(r *languageRules, lexemes []lexeme, i int) bool {
	if r.language != "en" || !lexemes[i].initial || lexemes[i].caps || lexemes[i].possessive || i+1 < len(lexemes) && lexemes[i+1].upper {
		return false
	}
	word := lexemes[i].norm
	return commonNameWords[word] || len(word) >= minSharedStem && f.has(word[:minSharedStem], asStem) && slices.ContainsFunc(wordEndings, func(e string) bool { return strings.HasSuffix(word, e) })
}

// minSharedStem is what two forms of an ordinary word have in common at least.
const minSharedStem = 6

// wordEndings are endings of ordinary words for people and things, which names
// seldom have.
var wordEndings = []string{"ors", "ers", "ists", "ants", "ents", "ees", "ions", "ion", "ments", "ment", "ness", "ings", "ity", "ically", "ably", "men", "women", "ives", "als"}

// titleCase reports whether nearly all longer words have a capital letter, as
// in headlines.
func titleCase(lexemes []lexeme) bool {
	upper, total := 0, 0
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind == lexemeWord && len(t.norm) >= 4 {
			total++
			if t.upper {
				upper++
			}
		}
	}
	return total >= 3 && upper*5 >= total*4
}

// supportsName reports whether the source has the capitalised word at lexeme i,
// in the same form, a derived one, another case, or as initials, or has the place that it
// is another name of.
func (f *facts) supportsName(r *languageRules, lexemes []lexeme, i int) bool {
	if code, end := codeAt(lexemes, i); end > i {
		return f.supportsCode(code, lexemes[i:end])
	}
	t := &lexemes[i]
	return f.hasSpelling(t) || r.goesWithAnyName(t) || f.hasNumeral(t) || f.hasOtherName(r, t) || (t.caps || r.maySpellInitials(t)) && f.supportsInitials(t) ||
		f.spelledOut(lexemes, i) || f.hasDerivation(r, t) || f.supportsPlace(r, lexemes, i)
}

// hasSpelling reports whether the source has t, without an ending behind an apostrophe or
// with it. The English "I" needs no source.
func (f *facts) hasSpelling(t *lexeme) bool {
	return t.norm == "i" || f.hasWord(t.norm) || t.base > 0 && f.hasWord(t.norm[:t.base])
}

// hasNumeral reports whether t is a Roman numeral whose value is an ordinal of the source.
func (f *facts) hasNumeral(t *lexeme) bool {
	n := romanValue(t)
	return n > 0 && f.ordinals[n]
}

// goesWithAnyName reports whether t is a title or a common noun, which name nobody.
func (r *languageRules) goesWithAnyName(t *lexeme) bool {
	return r.titles[t.norm] || !t.caps && r.common.has(t.norm) || t.caps && r.currencies[t.norm] != ""
}

// hasOtherName reports whether the source has another name of what t names. Latin words that
// scripts without capitals hold need none.
func (f *facts) hasOtherName(r *languageRules, t *lexeme) bool {
	return f.hasAny(aliases[singular(t.norm)]) || f.hasAny(aliases[t.norm]) || f.hasPhrase(otherNames[t.norm]) ||
		r.withoutCapitals() && latinWords[t.norm]
}

// hasDerivation reports whether the source has a word that t is derived from or a case of, or
// the reverse.
func (f *facts) hasDerivation(r *languageRules, t *lexeme) bool {
	if (r.language == "en" || !r.known) && f.hasDerived(t.norm) {
		return true
	}
	return len(r.endings)+len(r.derived) > 0 && slices.ContainsFunc(t.forms(), func(form string) bool { return f.stems().has(f.rules, form) })
}

// maySpellInitials reports whether t may be an abbreviation that is written as a word, as Romance
// languages do with some: "Bei" for "Banca europea per gli investimenti".
func (r *languageRules) maySpellInitials(t *lexeme) bool {
	return t.upper && !t.initial && len(t.norm) >= 3 && len(t.norm) <= 4 && (r.language == "it" || r.language == "es" || r.language == "fr" || r.language == "pt")
}

// supportsInitials reports whether the source has the words that an abbreviation stands
// for.
func (f *facts) supportsInitials(t *lexeme) bool {
	for _, form := range t.forms() {
		if f.initials[form] || f.hasPhrase(abbreviated[singular(form)]) || f.hasInitials(form) {
			return true
		}
	}
	return false
}

// hasInitials reports whether words in a row of the source begin with the letters of an
// abbreviation of three letters and more, small words between them left out or not.
func (f *facts) hasInitials(abbreviation string) bool {
	letters := []rune(abbreviation)
	if len(letters) < 3 || len(letters) > 8 {
		return false
	}
	words := strings.Fields(f.quotable)
	for i, word := range words {
		if strings.HasPrefix(word, string(letters[0])) && f.has(word, asName) && f.spells(words[i:], letters) {
			return true
		}
	}
	return false
}

func (f *facts) spells(words []string, letters []rune) bool {
	at := 0
	for _, word := range words[:min(len(words), 2*len(letters)+2)] {
		first, _ := utf8.DecodeRuneInString(word)
		if first == letters[at] {
			if at++; at == len(letters) {
				return true
			}
		} else if !nameJoints[word] && !f.rules.joints[word] && utf8.RuneCountInString(word) > 3 {
			return false
		}
	}
	return false
}

// supportsPlace reports whether the words from lexeme i on, or the words that it ends, name a
// place that the source names in any way: a state for its capital, a people for its state.
func (f *facts) supportsPlace(r *languageRules, lexemes []lexeme, i int) bool {
	for begin := max(0, i-3); begin <= i; begin++ {
		if lexemes[begin].kind != lexemeWord {
			continue
		}
		places, proper, end := r.places().at(r, lexemes, begin)
		if begin == i && end == i+1 && f.beginsAsPlace(r, lexemes[i].norm, proper) {
			return true
		}
		if end > i && slices.ContainsFunc(places, func(p place) bool { return f.placesNamed()[p] }) {
			return true
		}
	}
	return false
}

// minPlaceStem is the minimum in letters that the name of a state and an adjective have in common
// that are told by their beginnings, and maxPlaceEnding the maximum behind it.
const (
	minPlaceStem   = 5
	maxPlaceEnding = 7
)

// beginsAsPlace reports whether a word of the source begins as word does, the proper name of a
// place, or word as a state that the source names: "Portugal" and "portugiesisch".
func (f *facts) beginsAsPlace(r *languageRules, word string, proper bool) bool {
	sharesStem := func(a, b string) bool {
		common := commonRunes(a, b)
		return common >= minPlaceStem && utf8.RuneCountInString(a)-common <= maxPlaceEnding && utf8.RuneCountInString(b)-common <= maxPlaceEnding
	}
	if utf8.RuneCountInString(word) < minPlaceStem || r.language == "en" || r.withoutCapitals() {
		return false
	}
	if proper {
		for known := range f.words {
			if sharesStem(known, word) {
				return true
			}
		}
		return false
	}
	for name, places := range r.places().places {
		if sharesStem(name, word) && slices.ContainsFunc(places, func(p place) bool { return len(p) == 2 && f.placesNamed()[p] }) {
			return true
		}
	}
	return false
}

// commonRunes returns the number of letters that two words begin with alike.
func commonRunes(a, b string) (n int) {
	for len(a) > 0 && len(b) > 0 {
		x, sizeX := utf8.DecodeRuneInString(a)
		y, sizeY := utf8.DecodeRuneInString(b)
		if x != y {
			break
		}
		a, b, n = a[sizeX:], b[sizeY:], n+1
	}
	return n
}

// supportsCode reports whether the source has a code, or the parts of one with a hyphen.
func (f *facts) supportsCode(code string, parts []lexeme) bool {
	if f.codes[code] || f.codes[strings.TrimSuffix(code, "s")] {
		return true
	}
	return len(parts) > 1 && f.has(parts[0].norm, asWord) && f.has(parts[len(parts)-1].norm, asWord)
}

func (f *facts) hasAny(words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return f.has(word, asWord) })
}

func (f *facts) hasWord(word string) bool {
	for _, w := range []string{word, respelled(word)} {
		if w != "" && (f.has(w, asWord) || f.has(singular(w), asWord) || f.has(w+"s", asWord) || f.has(w+"es", asWord)) {
			return true
		}
	}
	return false
}

// spellings are parts of words that are spelled in two ways in English.
var spellings = [][2]string{
	{"our", "or"},
	{"or", "our"},
	{"ence", "ense"},
	{"ense", "ence"},
	{"isation", "ization"},
	{"ization", "isation"},
	{"ise", "ize"},
	{"ize", "ise"},
	{"tre", "ter"},
	{"ter", "tre"},
	{"gramme", "gram"},
	{"gram", "gramme"},
}

// respelled returns word in the other English spelling where it has one, such
// as "labor" for "labour", else nothing.
func respelled(word string) string {
	if simple := simplified(word); simple != "" {
		return simple
	}
	stem, plural := word, ""
	if s, ok := strings.CutSuffix(word, "s"); ok {
		stem, plural = s, "s"
	}
	for _, pair := range spellings {
		if s, ok := strings.CutSuffix(stem, pair[0]); ok && len(s) >= 2 {
			return s + pair[1] + plural
		}
	}
	return ""
}

// simplified returns word with the "ae" that American English writes as "e", as
// in "archaeology", else nothing.
func simplified(word string) string {
	if len(word) <= 6 {
		return ""
	}
	if i := strings.Index(word, "ae"); i > 0 {
		return word[:i] + word[i+1:]
	}
	return ""
}

// hasPhrase reports whether one of phrases stands in the source in full words.
func (f *facts) hasPhrase(phrases []string) bool {
	return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(f.quotable, " "+phrase+" ") })
}

// singular takes the ending of a plural off.
func singular(word string) string {
	switch {
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "ses"), strings.HasSuffix(word, "ches"), strings.HasSuffix(word, "shes"), strings.HasSuffix(word, "xes"):
		return word[:len(word)-2]
	case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss"):
		return word[:len(word)-1]
	}
	return word
}

// spelledOut reports whether lexeme i is part of a run of capitalised words
// whose initials the source has as an abbreviation, such as "National Coast
// Guard" for "NCG". Two letters stand for too much: of these only the well-known
// are taken.
func (f *facts) spelledOut(lexemes []lexeme, i int) bool {
	begin, end := i, i+1
	for begin > max(0, i-maxNameWords) && (lexemes[begin-1].upper || nameJoints[lexemes[begin-1].norm]) {
		begin--
	}
	for end < min(len(lexemes), i+maxNameWords) && (lexemes[end].upper || nameJoints[lexemes[end].norm]) {
		end++
	}
	for from := begin; from <= i; from++ {
		var initials, words string
		for j := from; j < end; j++ {
			if !lexemes[j].upper || lexemes[j].norm == "" {
				continue
			}
			r, _ := utf8.DecodeRuneInString(lexemes[j].norm)
			initials += string(r)
			words += " " + lexemes[j].norm
			if j < i || !f.has(initials, asAcronym) {
				continue
			}
			if len(initials) > 2 || twoLetters[initials] == strings.TrimSpace(words) {
				return true
			}
		}
	}
	return false
}

// twoLetters are abbreviations of two letters that stand for one thing in news.
var twoLetters = map[string]string{
	"un": "united nations", "us": "united states", "uk": "united kingdom", "eu": "european union", "au": "african union",
	"la": "los angeles", "ny": "new york", "nz": "new zealand",
}

// minStem is the minimum that a place and its adjective have in common; shorter
// ones are listed by hand.
const minStem = 4

// derivedEndings are what peoples and adjectives add to the name of a place,
// and what places lose before them.
var (
	derivedEndings = []string{"ians", "ian", "eans", "ean", "ans", "an", "ns", "n", "ese", "ish", "i", "is", "ic", "er", "ers", "ite", "ites", "s"}
	placeEndings   = []string{"", "a", "e", "o", "y", "ia", "land", "an", "s", "us", "um", "ea"}
)

// hasDerived reports whether the source has word as a place to an adjective or
// the other way round, as "Kenyan" and "Kenya" are.
func (f *facts) hasDerived(word string) bool {
	for _, ending := range derivedEndings {
		stem, ok := strings.CutSuffix(word, ending)
		if !ok || len(stem) < minStem {
			continue
		}
		for _, place := range placeEndings {
			if f.has(stem+place, asName) {
				return true
			}
		}
	}
	for _, place := range placeEndings {
		stem, ok := strings.CutSuffix(word, place)
		if !ok || len(stem) < minStem {
			continue
		}
		for _, ending := range derivedEndings {
			if f.has(stem+ending, asName) {
				return true
			}
		}
	}
	return false
}

// falsePair reports whether two words that stand together as a name do not
// stand together in any name of the source, though each of them is there:
// "Lloyd Duale". Titles and adjectives of places go with any name.
func (f *facts) falsePair(r *languageRules, a, b lexeme) bool {
	if !plainName(a) || !plainName(b) || a.possessive || b.glued || r.language != "en" && !r.people().first[a.norm] || a.initial && (r.language != "en" || isOrdinary(a.norm)) {
		return false
	}
	if f.pairs[pairOf(a.norm, b.norm)] {
		return false
	}
	// The source may have the name with a middle part, or in small letters.
	there := f.partial || f.has(a.norm, asName) && f.has(b.norm, asName)
	return there && !strings.Contains(f.quotable, " "+a.norm+" "+b.norm+" ")
}

// titles are words that stand before any name, though news writes them with a
// capital letter more often than not.
var titles = set("president prime minister king queen prince princess pope judge justice senator governor mayor doctor " +
	"north south east west northern southern eastern western central new san saint st sir lord lady dame sheikh sultan archbishop " +
	"church party bank house council university congress parliament senate republican democrat conservative labour liberal")

// plainName reports whether t can only be a part of a person's or a place's own
// name.
func plainName(t lexeme) bool {
	if t.kind != lexemeWord || !t.upper || t.caps || len(t.norm) < 3 || isOrdinary(t.norm) || aliases[t.norm] != nil {
		return false
	}
	for _, ending := range []string{"ian", "ean", "ese", "ish", "yan", "can", "day"} {
		if strings.HasSuffix(t.norm, ending) {
			return false
		}
	}
	return rulesOf("en").months[t.norm] == 0 && !titles[t.norm]
}

// foreignName reports whether the run of capitalised words that begins at lexeme
// i is a name in another language of which the source has no part, not even
// under another ending.
func (f *facts) foreignName(r *languageRules, lexemes []lexeme, i int) bool {
	if r.language == "de" || i > 0 && lexemes[i-1].upper || lexemes[i].initial || !f.sharesScript(r) {
		return false
	}
	words := 0
	for ; i < len(lexemes) && lexemes[i].upper; i++ {
		t := lexemes[i]
		if t.caps || exonyms[t.norm] || f.resembles(t.norm) {
			return false
		}
		words++
	}
	return words >= 2
}

// sharesScript reports whether the source writes names in the letters of r.
func (f *facts) sharesScript(r *languageRules) bool {
	mine, its := scripts[r.language], scripts[f.rules.language]
	return mine == nil || its == nil || mine[0] == its[0]
}

// resembles reports whether a name of the source begins as word does.
func (f *facts) resembles(word string) bool {
	runes := []rune(word)
	head := string(runes[:min(3, len(runes))])
	for name, use := range f.words {
		if use&asName != 0 && strings.HasPrefix(name, head) {
			return true
		}
	}
	return false
}

// exonyms are words in which the usual names of states and bodies differ from
// the English ones throughout.
var exonyms = set("etats estados stati unis unidos uniti verenigde birlesik royaume reino regno nations naciones nazioni nacoes naties milletler " +
	"union unione uniao unie birligi conseil consejo consiglio conselho raad premier primer primo primeiro ministre ministro cour corte tribunal")
