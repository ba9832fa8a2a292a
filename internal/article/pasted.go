package article

import (
	"strings"
	"unicode/utf8"
)

// This file knows what comes along where an article is copied from the page of a site as
// plain text: menu and path above the headline, buttons beneath it, links inside the story,
// lists of other stories and the foot of the page below it.

// Bounds of lines of a page, in bytes.
const (
	longestMenu     = 240 // of a menu
	longestPageLine = 48  // of the beginning of a link to another story
)

// betweenItems are the characters between items, and of figures behind them.
const betweenItems = " |>»›·•▪●/\\,;:.-–—−+…()（）[]【】{}→←▸▶►▾▼△▲＞｜／：、・○◯★☆✕×#&0123456789€£$￥¥\"“”「」"

// menuOf returns how many items of each kind make up s, a line. They are none where
// anything else stands in it.
func menuOf(s string) (items [joinItem + 1]int) {
	if len(s) > longestMenu {
		return items
	}
	for s = strings.TrimLeft(s, betweenItems); s != ""; s = strings.TrimLeft(s, betweenItems) {
		found, rest, ok := pageItems.find(s)
		if !ok {
			return [joinItem + 1]int{}
		}
		items[found.value]++
		s = rest
	}
	return items
}

// mayBeOfPage reports whether s may begin with one of pageItems or pageLines. It saves most lines
// the search for one.
func mayBeOfPage(s string) bool {
	return !isASCIILetter(s[0]) || pageWords.has(firstWord(s))
}

// mayBeLink reports whether s may be a menu or a link: prose is none but a link behind a colon.
func mayBeLink(s string) bool {
	return len(s) <= longestMenu && (!endsAsProse(s) || strings.IndexByte(s[:longestPageLine], ':') >= 0) && mayBeOfPage(s)
}

// endsAsProse reports whether s is too long for a link and ends as a sentence does.
func endsAsProse(s string) bool {
	return len(s) > longestPageLine && (s[len(s)-1] == '.' || s[len(s)-1] == '"')
}

// pageRule returns why line i is left out where it belongs to the page around the article, or 0.
// Head says that it stands above the body.
func (p *rawPage) pageRule(i int, head bool) RemovalRule {
	s := p.slice(p.lines[i])
	switch {
	case !mayBeLink(s):
		return 0
	case endsAsProse(s):
		if !isLinkLine(s, head) {
			return 0
		}
	case p.isMenu(s, head && !p.leadsProse(i)), (head || p.furniture > 0) && p.isMenuRow(i):
		p.furniture++
		if head && (standsAbove(s) || isTrail(s)) {
			p.menu = i + 1
		}
	case isLinkLine(s, head):
		p.furniture++
	default:
		return 0
	}
	return RuleChrome
}

// leadsProse reports whether line i stands right above prose, first of all: it can be no menu above a
// headline, but the headline.
func (p *rawPage) leadsProse(i int) bool {
	return i == 0 && (len(p.lines) == 1 || isProse(p.slice(p.lines[1])))
}

// isMenu reports whether s is nothing but items of a page. One that a title or an item of a list
// may be counts above the body, or where more of the page was found.
func (p *rawPage) isMenu(s string, head bool) bool {
	items := menuOf(s)
	sure := items[upperItem] + items[plainItem]
	known := p.furniture > 0
	switch all := sure + items[netItem] + items[weakItem]; {
	case all == 0:
		return head && pageItems.has(s) && isTrail(s)
	case sure > 0:
		return head || known || all > 1 || countWords(s, 2) == 2
	default:
		return all > 1 && known || all > 2 && head || head && isTrail(s)
	}
}

// standsAbove reports whether s, a line of items, stands above a headline: it has an item that
// does, or no button.
func standsAbove(s string) bool {
	items := menuOf(s)
	return items[upperItem] > 0 || items[plainItem]+items[netItem] == 0 && items[weakItem] > 0
}

