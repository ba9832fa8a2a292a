package article

import (
	"slices"
	"strings"
)

// This file tells apart what stands below the body of agency copy, and behind its last
// sentence.

// wireRule returns why a paragraph of agency copy is left out, or 0. Sentences stay,
// except credits.
func wireRule(s string) RemovalRule {
	switch {
	case isRate(strings.TrimLeft(s, "( ")):
		return RuleNotice
	case isNotice(s, false) && (isCreditLine(s) || s[0] == '('):
		return RuleTrailer
	}
	return 0
}

// pointers begin the lines that point to graphics and other stories.
var pointers = newPrefixTable(map[bool]string{true: `for a graphic|for graphic|for an interactive|for a factbox|for a timeline|for related|for more|click on|click here|to see|graphic|see also`})

// isPointer reports whether s points to something by an address or a code.
func isPointer(s string) bool {
	return pointers.has(strings.TrimLeft(s, "(* ")) && countWords(s, 30) < 30 && hasAnyOf(s, "http://", "https://", "www.", "[ID:", "<")
}

// labelTail labels what stands below the last sentence of the body.
func (p *rawPage) labelTail(prose []bool, body int) {
	if !p.plain {
		p.labelCredits(prose, body)
		return
	}
	release := p.isRelease(body)
	p.labelSections(prose, body, release)
	p.labelBelowEnd(prose, body)
	p.labelSignatures(prose, body)
	last := true // all lines below are left out
	for i := len(p.lines) - 1; i > body; i-- {
		l := &p.lines[i]
		switch {
		case l.rule != 0:
		case !prose[i] && (p.wire || release || isSureContact(p.slice(*l))) && hasContact(p.slice(*l)):
			p.withholdBlock(i, prose)
		case p.isBelow(i, prose), last && p.isAtEnd(i, prose), release && p.isOfRelease(i, prose):
			l.rule, prose[i] = RuleTrailer, false
		case !prose[i] && p.isAboveContacts(i):
			l.rule = RuleConfidential
		case prose[i]:
			return
		default:
			last = false
		}
	}
}

// labelSignatures labels the blocks of lines with contacts at the end of an e-mail, where a notice of
// few words stands below at most.
func (p *rawPage) labelSignatures(prose []bool, body int) {
	const few = 200 // bytes
	below, end := 0, len(p.lines)
	for i := end - 1; p.letter && i > body && below < few; i-- {
		below += p.proseSize(i, prose)
		if p.lines[i].rule == 0 && !prose[i] && hasContact(p.slice(p.lines[i])) {
			p.withholdBlock(i, prose)
			for j := i + 1; j < end; j++ {
				if p.lines[j].rule == 0 {
					p.lines[j].rule, prose[j] = RuleTrailer, false
				}
			}
			below, end = 0, i
		}
	}
}

// isAtEnd reports whether line i, below which all is left out, is a label or a line of tags.
func (p *rawPage) isAtEnd(i int, prose []bool) bool {
	return p.isLoose(i, prose) || p.isTagLine(i, prose)
}

// isOfRelease reports whether line i, below the body of a press release, is a field of its header or
// says who issued it.
func (p *rawPage) isOfRelease(i int, prose []bool) bool {
	return isField(p.slice(p.lines[i])) || prose[i] && p.isBoilerplate(i, prose)
}

// isAboveContacts reports whether line i stands right above contacts in their block: whose they are.
func (p *rawPage) isAboveContacts(i int) bool {
	return i+1 < len(p.lines) && !p.lines[i+1].gap && p.lines[i+1].rule == RuleConfidential
}

// labelBelowEnd labels all below the end of the copy: what the agency says of itself. Where much
// text stands below, another piece begins.
func (p *rawPage) labelBelowEnd(prose []bool, body int) {
	total, lastLead := -1, 0 // bytes of prose, and the last line of it with a dateline
	above := 0
	for i := body + 1; i < len(p.lines); i++ {
		above += p.proseSize(i-1, prose)
		share := p.endsAbove(i, body, prose)
		if share == 0 {
			continue
		}
		if total < 0 {
			total = 0
			for j := body; j < len(p.lines); j++ {
				if total += p.proseSize(j, prose); prose[j] && signedDateline(p.slice(p.lines[j]), true) > 0 {
					lastLead = j
				}
			}
		}
		if i > lastLead && share*(total-above) <= above {
			p.dropTail(i, prose)
			return
		}
	}
}

