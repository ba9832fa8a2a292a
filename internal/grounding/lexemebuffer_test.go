package grounding

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// What a short text costs does not depend on the texts before it: its lexemes alone are
// cleared, and the room of a long text is not kept.
func TestLexemeBuffer(t *testing.T) {
	const short = "Nine ships left the port of Velmar on Tuesday."
	lexemes := len(lexemesOf(short))
	for _, before := range []string{"", short, strings.Repeat(short+" ", 500), strings.Repeat("x", 1_000_000), strings.Repeat(short+" ", 1_000_000/len(short))} {
		var b lexemeBuffer
		b.read(before)
		b.read("") // a shorter text does not hide a longer one
		b.reset()
		if cap(b.lexemes) > maxPooledLexemes {
			t.Errorf("%d lexemes of room are kept after %d bytes", cap(b.lexemes), len(before))
		}
		for i, l := range b.lexemes[:cap(b.lexemes)] {
			if l != (lexeme{}) {
				t.Fatalf("lexeme %d of %d bytes is kept: %+v", i, len(before), l)
			}
		}
		if got := len(b.read(short)); got != lexemes {
			t.Errorf("%d lexemes after %d bytes, want %d", got, len(before), lexemes)
		}
		if cleared := b.reset(); cleared != lexemes {
			t.Errorf("%d lexemes were cleared after %d bytes, want %d", cleared, len(before), lexemes)
		}
	}
}

// TestPlainWords holds the quick path for words of ASCII letters to the rule for all words.
func TestPlainWords(t *testing.T) {
	pieces := []string{"a", "Ab", "USA", "mcDonald", " ", ",", ".", "-", "'s", "'", "1", "é", "\n", "U.S", "(", ")", ":"}
	random := rand.New(rand.NewPCG(5, 6))
	plain := 0
	for range 50_000 {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		text := b.String()
		length, uppers := plainWord(text)
		if length == 0 {
			continue
		}
		plain++
		if want := wordLength(text); length != want {
			t.Fatalf("%q: a word of %d bytes, want %d", text, length, want)
		}
		var want lexeme
		want.describe(text[:length])
		if got := lexemesOf(text)[0]; got.norm != want.norm || got.upper != want.upper || got.caps != want.caps || got.base != want.base || got.possessive != want.possessive {
			t.Fatalf("%q with %d capitals: %+v, want %+v", text, uppers, got, want)
		}
	}
	if plain == 0 {
		t.Fatal("no plain words")
	}
}
