// Package enginetest holds what every engine promises, as a suite that each
// implementation runs against itself.
package enginetest

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Text is the article that the suite is run on: a headline and eight sentences
// about a defence agreement and peacekeepers.
const Text = `Orsania and Velmar sign defence pact before island mission

The defence ministers of Orsania and Velmar signed a defence cooperation agreement in Port Harlan on Tuesday.

The agreement covers joint exercises, training and the use of two air bases for five years.

Velmar will send 1,200 police officers to the peacekeeping mission on the island of Teyra, the ministers said.

"Our soldiers will train together before they serve together," said Minister Ilse Brandt.

Orsania promised $40 million for vehicles and radios.

Gangs have held the harbour of Teyra since March, and the United Nations has called for a force to restore order.

Parliament in Velmar has to approve the deployment next month.

Human rights groups asked for clear rules on the use of force.
`

// Run checks an engine. newEngine returns one that answers truthfully for any
// article; it is called once for each part of the suite.
func Run(t *testing.T, newEngine func(t *testing.T) summarizer.Engine) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, summarizer.Engine)
	}{
		{"answers exactly what is asked", testAsked},
		{"keeps the limits", testLimits},
		{"labels from the given topics alone", testGivenTopics},
		{"serves many at once", testConcurrent},
		{"leaves the task alone", testUnchanged},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newEngine(t)) })
	}
}

func testAsked(t *testing.T, engine summarizer.Engine) {
	for _, tc := range []struct{ summary, topics bool }{{true, false}, {false, true}, {true, true}} {
		task := newTask(tc.summary, tc.topics)
		reply := engine.Analyze(t.Context(), task)
		if reply == nil {
			t.Fatal("the reply is nil")
		}
		if reply.SummaryErr != nil || reply.TopicsErr != nil {
			t.Fatalf("errors: %v, %v", reply.SummaryErr, reply.TopicsErr)
		}
		if (reply.Summary != nil) != tc.summary || (reply.Topics != nil) != tc.topics {
			t.Errorf("asked for summary %t and topics %t, got %t and %t",
				tc.summary, tc.topics, reply.Summary != nil, reply.Topics != nil)
		}
		if reply.Fingerprint.Model == "" {
			t.Error("the reply does not say who made it")
		}
		check(t, task, reply)
	}
}

func testLimits(t *testing.T, engine summarizer.Engine) {
	for _, format := range []summarizer.SummaryFormat{summarizer.FormatParagraph, summarizer.FormatBullets, summarizer.FormatHeadline} {
		for _, sentences := range []int{1, 2, 5, summarizer.MaxSentences} {
			for _, characters := range []int{0, summarizer.MinCharacters, 200} {
				task := newTask(true, false)
				task.Summary.Format, task.Summary.MaxCharacters = format, characters
				task.Summary.MaxSentences = sentences
				if format == summarizer.FormatHeadline {
					task.Summary.MaxSentences = 1
				}
				// An engine may fail, but not break a limit.
				check(t, task, engine.Analyze(t.Context(), task))
			}
		}
	}
}

func testGivenTopics(t *testing.T, engine summarizer.Engine) {
	task := newTask(false, true)
	task.Topics.Topics = []taxonomy.Topic{
		{ID: "harbours", DisplayName: "harbours and shipping", Definition: "Ports, harbours and the ships in them.", Candidate: true},
		{ID: "cooking", DisplayName: "cooking", Definition: "Recipes and kitchens.", Candidate: true},
	}
	reply := engine.Analyze(t.Context(), task)
	if reply.TopicsErr != nil {
		t.Fatal(reply.TopicsErr)
	}
	check(t, task, reply)
}

func testConcurrent(t *testing.T, engine summarizer.Engine) {
	task := newTask(true, true)
	want := engine.Analyze(t.Context(), task)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			got := engine.Analyze(t.Context(), task)
			check(t, task, got)
			if !reflect.DeepEqual(got.Topics, want.Topics) {
				t.Error("topics of one article differ between calls")
			}
		})
	}
	wg.Wait()
}

func testUnchanged(t *testing.T, engine summarizer.Engine) {
	task, same := newTask(true, true), newTask(true, true)
	engine.Analyze(t.Context(), task)
	if !reflect.DeepEqual(task, same) {
		t.Error("the task was changed")
	}
}

