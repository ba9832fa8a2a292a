package grounding

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-59202292/summarizer/internal/article"
)

// lexemeKind tells words, numbers and single marks apart.
type lexemeKind uint8

const (
	lexemeMark   lexemeKind = iota // one rune of punctuation or a symbol
	lexemeWord                     // letters, with apostrophes and the dots of initials inside
	lexemeNumber                   // digits, with separators inside
)

// lexeme is a piece of text in the form in which claims are compared.
type lexeme struct {
	// norm is what is written, in lower case without accents, dots, apostrophes and
	// the "s" of a possessive; of a mark it is the mark, unified.
	norm string

	kind lexemeKind
	base uint8 // where norm has an ending behind an apostrophe, as in "Ankara'da"; else 0

	upper      bool // holds an upper-case letter
	caps       bool // two letters or more, all upper case
	possessive bool
	glued      bool // no white space before
	initial    bool // begins a sentence, a quotation or what follows a colon
}

// lexemesOf splits text. Ideographs are words of their own, so that a number
// before one of them ends.
func lexemesOf(text string) []lexeme { return appendLexemes(nil, text, nil) }

// appendLexemes appends the lexemes of text, and to ends, which may be nil, where each
// ends in it.
func appendLexemes(lexemes []lexeme, text string, ends *[]int) []lexeme {
	lexemes = slices.Grow(lexemes, len(text)/4+1)
	initial, glued := true, false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			i, glued = i+size, false
			continue
		}
		t := lexeme{glued: glued, initial: initial}
		end := i + size
		plain, uppers := plainWord(text[i:])
		switch {
		case plain > 0:
			end = i + plain
			t.kind, t.norm = lexemeWord, text[i:end]
			if uppers > 0 {
				t.norm, t.upper, t.caps = strings.ToLower(t.norm), true, uppers >= 2 && uppers == plain
			}
			initial = false
		case isDigit(r):
			end = i + numberLength(text[i:])
			t.kind, t.norm = lexemeNumber, asciiDigits(text[i:end])
			initial = false
		case article.IsUnspaced(r):
			t.kind, t.norm = lexemeWord, text[i:end]
			initial = false
		case unicode.IsLetter(r):
			end = i + wordLength(text[i:])
			t.kind = lexemeWord
			t.describe(text[i:end])
			initial = false
		default:
			t.norm = string(foldRune(r))
			initial = endsSentence(lexemes, r) || initial && !unicode.IsLetter(r)
		}
		lexemes = append(lexemes, t)
		if ends != nil {
			*ends = append(*ends, end)
		}
		i, glued = end, true
	}
	return lexemes
}

// plainWord returns the length of the word at the beginning of text, and how many capital letters
// it has, if it is of the letters of ASCII alone, as nearly all words of English are; else 0.
func plainWord(text string) (length, uppers int) {
	for length < len(text) {
		switch c := text[length]; {
		case 'a' <= c && c <= 'z':
		case 'A' <= c && c <= 'Z':
			uppers++
		case c == ' ', c == ',', c == '-', c == '\n', c == '.' && length > 1:
			return length, uppers
		default:
			return 0, 0
		}
		length++
	}
	return length, uppers
}

// endsSentence reports whether what follows mark r begins with a capital letter
// by rule. A full stop after an initial or an abbreviation does not count.
func endsSentence(before []lexeme, r rune) bool {
	switch r {
	case '!', '?', ':', ';', '"', '“', '„', '«', '‘', '(', '…', '•':
		return true
	case '.':
		if len(before) == 0 {
			return true
		}
		last := before[len(before)-1]
		return last.kind != lexemeWord || len(last.norm) > 1 && !abbreviations[last.norm]
	}
	return false
}

// abbreviations are words that are written with a full stop in front of a name.
var abbreviations = set("mr mrs ms dr prof gen col lt sgt capt maj adm cmdr sen rep gov rev hon st jr sr jan feb mar apr jun jul aug sep sept oct nov dec no vs")

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}

