package archive

import (
	"io"
	"strings"

	"github.com/mmcdole/gofeed"
)

// feed reads the items of an RSS or Atom feed. Their content is HTML by custom;
// where there is only a description, it is often no more than the standfirst.
func (r *scanner) feed(in *inputFile) bool {
	raw, err := io.ReadAll(io.LimitReader(in.Reader, MaxRowBytes+1))
	switch {
	case err != nil:
		return r.unreadable(in.location, "cannot be read", err)
	case len(raw) > MaxRowBytes:
		return r.fail(in.location, RowTooLarge, "the feed is longer than %d bytes", MaxRowBytes)
	}
	parsed, err := gofeed.NewParser().ParseString(strings.ToValidUTF8(string(raw), "\uFFFD"))
	if err != nil {
		return r.fail(in.location, RowInvalid, "it is not a feed that can be read")
	}
	for i, item := range parsed.Items {
		location := in.location
		location.Line = int64(i) + 1
		if !r.item(location, item, parsed.Language) {
			return false
		}
	}
	return true
}

func (r *scanner) item(location Location, item *gofeed.Item, language string) bool {
	a := &Entry{
		ID:       strings.TrimSpace(item.GUID),
		Title:    item.Title,
		HTML:     item.Content,
		Language: strings.TrimSpace(language),
		URL:      item.Link,
		Location: location,
	}
	if strings.TrimSpace(a.HTML) == "" {
		a.HTML, a.StandfirstOnly = item.Description, true
	}
	if strings.TrimSpace(a.HTML) == "" {
		return r.skip(location, SkipEmpty)
	}
	switch {
	case item.PublishedParsed != nil:
		a.Published = *item.PublishedParsed
	case item.UpdatedParsed != nil:
		a.Published = *item.UpdatedParsed
	}
	return r.article(a)
}
