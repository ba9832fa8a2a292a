package article

import (
	"strings"

	"golang.org/x/net/html"
)

// readHTML reads the visible text of an HTML page, or of a part of one.
//
// It goes over the tokens and keeps only a stack of open elements, as much of a
// tree as telling hidden and surrounding text takes. The lengths of the raw
// tokens give the offset of each piece of text in the source. regions.go tells the
// article from what stands around it.
func readHTML(text string) *rawPage {
	p := scanHTML(text, htmlScanner{})
	switch {
	case p.veiled > p.proseBytes():
		return scanHTML(text, htmlScanner{unveil: true})
	case !hasLetters(p.text):
		return scanHTML(text, htmlScanner{all: true})
	}
	return p
}

// proseBytes returns the length of the lines of prose, in bytes.
func (p *rawPage) proseBytes() (n int) {
	for _, l := range p.lines {
		if isProse(p.slice(l)) {
			n += l.Len()
		}
	}
	return n
}

// htmlScanner reads one page.
type htmlScanner struct {
	pageWriter
	all  bool // buttons and labels are read, too
	bare bool // it is a part of a page, without titles and regions

	unveil bool // text that is veiled is read, too
	veiled int  // bytes of prose that is veiled

	state elementState
	stack []element

	regions []region // the first is the whole page
	titles  pageTitles
	stated  []statedTitle // titles that the page gives itself, without the name of the site
	linked  linkedData
	article *linkedArticle // that the page is about, in its JSON-LD; nil for none
	shown   bool           // the page shows its headline
	lang    string         // of <html>

	steps  int             // over tokens, open elements and lines, which a test bounds
	unseen []Removal       // text that is in no line
	aside  strings.Builder // the text of the last of unseen
	beside int             // length of the text when the last of unseen was read
	seams  []int           // offsets in the text at which elements in a headline begin and end
}

// elementState is what the open elements make of the text in them.
type elementState struct {
	skip    skip
	inside  bool // an article or main element is open
	article bool // an <article> is open
	pre     bool // line breaks are kept
	veiled  bool // it is hidden by what scripts take off
	link    bool // it leads elsewhere
	title   bool // it is the <title>
	linked  bool // it is JSON-LD
	foreign bool // it is of SVG or MathML, whose elements may close themselves
	level   int8 // of the heading, 0 for other text
	region  int
}

// skip says why text is left out.
type skip uint8

const (
	keep       skip = iota
	skipMarkup      // no text for readers: scripts, metadata
	skipHidden      // not to be seen
	skipInline      // around the article, in the middle of a line
)

// element is an open element.
type element struct {
	name  string
	block bool
	outer elementState // what holds again when it is closed
}

// scanHTML reads the lines of text with s, and chooses the lines of the article.
func scanHTML(text string, s htmlScanner) *rawPage {
	lines := min(len(text)/64, 256) // most pages have fewer
	s.regions, s.lines, s.trace = make([]region, 1, 16), make([]line, 0, lines), make([]segment, 0, 3*lines)
	s.text.Grow(max(len(text)/2, min(len(text), 8<<10)))
	s.scan(text)
	return s.finish(text)
}

// isOpenComment reports whether s, which ends the page, begins a comment and does not end it.
func isOpenComment(s string) bool {
	return strings.HasPrefix(s, "<!--") && !hasAnySuffix(s, "-->", "--!>")
}

// openCommentLine returns the length of s, a comment without an end, up to the first tag in
// it or the end of its first line.
func openCommentLine(s string) int {
	const opener = len("<!--")
	if end := strings.IndexAny(s[opener:], "<\r\n"); end >= 0 {
		return opener + end
	}
	return len(s)
}

