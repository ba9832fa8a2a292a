package grounding

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// minQuoteRunes is the minimum length of a quote that tells where it is from.
const minQuoteRunes = 8

// maxQuotes is the number of quotes that are looked up for one sentence or
// topic: more than is asked for, and a bound on the work.
const maxQuotes = 8

// Source is a text in which summaries are looked up. It is safe for concurrent use.
type Source struct {
	title     string
	dateline  string
	text      string
	sentences []article.Sentence
	language  string

	// The facts that are looked up, extracted once.
	facts  func() *facts
	folded func() folded

	relations sync.Once
	read      []sourceSentence
}

// NewSource returns the source that is text, in a language as a BCP-47 tag, under a
// title, which may be empty. Sentences are the sentences of text, in order and by their offsets
// in it.
func NewSource(title, text, language string, sentences []article.Sentence) *Source {
	s := &Source{title: title, text: text, sentences: sentences, language: language}
	s.facts = sync.OnceValue(func() *facts { return newFacts(s.language, s.title, s.dateline, s.text) })
	s.folded = sync.OnceValue(func() folded { return fold(s.text) })
	return s
}

// SourceOf returns the source that is text, a part of d with these sentences. It knows also the
// datelines that were cut from d: where and when the article was filed.
func SourceOf(d *article.Document, text string, sentences []article.Sentence) *Source {
	s := NewSource(d.Title, text, d.Language, sentences)
	for _, removal := range d.Removed {
		if removal.Rule == article.RuleDateline {
			s.dateline += removal.Text + "\n"
		}
	}
	return s
}

// Contains reports whether part stands in title or text, as it is written.
func (s *Source) Contains(part string) bool {
	return strings.Contains(s.text, part) || strings.Contains(s.title, part)
}

// cited returns the facts of the sentences that evidence stands in. Most claims stand
// where the model says that they do, and need no index of a whole article.
func (s *Source) cited(summary []Statement) *facts {
	var passages []string
	last := -1
	for _, sentence := range summary {
		for _, span := range sentence.Evidence {
			begin, end := s.sentencesAt(span)
			for i := begin; i < end; i++ {
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

// sentencesAt returns the range of the sentences that span stands in.
func (s *Source) sentencesAt(span article.Span) (begin, end int) {
	begin, _ = slices.BinarySearchFunc(s.sentences, span.Begin, func(a article.Sentence, at int) int { return cmp.Compare(a.End, at+1) })
	for end = begin; end < len(s.sentences) && s.sentences[end].Begin < span.End; end++ {
	}
	return begin, end
}

// Locate returns the spans of text that the first few quotes stand in, however they
// were typed, ordered and each once. Quotes that are not found are left out.
func (s *Source) Locate(quotes []string) []article.Span {
	var spans []article.Span
	for _, quote := range quotes[:min(len(quotes), maxQuotes)] {
		if span, ok := s.find(quote); ok && !slices.Contains(spans, span) {
			spans = append(spans, span)
		}
	}
	slices.SortFunc(spans, func(a, b article.Span) int { return a.Begin - b.Begin })
	return spans
}

// find returns where a quote stands.
func (s *Source) find(quote string) (article.Span, bool) {
	quote = strings.TrimSpace(strings.Trim(strings.TrimSpace(quote), `"“”…`))
	needle := fold(quote).text
	if utf8.RuneCountInString(needle) < minQuoteRunes {
		return article.Span{}, false
	}
	if i := strings.Index(s.text, quote); i >= 0 { // nearly always
		return article.Span{Begin: i, End: i + len(quote)}, true
	}
	shown := s.folded()
	i := strings.Index(shown.text, needle)
	if i < 0 {
		return article.Span{}, false
	}
	return article.Span{Begin: shown.origin(i), End: shown.origin(i + len(needle))}, true
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
	if r == '`' {
		return '\''
	}
	return article.FoldRune(r)
}
