package local

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local/morphology"
)

// token is one word of a text. Articles ("the", "a", "an") are no tokens, so
// that "seize the capital" is the phrase "seize capital".
type token struct {
	begin, end int32  // in the text
	stem       uint64 // hash of the stem
	caps       uint64 // hash of the word as written if it is in capitals ("WHO", "G20"), else 0
	kind       kind
}

// kind says what a token looks like and what kind of word it is.
type kind uint16

const (
	kindNumber kind   = 1 << iota // begins with a digit
	kindName                      // begins with a capital
	kindPlural                    // "s" was cut off it
	wordBits   = iota             // where the bits of morphology begin
)

const (
	kindStop      = kind(morphology.Stop) << wordBits       // says nothing about what a text is about
	kindAnaphoric = kind(morphology.Anaphoric) << wordBits  // at the beginning of a sentence, refers to the one before
	kindSpan      = kind(morphology.Span) << wordBits       // a span of time, such as "week"
	kindPerson    = kind(morphology.Person) << wordBits     // "he", "she", "it", "they"
	kindSpeech    = kind(morphology.Speech) << wordBits     // tells that somebody says something
	kindFirst     = kind(morphology.First) << wordBits      // the first person
	kindIng       = kind(morphology.Verb) << wordBits       // "ing" was cut off it
	kindEd        = kind(morphology.Participle) << wordBits // "ed" was cut off it, or it is a past such as "fought"
)

// maxCaps is the length of the longest word in capitals that counts as an
// acronym.
const maxCaps = 8

// A lexer cuts texts into tokens. It holds memory that it uses again and is not
// safe for concurrent use.
type lexer struct {
	// language is the language of the texts, nil for English and for languages whose words
	// are not known.
	language *morphology.Language

	stemmer morphology.Stemmer
	word    []byte // in lower case, in English with accents taken off
	raw     []byte // in capitals as written
}

// append cuts text into tokens with offsets moved by base, and appends them to
// out.
func (l *lexer) append(out []token, text string, base int) []token {
	from := len(out)
	if l.language != nil {
		out = l.appendIn(l.language, out, text, base)
	} else {
		out = l.appendEnglish(out, text, base)
	}
	forgetCapitals(out[from:])
	return out
}

// forgetCapitals takes tokens for no acronyms where most of them are in capitals, which
// then tell nothing.
func forgetCapitals(tokens []token) {
	caps := 0
	for i := range tokens {
		if tokens[i].caps != 0 {
			caps++
		}
	}
	if n := len(tokens); n >= 5 && caps*2 > n {
		for i := range tokens {
			tokens[i].caps = 0
		}
	}
}

func (l *lexer) appendEnglish(out []token, text string, base int) []token {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if !isWordByte(c) {
				i++
				continue
			}
		} else {
			r, size := utf8.DecodeRuneInString(text[i:])
			if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
				i += size
				continue
			}
			if isWholeWord(r) {
				l.word = append(l.word[:0], text[i:i+size]...)
				h := morphology.Hash(l.word)
				out = append(out, token{begin: int32(base + i), end: int32(base + i + size), stem: h, kind: kindOf(h)})
				i += size
				continue
			}
		}
		end, next := l.read(text, i)
		t, ok := l.token(next < len(text) && text[next] == '-')
		if ok {
			t.begin, t.end = int32(base+i), int32(base+end)
			out = append(out, t)
		}
		i = next
	}
	return out
}

// read reads the word that begins at i into l.word and l.raw, and returns where it
// ends, and where with what is written together with it behind an apostrophe.
func (l *lexer) read(text string, i int) (end, next int) {
	l.word, l.raw = l.word[:0], l.raw[:0]
	for i < len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			l.word, l.raw = append(l.word, c), append(l.raw, c)
			i++
		case 'A' <= c && c <= 'Z':
			l.word, l.raw = append(l.word, c|0x20), append(l.raw, c)
			i++
		case c == '.' && isAcronym(text, i):
			i++ // "U.S." is "US".
		case (c == '.' || c == ',') && isDigitAt(text, i-1) && isDigitAt(text, i+1):
			l.word, l.raw = append(l.word, c), append(l.raw, c)
			i++
		case c == '\'' || strings.HasPrefix(text[i:], "’"):
			next, joins := apostrophe(text, i)
			if !joins {
				return i, next
			}
			i = next
		case c < utf8.RuneSelf:
			return i, i
		default:
			size := l.readRune(text[i:])
			if size == 0 {
				return i, i
			}
			i += size
		}
	}
	return i, i
}

// form returns the hash of a token of text as it is written, in lower case.
func (l *lexer) form(text string, t *token) uint64 {
	l.read(text[:t.end], int(t.begin))
	return morphology.Hash(l.word)
}