// isMenuRow reports whether line i is an item of a menu that has one on each line, or the name of the
// first page of the site.
func (p *rawPage) isMenuRow(i int) bool {
	s := p.slice(p.lines[i])
	items := menuOf(s)
	switch {
	case items[weakItem]+items[netItem] == 0 || p.leadsProse(i):
		return false
	case i == 0 && homes.has(s) || i > 0 && p.lines[i-1].rule == RuleChrome:
		return true
	}
	if i+1 == len(p.lines) || len(p.slice(p.lines[i+1])) > longestMenu {
		return false
	}
	below := menuOf(p.slice(p.lines[i+1]))
	return below[weakItem]+below[netItem]+below[upperItem]+below[plainItem] > 0
}

// isTrail reports whether s is the path to an article: "Home > Regions > Lake District". Before a
// bar, a slash or a dot stands the first page of the site, as the section of a headline may.
func isTrail(s string) bool {
	first, rest, pointed := cutTrail(s)
	if rest == "" || EndsSentence(s) {
		return false
	}
	items := menuOf(first)
	if items[weakItem]+items[upperItem] == 0 || items[plainItem] > 0 || !pointed && !homes.has(first) {
		return false
	}
	parts := 1
	for rest != "" && countWords(first, 6) < 6 {
		first, rest, _ = cutTrail(rest)
		parts++
	}
	return countWords(first, 6) < 6 || parts > 2 && rest == "" // the headline itself
}

// cutTrail cuts s around the first sign that stands between the parts of a path, and reports whether
// that points onwards. There is no rest where there is none.
func cutTrail(s string) (part, rest string, pointed bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != '>' && s[i] != ' ' && s[i] < utf8.RuneSelf {
			continue
		}
		for n, sign := range [...]string{" > ", " » ", " › ", " → ", ">", "＞", "»", "›", " / ", " | ", " · ", " • "} {
			if rest, ok := strings.CutPrefix(s[i:], sign); ok && rest != "" {
				return s[:i], strings.TrimLeft(rest, " "), n < 8
			}
		}
	}
	return s, "", false
}

// isLinkLine reports whether s, by how it begins, is a link to another story, heads a list of
// them or counts the comments.
func isLinkLine(s string, head bool) bool {
	found, begin, rest := findPageLine(s)
	switch found.value {
	case linkLine:
		return isLinkRest(rest)
	case listLine:
		return !hasWord(rest) && begin == s || !head && hasAnyPrefix(rest, ":", "：") && isLinkRest(rest)
	case counterLine:
		rest = strings.TrimLeft(rest, " :：")
		return rest == "" && begin != s || strings.HasPrefix(rest, "(") && isDigit(firstByte(rest[1:])) || isNumber(rest)
	case upperLine:
		return head && rest == "" && begin == s
	}
	return false
}

// findPageLine returns the one of pageLines that begins s, s from there on, and what follows it. Its
// value is 0 if there is none.
func findPageLine(s string) (found prefix[pageLine], begin, rest string) {
	for _, begin := range [...]string{strings.TrimLeft(s, "([【「＜<*▶►▸→»›>•■◆●-–—※◎☞+ 0123456789"), s} {
		if found, rest, ok := pageLines.find(begin); ok {
			return found, begin, rest
		}
	}
	return found, "", ""
}

// isLinkRest reports whether s follows the words that begin a link: behind a sign it is any short
// line that goes on as no sentence of an article does.
func isLinkRest(s string) bool {
	if !hasWord(s) {
		return true
	}
	link := strings.TrimLeft(s, "】]＞> ")
	signed := link != s && !strings.HasPrefix(s, " ")
	if rest := strings.TrimLeft(link, ":：.|-–—»›→>▶「 "); rest != link {
		link, signed = rest, true
	}
	return signed && !beginsSmall(link) && countWords(link, 31) < 31 && !strings.Contains(strings.TrimRight(link, " "), ". ") && strings.Count(link, "。") < 2 && !goesOnAsProse(link)
}

// headsLinks reports whether s, a line that is left out, heads a list of links.
func headsLinks(s string) bool {
	found, rest, ok := pageLines.find(s)
	if ok && (found.value == linkLine || found.value == listLine) {
		return !hasWord(rest)
	}
	return listOwners.has(s) && countWords(s, 8) < 8 && !EndsSentence(s)
}