func newTask(summary, topics bool) *summarizer.Task {
	task := &summarizer.Task{Document: article.Clean(article.Raw{Text: Text, LanguageCode: "en"})}
	if summary {
		task.Summary = &summarizer.SummaryTask{MaxSentences: 3, Language: "en"}
	}
	if topics {
		all := taxonomy.Default()
		task.Topics = &summarizer.TopicTask{Topics: slices.Clone(all.Topics()), Taxonomy: all}
	}
	return task
}

func check(t *testing.T, task *summarizer.Task, reply *summarizer.Reply) {
	t.Helper()
	if a := reply.Summary; a != nil {
		checkSummary(t, task, a)
	}
	if a := reply.Topics; a != nil {
		checkTopics(t, task, a)
	}
}

func checkSummary(t *testing.T, task *summarizer.Task, a *summarizer.SummaryAnswer) {
	t.Helper()
	limits := task.Summary
	if n := len(a.Sentences); n == 0 || n > limits.MaxSentences {
		t.Errorf("%d sentences, want 1 to %d", n, limits.MaxSentences)
	}
	if a.Language == "" {
		t.Error("the summary has no language")
	}
	characters := max(0, len(a.Sentences)-1) // one between two sentences
	for _, sentence := range a.Sentences {
		characters += utf8.RuneCountInString(sentence.Text)
		if limits.Format == summarizer.FormatBullets {
			characters += len("- ")
		}
		if sentence.Text == "" || !utf8.ValidString(sentence.Text) {
			t.Errorf("sentence %q", sentence.Text)
		}
		checkSpans(t, task, sentence.Evidence)
		if a.Method == summarizer.MethodExtractive && len(sentence.Evidence) == 0 && sentence.Text != task.Document.Title {
			t.Errorf("extracted sentence without evidence: %q", sentence.Text)
		}
	}
	if limits.MaxCharacters > 0 && characters > limits.MaxCharacters {
		t.Errorf("%d characters, want at most %d", characters, limits.MaxCharacters)
	}
}

func checkTopics(t *testing.T, task *summarizer.Task, a *summarizer.TopicAnswer) {
	t.Helper()
	if len(a.Topics) > summarizer.MaxTopics {
		t.Errorf("%d topics, want at most %d", len(a.Topics), summarizer.MaxTopics)
	}
	if !(a.Threshold >= 0 && a.Threshold <= 1) {
		t.Errorf("threshold %v", a.Threshold)
	}
	seen := make(map[string]bool)
	for i, score := range a.Topics {
		if !(score.Confidence >= 0 && score.Confidence <= 1) {
			t.Errorf("%s: confidence %v", score.ID, score.Confidence)
		}
		if i > 0 && before(score, a.Topics[i-1]) {
			t.Errorf("%s stands behind %s", score.ID, a.Topics[i-1].ID)
		}
		if seen[score.ID] {
			t.Errorf("%s comes twice", score.ID)
		}
		seen[score.ID] = true
		if !slices.ContainsFunc(task.Topics.Topics, func(topic taxonomy.Topic) bool { return topic.ID == score.ID }) {
			t.Errorf("%s is none of the topics asked for", score.ID)
		}
		checkSpans(t, task, score.Evidence)
	}
}

func before(a, b summarizer.TopicScore) bool {
	return a.Confidence > b.Confidence || a.Confidence == b.Confidence && a.ID < b.ID
}

func checkSpans(t *testing.T, task *summarizer.Task, spans []article.Span) {
	t.Helper()
	text := task.Document.Text
	last := 0
	for _, span := range spans {
		if err := checkSpan(text, span, last); err != nil {
			t.Error(err)
		}
		last = span.Begin
	}
}

func checkSpan(text string, span article.Span, last int) error {
	switch {
	case span.Begin < 0 || span.Begin >= span.End || span.End > len(text):
		return fmt.Errorf("span %v of a text of %d bytes", span, len(text))
	case span.Begin < last:
		return fmt.Errorf("span %v out of order", span)
	case !utf8.ValidString(text[span.Begin:span.End]):
		return fmt.Errorf("span %v cuts a character", span)
	}
	return nil
}
