package morphology

import (
	"embed"
	"strings"
	"sync"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/goccy/go-yaml"
)

// rules are what a language needs code for.
type rules struct {
	snowball func(*snowballstem.Env) bool
	light    func([]byte) []byte // cuts endings off what snowball leaves, or off the word
	lower    func(rune) rune     // nil for the mapping of Unicode
	isVerb   func(word string) bool
}

var rulesOf = map[string]rules{
	"ar": {light: stemArabic, lower: lowerArabic},
	"de": {snowball: german.Stem},
	"es": {snowball: spanish.Stem},
	"fr": {snowball: french.Stem},
	"it": {snowball: italian.Stem},
	"ja": {},
	"nl": {snowball: dutch.Stem, light: undoubled},
	"pl": {light: stemPolish},
	"pt": {snowball: portuguese.Stem, light: singularPortuguese},
	"ru": {snowball: russian.Stem, lower: lowerRussian},
	"sw": {light: stemSwahili, isVerb: isSwahiliVerb},
	"tr": {light: stemTurkish, lower: lowerTurkish},
	"uk": {light: stemUkrainian},
	"zh": {lower: simplified},
}

// wordFiles hold the words of the languages, a file each.
//
//go:embed words
var wordFiles embed.FS

// words are the lists of a file, each of words or endings with spaces between them.
type words struct {
	Folds        bool // an accent on the first letter makes no difference, as of a capital
	Compounds    bool // nouns are written together
	CapitalNouns bool `yaml:"capital_nouns"` // every noun begins with a capital
	Suffixes     bool // what stands behind an apostrophe is an ending

	Skipped string // articles and "of", which phrases need not have
	Elided  string // words of their own before an apostrophe
	Kept    string // words that a stemmer takes for others, each with its forms behind commas
	Whole   string // words that are no part of longer words that begin or end like them

	Derived     string // endings that make another word of a stem, each with its forms behind commas
	Verbs       string // endings that only verbs have
	Participles string // endings of participles

	Stop, Anaphoric, Span, Person, Speech, First string // words of the kinds of the same names

	Clauses       string // words that open a clause behind a comma
	Dependents    string // words that open a clause that says nothing without what follows
	Finite        string // verbs that state something
	FiniteEndings string `yaml:"finite_endings"`

	Openings []string // beginnings of sentences that refer to the one before
}

// languages are read when they are first asked for.
var languages = func() map[string]func() *Language {
	all := make(map[string]func() *Language, len(rulesOf))
	for code := range rulesOf {
		all[code] = sync.OnceValue(func() *Language { return newLanguage(code) })
	}
	return all
}()

// wordFile returns a file of words.
func wordFile(name string) []byte {
	data, err := wordFiles.ReadFile("words/" + name)
	if err != nil {
		panic("morphology: " + err.Error()) // A test reads each.
	}
	return data
}

func newLanguage(code string) *Language {
	var w words
	if err := yaml.UnmarshalWithOptions(wordFile(code+".yaml"), &w, yaml.Strict()); err != nil {
		panic("morphology: the words of " + code + ": " + err.Error()) // A test reads each.
	}
	r := rulesOf[code]
	l := &Language{
		Code: code, HasCompounds: w.Compounds, HasCapitalNouns: w.CapitalNouns, Openings: w.Openings,
		hash: Hash([]byte(code)), snowball: r.snowball, light: r.light, lower: r.lower, folds: w.Folds, suffixed: w.Suffixes,
		skipped: wordSet(w.Skipped), elided: wordSet(w.Elided), kept: keptForms(w.Kept), whole: wordSet(w.Whole),
		derived: derivedEndings(w.Derived), verbs: byLength(w.Verbs), participles: byLength(w.Participles),
		kinds: make(map[string]WordKind), finiteEndings: byLength(w.FiniteEndings), isVerb: r.isVerb,
	}
	if l.lower == nil {
		l.lower = unicode.ToLower
	}
	for kind, words := range map[WordKind]string{
		Stop: w.Stop, Anaphoric: w.Anaphoric, Span: w.Span, Person: w.Person, Speech: w.Speech, First: w.First,
	} {
		for word := range strings.FieldsSeq(words) {
			l.kinds[l.asRead(word)] |= kind
		}
	}
	l.clauses, l.dependents, l.finite = l.setAsRead(w.Clauses), l.setAsRead(w.Dependents), l.setAsRead(w.Finite)
	return l
}

func (l *Language) setAsRead(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[l.asRead(word)] = true
	}
	return set
}

// asRead returns a word of the lists as it is read in a text.
func (l *Language) asRead(word string) string {
	return strings.Map(func(r rune) rune {
		if IsApostrophe(r) {
			return -1
		}
		return l.lower(r)
	}, word)
}

// IsApostrophe reports whether r is one that may stand inside a word.
func IsApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' }

// keptForms reads a list of words, each with its other forms behind commas, and returns the
// first form of each.
func keptForms(list string) map[string]string {
	first := make(map[string]string)
	for forms := range strings.FieldsSeq(list) {
		word, _, _ := strings.Cut(forms, ",")
		for form := range strings.SplitSeq(forms, ",") {
			first[form] = word
		}
	}
	return first
}

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

func lowerTurkish(r rune) rune {
	if r == 'I' {
		return 'ı'
	}
	return unicode.ToLower(r)
}

func lowerRussian(r rune) rune {
	if r = unicode.ToLower(r); r == 'ё' {
		return 'е'
	}
	return r
}

// lowerArabic unites the forms of alef, and letters that are written for each other at
// the end of a word.
func lowerArabic(r rune) rune {
	switch r {
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ى':
		return 'ي'
	case 'ة':
		return 'ه'
	}
	return r
}
