package morphology

import (
	"strings"
	"sync"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
)

// description describes a language by lists of words and endings.
type description struct {
	snowball func(*snowballstem.Env) bool
	light    func([]byte) []byte
	lower    func(rune) rune

	folds, compounds, capitalNouns, suffixed bool

	skipped, elided, kept, whole string
	derived, verbs, participles  string

	stop, anaphoric, span, person, speech, first string

	openings []string

	// Of sentences: words that open a clause behind a comma, words that open one that
	// says nothing without what follows, and forms of verbs that state something.
	clauses, dependents, finite, finiteEndings string
	isVerb                                     func(word string) bool
}

// languages are made of their descriptions when they are first asked for.
var languages = func() map[string]func() *Language {
	all := make(map[string]func() *Language, len(descriptions))
	for code, d := range descriptions {
		all[code] = sync.OnceValue(func() *Language { return d.language(code) })
	}
	return all
}()

func (d *description) language(code string) *Language {
	l := &Language{
		Code: code, HasCompounds: d.compounds, HasCapitalNouns: d.capitalNouns, Openings: d.openings,
		hash: Hash([]byte(code)), snowball: d.snowball, light: d.light, lower: d.lower, folds: d.folds, suffixed: d.suffixed,
		skipped: wordSet(d.skipped), elided: wordSet(d.elided), kept: keptForms(d.kept), whole: wordSet(d.whole),
		derived: derivedEndings(d.derived), verbs: byLength(d.verbs), participles: byLength(d.participles),
		kinds: make(map[string]WordKind), finiteEndings: byLength(d.finiteEndings), isVerb: d.isVerb,
	}
	if l.lower == nil {
		l.lower = unicode.ToLower
	}
	for kind, words := range map[WordKind]string{
		Stop: d.stop, Anaphoric: d.anaphoric, Span: d.span, Person: d.person, Speech: d.speech, First: d.first,
	} {
		for word := range strings.FieldsSeq(words) {
			l.kinds[l.asRead(word)] |= kind
		}
	}
	l.clauses, l.dependents, l.finite = l.setAsRead(d.clauses), l.setAsRead(d.dependents), l.setAsRead(d.finite)
	return l
}

func (l *Language) setAsRead(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[l.asRead(word)] = true
	}
	return set
}

// asRead returns a word of the lists below as it is read in a text.
func (l *Language) asRead(word string) string {
	return strings.Map(func(r rune) rune {
		if IsApostrophe(r) {
			return -1
		}
		return l.lower(r)
	}, word)
}

// IsApostrophe reports whether r is one that may stand inside a word.
func IsApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' }

// keptForms reads a list of words, each with its other forms behind commas, and returns the
// first form of each.
func keptForms(list string) map[string]string {
	first := make(map[string]string)
	for forms := range strings.FieldsSeq(list) {
		word, _, _ := strings.Cut(forms, ",")
		for form := range strings.SplitSeq(forms, ",") {
			first[form] = word
		}
	}
	return first
}

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

func lowerTurkish(r rune) rune {
	if r == 'I' {
		return 'ı'
	}
	return unicode.ToLower(r)
}

func lowerRussian(r rune) rune {
	if r = unicode.ToLower(r); r == 'ё' {
		return 'е'
	}
	return r
}

// lowerArabic unites the forms of alef, and letters that are written for each other at
// the end of a word.
func lowerArabic(r rune) rune {
	switch r {
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ى':
		return 'ي'
	case 'ة':
		return 'ه'
	}
	return r
}

