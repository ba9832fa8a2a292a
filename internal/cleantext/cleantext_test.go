package cleantext

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/seed-59202292/summarizer/internal/archive"
)

const page = `<!doctype html><html><head><title>Ferry line reopens | The Skerry Post</title></head><body><article>
<h1>Ferry line reopens &amp; crowds cheer</h1>
<p>By <b>Ada Roe</b></p>
<p>The ferry between Lorn and Skerry sailed again on Friday, three weeks after the flood tore away the landing stage.</p>
<p>The harbour authority said the repair had cost two million crowns.</p>
</article></body></html>`

// entryOf returns the one article of a file.
func entryOf(t *testing.T, content string, format archive.Format) *archive.Entry {
	t.Helper()
	options := archive.Options{Format: format, Stdin: strings.NewReader(content)}
	for entry, err := range archive.Files([]string{archive.Stdin}, options) {
		if err != nil {
			t.Fatal(err)
		}
		return entry
	}
	t.Fatal("no article")
	return nil
}

func TestOf(t *testing.T) {
	begin := strings.Index(page, "By <b>")
	want := &CleanText{
		ID:    "-",
		Title: "Ferry line reopens & crowds cheer",
		Text: "The ferry between Lorn and Skerry sailed again on Friday, three weeks after the flood tore away the landing stage.\n\n" +
			"The harbour authority said the repair had cost two million crowns.",
		Language: "en",
		Removed:  []Removed{{Rule: "byline", Text: "By Ada Roe", Begin: begin, End: begin + len("By <b>Ada Roe")}},
		Warnings: []archive.SourceWarning{},
	}
	got := Of(entryOf(t, page, archive.FormatAuto))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}

	var line bytes.Buffer
	if err := got.WriteJSON(&line); err != nil {
		t.Fatal(err)
	}
	var again CleanText
	if err := json.Unmarshal(line.Bytes(), &again); err != nil || strings.Count(line.String(), "\n") != 1 || !cmp.Equal(&again, got) {
		t.Errorf("%q is not the article on one line: %v", line.String(), err)
	}

	var text bytes.Buffer
	if err := got.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	head, removed, _ := strings.Cut(text.String(), "\nremoved:\n")
	if !strings.HasPrefix(head, "-\ntitle: Ferry line reopens & crowds cheer\nlanguage: en\n\n") || !strings.Contains(head, "two million crowns.\n") {
		t.Errorf("text:\n%s", head)
	}
	if removed != "  byline        By Ada Roe\n" {
		t.Errorf("removed: %q", removed)
	}
}

func TestOfRow(t *testing.T) {
	got := Of(entryOf(t, `{"id":"row-7","title":"A title","text":"The ferry sailed again on Friday.","language":"en"}`, archive.FormatJSONL))
	want := &CleanText{ID: "row-7", Title: "A title", Text: "The ferry sailed again on Friday.", Language: "en", Removed: []Removed{}, Warnings: []archive.SourceWarning{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestGuessedEncoding reads a page whose encoding can only be guessed.
func TestGuessedEncoding(t *testing.T) {
	cyrillic, err := charmap.Windows1251.NewEncoder().String("<html><body><p>Паром снова вышел в море, и рейсы на остров возобновились в понедельник.</p></body></html>")
	if err != nil {
		t.Fatal(err)
	}
	got := Of(entryOf(t, cyrillic, archive.FormatAuto))
	if len(got.Warnings) != 1 || got.Warnings[0].Reason != "ENCODING_GUESSED" || !strings.HasPrefix(got.Text, "Паром снова") {
		t.Errorf("%+v", got)
	}
	var text bytes.Buffer
	if err := got.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	const want = "\nWarning: the source is not UTF-8 and declares no other encoding; it was read as windows-1251 (ENCODING_GUESSED)\n"
	if !strings.HasSuffix(text.String(), want) {
		t.Errorf("text:\n%s", text.String())
	}
}

// TestTerminal reads text that could steer a terminal.
func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	a := &CleanText{ID: "\x1b[2Ja", Title: "t\x1b]0;x\a", Text: "one\u009b31m\ntwo\u202e", Language: "en", Removed: []Removed{{Rule: "byline", Text: "By\r\n\x1b[1m Ada"}}}
	if err := a.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\a\u009b\r\u202e") {
		t.Errorf("control characters in %q", out.String())
	}
}

// Title leaves texts of one line alone; cleaning them would give none either.
func TestTitle(t *testing.T) {
	const story = "The ferry sailed again on Friday. The repair had cost two million crowns."
	for text, want := range map[string]string{
		story:                                             "",
		"Ferry line reopens":                              "",
		"Subject: Ferry line. " + story:                   "",
		"Ferry line reopens\n\n" + story:                  "Ferry line reopens",
		"Ferry line reopens\r\r" + story:                  "Ferry line reopens",
		"<h1>Ferry line reopens</h1><p>" + story + "</p>": "Ferry line reopens",
	} {
		entry := &archive.Entry{Text: text}
		if got := Title(entry); got != want || got != Of(entry).Title {
			t.Errorf("%q: title %q; want %q, as in %q", text, got, want, Of(entry).Title)
		}
	}
}
