package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file tells apart what stands above the body of agency copy: service lines, notes,
// headline, decks, bylines and dates.

// Bounds of the head of agency copy, what stands above its dateline.
const (
	longestHead = 40 // lines
	proseInHead = 2  // paragraphs: teasers
)

// findLead returns the index of the first line with a dateline that an agency signs,
// where that can be the lead; else -1. A dateline on a line of its own stands above it.
func (p *rawPage) findLead() int {
	if !p.plain {
		return -1
	}
	above := 0
	for i, n := 0, 0; i < len(p.lines) && n < longestHead; i++ {
		l := &p.lines[i]
		if l.rule != 0 {
			continue
		}
		n++
		s := p.slice(*l)
		size := signedDateline(s, true)
		p.datelined = p.datelined || size > 0
		switch {
		case size > 0 && p.isSigned(s[:size]):
			p.wire = true
			if size < len(s) && !isTheme(s[size:]) {
				return i
			}
			l.rule = RuleDateline
			return p.leadBelow(i + 1)
		case isProse(s) && !isNote(s):
			if above++; above > proseInHead {
				return -1
			}
		}
	}
	return -1
}

// leadBelow returns the index of the first line from i on that is no part of the head, and
// labels the lines above it; -1 if there is none.
func (p *rawPage) leadBelow(i int) int {
	for ; i < len(p.lines); i++ {
		l := &p.lines[i]
		if l.rule == 0 {
			l.rule = p.headRule(p.slice(*l))
		}
		if l.rule == 0 {
			return i
		}
	}
	return -1
}

// isTheme reports whether s, behind a dateline of a Chinese agency, repeats the headline.
func isTheme(s string) bool { return strings.HasPrefix(s, "题：") && !EndsSentence(s) }

// isSigned takes note of the agency that signs a dateline, and reports whether one is
// known.
func (p *rawPage) isSigned(dateline string) bool {
	wide := wideSigners.has(dateline)
	if wide {
		p.agency |= signs
	}
	for i, r := range dateline {
		if i == 0 || !unicode.IsLetter(r) {
			word := strings.TrimLeft(dateline[i:], " (,[/.-–—:=")
			if found, _, ok := longAgencies.find(word); ok {
				p.agency |= found.value
			}
			p.agency |= agencyNamed(firstWord(word))
		}
		wide = wide || r >= 0x600 || r == '/' || r == '='
	}
	return p.agency != 0 || wide
}

// readHead takes note of what the first lines tell of the page.
func (p *rawPage) readHead(lead int) {
	if !p.plain {
		return
	}
	end := lead
	if end < 0 {
		end = min(len(p.lines), 8)
	}
	for _, l := range p.lines[:end] {
		s := p.slice(l)
		if l.rule != 0 {
			continue
		}
		p.served = p.served || isServiceLine(s) && !isDocumentSymbol(s)
		p.un = p.un || isDocumentSymbol(s) && strings.IndexByte(s, '/') > 0 || s == "Meetings Coverage and Press Releases"
	}
	p.wire = p.wire || p.served || p.un
	for i := 0; i < end && !p.wire; i++ {
		s := p.slice(p.lines[i])
		p.wire = p.lines[i].rule == 0 && namesItsAgency(s)
	}
}

// namesItsAgency reports whether s is the name of an agency, or its masthead.
func namesItsAgency(s string) bool { return agencyNamed(s) != 0 || isMasthead(s) }

