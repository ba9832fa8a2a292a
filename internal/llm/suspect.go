package llm

import (
	"regexp"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// suspicious matches text, in lower case, that speaks to a model rather than to
// a reader. It changes nothing but a warning: articles about such attacks are
// news.
var suspicious = regexp.MustCompile(`\b(ignore|disregard|forget|override)\s+(all\s+|any\s+|the\s+|your\s+|these\s+)*(previous|prior|above|earlier|preceding)\s+(instructions?|prompts?|rules?|directions?)` +
	`|\b(system|developer)\s+(prompt|message)\b` +
	`|\byou\s+are\s+now\s+(a|an|in)\b` +
	`|\b(as|you\s+are)\s+an?\s+(ai|language)\s+(model|assistant)\b` +
	`|\bnew\s+instructions?\s*:` +
	`|<\|(im_start|im_end|system|user|assistant|endoftext)\|>` +
	`|\[/?(inst|article)\b`)

// hints are the words of which suspicious text holds at least one. They are
// looked for first, because that is ten times faster than the expression.
var hints = []string{"instruction", "prompt", "rule", "direction", "message", "you are now", "model", "assistant", "<|", "[inst", "[/inst", "[article", "[/article"}

// suspicions warns of instructions in the article.
func suspicions(title, text string) []summarizer.Warning {
	if !isSuspicious(title) && !isSuspicious(text) {
		return nil
	}
	return []summarizer.Warning{{
		Reason:  summarizer.WarnSuspectedInstructions,
		Message: "the article holds text that looks like an instruction to a language model; it was treated as text",
	}}
}

func isSuspicious(text string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc(hints, func(hint string) bool { return strings.Contains(lower, hint) }) &&
		suspicious.MatchString(lower)
}
