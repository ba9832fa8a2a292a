package grounding

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

// groundingCorpus holds invented articles with true and false sentences about
// them; its head explains the form.
//
//go:embed testdata/grounding.txt
var groundingCorpus string

// corpusCase is one sentence about the article that facts are of.
type corpusCase struct {
	mark     byte // '+' true, '-' with one falsehood, '~' a false relation
	want     string
	text     string
	language string
	facts    *facts
	title    string
	source   string
}

// readCorpus reads the corpus.
func readCorpus(t *testing.T) []corpusCase {
	t.Helper()
	var cases []corpusCase
	for part := range strings.SplitSeq("\n"+groundingCorpus, "\n= ") {
		head, rest, _ := strings.Cut(part, "\n")
		language, title, ok := strings.Cut(head, " | ")
		if !ok {
			continue // the comment at the head
		}
		var text strings.Builder
		var found []corpusCase
		for line := range strings.Lines(rest) {
			if len(line) < 2 || line[1] != ' ' || !strings.ContainsRune("+-~", rune(line[0])) {
				text.WriteString(line)
				continue
			}
			c := corpusCase{mark: line[0], text: strings.TrimSpace(line[1:]), language: language}
			if c.mark != '+' {
				c.want, c.text, ok = strings.Cut(c.text, " | ")
				if !ok {
					t.Fatalf("the line %q has no verdict", line)
				}
			}
			found = append(found, c)
		}
		f := newFacts(language, title, strings.TrimSpace(text.String()))
		for _, c := range found {
			c.facts, c.title, c.source = f, title, strings.TrimSpace(text.String())
			cases = append(cases, c)
		}
	}
	return cases
}

// kinds names the claims as the corpus does.
var kinds = map[Claim]string{
	None: "none", Number: "number", Amount: "amount", Date: "date", Name: "name", Quotation: "quotation",
}

// TestGroundingCorpus holds grounding to what it is for: no planted falsehood
// passes, and hardly a true sentence is refused.
func TestGroundingCorpus(t *testing.T) {
	truths, refused, falsehoods, passed := 0, 0, 0, 0
	for _, c := range readCorpus(t) {
		got := kinds[c.facts.unsupported(c.text, lexemesOf(c.text), c.language, false)]
		switch c.mark {
		case '+':
			truths++
			if got != "none" {
				refused++
				t.Logf("true, but refused for a %s: %s", got, c.text)
			}
		case '-':
			falsehoods++
			if got == "none" {
				passed++
				t.Errorf("false in a %s, but passed: %s", c.want, c.text)
			} else if got != c.want {
				t.Errorf("false in a %s, but refused for a %s: %s", c.want, got, c.text)
			}
		}
	}
	t.Logf("%d of %d true sentences refused, %d of %d false ones passed", refused, truths, passed, falsehoods)
	if truths < 100 || falsehoods < 100 {
		t.Errorf("%d true and %d false sentences, want at least 100 of each", truths, falsehoods)
	}
	if refused*100 > truths*2 {
		t.Errorf("%d of %d true sentences refused, want at most 2 %%", refused, truths)
	}
}

// TestGroundingRelations states what becomes of sentences whose parts are all in
// the article while the relation between them is false.
func TestGroundingRelations(t *testing.T) {
	for _, c := range readCorpus(t) {
		if c.mark != '~' {
			continue
		}
		got := c.facts.unsupported(c.text, lexemesOf(c.text), c.language, false)
		if caught := got != None; caught != (c.want == "caught") {
			t.Errorf("%s: %s is unsupported, the corpus says that it is %s", c.text, got, c.want)
		}
	}
}

// TestPassagesSupportNoMore checks that what some sentences of an article support,
// the whole article does: a Claim that is found in what a model cites is true of all.
func TestPassagesSupportNoMore(t *testing.T) {
	supported := 0
	for _, c := range readCorpus(t) {
		document := article.Clean(article.Raw{Text: c.source, LanguageCode: c.language})
		source := NewSource(document.Title, document.Text, document.Language, document.Sentences)
		whole := newFacts(document.Language, document.Text).unsupported(c.text, lexemesOf(c.text), c.language, false)
		for i := range document.Sentences {
			for j := i; j < len(document.Sentences); j++ {
				cited := source.cited([]Statement{
					{Evidence: []article.Span{document.Sentences[i].Span}},
					{Evidence: []article.Span{document.Sentences[j].Span}},
				})
				if cited.unsupported(c.text, lexemesOf(c.text), c.language, false) != None {
					continue
				}
				supported++
				if whole != None {
					t.Errorf("%q has %s that only sentences %d and %d support", c.text, whole, i, j)
				}
			}
		}
	}
	if supported < 1000 {
		t.Errorf("%d pairs of sentences support a Claim", supported)
	}
}

// TestTruthIsNoOpposite checks that no true sentence is taken for the opposite of the
// article, and that some false relations are.
func TestTruthIsNoOpposite(t *testing.T) {
	opposites := 0
	for _, c := range readCorpus(t) {
		document := article.Clean(article.Raw{Title: c.title, Text: c.source, LanguageCode: c.language})
		source := NewSource(document.Title, document.Text, document.Language, document.Sentences)
		found := source.Check([]Statement{{Text: c.text}}, c.language)
		if found.Unsupported != Opposite {
			continue
		}
		opposites++
		if c.mark == '+' {
			t.Errorf("true, but refused as the opposite for %q: %s", found.Words, c.text)
		}
	}
	if opposites < 5 {
		t.Errorf("%d opposites are found", opposites)
	}
}
