package injection

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// groupSet is a set of groups of words.
type groupSet [2]uint64

func (g *groupSet) add(other groupSet) { g[0], g[1] = g[0]|other[0], g[1]|other[1] }

func (g groupSet) overlaps(other groupSet) bool { return g[0]&other[0]|g[1]&other[1] != 0 }

func (g groupSet) without(other groupSet) groupSet {
	return groupSet{g[0] &^ other[0], g[1] &^ other[1]}
}

func (g groupSet) covers(other groupSet) bool {
	return g[0]&other[0] == other[0] && g[1]&other[1] == other[1]
}

// matchesRule reports whether a rule fits text, whose words g is of.
func (g groupSet) matchesRule(text string) bool {
	if g == (groupSet{}) {
		return false
	}
	x := index()
	for i, needs := range x.needs {
		if g.covers(needs) && x.patterns[i]().MatchString(text) {
			return true
		}
	}
	return false
}

// mayMatch reports whether g has all that one of the rules needs.
func (g groupSet) mayMatch() bool {
	if g == (groupSet{}) {
		return false
	}
	for _, needs := range index().needs {
		if g.covers(needs) {
			return true
		}
	}
	return false
}

// ruleIndex finds the few rules that a text may fit by its words, which is some
// hundred times faster than to try them all.
type ruleIndex struct {
	words map[string]groupSet // by the beginning of a word, or a mark

	// Groups of whole words: which they are, and the words.
	whole      groupSet
	wholeWords map[string]groupSet

	// The words that each rule needs, and its pattern, compiled when first tried.
	needs    []groupSet
	patterns []func() *regexp.Regexp

	// The same for ASCII: marks by themselves, words by packed letters. Most words
	// are not among them, which filter, a Bloom filter of one hash, tells without a
	// look into the map. It tells it of the first of two ideographs, too: scripts
	// without spaces have words of two letters here, which are looked for at every
	// letter.
	marks  [utf8.RuneSelf]groupSet
	packed map[uint32]groupSet
	filter [1 << 12]bool
}

func slot(packed uint32) uint32 { return packed * 0x9e3779b1 >> 20 }

// pack appends a letter to the packed letters of a word; only the first four
// count.
func pack(packed uint32, letter byte) uint32 {
	if packed >= 1<<24 {
		return packed
	}
	return packed<<8 | uint32(letter)
}

// keyLength is the number of letters by which words are looked up.
const keyLength = 4

var index = sync.OnceValue(func() *ruleIndex {
	x := &ruleIndex{words: make(map[string]groupSet), wholeWords: make(map[string]groupSet), packed: make(map[uint32]groupSet)}
	groups := make(map[string]groupSet)
	for _, r := range rules {
		var needs groupSet
		for _, words := range r.groups {
			bit, ok := groups[words]
			if !ok {
				n := len(groups)
				bit[n/64] = 1 << (n % 64)
				groups[words] = bit
			}
			needs.add(bit)
			list, whole := strings.CutPrefix(words, wholeWords)
			if whole {
				x.whole.add(bit)
			}
			for word := range strings.FieldsSeq(list) {
				if whole {
					has := x.wholeWords[word]
					has.add(bit)
					x.wholeWords[word] = has
				}
				key := keyOf(plain(word))
				if r, _ := utf8.DecodeRuneInString(key); isIdeograph(r) {
					x.filter[slot(uint32(r))] = true
				}
				has := x.words[key]
				has.add(bit)
				x.words[key] = has
			}
		}
		x.needs = append(x.needs, needs)
		x.patterns = append(x.patterns, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(r.pattern) }))
	}
	for key, groups := range x.words {
		var packed uint32
		for i := range len(key) {
			packed = pack(packed, key[i])
		}
		switch c, _ := utf8.DecodeRuneInString(key); {
		case 'a' <= c && c <= 'z', isLatin(c):
			x.packed[packed] = groups
			x.filter[slot(packed)] = true
		case c < utf8.RuneSelf:
			x.marks[c] = groups
		}
	}
	return x
})

// isLatin reports whether r is a Latin letter beyond ASCII.
func isLatin(r rune) bool { return r >= utf8.RuneSelf && r < 0x250 && unicode.IsLetter(r) }

// keyOf returns the first letters of word.
func keyOf(word string) string {
	n := 0
	for i := range word {
		if n == keyLength {
			return word[:i]
		}
		n++
	}
	return word
}

