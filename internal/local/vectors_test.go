package local

import "testing"

func TestVectorsAreThoseOfWords(t *testing.T) {
	of := func(words string) *embedding {
		var l lexer
		var m embedding
		for _, token := range l.append(nil, words, 0) {
			m.add(l.form(words, &token), 1)
		}
		m.normalize()
		return &m
	}
	for _, tt := range []struct{ word, near, far string }{
		{"ministers", "parliament", "banana"},
		{"goalkeepers", "striker", "parliament"},
		{"vaccines", "malaria", "goalkeeper"},
		{"peacekeepers", "troops", "recipe"},
	} {
		near, far := of(tt.word).cosine(of(tt.near)), of(tt.word).cosine(of(tt.far))
		if near < nearWord || near <= far {
			t.Errorf("%s is %d to %s and %d to %s", tt.word, near, tt.near, far, tt.far)
		}
	}
	if *of("zzyzxq") != (embedding{}) {
		t.Error("an unknown word has a meaning")
	}
}
