package archive

import (
	"cmp"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// newsml reads the items of NewsML-G2: a news item, or the items of a news message. Line counts
// them. Packages, concepts and media are no articles.
func (r *scanner) newsml(in *inputFile) bool {
	raw, ok, proceed := r.whole(in, "document")
	if !ok {
		return proceed
	}
	source, fault := decodeFeed(raw)
	if fault != "" {
		return r.fail(in.location, RowInvalid, "%s", fault)
	}
	text := source.text
	if nesting(text) > maxFeedNesting {
		return r.fail(in.location, RowInvalid, "its elements are nested more than %d deep", maxFeedNesting)
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.Strict = false
	location := in.location
	for {
		token, err := decoder.Token()
		if err == nil {
			start, isStart := token.(xml.StartElement)
			if !isStart {
				continue
			}
			var found bool
			if found, proceed, err = r.g2Item(&location, decoder, start, source.guessed); err == nil {
				if found && !proceed {
					return false
				}
				continue
			}
		}
		location.Line++
		var syntax *xml.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			return true
		case errors.As(err, &syntax) && strings.HasSuffix(syntax.Msg, "EOF"):
			return r.unreadable(location, "cannot be read any further", io.ErrUnexpectedEOF)
		}
		return r.fail(location, RowInvalid, "it is not valid XML at byte %d; what follows in it was not read", decoder.InputOffset())
	}
}

// g2Item reads an item of NewsML-G2, and reports whether the element is one. Guessed is as
// for feeds.
func (r *scanner) g2Item(location *Location, decoder *xml.Decoder, start xml.StartElement, guessed string) (found, proceed bool, err error) {
	switch start.Name.Local {
	case "newsItem":
	case "packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem":
		if err := decoder.Skip(); err != nil {
			return true, true, err
		}
		location.Line++
		return true, r.skip(*location, SkipNewsItem), nil
	default:
		return false, true, nil
	}
	var item g2NewsItem
	if err := decoder.DecodeElement(&item, &start); err != nil {
		return true, true, err
	}
	location.Line++
	a := &Entry{GuessedEncoding: guessed, Location: *location}
	isArticle := item.fill(a)
	switch {
	case !isArticle:
		return true, r.skip(*location, SkipNewsItem), nil
	case a.Text+a.HTML == "" && a.Status == "":
		return true, r.emit(nil, &ReadError{Location: *location, Reason: RowInvalid, Message: "no body", ID: strings.ToValidUTF8(a.ID, "\uFFFD")}), nil
	}
	return true, r.article(a), nil
}

// g2NewsItem is the part of a news item that makes an article.
type g2NewsItem struct {
	GUID     string `xml:"guid,attr"`
	Version  string `xml:"version,attr"`
	Language string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ItemMeta struct {
		ItemClass      g2Code  `xml:"itemClass"`
		PubStatus      g2Code  `xml:"pubStatus"`
		VersionCreated string  `xml:"versionCreated"`
		FirstCreated   string  `xml:"firstCreated"`
		Title          string  `xml:"title"`
		Links          []g2URL `xml:"link"`
	} `xml:"itemMeta"`
	ContentMeta struct {
		ContentCreated string `xml:"contentCreated"`
		Language       struct {
			Tag string `xml:"tag,attr"`
		} `xml:"language"`
		Headlines []g2Markup `xml:"headline"`
		Subjects  []g2Code   `xml:"subject"`
	} `xml:"contentMeta"`
	ContentSet struct {
		InlineXML  []g2Markup `xml:"inlineXML"`
		InlineData []g2Markup `xml:"inlineData"`
	} `xml:"contentSet"`
}

type g2Code struct {
	QCode   string   `xml:"qcode,attr"`
	URI     string   `xml:"uri,attr"`
	Literal string   `xml:"literal,attr"`
	Names   []string `xml:"name"`
}

type g2Markup struct {
	ContentType string `xml:"contenttype,attr"`
	Role        string `xml:"role,attr"`
	Inner       string `xml:",innerxml"`
}

type g2URL struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

// code returns what names a concept.
func (c *g2Code) code() string {
	name := ""
	if len(c.Names) > 0 {
		name = c.Names[0]
	}
	for _, code := range []string{c.QCode, c.URI, c.Literal, name} {
		if code = strings.TrimSpace(code); code != "" {
			return code
		}
	}
	return ""
}

// fill sets the fields of an article, and reports whether the item is one.
func (n *g2NewsItem) fill(a *Entry) bool {
	meta := &n.ItemMeta
	a.ID = strings.TrimSpace(n.GUID)
	a.Story = a.ID
	a.Version.Number, _ = strconv.ParseInt(strings.TrimSpace(n.Version), 10, 64)
	a.Version.Number = max(a.Version.Number, 0)
	a.Version.Modified = parseDate(meta.VersionCreated)
	a.Published = firstDate(meta.FirstCreated, n.ContentMeta.ContentCreated, meta.VersionCreated)
	a.Language = cmp.Or(strings.TrimSpace(n.ContentMeta.Language.Tag), strings.TrimSpace(n.Language))
	a.Status = statusOf(meta.PubStatus.code())
	a.Title = strings.TrimSpace(meta.Title)
	for i, headline := range n.ContentMeta.Headlines {
		if text := g2Text(headline.Inner); text != "" && (i == 0 || strings.HasSuffix(headline.Role, ":main")) {
			a.Title = text
		}
	}
	for i := range n.ContentMeta.Subjects {
		if code := n.ContentMeta.Subjects[i].code(); code != "" {
			a.Subjects = append(a.Subjects, code)
		}
	}
	for _, link := range meta.Links {
		if strings.HasSuffix(link.Rel, ":canonical") {
			a.URL = link.Href
		}
	}
	n.fillBody(a)
	class := statusWord(meta.ItemClass.code())
	return class == "text" || class == "" || class == "composite" && a.Text+a.HTML != ""
}

// fillBody sets the text and the page of an article.
func (n *g2NewsItem) fillBody(a *Entry) {
	for _, content := range n.ContentSet.InlineXML {
		if a.HTML == "" {
			a.HTML = nitfBody(content.Inner)
		}
	}
	// Data beside a page are a service line or a second form of it.
	for _, content := range n.ContentSet.InlineData {
		value, form := markupOf(content.Inner), content.ContentType
		if strings.Contains(value, "</") {
			form = "html" // also where it says that it is plain
		}
		if to := bodyField(form, value, &a.Text, &a.HTML); a.Text+a.HTML == "" {
			*to = value
		}
	}
}

func statusWord(code string) string {
	return strings.ToLower(code[strings.LastIndexAny(code, ":/")+1:])
}

var (
	nitfContent = regexp.MustCompile(`(?s)<body\.content[^>]*>(.*)</body\.content\s*>`)
	anyTag      = regexp.MustCompile(`<[^>]*>`)
)

// nitfBody returns the page of inline XML: XHTML, or the content of the body of NITF.
func nitfBody(markup string) string {
	markup = withoutPrefixes(markup)
	if match := nitfContent.FindStringSubmatch(markup); match != nil {
		return match[1]
	}
	return strings.TrimSpace(markup)
}

// g2Text returns the text of a label.
func g2Text(markup string) string {
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(markup, " "))), " ")
}
