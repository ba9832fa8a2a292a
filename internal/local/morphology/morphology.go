package morphology

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
)

// WordKind says what a word does in a sentence, as far as that can be told from the word
// alone.
type WordKind uint8

const (
	Stop       WordKind = 1 << iota // says nothing about what a text is about
	Anaphoric                       // where it opens a sentence, refers to the one before
	Span                            // a span of time, such as "week"
	Person                          // "he", "she", "it", "they"
	Speech                          // tells that somebody says something
	First                           // the first person
	Verb                            // has an ending that only verbs have
	Participle                      // has the ending of a participle
)

// A Language is what there is to know about the words of one language. It is read-only.
type Language struct {
	// Code is the code of ISO 639-1.
	Code string

	// HasCompounds says that nouns are written together, as in German.
	HasCompounds bool

	// HasCapitalNouns says that every noun begins with a capital, as in German.
	HasCapitalNouns bool

	// Openings are beginnings of sentences that refer to the one before, of several
	// words or of characters.
	Openings []string

	hash     uint64 // of the code, so that languages do not share what is kept of a word
	snowball func(*snowballstem.Env) bool
	light    func(word []byte) []byte
	lower    func(r rune) rune
	folds    bool // an accent on the first letter makes no difference, as of a capital

	skipped, elided, whole map[string]bool
	kept                   map[string]string // by form, the first form of words that no stemmer may touch
	kinds                  map[string]WordKind
	derived                []derivedEnding // the longest first
	verbs, participles     []string
	finiteEndings          []string
	clauses, dependents    map[string]bool
	finite                 map[string]bool
	isVerb                 func(word string) bool
	suffixed               bool // what stands behind an apostrophe is an ending
}

// Of returns the language with the code, or nil for one that is not known here.
func Of(code string) *Language {
	if language := languages[code]; language != nil {
		return language()
	}
	return nil
}