// isAppeal reports whether s, below the last sentence of the body, speaks of the site and not of
// the news.
func isAppeal(s string) bool {
	const longest = 400 // bytes
	if len(s) > longest || !mayBeOfPage(s) {
		return false
	}
	found, _, rest := findPageLine(s)
	return found.value == appealLine && !speaksOfOthers(rest)
}

// isPageAppeal reports whether line i is an appeal of a page. A sentence is one where more of the page
// was found.
func (p *rawPage) isPageAppeal(i int, prose []bool) bool {
	return p.plain && (p.furniture > 1 || !prose[i]) && isAppeal(p.slice(p.lines[i]))
}

// skipSite returns the index of the first line that can be the headline, below the last menu that
// stands above line body: the name of the site stands above the menu. It is first where there is
// none.
func (p *rawPage) skipSite(first, body int) int {
	short := -1 // of one or two words
	for i := max(first, p.menu); i < body; i++ {
		s := p.slice(p.lines[i])
		if p.lines[i].rule != 0 || isSection(s) || isAuthor(s) || p.isSiteName(i, body) {
			continue
		}
		if countWords(s, 3) == 3 || IsUnspaced(firstRune(s)) {
			return i
		}
		if short < 0 {
			short = i
		}
	}
	if short >= 0 {
		return short
	}
	longest := first // above the menu
	for i := first; i < p.menu; i++ {
		if p.lines[i].rule == 0 && countWords(p.slice(p.lines[i]), 20) > countWords(p.slice(p.lines[longest]), 20) {
			longest = i
		}
	}
	return longest
}

// isSiteName reports whether line i is a name in capitals with the name of a section right below
// it, above another line that can be the headline.
func (p *rawPage) isSiteName(i, body int) bool {
	s := p.slice(p.lines[i])
	if i+2 >= body || countWords(s, 6) > 5 || !isSignature(s) {
		return false
	}
	section, headline := p.slice(p.lines[i+1]), p.slice(p.lines[i+2])
	return menuOf(section)[weakItem] > 0 && p.lines[i+2].rule == 0 && countWords(headline, 4) == 4
}

// isPageLine reports whether s is plainly a line of a page, which no line goes on with.
func isPageLine(s string) bool {
	if len(s) > longestMenu || !mayBeOfPage(s) || EndsSentence(s) {
		return false
	}
	items := menuOf(s)
	return items[upperItem] > 0 || items[plainItem] > 0 && items[plainItem]+items[weakItem] > 1 || isLinkLine(s, false)
}

// isTagLine reports whether line i, below which all is left out, stands among the lines of a page
// below the body, and is no sentence, quotation or item of a list.
func (p *rawPage) isTagLine(i int, prose []bool) bool {
	const above = 8 // lines
	s := p.slice(p.lines[i])
	if p.furniture == 0 || prose[i] || EndsSentence(s) || countWords(s, 16) == 16 || openersOfQuote(s) > 0 || hasAnyPrefix(s, "-", "–", "—", "•") {
		return false
	}
	if isCreditLine(p.slice(p.lines[i-1])) {
		return true
	}
	for j := i - 1; j > max(0, i-above) && !prose[j]; j-- {
		if rule := p.lines[j].rule; rule == RuleChrome || rule == RuleNotice || rule == RuleTrailer {
			return true
		}
	}
	return false
}

// proseLinks labels the links from line i on that are sentences, below the head of a list, and
// returns their number: two or more short ones of the same kind, with a paragraph below that is
// longer than both.
func (p *rawPage) proseLinks(i int, prose []bool) int {
	const longest = 90 // bytes
	n, size := 0, 0
	for i+n < len(p.lines) && p.lines[i+n].rule == 0 {
		l := p.lines[i+n]
		s := p.slice(l)
		if l.gap || len(s) > longest || !EndsSentence(s) || strings.Contains(s, ". ") || speaksOfOthers(s) {
			break
		}
		size += len(s)
		n++
	}
	if n < 2 || i+n == len(p.lines) || !prose[i+n] || p.lines[i+n].Len() < size || !strings.HasSuffix(p.slice(p.lines[i-1]), ":") {
		return 0
	}
	for j := i; j < i+n; j++ {
		p.lines[j].rule, prose[j] = RuleChrome, false
	}
	return n
}
