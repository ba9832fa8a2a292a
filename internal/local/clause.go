package local

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

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
		if !isEnglish(doc.Language) || isStatement(text[:c]) && !isOpen(text[:c], text[c:]) {
			return article.Span{Begin: span.Begin, End: span.Begin + c}
		}
	}
	return span
}

// isStatement reports whether the beginning of an English sentence says something
// by itself: it has a verb, and not only in a first clause that depends on what
// follows or in one that tells who somebody is.
func isStatement(text string) bool {
	if opensOnDependent(text) || opensOnTime(text) {
		_, text, _ = strings.Cut(text, ", ")
	}
	for part := range strings.SplitSeq(text, ", ") {
		if first, _, _ := strings.Cut(part, " "); !relatives[first] && hasVerb(part) {
			return true
		}
	}
	return false
}

// opensOnDependent reports whether text begins with a clause such as "Just when he
// had left".
func opensOnDependent(text string) bool {
	first, rest, _ := strings.Cut(strings.ToLower(text[:min(len(text), 40)]), " ")
	if first == "just" || first == "even" || first == "only" {
		first, _, _ = strings.Cut(rest, " ")
	}
	return dependents[first]
}

var relatives = wordSet("who whom whose which where when")

// opensOnTime reports whether text begins with a time before or after something
// else, as in "Almost two years after he had left".
func opensOnTime(text string) bool {
	if strings.HasPrefix(text, "The ") {
		return false // "The weeks after the flood were dry."
	}
	rest := text
	for range maxTimeWords {
		var word string
		if word, rest, _ = strings.Cut(rest, " "); timeUnits[word] {
			next, _, _ := strings.Cut(rest, " ")
			return next == "after" || next == "before" || next == "since"
		}
	}
	return false
}

// maxTimeWords is the length of a time such as "A little over two years".
const maxTimeWords = 5

var timeUnits = wordSet("minute minutes hour hours day days week weeks month months year years decade decades")

// isOpen reports whether the beginning of an English sentence waits for rest, the
// comma or colon behind it and what follows: for a verb behind "that", for the noun
// of several adjectives, or for the end of a list.
func isOpen(text, rest string) bool {
	for _, opening := range [...]string{" that ", " whether ", ": "} {
		i := strings.LastIndex(text, opening)
		if i < 0 {
			continue
		}
		if behind := text[i+len(opening):]; strings.Contains(behind, " ") && !hasVerb(behind) {
			return true // And not "that day", which waits for nothing.
		}
	}
	rest, isComma := strings.CutPrefix(rest, ", ")
	if !isComma {
		return false
	}
	part, more, _ := strings.Cut(rest, ", ")
	if isName(part) && more != "" {
		next, _ := utf8.DecodeRuneInString(more)
		return unicode.IsUpper(next)
	}
	if one, _, found := strings.Cut(part, " and "); found && isName(one) {
		return true
	}
	return endsInAdjective(text) && !goesOn(part)
}

// isName reports whether all words of text, three at most, begin with a capital.
func isName(text string) bool {
	words := strings.Fields(text)
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(r) {
			return false
		}
	}
	return 0 < len(words) && len(words) <= 3
}

// endsInAdjective reports whether the last word of text may be an adjective without
// its noun: one that only an article or the like stands before, as in "treats a rare".
func endsInAdjective(text string) bool {
	words := strings.Fields(text)
	if len(words) < 2 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return unicode.IsLower(r) && articles[words[len(words)-2]]
}

var articles = wordSet("a an the this these those some no very more most")

// goesOn reports whether part, what stands between one comma and the next, begins a
// new part of a sentence: with a word that joins it, or as a clause of its own.
func goesOn(part string) bool {
	first, _, _ := strings.Cut(part, " ")
	first = strings.TrimRight(first, ".,;:")
	if kindOf(hashBytes(stem([]byte(strings.ToLower(first)))))&kindStop != 0 || strings.HasSuffix(first, "ing") {
		return true
	}
	head, _, _ := strings.Cut(part, " that ")
	head, _, _ = strings.Cut(head, " who ")
	head, _, _ = strings.Cut(head, " which ")
	return hasVerb(head)
}

// hasVerb reports whether an English text has a finite verb, as far as verbs and
// "ed" show it.
func hasVerb(text string) bool {
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
	unless whether once during following in on at by for from to under amid among whatever whoever wherever`)

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