// Codes returns the codes of all languages in alphabetical order.
func Codes() []string {
	var codes []string
	for code := range languages {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// Skips reports whether a word, in lower case, is an article or an "of", which phrases
// need not have.
func (l *Language) Skips(word []byte) bool { return l.skipped[string(word)] }

// Elides reports whether what stands before an apostrophe is a word of its own, as in
// "l'armée".
func (l *Language) Elides(word []byte) bool { return l.elided[string(word)] }

// HasSuffixes reports whether what stands behind an apostrophe is an ending, as in
// "Ankara'nın".
func (l *Language) HasSuffixes() bool { return l.suffixed }

// Lower returns a letter in lower case, and one form of letters that are written in
// several.
func (l *Language) Lower(r rune) rune { return l.lower(r) }

// IsPart reports whether a word may be part of a compound, and is none that others only
// happen to begin or end with.
func (l *Language) IsPart(word []byte) bool { return !l.whole[string(word)] }

// IsDerivation reports whether rest, behind a word, makes another word of it.
func (l *Language) IsDerivation(rest []byte) bool {
	return slices.ContainsFunc(l.derived, func(d derivedEnding) bool { return d.ending == string(rest) })
}

// OpensClause reports whether word, behind a comma, opens a clause without which the
// sentence before it is complete, or says that somebody said it. It reports false for all
// words of languages whose verbs stand at the end.
func (l *Language) OpensClause(word string) bool {
	word = l.asRead(word)
	return len(l.clauses) > 0 && (l.clauses[word] || l.kinds[word]&Speech != 0)
}

// OpensDependent reports whether word opens a part of a sentence that says nothing without
// what follows the next comma.
func (l *Language) OpensDependent(word string) bool { return l.dependents[l.asRead(word)] }

// States reports whether a word may be a verb that makes a sentence a statement. Where
// verbs are not known by their form it is true of every word.
func (l *Language) States(word string) bool {
	if len(l.finite) == 0 {
		return true
	}
	word = l.asRead(word)
	if l.finite[word] || l.isVerb != nil && l.isVerb(word) {
		return true
	}
	return slices.ContainsFunc(l.finiteEndings, func(ending string) bool { return isEnding(word, ending) })
}

// A Word is what is known of a word.
type Word struct {
	Stem uint64 // hash of the stem and of its derivational ending
	Kind WordKind
}

// A Stemmer looks up words. It keeps those it met last, as most words of a text are
// frequent ones. The zero value is ready; it is not safe for concurrent use.
type Stemmer struct {
	env    snowballstem.Env
	stem   []byte
	folded []byte
	known  *[knownSets]knownSet
}

// knownSets of words are enough for the words of some articles, and take 100 KB.
const knownSets = 1 << 10

// A knownSet is words whose hashes end alike, those met last first.
type knownSet [4]knownWord

type knownWord struct {
	hash uint64 // of the word and its language
	Word
}

// Word returns what is known of a word of l in lower case.
func (s *Stemmer) Word(l *Language, word []byte) Word {
	if s.known == nil {
		s.known = new([knownSets]knownSet)
	}
	hash := Hash(word) ^ l.hash
	set := &s.known[hash%knownSets]
	for i := range set {
		if set[i].hash == hash {
			return set[i].Word
		}
	}
	copy(set[1:], set[:])
	set[0] = knownWord{hash, Word{Hash(s.Stem(l, word)) ^ l.derivation(word), l.kind(word)}}
	return set[0].Word
}

// shortestStem is the length of the shortest stem of a longer word. An ending that
// leaves less is none: the Turkish "insan" is no form of "in".
const shortestStem = 3

// Stem returns the stem of a word of l in lower case. It is overwritten by the next call.
func (s *Stemmer) Stem(l *Language, word []byte) []byte {
	s.stem = append(s.stem[:0], word...)
	if first, ok := l.kept[string(word)]; ok {
		s.stem = append(s.stem[:0], first...)
	} else if l.kinds[string(word)]&Stop == 0 { // A function word has no other forms.
		s.inflect(l, word)
	}
	if !l.folds {
		return s.stem
	}
	first, size := utf8.DecodeRune(s.stem)
	s.folded = append(AppendFolded(s.folded[:0], first), s.stem[size:]...)
	return s.folded
}

// inflect makes s.stem, which is word, its stem.
func (s *Stemmer) inflect(l *Language, word []byte) {
	if l.snowball != nil {
		s.env.SetCurrent(string(word))
		l.snowball(&s.env)
		if stem := s.env.Current(); utf8.RuneCountInString(stem) >= shortestStem || utf8.RuneCount(word) <= shortestStem {
			s.stem = append(s.stem[:0], stem...)
		}
	}
	if l.light != nil {
		s.stem = l.light(s.stem)
	}
}

// isKept reports whether no stemmer touches a word.
func (l *Language) isKept(word []byte) bool {
	return l.kept[string(word)] != "" || l.kinds[string(word)]&Stop != 0
}

// derivation returns what tells a derived word, and one that has no other forms, from
// others of its stem.
func (l *Language) derivation(word []byte) uint64 {
	if l.isKept(word) {
		return keptMark
	}
	w := strings.TrimSuffix(string(word), "s")
	for _, d := range l.derived {
		if isEnding(w, d.ending) {
			return d.mark
		}
	}
	return 0
}

// A derivedEnding is an ending of derived words, and the mark of words that have it in
// any of its forms.
type derivedEnding struct {
	ending string
	mark   uint64
}

// derivedEndings reads a list of endings, each with its forms behind commas.
func derivedEndings(list string) (all []derivedEnding) {
	for forms := range strings.FieldsSeq(list) {
		mark := Hash([]byte(forms))
		for ending := range strings.SplitSeq(forms, ",") {
			all = append(all, derivedEnding{ending, mark})
		}
	}
	slices.SortStableFunc(all, func(a, b derivedEnding) int { return cmp.Compare(len(b.ending), len(a.ending)) })
	return all
}

// keptMark tells "com", which is Portuguese for "with", from the stem of "comida".
const keptMark = 1

func (l *Language) kind(word []byte) WordKind {
	w := string(word)
	k := l.kinds[w]
	isForm := func(ending string) bool { return isEnding(w, ending) }
	switch {
	case slices.ContainsFunc(l.participles, isForm):
		k |= Participle
	case slices.ContainsFunc(l.verbs, isForm):
		k |= Verb
	}
	return k
}

// isEnding reports whether ending is one of word and leaves more than two bytes.
func isEnding(word, ending string) bool {
	return len(word) > len(ending)+2 && strings.HasSuffix(word, ending)
}

// Hash is FNV-1a. Words are told apart by their 64-bit hash alone: two words of one text
// or taxonomy meet with a chance of one in a billion, and then a phrase matches the
// wrong word.
func Hash(word []byte) uint64 {
	h := uint64(hashBasis)
	for _, c := range word {
		h = HashByte(h, c)
	}
	return h
}

// hashBasis is the hash of nothing.
const hashBasis = 14695981039346656037

// HashByte returns the hash of what has the hash h with another byte behind it.
func HashByte(h uint64, c byte) uint64 { return (h ^ uint64(c)) * 1099511628211 }

// AppendFolded appends a lower-case letter, without its accent where it is Latin, so that
// "coup d'état" and "coup d'etat" are one.
func AppendFolded(word []byte, r rune) []byte {
	const latin = "aaaaaaaceeeeiiii\x00nooooo\x00ouuuuy\x00y" // U+00E0 to U+00FF.
	if r < utf8.RuneSelf {
		return append(word, byte(r))
	}
	if 0xe0 <= r && r <= 0xff && latin[r-0xe0] != 0 {
		return append(word, latin[r-0xe0])
	}
	switch r {
	case 'ß':
		return append(word, "ss"...)
	case 'œ':
		return append(word, "oe"...)
	}
	return utf8.AppendRune(word, r)
}
