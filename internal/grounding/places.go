package grounding

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// capitalText holds capitals by script.
//
//go:embed capitals.txt
var capitalText string

// place is a state, with its capital, its people and their adjective, or a city. It is an
// ISO 3166 code or a name of its own.
type place string

// placeName is a way to name a place, as words in a row.
type placeName struct {
	words  []string
	proper bool // the name of the place itself
	place  place
}

// placeTable finds the places that a text names.
type placeTable struct {
	byStem    map[string][]placeName // by a case stem of the first word
	byDerived map[string][]place     // by what is left of a name without its ending
	stems     stemTable[[]place]
	byFirst   map[rune][]string // names as written, for scripts without spaces, the longest first
	places    map[string][]place
}

// newPlaceTable reads the places of cldr.txt and of the file of a language, which are lines
// "CODE names" and names of cities.
func newPlaceTable(r *languageRules) *placeTable {
	t := &placeTable{
		byStem:    make(map[string][]placeName),
		byDerived: make(map[string][]place),
		places:    make(map[string][]place),
	}
	t.addAll(r)
	if !r.unspaced() {
		return t
	}
	t.byFirst = make(map[rune][]string)
	for name := range t.places {
		first, _ := utf8.DecodeRuneInString(name)
		t.byFirst[first] = append(t.byFirst[first], name)
	}
	for _, names := range t.byFirst {
		slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	}
	return t
}

// addAll adds the places of the lists.
func (t *placeTable) addAll(r *languageRules) {
	named := func(line string) {
		code, names, _ := strings.Cut(line, " ")
		for name := range strings.SplitSeq(names, "|") {
			t.add(r, place(code), name, true)
		}
	}
	for _, line := range cldrLines(r.language) {
		if rest, ok := strings.CutPrefix(line, "place "); ok {
			named(rest)
		}
	}
	for _, line := range section(capitalText, scriptOf(r.language)) {
		named(line)
	}
	for _, city := range r.cities {
		t.add(r, place(city), city, true)
	}
	for _, line := range r.placeLines {
		t.addLine(r, line)
	}
}

// addLine adds the names of the line of a place in the file of a language.
func (t *placeTable) addLine(r *languageRules, line string) {
	code, names, _ := strings.Cut(line, " ")
	if strings.Contains(names, "|") || r.withoutCapitals() {
		for name := range strings.SplitSeq(names, "|") {
			t.add(r, place(code), strings.TrimSpace(name), r.language == "ar" && !strings.HasSuffix(name, "*"))
		}
		return
	}
	for name := range strings.FieldsSeq(names) {
		t.add(r, place(code), name, false)
	}
}

func (t *placeTable) add(r *languageRules, p place, name string, proper bool) {
	if name == "" {
		return
	}
	if stem, ok := strings.CutSuffix(name, "*"); ok && !strings.Contains(name, " ") {
		stem = normalize(stem)
		known, _ := t.stems.stems[stem]
		t.stems.add(stem+"*", append(known, p))
		t.places[stem] = appendNew(t.places[stem], p)
		return
	}
	name = strings.TrimSuffix(name, "*")
	written := name
	if !r.unspaced() { // where names are looked for in the text as it is
		written = normalize(name)
	}
	t.places[written] = appendNew(t.places[written], p)
	var words []string
	for _, l := range lexemesOf(name) {
		if l.kind != lexemeMark {
			words = append(words, l.norm)
		}
	}
	if len(words) == 0 {
		return
	}
	n := placeName{words: words, proper: proper, place: p}
	for _, stem := range r.caseStems(words[0], nil) {
		t.byStem[stem] = append(t.byStem[stem], n)
	}
	if len(words) == 1 {
		for _, stem := range r.placeStems(words[0], nil) {
			if utf8.RuneCountInString(stem) >= minStem {
				t.byDerived[stem] = appendNew(t.byDerived[stem], p)
			}
		}
	}
}

func appendNew(places []place, p place) []place {
	if slices.Contains(places, p) {
		return places
	}
	return append(places, p)
}

