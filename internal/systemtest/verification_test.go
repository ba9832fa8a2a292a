package systemtest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// TestVerifiedOverGRPC asks for verified summaries over every real part: the first is
// written and verified with two calls, the next comes from the cache with none, and what an
// earlier request has left unverified is verified with one.
func TestVerifiedOverGRPC(t *testing.T) {
	api := llmtest.New(t)
	api.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		_, claims, found := strings.Cut(r.Chat().User(), "[CLAIMS ")
		if !found {
			llmtest.Obey()(w, r)
			return
		}
		n := strings.Count(claims, ". ")
		var verdicts []string
		for i := range n {
			verdicts = append(verdicts, fmt.Sprintf(`{"sentence":%d,"verdict":"supported","passage":"The harbour council met"}`, i+1))
		}
		llmtest.Content(`{"verdicts":[`+strings.Join(verdicts, ",")+`]}`)(w, r)
	})
	client := startStackOf(t, t.TempDir(), llm.Endpoint{BaseURL: api.URL(), Model: "m", APIKey: "none", InputPrice: 1, OutputPrice: 1}).client
	text := "The harbour council met on Monday in Velmar. " + strings.Repeat("Its members spoke about the quay and the cranes for hours. ", 6)
	ask := func(text string, policy summarizerv1.VerificationPolicy) *summarizerv1.SummarizeArticleResponse {
		t.Helper()
		api.Forget()
		response, err := client.SummarizeArticle(t.Context(), &summarizerv1.SummarizeArticleRequest{
			Article:             &summarizerv1.Article{Text: text, LanguageCode: "en"},
			VerificationOptions: &summarizerv1.VerificationOptions{Policy: policy},
		})
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	check := func(name string, r *summarizerv1.SummarizeArticleResponse, verified bool, calls int) {
		t.Helper()
		if got := r.Summary.Provenance.Verified; got != verified || api.Count() != calls {
			t.Errorf("%s: verified %t with %d calls, want %t with %d; warnings %v", name, got, api.Count(), verified, calls, r.Warnings)
		}
		usage := r.Usage
		paid := usage.GetVerificationInputTokens() > 0 && usage.GetVerificationCostMicroUsd() > 0
		if want := verified && calls > 0; paid != want || usage.GetVerificationInputTokens() > usage.GetInputTokens() {
			t.Errorf("%s: usage %v", name, usage)
		}
	}
	const always, never = summarizerv1.VerificationPolicy_VERIFICATION_POLICY_ALWAYS, summarizerv1.VerificationPolicy_VERIFICATION_POLICY_NEVER
	check("written and verified", ask(text, always), true, 2)
	check("again", ask(text, always), true, 0)
	other := strings.Replace(text, "Monday", "Tuesday", 1)
	check("not asked for", ask(other, never), false, 1)
	check("what is stored is verified", ask(other, always), true, 1)
	check("once", ask(other, always), true, 0)
}
