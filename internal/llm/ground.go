package llm

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// claim is a kind of statement that is looked up in the source.
type claim uint8

const (
	claimNone claim = iota
	claimNumber
	claimAmount // a percentage or an amount of money
	claimDate
	claimName
	claimQuotation
)

// String names a claim to the model and to callers.
func (c claim) String() string {
	return [...]string{"nothing", "a number", "an amount or a percentage", "a date", "a name", "a quotation"}[c]
}

// label names a claim in metrics.
func (c claim) label() string {
	return [...]string{"none", "number", "amount", "date", "name", "quotation"}[c]
}

// facts are a source in the form in which claims are looked up: what numbers,
// dates and words it holds. It is read-only once made.
type facts struct {
	reader   reader
	values   map[decimal]bool
	bare     map[decimal]bool // values that are no amount
	counted  map[decimal]bool // values that are neither an amount nor a measure
	amounts  map[amount]bool
	ordinals map[int]bool
	decades  map[int]bool // by their first year, with and without the century
	dates    dates
	words    map[string]bool
	names    map[string]bool    // words that stand with a capital letter
	acronyms map[string]bool    // words of capital letters
	stems    map[string]bool    // beginnings of ordinary words in small letters
	pairs    map[[2]string]bool // of words within one name, sorted
	initials map[string]bool    // of names of several words
	codes    map[string]bool    // letters and digits, such as "f16"
	quotable string             // words and digits only, in lower case, with single spaces
}

// amount is a number with its unit.
type amount struct {
	value decimal
	unit  unit
}

// newFacts indexes texts, which are in one language.
func newFacts(language string, texts ...string) *facts {
	words := 0 // a guess: half of the words are different ones
	for _, text := range texts {
		words += len(text) / 12
	}
	f := &facts{
		reader:   newReader(language),
		values:   make(map[decimal]bool),
		bare:     make(map[decimal]bool),
		counted:  make(map[decimal]bool),
		amounts:  make(map[amount]bool),
		ordinals: make(map[int]bool),
		decades:  make(map[int]bool),
		words:    make(map[string]bool, words),
		names:    make(map[string]bool),
		acronyms: make(map[string]bool),
		stems:    make(map[string]bool),
		pairs:    make(map[[2]string]bool),
		initials: make(map[string]bool),
		codes:    make(map[string]bool),
	}
	f.dates.days, f.dates.years, f.dates.months = make(map[date]bool), make(map[date]bool), make(map[int]bool)
	for _, text := range texts {
		tokens := tokenize(text)
		f.addNumbers(tokens)
		f.addWords(tokens)
		f.addNames(tokens)
		f.quotable += quotable(tokens)
	}
	return f
}

func (f *facts) addNumbers(tokens []token) {
	found := f.reader.dates(tokens)
	for _, q := range f.reader.quantities(tokens) {
		if q.ordinal {
			f.ordinals[q.values[0].small()] = true
		}
		if found.used[q.begin] && !q.counts {
			continue // a day: "June 19" is no support for "19 ships"
		}
		if d := decade(tokens, q); d >= 100 {
			f.decades[d], f.decades[d%100] = true, true
		} else if d >= 0 {
			f.decades[d], f.decades[1900+d] = true, true
		}
		for _, v := range q.values {
			f.values[v] = true
			if q.units[0] == "" {
				f.bare[v] = true
				f.counted[v] = f.counted[v] || !q.measure
			}
			for _, u := range q.units {
				f.amounts[amount{v, u}] = true
			}
		}
	}
	for d := range found.days {
		f.dates.days[d] = true
	}
	for d := range found.years {
		f.dates.years[d] = true
		f.values[whole(d.year)] = true
	}
	for m := range found.months {
		f.dates.months[m] = true
	}
}

