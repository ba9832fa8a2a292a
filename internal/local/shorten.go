package local

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// ellipsis marks a sentence that was cut.
const ellipsis = "…"

// shorten cuts the sentence at span so that its text with an ellipsis has at
// most limit code points, at the end of a clause where one ends late enough,
// else between words. It returns what is kept of the text, and the text.
func shorten(doc *article.Document, span article.Span, limit int) (article.Span, string) {
	text := doc.Slice(span)
	end := cutPoint(text, limit-1)
	return article.Span{Begin: span.Begin, End: span.Begin + end}, text[:end] + ellipsis
}

// cutPoint returns where to cut text so that at most limit code points are
// left: behind the last clause in the second half of them, else behind the last
// whole word, else behind the last code point.
func cutPoint(text string, limit int) int {
	end := byteOffset(text, limit)
	if c := lastClause(text, end); c > end/2 {
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

// clause returns the part of the sentence at span up to the last clause end
// within limit code points that leaves a statement, and all of it where it is not
// longer or has no such clause that is at least a third of the limit.
func clause(doc *article.Document, span article.Span, limit int) article.Span {
	text := doc.Slice(span)
	end := byteOffset(text, limit)
	if end == len(text) {
		return span
	}
	for c := lastClause(text, end); c > end/3; c = lastClause(text, c-1) {
		if !isEnglish(doc.Language) || isStatement(text[:c]) {
			return article.Span{Begin: span.Begin, End: span.Begin + c}
		}
	}
	return span
}

// isStatement reports whether the beginning of an English sentence says something
// by itself: it has a verb, and not only in a first clause that depends on what
// follows.
func isStatement(text string) bool {
	if first, _, _ := strings.Cut(text, " "); dependents[strings.ToLower(first)] {
		_, text, _ = strings.Cut(text, ", ")
	}
	for w := range strings.FieldsSeq(text) {
		w = strings.Trim(w, `.,;:!?"'“”‘’()`)
		if verbs[w] || len(w) > 4 && strings.HasSuffix(w, "ed") && !strings.Contains(w, "-") && 'a' <= w[0] && w[0] <= 'z' {
			return true
		}
	}
	return false
}

// dependents open a clause that depends on another one.
var dependents = wordSet(`if when while after before as although though since because despite with without until
	unless whether once during following in on at by for from to under amid among`)

// verbs are finite verbs that are frequent in news, besides those in "ed".
var verbs = wordSet(`is are was were has have had will would can could may might must should does did do
	said says told won lost hit found made took went came began became broke fell gave got held kept led left
	met paid put ran rose saw sent set shot wrote struck threw sold spent stood fled fought cut wants plans
	faces makes takes gives seeks calls warns claims believes denies urges becomes remains shows sees`)

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// lastClause returns the end of the last clause of text that ends at or before
// end: before a comma, semicolon, colon or dash that is followed by a space and
// not inside quotes, brackets or a pair of dashes. It returns 0 when there is none.
func lastClause(text string, end int) int {
	last, open, dashed := 0, 0, false
	for i, r := range text {
		if i > end {
			break
		}
		switch r {
		case '"':
			open ^= 1 << 16
		case '(', '[', '“', '«':
			open++
		case ')', ']', '”', '»':
			open = max(open-1, 0)
		case ',', ';', ':', '–', '—', '，', '；', '、':
			next := i + utf8.RuneLen(r)
			dash := r == '–' || r == '—'
			if open == 0 && (!dashed || dash) && (r > 0x3000 || next < len(text) && (text[next] == ' ' || text[next] == '\n')) {
				if !dashed {
					last = len(strings.TrimRightFunc(text[:i], unicode.IsSpace))
				}
				dashed = dashed != dash
			}
		case '-':
			if open == 0 && strings.HasPrefix(text[i:], "-- ") && strings.HasSuffix(text[:i], " ") {
				if !dashed {
					last = len(strings.TrimRightFunc(text[:i], unicode.IsSpace))
				}
				dashed = !dashed
			}
		}
	}
	return last
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
