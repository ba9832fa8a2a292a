package grounding

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// A class of claims that is listed is looked up: a claim of the article passes, and another is
// found.
func TestLanguages(t *testing.T) {
	all := Languages()
	if len(all) < 8 {
		t.Fatalf("%d languages", len(all))
	}
	for _, coverage := range all {
		if article.IsUnspacedLanguage(coverage.Language) {
			continue // TestGroundingLanguages has articles in these
		}
		rules := rulesOf(coverage.Language)
		four, nine := wordFor(rules.numbers, 4), wordFor(rules.numbers, 9)
		march, august := wordFor(rules.months, 3), wordFor(rules.months, 8)
		inScript := func(text string) string { return text }
		if replacer := inOtherScripts[scriptNames[coverage.Language]]; replacer != nil {
			inScript = replacer.Replace
		}
		text := inScript("Oskar Velmar ") + four + inScript(" aaa bbb, 17 ") + march + inScript(" 2031, 12 % ccc: \u201cddd eee fff ggg hhh\u201d.")
		for claim, statements := range map[Claim][2]string{
			Number:    {inScript("velmar ") + strings.ToLower(four) + inScript(" aaa bbb"), inScript("velmar ") + strings.ToLower(nine) + inScript(" aaa bbb")},
			Amount:    {inScript("velmar 12 % ccc"), inScript("velmar 19 % ccc")},
			Date:      {inScript("velmar 17 ") + march + " 2031", inScript("velmar 17 ") + august + " 2031"},
			Name:      {inScript("aaa Oskar Velmar bbb"), inScript("aaa Oskar Zorblat bbb")},
			Quotation: {inScript("velmar \u201cddd eee fff ggg\u201d"), inScript("velmar \u201cddd iii kkk lll\u201d")},
		} {
			if !slices.Contains(coverage.Claims, claim) && (!slices.Contains(coverage.Partly, claim) || rules.withoutCapitals()) {
				continue
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

var inOtherScripts = map[string]*strings.Replacer{
	"cyrillic": strings.NewReplacer("Oskar", "Оскар", "Velmar", "Велмар", "velmar", "велмар", "Zorblat", "Зорблат",
		"aaa", "ааа", "bbb", "ббб", "ccc", "ввв", "ddd", "ггг", "eee", "ддд", "fff", "жжж", "ggg", "ззз", "hhh", "иии", "iii", "ккк", "kkk", "ллл", "lll", "ммм"),
	"el": strings.NewReplacer("Oskar", "Οσκαρ", "Velmar", "Βελμαρ", "velmar", "βελμαρ", "Zorblat", "Ζορμπλατ",
		"aaa", "ααα", "bbb", "βββ", "ccc", "γγγ", "ddd", "δδδ", "eee", "εεε", "fff", "ζζζ", "ggg", "ηηη", "hhh", "θθθ", "iii", "ιιι", "kkk", "κκκ", "lll", "λλλ"),
	"arabic": strings.NewReplacer("Oskar", "اوسكار", "Velmar", "فلمار", "velmar", "فلمار", "Zorblat", "زربلات",
		"aaa", "ررر", "bbb", "ززز", "ccc", "سسس", "ddd", "ششش", "eee", "صصص", "fff", "ضضض", "ggg", "ططط", "hhh", "ظظظ", "iii", "ععع", "kkk", "غغغ", "lll", "ققق"),
	"he": strings.NewReplacer("Oskar", "אוסקר", "Velmar", "ולמאר", "velmar", "ולמאר", "Zorblat", "זורבלט",
		"aaa", "גגג", "bbb", "דדד", "ccc", "זזז", "ddd", "חחח", "eee", "טטט", "fff", "ננן", "ggg", "ססס", "hhh", "עעע", "iii", "פפפ", "kkk", "צצצ", "lll", "ררר"),
	"ko": strings.NewReplacer("Oskar", "오스카", "Velmar", "벨마르", "velmar", "벨마르", "Zorblat", "조르블라트",
		"aaa", "가가", "bbb", "나나", "ccc", "다다", "ddd", "라라", "eee", "마마", "fff", "바바", "ggg", "사사", "hhh", "아아", "iii", "자자", "kkk", "차차", "lll", "카카"),
	"hi": strings.NewReplacer("Oskar", "ओस्कर", "Velmar", "वेल्मार", "velmar", "वेल्मार", "Zorblat", "ज़ोर्ब्लाट",
		"aaa", "ककक", "bbb", "खखख", "ccc", "गगग", "ddd", "घघघ", "eee", "चचच", "fff", "छछछ", "ggg", "जजज", "hhh", "झझझ", "iii", "टटट", "kkk", "ठठठ", "lll", "डडड"),
}

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

// TestUnchecked asks which claims of a summary may have passed unseen.
func TestUnchecked(t *testing.T) {
	for _, test := range []struct {
		language, want, source, text string
		asked                        string
	}{
		{"en", "", "Ida Tarn left Oslo.", "Tarn left Oslo.", "en"},
		{"en", "name quotation", "Ida Tarn left Oslo.", "Tarn verließ Oslo.", "de"},
		{"fr", "", "Ida Tarn a quitté Oslo.", "Tarn a quitté Oslo.", "fr"},
		{"fr", "name", "Ida Tarn a quitté Oslo.", "Hasgard quittera Oslo.", "fr"},
		{"de", "", "Ida Tarn verließ Oslo.", "Am Montag verließ Tarn Oslo.", "de"},
		{"de", "name", "Ida Tarn verließ Oslo.", "Der Bauernverband lobt Tarn.", "de"},
		{"zh", "name", "塔恩离开奥斯陆。", "塔恩离开奥斯陆。", "zh"},
		{"xx", "number date name", "Ida Tarn.", "Tarn.", "xx"},
	} {
		var names []string
		for _, claim := range NewSource("", test.source, test.language, nil).Unchecked([]Statement{{Text: test.text}}, test.asked) {
			names = append(names, claim.Label())
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s, %q: unchecked %q, want %q", test.language, test.text, got, test.want)
		}
	}
}
