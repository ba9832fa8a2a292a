package article

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// TestOffsets slices each encoding of random texts by the converted offsets.
func TestOffsets(t *testing.T) {
	alphabet := []rune("a .é߿ࠀ日\uffff\U00010000😀\U0010ffff")
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		runes := make([]rune, random.IntN(60))
		for i := range runes {
			runes[i] = alphabet[random.IntN(len(alphabet))]
		}
		text := string(runes)
		bound := func() int {
			i := random.IntN(len(text) + 1)
			for i < len(text) && !utf8.RuneStart(text[i]) {
				i++
			}
			return i
		}
		spans := make([]Span, random.IntN(8))
		for i := range spans {
			a, b := bound(), bound()
			spans[i] = Span{min(a, b), max(a, b)}
		}
		given := append([]Span(nil), spans...)

		units16, units32 := utf16.Encode(runes), []rune(text)
		in8, in16, in32 := Offsets(text, spans, UTF8), Offsets(text, spans, UTF16), Offsets(text, spans, UTF32)
		for i, s := range spans {
			want := text[s.Begin:s.End]
			if got := text[in8[i].Begin:in8[i].End]; got != want {
				t.Fatalf("UTF-8: %v of %q gives %q, want %q", in8[i], text, got, want)
			}
			if got := string(utf16.Decode(units16[in16[i].Begin:in16[i].End])); got != want {
				t.Fatalf("UTF-16: %v of %q gives %q, want %q", in16[i], text, got, want)
			}
			if got := string(units32[in32[i].Begin:in32[i].End]); got != want {
				t.Fatalf("UTF-32: %v of %q gives %q, want %q", in32[i], text, got, want)
			}
		}
		if !slices.Equal(spans, given) {
			t.Fatal("the spans given were changed")
		}
	}
}

// TestIdentity checks that text without anything to remove maps to itself,
// whatever the span, unless it cuts the break between two paragraphs, which maps
// as a whole.
func TestIdentity(t *testing.T) {
	text := prose1 + " \"Été à 東京。\" 😀 said she.\n\n" + prose2 + " Да, конечно.\n\n" + prose3
	d := Clean(Raw{Text: text})
	if d.Text != text {
		t.Fatalf("Text = %q, want %q", d.Text, text)
	}
	for begin := range text {
		for end := range text {
			if begin < end && !strings.HasPrefix(text[begin-min(1, begin):], "\n\n") && !strings.HasPrefix(text[end-1:], "\n\n") {
				if o := d.Original(Span{begin, end}); o != (Span{begin, end}) {
					t.Fatalf("Original(%d, %d) = %v", begin, end, o)
				}
			}
		}
	}
}

// TestOffsetsOfSentences takes sentences of a messy page through the original
// to each encoding and back.
func TestOffsetsOfSentences(t *testing.T) {
	src := rawHTML("<h1>Hafen &ouml;ffnet 😀</h1><p>Der Hafen &#x1F6A2; von Port\u00a0Ella <b>öff\u00adnete</b> am Dienstag wieder. 日本語です。<p>" + prose1)
	d := Clean(src)
	spans := make([]Span, len(d.Sentences))
	for i, s := range d.Sentences {
		spans[i] = d.Original(s.Span)
	}
	units := utf16.Encode([]rune(src.Text))
	for i, s := range Offsets(src.Text, spans, UTF16) {
		if got, want := string(utf16.Decode(units[s.Begin:s.End])), src.Text[spans[i].Begin:spans[i].End]; got != want {
			t.Errorf("sentence %d = %q, want %q", i, got, want)
		}
	}
}

func BenchmarkOffsets(b *testing.B) {
	text := plainArticle(1 << 20)
	d := Clean(Raw{Text: text})
	spans := make([]Span, 0, len(d.Sentences))
	for _, s := range d.Sentences {
		spans = append(spans, d.Original(s.Span))
	}
	for b.Loop() {
		Offsets(text, spans, UTF16)
	}
}