// quickScan returns at least the groups of which text has a word, and whether it is
// sure that text needs no closer look for anything else: scripts that are mixed
// within a word or not known well, letters that stand apart, and runs that may be
// encoded text.
//
// It is a second copy of plain and wordsOf, to which TestQuickScanMissesNothing and
// FuzzQuickScan hold it. It takes a sixth of their time (BenchmarkQuickScan); without
// it the local engine would take a fifth longer over an article of 4 KB.
func quickScan(text string) (found groupSet, sure bool) {
	w := wordScan{index: index()}
	plainOf := plainRunes()
	var packed uint32 // the first letters of the word, of English
	letters, run := 0, 0
	for i := 0; i < len(text); {
		if begin := i; lowerLetter[text[i]] != 0 { // nearly all are
			for ; i < len(text) && lowerLetter[text[i]] != 0; i++ {
				packed = pack(packed, lowerLetter[text[i]])
			}
			letters += i - begin
			if run += i - begin; run >= minEncoded {
				return w.found, false
			}
			continue
		}
		c := text[i]
		if !encodedByte[c] {
			run = 0
		} else if run++; run >= minEncoded {
			return w.found, false
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(text[i:])
			switch {
			case int(r) < len(plainOf):
				switch p := plainOf[r]; {
				case p == plainNothing:
					i += size
					continue
				case p < utf8.RuneSelf:
					c = byte(p)
				case p == plainSeveral:
					return w.found, false
				case isLatin(p): // without a form in ASCII, such as "ł"
					for _, b := range []byte(string(p)) {
						packed = pack(packed, b)
					}
					letters++
					i += size
					continue
				case unicode.IsLetter(p):
					w.addForeign(p, letters)
					letters++
					i += size
					continue
				default:
					c = '"'
				}
			case r >= 0x2000 && r < 0x2070 && unicode.IsPunct(r), r == '€':
				c = '"'
			case isPlainIdeograph(r):
				c = '"'
				if w.index.filter[slot(uint32(r))] {
					next, length := utf8.DecodeRuneInString(text[i+size:])
					if length > 1 && int(next) < len(plainOf) && plainOf[next] == plainNothing {
						return w.found, false // the second letter may stand behind it
					}
					w.found.add(w.index.words[text[i:i+size+length]])
				}
			case r >= 0x3000 && r <= 0x3020: // punctuation between ideographs
				c = '"'
			case r > 0xff00 && r < 0xff5f && !unicode.IsLetter(r) && !unicode.IsDigit(r): // wide marks
				c = byte(r - 0xfee0)
			default:
				return w.found, false
			}
		}
		i += size
		if 'a' <= c && c <= 'z' {
			packed = pack(packed, c)
			letters++
			continue
		}
		if letters > 0 {
			if !w.end(packed, letters) {
				return w.found, false
			}
			packed, letters = 0, 0
		}
		if c <= ' ' {
			w.latin, w.foreign = false, false
		} else {
			w.found.add(w.index.marks[c])
		}
	}
	sure = letters == 0 || w.end(packed, letters)
	return w.found, sure
}

// lowerLetter is the lower case of the letters of ASCII; 0 for any other byte.
var lowerLetter = func() (table [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		table[c], table[c-'a'+'A'] = c, c
	}
	return table
}()

// wordScan reads the words of a text for quickScan.
type wordScan struct {
	index  *ruleIndex
	found  groupSet
	key    [keyLength * utf8.UTFMax]byte
	keyed  int // bytes in key, which are the first letters of a word in another script
	single int // words of one letter in a row

	latin, foreign bool // whether letters of either kind stand since the last space
}

// addForeign adds a letter of another script to a word that has so many already.
func (w *wordScan) addForeign(r rune, letters int) {
	if letters < keyLength {
		w.keyed += utf8.EncodeRune(w.key[w.keyed:], r)
	}
	w.foreign = true
}

// end takes a word, of which packed are the first letters of English, and reports
// whether the words so far need no closer look.
func (w *wordScan) end(packed uint32, letters int) bool {
	if packed != 0 {
		w.latin = true
		if w.index.filter[slot(packed)] {
			w.found.add(w.index.packed[packed])
		}
	}
	if w.latin && w.foreign {
		return false
	}
	if w.keyed > 0 {
		w.found.add(w.index.words[string(w.key[:w.keyed])])
		w.keyed = 0
	} else if letters == 1 {
		w.single++
		return w.single < 4
	}
	w.single = 0
	return true
}

// The answers of plainRunes for runes that are not one rune in plain text.
const (
	plainNothing rune = 0
	plainSeveral rune = utf8.MaxRune + 1
)

// plainRunes returns what plain makes of the runes of the Latin, Greek, Cyrillic,
// Armenian, Hebrew and Arabic scripts, each by itself.
var plainRunes = sync.OnceValue(func() *[0x700]rune {
	var table [0x700]rune
	for i := range table {
		r := rune(i)
		p := plainUnicode("1" + string(r) + "1") // the digits keep white space from being cut
		p = p[1 : len(p)-1]
		switch first, size := utf8.DecodeRuneInString(p); {
		case p == "":
			table[r] = plainNothing
		case size == len(p):
			table[r] = first
		default:
			table[r] = plainSeveral
		}
	}
	return &table
})

// wordsOf returns the groups of which text, as plain makes it, has a word.
func wordsOf(text string) groupSet {
	var found groupSet
	x := index()
	words := x.words
	begin := -1 // of the word
	flush := func(end int) {
		if begin >= 0 {
			has := words[keyOf(text[begin:end])]
			if has.overlaps(x.whole) {
				has = has.without(x.whole)
				has.add(x.wholeWords[text[begin:end]])
			}
			found.add(has)
			begin = -1
		}
	}
	for i, r := range text {
		switch {
		case r < utf8.RuneSelf && 'a' <= r && r <= 'z':
			if begin < 0 {
				begin = i
			}
		case r < utf8.RuneSelf:
			flush(i)
			if r != ' ' {
				found.add(words[text[i:i+1]])
			}
		case isIdeograph(r):
			flush(i)
			_, next := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
			found.add(words[text[i:i+utf8.RuneLen(r)+next]])
		case unicode.IsLetter(r):
			if begin < 0 {
				begin = i
			}
		default:
			flush(i)
		}
	}
	flush(len(text))
	return found
}
