package article

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// body is an article of three paragraphs.
const body = "<p>" + prose1 + "</p><p>" + prose2 + "</p><p>" + prose3 + "</p>"

// TestRegions reads pages of which only body is the article.
func TestRegions(t *testing.T) {
	const more = "A sentence of some other story of the day stands here, and it has nothing to do with the harbour."
	card := func(name string) string {
		return "<div class='" + name + "'><h3><a href=/x>Mayor of Lorn wins a second term</a></h3><p>" + more + "</p></div>"
	}
	tests := map[string]string{
		"comments by class":         `<div class="post">` + body + `</div><div class="user-comments"><p>` + more + `</p></div>`,
		"comments by id":            body + `<section id="commentsSection"><p>` + more + `</p></section>`,
		"comments in camelCase":     `<div>` + body + `</div><div class="ArticleComments__list"><p>` + more + `</p></div>`,
		"cookie wall":               `<div id="onetrust-banner"><p>` + more + `</p></div><div>` + body + `</div>`,
		"author box":                `<div>` + body + `<div class="authorbox"><p>` + more + `</p></div></div>`,
		"newsletter":                `<div>` + body + `<div class="c-newsletter"><p>` + more + `</p></div></div>`,
		"line of links":             `<div>` + body + `<p><a href=/1>Ferries to Skerry</a> | <a href=/2>Harbour dues</a></p></div>`,
		"link in the middle":        `<div><p>` + prose1 + `</p><p><a href=/1>Flood tears away the landing stage</a></p><p>` + prose2 + `</p><p>` + prose3 + `</p></div>`,
		"menu of plain elements":    `<div><ul><li><a href=/w>World</a></li><li><a href=/s>Sport</a></li></ul></div><div>` + body + `</div>`,
		"river of teasers":          `<div class="story">` + body + `</div><div class="river">` + strings.Repeat(card("item"), 30) + `</div>`,
		"teasers inside":            `<div class="story">` + body + strings.Repeat(card("x"), 4) + `</div>`,
		"teasers that are articles": `<main><article>` + body + `</article><article><p>` + more + `</p></article><article><p>` + more + `</p></article></main>`,
		"comments-content":          `<div><div class="story">` + body + `</div><div class="comments-content"><p>` + more + `</p></div></div>`,
		"sidebarContent":            `<div><div class="story">` + body + `</div><div id="sidebarContent"><p>` + more + `</p></div></div>`,
		"newsletter-content inside": `<div><p>` + prose1 + `</p><p>` + prose2 + `</p><div class="newsletter-content"><p>` + more + `</p></div><p>` + prose3 + `</p></div>`,
		"classes of the topic":      `<div class="post type-post category-newsletter tag-comments">` + body + `</div><div class="comment-respond"><p>` + more + `</p></div>`,
		"teasers without classes":   `<div class="x">` + body + `</div><div class="y">` + strings.Repeat(`<div><a href=/1>Mill burns</a><p>`+more+`</p></div>`, 3) + `</div>`,
		"below a count of comments": `<div class="x">` + body + `<h3>2 Comments</h3><ul><li>Jo<p>` + more + `</p></li><li>Ada<p>` + more + `</p></li></ul></div>`,
		"a call for comments":       `<div class="x">` + body + `</div><div class="y"><h4>Join the conversation</h4><div><p>` + more + `</p></div></div>`,
		"replies in articles":       `<main><article>` + body + `<article class=a><p>` + more + `</p></article></article></main>`,
		"columns of a table":        `<table><tr><td>` + body + `</td><td><b>Also today</b><br>` + more + `</td></tr></table>`,
		"consent without a name":    `<div class=x><p>We use cookies to measure our site. You can change your mind in your settings.</p></div><div class=y>` + body + `</div>`,
		"far below":                 `<div><div class="story"><div>` + body + `</div></div></div><div><div><p>Imprint: The Skerry Post</p></div></div>`,
	}
	want := prose1 + "\n\n" + prose2 + "\n\n" + prose3
	for name, page := range tests {
		src := rawHTML("<html><body>" + page + "</body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Text != want {
			t.Errorf("%s: text\n%s", name, d.Text)
		}
	}
}

