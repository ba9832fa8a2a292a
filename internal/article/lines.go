package article

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestLabel bounds the lines that are looked at as boilerplate, in bytes. A
// caption can run to several sentences.
const longestLabel = 600

// classify tells the lines of the page apart: their roles, and which are
// boilerplate. Title is the headline that the caller gave, if any.
func (p *rawPage) classify(title string) {
	lead := p.findLead()
	prose := p.labelLines(lead)
	body := p.labelLead(lead, prose, title)
	if body < len(p.lines) {
		p.labelTail(prose, body)
		p.labelSubheads(prose, body)
		p.cutDatelines(prose, body)
		p.cutCodes(body)
		p.cutEnd(body)
	}
	p.trimHeadline()
	p.restore()
	for _, l := range p.lines {
		if l.rule != 0 {
			p.remove(l.Span, l.rule)
		}
	}
}

// labelLines labels the lines that are recognized by their own words. It reports which of the
// others are prose. Lead is the index of the line with the dateline, or -1.
func (p *rawPage) labelLines(lead int) (prose []bool) {
	prose = make([]bool, len(p.lines))
	p.readHead(lead)
	head, first := p.plain, true
	for i := range p.lines {
		l := &p.lines[i]
		if lead >= 0 {
			head = i < lead
		}
		if l.rule == 0 {
			l.rule = p.ruleOf(i, head, first && (p.plain || i == 0))
		}
		if l.rule == 0 {
			l.Begin += bullet(p.slice(*l))
			prose[i] = isProse(p.slice(*l)) || p.wire && !head && endMark(p.slice(*l)) > 0
			first = false
		}
		head = head && !prose[i]
	}
	if next(prose, 0) == len(prose) { // no line ends as a sentence does
		for i, l := range p.lines {
			prose[i] = l.rule == 0 && l.Len() >= 100
		}
	}
	p.labelLinks(prose)
	return prose
}

// ruleOf returns why line i is left out by its own words, or 0. Head says that it
// stands above the body, first that it is rather a headline.
func (p *rawPage) ruleOf(i int, head, first bool) RemovalRule {
	s := p.slice(p.lines[i])
	if head {
		if rule := p.headRule(s); rule != 0 {
			return rule
		}
	}
	if rule := p.plainRule(i, head); rule != 0 {
		return rule
	}
	wired := p.wire && !head
	switch {
	case len(s) > longestLabel:
		return 0
	case wired && isPointer(s):
		return RuleTrailer
	case wired && (isProse(s) || endMark(s) > 0):
		return wireRule(s)
	}
	return labelOf(s, first, head)
}

// plainRule returns why line i of plain text is left out, as part of a letter or a page around the
// article, or 0. Head says that it stands above the body.
func (p *rawPage) plainRule(i int, head bool) RemovalRule {
	switch s := p.slice(p.lines[i]); {
	case !p.plain:
		return 0
	case p.namesSender(i):
		return RuleByline
	case len(s) <= longestLabel && isMailing(s):
		return RuleMail
	}
	return p.pageRule(i, head)
}

// labelLinks labels the links below a line such as "Related:", up to the next
// prose.
func (p *rawPage) labelLinks(prose []bool) {
	links := false
	for i := next(prose, 0); i < len(p.lines); i++ {
		l := &p.lines[i]
		switch {
		case prose[i]:
			if links {
				i += max(p.proseLinks(i, prose), 1) - 1
			}
			links = false
		case l.rule == RuleNotice, l.rule == RuleChrome:
			links = links || opensLinks(p.slice(*l)) || p.plain && headsLinks(p.slice(*l))
		case links && l.rule == 0:
			l.rule = RuleNotice
		}
	}
}

// bullet returns the length of the bullet that begins s, with the space after
// it. A dash is none: it may open speech.
func bullet(s string) int {
	if s[0] != '*' && s[0] != "•"[0] {
		return 0
	}
	for _, mark := range [...]string{"* ", "• ", "▪ ", "■ ", "● ", "► "} {
		if strings.HasPrefix(s, mark) && len(s) > len(mark) {
			return len(mark)
		}
	}
	return 0
}