// describe fills in what word looks like.
func (t *lexeme) describe(word string) {
	letters, uppers, apostrophe := 0, 0, 0
	for i, r := range word {
		if unicode.IsLetter(r) {
			letters++
		} else if r == '\'' || r == '’' {
			apostrophe = i
		}
		if unicode.IsUpper(r) {
			uppers++
		}
	}
	switch word[apostrophe:] {
	case "'s", "’s":
		letters--
		fallthrough
	case "'S", "’S":
		word, t.possessive = word[:apostrophe], true
	}
	t.upper = uppers > 0
	t.caps = uppers >= 2 && uppers >= letters
	t.norm = normalize(word)
	if apostrophe >= 2 && !t.possessive {
		if base := len(normalize(word[:apostrophe])); base >= 2 && base < 256 {
			t.base = uint8(base)
		}
	}
}

// forms returns the words that t may be: as it is written, and without an ending behind an
// apostrophe or the words that Arabic and Hebrew write in front without a space.
func (t *lexeme) forms() []string {
	forms := []string{t.norm}
	if t.base > 0 {
		forms = append(forms, t.norm[:t.base])
	}
	if t.mayHaveClitic() {
		forms = append(forms, cliticForms(t.norm)...)
	}
	return forms
}

// otherForms returns the forms of t without t as it is written, as nearly all words have none.
func (t *lexeme) otherForms() []string {
	if t.base == 0 && !t.mayHaveClitic() {
		return nil
	}
	return t.forms()[1:]
}

// mayHaveClitic reports whether t is in Hebrew or Arabic letters.
func (t *lexeme) mayHaveClitic() bool {
	return t.kind == lexemeWord && len(t.norm) > 4 && inHebrewOrArabic(t.norm)
}

// cliticForms returns word without the words that are written in front of it.
func cliticForms(word string) (forms []string) {
	for _, front := range clitics {
		if rest, ok := strings.CutPrefix(word, front.written); ok && utf8.RuneCountInString(rest)+utf8.RuneCountInString(front.instead) >= 3 {
			forms = append(forms, front.instead+rest)
		}
	}
	return forms
}

// clitics are words that are written in front of others: and, so, in, for, as, the.
var clitics = []struct{ written, instead string }{
	{"و", ""},
	{"ف", ""},
	{"ب", ""},
	{"ل", ""},
	{"ك", ""},
	{"ال", ""},
	{"وال", ""},
	{"بال", ""},
	{"فال", ""},
	{"كال", ""},
	{"لل", ""},
	{"لل", "ال"},
	{"وب", ""},
	{"ول", ""},
	{"وبال", ""},
	{"ولل", ""},
	{"ولل", "ال"},
	{"ו", ""},
	{"ה", ""},
	{"ב", ""},
	{"ל", ""},
	{"מ", ""},
	{"ש", ""},
	{"כ", ""},
	{"וה", ""},
	{"וב", ""},
	{"ול", ""},
	{"מה", ""},
	{"שה", ""},
}

