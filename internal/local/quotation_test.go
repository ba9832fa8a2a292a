package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

func TestQuotation(t *testing.T) {
	for text, want := range map[string]struct {
		quoted int
		torn   bool
	}{
		"The port is open.":                     {0, false},
		`"We are glad," she said.`:              {13, false},
		`It was ignored for weeks," she said.`:  {11, true},
		`"We knew what we wanted.`:              {24, true},
		"Pasaron por delante», dijo Villalón.":  {0, true},
		"«Pasaron por delante», dijo Villalón.": {21, false},
	} {
		if quoted, torn := quotation(text); quoted != want.quoted || torn != want.torn {
			t.Errorf("%q: %d bytes quoted, torn %t; want %d, %t", text, quoted, torn, want.quoted, want.torn)
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
		source := article.Source{Text: string(text)}
		if strings.HasSuffix(file, ".html") {
			source.MediaType = article.MediaTypeHTML
		}
		document := article.Clean(source)
		for sentences := 1; sentences <= 5; sentences++ {
			reply := engine.Analyze(t.Context(), &summarizer.Task{
				Document: document,
				Summary:  &summarizer.SummaryTask{MaxSentences: sentences, Language: document.Language},
			})
			for _, sentence := range reply.Summary.Sentences {
				if _, torn := quotation(sentence.Text); torn {
					t.Errorf("%s: %s", filepath.Base(file), sentence.Text)
				}
			}
		}
	}
}
