package article

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// This file reads the JSON-LD of a page: the headline and the text of its article, for
// pages that show their text by a script only, and the names of the site.

// linkedData is what the JSON-LD of a page says.
type linkedData struct {
	articles []linkedArticle
	sites    []string // names of publishers and web sites
}

// linkedArticle is an object that may describe the article of the page.
type linkedArticle struct {
	headline string
	address  string
	typed    bool   // its type is of an article
	main     bool   // it is the main entity of the page
	bodies   []Span // of articleBody in the source, between quotes: its own, and of the updates of a live blog, with their headlines
}

// Bounds of what is read of JSON-LD. Real pages have one article, in fewer than ten levels.
const (
	maxLinkedArticles = 100
	maxLinkedDepth    = 64
)

// linkedObject is an object or a list of a script that is read.
type linkedObject struct {
	key     string // it is the value of, or of the list that it stands in
	list    bool
	article int    // index in linkedReader.found of the article that it describes; -1 for none
	body    int    // index of the article that its articleBody is of; -1 for none
	name    string // of a site
	site    bool   // it is a publisher or a web site
	told    bool   // its articleBody was read; a headline behind that would stand in the wrong place
}

// linkedReader reads one script of JSON-LD.
type linkedReader struct {
	data   *linkedData
	tokens *json.Decoder
	script string
	offset int // of the script in the source
	open   []linkedObject
	found  []linkedArticle
}

// read takes note of the articles in a script, which stands at offset in the source. A
// script that is no JSON is read as far as it is.
func (d *linkedData) read(script string, offset int) {
	begin, end := unwrapScript(script)
	script, offset = withoutControls(script[begin:end]), offset+begin
	r := linkedReader{data: d, tokens: json.NewDecoder(strings.NewReader(script)), script: script, offset: offset}
	r.readValues()
	for _, a := range r.found {
		if (a.typed || len(a.bodies) > 0) && len(d.articles) < maxLinkedArticles {
			d.articles = append(d.articles, a)
		}
	}
}

// unwrapScript returns the bounds of the JSON in a script, without the comments and the
// mark of CDATA that old pages put around it.
func unwrapScript(script string) (begin, end int) {
	begin = strings.IndexAny(script, "{[")
	if mark := strings.Index(script, "<![CDATA["); mark >= 0 && begin >= mark {
		begin = mark + len("<![CDATA[")
		if next := strings.IndexAny(script[begin:], "{["); next >= 0 {
			begin += next
		}
	}
	if begin < 0 {
		return 0, 0
	}
	return begin, max(begin, 1+strings.LastIndexAny(script, "}]"))
}

// withoutControls replaces the control characters in a script, which no string of JSON may
// hold and strings of many pages do, by as many spaces.
func withoutControls(script string) string {
	if strings.IndexFunc(script, isControl) < 0 {
		return script
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, script)
}

func isControl(r rune) bool { return r < ' ' }

// readValues reads the tokens of the script.
func (r *linkedReader) readValues() {
	key, isKey := "", false
	for {
		before := int(r.tokens.InputOffset())
		token, err := r.tokens.Token()
		if err != nil {
			return
		}
		switch token := token.(type) {
		case json.Delim:
			switch {
			case token == '{' || token == '[':
				if len(r.open) == maxLinkedDepth {
					return
				}
				r.push(key, token == '[')
			default:
				r.pop()
			}
		case string:
			if isKey {
				key, isKey = token, false
				continue
			}
			begin := before + strings.IndexByte(r.script[before:], '"') + 1
			r.record(key, token, Span{r.offset + begin, r.offset + int(r.tokens.InputOffset()) - 1})
		}
		if n := len(r.open); n > 0 {
			isKey = !r.open[n-1].list
			key = r.open[n-1].key
		}
	}
}

// push opens an object or a list, the value of key.
func (r *linkedReader) push(key string, list bool) {
	o := linkedObject{key: key, list: list, article: -1, body: -1}
	if n := len(r.open); n > 0 {
		o.body = r.open[n-1].body
	}
	if list {
		r.open = append(r.open, o)
		return
	}
	switch key {
	case "", "@graph", "mainEntity", "mainEntityOfPage":
		if r.isTop() {
			r.found = append(r.found, linkedArticle{main: key == "mainEntity"})
			o.article = len(r.found) - 1
			o.body = o.article
		}
	case "liveBlogUpdate":
	case "publisher":
		o.site, o.body = true, -1
	default:
		o.body = -1
	}
	r.open = append(r.open, o)
}

// isTop reports whether an object that is opened stands for itself, rather than as part of
// a list of other articles, or of one.
func (r *linkedReader) isTop() bool {
	for _, o := range r.open {
		switch o.key {
		case "", "@graph", "mainEntity", "mainEntityOfPage":
		default:
			return false
		}
	}
	return true
}

