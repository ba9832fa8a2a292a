package archive

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Documents that would keep the parser for minutes to hours are refused, and those
// that only look like them are read.
func TestMarkdownLimits(t *testing.T) {
	const size = 1<<20 - 1000
	repeat := func(pattern string) string { return strings.Repeat(pattern, size/len(pattern)) }
	growing := func(line func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteString(line(i))
		}
		return b.String()[:size]
	}
	refused := map[string]string{
		"quotations":         repeat(">"),
		"quotations apart":   repeat("> "),
		"lists":              repeat("- "),
		"numbered lists":     repeat("1. "),
		"lists by indents":   growing(func(i int) string { return strings.Repeat("  ", i) + "* a\n" }),
		"mixed":              repeat("> 1) + "),
		"emphasis":           repeat("*a_ "),
		"strong":             "a**b" + repeat("c* "),
		"links":              repeat("[a](b"),
		"brackets":           strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
		"brackets and more":  repeat("[ (]("),
		"definitions quoted": repeat("> [a]: b\n"),
		"short rows":         strings.Repeat("a|", 2000) + "\n" + strings.Repeat("-|", 2000) + repeat("\nb|")[:size-8001],
		"backquotes":         growing(func(i int) string { return "e" + strings.Repeat("`", i) }),
	}
	read := map[string]string{
		"blank lines in a list":      strings.Repeat("- ", 90) + "A story." + repeat("\n"),
		"paragraphs":                 repeat("A *story* of [the port](https://news.example) and `code`.\n\n"),
		"a list":                     repeat("- A *story* of [the port](https://news.example)\n"),
		"a table":                    "| port | story |\n|---|---|\n" + strings.Repeat("| Orvale | A story of the port and its ferries. |\n", 20_000),
		"one line":                   strings.Repeat("A story of the *port*, its ferries, its harbour master, its quays and a `storm`, ", 4000),
		"a rule":                     repeat("A story.\n\n" + strings.Repeat("*", 2000) + "\n\n"),
		"front matter without end":   "---\n" + strings.Repeat("[", 20_000) + "\n---\n\nA story.\n",
		"front matter of many lists": "---\na: " + strings.Repeat("- ", 20_000) + "\n---\n\nA story.\n",
	}
	for name, content := range refused {
		got := outcomes(t, []string{put(t, t.TempDir(), "in.md", []byte(content))}, Options{})
		if len(got) != 1 || got[0].Reason != RowInvalid || !strings.Contains(got[0].Message, "read it as text") {
			t.Errorf("%s: %.200v; want it to be refused", name, got)
		}
	}
	for name, content := range read {
		got := outcomes(t, []string{put(t, t.TempDir(), "in.md", []byte(content))}, Options{})
		if len(got) != 1 || got[0].Article == nil || !strings.Contains(strings.ReplaceAll(got[0].Article.HTML, "<em>", ""), "story") && !strings.Contains(got[0].Article.HTML, "A story") {
			t.Errorf("%s: %.200v; want an article", name, got)
		}
	}
}

// A document that no service would take is not parsed.
func TestMarkdownTooLong(t *testing.T) {
	text := strings.Repeat("A story. ", maxMarkdownBytes/9)
	for more, want := range map[int]ErrorReason{maxMarkdownBytes - len(text): "", maxMarkdownBytes - len(text) + 1: RowTooLarge} {
		got := outcomes(t, []string{put(t, t.TempDir(), "in.md", []byte(text+strings.Repeat("x", more)))}, Options{})
		if len(got) != 1 || got[0].Reason != want {
			t.Errorf("%d bytes: %.200v", len(text)+more, got)
		}
	}
}

// HTML in a document is a part of it.
func TestMarkdownKeepsHTML(t *testing.T) {
	const content = "# Port\n\n<div class=\"note\">The port <b>reopened</b>.</div>\n\nFerries <span>sail</span> again.\n\n<details>\n<summary>More</summary>\n\nThe *quay* is new.\n</details>\n"
	got := outcomes(t, []string{put(t, t.TempDir(), "in.md", []byte(content))}, Options{})
	if len(got) != 1 || got[0].Article == nil {
		t.Fatal(got)
	}
	for _, want := range []string{"The port <b>reopened</b>.", "<span>sail</span> again", "More", "<em>quay</em>"} {
		if !strings.Contains(got[0].Article.HTML, want) {
			t.Errorf("%q is not in %q", want, got[0].Article.HTML)
		}
	}
}

// Many blank lines mean no more than two.
func TestMarkdownBlankLines(t *testing.T) {
	for n := range 6 {
		content := fmt.Sprintf("One.%sTwo.\n", strings.Repeat("\n", n+2))
		got := outcomes(t, []string{put(t, t.TempDir(), "in.md", []byte(content))}, Options{})
		if len(got) != 1 || got[0].Article == nil || got[0].Article.HTML != "<p>One.</p>\n<p>Two.</p>\n" {
			t.Errorf("%d: %v", n, got)
		}
	}
}

// Tables of Markdown are tables of the page, and front matter has several forms.
func TestMarkdownForms(t *testing.T) {
	const body = "The ferry sails.\n\n| Port | Day |\n|------|-----|\n| Orvale | Monday |\n"
	for name, text := range map[string]string{
		"none":                body,
		"hyphens":             "---\ntitle: Ports\ndate: 2031-05-01\nlang: en\n---\n" + body,
		"dots":                "---\ntitle: Ports\ndate: 2031-05-01\nlang: en\n...\n" + body,
		"carriage returns":    "---\r\ntitle: Ports\r\ndate: 2031-05-01\r\nlang: en\r\n---\r\n" + body,
		"TOML":                "+++\ntitle = \"Ports\"\ndate = 2031-05-01\nlang = \"en\"\n+++\n" + body,
		"TOML with a time":    "+++\ntitle = \"Ports\"\ndate = 2031-05-01T00:00:00Z\nlang = \"en\"\n[extra]\nx = [1]\n+++\n" + body,
		"TOML without a zone": "+++\ntitle = \"Ports\"\ndate = 2031-05-01T00:00:00\nlang = \"en\"\n+++\n" + body,
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), "x.md", []byte(text))}, Options{})
		if len(got) != 1 || got[0].Article == nil {
			t.Fatalf("%s: %v", name, got)
		}
		a := got[0].Article
		if !strings.Contains(a.HTML, "<td>Orvale</td>") || strings.Contains(a.HTML, "title") || strings.Contains(a.HTML, "|") {
			t.Errorf("%s: %q", name, a.HTML)
		}
		if fields := a.Title + " " + a.Language + " " + a.Published.Format(time.DateOnly); name != "none" && fields != "Ports en 2031-05-01" {
			t.Errorf("%s: %q", name, fields)
		}
	}
	for _, text := range []string{"+++\nno toml\n+++\nText.\n", "---\n\tno: [yaml\n---\nText.\n", "+++\nnever ends\n", "---\n"} {
		if got := outcomes(t, []string{put(t, t.TempDir(), "x.md", []byte(text))}, Options{}); len(got) != 1 || got[0].Article == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
