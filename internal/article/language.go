package article

import (
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

// BaseLanguage returns the language of a BCP-47 tag, without script and region, in
// lower case: "pt" for "pt-BR", and Undetermined for an empty tag.
func BaseLanguage(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	base, _, _ = strings.Cut(base, "_")
	if base == "" {
		return Undetermined
	}
	return strings.ToLower(base)
}

// IsUnspaced reports whether r is a letter of Chinese or Japanese, which are written
// without spaces between words.
func IsUnspaced(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// IsUnspacedLanguage reports whether no space stands between the sentences of a
// language, given as a BCP-47 tag.
func IsUnspacedLanguage(tag string) bool {
	base := BaseLanguage(tag)
	return base == "zh" || base == "ja"
}

// languageSample is how many bytes of a text its language is told from.
const languageSample = 1 << 10

// fewestLetters is how many letters tell a language at all.
const fewestLetters = 12

// DetectLanguage returns the language of text as a BCP-47 tag, or Undetermined.
//
// The script alone tells many languages. Among languages that share one the count
// of function words decides, which takes a few microseconds and is sure on
// ordinary prose, and after that the letters that few of them have. Only what stays
// unclear goes to trigram profiles, which know more languages and take a hundred times
// as long.
func DetectLanguage(text string) string {
	sample := head(text, languageSample)
	s := scriptOf(sample)
	switch {
	case s.letters == 0 || s.letters < fewestLetters && !s.sole:
		return Undetermined
	case s.language != "":
		return s.language
	}
	c := countFunctionWords(head(sample, languageSample/2))
	if lang, sure := c.best(); sure && c.words >= plentyWords {
		return lang
	}
	c = countFunctionWords(sample)
	if lang, sure := c.best(); sure {
		return lang
	}
	if s.letters < 3*fewestLetters {
		return Undetermined
	}
	if lang := byLetters(sample); lang != "" {
		return lang
	}
	return byTrigrams(sample, c)
}

// plentyWords is how many words tell the language of ordinary prose so well that more
// need not be counted.
const plentyWords = 50

// head returns the first n bytes of text, without a rune that is cut there.
func head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// script is the script that most letters of a text are of.
type script struct {
	letters  int    // of the text, in any script
	sole     bool   // only one language has the script
	language string // the one language written in it, or the likeliest by far
}

// soleLanguages are the languages that have a script to themselves, as far as
// news goes.
var soleLanguages = []struct {
	table    *unicode.RangeTable
	language string
}{
	{unicode.Han, "zh"},
	{unicode.Hangul, "ko"},
	{unicode.Greek, "el"},
	{unicode.Hebrew, "he"},
	{unicode.Thai, "th"},
	{unicode.Bengali, "bn"},
	{unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Gujarati, "gu"},
	{unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"},
	{unicode.Gurmukhi, "pa"},
	{unicode.Oriya, "or"},
	{unicode.Sinhala, "si"},
	{unicode.Myanmar, "my"},
	{unicode.Khmer, "km"},
	{unicode.Lao, "lo"},
	{unicode.Georgian, "ka"},
	{unicode.Armenian, "hy"},
}

// letterCounts are the letters of a text by script.
type letterCounts struct {
	sole  [64]int // of soleLanguages
	kana  int
	other int // of scripts that languages share
}

// add counts r, which is not of ASCII.
func (c *letterCounts) add(r rune) {
	switch {
	case !unicode.IsLetter(r):
	case r < 0x370 || 0x400 <= r && r < 0x530 || 0x600 <= r && r < 0x780 || 0x900 <= r && r < 0x980:
		c.other++ // Latin, Cyrillic, Arabic, Devanagari
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		c.kana++
	default:
		for i := range soleLanguages {
			if unicode.Is(soleLanguages[i].table, r) {
				c.sole[i]++
				return
			}
		}
		c.other++
	}
}

// asciiLetters counts each byte: 1 for a letter of ASCII. To add it costs no branch.
var asciiLetters = func() (count [utf8.RuneSelf]uint8) {
	for b := range count {
		if isASCIILetter(byte(b)) {
			count[b] = 1
		}
	}
	return count
}()

// scriptOf tells the script of sample.
func scriptOf(sample string) script {
	var c letterCounts
	for i := 0; i < len(sample); {
		if b := sample[i]; b < utf8.RuneSelf { // nearly all there is
			c.other += int(asciiLetters[b])
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(sample[i:])
		c.add(r)
		i += n
	}
	s := script{letters: c.kana + c.other}
	best := 0
	for i, n := range c.sole {
		s.letters += n
		if n > c.sole[best] {
			best = i
		}
	}
	switch {
	case c.kana > 0 && 10*c.kana > c.sole[0] && c.kana+c.sole[0] > c.other:
		s.language, s.sole = "ja", true
	case c.sole[best] > 0 && c.sole[best]*2 > c.other:
		s.language, s.sole = soleLanguages[best].language, true
	}
	s.sole = s.sole && s.letters >= 4
	return s
}

// languageLetters are languages that are told by their letters: a text has one of each of
// the sets in needs and none of lacks.
var languageLetters = []struct {
	language string
	needs    []string
	lacks    string
}{
	{"ru", []string{"ыэ"}, "іїєґўәғқңөұүһјљњћђӣӯҷҳ"},
	{"uk", []string{"їє", "і"}, "ыэўъё"},
	{"tr", []string{"ı", "ğş"}, "əñäýňžţț"},
	{"ar", []string{"ة"}, "پچژگکیہھےںٹڈڑېۇۆێڕڵټډړښځ"},
}

// byLetters returns the language that the letters of sample tell, or "".
func byLetters(sample string) string {
	sample = strings.ToLower(sample)
	for _, l := range languageLetters {
		has := func(set string) bool { return strings.ContainsAny(sample, set) }
		if !has(l.lacks) && !slices.ContainsFunc(l.needs, func(set string) bool { return !has(set) }) {
			return l.language
		}
	}
	return ""
}

// functionWords are the most frequent function words of languages that share a
// script.
var functionWords = []struct{ language, words string }{
	{"en", `the of and to in a is that for on was with as by he said at it from has have be are its not an
		his they were who this but will had their she which would been more than after there when`},
	{"es", `el la de los las del que y en un una por con su para es se no lo al como más pero fue sus este
		esta son entre cuando según también ha han sobre desde hasta`},
	{"fr", `le la les de des du et un une est dans pour que qui en par sur au aux avec il elle pas ce cette
		son sa ses plus ont été selon mais leur sont être nous à d l`},
	{"de", `der die das und in den von zu mit dem des ist im für auf ein eine nicht sich auch es an werden
		aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen sagte`},
	{"pt", `o a os as de do da dos das que e em um uma para com não por no na se mais foi ao como à é são
		pelo pela ou seu sua nos nas mas entre também ser disse já até`},
	{"it", `il la di che e in un una per con del della non è dei le i gli da si al nel alla sono come più
		anche ha ma delle dal lo sua suo degli ai hanno è stato`},
	{"nl", `de het een en van in is dat op te met voor zijn niet aan er om ook als door bij naar hij maar
		werd wordt uit over nog heeft tot`},
	{"af", `die en van in is dat nie het vir op te met 'n om aan wat hy sy sal was word ook deur na maar`},
	{"sv", `och i att det som en på är av för med den till har de inte om ett han men var sig från så vi
		kan efter också säger enligt`},
	{"da", `og i at det er en til på som af for med de den har ikke der han et var men om fra også efter
		blev siger ved`},
	{"no", `og i det er på en til som av for at med har de ikke den han et var men om fra også etter ble
		sier seg`},
	{"pl", `w i na z do się nie że o jest to po za od przez jak dla oraz ale był które który są tym co`},
	{"cs", `a v na se je že s z o do ve k pro za by ale jako od po podle si byl jsou které který však`},
	{"ro", `de și în a la cu din pe care o că este pentru un nu au mai fi fost sau ca sa ce al unei prin`},
	{"hu", `a az és hogy nem is egy meg ez volt el csak már de mint még szerint ki`},
	{"tr", `ve bir bu da de için ile çok olarak daha olan gibi sonra kadar ancak göre her ne dedi`},
	{"id", `yang dan di dari untuk dengan pada ini itu tidak dalam akan oleh juga ke telah adalah kata
		mereka ada bahwa sebagai`},
	{"sw", `ya wa na kwa ni katika za la kuwa hiyo hii huo kama lakini baada pia amesema alisema cha vya
		yake wake kwamba ili huku watu kutoka hadi wakati yao wao mwaka nchi ambao ambayo ambaye ambazo zaidi kila bila
		dhidi kati kuhusu kwenye hivyo alikuwa walikuwa ilikuwa mara juu baadhi wote hayo hizo moja hao hawa huyo hili hilo hicho hiki haya mwa hivi`},
	{"tl", `ang ng mga sa na ay at si ni para kay ito hindi niya nang may`},
	{"vi", `của và là có trong cho được không với các những một người đã này về từ khi đến`},
	{"ca", `el la els les de del que i en un una per amb és al més no ha seva aquest com va dels pel`},
	{"so", `iyo oo ka ku ee uu la in waa ah ay soo ayaa u waxa si ayay waxay`},
	{"ru", `и в не на что с по как это из за от к его для был о а но он она они все также года было после`},
	{"uk", `і в не на що з та до у як за це від його для був про але він вона вони також року після щоб є`},
	{"bg", `и в на да се за от не са е с че като до по са беше това този му след`},
	{"sr", `и у је на се да за су од са као не што до који која али био`},
	{"ar", `في من على إلى أن التي الذي عن مع هذا هذه كان ما لا بعد قال وقال بين كما قد إن ذلك كانت حيث`},
	{"fa", `و در به از که این را با است برای آن یک های می شد خود تا کرد بر`},
	{"ur", `کے میں کی ہے اور سے کا کو پر نے کہ یہ ہیں اس بھی تھا گیا ہو`},
	{"hi", `के में की है और से का को पर ने कि यह हैं इस भी था एक लिए गया नहीं`},
	{"mr", `आणि आहे या च्या आहेत ते ही हे त्या होते नाही केली`},
	{"ne", `र छ को मा का लागि गरेको हो भएको पनि यो`},
}

// functionWordLanguages holds, for each function word, the bits of the languages that have
// it.
var functionWordLanguages = func() *wordTable[uint64] {
	var table wordTable[uint64]
	for i, l := range functionWords {
		for word := range strings.FieldsSeq(l.words) {
			languages, _ := table.get(word)
			table.put(word, languages|1<<i)
		}
	}
	return &table
}()

// functionWordCount says how many words a text has, and how many function words
// of each language.
type functionWordCount struct {
	words int
	hits  [64]int // by index into functionWords
}

func countFunctionWords(sample string) (c functionWordCount) {
	for i := 0; i < len(sample); {
		word := firstWord(sample[i:])
		if word == "" {
			_, n := utf8.DecodeRuneInString(sample[i:])
			i += n
			continue
		}
		i += len(word)
		c.words++
		languages, _ := functionWordLanguages.get(word)
		for ; languages != 0; languages &= languages - 1 {
			c.hits[bits.TrailingZeros64(languages)]++
		}
	}
	return c
}

// best returns the language with the most function words. It is sure where they
// are frequent enough for prose and stand out from the words of the others.
func (c *functionWordCount) best() (language string, sure bool) {
	best, second := 0, 0
	for i := 1; i < len(functionWords); i++ {
		if c.hits[i] > c.hits[best] {
			best, second = i, c.hits[best]
		} else {
			second = max(second, c.hits[i])
		}
	}
	n := c.hits[best]
	return functionWords[best].language, n >= 3 && 100*n >= 14*c.words && n >= second+max(2, n/5)
}

// of returns the number of function words of language, and whether any are
// known.
func (c *functionWordCount) of(language string) (n int, known bool) {
	for i := range functionWords {
		if functionWords[i].language == language {
			return c.hits[i], true
		}
	}
	return 0, false
}

// byTrigrams returns the language of sample by its trigrams, or Undetermined.
// The profiles always have an answer, so the function words must not speak
// against it where it is said to be reliable, and for it where it is not.
func byTrigrams(sample string, c functionWordCount) string {
	info := whatlanggo.Detect(sample)
	language := info.Lang.Iso6391()
	if language == "" {
		language = info.Lang.Iso6393()
	}
	n, known := c.of(language)
	best, _ := c.best()
	switch {
	case language == "":
	case info.IsReliable() && (!known || n > 0 || c.words < 8):
		return language
	case best == language && n >= 2 && c.words >= 8:
		return language
	}
	return Undetermined
}
