package grounding

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestFoldKeepsOrigins folds texts one rune at a time beside the whole: each rune
// of the result comes from where origin says.
func TestFoldKeepsOrigins(t *testing.T) {
	pieces := []string{"a", "B", " ", "\n", "\u00a0", "“", "’", "–", "É", "İ", "ß", "漢", "`", ".", "\xff", "Ⱥ"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var b strings.Builder
		for range random.IntN(20) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		text := b.String()
		f := fold(text)
		last := -1
		for i := range f.text {
			from := f.origin(i)
			if from <= last || from >= len(text) {
				t.Fatalf("rune at %d of %q, folded from %q, comes from %d, the one before from %d", i, f.text, text, from, last)
			}
			last = from
			want, _ := utf8.DecodeRuneInString(f.text[i:])
			if got, _ := utf8.DecodeRuneInString(fold(text[from:]).text); got != want {
				t.Fatalf("rune at %d of %q, folded from %q, is said to come from %d, where %q stands", i, f.text, text, from, got)
			}
		}
		if end := f.origin(len(f.text)); end != len(text) {
			t.Fatalf("the end of %q is said to be at %d", text, end)
		}
	}
}

// TestQuotationMarks checks that text without any of quotationMarks has no quotation.
func TestQuotationMarks(t *testing.T) {
	for r := rune(0); r < 0x3100; r++ {
		if opens := closing([]rune{r}, 0) != ""; opens != strings.ContainsRune(quotationMarks, r) {
			t.Errorf("%q opens a quotation: %t", r, opens)
		}
	}
}
