package eval

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCommandLine(t *testing.T) {
	got := CommandLine("summarizer", []string{"eval", "a b.jsonl", "--vs", "it's", "--llm-base-url", "http://me:secret@host/v1"})
	if want := `summarizer eval 'a b.jsonl' --vs 'it'\''s' --llm-base-url 'http://…@host/v1'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHashFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := HashFile(path); !strings.HasPrefix(got, "ba7816bf8f01cfea") { // FIPS 180-4, appendix B.1
		t.Errorf("got %s", got)
	}
	if got := HashFile("-"); got != "" {
		t.Errorf("a pipe has the hash %s", got)
	}
}

// A page says how its figures were made.
func TestPageNamesItsOrigin(t *testing.T) {
	origin := Origin{
		Date: time.Date(2031, 2, 3, 4, 5, 0, 0, time.UTC), Version: "v9", Command: "summarizer eval d.jsonl",
		DataSHA256: strings.Repeat("ab", 32), Models: map[string]string{"fake": "tiny-model"},
	}
	report := runOver(t, labelled(t), Options{
		Data: "labelled", Origin: origin, Systems: []System{NewEngine("fake", fixed, time.Minute), Lead{}}, MaxSentences: 1, Bootstrap: 50,
	})
	var page bytes.Buffer
	if err := report.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2031-02-03 04:05 UTC", "summarizer v9", "<code>summarizer eval d.jsonl</code>", "abababababab", "tiny-model"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

// Figures of a sample have intervals: of each topic, and of the calibration.
func TestBoundsOfTopicsAndCalibration(t *testing.T) {
	report := runOver(t, labelled(t), Options{Systems: []System{NewEngine("fake", fixed, time.Minute)}, MaxSentences: 1, Bootstrap: 200})
	c := report.Systems[0].Calibration
	for name, i := range map[string]Interval{"ECE": c.ECEBounds, "Brier": c.BrierBounds} {
		if i.Low >= i.High || i.Value < i.Low || i.Value > i.High {
			t.Errorf("%s is %+v", name, i)
		}
	}
	wide := 0
	for _, topic := range report.Systems[0].Topics {
		if topic.Low > topic.F1 || topic.High < topic.F1 {
			t.Errorf("%+v", topic)
		}
		if topic.Low < topic.High {
			wide++
		}
	}
	if wide != 2 { // the others are never given, and 0 in each sample
		t.Errorf("%d topics have an interval, want 2", wide)
	}
}

// Macro-F1 is f1_score(average="macro") of scikit-learn: a topic that is given and never
// labelled counts with 0, and one that nobody has is left out.
func TestMacroF1CountsWhatIsGiven(t *testing.T) {
	var topics topicNumbers
	var verdicts []verdict
	for _, row := range []struct{ labels, given []string }{
		{[]string{"a"}, []string{"a", "c"}}, {[]string{"a", "b"}, []string{"b"}}, {[]string{"b"}, []string{"b"}},
	} {
		verdicts = append(verdicts, topics.judge(row.labels, row.given))
	}
	sum := tally{by: make([]counts, len(topics.ids)+1)} // one that nobody has
	for i := range verdicts {
		sum.add(&verdicts[i])
	}
	figures := make([]float64, len(topicMetrics))
	sum.figures(figures)
	if want := (2.0/3 + 1 + 0) / 3; figures[1] < want-1e-12 || figures[1] > want+1e-12 { // a, b, c
		t.Errorf("macro F1 is %v, want %v", figures[1], want)
	}
}
