package article

import "strings"

// abbreviation says how far the full stop of an abbreviation can end a
// sentence.
type abbreviation uint8

const (
	noAbbreviation abbreviation = iota
	beforeName                  // never: a name follows ("Gen. Doe")
	beforeNumber                // not where a number follows ("No. 10", "Sept. 26")
	afterName                   // only where the next word begins sentences ("Inc. The")
)

// abbreviations holds the known ones in lower case, without the full stop.
var abbreviations = func() map[string]abbreviation {
	table := map[string]abbreviation{}
	for kind, list := range map[abbreviation]string{
		beforeName: `mr mrs ms dr drs prof gen sen sens rep reps gov govs lt lieut col capt cmdr
			cdr cpt sgt maj adm brig cpl pfc pvt hon rev fr br supt det insp atty amb cllr ens asst assoc dep spc bp messrs mme mlle
			mm sra srta sres dra ing lic pres st ste mt ft vs cf eg ie viz al-hajj rt lord msgr
			hr fru frau bzw ca evtl sog vgl inkl zzgl str bd geb exmo exma av pe
			г-н г-жа ул им пр проф акад`,
		beforeNumber: `no nos nr núm num pág pag art fig vol p pp sec ch para op jan feb mar apr
			jun jul aug sep sept oct nov dec ene abr ago dic fev mai set out dez janv févr avr
			juil août déc tel ext approx sect cap stat`,
		afterName: `inc corp co cos ltd llc plc bros jr sr snr jnr esq dept univ assn ave blvd rd
			hwy mfg intl natl est etc al adj mio mrd tsd usw mlle млн млрд тыс руб гг др
			ala ariz ark calif colo conn del fla ga ill ind kan ky md mass mich minn miss mo mont
			neb nev okla ore pa penn tenn tex va vt wash wis wyo ont que alta
			mon tue tues wed thu thur thurs fri sat sun`,
	} {
		for word := range strings.FieldsSeq(list) {
			table[word] = kind
		}
	}
	return table
}()

// smallToo holds the abbreviations that are written small as well; of the
// others, in cased text, only the capitalised form is one ("Sat." but not
// "sat.").
var smallToo = words(`no nos nr núm num pág pag p pp vs cf eg ie viz ca bzw evtl sog vgl inkl zzgl
	vol fig al etc usw approx tel ext г-н г-жа ул им пр проф акад млн млрд тыс руб гг др cos
	janv févr avr juil août déc ene abr ago dic fev set out dez mr mrs ms dr prof`)

// abbreviationOf returns how word, which stands before a full stop, can end a
// sentence.
func abbreviationOf(word string, cased bool) abbreviation {
	var buf [maxSetWord]byte
	lower, ok := lowered(buf[:0], word)
	if !ok {
		return noAbbreviation
	}
	kind := abbreviations[string(lower)]
	if kind == noAbbreviation || !cased || string(lower) != word {
		return kind
	}
	if _, ok := smallToo[string(lower)]; !ok {
		return noAbbreviation
	}
	return kind
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

// isStarter reports whether s begins with a word that begins sentences.
func isStarter(s string) bool { return starters.has(firstWord(s)) }

// speechVerbs are the verbs that tie a quotation to its speaker.
var speechVerbs = words(`said says asked asks added adds replied told wrote tweeted shouted cried
	exclaimed joked continued remarked recalled explained wondered yelled quipped insisted`)

func isSpeechVerb(word string) bool { return speechVerbs.has(word) }

// isBangName reports whether s ends with a name that has an exclamation mark of
// its own.
func isBangName(s string) bool {
	return strings.HasSuffix(s, "Yahoo") || strings.HasSuffix(s, "Jeopardy")
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

// domains are the ends of names of web sites.
var domains = words(`com net org co uk`)

func isDomain(s string) bool { return domains.has(firstWord(s)) }