// scan reads the tokens of text. It reads on once behind a comment without an end.
func (s *htmlScanner) scan(text string) {
	z := html.NewTokenizer(strings.NewReader(text))
	offset, resumed := 0, false
	for {
		kind := z.Next()
		s.steps++
		raw := text[offset : offset+len(z.Raw())]
		switch kind {
		case html.ErrorToken: // the end
			return
		case html.TextToken:
			s.readText(raw, offset)
		case html.StartTagToken, html.SelfClosingTagToken:
			e := newTag(tagName(raw[len("<"):]))
			for more := true; more; {
				var key, value []byte
				if key, value, more = z.TagAttr(); len(key) > 0 {
					e.read(key, value)
				}
			}
			s.start(e, kind == html.SelfClosingTagToken)
			if s.state.foreign || s.state.title && !closesTitle(text[offset+len(raw):]) {
				z.NextIsNotRawText() // <title> in a picture is no title
			}
		case html.EndTagToken:
			s.end(tagName(raw[len("</"):]))
		case html.CommentToken:
			if !resumed && offset+len(raw) == len(text) && isOpenComment(raw) {
				resumed = true
				offset += openCommentLine(raw)
				z = html.NewTokenizer(strings.NewReader(text[offset:]))
				continue
			}
		}
		offset += len(raw)
	}
}

// tagName returns the name that begins s, a tag behind its bracket, in lower case. It is
// read from the source because the tokenizer would copy it twice.
func tagName(s string) string {
	name, lower := s, true
	for i := range len(s) {
		c := s[i]
		if c == '>' || c == '/' || c == ' ' || '\t' <= c && c <= '\r' && c != '\v' {
			name = s[:i]
			break
		}
		lower = lower && !isASCIIUpper(c)
	}
	if lower {
		return name
	}
	return strings.ToLower(name)
}

// finish returns the lines of the article. Text is the source.
func (s *htmlScanner) finish(text string) *rawPage {
	p := s.page()
	p.outside, p.lang, p.veiled = s.asides(), languageOf(s.lang), s.veiled
	s.titles.sites = append(s.titles.sites, s.linked.sites...)
	if s.article = s.linked.article(s.titles.raw(), s.titles.address); s.article != nil {
		s.titles.linked = s.article.headline
	}
	s.titles.learnSites()
	s.stated = s.titles.stated()
	if title := s.shownPart(p); title != "" {
		s.stated = []statedTitle{newStatedTitle(title)}
	}
	if s.all {
		s.titleLine(p, 0)
	} else {
		s.choose(p)
	}
	return s.linkedPage(p, text)
}

// setAside takes note of text that is in no line, as part of the text before it where no
// text stands between them.
func (s *htmlScanner) setAside(raw string, offset int, rule RemovalRule) {
	text := strings.TrimSpace(raw)
	if text == "" {
		return
	}
	begin := offset + strings.Index(raw, text)
	n := len(s.unseen)
	if n == 0 || s.unseen[n-1].Rule != rule || s.beside != s.text.Len() {
		s.sealAside()
		s.unseen = append(s.unseen, Removal{Span: Span{begin, begin}, Rule: rule})
		n = len(s.unseen)
	}
	s.unseen[n-1].End, s.beside = begin+len(text), s.text.Len()
	for word := range strings.FieldsSeq(html.UnescapeString(text)) {
		if s.aside.Len() > 0 {
			s.aside.WriteByte(' ')
		}
		s.aside.WriteString(word)
	}
}

// sealAside ends the last text that is in no line.
func (s *htmlScanner) sealAside() {
	if n := len(s.unseen); n > 0 {
		s.unseen[n-1].Text = s.aside.String()
		s.aside.Reset()
	}
}

// asides returns the text that is in no line.
func (s *htmlScanner) asides() []Removal {
	s.sealAside()
	return s.unseen
}

