package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// label says what a line is that is no part of the article proper.
type label uint8

const (
	_             label = iota
	ornamentLabel       // no letters or digits: "* * *"
	metadataLabel       // a header line, a section, an address
	dateLabel           // when it was published
	bylineLabel         // by whom
	captionLabel        // of a picture, or its credit
	noticeLabel         // a source line, a link to more, an advertisement
	subheadLabel        // a heading inside the body
)

// longestLabel bounds the lines that are looked at as boilerplate, in bytes. A
// caption can run to several sentences.
const longestLabel = 600

// classify tells the lines of the page apart: their roles, and which are
// boilerplate. Title is the headline that the caller gave, if any.
func (p *rawPage) classify(title string) {
	prose := p.labelLines()
	body := p.labelLead(prose, title)
	if body < len(p.lines) {
		p.labelSubheads(prose, body)
		p.cutDatelines(prose, body)
	}
	p.restore()
	for _, l := range p.lines {
		if l.label != 0 && l.label != ornamentLabel {
			p.removed += l.Len()
		}
	}
}

// labelLines labels the lines that say themselves what they are, wherever they
// stand. It reports which of the others are prose.
func (p *rawPage) labelLines() (prose []bool) {
	prose = make([]bool, len(p.lines))
	for i := range p.lines {
		l := &p.lines[i]
		if l.Len() <= longestLabel {
			l.label = labelOf(p.slice(*l), i == 0)
		}
		if l.label == 0 {
			l.Begin += bullet(p.slice(*l))
			prose[i] = isProse(p.slice(*l))
		}
	}
	if next(prose, 0) == len(prose) { // no line ends as a sentence does
		for i, l := range p.lines {
			prose[i] = l.label == 0 && l.Len() >= 100
		}
	}
	p.labelLinks(prose)
	return prose
}

// labelLinks labels the links below a line such as "Related:", up to the next
// prose.
func (p *rawPage) labelLinks(prose []bool) {
	links := false
	for i := next(prose, 0); i < len(p.lines); i++ {
		l := &p.lines[i]
		switch {
		case prose[i]:
			links = false
		case l.label == noticeLabel:
			links = links || opensLinks(p.slice(*l))
		case links && l.label == 0:
			l.label = noticeLabel
		}
	}
}

// bullet returns the length of the bullet that begins s, with the space after
// it. A dash is none: it may open speech.
func bullet(s string) int {
	for _, mark := range [...]string{"* ", "• ", "▪ ", "■ ", "● ", "► "} {
		if strings.HasPrefix(s, mark) && len(s) > len(mark) {
			return len(mark)
		}
	}
	return 0
}

// labelOf returns the label of a line that is boilerplate wherever it stands.
func labelOf(s string, first bool) label {
	switch {
	case !hasWord(s):
		return ornamentLabel
	case isMetadata(s):
		return metadataLabel
	case isDate(s, 0):
		return dateLabel
	case isByline(s):
		return bylineLabel
	case isCaption(s):
		return captionLabel
	case isNotice(s, first):
		return noticeLabel
	}
	return 0
}

// longestLead bounds the lines between headline and body. Where there are more,
// they are a list of their own and stay.
const longestLead = 8

// labelLead tells headline, standfirst and boilerplate apart in the lines that
// lead the text, and returns the index of the first line of the body.
func (p *rawPage) labelLead(prose []bool, title string) (body int) {
	body = next(prose, 0)
	headline := p.headlineBefore(body, prose, title)
	if headline < 0 {
		return body
	}
	p.lines[headline].role = RoleHeadline
	prose[headline] = false
	body = next(prose, headline+1)

	// The first prose below a headline may still be a picture's caption.
	for after := next(prose, body+1); after < len(prose) && p.isLeadCaption(body); {
		p.lines[body].label, prose[body] = captionLabel, false
		body, after = after, next(prose, after+1)
	}
	if body >= len(p.lines) || body-headline > longestLead {
		return body
	}
	if p.labelBetween(headline+1, body) == 0 && p.isAboveByline(body, prose) {
		p.lines[body].role = RoleStandfirst
		prose[body] = false
		body = next(prose, body+1)
	}
	return body
}