// labelOf returns why a line is left out wherever it stands, or 0. The first line of a
// text is rather a headline. For a line above the body (head), headRule has looked for dates
// and bylines.
func labelOf(s string, first, head bool) RemovalRule {
	switch {
	case !hasWord(s):
		return RuleOrnament
	case isMetadata(s):
		return RuleMetadata
	case !head && isDate(s, 0):
		return RuleDate
	case !head && isByline(s, false):
		return RuleByline
	case isCaption(s), !first && isWideCaption(s):
		return RuleCaption
	case isNotice(s, first), !first && isRequest(s), first && isConsent(s):
		return RuleNotice
	}
	return 0
}

// longestLead bounds the lines between headline and body. Where there are more,
// they are a list of their own and stay.
const longestLead = 8

// labelLead tells headline, standfirst and boilerplate apart in the lines that
// lead the text, and returns the index of the first line of the body. Lead is the line
// with the dateline, or -1.
func (p *rawPage) labelLead(lead int, prose []bool, title string) (body int) {
	if body = lead; lead < 0 {
		body = next(prose, 0)
	}
	headline := p.headlineBefore(body, prose, title)
	if headline < 0 && lead > 0 {
		headline = p.doubtful(lead)
	}
	if lead >= 0 {
		clear(prose[:lead])
		if lead < len(prose) {
			prose[lead] = true
		}
	}
	if headline < 0 {
		if !p.plain && p.title != "" && body <= longestLead {
			p.labelBetween(0, body)
		}
		return body
	}
	p.lines[headline].role = RoleHeadline
	prose[headline] = false
	if lead < 0 {
		return p.labelStandfirst(headline, prose)
	}
	if lead-headline <= longestHead {
		p.labelBetween(headline+1, lead)
	}
	return body
}

// labelStandfirst tells standfirst and boilerplate apart below the headline, where no
// dateline says where the body begins, and returns the index of its first line.
func (p *rawPage) labelStandfirst(headline int, prose []bool) (body int) {
	body = next(prose, headline+1)

	// The first prose below a headline may still be a picture's caption.
	for after := next(prose, body+1); after < len(prose) && p.isLeadCaption(body); {
		p.lines[body].rule, prose[body] = RuleCaption, false
		body, after = after, next(prose, after+1)
	}
	if body >= len(p.lines) || body-headline > longestLead {
		return body
	}
	if p.labelBetween(headline+1, body) == 0 && p.isAboveByline(body, prose) {
		p.lines[body].role = RoleStandfirst
		prose[body] = false
		above := body
		if body = next(prose, body+1); p.plain && body < len(p.lines) && body-above <= longestLead {
			p.labelBetween(above+1, body)
		}
	}
	return body
}

// isAboveByline reports whether line i, a paragraph right below the headline, is
// a standfirst: the byline or the date stands between it and more prose.
func (p *rawPage) isAboveByline(i int, prose []bool) bool {
	if next(prose, i+1) >= len(prose) || countWords(p.slice(p.lines[i]), 50) == 50 {
		return false
	}
	below := p.lines[i+1].rule
	return below == RuleByline || below == RuleDate
}

// next returns the index of the first prose line from i on, or len(prose).
func next(prose []bool, i int) int {
	for i < len(prose) && !prose[i] {
		i++
	}
	return i
}

// headlineBefore returns the index of the headline that leads a text whose
// first prose is line body, or -1.
func (p *rawPage) headlineBefore(body int, prose []bool, title string) int {
	if body == len(p.lines) {
		return -1
	}
	first, rule := p.topHeading(body), RuleMetadata
	heading := first >= 0
	if !heading {
		first = p.skipAbove(body)
		if p.menu > 0 && p.menu >= first {
			first = p.skipSite(first, body)
		}
	}
	if p.wire && !heading {
		rule = RuleService
	}
	for i := range first {
		if p.lines[i].rule == 0 {
			p.lines[i].rule = rule
		}
	}
	if heading || p.lines[first].rule == 0 && p.isHeadline(first, body, prose, title) {
		return first
	}
	return -1
}

