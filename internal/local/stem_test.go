package local

import (
	"slices"
	"testing"
)

func TestStem(t *testing.T) {
	for want, forms := range map[string][]string{
		"protest":   {"protest", "protests", "protested", "protesting"},
		"protester": {"protester", "protesters"},
		"vote":      {"vote", "votes", "voted", "voting"},
		"plan":      {"plan", "plans", "planned", "planning"},
		"plane":     {"plane", "planes"},
		"invade":    {"invade", "invades", "invaded", "invading"},
		"negotiate": {"negotiate", "negotiated", "negotiating"},
		"rescue":    {"rescue", "rescued", "rescuing"},
		"kill":      {"kill", "kills", "killed", "killing", "killings"},
		"earning":   {"earnings"},
		"earn":      {"earn", "earns", "earned", "earning"},
		"king":      {"king", "kings"},
		"control":   {"control", "controls", "controlled", "controlling"},
		"party":     {"party", "parties"},
		"carry":     {"carry", "carries", "carried"},
		"attack":    {"attack", "attacks", "attacked", "attacking"},
		"crash":     {"crash", "crashes", "crashed"},
		"crisis":    {"crisis"},
		"virus":     {"virus"},
		"arms":      {"arms"},
		"arm":       {"arm", "armed", "arming"},
		"inning":    {"inning", "innings"},
		"blues":     {"blues"},
		"blue":      {"blue"},
		"bomb":      {"bomb", "bombs", "bombed", "bombing"},
		"speed":     {"speed", "speeds"},
		"train":     {"train", "trains", "trained", "training"},
	} {
		for _, form := range forms {
			if got := string(stem([]byte(form))); got != want {
				t.Errorf("stem(%q) = %q, want %q", form, got, want)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	words := func(text string) []string {
		var l lexer
		var out []string
		for _, token := range l.append(nil, text, 0) {
			out = append(out, text[token.begin:token.end])
		}
		return out
	}
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{" ... ", nil},
		{"The U.S. and the U.N.", []string{"U.S.", "and", "U.N."}},
		{"al-Shabaab's cease-fire", []string{"al", "Shabaab", "cease", "fire"}},
		{"$1,250.50 for G20", []string{"1,250.50", "for", "G20"}},
		{"a coup d’état", []string{"coup", "d’état"}},
		{"和平 talks", []string{"和", "平", "talks"}},
		{"don't “stop”", []string{"don't", "stop"}},
	} {
		got := words(tt.text)
		if len(got) != len(tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
				break
			}
		}
	}
}

// TestTokenStems checks that a word is the same word with what is written together
// with it behind an apostrophe.
func TestTokenStems(t *testing.T) {
	stems := func(text string) []uint64 {
		var l lexer
		var out []uint64
		for _, token := range l.append(nil, text, 0) {
			out = append(out, token.stem)
		}
		return out
	}
	for _, tt := range []struct{ text, want string }{
		{"Spain's", "Spain"},
		{"she'll", "she"},
		{"I’LL", "I"},
		{"we've we're we'd", "we we we"},
		{"I'm", "I"},
		{"the dogs' bowls", "the dogs bowls"},
		{"coup d'etat", "coup detat"},
		{"O'Reilly", "OReilly"},
		{"o'clock", "oclock"},
		{"can't", "cant"},
	} {
		if got, want := stems(tt.text), stems(tt.want); !slices.Equal(got, want) {
			t.Errorf("%q: %x, want those of %q: %x", tt.text, got, tt.want, want)
		}
	}
	if got := len(stems("a pupil's A-level")); got != 3 {
		t.Errorf("%d words in an A-level, want 3", got)
	}
}
