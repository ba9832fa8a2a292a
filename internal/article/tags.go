package article

import (
	"iter"
	"strings"
)

// tagKind says what an element does to the text in it.
type tagKind uint8

const (
	inlineTag tagKind = iota // nothing
	blockTag                 // it makes a paragraph
	voidTag                  // it holds nothing
	markupTag                // it holds no text for readers
	chromeTag                // a block that stands around the article
)

// tagKinds holds the kinds of elements; all others are inline.
var tagKinds = func() map[string]tagKind {
	table := map[string]tagKind{}
	for kind, names := range map[tagKind]string{
		blockTag: `address article blockquote body caption center dd details dir div dl dt fieldset h1 h2 h3 h4 h5
			h6 header hgroup html legend li main ol p pre section summary table tbody td tfoot th thead tr ul xmp`,
		voidTag: `area base basefont bgsound br col embed frame hr img input link meta param source track wbr`,
		markupTag: `head title script style noscript template svg math iframe object applet canvas audio video
			map datalist noembed noframes frameset textarea rp rt option optgroup select progress meter`,
		chromeTag: `nav aside footer form button figure figcaption menu dialog label search`,
	} {
		for name := range strings.FieldsSeq(names) {
			table[name] = kind
		}
	}
	return table
}()

// isBlock reports whether an element breaks the line before and after it.
func isBlock(name string, kind tagKind) bool {
	return kind == blockTag || kind == chromeTag && name != "button" && name != "label" || name == "hr"
}

// isCell reports whether an end tag outside a table closes nothing in it.
func isCell(name string) bool {
	return name == "td" || name == "th" || name == "caption" || name == "template" || name == "object"
}

// isTablePart reports whether the end tag of name closes what is open in a cell.
func isTablePart(name string) bool {
	switch name {
	case "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "template", "object", "body", "html":
		return true
	}
	return false
}

// tag is the start tag of an element, as far as it matters.
type tag struct {
	name   string
	kind   tagKind
	block  bool
	hidden bool // not to be seen, by its attributes
	veiled bool // the same, by such as scripts take off to fade text in or close a dialog
	leads  bool // it has an address
	chrome bool // around the article, by its attributes
	main   bool // the article, by its attributes
	class  string
	around bool // around the article, by its names
	strong bool // and by such names as hardly any article has
	lead   bool // the standfirst, by its names

	lang              string // of the text in it, as a tag of BCP-47
	script            string // the media type of a script
	property, content string // of a <meta>, or the relation and the address of a <link>
}

// isChrome reports whether t stands around the article.
func (t tag) isChrome() bool { return t.kind == chromeTag || t.chrome && !t.isBody() }

// isHidden reports whether t is not to be seen. What stands around the article, such as a
// dialog, is not seen where a script has yet to show it.
func (t tag) isHidden() bool { return t.hidden || t.veiled && (t.isChrome() || t.around) }

// isRegion reports whether t may hold the article or something else as a whole.
func (t tag) isRegion() bool {
	return t.isBody() || t.isChrome() || t.around || t.lead || containers.has(t.name)
}

// containers are the elements that blocks of a page are made of.
var containers = words(`div section article main header footer aside nav table tbody td tr ul ol dl figure form blockquote
	details menu dialog center fieldset`)

// form returns a hash of the element and its class (FNV-1a).
func (t tag) form() uint64 {
	hash := uint64(14695981039346656037)
	for _, s := range [...]string{t.name, " ", t.class} {
		for i := range len(s) {
			hash = (hash ^ uint64(s[i])) * 1099511628211
		}
	}
	return hash
}

func newTag(name string) tag {
	kind := tagKinds[name]
	return tag{name: name, kind: kind, block: isBlock(name, kind)}
}

// isBody reports whether t holds an article or the main part of a page.
func (t tag) isBody() bool { return t.name == "article" || t.name == "main" || t.main }

// read takes note of an attribute.
func (t *tag) read(key, value []byte) {
	if t.name == "meta" || t.name == "link" {
		t.readMeta(key, value)
		return
	}
	switch string(key) {
	case "hidden":
		t.hidden = true
	case "aria-hidden", "style":
		t.readHiding(string(key), string(value))
	case "href":
		t.leads = true
	case "type":
		if t.name == "script" {
			t.script = strings.TrimSpace(string(value))
		}
	case "lang":
		t.lang = string(value)
	case "id":
		t.readNames(string(value))
	case "class":
		t.readClass(string(value))
	case "role":
		t.readRoles(string(value))
	case "itemprop":
		t.main = t.main || string(value) == "articleBody"
	}
}

