package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// fakeEngine gives every article its first sentence and fixed topics.
type fakeEngine struct {
	topics []summarizer.TopicScore
	fail   string // articles that hold it fail
}

func (e fakeEngine) Analyze(_ context.Context, task *summarizer.Task) *summarizer.Reply {
	reply := &summarizer.Reply{Usage: summarizer.Usage{InputTokens: 10, OutputTokens: 2, CostMicroUSD: 30}}
	if e.fail != "" && strings.Contains(task.Document.Text, e.fail) {
		return reply.Fail(task, &summarizer.Error{Reason: summarizer.ReasonLLMTimeout})
	}
	if task.Summary != nil {
		first := task.Document.Slice(task.Document.Sentences[0].Span)
		reply.Summary = &summarizer.SummaryAnswer{Sentences: []summarizer.AnswerSentence{{Text: first}}}
	}
	if task.Topics != nil {
		reply.Topics = &summarizer.TopicAnswer{Topics: e.topics, Threshold: 0.5}
	}
	return reply
}

var fixed = fakeEngine{topics: []summarizer.TopicScore{{ID: "sport", Confidence: 0.9}, {ID: "elections", Confidence: 0.6}, {ID: "peacekeeping", Confidence: 0.2}}}

// runOver scores systems over rows given as JSONL.
func runOver(t *testing.T, data string, options Options) *Report {
	t.Helper()
	report, err := Run(t.Context(), Read(strings.NewReader(data), options.Classes), options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func labelled(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../examples/labelled.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRun checks figures that are worked out by hand. Over the labels of four rows
// (3 + 1 + 2 + 0) sport and elections are given each time: 2 right, 6 wrong, 4
// missed.
func TestRun(t *testing.T) {
	report := runOver(t, labelled(t), Options{Data: "labelled", Systems: []System{NewEngine("fake", fixed, time.Minute), Lead{}}, MaxSentences: 1})
	if d := report.Data; d.Rows != 4 || d.Unlabelled != 1 || d.WithReference != 3 || d.WithLabels != 4 {
		t.Errorf("data %+v", d)
	}
	fake, lead := report.Systems[0], report.Systems[1]
	perTopic := 2*0.0 + 0 // of the six labelled topics, four are never given
	perTopic += 2.0 / 5.0 // sport: 1 right, 3 wrong
	perTopic += 2.0 / 5.0 // elections
	for metric, want := range map[Metric]float64{
		MicroF1: 2.0 * 2 / (2*2 + 6 + 4), MacroF1: perTopic / 6, Precision: 2.0 / 8, Recall: 2.0 / 6,
		MainFound: 2.0 / 3, MainFirst: 1.0 / 3,
	} {
		if got := fake.Quality[metric].Value; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", metric, got, want)
		}
	}
	if _, ok := lead.Quality[MicroF1]; ok {
		t.Error("lead has topics")
	}
	// Both give the first sentence of the body.
	if diff := cmp.Diff(fake.Quality[Rouge1], lead.Quality[Rouge1]); diff != "" || lead.Quality[Rouge1].Value == 0 {
		t.Errorf("ROUGE-1 of lead %+v, difference\n%s", lead.Quality[Rouge1], diff)
	}
	// Confidences 0.9, 0.6 and 0.2 for each of four rows; one of each is right.
	wantBrier := (0.01 + 3*0.81 + 0.16 + 3*0.36 + 0.64 + 3*0.04) / 12
	wantECE := ((0.9 - 0.25) + (0.6 - 0.25) + (0.25 - 0.2)) / 3
	if c := fake.Calibration; c.Count != 12 || math.Abs(c.Brier-wantBrier) > 1e-12 || math.Abs(c.ECE-wantECE) > 1e-12 {
		t.Errorf("calibration %+v, want Brier %v and ECE %v", c, wantBrier, wantECE)
	}
	if c := fake.Cost; c != (Cost{InputTokens: 40, OutputTokens: 8, USD: 120e-6}) {
		t.Errorf("cost %+v", c)
	}
	if l := fake.Latency; l == nil || l.P50 <= 0 || l.P99 < l.P50 || lead.Latency != nil {
		t.Errorf("latency %+v and %+v", fake.Latency, lead.Latency)
	}
	if got := len(report.Examples.MissedTopics); got != 4 || !report.Examples.MissedTopics[0].Main {
		t.Errorf("%d missed topics, first %+v", got, report.Examples.MissedTopics[0])
	}
	if got := report.Examples.FalseTopics; len(got) != 6 || got[0].Topic != "sport" || *got[0].Confidence != 0.9 {
		t.Errorf("false topics %+v", got)
	}
}

func TestFailuresScoreZero(t *testing.T) {
	failing := fixed
	failing.fail = "Harbour"
	report := runOver(t, labelled(t), Options{Systems: []System{NewEngine("fake", failing, time.Minute), Lead{}}, Bootstrap: 20})
	fake := report.Systems[0]
	if diff := cmp.Diff(map[string]int{"LLM_TIMEOUT": 2}, fake.Failures); diff != "" || fake.FailedRows != 1 {
		t.Errorf("%d failed rows, failures (-want +got):\n%s", fake.FailedRows, diff)
	}
	var table bytes.Buffer
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fake failed on 1 row, which score 0: 2 LLM_TIMEOUT", "1 row passed over", "SUMMARIES", "TOPICS", "CALIBRATION", "fake - lead"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("%q is not in the table:\n%s", want, table.String())
		}
	}
}