// headRule returns why s, a line above the body, is left out, or 0.
func (p *rawPage) headRule(s string) RemovalRule {
	switch {
	case len(s) > longestLabel:
		return 0
	case !hasWord(s):
		return RuleOrnament
	}
	if strings.IndexByte("^<= ", s[0]) >= 0 || strings.IndexByte("^<= ", s[len(s)-1]) >= 0 { // of ANPA 1312
		s = strings.Trim(s, "^<= ")
	}
	switch {
	case isServiceLine(s), hasTimeGroup(s) && isStamp(s), s[0] >= utf8.RuneSelf && isWideDesk(s), p.un && isUNLine(s):
		return RuleService
	case isStarred(s):
		return RuleByline
	case isNote(s):
		return RuleNote
	case p.served && isSlug(s):
		return RuleService
	case isHeadDate(s):
		return RuleDate
	case isByline(strings.TrimPrefix(s, "- "), true), agencyNamed(s) != 0, isStaff(s), isDatedByline(s):
		return RuleByline
	}
	return 0
}

// isHeadDate reports whether s, a line above the body, is the date of filing, perhaps with the
// place or the source.
func isHeadDate(s string) bool {
	return isDate(s, 0) || isFiled(s) || isPublished(s) || isDatedAgency(s) || isDatedSource(s) || isPlaceDate(s)
}

// isPlaceDate reports whether s is a place and a whole date, as press releases have it on a
// line of its own: "Madrid, 18 de noviembre de 2026".
func isPlaceDate(s string) bool {
	place, date, ok := strings.Cut(s, ", ")
	return ok && digitGroups(date) >= 2 && countWords(place, 4) < 4 && isPlace(place) && digitGroups(place) == 0 && isDate(date, 0)
}

// isStaff reports whether s says in what office a writer works: "AP Sports Writer".
func isStaff(s string) bool {
	return hasAnySuffix(s, " Writer", " Correspondent", " Editor", " writer", " correspondent", " editor") && isAgency(s)
}

// isStaffer reports whether s is a name and what its bearer is at a newspaper: "Jo Bell Environment
// reporter".
func isStaffer(s string) bool {
	if countWords(s, 8) == 8 || !hasAnySuffix(s, " reporter", " correspondent", " editor", " writer") {
		return false
	}
	first, rest, _ := strings.Cut(s, " ")
	last, _, _ := strings.Cut(rest, " ")
	return isNames(first + " " + last)
}

// isStarred reports whether s is a byline between stars, as of Lusa.
func isStarred(s string) bool {
	if !strings.HasPrefix(s, "***") || !strings.HasSuffix(s, "***") {
		return false
	}
	names := strings.Trim(s, "* ")
	return isNames(firstPart(names)) || isByline(names, true)
}

// doubtful returns the first of the lines above lead that is labelled as a headline might
// be, where there is no other, and takes the label off; else -1.
func (p *rawPage) doubtful(lead int) int {
	for i := range lead {
		if p.isDoubtful(i) {
			p.lines[i].rule = 0
			return i
		}
	}
	return -1
}

// isDoubtful reports whether line i is labelled as a headline might be.
func (p *rawPage) isDoubtful(i int) bool {
	s := p.slice(p.lines[i])
	if countWords(s, 3) < 3 || isBracketed(s) || len(s) > 200 {
		return false
	}
	switch p.lines[i].rule {
	case RuleDate:
		return isPlaceDate(s)
	case RuleNotice, RuleCaption, RuleMetadata, RuleNote:
		return !isEmbargo(undecorated(s)) && (!noteBeginnings.has(undecorated(s)) || correctsStory.has(s))
	case RuleConfidential: // "Not for publication: a judge's memoir": it names nobody
		_, _, rest, _ := confidential.search(s)
		return startsWithWord(s) && countWords(rest, 5) == 5 && isCasedWord(s) && !isCasedWord(rest) && !hasDigit(rest)
	}
	return false
}

// correctsStory begins the headlines of corrections.
var correctsStory = newPrefixTable(map[bool]string{true: `correction:|corrected:|correction -|clarification:`})

// labelBetween labels the lines from begin to end, between headline and body,
// and returns how many of them are standfirsts.
func (p *rawPage) labelBetween(begin, end int) (standfirsts int) {
	for i := begin; i < end; i++ {
		l := &p.lines[i]
		if l.rule == 0 {
			l.rule = p.ruleBetween(i, end)
		}
		if l.rule == 0 {
			l.role = RoleStandfirst
			standfirsts++
		}
	}
	return standfirsts
}

