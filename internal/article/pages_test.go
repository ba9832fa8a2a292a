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