// readText reads a text token.
func (s *htmlScanner) readText(raw string, offset int) {
	if len(s.stack) > 0 && s.stack[len(s.stack)-1].name == "head" && strings.TrimSpace(raw) != "" {
		s.closeFrom(len(s.stack) - 1) // text ends the head
	}
	if s.state.linked {
		s.linked.read(raw, offset)
	}
	if s.state.title && s.titles.element.Len() < maxTitle {
		s.titles.element.WriteString(html.UnescapeString(raw[:min(len(raw), maxTitle)]))
	}
	switch s.state.skip {
	case keep:
		begin := s.text.Len()
		s.writeText(raw, offset)
		if s.state.link {
			s.addLink(begin)
		}
	case skipInline:
		s.setAside(raw, offset, RuleChrome)
	case skipHidden:
		s.setAside(raw, offset, RuleHidden)
		s.measureVeiled(raw)
		if s.state.level == 1 && len(s.titles.hidden) < maxTitle {
			s.titles.hidden += raw[:min(len(raw), maxTitle)]
		}
	case skipMarkup:
	}
}

// measureVeiled counts prose that is veiled.
func (s *htmlScanner) measureVeiled(raw string) {
	if s.state.veiled && isProse(strings.TrimSpace(raw)) {
		s.veiled += len(raw)
	}
}

// writeText writes visible text, with its entities decoded.
func (s *htmlScanner) writeText(raw string, offset int) {
	s.level, s.region = s.state.level, s.state.region
	if mayMistake(raw) {
		s.writeReferences(raw, offset, s.writeEntities)
		return
	}
	s.writeEntities(raw, offset)
}

// writeEntities writes text with the entities that HTML knows decoded.
func (s *htmlScanner) writeEntities(raw string, offset int) {
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
		switch {
		case t.name == "br":
			s.breakInside()
		case t.block:
			s.breakBlock()
		case t.property != "":
			s.titles.readMeta(t.property, t.content)
		}
		return
	}
	if t.name == "html" && s.lang == "" {
		s.lang = t.lang
	}
	s.closeImplied(t)
	if selfClosing && (s.state.foreign || isForeign(t.name)) {
		return
	}
	switch {
	case s.inHeadline() && (!t.block || t.name == "div"):
		s.seam(t.block)
	case t.block:
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
	in.veiled = s.isVeiledIn(t, in.skip)
	in.foreign = in.foreign || isForeign(t.name)
	in.linked = t.name == "script" && isLinkedData(t.script) && !in.foreign
	in.title = t.name == "title" && in.skip == skipMarkup && s.titles.element.Len() == 0 && !in.foreign
	in.link = in.link || t.name == "a" && t.leads
	if isHeading(t.name) {
		in.level = int8(t.name[1] - '0')
	}
	in.pre = in.pre || t.name == "pre"
	if in.skip == keep && t.isRegion() && !s.bare && !s.inHeadline() {
		s.openRegion(t, &in)
	}
	return in
}

// isVeiledIn reports whether text inside t, left out as inside says, is veiled only.
func (s *htmlScanner) isVeiledIn(t tag, inside skip) bool {
	return inside == skipHidden && (s.state.veiled || s.state.skip != skipHidden && !t.isHidden())
}

// closesTitle reports whether text, behind <title>, holds its end tag, before any tag that
// stands in no title.
func closesTitle(text string) bool {
	for {
		_, rest, ok := strings.Cut(text, "<")
		if !ok {
			return false
		}
		if text = rest; hasPrefixFold(text, "/title") {
			return true
		}
		name := strings.TrimPrefix(text[:min(len(text), 8)], "/")
		end := 0
		for end < len(name) && isASCIILetter(name[end]) {
			end++
		}
		if besideTitle.has(name[:end]) {
			return false
		}
	}
}

// besideTitle are the elements that stand beside the <title> of a page, or around it.
var besideTitle = words(`title meta link base script style head body html`)

// isLinkedData reports whether a script of a media type is JSON-LD.
func isLinkedData(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "application/ld+json")
}

