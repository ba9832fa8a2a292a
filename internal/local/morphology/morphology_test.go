package morphology

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// lower returns a word as a text in the language is read.
func lower(l *Language, word string) []byte { return []byte(strings.Map(l.Lower, word)) }

func TestStems(t *testing.T) {
	for _, tt := range []struct {
		language  string
		one, same string // forms of one word each
		other     string // words that are others
	}{
		{"fr", "attaque", "attaques attaquer attaquée", "attaché"},
		{"fr", "évacuation", "évacuations", "évacuer"},
		{"fr", "données", "données", "donné donner"},
		{"fr", "État", "Etat état", "été"},
		{"de", "Angriff", "Angriffe Angriffs Angriffen", "angreifen"},
		{"de", "Regierung", "Regierungen", "regieren"},
		{"de", "Forderung", "Forderungen", ""},
		{"es", "elección", "elecciones", "elector"},
		{"es", "soldado", "soldado", "soldar"},
		{"pt", "eleição", "eleições", "eleitor"},
		{"it", "soldato", "soldati", "soldo"},
		{"nl", "aanval", "aanvallen", "aanvoer"},
		{"pl", "wybory", "wyborów wyborach wyborami", "wybuch"},
		{"pl", "żołnierz", "żołnierze żołnierzy żołnierzem", "żołądek"},
		{"ru", "переговоры", "переговоров переговорах", "переговорный"},
		{"ru", "учёный", "ученый", "учения"},
		{"uk", "вибори", "виборів виборах виборами", "виробник"},
		{"tr", "seçim", "seçimler seçimleri", "seçenek"},
		{"tr", "Irak", "ırak", "irade"},
		{"ar", "انتخابات", "الانتخابات والانتخابات بالانتخابات", "انقلاب"},
		{"ar", "مدرسة", "المدرسة مدرسه", "درس"},
		{"sw", "kushambulia", "walishambulia wameshambulia", "mashambulizi"},
		{"zh", "國", "国", "中"},
	} {
		l := Of(tt.language)
		var s Stemmer
		want := s.Word(l, lower(l, tt.one)).Stem
		for word := range strings.FieldsSeq(tt.same) {
			if s.Word(l, lower(l, word)).Stem != want {
				t.Errorf("%s: %q is not the word of %q", tt.language, word, tt.one)
			}
		}
		for word := range strings.FieldsSeq(tt.other) {
			if s.Word(l, lower(l, word)).Stem == want {
				t.Errorf("%s: %q is taken for %q", tt.language, word, tt.one)
			}
		}
	}
}

// A stem of one language has nothing to do with that of a word that is written alike in
// another.
func TestLanguagesDoNotShareWords(t *testing.T) {
	var s Stemmer
	if k := s.Word(Of("fr"), []byte("son")).Kind; k&Stop == 0 {
		t.Errorf("kinds of the French word %b", k)
	}
	if k := s.Word(Of("tr"), []byte("son")).Kind; k&Stop != 0 {
		t.Errorf("kinds of the Turkish word %b", k)
	}
}

func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		language, words string
		want            WordKind
	}{
		{"fr", "le de mais", Stop},
		{"fr", "cependant il ces", Anaphoric},
		{"de", "er aber trotzdem", Anaphoric},
		{"ru", "но он однако", Anaphoric},
		{"es", "ella él", Person},
		{"pl", "powiedział", Speech},
		{"nl", "ik wij", First},
		{"uk", "тиждень", Span},
	} {
		l := Of(tt.language)
		var s Stemmer
		for word := range strings.FieldsSeq(tt.words) {
			if s.Word(l, lower(l, word)).Kind&tt.want == 0 && !l.Skips([]byte(word)) {
				t.Errorf("%s: %q has not the kind %b", tt.language, word, tt.want)
			}
		}
	}
}

func TestParts(t *testing.T) {
	l := Of("de")
	if !l.IsPart([]byte("angriff")) || l.IsPart([]byte("renten")) {
		t.Error("an attack is part of words, a pension is not")
	}
	if !l.IsDerivation([]byte("lich")) || l.IsDerivation([]byte("welle")) {
		t.Error("-lich derives a word, a wave does not")
	}
}

func TestClausesAndStatements(t *testing.T) {
	es, tr := Of("es"), Of("tr")
	for word, want := range map[string]bool{"que": true, "Informó": true, "barcos": false} {
		if es.OpensClause(word) != want {
			t.Errorf("%q opens a clause: %v", word, !want)
		}
	}
	if tr.OpensClause("dedi") {
		t.Error("a clause opens in a language whose verbs stand at the end")
	}
	if !es.OpensDependent("Tras") || es.OpensDependent("barcos") {
		t.Error("dependent clauses")
	}
	if !es.States("encalló") || es.States("barcos") || !tr.States("gemi") {
		t.Error("statements")
	}
}

// Each language reads its file.
func TestWordFiles(t *testing.T) {
	for _, code := range Codes() {
		l := Of(code)
		if l.Code != code || len(l.kinds) < 50 || len(l.Openings) == 0 {
			t.Errorf("%s: %d words, openings %q", l.Code, len(l.kinds), l.Openings)
		}
	}
}

func TestCodes(t *testing.T) {
	if codes := Codes(); !slices.IsSorted(codes) || len(codes) != 14 || slices.Contains(codes, "en") {
		t.Errorf("codes %v", codes)
	}
	if Of("en") != nil || Of("") != nil || Of("el") != nil {
		t.Error("a language that is not known here")
	}
}

// Every letter of the table is paired once, and with another.
func TestSimplified(t *testing.T) {
	seen := make(map[rune]bool)
	for pair := range strings.FieldsSeq(string(wordFile("traditional.txt"))) {
		runes := []rune(pair)
		if len(runes) != 2 || runes[0] == runes[1] || seen[runes[0]] {
			t.Errorf("the pair %q", pair)
		}
		seen[runes[0]] = true
	}
	if simplified('國') != '国' || simplified('国') != '国' || simplified('a') != 'a' {
		t.Error("a character in another form")
	}
}

func TestAppendFolded(t *testing.T) {
	for in, want := range map[string]string{"éàîöüç": "eaiouc", "ß": "ss", "œ": "oe", "ł": "ł", "ж": "ж", "a": "a"} {
		var out []byte
		for _, r := range in {
			out = AppendFolded(out, r)
		}
		if string(out) != want {
			t.Errorf("%q is folded to %q, want %q", in, out, want)
		}
	}
}

func FuzzStem(f *testing.F) {
	for _, seed := range []string{"attaques", "Luftangriffswelle", "wybory", "والانتخابات", "walishambulia", "國", "ıİ", "\xff", "", "-", "ku", "ال"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, code := range Codes() {
			l := Of(code)
			word := lower(l, text)
			var s Stemmer
			first, again := s.Word(l, word), s.Word(l, word)
			if first != again {
				t.Errorf("%s: %q is %v and %v", code, text, first, again)
			}
			if stem := s.Stem(l, word); len(stem) == 0 && len(word) > 0 || utf8.Valid(word) && !utf8.Valid(stem) {
				t.Errorf("%s: the stem of %q is %q", code, word, stem)
			}
		}
	})
}
