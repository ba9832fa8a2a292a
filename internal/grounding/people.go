package grounding

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// peopleText holds given names and surnames by script.
//
//go:embed people.txt
var peopleText string

// people are the names of people in the script of a language.
type people struct {
	first, last map[string]bool
	wellKnown   map[string]bool // people, firms and bodies of world news
	stems       map[string]bool // of given names, in languages with cases
}

// scriptNames are the parts of peopleText by language; all others have "latin".
var scriptNames = map[string]string{
	"ru": "cyrillic", "uk": "cyrillic", "be": "cyrillic", "bg": "cyrillic", "mk": "cyrillic", "sr": "cyrillic", "kk": "cyrillic",
	"ar": "arabic", "fa": "arabic", "ur": "arabic", "el": "el", "he": "he", "zh": "zh", "ja": "ja", "ko": "ko", "hy": "hy", "ka": "ka", "hi": "hi",
}

// scriptOf returns the part of the lists of names that a language reads.
func scriptOf(language string) string {
	if script := scriptNames[language]; script != "" {
		return script
	}
	return "latin"
}

var peopleByScript sync.Map // func() *people

// peopleOf returns the names of people in a language.
func peopleOf(language string) *people {
	script := scriptOf(language)
	made, _ := peopleByScript.LoadOrStore(script, sync.OnceValue(func() *people {
		return &people{
			first: set(strings.Join(section(peopleText, script+" first"), " ")),
			last:  set(strings.Join(section(peopleText, script+" last"), " ")),

			wellKnown: set(strings.Join(section(wellKnownText, script), " ")),
		}
	}))
	p := *made.(func() *people)()
	if r := rulesOf(language); len(r.endings) > 0 {
		p.stems = make(map[string]bool, len(p.first))
		var stems []string
		for name := range p.first {
			for _, stem := range r.caseStems(name, stems[:0]) {
				p.stems[stem] = p.stems[stem] || utf8.RuneCountInString(stem) >= 4
			}
		}
	}
	return &p
}

// hasFalsePlainName reports whether text, in a script without capital letters, names a
// place or a person that the source does not name.
func (f *facts) hasFalsePlainName(r *languageRules, text string, lexemes []lexeme) bool {
	switch {
	case r.unspaced():
		return f.hasFalseHanPlace(r, text) || r.language == "zh" && f.hasFalseChinese(text) || r.language == "ja" && f.hasFalseJapanese(r, text)
	case f.hasFalsePlace(r, lexemes):
		return true
	case r.language == "ar":
		return f.hasFalseArabic(r, lexemes)
	}
	return false
}

// hasFalsePlace reports whether lexemes name a place that the source does not name.
func (f *facts) hasFalsePlace(r *languageRules, lexemes []lexeme) bool {
	for i := range lexemes {
		if r.language == "ar" && f.falseArabicDivision(lexemes, i) || f.lacksPlaceAt(r, lexemes, i) {
			return true
		}
	}
	return false
}

// lacksPlaceAt reports whether the words from lexeme i on name a place, or in Arabic are the
// adjective of one, that the source does not name.
func (f *facts) lacksPlaceAt(r *languageRules, lexemes []lexeme, i int) bool {
	t := &lexemes[i]
	if t.kind != lexemeWord || ambiguousPlaces[t.norm] && !(i > 0 && beforePlaces[lexemes[i-1].norm]) || f.hasForm(t) {
		return false
	}
	places, proper, end := r.places().at(r, lexemes, i)
	if !proper && r.language == "ar" && len(places) > 0 && (i == 0 || !f.isGiven(r, &lexemes[i-1])) {
		proper = r.places().isAdjective(t) // "a Chinese company"
	}
	if !proper || end == i+1 && t.norm != strings.TrimLeft(t.norm, "وبلكف") && ambiguousPlaces[strings.TrimLeft(t.norm, "وبلكف")] {
		return false
	}
	return !slices.ContainsFunc(places, func(p place) bool { return f.placesNamed()[p] })
}

// ambiguousPlaces are names of places that are ordinary words too.
var ambiguousPlaces = set("مالي المالي ماليه بنين صور الصور هند سان نيس نور الجزائر جده الخليل حمص برن سول")

// beforePlaces stand in front of the names of places in Arabic, and of few other words.
var beforePlaces = set("قرب شمال جنوب شرق غرب مدينه شمالي جنوبي شرقي غربي وسط")

// hasForm reports whether the source has a word in one of its forms.
func (f *facts) hasForm(t *lexeme) bool {
	for _, form := range t.forms() {
		if f.has(form, asWord) {
			return true
		}
	}
	return false
}

// hasFalseArabic reports whether a given name stands beside a surname that the source
// does not have, or before one that it has with another given name.
func (f *facts) hasFalseArabic(r *languageRules, lexemes []lexeme) bool {
	for i := 0; i+1 < len(lexemes); i++ {
		given, surname := &lexemes[i], &lexemes[i+1]
		if given.kind != lexemeWord || surname.kind != lexemeWord || !f.isGiven(r, given) {
			continue
		}
		if f.falseArabicPair(r, lexemes[max(0, i-4):i], given, surname) {
			return true
		}
	}
	return false
}

