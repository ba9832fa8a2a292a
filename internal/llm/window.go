package llm

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Tokens that a request needs besides the article.
const (
	// minArticleTokens is the minimum of an article that is worth asking about.
	minArticleTokens = 128

	// templateTokens is the maximum that a server's chat template adds.
	templateTokens = 64

	// promptTokens is more than what instructions, the topics of the built-in taxonomy and
	// the answer take together.
	promptTokens = 16_384

	// reasoningTokens is the maximum length of the reasoning before an answer.
	reasoningTokens = 8_192
)

// excerpt is what an endpoint is shown of a document: its beginning, or, of one that
// does not fit the context window, summaries of its parts.
type excerpt struct {
	text string            // sent to the endpoint
	of   article.Span      // of Document.Text, that text is or stands for
	err  *summarizer.Error // set when there is no way to ask

	// parts have to be summarized first where the document does not fit; text is empty
	// until then. See parts.go.
	parts     []article.Span
	room      int            // tokens for the summaries of the parts
	summaries *partSummaries // that text is made of; nil when it is the document's own

	warnings []summarizer.Warning
}

// MaxParts bounds the parts that a document is read in.
const MaxParts = 16

// excerpt says how the article of task is shown. One that exceeds the context window, or
// limit tokens where that is not 0, is divided at sentence ends, and what exceeds MaxParts is cut off, or refused
// where the caller wants that.
func (ep *endpoint) excerpt(task *summarizer.Task, limit int) excerpt {
	text := task.Document.Text
	whole := article.Span{End: len(text)}
	room := within(ep.room(task), limit)
	switch {
	case fits(text, room):
		return excerpt{text: text, of: whole}
	case room < minArticleTokens:
		return excerpt{of: whole, err: &summarizer.Error{
			Reason:  summarizer.ReasonLLMContextOverflow,
			Message: "instructions and topics alone fill the context window of the language model: ask for fewer topics, or use a model with a larger window",
		}}
	}
	partRoom := within(ep.room(partTask(task)), limit)
	if partRoom < minArticleTokens {
		return excerpt{of: whole, err: &summarizer.Error{
			Reason:  summarizer.ReasonLLMContextOverflow,
			Message: "the article does not fit the context window of the language model, which has no room for a summary of a part of it: send less text, or use a model with a larger window",
		}}
	}
	parts := divide(task.Document, partRoom)
	seen := parts[len(parts)-1].End
	x := excerpt{of: article.Span{End: seen}, parts: parts, room: room}
	if seen >= lastSentence(task.Document) {
		x.of = whole
		return x
	}
	if task.Overlength == summarizer.OverlengthReject {
		return excerpt{of: whole, err: summarizer.Invalid(summarizer.Fault{
			Field:   "article.text",
			Rule:    summarizer.RuleTextTooLarge,
			Message: fmt.Sprintf("has %d bytes once cleaned, and the language model takes about %d in %d parts: send less text, or allow truncation", len(text), seen, MaxParts),
			Limit:   strconv.Itoa(seen),
			Value:   strconv.Itoa(len(text)),
		})}
	}
	x.warnings = []summarizer.Warning{{
		Reason:  summarizer.WarnDocumentTruncated,
		Message: "the language model was shown the beginning of the text only",
		Metadata: map[string]string{
			"totalBytes": strconv.Itoa(len(text)),
			"keptBytes":  strconv.Itoa(seen),
		},
	}}
	return x
}

// within returns room, or limit where that is smaller and not 0.
func within(room, limit int) int {
	if limit > 0 {
		return min(room, limit)
	}
	return room
}

// smaller returns how many tokens of text to show at once after an overflow of x, of
// which stated is the window that the endpoint told of, if it did. It reports whether
// there is a size worth trying: the estimate of tokens may be off, but not without end.
func (ep *endpoint) smaller(task *summarizer.Task, x excerpt, stated int) (int, bool) {
	shown, room := x.text, ep.room(task)
	if x.parts != nil {
		shown, room = task.Document.Slice(x.parts[0]), ep.room(partTask(task))
	}
	limit := estimateTokens(shown) / 2
	if left := stated - (ep.ContextTokens - room); left >= minArticleTokens {
		limit = min(limit, left)
	}
	return limit, limit >= minArticleTokens
}

// room returns the tokens of the context window that are left for the text of an
// article. It may be negative.
func (ep *endpoint) room(task *summarizer.Task) int {
	room := ep.ContextTokens - templateTokens - outputTokens(task) -
		systemTokens(task) - estimateTokens(task.Document.Title)
	if isReasoning(ep.Model) {
		room -= reasoningTokens
	}
	return room
}