// ruleBetween returns why line i, between headline and line end, is left out, or 0.
func (p *rawPage) ruleBetween(i, end int) RemovalRule {
	l := &p.lines[i]
	switch s := p.slice(*l); {
	case isDate(s, 4):
		return RuleDate
	case isAuthor(s), isStaffer(s):
		return RuleByline
	case p.isLeadCaption(i):
		return RuleCaption
	case isPlaceLine(s) && (i+1 == end || len(firstPart(s)) == len(s)):
		return RuleDateline
	case countWords(s, 4) < 4 && len(s) < 24:
		return RuleMetadata
	case p.wire && isSlug(s):
		return RuleService
	}
	if p.trimLine(l); p.wire && isNote(p.slice(*l)) {
		return RuleNote
	}
	return 0
}

// isPlaceLine reports whether s is the name of a place in capitals, alone on its line.
func isPlaceLine(s string) bool {
	if len(s) > 1 && isASCIILower(s[1]) {
		return false // nearly always
	}
	return isUpperWord(firstPart(s)) && countWords(s, 7) < 7 && isPlace(strings.ReplaceAll(s, "/", ", "))
}

// isLetterhead reports whether line i names who issues a press release: an office above the
// label of the release or in the same block, or a company.
func (p *rawPage) isLetterhead(i int) bool {
	s := p.slice(p.lines[i])
	if countWords(s, 10) == 10 || i+1 == len(p.lines) {
		return false
	}
	if i > 0 && countWords(s, 3) < 3 && p.isReleaseLabel(i-1) {
		return true // where it was issued
	}
	labelled := p.isReleaseLabel(i + 1)
	last := s[strings.LastIndexByte(s, ' ')+1:]
	switch {
	case pressOffices.has(s), labelled && (issuers.hasAny(s) || countWords(s, 3) < 3), (labelled || p.agency&releases != 0) && legalForms.has(last):
		return true
	}
	return p.inReleaseHead(i) && isOffice(s)
}

// isReleaseLabel reports whether line i calls the copy a press release, or names a press office.
func (p *rawPage) isReleaseLabel(i int) bool {
	s := p.slice(p.lines[i])
	return p.lines[i].rule == RuleNote && releaseLabels.has(s) || pressOffices.has(s)
}

// pressOffices are the names of the office that issues press releases, by language.
var pressOffices = phrases(`press office|press service|media office|media relations|press and media office|communications department|corporate communications|communications office|public affairs|office of public affairs|pressestelle|presseamt|pressebüro|medienstelle|öffentlichkeitsarbeit|presse- und öffentlichkeitsarbeit
	|service de presse|service presse|service communication|bureau de presse|gabinete de prensa|oficina de prensa|oficina de comunicación|departamento de comunicación|assessoria de imprensa|assessoria de comunicação|gabinete de imprensa|gabinete de comunicação|ufficio stampa|ufficio comunicazione|sala stampa
	|persdienst|afdeling communicatie|biuro prasowe|zespół prasowy|пресс-служба|пресс-центр|прес-служба|пресслужба|basın bürosu|basın müşavirliği|basın merkezi|presstjänst|presseavdelingen|pressekontor|viestintä|tiskový odbor|tlačový odbor|sajtóiroda|biroul de presă|ured za odnose s javnošću|γραφείο τύπου|المكتب الصحفي|المكتب الإعلامي|新闻处|新闻办公室|新聞處|広報課|広報室|報道資料|대변인실|홍보실`)

// inReleaseHead reports whether a line that calls the copy a press release stands in the block of
// line i.
func (p *rawPage) inReleaseHead(i int) bool {
	begin, end := i, i+1
	for begin > 0 && !p.lines[begin].gap && begin > i-longestLead {
		begin--
	}
	for end < min(len(p.lines), i+longestLead) && !p.lines[end].gap {
		end++
	}
	for j := begin; j < end; j++ {
		if p.isReleaseLabel(j) {
			return true
		}
	}
	return false
}

