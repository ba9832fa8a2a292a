package grounding

import (
	_ "embed"
	"strings"
	"sync"
)

// ordinaryText holds ordinary English words, one a line: those that news writes
// in lower case at least three times out of four within a sentence, by counts
// over some six thousand articles, without the inflections of one another.
//
//go:embed ordinary.txt
var ordinaryText string

var ordinaryWords = sync.OnceValue(func() map[string]bool { return set(ordinaryText) })

// inflections are endings of English words with what they stand for.
var inflections = []struct{ ending, base string }{
	{"s", ""},
	{"es", ""},
	{"ies", "y"},
	{"ed", ""},
	{"ed", "e"},
	{"ied", "y"},
	{"ing", ""},
	{"ing", "e"},
	{"ly", ""},
	{"ers", "e"},
	{"er", ""},
	{"ers", ""},
	{"edly", ""},
	{"edly", "e"},
	{"ingly", ""},
	{"ingly", "e"},
	{"ings", ""},
	{"ings", "e"},
	{"ors", ""},
	{"ors", "e"},
	{"ists", ""},
	{"ists", "y"},
}

// contractions are ordinary words, without their apostrophes.
var contractions = set("didnt doesnt dont cant wont wasnt werent isnt arent wouldnt couldnt shouldnt havent hasnt hadnt mustnt " +
	"youre theyre weve theyve youve ive hed shed theyd wed youd itd whod hell shell theyll youll itll im hes shes thats theres whats whos lets")

// commonNameWords are English words that news writes with a capital letter too often to
// be among the ordinary words, as they are parts of names: "the Court of Appeal". At the
// beginning of a sentence they are ordinary where the next word has no capital
// letter: "Court officials said".
var commonNameWords = set(`
new state court news minister ministers international city foreign president presidents national open general office prime network air
research human federal house act internet radio press states secretary bank banks flight bill bills department society committee prize
fund tour missing centre center college white central earnings northern southern eastern western army profile middle web student
entertainment road council league wireless camp exchange sports sport north south east west code union unions finance red deputy attorney
rock freedom parliament university organization organisation division blue defence defense museum festival storm savings championship
street stadium airport electronics cell bar bombings island islands commission cable grand daily classic baby guard wall sun hunt express theft
electronic channel buildings alliance square ministry mayor indoor update sea revolution port independence embassy commissioner bridge
authority authorities theatre theater eastern spring flat aviation assembly ratings conservative conservatives golden transport heat green
district cabinet server memorial enterprise coast smart democratic spirit marathon variety palace warnings labor labour iron formula
interactive electoral athletics tobacco native trophy liberal liberals protocol environmental coal beach sky river reserve ocean cricket
transcript shootings mom mother father marine marines forum commerce earth underground holy motion killings arena visual progressive motor
magic guide gatherings forest fame edition telecommunications royal proceedings hearings universal slam patrol naval interior healthcare empire
commodity steam premier motorcycle journal institution gallery foundation fleet dam dairy supercomputer preview liberty investigative
hurricanes hurricane continental conservation amendment billionaire transportation solo rail monetary medicine hockey fish corporation athletic
animation agricultural southwest southeast northwest northeast petroleum homeland highway countryside wedding trafficking sprint sheriff semiconductor
overtime opera ferry electric cyclone cloud atomic amnesty police church top senate congress government governor senator senators republican republicans
democrat democrats senior former chief special supreme world summer winter autumn local regional provincial public social economic financial
political military security health education justice history nature science technology energy water fire time life family people
`)

// isOrdinary reports whether word, normalised, is an English word that gets a
// capital letter from its place only.
func isOrdinary(word string) bool {
	words := ordinaryWords()
	if words[word] || contractions[word] {
		return true
	}
	if rest, ok := strings.CutPrefix(word, "un"); ok && len(rest) >= 5 && isOrdinary(rest) {
		return true
	}
	for _, f := range inflections {
		if stem, ok := strings.CutSuffix(word, f.ending); ok && len(stem) >= 3 && words[stem+f.base] {
			return true
		}
	}
	return false
}