var descriptions = map[string]*description{
	"fr": {
		snowball: french.Stem, folds: true,
		skipped: "le la les l un une des du de d",
		elided:  "l d j m t s c n qu jusqu lorsqu puisqu quoiqu",
		kept:    `délai,délais délit,délits guère généreux généreuse colonne,colonnes donnée,données vent,vents vente,ventes messe,messes armée,armées armement,armements série,séries moine,moines partie,parties parti,partis aide,aides trait,traits traité,traités marché,marchés mère,mères mer,mers gène,gènes dose,doses visa,visas taxi,taxis taxe,taxes crue,crues vie,vies don,dons meta barça personnel,personnels direction,directions constitution,constitutions sol,sols étranger,étrangers étrangère,étrangères`,
		derived: "ment ance ence ité ation ition eur,euse,rice isme iste age able ible ique if,ive ant,ante",
		verbs:   "er ir ait aient ant era erait eront eraient ez ons èrent irent ira iront", participles: "é ée és ées",
		stop: `à a ai ainsi alors après au aucun aucune aujourd aussi autant autre autres aux avaient avait avant avec avoir beaucoup bien
			c ce cela celle celles celui cependant certains ces cet cette ceux chaque chez comme comment contre dans depuis dernier dernière
			deux devait dit donc dont du elle elles en encore enfin entre est et étaient était étant été être eu eux fait faire faut fois font fut
			hier hui il ils ici jamais je jeudi jour jours juste l là leur leurs lors lorsque lui lundi lundis mais mardi me même mêmes mercredi mille
			mois moins mon n ne ni nos notre nous on ont ou où par parce parmi pas pendant peu peut plus plusieurs plutôt pour pourquoi près
			premier première presque puis puisque quand que quel quelle quelles quelque quelques quels qui quoi rien s sa samedi sans se selon
			sera ses si soit son sont sous sur tandis tant te tel telle tels toujours tous tout toute toutes très trois trop un va vendredi vers via vis gens dos sorte sortes important importante importants importantes met donner donne
			voici voilà vont vos votre vous y an ans année années janvier février mars avril mai juin juillet août septembre octobre novembre
			décembre dimanche millions milliards cinq quatre dix afp reuters afin ayant déjà été étés devant ensuite explique indiqué selon`,
		anaphoric: `il elle ils elles cependant mais toutefois pourtant ce cela celui celle ceux celles ces cette cet son sa ses leur leurs lui
			et or donc ainsi aussi puis ensuite alors néanmoins enfin sinon également parallèlement c ceci mêmes`,
		person: "il elle ils elles on", speech: "dit déclaré affirmé ajouté expliqué indiqué estimé précisé assuré souligné raconté confié lancé poursuivi conclu",
		first:    "je j nous notre nos mon ma mes moi me",
		openings: []string{"De plus", "En outre", "Par ailleurs", "En revanche", "Au contraire", "Malgré cela", "Pour autant", "De son côté", "À l'inverse", "A l'inverse", "Du coup", "Dans ce contexte", "Les deux hommes", "C'est pourquoi", "En effet", "Par exemple", "Dans le même temps", "Quant à", "Une décision", "Un chiffre", "Autre", "Dans la foulée"},
		span:     `semaine mois année matin soir nuit jour fois week-end été hiver automne printemps après-midi`,
		clauses:  `qui dont où mais car alors tandis après avant afin pour lorsque quand puisque parce tout sans grâce bien alors malgré comme pendant depuis et ou soit notamment ce`, dependents: `après avant selon dans depuis lors lorsque quand alors si comme malgré pour afin face à au aux en sur sous avec sans parmi outre interrogé interrogée faute`,
		finite: `a ont est sont était étaient sera seront avait avaient va vont doit doivent peut peuvent fait veut veulent dit met prend demande annonce affirme estime juge craint reste vient prévoit appelle`, finiteEndings: "ait aient èrent eront iront",
	},
	"de": {
		snowball: german.Stem, compounds: true, capitalNouns: true,
		kept:    "land,landes,lande art not kurs gut,gute,guten,gutes bar,bars mal,male fahrer,fahrers,fahrern natürlich sturm,sturms stürme forderung,forderungen förderung,förderungen burg bau ost schüler,schülern schülerin,schülerinnen bürger,bürgern,bürgers manchester",
		derived: "ung,ungen heit,heiten keit,keiten lich,liche,lichen,licher,liches,lichem isch,ische,ischen,ischer,isches,ischem",
		skipped: "der die das den dem des ein eine einen einem einer eines",
		whole: `richter scheidung leiche lunge lungen rationen licht rente renten sucht niere nieren arten stellung stellungen förderung fähre schläger
			sprecher reise reisen tiere tier reiten reiter sport traum bande banden alter liste listen leitung leitungen schauer bewerber sendung
			täter rechte stelle stellen wunder ringen essen leiden regel orden treffen treffer planen gebiet leben planet rollen karte karten`,
		stop: `aber ab alle allem allen aller alles als also am an andere anderen anderer auch auf aus bei beim bereits bis bisher bin da dabei dadurch dafür
			dagegen daher damit danach daneben dann daran darauf daraus darf darin darum darüber das dass davon davor dazu dein dem den denen denn der
			deren des deshalb dessen die dienstag dies diese diesem diesen dieser dieses doch donnerstag dort drei du durch dürfen ebenfalls eben ein eine
			einem einen einer eines einige einigen einmal er erst erste ersten es etwa etwas euch euer fast freitag früher fünf für gab ganz gar gegen gegenüber
			gehen geht gemacht gibt gut habe haben hat hatte hatten her heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in
			ins inzwischen ist ja jahr jahre jahren jahres jede jedem jeden jeder jedes jedoch jetzt jener kam kann kein keine keinen keiner kommen kommt
			konnte können könnte laut lassen lässt letzten machen macht man mehr mehrere mein meine mich mindestens mir mit mittwoch mittlerweile monat
			monate montag muss müssen musste nach nachdem neben neue neuen nicht nichts noch nun nur ob obwohl oder oft ohne rund samstag schon sehr sei
			seien sein seine seinem seinen seiner seit selbst sich sie sind so sogar solche soll sollen sollte sondern sonntag sowie später statt tag tage
			trotz über um und uns unser unsere unter viel viele vielen vier vom von vor wann war waren warum was wegen weil weiter weitere weiteren welche
			wenig weniger wenn wer werde werden wie wieder will wir wird wo woche wochen wohl wollen wollte worden wurde wurden würde würden zehn zu zudem zum
			zunächst zur zurück zwar zwei zwischen prozent millionen milliarden januar februar märz april mai juni juli august september oktober november dezember
			dpa afp reuters uhr`,
		anaphoric: `er sie es aber doch jedoch dieser diese dieses diesen diesem dies sein seine ihr ihre ihm ihnen ihn dennoch trotzdem deshalb daher darum
			daraufhin dadurch dabei dafür dagegen damit danach dann dann darauf darin davon dazu zudem außerdem allerdings und oder denn so auch stattdessen
			hinzu deswegen somit folglich sonst andere anschließend zugleich gleichzeitig solche letzterer ferner indes indessen hingegen beide beiden da dort
			demnach hierzu hierbei nun sogar`,
		person: "er sie es", speech: "sagte sagt erklärte betonte meinte fügte teilte berichtete schrieb", first: "ich wir uns unser unsere mein meine mich mir",
		openings: []string{"Die beiden", "Das Ergebnis", "Der Grund", "Grund dafür", "Zum Beispiel", "Im Gegenteil", "Im Gegensatz dazu", "Aus diesem Grund", "Nach eigenen", "Unterdessen", "Auf der anderen Seite", "Auf die Frage", "Das sagte", "Der Mann", "Die Frau", "Der 1", "Der 2", "Der 3", "Der 4", "Der 5", "Der 6", "Der 7"},
		span:     `woche monat jahr morgen abend nacht wochenende mal tag sommer winter herbst frühjahr`,
		clauses:  `der die das deren dessen dass weil obwohl während nachdem bevor damit sodass wobei wodurch wie wenn als ob um ohne anstatt aber doch sondern denn und oder seit bis indem falls darunter`, dependents: `nachdem während wenn als weil obwohl seit bevor sollte laut nach trotz wegen bei in im am auf mit für zum zur um unter vor ob damit angesichts`,
		finite: `ist sind war waren hat haben hatte hatten wird werden wurde wurden will wollen soll sollen muss müssen kann können darf sei seien habe gibt geht steht kommt kommen bleibt fordert kritisiert plant warnt`, finiteEndings: "te ten",
	},
	"es": {
		snowball: spanish.Stem, folds: true,
		skipped: "el la los las un una unos unas de del",
		kept:    `militar,militares soleado carbono celular,celulares parte,partes partido,partidos paro,paros oro tornado,tornados soldado,soldados mercado,mercados senado comida salida,salidas medida,medidas tratado,tratados resultado,resultados llegada,llegadas sentada,sentadas fallecido,fallecidos vida,vidas`,
		derived: "mente ción,cione idad,idade ador,adora,adore encia ancia ismo ista able ible oso,osa ico,ica al,ale ario,aria ero,era ura ante ivo,iva",
		verbs: `ar er ir ando iendo aron ieron aba aban aría arían ará arán erá erán irá irán ara ase iera ieran aremos ó ió amos emos imos arse
			erse irse`, participles: "ado ada ados adas ido ida idos idas",
		stop: `a al algo alguna algunas alguno algunos allí año años ante antes aquel aquella aquí así aún aunque bajo bien cada casi cinco como con contra
			cual cuales cuando cuatro cuyo cuya de debe deben debido decir del desde después día días dice dicho dijo donde dos durante e el él ella ellas ellos en
			entonces entre era eran es esa esas ese eso esos esta está están estaba estaban estado este esto estos fue fueron gran grandes ha había habían
			hace hacer hacia han hasta hay hoy incluso jueves junto la las le les lo los lunes luego más martes mayor me medio mejor menos mes meses mi mientras
			miércoles mil millones mismo misma mucho muchos muy nada ni no nos nosotros nuestra nuestro o otra otras otro otros para parece pasado pero poco pocos
			podría por porque primer primera primero puede pueden pues que qué quien quienes sábado se sea según seis ser será si sí sido siempre sin
			sino sobre son su sus tal también tan tanto te tenía tiene tienen toda todas todo todos tras tres tu un una unas uno unos usted va vez veces viernes caso casos modo modos solo solos sola solas sólo través tal tales haya hayan cabe pese podido sentido efecto efectos
			y ya yo domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre efe afp reuters ayer última último últimos`,
		anaphoric: `él ella ellos ellas ello pero este esta estos estas esto ese esa esos esas eso su sus y o además también sin así aunque entonces por
			luego mientras después tampoco asimismo igualmente aquel aquella ambos ambas otro otra otros otras incluso`,
		person: "él ella ellos ellas", speech: "dijo afirmó informó comunicó aseguró señaló agregó añadió explicó indicó declaró manifestó sostuvo subrayó destacó",
		first:    "yo nosotros nuestra nuestro nuestros nuestras mi mis me nos",
		openings: []string{"Sin embargo", "Por otra parte", "Por otro lado", "Por su parte", "No obstante", "Por ello", "Por eso", "En cambio", "De hecho", "Por ejemplo", "Al mismo tiempo", "En consecuencia", "A su vez", "A pesar de ello", "Por lo tanto", "Por tanto", "Del mismo modo", "Los dos", "En ese", "En este sentido", "Tras ello", "Lo mismo"},
		span:     `semana mes año mañana tarde noche vez día verano invierno otoño primavera`,
		clauses:  `que quien quienes cuyo cuya pero aunque mientras después antes tras para porque ya sin como cuando con y o así por según donde lo`, dependents: `tras según después antes cuando mientras en desde durante para por con sin ante pese aunque si como al luego`,
		finite: `es son fue fueron era eran ha han había habían será serán está están estaba va van tiene tienen puede pueden debe deben hay hace anuncia afirma pide advierte`, finiteEndings: "ó aron ieron aba aban ará arán erá erán irá irán",
	},
	"pt": {
		snowball: portuguese.Stem, light: singularPortuguese, folds: true,
		skipped:     "o a os as um uma uns umas de do da dos das d",
		kept:        `militar,militares maioria,maiorias referendo,referendos parte,partes partido,partidos parto,partos tornado,tornados soldado,soldados mercado,mercados senado comida saída,saídas medida,medidas tratado,tratados resultado,resultados chegada,chegadas vida,vidas luto mar,mares mãe,mães taça,taças quartel,quartéis`,
		derived:     "mente ção,çõe idade ador,adora,adore ência ância ismo ista ável ível oso,osa ico,ica al,ai ário,ária eiro,eira ura ante mento ivo,iva",
		verbs:       "ar er ir ando endo indo aram eram iram ava avam aria ariam ará arão erá erão irá irão asse esse isse ou eu iu amos emos imos",
		participles: "ado ada ados adas ido ida idos idas",
		stop: `à às ainda além algo algum alguma algumas alguns ali ano anos ante antes ao aos apenas após aquela aquele aqui as até através cada cerca cinco com
			como contra da das de dela dele deles depois desde dessa desse desta deste deve dia dias disse dois domingo durante duas e é ela elas ele eles em enquanto
			então entre era eram essa essas esse esses esta está estão estas estava estavam este estes eu faz fazer foi foram há hoje isso isto já la lhe
			lo maior mais mas me meio melhor menos mês meses mesma mesmo meu mil milhões minha muita muitas muito muitos na nada não nas nem nenhum nessa
			nesse nesta neste no nos nós nossa nosso nova novo num numa o onde ontem os ou outra outras outro outros para parte pela pelas pelo pelos pode
			podem por porque pouco primeira primeiro próprio qual quando quanto quase quatro que quem quer quinta sábado são se segunda segundo seis sem sempre ser
			será seu seus sexta si sido só sob sobre sua suas também tão tem têm tendo ter terça teve tinha toda todas todo todos três tudo um uma umas uns vai várias
			vários vez vezes você feira caso casos sete quarta quarto milhares modo importante importantes janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro lusa afp reuters última último`,
		anaphoric: `ele ela eles elas mas porém contudo todavia este esta estes estas esse essa esses essas isso isto seu sua seus suas e ou além também
			assim então depois já por entretanto aliás ambos ambas outro outra outros outras aquele aquela ainda mesmo`,
		person: "ele ela eles elas", speech: "disse afirmou declarou acrescentou explicou indicou referiu sublinhou destacou adiantou salientou",
		first:    "eu nós nosso nossa nossos nossas meu minha me nos",
		openings: []string{"No entanto", "Além disso", "Por outro lado", "Por sua vez", "Por isso", "Apesar disso", "Ao mesmo tempo", "Em contrapartida", "De facto", "De fato", "Por exemplo", "Em consequência", "Do mesmo modo", "Os dois", "Nesse sentido", "Neste sentido", "Segundo ele", "Segundo ela", "De acordo com ele", "A decisão"},
		span:     `semana mês ano manhã tarde noite vez dia verão inverno outono primavera`,
		clauses:  `que quem cujo cuja mas embora enquanto depois antes após para porque sem como quando com e ou segundo onde o`, dependents: `após segundo depois antes quando enquanto em no na nos nas desde durante para por com sem ante apesar embora se como ao`,
		finite: `é são foi foram era eram há tem têm tinha tinham será serão está estão estava vai vão pode podem deve devem faz diz anuncia afirma`, finiteEndings: "ou aram eram iram ava avam ará arão erá erão irá irão",
	},
	"it": {
		snowball: italian.Stem, folds: true,
		skipped:     "il lo la i gli le l un uno una di del dello della dei degli delle d",
		elided:      "l d un c n m t s v dell all nell sull dall coll quell quest sant anch dov com mezz bell",
		kept:        `dividendi dividendo portaerei potere tempio templi tempo,tempi setta sette messa,messe grano gran parte,parti partito,partiti portare porto,porti resto,resti soldato,soldati mercato,mercati senato trattato,trattati candidato,candidati partita,partite uscita,uscite reato,reati isola,isole sole gol var tir rom sci manga naso gola polo mare mar radio moda principe,principi`,
		derived:     "mente zione,zioni ità atore,atori,atrice,atrici enza,enze anza,anze ismo,ismi ista,isti,iste abile,abili ibile,ibili oso,osa,osi,ose ico,ica,ici,iche ale,ali ario,aria,ari,arie iere,iera,ieri ura,ure ante,anti mento,menti ivo,iva,ivi,ive",
		verbs:       "are ere ire ando endo arono erono irono ava avano eva evano iva ivano erà eranno irà iranno erebbe irebbe asse esse isse ò",
		participles: "ato ata ati ate uto uta uti ute ito ita iti ite",
		stop: `a abbiamo ad ai al alcune alcuni alla alle allo altra altre altri altro anche ancora anni anno avere aveva avevano ben c che chi ci cinque
			circa col come con contro cosa così cui da dal dalla dalle dallo dai dagli dell degli dei del della delle dello dentro deve di dice dopo dove due
			dunque durante e è ecco ed era erano essere fa fare fatto fino fra già gli giorni giorno giovedì ha hanno ho ieri il in infatti insieme invece io la le
			lei lì lo loro lui lunedì ma mai martedì me meno mentre mercoledì mese mesi mi mila milioni miliardi molti molto né negli nei nel nella nelle nello
			no noi non nostra nostro nulla o oggi ogni oltre ora ormai per perché perciò più po poi poco potrebbe presso prima primo proprio può qualche quale
			quali quando quanto quasi quattro quella quelle quelli quello questa queste questi questo qui quindi sabato sarà se secondo sei sempre senza si sia
			siamo sono sopra sotto stata state stati stato su sua sue sugli sui sul sulla sulle suo suoi tra tre troppo tutta tutte tutti tutto un una uno va venerdì
			verso via vi volta volte solo sola soli modo modi caso casi maggior maggiore maggiori minore minori vari varie bene ben importante importanti tramite domenica gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre ansa afp reuters
			ultimo ultima`,
		anaphoric: `lui lei egli ella loro esso essa essi ma però questo questa questi queste quello quella quelli quelle ciò suo sua suoi sue e o inoltre anche
			così tuttavia infatti quindi dunque poi allora perciò invece infine eppure altri altre altro altra entrambi entrambe pertanto intanto`,
		person: "lui lei egli loro", speech: "detto affermato dichiarato aggiunto spiegato sottolineato riferito precisato osservato concluso",
		first:    "io noi nostro nostra nostri nostre mio mia miei mie mi ci",
		openings: []string{"Dal canto suo", "Dal canto loro", "Per questo", "Al contrario", "D'altra parte", "Nel frattempo", "Ad esempio", "Per esempio", "Allo stesso tempo", "Di conseguenza", "I due", "In particolare", "Da parte sua", "Nonostante ciò", "Di qui", "Per quanto riguarda"},
		span:     `settimana mese anno mattina sera notte volta giorno estate inverno autunno primavera`,
		clauses:  `che cui ma mentre dopo prima perché poiché senza come quando con e o secondo dove anche sebbene nonostante per`, dependents: `dopo secondo prima quando mentre in nel nella nei nelle da dal durante per con senza nonostante se come a al alla`,
		finite: `è sono era erano ha hanno aveva avevano sarà saranno fu furono va vanno può possono deve devono fa sta stanno viene chiede annuncia`, finiteEndings: "ato ò arono erono irono ava avano eva evano erà eranno irà",
	},
	"nl": {
		snowball: dutch.Stem, light: undoubled, compounds: true,
		kept:    "schotland schotse foto leed atoom,atomen boom,bomen bom,bommen boot,boten zone,zones genoom won man,mannen maan,manen bot,botten paar jets green",
		whole:   "beeld beelden leren licht aarde zaken stand leven werken stellen spelen kosten reizen stemming verklaring landen",
		derived: "heid,heden ing,ingen lijk,lijke",
		skipped: "de het een van 't",
		stop: `aan aangezien achter al alle alleen alles als altijd ander andere anderen anders april augustus beide ben bij bijna binnen blijft boven d daar daarbij
			daarin daarmee daarna daarom daarvan daarvoor dag dagen dan dat de december deel den der deze die dinsdag dit doen donderdag door drie dus duizend een
			eens eerder eerste eigen elk elke en enige enkele er ergens even februari gaan gaat ga geen geweest gisteren goed had hadden heb hebben heeft
			heel hem hen het hier hij hoe hun ik in ja jaar jaren januari juli juni kan komen komt kon konden kunnen kwam laat laatste later maar maand maandag
			maanden maart mag meer meerdere meest mei men met mij miljoen miljard minder moest moet moeten mogen na naar nadat namelijk net niet niets nieuwe nog
			nooit november nu of oktober om omdat ongeveer onder ons ook op over per pas procent ruim samen september sinds sommige steeds te tegen ten ter terug
			terwijl tijdens toch toe toen tot tussen twee uit uur vaak van vandaag vanaf veel vier vijf volgens voor vooral vorig vorige vrijdag waar waarbij
			waarin waarna waarom waren was wat week weer weken wel welke werd werden wie wij wil wilde woensdag wordt worden zaterdag ze zei zeggen zegt zelf
			zes zich zij zijn zo zodat zonder zou zouden zondag zowel zullen anp afp reuters`,
		anaphoric: `hij zij ze het deze dit die dat maar echter toch ook daarom daardoor daarna daarnaast daarbij daarmee daarvoor bovendien verder zijn haar hun hen
			hem en of dus want zo toen vervolgens desondanks overigens inmiddels anderen andere beide beiden hierdoor hierbij daar daarop tevens evenals
			tegelijkertijd sindsdien ondertussen`,
		person: "hij zij ze", speech: "zei zegt aldus vertelde verklaarde schreef meldde", first: "ik wij we ons onze mijn mij",
		openings: []string{"Aan de andere kant", "Als gevolg daarvan", "Om die reden", "Op zijn beurt", "Tot nu toe", "In plaats daarvan", "De twee", "Ook al", "Dat blijkt", "Volgens hem", "Volgens haar", "Het gaat om"},
		span:     `week maand jaar ochtend avond nacht keer dag zomer winter weekend`,
		clauses:  `die dat maar omdat terwijl nadat voordat zodat waardoor waarbij hoewel als toen om zonder en of want sinds tot dat aldus`, dependents: `nadat terwijl als toen omdat hoewel sinds voordat volgens na tijdens in op bij met voor om door wegens`,
		finite: `is zijn was waren heeft hebben had hadden wordt worden werd werden wil willen zal zullen kan kunnen moet moeten mag gaat gaan komt komen blijft zegt`, finiteEndings: "de den te ten",
	},
	"pl": {
		light:   stemPolish,
		kept:    "danie,dania,dań,daniem radio rada",
		derived: "ość,ości,ością,ościach,ościami,ościom",
		stop: `a aby ale albo ani aż bardzo bez bo bowiem był była było były być będą będzie by chce choć ci cię co coraz czy czyli czwartek dla dlaczego dlatego
			do dni dnia dwa dwie dwóch dzień dziś gdy gdzie go i ich ile im inne innych innym iż ja jak jako jakie jednak jego jej jest jeszcze jeśli jeżeli już
			każdy kiedy kilka kilku która które którego której który których którym którzy ku lat lata latach lecz lub ma mają mam mi miał miała między
			mieć mimo mln mld mnie może można moi mój musi my na nad nam nas nasz nawet nic nich nie niedziela nim niż no nowe o obecnie od około on ona one oni ono
			oraz osób pan pani piątek po pod podczas ponad poniedziałek ponieważ poza proc przed przede przez przy roku rok razem również są sam się sobota sobie
			środa środę swoich swoje swój ta tak także tam te tego tej temu ten teraz też to tę tu tutaj tych tylko tym tymi u w wcześniej we wiele wielu więc
			więcej według wszystkich wszystko wszyscy wtorek wśród z za zaś ze został została zostały że żeby stycznia lutego marca kwietnia maja czerwca lipca sierpnia
			września października listopada grudnia pap afp reuters poinformował powiedział dodał jednej pierwszy pierwsza`,
		anaphoric: `on ona oni one ono ale jednak lecz to ten ta te tego tej temu tym jego jej ich im dlatego także również ponadto a i więc zatem wtedy potem
			natomiast zaś następnie tymczasem mimo dodatkowo ponieważ inni inne tak podobnie jednocześnie poza oba obaj obie`,
		person: "on ona oni one", speech: "powiedział powiedziała dodał dodała poinformował poinformowała podkreślił podkreśliła stwierdził zaznaczył wyjaśnił ocenił",
		first:    "ja my nas nam nasz nasza nasze mój moja moje mnie mi",
		openings: []string{"Z kolei", "Co więcej", "W związku z tym", "Z drugiej strony", "Na przykład", "W rezultacie", "Mimo to", "W efekcie", "Oprócz tego", "W tym czasie", "Jak dodał", "Jak podkreślił", "Jego zdaniem", "Jej zdaniem"},
		span:     `tydzień tygodniu miesiąc miesiącu rok roku rano wieczór wieczorem noc razem raz lato zimę`,
		clauses:  `który która które którzy ale a aby żeby bo ponieważ gdy kiedy choć mimo po przed i oraz jednak gdyż podczas jak że co`, dependents: `po przed gdy kiedy choć mimo według w we na podczas od jeśli jeżeli aby ponieważ z ze za`,
		finite: `jest są był była było byli były będzie będą ma mają miał może mogą musi chce został została zostało zostały zostali`, finiteEndings: "ł ła ło li ły uje ują ają",
	},
	"ru": {
		snowball: russian.Stem, lower: lowerRussian,
		kept:    `данные,данных,данными сель пытаться,пытались,пытается заключение,заключения,заключении,заключению семена сел евро капитал капитан мин мир,мира,миру,миром,мире странный командующий,командующего,командующему,командующим другой,другими,других,другие,другое,другую правило,правила,правил лицо,лица,лиц лицей сет,сеты,сета учения,учений,учениях,учениями,учениям род,роду,рода,роде,роды,родов`,
		derived: "ость,ости,остью,остей,остям,остями,остях",
		stop: `а без более больше будет будут бы был была были было быть в вам вас ваш ведь во вот впрочем все всего всей всем всех всю вторник вы где год года
			году годы да даже два две двух день для до дней его ее если есть еще ж же за завтра заявил заявила здесь и из или им ими имеет их к
			каждый как какая какие какой когда кого которая которого которой которые который которым которых кто куда лет ли лишь лучше между меня мне многие
			может можно мой мы на над надо нам нас наш не него нее ней нельзя несколько нет ни нибудь никогда ним них ничего но ну о об один одна однако
			около он она они оно от очень первый первая перед по под после потом потому почему почти при про пока понедельник пятница пятницу с свой своей своего
			своих сам сама себе себя сегодня сейчас со сообщил сообщила сообщает среда среду суббота субботу так также такая такие такой там те тем теперь
			то тогда того тоже той только том тот три тут ты тыс тысяч у уже хотя человек через четверг что чтобы эта эти этих это этого этой
			этом этот эту этому я воскресенье января февраля марта апреля мая июня июля августа сентября октября ноября декабря млн млрд процентов тасс риа интерфакс рублей
			новый новая новые поэтому семь мере мер ранее раннее рано легко виде реже страны стран страна страну страной стране странах странами месяц месяца неделю недели`,
		anaphoric: `он она они оно но однако это этот эта эти его ее их ему ей им а и также тоже кроме поэтому затем потом тогда так при тем такой такая такие
			впрочем зато притом причем после оба обе другие другой`,
		person: "он она они", speech: "сказал сказала заявил заявила отметил отметила добавил добавила сообщил сообщила подчеркнул подчеркнула пояснил уточнил рассказал",
		first:    "я мы нас нам наш наша наши мой моя мне меня",
		openings: []string{"По его словам", "По ее словам", "По её словам", "По их словам", "В то же время", "Тем не менее", "Кроме того", "При этом", "В свою очередь", "В частности", "Вместе с тем", "Между тем", "Например", "В результате", "Таким образом", "С другой стороны", "До этого", "Ранее", "По словам", "Тем временем", "Вместо этого", "Несмотря на это", "Наряду с этим"},
		span:     `год году года месяц месяце неделе неделю раз утром утро вечером ночью летом зимой осенью весной`,
		clauses:  `который которая которое которые но а чтобы потому так когда хотя после перед и или однако поскольку если пока как что где куда сообщает`, dependents: `после перед когда хотя если по в во на с со при во-первых пока поскольку чтобы несмотря как за из для`,
		finite: `есть будет будут был была было были может могут должен должна должны`, finiteEndings: "л ла ло ли лся лась лось лись ет ют ит ят ется ются ится ятся",
	},
	"uk": {
		light: stemUkrainian,
		kept:  "водій,водія,водії друг,друзі,друзів,друзями другий,другого,другої,другу,друга дані",
		stop: `а або аби адже але б без більш більше був буде будуть було бути були в вже ви від він вона вони воно все всі всіх вівторок де день для до дня днів
			друга два дві двох дуже до є ж за завжди заявив зараз згідно з зі і із інші його її їх й коли який яка яке які якого якій яких кожен
			кілька кому лише між мене ми мій може можна на над нам нас наш не неї ним них ні ніж ну о об один одна однак он осіб перед перший по під після п'ятниця пʼятницю п'ятницю
			понад понеділок при про проти році рік року роки років сам саме свій своєї свого середа середу себе собі суботу субота сьогодні та так також такий такі там те тепер ти
			тим тих тільки то тоді того тому три тут у хто це цей ця ці цих цього цьому цієї через четвер що щоб я як якщо ще неділя неділю січня лютого березня квітня
			травня червня липня серпня вересня жовтня листопада грудня млн млрд тис біля сім пір даного даній даної даний даному даних укрінформ повідомив повідомила повідомляє зазначив людей`,
		anaphoric: `він вона вони воно але однак проте це цей ця ці його її їх їхній а і також крім тому потім тоді так при таким такий такі втім зате зокрема
			після інші обидва обидві та й`,
		person: "він вона вони", speech: "сказав сказала заявив заявила зазначив зазначила додав додала повідомив повідомила наголосив пояснив розповів",
		first:    "я ми нас нам наш наша наші мій моя мені мене",
		openings: []string{"За його словами", "За її словами", "За їхніми словами", "Водночас", "Тим часом", "Крім того", "При цьому", "У свою чергу", "Зокрема", "Разом з тим", "Натомість", "Наприклад", "У результаті", "Таким чином", "З іншого боку", "До цього", "Раніше", "За словами", "Попри це", "Тим не менш"},
		span:     `рік року році місяць місяці тиждень тижні раз ранок ввечері вночі влітку взимку`,
		clauses:  `який яка яке які але а щоб бо тому так коли хоча після перед і й та або однак оскільки якщо поки як що де`, dependents: `після перед коли хоча якщо за у в на з із при поки оскільки щоб попри як для під`,
		finite: `є буде будуть був була було були може можуть має мають`, finiteEndings: "в ла ло ли вся лася лося лися ють ить ять ється ються иться",
	},
	"tr": {
		kept:  "kazandı hakim kabine kapı sığındı sıkı görüntü bağlama bağlantı kalıntı deneyim kışla dokuz doğum doğa kar kara kan kanun yardım",
		light: stemTurkish, lower: lowerTurkish, suffixed: true,
		stop: `acaba ama ancak arada artık aslında asla ayrıca az bazı belki ben beri beş bile bin bir birçok biri birkaç biz bize bizim böyle bu bugün buna bunda
			bundan bunlar bunların bunu bunun burada cuma cumartesi çarşamba çok çünkü da daha de defa değil diğer diye dolayı dört dün düzenlenen edecek eden ederek edildi edilen
			ediyor en etti ettiği ettiğini fakat gibi göre gün günü hala hangi hatta hem henüz hep hepsi her herkes hiç iki ile ilgili ilk ise için içinde
			kadar karşı kendi kendine kez ki kim kimse mi mı milyon milyar mu mü nasıl ne neden nerede niye o olan olarak oldu olduğu olduğunu olması olmayan
			olsa olup olur on ona ondan onlar onların onu onun orada oysa pazar pazartesi perşembe rağmen sadece salı sanki sonra sonraki şey şimdi şöyle
			şu tarafından tüm ve veya ya yani yapılan yapılması yapan yaptı yaptığı yeni yer yıl yılı yılında yine yok yüzde zaten zaman ocak şubat
			a in ta ye n u ma san ana ay ayında sık sıra sona orta değer tür birlikte yüksek aldı verdi yaşındaki pek üç batı adam evde mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık aa dedi söyledi belirtti ifade`,
		anaphoric: `o onlar ama ancak fakat bu bunlar bunun buna bundan bunu onun onların ayrıca öte ve oysa çünkü böylece sonra daha dolayısıyla üstelik yine
			şu böyle ikisi diğer diğerleri`,
		person: "o onlar", speech: "dedi söyledi belirtti ekledi vurguladı kaydetti", first: "ben biz bizim benim bize bana",
		openings: []string{"Öte yandan", "Bununla birlikte", "Buna rağmen", "Buna göre", "Bu arada", "Bu nedenle", "Bunun üzerine", "Aynı zamanda", "Diğer yandan", "Örneğin", "Daha sonra", "Bu kapsamda", "Söz konusu"},
		span:     `yıl hafta ay sabah akşam gece kez gün yaz kış`,
		clauses:  ``, dependents: ``,
		finite: ``, finiteEndings: "",
	},
	"ar": {
		light: stemArabic, lower: lowerArabic,
		stop: `في من الي علي عن مع هذا هذه ذلك تلك التي الذي الذين اللذين ان انه انها كان كانت كانوا يكون تكون قد لقد ما لا لم لن ليس ليست و او ثم بل لكن حتي اذا كما
			كل بعض بين بعد قبل عند منذ خلال حيث حول دون غير ضد نحو لدي تحت فوق امام وراء عبر هو هي هم هما نحن انا هنا هناك اي احد احدي واحد واحده اثنين ثلاثه عشر
			الف مليون مليار عام العام اليوم امس الاثنين الثلاثاء الاربعاء الخميس الجمعه السبت الاحد يوم ايام شهر اشهر سنه سنوات وقال قال قالت وقالت اضاف واضاف واضافت
			اكد واكد وان فان بان لان به بها له لها فيه فيها منه منها عليه عليها اليه اليها ايضا اكثر اقل اول الاول الاولي اخر الاخيره يناير فبراير
			مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر وفق وفقا رويترز فرانس برس بحسب حسب لذلك وذلك كذلك مثل نفس نفسه نفسها رقم رييسي رييسيه الرييسي الرييسيه موقع عاده شخص جوله طرف لاي وكان وكانت ومن وفي وعلي والتي والذي`,
		anaphoric: `هو هي هم هما ولكن لكن كما وهو وهي وهم هذا هذه ذلك تلك وهذا وهذه وذلك ايضا وايضا لذلك ولذلك بل ثم وقال واضاف واضافت وتابع وتابعت واوضح واوضحت واكد
			واكدت وذكر واشار واشارت وكان وكانت ومع وفي وعلي ومن ووفقا وبحسب وتاتي وياتي وجاء وجاءت بدوره بدورها`,
		person: "هو هي هم", speech: "قال قالت وقال وقالت اضاف واضاف", first: "انا نحن",
		openings: []string{"من جانبه", "من جهته", "من جانبها", "من جهتها", "في المقابل", "وفي المقابل", "بالإضافة إلى ذلك", "على الرغم من ذلك", "ومع ذلك", "في الوقت نفسه", "وفي الوقت نفسه", "في غضون ذلك", "على صعيد آخر", "من ناحية أخرى", "على سبيل المثال", "نتيجة لذلك"},
		span:     `العام الاسبوع الشهر المره الصيف الشتاء اليوم السنه المساء`,
		clauses:  `الذي التي الذين فيما بينما حيث لكن بعد قبل مما كما وذلك وسط اثر ما خلال عقب في`, dependents: `بعد قبل في خلال وفق حسب بحسب عقب رغم مع منذ`,
		finite: ``, finiteEndings: "",
	},
	"sw": {
		light:   stemSwahili,
		skipped: "ya wa za la cha vya pa ka",
		kept:    "kusini kubwa kutoka kuhusu kuanzia kutokana kufikia kuwa kuna kufuatia",
		stop: `aidha alikuwa alisema amesema ambao ambapo ambaye ambayo ambazo ana anasema au baada baadhi baina bado bila cha chake chini dhidi
			fulani hadi hali hapa hapo hasa hata hatua hayo hii hilo hiyo hizi hizo huku huo humo huu huwa huyo idadi ikiwa ila ili imekuwa ingawa ingine ipo
			jana jinsi jumamosi jumanne jumapili jumatano jumatatu alhamisi ijumaa juu kabla kadhaa kama karibu katika kati kila kisha kubwa kufuatia kuhusu kuna
			kupitia kutoka kutokana kuwa kwa kwamba kwanza kwao kwenye kwetu la lakini leo licha lililo mara mbali mbalimbali mbele mbili mengi miaka milioni mimi
			moja mpya mtu muda mwa mwaka mwake mwezi mwenye mwishoni na namna nao nani ndani ndio ndipo ndiyo ndiye ni nini ninyi nje nyingi nyingine nyuma pa
			pamoja pia sana sasa si sisi siku tangu tano tatu tena tu ule vile vya wa wake wakati wako wakiwa walikuwa walio wamekuwa wana wao
			watu wengi wengine wenye wiki wote ya yake yako yale yao yenye yote yule za zaidi zake zao zile zote elfu januari februari machi aprili
			mei juni julai agosti septemba oktoba novemba desemba bbc asilimia`,
		anaphoric: `yeye wao lakini hata hivyo hii hiyo huyo hao hayo hilo hizo huo hili hawa pia aidha vilevile kisha baadaye ingawa na kwani basi hatimaye wengine
			nyingine zaidi hapo hayo`,
		person: "yeye wao", speech: "alisema amesema aliongeza walisema", first: "mimi sisi wetu yetu langu yangu",
		openings: []string{"Kwa upande wake", "Kwa upande wao", "Kwa mfano", "Kwa hiyo", "Kwa sababu hiyo", "Wakati huo huo", "Wakati huohuo", "Mbali na hayo", "Licha ya hayo", "Licha ya hilo", "Baada ya hapo", "Kutokana na hali hiyo", "Kwa maana hiyo", "Pamoja na hayo"},
		span:     `wiki mwaka mwezi asubuhi jioni usiku siku mara`,
		clauses:  `ambaye ambayo ambao ambazo huku baada ingawa lakini wakati ambapo ili kwani kabla na au kufuatia bali hata kwa`, dependents: `baada kabla wakati kufuatia kwa katika licha kutokana ikiwa iwapo kulingana mbali tangu`,
		finite: `ni si yuko wako iko`, isVerb: isSwahiliVerb,
	},
	"zh": {
		lower:    simplified,
		stop:     `的 了 在 是 和 与 及 而 也 就 都 并 但 或 被 把 将 对 从 到 以 于 为 之 其 这 那 有 不 还 又 很 更 最 已 曾 着 过 地 得 说 称 一 二 三 两 个 位 名 年 月 日 时 他 她 它 们 我 你 等 上 中 下 后 前 里 内 外 由 向 该 此 所 因 则 若 如 可 能 会 要 至 共 约 每 各 么 吧 吗 呢 啊`,
		first:    "我",
		openings: []string{"但", "他", "她", "它", "然而", "不过", "同时", "此外", "另外", "因此", "所以", "这", "那", "其", "该", "对此", "随后", "而", "并", "于是", "可是", "与此同时", "据此", "两人", "双方", "例如", "相比之下", "尽管如此", "也就是说", "另一方面", "此前", "此举", "目前", "之后"},
		span:     ``,
		clauses:  `但 而 并 以 使 其 据 导 因 同 并且 但是 随`, dependents: `据 在 当 随 由 对 为 自 经 根 如`,
		finite: ``, finiteEndings: "",
	},
	"ja": {
		stop: `の に は を た が で て と し れ さ あ い も す る か な こ そ う よ ら り け め え お ど せ つ だ ま ば や へ ろ き く み ん ず げ ご ざ じ ぜ ぞ ち づ ね ふ ぶ べ ほ ぼ む ゆ わ っ ょ ゃ ゅ
			一 二 三 年 月 日 時 人 者 同 氏 後 前 中 上 下 内 外 的 等 計 約 各 数 何 今 来 昨 間 分 ー`,
		first:    "私 僕",
		openings: []string{"しかし", "だが", "また", "さらに", "一方", "ただ", "このため", "これ", "それ", "その", "この", "そして", "彼", "同", "なお", "ところが", "そこで", "つまり", "例えば", "こうした", "そうした", "加えて", "他方", "とはいえ", "それでも", "にもかかわらず", "したがって", "よって", "両氏", "両者", "これに対", "これまで"},
		span:     ``,
		clauses:  ``, dependents: ``,
		finite: ``, finiteEndings: "",
	},
}