// isOffice reports whether s is the name of an office that issues press releases: one of issuers
// begins it before a particle, "Direction de la communication", or stands in it where all words have
// capitals. "Police Arrest Three After Fire" is none.
func isOffice(s string) bool {
	if EndsSentence(s) || !issuers.hasAny(s) {
		return false
	}
	first := firstField(s)
	if issuers.has(first) {
		second := firstField(strings.TrimPrefix(s[len(first):], " "))
		return nameParticles.has(second) || countWords(s, 4) < 4
	}
	return !isCasedWord(s) || isSignature(s)
}

// issuers are words in the names of offices that issue press releases.
var issuers = words(`ministry department office embassy government agency council commission authority police university institute foundation association
	ministerium bundesministerium auswärtiges botschaft regierung bundesregierung bundesamt landesamt senat senatsverwaltung stadt polizei polizeipräsidium universität verband stiftung
	ministère ambassade gouvernement préfecture mairie université ministerio embajada gobierno ayuntamiento policía universidad ministério embaixada governo prefeitura câmara
	ministero ambasciata governo comune ministerie ambassade gemeente regering ministerstwo ambasada urząd ministerstvo úřad kormány minisztérium ministerul guvernul
	министерство посольство правительство міністерство уряд ministeriet departementet regeringskansliet kommun kommune ministeriö bakanlığı kementerian وزارة سفارة 部 省
	constabulary sheriff sheriff's prosecutor prosecutor's attorney court courts organization organisation union fund bank federation society league bureau administration directorate division service services hospital trust county borough staatsanwaltschaft generalstaatsanwaltschaft gericht landgericht amtsgericht oberlandesgericht feuerwehr landkreis kreispolizeibehörde bundespolizei bundespolizeiinspektion landeskriminalamt klinikum
	ville mairie métropole direction parquet procureur tribunal gendarmerie département région fiscalía dirección delegación subdelegación comisaría guardia consejería procuradoria secretaria tribunal procura questura carabinieri prefettura tribunale regione provincia rechtbank parket provincie prokuratura komenda sąd straż starostwo
	прокуратура полиция мвд управление суд администрация департамент поліція прокуратура policie policajný polícia soud súd rendőrség ügyészség poliția parchetul policija tužilaštvo državno politiet polisen poliisi åklagarmyndigheten valiliği başsavcılığı savcılığı emniyet müdürlüğü belediyesi شرطة النيابة بلدية إمارة polri polda`)

// legalForms end the names of companies and associations.
var legalForms = words(`e.v. gmbh ag se kg kgaa mbh inc inc. incorporated ltd ltd. limited llc plc corp corp. corporation s.a. sa s.a.s. sas s.p.a. spa s.r.l. srl sarl asa as ab oyj oy a/s nv n.v. bv b.v. kft. zrt. nyrt.
	s.r.o. a.s. z.s. d.o.o. d.d. ooo оао ооо`)

// isSlugOf reports whether line i is the slug above a headline that stands above line
// body.
func (p *rawPage) isSlugOf(i, body int) bool {
	s := p.slice(p.lines[i])
	least := 3 // words of the headline below
	switch {
	case !p.plain:
		return false
	case p.isSlugLine(i, body), isPaperName(s):
	case p.wire && countWords(strings.ReplaceAll(s, " - ", " "), 3) < 3:
		least = 4 // it may be a headline with a deck
	default:
		return false
	}
	for j := i + 1; j < min(body, i+longestHead); j++ {
		if (p.lines[j].rule == 0 || p.isDoubtful(j)) && mayBeHeadline(p.slice(p.lines[j]), least) {
			return true
		}
	}
	return false
}