// proseSize returns the bytes of line i, 0 if it is no prose or stands in brackets.
func (p *rawPage) proseSize(i int, prose []bool) int {
	if !prose[i] || isBracketed(p.slice(p.lines[i])) {
		return 0
	}
	return p.lines[i].Len()
}

// endsAbove reports whether the copy ends at line i or above it, as the least ratio of the text above
// to the text below; 0 if it does not. An end mark or the name of the agency stands on line i, below
// the last sentence or the initials of its writers, or in agency copy behind that sentence; or the
// contacts of a press release stand above.
func (p *rawPage) endsAbove(i, body int, prose []bool) int {
	const short, sure, likely = 2, 4, 6
	s := p.slice(p.lines[i])
	switch {
	case len(s) <= longestEnd && (isEnd(s) || isBracketSigned(s)) && prose[p.aboveInitials(i, body, prose)]:
		return short
	case p.lines[i-1].rule == RuleConfidential && p.lines[i].rule == 0 && p.agency&releases != 0:
		return sure
	case p.wire && prose[i-1] && p.lines[i].rule == 0 && endMark(p.slice(p.lines[i-1])) > 0:
		return likely
	}
	return 0
}

// aboveInitials returns the index of the first line above line i, body at the least, that is prose or
// neither left out nor the initials of writers.
func (p *rawPage) aboveInitials(i, body int, prose []bool) int {
	least := max(body, i-nearby)
	for i--; i > least && !prose[i] && (p.lines[i].rule != 0 || isInitials(p.slice(p.lines[i]))); {
		i--
	}
	return i
}

// dropTail labels all lines from line i on, and the initials right above.
func (p *rawPage) dropTail(i int, prose []bool) {
	for !prose[i-1] && p.lines[i-1].rule == 0 && isInitials(p.slice(p.lines[i-1])) && !hasDigit(p.slice(p.lines[i-1])) {
		i--
	}
	for ; i < len(p.lines); i++ {
		if p.lines[i].rule == 0 {
			p.lines[i].rule, prose[i] = RuleTrailer, false
		}
	}
}

// longestEnd bounds an end mark, in bytes.
const longestEnd = 48

// labelCredits labels the credits and the copyright at the end of a page: "Tous droits réservés".
func (p *rawPage) labelCredits(prose []bool, body int) {
	const longest = 200 // bytes
	for i := len(p.lines) - 1; i > body; i-- {
		l := &p.lines[i]
		if l.rule != 0 {
			continue
		}
		if s := p.slice(*l); len(s) >= longest || EndsSentence(s) || !isTrailer(s, false) {
			return
		}
		l.rule, prose[i] = RuleTrailer, false
	}
}

// isRelease reports whether the page is a press release: it says whom to call.
func (p *rawPage) isRelease(body int) bool {
	return p.contacts || p.agency&releases != 0 || slices.ContainsFunc(p.lines[body:], func(l line) bool { return l.rule == RuleConfidential })
}

// labelSections labels all below the first line that heads a section that is not news.
func (p *rawPage) labelSections(prose []bool, body int, release bool) {
	i := body + 1
	for i < len(p.lines) && !(p.lines[i].rule == 0 && p.lines[i].Len() < 120 && isSectionHead(p.slice(p.lines[i]), release)) {
		i++
	}
	p.dropTail(i, prose)
}

// isBelow reports whether line i, below which all is left out, is no part of the body.
func (p *rawPage) isBelow(i int, prose []bool) bool {
	s := p.slice(p.lines[i])
	switch {
	case isTrailer(s, p.wire), p.isPageAppeal(i, prose), prose[i] && p.isSetApart(i, prose) && isLicence(s, !prose[i-1]):
		return true
	case p.isSurrounded() && prose[i-1] && isAuthor(s):
		return true
	case p.wire && !prose[i-1] && isOneWord(s) && endMark(s) == 0: // who edited, once more
		return true
	}
	return p.lines[i-1].rule == RuleOrnament && isCredited(s) && countWords(s, 12) < 12 // "Roe reported from Oslo."
}

// isSetApart reports whether line i, a paragraph, is no part of the body by how it stands: below a
// line that is no prose, an end mark, or a gap that the paragraph above has not above it.
func (p *rawPage) isSetApart(i int, prose []bool) bool {
	if !prose[i-1] || endMark(p.slice(p.lines[i-1])) > 0 {
		return true
	}
	return p.lines[i].gap && !p.lines[i-1].gap
}

