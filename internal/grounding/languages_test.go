package grounding

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

// languageCorpus holds invented articles in many languages; its head explains the form.
//
//go:embed testdata/languages.txt
var languageCorpus string

// TestGroundingLanguages holds the check to its purpose in each language: true sentences
// pass, false ones and opposites do not.
func TestGroundingLanguages(t *testing.T) {
	_, articles, _ := strings.Cut(languageCorpus, "\n= ")
	languages := 0
	for part := range strings.SplitSeq(articles, "\n= ") {
		language, rest, _ := strings.Cut(part, "\n")
		languages++
		var text strings.Builder
		var sentences []string
		for line := range strings.Lines(rest) {
			if line = strings.TrimSpace(line); len(line) > 2 && line[1] == ' ' && strings.ContainsRune("+-~", rune(line[0])) {
				sentences = append(sentences, line)
			} else {
				text.WriteString(line + "\n")
			}
		}
		source := strings.TrimSpace(text.String())
		var parts []article.Sentence
		from := 0
		for _, sentence := range article.SplitSentences(source) {
			begin := from + strings.Index(source[from:], sentence)
			from = begin + len(sentence)
			parts = append(parts, article.Sentence{Span: article.Span{Begin: begin, End: from}})
		}
		s := NewSource("", source, language, parts)
		t.Run(language, func(t *testing.T) {
			for _, line := range sentences {
				found := s.Check([]Statement{{Text: line[2:]}}, language)
				switch passed := found == (Finding{}); {
				case line[0] == '+' && !passed:
					t.Errorf("true, but refused for %s %q: %s", found.Unsupported, found.Words, line[2:])
				case line[0] == '-' && passed, line[0] == '~' && found.Unsupported != Opposite:
					t.Errorf("false, but found %s: %s", found.Unsupported, line[2:])
				}
			}
		})
	}
	if languages < 14 {
		t.Errorf("%d languages", languages)
	}
}