// openRegion begins a region in the one of in.
func (s *htmlScanner) openRegion(t tag, in *elementState) {
	chrome := t.isChrome() || t.around && !t.isBody()
	s.regions = append(s.regions, region{
		parent: in.region, form: t.form(), chrome: chrome, lead: t.lead, body: t.isBody(),
		named: !t.isChrome() && !t.strong, header: t.name == "header" && !in.inside,
		article: t.name == "article", nested: t.name == "article" && in.article, cell: t.name == "tr" || t.name == "td", column: t.name == "td",
	})
	in.region = len(s.regions) - 1
	in.inside = in.inside || t.isBody()
	in.article = in.article || t.name == "article"
}

// isHeading reports whether name is h1 to h6.
func isHeading(name string) bool {
	return len(name) == 2 && name[0] == 'h' && '1' <= name[1] && name[1] <= '6'
}

// skipIn returns why the text inside t is left out.
func (s *htmlScanner) skipIn(t tag) skip {
	outer := s.state.skip
	switch {
	case outer == skipMarkup || outer == skipHidden:
		return outer // nothing inside is seen
	case t.kind == markupTag:
		return skipMarkup
	case (t.isHidden() || t.veiled && !s.unveil) && t.name != "html" && t.name != "body": // a page that is hidden as a whole is shown by its script
		return skipHidden
	case outer != keep || s.all:
		return outer
	case !t.block && t.isChrome(), s.state.level == 1 && namesKicker(t.class):
		return skipInline
	}
	return keep
}

func isForeign(name string) bool { return name == "svg" || name == "math" }

// end closes the innermost element of that name and all inside it. An end tag
// without its start, or across a block or a table cell, means nothing.
func (s *htmlScanner) end(name string) {
	kind := tagKinds[name]
	switch {
	case name == "br":
		s.breakInside()
		return
	case s.inHeadline() && (kind == inlineTag || name == "div"):
		s.seam(name == "div")
	case name == "p" || kind == blockTag || kind == chromeTag:
		s.breakBlock()
	}
	for i := len(s.stack) - 1; i >= max(0, len(s.stack)-deepest); i-- {
		s.steps++
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

// breakInside ends the line for a line break, which is white space inside the headline.
func (s *htmlScanner) breakInside() {
	if s.state.level == 1 && s.open {
		s.spaceInside()
		return
	}
	s.breakLine()
}

// spaceInside writes white space for an element that begins or ends.
func (s *htmlScanner) spaceInside() {
	if s.space.Len() == 0 {
		end := s.sourceEnd()
		s.addSpace(Span{end, end + 1}, false)
	}
}

// inHeadline reports whether an element that begins or ends is rather inside the headline:
// the <h1> that is open may never be closed.
func (s *htmlScanner) inHeadline() bool {
	const longest = 400
	return s.state.level == 1 && s.open && s.text.Len()-s.lines[len(s.lines)-1].Begin < longest
}

// seam takes note of a place in the headline at which an element begins or ends, which may
// part a kicker from it. Two that meet are parted by white space unless the first holds one
// letter only, as an initial does.
func (s *htmlScanner) seam(block bool) {
	at, begin := s.text.Len(), s.lines[len(s.lines)-1].Begin
	n := len(s.seams)
	if n > 1 {
		begin = max(begin, s.seams[n-2])
	}
	if block || n > 0 && s.seams[n-1] == at && at-begin > 1 {
		s.spaceInside()
	}
	s.seams = append(s.seams, at)
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
	if n := len(s.stack); n > 0 && s.stack[n-1].name == "title" && !s.state.foreign {
		s.closeFrom(n - 1) // it has no end tag
	}
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
		s.steps++
		if s.stack[i].name == name {
			s.closeFrom(i)
			return
		}
		if bound(s.stack[i]) {
			return
		}
	}
}

// languageOf returns the language of a tag of BCP-47, without region and script; empty for
// anything else.
func languageOf(tag string) string {
	base := BaseLanguage(strings.TrimSpace(tag))
	if base == Undetermined || len(base) < 2 || len(base) > 3 || strings.Trim(base, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return base
}
