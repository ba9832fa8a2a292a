package article

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// checkInvariants checks what holds for every document, whatever the source.
func checkInvariants(t *testing.T, src Raw, d *Document) {
	t.Helper()
	if !utf8.ValidString(d.Text) || !utf8.ValidString(d.Title) {
		t.Fatalf("not valid UTF-8: title %q, text %q", d.Title, d.Text)
	}
	if strings.ContainsAny(d.Text, "\u00a0\u00ad\u200b\u2060\ufeff\u202e\x00\r\t") {
		t.Errorf("invisible characters or odd white space in %q", d.Text)
	}
	if d.Language == "" {
		t.Error("Language is empty")
	}
	if d.HasLetters() && len(d.Sentences) == 0 {
		t.Errorf("text without sentences: %q", d.Text)
	}
	if d.RemovedBytes < 0 || d.RemovedBytes > 3*len(src.Text) {
		t.Errorf("RemovedBytes = %d of %d", d.RemovedBytes, len(src.Text))
	}

	checkRemoved(t, src, d)

	end, sourceEnd, paragraph := 0, 0, 0
	for i, s := range d.Sentences {
		if s.Begin < end || s.End <= s.Begin || s.End > len(d.Text) {
			t.Fatalf("sentence %d: span %v after %d in %d bytes", i, s.Span, end, len(d.Text))
		}
		if gap := d.Text[end:s.Begin]; strings.TrimSpace(gap) != "" {
			t.Errorf("sentence %d: %q before it is in no sentence", i, gap)
		}
		if got := d.Slice(s.Span); strings.TrimSpace(got) != got || strings.Contains(got, "\n") {
			t.Errorf("sentence %d is not trimmed or not on one line: %q", i, got)
		}
		if s.Paragraph < paragraph || s.Paragraph > paragraph+1 {
			t.Errorf("sentence %d: paragraph %d after %d", i, s.Paragraph, paragraph)
		}
		o := d.Original(s.Span)
		if o.Begin < sourceEnd || o.End <= o.Begin || o.End > len(src.Text) {
			t.Fatalf("sentence %d: original %v after %d in %d bytes", i, o, sourceEnd, len(src.Text))
		}
		if utf8.ValidString(src.Text) && !(onRune(src.Text, o.Begin) && onRune(src.Text, o.End)) {
			t.Errorf("sentence %d: original %v is not on rune boundaries", i, o)
		}
		end, sourceEnd, paragraph = s.End, o.End, s.Paragraph
	}
	if gap := d.Text[end:]; strings.TrimSpace(gap) != "" {
		t.Errorf("%q at the end is in no sentence", gap)
	}
}

// checkWords checks that a sentence of plain text has the letters of its
// original, in order: what is between them is white space and invisible.
func checkWords(t *testing.T, src Raw, d *Document) {
	t.Helper()
	seen := make([]bool, len(src.Text)) // in a sentence, or left out
	for _, r := range d.Removed {
		for i := r.Begin; i < r.End; i++ {
			seen[i] = true
		}
	}
	for _, s := range d.Sentences {
		o := d.Original(s.Span)
		var kept strings.Builder
		for i, r := range src.Text[o.Begin:o.End] {
			if !seen[o.Begin+i] {
				kept.WriteRune(r)
			}
		}
		if got, want := lettersOf(d.Slice(s.Span)), lettersOf(kept.String()); got != want {
			t.Errorf("sentence has letters %q, its original %q", got, want)
		}
		for i := o.Begin; i < o.End; i++ {
			seen[i] = true
		}
	}
	for i, r := range src.Text {
		if !seen[i] && kindOf(r) == textRune && unicode.IsLetter(r) {
			t.Errorf("%q at %d is neither in a sentence nor left out", src.Text[i:min(len(src.Text), i+20)], i)
			return
		}
	}
}

// checkRemoved checks the removals of a document: in order, each part within the
// source, with a rule that has a name.
func checkRemoved(t *testing.T, src Raw, d *Document) {
	t.Helper()
	for i, r := range d.Removed {
		if r.Begin < 0 || r.End <= r.Begin || r.End > len(src.Text) || i > 0 && r.Begin < d.Removed[i-1].Begin {
			t.Fatalf("part %d that is left out is %v of %d bytes", i, r.Span, len(src.Text))
		}
		if r.Rule.String() == "" {
			t.Errorf("part %d is left out by no rule", i)
		}
		if utf8.ValidString(src.Text) && !(onRune(src.Text, r.Begin) && onRune(src.Text, r.End)) {
			t.Errorf("part %d, %v, is not on rune boundaries", i, r.Span)
		}
	}
}

