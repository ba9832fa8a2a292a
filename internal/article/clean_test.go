package article

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Prose to put around what a test is about.
const (
	prose1 = "The harbour of Port Ella opened again on Tuesday after a storm had closed it for two days."
	prose2 = "Ferries left with three hundred people on board, and the fish market sold out within an hour."
	prose3 = "Repairs to the northern pier will last until the end of the year, its owner said."
)

// paragraphs returns the paragraphs of d, each after the mark of its role.
func paragraphs(d *Document) []string {
	var out []string
	paragraph := -1
	for _, s := range d.Sentences {
		text := d.Slice(s.Span)
		if s.Paragraph == paragraph {
			out[len(out)-1] += " " + text
			continue
		}
		paragraph = s.Paragraph
		out = append(out, [...]string{"", "# ", "> ", "## "}[s.Role]+text)
	}
	return out
}

func TestAgencyArticle(t *testing.T) {
	src := Raw{Text: agencyArticle}
	d := Clean(src)
	checkInvariants(t, src, d)
	if want := agencySentences[0].text; d.Title != want {
		t.Errorf("Title = %q, want %q", d.Title, want)
	}
	if d.Language != "en" {
		t.Errorf("Language = %q, want en", d.Language)
	}
	if d.RemovedBytes < 200 || d.RemovedBytes > 300 {
		t.Errorf("RemovedBytes = %d, want those of header, caption, date, two subheads and source", d.RemovedBytes)
	}
	for i, s := range d.Sentences {
		if i >= len(agencySentences) {
			t.Fatalf("sentence too many: %q", d.Slice(s.Span))
		}
		want := agencySentences[i]
		if got := d.Slice(s.Span); got != want.text || s.Role != want.role {
			t.Errorf("sentence %d = role %d %q, want role %d %q", i, s.Role, got, want.role, want.text)
		}
		if o := d.Original(s.Span); src.Text[o.Begin:o.End] != want.text {
			t.Errorf("original of sentence %d = %q, want %q", i, src.Text[o.Begin:o.End], want.text)
		}
	}
	if len(d.Sentences) != len(agencySentences) {
		t.Errorf("got %d sentences, want %d", len(d.Sentences), len(agencySentences))
	}
}

// TestSampleArticle reads a real article where the shared data is at hand.
func TestSampleArticle(t *testing.T) {
	text, err := os.ReadFile("../../../shared/quality/sample-article.txt")
	if err != nil {
		t.Skip("the shared sample article is not here: ", err)
	}
	src := Raw{Text: string(text)}
	d := Clean(src)
	checkInvariants(t, src, d)
	roles := map[Role]int{}
	for _, s := range d.Sentences {
		roles[s.Role]++
		if got := d.Slice(s.Span); !EndsSentence(got) && s.Role == RoleBody {
			t.Errorf("body sentence without an end: %q", got)
		}
	}
	if want := (map[Role]int{RoleHeadline: 1, RoleStandfirst: 1, RoleBody: 13}); !cmp.Equal(roles, want) {
		t.Errorf("sentences by role = %v, want %v", roles, want)
	}
}