// surelyWhole returns up to how many bytes an article fits the context window beside
// promptTokens, in whatever script. It may be negative.
func (ep *endpoint) surelyWhole() int {
	room := ep.ContextTokens - promptTokens
	if isReasoning(ep.Model) {
		room -= reasoningTokens
	}
	return 3 * room
}

// divide returns the parts of a document, each of at most the given number of
// tokens as estimated, and ending with a sentence where one ends in it. They are
// at most MaxParts and not empty.
func divide(document *article.Document, tokens int) []article.Span {
	var parts []article.Span
	for begin := 0; begin < len(document.Text) && len(parts) < MaxParts; {
		end := len(document.Text)
		if limit := begin + bytesWithin(document.Text[begin:], tokens); limit < end {
			end = sentenceEnd(document, begin, limit)
		}
		parts = append(parts, article.Span{Begin: begin, End: end})
		begin = end
	}
	return parts
}

// sentencesWithin returns what lies in span of the sentences of d, by their offsets in
// it.
func sentencesWithin(d *article.Document, span article.Span) []article.Sentence {
	if span.Len() == len(d.Text) {
		return d.Sentences
	}
	var within []article.Sentence
	for _, s := range d.Sentences {
		s.Begin, s.End = max(s.Begin, span.Begin)-span.Begin, min(s.End, span.End)-span.Begin
		if s.Len() > 0 {
			within = append(within, s)
		}
	}
	return within
}

// lastSentence returns where the last sentence ends: what follows it is white
// space.
func lastSentence(document *article.Document) int {
	if n := len(document.Sentences); n > 0 {
		return document.Sentences[n-1].End
	}
	return len(document.Text)
}

// fits reports whether text is estimated to have at most the given number of tokens,
// at once where no script could have more.
func fits(text string, tokens int) bool {
	return tokens > 0 && (len(text) <= 3*tokens || estimateTokens(text) <= tokens)
}

// bytesWithin returns how many bytes of text, from its beginning, are estimated to
// be at most the given number of tokens.
func bytesWithin(text string, tokens int) int {
	if len(text) <= 3*tokens {
		return len(text)
	}
	left := 12 * tokens
	for i, r := range text {
		if left -= tokenTwelfths(r); left < 0 {
			return i
		}
	}
	return len(text)
}

// estimateTokens estimates the tokens of text: four bytes of ASCII make a
// token, and one or two letters of other scripts. That is at most a token for three
// bytes. It may be a quarter off; what an endpoint refuses corrects it.
func estimateTokens(text string) int {
	twelfths := 0
	for i := range len(text) {
		twelfths += int(twelfthsByByte[text[i]])
	}
	return (twelfths + 11) / 12
}

// twelfthsByByte has tokenTwelfths of the rune that a byte begins, and nothing for bytes
// within a rune: to decode them takes several times as long.
var twelfthsByByte = func() (table [256]uint8) {
	for b := range table {
		switch {
		case b < utf8.RuneSelf:
			table[b] = uint8(tokenTwelfths('a'))
		case b >= 0xe0:
			table[b] = uint8(tokenTwelfths('\u0800'))
		case b >= 0xc0:
			table[b] = uint8(tokenTwelfths('\u0080'))
		}
	}
	return table
}()

// tokenTwelfths estimates the share of r in a token, in twelfths.
func tokenTwelfths(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		return 3
	case r < 0x800:
		return 6
	}
	return 12
}

// sentenceEnd returns the end of the last sentence that ends behind begin and
// within limit. A first sentence that is longer still is cut at white space.
func sentenceEnd(document *article.Document, begin, limit int) int {
	sentences := document.Sentences
	i, _ := slices.BinarySearchFunc(sentences, limit+1, func(s article.Sentence, end int) int { return cmp.Compare(s.End, end) })
	if i > 0 && sentences[i-1].End > begin {
		return sentences[i-1].End
	}
	if i := strings.LastIndexAny(document.Text[begin:limit], " \n"); i > 0 {
		return begin + i
	}
	return limit
}

// outputTokens is the cap on the output for task: generous for a proper
// answer in any script, and a bound on a runaway one.
func outputTokens(task *summarizer.Task) int {
	tokens := 128
	if task.Summary != nil {
		tokens += 384 * max(task.Summary.MaxSentences, 1)
	}
	if task.Topics != nil {
		tokens += 1_536
	}
	return tokens
}