// skipAbove returns the index of the first line above line body that is neither left out
// nor the name of a section or a slug.
func (p *rawPage) skipAbove(body int) int {
	first := 0
	for first+1 < body && (p.lines[first].rule != 0 || isSection(p.slice(p.lines[first])) || p.isSlugOf(first, body)) {
		first++
	}
	return first
}

// isHeadline reports whether line i, the first one that is not left out, is the headline of
// a text whose first prose is line body.
func (p *rawPage) isHeadline(i, body int, prose []bool, title string) bool {
	s := p.slice(p.lines[i])
	switch {
	case title != "" && strings.EqualFold(s, strings.TrimSpace(title)):
		return true
	case !p.plain && p.title != "":
		return false // the headline stands in no line of the page
	case i == body:
		return title == "" && p.isQuestion(i) && next(prose, i+1) < len(prose)
	}
	return len(s) <= 300 && countWords(s, 31) <= 30 && (p.datelined || !isOpenLead(s)) && !endsLinked(s) && !strings.ContainsRune(",;:-–—(&", lastRune(s))
}

// isOpenLead reports whether s is rather the first paragraph of a text whose paragraphs end
// without a stop: it is long, and tells who said something or on what day it happened.
func isOpenLead(s string) bool {
	const long = 16 // words
	return countWords(s, long) == long && (tellsWho(s) || containsAnyFold(s, " on monday", " on tuesday", " on wednesday", " on thursday", " on friday", " on saturday", " on sunday"))
}

// isQuestion reports whether line i is one short question that stands alone.
func (p *rawPage) isQuestion(i int) bool {
	s := p.slice(p.lines[i])
	return countWords(s, 16) < 16 && strings.IndexByte(s, '?') == len(s)-1 && !strings.Contains(s, ". ") &&
		i+1 < len(p.lines) && p.lines[i+1].gap
}

// topHeading returns the index of an HTML <h1> that stands no lower than the
// first prose, or -1.
func (p *rawPage) topHeading(body int) int {
	for i, l := range p.lines[:body+1] {
		if l.level == 1 && l.rule == 0 {
			return i
		}
	}
	return -1
}

// isLeadCaption reports whether line i, below the headline, is the caption of a
// picture.
func (p *rawPage) isLeadCaption(i int) bool {
	s := p.slice(p.lines[i])
	return len(s) <= longestLabel && (hasAgencyCredit(s) || tellsPlaces(s))
}

// labelSubheads labels the short lines that stand as headings between
// paragraphs of the body.
func (p *rawPage) labelSubheads(prose []bool, body int) {
	for i := body; i < len(p.lines); i++ {
		l := &p.lines[i]
		switch {
		case l.rule != 0:
		case l.level > 1 && countWords(p.slice(*l), 16) < 16 && !strings.HasSuffix(p.slice(*l), "."),
			!prose[i] && p.proseAround(i, prose) && isSubhead(p.slice(*l), p.cased):
			if p.plain {
				l.rule = RuleSubhead
			} else {
				l.role = RoleSubhead
			}
		}
	}
}

// proseAround reports whether the nearest lines above and below line i that are
// no boilerplate are prose.
func (p *rawPage) proseAround(i int, prose []bool) bool {
	above, below := i-1, i+1
	for above >= 0 && p.lines[above].rule != 0 {
		above--
	}
	for below < len(p.lines) && p.lines[below].rule != 0 {
		below++
	}
	return above >= 0 && below < len(p.lines) && prose[above] && prose[below]
}

