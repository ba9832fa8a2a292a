package morphology

import (
	"strings"
	"sync"
)

// simplifiedOf pairs characters of traditional Chinese with the simplified ones that
// phrases are written in, as the transform Traditional-Simplified of ICU does, from
// Unicode's Unihan database. It holds the characters that the phrases of the default topics need.
var simplifiedOf = sync.OnceValue(func() map[rune]rune {
	pairs := make(map[rune]rune)
	for pair := range strings.FieldsSeq(string(wordFile("traditional.txt"))) {
		runes := []rune(pair)
		pairs[runes[0]] = runes[1]
	}
	return pairs
})

// simplified returns a character of traditional Chinese in its simplified form.
func simplified(r rune) rune {
	if s, ok := simplifiedOf()[r]; ok {
		return s
	}
	return r
}