func (f *facts) addWords(tokens []token) {
	for i, t := range tokens {
		if t.kind == tokenMark {
			continue
		}
		f.words[t.norm] = true
		if simple := simplified(t.norm); simple != "" {
			f.words[simple] = true
		}
		if t.upper {
			f.names[t.norm] = true
			if t.caps {
				f.acronyms[t.norm] = true
			}
		} else if len(t.norm) >= minSharedStem {
			f.stems[t.norm[:minSharedStem]] = true
		}
		if code, _ := codeAt(tokens, i); code != "" {
			f.codes[code] = true
		}
	}
}

// nameJoints are the small words inside names.
var nameJoints = set("of de da do dos del der den van von bin bint ibn al el la le du di the for and")

// maxNameWords is the longest run of capitalised words that is one name; longer
// ones are headlines.
const maxNameWords = 6

// addNames notes the runs of capitalised words: which words stand together, and
// the initials that stand for them.
func (f *facts) addNames(tokens []token) {
	var run []token
	joint := 0 // where the last joint stands in run
	flush := func() {
		if len(run) > maxNameWords {
			// "Ada Lind of the Institute of Coastal Research" is two names.
			f.addRun(run[:joint])
			run = run[joint:]
		}
		f.addRun(run)
		run, joint = run[:0], 0
	}
	skip := 0
	for i, t := range tokens {
		switch {
		case i < skip && t.kind == tokenMark:
		case len(run) > 0 && !run[len(run)-1].possessive && nickname(tokens, i) > 0:
			skip = nickname(tokens, i)
		case t.kind == tokenWord && t.upper:
			run = append(run, t)
			if t.possessive {
				flush()
			}
		case len(run) > 0 && t.kind == tokenWord && nameJoints[t.norm] && i+1 < len(tokens) && (tokens[i+1].upper || nameJoints[tokens[i+1].norm]):
			if t.norm == "and" {
				// "Ministry of Health and Sport" has the initials MOHS, but "Ada
				// Lind and Bo Ek" is not one name.
				f.addInitials(run, tokens[i+1:])
				flush()
			}
			joint = len(run)
		case t.norm == "-" && t.glued, t.norm == "." && i+1 < len(tokens) && !tokens[i+1].initial:
		default:
			flush()
		}
	}
	flush()
}

// nickname returns the end of the nickname in quotation marks that opens at
// token i and has a capitalised word behind it, as in Ada "Bo" Lind; 0 for none.
func nickname(tokens []token, i int) int {
	mark := tokens[i].norm
	if mark != "\"" && mark != "'" || tokens[i].glued {
		return 0
	}
	for end := i + 1; end < min(i+4, len(tokens)-1); end++ {
		if tokens[end].norm == mark {
			if end > i+1 && tokens[end+1].upper {
				return end + 1
			}
			return 0
		}
		if !tokens[end].upper {
			return 0
		}
	}
	return 0
}

func (f *facts) addRun(run []token) {
	if len(run) < 2 || len(run) > maxNameWords {
		return
	}
	for i := range run {
		for j := i + 1; j < len(run); j++ {
			f.pairs[pairOf(run[i].norm, run[j].norm)] = true
		}
		f.addInitials(run[i:], nil)
	}
}

// addInitials notes the initials of run and all its beginnings, followed by the
// capitalised words at the beginning of rest.
func (f *facts) addInitials(run, rest []token) {
	var initials []rune
	for _, t := range slices.Concat(run, rest) {
		if !t.upper || len(initials) >= maxNameWords {
			break
		}
		r := []rune(t.norm)
		if len(r) == 0 {
			break
		}
		initials = append(initials, r[0])
		if len(initials) >= 2 {
			f.initials[string(initials)] = true
		}
	}
}