// cutDatelines cuts the datelines that lead paragraphs. Below the second
// paragraph only those with the name of an agency count.
func (p *rawPage) cutDatelines(prose []bool, body int) {
	seen := 0
	for i := body; i < len(p.lines); i++ {
		if !prose[i] {
			continue
		}
		l := &p.lines[i]
		if n := p.dateline(p.slice(*l), seen < 2); n > 0 && n < l.Len() {
			p.remove(Span{l.Begin, l.Begin + n}, RuleDateline)
			l.Begin += n
		} else if seen == 0 {
			if cut, ok := datelineBelow(p.slice(*l)); ok {
				p.cut(i, Span{l.Begin + cut.Begin, l.Begin + cut.End}, RuleDateline)
			}
		}
		seen++
	}
}

// dateline returns the length of the dateline that leads s. Where findLead met none that is
// signed, the first paragraphs of plain text are spared another look for one.
func (p *rawPage) dateline(s string, leads bool) int {
	if leads && p.plain && !p.datelined {
		head := s[:min(len(s), longestDateline)]
		return max(placeDateline(head), agencyDateline(head), stoppedDateline(head))
	}
	return dateline(s, leads)
}

// restore keeps the less certain boilerplate of a page of which nothing would
// be left.
func (p *rawPage) restore() {
	for _, l := range p.lines {
		if l.rule == 0 && hasLetters(p.slice(l)) {
			return
		}
	}
	listed := p.plain && !slices.ContainsFunc(p.lines, func(l line) bool { return l.rule != RuleChrome }) // of nothing else
	for i := range p.lines {
		if l := &p.lines[i]; l.rule == RuleCaption || l.rule == RuleSubhead || listed && l.rule == RuleChrome {
			l.rule = 0
		}
	}
}

// isProse reports whether s is a paragraph of running text: it ends as a
// sentence does, or is too long for anything else.
func isProse(s string) bool {
	if len(s) >= 250 {
		return true
	}
	return EndsSentence(s) && (len(s) >= 40 || countWords(s, 5) >= 5)
}

// EndsSentence reports whether s ends with a stop, quotes and brackets aside.
func EndsSentence(s string) bool {
	for s != "" {
		r, n := utf8.DecodeLastRuneInString(s)
		if r != '"' && r != '\'' && r != ')' && r != ']' && r != ' ' && !isCloser(r) {
			mark, _ := stopMark(s[len(s)-n:])
			return mark != noStop
		}
		s = s[:len(s)-n]
	}
	return false
}

// endsOpen reports whether s ends in the middle of a sentence.
func endsOpen(s string) bool {
	return strings.ContainsRune(",;:-–—(&", lastRune(s)) || linkWords.has(s[strings.LastIndexByte(s, ' ')+1:])
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// countWords counts the words of s, the parts between white space, up to limit.
func countWords(s string, limit int) int {
	n, inside := 0, false
	for i := 0; i < len(s) && n < limit; i++ {
		space := s[i] <= ' '
		if !space && !inside {
			n++
		}
		inside = !space
	}
	return n
}

// isSubhead reports whether s, alone between two paragraphs, is a heading.
func isSubhead(s string, cased bool) bool {
	if len(s) > 90 || countWords(s, 9) > 8 || EndsSentence(s) || endsOpen(s) || strings.Count(s, ",") > 1 || strings.Contains(s, ". ") || opensSpeech(s) {
		return false
	}
	first := firstRune(s)
	switch {
	case cased && unicode.IsLower(first), isQuoted(s):
		return false
	case unicode.IsLetter(first), unicode.IsDigit(first), strings.ContainsRune("'\"‘“¿¡«„", first): // no bullet
		return hasLetters(s) && digitGroups(s) < 2
	}
	return false
}

// opensSpeech reports whether a colon of s has a quotation behind it.
func opensSpeech(s string) bool {
	return strings.IndexByte(s, ':') >= 0 && hasAnyOf(s, ": '", ": \"", ": ‘", ": “")
}

// isQuoted reports whether s begins and ends with a quotation mark.
func isQuoted(s string) bool {
	first, last := firstRune(s), lastRune(s)
	return (first == '"' || first == '“') && (last == '"' || last == '”')
}
