package article

import (
	"encoding/json"
	"strings"
	"testing"
)

// linkedScript returns a script of JSON-LD.
func linkedScript(mediaType, script string) string {
	return `<script type="` + mediaType + `">` + script + `</script>`
}

// TestLiveBlog reads the updates of a live blog with the headlines that stand before them.
func TestLiveBlog(t *testing.T) {
	src := rawHTML("<html><head>" + linkedScript("application/ld+json", `{"@type":"LiveBlogPosting","headline":"Harbour of Port Ella opens again","liveBlogUpdate":[`+
		`{"@type":"BlogPosting","headline":"First ferries leave with three hundred people","articleBody":"`+prose1+`"},{"articleBody":"`+prose2+`","headline":"Too late"},{"headline":"Pier closed","articleBody":"`+prose3+`"}]}`) +
		"</head><body><div id=app></div></body></html>")
	d := Clean(src)
	checkInvariants(t, src, d)
	checkOffsets(t, src, d)
	if want := "First ferries leave with three hundred people\n\n" + prose1 + "\n\n" + prose2 + "\n\nPier closed\n\n" + prose3; d.Text != want {
		t.Errorf("text %q, want %q", d.Text, want)
	}
}

// TestLinkedForms reads JSON-LD as sites write it.
func TestLinkedForms(t *testing.T) {
	const headline, mediaType = "Harbour of Port Ella opens again", "application/ld+json"
	text := prose1 + "\n\n" + prose2 + "\n\n" + prose3
	encoded := func(values ...any) string {
		b, err := json.Marshal(values[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	type object = map[string]any
	article := object{"@type": "NewsArticle", "headline": headline, "articleBody": text}
	with := func(key string, value any) object {
		o := object{}
		for k, v := range article {
			o[k] = v
		}
		o[key] = value
		return o
	}
	other := object{"@type": "NewsArticle", "url": "https://post.example/9", "headline": "Fire in the old mill", "articleBody": strings.Repeat("The old mill of Lorn burned for hours. ", 8)}
	const canonical = `<link rel="canonical" href="https://post.example/2?x=1">`
	for name, page := range map[string]string{
		"plain":               linkedScript(mediaType, encoded(article)),
		"parameter":           linkedScript(mediaType+"; charset=utf-8", encoded(article)),
		"CDATA":               linkedScript(mediaType, "\n//<![CDATA[\n"+encoded(article)+"\n//]]>\n"),
		"comment":             linkedScript(mediaType, "<!--"+encoded(article)+"-->"),
		"line breaks":         linkedScript(mediaType, `{"@type":"Article","headline":"`+headline+`","articleBody":"`+text+`"}`),
		"markup":              linkedScript(mediaType, encoded(with("articleBody", "<p>"+strings.ReplaceAll(text, "\n\n", "</p><p>")+"</p><p hidden>x</p>"))),
		"escaped markup":      linkedScript(mediaType, encoded(with("articleBody", "&lt;p&gt;"+strings.ReplaceAll(text, "\n\n", "&lt;/p&gt;&lt;p&gt;")+"&lt;/p&gt;"))),
		"a list of others":    linkedScript(mediaType, encoded(object{"@type": "ItemList", "itemListElement": []object{other}})) + linkedScript(mediaType, encoded(article)),
		"the main entity":     linkedScript(mediaType, encoded(object{"@type": "WebPage", "headline": "News", "mainEntity": article})),
		"by address":          canonical + linkedScript(mediaType, encoded([]object{other, with("url", "http://post.example/2#a")})),
		"by title":            "<title>" + headline + " | Post</title>" + linkedScript(mediaType, encoded([]object{other, article})),
		"an author with work": linkedScript(mediaType, encoded(with("author", object{"@type": "Person", "headline": "Reporter", "articleBody": "x"}))),
		"a live blog": linkedScript(mediaType, encoded(object{"@type": "LiveBlogPosting", "headline": headline, "liveBlogUpdate": []object{
			{"@type": "BlogPosting", "headline": "First", "articleBody": prose1}, {"headline": "Second", "articleBody": prose2}, {"articleBody": prose3},
		}})),
	} {
		src := rawHTML("<html><head>" + page + "</head><body><div id=app></div></body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		checkOffsets(t, src, d)
		if d.Text != text || d.Title != headline {
			t.Errorf("%s: title %q, text\n%s", name, d.Title, d.Text)
		}
		if name == "markup" {
			continue // json.Marshal escapes its angle brackets
		}
		for _, s := range d.Sentences {
			o := d.Original(s.Span)
			if got := src.Text[o.Begin:o.End]; got != d.Slice(s.Span) {
				t.Errorf("%s: %q is made from %q", name, d.Slice(s.Span), got)
			}
		}
	}
}

// TestLinkedBesideText reads pages that show a text and have one in JSON-LD.
func TestLinkedBesideText(t *testing.T) {
	const headline = "Harbour of Port Ella opens again"
	long := strings.Repeat("A ship from Lorn came in with timber for the new pier. ", 20)
	page := func(shown, linked string) string {
		return "<title>" + headline + "</title>" + linkedScript("application/ld+json", `{"@type":"NewsArticle","headline":"`+headline+`","articleBody":"`+linked+`"}`) + "<main><h1>" + headline + "</h1>" + shown + "</main>"
	}
	for name, tt := range map[string]struct{ page, want string }{
		"the beginning is shown":   {page("<p>"+prose1+"</p>", prose1+" "+long), prose1 + " " + strings.TrimSpace(long)},
		"another text is shown":    {page("<p>"+prose1+"</p><p>"+prose2+"</p>", long), headline + "\n\n" + prose1 + "\n\n" + prose2},
		"a note is shown":          {page("<p>The text is being loaded, please wait.</p>", long), strings.TrimSpace(long)},
		"the whole text is shown":  {page(body, prose1+" "+prose2), headline + "\n\n" + prose1 + "\n\n" + prose2 + "\n\n" + prose3},
		"JSON-LD is of other news": {linkedScript("application/ld+json", `{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"Mill burns","articleBody":"`+long+`"}]}`) + "<h1>" + headline + "</h1><p>" + prose1, headline + "\n\n" + prose1},
	} {
		src := rawHTML(tt.page)
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Text != tt.want || d.Title != headline {
			t.Errorf("%s: title %q, text\n%s", name, d.Title, d.Text)
		}
	}
}
