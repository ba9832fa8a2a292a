package prompt

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/grounding"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// TestPlainProseHasNoMarkup holds the quick look to the search that it spares: what
// it lets pass has no match.
func TestPlainProseHasNoMarkup(t *testing.T) {
	pieces := []string{
		"a", "Ab", "com", "de", "www", "http", "mailto", "tel", "nbsp", "1", "-", " ", "\n", ".", ",", ";", "!", "?", "(", ")", "'", "\"", "+", "%",
		":", "/", "[", "]", "<", ">", "*", "_", "#", "&", "|", "=", "@", "`", "{", "}", "\\", "~", "【", "\ufffd", "U.S", "3.5",
	}
	random := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 200_000 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		text := b.String()
		matches := markup.MatchString(text)
		if matches {
			found++
		}
		if matches && !mayHoldMarkup(text) {
			t.Fatalf("%q holds markup, and is passed as plain", text)
		}
	}
	if found == 0 {
		t.Fatal("no text held markup")
	}
	for _, plain := range []string{"The U.S. lent 3.5 million crowns, said Mr. Ek.", "It \"fell\" by 4% - a record; why?"} {
		if mayHoldMarkup(plain) {
			t.Errorf("%q is searched for markup", plain)
		}
	}
}

// BenchmarkJudge measures the processor time that the engine adds to a call over
// an article of 4 KB: judging an answer whose claims all stand in what it cites, and
// one with a claim for which the whole article is read.
func BenchmarkJudge(b *testing.B) {
	var text strings.Builder
	for i := 2; text.Len() < 4<<10; i++ {
		fmt.Fprintf(&text, "On day %d of its drought the city of Ostrow cut water to %d percent of homes. "+
			"Mayor Petra Halvorsen said repairs worth %d million crowns would begin on %d March. "+
			"Farmers of the Lower Vale called the plan a start and asked for fairer shares.\n\n", i, i+10, 10*i, i)
	}
	document := article.Clean(article.Raw{Text: text.String(), Title: "Ostrow cuts water"})
	task := &summarizer.Task{Document: document, Summary: &summarizer.SummaryTask{MaxSentences: 3, Language: "en"}}
	v := Excerpt{Text: document.Text, Of: article.Span{End: len(document.Text)}}
	for _, bench := range []struct{ name, third string }{
		{"cited", "Farmers called the plan a start."},
		{"elsewhere", "Farmers called the plan a start on day 3."},
	} {
		answer := `{"summary":[` +
			`{"text":"The city of Ostrow cut water to 12 percent of homes.","quotes":["the city of Ostrow cut water to 12 percent of homes"]},` +
			`{"text":"Mayor Petra Halvorsen said repairs worth 20 million crowns would begin.","quotes":["repairs worth 20 million crowns would begin"]},` +
			`{"text":"` + bench.third + `","quotes":["Farmers of the Lower Vale called the plan a start"]}]}`
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if judged := NewQuestion(task, v).Judge(answer, nil); !judged.OK() {
					b.Fatal(judged.Describe())
				}
			}
		})
	}
}

// BenchmarkMarkup measures what the quick look spares for a summary of three sentences.
func BenchmarkMarkup(b *testing.B) {
	summary := strings.Repeat("Norland and Vestria signed a five-year agreement on joint harbour patrols on Tuesday. ", 3)
	for name, search := range map[string]func(string) bool{"look": mayHoldMarkup, "search": markup.MatchString} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if search(summary) {
					b.Fatal("prose holds markup")
				}
			}
		})
	}
}

// TestRecordedAnswersAreNoFragments reads answers that a capable model gave to the
// prompt, where they are at hand.
func TestRecordedAnswersAreNoFragments(t *testing.T) {
	file, err := os.Open(os.Getenv("SUMMARIZER_QUALITY_DATA") + "/answers.dev.jsonl.gz")
	if err != nil {
		t.Skip("the recorded answers are not here: set SUMMARIZER_QUALITY_DATA to their directory")
	}
	defer file.Close()
	rows, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(rows)
	lines.Buffer(nil, 16<<20)
	n := 0
	for lines.Scan() {
		var row struct{ Lang, Content string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		for _, s := range decodeAnswer(row.Content, true, true).summary {
			for _, text := range article.SplitSentences(tidy(*s.Text)) {
				n++
				if article.IsFragment(text, row.Lang) {
					t.Errorf("%s: %q is taken for a fragment", row.Lang, text)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("%d sentences", n)
	}
}

// TestNotesRestOnTheirPart checks notes of a part that begins anywhere in a document:
// they are judged by the sentences of the part, wherever these stand in the whole.
func TestNotesRestOnTheirPart(t *testing.T) {
	const part = "The port of Velmar shipped 15,000 boxes in May. Its harbour master, Ada Lind, said that 240 ships had called. Nobody was hurt."
	judge := func(before int, content string) *AnswerFault {
		first := strings.Repeat("a", before) + ". "
		d := article.Clean(article.Raw{Text: first + part, LanguageCode: "en"})
		begin := strings.Index(d.Text, "The port")
		q := NewQuestion(&summarizer.Task{Document: d, Summary: &summarizer.SummaryTask{MaxSentences: 4, Language: "en"}}, Excerpt{Text: d.Text[begin:], Of: article.Span{Begin: begin, End: len(d.Text)}})
		return q.Judge(content, nil).summaryFault
	}
	for before := range 2 * len(part) {
		for content, want := range map[string]*AnswerFault{
			`{"summary":[{"text":"Velmar shipped 15,000 boxes.","quotes":["Velmar shipped 15,000 boxes"]},{"text":"Lind counted 240 ships.","quotes":["Ada Lind, said that 240 ships"]}]}`: nil,
			`{"summary":[{"text":"Velmar shipped 5,000 boxes.","quotes":["Velmar shipped 15,000 boxes","Ada Lind, said that 240 ships"]}]}`:                                                ungrounded(grounding.Finding{Unsupported: grounding.Number, Sentence: 1, Words: "5,000"}),
			`{"summary":[{"text":"Velmar shipped boxes.","quotes":["shipped 15,000 boxes"]},{"text":"Lind counted 40 ships.","quotes":["said that 240 ships had called"]}]}`:               ungrounded(grounding.Finding{Unsupported: grounding.Number, Sentence: 2, Words: "40"}),
		} {
			got := judge(before, content)
			if (got == nil) != (want == nil) || got != nil && *got != *want {
				t.Fatalf("with %d bytes before the part, %s has the fault %v, want %v", before, content, got, want)
			}
		}
	}
}
