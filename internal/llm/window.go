package llm

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
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
	prompt.Excerpt
	err *summarizer.Error // set when there is no way to ask

	// parts have to be summarized first where the document does not fit; Text is empty
	// until then. See parts.go.
	parts []article.Span
	room  int // tokens for the summaries of the parts
}

// excerptOf returns the excerpt that shows span of a document as it is.
func excerptOf(document *article.Document, span article.Span) excerpt {
	return excerpt{Excerpt: prompt.Excerpt{Text: document.Slice(span), Of: span}}
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
	case prompt.Fits(text, room):
		return excerptOf(task.Document, whole)
	case room < minArticleTokens:
		return excerpt{err: &summarizer.Error{
			Reason:  summarizer.ReasonLLMContextOverflow,
			Message: "instructions and topics alone fill the context window of the language model: ask for fewer topics, or use a model with a larger window",
		}}
	}
	partRoom := within(ep.room(partTask(task)), limit)
	if partRoom < minArticleTokens {
		return excerpt{err: &summarizer.Error{
			Reason:  summarizer.ReasonLLMContextOverflow,
			Message: "the article does not fit the context window of the language model, which has no room for a summary of a part of it: send less text, or use a model with a larger window",
		}}
	}
	parts := divide(task.Document, partRoom)
	seen := parts[len(parts)-1].End
	x := excerpt{Excerpt: prompt.Excerpt{Of: article.Span{End: seen}}, parts: parts, room: room}
	if seen >= lastSentence(task.Document) {
		x.Of = whole
		return x
	}
	if task.Overlength == summarizer.OverlengthReject {
		return excerpt{err: summarizer.Invalid(summarizer.Fault{
			Field:   "article.text",
			Rule:    summarizer.RuleTextTooLarge,
			Message: fmt.Sprintf("has %d bytes once cleaned, and the language model takes about %d in %d parts: send less text, or allow truncation", len(text), seen, MaxParts),
			Limit:   strconv.Itoa(seen),
			Value:   strconv.Itoa(len(text)),
		})}
	}
	x.Warnings = []summarizer.Warning{{
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
	shown, room := x.Text, ep.room(task)
	if x.parts != nil {
		shown, room = task.Document.Slice(x.parts[0]), ep.room(partTask(task))
	}
	limit := prompt.EstimateTokens(shown) / 2
	if left := stated - (ep.ContextTokens - room); left >= minArticleTokens {
		limit = min(limit, left)
	}
	return limit, limit >= minArticleTokens
}

// room returns the tokens of the context window that are left for the text of an
// article. It may be negative.
func (ep *endpoint) room(task *summarizer.Task) int {
	room := ep.ContextTokens - templateTokens - prompt.OutputTokens(task) -
		prompt.SystemTokens(task) - prompt.EstimateTokens(task.Document.Title)
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
		if limit := begin + prompt.BytesWithin(document.Text[begin:], tokens); limit < end {
			end = sentenceEnd(document, begin, limit)
		}
		parts = append(parts, article.Span{Begin: begin, End: end})
		begin = end
	}
	return parts
}

// lastSentence returns where the last sentence ends: what follows it is white
// space.
func lastSentence(document *article.Document) int {
	if n := len(document.Sentences); n > 0 {
		return document.Sentences[n-1].End
	}
	return len(document.Text)
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
