package injection

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-59202292/summarizer/internal/article"
)

// plain returns text in the form in which rules see it: lower case, compatible
// forms unified, without accents and invisible characters, with look-alikes of
// Latin letters replaced, letters that stand apart joined, and white space
// folded.
func plain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
		switch {
		case r <= ' ' || r >= utf8.RuneSelf && unicode.IsSpace(r):
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		case r < utf8.RuneSelf:
			b.WriteByte(byte(unicode.ToLower(r)))
		case unicode.IsPunct(r) || unicode.Is(unicode.Sc, r):
			b.WriteRune(article.FoldRune(r))
		default:
			return joinApart(plainUnicode(text))
		}
		space = false
	}
	return joinApart(b.String())
}

func plainUnicode(text string) string {
	text = norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return article.FoldRune(r)
	}, norm.NFKD.String(text)))
	fields := strings.Fields(text)
	for i, field := range fields {
		fields[i] = latinized(field)
	}
	return strings.Join(fields, " ")
}

// isPlainIdeograph reports whether r is an ideograph that plain leaves alone, but
// for the marks of voiced kana.
func isPlainIdeograph(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3041 && r <= 0x3096 || r >= 0x30a1 && r <= 0x30fa || r == 'ー' || r >= 0xac00 && r <= 0xd7a3
}

// isIdeograph reports whether r is of a script that is written without spaces, or
// Hangul, whose words take endings.
func isIdeograph(r rune) bool {
	return article.IsUnspaced(r) || unicode.Is(unicode.Hangul, r)
}

// minApart is the minimum number of letters that make a word when they stand apart.
const minApart = 5

// joinApart joins the letters of words that stand apart, with one or two of the
// marks of isApartMark between them.
func joinApart(text string) string {
	var b strings.Builder
	copied := 0
	for i := 0; i < len(text); i++ {
		letters := apartAt(text, i)
		if len(letters) == 0 {
			continue
		}
		last := letters[len(letters)-1]
		if len(letters) >= minApart {
			b.WriteString(text[copied:i])
			for _, at := range letters {
				b.WriteByte(text[at])
			}
			copied = last + 1
		}
		i = last
	}
	if copied == 0 {
		return text
	}
	b.WriteString(text[copied:])
	return b.String()
}

// apartAt returns where the letters stand of the word, if any, that begins at i
// with its letters apart.
func apartAt(text string, i int) []int {
	if !isWordByte(text[i]) || i > 0 && isWordByte(text[i-1]) {
		return nil
	}
	var letters []int
	for {
		if c := text[i]; c < 'a' || c > 'z' {
			break
		}
		if i+1 < len(text) && isWordByte(text[i+1]) {
			break
		}
		letters = append(letters, i)
		next := i + 1
		for next < len(text) && next < i+3 && isApartMark(text[next]) {
			next++
		}
		if next == i+1 || next == len(text) {
			break
		}
		i = next
	}
	return letters
}

func isApartMark(c byte) bool { return c == ' ' || c == '.' || c == '_' || c == '*' || c == '-' }

func isWordByte(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// lookAlikes are Cyrillic and Greek letters that pass for Latin ones.
var lookAlikes = strings.NewReplacer("а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ѕ", "s", "ј", "j", "ԁ", "d", "ո", "n",
	"α", "a", "ο", "o", "ι", "i", "ν", "v", "ρ", "p", "ε", "e", "к", "k", "м", "m", "т", "t", "в", "b", "н", "h")

// latinized replaces look-alikes in a word, in small letters, that mixes
// scripts.
func latinized(word string) string {
	isLatin := func(r rune) bool { return unicode.Is(unicode.Latin, r) }
	isOther := func(r rune) bool { return unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian) }
	if !strings.ContainsFunc(word, isLatin) || !strings.ContainsFunc(word, isOther) {
		return word
	}
	return lookAlikes.Replace(word)
}
