package local

import (
	"bytes"
	"strings"
)

// stem cuts the inflection off an ASCII word in lower case and returns what is
// left, in the same memory. It unites "protest", "protests", "protested" and
// "protesting", and leaves derivations ("protester", "protestation") alone: a
// phrase that stands for a topic should not match its word's whole family.
//
// The stem need not be a word, as long as every form gives the same.
func stem(w []byte) []byte {
	n := len(w)
	if n <= 3 {
		return w
	}
	switch string(w) {
	case "arms", "rights", "shares", "goods", "talks", "customs", "damages", "commons", "grounds", "forces", "inning", "ties", "according", "blues":
		return w // "Arms" are no arm, and an "inning" is no inn.
	}
	switch {
	case bytes.HasSuffix(w, []byte("ies")):
		if n > 4 {
			return append(w[:n-3], 'y')
		}
		return w[:n-1]
	case bytes.HasSuffix(w, []byte("ied")) && n > 4:
		return append(w[:n-3], 'y')
	case bytes.HasSuffix(w, []byte("ings")) && !collective[string(w)]:
		return stem(w[:n-1])
	case w[n-1] == 's':
		return singular(w)
	case bytes.HasSuffix(w, []byte("ing")) && n > 5 && hasVowel(w[:n-3]):
		return base(w[:n-3])
	case bytes.HasSuffix(w, []byte("eed")):
		return w
	case bytes.HasSuffix(w, []byte("ed")) && n > 4 && hasVowel(w[:n-2]):
		return base(w[:n-2])
	}
	return single(w)
}

// collective are words in "ings" that are no deeds: "savings" have little to do with
// what is saved.
var collective = wordSet("earnings savings holdings winnings proceedings belongings surroundings standings siblings")

// singular cuts the plural off w, which ends in s.
func singular(w []byte) []byte {
	n := len(w)
	switch w[n-2] {
	case 's', 'u', 'i':
		return w // "class", "virus", "crisis".
	case 'e':
		switch {
		case bytes.HasSuffix(w, []byte("sses")), bytes.HasSuffix(w, []byte("shes")),
			bytes.HasSuffix(w, []byte("ches")), bytes.HasSuffix(w, []byte("xes")),
			bytes.HasSuffix(w, []byte("zzes")), bytes.HasSuffix(w, []byte("oes")) && n > 5:
			return w[:n-2]
		}
	}
	return single(w[:n-1])
}

// base gives back to a verb without "ing" or "ed" what the ending took:
// "planned" loses an n, "voting" and "invading" get an e.
func base(w []byte) []byte {
	n := len(w)
	if n < 2 {
		return w
	}
	last, before := w[n-1], w[n-2]
	switch {
	case last == before && !isVowel(last):
		if last == 'l' || last == 's' || last == 'z' || last == 'f' {
			return single(w)
		}
		return w[:n-1]
	case wantsE(w, last, before):
		return append(w, 'e')
	}
	return w
}

// wantsE guesses whether the verb that w begins is written with a final e. It
// errs for some ("combat", "focus"); these then stand apart from their forms.
func wantsE(w []byte, last, before byte) bool {
	switch last {
	case 'v', 'u', 'c':
		return true
	case 's', 'z':
		return before != 's' && before != 'z'
	case 'g':
		return before != 'n' || bytes.HasSuffix(w, []byte("ang")) && len(w) > 4
	case 'l':
		return !isVowel(before) && before != 'r' && before != 'w' && before != 'l'
	case 'a', 'e', 'i', 'o', 'w', 'x', 'y':
		return false
	}
	return isVowel(before) && vowelWantsE(w)
}

// vowelWantsE is wantsE for a verb that ends in a vowel and a consonant.
func vowelWantsE(w []byte) bool {
	if bytes.HasSuffix(w, []byte("iat")) || bytes.HasSuffix(w, []byte("uat")) {
		return true // "negotiat".
	}
	if endsInTwoVowels(w[:len(w)-1]) {
		return false // "train", "meet".
	}
	if vowelGroups(w) == 1 {
		return true // "vot", "mak", "fir".
	}
	switch string(w[len(w)-2:]) {
	case "at", "ut", "ad", "id", "ir", "ur", "in", "ok":
		return true // "execut", "invad", "decid", "requir", "captur", "determin", "provok".
	}
	return false
}

// endsInTwoVowels reports whether w ends in a vowel behind another, which a y or the u of
// "qu" is not.
func endsInTwoVowels(w []byte) bool {
	n := len(w)
	if n < 2 || !isVowel(w[n-2]) || w[n-2] == 'y' {
		return false
	}
	return !(w[n-2] == 'u' && n >= 3 && w[n-3] == 'q')
}