// at returns the places that the words from lexeme i on name, the longest name first,
// whether one of them is a place's own name, and where that ends.
func (t *placeTable) at(r *languageRules, lexemes []lexeme, i int) (places []place, proper bool, end int) {
	word := lexemes[i].norm
	end = i + 1
	length := 0
	forms := lexemes[i].forms()
	for _, base := range forms {
		for _, stem := range r.caseStems(base, nil) {
			for _, n := range t.byStem[stem] {
				if len(n.words) < length || !n.follows(r, lexemes, i) {
					continue
				}
				if len(n.words) > length {
					places, proper, length = nil, false, len(n.words)
				}
				places = appendNew(places, n.place)
				proper = proper || n.proper && base == n.words[0]
			}
		}
	}
	if length > 0 {
		return places, proper, n(lexemes, i, length)
	}
	for _, form := range forms {
		if known, ok := t.stems.get(form); ok {
			return known, false, end
		}
	}
	for _, stem := range r.derivedStems(word, nil) {
		for _, p := range t.byDerived[stem] {
			places = appendNew(places, p)
		}
	}
	return places, false, end
}

// isAdjective reports whether an Arabic word in one of its forms is a whole stem of the table,
// with or without the ending of a woman or of several people.
func (t *placeTable) isAdjective(word *lexeme) bool {
	return slices.ContainsFunc(word.forms(), func(form string) bool {
		return slices.ContainsFunc([]string{"", "ه", "ون", "ين", "ا"}, func(ending string) bool {
			stem, ok := strings.CutSuffix(form, ending)
			return ok && t.stems.stems[stem] != nil
		})
	})
}

// n returns the end of so many words from lexeme i on, marks between them aside.
func n(lexemes []lexeme, i, words int) int {
	for ; i < len(lexemes) && words > 0; i++ {
		if lexemes[i].kind != lexemeMark {
			words--
		}
	}
	return i
}

// follows reports whether the words of a name behind its first stand from lexeme i on.
func (p *placeName) follows(r *languageRules, lexemes []lexeme, i int) bool {
	j := i + 1
	for _, word := range p.words[1:] {
		for j < len(lexemes) && lexemes[j].kind == lexemeMark && lexemes[j].glued {
			j++
		}
		if j >= len(lexemes) || !r.sameWord(lexemes[j].norm, word) {
			return false
		}
		j++
	}
	return true
}

// placesIn returns the places that texts name.
func placesIn(r *languageRules, texts []string) map[place]bool {
	found := make(map[place]bool)
	t := r.places()
	for _, text := range texts {
		if r.unspaced() {
			for _, p := range t.within(text) {
				found[p.place] = true
			}
			continue
		}
		lexemes := lexemesOf(text)
		for i := range lexemes {
			if lexemes[i].kind != lexemeWord {
				continue
			}
			places, _, _ := t.at(r, lexemes, i)
			for _, p := range places {
				found[p] = true
			}
		}
	}
	return found
}

// writtenPlace is a place that a text in a script without spaces names, and how.
type writtenPlace struct {
	name  string
	place place
}

// within returns the places whose names stand in text, read from its beginning, the longest
// name first at each point. A name in katakana is no part of a longer word.
func (t *placeTable) within(text string) []writtenPlace {
	var found []writtenPlace
	before := rune(0)
	for i, skip := 0, 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if i >= skip {
			for _, name := range t.byFirst[r] {
				if !strings.HasPrefix(text[i:], name) || isKatakana(r) && isKatakana(before) || cutsKatakana(text[i:], len(name)) {
					continue
				}
				for _, p := range t.places[name] {
					found = append(found, writtenPlace{name, p})
				}
				skip = i + len(name)
				break
			}
		}
		before, i = r, i+size
	}
	return found
}

// cutsKatakana reports whether a word in katakana goes on behind the first bytes of text.
func cutsKatakana(text string, end int) bool {
	last, _ := utf8.DecodeLastRuneInString(text[:end])
	next, _ := utf8.DecodeRuneInString(text[end:])
	return isKatakana(last) && isKatakana(next)
}

func isKatakana(r rune) bool { return r == 'ー' || unicode.Is(unicode.Katakana, r) }
