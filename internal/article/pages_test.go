package article

import (
	"strings"
	"testing"
)

// TestLinksAroundText reads articles in an <a> that leads nowhere, or around the whole text.
func TestLinksAroundText(t *testing.T) {
	for name, page := range map[string]string{
		"an anchor that is never closed": `<a name=top><h1>Harbour opens</h1>` + body,
		"a link that is never closed":    `<h1>Harbour opens</h1><a href="/">` + body,
		"a link around the article":      `<a href="/story"><h1>Harbour opens</h1>` + body + `</a><p><a href="/more">More of it</a></p>`,
	} {
		src := rawHTML("<html><body>" + page + "</body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		for _, want := range []string{prose1, prose2, prose3} {
			if !strings.Contains(d.Text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, d.Text)
			}
		}
		if strings.Contains(d.Text, "More of it") {
			t.Errorf("%s: a line of links is in\n%s", name, d.Text)
		}
	}
}

// TestPageHiddenAsAWhole reads pages that only a script shows.
func TestPageHiddenAsAWhole(t *testing.T) {
	for _, start := range []string{
		`<html><body style="opacity:0">`, `<html style="visibility:hidden"><body>`, `<html><body aria-hidden="true">`,
		`<html hidden><body>`, `<html><body class="visually-hidden">`,
	} {
		src := rawHTML(start + body + "<p hidden>EVIL</p></body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if want := prose1 + "\n\n" + prose2 + "\n\n" + prose3; d.Text != want {
			t.Errorf("%s: text\n%s", start, d.Text)
		}
	}
}

// TestTrailersOfPages leaves out the credits and the copyright below an article, and keeps
// what only begins like them or stands above the last sentence.
func TestTrailersOfPages(t *testing.T) {
	for _, trailer := range []string{
		"【责任编辑：张三】", "责任编辑：李四", "Tous droits réservés", "無断転載を禁じます", "Alle Rechte vorbehalten",
	} {
		src := rawHTML("<html><body><article>" + body + "<p>" + trailer + "</p></article></body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if want := prose1 + "\n\n" + prose2 + "\n\n" + prose3; d.Text != want {
			t.Errorf("%s: text\n%s", trailer, d.Text)
		}
		last := d.Removed[len(d.Removed)-1]
		if last.Text != trailer || last.Rule != RuleTrailer {
			t.Errorf("removed last %+v, want %s as trailer", last, trailer)
		}
	}
	for _, kept := range []string{"Sources close to the council said on Monday that the pier will stay.", "Tous droits de douane sont levés, a dit le ministre."} {
		if d := Clean(rawHTML("<html><body><article>" + body + "<p>" + kept + "</p></article></body></html>")); !strings.Contains(d.Text, kept) {
			t.Errorf("%q is not in\n%s", kept, d.Text)
		}
	}
}

// TestVeiledText reads pages whose text scripts fade in, or a dialog covers, where it is more
// than the text beside it. Text that is hidden in another way stays so.
func TestVeiledText(t *testing.T) {
	const dialog = `<div role=dialog><p>We value your privacy. You can change your mind in your settings.</p></div>`
	for name, page := range map[string]string{
		"faded in":            `<div style="opacity:0;transform:none">` + body + `</div>`,
		"each paragraph":      strings.ReplaceAll(body, "<p>", `<p style="opacity: 0">`),
		"behind a dialog":     `<div aria-hidden="true" id=page>` + body + `</div>` + dialog,
		"below the first one": `<div><p>` + prose1 + `</p><div style="opacity:0"><p>` + prose2 + `</p><p>` + prose3 + `</p></div></div>`,
	} {
		src := rawHTML("<html><body>" + page + "<p hidden>EVIL</p></body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if want := prose1 + "\n\n" + prose2 + "\n\n" + prose3; d.Text != want {
			t.Errorf("%s: text\n%s", name, d.Text)
		}
	}
	for _, hidden := range []string{`style="display:none"`, `style="visibility:hidden"`, `style="font-size:0"`, `hidden`, `hidden style="opacity:0"`} {
		src := rawHTML("<p>" + prose1 + "</p><div " + hidden + "><div style='opacity:0'>" + strings.Repeat("<p>"+prose2+"</p>", 9) + "</div></div>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Text != prose1 || len(d.Removed) == 0 || d.Removed[0].Rule != RuleHidden {
			t.Errorf("%s: removed %v, text\n%s", hidden, d.Removed, d.Text)
		}
	}
}

