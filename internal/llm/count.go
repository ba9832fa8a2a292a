package llm

import (
	"strings"
	"sync"

	"github.com/tiktoken-go/tokenizer"
	"github.com/tiktoken-go/tokenizer/codec"
)

// o200k is the vocabulary of OpenAI's models since gpt-4o. It takes some
// megabytes and 30 ms to make ready, which most services never need.
var o200k = sync.OnceValue(func() tokenizer.Codec { return codec.NewO200kBase() })

// countTokens counts the tokens of text, or reports that the vocabulary of the
// model is not known.
func countTokens(model, text string) (int, bool) {
	if !isReasoning(model) && !strings.HasPrefix(model, "gpt-4o") && !strings.HasPrefix(model, "gpt-4.1") {
		return 0, false
	}
	n, err := o200k().Count(text)
	return n, err == nil
}