// isSlugLine reports whether line i, above a headline that stands above line body, has the form of
// a slug, a letterhead or another line of the header of copy.
func (p *rawPage) isSlugLine(i, body int) bool {
	s := p.slice(p.lines[i])
	return p.wire && isSmall(s) || isSlug(s) || p.agency&slugged != 0 && isKicker(s) || isCatchline(s) || p.isLetterhead(i) || p.isPreface(s) || p.endsWithHeadline(i, body)
}

// mayBeHeadline reports whether s, a line below a slug, can be the headline: it has as many words as
// least.
func mayBeHeadline(s string, least int) bool {
	return !isSlug(s) && !isSmall(s) && !isAuthor(s) && (countWords(s, least) == least || IsUnspaced(firstRune(s)))
}

// isPreface reports whether s, a line above a headline, is the masthead of an agency, a field of
// the header of copy, or the way to a section.
func (p *rawPage) isPreface(s string) bool {
	return isMasthead(s) || isField(s) || isOfficeRelease(s) || isFiledFrom(s) || p.wire && isSectionPath(s)
}

// isOfficeRelease reports whether s is an office and a label of press releases, parted by a dash:
// "European Commission - Press release".
func isOfficeRelease(s string) bool {
	before, after, ok := cutDashed(s)
	if !ok || len(s) > 100 || countWords(s, 10) == 10 {
		return false
	}
	if _, rest, labelled := releaseLabels.find(before); labelled && !hasWord(rest) {
		return isOffice(after)
	}
	_, rest, labelled := releaseLabels.find(after)
	return labelled && !hasWord(rest) && isOffice(before)
}

// isFiledFrom reports whether s is a place and a day, alone on its line: "Astana, May 6", "6 May 2031
// | Brazzaville".
func isFiledFrom(s string) bool {
	if len(s) > 100 || !hasDigit(s) {
		return false
	}
	place, date, ok := strings.Cut(s, ", ")
	if before, after, barred := cutDashed(s); barred {
		if place, date = before, after; hasDigit(before) {
			place, date = after, before
		}
		ok = true
	}
	return ok && countWords(s, 9) < 9 && isPlace(place) && !hasDigit(place) && isDate(date, 0)
}

// isField reports whether s is a field of the header of copy, a key and a short value: "Story:
// FIRES NSW LEAD", "Rubrik: Wirtschaft".
func isField(s string) bool {
	const longest = 14 // words
	_, rest, ok := fieldKeys.find(s)
	rest = strings.TrimPrefix(rest, " ")
	return ok && hasAnyPrefix(rest, ":", "：") && countWords(rest, longest) < longest && !isProse(s)
}

// fieldKeys name the fields of the header of copy and of press releases, by language.
var fieldKeys = newPrefixTable(map[bool]string{
	true: `story|story-id|news id|article id|id|count|provider|source|byline|dateline|status|slug|slugline|category|categories|section|desk|department|subject|topic|topics|keywords|ref|ref.|reference|our ref|our reference|release no|release number|release id|story id|item id|doc id|format|length|word count|distribution|source code|edition|region|country|language|photo|pictures
		|agentur|rubrik|ressort|kategorie|stichwort|stichwörter|stichworte|schlagwort|schlagwörter|thema|themen|ausgabe|aktenzeichen|az|az.|unser zeichen|meldungsnummer|region|verteiler
		|rubrique|catégorie|mot-clé|mots-clés|mots clés|thème|thèmes|sujet|réf|réf.|référence|nos réf|nos réf.|n/réf|n/réf.|v/réf.|service|édition
		|sección|categoría|categorías|tema|temas|claves|palabras clave|referencia|ref|área|clave|seção|secção|editoria|categoria|categorias|palavras-chave|referência|sezione|categorie|argomento|argomenti|rubrica|rif|rif.|prot|prot.|protocollo|parole chiave
		|rubriek|categorie|onderwerp|trefwoord|trefwoorden|kenmerk|ons kenmerk|depesza|kategoria|dział|temat|tematy|znak|sygn|sygn.|sygnatura|słowa kluczowe|serwis
		|рубрика|рубрики|категория|категории|тема|темы|раздел|исх. №|исх|номер|код|ключевые слова|рубрики|лента|категорія|розділ|ключові слова|kategori|konu|bölüm|sayı|haber kodu|haber no|anahtar kelimeler
		|القسم|التصنيف|الرقم|المرجع|الموضوع|الفئة|分类|分類|栏目|欄目|稿件编号|稿号|编号|文号|类别|关键词|カテゴリ|カテゴリー|分野|記事番号|ジャンル|分野|분야|분류|번호|카테고리|श्रेणी|विषय
		|ämne|dnr|diarienummer|avdelning|nyckelord|emne|seksjon|stikord|osasto|aihe|avainsanat|rubriika|oblast|téma|klíčová slova|čj|č. j.|č.j.|rovat|téma|témakör|iktatószám|secțiune|domeniu|rubrika|kategorija|tema|oznaka|klasa|urbroj|κατηγορία|θέμα|αρ. πρωτ.|категория|tiêu mục|chuyên mục|rubrik`,
})