func TestClasses(t *testing.T) {
	classes, err := ParseClasses("map.yaml", []byte("games: [sport]\npower: [elections, politics]\n"), taxonomy.Default())
	if err != nil {
		t.Fatal(err)
	}
	data := `{"id":1,"text":"Harbour City won the cup.","label":"games"}
{"id":2,"text":"Ravelle votes again.","label":"power"}`
	report := runOver(t, data, Options{Systems: []System{NewEngine("fake", fixed, time.Minute)}, Classes: classes})
	// Sport is the most confident for both.
	if got := report.Systems[0].Quality[MainFirst].Value; got != 0.5 {
		t.Errorf("accuracy %v, want 0.5", got)
	}
	if got := report.Systems[0].Calibration; got.Count != 2 || math.Abs(got.ECE-0.4) > 1e-12 {
		t.Errorf("calibration %+v", got)
	}
}

func TestBadClassMaps(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "has no classes",
		"games: sport":                    `class "games" needs a list`,
		"games: []":                       `class "games" needs a list`,
		"games: [sprot]":                  `topic "sprot", which the taxonomy does not have`,
		"games: [sport]\nother: [sport]":  `in the classes "games" and "other"`,
		"games: [sport]\ngames: [health]": "map.yaml:2",
		"games: [sport":                   "map.yaml:1",
	} {
		_, err := ParseClasses("map.yaml", []byte(text), taxonomy.Default())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %q, want one with %q", text, err, want)
		}
	}
}

func TestBadRows(t *testing.T) {
	const good = `{"text":"A secret sentence.","labels":[]}` + "\n\n"
	classes, err := ParseClasses("map.yaml", []byte("games: [sport]"), taxonomy.Default())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		row, want string
		classes   *Classes
	}{
		{`{torn`, "line 3: it is not valid JSON", nil},
		{`["secret"]`, "line 3: it is a JSON array", nil},
		{`{"id":"secret","labels":[]}`, `line 3: the field "text" is missing or empty`, nil},
		{`{"text":7}`, `line 3: the field "text" must not be a number`, nil},
		{`{"text":"a secret","labels":"sport"}`, `line 3: the field "labels" must not be a string`, nil},
		{`{"text":"a secret","label":"games"}`, "line 3: the row has a class", nil},
		{`{"id":"line 1","text":"a secret"}`, "line 3: the id is already that of line 1", nil},
		{"{\"text\":\"secret\xff\"}", "line 3: it is not valid UTF-8", nil},
		{`{"text":"` + strings.Repeat("x", maxRowBytes) + `"}`, "line 3: it is longer than", nil},
		{`{"text":"a secret","label":"secret"}`, "line 3: the class of its \"label\" is not in the class map, which has games", classes},
		{`{"text":"a secret","labels":["sport"]}`, `line 3: the row has "labels"`, classes},
	} {
		first := good
		if tt.classes != nil {
			first = `{"text":"A secret sentence.","label":"games"}` + "\n\n"
		}
		_, err := Run(t.Context(), Read(strings.NewReader(first+tt.row), tt.classes), Options{Systems: []System{Lead{}}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: error %v, want one with %q and nothing of the row", tt.row, err, tt.want)
		}
	}
}

