package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitter cuts the paragraphs of a text into sentences. It reads each
// paragraph once, stops at the characters that can end a sentence, and decides
// from what stands around them: abbreviations and initials before, the case of
// the next word, quotes and brackets between.
type splitter struct {
	text  string
	cased bool // capital letters mark the beginnings of sentences
	out   []Sentence
}

// SplitSentences returns the sentences of text, one paragraph that should be one
// sentence, as of a summary. A quotation between quotation marks is not split.
func SplitSentences(text string) []string {
	s := splitter{text: text, cased: isCased(text)}
	s.split(Span{0, len(text)}, Sentence{})
	var sentences []string
	begin, marks := 0, 0 // of the sentence, and its quotation marks
	for i, sentence := range s.out {
		marks += countQuotationMarks(text[sentence.Begin:sentence.End])
		if marks%2 == 1 && i < len(s.out)-1 {
			continue
		}
		sentences = append(sentences, text[s.out[begin].Begin:sentence.End])
		begin, marks = i+1, 0
	}
	return sentences
}

func countQuotationMarks(s string) int {
	n := 0
	for _, r := range s {
		if strings.ContainsRune("\"“”„‟«»", r) {
			n++
		}
	}
	return n
}

// stop classes of a character or of a run of characters that may end a sentence.
type stop uint8

const (
	noStop   stop = iota
	period        // one full stop
	ellipsis      // more than one, or …
	emphatic      // with a question or an exclamation mark
	definite      // a mark that only ends sentences, such as 。 or ।
)

// mayStop holds the first bytes of the characters at which a paragraph is
// looked at more closely.
var mayStop = func() (t [256]bool) {
	for _, s := range []string{".", "!", "?", "\"", "…", "。", "！", "؟", "۔", "।", "።", "։"} {
		t[s[0]] = true
	}
	return t
}()

// split adds the sentences of paragraph to s.out. They take number and role
// from like.
func (s *splitter) split(paragraph Span, like Sentence) {
	text := s.text[:paragraph.End]
	begin, quoted, depth := paragraph.Begin, false, 0
	for i := begin; ; {
		for i < len(text) && !mayStop[text[i]] {
			i++
		}
		if i == len(text) {
			break
		}
		if text[i] == '"' {
			quoted = !quoted
			i++
			continue
		}
		mark, end := stopAt(text, i)
		if mark == noStop {
			depth = max(0, depth+quoteSide(text[i:]))
			i++
			continue
		}
		closed := closers(text, end, &quoted)
		for at := end; at < closed; at++ {
			depth += quoteSide(text[at:])
		}
		depth = max(0, depth)
		if bound, ok := s.bound(text, begin, i, end, closed, mark, &quoted, depth); ok {
			s.add(Span{begin, bound}, like)
			begin = skipSpaces(text, bound)
			closed, depth = begin, 0
		}
		i = closed
	}
	s.add(Span{begin, paragraph.End}, like)
}

// skipSpaces returns the index of the first character of text from i on that is
// not a space.
func skipSpaces(text string, i int) int {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return i
}

// add adds span as a sentence, without white space around it. A span without a letter or
// digit, or with a number in square brackets alone, is no sentence, but part of the one
// before or after it.
func (s *splitter) add(span Span, like Sentence) {
	span.Begin = skipSpaces(s.text[:span.End], span.Begin)
	for span.Begin < span.End && s.text[span.End-1] == ' ' {
		span.End--
	}
	if span.Begin == span.End {
		return
	}
	if n := len(s.out); n > 0 && s.out[n-1].Paragraph == like.Paragraph {
		last := &s.out[n-1].Span
		if !isSentence(s.text[span.Begin:span.End]) || !isSentence(s.text[last.Begin:last.End]) {
			last.End = span.End
			return
		}
	}
	like.Span = span
	s.out = append(s.out, like)
}

// isSentence reports whether s has words, and is more than the number of a note: "[2]".
func isSentence(s string) bool {
	return hasWord(s) && !(s[0] == '[' && strings.Trim(s, "[]0123456789 ") == "")
}

// stopAt classifies the run of stops that begins at text[i] and returns its
// end.
func stopAt(text string, i int) (mark stop, end int) {
	end = i
	for end < len(text) {
		m, n := stopMark(text[end:])
		if m == noStop {
			break
		}
		switch {
		case mark == noStop:
			mark = m
		case mark == period && m == period:
			mark = ellipsis
		default:
			mark = max(mark, m)
		}
		end += n
	}
	return mark, end
}