// TestBoilerplateLines puts one line between two paragraphs, and below them.
func TestBoilerplateLines(t *testing.T) {
	for _, line := range []string{
		"By Jane Doe", "By JANE DOE, Associated Press", "By Jane Doe and John van der Roe | Reuters", "By AFP",
		"September 26, 2023", "Tuesday, 26 September 2023", "2023-09-26", "26/09/2023 14:05", "Published 10:32 GMT",
		"Last updated: Sept. 26, 2023, 10:32 a.m. EDT", "2 hours ago", "5 min read", "2023年9月26日",
		"Photo: Jane Doe", "File photo", "FILE PHOTO: Ships in the harbour, May 3. REUTERS/Jane Doe/File Photo",
		"Ships wait outside the harbour. (AFP/Getty Images)", "Ships wait outside the harbour [Jane Doe/Reuters]",
		"Ada Roe, left, and Bo Doe shake hands in Port Ella / AFP", "Ships wait. Photograph: Jane Doe/The Coast",
		"BY JANE DOE AT THE CENTRAL STADIUM", "A ship waits at the pier. (Jane Doe/Coastwire)", "A ship waits. HANDOUT/Coast Guard",
		"— Reporting by Ada Vea; editing by Bo Doe", "Recommended: Why ships sink", "($1 = 0.8714 euros)", "Follow us for more updates from the coast",
		"SOURCE:AA", "Source: TRTWorld and agencies", "Source: Reuters",
		"Reporting by Jane Doe in Port Ella; Editing by John Roe", "(Additional reporting by Ada Vea)",
		"Read more: Ten storms that changed us", "READ ALSO: Ten storms that changed us", "Related: Storm kills two",
		"Follow us on Twitter @coast", "Follow Jane Doe on Instagram", "Subscribe to our newsletter.",
		"Share this", "Click here to see the pictures.", "(c) 2023 The Coast Daily", "© 2023 The Coast Daily. All rights reserved.",
		"Copyright 2023 The Coast Daily", "All rights reserved", "ADVERTISEMENT", "Advertisement", "* * *", "---",
		"https://t.co/abcdef", "jane.doe@example.com", "Tags: harbour, storm", "Leer más: El puerto reabre",
		"Media playback is not supported on this device", "Image caption Ships in the harbour",
	} {
		for _, text := range []string{
			prose1 + "\n\n" + line + "\n\n" + prose2,
			prose1 + "\n" + prose2 + "\n" + line,
			line + "\n\n" + prose1 + "\n\n" + prose2,
		} {
			if diff := cmp.Diff([]string{prose1, prose2}, paragraphs(Clean(Raw{Text: text}))); diff != "" {
				t.Errorf("%q (-want +got):\n%s", text, diff)
			}
		}
	}
}