// pop closes the innermost object or list.
func (r *linkedReader) pop() {
	n := len(r.open) - 1
	if n < 0 {
		return
	}
	if o := r.open[n]; o.site && o.name != "" {
		r.data.sites = append(r.data.sites, o.name)
	}
	r.open = r.open[:n]
}

// record keeps a string, which is the value of key and stands at where in the source.
func (r *linkedReader) record(key, value string, where Span) {
	if len(r.open) == 0 {
		return
	}
	o := &r.open[len(r.open)-1]
	switch {
	case key == "articleBody" && o.body >= 0 && where.Len() > 0:
		a := &r.found[o.body]
		a.bodies, o.told = append(a.bodies, where), true
	case key == "headline" && o.article < 0 && o.body >= 0 && !o.told && where.Len() > 0: // of an update
		a := &r.found[o.body]
		a.bodies = append(a.bodies, where)
	case key == "name" && len(value) < maxTitle:
		o.name = value
	case key == "@type":
		o.site = o.site || value == "WebSite" || value == "NewsMediaOrganization"
	}
	if o.article >= 0 {
		r.found[o.article].record(key, value)
	}
}

// record keeps a string of the object, which is the value of key.
func (a *linkedArticle) record(key, value string) {
	switch key {
	case "@type":
		a.typed = a.typed || isArticleType(value)
	case "headline":
		if a.headline == "" {
			a.headline = plainTitle(withoutTags(html.UnescapeString(value[:min(len(value), maxTitle)])))
		}
	case "url", "mainEntityOfPage", "@id":
		if a.address == "" || key == "url" {
			a.address = value
		}
	}
}

// isArticleType reports whether a type of schema.org is of an article.
func isArticleType(name string) bool {
	name = name[strings.LastIndexAny(name, "/:")+1:]
	return strings.HasSuffix(name, "Article") || strings.HasSuffix(name, "Posting") && name != "JobPosting" || name == "Report"
}

// withoutTags returns s without its parts in angle brackets.
func withoutTags(s string) string {
	kept, unclosed := withoutEnclosed(s, "<", ">")
	return kept + unclosed
}

// article returns the object that describes the article of the page best, or nil. Titles
// are given elsewhere in the page, address is its own.
func (d *linkedData) article(titles []string, address string) *linkedArticle {
	var best *linkedArticle
	most := -1
	for i := range d.articles {
		a := &d.articles[i]
		score := 0
		if address != "" && isSameAddress(a.address, address) {
			score += 8
		}
		for _, title := range titles {
			if newStatedTitle(title).agreement(a.headline) >= leastAgreement {
				score += 4
				break
			}
		}
		for _, is := range [...]bool{a.main, a.typed, len(a.bodies) > 0} {
			if is {
				score++
			}
		}
		if score > most {
			best, most = a, score
		}
	}
	return best
}

// isSameAddress reports whether two addresses are of one page, whatever their scheme,
// query and fragment.
func isSameAddress(a, b string) bool {
	x, errX := url.Parse(strings.TrimSpace(a))
	y, errY := url.Parse(strings.TrimSpace(b))
	return errX == nil && errY == nil && x.Path != "" && strings.Trim(x.Path, "/") != "" && strings.Trim(x.Path, "/") == strings.Trim(y.Path, "/") &&
		(x.Host == "" || y.Host == "" || hostName(x.Host) == hostName(y.Host))
}

// Bounds of a text that takes the place of what the page shows.
const (
	minLinked   = 200 // bytes
	linkedShare = 4   // times the prose that the page shows
	ownText     = 150 // bytes of prose that may be the whole text of a page
	ownShare    = 12  // times such prose, of which it is not the text
)

// linkedPage returns the text of JSON-LD in place of the lines of p where the page shows
// none, or only a part of it, else p. Text is the source.
func (s *htmlScanner) linkedPage(p *rawPage, text string) *rawPage {
	if s.article == nil {
		return p
	}
	size, prose := 0, 0
	for _, body := range s.article.bodies {
		size += body.Len()
	}
	for _, l := range p.lines {
		if p.isRunning(l) {
			prose += l.Len()
		}
	}
	if size < minLinked || size < linkedShare*prose {
		return p
	}
	linked := readLinked(text, s.article.bodies)
	if prose >= ownText && s.shown && size < ownShare*prose && !linked.quotes(p) {
		return p // the page has a text of its own, if a short one
	}
	linked.title, linked.lang, linked.outside = p.title, p.lang, p.outside
	for _, l := range p.lines {
		linked.outside = append(linked.outside, Removal{p.source(l.Span), RuleReplaced, p.slice(l)})
	}
	for _, r := range p.removals {
		linked.outside = append(linked.outside, Removal{p.source(r.Span), r.Rule, p.flat[r.Begin:r.End]})
	}
	return linked
}

