package grounding

import (
	_ "embed"
	"strings"
	"sync"
)

// ordinaryText holds ordinary English words, one a line. News writes them in lower
// case at least three times out of four within a sentence, by counts over some six
// thousand articles, or a list for spelling has them and they are not like surnames.
// It holds no inflections of one another.
//
//go:embed ordinary.txt
var ordinaryText string

var ordinaryWords = sync.OnceValue(func() map[string]bool { return set(ordinaryText) })

// inflections are endings of English words with their base forms.
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

// vagueMagnitudes are plurals that count without a number, with the powers of
// ten between which the count lies.
var vagueMagnitudes = map[string][2]int{
	"dozens": {1, 3}, "hundreds": {2, 4}, "thousands": {3, 6}, "millions": {6, 9}, "billions": {9, 12}, "trillions": {12, 15},
}

// currencies are signs, codes and words of money in more languages than one.
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

// otherNames are institutions with words that news has for them.
var otherNames = map[string][]string{
	"pentagon":       {"defense department", "department of defense", "defence department", "department of defence", "defense secretary", "defense official", "defense officials", "us military"},
	"defense":        {"pentagon"},
	"department":     {"pentagon", "whitehall"},
	"downing":        {"prime minister", "no 10", "number 10"},
	"fed":            {"federal reserve"},
	"federal":        {"fed"},
	"reserve":        {"fed"},
	"covid":          {"coronavirus"},
	"coronavirus":    {"covid", "covid 19"},
	"congress":       {"house of representatives", "us house", "us senate", "capitol hill"},
	"capitol":        {"congress"},
	"holyrood":       {"scottish parliament", "scottish government"},
	"westminster":    {"parliament", "mps", "house of commons"},
	"commons":        {"mps", "westminster"},
	"internet":       {"online", "web", "website", "websites"},
	"web":            {"online", "internet", "website", "websites"},
	"army":           {"soldiers", "troops", "military", "army"},
	"us":             {"white house", "pentagon", "wall street", "state department", "capitol hill", "us army", "us navy"},
	"american":       {"white house", "pentagon", "us army", "us navy"},
	"washington":     {"white house", "pentagon", "state department", "capitol hill"},
	"administration": {"white house"},
	"wall":           {"new york", "nasdaq", "dow jones"},
	"kyiv":           {"kiev"},
	"kiev":           {"kyiv"},
	"wales":          {"welsh"},
	"number":         {"downing street"},
	"whitehall":      {"british government", "uk government"},
	"elysee":         {"french president", "french presidency"},
	"navy":           {"naval", "warship", "warships", "sailors"},
}

// latinWords are abbreviations that other scripts write in Latin letters without
// introduction.
var latinWords = set("gdp cpi ai ceo it ip app pc tv dna gps led suv ev covid usb lng ok id")

// abbreviated are abbreviations of common words, with the words in full.
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
gen gens general generals
col cols colonel colonels
lt lieutenant lieutenants
capt captain captains
maj major majors
sgt sergeant sergeants
adm admiral admirals
prof profs professor professors
gov govs governor governors
rev reverend
dr drs doctor doctors
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
conservative conservatives tory tories
labour labor
lib liberal libs
dem democrat dems democrats democratic
republican republicans gop
celtic celts
olympic olympics
muslim muslims islam islamic
berlin bund bundes bundesregierung bundeskabinett
bern bundesrat
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
