package injection

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// minEncoded is the minimum length of a run of letters and digits that is looked
// at as an encoded text.
const minEncoded = 20

// encodedRuns returns the runs of text that may be base64 or hexadecimal digits.
func encodedRuns(text string) []string {
	var runs []string
	begin := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && encodedByte[text[i]] {
			continue
		}
		if i-begin >= minEncoded {
			runs = append(runs, text[begin:i])
		}
		begin = i + 1
	}
	return runs
}

// encodedByte tells the bytes that may stand in base64 or hexadecimal digits.
var encodedByte = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-=") {
		table[c] = true
	}
	return table
}()

// decodesToText reports whether run is text in base64 or hexadecimal digits.
func decodesToText(run string) bool {
	trimmed := strings.TrimRight(run, "=")
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if b, err := decode(trimmed); err == nil && isReadable(b) {
			return true
		}
	}
	return false
}

// isReadable reports whether b is text: valid, printable, and with a space.
func isReadable(b []byte) bool {
	return utf8.Valid(b) && slices.Contains(b, ' ') && !strings.ContainsFunc(string(b), func(r rune) bool {
		return !unicode.IsPrint(r) && !unicode.IsSpace(r)
	})
}