// readHiding takes note of an attribute that may keep text from being seen.
func (t *tag) readHiding(key, value string) {
	if key == "aria-hidden" {
		t.veiled = t.veiled || strings.EqualFold(strings.TrimSpace(value), "true")
		return
	}
	hidden, veiled := hides(value)
	t.hidden, t.veiled = t.hidden || hidden, t.veiled || veiled
}

// readMeta takes note of an attribute of a <meta> or a <link>.
func (t *tag) readMeta(key, value []byte) {
	switch string(key) {
	case "property", "name", "rel":
		t.property = string(value)
	case "content", "href":
		t.content = string(value)
	}
}

// readClass takes note of the classes.
func (t *tag) readClass(class string) {
	t.class = class
	t.readNames(class)
	t.hidden = t.hidden || hiddenClasses.hasAny(class)
	t.chrome = t.chrome || chromeClasses.hasAny(class)
}

// readRoles takes note of the ARIA roles.
func (t *tag) readRoles(roles string) {
	t.chrome = t.chrome || chromeRoles.hasAny(roles)
	t.main = t.main || mainRoles.hasAny(roles)
}

// hiddenClasses are what frameworks call text for screen readers only.
var hiddenClasses = words(`sr-only visually-hidden visuallyhidden screen-reader-text screenreader-only u-hidden`)

// chromeClasses are what sites call captions, bylines and links around the text.
var chromeClasses = words(`caption wp-caption-text image-caption photo-caption media-caption image-credit
	photo-credit byline breadcrumb breadcrumbs share sharing social-share share-buttons related related-articles
	related-stories related-posts newsletter newsletter-signup advertisement ad-container ad-slot comments
	comment-list cookie-banner cookie-notice mw-editsection`)

// chromeRoles are the ARIA landmarks around the main text.
var chromeRoles = words(`navigation banner contentinfo complementary search dialog alertdialog toolbar menu menubar
	figure`)

// mainRoles are the ARIA landmarks of the main text.
var mainRoles = words(`main article`)

// hides reports whether an inline style keeps text from being seen, and whether it makes it
// transparent, as scripts do that fade it in.
func hides(style string) (hidden, veiled bool) {
	if style == "" {
		return false, false
	}
	style = withoutComments(strings.ToLower(style))
	for declaration := range strings.SplitSeq(style, ";") {
		property, value, ok := strings.Cut(declaration, ":")
		if !ok {
			continue
		}
		value, _, _ = strings.Cut(value, "!")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(property) {
		case "display":
			hidden = hidden || value == "none"
		case "visibility":
			hidden = hidden || value == "hidden" || value == "collapse"
		case "opacity":
			veiled = veiled || isZero(value)
		case "font-size":
			hidden = hidden || isZero(value)
		case "text-indent", "left", "top":
			hidden = hidden || isFarOff(value)
		}
	}
	return hidden, veiled
}

// withoutComments returns style without CSS comments.
func withoutComments(style string) string {
	kept, _ := withoutEnclosed(style, "/*", "*/")
	return kept
}

// withoutEnclosed returns s without its parts from opening to closing, and apart the rest
// of s from an opening on that is not closed.
func withoutEnclosed(s, opening, closing string) (kept, unclosed string) {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, opening)
		b.WriteString(before)
		if !ok {
			return b.String(), ""
		}
		if _, s, ok = strings.Cut(after, closing); !ok {
			return b.String(), opening + after
		}
	}
}

// isZero reports whether a CSS value is zero, whatever its unit.
func isZero(value string) bool {
	digits := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz% ")
	return digits != "" && strings.Trim(digits, "0.+-") == ""
}

// isFarOff reports whether a CSS value moves text out of sight.
func isFarOff(value string) bool {
	digits := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz% ")
	whole, _, _ := strings.Cut(digits, ".")
	return strings.HasPrefix(whole, "-") && len(whole) >= len("-999")
}

