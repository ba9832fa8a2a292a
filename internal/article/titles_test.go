package article

import (
	"strings"
	"testing"
)

// siteName is the name of a site in the pages of these tests.
const siteName = "The Skerry Post"

// TestSiteNames cuts the name of the site off titles, and nothing else.
func TestSiteNames(t *testing.T) {
	const headline = "Harbour of Port Ella opens again"
	tests := []struct{ head, want string }{
		{`<title>Storm over the harbour - and how it ended</title>`, "Storm over the harbour - and how it ended"},
		{`<meta property="og:site_name" content="` + siteName + `"><meta property="og:title" content="Budget of the port: Who wins - and who loses">`, "Budget of the port: Who wins - and who loses"},
		{`<meta property="og:site_name" content="` + siteName + `"><meta property="og:title" content="Ada and Jo Roe | A love story in ten photos">`, "Ada and Jo Roe | A love story in ten photos"},
		{`<title>Storm over Port Ella – what we know so far</title>`, "Storm over Port Ella – what we know so far"},
		{`<title>Minister to leave in spring - sources</title>`, "Minister to leave in spring - sources"},
		{`<title>Skerry flights resume - Live Updates</title>`, "Skerry flights resume - Live Updates"},
		{`<meta property="og:site_name" content="` + siteName + `"><title>` + siteName + `: ` + headline + `</title>`, headline},
		{`<title>SkerryPost.com - ` + headline + `</title>`, headline},
		{`<title>` + headline + ` - skerrypost.com</title>`, headline},
		{`<title>` + headline + ` - World News - ` + siteName + `</title>`, headline},
		{`<title>` + headline + ` / ` + siteName + `</title>`, headline},
		{`<title>Harbour open | ` + siteName + `</title>`, "Harbour open"},
		{`<link rel=canonical href="https://www.skerry-island.example/a/1"><title>Skerry Island | Harbour is open</title>`, "Harbour is open"},
		{`<meta property="og:title" content="` + siteName + `"><title>` + headline + ` | ` + siteName + `</title>`, headline},
		{`<meta property="og:site_name" content="` + siteName + `"><meta property="og:title" content="` + siteName + `"><title>` + headline + ` | ` + siteName + `</title>`, headline},
		{`<meta property="og:site_name" content="Skerry"><title>` + headline + ` | Skerry | Read it here first!</title>`, headline},
		{`<title>2026年港口在风暴后重新开放_海岸网</title>`, "2026年港口在风暴后重新开放"},
		{`<title>港口在风暴后重新开放-海岸网</title>`, "港口在风暴后重新开放"},
		{`<title>港が嵐の後に再び開いた：海岸新聞</title>`, "港が嵐の後に再び開いた"},
		{`<title>폭풍 뒤 항구 다시 열려 : 해안일보</title>`, "폭풍 뒤 항구 다시 열려"},
		{`<title>Hafen öffnet nach dem Sturm wieder - Küstenkurier24</title>`, "Hafen öffnet nach dem Sturm wieder"},
		{`<title>Termine am Hafen von Lorn – Mai 2026</title>`, "Termine am Hafen von Lorn – Mai 2026"},
		{`<title>إعادة فتح ميناء المدينة بعد العاصفة - صحيفة الساحل</title>`, "إعادة فتح ميناء المدينة بعد العاصفة"},
		{`<meta property="og:title" content="It&amp;#39;s open: the &amp;quot;old&amp;quot; pier">`, `It's open: the "old" pier`},
		{`<meta property="og:title" content="The town#39;s pier opens again">`, "The town's pier opens again"},
	}
	for _, tt := range tests {
		src := rawHTML("<html><head>" + tt.head + "</head><body><div>" + body + "</div></body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Title != tt.want {
			t.Errorf("%s: title %q, want %q", tt.head, d.Title, tt.want)
		}
	}
}

// TestHeadings reads headlines with something else in their element, or in another one.
func TestHeadings(t *testing.T) {
	const headline, titled = "Harbour of Port Ella opens again", "<title>Harbour of Port Ella opens again | " + siteName + "</title>"
	tests := []struct{ page, want string }{
		{titled + `<h1><span class=kicker>Exclusive</span><span>` + headline + `</span></h1>`, headline},
		{titled + `<h1><span>Shipping</span><span>` + headline + `</span></h1>`, headline},
		{titled + `<h1><div class="overline">Shipping</div>` + headline + `</h1>`, headline},
		{titled + `<h1>` + headline + `<span class="comment-count">24 Comments</span></h1>`, headline},
		{titled + `<h1>` + headline + `<small>5 min</small></h1>`, headline},
		{titled + `<h1><span>Exclusive:</span> ` + headline + `</h1>`, "Exclusive: " + headline},
		{titled + `<h1>` + headline + ` | ` + siteName + `</h1>`, headline},
		{titled + `<h1><a href=/>` + siteName + `</a></h1>`, headline},
		{`<h1><div>Harbour of Port Ella</div><div>opens again</div></h1>`, headline},
		{`<h1><span>Harbour of Port Ella</span><span>opens again</span></h1>`, headline},
		{`<h1><span>H</span><span>arbour of Port Ella</span> opens again</h1>`, headline},
		{`<title>` + siteName + `</title><h1>` + headline + `</h1><h1>Comments</h1>`, headline},
		{`<title>` + siteName + `</title><h1 class=sr-only>` + headline + `</h1>`, headline},
		{`<h1>Local News</h1><h1>` + headline + `</h1>`, headline},
		{`<title>Minister to leave - sources</title><h1>Minister to leave - sources</h1>`, "Minister to leave - sources"},
	}
	for _, tt := range tests {
		src := rawHTML(tt.page + "<div>" + body + "</div>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Title != tt.want {
			t.Errorf("%s: title %q, want %q", tt.page, d.Title, tt.want)
		}
		if !strings.Contains(d.Text, prose1+"\n\n"+prose2) {
			t.Errorf("%s: text\n%s", tt.page, d.Text)
		}
	}
	if d := Clean(rawHTML("<h1>" + headline + "<p>" + prose1 + "<p>" + prose2)); d.Title != headline || !strings.Contains(d.Text, prose1) {
		t.Errorf("an <h1> that does not end: title %q, text %q", d.Title, d.Text)
	}
}