// stopMark classifies the character that begins s and returns its size.
func stopMark(s string) (stop, int) {
	switch c := s[0]; {
	case c == '.':
		return period, 1
	case c == '!' || c == '?':
		return emphatic, 1
	case c < utf8.RuneSelf:
		return noStop, 1
	}
	r, n := utf8.DecodeRuneInString(s)
	switch r {
	case '…':
		return ellipsis, n
	case '‼', '⁇', '⁈', '⁉', '؟':
		return emphatic, n
	case '。', '！', '？', '．', '｡', '۔', '।', '॥', '።', '։':
		return definite, n
	}
	return noStop, n
}

// closers returns the end of the closing quotes and brackets at text[i:].
func closers(text string, i int, quoted *bool) int {
	for i < len(text) {
		switch c := text[i]; {
		case c == '"':
			if !*quoted && i+1 < len(text) && text[i+1] != ' ' {
				return i // opens the next sentence
			}
			*quoted = !*quoted
			i++
		case c == '\'' || c == ')' || c == ']' || c == '}':
			i++
		case c < utf8.RuneSelf:
			return i
		default:
			r, n := utf8.DecodeRuneInString(text[i:])
			if !isCloser(r) {
				return i
			}
			i += n
		}
	}
	return i
}

func isCloser(r rune) bool {
	switch r {
	case '’', '”', '»', '›', '“', '‘', '«', '‹', '」', '』', '）', '】', '》', '〉', '］', '＂':
		return true
	}
	return false
}

// openers returns the end of the opening quotes, brackets, bullets, dashes and
// ellipses at text[i:].
func openers(text string, i int) int {
	const most = 32 // bytes; keeps a page of nothing else linear
	text = text[:min(len(text), i+most)]
	for i < len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\'' || c == '(' || c == '[' || c == ' ' || c == '-' || c == '*' || c == '`':
			i++
		case strings.HasPrefix(text[i:], "..."):
			i += len("...")
		case c < utf8.RuneSelf:
			return i
		default:
			r, n := utf8.DecodeRuneInString(text[i:])
			switch r {
			case '“', '‘', '„', '‚', '«', '‹', '»', '›', '¿', '¡', '–', '—', '•', '…', '「', '『', '（':
			default:
				return i
			}
			i += n
		}
	}
	return i
}

// bound reports whether the sentence that begins at begin ends with the stop
// text[i:end] and the closers text[end:closed], and where. Behind them depth quotations
// and brackets of Chinese and Japanese are open.
func (s *splitter) bound(text string, begin, i, end, closed int, mark stop, quoted *bool, depth int) (int, bool) {
	switch {
	case closed == len(text):
		return closed, true
	case mark == definite, mark == emphatic && isWide(firstRune(text[closed:])):
		return closed, !closesSoon(text[closed:], depth) && (closed == end || endsQuotation(text[begin:], text[closed:]))
	case text[closed] != ' ':
		return closed, s.glued(text, i, closed, mark)
	}
	closed = detached(text, closed, quoted)
	next := openers(text, closed)
	switch {
	case next == len(text):
		return closed, true
	case mark == emphatic:
		return closed, s.begins(text, next) && !isBangName(text[begin:i]) && !(closed > end && attributes(text[next:]))
	case mark == ellipsis:
		return closed, s.begins(text, next)
	case text[end] == ')' && isRemark(text[begin:i]):
		return closed, isStarter(text[next:])
	}
	return closed, s.endsAt(text, begin, i, next)
}

// endsQuotation reports whether a sentence of Chinese or Japanese ends with the closing
// quotation mark before after, rather than going on with who said it.
func endsQuotation(sentence, after string) bool {
	return !carriesOn(after) && !(opensWide(sentence) && attributesWide(after))
}

// isRemark reports whether the last word of s is short and begins a bracket, as
// in "Col. (ret.)".
func isRemark(s string) bool {
	word := lastWord(s, len(s))
	return word != "" && len(word) <= 5 && len(word) < len(s) && s[len(s)-len(word)-1] == '('
}

// carriesOn reports whether s, after a closing quote, goes on with the sentence
// in Chinese or Japanese.
func carriesOn(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	switch r {
	case '，', '、', '；', '：', '。', 'と', 'の', 'を', 'が', 'は', 'に', 'で', 'な':
		return true
	}
	return false
}

// Bounds of a quotation that is not split: how far from a stop in it its end is looked
// for, in bytes, and how many may be open.
const (
	quoteWindow = 400
	quoteDepth  = 3
)

// closesSoon reports whether depth quotations and brackets that are open before s are
// closed in it, at least one of them, so that a stop before s is inside a quotation.
func closesSoon(s string, depth int) bool {
	if depth == 0 || depth > quoteDepth {
		return false
	}
	s = s[:min(len(s), quoteWindow)]
	for i := 0; i < len(s); i++ {
		if depth += quoteSide(s[i:]); depth == 0 {
			return true
		}
	}
	return false
}

