package article

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// This file finds the headline of a page: the heading that agrees with the title that the
// page gives itself, else that title.

// pageTitles are what a page says of its headline outside its text.
type pageTitles struct {
	element strings.Builder // <title>
	graph   string          // og:title
	linked  string          // the headline in its JSON-LD
	hidden  string          // an <h1> that is not to be seen, markup and all
	sites   []string        // names of the site
	named   bool            // the page names its site
	address string          // that the page gives as its own
	host    string          // the name in its address: "example" of "www.example.org"
}

// maxTitle bounds a title that is taken from a page, in bytes.
const maxTitle = 2000

// readMeta takes note of a <meta> or a <link>.
func (t *pageTitles) readMeta(name, content string) {
	content = content[:min(len(content), maxTitle)]
	switch {
	case strings.EqualFold(name, "og:title") && t.graph == "":
		t.graph = plainTitle(decodeReferences(content))
	case strings.EqualFold(name, "og:site_name"), strings.EqualFold(name, "application-name"), strings.EqualFold(name, "twitter:site"):
		if len(t.sites) < maxSites {
			t.sites = append(t.sites, plainTitle(content))
		}
	case strings.EqualFold(name, "canonical"), strings.EqualFold(name, "og:url") && t.address == "":
		t.address = strings.TrimSpace(content)
	}
}

// maxSites bounds the names of a site that are read.
const maxSites = 8

// raw returns the titles as the page gives them.
func (t *pageTitles) raw() []string { return []string{t.graph, t.titleElement()} }

// titleElement returns the text of <title>.
func (t *pageTitles) titleElement() string { return plainTitle(decodeReferences(t.element.String())) }

// stated returns the titles, without the name of the site, the most reliable first.
func (t *pageTitles) stated() []statedTitle {
	var titles []statedTitle
	for _, title := range [...]string{t.graph, t.linked, t.titleElement(), plainTitle(html.UnescapeString(t.hidden))} {
		if title = t.withoutSite(title); hasLetters(title) && !t.names(title) {
			titles = append(titles, newStatedTitle(title))
		}
	}
	return titles
}

// shownPart returns what of <title>, the only title that the page states, stands behind the
// name of the site and of sections where a line of the page is just that; empty if none is.
func (s *htmlScanner) shownPart(p *rawPage) string {
	const inspectedLines = 40
	if len(s.stated) != 1 || s.titles.graph != "" || s.titles.linked != "" {
		return ""
	}
	lines := p.lines[:min(inspectedLines, len(p.lines))]
	s.steps += len(lines)
	shows := func(title string) bool {
		return slices.ContainsFunc(lines, func(l line) bool { return 2*l.link <= l.Len() && sameLetters(p.slice(l), title) })
	}
	rest := s.titles.titleElement()
	if shows(s.stated[0].text) {
		return ""
	}
	for range maxParts {
		var head, bar string
		if head, rest, bar = s.titles.frontOf(rest); bar == "" || isLongTitle(head) && !holdsSiteWord(head) || isName(rest) {
			return ""
		}
		if !s.titles.names(rest) && shows(rest) {
			return rest
		}
	}
	return ""
}

// titleLine returns the index of the line before end that is the headline, or -1. Without
// one, p.title is the title that the page gives itself.
func (s *htmlScanner) titleLine(p *rawPage, end int) int {
	stated := s.stated
	s.steps += end
	if best := agreeing(p, end, stated); best >= 0 {
		s.shown = true
		s.trimTitle(p, best, stated)
		return best
	}
	sure := slices.IndexFunc(stated, func(title statedTitle) bool { return !isName(title.text) })
	if graph := s.titles.graph; sure < 0 && hasLetters(graph) && !s.titles.names(graph) {
		sure = 0
	}
	heading := s.headingLine(p, end, sure < 0)
	if heading < 0 && len(stated) > 0 {
		p.title = stated[max(sure, 0)].text
	}
	return heading
}

// headingLine returns the index of the line before end that is the <h1> of the article, or
// -1. Outside says that one outside the article may be.
func (s *htmlScanner) headingLine(p *rawPage, end int, outside bool) int {
	heading, section := -1, -1
	for i, l := range p.lines[:end] {
		if text := p.slice(l); l.level == 1 && !s.titles.names(text) {
			switch r := &s.regions[l.region]; {
			case isSection(text):
				section = i
			case r.inside || r.path:
				return i
			case heading < 0 && outside:
				heading = i
			}
		}
	}
	if heading < 0 && outside {
		return section
	}
	return heading
}

