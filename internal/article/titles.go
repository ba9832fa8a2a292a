package article

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file finds the headline of a page: the heading that agrees with the title that the
// page gives itself, else that title.

// pageTitles are what a page says of its headline outside its text.
type pageTitles struct {
	element strings.Builder // <title>
	graph   string          // og:title
	site    string          // og:site_name
}

// maxTitle bounds a title that is taken from a page, in bytes.
const maxTitle = 2000

// readMeta takes note of a meta element.
func (t *pageTitles) readMeta(name, content string) {
	content = plainTitle(content[:min(len(content), maxTitle)])
	switch {
	case strings.EqualFold(name, "og:title") && t.graph == "":
		t.graph = content
	case strings.EqualFold(name, "og:site_name") && t.site == "":
		t.site = content
	}
}

// stated returns the titles, without the name of the site, the most reliable first.
func (t *pageTitles) stated(linked string) []string {
	var titles []string
	for _, title := range [...]string{t.graph, linked, plainTitle(t.element.String())} {
		if title = t.withoutSite(title); hasLetters(title) {
			titles = append(titles, title)
		}
	}
	return titles
}

// titleLine returns the index of the line before end that is the headline, or -1. Without
// one, p.title is the title that the page gives itself.
func (s *htmlScanner) titleLine(p *rawPage, end int) int {
	stated := s.titles.stated(s.linked.headline)
	if best := agreeing(p, end, stated); best >= 0 {
		return best
	}
	heading := -1
	for i, l := range p.lines[:end] {
		switch r := &s.regions[l.region]; {
		case l.level != 1:
		case r.inside || r.path:
			return i
		case heading < 0 && len(stated) == 0:
			heading = i
		}
	}
	if heading < 0 && len(stated) > 0 {
		p.title = stated[0]
	}
	return heading
}

// agreeing returns the index of the line before end that agrees best with a title that is
// stated, or -1.
func agreeing(p *rawPage, end int, stated []string) int {
	const (
		least   = 0.5
		heading = 0.35 // more is asked of a line that is no <h1>
	)
	best, most := -1, 0.0
	for i, l := range p.lines[:end] {
		if l.level == 0 && 2*l.link > l.Len() {
			continue
		}
		for _, title := range stated {
			a := agreement(p.slice(l), title)
			if l.level != 1 {
				a -= heading
			}
			if a >= least && a > most {
				best, most = i, a
			}
		}
	}
	return best
}

// agreement returns the share of words that two titles have in common, 0 to 1; 1 where
// one is the other without spaces and punctuation, and 0.8 where it holds it.
func agreement(a, b string) float64 {
	x, y := letters(a), letters(b)
	switch {
	case x == "" || y == "":
		return 0
	case x == y:
		return 1
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	if strings.Contains(y, x) && 3*len(x) >= len(y) {
		return 0.8
	}
	words := make(map[string]bool)
	for word := range titleWords(a) {
		words[word] = true
	}
	all, common := len(words), 0
	for word := range titleWords(b) {
		if words[word] {
			common++
			delete(words, word)
		} else {
			all++
		}
	}
	return float64(common) / float64(max(all, 1))
}

// titleWords returns the words of a title in lower case.
func titleWords(s string) iter.Seq[string] {
	return strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// letters returns the letters and digits of s in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// plainTitle returns a title on one line.
func plainTitle(s string) string {
	return strings.ReplaceAll(readPlain(s).text, "\n", " ")
}

// siteBars stand between a title and the name of the site. Those that are true may stand
// more than once, with a section between.
var siteBars = []struct {
	bar    string
	repeat bool
}{
	{" | ", true},
	{" :: ", true},
	{"｜", true},
	{"_", true},
	{"|", true},
	{" • ", true},
	{" « ", true},
	{" ‹ ", true},
	{" - ", false},
	{" – ", false},
	{" — ", false},
	{" · ", false},
}

// withoutSite returns the title of a page without the name of the site.
func (t *pageTitles) withoutSite(title string) string {
	if at := strings.LastIndex(title, " » "); at > 0 { // a path
		if last := title[at+len(" » "):]; isLongTitle(last) && letters(last) != letters(t.site) {
			return last
		}
	}
	for _, b := range siteBars {
		parts := strings.Split(title, b.bar)
		n := len(parts)
		if n < 2 {
			continue
		}
		if t.isSite(parts[0]) {
			return strings.Join(parts[1:], b.bar)
		}
		for end := n - 1; end > 0; end-- {
			head, tail := strings.Join(parts[:end], b.bar), parts[end]
			if !t.isSite(tail) && (!isLongTitle(head) || !isSiteLike(tail)) {
				break
			}
			title = head
			if !b.repeat {
				break
			}
		}
		if len(title) < len(strings.Join(parts, b.bar)) {
			return strings.TrimSpace(title)
		}
	}
	return title
}

// isSite reports whether part of a title is the name of the site that the page gives.
func (t *pageTitles) isSite(part string) bool {
	return t.site != "" && letters(part) == letters(t.site)
}

// isSiteLike reports whether the last part of a title is as short as the name of a site.
func isSiteLike(part string) bool {
	const words, runes = 7, 60
	return countWords(part, words) < words && utf8.RuneCountInString(part) <= runes
}

// isLongTitle reports whether s is as long as a headline rather than a name.
func isLongTitle(s string) bool {
	const words, runes = 3, 6 // of scripts that write no spaces
	return countWords(s, words) == words || IsUnspaced(firstRune(strings.TrimLeft(s, " “「『《【"))) && utf8.RuneCountInString(s) >= runes
}
