package llm

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// TestConstantPrefix holds requests to what providers cache: with equal options all bytes
// before the article are the same, whatever the article and whether it is asked for again,
// and another language of the summary changes none before its own mention.
func TestConstantPrefix(t *testing.T) {
	first := article.Clean(article.Raw{LanguageCode: "en", Title: "Port open", Text: "The port of Velmar reopened on Tuesday. It was shut for nine days."})
	second := article.Clean(article.Raw{LanguageCode: "de", Title: "Streik endet [ARTICLE", Text: "Die Fähren fahren wieder. \"Endlich\", sagt der Kapitän.\n\nMehr folgt."})
	ep, err := newEndpoint(Endpoint{Model: "small-model"})
	if err != nil {
		t.Fatal(err)
	}
	fence := []byte(`[ARTICLE `)
	body := func(document *article.Document, language string, format summarizer.SummaryFormat, characters int, topics bool, form requestForm, repair bool) (before []byte) {
		task := &summarizer.Task{Document: document, Summary: &summarizer.SummaryTask{
			Format: format, MaxSentences: 3, MaxCharacters: characters, Language: language,
		}}
		if topics {
			task.Topics = &summarizer.TopicTask{Topics: taxonomy.Default().Topics(), Taxonomy: taxonomy.Default()}
		}
		q := prompt.NewQuestion(task, prompt.Excerpt{Text: document.Text, Of: article.Span{End: len(document.Text)}})
		if repair {
			q = q.Without(&summarizer.SummaryAnswer{Sentences: []summarizer.AnswerSentence{{Text: "It rained."}}}, []prompt.SentenceVerdict{prompt.NotSupported})
		}
		sent := newRequest(ep, q, form).body(ep.Model)
		// The instructions speak of the fence, too: the article begins behind its last mention in them.
		at := bytes.Index(sent, append(fence, "code] and"...))
		begin := bytes.Index(sent[at+len(fence):], fence)
		if at < 0 || begin < 0 {
			t.Fatal("no article in the request")
		}
		return sent[:at+len(fence)+begin]
	}
	forms := map[string]requestForm{"system": ep.capabilities.initial}
	plain := ep.capabilities.initial
	plain.system, plain.format = false, StructuredPrompt
	forms["no system"] = plain
	for name, form := range forms {
		for _, format := range []summarizer.SummaryFormat{summarizer.FormatParagraph, summarizer.FormatBullets, summarizer.FormatHeadline} {
			for _, characters := range []int{0, 400} {
				for _, topics := range []bool{false, true} {
					t.Run(fmt.Sprint(name, format, characters, topics), func(t *testing.T) {
						want := body(first, "en", format, characters, topics, form, false)
						if got := body(second, "en", format, characters, topics, form, false); !bytes.Equal(got, want) {
							t.Errorf("two articles differ from byte %d on of %d before the article", common(got, want), len(want))
						}
						named := bytes.LastIndex(want, []byte("Write in the language"))
						if got := body(first, "en", format, characters, topics, form, true); common(got, want) < named {
							t.Errorf("a repair differs from byte %d on; the language is named at %d", common(got, want), named)
						}
						if got := body(first, "pt-BR", format, characters, topics, form, false); common(got, want) < named {
							t.Errorf("two languages differ from byte %d on; the language is named at %d", common(got, want), named)
						}
						if behind := len(want) - named; named < 0 || behind > 200 {
							t.Errorf("%d bytes of instructions stand behind the language", behind)
						}
					})
				}
			}
		}
	}
}

// common returns the length of the prefix that a and b share.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
