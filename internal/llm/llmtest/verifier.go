package llmtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// claimLine matches a numbered sentence.
var claimLine = regexp.MustCompile(`(?m)^(\d+)\. (.*)$`)

// Claims returns the sentences that a verifier is asked about; nil for another request.
func (c Chat) Claims() (claims []string) {
	_, after, found := strings.Cut(c.User(), "\n[CLAIMS ")
	if !found {
		return nil
	}
	for _, line := range claimLine.FindAllStringSubmatch(after, -1) {
		claims = append(claims, line[2])
	}
	return claims
}

// Verdicts answers the requests to a verifier with the verdict and the passage that judge
// finds for each sentence, and all other requests with write.
func Verdicts(judge func(claim string) (verdict, passage string), write Response) Response {
	return func(w http.ResponseWriter, r *Call) {
		claims := r.Chat().Claims()
		if claims == nil {
			write(w, r)
			return
		}
		var given []map[string]any
		for i, claim := range claims {
			verdict, passage := judge(claim)
			given = append(given, map[string]any{"sentence": i + 1, "verdict": verdict, "passage": passage})
		}
		content, err := json.Marshal(map[string]any{"verdicts": given})
		if err != nil {
			panic(err)
		}
		Content(string(content))(w, r)
	}
}