// falseArabicPair reports whether the source lacks the name of a given name and what follows it, with
// these words before.
func (f *facts) falseArabicPair(r *languageRules, before []lexeme, given, surname *lexeme) bool {
	knownGiven, knownSurname := f.plainIn(given), f.plainIn(surname)
	isSurname := strings.HasPrefix(surname.norm, "ال") || r.people().last[surname.norm] || r.people().first[surname.norm]
	switch {
	case knownGiven && knownSurname:
		return false
	case !isSurname:
		return knownGiven && !f.hasForm(surname) && f.givesAnother(given.norm) && leadsArabicName(before)
	case knownGiven:
		return !f.has(strings.TrimPrefix(surname.norm, "ال"), asWord)
	}
	return knownSurname || leadsArabicName(before)
}

// givesAnother reports whether the source has the given name, each time with the same word behind it.
func (f *facts) givesAnother(given string) bool {
	behind := make(map[string]bool)
	words := strings.Fields(f.quotable)
	for i, word := range words[:max(0, len(words)-1)] {
		if word == given {
			behind[words[i+1]] = true
		}
	}
	return len(behind) == 1
}

// arabicTitles stand before the names of people, with up to three words for the office between,
// and arabicSpeech right before them.
var (
	arabicTitles = set("وزير وزيره الوزير الوزيره رئيس رئيسه الرئيس الرئيسه مدير مديره المدير المديره الدكتور الدكتوره النايب النايبه النائب النائبه السيد السيده الشيخ الامير الاميره الملك اللواء " +
		"العميد العقيد الرايد الرائد النقيب المحامي المحاميه الناشط الناشطه المتحدث المتحدثه القاضي القاضيه السفير السفيره الاستاذ الاستاذه المهندس المهندسه المدرب اللاعب الكاتب الكاتبه الصحفي الصحفيه " +
		"القيادي القياديه زعيم الزعيم الزعيمه قايده الاكاديمي الاكاديميه الباحث الباحثه الخبير الخبيره المدعي محافظ المحافظ قايد القايد قائد القائد سفير نايب نائب عضو الامين المفوض الجنرال الطبيب الطبيبه المخرج الفنان الفنانه الممثل")
	arabicSpeech = set("قال وقال قالت وقالت اعلن واعلن اعلنت واعلنت اكد واكد اكدت واكدت اضاف واضاف اضافت واضافت صرح وصرح اوضح واوضح ذكر وذكر انتقد وانتقد انتقدت وانتقدت دعا ودعا حذر وحذر")
)

// leadsArabicName reports whether before, the words in front of a given name, lead to one.
func leadsArabicName(before []lexeme) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	if arabicSpeech[last.norm] {
		return true
	}
	for i := range before {
		if before[i].kind == lexemeMark {
			return false
		}
	}
	return slices.ContainsFunc(before, func(t lexeme) bool { return arabicTitles[t.norm] || arabicTitles[strings.TrimPrefix(t.norm, "و")] })
}

// arabicDivisions stand before the name of a place.
var arabicDivisions = set("جهه محافظه مدينه ولايه بلده قريه لمحافظه بمحافظه لمدينه بمدينه ومحافظه ومدينه مطار ميناء مخيم")

// falseArabicDivision reports whether lexeme i is the name of a place by the word before it, and
// the source has it in no form. Adjectives agree with that word by their ending.
func (f *facts) falseArabicDivision(lexemes []lexeme, i int) bool {
	t := &lexemes[i]
	return i > 0 && arabicDivisions[lexemes[i-1].norm] && t.kind == lexemeWord && utf8.RuneCountInString(t.norm) >= 3 &&
		!strings.HasSuffix(t.norm, "ه") && !strings.HasSuffix(t.norm, "يا") && !notPlaces[t.norm] && !f.hasForm(t)
}

// notPlaces follow the words for towns without naming one.
var notPlaces = set("تبعد تقع تضم بها كانت تعد تعتبر يقطنها يسكنها تشهد تحتضن حيث التي علي عن من في الي كبري صغري اخري دولي الدولي جديد تجاري عسكري مدني بحري ساحليه الملاهي الالعاب")

// plainIn reports whether the source has a word, with or without what Arabic writes in
// front of words.
func (f *facts) plainIn(t *lexeme) bool {
	if f.has(t.norm, asWord) {
		return true
	}
	for _, front := range []string{"و", "ب", "ل", "ف", "ك"} {
		if f.has(front+t.norm, asWord) {
			return true
		}
		if rest, ok := strings.CutPrefix(t.norm, front); ok && utf8.RuneCountInString(rest) >= 3 && f.has(rest, asWord) {
			return true
		}
	}
	return false
}

// isGiven reports whether t is a given name, with or without a word written in front.
func (f *facts) isGiven(r *languageRules, t *lexeme) bool {
	if r.people().first[t.norm] {
		return true
	}
	for _, front := range []string{"و", "ل", "ب"} {
		if rest, ok := strings.CutPrefix(t.norm, front); ok && r.people().first[rest] {
			return true
		}
	}
	return false
}