// TestUnclosedTitle reads pages whose <title> has no end tag, or a late one.
func TestUnclosedTitle(t *testing.T) {
	const headline = "Harbour of Port Ella opens again"
	for _, head := range []string{
		`<head><title>` + headline + `<meta name=x></head><body>`, `<title>` + headline + `</head><body>`, `<title>` + headline + `<body>`,
		`<head><title>` + headline + `<body><svg><title>Menu</title></svg>`, `<title>` + headline + `</TITLE><body>`, `<title>` + headline + `<p>`,
	} {
		src := rawHTML("<html>" + head + body)
		d := Clean(src)
		checkInvariants(t, src, d)
		if want := prose1 + "\n\n" + prose2 + "\n\n" + prose3; d.Title != headline || d.Text != want {
			t.Errorf("%s: title %q, text\n%s", head, d.Title, d.Text)
		}
	}
	const marked = "<title>The <i>Skerry Star</i> is open again < 9 p.m.</title>"
	if d := Clean(rawHTML(marked + body)); d.Title != "The <i>Skerry Star</i> is open again < 9 p.m." {
		t.Errorf("%s: title %q", marked, d.Title)
	}
}

// TestTitleBehindSections takes the part of <title> that the page shows for its headline.
func TestTitleBehindSections(t *testing.T) {
	for _, tt := range []struct{ title, line, want string }{
		{"GoalNet | Football | Rovers beat City 3-2", "<div>Rovers beat City 3-2</div>", "Rovers beat City 3-2"},
		{"GoalNet | Football | Rovers beat City 3-2", "<h2>Rovers beat City 3-2</h2>", "Rovers beat City 3-2"},
		{"Skerry.example: Sport: Rovers beat City 3-2", "<h2>Rovers beat City 3-2</h2>", "Rovers beat City 3-2"},
		{"Rovers beat City 3-2 | Football | The Skerry Post", "<div>The Skerry Post</div>", "Rovers beat City 3-2"},
		{"Rovers: City were better on the day", "<h1>Rovers: City were better on the day</h1>", "Rovers: City were better on the day"},
	} {
		src := rawHTML("<html><head><title>" + tt.title + "</title></head><body><div><a href=/>Home</a></div>" + tt.line + body + "</body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Title != tt.want {
			t.Errorf("%s, %s: title %q, want %q", tt.title, tt.line, d.Title, tt.want)
		}
	}
}

// TestPhrasesOfPages leaves out lines that sites write around an article.
func TestPhrasesOfPages(t *testing.T) {
	for _, line := range []string{
		"<p>You received this email because you signed up at skerry.example. <a href=/u>Unsubscribe</a></p>",
		"<p>Vous recevez cette lettre car vous êtes inscrit. <a href=/u>Se désabonner</a></p>",
		"<p>A version of this article appears in print on March 4, 2026, Section B, Page 1.</p>",
		"<h3>37 תגובות</h3><p>סוף סוף, כבר חיכינו לזה שנים רבות מדי בכל העיר.</p>",
		"<div class=talkbacks><p>סוף סוף, כבר חיכינו לזה שנים רבות מדי בכל העיר.</p></div>",
	} {
		src := rawHTML("<html><body><div>" + body + line + "</div></body></html>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if want := prose1 + "\n\n" + prose2 + "\n\n" + prose3; d.Text != want {
			t.Errorf("%s: text\n%s", line, d.Text)
		}
	}
	const heading = `<h2><span>Name</span><span class="mw-editsection">[<a href=/e>Bearbeiten</a>]</span></h2>`
	if d := Clean(rawHTML("<p>" + prose1 + "</p>" + heading + "<p>" + prose2 + "</p>")); d.Text != prose1+"\n\nName\n\n"+prose2 {
		t.Errorf("%s: text\n%s", heading, d.Text)
	}
}
