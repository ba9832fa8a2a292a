package morphology

import (
	"strings"
	"sync"
)

// simplifiedOf holds the simplified character of each CJK ideograph, counted from
// firstIdeograph, that phrases are written in, as the transform Traditional-Simplified of
// ICU has it, from Unicode's Unihan database; 0 for one that stays. It knows the characters
// that the phrases of the default topics need. Every character of a text is looked up.
var simplifiedOf = sync.OnceValue(func() *[lastIdeograph - firstIdeograph + 1]uint16 {
	table := new([lastIdeograph - firstIdeograph + 1]uint16)
	for pair := range strings.FieldsSeq(string(wordFile("traditional.txt"))) {
		runes := []rune(pair)
		table[runes[0]-firstIdeograph] = uint16(runes[1])
	}
	return table
})

// The CJK ideographs of Unicode's first block of them.
const (
	firstIdeograph = 0x4e00
	lastIdeograph  = 0x9fff
)

// simplified returns a character of traditional Chinese in its simplified form.
func simplified(r rune) rune {
	if r < firstIdeograph || r > lastIdeograph {
		return r
	}
	if s := simplifiedOf()[r-firstIdeograph]; s != 0 {
		return rune(s)
	}
	return r
}
