package llm

import (
	"slices"
	"strings"
	"unicode"

	"github.com/seed-59202292/summarizer/internal/article"
)

// minQuoteRunes is the least length of a quote that tells where it is from.
const minQuoteRunes = 8

// maxQuotes is the number of quotes that are looked up for one sentence or
// topic: more than is asked for, and a bound on the work.
const maxQuotes = 8

// source is what a model was shown, made ready for look-ups. It serves one
// answer at a time.
type source struct {
	title    string
	text     string
	language string
	notes    *digest // what was shown in the place of text; nil when text was

	// folded is what was shown in the form that quotes are compared in; offsets holds, for
	// each of its bytes and its end, the offset in text. Both are made at the
	// first quote.
	folded  string
	offsets []int

	facts *facts // made at the first look-up
}

// newSource returns what an answer over v has to rest on: what was shown, or what
// the notes that were shown stand for.
func newSource(document *article.Document, v view) *source {
	s := &source{title: document.Title, text: v.text, language: document.Language, notes: v.notes}
	if v.notes != nil {
		s.text = document.Text[:v.seen]
	}
	return s
}

// lookup returns the facts of the source.
func (s *source) lookup() *facts {
	if s.facts == nil {
		s.facts = newFacts(s.language, s.title, s.text)
	}
	return s.facts
}

// locate returns the spans of text that the first few quotes stand in, ordered
// and each once. Quotes that are not found are left out.
func (s *source) locate(quotes []string) []article.Span {
	var spans []article.Span
	for _, quote := range quotes[:min(len(quotes), maxQuotes)] {
		for _, span := range s.find(quote) {
			if !slices.Contains(spans, span) {
				spans = append(spans, span)
			}
		}
	}
	slices.SortFunc(spans, func(a, b article.Span) int { return a.Begin - b.Begin })
	return spans
}

// find returns where a quote stands, or where the notes rest that it stands in.
func (s *source) find(quote string) []article.Span {
	needle, _ := fold(strings.Trim(strings.TrimSpace(quote), `"“”…`))
	needle = strings.TrimSpace(needle)
	if len([]rune(needle)) < minQuoteRunes {
		return nil
	}
	if s.offsets == nil {
		shown := s.text
		if s.notes != nil {
			shown = s.notes.text
		}
		s.folded, s.offsets = fold(shown)
	}
	i := strings.Index(s.folded, needle)
	if i < 0 {
		return nil
	}
	span := article.Span{Begin: s.offsets[i], End: s.offsets[i+len(needle)]}
	if s.notes != nil {
		return s.notes.evidence(span)
	}
	return []article.Span{span}
}

// fold lowers case, unifies quotation marks and dashes and makes each run of
// white space one space, so that a quote is found however it was typed. It
// returns the offset in text of each byte of the result and of its end.
func fold(text string) (string, []int) {
	var b strings.Builder
	b.Grow(len(text))
	offsets := make([]int, 0, len(text)+1)
	space := false
	for i, r := range text {
		if unicode.IsSpace(r) {
			if space {
				continue
			}
			r, space = ' ', true
		} else {
			r, space = foldRune(r), false
		}
		n, _ := b.WriteRune(r)
		for range n {
			offsets = append(offsets, i)
		}
	}
	return b.String(), append(offsets, len(text))
}

func foldRune(r rune) rune {
	switch r {
	case '“', '”', '„', '«', '»', '‟':
		return '"'
	case '‘', '’', '‚', '‛', '´', '`':
		return '\''
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return '-'
	}
	return unicode.ToLower(r)
}
