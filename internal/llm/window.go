package llm

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Tokens that a request needs besides the article.
const (
	// minArticleTokens is the least of an article that is worth asking about.
	minArticleTokens = 128

	// templateTokens is what a server's chat template adds.
	templateTokens = 64

	// reasoningTokens is what a reasoning model may think before it answers.
	reasoningTokens = 8_192
)

// view is what an endpoint sees of a document.
type view struct {
	text string // the first seen bytes of Document.Text
	seen int
	err  *summarizer.Error // set when there is no way to ask

	warnings []summarizer.Warning
}

// view cuts the article of task to the context window at a sentence end, where
// that is needed.
func (ep *endpoint) view(task *summarizer.Task) view {
	text := task.Document.Text
	room := ep.ContextTokens - templateTokens - outputTokens(task) -
		systemTokens(task) - estimateTokens(task.Document.Title)
	if isReasoning(ep.Model) {
		room -= reasoningTokens
	}
	limit := fitting(text, room)
	switch {
	case limit == len(text):
		return view{text: text, seen: len(text)}
	case room < minArticleTokens:
		return view{seen: len(text), err: &summarizer.Error{
			Reason:  summarizer.ReasonLLMContextOverflow,
			Message: "instructions and topics alone fill the context window of the language model: ask for fewer topics, or use a model with a larger window",
		}}
	case task.Overlength == summarizer.OverlengthReject:
		return view{seen: len(text), err: &summarizer.Error{
			Reason:   summarizer.ReasonTextTooLarge,
			Field:    "article.text",
			Message:  fmt.Sprintf("the cleaned text has %d bytes and the language model takes about %d: send less text, or allow truncation", len(text), limit),
			Metadata: map[string]string{"maxTextBytes": strconv.Itoa(limit), "textBytes": strconv.Itoa(len(text))},
		}}
	}
	seen := sentenceEnd(task.Document, limit)
	return view{text: text[:seen], seen: seen, warnings: []summarizer.Warning{{
		Reason:  summarizer.WarnDocumentTruncated,
		Message: "the language model was shown the beginning of the text only",
		Metadata: map[string]string{
			"totalBytes": strconv.Itoa(len(text)),
			"keptBytes":  strconv.Itoa(seen),
		},
	}}}
}

// fitting returns how many bytes of text, from its beginning, are estimated to
// be at most the given number of tokens.
func fitting(text string, tokens int) int {
	if len(text) <= 2*tokens {
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
// token, and one or two letters of other scripts.
func estimateTokens(text string) int {
	twelfths := 0
	for _, r := range text {
		twelfths += tokenTwelfths(r)
	}
	return (twelfths + 11) / 12
}

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

// sentenceEnd returns the end of the last sentence that ends within limit. A
// first sentence that is longer still is cut at white space.
func sentenceEnd(document *article.Document, limit int) int {
	end := 0
	for _, s := range document.Sentences {
		if s.End > limit {
			break
		}
		end = s.End
	}
	if end > 0 {
		return end
	}
	if i := strings.LastIndexAny(document.Text[:limit], " \n"); i > 0 {
		return i
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
