package archive

import "fmt"

// SourceWarning tells what an answer for an article cannot show: the archive has less than
// the article, or its encoding is a guess.
type SourceWarning struct {
	Reason   string            `json:"reason"`             // of summarizer.v1.AnswerWarning
	Message  string            `json:"message"`            // for people; holds nothing of the article
	Metadata map[string]string `json:"metadata,omitempty"` // as of AnswerWarning
}

// Warnings returns what is to be said of a, in a fixed order; empty for most articles.
func (a *Entry) Warnings() []SourceWarning {
	warnings := []SourceWarning{}
	if a.StandfirstOnly {
		warnings = append(warnings, SourceWarning{Reason: "STANDFIRST_ONLY", Message: "the feed holds no more than the standfirst of this article"})
	}
	if a.Truncated {
		warnings = append(warnings, SourceWarning{Reason: "DOCUMENT_TRUNCATED", Message: "the archive holds no more than the beginning of this article"})
	}
	if a.GuessedEncoding != "" {
		warnings = append(warnings, SourceWarning{
			Reason:   "ENCODING_GUESSED",
			Message:  fmt.Sprintf("the source is not UTF-8 and declares no other encoding; it was read as %s", a.GuessedEncoding),
			Metadata: map[string]string{"encoding": a.GuessedEncoding},
		})
	}
	return warnings
}
