package article

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordTable holds words, whatever their case, each with its value. Most words
// have the first byte and the length of none of them, which is found out at once.
type wordTable[V any] struct {
	short   []wordSlot[V] // by key, with open addressing
	count   int           // of short
	long    map[string]V  // in lower case
	lengths [256]uint32   // of the words, a bit each, by the first byte in either case
}

// wordSlot holds a short word. Its key is 0 where it holds none.
type wordSlot[V any] struct {
	key   uint64
	value V
}

// wordSet is a set of words.
type wordSet = wordTable[struct{}]

// words makes a set of the words of lists, which white space separates.
func words(lists ...string) *wordSet {
	var set wordSet
	for _, list := range lists {
		for word := range strings.FieldsSeq(list) {
			set.put(word, struct{}{})
		}
	}
	return &set
}

// phrases makes a set of phrases, which bars separate.
func phrases(list string) *wordSet {
	var set wordSet
	for phrase := range strings.SplitSeq(list, "|") {
		set.put(strings.TrimSpace(phrase), struct{}{})
	}
	return &set
}

// put makes word, which is in lower case, stand for value.
func (t *wordTable[V]) put(word string, value V) {
	if t.long == nil {
		t.short, t.long = make([]wordSlot[V], 8), map[string]V{}
	}
	if len(word) <= longestShort {
		var buf wordBuffer
		copy(buf[:], word)
		t.putShort(wordSlot[V]{buf.key(len(word)), value})
	} else {
		t.long[word] = value
	}
	for _, form := range [...]string{word, strings.ToUpper(word)} {
		t.lengths[form[0]] |= 1 << min(len(form), 31)
	}
}

// putShort puts word into its slot. At least half of the slots stay free.
func (t *wordTable[V]) putShort(word wordSlot[V]) {
	if slot := t.slot(word.key); slot.key != 0 {
		*slot = word
		return
	}
	if t.count++; 2*t.count > len(t.short) {
		old := t.short
		t.short = make([]wordSlot[V], 2*len(old))
		for _, other := range old {
			if other.key != 0 {
				*t.slot(other.key) = other
			}
		}
	}
	*t.slot(word.key) = word
}

// slot returns the slot that holds key, or the free one that would.
func (t *wordTable[V]) slot(key uint64) *wordSlot[V] {
	last := uint64(len(t.short) - 1)
	for i := key * 0x9E3779B97F4A7C15 >> 32; ; i++ { // Fibonacci hashing
		if slot := &t.short[i&last]; slot.key == key || slot.key == 0 {
			return slot
		}
	}
}

// wordBuffer holds a word of a table, with zeros after it.
type wordBuffer [longestWord]byte

// longestShort bounds the words that key packs, in bytes.
const longestShort = 7

// key packs a word of n bytes and n into an integer, which is looked up in a quarter of the
// time of a string in a map.
func (b *wordBuffer) key(n int) uint64 {
	return binary.LittleEndian.Uint64(b[:8]) | uint64(n)<<56
}

// get returns the value of word, whatever its case.
func (t *wordTable[V]) get(word string) (value V, ok bool) {
	if word == "" || t.lengths[word[0]]&(1<<min(len(word), 31)) == 0 {
		return value, false
	}
	var buf wordBuffer
	lower, ok := lowered(buf[:0], word)
	if !ok {
		return value, false
	}
	if len(lower) <= longestShort {
		slot := t.slot(buf.key(len(lower)))
		return slot.value, slot.key != 0
	}
	value, ok = t.long[string(lower)]
	return value, ok
}

// has reports whether word is in the table, whatever its case.
func (t *wordTable[V]) has(word string) bool {
	_, ok := t.get(word)
	return ok
}

// hasAny reports whether one of the words of list is in the set.
func (t *wordTable[V]) hasAny(list string) bool {
	for word := range strings.FieldsSeq(list) {
		if t.has(word) {
			return true
		}
	}
	return false
}

// longestWord bounds the words of a table, in bytes.
const longestWord = 32

// lowered appends word in lower case to buf. It reports false for a word that is longer
// than the capacity of buf.
func lowered(buf []byte, word string) ([]byte, bool) {
	longest := cap(buf)
	if len(word) > longest {
		return nil, false
	}
	for i := 0; i < len(word); {
		c := word[i]
		if c < utf8.RuneSelf {
			if isASCIIUpper(c) {
				c += 'a' - 'A'
			}
			buf = append(buf, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(word[i:])
		buf = utf8.AppendRune(buf, unicode.ToLower(r))
		i += n
	}
	return buf, len(buf) <= longest
}

// firstWord returns the word that begins s: letters, digits, marks and
// apostrophes.
func firstWord(s string) string {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if !isASCIILetter(c) && !isDigit(c) && (c != '\'' || i == 0) {
				return s[:i]
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return s[:i]
		}
		i += n
	}
	return s
}

// firstByte returns the first byte of s, 0 if there is none.
func firstByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func isASCIIUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isASCIILower(c byte) bool  { return 'a' <= c && c <= 'z' }
func isASCIILetter(c byte) bool { return isASCIILower(c | 0x20) }
func isDigit(c byte) bool       { return '0' <= c && c <= '9' }

// caseSample is how many bytes of a text tell whether it has capitals at all.
const caseSample = 4 << 10

// isCased reports whether capital letters mark the beginnings of sentences in
// text: not so in lower-cased text, and in scripts without case.
func isCased(text string) bool {
	text = text[:min(len(text), caseSample)]
	letter := strings.IndexFunc(text, unicode.IsLetter)
	if letter < 0 || unicode.IsUpper(firstRune(text[letter:])) {
		return letter >= 0 || strings.ContainsFunc(text, unicode.IsUpper)
	}
	upper, lower := 0, 0
	for rest := text; ; {
		i := strings.Index(rest, ". ")
		if i < 0 {
			break
		}
		rest = rest[i+len(". "):]
		switch r := firstRune(rest); {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return lower <= upper && strings.ContainsFunc(text, unicode.IsUpper)
}

// OneLine returns s with each run of white space as one space, and none around it.
func OneLine(s string) string {
	if isOneLine(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// Printable leaves out of s what could steer a terminal: control characters and those
// that change the direction of writing.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

// isOneLine reports whether s is plainly one line: printable ASCII with single spaces
// inside, as nearly all are. It takes a tenth of the time of the rule
// (BenchmarkOneLine), which a prompt applies twice to each topic; TestOneLine holds it to
// the rule.
func isOneLine(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return false
		case c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' '):
			return false
		}
	}
	return true
}

// FoldRune returns r in lower case, with one form for all double quotation marks, for
// all single ones and apostrophes, and for all dashes.
func FoldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if isASCIIUpper(byte(r)) {
			return r + ('a' - 'A')
		}
		return r
	}
	switch r {
	case '“', '”', '„', '«', '»', '‟':
		return '"'
	case '‘', '’', '‚', '‛', '´':
		return '\''
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return '-'
	}
	return unicode.ToLower(r)
}

// isCasedWord reports whether s has letters of a script with capitals.
func isCasedWord(s string) bool { return strings.ContainsFunc(s, unicode.IsUpper) }

// hasAnySuffix reports whether s ends with one of suffixes.
func hasAnySuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// hasAnyPrefix reports whether s begins with one of prefixes.
func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}
