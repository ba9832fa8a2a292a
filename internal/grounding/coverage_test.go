package grounding

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// A class of claims that is listed is looked up: what the article has passes, and what it
// lacks is found.
func TestLanguages(t *testing.T) {
	all := Languages()
	if len(all) < 8 {
		t.Fatalf("%d languages", len(all))
	}
	for _, coverage := range all {
		four, nine := wordFor(numberWords[coverage.Language], 4), wordFor(numberWords[coverage.Language], 9)
		march, august := wordFor(monthNames[coverage.Language], 3), wordFor(monthNames[coverage.Language], 8)
		text := fmt.Sprintf("Oskar Velmar 4 aaa bbb, 17 %s 2031, 12 %% ccc: \u201cddd eee fff ggg hhh\u201d.", march)
		if coverage.Language == "ru" {
			text = inCyrillic.Replace(text)
		}
		for claim, statements := range map[Claim][2]string{
			Number:    {"velmar " + strings.ToLower(four) + " aaa bbb", "velmar " + strings.ToLower(nine) + " aaa bbb"},
			Amount:    {"velmar 12 % ccc", "velmar 19 % ccc"},
			Date:      {"velmar 17 " + march + " 2031", "velmar 17 " + august + " 2031"},
			Name:      {"aaa Oskar Velmar bbb", "aaa Oskar Zorblat bbb"},
			Quotation: {"velmar \u201cddd eee fff ggg\u201d", "velmar \u201cddd iii kkk lll\u201d"},
		} {
			if !slices.Contains(coverage.Claims, claim) {
				continue
			}
			if coverage.Language == "ru" {
				statements[0], statements[1] = inCyrillic.Replace(statements[0]), inCyrillic.Replace(statements[1])
			}
			source := NewSource("", text, coverage.Language, []article.Sentence{{Span: article.Span{End: len(text)}}})
			if found := source.Check([]Statement{{Text: statements[0] + "."}}, coverage.Language); found.Unsupported != None {
				t.Errorf("%s: %q is refused for %s", coverage.Language, statements[0], found.Unsupported)
			}
			if found := source.Check([]Statement{{Text: statements[1] + "."}}, coverage.Language); found.Unsupported == None {
				t.Errorf("%s: %q passes, with %s that the article lacks", coverage.Language, statements[1], claim)
			}
		}
	}
}

var inCyrillic = strings.NewReplacer(
	"Oskar", "Оскар", "Velmar", "Велмар", "velmar", "велмар", "Zorblat", "Зорблат",
	"aaa", "ааа", "bbb", "ббб", "ccc", "ввв", "ddd", "ггг", "eee", "ддд", "fff", "жжж", "ggg", "ззз", "hhh", "иии", "iii", "ккк", "kkk", "ллл")

// wordFor returns the longest word of the number, with a capital.
func wordFor(words map[string]int, number int) (longest string) {
	for word, n := range words {
		if n == number && (len(word) > len(longest) || len(word) == len(longest) && word < longest) {
			longest = word
		}
	}
	if longest == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(longest)
	return string(unicode.ToUpper(r)) + longest[size:]
}
