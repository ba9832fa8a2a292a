package archive

import (
	"cmp"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
)

// feed reads the items of an RSS or Atom feed. Their content is HTML by custom;
// where there is only a description, it is often no more than the standfirst. Of a feed
// that breaks off the items before the break are read.
func (r *scanner) feed(in *inputFile) bool {
	raw, ok, proceed := r.whole(in, "feed")
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
	_, prolog := rootElement(text)
	prepared := prepareFeed(text[prolog:])
	parsed, err := gofeed.NewParser().ParseString(prepared.text)
	if err != nil {
		return r.fail(in.location, RowInvalid, "it is not a feed that can be read")
	}
	shared := sharedIDs(parsed.Items)
	location := in.location
	for _, item := range parsed.Items {
		location.Line++
		if !r.item(location, item, parsed, shared, source.guessed) {
			return false
		}
	}
	location.Line++
	switch {
	case prepared.breaksOff:
		return r.unreadable(location, "cannot be read any further", io.ErrUnexpectedEOF)
	case prepared.faultAt > 0:
		return r.fail(location, RowInvalid, "it is not valid XML at byte %d; what follows in it was not read", int64(prolog)+prepared.faultAt)
	}
	return true
}

// hasText reports whether content is an article. Other than UTF-8 are only bytes that stood
// in base64, such as an image.
func hasText(content string) bool {
	return strings.TrimSpace(content) != "" && utf8.ValidString(content)
}

// item yields the article of an item. Guessed is the encoding of the feed where that is a
// guess, else empty.
func (r *scanner) item(location Location, item *gofeed.Item, feed *gofeed.Feed, shared map[string]sharedID, guessed string) bool {
	a := &Entry{
		ID:       strings.TrimSpace(item.GUID),
		Title:    item.Title,
		HTML:     item.Content,
		Language: strings.TrimSpace(feed.Language),
		URL:      item.Link,
		Location: location,

		GuessedEncoding: guessed,
	}
	if !hasText(a.HTML) {
		a.HTML, a.StandfirstOnly = item.Description, true
	}
	if !hasText(a.HTML) {
		return r.skip(location, SkipEmpty)
	}
	a.Version.Modified = modifiedAt(item)
	if a.ID != "" {
		a.Story = storyOf(a.ID, feed)
	}
	if a.Story != "" && shared[a.ID].byLink {
		a.Story += " " + item.Link
	}
	if a.Story != "" && shared[a.ID].byTitle {
		a.Story += " " + item.Title
	}
	switch {
	case item.PublishedParsed != nil:
		a.Published = *item.PublishedParsed
	case item.UpdatedParsed != nil:
		a.Published = *item.UpdatedParsed
	}
	return r.article(a)
}

// storyOf returns what identifies a story in all feeds: its id where that is unique in the
// world, else together with the address or title of its feed. Empty: the feed has neither.
func storyOf(id string, feed *gofeed.Feed) string {
	if isWorldwide(id) {
		return id
	}
	if from := cmp.Or(feed.FeedLink, feed.Link, feed.Title); from != "" {
		return from + " " + id
	}
	return ""
}

// isWorldwide reports whether an id is an address, or a URI of a scheme that gives each name
// to one publisher. Others, such as "post:12", look like URIs and stand in many feeds.
func isWorldwide(id string) bool {
	scheme, rest, _ := strings.Cut(strings.ToLower(id), ":")
	return strings.HasPrefix(rest, "//") || scheme == "urn" || scheme == "tag"
}

// modifiedAt returns the date of an item's version; zero where it has none.
func modifiedAt(item *gofeed.Item) time.Time {
	for _, at := range []*time.Time{item.UpdatedParsed, item.PublishedParsed} {
		if at != nil {
			return *at
		}
	}
	return time.Time{}
}

// sharedID says what tells the items of one feed apart that have the same id.
type sharedID struct{ byLink, byTitle bool }

// sharedIDs returns the ids that one feed gives to several articles. Items with different
// links are not versions of one story, nor are items of one date with different titles.
func sharedIDs(items []*gofeed.Item) map[string]sharedID {
	first, shared := make(map[string]*gofeed.Item), make(map[string]sharedID)
	for _, item := range items {
		id := strings.TrimSpace(item.GUID)
		other, ok := first[id]
		if !ok {
			first[id] = item
			continue
		}
		s := shared[id]
		s.byLink = s.byLink || item.Link != "" && other.Link != "" && item.Link != other.Link
		s.byTitle = s.byTitle || item.Title != other.Title && modifiedAt(item).Equal(modifiedAt(other))
		shared[id] = s
	}
	return shared
}

// maxFeedNesting bounds the elements around an element, each of which takes some 700
// bytes of the parser's stack.
const maxFeedNesting = 10_000

// nesting returns how many elements of XML are open at once, at most.
func nesting(text string) (deepest int) {
	depth := 0
	for {
		_, rest, found := strings.Cut(text, "<")
		if !found {
			return deepest
		}
		switch {
		case strings.HasPrefix(rest, "!--"):
			_, rest, _ = strings.Cut(rest, "-->")
		case strings.HasPrefix(rest, "![CDATA["):
			_, rest, _ = strings.Cut(rest, "]]>")
		case strings.HasPrefix(rest, "/"):
			depth = max(depth-1, 0)
		case !strings.HasPrefix(rest, "?") && !strings.HasPrefix(rest, "!"):
			var tag string
			tag, rest, _ = strings.Cut(rest, ">")
			if !strings.HasSuffix(tag, "/") {
				depth++
				deepest = max(deepest, depth)
			}
		}
		text = rest
	}
}