// checkOffsets checks that spans of the source are the same text in each encoding.
func checkOffsets(t *testing.T, src Raw, d *Document) {
	t.Helper()
	if !utf8.ValidString(src.Text) {
		return
	}
	var spans []Span
	for _, s := range d.Sentences {
		spans = append(spans, d.Original(s.Span))
	}
	units, runes := utf16.Encode([]rune(src.Text)), []rune(src.Text)
	in16, in32 := Offsets(src.Text, spans, UTF16), Offsets(src.Text, spans, UTF32)
	for i, s := range spans {
		want := src.Text[s.Begin:s.End]
		if got := string(utf16.Decode(units[in16[i].Begin:in16[i].End])); got != want {
			t.Errorf("in UTF-16 sentence %d is %q, want %q", i, got, want)
		}
		if got := string(runes[in32[i].Begin:in32[i].End]); got != want {
			t.Errorf("in UTF-32 sentence %d is %q, want %q", i, got, want)
		}
	}
}

func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if kindOf(r) == textRune && unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

func onRune(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

func FuzzClean(f *testing.F) {
	for _, text := range []string{
		"",
		" date 2024-05-01 ASIA\nHarbour opens\nBy Jane Doe\n\nPORT ELLA, May 1 (Reuters) - The U.S. ship left. It sank!\n\nSOURCE:AA",
		"He said: \"Go.\" \"Why?\" she asked... No. 10 is 3.5 km off.He left",
		"今日は雨です。「行こう」と言った。明日は？",
		"zero\u200bwidth \u202eand\u202c soft\u00adhyphen \ufeff\u00a0x",
		"a\r\nb\rc\u2028d\u2029e\vf\fg\u0085h",
		"\xff\xfe broken \xe2\x82 bytes",
		"می\u200cخواهم. \u200dx",
	} {
		f.Add(text, "", false)
	}
	for i, p := range wirePieces(f) {
		if i%8 == 0 {
			f.Add(p.Text, "", false)
		}
	}
	f.Add("Q: Who? (LAUGHTER)\nA: We. [Applause]\nQ: Why (NOT FOR PUBLICATION: Ada, +1 212\n555 0147) so?\nA: So.", "", false)
	for _, m := range messages {
		f.Add(m.text, "", false)
	}
	for _, s := range subtitlePieces {
		f.Add(s.text, "", false)
	}
	f.Add("<div ", "", false) // a page that does not say so
	for _, text := range []string{
		"<p>One &amp; two.<p hidden>evil</p><p>Three<br>four</b></p>",
		"<html><head><title>A title - Site</title></head><body><article><h1>A</h1><p>B c d.</article>",
		"<div style='display:none'><p>x</div>y<!-- z --><script>if (a<b) {}</script>",
		"&nGg;&#0;&#x110000;&amp&lt;&notit;&zwj;<a <b c>&",
		"<pre>one\ntwo</pre><table><tr><td>a<td>b</table><svg><title>t</title></svg>",
	} {
		f.Add(text, "A title", true)
	}
	for _, script := range []string{
		`{"@type":"NewsArticle","headline":"A","articleBody":"` + strings.Repeat(`One \u00e9\ud83d\ude80\n two &amp; three. `, 9) + `"}`,
		`<![CDATA[[{"@graph":[{"articleBody":"` + strings.Repeat("<p>One <b>two.</b></p>", 12) + `"}]}]]>`,
		`{"liveBlogUpdate":[{"articleBody":"` + strings.Repeat("&lt;p&gt;One.&lt;/p&gt;", 12) + `"},{"articleBody":"\q\"}`,
	} {
		f.Add(`<script type="application/ld+json; a=b">`+script+`</script><h1><span>A</span><span>b</span></h1><p hidden>c&amp;#39;s</p>d`, "", true)
	}
	f.Fuzz(func(t *testing.T, text, title string, html bool) {
		src := Raw{Text: text, Title: title}
		if html {
			src.MediaType = MediaTypeHTML
		}
		d := Clean(src)
		checkInvariants(t, src, d)
		checkOffsets(t, src, d)
		if !html && !strings.ContainsAny(text, "&#") && !isPage(text) && readMessage(text) == nil && readSubtitles(text) == nil && utf8.ValidString(text) {
			checkWords(t, src, d)
		}
		if again := Clean(src); again.Text != d.Text || len(again.Sentences) != len(d.Sentences) {
			t.Error("two runs differ")
		}
	})
}