// normalize returns word in lower case without accents, dots and apostrophes.
func normalize(word string) string {
	if isASCIIWord(word) { // as nearly all are
		return strings.ToLower(word)
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(word) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		switch r = unicode.ToLower(r); r {
		case '.', '\'', '’', '‘', 'ʼ', 'ـ', '\u200c', '\u200d', '\u00ad':
		case 'ى':
			b.WriteRune('ي')
		case 'ة':
			b.WriteRune('ه')
		case 'ß':
			b.WriteString("ss")
		case 'æ':
			b.WriteString("ae")
		case 'œ':
			b.WriteString("oe")
		case 'ø':
			b.WriteByte('o')
		case 'ł':
			b.WriteByte('l')
		case 'đ', 'ð':
			b.WriteByte('d')
		case 'þ':
			b.WriteString("th")
		case 'ı':
			b.WriteByte('i')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isASCIIWord(word string) bool {
	for i := range len(word) {
		if c := word[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// wordLength returns the length of the word at the beginning of text: letters
// and marks, digits after letters, apostrophes between letters, and the dots of
// initials such as "U.S.".
func wordLength(text string) int {
	i := 0
	dotted := false
	for i < len(text) {
		if c := text[i] | 0x20; 'a' <= c && c <= 'z' { // as nearly all are
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case article.IsUnspaced(r), isDigit(r) && (inHebrewOrArabic(text[:i]) || inHangul(text[:i]) || currencyPrefixes[strings.ToLower(text[:i])]): // "و300", "Rp75"
			return i
		case unicode.IsLetter(r), unicode.Is(unicode.M, r), isDigit(r), r == '\u200c', r == '\u200d', r == '\u00ad':
		case strings.ContainsRune("'’ʼ", r) && startsWithLetter(text[i+size:]):
			if elisions[strings.ToLower(text[:i])] {
				return i + size
			}
		case r == '.' && singleLetter(text[:i], dotted) && (dotted || startsWithInitial(text[i+1:])):
			dotted = true
		default:
			return i
		}
		i += size
	}
	return i
}

// inHebrewOrArabic reports whether word begins with a letter of Hebrew or Arabic.
func inHebrewOrArabic(word string) bool { return word != "" && word[0] >= 0xd7 && word[0] <= 0xdb }

// inHangul reports whether word begins with a syllable of Korean.
func inHangul(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.Is(unicode.Hangul, r)
}

// currencyPrefixes are abbreviations of money that are written before digits without a space.
var currencyPrefixes = set("rs rp sh ksh ush tsh rm eur usd gbp chf sek nok dkk pln czk huf inr idr jpy cny aud cad nzd hkd sgd kes tzs ugx ngn zar brl")

// elisions are the words that Romance languages join to the next one with an
// apostrophe. The O of Irish names is not among them.
var elisions = set("l d j c s n m t qu jusqu lorsqu puisqu dell all nell dall sull un quest vent trent quarant cinquant sessant settant ottant novant")

func startsWithLetter(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(r) && !article.IsUnspaced(r)
}

// startsWithInitial reports whether text begins with a letter and a full stop.
func startsWithInitial(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(r) && strings.HasPrefix(text[size:], ".")
}

// singleLetter reports whether word is one letter, or ends in one after a dot.
func singleLetter(word string, dotted bool) bool {
	if dotted {
		if i := strings.LastIndexByte(word, '.'); i >= 0 {
			word = word[i+1:]
		}
	}
	return utf8.RuneCountInString(word) == 1
}

// numberLength returns the length of the number at the beginning of text:
// digits, with single separators between digits.
func numberLength(text string) int {
	i := 0
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isDigit(r) {
			next, _ := utf8.DecodeRuneInString(text[i+size:])
			if !strings.ContainsRune(".,:'’\u00a0\u202f\u2009٫٬", r) || !isDigit(next) {
				break
			}
		}
		i += size
	}
	return i
}

// zeros are the digits 0 of scripts in which news is written.
var zeros = []rune{'0', '٠', '۰', '०', '০', '０'}

func isDigit(r rune) bool { return digit(r) >= 0 }

// digit returns the value of a decimal digit, or -1.
func digit(r rune) int {
	if r < utf8.RuneSelf {
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
		return -1
	}
	for _, zero := range zeros[1:] {
		if r >= zero && r <= zero+9 {
			return int(r - zero)
		}
	}
	return -1
}

// asciiDigits writes a number with ASCII digits and separators.
func asciiDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if d := digit(r); d >= 0 {
			return rune('0' + d)
		}
		switch r {
		case '\u00a0', '\u202f', '\u2009', '’':
			return '\''
		case '٫':
			return '.'
		case '٬':
			return ','
		}
		return r
	}, text)
}
