package article

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// prefixTable holds the beginnings of lines, in lower case, each with its value.
// Most lines share the first four bytes with none of them, which is found out at once.
type prefixTable[V comparable] struct {
	heads   [64]uint64 // hashes of the first four bytes, a bit each
	short   [4]uint64  // the first bytes of beginnings of fewer than four bytes
	entries []prefix[V]
	index   [257]uint16 // of the first of entries, by the first byte, ASCII letters in lower case
}

type prefix[V comparable] struct {
	text       string
	value      V
	head, mask uint32 // the first four bytes of text, as far as they are of ASCII
}

// newPrefix returns the entry of text.
func newPrefix[V comparable](text string, value V) prefix[V] {
	p := prefix[V]{text: text, value: value}
	for i := 0; i < min(4, len(text)) && text[i] < utf8.RuneSelf; i++ {
		p.mask |= 0xff << (8 * i)
	}
	p.head = foldedHead(text) & p.mask
	return p
}

// foldedHead packs the first four bytes of s, or as many as there are, with ASCII letters
// in lower case. It makes one of some other characters, too.
func foldedHead(s string) (head uint32) {
	if len(s) >= 4 {
		head = uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
	} else {
		for i := range len(s) {
			head |= uint32(s[i]) << (8 * i)
		}
	}
	return head | 0x20202020
}

// headOf returns the hash of the first four bytes of s, whatever the case of its ASCII
// letters.
func headOf(s string) uint32 { return foldedHead(s) * 2654435761 >> 20 }

// newPrefixTable makes a table of lists of beginnings, which bars separate. It panics where
// one stands for two things.
func newPrefixTable[V comparable](lists map[V]string) *prefixTable[V] {
	var t prefixTable[V]
	var entries [256][]prefix[V] // by the first byte
	values := map[string]V{}
	for value, list := range lists {
		for text := range strings.SplitSeq(list, "|") {
			text = strings.Trim(text, "\t\n")
			if text == "" {
				continue
			}
			if other, ok := values[text]; ok {
				if other != value {
					panic("article: two meanings of " + text)
				}
				continue
			}
			values[text] = value
			first := string(firstRune(text))
			for i, form := range [...]string{text, strings.ToUpper(text), strings.ToUpper(first) + text[len(first):]} {
				if c := lowerASCII(form[0]); i == 0 || c != text[0] && i == 1 {
					entries[c] = append(entries[c], newPrefix(text, value))
				}
				if len(form) < 4 {
					t.short[form[0]>>6] |= 1 << (form[0] & 63)
				} else {
					head := headOf(form)
					t.heads[head>>6] |= 1 << (head & 63)
				}
			}
		}
	}
	for i := range entries { // the longest first
		slices.SortFunc(entries[i], func(a, b prefix[V]) int {
			if len(a.text) != len(b.text) {
				return len(b.text) - len(a.text)
			}
			return strings.Compare(a.text, b.text)
		})
		t.index[i+1] = t.index[i] + uint16(len(entries[i]))
	}
	t.entries = slices.Concat(entries[:]...) // in one piece, for the garbage collector
	return &t
}

// mayBegin reports whether s, which is not empty, may have one of the beginnings.
func (t *prefixTable[V]) mayBegin(s string) bool {
	if c := s[0]; t.short[c>>6]&(1<<(c&63)) != 0 {
		return true
	}
	if len(s) < 4 {
		return false
	}
	head := headOf(s)
	return t.heads[head>>6]&(1<<(head&63)) != 0
}

// find returns the longest beginning that s has, and what follows it in s. Where it ends
// with a letter, no word may go on.
func (t *prefixTable[V]) find(s string) (found prefix[V], rest string, ok bool) {
	if s == "" || !t.mayBegin(s) {
		return found, "", false
	}
	head := foldedHead(s)
	first := int(lowerASCII(s[0]))
	for i := t.index[first]; i < t.index[first+1]; i++ {
		p := &t.entries[i]
		if head&p.mask != p.head {
			continue
		}
		if rest, ok := cutFoldedPrefix(s, p.text); ok && !(endsWithWord(p.text) && startsWithWord(rest)) {
			return *p, rest, true
		}
	}
	return found, "", false
}

// search returns the first beginning that a word of s begins, its index, and what follows
// it.
func (t *prefixTable[V]) search(s string) (found prefix[V], at int, rest string, ok bool) {
	for i := 0; i < len(s); {
		if t.mayBegin(s[i:]) {
			if found, rest, ok = t.find(s[i:]); ok {
				return found, i, rest, true
			}
		}
		i = nextWord(s, i)
	}
	return found, 0, "", false
}

// nextWord returns the index behind i at which a word of s may begin: after what is no
// part of one, and anywhere in a script without spaces.
func nextWord(s string, i int) int {
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			i++
			if !isASCIILetter(c) && c != '\'' {
				break
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if !unicode.IsLetter(r) && !unicode.IsMark(r) || IsUnspaced(r) || unicode.Is(unicode.Hangul, r) {
			break
		}
	}
	return i
}

// holds reports whether a word of s begins one of the beginnings.
func (t *prefixTable[V]) holds(s string) bool {
	_, _, _, ok := t.search(s)
	return ok
}

// has reports whether s begins with one of the beginnings.
func (t *prefixTable[V]) has(s string) bool {
	_, _, ok := t.find(s)
	return ok
}

// endsWithWord reports whether s ends with a letter or digit of a script that writes
// spaces between words.
func endsWithWord(s string) bool {
	r := lastRune(s)
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) && !IsUnspaced(r) && !unicode.Is(unicode.Hangul, r)
}
