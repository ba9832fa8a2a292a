package local

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local/morphology"
)

// ellipsis marks a sentence that was cut.
const ellipsis = "…"

// shorten cuts the sentence at span so that its text with an ellipsis has at
// most limit code points, at the end of a clause where one ends late enough,
// else between words. It returns what is kept of the text, and the text.
func shorten(doc *article.Document, span article.Span, limit int) (article.Span, string) {
	text := doc.Slice(span)
	end := cutPoint(morphology.Of(article.BaseLanguage(doc.Language)), text, limit-1)
	return article.Span{Begin: span.Begin, End: span.Begin + end}, text[:end] + ellipsis
}

// cutPoint returns where to cut text so that at most limit code points are
// left: behind the last clause in the second half of them, else behind the last
// whole word, else behind the last code point. In a language whose words are known the
// clause must be a statement.
func cutPoint(language *morphology.Language, text string, limit int) int {
	end := byteOffset(text, limit)
	if c := lastClause(text, end); c > end/2 && (language == nil || isCompleteIn(language, text[:c], text[c:])) {
		return c
	}
	for i := end; i > 0; {
		r, size := utf8.DecodeLastRuneInString(text[:i])
		if unicode.IsSpace(r) {
			if kept := len(strings.TrimRightFunc(text[:i], isJoint)); kept > 0 {
				return kept
			}
		}
		i -= size
	}
	return end
}

// isJoint reports whether r may not stand before an ellipsis.
func isJoint(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:–—-(\"“", r) }

// byteOffset returns the offset behind the first n code points of text.
func byteOffset(text string, n int) int {
	if n <= 0 {
		return 0
	}
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}
