package article

import (
	"strings"
	"testing"
)

// Rules for regions never take all the prose of a page.
func TestProseOfAPageIsNotLeftOut(t *testing.T) {
	const first = "The council of Lorn voted on Monday to close the old harbour for a year while its walls are rebuilt."
	const second = "Fishermen said that nobody had told them where their boats should lie until the work is done."
	block := func(class, text string) string {
		return `<div class="` + class + `"><p>` + text + ` <a href="/r">See the report of the council</a></p></div>`
	}
	repeat := func(class string) string {
		return strings.Repeat(block(class, first)+block(class, second), 2)
	}
	for name, page := range map[string]string{
		"questions":   "<main><h1>Harbour closes</h1>" + repeat("qa") + "</main>",
		"text blocks": "<div><h1>Harbour closes</h1>" + repeat("text-block") + "</div>",
		"names":       "<div><h1>Harbour closes</h1>" + strings.ReplaceAll(repeat("body-ad"), ` <a href="/r">See the report of the council</a>`, "") + "</div>",
	} {
		t.Run(name, func(t *testing.T) {
			doc := Clean(rawHTML("<html><body>" + page + "</body></html>"))
			for _, want := range []string{first, second} {
				if !strings.Contains(doc.Text, want) {
					t.Errorf("the text is %q, without %q", doc.Text, want)
				}
			}
		})
	}
}
