package local

import (
	"unicode"
	"unicode/utf8"
)

// quotes follows quotation marks through the sentences of a text.
type quotes struct {
	open      rune // the mark of the quotation inside which the text is, 0 for none
	sentences int  // how many in a row have been inside, without a mark
	paragraph int  // of the sentence before
}

// maxUnmarked is the number of sentences without a mark after which it seems that
// the mark at the end of a quotation was forgotten.
const maxUnmarked = 5

// read returns how many bytes of the next sentence stand in quotation marks, and
// whether a quotation is torn: one that is open here begins or ends in another
// sentence. By itself such a sentence passes for what the reporter says.
func (q *quotes) read(text string, paragraph int) (quoted int, torn bool) {
	if paragraph != q.paragraph || q.sentences == maxUnmarked {
		q.open, q.sentences = 0, 0
	}
	q.paragraph = paragraph
	q.sentences++
	torn = q.open != 0
	begin := 0
	for i, r := range text {
		opens, closes := q.mark(text, i, r)
		if opens || closes {
			q.sentences = 0
		}
		switch {
		case closes && q.open != 0:
			q.open = 0
			quoted += i - begin
		case opens && q.open == 0:
			q.open, begin = r, i
		case closes:
			torn = true
		}
	}
	if q.open != 0 {
		return quoted + len(text) - begin, true
	}
	return quoted, torn
}

// mark reports whether r, at i of text, may open a quotation or close one. A straight
// mark with a space on both sides may do either.
func (q *quotes) mark(text string, i int, r rune) (opens, closes bool) {
	switch r {
	case '„':
		return true, false
	case '“':
		return q.open != '„', q.open == '„'
	case '”':
		return false, true
	case '«':
		return q.open != '»', q.open == '»'
	case '»':
		after, _ := utf8.DecodeRuneInString(text[i+len("»"):])
		opens = q.open == 0 && unicode.IsLetter(after)
		return opens, !opens
	case '"':
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+1:])
		opens = isOutside(before)
		return opens, !opens || isOutside(after)
	}
	return false, false
}

// isOutside reports whether r may stand beside a quotation mark, outside of the
// quotation; utf8.RuneError stands for the end of the text.
func isOutside(r rune) bool {
	switch r {
	case ' ', '\n', '\t', '\u00a0', '(', '[', '-', '–', '—', '/', utf8.RuneError:
		return true
	}
	return false
}