// TestRegionsKept reads pages whose article stands where there is mostly something else.
func TestRegionsKept(t *testing.T) {
	lead := "The harbour is open, and the town can breathe again after the storm of the week."
	for name, page := range map[string]string{
		"in a form":                 `<form>` + body + `</form>`,
		"in a page with a sidebar":  `<div class="has-sidebar">` + body + `</div>`,
		"standfirst above the body": `<div><div class="article-intro"><p>` + lead + `</p></div><div class="text">` + body + `</div></div>`,
		"in sections":               `<div><div class=row><div><p>` + lead + `</p></div></div><div class=row><div>` + body + `</div></div></div>`,
		"article about comments":    `<div><h1>What readers' comments are worth</h1><div class="content-comments">` + body + `</div></div>`,
		"title in a picture":        `<svg><title/><path d=x /></svg><div>` + body + `</div>`,
		"class of an article":       `<article class="paywall premium">` + body + `</article>`,
		"class of the body":         `<body class="modal-open cookie-consent">` + body + `</body>`,
		"behind a paywall":          `<div><div class=a><p>` + lead + `</p><p>` + prose1 + `</p></div><div class="meteredContent paywall"><p>` + prose2 + `</p><p>` + prose3 + `</p></div></div>`,
		"in part in a share box":    `<title>` + lead + `</title><div class="share-story"><h1>` + lead + `</h1><p>` + prose1 + `</p></div><div class="story-bio"><p>` + prose2 + `</p><p>` + prose3 + `</p></div>`,
		"standfirst in the header":  `<title>The harbour is open</title><div><header><h1>The harbour is open</h1><p>` + lead + `</p></header><div>` + body + `</div></div>`,
		"a second article":          `<div><article>` + body + `</article><article><h2>The cost</h2><p>` + lead + `</p><p>` + strings.Repeat("The works cost money. ", 9) + `</p></article></div>`,
		"a list with offers":        `<article><p>` + lead + `</p><div class=i><h2>1. Pier</h2><p>` + prose1 + `</p><a href=/b>Book a ticket here</a></div><div class=i><h2>2. Ferry</h2><p>` + prose2 + `</p><a href=/b>Book a ticket here</a></div><div class=i><h2>3. Mill</h2><p>` + prose3 + `</p><a href=/b>Book a ticket here</a></div></article>`,
		"two columns of one text":   `<table><tr><td><p>` + prose1 + `</p><p>` + lead + `</p></td><td><p>` + prose2 + `</p><p>` + prose3 + `</p></td></tr></table>`,
		"in table cells":            `<table><tr><td>` + body + `</td></tr></table>`,
	} {
		d := Clean(rawHTML("<html><body>" + page + "</body></html>"))
		for _, s := range []string{prose1, prose2, prose3} {
			if !strings.Contains(d.Text, s) {
				t.Errorf("%s: %q is not in\n%s", name, s, d.Text)
			}
		}
		if strings.Contains(page, lead) && !strings.Contains(d.Text, lead) {
			t.Errorf("%s: no standfirst in\n%s", name, d.Text)
		}
	}
}

// TestRegionsRemoved reads why parts of a page are left out.
func TestRegionsRemoved(t *testing.T) {
	page := `<nav><a href=/>Home</a><a href=/w>World</a></nav><div>` + body + `<p><a href=/1>Ferries to Skerry</a></p></div><div><p>Imprint &amp; contact</p></div>`
	var got []string
	for _, r := range Clean(rawHTML(page)).Removed {
		got = append(got, r.Rule.String()+": "+OneLine(r.Text)+": "+page[r.Begin:r.End])
	}
	want := "chrome: HomeWorld: Home</a><a href=/w>World\n" +
		"links: Ferries to Skerry: Ferries to Skerry\n" +
		"outside: Imprint & contact: Imprint &amp; contact"
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("removed\n%s\nwant\n%s", s, want)
	}
}

