package local

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/local/morphology"
)

// compounds are the words of phrases that may be part of a noun that is written
// together, as "Luftangriff" is part of "Luftangriffswelle".
type compounds struct {
	language *morphology.Language

	firsts map[uint64]int32 // by the hash of their letters
	heads  map[uint64]int32 // by the hash of their letters from the last to the first
}

func newCompounds(language *morphology.Language) *compounds {
	return &compounds{language: language, firsts: make(map[uint64]int32), heads: make(map[uint64]int32)}
}

const (
	// fewestPart is the length in bytes of the shortest word that is found as part of a
	// noun. Shorter ones are part of words that have nothing to do with them.
	fewestPart = 5

	// fewestRest is the length in bytes of the shortest other part.
	fewestRest = 4
)

// compoundEndings are the endings of plural and case.
var compoundEndings = []string{"", "e", "n", "s", "en", "er", "es", "em", "ern"}

// add adds a word by its letters.
func (c *compounds) add(letters []byte, word int32) {
	letters = appendLetters(nil, string(letters))
	if len(letters) < fewestPart {
		return
	}
	if hash := morphology.Hash(letters); c.firsts[hash] == 0 {
		c.firsts[hash] = word + 1
	}
	if hash := hashBackwards(letters); c.heads[hash] == 0 {
		c.heads[hash] = word + 1
	}
}

// split returns the words that a noun begins and ends with, the longest of each, or -1.
func (c *compounds) split(letters []byte) (first, head int32) {
	if len(letters) < fewestPart+fewestRest {
		return -1, -1
	}
	if first, head = c.firstOf(letters), c.headOf(letters); first == head {
		first = 0
	}
	return first - 1, head - 1
}

func (c *compounds) firstOf(letters []byte) (word int32) {
	hash := morphology.Hash(nil)
	for i, letter := range letters[:len(letters)-fewestRest] {
		hash = morphology.HashByte(hash, letter)
		if i+1 < fewestPart {
			continue
		}
		if w := c.firsts[hash]; w > 0 && !c.language.IsDerivation(letters[i+1:]) {
			word = w
		}
	}
	return word
}

func (c *compounds) headOf(letters []byte) (word int32) {
	longest := 0
	for _, ending := range compoundEndings {
		noun, found := bytes.CutSuffix(letters, []byte(ending))
		if !found {
			continue
		}
		hash := morphology.Hash(nil)
		for i := len(noun) - 1; i >= fewestRest-1; i-- {
			hash = morphology.HashByte(hash, noun[i])
			if n := len(noun) - i; n >= fewestPart && n > longest {
				if w := c.heads[hash]; w > 0 {
					word, longest = w, n
				}
			}
		}
	}
	return word
}

func hashBackwards(letters []byte) uint64 {
	hash := morphology.Hash(nil)
	for i := len(letters) - 1; i >= 0; i-- {
		hash = morphology.HashByte(hash, letters[i])
	}
	return hash
}

// appendLetters appends text in lower case and without accents.
func appendLetters(out []byte, text string) []byte {
	for _, r := range text {
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				r |= 0x20
			}
			out = append(out, byte(r))
			continue
		}
		out = morphology.AppendFolded(out, unicode.ToLower(r))
	}
	return out
}
