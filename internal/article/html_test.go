package article

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func rawHTML(text string) Raw { return Raw{Text: text, MediaType: MediaTypeHTML} }

func TestHTMLPage(t *testing.T) {
	src := rawHTML(`<!DOCTYPE html><html><head><title>Harbour opens | The Coast</title><style>p { color: red }</style>
<script>document.write("<p>Not text at all.</p>")</script></head>
<body><nav><ul><li>Home<li>World</ul></nav><header>The Coast</header><form><p>Search this site for news now.</p></form>
<main><article><header><h1>Harbour &amp; pier open</h1><h2>Two days after the storm the first ferry left</h2>
<p>By Jane Doe</p></header><figure><img src="x"><figcaption>Ships in the harbour of Port Ella.</figcaption></figure>
<p>PORT ELLA, Sept 26 (Reuters) &ndash; ` + prose1 + `
<h3>The cost</h3>
<p>"It was a <b>long</b> night," said <a href="/roe">Ada Roe</a>.<br>Repairs cost &euro;3.5m.<!-- a comment -->
<aside><p>A story of another kind stands here.</p></aside>
<table><tr><td>One cell of a table.<td>Another cell of it.</table>
<p>Source: agencies</article>
<article><p>A teaser for another story of the day.</p></article></main>
<footer><p>Write to the editor about this page.</p></footer></body></html>`)
	d := Clean(src)
	checkInvariants(t, src, d)
	want := []string{
		"# Harbour & pier open",
		"> Two days after the storm the first ferry left",
		prose1,
		"## The cost",
		`"It was a long night," said Ada Roe.`,
		"Repairs cost €3.5m.",
		"One cell of a table.",
		"Another cell of it.",
	}
	if diff := cmp.Diff(want, paragraphs(d)); diff != "" {
		t.Errorf("paragraphs (-want +got):\n%s", diff)
	}
	originals := map[string]string{
		"Harbour & pier open":                  "Harbour &amp; pier open",
		`"It was a long night," said Ada Roe.`: `"It was a <b>long</b> night," said <a href="/roe">Ada Roe</a>.`,
		"Repairs cost €3.5m.":                  "Repairs cost &euro;3.5m.",
		"night":                                "night",
		"€3.5m":                                "&euro;3.5m",
	}
	for clean, want := range originals {
		begin := strings.Index(d.Text, clean)
		o := d.Original(Span{begin, begin + len(clean)})
		if got := src.Text[o.Begin:o.End]; got != want {
			t.Errorf("original of %q = %q, want %q", clean, got, want)
		}
	}
	if d.RemovedBytes == 0 {
		t.Error("RemovedBytes = 0, want those around the article")
	}
}

func TestHiddenHTML(t *testing.T) {
	for _, hidden := range []string{
		`<p hidden>EVIL</p>`, `<p hidden="">EVIL`, `<div hidden><p>EVIL</p><p>EVIL</p></div>`, `<P HIDDEN>EVIL</P>`,
		`<span aria-hidden="true">EVIL</span>`, `<span style="display:none">EVIL</span>`,
		`<span style="color: red; DISPLAY : none !important">EVIL</span>`, `<span style="visibility: hidden">EVIL</span>`,
		`<span style="font-size:0">EVIL</span>`, `<span style="font-size: 0px;">EVIL</span>`, `<span style="opacity:0.0">EVIL</span>`,
		`<span style="display/**/:/* x */none">EVIL</span>`, `<span style="position:absolute;left:-9999px">EVIL</span>`,
		`<span style="&#100;isplay:none">EVIL</span>`, `<span class="x sr-only">EVIL</span>`,
		`<div hidden><b>EVIL</b></span>EVIL</div>`, `<b><div hidden></b>EVIL</div></b>`, `<ul><li hidden>EVIL<li></ul>`,
		`<div hidden><table><tr><td></div>EVIL</table></div>`, `<p hidden>EVIL<br>EVIL</p>`,
		`<script>EVIL</script>`, `<script/>EVIL</script>`, `<style>EVIL</style>`, `<noscript>EVIL</noscript>`,
		`<template><p>EVIL</template>`, `<svg><text>EVIL</text></svg>`, `<!-- EVIL -->`, `<!-- > EVIL --><!-->-->`,
		`<textarea>EVIL</textarea>`, `<select><option>EVIL</select>`, `<iframe>EVIL</iframe>`, `<title>EVIL</title>`,
		`<button>EVIL</button>`, `<div role="navigation">EVIL</div>`, `<nav>EVIL</nav>`,
	} {
		src := rawHTML("<p>" + prose1 + "</p>" + hidden + "<p>" + prose2 + "</p>")
		d := Clean(src)
		checkInvariants(t, src, d)
		if want := prose1 + "\n\n" + prose2; d.Text != want {
			t.Errorf("with %s Text = %q, want %q", hidden, d.Text, want)
		}
	}
}