// labelBetween labels the lines from begin to end, between headline and body,
// and returns how many of them are standfirsts.
func (p *rawPage) labelBetween(begin, end int) (standfirsts int) {
	for i := begin; i < end; i++ {
		l := &p.lines[i]
		if l.label != 0 {
			continue
		}
		switch s := p.slice(*l); {
		case isDate(s, 4):
			l.label = dateLabel
		case isAuthor(s):
			l.label = bylineLabel
		case p.isLeadCaption(i):
			l.label = captionLabel
		case countWords(s, 4) < 4 && len(s) < 24:
			l.label = metadataLabel
		default:
			l.role = RoleStandfirst
			standfirsts++
		}
	}
	return standfirsts
}

// isAboveByline reports whether line i, a paragraph right below the headline, is
// a standfirst: the byline or the date stands between it and more prose.
func (p *rawPage) isAboveByline(i int, prose []bool) bool {
	if next(prose, i+1) >= len(prose) || countWords(p.slice(p.lines[i]), 50) == 50 {
		return false
	}
	below := p.lines[i+1].label
	return below == bylineLabel || below == dateLabel
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
	if h1 := p.topHeading(body); h1 >= 0 {
		for i := range h1 {
			if p.lines[i].label == 0 {
				p.lines[i].label = metadataLabel
			}
		}
		return h1
	}
	first := 0
	for first+1 < body && (p.lines[first].label != 0 || isSection(p.slice(p.lines[first]))) {
		if p.lines[first].label == 0 {
			p.lines[first].label = metadataLabel
		}
		first++
	}
	if p.lines[first].label != 0 {
		return -1
	}
	s := p.slice(p.lines[first])
	switch {
	case title != "" && strings.EqualFold(s, strings.TrimSpace(title)),
		first < body && len(s) <= 300 && countWords(s, 31) <= 30 && !endsOpen(s),
		first == body && title == "" && p.isQuestion(first) && next(prose, first+1) < len(prose):
		return first
	}
	return -1
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
		if l.level == 1 && l.label == 0 {
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
		case l.label != 0:
		case l.level > 1 && countWords(p.slice(*l), 16) < 16 && !strings.HasSuffix(p.slice(*l), "."):
			l.label = subheadLabel
		case !prose[i] && p.proseAround(i, prose) && isSubhead(p.slice(*l), p.cased):
			l.label = subheadLabel
		}
	}
}

// proseAround reports whether the nearest lines above and below line i that are
// no boilerplate are prose.
func (p *rawPage) proseAround(i int, prose []bool) bool {
	above, below := i-1, i+1
	for above >= 0 && p.lines[above].label != 0 {
		above--
	}
	for below < len(p.lines) && p.lines[below].label != 0 {
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
		if n := dateline(p.slice(*l), seen < 2); n > 0 && n < l.Len() {
			l.Begin += n
			p.removed += n
		} else if seen == 0 {
			if cut, ok := datelineBelow(p.slice(*l)); ok {
				p.cuts = append(p.cuts, Span{l.Begin + cut.Begin, l.Begin + cut.End})
				p.removed += cut.Len()
			}
		}
		seen++
	}
}

// restore keeps the less certain boilerplate of a page of which nothing would
// be left.
func (p *rawPage) restore() {
	for _, l := range p.lines {
		if l.label == 0 && hasLetters(p.slice(l)) {
			return
		}
	}
	for i := range p.lines {
		if l := &p.lines[i]; l.label == captionLabel || l.label == subheadLabel {
			l.label = 0
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
	if strings.ContainsRune(",;:-–—(&", lastRune(s)) {
		return true
	}
	word := s[strings.LastIndexByte(s, ' ')+1:]
	return linkWords.has(word)
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
	if len(s) > 90 || countWords(s, 9) > 8 || EndsSentence(s) || endsOpen(s) || strings.Count(s, ",") > 1 {
		return false
	}
	for _, mark := range [...]string{". ", ": '", ": \"", ": ‘", ": “"} {
		if strings.Contains(s, mark) {
			return false
		}
	}
	first := firstRune(s)
	if !unicode.IsLetter(first) && !unicode.IsDigit(first) && !strings.ContainsRune("'\"‘“¿¡«„", first) {
		return false // a bullet
	}
	if cased && unicode.IsLower(first) {
		return false
	}
	if last := lastRune(s); (last == '"' || last == '”') && (first == '"' || first == '“') {
		return false // a quotation
	}
	return hasLetters(s) && digitGroups(s) < 2
}

// digitGroups counts the runs of digits in s.
func digitGroups(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) && (i == 0 || !isDigit(s[i-1])) {
			n++
		}
	}
	return n
}
