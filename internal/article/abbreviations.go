package article

import (
	"strings"
	"unicode/utf8"
)

// abbreviation says how far the full stop of an abbreviation can end a
// sentence.
type abbreviation uint8

const (
	noAbbreviation abbreviation = iota
	beforeName                  // never: a name follows ("Gen. Doe")
	beforeNumber                // not where a number follows ("No. 10", "Sept. 26")
	afterName                   // only where the next word begins sentences ("Inc. The")
)

// abbreviationKinds holds the kind of an abbreviation that is written in either case, and
// its kind with a capital letter: "Sat." but not "sat.".
type abbreviationKinds struct{ small, capital abbreviation }

// abbreviations holds the known ones in lower case, without the full stop.
var abbreviations = func() *wordTable[abbreviationKinds] {
	var table wordTable[abbreviationKinds]
	for _, list := range []struct {
		kind           abbreviation
		small, capital string
	}{
		{
			beforeName,
			`mr mrs ms dr drs messrs vs cf eg ie viz prof mme mlle sr sra srta dra dott avv sig dhr mevr jhr
			bzw ca evtl ggf sog vgl inkl exkl zzgl ul św tj np tzw tzn inż mgr dyr hab płk mjr kpt ks abp tzv např judr phdr nám ún pl
			sn doç yrd öğr bw bi dkt mhe jl ir hj kh им пр просп пер проф акад доц ім вул бул г-н г-жа डॉ श्री श्रीमती प्रो पं कु ул`,
			`gen sen sens rep reps gov govs lt lieut col capt cmdr cdr cpt sgt maj adm brig cpl pfc pvt hon rev fr br supt det insp atty amb cllr ens asst assoc
			dep spc bp mm sres ing lic pres st ste mt ft al-hajj rt lord msgr hr fru frau str bd geb exmo exma av pe ee gral cnel tte mons dipl fa arch eng avda avd ctra pza cad sok mah`,
		},
		{
			beforeNumber,
			`ok no nos nr núm num nº pág pag vol fig art abs ziff kap p pp ext approx aprox env tel godz ust pkt rd rund kl č čl blz
			янв фев стр кв рис ст пп रु सं janv févr avr juil août déc ene abr ago dic fev set out dez str`,
			`sec ch para op jan feb mar apr jun jul aug sep sept oct nov dec mai sect cap stat jän okt ok rp rs`,
		},
		{
			afterName,
			`al etc usw uvm mio mrd tsd mln mld mill lt med av ing arch gen os itd itp atd osv stb mkr km
			тыс млн млрд трлн руб коп долл др чел гг вв обл тис грн дол пл`,
			`inc corp co cos ltd llc plc bros jr sr snr jnr esq dept univ assn ave blvd rd hwy mfg intl natl est adj
			ala ariz ark calif colo conn del fla ga ill ind kan ky md mass mich minn miss mo mont
			neb nev okla ore pa penn tenn tex va vt wash wis wyo ont que alta mon tue tues wed thu thur thurs fri sat sun`,
		},
	} {
		for word := range strings.FieldsSeq(list.small) {
			kinds, _ := table.get(word)
			table.put(word, abbreviationKinds{small: list.kind, capital: kinds.capital})
		}
		for word := range strings.FieldsSeq(list.capital) {
			kinds, _ := table.get(word)
			table.put(word, abbreviationKinds{small: kinds.small, capital: list.kind})
		}
	}
	return &table
}()

// abbreviationOf returns how word, which stands before a full stop, can end a
// sentence.
func abbreviationOf(word string, cased bool) abbreviation {
	kinds, known := abbreviations.get(word)
	if !known {
		if len(word) > 5 && hasSuffixFold(word, "str") {
			return beforeNumber // "Hauptstr. 5"
		}
		return noAbbreviation
	}
	switch capital := !cased || isCasedWord(word); {
	case capital && kinds.capital != noAbbreviation:
		return kinds.capital
	case cased && len(word) > 1 && kinds.small != noAbbreviation && isUpperWord(word) && isCasedWord(word):
		return noAbbreviation // an acronym
	}
	return kinds.small
}