func pairOf(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

// codeAt returns the code of letters and digits that begins at token i, such as
// "f16" of "F-16" or "g7", and the token after it.
func codeAt(tokens []token, i int) (string, int) {
	t := tokens[i]
	if t.kind != tokenWord || !t.upper {
		return "", i
	}
	if strings.ContainsAny(t.norm, "0123456789") {
		return t.norm, i + 1
	}
	if i+2 < len(tokens) && tokens[i+1].norm == "-" && tokens[i+1].glued && tokens[i+2].kind == tokenNumber && tokens[i+2].glued {
		return t.norm + tokens[i+2].norm, i + 3
	}
	return "", i
}

// quotable writes the words of tokens in lower case with a space around each,
// so that quotations are compared without marks and spacing.
func quotable(tokens []token) string {
	var b strings.Builder
	b.WriteByte(' ')
	for _, t := range tokens {
		if t.kind != tokenMark {
			b.WriteString(t.norm)
			if t.possessive {
				b.WriteByte('s')
			}
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// unsupported returns the kind of the first claim of text that f does not
// support, or claimNone. Language is the text's; foreign says that it is not
// the source's, so that only what survives a translation is looked up.
func (f *facts) unsupported(text, language string, foreign bool) claim {
	r := newReader(language)
	tokens := tokenize(text)
	if !foreign && !f.supportsQuotations(text) {
		return claimQuotation
	}
	used := make([]bool, len(tokens))
	markCodes(tokens, used)
	if c := f.checkDates(r, tokens, used); c != claimNone {
		return c
	}
	if c := f.checkNumbers(r, tokens, used, foreign); c != claimNone {
		return c
	}
	return f.checkNames(r, tokens, used, foreign)
}

// markCodes marks the digits of codes as used: they are part of a name.
func markCodes(tokens []token, used []bool) {
	for i := range tokens {
		if _, end := codeAt(tokens, i); end > i+1 {
			used[end-1] = true
		}
	}
}

func (f *facts) checkDates(r reader, tokens []token, used []bool) claim {
	d := r.dates(tokens)
	for i, u := range d.used {
		used[i] = used[i] || u
	}
	for day := range d.days {
		if !f.dates.days[day] && !ambiguous(d, day, f) {
			return claimDate
		}
	}
	for m := range d.months {
		if !f.dates.months[m] && !monthless(d, m, f) {
			return claimDate
		}
	}
	for y := range d.years {
		if !f.supportsYear(y) {
			return claimDate
		}
	}
	return claimNone
}

// ambiguous reports whether day, of a date in digits, is the other reading of
// one that is supported.
func ambiguous(d dates, day date, f *facts) bool {
	other := date{month: day.day, day: day.month}
	return d.days[other] && f.dates.days[other]
}

// monthless reports whether month comes from the wrong reading of a date in
// digits only.
func monthless(d dates, month int, f *facts) bool {
	for day := range d.days {
		if day.month == month && ambiguous(d, day, f) {
			return true
		}
	}
	return false
}

// supportsYear reports whether the source has the month in that year, or has
// the month without a year and the year elsewhere.
func (f *facts) supportsYear(y date) bool {
	if f.dates.years[y] {
		return true
	}
	for known := range f.dates.years {
		if known.month == y.month {
			return false
		}
	}
	return f.values[whole(y.year)]
}

func (f *facts) checkNumbers(r reader, tokens []token, used []bool, foreign bool) claim {
	for _, q := range r.quantities(tokens) {
		if used[q.begin] && used[q.end-1] || r.pronoun(tokens, q) {
			continue
		}
		for i := q.begin; i < q.end; i++ {
			used[i] = true
		}
		if d := decade(tokens, q); d >= 0 && f.decades[d] {
			continue
		}
		if f.supports(q) || f.approximates(q, hedgeBefore(tokens, q.begin)) {
			continue
		}
		plain := q.units[0] == ""
		if foreign && plain && q.values[0].small() >= 0 && q.values[0].small() <= 20 {
			continue // the source may have it in words of its own language
		}
		if !plain {
			return claimAmount
		}
		return claimNumber
	}
	if r.language != "en" {
		return claimNone
	}
	for i, t := range tokens {
		if bounds, ok := vagueMagnitudes[t.norm]; ok && !used[i] && !foreign && !f.supportsVague(t.norm, bounds) {
			return claimNumber
		}
	}
	return claimNone
}

// decade returns the first year of the decade that q names, as in "1970s", or
// that year within the century, as in "'70s"; -1 for none.
func decade(tokens []token, q quantity) int {
	if q.word || q.end >= len(tokens) || tokens[q.end].norm != "s" || !tokens[q.end].glued {
		return -1
	}
	n := q.values[0].small()
	if n%10 != 0 || n >= 100 && n < 1000 || n > 2090 || n < 0 {
		return -1
	}
	return n
}

// pronoun reports whether q counts nothing that could be false: "one of them",
// "the two countries".
func (r reader) pronoun(tokens []token, q quantity) bool {
	if !q.word || q.units[0] != "" || q.end-q.begin > 1 {
		return false
	}
	word := tokens[q.begin].norm
	return word == "one" || word == "two" && q.begin > 0 && determiners[tokens[q.begin-1].norm]
}

var determiners = set("the these those their its both other our")

// supports reports whether a reading of q stands in the source, with the same
// unit where it has one.
func (f *facts) supports(q quantity) bool {
	for _, v := range q.values {
		if q.ordinal {
			// "50th birthday" may well come from "turns 50", but "fourth" is a
			// claim of its own beside any 4.
			// "On the 19th" may be a day.
			if n := v.small(); f.ordinals[n] || n >= 10 && f.values[v] || !q.word && !q.counts && f.hasDay(n) {
				return true
			}
			continue
		}
		for _, u := range q.units {
			if u == "" && f.values[v] && (!q.counts || f.counted[v]) && (!q.measure || q.points || f.bare[v]) || u != "" && f.amounts[amount{v, u}] {
				return true
			}
		}
	}
	return false
}

func (f *facts) hasDay(day int) bool {
	for d := range f.dates.days {
		if d.day == day {
			return true
		}
	}
	return false
}

// supportsVague reports whether "thousands" and the like stand in the source, as
// such or as a number of that size.
func (f *facts) supportsVague(word string, bounds [2]int) bool {
	if f.words[word] || f.words[strings.TrimSuffix(word, "s")] {
		return true
	}
	for v := range f.values {
		if m := v.magnitude(); m > bounds[0] && m <= bounds[1]+1 {
			return true
		}
	}
	return false
}

func (f *facts) checkNames(r reader, tokens []token, used []bool, foreign bool) claim {
	headline := titleCase(tokens)
	for i, t := range tokens {
		if t.kind != tokenWord || !t.upper || used[i] {
			continue
		}
		if foreign {
			if f.foreignName(r, tokens, i) {
				return claimName
			}
			continue
		}
		if r.language == "de" && isNoun(tokens, i) {
			continue
		}
		byPlace := (t.initial || headline) && (ordinaryIn(r.language, t) || f.ordinaryHere(r, tokens, i))
		if !byPlace && !f.supportsName(tokens, i) {
			return claimName
		}
		if i > 0 && !headline && f.falsePair(r, tokens[i-1], t) {
			return claimName
		}
	}
	return claimNone
}

// isNoun reports whether the capital letter of token i may be that of any German
// noun: it is no abbreviation, and no second word of a name.
func isNoun(tokens []token, i int) bool {
	if tokens[i].caps {
		return false
	}
	return i == 0 || !tokens[i-1].upper || tokens[i-1].initial
}

// ordinaryIn reports whether a word that the source lacks may have its capital
// letter from its place. For languages without a lexicon it may.
func ordinaryIn(language string, t token) bool {
	if t.caps && len(t.norm) > 1 {
		return false
	}
	return language != "en" || len(t.norm) == 1 || numberLike(t.norm) || isOrdinary(t.norm)
}

// ordinaryHere reports whether token i, the first of a sentence, is an ordinary
// English word by what surrounds it: a word that is a part of names elsewhere, or
// a form of an ordinary word of the source ("Abductors" where it has "abducted").
func (f *facts) ordinaryHere(r reader, tokens []token, i int) bool {
	if r.language != "en" || !tokens[i].initial || tokens[i].caps || tokens[i].possessive || i+1 < len(tokens) && tokens[i+1].upper {
		return false
	}
	word := tokens[i].norm
	return twofold[word] || len(word) >= minSharedStem && f.stems[word[:minSharedStem]] && slices.ContainsFunc(wordEndings, func(e string) bool { return strings.HasSuffix(word, e) })
}

// minSharedStem is what two forms of an ordinary word have in common at least.
const minSharedStem = 6

// wordEndings are those of ordinary words for people and things, which names
// seldom have.
var wordEndings = []string{"ors", "ers", "ists", "ants", "ents", "ees", "ions", "ion", "ments", "ment", "ness", "ings", "ity", "ically", "ably", "men", "women", "ives", "als"}

func numberLike(word string) bool {
	return numberWords["en"][word] > 0 || ordinals[word] > 0 || word == "first" || word == "second"
}

// titleCase reports whether nearly all longer words have a capital letter, as
// in headlines.
func titleCase(tokens []token) bool {
	upper, total := 0, 0
	for _, t := range tokens {
		if t.kind == tokenWord && len(t.norm) >= 4 {
			total++
			if t.upper {
				upper++
			}
		}
	}
	return total >= 3 && upper*5 >= total*4
}

// supportsName reports whether the source has the capitalised word at token i,
// in the same form, a derived one, or as initials.
func (f *facts) supportsName(tokens []token, i int) bool {
	t := tokens[i]
	if code, end := codeAt(tokens, i); code != "" && end > i {
		return f.codes[code] || f.codes[strings.TrimSuffix(code, "s")] || f.words[t.norm] && end > i+1 && f.words[tokens[end-1].norm]
	}
	if t.norm == "i" || f.hasWord(t.norm) {
		return true
	}
	for _, word := range kin[singular(t.norm)] {
		if f.words[word] {
			return true
		}
	}
	for _, word := range kin[t.norm] {
		if f.words[word] {
			return true
		}
	}
	if day := weekdays[t.norm]; day != "" && f.words[day] {
		return true
	}
	if t.caps && (f.initials[t.norm] || f.hasPhrase(abbreviated[singular(t.norm)])) {
		return true
	}
	return f.spelledOut(tokens, i) || f.hasDerived(t.norm)
}

func (f *facts) hasWord(word string) bool {
	for _, w := range []string{word, respelled(word)} {
		if w != "" && (f.words[w] || f.words[singular(w)] || f.words[w+"s"] || f.words[w+"es"]) {
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
	if i := strings.Index(word, "ae"); i > 0 && len(word) > 6 {
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

// spelledOut reports whether token i is part of a run of capitalised words
// whose initials the source has as an abbreviation, such as "National Coast
// Guard" for "NCG". Two letters stand for too much: of these only the well-known
// are taken.
func (f *facts) spelledOut(tokens []token, i int) bool {
	begin, end := i, i+1
	for begin > max(0, i-maxNameWords) && (tokens[begin-1].upper || nameJoints[tokens[begin-1].norm]) {
		begin--
	}
	for end < min(len(tokens), i+maxNameWords) && (tokens[end].upper || nameJoints[tokens[end].norm]) {
		end++
	}
	for from := begin; from <= i; from++ {
		var initials, words string
		for j := from; j < end; j++ {
			if !tokens[j].upper || tokens[j].norm == "" {
				continue
			}
			r, _ := utf8.DecodeRuneInString(tokens[j].norm)
			initials += string(r)
			words += " " + tokens[j].norm
			if j < i || !f.acronyms[initials] {
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

// minStem is the least that a place and its adjective have in common; shorter
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
			if f.names[stem+place] {
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
			if f.names[stem+ending] {
				return true
			}
		}
	}
	return false
}

// falsePair reports whether two words that stand together as a name do not
// stand together in any name of the source, though each of them is there:
// "Lloyd Duale". Titles and adjectives of places go with any name.
func (f *facts) falsePair(r reader, a, b token) bool {
	if !plainName(a) || !plainName(b) || a.possessive || b.glued || a.initial && (r.language != "en" || isOrdinary(a.norm)) {
		return false
	}
	if f.pairs[pairOf(a.norm, b.norm)] {
		return false
	}
	// The source may have the name with a middle part, or in small letters.
	return f.names[a.norm] && f.names[b.norm] && !strings.Contains(f.quotable, " "+a.norm+" "+b.norm+" ")
}

// titles are words that stand before any name, though news writes them with a
// capital letter more often than not.
var titles = set("president prime minister king queen prince princess pope judge justice senator governor mayor doctor " +
	"north south east west northern southern eastern western central new san saint st sir lord lady dame sheikh sultan archbishop " +
	"church party bank house council university congress parliament senate republican democrat conservative labour liberal")

// plainName reports whether t can only be a part of a person's or a place's own
// name.
func plainName(t token) bool {
	if t.kind != tokenWord || !t.upper || t.caps || len(t.norm) < 3 || isOrdinary(t.norm) || kin[t.norm] != nil {
		return false
	}
	for _, ending := range []string{"ian", "ean", "ese", "ish", "yan", "can", "day"} {
		if strings.HasSuffix(t.norm, ending) {
			return false
		}
	}
	return monthNames["en"][t.norm] == 0 && !titles[t.norm]
}

// foreignName reports whether the run of capitalised words that begins at token
// i is a name in another language of which the source has no part, not even
// under another ending.
func (f *facts) foreignName(r reader, tokens []token, i int) bool {
	if r.language == "de" || i > 0 && tokens[i-1].upper || tokens[i].initial {
		return false
	}
	words := 0
	for ; i < len(tokens) && tokens[i].upper; i++ {
		t := tokens[i]
		if t.caps || exonyms[t.norm] || f.resembles(t.norm) {
			return false
		}
		words++
	}
	return words >= 2
}

// resembles reports whether a name of the source begins as word does.
func (f *facts) resembles(word string) bool {
	runes := []rune(word)
	head := string(runes[:min(3, len(runes))])
	for name := range f.names {
		if strings.HasPrefix(name, head) {
			return true
		}
	}
	return false
}

// exonyms are words in which the usual names of states and bodies differ from
// the English ones throughout.
var exonyms = set("etats estados stati unis unidos uniti verenigde birlesik royaume reino regno nations naciones nazioni nacoes naties milletler " +
	"union unione uniao unie birligi conseil consejo consiglio conselho raad premier primer primo primeiro ministre ministro cour corte tribunal")

// supportsQuotations reports whether what stands between quotation marks in
// text stands in the source.
func (f *facts) supportsQuotations(text string) bool {
	for _, quotation := range quotations(text) {
		for _, part := range strings.FieldsFunc(strings.ReplaceAll(quotation, "...", "…"), func(r rune) bool { return r == '…' || r == '[' || r == ']' }) {
			words := quotable(tokenize(part))
			if strings.TrimSpace(words) != "" && !strings.Contains(f.quotable, words) {
				return false
			}
		}
	}
	return true
}

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

// ungrounded is the fault of sentence number n, counted from 1.
func ungrounded(n int, c claim) *fault {
	return &fault{reason: summarizer.ReasonLLMUngrounded, claim: c, message: "sentence " + strconv.Itoa(n) + " of the summary holds " + c.String() + " that the article does not have"}
}