// single takes one l off a word of several syllables, so that "controlled" and
// "control" or "instalment" and "install" spellings meet.
func single(w []byte) []byte {
	n := len(w)
	if n > 4 && w[n-1] == 'l' && w[n-2] == 'l' && vowelGroups(w) > 1 {
		return w[:n-1]
	}
	return w
}

func isVowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

func hasVowel(w []byte) bool {
	for _, c := range w {
		if isVowel(c) {
			return true
		}
	}
	return false
}

// vowelGroups counts runs of vowels: about the syllables.
func vowelGroups(w []byte) int {
	groups, in := 0, false
	for _, c := range w {
		v := isVowel(c)
		if v && !in {
			groups++
		}
		in = v
	}
	return groups
}

// irregular lists forms that no rule unites with their stem.
var irregular = map[string][]string{
	"man": {"men"}, "woman": {"women"}, "child": {"children"}, "person": {"people"},
	"serviceman": {"servicemen"}, "gunman": {"gunmen"}, "fisherman": {"fishermen"},
	"sell": {"sold"}, "buy": {"bought"}, "send": {"sent"}, "fight": {"fought"}, "win": {"won"},
	"lose": {"lost"}, "shoot": {"shot"}, "strike": {"struck"}, "steal": {"stole", "stolen"},
	"seek": {"sought"}, "hold": {"held"}, "flee": {"fled"}, "lead": {"led"}, "rise": {"rose", "risen"},
	"fall": {"fell", "fallen"}, "break": {"broke", "broken"}, "take": {"took", "taken"},
	"give": {"gave", "given"}, "overthrow": {"overthrew", "overthrown"}, "withdraw": {"withdrew", "withdrawn"},
	"drown": {"drowned"}, "crisis": {"crises"}, "hide": {"hid", "hidden"}, "build": {"built"},
	"teach": {"taught"}, "swim": {"swam", "swum"}, "beat": {"beaten"}, "hijack": {"hijacking"},
	"spy": {"spied"}, "sink": {"sank", "sunk"}, "write": {"wrote", "written"}, "sing": {"sang", "sung"},
	"wife": {"wives"}, "life": {"lives"}, "thief": {"thieves"}, "die": {"dying"}, "wolf": {"wolves"},
	"virus": {"viruses"}, "campus": {"campuses"}, "bonus": {"bonuses"}, "bus": {"buses"},
}

// variants returns other spellings of a stem: British and American, and
// irregular forms, as stems.
func variants(stem string) []string {
	var out []string
	add := func(old, new string) {
		if i := len(stem) - len(old); i >= 2 && stem[i:] == old {
			out = append(out, stem[:i]+new)
		}
	}
	for _, v := range spellings {
		add(v[0], v[1])
		add(v[1], v[0])
	}
	if i := strings.Index(stem, "isation"); i > 1 {
		out = append(out, stem[:i]+"ization"+stem[i+7:])
	}
	if i := strings.Index(stem, "ization"); i > 1 {
		out = append(out, stem[:i]+"isation"+stem[i+7:])
	}
	return append(out, irregular[stem]...)
}

// spellings are endings that British and American writers spell differently.
var spellings = [][2]string{
	{"fence", "fense"},
	{"cence", "cense"},
	{"isation", "ization"},
	{"ise", "ize"},
	{"iser", "izer"},
	{"yse", "yze"},
	{"bour", "bor"},
	{"lour", "lor"},
	{"vour", "vor"},
	{"nour", "nor"},
	{"mour", "mor"},
	{"viour", "vior"},
	{"bourer", "borer"},
	{"centre", "center"},
	{"theatre", "theater"},
	{"ogramme", "ogram"},
	{"tyre", "tire"},
	{"tumour", "tumor"},
	{"paedophile", "pedophile"},
	{"aeolog", "eolog"},
	{"gaol", "jail"},
	{"plough", "plow"},
	{"epicentre", "epicenter"},
	{"traveler", "traveller"},
	{"counselor", "counsellor"},
	{"enrolment", "enrollment"},
	{"jewellery", "jewelry"},
	{"mould", "mold"},
	{"pyjama", "pajama"},
	{"manoeuvre", "maneuver"},
	{"paediatric", "pediatric"},
	{"anaemia", "anemia"},
	{"oestrogen", "estrogen"},
	{"grey", "gray"},
	{"aluminium", "aluminum"},
	{"aeroplane", "airplane"},
	{"neighbour", "neighbor"},
	{"bourhood", "borhood"},
	{"cheque", "check"},
	{"judgement", "judgment"},
	{"sceptic", "skeptic"},
}