// isSectionPath reports whether s is two or three names of sections or regions of at most two words
// each, with slashes or angle brackets between them: "País / Açores".
func isSectionPath(s string) bool {
	if len(s) > 80 || countWords(s, 9) == 9 || strings.ContainsAny(s, ".,:;?!\"") {
		return false
	}
	sign := " / "
	if strings.Contains(s, " > ") {
		sign = " > "
	}
	n := 0
	for part := range strings.SplitSeq(s, sign) {
		if r := firstRune(part); part == "" || countWords(part, 3) == 3 || unicode.IsLower(r) || !unicode.IsLetter(r) {
			return false
		}
		n++
	}
	return n == 2 || n == 3
}

// endsWithHeadline reports whether line i ends with one of the next lines above line body, which is
// then the headline: "SPA - Economy / First grain ship docks".
func (p *rawPage) endsWithHeadline(i, body int) bool {
	s := p.slice(p.lines[i])
	for j := i + 1; j < min(body, i+6); j++ {
		if below := p.slice(p.lines[j]); len(below) < len(s) && strings.HasSuffix(s, below) && (countWords(below, 3) == 3 || IsUnspaced(firstRune(below))) {
			return true
		}
	}
	return false
}

// isPaperName reports whether s is two or three words in capitals of which the last stands in names
// of newspapers and sites: "Hill Valley Courier".
func isPaperName(s string) bool {
	if !unicode.IsUpper(firstRune(s)) || countWords(s, 4) > 3 {
		return false
	}
	before, last, ok := cutLast(s, " ")
	return ok && before != "" && siteWords.has(last) && isSignature(s)
}

// isSmall reports whether all letters of s are small ones, as in codes and keywords of desks:
// "r zak pol ekl", "české regiony - doprava - železnice".
func isSmall(s string) bool { return !isCasedWord(s) && strings.ContainsFunc(s, unicode.IsLower) }

// trimHeadline takes the marks of an agency off the headline.
func (p *rawPage) trimHeadline() {
	for i := range p.lines {
		l := &p.lines[i]
		if l.role != RoleHeadline || l.rule != 0 {
			continue
		}
		if p.plain {
			p.trimLine(l)
		} else if n := sourceTail(p.slice(*l)); n > 0 {
			p.remove(Span{l.End - n, l.End}, RuleService)
			l.End -= n
		}
		return
	}
}

// trimLine takes the marks of an agency off l, a line above the body.
func (p *rawPage) trimLine(l *line) {
	if s := trimHeadline(p.slice(*l), p.agency); p.plain && s.Begin < s.End {
		p.remove(Span{l.Begin, l.Begin + s.Begin}, RuleService)
		p.remove(Span{l.Begin + s.End, l.End}, RuleService)
		l.Begin, l.End = l.Begin+s.Begin, l.Begin+s.End
	}
}
