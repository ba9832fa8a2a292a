package llm

import (
	"regexp"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// suspicious matches text that speaks to a model rather than to a reader. It
// changes nothing but a warning: articles about such attacks are news.
var suspicious = regexp.MustCompile(`(?i)` +
	`\b(ignore|disregard|forget|override)\s+(all\s+|any\s+|the\s+|your\s+|these\s+)*(previous|prior|above|earlier|preceding)\s+(instructions?|prompts?|rules?|directions?)` +
	`|\b(system|developer)\s+(prompt|message)\b` +
	`|\byou\s+are\s+now\s+(a|an|in)\b` +
	`|\b(as|you\s+are)\s+an?\s+(ai|language)\s+(model|assistant)\b` +
	`|\bnew\s+instructions?\s*:` +
	`|<\|(im_start|im_end|system|user|assistant|endoftext)\|>` +
	`|\[/?(inst|article)\b`)

// suspicions warns of instructions in the article.
func suspicions(title, text string) []summarizer.Warning {
	if !suspicious.MatchString(title) && !suspicious.MatchString(text) {
		return nil
	}
	return []summarizer.Warning{{
		Reason:  summarizer.WarnSuspectedInstructions,
		Message: "the article holds text that looks like an instruction to a language model; it was treated as text",
	}}
}