// isBoilerplate reports whether line i, the last paragraph of a press release, set apart above the
// contacts, tells who issued it: it says when that was founded.
func (p *rawPage) isBoilerplate(i int, prose []bool) bool {
	const longest = 80 // words
	s := p.slice(p.lines[i])
	if i+1 == len(p.lines) || p.lines[i+1].rule != RuleConfidential || !p.isSetApart(i, prose) || countWords(s, longest) == longest || speaksOfOthers(s) {
		return false
	}
	return digitGroups(s) > 0 && (slices.ContainsFunc(strings.FieldsFunc(s, partsWords), foundingWords.has) || hasAnyOf(s, "成立于", "成立於", "創業", "設立", "설립"))
}

// foundingWords say that something was founded, by language.
var foundingWords = words(`founded established incorporated gegründet gegründete gegründeten fondée fondé créée créé fundada fundado creada creado constituida criada criado fondata fondato nata nato costituita istituita opgericht opgerichte
	założona założony założone powstała powstało powstały основана основан основано создана создан создано заснована заснований створена kurulan kurulmuştur kurulmuş kuruldu grundades grundat stiftet grundlagt grunnlagt perustettu perustettiin
	založena založeno založen založená vznikla alapított alapították alapítva fondată înființată osnovan osnovana osnovano ιδρύθηκε asutatud įkurta dibināts تأسست تأسس أسست didirikan`)

// isLoose reports whether line i, below which all is left out, is a label or a link set apart
// from the last sentence of agency copy: a line or two that end no sentence. A quotation and an
// item of a list stay.
func (p *rawPage) isLoose(i int, prose []bool) bool {
	if !p.isSurrounded() || prose[i] || !isLabel(p.slice(p.lines[i])) {
		return false
	}
	if !p.lines[i].gap {
		return !prose[i-1] && isCreditLine(p.slice(p.lines[i-1]))
	}
	for i--; i > 0 && p.lines[i].rule != 0; i-- {
	}
	if !prose[i] && p.lines[i].gap && i > 0 {
		i--
	}
	return prose[i] && EndsSentence(p.slice(p.lines[i]))
}

// isSurrounded reports whether more than an article was found: it is agency copy, or has lines of
// the page around it.
func (p *rawPage) isSurrounded() bool { return p.wire || p.furniture > 0 }

// isLabel reports whether s is a few words that end no sentence, no quotation and no item of a list.
func isLabel(s string) bool {
	const longest = 16 // words
	return !EndsSentence(s) && isCasedWord(s) && countWords(s, longest) < longest && openersOfQuote(s) == 0 && !hasAnyPrefix(s, "-", "–", "—", "•")
}

// isOneWord reports whether s is one word that ends no sentence.
func isOneWord(s string) bool {
	return countWords(s, 2) == 1 && !EndsSentence(s) && !IsUnspaced(firstRune(s))
}

// cutEnd cuts the end marks behind the last sentence of the body.
func (p *rawPage) cutEnd(body int) {
	if !p.plain {
		return
	}
	last := -1
	for i := len(p.lines) - 1; i >= body && last < 0; i-- {
		if p.lines[i].rule == 0 {
			last = i
		}
	}
	if last < 0 {
		return
	}
	for range 4 {
		l := &p.lines[last]
		n := endMark(p.slice(*l))
		if n == 0 || n >= l.Len() {
			return
		}
		p.remove(Span{l.End - n, l.End}, RuleTrailer)
		l.End -= n
	}
}

// cutCodes cuts the codes of companies and stories that Reuters writes into its text,
// such as <POHJ.HE> and [ID:nL8N1].
func (p *rawPage) cutCodes(body int) {
	if !p.wire {
		return
	}
	for i := body; i < len(p.lines); i++ {
		for at := p.lines[i].Begin; p.lines[i].rule == 0; {
			l := p.lines[i]
			open := strings.IndexAny(p.flat[min(at, l.End):l.End], "<[")
			if open < 0 {
				break
			}
			open += at
			at = open + 1
			inside := p.flat[at:min(l.End, at+24)]
			if end := strings.IndexAny(inside, ">]"); end > 1 && isMarketCode(inside[:end], p.flat[open]) {
				p.cut(i, Span{open, at + end + 1}, RuleService)
				at += end + 1
			}
		}
	}
}

// isMarketCode reports whether s, behind the bracket open, is a code of Reuters.
func isMarketCode(s string, open byte) bool {
	if open == '[' {
		return strings.HasPrefix(s, "ID:") || strings.HasPrefix(s, "nL")
	}
	return isUpperWord(s) && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.=^/") == ""
}
