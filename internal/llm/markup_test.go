package llm

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPlainProseHasNoMarkup holds the quick look to the search that it spares: what
// it lets pass has no match.
func TestPlainProseHasNoMarkup(t *testing.T) {
	pieces := []string{
		"a", "Ab", "com", "de", "www", "http", "mailto", "tel", "nbsp", "1", "-", " ", "\n", ".", ",", ";", "!", "?", "(", ")", "'", "\"", "+", "%",
		":", "/", "[", "]", "<", ">", "*", "_", "#", "&", "|", "=", "@", "`", "{", "}", "\\", "~", "【", "\ufffd", "U.S", "3.5",
	}
	random := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 200_000 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		text := b.String()
		matches := markup.MatchString(text)
		if matches {
			found++
		}
		if matches && !mayHoldMarkup(text) {
			t.Fatalf("%q holds markup, and is passed as plain", text)
		}
	}
	if found == 0 {
		t.Fatal("no text held markup")
	}
	for _, plain := range []string{"The U.S. lent 3.5 million crowns, said Mr. Ek.", "It \"fell\" by 4% - a record; why?"} {
		if mayHoldMarkup(plain) {
			t.Errorf("%q is searched for markup", plain)
		}
	}
}
