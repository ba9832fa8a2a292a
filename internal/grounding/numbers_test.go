package grounding

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"
)

// numberTable holds the numbers from 0 to 100 in words.
//
//go:embed testdata/numbers.txt
var numberTable string

// countFrames are sentences that count something, with a place for the number.
var countFrames = map[string]string{
	"en": "The museum bought # paintings.",
	"fr": "Le musée a acheté # tableaux.",
	"de": "Das Museum kaufte # Gemälde.",
	"es": "El museo compró # cuadros.",
	"it": "Il museo ha comprato # quadri.",
	"pt": "O museu comprou # quadros.",
	"nl": "Het museum kocht # schilderijen.",
	"pl": "Muzeum kupiło # obrazów.",
	"ru": "Музей купил # картин.",
	"uk": "Музей купив # картин.",
	"tr": "Müze # tablo satın aldı.",
	"ar": "اشترى المتحف # لوحة.",
	"zh": "博物馆购买了#幅画。",
	"ja": "美術館は#点の絵を買った。",
}

// Each number up to a hundred supports itself in words and digits, both ways, and not the
// number beside it. Words for up to two count nothing for certain.
func TestNumbersInWords(t *testing.T) {
	seen := 0
	for line := range strings.Lines(numberTable) {
		language, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		digits, words, ok := strings.Cut(rest, " ")
		frame := countFrames[language]
		if !ok || frame == "" {
			continue
		}
		seen++
		n, err := strconv.Atoi(digits)
		if err != nil {
			t.Fatal(line)
		}
		supports := func(source, claim string) bool {
			s := NewSource("", strings.ReplaceAll(frame, "#", source), language, nil)
			return s.Check([]Statement{{Text: strings.ReplaceAll(frame, "#", claim)}}, language) == (Finding{})
		}
		other := strconv.Itoa(n + 1)
		if !supports(words, digits) {
			t.Errorf("%s: %q does not support %s", language, words, digits)
		}
		if !supports(digits, words) {
			t.Errorf("%s: %s does not support %q", language, digits, words)
		}
		if supports(words, other) {
			t.Errorf("%s: %q supports %s", language, words, other)
		}
		if n > 2 && supports(other, words) {
			t.Errorf("%s: %s supports %q", language, other, words)
		}
	}
	if want := 101 * len(countFrames); seen != want {
		t.Errorf("%d numbers, want %d", seen, want)
	}
}
