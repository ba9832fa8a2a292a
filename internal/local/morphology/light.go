package morphology

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// byLength returns the words of a list, the longest first.
func byLength(list string) []string {
	words := strings.Fields(list)
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return words
}

// cutEnding cuts the first of endings that word has off it, where at least least letters
// are left.
func cutEnding(word []byte, endings []string, least int) []byte {
	letters := utf8.RuneCount(word)
	for _, ending := range endings {
		if bytes.HasSuffix(word, []byte(ending)) && letters-utf8.RuneCountInString(ending) >= least {
			return word[:len(word)-len(ending)]
		}
	}
	return word
}

// fewestLetters is the length of the shortest stem that a light stemmer leaves.
const fewestLetters = 3

var polishEndings = byLength(`iejszymi iejszych ościami ościach iejszego iejszej aniami aniach aniom aniem anie ania
	aniu eniami eniach eniom ościom ością iami iach iego iemu ymi ami ach ych ego emu ości ość owie owi ów om iom iem em ą ę
	ej ym im imi ich y i a e o u ie ia ię ią iu io`)

func stemPolish(word []byte) []byte { return cutEnding(word, polishEndings, fewestLetters) }

var ukrainianEndings = byLength(`ннями ннях нням ння ями ами ях ах ям ам ою ею єю
	ого ього ому ьому ими іми их іх ові еві єві ів їв ий ій їй ої ею ью ю я і ї а у е о и ь й є`)

func stemUkrainian(word []byte) []byte { return cutEnding(word, ukrainianEndings, fewestLetters) }

var turkishEndings = byLength(`lar ler ları leri larının lerinin larını lerini larına lerine larında lerinde larından
	lerinden ların lerin lara lere larda lerde lardan lerden larla lerle sı si su sü sının sinin sunun sünün sını sini sunu
	sünü sına sine suna süne sında sinde sunda sünde sından sinden sundan sünden sıyla siyle suyla süyle nın nin nun nün ın
	in un ün ını ini unu ünü ına ine una üne ında inde unda ünde ından inden undan ünden ıyla iyle uyla üyle yı yi yu yü ya
	ye yla yle da de ta te dan den tan ten la le a e ı i u ü daki deki taki teki ndaki ndeki`)

// fewestTurkishLetters is the length of the shortest stem in Turkish: many words of three
// letters are others with an ending less.
const fewestTurkishLetters = 4

// stemTurkish cuts off the endings of number, possession and case, which stand behind
// each other, and hardens the consonants that they soften: "kitabı" is "kitap". Snowball's stemmer takes
// "seçim" and "seçimler" for two words and found fewer topics.
func stemTurkish(word []byte) []byte {
	for range 3 {
		rest := cutEnding(word, turkishEndings, fewestTurkishLetters)
		if len(rest) == len(word) {
			break
		}
		word = rest
	}
	return hardened(word)
}

// hardened returns a stem of Turkish with the last consonant as it is where no vowel
// follows.
func hardened(stem []byte) []byte {
	if utf8.RuneCount(stem) < fewestTurkishLetters {
		return stem
	}
	switch last, size := utf8.DecodeLastRune(stem); last {
	case 'b':
		return append(stem[:len(stem)-size], "p"...)
	case 'c':
		return append(stem[:len(stem)-size], "ç"...)
	case 'd':
		return append(stem[:len(stem)-size], "t"...)
	case 'ğ':
		return append(stem[:len(stem)-size], "k"...)
	}
	return stem
}

// The article of Arabic with what is written together with it: "and", "in", "as", "so",
// "for".
var arabicArticles = []string{"وال", "بال", "كال", "فال", "ولل", "لل", "ال"}

var arabicEndings = byLength("ها هم ات ان ون ين يه تين ية ه ي")

// stemArabic cuts off the article, an "and", and the endings of number, gender and
// possession. It leaves "in" and "for" alone where no article follows: too many roots
// begin with their letters.
func stemArabic(word []byte) []byte {
	rest := word
	for _, article := range arabicArticles {
		if after, found := bytes.CutPrefix(word, []byte(article)); found && utf8.RuneCount(after) >= 2 {
			rest = after
			break
		}
	}
	if len(rest) == len(word) {
		if after, found := bytes.CutPrefix(word, []byte("و")); found && utf8.RuneCount(after) >= fewestLetters {
			rest = after
		}
	}
	if whole, ok := arabicWhole[string(rest)]; ok {
		return []byte(whole)
	}
	return cutEnding(rest, arabicEndings, fewestLetters)
}

// arabicWhole are words that an ending of them would make another word, with their
// stems: an "operation" is no "work".
var arabicWhole = map[string]string{
	"عمليه": "عمليه", "عمليات": "عمليه", "دولي": "دولي", "دوليه": "دولي", "طريقه": "طريقه", "شخصيه": "شخصيه", "شخصيات": "شخصيه",
	"نفسي": "نفسي", "نفسيه": "نفسي", "دوره": "دوره", "دورات": "دوره", "دوري": "دوري", "دوريه": "دوريه", "دوريات": "دوريه",
	"ولايه": "ولايه", "ولايات": "ولايه", "جنسيه": "جنسيه", "جنسيات": "جنسيه",
}

// Beginnings of verbs in Swahili: the subject and, behind it, the tense.
var (
	swahiliSubjects = byLength("ni u a tu m wa i li ya ki vi zi")
	swahiliTenses   = byLength("li me na ta ka nge ngali ki")
)

// fewestVerbLetters is the length of the shortest stem that is taken for a verb
// in Swahili.
const fewestVerbLetters = 4

// stemSwahili cuts the subject and the tense off a verb, or the "to" of an infinitive,
// and marks what is left, so that it is no other word. It leaves nouns alone: their
// prefixes are too like the prefixes of verbs.
func stemSwahili(word []byte) []byte {
	for _, subject := range swahiliSubjects {
		behind, found := bytes.CutPrefix(word, []byte(subject))
		if !found {
			continue
		}
		for _, tense := range swahiliTenses {
			if verb, found := bytes.CutPrefix(behind, []byte(tense)); found && len(verb) >= fewestVerbLetters {
				return marked(word, verb)
			}
		}
	}
	if verb, found := bytes.CutPrefix(word, []byte("ku")); found && len(verb) >= fewestVerbLetters {
		return marked(word, verb)
	}
	return word
}

// isSwahiliVerb reports whether word is a verb with a subject and a tense.
func isSwahiliVerb(word string) bool {
	return word != "" && !strings.HasPrefix(word, "ku") && stemSwahili([]byte(word))[0] == '-'
}

// marked puts a hyphen before what is left of word.
func marked(word, left []byte) []byte {
	at := len(word) - len(left) - 1
	word[at] = '-'
	return word[at:]
}

// singularPortuguese returns the stem of the singular for a plural, which Snowball
// leaves apart: "eleições" is "eleição".
func singularPortuguese(stem []byte) []byte {
	if rest, found := bytes.CutSuffix(stem, []byte("õ")); found {
		return append(rest, "ã"...)
	}
	return stem
}

// undoubled returns a stem of Dutch without the second of two consonants, which a plural
// writes: "aanvallen" is "aanval". Snowball does so for three of them.
func undoubled(stem []byte) []byte {
	if n := len(stem); n > fewestLetters && stem[n-1] == stem[n-2] && bytes.IndexByte([]byte("bfglmnprs"), stem[n-1]) >= 0 {
		return stem[:n-1]
	}
	return stem
}
