package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsFragment reports whether text is no sentence of a paragraph: a noun phrase such as
// "The ten-year defence agreement". A sentence ends with a mark, in scripts that have
// one; in English it also has what may be a verb, and without the mark it passes where it
// has one beyond doubt. Language is a BCP 47 tag.
func IsFragment(text, language string) bool {
	closed := EndsSentence(text)
	if BaseLanguage(language) != "en" {
		last, _ := utf8.DecodeLastRuneInString(text)
		return !closed && unicode.In(last, punctuated...)
	}
	return !hasVerb(text, !closed)
}

// punctuated are scripts whose sentences end with a mark.
var punctuated = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Devanagari, unicode.Bengali,
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Nd, unicode.Punct,
}

// hasVerb reports whether an English text has a word that is a verb or, unless certain, one
// that may be.
func hasVerb(text string, certain bool) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
		word = strings.ReplaceAll(word, "’", "'")
		if isVerb(word) || !certain && mayBeVerb(word) {
			return true
		}
	}
	return false
}

// isVerb reports whether word, in small letters, is a verb in nearly all of its uses or holds
// a short form of one.
func isVerb(word string) bool {
	if verbForms.has(word) {
		return true
	}
	apostrophe := strings.LastIndexByte(word, '\'')
	if apostrophe < 0 {
		return false
	}
	switch word[apostrophe+1:] {
	case "ll", "ve", "re", "d":
		return true
	case "t":
		return strings.HasSuffix(word, "n't")
	}
	return false
}

// mayBeVerb reports whether word, in small letters, is a verb in some of its uses.
func mayBeVerb(word string) bool {
	return len(word) > 4 && strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "eed") ||
		len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") ||
		baseForms.has(word)
}

// verbForms are English words that are verbs in nearly all of their uses.
var verbForms = words(`is are was were am be been being has have had having do does did will would shall should can cannot could may might must
	it's that's there's he's she's who's what's i'm
	says said say saw seen takes took taken gave given goes went gone came becomes became makes made knew known thought told kept brought
	began begun wrote written spoke spoken rose risen fell fallen grew grown held led left lost met paid sent sold spent stood taught won wore
	drew drawn drove driven flew flown chose chosen threw thrown broke broken bought built caught dealt felt fought found got heard hung hid laid lent meant
	ran sang sat sank shot shook shown showed showing slept sought struck stuck swore swept swam tore understood withdrew withdrawn woke wound
	includes including remains seems aims agrees agreed signed plans announced launched approved accused arrested killed died opened closed moved called asked
	helps allows brings gets gives keeps leads lets means needs opens pays puts runs sees sends shows stands starts takes tells tries turns uses wants wins works
	follows faces expects denies confirms warns urges adds argues believes claims describes explains says suggests
	let put set cut hit cost hurt shut spread beat read quit burst cast split`)

// baseForms are English words that may be verbs as they stand, besides forms in -s and
// -ed.
var baseForms = words(`accept act add advise affect agree aim allow announce appear apply approach argue arrest arrive ask attack avoid back ban become begin believe
	blame block bring build buy call campaign care carry cause celebrate challenge change charge check choose claim close collect come compete complain confirm
	consider contain continue control cover create cross cry cut deal decide declare decline defend delay deliver demand deny depend describe deserve design destroy
	develop differ discover discuss drive drop earn eat end enjoy enter escape exist expand expect explain explore face fail fall favour fear feel fight fill find
	fly follow force form gain gather get give go grow handle happen hate head hear help hide hold hope hunt identify ignore impose improve include increase inform
	insist intend introduce invest investigate involve join judge jump keep kill know lack land last launch lay lead learn leave lend let lie lift like limit link
	list listen live look lose love make manage mark matter mean measure meet mention miss move need notice object observe offer open operate oppose order own
	participate pass pay perform place plan play point predict prefer prepare present press prevent produce promise propose protect protest prove provide publish
	pull push put question quit raise reach read receive recognise recognize recommend record reduce refer reflect refuse regret reject release rely remain remember
	remove repeat replace report represent require rescue resist respond rest result retire return reveal review rise risk rule run save say search see seek seem
	sell send separate serve set share shine shoot show shut sign sing sit sleep smell smoke solve sound speak spend stand start state stay steal stop strike
	struggle study suffer suggest supply support suppose survive suspect take talk target teach tell tend test thank think threaten throw touch trace trade train
	travel treat trust try turn understand use value vary visit vote vow wait walk want warn watch wear welcome win wish withdraw wonder work worry worsen write yield
	respect slump shed used sign share shake sweep`)