// readNames takes note of what a class or an id says of the element. A name that says that
// the element holds the article overrides the others.
func (t *tag) readNames(names string) {
	if !t.block || broadTags.has(t.name) {
		return
	}
	var all nameKind
	for name := range strings.FieldsSeq(names) {
		kind := kindOfName(name)
		if kind == nameOfArticle {
			return
		}
		all |= kind
	}
	t.around = t.around || all&(nameAround|nameBeside) != 0
	t.strong = t.strong || all&nameAround != 0
	t.lead = t.lead || all&nameOfLead != 0
}

// nameKind says what the words of a name stand for.
type nameKind uint8

const (
	nameOfArticle nameKind = 1 << iota // it holds an article
	nameAround                         // it stands around one, hardly ever for the article itself
	nameBeside                         // it stands around one, and now and then for a part of it
	nameOfLead                         // it holds the standfirst
	nameOfWall                         // it is the offer to subscribe, or the part of an article behind it
	nameOfTopic                        // what the article is about follows: "category-newsletter"
	nameOfState                        // what else is on the page, or may be, follows: "has-sidebar"
)

// kindOfName returns what the words of one name say. It is nameOfArticle alone where the
// name is of an article and of nothing around it.
func kindOfName(name string) (kind nameKind) {
	for word := range nameWords(name) {
		k, _ := nameKinds.get(word)
		if k&nameOfState != 0 || k&nameOfTopic != 0 && len(word) < len(name) && strings.HasPrefix(name, word) {
			return 0
		}
		kind |= k
	}
	switch {
	case kind&(nameAround|nameBeside) == 0 && isArticleName(name):
		return nameOfArticle
	case kind&nameOfWall != 0:
		kind |= nameAround
	}
	return kind &^ (nameOfWall | nameOfTopic)
}

// isArticleName reports whether a name is what sites call the element of an article.
func isArticleName(name string) bool {
	return indexFold(name, "content") >= 0 || indexFold(name, "article") >= 0 && indexFold(name, "body") >= 0
}

// namesKicker reports whether names are of what stands in the element of a headline and is
// no part of it.
func namesKicker(names string) bool {
	for word := range nameWords(names) {
		if kickerNames.has(word) {
			return true
		}
	}
	return false
}

// kickerNames are class names of the line above a headline, and of counters beside it.
var kickerNames = words(`kicker eyebrow overline overtitle supertitle surtitle dachzeile spitzmarke topline strapline rubric label category
	count counter comment comments badge`)

// broadTags are elements whose names say what else is on the page, or what their text is
// about.
var broadTags = words(`body html main article p h1`)

// nameWords cuts names into words, at hyphens, underscores, white space and where a
// capital follows.
func nameWords(names string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range strings.FieldsFuncSeq(names, partsName) {
			if !yield(name) {
				return
			}
			begin := 0
			for i := 1; i <= len(name); i++ {
				if i < len(name) && !isASCIIUpper(name[i]) {
					continue
				}
				if i-begin > 2 && i-begin < len(name) && !yield(name[begin:i]) {
					return
				}
				begin = i
			}
		}
	}
}

// partsName reports whether r stands between the words of a name.
func partsName(r rune) bool {
	switch r {
	case '-', '_', ' ', ':', '.', '\t', '\n', '\r', '\f':
		return true
	}
	return false
}

// nameKinds are what sites call regions that stand around an article, or in it.
var nameKinds = func() *wordTable[nameKind] {
	var table wordTable[nameKind]
	for kind, list := range map[nameKind]string{
		nameAround: `comment comments commentlist talkback talkbacks disqus respond cookie cookies consent gdpr onetrust
			modal popup newsletter related recommended recommendations trending mostread mostpopular recirc river
			outbrain taboola teasers carousel sponsored advert advertisement sidebar
			footer nav navbar navigation menu breadcrumb breadcrumbs crumb crumbs pagination pager`,
		nameBeside: `subscribe subscription signup popular promo sponsor ads ad banner rail widget widgets
			copyright masthead toolbar skip share sharing social tags taglist byline author authors authorbox bio bios profile caption credit infobox`,
		nameOfWall:  `paywall paywalled metered`,
		nameOfTopic: `category cat tag term topic`,
		nameOfState: `has with without no enabled disabled`,
		nameOfLead: `lead lede intro introduction vorspann einleitung standfirst dek deck summary abstract chapo chapeau
			bajada sumario subtitle subheadline excerpt teaser hero headline`,
	} {
		for word := range strings.FieldsSeq(list) {
			table.put(word, kind)
		}
	}
	return &table
}()
