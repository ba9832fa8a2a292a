package prompt

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

const (
	groundTitle = "Ruritania to lend patrol boats to Belmonte"
	groundText  = `PORT SELWYN, Sept 26 - Ruritania will lend six patrol boats to Belmonte under a five-year pact worth $100m, Defence Minister Lena Kovář said on Monday.

Kovář signed the agreement with Belmonte's foreign minister, Tomás Arrieta, in Port Selwyn. "Our neighbours asked for help, and we are glad to give it," she said.

About 1,000 sailors from 14 ports will be trained by 30 June 2027. The Organisation of Coastal States (OCS) backs the plan, and the International Maritime Fund gives a further 2.5 million euros. Piracy fell by 12 per cent last year, to 37 attacks, after a record 1.2 billion rials were spent on F-16 surveillance flights.

Arrieta, 52, called the third such deal since 1998 "a quiet revolution". Critics such as Mr O'Dowd, who leads the opposition, want a vote before 5 p.m. on October 3 and 4. Two of the boats are nearly twenty-five years old. The Anglo-Norse firm Skarholm built them in the 1990s.`
)

// FuzzDecodeAnswer decodes and judges whatever a model may write. What comes
// through must keep every promise of an answer.
func FuzzDecodeAnswer(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{}`, `{"summary":null,"topics":null}`, "```json\n{}\n```", "```", "\ufeff{}",
		`{"summary":[{"text":"Ruritania lends 6 patrol boats.","quotes":["six patrol boats"]}],"topics":[{"id":"trade","confidence":0.5,"quotes":[]}]}`,
		`{"summary":[{"text":"Ruritania lends 6 patrol boats. They cost $100 million. Kov\u0301 signed. A. B. C.","quotes":["","\u0000","…"]}],"topics":[]}`,
		`{"summary":[{"text":"\"Our neighbours asked for help\" on 26/9, 2027-06-30, 5:30, ½, ٣٫٥ and 1'000.","quotes":[]}],"topics":[{"id":"x","confidence":1e999,"quotes":[]}]}`,
		`{"summary":[{"text":"- \u202eOCS’s “F-16s” cost twenty-one hundred and one thousand","quotes":[]}],"summary":[],"topics":[{"id":"trade","confidence":-0,"quotes":["a"]}]}`,
		`{"summary":[{"text":"百万円 100万円 U.S. l'Oréal d'","quotes":[]}],"topics":[]}trailing`,
		strings.Repeat(`[`, 20000), strings.Repeat(`{"summary":`, 2000),
	} {
		f.Add(seed, uint8(2), uint16(120))
	}
	document := &article.Document{
		Title: groundTitle, Text: groundText, Language: "en",
		Sentences: []article.Sentence{{Span: article.Span{Begin: 0, End: len(groundText)}}},
	}
	f.Fuzz(func(t *testing.T, content string, sentences uint8, characters uint16) {
		task := &summarizer.Task{
			Document: document,
			Summary: &summarizer.SummaryTask{
				Format: summarizer.SummaryFormat(sentences % 3), MaxSentences: int(sentences%10) + 1, MaxCharacters: int(characters % 4001), Language: "en",
			},
			Topics: &summarizer.TopicTask{Topics: []taxonomy.Topic{{ID: "trade"}, {ID: "peacekeeping"}}},
		}
		q := NewQuestion(task, Excerpt{Text: document.Text, Of: article.Span{End: len(document.Text)}})
		v := q.Judge(content, nil)
		if (v.Summary == nil) == (v.summaryFault == nil) || (v.Topics == nil) == (v.topicsFault == nil) {
			t.Fatalf("neither answer nor fault, or both: %+v", v)
		}
		if v.Summary != nil {
			checkSummaryAnswer(t, task, v.Summary)
		}
		if v.Topics != nil {
			checkTopicAnswer(t, v.Topics)
		}
	})
}