// quoteSide returns 1 where s begins with a mark that opens a quotation or bracket in
// Chinese or Japanese, -1 where it begins with one that closes it, else 0.
func quoteSide(s string) int {
	switch s[0] {
	case 0xE2, 0xE3, 0xEF: // the first bytes of them
	default:
		return 0
	}
	switch firstRune(s) {
	case '「', '『', '“', '‘', '（', '《', '〈', '【':
		return 1
	case '」', '』', '”', '’', '）', '》', '〉', '】':
		return -1
	}
	return 0
}

// opensWide reports whether s begins with a quotation mark of Chinese or Japanese.
func opensWide(s string) bool {
	switch firstRune(s) {
	case '「', '『', '“':
		return true
	}
	return false
}

// attributesWide reports whether s, behind a quotation in Chinese, says who said it.
func attributesWide(s string) bool {
	end := strings.IndexAny(s[:min(len(s), 3*60)], "。！？\n")
	return end > 0 && !strings.Contains(s[:end], "：") && hasAnyOf(s[:end], "说", "表示", "指出", "介绍", "告诉", "强调", "认为", "透露", "坦言", "感慨", "回忆", "写道", "問道", "问道", "称", "說", "稱", "強調", "語った", "話した", "述べた")
}

func hasAnyOf(s string, marks ...string) bool {
	for _, mark := range marks {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// glued reports whether a sentence ends at a stop that no white space follows,
// as where a paragraph break was lost ("he said.The police").
func (s *splitter) glued(text string, i, closed int, mark stop) bool {
	next := openers(text, closed)
	if next+1 >= len(text) {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(text[next:]); isWide(r) {
		return mark == emphatic
	}
	if !s.cased || mark == ellipsis || i < 2 || !isASCIILower(text[next+1]) || !isASCIIUpper(text[next]) {
		return false
	}
	before := lastWord(text, i)
	return (isASCIILower(text[i-1]) && isASCIILower(text[i-2]) || text[i-1] == ')') &&
		!strings.ContainsAny(before, "./@:") && !isDomain(text[next:])
}

// detached returns the end of closing quotes that stand apart from the stop, as
// French sets them, where text[i] is the space after the stop.
func detached(text string, i int, quoted *bool) int {
	rest := text[i+1:]
	if rest == "" {
		return i
	}
	r, n := utf8.DecodeRuneInString(rest)
	apart := n == len(rest) || rest[n] == ' ' || rest[n] == ',' || rest[n] == '.'
	switch {
	case !apart:
	case r == '"' && *quoted:
		*quoted = false
		return i + 1 + n
	case r == '»' || r == '”' || r == ')':
		return i + 1 + n
	}
	return i
}

// begins reports whether a sentence can begin at text[i].
func (s *splitter) begins(text string, i int) bool {
	r := firstRune(text[i:])
	switch {
	case unicode.IsLower(r) && s.cased:
		return isMixedCase(text[i:])
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return true
	}
	return !strings.ContainsRune(".,;:!?)]}%&/", r)
}

// isMixedCase reports whether the word that begins s with a small letter holds a
// capital, as iPhone and al-Shabaab do.
func isMixedCase(s string) bool {
	for _, r := range s[:min(len(s), 8)] {
		switch {
		case unicode.IsUpper(r):
			return true
		case r != '-' && r != '\'' && r != '’' && !unicode.IsLower(r):
			return false
		}
	}
	return false
}

// endsAt reports whether the full stop text[i] ends the sentence that begins at
// begin, where the next word begins at next.
func (s *splitter) endsAt(text string, begin, i, next int) bool {
	if !s.begins(text, next) {
		return false
	}
	word := lastWord(text[begin:i], i-begin)
	if word == "" {
		return true
	}
	follows := text[next:]
	switch shapeOf(word) {
	case shapeNumber:
		return len(word) < i-begin && !(len(word) <= 2 && (isOrdinalNoun(follows) || isCounted(text[begin:i-len(word)])))
	case shapeInitial:
		return isStarterOfNoName(follows) || isOpenList(text[begin:i])
	case shapeDotted:
		if isClock(word) {
			return !isZone(follows) && !isBracketedTime(text[:next], follows)
		}
		return isStarter(follows)
	}
	if isElidedTitle(word, text[:i]) || len(word) == i-begin && isBrandWithStop(word, follows) {
		return false
	}
	switch abbreviationOf(word, s.cased) {
	case beforeName:
		return false
	case beforeNumber:
		return !opensAmount(follows)
	case afterName:
		return isStarter(follows)
	}
	return true
}

// isBrandWithStop reports whether word, which begins a sentence, and the word that follows
// its full stop are a name in capitals: "ID. BUZZ".
func isBrandWithStop(word, follows string) bool {
	next := firstWord(follows)
	return len(word) <= 3 && len(next) >= 3 && isUpperWord(word) && isUpperWord(next) &&
		!isUpperWord(follows[len(next):min(len(follows), len(next)+12)])
}

// isBracketedTime reports whether a clock time is told once more in brackets, by another
// zone, as in "8 p.m. (0100 GMT)".
func isBracketedTime(before, follows string) bool {
	return strings.HasSuffix(before, "(") && follows[0] >= '0' && follows[0] <= '9'
}

// isCounted reports whether s, before a number of one or two digits with a full stop,
// makes it an ordinal: an article stands there.
func isCounted(s string) bool {
	s = strings.TrimRight(s, " ")
	return articles.has(lastWord(s, len(s)))
}

// isOpenList reports whether s ends as a list in Russian does that has more: "и т. д".
func isOpenList(s string) bool {
	return hasAnySuffix(s, "т. д", "т. п", "н. э", "т.д", "т.п", "н.э")
}

// opensAmount reports whether s begins with a number, perhaps after the sign of a
// currency.
func opensAmount(s string) bool {
	return isDigit(s[0]) || strings.HasPrefix(s, "$") || strings.HasPrefix(s, "€") || strings.HasPrefix(s, "£") || strings.HasPrefix(s, "¥") || strings.HasPrefix(s, "US$")
}

// isElidedTitle reports whether word, which ends s, is an Italian title behind an
// apostrophe: "L'on", "dell'avv".
func isElidedTitle(word, s string) bool {
	at := len(s) - len(word)
	return elidedTitles.has(word) && at > 1 && (s[at-1] == '\'' || strings.HasSuffix(s[:at], "’"))
}

var elidedTitles = words(`on avv ing arch ass`)

// lastWord returns the word that ends at text[end], back to white space, an
// opening quote or bracket, or a dash.
func lastWord(text string, end int) string {
	begin := end
	for begin > 0 && end-begin < 40 {
		c := text[begin-1]
		if c == ' ' || c == '"' || c == '(' || c == '[' || c == ')' || c == ']' || c == '\'' {
			break
		}
		if begin >= 3 && c >= 0x80 && isOpeningRune(text[:begin]) {
			break
		}
		begin--
	}
	return text[begin:end]
}

// isOpeningRune reports whether s ends with an opening quote or a dash.
func isOpeningRune(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	switch r {
	case '“', '‘', '„', '«', '»', '›', '–', '—', '’':
		return true
	}
	return false
}

// shape is the outer form of the word before a full stop.
type shape uint8

const (
	shapeWord shape = iota
	shapeNumber
	shapeInitial // one letter, also after a hyphen as in "J.-C"
	shapeDotted  // letters with full stops between, as in "U.S" and "p.m"
)

func shapeOf(word string) shape {
	letters, part, longest, dots, digits := 0, 0, 0, 0, 0
	for _, r := range word {
		switch {
		case r == '.':
			dots++
			part = 0
		case r == '-':
			part = 0
		case '0' <= r && r <= '9':
			digits++
		case unicode.IsLetter(r), unicode.IsMark(r):
			letters++
			part++
			longest = max(longest, part)
		default:
			return shapeWord
		}
	}
	switch {
	case digits > 0 && letters+dots == 0:
		return shapeNumber
	case digits > 0:
		return shapeWord
	case letters == 1 && dots == 0:
		return shapeInitial
	case dots > 0 && longest <= 3 && letters <= 8:
		return shapeDotted
	}
	return shapeWord
}

// attributes reports whether s goes on from a quotation with a verb of saying,
// as in `"Why?" Jane Doe asked`.
func attributes(s string) bool {
	for range 4 {
		end := strings.IndexAny(s, " .,;:!?")
		if end <= 0 {
			return false
		}
		if isSpeechVerb(s[:end]) {
			return true
		}
		if s[end] != ' ' {
			return false
		}
		s = s[end+1:]
	}
	return false
}

// tatweel stretches Arabic letters, and alone draws rules.
const tatweel = 'ـ'

// hasWord reports whether s holds a letter or a digit.
func hasWord(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if isASCIILetter(c) || isDigit(c) {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if (unicode.IsLetter(r) || unicode.IsNumber(r)) && r != tatweel {
			return true
		}
		i += n
	}
	return false
}
