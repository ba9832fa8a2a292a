package grounding

import (
	"slices"
	"strings"
	"testing"
)

func nounsListed() []string {
	_, words, _ := strings.Cut(nounText, "\n")
	return strings.Fields(words)
}

// The list is searched by halves, so its order matters.
func TestNounsAreInOrder(t *testing.T) {
	nouns := nounsListed()
	if !slices.IsSorted(nouns) {
		t.Fatal("the list of nouns is not in the order of bytes")
	}
	for _, word := range []string{nouns[0], nouns[1], nouns[len(nouns)/2], nouns[len(nouns)-1]} {
		if !isListedNoun(word) {
			t.Errorf("%q is not found", word)
		}
		if isListedNoun(word+"zz") || isListedNoun(word[:2]+"\x00") {
			t.Errorf("a word beside %q is found", word)
		}
	}
}

// A name in the list of nouns would pass wherever it stands.
func TestNounsAreNoNames(t *testing.T) {
	places := rulesOf("de").places().places
	for _, noun := range nounsListed() {
		if _, ok := places[noun]; ok && noun != "konigreich" && noun != "republik" {
			t.Errorf("%q is a place", noun)
		}
	}
	for _, name := range strings.Fields("schweiz turkei niederlande ukraine slowakei siemens lufthansa bosch mainz munster hannover schwerin irak schmidt merkel lehmann angela katrin") {
		if isGermanNoun(name) {
			t.Errorf("%q counts as a noun", name)
		}
	}
}

// TestGermanNames tells nouns from names by the list and by what stands before them.
func TestGermanNames(t *testing.T) {
	s := NewSource("", "Der Verband stellte in Aachen einen Plan vor. Das sagte Sprecherin Ilse Tarn.", "de", nil)
	for _, test := range []struct {
		text string
		want Claim
	}{
		{"Tarn stellte einen Plan mit Blick auf Firmen, Risiken und Themen der Zukunft vor.", None},
		{"Im Rahmenprogramm geht es um Strom, Öl und Kohle.", None},
		{"Die Aachener Fachleute sehen Fachkräftemangel und Lohnkosten.", None},
		{"Damals hatte Tarn Bedenken.", None},
		{"Geplant ist ein Treffen.", None},
		{"Millionen Frauen warten.", None},
		{"Das Treffen findet in der Türkei statt.", Name},
		{"Die Mannheimer Fachleute sind dagegen.", Name},
		{"Das sagte Müller am Abend.", Name},
		{"Das sagte Paul Wagner am Abend.", Name},
		{"Dagegen ist der Gewerkschafter Bauer.", Name},
		{"Fischer lehnte den Plan ab.", Name},
		{"Siemens lehnte den Plan ab.", Name},
		{"Novomatic will den Plan ändern.", Name},
		{"Das Treffen findet in Münster statt.", Name},
		{"Das Treffen mit Rossmann ist geplant.", Name},
	} {
		if found := s.Check([]Statement{{Text: test.text}}, "de"); found.Unsupported != test.want {
			t.Errorf("%q: %s %q, want %s", test.text, found.Unsupported, found.Words, test.want)
		}
	}
}
