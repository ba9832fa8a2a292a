package llm

// instructionTokens is what the system message with the default taxonomy takes,
// some 12 KB.
const instructionTokens = 3000

// answerTokens is what an ordinary answer takes.
const answerTokens = 500

// Forecast estimates the tokens that one answer to text takes in and out, from
// its bytes and for summary and topics of the default taxonomy. Repairs and long
// articles take more.
func Forecast(text string) (input, output int) {
	return instructionTokens + estimateTokens(text), answerTokens
}