// numberWords are the numbers in words, by base language. Those beside English
// go as far as they are written in words in news.
var numberWords = map[string]map[string]int{
	"en": {
		"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
		"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
		"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
		"seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "dozen": 12,
	},
	"de": {"zwei": 2, "drei": 3, "vier": 4, "funf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwolf": 12},
	"fr": {"deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12},
	"es": {"dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12},
	"it": {"due": 2, "tre": 3, "quattro": 4, "cinque": 5, "sei": 6, "sette": 7, "otto": 8, "nove": 9, "dieci": 10, "undici": 11, "dodici": 12},
	"pt": {"dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7, "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12},
	"nl": {"twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "negen": 9, "tien": 10, "elf": 11, "twaalf": 12},
	"tr": {"iki": 2, "uc": 3, "dort": 4, "bes": 5, "alti": 6, "yedi": 7, "sekiz": 8, "dokuz": 9},
}

var ordinals = map[string]int{
	"third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11,
	"twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
	"eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50,
}

// magnitudeWords are powers of ten, as normalised words of all languages.
// "Billion" is not among them: it means two things.
var magnitudeWords = map[string]int{
	"hundred": 2, "thousand": 3, "million": 6, "trillion": 12, "mn": 6, "mln": 6, "mio": 6, "bn": 9, "bln": 9, "tn": 12, "trn": 12,
	"lakh": 5, "lakhs": 5, "crore": 7, "crores": 7,
	"tausend": 3, "millionen": 6, "milliarde": 9, "milliarden": 9, "mrd": 9, "billiarden": 15,
	"mille": 3, "millions": 6, "milliard": 9, "milliards": 9,
	"mil": 3, "millon": 6, "millones": 6,
	"mila": 3, "milione": 6, "milioni": 6, "miliardo": 9, "miliardi": 9,
	"milhao": 6, "milhoes": 6, "bilhao": 9, "bilhoes": 9, "mi": 6,
	"duizend": 3, "miljoen": 6, "miljard": 9,
	"bin": 3, "milyon": 6, "milyar": 9,
	"тысяча": 3, "тысячи": 3, "тысяч": 3, "тыс": 3, "миллион": 6, "миллиона": 6, "миллионов": 6, "млн": 6,
	"миллиард": 9, "миллиарда": 9, "миллиардов": 9, "млрд": 9,
	"千": 3, "万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12,
}

// vagueMagnitudes are plurals that count without a number, with the powers of
// ten between which the count lies.
var vagueMagnitudes = map[string][2]int{
	"dozens": {1, 3}, "hundreds": {2, 4}, "thousands": {3, 6}, "millions": {6, 9}, "billions": {9, 12}, "trillions": {12, 15},
}

var currencies = map[string]unit{
	"$": "dollar", "usd": "dollar", "dollar": "dollar", "dollars": "dollar", "buck": "dollar", "bucks": "dollar", "dolar": "dollar",
	"dolares": "dollar", "dollari": "dollar", "доллар": "dollar", "долларов": "dollar", "доллара": "dollar", "aud": "dollar", "cad": "dollar",
	"€": "euro", "eur": "euro", "euro": "euro", "euros": "euro", "avro": "euro", "евро": "euro",
	"£": "pound", "gbp": "pound", "pound": "pound", "pounds": "pound", "sterling": "pound", "pfund": "pound",
	"¥": "yen", "yen": "yen", "jpy": "yen", "円": "yen",
	"yuan": "yuan", "renminbi": "yuan", "rmb": "yuan", "cny": "yuan", "元": "yuan",
	"₹": "rupee", "rs": "rupee", "inr": "rupee", "rupee": "rupee", "rupees": "rupee",
	"₽": "rouble", "rub": "rouble", "rouble": "rouble", "roubles": "rouble", "ruble": "rouble", "rubles": "rouble", "рублеи": "rouble", "рубля": "rouble",
	"₺": "lira", "lira": "lira", "liras": "lira", "tl": "lira",
	"₩": "won", "krw": "won", "franc": "franc", "francs": "franc", "chf": "franc",
	"shilling": "shilling", "shillings": "shilling", "ksh": "shilling", "sh": "shilling", "kes": "shilling",
	"₦": "naira", "naira": "naira", "rand": "rand", "peso": "peso", "pesos": "peso", "zloty": "zloty", "zlotys": "zloty",
	"kronor": "krona", "krona": "krona", "kroner": "krona", "krone": "krona", "riyal": "riyal", "riyals": "riyal",
	"dirham": "dirham", "dirhams": "dirham", "hryvnia": "hryvnia", "₴": "hryvnia",
	"p": "penny", "pence": "penny", "penny": "penny", "cent": "cent", "cents": "cent", "¢": "cent",
}

var (
	percentWords = set("% ％ percent pct percentage prozent pourcent procent процент процента процентов")
	percentPairs = map[string]bool{"per cent": true, "pour cent": true, "por ciento": true, "por cento": true, "per cento": true}
)

// monthNames are the months by base language, normalised, with their usual
// abbreviations.
var monthNames = map[string]map[string]int{
	"en": months("january february march april may june july august september october november december",
		"jan feb mar apr - jun jul aug sept oct nov dec", "- - - - - - - - sep - - -"),
	"de": months("januar februar marz april mai juni juli august september oktober november dezember", "janner - - - - - - - - - - -"),
	"fr": months("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"),
	"es": months("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", "- - - - - - - - setiembre - - -"),
	"it": months("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
	"pt": months("janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro"),
	"nl": months("januari februari maart april mei juni juli augustus september oktober november december"),
	"tr": months("ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik"),
	"ru": months("января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
		"январь февраль март апрель маи июнь июль август сентябрь октябрь ноябрь декабрь",
		"январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре"),
}

func months(spellings ...string) map[string]int {
	m := make(map[string]int)
	for _, names := range spellings {
		for i, name := range strings.Fields(names) {
			if name != "-" {
				m[name] = i + 1
			}
		}
	}
	return m
}

// weekdays maps English abbreviations to the day.
var weekdays = map[string]string{
	"mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday", "thur": "thursday",
	"thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
}

// abbreviated are abbreviations of what is no name, with what they stand for.
var abbreviated = map[string][]string{
	"ceo": {"chief executive", "chief executives"}, "cfo": {"chief financial officer", "finance director"},
	"mp":  {"member of parliament", "members of parliament", "lawmaker", "lawmakers", "legislator", "legislators"},
	"gdp": {"gross domestic product"}, "ai": {"artificial intelligence"}, "tv": {"television"}, "pm": {"prime minister"},
	"gop": {"republican", "republicans", "republican party"},
	"ngo": {"aid group", "aid groups", "non governmental", "nongovernmental"}, "ipo": {"initial public offering", "flotation"},
}

// aliases are names and what is derived from them irregularly, each group on one
// line: one of a group in the source covers the others.
var aliases = groups(`
sen sens senator senators
rep reps representative representatives
dept department
utd united
us usa america american americans
uk britain british briton britons
eu european europe
france french frenchman
germany german germans
netherlands dutch holland
spain spanish spaniard spaniards
switzerland swiss
greece greek greeks
denmark danish dane danes
finland finnish finn finns
poland polish pole poles
turkey turkiye turkish turk turks
ireland irish
wales welsh
scotland scottish scot scots
england english
sweden swedish swede swedes
norway norwegian norwegians
iceland icelandic
philippines philippine filipino filipinos
thailand thai thais
afghanistan afghan afghans
kazakhstan kazakh kazakhs
uzbekistan uzbek uzbeks
turkmenistan turkmen
tajikistan tajik tajiks
kyrgyzstan kyrgyz
ukraine ukrainian ukrainians
czechia czech czechs
slovakia slovak slovaks
croatia croatian croat croats
serbia serbian serb serbs
bosnia bosnian bosniak
belgium belgian belgians
portugal portuguese
peru peruvian peruvians
argentina argentine argentinian argentines
chile chilean chileans
canada canadian canadians
congo congolese drc
niger nigerien
cyprus cypriot cypriots
moscow muscovite russia russian russians kremlin
sinai egypt egyptian egyptians
gaza gazan gazans
mali malian malians
burma myanmar burmese
taiwan taiwanese
china chinese
japan japanese
vietnam vietnamese
lebanon lebanese
malta maltese
israel israeli israelis
iraq iraqi iraqis
pakistan pakistani pakistanis
bangladesh bangladeshi bangladeshis
yemen yemeni yemenis
kuwait kuwaiti
qatar qatari
oman omani
saudi saudis
emirates emirati uae
somalia somali somalis
azerbaijan azerbaijani azeri
jew jews jewish judaism
muslim muslims islam islamic
christian christians christianity
`)

// groups maps each word to the words of its line.
func groups(lines string) map[string][]string {
	m := make(map[string][]string)
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		for _, word := range words {
			m[word] = words
		}
	}
	return m
}