// starters are words that mostly begin a sentence where they stand capitalised
// after an abbreviation: function words rather than names.
var starters = words(
	`a about after all also although an and another any are as asked at because before both but by
	can could despite did do does during each earlier even every few first for former from had has
	have he her here his how however i if in instead into is it its just last later like many
	meanwhile more most my near nearly no none nor not nothing now of officials on once one only or
	other others our over people police several she since so some still such than that the their
	them then there these they this those though three through thus to today two under unlike until
	was we were what when where whether which while who why will with within without would yet you
	your`,
	`el los las un una pero ella según cuando también le les il elle ils nous mais dans pour der die
	das ein eine er sie und aber wir os uma mas ele ela não em он она они это но как`)

// foreignStarters are more of them, which are names in other languages.
var foreignStarters = words(
	`es im am doch dort dann danach seine ihre nach bei auch heute gestern alle viele elles cette ces ce cela selon après lundi mardi mercredi jeudi vendredi
	los ellos ellas esta este según después luego todos muchos eles elas esta este segundo depois todos muitos
	gli lo la una questo questa secondo dopo poi tutti molti hij zij het een deze dit volgens daarna later ook alle veel
	on ona oni to ten ta według potem później także po na w z за в на по при если когда однако также после потом затем до для его её их мы вы там здесь сегодня вчера все многие
	він вона вони це але як після потім також у bu şu o ve ancak sonra daha bugün`)

// isStarter reports whether s begins with a word that begins sentences, and not with an
// initial.
func isStarter(s string) bool {
	word := firstWord(s)
	return (starters.has(word) || foreignStarters.has(word)) && !(len(word) < len(s) && s[len(word)] == '.' && utf8.RuneCountInString(word) == 1)
}

// isStarterOfNoName is isStarter behind an initial, where a short foreign word may be part
// of a name: "J. La Roe".
func isStarterOfNoName(s string) bool {
	return isStarter(s) && (starters.has(firstWord(s)) || len(firstWord(s)) > 2 || s[0] >= utf8.RuneSelf)
}

// speechVerbs are the verbs that tie a quotation to its speaker.
var speechVerbs = words(`said says asked asks added adds replied told wrote tweeted shouted cried
	exclaimed joked continued remarked recalled explained wondered yelled quipped insisted`)

func isSpeechVerb(word string) bool { return speechVerbs.has(word) }

// isBangName reports whether s ends with a name that has an exclamation mark of
// its own.
func isBangName(s string) bool {
	return strings.HasSuffix(s, "Yahoo") || strings.HasSuffix(s, "Jeopardy") || lastWord(s, len(s)) == "E"
}

// isClock reports whether word is "a.m" or "p.m".
func isClock(word string) bool {
	return len(word) == 3 && word[1] == '.' && word[2]|0x20 == 'm' && (word[0]|0x20 == 'a' || word[0]|0x20 == 'p')
}

// zones are what follows a clock time inside a sentence.
var zones = words(`et est edt ct cst cdt mt mst mdt pt pst pdt gmt utc bst cet cest eet ist jst
	eastern central pacific mountain local monday tuesday wednesday thursday friday saturday sunday`)

func isZone(s string) bool { return zones.has(firstWord(s)) }

// ordinalNouns are what follows an ordinal number written with a full stop, as
// in German.
var ordinalNouns = words(`januar februar märz april mai juni juli august september oktober november
	dezember jahrhundert jahrhunderts weltkrieg weltkriegs geburtstag jahrestag etage platz`)

func isOrdinalNoun(s string) bool { return ordinalNouns.has(firstWord(s)) }

// articles are what stands before an ordinal number that is written with a full stop, in
// German, the Nordic languages, Czech and Slovak.
var articles = words(`der die das des dem den im vom zum zur beim ein eine einen einem einer jede jeder jeden jedes sein seine seinen ihr ihre ihren
	unser unsere dieser diese det v ve ke na`)

// domains are the ends of names of web sites.
var domains = words(`com net org co uk`)

func isDomain(s string) bool { return domains.has(firstWord(s)) }