// TestReferences decodes character references that were encoded twice, and damaged ones.
func TestReferences(t *testing.T) {
	const rest = " was the answer of the harbour master on Tuesday."
	for text, want := range map[string]string{
		"“It isn#39;t,”" + rest:                    "“It isn't,”" + rest,
		"“It isn&#39;t,”" + rest:                   "“It isn't,”" + rest,
		"“It isn&amp;#39;t,”" + rest:               "“It isn't,”" + rest,
		"“It isn&amp;amp;#39;t,”" + rest:           "“It isn't,”" + rest,
		"&quot;Ropes &amp; sails,&quot;" + rest:    `"Ropes & sails,"` + rest,
		"&amp;quot;It isn&amp;rsquo;t,”" + rest:    `"It isn’t,”` + rest,
		"The rule for berth #39; the pilots said,": "The rule for berth ' the pilots said,",
		"No. 7 & No. 8 #394; AT&T; R&D" + rest:     "No. 7 & No. 8 #394; AT&T; R&D" + rest,
	} {
		for _, src := range []Raw{{Text: text + "\n\n" + prose2}, rawHTML("<p>" + text + "</p><p>" + prose2 + "</p>")} {
			d := Clean(src)
			checkInvariants(t, src, d)
			checkOffsets(t, src, d)
			if got, _, _ := strings.Cut(d.Text, "\n\n"); got != want {
				t.Errorf("%q: %q, want %q", src.Text, got, want)
			}
		}
	}
}

// TestRemovedOfPages reports hidden text, and text that JSON-LD replaces, as removed.
func TestRemovedOfPages(t *testing.T) {
	const hidden = "A line for machines only."
	src := rawHTML(`<div style="display:none"><p>A line &amp; more</p> <p>for machines only.</p></div><div>` + body + `<p>Go <button>Print it</button></p></div><p hidden>` + hidden + `</p>`)
	var got []string
	d := Clean(src)
	checkInvariants(t, src, d)
	for _, r := range d.Removed {
		got = append(got, r.Rule.String()+": "+r.Text)
	}
	for _, want := range []string{"hidden: A line & more for machines only.", "chrome: Print it", "hidden: " + hidden} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%q is not among\n%s", want, strings.Join(got, "\n"))
		}
	}
	src = rawHTML(`<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"` + strings.Repeat(prose1+" ", 20) + `"}</script><p>` + prose3 + `</p><p>Menu</p>`)
	d = Clean(src)
	checkInvariants(t, src, d)
	if len(d.Removed) == 0 || d.Removed[0].Rule != RuleReplaced || d.Removed[0].Text != prose3 {
		t.Errorf("removed %+v, want %q first, replaced", d.Removed, prose3)
	}
}

// TestTitleTails cuts the agency and an address off the end of a headline, and takes no first
// paragraph for one.
func TestTitleTails(t *testing.T) {
	const headline = "Harbour of Port Ella opens again"
	for title, want := range map[string]string{
		headline + " (AFP)":                       headline,
		headline + " (Reuters)":                   headline,
		headline + " https://post.example/a/1":    headline,
		headline + " - https://post.example/a/1":  headline,
		headline + " (AP":                         headline + " (AP",
		"Skerry (AFP)":                            "Skerry (AFP)",
		"Ferry sinks off Skerry (three are dead)": "Ferry sinks off Skerry (three are dead)",
	} {
		if d := Clean(Raw{Title: title, Text: prose1 + "\n\n" + prose2}); d.Title != want {
			t.Errorf("%q: title %q, want %q", title, d.Title, want)
		}
		if d := Clean(rawHTML("<h1>" + title + "</h1>" + body)); d.Title != want {
			t.Errorf("<h1> %q: title %q, want %q", title, d.Title, want)
		}
	}
	lead := "The council of Port Ella voted on Tuesday to close the old pier after engineers had found cracks in it"
	if d := Clean(Raw{Text: lead + "\n\n" + prose2 + "\n\n" + prose3}); d.Title != "" || !strings.HasPrefix(d.Text, lead) || d.Sentences[0].Role != RoleBody {
		t.Errorf("title %q", d.Title)
	}
}
