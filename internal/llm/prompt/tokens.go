package prompt

import (
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Fits reports whether text is estimated to have at most the given number of tokens,
// at once where no script could have more.
func Fits(text string, tokens int) bool {
	return tokens > 0 && (len(text) <= 3*tokens || EstimateTokens(text) <= tokens)
}

// BytesWithin returns how many bytes of text, from its beginning, are estimated to
// be at most the given number of tokens.
func BytesWithin(text string, tokens int) int {
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

// EstimateTokens estimates the tokens of text: four bytes of ASCII make a
// token, and one or two letters of other scripts. That is at most a token for three
// bytes. It may be a quarter off; what an endpoint refuses corrects it.
func EstimateTokens(text string) int {
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

// OutputTokens is the cap on the output for task: generous for a proper
// answer in any script, and a bound on a runaway one.
func OutputTokens(task *summarizer.Task) int {
	tokens := 128
	if task.Summary != nil {
		tokens += 384 * max(task.Summary.MaxSentences, 1)
	}
	if task.Topics != nil {
		tokens += 1_536
	}
	return tokens
}

// DefaultTokens estimates the system message, with the schema, for default options.
func DefaultTokens() int {
	told := instructionsFor(&summarizer.Task{
		Summary: &summarizer.SummaryTask{MaxSentences: summarizer.DefaultSentences},
		Topics:  &summarizer.TopicTask{Topics: taxonomy.Default().Topics(), Taxonomy: taxonomy.Default()},
	}, false)
	return EstimateTokens(told.system)
}

// RoleTokens estimates the part of the system message that is the same for all options.
func RoleTokens() int { return EstimateTokens(rolePrompt) }

// SystemTokens estimates the tokens of the system prompt for task without
// building it, so that fingerprints stay cheap. It errs on the high side.
func SystemTokens(task *summarizer.Task) int {
	bytes := len(rolePrompt) + len(repairPrompt) + 512
	if task.Summary != nil {
		bytes += len(summaryPrompt) + len(summarySchema) + 256
	}
	if t := task.Topics; t != nil {
		bytes += len(topicsPrompt) + len(topicsSchema)
		for _, topic := range t.Topics {
			bytes += 2*len(topic.ID) + len(topic.DisplayName) + len(topic.Definition) + 12
		}
	}
	return bytes / 3
}
