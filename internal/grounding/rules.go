package grounding

import (
	"embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// languageFiles hold the words of each language, a file each: number words, units, titles,
// the endings of names, and names of states with their derivations. A line is a field, a
// colon and words; parts are apart by "|". A word that ends in "*" stands for all words
// that begin with it and have at most maxRest more letters.
//
//go:embed languages/*.txt
var languageFiles embed.FS

// cldrText holds months, weekdays, states and cities in all languages.
//
//go:embed cldr.txt
var cldrText string

// maxRest is the maximum number of letters that a word may have beyond a stem of the files.
const maxRest = 5

// languageRules are the rules by which a text in one language is read. All words are
// normalized.
type languageRules struct {
	language string // base language, such as "en"
	known    bool   // there is a file for it

	noSpaces, noCapitals bool

	numbers          map[string]int // in words, below a thousand
	starts           map[string]bool
	compound         bool            // numbers are written in one word
	oneWord          bool            // they or ordinals are, or there are stems of ordinals
	prefixes         map[string]bool // the first three bytes of such words
	infix            string          // between unit and ten of such a word, as the "und" of "dreiundzwanzig"
	ten, teen        string          // words after a unit that make a ten or add ten, as in Indonesian
	halves           [][]string      // words behind a number that add a half, as "and a half"
	plusHalf         map[string]int  // words for a number and a half
	zeros            map[string]bool
	and              map[string]bool
	powers           map[string]int // powers of ten
	duals            map[string]int // two of a power of ten
	ordinals         stemTable[int]
	ordinalEnds      []string        // that make a number in one word an ordinal, the longest first
	adjectives       []string        // endings of adjectives, that a word with "~" has all of
	every            map[string]bool // before an ordinal, which makes it a share: "every eighth"
	oneOf            map[string]bool // between two numbers that make a share: "one in eight"
	suffixes         map[string]bool // that make digits an ordinal
	fractions        map[string]fraction
	parts            map[string]bool // fractions that mean nothing else
	shares           map[string]int  // "üçte" of "üçte iki", two thirds
	percents         map[string]bool
	percentPairs     map[string]bool
	percentBefore    map[string]bool
	currencies       map[string]unit
	hedges           map[string]hedge
	hedgesAfter      map[string]hedge // behind a number
	determiners      map[string]bool
	months           map[string]int
	monthStems       map[string]int // without the last letter, where months have cases
	weekdays         map[string]int
	allWeekdays      bool
	periods          map[string]int  // months of a half-year
	halfTo, halfPast map[string]bool // in front of an hour: "halb fünf", "half past four"
	times            stemTable[unit]
	steps            map[string]int      // beside the word for a month or a year: "last", "next"
	relatives        map[string]relative // words for the month or the year before or after
	multiples        stemTable[int]      // words for so many times; 0 behind a number

	titles    map[string]bool // of people
	common    stemTable[bool] // parts of the names of bodies and offices
	joints    map[string]bool // small words inside names
	negations map[string]bool
	denials   map[string]bool // say no without a negation, or set a condition
	people    func() *people

	endings    []string // of cases, the longest first
	endingSet  map[string]bool
	derived    []string // of peoples and adjectives
	derivedSet map[string]bool
	placeEnds  []string // that places lose before them
	swaps      [][2]string
	fleeting   bool // a vowel before the last consonant may vanish
	fuzzy      bool // stems change too much for lists of endings

	placeLines []string
	cities     []string // and regions, each a place of its own
	places     func() *placeTable
}

// fraction is a share of a whole.
type fraction struct{ parts, whole int }

// stemTable maps words and the beginnings of words.
type stemTable[V any] struct {
	words map[string]V
	stems map[string]V
}

func (t *stemTable[V]) add(word string, value V) {
	if stem, ok := strings.CutSuffix(word, "*"); ok {
		if t.stems == nil {
			t.stems = make(map[string]V)
		}
		t.stems[normalize(stem)] = value
		return
	}
	if t.words == nil {
		t.words = make(map[string]V)
	}
	t.words[normalize(word)] = value
}

// addEach adds words with one value to t.
func addEach[V any](t *stemTable[V], words string, value V) {
	for word := range strings.FieldsSeq(words) {
		t.add(word, value)
	}
}

func (t *stemTable[V]) get(word string) (V, bool) {
	if v, ok := t.words[word]; ok || t.stems == nil {
		return v, ok
	}
	end := len(word)
	for range maxRest + 1 {
		if v, ok := t.stems[word[:end]]; ok {
			return v, true
		}
		if end == 0 {
			break
		}
		_, size := utf8.DecodeLastRuneInString(word[:end])
		end -= size
	}
	var none V
	return none, false
}

func (t *stemTable[V]) has(word string) bool {
	_, ok := t.get(word)
	return ok
}

// sameRules are languages whose texts are read by the rules of another.
var sameRules = map[string]string{"no": "nb", "nn": "nb", "bs": "hr", "ms": "id", "be": "ru", "mk": "bg"}

var rulesByLanguage sync.Map // func() *languageRules by base language

// rulesOf returns the rules of a language, which are made when first asked for.
func rulesOf(tag string) *languageRules {
	base := article.BaseLanguage(tag)
	if made, ok := rulesByLanguage.Load(base); ok {
		return made.(func() *languageRules)()
	}
	made, _ := rulesByLanguage.LoadOrStore(base, sync.OnceValue(func() *languageRules { return readRules(base) }))
	return made.(func() *languageRules)()
}

// commonMagnitudes are powers of ten that are written alike in most languages.
var commonMagnitudes = map[string]int{
	"million": 6, "millions": 6, "mn": 6, "mln": 6, "bn": 9, "bln": 9, "trn": 12, "lakh": 5, "lakhs": 5, "crore": 7, "crores": 7,
}

// readRules reads the file of a language and its part of cldr.txt.
func readRules(base string) *languageRules {
	r := &languageRules{
		language:      base,
		noSpaces:      article.IsUnspacedLanguage(base),
		noCapitals:    capless[base],
		numbers:       make(map[string]int),
		starts:        make(map[string]bool),
		and:           make(map[string]bool),
		powers:        make(map[string]int),
		duals:         make(map[string]int),
		suffixes:      make(map[string]bool),
		plusHalf:      make(map[string]int),
		periods:       make(map[string]int),
		zeros:         make(map[string]bool),
		every:         make(map[string]bool),
		oneOf:         make(map[string]bool),
		parts:         make(map[string]bool),
		fractions:     make(map[string]fraction),
		shares:        make(map[string]int),
		percents:      map[string]bool{"%": true, "٪": true, "﹪": true, "％": true},
		percentPairs:  make(map[string]bool),
		percentBefore: make(map[string]bool),
		currencies:    make(map[string]unit),
		hedges:        make(map[string]hedge),
		hedgesAfter:   make(map[string]hedge),
		determiners:   make(map[string]bool),
		months:        make(map[string]int),
		weekdays:      make(map[string]int),
		titles:        make(map[string]bool),
		joints:        make(map[string]bool),
		negations:     make(map[string]bool),
		denials:       make(map[string]bool),
		halfTo:        make(map[string]bool),
		halfPast:      make(map[string]bool),
		steps:         make(map[string]int),
		relatives:     make(map[string]relative),
	}
	for word, exp := range commonMagnitudes {
		r.powers[word] = exp
	}
	for word, u := range currencies {
		r.currencies[word] = u
	}
	r.readFile(base)
	r.readCalendar(base)
	r.finish()
	return r
}

func (r *languageRules) readFile(base string) {
	file := base
	if same, ok := sameRules[base]; ok {
		file = same
	}
	data, err := languageFiles.ReadFile("languages/" + file + ".txt")
	if err != nil {
		return // a language without a file
	}
	r.known = true
	for line := range strings.Lines(string(data)) {
		field, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(field, "#") {
			continue
		}
		r.read(field, strings.TrimSpace(rest))
	}
}

func (r *languageRules) readCalendar(base string) {
	for _, line := range cldrLines(base) {
		kind, rest, _ := strings.Cut(line, " ")
		key, names, _ := strings.Cut(rest, " ")
		switch kind {
		case "month":
			addCalendar(r.months, key, names)
		case "weekday":
			addCalendar(r.weekdays, key, names)
		}
	}
	for weekday, n := range maps.Clone(r.weekdays) {
		for _, part := range dayParts[base] {
			r.weekdays[weekday+part] = n
		}
	}
	if base == "und" {
		r.months = rulesOf("en").months
	}
}

// dayParts are parts of the day that are written behind a weekday in one word.
var dayParts = map[string][]string{
	"de": {"morgen", "vormittag", "mittag", "nachmittag", "abend", "nacht", "fruh"},
	"nl": {"morgen", "ochtend", "middag", "avond", "nacht"},
	"sv": {"smorgonen", "skvallen", "snatten", "eftermiddagen"},
	"da": {"morgen", "aften", "nat"},
	"nb": {"smorgenen", "skvelden", "sformiddag", "settermiddag", "snatten", "skveld", "smorgen"},
}

// finish makes the indexes of what was read.
func (r *languageRules) finish() {
	days := make(map[int]bool)
	for _, n := range r.weekdays {
		days[n] = true
	}
	r.allWeekdays = (len(days) == 7 || r.unspaced()) && r.language != "ko"
	r.indexNumbers()
	r.fuzzy = slices.Contains([]string{"fi", "et", "hu", "lt", "lv"}, r.language)
	for _, list := range []*[]string{&r.endings, &r.derived, &r.placeEnds, &r.ordinalEnds} {
		slices.SortStableFunc(*list, func(a, b string) int { return len(b) - len(a) })
		*list = slices.Compact(*list)
	}
	r.endingSet, r.derivedSet = make(map[string]bool), make(map[string]bool)
	for _, ending := range r.endings {
		r.endingSet[ending] = true
	}
	for _, ending := range r.derived {
		r.derivedSet[ending] = true
	}
	r.addMonthStems()
	r.places = sync.OnceValue(func() *placeTable { return newPlaceTable(r) })
	r.people = sync.OnceValue(func() *people { return peopleOf(r.language) })
}

// indexNumbers notes how numbers in words begin.
func (r *languageRules) indexNumbers() {
	r.prefixes = make(map[string]bool)
	r.oneWord = r.compound || len(r.ordinals.stems) > 0
	for word := range r.numbers {
		r.starts[word] = true
		if len(word) >= 3 {
			r.prefixes[word[:3]] = true
		}
	}
	for stem := range r.ordinals.stems {
		if len(stem) >= 3 {
			r.prefixes[stem[:3]] = true
		}
	}
	for word := range r.zeros {
		r.starts[word] = true
	}
	for _, words := range []map[string]int{r.duals, r.shares, r.ordinals.words, r.plusHalf} {
		for word := range words {
			r.starts[word] = true
		}
	}
	for word := range r.fractions {
		r.starts[word] = true
	}
	if r.language == "en" {
		r.starts["a"], r.starts["an"], r.starts["half"] = true, true, true
		return
	}
	for word, exp := range r.powers {
		r.starts[word] = r.starts[word] || exp == 3 || r.magnitudeFirst()
	}
}

// addMonthStems notes what months keep in all cases.
func (r *languageRules) addMonthStems() {
	if len(r.endings) == 0 {
		return
	}
	r.monthStems = make(map[string]int)
	for word, month := range r.months {
		for _, ending := range append(r.endings, "") {
			stem, ok := strings.CutSuffix(word, ending)
			if ok && utf8.RuneCountInString(stem) >= 4 && utf8.RuneCountInString(ending) <= 1 {
				r.monthStems[stem] = month
			}
		}
	}
}

// cldrLines returns the lines of cldr.txt about a language.
func cldrLines(base string) []string {
	switch base {
	case "nb", "nn":
		base = "no"
	}
	return section(cldrText, base)
}

// section returns the lines below "= name" in text.
func section(text, name string) []string {
	_, rest, ok := strings.Cut(text, "\n= "+name+"\n")
	if !ok {
		return nil
	}
	part, _, _ := strings.Cut(rest, "\n= ")
	return strings.Split(strings.TrimSpace(part), "\n")
}

// addCalendar adds the names of a month or weekday that are one word. Abbreviations of
// fewer than three letters are words of other kinds too often.
func addCalendar(table map[string]int, key, names string) {
	n, _ := strconv.Atoi(key)
	for name := range strings.SplitSeq(names, "|") {
		if word := normalize(name); !strings.Contains(name, " ") && utf8.RuneCountInString(word) >= 3 {
			table[word] = n
		}
	}
}

// read takes one field of a file.
func (r *languageRules) read(field, rest string) {
	kind, of, _ := strings.Cut(field, " ")
	if words := r.setOf(kind); words != nil {
		for _, word := range normalized(rest) {
			words[word] = true
		}
		return
	}
	if list := r.listOf(kind); list != nil {
		*list = append(*list, normalized(rest)...)
		return
	}
	if words := r.valuesOf(kind); words != nil {
		eachValue(rest, func(n int, word string) { words[normalize(word)] = n })
		return
	}
	switch kind {
	case "ordinal":
		eachValue(rest, r.addOrdinal)
	case "multiple":
		eachValue(rest, func(n int, word string) { r.multiples.add(word, n) })
	case "oneof", "percentpair", "half":
		r.readPhrases(kind, rest)
	case "compound":
		r.compound, r.infix = true, rest
	case "ten":
		r.ten = normalize(rest)
	case "teen":
		r.teen = normalize(rest)
	case "city":
		r.cities = append(r.cities, strings.Fields(rest)...)
	case "fleeting":
		r.fleeting = true
	case "place":
		r.placeLines = append(r.placeLines, of+" "+rest)
	default:
		r.readWords(kind, of, rest)
	}
}

// readPhrases takes a field of words in a row.
func (r *languageRules) readPhrases(kind, rest string) {
	for words := range strings.SplitSeq(rest, "|") {
		switch phrase := normalized(words); kind {
		case "half":
			r.halves = append(r.halves, phrase)
		case "percentpair":
			r.percentPairs[strings.Join(phrase, " ")] = true
		default:
			r.oneOf[strings.Join(phrase, " ")] = true
		}
	}
}

// readWords takes a field whose words have a meaning of their own each.
func (r *languageRules) readWords(kind, of, rest string) {
	switch kind {
	case "share":
		for word := range strings.FieldsSeq(rest) {
			name, n, _ := strings.Cut(word, ":")
			r.shares[normalize(name)], _ = strconv.Atoi(n)
		}
	case "fraction":
		r.readFractions(rest)
	case "currency":
		for word := range strings.FieldsSeq(rest) {
			r.currencies[normalize(word)] = unit(of)
		}
	case "hedge":
		addHedges(r.hedges, of, rest)
	case "after":
		addHedges(r.hedgesAfter, of, rest)
	case "month":
		for name := range strings.SplitSeq(rest, "|") {
			if !strings.Contains(name, " ") {
				r.months[normalize(name)], _ = strconv.Atoi(of)
			}
		}
	case "past", "coming":
		r.readRelative(kind, of, rest)
	case "time":
		addEach(&r.times, rest, unit(of))
	case "common":
		addEach(&r.common, rest, true)
	case "alternate":
		r.readSwaps(rest)
	}
}

// readRelative takes words for what was or will be, or for the month or year before or after.
func (r *languageRules) readRelative(kind, of, rest string) {
	step := 1
	if kind == "past" {
		step = -1
	}
	for _, word := range normalized(rest) {
		if of == "" {
			r.steps[word] = step
		} else {
			r.relatives[word] = relative{unit(of), step}
		}
	}
}

// readSwaps takes pairs of consonants that stand for each other at the end of a stem.
func (r *languageRules) readSwaps(rest string) {
	for pair := range strings.FieldsSeq(rest) {
		base, other, _ := strings.Cut(pair, ":")
		if base, other = normalize(base), normalize(other); base != other {
			r.swaps = append(r.swaps, [2]string{base, other})
		}
	}
}

func addHedges(hedges map[string]hedge, of, words string) {
	for _, word := range normalized(words) {
		if _, ok := hedges[word]; !ok {
			hedges[word] = map[string]hedge{"near": hedgeNear, "above": hedgeAbove, "below": hedgeBelow}[of]
		}
	}
}

// addOrdinal notes a word for an ordinal; "~" stands for the endings of adjectives, whose
// field comes before.
func (r *languageRules) addOrdinal(n int, word string) {
	stem, ok := strings.CutSuffix(word, "~")
	if !ok {
		r.ordinals.add(word, n)
		return
	}
	for _, ending := range r.adjectives {
		r.ordinals.add(stem+ending, n)
	}
}

func (r *languageRules) readFractions(rest string) {
	for part := range strings.SplitSeq(rest, "|") {
		share, words, _ := strings.Cut(strings.TrimSpace(part), " ")
		parts, whole, _ := strings.Cut(share, "/")
		var f fraction
		f.parts, _ = strconv.Atoi(parts)
		f.whole, _ = strconv.Atoi(whole)
		for _, word := range normalized(words) {
			r.fractions[word] = f
		}
	}
}

// setOf returns the set that a field fills, nil for a field of another kind.
func (r *languageRules) setOf(field string) map[string]bool {
	switch field {
	case "and":
		return r.and
	case "zero":
		return r.zeros
	case "every":
		return r.every
	case "part":
		return r.parts
	case "ordinalsuffix":
		return r.suffixes
	case "percent":
		return r.percents
	case "percentbefore":
		return r.percentBefore
	case "halfto":
		return r.halfTo
	case "halfpast":
		return r.halfPast
	case "determiner":
		return r.determiners
	case "title":
		return r.titles
	case "joint":
		return r.joints
	case "negation":
		return r.negations
	case "denial":
		return r.denials
	}
	return nil
}

// listOf returns the list that a field fills, nil for a field of another kind.
func (r *languageRules) listOf(field string) *[]string {
	switch field {
	case "endings":
		return &r.endings
	case "derive", "demonym":
		return &r.derived
	case "placeend":
		return &r.placeEnds
	case "ordinalend":
		return &r.ordinalEnds
	case "adjective":
		return &r.adjectives
	}
	return nil
}

// valuesOf returns the words with numbers that a field fills, nil for a field of another kind.
func (r *languageRules) valuesOf(field string) map[string]int {
	switch field {
	case "number":
		return r.numbers
	case "magnitude":
		return r.powers
	case "dual":
		return r.duals
	case "weekday":
		return r.weekdays
	case "plushalf":
		return r.plusHalf
	case "period":
		return r.periods
	}
	return nil
}

func normalized(words string) []string {
	var all []string
	for word := range strings.FieldsSeq(words) {
		all = append(all, normalize(word))
	}
	return all
}

// eachValue calls f for each word of "1 one|2 two", with its number.
func eachValue(text string, f func(n int, word string)) {
	for part := range strings.SplitSeq(text, "|") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		n, _ := strconv.Atoi(words[0])
		for _, word := range words[1:] {
			f(n, word)
		}
	}
}

// unspaced reports whether no space stands between words.
func (r *languageRules) unspaced() bool { return r.noSpaces }

// withoutCapitals reports whether names have no capital letter.
func (r *languageRules) withoutCapitals() bool { return r.noCapitals }

// capless are languages whose scripts have no capital letters.
var capless = set("ar fa ur ps he hi mr ne bn ta te th ka ko zh ja am")
