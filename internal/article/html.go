package article

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// chrome says how much of what stands around the article on a page is read.
type chrome uint8

const (
	noChrome  chrome = iota // nothing: menus, sidebars, forms, figures are left out
	withForms               // forms are read: some sites put the whole page in one
	allChrome               // everything that is to be seen
)

// readHTML reads the visible text of an HTML page, or of a part of one.
//
// It goes over the tokens and keeps only a stack of open elements, as much of a
// tree as telling hidden and surrounding text takes. The lengths of the raw
// tokens give the offset of each piece of text in the source.
func readHTML(text string) *rawPage {
	p, form := scanHTML(text, noChrome)
	if form > 4*len(p.text) {
		p, _ = scanHTML(text, withForms)
	}
	if !hasLetters(p.text) {
		p, _ = scanHTML(text, allChrome)
	}
	return p
}

// htmlScanner reads one page.
type htmlScanner struct {
	pageWriter
	chrome chrome

	state elementState
	stack []element

	regions []region // the first is the whole page
	titles  [3]strings.Builder
	removed int // bytes of text left out, in forms or not
	form    int // bytes of text left out in forms
}

// elementState is what the open elements make of the text in them.
type elementState struct {
	skip   skip
	inside bool // an article or main element is open
	pre    bool // line breaks are kept
	level  int8 // of the heading, 0 for other text
	region int
	title  titleSource
}

// skip says why text is left out.
type skip uint8

const (
	keep       skip = iota
	skipMarkup      // no text for readers: scripts, metadata
	skipHidden      // not to be seen
	skipChrome      // around the article
	skipForm        // in a form
)

// titleSource says of which title text is a part; the higher is preferred.
type titleSource uint8

const (
	noTitle   titleSource = iota
	titleTag              // <title>
	headingOf             // an <h1> outside the text that is read
)

// element is an open element.
type element struct {
	name  string
	block bool
	outer elementState // what holds again when it is closed
}

// region is an article or main element, or the whole page.
type region struct {
	parent int
	bytes  int // of text, nested regions included
}

