package archive

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// preparedFeed is a feed whose items hold their articles in the elements that the library
// reads, and that is whole.
type preparedFeed struct {
	text      string
	breaksOff bool  // behind the last item of text
	faultAt   int64 // byte behind the last item where it is no XML; 0: nowhere
}

// prepareFeed rewrites articles that stand in the items of a feed in other ways: as
// elements of XHTML, in the content module of RSS 1.0 as it was first, or in base64. A feed
// that is no XML from some byte on is closed behind its last whole item.
func prepareFeed(text string) preparedFeed {
	p := &feedPass{text: text, in: xml.NewDecoder(strings.NewReader(text)), held: make(map[string]int), loose: make(map[string]int)}
	p.in.Strict = false
	p.in.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	err := p.run()
	switch {
	case errors.Is(err, io.EOF) && len(p.open) == 0:
		return preparedFeed{text: p.rest(len(text))}
	case p.itemsEnd == 0:
		return preparedFeed{text: text} // the library says what is wrong with it
	}
	whole := p.rest(p.itemsEnd)
	for _, name := range slices.Backward(p.around) {
		whole += "</" + name + ">"
	}
	var syntax *xml.SyntaxError
	if errors.Is(err, io.EOF) || errors.As(err, &syntax) && strings.HasSuffix(syntax.Msg, "EOF") {
		return preparedFeed{text: whole, breaksOff: true}
	}
	return preparedFeed{text: whole, faultAt: p.in.InputOffset()}
}

// feedPass is one pass over the elements of a feed.
type feedPass struct {
	text string
	in   *xml.Decoder
	open []string       // elements around the latest token, with their prefixes
	held map[string]int // how many of open have a name

	openItems int            // how many of open are items
	loose     map[string]int // end tags to come of elements that were closed before an item

	out    strings.Builder // of text before copied
	copied int

	itemsEnd int      // behind the last whole item
	around   []string // the elements around it
}

// rest returns the rewritten text up to an offset.
func (p *feedPass) rest(end int) string {
	if p.copied == 0 {
		return p.text[:end]
	}
	return p.out.String() + p.text[min(p.copied, end):end]
}

// run passes over the tokens. It ends with io.EOF or the fault of the XML.
func (p *feedPass) run() error {
	for {
		begin := int(p.in.InputOffset())
		token, err := p.in.RawToken()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := p.start(begin, &token); err != nil {
				return err
			}
		case xml.EndElement:
			p.end(begin, qualified(token.Name))
		}
	}
}

func (p *feedPass) start(begin int, element *xml.StartElement) error {
	name := qualified(element.Name)
	rewrite := p.rewriteOf(element)
	if rewrite == nil {
		if isItem(name) {
			p.closeBeforeItem(begin)
			p.openItems++
		}
		p.open = append(p.open, name)
		p.held[name]++
		return nil
	}
	from := int(p.in.InputOffset())
	to, err := p.skipTo(name)
	if err != nil {
		return err
	}
	if body, ok := rewrite(p.text[from:to]); ok {
		p.replace(begin, body)
	}
	return nil
}

// replace puts markup in the place of the text from begin to the end of the latest token.
func (p *feedPass) replace(begin int, markup string) {
	p.out.WriteString(p.text[p.copied:begin])
	p.out.WriteString(markup)
	p.copied = int(p.in.InputOffset())
}

// closeBeforeItem closes the elements between an item that begins and the channel or feed
// around it, such as a category whose end tag is missing: the library reads no items in
// them. A copy of an item within another one stays where it is.
func (p *feedPass) closeBeforeItem(begin int) {
	if p.openItems > 0 || len(p.open) == 0 || holdsItems(p.open[len(p.open)-1]) {
		return
	}
	p.out.WriteString(p.text[p.copied:begin])
	p.copied = begin
	for len(p.open) > 1 && !holdsItems(p.open[len(p.open)-1]) {
		name := p.open[len(p.open)-1]
		p.out.WriteString("</" + name + ">")
		p.open = p.open[:len(p.open)-1]
		p.held[name]--
		p.loose[name]++
	}
}

func holdsItems(name string) bool {
	switch localName(name) {
	case "rss", "channel", "feed", "rdf":
		return true
	}
	return false
}

// skipTo passes over the rest of an element, and returns where its end tag begins.
func (p *feedPass) skipTo(name string) (end int, err error) {
	for depth := 1; ; {
		begin := int(p.in.InputOffset())
		token, err := p.in.RawToken()
		if err != nil {
			return 0, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if qualified(token.Name) == name {
				depth++
			}
		case xml.EndElement:
			if qualified(token.Name) == name {
				if depth--; depth == 0 {
					return begin, nil
				}
			}
		}
	}
}

