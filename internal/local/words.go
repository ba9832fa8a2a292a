package local

import (
	"strings"

	"github.com/seed-59202292/summarizer/internal/local/morphology"
)

// stopWords say nothing about what a text is about, in any text.
const stopWords = `
about above across after again against ago all almost along already also although always am among
and another any anybody anyone anything are around as ask at away back be became because become
been before began begin behind being below between both bring but by call came can cannot come could
day did do does doing done down during each early either else end enough even ever every everyone
everything far few for found from full further gave get give given go goes going gone got had has have
having he her here herself him himself his how however i if in including inside instead into is it its
itself just keep kept know known last late later least less let like likely little long look made
make many may maybe me mean might month more most much must my near nearly need never next no nobody
none nor not nothing now of off often on once one only onto or other our out over own part per perhaps
put quite rather really same saw say said says see seem seen set several shall she should show since
six so some someone something soon still such take taken than that their them themselves then there
these they thing think this those though thought three through thus time to today together told tomorrow
too took toward towards tuesday two under until up upon us use used very via want was way we wednesday
week well went were what when where whether which while who whole whom whose why will with within
without would year yes yesterday yet you your monday thursday friday saturday sunday january february
march april june july august september october november december first second four five mr mrs ms
reuters ap afp cnn bbc dont didnt doesnt isnt wasnt cant wont
according add added statement quot lt gt`

// vagueWords are content words that occur in so many articles that alone they
// show no topic. They count in phrases.
const vagueWords = `
action activity agree agreement area authority based body case cause change city common community
company condition control country course decision deal development different effect effort event
example face fact form general good government great group help high home house human idea important
increase individual interest international issue kind large law lead leader level life live local main
major man matter measure meeting member mean name nation national natural new news number offer office
official old open order organisation organization own person people place plan point policy position
power president problem process programme program project provide public question reason report result
right role run service side social society source special start state story support system term thing
turn type value view week woman work working world young people relation relate related minister
their like other than covered topic subject itself themselves use using made make making`

// anaphoricWords refer to the sentence before where they open one: pronouns and
// connectives.
const anaphoricWords = `
he she they it his her their its him them this these those that such both
but and or however also meanwhile so yet then still instead moreover nevertheless nonetheless
therefore thus besides furthermore otherwise hence too although indeed similarly additionally likewise
plus another others
pero ella ellos ellas mais cependant toutefois ils elles aber doch jedoch sie dieser diese dieses
mas porém ele ela eles elas lakini hata но однако он она они это 但 而 他 她 它 ولكن لكن كما`

// spanWords follow "this" and "that" where they refer to nothing.
const spanWords = "week month year morning evening night afternoon weekend summer winter season time"

// anaphoricPhrases open sentences that refer to the one before, as single words do.
var anaphoricPhrases = []string{
	"After all", "After that", "As a result", "As such", "At the same time", "Because of th", "By contrast",
	"As it was", "Despite that", "Despite this", "Even so", "For example", "For instance", "In addition", "In contrast",
	"In fact", "In other words", "In return", "In turn", "None of them", "Not surprisingly", "Of course",
	"On the other hand", "One of them", "Since then", "Some of them", "The couple", "The decision comes", "The move ", "The news comes", "The duo", "The latter", "The other", "The pair", "The same", "The trio", "The two ",
}

// turningOpenings open sentences that turn against the one before, by language.
var turningOpenings = map[string][]string{
	"en": {"But ", "However, ", "Yet ", "Still, ", "Nevertheless, ", "Nonetheless, ", "Instead, "},
	"ar": {"لكن", "ولكن", "غير أن", "إلا أن", "بيد أن"},
	"de": {"Aber ", "Doch ", "Jedoch ", "Allerdings ", "Dennoch ", "Trotzdem ", "Stattdessen "},
	"es": {"Pero ", "Sin embargo", "No obstante", "Aun así"},
	"fr": {"Mais ", "Cependant", "Toutefois", "Pourtant", "Néanmoins", "Or, "},
	"it": {"Ma ", "Tuttavia", "Però", "Eppure", "Ciononostante"},
	"ja": {"しかし", "だが", "ただし", "ただ、", "けれども", "でも、"},
	"nl": {"Maar ", "Echter", "Toch ", "Niettemin"},
	"pl": {"Ale ", "Jednak", "Lecz ", "Mimo to", "Tymczasem "},
	"pt": {"Mas ", "Porém", "No entanto", "Contudo", "Todavia", "Entretanto"},
	"ru": {"Но ", "Однако", "Тем не менее", "Впрочем"},
	"sw": {"Lakini ", "Hata hivyo", "Walakini"},
	"tr": {"Ancak ", "Ama ", "Fakat ", "Oysa ", "Buna rağmen", "Yine de "},
	"uk": {"Але ", "Проте ", "Однак", "Втім", "Тим не менш"},
	"zh": {"但", "然而", "不过", "可是", "尽管如此"},
}

// turningWords do the same behind the first words.
var turningWords = map[string][]string{
	"en": {", however, "},
	"de": {" jedoch ", " allerdings ", " dennoch ", " hingegen "},
	"es": {", sin embargo, ", ", no obstante, "},
	"fr": {" cependant ", " toutefois ", " pourtant ", ", en revanche, "},
	"it": {" tuttavia ", ", però, ", " però "},
	"nl": {" echter ", " daarentegen "},
	"pl": {" jednak ", " jednak, ", " natomiast "},
	"pt": {", porém, ", ", no entanto, ", ", contudo, "},
	"ru": {", однако, ", " однако "},
	"uk": {", однак, ", " однак ", ", проте, "},
}

const (
	personWords = "he she it they"
	speechWords = "said say told tell added add claimed claim explained wrote"
	firstWords  = "i we my our me us"

	// pastWords are the past of verbs that have no "ed", and no nouns.
	pastWords = `sold bought sent fought won stole stolen sought held fled led rose risen fell fallen broke broken
		took taken gave given overthrew overthrown withdrew withdrawn hid hidden built taught swam swum
		beaten sank sunk wrote written sang sung`
)

// wordKinds holds the kinds of words, open-addressed by the hash of the stem. Every word
// of a text is looked up in it: with a map, BenchmarkAnalyze takes 6 to 9 % longer.
var wordKinds = func() (table [1024]wordKind) {
	for _, list := range []struct {
		words string
		kind  kind
	}{
		{stopWords, kindStop},
		{anaphoricWords, kindAnaphoric},
		{spanWords, kindSpan},
		{personWords, kindPerson},
		{speechWords, kindSpeech},
		{firstWords, kindFirst},
		{pastWords, kindEd},
	} {
		for stem := range stemSet(list.words) {
			i := stem % uint64(len(table))
			for table[i].stem != 0 && table[i].stem != stem {
				i = (i + 1) % uint64(len(table))
			}
			table[i].stem = stem
			table[i].kind |= list.kind
		}
	}
	return table
}()

type wordKind struct {
	stem uint64 // 0 where there is none
	kind kind
}

// kindOf returns the kinds of the word whose stem has this hash.
func kindOf(stem uint64) kind {
	for i := stem % uint64(len(wordKinds)); wordKinds[i].stem != 0; i = (i + 1) % uint64(len(wordKinds)) {
		if wordKinds[i].stem == stem {
			return wordKinds[i].kind
		}
	}
	return 0
}

var vagueStems = stemSet(vagueWords)

// stemSet returns the hashes of the stems of words.
func stemSet(words string) map[uint64]bool {
	set := make(map[uint64]bool)
	for w := range strings.FieldsSeq(words) {
		set[morphology.Hash(stem([]byte(w)))] = true
	}
	return set
}