// quotes reports whether p holds the first words of a line of prose of shown.
func (p *rawPage) quotes(shown *rawPage) bool {
	const words = 40 // bytes of them
	for _, l := range shown.lines {
		if s := shown.slice(l); shown.isRunning(l) {
			end := min(words, len(s))
			for end < len(s) && !utf8.RuneStart(s[end]) {
				end++
			}
			if strings.Contains(p.flat, s[:end]) {
				return true
			}
		}
	}
	return false
}

// readLinked reads the text of bodies, which are strings of JSON in the source, with or
// without markup.
func readLinked(source string, bodies []Span) *rawPage {
	var text tracedText
	for _, body := range bodies {
		if text.text.Len() > 0 {
			text.put("\n\n", Span{text.sourceEnd(), body.Begin})
		}
		text.unescapeJSON(source, body)
	}
	if plain := text.text.String(); !strings.Contains(plain, "</") && hasEscapedTags(plain) {
		text = unescapeTags(plain, text.trace)
	}
	plain := text.text.String()
	var p *rawPage
	if strings.Contains(plain, "</") || strings.Contains(plain, "<br") || strings.Contains(plain, "<p>") {
		p = readFragment(plain)
	} else {
		w := htmlScanner{state: elementState{pre: true}}
		w.writeText(plain, 0)
		p = w.page()
	}
	p.rebase(plain, text.trace)
	return p
}

// hasEscapedTags reports whether the tags of s are escaped.
func hasEscapedTags(s string) bool {
	return strings.Contains(s, "&lt;/") || strings.Contains(s, "&lt;br") || strings.Contains(s, "&lt;p&gt;")
}

// unescapeTags decodes the character references of text, which has the given trace.
func unescapeTags(text string, trace []segment) (out tracedText) {
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], '&')
		if n < 0 {
			n = len(text) - i
		}
		out.carry(text, trace, Span{i, i + n})
		if i += n; i == len(text) {
			break
		}
		decoded, n := entity(text[i:])
		if decoded == "" {
			out.carry(text, trace, Span{i, i + n})
		} else {
			out.put(decoded, original(trace, Span{i, i + n}))
		}
		i += n
	}
	return out
}

// readFragment reads all visible lines of a part of a page.
func readFragment(text string) *rawPage {
	s := htmlScanner{regions: make([]region, 1), bare: true}
	s.scan(text)
	p := s.page()
	p.outside = s.asides()
	for i := range p.lines {
		p.lines[i].region = 0
	}
	return p
}

// rebase makes the offsets of p, which are into text, offsets into the source that text,
// with the given trace, was made from.
func (p *rawPage) rebase(text string, trace []segment) {
	var out tracedText
	for i, seg := range p.trace {
		end := len(p.text)
		if i+1 < len(p.trace) {
			end = p.trace[i+1].begin()
		}
		if seg.verbatim {
			out.carry(text, trace, seg.source())
		} else {
			out.put(p.text[seg.begin():end], original(trace, seg.source()))
		}
	}
	p.trace = out.trace
	for i := range p.outside {
		p.outside[i].Span = original(trace, p.outside[i].Span)
	}
}

// unescapeJSON appends the string of JSON between the quotation marks at body in the source.
func (t *tracedText) unescapeJSON(source string, body Span) {
	for i := body.Begin; i < body.End; {
		n := strings.IndexByte(source[i:body.End], '\\')
		if n < 0 {
			n = body.End - i
		}
		t.copy(source[i:i+n], i)
		if i += n; i == body.End {
			break
		}
		decoded, n := unescapeJSON(source[i:body.End])
		if decoded == '\n' {
			t.put("\n\n", Span{i, i + n}) // it ends a paragraph
		} else {
			t.put(string(decoded), Span{i, i + n})
		}
		i += n
	}
}

// unescapeJSON decodes the escape that begins s with a backslash, and returns its length.
func unescapeJSON(s string) (r rune, n int) {
	if len(s) < 2 {
		return utf8.RuneError, len(s)
	}
	switch s[1] {
	case 'n':
		return '\n', 2
	case 'b', 'f', 'r', 't':
		return ' ', 2
	case 'u':
		if len(s) < 6 {
			return utf8.RuneError, len(s)
		}
		if r = hexRune(s[2:6]); utf16.IsSurrogate(r) && len(s) >= 12 && s[6:8] == `\u` {
			if pair := utf16.DecodeRune(r, hexRune(s[8:12])); pair != utf8.RuneError {
				return pair, 12
			}
		}
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError
		}
		return r, 6
	}
	r, size := utf8.DecodeRuneInString(s[1:])
	return r, 1 + size
}

// hexRune returns the code unit that four hexadecimal digits write.
func hexRune(digits string) (r rune) {
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | (c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | (c | 0x20 - 'a' + 10)
		}
	}
	return r
}
