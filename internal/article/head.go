package article

import (
	"strings"
	"unicode"
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
	for _, l := range p.lines[:end] {
		p.wire = p.wire || p.served || p.un || l.rule == 0 && agencyNamed(p.slice(l)) != 0
	}
}

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
	case isServiceLine(s), hasTimeGroup(s) && isStamp(s):
		return RuleService
	case p.un && isUNLine(s):
		return RuleService
	case isStarred(s):
		return RuleByline
	case isNote(s):
		return RuleNote
	case p.served && isSlug(s):
		return RuleService
	case isDate(s, 0), isFiled(s), isPublished(s), isDatedAgency(s), isPlaceDate(s):
		return RuleDate
	case isByline(strings.TrimPrefix(s, "- "), true), agencyNamed(s) != 0, isStaff(s):
		return RuleByline
	}
	return 0
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
	case isAuthor(s):
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
// label of the release, or a company.
func (p *rawPage) isLetterhead(i int) bool {
	s := p.slice(p.lines[i])
	if countWords(s, 10) == 10 || i+1 == len(p.lines) {
		return false
	}
	if i > 0 && countWords(s, 3) < 3 && p.lines[i-1].rule == RuleNote && releaseLabels.has(p.slice(p.lines[i-1])) {
		return true // where it was issued
	}
	below := p.lines[i+1]
	labelled := below.rule == RuleNote && releaseLabels.has(p.slice(below))
	last := s[strings.LastIndexByte(s, ' ')+1:]
	return labelled && issuers.hasAny(s) || (labelled || p.agency&releases != 0) && legalForms.has(last)
}

// issuers are words in the names of offices that issue press releases.
var issuers = words(`ministry department office embassy government agency council commission authority police university institute foundation association
	ministerium bundesministerium auswärtiges botschaft regierung bundesregierung bundesamt landesamt senat senatsverwaltung stadt polizei polizeipräsidium universität verband stiftung
	ministère ambassade gouvernement préfecture mairie université ministerio embajada gobierno ayuntamiento policía universidad ministério embaixada governo prefeitura câmara
	ministero ambasciata governo comune ministerie ambassade gemeente regering ministerstwo ambasada urząd ministerstvo úřad kormány minisztérium ministerul guvernul
	министерство посольство правительство міністерство уряд ministeriet departementet regeringskansliet kommun kommune ministeriö bakanlığı kementerian وزارة سفارة 部 省`)

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
	case p.wire && isSmall(s), isSlug(s), p.agency&slugged != 0 && isKicker(s), isCatchline(s), p.isLetterhead(i):
	case p.wire && countWords(strings.ReplaceAll(s, " - ", " "), 3) < 3:
		least = 4 // it may be a headline with a deck
	default:
		return false
	}
	for j := i + 1; j < min(body, i+longestHead); j++ {
		if s := p.slice(p.lines[j]); (p.lines[j].rule == 0 || p.isDoubtful(j)) && !isSlug(s) && !isSmall(s) && !isAuthor(s) && (countWords(s, least) == least || IsUnspaced(firstRune(s))) {
			return true
		}
	}
	return false
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
