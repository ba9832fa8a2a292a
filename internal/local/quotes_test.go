package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestQuotes(t *testing.T) {
	for text, want := range map[string]struct {
		quoted int
		torn   bool
	}{
		"The port is open.":                       {0, false},
		`"We are glad," she said.`:                {13, false},
		`It was ignored for weeks," she said.`:    {0, true},
		`"We knew what we wanted.`:                {24, true},
		`He calls it "a gift" and "a chance".`:    {16, false},
		`" We are glad , " she said .`:            {16, false},
		`He said ("not yet") that he would wait.`: {8, false},
		"“We are glad,” she said.":                {15, false},
		"Pasaron por delante», dijo Villalón.":    {0, true},
		"«Pasaron por delante», dijo Villalón.":   {21, false},
		"« Nous sommes prêts », a dit Mme Varga.": {22, false},
		"„Wir sind bereit“, sagte Varga.":         {18, false},
		"»Wir sind bereit«, sagte Varga.":         {17, false},
		"瓦尔加说：“我们准备好了。”":                          {24, false},
	} {
		if quoted, torn := new(quotes).read(text, 0); quoted != want.quoted || torn != want.torn {
			t.Errorf("%q: %d bytes quoted, torn %t; want %d, %t", text, quoted, torn, want.quoted, want.torn)
		}
	}
}

// A sentence in the middle of a quotation has no mark that shows it.
func TestQuotesGoOn(t *testing.T) {
	for _, tt := range []struct {
		name      string
		sentences []string // a slash begins a paragraph
		torn      string   // one letter for each
	}{
		{"closed", []string{`"We knew.`, "Nobody asked us.", `It was late," she said.`, "The port is shut."}, "yyyn"},
		{"said between", []string{`"We knew," she said, "and waited.`, `Nobody came," she said.`, "The port is shut."}, "yyn"},
		{"opened again", []string{`"We knew.`, "Nobody asked us.", `"It was late."`, "The port is shut."}, "yyyn"},
		{"a new paragraph", []string{`"We knew.`, "Nobody asked us.", "/The port is shut."}, "yyn"},
		{"never closed", []string{`"We knew.`, "A.", "B.", "C.", "D.", "E.", "The port is shut."}, "yyyyyyn"},
		{"a mark forgotten", []string{`"We knew.`, `The port is "shut" now.`, "Nobody came."}, "yyn"},
	} {
		var q quotes
		paragraph, got := 0, ""
		for _, text := range tt.sentences {
			if rest, found := strings.CutPrefix(text, "/"); found {
				text = rest
				paragraph++
			}
			if _, torn := q.read(text, paragraph); torn {
				got += "y"
			} else {
				got += "n"
			}
		}
		if got != tt.torn {
			t.Errorf("%s: torn %s, want %s", tt.name, got, tt.torn)
		}
	}
}

// No example summary shows half of a quotation as the reporter's own words.
func TestSummariesLeaveQuotationsWhole(t *testing.T) {
	files, err := filepath.Glob("../../examples/articles/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	engine := New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source := article.Raw{Text: string(text)}
		if strings.HasSuffix(file, ".html") {
			source.MediaType = article.MediaTypeHTML
		}
		document := article.Clean(source)
		for sentences := 1; sentences <= 5; sentences++ {
			reply := engine.Analyze(t.Context(), &summarizer.Task{
				Document: document,
				Summary:  &summarizer.SummaryTask{MaxSentences: sentences, Language: document.Language},
			})
			var q quotes
			for k, sentence := range reply.Summary.Sentences {
				if _, torn := q.read(sentence.Text, k); torn {
					t.Errorf("%s: %s", filepath.Base(file), sentence.Text)
				}
			}
		}
	}
}

// TestOpensQuotation checks single marks that a sentence opens and does not close.
func TestOpensQuotation(t *testing.T) {
	for text, want := range map[string]bool{
		"The writer said on the site: 'Ridiculous.":            true,
		"The writer said, ‘Ridiculous.":                        true,
		"The writer said: 'Ridiculous.'":                       false,
		"The writer said, 'Ridiculous', and left.":             false,
		"The boats' owners said: none of the sailors' is new.": false,
	} {
		if got := opensQuotation(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