// trimTitle cuts off the headline, line i, what the elements in it part from a title that
// the page states, and the name of the site.
func (s *htmlScanner) trimTitle(p *rawPage, i int, stated []statedTitle) {
	l := &p.lines[i]
	cut := func(to Span) {
		p.remove(Span{l.Begin, to.Begin}, RuleChrome)
		p.remove(Span{to.End, l.End}, RuleChrome)
		l.Span = to
	}
	whole := p.slice(*l)
	for _, at := range s.seams {
		if at <= l.Begin || at >= l.End {
			continue
		}
		before, after := trimSpan(p.text, Span{l.Begin, at}), trimSpan(p.text, Span{at, l.End})
		for _, title := range stated {
			switch name := title.letters; {
			case name == letters(whole):
				return
			case name == letters(p.text[after.Begin:after.End]) && !strings.HasSuffix(p.text[before.Begin:before.End], ":"):
				cut(after)
				return
			case name == letters(p.text[before.Begin:before.End]) && !isLongTitle(p.text[after.Begin:after.End]):
				cut(before)
				return
			}
		}
	}
	head, tail, bar := lastPart(whole)
	if bar.text != "" && (s.titles.isSite(tail) || bar.strong && s.titles.isTail(head, tail, bar, false)) {
		cut(Span{l.Begin, l.Begin + len(head)})
	}
}

// trimSpan returns s without the spaces around its text.
func trimSpan(text string, s Span) Span {
	for s.Begin < s.End && text[s.Begin] == ' ' {
		s.Begin++
	}
	for s.Begin < s.End && text[s.End-1] == ' ' {
		s.End--
	}
	return s
}

// agreeing returns the index of the line before end that agrees best with a title that is
// stated, or -1.
func agreeing(p *rawPage, end int, stated []statedTitle) int {
	const heading = 0.35 // more is asked of a line that is no <h1>
	best, most := -1, 0.0
	for i, l := range p.lines[:end] {
		if l.level == 0 && 2*l.link > l.Len() {
			continue
		}
		for _, title := range stated {
			a := title.agreement(p.slice(l))
			if l.level != 1 {
				a -= heading
			}
			if a >= leastAgreement && a > most {
				best, most = i, a
			}
		}
	}
	return best
}

// leastAgreement is what a headline and a title have in common at least.
const leastAgreement = 0.5

// statedTitle is a title that the page gives itself, which lines are compared with.
type statedTitle struct {
	text    string
	letters string
	words   []string // in lower case
}

func newStatedTitle(title string) statedTitle {
	t := statedTitle{text: title, letters: letters(title)}
	for word := range titleWords(title) {
		t.words = append(t.words, strings.ToLower(word))
	}
	return t
}

// agreement returns the share of words that s and t have in common, 0 to 1; 1 where one is
// the other without spaces and punctuation, and 0.8 where it holds it. Of a share below
// leastAgreement it may make 0, so that it reads no more of a long line than it needs.
func (t statedTitle) agreement(s string) float64 {
	const times = 3 // as long as a title that it holds
	x, y := lettersUpTo(s, times*len(t.letters)), t.letters
	switch {
	case x == "" || y == "":
		return 0
	case x == y:
		return 1
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	if times*len(x) >= len(y) && strings.Contains(y, x) {
		return 0.8
	}
	common := make(map[string]bool, len(t.words)) // false until s has the word
	for _, word := range t.words {
		common[word] = false
	}
	shared, others := 0, make(map[string]struct{})
	for word := range titleWords(s) {
		word = strings.ToLower(word)
		met, known := common[word]
		switch {
		case !known:
			if others[word] = struct{}{}; len(others) > len(t.words) {
				return 0
			}
		case !met:
			common[word] = true
			shared++
		}
	}
	return float64(shared) / float64(max(len(others)+len(t.words), 1))
}

// titleWords returns the words of a title.
func titleWords(s string) iter.Seq[string] {
	return strings.FieldsFuncSeq(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// letters returns the letters and digits of s in lower case.
func letters(s string) string { return lettersUpTo(s, 2*len(s)) } // a small letter may take more bytes

// lettersUpTo returns the beginning of letters(s). It stops once it has more than n bytes.
func lettersUpTo(s string, n int) string {
	var small [64]byte
	buf := small[:0]
	for len(buf) <= n {
		var r rune
		if r, s = nextLetter(s); r == 0 {
			break
		}
		buf = utf8.AppendRune(buf, r)
	}
	return string(buf)
}

// sameLetters reports whether letters(a) == letters(b). It reads no further than they agree.
func sameLetters(a, b string) bool {
	for {
		x, restA := nextLetter(a)
		y, restB := nextLetter(b)
		if x != y {
			return false
		}
		if x == 0 {
			return true
		}
		a, b = restA, restB
	}
}

// nextLetter returns the first letter or digit of s in lower case, 0 if there is none, and
// what follows it.
func nextLetter(s string) (letter rune, rest string) {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if i++; isASCIILetter(c) || isDigit(c) {
				return rune(lowerASCII(c)), s[i:]
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if i += n; unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r), s[i:]
		}
	}
	return 0, ""
}

// plainTitle returns a title on one line.
func plainTitle(s string) string {
	return strings.ReplaceAll(readPlain(s).text, "\n", " ")
}