// TestDecodeAnswer checks what is the fault of the whole answer, and what of one part.
func TestDecodeAnswer(t *testing.T) {
	const summary, topics = `"summary":[{"text":"a","quotes":["b"]}]`, `"topics":[{"id":"x","confidence":0.5,"quotes":[]}]`
	for content, want := range map[string][2]*AnswerFault{
		`{` + summary + `,` + topics + `}`: {nil, nil},
		`null`:                             {FaultNotJSON, FaultNotJSON},
		`[]`:                               {FaultNotJSON, FaultNotJSON},
		`{` + summary:                      {FaultNotJSON, FaultNotJSON},
		`{` + summary + `,"mood":1}`:       {nil, faultTopicsSchema},
		`{` + summary + `}`:                {nil, faultTopicsSchema},
		`{"summary":null,` + topics + `}`:  {faultSummarySchema, nil},
		`{` + summary + `,"topics":[{"id":"x","confidence":1e999,"quotes":[]}]}`: {nil, faultTopicsSchema},
		`{"summary":[{"text":1,"quotes":[]}],` + topics + `}`:                    {faultSummarySchema, nil},
	} {
		d := decodeAnswer(content, true, true)
		if d.summaryFault != want[0] || d.topicsFault != want[1] {
			t.Errorf("%s: faults %v, %v; want %v, %v", content, d.summaryFault, d.topicsFault, want[0], want[1])
		}
		if d.summaryFault == nil && (len(d.summary) != 1 || *d.summary[0].Text != "a" || !slices.Equal(d.summary[0].Quotes, []string{"b"})) {
			t.Errorf("%s: summary %+v", content, d.summary)
		}
		if d.topicsFault == nil && (len(d.topics) != 1 || *d.topics[0].ID != "x" || *d.topics[0].Confidence != 0.5) {
			t.Errorf("%s: topics %+v", content, d.topics)
		}
	}
}

func checkSummaryAnswer(t *testing.T, task *summarizer.Task, a *summarizer.SummaryAnswer) {
	if n := len(a.Sentences); n == 0 || n > task.Summary.MaxSentences {
		t.Errorf("%d sentences, limit %d", n, task.Summary.MaxSentences)
	}
	total := 0
	for _, s := range a.Sentences {
		total += utf8.RuneCountInString(s.Text)
		if s.Text == "" || s.Text != strings.TrimSpace(s.Text) || !utf8.ValidString(s.Text) || strings.ContainsFunc(s.Text, unicode.IsControl) {
			t.Errorf("sentence %q", s.Text)
		}
		if strings.ContainsAny(s.Text, "`\ufffd") {
			t.Errorf("foreign markup in %q", s.Text)
		}
		checkSpans(t, task.Document.Text, s.Evidence)
	}
	if limit := task.Summary.MaxCharacters; limit > 0 && total > limit {
		t.Errorf("%d characters, limit %d", total, limit)
	}
}

func checkTopicAnswer(t *testing.T, a *summarizer.TopicAnswer) {
	for i, topic := range a.Topics {
		if !slices.Contains([]string{"trade", "peacekeeping"}, topic.ID) || !(topic.Confidence >= 0 && topic.Confidence <= 1) {
			t.Errorf("topic %+v", topic)
		}
		if i > 0 && a.Topics[i-1].Confidence < topic.Confidence {
			t.Errorf("topics are out of order: %+v", a.Topics)
		}
		checkSpans(t, groundText, topic.Evidence)
	}
}

func checkSpans(t *testing.T, text string, spans []article.Span) {
	for i, s := range spans {
		if s.Begin < 0 || s.End > len(text) || s.Begin >= s.End || !utf8.ValidString(text[s.Begin:s.End]) {
			t.Fatalf("span %v of a text of %d bytes", s, len(text))
		}
		if i > 0 && spans[i-1].Begin > s.Begin {
			t.Errorf("spans are out of order: %v", spans)
		}
	}
}