// apostrophe reports whether the apostrophe at i joins two parts of a word, as in
// "O'Brien", and returns where the text goes on: behind it, or behind the clitic of
// "Spain's".
func apostrophe(text string, i int) (next int, joins bool) {
	next = i + 1
	if text[i] != '\'' {
		next = i + len("’")
	}
	if !isLetterAt(text, next) {
		return i, false
	}
	if n := clitic(text[next:]); n > 0 && !isLetterAt(text, next+n) && !isDigitAt(text, next+n) {
		return next + n, false
	}
	return next, true
}

// readRune reads a letter beyond ASCII, or its accent, and returns its length; 0 for what
// is no part of a word.
func (l *lexer) readRune(text string) int {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case unicode.Is(unicode.Mn, r): // A combining accent.
	case !unicode.IsLetter(r) && !unicode.IsNumber(r) || isWholeWord(r):
		return 0
	default:
		l.raw = append(l.raw, text[:size]...)
		l.word = morphology.AppendFolded(l.word, unicode.ToLower(r))
	}
	return size
}

// clitic returns the length of what s, the text behind an apostrophe, begins with
// that is no part of the word before: "Spain's" is Spain, "she'll" no shell.
func clitic(s string) int {
	switch s[0] | 0x20 {
	case 's', 'd', 'm':
		return 1
	case 'l', 'r', 'v':
		if len(s) < 2 {
			return 0
		}
		switch [2]byte{s[0] | 0x20, s[1] | 0x20} {
		case [2]byte{'l', 'l'}, [2]byte{'r', 'e'}, [2]byte{'v', 'e'}:
			return 2
		}
	}
	return 0
}

// token makes a token of the word that was read, and reports whether it is one.
// joined says that a hyphen joins it to the next word.
func (l *lexer) token(joined bool) (token, bool) {
	var t token
	switch string(l.word) {
	case "", "the", "an":
		return t, false
	case "a":
		if !joined { // An "A-level" is no level.
			return t, false
		}
	}
	first := l.raw[0]
	switch {
	case '0' <= first && first <= '9':
		t.kind |= kindNumber
	case 'A' <= first && first <= 'Z', first >= utf8.RuneSelf && isUpperFirst(l.raw):
		t.kind |= kindName
		if isCaps(l.raw) {
			t.caps = morphology.Hash(l.raw)
		}
	}
	n := len(l.word)
	last, gerunds := l.word[n-1], bytes.HasSuffix(l.word, []byte("ings"))
	base := stem(l.word)
	t.kind |= inflection(last, gerunds, n-len(base))
	t.stem = morphology.Hash(base)
	if t.caps == 0 {
		t.kind |= kindOf(t.stem)
	}
	return t, true
}

// inflection returns the kinds of a word that ends in last, or in "ings", by how many
// letters its stem lacks.
func inflection(last byte, gerunds bool, lacks int) (k kind) {
	if lacks == 0 {
		return 0
	}
	switch {
	case last == 'g', gerunds && lacks > 1:
		k = kindIng
	case last == 'd':
		k = kindEd
	}
	if last == 's' {
		k |= kindPlural
	}
	return k
}

func isUpperFirst(w []byte) bool {
	r, _ := utf8.DecodeRune(w)
	return unicode.IsUpper(r)
}

// isCaps reports whether w is written like an acronym.
func isCaps(w []byte) bool {
	if len(w) < 2 || len(w) > maxCaps {
		return false
	}
	for _, c := range w {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isAcronym reports whether the dot at i stands between or behind the letters
// of an acronym such as "U.S.".
func isAcronym(text string, i int) bool {
	single := func(j int) bool {
		return j >= 0 && j < len(text) && 'A' <= text[j] && text[j] <= 'Z' && !isLetterAt(text, j-1) && !isLetterAt(text, j+1)
	}
	if !single(i - 1) {
		return false
	}
	return single(i+1) || i >= 2 && text[i-2] == '.' && single(i-3)
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isDigitAt(text string, i int) bool {
	return i >= 0 && i < len(text) && '0' <= text[i] && text[i] <= '9'
}

func isLetterAt(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i] | 0x20
	return 'a' <= c && c <= 'z' || text[i] >= utf8.RuneSelf && !strings.HasPrefix(text[i:], "’") && !strings.HasPrefix(text[i:], "”")
}

// isWholeWord reports whether a letter is a word of its own: scripts that write
// no spaces between words.
func isWholeWord(r rune) bool {
	if 0x3040 <= r && r <= 0x30ff || 0x3400 <= r && r <= 0x9fff {
		return true // Almost all that is written in Chinese and Japanese.
	}
	return r >= 0x0e00 && (article.IsUnspaced(r) || unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}