func TestShownHTML(t *testing.T) {
	for _, shown := range []string{
		`<p style="font-size:10px; opacity:0.5">SHOWN</p>`, `<p aria-hidden="false">SHOWN</p>`, `<p hidden>x</p><p>SHOWN</p>`,
		`<p hidden>x<p>SHOWN`, `<input hidden><p>SHOWN</p>`, `<br hidden>SHOWN`, `<p style="display:block">SHOWN</p>`,
		`<section><p>SHOWN</p></section>`, `<x-card>SHOWN</x-card>`, `</div></p></b>SHOWN`, `<svg/>SHOWN`,
	} {
		if d := Clean(rawHTML("<p>" + prose1 + "</p>" + shown)); !strings.Contains(d.Text, "SHOWN") {
			t.Errorf("%s is not shown: %q", shown, d.Text)
		}
	}
}

// TestHTMLNeverVanishes reads pages whose text stands where there is mostly
// none.
func TestHTMLNeverVanishes(t *testing.T) {
	for _, page := range []string{
		"<form><div><p>" + prose1 + "</div></form>",
		"<form><nav><p>Menu</nav><div><p>" + prose1 + "</div></form><p>x",
		"<nav><p>" + prose1 + "</p>",
		"<aside>" + prose1,
		"<figure><figcaption>" + prose1,
		prose1,
		"<head><p>" + prose1,
		"<head>" + prose1,
	} {
		if d := Clean(rawHTML(page)); !strings.Contains(d.Text, prose1) {
			t.Errorf("text of %q = %q", page, d.Text)
		}
	}
	if d := Clean(rawHTML("<p hidden>" + prose1)); d.HasLetters() {
		t.Errorf("hidden text is shown where there is no other: %q", d.Text)
	}
}

func TestEntities(t *testing.T) {
	tests := []struct {
		raw, decoded string
		n            int
	}{
		{"&amp; b", "&", 5},
		{"&amp b", "&", 4},
		{"&notit;", "¬", 4},
		{"&semi;x", ";", 6},
		{"&#8364;", "€", 7},
		{"&#x20AC", "€", 7},
		{"&nosuch;", "", 8},
		{"& b", "", 1},
		{"&", "", 1},
		{"&#;", "", 3},
		{"&&amp;", "", 1},
		{"&nvlt;", "<\u20d2", 6},
	}
	for _, tt := range tests {
		if decoded, n := entity(tt.raw); decoded != tt.decoded || n != tt.n {
			t.Errorf("entity(%q) = %q, %d, want %q, %d", tt.raw, decoded, n, tt.decoded, tt.n)
		}
	}
}

// TestOpenComment reads on behind a comment that does not end.
func TestOpenComment(t *testing.T) {
	for name, test := range map[string]struct{ before, comment string }{
		"a tag follows":  {"<p>" + prose1 + "</p>", "<!-- slot 3 "},
		"a line follows": {"<p>" + prose1 + "</p>", "<!-- slot 3\n"},
		"twice":          {"<p>" + prose1 + "</p>", "<!-- slot 3 <i></i><!-- slot 4 -->"},
	} {
		src := rawHTML("<h1>Ferry runs aground</h1>" + test.before + test.comment + "<p>" + prose2 + "</p><p>" + prose3 + "</p>")
		d := Clean(src)
		checkInvariants(t, src, d)
		checkOffsets(t, src, d)
		for _, want := range []string{prose1, prose2, prose3} {
			if !strings.Contains(d.Text, want) {
				t.Errorf("%s: %q is lost in %q", name, want, d.Text)
			}
		}
		if strings.Contains(d.Text, "slot") {
			t.Errorf("%s: the comment is left in %q", name, d.Text)
		}
	}
	hostile := rawHTML("<p>" + prose1 + "</p>" + strings.Repeat("<!-- ", 1<<10) + "<p>" + prose2)
	checkInvariants(t, hostile, Clean(hostile))
}