// TestProseLines puts lines that look like boilerplate, but are not, between
// two paragraphs.
func TestProseLines(t *testing.T) {
	for _, line := range []string{
		"By noon the water had reached the second floor of the market.",
		"By Jane Doe's own account, nobody had been on watch.",
		"Follow us, the pilot told them, and they did.",
		"Reporting by local radio stations suggests that the pier is lost.",
		"Source: that is what the islanders call the spring, and they drink from it every day of the year.",
		"Share this secret with nobody, she told the crew before they left.",
		"In September 2023 the pier was closed for two weeks.",
		"He left on September 26, 2023.",
		"Read more books, the harbour master told the boys.",
		"\"We never saw it coming\"",
		"- the northern pier",
		"Port Ella 2-1 Apia, Samoa 3-0 Tonga",
		"Photographs of the pier went round the world.",
		"The harbour is at www.example.com today.",
		"The mayor, who is 45, left the room (and came back).",
		"Then came the flood, and after it",
	} {
		text := prose1 + "\n\n" + line + "\n\n" + prose2
		if diff := cmp.Diff([]string{prose1, line, prose2}, paragraphs(Clean(Raw{Text: text}))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestDatelines(t *testing.T) {
	for _, dateline := range []string{
		"NAIROBI, Sept 26 (Reuters) - ", "(CNN) -- ", "(CNN)", "(CNN) ", "LONDON (AP) — ", "LONDON -- ", "LONDON — ",
		"NAIROBI, Kenya (AP) -- ", "NAIROBI, Kenya, Sept. 26 – ", "Nairobi (AFP) - ", "Hong Kong (CNN)", "Lausanne, Switzerland (CNN) ", "Los Angeles (CNN)", "El Puerto, Costa Alta (CNN)",
		"NEW YORK, Oct. 3, 2023 /PRNewswire/ -- ", "BEIJING, Sept. 26 (Xinhua) -- ", "WASHINGTON/NEW YORK (Reuters) - ",
		"ST. LOUIS (AP) - ", "(The Coast Reporter)", "PORT ELLA, Nov 17: ", "Reuters - ", "RIO DE JANEIRO, Brazil - ",
	} {
		for _, body := range []string{prose1, `"It was a long night," said Ada Roe, who runs the harbour.`} {
			src := Raw{Text: "Harbour opens again after storm\n\n" + dateline + body + "\n\n" + prose2}
			d := Clean(src)
			checkInvariants(t, src, d)
			want := []string{"# Harbour opens again after storm", body, prose2}
			if diff := cmp.Diff(want, paragraphs(d)); diff != "" {
				t.Errorf("dateline %q (-want +got):\n%s", dateline, diff)
			}
		}
	}
	for _, text := range []string{
		"NATO - the alliance of the north - said on Monday that it would not take part in the search.",
		"Cable News Network (CNN) said on Monday that it would not take part in the search.",
		"However, Ada Roe - the mayor of Port Ella - said on Monday that she would not take part.",
		"Ada Roe (Labour) - who won the seat in May - said on Monday that she would not take part.",
		"FOOTBALL: Port Ella won the cup on Monday, for the first time in a hundred years.",
		"Associated Press (AP) President Ada Roe said on Monday that she would not take part.",
	} {
		if got := paragraphs(Clean(Raw{Text: text})); !slices.Equal(got, []string{text}) {
			t.Errorf("%q was cut to %q", text, got)
		}
	}
}

func TestDatelineBelowHeadlineOnOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"Harbour Opens After Storm. PORT ELLA (Reuters) - " + prose1: "Harbour Opens After Storm. " + prose1,
		"Harbour Opens After Storm (AP). AP - " + prose1:             "Harbour Opens After Storm (AP). " + prose1,
		"U.S. Harbour Opens Again. ST. LOUIS - " + prose1:            "U.S. Harbour Opens Again. " + prose1,
	} {
		src := Raw{Text: text}
		d := Clean(src)
		checkInvariants(t, src, d)
		if d.Text != want {
			t.Errorf("Clean(%q).Text = %q, want %q", text, d.Text, want)
		}
	}
}

func TestLead(t *testing.T) {
	tests := []struct {
		name, title, text string
		want              []string
	}{
		{"headline only", "", "Harbour opens again\n\n" + prose1 + "\n" + prose2, []string{"# Harbour opens again", prose1, prose2}},
		{"prose only", "", prose1 + "\n\n" + prose2, []string{prose1, prose2}},
		{"prose only, title given", "Harbour opens", prose1 + "\n\n" + prose2, []string{prose1, prose2}},
		{"headline repeated", "Harbour opens again.", "Harbour opens again.\n\n" + prose1, []string{"# Harbour opens again.", prose1}},
		{"question", "", "Who will pay for the pier?\n\n" + prose1 + "\n\n" + prose2, []string{"# Who will pay for the pier?", prose1, prose2}},
		{"section above", "", "World | Africa\nHarbour opens again\n" + prose1, []string{"# Harbour opens again", prose1}},
		{
			"standfirst above byline", "", "Harbour opens again\n\n" + prose3 + "\n\nBy Jane Doe\n\n" + prose1 + "\n\n" + prose2,
			[]string{"# Harbour opens again", "> " + prose3, prose1, prose2},
		},
		{"author and place", "", "Harbour opens again\nJane Doe in Nairobi\n" + prose1, []string{"# Harbour opens again", prose1}},
		{"place and date", "", "Harbour opens again\nNAIROBI, Kenya, Sept. 26, 2023\n" + prose1, []string{"# Harbour opens again", prose1}},
		{"author and agency", "", "Harbour opens again\nJane Doe, Reuters\n" + prose1, []string{"# Harbour opens again", prose1}},
		{
			"caption with agency", "", "Harbour opens again\nShips wait outside the harbour of Port Ella on Monday. (AFP)\n\n" + prose1 + "\n\n" + prose2,
			[]string{"# Harbour opens again", prose1, prose2},
		},
		{
			"caption with places", "", "Harbour opens again\n\nAda Roe (L) and Bo Doe shake hands in Port Ella on Monday.\n\n" + prose1,
			[]string{"# Harbour opens again", prose1},
		},
		{
			"key points", "", "Harbour opens again\n\n * Ferries leave on Tuesday\n * Pier lost in the storm\n * Repairs cost $3.5 mln\n\n" + prose1,
			[]string{"# Harbour opens again", "> Ferries leave on Tuesday", "> Pier lost in the storm", "> Repairs cost $3.5 mln", prose1},
		},
		{"author as headline", "", "Ada Roe in Nairobi\n\n" + prose1, []string{"# Ada Roe in Nairobi", prose1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := Raw{Title: tt.title, Text: tt.text}
			d := Clean(src)
			checkInvariants(t, src, d)
			if diff := cmp.Diff(tt.want, paragraphs(d)); diff != "" {
				t.Errorf("paragraphs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSubheads(t *testing.T) {
	text := "Harbour opens again\n\n" + prose1 + "\n\nStrategic alliance\n\n" + prose2 + "\nWhat comes next\n" + prose3
	want := []string{"# Harbour opens again", prose1, prose2, prose3}
	if diff := cmp.Diff(want, paragraphs(Clean(Raw{Text: text}))); diff != "" {
		t.Errorf("paragraphs (-want +got):\n%s", diff)
	}
}

func TestShortTextsAreKept(t *testing.T) {
	for _, text := range []string{
		"The tide comes in\nand takes the pier\nand leaves the posts\nfor us to find",
		"Milk\n\nBread\n\nTwo pounds of plums",
		"Harbour opens",
		"Harbour opens again after storm\nMayor thanks crews",
		"Kenya signs deal.",
		"World\nSport\nBusiness",
		"Roe 4-6 6-2 7-5 Doe\nVea 6-1 6-1 Tuala",
	} {
		var want []string
		for line := range strings.SplitSeq(text, "\n") {
			if line != "" {
				want = append(want, line)
			}
		}
		if diff := cmp.Diff(want, paragraphs(Clean(Raw{Text: text}))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestNothingLeft(t *testing.T) {
	for _, text := range []string{"", "  \n\t ", "123 456", "(c) 2023 The Coast. All rights reserved.\nADVERTISEMENT", "\u200b\u202e", "* * *"} {
		d := Clean(Raw{Text: text})
		if d.HasLetters() {
			t.Errorf("Clean(%q) has letters: %q", text, d.Text)
		}
		if d.Language != Undetermined {
			t.Errorf("Clean(%q).Language = %q, want und", text, d.Language)
		}
	}
	// What only might be boilerplate stays where nothing else is.
	if d := Clean(Raw{Text: "Ships wait outside the harbour / AFP"}); !d.HasLetters() {
		t.Error("a lone caption vanished")
	}
}

func TestSignOffInOneParagraph(t *testing.T) {
	text := prose1 + " " + prose2 + " Jane Doe reported from Apia. CNN's Ada Roe and Bo Vea contributed to this report. © 2031 The Coast. All rights reserved."
	d := Clean(Raw{Text: text})
	if want := prose1 + " " + prose2; d.Text != want {
		t.Errorf("Text = %q, want %q", d.Text, want)
	}
	if want := len(text) - len(d.Text) - len("    ") + len(" "); d.RemovedBytes < want-8 {
		t.Errorf("RemovedBytes = %d, want about %d", d.RemovedBytes, want)
	}
}

func TestWrappedText(t *testing.T) {
	wrapped := "Harbour opens again\n\n" +
		"The harbour of Port Ella opened again on Tuesday after a storm had\n" +
		"closed it for two days. Ferries left with three hundred people on\n" +
		"board, and the fish market sold out within an hour. The well-\n" +
		"known northern pier is lost.\n\n" +
		"Repairs will last until the end of the year, the owner of the pier\n" +
		"said. Nobody was hurt.\n"
	want := []string{
		"# Harbour opens again",
		"The harbour of Port Ella opened again on Tuesday after a storm had closed it for two days. Ferries left with three " +
			"hundred people on board, and the fish market sold out within an hour. The well-known northern pier is lost.",
		"Repairs will last until the end of the year, the owner of the pier said. Nobody was hurt.",
	}
	for _, text := range []string{wrapped, strings.ReplaceAll(wrapped, "\n", "\r\n")} {
		src := Raw{Text: text}
		d := Clean(src)
		checkInvariants(t, src, d)
		if diff := cmp.Diff(want, paragraphs(d)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		for _, s := range d.Sentences {
			o := d.Original(s.Span)
			if got := strings.Join(strings.Fields(src.Text[o.Begin:o.End]), " "); strings.ReplaceAll(got, "- ", "-") != d.Slice(s.Span) {
				t.Errorf("original %q of %q", got, d.Slice(s.Span))
			}
		}
	}

	agency := prose1 + "\n" + prose2 + "\n" + prose3 + "\n" + prose1
	if diff := cmp.Diff([]string{prose1, prose2, prose3, prose1}, paragraphs(Clean(Raw{Text: agency}))); diff != "" {
		t.Errorf("one paragraph a line (-want +got):\n%s", diff)
	}
	chinese := "港务局周二表示，新码头将在春季启用，此前工程历时两年，并因费用问题\n引发争议。市长说，渡轮将从周三起每两小时一班，鱼市也将在周五重新开\n放。修缮工程将持续到年底。"
	if got := Clean(Raw{Text: chinese}).Text; got != strings.ReplaceAll(chinese, "\n", "") {
		t.Errorf("wrapped Chinese = %q", got)
	}
}

func TestTornParagraph(t *testing.T) {
	text := prose1 + "\n\nOn Tuesday, Ada Roe\n\nsaid that she would rebuild the northern pier within a year.\n\n" + prose2
	want := []string{prose1, "On Tuesday, Ada Roe said that she would rebuild the northern pier within a year.", prose2}
	if diff := cmp.Diff(want, paragraphs(Clean(Raw{Text: text}))); diff != "" {
		t.Errorf("paragraphs (-want +got):\n%s", diff)
	}
}

func TestInvisibleCharacters(t *testing.T) {
	src := Raw{Text: "\ufeffThe har\u00adbour\u200b of\u00a0Port \u202eElla\u202c opened\t again\u3000on \u2066Tues\x00day\u2069."}
	d := Clean(src)
	checkInvariants(t, src, d)
	if want := "The harbour of Port Ella opened again on Tuesday."; d.Text != want {
		t.Errorf("Text = %q, want %q", d.Text, want)
	}
	if o := d.Original(Span{0, len(d.Text)}); src.Text[o.Begin:o.End] != strings.TrimPrefix(src.Text, "\ufeff") {
		t.Errorf("original = %q", src.Text[o.Begin:o.End])
	}
	// Joiners carry meaning in Persian and in emoji.
	persian := "او می\u200cخواهد برود. 👩\u200d🚀"
	if got := Clean(Raw{Text: persian}).Text; got != persian {
		t.Errorf("Text = %q, want %q", got, persian)
	}
}

func TestTitle(t *testing.T) {
	tests := []struct {
		name string
		src  Raw
		want string
	}{
		{"given", Raw{Title: " Harbour\u00a0opens\n again\u200b ", Text: prose1}, "Harbour opens again"},
		{"leads the text", Raw{Text: "Harbour opens\n\n" + prose1}, "Harbour opens"},
		{"none", Raw{Text: prose1}, ""},
		{"h1 in the article", Raw{MediaType: MediaTypeHTML, Text: "<title>Other | Site</title><article><h1>Harbour <i>opens</i></h1><p>" + prose1 + "</article>"}, "Harbour opens"},
		{"h1 in the page header", Raw{MediaType: MediaTypeHTML, Text: "<header><h1>Harbour opens</h1></header><p>" + prose1}, "Harbour opens"},
		{"title element", Raw{MediaType: MediaTypeHTML, Text: "<head><title>Harbour opens &amp; closes again - The Coast</title></head><p>" + prose1}, "Harbour opens & closes again"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.src).Title; got != tt.want {
				t.Errorf("Title = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGivenLanguage(t *testing.T) {
	if got := Clean(Raw{Text: prose1, LanguageCode: "pt-BR"}).Language; got != "pt-BR" {
		t.Errorf("Language = %q, want the one given", got)
	}
}

// TestOneLine holds the quick look at a text that is one line to the rule.
func TestPrintable(t *testing.T) {
	if got, want := Printable("red \x1b[31mred\x07, right \u202eleft\u202c, \u00e9\u0085 \u6f22"), "red [31mred, right left, \u00e9 \u6f22"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOneLine(t *testing.T) {
	pieces := []string{"a", "B.", " ", "  ", "\n", "\t", "\u00a0", "é", "漢", "~"}
	random := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		var b strings.Builder
		for range random.IntN(7) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		if got, want := OneLine(b.String()), strings.Join(strings.Fields(b.String()), " "); got != want {
			t.Fatalf("OneLine(%q) = %q, want %q", b.String(), got, want)
		}
	}
}

func BenchmarkOneLine(b *testing.B) {
	const text = "International treaties and their ratification, accession and withdrawal from them."
	for name, fold := range map[string]func() string{
		"quick":    func() string { return OneLine(text) },
		"thorough": func() string { return strings.Join(strings.Fields(text), " ") },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fold()
			}
		})
	}
}
