package llm_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	harbourTitle = "Norland and Vestria agree on harbour patrols"
	harbourText  = `Norland and Vestria signed a five-year agreement on joint harbour patrols on Tuesday.

The deal, worth $120 million, lets 400 Norland marines train at the port of Ostrava Bay. Defence minister Ingrid Solheim called it "a fair exchange between neighbours".

Patrols begin on 14 October, the ministry said. Vestria will lend two frigates and 35 instructors.

Opposition leader Pavel Dorn asked for a debate in parliament.`
)

// document makes a document of plain paragraphs, independently of cleaning.
func document(title, text string) *article.Document {
	d := &article.Document{Title: title, Text: text, Language: "en"}
	begin := 0
	paragraph := 0
	for i := 0; i < len(text); i++ {
		end := i + 1
		switch {
		case strings.ContainsRune(".!?", rune(text[i])) && (end == len(text) || text[end] == ' ' || text[end] == '\n'):
			d.Sentences = append(d.Sentences, article.Sentence{Span: article.Span{Begin: begin, End: end}, Paragraph: paragraph})
			for end < len(text) && (text[end] == ' ' || text[end] == '\n') {
				if text[end] == '\n' {
					paragraph++
				}
				end++
			}
			begin, i = end, end-1
		}
	}
	if begin < len(text) {
		d.Sentences = append(d.Sentences, article.Sentence{Span: article.Span{Begin: begin, End: len(text)}, Paragraph: paragraph})
	}
	return d
}

var testTopics = []taxonomy.Topic{
	{ID: "defence-cooperation", DisplayName: "defence cooperation", Definition: "States practising military cooperation."},
	{ID: "peacekeeping", DisplayName: "peacekeeping", Definition: "Multinational missions that keep the peace."},
	{ID: "trade", DisplayName: "trade", Definition: "Trade between countries."},
}

// harbour returns a task for both features of the harbour article.
func harbour() *summarizer.Task {
	return &summarizer.Task{
		Document: document(harbourTitle, harbourText),
		Summary:  &summarizer.SummaryTask{MaxSentences: 2, Language: "en"},
		Topics:   &summarizer.TopicTask{Topics: testTopics},
	}
}

func newEngine(t testing.TB, options llm.Options) *llm.Engine {
	t.Helper()
	engine, err := llm.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	return engine
}

func one(server *llmtest.Fake) llm.Options {
	return llm.Options{Endpoints: []llm.Endpoint{{BaseURL: server.URL(), Model: "test-model", APIKey: "sk-canary-key", Timeout: 5 * time.Second}}}
}

func TestAnalyzeBothFeaturesWithOneCall(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.Obey("peacekeeping", "defence-cooperation"))
	options := one(server)
	options.Endpoints[0].InputPrice, options.Endpoints[0].OutputPrice = 0.5, 2
	engine := newEngine(t, options)
	task := harbour()

	reply := engine.Analyze(context.Background(), task)

	if reply.SummaryErr != nil || reply.TopicsErr != nil {
		t.Fatalf("errors: %v, %v", reply.SummaryErr, reply.TopicsErr)
	}
	if got := server.Count(); got != 1 {
		t.Errorf("%d upstream calls, want 1", got)
	}
	if n := len(reply.Summary.Sentences); n != 2 {
		t.Errorf("%d sentences, want 2", n)
	}
	for _, s := range reply.Summary.Sentences {
		if len(s.Evidence) != 1 || task.Document.Text[s.Evidence[0].Begin:s.Evidence[0].End] != s.Text {
			t.Errorf("evidence %v does not hold the sentence %q", s.Evidence, s.Text)
		}
	}
	if got := reply.Topics.Topics; len(got) != 2 || got[0].ID != "peacekeeping" || got[0].Basis != summarizer.BasisModelReported {
		t.Errorf("topics = %+v", got)
	}
	if reply.Fingerprint != engine.Fingerprints(task)[0] {
		t.Error("the reply's fingerprint is not the one foretold")
	}
	u := reply.Usage
	want := int64(float64(u.InputTokens)*0.5 + float64(u.OutputTokens)*2 + 0.999999)
	if u.InputTokens == 0 || u.OutputTokens == 0 || u.CostMicroUSD != want {
		t.Errorf("usage = %+v, want cost %d", u, want)
	}
}