// end closes an element, and the elements in it that were left open.
func (p *feedPass) end(begin int, name string) {
	if p.held[name] == 0 {
		if p.loose[name] > 0 {
			p.loose[name]--
			p.replace(begin, "")
		}
		return
	}
	for i, one := range slices.Backward(p.open) {
		p.held[one]--
		if isItem(one) {
			p.openItems--
		}
		if one != name {
			continue
		}
		p.open = p.open[:i]
		if isItem(name) {
			p.itemsEnd, p.around = int(p.in.InputOffset()), slices.Clone(p.open)
		}
		return
	}
}

func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

func localName(name string) string { return strings.ToLower(name[strings.LastIndexByte(name, ':')+1:]) }

func isItem(name string) bool { return localName(name) == "item" || localName(name) == "entry" }

// rewriteOf returns how the content of an element is rewritten; nil: not at all.
func (p *feedPass) rewriteOf(element *xml.StartElement) func(content string) (string, bool) {
	if len(p.open) == 0 || !isItem(p.open[len(p.open)-1]) {
		return nil
	}
	name := qualified(element.Name)
	switch local := localName(name); {
	case local == "body", local == "fullitem":
		return func(content string) (string, bool) { return encodedElement(markupOf(content)) }
	case local == "items" && element.Name.Space != "":
		return func(content string) (string, bool) { return encodedElement(valuesOf(content)) }
	case local == "content" || local == "summary":
		kind, mode := attribute(element, "type"), attribute(element, "mode")
		switch {
		case isBase64(kind, mode):
			return func(content string) (string, bool) { return decodedElement(name, content) }
		case kind == "xhtml" || strings.HasSuffix(kind, "xhtml+xml") || mode == "xml" && strings.HasSuffix(kind, "html"):
			return func(content string) (string, bool) { return htmlElement(name, withoutPrefixes(content)), true }
		}
	}
	return nil
}

func attribute(element *xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return strings.ToLower(strings.TrimSpace(a.Value))
		}
	}
	return ""
}

// isBase64 reports whether Atom has content of a type in base64: RFC 4287, 4.1.3.3, and the
// mode of Atom 0.3.
func isBase64(kind, mode string) bool {
	media, _, err := mime.ParseMediaType(kind)
	return mode == "base64" || mode == "" && err == nil && strings.Contains(media, "/") &&
		!strings.HasPrefix(media, "text/") && !strings.HasSuffix(media, "xml") && !strings.HasSuffix(media, "html")
}

// encodedElement holds an article in the element that RSS has for it.
func encodedElement(markup string) (string, bool) {
	const open, end = `<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">`, `</content:encoded>`
	return open + html.EscapeString(markup) + end, strings.TrimSpace(markup) != ""
}

// htmlElement holds an article in an element of Atom.
func htmlElement(name, markup string) string {
	return "<" + name + ` type="html">` + html.EscapeString(markup) + "</" + name + ">"
}

// decodedElement holds an article in base64.
func decodedElement(name, content string) (string, bool) {
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), ""))
	return htmlElement(name, string(decoded)), err == nil && utf8.Valid(decoded)
}

var (
	elementPrefix = regexp.MustCompile(`(</?)[A-Za-z][A-Za-z0-9_-]*:`)
	cdata         = regexp.MustCompile(`(?s)<!\[CDATA\[(.*?)\]\]>`)
	moduleValue   = regexp.MustCompile(`(?s)<(?:[A-Za-z0-9_-]+:)?value(?:\s[^>]*)?>(.*?)</(?:[A-Za-z0-9_-]+:)?value\s*>`)
)

// withoutPrefixes returns markup as HTML has it.
func withoutPrefixes(markup string) string { return elementPrefix.ReplaceAllString(markup, "$1") }

// markupOf returns the article in an element, which may be elements, escaped or quoted.
func markupOf(content string) string {
	switch {
	case strings.Contains(content, "<![CDATA["):
		return cdata.ReplaceAllString(content, "$1")
	case strings.Contains(content, "<"):
		return withoutPrefixes(content)
	}
	return html.UnescapeString(content)
}

// valuesOf returns the articles in the values of a content module.
func valuesOf(content string) string {
	var all []string
	for _, match := range moduleValue.FindAllStringSubmatch(content, -1) {
		all = append(all, markupOf(match[1]))
	}
	return strings.Join(all, "\n")
}
