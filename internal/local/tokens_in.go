package local

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-59202292/summarizer/internal/local/morphology"
)

// appendIn cuts a text in a language other than English into tokens.
func (l *lexer) appendIn(language *morphology.Language, out []token, text string, base int) []token {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isWordRune(r) {
			i += size
			continue
		}
		end, next := i+size, i+size
		if isCharacterWord(r) {
			l.word = utf8.AppendRune(l.word[:0], language.Lower(r))
			l.raw = l.raw[:0]
		} else {
			end, next = l.readIn(language, text, i)
		}
		if len(l.word) > 0 && !language.Skips(l.word) {
			t := l.tokenIn(language)
			t.begin, t.end = int32(base+i), int32(base+end)
			out = append(out, t)
		}
		i = next
	}
	return out
}

// tokenIn makes a token of the word that was read. One without l.raw is a character, which
// is no name and no number.
func (l *lexer) tokenIn(language *morphology.Language) (t token) {
	switch first, _ := utf8.DecodeRune(l.raw); {
	case len(l.raw) == 0:
	case unicode.IsNumber(first):
		t.kind |= kindNumber
	case unicode.IsUpper(first):
		t.kind |= kindName
		if isAllCaps(l.raw) {
			t.caps = morphology.Hash(l.raw)
		}
	}
	word := l.stemmer.Word(language, l.word)
	t.stem = word.Stem
	t.kind |= kind(word.Kind) << wordBits
	return t
}

// readIn reads the word that begins at i into l.word and l.raw, and returns where it
// ends, and where with what is written together with it behind an apostrophe. It leaves
// l.word empty for one that is elided.
func (l *lexer) readIn(language *morphology.Language, text string, i int) (end, next int) {
	l.word, l.raw = l.word[:0], l.raw[:0]
	katakana, composed := false, true
	begin := i
	for i < len(text) {
		if c := text[i]; isWordByte(c) && !katakana {
			l.raw = append(l.raw, c)
			l.word = utf8.AppendRune(l.word, language.Lower(rune(c)))
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == tatweel:
		case isWordRune(r) && !isCharacterWord(r):
			if i > begin && isKatakana(r) != katakana {
				return l.compose(composed, i, i)
			}
			katakana = isKatakana(r)
			r = halfWidth(r)
			l.raw = utf8.AppendRune(l.raw, r)
			l.word = utf8.AppendRune(l.word, language.Lower(r))
		case r == '.' && isAcronym(text, i):
		case (r == '.' || r == ',') && isDigitAt(text, i-1) && isDigitAt(text, i+1):
			l.raw, l.word = append(l.raw, text[i]), append(l.word, text[i])
		case morphology.IsApostrophe(r):
			next, joins := l.apostropheIn(language, text, i, size)
			if !joins {
				return l.compose(composed, i, next)
			}
			i = next
			continue
		case !unicode.Is(unicode.Mn, r):
			return l.compose(composed, i, i)
		case r <= lastLatinAccent:
			composed = false
			l.word = utf8.AppendRune(l.word, r)
		}
		i += size
	}
	return l.compose(composed, i, i)
}

// compose joins the letters of l.word with their accents, where they stand apart, and
// returns end and next.
func (l *lexer) compose(composed bool, end, next int) (int, int) {
	if !composed {
		l.word = append(l.word[:0], norm.NFC.Bytes(l.word)...)
	}
	return end, next
}

// apostropheIn reports whether the apostrophe at i, size bytes long, joins two parts of a
// word, and returns where the text goes on.
func (l *lexer) apostropheIn(language *morphology.Language, text string, i, size int) (next int, joins bool) {
	behind := i + size
	r, _ := utf8.DecodeRuneInString(text[behind:])
	switch {
	case !unicode.IsLetter(r) || isCharacterWord(r):
		return i, false
	case language.Elides(l.word):
		l.word = l.word[:0]
		return behind, false
	case !language.HasSuffixes():
		return behind, true
	}
	for next = behind; next < len(text); {
		r, size := utf8.DecodeRuneInString(text[next:])
		if !unicode.IsLetter(r) {
			break
		}
		next += size
	}
	return next, false
}

const (
	// tatweel only stretches a word of Arabic.
	tatweel = 'ـ'

	// lastLatinAccent is the last of the combining accents of Latin and Cyrillic; those
	// behind it are vowel marks, which words are mostly written without.
	lastLatinAccent = '\u036f'
)

// isWordRune reports whether r is a letter or a digit. The letters of most texts are told
// without a search.
func isWordRune(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return isWordByte(byte(r))
	case 'А' <= r && r <= 'я', 'ا' <= r && r <= 'غ', 'ف' <= r && r <= 'ي', 'à' <= r && r <= 'ö', 'ø' <= r && r < 0x250, 0x4e00 <= r && r <= 0x9fff, 'ぁ' <= r && r <= 'ゖ', 'ァ' <= r && r <= 'ヺ':
		return true
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// isKatakana reports whether r is a letter of the script that Japanese writes foreign
// words in. Such a word ends where another script begins.
func isKatakana(r rune) bool { return 'ァ' <= r && r <= 'ヺ' || r == 'ー' }

// isCharacterWord reports whether a letter is a word of its own.
func isCharacterWord(r rune) bool { return r >= 0x0e00 && !isKatakana(r) && isWholeWord(r) }

// halfWidth returns the ASCII character of which r is the wide form, if any.
func halfWidth(r rune) rune {
	if '！' <= r && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// isAllCaps reports whether w is written like an acronym, in any script.
func isAllCaps(w []byte) bool {
	n := 0
	for _, r := range string(w) {
		if !unicode.IsUpper(r) && (r < '0' || r > '9') {
			return false
		}
		n++
	}
	return n >= 2 && n <= maxCaps
}