func TestPageTitle(t *testing.T) {
	const headline = "Harbour of Port Ella opens again"
	for name, tt := range map[string]struct{ page, want string }{
		"h1 of the site":      {`<title>` + headline + ` | The Skerry Post</title><header><h1>The Skerry Post</h1></header><h2>` + headline + `</h2>`, headline},
		"h1 beside a kicker":  {`<meta property="og:title" content="` + headline + `"><div><h1>World</h1><h1>` + headline + `</h1></div>`, headline},
		"h1 in two lines":     {`<h1>Harbour of Port Ella<br>opens again</h1>`, headline},
		"h1 with other words": {`<title>Port Ella: harbour opens</title><div><h1>` + headline + `</h1>`, headline},
		"none but og:title":   {`<meta property="og:site_name" content="The Post"><meta property="og:title" content="` + headline + ` - The Post"><p>Reading time: 2 minutes`, headline},
		"two bars":            {`<title>` + headline + ` | World | The Skerry Post</title>`, headline},
		"a dash of its own":   {`<title>Harbour opens again - and the town cheers | The Post</title>`, "Harbour opens again - and the town cheers"},
		"double colon":        {`<title>` + headline + ` :: The Post</title>`, headline},
		"site first":          {`<meta property="og:site_name" content="The Post"><title>The Post | ` + headline + `</title>`, headline},
		"path":                {`<title>The Post » World » ` + headline + `</title>`, headline},
		"Chinese":             {`<title>港口在风暴后重新开放_新华网</title>`, "港口在风暴后重新开放"},
		"Japanese":            {`<title>港が嵐の後に再び開いた｜朝の新聞</title>`, "港が嵐の後に再び開いた"},
		"Russian":             {`<title>Порт снова открыт после шторма — Вести</title>`, "Порт снова открыт после шторма"},
		"script is no title":  {`<head><script src="x"/>document.title = "News of today";</script><title>` + headline + `</title></head>`, headline},
		"svg is no title":     {`<head><title>` + headline + `</title></head><svg><title>Menu</title></svg>`, headline},
	} {
		src := rawHTML(tt.page + "<div>" + body + "</div>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Title != tt.want {
			t.Errorf("%s: title %q, want %q", name, d.Title, tt.want)
		}
		if strings.Contains(d.Text, "document.title") || strings.Contains(d.Text, "Reading time") {
			t.Errorf("%s: text\n%s", name, d.Text)
		}
	}
}

// hostileUnits are parts of pages that are made to take long, by their repetition.
var hostileUnits = []string{
	"<div>", "<div>a ", "<p>", "<p>a", "<a href=x>b ", "<b>a ", "<table><tr><td>a", "<ul><li>a", "</div>", "&amp;", "<", "<!--",
	"<svg>", "<title>", "<title><i>a", "<title>a<p>b", "<script>", "<h1>a<br>", "<article>" + prose3, "<div class='a b c comment'>x</div>",
	"<div class=aBcDeFgHiJkLmNoPqRsTuVwXyZ>x", "<meta property=og:title content='a | b | c'>", "<h2>a - b | c</h2>",
	"<font style='display:none'>a</font>", "<nav>a</nav>", "<form>a", "<select>a", "<div><a href=x>A story of the day</a></div>",
	`<script type="application/ld+json">{"articleBody":"a`, `<script type="application/ld+json">[[[["`,
	`<script type="application/ld+json">{"@type":"Article","headline":"a","articleBody":"a"}</script>`, "<p hidden>a</p>b<p>", "<h1><span>a</span><span>b</span></h1>",
	"<h1><span>a</span>", "&amp;amp;#39;", "<title>a | b - c_d</title>", "<meta property=og:site_name content=a>", "<div class=comments-content>We use cookies, you accept.</div>", "<p>2 comments</p>", "<table><tr><td>" + prose3 + "<td>b",
	"<article><article>" + prose3, "<header><h1>a</h1>", "<b>a</u>",
}

// hostilePage repeats a unit up to a size in bytes.
func hostilePage(unit string, size int) Raw { return rawHTML(strings.Repeat(unit, size/len(unit))) }

// TestHostilePages reads pages of 1 MB that are made to take long: memory grows in step
// with them. BenchmarkHostilePages shows the time.
func TestHostilePages(t *testing.T) {
	for _, unit := range hostileUnits {
		src := hostilePage(unit, 1_000_000)
		d := Clean(src)
		if d.RemovedBytes > 3*len(src.Text) {
			t.Errorf("%q: %d bytes removed", unit, d.RemovedBytes)
		}
		small, large := allocated(hostilePage(unit, 100_000)), allocated(src)
		if large > 20*small+1<<20 {
			t.Errorf("%q: a page of 1 MB takes %d bytes of memory, one of 100 KB %d", unit, large, small)
		}
	}
}

