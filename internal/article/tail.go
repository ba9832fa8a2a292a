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
	last := true // all lines below are left out
	for i := len(p.lines) - 1; i > body; i-- {
		l := &p.lines[i]
		switch {
		case l.rule != 0:
		case !prose[i] && (p.wire || release || isSureContact(p.slice(*l))) && hasContact(p.slice(*l)):
			p.withholdBlock(i, prose)
		case p.isBelow(i, prose), last && (p.isLoose(i, prose) || p.isTagLine(i, prose)):
			l.rule, prose[i] = RuleTrailer, false
		case prose[i]:
			return
		default:
			last = false
		}
	}
}

// labelBelowEnd labels all below the first line that is an end mark, or signs the copy with
// the name of its agency: what the agency says of itself. Where more text stands below than
// above, another piece begins.
func (p *rawPage) labelBelowEnd(prose []bool, body int) {
	for i := body + 1; i < len(p.lines)-1; i++ {
		s := p.slice(p.lines[i])
		if len(s) > longestEnd || !prose[i-1] || !isEnd(s) && !isBracketSigned(s) {
			continue
		}
		above, below := 0, 0
		for j := body; j < len(p.lines); j++ {
			switch {
			case !prose[j]:
			case j < i:
				above += p.lines[j].Len()
			case signedDateline(p.slice(p.lines[j]), true) > 0:
				return
			default:
				below += p.lines[j].Len()
			}
		}
		if 2*below > above {
			return
		}
		for ; i < len(p.lines); i++ {
			if p.lines[i].rule == 0 {
				p.lines[i].rule, prose[i] = RuleTrailer, false
			}
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
	for ; i < len(p.lines); i++ {
		if p.lines[i].rule == 0 {
			p.lines[i].rule, prose[i] = RuleTrailer, false
		}
	}
}

// isBelow reports whether line i, below which all is left out, is no part of the body.
func (p *rawPage) isBelow(i int, prose []bool) bool {
	s := p.slice(p.lines[i])
	switch {
	case isTrailer(s, p.wire), p.plain && isAppeal(s):
		return true
	case p.wire && prose[i-1] && isAuthor(s):
		return true
	case p.wire && !prose[i-1] && isOneWord(s) && endMark(s) == 0: // who edited, once more
		return true
	}
	return p.lines[i-1].rule == RuleOrnament && isCredited(s) && countWords(s, 12) < 12 // "Roe reported from Oslo."
}

// isLoose reports whether line i, below which all is left out, is a label or a link set apart
// from the last sentence of agency copy: a line or two that end no sentence. A quotation and an
// item of a list stay.
func (p *rawPage) isLoose(i int, prose []bool) bool {
	const longest = 16 // words
	s := p.slice(p.lines[i])
	if !p.isSurrounded() || prose[i] || !p.lines[i].gap || EndsSentence(s) || !isCasedWord(s) || countWords(s, longest) == longest || openersOfQuote(s) > 0 || hasAnyPrefix(s, "-", "–", "—", "•") {
		return false
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
