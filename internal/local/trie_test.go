package local

import (
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// TestPhrasesAsWritten checks which words a phrase of one word finds, in a text
// with and without capitals.
func TestPhrasesAsWritten(t *testing.T) {
	topics, err := taxonomy.Parse("own.yaml", []byte(`topics:
  - id: own
    display_name: Own topic
    phrases:
      - text: "Jets; dating; voted; star; starring; Nato; Boeing; rowing club; fighting; UNESCO; WHO; Suns; sun; sailing; sail"
  - id: named
    display_name: Tariffs
`))
	if err != nil {
		t.Fatal(err)
	}
	x := newPhraseTrie(topics.Topics(), nil)
	found := func(text string) int {
		s := new(workspace)
		s.read(article.Clean(article.Raw{Text: text, LanguageCode: "en"}))
		s.search(x)
		return len(s.finding.touched)
	}
	for text, want := range map[string]int{
		"The Jets won on Sunday.":          1,
		"The Jet won on Sunday.":           0,
		"On Sunday a jet of water burst.":  0,
		"the jets won on sunday.":          1, // A text without capitals.
		"In Lorn they are dating.":         1,
		"In Lorn they dated for a year.":   1,
		"In Lorn they set a date.":         0,
		"In Lorn the datings differ.":      1,
		"In Lorn they fought for a year.":  1,
		"In Lorn they fight for a year.":   0,
		"In Lorn all were voting.":         1,
		"In Lorn the star was late.":       1,
		"In Lorn a film starred a dog.":    1,
		"In Lorn the NATO flag flew.":      1,
		"In Lorn the Nato flag flew.":      1,
		"In Lorn the unesco flag flew.":    1,
		"In Lorn the man who won slept.":   0,
		"In Lorn the WHO met.":             1,
		"In Lorn the sun was late.":        1, // Either of two phrases will do.
		"In Lorn the sail was torn.":       1,
		"In Lorn the Boeing was late.":     1,
		"In Lorn the row of clubs burned.": 0,
		"In Lorn the row club burned.":     1, // In a phrase of several, every form.
		"In Lorn the tariff was cut.":      1, // A name is no spelling.
	} {
		if got := found(text); got != want {
			t.Errorf("%q: %d phrases, want %d", text, got, want)
		}
	}
}

// TestIsCased checks that "I", an acronym and a slip are no sign of capitals.
func TestIsCased(t *testing.T) {
	for text, want := range map[string]bool{
		"The mayor of Lorn slept.":                                                       true,
		"The mayor slept. Nobody woke him. All was quiet.":                               false,
		"the mayor and I slept as NATO met.":                                             false,
		"the mayor slept and Lorn too. " + strings.Repeat("all was quiet in town. ", 12): false,
	} {
		s := new(workspace)
		s.read(article.Clean(article.Raw{Text: text, LanguageCode: "en"}))
		if got := s.isCased(); got != want {
			t.Errorf("%q: cased %t", text, got)
		}
	}
}

// TestEvidenceIsWords checks that evidence ends with the phrase, not behind the
// apostrophe.
func TestEvidenceIsWords(t *testing.T) {
	topics, err := taxonomy.Parse("own.yaml", []byte("topics:\n  - id: own\n    display_name: Own topic\n    phrases:\n      - text: rowing club\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := new(workspace)
	s.read(article.Clean(article.Raw{Text: "On Monday the rowing club’s boats burned.", LanguageCode: "en"}))
	x := newPhraseTrie(topics.Topics(), nil)
	s.search(x)
	if spans := s.finding.evidence(x, 0, s.tokens); len(spans) != 1 || s.doc.Slice(spans[0]) != "rowing club" {
		t.Errorf("evidence %v", spans)
	}
}

// TestCapitalsOfAList checks that a list which writes all its phrases with a capital
// asks for none.
func TestCapitalsOfAList(t *testing.T) {
	topics, err := taxonomy.Parse("own.yaml", []byte(`topics:
  - id: own
    display_name: Own topic
    phrases:
      - text: "Tariffs; Import duties; Quotas"
`))
	if err != nil {
		t.Fatal(err)
	}
	s := new(workspace)
	s.read(article.Clean(article.Raw{Text: "The tariff of Ostland was cut on Monday.", LanguageCode: "en"}))
	if s.search(newPhraseTrie(topics.Topics(), nil)); len(s.finding.touched) != 1 {
		t.Errorf("%d phrases found, want 1", len(s.finding.touched))
	}
}

// TestPhrasesSayMoreThanStopWords checks that no word which says nothing has the
// stem of a phrase of the default taxonomy: "part" that of "parted".
func TestPhrasesSayMoreThanStopWords(t *testing.T) {
	var l lexer
	for _, topic := range taxonomy.Default().Topics() {
		for _, p := range topic.Phrases {
			// The verb "show" is hidden by the phrases that it is part of.
			if tokens := l.append(nil, p.Text, 0); len(tokens) == 1 && tokens[0].kind&kindStop != 0 && p.Text != "show" {
				t.Errorf("%s: %q is found in every text", topic.ID, p.Text)
			}
		}
	}
}
