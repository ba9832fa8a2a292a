package llm

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// minQuoteRunes is the least length of a quote that tells where it is from.
const minQuoteRunes = 8

// maxQuotes is the number of quotes that are looked up for one sentence or
// topic: more than is asked for, and a bound on the work.
const maxQuotes = 8

// source is what a model was shown, with what is looked up in it. It may be shared.
type source struct {
	title     string
	text      string
	sentences []article.Sentence // of text, and perhaps of what follows it
	language  string
	notes     *digest // what was shown in the place of text; nil when text was

	// What is looked up, made once.
	facts  func() *facts
	folded func() folded
}

// newSource returns what an answer over v has to rest on: what was shown, or what
// the notes that were shown stand for.
func newSource(document *article.Document, v view) *source {
	s := &source{title: document.Title, text: v.text, sentences: document.Sentences, language: document.Language, notes: v.notes}
	if v.notes != nil {
		s.text = document.Text[:v.seen]
	}
	s.facts = sync.OnceValue(func() *facts { return newFacts(s.language, s.title, s.text) })
	s.folded = sync.OnceValue(func() folded { return fold(s.shown()) })
	return s
}

// shown is what quotes are from.
func (s *source) shown() string {
	if s.notes != nil {
		return s.notes.text
	}
	return s.text
}

// cited returns the facts of the sentences that evidence stands in. Most claims stand
// where the model says that they do, and need no index of a whole article.
func (s *source) cited(summary []summarizer.Sentence) *facts {
	var passages []string
	last := -1
	for _, sentence := range summary {
		for _, span := range sentence.Evidence {
			i, _ := slices.BinarySearchFunc(s.sentences, span.Begin, func(a article.Sentence, at int) int { return cmp.Compare(a.End, at+1) })
			for ; i < len(s.sentences) && s.sentences[i].Begin < span.End && s.sentences[i].End <= len(s.text); i++ {
				if i != last {
					passages = append(passages, s.text[s.sentences[i].Begin:s.sentences[i].End])
				}
				last = i
			}
		}
	}
	f := newFacts(s.language, passages...)
	f.partial = true
	return f
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
	quote = strings.TrimSpace(strings.Trim(strings.TrimSpace(quote), `"“”…`))
	needle := fold(quote).text
	if utf8.RuneCountInString(needle) < minQuoteRunes {
		return nil
	}
	var span article.Span
	if i := strings.Index(s.shown(), quote); i >= 0 { // nearly always
		span = article.Span{Begin: i, End: i + len(quote)}
	} else {
		shown := s.folded()
		if i = strings.Index(shown.text, needle); i < 0 {
			return nil
		}
		span = article.Span{Begin: shown.origin(i), End: shown.origin(i + len(needle))}
	}
	if s.notes != nil {
		return s.notes.evidence(span)
	}
	return []article.Span{span}
}

// folded is a text in the form that quotes are compared in.
type folded struct {
	text   string
	shifts []shift
}

// shift says that from the byte at on, what stands at i in the folded text stands
// at i+by in the text as it was.
type shift struct{ at, by int }

// origin returns the offset in the text as it was of the byte at i of f.
func (f folded) origin(i int) int {
	n, exact := slices.BinarySearchFunc(f.shifts, i, func(s shift, i int) int { return s.at - i })
	if exact {
		n++
	}
	if n == 0 {
		return i
	}
	return i + f.shifts[n-1].by
}

// fold lowers case, unifies quotation marks and dashes and makes each run of
// white space one space, so that a quote is found however it was typed.
func fold(text string) folded {
	var f folded
	var b strings.Builder
	b.Grow(len(text) + utf8.UTFMax)
	space, by := false, 0
	align := func(i int) { // what follows comes from i
		if i-b.Len() != by {
			by = i - b.Len()
			f.shifts = append(f.shifts, shift{b.Len(), by})
		}
	}
	for i, r := range text {
		if 'a' <= r && r <= 'z' { // nearly all are
			space = false
		} else if unicode.IsSpace(r) {
			if space {
				continue
			}
			r, space = ' ', true
		} else {
			r, space = foldRune(r), false
		}
		align(i)
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r)
		}
	}
	align(len(text))
	f.text = b.String()
	return f
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		if r == '`' {
			return '\''
		}
		return r
	}
	switch r {
	case '“', '”', '„', '«', '»', '‟':
		return '"'
	case '‘', '’', '‚', '‛', '´':
		return '\''
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return '-'
	}
	return unicode.ToLower(r)
}