// TestStepsOfHostilePages counts the steps over tokens, open elements and lines that a page
// takes, which is what its time hangs on: they grow in step with the page, and none takes
// more than a few hundred a token. A token has three bytes or more.
func TestStepsOfHostilePages(t *testing.T) {
	steps := func(src Raw) int {
		s := htmlScanner{regions: make([]region, 1)}
		s.scan(src.Text)
		s.finish(src.Text)
		return s.steps
	}
	for _, unit := range hostileUnits {
		small, large := steps(hostilePage(unit, 100_000)), steps(hostilePage(unit, 1_000_000))
		if large > 11*small+1000 {
			t.Errorf("%q: a page of 1 MB takes %d steps, one of 100 KB %d", unit, large, small)
		}
		if most := 3 * deepest * 1_000_000 / 3; large > most {
			t.Errorf("%q: %d steps, at most %d", unit, large, most)
		}
	}
}

// allocated returns the bytes that Clean allocates for src.
func allocated(src Raw) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Clean(src)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkHostilePages reads the pages of TestHostilePages at two sizes: the time of the
// larger is ten times that of the smaller where it grows in step.
func BenchmarkHostilePages(b *testing.B) {
	for i, unit := range hostileUnits {
		for _, size := range []int{100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%02d/%dKB", i, size/1000), func(b *testing.B) {
				src := hostilePage(unit, size)
				b.SetBytes(int64(len(src.Text)))
				for b.Loop() {
					Clean(src)
				}
			})
		}
	}
}

func TestPageLanguage(t *testing.T) {
	for page, want := range map[string]string{
		`<html lang="pt-BR"><p>Porto aberto</p>`:   "pt",
		`<html lang="de"><p>` + prose1 + prose2:    "en",
		`<html lang="<b>"><p>12 km</p>`:            "und",
		`<html lang="SV"><body><p>Hamnen är öppen`: "sv",
	} {
		if got := Clean(rawHTML(page)).Language; got != want {
			t.Errorf("%s: language %q, want %q", page, got, want)
		}
	}
}

// TestLinkedArticle reads pages that show their text by a script.
func TestLinkedArticle(t *testing.T) {
	const second = `“Réparations” cost \u20ac3.5m, Ada Roe said \ud83d\ude80 on the pier, and the \"work\" goes on.`
	script := `{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"The Post"},{"@type":["NewsArticle"],
		"headline" : "Harbour opens &amp; closes again", "keywords":["a",{"b":"c"}], "articleBody":"` + prose1 + `\n\n` + prose2 + `\n` + second + `"}]}`
	page := func(shown string) Raw {
		return rawHTML(`<html><head><title>The Post</title><script type="application/ld+json">` + script + `</script></head><body><div>` + shown + `</div></body></html>`)
	}
	src := page("<p>Loading</p>")
	d := Clean(src)
	checkInvariants(t, src, d)
	checkOffsets(t, src, d)
	want := prose1 + "\n\n" + prose2 + "\n\n" + `“Réparations” cost €3.5m, Ada Roe said 🚀 on the pier, and the "work" goes on.`
	if d.Text != want || d.Title != "Harbour opens & closes again" {
		t.Errorf("title %q, text\n%s\nwant\n%s", d.Title, d.Text, want)
	}
	last := d.Original(d.Sentences[len(d.Sentences)-1].Span)
	if got := src.Text[last.Begin:last.End]; got != second {
		t.Errorf("original %q, want %q", got, second)
	}

	shown := Clean(page(body))
	if want := prose1 + "\n\n" + prose2 + "\n\n" + prose3; shown.Text != want {
		t.Errorf("a page with text of its own:\n%s", shown.Text)
	}
	broken := page("<p>" + prose3 + "</p>")
	broken.Text = strings.Replace(broken.Text, `{"@context"`, `{"@context`, 1)
	if d := Clean(broken); d.Text != prose3 {
		t.Errorf("a script that is no JSON:\n%s", d.Text)
	}
}