func TestNothingToScore(t *testing.T) {
	_, err := Run(t.Context(), Read(strings.NewReader(`{"text":"Only a text."}`), nil), Options{Systems: []System{Lead{}}})
	if !errors.Is(err, ErrNoRows) {
		t.Errorf("error %v", err)
	}
}

func TestAnswers(t *testing.T) {
	const rows = `{"id":"pact","status":"ok","result":{"summary":{"text":"Norlund and Quillane signed.","provenance":{"degraded":true}},"classification":{"topics":[{"topicId":"defence-cooperation","confidence":0.8},{"topicId":"sport"}]},"usage":{"inputTokens":7,"outputTokens":3,"costMicroUsd":"2500000"}}}
{"id":"cup","summary":"Harbour City won the cup.","labels":["sport"]}
{"id":"vote","status":"error","error":{"code":"UNAVAILABLE","reason":"LLM_BUSY"}}
`
	system, err := ReadAnswers("other", strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	report := runOver(t, labelled(t), Options{Systems: []System{system, Lead{}}})
	got := report.Systems[0]
	if got.Degraded != 1 || got.FailedRows != 2 || got.Failures["LLM_BUSY"] != 1 || got.Failures["ANSWER_MISSING"] != 1 {
		t.Errorf("%d degraded, %d failed: %v", got.Degraded, got.FailedRows, got.Failures)
	}
	if got.Cost != (Cost{InputTokens: 7, OutputTokens: 3, USD: 2.5}) || got.Latency != nil || got.Calibration.Count != 2 {
		t.Errorf("cost %+v, latency %v, calibration %+v", got.Cost, got.Latency, got.Calibration)
	}
	if precision := got.Quality[Precision].Value; math.Abs(precision-2.0/3) > 1e-12 {
		t.Errorf("precision %v", precision)
	}
	for text, want := range map[string]string{
		`{"id":"a","summary":"x"}` + "\n" + `{"id":"a","summary":"y"}`: "line 2: an earlier line has the same id",
		`{"summary":"secret"}`: `line 1: the field "id" is missing`,
		`{"id":"a"}`:           "it holds no answer",
		`{"id":"a`:             "line 1: it is not valid JSON",
	} {
		if _, err := ReadAnswers("bad", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// TestSameWhateverTheCores runs the same data on one core and on many, in any
// order of answers, and wants the same report.
func TestSameWhateverTheCores(t *testing.T) {
	var data strings.Builder
	for i := range 60 {
		fmt.Fprintf(&data, `{"id":%d,"text":"Town %d holds a fair. It rains there. The mayor of town %d leaves.","reference":"The mayor leaves town %d.","labels":["%s"]}`+"\n",
			i, i, i%7, i%5, []string{"sport", "elections", "health"}[i%3])
	}
	var reports []*Report
	for _, cores := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(cores)
		report := runOver(t, data.String(), Options{Systems: []System{NewEngine("fake", fixed, time.Minute), Lead{}}, MaxSentences: 2, Bootstrap: 100, Seed: 7, Concurrency: 6})
		runtime.GOMAXPROCS(before)
		report.Systems[0].Latency = nil
		reports = append(reports, report)
	}
	for _, other := range reports[1:] {
		if diff := cmp.Diff(reports[0], other); diff != "" {
			t.Errorf("reports differ:\n%s", diff)
		}
	}
	if q := reports[0].Systems[0].Quality[MicroF1]; q.Low >= q.Value || q.High <= q.Value {
		t.Errorf("the interval %+v does not hold its value", q)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, Read(strings.NewReader(labelled(t)), nil), Options{Systems: []System{Lead{}}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)> "quoted' & </title></style>`

// TestHTML reads the page as a browser does: hostile text must stay text, every
// element must be closed, and nothing may be loaded from elsewhere.
func TestHTML(t *testing.T) {
	row := fmt.Sprintf(`{"id":%q,"title":%q,"text":%q,"reference":%q,"labels":[%q,"sport"]}`+"\n", hostile, hostile, hostile+". It went on.", hostile, hostile)
	engine := fixed
	report := runOver(t, labelled(t)+row, Options{Data: hostile, Systems: []System{NewEngine(hostile, engine, time.Minute), Lead{}}, Bootstrap: 50})
	var page bytes.Buffer
	if err := report.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "&lt;script&gt;alert(1)") {
		t.Error("the hostile text is not shown")
	}
	if !strings.Contains(page.String(), "1 label not in the taxonomy") {
		t.Error("the page does not say that a label is unknown")
	}
	void := map[string]bool{"meta": true}
	var open []string
	plots := 0
	for tokens := html.NewTokenizer(&page); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			break
		}
		token := tokens.Token()
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			switch token.Data {
			case "script", "img", "link", "iframe", "object", "a", "base":
				t.Errorf("the page has an element %s", token.Data)
			case "svg":
				plots++
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" {
					t.Errorf("%s has an attribute %s", token.Data, a.Key)
				}
				if strings.Contains(a.Val, "NaN") || strings.Contains(a.Val, "Inf") || strings.Contains(a.Val, "ZgotmplZ") {
					t.Errorf("%s has %s=%q", token.Data, a.Key, a.Val)
				}
			}
			if kind == html.StartTagToken && !void[token.Data] {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> closes %v", token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("not closed: %v", open)
	}
	if plots != 10 { // 3 metrics of two systems, differences, topics, calibration, latency, 3 lengths
		t.Errorf("%d plots", plots)
	}
}

// TestHTMLShowsWhatIsScored checks that a page about topics says nothing of lead,
// which has none.
func TestHTMLShowsWhatIsScored(t *testing.T) {
	const data = `{"id":"1","text":"The cup final of Lorn was late. The game was long.","labels":["sport"]}` + "\n"
	report := runOver(t, data, Options{Systems: []System{NewEngine("fake", fixed, time.Minute), Lead{}}, Bootstrap: 50})
	var page bytes.Buffer
	if err := report.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); strings.Contains(text, ">lead<") || !strings.Contains(text, ">fake<") {
		t.Errorf("lead is on the page, or fake is not:\n%s", text)
	}
}

func TestOmitText(t *testing.T) {
	report := runOver(t, labelled(t), Options{Systems: []System{NewEngine("fake", fixed, time.Minute), Lead{}}, OmitText: true})
	var out bytes.Buffer
	if err := errors.Join(report.WriteHTML(&out), report.WriteJSON(&out)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Norlund", "plum", "Harbour City", "Ravelle"} {
		if strings.Contains(out.String(), text) {
			t.Errorf("%q of an article is in the reports", text)
		}
	}
	if !strings.Contains(out.String(), "pact") {
		t.Error("the examples are not named by id")
	}
}

func TestBootstrap(t *testing.T) {
	const n = 400
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i % 20)
	}
	sample := func(seed uint64) []float64 {
		rounds := bootstrap(n, 1, 2000, seed, func() statistic {
			return func(sample []int32, out []float64) {
				for _, i := range sample {
					out[0] += values[i] / n
				}
			}
		})
		means := make([]float64, len(rounds))
		for i, round := range rounds {
			means[i] = round[0]
		}
		return means
	}
	first := sample(1)
	if diff := cmp.Diff(first, sample(1)); diff != "" {
		t.Error("the same seed gave other samples")
	}
	if cmp.Equal(first, sample(2)) {
		t.Error("another seed gave the same samples")
	}
	// The standard error of a mean: 1.96 of them on either side hold 95%.
	deviation := math.Sqrt((20*20 - 1) / 12.0)
	half := 1.96 * deviation / math.Sqrt(n)
	got := interval(9.5, first)
	if math.Abs(got.Low-(9.5-half)) > 0.1*half || math.Abs(got.High-(9.5+half)) > 0.1*half {
		t.Errorf("interval %+v, want about 9.5 ± %.3f", got, half)
	}
}

func TestQuantile(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, 0.5: 2.5, 1: 4, 0.25: 1.75} {
		if got := quantile([]float64{1, 2, 3, 4}, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("quantile of nothing is %v", got)
	}
}
