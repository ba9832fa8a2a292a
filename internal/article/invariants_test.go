package article

import (
	"strings"
	"testing"
	"unicode"
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
	for _, s := range d.Sentences {
		o := d.Original(s.Span)
		if got, want := lettersOf(d.Slice(s.Span)), lettersOf(src.Text[o.Begin:o.End]); got != want {
			t.Errorf("sentence has letters %q, its original %q", got, want)
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
	for _, text := range []string{
		"<p>One &amp; two.<p hidden>evil</p><p>Three<br>four</b></p>",
		"<html><head><title>A title - Site</title></head><body><article><h1>A</h1><p>B c d.</article>",
		"<div style='display:none'><p>x</div>y<!-- z --><script>if (a<b) {}</script>",
		"&nGg;&#0;&#x110000;&amp&lt;&notit;&zwj;<a <b c>&",
		"<pre>one\ntwo</pre><table><tr><td>a<td>b</table><svg><title>t</title></svg>",
	} {
		f.Add(text, "A title", true)
	}
	f.Fuzz(func(t *testing.T, text, title string, html bool) {
		src := Raw{Text: text, Title: title}
		if html {
			src.MediaType = MediaTypeHTML
		}
		d := Clean(src)
		checkInvariants(t, src, d)
		if !html && utf8.ValidString(text) {
			checkWords(t, src, d)
		}
		if again := Clean(src); again.Text != d.Text || len(again.Sentences) != len(d.Sentences) {
			t.Error("two runs differ")
		}
	})
}