// scanHTML reads text, and returns also how much of it stood in forms that were
// left out, in bytes.
func scanHTML(text string, c chrome) (*rawPage, int) {
	s := htmlScanner{chrome: c, regions: make([]region, 1)}
	s.text.Grow(len(text) / 2)
	z := html.NewTokenizer(strings.NewReader(text))
	offset := 0
	for {
		kind := z.Next()
		raw := text[offset : offset+len(z.Raw())]
		switch kind {
		case html.ErrorToken: // the end
			return s.finish(), s.form
		case html.TextToken:
			s.readText(raw, offset)
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attributes := z.TagName()
			e := newTag(atom.String(name))
			for attributes {
				var key, value []byte
				key, value, attributes = z.TagAttr()
				e.read(key, value)
			}
			s.start(e, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			s.end(atom.String(name))
		}
		offset += len(raw)
	}
}

// finish returns the page: the lines of the region that holds most of the text.
func (s *htmlScanner) finish() *rawPage {
	p := s.page()
	p.unseen = s.removed
	for _, l := range p.lines {
		s.regions[l.region].bytes += l.Len()
	}
	for i := len(s.regions) - 1; i > 0; i-- { // a parent stands before its children
		s.regions[s.regions[i].parent].bytes += s.regions[i].bytes
	}
	main, inside := 0, make([]bool, len(s.regions))
	for i, r := range s.regions {
		if i > 0 && r.parent == main && 2*r.bytes > s.regions[0].bytes {
			main = i
		}
	}
	for i, r := range s.regions {
		inside[i] = i == main || i > 0 && inside[r.parent]
	}
	kept := p.lines[:0]
	for _, l := range p.lines {
		if inside[l.region] {
			l.region = 0
			kept = append(kept, l)
			continue
		}
		p.unseen += l.Len()
		if l.level == 1 && s.titles[headingOf].Len() == 0 {
			s.titles[headingOf].WriteString(p.slice(l))
		}
	}
	p.lines = kept
	if p.title = plainTitle(s.titles[headingOf].String()); p.title == "" {
		p.title = withoutSite(plainTitle(s.titles[titleTag].String()))
	}
	return p
}

// readText reads a text token.
func (s *htmlScanner) readText(raw string, offset int) {
	if len(s.stack) > 0 && s.stack[len(s.stack)-1].name == "head" && strings.TrimSpace(raw) != "" {
		s.closeFrom(len(s.stack) - 1) // text ends the head
	}
	if t := s.state.title; t != noTitle && s.titles[t].Len() < maxTitle {
		s.titles[t].WriteString(html.UnescapeString(raw[:min(len(raw), maxTitle)]))
	}
	switch s.state.skip {
	case keep:
		s.writeText(raw, offset)
	case skipForm:
		s.form += len(strings.TrimSpace(raw))
		fallthrough
	case skipChrome, skipHidden:
		s.removed += len(strings.TrimSpace(raw))
	}
}

// maxTitle bounds the title that is taken from a page, in bytes.
const maxTitle = 2000

// writeText writes visible text, with its entities decoded.
func (s *htmlScanner) writeText(raw string, offset int) {
	s.level, s.region = s.state.level, s.state.region
	for raw != "" {
		amp := strings.IndexByte(raw, '&')
		if amp < 0 {
			amp = len(raw)
		}
		s.write(raw[:amp], offset, s.state.pre)
		raw, offset = raw[amp:], offset+amp
		if raw == "" {
			return
		}
		decoded, n := entity(raw)
		if decoded == "" {
			s.write(raw[:n], offset, s.state.pre)
		} else {
			s.writeDecoded(decoded, Span{offset, offset + n})
		}
		raw, offset = raw[n:], offset+n
	}
}

// longestEntity bounds a character reference, in bytes.
const longestEntity = 40

// entity decodes the character reference that begins s with an ampersand, and
// returns its length. Where there is none, it returns the length of the text
// that is to be read as it stands.
func entity(s string) (decoded string, n int) {
	n = 1
	for n < len(s) && n < longestEntity && (s[n] == '#' && n == 1 || isDigit(s[n]) || isASCIILetter(s[n])) {
		n++
	}
	if n < len(s) && s[n] == ';' {
		n++
	}
	decoded = html.UnescapeString(s[:n])
	if decoded == s[:n] {
		return "", n
	}
	// Old names need no semicolon, so that "&notit;" is "&not" and "it;".
	rest := 0
	for rest < len(decoded) && decoded[len(decoded)-1-rest] == s[n-1-rest] {
		rest++
	}
	if rest == 1 && s[n-1] == ';' {
		rest = 0 // "&semi;"
	}
	return decoded[:len(decoded)-rest], n - rest
}

// start opens an element.
func (s *htmlScanner) start(t tag, selfClosing bool) {
	if t.kind == voidTag {
		if t.name == "br" {
			s.breakLine()
		} else if t.block {
			s.breakBlock()
		}
		return
	}
	s.closeImplied(t)
	if selfClosing && (t.name == "svg" || t.name == "math" || s.state.skip == skipMarkup) {
		return
	}
	if t.block {
		s.breakBlock()
	}
	s.stack = append(s.stack, element{name: t.name, block: t.block, outer: s.state})
	s.state = s.stateIn(t)
}

// stateIn returns the state inside an element that is opened in the present
// one.
func (s *htmlScanner) stateIn(t tag) elementState {
	in := s.state
	in.skip = s.skipIn(t)
	switch {
	case t.name == "title" && in.skip == skipMarkup && s.titles[titleTag].Len() == 0 && !s.opened("svg"):
		in.title = titleTag
	case t.name == "h1" && in.skip == skipChrome && s.titles[headingOf].Len() == 0:
		in.title = headingOf
	}
	if len(t.name) == 2 && t.name[0] == 'h' && '1' <= t.name[1] && t.name[1] <= '6' {
		in.level = int8(t.name[1] - '0')
	}
	in.pre = in.pre || t.name == "pre"
	if t.isBody() && in.skip == keep {
		s.regions = append(s.regions, region{parent: in.region})
		in.region = len(s.regions) - 1
		in.inside = true
	}
	return in
}

// skipIn returns why the text inside t is left out.
func (s *htmlScanner) skipIn(t tag) skip {
	outer := s.state.skip
	switch {
	case outer == skipMarkup || outer == skipHidden:
		return outer // nothing inside is seen
	case t.kind == markupTag:
		return skipMarkup
	case t.hidden:
		return skipHidden
	case outer != keep || s.chrome == allChrome:
		return outer
	case t.name == "form" && s.chrome == noChrome:
		return skipForm
	case t.name == "header" && !s.state.inside, t.kind == chromeTag && t.name != "form", t.chrome && !t.isBody():
		return skipChrome
	}
	return keep
}

// opened reports whether an element of that name is open, near the innermost.
func (s *htmlScanner) opened(name string) bool {
	for _, e := range s.stack[len(s.stack)-min(len(s.stack), 8):] {
		if e.name == name {
			return true
		}
	}
	return false
}

// end closes the innermost element of that name and all inside it. An end tag
// without its start, or across a block or a table cell, means nothing.
func (s *htmlScanner) end(name string) {
	kind := tagKinds[name]
	switch {
	case name == "br":
		s.breakLine()
		return
	case name == "p" || kind == blockTag || kind == chromeTag:
		s.breakBlock()
	}
	for i := len(s.stack) - 1; i >= max(0, len(s.stack)-deepest); i-- {
		e := &s.stack[i]
		switch {
		case e.name == name:
			s.closeFrom(i)
			return
		case kind == inlineTag && e.block, isCell(e.name) && !isTablePart(name):
			return
		}
	}
}

// deepest bounds how many open elements are looked through for one to close.
const deepest = 200

// closeFrom closes the open elements from index i on.
func (s *htmlScanner) closeFrom(i int) {
	s.state = s.stack[i].outer
	s.stack = s.stack[:i]
}

// closeImplied closes what the start of t closes without an end tag.
func (s *htmlScanner) closeImplied(t tag) {
	if n := len(s.stack); n > 0 && s.stack[n-1].name == "head" && t.kind != markupTag {
		s.closeFrom(n - 1)
	}
	if t.block {
		s.closeOpen("p", func(e element) bool { return e.block })
	}
	switch t.name {
	case "li":
		s.closeOpen("li", func(e element) bool { return e.name == "ul" || e.name == "ol" || e.name == "menu" })
	case "dt", "dd":
		list := func(e element) bool { return e.name == "dl" }
		s.closeOpen("dt", list)
		s.closeOpen("dd", list)
	case "td", "th":
		row := func(e element) bool { return e.name == "tr" || e.name == "table" }
		s.closeOpen("td", row)
		s.closeOpen("th", row)
	case "tr":
		s.closeOpen("tr", func(e element) bool { return e.name == "table" })
	}
}

// closeOpen closes the innermost element of that name, unless a bound is met
// before it.
func (s *htmlScanner) closeOpen(name string, bound func(element) bool) {
	for i := len(s.stack) - 1; i >= max(0, len(s.stack)-deepest); i-- {
		if s.stack[i].name == name {
			s.closeFrom(i)
			return
		}
		if bound(s.stack[i]) {
			return
		}
	}
}

// plainTitle returns a title on one line.
func plainTitle(s string) string {
	return strings.ReplaceAll(readPlain(s).text, "\n", " ")
}

// withoutSite returns the title of a page without the name of the site at its
// end.
func withoutSite(title string) string {
	for _, bar := range [...]string{" | ", " - ", " – ", " — ", " · "} {
		if at := strings.LastIndex(title, bar); at > 0 && countWords(title[:at], 3) == 3 && countWords(title[at:], 7) < 7 {
			return title[:at]
		}
	}
	return title
}
